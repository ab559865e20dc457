"""Rendering one paper (two languages, PDF, DOCX, HTML and JATS; no execution) against `nbconvert --to html` of the same executed notebook.

Both sides are whole processes, run in alternation; medians. A line a figure: name, ours, rival, ratio (ours / rival), goal, met or short.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUDY, NOTEBOOK = "demo", "scalability"
ROUNDS = 5
GOAL = 2.5  # seconds

OURS = f"""
import sys
from pathlib import Path
from analysis.publish import render
root, out = Path(sys.argv[1]), Path(sys.argv[2])
record = root / "papers" / "{STUDY}" / "{NOTEBOOK}"
texts = root / "data" / "{STUDY}" / "texts" / "{NOTEBOOK}.toml"
render.render(record, root / "notebooks" / "{NOTEBOOK}.ipynb", texts if texts.exists() else None, out,
              formats=("pdf", "docx", "html", "jats"), figures=root / "figures" / "{STUDY}" / "{NOTEBOOK}")
"""


def seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(
        command, check=True, capture_output=True, cwd=ROOT, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    )
    return time.perf_counter() - start


def main() -> None:
    copy = ROOT / "papers" / STUDY / NOTEBOOK / "notebook.ipynb"
    with tempfile.TemporaryDirectory() as out:
        ours = [sys.executable, "-c", OURS, str(ROOT), out]
        rival = [sys.executable, "-m", "nbconvert", "--to", "html", "--output-dir", out, str(copy)]
        seconds(ours), seconds(rival)
        times = [(seconds(ours), seconds(rival)) for _ in range(ROUNDS)]
    mine, theirs = (statistics.median(side) for side in zip(*times))
    ratio = mine / theirs
    name = f"render 2 languages x PDF, DOCX, HTML, JATS vs nbconvert {version('nbconvert')} --to html (s)"
    verdict = "met" if mine <= GOAL else "short"
    print(f"{name}\t{mine:.2f}\t{theirs:.2f}\t{ratio:.2f}\t<= {GOAL} s\t{verdict}")


if __name__ == "__main__":
    main()
