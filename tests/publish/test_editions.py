"""Every PDF of the committed studies keeps both standards, PDF/UA-1 and PDF/A-2a (veraPDF's rules): those in git, and the briefs and
appendices that each checkout renders from the committed record."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.publish import render
from tests.publish import verapdf

ROOT = Path(__file__).parents[2]
RECORDS = sorted(path.parent for path in (ROOT / "papers").glob("*/*/evidence.json"))
KEPT = [folder / f"{language}.pdf" for folder in RECORDS for language in ("it", "en")]


def rendered(folder: Path, out: Path) -> list[Path]:
    """The brief and the appendix of an edition, in both languages."""
    study = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))["context"]["study"]
    texts = ROOT / "data" / study / "texts" / f"{folder.name}.toml"
    made = render.render(
        folder,
        ROOT / "notebooks" / f"{folder.name}.ipynb",
        texts if texts.is_file() else None,
        out,
        formats=("brief", "appendix"),
        figures=ROOT / "figures" / study / folder.name,
    )
    return [path for path in made if path.suffix == ".pdf"]


@pytest.mark.slow
def test_no_pdf_of_a_committed_study_fails_a_rule(tmp_path: Path) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    assert len(RECORDS) >= 7
    more = [
        path for folder in RECORDS for path in rendered(folder, tmp_path / folder.parent.name / folder.name)
    ]
    assert len(more) == 4 * len(RECORDS)
    found = verapdf.failures([*KEPT, *more])
    assert len(found) == 2 * (len(KEPT) + len(more))
    assert {name: result["failed"] for name, result in found.items() if result["failed"]} == {}
