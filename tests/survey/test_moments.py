import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey.moments import Layout, Moments


def test_covariances_have_n_below_and_rows_with_gaps_are_left_out():
    frame = pd.DataFrame({"a": [1, 2, 4, None], "b": [0, 1, 0, 5]})
    found = Moments.of(frame)
    assert found.n == 3 and found.items == ("a", "b")
    np.testing.assert_allclose(found.mean, [7 / 3, 1 / 3])
    np.testing.assert_allclose(found.covariance, np.cov(frame.dropna().T, ddof=0))


def test_too_few_rows_and_items_without_variance_are_refused():
    with pytest.raises(EstimateError, match="2"):
        Moments.of(pd.DataFrame({"a": [1, 2], "b": [2, 1]}))
    with pytest.raises(EstimateError, match="b"):
        Moments.of(pd.DataFrame({"a": [1, 2, 3, 4], "b": 1}))


def test_derivatives_are_those_of_finite_differences():
    own = np.array([[-1, -1], [0, -1], [-1, -1], [-1, 1]])
    layout = Layout(
        own,
        np.array([[2, 3], [3, 4]]),
        np.arange(5, 9),
        np.arange(9, 13),
        np.array([13, -1]),
        np.array([[1.0, 0], [0, 0], [0, 1], [0, 0]]),
    )
    theta = np.random.default_rng(1).uniform(0.5, 1.5, 14)
    step = 1e-6 * np.eye(14)
    for kind, analytic in enumerate(layout.derivatives(theta)):
        numeric = [(layout.implied(theta + e)[kind] - layout.implied(theta - e)[kind]) / 2e-6 for e in step]
        np.testing.assert_allclose(analytic, numeric, atol=1e-7)
