"""Kish and raking. Oracles: A row 6 (1e-6, as printed), A row 5 and B rake (weights, mean, total; 1e-9 relative: both sides converged).

Row 5's standard error belongs to calibrated linearisation, which is not here.
"""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import weights


def test_kish():
    cost = weights.kish([10] + [1] * 9)
    assert cost.n_effective == pytest.approx(3.311927, abs=5e-7)
    assert cost.deff == pytest.approx(3.01939, abs=5e-6)


def test_raking_to_two_margins(shared_data):
    frame = pd.read_csv(shared_data / "oracles" / "apiclus1.csv")
    margins = {
        "stype": (frame["stype"], {"E": 4421, "H": 755, "M": 1018}),
        "sch.wide": (frame["sch.wide"], {"No": 1072, "Yes": 5122}),
    }
    raked = weights.rake(frame["pw"], margins)
    w = raked.weights
    assert raked.sweeps < 20
    assert raked.largest_error < 1e-10
    assert (w * frame["api00"]).sum() / w.sum() == pytest.approx(641.23032092682, rel=1e-9)
    assert (w * frame["enroll"]).sum() == pytest.approx(3647280.14806521, rel=1e-9)
    assert (w.min(), w.max()) == pytest.approx((29.8706754926847, 67.1255292411947), rel=1e-9)
    cost = weights.kish(w)
    assert (cost.n_effective, cost.deff) == (
        pytest.approx(174.01, abs=0.005),
        pytest.approx(1.0517, abs=5e-5),
    )
    assert raked.table()["n"].tolist() == [183]


def test_raking_fails_loudly_with_every_fault(english):
    sex = np.array(["f", "f", "m", None], dtype=object)
    margins = {
        "sex": (sex, {"f": 2.0, "m": 2.0, "x": 1.0}),
        "age": (["y", "y", "o", "o"], {"y": 0.0, "o": 4.0}),
    }
    with pytest.raises(EstimateError) as caught:
        weights.rake(np.ones(4), margins)
    text = str(caught.value)
    assert (
        "without a target: None" in text
        and "without respondents: x" in text
        and "margins.age: targets are not positive" in text
    )


def test_raking_refuses_margins_with_different_totals(english):
    margins = {"a": (["x", "y"], {"x": 1.0, "y": 1.0}), "b": (["u", "v"], {"u": 1.0, "v": 2.0})}
    with pytest.raises(EstimateError, match="share one total"):
        weights.rake(np.ones(2), margins)


def test_raking_that_cannot_converge_says_so(english):
    margins = {
        "a": (["x", "x", "y"], {"x": 1.0, "y": 2.0}),
        "b": (["u", "u", "v"], {"u": 2.0, "v": 1.0}),
    }
    with pytest.raises(EstimateError, match="no convergence"):
        weights.rake(np.ones(3), margins, sweeps=50)
