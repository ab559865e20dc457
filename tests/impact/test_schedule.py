"""Measurements that are missing are shown as missing: by frequency, baseline and target dates, semester by semester."""

import datetime as dt

import numpy as np
import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact.schedule import months_between, schedule
from tests.impact.logframe import indicator, indicators, logframe, outcomes

SEMESTERS = [
    (dt.date(2016, 1, 1), dt.date(2016, 6, 30)),
    (dt.date(2016, 7, 1), dt.date(2016, 12, 31)),
    (dt.date(2017, 1, 1), dt.date(2017, 6, 30)),
    (dt.date(2017, 7, 1), dt.date(2017, 12, 31)),
]
ON = dt.date(2017, 12, 31)
SHORT = {"measured": "+", "missing": "M", "not_due": "-", "unscheduled": ".", "ahead": ">"}


def found(values, on=ON, semesters=SEMESTERS, **given):
    return schedule(logframe(), indicators(indicator(**given)), outcomes(*values), semesters, on)


def told(values, **given):
    return "".join(SHORT[status] for status in found(values, **given).cells["status"])


@pytest.mark.parametrize(
    ("frequency", "days", "expected"),
    [
        ("semestrale", ["2016-06-30", "2016-12-31", "2017-06-30", "2017-12-31"], "++++"),
        ("semestrale", ["2016-06-30", "2017-12-31"], "+MM+"),
        ("semestrale", [], "MMMM"),
        (
            "semestrale",
            ["2016-07-15", "2017-08-01"],
            "M+M+",
        ),  # late by days is late: the semester has no value
        ("Semestrale ", ["2016-06-30"], "+MMM"),  # as a person writes it
        ("trimestrale", ["2016-03-31", "2016-06-30"], "+MMM"),
        (None, ["2016-06-30"], "+MMM"),  # no frequency: the study's semesters
        ("ogni tanto", ["2016-06-30"], "+MMM"),  # a word that nobody knows is read as half-yearly
        ("annuale", ["2016-12-31", "2017-12-31"], "-+-+"),
        ("annuale", ["2016-12-31"], "-+-M"),
        ("annuale", [], "-MMM"),
        ("rilevazione", ["2017-03-15"], "..+."),
    ],
)
def test_status_of_each_semester(frequency, days, expected):
    assert told([("i1", day, 5) for day in days], frequency=frequency) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            {"baseline_date": "2017-03-01"},
            "---M",
        ),  # nothing is due before the baseline, nor within six months of it
        ({"baseline_date": "2016-01-01"}, "MMMM"),
        ({"target_date": "2016-12-31"}, "MM--"),  # nothing is due once the target date has passed
        ({"on": dt.date(2017, 3, 1)}, "MM>>"),
        ({"on": dt.date(2017, 6, 30)}, "MMM>"),
    ],
)
def test_due_only_between_baseline_and_target_and_up_to_the_day(given, expected):
    assert told([], **given) == expected


def test_the_latest_value_of_a_semester_and_how_many_there_were():
    cells = found([("i1", "2016-02-01", 1), ("i1", "2016-05-01", 3, 9), ("i1", "2018-03-01", 8)]).cells
    assert cells["value"].tolist()[:1] == [3] and cells["n"].tolist()[:1] == [9]
    assert cells["measurements"].tolist() == [2, 0, 0, 0]


def test_what_falls_in_no_semester_is_flagged_and_what_comes_after_the_day_is_not_used():
    got = found([("i1", "2015-12-31", 1), ("i1", "2016-12-31", 2), ("i1", "2017-12-31", 4)], on=dt.date(2017, 6, 30))  # fmt: skip
    assert got.outside.values.tolist() == [["i1", "1", 1]]
    assert got.cells["value"].isna().tolist() == [True, False, True, True]


def test_an_unread_frequency_is_flagged():
    assert found([], frequency="ogni tanto").unread == ("i1",)
    assert found([], frequency=None).unread == () and found([], frequency="annuale").unread == ()
    assert months_between(indicators(indicator(frequency="quarterly"))["frequency"]).tolist() == [3]


def test_missing_measurements_are_listed_and_counted():
    rows = [indicator("a"), indicator("b", frequency="rilevazione")]
    got = schedule(logframe(), indicators(*rows), outcomes(("a", "2016-06-30", 1)), SEMESTERS, ON)
    assert got.missing()["semester"].tolist() == [2, 3, 4]
    assert [text["it"] for text in got.missing()["indicator"]] == ["indicatore a"] * 3
    table = got.table()
    assert table["missing"].tolist() == [0, 1, 1, 1] and table["unscheduled"].tolist() == [1] * 4
    assert table["due"].tolist() == [1, 1, 1, 1] and table["complete"].tolist() == [1, 0, 0, 0]
    nothing = schedule(logframe(), indicators(rows[1]), outcomes(), SEMESTERS, ON).table()
    assert nothing["complete"].isna().all()


def test_wide_tables_leave_a_missing_value_empty_and_say_why_beside():
    got = found([("i1", "2016-06-30", 4)], unit="persone")
    values, statuses = got.values(), got.statuses()
    assert values[["s1", "s2"]].iloc[0].tolist() == pytest.approx([4, np.nan], nan_ok=True)
    assert values["n1"].tolist() == [4] and values.attrs["columns"]["s1"]["n"] == "n1"
    assert statuses[["s1", "s2"]].iloc[0].tolist() == ["measured", "missing"]
    for frame in (values, statuses, got.series(), got.missing(), got.table()):
        assert resolve(frame, None, "test", None)


@pytest.mark.parametrize(
    "semesters",
    [[], SEMESTERS[::-1], [SEMESTERS[0], SEMESTERS[0]], [(dt.date(2016, 6, 30), dt.date(2016, 1, 1))]],
)
def test_semesters_that_overlap_or_run_backwards_are_refused(semesters):
    with pytest.raises(EstimateError):
        found([], semesters=semesters)


def test_a_quarterly_day_at_the_end_of_a_month_is_read_by_the_calendar():
    late = [(dt.date(2016, 9, 1), dt.date(2017, 2, 28)), (dt.date(2017, 3, 1), dt.date(2017, 8, 31))]
    assert told([("i1", "2016-08-31", 1)], semesters=late, on=dt.date(2017, 8, 31)) == "MM"
