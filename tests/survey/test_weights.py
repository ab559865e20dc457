"""Kish (oracle A row 6, as printed), trimming and weighting classes by arithmetic."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import weights
from analysis.survey.design import Design


def test_kish():
    cost = weights.kish([10] + [1] * 9)
    assert cost.n_effective == pytest.approx(3.311927, abs=5e-7)
    assert cost.deff == pytest.approx(3.01939, abs=5e-6)


def test_trimming_keeps_the_sum_and_the_bounds():
    w = np.concatenate([np.linspace(1, 2, 50), [30.0, 0.1]])
    made = weights.trim(w, 3)
    assert made.weights.sum() == pytest.approx(w.sum())
    assert made.weights.max() <= 4.5 + 1e-9 and made.weights.min() >= 0.5 - 1e-9
    assert made.trimmed == 2
    assert made.moved == pytest.approx((25.5 + 0.4) / w.sum())
    assert weights.kish(made.weights).deff < weights.kish(w).deff
    assert weights.trim(np.ones(5)).trimmed == 0


def test_bounds_that_cannot_hold_the_sum_are_refused(english):
    with pytest.raises(EstimateError, match="cannot be kept"):
        weights.trim([1.0, 1.0, 100.0], 2)
    with pytest.raises(EstimateError, match="times_median"):
        weights.trim([1.0, 2.0], 1)


def test_respondents_take_on_the_weight_of_their_class():
    sample = Design(np.array([1.0, 1, 2, 2, 3, 3]), strata=list("aabbbb"), psu=np.arange(6))
    classes = pd.DataFrame({"sex": list("ffffmm")})
    made = weights.nonresponse(sample, [True, False, True, True, True, False], classes, least=1)
    assert made.design.weights == pytest.approx([1.2, 2.4, 2.4, 6.0])
    assert made.design.weights.sum() == pytest.approx(sample.weights.sum())
    table = made.table()
    assert table["response"].tolist() == pytest.approx([5 / 6, 0.5])
    assert table["answered_persons"].tolist() == [3, 1]
    assert made.rows.tolist() == [0, 2, 3, 4]


def test_a_class_with_too_few_respondents_is_named(english):
    sample, classes = Design(np.ones(6)), pd.DataFrame({"sex": list("ffffmm"), "age": list("yyyyoo")})
    with pytest.raises(EstimateError) as caught:
        weights.nonresponse(sample, [True] * 4 + [False] * 2, classes, least=3)
    assert "0 respondents of 2" in str(caught.value) and "m, o" in str(caught.value)
    with pytest.raises(EstimateError, match="incomplete"):
        weights.nonresponse(sample, [True] * 6, classes.assign(age=None))
