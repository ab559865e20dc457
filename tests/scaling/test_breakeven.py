"""Unit cost by size and break-even sizes against a search through all sizes, and bands that cannot be left out."""

import dataclasses

import numpy as np
import pytest

from analysis.errors import ParameterError
from analysis.scaling import breakeven, cost, montecarlo, scenario

PLACES = 3
SIZES = np.geomspace(5, 5000, 40)
# just beside a size found, far less than a person
EDGE = 1e-9


@pytest.fixture
def drawn(raw) -> montecarlo.Draws:
    basis = raw["target_basis"]
    raw["cost"]["fixed"] = {"distribution": "uniform", "low": 500, "high": 2000, "basis": basis}
    raw["cost"]["capacity"] = {"distribution": "uniform", "low": 20, "high": 60, "basis": basis}
    raw["takeup"]["retained"] = {"distribution": "uniform", "low": 0.4, "high": 0.9, "basis": basis}
    raw["power"] = {
        "pilot_people": {"distribution": "fixed", "value": 50, "basis": basis},
        "pilot_unit_cost": {"distribution": "uniform", "low": 30, "high": 60, "basis": basis},
        "exponent": {"distribution": "uniform", "low": -0.2, "high": 0.1, "basis": basis},
    }
    return montecarlo.draw(scenario.read(raw), 1024, seed=5)


def test_unit_costs_come_with_their_band(drawn):
    found = breakeven.unit_costs(drawn, SIZES, PLACES)
    table = found.table()
    assert table["model"].unique().tolist() == ["steps", "power"]
    assert (table["per_person_low"] < table["per_person"]).all()
    assert (table["per_person"] < table["per_person_high"]).all()
    lines = {line.key: drawn.values[f"cost.{line.key}"] for line in drawn.scenario.costs}
    total = cost.stepwise(SIZES[7], PLACES, **lines)[1] / (SIZES[7] * drawn.values["takeup.retained"])
    assert table.loc[7, ["per_person_low", "per_person", "per_person_high"]].tolist() == pytest.approx(
        np.quantile(total, [0.05, 0.5, 0.95]).tolist()
    )


def test_a_unit_cost_without_its_band_cannot_be_built(drawn):
    found = breakeven.unit_costs(drawn, SIZES, PLACES, ["steps"])
    assert all(field.default is dataclasses.MISSING for field in dataclasses.fields(found))
    for change in (
        {"low": found.median + 1},
        {"high": found.median - 1},
        {"low": found.low[:, :3]},
        {"draws": 1},
    ):
        with pytest.raises(ParameterError, match="without its band"):
            dataclasses.replace(found, **change)


def test_break_even_is_where_the_cost_stays_within_the_value(drawn):
    values = np.array([25.0, 40.0, 80.0])
    found = breakeven.at_value(drawn, values, PLACES)
    people = np.arange(1.0, 20_000.0)
    lines = {line.key: drawn.values[f"cost.{line.key}"].ravel() for line in drawn.scenario.costs}
    retained = drawn.values["takeup.retained"].ravel()

    def within(at: np.ndarray, value: float, draw: int) -> np.ndarray:
        own = {key: each[draw] for key, each in lines.items()}
        return cost.stepwise(at, PLACES, **own)[1] <= value * retained[draw] * at

    for draw in range(0, drawn.count, 97):
        for k, value in enumerate(values):
            first, size = found.first[k, draw], found.sizes[k, draw]
            if np.isinf(size):
                assert not within(people, value, draw).any()
                continue
            assert within(first * (1 + EDGE), value, draw)
            assert not within(people[people < first], value, draw).any()
            assert within(people[people > size], value, draw).all()
            assert not within(size * (1 - EDGE), value, draw)
    assert (np.diff(found.never) <= 0).all()


def test_draws_that_never_get_there_are_told_and_not_averaged(drawn):
    table = breakeven.at_value(drawn, [1.0, 30.0, 200.0], PLACES).table()
    assert table["never"].iloc[0] == 1
    assert table.loc[0, ["size", "size_low", "size_high"]].isna().all()
    assert 0.05 < table["never"].iloc[1] < 1
    assert np.isnan(table["size_high"].iloc[1])
    assert table["never"].iloc[2] == 0
    assert table.loc[2, "size_low"] < table.loc[2, "size"] < table.loc[2, "size_high"]
    found = breakeven.at_value(drawn, 200.0, PLACES)
    assert found.within(1e9) == [1]
    assert found.within(0.0) == [0]
    with pytest.raises(ParameterError):
        breakeven.at_value(drawn, -1.0, PLACES)


def test_one_form_of_cost_becomes_cheaper_than_the_other(drawn):
    found = breakeven.cheaper(drawn, drawn, SIZES, PLACES, ("steps", "power"))
    costs = [
        breakeven.per_person(drawn, SIZES, PLACES, model).reshape(len(SIZES), -1)
        for model in ("steps", "power")
    ]
    no_dearer = costs[0] <= costs[1]
    crossed = found.sizes[0]
    assert (np.isinf(crossed) == ~no_dearer[-1]).all()
    inside = np.isfinite(crossed)
    after = SIZES[:, None] >= crossed * (1 + 1e-9)
    assert no_dearer[:, inside][after[:, inside]].all()
    assert "value" not in found.table()


def test_a_dearer_scenario_is_never_cheaper_and_draws_must_be_paired(raw, drawn):
    dearer = dataclasses.replace(drawn, values=drawn.values | {"cost.fixed": drawn.values["cost.fixed"] * 2})
    assert breakeven.cheaper(dearer, drawn, SIZES, PLACES, ("steps", "steps")).never == [1]
    always = breakeven.cheaper(drawn, dearer, SIZES, PLACES, ("steps", "steps"))
    assert (always.sizes == SIZES[0]).all()
    with pytest.raises(ParameterError, match="paired"):
        breakeven.cheaper(drawn, dataclasses.replace(drawn, seed=6), SIZES, PLACES, ("steps", "steps"))


def test_sizes_and_forms_are_checked(raw):
    plain = montecarlo.draw(scenario.read(raw), 64, seed=1)
    assert breakeven.unit_costs(plain, [10, 20], 1).models == ("steps",)
    with pytest.raises(ParameterError, match="power"):
        breakeven.per_person(plain, np.array([10.0]), 1, "power")
    for sizes in ([], [0, 1], [2, 1]):
        with pytest.raises(ParameterError, match="sizes"):
            breakeven.unit_costs(plain, sizes, 1)
