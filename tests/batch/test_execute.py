"""What is told of a notebook that failed: a short error, the cell, and nothing lost by a record that is no longer whole."""

import json

import pytest

from analysis.batch import execute

pytestmark = pytest.mark.usefixtures("english")


def cell(name, begun=True, outputs=()):
    papermill = {"start_time": "2020-01-01" if begun else None}
    return {"id": name, "cell_type": "code", "metadata": {"papermill": papermill}, "outputs": list(outputs)}


def written(tmp_path, *cells):
    path = tmp_path / "executed.ipynb"
    path.write_text(json.dumps({"cells": list(cells)}))
    return path


def test_a_long_error_is_cut_in_length_and_width():
    told = execute._shortened("Fault: one\n\n" + "x" * 1000 + "\n" + "\n".join(map(str, range(40))))
    lines = told.splitlines()
    assert lines[0] == "Fault: one" and len(lines) == execute.LONGEST + 1
    assert max(map(len, lines)) < execute.WIDEST + 10 and lines[-1].strip() == "… and 30 more lines"


def test_the_failing_cell_is_the_one_with_the_error(tmp_path):
    path = written(tmp_path, cell("a"), cell("b", outputs=[{"output_type": "error"}]), cell("c", False))
    assert execute._failing_cell(path) == "b"


def test_of_a_dead_kernel_it_is_the_last_cell_that_began(tmp_path):
    assert execute._failing_cell(written(tmp_path, cell("a"), cell("b"), cell("c", False))) == "b"


def test_a_notebook_that_ran_to_its_end_has_no_failing_cell(tmp_path):
    assert execute._failing_cell(written(tmp_path, cell("a"), cell("b"))) == ""


@pytest.mark.parametrize("text", [None, "{", '{"numbers": '])
def test_a_kept_record_that_is_not_whole_counts_as_none(tmp_path, text):
    path = tmp_path / "evidence.json"
    if text is not None:
        path.write_text(text)
    assert execute._read(path) is None
