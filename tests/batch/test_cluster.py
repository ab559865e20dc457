"""Runs on the workers of a Dask cluster: the same bytes as on this machine, also when a worker is killed; nothing leaves that may not."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import types
from concurrent.futures import wait
from pathlib import Path

import pytest

from analysis import cli
from analysis.batch import cluster, editions, parcel, schedule, stand
from analysis.errors import RunError
from analysis.study import studies
from tests.batch import travelling

QUESTIONS = [(variable, wave) for variable in ("care_load", "gender") for wave in (1, 2)]
MADE = [
    "evidence.json",
    "executed.ipynb",
    "fig-answers.csv",
    "fig-answers.en.svg",
    "fig-answers.it.svg",
    "outputs.json",
]
SOON = 60  # seconds until something must have happened
pytestmark = pytest.mark.usefixtures("english")


def settings(folder, provenance, *more):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text("\n".join([f'provenance = "{provenance}"', *more]))
    return folder


# -- what may leave ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provenance", ["public-record", "simulated"])
def test_open_data_may_go_to_any_cluster(tmp_path, provenance):
    assert cluster.leaving("s", settings(tmp_path, provenance), False, "tcp://a:1") == []


@pytest.mark.parametrize(
    ("provenance", "private", "told"),
    [
        ("collected", False, "collected data do not leave"),
        ("collected", True, "collected data do not leave"),
        ("simulated", True, r"files of \$ALTRO_DATA_HOME do not leave"),
        ("unheard-of", False, "collected data do not leave"),
    ],
)
def test_collected_and_private_data_go_only_to_a_cluster_that_the_study_names(
    tmp_path, provenance, private, told
):
    folder = settings(tmp_path, provenance)
    [fault] = cluster.leaving("s", folder, private, "a:1")
    assert re.search(told, fault.what) and fault.where == "s/study.toml, [cluster] addresses"
    assert '[cluster] addresses = ["tcp://a:1"]' in fault.next_step
    settings(tmp_path, provenance, "[cluster]", 'addresses = ["tcp://b:1", "tls://a:1"]')
    [fault] = cluster.leaving("s", folder, private, "a:1")
    assert fault.allowed == "tcp://b:1, tls://a:1"
    settings(tmp_path, provenance, "[cluster]", 'addresses = ["tcp://b:1", "tcp://a:1"]')
    assert cluster.leaving("s", folder, private, "a:1/") == []


def test_editions_are_refused_study_by_study_before_anything_is_sent(tmp_path):
    def edition(name, *files):
        return types.SimpleNamespace(
            study=name, folder=tmp_path / name, files=dict.fromkeys(files, Path("f"))
        )

    settings(tmp_path / "mine", "collected")
    settings(tmp_path / "ess", "public-record")
    settings(tmp_path / "demo", "simulated")
    chosen = [
        edition("mine", "mine/a.csv"),
        edition("mine"),
        edition("ess", "ess/a.csv"),
        edition("ess", "private/b.csv"),
        edition("demo"),
    ]
    faults = cluster.refused(chosen, "tcp://a:1")
    assert [fault.where.split("/")[0] for fault in faults] == ["mine", "ess"]


def collected(root, *addresses):
    """The project with its study declared as one of collected data, which may go to `addresses`."""
    path = root / "data" / "demo" / "study.toml"
    text = path.read_text(encoding="utf-8").replace('"simulated"', '"collected"')
    path.write_text(f"{text}\n[cluster]\naddresses = {json.dumps(addresses)}\n", encoding="utf-8")
    return root


def test_collected_data_are_refused_by_the_machine_itself(tmp_path):
    pytest.importorskip("distributed")
    root = collected(travelling.project(tmp_path))
    with pytest.raises(RunError, match="collected data do not leave this computer"):
        cluster.Cluster("tcp://127.0.0.1:9", root).submit(travelling.job(root))


def test_naming_a_cluster_makes_no_run_due(tmp_path, monkeypatch):
    root = travelling.project(tmp_path)
    monkeypatch.setenv("ALTRO_ROOT", str(root))

    def key():
        [edition], _ = editions.plan([studies.open_study("demo")], editions.notebooks(["small"]), {})
        return edition.run_parts

    before = key()
    with (root / "data" / "demo" / "study.toml").open("a", encoding="utf-8") as file:
        file.write('\n[cluster]\naddresses = ["tcp://a:1"]\n')
    assert studies.open_study("demo").settings.clusters == ("tcp://a:1",)
    assert key() == before


def test_the_command_refuses_before_it_starts(tmp_path, monkeypatch, capsys):
    pytest.importorskip("distributed")
    root = collected(travelling.project(tmp_path))
    monkeypatch.setenv("ALTRO_ROOT", str(root))
    monkeypatch.setattr(cluster, "CONNECTING", 0.2)
    code = cli.main(["papers", "demo", "--notebook", "small", "--draft", "--cluster", "tcp://127.0.0.1:9"])
    said = capsys.readouterr().err
    assert code == cli.WRONG and "collected data do not leave this computer" in said
    assert "does not answer" not in said
    assert not list((root / "build" / "runs").glob("*/*"))


# -- before it starts --------------------------------------------------------------------------------------------------


def test_without_distributed_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(RunError, match=r"distributed is missing.*pip install 'milano-altro\[cluster\]'"):
        cluster.Cluster("tcp://127.0.0.1:9", tmp_path)


def test_the_rooms_that_plan_do_not_load_distributed():
    code = "import sys; from analysis.batch import cluster; print('distributed' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_scheduler_that_does_not_answer_is_a_fault(tmp_path, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "CONNECTING", 0.5)
    with pytest.raises(RunError, match="the cluster does not answer"):
        cluster.Cluster("127.0.0.1:9", tmp_path).open()


# -- on two workers ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """The address of a scheduler on this machine with two worker processes in different folders."""
    distributed, dask = pytest.importorskip("distributed"), pytest.importorskip("dask")
    rules = {
        "distributed.scheduler.allowed-failures": 1,
        "distributed.deploy.lost-worker-timeout": "300s",  # a slow machine starts a killed worker again, too
    }
    with pytest.MonkeyPatch.context() as patch, dask.config.set(rules):
        patch.delenv("ALTRO_ROOT", raising=False)
        patch.delenv("ALTRO_DATA_HOME", raising=False)
        patch.setenv("PYTHONHASHSEED", "0")  # Dask's nannies leave theirs in this process
        local = distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            local_directory=str(tmp_path_factory.mktemp("scratch")), silence_logs=logging.CRITICAL,
        )  # fmt: skip
        with local, distributed.Client(local.scheduler_address, set_as_default=False) as client:
            for number, address in enumerate(client.scheduler_info()["workers"]):
                client.run(os.chdir, str(tmp_path_factory.mktemp(f"worker{number}")), workers=[address])
            assert len(set(client.run(os.getcwd).values())) == 2
            yield client


@pytest.fixture
def workers(scheduler):
    """The same, with both workers there: one that was killed is started again by its nanny."""
    scheduler.wait_for_workers(2, timeout=SOON)
    return scheduler


def state(client):
    """Worker → its process and its scratch folder."""
    found = client.run(lambda dask_worker: (os.getpid(), dask_worker.local_directory))
    return {address: (pid, Path(folder)) for address, (pid, folder) in found.items()}


def running(folder):
    return [path for path in folder.glob("altro-*/build/runs/**/*.part") if path.is_dir()]


def until(happened):
    end = time.monotonic() + SOON
    while time.monotonic() < end:
        if found := happened():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def done(futures):
    finished = wait(futures, timeout=5 * SOON)
    assert not finished.not_done
    return [future.result() for future in futures]


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_killed_worker_s_runs_are_done_elsewhere_and_every_byte_is_that_of_this_machine(workers, tmp_path):
    far, near = travelling.project(tmp_path / "far"), travelling.project(tmp_path / "near by")
    machine = cluster.Cluster(workers.scheduler.address, far)
    machine.open()
    assert machine.workers == 2
    futures = [machine.submit(travelling.job(far, *question)) for question in QUESTIONS]
    processes = state(workers)
    pid, folder = until(lambda: next((entry for entry in processes.values() if running(entry[1])), None))
    os.kill(pid, signal.SIGKILL)
    suspicious = until(
        lambda: workers.run_on_scheduler(
            lambda dask_scheduler: [key for key, task in dask_scheduler.tasks.items() if task.suspicious]
        )
    )
    assert suspicious
    outcomes = done(futures)
    machine.close(now=False)
    assert [outcome.error for outcome in outcomes] == [""] * len(QUESTIONS)

    local = schedule.Local(2)
    assert all(outcome.ok for outcome in done([local.submit(travelling.job(near, *q)) for q in QUESTIONS]))
    local.close(now=False)
    here, there = (travelling.contents(root / "build" / "runs") for root in (near, far))
    assert sorted({Path(name).name for name in here if not name.endswith(".lock")}) == MADE
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []
    assert [
        name for name in there if str(tmp_path).encode() in there[name] or b"127.0.0.1" in there[name]
    ] == []
    assert until(
        lambda: not [path for _, scratch in state(workers).values() for path in scratch.glob("altro-*")]
    )
    until(lambda: not list(folder.glob("altro-*")))


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_failing_notebook_comes_back_in_part_and_the_others_end_well(workers, tmp_path):
    root = travelling.project(tmp_path)
    machine = cluster.Cluster(workers.scheduler.address, root)
    bad, good = done([machine.submit(travelling.job(root, name)) for name in ("no_such_variable", "gender")])
    machine.close(now=False)
    assert good.ok and (travelling.job(root, "gender").run_folder / "evidence.json").exists()
    assert bad.fault == "error" and bad.cell == "count" and "no_such_variable" in bad.error
    partial = json.loads((root / bad.partial).read_text(encoding="utf-8"))
    assert any(
        output["output_type"] == "error" for cell in partial["cells"] for output in cell.get("outputs", [])
    )
    assert not travelling.job(root, "no_such_variable").run_folder.exists()


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_notebook_that_loses_every_worker_fails_alone(workers, tmp_path):
    root = travelling.project(tmp_path)
    machine = cluster.Cluster(workers.scheduler.address, root)
    machine.open()
    deadly = parcel.pack(travelling.job(root), machine._lock, frozenset({"none"}))
    future = machine._executor.submit(_die, deadly, retries=0)
    good = machine.submit(travelling.job(root, "gender", 2))
    error = future.exception(timeout=3 * SOON)
    assert "lost 2 times" in cluster._in_words(error)
    [outcome] = done([good])
    machine.close(now=False)
    assert outcome.ok


def _die(_):
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_workers_that_would_not_compute_the_same_are_refused_with_what_differs(workers, tmp_path):
    root = travelling.project(tmp_path)
    lock = root / "requirements.lock"
    lock.write_text(re.sub(r"^numpy==\S+", "numpy==1.0.0", lock.read_text(), flags=re.MULTILINE))
    mine = stand.take

    def conforming(wanted):
        found = mine(wanted)
        return stand.Stand(found.python, found.code, {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stand, "take", conforming)
        with pytest.raises(RunError, match=r"worker tcp://.*numpy \S+ \(lock: 1\.0\.0\)") as raised:
            cluster.Cluster(workers.scheduler.address, root).submit(travelling.job(root))
    assert len(raised.value.faults) == 2

    def other(wanted):
        found = mine(wanted)
        return stand.Stand(found.python, {**found.code, "analysis/places.py": "0"}, {})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stand, "take", other)
        with pytest.raises(RunError, match=r"analysis/places\.py \(differs\)"):
            cluster.Cluster(workers.scheduler.address, root).submit(travelling.job(root))


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_a_worker_that_changed_since_the_start_runs_nothing(workers, tmp_path):
    root = travelling.project(tmp_path)
    machine = cluster.Cluster(workers.scheduler.address, root)
    machine.open()
    machine._stands = frozenset({"another"})
    [outcome] = done([machine.submit(travelling.job(root))])
    machine.close(now=False)
    assert outcome.fault == "worker" and "would not compute the same" in outcome.error
    assert len(machine._refused) == 2
    assert not travelling.job(root).run_folder.exists()


@pytest.mark.slow
@pytest.mark.xdist_group("cluster")
def test_closing_at_once_ends_the_kernels_and_leaves_nothing_half_written(workers, tmp_path):
    root = collected(travelling.project(tmp_path), workers.scheduler.address)
    machine = cluster.Cluster(workers.scheduler.address, root)
    futures = [machine.submit(travelling.job(root, *question)) for question in QUESTIONS]
    folders = [folder for _, folder in state(workers).values()]
    until(lambda: [path for folder in folders for path in running(folder)])
    threading.Thread(target=machine.close, args=(True,)).start()
    assert not wait(futures, timeout=SOON).not_done
    assert any(future.cancelled() for future in futures)
    until(lambda: not [path for folder in folders for path in folder.glob("altro-*")])
    left = [path.name for path in (root / "build").rglob("*") if path.is_dir() and path.suffix == ".part"]
    assert left == []
