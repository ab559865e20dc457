"""How cost grows with the people served: fixed and stepwise costs, the power law of unit cost, and how far published doublings spread.

A power law's exponent is always given by the user, draw by draw and with its source: there is no default, and a single scaled unit cost cannot
be had (breakeven.py gives unit costs with their band). The published doublings illustrate and feed nothing.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import EstimateError, Fault, say

LEAST_DRAWS = 2


def stepwise(
    people: ArrayLike,
    places: ArrayLike,
    *,
    fixed: ArrayLike,
    place: ArrayLike,
    manager: ArrayLike,
    capacity: ArrayLike,
    person: ArrayLike,
) -> tuple[np.ndarray, np.ndarray]:
    """Managers needed and total cost (euro), by broadcasting.

    managers = ⌈people / capacity⌉, whole people at work across the area; cost = fixed + place × places + manager × managers + person × people.
    """
    people = np.asarray(people, dtype=float)
    managers = np.ceil(people / np.asarray(capacity))
    cost = (
        np.asarray(fixed)
        + np.asarray(place) * places
        + np.asarray(manager) * managers
        + np.asarray(person) * people
    )
    return managers, cost


def unit_cost(
    people: ArrayLike, pilot_people: ArrayLike, pilot_unit_cost: ArrayLike, exponent: ArrayLike
) -> np.ndarray:
    """Cost per person served at the size `people`, in every draw: pilot_unit_cost × (people / pilot_people)^exponent, that is ln AC = a + b ln Q.

    `exponent` (replicates, points) holds draws, even where all are equal: one number would give a unit cost without its band, and is refused.
    """
    b = np.asarray(exponent, dtype=float)
    if b.ndim < 2 or b.shape[-2] * b.shape[-1] < LEAST_DRAWS:
        raise EstimateError(
            Fault(
                say("un costo unitario senza la sua fascia", "a unit cost without its band"),
                "unit_cost, exponent",
                say("estrazioni (repliche, punti)", "draws (replicates, points)"),
                say("Usare breakeven.unit_costs.", "Use breakeven.unit_costs."),
            )
        )
    return np.asarray(pilot_unit_cost) * (np.asarray(people, dtype=float) / np.asarray(pilot_people)) ** b


def doubling(exponent: ArrayLike) -> np.ndarray:
    """Relative change of unit cost when the people served double: 2^b − 1."""
    return 2.0 ** np.asarray(exponent, dtype=float) - 1.0


def exponent(reduction: ArrayLike) -> np.ndarray:
    """The exponent b of a curve on which each doubling lowers unit cost by the share `reduction`: b = log2(1 − reduction)."""
    return np.log2(1.0 - np.asarray(reduction, dtype=float))


@dataclass(frozen=True)
class Doublings:
    """Published decreases of unit cost when output doubles: `figures` country, service, reduction, exponent, p, r2; whose programmes (`title`), the
    caution about `transfer`, the `source`, its citation key, and the mean, least and greatest that its abstract prints. An illustration only."""

    figures: pd.DataFrame
    title: Mapping[str, str]
    transfer: Mapping[str, str]
    source: Mapping[str, str]
    reference: str
    published: Mapping[str, float]

    def table(self) -> pd.DataFrame:
        """Largest decrease first: country, service (missing where the copy does not tell it), reduction, exponent, r2, p."""
        frame = self.figures.sort_values("reduction", ascending=False, ignore_index=True)
        frame.attrs["columns"] = {
            "country": {"text": True},
            "service": {"text": True},
            "reduction": {"unit": "share", "digits": 1},
            "exponent": {"unit": "number", "digits": 3},
            "r2": {"unit": "index", "digits": 2},
            "p": {"unit": "p", "digits": 3},
        }
        return frame

    def caution(self) -> pd.DataFrame:
        """One row for the figure that must carry it: title, transfer, reference (texts)."""
        frame = pd.DataFrame(
            {
                "title": [dict(self.title)],
                "transfer": [dict(self.transfer)],
                "reference": [dict(self.source)],
            }
        )
        frame.attrs["columns"] = {key: {"text": True} for key in ("title", "transfer", "reference")}
        return frame


@lru_cache
def doublings() -> Doublings:
    """The figures of `doubling.toml` (PANCEA: HIV prevention in low- and middle-income countries)."""
    path = resources.files("analysis.scaling") / "doubling.toml"
    facts: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    rows = facts["figures"]
    figures = pd.DataFrame(
        {
            "country": [dict(facts["countries"][row["country"]]) for row in rows],
            "service": [
                dict(facts["services"][row["service"]]) if "service" in row else None for row in rows
            ],
            **{key: [float(row[key]) for row in rows] for key in ("reduction", "r2", "p")},
        }
    )
    figures.insert(3, "exponent", exponent(figures["reduction"]))
    return Doublings(
        figures, facts["title"], facts["transfer"], facts["source"], facts["reference"], facts["published"]
    )
