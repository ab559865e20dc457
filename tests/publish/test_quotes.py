"""Quotations from other notebooks: keys `notebook:key`, marks and links in each format, titles of the papers cited."""

import json
import re
import zipfile
from pathlib import Path

import pytest

from analysis.publish import layout, prose, quotes, render
from analysis.publish.quotes import Place, fill
from tests.publish.fixture import Paper, both, cell

PLACE = Place("notebooks/sample.ipynb", "q-it")
NUMBER = {
    "unit": "share",
    "digits": 1,
    "value": 0.346,
    "n": 630,
    "low": 0.31,
    "high": 0.382,
    "suppressed": False,
}
SENTENCE = {"form": "higher", "text": both("Le donne di più (+3,1 punti).", "Women more (+3.1 points).")}
EVIDENCE = {
    "cites": {"first": {"title": both("Primo: prova", "First: a trial"), "folder": "../first"}},
    "numbers": {"first:share": NUMBER, "share": NUMBER, "first:share.n": {**NUMBER, "value": 0.5}},
    "statements": {"first:women": SENTENCE},
}


def filled(text: str, **options: bool) -> str:
    made, faults = fill(text, EVIDENCE, "it", PLACE, **options)
    assert faults == []
    return made


def test_a_key_names_its_notebook_and_keeps_its_parts() -> None:
    assert filled("`{val} first:share` (`{val} first:share.interval`)", markdown=False) == "34,6% (IC 95%: 31,0%–38,2%)".replace("IC 95", "IC\xa095")  # fmt: skip
    assert filled("`{val} share.n`", markdown=False) == "630"
    assert (
        filled("`{val} first:share.n`", markdown=False) == "50,0%"
    )  # a key of its own before a part of another
    assert filled("`{say} first:women`") == SENTENCE["text"]["it"]
    assert filled("`{paper} first`", markdown=False) == "«Primo: prova»"


def test_a_traced_quotation_names_its_entry_without_the_part() -> None:
    assert filled("`{val} first:share.interval`", trace=True).endswith(']{.value of="first:share"}')
    assert (
        filled("`{say} first:women`", trace=True) == '[Le donne di più (+3,1 punti).]{.said of="first:women"}'
    )
    assert filled("`{paper} first`", trace=True).endswith(']{.value of="first:"}')
    assert filled("`{lit} 5`", trace=True) == "5"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("`{val} first:shore`", "number 'first:shore' is not in the evidence. Perhaps 'first:share'?"),
        ("`{val} other:share`", "number 'other:share' is not in the evidence. 'other' is not cited in this study: add it to [cites], or tag the cell cites:other."),
        ("`{paper} frist`", "'frist' is not among the notebooks cited. Perhaps 'first'?"),
    ],
)  # fmt: skip
def test_what_is_not_cited_is_named_with_the_nearest(text: str, told: str) -> None:
    assert [str(f) for f in fill(text, EVIDENCE, "en", PLACE)[1]] == [
        f"notebooks/sample.ipynb, cell q-it, line 1: {told}"
    ]


@pytest.mark.parametrize(
    ("tag", "there"),
    [("when:first:share", True), ("when:first:women", True), ("when:first:none", False), ("cites:first", True), ("cites:other", False)],
)  # fmt: skip
def test_tags_take_the_notebook_with_the_key(paper: Paper, tag: str, there: bool) -> None:
    _, notebook, _ = paper.write()
    source = layout.read(notebook, {**paper.evidence, **EVIDENCE}, {}, None)
    assert layout.holds([tag], source) is there


def citing(paper: Paper) -> Paper:
    """The sample paper with two quotations more, from a notebook that it cites."""
    paper.evidence["cites"] = EVIDENCE["cites"]
    paper.evidence["numbers"]["first:share"] = NUMBER
    paper.evidence["statements"]["first:women"] = SENTENCE
    more = " Altrove `{val} first:share`; `{say} first:women` `{paper} first`."
    for name in ("q-it", "q-en"):
        paper.change(name, "`{say} women_more`", "`{say} women_more`" + more)
    return paper


def published(paper: Paper, form: str) -> Path:
    record, notebook, texts = citing(paper).write()
    render.render(record, notebook, texts, paper.folder / "out", formats=(form,))
    return paper.folder / "out"


def test_html_marks_each_number_once_and_links_what_comes_from_elsewhere(paper: Paper) -> None:
    out = published(paper, "html")
    for language, title in (("it", "Dal documento: Primo: prova"), ("en", "From the paper: First: a trial")):
        page = (out / f"{language}.html").read_text(encoding="utf-8")
        body = page.partition('<main id="main">')[2]
        for key in ("share_with_care_load", "cost", "women_more"):
            assert len(re.findall(f'id="value-{key}"', body)) == 1, key
        assert "value-first" not in page
        links = re.findall(r'<a href="(\.\./[^"]*)"[^>]*title="([^"]*)"', body)
        targets = [f"../first/{language}.html{place}" for place in ("#value-share", "#value-women", "")]
        assert links == [(target, title) for target in targets]
        assert f'aria-label="{title}"' in body


def test_pdf_links_to_the_other_paper(paper: Paper) -> None:
    import pikepdf

    out = published(paper, "pdf")
    with pikepdf.open(out / "it.pdf") as document:
        links = [str(a["/A"]["/URI"]) for page in document.pages for a in page.get("/Annots", []) if "/URI" in a.get("/A", {})]  # fmt: skip
    assert [link for link in links if link.startswith("../")] == ["../first/it.pdf"] * 3


def test_docx_keeps_the_links_and_has_no_marks(paper: Paper) -> None:
    out = published(paper, "docx")
    with zipfile.ZipFile(out / "it.docx") as archive:
        links = re.findall(r'Target="(\.\./[^"]*)"', archive.read("word/_rels/document.xml.rels").decode())
        text = archive.read("word/document.xml").decode()
    assert sorted(links) == [
        "../first/it.html",
        "../first/it.html#value-share",
        "../first/it.html#value-women",
    ]
    assert 'w:name="value-' not in text


def test_jats_has_the_words_alone(paper: Paper) -> None:
    out = published(paper, "jats")
    page = (out / "it.xml").read_text(encoding="utf-8")
    assert "../first" not in page and "34,6%" in page and "Primo: prova" in page


def test_a_heading_carries_no_mark_that_the_contents_would_repeat(paper: Paper) -> None:
    paper.cells += [
        cell("h-it", "# Quota `{val} cost`", "lang-it"),
        cell("h-en", "# Share `{val} cost`", "lang-en"),
    ]
    page = (published(paper, "html") / "it.html").read_text(encoding="utf-8")
    ids = re.findall(r'id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and "Quota 12.345" in re.sub(r"<[^>]+>", "", page)


def test_the_text_for_other_readers_has_no_marks(paper: Paper) -> None:
    _, notebook, _ = citing(paper).write()
    source = layout.read(notebook, json.loads((paper.folder / "record" / "evidence.json").read_text()), paper.outputs, None)  # fmt: skip
    items = [item for item in prose.compose(source, "it").items if item["kind"] == "text"]
    assert not any(" of=" in item["text"] for item in items)
    assert sum(item["marked"].count(" of=") for item in items) >= 9


@pytest.mark.parametrize(
    "typed",
    [
        "{val} cost",
        "{val cost}",
        "{{val}} cost",
        "´{val} cost´",
        "`{ val } cost`",
        "`{val cost}`",
        "`val cost`",
    ],
)
def test_a_quotation_typed_amiss_is_a_fault_not_printed(typed: str, paper: Paper) -> None:
    printed = quotes.fill(f"Uno.\n\nÈ {typed}.", paper.evidence, "it", quotes.Place("a.ipynb", "c"))
    found = [str(fault) for fault in printed[1]]
    assert len(found) == 1
    assert found[0].startswith("a.ipynb, cell c, line 3: quotation not understood: ")
    assert found[0].endswith("Write, with a backtick before and after: `{val} cost`")


def test_formulas_and_shown_figures_are_no_quotations_amiss(paper: Paper) -> None:
    text = '$x_{val} y$\n\n$$\n\\bar{x}_{lit} a\n$$ {#eq-a alt="x"}\n\n`{show} fig-care`'
    _, found = quotes.fill(text, paper.evidence, "it", quotes.Place("a.ipynb"))
    assert [f for f in found if "not understood" in f.what] == []
