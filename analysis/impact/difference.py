"""Difference-in-differences of two groups at two times, by the interaction of least squares; and the plain difference of two means.

Assumed: without the intervention both groups would have changed by as much (parallel trends), which two times cannot test. The number of clusters and of
treated clusters stands in every result; where they are too few for an error (effect.py), placebo.py ranks the effect instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.impact import effect as effects
from analysis.impact import regression
from analysis.impact.effect import Clusters, Effect, student
from analysis.impact.regression import Regression
from analysis.rows import required

TREATED, AFTER, BOTH = "treated", "after", "treated × after"
FOUR = (("comparison", "before"), ("comparison", "after"), ("treated", "before"), ("treated", "after"))
COUNTERFACTUAL = "counterfactual"


@dataclass(frozen=True, eq=False)
class Difference:
    """The effect, the regression behind it, and the four means without covariates with what the treated would have come to under parallel trends."""

    effect: Effect
    regression: Regression
    means: pd.DataFrame = field(repr=False)

    @property
    def p_value(self) -> float | None:
        return self.effect.p_value

    @property
    def clusters(self) -> Clusters:
        return self.effect.clusters

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: design, estimate, se, low, high, p, n, clusters, treated_clusters."""
        return self.effect.table(unit, digits)

    def means_table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a group and time, and the counterfactual of the treated after: group, moment, mean, low, high, n."""
        frame = self.means.copy()
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "moment": {"labels": "moment"},
            "mean": {"unit": unit, "digits": digits, "n": "n"},
            "low": {"low_of": "mean"},
            "high": {"high_of": "mean"},
            "n": {"counts": "persons"},
        }
        return frame


def two_by_two(
    frame: pd.DataFrame,
    outcome: str,
    treated: str,
    after: str,
    covariates: Sequence[str] = (),
    errors: str = "HC1",
    cluster: str | Sequence[str] = (),
    table: str = "frame",
) -> Difference:
    """Effect on the treated from rows of persons: `treated` and `after` are 0/1, covariates as in `regression.fit`; rows without all values are left out.

    With `cluster` (one or two columns) t has G − 1 degrees of freedom. Where clustering is two ways, the way with the fewest treated clusters
    decides what may be given. Refused: what `regression.fit` refuses, and a group or a time that is empty.
    """
    ways = [way for way in ([cluster] if isinstance(cluster, str) else cluster) if way]
    required(table, frame, [outcome, treated, after, *covariates, *ways])
    given = frame[list(dict.fromkeys([outcome, *covariates, *ways]))].copy()
    dummies = {
        TREATED: effects.dummy(table, frame[treated], treated),
        AFTER: effects.dummy(table, frame[after], after),
    }
    given = given.assign(**dummies, **{BOTH: dummies[TREATED] * dummies[AFTER]})
    found = regression.fit(given, outcome, [TREATED, AFTER, BOTH, *covariates], errors, ways, table)
    group = effects.binary(table, frame[treated], treated, found.used)[found.used]
    effects.binary(table, frame[after], after, found.used)
    clusters = _counted(given[found.used], group, ways)
    estimate, se = found.at(BOTH)
    one = effects.effect("difference", estimate, se, found.df, found.n, clusters, errors)
    plain = (
        found
        if not covariates
        else regression.fit(given[found.used], outcome, [TREATED, AFTER, BOTH], errors, ways, table)
    )
    sizes = given[found.used].groupby([TREATED, AFTER]).size().to_numpy()
    return Difference(one, found, _means(plain, sizes, clusters.bear))


def of_means(
    frame: pd.DataFrame,
    outcome: str,
    treated: str,
    errors: str = "HC2",
    cluster: str = "",
    table: str = "frame",
) -> Effect:
    """Mean of the treated less mean of the comparison group at one time; an effect only where the groups were drawn by lot. Refused: as `two_by_two`."""
    required(table, frame, [outcome, treated])
    given = frame.assign(**{treated: effects.dummy(table, frame[treated], treated)})
    found = regression.fit(given, outcome, [treated], errors, cluster, table)
    group = effects.binary(table, frame[treated], treated, found.used)[found.used]
    clusters = _counted(given[found.used], group, [cluster] if cluster else [])
    return effects.effect("means", *found.at(treated), found.df, found.n, clusters, errors)


def _counted(rows: pd.DataFrame, group: np.ndarray, ways: Sequence[str]) -> Clusters:
    """The clusters in the way of clustering with the fewest treated, or comparison, clusters."""
    if not ways:
        return effects.count(group, None)
    counted = [effects.count(group, rows[way]) for way in ways]
    return min(counted, key=lambda one: min(one.treated, one.comparison))


def _means(found: Regression, sizes: np.ndarray, bear: bool) -> pd.DataFrame:
    """The four means and the counterfactual as sums of the saturated regression's coefficients (intercept, treated, after, both)."""
    sums = np.array([[1, 0, 0, 0], [1, 0, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 0]], dtype=float)
    means = sums @ found.coefficients
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", sums, found.covariance, sums), 0))
    bounds = [
        student(m, s, found.df)[:2] if bear and s > 0 else (np.nan, np.nan) for m, s in zip(means, errors)
    ]
    return pd.DataFrame(
        {
            "group": [group for group, _ in FOUR] + [COUNTERFACTUAL],
            "moment": [moment for _, moment in FOUR] + [AFTER],
            "mean": means,
            "low": [low for low, _ in bounds],
            "high": [high for _, high in bounds],
            "n": [*sizes, min(sizes)],
        }
    )
