"""What a key is made of; whether real editions run again when they must, and only then, is in test_keys_both_ways.py."""

import json

from analysis.batch import keys


def cells(source="x = 1", prose="# Testo", tags=()):
    return [
        {"cell_type": "code", "id": "a", "metadata": {"tags": list(tags)}, "source": [source]},
        {"cell_type": "markdown", "id": "b", "metadata": {}, "source": [prose]},
    ]


def test_code_words_and_modules_are_told_apart():
    base = keys.code_parts(cells(), {})
    assert keys.changed(base, keys.code_parts(cells("x = 2"), {})) == ["code cells"]
    words = {"words": {"n": {"it": "casi"}}}
    assert keys.changed(base, keys.code_parts(cells(), words)) == ["words"]
    errors = keys.code_parts(cells("import analysis.errors"), {})
    assert keys.changed(base, errors) == ["analysis/__init__.py", "analysis/errors.py", "code cells"]


def test_prose_tags_comments_and_captions_are_no_code():
    base = keys.code_parts(cells(), {})
    assert keys.code_parts(cells(prose="# Altro testo"), {}) == base
    assert keys.code_parts(cells("x = 1  # perché\n"), {}) == base
    assert keys.code_parts(cells(tags=["slide"]), {}) == base
    assert keys.code_parts(cells(), {"figures": {"fig-a": {"caption": "x"}}, "title": "y"}) == base


def test_a_run_depends_on_parameters_files_study_and_lock(tmp_path):
    (tmp_path / "lock").write_text("numpy==1")
    (tmp_path / "actors.csv").write_text("actor\n")

    def parts(value=1, settings="a"):
        files = {"toy/actors.csv": tmp_path / "actors.csv"}
        return keys.run_parts(
            {"code cells": "c"}, {"wave": value}, files, {"study.toml": settings}, tmp_path / "lock"
        )

    base = parts()
    assert set(base) == {"code cells", "parameters", "toy/actors.csv", "study.toml", "lock"}
    assert keys.changed(base, parts(value=2)) == ["parameters"]
    assert keys.changed(base, parts(settings="b")) == ["study.toml"]
    (tmp_path / "actors.csv").write_text("actor\na\n")
    (tmp_path / "lock").write_text("numpy==2")
    assert keys.changed(base, parts()) == ["lock", "toy/actors.csv"]


def test_a_rendering_depends_on_prose_tags_record_and_figures(tmp_path):
    notebook, record = tmp_path / "toy.ipynb", tmp_path / "evidence.json"
    texts, figures = tmp_path / "texts" / "toy.toml", tmp_path / "figures"
    texts.parent.mkdir()
    figures.mkdir()
    texts.write_text("")
    record.write_text("{}")

    def parts(**changes):
        notebook.write_text(json.dumps({"cells": cells(**changes)}))
        return keys.render_parts(record, figures, notebook, [notebook, texts])

    base = parts()
    assert set(base) == {"evidence", "figures", "prose", "texts/toy.toml"}
    assert keys.changed(base, parts(prose="# Altro")) == ["prose"]
    assert keys.changed(base, parts(tags=["slide"])) == ["prose"]
    (figures / "fig-a.it.svg").write_text("<svg/>")
    record.write_text("{ }")
    texts.write_text("x = 1")
    assert keys.changed(base, parts()) == ["evidence", "figures", "texts/toy.toml"]
