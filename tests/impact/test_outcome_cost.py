"""Cost per outcome: sums over sums, joint costs that add up, no number from a denominator that is not above zero."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence import columns, disclosure
from analysis.impact import outcome_cost
from tests.impact.value_fixtures import HALVES, caseload, costs

EXACT = 1e-9  # relative: sums of the same numbers in another order

COSTS = [
    (1, None, "overhead", 1000, False),  # before any service: allocated over the whole period
    (2, None, "overhead", 600, False),
    (2, "a", "staff", 2000, False),
    (3, "a", "staff", 2000, False),
    (4, "a", "space", 500, True),
    (2, "b", "staff", 900, False),
    (3, "b", "goods", 300, True),
    (4, "b", "staff", 100, False),
    (3, "c", "staff", 400, False),
]
CASELOAD = [
    ("a", 2, 20, 5, 40.0),
    ("a", 3, 30, 10, 60.0),
    ("a", 4, 30, 5, 20.0),
    ("b", 2, 10, 4, 30.0),
    ("b", 3, 10, 1, 30.0),
    ("b", 4, 0, 0, 0.0),
    ("c", 3, 5, 0, 10.0),
]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


def found(key="persons", value=None, cost_rows=COSTS, case_rows=CASELOAD, **settings):
    settings = {"seed": 1, "draws": 400} | settings
    return outcome_cost.cost_per_outcome(
        costs(cost_rows), caseload(case_rows), HALVES, key, value, **settings
    )


def row(result, service):
    return result.rows.set_index("service").loc[service]


def test_the_ratio_is_all_costs_over_all_outcomes_and_no_mean_of_ratios():
    result = found()
    whole = row(result, "total")
    assert whole["cost_per_outcome"] == pytest.approx(7800 / 25, rel=EXACT)
    assert whole["cost_per_person"] == pytest.approx(7800 / 105, rel=EXACT)
    mean = result.rows.loc[result.rows["service"] != "total", "cost_per_person"].mean()
    assert whole["cost_per_person"] != pytest.approx(mean, rel=0.05)


def test_a_joint_cost_goes_by_the_key_of_its_semester_or_of_the_whole_period():
    """Key persons: of semester 2 a has 20 of 30, b 10; of all semesters a 80, b 20, c 5 of 105 (semester 1 has no service)."""
    result = found()
    shares = {
        "a": 600 * 20 / 30 + 1000 * 80 / 105,
        "b": 600 * 10 / 30 + 1000 * 20 / 105,
        "c": 1000 * 5 / 105,
    }
    for service, expected in shares.items():
        assert row(result, service)["joint_cash"] == pytest.approx(expected, rel=EXACT)


@pytest.mark.parametrize("key", outcome_cost.KEYS)
@pytest.mark.parametrize("value", [None, 3000.0, {"a": 1000.0, "c": 50.0}])
def test_allocated_costs_add_up_to_the_whole(key, value):
    result = found(key, value)
    services = result.rows[result.rows["service"] != "total"]
    whole = row(result, "total")
    given = 0.0 if value is None else sum(value.values()) if isinstance(value, dict) else value
    assert services["cost"].sum() == pytest.approx(whole["cost"], rel=EXACT)
    assert whole["cost"] == pytest.approx(7800 + given, rel=EXACT)
    assert whole["joint_cash"] == pytest.approx(1600, rel=EXACT)
    assert whole["in_kind"] == pytest.approx(800, rel=EXACT)
    assert result.units["cost"].sum() == pytest.approx(whole["cost"], rel=EXACT)


def test_allocation_of_any_pools_is_complete_and_scales():
    rng = np.random.default_rng(5)
    semester, weights = rng.integers(0, 6, 40), rng.random(40) * (rng.random(40) > 0.3)
    weights[semester == 2] = 0.0
    pools = rng.random(7) * 1000
    given = outcome_cost.allocate(pools, semester, weights)
    assert given.sum() == pytest.approx(pools.sum(), rel=EXACT)
    assert given == pytest.approx(outcome_cost.allocate(pools, semester, 7 * weights), rel=EXACT)
    assert 3 * given == pytest.approx(outcome_cost.allocate(3 * pools, semester, weights), rel=EXACT)
    assert (given[weights == 0] == 0).all()


def test_costs_in_another_unit_scale_the_ratio_and_its_interval():
    one = found()
    ten = found(cost_rows=[(s, z, c, 10 * amount, kind) for s, z, c, amount, kind in COSTS])
    names = ["cost_per_outcome", "cost_per_outcome_low", "cost_per_outcome_high"]
    assert ten.rows[names].to_numpy(float) == pytest.approx(
        10 * one.rows[names].to_numpy(float), rel=1e-9, nan_ok=True
    )


def test_the_order_of_the_rows_does_not_matter():
    one, other = found(), found(cost_rows=COSTS[::-1], case_rows=CASELOAD[::-1])
    pd.testing.assert_frame_equal(one.rows, other.rows)


def test_without_outcomes_there_is_no_ratio_but_a_row_with_its_reason():
    told = found().rows.set_index("service")
    assert np.isnan(told.loc["c", "cost_per_outcome"]) and told.loc["c", "reason"] == "no-outcomes"
    assert told.loc["c", "achieved"] == 0 and told.loc["c", "cost_per_person"] > 0
    none = found(case_rows=[("a", 2, 0, 0, 1.0)], key="hours").rows.set_index("service")
    assert none[["cost_per_person", "cost_per_outcome"]].isna().all(axis=None)
    assert none.loc["b", "reason"] == "no-caseload" and none.loc["total", "reason"] == "no-outcomes"
    free = found(cost_rows=COSTS[2:3]).rows.set_index("service")
    assert free.loc["b", "reason"] == "no-costs" and np.isnan(free.loc["b", "cost_per_person"])


def test_outcomes_that_were_not_recorded_leave_with_their_costs():
    some = [("a", 2, 20, pd.NA, 40.0), *CASELOAD[1:]]
    result = found(case_rows=some)
    a = row(result, "a")
    left = result.units.query("service == 'a' and semester != 2")["cost"].sum()
    assert a["counted"] == pytest.approx(left, rel=EXACT) and a["achieved"] == 15
    assert a["cost_per_outcome"] == pytest.approx(left / 15, rel=EXACT)
    assert a["cost"] > a["counted"]
    never = [(z, s, n, pd.NA if z == "a" else k, h) for z, s, n, k, h in CASELOAD]
    told = found(case_rows=never).rows.set_index("service")
    assert told.loc["a", "reason"] == "not-recorded" and np.isnan(told.loc["a", "achieved"])
    assert told.loc["total", "achieved"] == 5


def test_time_of_volunteers_counts_once_on_the_basis_given():
    books = [*COSTS, (3, "a", "volunteers", 700, True)]
    plain, replaced, without = found(cost_rows=books), found(cost_rows=books, value={"a": 900.0}), found()
    assert plain.valued and row(plain, "a")["volunteers"] == 700 and plain.set_aside == 0
    assert row(replaced, "a")["volunteers"] == pytest.approx(900) and replaced.set_aside == 700
    assert row(replaced, "total")["cost"] == pytest.approx(8700, rel=EXACT)
    assert not without.valued and without.allocation()["volunteers"].isna().all()


def test_intervals_hold_the_estimate_and_stand_on_their_seed():
    rng = np.random.default_rng(2)
    names = [f"s{k:02d}" for k in range(12)]
    rows = [(s, z, "staff", 500 + rng.integers(900), False) for z in names for s in (1, 2, 3, 4)]
    cases = [(z, s, 20, int(rng.integers(1, 9)), 1.0) for z in names for s in (1, 2, 3, 4)]
    one, again, other = (found(cost_rows=rows, case_rows=cases, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.rows, again.rows)
    assert (one.rows["cost_per_outcome_low"] != other.rows["cost_per_outcome_low"]).any()
    inside = one.rows["cost_per_outcome"].between(
        one.rows["cost_per_outcome_low"], one.rows["cost_per_outcome_high"]
    )
    assert inside.all() and set(one.rows["basis"]) == {"semesters", "services"}
    assert row(one, "total")["resampled"] == 12 and row(one, "s01")["resampled"] == 4


def test_with_few_semesters_or_resamples_without_outcomes_there_is_no_interval():
    told = found().rows.set_index("service")
    assert told.loc["c", "basis"] == "few" and told.loc["total", "basis"] == "few"
    assert told.loc["total", "resampled"] == 3 < outcome_cost.LEAST["services"]
    sparse = [("a", 1, 9, 1, 1.0), ("a", 2, 9, 0, 1.0), ("a", 3, 9, 0, 1.0), ("a", 4, 9, 0, 1.0)]
    told = found(case_rows=sparse, cost_rows=[(s, "a", "staff", 100, False) for s in (1, 2, 3, 4)]).rows
    first = told.iloc[0]
    assert first["cost_per_outcome"] == 400 and first["basis"] == "unbounded"
    assert np.isnan(first["cost_per_outcome_low"]) and np.isfinite(first["cost_per_person_low"])


@pytest.mark.parametrize(
    ("cost_rows", "case_rows", "settings", "place"),
    [
        ([*COSTS, (1, "a", "staff", -5, False)], CASELOAD, {}, "costs: row 10, amount"),
        ([*COSTS, (1, "a", "staff", np.nan, False)], CASELOAD, {}, "costs: row 10, amount"),
        (COSTS, [*CASELOAD, ("c", 3, 1, 1, 1.0)], {}, "caseload: row 7, 8, service, semester"),
        (COSTS, [("a", 2, 3, 4, 1.0)], {}, "caseload: row 1, achieved"),
        (COSTS, [("a", 9, 3, 3, 1.0)], {}, "caseload: row 1, semester"),
        (COSTS, [("a", 2, 3, 3, np.nan)], {"key": "hours"}, "caseload: row 1, hours"),
        (COSTS, [("a", 2, 0, 0, 1.0)], {"key": "persons"}, "joint costs: the key is zero"),
        (COSTS, CASELOAD, {"key": "area"}, "key: unknown key 'area'"),
        (COSTS, CASELOAD, {"value": -1.0}, "volunteer_value"),
        (COSTS, CASELOAD, {"value": {"z": 5.0}}, "volunteer_value: services without costs or caseload: z"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_place(cost_rows, case_rows, settings, place):
    with pytest.raises(EstimateError) as raised:
        found(cost_rows=cost_rows, case_rows=case_rows, **settings)
    assert place in str(raised.value)


def test_entries_doubled_of_nobody_or_outside_the_semesters_are_refused_together():
    frame = costs(COSTS)
    frame.loc[1, "cost"] = "x0"
    frame.loc[2, "service"] = None
    frame.loc[3, "joint"] = "yes"
    frame.loc[4, "date"] = pd.Timestamp("2019-01-01")
    with pytest.raises(EstimateError) as raised:
        outcome_cost.cost_per_outcome(frame, caseload(CASELOAD), HALVES, "equal", seed=1)
    told = str(raised.value)
    for part in ("row 1, 2, cost", "row 3, service, joint", "row 4, service, joint", "row 5, date"):
        assert part in told


def test_flags_are_read_as_codes_or_as_truth():
    assert outcome_cost.flagged(pd.Series(["yes", "no", None], dtype="str")).tolist() == [True, False, False]
    assert outcome_cost.flagged(pd.Series([True, False, None], dtype="boolean")).tolist() == [
        True,
        False,
        False,
    ]


def test_a_small_count_cannot_be_worked_out_from_the_total():
    rows = [(s, z, "staff", 500, False) for z in "abc" for s in (1, 2, 3, 4)]
    cases = [
        (z, s, 40, int(z != "c" or s < 3) * (5 if z != "c" else 1), 1.0) for z in "abc" for s in (1, 2, 3, 4)
    ]
    table = found(cost_rows=rows, case_rows=cases).table()
    told, _ = disclosure.protect(table, columns.resolve(table, None, "test", None), disclosure.Rules())
    hidden = told.set_index("service")["achieved"].isna()
    assert hidden["c"] and hidden.sum() == 2 and not hidden["total"]


def test_tables_say_what_their_columns_are():
    for frame in (found().table(), found(value=10.0).allocation()):
        columns.resolve(frame, None, "test", None)
