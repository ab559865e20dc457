"""Wide tables made readable on a page: a few long rows set upright, columns that are mostly empty gathered into one.

Both take and give a printed table (tables.printed); no value is added or lost.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from analysis.evidence.words import curled
from analysis.publish import tables
from analysis.publish.quotes import plain

FEW = 3  # rows that can stand side by side
MANY = 5  # columns beyond which they do
NARROW, WIDE = 14, 44  # characters to a line in the columns beside a wide one, and in that one
EMPTY = 0.2  # share of cells without a value from which a column is gathered
IDENTIFIER = re.compile(r"[\w.:-]*_[\w.:-]*")


def measured(cell: Mapping[str, Any]) -> str:
    """Text as wide as the cell's, divided where the cell may be divided."""
    text = str(cell["text"])
    if cell.get("code"):
        return re.sub("[-_:]", "/", text)
    return re.sub(r"\\(?=[!-/:-@\[-`{-~])|\*", "", text) if cell.get("markdown") else text


def fitted(made: Mapping[str, Any]) -> dict[str, Any]:
    """The table with type size, orientation and widths found again from its cells."""
    texts = [[{"text": measured(cell)} for cell in row] for row in made["rows"]]
    size, flipped, widths = tables.fit(made["head"], texts)
    lines = tables.lines(texts, size, flipped, widths)
    return {**made, "size": size, "flipped": flipped, "widths": widths, "lines": lines}


def identified(made: Mapping[str, Any], citations: Collection[str]) -> dict[str, Any]:
    """The table with identifiers marked, so that they are divided at their marks and never hyphenated, and citation keys as citations."""

    def cell_of(cell: Mapping[str, Any]) -> dict[str, Any]:
        text = str(cell["text"])
        if text in citations:
            return {**cell, "text": f"@{text}", "markdown": True}
        return {**cell, "text": curled(text), "code": IDENTIFIER.fullmatch(text) is not None}

    head = [{**column, "text": curled(column["text"])} for column in made["head"]]
    return fitted({**made, "head": head, "rows": [[cell_of(cell) for cell in row] for row in made["rows"]]})


def turned(made: Mapping[str, Any], item: str, value: str) -> dict[str, Any]:
    """A table of few rows and many columns with rows and columns exchanged; any other as it is. One row becomes `item` and `value`."""
    rows, head = made["rows"], made["head"]
    if not 0 < len(rows) <= FEW or len(head) <= MANY:
        return dict(made)
    alone = len(rows) == 1
    titles = [item, value] if alone else [head[0]["text"], *(plain_text(row[0]) for row in rows)]
    body = []
    for i, column in enumerate(head):
        if i or alone:
            name = " ".join(filter(None, (column["text"], column["under"])))
            body.append([{"text": name, "strong": False, "markdown": False}, *(row[i] for row in rows)])
    heads = [{"text": title, "align": "left", "under": ""} for title in titles]
    return fitted({**made, "head": heads, "heads": 1, "rows": body})


def plain_text(cell: Mapping[str, Any]) -> str:
    return str(cell["text"]).lstrip("@") if cell.get("markdown") else str(cell["text"])


def constants(made: Mapping[str, Any], phrase: str) -> dict[str, Any]:
    """A longer table without the columns that say the same in every row; a note says it once, after `phrase`. A column without
    any value is not told.
    """
    rows, head = made["rows"], made["head"]
    same = [i for i in range(1, len(head)) if len({row[i]["text"] for row in rows}) == 1]
    if len(rows) <= FEW or not same:
        return dict(made)
    kept = [i for i in range(len(head)) if i not in same]
    told = [f"{head[i]['text']}: {rows[0][i]['text']}" for i in same if rows[0][i]["text"] != tables.ABSENT]
    body = [[row[i] for i in kept] for row in rows]
    absent = any(cell["text"] == tables.ABSENT for row in body for cell in row)
    notes = [note for note in made["notes"] if absent or not note.startswith(f"{tables.ABSENT} =")]
    if told:
        notes.append(f"{phrase} {'; '.join(told)}.")
    heads = sum(i < made["heads"] for i in kept)
    return fitted({**made, "head": [head[i] for i in kept], "heads": heads, "rows": body, "notes": notes})


def gathered(made: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The columns of words that are often empty as one last column `title`, each value after the name of its column."""
    rows, head = made["rows"], made["head"]
    sparse = [i for i in range(1, len(head)) if head[i]["align"] == "left" and _empty(rows, i) >= EMPTY]
    if len(sparse) < 2:
        return dict(made)
    kept = [i for i in range(len(head)) if i not in sparse]
    body = []
    for row in rows:
        parts = [
            f"*{plain(head[i]['text'])}*: {plain(row[i]['text'])}"
            for i in sparse
            if row[i]["text"] != tables.ABSENT
        ]
        details = {"text": ". ".join(parts) or tables.ABSENT, "strong": row[0]["strong"], "markdown": True}
        body.append([*(row[i] for i in kept), details])
    heads = [*(head[i] for i in kept), {"text": title, "align": "left", "under": ""}]
    return _last_widest({**made, "head": heads, "rows": body})


def _last_widest(made: Mapping[str, Any]) -> dict[str, Any]:
    """The table with its last column as wide as the others' words allow."""
    texts = [[measured(cell) for cell in row] for row in made["rows"]]
    short = [
        [
            {"text": max([*tables.PIECES.findall(text), text[:NARROW]], key=len, default="")}
            for text in row[:-1]
        ]
        + [{"text": row[-1] + " " + "x" * min(WIDE, len(row[-1]))}]
        for row in texts
    ]
    size, flipped, widths = tables.fit(made["head"], short)
    lines = tables.lines([[{"text": text} for text in row] for row in texts], size, flipped, widths)
    return {**made, "size": size, "flipped": flipped, "widths": widths, "lines": lines}


def _empty(rows: Sequence[Sequence[Mapping[str, Any]]], column: int) -> float:
    return sum(row[column]["text"] == tables.ABSENT for row in rows) / max(len(rows), 1)
