from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from analysis.errors import ProseError
from analysis.evidence import words
from analysis.publish import appendix, layout, lists, prose, render
from analysis.publish.render import outputs_of
from tests.publish import verapdf
from tests.publish.fixture import TEXTS, Paper, context
from tests.publish.methods import complete
from tests.publish.test_render import document, pages


def made(paper: Paper, out: str = "out", **options: Any) -> dict[str, Path]:
    written = paper.write()
    paths = render.render(*written, paper.folder / out, formats=("appendix",), **options)
    return {path.name: path for path in paths}


def parts(paper: Paper, language: str = "en") -> tuple[layout.Source, prose.Prose]:
    record, notebook, texts = paper.write()
    source = layout.read(notebook, paper.evidence, outputs_of(record), texts)
    return source, prose.compose(source, language)


def headings(items: list[dict[str, Any]]) -> list[str]:
    found = (re.match(r"#+ .*", item["text"]) for item in items if item["kind"] == "text")
    return [match[0] for match in found if match]


def tables(items: list[dict[str, Any]]) -> dict[str, list[list[str]]]:
    return {
        item["key"]: [[cell["text"] for cell in row] for row in item["rows"]]
        for item in items
        if item["kind"] == "table"
    }


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return made(complete(Paper(tmp_path_factory.mktemp("appendix"), texts=TEXTS)))


def test_a_file_a_language_and_kind(edition: dict[str, Path]) -> None:
    assert sorted(edition) == [
        "en.appendix.html",
        "en.appendix.pdf",
        "it.appendix.html",
        "it.appendix.pdf",
    ]


@pytest.mark.slow
def test_pdfs_keep_both_standards(edition: dict[str, Path]) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    found = verapdf.failures([edition["it.appendix.pdf"], edition["en.appendix.pdf"]])
    assert {key: result["failed"] for key, result in found.items() if result["failed"]} == {}
    assert len(found) == 4 and all(result["checks"] > 1000 for result in found.values())


def test_every_section_in_its_order(paper: Paper) -> None:
    items = appendix.sections(*parts(complete(paper)))
    assert headings(items) == [
        "# Methods", "## Sampling", "## Instrument", "## Scoring", "## Weights", "## Missing data", "## Specifications run",
        "## Plan", "## Confidentiality", "## Parameters of this run", "## When run again",
        "# Codebook of the study", "# Glossary", "# Lists", "## Figures", "## Tables", "## Numbers in the text",
    ]  # fmt: skip


def test_what_has_no_content_has_no_heading(paper: Paper) -> None:
    """Without methods, glossary, plan and sampling, and without a single quotation."""
    for name in ("q-it", "q-en"):
        found = next(cell for cell in paper.cells if cell["id"] == name)
        found["source"] = re.sub(r"`\{(?:val|say)\}[^`]*`", "", found["source"])
    paper.spec = re.sub(r"`\{val\}[^`]*`", "", paper.spec)
    items = appendix.sections(*parts(paper))
    assert headings(items) == [
        "# Methods", "## Confidentiality", "## Parameters of this run", "## When run again", "# Lists", "## Figures", "## Tables",
    ]  # fmt: skip
    del paper.evidence["context"]["disclosure"]
    paper.evidence |= {"parameters": {}, "numbers": {}, "figures": {}, "tables": {}}
    paper.cells = [cell for cell in paper.cells if cell["id"] in ("no-it", "no-en", "ev-it", "ev-en")]
    assert appendix.sections(*parts(paper)) == []
    assert made(paper, "empty") == {}


def test_where_the_record_does_not_tell_the_group_of_this_run_is_described_and_no_other(paper: Paper) -> None:
    assert "mth-declared-sampling" not in tables(appendix.sections(*parts(complete(paper))))
    del paper.evidence["methods"]["mth-sampling"]
    found = tables(appendix.sections(*parts(paper)))
    assert found["mth-declared-sampling"] == [
        ["companies of the network", "workers", "probability", "63%", "stratum", "weight"]
    ]
    paper.spec = paper.spec.replace('tables = ["survey"]', "tables = []")
    assert "mth-declared-sampling" not in tables(appendix.sections(*parts(paper)))


def test_the_plan_is_dated_and_names_outcomes_in_words(paper: Paper) -> None:
    found = tables(appendix.sections(*parts(complete(paper), "it")))  # type: ignore[call-arg]
    assert found["mth-plan"] == [["dal lavoro alla famiglia", "1° dicembre 2016"]]
    paper.spec = paper.spec.replace("wfc =", "other =")
    assert "mth-plan" not in tables(appendix.sections(*parts(paper)))


def test_parameters_say_which_are_not_the_default(paper: Paper) -> None:
    items = appendix.sections(*parts(paper))
    assert tables(items)["mth-parameters"] == [
        ["study", "study", "demo", "–"],
        ["frame", "frame", "workers", "residents"],
    ]
    item = next(item for item in items if item.get("key") == "mth-parameters")
    assert [row[0]["strong"] for row in item["rows"]] == [False, True]
    paper.evidence["parameters"]["frame"] = "residents"
    item = next(item for item in appendix.sections(*parts(paper)) if item.get("key") == "mth-parameters")
    assert not any(row[0]["strong"] for row in item["rows"]) and "all at their default" in item["caption"]


def test_a_second_run_may_differ_in_the_ways_that_the_notebook_declared(paper: Paper) -> None:
    items = appendix.sections(*parts(complete(paper)))
    text = next(item["text"] for item in items if item["text" if item["kind"] == "text" else "key"].startswith("With the same data"))  # fmt: skip
    assert "Of the 3 numbers" in text
    assert "- identical: 1;" in text and "relative difference of 10^−9^: 1;" in text
    assert "- dependent on random draws: 1. With the same seed they repeat" in text
    assert tables(items)["mth-rerun"] == [["cost", "€12,345 (€12,000–€13,000)", "euro", "7"]]


def test_what_is_withheld_is_counted(paper: Paper) -> None:
    assert appendix.withheld(paper.evidence) == (8, 1)  # the table's four cells, and the figure's data
    text = "".join(item.get("text", "") for item in appendix.sections(*parts(paper)))
    assert "No count of persons below 5 and above zero" in text
    assert "cells of tables and figures: 8; numbers and comparisons: 1" in text
    paper.evidence["context"]["disclosure"] = {"threshold": 10, "confidential_organisations": True}
    text = "".join(item.get("text", "") for item in appendix.sections(*parts(paper)))
    assert "below 10" in text and "organisations as confidential too" in text


def test_every_unit_has_its_words() -> None:
    assert all(lists.said("unit", unit, language) for unit in words.DIGITS for language in ("it", "en"))


def test_each_number_once_with_its_cells(paper: Paper) -> None:
    complete(paper)
    rows = tables(appendix.sections(*parts(paper)))["list-numbers"]
    assert rows == [
        ["share_with_care_load", "34.6% (31.0%–38.2%)", "share", "630", "–", "abstract, q-en, fig-care"],
        ["cost", "€12,345 (€12,000–€13,000)", "euro", "–", "care", "q-en"],
        ["small_group", "not shown", "share", "–", "–", "q-en"],
        ["women_more", "3.1 (0.4–5.8)", "percentage points", "2,028", "–", "q-en"],
    ]
    italian = tables(appendix.sections(*parts(paper, "it")))["list-numbers"]
    assert [row[0] for row in italian] == [row[0] for row in rows]
    assert italian[0][1:3] == ["34,6% (31,0%–38,2%)", "quota"]


def test_a_changed_value_changes_the_list(paper: Paper) -> None:
    paper.evidence["numbers"]["share_with_care_load"]["value"] = 0.5
    rows = tables(appendix.sections(*parts(paper)))["list-numbers"]
    assert rows[0][1] == "50.0% (31.0%–38.2%)"


def test_figures_and_tables_with_number_key_and_cell(paper: Paper) -> None:
    paper.texts = TEXTS
    found = tables(appendix.sections(*parts(paper)))
    assert [row[2:] for row in found["list-figures"]] == [["fig-care", "care"]]
    assert found["list-figures"][0][1].startswith("Share with a care load, by gender")
    assert [(row[0], row[2], row[3]) for row in found["list-tables"]] == [
        ("1", "tbl-care", "care"),
        ("2", "tbl-own", "–"),
        ("3", "tbl-places", "places"),
    ]


def test_quoted_entries_name_the_notebook_that_made_them(paper: Paper) -> None:
    """Keys `notebook:key`, as a notebook that cites others has them."""
    paper.evidence["numbers"]["other:cost"] = dict(paper.evidence["numbers"]["cost"])
    for name in ("q-it", "q-en"):
        paper.change(name, "`{val} cost`", "`{val} other:cost`")
    items = appendix.sections(*parts(paper))
    rows = {row[0]: row for row in tables(items)["list-numbers"]}
    assert rows["cost"][4] == "other.ipynb"
    assert rows["share_with_care_load"][4] == "sample.ipynb"
    assert "Of each entry the notebook that made it" in next(t["text"] for t in items if t.get("text", "").startswith("# Lists"))  # fmt: skip


def test_a_caption_s_reference_becomes_words(paper: Paper) -> None:
    paper.spec = paper.spec.replace(
        "Inhabitants by municipality.", "Inhabitants, beside @tbl-care, [above](#fig-care) and @sec-method."
    )
    paper.spec = paper.spec.replace(
        "Abitanti per comune.", "Abitanti, accanto alla @tbl-care, [sopra](#fig-care) e alla @sec-method."
    )
    row = tables(appendix.sections(*parts(paper)))["list-tables"][1]
    assert row[1] == r"Inhabitants, beside Table 1, above and sec\-method."
    assert "it.appendix.html" in made(paper)


def test_a_method_without_a_caption_is_a_fault(paper: Paper) -> None:
    complete(paper)
    paper.spec = paper.spec.replace(
        'caption = { it = "Didascalia di scoring.", en = "Caption of scoring." }', ""
    )
    with pytest.raises(ProseError) as caught:
        made(paper)
    assert sorted(str(fault) for fault in caught.value.faults) == [
        "notebooks/sample.ipynb (en.appendix) notebooks/sample.toml, methods.mth-scoring.caption.en: missing: caption of mth-scoring",
        "notebooks/sample.ipynb (it.appendix) notebooks/sample.toml, methods.mth-scoring.caption.it: missing: caption of mth-scoring",
    ]


def test_an_unknown_key_in_a_method_s_note_is_a_fault(paper: Paper) -> None:
    complete(paper)
    paper.spec = paper.spec.replace(
        "Note on weights: `{val} share_with", "Note on weights: `{val} chair_with"
    )
    with pytest.raises(ProseError, match="number 'chair_with_care_load' is not in the evidence"):
        appendix.sections(*parts(paper))


@pytest.mark.parametrize(
    ("provenance", "title"),
    [
        ("simulated", "Demonstration study, simulated data. Appendix to: Who cares: a sample paper – with a dash"),
        ("public-record", "Appendix to: Who cares: a sample paper – with a dash"),
    ],
)  # fmt: skip
def test_title_and_label_are_the_paper_s(paper: Paper, provenance: str, title: str) -> None:
    paper.evidence["context"] = context(provenance)
    files = made(complete(paper))
    with pikepdf.open(files["en.appendix.pdf"]) as pdf:
        assert str(pdf.docinfo.Title) == title
    heads = [page.strip().splitlines()[0] for page in pages(files["en.appendix.pdf"])]
    root = document(files["en.appendix.html"])
    if provenance == "simulated":
        assert all(head.startswith("Demonstration study, simulated data") for head in heads)
        assert "Not a publication of FEEM" in "".join(root.itertext())
    else:
        assert not any("Demonstration" in head for head in heads)
    assert all("Appendix: Who cares" in head for head in heads[1:])


@pytest.mark.parametrize("language", ["it", "en"])
def test_html_is_accessible_and_whole(edition: dict[str, Path], language: str) -> None:
    root = document(edition[f"{language}.appendix.html"])
    assert len(list(root.iter("h1"))) == 1
    heads = list(root.iter("th"))
    assert heads and all(head.get("scope") in ("col", "row") for head in heads)
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    links = [link.get("href", "") for link in root.iter("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    other = {"it": "en", "en": "it"}[language]
    assert f"{other}.appendix.html" in links and f"{other}.html" not in links
    text = "".join(root.itertext())
    assert "entry 59" in text or "voce 59" in text  # all rows of a long codebook


def test_sections_are_lettered_and_tables_numbered_within(edition: dict[str, Path]) -> None:
    text = " ".join(" ".join(pages(edition["it.appendix.pdf"])).split()).replace("\u00a0", " ")
    for part in ("A Metodi", "A.1 Campionamento", "B Codebook dello studio", "C Glossario", "D.3 Numeri nel testo",
                 "Tabella A1.", "Tabella B1.", "Tabella D3."):  # fmt: skip
        assert part in text
    html = edition["it.appendix.html"].read_text(encoding="utf-8")
    assert "Tabella\u00a0D3." in html and '<span class="number">D.3</span>' in html


def test_bytes_are_equal_when_built_again_elsewhere(edition: dict[str, Path], tmp_path: Path) -> None:
    again = made(complete(Paper(tmp_path / "elsewhere", texts=TEXTS)))
    assert [name for name in again if again[name].read_bytes() != edition[name].read_bytes()] == []


def test_a_draft_has_no_appendix(paper: Paper) -> None:
    assert made(paper, draft=True) == {}


def test_words_exist_in_both_languages_with_the_same_names_to_fill() -> None:
    for group in lists._fixed().values():
        for entry in group.values():
            assert set(entry) == {"it", "en"} and all(entry.values())
            assert re.findall(r"\{\w+\}", entry["it"]) == re.findall(r"\{\w+\}", entry["en"])
