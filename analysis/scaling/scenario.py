"""A scenario as its author declares it: take-up and cost, line by line, each a distribution with a source or an assumption.

What belongs here: the form of `scenarios.toml` and the inverse distribution functions. What does not: drawing (montecarlo.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import Fault, StudyError, say

STEPS = ("aware", "interested", "enrolled", "retained")
COSTS = {"fixed": "euro", "place": "euro", "manager": "euro", "capacity": "persons", "person": "euro"}
POWER = {"pilot_people": "persons", "pilot_unit_cost": "euro", "exponent": "number"}
DECISION = {"value": "euro", "budget": "euro", "survey_fixed": "euro", "survey_person": "euro"}
SHAPES = {
    "fixed": ("value",),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "pert": ("low", "mode", "high"),
    "lognormal": ("low", "high"),
}
QUANTILE_95 = 1.959963984540054


@dataclass(frozen=True)
class Line:
    """One declared quantity: its distribution, unit, and the basis in both languages ("assumption of …" or a source).

    fixed: `mode` with probability one. uniform, triangular: as named. pert: beta on [low, high] with shape 1 + 4 (mode − low)/(high − low)
    and 1 + 4 (high − mode)/(high − low). lognormal: low and high are its 2.5th and 97.5th percentiles.
    """

    key: str
    group: str
    distribution: str
    low: float
    mode: float
    high: float
    unit: str
    basis: Mapping[str, str]

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """Values at the probabilities `u` (0–1), same shape."""
        low, mode, width = self.low, self.mode, self.high - self.low
        if self.distribution == "fixed":
            return np.full_like(u, mode)
        if self.distribution == "uniform":
            return low + width * u
        if self.distribution == "triangular":
            return stats.triang.ppf(u, (mode - low) / width, loc=low, scale=width)
        if self.distribution == "pert":
            a = 1 + 4 * (mode - low) / width
            return stats.beta.ppf(u, a, 6 - a, loc=low, scale=width)
        middle, spread = (np.log(low) + np.log(self.high)) / 2, np.log(self.high / low) / (2 * QUANTILE_95)
        return np.exp(middle + spread * stats.norm.ppf(u))


@dataclass(frozen=True)
class Scenario:
    """A declared scenario: title, target (people retained), cost and take-up lines in the order of their use; `power` and `decision` may be empty.

    The lines of `decision` are fixed sums on which nothing is drawn: what is to be decided with, and what knowing more would cost.
    """

    title: Mapping[str, str]
    target: float
    target_basis: Mapping[str, str]
    takeup: tuple[Line, ...]
    costs: tuple[Line, ...]
    power: tuple[Line, ...]
    decision: tuple[Line, ...] = ()

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines that are drawn."""
        return self.takeup + self.costs + self.power

    def sum(self, key: str) -> Line | None:
        """The line of the decision with that key."""
        return next((line for line in self.decision if line.key == key), None)

    def table(self, group: str) -> pd.DataFrame:
        """The lines of one group (takeup, cost, power, decision) as printed: line, distribution, low, mode, high, unit, basis."""
        lines = [line for line in self.lines + self.decision if line.group == group]
        frame = pd.DataFrame(
            {
                "line": [line.key for line in lines],
                "distribution": [line.distribution for line in lines],
                **{
                    name: np.array([getattr(line, name) for line in lines], dtype=float)
                    for name in ("low", "mode", "high")
                },
                "basis": [dict(line.basis) for line in lines],
            }
        )
        if group in ("cost", "decision"):
            frame.insert(2, "per", [line.unit for line in lines])
        unit = {"takeup": {"unit": "share", "digits": 0}, "power": {"unit": "number", "digits": 2}}.get(
            group, {"unit": "number", "digits": 0}
        )
        frame.attrs["columns"] = {
            "low": unit,
            "mode": unit,
            "high": unit,
            "basis": {"text": True},
        }
        return frame


def read(raw: Mapping[str, Any], where: str = "scenarios.toml") -> Scenario:
    """The scenario of a parsed `scenarios.toml`; every fault is raised at once as a StudyError.

    Required: `title` {it, en}, `target` (people) with `target_basis` {it, en}, `[takeup.<step>]` for aware, interested, enrolled,
    retained, `[cost.<line>]` for fixed, place, manager, capacity, person. Optional: `[power.<line>]` for pilot_people,
    pilot_unit_cost, exponent: the exponent of a cost curve has no default; `[decision.<line>]`, all fixed, for value (of a person retained),
    budget (a year), survey_fixed, survey_person (cost of asking).
    """
    faults: list[Fault] = []
    allowed = {"title", "target", "target_basis", "takeup", "cost", "power", "decision"}
    faults += [
        Fault(say(f"voce «{key}» sconosciuta", f"unknown entry '{key}'"), where, ", ".join(sorted(allowed)))
        for key in sorted(set(raw) - allowed)
    ]
    for key in ("title", "target_basis"):
        faults += _texts(raw.get(key), f"{where} {key}")
    target = raw.get("target")
    if not isinstance(target, (int, float)) or target <= 0:
        faults.append(Fault(say("traguardo non valido", "no valid target"), f"{where} target", "> 0"))
    takeup = _group(raw, "takeup", dict.fromkeys(STEPS, "share"), where, faults)
    costs = _group(raw, "cost", COSTS, where, faults)
    power = _group(raw, "power", POWER, where, faults) if "power" in raw else ()
    decision = _group(raw, "decision", DECISION, where, faults) if "decision" in raw else ()
    faults += [
        Fault(say("non è un valore fisso", "is no fixed value"), f"{where} [decision.{line.key}]", "fixed")
        for line in decision
        if line.distribution != "fixed"
    ]
    if faults:
        raise StudyError(faults)
    return Scenario(
        dict(raw["title"]), float(raw["target"]), dict(raw["target_basis"]), takeup, costs, power, decision
    )


def _group(
    raw: Mapping[str, Any], group: str, units: Mapping[str, str], where: str, faults: list[Fault]
) -> tuple[Line, ...]:
    given = raw.get(group, {})
    faults += [
        Fault(
            say(f"riga «{key}» sconosciuta", f"unknown line '{key}'"), f"{where} [{group}]", ", ".join(units)
        )
        for key in sorted(set(given) - set(units))
    ]
    lines = []
    for key, unit in units.items():
        place = f"{where} [{group}.{key}]"
        if key not in given:
            faults.append(Fault(say("manca", "is missing"), place))
            continue
        found = _line_faults(given[key], unit, key, place)
        faults += found
        if not found:
            lines.append(_line(given[key], key, group, unit))
    return tuple(lines)


def _line_faults(line: Mapping[str, Any], unit: str, key: str, where: str) -> list[Fault]:
    shape = line.get("distribution")
    if shape not in SHAPES:
        return [
            Fault(
                say(f"distribuzione «{shape}» sconosciuta", f"unknown distribution '{shape}'"),
                where,
                ", ".join(SHAPES),
            )
        ]
    faults = _texts(line.get("basis"), f"{where} basis")
    needed = SHAPES[shape]
    if set(line) != {"distribution", "basis", *needed} or not all(_is_number(line.get(n)) for n in needed):
        return [
            *faults,
            Fault(
                say("voci o numeri mancanti o di troppo", "entries or numbers missing or too many"),
                where,
                ", ".join(("distribution", "basis", *needed)),
            ),
        ]
    values = [float(line[name]) for name in needed]
    if values != sorted(values) or (len(values) > 1 and values[0] == values[-1]):
        faults.append(
            Fault(say("valori non in ordine", "values out of order"), where, "low ≤ mode ≤ high, low < high")
        )
    top = 1.0 if unit == "share" else np.inf
    bottom = -np.inf if key == "exponent" else 0.0
    positive = shape == "lognormal" or key in ("capacity", "pilot_people", "pilot_unit_cost")
    if values[0] < bottom or values[-1] > top or (positive and values[0] <= 0):
        allowed = "0–1" if unit == "share" else "> 0" if positive else "≥ 0"
        faults.append(Fault(say("valore fuori dai limiti", "value out of range"), where, allowed))
    return faults


def _line(line: Mapping[str, Any], key: str, group: str, unit: str) -> Line:
    fixed = line.get("value")
    low, high = float(line.get("low", fixed)), float(line.get("high", fixed))
    shape = str(line["distribution"])
    middle = {"uniform": (low + high) / 2, "lognormal": float(np.sqrt(low * high)) if low > 0 else np.nan}
    mode = float(line["mode"]) if "mode" in line else middle.get(shape, low)
    return Line(key, group, shape, low, mode, high, unit, dict(line["basis"]))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _texts(value: object, where: str) -> list[Fault]:
    if isinstance(value, Mapping) and value.get("it") and value.get("en"):
        return []
    return [
        Fault(say("manca il testo in una lingua", "a language is missing"), where, '{ it = "…", en = "…" }')
    ]
