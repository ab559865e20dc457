"""The fork server itself: one thread, silent, nobody else's; what happens when it, a client or its own source changes."""

import asyncio
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from jupyter_client.connect import write_connection_file
from nbclient.exceptions import DeadKernelError

from analysis.batch import forkserver, provisioner
from tests.batch.warm import announced, appears, environment, gone, run, server_process, texts

pytestmark = pytest.mark.usefixtures("english")


def test_one_thread_and_silence(warm, tmp_path):
    """Preloading prints nothing, warns of nothing and starts no thread; the project is not in the server's way of finding modules."""
    assert run(tmp_path, "1")[1]["kernel"] == "warm-fork"
    assert server_process().num_threads() == 1
    assert (Path(warm).parent / "log").read_text() == ""


def test_the_socket_is_for_its_owner_only(warm):
    assert stat.S_IMODE(Path(warm).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(warm).parent.stat().st_mode) == 0o700


KNOCK = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
try: s.connect(sys.argv[1])
except PermissionError: print("refused"); sys.exit()
try: s.send(b"{}"); print("answered" if s.recv(100) else "closed")
except OSError: print("closed")
"""


@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can be another user for a moment"
)
def test_another_user_is_refused_even_where_the_file_lets_him_in(warm, tmp_path):
    run(tmp_path, "1")

    def knock():
        return subprocess.run(
            [sys.executable, "-c", KNOCK, warm], capture_output=True, text=True
        ).stdout.strip()

    assert knock() == "refused"
    folder = Path(warm).parent
    folder.chmod(0o755)
    Path(warm).chmod(0o666)
    try:
        assert knock() == "closed"
    finally:
        Path(warm).chmod(0o600)
        folder.chmod(0o700)
    assert run(tmp_path / "next", "1")[1]["kernel"] == "warm-fork"


def test_nonsense_and_silence_do_not_disturb_the_server(warm, tmp_path):
    silent, talking = (socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(2))
    with silent, talking:
        silent.connect(warm)
        talking.connect(warm)
        talking.send(b"\\xff nonsense")
        assert talking.recv(100) == b""
        assert run(tmp_path, "1")[1]["kernel"] == "warm-fork"


CLIENT = """
import sys
from pathlib import Path
from tests.batch.warm import announced, run
run(Path(sys.argv[1]), announced(sys.argv[2]), "import time\\ntime.sleep(300)")
"""


@pytest.mark.slow
def test_a_killed_client_leaves_no_process(warm, tmp_path):
    pids = tmp_path / "pids"
    client = subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(tmp_path), str(pids)], env=environment(), cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    kernel, child = map(int, appears(pids, 60).split())
    assert psutil.Process(kernel).ppid() == server_process().pid
    client.send_signal(signal.SIGKILL)
    client.wait()
    assert gone(kernel, child)
    assert run(tmp_path / "next", "1")[1]["kernel"] == "warm-fork"


def test_elsewhere_than_on_linux_kernels_are_plain(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    with forkserver.serving() as why:
        assert why == "plain kernels: warm ones exist on Linux only"
        assert forkserver.SOCKET not in os.environ


@pytest.mark.slow
def test_a_killed_server_takes_its_kernels_along_and_the_next_run_is_plain(tmp_path, monkeypatch):
    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    pids, report = tmp_path / "pids", {}
    with forkserver.serving():
        kill = f"import os\nos.kill({server_process().pid}, 9)\nimport time\ntime.sleep(60)"
        with pytest.raises(DeadKernelError):
            run(tmp_path, announced(pids), kill, report=report)
        assert (report["kernel"], report["ended"], report["exit"]) == ("warm-fork", "died", -9)
        assert gone(*map(int, appears(pids).split()))
        executed, report = run(tmp_path / "next", "6 * 7")
        assert (
            texts(executed) == ["42"] and report["kernel"] == "plain" and "does not answer" in report["why"]
        )


STARTER = """
import os, sys, time
from pathlib import Path
from analysis.batch import forkserver
from tests.batch.warm import announced, run, server_process
with forkserver.serving():
    Path(sys.argv[3]).write_text(str(server_process().pid))
    run(Path(sys.argv[1]), announced(sys.argv[2]), "import time\\ntime.sleep(300)")
"""


@pytest.mark.slow
def test_a_killed_starter_leaves_neither_server_nor_kernel(tmp_path, monkeypatch):
    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    names = [str(tmp_path), str(tmp_path / "pids"), str(tmp_path / "server")]
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, *names], env=environment(), cwd=Path(__file__).parents[2],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    pids = [int(word) for word in appears(tmp_path / "pids", 90).split()]
    starter.kill()
    starter.wait()
    assert gone(int((tmp_path / "server").read_text()), *pids)


@pytest.mark.slow
def test_a_changed_source_restarts_the_server_under_running_kernels(tmp_path, monkeypatch):
    """On a copy: the server notices that it is stale when a client of the new source comes, and serves it after importing anew."""
    copy = tmp_path / "project" / "analysis" / "batch"
    copy.mkdir(parents=True)
    for name in ("forkserver.py", "newborn.py"):
        shutil.copy(Path(forkserver.__file__).with_name(name), copy)
    spec = importlib.util.spec_from_file_location("copied", copy / "forkserver.py")
    copied = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copied)
    monkeypatch.setattr(provisioner, "forkserver", copied)
    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    with copied.serving():
        request = (
            [sys.executable, "-m", "ipykernel_launcher", "-f", _connection(tmp_path)],
            {"cwd": str(tmp_path)},
        )
        running = asyncio.run(provisioner._fork(*request))
        server = psutil.Process(running.pid).ppid()
        with (copy / "newborn.py").open("a") as source:
            source.write("# changed\n")
        _, report = run(tmp_path / "next", "1")
        assert report["kernel"] == "warm-fork", report
        assert running.poll() is None and psutil.Process(running.pid).ppid() == server
        os.kill(running.pid, signal.SIGKILL)
        assert running.wait(10) == -signal.SIGKILL
        monkeypatch.setattr(copied, "fingerprint", lambda: "neither the old nor the new")
        assert run(tmp_path / "other", "1")[1]["kernel"] == "plain"


@pytest.mark.slow
def test_five_hundred_forks_leave_nothing(warm, tmp_path):
    """Half of the kernels are left by their client, half are killed; the server's memory, descriptors and children are as before."""
    run(tmp_path / "first", "1")
    server = server_process()
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", _connection(tmp_path)]

    async def forks(count):
        pids = []
        for number in range(count):
            kernel = await provisioner._fork(command, {"cwd": str(tmp_path)})
            pids.append(kernel.pid)
            if number % 2:
                kernel.kill()
                assert kernel.wait(20) == -signal.SIGKILL and kernel.peak > 50e6
            else:
                kernel.connection.close()
        return pids

    asyncio.run(forks(20))
    time.sleep(0.5)
    before = server.memory_info().rss, server.num_fds()
    pids = asyncio.run(forks(500))
    assert gone(*pids)
    time.sleep(0.5)
    assert server.children() == []
    assert server.num_fds() == before[1] and server.num_threads() == 1
    assert server.memory_info().rss < before[0] + 5e6
    assert run(tmp_path / "last", "1")[1]["kernel"] == "warm-fork"


def _connection(folder):
    path = str(folder / "connection.json")
    write_connection_file(path, transport="ipc", ip=str(folder / "k"), key=b"key")
    return path
