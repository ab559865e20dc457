from __future__ import annotations

import json
import re
from pathlib import Path

from analysis.publish import index
from tests.publish.fixture import Paper, evidence


def test_the_page_lists_every_paper_in_both_languages(paper: Paper) -> None:
    _, notebook, _ = paper.write()
    home = paper.folder / "papers" / "demo" / "sample"
    home.mkdir(parents=True)
    (home / "evidence.json").write_text(json.dumps(evidence()), encoding="utf-8")
    for name in ("it.pdf", "en.pdf", "it.html"):
        (home / name).touch()
    page = index.write(paper.folder / "papers", notebook.parent)
    text = page.read_text(encoding="utf-8")
    assert "<h4>Chi cura: un documento di prova – con trattino</h4>" in text
    assert "<h4>Who cares: a sample paper – with a dash</h4>" in text
    assert "15 gennaio 2026" in text and "15 January 2026" in text
    assert "Studio dimostrativo, dati simulati" in text and "Demonstration study, simulated data" in text
    links = set(re.findall(r'href="([^"#]+)"', text))
    assert links == {f"demo/sample/{name}" for name in ("it.pdf", "en.pdf", "it.html", "evidence.json")}
    before = page.read_bytes()
    assert index.write(paper.folder / "papers", notebook.parent).read_bytes() == before


def test_a_study_s_own_title_and_parameter_sets(paper: Paper) -> None:
    _, notebook, _ = paper.write()
    home = paper.folder / "editions" / "demo" / "sample" / "frame=workers"
    home.mkdir(parents=True)
    (home / "evidence.json").write_text(json.dumps(evidence()), encoding="utf-8")
    texts = paper.folder / "data" / "demo" / "texts"
    texts.mkdir(parents=True)
    (texts / "sample.toml").write_text('title = { it = "Proprio <b>", en = "Own" }', encoding="utf-8")
    text = index.write(paper.folder / "editions", notebook.parent, paper.folder / "data").read_text(
        encoding="utf-8"
    )
    assert "Proprio &lt;b&gt;" in text and "· frame=workers" in text


def test_an_empty_folder_has_a_page_too(tmp_path: Path) -> None:
    assert "Nessun documento ancora." in index.write(tmp_path, tmp_path).read_text(encoding="utf-8")
