"""A wave against its codebook: codes, missing codes, ranges, derived variables, files elsewhere, checksums, joins."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.study import studies

CODEBOOK = """
[waves.1]
files = ["wave1.csv"]
join = "pid"
unit = "person"
label = { it = "prima", en = "first" }

[variables.pid]
type = "id"
role = "identifier"
label = { it = "persona", en = "person" }

[variables.gender]
type = "code"
role = "quasi-identifier"
column = "Q1"
label = { it = "genere", en = "gender" }
codes = { f = { it = "donne", en = "women", values = ["1"] }, m = { it = "uomini", en = "men", values = ["2"] } }
missing = { "9" = { it = "non risponde", en = "does not answer" } }

[variables.age]
type = "integer"
min = 18
max = 80
label = { it = "età", en = "age" }

[variables.works]
type = "flag"
label = { it = "lavora", en = "works" }

[variables.wfc1]
type = "integer"
min = 1
max = 7
label = { it = "voce 1", en = "item 1" }
missing = { "98" = { it = "non sa", en = "does not know" }, "99" = { it = "non risponde", en = "does not answer" } }
asked_if = { works = "yes" }

[variables.wfc2]
type = "integer"
min = 1
max = 7
label = { it = "voce 2", en = "item 2" }
missing = { "98" = { it = "non sa", en = "does not know" }, "99" = { it = "non risponde", en = "does not answer" } }
asked_if = { works = "yes" }

[variables.house]
type = "text"
label = { it = "famiglia", en = "household" }

[derived.band]
operation = "age band"
variable = "age"
bands = ["18-34", "35-64", "65+"]
label = { it = "fascia", en = "band" }

[derived.total]
operation = "sum"
variables = ["wfc1", "wfc2"]
min_answered = 1
label = { it = "somma", en = "sum" }

[derived.group]
operation = "recode"
label = { it = "gruppo", en = "group" }
codes = { young = { it = "giovani al lavoro", en = "young at work" }, women = { it = "altre donne", en = "other women" }, rest = { it = "altri", en = "others" } }
rules = [
  { when = { works = "yes", age = { max = 34 } }, to = "young" },
  { when = { gender = ["f"] }, to = "women" },
]
otherwise = "rest"

[derived.worker_at_home]
operation = "any-other-in-household"
household = "house"
when = { works = "yes" }
label = { it = "un altro lavora", en = "another one works" }
"""

ANSWERS = """pid,Q1,age,works,wfc1,wfc2,house
p1,1,20,sì,3,5,h1
p2,2,40,no,,,h1
p3,9,70,yes,98,4,h2
p4,f,35,,,,h2
p5,m,34,no,,,h3
"""


@pytest.fixture
def survey(make):
    def write(codebook=CODEBOOK, settings="", **files):
        folder = make(settings)
        (folder / "survey").mkdir(exist_ok=True)
        (folder / "survey" / "codebook.toml").write_text(codebook, encoding="utf-8")
        for name, text in ({"wave1": ANSWERS} | files).items():
            (folder / "survey" / f"{name}.csv").write_text(text, encoding="utf-8")
        return folder

    return write


def faults():
    return [str(fault) for fault in studies.open_study("prova").check()]


def test_a_wave_is_typed_and_missing_codes_are_told_apart(survey):
    survey()
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.has("survey") and study.waves() == (1,)
    wave = study.survey(1)
    frame = wave.frame
    assert (
        frame["gender"].tolist()[:2] == ["f", "m"]
        and pd.isna(frame["gender"].iloc[2])
        and frame["gender"].iloc[3] == "f"
    )
    assert frame["wfc1"].dtype == "float64" and frame["wfc1"].isna().tolist() == [
        False,
        True,
        True,
        True,
        True,
    ]
    assert wave.missing.to_dict("list") == {"variable": ["gender", "wfc1"], "code": ["9", "98"], "n": [1, 1]}
    gender = wave.codebook.variables["gender"]
    assert (
        gender.codes == ("f", "m")
        and gender.labels["f"]["it"] == "donne"
        and gender.role == "quasi-identifier"
    )
    assert study.context()["labels"]["gender"]["m"] == {"it": "uomini", "en": "men"}
    assert study.context()["labels"]["band"]["65+"] == {"it": "65 e oltre", "en": "65 and over"}


def test_derived_variables_are_empty_where_they_cannot_be_told(survey):
    survey()
    frame = studies.open_study("prova").survey(1).frame.astype(object).where(lambda x: x.notna(), None)
    assert frame["band"].tolist() == ["18-34", "35-64", "65+", "35-64", "18-34"]
    assert frame["total"].tolist() == [8.0, None, 8.0, None, None]
    # p3 works, is 70, gender unknown: neither women nor rest can be told. p4: work unknown but over 34, so a woman.
    assert frame["group"].tolist() == ["young", "rest", None, "women", "rest"]
    # h1: p1 works, so p2 has another who works and p1 has none; h2: whether p4 works is unknown.
    assert frame["worker_at_home"].tolist() == ["no", "yes", None, "yes", "no"]


BAD = [
    ("unknown code", ANSWERS.replace("p2,2", "p2,3"), ["data/prova/survey/wave1.csv, row 3, column Q1", "“3” is not one of the codes", "f (women)", "or a missing code (9)"]),
    ("out of range", ANSWERS.replace(",3,5,", ",8,5,"), ["row 2, column wfc1", "“8” is out of range", "from 1 to 7, or a missing code (98, 99)"]),
    ("unknown missing code", ANSWERS.replace("98", "97"), ["row 4, column wfc1", "“97” is out of range"]),
    ("age out of range", ANSWERS.replace("p1,1,20", "p1,1,17"), ["row 2, column age", "“17” is out of range", "from 18 to 80"]),
    ("repeated person", ANSWERS.replace("p2,", "p1,"), ["row 3, column pid", "“p1” occurs more than once"]),
    ("answer to a question not asked", ANSWERS.replace("no,,,h1", "no,3,,h1"), ["row 3, column wfc1", "answer to a question that does not apply", "empty, unless works = yes"]),
    ("unknown column", ANSWERS.replace("house", "huose"), ["column huose", "unknown column “huose”", "Perhaps “house”?"]),
]  # fmt: skip


@pytest.mark.parametrize(("answers", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_wrong_answer_is_reported_where_it_is(survey, answers, expected):
    survey(wave1=answers)
    found = faults()
    assert any(all(part in fault for part in expected) for fault in found), found


def test_a_variable_that_is_not_there_is_named(survey):
    survey(wave1=ANSWERS.replace(",house", "").replace(",h1", "").replace(",h2", "").replace(",h3", ""))
    found = faults()
    assert len(found) == 1
    assert "the variable house (household) is missing" in found[0] and "waves = […]" in found[0]


WRONG_CODEBOOK = [
    ("unknown key", ("max = 80", "maxx = 80"), ["[variables.age] maxx: unknown key", "Perhaps “max”?"]),
    ("unknown role", ('role = "identifier"', 'role = "identificativo"'), ["[variables.pid] role: “identificativo” is not allowed", "Perhaps “identifier”?"]),
    ("unknown operation", ('operation = "sum"', 'operation = "mean"'), ["[derived.total] operation: “mean” is not allowed; allowed: recode, sum, age band, any-other-in-household"]),
    ("unknown ingredient", ('["wfc1", "wfc2"]', '["wfc1", "wfc3"]'), ["[derived.total] variables: “wfc3” is not a variable"]),
    ("unknown code in a rule", ('gender = ["f"]', 'gender = ["donna"]'), ["when.gender: “donna” is not a code of gender; allowed: f, m"]),
    ("rule to no code", ('to = "women"', 'to = "woman"'), ["to: “woman” is not allowed", "Perhaps “women”?"]),
    ("overlapping bands", ('"35-64"', '"30-64"'), ["[derived.band] bands: “30-64” will not do"]),
    ("join not a variable", ('join = "pid"', 'join = "person"'), ["join: “person” is not a variable"]),
    ("a path out of the folder", ('files = ["wave1.csv"]', 'files = ["../wave1.csv"]'), ["[waves.1] files: “../wave1.csv” will not do"]),
    ("condition on nothing", ('asked_if = { works = "yes" }', 'asked_if = { work = "yes" }'), ["asked_if.work: “work” is not a variable", "Perhaps “works”?"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "expected"), [case[1:] for case in WRONG_CODEBOOK], ids=[case[0] for case in WRONG_CODEBOOK]
)
def test_a_wrong_codebook_is_reported(survey, change, expected):
    assert change[0] in CODEBOOK
    survey(CODEBOOK.replace(*change))
    found = faults()
    for part in expected:
        assert any(part in fault for fault in found), found


def test_files_may_lie_in_the_data_home_and_its_address_is_not_told(survey, tmp_path, monkeypatch):
    folder = survey()
    home = tmp_path / "altrove"
    (home / "prova").mkdir(parents=True)
    (folder / "survey" / "wave1.csv").rename(home / "prova" / "wave1.csv")
    assert not studies.open_study("prova").has("survey")
    monkeypatch.setenv("ALTRO_DATA_HOME", str(home))
    study = studies.open_study("prova")
    assert len(study.survey(1).frame) == 5
    assert study.files("survey")[1] == home / "prova" / "wave1.csv"
    (home / "prova" / "wave1.csv").write_text(ANSWERS.replace("98", "97"), encoding="utf-8")
    found = faults()
    assert any(fault.startswith("$ALTRO_DATA_HOME/prova/wave1.csv, row 4") for fault in found)
    assert not any(str(tmp_path) in fault for fault in found)


def test_absent_microdata_are_a_fault_unless_the_codebook_says_how_to_obtain_them(survey):
    folder = survey()
    (folder / "survey" / "wave1.csv").unlink()
    assert any("the file wave1.csv is missing" in fault for fault in faults())
    (folder / "survey" / "codebook.toml").write_text(
        'obtain = { it = "Chiedere.", en = "Ask for them." }\n' + CODEBOOK, encoding="utf-8"
    )
    assert faults() == []
    with pytest.raises(StudyError, match="Ask for them"):
        studies.open_study("prova").survey(1)


def test_a_checksum_is_verified(survey):
    good = hashlib.sha256(ANSWERS.encode()).hexdigest()
    survey(CODEBOOK.replace('join = "pid"', f'join = "pid"\nsha256 = {{ "wave1.csv" = "{good}" }}', 1))
    assert faults() == []
    survey(CODEBOOK.replace('join = "pid"', f'join = "pid"\nsha256 = {{ "wave1.csv" = "{"0" * 64}" }}', 1))
    assert any(f"the checksum is {good}" in fault for fault in faults())


def test_files_of_a_wave_are_joined_by_their_own_keys(survey):
    persons = ANSWERS
    houses = "house,rooms\nh1,3\nh2,4\n"
    codebook = CODEBOOK.replace(
        'files = ["wave1.csv"]\njoin = "pid"',
        'files = ["wave1.csv", "houses.csv"]\njoin = { "wave1.csv" = "pid", "houses.csv" = "house" }',
    )
    codebook = codebook.replace(
        "[derived.band]",
        '[variables.rooms]\ntype = "integer"\nmin = 1\nlabel = { it = "stanze", en = "rooms" }\n\n[derived.band]',
    )
    survey(codebook, wave1=persons, houses=houses)
    assert faults() == []
    rooms = studies.open_study("prova").survey(1).frame["rooms"]
    assert rooms.tolist()[:4] == [3, 3, 4, 4] and pd.isna(rooms.iloc[4])
    survey(codebook, wave1=persons, houses=houses + "h9,1\n")
    assert any(
        "houses.csv, row 4, column house: “h9” is not in the first file" in fault for fault in faults()
    )


def test_another_wave_may_ask_less(survey):
    codebook = CODEBOOK + '\n[waves.2]\nfiles = ["wave2.csv"]\njoin = "pid"\n'
    codebook = codebook.replace('column = "Q1"', 'column = "Q1"\nwaves = [1]')
    survey(codebook, wave2="pid,age,works,wfc1,wfc2,house\np1,21,si,2,2,h1\n")
    assert faults() == []
    second = studies.open_study("prova").survey(2).frame
    assert "gender" not in second and "group" not in second and second["band"].tolist() == ["18-34"]
    with pytest.raises(StudyError, match="wave 3 is not in the codebook; allowed: 1, 2"):
        studies.open_study("prova").survey(3)


def test_sampling_must_name_variables(survey):
    survey(
        settings='[sampling.a]\nkind = "probability"\nframe = {it="a",en="a"}\npopulation = {it="a",en="a"}\nresponse_rate = "unknown"\nweight = "gendr"\n'
    )
    assert any(
        "[sampling.a] weight: “gendr” is not a variable of the codebook" in fault
        and "Perhaps “gender”" in fault
        for fault in faults()
    )


def test_whole_numbers_written_with_a_decimal_are_the_codes_they_stand_for(survey):
    survey(wave1=ANSWERS.replace("98", "98.0").replace(",3,5,", ",3.0,5,").replace("p1,1,", "p1,1.0,"))
    assert faults() == []
    wave = studies.open_study("prova").survey(1)
    assert wave.frame["wfc1"].tolist()[0] == 3 and wave.frame["gender"].tolist()[0] == "f"
    assert wave.missing["n"].tolist() == [1, 1]


def test_a_table_of_persons_may_lie_in_the_data_home(make, tmp_path, monkeypatch):
    make()
    (tmp_path / "home" / "prova").mkdir(parents=True)
    (tmp_path / "home" / "prova" / "people.csv").write_text(
        "person,recruited,hours\nv1,2016-02-30,3\n", encoding="utf-8"
    )
    assert not studies.open_study("prova").has("people")
    monkeypatch.setenv("ALTRO_DATA_HOME", str(tmp_path / "home"))
    assert studies.open_study("prova").has("people")
    assert [fault.split(":")[0] for fault in faults()] == [
        "$ALTRO_DATA_HOME/prova/people.csv, row 2, column recruited"
    ]


def test_what_an_edition_still_needs_of_the_codebook_is_pending(survey):
    survey(CODEBOOK.replace('{ it = "genere", en = "gender" }', '{ it = "genere" }'))
    study = studies.open_study("prova")
    assert [fault.where for fault in study.pending] == [
        "data/prova/survey/codebook.toml, [variables.gender] label"
    ]
    assert study.check(draft=True) == []


def test_a_key_may_have_several_parts_and_texts_may_stand_for_an_empty_cell(survey):
    codebook = """
[waves.1]
files = ["people.csv", "work.csv", "houses.csv"]
join = { "people.csv" = ["house", "nord"], "work.csv" = ["house", "nord"], "houses.csv" = "house" }
empty = ["NA", "."]
other_columns = "ignore"
"""
    for name, kind in (
        ("house", "integer"),
        ("nord", "integer"),
        ("hours", "number"),
        ("rooms", "integer"),
        ("sex", "text"),
    ):
        codebook += f'[variables.{name}]\ntype = "{kind}"\nlabel = {{ it = "{name}", en = "{name}" }}\n'
    people = "house,nord,sex,else\n1,1,f,?\n1,2,m,?\n2,1,NA,?\n"
    survey(
        codebook, people=people, work="house,nord,hours\n2,1,38.5\n1,1,.\n", houses="house,rooms\n2,5\n1,3\n"
    )
    assert faults() == []
    frame = studies.open_study("prova").survey(1).frame
    assert frame["rooms"].tolist() == [3, 3, 5]
    assert frame["hours"].isna().tolist() == [True, True, False] and frame["hours"].iloc[2] == 38.5
    assert frame["sex"].isna().tolist() == [False, False, True]
    survey(
        codebook, people=people + "1,2,f,?\n", work="house,nord,hours\n2,9,1\n", houses="house,rooms\n1,1\n"
    )
    found = faults()
    assert any(
        "people.csv, row 5, column house + nord: “1 · 2” occurs more than once" in fault for fault in found
    )
    assert any(
        "work.csv, row 2, column house + nord: “2 · 9” is not in the first file" in fault for fault in found
    )
