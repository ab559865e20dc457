"""The ledger: what is refused, what is flagged and counted, what hours are worth."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.resources import ledger
from tests.resources.money_registers import LEDGER, money_of, specified

WAGES = pd.DataFrame(
    [("skill", 40.0, 30.0, 55.0), ("driver", 16.0, 14.0, 18.0), ("tutor", 22.0, 20.0, np.nan), ("other", 15.0, 12.0, 18.0)],
    columns=["role", "wage", "low", "high"],
)  # fmt: skip


@pytest.fixture
def money():
    return money_of(*LEDGER)


def reasons(frame):
    return ledger.check(frame).flags[["row", "reason", "other"]].values.tolist()


def test_a_clean_ledger_has_no_flag(money):
    found = ledger.check(money)
    assert found.flags.empty and len(found.entries) == len(money)
    assert list(found.table().columns) == ["row", "entry", "other", "reason"]
    specified(found.table())


@pytest.mark.parametrize(
    ("column", "row", "value", "told"),
    [
        ("amount", 0, -5.0, "row 1"),
        ("hours", 6, -1.0, "row 7"),
        ("currency", 1, "USD", "row 2.*EUR"),
        ("currency", 1, None, "row 2: an amount without a currency"),
        ("hours", 3, 4.0, "row 4: cash with hours"),
        ("amount", 4, None, "row 5: cash without an amount"),
        ("hours", 7, None, "row 8: neither an amount nor hours"),
        ("kind", 2, "gold", "row 3: unknown kind"),
        ("status", 2, "spent", "row 3: unknown status"),
        ("source_kind", 2, "bank", "row 3: unknown kind of source"),
        ("entry", 2, "m1", "row 1, 3"),
        ("date", 2, None, "row 3: the date is missing"),
        ("source", 2, None, "row 3: the source is missing"),
    ],
)
def test_what_makes_a_sum_meaningless_is_refused_with_its_row(english, money, column, row, value, told):
    money.loc[row, column] = value
    with pytest.raises(EstimateError, match=told):
        ledger.check(money)


def test_all_faults_are_told_at_once(english, money):
    money.loc[0, "amount"], money.loc[1, "currency"] = -5.0, "USD"
    with pytest.raises(EstimateError) as caught:
        ledger.check(money)
    assert len(caught.value.faults) == 2


def test_an_empty_table_and_a_lacking_column_are_refused(english, money):
    with pytest.raises(EstimateError, match="no rows"):
        ledger.check(money.iloc[:0])
    with pytest.raises(EstimateError, match="columns currency are missing"):
        ledger.check(money.drop(columns="currency"))


def test_double_entries_are_flagged_both_and_counted(english):
    frame = money_of(
        *LEDGER, ("m10", "2016-09-01", "Banca", "company", "cash", "received", 100.0, None, None, 2)
    )
    found = ledger.check(frame)
    assert reasons(frame) == [[5, "double", "m10"], [10, "double", "m5"]]
    assert len(found.entries) == 10 and found.once()["entry"].tolist() == [f"m{k}" for k in range(1, 10)]
    assert "same date" in found.table().loc[0, "reason"]["en"]


def test_double_hours_are_flagged_though_the_amount_is_missing():
    frame = money_of(
        *LEDGER, ("m10", "2016-06-01", "Vicini", "citizens", "time", "received", None, 30.0, None, 1)
    )
    assert [row for row, *_ in reasons(frame)] == [9, 10]


@pytest.mark.parametrize(
    ("receipt", "reason"),
    [
        (("r", "2016-11-01", "Bottega", "company", "cash", "received", 50.0, None, "m4", 2), "other-source"),
        (("r", "2016-11-01", "Banca", "company", "goods", "received", 50.0, None, "m4", 2), "other-kind"),
        (("r", "2016-11-01", "Studio", "company", "skill", "received", 50.0, None, "m7", 2), "other-unit"),
        (("r", "2016-01-01", "Banca", "company", "cash", "received", 50.0, None, "m4", 1), "before-pledge"),
        (("r", "2016-11-01", "Banca", "company", "cash", "received", 401.0, None, "m4", 2), "beyond-pledge"),
        (("r", "2016-11-01", "Fondazione", "lead-funder", "cash", "received", 1.0, None, "m1", 2), "beyond-pledge"),
        (("r", "2016-11-01", "Banca", "company", "cash", "received", 50.0, None, "m5", 2), "no-pledge"),
        (("r", "2016-11-01", "Banca", "company", "cash", "pledged", 50.0, None, "m4", 2), "pledge-settles"),
    ],
)  # fmt: skip
def test_receipts_that_do_not_fit_their_pledge_are_flagged(receipt, reason):
    assert reasons(money_of(*LEDGER, receipt)) == [[10, reason, receipt[8]]]


def test_receipts_up_to_the_pledge_are_not_flagged():
    last = ("r", "2016-11-01", "Banca", "company", "cash", "received", 400.0, None, "m4", 2)
    assert reasons(money_of(*LEDGER, last)) == []


def test_every_reason_has_its_words():
    assert all(len(set(texts)) == 2 and all(texts) for texts in ledger.FLAGS.values())


def test_hours_become_euros_only_by_wages(money):
    found = ledger.valued(money, WAGES)
    table = found.table().set_index(["kind", "status"])
    assert table.loc[("skill", "pledged"), ["hours", "value", "value_low", "value_high"]].tolist() == [20, 800, 600, 1100]  # fmt: skip
    assert table.loc[("time", "received"), ["wage", "value"]].tolist() == [15, 450]
    specified(found.table())
    priced = found.money()
    assert (
        priced["hours"].isna().all() and priced["amount"].sum() == money["amount"].sum() + 32 * 40 + 30 * 15
    )
    assert found.money("low")["amount"].sum() < priced["amount"].sum() < found.money("high")["amount"].sum()
    assert ledger.check(priced).flags.empty  # itself a ledger


def test_an_amount_on_record_is_not_valued_again():
    row = ("m1", "2016-01-01", "Studio", "company", "skill", "pledged", 90.0, 3.0, None, 1)
    found = ledger.valued(money_of(row), WAGES)
    assert found.money()["amount"].tolist() == [90.0] and found.table().empty


def test_time_by_a_mix_of_roles_and_a_bound_that_is_unknown(money):
    found = ledger.valued(money, WAGES, mix={"driver": 30, "tutor": 10, "desk": 0})
    own = found.table().set_index(["kind", "status"]).loc[("time", "received")]
    assert own["wage"] == pytest.approx(0.75 * 16 + 0.25 * 22)
    assert own["value_low"] == pytest.approx(30 * (0.75 * 14 + 0.25 * 20)) and np.isnan(own["value_high"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda w: w[w["role"] != "skill"], "row 7, 8.*'skill' is missing"),
        (lambda w: w.assign(wage=[0, 16, 22, 15]), "wages: row 1"),
        (lambda w: w.assign(low=[50, 14, 20, 12]), "wages: row 1.*outside its bounds"),
        (lambda w: pd.concat([w, w.iloc[:1]]), "wages: row 1, 5: a role stated twice"),
        (lambda w: w.iloc[:0], "no rows"),
    ],
)
def test_wages_that_cannot_be_used_are_refused(english, money, change, told):
    with pytest.raises(EstimateError, match=told):
        ledger.valued(money, change(WAGES))


@pytest.mark.parametrize("mix", [{}, {"driver": 0.0}, {"driver": -1.0, "other": 3.0}])
def test_a_mix_of_no_hours_is_refused(english, money, mix):
    with pytest.raises(EstimateError, match="mix"):
        ledger.valued(money, WAGES, mix=mix)
