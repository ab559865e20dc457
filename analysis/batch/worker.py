"""What a worker of a cluster does: takes its stand, runs one parcel at a time in a folder of its own, sends back what came of it."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.batch import execute, parcel, stand

_one = (
    threading.Lock()
)  # the environment belongs to the whole process: one run at a time, however many threads there are
_warm = contextlib.ExitStack()
_serving = False


@dataclass(frozen=True)
class Standing:
    """A worker's stand, and how many threads it has."""

    stand: stand.Stand
    threads: int


@dataclass(frozen=True)
class Refused:
    """The worker at `address` did not run a parcel, since its stand is none of those that the parcel accepts."""

    address: str
    stand: stand.Stand


def standing(lock: stand.Lock, dask_worker: Any = None) -> Standing:
    """Asked of every worker before anything is sent; Dask hands `dask_worker` in."""
    return Standing(stand.take(lock), dask_worker.state.nthreads)


def work(sent: parcel.Parcel) -> parcel.Returned | Refused:
    """Execute a parcel in a folder that is deleted afterwards (by Dask, should this process be killed)."""
    from distributed import get_worker

    worker = get_worker()
    with _one:
        mine = stand.take(sent.lock)
        if mine.digest not in sent.stands:
            return Refused(worker.address, mine)
        with (
            tempfile.TemporaryDirectory(
                prefix="altro-", dir=worker.local_directory, ignore_cleanup_errors=True
            ) as folder,
            _surroundings(Path(folder).resolve(), sent),
        ):
            job = parcel.unpack(sent, Path(folder).resolve())
            return parcel.collect(job, execute.run(job))


def halt() -> None:
    """End the kernels of this worker, and the server that forks them."""
    global _serving
    import psutil

    _serving = False
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = " ".join(child.cmdline())
            if "ipykernel_launcher" in command or "forkserver.py" in command:
                child.kill()


@contextlib.contextmanager
def _surroundings(root: Path, sent: parcel.Parcel) -> Iterator[None]:
    """The environment of one run: the sender's language and private data, this worker's own package for the kernel, warm kernels if they can be had."""
    _importable()
    _serve()
    before = dict(os.environ)
    os.environ["ALTRO_LANG"] = sent.language
    os.environ.pop("ALTRO_DATA_HOME", None)
    if any(place.startswith(f"{parcel.PRIVATE}/") for place in sent.files):
        os.environ["ALTRO_DATA_HOME"] = str(root / parcel.PRIVATE)
    try:
        yield
    finally:
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def _importable() -> None:
    """A kernel imports the `analysis` whose stand was taken, wherever the worker found it."""
    place = str(stand.PACKAGE.parent)
    found = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if place not in (*found, sysconfig.get_path("purelib")):
        os.environ["PYTHONPATH"] = os.pathsep.join([place, *filter(None, found)])


def _serve() -> None:
    """One fork server a worker, kept while it lives; it is a process of its own with a single thread, whatever threads are here."""
    global _serving
    if _serving or sys.platform != "linux":
        return
    from analysis.batch import forkserver

    _warm.close()
    _warm.enter_context(forkserver.serving())
    _serving = True


atexit.register(_warm.close)
