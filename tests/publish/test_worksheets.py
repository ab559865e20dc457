from __future__ import annotations

import io
import zipfile
from typing import Any

import openpyxl
import pytest

from analysis.errors import ProseError
from analysis.publish import prose, render
from tests.publish.fixture import Paper, both

SPEC = """
[worksheets.wks-kit]
title = { it = "Kit: da compilare", en = "Kit: to be filled in" }
sheets.steps = { it = "Passi", en = "Steps" }
sheets.places = { it = "Luoghi", en = "Places" }
[worksheets.wks-kit.intro]
it = \"\"\"A che cosa serve: quota `{val} share_with_care_load`.

=Seconda parte\"\"\"
en = \"\"\"What it is for: share `{val} share_with_care_load`.

=Second part\"\"\"
"""


def category(name: str, it: str, en: str) -> dict[str, Any]:
    return {"name": name, "role": "category", "label": both(it, en)}


def kit() -> dict[str, Any]:
    steps = {
        "columns": [
            category("step", "Passo", "Step"),
            {"name": "hours", "role": "measure", "unit": "hours", "digits": 0, "label": both("Ore", "Hours")},
            {"name": "people", "role": "count", "unit": "persons", "label": both("Persone", "Persons")},
            category("changed", "Che cosa si è cambiato", "What was changed"),
        ],
        "rows": [
            {"step": both("=HYPERLINK(1)", "=HYPERLINK(2)"), "hours": 24.0, "people": 12, "changed": None},
            {"step": both("secondo", "second"), "hours": None, "people": None, "changed": both("", "")},
        ],
        "suppressed": [[1, "people"]],
    }
    form = {
        "columns": [category("place", "luogo", "place"), category("note", "nota", "note")],
        "rows": [{"place": {"code": "a", "it": "quartiere", "en": "quarter"}, "note": None}],
        "suppressed": [],
        "form": True,
    }
    return {"order": ["steps", "places"], "tables": {"places": form, "steps": steps}}


@pytest.fixture
def filled(paper: Paper) -> Paper:
    paper.evidence["worksheets"] = {"wks-kit": kit()}
    paper.spec += SPEC
    return paper


def made(paper: Paper, **options: Any) -> dict[str, bytes]:
    paths = render.render(*paper.write(), paper.folder / "out", formats=("worksheets",), **options)
    return {path.name: path.read_bytes() for path in paths}


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_a_workbook_a_language_without_the_prefix(filled: Paper) -> None:
    assert sorted(made(filled)) == ["kit.en.xlsx", "kit.it.xlsx"]


def test_a_record_that_knows_no_worksheets_makes_none(paper: Paper) -> None:
    assert "worksheets" not in paper.evidence and made(paper) == {}


def test_the_first_page_explains_and_the_sheets_stand_in_their_order(filled: Paper) -> None:
    book = opened(made(filled)["kit.it.xlsx"])
    assert book.sheetnames == ["Leggimi", "Passi", "Luoghi"]
    texts = [row[0] for row in book["Leggimi"].iter_rows(values_only=True) if row[0]]
    assert texts[:3] == ["Kit: da compilare", "Studio dimostrativo, dati simulati", "A che cosa serve: quota 34,6%."]  # fmt: skip
    assert "=Seconda parte" in texts and "Le colonne con il fondo giallo sono da compilare." in texts
    assert {cell.hyperlink.location or cell.hyperlink.target for (cell,) in book["Leggimi"].iter_rows() if cell.hyperlink} == {"#'Passi'!A1", "#'Luoghi'!A1"}  # fmt: skip


def test_known_cells_are_printed_and_empty_columns_are_to_be_filled_in(filled: Paper) -> None:
    sheet = opened(made(filled)["kit.it.xlsx"])["Passi"]
    assert [cell.value for cell in sheet[4]] == ["Passo", "Ore", "Persone", "Che cosa si è cambiato"]
    assert [cell.value for cell in sheet[5]] == ["=HYPERLINK(1)", 24, 12, None]
    assert [cell.value for cell in sheet[6]] == ["secondo", None, "·", None]
    grounds = [[cell.fill.fgColor.rgb[-6:] for cell in sheet[row] if cell.fill.patternType] for row in (5, 6)]
    assert grounds == [["FFF6D6"], ["FFF6D6"]]
    assert all(cell.border.left.style == "thin" and cell.alignment.wrap_text for row in (5, 6) for cell in sheet[row])  # fmt: skip
    assert sheet.freeze_panes == "A5" and sheet.print_title_rows == "$4:$4"


def test_every_sheet_is_set_up_for_paper_and_bears_the_label(filled: Paper) -> None:
    book = opened(made(filled)["kit.en.xlsx"])
    for sheet in book:
        assert (sheet.page_setup.orientation, int(sheet.page_setup.paperSize)) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage and sheet.page_setup.fitToHeight == 0
        assert sheet.oddHeader.left.text == "Demonstration study, simulated data"
    assert book["Steps"]["A2"].value == "Demonstration study, simulated data"
    assert book["Places"]["A1"].comment.text == "Demonstration study, simulated data"


def test_a_form_has_names_and_labels_in_its_first_rows(filled: Paper) -> None:
    sheet = opened(made(filled)["kit.en.xlsx"])["Places"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["place", "note"], ["place", "note"], ["quarter", None],
    ]  # fmt: skip
    assert sheet.freeze_panes == "A3" and sheet.print_title_rows == "$1:$2"


def test_nothing_becomes_a_formula_and_the_bytes_are_steady(filled: Paper) -> None:
    first, second = made(filled), made(filled)
    assert first == second
    for content in first.values():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert not any(b"<f>" in archive.read(name) for name in archive.namelist())
            assert {info.date_time for info in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}


def test_no_label_on_real_data(filled: Paper) -> None:
    filled.evidence["context"]["label"] = None
    book = opened(made(filled)["kit.it.xlsx"])
    assert book["Passi"]["A2"].value is None and book["Luoghi"]["A1"].comment is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (', en = "Kit: to be filled in" }', " }", "worksheets.wks-kit.title.en: missing: title of wks-kit"),
        ('sheets.places = { it = "Luoghi", en = "Places" }\n', "", "worksheets.wks-kit.sheets.places.it: missing: title of sheet 'places' of wks-kit"),
        ('it = """A che', 'un = """A che', "worksheets.wks-kit.intro.it: missing: introduction of wks-kit"),
        ("`{val} share_with_care_load`.\n\n=Seconda", "`{val} nobody`.\n\n=Seconda", "worksheets.wks-kit.intro.it: number 'nobody' is not in the evidence"),
    ],
)  # fmt: skip
def test_missing_texts_are_faults_of_the_edition(
    filled: Paper, old: str, new: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALTRO_LANG", "en")
    assert old in filled.spec
    filled.spec = filled.spec.replace(old, new)
    _, notebook, texts = filled.write()
    found = [str(fault) for fault in prose.faults(notebook, filled.evidence, filled.outputs, texts)]
    assert any(told in fault for fault in found), found
    with pytest.raises(ProseError):
        made(filled)


def test_the_list_of_papers_links_the_worksheets(filled: Paper) -> None:
    from analysis.publish import index

    home = filled.folder / "papers" / "demo" / "sample"
    home.mkdir(parents=True)
    for name, content in made(filled).items():
        (home / name).write_bytes(content)
    (home / "it.xlsx").write_bytes(b"tables")
    shelves = dict(index._shelves(home, filled.folder / "papers", "it"))
    assert [(address, label) for address, label, _ in shelves["worksheets"]] == [("demo/sample/kit.it.xlsx", "kit, XLSX")]  # fmt: skip
    assert [label for _, label, _ in shelves["tables"]] == ["XLSX"]
