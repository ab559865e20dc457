"""One run, in a worker of its own: the run folder is whole or absent, the notebook has no trace of the run, faults name their cell."""

import json

import pytest

from analysis.batch import endings, execute, promote, whole
from tests.batch.runs import book, job

pytestmark = pytest.mark.usefixtures("english")


def cell(name, begun=True, outputs=(), status="completed"):
    papermill = {"start_time": "2020-01-01" if begun else None, "status": status if begun else "pending"}
    return {"id": name, "cell_type": "code", "metadata": {"papermill": papermill}, "outputs": list(outputs)}


def test_a_long_error_is_cut_in_length_and_width():
    told = endings.shortened("Fault: one\n\n" + "x" * 1000 + "\n" + "\n".join(map(str, range(40))))
    lines = told.splitlines()
    assert lines[0] == "Fault: one" and len(lines) == endings.LONGEST + 1
    assert max(map(len, lines)) < endings.WIDEST + 10 and lines[-1].strip() == "… and 30 more lines"


@pytest.mark.parametrize(
    ("cells", "failing"),
    [
        ([cell("a"), cell("b", outputs=[{"output_type": "error"}]), cell("c", False)], "b"),
        ([cell("a"), cell("b"), cell("c", False)], "b"),
        ([cell("a"), cell("b", status="running")], "b"),
        ([cell("a"), cell("b")], ""),
        ([cell("a", False)], ""),
    ],
)
def test_the_failing_cell_is_the_one_with_the_error_else_the_last_that_began(cells, failing):
    assert endings.failing_cell(cells) == failing


@pytest.mark.parametrize("text", [None, "{", '{"numbers": '])
def test_a_kept_record_that_is_not_whole_counts_as_none(tmp_path, text):
    path = tmp_path / "evidence.json"
    if text is not None:
        path.write_text(text)
    assert promote._read(path) is None


def test_the_summary_has_one_line_a_failure():
    outcome = execute.Outcome(
        "demo/x/wave=2", 1.0, "Fault: a\nb\nc", "cell-1", "build/failed/x.ipynb", "error"
    )
    assert outcome.summary() == (
        "demo/x/wave=2 · cell cell-1 · Fault: a (and 2 more lines) · partial notebook: build/failed/x.ipynb"
    )
    assert outcome.line().count("\n") == 2


LOUD = (
    "import logging, sys, warnings, pathlib, tempfile, os\nprint('a'); warnings.warn('w'); logging.warning('l')\n"
    "print(pathlib.Path.cwd(), pathlib.Path.home(), tempfile.gettempdir(), os.environ['ALTRO_RUN'], object())",
    "for i in range(3):\n    print(i, end='\\r', flush=True)\n    print('e', file=sys.stderr, flush=True)",
    "from IPython.display import display\ndisplay(1); print('between'); display(2)",
)


def test_two_runs_are_byte_equal_and_name_no_place(tmp_path):
    """It prints, warns, logs, displays; then the same notebook fails, and its partial notebook is held to the same."""
    kept = {}
    for number in ("first", "another place"):
        root = tmp_path / number
        fine = job(root, "loud", *LOUD)
        failing = job(root, "failing", *LOUD, "def f():\n    return 1 / 0\n\n\nf()")
        good, bad = execute.run(fine), execute.run(failing)
        assert (good.ok, bad.fault, bad.cell) == (True, "error", "c4"), (good, bad)
        kept[number] = [
            (fine.run_folder / "executed.ipynb").read_bytes(), failing.failed.read_bytes(), (fine.run_folder / "outputs.json").read_bytes(),
        ]  # fmt: skip
        assert not list((root / "build").rglob(f"*{whole.PART}"))
    assert kept["first"] == kept["another place"]
    executed, partial, _ = (content.decode() for content in kept["first"])
    assert "<project>/notebooks" in executed and str(tmp_path) not in executed + partial
    assert json.loads(partial)["metadata"]["altro"] == {"cell": "c4", "fault": "error", "interrupted": False}
    assert "ZeroDivisionError" in partial and "ipykernel/" in executed


def test_a_run_replaces_the_one_before_and_clears_its_failure(tmp_path):
    task = job(tmp_path, "one", "1/0")
    assert execute.run(task).partial == "build/failed/s/one/default.ipynb" and task.failed.exists()
    task.source.write_text(json.dumps(book("print(1)")))
    for printed in ("1", "2"):
        task.source.write_text(json.dumps(book(f"print({printed})")))
        assert execute.run(task).ok and not task.failed.exists()
        assert (
            json.loads((task.run_folder / "executed.ipynb").read_text())["cells"][2]["outputs"][0]["text"]
            == f"{printed}\n"
        )
    assert sorted(path.name for path in task.run_folder.parent.iterdir()) == [".default.lock", "default"]


@pytest.mark.slow
def test_a_run_folder_that_another_process_holds_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(whole, "PATIENCE", 0.1)
    task = job(tmp_path, "one", "1")
    with whole.held(task.run_folder.with_name(".default.lock")):
        outcome = execute.run(task)
    assert outcome.fault == "error" and ".default.lock" in outcome.error


def test_the_environment_of_the_kernel_stays_in_the_kernel(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    task = job(tmp_path, "one", "import os\nassert os.environ['TZ'] == 'UTC' and os.environ['ALTRO_ROOT']")
    assert execute.run(task).ok
    import os

    assert os.environ["TZ"] == "Asia/Tokyo" and "ALTRO_RUN" not in os.environ
