from __future__ import annotations

import html
import itertools
import json
import os
import re
import time
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pikepdf
import pytest

from analysis.errors import ProseError
from analysis.publish import render, sources
from analysis.publish.document import heading
from tests.publish import verapdf
from tests.publish.fixture import TEXTS, Paper, context


def made(paper: Paper, out: str = "out", **options: object) -> dict[str, Path]:
    named = {"formats": ("pdf", "html", "xlsx"), **options}
    paths = render.render(*paper.write(), paper.folder / out, **named)  # type: ignore[arg-type]
    return {path.name: path for path in paths}


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    paper = Paper(tmp_path_factory.mktemp("edition"), texts=TEXTS)
    return made(paper, formats=("pdf", "html", "xlsx", "ipynb"))


def pages(path: Path) -> list[str]:
    """The text of each page, as a reader of the PDF copies it."""
    import subprocess

    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return done.stdout.split("\f")[:-1]


def test_every_product_is_there(edition: dict[str, Path]) -> None:
    assert sorted(edition) == [
        "en.html",
        "en.pdf",
        "en.xlsx",
        "it.html",
        "it.pdf",
        "it.xlsx",
        "notebook.ipynb",
    ]


def test_pdfs_keep_both_standards(edition: dict[str, Path]) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    found = verapdf.failures([edition["it.pdf"], edition["en.pdf"]])
    assert {key: result["failed"] for key, result in found.items()} == {
        f"{edition[f'{language}.pdf']} {profile}": {}
        for profile in ("ua1", "2a")
        for language in ("it", "en")
    }
    assert all(result["checks"] > 1000 for result in found.values())


def test_drafts_keep_both_standards_too(paper: Paper) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    paper.change("q-it", "@fig-care", "@fig-cura")
    draft = made(paper, formats=("pdf",), languages=("it",), draft=True)
    assert all(not result["failed"] for result in verapdf.failures([draft["it.pdf"]]).values())


def test_title_language_and_headings_in_the_pdf(edition: dict[str, Path]) -> None:
    with pikepdf.open(edition["it.pdf"]) as pdf:
        assert str(pdf.Root.Lang) == "it-IT"
        assert (
            str(pdf.docinfo.Title)
            == "Studio dimostrativo, dati simulati: Chi cura: un documento di prova – con trattino"
        )
        assert str(pdf.docinfo.Author) == "il progetto software altro"
    with pikepdf.open(edition["en.pdf"]) as pdf:
        assert str(pdf.Root.Lang) == "en-GB"
        assert "work–life balance" in str(pdf.docinfo.Keywords)


def test_bytes_are_equal_when_built_again_elsewhere(
    edition: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    monkeypatch.setenv("LC_ALL", "C")
    again = made(Paper(tmp_path / "elsewhere", texts=TEXTS), formats=("pdf", "html", "xlsx", "ipynb"))
    monkeypatch.undo()
    time.tzset()
    assert [name for name, path in again.items() if path.read_bytes() != edition[name].read_bytes()] == []


def test_an_unchanged_product_is_left_alone(paper: Paper) -> None:
    first = made(paper, formats=("html",))["it.html"]
    os.utime(first, (1, 1))
    assert made(paper, formats=("html",))["it.html"].stat().st_mtime == 1


def document(path: Path) -> ElementTree.Element:
    """The HTML as a tree: what pandoc writes is XML but for the void elements of the template."""
    text = path.read_text(encoding="utf-8").replace("<!DOCTYPE html>", "")
    text = re.sub(r"<(meta|br|wbr|link)\b([^>]*?)/?>", r"<\1\2/>", text)
    return ElementTree.fromstring(text.replace("&nbsp;", " "))


@pytest.mark.parametrize(("language", "locale"), [("it", "it-IT"), ("en", "en-GB")])
def test_html_is_accessible(edition: dict[str, Path], language: str, locale: str) -> None:
    root = document(edition[f"{language}.html"])
    assert root.get("lang") == locale
    assert len(list(root.iter("h1"))) == 1
    body = root.find("body")
    assert (
        body is not None and body[0].get("href") == "#main" and root.find(".//main[@id='main']") is not None
    )
    heads = list(root.iter("th"))
    assert heads and all(head.get("scope") in ("col", "row") for head in heads)
    assert all(image.get("alt") for image in root.iter("img"))
    assert root.find(".//{http://www.w3.org/1998/Math/MathML}math") is not None
    levels = [int(element.tag[1]) for element in root.iter() if re.fullmatch(r"h[1-6]", str(element.tag))]
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    targets = {link.get("href", "")[1:] for link in root.iter("a") if link.get("href", "").startswith("#")}
    assert targets <= set(ids)


def test_html_needs_no_other_file(edition: dict[str, Path]) -> None:
    text = edition["it.html"].read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!data:|#|it\.html|en\.html|https://|mailto:)', text)
    assert not re.search(
        r'<script(?! type="application/ld\+json")|<link(?! rel="alternate")|@import|url\(["\']?http', text
    )
    assert "/tmp" not in text


def test_comma_in_italian_point_in_english(edition: dict[str, Path]) -> None:
    italian, english = (edition[f"{language}.html"].read_text(encoding="utf-8") for language in ("it", "en"))
    assert "34,6% (31,0%–38,2%)" in italian and "34.6% (31.0%–38.2%)" in english
    assert "1.398" in italian and "1,398" in english
    assert "Tabella\u00a01" in italian and "Table\u00a01" in english
    assert "·</td>" in italian and "meno di 5 persone, o cella che le rivelerebbe" in italian


def test_a_citation_after_a_reference_is_not_swallowed(edition: dict[str, Path]) -> None:
    text = " ".join(pages(edition["en.pdf"])[1].split())
    assert "see Figure 1 and Table 1 (Greenhaus and Beutell 1985, 76)" in text.replace("\u00a0", " ")


def test_the_simulated_label_heads_every_page(paper: Paper) -> None:
    found = made(paper, formats=("pdf", "html"))
    for language, label in (
        ("it", "Studio dimostrativo, dati simulati"),
        ("en", "Demonstration study, simulated data"),
    ):
        heads = [page.strip().splitlines()[0] for page in pages(found[f"{language}.pdf"])]
        assert heads and all(head.startswith(label) for head in heads)
    first = " ".join(pages(found["en.pdf"])[0].split())
    assert "the altro software project" in first and "Ada Prova" not in first and "Working paper" not in first
    assert "Role in the project: evaluator, paid by the project" in first
    assert (
        "Not a publication of FEEM; not commissioned or endorsed by Fondazione Cariplo or any partner."
        in first
    )
    assert "Funding body" not in first
    assert "Non è una pubblicazione della FEEM" in found["it.html"].read_text(encoding="utf-8")


def test_the_public_record_has_authors_role_and_opinions(paper: Paper) -> None:
    paper.evidence["context"] = context("public-record")
    first = " ".join(pages(made(paper, formats=("pdf",))["en.pdf"])[0].split())
    for part in ("Ada Prova", "Role in the project: evaluator, paid by the project", "Fondazione Eni Enrico Mattei",
                 "do not commit the bodies named", "CC BY 4.0", "15 January 2026", "frame: workers", "Funding body"):  # fmt: skip
        assert part in first
    assert "Demonstration" not in first


def test_the_head_of_a_page_bears_a_title_not_a_stump() -> None:
    long = "L'albero: quali frutti ha dato, per chi, quando, e a quale prezzo per il giardino"
    assert heading(long) == "L’albero"
    assert heading("Senza due punti") == "Senza due punti"
    assert heading("parola " * 20).endswith("parola…")


def test_an_edition_with_faults_reports_all_and_writes_nothing(paper: Paper) -> None:
    paper.change("q-it", "@fig-care", "@fig-cura")
    paper.change("m-en", "Only those", "`{val} nobody` Only those")
    with pytest.raises(ProseError) as caught:
        made(paper)
    assert len(caught.value.faults) == 3
    assert not (paper.folder / "out").exists()


def test_a_draft_prints_the_faults_and_says_draft_on_each_page(paper: Paper) -> None:
    paper.change("q-it", "@fig-care", "@fig-cura")
    paper.cells = [cell for cell in paper.cells if cell["metadata"]["tags"] != ["lang-en"]]
    found = made(paper, formats=("pdf", "html"), languages=("it",), draft=True)
    assert sorted(found) == ["it.html", "it.pdf"]
    assert all(page.strip().startswith("BOZZA") for page in pages(found["it.pdf"]))
    text = found["it.html"].read_text(encoding="utf-8")
    assert "cell q-it, line 3: reference to 'fig-cura', which does not exist" in html.unescape(text)


def test_a_formula_that_cannot_be_read_names_its_cell(paper: Paper) -> None:
    for name in ("m-it", "m-en"):
        paper.change(name, "\\beta_0", "\\betta_0")
    with pytest.raises(
        ProseError,
        match=r"notebooks/sample.ipynb \(it.pdf\) cell m-it, line 7: formula not understood: y_i = \\betta_0",
    ):
        made(paper, formats=("pdf",))


def test_a_long_and_a_wide_table_stay_on_the_page(paper: Paper) -> None:
    from tests.publish.fixture import both, places_table

    long = places_table(60)
    for i in range(18):
        name = f"measure_{i}"
        long["columns"].append(
            {
                "name": name,
                "role": "measure",
                "unit": "number",
                "digits": 1,
                "label": both("Misura larga", "Wide measure"),
            }
        )
        for row in long["rows"]:
            row[name] = 1234567.5 + i
    paper.evidence["tables"]["tbl-places"] = long
    path = made(paper, formats=("pdf",))["it.pdf"]
    joined = " ".join(pages(path))
    assert "Sono stampate 40 righe su 60; la tabella intera è nel file it.xlsx." in " ".join(joined.split())
    with pikepdf.open(path) as pdf:
        boxes = [[float(x) for x in page.mediabox] for page in pdf.pages]
    assert any(box[2] > box[3] for box in boxes)


def test_the_executed_copy(edition: dict[str, Path], paper: Paper) -> None:
    book = nbformat.read(edition["notebook.ipynb"], as_version=4)
    nbformat.validate(book)
    kept = {
        cell.id: [output.metadata.altro.key for output in cell.outputs]
        for cell in book.cells
        if cell.get("outputs")
    }
    assert kept == {"care": ["fig-care", "tbl-care"], "places": ["tbl-places"]}
    stray = {"output_type": "stream", "name": "stdout", "text": "hello"}
    paper.outputs["care"].append(stray)
    record, notebook, _ = paper.write()
    again = render.assemble(notebook, paper.outputs, paper.evidence)
    assert json.dumps(again, sort_keys=True) == json.dumps(book, sort_keys=True)
    (record / "outputs.json").unlink()
    (record / "notebook.ipynb").write_bytes(edition["notebook.ipynb"].read_bytes())
    assert list(render.outputs_of(record)) == ["care", "places"]


def test_planning_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = "import sys, analysis.publish.sources; print(sorted({'pandas','typst','nbformat','pypandoc','babel','openpyxl','numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_inputs_name_what_a_publication_depends_on(paper: Paper) -> None:
    paper.texts = TEXTS
    _, notebook, texts = paper.write()
    names = {path.name for path in sources.inputs(notebook, texts)}
    assert {"sample.ipynb", "sample.toml", "references.bib", "texts.toml", "paper.typ", "paper.html", "paper.lua",
            "chicago-author-date.csl", "words.toml", "SourceSerifPro-Regular.ttf", "prose.py"} <= names  # fmt: skip


def test_headings_that_are_alike_are_told_apart(paper: Paper) -> None:
    for name in ("no-it", "no-en"):
        paper.change(name, ".", ".\n\n## Limiti\n\nAltri.")
    text = made(paper, formats=("html",))["it.html"].read_text(encoding="utf-8")
    assert 'id="limiti"' in text and 'id="limiti-2"' in text
