"""The half-yearly sheet: what is known of a semester, what is missing, and columns that hold nothing, to be filled in."""

import datetime as dt
from functools import cache

import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact import monitoring
from tests.impact.logframe import indicator, indicators, logframe, outcomes
from tests.impact.test_schedule import SEMESTERS

PLAN = [
    indicator("a"),
    indicator("b", result="r2", unit="punti", direction="decrease", baseline=3.7, target=3.3),
    indicator("c"),
]
VALUES = [("a", "2016-06-30", 10), ("a", "2016-12-31", 20), ("b", "2016-06-30", 3.65, 40)]
EMPTY = {
    "indicators": ["comment", "next_value"],
    "scores": ["comment", "next_value"],
    "results": ["problem", "correction"],
    "missing": ["reason_missing", "by_when"],
    "decisions": ["decision", "who", "by_when"],
    "services": ["problem"],
    "outcomes": ["value", "n"],
}


def services():
    rows = [("z1", "Sportello", "Desk", "2016-03-01"), ("z2", "Nido", "Nursery", "2017-09-01")]
    frame = pd.DataFrame(rows, columns=["service", "name_it", "name_en", "started"])
    return frame.assign(started=pd.to_datetime(frame["started"]))


def caseload(*rows):
    return pd.DataFrame(rows or [("z1", 2, 30, 12, 80.5)], columns=["service", "semester", "persons", "achieved", "hours"])  # fmt: skip


def people():
    rows = [
        ("p1", "2016-01-10", "2016-02-01", None),
        ("p2", "2016-01-10", "2016-02-01", "2016-12-31"),
        ("p3", "2016-08-01", "2017-02-01", None),
        ("p4", "2016-08-01", None, None),
    ]
    frame = pd.DataFrame(rows, columns=["person", "recruited", "first_shift", "left"])
    return frame.assign(**{name: pd.to_datetime(frame[name]) for name in ("recruited", "first_shift", "left")})  # fmt: skip


@cache
def plain(semester):
    return monitoring.monitoring(logframe(), indicators(*PLAN), outcomes(*VALUES), SEMESTERS, semester)


def found(semester=2, **given):
    if not given:
        return plain(semester)
    return monitoring.monitoring(logframe(), indicators(*PLAN), outcomes(*VALUES), SEMESTERS, semester, **given)  # fmt: skip


def test_the_sheets_and_what_is_left_to_fill_in():
    sheets = found(services=services(), caseload=caseload(), people=people()).sheets()
    assert list(sheets) == ["indicators", "scores", "results", "missing", "decisions", "services", "people", "outcomes"]  # fmt: skip
    for name, frame in sheets.items():
        assert [column for column in frame if frame[column].isna().all() and column in EMPTY.get(name, [])] == EMPTY.get(name, [])  # fmt: skip
        assert resolve(frame, None, name, None)
    assert list(found().sheets()) == [
        "indicators",
        "scores",
        "results",
        "missing",
        "decisions",
        "outcomes",
    ]


def test_a_value_that_is_not_there_is_told_to_be_missing():
    sheet = found().indicators()
    rows = dict(zip([name["it"] for name in sheet["indicator"]], sheet[["value", "measurement", "light"]].to_numpy().tolist()))  # fmt: skip
    assert rows["indicatore a"] == [20, "measured", "red"]
    assert rows["indicatore b"][1:] == ["missing", "red"] and pd.isna(rows["indicatore b"][0])
    assert rows["indicatore c"][1:] == ["missing", "grey"]


def test_whole_numbers_and_scores_stand_apart_with_their_own_decimals():
    sheets = found().sheets()
    assert [name["it"] for name in sheets["scores"]["indicator"]] == ["indicatore b"]
    digits = {name: sheets[name].attrs["columns"]["value"]["digits"] for name in ("indicators", "scores")}
    assert digits == {"indicators": 0, "scores": 2}


def test_missing_measurements_up_to_the_semester_only():
    sheet = found().missing()
    told = list(zip([name["it"][-1] for name in sheet["indicator"]], sheet["semester"]))
    assert told == [("b", 2), ("c", 1), ("c", 2)]


def test_points_to_decide_on_are_the_red_the_amber_and_the_missing_then_empty_rows():
    sheet = found().decisions()
    told = [(name and name["it"][-1], why) for name, why in zip(sheet["about"], sheet["why"])]
    assert told[:3] == [("a", "red"), ("b", "missing"), ("c", "missing")]
    assert told[3:] == [(None, None)] * monitoring.SPARE
    assert sheet["point"].tolist() == [str(k) for k in range(1, 8)]


def test_the_form_asks_for_the_next_semester_and_goes_back_into_the_study():
    form = found().outcomes()
    assert form.attrs["form"] and form.columns.tolist() == ["indicator", "date", "value", "n"]
    assert form["indicator"].tolist() == ["a", "b", "c"] and set(form["date"]) == {"2017-06-30"}
    assert found(4).outcomes()["date"].isna().all()


def test_services_of_the_semester():
    sheet = found(services=services(), caseload=caseload()).services
    assert sheet["persons"].tolist() == [30] and sheet["hours"].tolist() == [80.5]
    later = found(4, services=services(), caseload=caseload()).services
    assert later["persons"].isna().tolist() == [True, True]  # open, and nothing recorded: to be filled in


def test_volunteers_by_semester_without_what_would_tell_how_few_left():
    sheet = found(4, people=people()).people
    assert sheet["recruited"].tolist() == [2, 2, 0, 0]
    assert sheet["active"].tolist() == [2, 1, 2, 2]
    assert sheet.columns.tolist() == ["semester", "recruited", "active"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("z1", 2, 30, 12, 1.0), ("z1", 2, 30, 12, 1.0)], "caseload: row 1, 2: a service entered twice"),
        ([("z1", 1, 3, 2, 1.0), ("z1", 2, 30, 31, 1.0)], "caseload: row 2: more persons who reached"),
    ],
)
def test_a_caseload_that_cannot_be_is_refused(rows, message, english):
    with pytest.raises(EstimateError) as refused:
        found(services=services(), caseload=caseload(*rows))
    assert str(refused.value).startswith(message)


def test_a_semester_that_is_not_there_is_refused(english):
    for semester in (0, 5):
        with pytest.raises(EstimateError, match="allowed: 1–4"):
            found(semester)


def test_the_latest_semester_that_has_ended():
    days = {dt.date(2015, 1, 1): 1, dt.date(2016, 6, 29): 1, dt.date(2016, 12, 31): 2, dt.date(2019, 1, 1): 4}
    assert {day: monitoring.latest(SEMESTERS, day) for day in days} == days


def test_a_plan_of_which_nothing_was_measured_yet_is_shown_as_missing():
    sheet = monitoring.monitoring(logframe(), indicators(*PLAN), None, SEMESTERS, 2)
    assert sheet.progress.rows["value"].isna().all() and set(sheet.progress.rows["light"]) == {"grey"}
    assert set(sheet.schedule.cells.query("semester <= 2")["status"]) == {"missing"}
    assert list(sheet.outcomes()["indicator"]) == ["a", "b", "c"]
    assert len(sheet.theory.table()) == len(logframe())
