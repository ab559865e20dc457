"""Small notebooks and their jobs, for tests that run them: each closes its record by writing it, unless it fails before."""

import json

from analysis.batch import execute

CLOSE = "import os, pathlib\npathlib.Path(os.environ['ALTRO_RUN'], 'evidence.json').write_text('{}')"
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def book(*sources, close=True):
    """A notebook whose first cell holds the parameters and whose last writes the record; ids are c0, c1, …"""
    every = ['study = "x"', *sources, *([CLOSE] if close else [])]
    cells = [
        {"cell_type": "code", "id": f"c{number}", "metadata": {} if number else {"tags": ["parameters"]}, "source": source, "outputs": [], "execution_count": None}
        for number, source in enumerate(every)
    ]  # fmt: skip
    return {"cells": cells, "metadata": {"kernelspec": KERNEL}, "nbformat": 4, "nbformat_minor": 5}


def job(root, name, *sources, close=True, **limits):
    """A job of notebook `name` in the project `root`, which is made on the way."""
    path = root / "notebooks" / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(book(*sources, close=close)), encoding="utf-8")
    build = root / "build"
    return execute.Job(
        f"s/{name}", "s", name, {}, path, build / "runs" / "s" / name / "default", build / "failed" / "s" / name / "default.ipynb",
        (), root, "s", **limits,
    )  # fmt: skip
