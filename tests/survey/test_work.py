"""Work lost to care: denominators, who is asked, where people are at the next wave. Arithmetic only."""

import numpy as np
import pandas as pd
import pytest

from analysis.survey import waves, work
from analysis.survey.design import Census, Design, Volunteers

PEOPLE = pd.DataFrame(
    {
        "person_id": list("abcdefgh"),
        "age": [30, 40, 50, 60, 70, 35, 45, 55],
        "gender": list("ffmmffmm"),
        "employment": [
            "employed",
            "employed",
            "inactive",
            "unemployed",
            "inactive",
            "employed",
            "inactive",
            "employed",
        ],
        "not_working_reason": [None, None, "care", "other", "care", None, None, None],
        "reduced_hours_care": ["yes", "no", None, None, None, None, None, "no"],
        "would_work_if": [None, None, "childcare", None, "nothing", None, None, None],
        "would_work_more_if": ["part_time", None, None, None, None, None, None, None],
    }
)


def test_denominators_differ_and_missing_reasons_are_left_out():
    found = work.lost(PEOPLE, Census(8), ["gender"])
    idle, reduced = found.by("not_working", "gender"), found.by("reduced_hours", "gender")
    # Of seven persons of 18–64 one gives no reason; of four employed one does not answer.
    assert idle.entry(gender="total") == {"value": pytest.approx(1 / 6), "n": 6, "cases": 1}
    assert reduced.entry(gender="total") == {"value": pytest.approx(1 / 3), "n": 3, "cases": 1}
    table = found.tables()["gender"]
    assert table["loss"].tolist() == ["not_working"] * 3 + ["reduced_hours"] * 3
    assert table["gender"].tolist() == ["f", "m", "total"] * 2


def test_of_people_at_work_there_is_only_the_second_loss():
    at_work = PEOPLE[PEOPLE["employment"] == "employed"].reset_index(drop=True)
    assert list(work.lost(at_work, Volunteers(4), ["gender"]).events) == ["reduced_hours"]


def test_what_would_let_them_work_is_of_those_who_lost_it():
    table = work.would_work(PEOPLE, Census(8))
    assert table[["loss", "would_work_if", "share"]].to_numpy().tolist() == [
        ["not_working", "childcare", 1.0],
        ["reduced_hours", "part_time", 1.0],
    ]


def test_transitions_are_shares_of_the_row():
    second = PEOPLE.assign(employment="employed", not_working_reason=None, reduced_hours_care="no").iloc[
        [0, 1, 2]
    ]
    match = waves.match(PEOPLE["person_id"], second["person_id"])
    table = work.transitions(PEOPLE, second.reset_index(drop=True), match)
    full = table[table["state_second"] == "full"].set_index("state_first")
    assert full["share"].to_dict() == {"full": 1.0, "reduced": 1.0, "not_for_care": 1.0}
    assert full["n"].tolist() == [1, 1, 1]


def test_the_state_of_who_does_not_tell_is_missing():
    states = work.states(PEOPLE).tolist()
    assert states[:4] == ["reduced", "full", "not_for_care", "not_otherwise"]
    assert pd.isna(states[5]) and pd.isna(states[6])


def test_a_population_has_intervals():
    table = work.lost(PEOPLE, Design(np.ones(8)), ["gender", "age"]).tables()["gender"]
    assert {"low", "high"} <= set(table)
    assert work.held(PEOPLE) and not work.held(PEOPLE.drop(columns="age"))
