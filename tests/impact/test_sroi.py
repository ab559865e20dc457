"""Value of outcomes: oracle row 34, what each deduction does, inputs of which nothing is left out unsaid."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.impact import sroi
from tests.impact.value_fixtures import costs, outcomes

# oracles.md A 34 (arithmetic): 10,000 gross; dw .2, disp .1, attr .25; drop-off .3; 3.5 %; three years; inputs 8,000
NET, PRESENT, RATIO = 5400.0, 11_132.602, 1.391575
THIRD, SIXTH = 5e-4, 5e-7  # as many decimals as the oracle prints
EXACT = 1e-12
RATE = 0.035


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


def valued(rate=RATE, timing="end", inputs=None, **changes):
    return sroi.value(outcomes(**changes), inputs or sroi.Inputs(8000.0, 0.0, 0.0), rate, timing)


def test_oracle_34():
    found = valued()
    assert found.net[0] == pytest.approx(NET, abs=1e-9)
    assert found.total == pytest.approx(PRESENT, abs=THIRD)
    assert found.total / found.inputs.total == pytest.approx(RATIO, abs=SIXTH)


@pytest.mark.parametrize("drop_off", [0.0, 1e-12, 0.3, 1.0])
@pytest.mark.parametrize("rate", [0.0, 1e-12, 0.035, 1.0])
@pytest.mark.parametrize("years", [1, 3, 50])
def test_present_value_is_the_sum_year_by_year(drop_off, rate, years):
    t = np.arange(1, years + 1)
    expected = (5400 * (1 - drop_off) ** (t - 1.0) / (1 + rate) ** t).sum()
    found = valued(rate, drop_off=drop_off, drop_off_low=0.0, drop_off_high=1.0, years=years)
    assert found.total == pytest.approx(expected, rel=1e-11)


def test_the_timing_within_a_year_moves_all_values_by_part_of_a_year():
    end, middle, start = (valued(timing=timing).total for timing in ("end", "middle", "start"))
    assert start == pytest.approx(end * 1.035, rel=EXACT)
    assert middle == pytest.approx(end * 1.035**0.5, rel=EXACT)


@pytest.mark.parametrize("name", ["deadweight", "displacement", "attribution", "drop_off"])
def test_the_more_is_taken_off_the_less_is_left(name):
    totals = [
        valued(**{name: x, f"{name}_low": 0.0, f"{name}_high": 1.0}).total for x in np.linspace(0, 1, 11)
    ]
    assert (np.diff(totals) < 0).all()
    assert (totals[-1] == 0) == (name != "drop_off")


def test_values_scale_with_quantity_and_proxy_and_add_up_over_outcomes():
    one = valued()
    twice = valued(quantity=200.0)
    assert twice.total == pytest.approx(2 * one.total, rel=EXACT)
    assert valued(proxy=150.0).total == pytest.approx(1.5 * one.total, rel=EXACT)
    both = sroi.value(pd.concat([outcomes(), outcomes(outcome="o2")]), one.inputs, RATE)
    assert both.total == pytest.approx(2 * one.total, rel=EXACT)


def test_the_waterfall_adds_up():
    steps = valued().waterfall().set_index("step")["amount"]
    assert steps["gross"] == 10_000
    assert steps[["gross", "deadweight", "displacement", "attribution"]].sum() == pytest.approx(NET)
    last = steps[["first_year", "later_years", "discounting"]].sum()
    assert last == pytest.approx(steps["present_value"], rel=EXACT)
    assert steps["first_year"] + steps["later_years"] == pytest.approx(5400 * (1 + 0.7 + 0.49))


def test_inputs_that_are_not_valued_are_named_and_the_ratio_is_called_inflated():
    some = sroi.Inputs(8000.0, None, 1000.0)
    assert some.total == 9000 and some.missing == ("in_kind",) and some.inflated
    table = some.table().set_index("input")
    assert table.loc["in_kind", "valued"] == "no" and np.isnan(table.loc["in_kind", "amount"])
    assert table.loc["total", "valued"] == "no"
    assert not sroi.Inputs(8000.0, 0.0, 0.0).inflated


def test_inputs_of_the_books():
    rows = [(1, "a", "staff", 100, False), (1, "a", "space", 20, True), (2, "a", "volunteers", 7, True)]
    books = costs(rows)
    assert sroi.of_costs(books) == sroi.Inputs(100.0, 20.0, 7.0)
    assert sroi.of_costs(books, 9.0, 8.0, 12.0) == sroi.Inputs(100.0, 20.0, 9.0, 8.0, 12.0)
    assert sroi.of_costs(costs(rows[:1])).missing == ("in_kind", "volunteers")
    with pytest.raises(EstimateError, match="costs: row 1, amount"):
        sroi.of_costs(costs([(1, "a", "staff", -1, False)]))


@pytest.mark.parametrize(
    "given",
    [
        (0.0, 0.0, 0.0),
        (None, None, None),
        (-1.0, 5.0, 5.0),
        (np.nan, 5.0, 5.0),
        (5.0, 5.0, 5.0, 6.0, 7.0),
        (5.0, 5.0, 5.0, 4.0, None),
        (5.0, 5.0, None, 4.0, 6.0),
    ],
)
def test_inputs_that_give_no_denominator_are_refused(given):
    with pytest.raises(EstimateError, match="inputs"):
        sroi.Inputs(*given)


@pytest.mark.parametrize(
    ("changes", "settings", "place"),
    [
        ({"quantity": -1.0}, {}, "row 1, quantity"),
        ({"quantity": np.nan}, {}, "row 1, quantity"),
        ({"proxy": -1.0, "proxy_low": np.nan, "proxy_high": np.nan}, {}, "row 1, proxy"),
        ({"deadweight": 1.2}, {}, "row 1, deadweight"),
        ({"drop_off": -0.1}, {}, "row 1, drop_off"),
        ({"years": 0}, {}, "row 1, years"),
        ({"years": 2.5}, {}, "row 1, years"),
        ({"attribution_low": 0.3}, {}, "row 1, attribution_low, attribution_high"),
        ({"attribution_low": np.nan}, {}, "row 1, attribution_low, attribution_high"),
        ({}, {"rate": -0.01}, "rate"),
        ({}, {"timing": "never"}, "timing"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(changes, settings, place):
    with pytest.raises(EstimateError) as raised:
        valued(**settings, **changes)
    assert place in str(raised.value)


def test_an_outcome_twice_or_none_is_refused():
    for frame in (pd.concat([outcomes(), outcomes()]), outcomes().head(0)):
        with pytest.raises(EstimateError, match="outcome"):
            sroi.value(frame, sroi.Inputs(1.0), RATE)


def test_no_table_of_this_module_tells_a_ratio():
    found = valued()
    for frame in (found.table(), found.waterfall(), found.inputs.table()):
        columns.resolve(frame, None, "test", None)
        assert not {"ratio", "sroi_ratio", "net_ratio"} & set(frame)
