"""What so many clusters can bear."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import effect as effects
from analysis.impact.effect import FEW, LEAST, Clusters
from tests.impact import comparison_fixtures as made

pytestmark = pytest.mark.usefixtures("english")


@pytest.mark.parametrize(
    ("treated", "comparison", "bear", "codes"),
    [
        (LEAST - 1, 50, False, ("few_treated_clusters",)),
        (50, LEAST - 1, False, ("few_comparison_clusters",)),
        (1, 1, False, ("few_treated_clusters", "few_comparison_clusters")),
        (LEAST, 50, True, ("few_clusters",)),
        (50, FEW - 1, True, ("few_clusters",)),
        (FEW, FEW, True, ()),
    ],
)
def test_the_rule(treated, comparison, bear, codes):
    clusters = Clusters(treated + comparison, treated, comparison)
    assert (clusters.bear, clusters.cautions) == (bear, codes)
    one = effects.effect("difference", 1.0, 0.5, 10, 100, clusters, "cluster")
    assert (one.p_value is None) == (one.se is None) == (one.low is None) == (not bear)
    assert one.estimate == 1.0 and one.table().loc[0, "treated_clusters"] == treated
    made.resolves(effects.stack([one, one]))


def test_counting():
    treated = np.array([True, True, False, False, True])
    assert effects.count(treated, pd.Series(list("aabbb"))) == Clusters(2, 2, 1)
    assert effects.count(treated, None) == Clusters(5, 3, 2, named=False)


def test_t_and_the_normal_law():
    low, high, p = effects.student(1.0, 0.5, np.inf)
    assert (low, high, p) == (
        pytest.approx(0.0200180, abs=1e-7),
        pytest.approx(1.9799820, abs=1e-7),
        pytest.approx(0.0455003, abs=1e-7),
    )
    assert effects.student(1.0, 0.5, 4)[1] == pytest.approx(1 + 2.7764451 * 0.5, abs=1e-7)


@pytest.mark.parametrize(("se", "df"), [(0.0, 5), (np.nan, 5), (1.0, 0)])
def test_no_interval_without_an_error(se, df):
    with pytest.raises(EstimateError, match="interval: standard error"):
        effects.student(1.0, se, df)


def test_groups_are_zero_and_one():
    assert effects.binary("t", pd.Series([True, False]), "x").tolist() == [True, False]
    with pytest.raises(EstimateError, match="t: row 2: 'x' is neither 0 nor 1; allowed: 0, 1"):
        effects.binary("t", pd.Series([0, 2, 1]), "x")
