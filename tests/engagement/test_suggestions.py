"""What to put to each company, and which assets are left."""

import pandas as pd
import pytest

from analysis.engagement import matching, suggestions
from analysis.engagement.compatibility import compatibility
from analysis.errors import EstimateError
from tests.engagement.conftest import assets_of, needs_of


@pytest.fixture(scope="module")
def offered(best, demo):
    return suggestions.suggestions(best, suggestions.companies(demo["actors"]))


def test_every_matched_asset_of_a_company_is_suggested_once(offered, best, demo):
    firms = set(demo["actors"].loc[demo["actors"]["type"] == "profit", "actor"])
    plan = best.table()
    expected = plan[plan["owner"].isin(firms)]
    assert len(offered) == len(expected)
    assert set(zip(offered["need"], offered["asset"])) == set(zip(expected["need"], expected["asset"]))
    assert offered["why"].map(lambda text: bool(text["it"]) and bool(text["en"])).all()


def test_the_role_is_the_one_that_the_readiness_fits(offered, demo):
    ready = demo["assets"].set_index("asset")["ready"]
    fits = {"now": "supplier", "adapt": "co-designer", "develop": "co-producer"}
    assert offered["role"].tolist() == [fits[ready[asset]] for asset in offered["asset"]]


def test_units_never_met_come_first_then_those_that_can_help(declared):
    offered = pd.DataFrame({"company": ["firm"] * 2, "category": ["training", "flexibility"]})
    units = pd.DataFrame(
        [
            ("u1", "firm", "HR", "hr"),
            ("u2", "firm", "IT", "it"),
            ("u3", "firm", "Sales", "sales"),
            ("u4", "firm", "Legal", None),
            ("u5", "other", "HR", "hr"),
        ],
        columns=["unit", "actor", "name", "function"],
    )
    went = pd.DataFrame({"event": ["e1", "e1", "e2"], "unit": ["u1", "u1", "u1"]})
    table = suggestions.units(offered, units, went, declared)
    assert table["unit_name"].tolist() == ["IT", "Sales", "Legal", "HR"]
    assert table["helps"].tolist() == [2, 0, 0, 2] and table["events"].tolist() == [0, 0, 0, 2]


def test_an_unknown_function_is_refused(offered, demo, declared, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    wrong = demo["units"].assign(function="magic")
    with pytest.raises(EstimateError, match="units: row 1, 2, 3, 4, 5…: function = magic"):
        suggestions.units(offered, wrong, demo["participation"], declared)


def test_what_is_left_says_why(declared):
    needs = needs_of(
        ("n1", "elderly", "health", "A", 5, "ore", "2016-01-01"),
        ("n2", "elderly", "housing", "A", 20, "posti", "2016-01-01"),
    )
    assets = assets_of(
        ("used", "a", "health", "A", 5, "ore", "2016-01-01", "now"),
        ("spare", "a", "health", "B", 5, "ore", "2016-01-01", "now"),
        ("lone", "a", "training", "A", 5, "ore", "2016-01-01", "now"),
        ("home", "a", "housing", "A", 5, "posti", "2016-01-01", "now"),
    )
    table = suggestions.unused(matching.best(compatibility(needs, assets, declared)))
    assert dict(zip(table["asset"], table["left_why"])) == {"spare": "full", "lone": "no_need"}


def test_the_demo_lists_are_whole(best, offered, demo, declared):
    left = suggestions.unused(best)
    assert (left["left"] > 0).all() and set(left["asset"]) <= set(demo["assets"]["asset"])
    inside = suggestions.units(offered, demo["units"], demo["participation"], declared)
    assert set(inside["company"]) <= set(offered["company"])
    assert (inside["helps"] <= inside["suggested"]).all()
