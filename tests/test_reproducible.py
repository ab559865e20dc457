"""The same study gives the same bytes elsewhere; studies with opposite truths give opposite sentences."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
COPIED = ("analysis", "data", "notebooks", "requirements.lock")
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("reproducible")]


def checkout(folder, *more):
    folder.mkdir(parents=True)
    for name in (*COPIED, *more):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


def papers(root, *arguments, **environment):
    env = {**os.environ, "ALTRO_ROOT": str(root), "PYTHONPATH": str(root), "ALTRO_LANG": "en", **environment}
    return subprocess.run(
        [sys.executable, "-m", "analysis", "papers", *arguments],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
    )


def products(root):
    suffixes = {".json", ".svg", ".csv", ".pdf", ".html", ".ipynb"}
    found = [
        path
        for folder in ("papers", "figures")
        for path in (root / folder).rglob("*")
        if path.suffix in suffixes
    ]
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in found}


def test_two_checkouts_time_zones_and_locales_give_the_same_bytes(tmp_path):
    here = checkout(tmp_path / "a")
    there = checkout(tmp_path / "another place" / "with a longer path")
    formats = ("--formats", "pdf,html,ipynb")
    one = papers(here, *formats, TZ="UTC", LC_ALL="C.UTF-8", PYTHONHASHSEED="1")
    other = papers(there, *formats, TZ="Pacific/Auckland", LC_ALL="C", LANG="it_IT.UTF-8", PYTHONHASHSEED="2")
    assert one.returncode == 0, one.stdout + one.stderr
    assert other.returncode == 0, other.stdout + other.stderr
    a, b = products(here), products(there)
    assert len([name for name in a if name.endswith(".pdf")]) >= 10
    assert a.keys() == b.keys()
    assert [name for name in a if a[name] != b[name]] == []


def test_the_committed_papers_are_those_that_the_code_makes(tmp_path):
    root = checkout(tmp_path / "clone", "papers", "figures")
    before = {name: content for name, content in products(root).items() if not name.endswith(".html")}
    result = papers(root, "--execute")
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.count("files left untouched") >= 5, result.stdout
    after = products(root)
    assert [
        name
        for name, content in before.items()
        if after[name] != content and not name.endswith("manifest.json")
    ] == []


@pytest.mark.parametrize(("gap", "form"), [(0.9, "higher"), (-0.9, "lower")])
def test_opposite_truths_give_opposite_statements(tmp_path, gap, form):
    from analysis.simulate import draw

    root = checkout(tmp_path / "clone")
    for study in (root / "data").glob("*/study.toml"):
        shutil.rmtree(study.parent)
    truth = {"conflict": {"wfc": {"women_minus_men": gap}}}
    draw.draw_study(root / "data" / "truth", seed=7, scale=2, truth=truth)
    settings = root / "data" / "truth" / "study.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('id = "demo"', 'id = "truth"'), encoding="utf-8")
    result = papers(root, "truth", "--notebook", "work_life_balance")
    assert result.returncode == 0, result.stdout + result.stderr
    record = json.loads(
        (root / "papers" / "truth" / "work_life_balance" / "evidence.json").read_text(encoding="utf-8")
    )
    statement = record["statements"]["women_wfc"]
    assert statement["form"] == form
    front = tomllib.loads((root / "notebooks" / "work_life_balance.toml").read_text(encoding="utf-8"))
    opposite = {"higher": "lower", "lower": "higher"}[form]
    stem = front["statements"]["women_wfc"][opposite]["it"].split("{")[0]
    html = (root / "papers" / "truth" / "work_life_balance" / "it.html").read_text(encoding="utf-8")
    assert front["statements"]["women_wfc"][form]["it"].split("{")[0] in html
    assert stem not in html
