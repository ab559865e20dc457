"""The Italian and the English edition say the same numbers; a number that changes in the record changes in both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from analysis.publish import document, layout, prose, render
from analysis.publish.quotes import QUOTE
from tests.publish.fixture import Paper
from tests.publish.test_render import made

ROOT = Path(__file__).parents[2]
EDITIONS = sorted(path.parent for path in (ROOT / "papers").glob("*/*/evidence.json"))
NUMBER = re.compile(r"[−-]?€?\d[\d.,]*\d|[−-]?€?\d")  # English writes −€5
MARKS = {"it": {".": "", ",": "."}, "en": {",": "", ".": "."}}


def numbers(text: str, language: str) -> list[float]:
    """The numbers in a text, read as the language writes them."""
    found = []
    for match in NUMBER.findall(text):
        plain = match.replace("−", "-").replace("€", "")
        found.append(float("".join(MARKS[language].get(mark, mark) for mark in plain)))
    return found


def edition(folder: Path, language: str) -> tuple[prose.Prose, dict[str, Any]]:
    evidence = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    name, study = evidence["notebook"], evidence["context"]["study"]
    texts = ROOT / "data" / study / "texts" / f"{name}.toml"
    source = layout.read(ROOT / "notebooks" / f"{name}.ipynb", evidence, render.outputs_of(folder), texts)
    composed = prose.compose(source, language)
    return composed, document.document(source, composed, ROOT / "figures" / study / name, draft=True)


@pytest.mark.parametrize("folder", EDITIONS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_both_editions_quote_and_tabulate_the_same_numbers(folder: Path) -> None:
    (italian, it), (english, en) = edition(folder, "it"), edition(folder, "en")
    quoted = [
        sorted(
            match[2]
            for item in one.items
            for match in QUOTE.finditer(item.get("source") or "")
            if match[1] != "lit"
        )
        for one in (italian, english)
    ]
    assert quoted[0] == quoted[1] and quoted[0]
    tables = [
        {
            item["key"]: [
                numbers(cell["text"], language)
                for row in item["rows"]
                for cell, head in zip(row, item["head"])
                if head["align"] == "right"
            ]
            for item in one["items"]
            if item["kind"] == "table"
        }
        for one, language in ((it, "it"), (en, "en"))
    ]
    assert tables[0] == tables[1]
    measured = any(head["align"] == "right" for item in it["items"] if item["kind"] == "table" for head in item["head"])  # fmt: skip
    assert any(tables[0].values()) or not measured


def test_a_changed_number_changes_in_both(paper: Paper) -> None:
    before = made(paper, "before", formats=("html",))
    paper.evidence["numbers"]["share_with_care_load"]["value"] = 0.417
    after = made(paper, "after", formats=("html",))
    for language, old, new in (("it", "34,6%", "41,7%"), ("en", "34.6%", "41.7%")):
        earlier, later = (one[f"{language}.html"].read_text(encoding="utf-8") for one in (before, after))
        assert earlier.count(old) > later.count(old) and new not in earlier
        assert later.count(new) == earlier.count(old) - later.count(old)
