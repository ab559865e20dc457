"""What a study holds, told for the methods appendix: codebook, missing answers, registers and gaps."""

import pandas as pd
import pytest

from analysis.study import inventory, studies

CODEBOOK = """
[waves.1]
files = ["wave1.csv", "more.csv"]
join = "id"
[variables.id]
type = "id"
role = "identifier"
label = { it = "persona", en = "person" }
[variables.group]
type = "code"
label = { it = "gruppo", en = "group" }
codes = { a = { it = "primo", en = "first" }, b = { it = "secondo", en = "second" } }
[variables.work]
type = "flag"
label = { it = "lavora", en = "works" }
[variables.hours]
type = "integer"
min = 1
max = 60
unit = "hours"
label = { it = "ore", en = "hours" }
missing = { 98 = { it = "non sa", en = "does not know" }, 99 = { it = "non risponde", en = "does not answer" } }
asked_if = { work = "yes" }
[variables.age]
type = "integer"
min = 18
label = { it = "età", en = "age" }
missing = { 999 = { it = "non risponde", en = "does not answer" } }
[derived.band]
operation = "age band"
variable = "age"
bands = ["18-34", "35+"]
label = { it = "fascia", en = "band" }
"""
FIRST = "id,group,work,hours\n1,a,yes,30\n2,a,yes,98\n3,a,yes,99\n4,a,yes,\n5,a,no,\n6,b,yes,98\n7,a,yes,20\n"
MORE = "id,age\n7,50\n6,40\n5,999\n4,30\n2,22\n1,999\n"


@pytest.fixture
def survey(make):
    folder = make()
    (folder / "survey").mkdir(exist_ok=True)
    for name, text in (("codebook.toml", CODEBOOK), ("wave1.csv", FIRST), ("more.csv", MORE)):
        (folder / "survey" / name).write_text(text, encoding="utf-8")
    return studies.open_study("prova").survey(1)


def test_missing_answers_are_told_by_reason_among_those_asked_and_of_one_group(survey):
    names = inventory.named(survey.codebook)
    table = inventory.missing([(survey, ["hours", "band"])], names, group="a").set_index("variable")
    headers = {c: spec["header"]["en"] for c, spec in table.attrs["columns"].items() if "header" in spec}
    dunno, refused = (
        next(c for c, text in headers.items() if text == what)
        for what in ("does not know", "does not answer")
    )
    hours = table.loc["hours"]
    assert hours[["asked", "answered", dunno, refused, "no_reason"]].tolist() == [5, 2, 1, 1, 1]
    assert hours["missing_share"] == pytest.approx(3 / 5)
    age = table.loc["age"]
    assert age[["asked", "answered", refused, "no_reason"]].tolist() == [6, 3, 2, 1] and pd.isna(age[dunno])
    assert table.loc["band", ["asked", "answered", "no_reason"]].tolist() == [6, 3, 3]


def test_reasons_stay_with_their_rows_when_files_are_joined_in_another_order(survey):
    assert survey.reasons["age"].tolist()[:1] == ["999"] and survey.reasons["age"].iloc[4] == "999"
    assert survey.reasons["age"].notna().sum() == 2
    assert survey.missing.to_dict("list") == {
        "variable": ["hours", "hours", "age"], "code": ["98", "99", "999"], "n": [2, 1, 2],
    }  # fmt: skip


def test_the_codebook_has_a_row_a_variable_and_says_little_of_identifiers(survey):
    names = inventory.named(survey.codebook, {"hours": {"it": "scala, 1", "en": "scale, 1"}})
    table = inventory.codebook_table(survey.codebook, names).set_index("variable")
    assert list(table.index) == ["id", "group", "work", "hours", "age", "band"]
    assert (
        table.loc["id", ["variable_type", "values", "range"]].isna().all()
        and table.loc["id", "variable_role"] == "identifier"
    )
    assert table.loc["group", "values"] == {"it": "a = primo; b = secondo", "en": "a = first; b = second"}
    hours = table.loc["hours"]
    assert (
        hours["label"]["en"] == "scale, 1" and hours["range"] == "1–60" and hours["measure_unit"] == "hours"
    )
    assert hours["missing_codes"]["it"] == "98 = non sa; 99 = non risponde"
    assert hours["asked_if"]["it"] == "lavora: sì"
    assert table.loc["age", "range"] == "≥ 18"
    assert table.loc["band", ["derived_by", "derived_from"]].tolist() == ["age band", "age"]


def test_registers_are_counted_whole_and_gaps_named():
    study = studies.open_study("demo")
    registers = inventory.registers(study, ["actors", "participation", "claims"])
    assert registers["rows"].tolist() == [len(study.table("actors")), len(study.table("participation"))]
    gaps = inventory.gaps(study, {"participation": ("event", "unit"), "claims": ("note_it",)})
    assert gaps["variable"].tolist() == ["unit"]
    assert gaps["empty"].tolist() == [int(study.table("participation")["unit"].isna().sum())]


def test_who_collected_a_register_is_told_where_the_study_tells_it():
    study = studies.open_study("demo")
    told = inventory.keepers(study, ("ties", "ideas", "claims"))
    assert len(told) == 2  # the study has no claims
    assert "mediate" in told["collected_by"][0]["en"] and told["collected_by"][1] is None
    assert told["rows"].tolist() == [len(study.table("ties")), len(study.table("ideas"))]


def test_only_the_national_territory_has_municipalities_on_which_sources_disagree():
    assert len(inventory.unmatched(studies.open_study("demo"))) == 0
    national = inventory.unmatched(studies.open_study("milano"))
    assert set(national["kept"]) == {"with_population", "without_population"}
    assert national.loc[national["kept"] == "without_population", "residents"].isna().all()


def test_who_was_not_asked_is_a_class_of_persons_and_a_missing_answer_is_none(survey):
    from analysis.evidence import columns, disclosure

    table = inventory.missing([(survey, ["hours", "age"])], inventory.named(survey.codebook))
    resolved = columns.resolve(table, None, "test", None)
    protected, _ = disclosure.protect(table, resolved, disclosure.Rules(3))
    shown = protected.set_index("variable")
    assert shown.loc["age", ["asked", "no_reason"]].tolist() == [7, 1]
    assert shown.loc["hours", ["asked", "no_reason", "missing_share"]].isna().all()
