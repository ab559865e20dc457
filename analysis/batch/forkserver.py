"""Fork server: one process that has imported the libraries which notebooks use, and forks a kernel from itself whenever one is asked for.

Linux only. It has one thread, no event loop, no zmq context, and knows nothing of this project: it runs as a script of its own, so that
`analysis` is imported afresh by every kernel. A kernel is a new process: nothing of one notebook reaches another. Known difference from a
kernel that starts from nothing: warning filters that a preloaded library installs are in place before the notebook imports it.

A client connects (SOCK_SEQPACKET, one JSON message a packet), sends what the kernel is to be and its stdout and stderr, and is told
`{"pid"}` by the kernel itself once its sockets are bound, `{"exit", "peak"}` by the server when it has ended, `{"refused"}` if this server
may not serve it, or `{"again"}` if the server is about to start over because what it imported has changed on disk.
If the client's end closes, the kernel's whole process group is killed.
"""

from __future__ import annotations

import gc
import hashlib
import importlib
import importlib.util
import json
import os
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SOCKET = "ALTRO_WARM_KERNELS"
LARGEST = 1 << 20  # bytes of one request; the environment is the bulk of it

KERNEL = (
    "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell", "ipykernel.debugger", "ipykernel.subshell_manager",
    "ipykernel.comm", "IPython.core.completer", "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger",
    "IPython.core.magics", "IPython.core.magics.ast_mod", "IPython.core.magics.execution", "IPython.core.magics.pylab",
    "IPython.core.oinspect", "IPython.core.pylabtools", "IPython.extensions.storemagic", "IPython.utils.module_paths", "pdb",
    "sqlite3", "tornado.platform.asyncio",
)  # fmt: skip
THREADED = ("polars",)  # starts threads when imported, and a process with threads cannot be forked
LIBRARIES = (
    "numpy", "pandas", "pyarrow.parquet", "pyarrow.compute", "pyarrow.dataset", "pandas.core.arrays.arrow.extension_types",
    "pandas.io.formats.csvs", "pandas.io.formats.string", "matplotlib.pyplot", "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg", "scipy.stats", "scipy.optimize", "statsmodels.api", "statsmodels.formula.api",
    "statsmodels.stats.proportion", "seaborn", "babel.dates", "babel.numbers", "openpyxl",
)  # fmt: skip

OWN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
QUIET = {"JE_ARROW_MALLOC_CONF": "background_thread:false", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
UNSET = ("MPLBACKEND", "JPY_PARENT_PID", "DISPLAY")
READ_ONCE = (
    "PYTHON",
    "OPENBLAS_",
    "OMP_",
    "MKL_",
    "LD_",
    "ARROW_",
    "NPY_",
    "MPLCONFIGDIR",
    "MATPLOTLIBRC",
    "HOME",
    "XDG_C",
)
LAUNCH = "import sys; sys.path.pop(0); import runpy; runpy.run_path(sys.argv[1], run_name='__main__')"


def fingerprint() -> str:
    """Digest of what a server has in memory: interpreter, its own source, the packages installed, the lock."""
    packages = []
    for folder in sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}):
        with os.scandir(folder) as entries:
            packages += [
                [entry.name, entry.stat().st_mtime_ns]
                for entry in entries
                if entry.name.endswith((".dist-info", ".pth"))
            ]
    here = Path(__file__).resolve()
    lock = here.parents[2] / "requirements.lock"
    said = json.dumps([sys.version, sys.prefix, os.path.realpath(sys.executable), sorted(packages)])
    digest = hashlib.sha256(said.encode())
    for path in (here, here.with_name("newborn.py"), lock):
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()


def read_once(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that the interpreter and the libraries read only while they start."""
    return {name: value for name, value in environment.items() if name.startswith(READ_ONCE)}


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


@contextmanager
def serving() -> Iterator[str]:
    """Start a server for everything started inside, by this process or its children; it ends with this process, however that ends.

    Yields "" or, in one line, why kernels will be plain ones. The server warms up while the first clients wait for it.
    """
    from analysis.errors import say

    if sys.platform != "linux":
        yield say(
            "kernel normali: quelli già caldi ci sono solo su Linux",
            "plain kernels: warm ones exist on Linux only",
        )
        return
    before = os.environ.get(SOCKET)
    folder = Path(tempfile.mkdtemp(prefix="altro-warm-"))
    try:
        server = _start(folder)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        yield say(f"kernel normali: {error.strerror}", f"plain kernels: {error.strerror}")
        return
    os.environ[SOCKET] = str(folder / "socket")
    try:
        yield ""
    finally:
        if before is None:
            os.environ.pop(SOCKET, None)
        else:
            os.environ[SOCKET] = before
        assert server.stdin is not None
        server.stdin.close()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> subprocess.Popen[bytes]:
    """The server as a process whose end of file on stdin is its leash; the socket listens already when this returns."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with listening, (folder / "log").open("wb") as log:
        listening.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o600)
        listening.listen(1024)
        environment = {**os.environ, **OWN, **QUIET}
        for name in (*UNSET, SOCKET):
            environment.pop(name, None)
        state = json.dumps({"listening": listening.fileno(), "kernels": {}})
        return subprocess.Popen(
            [sys.executable, "-c", LAUNCH, __file__, state], stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment,
            cwd=folder, pass_fds=[listening.fileno()], start_new_session=True,
        )  # fmt: skip


def preload() -> dict[str, str]:
    """Import the kernel and the libraries; returns the variables that the kernel's own modules set, as every kernel has them."""
    before = dict(os.environ)
    for name in KERNEL:
        importlib.import_module(name)
    made = {name: value for name, value in os.environ.items() if before.get(name) != value}
    with _without(THREADED):
        for name in LIBRARIES:
            with suppress(ModuleNotFoundError):
                importlib.import_module(name)
        _rehearse()
    gc.collect()
    gc.freeze()
    return made


@contextmanager
def _without(names: Sequence[str]) -> Iterator[None]:
    """As if these packages were not installed: libraries that would import them if they can do without."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def _rehearse() -> None:
    """Fill the caches that libraries build at first use: fonts, writers of images, formulas, HTML of tables. Draws no random number."""
    import io

    import matplotlib
    import pandas
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from statsmodels.formula import api

    with matplotlib.rc_context({"svg.hashsalt": "rehearsal"}):
        figure = Figure()
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        axes.plot([0, 1], label="a")
        axes.set_title("b")
        axes.legend()
        for kind in ("png", "svg"):
            figure.savefig(io.BytesIO(), format=kind)
    frame = pandas.DataFrame({"y": [0.0, 1, 2, 3, 1, 2], "x": [1.0, 2, 1, 3, 4, 5]})
    api.ols("y ~ x", frame).fit().params.to_frame()._repr_html_()


class Server:
    """The loop: accepts clients, forks kernels, tells their ends. Never more than one thread."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.digest = fingerprint()
        self.environment = read_once(os.environ)
        self.listening = socket.socket(fileno=state["listening"])
        self.listening.setblocking(False)
        self.clients: dict[socket.socket, int] = {}
        for descriptor, pid in state["kernels"].items():
            self.clients[socket.socket(fileno=int(descriptor))] = pid
        for kept in (self.listening, *self.clients):
            kept.set_inheritable(False)
        self.ended, self.woken = os.pipe()
        os.set_blocking(self.ended, False)
        os.set_blocking(self.woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.stop())
        signal.set_wakeup_fd(self.woken, warn_on_full_buffer=False)
        self.newborn = _beside("newborn")
        self.made = preload()
        self.unfit = f"threads {threads()}" if _still_more_than_one_thread() else ""

    def serve(self) -> tuple[dict[str, Any], list[int], socket.socket]:
        """Serve until the leash is cut. Returns in a forked kernel only, with what it is to be."""
        with selectors.PollSelector() as selector:
            sources: list[Any] = [0, self.ended, self.listening, *self.clients]
            for source in sources:
                selector.register(source, selectors.EVENT_READ)
            self._reap()
            while True:
                for key, _ in selector.select():
                    source = key.fileobj
                    if source == 0:
                        self.stop()
                    elif source == self.ended:
                        with suppress(BlockingIOError):
                            os.read(self.ended, 4096)
                    elif source is self.listening:
                        client = self._accept()
                        if client is not None:
                            selector.register(client, selectors.EVENT_READ)
                            self.clients[client] = 0
                    elif isinstance(source, socket.socket) and source in self.clients:
                        pid = self.clients[source]
                        selector.unregister(source)
                        if pid:
                            _kill(pid)
                        elif (forked := self._answer(source)) is not None:
                            return forked
                        elif source in self.clients:
                            selector.register(source, selectors.EVENT_READ)
                self._reap(selector)

    def _accept(self) -> socket.socket | None:
        try:
            client, _ = self.listening.accept()
        except OSError:
            return None
        peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
        if struct.unpack("3i", peer)[1] != os.getuid():
            client.close()
            return None
        return client

    def _answer(self, client: socket.socket) -> tuple[dict[str, Any], list[int], socket.socket] | None:
        """Fork the kernel that `client` asks for, or tell it why not; returns in the kernel only."""
        try:
            message, descriptors, _, _ = socket.recv_fds(client, LARGEST, 2)
            request = json.loads(message)
        except (OSError, ValueError):
            self._dismiss(client)
            return None
        refused = self._refusal(request)
        if refused or len(descriptors) != 2:
            stale = refused == "digest" and request["digest"] == fingerprint() != self.digest
            _tell(client, {"again": True} if stale else {"refused": refused or "protocol"})
            self._dismiss(client)
        elif (pid := os.fork()) == 0:
            os.close(self.ended)
            os.close(self.woken)
            self.listening.close()
            for other in self.clients:
                if other is not client:
                    other.close()
            return request, descriptors, client
        else:
            self.clients[client] = pid
            stale = False
        for descriptor in descriptors:
            os.close(descriptor)
        if stale:
            self._start_over()
        return None

    def _refusal(self, request: dict[str, Any]) -> str:
        if request["digest"] != self.digest:
            return "digest"
        if self.unfit:
            return self.unfit
        wanted = {**OWN, **read_once(request["env"])}
        other = sorted(
            name
            for name in wanted.keys() | self.environment.keys()
            if wanted.get(name) != self.environment.get(name)
        )
        if other:
            return f"environment {', '.join(other)}"
        return "matplotlibrc" if (Path(request["cwd"]) / "matplotlibrc").exists() else ""

    def _dismiss(self, client: socket.socket) -> None:
        del self.clients[client]
        client.close()

    def _reap(self, selector: selectors.BaseSelector | None = None) -> None:
        """Tell the clients of kernels that ended, killing what those left running."""
        while True:
            try:
                found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            except ChildProcessError:
                return
            if found is None:
                return
            _kill(found.si_pid)
            pid, status, used = os.wait4(found.si_pid, 0)
            for client in [client for client, kernel in self.clients.items() if kernel == pid]:
                if selector is not None and client in selector.get_map():
                    selector.unregister(client)
                _tell(client, {"exit": os.waitstatus_to_exitcode(status), "peak": used.ru_maxrss * 1024})
                self._dismiss(client)

    def _start_over(self) -> None:
        """Become a server with fresh imports; kernels that run keep running, clients that connect meanwhile wait."""
        kernels = {client.fileno(): pid for client, pid in self.clients.items() if pid}
        for descriptor in (self.listening.fileno(), *kernels):
            os.set_inheritable(descriptor, True)
        state = json.dumps({"listening": self.listening.fileno(), "kernels": kernels})
        os.execv(sys.executable, [sys.executable, "-c", LAUNCH, __file__, state])

    def stop(self) -> None:
        for pid in self.clients.values():
            if pid:
                _kill(pid)
        os._exit(0)


def _beside(name: str) -> Any:
    """The module `name` of this folder, by its path: the package that it is part of stays out of this process."""
    found = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def _still_more_than_one_thread() -> bool:
    """A thread that ends by itself (fonts being listed) is waited for, one second at most."""
    until = time.monotonic() + 1
    while threads() > 1 and time.monotonic() < until:
        time.sleep(0.02)
    return threads() > 1


def _tell(client: socket.socket, answer: dict[str, Any]) -> None:
    with suppress(OSError):
        client.send(json.dumps(answer).encode())


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    server, pid = Server(json.loads(sys.argv[2])), os.getpid()
    request, descriptors, client = server.serve()
    server.newborn.become_kernel({**request, "made": server.made, "server": pid}, descriptors, client)


if __name__ == "__main__":
    main()
