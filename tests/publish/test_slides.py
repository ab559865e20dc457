"""Slides: one file a language that needs no other, a section a slide between title and sources, label and alternative text on each."""

from __future__ import annotations

import re
from pathlib import Path

import lxml.html
import pytest

from analysis.errors import ProseError
from analysis.publish import render, slides
from tests.publish import browser
from tests.publish.fixture import Paper, cell, context

ROOT = Path(__file__).parent.parent.parent
EDITIONS = sorted(
    (path.parent.parent.name, path.parent.name)
    for path in (ROOT / "papers").glob("*/*/evidence.json")
    if '"slide"' in (ROOT / "notebooks" / f"{path.parent.name}.ipynb").read_text(encoding="utf-8")
)
DECK, SLIDE = 400_000, 50_000  # bytes: reveal.js and fonts, and a slide with its figure on average
READY = "new Promise(done => Reveal.isReady() ? done() : Reveal.on('ready', done))"
AMISS = """(() => { const slide = Reveal.getCurrentSlide(), frame = slide.getBoundingClientRect();
  const parts = [...slide.querySelectorAll('h1, h2, .text, img, figcaption, table, .below, .foot')];
  const name = part => slide.id + ' ' + part.tagName + ' ' + part.className, found = [];
  parts.forEach((part, at) => {
    const box = part.getBoundingClientRect();
    if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1 || part.scrollHeight > part.clientHeight + 3 && part.clientHeight > 0)
      found.push(name(part) + ' runs out');
    if (part.tagName === 'IMG' && box.height < 200) found.push(name(part) + ' is small');
    parts.slice(at + 1).forEach(other => { const its = other.getBoundingClientRect();
      if (!part.contains(other) && Math.min(box.right, its.right) - Math.max(box.left, its.left) > 1
          && Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top) > 1) found.push(name(part) + ' on ' + name(other)); });
  });
  return found })()"""

ITALIAN = """## Chi cura

- Quota: `{val} share_with_care_load` (`{val} share_with_care_load.interval`).
- `{say} women_more`

`{show} fig-care`

::: notes
Da dire a voce: `{val} cost`.
:::

## Tabella

`{show} tbl-care`"""
ENGLISH = (
    ITALIAN.replace("Chi cura", "Who cares")
    .replace("Quota", "Share")
    .replace("Da dire a voce", "To be said")
    .replace("Tabella", "Table")
)


def with_slides(paper: Paper, provenance: str = "simulated") -> Paper:
    paper.evidence["context"] = context(provenance)
    paper.cells += [
        cell("s1-it", ITALIAN, "lang-it", "slide"),
        cell("s1-en", ENGLISH, "lang-en", "slide"),
        cell("s2-it", "## Solo con gli eventi\n\nTesto.", "lang-it", "slide", "needs:events"),
        cell("s2-en", "## Only with events\n\nText.", "lang-en", "slide", "needs:events"),
        cell(
            "s3-it", "## Limiti & «virgolette»\n\n- Solo *chi* ha risposto.", "lang-it", "slide", "when:cost"
        ),
        cell(
            "s3-en", "## Limits & “quotes”\n\n- Only *those* who answered.", "lang-en", "slide", "when:cost"
        ),
    ]
    return paper


def made(paper: Paper, *formats: str) -> dict[str, Path]:
    paths = render.render(*paper.write(), paper.folder / "out", formats=formats or ("slides",))
    return {path.name: path for path in paths}


def refusal(paper: Paper) -> list[str]:
    with pytest.raises(ProseError) as caught:
        made(paper)
    return [str(fault) for fault in caught.value.faults]


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return made(with_slides(Paper(tmp_path_factory.mktemp("slides"))), "slides", "html")


def sections(path: Path) -> list[lxml.html.HtmlElement]:
    return list(lxml.html.parse(str(path), lxml.html.HTMLParser(encoding="utf-8")).getroot().iter("section"))


def test_a_section_for_title_each_slide_and_sources(edition: dict[str, Path]) -> None:
    for language, titles in (
        ("it", ["Chi cura", "Tabella", "Limiti & «virgolette»", "Fonti, licenza, citazione"]),
        ("en", ["Who cares", "Table", "Limits & “quotes”", "Sources, licence, citation"]),
    ):
        found = sections(edition[f"{language}.slides.html"])
        assert [section.findtext("h2") for section in found] == [None, *titles]
        assert (
            found[0]
            .findtext("h1", "")
            .startswith(
                {
                    "it": "Studio dimostrativo, dati simulati: Chi cura",
                    "en": "Demonstration study, simulated data: Who cares",
                }[language]
            )
        )
        root = found[0].getroottree().getroot()
        assert root.get("lang") == language and len(list(root.iter("h1"))) == 1
        last = " ".join(found[-1].text_content().split())
        for part in (
            "CC BY 4.0",
            f"{language}.pdf",
            {"it": "indagine dello studio", "en": "survey of the study"}[language],
        ):
            assert part in last


def test_the_file_needs_no_other(edition: dict[str, Path]) -> None:
    for language in ("it", "en"):
        text = edition[f"{language}.slides.html"].read_text(encoding="utf-8")
        root = lxml.html.fromstring(text.encode())
        sources = [value for tag in root.iter("img", "script", "iframe", "source", "video", "link") for name in ("src", "data-src", "href")
                   if (value := tag.get(name))]  # fmt: skip
        assert sources and all(value.startswith("data:image/svg+xml,") for value in sources)
        styles = " ".join(style.text_content() for style in root.iter("style"))
        assert not re.search(r"@import|url\(\s*['\"]?(?!data:)", styles)
        assert "/* file:" not in text and "/tmp" not in text and len(text) < 500_000


def test_a_simulated_study_says_so_on_each_slide(edition: dict[str, Path], paper: Paper) -> None:
    for language, label in (
        ("it", "Studio dimostrativo, dati simulati"),
        ("en", "Demonstration study, simulated data"),
    ):
        assert all(
            label in section.text_content() for section in sections(edition[f"{language}.slides.html"])
        )
    public = made(with_slides(paper, "public-record"))
    assert not any("simulated" in section.text_content() for section in sections(public["en.slides.html"]))
    first, last = (sections(public["en.slides.html"])[at].text_content() for at in (0, -1))
    assert "Ada Prova" in first and all("do not commit the bodies named" in text for text in (first, last))


def test_figures_have_alternative_text_and_tables_headers(edition: dict[str, Path]) -> None:
    for language, alt in (("it", "media 34,6%"), ("en", "mean 34.6%")):
        _, first, second, *_ = sections(edition[f"{language}.slides.html"])
        (image,) = first.iter("img")
        assert alt in image.get("alt", "")
        assert "stacked" in first.get("class", "").split()
        assert first.find(".//figcaption") is not None
        assert not re.match(r"(Figur|Figure|Figura)\b", first.findtext(".//figcaption") or "")
        assert {th.get("scope") for th in second.iter("th")} == {"col", "row"}


def test_numbers_quoted_and_notes_for_who_speaks(edition: dict[str, Path]) -> None:
    italian, english = (sections(edition[f"{language}.slides.html"])[1] for language in ("it", "en"))
    assert (
        "34,6% (IC\u00a095%: 31,0%–38,2%)" in italian.text_content()
        and "34.6% (95%\u00a0CI: 31.0%–38.2%)" in english.text_content()
    )
    (notes,) = english.iter("aside")
    assert notes.get("class") == "notes" and "€12,345" in notes.text_content()


def test_the_paper_has_no_slide_and_no_cell_without_slides_makes_any(
    edition: dict[str, Path], paper: Paper
) -> None:
    assert "Da dire a voce" not in edition["it.html"].read_text(encoding="utf-8")
    assert made(paper) == {}


def test_two_builds_give_the_same_bytes(edition: dict[str, Path], paper: Paper) -> None:
    again = made(with_slides(paper))
    assert all(
        again[name].read_bytes() == edition[name].read_bytes()
        for name in ("it.slides.html", "en.slides.html")
    )


def test_what_is_no_slide_is_named_with_its_place(paper: Paper) -> None:
    paper.cells += [
        cell("s-it", "Testo prima.\n\n# Troppo alto\n\n## Bene\n\n### Troppo basso", "lang-it", "slide"),
        cell("s-en", "Text before.\n\n# Too high\n\n## Well\n\n### Too low", "lang-en", "slide"),
    ]
    found = refusal(paper)
    assert (
        "notebooks/sample.ipynb, cell s-it, line 1: text or figure before the first slide; allowed: ## Title of the slide"
        in found
    )
    assert (
        "notebooks/sample.ipynb, cell s-it, line 3: 'Troppo alto' does not begin a slide; allowed: ## …"
        in found
    )
    assert (
        "notebooks/sample.ipynb, cell s-en, line 7: 'Too low' does not begin a slide; allowed: ## …" in found
    )


def test_an_unknown_figure_or_key_is_refused(paper: Paper) -> None:
    with_slides(paper)
    paper.change("s1-it", "fig-care", "fig-cura")
    paper.change("s1-en", "fig-care", "fig-cura")
    paper.change("s3-en", "Only", "`{val} nobody` Only")
    found = refusal(paper)
    assert any("'fig-cura' is no figure or table" in fault and "cell s1-it" in fault for fault in found)
    assert any("number 'nobody' is not in the evidence" in fault for fault in found)


def test_a_slimmer_drawing_draws_the_same() -> None:
    svg = (
        '<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" width="10pt"><metadata>x</metadata>\n'
        '<defs><path id="glyph-1" d="M 1.23456 2\nL 3 4.5 \nz" transform="scale(0.015625)"/></defs>\n'
        '<g clip-path="url(#box)"><use href="#glyph-1" x="1.005" y="2"/></g>\n<g clip-path="url(#box)"><use href="#glyph-1" x="3" y="-0.001"/></g>'
        '<clipPath id="box"><rect id="unused" x="0" y="0"/></clipPath></svg>'
    )
    assert slides.slim(svg) == (
        '<svg xmlns="http://www.w3.org/2000/svg" width="10pt"><defs><path id="i1" d="M1.23 2L3 4.5z" transform="scale(0.015625)"/></defs>'
        '<g clip-path="url(#i0)"><use href="#i1" x="1" y="2"/><use href="#i1" x="3" y="-0"/></g>'
        '<clipPath id="i0"><rect x="0" y="0"/></clipPath></svg>'
    )


@pytest.mark.skipif(browser.found() is None, reason="no browser on this machine")
def test_every_slide_holds_its_parts_and_prints_on_a_page(edition: dict[str, Path]) -> None:
    import base64
    import io
    import time

    import pikepdf

    path = edition["it.slides.html"]
    with browser.Browser() as program:
        page = program.open(path, 1280, 720)
        page.value(READY)
        count = page.value("Reveal.getTotalSlides()")
        assert count == 5
        amiss: list[str] = []
        for number in range(count):
            page.value(f"Reveal.slide({number})")
            amiss += page.value(AMISS)
        assert amiss == []
        page.key("ArrowLeft")
        assert page.value("Reveal.getIndices().h") == count - 2
        assert (
            page.value("document.querySelector('.controls .navigate-right').getAttribute('aria-label')")
            == "diapositiva successiva"
        )
        page.ask("Page.navigate", url=path.resolve().as_uri() + "?view=print")
        end = time.monotonic() + 20
        while (
            page.value("document.querySelectorAll('.pdf-page section').length") != count
            and time.monotonic() < end
        ):
            time.sleep(0.05)
        printed = page.ask("Page.printToPDF", preferCSSPageSize=True, printBackground=True)["data"]
    with pikepdf.open(io.BytesIO(base64.b64decode(printed))) as pdf:
        assert len(pdf.pages) == count


@pytest.mark.slow
@pytest.mark.skipif(browser.found() is None, reason="no browser on this machine")
@pytest.mark.parametrize("edition", EDITIONS, ids="/".join)
def test_slides_of_the_committed_papers_hold_their_parts(edition: tuple[str, str], tmp_path: Path) -> None:
    study, notebook = edition
    texts = ROOT / "data" / study / "texts" / f"{notebook}.toml"
    paths = render.render(
        ROOT / "papers" / study / notebook,
        ROOT / "notebooks" / f"{notebook}.ipynb",
        texts if texts.is_file() else None,
        tmp_path,
        formats=("slides",),
        figures=ROOT / "figures" / study / notebook,
    )
    amiss: list[str] = []
    with browser.Browser() as program:
        for path in paths:
            page = program.open(path, 1280, 720)
            page.value(READY)
            count = page.value("Reveal.getTotalSlides()")
            assert count >= 6 and path.stat().st_size < DECK + SLIDE * count
            for number in range(count):
                page.value(f"Reveal.slide({number})")
                amiss += [f"{path.name}: {one}" for one in page.value(AMISS)]
    assert amiss == []
