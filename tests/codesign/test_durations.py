"""Time in stage and ends of ideas: a register of six ideas written out by hand, and what is known without any open idea."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import durations
from analysis.errors import EstimateError

END = dt.date(2018, 12, 31)
REGISTER = [  # idea, stage, date, promoter
    ("i1", "proposed", "2018-01-01", "bank"),
    ("i1", "feasibility", "2018-01-11", "bank"),  # 10 days
    ("i1", "prototype", "2018-02-10", "bank"),  # 30 days
    ("i1", "service", "2018-02-20", "bank"),
    ("i2", "proposed", "2018-01-01", "coop"),
    ("i2", "dropped", "2018-01-21", "coop"),  # 20 days
    ("i3", "proposed", "2018-01-01", "coop"),
    ("i3", "merged", "2018-01-31", "coop"),  # 30 days
    ("i4", "proposed", "2018-12-26", "ann"),  # open, 5 days
    ("i5", "proposed", "2018-01-01", None),
    ("i5", "feasibility", "2018-02-10", None),  # 40 days; then open
    ("i6", "proposed", "2018-12-06", "coop"),  # open, 25 days
]


@pytest.fixture
def ideas():
    frame = pd.DataFrame(REGISTER, columns=["idea", "stage", "date", "promoter"])
    return frame.assign(date=pd.to_datetime(frame["date"]))


@pytest.fixture
def types():
    return pd.Series({"bank": "profit", "coop": "nonprofit", "ann": "citizen"})


def test_a_stay_ends_when_the_idea_passes_is_dropped_merged_or_the_record_ends(ideas):
    found = durations.spells(ideas, END).set_index(["idea", "stage"])
    assert found.loc[("i1", "proposed")].tolist() == [10, "passed"]
    assert found.loc[("i1", "prototype")].tolist() == [10, "passed"]
    assert found.loc[("i2", "proposed")].tolist() == [20, "dropped"]
    assert found.loc[("i3", "proposed")].tolist() == [30, "merged"]
    assert found.loc[("i4", "proposed")].tolist() == [5, "open"]
    assert found.loc[("i5", "feasibility")].tolist() == [324, "open"]
    assert "service" not in found.index.get_level_values("stage")


def test_kaplan_meier_by_hand(ideas):
    curve = durations.in_stage(durations.spells(ideas, END), "proposed")
    # stays of 5+, 10, 20, 25+, 30, 40 days
    assert curve.day.tolist() == [10, 20, 30, 40]
    assert curve.at_risk.tolist() == [5, 4, 2, 1]
    assert curve.still == pytest.approx([4 / 5, 3 / 5, 3 / 10, 0])
    assert curve.low == pytest.approx([4 / 6, 3 / 6, 1 / 6, 0])
    assert curve.high == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6])
    assert (curve.median, curve.median_bounds) == (30, (20, 30))
    assert (curve.ideas, curve.left) == (6, 4)


@pytest.mark.parametrize("seed", range(5))
def test_the_curve_lies_within_its_bounds_and_they_meet_where_nothing_is_open(seed):
    rng = np.random.default_rng(seed)
    found = pd.DataFrame(
        {
            "stage": "proposed",
            "days": rng.integers(1, 60, 80),
            "left": rng.choice(["passed", "open"], 80, p=[0.7, 0.3]),
        }
    )
    curve = durations.in_stage(found, "proposed")
    assert (curve.low <= curve.still + 1e-12).all() and (curve.still <= curve.high + 1e-12).all()
    closed = durations.in_stage(found.assign(left="passed"), "proposed")
    assert closed.still == pytest.approx(closed.low) and closed.low == pytest.approx(closed.high)


def test_a_median_that_is_not_reached_is_missing(ideas):
    open_only = durations.spells(ideas, END).query("idea in ['i4', 'i6', 'i2']")
    curve = durations.in_stage(open_only, "proposed")
    assert curve.median == 20 and curve.median_bounds[0] == 20 and np.isnan(curve.median_bounds[1])
    table = durations.medians_table([curve])
    assert table["still_open"].item() == 2 and np.isnan(table["most_days"].item())


def test_ends_are_cumulative_incidences(ideas):
    found = durations.fates(ideas, END)
    table = found.table().set_index(["days", "fate"])["share"]
    assert table[(0.0, "under_way")] == 1
    # the ends of all six, days since proposal: i2 dropped 20, i3 merged 30, i1 service 50; open: i4 5, i6 25, i5 364
    assert table[(20.0, "dropped")] == pytest.approx(1 / 5)
    assert table[(30.0, "merged")] == pytest.approx(4 / 5 * 1 / 3)
    assert table[(50.0, "service")] == pytest.approx(4 / 5 * 2 / 3 * 1 / 2)
    assert found.table().groupby("days")["share"].sum().tolist() == pytest.approx([1] * 7)


def test_without_open_ideas_incidence_is_a_share(ideas):
    done = ideas[ideas["idea"].isin(["i1", "i2", "i3"])]
    last = durations.fates(done, END).table().groupby("fate", sort=False)["share"].last()
    assert last[["service", "dropped", "merged"]].tolist() == pytest.approx([1 / 3] * 3)


def test_nothing_has_ended_yet(ideas):
    found = durations.fates(ideas[ideas["idea"].isin(["i4", "i6"])], END)
    assert not found.shares.any() and found.ideas == 2


def test_promoters_by_type(ideas, types):
    table = durations.by_promoter(ideas, types).set_index("promoter")
    assert table.loc["nonprofit"].tolist() == [3, 0, 1, 1, 1]
    assert table.loc["profit"].tolist() == [1, 1, 0, 0, 0]
    assert table["proposed"].sum() == 6 and table.loc["none", "under_way"] == 1
    with pytest.raises(EstimateError, match=r"ann.*actors"):
        durations.by_promoter(ideas, types.drop("ann"))


def test_a_register_that_cannot_be_is_refused_with_all_its_faults(ideas):
    wrong = pd.concat(
        [
            ideas,
            pd.DataFrame(
                [
                    ("i7", "proposed", pd.Timestamp("2019-03-01"), "coop"),  # after the end
                    ("i8", "proposed", pd.NaT, "coop"),
                    ("i9", "dropped", pd.Timestamp("2018-03-01"), "coop"),  # no stage before
                    ("i2", "feasibility", pd.Timestamp("2017-03-01"), "coop"),  # before its proposal
                    ("i3", "pilot", pd.Timestamp("2018-03-01"), "coop"),
                ],
                columns=ideas.columns,
            ),
        ],
        ignore_index=True,
    )
    with pytest.raises(EstimateError) as caught:
        durations.spells(wrong, END)
    text = str(caught.value)
    for row in ("13", "14", "15", "16", "17"):
        assert f" {row}" in text, text
    with pytest.raises(EstimateError, match="date"):
        durations.spells(ideas.drop(columns="date"), END)
    with pytest.raises(EstimateError, match="prototype"):
        durations.in_stage(durations.spells(ideas[ideas["idea"] == "i2"], END), "prototype")


def test_an_idea_that_ends_on_the_day_it_was_proposed_counts_once_on_day_nought():
    ideas = pd.DataFrame(
        {
            "idea": ["a", "a", "b", "b", "c"],
            "stage": ["proposed", "dropped", "proposed", "feasibility", "proposed"],
            "date": pd.to_datetime(["2017-01-02", "2017-01-02", "2017-01-02", "2017-03-01", "2017-02-01"]),
        }
    )
    table = durations.fates(ideas, dt.date(2017, 12, 31)).table()
    assert not table.duplicated(["days", "fate"]).any()
    first = table[table["days"] == 0].set_index("fate")["share"]
    assert first["dropped"] == pytest.approx(1 / 3)
