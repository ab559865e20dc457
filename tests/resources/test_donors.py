"""Donors from period to period: a register of ten gifts by hand, identities on drawn ones, registers that cannot be."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, TooFewError
from analysis.evidence import columns
from analysis.resources import donors
from analysis.resources.intervals import wilson
from tests.resources import pipeline_registers as registers

CENTS = 1e-9


@pytest.fixture
def small():
    return donors.register(registers.gifts(), registers.END)


@pytest.fixture(scope="module")
def large():
    return donors.register(registers.many_gifts(500, 4), registers.END)


def test_status_by_hand(small):
    table = small.table().pivot(index="period", columns="status", values="persons")
    assert table[["new", "retained", "recaptured", "total"]].to_numpy().tolist() == [
        [3, 0, 0, 3],
        [1, 2, 0, 3],
        [0, 1, 1, 2],
        [1, 0, 0, 1],
    ]
    assert small.periods == ("2015", "2016", "2017", "2018") and small.whole.all() and small.gifts == 10


def test_retention_by_hand(small):
    table = donors.retention(small).table().set_index(["period", "donor_group"])
    assert table.loc[("2016", "total"), ["before", "retained", "share"]].tolist() == pytest.approx(
        [3, 2, 2 / 3]
    )
    assert table.loc[("2017", "new"), ["before", "retained"]].tolist() == [1, 0]
    assert table.loc[("2017", "repeat"), ["before", "retained"]].tolist() == [2, 1]
    assert table.loc[("2018", "new"), "before"] == 0 and np.isnan(table.loc[("2018", "new"), "share"])
    low, high = wilson(np.array([2]), np.array([3]))
    assert table.loc[("2016", "total"), ["low", "high"]].tolist() == pytest.approx([low[0], high[0]])


def test_gaps_by_hand(small):
    table = small.lapsed().set_index(["period", "gap"])
    assert table.loc[("2016", "lybunt"), ["persons", "amount"]].tolist() == [1, 30]  # c
    assert table.loc[("2017", "lybunt"), ["persons", "amount"]].tolist() == [2, 100]  # b, d
    assert table.loc[("2018", "lybunt"), ["persons", "amount"]].tolist() == [2, 190]  # a, c
    assert table.loc[("2018", "sybunt"), ["persons", "amount"]].tolist() == [2, 100]  # b, d
    assert table.loc[("2018", "total"), "persons"] == 4


def test_gains_and_losses_by_hand(small):
    table = donors.changes(small).table().pivot(index="period", columns="flow", values="amount")
    assert table.loc["2016", ["new", "upgraded", "downgraded", "lapsed", "total"]].tolist() == [
        80,
        50,
        -30,
        -30,
        70,
    ]
    assert table.loc["2017", ["recaptured", "lapsed", "total"]].tolist() == [40, -100, -60]
    assert table.loc["2018", ["new", "lapsed", "total"]].tolist() == [10, -190, -180]


def test_cohorts_by_hand(small):
    table = donors.cohorts(small).table().set_index(["cohort", "since"])
    assert table.loc[("2015", 0), ["begun", "giving", "share", "amount"]].tolist() == [3, 3, 1, 180]
    assert table.loc[("2015", 2), ["giving", "amount"]].tolist() == [2, 190]  # a, c
    assert table.loc[("2016", 1), "giving"] == 0 and table.loc[("2018", 0), "begun"] == 1
    assert "2017" not in table.index.get_level_values("cohort")  # nobody began then


def test_flows_add_up_to_the_change_of_the_total(large):
    found = donors.changes(large)
    assert found.amount.sum(axis=1) == pytest.approx(found.total, abs=CENTS)
    assert found.total == pytest.approx(np.diff(large.amounts.sum(axis=0)), abs=CENTS)
    assert (found.persons.sum(axis=1) == found.both).all()
    gains = [donors.FLOWS.index(name) for name in donors.GAINS]
    losses = [donors.FLOWS.index(name) for name in donors.LOSSES]
    assert (found.amount[:, gains] >= 0).all() and (found.amount[:, losses] <= 0).all()


def test_identities_of_persons(large):
    table = large.table().pivot(index="period", columns="status", values="persons")
    assert (table[["new", "retained", "recaptured"]].sum(axis=1) == table["total"]).all()
    assert table["total"].to_numpy().tolist() == large.gave.sum(axis=0).tolist()
    gaps = large.lapsed().pivot(index="period", columns="gap", values="persons")
    ever = table["new"].cumsum()
    assert (gaps["total"] + table["total"].iloc[1:] == ever.iloc[1:]).all()
    kept = donors.retention(large).table().pivot(index="period", columns="donor_group", values="retained")
    assert (kept["new"] + kept["repeat"] == kept["total"]).all()
    assert (kept["total"] == table["retained"].iloc[1:]).all()
    lapsed = donors.changes(large).table().pivot(index="period", columns="flow", values="persons")["lapsed"]
    assert (lapsed == gaps["lybunt"]).all()
    cohorts = donors.cohorts(large)
    assert cohorts.giving.sum() == large.gave.sum() and cohorts.amount.sum() == pytest.approx(
        large.amounts.sum()
    )
    assert cohorts.begun.sum() == len(large.amounts)


def test_neither_order_nor_names_matter(large):
    gifts = registers.many_gifts(500, 4)
    again = donors.register(
        gifts.sample(frac=1, random_state=1).assign(donor="x" + gifts["donor"]), registers.END
    )
    pd.testing.assert_frame_equal(donors.changes(again).table(), donors.changes(large).table())
    pd.testing.assert_frame_equal(donors.cohorts(again).table(), donors.cohorts(large).table())


def test_nullable_columns_are_read_alike(small):
    again = donors.register(registers.gifts().convert_dtypes(), registers.END)
    assert (again.amounts == small.amounts).all()


def test_periods_that_the_record_does_not_cover_are_left_out_of_comparisons():
    gifts = registers.gifts()
    part = donors.register(gifts, dt.date(2018, 6, 30))
    assert part.whole.tolist() == [True, True, True, False]
    assert donors.retention(part).periods == donors.changes(part).periods == ("2016", "2017")
    assert donors.cohorts(part).table()["since"].max() == 2
    assert part.lapsed().query("period == '2018'")["whole_period"].unique().tolist() == ["no"]
    late = donors.register(gifts, registers.END, start=dt.date(2015, 2, 1))
    assert late.whole.tolist() == [False, True, True, True] and donors.changes(late).periods == (
        "2017",
        "2018",
    )


def test_own_periods():
    halves = [
        (f"{year}-{half}", dt.date(year, 1 + 6 * half, 1), dt.date(year, 6 + 6 * half, 30 + half))
        for year in (2015, 2016, 2017, 2018)
        for half in (0, 1)
    ]
    found = donors.register(registers.gifts(), registers.END, halves)
    assert found.amounts.sum(axis=0).tolist() == [180, 0, 170, 80, 90, 100, 10, 0]
    assert donors.changes(found).amount.sum(axis=1) == pytest.approx(np.diff(found.amounts.sum(axis=0)))


def test_a_year_without_gifts_keeps_its_place():
    rows = [row for row in registers.GIFTS if not row[2].startswith("2016")]
    found = donors.register(registers.gifts(rows), registers.END)
    table = found.table().query("status == 'total'")
    assert table["persons"].tolist() == [3, 0, 2, 1]
    assert np.isnan(donors.retention(found).table().query("period == '2017'")["share"]).all()
    assert donors.changes(found).total.tolist() == [-180, 190, -180]


def test_wrong_periods_and_gifts_outside(english):
    day = dt.date
    for periods in ([], [("a", day(2015, 1, 1), day(2014, 1, 1))],
                    [("a", day(2015, 1, 1), day(2015, 12, 31)), ("b", day(2016, 1, 2), day(2018, 12, 31))],
                    [("a", day(2015, 1, 1), day(2016, 12, 31)), ("b", day(2016, 1, 1), day(2018, 12, 31))]):  # fmt: skip
        with pytest.raises(EstimateError, match="overlap or leave gaps"):
            donors.register(registers.gifts(), registers.END, periods)
    with pytest.raises(EstimateError, match="gifts: row 1, 2, 3: outside the periods"):
        donors.register(registers.gifts(), registers.END, [("a", day(2016, 1, 1), day(2018, 12, 31))])


def test_all_faults_with_their_rows(english):
    rows = [
        *registers.GIFTS,
        ("g1", "a", "2016-01-01", 10),
        ("g12", None, "2016-01-01", 10),
        ("g13", "a", None, 10),
        ("g14", "a", "2019-01-01", 10),
        ("g15", "a", "2016-01-01", 0),
    ]
    wrong = registers.gifts(rows)
    wrong.loc[0, "currency"] = "GBP"
    with pytest.raises(EstimateError) as caught:
        donors.register(wrong, registers.END)
    for part in ("row 11: the same gift", "row 12: the gift or the donor", "row 13: the date", "row 14: a date after", "row 15: amount", "row 1: another currency"):  # fmt: skip
        assert part in str(caught.value), str(caught.value)
    with pytest.raises(EstimateError, match="no rows"):
        donors.register(registers.gifts([]), registers.END)


def test_gifts_that_may_be_doubled_are_flagged_and_kept():
    rows = [*registers.GIFTS, ("g11", "a", "2015-03-01", 100), ("g12", "b", "2015-03-01", 100)]
    gifts = registers.gifts(rows)
    table = donors.doubled(gifts)
    assert table["row"].tolist() == [1, 11] and table["gift"].tolist() == ["g1", "g11"]
    assert table["reason"].iloc[0]["it"].startswith("stesso donatore")
    assert donors.register(gifts, registers.END).gifts == 12
    assert not len(donors.doubled(registers.gifts()))


def test_tables_are_specified(large):
    tables = (large.table(), large.lapsed(), donors.retention(large).table(), donors.changes(large).table())
    for table in (*tables, donors.cohorts(large).table(), donors.doubled(registers.gifts())):
        columns.resolve(table, None, "test", None)


def test_campaigns_with_few_donors_are_left_out_of_what_is_told_by_all():
    gifts = pd.DataFrame(
        {
            "gift": [f"g{k}" for k in range(9)],
            "donor": ["a", "b", "c", "d", "e", "a", "a", "b", "z"],
            "date": pd.Timestamp("2017-03-01"),
            "amount": 10.0,
            "campaign": ["k1"] * 5 + ["k2"] * 3 + [None],
        }
    )
    kept = donors.broad(gifts, 5)
    assert kept["gift"].tolist() == ["g0", "g1", "g2", "g3", "g4", "g8"]
    assert donors.broad(gifts, 2)["gift"].tolist() == gifts["gift"].tolist()


def test_a_register_without_two_whole_years_has_no_retention_yet(english):
    young = donors.register(registers.gifts(), registers.END, start=dt.date(registers.END.year, 2, 1))
    assert young.table()["persons"].sum() > 0
    with pytest.raises(TooFewError, match="two in a row"):
        donors.retention(young)
