"""How well an asset fits a need, by hand: patience 730 days, weights 3 : 1 : 1.5 : 1 : 1.5."""

import numpy as np
import pandas as pd
import pytest

from analysis.engagement.compatibility import compatibility
from analysis.errors import EstimateError
from tests.engagement.conftest import assets_of, needs_of, random_registers

NEED = ("n", "elderly", "health", "A", 10, "ore", "2016-01-01")
ASSET = ("s", "a", "health", "A", 10, "ore", "2016-01-01", "now")


def one(need=NEED, asset=ASSET, rules=None):
    return compatibility(needs_of(need), assets_of(asset), rules)


def put(row, **changed):
    names = ("id", "who", "category", "quarter", "quantity", "unit", "date", "ready")
    return tuple(changed.get(name, value) for name, value in zip(names, row))


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ({}, (1, 1, 1, 1, 1)),
        ({"category": "relations"}, (0.4, 1, 1, 1, 1)),
        ({"quarter": "B"}, (1, 0.4, 1, 1, 1)),
        ({"quarter": None}, (1, 0.7, 1, 1, 1)),
        ({"date": "2015-06-01"}, (1, 1, 1, 1, 1)),
        ({"date": "2016-12-31"}, (1, 1, 0.5, 1, 1)),
        ({"date": None}, (1, 1, 0.5, 1, 1)),
        ({"quantity": 4}, (1, 1, 1, 0.4, 1)),
        ({"quantity": 40}, (1, 1, 1, 1, 1)),
        ({"ready": "develop"}, (1, 1, 1, 1, 0.4)),
        ({"ready": None}, (1, 1, 1, 1, 0.7)),
    ],
)
def test_components_by_hand(declared, changed, parts):
    found = one(asset=put(ASSET, **changed), rules=declared)
    assert found.parts[:, 0, 0] == pytest.approx(parts)
    assert found.score[0, 0] == pytest.approx(np.dot((3, 1, 1.5, 1, 1.5), parts) / 8)
    assert found.feasible[0, 0]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"category": "housing"}, "different categories"),
        ({"unit": "posti"}, "different units of measure"),
        ({"unit": None}, "different units of measure"),
        ({"quantity": 0}, "no quantity"),
        ({"date": "2017-12-31"}, "available too late"),
        ({"category": "housing", "unit": "posti"}, "different categories; different units of measure"),
    ],
)
def test_what_bars_a_pair_is_told(declared, changed, told):
    found = one(asset=put(ASSET, **changed), rules=declared)
    assert not found.feasible[0, 0]
    assert found.reasons([0], [0])[0]["en"] == told
    assert found.pairs_table().empty and found.coverage()["covered"].tolist() == [0, 0]


def test_units_of_measure_agree_whatever_their_spelling(declared):
    assert one(asset=put(ASSET, unit=" Ore "), rules=declared).feasible.all()
    assert one(put(NEED, unit=None), put(ASSET, unit=None), declared).feasible.all()


def test_a_score_says_why_in_both_languages(declared):
    found = one(asset=put(ASSET, category="relations", quarter="B", quantity=4, date="2016-01-31", ready="adapt"), rules=declared)  # fmt: skip
    assert found.reasons([0], [0]) == [
        {
            "it": "ambito vicino (relazioni per salute e benessere); altro quartiere; disponibile 30 giorni dopo; copre il bisogno in parte (40%); da adattare",
            "en": "related category (relations for health and wellbeing); another quarter; available 30 days later; covers part of the need (40%); to be adapted",
        }
    ]


def test_reasons_of_many_pairs_are_those_of_each(compat):
    i, j = np.nonzero(compat.feasible)
    every = compat.reasons(i, j)
    assert every[17] == compat.reasons(i[17:18], j[17:18])[0] and len(every) == len(i)
    assert not any("{" in text for reason in every for text in reason.values())
    assert compat.reasons([], []) == []


def test_all_faults_come_at_once_with_table_and_rows(declared, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    needs = needs_of(NEED, put(NEED, quantity=-1), put(NEED, id="m", category="dance", date="soon"))
    assets = assets_of(ASSET, put(ASSET, id="t", quantity=None, ready="never"), put(ASSET, id=None, who=None))
    with pytest.raises(EstimateError) as caught:
        compatibility(needs, assets, declared)
    told = [str(fault) for fault in caught.value.faults]
    for text in (
        "needs: row 2: need = n", "needs: row 2: quantity = -1", "needs: row 3: category = dance", "needs: row 3: from = soon",
        "assets: row 2: quantity = ", "assets: row 2: ready = never", "assets: row 3: asset = ", "assets: row 3: actor = ",
    ):  # fmt: skip
        assert any(text in line for line in told), text


def test_missing_columns_and_empty_tables_are_told_together(declared, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    with pytest.raises(EstimateError, match="no rows") as caught:
        compatibility(needs_of(), assets_of(ASSET).drop(columns="actor"), declared)
    assert len(caught.value.faults) == 2 and "actor" in str(caught.value)


def test_order_of_rows_does_not_matter(declared):
    needs, assets = random_registers(3)
    whole = compatibility(needs, assets, declared)
    turned = compatibility(needs.iloc[::-1], assets.iloc[::-1], declared)
    assert (turned.score[::-1, ::-1] == whole.score).all()
    assert (turned.feasible[::-1, ::-1] == whole.feasible).all()


def test_coverage_counts_needs_with_a_feasible_asset(compat):
    table = compat.coverage().set_index("group")
    assert table.loc["total", "needs"] == 28 == table.drop("total")["needs"].sum()
    assert table.loc["total", "covered"] == compat.feasible.any(axis=1).sum()


def test_what_nobody_offers_and_what_nobody_needs(declared):
    needs = needs_of(NEED, put(NEED, id="m", category="housing", unit="posti"))
    assets = assets_of(put(ASSET, quantity=4), put(ASSET, id="t", category="childcare", unit="posti"))
    table = compatibility(needs, assets, declared).unmet().set_index("category")
    assert table["balance"].to_dict() == {
        "childcare": "nobody_needs",
        "health": "short",
        "housing": "nobody_offers",
    }
    assert table.loc["health", ["needed", "offered", "uncovered"]].tolist() == [10, 4, 0]
    assert table.loc["childcare", "idle"] == 1 == table.loc["housing", "uncovered"]


@pytest.mark.parametrize("rows", ["group", "category"])
def test_the_heat_map_holds_every_feasible_pair_once(compat, rows):
    table = compat.heat(rows)
    assert table["pairs"].sum() == compat.feasible.sum()
    assert (table["covered"] <= table["needs"]).all() and len(table) == table["row"].nunique() * 8


def test_the_pairs_table_is_the_score_taken_apart(compat, declared):
    table = compat.pairs_table()
    parts = table[[f"fit_{name}" for name in ("category", "place", "time", "capacity", "readiness")]]
    assert table["score"].to_numpy() == pytest.approx(parts.to_numpy() @ declared.proportions)
    assert len(table) == compat.feasible.sum() and isinstance(table, pd.DataFrame)
