"""How closely organisations work together, semester by semester: what each says of the others, and where the two ends disagree.

Level of collaboration from 0 (none) to 5 (collaboration), each partner rating each other (Frey et al. 2006). What i says of j and j of i is kept apart:
their disagreement is a finding. A tie at level k is a rating of k or more; it is confirmed where both ends give it. Of a pair that only one end
rated nothing is assumed of the other. Core and periphery: the split with the fewest missing ties in the core and ties present in the periphery (Borgatti and
Everett 2000), which the order by degree finds exactly (Lip 2011). Complete records of those who answered: no interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign.ego import adjacency
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

LEVELS = 5


@dataclass(frozen=True)
class Ratings:
    """What each body (rows) says of each other (columns) in one semester: level 0–5, missing where not rated, shape (N, N)."""

    actors: tuple[str, ...]
    level: np.ndarray

    @property
    def raters(self) -> int:
        """Bodies that rated at least one other."""
        return int(np.isfinite(self.level).any(axis=1).sum())

    @property
    def rated(self) -> int:
        """Ratings given, at most N·(N − 1)."""
        return int(np.isfinite(self.level).sum())

    def both(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs i < j that rated each other, as two index arrays."""
        seen = np.isfinite(self.level)
        i, j = np.nonzero(np.triu(seen & seen.T, k=1))
        return i, j

    def at_least(self, level: int) -> sparse.csr_array:
        """Directed ties at `level` or more, shape (N, N)."""
        return sparse.csr_array((self.level >= level).astype(float))

    def confirmed(self, level: int) -> sparse.csr_array:
        """Ties at `level` or more that both ends give, symmetric, shape (N, N)."""
        tie = self.level >= level
        return sparse.csr_array((tie & tie.T).astype(float))


@dataclass(frozen=True)
class Reading:
    """One semester of ratings in figures."""

    raters: int
    rated: int
    possible: int
    mean: float  # level over all ratings
    ties: int  # ratings at the level asked for or more
    both: int  # pairs that rated each other
    one_sided: int  # of them, tied at that level by one end only
    confirmed: int  # of them, tied by both ends
    apart: float  # mean absolute difference of the two ends
    far_apart: int  # pairs whose ends differ by two levels or more

    @property
    def density(self) -> float:
        """Ties over ratings given; missing where none was."""
        return self.ties / self.rated if self.rated else float("nan")

    @property
    def reciprocity(self) -> float:
        """Of the pairs that rated each other and are tied by one end at least, the share tied by both."""
        tied = self.one_sided + self.confirmed
        return self.confirmed / tied if tied else float("nan")


def by_semester(ties: pd.DataFrame, actors: Sequence[str], semesters: Sequence[int]) -> dict[int, Ratings]:
    """Ratings of each semester from `ties` (semester, from, to, level), over the same `actors` throughout.

    Refused, all faults at once: unknown actors or semesters, self ties, levels that are not whole from 0 to 5, a rating given twice; a column missing.
    """
    required("ties", ties, ("semester", "from", "to", "level"))
    names = pd.Index(actors).unique()
    level = pd.to_numeric(ties["level"], errors="coerce")
    end = [names.get_indexer(ties[name]) for name in ("from", "to")]
    faults = [
        *_fault(end[0] < 0, ties["from"], say("«{}» non è in actors", "'{}' is not in actors")),
        *_fault(end[1] < 0, ties["to"], say("«{}» non è in actors", "'{}' is not in actors")),
        *_fault(ties["from"] == ties["to"], ties["from"], say("«{}» valuta sé stesso", "'{}' rates itself")),
        *_fault(~level.isin(range(LEVELS + 1)), ties["level"], "level = {}", "0–5"),
        *_fault(~ties["semester"].isin(semesters), ties["semester"], "semester = {}", ", ".join(map(str, semesters))),
        *_fault(
            ties.duplicated(["semester", "from", "to"]), ties["from"], say("giudizio ripetuto di «{}»", "a rating by '{}' given twice")
        ),
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    found = {}
    for semester in semesters:
        here = (ties["semester"] == semester).to_numpy()
        matrix = np.full((len(names), len(names)), np.nan)
        matrix[end[0][here], end[1][here]] = level[here]
        found[int(semester)] = Ratings(tuple(names), matrix)
    return found


def reading(given: Ratings, level: int = 2) -> Reading:
    """The figures of one semester; a tie is a rating of `level` or more."""
    i, j = given.both()
    there, back = given.level[i, j], given.level[j, i]
    gap = np.abs(there - back)
    tied = (there >= level).astype(int) + (back >= level)
    n = len(given.actors)
    return Reading(
        given.raters,
        given.rated,
        n * (n - 1),
        float(np.nanmean(given.level)) if given.rated else float("nan"),
        int((given.level >= level).sum()),
        len(i),
        int((tied == 1).sum()),
        int((tied == 2).sum()),
        float(gap.mean()) if len(gap) else float("nan"),
        int((gap >= 2).sum()),
    )


def table(readings: Mapping[int, Reading]) -> pd.DataFrame:
    """One row a semester: bodies that rated, ratings, their mean level, ties, density."""
    frame = _rows(readings, ("raters", "rated", "mean", "ties", "density"))
    frame.attrs["columns"] = {
        "raters": {"counts": "organisations"},
        "rated": {"counts": "things"},
        "ties": {"counts": "things"},
        "mean": {"unit": "number", "digits": 2, "n": "rated"},
        "density": {"unit": "share", "digits": 0, "n": "rated", "cases": "ties"},
    }
    return frame


def agreement_table(readings: Mapping[int, Reading]) -> pd.DataFrame:
    """One row a semester: pairs that rated each other, tied by one end or by both, reciprocity, distance of the two ends."""
    names = ("both", "one_sided", "confirmed", "reciprocity", "apart", "far_apart")
    frame = _rows(readings, names)
    frame["tied"] = frame["one_sided"] + frame["confirmed"]
    frame.attrs["columns"] = {
        **{key: {"counts": "things"} for key in ("both", "one_sided", "confirmed", "far_apart")},
        "tied": {"counts": "things", "hidden": True},
        "apart": {"unit": "number", "digits": 2, "n": "both"},
        "reciprocity": {"unit": "share", "digits": 0, "n": "tied", "cases": "confirmed"},
    }
    return frame


def _rows(readings: Mapping[int, Reading], names: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"semester": str(semester), **{name: getattr(found, name) for name in names}} for semester, found in readings.items()]
    )  # fmt: skip


def between(ties: sparse.sparray, groups: Sequence) -> pd.DataFrame:
    """One row an ordered pair of groups: ties from one to the other, ties possible, density."""
    matrix = adjacency(ties)
    code, names = pd.factorize(pd.Series(list(groups), dtype=object), sort=True)
    if (code < 0).any() or len(code) != matrix.shape[0]:
        what = say("ogni soggetto vuole un gruppo", "each body needs a group")
        raise EstimateError(
            Fault(what, say("legami fra gruppi", "ties between groups"), str(matrix.shape[0]))
        )
    edges = matrix.tocoo()
    size = np.bincount(code, minlength=len(names))
    count = np.bincount(code[edges.row] * len(names) + code[edges.col], minlength=len(names) ** 2)
    possible = np.outer(size, size) - np.diag(size)
    start, end = np.indices(possible.shape)
    frame = pd.DataFrame(
        {
            "from": names.to_numpy()[start.ravel()],
            "to": names.to_numpy()[end.ravel()],
            "ties": count,
            "possible": possible.ravel(),
            "density": np.divide(count, possible.ravel(), out=np.full(count.shape, np.nan), where=possible.ravel() > 0),
        }
    )  # fmt: skip
    frame.attrs["columns"] = {
        "from": {"labels": "type"},
        "to": {"labels": "type"},
        "ties": {"counts": "things"},
        "possible": {"counts": "things", "hidden": True},
        "density": {"unit": "share", "digits": 0, "n": "possible", "cases": "ties"},
    }
    return frame


def first_ties(networks: Mapping[int, sparse.sparray]) -> dict[int, sparse.csr_array]:
    """The ties of each semester (symmetric) that no earlier one had; of the first semester all are new to the record."""
    before: sparse.csr_array | None = None
    new = {}
    for semester in sorted(networks):
        now = sparse.csr_array(networks[semester]).astype(bool)
        known = now.multiply(before) if before is not None else sparse.csr_array(now.shape, dtype=bool)
        new[semester] = (now.astype(int) - sparse.csr_array(known).astype(int)).tocsr()
        new[semester].eliminate_zeros()
        before = now if before is None else ((before + now) > 0).tocsr()
    return new


def core(ties: sparse.sparray) -> tuple[np.ndarray, float]:
    """Members of the core, shape (N,), and the share of pairs inside core or periphery that are as the ideal has them; `ties` symmetric.

    Refused: ties that are not symmetric. Of splits that fit equally well the smallest core is taken; no tie leaves the core empty.
    """
    matrix = adjacency(ties)
    matrix.data[:] = 1.0
    if (matrix != matrix.T).nnz:
        what = say("legami non simmetrici", "ties that are not symmetric")
        raise EstimateError(
            Fault(
                what,
                say("centro e periferia", "core and periphery"),
                say("legami confermati", "confirmed ties"),
            )
        )
    degree = np.diff(matrix.indptr)
    size = len(degree)
    order = np.argsort(-degree, kind="stable")
    k = np.arange(size + 1)
    wrong = k * (k - 1) / 2 + degree.sum() / 2 - np.concatenate([[0], np.cumsum(degree[order])])
    best = int(np.argmin(wrong))
    member = np.zeros(size, dtype=bool)
    member[order[:best]] = True
    pairs = (best * (best - 1) + (size - best) * (size - best - 1)) / 2
    return member, float(1 - wrong[best] / pairs) if pairs else float("nan")


def _fault(mask: pd.Series | np.ndarray, values: pd.Series, what: str, allowed: str = "") -> list[Fault]:
    mask = np.asarray(mask, dtype=bool)
    if not mask.any():
        return []
    names = ", ".join(sorted(set(values[mask].astype(str)))[:5])
    return [Fault(what.replace("{}", names), where("ties", mask), allowed)]
