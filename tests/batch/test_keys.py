"""What changes a key and what does not."""

import json

from analysis.batch import keys


def test_comments_and_blank_lines_are_not_code():
    plain = "x = 1\ny = '# no comment'\n"
    assert keys.without_comments("# why\nx = 1  # one\n\n\ny = '# no comment'\n") == keys.without_comments(
        plain
    )
    assert keys.without_comments("x = 2\n") != keys.without_comments("x = 1\n")


def test_the_closure_follows_imports_and_brings_the_rooms_definitions():
    found = keys.closure(["from analysis.survey import estimates"])
    assert "analysis/survey/estimates.py" in found
    assert any(name.startswith("analysis/survey/instruments/") for name in found)
    assert not any(
        name.startswith(("analysis/codesign", "analysis/publish", "analysis/batch")) for name in found
    )


def test_another_room_is_in_the_closure_of_those_that_import_it_only():
    survey = keys.closure(["%matplotlib inline\nfrom analysis.survey import estimates"])
    codesign = keys.closure(["import analysis.codesign.network"])
    assert "analysis/codesign/network.py" in codesign and "analysis/codesign/network.py" not in survey


def notebook(tmp_path, source="x = 1", prose="# Testo", tags=()):
    cells = [
        {"cell_type": "code", "id": "a", "metadata": {"tags": list(tags)}, "source": [source]},
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": [prose]},
    ]
    path = tmp_path / "toy.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    path.with_suffix(".toml").write_text("", encoding="utf-8")
    (tmp_path / "lock").write_text("numpy==1", encoding="utf-8")
    (tmp_path / "actors.csv").write_text("actor\n", encoding="utf-8")
    return cells


def run_key(tmp_path, front=None, parameters=None, **changes):
    cells = notebook(tmp_path, **changes)
    return keys.run_parts(
        cells,
        front or {},
        parameters or {},
        {"toy/actors.csv": tmp_path / "actors.csv"},
        {},
        tmp_path / "lock",
    )


def test_what_must_run_again(tmp_path):
    base = run_key(tmp_path)
    assert keys.changed(base, run_key(tmp_path, source="x = 2")) == ["code cells"]
    assert keys.changed(base, run_key(tmp_path, parameters={"wave": 2})) == ["parameters"]
    assert keys.changed(base, run_key(tmp_path, front={"words": {"n": {"it": "casi"}}})) == ["words"]
    assert keys.changed(base, run_key(tmp_path, source="import analysis.errors")) == [
        "analysis/errors.py",
        "code cells",
    ]
    (tmp_path / "actors.csv").write_text("actor\na\n", encoding="utf-8")
    changed = keys.run_parts(
        [{"cell_type": "code", "id": "a", "metadata": {}, "source": ["x = 1"]}],
        {},
        {},
        {"toy/actors.csv": tmp_path / "actors.csv"},
        {},
        tmp_path / "lock",
    )
    assert keys.changed(base, changed) == ["toy/actors.csv"]


def test_what_must_not_run_again(tmp_path):
    base = run_key(tmp_path)
    assert run_key(tmp_path, prose="# Altro testo") == base
    assert run_key(tmp_path, source="x = 1  # perché\n") == base
    assert run_key(tmp_path, tags=["slide"]) == base
    assert run_key(tmp_path, front={"figures": {"fig-a": {"caption": "x"}}, "title": "y"}) == base
    other = tmp_path / "elsewhere"
    other.mkdir()
    assert run_key(other) == base
