"""The executed notebook without a trace of when, where and by which process it ran: two runs of one notebook are byte-equal.

What belongs here: what is struck out of an executed notebook. What does not: what a publication keeps of it (analysis.publish).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

INJECTED = "injected-parameters"
ERROR_TAG = "papermill-error-cell-tag"
TIMED = {"start_time", "end_time", "duration", "input_path", "output_path", "environment_variables"}
DROPPED = {"application/vnd.jupyter.widget-view+json"}  # its model's id is drawn at random

_MASKS = [
    (re.compile(r"(?:(?:[A-Za-z]:|~)?[/\\][^\s'\"()\[\]<>\x1b]*)?\bipykernel_\d+[/\\]"), "ipykernel/"),
    (re.compile(r"(?<= at )0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(r"<dc:date>[^<]*</dc:date>"), "<dc:date></dc:date>"),
]
_CLOCKS = [  # of a log or a progress bar, on the error stream only
    (re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "…"),
    (re.compile(r"\[(?:\d+:)?\d\d:\d\d(?:<(?:[\d:]+|\?))?,[^\]\n]*\]"), "[…]"),
]


def tidy(notebook: Mapping[str, Any], places: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """A copy of `notebook` without times, durations, process ids, addresses and folders; `places` pairs a folder with its neutral name.

    Streams are joined between two other outputs (stdout before stderr, as only their flushing tells them apart), overwritten lines of
    a stream are left as a terminal would show them.
    """
    book: dict[str, Any] = copy.deepcopy(dict(notebook))
    masks = [*_MASKS, *_of(places)]
    book["metadata"] = _metadata(book.get("metadata", {}))
    book["metadata"].pop("widgets", None)
    injected = errors = 0
    for cell in book["cells"]:
        tags = cell.get("metadata", {}).get("tags", [])
        cell["metadata"] = _metadata(cell.get("metadata", {}))
        cell["metadata"].pop("execution", None)
        if INJECTED in tags:
            injected += 1
            cell["id"] = INJECTED if injected == 1 else f"{INJECTED}-{injected}"
            cell["source"] = _masked(cell["source"], masks)
        elif ERROR_TAG in tags:
            errors += 1
            cell["id"] = f"papermill-error-{errors}"
        if cell["cell_type"] == "code":
            cell["outputs"] = [_output(output, masks) for output in _joined(cell.get("outputs", []))]
    if "papermill" in book["metadata"]:
        book["metadata"]["papermill"] = _masked(book["metadata"]["papermill"], masks)
    return book


def text(notebook: Mapping[str, Any]) -> str:
    """The one way in which a notebook is written: sorted keys, one space, a line feed at the end."""
    return json.dumps(notebook, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    kept = dict(metadata)
    if "papermill" in kept:
        kept["papermill"] = {name: value for name, value in kept["papermill"].items() if name not in TIMED}
    return kept


def _of(places: Iterable[tuple[str, str]]) -> list[tuple[re.Pattern[str], str]]:
    """Longest folder first, so that one inside another keeps its own name."""
    known = {folder.rstrip("/\\"): name for folder, name in places}
    ends = r"(?![\w.-])"
    return [
        (re.compile(re.escape(folder) + ends), name.replace("\\", r"\\"))
        for folder, name in sorted(known.items(), key=lambda pair: -len(pair[0]))
        if len(folder) > 1
    ]


def _joined(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    streams: dict[str, str] = {}

    def flush() -> None:
        for name in sorted(streams, key=lambda name: (name != "stdout", name)):
            if shown := _as_shown(streams[name]):
                found.append({"output_type": "stream", "name": name, "text": shown})
        streams.clear()

    for output in outputs:
        if output["output_type"] == "stream":
            streams[output["name"]] = streams.get(output["name"], "") + "".join(output["text"])
        else:
            flush()
            found.append(dict(output))
    flush()
    return found


def _as_shown(stream: str) -> str:
    """What is left of lines that were written over: the last writing of each, over what it did not reach of the one before."""
    lines = []
    for line in stream.replace("\r\n", "\n").split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown)
    return "\n".join(lines)


def _output(output: dict[str, Any], masks: list[tuple[re.Pattern[str], str]]) -> dict[str, Any]:
    if output["output_type"] == "stream":
        every = masks + _CLOCKS if output["name"] == "stderr" else masks
        return {**output, "text": _masked(output["text"], every)}
    if output["output_type"] == "error":
        return {**output, **{name: _masked(output[name], masks) for name in ("evalue", "traceback")}}
    data = {
        kind: value if kind.startswith("image/") and kind != "image/svg+xml" else _masked(value, masks)
        for kind, value in output["data"].items()
        if kind not in DROPPED
    }
    return {**output, "data": data}


def _masked(value: Any, masks: list[tuple[re.Pattern[str], str]]) -> Any:
    if isinstance(value, str):
        for pattern, name in masks:
            value = pattern.sub(name, value)
        return value
    if isinstance(value, list):
        return [_masked(one, masks) for one in value]
    if isinstance(value, Mapping):
        return {name: _masked(one, masks) for name, one in value.items()}
    return value
