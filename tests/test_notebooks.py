"""The executed copies that are published run again to the same outputs (nbval, strict) in warm kernels, and a changed output is caught."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.batch import forkserver

ROOT = Path(__file__).parent.parent
COPIES = [
    path
    for path in sorted((ROOT / "papers").glob("*/*/notebook.ipynb"))
    if "cites" not in json.loads((path.parent / "evidence.json").read_text(encoding="utf-8"))
]  # a notebook that cites others has nothing to run
QUICK = ("milano/impact", "milano/method", "milano/resources")  # copies that run again in a few seconds


LOOK = (
    "import os\nfrom pathlib import Path\n"
    "parent = Path(f'/proc/{os.getppid()}/cmdline')\n"
    "'warm' if parent.exists() and b'forkserver.py' in parent.read_bytes() else 'plain'"
)


@pytest.fixture(scope="module", autouse=True)
def kernels():
    """Why kernels are plain here; empty where they are warm: then nbval is held to that by a notebook that looks at its own parent."""
    before = os.environ.get("JUPYTER_DEFAULT_PROVISIONER_NAME")
    with forkserver.serving() as why:
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = "warm-fork"
        print("kernels:", why or "warm-fork")
        yield why
    if before is None:
        del os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"]
    else:
        os.environ["JUPYTER_DEFAULT_PROVISIONER_NAME"] = before


def nbval(path, tmp_path):
    """pytest --nbval in a process of its own, free of this project's pytest settings."""
    settings = tmp_path / "pytest.ini"
    settings.write_text("[pytest]\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-c",
        str(settings),
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--nbval",
        "--nbval-current-env",
        str(path),
    ]
    env = {
        **os.environ,
        "ALTRO_LANG": "it",
        "ALTRO_ROOT": str(ROOT),
        "ALTRO_RUN": str(tmp_path / "run"),
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "agg",
    }
    env |= {"TZ": "UTC", "LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)


def test_nbval_runs_on_the_kernels_that_it_says(kernels, tmp_path):
    """A notebook whose expected output is the kind of kernel passes; with the other kind as its output it fails."""
    import nbformat

    right, wrong = ("plain", "warm") if kernels else ("warm", "plain")
    for expected, code in ((right, 0), (wrong, 1)):
        output = nbformat.v4.new_output("execute_result", {"text/plain": f"'{expected}'"}, execution_count=1)
        cell = nbformat.v4.new_code_cell(LOOK, outputs=[output], execution_count=1)
        spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = tmp_path / f"{expected}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec}), path)
        result = nbval(path, tmp_path)
        assert result.returncode == code, result.stdout[-3000:]


def test_there_are_executed_copies_with_outputs():
    assert {path.parts[-3] for path in COPIES} >= {"demo", "milano"}
    for path in COPIES:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert sum(len(cell.get("outputs", [])) for cell in cells) >= 5, path


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=() if "/".join(path.parts[-3:-1]) in QUICK else pytest.mark.slow)
        for path in COPIES
    ],
    ids=lambda path: "/".join(path.parts[-3:-1]),
)
def test_an_executed_copy_gives_the_same_outputs_again(path, tmp_path):
    result = nbval(path, tmp_path)
    assert result.returncode == 0, result.stdout[-4000:]
    assert "passed" in result.stdout


def test_a_changed_output_fails(tmp_path):
    path = ROOT / "papers" / "milano" / "codesign_outcomes" / "notebook.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    outputs = [output for cell in book["cells"] for output in cell.get("outputs", [])]
    output = next(
        output
        for output in outputs
        if any(character in "123456789" for character in output["data"]["text/plain"][-1])
    )
    text = "".join(output["data"]["text/plain"])
    digit = max(i for i, character in enumerate(text) if character in "123456789")
    output["data"]["text/plain"] = [text[:digit] + "0" + text[digit + 1 :]]
    changed = tmp_path / "changed.ipynb"
    changed.write_text(json.dumps(book), encoding="utf-8")
    result = nbval(changed, tmp_path)
    assert result.returncode == 1, result.stdout[-4000:]
    assert "1 failed" in result.stdout
