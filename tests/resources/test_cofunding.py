"""Pledged and received, the share of others, pledges still open: nine entries written out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.resources import cofunding, ledger
from tests.resources.money_registers import LEDGER, money_of, specified
from tests.resources.test_ledger import WAGES

END = dt.date(2016, 12, 31)
WIA = (
    30.4,
    67.0,
    0.4537,
)  # oracles.md A 32: millions of euros of the programme, editions I–III; share printed to four decimals


@pytest.fixture
def money():
    return money_of(*LEDGER)


def test_share_of_the_lead_funder_in_the_programme():
    part, whole, printed = WIA
    assert cofunding.share(part, whole) == pytest.approx(printed, abs=5e-5)


@pytest.mark.parametrize("pair", [(1, 0), (1, -2), (-1, 2), (3, 2), (np.nan, 2), (1, np.inf)])
def test_a_share_of_nothing_or_beyond_the_whole_is_refused(english, pair):
    with pytest.raises(EstimateError, match="whole > 0"):
        cofunding.share(*pair)


def test_flows_by_kind_keep_euros_and_hours_apart(money):
    table = cofunding.flows(money).table().set_index("kind")
    assert table.loc["cash", ["pledged_euro", "received_euro", "received_share_euro"]].tolist() == [
        1000,
        700,
        0.7,
    ]
    assert table.loc["skill", ["pledged_hours", "received_hours", "received_share_hours"]].tolist() == [
        20,
        12,
        0.6,
    ]
    assert np.isnan(table.loc["skill", "pledged_euro"]) and np.isnan(
        table.loc["time", "received_share_hours"]
    )
    assert table.loc["time", "received_hours"] == 30  # nobody had pledged it
    specified(cofunding.flows(money).table())


def test_flows_by_semester_compare_what_stands_at_its_end(money):
    found = cofunding.flows(money, ("semester", "kind"))
    own = found.long().set_index(["kind", "semester"]).sort_index()
    assert own.loc[("cash", "1"), ["pledged", "received", "received_share"]].tolist() == [1000, 300, 0.3]
    assert own.loc[("cash", "2"), ["pledged", "received", "received_share"]].tolist() == [0, 400, 0.7]
    assert own.loc[("goods", "2"), ["pledged", "received"]].tolist() == [0, 0]  # nothing was entered
    table = found.table()
    assert "received_share_upto_euro" in table and "received_share_euro" not in table
    specified(table), specified(found.long())


def test_flows_by_semester_alone_have_a_row_for_each(money):
    assert cofunding.flows(money, ("semester",)).table()["semester"].tolist() == ["1", "2"]


def test_a_date_in_no_semester_stands_apart(money):
    money.loc[8, "semester"] = None
    own = cofunding.flows(money, ("semester", "kind")).long()
    assert own["semester"].iloc[-1] == "outside"
    assert own.loc[own["semester"] == "outside", "received_share"].isna().all()


def test_flows_are_additive_over_groups_and_blind_to_the_order_of_rows(money):
    whole = cofunding.flows(money).sums["received"].sum()
    assert cofunding.flows(money, ("semester", "kind", "source_kind")).sums["received"].sum() == whole
    turned = cofunding.flows(money.iloc[::-1], ("semester", "kind"))
    assert turned.sums.equals(cofunding.flows(money, ("semester", "kind")).sums)


def test_a_source_kind_nobody_stated_has_its_own_row(money):
    money.loc[8, "source_kind"] = None
    assert "unstated" in set(cofunding.flows(money, ("source_kind",)).table()["source_kind"])


def test_share_of_others_in_cash_and_in_all_euros(money):
    found = cofunding.cofunding(money)
    assert found.at("cash", "pledged")[["total", "lead", "others_share"]].tolist() == [1000, 600, 0.4]
    assert found.at("cash", "received")["others_share"] == pytest.approx(1 / 7)
    assert found.at("euro", "pledged")["others_share"] == pytest.approx(480 / 1080)
    table = found.table()
    assert table["from_floor"].iloc[1] == pytest.approx(1 / 7 - 0.4)
    assert found.measures() == {"lead_share": pytest.approx(6 / 7)}
    specified(table)


def test_hours_join_only_at_their_wages(money):
    priced = cofunding.cofunding(ledger.valued(money, WAGES).money())
    assert priced.at("euro", "received")["others"] == 100 + 12 * 40 + 30 * 15
    assert priced.at("cash", "received")["total"] == 700


def test_nothing_received_is_missing_not_zero(money):
    found = cofunding.cofunding(money[money["status"] == "pledged"])
    assert np.isnan(found.at("cash", "received")["others_share"]) and found.measures() == {}


def test_a_share_without_euros_or_kinds_of_source_is_refused(english, money):
    with pytest.raises(EstimateError, match="not a euro"):
        cofunding.cofunding(money[money["amount"].isna()])
    money.loc[3, "source_kind"] = None
    with pytest.raises(EstimateError, match="money: row 4"):
        cofunding.cofunding(money)
    with pytest.raises(ParameterError, match="floor"):
        cofunding.cofunding(money, floor=1.4)
    with pytest.raises(EstimateError, match="no rows"):
        cofunding.cofunding(money.iloc[:0])


def test_open_pledges_with_their_age(money):
    found = cofunding.outstanding(money, END)
    own = found.pledges.set_index("entry")
    assert own.index.tolist() == ["m4", "m6", "m7"] and found.made == 4
    assert own.loc["m4", ["pledged", "settled", "open", "age"]].tolist() == [400, 100, 300, 305]
    assert own.loc["m7", ["open", "unit"]].tolist() == [8, "hours"]
    assert found.measures() == {"oldest_pledge": 305.0}
    assert found.late(280)["entry"].tolist() == ["m4"]
    ages = found.ages().set_index("age")
    assert ages["pledges"].tolist() == [0, 0, 3, 0] and ages.loc["to_365", "open_euro"] == 380
    specified(found.table()), specified(found.ages())


def test_who_pledged_is_told_only_where_it_may_be(money):
    actors = pd.DataFrame(
        [("a1", "Banca", "profit", "yes"), ("a2", "Bottega", "profit", "no"), ("a3", "Studio", "citizen", "yes")],
        columns=["actor", "name", "type", "publish_name"],
    )  # fmt: skip
    table = cofunding.outstanding(money, END).table(actors)
    assert table["organisation"].fillna("").tolist() == ["a1", "", ""]
    assert specified(table)["organisation"].organisation


def test_the_day_tells_what_had_been_settled(money):
    own = cofunding.outstanding(money, dt.date(2016, 7, 1)).pledges.set_index("entry")
    assert own.loc["m1", "open"] == 300 and own.loc["m4", "open"] == 400


def test_receipts_without_a_pledge_settle_the_oldest_that_stood_when_they_came():
    rows = [
        ("r0", "2016-01-01", "A", "company", "cash", "received", 70.0, None, None, 1),  # when nothing stood
        ("p1", "2016-02-01", "A", "company", "cash", "pledged", 100.0, None, None, 1),
        ("p2", "2016-03-01", "A", "company", "cash", "pledged", 100.0, None, None, 1),
        ("r1", "2016-04-01", "A", "company", "cash", "received", 150.0, None, None, 1),
        ("p3", "2016-05-01", "A", "company", "cash", "pledged", 30.0, None, None, 1),
        ("r2", "2016-05-01", "B", "company", "cash", "received", 500.0, None, None, 1),  # somebody else's
        ("r3", "2016-06-01", "A", "company", "goods", "received", 500.0, None, None, 1),  # in another form
    ]
    found = cofunding.outstanding(money_of(*rows), END).pledges.set_index("entry")
    assert found["open"].to_dict() == {"p2": 50.0, "p3": 30.0}
    paid = money_of(*rows, ("r4", "2016-07-01", "A", "company", "cash", "received", 60.0, None, None, 2))
    assert cofunding.outstanding(paid, END).pledges.set_index("entry")["open"].to_dict() == {"p3": 20.0}


def test_a_receipt_that_names_its_pledge_settles_that_one():
    rows = [
        ("p1", "2016-02-01", "A", "company", "cash", "pledged", 100.0, None, None, 1),
        ("p2", "2016-03-01", "A", "company", "cash", "pledged", 100.0, None, None, 1),
        ("r1", "2016-04-01", "A", "company", "cash", "received", 100.0, None, "p2", 1),
    ]
    assert cofunding.outstanding(money_of(*rows), END).pledges["entry"].tolist() == ["p1"]


def test_no_open_pledge_is_a_table_without_rows(money):
    found = cofunding.outstanding(money[money["status"] == "received"], END)
    assert (
        found.pledges.empty
        and found.measures() == {}
        and found.table().empty
        and found.ages()["pledges"].sum() == 0
    )
