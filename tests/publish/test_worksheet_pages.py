"""Worksheets as Word files and PDFs: which are made, what stands on their pages, and that both are accessible and steady."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pikepdf
import pytest

from analysis.errors import ProseError
from analysis.publish import index, prose, worksheet_pages
from analysis.publish.docx import NAMESPACES
from tests.publish import verapdf
from tests.publish.fixture import Paper, both
from tests.publish.test_docx import ORDER
from tests.publish.test_render import pages
from tests.publish.test_worksheets import SPEC, category, kit, made

W = f"{{{NAMESPACES['w']}}}"
LABEL = "Studio dimostrativo, dati simulati"
ALL = '["pdf", "docx", "xlsx"]'


def asked(spec: str, formats: str) -> str:
    return spec.replace("[worksheets.wks-kit]\n", f"[worksheets.wks-kit]\nformats = {formats}\n")


def wide() -> dict[str, Any]:
    """A sheet with more columns than an upright page takes, the last two to be filled in."""
    columns = [category(f"c{i}", f"Colonna numero {i}", f"Column number {i}") for i in range(11)]
    rows = [
        {
            f"c{i}": both(f"testo della cella {i}", f"text of the cell {i}") if i < 9 else None
            for i in range(11)
        }
        for _ in range(40)
    ]
    return {"columns": columns, "rows": rows, "suppressed": []}


@pytest.fixture
def filled(paper: Paper) -> Paper:
    paper.evidence["worksheets"] = {"wks-kit": kit()}
    paper.spec += asked(SPEC, ALL)
    return paper


def with_wide(paper: Paper) -> Paper:
    held = kit()
    held["order"].append("wide")
    held["tables"]["wide"] = wide()
    paper.evidence["worksheets"] = {"wks-kit": held}
    paper.spec += asked(SPEC, ALL).replace(
        "sheets.places", 'sheets.wide = { it = "Foglio largo", en = "Wide sheet" }\nsheets.places'
    )
    return paper


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    paper = with_wide(Paper(tmp_path_factory.mktemp("pages")))
    made(paper)
    return {path.name: path for path in (paper.folder / "out").iterdir()}


def body(content: bytes) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return ElementTree.fromstring(archive.read("word/document.xml"))[0]


def test_the_formats_asked_for_are_made_and_no_others(paper: Paper) -> None:
    paper.evidence["worksheets"] = {"wks-kit": kit()}
    spec = paper.spec
    for formats, names in ((ALL, ["docx", "pdf", "xlsx"]), ('["xlsx", "docx"]', ["docx", "xlsx"])):
        paper.spec = spec + asked(SPEC, formats)
        assert sorted(made(paper)) == [f"kit.{lang}.{name}" for lang in ("en", "it") for name in names]


@pytest.mark.parametrize(
    ("formats", "told"),
    [
        ('["xlsx", "word"]', "worksheets.wks-kit.formats: unknown format 'word'; allowed: xlsx, docx, pdf"),
        ('"docx"', "worksheets.wks-kit.formats: it is no list of formats; allowed: xlsx, docx, pdf"),
        ("[]", "worksheets.wks-kit.formats: it is no list of formats; allowed: xlsx, docx, pdf"),
        ('["docx"]', "worksheets.wks-kit.formats: the sheets places stand in the XLSX file only, which is not asked for"),
    ],
)  # fmt: skip
def test_formats_that_cannot_be_are_faults_of_the_edition(paper: Paper, formats: str, told: str) -> None:
    paper.evidence["worksheets"] = {"wks-kit": kit()}
    paper.spec += asked(SPEC, formats)
    _, notebook, texts = paper.write()
    found = [str(fault) for fault in prose.faults(notebook, paper.evidence, paper.outputs, texts)]
    assert sum(told in fault for fault in found) == 1, found
    with pytest.raises(ProseError):
        made(paper)


def test_the_bytes_are_steady_and_bear_the_date_of_the_edition(filled: Paper) -> None:
    first, second = made(filled), made(filled)
    assert first == second
    for name in ("kit.it.docx", "kit.en.docx"):
        with zipfile.ZipFile(io.BytesIO(first[name])) as archive:
            assert {info.date_time for info in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}
            assert b"2026-01-15T00:00:00Z" in archive.read("docProps/core.xml")


def test_the_word_file_says_what_the_workbook_says(files: dict[str, Path]) -> None:
    book = docx.Document(str(files["kit.it.docx"]))
    said = [(p.style.name, p.text) for p in book.paragraphs if p.text]  # type: ignore[union-attr]
    assert said[0] == ("Title", "Kit: da compilare")
    assert ("Abstract", "A che cosa serve: quota 34,6%.") in said and ("Abstract", "=Seconda parte") in said
    assert ("Abstract", "Le colonne con il fondo giallo sono da compilare.") in said
    assert ("Abstract", "Solo nel file kit.it.xlsx: Luoghi.") in said
    assert ("Keywords", "Fogli: Passi; Foglio largo") in said
    assert ("Data Label", LABEL) in said and any(name == "Notice Simulated" for name, _ in said)
    assert ("Colophon", "Edizione: 15 gennaio 2026") in said
    assert [text for name, text in said if name == "Unnumbered Heading 1"] == ["Passi", "Foglio largo"]
    first = [[cell.text for cell in row.cells] for row in book.tables[0].rows]
    assert first == [
        ["Passo", "Ore", "Persone", "Che cosa si è cambiato"], ["=HYPERLINK(1)", "24", "12", ""], ["secondo", "", "·", ""],
    ]  # fmt: skip
    assert ("Source Note", "· = non pubblicato: meno di 5 persone, o cella che le rivelerebbe.") in said
    assert all(section.header.paragraphs[0].text.startswith(LABEL) for section in book.sections)
    assert book.core_properties.title == "Kit: da compilare" and book.core_properties.language == "it-IT"


def test_tables_repeat_their_heads_and_have_room_to_write(files: dict[str, Path]) -> None:
    tables = list(body(files["kit.en.docx"].read_bytes()).iter(f"{W}tbl"))
    assert [table.find(f"{W}tblPr/{W}tblCaption").get(f"{W}val") for table in tables] == [
        "Steps",
        "Wide sheet",
    ]  # type: ignore[union-attr]
    for table, empty in zip(tables, ([3], [9, 10]), strict=True):
        rows = list(table.iter(f"{W}tr"))
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows]
        assert heads == [True] + [False] * (len(rows) - 1)
        for row in rows[1:]:
            height = row.find(f"{W}trPr/{W}trHeight")
            assert height is not None and (height.get(f"{W}val"), height.get(f"{W}hRule")) == ("510", "atLeast")  # fmt: skip
            grounds = [cell.find(f"{W}tcPr/{W}shd") is not None for cell in row.iter(f"{W}tc")]
            assert [at for at, ground in enumerate(grounds) if ground] == empty
            for paragraph in row.iter(f"{W}pStyle"):
                assert paragraph.get(f"{W}val", "").startswith("TableText")


def test_a_wide_sheet_is_turned_and_ends_the_file(files: dict[str, Path]) -> None:
    sections = docx.Document(str(files["kit.it.docx"])).sections
    widths = [section.page_width > section.page_height for section in sections]  # type: ignore[operator]
    assert widths == [False, True]
    last = list(body(files["kit.it.docx"].read_bytes()))[-1]
    assert last.tag == f"{W}sectPr" and last.find(f"{W}pgSz").get(f"{W}orient") == "landscape"  # type: ignore[union-attr]


def test_elements_stand_in_the_order_of_the_schema(files: dict[str, Path]) -> None:
    root = body(files["kit.it.docx"].read_bytes())
    for name, order in ORDER.items():
        rank = {f"{W}{child}": place for place, child in enumerate(order.split())}
        for element in root.iter(f"{W}{name}"):
            places = [rank[child.tag] for child in element if child.tag in rank]
            assert places == sorted(places), name


@pytest.mark.slow
def test_the_pdf_keeps_both_standards(files: dict[str, Path]) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    found = verapdf.failures([files["kit.it.pdf"], files["kit.en.pdf"]])
    assert all(not result["failed"] and result["checks"] > 500 for result in found.values())


def test_the_pages_of_the_pdf(files: dict[str, Path]) -> None:
    with pikepdf.open(files["kit.it.pdf"]) as pdf:
        assert str(pdf.Root.Lang) == "it-IT" and str(pdf.docinfo.Title) == "Kit: da compilare"
        turned = [float(page.mediabox[2]) > float(page.mediabox[3]) for page in pdf.pages]
    assert turned[:2] == [False, False] and all(turned[2:]) and len(turned) >= 4
    told = pages(files["kit.it.pdf"])
    assert all(LABEL in page for page in told)
    assert "quota 34,6%" in told[0] and "kit.it.xlsx" in told[0] and "15 gennaio 2026" in told[0]
    assert "Passi" in told[1] and "meno di 5 persone" in told[1] and "non disponibile" not in told[1]
    assert all("numero 10" in " ".join(page.split()) for page in told[2:])  # the head comes on every page


def test_nothing_is_labelled_on_real_data(filled: Paper) -> None:
    filled.evidence["context"] |= {"label": None, "provenance": "collected"}
    paper = made(filled)["kit.it.docx"]
    book = docx.Document(io.BytesIO(paper))
    assert not any(p.style.name == "Data Label" for p in book.paragraphs)  # type: ignore[union-attr]
    assert any(p.text.startswith("Come citare i dati: Studio demo") for p in book.paragraphs)


def test_a_number_keeps_its_interval_in_one_cell(filled: Paper) -> None:
    from analysis.publish import layout

    steps = filled.evidence["worksheets"]["wks-kit"]["tables"]["steps"]
    steps["columns"] += [
        {"name": "low", "role": "low", "of": "hours", "label": both("da", "from")},
        {"name": "high", "role": "high", "of": "hours", "label": both("a", "to")},
    ]
    steps["rows"][0] |= {"low": 20.0, "high": 30.0}
    _, notebook, texts = filled.write()
    source = layout.read(notebook, filled.evidence, filled.outputs, texts)
    (item,) = worksheet_pages.content(source, "wks-kit", "it")["items"]
    assert [cell["text"] for cell in item["rows"][0]] == ["=HYPERLINK(1)", "24 (20–30)", "12", ""]
    assert item["empty"] == [False, False, False, True]


def test_the_list_of_papers_links_every_file(filled: Paper) -> None:
    home = filled.folder / "papers" / "demo" / "sample"
    home.mkdir(parents=True)
    for name, content in made(filled).items():
        (home / name).write_bytes(content)
    for name in ("it.pdf", "it.docx", "it.brief.pdf", "it.appendix.pdf"):
        (home / name).write_bytes(b"paper")
    shelves = dict(index._shelves(home, filled.folder / "papers", "it"))
    assert [label for _, label, _ in shelves["worksheets"]] == ["kit, XLSX", "kit, Word", "kit, PDF"]
