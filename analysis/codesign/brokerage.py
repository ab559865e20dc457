"""Who stands between whom: the five roles of Gould and Fernandez (1989), counted and set against groups given at random.

A body j brokers where i → j → k and not i → k, for i, j, k different. Roles by the groups of the three: coordinator (all in one),
itinerant (i and k in one, j in another), representative (i and j in one, k in another), gatekeeper (j and k in one, i in another), liaison (three
different groups). An undirected tie counts in both directions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign.ego import adjacency
from analysis.errors import EstimateError, Fault, say

ROLES = ("coordinator", "itinerant", "representative", "gatekeeper", "liaison")
CELLS = 20_000_000  # drawn paths that are held at a time
_BY_TWO = np.array(
    [4, 2, 3, 0, 1, 0, 0, 0]
)  # index in ROLES; bits: first and second alike, second and third, first and third
_COLUMNS = {
    "role": {"labels": "brokerage_role"},
    "brokered": {"counts": "things"},
    **{key: {"unit": "number", "digits": 1, "n": "paths"} for key in ("expected", "null_low", "null_high")},
    "p": {"unit": "p", "digits": 3, "n": "paths"},
    "paths": {"counts": "things", "hidden": True},
}


@dataclass(frozen=True)
class Brokerage:
    """Brokered pairs of each body by role, shape (N, 5) in the order of ROLES."""

    counts: np.ndarray

    def table(self, names: Sequence[str]) -> pd.DataFrame:
        """One row a body: brokered pairs in each role, and in all."""
        frame = pd.DataFrame(self.counts, columns=list(ROLES))
        frame.insert(0, "organisation", np.array(names, dtype=object))
        frame["brokered"] = self.total
        things = {"counts": "things"}
        frame.attrs["columns"] = {
            "organisation": {"organisation": True, "single": True},
            **dict.fromkeys((*ROLES, "brokered"), things),
        }
        return frame

    @property
    def total(self) -> np.ndarray:
        """Brokered pairs of each body, shape (N,)."""
        return self.counts.sum(axis=1)


@dataclass(frozen=True)
class Expected:
    """Brokered pairs by body and role under random groups: mean and the middle 95 %, shapes (N, 5); two-sided p of the counts seen."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray
    p: np.ndarray
    whole: np.ndarray  # of all bodies together: mean, low, high, p by role, shape (4, 5)
    permutations: int
    seed: int

    def roles_table(self, found: Brokerage) -> pd.DataFrame:
        """One row a role, over all bodies: pairs brokered, and what random groups give."""
        frame = pd.DataFrame(
            {
                "role": list(ROLES),
                "brokered": found.counts.sum(axis=0),
                **dict(zip(("expected", "null_low", "null_high", "p"), self.whole)),
                "paths": int(found.total.sum()),
            }
        )
        frame.attrs["columns"] = _COLUMNS
        return frame

    def table(self, found: Brokerage, names: Sequence[str]) -> pd.DataFrame:
        """One row a body and role: pairs brokered, and what random groups give."""
        body, role = np.indices(found.counts.shape)
        frame = pd.DataFrame(
            {
                "organisation": np.array(names, dtype=object)[body.ravel()],
                "role": np.array(ROLES, dtype=object)[role.ravel()],
                "brokered": found.counts.ravel(),
                "expected": self.mean.ravel(),
                "null_low": self.low.ravel(),
                "null_high": self.high.ravel(),
                "p": self.p.ravel(),
                "paths": np.repeat(found.total, len(ROLES)),
            }
        )
        frame.attrs["columns"] = {"organisation": {"organisation": True, "single": True}} | _COLUMNS
        return frame


def brokerage(ties: sparse.sparray | np.ndarray, groups: Sequence) -> Brokerage:
    """The five roles of every body; `ties` (N, N) directed, any strength above 0 is a tie, `groups` one for each body.

    Refused: what `adjacency` refuses, groups of another number than the bodies, a body without a group.
    """
    matrix, code = _checked(ties, groups)
    size, kinds = len(code), int(code.max(initial=-1)) + 1
    start = np.repeat(np.arange(size), np.diff(matrix.indptr))
    end = matrix.indices.astype(np.int64)
    into = np.bincount(end * kinds + code[start], minlength=size * kinds).reshape(size, kinds)
    out = np.bincount(start * kinds + code[end], minlength=size * kinds).reshape(size, kinds)
    body = np.arange(size)
    in_own, out_own = into[body, code], out[body, code]
    in_other, out_other = into.sum(axis=1) - in_own, out.sum(axis=1) - out_own
    alike = (into * out).sum(axis=1) - in_own * out_own
    counts = np.stack(
        [in_own * out_own, alike, in_own * out_other, in_other * out_own, in_other * out_other - alike]
    )
    back = matrix.multiply(matrix.T).tocsr()
    mutual = np.repeat(body, np.diff(back.indptr))
    i, j, k = (
        np.concatenate(part)
        for part in zip((mutual, back.indices, mutual), _closed_paths(matrix, start, end))
    )
    gone = np.bincount(_role(code[i], code[j], code[k]) * size + j, minlength=counts.size)
    return Brokerage((counts - gone.reshape(counts.shape)).T)


def _closed_paths(matrix: sparse.csr_array, start: np.ndarray, end: np.ndarray) -> tuple[np.ndarray, ...]:
    """All i → j → k with i → k; `start`, `end` the ends of the ties in the order of the matrix."""
    bare = matrix.astype(bool)
    shut = bare.multiply(bare @ bare).tocoo()
    onward = np.diff(matrix.indptr)[shut.row]
    lead = np.cumsum(onward) - onward
    j = end[np.arange(onward.sum()) + np.repeat(matrix.indptr[shut.row] - lead, onward)]
    i, k = np.repeat(shut.row, onward), np.repeat(shut.col, onward)
    kept = _among(j * matrix.shape[0] + k, start * matrix.shape[0] + end)
    return i[kept], j[kept], k[kept]


def _among(wanted: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Whether each of `wanted` is in `known`, which is sorted."""
    at = np.minimum(np.searchsorted(known, wanted), max(len(known) - 1, 0))
    return known[at] == wanted if len(known) else np.zeros(len(wanted), dtype=bool)


def expected(
    ties: sparse.sparray | np.ndarray, groups: Sequence, permutations: int = 5000, seed: int = 1
) -> Expected:
    """What the roles would be if the same groups were given to the bodies at random, ties unchanged.

    p = (1 + draws at least as far from their mean as the count seen) / (1 + permutations), by body and role.
    """
    if permutations < 1:
        where = say("ruoli di mediazione", "brokerage")
        raise EstimateError(Fault(f"permutations = {permutations}", where, say("da 1 in su", "from 1")))
    matrix, code = _checked(ties, groups)
    paths = [*_open_paths(matrix)]
    i, j, k = (np.concatenate(part) for part in zip(*paths)) if paths else np.zeros((3, 0), dtype=np.int64)
    size = len(code)
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.broadcast_to(code, (permutations, size)), axis=1)
    cells = size * len(ROLES)
    null = np.zeros((permutations, cells), dtype=np.int32)
    step = max(1, CELLS // max(1, len(i) + cells))
    for first in range(0, permutations, step):
        part = drawn[first : first + step]
        at = (
            np.arange(len(part))[:, None] * cells + j * len(ROLES) + _role(part[:, i], part[:, j], part[:, k])
        )
        null[first : first + step] = np.bincount(at.ravel(), minlength=len(part) * cells).reshape(-1, cells)
    seen = np.bincount(j * len(ROLES) + _role(code[i], code[j], code[k]), minlength=cells)
    whole = null.reshape(permutations, size, len(ROLES)).sum(axis=1)
    shape = (size, len(ROLES))
    mean, low, high, p = (part.reshape(shape) for part in _against(null, seen))
    together = np.array(_against(whole, seen.reshape(shape).sum(axis=0)))
    return Expected(mean, low, high, p, together, permutations, seed)


def _against(null: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean, the middle 95 % of the draws (along the first axis) and two-sided p of what was seen."""
    mean = null.mean(axis=0)
    far = (np.abs(null - mean) >= np.abs(seen - mean) - 1e-9).sum(axis=0)
    low, high = np.quantile(null, [0.025, 0.975], axis=0)
    return mean, low, high, (1 + far) / (1 + len(null))


def _checked(ties: sparse.sparray | np.ndarray, groups: Sequence) -> tuple[sparse.csr_array, np.ndarray]:
    matrix = adjacency(ties)
    matrix.data[:] = 1.0
    labels = pd.Series(list(groups), dtype=object)
    faults = []
    if len(labels) != matrix.shape[0]:
        faults.append(
            Fault(
                say(f"{len(labels)} gruppi per {matrix.shape[0]} soggetti", f"{len(labels)} groups for {matrix.shape[0]} bodies"),
                say("ruoli di mediazione", "brokerage"),
                say("uno per soggetto", "one for each body"),
            )
        )  # fmt: skip
    if labels.isna().any():
        rows = ", ".join(map(str, np.flatnonzero(labels.isna())[:5] + 1))
        faults.append(
            Fault(
                say(f"soggetto senza gruppo, riga {rows}", f"a body without a group, row {rows}"),
                say("ruoli di mediazione", "brokerage"),
            )
        )
    if faults:
        raise EstimateError(faults)
    matrix.sort_indices()
    return matrix, pd.factorize(np.asarray(groups) if isinstance(groups, np.ndarray) else labels)[0]


def _open_paths(matrix: sparse.csr_array) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """All i → j → k without i → k and with i ≠ k, as index arrays of at most about CELLS paths at a time."""
    out = np.diff(matrix.indptr)
    size, start, end = len(out), np.repeat(np.arange(len(out)), out), matrix.indices
    known = start.astype(np.int64) * size + end
    through = np.cumsum(out[end])
    first = 0
    while first < len(end):
        last = max(first + 1, int(np.searchsorted(through, CELLS + (through[first - 1] if first else 0))))
        onward = out[end[first:last]]
        lead = np.cumsum(onward) - onward
        k = end[np.arange(onward.sum()) + np.repeat(matrix.indptr[end[first:last]] - lead, onward)]
        i = np.repeat(start[first:last], onward)
        kept = ~_among(i.astype(np.int64) * size + k, known) & (i != k)
        yield i[kept], np.repeat(end[first:last], onward)[kept].astype(np.int64), k[kept]
        first = last


def _role(i: np.ndarray, j: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Index in ROLES from the groups of the three ends."""
    return _BY_TWO[(i == j).astype(np.int8) + 2 * (j == k) + 4 * (i == k)]
