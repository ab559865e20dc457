"""Executed notebooks without times, folders and process ids: what is struck out, what must stay."""

import json

import pytest

from analysis.batch.deterministic import text, tidy

PLACES = [("/home/anna/altro", "<project>"), ("/home/anna", "~"), ("/tmp", "<temporary>")]


def code(*outputs, name="a", **metadata):
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": "1", "outputs": list(outputs), "execution_count": 1}  # fmt: skip


def stream(written, name="stdout"):
    return {"output_type": "stream", "name": name, "text": written}


def display(**data):
    return {"output_type": "display_data", "data": data, "metadata": {}}


def tidied(*cells, **metadata):
    return tidy({"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, PLACES)


def outputs(*found):
    return tidied(code(*found))["cells"][0]["outputs"]


def test_the_chunks_of_a_stream_are_joined_but_not_across_an_output():
    found = outputs(stream("a"), stream("w", "stderr"), stream("b\n"), display(), stream("c"))
    assert [(o.get("name"), o.get("text")) for o in found] == [
        ("stdout", "ab\n"), ("stderr", "w"), (None, None), ("stdout", "c"),
    ]  # fmt: skip


@pytest.mark.parametrize("parts", [["ab"], ["a", "b"], [["a", "b"]]])
def test_chunking_leaves_no_trace(parts):
    assert outputs(*map(stream, parts)) == outputs(stream("ab"))


def test_a_line_written_over_is_left_as_a_terminal_shows_it():
    assert outputs(stream("10%\r100%\r5\nend\r\n"))[0]["text"] == "500%\nend\n"


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("/tmp/ipykernel_4711/99.py:1: UserWarning: x", "ipykernel/99.py:1: UserWarning: x"),
        ("C:\\Users\\a\\Temp\\ipykernel_12\\9.py:1", "ipykernel/9.py:1"),
        ("<Frame at 0x7f00aa12bb34>", "<Frame at 0x…>"),
        ("/home/anna/altro/data/x.csv and /home/anna/x", "<project>/data/x.csv and ~/x"),
        ("/home/annabella/x, /home/anna-old", "/home/annabella/x, /home/anna-old"),
        ("\x1b[32m/tmp/ipykernel_1/2.py\x1b[0m", "\x1b[32mipykernel/2.py\x1b[0m"),
        ("/tmp/run7/x", "<temporary>/run7/x"),
        ("2026-11-23 10:00:00 is a result", "2026-11-23 10:00:00 is a result"),
    ],
)
def test_places_and_processes_are_neutral(written, left):
    assert outputs(stream(written))[0]["text"] == left
    assert outputs(display(**{"text/plain": [written]}))[0]["data"]["text/plain"] == [left]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("2026-11-23 10:00:00,123 WARNING slow", "… WARNING slow"),
        ("2026-11-23T10:00:00Z x", "… x"),
        ("100%|##| 3/3 [00:01<00:00,  2.91it/s]", "100%|##| 3/3 […]"),
        ("0it [00:00, ?it/s]", "0it […]"),
        ("[10:30] the meeting", "[10:30] the meeting"),
    ],
)
def test_clocks_of_logs_and_bars_are_struck_from_the_error_stream(written, left):
    assert outputs(stream(written, "stderr"))[0]["text"] == left


def test_pictures_are_left_alone_but_for_the_date_of_an_svg():
    svg = "<dc:date>2026-11-23T10:00:00</dc:date>"
    found = outputs(display(**{"image/png": "/tmp/AAAA", "image/svg+xml": svg}))[0]["data"]
    assert found == {"image/png": "/tmp/AAAA", "image/svg+xml": "<dc:date></dc:date>"}


def test_an_error_keeps_its_name_and_loses_its_places():
    error = {"output_type": "error", "ename": "OSError", "evalue": "/tmp/x", "traceback": ["/tmp/ipykernel_3/4.py"]}  # fmt: skip
    assert outputs(error)[0] == {**error, "evalue": "<temporary>/x", "traceback": ["ipykernel/4.py"]}


def test_ids_drawn_at_random_are_fixed_and_distinct():
    banner = {"cell_type": "markdown", "metadata": {"tags": ["papermill-error-cell-tag"]}, "source": "x"}
    cells = [
        code(name="f00", tags=["injected-parameters"]),
        {**banner, "id": "1"},
        code(),
        {**banner, "id": "2"},
    ]
    assert [cell["id"] for cell in tidied(*cells)["cells"]] == [
        "injected-parameters", "papermill-error-1", "a", "papermill-error-2",
    ]  # fmt: skip


def test_metadata_lose_the_clock_and_keep_the_rest():
    papermill = {"duration": 1.2, "start_time": "x", "end_time": "y", "status": "completed"}
    book = tidied(
        code(execution={"iopub.status.busy": "t"}, papermill=papermill, tags=["q"]),
        papermill={"input_path": "/a", "output_path": "/b", "parameters": {"study": "/home/anna/s"}},
        widgets={"state": {}},
    )
    assert book["cells"][0]["metadata"] == {"papermill": {"status": "completed"}, "tags": ["q"]}
    assert book["metadata"] == {"papermill": {"parameters": {"study": "~/s"}}}


def test_the_given_notebook_is_not_changed_and_tidying_twice_changes_nothing():
    book = {"cells": [code(stream("/tmp/x"), stream("y"), execution={})], "metadata": {}}
    before = json.dumps(book)
    once = tidy(book, PLACES)
    assert json.dumps(book) == before and tidy(once, PLACES) == once


def test_a_notebook_is_written_in_one_way():
    assert text({"b": 1, "a": {"d": 1, "c": "è"}}) == '{\n "a": {\n  "c": "è",\n  "d": 1\n },\n "b": 1\n}\n'
