"""Roll-out over years: against every possible plan of tiny instances, its refusals, and all of Italy."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.scaling import cost, programme, rollout
from analysis.scaling.rollout import Terms

VALUES = {
    "fixed": 1000.0,
    "place": 300.0,
    "manager": 900.0,
    "capacity": 10.0,
    "person": 20.0,
    "enrolled": 0.1,
    "retained": 0.06,
}
SAME = 1e-6  # solver's tolerance, relative


def towns(people, provinces) -> pd.DataFrame:
    names = [f"T{i}" for i in range(len(people))]
    return pd.DataFrame(
        {
            "code": names,
            "name": names,
            "province": list(provinces),
            "region": "R",
            "lon": 9.0 + np.arange(len(people)) / 10,
            "lat": 45.0,
            "eligible": np.asarray(people, dtype=float),
        }
    )


def every_plan(places: pd.DataFrame, terms: Terms) -> float | None:
    """Most person-years over all (T + 1)^n plans that keep to the terms; None where none does."""
    people, years = places["eligible"].to_numpy(), len(terms.budgets)
    lines = {key: VALUES[key] for key in ("fixed", "place", "manager", "capacity", "person")}
    provinces = places["province"].unique()
    best = None
    for start in itertools.product(range(years + 1), repeat=len(people)):
        start = np.array(start)
        value, fits = 0.0, True
        for year, budget in enumerate(terms.budgets, 1):
            served = (start > 0) & (start <= year)
            reach = people[served].sum()
            enrolled = round(VALUES["enrolled"] * reach, 9)
            fits &= float(cost.stepwise(enrolled, served.sum(), **lines)[1]) <= budget + SAME
            fits &= not terms.starts or (start == year).sum() <= terms.starts
            value += VALUES["retained"] * reach / (1 + terms.discount) ** (year - 1)
        kept = [
            people[(start > 0) & (places["province"] == name)].sum()
            >= terms.floor * people[places["province"] == name].sum() - SAME
            for name in provinces
        ]
        fits &= sum(kept) >= math.ceil(terms.provinces * len(provinces))
        if fits and (best is None or value > best):
            best = value
    return best


@pytest.mark.parametrize(
    "terms",
    [
        Terms((4000.0, 6000.0)),
        Terms((3000.0, 5000.0, 8000.0)),
        Terms((9000.0, 5000.0)),
        Terms((4000.0, 7000.0), floor=0.4),
        Terms((4000.0, 6000.0), floor=0.7, provinces=0.5),
        Terms((9000.0, 9000.0), starts=2),
        Terms((4000.0, 6500.0, 6500.0), discount=0.5),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_no_plan_is_better(terms, seed):
    rng = np.random.default_rng(seed)
    places = towns(rng.integers(20, 200, 5), "PPQQQ")
    best = every_plan(places, terms)
    assert best is not None
    found = rollout.plan(places, VALUES, terms, gap=0.0, seconds=20)
    assert found.people == pytest.approx(best, rel=SAME)
    assert found.gap <= SAME
    years = found.table()
    assert (years["cost"] <= years["budget"] + SAME * years["budget"]).all()
    assert years["served"].is_monotonic_increasing


def test_what_is_told_adds_up():
    places = towns([100, 150, 60, 90], "PPQQ")
    found = rollout.plan(places, VALUES, Terms((4000.0, 7000.0), floor=0.3), gap=0.0)
    years = found.table()
    assert years["started"].sum() == (found.places["start"] > 0).sum() == years["served"].iloc[-1]
    last = found.by_province().query("year == '2'").set_index("province")["covered"]
    assert (last >= 0.3 - SAME).all() and years["least_covered"].iloc[-1] == pytest.approx(last.min())
    assert years["retained"].sum() == pytest.approx(found.people)
    row = found.solution().iloc[0]
    assert row["within"] == "yes" and row["bound"] >= row["people"] and row["gap_asked"] == 0
    assert set(found.points()["start"]) <= {"0", "1", "2"}


def test_the_fairest_plan_raises_the_least_province():
    places = towns([100, 100, 100, 100], "PPQQ")
    free = rollout.plan(places, VALUES, Terms((6000.0,)), gap=0.0)
    fair = rollout.plan(places, VALUES, Terms((6000.0,), fairest=True), gap=0.0)
    assert fair.terms.floor == pytest.approx(0.5, abs=1e-6)
    assert fair.table()["least_covered"].iloc[-1] == pytest.approx(0.5)
    assert fair.people <= free.people + SAME
    row = fair.solution().iloc[0]
    assert row["floor"] <= row["floor_bound"] + 0.01  # told beside what no plan exceeds


def test_every_wrong_setting_is_told_at_once():
    places = towns([100], "P")
    with pytest.raises(ParameterError) as caught:
        rollout.plan(places, {**VALUES}, Terms((0.0,), floor=2.0, provinces=0.0, starts=-1), gap=-1)
    assert {fault.where for fault in caught.value.faults} == {
        "budgets",
        "floor",
        "provinces",
        "starts",
        "gap",
    }
    with pytest.raises(ParameterError, match="values, person"):
        rollout.plan(places, {key: value for key, value in VALUES.items() if key != "person"}, Terms((1.0,)))


def test_an_impossible_budget_or_floor_is_named():
    places = towns([100, 150], "PQ")
    with pytest.raises(ParameterError, match="the budget of year 2 does not cover the fixed cost"):
        rollout.plan(places, VALUES, Terms((5000.0, 900.0)))
    with pytest.raises(ParameterError, match=r"pay for no municipality; allowed: ≥ 2,400 euro"):
        rollout.plan(places, VALUES, Terms((1500.0,)))
    # both provinces whole: 1000 + 600 + 2.5 managers + 500; the bound leaves managers divisible
    with pytest.raises(EstimateError, match=r"100\.0% of the eligible in 2 provinces.*at least 4,350 euro"):
        rollout.plan(places, VALUES, Terms((4000.0,), floor=1.0))
    # 4,350 euro would do with managers in parts, but managers are whole
    with pytest.raises(EstimateError, match="no plan with the equity asked"):
        rollout.plan(places, VALUES, Terms((4400.0,), floor=1.0))


def test_the_core_way_agrees_with_the_whole_programme(monkeypatch):
    rng = np.random.default_rng(5)
    places = towns(rng.lognormal(4.5, 0.8, 40), rng.choice(list("PQ"), 40))
    terms = Terms((9000.0, 20000.0), floor=0.15)
    whole = rollout.plan(places, VALUES, terms, gap=0.005, seconds=5)
    monkeypatch.setattr(programme, "CORE", 12)
    parts = rollout.plan(places, VALUES, terms, gap=0.005, seconds=5)
    assert parts.people <= whole.bound * (1 + SAME) and whole.people <= parts.bound * (1 + SAME)
    assert parts.gap == pytest.approx(parts.bound / parts.people - 1)


def test_a_gap_wider_than_asked_does_not_pass_for_it():
    places = towns([100, 150, 60, 90], "PPQQ")
    found = rollout.plan(places, VALUES, Terms((4000.0,)), gap=0.0)
    wide = rollout.Rollout(**{**found.__dict__, "bound": found.people * 1.02, "gap": 0.02, "asked": 0.001})
    assert not wide.reached and wide.solution()["within"].iloc[0] == "no"


@pytest.mark.slow
@pytest.mark.parametrize(("floor", "seconds"), [(0.0, 60.0), (0.1, 60.0)])
def test_italy_in_three_years(floor, seconds):
    from analysis.scaling import eligible
    from analysis.study import territory

    cells = pd.DataFrame({"sex": ["f", "m"], "age_from": [18, 18], "age_to": [64, 64], "value": [0.094, 0.059]})  # fmt: skip
    places = eligible.estimate(territory.read_municipalities(), cells).places
    assert len(places) == 7901
    values = {"fixed": 85e3, "place": 3194.0, "manager": 42517.0, "capacity": 92.55, "person": 306.0, "enrolled": 0.0348, "retained": 0.02348}  # fmt: skip
    found = rollout.plan(places, values, Terms((5e6, 10e6, 20e6), floor=floor), seconds=seconds)
    years = found.table()
    # the gap asked is 0.1 %; a busy machine may end a little above it, and says so
    assert found.gap < 0.005 and found.reached == (found.gap <= 0.001)
    assert (years["cost"] <= years["budget"]).all()
    assert years["least_covered"].iloc[-1] >= floor - SAME


def test_plans_beside_one_another_and_funds_that_grow():
    assert rollout.ramp(900.0, 3) == (300.0, 600.0, 900.0)
    places = towns([100, 150, 60, 90, 40], "PPQQQ")
    found = rollout.plan(places, VALUES, Terms((3500.0, 5500.0)), gap=0.0)
    table = rollout.beside({"best": found})
    assert table["people"].tolist() == [found.people]
    assert table["least_covered"].iloc[0] == found.years["least_covered"].iloc[-1]
