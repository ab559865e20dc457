"""The ratio and its range: never one without the other; the driver; where the ratio is one; closed forms where there are any."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.impact import sroi, sroi_sensitivity
from analysis.impact.sroi_sensitivity import Ratio, sensitivity
from tests.impact.value_fixtures import outcomes

RATIO, SIXTH = 1.391575, 5e-7  # oracles.md A 34
DRAWN = 0.01  # error of 20,000 draws on means near one, many standard errors
FULL = sroi.Inputs(8000.0, 0.0, 0.0)
NO_RANGE = {f"{name}_{end}": np.nan for name in sroi.PARAMETERS for end in ("low", "high")}
NAME = {"it": "prova", "en": "test"}


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


def found(inputs=FULL, frame=None, seed=1, **settings):
    frame = outcomes() if frame is None else frame
    return sensitivity(sroi.value(frame, inputs, 0.035), seed=seed, **settings)


def test_the_ratio_of_oracle_34_with_its_range():
    ratio = found().ratio
    assert ratio.value == pytest.approx(RATIO, abs=SIXTH) and ratio.net == pytest.approx(RATIO - 1, abs=SIXTH)
    assert ratio.low < ratio.value < ratio.high and not ratio.outside and not ratio.inflated


@pytest.mark.parametrize(
    "given",
    [
        (1.4, np.nan, 2.0, NAME),
        (1.4, 1.0, None, NAME),
        (1.4, 2.0, 1.0, NAME),
        (np.inf, 1.0, 2.0, NAME),
        (1.4, 1.0, 2.0, {}),
        (1.4, 1.0, 2.0, {"it": "prova", "en": ""}),
    ],
)
def test_no_ratio_without_range_and_driver(given):
    with pytest.raises(EstimateError, match="not given without its range"):
        Ratio(*given, False)


def test_without_any_range_there_is_no_ratio():
    with pytest.raises(EstimateError, match="no assumption has a range"):
        found(frame=outcomes(**NO_RANGE))


def test_one_way_is_the_valuation_with_one_assumption_moved():
    result = found(rate=(0.01, 0.06))
    known = result.assumptions
    for k in known.ranged:
        name = known.parameter[k]
        for end, ratios in (("low", result.at_low), ("high", result.at_high)):
            value = getattr(known, end)[k]
            if name == "rate":
                expected = sroi.value(outcomes(), FULL, value).total / 8000
            else:
                wide = {f"{name}_low": value, f"{name}_high": value}
                expected = sroi.value(outcomes(**({name: value} | wide)), FULL, 0.035).total / 8000
            assert ratios[k] == pytest.approx(expected, rel=1e-12)


def test_the_tornado_is_sorted_and_the_driver_named():
    result = found(rate=(0.01, 0.06))
    table = result.tornado()
    assert (np.diff(table["swing"]) <= 0).all() and table["driver"].tolist() == ["yes"] + ["no"] * 5
    assert (
        table.loc[0, "parameter"] == "proxy" and result.ratio.driver["en"] == "proxy (hours of work regained)"
    )
    assert table["base"].nunique() == 1
    lower = table.set_index("parameter")
    for name in ("deadweight", "displacement", "attribution", "drop_off", "rate"):
        assert lower.loc[name, "ratio_low"] > lower.loc[name, "base"] > lower.loc[name, "ratio_high"]


def test_value_of_volunteers_time_is_an_assumption_of_its_own():
    result = found(sroi.Inputs(6000.0, None, 2000.0, 1000.0, 40_000.0))
    assert result.ratio.value == pytest.approx(RATIO, abs=SIXTH) and result.ratio.inflated
    assert result.ratio.driver["en"] == "value of volunteers' time"
    row = result.tornado().iloc[0]
    present = RATIO * 8000
    assert row["ratio_low"] == pytest.approx(present / 7000, rel=1e-6)
    assert row["ratio_high"] == pytest.approx(present / 46_000, rel=1e-6)
    assert row["break_even"] == pytest.approx(present - 6000, rel=1e-6)


def test_break_even_makes_the_ratio_one_or_is_missing():
    result = found(rate=(0.01, 0.06))
    known = result.assumptions
    for k in known.ranged:
        if np.isfinite(result.breakeven[k]):
            values = known.central.copy()
            values[k] = result.breakeven[k]
            at = sroi_sensitivity.ratios(sroi.value(outcomes(), FULL, 0.035), values[None, :])[0]
            assert at == pytest.approx(1.0, abs=1e-9)
    poor = found(sroi.Inputs(80_000.0, 0.0, 0.0))
    shares = [k for k in poor.assumptions.ranged if poor.assumptions.parameter[k] != "proxy"]
    assert np.isnan(poor.breakeven[shares]).all()
    proxy = poor.assumptions.parameter.index("proxy")
    assert poor.breakeven[proxy] == pytest.approx(100 * 10 / RATIO, rel=1e-6)


@pytest.mark.parametrize(
    ("shape", "mean"),
    [("pert", (80 + 4 * 100 + 150) / 600), ("triangular", (80 + 100 + 150) / 300)],
)
def test_draws_have_the_mean_of_their_distribution(shape, mean):
    """With the proxy alone in play the ratio is in proportion to it."""
    frame = outcomes(**NO_RANGE | {"proxy_low": 80.0, "proxy_high": 150.0})
    result = found(frame=frame, shape=shape, draws=20_000)
    assert result.drawn.mean() == pytest.approx(RATIO * mean, rel=DRAWN)
    assert result.drawn.min() >= RATIO * 0.8 * (1 - 1e-6) and result.drawn.max() <= RATIO * 1.5 * (1 + 1e-6)


def test_one_seed_one_range():
    one, again, other = (found(seed=seed) for seed in (1, 1, 2))
    assert (one.drawn == again.drawn).all() and (one.drawn != other.drawn).any()
    assert one.ratio.value == other.ratio.value


def test_errors_alike_in_all_outcomes_widen_the_range():
    frame = pd.concat([outcomes(outcome=f"o{k}") for k in range(6)], ignore_index=True)
    inputs = sroi.Inputs(48_000.0, 0.0, 0.0)
    apart, alike = (found(inputs, frame, together=together).ratio for together in (False, True))
    assert alike.high - alike.low > 1.5 * (apart.high - apart.low)
    assert alike.value == pytest.approx(apart.value)


def test_the_ratio_does_not_depend_on_the_currency_nor_on_the_order_of_outcomes():
    frame = pd.concat([outcomes(), outcomes(outcome="o2", proxy=90.0, drop_off=0.2)], ignore_index=True)
    money = [name for name in frame if name.startswith("proxy")]
    cents = frame.assign(**{name: 100 * frame[name] for name in money})
    one = found(sroi.Inputs(9000.0, 100.0, 50.0, 40.0, 70.0), frame)
    hundred = found(sroi.Inputs(900_000.0, 10_000.0, 5000.0, 4000.0, 7000.0), cents)
    assert hundred.drawn == pytest.approx(one.drawn, rel=1e-9)
    turned = found(sroi.Inputs(9000.0, 100.0, 50.0, 40.0, 70.0), frame[::-1])
    assert turned.ratio.value == pytest.approx(one.ratio.value, rel=1e-12)
    assert turned.ratio.driver == one.ratio.driver


def test_a_central_value_at_the_end_of_its_ranges_is_told():
    frame = outcomes(proxy_low=100.0, deadweight_high=0.2, displacement_high=0.1, attribution_high=0.25, drop_off_high=0.3)  # fmt: skip
    ratio = found(frame=frame).ratio
    assert ratio.outside and ratio.value < ratio.low


def test_assumptions_without_a_range_are_listed_as_held_fixed():
    result = found(frame=outcomes(drop_off_low=np.nan, drop_off_high=np.nan))
    table = result.assumptions.table().set_index("parameter")
    assert table["how"].to_dict() == {
        "proxy": "varied", "deadweight": "varied", "displacement": "varied", "attribution": "varied", "drop_off": "fixed",
        "rate": "fixed", "volunteers": "fixed",
    }  # fmt: skip
    assert "drop_off" not in result.tornado()["parameter"].tolist()


@pytest.mark.parametrize(
    ("settings", "place"),
    [({"shape": "normal"}, "shape"), ({"draws": 10}, "draws"), ({"rate": (0.04, 0.06)}, "rate")],
)
def test_what_cannot_be_right_is_refused(settings, place):
    with pytest.raises(EstimateError, match=place):
        found(**settings)


def test_tables_say_what_their_columns_are():
    result = found(rate=(0.01, 0.06))
    for frame in (result.tornado(), result.table(), result.assumptions.table()):
        columns.resolve(frame, None, "test", None)
    assert 0 <= result.below_one <= 1
    assert result.spare == pytest.approx(1 - 1 / RATIO, abs=SIXTH)
    assert np.isnan(found(sroi.Inputs(80_000.0, 0.0, 0.0)).spare)
