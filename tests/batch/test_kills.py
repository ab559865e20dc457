"""A batch that is stopped or killed: nothing half-written, nobody left behind, and the next one ends in the same bytes."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analysis.batch import promote, scaffold

ROOT = Path(__file__).parents[2]
KILLS = 20
LONGEST_CHAIN = 3  # kills in a row before the batch is let finish
PATIENCE = 60.0  # seconds until every process of a killed batch is gone: a fork server that still imports notices after that
IN_A_ROW = pytest.mark.xdist_group("kills")
pytestmark = [pytest.mark.slow, IN_A_ROW, pytest.mark.skipif(sys.platform != "linux", reason="kills process groups")]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Two small notebooks, as `altro new --notebook` makes them, on the simulated study; with the package that runs them."""
    root = tmp_path_factory.mktemp("kills") / "project"
    (root / "notebooks").mkdir(parents=True)
    for name in ("one", "two"):
        scaffold.new_notebook(root / "notebooks", name)
    (root / "notebooks" / "references.bib").write_text("")
    shutil.copytree(ROOT / "data" / "demo", root / "data" / "demo")
    shutil.copytree(ROOT / "analysis", root / "analysis", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", root)
    return root


def start(root, formats):
    """`altro papers demo` in a session of its own."""
    environment = {**os.environ, "ALTRO_ROOT": str(root), "PYTHONPATH": str(root), "ALTRO_LANG": "en"}
    environment.pop("ALTRO_WARM_KERNELS", None)
    command = [sys.executable, "-m", "analysis", "papers", "demo", "--formats", formats]
    return subprocess.Popen(
        command, cwd=root, env=environment, start_new_session=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def finish(root, formats):
    process = start(root, formats)
    told, wrong = process.communicate(timeout=300)
    assert process.returncode == 0, told + wrong
    return told


def clear(root):
    for name in ("build", "papers", "figures"):
        shutil.rmtree(root / name, ignore_errors=True)


def products(root):
    found = [path for name in ("papers", "figures", "build/runs") for path in (root / name).rglob("*")]
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in found
        if path.is_file() and path.suffix != ".lock"
    }


def of_project(root):
    """Processes that were started for this project, by their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("ALTRO_ROOT") == str(root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def gone(root):
    """The processes still there after the time that they have to notice."""
    end = time.monotonic() + PATIENCE
    while (left := of_project(root)) and time.monotonic() < end:
        time.sleep(0.1)
    return [(process.pid, process.cmdline()) for process in left]


def unfinished(name):
    """Of a kept file whose bytes depend on how far the batch has come, or that is being written beside what it replaces."""
    return (
        name.endswith((".part", ".busy", "manifest.json", "index.html", promote.JOURNAL))
        or ".part/" in name
        or ".old/" in name
    )


def test_twenty_kills_at_random_moments_end_in_the_same_bytes(project):
    seed = int(os.environ.get("ALTRO_SEED") or time.time_ns() % 10**6)
    print(f"ALTRO_SEED={seed}")
    draw = random.Random(seed)
    expected, longest, kills = {}, {}, 0
    while kills < KILLS:
        formats = draw.choice(["ipynb", "html,ipynb", "html,ipynb", "pdf"])
        if formats not in expected:
            clear(project)
            begun = time.monotonic()
            finish(project, formats)
            expected[formats], longest[formats] = products(project), time.monotonic() - begun
        clear(project)
        moments = []
        for _ in range(min(draw.randint(1, LONGEST_CHAIN), KILLS - kills)):
            process = start(project, formats)
            moment, group = draw.uniform(0.2, longest[formats]), draw.random() < 0.5
            try:
                process.communicate(timeout=moment)
                break  # it had ended already
            except subprocess.TimeoutExpired:
                (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
            process.communicate()
            kills += 1
            moments.append((formats, round(moment, 2), "group" if group else "main"))
            assert gone(project) == [], (seed, moments)
            for name, content in products(project).items():
                assert unfinished(name) or content == expected[formats][name], (seed, moments, name)
        finish(project, formats)
        found = products(project)
        names = expected[formats].keys() | found.keys()
        assert sorted(n for n in names if expected[formats].get(n) != found.get(n)) == [], (seed, moments)
        assert not (project / "build" / "altro.busy").exists()


def test_a_kill_before_each_change_of_a_file_and_in_its_midst_ends_in_the_same_bytes(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tests.batch.everywhere", tmp_path], cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 100, "so many changes does a batch of three editions make"


def slowed(root):
    """Notebook `two` waits for ten minutes in its cell `count`; the other is as it was."""
    path = root / "notebooks" / "two.ipynb"
    before = path.read_text(encoding="utf-8")
    book = json.loads(before)
    cell = next(cell for cell in book["cells"] if cell["id"] == "count")
    cell["source"] = ["import pathlib, time\n", "print('begun', flush=True)\n", "pathlib.Path('../begun').touch()\n", "for _ in range(1200):\n", "    print('.', flush=True)\n", "    time.sleep(0.5)"]  # fmt: skip
    path.write_text(json.dumps(book), encoding="utf-8")
    return path, before


@pytest.mark.parametrize(
    ("sent", "to_group", "code"),
    [(signal.SIGINT, True, 130), (signal.SIGTERM, False, 143)],
    ids=["ctrl-c in the terminal", "a request to end, to the main process"],
)
def test_a_batch_that_is_stopped_puts_itself_in_order(project, sent, to_group, code):
    clear(project)
    (project / "begun").unlink(missing_ok=True)
    path, before = slowed(project)
    try:
        process = start(project, "ipynb")
        end = time.monotonic() + 120
        evidence = project / "papers" / "demo" / "one" / "evidence.json"
        while not ((project / "begun").exists() and evidence.exists()) and time.monotonic() < end:
            assert process.poll() is None, process.communicate()
            time.sleep(0.1)
        (os.killpg if to_group else os.kill)(process.pid, sent)
        told, wrong = process.communicate(timeout=60)
    finally:
        path.write_text(before, encoding="utf-8")
    assert process.returncode == code, told + wrong
    assert f"1 run (0 equal within tolerance, files untouched), 0 rendered, 0 up to date, 1 failed; interrupted ({sent.name})" in told  # fmt: skip
    assert (
        "demo/two · cell count · interrupted · partial notebook: build/failed/demo/two/default.ipynb" in wrong
    )
    assert "Traceback" not in told + wrong
    assert gone(project) == []
    partial = json.loads((project / "build" / "failed" / "demo" / "two" / "default.ipynb").read_text(encoding="utf-8"))  # fmt: skip
    assert partial["metadata"]["altro"] == {"cell": "count", "fault": "interrupted", "interrupted": True}
    assert "begun" in json.dumps(partial) and not list(project.rglob("*.part"))
    told = finish(project, "ipynb")
    assert "cut off" not in told and "1 run" in told, told


def test_what_a_killed_batch_has_left_is_told_and_its_partial_notebook_kept(project):
    clear(project)
    (project / "begun").unlink(missing_ok=True)
    path, before = slowed(project)
    try:
        process = start(project, "ipynb")
        end = time.monotonic() + 120
        written = project / "build" / "runs" / "demo" / "two" / "default.part" / "executed.ipynb"
        while not ((project / "begun").exists() and written.exists()) and time.monotonic() < end:
            time.sleep(0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    finally:
        path.write_text(before, encoding="utf-8")
    assert gone(project) == []
    told = finish(project, "ipynb")
    assert "An earlier batch was cut off" in told and "demo/two/default.ipynb" in told, told
    assert not list((project / "build").rglob("*.part"))
