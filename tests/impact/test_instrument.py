"""Two-stage least squares: oracles.md B for Card's college proximity."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import instrument, regression
from tests.impact import comparison_fixtures as made

NINE = 5e-10  # B gives nine decimals

pytestmark = pytest.mark.usefixtures("english")


def test_card():
    from causaldata import close_college

    rows = close_college.load_pandas().data
    found = instrument.two_stage(
        rows, "lwage", "educ", ["nearc4"], ["exper", "black", "south", "married", "smsa"]
    )
    assert (found.effect.estimate, found.effect.se) == (
        pytest.approx(0.124164235, abs=NINE),
        pytest.approx(0.049897545, abs=NINE),
    )
    assert found.first_stage > instrument.STRONG and found.effect.n == 3003
    made.resolves(found.table())


def drawn(n=500, strength=1.0):
    rng = np.random.Generator(np.random.PCG64(1))
    z, hidden = rng.normal(size=(2, n))
    x = strength * z + hidden + rng.normal(size=n)
    return pd.DataFrame({"z": z, "x": x, "y": 0.5 * x + hidden + rng.normal(size=n), "w": rng.normal(size=n)})


def test_it_takes_out_what_least_squares_cannot():
    frame = drawn()
    found = instrument.two_stage(frame, "y", "x", ["z"], ["w"], "HC1")
    assert found.effect.low < 0.5 < found.effect.high
    assert regression.fit(frame, "y", ["x", "w"]).at("x")[0] > 0.7


def test_an_exogenous_variable_is_its_own_instrument():
    frame = drawn()
    found, plain = (
        instrument.two_stage(frame, "y", "x", ["x"], ["w"], "HC1"),
        regression.fit(frame, "y", ["w", "x"]),
    )
    assert (found.effect.estimate, found.effect.se) == (
        pytest.approx(plain.at("x")[0]),
        pytest.approx(plain.at("x")[1]),
    )


def test_a_weak_instrument_is_cautioned():
    assert "weak_instrument" in instrument.two_stage(drawn(strength=0.02), "y", "x", ["z"]).effect.cautions


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"instruments": []}, "instruments: no instrument"),
        ({"errors": "HC3"}, "errors: unknown errors 'HC3'"),
        ({"instruments": ["w"], "covariates": ["w"]}, "others determine: w"),
        ({"endogenous": "q"}, "columns q are missing"),
    ],
)
def test_refused(given, place):
    with pytest.raises(EstimateError, match=place):
        instrument.two_stage(drawn(), **({"outcome": "y", "endogenous": "x", "instruments": ["z"]} | given))


def test_too_few_rows():
    with pytest.raises(EstimateError, match="2 complete rows"):
        instrument.two_stage(drawn(2), "y", "x", ["z"])
