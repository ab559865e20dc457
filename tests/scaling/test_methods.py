"""Territory, definition of the eligible, lines and draws as told in the methods appendix."""

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analysis.scaling import eligible, methods, montecarlo, scenario, scope

DEMO = Path(__file__).parents[2] / "data" / "demo" / "scenarios.toml"


@pytest.fixture
def plan():
    return scenario.read(tomllib.loads(DEMO.read_text(encoding="utf-8")))


def test_the_territory_is_told_with_what_it_lacks(territory, benchmarks):
    territory.loc[2, [c for c in territory if c[:2] in ("f_", "m_")]] = None
    cells = eligible.cells(benchmarks, "care-relatives", "IT")
    chosen = scope.select(territory, "country")
    row = methods.territory(territory, chosen, eligible.estimate(territory, cells), 2, None).iloc[0]
    told = ["municipalities", "municipalities_area", "without_population", "unmatched", "bands"]
    assert row[told].tolist() == [3, 3, 1, 2, 26]
    assert row["residents"] == 13 * (100 + 80 + 10 + 20) and row["population_source"] is None


def test_the_definition_of_the_eligible_is_the_cells_used(benchmarks):
    texts = {f"{part}_{lang}": part for part in ("numerator", "denominator") for lang in ("it", "en")}
    cells = eligible.cells(benchmarks.assign(**texts, source="ISTAT"), "care-relatives", "IT")
    table = methods.definition(cells)
    assert table[["sex", "ages", "prevalence"]].to_numpy().tolist() == [
        ["f", "18–64", 0.094],
        ["m", "18–64", 0.059],
    ]
    assert table["standard_error"].isna().all()
    told = methods.definition(cells.assign(se=0.01))
    assert told["standard_error"].tolist() == [0.01, 0.01]


def test_every_line_is_told_once_and_the_target_loses_its_basis_when_it_is_replaced(plan):
    table = methods.lines(plan, plan.target)
    assert len(table) == 1 + len(plan.lines) + len(plan.decision) and table["basis"].notna().all()
    row = table[table["line"] == "person"].iloc[0]
    line = next(each for each in plan.costs if each.key == "person")
    assert row[["distribution", "low", "mode", "high"]].tolist() == [
        "lognormal",
        line.low,
        line.mode,
        line.high,
    ]
    changed = methods.lines(plan, 5.0)
    assert pd.isna(changed["basis"].iloc[0]) and changed["mode"].iloc[0] == 5


def test_the_draws_and_models_are_told_as_they_were_run(plan):
    drawn = montecarlo.draw(plan, 200, 9, relative_error=0.1)
    row = methods.draws(drawn).iloc[0]
    assert row["draws"] == drawn.count == row["replicates"] * row["points"]
    assert row[["seed", "lines_drawn", "relative_error"]].tolist() == ["9", len(plan.lines), 0.1]
    outcome = montecarlo.results(drawn, [("municipality", 500.0, 1), ("region", 900.0, 3)], 100.0)
    runs = methods.runs(outcome, 100.0)
    assert runs[["area", "model"]].to_numpy().tolist() == outcome[["area", "model"]].to_numpy().tolist()
    assert runs["target"].eq(100).all()
