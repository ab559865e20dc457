"""What a process forked by the fork server does: undo what it inherits that a new process would not have, be a kernel, end as one.

The server loads this file by its path (forkserver.py); like the server it knows nothing of this project.
"""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import json
import os
import signal
import socket
import sys
import tempfile
import time
from contextlib import suppress
from typing import Any

INLINE = "module://matplotlib_inline.backend_inline"


def become_kernel(request: dict[str, Any], descriptors: list[int], client: socket.socket) -> None:
    """In a forked child: be the kernel that `request` describes, as if the interpreter had just been started for it."""
    server = request["server"]
    os.setsid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: ends with the server
    if os.getppid() != server:
        os._exit(1)
    _fresh(request, descriptors)
    from ipykernel.kernelapp import IPKernelApp

    class KernelApp(IPKernelApp):
        """Tells its client that its sockets are bound; ends without the waits that its kernel would make."""

        def init_heartbeat(self) -> None:
            super().init_heartbeat()
            client.send(json.dumps({"pid": os.getpid()}).encode())
            client.close()

        def init_kernel(self) -> None:
            super().init_kernel()
            kernel, answer = self.kernel, self.kernel.do_shutdown

            async def do_shutdown(restart: bool) -> dict[str, Any]:
                """Awaitable: for one that is not ipykernel warns, and where a notebook makes warnings errors it would never end."""
                return answer(restart)

            async def end_children() -> None:
                """Asked once: a resource tracker, deaf to it, ends with its kernel; what is left then the server kills."""
                kernel._signal_children(signal.SIGTERM)

            kernel.do_shutdown, kernel._progressively_terminate_all_children = do_shutdown, end_children

        def close(self) -> None:
            """Nothing: the sockets end with the process. Closing them one by one stalls at times: two threads wait for each other."""

    launcher = importlib.util.find_spec("ipykernel_launcher")
    assert launcher is not None and launcher.origin is not None
    sys.argv = [launcher.origin, *request["argv"]]
    KernelApp.launch_instance(argv=[*request["argv"], f"--IPKernelApp.parent_handle={server}"])
    _end()


def _end() -> None:
    """End this process as an interpreter does (threads joined, exit handlers run, files flushed), without taking the libraries apart."""
    import atexit
    import io
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    gc.collect()
    for found in gc.get_objects():
        if issubclass(type(found), (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)):
            with suppress(OSError, ValueError):
                found.flush()
    os._exit(0)


def _fresh(request: dict[str, Any], descriptors: list[int]) -> None:
    """Undo what a child inherits from the server and a new process would not have."""
    import locale
    import multiprocessing
    import resource

    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    empty, never_written = os.pipe()
    os.close(never_written)
    for descriptor, target in zip((empty, *descriptors), (0, 1, 2)):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.umask(request["umask"])
    for name, (soft, hard) in request["limits"].items():
        resource.setrlimit(getattr(resource, name), (soft, hard))
    os.environ.clear()
    os.environ.update({**request["made"], **request["env"]})
    os.chdir(request["cwd"])
    time.tzset()
    locale.setlocale(locale.LC_CTYPE, "")
    tempfile.tempdir = None
    multiprocessing.current_process().authkey = os.urandom(32)
    sys.modules["numpy"].random.seed()
    sys.modules["matplotlib"].rcParams["backend"] = os.environ.get("MPLBACKEND") or INLINE
