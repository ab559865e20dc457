"""The order of the jobs, the number of workers, and workers that die."""

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from analysis.batch import schedule
from analysis.batch.pipeline import BrokenProcessPool

GIB = 2**30


def test_longest_first_and_before_them_those_never_timed():
    seconds = {"short": 1.0, "long": 9.0, "middle": 3.0}
    assert schedule.longest_first(["short", "new", "long", "newer", "middle"], seconds) == [
        "new", "newer", "long", "middle", "short",
    ]  # fmt: skip


def test_durations_are_those_of_the_last_run_that_succeeded_and_the_peak_is_the_largest(tmp_path):
    runs = [
        {"edition": "a", "seconds": 5, "ok": True, "peak": 3 * GIB},
        {"edition": "a", "seconds": 2, "ok": True, "peak": GIB},
        {"edition": "a", "seconds": 90, "ok": False, "peak": 0},
        {"edition": "b", "seconds": 4, "ok": True},  # of an earlier version
    ]
    log = tmp_path / "runs.jsonl"
    log.write_text("\n".join(map(json.dumps, runs)) + '\n{"edition": "c", "sec', encoding="utf-8")
    assert schedule.recorded(log) == ({"a": 2.0, "b": 4.0}, 3 * GIB)
    assert schedule.recorded(tmp_path / "none") == ({}, 0)


@pytest.mark.parametrize(
    ("jobs", "peak", "asked", "cores", "memory", "expected"),
    [
        (50, GIB, None, 8, 64 * GIB, 8),  # cores
        (3, GIB, None, 8, 64 * GIB, 3),  # jobs
        (50, 8 * GIB, None, 8, 20 * GIB, 2),  # memory
        (50, 0, None, 8, 3 * schedule.ASSUMED_PEAK, 3),  # no peak recorded yet
        (50, 8 * GIB, None, 8, GIB, 1),  # one always runs
        (50, 8 * GIB, 4, 2, GIB, 4),  # as asked
        (2, 0, 4, 2, GIB, 2),
    ],
)
def test_workers_are_bounded_by_jobs_cores_and_memory(
    monkeypatch, jobs, peak, asked, cores, memory, expected
):
    monkeypatch.setattr(schedule, "cores", lambda: cores)
    monkeypatch.setattr(schedule, "available_memory", lambda: memory)
    assert schedule.workers(jobs, peak, asked) == expected


@pytest.mark.parametrize(
    "files",
    [
        {"memory.max": "3000", "memory.current": "1000"},
        {"memory/memory.limit_in_bytes": "3000", "memory/memory.usage_in_bytes": "1000"},
    ],
)
def test_memory_is_what_the_control_group_leaves(tmp_path, files):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text + "\n")
    assert schedule.available_memory(tmp_path) == 2000


def test_without_a_limit_it_is_what_the_machine_has(tmp_path):
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert schedule.available_memory(tmp_path) > 2000


def die_once(folder, name):
    """Take this worker down at the first call for `name`; the second tells that it ran."""
    first = Path(folder) / f"{name}-{os.getpid()}"
    first.touch()
    if len(list(Path(folder).glob(f"{name}-*"))) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return name


def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_whose_worker_died_runs_again_once_and_nobody_elses_is_touched(tmp_path):
    lanes = schedule.Lanes(2)
    again = lanes.put(die_once, str(tmp_path), "again")
    lost = lanes.put(die)
    others = [lanes.put(pow, 2, n) for n in range(6)]
    assert again.result(60) == "again"
    assert [future.result(60) for future in others] == [2**n for n in range(6)]
    with pytest.raises(BrokenProcessPool):
        lost.result(60)
    lanes.close()
    assert len(list(tmp_path.glob("again-*"))) == 2


def linger(folder):
    (Path(folder) / str(os.getpid())).touch()
    try:
        time.sleep(600)
    except KeyboardInterrupt:
        return "put in order"


def test_closing_now_interrupts_what_runs_and_cancels_the_rest(tmp_path):
    lanes = schedule.Lanes(1)
    running, waiting = lanes.put(linger, str(tmp_path)), lanes.put(pow, 2, 2)
    while not list(tmp_path.iterdir()):
        time.sleep(0.05)
    lanes.close(now=True)
    assert running.result(0) == "put in order" and waiting.cancelled()
    (worker,) = (int(path.name) for path in tmp_path.iterdir())
    assert psutil.wait_procs([psutil.Process(worker)] if psutil.pid_exists(worker) else [], 5)[1] == []


def test_an_error_of_the_work_is_the_works_own():
    lanes = schedule.Lanes(1)
    with pytest.raises(ValueError, match="invalid literal"):
        lanes.put(int, "x").result(60)
    assert lanes.put(int, "7").result(60) == 7
    lanes.close()
