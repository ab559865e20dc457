"""Intervals shared by the room: ends, closed forms, coverage of the jackknife on few units (slow)."""

import numpy as np
import pytest
from scipy import stats

from analysis.resources import intervals


def test_wilson_closed_form_and_ends():
    low, high = intervals.wilson(np.array([0, 7, 10, 0]), np.array([10, 10, 10, 0]))
    z = stats.norm.ppf(0.975)
    middle, reach = (0.7 + z**2 / 20) / (1 + z**2 / 10), z * np.sqrt(0.21 / 10 + z**2 / 400) / (1 + z**2 / 10)
    assert (low[1], high[1]) == pytest.approx((middle - reach, middle + reach))
    assert (low[0], high[2]) == (0, 1) and np.isnan([low[3], high[3]]).all()


def test_share_of_nothing_is_missing():
    assert np.isnan(intervals.share(np.array([0]), np.array([0]))).all()


def test_jackknife_of_two_units_by_hand():
    # leaving one out leaves the other's ratio: logs log(1/2), log(1/8); variance (n−1)/n Σ(x − mean)² = log(4)²/4
    middle, variance = intervals.log_jackknife(np.array([1.0, 1.0]), np.array([2.0, 8.0]))
    assert middle == pytest.approx(np.log(0.2)) and variance == pytest.approx(np.log(4) ** 2 / 4)
    low, high = intervals.ratio_interval(np.array([1.0, 1.0]), np.array([2.0, 8.0]))
    reach = stats.t.ppf(0.975, 1) * np.log(4) / 2
    assert (low, high) == pytest.approx((0.2 * np.exp(-reach), 0.2 * np.exp(reach)))


@pytest.mark.parametrize(
    "top, bottom", [([1.0], [2.0]), ([1.0, 0.0], [2.0, 2.0]), ([1.0, 1.0], [0.0, 3.0]), ([], [])]
)
def test_no_interval_where_one_less_leaves_no_ratio(top, bottom):
    assert np.isnan(intervals.ratio_interval(np.array(top), np.array(bottom))).all()


def test_percentiles_are_missing_where_many_draws_are():
    assert np.isnan(intervals.percentiles(np.array([1.0, np.nan, 2.0]))).all()
    assert np.isnan(intervals.percentiles(np.empty(0))).all()
    assert intervals.percentiles(np.arange(1001.0)) == pytest.approx((25, 975))


COVERAGE = (
    0.92,
    0.98,
)  # of 95 %, 2,000 simulations of six units: a skewed ratio, so somewhat outside the binomial bounds


@pytest.mark.slow
def test_jackknife_covers():
    rng = np.random.default_rng(7)
    bottom = rng.lognormal(8, 0.5, (2_000, 6))
    top = 0.2 * bottom * rng.lognormal(-0.045, 0.3, bottom.shape)
    ends = np.array([intervals.ratio_interval(t, b) for t, b in zip(top, bottom)])
    inside = ((ends[:, 0] <= 0.2) & (ends[:, 1] >= 0.2)).mean()
    assert COVERAGE[0] <= inside <= COVERAGE[1]
