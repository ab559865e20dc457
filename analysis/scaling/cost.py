"""How cost grows with the people served: fixed and stepwise costs, and the power law of unit cost.

A power law's exponent is always given by the user, with its source; there is no default.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


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
    """Cost per person served at the size `people`: pilot_unit_cost × (people / pilot_people)^exponent, that is ln AC = a + b ln Q."""
    return np.asarray(pilot_unit_cost) * (
        np.asarray(people, dtype=float) / np.asarray(pilot_people)
    ) ** np.asarray(exponent)


def doubling(exponent: ArrayLike) -> np.ndarray:
    """Relative change of unit cost when the people served double: 2^b − 1."""
    return 2.0 ** np.asarray(exponent, dtype=float) - 1.0


def exponent(reduction: ArrayLike) -> np.ndarray:
    """The exponent b of a curve on which each doubling lowers unit cost by the share `reduction`: b = log2(1 − reduction)."""
    return np.log2(1.0 - np.asarray(reduction, dtype=float))
