from __future__ import annotations

from typing import Any

import pytest

from analysis.publish import tables
from tests.publish.fixture import both, care_table, context, places_table

HERE = context("simulated")


def texts(table: dict[str, Any], language: str) -> list[list[str]]:
    made = tables.printed("tbl-x", table, HERE, language)
    return [[cell["text"] for cell in row] for row in made["rows"]]


def test_value_and_interval_share_a_cell() -> None:
    italian, english = texts(care_table(), "it"), texts(care_table(), "en")
    assert italian[1] == ["donne", "figli", "218", "34,6% (31,0%–38,2%)", "21,2"]
    assert english[1] == ["women", "children", "218", "34.6% (31.0%–38.2%)", "21.2"]
    head = tables.printed("tbl-x", care_table(), HERE, "it")["head"]
    assert [(column["text"], column["under"], column["align"]) for column in head] == [
        ("Genere", "", "left"),
        ("Carico di cura", "", "left"),
        ("n", "", "right"),
        ("Quota", "(IC\xa095%)", "right"),
        ("Ore la settimana", "", "right"),
    ]


def test_bounds_that_are_the_middle_of_draws_are_not_called_a_confidence_interval() -> None:
    table = care_table()
    table["columns"][3]["band"] = True
    head = {lang: tables.printed("tbl-x", table, HERE, lang)["head"][3]["under"] for lang in ("it", "en")}
    assert head == {"it": "(95%\xa0centrale)", "en": "(middle\xa095%)"}


def test_what_is_not_shown_is_marked_and_explained() -> None:
    made = tables.printed("tbl-x", care_table(), HERE, "en")
    assert [cell["text"] for cell in made["rows"][3]] == ["men", "children", "·", "·", "–"]
    assert made["notes"] == [
        "· = not shown: fewer than 5 persons, or a cell that would give them away.",
        "– = not available.",
    ]
    plain = places_table(2)
    assert tables.printed("tbl-x", plain, HERE, "en")["notes"] == []


def test_totals_stand_out() -> None:
    made = tables.printed("tbl-x", care_table(), HERE, "it")
    assert [row[0]["strong"] for row in made["rows"]] == [False, False, False, False, True]


def test_a_long_table_prints_its_head_and_its_totals_and_says_so() -> None:
    table = places_table(100)
    table["rows"].append({"place": {"code": "total", **both("totale", "total")}, "people": 5})
    made = tables.printed("tbl-x", table, HERE, "en")
    assert len(made["rows"]) == tables.LONGEST + 1 and made["rows"][-1][0]["text"] == "total"
    assert made["notes"] == ["41 of 101 rows are printed; the whole table is in the file en.xlsx."]


def test_a_share_has_its_standard_error_in_points() -> None:
    table = {
        "columns": [
            {
                "name": "share",
                "role": "measure",
                "unit": "share",
                "digits": 1,
                "label": both("quota", "share"),
            },
            {"name": "se", "role": "se", "of": "share", "label": both("errore standard", "standard error")},
        ],
        "rows": [{"share": 0.25, "se": 0.021}],
        "suppressed": [],
    }
    assert texts(table, "it") == [["25,0%", "2,1"]]


@pytest.mark.parametrize(
    ("language", "expected"),
    [("it", [["Portierato", "2017", "0,50"], ["Spesa", "2018", "1.234,25"]]), ("en", [["Concierge", "2017", "0.50"], ["Shopping", "2018", "1,234.25"]])],
)  # fmt: skip
def test_a_table_of_the_study_s_own(language: str, expected: list[list[str]]) -> None:
    entry = {
        "columns": both("a", "b") | {"it": ["Servizio", "Anno", "Quota"], "en": ["Service", "Year", "Share"]},
        "rows": [[both("Portierato", "Concierge"), 2017, 0.5], [both("Spesa", "Shopping"), 2018, 1234.25]],
    }
    made = tables.own("tbl-own", entry, language)
    assert [[cell["text"].replace("\\", "") for cell in row] for row in made["rows"]] == expected
    assert [column["align"] for column in made["head"]] == ["left", "right", "right"]


def test_type_shrinks_before_the_page_turns() -> None:
    def cells(columns: int, width: int) -> tuple[float, bool, list[float]]:
        head = [{"text": "x", "align": "right", "under": ""}] * columns
        return tables.fit(head, [[{"text": "9" * width}] * columns])

    assert cells(4, 8) == (9.0, False, [])
    size, flipped, _ = cells(9, 9)
    assert 7.0 <= size < 9.0 and not flipped
    assert cells(14, 10)[1]


def test_long_texts_share_the_width_and_words_stay_whole() -> None:
    head = [{"text": name, "align": "left", "under": ""} for name in ("Practice", "Place")]
    long = "una descrizione piuttosto lunga " * 8
    size, flipped, widths = tables.fit(head, [[{"text": long}, {"text": "Borgo"}]])
    assert (size, flipped) == (9.0, False)
    assert sum(widths) == pytest.approx(1, abs=1e-3) and widths[0] > 3 * widths[1]
    address = "https://example.org/" + "a/" * 60
    assert tables.fit(head, [[{"text": address}, {"text": "Borgo"}]])[1] is False


def test_long_texts_break_into_as_few_lines_as_can_be() -> None:
    head = [{"text": name, "align": "left", "under": ""} for name in ("Line", "Basis")]
    row = [{"text": "costo di un anno " * 12}, {"text": "assunzione della prova " * 18}]
    widths = tables.fit(head, [row])[2]
    assert widths[1] / widths[0] == pytest.approx(len(row[1]["text"]) / len(row[0]["text"]), rel=0.1)


@pytest.mark.parametrize(("language", "note"), [("it", "Nessuna riga"), ("en", "No rows")])
def test_a_table_without_rows_says_so(language, note):
    empty = {**care_table(), "rows": [], "suppressed": []}
    assert [text.split(":")[0] for text in tables.printed("tbl-x", empty, HERE, language)["notes"]] == [note]
