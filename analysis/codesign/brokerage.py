"""Who stands between whom: the five roles of Gould and Fernandez (1989), counted and set against groups given at random.

A body j brokers where i → j → k and not i → k, for i, j, k different. Roles by the groups of the three: coordinator (all in one),
itinerant (i and k in one, j in another), representative (i and j in one, k in another), gatekeeper (j and k in one, i in another), liaison (three
different groups). An undirected tie counts in both directions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign.ego import adjacency
from analysis.errors import EstimateError, Fault, say

ROLES = ("coordinator", "itinerant", "representative", "gatekeeper", "liaison")
CELLS = 20_000_000  # drawn paths that are held at a time


@dataclass(frozen=True)
class Brokerage:
    """Brokered pairs of each body by role, shape (N, 5) in the order of ROLES."""

    counts: np.ndarray

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
    permutations: int
    seed: int

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
        frame.attrs["columns"] = {
            "organisation": {"organisation": True},
            "role": {"labels": "brokerage_role"},
            "brokered": {"counts": "things"},
            "expected": {"unit": "number", "digits": 1, "n": "paths"},
            "null_low": {"unit": "number", "digits": 1, "n": "paths"},
            "null_high": {"unit": "number", "digits": 1, "n": "paths"},
            "p": {"unit": "p", "digits": 3, "n": "paths"},
            "paths": {"counts": "things", "hidden": True},
        }
        return frame


def brokerage(ties: sparse.sparray | np.ndarray, groups: Sequence) -> Brokerage:
    """The five roles of every body; `ties` (N, N) directed, any strength above 0 is a tie, `groups` one for each body.

    Refused: what `adjacency` refuses, groups of another number than the bodies, a body without a group.
    """
    matrix, code = _checked(ties, groups)
    edges = matrix.tocoo()
    same = code[edges.row] == code[edges.col]
    inner, outer = _part(edges, same), _part(edges, ~same)
    into = [np.asarray(part.sum(axis=0)).ravel() for part in (inner, outer)]
    out = [np.asarray(part.sum(axis=1)).ravel() for part in (inner, outer)]
    mutual = [np.asarray(part.multiply(part.T).sum(axis=0)).ravel() for part in (inner, outer)]
    label = sparse.csr_array((np.ones(len(code)), (np.arange(len(code)), code)))
    alike = np.asarray((outer.T @ label).multiply(outer @ label).sum(axis=1)).ravel()
    coordinator = into[0] * out[0] - mutual[0] - _closed(inner, inner, inner)
    itinerant = alike - mutual[1] - _closed(outer, outer, inner)
    representative = into[0] * out[1] - _closed(inner, outer, outer)
    gatekeeper = into[1] * out[0] - _closed(outer, inner, outer)
    liaison = into[1] * out[1] - alike - _closed(outer, outer, outer)
    counts = np.column_stack([coordinator, itinerant, representative, gatekeeper, liaison])
    return Brokerage(np.rint(counts).astype(int))


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
    i, j, k = _open_paths(matrix)
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
    mean = null.mean(axis=0)
    far = (np.abs(null - mean) >= np.abs(seen - mean) - 1e-9).sum(axis=0)
    low, high = np.quantile(null, [0.025, 0.975], axis=0)
    shape = (size, len(ROLES))
    return Expected(
        mean.reshape(shape), low.reshape(shape), high.reshape(shape), ((1 + far) / (1 + permutations)).reshape(shape),
        permutations, seed,
    )  # fmt: skip


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
    return matrix, pd.factorize(labels)[0]


def _part(edges: sparse.coo_array, mask: np.ndarray) -> sparse.csr_array:
    return sparse.csr_array((np.ones(int(mask.sum())), (edges.row[mask], edges.col[mask])), shape=edges.shape)


def _closed(first: sparse.csr_array, second: sparse.csr_array, across: sparse.csr_array) -> np.ndarray:
    """Pairs i, k of each j with i → j in `first`, j → k in `second` and i → k in `across`."""
    return np.asarray(first.multiply(across @ second.T).sum(axis=0)).ravel()


def _open_paths(matrix: sparse.csr_array) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """All i → j → k without i → k and with i ≠ k, as three index arrays."""
    edges = matrix.tocoo()
    out = np.diff(matrix.indptr)
    i, j = np.repeat(edges.row, out[edges.col]), np.repeat(edges.col, out[edges.col])
    start = np.cumsum(out[edges.col]) - out[edges.col]
    k = matrix.indices[np.repeat(matrix.indptr[edges.col] - start, out[edges.col]) + np.arange(len(i))]
    size = matrix.shape[0]
    direct = np.isin(i.astype(np.int64) * size + k, edges.row.astype(np.int64) * size + edges.col)
    kept = (i != k) & ~direct
    return i[kept].astype(np.int64), j[kept].astype(np.int64), k[kept].astype(np.int64)


def _role(i: np.ndarray, j: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Index in ROLES from the groups of the three ends."""
    return np.select([(i == j) & (j == k), i == k, i == j, j == k], [0, 1, 2, 3], 4)
