"""The paper on impact: what it may say is decided by intervals and designs, the number of treated clusters is told, and of the public record it says what cannot be said."""

import json
import math
import re
import tomllib
from pathlib import Path

import pytest

from analysis.evidence.record import FORMS
from analysis.impact import effect, power

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "notebooks" / "impact.ipynb"
LONGEST = 12  # lines of a code cell; what is longer belongs in the package
FIGURES = 10
CAUSAL = {
    "it": r"grazie al progetto|per merito del|ha (?:ridotto|migliorato|aumentato|prodotto)|l'impatto è",
    "en": r"thanks to the project|the project (?:reduced|improved|raised|caused)|the impact is",
}
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
FRONT = tomllib.loads(NOTEBOOK.with_suffix(".toml").read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def prose(language):
    return "\n".join(source(cell) for cell in CELLS if f"lang-{language}" in cell["metadata"].get("tags", []))


def record(study):
    path = ROOT / "papers" / study / "impact" / "evidence.json"
    if not path.exists():
        pytest.skip(f"papers/{study}/impact has not been made")
    return json.loads(path.read_text(encoding="utf-8"))


def rows(held, key):
    return held["tables"][key]["rows"]


def test_code_cells_are_short():
    long = {
        cell["id"]: len(cell["source"])
        for cell in CELLS
        if cell["cell_type"] == "code" and cell["id"] != "setup" and len(cell["source"]) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("language", ["it", "en"])
def test_no_shared_sentence_says_that_the_project_did_it(language):
    assert not re.search(CAUSAL[language], prose(language))


def test_every_difference_has_three_sentences():
    assert set(FRONT["statements"]) == {"change", "weighting", "difference_clear", "staggered"}
    for sentences in FRONT["statements"].values():
        assert set(sentences) == set(FORMS)
        assert all(
            "{low}" in text and "{high}" in text for form in sentences.values() for text in form.values()
        )


def test_observed_power_is_computed_nowhere():
    code = "\n".join(source(cell) for cell in CELLS if cell["cell_type"] == "code")
    assert "observed_power" not in code and not hasattr(power, "observed")


def test_treated_clusters_are_told_and_few_of_them_bear_no_error():
    held = record("demo")
    numbers, told = held["numbers"], {row["comparison"]["en"]: row for row in rows(held, "tbl-effects")}
    assert all(row["treated_clusters"] is not None for row in told.values())
    few = numbers["difference_treated"]["value"]
    assert few < effect.LEAST and "low" not in numbers["difference"]
    assert "difference_clear" not in held["statements"]
    ways = math.comb(numbers["difference_clusters"]["value"], few)
    assert numbers["placebo_sets"]["value"] == ways and numbers["placebo_least"]["value"] == pytest.approx(
        1 / ways
    )


def test_every_declared_comparison_is_estimated_and_the_one_shown_is_named():
    held = record("demo")
    told = {row["comparison"]["en"]: row["in_full"]["code"] for row in rows(held, "tbl-comparisons")}
    found = [row["comparison"]["en"] for key in ("tbl-change", "tbl-effects") for row in rows(held, key)]
    assert sorted(found) == sorted(told) == sorted(row["claim"]["en"] for row in rows(held, "tbl-claims"))
    assert list(told.values()).count("no") == held["numbers"]["comparisons_beside"]["value"] == 1
    assert len(rows(held, "tbl-placebos")) == 2
    assert all(row["share"] >= row["minimum"] > 0 for row in rows(held, "tbl-placebos"))


def test_the_ratio_never_stands_without_its_band():
    held = record("demo")
    for key in ("sroi", "cost_outcome", "volunteer_value"):
        entry = held["numbers"][key]
        assert entry["low"] < entry["value"] < entry["high"], key
    assert rows(held, "tbl-sroi")[0]["driving"]["it"]


def test_every_claim_has_its_cases_and_a_causal_word_only_where_nothing_is_held_against_it():
    held = record("demo")
    claims, against = rows(held, "tbl-claims"), rows(held, "tbl-held")
    assert len(claims) == held["numbers"]["claims"]["value"] and all(row["n"] > 0 for row in claims)
    allowed = [row for row in against if row["causal_word"]["code"] == "yes"]
    assert len(allowed) == held["numbers"]["claims_causal"]["value"]
    assert all(row["downgrades"]["en"] in ("none", "") for row in allowed)


def test_missing_measurements_are_shown_as_missing():
    held = record("demo")
    assert rows(held, "tbl-unmeasured") and rows(held, "tbl-flags")
    assert {"fig-theory", "fig-progress", "fig-series"} <= set(held["figures"]) and len(
        held["figures"]
    ) <= FIGURES


def test_of_the_public_record_nothing_is_estimated():
    held = record("milano")
    assert held["statements"] == {} and set(held["figures"]) == {"fig-published"}
    assert held["numbers"]["answerable"]["value"] == 0
    values = {row["value"] for row in rows(held, "tbl-published")}
    assert {30.4e6, 27e6, 67e6} <= values and held["numbers"]["disagreeing"]["value"] == 1
    amount = {row["condition"]["code"]: row["met"]["code"] for row in rows(held, "tbl-guidelines")}["amount"]
    assert amount == "unknown"
