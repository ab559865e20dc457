"""Cronbach's alpha. Oracles: A row 8 (half of the last printed digit), A row 9 (the same), D row EUROFAMCARE.

`attitude.csv` holds the survey of a financial organisation's clerical employees printed in Chatterjee and Price (1977), "Regression
Analysis by Example": 30 departments, seven percentages of favourable answers. Row 9's answers ship with pingouin (GPL) and are not
copied: one test reads them from an installed pingouin and is skipped where there is none.
"""

import tomllib
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import reliability


def attitude() -> pd.DataFrame:
    return pd.read_csv(Path(__file__).parent / "attitude.csv")


def test_attitude():
    found = reliability.alpha(attitude())
    assert (found.alpha, found.standardised) == pytest.approx((0.8431, 0.8391), abs=5e-5)
    assert found.if_deleted == pytest.approx(
        [0.8098, 0.7969, 0.8278, 0.8030, 0.7954, 0.8639, 0.8405], abs=5e-5
    )
    assert found.item_rest == pytest.approx(
        [0.6713, 0.7421, 0.5607, 0.7144, 0.7863, 0.2650, 0.4608], abs=5e-5
    )
    assert found.low < found.alpha < found.high


def test_pairwise_and_listwise_with_missing_answers():
    spec = find_spec("pingouin")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("pingouin, whose GPL data file this row uses, is not installed")
    path = Path(spec.submodule_search_locations[0]) / "datasets" / "cronbach_wide_missing.csv"
    answers = pd.read_csv(path)
    pairwise = reliability.alpha(answers, "pairwise")
    listwise = reliability.alpha(answers, "listwise")
    assert pairwise.alpha == pytest.approx(0.732661, abs=5e-7)
    assert (pairwise.low, pairwise.high) == pytest.approx((0.435, 0.909), abs=5e-4)
    assert listwise.alpha == pytest.approx(0.801695, abs=5e-7)
    assert listwise.n == 9


def test_interval_by_feldt():
    """Row 9's listwise interval counts all 12 respondents, three of whom listwise deletion has dropped; over the nine left it is wider."""
    assert reliability.feldt(0.732661, 12, 11) == pytest.approx((0.435, 0.909), abs=5e-4)
    assert reliability.feldt(0.801695, 12, 11) == pytest.approx((0.581, 0.933), abs=5e-4)
    low, high = reliability.feldt(0.801695, 9, 11)
    assert low < 0.581 and high > 0.933


def test_direction_matters_in_a_real_scale(shared_data):
    carers = pd.read_csv(shared_data / "survey" / "efc" / "efc.csv")
    six = carers[[c for c in carers if c[:3] in {"c83", "c84", "c85", "c86", "c87", "c88"}]]
    assert six.shape[1] == 6
    assert reliability.alpha(six, "listwise").alpha == pytest.approx(0.7849, abs=5e-5)
    nine = carers[
        [
            c
            for c in carers
            if c.startswith(
                ("c82cop", "c83cop", "c84cop", "c85cop", "c86cop", "c87cop", "c88cop", "c89cop", "c90cop")
            )
        ]
    ]
    assert nine.shape[1] == 9
    assert reliability.alpha(nine, "listwise").alpha == pytest.approx(0.459, abs=5e-4)


def test_rows_without_any_answer_do_not_count():
    answers = pd.concat([attitude(), pd.DataFrame(np.nan, index=range(5), columns=attitude().columns)])
    assert reliability.alpha(answers).n == 30


def test_summary_has_one_row_a_scale():
    table = reliability.summary(
        {"all": reliability.alpha(attitude()), "two": reliability.alpha(attitude().iloc[:, :2])}
    )
    assert table["items"].tolist() == [7, 2]
    assert set(table.attrs["columns"]) == set(table.columns) - {"scale"}


def test_refusals(english):
    flat = attitude().assign(rating=5)
    with pytest.raises(EstimateError, match="without variance"):
        reliability.alpha(flat)
    with pytest.raises(EstimateError, match="1 items and 30 rows"):
        reliability.alpha(attitude()[["rating"]])


def with_moments(matrix, n=2800):
    """n rows whose covariances are exactly `matrix`, given by its lower triangle."""
    k = int((np.sqrt(8 * len(matrix) + 1) - 1) / 2)
    whole = np.zeros((k, k))
    whole[np.tril_indices(k)] = matrix
    whole = whole + np.tril(whole, -1).T
    noise = np.random.default_rng(1).normal(size=(n, k))
    noise -= noise.mean(axis=0)
    white = noise @ np.linalg.inv(np.linalg.cholesky(np.cov(noise.T))).T
    return pd.DataFrame(white @ np.linalg.cholesky(whole).T, columns=[str(j) for j in range(k)])


def test_five_scales_of_personality():
    """Oracle A row 11 and B: the answers are psych's and not copied, their moments are in bfi.toml."""
    scales = tomllib.loads((Path(__file__).parent / "bfi.toml").read_text(encoding="utf-8"))
    wanted = {"A": 0.7030, "C": 0.7267, "E": 0.7617, "N": 0.8140, "O": 0.6002}
    found = {
        name: reliability.alpha(with_moments(moments["covariance"])).alpha for name, moments in scales.items()
    }
    assert found == pytest.approx(wanted, abs=5e-5)
    assert found["A"] == pytest.approx(0.7030184461, rel=1e-9)
    standardised = reliability.alpha(with_moments(scales["A"]["covariance"])).standardised
    assert standardised == pytest.approx(0.7130285787, rel=1e-9)
