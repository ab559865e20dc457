"""The kernel provisioner `warm-fork`: kernels forked by the fork server, plain ones wherever forking is not safe.

Any Jupyter client uses it unchanged: `JUPYTER_DEFAULT_PROVISIONER_NAME=warm-fork` and the variable that names the server's socket.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from analysis.batch import forkserver
from analysis.errors import say

WARM, PLAIN = "warm-fork", "plain"
WARMING = 120.0  # seconds that a client waits for a server that is still importing
# options of a launch that a fork honours
ORDINARY = {"env", "cwd", "kernel_id", "extra_arguments", "independent", "stdout", "stderr"}


class Unfit(Exception):
    """Why a kernel cannot come from the server, in one line."""


class Forked:
    """A kernel that the server forked, with the face of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, connection: socket.socket, pid: int) -> None:
        self.connection = connection
        self.pid = pid
        self.returncode: int | None = None
        self.peak = 0

    def poll(self) -> int | None:
        """Exit code, or minus the signal; None while it runs. A server that is gone takes its kernels along."""
        if self.returncode is None and _readable(self.connection):
            with suppress(OSError, ValueError):
                told = json.loads(self.connection.recv(4096))
                self.returncode, self.peak = told["exit"], told["peak"]
            if self.returncode is None:
                self.returncode = -signal.SIGKILL
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, signal.SIGKILL)
            self.connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int | None:
        if self.returncode is None:
            _readable(self.connection, timeout)
        return self.poll()

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel from the fork server, or as Jupyter always does where that is not possible.

    `kind` says which, `why` the reason for a plain one; after the end `exit` is the exit code (or minus the signal) and `peak` the largest
    memory in bytes (of a plain kernel: as last looked up while it ran, 0 where the system does not tell).
    """

    process: Any
    kind = PLAIN
    why = ""
    exit: int | None = None
    peak = 0

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        self.kind, self.why, self.exit, self.peak = WARM, "", None, 0
        try:
            self.process = await _fork(cmd, kwargs)
        except Unfit as unfit:
            self.kind, self.why = PLAIN, str(unfit)
            self.log.info("%s", self.why)
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs.get("cwd") or Path.cwd()
        return self.connection_info

    async def poll(self) -> int | None:
        code = await super().poll()
        if self.process is not None:
            self._note(code)
        return code

    async def wait(self) -> int | None:
        await self.exited()
        return await super().wait()

    async def exited(self, timeout: float | None = None) -> bool:
        """Whether the kernel has ended within `timeout` seconds; wakes when it ends, without asking again and again where the system can."""
        process = self.process
        if process is None or await self.poll() is not None:
            return True
        try:
            if isinstance(process, Forked):
                await asyncio.wait_for(_until_readable(process.connection.fileno()), timeout)
            elif hasattr(os, "pidfd_open"):
                await asyncio.wait_for(_until_ended(process.pid), timeout)
            else:
                await asyncio.wait_for(self._asked(), timeout)
        except TimeoutError:
            return False
        return await self.poll() is not None

    async def _asked(self) -> None:
        while await self.poll() is None:
            await asyncio.sleep(0.02)

    def measure(self) -> None:
        """Look up the memory of a plain kernel while it runs; a warm one's is told by the server."""
        with suppress(OSError, ValueError):
            lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
            told = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
            self.peak = max(self.peak, *(1024 * kilobytes for kilobytes in told), 0)

    def _note(self, code: int | None) -> None:
        self.exit = code
        if isinstance(self.process, Forked):
            self.peak = self.process.peak


async def _fork(cmd: list[str], kwargs: dict[str, Any]) -> Forked:
    """The forked kernel, its sockets bound. Raises Unfit with the reason for a plain one."""
    path = _unfit(cmd, kwargs)
    outputs = [_descriptor(kwargs, name) or 0 for name in ("stdout", "stderr")]
    for _ in range(2):
        connection = _connected(path, _request(cmd, kwargs), outputs)
        try:
            told = await asyncio.wait_for(_answer(connection), WARMING)
        except TimeoutError:
            told = {"refused": "late"}
        except BaseException:
            connection.close()
            raise
        if "pid" in told:
            return Forked(connection, told["pid"])
        connection.close()
        if "again" not in told:
            break
    raise Unfit(_in_words(told))


def _unfit(cmd: list[str], kwargs: dict[str, Any]) -> str:
    """The server's socket; raises Unfit where the launch is none that a fork could serve."""
    path = os.environ.get(forkserver.SOCKET, "")
    if sys.platform != "linux":
        raise Unfit(_plain("i kernel caldi ci sono solo su Linux", "warm ones exist on Linux only"))
    if not path:
        raise Unfit(_plain("nessun server di kernel caldi è attivo", "no server of warm ones is running"))
    if cmd[1:3] != ["-m", "ipykernel_launcher"]:
        raise Unfit(_plain("non è il kernel di IPython", "this is not IPython's kernel"))
    if not _same_interpreter(cmd[0]):
        raise Unfit(_plain("un altro interprete Python", "another Python interpreter"))
    more = sorted(name for name, value in kwargs.items() if name not in ORDINARY and value is not None)
    more += [name for name in ("stdout", "stderr") if _descriptor(kwargs, name) is None]
    if more or kwargs.get("independent"):
        names = ", ".join(more) or "independent"
        raise Unfit(_plain(f"opzioni di avvio: {names}", f"options of the launch: {names}"))
    return path


def _descriptor(kwargs: dict[str, Any], name: str) -> int | None:
    """Where the kernel's `name` goes; None where that would be a pipe, or a file of no number."""
    given = kwargs.get(name)
    if given is None:
        return {"stdout": 1, "stderr": 2}[name]
    with suppress(AttributeError, OSError):
        given = given.fileno()
    return given if isinstance(given, int) and given >= 0 else None


def _plain(italian: str, english: str) -> str:
    return say(f"kernel normale: {italian}", f"plain kernel: {english}")


def _same_interpreter(path: str) -> bool:
    """Two environments share one executable through links: their folders tell them apart."""
    one, other = Path(path), Path(sys.executable)
    return one.parent.resolve() == other.parent.resolve() and one.resolve() == other.resolve()


def _request(cmd: list[str], kwargs: dict[str, Any]) -> bytes:
    import resource

    environment = dict(kwargs.get("env") or os.environ)
    limits = {
        name: resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    status = Path("/proc/self/status").read_text()
    umask = next(line.split()[1] for line in status.splitlines() if line.startswith("Umask:"))
    request = {
        "digest": forkserver.fingerprint(), "argv": cmd[3:], "cwd": str(kwargs.get("cwd") or Path.cwd()),
        "env": {**environment, "JPY_PARENT_PID": str(os.getpid())}, "umask": int(umask, 8), "limits": limits,
    }  # fmt: skip
    return json.dumps(request).encode()


def _connected(path: str, request: bytes, outputs: list[int]) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        if Path(path).stat().st_uid != os.getuid():
            raise PermissionError("owner")
        connection.connect(path)
        socket.send_fds(connection, [request], outputs)
        connection.setblocking(False)
    except OSError as error:
        connection.close()
        reason = error.strerror or str(error)
        raise Unfit(
            _plain(f"il server non risponde ({reason})", f"the server does not answer ({reason})")
        ) from error
    return connection


async def _answer(connection: socket.socket) -> dict[str, Any]:
    await _until_readable(connection.fileno())
    try:
        return json.loads(connection.recv(4096))
    except (OSError, ValueError):
        return {"refused": "gone"}


def _in_words(told: dict[str, Any]) -> str:
    what, _, more = str(told.get("refused", "ended")).partition(" ")
    told_as = {
        "digest": ("i pacchetti sono cambiati da quando il server è partito", "packages have changed since the server started"),
        "threads": (f"il server ha {more} thread", f"the server has {more} threads"),
        "environment": (f"variabili d'ambiente diverse: {more}", f"environment variables differ: {more}"),
        "matplotlibrc": ("la cartella ha un matplotlibrc", "the folder has a matplotlibrc"),
        "late": ("il server non è pronto", "the server is not ready"),
        "gone": ("il server si è chiuso", "the server has ended"),
        "ended": ("il kernel caldo non è partito", "the warm one did not start"),
    }  # fmt: skip
    return _plain(*told_as.get(what, (what, what)))


def _readable(connection: socket.socket, timeout: float | None = 0) -> bool:
    waiting = select.poll()
    waiting.register(connection, select.POLLIN)
    return bool(waiting.poll(None if timeout is None else 1000 * timeout))


async def _until_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    loop.add_reader(descriptor, lambda: None if readable.done() else readable.set_result(None))
    try:
        await readable
    finally:
        loop.remove_reader(descriptor)


async def _until_ended(pid: int) -> None:
    descriptor = os.pidfd_open(pid)
    try:
        await _until_readable(descriptor)
    finally:
        os.close(descriptor)
