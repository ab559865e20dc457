"""Commands on a project with something wrong in it: what, where, what next; the right exit code; no traceback; the rest goes on."""

import json
import shutil
from pathlib import Path

import pytest

from analysis import cli
from analysis.batch import pipeline
from analysis.errors import RunError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    """An empty notebook shelf and a small study, in a folder with a space and an accent."""
    root = tmp_path / "città prova"
    (root / "notebooks").mkdir(parents=True)
    (root / "data").mkdir()
    monkeypatch.setenv("ALTRO_ROOT", str(root))
    monkeypatch.setenv("ALTRO_LANG", "en")
    assert cli.main(["new", str(root / "data" / "town")]) == 0
    assert cli.main(["new", "--notebook", "figures"]) == 0
    return root


def call(capsys, *arguments):
    """Exit code and standard error of one command."""
    capsys.readouterr()
    try:
        code = cli.main(arguments)
    except SystemExit as stop:
        code = stop.code
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "nonsense"),
        ([], "required"),
        (["papers", "--draf"], "--draf"),
        (["papers", "--lang", "it"], "--draft only"),
        (["papers", "--set", "wave=1", "--set", "wave=2"], "'wave' has two values"),
        (["papers", "--set", "wave"], "'wave' cannot be read"),
        (["papers", "--notebook", "nothing"], "unknown notebook 'nothing'"),
        (["check", "nowhere"], "nowhere"),
        (["new"], "--notebook NAME"),
    ],
)
def test_a_wrong_call_ends_with_two(project, capsys, arguments, message):
    code, told = call(capsys, *arguments)
    assert code == 2 and message in told and told.startswith("✗")


def test_the_errors_of_the_command_line_speak_italian(project, capsys, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "it")
    assert call(capsys, "nonsense")[1].startswith("✗ comando: «nonsense» non c'è; ammesso: ")
    assert call(capsys, "check")[1].startswith("✗ manca: STUDIO. Aiuto: altro check -h")
    assert "«abc» non è un numero" in call(capsys, "simulate", "x", "--scale", "abc")[1]


@pytest.mark.parametrize(("suffix", "text"), [(".toml", "x = = 3\n"), (".ipynb", '{"cells": [')])
@pytest.mark.parametrize("command", [["papers"], ["list"], ["check", "town"]])
def test_a_notebook_that_cannot_be_read_is_named_and_stops_nothing_else(
    project, capsys, command, suffix, text
):
    (project / "notebooks" / f"figures{suffix}").write_text(text)
    code, told = call(capsys, *command)
    assert code == 1 and f"notebooks/figures{suffix}: is not valid" in told


@pytest.mark.parametrize("command", [["papers"], ["list"], ["check", "town"]])
def test_a_study_that_cannot_be_read_is_named_and_stops_nothing_else(project, capsys, command):
    shutil.copytree(project / "data" / "town", project / "data" / "village")
    (project / "data" / "town" / "study.toml").write_text("id = = 3\n")
    code, told = call(capsys, *command)
    assert code == 1 and "data/town/study.toml" in told


def test_a_manifest_that_cannot_be_read_is_named_and_kept(project, capsys):
    shutil.copytree(ROOT / "data" / "demo", project / "data" / "demo")
    manifest = project / "papers" / "demo" / "manifest.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text("<<<<<<< ours")
    code, told = call(capsys, "papers", "demo")
    assert code == 2 and "papers/demo/manifest.json" in told
    assert manifest.read_text() == "<<<<<<< ours"


def test_two_batches_do_not_work_in_one_project(project):
    with pipeline.alone(), pytest.raises(RunError, match="another"), pipeline.alone():
        pass
    with pipeline.alone():
        pass


def test_a_refusal_of_the_system_names_the_file_from_the_project(project):
    error = PermissionError(13, "Permission denied", str(project / "papers" / "demo" / "it.pdf"))
    assert pipeline.in_words(error) == "papers/demo/it.pdf: Permission denied"
    assert pipeline.in_words(OSError("disk full")) == "disk full"


def test_texts_that_cannot_be_read_are_a_fault_of_the_study(project, capsys):
    shutil.copytree(ROOT / "data" / "demo", project / "data" / "demo")
    texts = project / "data" / "demo" / "texts"
    texts.mkdir(exist_ok=True)
    (texts / "figures.toml").write_text("x = = 3\n")
    code, told = call(capsys, "check", "demo")
    assert code == 1 and "demo/texts/figures.toml" in told


def test_the_notebook_made_is_whole(project):
    assert json.loads((project / "notebooks" / "figures.ipynb").read_text(encoding="utf-8"))["cells"]
