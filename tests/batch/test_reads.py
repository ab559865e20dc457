"""A run reads what it declared: everything else of what people keep in files is refused, by name, whatever the notebook does about it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.batch import execute, reads, wall

HERE = Path(__file__).resolve().parents[2]
NOT_READ = {
    "studies other than its own",
    "beside the notebook",
    "at home",
    "private, of another study",
    "elsewhere",
}


@pytest.fixture
def project(tmp_path, monkeypatch, english):
    """A project with files of every kind that a run may and may not read. The temporary folder lies beside it, and so does the home."""
    root = tmp_path / "città prova"
    for name in ("data/demo", "data/milano", "notebooks", "build/runs/demo/toy/default.part"):
        (root / name).mkdir(parents=True)
    for name in ("home", "temporary", "private/demo", "private/milano", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ALTRO_DATA_HOME", str(tmp_path / "private"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "home" / ".matplotlib"))
    files = (
        root / "data/demo/ties.csv", root / "data/demo/money.csv", root / "data/milano/ties.csv", root / "notebooks/beside.csv",
        tmp_path / "home/mine.csv", tmp_path / "private/demo/wave.csv", tmp_path / "private/milano/wave.csv", tmp_path / "elsewhere/x.csv",
    )  # fmt: skip
    for path in files:
        path.write_text("a,b\n1,2\n", encoding="utf-8")
    (root / "notebooks" / "helper.py").write_text("SECRET = 7\n", encoding="utf-8")
    (root / "notebooks" / "toy.toml").write_text("", encoding="utf-8")
    (root / "requirements.lock").write_text("", encoding="utf-8")
    return root


def guarded(project, script, *, walled=False, strict=()):
    """What `script`, Python under the guard, prints as JSON; `project`, `beside` and `attempt` are at its hand."""
    home = project.parent
    declared = [project / "data/demo/ties.csv", home / "private/demo/wave.csv", *strict]
    environment = {
        **os.environ, "ALTRO_ROOT": str(project), "ALTRO_RUN": str(project / "build/runs/demo/toy/default.part"),
        "PYTHONPATH": str(HERE), "TMPDIR": str(home / "temporary"), **reads.arguments(declared)[1],
    }  # fmt: skip
    head = f"""
import json, os, sys
from pathlib import Path
from analysis.batch import reads, wall
project, beside = Path({str(project)!r}), Path({str(home)!r})
guard = reads.Guard(os.environ)
def attempt(read, *details):
    try:
        read(*details)
        return ""
    except Exception as error:
        return f"{{type(error).__name__}}: {{error}}"
sys.addaudithook(guard.heed)
{"wall.build(guard)" if walled else ""}
"""
    done = subprocess.run(
        [sys.executable, "-c", head + script], cwd=project / "notebooks", env=environment, capture_output=True, encoding="utf-8"
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


REFUSED = {
    "data/milano/ties.csv": 'open(project / "data/milano/ties.csv")',
    "data/demo/money.csv": 'open(project / "data/demo/money.csv")',
    "notebooks/beside.csv": 'open("beside.csv")',
    "notebooks/helper.py": "__import__('helper')",
    "~/mine.csv": 'open(Path.home() / "mine.csv")',
    "$ALTRO_DATA_HOME/milano/wave.csv": 'open(beside / "private/milano/wave.csv")',
    "/elsewhere/x.csv": 'open(beside / "elsewhere/x.csv", "rb")',
    "data/milano/./ties.csv": 'os.close(os.open("../data/milano/ties.csv", os.O_RDONLY))',
    "data/milano//ties.csv": 'open(project / "data/milano/ties.csv", "r+")',
    "data/milano/../milano/ties.csv": '__import__("sqlite3").connect(project / "data/milano/ties.csv")',
    "data/milano/ties.csv (link)": 'open(beside / "temporary/link.csv")',
}


def test_what_is_not_declared_is_refused_by_its_name(project):
    (project.parent / "temporary" / "link.csv").symlink_to(project / "data/milano/ties.csv")
    tries = ",".join(f"{name!r}: attempt(lambda: {code})" for name, code in REFUSED.items())
    told = guarded(project, f"sys.path.insert(0, ''); print(json.dumps({{{tries}}}))")
    for name, message in told.items():
        shown = str(Path(name.removesuffix(" (link)"))).replace("/milano/../", "/")
        assert message.startswith("UndeclaredRead: ") and shown in message, (name, message)
        if not shown.startswith("/"):
            assert str(project.parent) not in message
    assert "[needs] of notebooks/toy.toml" in told["data/milano/ties.csv"]
    assert "module of analysis/" in told["notebooks/helper.py"]


ALLOWED = {
    "declared": 'open(project / "data/demo/ties.csv").read()',
    "declared, private": 'open(beside / "private/demo/wave.csv").read()',
    "its own": '(Path(os.environ["ALTRO_RUN"]) / "x").write_text("a"), (Path(os.environ["ALTRO_RUN"]) / "x").read_text()',
    "temporary": '(beside / "temporary/t").write_text("a"), (beside / "temporary/t").read_text()',
    "written only": '(project / "notebooks/out.txt").write_text("a")',
    "moved": '(beside / "temporary/m").write_text("a"), (beside / "temporary/m").rename(Path(os.environ["ALTRO_RUN"]) / "m")',
    "system": 'open("/etc/passwd").read() if os.name == "posix" else ""',
    "library": '__import__("colorsys"), __import__("tomllib")',
    "database": '__import__("sqlite3").connect(":memory:")',
    "folder": "os.listdir(project), os.close(os.open(project, os.O_RDONLY)) if os.name == 'posix' else ''",
    "package": "__import__('analysis.evidence.words')",
}


@pytest.mark.parametrize("walled", [False, True])
def test_what_a_run_needs_is_let_through(project, walled):
    tries = ",".join(f"{name!r}: attempt(lambda: ({code}))" for name, code in ALLOWED.items())
    told = guarded(project, f"print(json.dumps({{{tries}}}))", walled=walled)
    assert {name: message for name, message in told.items() if message} == {}


def test_a_file_that_is_not_there_is_no_fault(project):
    told = guarded(project, 'print(json.dumps([attempt(open, "nothing.csv"), len(guard.refused)]))')
    assert told[0].startswith("FileNotFoundError") and told[1] == 0


def test_what_was_written_elsewhere_is_not_read_back(project):
    told = guarded(project, 'Path("mine.txt").write_text("a"); print(json.dumps(attempt(open, "mine.txt")))')
    assert "wrote outside its own folder" in told and "tempfile" in told


def test_a_module_out_of_the_closure_is_refused_where_the_closure_is_known(project):
    script = "import importlib\nprint(json.dumps([attempt(importlib.import_module, 'analysis.' + name) for name in ('places', 'survey.weights')]))"
    strict = [HERE / "analysis" / "places.py"]
    places, weights = guarded(project, script, strict=strict)
    assert places == "" and weights.startswith("UndeclaredRead: analysis/survey/__init__.py")


@pytest.mark.skipif(not wall.offered(), reason="this system has no Landlock")
def test_readers_that_are_no_python_and_other_programs_are_refused_too(project):
    script = """
import subprocess
from pyarrow import csv
def rows(path): csv.read_csv(path)
def cat(path): subprocess.run(["cat", str(path)], check=True, capture_output=True)
print(json.dumps({f"{read.__name__} {where}": attempt(read, project / where)
    for read in (rows, cat) for where in ("data/demo/ties.csv", "data/milano/ties.csv", "notebooks/beside.csv")}))
"""
    told = guarded(project, script, walled=True)
    assert told.pop("rows data/demo/ties.csv") == told.pop("cat data/demo/ties.csv") == ""
    assert len(told) == 4
    for name, message in told.items():
        assert "ermission denied" in message if name.startswith("rows") else "CalledProcessError" in message


def run(project, *cells, declared=()):
    book = {
        "cells": [
            {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
            for i, text in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }  # fmt: skip
    source = project / "notebooks" / "toy.ipynb"
    source.write_text(json.dumps(book), encoding="utf-8")
    task = execute.Job(
        "demo/toy", "demo", "toy", {}, source, project / "build/runs/demo/toy/default", project / "build/failed/toy.ipynb",
        (), project, "demo", reads=tuple(map(str, declared)),
    )  # fmt: skip
    return execute.run(task)


CLOSE = "import os, pathlib; pathlib.Path(os.environ['ALTRO_RUN'], 'evidence.json').write_text('{}')"


def test_a_run_stops_at_the_cell_even_where_the_notebook_catches_the_error(project):
    swallowed = "try:\n    x = open('../data/milano/ties.csv').read()\nexcept BaseException:\n    x = ''"
    outcome = run(project, "a = 1", swallowed, CLOSE)
    assert (outcome.fault, outcome.cell) == ("undeclared", "c1")
    assert "data/milano/ties.csv" in outcome.error and "[needs] of notebooks/toy.toml" in outcome.error
    assert str(project) not in outcome.error
    assert not (project / "build/runs/demo/toy/default").exists()


@pytest.mark.slow
def test_a_thread_cannot_read_either(project):
    threaded = (
        "import threading\nt = threading.Thread(target=open, args=('beside.csv',)); t.start(); t.join()"
    )
    outcome = run(project, threaded, CLOSE)
    assert outcome.fault == "undeclared" and "notebooks/beside.csv" in outcome.error


@pytest.mark.slow
def test_a_run_that_reads_what_it_declared_is_let_through(project):
    table = project / "data" / "demo" / "ties.csv"
    cell = "import pandas, tempfile\nassert len(pandas.read_csv('../data/demo/ties.csv')) == 1\nwith tempfile.TemporaryFile() as f:\n    f.write(b'x')"
    outcome = run(project, cell, CLOSE, declared=[table])
    assert outcome.ok, outcome.error
