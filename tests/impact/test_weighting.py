"""Inverse-probability weighting: oracles.md B for NHEFS; errors by influence against the bootstrap; what is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import difference, weighting
from tests.impact import comparison_fixtures as made

EIGHT = 5e-9  # NHEFS, B

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def nhefs():
    return made.nhefs()


def groups(n: int = 400, seed: int = 1, strength: float = 0.05) -> pd.DataFrame:
    rng = np.random.Generator(np.random.PCG64(seed))
    frame = pd.DataFrame(
        {"age": rng.normal(45, 10, n), "kind": rng.choice(["a", "b", "c"], n), "town": rng.integers(0, 20, n)}
    )
    frame["t"] = (rng.random(n) < 1 / (1 + np.exp(-strength * (frame["age"] - 45)))).astype(int)
    return frame.assign(y=0.1 * frame["age"] + 0.5 * frame["t"] + rng.normal(0, 1, n))


def test_nhefs(nhefs):
    frame, covariates = nhefs
    found = weighting.weigh(frame, "wt82_71", "qsmk", covariates, "ate")
    assert found.effect.estimate == pytest.approx(3.44053543, abs=EIGHT)
    assert found.weight.mean() == pytest.approx(1.99628406, abs=EIGHT)
    assert found.effect.low < 3.44 < found.effect.high and found.effect.n == 1566
    stabilised = weighting.weigh(frame, "wt82_71", "qsmk", covariates, "ate", stabilised=True)
    assert stabilised.effect.estimate == pytest.approx(
        found.effect.estimate
    ) and stabilised.effect.se == pytest.approx(found.effect.se)
    assert stabilised.weight.mean() == pytest.approx(1, abs=0.01)


def test_propensity_is_that_of_statsmodels(nhefs):
    import statsmodels.api as sm

    frame, covariates = nhefs
    found = weighting.weigh(frame, "wt82_71", "qsmk", covariates)
    x = sm.add_constant(found.covariates / found.covariates.std())
    model = sm.GLM(found.treated.astype(float), x, family=sm.families.Binomial()).fit()
    np.testing.assert_allclose(found.propensity, model.fittedvalues, atol=1e-8)


@pytest.mark.parametrize("estimand", weighting.ESTIMANDS)
@pytest.mark.parametrize("cluster", ["", "town"])
def test_influence_and_bootstrap_agree(estimand, cluster):
    one, other = (
        weighting.weigh(
            groups(), "y", "t", ["age", "kind"], estimand, cluster=cluster, errors=errors, draws=400
        )
        for errors in weighting.ERRORS
    )
    assert one.effect.se == pytest.approx(other.effect.se, rel=0.15)
    assert one.effect.estimate == other.effect.estimate
    assert one.effect.clusters.named == bool(cluster) and one.effect.df == (19 if cluster else np.inf)


@pytest.mark.slow
def test_the_intervals_hold_the_true_effect():
    found = [weighting.weigh(groups(300, seed), "y", "t", ["age"], "ate").effect for seed in range(200)]
    assert 0.90 <= np.mean([one.low <= 0.5 <= one.high for one in found]) <= 0.99


def test_weights_take_out_what_differs_before():
    frame = groups(4000)
    plain = difference.of_means(frame, "y", "t").estimate
    assert plain > 0.7 and weighting.weigh(frame, "y", "t", ["age"]).effect.estimate == pytest.approx(
        0.5, abs=0.12
    )


def test_trimming_is_declared():
    found = weighting.weigh(groups(strength=0.15), "y", "t", ["age"], "ate", trim=(0.1, 0.9))
    assert found.trimmed > 0 and found.propensity.min() >= 0.1 and "trimmed" in found.effect.cautions
    row = found.table().iloc[0]
    assert (row["n"], row["trimmed"]) == (400 - found.trimmed, found.trimmed)
    made.resolves(found.table())


def test_rows_without_all_values_are_left_out_and_counted():
    frame = groups()
    frame.loc[[1, 2], "age"], frame.loc[3, "kind"], frame.loc[4, "y"] = np.nan, None, np.nan
    assert weighting.weigh(frame, "y", "t", ["age", "kind"]).dropped == 4


def test_two_treated_towns_give_no_p():
    frame = groups().assign(t=lambda f: (f["town"] < 2).astype(int))
    found = weighting.weigh(frame, "y", "t", ["age"], cluster="town")
    assert found.effect.p_value is None and found.table()["se"].isna().all()


@pytest.mark.parametrize(
    ("change", "given", "place"),
    [
        (
            {"t": lambda f: (f["age"] > 45).astype(int)},
            {},
            "frame, covariates: the covariates tell the groups apart without fail: no overlap.*Take out",
        ),
        ({"t": 1}, {}, "frame, t: 't': one group only"),
        ({"t": lambda f: f["t"] * 3}, {}, "frame: row .*neither 0 nor 1"),
        ({"double": lambda f: 2 * f["age"]}, {"covariates": ["age", "double"]}, "others determine: double"),
        ({}, {"covariates": []}, "covariates: no covariates"),
        ({}, {"estimand": "late"}, "estimand: unknown 'late'; allowed: ate, att"),
        ({}, {"errors": "guess"}, "errors: unknown 'guess'"),
        ({}, {"trim": (0.9, 0.1)}, "trim"),
        ({}, {"trim": (0.9999, 1.0)}, "trim: one group only is left after trimming"),
        (
            {"town": lambda f: f["town"].where(f.index > 0)},
            {"cluster": "town"},
            "frame: row 1: the cluster is missing",
        ),
        (
            {"age": lambda f: f["age"].where(f.index > 0, np.inf)},
            {},
            "frame: row 1: 'age' is not a finite number",
        ),
    ],
)
def test_refused(change, given, place):
    frame = groups().assign(**change)
    with pytest.raises(EstimateError, match=place):
        weighting.weigh(frame, "y", "t", **({"covariates": ["age"]} | given))
