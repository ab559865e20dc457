"""Tables as a reader sees them: value and interval in one cell, numbers as the language writes them, what is not shown marked and explained.

What belongs here: from a table of the record, or a study's own, to cells of text. What does not: page layout (the templates).
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish.quotes import confidence, plain
from analysis.publish.sources import localised, word

HIDDEN = "·"  # not shown, to protect persons or bodies
ABSENT = "–"  # no value
LONGEST = 40  # rows printed of a longer table; its total rows are kept besides
UPRIGHT, FLIPPED = 436.0, 680.0  # width of the text block in points, page upright and flipped
BOLD = 1.1  # how much wider a heading's characters are
EM = 0.51  # mean width of a character, as a part of the type size
GUTTER = 12.0  # points between columns
PIECES = re.compile(
    r"[^\s/]+/*|/+"
)  # what a line break does not divide; the templates allow one after a slash
HYPHENATED = 13  # characters of a word that is not divided
COMFORT, NARROW = 22, 15  # characters to a line of text, where there is room and where there is little
TALL = 5  # lines of a row in small type beyond which the page is rather flipped
SIZES = (9.0, 8.5, 8.0, 7.5, 7.0)


def is_total(row: Mapping[str, Any]) -> bool:
    """Whether a dimension of the row carries the value "total"."""
    return any(isinstance(cell, Mapping) and cell.get("code") == words.TOTAL for cell in row.values())


def hidden_cells(table: Mapping[str, Any]) -> set[tuple[int, str]]:
    """(row number, column name) of every cell that is not shown."""
    names = [column["name"] for column in table["columns"]]
    return {
        (int(row), names[col] if isinstance(col, int) else str(col))
        for row, col in table.get("suppressed", [])
    }


def printed(
    key: str,
    table: Mapping[str, Any],
    context: Mapping[str, Any],
    language: str,
    *,
    longest: int | None = LONGEST,
) -> dict[str, Any]:
    """`head` (text, align), `heads` (leading columns that head their row), `rows` (cells: text, strong), `notes`, type `size` in points whether the page is `flipped`, about how many `lines` the rows take."""
    columns: list[Mapping[str, Any]] = list(table["columns"])
    bounds = {(c["role"], c.get("of")): c["name"] for c in columns if c["role"] in ("low", "high", "se")}
    merged = {
        c["name"]: (bounds["low", c["name"]], bounds["high", c["name"]])
        for c in columns
        if ("low", c["name"]) in bounds and ("high", c["name"]) in bounds
    }
    shown = [c for c in columns if c["role"] not in ("low", "high", "se") or c.get("of") not in merged]
    hidden = hidden_cells(table)
    rows = list(enumerate(table["rows"]))
    kept = rows
    if longest is not None and len(rows) > longest:
        kept = rows[:longest] + [(i, row) for i, row in rows[longest:] if is_total(row)]
    units = {column["name"]: column for column in columns}
    body, used = [], set()
    for index, row in kept:
        cells = []
        for column in shown:
            text = _cell(column, index, row, merged, hidden, units, language)
            used |= {mark for mark in (HIDDEN, ABSENT) if text == mark}
            cells.append({"text": text, "strong": is_total(row)})
        body.append(cells)
    head = [
        {
            "text": str(localised(column["label"], language) or column["name"]),
            "align": "left" if column["role"] == "category" else "right",
            "under": f"({word('band' if column.get('band') else 'interval', language, level=confidence(column))})"
            if column["name"] in merged
            else "",
        }
        for column in shown
    ]
    notes = []
    if HIDDEN in used:
        threshold = context.get("disclosure", {}).get("threshold", 5)
        notes.append(word("suppressed", language, "note", k=threshold))
    if ABSENT in used:
        notes.append(word("missing", language, "note"))
    if not rows:
        notes.append(word("empty", language, "note"))
    if len(kept) < len(rows):
        notes.append(word("rows", language, "note", shown=len(kept), all=len(rows), file=f"{language}.xlsx"))
    size, flipped, widths = fit(head, body)
    leading = list(itertools.takewhile(lambda column: column["align"] == "left", head))
    heads = len(leading) if len(leading) < len(head) else 1
    return {
        "key": key,
        "head": head,
        "heads": heads,
        "rows": body,
        "notes": notes,
        "size": size,
        "flipped": flipped,
        "widths": widths,
        "lines": lines(body, size, flipped, widths),
    }


def _cell(
    column: Mapping[str, Any],
    index: int,
    row: Mapping[str, Any],
    merged: Mapping[str, tuple[str, str]],
    hidden: set[tuple[int, str]],
    units: Mapping[str, Mapping[str, Any]],
    language: str,
) -> str:
    name = column["name"]
    value = localised(row.get(name), language)
    if (index, name) in hidden:
        return HIDDEN
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return ABSENT
    if column["role"] == "category" or not isinstance(value, int | float):
        return curled(str(value))
    measure = units.get(column.get("of") or "", column) if column["role"] in ("low", "high", "se") else column
    unit, digits = measure.get("unit") or "count", measure.get("digits")
    if column["role"] == "se" and unit == "share":
        unit = "share_points"
    text = words.format_number(value, unit, digits, language)
    if name in merged:
        low, high = (row.get(bound) for bound in merged[name])
        if low is not None and high is not None:
            text += f" ({words.format_interval(low, high, unit, digits, language)})"
    return text


def own(key: str, entry: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A table that the study writes by hand: the same shape as `printed`; cells of text are Markdown."""
    columns = localised(entry.get("columns", []), language) or []
    rows = [[localised(cell, language) for cell in row] for row in entry.get("rows", [])]
    numeric = [
        bool(rows) and all(isinstance(row[i], int | float) for row in rows if i < len(row))
        for i in range(len(columns))
    ]
    head = [
        {"text": str(text), "align": "right" if right else "left", "under": ""}
        for text, right in zip(columns, numeric)
    ]
    digits = [max((_digits(row[i]) for row in rows if i < len(row)), default=0) for i in range(len(columns))]
    body = [
        [
            {"text": _own_cell(cell, language, places), "strong": False, "markdown": True}
            for cell, places in zip(row, digits)
        ]
        for row in rows
    ]
    size, flipped, widths = fit(head, body)
    return {
        "key": key,
        "head": head,
        "heads": 1,
        "rows": body,
        "notes": [],
        "size": size,
        "flipped": flipped,
        "widths": widths,
        "lines": lines(body, size, flipped, widths),
    }


def _digits(cell: Any) -> int:
    return len(str(cell).partition(".")[2]) if isinstance(cell, float) else 0


def _own_cell(cell: Any, language: str, digits: int) -> str:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return "" if cell is None else str(cell)
    if not digits:
        return plain(words.format_number(cell, "year" if 1000 <= cell <= 2999 else "count", 0, language))
    return plain(words.format_number(cell, "number", digits, language))


def fit(
    head: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[Mapping[str, Any]]]
) -> tuple[float, bool, list[float]]:
    """The largest type at which the table fits the text block; where none does, the page is flipped.

    Third, the columns' shares of the width where cells must be broken into lines: each column has its longest word, and the rest is shared
    out by the length of the texts. Before the page is flipped, intervals may go below their values.
    """
    least, stacked, tight, most = [], [], [], []
    for i, column in enumerate(head):
        texts = [str(row[i]["text"]) for row in rows if i < len(row)]
        heading = max(BOLD * len(piece) for piece in [*str(column["text"]).split(), column["under"], "x"])
        word = max([heading, *(len(piece) for text in texts for piece in PIECES.findall(text))])
        line = max([heading, *map(len, texts)])
        parts = max([heading, *(len(part) for text in texts for part in text.split(" ("))])
        number = column["align"] == "right"
        least.append(line if number else max(word, min(line, COMFORT)))
        stacked.append(parts if number else max(word, min(line, NARROW)))
        tight.append(parts if number else min(word, HYPHENATED))
        most.append(max(line, len(str(column["text"])) // 3))
    for width, flipped, needed, sizes in (
        (UPRIGHT, False, least, SIZES[:2]),
        (UPRIGHT, False, stacked, SIZES[:3]),
        (UPRIGHT, False, tight, SIZES[:3]),
        (UPRIGHT, False, stacked, SIZES[3:]),
        (UPRIGHT, False, tight, SIZES[3:]),
        (FLIPPED, True, stacked, SIZES[2:]),
        (FLIPPED, True, tight, SIZES),
    ):
        for size in sizes:
            gutter = GUTTER / (size * EM)
            room = width / (size * EM) - gutter * len(needed)
            if sum(needed) <= room:
                widths = [] if sum(most) <= room else shares(needed, most, room, gutter)
                cramped = size < SIZES[2] and not flipped and _tallest(rows, size, widths) > TALL
                if not cramped:
                    return size, flipped, widths
    return SIZES[-1], True, shares(tight, most, sum(tight), GUTTER / (SIZES[-1] * EM))


def lines(
    rows: Sequence[Sequence[Mapping[str, Any]]], size: float, flipped: bool, widths: Sequence[float]
) -> int:
    """About how many lines the rows take: of each, those of its longest cell."""
    room = (FLIPPED if flipped else UPRIGHT) / (size * EM)
    gutter = GUTTER / (size * EM)
    return sum(
        max(
            (
                math.ceil(len(str(cell["text"])) / max(share * room - gutter, 1))
                for cell, share in zip(row, widths)
            ),
            default=1,
        )
        or 1
        for row in rows
    )


def _tallest(rows: Sequence[Sequence[Mapping[str, Any]]], size: float, widths: Sequence[float]) -> int:
    return max((lines([row], size, False, widths) for row in rows), default=1)


def shares(least: Sequence[float], most: Sequence[float], room: float, gutter: float) -> list[float]:
    """Shares of the width that sum to 1: widths in proportion to the longest texts, so that cells break into as few lines as can be,
    but none below its least need."""
    widths = [float(need) for need in least]
    free = set(range(len(widths)))
    while free:
        spare = room - sum(widths[i] for i in range(len(widths)) if i not in free)
        scale = spare / (sum(most[i] for i in free) or 1)
        short = {i for i in free if most[i] * scale < least[i]}
        if not short:
            for i in free:
                widths[i] = most[i] * scale
            break
        free -= short
    return [round((width + gutter) / sum(w + gutter for w in widths), 4) for width in widths]
