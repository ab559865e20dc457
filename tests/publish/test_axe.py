"""No page that readers get breaks an accessibility rule of serious or critical kind (axe-core in a headless Chromium)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.publish import index, render
from analysis.publish.formats import FORMATS
from tests.publish import axe
from tests.publish.fixture import TEXTS, Paper

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "papers").glob("*/*/evidence.json"))
PAGES = ("html", "slides", "appendix", "codebook")  # formats that make HTML
pytestmark = axe.needed

SEEDED = """<!DOCTYPE html><html lang="it"><head><title>Prova</title></head><body><main><h1>Prova</h1>
<p style="color:#999;background:#fff">Grigio chiaro su bianco.</p><img src="nothing.svg"></main></body></html>"""


def test_what_is_put_in_wrong_is_found(tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.html", tmp_path / "good.html"
    bad.write_text(SEEDED, encoding="utf-8")
    good.write_text(SEEDED.replace("#999", "#595959").replace("<img ", '<img alt="" '), encoding="utf-8")
    found = axe.faults([bad, good])
    assert {violation["rule"] for violation in found["bad.html"]} == {"color-contrast", "image-alt"}
    assert "good.html" not in found


def made(
    paper_folder: Path, record: Path, notebook: Path, texts: Path | None, **options: object
) -> list[Path]:
    wanted = [name for name in PAGES if name in FORMATS]
    files = render.render(record, notebook, texts, paper_folder, formats=wanted, **options)  # type: ignore[arg-type]
    return [path for path in files if path.suffix == ".html"]


@pytest.mark.slow
def test_the_sample_paper_in_every_page_format_and_its_index(paper: Paper) -> None:
    paper.texts = TEXTS
    record, notebook, texts = paper.write()
    home = paper.folder / "papers" / "demo" / "sample"
    pages = made(home, record, notebook, texts)
    assert {path.name for path in pages} >= {"it.html", "en.html"}
    (home / "evidence.json").write_text(
        (record / "evidence.json").read_text(encoding="utf-8"), encoding="utf-8"
    )
    page = index.write(paper.folder / "papers", notebook.parent)
    assert axe.faults([*pages, page]) == {}
    assert axe.faults([*pages, page], width=400) == {}


def test_a_draft_that_prints_its_faults(paper: Paper) -> None:
    paper.change("q-it", "{val} cost", "{val} coast")
    record, notebook, texts = paper.write()
    out = paper.folder / "draft"
    pages = render.render(record, notebook, texts, out, formats=["html"], draft=True)
    assert any("coast" in path.read_text(encoding="utf-8") for path in pages)
    assert axe.faults(pages) == {}


@pytest.mark.slow
def test_no_page_of_a_committed_study_has_a_violation(tmp_path: Path) -> None:
    assert len(RECORDS) >= 5
    pages: list[Path] = []
    for path in RECORDS:
        study, name = json.loads(path.read_text(encoding="utf-8"))["context"]["study"], path.parent.name
        notebook, texts = (
            ROOT / "notebooks" / f"{name}.ipynb",
            ROOT / "data" / study / "texts" / f"{name}.toml",
        )
        out, figures = tmp_path / study / name, ROOT / "figures" / study / name
        pages += made(out, path.parent, notebook, texts if texts.is_file() else None, figures=figures)
    assert len(pages) >= 2 * len(RECORDS)
    assert axe.faults([*pages, ROOT / "papers" / "index.html"]) == {}
