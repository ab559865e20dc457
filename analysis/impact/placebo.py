"""Placebo ranking: where the observed effect stands among those that the same computation gives when other clusters are called the treated ones.

It is a placebo and no randomisation test: nobody drew the treated clusters by lot, so the share of assignments with an effect at least as large is a ranking,
not the p value of a design. Its least attainable value says how little so few clusters can show: with one treated cluster of ten it is
never below 1/10. (The idea: Abadie, Diamond & Hainmueller 2010, "placebo studies".)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact import effect as effects
from analysis.impact import influence
from analysis.impact.panel import Panel
from analysis.rows import required, where

LIMIT = 5000
DRAWS = 4999


@dataclass(frozen=True, eq=False)
class Placebo:
    """The observed effect and those of the assignments (D,), the observed one among them where all were computed.

    possible: number of assignments that exist; exhaustive: all were computed, else `D` were drawn with `seed`. treated of `clusters` clusters.
    mirrored: every assignment has a twin of the same size and opposite sign, as where half of the clusters are treated.
    """

    observed: float
    effects: np.ndarray = field(repr=False)
    possible: int
    exhaustive: bool
    seed: int | None
    treated: int
    clusters: int
    n: int
    mirrored: bool = False
    persons: bool = True

    @property
    def rank(self) -> int:
        """Assignments with an effect at least as large in size as the observed, which counts itself."""
        slack = 1e-9 * max(abs(self.observed), float(np.abs(self.effects).max(initial=0.0)))
        return int((np.abs(self.effects) >= abs(self.observed) - slack).sum()) + (not self.exhaustive)

    @property
    def assignments(self) -> int:
        """Assignments computed, the observed one included."""
        return len(self.effects) + (not self.exhaustive)

    @property
    def share(self) -> float:
        """Ranking share: rank over assignments."""
        return self.rank / self.assignments

    @property
    def minimum(self) -> float:
        """The least share that any outcome could have given here: 1/assignments, twice that where every assignment has a mirrored twin."""
        return (2 if self.mirrored and self.exhaustive else 1) / self.assignments

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: estimate, rank, assignments, share, minimum, treated_clusters, clusters, n."""
        frame = pd.DataFrame(
            {
                "estimate": [self.observed],
                "rank": self.rank,
                "assignments": self.assignments,
                "share": self.share,
                "minimum": self.minimum,
                "treated_clusters": self.treated,
                "clusters": self.clusters,
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "estimate": {"unit": unit, "digits": digits, "n": "n"},
            "rank": {"counts": "things"},
            "assignments": {"counts": "things"},
            "share": {"unit": "share", "n": "assignments"},
            "minimum": {"unit": "share", "n": "assignments"},
            "treated_clusters": {"counts": "things"},
            "clusters": {"counts": "things"},
            "n": {"counts": "persons" if self.persons else "things"},
        }
        return frame

    def distribution(self, bins: int = 21, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a class of effect: left, right, assignments in it; and in every row the observed effect. Classes lie symmetrically about zero."""
        reach = 1.02 * max(abs(self.observed), float(np.abs(self.effects).max(initial=0.0)))
        counts, edges = np.histogram(self.effects, bins, (-reach, reach))
        frame = pd.DataFrame({"left": edges[:-1], "right": edges[1:], "assignments": counts, "observed": self.observed, "n": self.n})  # fmt: skip
        frame.attrs["columns"] = {
            "left": {"unit": "position"},
            "right": {"unit": "position"},
            "assignments": {"counts": "things"},
            "observed": {"unit": unit, "digits": digits, "n": "n"},
            "n": {"counts": "persons" if self.persons else "things"},
        }
        return frame


def two_by_two(
    frame: pd.DataFrame,
    outcome: str,
    treated: str,
    after: str,
    cluster: str,
    seed: int = 1,
    limit: int = LIMIT,
    draws: int = DRAWS,
    table: str = "frame",
) -> Placebo:
    """The 2×2 effect without covariates (`difference.two_by_two`) for every way of calling as many clusters treated, or for `draws` of them drawn with `seed` where there are more than `limit`.

    Refused, all at once: columns missing, clusters missing, a cluster with treated and comparison rows, a cluster without rows at one of
    the times; fewer than two clusters or a group without any.
    """
    required(table, frame, [outcome, treated, after, cluster])
    y = (
        pd.to_numeric(frame[outcome], errors="coerce")
        .astype("Float64")
        .to_numpy(dtype=float, na_value=np.nan)
    )
    used = np.isfinite(y) & frame[treated].notna().to_numpy() & frame[after].notna().to_numpy()
    group = effects.binary(table, frame[treated], treated, used)
    late = effects.binary(table, frame[after], after, used)
    lost = used & frame[cluster].isna().to_numpy()
    if lost.any():
        raise EstimateError(Fault(say("manca il grappolo", "the cluster is missing"), where(table, lost)))
    rows = pd.DataFrame({"cluster": frame[cluster].astype(str), "treated": group, "late": late, "y": y})[used]
    by = rows.groupby("cluster")
    names, mixed = by["treated"].mean(), by["late"].nunique() < 2
    faults = [
        Fault(what, f"{table}, {cluster} = {', '.join(map(str, names.index[bad][:5]))}", next_step=step)
        for bad, what, step in (
            ((names > 0) & (names < 1), say("grappolo nei due gruppi", "a cluster in both groups"), say("Il placebo sposta grappoli interi: usate quello che fu trattato insieme.", "A placebo moves whole clusters: use the one that was treated together.")),
            (mixed, say("grappolo senza righe prima o dopo", "a cluster without rows before or after"), say("Toglietelo dal confronto.", "Take it out of the comparison.")),
        )
        if bad.any()
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    sums = rows.pivot_table(index="cluster", columns="late", values="y", aggfunc=["sum", "count"])
    total, number = sums["sum"].to_numpy(), sums["count"].to_numpy(dtype=float)

    def difference(chosen: np.ndarray) -> np.ndarray:
        inside, outside = chosen.astype(float), (~chosen).astype(float)
        means = [(side @ total) / (side @ number) for side in (inside, outside)]
        return (means[0][:, 1] - means[0][:, 0]) - (means[1][:, 1] - means[1][:, 0])

    label = (names.to_numpy() == 1).astype(int)
    return assigned(lambda chosen: difference(chosen == 1), label, len(rows), seed, limit, draws)


def staggered(
    panel: Panel, control: str = "never", seed: int = 1, limit: int = LIMIT, draws: int = DRAWS
) -> Placebo:
    """The simple mean of group-time effects (`staggered.Staggered.overall`) for every way of handing the same semesters of adoption to the clusters, or for `draws` of them.

    Clusters move whole where adoption is one within each; else every unit moves by itself.
    """
    units = np.arange(len(panel.units))
    codes = units if panel.cluster is None else panel.cluster
    label = np.array([panel.adopted[codes == code][0] for code in np.unique(codes)])
    if (label[codes] != panel.adopted).any():
        codes, label = units, panel.adopted

    def simple(chosen: np.ndarray) -> np.ndarray:
        return influence.simple_of(panel.y, panel.periods, chosen[:, codes], control)

    n = len(units) if panel.persons is None else int(panel.persons.sum(axis=0).min())
    return assigned(simple, label, n, seed, limit, draws, panel.persons is not None)


def assigned(
    estimate: Callable[[np.ndarray], np.ndarray],
    label: np.ndarray,
    n: int,
    seed: int = 1,
    limit: int = LIMIT,
    draws: int = DRAWS,
    persons: bool = True,
) -> Placebo:
    """The ranking for clusters whose `label` (C,) says when they were treated (0: never); `estimate` turns assignments (D, C) of labels into effects (D,).

    All assignments of the same labels where there are at most `limit`, else `draws` of them.
    """
    kinds, sizes = np.unique(label, return_counts=True)
    possible = math.factorial(len(label))
    for size in sizes:
        possible //= math.factorial(int(size))
    exhaustive = possible <= limit
    if exhaustive:
        chosen = _every(kinds, sizes)
    else:
        generator = np.random.Generator(np.random.PCG64(seed))
        chosen = generator.permuted(np.tile(label, (draws, 1)), axis=1)
    observed = float(estimate(label[None, :])[0])
    found = estimate(chosen)
    mirrored = len(kinds) == 2 and sizes[0] == sizes[1]
    return Placebo(
        observed, found[np.isfinite(found)], possible, exhaustive, None if exhaustive else seed,
        int((label != 0).sum()), len(label), n, mirrored, persons,
    )  # fmt: skip


def _every(kinds: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Every arrangement of the labels, shape (D, C), by choosing the places of one kind after the other."""
    clusters = int(sizes.sum())
    found = np.full((1, clusters), kinds[0])
    free = np.ones((1, clusters), dtype=bool)
    for kind, size in zip(kinds[1:], sizes[1:]):
        places = np.nonzero(free)[1].reshape(len(found), -1)
        picks = np.array(list(itertools.combinations(range(places.shape[1]), int(size))), dtype=int)
        at = places[:, picks]
        rows = np.repeat(np.arange(len(found)), len(picks))
        found, free = found[rows], free[rows]
        each = np.arange(len(rows))[:, None]
        chosen = at.reshape(len(rows), -1)
        found[each, chosen], free[each, chosen] = kind, False
    return found
