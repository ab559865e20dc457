"""Reach and cost under uncertainty: quasi-random draws of a scenario's lines, carried through to people, euro and P(target reached).

Draws are scrambled Sobol points (Owen 1998, Journal of Complexity 14:466; scipy.stats.qmc, linear matrix scramble and digital shift), in independent replicates that share nothing but the seed: the spread
between replicates measures the error of the simulation itself, apart from the uncertainty that the scenario declares. All areas use
the same draws (common random numbers). Take-up rates are common to all municipalities, so that their uncertainty does not average out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.stats import qmc

from analysis.errors import Fault, ParameterError, say
from analysis.scaling import cost
from analysis.scaling.compare import Difference
from analysis.scaling.scenario import STEPS, Scenario

REPLICATES = 16
BAND = (0.05, 0.95)
SETTLED = 0.005
LARGEST_BLOCK = 4_000_000
CACHED_BLOCK = 1 << 18  # numbers of which a few arrays fit the processor's own memory


@dataclass(frozen=True)
class Draws:
    """Values of every line, arrays (replicates, points); `rates`: share of the eligible who reach each step; `factor`: drawn relative
    error of the count of eligible people (ones where its uncertainty is not published), of standard error `relative_error`."""

    scenario: Scenario
    seed: int
    values: dict[str, np.ndarray]
    rates: dict[str, np.ndarray]
    factor: np.ndarray
    relative_error: float = 0.0

    @property
    def count(self) -> int:
        return self.factor.size

    def reached(self, step: str) -> np.ndarray:
        """Share of the *estimated* eligible people who reach `step`, the error of that estimate included; (replicates, points)."""
        return self.rates[step] * self.factor


def draw(scenario: Scenario, draws: int, seed: int, relative_error: float = 0.0) -> Draws:
    """At least `draws` quasi-random draws: REPLICATES scrambled Sobol nets of 2^m points each.

    `relative_error`: standard error of the total of eligible people, relative to it, drawn from a normal; 0 where none is published.
    """
    if draws < 4 * REPLICATES:
        raise ParameterError(
            Fault(
                say(f"{draws} estrazioni sono troppo poche", f"{draws} draws are too few"),
                "draws",
                f"≥ {4 * REPLICATES}",
            )
        )
    power = int(np.ceil(np.log2(draws / REPLICATES)))
    lines = scenario.lines
    points = nets(len(lines) + 1, power, seed)
    values = {f"{line.group}.{line.key}": line.quantile(points[..., i]) for i, line in enumerate(lines)}
    steps = np.cumprod(np.stack([values[f"takeup.{step}"] for step in STEPS]), axis=0)
    factor = count_error(points[..., -1], relative_error)
    return Draws(scenario, seed, values, dict(zip(STEPS, steps)), factor, relative_error)


def nets(dimensions: int, power: int, seed: int | np.random.SeedSequence) -> np.ndarray:
    """REPLICATES independently scrambled Sobol nets of 2^power points inside the unit cube: (replicates, points, dimensions)."""
    root = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    made = [
        qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(child)).random_base2(power)
        for child in root.spawn(REPLICATES)
    ]
    return np.clip(np.stack(made), 1e-9, 1 - 1e-9)


def count_error(u: np.ndarray, relative_error: float) -> np.ndarray:
    """Factor on the count of eligible people at the probabilities `u`: normal around one, not below zero; ones without an error."""
    return np.maximum(1 + relative_error * stats.norm.ppf(u), 0.0) if relative_error else np.ones(u.shape)


def band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Median and the 5th and 95th percentile over the last two axes (replicates, points)."""
    flat = values.reshape(*values.shape[:-2], -1)
    low, median, high = np.quantile(flat, (BAND[0], 0.5, BAND[1]), axis=-1)
    return median, low, high


def costs(drawn: Draws, eligible: float, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Managers and total cost (euro) of serving `places` municipalities that hold `eligible` people; (replicates, points).

    All who enrol are served and paid for, whether or not they are retained.
    """
    lines = {line.key: drawn.values[f"cost.{line.key}"] for line in drawn.scenario.costs}
    return cost.stepwise(eligible * drawn.reached("enrolled"), places, **lines)


def outcome(
    values: Mapping[str, np.ndarray],
    factor: np.ndarray,
    eligible: float | np.ndarray,
    places: float | np.ndarray,
    form: str = "steps",
) -> tuple[np.ndarray, np.ndarray]:
    """People retained and total cost (euro) at any values of the lines ("group.key", as in `Draws.values`), by broadcasting.

    `form`: the cost by steps, or by the power law of the cost per person retained ("power"), which needs two axes of draws or more.
    """
    enrolled = values["takeup.aware"] * values["takeup.interested"] * values["takeup.enrolled"]
    retained = eligible * (enrolled * values["takeup.retained"] * factor)
    lines = {key.partition(".")[2]: each for key, each in values.items() if key.startswith(_prefix(form))}
    if form == "power":
        lines["exponent"] = np.broadcast_to(lines["exponent"], retained.shape)
        return retained, retained * cost.unit_cost(retained, **lines)
    return retained, cost.stepwise(eligible * (enrolled * factor), places, **lines)[1]


def _prefix(form: str) -> str:
    return "power." if form == "power" else "cost."


@dataclass(frozen=True)
class Chance:
    """Probability that at least `target` people are retained, with a 95 % interval for the error of the simulation alone."""

    target: float
    probability: float
    low: float
    high: float
    draws: int

    def against(self, level: float) -> Difference:
        """The probability minus `level`, as a statement wants it."""
        return Difference(self.probability - level, self.low - level, self.high - level, self.draws)


def chance(drawn: Draws, eligible: float, target: float) -> Chance:
    """P(target reached): the mean over replicates, and Student's t interval between replicates, kept within 0–1."""
    return _chance(eligible * drawn.reached("retained") >= target, target)


def _chance(hit: np.ndarray, target: float) -> Chance:
    each = hit.mean(axis=1)
    spread = stats.t.ppf(0.975, len(each) - 1) * each.std(ddof=1) / np.sqrt(len(each))
    middle = float(each.mean())
    return Chance(target, middle, max(0.0, middle - spread), min(1.0, middle + spread), hit.size)


@dataclass(frozen=True)
class Convergence:
    """P(target) at each doubling of the draws; `change` of the last doubling (absolute) and whether it is under half a point."""

    steps: pd.DataFrame
    change: float
    settled: bool

    @property
    def margin(self) -> Difference:
        """The change of the last doubling minus the half point allowed: settled where it is negative."""
        over = self.change - SETTLED
        return Difference(over, over, over, int(self.steps["draws"].iloc[-1]))

    def table(self) -> pd.DataFrame:
        """draws, probability, low, high, change (percentage points)."""
        frame = self.steps.copy()
        frame.attrs["columns"] = {
            "draws": {"counts": "things"},
            "probability": {"unit": "share", "digits": 2},
            "low": {"low_of": "probability"},
            "high": {"high_of": "probability"},
            "step_change": {"unit": "share_points", "digits": 2},
        }
        return frame


def convergence(drawn: Draws, eligible: float, target: float, doublings: int = 6) -> Convergence:
    """P(target) from the first 2^k points of every replicate, up to all of them; settled when the last doubling moves it by < 0.5 points."""
    hit = eligible * drawn.reached("retained") >= target
    last = int(np.log2(hit.shape[1]))
    sizes = [2**k for k in range(max(1, last - doublings), last + 1)]
    found = [_chance(hit[:, :size], target) for size in sizes]
    steps = pd.DataFrame(
        {
            "draws": [size * len(hit) for size in sizes],
            "probability": [each.probability for each in found],
            "low": [each.low for each in found],
            "high": [each.high for each in found],
        }
    )
    steps["step_change"] = steps["probability"].diff()
    change = abs(float(steps["step_change"].iloc[-1]))
    return Convergence(steps, change, change < SETTLED)


def results(drawn: Draws, areas: Sequence[tuple[str, float, int]], target: float) -> pd.DataFrame:
    """One row an area (name, eligible people, municipalities) and form of cost (steps; power, where the scenario gives it).

    Columns: area, model, municipalities, eligible, probability of the target, and median, _low, _high (5th, 95th percentile) of retained,
    cost, per_person (cost per person retained). No unit cost is ever given without its band.
    """
    return pd.DataFrame([row for area in areas for row in _rows(drawn, *area, target)])


def reach(found: pd.DataFrame) -> pd.DataFrame:
    """The part of `results` that tells people: area, municipalities, eligible, retained with its band, probability."""
    names = ["area", "municipalities", "eligible", *_banded("retained"), "probability"]
    frame = found.loc[found["model"] == "steps", names].reset_index(drop=True)
    frame.attrs["columns"] = _specs(frame)
    return frame


def spending(found: pd.DataFrame) -> pd.DataFrame:
    """The part of `results` that tells euro: area, model, cost and per_person with their bands."""
    frame = found[["area", "model", *_banded("cost"), *_banded("per_person")]].reset_index(drop=True)
    frame.attrs["columns"] = _specs(frame)
    return frame


def _banded(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]


UNITS = {"retained": "persons", "cost": "euro", "per_person": "euro"}


def _specs(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Percentiles are measures of their own: they are no confidence intervals and are never printed as such."""
    known: dict[str, dict[str, object]] = {
        "area": {"labels": "area"},
        "model": {"labels": "model"},
        "municipalities": {"counts": "things"},
        "served": {"counts": "things"},
        "eligible": {"unit": "persons"},
        "target": {"unit": "persons"},
        "probability": {"unit": "share"},
        **{each: {"unit": unit, "digits": 0} for name, unit in UNITS.items() for each in _banded(name)},
    }
    return {name: known[name] for name in frame.columns}


def _rows(drawn: Draws, name: str, eligible: float, places: int, target: float) -> list[dict[str, object]]:
    forms = ("steps", "power") if drawn.scenario.power else ("steps",)
    rows = []
    for model in forms:
        retained, total = outcome(drawn.values, drawn.factor, eligible, places, model)
        row: dict[str, object] = {
            "area": name,
            "model": model,
            "municipalities": places,
            "eligible": eligible,
        }
        with np.errstate(divide="ignore", invalid="ignore"):
            unit = np.where(retained > 0, total / retained, np.nan)
        for key, values in (("retained", retained), ("cost", total), ("per_person", unit)):
            row[key], row[f"{key}_low"], row[f"{key}_high"] = (float(item) for item in band(values))
        rows.append({**row, "probability": chance(drawn, eligible, target).probability})
    return rows


def rollout(drawn: Draws, eligible: pd.Series, points: int = 40) -> pd.DataFrame:
    """Reach and cost as municipalities join in order of their eligible people, at about `points` sizes spread evenly on a log scale.

    Columns: places (municipalities served), eligible (their people), and median, low, high (5–95 %) of retained, cost, per_person.
    """
    ordered = np.cumsum(np.sort(eligible.to_numpy(dtype=float))[::-1])
    served = np.unique(np.geomspace(1, len(ordered), min(points, len(ordered))).round().astype(int))
    block = max(1, LARGEST_BLOCK // drawn.count)
    parts = [
        _rollout(drawn, ordered[served[start : start + block] - 1], served[start : start + block])
        for start in range(0, len(served), block)
    ]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["columns"] = _specs(frame)
    return frame


def _rollout(drawn: Draws, eligible: np.ndarray, served: np.ndarray) -> pd.DataFrame:
    people = eligible[:, None, None]
    retained = people * drawn.reached("retained")
    lines = {line.key: drawn.values[f"cost.{line.key}"] for line in drawn.scenario.costs}
    total = cost.stepwise(people * drawn.reached("enrolled"), served[:, None, None], **lines)[1]
    frame = pd.DataFrame({"served": served, "eligible": eligible})
    for name, values in (
        ("retained", retained),
        ("cost", total),
        ("per_person", total / np.maximum(retained, 1e-9)),
    ):
        frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = band(values)
    return frame


def by_place(drawn: Draws, eligible: pd.Series) -> pd.DataFrame:
    """Each municipality as if it were served alone: its eligible people, and median, _low, _high (5th, 95th percentile) of retained and cost.

    `eligible`: persons by municipality; the rows keep its index. The cost is by steps, the fixed cost included, so that costs do not add up to
    that of an area. Retained people are in proportion to the eligible, so that their percentiles are those of one distribution, scaled; cost is not,
    and is worked out draw by draw, a few municipalities at a time: no array of draws × municipalities is ever whole in memory.
    """
    people = eligible.to_numpy(dtype=float)
    rates = people[:, None] * _percentiles(np.sort(drawn.reached("retained").ravel()))
    enrolled = drawn.reached("enrolled").ravel()
    lines = {line.key: drawn.values[f"cost.{line.key}"].ravel() for line in drawn.scenario.costs}
    base = lines["fixed"] + lines["place"]
    size = max(1, CACHED_BLOCK // drawn.count)
    served, total = np.empty((2, size, drawn.count))
    spent = np.empty((len(people), 3))
    for start in range(0, len(people), size):
        some = people[start : start + size, None]
        here, sums = served[: len(some)], total[: len(some)]
        np.multiply(some, enrolled, out=here)
        np.divide(here, lines["capacity"], out=sums)
        np.ceil(sums, out=sums)
        sums *= lines["manager"]
        sums += base
        here *= lines["person"]
        sums += here
        sums.sort(axis=-1)
        spent[start : start + size] = _percentiles(sums)
    frame = pd.DataFrame({"eligible": people}, index=eligible.index)
    frame[_banded("retained")], frame[_banded("cost")] = rates, spent
    frame.attrs["columns"] = _specs(frame)
    return frame


def _percentiles(ordered: np.ndarray) -> np.ndarray:
    """Median, 5th and 95th percentile along the last axis, which is in ascending order; interpolated linearly, as `band` does."""
    at = np.array([0.5, *BAND]) * (ordered.shape[-1] - 1)
    below = at.astype(int)
    low, high = ordered[..., below], ordered[..., np.minimum(below + 1, ordered.shape[-1] - 1)]
    return low + (high - low) * (at - below)


def exceedance(
    drawn: Draws, areas: Sequence[tuple[str, float, int]], targets: np.ndarray | None = None
) -> pd.DataFrame:
    """P(at least `target` people retained) for each area and target. Columns: area, target, probability.

    Without `targets`: 120 of them, evenly on a log scale from what the smallest area almost surely retains to what the largest hardly does.
    """
    rates = np.sort(drawn.reached("retained").ravel())
    if targets is None:
        sizes = [eligible for _, eligible, _ in areas]
        targets = np.geomspace(
            max(1.0, rates[len(rates) // 200] * min(sizes)),
            max(2.0, rates[-1 - len(rates) // 200] * max(sizes)),
            120,
        )
    frames = []
    for name, eligible, _ in areas:
        below = np.searchsorted(rates * eligible, targets, side="left")
        frames.append(pd.DataFrame({"area": name, "target": targets, "probability": 1 - below / len(rates)}))
    frame = pd.concat(frames, ignore_index=True)
    frame.attrs["columns"] = _specs(frame)
    return frame


def aim(target: float) -> pd.DataFrame:
    """The target as a table of one cell, for the figures that mark it."""
    frame = pd.DataFrame({"target": [float(target)]})
    frame.attrs["columns"] = _specs(frame)
    return frame


def needed(drawn: Draws, eligible: pd.Series, target: float, level: float) -> int | None:
    """Fewest municipalities, in order of eligible people, that reach `target` with probability `level`; None where all of them do not."""
    ordered = np.cumsum(np.sort(eligible.to_numpy(dtype=float))[::-1])
    sure = float(np.quantile(drawn.reached("retained"), 1 - level))
    enough = np.flatnonzero(ordered * sure >= target)
    return int(enough[0]) + 1 if len(enough) else None
