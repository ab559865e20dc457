"""Sustainability ratio, reserve and runway on sums that can be done by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.resources import sustain
from tests.resources.money_registers import costs_of, money_of, specified

START, END = dt.date(2016, 1, 1), dt.date(2016, 12, 31)
CASH = [
    ("m1", "2016-01-15", "F", "lead-funder", "cash", "received", 1200.0, None, None, 1),
    ("m2", "2016-03-15", "B", "company", "cash", "received", 100.0, None, None, 1),
    ("m3", "2016-09-15", "B", "company", "cash", "received", 200.0, None, None, 2),
    ("m4", "2016-09-20", "B", "company", "cash", "pledged", 999.0, None, None, 2),
    ("m5", "2016-09-25", "G", "company", "goods", "received", 500.0, None, None, 2),
    ("m6", "2016-10-25", "C", "public", "cash", "received", 40.0, None, None, 2),
]
SPENT = [
    (f"c{k:02d}", f"2016-{k:02d}-28", "staff", 120.0, "no", "yes", 1 if k <= 6 else 2) for k in range(1, 13)
]


@pytest.fixture
def money():
    return money_of(*CASH).assign(recurring=["no", "yes", "yes", "yes", "yes", None])


@pytest.fixture
def costs():
    return costs_of(
        *SPENT,
        ("c13", "2016-08-01", "space", 300.0, "yes", "yes", 2),
        ("c14", "2016-08-02", "external", 80.0, "no", None, 2),
    )


def test_recurring_income_of_others_over_recurring_cost(money, costs):
    found = sustain.sustainability(money, costs)
    own = found.sums.set_index("semester")
    assert own.loc["1", ["recurring_income", "recurring_cost"]].tolist() == [100, 720]
    assert own.loc["2", "ratio"] == pytest.approx(200 / 720)
    assert found.overall == pytest.approx(300 / 1440)
    assert own.loc["total", ["unstated_income", "unstated_cost"]].tolist() == [1, 1]
    assert found.measures() == {"sustainability": pytest.approx(200 / 720)}
    specified(found.table())


def test_in_kind_joins_on_both_sides_or_on_none(money, costs):
    found = sustain.sustainability(money, costs, in_kind=True)
    assert found.overall == pytest.approx((300 + 500) / (1440 + 300))


def test_a_semester_without_recurring_cost_has_no_ratio(money, costs):
    late = costs[costs["semester"] == 2]
    own = sustain.sustainability(money, late).sums.set_index("semester")
    assert np.isnan(own.loc["1", "ratio"]) and np.isfinite(own.loc["total", "ratio"])


def test_income_from_the_lead_funder_alone_covers_nothing(money, costs):
    assert sustain.sustainability(money.iloc[:1], costs).overall == 0


def test_ratios_without_a_denominator_are_refused(english, money, costs):
    with pytest.raises(EstimateError, match="no recurring cost"):
        sustain.sustainability(money, costs.assign(recurring="no"))
    with pytest.raises(EstimateError) as caught:
        sustain.sustainability(money.drop(columns="recurring"), costs.assign(recurring=None))
    assert [fault.where for fault in caught.value.faults] == ["money: recurring", "costs: recurring"]
    with pytest.raises(EstimateError, match="money: row 2"):
        sustain.sustainability(money.assign(source_kind=["lead-funder", None, *["company"] * 4]), costs)
    with pytest.raises(EstimateError, match="columns semester are missing"):
        sustain.sustainability(money.drop(columns="semester"), costs)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("amount", -1.0, "row 1: a negative amount"),
        ("amount", None, "row 1: the amount is missing"),
        ("date", None, "row 1: the date is missing"),
        ("cost", "c02", "row 1, 2"),
        ("in_kind", "perhaps", "row 1: 'in_kind' is neither yes nor no"),
    ],
)
def test_costs_that_cannot_be_summed_are_refused(english, costs, column, value, told):
    costs.loc[0, column] = value
    with pytest.raises(EstimateError, match=told):
        sustain.checked_costs(costs)


def test_a_cost_entered_twice_is_flagged(costs):
    again = costs.loc[[3]].assign(cost="c99")
    found = sustain.doubled_costs(pd.concat([costs, again]))
    assert found[["row", "cost", "other"]].values.tolist() == [[4, "c04", "c99"], [15, "c99", "c04"]]
    assert sustain.doubled_costs(costs).empty
    specified(found)


def test_reserve_is_opening_plus_cash_less_cash_costs(money, costs):
    found = sustain.reserve(money, costs, 50.0, START, END)
    months = found.months
    assert len(months) == 12 and months["reserve"].iloc[0] == 50 + 1200 - 120
    assert months["reserve"].iloc[-1] == 50 + 1540 - 12 * 120 - 80
    assert months["reserve"].diff().iloc[1:].tolist() == pytest.approx((months["received"] - months["spent"]).iloc[1:].tolist())  # fmt: skip
    specified(found.table())


def test_runway_at_the_burn_of_the_last_months(money, costs):
    found = sustain.reserve(money, costs, 1000.0, START, END).runway(6)
    burn = (6 * 120 + 80 - 240) / 6
    assert found.burn == pytest.approx(burn) and found.months == pytest.approx((1000 + 1540 - 1520) / burn)
    assert found.state == "finite" and found.measures() == {"runway": found.months}


def test_the_window_is_whole_calendar_months(money, costs):
    june = sustain.reserve(money, costs, 0.0, START, dt.date(2016, 6, 30))
    assert june.runway(6).entries == 8  # January to June: six costs, two receipts
    assert june.runway(1).burn == 120


@pytest.mark.parametrize(
    ("reserve", "burn", "months", "state"),
    [
        (100.0, 0.0, np.inf, "nothing-burns"),
        (100.0, -5.0, np.inf, "nothing-burns"),
        (-100.0, -5.0, np.inf, "overdrawn"),
        (0.0, 5.0, 0.0, "exhausted"),
        (-100.0, 5.0, 0.0, "exhausted"),
        (100.0, 5.0, 20.0, "finite"),
    ],
)
def test_runway_is_infinite_where_nothing_burns_and_never_negative(reserve, burn, months, state):
    found = sustain.Runway(reserve, burn, 6, 10)
    assert found.months == months and found.state == state


def test_runways_by_window_leave_the_infinite_empty(money, costs):
    found = sustain.reserve(money, costs, 1000.0, START, END)
    table = found.runways()
    assert table["window"].tolist() == [3, 6, 12]
    assert table["state"].tolist() == ["finite", "finite", "nothing-burns"] and np.isnan(
        table["runway"].iloc[2]
    )
    specified(table)
    assert sustain.reserve(money, costs, 0.0, START, dt.date(2016, 4, 30)).runways()["window"].tolist() == [3]


def test_in_kind_never_touches_the_reserve(money, costs):
    plain = sustain.reserve(money, costs, 0.0, START, END).months["reserve"]
    more = costs.assign(amount=costs["amount"].where(costs["in_kind"] != "yes", 9e9))
    assert sustain.reserve(money, more, 0.0, START, END).months["reserve"].equals(plain)


def test_without_a_source_its_cash_stops_and_the_reserve_stays(money, costs):
    found = sustain.reserve(money, costs, 1000.0, START, END)
    gone = found.runway(6, without=("B",))
    assert gone.reserve == found.runway(6).reserve and gone.burn == pytest.approx((800 - 40) / 6)


def test_what_cannot_be_projected_is_refused(english, money, costs):
    found = sustain.reserve(money, costs, 0.0, START, dt.date(2016, 2, 29))
    with pytest.raises(EstimateError, match="the record has fewer"):
        found.runway(6)
    with pytest.raises(EstimateError, match="the record has fewer"):
        found.runways()
    for window in (0, -3, 2.5):
        with pytest.raises(ParameterError, match="window"):
            found.runway(window)
    with pytest.raises(EstimateError, match=r"money: row 1.*opening reserve"):
        sustain.reserve(money, costs, 0.0, dt.date(2016, 2, 1), END)
    with pytest.raises(ParameterError, match="opening"):
        sustain.reserve(money, costs, float("nan"), START, END)
    with pytest.raises(ParameterError, match="on = "):
        sustain.reserve(money, costs, 0.0, END, START)
    with pytest.raises(EstimateError, match="costs: the table has no rows"):
        sustain.reserve(money, costs.iloc[:0], 0.0, START, END)


def test_the_order_of_the_entries_does_not_matter(money, costs):
    one = sustain.reserve(money, costs, 10.0, START, END).months
    other = sustain.reserve(money.iloc[::-1], costs.iloc[::-1], 10.0, START, END).months
    assert one["reserve"].tolist() == pytest.approx(other["reserve"].tolist())
