"""Prevalence from a survey: the variance of the total is that of the shares, and a share without error is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.scaling import basis, eligible


@pytest.fixture
def town() -> pd.DataFrame:
    return pd.DataFrame([{"code": "x1", "name": "X", "province": "P", "region": "R", "lon": 0.0, "lat": 0.0, "f_00_17": 50, "f_18_64": 400, "m_00_17": 60, "m_18_64": 300}])  # fmt: skip


COVARIANCE = np.array([[4e-4, 1e-4], [1e-4, 2.5e-4]])


def test_the_total_has_the_variance_of_the_shares_with_their_covariance(town):
    cells = basis.surveyed(
        ["f", "m"], np.array([0.2, 0.1]), COVARIANCE, np.array([20, 9]), np.array([100, 90])
    )
    found = eligible.estimate(town, cells, COVARIANCE)
    assert found.total == pytest.approx(400 * 0.2 + 300 * 0.1)
    people = np.array([400.0, 300.0])
    assert found.error == pytest.approx(np.sqrt(people @ COVARIANCE @ people))
    apart = eligible.estimate(town, cells)
    assert apart.error == pytest.approx(np.sqrt(people**2 @ np.diag(COVARIANCE)))


def test_a_share_of_nobody_or_of_all_is_refused_each_with_its_sex():
    with pytest.raises(EstimateError) as told:
        basis.surveyed(["f", "m"], np.array([0.0, 1.0]), COVARIANCE, np.array([0, 90]), np.array([100, 90]))
    assert "f:" in str(told.value) and "m:" in str(told.value)


def test_beside_one_another_with_the_interval_of_each_and_none_where_none_is_known(town):
    published = pd.DataFrame({"sex": ["all"], "age_from": [18.0], "age_to": [64.0], "value": [0.15]})
    cells = basis.surveyed(
        ["f", "m"], np.array([0.2, 0.1]), COVARIANCE, np.array([20, 9]), np.array([100, 90])
    )
    own, other = eligible.estimate(town, cells, COVARIANCE), eligible.estimate(town, published)
    table = basis.beside({"published": other, "survey": own}).set_index("basis_kind")
    assert (
        np.isnan(table.loc["published", "low"])
        and table.loc["survey", "low"] < own.total < table.loc["survey", "high"]
    )
    gap = basis.gap(own, other, 190)
    assert gap.estimate == pytest.approx(110 - 105) and gap.low < 0 < gap.high and gap.n == 190
