"""The plan of action: six actions written out by hand."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.resources import plan
from tests.resources.money_registers import actions_of, specified

ON = dt.date(2017, 1, 1)
ACTIONS = (
    ("c1", "Borse", "money", "community", "a1", "Bottega", "2016-06-01", 1000.0, "done", 800.0, 1),
    ("c2", "Borse", "money", "grants", "a2", "Fondazione", "2016-09-01", 500.0, "running", None, 2),
    ("c3", "Ore", "time", "peopleraising", "a1", "Vicini", "2016-05-01", 100.0, "dropped", 40.0, 1),
    ("c4", "Sale", "space", None, None, None, None, None, "planned", None, None),
    ("c5", "Arredi", "goods", "corporate", "a2", "Bottega", "2017-01-01", 300.0, "planned", None, None),
    ("c6", "Contatti", "relations", "corporate", "a2", "Studio", "2016-12-31", 4.0, "running", 5.0, 2),
)


@pytest.fixture
def actions():
    return actions_of(*ACTIONS)


@pytest.fixture
def found(actions):
    return plan.plan(actions, ON)


def test_overdue_is_past_the_deadline_and_neither_done_nor_dropped(found):
    own = found.actions.set_index("action")
    assert own.index[own["overdue"]].tolist() == ["c2", "c6"]
    assert own["days_overdue"].dropna().to_dict() == {"c2": 122.0, "c6": 1.0}
    assert found.late()["action"].tolist() == ["c2", "c6"]


def test_the_day_moves_what_is_overdue(actions):
    assert plan.plan(actions, dt.date(2016, 1, 1)).late().empty
    assert plan.plan(actions, dt.date(2017, 1, 2)).late()["action"].tolist() == ["c2", "c6", "c5"]


def test_summary_counts_what_is_lacking(found):
    row = found.summary().iloc[0]
    assert row.to_dict() == {"actions": 6, "planned": 2, "running": 2, "done": 1, "dropped": 1, "overdue": 2, "undated": 1, "untargeted": 1, "unrecorded": 2}  # fmt: skip
    specified(found.summary())


def test_targets_and_results_stay_within_their_resource(found):
    table = found.by_resource().set_index("resource")
    assert table.loc["money", ["target", "result", "share", "unit"]].tolist() == [
        1500,
        800,
        800 / 1500,
        "euro",
    ]
    assert table.loc["relations", "share"] == 1.25 and table.loc["relations", "unit"] == "contacts"
    assert table.loc["space", ["target", "result", "share"]].isna().all()  # no target, no share
    assert table.index.tolist() == ["money", "goods", "time", "space", "relations"]
    assert found.by_strategy()["target"].sum() == table["target"].sum() == found.by_semester()["target"].sum()
    for name in ("by_resource", "by_strategy", "by_semester", "strategies"):
        specified(getattr(found, name)())


def test_by_semester_of_the_deadline(found):
    table = found.by_semester()
    assert table["semester"].tolist() == ["1", "1", "2", "2", "outside", "outside"]
    assert found.strategies()["strategy"].tolist()[-1] == "unstated"


def test_who_asks_whom_for_what_by_when(found):
    table = found.table()
    assert table["action"].tolist() == ["c3", "c1", "c2", "c6", "c5", "c4"]
    assert table.loc[2, ["asker", "asked", "by", "target", "unit", "overdue"]].tolist() == ["a2", "Fondazione", "2016-09-01", 500, "euro", "yes"]  # fmt: skip
    assert pd.isna(table["by"].iloc[-1])
    roles = specified(table)
    assert roles["asker"].organisation and not roles["asker"].rated


def test_each_strategy_has_a_sheet_with_empty_columns_to_fill_in(found):
    sheets = found.worksheets()
    assert sum(map(len, sheets.values())) == len(found.actions)
    for strategy, sheet in sheets.items():
        assert list(sheet.columns[-3:]) == list(plan.TO_FILL) and sheet[list(plan.TO_FILL)].isna().all(
            axis=None
        )
        own = found.actions[found.actions["strategy"] == strategy]
        assert sorted(sheet["goal"].dropna()) == sorted(own["goal"].dropna())
        specified(sheet)


def test_goals_are_told_in_both_languages_where_the_register_has_english(actions):
    english = actions.assign(goal_en=["Grants", None, "", "Rooms", pd.NA, None])
    found = plan.plan(english, ON)
    table = found.table()
    told = dict(zip(table["action"], table["goal"]))
    assert told["c1"] == {"it": "Borse", "en": "Grants"} and told["c4"] == {"it": "Sale", "en": "Rooms"}
    assert told["c2"] == {"it": "Borse", "en": "Borse"} and told["c3"] == {"it": "Ore", "en": "Ore"}
    assert specified(table)["goal"].text
    late = found.late()
    assert specified(late) and late["action"].tolist() == ["c2", "c6"]
    for sheet in found.worksheets().values():
        specified(sheet)
    plain = plan.plan(actions.assign(goal_en=pd.NA), ON).table()
    assert not specified(plain)["goal"].text and plain["goal"].tolist() == [
        told[code]["it"] for code in plain["action"]
    ]


def test_measures_take_what_was_due_and_not_dropped(found):
    told = found.measures()
    assert told == {"reached.money": 800 / 1500, "reached.relations": 1.25, "overdue": 0.5}
    assert found.open_by_strategy() == {"corporate": 2, "grants": 1, "unstated": 1}


def test_a_plan_all_closed_says_nothing_of_delay(actions):
    assert "overdue" not in plan.plan(actions.assign(status="done"), ON).measures()


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("resource", "gold", "row 1: unknown resource"),
        ("strategy", "luck", "row 1: unknown strategy"),
        ("status", "lost", "row 1: unknown status"),
        ("target", -1.0, "row 1: a negative target"),
        ("result", -1.0, "row 1: a negative target or result"),
        ("action", "c2", "row 1, 2"),
    ],
)
def test_wrong_actions_are_refused_with_their_row(english, actions, column, value, told):
    actions.loc[0, column] = value
    with pytest.raises(EstimateError, match=told):
        plan.plan(actions, ON)


def test_an_empty_plan_and_a_lacking_column_are_refused(english, actions):
    with pytest.raises(EstimateError, match="no rows"):
        plan.plan(actions.iloc[:0], ON)
    with pytest.raises(EstimateError, match="semester"):
        plan.plan(actions.drop(columns="semester"), ON)


def test_a_target_of_nought_has_no_share(actions):
    share = plan.plan(actions.assign(target=0.0), ON).by_resource()["share"]
    assert share.isna().all() and not np.isinf(share).any()


def test_who_may_not_be_named_is_left_blank_and_no_action_is_lost(actions):
    actors = pd.DataFrame(
        [("a1", "Uno", "profit", "no"), ("a2", "Due", "nonprofit", "code"), ("a3", "Bottega", "profit", "yes"),
         ("a4", "Studio", "profit", "code"), ("a5", "Vicini", "citizen", "yes")],
        columns=["actor", "name", "type", "publish_name"],
    )  # fmt: skip
    shown = plan.withhold(actions, actors)
    assert len(shown) == len(actions)
    assert shown["asker"].tolist()[:2] == [None, "a2"] and shown["asked"].tolist()[:3] == [
        "Bottega",
        "Fondazione",
        None,
    ]
    assert shown["asked"].tolist()[-1] is None
