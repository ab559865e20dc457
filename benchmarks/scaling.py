"""Scaling under uncertainty against the bare NumPy that each task needs, written out here, and against SciPy's Sobol indices with their bootstrap.

The demo's scenario. By municipality: at least 100,000 draws (131,072, whole nets) × 7,904 municipalities × one strategy, each municipality served
alone; for every one the median, 5th and 95th percentile of people retained and of cost. The bare side is given two ways: with what is known (retained people are in
proportion to the eligible, so that one sorted distribution serves all; cost is worked out and sorted by municipality), and without (both arrays, np.quantile).
Along the order of places: cumulated eligible people at 40 sizes, and the same percentiles of retained, cost and cost per person.
Both sides hold the same draws before the clock starts and go through blocks of municipalities, since draws × municipalities would be 8 GB.

Indices: a 95 % interval for every first-order and total index from the same number of evaluations, points × (lines + 2), of the same function, on the same kind of
points; ours from independent nets, SciPy's from 999 resamples (BCa, its default). With few points most of our time goes to the inverse
distribution functions of the lines, which both sides call. Precision is equated by these evaluations, and checked by a line of its own: the
mean over indices and rounds of the width of our interval over the width of SciPy's.

The roll-out has no rival: its lines give seconds and gap against the goals, one run each.

Sides take turns; medians. A line a figure: name, ours, rival, ratio, goal, met or short.
"""

from __future__ import annotations

import gc
import statistics
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy
from scipy import stats

from analysis.scaling import eligible, montecarlo, rollout, scenario, sensitivity, strategies
from analysis.study import territory

DEMO = Path(__file__).parents[1] / "data" / "demo" / "scenarios.toml"
DRAWS, PLACES, FEW_PLACES, SIZES = 100_000, 7_904, 494, 40
ROUNDS = 5
SEED, ERROR = 20260115, 0.05
BARE = f"bare NumPy {np.__version__}"
SCIPY = f"scipy {scipy.__version__} sobol_indices().bootstrap()"
LEVELS = (0.5, 0.05, 0.95)
LINEAR = 1.25
MEGABYTE = 1_000_000

Line = tuple[str, float, float, float, str, bool]


def seconds(task: Callable[[], Any]) -> float:
    gc.collect()
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def in_turns(*sides: Callable[[], Any]) -> list[float]:
    """Median seconds of each side over ROUNDS, taken in turns."""
    rounds = [[seconds(side) for side in sides] for _ in range(ROUNDS)]
    return [statistics.median(own) for own in zip(*rounds)]


def declared() -> scenario.Scenario:
    return scenario.read(tomllib.loads(DEMO.read_text(encoding="utf-8")))


def people(places: int) -> pd.Series:
    """Eligible people of municipalities whose sizes are spread as Italy's are, about: lognormal, a few hundred in the middle."""
    return pd.Series(np.random.default_rng(SEED).lognormal(4.6, 1.3, places))


# -- the floor: what NumPy must do, and nothing else -------------------------------------------------------------------


def columns(drawn: montecarlo.Draws) -> dict[str, np.ndarray]:
    names = ("enrolled", "retained")
    lines = {line.key: drawn.values[f"cost.{line.key}"].ravel() for line in drawn.scenario.costs}
    return lines | {f"to_{name}": drawn.reached(name).ravel() for name in names}


def bare_cost(d: dict[str, np.ndarray], some: np.ndarray, places: np.ndarray | int) -> np.ndarray:
    served = some[:, None] * d["to_enrolled"]
    return (
        d["fixed"]
        + d["place"] * places
        + d["manager"] * np.ceil(served / d["capacity"])
        + d["person"] * served
    )


def bare_by_place(d: dict[str, np.ndarray], eligible: np.ndarray, block: int = 2) -> Any:
    """One sorted distribution for retained people; cost by municipality, sorted in place."""
    count = len(d["fixed"])
    at = np.array(LEVELS) * (count - 1)
    below = at.astype(int)

    def between(ordered: np.ndarray) -> np.ndarray:
        return ordered[..., below] + (ordered[..., below + 1] - ordered[..., below]) * (at - below)

    retained = eligible[:, None] * between(np.sort(d["to_retained"]))
    found = np.empty((len(eligible), 3))
    for start in range(0, len(eligible), block):
        total = bare_cost(d, eligible[start : start + block], 1)
        total.sort(axis=-1)
        found[start : start + block] = between(total)
    return retained, found


def bare_quantiles(d: dict[str, np.ndarray], eligible: np.ndarray, block: int = 2) -> Any:
    """Both arrays in full, block by block, and np.quantile of each."""
    retained, found = np.empty((2, 3, len(eligible)))
    for start in range(0, len(eligible), block):
        some = eligible[start : start + block]
        retained[:, start : start + block] = np.quantile(some[:, None] * d["to_retained"], LEVELS, axis=-1)
        found[:, start : start + block] = np.quantile(bare_cost(d, some, 1), LEVELS, axis=-1)
    return retained.T, found.T


def bare_rollout(d: dict[str, np.ndarray], eligible: np.ndarray, block: int = 2) -> Any:
    ordered = np.cumsum(np.sort(eligible)[::-1])
    served = np.unique(np.geomspace(1, len(ordered), SIZES).round().astype(int))
    found = []
    for start in range(0, len(served), block):
        places = served[start : start + block]
        retained = ordered[places - 1, None] * d["to_retained"]
        total = bare_cost(d, ordered[places - 1], places[:, None])
        found.append(
            [np.quantile(each, LEVELS, axis=-1) for each in (retained, total, total / np.maximum(retained, 1e-9))]
        )  # fmt: skip
    return np.concatenate(found, axis=-1)


def same(frame: pd.DataFrame, bare: Any) -> bool:
    names = [f"{key}{end}" for key in ("retained", "cost") for end in ("", "_low", "_high")]
    return bool(np.allclose(frame[names].to_numpy(), np.hstack(bare), rtol=1e-9))


# -- the tasks: each yields its lines ----------------------------------------------------------------------------------


def by_place() -> Iterator[Line]:
    drawn = montecarlo.draw(declared(), DRAWS, SEED, ERROR)
    d = columns(drawn)
    every, few = people(PLACES), people(FEW_PLACES)
    assert same(montecarlo.by_place(drawn, few), bare_by_place(d, few.to_numpy()))
    assert same(montecarlo.by_place(drawn, few), bare_quantiles(d, few.to_numpy()))
    size = f"{drawn.count:,} draws x {{:,}} municipalities, percentiles by municipality"
    ours, floor = in_turns(
        lambda: montecarlo.by_place(drawn, every), lambda: bare_by_place(d, every.to_numpy())
    )
    yield f"{size.format(PLACES)}, against {BARE}, what is known used (s)", ours, floor, ours / floor, "<= 1.5", ours <= 1.5 * floor  # fmt: skip
    ours, plain = in_turns(lambda: montecarlo.by_place(drawn, few), lambda: bare_quantiles(d, few.to_numpy()))
    yield f"{size.format(FEW_PLACES)}, against {BARE}, both arrays and np.quantile (s)", ours, plain, ours / plain, "<= 1.5", ours <= 1.5 * plain  # fmt: skip


def along_places() -> Iterator[Line]:
    drawn = montecarlo.draw(declared(), DRAWS, SEED, ERROR)
    d, every = columns(drawn), people(PLACES)
    frame = montecarlo.rollout(drawn, every, SIZES)
    bare = bare_rollout(d, every.to_numpy())
    for name, three in zip(("retained", "cost", "per_person"), bare):
        assert np.allclose(frame[[name, f"{name}_low", f"{name}_high"]].to_numpy().T, three, rtol=1e-9)
    ours, floor = in_turns(
        lambda: montecarlo.rollout(drawn, every, SIZES), lambda: bare_rollout(d, every.to_numpy())
    )
    yield f"{drawn.count:,} draws x {len(frame)} sizes along the order of places, against {BARE} (s)", ours, floor, ours / floor, "<= 1.5", ours <= 1.5 * floor  # fmt: skip


def memory() -> Iterator[Line]:
    plan, every = declared(), people(PLACES)
    tracemalloc.start()
    drawn = montecarlo.draw(plan, DRAWS, SEED, ERROR)
    montecarlo.by_place(drawn, every.head(64))
    montecarlo.rollout(drawn, every, SIZES)
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    whole = drawn.count * PLACES * 8 / MEGABYTE
    yield "peak memory of draws, by municipality and along their order, against one array of draws x municipalities (MB)", peak, whole, whole / peak, "< 1000 MB", peak < 1000  # fmt: skip


def growth() -> Iterator[Line]:
    plan, few, twice = declared(), people(FEW_PLACES), people(2 * FEW_PLACES)
    small, large = (montecarlo.draw(plan, count, SEED, ERROR) for count in (DRAWS // 2, DRAWS))
    half, full = in_turns(lambda: montecarlo.by_place(small, few), lambda: montecarlo.by_place(large, few))
    yield f"time for {large.count:,} draws over twice that for {small.count:,} (s)", full, 2 * half, full / (2 * half), f"<= {LINEAR}", full <= LINEAR * 2 * half  # fmt: skip
    half, full = in_turns(lambda: montecarlo.by_place(large, few), lambda: montecarlo.by_place(large, twice))
    yield f"time for {len(twice):,} municipalities over twice that for {len(few):,} (s)", full, 2 * half, full / (2 * half), f"<= {LINEAR}", full <= LINEAR * 2 * half  # fmt: skip


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


class Inverse:
    """A line as SciPy wants a distribution: with `ppf`."""

    def __init__(self, ppf: Callable[[np.ndarray], np.ndarray]) -> None:
        self.ppf = ppf


def theirs(function: Callable[[np.ndarray], np.ndarray], dists: list[Any], points: int, seed: int) -> np.ndarray:  # fmt: skip
    """Widths of SciPy's intervals, (2, lines)."""
    found = stats.sobol_indices(func=function, n=points, dists=dists, rng=np.random.default_rng(seed))
    bounds = found.bootstrap()
    return np.stack([np.subtract(*each.confidence_interval[::-1]) for each in (bounds.first_order, bounds.total_order)])  # fmt: skip


def widths(found: sensitivity.Indices) -> np.ndarray:
    return np.stack([np.subtract(*found.interval(order)[::-1]) for order in ("first", "total")])


def sobol() -> Iterator[Line]:
    plan, eligible, places = declared(), 60_000.0, 200
    keys = list(sensitivity.entering(plan, "per_person", "steps", ERROR))
    lines = [Inverse(each) for each in sensitivity.quantiles(plan, keys, ERROR).values()]

    def per_person(values: np.ndarray) -> np.ndarray:
        at = dict(zip(keys, values[:, None]))
        retained, cost = sensitivity.outcome(plan, at, eligible, places, "steps")
        return (cost / retained)[0]

    def of_scenario(points: int) -> tuple[str, Callable[[int], np.ndarray], Callable[[int], np.ndarray]]:
        return (
            f"cost per person of the scenario, {len(keys)} lines, {points:,} points",
            lambda seed: widths(sensitivity.of_scenario(plan, eligible, places, plan.target, "per_person", points, seed, ERROR)),
            lambda seed: theirs(per_person, lines, points, seed),
        )  # fmt: skip

    toy = (
        "Ishigami, 8,192 points",
        lambda seed: widths(sensitivity.indices(ishigami, 3, 8192, seed)),
        lambda seed: theirs(ishigami, [stats.uniform()] * 3, 8192, seed),
    )
    cases = [toy, of_scenario(8192), of_scenario(2048)]
    for name, mine, rival in cases:
        mine(0)
        times: list[list[float]] = [[], []]
        ratios = []
        for seed in range(1, ROUNDS + 1):
            wide: list[np.ndarray] = []
            for own, side in zip(times, (mine, rival)):
                start = time.perf_counter()
                wide.append(side(seed))
                own.append(time.perf_counter() - start)
            ratios.append(wide)
        ours, slow = (statistics.median(own) for own in times)
        a, b = np.array(ratios).mean(axis=(0, 2, 3))
        yield f"Sobol indices with 95 % intervals, {name}, the same evaluations, against {SCIPY} (s)", ours, slow, slow / ours, ">= 40", slow >= 40 * ours  # fmt: skip
        yield f"mean width of these intervals, {name}, against {SCIPY}", a, b, a / b, "<= 1", a <= b


def rollouts() -> Iterator[Line]:
    """Seconds and gap of the roll-out over Italy, against the goals themselves: five years are reported only."""
    cells = pd.DataFrame(
        {"sex": ["f", "m"], "age_from": [18, 18], "age_to": [64, 64], "value": [0.094, 0.059]}
    )
    towns = eligible.estimate(territory.read_municipalities(), cells).places
    plan = scenario.read(tomllib.loads(DEMO.read_text(encoding="utf-8")))
    values = strategies.middle(montecarlo.draw(plan, 16_384, SEED))
    for years, top in ((3, 20e6), (5, 25e6)):
        began = time.perf_counter()
        found = rollout.plan(towns, values, rollout.Terms(rollout.ramp(top, years), floor=0.1))
        took = time.perf_counter() - began
        name = f"roll-out, {len(towns)} municipalities, {years} years, floor 10 %, HiGHS"
        goal = "<= 1" if years == 3 else "-"
        yield f"{name}: seconds, against the goal", took, 60.0, took / 60, goal, took <= 60
        yield f"{name}: gap, against the goal", found.gap, 0.001, found.gap / 0.001, goal, found.gap <= 0.001


TASKS: list[Callable[[], Iterator[Line]]] = [by_place, along_places, memory, growth, sobol, rollouts]


def main() -> None:
    for task in TASKS:
        for name, ours, rival, ratio, goal, met in task():
            print(f"{name}\t{ours:.3f}\t{rival:.3f}\t{ratio:.2f}\t{goal}\t{'met' if met else 'short'}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
