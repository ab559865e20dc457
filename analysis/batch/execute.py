"""Executing one notebook with papermill: a clean environment, a run folder renamed on success, a partial notebook kept on failure."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import places
from analysis.batch import compare
from analysis.batch.editions import Edition
from analysis.errors import say

ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "agg",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}

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
LONGEST, WIDEST = 12, 300  # lines of an error, characters of a line


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


def job(edition: Edition) -> Job:
    inside = edition.folder.parent.resolve() == places.data().resolve()
    return Job(
        edition.name, edition.study, edition.notebook.name, dict(edition.values), edition.notebook.path, edition.runs,
        places.build() / "failed" / edition.study / edition.notebook.name / f"{edition.slug or 'default'}.ipynb",
        edition.tables, places.root(), edition.study if inside else str(edition.folder),
    )  # fmt: skip


def run(task: Job) -> Outcome:
    """Execute `task` in a kernel of its own; never raises for what goes wrong in the notebook."""
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    part = task.run_folder.with_name(task.run_folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    executed = part / "executed.ipynb"
    os.environ.update(
        ENVIRONMENT
        | {
            "ALTRO_ROOT": str(task.root),
            "ALTRO_RUN": str(part),
            "ALTRO_PARAMETERS": json.dumps({"study": task.study, **task.parameters}, sort_keys=True),
            "ALTRO_DECLARED": json.dumps(list(task.declared)),
        }
    )
    start = time.perf_counter()
    sockets = tempfile.mkdtemp(prefix="altro-")
    try:
        papermill.execute_notebook(
            str(task.source), str(executed), {"study": task.study_argument, **task.parameters}, cwd=str(task.source.parent),
            kernel_name="python3", progress_bar=False, log_output=False, request_save_on_cell_execute=True,
            extra_arguments=["--IPKernelApp.log_level=50"],
            config=Config(KernelManager=_transport(Path(sockets))),
        )  # fmt: skip
    except PapermillExecutionError as error:
        return _failed(task, executed, start, f"{error.ename}: {error.evalue}", _failing_cell(executed))
    except DeadKernelError:
        message = say(
            "il kernel si è chiuso: una cella lo ha terminato, o la memoria è finita",
            "the kernel died: a cell ended it, or memory ran out",
        )
        return _failed(task, executed, start, message, _failing_cell(executed))
    except CellTimeoutError as error:
        return _failed(task, executed, start, f"{type(error).__name__}: {error}", _failing_cell(executed))
    except OSError as error:
        return _failed(task, executed, start, f"{type(error).__name__}: {error}", "")
    finally:
        shutil.rmtree(sockets, ignore_errors=True)
    if not (part / "evidence.json").exists():
        message = say(
            "la registrazione non è stata chiusa: manca ev.close()",
            "the record was not closed: ev.close() is missing",
        )
        return _failed(task, executed, start, message, "")
    outputs = json.dumps(stored_outputs(executed), sort_keys=True, ensure_ascii=False, indent=1)
    (part / "outputs.json").write_text(outputs + "\n", encoding="utf-8", newline="\n")
    shutil.rmtree(task.run_folder, ignore_errors=True)
    part.replace(task.run_folder)
    return Outcome(task.name, time.perf_counter() - start)


def _transport(folder: Path) -> dict[str, str]:
    """Sockets of the kernel's own where the system has them: two kernels that start at once may otherwise pick the same port."""
    return {} if os.name == "nt" else {"transport": "ipc", "ip": str(folder / "kernel")}


def _failed(task: Job, executed: Path, start: float, error: str, cell: str) -> Outcome:
    partial = ""
    if executed.exists():
        task.failed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(executed, task.failed)
        partial = task.failed.relative_to(task.root).as_posix()
    shutil.rmtree(executed.parent, ignore_errors=True)
    return Outcome(task.name, time.perf_counter() - start, _shortened(error), cell, partial)


def _shortened(error: str) -> str:
    """The first lines of an error, none too long to read; the whole stands in the partial notebook."""
    lines = [line.rstrip() for line in error.strip().splitlines() if line.strip()]
    kept = [line if len(line) <= WIDEST else line[: WIDEST - 1] + "…" for line in lines[:LONGEST]]
    if len(lines) > LONGEST:
        more = len(lines) - LONGEST
        kept.append(say(f"… e altre {more} righe", f"… and {more} more lines"))
    return "\n    ".join(kept)


def _failing_cell(executed: Path) -> str:
    if not executed.exists():
        return ""
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    failing = [c for c in cells if any(o.get("output_type") == "error" for o in c.get("outputs", []))]
    code = [c for c in cells if c["cell_type"] == "code"]
    begun = [c for c in code if c.get("metadata", {}).get("papermill", {}).get("start_time")]
    if not failing and len(begun) < len(code):
        failing = begun
    return str(failing[-1].get("id", "")) if failing else ""


def stored_outputs(executed: Path) -> dict[str, list[dict[str, Any]]]:
    """The outputs made through the door, by cell id; everything else a cell printed stays behind."""
    cells = json.loads(executed.read_text(encoding="utf-8"))["cells"]
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


def promote(edition: Edition, forced: bool) -> tuple[bool, list[str]]:
    """Bring a finished run into the edition; returns whether files changed, and in what the records differ.

    A re-execution of an unchanged key that is equal within tolerance leaves the kept files untouched.
    """
    new = json.loads((edition.runs / "evidence.json").read_text(encoding="utf-8"))
    kept = edition.record / "evidence.json"
    found: list[str] = [say("nuova registrazione", "new record")]
    drawn = sorted(path for path in edition.runs.iterdir() if path.suffix in (".svg", ".csv"))
    before = _read(kept)
    if before is not None:
        found = compare.differences(before, new)
        same_pictures = all(
            (edition.figures / path.name).exists()
            and (edition.figures / path.name).read_bytes() == path.read_bytes()
            for path in drawn
        )
        unchanged_key = edition.entry().get("run") == edition.run_parts
        if not found and (
            same_pictures
            or (forced and unchanged_key and all((edition.figures / p.name).exists() for p in drawn))
        ):
            return False, []
    edition.record.mkdir(parents=True, exist_ok=True)
    edition.figures.mkdir(parents=True, exist_ok=True)
    for path in drawn:
        _copy(path, edition.figures / path.name)
    wanted = {path.name for path in drawn}
    for path in edition.figures.iterdir():
        if path.name not in wanted:
            path.unlink()
    _copy(edition.runs / "evidence.json", kept)
    return True, found


def _read(record: Path) -> dict[str, Any] | None:
    """The record kept so far; none where there is none, or where it is no longer whole."""
    try:
        return json.loads(record.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(target.name + ".part")
    shutil.copyfile(source, temporary)
    temporary.replace(target)


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
