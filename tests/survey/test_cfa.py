"""Confirmatory factors: figures of R's lavaan 0.6-14 on Holzinger and Swineford's children; invariance as lavaan's tutorial prints it."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import cfa, invariance, moments, robust

STRUCTURE = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture(scope="module")
def children():
    return pd.read_csv(Path(__file__).parent / "holzinger1939.csv")


def test_fit_of_three_factors(children):
    found = cfa.fit(children, STRUCTURE)
    assert (found.chi2, found.df) == pytest.approx((85.30552177, 24), rel=1e-8)
    assert (found.cfi, found.tli) == pytest.approx((0.930559651799, 0.895839477699), rel=1e-8)
    assert found.rmsea == pytest.approx(0.0921214845102, rel=1e-8)
    assert found.srmr == pytest.approx(0.0652050571844, rel=1e-7)
    assert found.log_likelihood == pytest.approx(-3737.74492663, rel=1e-9)
    assert (found.aic, found.bic) == pytest.approx((7517.48985325, 7595.33916881), rel=1e-9)
    low, high = found.rmsea_interval
    assert (round(low, 3), round(high, 3)) == (0.071, 0.114)
    assert found.fit()["n"].tolist() == [301]


def test_loadings_and_their_errors(children):
    table = cfa.fit(children, STRUCTURE).loadings().set_index("item")
    wanted = dict(
        zip(
            ["x2", "x3", "x5", "x6", "x8", "x9"], [0.553500, 0.729370, 1.113077, 0.926146, 1.179951, 1.081530]
        )
    )
    errors = dict(zip(wanted, [0.099665, 0.109110, 0.065420, 0.055449, 0.164987, 0.151167]))
    for item, loading in wanted.items():
        row = table.loc[item]
        assert row["loading"] == pytest.approx(loading, abs=2e-6)
        assert (row["high"] - row["low"]) / (2 * 1.959963985) == pytest.approx(errors[item], abs=2e-5)
    assert np.isnan(table.loc["x1", "low"]) and table.loc["x1", "loading"] == 1


def test_moments_give_what_rows_give(children):
    items = [item for own in STRUCTURE.values() for item in own]
    seen = moments.Moments.of(children[items[::-1]])
    assert cfa.fit(seen, STRUCTURE).chi2 == pytest.approx(cfa.fit(children, STRUCTURE).chi2)


def test_scaled_test(children):
    found = robust.scaled(cfa.fit(children, STRUCTURE), children)
    assert found.chi2 == pytest.approx(87.1316033666, rel=1e-6)


def test_invariance_across_schools(children):
    table = invariance.across(children, STRUCTURE, children["school"]).table().set_index("invariance")
    assert table["chi2"].tolist() == pytest.approx([115.851, 124.044, 164.103], abs=5e-4)
    assert table["df"].tolist() == [48, 54, 60]
    assert table.loc["scalar", "chi2_change"] == pytest.approx(164.103 - 124.044, abs=1e-3)
    assert table.loc["scalar", "p_change"] < 0.001 < table.loc["metric", "p_change"]


def test_invariance_over_waves_of_the_same_persons():
    generator = np.random.default_rng(4)
    factor = generator.multivariate_normal([0, 0.4], [[1, 0.7], [0.7, 1]], 1500)
    own = generator.normal(size=(1500, 4)) * 0.5
    waves = []
    for w in range(2):
        answers = factor[:, [w]] * [1, 0.9, 0.8, 0.7] + own + generator.normal(size=(1500, 4)) * 0.6
        waves.append(pd.DataFrame(answers, columns=list("abcd")))
    found = invariance.over_waves(*waves, {"f": list("abcd")})
    table = found.table()
    assert table["df"].tolist() == [15, 18, 21]
    assert all(model.p > 0.001 for model in found.models.values()) and (table["cfi"] > 0.99).all()
    means = found.models["scalar"].layouts[0].matrices(found.models["scalar"].theta)[4]
    assert means[1] == pytest.approx(0.4, abs=0.1)


def test_structures_that_cannot_be_fitted_are_told_at_once(children, english):
    with pytest.raises(EstimateError) as raised:
        cfa.fit(children, {"a": ["x1", "x1", "zz"], "b": ["x2"]})
    assert {fault.where for fault in raised.value.faults} == {"cfa, zz", "cfa, x1", "cfa, b"}
    with pytest.raises(EstimateError, match="fewer than two groups"):
        invariance.across(children, STRUCTURE, pd.Series("one", index=children.index))
    with pytest.raises(EstimateError, match="more rows than items"):
        cfa.fit(children.head(8), STRUCTURE)


def test_an_improper_solution_is_refused(english):
    covariance = np.array([[1, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]])
    with pytest.raises(EstimateError, match=r"improper|vanishes"):
        cfa.fit(moments.Moments(("a", "b", "c"), np.zeros(3), covariance, 200), {"f": ["a", "b", "c"]})
