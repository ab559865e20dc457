"""What can befall a run, each with a real kernel: told apart in one line, the partial notebook kept and marked, the others finished."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.batch import endings, execute, forkserver, schedule, whole
from tests.batch.runs import job

pytestmark = pytest.mark.usefixtures("english")
GIB = 2**30

CELLS = {
    "fine": ("print(1)",),
    "raises": ("1 / 0",),
    "segfault": ("import ctypes", "ctypes.string_at(0)"),
    "exits": ("import os\nos._exit(3)",),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",),
    "slow-cell": ("import time\nprint('begun', flush=True)\ntime.sleep(60)",),
    "slow-notebook": ("import time", *["time.sleep(0.4)"] * 20),
    "hungry": ("import numpy\nnumpy.ones(3 * 2**30 // 8)",),
    "disk": ("open('/dev/full', 'w', buffering=1).write('x\\n')",),
    "last": ("print(2)",),
}
LIMITS = {
    "slow-cell": {"cell_timeout": 1.0},
    "slow-notebook": {"notebook_timeout": 1.5},
    "hungry": {"memory": 2 * GIB},
}
EXPECTED = {
    "raises": ("error", "c1", "ZeroDivisionError: division by zero"),
    "segfault": ("signal", "c2", "invalid access to memory in a compiled library (SIGSEGV)"),
    "exits": ("died", "c1", "the cell ended the kernel's process (os._exit or the like, code 3)"),
    "killed": ("signal", "c1", "kernel ended by signal SIGKILL"),
    "slow-cell": ("cell-timeout", "c1", "the cell has exceeded the time allowed, 1 s"),
    "slow-notebook": ("notebook-timeout", None, "the notebook has exceeded the time allowed, 1.5 s"),
    "hungry": ("memory", "c1", "out of memory (MemoryError: Unable to allocate 3.00 GiB"),
    "disk": ("disk", "c1", "the disk is full (OSError: [Errno 28]"),
    "unclosed": ("unclosed", "", "the record was not closed"),
}


@pytest.fixture(scope="module")
def befallen(tmp_path_factory):
    """Every fault in one batch of two workers: outcome and job by name."""
    root = tmp_path_factory.mktemp("faults")
    language = os.environ.get("ALTRO_LANG")
    os.environ["ALTRO_LANG"] = "en"
    jobs = {name: job(root, name, *cells, **LIMITS.get(name, {})) for name, cells in CELLS.items()}
    jobs["unclosed"] = job(root, "unclosed", "1", close=False)
    with forkserver.serving():
        machine = schedule.Local(2)
        futures = {name: machine.submit(task) for name, task in jobs.items()}
        machine.close(now=False)
    os.environ.pop("ALTRO_LANG") if language is None else os.environ.update(ALTRO_LANG=language)
    return {name: (future.result(0), jobs[name]) for name, future in futures.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="memory limits and /dev/full are Linux's")
@pytest.mark.parametrize("name", EXPECTED)
def test_a_fault_is_told_apart_and_its_notebook_kept(befallen, name):
    outcome, task = befallen[name]
    fault, cell, message = EXPECTED[name]
    assert outcome.fault == fault and message in outcome.error, outcome
    assert outcome.fault in execute.FAULTS
    if cell is not None:
        assert outcome.cell == cell
    line = outcome.summary()
    assert (
        "\n" not in line
        and line.startswith(f"s/{name} · ")
        and f"build/failed/s/{name}/default.ipynb" in line
    )
    kept = json.loads(task.failed.read_text(encoding="utf-8"))
    assert kept["metadata"]["altro"] == {"cell": outcome.cell, "fault": fault, "interrupted": False}
    assert not task.run_folder.exists()


def test_the_others_finish(befallen):
    for name in ("fine", "last"):
        outcome, task = befallen[name]
        assert outcome.ok and (task.run_folder / "outputs.json").is_file(), outcome


def test_nothing_is_left_half_written(befallen):
    root = befallen["fine"][1].root
    assert list(root.rglob(f"*{whole.PART}*")) == []


def test_what_a_cell_printed_before_it_was_stopped_is_kept(befallen):
    assert "begun" in befallen["slow-cell"][1].failed.read_text(encoding="utf-8")


@contextlib.contextmanager
def mounted(folder, size):
    """A file system of its own and of that size."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_disk_that_fills_leaves_room_for_the_partial_notebook(tmp_path):
    filling = "import os, pathlib\nprint('begun')\npathlib.Path(os.environ['ALTRO_RUN'], 'big').write_bytes(bytes(10**7))"
    with mounted(tmp_path / "build", "1m"):
        task = job(tmp_path, "filling", filling)
        outcome = execute.run(task)
        assert (outcome.fault, outcome.cell) == ("disk", "c1"), outcome
        assert "begun" in task.failed.read_text(encoding="utf-8")
        assert sorted(path.name for path in (tmp_path / "build" / "runs" / "s" / "filling").iterdir()) == [".default.lock"]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a tmpfs")
def test_a_notebook_that_outgrows_the_disk_is_told_without_one(tmp_path):
    with mounted(tmp_path / "build", "1m"):
        outcome = execute.run(job(tmp_path, "wordy", "print('x' * 3 * 10**6)"))
        assert (outcome.fault, outcome.partial) == ("disk", "") and "full" in outcome.error, outcome


@pytest.mark.skipif(sys.platform != "linux", reason="control groups")
def test_a_kernel_that_the_system_ends_for_want_of_memory(tmp_path):
    group = Path(f"/sys/fs/cgroup/memory/altro-test-{os.getpid()}")
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text(str(200 * 2**20))
    except OSError:
        pytest.skip("control groups of memory cannot be made here")
    try:
        enter = f"import os\nopen('{group}/cgroup.procs', 'w').write(str(os.getpid()))"
        outcome = execute.run(job(tmp_path, "greedy", enter, "x = bytearray(400 * 2**20)"))
        assert (outcome.fault, outcome.cell, outcome.exit) == ("memory", "c2", -9), outcome
    finally:
        group.rmdir()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_tried_once_more(tmp_path):
    """The kernel, a plain one here, kills its parent: the first time only, or each time."""
    once = "import os, pathlib\nfirst = pathlib.Path('../first')\nif not first.exists():\n    first.touch()\n    os.kill(os.getppid(), 9)"
    always = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(60)"
    machine = schedule.Local(2)
    recovers, lost, other = (
        machine.submit(job(tmp_path, name, cell)) for name, cell in (("once", once), ("always", always), ("other", "1"))
    )  # fmt: skip
    assert recovers.result(120).ok and other.result(120).ok
    with pytest.raises(schedule.BrokenProcessPool):
        lost.result(120)
    machine.close(now=False)


@pytest.mark.parametrize(
    ("report", "limit", "starved", "fault"),
    [
        ({"ended": "died", "exit": -9}, None, True, "memory"),
        ({"ended": "died", "exit": -9}, None, False, "signal"),
        ({"ended": "died", "exit": -6, "peak": 95}, 100, False, "memory"),
        ({"ended": "died", "exit": -11, "peak": 95}, 100, False, "memory"),
        ({"ended": "died", "exit": -6, "peak": 50}, 100, False, "signal"),
        ({"ended": "died", "exit": 0}, None, True, "died"),
        ({"ended": "died"}, None, False, "died"),
    ],
)
def test_how_a_kernel_died(tmp_path, report, limit, starved, fault):
    task = job(tmp_path, "x", memory=limit)
    assert endings.told(task, RuntimeError("Kernel died"), report, starved)[0] == fault


def test_the_systems_counters_of_processes_ended_for_want_of_memory(tmp_path):
    (tmp_path / "vmstat").write_text("nr_free_pages 12\noom_kill 2\n")
    (tmp_path / "memory.events").write_text("low 0\noom 7\noom_kill 1\n")
    (tmp_path / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 4\n")
    assert endings.killed_for_memory(tuple(tmp_path.iterdir())) == 7
    assert endings.killed_for_memory((tmp_path / "none",)) == 0
