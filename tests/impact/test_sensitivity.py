"""Sensitivity to trends that were not parallel: the bounds of the package for relative magnitudes, parallel trends at M = 0, intervals that hold the truth."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import EstimateError
from analysis.impact import influence, sensitivity, staggered
from tests.impact import comparison_fixtures as made

TIGHT = 1e-9

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def found():
    return staggered.fit(made.panel((6, 7, 6), 10), "score")


@pytest.mark.parametrize("since", [None, 0, 2])
def test_bounds_are_those_of_the_package(found, since):
    from diff_diff import HonestDiD

    one = sensitivity.relative_magnitudes(found, [0, 0.5, 1.5], since)
    surface = staggered.package_fit(found.panel, "never", "universal").aggregate("event_study")
    weights = np.full(4, 0.25) if since is None else np.eye(4)[since]
    theirs = [HonestDiD("relative_magnitude", l_vec=weights).fit(surface, M=m) for m in one.m]
    np.testing.assert_allclose(one.least, [r.lb for r in theirs], atol=TIGHT)
    np.testing.assert_allclose(one.most, [r.ub for r in theirs], atol=TIGHT)
    assert (one.low < one.least).all() and (one.most < one.high).all()


def test_at_zero_it_is_the_interval_under_parallel_trends(found):
    one, mean = sensitivity.relative_magnitudes(found), found.overall("event")
    assert (one.estimate, one.low[0], one.high[0]) == (
        pytest.approx(mean.estimate),
        pytest.approx(mean.low),
        pytest.approx(mean.high),
    )
    assert (np.diff(one.low) <= 0).all() and (np.diff(one.high) >= 0).all()
    made.resolves(one.table())


def test_breakdown_is_the_last_value_that_leaves_out_zero(found):
    one = sensitivity.relative_magnitudes(found)
    assert one.breakdown is not None and 0 < one.breakdown < np.inf
    at = sensitivity.relative_magnitudes(found, [one.breakdown, one.breakdown + 2 * sensitivity.STEP])
    assert at.low[0] > 0 > at.low[1]
    none = sensitivity.relative_magnitudes(staggered.fit(made.panel((6, 6), 8, effect=0.0), "score"))
    assert none.breakdown is None
    assert (
        sensitivity.relative_magnitudes(staggered.fit(made.panel((6, 6), 8, effect=1e4), "score")).breakdown
        == np.inf
    )


def test_few_treated_units_bear_no_interval():
    one = sensitivity.relative_magnitudes(staggered.fit(made.panel((2, 2), 8), "score"))
    assert np.isnan(one.low).all() and np.isnan(one.high).all() and one.breakdown is None
    assert "few_treated_clusters" in one.cautions


def test_a_straight_line_is_taken_out_by_least_squares(found):
    """At M = 0 smoothness allows a line through the base: its best estimator is the generalised least squares of line and effects."""
    one = sensitivity.smoothness(found, [0.0])
    cells = influence.cells(found.panel.y, found.panel.periods, found.panel.adopted, "never", "universal")
    labels, effect, values = influence.event(cells)
    inverse = np.linalg.inv(influence.covariance(values))
    design = np.column_stack([labels + 1.0, (labels[:, None] == np.arange(4)).astype(float)])
    covariance = np.linalg.inv(design.T @ inverse @ design)
    target = np.array([0, 0.25, 0.25, 0.25, 0.25])
    middle, error = target @ covariance @ design.T @ inverse @ effect, np.sqrt(target @ covariance @ target)
    half = stats.t.ppf(0.975, 18 - 9) * error  # ten controls are the smaller side
    assert (one.low[0], one.high[0]) == (
        pytest.approx(middle - half, abs=1e-6),
        pytest.approx(middle + half, abs=1e-6),
    )


@pytest.mark.slow
def test_intervals_hold_the_truth_where_trends_part_as_much_as_before():
    """Treated units drift by a constant step: M = 1 covers the true effect in at least 95 % of panels, M = 0 does not."""
    held = []
    for seed in range(120):
        table = made.panel((6, 6, 6), 14, effect=0.5, seed=seed)
        table["value"] += 0.15 * table["semester"] * table["adopted"].notna()
        one = sensitivity.relative_magnitudes(staggered.fit(table, "score"), [0, 1])
        held.append((one.low <= 0.5) & (one.high >= 0.5))
    parallel, bounded = np.mean(held, axis=0)
    assert bounded >= 0.95 and parallel < 0.8


@pytest.mark.parametrize(
    ("m", "since", "place"),
    [([-1, 0], None, "m: M = "), ([], None, "m: M = "), ([0, 99], None, "allowed: 0–10"), ([0, np.nan], None, "m: M = "), ([0], 9, "since: no effect 9 semesters after; allowed: 0, 1, 2, 3")],
)  # fmt: skip
def test_refused(found, m, since, place):
    with pytest.raises(EstimateError, match=place):
        sensitivity.relative_magnitudes(found, m, since)


def test_one_semester_before_adoption_is_not_enough():
    table = made.panel((6,), 8)
    late = staggered.fit(table[table["semester"] >= 2], "score")
    with pytest.raises(EstimateError, match="without gaps"):
        sensitivity.relative_magnitudes(late)
