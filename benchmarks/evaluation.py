"""Evaluation and fundraising against the loops that one would otherwise write: group-time effects of many panels, placebo rankings, forecasts of proposals.

The panels are drawn from the simulator's truth (24 units, six semesters); the rival estimates them one at a time with diff-diff, timed on a sample and extrapolated. The
placebo ranking goes through all choices of 5 of 16 clusters of 20 persons each; the rival fits the regression of each choice with statsmodels, timed on
a sample and extrapolated. The forecast draws 10,000 times the end of 200 open proposals; the rival does the same trials in a Python loop, timed on a part.
Each side holds its data ready before the clock starts; sides take turns; medians. A line a figure: name, ours, rival, ratio, goal, met or short.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Iterator
from itertools import combinations, islice
from typing import NamedTuple

import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm

from analysis.impact import influence, placebo
from analysis.resources import forecast, proposals
from analysis.simulate import evaluation, truth

PANELS, PANEL_SAMPLE = 200, 10
CLUSTERS, TREATED, PERSONS, CHOICES = 16, 5, 20, 40
OPEN, DRAWS, DRAW_SAMPLE = 200, 10_000, 200
EQUAL = 1e-6


class Task(NamedTuple):
    """One comparison: what each side runs and returns (a value that must agree), rounds of each, the least ratio aimed at, and what the rival's time is multiplied by."""

    name: str
    ours: Callable[[], float]
    rival: Callable[[], float]
    rounds: tuple[int, int]
    goal: float
    part: float


def of_panels() -> Iterator[Task]:
    import diff_diff

    drawn = evaluation.panels(truth.load(), 11, PANELS)
    periods = np.arange(1, drawn.values.shape[2] + 1)
    frames = [drawn.frame(k) for k in range(PANEL_SAMPLE)]
    frames = [each.assign(first=each["adopted"].fillna(0).astype(int)) for each in frames]

    def ours() -> float:
        estimate, _ = influence.simple(influence.cells(drawn.values, periods, drawn.adopted))
        return float(estimate[:PANEL_SAMPLE].sum())

    def rival() -> float:
        total = 0.0
        for frame in frames:
            model = diff_diff.CallawaySantAnna(control_group="never_treated", estimation_method="reg")
            found = model.fit(frame, outcome="value", unit="unit", time="semester", first_treat="first")
            total += float(found.overall_att)
        return total

    name = f"simple ATT of {PANELS} panels: one at a time by diff-diff {diff_diff.__version__}"
    yield Task(name, ours, rival, (5, 5), 20.0, PANELS / PANEL_SAMPLE)


def of_placebos() -> Iterator[Task]:
    rng = np.random.default_rng(20260115)
    cluster = np.repeat(np.arange(CLUSTERS), 2 * PERSONS)
    after = np.tile(np.repeat([0, 1], PERSONS), CLUSTERS)
    frame = pd.DataFrame(
        {
            "cluster": [f"c{k:02d}" for k in cluster],
            "after": after.astype(bool),
            "treated": cluster < TREATED,
            "y": rng.standard_normal(len(cluster)) + 0.3 * rng.standard_normal(CLUSTERS)[cluster] * after,
        }
    )
    choices = list(islice(combinations(range(CLUSTERS), TREATED), CHOICES))

    def ours() -> float:
        found = placebo.two_by_two(frame, "y", "treated", "after", "cluster")
        return float(found.observed)

    def rival() -> float:
        first = 0.0
        for k, chosen in enumerate(choices):
            treated = np.isin(cluster, chosen).astype(float)
            design = np.column_stack([np.ones(len(after)), treated, after, treated * after])
            slope = float(sm.OLS(frame["y"].to_numpy(), design).fit().params[3])
            first = slope if k == 0 else first
        return first

    every = 4368  # choices of 5 of 16
    name = f"placebo ranking over {every} choices: statsmodels {statsmodels.__version__} OLS of each"
    yield Task(name, ours, rival, (5, 5), 20.0, every / CHOICES)


def of_forecasts() -> Iterator[Task]:
    rng = np.random.default_rng(20260115)
    kinds, stages = np.array(["foundation", "company", "public"]), np.array(["submitted", "negotiation"])
    ended, names = 300, [f"p{k:04d}" for k in range(300 + OPEN)]
    amount = np.round(np.exp(9 + rng.standard_normal(len(names))), -2)
    funder = rng.choice(kinds, len(names))
    start = pd.Timestamp("2016-01-04") + pd.to_timedelta(rng.integers(0, 600, len(names)), unit="D")
    rows = pd.DataFrame({"proposal": names, "funder": names, "funder_kind": funder, "stage": "submitted", "date": start, "amount": amount, "currency": "EUR"})  # fmt: skip
    later = rows.assign(date=start + pd.Timedelta(days=60))
    done = later.iloc[:ended].assign(stage=rng.choice(["won", "lost"], ended, p=[0.4, 0.6]))
    moved = later.iloc[ended:].assign(stage="negotiation").sample(frac=0.5, random_state=1)
    past = proposals.histories(
        pd.concat([rows, done, moved], ignore_index=True), pd.Timestamp("2018-12-31").date()
    )
    chances = proposals.learn(past)
    waiting = past.rows.loc[past.open]
    row, column = chances.place(waiting["kind"].tolist(), waiting["stage"].tolist())
    alpha, beta = (part[row, column] for part in chances.shapes)
    asked = waiting["asked"].to_numpy(dtype=float)

    def ours() -> float:
        return forecast.forecast(past, chances, 1e6, draws=DRAWS, seed=1).expected

    def rival() -> float:
        random.seed(1)
        for _ in range(DRAW_SAMPLE):
            total = 0.0
            for a, b, worth in zip(alpha, beta, asked):
                if random.random() < random.betavariate(a, b):
                    total += worth
        return float((asked * alpha / (alpha + beta)).sum())

    name = f"{DRAWS} draws of {len(waiting)} open proposals: a Python loop"
    assert set(waiting["stage"]) <= set(stages)
    yield Task(name, ours, rival, (5, 5), 10.0, DRAWS / DRAW_SAMPLE)


def timed(task: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = task()
    return time.perf_counter() - start, value


def measure(task: Task) -> None:
    """Sides in turn, the first call of each uncounted; both must give the same value."""
    value, other = task.ours(), task.rival()
    assert abs(value - other) <= EQUAL * max(1.0, abs(other)), (task.name, value, other)
    ours = []
    rival = []
    for turn in range(max(task.rounds)):
        if turn < task.rounds[0]:
            ours.append(timed(task.ours)[0])
        if turn < task.rounds[1]:
            rival.append(timed(task.rival)[0])
    mine, theirs = statistics.median(ours), statistics.median(rival) * task.part
    met = "met" if theirs / mine >= task.goal else "short"
    print(f"{task.name}\t{mine:.4f}\t{theirs:.3f}\t{theirs / mine:.1f}\t≥ {task.goal:g}\t{met}", flush=True)


def main() -> None:
    for part in (of_panels, of_placebos, of_forecasts):
        for task in part():
            measure(task)


if __name__ == "__main__":
    main()
