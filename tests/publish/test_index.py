"""The list of papers: what it names, what it leaves alone, and that it can be used with a keyboard, by ear and without JavaScript."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.publish import formats, index
from analysis.publish.sources import LANGUAGES
from tests.publish import axe, browser
from tests.publish.fixture import SVG, Paper, evidence, output

ALL = ("pdf", "html", "docx", "slides.html", "brief.pdf", "brief.png", "appendix.pdf", "appendix.html", "codebook.html",
       "codebook.xlsx", "xlsx", "xml")  # fmt: skip
ONCE = ("evidence.json", "notebook.ipynb", "redif.rdf", "datacite.json", "CITATION.cff")


class Page(HTMLParser):
    """Links, images and texts by the language of the part that they stand in."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.part = ""
        self.links: dict[str, list[str]] = {"it": [], "en": []}
        self.images: dict[str, list[dict[str, str | None]]] = {"it": [], "en": []}
        self.text: dict[str, str] = {"": "", "it": "", "en": ""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "div" and given.get("lang"):
            self.part = str(given["lang"])
        if tag == "a" and self.part:
            self.links[self.part].append(str(given["href"]))
        if tag == "img":
            self.images[self.part].append(given)

    def handle_data(self, data: str) -> None:
        self.text[self.part] += data


def lay(
    paper: Paper, folder: str, *, study: str = "demo", title: str = "", files: tuple[str, ...] = ()
) -> Path:
    """An edition of the sample paper below `folder`, with its outputs and these files of 2,500 bytes."""
    home = paper.folder / folder
    home.mkdir(parents=True)
    held = evidence()
    held["context"]["study"] = study
    (home / "evidence.json").write_text(json.dumps(held), encoding="utf-8")
    outputs = {"care": [output("figure", "fig-care"), output("table", "tbl-care")]}
    (home / "outputs.json").write_text(json.dumps(outputs), encoding="utf-8")
    for name in files:
        (home / name).write_bytes(b"x" * 2500)
    if title:
        texts = paper.folder / "data" / study / "texts"
        texts.mkdir(parents=True)
        (texts / "sample.toml").write_text(f'title = {{ it = "{title}", en = "{title}" }}', encoding="utf-8")
    return home


def written(paper: Paper, folder: str = "papers") -> Page:
    page = index.write(paper.folder / folder, paper.folder / "notebooks", paper.folder / "data")
    return Page(page.read_text(encoding="utf-8"))


def test_every_format_is_listed_in_its_language_with_its_size(paper: Paper) -> None:
    paper.write()
    names = [f"{language}.{form}" for language in LANGUAGES for form in ALL]
    home = lay(paper, "papers/demo/sample", files=(*names, *ONCE[2:], "it.fig-care.png", "run.json"))
    (home / "notebook.ipynb").write_text(json.dumps({"cells": []}), encoding="utf-8")
    page = written(paper)
    for language in LANGUAGES:
        expected = [f"demo/sample/{name}" for name in (*(f"{language}.{form}" for form in ALL), *ONCE)]
        assert sorted(page.links[language]) == sorted(expected)
    assert len(re.findall(r"\b2 kB", page.text["it"])) == len(ALL) + 3
    assert "Nota di sintesi" in page.text["it"] and "Policy brief" in page.text["en"]


def test_every_format_of_the_registry_has_a_shelf() -> None:
    known = {name.format(l="it") for _, files in index.SHELVES for name, _ in files}
    plain = {"pdf", "html", "docx", "xlsx"}
    told = {"jats": "it.xml", "slides": "it.slides.html", "brief": "it.brief.pdf", "appendix": "it.appendix.pdf",
            "codebook": "it.codebook.html", "worksheets": "*.it.xlsx", "ipynb": "notebook.ipynb", "catalogue": "redif.rdf"}  # fmt: skip
    for name in formats.FORMATS:
        assert (f"it.{name}" if name in plain else told[name]) in known


@pytest.mark.parametrize(
    ("count", "italian", "english"),
    [(0, "1 kB", "1 kB"), (1499, "1 kB", "1 kB"), (182_400, "182 kB", "182 kB"), (999_499, "999 kB", "999 kB"),
     (999_500, "1,0 MB", "1.0 MB"), (1_260_000, "1,3 MB", "1.3 MB")],
)  # fmt: skip
def test_sizes_as_readers_say_them(count: int, italian: str, english: str) -> None:
    assert (index.size(count, "it"), index.size(count, "en")) == (italian, english)


def test_title_abstract_label_and_date(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/demo/sample")
    page = written(paper)
    assert "Chi cura: un documento di prova – con trattino" in page.text["it"]
    assert "Prova della catena su dati inventati: il 34,6%." in page.text["it"]
    assert "A trial of the chain on invented data: 34.6%." in page.text["en"]
    assert "15 gennaio 2026" in page.text["it"] and "15 January 2026" in page.text["en"]
    assert "Studio dimostrativo, dati simulati" in page.text["it"]
    assert "cura · conciliazione" in page.text["it"]
    assert "{val}" not in "".join(page.text.values())


def test_an_abstract_that_quotes_what_this_edition_lacks_is_left_out(paper: Paper) -> None:
    paper.spec = paper.spec.replace('{val} share_with_care_load`."', '{val} no_such_number`."', 2)
    paper.write()
    lay(paper, "papers/demo/sample")
    page = written(paper)
    assert "Chi cura" in page.text["it"] and "Prova della catena" not in page.text["it"]
    assert "??" not in page.text["it"] + page.text["en"]


def test_the_first_figure_is_the_thumbnail_in_either_place(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/demo/sample")
    lay(paper, "editions/demo/sample/frame=residents")
    for folder in ("figures/demo/sample", "editions/demo/sample/frame=residents/figures"):
        (paper.folder / folder).mkdir(parents=True)
        for language in LANGUAGES:
            (paper.folder / folder / f"fig-care.{language}.svg").write_text(SVG, encoding="utf-8")
    kept, edition = written(paper), written(paper, "editions")
    assert [(i["src"], i["alt"]) for i in kept.images["it"]] == [
        ("../figures/demo/sample/fig-care.it.svg", "")
    ]
    assert kept.images["en"][0]["src"] == "../figures/demo/sample/fig-care.en.svg"
    assert edition.images["it"][0]["src"] == "demo/sample/frame=residents/figures/fig-care.it.svg"


def test_parameters_that_are_not_the_default_are_named(paper: Paper) -> None:
    paper.write()
    lay(paper, "editions/demo/sample/frame=workers")
    page = written(paper, "editions")
    assert "quadro: workers" in page.text["it"] and "frame: workers" in page.text["en"]


def test_a_verification_report_is_found_beside_or_above(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/demo/sample")
    assert written(paper).links["it"] == ["demo/sample/evidence.json"]
    (paper.folder / "papers" / "verification.html").touch()
    assert written(paper).links["it"][-1] == "verification.html"
    (paper.folder / "papers" / "demo" / "sample" / "verification.html").touch()
    assert written(paper).links["en"][-1] == "demo/sample/verification.html"


def test_texts_are_escaped_and_studies_stand_in_order(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/zeta/sample", study="zeta", title="Proprio <b>")
    lay(paper, "papers/demo/sample")
    page = index.write(paper.folder / "papers", paper.folder / "notebooks", paper.folder / "data")
    text = page.read_text(encoding="utf-8")
    assert "Proprio &lt;b&gt;" in text and "<b>" not in text
    assert text.index('id="it-demo"') < text.index('id="it-zeta"')


def test_same_content_leaves_the_file_alone_and_order_of_creation_is_nothing(paper: Paper) -> None:
    paper.write()
    home = lay(paper, "papers/demo/sample", files=("it.pdf", "en.pdf"))
    written(paper)
    page = paper.folder / "papers" / "index.html"
    before, made = page.read_bytes(), page.stat().st_mtime_ns
    (home / "it.pdf").unlink()
    (home / "it.pdf").write_bytes(b"y" * 2500)
    written(paper)
    assert (page.read_bytes(), page.stat().st_mtime_ns) == (before, made)
    assert [path.name for path in page.parent.iterdir() if path.is_file()] == ["index.html"]


def test_an_empty_folder_has_a_page_too(tmp_path: Path) -> None:
    assert "Nessun documento ancora." in index.write(tmp_path, tmp_path).read_text(encoding="utf-8")


SHOWN = "[...document.querySelectorAll('article')].filter(a => a.checkVisibility()).map(a => a.dataset.paper)"
TOLD = "[...document.querySelectorAll('[role=status]')].filter(s => s.checkVisibility()).map(s => s.textContent).join()"
SETTLED = "new Promise(done => setTimeout(done, 350))"


@axe.needed
def test_language_and_search_by_keyboard(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/demo/sample", files=("it.pdf",))
    lay(paper, "papers/zeta/sample", study="zeta", title="Università e città")
    written(paper)
    with browser.Browser() as window:
        page = window.open(paper.folder / "papers" / "index.html", language="en-GB")
        assert page.value("document.querySelector('main > [lang=en]').checkVisibility()")
        assert page.value(SHOWN) == ["demo/sample", "zeta/sample"]
        page.key("Tab")
        assert page.value("document.activeElement.className") == "skip"
        page.key("Tab")
        assert page.value("document.activeElement.id") == "show-en"
        page.key("ArrowLeft")
        assert page.value("document.querySelector('main > [lang=it]').checkVisibility()")
        assert not page.value("document.querySelector('main > [lang=en]').checkVisibility()")
        page.key("Tab")
        assert page.value("document.activeElement.id") == "search-it"
        assert page.value("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        page.type("universita work–life")
        page.value(SETTLED)
        assert page.value(SHOWN) == ["zeta/sample"]
        assert page.value(TOLD) == "1 di 2 documenti"
        page.type(" xyz")
        page.value(SETTLED)
        assert (
            page.value(SHOWN) == [] and page.value(TOLD) == "Nessun documento contiene tutte queste parole."
        )
        assert page.value("document.querySelector('#search-en').value") == "universita work–life xyz"


@axe.needed
def test_without_javascript_everything_is_reached(paper: Paper) -> None:
    paper.write()
    lay(paper, "papers/demo/sample", files=("it.pdf", "en.pdf"))
    written(paper)
    with browser.Browser() as window:
        page = window.open(paper.folder / "papers" / "index.html", scripts=False, language="en-GB")
        assert page.value(SHOWN) == ["demo/sample"]
        assert page.value("document.querySelector('.search').checkVisibility()") is False
        page.key("Tab")
        page.key("Tab")
        page.key("ArrowRight")
        assert page.value("document.querySelector('main > [lang=en] a').checkVisibility()")
        assert page.value("document.querySelector('main > [lang=it]').checkVisibility()") is False


def test_editions_of_one_notebook_are_told_apart_by_their_parameters_in_words(paper: Paper) -> None:
    paper.write()
    record = evidence()
    for frame in ("residents", "workers", "users"):
        home = lay(paper, f"editions/demo/sample/frame={frame}")
        record["parameters"] = {"study": "demo", "frame": frame}
        (home / "evidence.json").write_text(json.dumps(record), encoding="utf-8")
    text = written(paper, "editions")
    source = (paper.folder / "editions" / "index.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h3[^>]*>(.*?)</h3>", source)
    assert len(set(headings)) == len(headings) == 6
    told = [re.sub("<[^>]+>", " ", heading) for heading in headings]
    assert sum("workers" in heading for heading in told) == 2
    assert (
        source.count("<details><summary>Sommario</summary>")
        == source.count("<details><summary>Abstract</summary>")
        == 2
    )
    assert source.count('<div class="abstract">') == 6
    assert "Prova della catena" in text.text["it"]
