"""Executing one notebook: a clean environment, a run folder that is whole or absent, a partial notebook kept on failure."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.batch import deterministic, endings, reads, whole
from analysis.errors import say

if TYPE_CHECKING:
    from analysis.batch.editions import Edition

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "agg",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

KERNEL_OPTIONS = [
    "--IPKernelApp.log_level=50",
    "--IPKernelApp.extensions=analysis.batch.limits",
    "--HistoryManager.enabled=False",  # the history of commands is a person's; a run writes into no home folder
]
KEEPING = threading.Lock()  # held while a failed run is put away
CELL_TIMEOUT, NOTEBOOK_TIMEOUT = 600.0, 3600.0  # seconds
FAULTS = (
    "error",
    "cell-timeout",
    "notebook-timeout",
    "memory",
    "signal",
    "died",
    "interrupted",
    "disk",
    "unclosed",
    "undeclared",
    "worker",
)


@dataclass(frozen=True)
class Job:
    """What a worker needs to execute one edition: plain values, so that it can be sent to another process."""

    name: str
    study: str
    notebook: str
    parameters: Mapping[str, Any]
    source: Path
    run_folder: Path
    failed: Path
    declared: tuple[str, ...]
    root: Path
    study_argument: str
    cell_timeout: float = CELL_TIMEOUT  # seconds
    notebook_timeout: float = NOTEBOOK_TIMEOUT  # seconds
    memory: int | None = None  # bytes that the kernel may take; Linux only
    reads: tuple[str, ...] = ()  # absolute paths of the files that the run may read
    held: tuple[str, ...] = ()  # all tables of the study: the run opens none to see whether it holds rows


@dataclass(frozen=True)
class Outcome:
    """How an execution ended: seconds, where it failed (cell id, error, partial notebook), which `fault` that is (FAULTS), and the kernel:
    which kind, `why` if not warm, exit code or minus the signal, peak of memory in bytes."""

    name: str
    seconds: float
    error: str = ""
    cell: str = ""
    partial: str = ""
    fault: str = ""
    kernel: str = ""
    why: str = ""
    exit: int | None = None
    peak: int = 0

    @property
    def ok(self) -> bool:
        return not self.error

    def line(self) -> str:
        """What happened, with every line of the error."""
        if self.ok:
            return say(
                f"{self.name}: eseguito in {self.seconds:.1f} s", f"{self.name}: run in {self.seconds:.1f} s"
            )
        where = (
            say(f"cella {self.cell}", f"cell {self.cell}")
            if self.cell
            else say("fuori dalle celle", "outside the cells")
        )
        see = (
            say(f"notebook parziale: {self.partial}", f"partial notebook: {self.partial}")
            if self.partial
            else ""
        )
        return " · ".join(part for part in (self.name, where, self.error, see) if part)

    def summary(self) -> str:
        """The same in one line: the first of the error."""
        first, *more = self.error.splitlines() or [""]
        rest = say(f" (e altre {len(more)} righe)", f" (and {len(more)} more lines)") if more else ""
        return replace(self, error=first + rest).line() if self.error else self.line()


def job(
    edition: Edition,
    *,
    cell_timeout: float = CELL_TIMEOUT,
    notebook_timeout: float = NOTEBOOK_TIMEOUT,
    memory: int | None = None,
) -> Job:
    """The plain values of an edition's run."""
    inside = edition.folder.parent.resolve() == places.data().resolve()
    return Job(
        edition.name, edition.study, edition.notebook.name, dict(edition.values), edition.notebook.path, edition.runs,
        places.build() / "failed" / edition.study / edition.notebook.name / f"{edition.slug or 'default'}.ipynb",
        edition.tables, places.root(), edition.study if inside else str(edition.folder), cell_timeout, notebook_timeout, memory,
        edition.reads, edition.held,
    )  # fmt: skip


def run(task: Job) -> Outcome:
    """Execute `task` in a kernel of its own; never raises for what goes wrong in the notebook or on the disk."""
    start = time.perf_counter()
    report: dict[str, Any] = {}
    part = task.run_folder.with_name(task.run_folder.name + whole.PART)
    executed = part / "executed.ipynb"
    starved = endings.killed_for_memory()
    try:
        with whole.held(task.run_folder.with_name(f".{task.run_folder.name}.lock")):
            try:
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                _papermill(task, part, executed, report)
                error = _finish(task, part, executed)
                fault = "unclosed" if error else ""
            except (Exception, KeyboardInterrupt) as raised:
                memory = endings.killed_for_memory() > starved
                fault, error = endings.told(task, raised, report, memory)
            cell, partial = _failed(task, executed, fault, report.get("notebook")) if fault else ("", "")
    except OSError as raised:  # the run folder is another process's, or cannot be made
        fault, error = endings.told(task, raised, report, False)
        cell = partial = ""
    return Outcome(
        task.name, time.perf_counter() - start, endings.shortened(error), cell, partial, fault,
        str(report.get("kernel", "")), str(report.get("why", "")), report.get("exit"), int(report.get("peak") or 0),
    )  # fmt: skip


def _papermill(task: Job, part: Path, executed: Path, report: dict[str, Any]) -> None:
    import logging

    import papermill

    for name in ("papermill", "asyncio"):  # what goes wrong is told by the outcome
        logging.getLogger(name).setLevel(logging.CRITICAL)
    given = {"study": task.study_argument, **task.parameters}
    guarded, environment = reads.arguments(task.reads)
    with reads.with_temporary(part) as own, _environment(task, part, environment | own):
        papermill.execute_notebook(
            _literal(task.source), _literal(executed), given, cwd=str(task.source.parent), engine_name="altro",
            kernel_name="python3", progress_bar=False, log_output=False, request_save_on_cell_execute=True,
            extra_arguments=[*KERNEL_OPTIONS, *guarded],
            cell_timeout=task.cell_timeout, notebook_timeout=task.notebook_timeout, report=report,
        )  # fmt: skip


def _literal(path: Path) -> str:
    """A path in which papermill finds no place for a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")


@contextlib.contextmanager
def _environment(task: Job, part: Path, more: Mapping[str, str]) -> Iterator[None]:
    """The environment of the kernel; this process gets its own back."""
    before = dict(os.environ)
    os.environ.update({**ENVIRONMENT, **more})
    os.environ["ALTRO_ROOT"] = str(task.root)
    os.environ["ALTRO_RUN"] = str(part)
    os.environ["ALTRO_PARAMETERS"] = json.dumps({"study": task.study, **task.parameters}, sort_keys=True)
    os.environ["ALTRO_DECLARED"] = json.dumps(list(task.declared))
    os.environ["ALTRO_TABLES"] = json.dumps(list(task.held))
    os.environ.pop("ALTRO_MEMORY", None)
    if task.memory:
        os.environ["ALTRO_MEMORY"] = str(task.memory)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _finish(task: Job, part: Path, executed: Path) -> str:
    """Bring a run that reached its end into its folder; returns what is wrong where its record was not closed."""
    if not (part / "evidence.json").exists():
        return say(
            "la registrazione non è stata chiusa: manca ev.close()",
            "the record was not closed: ev.close() is missing",
        )
    book = json.loads(executed.read_text(encoding="utf-8"))
    whole.write_json(part / "outputs.json", stored_outputs(book["cells"]))
    whole.write(executed, deterministic.text(deterministic.tidy(book, neutral(task.root, part))))
    whole.replace_folder(task.run_folder, part)
    task.failed.unlink(missing_ok=True)
    return ""


def neutral(root: Path, part: Path) -> list[tuple[str, str]]:
    """Folders that an executed notebook must not name, and what stands for them."""
    code = Path(__file__).resolve().parents[2]
    folders = [
        (reads.temporary(part), "<temporary>"), (part, "<run>"), (root, "<project>"), (code, "<project>"), (Path.home(), "~"), (Path(tempfile.gettempdir()), "<temporary>"),
        (Path(sys.prefix), "<python>"), (Path(sys.base_prefix), "<python>"),
    ]  # fmt: skip
    return [(name, what) for folder, what in folders for name in (str(folder), str(folder.resolve()))]


def _failed(task: Job, executed: Path, fault: str, book: Any = None) -> tuple[str, str]:
    """The cell at fault, and where the partial notebook was kept, as seen from the project."""
    with KEEPING:
        cell, kept = keep_partial(executed, task.failed, fault, task.root, book)
    return cell, task.failed.relative_to(task.root).as_posix() if kept else ""


def salvaged(task: Job, error: str, fault: str) -> Outcome:
    """The outcome of a job whose worker is gone, with what is left of its notebook."""
    part = task.run_folder.with_name(task.run_folder.name + whole.PART)
    cell, partial = _failed(task, part / "executed.ipynb", fault)
    return Outcome(task.name, 0.0, endings.shortened(error), cell, partial, fault)


def keep_partial(executed: Path, target: Path, fault: str, root: Path, book: Any = None) -> tuple[str, bool]:
    """Keep a partial notebook as `target`, marked in its metadata with the fault and the cell; returns the cell and whether it was kept.

    `book` is the notebook as it stands in memory, where `executed` may not be the whole of it. The run folder around it goes first, so
    that a full disk has room for it.
    """
    with contextlib.suppress(OSError, ValueError):  # nothing was written yet, or not the whole of it
        book = book or json.loads(executed.read_text(encoding="utf-8"))
    shutil.rmtree(executed.parent, ignore_errors=True)
    if not book:
        return "", False
    cell = endings.failing_cell(book["cells"])
    tidy = deterministic.tidy(json.loads(json.dumps(book)), neutral(root, executed.parent))
    tidy["metadata"]["altro"] = {"fault": fault, "cell": cell, "interrupted": fault == "interrupted"}
    try:
        whole.write(target, deterministic.text(tidy))
    except OSError:
        return cell, False  # the disk is full: the outcome names no partial notebook
    return cell, True


def stored_outputs(cells: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The outputs made through the door, by cell id; everything else a cell printed stays behind."""
    kept = {
        cell["id"]: [
            {"output_type": "display_data", "data": output["data"], "metadata": output["metadata"]}
            for output in cell.get("outputs", [])
            if output.get("metadata", {}).get("altro")
        ]
        for cell in cells
        if cell["cell_type"] == "code"
    }
    return {key: outputs for key, outputs in kept.items() if outputs}


def source(edition: Edition) -> Path:
    """Folder that holds the record with its outputs: the last run where it is the one kept, else the edition itself."""
    run = edition.runs / "evidence.json"
    kept = edition.record / "evidence.json"
    same = run.exists() and (edition.runs / "outputs.json").exists() and run.read_bytes() == kept.read_bytes()
    return edition.runs if same else edition.record


def environment() -> dict[str, str]:
    """Versions that made an edition: Python, platform, and the packages whose change could move a number or a pixel."""
    import platform
    from importlib.metadata import version

    packages = (
        "numpy",
        "pandas",
        "scipy",
        "statsmodels",
        "matplotlib",
        "typst",
        "pypandoc_binary",
        "papermill",
        "ipykernel",
    )
    return {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"} | {
        name: version(name) for name in packages
    }
