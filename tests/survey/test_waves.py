"""Waves: matching, who came back, paired change. Arithmetic only; tolerance 1e-12."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

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


def test_paired_change_of_a_simple_sample_is_the_paired_t():
    generator = np.random.default_rng(4)
    before, after = generator.normal(size=(2, 60))
    found = waves.change(before, after, design.Design(np.full(60, 3.0))).difference()
    plain = stats.ttest_rel(after, before)
    assert found.estimate / found.se == pytest.approx(plain.statistic, rel=1e-10)
    assert found.df == plain.df == 59


def test_paired_change_of_a_two_stage_sample(apiclus2):
    """Schools within districts, both drawn without replacement: change of api from 1999 to 2000, variance by Cochran's two-stage formula (1977, ch. 11)."""
    data = apiclus2
    whole, m = data["fpc1"].iloc[0], data["dnum"].nunique()
    sizes = data.groupby("dnum")["fpc2"].first()
    weight = whole / m * data["fpc2"] / data.groupby("dnum")["dnum"].transform("size")
    rise = data["api00"] - data["api99"]
    mean = (weight * rise).sum() / weight.sum()
    score = pd.DataFrame({"d": data["dnum"], "e": (rise - mean) / weight.sum(), "w": weight})
    totals = (score["e"] * score["w"]).groupby(score["d"]).sum()
    between = m * (1 - m / whole) * totals.var()
    drawn, spread = score.groupby("d")["e"].size(), score.groupby("d")["e"].var().fillna(0)
    within = (whole / m * sizes**2 * (1 - drawn / sizes) * spread / drawn).sum()
    schools = design.LaterStage(data["snum"].to_numpy(), data["fpc2"].to_numpy())
    sample = design.Design(
        weight.to_numpy(), psu=data["dnum"].to_numpy(), fpc=data["fpc1"].to_numpy(), later=[schools]
    )
    found = waves.change(data["api99"], data["api00"], sample).difference()
    assert found.estimate == pytest.approx(mean, rel=1e-12)
    assert found.se == pytest.approx(np.sqrt(between + within), rel=1e-9)
    assert found.n == 126
