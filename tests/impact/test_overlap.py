"""Overlap and balance, worked out by hand on few rows and on NHEFS."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import overlap, weighting
from analysis.impact.effect import Clusters, effect
from tests.impact import comparison_fixtures as made

pytestmark = pytest.mark.usefixtures("english")


def weighted(propensity, treated, x, estimand="ate"):
    propensity, treated = np.asarray(propensity, dtype=float), np.asarray(treated, dtype=bool)
    one = effect("weighting", 1.0, 1.0, np.inf, len(treated), Clusters(9, 9, 9, False), "influence")
    weight = weighting.weights(propensity, treated.astype(float), estimand)
    return weighting.Weighted(one, estimand, propensity, weight, treated, pd.DataFrame(x), None, 0, 0)


def test_common_range_and_effective_size():
    found = overlap.overlap(weighted([0.2, 0.5, 0.8, 0.1, 0.5, 0.6], [1, 1, 1, 0, 0, 0], {"x": range(6)}), 10)
    assert found.common == (0.2, 0.6) and found.outside.tolist() == [1, 1]
    w = np.array([1 / 0.2, 1 / 0.5, 1 / 0.8])
    assert found.effective[0] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert found.counts.sum(axis=1).tolist() == [3, 3]
    made.resolves(found.table())
    made.resolves(found.histogram())


def test_differences_by_hand():
    x = {"x": [2.0, 4, 6, 1, 2, 3], "k": [1.0, 0, 1, 0, 0, 1]}
    found = overlap.balance(weighted([0.5] * 6, [1, 1, 1, 0, 0, 0], x))
    assert found.before[0] == pytest.approx(2 / np.sqrt((4 + 1) / 2)) and found.ratio_before[
        0
    ] == pytest.approx(4)
    np.testing.assert_allclose(found.before, found.after)
    assert np.isnan(found.ratio_before[1])
    att = overlap.balance(weighted([0.5] * 6, [1, 1, 1, 0, 0, 0], x, "att"))
    assert att.before[0] == pytest.approx(2 / 2)
    made.resolves(found.table())


def test_weights_balance_nhefs():
    frame, covariates = made.nhefs()
    found = overlap.balance(weighting.weigh(frame, "wt82_71", "qsmk", covariates, "ate"))
    assert np.abs(found.before).max() > 0.2 and found.worst < 0.05
    assert len(found.names) == 18 and found.names[0] == "education=2"


def test_scale_of_a_covariate_does_not_matter():
    x = np.array([2.0, 4, 6, 1, 2, 3])
    one, other = (
        overlap.balance(weighted([0.3, 0.5, 0.6] * 2, [1, 1, 1, 0, 0, 0], {"x": v})) for v in (x, 10 * x - 3)
    )
    np.testing.assert_allclose(
        [one.before, one.after, one.ratio_after], [other.before, other.after, other.ratio_after]
    )


def test_groups_that_do_not_overlap_are_refused():
    with pytest.raises(EstimateError, match=r"do not overlap.*choose another comparison group"):
        overlap.overlap(weighted([0.8, 0.9, 0.1, 0.2], [1, 1, 0, 0], {"x": range(4)}))
