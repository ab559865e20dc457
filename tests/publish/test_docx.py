from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import pytest

from analysis.errors import ProseError
from analysis.publish import reference
from analysis.publish.docx import NAMESPACES, columns
from analysis.publish.sources import TEMPLATES
from tests.publish.fixture import TEXTS, Paper, both, evidence
from tests.publish.test_render import made

W = f"{{{NAMESPACES['w']}}}"
LANGUAGES = ("it", "en")
# the order in which the schema of WordprocessingML wants the children that are used here
ORDER = {
    "pPr": "pStyle keepNext keepLines pageBreakBefore widowControl numPr pBdr shd tabs suppressAutoHyphens spacing ind contextualSpacing jc outlineLvl rPr sectPr",
    "rPr": "rStyle rFonts b bCs i iCs smallCaps strike color sz szCs u vertAlign lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook tblCaption tblDescription",
    "tcPr": "tcW gridSpan vMerge tcBorders shd vAlign",
    "sectPr": "headerReference footerReference footnotePr type pgSz pgMar titlePg",
    "style": "name basedOn next link uiPriority semiHidden unhideWhenUsed qFormat rsid pPr rPr tblPr trPr tcPr tblStylePr",
}


def collected(**context: Any) -> dict[str, Any]:
    """A record of persons who sign and are paid, in a series."""
    record = evidence("collected")
    author = {**record["context"]["authors"][0], "email": "ada@example.org", "corresponding": True}
    author |= {"given_names": "Ada", "family_names": "Prova", "orcid": "0000-0002-1825-0097"}
    record["context"] |= {
        "authors": [author],
        "series": {
            "title": both("Quaderni di prova", "Sample papers"),
            "publisher": "Casa di prova",
            "issn": "1234-5679",
            "url": "https://example.org/papers",
            "numbers": {"sample": "1.2026"},
            "doi": {"sample": "10.1234/sample"},
        },
        "funding": {"award": "A-7"},
        **context,
    }
    return record


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """The parts of the DOCX files by language; those of persons who sign under `signed-it`, `signed-en`."""
    simulated = Paper(tmp_path_factory.mktemp("docx"), texts=TEXTS)
    signed = Paper(tmp_path_factory.mktemp("signed"), evidence=collected(), texts=TEXTS)
    found = {}
    for lead, paper in (("", simulated), ("signed-", signed)):
        for name, path in made(paper, formats=("docx",)).items():
            found[lead + name.removesuffix(".docx")] = parts(path.read_bytes())
    return found


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def root(paper: dict[str, bytes], name: str = "word/document.xml") -> ElementTree.Element:
    return ElementTree.fromstring(paper[name])


def text(element: ElementTree.Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(f"{W}t"))


def style(paragraph: ElementTree.Element) -> str:
    found = paragraph.find(f"{W}pPr/{W}pStyle")
    return "" if found is None else found.get(f"{W}val", "")


def styled(paper: dict[str, bytes], name: str) -> list[str]:
    return [text(p) for p in root(paper).iter(f"{W}p") if style(p) == name]


def numbers(content: str) -> list[str]:
    """The figures of a text without the separators of its language, sorted."""
    return sorted(re.sub(r"[.,]", "", number) for number in re.findall(r"\d(?:[\d.,]*\d)?", content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_have_header_rows_row_headers_widths_and_titles(
    papers: dict[str, dict[str, bytes]], language: str
) -> None:
    tables = list(root(papers[language]).iter(f"{W}tbl"))
    assert len(tables) == 3
    captions = styled(papers[language], "TableCaption")
    for table, caption in zip(tables, captions, strict=True):
        heads = [row.find(f"{W}trPr/{W}tblHeader") is not None for row in table.iter(f"{W}tr")]
        assert heads == [True] + [False] * (len(heads) - 1)
        look, title = table.find(f"{W}tblPr/{W}tblLook"), table.find(f"{W}tblPr/{W}tblCaption")
        assert look is not None and title is not None
        assert (look.get(f"{W}firstRow"), look.get(f"{W}firstColumn")) == ("1", "1")
        assert title.get(f"{W}val") == caption
        grid = [int(column.get(f"{W}w", "")) for column in table.iter(f"{W}gridCol")]
        assert 0 < sum(grid) <= reference.TEXT
        for row in table.iter(f"{W}tr"):
            assert [int(cell.get(f"{W}w", "")) for cell in row.iter(f"{W}tcW")] == grid


def test_a_column_is_as_wide_as_its_longest_word() -> None:
    words = ["partecipazione", "x", "sperimentazione " * 9, "2"]
    item = {
        "flipped": False,
        "size": 9.0,
        "head": [{"text": "a", "align": "left", "under": ""} for _ in words],
        "rows": [[{"text": word} for word in words]],
        "widths": [],
    }
    first, second, third, _ = columns(item)
    assert first >= 14 * 0.5 * 9 * 20  # 14 letters of half the type size, in twentieths of a point
    assert second < first < third
    assert sum(columns(item)) <= reference.TEXT


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_formulas_and_notes_are_native(papers: dict[str, dict[str, bytes]], language: str) -> None:
    paper = papers[language]
    alt = {
        "it": "Due colonne: la prima, delle donne, è più alta; media 34,6%.",
        "en": "Two bars: the first, of women, is higher; mean 34.6%.",
    }
    drawings = list(root(paper).iter(f"{{{NAMESPACES['wp']}}}docPr"))
    assert [drawing.get("descr") for drawing in drawings] == [alt[language]]
    images = [content for name, content in paper.items() if name.startswith("word/media/")]
    assert len(images) == 1 and images[0].startswith(b"\x89PNG")
    assert len(list(root(paper).iter(f"{{{NAMESPACES['m']}}}oMath"))) == 2
    notes = [text(note) for note in root(paper, "word/footnotes.xml") if text(note)]
    assert [note.strip() for note in notes] == [{"it": "Una nota.", "en": "A note."}[language]]
    assert "$" not in text(root(paper))


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_and_properties(papers: dict[str, dict[str, bytes]], language: str) -> None:
    locale = {"it": "it-IT", "en": "en-GB"}[language]
    paper = papers[f"signed-{language}"]
    assert {e.get(f"{W}val") for e in root(paper, "word/styles.xml").iter(f"{W}lang")} == {locale}
    core = docx.Document(io.BytesIO(_zip(paper))).core_properties
    assert core.language == locale
    assert (
        core.title
        == {
            "it": "Chi cura: un documento di prova – con trattino",
            "en": "Who cares: a sample paper – with a dash",
        }[language]
    )
    assert core.author == "Ada Prova"
    assert core.keywords == {"it": "cura; conciliazione", "en": "care; work–life balance"}[language]
    assert core.category == "J22, J13"
    assert core.created is not None and core.created.isoformat().startswith("2026-01-15")


def _zip(paper: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in paper.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_every_style_used_is_one_an_editor_finds(papers: dict[str, dict[str, bytes]]) -> None:
    paper = papers["signed-it"]
    defined = {e.get(f"{W}styleId") for e in root(paper, "word/styles.xml").iter(f"{W}style")}
    used = {
        e.get(f"{W}val") for kind in ("pStyle", "rStyle", "tblStyle") for e in root(paper).iter(f"{W}{kind}")
    }
    assert used <= defined
    wanted = "Title Author Affiliation AuthorRole Correspondence Date AbstractTitle Abstract Keywords Notice Colophon Heading1 Heading2"
    wanted += " UnnumberedHeading1 TableCaption ImageCaption SourceNote TableText Equation Bibliography Table Series"
    assert set(wanted.split()) <= used
    names = {style.name for style in docx.Document(io.BytesIO(_zip(paper))).styles}
    assert {"Title", "Heading 1", "Caption", "Source Note", "Data Label", "Table"} <= names


def test_nothing_empty_and_everything_in_the_order_of_the_schema(
    papers: dict[str, dict[str, bytes]],
) -> None:
    for paper in papers.values():
        body = root(paper)
        marks = {f"{W}t", f"{W}drawing", f"{{{NAMESPACES['m']}}}oMath"}
        assert all(any(e.tag in marks for e in p.iter()) for p in body.iter(f"{W}p"))
        assert "altro-paper" not in text(body) and "$" not in text(body)
        for name in ("word/document.xml", "word/styles.xml", "word/footnotes.xml"):
            for element in root(paper, name).iter():
                order = ORDER.get(element.tag.removeprefix(W), "").split()
                if order:
                    found = [order.index(child.tag.removeprefix(W)) for child in element]
                    assert found == sorted(found), [child.tag for child in element]


@pytest.mark.parametrize("language", LANGUAGES)
def test_captions_are_counted_and_references_point_to_them(
    papers: dict[str, dict[str, bytes]], language: str
) -> None:
    body = root(papers[language])
    names = [e.get(f"{W}name", "") for e in body.iter(f"{W}bookmarkStart")]
    ids = [e.get(f"{W}id") for e in body.iter(f"{W}bookmarkStart")]
    assert len(set(names)) == len(names) and len(set(ids)) == len(ids)
    anchors = {e.get(f"{W}anchor", "") for e in body.iter(f"{W}hyperlink") if e.get(f"{W}anchor")}
    assert anchors and anchors <= set(names)
    fields = [e.text or "" for e in body.iter(f"{W}instrText")]
    referred = {field.split()[1] for field in fields if "REF" in field}
    assert len(referred) == 6 and referred <= set(names)
    assert all(re.fullmatch(r"[A-Za-z]\w{0,39}", name) for name in referred)
    assert [field.split()[1] for field in fields if "SEQ" in field].count("Table") == 3
    table, figure = {"it": ("Tabella", "Figura"), "en": ("Table", "Figure")}[language]
    captions = styled(papers[language], "TableCaption")
    assert [caption.partition(".")[0] for caption in captions] == [f"{table}\xa0{n}" for n in (1, 2, 3)]
    assert styled(papers[language], "ImageCaption")[0].startswith(f"{figure}\xa01. ")
    question = styled(papers[language], "FirstParagraph")[0]
    assert f"{figure}\xa01" in question and f"{table}\xa01" in question


def test_both_languages_print_the_same_numbers(papers: dict[str, dict[str, bytes]]) -> None:
    italian, english = (
        [numbers(text(e)) for e in root(papers[language])[0] if e.tag != f"{W}sectPr"]
        for language in LANGUAGES
    )
    assert italian == english
    assert ["346"] in [[number for number in found if number == "346"] for found in italian]


def test_a_simulated_study_says_so_everywhere(papers: dict[str, dict[str, bytes]]) -> None:
    label = "Studio dimostrativo, dati simulati"
    paper, signed = papers["it"], papers["signed-it"]
    assert styled(paper, "Title")[0].startswith(label)
    assert styled(paper, "DataLabel") == [label]
    assert len(styled(paper, "NoticeSimulated")) == 2
    assert styled(paper, "Author") == ["il progetto software altro"]
    for name in ("word/header1.xml", "word/header2.xml"):
        assert text(root(paper, name)).startswith(label)
        assert label not in text(root(signed, name))
    assert styled(paper, "Series") == [] and "Ente finanziatore" not in text(root(paper))
    assert label.encode() in paper["docProps/custom.xml"]


def test_the_title_page_of_persons_who_sign(papers: dict[str, dict[str, bytes]]) -> None:
    paper = papers["signed-it"]
    assert styled(paper, "Series")[0] == "Casa di provaQuaderni di prova, n. 1.2026 ISSN\xa01234-5679"
    assert styled(paper, "Author") == ["Ada Prova\xa0\xa0ORCID\xa00000-0002-1825-0097"]
    assert styled(paper, "Affiliation") == ["Fondazione Eni Enrico Mattei"]
    assert styled(paper, "AuthorRole") == ["Ruolo nel progetto: valutatrice, pagata dal progetto"]
    assert styled(paper, "Correspondence") == ["Corrispondenza: Ada Prova, ada@example.org"]
    assert "Le opinioni espresse" in styled(paper, "Notice")[1]
    colophon = " ".join(styled(paper, "Colophon"))
    assert "Ente finanziatore (contributo A-7)" in colophon and "CC BY 4.0" in colophon
    links = paper["word/_rels/document.xml.rels"].decode()
    assert "https://orcid.org/0000-0002-1825-0097" in links and "mailto:ada@example.org" in links


def test_a_wide_table_turns_its_page(tmp_path: Path) -> None:
    record = evidence()
    names = [f"Misura numero {n} della prova" for n in range(13)]
    column = {"role": "measure", "unit": "number", "digits": 4}
    wide = [{"name": n, "label": both(n, n), **column} for n in names]
    first = {"name": "place", "role": "category", "label": both("Comune", "Municipality")}
    rows = [{"place": f"Comune {i}", **dict.fromkeys(names, 1234.5678)} for i in range(3)]
    record["tables"]["tbl-places"] = {"columns": [first, *wide], "rows": rows, "suppressed": []}
    paths = made(Paper(tmp_path, evidence=record), formats=("docx",), languages=("it",))
    body = root(parts(paths["it.docx"].read_bytes()))
    sections = list(body.iter(f"{W}sectPr"))
    turned = [e.get(f"{W}orient") for section in sections for e in section.iter(f"{W}pgSz")]
    assert turned == [None, "landscape", None]
    assert [section.find(f"{W}titlePg") is not None for section in sections] == [True, False, False]
    table = list(body.iter(f"{W}tbl"))[-1]
    width = sum(int(e.get(f"{W}w", "")) for e in table.iter(f"{W}gridCol"))
    assert reference.TEXT < width <= reference.TEXT_FLIPPED


def test_the_same_bytes_in_another_place_without_its_path(tmp_path: Path) -> None:
    files = [
        made(Paper(tmp_path / name, texts=TEXTS), formats=("docx",))["it.docx"].read_bytes()
        for name in ("one", "two")
    ]
    assert files[0] == files[1]
    with zipfile.ZipFile(io.BytesIO(files[0])) as archive:
        assert {info.date_time for info in archive.infolist()} == {(2026, 1, 15, 0, 0, 0)}
    assert not any(str(tmp_path).encode() in content for content in parts(files[0]).values())


def test_the_reference_document_is_the_one_that_the_code_makes() -> None:
    assert (TEMPLATES / "reference.docx").read_bytes() == reference.build()


def test_brackets_of_formulas_are_pairs_and_bars_are_bars(tmp_path: Path) -> None:
    paper = Paper(tmp_path)
    old = "y_i = \\beta_0 + \\beta_1 c_i + \\varepsilon_i"
    new = "y = \\sum_i (1 - f_i) \\left( x_i - \\bar x \\right)^2 + g(x)"
    for name in ("m-it", "m-en"):
        paper.change(name, old, new)
    path = made(paper, formats=("docx",), languages=("it",))["it.docx"]
    body, math = root(parts(path.read_bytes())), f"{{{NAMESPACES['m']}}}"
    assert len(list(body.iter(f"{math}d"))) == 3
    assert not [e.text for e in body.iter(f"{math}t") if "(" in (e.text or "") or ")" in (e.text or "")]
    assert {e.get(f"{math}val") for accent in body.iter(f"{math}accPr") for e in accent} == {"\u0305"}
    assert {e.get(f"{math}val") for e in body.iter(f"{math}limLoc")} == {"undOvr"}


def test_a_formula_that_pandoc_cannot_read_names_file_and_cell(paper: Paper) -> None:
    paper.change("m-it", "\\beta_0", "\\betta_0")
    with pytest.raises(ProseError, match=r"\(it.docx\) cell m-it, line 7: formula not understood"):
        made(paper, formats=("docx",), languages=("it",))
