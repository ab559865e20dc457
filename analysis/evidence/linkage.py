"""What one record has already told of persons, so that a later table is protected against the earlier ones and not only against its own margins.

Kept: the counts that an entry publishes and those it withholds, each with the categories that describe it ("total" says nothing). What belongs
here: the memory. What does not: the rule (disclosure.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

Labels = frozenset[tuple[str, str]]


@dataclass
class Told:
    """Counts published, by value, with the labels of each; counts withheld, with the name of their column; the largest number given as such.

    `traits` are the categories by which persons have been divided (not those that put several results side by side).
    """

    shown: dict[int, set[Labels]] = field(default_factory=dict)
    withheld: set[tuple[str, int, Labels]] = field(default_factory=set)
    base: int = 0
    traits: set[str] = field(default_factory=set)

    def number(self, counts: Iterable[float | int | None]) -> None:
        """Counts of persons printed as numbers."""
        for count in counts:
            if count is not None and count == count:
                self.shown.setdefault(int(count), set()).add(frozenset())
                self.base = max(self.base, int(count))

    def cells(self, counts: np.ndarray, hidden: np.ndarray, labels: Sequence[Labels], name: str = "") -> None:
        """The counts (k,) of a column, shown but where `hidden`; of a column with a `name` the withheld ones too."""
        given = ~np.isnan(counts)
        for i in np.flatnonzero(given & ~hidden).tolist():
            self.shown.setdefault(int(counts[i]), set()).add(labels[i])
        for i in np.flatnonzero(given & hidden).tolist() if name else ():
            self.withheld.add((name, int(counts[i]), labels[i]))

    def knows(self, value: float, labels: Labels, slack: int = 1) -> bool:
        """Whether a count of `value` persons, or of up to `slack` − 1 more (who gave no answer), stands under these labels."""
        return any(labels in self.shown.get(int(value) + more, ()) for more in range(slack))

    def hid(self, name: str, counts: np.ndarray, labels: Sequence[Labels]) -> np.ndarray:
        """Mask (k,) of the cells that an earlier entry withheld: same column, same labels, same count."""
        found = [
            v == v and bool(label) and (name, int(v), label) in self.withheld
            for v, label in zip(counts, labels)
        ]
        return np.array(found, dtype=bool)

    def showed(self, counts: np.ndarray, labels: Sequence[Labels]) -> np.ndarray:
        """Mask (k,) of the cells that an earlier entry shows: to hide one of them protects nothing."""
        found = [v == v and self.knows(v, label) for v, label in zip(counts, labels)]
        return np.array(found, dtype=bool)
