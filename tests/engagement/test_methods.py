"""What the methods appendix tells of this room, and that every table is one that the door accepts."""

import pytest

from analysis.engagement import brokered, matching, methods, suggestions
from analysis.engagement.pipeline import pipeline
from analysis.engagement.portfolio import portfolio
from analysis.engagement.sensitivity import sensitivity
from analysis.evidence import columns


@pytest.fixture(scope="module")
def everything(demo, declared, compat, best, fair):
    made = brokered.realised(demo["matches"], compat)
    tried = sensitivity(demo["needs"], demo["assets"], declared, 10)
    chosen = portfolio(best, demo["actors"], demo["matches"], demo["participation"], demo["mediation"], 100, 5)  # fmt: skip
    path = pipeline(*(demo[name] for name in ("actors", "events", "participation", "assets", "matches")))
    return made, tried, chosen, path


def test_only_analyses_that_were_made_are_told(compat, best, fair, everything):
    made, tried, chosen, path = everything
    table = methods.table(
        [
            *methods.of_compatibility(compat),
            *methods.of_plan(best),
            *methods.of_plan(fair),
            *methods.of_realised(made),
            *methods.of_sensitivity(tried),
            *methods.of_portfolio(chosen),
            *methods.of_pipeline(path),
        ]
    ).set_index("quantity")
    assert table.loc["plan_fair", "parameter"] == fair.floor
    assert table.loc["feasible_pairs", "n"] == 28 * 48
    assert table.loc["plan_sensitivity", ["draws", "seed"]].tolist() == [10, "1"]
    assert table.loc["pipeline", "n_organisations"] == 26
    assert methods.table(methods.of_plan(best))["quantity"].tolist() == ["plan_best"]


def test_every_table_passes_the_door(demo, declared, compat, best, fair, everything):
    made, tried, chosen, path = everything
    offered = suggestions.suggestions(best, suggestions.companies(demo["actors"]))
    tables = {
        "pairs": compat.pairs_table(),
        "coverage": compat.coverage(),
        "unmet": compat.unmet(),
        "heat": compat.heat(),
        "plan": best.table(),
        "marginal": best.marginal_table(),
        "demand": best.demand_table(),
        "groups": matching.by_group(compat, {"best": best, "fair": fair, "realised": made}),
        "matches": made.table(),
        "status": made.by_status(),
        "regret": made.regret(best),
        "sensitivity": tried.table(),
        "values": tried.value_table(),
        "portfolio": chosen.table(),
        "suggestions": offered,
        "units": suggestions.units(offered, demo["units"], demo["participation"], declared),
        "unused": suggestions.unused(best),
        "pipeline": path.table(),
        "days": path.days(),
        "settings": methods.settings(declared),
        "functions": methods.functions(declared),
        "specifications": methods.table(methods.of_plan(best)),
    }
    owners = set(demo["actors"]["actor"])
    for name, frame in tables.items():
        found = {column.name: column for column in columns.resolve(frame, None, name, None)}
        for column in frame:
            if frame[column].dtype == object and set(frame[column].dropna().map(str)) & owners:
                assert found[column].organisation and found[column].rated, (name, column)
