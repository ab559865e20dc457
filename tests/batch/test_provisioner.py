"""The provisioner as JupyterLab uses it: start, interrupt, restart, shut down; and plain kernels, with the reason, wherever a fork is not safe."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jupyter_client.manager import AsyncKernelManager

from analysis.batch import forkserver, provisioner
from tests.batch.warm import alive, announced, appears, gone, run

pytestmark = pytest.mark.usefixtures("english")
KERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f", "x.json"]


def manager(folder):
    """A kernel manager as Jupyter makes it, whose kernels come from our provisioner."""
    made = AsyncKernelManager(
        kernel_name="python3", transport="ipc", ip=str(folder / "k"), connection_file=str(folder / "k.json")
    )
    made.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": "warm-fork", "config": {}}
    return made


async def ready(kernels):
    client = kernels.client()
    client.start_channels()
    await client.wait_for_ready(timeout=60)
    return client


async def told(client, code):
    """Status and error name of one execution; what ipykernel passes over just after an interrupt is asked again."""
    reply = await client.execute(code, reply=True, timeout=60)
    for _ in range(20):
        if reply["content"]["status"] != "aborted":
            break
        await asyncio.sleep(0.1)
        reply = await client.execute(code, reply=True, timeout=60)
    return reply["content"]["status"], reply["content"].get("ename", "")


@pytest.fixture(params=["warm", pytest.param("plain", marks=pytest.mark.slow)])
def kind(request):
    request.getfixturevalue(request.param)
    return request.param


def test_start_interrupt_restart_and_shutdown(kind, tmp_path):
    pids = tmp_path / "pids"

    async def session(kernels, clients):
        await kernels.start_kernel(cwd=str(tmp_path))
        assert kernels.provisioner.kind == {"warm": "warm-fork", "plain": "plain"}[kind]
        client = await ready(kernels)
        clients.append(client)
        assert await told(client, announced(pids)) == ("ok", "")
        first = kernels.provisioner.pid
        sleeping = client.execute("import time\ntime.sleep(60)")
        await asyncio.sleep(0.7)
        start = time.monotonic()
        await kernels.interrupt_kernel()
        while (reply := await client.get_shell_msg(timeout=20))["parent_header"]["msg_id"] != sleeping:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt" and time.monotonic() - start < 20
        assert await told(client, "kept = 1") == ("ok", "")
        client.stop_channels()
        await kernels.restart_kernel(now=True)
        client = await ready(kernels)
        clients.append(client)
        assert await told(client, "kept") == ("error", "NameError")
        second = kernels.provisioner.pid
        assert second != first and alive(second)
        client.stop_channels()
        await kernels.shutdown_kernel()
        assert not await kernels.is_alive()
        return first, second

    async def whole():
        kernels, clients = manager(tmp_path), []
        try:
            return await session(kernels, clients)
        finally:
            for client in clients:
                client.stop_channels()
            if await kernels.is_alive():
                await kernels.shutdown_kernel(now=True)

    first, second = asyncio.run(whole())
    assert gone(first, second, *map(int, appears(pids).split()))


def test_many_kernels_at_once_each_answer_for_themselves(warm, tmp_path):
    async def one(number):
        folder = tmp_path / str(number)
        folder.mkdir()
        kernels = manager(folder)
        await kernels.start_kernel(cwd=str(folder))
        client = await ready(kernels)
        await told(
            client,
            f"import os, pathlib, time\ntime.sleep(0.3)\npathlib.Path('pid').write_text(f'{number} {{os.getpid()}}')",
        )
        client.stop_channels()
        await kernels.shutdown_kernel(now=True)
        return (
            kernels.provisioner.kind,
            int((folder / "pid").read_text().split()[1]),
            kernels.provisioner.exit,
        )

    async def all_of_them():
        return await asyncio.gather(*(one(number) for number in range(4)))

    found = asyncio.run(all_of_them())
    assert {kind for kind, _, _ in found} == {"warm-fork"} and {code for _, _, code in found} == {-9}
    assert len({pid for _, pid, _ in found}) == 4 and gone(*(pid for _, pid, _ in found))


@pytest.mark.parametrize(
    "command, options, platform, reason",
    [
        (KERNEL, {}, "win32", "warm ones exist on Linux only"),
        (KERNEL, {}, "darwin", "warm ones exist on Linux only"),
        (["Rscript", "-m", "ipykernel_launcher"], {}, "linux", "another Python interpreter"),
        (
            [str(Path(sys.executable).with_name("python3.0")), *KERNEL[1:]],
            {},
            "linux",
            "another Python interpreter",
        ),
        ([KERNEL[0], "-X", "dev", *KERNEL[1:]], {}, "linux", "not IPython's kernel"),
        (KERNEL, {"independent": True}, "linux", "independent"),
        (KERNEL, {"stdout": subprocess.PIPE}, "linux", "stdout"),
    ],
)
def test_launches_that_no_fork_can_serve_are_refused_with_the_reason(
    warm, monkeypatch, command, options, platform, reason
):
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(provisioner.Unfit, match=reason):
        provisioner._unfit(command, options)


def test_a_launch_that_a_fork_can_serve_is_not(warm):
    assert provisioner._unfit(KERNEL, {"env": {}, "cwd": "/", "stdout": None}) == warm


@pytest.mark.parametrize(
    "name, text, reason",
    [
        (forkserver.SOCKET, "/nowhere/socket", "does not answer"),
        pytest.param(forkserver.SOCKET, None, "no server", marks=pytest.mark.slow),
        ("PYTHONHASHSEED", "5", "environment variables differ: PYTHONHASHSEED"),
        pytest.param("OPENBLAS_NUM_THREADS", "2", "OPENBLAS_NUM_THREADS", marks=pytest.mark.slow),
        pytest.param("MPLCONFIGDIR", "/tmp", "MPLCONFIGDIR", marks=pytest.mark.slow),
    ],
)
def test_a_plain_kernel_runs_and_says_why(warm, tmp_path, monkeypatch, name, text, reason):
    monkeypatch.delenv(name, raising=False) if text is None else monkeypatch.setenv(name, text)
    executed, report = run(tmp_path, "6 * 7")
    assert executed.cells[0].outputs[0]["data"]["text/plain"] == "42"
    assert report["kernel"] == "plain" and reason in report["why"] and "\n" not in report["why"]


@pytest.mark.slow
def test_other_packages_or_a_matplotlibrc_mean_a_plain_kernel(warm, tmp_path, monkeypatch):
    (tmp_path / "matplotlibrc").write_text("figure.dpi: 33\n")
    code = "import matplotlib\nmatplotlib.rcParams['figure.dpi']"
    executed, report = run(tmp_path, code)
    assert (report["kernel"], executed.cells[0].outputs[0]["data"]["text/plain"]) == ("plain", "33.0")
    monkeypatch.setattr(forkserver, "fingerprint", lambda: "of other packages")
    _, report = run(tmp_path / "next", "1")
    assert report["kernel"] == "plain" and "packages have changed" in report["why"]


def test_a_server_that_says_it_has_threads_is_not_used(tmp_path, monkeypatch):
    """A stand-in for a server whose libraries started a thread: it answers as ours does then."""
    import socket
    import threading

    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listening.bind(str(tmp_path / "s"))
    listening.listen(1)

    def answer():
        client, _ = listening.accept()
        client.recv(1 << 20)
        client.send(b'{"refused": "threads 3"}')
        client.close()

    threading.Thread(target=answer, daemon=True).start()
    monkeypatch.setenv(forkserver.SOCKET, str(tmp_path / "s"))
    _, report = run(tmp_path / "run", "1")
    listening.close()
    assert report["kernel"] == "plain" and "3 threads" in report["why"]


def test_italian_reasons(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "it")
    monkeypatch.delenv(forkserver.SOCKET, raising=False)
    with pytest.raises(provisioner.Unfit, match="kernel normale: nessun server di kernel caldi è attivo"):
        provisioner._unfit(KERNEL, {"env": dict(os.environ)})
