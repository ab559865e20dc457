"""Retention and waiting: the classic remission times of Freireich et al. (1963) as durations, and a register of eight written out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, TooFewError
from analysis.resources import people as volunteers
from analysis.resources import volunteer_survival as survival
from tests.resources.volunteers import END, people, specified

PRINTED = 5e-4  # three printed digits
# Weeks in remission, + censored: 6-MP and placebo (Freireich et al. 1963), in every textbook of survival analysis; bounds as R's survfit(conf.type = "log-log") prints them.
DRUG = [(6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0), (20, 0), (22, 1), (23, 1), (25, 0), (32, 0), (32, 0), (34, 0), (35, 0)]  # fmt: skip
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
DRUG_SHARES = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
DRUG_LOW = [0.620, 0.563, 0.503, 0.432, 0.368, 0.268, 0.188]
DRUG_HIGH = [0.952, 0.923, 0.889, 0.849, 0.805, 0.747, 0.680]
LOG_RANK = 16.79  # χ² on 1 degree of freedom


def remission():
    """The remission times as a register of volunteers: drug = "company", placebo = "web"."""
    rows = [*((days, bool(left), "company") for days, left in DRUG), *((days, True, "web") for days in PLACEBO)]  # fmt: skip
    end = pd.Timestamp("2018-12-31")
    begin = [end - pd.Timedelta(days=days) if not left else pd.Timestamp("2018-01-01") for days, left, _ in rows]  # fmt: skip
    frame = pd.DataFrame(
        {
            "person": [f"p{k}" for k in range(len(rows))],
            "recruited": begin,
            "contacted": begin,
            "first_shift": begin,
            "left": [start + pd.Timedelta(days=days) if left else pd.NaT for start, (days, left, _) in zip(begin, rows)],
            "channel": [channel for *_, channel in rows],
            "role": "tutor",
            "hours": 1.0,
        }
    )  # fmt: skip
    return volunteers.register(frame, END)


def test_kaplan_meier_and_its_intervals_as_in_the_textbooks():
    days, ended = np.array(DRUG, dtype=float).T
    curve = survival.kaplan_meier("drug", days, ended.astype(bool))
    assert curve.day.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.share == pytest.approx(DRUG_SHARES, abs=PRINTED)
    assert curve.low == pytest.approx(DRUG_LOW, abs=PRINTED)
    assert curve.high == pytest.approx(DRUG_HIGH, abs=PRINTED)
    median, low, high = curve.median()
    assert (median, low) == (23, 13) and np.isnan(high)


def test_log_rank_as_in_the_textbooks():
    found = survival.retention(remission(), "from_company")
    test = found.log_rank()
    assert test.statistic == pytest.approx(LOG_RANK, abs=0.005) and (test.df, test.persons, test.groups) == (1, 42, 2)  # fmt: skip
    assert test.p < 1e-4
    specified(test.table())


def test_retention_of_the_register_by_hand():
    # stays: v1 40 left, v2 343+, v3 164 left, v5 159+, v6 142+, v8 0+
    found = survival.retention(volunteers.register(people(), END))
    points = found.points((1, 5, 6))
    assert points["retained"].tolist() == pytest.approx([1.0, 4 / 5, 4 / 5 * 1 / 2])
    assert points["followed"].tolist() == [5, 3, 1] and points["persons"].tolist() == [6, 6, 6]
    assert points.loc[0, ["low", "high"]].isna().all()
    beyond = found.points((12, 24))
    assert beyond["retained"].isna().all()  # nobody was followed for so long
    assert found.medians().loc[0, ["persons", "events"]].tolist() == [6, 2]
    specified(points), specified(found.table()), specified(found.medians())
    by = survival.retention(volunteers.register(people(), END), "channel").points()
    assert by["channel"].tolist()[-2:] == ["total", "total"] and "unstated" in set(by["channel"])


def test_waiting_is_censored_at_the_end_and_at_the_exit():
    # waits: v1 10, v2 10, v3 0, v4 331+, v5 20, v7 30+, v8 30; v6 has no contact
    found = survival.wait(volunteers.register(people(), END))
    assert found.missing == 1 and found.all.persons == 7 and found.all.events == 5
    assert found.all.day.tolist() == [0, 10, 20, 30]
    assert found.all.share == pytest.approx([6 / 7, 4 / 7, 3 / 7, 3 / 7 * 2 / 3])
    assert found.medians().loc[0, "median"] == 20
    table = found.table((0, 2, 4))
    assert table["started"].tolist() == [1, 3, 4] and table["share"].tolist() == pytest.approx([1 / 7, 3 / 7, 4 / 7])  # fmt: skip
    assert (table["low"].dropna() <= table["share"][table["low"].notna()]).all()
    specified(table), specified(found.medians())


def test_who_all_stay_have_a_curve_without_a_step(english):
    stay = people(v1={"left": pd.NaT}, v3={"left": pd.NaT})
    found = survival.retention(volunteers.register(stay, END), "from_company")
    assert found.points((3,))["retained"].tolist() == [1.0, 1.0, 1.0, 1.0]
    assert np.isnan(found.all.median()[0])
    with pytest.raises(EstimateError, match="fewer than two groups, or no event"):
        found.log_rank()
    with pytest.raises(EstimateError, match="fewer than two groups"):
        survival.retention(volunteers.register(people(), END)).log_rank()
    with pytest.raises(EstimateError, match="no date in 'first_shift'"):
        survival.retention(volunteers.register(people().iloc[[3]], END))


def test_all_gone_by_then_is_nothing_and_known():
    gone = survival.kaplan_meier("all", np.array([10.0, 20.0]), np.array([True, True]))
    assert gone.at(np.array([5.0, 15.0, 400.0]))["share"].tolist() == [1.0, 0.5, 0.0]


def test_the_curve_does_not_depend_on_the_order_or_on_the_day_it_is_moved_to():
    table = people()
    moved = table.assign(**{name: table[name] + pd.Timedelta(days=31) for name in ("recruited", "contacted", "first_shift", "left")})  # fmt: skip
    one = survival.retention(volunteers.register(table, END)).table()
    other = survival.retention(volunteers.register(moved.iloc[::-1], END + pd.Timedelta(days=31))).table()
    pd.testing.assert_frame_equal(one, other)


def test_months_that_nobody_was_followed_for_or_left_within_are_too_few(english):
    stay = survival.retention(volunteers.register(people(), END), "from_company")
    late = stay.table(1).query("from_company == 'total'").dropna(subset="low")["months"].to_list()
    assert stay.reached(late)["months"].tolist() == late
    for months in ((late[0], 999), (0, late[0])):
        with pytest.raises(TooFewError, match="nobody followed for so long, or nobody who left before"):
            stay.reached(months)
