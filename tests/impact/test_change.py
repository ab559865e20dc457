"""Paired change and analysis of covariance: figures that scipy and statsmodels give, and what is lost between two measures."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import change
from tests.impact import comparison_fixtures as made

pytestmark = pytest.mark.usefixtures("english")
RNG = np.random.Generator(np.random.PCG64(5))
BEFORE = RNG.normal(3, 1, 40)
AFTER = BEFORE + 0.4 + RNG.normal(0, 0.8, 40)


def test_paired_change_is_the_t_test_of_the_differences():
    from scipy import stats

    found, law = change.paired(BEFORE, AFTER), stats.ttest_rel(AFTER, BEFORE)
    interval = law.confidence_interval()
    assert (found.change, found.p_value) == (
        pytest.approx((AFTER - BEFORE).mean()),
        pytest.approx(law.pvalue),
    )
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert found.standardised == pytest.approx((AFTER - BEFORE).mean() / BEFORE.std(ddof=1))
    assert found.claim == "change" and "regression_to_the_mean" in found.assumptions
    made.resolves(found.table())


def test_error_of_the_standardised_change_is_its_spread_over_samples():
    rng = np.random.Generator(np.random.PCG64(1))
    x = rng.normal(0, 1, (1000, 80))
    d = 0.5 + rng.normal(0, 0.7, (1000, 80)) - 0.3 * x
    spread = (d.mean(axis=1) / x.std(axis=1, ddof=1)).std()
    told = np.mean([change.paired(x[k], x[k] + d[k]).standardised_se for k in range(40)])
    assert told == pytest.approx(spread, rel=0.08)


def test_who_is_lost_and_who_is_gained():
    before, after = BEFORE.copy(), AFTER.copy()
    after[:3], before[5] = np.nan, np.nan
    found = change.paired(before, after)
    assert (found.n, found.lost, found.gained) == (36, 3, 1)
    assert found.lost_before == pytest.approx(before[:3].mean())


def test_clusters_of_one_person_change_nothing_and_few_bear_no_interval():
    one = change.paired(BEFORE, AFTER, np.arange(40))
    assert (one.se, one.clusters) == (pytest.approx(change.paired(BEFORE, AFTER).se), 40)
    few = change.paired(BEFORE, AFTER, np.arange(40) % 4)
    assert few.se is few.low is few.p_value is few.standardised_se is None
    assert "few_clusters" in few.assumptions and few.table()[["se", "low", "high", "p"]].isna().all(axis=None)


def test_adding_a_constant_to_both_measures_changes_no_change():
    one, other = change.paired(BEFORE, AFTER), change.paired(BEFORE + 7, AFTER + 7)
    assert (one.change, one.se, one.standardised) == (
        pytest.approx(other.change),
        pytest.approx(other.se),
        pytest.approx(other.standardised),
    )


@pytest.mark.parametrize(
    ("before", "after", "cluster", "place"),
    [
        ([1, 2, 3], [1, 2], None, "3 values before and 2 after"),
        ([1, 2, np.inf, 4], [2, 4, 5, 6], None, "pairs: row 3"),
        ([1, 2, None, None], [2, 4, 5, 6], None, "2 complete pairs"),
        ([1, 2, 3, 4], [2, 3, 4, 5], None, "do not vary"),
        ([1, 2, 3, 4], [2, 3, 5, 5], ["a", None, "b", "c"], "pairs: row 2"),
    ],
)
def test_paired_refused(before, after, cluster, place):
    with pytest.raises(EstimateError, match=place):
        change.paired(before, after, cluster)


def test_ancova_takes_out_the_start():
    rng = np.random.Generator(np.random.PCG64(3))
    group = np.repeat([0, 1], 200)
    before = rng.normal(3 + 0.5 * group, 1)
    frame = pd.DataFrame(
        {
            "before": before,
            "after": 1 + 0.6 * before + 0.3 * group + rng.normal(0, 0.1, 400),
            "g": group,
            "c": np.arange(400) % 40,
        }
    )
    found = change.ancova(frame, "before", "after", "g")
    assert found.estimate == pytest.approx(0.3, abs=0.04) and found.low < 0.3 < found.high
    assert found.claim == "comparison" and {"independent_rows", "regression_to_the_mean"} <= set(
        found.cautions
    )
    named = change.ancova(frame, "before", "after", "g", errors="cluster", cluster="c")
    assert (named.df, named.clusters.total, named.clusters.named) == (39, 40, True)
    made.resolves(found.table())


def test_ancova_with_two_treated_clusters_gives_no_p():
    frame = made.persons(treated=2).assign(before=lambda f: f["y"] + f["age"] / 10)
    found = change.ancova(frame, "before", "y", "treated", errors="cluster", cluster="cluster")
    assert found.p_value is None and found.cautions[0] == "few_treated_clusters"


def test_ancova_refuses_one_group():
    frame = made.persons().assign(treated=1)
    with pytest.raises(EstimateError, match="'treated': one group only"):
        change.ancova(frame, "age", "y", "treated")
