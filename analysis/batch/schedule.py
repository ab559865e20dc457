"""Which run comes first, how many at once, and on what: the machine that executes jobs.

What belongs here: the order of the jobs, the number of workers that the memory bears, worker processes and their replacement. What does
not: what a job does (execute.py), machines elsewhere (cluster.py).
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from analysis.batch.execute import Job, Outcome

ASSUMED_PEAK = 600 * 2**20  # bytes of a kernel and its worker whose peak was never recorded
GRACE = 10.0  # seconds that an interrupted worker has to keep its partial notebook
Key = TypeVar("Key")


class Machine(Protocol):
    """Where jobs are executed. When a future of `submit` is done and the outcome is ok, the run folder of the job stands in place."""

    workers: int

    def submit(self, job: Job) -> Future[Outcome]: ...

    def close(self, now: bool) -> None:
        """Wait for what was submitted; `now` interrupts what runs and cancels what has not begun."""


class Lanes:
    """Worker processes of this machine, each with a lane of its own: one that dies takes no other's work with it.

    Work runs in the order in which it was submitted. Work whose worker died runs once more in a new one; if that dies too, its future
    raises BrokenProcessPool.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._todo: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple, dict] | None] = (
            queue.SimpleQueue()
        )
        self._closing = threading.Event()
        self._pools: dict[int, ProcessPoolExecutor] = {}
        self._threads = [
            threading.Thread(target=self._lane, args=(number,), daemon=True) for number in range(workers)
        ]
        for thread in self._threads:
            thread.start()

    def put(self, work: Callable[..., Any], *arguments: Any, **options: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._todo.put((future, work, arguments, options))
        return future

    def close(self, now: bool = False) -> None:
        """Wait for what was put in; `now` interrupts what runs and cancels what has not begun."""
        processes: list[Any] = []
        if now:
            self._closing.set()
            processes = [p for pool in list(self._pools.values()) for p in (pool._processes or {}).values()]
            for process in processes:
                process.terminate()
        for _ in self._threads:
            self._todo.put(None)
        end = time.monotonic() + GRACE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()) if now else None)
        for process in processes:
            process.kill()

    def _lane(self, number: int) -> None:
        try:
            while (item := self._todo.get()) is not None:
                future, work, arguments, options = item
                if self._closing.is_set() or not future.set_running_or_notify_cancel():
                    future.cancel()
                    continue
                try:
                    future.set_result(self._done(number, work, arguments, options))
                except BaseException as error:
                    future.set_exception(error)
        finally:
            if pool := self._pools.pop(number, None):
                pool.shutdown(wait=not self._closing.is_set(), cancel_futures=True)

    def _done(self, number: int, work: Callable[..., Any], arguments: tuple, options: dict) -> Any:
        for last in (False, True):
            pool = self._pools.get(number)
            if pool is None:
                pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_begin)
                self._pools[number] = pool
            try:
                return pool.submit(_work, work, arguments, options).result()
            except BrokenProcessPool:
                self._pools.pop(number).shutdown(wait=False, cancel_futures=True)
                if last or self._closing.is_set():
                    raise
        raise AssertionError


class Local(Lanes):
    """The machine at hand."""

    def submit(self, job: Job) -> Future[Outcome]:
        from analysis.batch import execute

        return self.put(execute.run, job)


_busy = False


def _work(work: Callable[..., Any], arguments: tuple, options: dict) -> Any:
    global _busy
    _busy = True
    try:
        return work(*arguments, **options)
    finally:
        _busy = False


def _begin() -> None:
    """In a new worker: Ctrl-C is the batch's affair, a request to end interrupts the work, and no worker outlives the batch."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    threading.Thread(target=_watch, daemon=True).start()


def _interrupt(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not _busy:
        os._exit(0)
    raise KeyboardInterrupt


def _watch() -> None:
    from multiprocessing.connection import wait

    from analysis.batch.execute import KEEPING

    if parent := parent_process():
        wait([parent.sentinel])
        KEEPING.acquire()  # for good: what the kernel's end would have this process put away is left to the next batch
        end_children()
        os._exit(1)


def end_children() -> None:
    """Kill every process that this one started, and their groups."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError, PermissionError):
            if sys.platform != "win32" and os.getpgid(child.pid) == child.pid:
                os.killpg(child.pid, signal.SIGKILL)
            child.kill()


def longest_first(names: Iterable[Key], seconds: Mapping[Key, float]) -> list[Key]:
    """`names` by their last duration, longest first; those never timed come before, in the order given."""
    return sorted(names, key=lambda name: -seconds.get(name, float("inf")))


def recorded(log: Path) -> tuple[dict[str, float], int]:
    """By edition the seconds of its last successful run, and the largest peak of memory (bytes, 0 where none is known), as told by `log`."""
    seconds: dict[str, float] = {}
    peak = 0
    if log.is_file():
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                run = json.loads(line)
                name, spent, used = str(run["edition"]), float(run["seconds"]), int(run.get("peak") or 0)
            except (ValueError, KeyError, TypeError):
                continue  # a line cut off by a kill
            peak = max(peak, used)
            if run.get("ok"):
                seconds[name] = spent
    return seconds, peak


def workers(jobs: int, peak: int = 0, asked: int | None = None) -> int:
    """How many at once: what was asked for, else one a usable core, as many as the memory bears at `peak` bytes each, no more than jobs."""
    if asked:
        return max(1, min(jobs, asked))
    return max(1, min(jobs, cores(), available_memory() // (peak or ASSUMED_PEAK)))


def cores() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory(cgroups: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that can still be had, within the limit of the control group."""
    free = _free_memory()
    pairs = (
        ("memory.max", "memory.current"),
        ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"),
    )
    for limit, used in pairs:
        try:
            free = min(free, int((cgroups / limit).read_text()) - int((cgroups / used).read_text()))
        except (OSError, ValueError):
            continue  # no control group of this kind, or one without a limit ("max")
    return max(free, 0)


def _free_memory() -> int:
    if sys.platform == "linux":
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    import psutil

    return int(psutil.virtual_memory().available)
