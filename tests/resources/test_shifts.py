"""Coverage of shifts: a roster written out by hand, flags, groups, and the bootstrap of weeks."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.resources import shifts
from tests.resources.volunteers import SEMESTERS, specified

ROWS = [  # shift, date, service, role, needed, filled, hours
    ("h1", "2018-01-01", "z1", "driver", 2, 1, 4.0),
    ("h2", "2018-01-08", "z1", "driver", 4, 4, 2.0),
    ("h3", "2018-07-02", "z2", "tutor", 1, 3, 2.0),  # two more than needed
    ("h4", "2018-07-03", "z2", "tutor", 0, 1, 2.0),  # none needed
    ("h5", "2018-07-10", "z2", None, 3, 0, np.nan),
]


def roster(**changed):
    names = ("shift", "date", "service", "role", "needed", "filled", "hours")
    rows = [{**dict(zip(names, row)), **changed.get(str(row[0]), {})} for row in ROWS]
    frame = pd.DataFrame(rows, columns=list(names))
    return frame.assign(date=pd.to_datetime(frame["date"]))


def many(weeks=30, seed=2):
    """A roster over so many weeks, seven places a week."""
    rng = np.random.default_rng(seed)
    dates = pd.Timestamp("2018-01-01") + pd.to_timedelta(np.repeat(np.arange(weeks) * 7, 2), unit="D")
    needed = np.tile([3, 4], weeks)
    filled = rng.binomial(needed, np.repeat(rng.uniform(0.5, 1.0, weeks), 2))
    return pd.DataFrame(
        {"shift": [f"h{k}" for k in range(2 * weeks)], "date": dates, "service": "z1", "role": np.tile(["driver", "tutor"], weeks),
         "needed": needed, "filled": filled, "hours": 2.0}
    )  # fmt: skip


def test_what_is_odd_is_flagged_with_its_row():
    found = shifts.roster(roster(), SEMESTERS)
    assert found.flags.to_dict("records") == [
        {"row": 3, "shift": "h3", "reason": "more-than-needed"},
        {"row": 4, "shift": "h4", "reason": "none-needed"},
        {"row": 5, "shift": "h5", "reason": "no-length"},
    ]
    assert found.table()["reason"].iloc[1]["en"].startswith("no place needed")
    assert found.rows["semester"].tolist() == ["1", "1", "2", "2", "2"]
    specified(found.table())


def test_ratio_of_sums_a_surplus_covers_no_gap():
    table = shifts.coverage(shifts.roster(roster(), SEMESTERS), ("semester",)).table()
    assert table["semester"].tolist() == ["1", "2", "total"]
    assert table["needed"].tolist() == [6, 4, 10] and table["filled"].tolist() == [5, 1, 6]
    assert table["coverage"].tolist() == pytest.approx([5 / 6, 1 / 4, 6 / 10])
    assert table["hours"].tolist() == [1 * 4 + 4 * 2, 3 * 2 + 1 * 2, 20.0]
    assert table["shifts"].tolist() == [2, 2, 4] and table["weeks"].tolist() == [2, 2, 4]
    assert table[["low", "high"]].isna().all().all()  # too few weeks
    specified(table)


def test_groups_and_their_order():
    found = shifts.roster(roster(), [])
    assert shifts.coverage(found, ("semester",)).table()["semester"].tolist() == ["outside", "total"]
    both = shifts.coverage(shifts.roster(roster(), SEMESTERS), ("role", "semester")).table()
    assert both[["role", "semester"]].values.tolist() == [["driver", "1"], ["tutor", "2"], ["unstated", "2"], ["total", "total"]]  # fmt: skip
    assert shifts.coverage(found, ("month",)).table()["month"].tolist() == ["2018-01", "2018-07", "total"]
    only = roster(h5={"needed": 0})
    assert np.isnan(shifts.coverage(shifts.roster(only), ("role",)).table().set_index("role").loc["unstated", "coverage"])  # fmt: skip


def test_the_bootstrap_draws_whole_weeks_and_repeats_itself():
    found = shifts.roster(many())
    one, again = (shifts.coverage(found, seed=7).rows.iloc[0] for _ in range(2))
    assert one.equals(again)
    assert one["low"] < one["coverage"] < one["high"] <= 1
    other = shifts.coverage(found, ("role",), seed=7).rows.iloc[-1]
    assert other[["low", "high"]].tolist() == one[["low", "high"]].tolist()
    # every shift twice within its week: the same weeks, hence the same interval, though twice the shifts
    twice = pd.concat([many(), many().assign(shift=lambda f: f["shift"] + "b")])
    doubled = shifts.coverage(shifts.roster(twice), seed=7).rows.iloc[0]
    assert doubled[["coverage", "low", "high"]].tolist() == pytest.approx(one[["coverage", "low", "high"]].tolist())  # fmt: skip


def test_the_bootstrap_s_width_is_that_of_the_ratio_s_standard_error():
    frame = many(200)
    row = shifts.coverage(shifts.roster(frame), draws=4000).rows.iloc[0]
    weekly = frame.groupby(frame.index // 2)[["filled", "needed"]].sum()
    residual = weekly["filled"] - row["coverage"] * weekly["needed"]
    error = np.sqrt((residual**2).sum()) / weekly["needed"].sum()  # linearised
    assert (row["high"] - row["low"]) / (2 * 1.96 * error) == pytest.approx(1, abs=0.08)


def test_where_all_weeks_are_alike_there_is_no_interval():
    full = many().assign(filled=lambda f: f["needed"])
    row = shifts.coverage(shifts.roster(full)).rows.iloc[0]
    assert row["coverage"] == 1 and np.isnan(row["low"])


WRONG = [
    ({"h1": {"needed": -1}}, "shifts: row 1: places needed missing, negative or not whole"),
    ({"h2": {"filled": 1.5}}, "shifts: row 2: places filled missing, negative or not whole"),
    ({"h2": {"filled": np.nan}}, "shifts: row 2: places filled missing"),
    ({"h3": {"hours": 0.0}}, "shifts: row 3: a length of nothing or less"),
    ({"h4": {"date": pd.NaT}}, "shifts: row 4: the date is missing"),
    ({"h5": {"shift": "h4"}}, "shifts: row 4, 5: a shift without a name, or twice"),
]


@pytest.mark.parametrize(("changed", "told"), WRONG)
def test_bad_rows_are_refused(changed, told, english):
    with pytest.raises(EstimateError) as caught:
        shifts.roster(roster(**changed), SEMESTERS)
    assert told in str(caught.value)


def test_no_place_needed_and_unknown_groupings(english):
    none = shifts.roster(roster().assign(needed=0, filled=0))
    with pytest.raises(EstimateError, match="no place was needed"):
        shifts.coverage(none)
    for by in (("person",), ("role", "role")):
        with pytest.raises(EstimateError, match="allowed: role, service, semester, month"):
            shifts.coverage(shifts.roster(roster()), by)
    with pytest.raises(EstimateError, match="no rows"):
        shifts.roster(roster().head(0))


def test_weeks_are_those_of_the_calendar_across_the_new_year():
    frame = many(1).assign(date=pd.to_datetime(["2018-12-31", "2019-01-02"]))
    assert shifts.roster(frame, [(dt.date(2018, 7, 1), dt.date(2018, 12, 31))]).rows["week"].tolist() == [201901, 201901]  # fmt: skip
