"""Disclosure control: no published cell describes fewer units than the threshold, nor can be worked out from its neighbours.

Primary suppression: a count c with 0 < c < k, and every share whose numerator or complement is such a count. Secondary suppression: in each line
of a table that is published with its total, the suppressed cells must hold at least k units together and be more than one; an audit by linear programming
then bounds each suppressed count as an outsider would, and suppresses further while the bounds are closer than k.
A line also counts as published with its total where the record tells that total elsewhere (linkage.py): as a number, or in an earlier table.
Rule: Regole deontologiche per trattamenti a fini statistici o di ricerca scientifica (minimum threshold three); method: Hundepool et al. (2012),
Statistical Disclosure Control, ch. 4. What belongs here: suppression. What does not: which columns count persons (columns.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.errors import DisclosureError, Fault, say
from analysis.evidence.columns import Column
from analysis.evidence.lines import Line, labels, lines, with_margins
from analysis.evidence.linkage import Told

FLOOR = 3


@dataclass(frozen=True)
class Rules:
    """`threshold`: the smallest count that may be published; `confidential_organisations`: whether bodies are counted as persons are.

    `told` remembers what the record under these rules has published so far.
    """

    threshold: int = 5
    confidential_organisations: bool = False
    told: Told = field(default_factory=Told, compare=False, repr=False)

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
    told, real = rules.told, len(frame)
    told.traits.update(c.parts for c in columns if c.parts)
    full = with_margins(frame, columns, list(additive), told)
    hidden_of: dict[str, np.ndarray] = {}
    # n before the cases: a withheld n puts no bound on its cases
    for name, shares in sorted(additive.items(), key=lambda item: bool(item[1])):
        counts = full[name].to_numpy(dtype=float)
        parts = [c.parts for c in columns if c.n == name and c.parts]
        own = labels(full, columns, parts)
        hidden = small(counts, rules.threshold)
        most = np.full(len(counts), np.inf)
        bases = [full[share.n].to_numpy(dtype=float) for share in shares]
        for share, base in zip(shares, bases):
            hidden |= small(base - counts, rules.threshold) | small(base, rules.threshold)
            most = np.where(hidden_of.get(share.n, np.True_), most, base)
        primary = hidden | told.hid(name, counts, own)
        if primary.any():
            showed = told.showed(counts, own)
            fixed = (np.arange(len(full)) >= real) & (showed | [not label for label in own])
            answers = any(name in (c.n, c.cases) for c in columns)
            slack = rules.threshold if answers else 1
            found = list(lines(full, columns, counts, shares, told, rules.threshold, slack, real))
            hidden = _secondary(Counts(counts, most, showed, fixed), primary, found, rules.threshold)
        hidden_of[name] = hidden
        mask[name] |= hidden[:real]
        told.cells(counts[:real], hidden[:real], own, name)
        for base in bases:
            told.cells((base - counts)[:real], hidden[:real], labels(frame, columns))
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
class Counts:
    """Of each cell: its count, the most that an outsider would allow it, whether it stands elsewhere already, and whether it is not this table's to hide."""

    values: np.ndarray
    most: np.ndarray
    spent: np.ndarray
    fixed: np.ndarray

    def cheapest(self, cells: np.ndarray) -> int:
        """The cell to give up: one not told elsewhere, of the smallest count, empty ones last."""
        value = np.where(self.values[cells] > 0, self.values[cells], np.inf)
        return int(cells[np.lexsort((value, self.spent[cells]))[0]])


def _secondary(counts: Counts, primary: np.ndarray, found: Sequence[Line], threshold: int) -> np.ndarray:
    hidden, watched = primary.copy(), primary.copy()
    printed = [line for line in found if line.printed]
    while True:
        _close_lines(counts, hidden, found, threshold)
        exposed = _audit(counts, hidden, watched, found, threshold)
        if exposed is None:
            return hidden
        more = np.unique(
            np.concatenate(
                [
                    np.append(line.cells, line.total)
                    for line in found
                    if exposed in line.cells or exposed == line.total
                ]
            )
        )
        more = more[more >= 0]
        more = more[~hidden[more] & ~counts.fixed[more]]
        if not len(more):
            watched[exposed] = False
            alone = primary & (np.arange(len(primary)) == exposed)
            unbounded = replace(counts, most=np.full(len(primary), np.inf))
            if _audit(unbounded, hidden, alone, printed, threshold) is None:
                continue
            raise DisclosureError(
                Fault(
                    say("una cella non si può proteggere", "a cell cannot be protected"),
                    say(f"riga {exposed + 1} della tavola", f"row {exposed + 1} of the table"),
                    next_step=say(
                        "Unire le categorie o togliere i totali.", "Merge categories or leave the totals out."
                    ),
                )
            )
        hidden[counts.cheapest(more)] = True


def _close_lines(counts: Counts, hidden: np.ndarray, found: Sequence[Line], threshold: int) -> None:
    """Suppress complements until no line leaves a suppressed sum that is a single cell or below the threshold."""
    changed = True
    while changed:
        changed = False
        for line in found:
            covered = hidden[line.cells]
            total_known = line.total < 0 or not hidden[line.total]
            if not covered.any() or not total_known:
                continue
            if covered.sum() > 1 and counts.values[line.cells][covered].sum() >= threshold:
                continue
            free = line.cells[~covered & ~counts.fixed[line.cells]]
            candidates = free[counts.values[free] > 0]
            if len(candidates):
                hidden[counts.cheapest(candidates)] = True
            elif line.total >= 0 and not counts.fixed[line.total]:
                hidden[line.total] = True
            elif line.total < 0 and len(free):
                hidden[free] = True
            else:
                continue
            changed = True


def _audit(
    counts: Counts, hidden: np.ndarray, primary: np.ndarray, found: Sequence[Line], threshold: int
) -> int | None:
    """Position of a primary cell that an outsider can bound more closely than `threshold`, or None."""
    unknown = np.flatnonzero(hidden)
    if not found or not len(unknown):
        return None
    from scipy.optimize import linprog

    place = {int(cell): i for i, cell in enumerate(unknown)}
    rows, sums = [], []
    for line in found:
        row = np.zeros(len(unknown))
        known = 0.0
        for cell in line.cells:
            if hidden[cell]:
                row[place[int(cell)]] += 1
            else:
                known += counts.values[cell]
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
    bounds = [(0, most if np.isfinite(most) else None) for most in counts.most[unknown]]
    for cell in np.flatnonzero(primary):
        aim = np.zeros(len(unknown))
        aim[place[int(cell)]] = 1
        low = linprog(aim, A_eq=np.array(rows), b_eq=sums, bounds=bounds, method="highs")
        high = linprog(-aim, A_eq=np.array(rows), b_eq=sums, bounds=bounds, method="highs")
        if low.status == 0 and high.status == 0 and -high.fun - low.fun < threshold:
            return int(cell)
    return None
