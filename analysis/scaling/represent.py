"""Reach and representativeness: how many of the eligible were reached, and whether those reached are like them by sex and age (RE-AIM: Glasgow and others 2019).

Eligible people are estimated (`eligible.py`) and bring the survey's error along. A difference is not an effect, and those who came of their own accord
are described only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.scaling import eligible
from analysis.scaling.eligible import NORMAL_95

KINDS = ("probability", "census", "volunteer")
DIMENSIONS = ("sex", "age")


@dataclass(frozen=True, eq=False)
class Base:
    """Eligible people by cell: `cells` sex, age_from, age_to, age ("18–64"), residents, eligible; `covariance` (cells, cells) of `eligible`, persons²; None where unknown."""

    cells: pd.DataFrame
    covariance: np.ndarray | None

    @property
    def total(self) -> float:
        return float(self.cells["eligible"].sum())

    @property
    def error(self) -> float | None:
        """Standard error of the total (persons); None where the prevalence was published without error."""
        return None if self.covariance is None else float(np.sqrt(self.covariance.sum()))


@dataclass(frozen=True)
class Reach:
    """Participants over eligible people; `low`, `high` (95 %) only where the number of eligible people has an error, `high` missing where it may be none."""

    participants: int
    eligible: float
    share: float
    low: float | None
    high: float | None

    def table(self) -> pd.DataFrame:
        """One row: participants, eligible, reach (and low, high)."""
        bounds = {} if self.low is None else {"low": [self.low], "high": [self.high]}
        frame = pd.DataFrame({"participants": [self.participants], "eligible": [self.eligible], "reach": [self.share], **bounds})  # fmt: skip
        frame.attrs["columns"] = {
            "participants": {"counts": "persons"},
            "eligible": {"unit": "persons", "n": "participants"},
            "reach": {"unit": "share", "digits": 2, "n": "participants", "cases": "participants"},
            **{name: {f"{name}_of": "reach"} for name in bounds},
        }
        return frame


@dataclass(frozen=True)
class Representation:
    """`rows`: dimension, category, cases, n, share among those reached, share among the eligible, difference and, unless described only, low, high.

    `index`: dimension (sex, age, both), dissimilarity, for a sample what proportional reach would give by chance, persons in the smallest cell that has any. `kind` as in `composition`.
    """

    rows: pd.DataFrame
    index: pd.DataFrame
    kind: str

    def table(self) -> pd.DataFrame:
        """dimension, category, share_reached, share_eligible, difference (and low, high), cases, n."""
        bounds = [name for name in ("low", "high") if name in self.rows]
        names = ["dimension", "category", "share_reached", "share_eligible", "difference", *bounds, "cases", "n"]  # fmt: skip
        frame = self.rows[names].copy()
        counted = {"n": "n", "cases": "cases"}
        frame.attrs["columns"] = {
            "dimension": {"labels": "dimension"},
            "category": {"labels": "category"},
            "share_reached": {"unit": "share", "parts": "category", **counted},
            "share_eligible": {"unit": "share", **counted},
            "difference": {"unit": "share_points", "digits": 1, **counted},
            **{name: {f"{name}_of": "difference"} for name in bounds},
            "cases": {"counts": "persons"},
            "n": {"counts": "persons"},
        }
        return frame

    def indices(self) -> pd.DataFrame:
        """dimension, cells, dissimilarity (share of those reached who would have to be others), by_chance (for a sample), n; kept back with its smallest cell."""
        frame = self.index.copy()
        measure = {"unit": "share", "digits": 1, "n": "n", "cases": "fewest"}
        frame.attrs["columns"] = {
            "dimension": {"labels": "dimension"},
            "cells": {"counts": "things"},
            **{name: measure for name in ("dissimilarity", "by_chance") if name in frame},
            "fewest": {"counts": "persons", "hidden": True},
            "n": {"counts": "persons"},
        }
        return frame


def base(territory: pd.DataFrame, prevalence: pd.DataFrame, covariance: np.ndarray | None = None) -> Base:
    """Eligible people of the whole `territory` in each cell of `prevalence`, with what the shares' (co)variance makes of them; arguments as `eligible.estimate`.

    Within a cell the published share is one, so that no finer sex or age can be told than the cells'.
    """
    prevalence = prevalence.reset_index(drop=True)
    eligible.check(prevalence)
    people = np.nansum(eligible.by_cell(territory, prevalence), axis=0)
    shared = eligible.variances(prevalence, covariance)
    low, high = (
        prevalence["age_from"].astype(float),
        prevalence["age_to"].astype(float).fillna(np.inf),
    )
    cells = pd.DataFrame(
        {
            "sex": prevalence["sex"].astype(object),
            "age_from": low,
            "age_to": high,
            "age": [f"{a:.0f}+" if np.isinf(b) else f"{a:.0f}–{b:.0f}" for a, b in zip(low, high)],
            "residents": people,
            "eligible": people * prevalence["value"].astype(float),
        }
    )
    return Base(cells, None if shared is None else people[:, None] * shared * people)


def reach(reached: pd.DataFrame, among: Base) -> Reach:
    """Participants / eligible; the bounds are those of the number of eligible people turned over, since participants are counted.

    `reached`: sex, age_from, age_to, persons, in rows that lie each within one cell of `among`.
    """
    count = int(_counts(reached, among).sum())
    share = count / among.total
    if among.error is None:
        return Reach(count, among.total, share, None, None)
    fewest = among.total - NORMAL_95 * among.error
    high = count / fewest if fewest > 0 else np.nan
    return Reach(count, among.total, share, count / (among.total + NORMAL_95 * among.error), high)


def composition(reached: pd.DataFrame, among: Base, kind: str, design_effect: float = 1.0) -> Representation:
    """Shares by sex and by age among those reached and among the eligible, the difference, and indices of dissimilarity.

    `kind` of the counts: "census" (all who were reached: only the eligible have an error), "probability" (a sample of them: multinomial variance
    times `design_effect`, plus that of the eligible, as independent), "volunteer" (described only: no interval). The covariance of the
    eligible shares is by linearisation of e / Σe. A dimension in which the cells do not differ is left out. Dissimilarity is half the sum of absolute
    differences (Duncan & Duncan 1955); a sample of n gives more than zero by chance, here its exact expectation if reach were proportional.
    """
    if kind not in KINDS or not design_effect > 0:
        wrong = (kind, "kind", ", ".join(KINDS)) if kind not in KINDS else (design_effect, "design_effect", "> 0")  # fmt: skip
        raise EstimateError(Fault(say(f"«{wrong[0]}» non va bene", f"'{wrong[0]}' will not do"), f"composition, {wrong[1]}", wrong[2]))  # fmt: skip
    cases = _counts(reached, among)
    n = int(cases.sum())
    if not n:
        raise EstimateError(
            Fault(say("nessuna persona raggiunta", "nobody was reached"), "reached, persons", "≥ 1")
        )
    dimensions = [name for name in DIMENSIONS if among.cells[name].nunique() > 1]
    parts = [_margin(cases, among, name, kind, design_effect) for name in dimensions]
    joint = [("both", cases, among.cells["eligible"].to_numpy())] if len(dimensions) > 1 else []
    index = pd.DataFrame(
        [
            _dissimilarity(name, told, people, kind, design_effect)
            for name, told, people in [*((str(p["dimension"].iloc[0]), p["cases"].to_numpy(), p["people"].to_numpy()) for p in parts), *joint]
        ],
        columns=["dimension", "cells", "dissimilarity", "by_chance", "fewest", "n"],
    )  # fmt: skip
    if kind != "probability":
        index = index.drop(columns="by_chance")
    empty = pd.DataFrame(columns=["dimension", "category", "cases", "n", "people", "share_reached", "share_eligible", "difference"])  # fmt: skip
    return Representation(pd.concat(parts, ignore_index=True) if parts else empty, index, kind)


def _margin(cases: np.ndarray, among: Base, dimension: str, kind: str, design_effect: float) -> pd.DataFrame:
    """One row a category of `dimension`, from counts (cells,) and the cells' eligible people."""
    order = among.cells.sort_values(["sex", "age_from"])[dimension].drop_duplicates()
    sums = (order.to_numpy()[:, None] == among.cells[dimension].to_numpy()[None, :]).astype(float)
    told, people = sums @ cases, sums @ among.cells["eligible"].to_numpy()
    n, total = told.sum(), people.sum()
    p, q = told / n, people / total
    frame = pd.DataFrame(
        {
            "dimension": dimension,
            "category": order.to_numpy(),
            "cases": told.astype(int),
            "n": int(n),
            "people": people,
            "share_reached": p,
            "share_eligible": q,
            "difference": p - q,
        }
    )
    if kind == "volunteer" or (kind == "census" and among.covariance is None):
        return frame
    variance = design_effect * p * (1 - p) / n if kind == "probability" else np.zeros(len(p))
    if among.covariance is not None:
        slope = (np.eye(len(q)) - q[:, None]) @ sums / total
        variance = variance + ((slope @ among.covariance) * slope).sum(axis=1)
    spread = NORMAL_95 * np.sqrt(variance)
    return frame.assign(low=frame["difference"] - spread, high=frame["difference"] + spread)


def _dissimilarity(
    dimension: str, cases: np.ndarray, people: np.ndarray, kind: str, design_effect: float
) -> tuple[str, int, float, float, int, int]:
    n, q = int(cases.sum()), people / people.sum()
    found = 0.5 * float(np.abs(cases / n - q).sum())
    chance = by_chance(q, n / design_effect) if kind == "probability" else np.nan
    fewest = int(cases[cases > 0].min())
    return dimension, len(q), found, chance, fewest, n


def by_chance(shares: Sequence[float] | np.ndarray, n: float) -> float:
    """Expected dissimilarity of a sample of `n` drawn in proportion to `shares` (k,): half the sum of the binomials' mean absolute deviations, over n.

    E|X − nq| = 2 m (n over m) q^m (1 − q)^(n − m + 1) with m = ⌊nq⌋ + 1 (de Moivre); `n` is rounded down to a whole number.
    """
    from scipy.special import gammaln, xlog1py, xlogy

    q, size = np.asarray(shares, dtype=float), float(max(1, np.floor(n)))
    m = np.minimum(np.floor(size * q) + 1, size)
    ways = gammaln(size + 1) - gammaln(m + 1) - gammaln(size - m + 1)
    apart = 2 * m * np.exp(ways + xlogy(m, q) + xlog1py(size - m + 1, -q))
    return float(apart.sum() / (2 * size))


def _counts(reached: pd.DataFrame, among: Base) -> np.ndarray:
    """Persons reached in each cell of `among`; a row outside every cell, or across cells, is refused: nobody is split by guess."""
    cells = among.cells
    low, high = reached["age_from"].astype(float), reached["age_to"].astype(float).fillna(np.inf)
    same = (cells["sex"].to_numpy() == "all") | (reached["sex"].to_numpy()[:, None] == cells["sex"].to_numpy())  # fmt: skip
    inside = same & (low.to_numpy()[:, None] >= cells["age_from"].to_numpy()) & (high.to_numpy()[:, None] <= cells["age_to"].to_numpy())  # fmt: skip
    persons = pd.to_numeric(reached["persons"], errors="coerce")
    whole = persons.notna() & (persons >= 0) & (persons % 1 == 0)
    held = ", ".join(f"{sex} {age}" for sex, age in zip(cells["sex"], cells["age"]))
    faults = [
        Fault(say(f"{sex} {a:g}–{b:g} non sta in una cella", f"{sex} {a:g}–{b:g} lies in no one cell"), f"reached, {say('riga', 'row')} {row + 1}", held)
        for row, sex, a, b, bad in zip(reached.index, reached["sex"], low, high, inside.sum(axis=1) != 1) if bad
    ]  # fmt: skip
    faults += [
        Fault(say(f"persone: {value}", f"persons: {value}"), f"reached, {say('riga', 'row')} {row + 1}", say("un numero intero, 0 o più", "a whole number, 0 or more"))
        for row, value, good in zip(reached.index, reached["persons"], whole) if not good
    ]  # fmt: skip
    rows = list(zip(reached["sex"], low, high))
    faults += [
        Fault(say("riga doppia", "doubled row"), f"reached, {say('riga', 'row')} {row + 1}")
        for row, twice in zip(reached.index, pd.Series(rows).duplicated()) if twice
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    return inside.T.astype(float) @ persons.to_numpy(dtype=float)
