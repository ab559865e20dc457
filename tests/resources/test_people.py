"""A register of eight volunteers written out by hand: flags, stocks by semester, who they are, hours."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, TooFewError
from analysis.resources import people as volunteers
from tests.resources.volunteers import END, SEMESTERS, people, specified

T_95_DF1, T_95_DF2 = 12.706205, 4.302653  # Student's t, two-sided 95 %
TOLERANCE = 1e-6  # of the printed quantiles


@pytest.fixture
def register():
    return volunteers.register(people(), END)


def test_what_is_odd_is_flagged_by_row_and_told_by_number(register):
    assert register.flags.to_dict("list") == {
        "row": [7, 6, 7, 6],
        "reason": ["hours-without-shift", "shift-without-hours", "left-without-shift", "no-contact"],
    }
    assert register.table()["persons"].tolist() == [1, 1, 1, 1]
    assert register.rows["from_company"].tolist() == ["company", "company", "others", "others", "others", "unstated", "company", "company"]  # fmt: skip


def test_stocks_by_semester(register):
    rows = volunteers.by_semester(register, SEMESTERS).table()
    assert rows.values.tolist() == [["1", 4, 4, 3, 1, 2], ["2", 4, 3, 3, 2, 4]]
    by = volunteers.by_semester(register, SEMESTERS, "from_company").table()
    assert by["from_company"].tolist() == ["company", "others", "unstated", "total"] * 2
    for name in ("recruited", "contacted", "started", "left", "active"):
        parts = by[by["from_company"] != "total"].groupby("semester")[name].sum()
        assert parts.tolist() == by.loc[by["from_company"] == "total", name].tolist()
    specified(by)


def test_who_leaves_on_the_last_day_of_a_semester_is_no_longer_active():
    found = volunteers.register(people(v1={"left": pd.Timestamp("2018-06-30")}), END)
    assert volunteers.by_semester(found, SEMESTERS).table()["active"].tolist() == [2, 4]


def test_mix_leaves_out_of_the_shares_who_is_not_recorded(register):
    table = volunteers.mix(register, "from_company").table()
    assert table["from_company"].tolist() == ["company", "others", "unstated", "total"]
    assert table["persons"].tolist() == [3, 2, 1, 6]
    assert table["share"].tolist()[:2] == pytest.approx([0.6, 0.4]) and table["share"].isna().tolist() == [False, False, True, True]  # fmt: skip
    # Wilson for 3 of 5: centre (.6 + z²/10) / (1 + z²/5), z = 1.959964
    z = 1.959964
    centre, half = (0.6 + z**2 / 10) / (1 + z**2 / 5), z / (1 + z**2 / 5) * np.sqrt(0.6 * 0.4 / 5 + z**2 / 100)  # fmt: skip
    assert table.loc[0, ["low", "high"]].tolist() == pytest.approx([centre - half, centre + half], abs=TOLERANCE)  # fmt: skip
    recruited = volunteers.mix(register, "role", "recruited").table()
    assert recruited.loc[recruited["role"] == "total", "persons"].item() == 8
    specified(table)


def test_hours_a_person(register):
    table = volunteers.hours(register, "role").table().set_index("role")
    assert table.loc["driver", ["persons", "total", "median"]].tolist() == [3, 52.0, 20.0]
    spread = np.std([20, 30, 2], ddof=1)
    mean = 52 / 3
    reach = T_95_DF2 * spread / np.sqrt(3)
    assert table.loc["driver", ["low", "high"]].tolist() == pytest.approx([max(mean - reach, 0), mean + reach], abs=1e-4)  # fmt: skip
    assert table.loc["tutor", "high"] == pytest.approx(50 + T_95_DF1 * 10, abs=1e-3)
    assert table.loc["total", ["persons", "total"]].tolist() == [5, 152.0]
    assert volunteers.hours(register).total == 152.0
    only = volunteers.hours(volunteers.register(people().head(1), END), "role").table()
    assert only["mean"].tolist() == [20.0, 20.0] and only["low"].isna().all()
    specified(volunteers.hours(register, "role").table())


def test_the_order_of_the_rows_changes_nothing(register):
    shuffled = volunteers.register(people().sample(frac=1, random_state=3), END)
    for by in ("role", "channel"):
        pd.testing.assert_frame_equal(volunteers.mix(shuffled, by).table(), volunteers.mix(register, by).table())  # fmt: skip
    pd.testing.assert_frame_equal(
        volunteers.by_semester(shuffled, SEMESTERS, "role").table(),
        volunteers.by_semester(register, SEMESTERS, "role").table(),
    )


WRONG = [
    ({"v1": {"left": pd.Timestamp("2018-01-15")}}, ["row 1", "an exit before the first shift"]),
    ({"v2": {"first_shift": pd.Timestamp("2019-02-01")}}, ["row 2", "'first_shift' after the end", "≤ 2018-12-31"]),
    ({"v2": {"contacted": pd.Timestamp("2018-02-01")}}, ["row 2", "a first shift before the contact"]),
    ({"v3": {"hours": -1.0}}, ["row 3", "negative hours"]),
    ({"v7": {"left": pd.Timestamp("2018-08-01")}}, ["row 7", "an exit before the recruitment"]),
    ({"v5": {"recruited": pd.NaT}}, ["row 5", "the date of recruitment is missing"]),
    ({"v6": {"person": "v5"}}, ["row 5, 6", "a person without a code, or twice"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "told"), WRONG, ids=[case[1][1] for case in WRONG])
def test_what_cannot_be_is_refused_with_its_row(changed, told, english):
    with pytest.raises(EstimateError) as caught:
        volunteers.register(people(**changed), END)
    text = str(caught.value)
    assert all(part in text for part in ("people", *told)), text


def test_every_fault_is_told_at_once_and_groupings_are_known(register, english):
    with pytest.raises(EstimateError) as caught:
        volunteers.register(people(v1={"hours": -2}, v2={"recruited": pd.NaT}), END)
    assert len(caught.value.faults) == 2
    with pytest.raises(EstimateError, match="columns hours are missing"):
        volunteers.register(people().drop(columns="hours"), END)
    with pytest.raises(EstimateError, match="no rows"):
        volunteers.register(people().head(0), END)
    with pytest.raises(EstimateError, match="allowed: channel, from_company, role"):
        volunteers.mix(register, "person")
    with pytest.raises(EstimateError, match="recruited, started"):
        volunteers.mix(register, "role", "left")
    for wrong in ([], [(dt.date(2018, 6, 30), dt.date(2018, 1, 1))], [SEMESTERS[1], SEMESTERS[0]]):
        with pytest.raises(EstimateError, match="semesters missing or out of order"):
            volunteers.by_semester(register, wrong)


def test_nobody_started(english):
    none = volunteers.register(people().iloc[[3]], END)
    assert volunteers.by_semester(none, SEMESTERS).table()["active"].tolist() == [0, 0]
    with pytest.raises(TooFewError, match="too few persons who did a shift; allowed: ≥ 1"):
        volunteers.mix(none, "role")
    with pytest.raises(EstimateError, match="no hours recorded"):
        volunteers.hours(none)


def test_fewer_than_asked_for_are_too_few(register, english):
    n = len(register.started)
    assert len(volunteers.mix(register, "role", least=n).table())
    with pytest.raises(TooFewError, match=f"too few persons who did a shift; allowed: ≥ {n + 1}"):
        volunteers.mix(register, "role", least=n + 1)
