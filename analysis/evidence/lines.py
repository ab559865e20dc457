"""Which cells of a table add up to a total that is known: by a row "total", by another column, or by what the record tells elsewhere.

What belongs here: the geometry of a table. What does not: what must be suppressed in it (disclosure.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.evidence.columns import Column
from analysis.evidence.linkage import Labels, Told
from analysis.evidence.words import TOTAL

MOST_DIMENSIONS = 4


@dataclass(frozen=True)
class Line:
    """Positions of the cells that add up, the position of their total (-1 where it is not among the rows), its value, and whether this table prints it."""

    cells: np.ndarray
    total: int
    value: float
    printed: bool = True


def keys(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    return frame[names].astype(object).map(str) if names else pd.DataFrame(index=frame.index)


def labels(frame: pd.DataFrame, columns: Sequence[Column], leave: Iterable[str] = ()) -> list[Labels]:
    """What describes each row: its categories but those in `leave`, without the ones that say "total"."""
    left = set(leave)
    found = keys(frame, [c.name for c in columns if c.role == "category" and c.name not in left])
    pairs = [[(name, value) for value in found[name]] for name in found]
    rows = zip(*pairs) if pairs else ([] for _ in range(len(frame)))
    return [frozenset(pair for pair in row if pair[1] != TOTAL) for row in rows]


def with_margins(
    frame: pd.DataFrame, columns: Sequence[Column], counted: Sequence[str], told: Told
) -> pd.DataFrame:
    """`frame` followed by its margins, where its rows can be parts of the persons that the record has counted; else `frame`.

    They can if they stand in one or two dimensions, without totals, and hold no more persons than those: rows that hold more
    tell of the same persons twice. The margins are then known from elsewhere, or easily asked for.
    """
    names = [c.name for c in columns if c.role == "category"]
    values = keys(frame, names)
    dims = [name for name in names if values[name].nunique() > 1]
    if not counted or not 1 <= len(dims) <= 2 or (values == TOTAL).any(axis=None):
        return frame
    if max(float(frame[name].sum()) for name in counted) > told.base:
        return frame
    told.traits.update(dims)
    parts = [frame]
    for kept in [dims[:1], dims[1:], []] if len(dims) == 2 else [[]]:
        by = values[kept].apply("|".join, axis=1) if kept else pd.Series("", index=frame.index)
        first = frame.loc[~by.duplicated(), [*names]].copy()
        first[[dim for dim in dims if dim not in kept]] = TOTAL
        sums = frame[list(counted)].astype(float).groupby(by, sort=False).sum()
        parts.append(first.assign(**{name: sums[name].to_numpy() for name in counted}))
    return pd.concat([part.astype(object) for part in parts], ignore_index=True)


def lines(
    frame: pd.DataFrame,
    columns: Sequence[Column],
    counts: np.ndarray,
    shares: Sequence[Column],
    told: Told,
    threshold: int,
    slack: int,
    real: int,
) -> Iterator[Line]:
    """Every set of rows that add up, along one dimension or several, to a row "total" or to a total that the record tells elsewhere.

    Only the first `real` rows are printed. A total from elsewhere, which may hold up to `slack` − 1 persons more (who gave no answer), is believed
    where the record has one for every such line of the table; one over all the categories that divide persons is always believed. A total under the
    threshold stands nowhere, so it makes no line.
    """
    every = [c.name for c in columns if c.role == "category"]
    plain = [c.name for c in columns if c.role == "category" and not c.text]
    done = set()
    for dims in (every, plain):
        values = keys(frame, dims)
        totals = {dim: (values[dim] == TOTAL).to_numpy() for dim in dims}
        sizes = range(1, len(dims) + 1) if len(dims) <= MOST_DIMENSIONS else (1, len(dims))
        for along in (part for size in sizes for part in combinations(dims, size)):
            others = [dim for dim in dims if dim not in along]
            is_total = np.logical_and.reduce([totals[dim] for dim in along])
            is_cell = ~np.logical_or.reduce([totals[dim] for dim in along])
            apart: dict[Labels, Line] = {}
            for rows in groups(values, others):
                own, cells = rows[is_total[rows]], rows[is_cell[rows]]
                mark = (tuple(own), tuple(cells))
                if not len(cells) or mark in done:
                    continue
                done.add(mark)
                if len(own) == 1:
                    yield Line(cells, int(own[0]), float(counts[own[0]]), bool(own[0] < real))
                elif not len(own):
                    fixed = frozenset((dim, values[dim].iloc[rows[0]]) for dim in others)
                    apart[fixed] = Line(cells, -1, float(np.nansum(counts[cells])), printed=False)
            large = {k: line for k, line in apart.items() if line.value >= threshold and len(line.cells) > 1}
            if set(along) == told.traits & set(dims):
                yield from large.values()
            elif large:
                yield from _told_elsewhere(large, others, told, slack)
    values = keys(frame, plain)
    for share in shares:
        if share.parts:
            part = ~(values[share.parts] == TOTAL).to_numpy()
            for rows in groups(values, [d for d in plain if d != share.parts]):
                if part[rows].any():
                    yield Line(rows[part[rows]], -1, float(frame[share.n].iloc[rows[0]]))


def groups(values: pd.DataFrame, others: list[str]) -> Iterable[np.ndarray]:
    return values.groupby(others, sort=False).indices.values() if others else [np.arange(len(values))]


def _told_elsewhere(
    apart: dict[Labels, Line], others: Sequence[str], told: Told, slack: int
) -> Iterator[Line]:
    """The lines whose totals stand elsewhere under some of their own categories, the same ones for all of them."""
    for size in range(len(others), -1, -1):
        for kept in combinations(others, size):
            under = [frozenset(pair for pair in fixed if pair[0] in kept) for fixed in apart]
            if all(told.knows(line.value, labels, slack) for labels, line in zip(under, apart.values())):
                yield from apart.values()
                return
