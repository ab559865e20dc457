"""A study under way: both notebooks of this kind run at every stage of it, say what is awaited, and print no number that is not there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.test_reproducible import checkout

ROOT = Path(__file__).parent.parent
KEPT = (
    "actions", "actors", "call_rules", "campaigns", "costs", "gifts", "indicators", "logframe", "money", "outcome_values", "outcomes", "panel",
    "people", "proposals", "shifts", "wages",
)  # fmt: skip
PLANNED = ("actions", "indicators")  # their dates lie ahead
LATER = ("left", "first_shift", "end")  # dates of a row that may not have come yet
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("under way")]


def under_way(folder: Path, day: str) -> Path:
    """The demonstration study as its registers stood on `day`."""
    folder.mkdir()
    demo = ROOT / "data" / "demo"
    settings = (demo / "study.toml").read_text(encoding="utf-8")
    settings = settings.replace('id = "demo"', f'id = "{folder.name}"', 1)
    (folder / "study.toml").write_text(
        settings.replace("edition = 2026-01-15", f"edition = {day}", 1), encoding="utf-8"
    )
    for name in KEPT:
        table = pd.read_csv(demo / f"{name}.csv", dtype=str)
        if name == "panel":
            table = table[
                pd.to_numeric(table["semester"])
                <= (pd.Timestamp(day) - pd.Timestamp("2016-01-01")).days // 182
            ]
        if name not in PLANNED:
            for column in table.columns:
                dates = (
                    table[column].dropna().str.fullmatch(r"\d{4}-\d\d-\d\d").all()
                    and table[column].notna().any()
                )
                if dates and column in LATER:
                    table[column] = table[column].where(~(table[column] > day))
                elif dates:
                    table = table[~(table[column] > day)]
        table.drop(columns=["service"], errors="ignore").to_csv(folder / f"{name}.csv", index=False)
    return folder


@pytest.mark.parametrize(
    ("day", "awaited"),
    [
        ("2016-04-30", {"resources": ["autonomia", "permanenza dei donatori"], "impact": []}),
        ("2016-12-31", {"resources": ["verifica delle probabilità", "permanenza dei donatori"], "impact": ["adozione in tempi diversi"]}),
        ("2018-03-31", {"resources": [], "impact": []}),
    ],
)  # fmt: skip
def test_what_cannot_be_estimated_yet_is_told_and_all_else_is_there(tmp_path, day, awaited):
    root = checkout(tmp_path / "clone")
    for study in (root / "data").glob("*/study.toml"):
        shutil.rmtree(study.parent)
    study = under_way(tmp_path / "corso", day)
    env = {**os.environ, "ALTRO_ROOT": str(root), "PYTHONPATH": str(root), "ALTRO_LANG": "it"}
    for notebook, parts in awaited.items():
        command = ["papers", str(study), "--notebook", notebook, "--draft", "--lang", "it"]
        done = subprocess.run([sys.executable, "-m", "analysis", *command], cwd=root, env=env, capture_output=True, text=True)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        page = (root / "build" / "drafts" / "corso" / notebook / "default" / "it.html").read_text(
            encoding="utf-8"
        )
        assert "??" not in page
        assert ("Che cosa è presto per dire" in page) == bool(parts)
        assert [part for part in parts if part not in page] == []
