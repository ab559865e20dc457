"""Instruments, scoring rules, design and weights as told in the methods appendix."""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import columns
from analysis.survey import design, instruments, questionnaire, scoring, weights

WHO5 = [f"who{i}" for i in range(1, 6)]
CONFLICT = [f"{scale}{i}" for scale in ("wfc", "fwc") for i in range(1, 6)]
STUDY = {
    "netemeyer1996": {"confirmed": {"it": "il gruppo, 2017", "en": "the team, 2017"}, "items_wfc": [f"q{i}" for i in range(1, 6)]},
    "who5": {"items": WHO5},
}  # fmt: skip


@pytest.fixture
def scores():
    frame = pd.DataFrame(1, index=range(4), columns=[*WHO5, *CONFLICT]).rename(
        columns={f"wfc{i}": f"q{i}" for i in range(1, 6)}
    )
    conflict = scoring.score(frame, "netemeyer1996", STUDY["netemeyer1996"])
    return conflict.beside(scoring.score(frame, "who5", STUDY["who5"]))


def test_each_scale_is_told_with_its_instrument(scores):
    table = questionnaire.instruments(scores).set_index("scale")
    assert table.loc["wfc", "score_range"] == "1–7" and table.loc["who5", "score_range"] == "0–100"
    assert table.loc["who5", "least_answered"] == 1 and table.loc["fwc", "least_answered"] == 0.75
    assert table.loc["wfc", "reference_key"] == "netemeyer1996"
    assert all(set(cell) == {"it", "en"} for cell in table["licence"])


def test_form_cut_offs_languages_and_doubts_are_told_where_there_are_some(scores):
    table = questionnaire.instruments(scores).set_index("scale")
    assert "form" not in table
    assert table.loc["who5", "cut_offs"]["it"] == "benessere scarso (< 50); rischio alto (< 28)"
    assert table.loc["wfc", "cut_offs"] is None and table.loc["wfc", "languages"]["en"] == "Italian"
    assert table.loc["fwc", "construct"]["en"] == "family-to-work conflict"
    assert "invertita" in table.loc["wfc", "unverified"]["it"] and table.loc["who5", "unverified"] is None
    zbi = pd.DataFrame(1, index=[0], columns=[f"zbi12_{i}" for i in range(1, 13)])
    short = questionnaire.instruments(scoring.score(zbi, "zbi12", {"form": "bedard2001"}))
    assert short.loc[0, "form"]["en"] == "form of Bédard and others (2001)"
    assert short.loc[0, "cut_offs"]["en"] == "burden to be looked into (≥ 13)"
    assert not {"languages", "unverified"} & set(short)


def every(name, form):
    """The scores of four persons on one instrument, and the study's entry."""
    study = {"confirmed": "a test, 2026"} | ({"form": form} if form else {})
    study |= {"items": ["a", "b", "c"]} if name == "copsoq3_conflict" else {}
    parts = instruments.instrument(name, form).subscales
    lowest = {item: part.response.low for part in parts.values() for item in part.items or "abc"}
    return scoring.score(pd.DataFrame([lowest] * 4), name, study), {name: study}


EVERY = [(name, form) for name in instruments.known() for form in instruments.forms(name) or ("",)]


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_every_instrument_can_be_told(name, form):
    """The tables pass the door of the evidence: every column has a role, and a heading where the notebook has no word for it."""
    found, study = every(name, form)
    tables = (questionnaire.instruments(found), questionnaire.rules(found, study))
    for table in tables:
        assert [column.name for column in columns.resolve(table, None, name, None)] == list(table)
        assert table["items"].tolist() == [len(found.items[scale]) for scale in found.values]
        assert (table["items"] > 0).all()
    told = tables[0].attrs["columns"]
    assert all(
        "header" in told[key] for key in ("construct", "form", "cut_offs", "unverified") if key in told
    )


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_every_item_under_licence_is_told_by_its_scale_and_place(name, form):
    found, study = every(name, form)
    labels = questionnaire.unworded(study)
    items = [item for scale in instruments.instrument(name, form).subscales for item in found.items[scale]]
    assert set(labels) == (set() if found.rules[next(iter(found.rules))].wording == "free" else set(items))
    for key, part in instruments.instrument(name, form).subscales.items():
        told = [labels[item]["it"] for item in found.items[key] if item in labels]
        places = [f"{part.name['it']}, {place}" for place in range(1, len(found.items[key]) + 1)]
        assert told in ([], places if len(places) > 1 else [part.name["it"]])


def test_shares_beyond_a_cut_off_count_those_with_a_score():
    frame = pd.DataFrame([[3, 3, 3, 2, 2], [3, 3, 3, 3, 0], [1] * 5, [5, 5, 5, 5, np.nan]], columns=WHO5)
    found = scoring.score(frame, "who5")
    table = questionnaire.beyond(found, design.of(frame, {"kind": "volunteer"}))
    assert table["cut_off"].tolist() == list(questionnaire.events(found)) == ["who5_poor", "who5_high_risk"]
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert table["n"].tolist() == [3, 3] and "low" not in table
    assert questionnaire.events(found)["who5_poor"]["en"] == "well-being: poor well-being (< 50)"
    conflict = scoring.score(pd.DataFrame(1, index=[0], columns=CONFLICT), "netemeyer1996", STUDY["netemeyer1996"] | {"items_wfc": CONFLICT[:5]})  # fmt: skip
    assert questionnaire.beyond(conflict, design.of(frame[:1], {"kind": "volunteer"})) is None


def test_rules_name_the_studys_variables_answers_needed_and_who_stands_for_them(scores):
    table = questionnaire.rules(scores, STUDY).set_index("scale")
    assert table.loc["wfc", "variables"] == "q1, q2, q3, q4, q5"
    assert table["needed"].to_dict() == {"wfc": 4, "fwc": 4, "who5": 5}
    assert (table.loc["wfc", "rule_basis"], table.loc["who5", "rule_basis"]) == ("confirmed", "stated")
    assert table.loc["wfc", "confirmation"]["en"] == "the team, 2017"
    assert table.loc["who5", "multiply"] == 4 and table.loc["who5", "confirmation"] is None


def test_items_under_licence_lose_their_wording_and_free_ones_do_not():
    labels = questionnaire.unworded(STUDY | {"unheard of": {"items": ["z1"]}})
    assert labels["q3"] == {"it": "conflitto lavoro-famiglia, 3", "en": "work-to-family conflict, 3"}
    assert labels["z1"]["it"] == "unheard of, 1"
    assert not set(WHO5) & set(labels)


def test_the_design_is_told_by_wave_with_what_a_sample_of_volunteers_lacks():
    people = pd.DataFrame({"w": np.ones(12), "s": ["a", "b"] * 6, "c": [0, 1, 0, 1, 2, 3, 2, 3, 4, 5, 4, 5]})
    declared = {"kind": "probability", "weight": "w", "strata": "s", "cluster": "c"}
    row = design.structure({"1": design.of(people, declared)}, declared).iloc[0]
    assert row[["strata", "psus", "df", "n"]].tolist() == [2, 6, 4, 12]
    assert (row["strata_variable"], row["variance"]) == ("s", "linearised")
    row = design.structure({"1": design.of(people, {"kind": "volunteer"})}, {"kind": "volunteer"}).iloc[0]
    assert row[["strata", "psus", "df"]].isna().all() and row["variance"] == "none_respondents"


def test_weights_are_described_and_a_change_to_them_is_seen():
    w = np.array([1.0, 2.0, 3.0, 2.0])
    row = weights.describe({"1": design.Design(w)}, {"1": w}).iloc[0]
    assert row[["lowest", "highest", "mean_weight", "n"]].tolist() == [1, 3, 2, 4]
    assert row["deff"] == pytest.approx(1 + row["cv"] ** 2)
    assert row["weight_use"] == "as_delivered"
    trimmed = weights.describe({"1": design.Design(np.minimum(w, 2))}, {"1": w})
    assert trimmed["weight_use"].tolist() == ["changed"]
