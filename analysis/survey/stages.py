"""The stages of a sample as codes, and what is added up or compared within them.

What belongs here: coding of labels, which stages bear variance, sums by unit, the covariance between the units of one stage. What
does not: how weights enter (design.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from analysis.errors import EstimateError, Fault, say

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.signedinteger]
MOST_FAULTS = 20


@dataclass(frozen=True)
class Stage:
    """One stage of sampling, coded: the unit of each row (n,) and its stratum (U,), units sampled by stratum (H,), sampled
    fraction (H,), the unit of the stage before of each unit (U,), the chance that the strata's own units were drawn (H,)."""

    psu: Codes
    stratum: Codes
    size: Codes
    fraction: Floats
    parent: Codes
    reached: Floats


@dataclass(frozen=True, eq=False)
class LaterStage:
    """A stage after the first: `unit` (n,) labels nested in the units before; `fpc` (n,) how many units the population has in the
    row's unit of the stage before (and stratum); `strata` (n,) within it."""

    unit: npt.ArrayLike
    fpc: npt.ArrayLike | None = None
    strata: npt.ArrayLike | None = None


def coded(labels: npt.ArrayLike | None, where: str, n: int) -> tuple[Codes, pd.Index]:
    if labels is None:
        return np.zeros(n, dtype=np.int64), pd.Index(["-"])
    values = pd.Series(np.asarray(labels))
    if len(values) != n:
        raise EstimateError(
            Fault(
                say(f"{len(values)} righe invece di {n}", f"{len(values)} rows instead of {n}"),
                where,
            )
        )
    codes, names = pd.factorize(values, sort=True)
    if (codes < 0).any():
        raise EstimateError(
            Fault(
                say(f"{(codes < 0).sum()} valori mancanti", f"{(codes < 0).sum()} values are missing"),
                where,
            )
        )
    return codes.astype(np.int64), pd.Index(names)


def within(parent: Codes, own: Codes, names: pd.Index, number: int) -> tuple[Codes, Codes, list[str]]:
    """Parent unit of each stratum (H,), stratum of each row (n,), names (H,) of strata within units of the stage before."""
    pairs, code = np.unique(parent * len(names) + own, return_inverse=True)
    units, strata = pairs // len(names), pairs % len(names)
    named = [f"{names[s]}" if number == 0 else f"{u}, {names[s]}" for u, s in zip(units, strata)]
    return units.astype(np.int64), code.astype(np.int64), named


def nested(levels: Sequence[LaterStage], n: int) -> tuple[Stage, ...]:
    """The stages of n rows that bear variance, from the first on: none after a stage without a sampled fraction."""
    parent, reached = np.zeros(n, dtype=np.int64), np.ones(1)
    found: list[Stage] = []
    for number, level in enumerate(levels):
        where = _named(number)
        own, names = coded(level.strata, f"{where}.strata", n)
        labels, _ = coded(level.unit, f"{where}.{'unit' if number else 'psu'}", n)
        strata, stratum_of, named = within(parent, own, names, number)
        pairs, unit = np.unique(stratum_of * (labels.max() + 1) + labels, return_inverse=True)
        stratum = (pairs // (labels.max() + 1)).astype(np.int64)
        size = np.bincount(stratum, minlength=len(strata))
        fraction = fractions(level.fpc, stratum_of, size, named, where)
        parents = np.zeros(len(pairs), dtype=np.int64)
        parents[unit] = parent
        found.append(Stage(unit.astype(np.int64), stratum, size, fraction, parents, reached[strata]))
        parent, reached = unit.astype(np.int64), (found[-1].reached * fraction)[stratum]
        if not reached.any():
            break
    return tuple(found)


def refuse_lonely(found: Sequence[Stage], names: pd.Index) -> None:
    """Strata with one sampled unit of several are told together, those of the first stage by `names`."""
    faults = []
    for number, stage in enumerate(found):
        alone = np.flatnonzero((stage.size == 1) & (stage.fraction < 1) & (stage.reached > 0))
        faults += [
            Fault(
                say("lo strato ha una sola unità", "the stratum holds one unit only"),
                f"{_named(number)}, {h}" if number else f"Design.strata, {names[h]}",
                say("due o più", "two or more"),
                say(
                    'Unite gli strati, o dichiarate lonely="adjust".',
                    'Merge strata, or declare lonely="adjust".',
                ),
            )
            for h in alone[:MOST_FAULTS]
        ]
    if faults:
        raise EstimateError(faults)


def _named(number: int) -> str:
    return f"Design.later[{number - 1}]" if number else "Design"


class Cells:
    """Which unit and domain each row is in; sums by unit and domain (units, size). Rows with code -1 are in no domain.

    `whole`: whether every row is in a domain, where the caller knows.
    """

    def __init__(self, unit: Codes, units: int, code: Codes, size: int, whole: bool | None = None) -> None:
        self.units, self.size = units, size
        whole = bool(code.min() >= 0) if whole is None else whole
        # Rows outside every domain go to a column of their own, which is dropped: cheaper than picking rows.
        self.width = size if whole else size + 1
        if whole and size == 1:
            self.place = unit
        else:
            self.place = unit * self.width
            self.place += (
                code if whole else np.where(code < 0, size, code)
            )  # narrow codes are widened as they are added

    def sums(self, scores: Floats | None = None) -> Floats:
        """Sums of scores (n,), or counts of rows."""
        found = np.bincount(self.place, scores, self.units * self.width).reshape(-1, self.width)
        return found[:, : self.size].astype(float, copy=False)


def narrow(classes: int) -> type[np.signedinteger]:
    """The narrowest whole numbers that hold codes of so many classes and one more."""
    return np.int16 if classes < 1 << 14 else np.int64


def cells(unit: Codes, units: int, code: Codes, size: int, scores: Floats | None) -> Floats:
    """Sums of scores (n,), or counts, by unit and domain (units, size); rows with code -1 are in no domain."""
    return Cells(unit, units, code, size).sums(scores)


def added(group: Codes, groups: int, sums: Floats) -> Floats:
    """Rows of sums (U, k) added up by group (groups, k)."""
    members = sparse.csr_array(
        (np.ones(len(group)), (group, np.arange(len(group)))), shape=(groups, len(group))
    )
    return members @ sums


def between(stage: Stage, sums: Floats) -> Floats:
    """Covariance (k, k) between the units of one stage, within strata, from sums by unit (U, k)."""
    sizes = stage.size.astype(float)
    centre = np.where(sizes > 1, 1 / sizes, 0)[:, None] * added(stage.stratum, len(sizes), sums)
    scale = stage.reached * (1 - stage.fraction) * np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), 1)
    spread = (sums - centre[stage.stratum]) * np.sqrt(scale)[stage.stratum, None]
    return spread.T @ spread


def fractions(fpc: Any, strata: Codes, size: Codes, names: Sequence[str], where: str) -> Floats:
    if fpc is None:
        return np.zeros(len(size))
    counts = np.asarray(fpc, dtype=float)
    low, high = np.full(len(size), np.inf), np.full(len(size), -np.inf)
    np.minimum.at(low, strata, counts)
    np.maximum.at(high, strata, counts)
    wrong = np.flatnonzero(~((low == high) & (low >= size)))
    if len(wrong):
        raise EstimateError(
            [
                Fault(
                    say(
                        f"la correzione per popolazione finita non è valida: da {low[h]:g} a {high[h]:g}, unità estratte {size[h]}",
                        f"the finite population correction is not valid: {low[h]:g} to {high[h]:g}, units sampled {size[h]}",
                    ),
                    f"{where}.fpc, {names[h]}",
                    say(
                        "un solo numero per strato, non minore delle unità estratte",
                        "one number a stratum, not below the sampled units",
                    ),
                )
                for h in wrong[:MOST_FAULTS]
            ]
        )
    return size / low
