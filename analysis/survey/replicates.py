"""Replicate weights: the sample's PSUs weighted over and over, and what an estimate varies by.

What belongs here: multiplicities of PSUs, and the variance they give. What does not: linearisation (design.py). Replicates act on
the PSUs of the first stage; later stages bear no variance of their own here, which linearisation gives them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import linalg

from analysis.errors import EstimateError, Fault, say
from analysis.survey import estimates, stages
from analysis.survey.design import Design
from analysis.survey.results import Estimates
from analysis.survey.stages import MOST_FAULTS, Codes, Floats


@dataclass(frozen=True, eq=False)
class Replicates:
    """R sets of weights, each PSU's times 1 + its `deviation` (P, R); the variance is Σ `scale` (R,) · (θ_r − θ̄)² about
    the mean of the replicates, as in R's survey package.

    A jackknife, whose deviations follow from its strata, keeps none.
    """

    design: Design
    method: str
    scale: Floats = field(repr=False)
    deviations: Floats | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.scale)

    def weights(self, number: int) -> Floats:
        """The weights (n,) of one replicate."""
        stage = self.design.stage
        if self.deviations is None:
            own = stage.stratum == stage.stratum[number]
            moved = np.where(own, 1 / (own.sum() - 1), 0.0)
            moved[number] = -1.0
        else:
            moved = self.deviations[:, number]
        return self.design.weights * (1 + moved[stage.psu])

    def mean(self, y: npt.ArrayLike, by: pd.DataFrame | None = None, margin: bool = False) -> Estimates:
        """As `estimates.mean`, its covariance from the replicates."""
        values = estimates.numbers(y, self.design)
        return self._spread(
            estimates.means(y, self.design, by, margin), values, np.ones(len(values)), by, margin
        )

    def share(self, event: npt.ArrayLike, by: pd.DataFrame | None = None, margin: bool = False) -> Estimates:
        """As `estimates.share`, its covariance from the replicates."""
        values = estimates.numbers(event, self.design)
        return self._spread(
            estimates.shares(event, self.design, by, margin), values, np.ones(len(values)), by, margin
        )

    def ratio(
        self,
        numerator: npt.ArrayLike,
        denominator: npt.ArrayLike,
        by: pd.DataFrame | None = None,
        margin: bool = False,
    ) -> Estimates:
        """As `estimates.ratio`, its covariance from the replicates."""
        y, x = (estimates.numbers(values, self.design) for values in (numerator, denominator))
        return self._spread(estimates.ratios("ratio", y, x, self.design, by, margin), y, x, by, margin)

    def total(self, y: npt.ArrayLike, by: pd.DataFrame | None = None, margin: bool = False) -> Estimates:
        """As `estimates.total`, its covariance from the replicates."""
        values = estimates.numbers(y, self.design)
        return self._spread(
            estimates.ratios("total", values, None, self.design, by, margin), values, None, by, margin
        )

    def _spread(
        self, found: Estimates, y: Floats, x: Floats | None, by: pd.DataFrame | None, margin: bool
    ) -> Estimates:
        valid = ~np.isnan(y) if x is None else ~(np.isnan(y) | np.isnan(x))
        top, low = np.where(valid, y, 0.0), None if x is None else np.where(valid, x, 0.0)
        draws = []
        for codes, groups in estimates.passes(by, valid, found.measure, margin):
            replicated = self._totals(codes, len(groups), top)
            if low is not None:
                base = self._totals(codes, len(groups), low)
                if (base == 0).any():
                    raise EstimateError(
                        Fault(
                            say("un gruppo manca in qualche replica", "a group is absent from some replicate"),
                            f"{self.method}, {found.measure}",
                            next_step=say("Usate la linearizzazione, o gruppi più grandi.", "Use linearisation, or larger groups."),
                        )
                    )  # fmt: skip
                replicated = replicated / base
            draws.append(replicated)
        away = np.hstack(draws)
        away = away - away[self.scale > 0].mean(axis=0)
        covariance = away.T @ (self.scale[:, None] * away)
        return replace(found, covariance=covariance)

    def _totals(self, codes: Codes, size: int, values: Floats) -> Floats:
        """Weighted totals by replicate and domain (R, size)."""
        stage = self.design.stage
        sums = stages.cells(stage.psu, len(stage.stratum), codes, size, self.design.weights * values)
        if self.deviations is not None:
            return sums.sum(axis=0) + self.deviations.T @ sums
        sizes = stage.size[stage.stratum].astype(float)[:, None]
        strata = stages.added(stage.stratum, len(stage.size), sums)[stage.stratum]
        return sums.sum(axis=0) + (strata - sizes * sums) / np.maximum(sizes - 1, 1)


def jackknife(design: Design) -> Replicates:
    """Each PSU left out in turn: JKn within strata, JK1 where there is one stratum; with the finite population correction (Rust & Rao 1996)."""
    stage = _several(design, "jackknife")
    sizes = stage.size[stage.stratum].astype(float)
    scale = (1 - stage.fraction)[stage.stratum] * (sizes - 1) / sizes
    return Replicates(design, "JK1" if len(stage.size) == 1 else "JKn", scale)


def bootstrap(design: Design, replicates: int, seed: int) -> Replicates:
    """Rescaled bootstrap of Rao & Wu (1988), n_h − 1 PSUs drawn with replacement in each stratum, with the finite population correction in the rescaling."""
    stage = _several(design, "bootstrap")
    generator = np.random.default_rng(seed)
    sizes = stage.size
    drawn = np.zeros((len(stage.stratum), replicates))
    order = np.argsort(stage.stratum, kind="stable")
    starts = np.cumsum(sizes) - sizes
    for h in np.unique(sizes):  # strata of one size at a time
        strata = np.flatnonzero(sizes == h)
        counts = generator.multinomial(h - 1, np.full(h, 1 / h), (len(strata), replicates))
        rows = order[starts[strata][:, None] + np.arange(h)]
        drawn[rows] = counts.transpose(0, 2, 1)
    size = sizes[stage.stratum].astype(float)
    lam = np.sqrt(1 - stage.fraction)[stage.stratum]
    drawn *= (lam * size / np.maximum(size - 1, 1))[:, None]
    drawn -= lam[:, None]
    return Replicates(design, "bootstrap", np.full(replicates, 1 / replicates), drawn)


def brr(design: Design) -> Replicates:
    """Balanced half-samples of a Hadamard matrix, for strata of two PSUs (McCarthy 1969)."""
    return _halves(design, 0.0, "BRR")


def fay(design: Design, rho: float = 0.5) -> Replicates:
    """Balanced half-samples whose other half keeps the share `rho` of its weight, 0 ≤ rho < 1 (Judkins 1990)."""
    if not 0 <= rho < 1:
        raise EstimateError(Fault(f"rho = {rho:g}", "fay.rho", "0 ≤ rho < 1"))
    return _halves(design, rho, "Fay")


def _halves(design: Design, rho: float, method: str) -> Replicates:
    stage = _several(design, method)
    wrong = np.flatnonzero(stage.size != 2)
    if len(wrong):
        raise EstimateError(
            [
                Fault(
                    say(
                        f"lo strato ha {stage.size[h]} unità primarie",
                        f"the stratum holds {stage.size[h]} PSUs",
                    ),
                    f"{method}, {design.stratum_names[h]}",
                    "2",
                    say("Usate il jackknife o il bootstrap.", "Use the jackknife or the bootstrap."),
                )
                for h in wrong[:MOST_FAULTS]
            ]
        )
    strata = len(stage.size)
    order = 1 << int(np.ceil(np.log2(strata + 1)))
    signs = linalg.hadamard(order)[:, 1 : strata + 1].astype(float)
    first = np.zeros(len(stage.stratum), dtype=bool)
    first[np.unique(stage.stratum, return_index=True)[1]] = True
    chosen = np.where(first, 1.0, -1.0)[:, None] * signs.T[stage.stratum]
    # A stratum's correction enters as the square root of its share not sampled, on the distance from the full weight.
    lam = np.sqrt(1 - stage.fraction)[stage.stratum][:, None]
    return Replicates(design, method, np.full(order, 1 / (order * (1 - rho) ** 2)), (1 - rho) * lam * chosen)


def _several(design: Design, method: str) -> stages.Stage:
    """The first stage, whose every stratum must hold two PSUs unless it was taken whole."""
    if not isinstance(design, Design):
        raise EstimateError(
            Fault(
                say(
                    "nessuna replica senza un campione probabilistico",
                    "no replicates without a probability sample",
                ),
                f"{method}, sampling = {design.kind}",
            )
        )
    if design.calibration is not None:
        raise EstimateError(
            Fault(
                say("le repliche di pesi calibrati vanno calibrate una per una", "replicates of calibrated weights are to be calibrated one by one"),
                method,
                next_step=say("Usate la linearizzazione.", "Use linearisation."),
            )
        )  # fmt: skip
    stage = design.stage
    alone = np.flatnonzero((stage.size == 1) & (stage.fraction < 1))
    if len(alone):
        raise EstimateError(
            [
                Fault(
                    say("lo strato ha una sola unità primaria", "the stratum holds one PSU only"),
                    f"{method}, {design.stratum_names[h]}",
                    say("due o più", "two or more"),
                    say("Unite gli strati.", "Merge strata."),
                )
                for h in alone[:MOST_FAULTS]
            ]
        )
    return stage
