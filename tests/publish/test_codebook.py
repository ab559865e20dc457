from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import openpyxl

from analysis.publish import render
from tests.publish.fixture import Paper
from tests.publish.methods import complete
from tests.publish.test_render import document


def made(paper: Paper, **options: Any) -> dict[str, Path]:
    paths = render.render(*paper.write(), paper.folder / "out", formats=("codebook",), **options)
    return {path.name: path for path in paths}


def test_a_page_and_a_workbook_a_language(paper: Paper) -> None:
    assert sorted(made(complete(paper))) == [
        "en.codebook.html",
        "en.codebook.xlsx",
        "it.codebook.html",
        "it.codebook.xlsx",
    ]


def test_without_a_codebook_there_is_none(paper: Paper) -> None:
    complete(paper)
    del paper.evidence["methods"]["mth-codebook"]
    assert made(paper) == {}


def test_the_page_carries_label_title_and_every_row(paper: Paper) -> None:
    root = document(made(complete(paper))["it.codebook.html"])
    text = "".join(root.itertext())
    title = root.find("head/title")
    assert title is not None and title.text is not None
    assert title.text.startswith("Studio dimostrativo, dati simulati. Codebook per: Chi cura")
    assert "Dati simulati: luoghi, enti e persone sono inventati." in text
    assert all(f"voce {i}" in text for i in range(60))
    assert "Metodi" not in text and "Glossario" not in text
    assert any(link.get("href") == "en.codebook.html" for link in root.iter("a"))


def test_the_workbook_holds_true_numbers_and_no_formula(paper: Paper) -> None:
    content = made(complete(paper))["it.codebook.xlsx"].read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
        assert {info.date_time for info in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Indice", "mth-codebook"]
    sheet = book["mth-codebook"]
    assert sheet["A1"].value == "Tabella 1. Didascalia di codebook."
    assert sheet["A2"].value == "Studio dimostrativo, dati simulati"
    rows = {row[1].value: row for row in sheet.iter_rows() if row[1].value}
    assert [cell.value for cell in rows["Che cosa"]] == ["Nome", "Che cosa", "n", "Quota"]
    first = rows["voce 0"]
    assert first[0].value.startswith("=cmd") and first[0].data_type == "s" and first[0].quotePrefix
    assert [cell.value for cell in rows["voce 59"][2:]] == [1059, 0.125]
    assert [cell.number_format for cell in rows["voce 59"][2:]] == ["[$-410]#,##0", "[$-410]0.0%"]
    assert "Nota di codebook: 34,6%." in [row[0].value for row in sheet.iter_rows()]


def test_both_languages_hold_the_same_values(paper: Paper) -> None:
    files = made(complete(paper))
    values = [
        [
            cell.value
            for row in openpyxl.load_workbook(files[f"{language}.codebook.xlsx"])["mth-codebook"].iter_rows()
            for cell in row
            if isinstance(cell.value, int | float)
        ]
        for language in ("it", "en")
    ]
    assert values[0] == values[1] and len(values[0]) == 120
