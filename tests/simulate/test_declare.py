import tomllib

from analysis.simulate import codebook, declare, draw
from analysis.simulate.calendar import Calendar


def test_study_declares_how_each_frame_was_sampled(drawn):
    settings = tomllib.loads(declare.study(drawn.truth, draw.catalogue(), "x", 7, Calendar()))
    kinds = {name: entry["kind"] for name, entry in settings["sampling"].items()}
    assert kinds == {"residents": "probability", "workers": "probability", "users": "volunteer"}
    assert settings["sampling"]["workers"]["cluster"] == "cluster"
    assert "weight" not in settings["sampling"]["users"]
    assert len(settings["semesters"]) == 6
    assert settings["disclosure"]["threshold"] == 5
    assert settings["source"] == {"it": "dati simulati, seme 7", "en": "simulated data, seed 7"}


def test_study_declares_what_its_evaluation_needs(drawn):
    settings = tomllib.loads(declare.study(drawn.truth, draw.catalogue(), "x", 7, Calendar()))
    funds, rules = settings["fundraising"], drawn.tables["call_rules"].set_index("rule")["value"]
    grant = sum(drawn.truth["money"]["lead_funder"])
    assert funds["target"] == funds["total_cost"] - grant
    assert funds["total_cost"] >= rules["min-cost"]
    assert grant <= min(rules["max-grant"], rules["max-share"] * funds["total_cost"])
    assert funds["edition"] == drawn.tables["call_rules"]["edition"].unique().item()
    assert "Fondazione Dono di Valdora" in funds["agreement"]["en"]
    designs = {entry["id"]: entry["design"] for entry in settings["comparisons"]}
    assert designs == {
        "flexible": "staggered",
        "users": "weighting",
        "quarters": "difference",
        "quarters-family": "difference",
        "respondents": "change",
    }


def test_comparisons_name_codes_and_variables_of_the_codebook(drawn):
    settings = tomllib.loads(declare.study(drawn.truth, draw.catalogue(), "x", 7, Calendar()))
    book = tomllib.loads(codebook.codebook(drawn.truth, 7, drawn.companies))
    known = book["variables"] | book["derived"]
    for entry in settings["comparisons"]:
        named = {entry.get("variable"), entry.get("cluster"), *entry.get("covariates", [])} - {None}
        assert named <= set(known)
        codes = set(known[entry["variable"]]["codes"]) if "variable" in entry else set()
        assert set(entry.get("treated", []) + entry.get("comparison", [])) <= codes
    panel = drawn.tables["panel"]["indicator"].unique().item()
    assert settings["comparisons"][0]["outcome"] == panel
    assert panel in [entry["outcome"] for entry in settings["plan"]["primary"]]


def test_readme_lists_every_parameter(drawn):
    text = declare.readme(drawn.truth, draw.catalogue(), "demo", 7, 1.0)
    assert "altro simulate DIR --seed 7 --scale 1" in text
    assert "`conflict.wfc.women_minus_men` | 0.35" in text
    assert all(f"`{name}`" in text for name in ("gifts", "proposals", "shifts", "wages", "panel", "caseload"))
    assert "`outcome_values.quantity`: persone distinte" in text and "Quantities are distinct persons" in text
