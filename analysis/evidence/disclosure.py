"""Disclosure control: no published cell describes fewer units than the threshold, nor can be worked out from its neighbours.

Primary suppression: a count c with 0 < c < k, and every share whose numerator or complement is such a count. Secondary suppression: in each line
of a table that is published with its total, the suppressed cells must hold at least k units together and be more than one; an audit by linear programming
then bounds each suppressed count as an outsider would, and suppresses further while the bounds are closer than k.
Rule: Regole deontologiche per trattamenti a fini statistici o di ricerca scientifica (minimum threshold three); method: Hundepool et al. (2012),
Statistical Disclosure Control, ch. 4. What belongs here: suppression. What does not: which columns count persons (columns.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DisclosureError, Fault, say
from analysis.evidence.columns import Column
from analysis.evidence.words import TOTAL

FLOOR = 3


@dataclass(frozen=True)
class Rules:
    """`threshold`: the smallest count that may be published; `confidential_organisations`: whether bodies are counted as persons are."""

    threshold: int = 5
    confidential_organisations: bool = False

    def __post_init__(self) -> None:
        if self.threshold < FLOOR:
            raise DisclosureError(
                Fault(
                    say(f"soglia {self.threshold} troppo bassa", f"threshold {self.threshold} is too low"),
                    "study.toml [disclosure] threshold",
                    f"≥ {FLOOR}",
                )
            )

    def applies(self, counts: str) -> bool:
        return counts == "persons" or (counts == "organisations" and self.confidential_organisations)


def small(counts: np.ndarray, threshold: int) -> np.ndarray:
    """Mask of counts c with 0 < c < threshold; a missing count is not small."""
    return (counts > 0) & (counts < threshold)


def protect(
    frame: pd.DataFrame, columns: Sequence[Column], rules: Rules
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`frame` with the cells that may not leave set missing, and the mask (same shape) of those cells.

    Lines are read along every category column that has a row "total", and along `parts` of a share, whose total is n.
    """
    mask = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    by_name = {column.name: column for column in columns}
    # "counts" of the column itself, or of the n of the share whose numerator it is
    additive: dict[str, list[Column]] = {}
    for column in columns:
        if column.role == "count" and rules.applies(column.counts):
            additive.setdefault(column.name, [])
        if (
            column.role == "measure"
            and column.cases
            and column.n in by_name
            and rules.applies(by_name[column.n].counts)
        ):
            additive.setdefault(column.cases, []).append(column)
    for name, shares in additive.items():
        counts = frame[name].to_numpy(dtype=float)
        hidden = small(counts, rules.threshold)
        for share in shares:
            rest = frame[share.n].to_numpy(dtype=float) - counts
            hidden |= small(rest, rules.threshold)
            hidden |= small(frame[share.n].to_numpy(dtype=float), rules.threshold)
        if hidden.any():
            lines = _lines(frame, columns, counts, shares)
            hidden = _secondary(counts, hidden, lines, rules.threshold)
        mask[name] |= hidden
    _spread(mask, columns)
    protected = frame.copy()
    protected.attrs = dict(frame.attrs)
    for name in mask.columns[mask.any()]:
        protected[name] = protected[name].astype(float).mask(mask[name])
    return protected, mask


def _spread(mask: pd.DataFrame, columns: Sequence[Column]) -> None:
    """A measure goes with its counts, a bound with its measure, and the numerator with its share."""
    for column in columns:
        if column.role == "measure":
            for source in (column.n, column.cases):
                if source in mask.columns:
                    mask[column.name] |= mask[source]
    for column in columns:
        if column.of in mask.columns:
            mask[column.name] |= mask[column.of]


@dataclass(frozen=True)
class Line:
    """Positions of the cells that add up, the position of their total (-1 where the total is another column), and its value."""

    cells: np.ndarray
    total: int
    value: float


def _lines(
    frame: pd.DataFrame, columns: Sequence[Column], counts: np.ndarray, shares: Sequence[Column]
) -> list[Line]:
    dims = [c.name for c in columns if c.role == "category" and not c.text]
    keys = frame[dims].astype(object).map(str) if dims else pd.DataFrame(index=frame.index)
    found: list[Line] = []
    for dim in dims:
        others = [d for d in dims if d != dim]
        groups = keys.groupby(others, sort=False).indices.values() if others else [np.arange(len(frame))]
        is_total = (keys[dim] == TOTAL).to_numpy()
        for rows in groups:
            totals, cells = rows[is_total[rows]], rows[~is_total[rows]]
            if len(totals) == 1 and len(cells):
                found.append(Line(cells, int(totals[0]), float(counts[totals[0]])))
    for share in shares:
        if share.parts:
            others = [d for d in dims if d != share.parts]
            groups = keys.groupby(others, sort=False).indices.values() if others else [np.arange(len(frame))]
            is_total = (keys[share.parts] == TOTAL).to_numpy()
            found += [
                Line(rows[~is_total[rows]], -1, float(frame[share.n].iloc[rows[0]]))
                for rows in groups
                if (~is_total[rows]).any()
            ]
    return found


def _secondary(counts: np.ndarray, primary: np.ndarray, lines: Sequence[Line], threshold: int) -> np.ndarray:
    hidden = primary.copy()
    while True:
        _close_lines(counts, hidden, lines, threshold)
        exposed = _audit(counts, hidden, primary, lines, threshold)
        if exposed is None:
            return hidden
        more = np.unique(
            np.concatenate(
                [
                    np.append(line.cells, line.total)
                    for line in lines
                    if exposed in line.cells or exposed == line.total
                ]
            )
        )
        more = more[more >= 0]
        more = more[~hidden[more]]
        if not len(more):
            raise DisclosureError(
                Fault(
                    say("una cella non si può proteggere", "a cell cannot be protected"),
                    say(f"riga {exposed + 1} della tavola", f"row {exposed + 1} of the table"),
                    next_step=say(
                        "Unire le categorie o togliere i totali.", "Merge categories or leave the totals out."
                    ),
                )
            )
        hidden[more[np.argmin(np.where(counts[more] > 0, counts[more], np.inf))]] = True


def _close_lines(counts: np.ndarray, hidden: np.ndarray, lines: Sequence[Line], threshold: int) -> None:
    """Suppress complements until no line leaves a suppressed sum that is a single cell or below the threshold."""
    changed = True
    while changed:
        changed = False
        for line in lines:
            covered = hidden[line.cells]
            total_known = line.total < 0 or not hidden[line.total]
            if not covered.any() or not total_known:
                continue
            if covered.sum() > 1 and counts[line.cells][covered].sum() >= threshold:
                continue
            free = line.cells[~covered]
            candidates = free[counts[free] > 0]
            if len(candidates):
                hidden[candidates[np.argmin(counts[candidates])]] = True
            elif line.total >= 0:
                hidden[line.total] = True
            elif len(free):
                hidden[free] = True
            else:
                continue
            changed = True


def _audit(
    counts: np.ndarray, hidden: np.ndarray, primary: np.ndarray, lines: Sequence[Line], threshold: int
) -> int | None:
    """Position of a primary cell that an outsider can bound more closely than `threshold`, or None."""
    unknown = np.flatnonzero(hidden)
    if not lines or not len(unknown):
        return None
    from scipy.optimize import linprog

    place = {int(cell): i for i, cell in enumerate(unknown)}
    rows, sums = [], []
    for line in lines:
        row = np.zeros(len(unknown))
        known = 0.0
        for cell in line.cells:
            if hidden[cell]:
                row[place[int(cell)]] += 1
            else:
                known += counts[cell]
        if line.total >= 0 and hidden[line.total]:
            row[place[line.total]] -= 1
            sums.append(-known)
        else:
            sums.append(line.value - known)
        if row.any():
            rows.append(row)
        else:
            sums.pop()
    if not rows:
        return None
    for cell in np.flatnonzero(primary):
        aim = np.zeros(len(unknown))
        aim[place[int(cell)]] = 1
        low = linprog(aim, A_eq=np.array(rows), b_eq=sums, method="highs")
        high = linprog(-aim, A_eq=np.array(rows), b_eq=sums, method="highs")
        if low.status == 0 and high.status == 0 and -high.fun - low.fun < threshold:
            return int(cell)
    return None
