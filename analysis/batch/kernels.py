"""One run of a notebook in one kernel: Jupyter's own client and manager without their fixed waits, papermill's record without its many saves.

Heavy to import (papermill, nbclient, zmq): `engine.py` does so when there is something to run. The private names that are overridden
here are held by tests/batch/test_engine.py.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path
from queue import Empty
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from papermill.iorw import write_ipynb
from traitlets import Type

from analysis.batch.provisioner import PLAIN, WARM, WarmProvisioner

GRACE = {
    WARM: 10.0,
    PLAIN: 2.5,
}  # seconds that a kernel has for its exit handlers before it is killed; ipykernel itself stalls at times
LONGEST_SOCKET = 80  # characters: the system allows 108, zmq's names come on top
SLOW_SAVES = 20  # a save that took t seconds is followed by none for this many times t


class Channels(AsyncKernelClient):
    """Client that is ready as soon as the kernel has answered and its outputs come through; no heartbeat thread: the process is watched."""

    info: dict[str, Any]

    def start_channels(self, *args: Any, **kwargs: Any) -> None:
        super().start_channels(*args, **{**kwargs, "hb": False})

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        until = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < until:
            asked = self.kernel_info()
            try:
                reply = await self._reply(asked)
                await self._idle(asked)
            except Empty:
                if not await self._async_is_alive():
                    raise DeadKernelError("Kernel died before it was ready") from None
                continue
            self.info = reply["content"]
            self._handle_kernel_info_reply(reply)
            return
        raise RuntimeError(f"Kernel did not answer in {timeout:g} seconds")

    wait_for_ready = _async_wait_for_ready

    async def _reply(self, asked: str) -> dict[str, Any]:
        while (message := await self.shell_channel.get_msg(timeout=1))["parent_header"].get(
            "msg_id"
        ) != asked:
            pass
        return message

    async def _idle(self, asked: str) -> None:
        """Until the kernel's idle of this very request: nothing older can follow on that channel."""
        while True:
            message = await self.iopub_channel.get_msg(timeout=0.3)
            idle = message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"
            if idle and message["parent_header"].get("msg_id") == asked:
                return


class Manager(AsyncKernelManager):
    """Manager that waits for the end of its kernel as an event, and does not interrupt what it is about to end."""

    client_factory = Type(klass="jupyter_client.asynchronous.AsyncKernelClient", default_value=Channels)

    async def _async_shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
        self.shutting_down = True
        self.stop_restarter()
        if self.has_kernel:
            assert isinstance(self.provisioner, WarmProvisioner)
            if not now:
                self.provisioner.measure()
                await self._async_request_shutdown(restart=restart)
            if now or not await self.provisioner.exited(GRACE[self.provisioner.kind]):
                await self.provisioner.kill(restart=restart)
            await self.provisioner.wait()
        await self._async_cleanup_resources(restart=restart)

    shutdown_kernel = _async_shutdown_kernel


class Record(NotebookExecutionManager):
    """papermill's account of a run, written at most every `every` seconds; a file is replaced whole, never half-written."""

    def __init__(self, nb: Any, output_path: str | None, every: float, **options: Any) -> None:
        super().__init__(nb, output_path=output_path, autosave_cell_every=0, **options)
        self.every = every
        self.due = time.monotonic() + every

    def save(self, **_: Any) -> None:
        if self.output_path and time.monotonic() >= self.due:
            self.write()

    def autosave_cell(self) -> None:
        self.save()

    def write(self) -> None:
        if not self.output_path:
            return
        start = time.monotonic()
        path = Path(self.output_path)
        part = path.with_name(f".{path.stem}.part.ipynb")
        write_ipynb(self.nb, str(part))
        part.replace(path)
        now = time.monotonic()
        self.due = now + max(self.every, SLOW_SAVES * (now - start))


class Client(PapermillNotebookClient):
    """Runs the cells of one notebook in a kernel of its own, inside one event loop."""

    nb_man: Record
    km: Any
    kc: Any

    def __init__(
        self,
        record: Record,
        report: dict[str, Any],
        cell_timeout: float | None,
        notebook_timeout: float | None,
        **options: Any,
    ) -> None:
        super().__init__(record, timeout_func=self._seconds_left, **options)
        self.report = report
        self.cell_timeout = cell_timeout or float("inf")
        self.deadline = time.monotonic() + (notebook_timeout or float("inf"))
        self.sockets = ""

    def execute(self, **kwargs: Any) -> Any:
        """Run every cell; afterwards `report` says which kernel it was and how it ended."""
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return _run(self._execute(**kwargs))
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(1) as aside:
            return aside.submit(_run, self._execute(**kwargs)).result()

    async def _execute(self, **kwargs: Any) -> Any:
        self.reset_execution_trackers()
        self.report |= {"kernel": "", "why": "", "exit": None, "peak": 0, "ended": ""}
        saving = asyncio.ensure_future(self._save_while_running())
        clean = False
        try:
            self.create_kernel_manager()
            await self.async_start_new_kernel(**kwargs)
            await self.async_start_new_kernel_client()
            await self._cells()
            self.nb.metadata["language_info"] = self.kc.info["language_info"]
            self.set_widgets_metadata()
            clean = True
        except DeadKernelError:
            self.report["ended"] = "died"
            raise
        except CellTimeoutError:
            late = time.monotonic() >= self.deadline
            self.report["ended"] = "notebook-timeout" if late else "cell-timeout"
            raise
        finally:
            saving.cancel()
            await self._close(now=not clean)
        return self.nb

    async def _cells(self) -> None:
        """As papermill does, a cell that raises ends the run without raising: what it left is in the notebook."""
        for index, cell in enumerate(self.nb.cells):
            self.nb_man.cell_start(cell, index)
            try:
                await self.async_execute_cell(cell, index)
            except BaseException as error:
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                if isinstance(error, CellExecutionError):
                    break
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)

    def create_kernel_manager(self) -> Manager:
        """A manager whose kernel comes from the fork server if that can be, over sockets of its own where the system has them."""
        private: dict[str, Any] = {}
        if sys.platform != "win32":
            self.sockets = tempfile.mkdtemp(prefix="altro-")
            private = {"connection_file": f"{self.sockets}/kernel.json"}
            if len(self.sockets) < LONGEST_SOCKET:
                private |= {"transport": "ipc", "ip": f"{self.sockets}/kernel"}
        manager = Manager(kernel_name=self.kernel_name, config=self.config, **private)
        assert manager.kernel_spec is not None
        manager.kernel_spec.metadata["kernel_provisioner"] = {"provisioner_name": WARM, "config": {}}
        self.km = manager
        return manager

    def _seconds_left(self, _: Any) -> float | None:
        """What the next cell may take: its own limit, or what is left of the notebook's."""
        left = min(self.cell_timeout, max(self.deadline - time.monotonic(), 0.001))
        return left if left < float("inf") else None

    async def _async_poll_kernel_alive(self) -> None:
        """Ends the wait for a cell when the kernel ends."""
        assert self.km is not None
        if await self.km.provisioner.exited() and self.task_poll_for_reply is not None:
            self.task_poll_for_reply.cancel()

    async def _save_while_running(self) -> None:
        while True:
            await asyncio.sleep(max(self.nb_man.due - time.monotonic(), 0.05))
            self.nb_man.save()

    async def _close(self, now: bool) -> None:
        """End the kernel (at once with its whole group if `now`), its sockets and their folder; complete the report."""
        manager, self.km = self.km, None
        try:
            if manager is not None and manager.provisioner is not None:
                await manager.shutdown_kernel(now=now)
                ended = manager.provisioner
                self.report |= {
                    "kernel": ended.kind,
                    "why": ended.why,
                    "exit": ended.exit,
                    "peak": ended.peak,
                }
        finally:
            if self.kc is not None:
                self.kc.stop_channels()
                self.kc = None
            shutil.rmtree(self.sockets, ignore_errors=True)


def _run(running: Any) -> Any:
    """In a loop of its own; Ctrl-C cancels what runs, which then ends its kernel."""
    if sys.platform == "win32":
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(running)
    with asyncio.Runner() as runner:
        return runner.run(running)
