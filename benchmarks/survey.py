"""Survey estimation against svy (PyPI, MIT) on the same data and task, and against the bare NumPy that each task needs, written out here.

One simulated sample: 1,000,000 rows, 50 strata, 5,000 PSUs, unequal weights. Each side holds its sample ready, coded as it likes, before the
clock starts; a task runs from the data to the estimates with their standard errors. Sides take turns; medians. A line a figure: name, ours, rival, ratio, goal, met or short.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import svy

from analysis.survey import calibration, estimates, models, replicates
from analysis.survey.design import Design

ROWS, STRATA, PSUS, REPLICATES = 1_000_000, 50, 5_000, 200
ROUNDS, FEW = 5, 3
GROUPS, KINDS = 12, 4
SVY = f"svy {version('svy')}"
MEGABYTE = 1_000_000

Task = tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]


def drawn(seed: int = 20260115) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    psu = np.sort(generator.integers(0, PSUS, ROWS))
    group, kind = generator.integers(0, GROUPS, ROWS), generator.integers(0, KINDS, ROWS)
    x = generator.normal(size=(ROWS, 4))
    shift = generator.normal(size=PSUS)[psu] * 0.3
    y = 2 + 0.1 * group + 0.5 * x[:, 0] + shift + generator.normal(size=ROWS)
    event = generator.random(ROWS) < 1 / (1 + np.exp(-(0.2 + 0.5 * x[:, 0] - 0.3 * x[:, 1] + shift)))
    return {
        "psu": psu, "stratum": psu // (PSUS // STRATA), "w": generator.uniform(1, 4, ROWS), "group": group, "kind": kind,
        "y": y, "event": event.astype(float), **{f"x{j}": x[:, j] for j in range(4)},
    }  # fmt: skip


# -- the floor: what NumPy must do, and nothing else -------------------------------------------------------------------


def spread(sums: np.ndarray) -> np.ndarray:
    """Standard errors of totals from sums by PSU, PSUs in the order of their strata, as many in each."""
    blocks = sums.reshape(STRATA, -1, sums.shape[1])
    n = blocks.shape[1]
    away = blocks - blocks.mean(axis=1, keepdims=True)
    return np.sqrt(n / (n - 1) * (away**2).sum(axis=(0, 1)))


def floor_mean(d: dict[str, np.ndarray]) -> Any:
    cells = d["psu"] * GROUPS + d["group"]
    top = np.bincount(cells, d["w"] * d["y"], PSUS * GROUPS).reshape(PSUS, GROUPS)
    low = np.bincount(cells, d["w"], PSUS * GROUPS).reshape(PSUS, GROUPS)
    mean = top.sum(axis=0) / low.sum(axis=0)
    return mean, spread((top - mean * low) / low.sum(axis=0)), np.bincount(d["group"], minlength=GROUPS)


def floor_table(d: dict[str, np.ndarray]) -> Any:
    cells = (d["psu"] * GROUPS + d["group"]) * KINDS + d["kind"]
    sums = np.bincount(cells, d["w"], PSUS * GROUPS * KINDS).reshape(PSUS, GROUPS, KINDS)
    low = sums.sum(axis=2, keepdims=True)
    share = sums.sum(axis=0) / low.sum(axis=0)
    scores = (sums - share * low) / low.sum(axis=0)
    cases = np.bincount(d["group"] * KINDS + d["kind"], minlength=GROUPS * KINDS)
    return share, spread(scores.reshape(PSUS, -1)), cases


def floor_logit(d: dict[str, np.ndarray]) -> Any:
    x = np.column_stack([np.ones(ROWS), *(d[f"x{j}"] for j in range(4))])
    y, w, beta = d["event"], d["w"], np.zeros(5)
    for _ in range(50):
        p = 1 / (1 + np.exp(-(x @ beta)))
        inverse = np.linalg.inv(x.T @ ((w * p * (1 - p))[:, None] * x))
        step = inverse @ (x.T @ (w * (y - p)))
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    scores = x * (w * (y - 1 / (1 + np.exp(-(x @ beta)))))[:, None]
    sums = np.column_stack([np.bincount(d["psu"], column, PSUS) for column in scores.T])
    blocks = sums.reshape(STRATA, -1, 5)
    away = (blocks - blocks.mean(axis=1, keepdims=True)).reshape(-1, 5)
    n = PSUS // STRATA
    return beta, inverse @ (n / (n - 1) * away.T @ away) @ inverse


def floor_rake(d: dict[str, np.ndarray], targets: dict[str, np.ndarray]) -> np.ndarray:
    sizes = [len(target) for target in targets.values()]
    joint = np.zeros(ROWS, dtype=np.int64)
    for name, size in zip(targets, sizes):
        joint = joint * size + d[name]
    sums = np.bincount(joint, d["w"], int(np.prod(sizes))).reshape(sizes)
    factor = np.ones(sizes)
    for _ in range(200):
        for axis, target in enumerate(targets.values()):
            others = tuple(a for a in range(len(sizes)) if a != axis)
            shape = [-1 if a == axis else 1 for a in range(len(sizes))]
            factor *= (target / (sums * factor).sum(axis=others)).reshape(shape)
        if (
            max(
                np.abs((sums * factor).sum(axis=tuple(a for a in range(len(sizes)) if a != k)) / t - 1).max()
                for k, t in enumerate(targets.values())
            )
            < 1e-10
        ):
            break
    return d["w"] * factor.ravel()[joint]


def floor_bootstrap(d: dict[str, np.ndarray]) -> float:
    generator = np.random.default_rng(1)
    n = PSUS // STRATA
    drawn_ = (
        generator.multinomial(n - 1, np.full(n, 1 / n), (STRATA, REPLICATES))
        .transpose(0, 2, 1)
        .reshape(PSUS, REPLICATES)
    )
    sums = np.column_stack(
        [np.bincount(d["psu"], d["w"] * d["y"], PSUS), np.bincount(d["psu"], d["w"], PSUS)]
    )
    totals = (drawn_ * (n / (n - 1))).T @ sums
    return float((totals[:, 0] / totals[:, 1]).std())


# -- the tasks ---------------------------------------------------------------------------------------------------------


def tasks(d: dict[str, np.ndarray]) -> dict[str, tuple[Task, float, int]]:
    """Name → (ours, svy, floor), the goal against svy, rounds."""
    sample = Design(d["w"], strata=d["stratum"], psu=d["psu"])
    _ = sample.stages, sample.squares
    people = pd.DataFrame(
        {
            name: pd.Categorical.from_codes(d[name], [str(k) for k in range(size)])
            for name, size in (("group", GROUPS), ("kind", KINDS))
        }
    )
    y, event = pd.Series(d["y"], name="y"), pd.Series(d["event"], name="event")
    terms = pd.DataFrame({f"x{j}": d[f"x{j}"] for j in range(4)})
    rival = svy.Sample(
        pl.DataFrame({name: d[name] for name in d}), svy.Design(stratum="stratum", psu="psu", wgt="w")
    )
    whole = d["w"].sum() * 1.3
    shares = {
        name: np.arange(2, size + 2) / np.arange(2, size + 2).sum()
        for name, size in (("group", GROUPS), ("kind", KINDS))
    }
    targets = {name: whole * share for name, share in shares.items()}
    ours = {
        name: (people[name], dict(zip(people[name].cat.categories, target)))
        for name, target in targets.items()
    }
    controls = {name: dict(enumerate(target.tolist())) for name, target in targets.items()}
    replicated = rival.clone().weighting.create_bs_wgts(n_reps=2, rstate=1)
    assert replicated.n_reps == 2

    def svy_bootstrap() -> Any:
        made = rival.clone().weighting.create_bs_wgts(n_reps=REPLICATES, rstate=1)
        return made.estimation.mean("y", method="replication")

    return {
        "domain mean with SE": (
            (lambda: estimates.mean(y, sample, people[["group"]]).se, lambda: rival.estimation.mean("y", by="group"), lambda: floor_mean(d)), 12, ROUNDS),
        "crosstab with SEs": (
            (lambda: estimates.composition(people["kind"], sample, people[["group"]]).se,
             lambda: rival.categorical.tabulate("group", "kind", share_of="row"), lambda: floor_table(d)), 35, ROUNDS),
        "logit model with design SEs": (
            (lambda: models.fit(event, terms, sample, "logit").se,
             lambda: rival.glm.fit("event", x=[f"x{j}" for j in range(4)], family="binomial"), lambda: floor_logit(d)), 1, ROUNDS),
        "raking to two margins": (
            (lambda: calibration.rake(sample, ours).weights,
             lambda: rival.weighting.rake(controls=controls, tol=1e-10, update_design_wgts=False), lambda: floor_rake(d, targets)), 20, ROUNDS),
        f"{REPLICATES} bootstrap replicates": (
            (lambda: replicates.bootstrap(sample, REPLICATES, 1).mean(y).se, svy_bootstrap, lambda: floor_bootstrap(d)), 60, FEW),
    }  # fmt: skip


def seconds(task: Callable[[], Any]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def line(name: str, mine: float, rival: float, ratio: float, met: bool, goal: str) -> None:
    print(f"{name}\t{mine:.3f}\t{rival:.3f}\t{ratio:.2f}\t{goal}\t{'met' if met else 'short'}", flush=True)


def main() -> None:
    data = drawn()
    everything = tasks(data)
    for name, (sides, goal, rounds) in everything.items():
        for side in (sides[0], sides[2]):  # the first call of each pays for what is made once
            side()
        found: list[list[float]] = [[], [], []]
        for _ in range(rounds):
            for own, side in zip(found, sides):
                own.append(seconds(side))
        mine, rival, floor = (statistics.median(own) for own in found)
        line(f"{name}, against {SVY} (s)", mine, rival, rival / mine, rival / mine >= goal, f">= {goal}")
        line(
            f"{name}, against bare NumPy {np.__version__} (s)",
            mine,
            floor,
            mine / floor,
            mine / floor <= 2,
            "<= 2",
        )
    bootstrap = everything[f"{REPLICATES} bootstrap replicates"][0][0]
    tracemalloc.start()
    bootstrap()
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    tracemalloc.stop()
    line(f"{REPLICATES} bootstrap replicates, extra memory, against {SVY}'s weights of n x R (MB)", peak, ROWS * REPLICATES * 8 / MEGABYTE,
         ROWS * REPLICATES * 8 / MEGABYTE / peak, peak < 200, "< 200 MB")  # fmt: skip


if __name__ == "__main__":
    main()
