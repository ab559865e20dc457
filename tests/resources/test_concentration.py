"""HHI, effective funders and the loss of the largest, on shares that can be squared by hand and on real grant lists."""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.resources import concentration, sustain
from tests.resources.money_registers import costs_of, money_of, specified

# A list of grants: (donor, donee, amount, …) rows of an SQL dump; a quote inside a text is doubled.
GRANT = re.compile(r"^\s+,?\('((?:[^']|'')*)','((?:[^']|'')*)',([0-9.]+),", re.MULTILINE)
ROUNDING = 1e-12  # the same sums in another order


def test_half_and_five_tenths():
    # one funder of 50 %, five of 10 %: 0.25 + 5 × 0.01 = 0.30
    found = concentration.concentration(list("abcdef"), [50, 10, 10, 10, 10, 10])
    assert found.hhi == pytest.approx(0.30) and found.effective == pytest.approx(1 / 0.30)
    assert found.largest == 0.5 and found.funders[0] == "a" and found.measures()["largest_share"] == 0.5
    specified(found.table())


@pytest.mark.parametrize("count", [1, 2, 7, 100])
def test_equal_funders_are_as_many_as_they_count(count):
    found = concentration.concentration(map(str, range(count)), np.full(count, 3.0))
    assert found.hhi == pytest.approx(1 / count) and found.effective == pytest.approx(count)


def test_scale_order_splitting_and_idle_funders_do_not_matter():
    one = concentration.concentration(["a", "b", "c"], [5, 3, 2])
    assert concentration.concentration(["c", "b", "a"], [200, 300, 500]).hhi == pytest.approx(one.hhi)
    split = concentration.concentration(["a", "b", "c", "a", "d"], [4, 3, 2, 1, 0])
    assert split.hhi == pytest.approx(one.hhi) and split.idle == 1 and split.entries == 5


@pytest.mark.parametrize(
    ("names", "amounts", "told"),
    [
        ([], [], "0 names and 0 amounts"),
        (["a"], [1, 2], "1 names and 2 amounts"),
        (["a", "b"], [1, -2], "row 2: a negative amount"),
        (["a", None], [1, 2], "row 2: the funder is missing"),
        (["a", "b"], [1, None], "row 2: an amount missing"),
        (["a", "b"], [np.inf, 1], "row 1: an amount missing or infinite"),
        (["a", "b"], [0, 0], "the total is zero"),
    ],
)
def test_amounts_without_a_positive_total_are_refused(english, names, amounts, told):
    with pytest.raises(EstimateError, match=told):
        concentration.concentration(names, amounts)


def test_ranking_adds_the_rest_together_and_names_only_who_may_be():
    found = concentration.concentration(list("abcd"), [4, 3, 2, 1])
    table = found.ranked(2, shown=["a"])
    assert (
        table["funder"].tolist()[0] == "a" and pd.isna(table["funder"][1]) and table["funder"][2] == "others"
    )
    assert table["funders"].tolist() == [1, 1, 2] and table["cumulative"].tolist() == pytest.approx(
        [0.4, 0.7, 1]
    )
    assert found.ranked(9)["funder"].tolist() == list("abcd")
    specified(table)
    with pytest.raises(ParameterError):
        found.ranked(0)


def test_who_may_be_named():
    actors = pd.DataFrame(
        {"name": list("abcd"), "type": ["profit", "citizen", "profit", "public"], "publish_name": ["yes", "yes", "code", None]}
    )  # fmt: skip
    assert concentration.nameable(actors) == ["a"]


MONEY = [
    ("m1", "2016-01-15", "F", "lead-funder", "cash", "received", 600.0, None, None, 1),
    ("m2", "2016-03-15", "B", "company", "cash", "received", 300.0, None, None, 1),
    ("m3", "2016-04-15", "C", "public", "goods", "received", 100.0, None, None, 1),
    ("m4", "2016-04-16", "C", "public", "time", "received", None, 9.0, None, 1),
    ("m5", "2016-04-17", "D", "own", "cash", "received", 50.0, None, None, 1),
]


def test_loss_of_the_largest():
    money = money_of(*MONEY)
    found = concentration.loss(money, without=["own"])
    table = found.table().set_index("largest")
    assert table["income"].tolist() == [1000, 400] and table["others_share"].tolist() == [0.4, 1.0]
    assert table["hhi"].tolist() == pytest.approx([0.36 + 0.09 + 0.01, 0.5625 + 0.0625])
    assert found.share == 0.6 and found.is_lead and "runway" not in table
    specified(found.table())


def test_loss_with_the_runway():
    costs = costs_of(*[(f"c{k}", f"2016-0{k}-28", "staff", 100.0, "no", "yes", 1) for k in range(1, 7)])
    held = sustain.reserve(money_of(*MONEY), costs, 0.0, dt.date(2016, 1, 1), dt.date(2016, 6, 30))
    table = concentration.loss(money_of(*MONEY), reserve=held).table().set_index("largest")
    assert np.isnan(table.loc["with", "runway"]) and table.loc["with", "state"] == "nothing-burns"
    assert table.loc["without", "runway"] == pytest.approx(350 / ((600 - 350) / 6))
    specified(concentration.loss(money_of(*MONEY), reserve=held).table())


def test_loss_of_the_only_funder_leaves_no_index():
    table = concentration.loss(money_of(MONEY[0])).table()
    assert table["income"].tolist() == [600, 0] and table[["hhi", "others_share"]].iloc[1].isna().all()


def test_a_source_of_unknown_kind_leaves_co_funding_open():
    money = money_of(*MONEY)
    money.loc[1, "source_kind"] = None
    assert concentration.loss(money).table()["others_share"].isna().all()


def test_pledges_and_receipts_each_have_their_own():
    money = money_of(*MONEY, ("m6", "2016-05-01", "Z", "company", "cash", "pledged", 10.0, None, None, 1))
    assert concentration.of_money(money, "pledged").funders == ("Z",)
    assert "D" not in concentration.of_money(money, without=["own"]).funders
    with pytest.raises(EstimateError, match="money"):
        concentration.of_money(money_of(*MONEY), "pledged")


@pytest.mark.parametrize("name", ["barr", "surdna"])
def test_real_grant_lists(shared_data, name):
    path = shared_data / "resources" / "grants" / f"{name}-foundation-grants.sql"
    if not path.exists():
        pytest.skip("the grant lists of other projects are not on this machine")
    rows = GRANT.findall(path.read_text(encoding="utf-8", errors="replace"))
    names, amounts = [row[1] for row in rows], np.array([float(row[2]) for row in rows])
    assert len(rows) > 300
    found = concentration.concentration(names, amounts)
    order, which = np.unique(names, return_inverse=True)
    shares = np.bincount(which, amounts) / amounts.sum()
    assert found.hhi == pytest.approx(float(shares @ shares), abs=ROUNDING)
    assert 1 <= found.effective <= len(order) and found.ranked()["cumulative"].iloc[-1] == pytest.approx(1)
    assert concentration.concentration([row[0] for row in rows], amounts).hhi == 1  # one donor gave them all
