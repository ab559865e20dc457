"""Running cells with the engine, warm or plain, and looking at processes."""

import json
import os
import time
from pathlib import Path

import nbformat
import papermill
import psutil

from analysis.batch import forkserver

PYTHON = {"name": "python3", "display_name": "Python 3", "language": "python"}
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0", "TZ": "UTC"}


def plain_kernels(monkeypatch):
    monkeypatch.delenv(forkserver.SOCKET, raising=False)


def book(*cells, tags=None):
    """A notebook of these code cells; `tags` by the index of a cell."""
    made = [
        nbformat.v4.new_code_cell(
            source, id=f"c{i}", metadata={"tags": [(tags or {})[i]]} if i in (tags or {}) else {}
        )
        for i, source in enumerate(cells)
    ]
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": PYTHON})


def run(folder, *cells, tags=None, engine="altro", **options):
    """The executed notebook and the engine's report; errors come out as papermill raises them."""
    report = {}
    folder.mkdir(parents=True, exist_ok=True)
    if engine:
        options = {"report": report, **options}
    executed = papermill.execute_notebook(
        book(*cells, tags=tags), str(folder / "executed.ipynb"), engine_name=engine, kernel_name="python3", cwd=str(folder),
        progress_bar=False, extra_arguments=["--IPKernelApp.log_level=50"], **options,
    )  # fmt: skip
    return executed, report


def texts(executed):
    """What each code cell printed and returned, as one text a cell."""
    return [
        "".join(
            output.get("text", "") or output.get("data", {}).get("text/plain", "")
            for output in cell["outputs"]
        )
        for cell in executed["cells"]
        if cell["cell_type"] == "code"
    ]


def value(folder, *cells, **options):
    """The JSON that the last cell prints."""
    executed, report = run(folder, *cells, **options)
    return json.loads(texts(executed)[-1]), report


def server_process():
    """The process of the server that this process started last."""
    found = [
        child for child in psutil.Process().children() if str(Path(forkserver.__file__)) in child.cmdline()
    ]
    return max(found, key=lambda child: child.create_time())


def gone(*pids, within=10.0):
    """Whether these processes end within so many seconds."""
    until = time.monotonic() + within
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def appears(path, within=20.0):
    """The text of a file that another process writes whole, once it is there."""
    until = time.monotonic() + within
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return path.read_text()


def announced(path):
    """Code that writes the process ids of a kernel and of a process that it started, for `appears`."""
    return (
        "import os, subprocess, pathlib\nchild = subprocess.Popen(['sleep', '300'])\n"
        f"part = pathlib.Path({str(path) + '.part'!r})\n"
        f"part.write_text(f'{{os.getpid()}} {{child.pid}}')\npart.rename({str(path)!r})"
    )


def environment(**more):
    return {**os.environ, **QUIET, **more}
