"""Which row of a table answers to which row of its next edition, and how a row, a column or a cell is named to a reader.

Rows are known by the codes of their categories; what is left over is paired by most codes in common. A row that has only been moved,
or whose label has been put in other words, stays the same row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 400  # rows left over on either side beyond which they are not paired by likeness
Names = dict[str, str]


def columns(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The columns by name, in order."""
    return {str(column["name"]): column for column in table.get("columns") or []}


def hidden(table: Mapping[str, Any]) -> set[tuple[int, str]]:
    """(row, column name) of the cells that are protected."""
    names = list(columns(table))
    return {
        (int(row), names[column] if isinstance(column, int) else str(column))
        for row, column in table.get("suppressed") or []
    }


def paired(
    old: Mapping[str, Any], new: Mapping[str, Any], common: Sequence[str]
) -> list[tuple[int | None, int | None]]:
    """Row numbers that answer to each other, in the order of the old table; None where a row stands alone, new ones last."""
    heads = columns(old)
    dimensions = [name for name in common if heads[name].get("role") == "category"]
    sides = [_known(table.get("rows") or [], dimensions) for table in (old, new)]
    places = {known: place for place, known in enumerate(sides[1])}
    match = {i: places[known] for i, known in enumerate(sides[0]) if known in places}
    left = [i for i in range(len(sides[0])) if i not in match]
    taken = set(match.values())
    free = [j for j in range(len(sides[1])) if j not in taken]
    if dimensions and len(left) <= MOST and len(free) <= MOST:
        match |= _alike(left, free, sides)
    found: list[tuple[int | None, int | None]] = [(i, match.get(i)) for i in range(len(sides[0]))]
    used = set(match.values())
    return found + [(None, j) for j in range(len(sides[1])) if j not in used]


def _known(rows: Sequence[Mapping[str, Any]], dimensions: Sequence[str]) -> list[tuple[Any, ...]]:
    """What each row is known by: its codes, and how many rows of the same codes stand before it."""
    seen: dict[tuple[Any, ...], int] = {}
    found = []
    for row in rows:
        codes = tuple(_code(row.get(name)) for name in dimensions)
        seen[codes] = seen.get(codes, -1) + 1
        found.append((*codes, seen[codes]))
    return found


def _alike(
    left: Sequence[int], free: Sequence[int], sides: Sequence[Sequence[tuple[Any, ...]]]
) -> dict[int, int]:
    """Pairs of rows left over that share at least half their codes, those that share most first."""
    likeness = []
    for i in left:
        for j in free:
            one, other = sides[0][i][:-1], sides[1][j][:-1]
            shared = sum(x == y for x, y in zip(one, other, strict=True))
            if shared and 2 * shared >= len(one):
                likeness.append((-shared, i, j))
    match: dict[int, int] = {}
    used: set[int] = set()
    for _, i, j in sorted(likeness):
        if i not in match and j not in used:
            match[i] = j
            used.add(j)
    return match


def _code(cell: Any) -> Any:
    if isinstance(cell, Mapping):
        return str(cell.get("code", cell.get("it")))
    return cell


def heading(column: Mapping[str, Any]) -> Names:
    """The name of a column."""
    return {
        language: _said(column.get("label"), language) or str(column["name"]) for language in ("it", "en")
    }


def row_name(table: Mapping[str, Any], row: int) -> Names:
    """The labels of a row's categories; its number where it has none."""
    dimensions = [name for name, head in columns(table).items() if head.get("role") == "category"]
    found = {}
    for language, word in (("it", "riga"), ("en", "row")):
        labels = [_said(table["rows"][row].get(name), language) for name in dimensions]
        found[language] = ", ".join(filter(None, labels)) or f"{word} {row + 1}"
    return found


def cell_name(table: Mapping[str, Any], row: int, column: str) -> Names:
    """The labels of a cell's row, and of its column."""
    of_row, of_column = row_name(table, row), heading(columns(table)[column])
    return {language: f"{of_row[language]} · {of_column[language]}" for language in of_row}


def _said(value: Any, language: str) -> str:
    if isinstance(value, Mapping):
        value = value.get(language) or value.get("code")
    return "" if value is None else str(value)
