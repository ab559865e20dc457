"""Whether two groups can be compared at all: overlap of their propensities, what the weights cost, and balance of what was measured before.

Standardised differences and variance ratios: Austin (2009); effective sample size: Kish (1965). A difference above BALANCED in size is usually taken for imbalance.
Covariates are the columns that entered the model: a category is one share a level.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.weighting import Weighted

BALANCED = 0.1
GROUPS = ("treated", "comparison")


@dataclass(frozen=True, eq=False)
class Overlap:
    """By group, in the order of GROUPS (2,): units n, effective sample size after weighting, units outside the range of propensities that both groups reach.

    common: that range. counts (2, B): units in classes of the propensity between `edges` (B + 1,).
    """

    n: np.ndarray
    effective: np.ndarray
    outside: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    common: tuple[float, float]
    counts: np.ndarray = field(repr=False)
    edges: np.ndarray = field(repr=False)

    def table(self) -> pd.DataFrame:
        """One row a group: group, n, effective, outside, share_outside, lowest, highest (propensity)."""
        frame = pd.DataFrame(
            {
                "group": list(GROUPS),
                "n": self.n,
                "effective": self.effective,
                "outside": self.outside,
                "share_outside": self.outside / self.n,
                "lowest": self.lowest,
                "highest": self.highest,
            }
        )
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "n": {"counts": "persons"},
            "effective": {"unit": "number", "digits": 1, "n": "n"},
            "outside": {"counts": "persons"},
            "share_outside": {"unit": "share", "n": "n", "cases": "outside"},
            "lowest": {"unit": "number", "digits": 2, "n": "n"},
            "highest": {"unit": "number", "digits": 2, "n": "n"},
        }
        return frame

    def histogram(self) -> pd.DataFrame:
        """One row a group and class of propensity: group, left, right, n."""
        bins = len(self.edges) - 1
        frame = pd.DataFrame(
            {
                "group": np.repeat(np.array(GROUPS, dtype=object), bins),
                "left": np.tile(self.edges[:-1], 2),
                "right": np.tile(self.edges[1:], 2),
                "n": self.counts.ravel(),
            }
        )
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "left": {"unit": "position"},
            "right": {"unit": "position"},
            "n": {"counts": "persons"},
        }
        return frame


@dataclass(frozen=True, eq=False)
class Balance:
    """Per column of the model (p,): standardised difference of means and ratio of variances, treated to comparison, before and after weighting.

    Ratios are missing for columns of 0/1, whose variance follows from the mean. n: rows.
    """

    names: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    ratio_before: np.ndarray
    ratio_after: np.ndarray
    n: int

    @property
    def worst(self) -> float:
        """Largest difference in size after weighting."""
        return float(np.abs(self.after).max())

    def table(self) -> pd.DataFrame:
        """One row a covariate: covariate, before, after, ratio_before, ratio_after, n."""
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame = pd.DataFrame(
            {
                "covariate": list(self.names),
                "before": self.before,
                "after": self.after,
                "ratio_before": self.ratio_before,
                "ratio_after": self.ratio_after,
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "covariate": {"labels": "covariate"},
            **dict.fromkeys(("before", "after", "ratio_before", "ratio_after"), number),
            "n": {"counts": "persons"},
        }
        return frame


def overlap(found: Weighted, bins: int = 20) -> Overlap:
    """Propensities of the rows used, by group. Refused: a common range that holds no unit of one of the groups, since then nobody can be compared."""
    sides = [found.propensity[found.treated], found.propensity[~found.treated]]
    lowest, highest = (np.array([f(side) for side in sides]) for f in (np.min, np.max))
    common = float(lowest.max()), float(highest.min())
    outside = np.array([int(((side < common[0]) | (side > common[1])).sum()) for side in sides])
    n = np.array([len(side) for side in sides])
    if common[0] > common[1] or (outside == n).any():
        what = say(
            "le propensità dei due gruppi non si sovrappongono",
            "the propensities of the two groups do not overlap",
        )
        step = say("Il confronto non è possibile: cambiate gruppo di confronto o covariate.", "No comparison is possible: choose another comparison group or other covariates.")  # fmt: skip
        raise EstimateError(Fault(what, say("sovrapposizione", "overlap"), next_step=step))
    weight = [found.weight[found.treated], found.weight[~found.treated]]
    effective = np.array([w.sum() ** 2 / (w**2).sum() for w in weight])
    edges = np.linspace(0, 1, bins + 1)
    counts = np.stack([np.histogram(side, edges)[0] for side in sides])
    return Overlap(n, effective, outside, lowest, highest, common, counts, edges)


def balance(found: Weighted) -> Balance:
    """Differences of means over the standard deviation before weighting: of the treated for the effect on the treated, else the root of the two groups' mean variance."""
    x = found.covariates.to_numpy(dtype=float)
    inside = found.treated
    ones = np.ones(len(x))
    means, variances = {}, {}
    for moment, weight in (("before", ones), ("after", found.weight)):
        for side, mask in (("treated", inside), ("comparison", ~inside)):
            w = weight[mask] / weight[mask].sum()
            mean = w @ x[mask]
            correction = 1 - (w**2).sum()
            means[moment, side] = mean
            variances[moment, side] = w @ (x[mask] - mean) ** 2 / correction
    before = [variances["before", side] for side in GROUPS]
    scale = np.sqrt(before[0] if found.estimand == "att" else (before[0] + before[1]) / 2)
    scale = np.where(scale > 0, scale, np.nan)
    binary = np.isin(x, (0.0, 1.0)).all(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = [
            np.where(binary, np.nan, variances[m, "treated"] / variances[m, "comparison"])
            for m in ("before", "after")
        ]
    apart = [(means[m, "treated"] - means[m, "comparison"]) / scale for m in ("before", "after")]
    names = tuple(map(str, found.covariates.columns))
    return Balance(names, apart[0], apart[1], ratios[0], ratios[1], len(x))
