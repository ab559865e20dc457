"""Instruments, scoring rules, design and weights as told in the methods appendix."""

import numpy as np
import pandas as pd
import pytest

from analysis.survey import design, questionnaire, scoring, weights

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
