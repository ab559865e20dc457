"""The contracts hold together: labels in both languages, synonyms that mean one thing, references that lead somewhere."""

from __future__ import annotations

import pytest

from analysis.study import describe
from analysis.study.contracts import TYPES, contracts, nearest, plain, spellings

TABLES = contracts().tables.values()
LISTED = [
    "actors",
    "units",
    "practices",
    "events",
    "participation",
    "mediation",
    "needs",
    "assets",
    "matches",
    "ideas",
    "services",
    "roles",
    "statements",
    "votes",
    "ties",
    "money",
    "actions",
    "people",
    "campaigns",
    "logframe",
    "indicators",
    "outcomes",
    "costs",
    "maturity",
    "reached",
    "territory",
    "places",
    "benchmarks",
    "proposals",
    "gifts",
    "shifts",
    "wages",
    "panel",
    "caseload",
    "outcome_values",
    "call_rules",
    "call_funnel",
    "claims",
]


def test_every_table_of_the_design_has_a_contract():
    assert sorted(contracts().tables) == sorted(LISTED)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_contract_is_whole(table):
    fields = table.fields
    assert set(table.label) == {"it", "en"} and all(table.label.values())
    assert set(table.key) <= set(fields)
    assert set(table.any_of) <= set(fields)
    assert {name for pair in (*table.distinct, *table.ordered) for name in pair} <= set(fields)
    for field in fields.values():
        assert field.type in TYPES
        assert set(field.label) == {"it", "en"} and all(field.label.values())
        assert bool(field.to) == (field.type in ("ref", "refs"))
        assert bool(field.codes) == (field.type in ("code", "flag"))
        assert not field.to or field.to in contracts().tables
        assert field.within in ("", "semesters")
        assert not field.exempt or field.type == "date"
    for language in ("it", "en"):
        headers = [plain(name) for name in fields] + [
            plain(field.label[language])
            for field in fields.values()
            if plain(field.label[language]) != plain(field.name)
        ]
        assert len(headers) == len(set(headers)), "two columns could bear the same header"


@pytest.mark.parametrize("name", contracts().enumerations)
def test_no_spelling_means_two_codes(name):
    codes = contracts().enumerations[name]
    meant: dict[str, set[str]] = {}
    for code in codes:
        for text in (code.name, *code.label.values(), *code.synonyms):
            meant.setdefault(plain(text), set()).add(code.name)
    assert {text: found for text, found in meant.items() if len(found) > 1} == {}


def test_no_two_tables_are_called_alike():
    names = [plain(text) for table in TABLES for text in {table.name, *table.label.values()}]
    assert len(names) == len(set(names))


def test_a_field_that_tables_share_labels_a_code_in_one_way():
    seen: dict[tuple[str, str], dict[str, str]] = {}
    for table in TABLES:
        for field in table.fields.values():
            for code in field.codes:
                assert seen.setdefault((field.name, code.name), code.label) == code.label, (
                    table.name,
                    field.name,
                    code.name,
                )
    assert describe.labels({})["role"]["donor"] == {"it": "donatore", "en": "donor"}


@pytest.mark.parametrize(
    ("enumeration", "written", "code"),
    [
        ("actor_type", "azienda", "profit"),
        ("actor_type", "Ditta", "profit"),
        ("actor_type", "SOCIETA", "profit"),
        ("actor_type", "ente del terzo settore", "nonprofit"),
        ("actor_type", "non-profit", "nonprofit"),
        ("actor_type", " Third-sector  organisation ", "nonprofit"),
        ("phase", "coprogettazione", "ideation"),
        ("flag", "SÌ", "yes"),
        ("flag", "si", "yes"),
        ("contribution", "spazi", "space"),
    ],
)
def test_what_people_write_is_understood(enumeration, written, code):
    assert spellings(contracts().enumerations[enumeration])[plain(written)] == code


def test_the_nearest_word_ignores_case_and_accents_and_gives_up_when_nothing_is_like():
    assert nearest("Societa", ["società", "comune"]) == "società"
    assert nearest("zzz", ["società", "comune"]) is None
