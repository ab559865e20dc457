"""Progress that reads the same for indicators that must rise and that must fall; lights by their thresholds; what is flagged, with its rows."""

import datetime as dt

import numpy as np
import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact import progress as found
from analysis.impact.indicators import CRITERIA, Rule, declared_rule, definitions_table
from tests.impact.logframe import END, MIDDLE, START, indicator, indicators, logframe, outcomes

EXACT = 1e-12  # arithmetic of a few operations
ON = dt.date(2017, 1, 1)


def one(value, on=ON, day=MIDDLE, rule=None, n=None, **given):
    """The row of one indicator, measured once."""
    measured = outcomes(*([] if value is None else [("i1", day, value, n)]))
    return found.progress(logframe(), indicators(indicator(**given)), measured, on, rule)


def several(rows, on=ON):
    """The rows of many indicators at once, one measurement each: (what is given of the indicator, day, value)."""
    plan = [indicator(f"i{k:02d}", **given) for k, (given, _, _) in enumerate(rows)]
    values = [(f"i{k:02d}", day, value) for k, (_, day, value) in enumerate(rows) if value is not None]
    return found.progress(logframe(), indicators(*plan), outcomes(*values), on)


DISTANCES = [
    # direction, baseline, target, value, progress; first indicators that must rise
    ("increase", 0, 100, 0, 0.0),
    ("increase", 0, 100, 50, 0.5),
    ("increase", 0, 100, 100, 1.0),
    ("increase", 0, 100, 120, 1.2),
    ("increase", 20, 100, 10, -0.125),
    ("increase", -10, 10, 0, 0.5),
    (
        "increase",
        2505,
        15000,
        12980,
        10475 / 12495,
    ),  # the example of OPSYS: wikis.ec.europa.eu, page 33522203
    # then indicators that must fall
    ("decrease", 3.7, 3.3, 3.7, 0.0),
    ("decrease", 3.7, 3.3, 3.5, 0.5),
    ("decrease", 3.7, 3.3, 3.3, 1.0),
    ("decrease", 3.7, 3.3, 3.2, 1.25),
    ("decrease", 3.7, 3.3, 3.9, -0.5),
    ("decrease", 40, 0, 10, 0.75),
    ("decrease", 10, -10, 15, -0.25),
]


def test_share_of_the_distance_from_baseline_to_target():
    given = [({"direction": way, "baseline": base, "target": aim}, MIDDLE, value) for way, base, aim, value, _ in DISTANCES]  # fmt: skip
    assert several(given).rows["progress"].tolist() == pytest.approx([row[-1] for row in DISTANCES], abs=1e-9)


def test_turning_the_scale_round_changes_nothing():
    fall = {"direction": "decrease", "baseline": -0.0, "target": -100.0}
    values = (3.0, 41.0, 77.5)
    rows = several([*(({}, MIDDLE, value) for value in values), *((fall, MIDDLE, -value) for value in values)]).rows  # fmt: skip
    for name in ("progress", "light"):
        assert rows[name].tolist()[:3] == rows[name].tolist()[3:]


def test_progress_expected_is_the_share_of_the_time_that_had_passed_at_the_measurement():
    days = {START: 0.0, "2016-07-01": 182 / 731, MIDDLE: 366 / 731, END: 1.0, "2018-06-01": 1.0}
    rows = several([({}, day, 10) for day in days], on=dt.date(2019, 1, 1)).rows
    assert rows["expected"].tolist() == pytest.approx(list(days.values()), abs=EXACT)


RULE = Rule(green=0.9, amber=0.6, earliest=0.1, oldest=12)
HALF = {"baseline_date": "2016-01-01", "target_date": "2018-01-02"}  # 366 of 732 days at the middle


def test_a_light_compares_progress_with_the_half_expected():
    values = {45: "green", 44.9: "amber", 30: "amber", 29.9: "red", -5: "red", 100: "green", 140: "green"}
    rows = several([(HALF, MIDDLE, value) for value in values]).rows
    assert rows["light"].tolist() == list(values.values()) and rows["reason"].isna().all()


def test_the_thresholds_are_those_declared_or_given():
    assert declared_rule() == RULE
    assert one(30, rule=Rule(0.6, 0.5, 0.1, 12), **HALF).rows["light"].tolist() == ["green"]
    for wrong in ((0.5, 0.6, 0.1, 12), (0.9, 0.0, 0.1, 12), (0.9, 0.6, 1.0, 12), (0.9, 0.6, 0.1, 0)):
        with pytest.raises(EstimateError):
            Rule(*wrong)


UNLIT = [
    # what is wrong, value, reason, whether progress can be computed all the same
    ({"baseline": None}, 50, "no_baseline", False),
    ({"target": None}, 50, "no_target", False),
    ({"target": -1.0}, 50, "wrong_direction", False),
    ({"direction": "decrease"}, 50, "wrong_direction", False),
    ({"target": 0.0}, 50, "no_distance", False),
    ({}, None, "not_measured", False),
    ({"baseline_date": "2017-06-01"}, 50, "before_baseline", False),
    ({"target_date": None}, 50, "no_dates", True),
    ({"baseline_date": None}, 50, "no_dates", True),
    ({"target_date": START}, 50, "dates_reversed", True),
    ({"baseline_date": "2016-12-01", "target_date": "2018-12-01"}, 5, "too_early", True),
]


def test_no_light_without_a_reason_and_its_row():
    got = several([(given, MIDDLE, value) for given, value, _, _ in UNLIT])
    assert got.rows["light"].tolist() == ["grey"] * len(UNLIT)
    assert got.rows["reason"].tolist() == [reason for _, _, reason, _ in UNLIT]
    assert np.isfinite(got.rows["progress"]).tolist() == [computed for *_, computed in UNLIT]
    flags = got.flags.set_index(["flag", "indicator"])
    for k, (_, _, reason, _) in enumerate(UNLIT):
        flag = flags.loc[(reason, f"i{k:02d}")]
        assert (flag["table"], flag["rows"], flag["entries"]) == ("indicators", str(k + 1), 1)


def test_a_target_already_reached_is_green_at_any_time():
    early = {"baseline_date": "2016-12-01", "target_date": "2018-12-01"}
    assert one(100, **early).rows["light"].tolist() == ["green"]
    assert one(100, target_date=None).rows["light"].tolist() == ["green"]


def test_value_over_target_only_where_it_has_a_meaning():
    rows = [
        (80, 60, 0.75),
        (0.8, 0.84, 1.05),
        (0, 1, np.nan),
        (-5, -2, np.nan),
        (10, -1, np.nan),
    ]  # target, value, ratio
    got = several([({"baseline": None, "target": target}, MIDDLE, value) for target, value, _ in rows])
    assert got.rows["of_target"].tolist() == pytest.approx([ratio for *_, ratio in rows], nan_ok=True)
    undefined = got.flags.loc[got.flags["flag"] == "ratio_undefined", "rows"]
    assert undefined.tolist() == ["3", "4", "5"]


def test_the_latest_measurement_counts_and_later_ones_are_flagged_not_used():
    values = [("i1", "2016-06-30", 10), ("i1", "2018-06-30", 99), ("i1", "2016-12-31", 40, 12), ("i1", "2017-06-30", 80)]  # fmt: skip
    got = found.progress(logframe(), indicators(), outcomes(*values), ON)
    row = got.rows.iloc[0]
    assert (row["value"], row["n"], str(row["measured_on"].date())) == (40, 12, "2016-12-31")
    later = got.flags[got.flags["flag"] == "later"].iloc[0]
    assert (later["table"], later["rows"], later["entries"]) == ("outcomes", "2, 4", 2)


def test_an_old_measurement_is_flagged_but_not_one_at_the_target_date():
    assert "old" in set(one(10, on=dt.date(2018, 2, 1), day="2016-12-31").flags["flag"])
    assert "old" not in set(one(10, on=dt.date(2020, 2, 1), day=END).flags["flag"])


def test_no_interval_is_made_up():
    got = found.progress(
        logframe(),
        indicators(indicator("a"), indicator("b"), indicator("c"), indicator("d", unit="persone")),
        outcomes(("a", MIDDLE, 3.5, 40), ("b", MIDDLE, 7), ("d", MIDDLE, 30)),
        ON,
    )
    assert got.rows["uncertainty"].tolist() == ["no_interval", "neither", None, "neither"]
    assert not {"low", "high", "se"} & set(got.rows.columns)


def test_every_criterion_is_listed_those_without_indicators_too():
    rows = [indicator("a", dac="effectiveness"), indicator("b", dac="effectiveness"), indicator("c", dac="impact"), indicator("d", dac=None)]  # fmt: skip
    got = found.progress(logframe(), indicators(*rows), outcomes(("a", MIDDLE, 60), ("c", MIDDLE, 1)), ON)
    table = got.criteria().set_index("dac")
    assert table.index.tolist() == [*CRITERIA, "none"]
    assert table["indicators"].tolist() == [0, 0, 2, 0, 1, 0, 1]
    assert table.loc["effectiveness", ["measured", "green", "grey"]].tolist() == [1, 1, 1]
    assert table.loc["impact", "red"] == 1
    assert "no_criterion" in set(got.flags["flag"])
    assert got.levels().set_index("level")["indicators"].to_dict() == {"impact": 0, "outcome": 0, "output": 4, "activity": 0, "input": 0}  # fmt: skip


def test_indicators_stand_in_the_order_of_levels_impact_first():
    rows = [indicator("a", result="r3"), indicator("b", result="r1"), indicator("c", result="r2"), indicator("d", result="r1")]  # fmt: skip
    got = found.progress(logframe(), indicators(*rows), outcomes(), ON).rows
    assert got["indicator"].tolist() == ["b", "d", "c", "a"] and got["row"].tolist() == [2, 4, 3, 1]


def test_whole_numbers_and_decimals_are_printed_apart():
    rows = [indicator("a"), indicator("b", baseline=3.7, target=3.3, direction="decrease")]
    got = found.progress(logframe(), indicators(*rows), outcomes(("a", MIDDLE, 40), ("b", MIDDLE, 3.5)), ON)
    digits = {whole: got.table(whole).attrs["columns"]["value"]["digits"] for whole in (True, False, None)}
    assert digits == {True: 0, False: 2, None: 2}
    assert [len(got.table(whole)) for whole in (True, False, None)] == [1, 1, 2]


def test_a_baseline_of_few_persons_stands_behind_progress_too():
    got = one(40, unit="persone", baseline=3).table()
    assert (got["n_baseline"][0], got["n_both"][0], got["behind"][0]) == (3, 3, 40)


def test_tables_are_specified_for_the_door():
    got = one(50, unit="persone", n=None)
    for frame in (got.table(), got.chart(), got.detail(), got.flags_table(), got.criteria(), got.levels(), definitions_table(got.rows)):  # fmt: skip
        assert resolve(frame, None, "test", None)
    assert found.progress(logframe(), indicators().iloc[:0], outcomes(), ON).table().empty
