"""What a batch that was cut off has left: processes, run folders, half-written files. The next batch, which holds the lock, sweeps them.

While a batch works, build/altro.busy names it; its processes carry that name in their environment, its temporary files lie in one folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

from analysis import places
from analysis.batch import execute, whole
from analysis.errors import AltroError, say

MARK = "ALTRO_BATCH"  # environment variable of every process of a batch
PREFIX = "altro-"
SHELVES = ("runs", "editions", "drafts", "local")


@contextlib.contextmanager
def swept(report: Callable[[str], None]) -> Iterator[bool]:
    """Sweep what a batch cut off has left, and mark this one as at work until it ends by itself; yields whether one had been."""
    marker = places.build() / "altro.busy"
    cut = sweep(marker, report)
    scratch, name = tempfile.mkdtemp(prefix=PREFIX), uuid4().hex
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps({"batch": name, "scratch": scratch}), encoding="utf-8")
    before = {key: os.environ.get(key) for key in (MARK, "TMPDIR")}, tempfile.tempdir
    os.environ.update({MARK: name, "TMPDIR": scratch})
    tempfile.tempdir = scratch
    try:
        yield cut
        marker.unlink(missing_ok=True)
    except AltroError:
        if not cut:
            marker.unlink(missing_ok=True)
        raise
    finally:
        for key, value in before[0].items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        tempfile.tempdir = before[1]
        shutil.rmtree(scratch, ignore_errors=True)


def sweep(marker: Path, report: Callable[[str], None]) -> bool:
    """Undo what the batch that `marker` names has left, and tell it; False where there is no marker."""
    if not marker.is_file():
        return False
    try:
        left = json.loads(marker.read_text(encoding="utf-8"))
        ended, scratch = _end_processes(str(left["batch"])), Path(left["scratch"])
    except (ValueError, KeyError, TypeError):  # cut off as it was written: nothing had been started yet
        ended, scratch = 0, None
    if scratch and scratch.name.startswith(PREFIX) and scratch.parent == Path(tempfile.gettempdir()):
        shutil.rmtree(scratch, ignore_errors=True)
    kept = _unfinished_runs()
    for folder in (places.papers(), places.figures(), *(places.build() / shelf for shelf in SHELVES)):
        for path in folder.rglob(f"*{whole.PART}"):
            if path.is_file():
                path.unlink()
    report(
        say(
            f"Un'esecuzione precedente è stata troncata: processi rimasti e chiusi {ended}, notebook parziali in build/failed {len(kept)}",
            f"An earlier batch was cut off: {ended} processes left and ended, {len(kept)} partial notebooks in build/failed",
        )
        + (f" ({', '.join(kept)})" if kept else "")
    )
    return True


def end_orphans() -> int:
    """End what still runs of this batch though the process that started it is gone; returns how many there were."""
    return _end_processes(os.environ.get(MARK, ""))


def _end_processes(batch: str) -> int:
    """End the processes of a batch that are not this process or below it."""
    import psutil

    if not batch:
        return 0
    mine = {os.getpid(), *(process.pid for process in psutil.Process().children(recursive=True))}
    left = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):  # gone meanwhile, or another user's
            if process.pid not in mine and process.environ().get(MARK) == batch:
                process.kill()
                left.append(process)
    psutil.wait_procs(left, timeout=5)
    return len(left)


def _unfinished_runs() -> list[str]:
    """Set run folders right; returns the partial notebooks kept, as seen from build/failed."""
    runs, failed = places.build() / "runs", places.build() / "failed"
    kept = []
    for old in sorted(runs.glob(f"*/*/*{whole.OLD}")):
        folder = old.with_name(old.name.removesuffix(whole.OLD))
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.rename(folder)
    for part in sorted(runs.glob(f"*/*/*{whole.PART}")):
        name = part.relative_to(runs).as_posix().removesuffix(whole.PART) + ".ipynb"
        if part.is_dir():
            if execute.keep_partial(part / "executed.ipynb", failed / name, "interrupted", places.root())[1]:
                kept.append(name)
            shutil.rmtree(part, ignore_errors=True)
    return kept
