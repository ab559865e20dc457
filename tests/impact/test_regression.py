"""Least squares and its errors: oracles.md A row 19 (Petersen's 5,000 rows, in statsmodels' own test files)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import regression
from tests.impact import comparison_fixtures as made

PRINTED = 5e-7  # row 19 gives six decimals

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def petersen():
    return made.petersen()


@pytest.mark.parametrize(
    ("errors", "cluster", "slope", "constant", "df"),
    [
        ("classical", (), 0.028583, 0.028359, 4998),
        ("HC1", (), 0.028395, 0.028361, 4998),
        ("cluster", "firm", 0.050596, 0.067013, 499),
        ("cluster", "year", 0.033389, 0.023387, 9),
        ("cluster", ("firm", "year"), 0.053558, 0.065064, 9),
    ],
)
def test_petersen(petersen, errors, cluster, slope, constant, df):
    found = regression.fit(petersen, "y", ["x"], errors, cluster)
    assert found.at("x") == (pytest.approx(1.034833, abs=PRINTED), pytest.approx(slope, abs=PRINTED))
    assert found.at("intercept") == (
        pytest.approx(0.029680, abs=PRINTED),
        pytest.approx(constant, abs=PRINTED),
    )
    assert found.df == df


def test_clusters_of_one_row_are_hc1_up_to_the_factor(petersen):
    rows = petersen.head(200).assign(own=np.arange(200))
    one, other = (regression.fit(rows, "y", ["x"], *how) for how in (("cluster", "own"), ("HC1",)))
    np.testing.assert_allclose(one.se, other.se * np.sqrt(200 / 199 * 199 / 198 * 198 / 200), rtol=1e-12)


def test_categories_enter_by_contrasts_and_missing_rows_are_left_out():
    frame = pd.DataFrame({"y": [1.0, 2, 3, 4, 5, None, 7], "kind": ["a", "a", "b", "b", "c", "c", "c"]})
    found = regression.fit(frame, "y", ["kind"], "classical")
    assert found.terms == ("intercept", "kind=b", "kind=c") and found.n == 6
    np.testing.assert_allclose(found.coefficients, [1.5, 2.0, 4.5])
    made.resolves(found.table())


def test_fewer_than_five_clusters_keep_only_the_estimate(petersen):
    table = regression.fit(petersen[petersen["year"] <= 4], "y", ["x"], "cluster", "year").table()
    assert table["estimate"].notna().all() and table[["se", "low", "high", "p"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "errors", "cluster", "place"),
    [
        ({"y": [np.inf, *range(9)]}, "HC1", (), "frame: row 1"),
        ({"y": ["high", *map(str, range(9))]}, "HC1", (), "frame: row 1"),
        ({}, "HC9", (), "errors"),
        ({}, "cluster", (), "cluster"),
        ({}, "HC1", "g", "cluster"),
        ({"g": [None, *"abcdefghi"]}, "cluster", "g", "frame: row 1"),
        ({"g": ["a"] * 10}, "cluster", "g", "frame, g"),
        ({"x": [1.0] * 10}, "HC1", (), "the others determine: x"),
        ({"y": [1.0, 2] + [None] * 8}, "HC1", (), "2 rows for 2 coefficients"),
    ],
)
def test_refused(change, errors, cluster, place):
    frame = pd.DataFrame({"y": np.arange(10.0), "x": np.arange(10.0) ** 2, "g": list("aabbccddee")}).assign(
        **change
    )
    with pytest.raises(EstimateError, match=place):
        regression.fit(frame, "y", ["x"], errors, cluster)
