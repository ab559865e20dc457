"""Gathering a record: the entries quoted and no others, with the captions of what is shown and the figures' files."""

import json
from pathlib import Path

import pytest

from analysis.errors import ProseError
from analysis.publish import cited, layout, prose, twins
from tests.publish.fixture import Paper, cell

TOML = """
title = { it = "Rapporto", en = "Report" }
abstract = { it = "Prova.", en = "Trial." }
keywords = { it = ["prova"], en = ["trial"] }
[cites]
notebooks = ["sample"]
"""
TEXT = "# {title}\n\n`{{val}} sample:cost` @fig-care\n\n`{{show}} sample:fig-care`"


def gather(paper: Paper, toml: str = TOML, texts: str = "", more: str = "", tags: tuple[str, ...] = ()):
    """The record and files gathered for a report on the sample paper, and the report's notebook and texts."""
    record, notebook, own = paper.write()
    report = notebook.with_name("report.ipynb")
    cells = [
        cell("a-it", TEXT.format(title="Titolo") + more, "lang-it", *tags),
        cell("a-en", TEXT.format(title="Title") + more, "lang-en", *tags),
    ]
    cells[1]["metadata"]["altro"] = {"translates": twins.mark(cells[0]["source"])}
    report.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    report.with_suffix(".toml").write_text(toml, encoding="utf-8")
    beside = paper.folder / "report-texts.toml"
    beside.write_text(texts, encoding="utf-8")
    origin = {"record": record, "figures": record, "notebook": notebook, "texts": own, "folder": "../sample"}
    return (*cited.gather(report, beside, {"sample": origin}), report, beside)


def test_only_what_is_quoted_is_gathered_with_the_captions_of_what_is_shown(paper: Paper) -> None:
    made, files, _, _ = gather(paper)
    # the share is quoted by the caption of the figure alone
    assert made["numbers"].keys() == {"sample:cost", "sample:share_with_care_load"}
    assert (made["tables"], made["statements"]) == ({}, {})
    assert made["figures"] == {"sample:fig-care": paper.evidence["figures"]["fig-care"]}
    assert made["numbers"]["sample:cost"] == paper.evidence["numbers"]["cost"]
    caption = made["captions"]["figures"]["sample:fig-care"]["caption"]["it"]
    assert caption.endswith("(media `{val} sample:share_with_care_load`).")
    assert set(files) == {"fig-care.it.svg", "fig-care.en.svg", "fig-care.csv"}


def test_the_prose_made_from_it_has_no_fault_and_the_cited_caption(paper: Paper) -> None:
    made, _, report, texts = gather(paper)
    source = layout.read(report, made, {}, texts)
    assert prose.faults(report, made, {}, texts) == []
    figure = next(item for item in prose.compose(source, "en").items if item["kind"] == "figure")
    assert (figure["key"], figure["label"]) == ("sample:fig-care", "fig-care")
    assert "34" in figure["caption"] and "Two bars" in figure["alt"]


def test_a_caption_of_its_own_takes_the_place_of_the_cited_one_part_by_part(paper: Paper) -> None:
    own = TOML + '[figures."sample:fig-care"]\ncaption = { it = "La mia.", en = "Mine." }\n'
    made, _, report, texts = gather(paper, own)
    source = layout.read(report, made, {}, texts)
    figure = next(item for item in prose.compose(source, "it").items if item["kind"] == "figure")
    assert figure["caption"] == "La mia." and "Due colonne" in figure["alt"]


def test_the_title_is_the_one_that_the_study_sets(paper: Paper) -> None:
    paper.texts = 'title = { it = "Titolo dello studio" }\n'
    made, _, _, _ = gather(paper)
    assert made["cites"]["sample"]["title"] == {
        "it": "Titolo dello studio",
        "en": "Who cares: a sample paper – with a dash",
    }


def test_the_studys_texts_and_the_policy_brief_quote_too(paper: Paper) -> None:
    texts = (
        '[[paragraphs]]\nafter = "a-it"\nit = "`{say} sample:women_more`"\nen = "`{say} sample:women_more`"\n'
    )
    brief = '[brief]\nnumbers = [{ key = "sample:small_group", text = { it = "x", en = "x" } }]\nfigure = ["sample:none", "sample:fig-care"]\n'
    made, _, _, _ = gather(paper, TOML + brief, texts)
    assert made["statements"].keys() == {"sample:women_more"}
    assert "sample:small_group" in made["numbers"]


@pytest.mark.parametrize(("tag", "kept"), [("needs:actors", True), ("lacks:actors", False)])
def test_a_cell_that_is_no_part_of_the_paper_quotes_nothing(paper: Paper, tag: str, kept: bool) -> None:
    made, _, _, _ = gather(paper, tags=(tag,))
    assert bool(made["figures"]) is kept


def test_an_unknown_key_is_left_to_the_prose_which_names_the_place(paper: Paper) -> None:
    made, _, report, texts = gather(paper, more="\n\n`{val} sample:costs`")
    assert [str(f) for f in prose.faults(report, made, {}, texts)] == [
        f"notebooks/report.ipynb, cell a-{language}, line 7: number 'sample:costs' is not in the evidence. Perhaps 'sample:cost'?"
        for language in ("it", "en")
    ]


def test_a_record_that_cannot_be_read_is_named(paper: Paper, tmp_path: Path) -> None:
    _, notebook, _ = paper.write()
    origin = {"record": tmp_path / "none", "figures": tmp_path, "notebook": notebook, "texts": None, "folder": "x"}  # fmt: skip
    with pytest.raises(ProseError, match="the record of 'sample' cannot be read"):
        cited.gather(notebook, None, {"sample": origin})
