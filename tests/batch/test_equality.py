"""A notebook run warm leaves what papermill leaves with its own engine and a plain kernel; so does ours with a plain kernel.

Compared is everything but times, durations, paths of the run, ids that papermill draws, process ids and the dates inside SVG. Between two
other outputs each stream is one text, standard output first: what borders them is a timer of the kernel. The order of everything else counts.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from papermill.exceptions import PapermillExecutionError

from analysis.batch import forkserver
from tests.batch.warm import QUIET, book

SHARED = Path(__file__).resolve().parents[3] / "shared" / "engine"

HARD = {
    "parameters": "site = 'A'",
    "streams": "import sys, os, time, warnings, logging\nprint('out'); print('err', file=sys.stderr)",
    "warning": "warnings.warn('careful')",
    "old": "import ast\nast.Str" if sys.version_info < (3, 14) else "1",
    "logging": "logging.warning('line')",
    "updates": "from IPython.display import display, HTML, Markdown, clear_output\ndisplay(HTML('<b>x</b>'), Markdown('*y*'))\nh = display('first', display_id='k')\nh.update('second')",
    "later-update": "h.update('third')",
    "cleared": "print('gone'); clear_output(); print('kept')",
    "cleared-late": "print('w'); clear_output(wait=True); print('z')",
    "shell": "os.system('echo from-shell');",
    "bang": "!echo bang",
    "descriptor": "import time\nos.write(1, b'raw\\n'); time.sleep(0.3)",
    "await": "import asyncio\nawait asyncio.sleep(0.01)\n'awaited'",
    "interleaved": "print('a', flush=True); display(1); print('b', flush=True); display(2)",
    "traceback": "def f(): g()\ndef g(): return 1 / 0\nf()",
    "syntax": "x = (",
    "stdin": "input('?')",
    "exit": "sys.exit(3)",
    "history": "In[2][:12], len(Out), __name__, os.path.basename(sys.argv[0]), len(sys.argv), sys.path",
    "help": "?len",
    "script": "%%bash\necho hi",
    "thread": "import threading\nt = threading.Thread(target=lambda: print('thread')); t.start(); t.join()",
    "final": "raise SystemError('final')",
    "never": "1",
}
RAISING = ("traceback", "syntax", "stdin", "exit")

REALISTIC = (
    "import os, warnings, numpy as np, pandas as pd, matplotlib.pyplot as plt, seaborn as sns\nimport statsmodels.formula.api as smf\n"
    "plt.rcParams['svg.hashsalt'] = 'x'\nsns.set_theme()\nrng = np.random.default_rng(1)",
    "d = pd.DataFrame({'x': rng.normal(size=300), 'wave': rng.integers(0, 2, 300)})\nd['y'] = 2 + d.x + 0.3 * d.wave + rng.normal(size=300)\nd.head()",
    "d.to_parquet('d.parquet')\npd.read_parquet('d.parquet').groupby('wave').y.agg(['mean', 'std', 'count'])",
    "fit = smf.ols('y ~ x * wave', d).fit(cov_type='HC3')\nfit.params, fit.bse",
    "smf.logit('wave ~ x', d).fit(disp=0).pvalues",
    "fig, ax = plt.subplots()\nsns.boxplot(data=d, x='wave', y='y', ax=ax)\nfig.savefig('box.png', metadata={'Software': None})\nfig.savefig('box.svg', metadata={'Date': None})\nplt.show()",
    "fig, ax = plt.subplots()\nsns.regplot(data=d, x='x', y='y', ax=ax, seed=1, n_boot=50)\nax.set_title('$\\\\beta$')",
    "pd.DataFrame({'coef': fit.params}).round(4).to_csv('table.csv')\nnp.log(-1.0)",
    "pd.Series([1.5, None]).astype('string')",
    "%matplotlib inline\nplt.plot([1, 2]);",
    "%config InlineBackend.figure_formats = ['svg']\nplt.plot([1, 3]);",
)


def executed(folder, notebook, engine, kernel, monkeypatch, address="", backend=""):
    """What is compared of a run, and the files that the notebook wrote, by name."""
    folder.mkdir()
    for name, text in {**QUIET, "MPLBACKEND": backend}.items():
        monkeypatch.setenv(name, text) if text else monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(forkserver.SOCKET, address) if address else monkeypatch.delenv(
        forkserver.SOCKET, raising=False
    )
    report = {}
    options = {"report": report} if engine else {}
    error = ""
    try:
        papermill.execute_notebook(
            notebook, str(folder / "executed.ipynb"), {"site": "B"}, engine_name=engine, kernel_name="python3", cwd=str(folder),
            progress_bar=False, extra_arguments=["--IPKernelApp.log_level=50"], **options,
        )  # fmt: skip
    except PapermillExecutionError as raised:
        error = str(raised)
    assert report.get("kernel", kernel) == kernel
    files = {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.suffix in (".png", ".svg", ".csv", ".parquet")
    }
    return comparable(folder / "executed.ipynb"), files, error


def comparable(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for name in ("start_time", "end_time", "duration", "output_path"):
        notebook["metadata"]["papermill"].pop(name)
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"].pop("execution", None)
        for name in ("start_time", "end_time", "duration"):
            cell["metadata"].get("papermill", {}).pop(name, None)
        if not cell["id"].startswith(("c", "cell-")) or len(cell["id"]) == 8:
            cell["id"] = f"drawn-{number}"
        cell["outputs"] = _joined(cell.get("outputs", []))
    text = json.dumps(notebook, indent=1, sort_keys=True)
    text = re.sub(r"ipykernel_\d+", "ipykernel_N", text)
    return re.sub(r"<dc:date>[^<]*</dc:date>", "<dc:date/>", text)


def _joined(outputs):
    joined, streams = [], {}
    for output in [*outputs, None]:
        if output and output["output_type"] == "stream":
            text = "".join(output["text"])
            streams.setdefault(output["name"], {**output, "text": ""})["text"] += text
            continue
        joined += sorted(streams.values(), key=lambda stream: stream["name"], reverse=True)
        joined += [output] if output else []
        streams = {}
    return joined


def ways(tmp_path, notebook, monkeypatch, address, backend=""):
    """The same notebook run by papermill's own engine, by ours in a plain kernel, by ours in a warm one."""
    stock = executed(tmp_path / "stock", notebook, None, "plain", monkeypatch, backend=backend)
    plain = executed(tmp_path / "plain", notebook, "altro", "plain", monkeypatch, backend=backend)
    warm = executed(tmp_path / "warm", notebook, "altro", "warm-fork", monkeypatch, address, backend)
    return stock, plain, warm


def hard():
    names = list(HARD)
    return book(
        *HARD.values(), tags={names.index(name): "raises-exception" for name in RAISING} | {0: "parameters"}
    )


def test_a_few_cells_are_equal(tmp_path, server_address, monkeypatch):
    few = book(
        "site = 'A'",
        "print(site)\nimport sys\nprint('e', file=sys.stderr)\nsite",
        "1 / 0",
        "1",
        tags={0: "parameters"},
    )
    stock, plain, warm = ways(tmp_path, few, monkeypatch, server_address)
    assert "ZeroDivisionError" in stock[2] and '"B\\n"' in stock[0]
    assert warm == stock
    assert plain == stock


@pytest.mark.slow
def test_the_hostile_notebook_is_equal(tmp_path, server_address, monkeypatch):
    stock, plain, warm = ways(tmp_path, hard(), monkeypatch, server_address)
    assert "SystemError" in stock[2]
    assert warm[0].splitlines() == stock[0].splitlines()
    assert (warm[2], plain[2]) == (stock[2], stock[2])
    assert plain[0].splitlines() == stock[0].splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["", "agg"], ids=["inline", "agg"])
def test_the_realistic_notebook_and_its_files_are_equal(tmp_path, server_address, monkeypatch, backend):
    """With the inline backend figures show with and without `%matplotlib inline`."""
    stock, plain, warm = ways(tmp_path, book(*REALISTIC), monkeypatch, server_address, backend)
    if not backend:
        assert stock[0].count("image/png") >= 3 and stock[0].count("image/svg+xml") >= 1
    assert set(warm[1]) == {"box.png", "box.svg", "table.csv", "d.parquet"}
    assert {name for name in stock[1] if stock[1][name] != warm[1][name]} == set()
    assert warm[0].splitlines() == stock[0].splitlines()
    assert plain[0].splitlines() == stock[0].splitlines()


@pytest.mark.slow
@pytest.mark.skipif(not SHARED.is_dir(), reason="the notebooks of the measurements are not on this machine")
@pytest.mark.parametrize("name", ["hard", "realistic"])
def test_the_measured_notebooks_are_equal(tmp_path, server_address, monkeypatch, name):
    subprocess.run([sys.executable, str(SHARED / f"make_{name}.py")], cwd=tmp_path, check=True)
    source = tmp_path / "nb" / {"hard": "hard.ipynb", "realistic": "wlb.ipynb"}[name]
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        cell.source = cell.source.replace("data/survey.parquet", str(tmp_path / "data" / "survey.parquet"))
        cell.source = cell.source.replace("print(ols.summary())", "print(ols.params)").replace(
            "lg.summary()", "lg.params"
        )
    stock, _, warm = ways(tmp_path, notebook, monkeypatch, server_address)
    assert warm[0].splitlines() == stock[0].splitlines()
    assert warm[1:] == stock[1:]
