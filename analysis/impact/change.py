"""The same units before and after: paired change, and change set against a comparison group by analysis of covariance.

Paired change has no comparison group: it says what changed, never what an intervention did, and its result carries `claim = "change"`. It takes in what would
have happened anyway, and where units were chosen because they stood low or high, part of the change is regression to the mean (Barnett, van der Pols &
Dobson 2005). Analysis of covariance compares units that started alike; it assumes that the regression on the first measure is one
for both groups and that nothing else separates them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact import effect as effects
from analysis.impact import regression
from analysis.impact.effect import LEAST, Effect, student
from analysis.rows import required, where

ASSUMED = ("no_comparison_group", "regression_to_the_mean", "lost_at_random")


@dataclass(frozen=True)
class Paired:
    """Mean change over the pairs. Errors from the pairs, or between clusters where these were named; None where fewer than LEAST clusters.

    standardised: mean change over the standard deviation before (Becker 1988), its error by the delta method. lost: measured before and not after;
    gained: after and not before; lost_before: mean before of those lost (not a number where none was).
    """

    n: int
    lost: int
    gained: int
    before: float
    after: float
    lost_before: float
    change: float
    se: float | None
    low: float | None
    high: float | None
    p_value: float | None
    df: float
    standardised: float
    standardised_se: float | None
    clusters: int | None = None
    claim: str = "change"
    assumptions: tuple[str, ...] = ASSUMED

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: before, after, change with se, low, high, p, n; standardised with its error; lost, gained, lost_before."""
        number = {"unit": unit, "digits": digits}
        frame = pd.DataFrame(
            {
                "before": [self.before],
                "after": self.after,
                "change": self.change,
                "se": np.nan if self.se is None else self.se,
                "low": np.nan if self.low is None else self.low,
                "high": np.nan if self.high is None else self.high,
                "p": np.nan if self.p_value is None else self.p_value,
                "n": self.n,
                "standardised": self.standardised,
                "standardised_se": np.nan if self.standardised_se is None else self.standardised_se,
                "lost": self.lost,
                "gained": self.gained,
                "lost_before": self.lost_before,
            }
        )
        frame.attrs["columns"] = {
            "before": number | {"n": "n"},
            "after": number | {"n": "n"},
            "change": number | {"n": "n"},
            "se": {"se_of": "change"},
            "low": {"low_of": "change"},
            "high": {"high_of": "change"},
            "p": {"unit": "p", "n": "n"},
            "n": {"counts": "persons"},
            "standardised": {"unit": "number", "digits": 2, "n": "n"},
            "standardised_se": {"se_of": "standardised"},
            "lost": {"counts": "persons"},
            "gained": {"counts": "persons"},
            "lost_before": number | {"n": "lost"},
        }
        return frame


def paired(
    before: npt.ArrayLike, after: npt.ArrayLike, cluster: npt.ArrayLike | None = None, table: str = "pairs"
) -> Paired:
    """Mean of after − before (n,) over the units that have both, t interval; missing values are units lost or gained between the two.

    With `cluster` (n,) the error is that of the mean between clusters and t has G − 1 degrees of freedom.
    Refused, all at once: columns of unequal length, infinite values, clusters missing, fewer than three pairs, change that does not vary.
    """
    first, second = (pd.Series(np.asarray(x, dtype=object)).astype("Float64") for x in (before, after))
    if len(first) != len(second):
        what = say(
            f"{len(first)} valori prima e {len(second)} dopo",
            f"{len(first)} values before and {len(second)} after",
        )
        raise EstimateError(Fault(what, table, say("una riga per unità", "one row a unit")))
    x, y = (s.to_numpy(dtype=float, na_value=np.nan) for s in (first, second))
    both = ~np.isnan(x) & ~np.isnan(y)
    faults = [
        Fault(
            say("valore infinito", "an infinite value"),
            where(table, bad),
            say("numeri finiti", "finite numbers"),
        )
        for bad in [np.isinf(x) | np.isinf(y)]
        if bad.any()
    ]
    codes = np.arange(len(x))
    if cluster is not None:
        labels = pd.Series(np.asarray(cluster, dtype=object))
        lost = labels.isna().to_numpy() & both
        if lost.any():
            faults.append(Fault(say("manca il grappolo", "the cluster is missing"), where(table, lost)))
        codes = pd.factorize(labels)[0]
    if both.sum() < 3:
        faults.append(
            Fault(say(f"{both.sum()} coppie complete", f"{both.sum()} complete pairs"), table, "≥ 3")
        )
    if faults:
        raise EstimateError(faults)
    started, moved = x[both], (y - x)[both]
    n, mean, sd = len(moved), float(moved.mean()), float(started.std(ddof=1))
    if np.ptp(moved) == 0 or sd == 0:
        what = say("valori che non variano fra le unità", "values that do not vary between units")
        raise EstimateError(
            Fault(
                what, table, say("variazione e punto di partenza che variano", "change and start that vary")
            )
        )
    standardised = mean / sd
    values = (moved - mean) / n
    lead = values / sd - standardised * ((started - started.mean()) ** 2 - sd**2) / (2 * n * sd**2)
    pieces = np.unique(codes[both], return_inverse=True)[1]
    groups = int(pieces.max()) + 1
    errors = [
        float(np.sqrt(groups / (groups - 1) * (np.bincount(pieces, weights=v) ** 2).sum())) if groups > 1 else np.nan
        for v in (values, lead)
    ]  # fmt: skip
    bear = cluster is None or groups >= LEAST
    low = high = p_value = None
    if bear:
        low, high, p_value = student(mean, errors[0], groups - 1)
    gone = ~np.isnan(x) & np.isnan(y)
    return Paired(
        n, int(gone.sum()), int((np.isnan(x) & ~np.isnan(y)).sum()), float(started.mean()), float(y[both].mean()),
        float(x[gone].mean()) if gone.any() else float("nan"), mean, errors[0] if bear else None, low, high, p_value,
        float(groups - 1), standardised, errors[1] if bear else None, None if cluster is None else groups,
        assumptions=ASSUMED if bear else (*ASSUMED, "few_clusters"),
    )  # fmt: skip


def ancova(
    frame: pd.DataFrame,
    before: str,
    after: str,
    treated: str,
    covariates: Sequence[str] = (),
    errors: str = "HC1",
    cluster: str = "",
    table: str = "frame",
) -> Effect:
    """Difference between the groups after, at an equal value before: `after` on `before`, `treated` (0/1) and `covariates`.

    Errors classical, HC1, HC2, or by cluster with t of G − 1 degrees of freedom. Units without all values are left out. Refused: what
    `regression.fit` refuses, and a group that is empty.
    """
    required(table, frame, [before, after, treated])
    given = frame.assign(**{treated: effects.dummy(table, frame[treated], treated)})
    found = regression.fit(given, after, [before, treated, *covariates], errors, cluster, table)
    group = effects.binary(table, frame[treated], treated, found.used)[found.used]
    clusters = effects.count(group, frame.loc[found.used, cluster] if cluster else None)
    estimate, se = found.at(treated)
    return effects.effect(
        "ancova", estimate, se, found.df, found.n, clusters, errors, cautions=("regression_to_the_mean",)
    )
