"""Waves: matching, who came back, paired change. Arithmetic only; tolerance 1e-12."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import design, waves


def test_match_and_carry():
    found = waves.match(pd.Series(["a", "b", "c"]), pd.Series(["c", "a", "z"]))
    assert found.returned.tolist() == [True, False, True]
    assert found.rate == pytest.approx(2 / 3)
    assert found.only_second == 1
    carried = found.carry(pd.Series([10, 20, 30]))
    assert carried.isna().tolist() == [False, True, False]
    assert carried[0] == 20 and carried[2] == 10


def test_doubtful_keys_are_refused_in_both_waves(english):
    with pytest.raises(EstimateError) as caught:
        waves.match(pd.Series(["a", "a"]), pd.Series(["a", None]))
    assert "wave 1: 1 keys repeated" in str(caught.value) and "wave 2: 1 keys missing" in str(caught.value)


def test_paired_change_uses_the_same_persons():
    before = np.array([1.0, 2.0, 3.0, 9.0])
    after = np.array([2.0, 2.0, 5.0, np.nan])
    found = waves.change(before, after, design.Design(np.ones(4)))
    assert found.before.estimate[0] == pytest.approx(2)
    assert found.after.estimate[0] - found.before.estimate[0] == pytest.approx(found.change.estimate[0])
    d = after[:3] - before[:3]
    plain = np.sqrt(((d - d.mean()) ** 2).sum() / 9 * 4 / 3)
    assert found.difference().se == pytest.approx(plain, rel=1e-12)
    assert found.difference().n == 3
    assert found.table()["wave"].tolist() == ["1", "2"]


def test_attrition_by_baseline_covariate():
    frame = pd.DataFrame({"care": ["none", "none", "both", "both"], "gender": ["f", "m", "f", "m"]})
    table = waves.attrition(
        frame,
        np.array([True, True, True, False]),
        ["care", "gender"],
        {"gender": {"f": {"it": "donne", "en": "women"}}},
    )
    assert table["covariate"].tolist() == ["care", "care", "gender", "gender"]
    assert table["returned"].tolist() == [0.5, 1.0, 1.0, 0.5]
    assert table["cases"].tolist() == [1, 2, 2, 1]
    assert "low" not in table
    assert table["category"].tolist()[2:] == [{"it": "donne", "en": "women"}, {"it": "m", "en": "m"}]
