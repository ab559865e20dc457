from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from analysis.publish import layout, prose, workbook
from analysis.publish.render import outputs_of
from tests.publish.fixture import TEXTS, Paper


def raw(paper: Paper, language: str) -> bytes:
    record, notebook, texts = paper.write()
    source = layout.read(notebook, paper.evidence, outputs_of(record), texts)
    return workbook.workbook(source, prose.compose(source, language))


@pytest.fixture
def book(paper: Paper) -> openpyxl.Workbook:
    paper.texts = TEXTS
    return openpyxl.load_workbook(io.BytesIO(raw(paper, "it")))


def test_a_sheet_a_table_after_the_contents(book: openpyxl.Workbook) -> None:
    assert book.sheetnames == ["Indice", "fig-care", "tbl-care", "tbl-own", "tbl-places"]
    text = [str(cell.value) for row in book["Indice"] for cell in row if cell.value]
    assert text[0].startswith("Studio dimostrativo, dati simulati: Chi cura")
    assert "CC BY 4.0" in text and "Tabella 1. Carichi di cura per genere." in text
    assert "Figura 1. Quota con carico di cura, per genere (media 34,6%)." in text


def test_every_sheet_carries_the_label(book: openpyxl.Workbook) -> None:
    for sheet in book:
        assert "Studio dimostrativo, dati simulati" in [
            row[0] for row in sheet.iter_rows(max_row=3, values_only=True)
        ]


def test_numbers_are_numbers_in_the_language_s_format(book: openpyxl.Workbook, paper: Paper) -> None:
    sheet = book["tbl-care"]
    rows = {(row[0].value, row[1].value): row for row in sheet.iter_rows() if row[1].value}
    assert [cell.value for cell in rows["Genere", "Carico di cura"]] == [
        "Genere", "Carico di cura", "n", "Quota", "Quota: limite inferiore", "Quota: limite superiore", "Ore la settimana",
    ]  # fmt: skip
    line = rows["donne", "figli"]
    assert [cell.value for cell in line[2:]] == [218, 0.346, 0.31, 0.382, 21.25]
    assert [cell.number_format for cell in line[2:5]] == ["[$-410]#,##0", "[$-410]0.0%", "[$-410]0.0%"]
    assert [cell.value for cell in rows["uomini", "figli"][2:6]] == ["·"] * 4
    english = openpyxl.load_workbook(io.BytesIO(raw(paper, "en")))["tbl-care"]
    assert {cell.number_format for row in english.iter_rows() for cell in row if isinstance(cell.value, float)} == {
        "[$-809]0.0%", "[$-809]#,##0.0",
    }  # fmt: skip
    notes = [row[0].value for row in sheet.iter_rows(min_row=sheet.max_row - 2)]
    assert notes == [
        "Quote pesate.",
        "· = non pubblicato: meno di 5 persone, o cella che le rivelerebbe.",
        "Fonte: indagine dello studio, 2017",
    ]


def test_nothing_becomes_a_formula(paper: Paper) -> None:
    paper.texts = TEXTS
    for i, text in enumerate(("=1+1", "+1", "-1", "@SUM(A1)")):
        paper.evidence["tables"]["tbl-places"]["rows"].append({"place": text, "people": i})
    content = raw(paper, "it")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [
        cell
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if str(cell.value or "")[:1] in "=+-@" and cell.value
    ]
    assert {"=1+1", "+1", "-1", "@SUM(A1)", "=Comune 0", "+A1"} <= {cell.value for cell in cells}
    assert {cell.data_type for cell in cells} == {"s"} and all(cell.quotePrefix for cell in cells)


def test_every_time_stamp_is_the_edition(paper: Paper) -> None:
    content = raw(paper, "en")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert core.count("2026-01-15T00:00:00Z") == 2
    assert content == raw(paper, "en")
