"""Cost as a function of size, over the draws of a scenario: unit cost with its band, and the size at which it falls to a value or below another form of cost.

Size is the number of people served, that is enrolled and paid for; cost is per person retained. No unit cost is had here without its band: `UnitCosts`
takes draws and keeps their 5th, 50th and 95th percentile, and nothing else gives one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import Fault, ParameterError, say
from analysis.scaling import cost
from analysis.scaling.montecarlo import BAND, LARGEST_BLOCK, Draws

MODELS = ("steps", "power")
LEAST_DRAWS = 64
STEP = 1e-12  # relative slack before a whole manager more is counted: the error of floating point, not of the data


@dataclass(frozen=True, eq=False)
class UnitCosts:
    """Cost per person retained (euro) at each of `sizes` people served, in each form of cost: median and the bounds of the band, arrays (models, sizes)."""

    sizes: np.ndarray
    models: tuple[str, ...]
    median: np.ndarray
    low: np.ndarray
    high: np.ndarray
    draws: int

    def __post_init__(self) -> None:
        shape = (len(self.models), len(self.sizes))
        held = [np.asarray(part) for part in (self.median, self.low, self.high)]
        ordered = all(part.shape == shape for part in held) and bool(
            (self.low <= self.median).all() and (self.median <= self.high).all()
        )
        if not ordered or self.draws < LEAST_DRAWS:
            raise ParameterError(
                Fault(
                    say("un costo unitario senza la sua fascia", "a unit cost without its band"),
                    "UnitCosts",
                    f"low ≤ median ≤ high, {shape}; ≥ {LEAST_DRAWS} {say('estrazioni', 'draws')}",
                )
            )

    def table(self) -> pd.DataFrame:
        """One row a form of cost and size: model, people_served, per_person, per_person_low, per_person_high (5th, 95th percentile)."""
        frame = pd.DataFrame(
            {
                "model": np.repeat(np.array(self.models, dtype=object), len(self.sizes)),
                "people_served": np.tile(self.sizes, len(self.models)),
                "per_person": self.median.ravel(),
                "per_person_low": self.low.ravel(),
                "per_person_high": self.high.ravel(),
            }
        )
        euro = {"unit": "euro", "digits": 0}
        frame.attrs["columns"] = {
            "model": {"labels": "model"},
            "people_served": {"unit": "persons"},
            **dict.fromkeys(("per_person", "per_person_low", "per_person_high"), euro),
        }
        return frame


@dataclass(frozen=True, eq=False)
class BreakEven:
    """Sizes (people served) over the draws, (cases, draws); infinite where a draw never gets there. `values`: what is to be reached, a value in euro for each case, or NaN."""

    values: np.ndarray
    sizes: np.ndarray
    first: np.ndarray | None = None

    @property
    def never(self) -> np.ndarray:
        """Share of the draws that never get there, for each case."""
        return np.asarray(np.isinf(self.sizes).mean(axis=1))

    def within(self, people: np.ndarray | float) -> np.ndarray:
        """Share of the draws in which the size is at most `people`, a number or draws (draws,), as the people whom an area enrols."""
        return np.asarray((self.sizes <= np.ravel(people)).mean(axis=1))

    def table(self) -> pd.DataFrame:
        """value, size, size_low, size_high (5th, 50th, 95th percentile of all draws; missing where that percentile is never reached), never (share of draws), draws."""
        low, middle, high = _percentiles(self.sizes)
        frame = pd.DataFrame(
            {
                "value": self.values,
                "size": middle,
                "size_low": low,
                "size_high": high,
                "never": self.never,
                "draws": self.sizes.shape[1],
            }
        )
        if self.first is not None:
            frame.insert(4, "first", _percentiles(self.first)[1])
        size = {"unit": "persons", "n": "draws"}
        frame.attrs["columns"] = {
            "value": {"unit": "euro", "digits": 0, "n": "draws"},
            **{name: size for name in ("size", "size_low", "size_high", "first") if name in frame},
            "never": {"unit": "share", "digits": 1, "n": "draws"},
            "draws": {"counts": "things"},
        }
        if np.isnan(self.values).all():
            frame = frame.drop(columns="value")
            del frame.attrs["columns"]["value"]
        return frame


def unit_costs(drawn: Draws, sizes: Sequence[float] | np.ndarray, places: int, models: Sequence[str] = MODELS) -> UnitCosts:  # fmt: skip
    """Cost per person retained when `sizes` people are served in `places` municipalities, with its band over the draws.

    `models`: steps, power; a power law is left out where the scenario declares none.
    """
    at = _sizes(sizes)
    held = tuple(model for model in models if model == "steps" or drawn.scenario.power)
    block = max(1, LARGEST_BLOCK // drawn.count)
    parts = [
        np.stack([_bands(per_person(drawn, at[start : start + block], places, model)) for model in held])
        for start in range(0, len(at), block)
    ]
    low, median, high = np.moveaxis(np.concatenate(parts, axis=2), 1, 0)
    return UnitCosts(at, held, median, low, high, drawn.count)


def around(drawn: Draws, eligible: float, places: int, points: int = 60) -> UnitCosts:
    """`unit_costs` at `points` sizes on a log scale, from a fiftieth to twice the people whom `places` municipalities with `eligible` people enrol in the median draw."""
    middle = float(np.median(drawn.reached("enrolled"))) * eligible
    return unit_costs(drawn, np.geomspace(max(middle / 50, 1.0), max(middle * 2, 2.0), points), places)


def over_values(drawn: Draws, places: int, value: float | None = None, points: int = 60) -> BreakEven:
    """`at_value` at `points` values: up to twice `value` (euro per person retained), or without it twice the median cost that many people would come to."""
    line = {key: drawn.values[f"cost.{key}"] for key in ("manager", "capacity", "person")}
    many = np.median((line["manager"] / line["capacity"] + line["person"]) / drawn.values["takeup.retained"])
    top = 2 * max(float(many), value or 0.0)
    return at_value(drawn, np.linspace(top / 4, top, points), places)


def per_person(drawn: Draws, sizes: np.ndarray, places: int, model: str) -> np.ndarray:
    """Cost per person retained (euro) in every draw: (sizes, replicates, points). steps: total of the enrolled over the retained; power: at the size of the retained."""
    served = _sizes(sizes)[:, None, None]
    retained = served * drawn.values["takeup.retained"]
    group = {"steps": drawn.scenario.costs, "power": drawn.scenario.power}.get(model, ())
    if not group:
        raise ParameterError(
            Fault(
                say(f"lo scenario non ha la forma «{model}»", f"the scenario has no form '{model}'"),
                "model",
                ", ".join(MODELS),
            )
        )
    lines = {line.key: drawn.values[f"{line.group}.{line.key}"] for line in group}
    if model == "power":
        return cost.unit_cost(retained, **lines)
    total = cost.stepwise(served, places, **lines)[1]
    return np.divide(total, retained, out=np.full(retained.shape, np.inf), where=retained > 0)


def at_value(drawn: Draws, values: Sequence[float] | np.ndarray | float, places: int) -> BreakEven:
    """People served from which stepwise cost per person retained stays at or below each of `values` (euro per person), draw by draw.

    With F = fixed + place × places, m a manager, c the people whom one follows, v per person and r the share retained, step k costs
    F + m k + v Q for Q up to k c, and is at most V r Q from q(k) = (F + m k) / (V r − v). `first` is q at the first step that holds it; a further manager
    can lift the cost above V again, and the size returned is q at the last step where it does. Never, where c (V r − v) ≤ m.
    """
    wanted = np.atleast_1d(np.asarray(values, dtype=float))
    if not (np.isfinite(wanted) & (wanted > 0)).all() or places < 0:
        raise ParameterError(
            Fault(
                say("valore per persona non positivo", "a value per person that is not positive"),
                "values",
                "> 0",
            )
        )
    line = {key: drawn.values[f"cost.{key}"].ravel() for key in ("fixed", "place", "manager", "capacity", "person")}  # fmt: skip
    constant = line["fixed"] + line["place"] * places
    left = wanted[:, None] * drawn.values["takeup.retained"].ravel() - line["person"]
    gain = line["capacity"] * left - line["manager"]
    ever = gain > 0
    safe = np.where(ever, gain, 1.0)
    first = np.maximum(np.ceil(constant / safe * (1 - STEP)), 1)
    last = np.ceil((constant + line["capacity"] * left) / safe * (1 - STEP)) - 1
    sizes, firsts = (
        np.where(
            ever, (constant + line["manager"] * step) / np.where(ever, left, 1.0), np.where(ever, 0.0, np.inf)
        )
        for step in (last, first)
    )
    return BreakEven(wanted, sizes, firsts)


def cheaper(drawn: Draws, other: Draws, sizes: Sequence[float] | np.ndarray, places: int, models: tuple[str, str]) -> BreakEven:  # fmt: skip
    """People served from which form `models[0]` under `drawn` is and stays no dearer per person than `models[1]` under `other`, up to the largest of `sizes`.

    Two forms of one scenario (`other` is `drawn`), or two scenarios drawn with the same seed and number of draws. Sizes between those given are interpolated in ln of the ratio of costs; a draw that
    is no dearer all along gets the smallest size, one still dearer at the largest is infinite: beyond what was asked, nothing is said.
    """
    if drawn.factor.shape != other.factor.shape or drawn.seed != other.seed:
        raise ParameterError(
            Fault(
                say("estrazioni non appaiate", "draws that are not paired"),
                "drawn, other",
                say("stesso seme e stesso numero", "the same seed and number"),
            )
        )
    at = _sizes(sizes)
    block = max(1, LARGEST_BLOCK // drawn.count)
    gaps = np.concatenate(
        [
            np.log(per_person(drawn, at[start : start + block], places, models[0]))
            - np.log(per_person(other, at[start : start + block], places, models[1]))
            for start in range(0, len(at), block)
        ]
    ).reshape(len(at), -1)
    dearer = gaps > 0
    last = len(at) - 1 - dearer[::-1].argmax(axis=0)
    before, after = np.clip(last, 0, len(at) - 2), np.clip(last + 1, 1, len(at) - 1)
    draws = np.arange(gaps.shape[1])
    rise, fall = gaps[before, draws], gaps[after, draws]
    part = np.clip(np.divide(rise, rise - fall, out=np.zeros_like(rise), where=rise > fall), 0.0, 1.0)
    crossed = np.exp(np.log(at[before]) + part * (np.log(at[after]) - np.log(at[before])))
    found = np.select([~dearer.any(axis=0), dearer[-1]], [at[0], np.inf], crossed)
    return BreakEven(np.array([np.nan]), found[None, :])


def _percentiles(sizes: np.ndarray) -> np.ndarray:
    """5th, 50th and 95th percentile (3, cases) by the inverse of the distribution, so that "never" is not averaged; missing where the percentile is never reached."""
    found = np.quantile(sizes, (BAND[0], 0.5, BAND[1]), axis=1, method="inverted_cdf")
    return np.where(np.isinf(found), np.nan, found)


def _bands(values: np.ndarray) -> np.ndarray:
    """5th, 50th and 95th percentile over the draws: (3, sizes)."""
    return np.quantile(values.reshape(len(values), -1), (BAND[0], 0.5, BAND[1]), axis=1)


def _sizes(sizes: Sequence[float] | np.ndarray) -> np.ndarray:
    at = np.asarray(sizes, dtype=float)
    if at.ndim != 1 or not len(at) or not (at > 0).all() or (np.diff(at) <= 0).any():
        raise ParameterError(
            Fault(
                say("dimensioni non crescenti o non positive", "sizes not increasing or not positive"),
                "sizes",
                "0 < … < …",
            )
        )
    return at
