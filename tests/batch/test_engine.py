"""The papermill engine: limits of time, deaths, what is written when, the same with warm and with plain kernels; the names it leans on."""

import inspect
import json
import time
from pathlib import Path

import pytest
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from tests.batch.warm import announced, appears, book, gone, run, texts, value

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:traitlets")
SLEEP = "import time\ntime.sleep(60)"
SLEEP_IN_C = "import ctypes\nctypes.PyDLL(None).sleep(60)"  # holds the interpreter's lock: no thread of the kernel answers


@pytest.fixture(params=["warm", pytest.param("plain", marks=pytest.mark.slow)])
def kind(request):
    request.getfixturevalue(request.param)
    return {"warm": "warm-fork", "plain": "plain"}[request.param]


def test_report_of_a_run_that_ends_well(kind, tmp_path):
    executed, report = run(tmp_path, "print(1)", "6 * 7")
    assert texts(executed) == ["1\n", "42"]
    assert report["kernel"] == kind and report["ended"] == ""
    assert report["exit"] == 0 or (
        kind == "plain" and report["exit"] == -9
    )  # jupyter_client kills one that is slow to stop
    assert 20e6 < report["peak"] < 2e9  # bytes: an interpreter with a kernel, no less
    assert bool(report["why"]) == (kind == "plain")
    assert executed.metadata.language_info.name == "python"


@pytest.mark.parametrize("cell", [SLEEP, SLEEP_IN_C], ids=["python", "C"])
def test_cell_timeout_ends_the_whole_group_at_once(warm, tmp_path, cell):
    report, pids = {}, tmp_path / "pids"
    start = time.monotonic()
    with pytest.raises(CellTimeoutError):
        run(tmp_path, announced(pids), cell, "1", cell_timeout=1, report=report)
    assert time.monotonic() - start < 30
    assert report["ended"] == "cell-timeout" and report["exit"] == -9
    assert gone(*map(int, appears(pids).split()))
    kept = json.loads((tmp_path / "executed.ipynb").read_text())["cells"]
    assert [cell["metadata"]["papermill"]["status"] for cell in kept][:2] == ["completed", "failed"]


def test_notebook_timeout_is_told_from_a_cell_timeout(kind, tmp_path):
    report = {}
    with pytest.raises(CellTimeoutError):
        run(
            tmp_path,
            "import time",
            *["time.sleep(0.3)"] * 40,
            cell_timeout=20,
            notebook_timeout=2,
            report=report,
        )
    assert report["ended"] == "notebook-timeout" and report["exit"] == -9 and report["kernel"] == kind


@pytest.mark.parametrize(
    "code, exit_code",
    [("import ctypes\nctypes.string_at(0)", -11), ("import os\nos._exit(7)", 7), ("import os\nos.kill(os.getpid(), 9)", -9)],
    ids=["segfault", "os._exit", "SIGKILL"],
)  # fmt: skip
def test_dead_kernel_is_told_with_its_exit(warm, tmp_path, code, exit_code):
    report = {}
    with pytest.raises(DeadKernelError):
        run(tmp_path, "print('kept')", code, report=report)
    assert (report["ended"], report["exit"]) == ("died", exit_code)
    assert "kept" in (tmp_path / "executed.ipynb").read_text()
    assert run(tmp_path / "next", "1")[1]["kernel"] == "warm-fork"


def test_error_in_a_cell_is_as_papermill_tells_it(kind, tmp_path):
    with pytest.raises(PapermillExecutionError, match="ZeroDivisionError"):
        run(tmp_path, "print('before')", "1 / 0", "print('never')")
    cells = json.loads((tmp_path / "executed.ipynb").read_text())["cells"]
    assert any("papermill-error-cell" in "".join(cell["source"]) for cell in cells)
    assert cells[-1]["outputs"] == []


def test_exit_handlers_run_and_files_are_flushed(kind, tmp_path):
    code = (
        "import atexit, pathlib, threading, time, types\n"
        "atexit.register(lambda: pathlib.Path('handler').write_text('ran'))\n"
        "unflushed = open('unflushed', 'w'); unflushed.write('text')\n"
        "hidden = types.ModuleType('hidden'); import sys; sys.modules['hidden'] = hidden\n"
        "hidden.file = open('hidden', 'w'); hidden.file.write('text')\n"
        "threading.Thread(target=lambda: (time.sleep(0.3), pathlib.Path('thread').write_text('ran'))).start()"
    )
    run(tmp_path, code)
    found = {name: (tmp_path / name).read_text() for name in ("handler", "unflushed", "hidden", "thread")}
    assert found == {"handler": "ran", "unflushed": "text", "hidden": "text", "thread": "ran"}


STUBBORN = {
    "warnings-are-errors": "import warnings\nwarnings.simplefilter('error')",
    "resource-tracker": "import multiprocessing, math\nwith multiprocessing.get_context('spawn').Pool(1) as p: p.map(math.factorial, [3])",
    "deaf-child": "import os, signal, time\nif not os.fork():\n    signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(300); os._exit(0)",
}  # fmt: skip


@pytest.mark.parametrize("name", STUBBORN)
def test_what_keeps_a_plain_kernel_from_ending_does_not_keep_a_warm_one(warm, tmp_path, name):
    """Ended by itself, so that its exit handlers ran; not by the kill that follows the time of grace."""
    handler = "import atexit, pathlib, os\natexit.register(lambda pid=os.getpid(): pid == os.getpid() and pathlib.Path('handler').touch())"
    _, report = run(tmp_path, handler, STUBBORN[name])
    assert report["exit"] == 0 and (tmp_path / "handler").exists()


def test_partial_notebook_is_written_while_a_silent_cell_runs(warm, tmp_path):
    look = (
        "import pathlib, time\ntime.sleep(1.2)\nprint('first' in pathlib.Path('executed.ipynb').read_text())"
    )
    executed, _ = run(tmp_path, "print('first')", look, autosave=0.3)
    assert texts(executed)[1] == "True\n"
    executed, _ = run(tmp_path / "seldom", "print('first')", look.replace("read_text()", "name"), autosave=60)
    look = "import pathlib\nprint(pathlib.Path('executed.ipynb').exists())"
    assert texts(run(tmp_path / "never", "print('first')", look, autosave=60)[0])[1] == "False\n"
    assert not list(tmp_path.rglob(".*.part.ipynb"))


def test_signals_of_the_kernel_leave_no_socket_behind(warm, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(tmp_path / "run", "1")
    with pytest.raises(DeadKernelError):
        run(tmp_path / "dead", "import os\nos._exit(1)")
    assert not list(tmp_path.glob("altro-*"))


def test_widgets_and_comms_reach_the_notebook(kind, tmp_path):
    code = (
        "from comm import create_comm\n"
        "made = create_comm(target_name='jupyter.widget', data={'state': {'_model_module': 'any', '_model_name': 'IntSliderModel', 'value': 3}},"
        " metadata={'version': '2.1.0'})\n"
        "made.send({'method': 'update', 'state': {'value': 5}})"
    )
    executed, _ = run(tmp_path, code)
    state = executed.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert [model["state"]["value"] for model in state.values()] == [5]


def test_works_inside_a_running_event_loop(warm, tmp_path):
    import asyncio

    async def inside():
        return run(tmp_path, "1 + 1")

    executed, report = asyncio.run(inside())
    assert texts(executed) == ["2"] and report["kernel"] == "warm-fork"


def test_parameters_and_relative_paths_are_papermills_own(warm, tmp_path):
    import papermill

    notebook = book("x = 1", "print(x, __import__('os').getcwd())", tags={0: "parameters"})
    out = tmp_path / "out.ipynb"
    executed = papermill.execute_notebook(notebook, str(out), {"x": 5}, engine_name="altro", kernel_name="python3", cwd=str(tmp_path), progress_bar=False)  # fmt: skip
    assert texts(executed)[-1] == f"5 {tmp_path}\n"
    assert json.loads(out.read_text())["metadata"]["papermill"]["parameters"] == {"x": 5}


def test_the_kernels_environment_is_the_callers(kind, tmp_path, monkeypatch):
    monkeypatch.setenv("MARK_OF_THE_CALLER", "here")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    code = "import json, os, time\nprint(json.dumps([os.environ.get('MARK_OF_THE_CALLER'), time.strftime('%z')]))"
    assert value(tmp_path, code)[0] == ["here", "+0900"]


PRIVATE = {
    "jupyter_client.client:KernelClient": ("_async_wait_for_ready", "_async_is_alive", "_handle_kernel_info_reply", "start_channels", "stop_channels"),
    "jupyter_client.manager:KernelManager": ("_async_shutdown_kernel", "_async_request_shutdown", "_async_cleanup_resources", "stop_restarter", "client_factory"),
    "jupyter_client.provisioning:LocalProvisioner": ("launch_kernel", "poll", "wait", "send_signal", "kill", "pgid", "process"),
    "nbclient.client:NotebookClient": ("_async_poll_kernel_alive", "reset_execution_trackers", "async_start_new_kernel", "async_start_new_kernel_client", "async_execute_cell", "timeout_func", "set_widgets_metadata"),
    "papermill.engines:NotebookExecutionManager": ("save", "autosave_cell", "notebook_start", "notebook_complete", "cell_start", "cell_complete", "cell_exception", "cleanup_pbar"),
    "papermill.clientwrap:PapermillNotebookClient": ("execute", "process_message"),
    "ipykernel.kernelapp:IPKernelApp": ("init_heartbeat", "init_kernel", "close", "parent_handle", "launch_instance"),
    "ipykernel.kernelbase:Kernel": ("do_shutdown", "_signal_children", "_progressively_terminate_all_children"),
    "threading:": ("_shutdown",),
    "atexit:": ("_run_exitfuncs",),
}  # fmt: skip


@pytest.mark.parametrize("place", PRIVATE)
def test_names_that_are_overridden_or_called_still_exist(place):
    """An upgrade that moves one of them fails here first, by name."""
    module, _, name = place.partition(":")
    owner = __import__(module, fromlist=["_"])
    owner = getattr(owner, name) if name else owner
    assert [one for one in PRIVATE[place] if not hasattr(owner, one)] == []


def test_overridden_names_are_still_called_by_their_owners():
    from ipykernel.kernelapp import IPKernelApp
    from ipykernel.kernelbase import Kernel
    from jupyter_client.manager import KernelManager
    from nbclient.client import NotebookClient

    def source(thing):
        return inspect.getsource(thing)

    assert "self.init_heartbeat()" in source(IPKernelApp.initialize)
    assert (
        "self.write_connection_file()" in source(IPKernelApp.initialize).partition("self.init_heartbeat()")[2]
    )
    assert "self.init_kernel()" in source(IPKernelApp.initialize)
    assert "self.do_shutdown(" in source(Kernel.shutdown_request)
    assert "await self._progressively_terminate_all_children()" in source(Kernel._at_shutdown)
    assert "atexit.register(self.close)" in source(IPKernelApp.init_sockets)
    assert "self._async_poll_kernel_alive()" in source(NotebookClient.async_execute_cell)
    assert "self.task_poll_for_reply" in source(NotebookClient.async_execute_cell)
    assert "self.kc.wait_for_ready(" in source(NotebookClient.async_start_new_kernel_client)
    assert "self.create_kernel_manager()" in source(NotebookClient.setup_kernel)
    assert "self.provisioner.launch_kernel(" in source(KernelManager._async_launch_kernel)


def test_a_notebook_that_cannot_be_written_still_ends_its_kernel(warm, tmp_path):
    report, pids = {}, tmp_path / "pids"
    with pytest.raises(OSError):
        run(
            tmp_path,
            announced(pids),
            f"import shutil\nshutil.move({str(tmp_path)!r}, {str(tmp_path) + '-moved'!r})",
            "1 / 0",
            report=report,
            autosave=0.01,
        )
    moved = Path(f"{tmp_path}-moved")
    assert gone(*map(int, (moved / "pids").read_text().split()))
