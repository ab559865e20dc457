"""Networks against networkx and loops over CSR rows; matching needs with assets against the solvers that one would otherwise call on all pairs: HiGHS on the whole
linear programme, and the assignment problem.

A random directed network of 10,000 bodies and 52,000 ties in four groups, and as many attendances of 10,000 bodies at 2,000 events. networkx's constraint is timed
on a sample of bodies and extrapolated to all. Of the loops one goes over slices of the CSR arrays, as they lie; the other first turns them into lists and sets.

Drawn registers of 1,000 needs and 1,000 assets of which every pair is feasible (1,000,000 pairs), quantities on both sides. Each side holds its data
ready before the clock starts; sides take turns; medians. A line a figure: name, ours, rival, ratio, goal, met or short.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy
from scipy import sparse
from scipy.optimize import linear_sum_assignment, linprog

from analysis.codesign import brokerage, ego, network
from analysis.engagement import matching, rules
from analysis.engagement.compatibility import Compatibility, compatibility

BODIES, TIES, EVENTS, SAMPLE = 10_000, 52_000, 2_000, 50
NEEDS = ASSETS = 1_000
ROUNDS, ONCE = 5, 1
GROUPS = ("care-children", "care-relatives", "unemployed-care", "elderly", "foreign-women")
HIGHS = f"all pairs in one HiGHS programme (scipy {scipy.__version__} linprog, {{}})"
EQUAL = 1e-6


class Task(NamedTuple):
    """One comparison: what each side runs and returns (a value that must agree), rounds of each, and the goal, told and tested on (ours, rival) seconds."""

    name: str
    ours: Callable[[], float]
    rival: Callable[[], float] | None
    rounds: tuple[int, int]
    goal: str
    met: Callable[[float, float], bool]
    part: float = 1.0  # what the rival's time is multiplied by, where it did a part of the task


def registers(seed: int = 20260115, plenty: float = 1.0) -> Compatibility:
    """Needs and assets of every category, all related, one unit of measure; `plenty` times as much is offered as needed, about."""
    generator = np.random.default_rng(seed)
    codes = np.array(rules.load().categories)
    declared = rules.load(
        {"related": [{"pair": list(pair), "value": 0.5} for pair in combinations(codes, 2)]}
    )

    def side(n: int, date: str, scale: float) -> dict[str, Any]:
        return {
            "category": generator.choice(codes, n),
            "quarter": generator.choice([f"q{k:02d}" for k in range(20)], n),
            "quantity": np.maximum(np.rint(generator.integers(5, 300, n) * scale), 1),
            "unit": "ore",
            date: pd.Timestamp("2016-01-01") + pd.to_timedelta(generator.integers(0, 700, n), unit="D"),
        }

    needs = pd.DataFrame(
        {"need": [f"n{k}" for k in range(NEEDS)], "group": generator.choice(GROUPS, NEEDS), **side(NEEDS, "from", 1.0)}
    )  # fmt: skip
    assets = pd.DataFrame(
        {
            "asset": [f"s{k}" for k in range(ASSETS)],
            "actor": [f"a{k}" for k in generator.integers(0, 200, ASSETS)],
            "ready": generator.choice(["now", "adapt", "develop"], ASSETS),
            **side(ASSETS, "available_from", plenty),
        }
    )
    found = compatibility(needs, assets, declared)
    assert found.feasible.all()
    return found


def whole(compat: Compatibility, method: str, code: np.ndarray | None = None) -> float:
    """The value of the best plan by one programme on all pairs; with `code` (group of each need) the smallest mean share that can be had."""
    n, m = compat.score.shape
    i, j = (axis.ravel() for axis in np.indices((n, m)))
    column = np.tile(np.arange(n * m), 2)
    rows, entries = np.concatenate([i, n + j]), np.concatenate([np.ones(n * m), compat.quantity[i]])
    limit = np.concatenate([np.ones(n), compat.capacity])
    cost = -compat.score.ravel()
    if code is not None:
        groups = int(code.max()) + 1
        rows = np.concatenate([rows, n + m + code[i], n + m + np.arange(groups)])
        entries = np.concatenate([entries, -1 / np.bincount(code)[code[i]], np.ones(groups)])
        column = np.concatenate([column, np.arange(n * m), np.full(groups, n * m)])
        limit, cost = np.append(limit, np.zeros(groups)), np.append(np.zeros(n * m), -1.0)
    matrix = sparse.csc_array((entries, (rows, column)), shape=(len(limit), len(cost)))
    return -float(linprog(cost, A_ub=matrix, b_ub=limit, method=method).fun)


def network_of(seed: int = 20260115) -> tuple[sparse.csr_array, np.ndarray]:
    """Directed ties between different bodies, each pair once, and the group of each body."""
    generator = np.random.default_rng(seed)
    i, j = np.divmod(generator.choice(BODIES * BODIES, int(TIES * 1.05), replace=False), BODIES)
    i, j = (end[i != j][:TIES] for end in (i, j))
    ties = sparse.csr_array((np.ones(TIES), (i, j)), shape=(BODIES, BODIES))
    return ties, generator.integers(0, 4, BODIES)


def slices(ties: sparse.csr_array, groups: np.ndarray) -> np.ndarray:
    """The five roles of each body by loops over slices of the CSR arrays."""
    counts, back = np.zeros((BODIES, 5), dtype=int), ties.T.tocsr()
    rows = [set(ties.indices[ties.indptr[v] : ties.indptr[v + 1]]) for v in range(BODIES)]
    for j in range(BODIES):
        for i in back.indices[back.indptr[j] : back.indptr[j + 1]]:
            for k in ties.indices[ties.indptr[j] : ties.indptr[j + 1]]:
                if i != k and k not in rows[i]:
                    a, b, c = groups[i], groups[j], groups[k]
                    counts[j, 0 if a == b == c else 1 if a == c else 2 if a == b else 3 if b == c else 4] += 1
    return counts


def lists(ties: sparse.csr_array, groups: np.ndarray) -> np.ndarray:
    """The same over lists and sets made beforehand from the CSR arrays."""
    back = ties.T.tocsr()
    out = [ties.indices[ties.indptr[v] : ties.indptr[v + 1]].tolist() for v in range(BODIES)]
    into = [back.indices[back.indptr[v] : back.indptr[v + 1]].tolist() for v in range(BODIES)]
    known, kind = [set(row) for row in out], groups.tolist()
    counts = [[0] * 5 for _ in range(BODIES)]
    for j in range(BODIES):
        mine, b, receivers = counts[j], kind[j], out[j]
        for i in into[j]:
            a, direct = kind[i], known[i]
            for k in receivers:
                if k != i and k not in direct:
                    c = kind[k]
                    mine[(0 if b == c else 2) if a == b else 1 if a == c else 3 if b == c else 4] += 1
    return np.array(counts)


def of_networks() -> Iterator[Task]:
    import networkx as nx
    from networkx.algorithms import bipartite

    ties, groups = network_of()
    graph = nx.from_scipy_sparse_array(ties, create_using=nx.DiGraph)
    generator = np.random.default_rng(1)
    sample = generator.choice(BODIES, SAMPLE, replace=False).tolist()
    weights = generator.random(5)
    yield Task(
        f"Burt's constraint, {BODIES} bodies, {TIES} ties, against networkx {nx.__version__}, extrapolated from {SAMPLE} bodies (s)",
        lambda: float(ego.ego(ties).constraint[sample].sum()),
        lambda: float(sum(nx.constraint(graph, nodes=sample).values())),
        (ROUNDS, ROUNDS),
        ">= 500 times",
        lambda ours, rival: rival >= 500 * ours,
        BODIES / SAMPLE,
    )
    for told, loop in (("CSR slices", slices), ("lists and sets made from CSR", lists)):
        yield Task(
            f"all Gould-Fernandez roles, against a Python loop over {told} (s)",
            lambda: float((brokerage.brokerage(ties, groups).counts @ weights).sum()),
            lambda loop=loop: float((loop(ties, groups) @ weights).sum()),
            (ROUNDS, ROUNDS),
            ">= 10 times",
            lambda ours, rival: rival >= 10 * ours,
        )
    came = network.incidence(generator.integers(0, BODIES, TIES), generator.integers(0, EVENTS, TIES))
    two_mode = bipartite.from_biadjacency_matrix(came.matrix)
    yield Task(
        f"two-mode projection, {BODIES} bodies, {EVENTS} events, {TIES} attendances, against networkx {nx.__version__} (s)",
        lambda: float(came.projection().sum()),
        lambda: 2 * bipartite.weighted_projected_graph(two_mode, range(len(came.rows))).size(weight="weight"),
        (ROUNDS, ROUNDS),
        ">= 50 times",
        lambda ours, rival: rival >= 50 * ours,
    )


def of_matching() -> Iterator[Task]:
    even, scarce = registers(), registers(plenty=0.5)
    for name, compat in (("as much offered as needed", even), ("half offered", scarce)):
        yield Task(
            f"best plan, {NEEDS} needs x {ASSETS} assets, {name}, against {HIGHS.format('interior point')} (s)",
            lambda compat=compat: matching.best(compat).value,
            lambda compat=compat: whole(compat, "highs-ipm"),
            (ROUNDS, ONCE),
            "< 1 s",
            lambda ours, rival: ours < 1,
        )
    yield Task(
        f"best plan, as much offered as needed, against {HIGHS.format('dual simplex')} (s)",
        lambda: matching.best(even).value,
        lambda: whole(even, "highs-ds"),
        (ROUNDS, ONCE),
        "< 1 s",
        lambda ours, rival: ours < 1,
    )
    code = scarce.groups[0]
    yield Task(
        f"fair plan, {len(GROUPS)} groups, half offered, against its first stage alone by {HIGHS.format('interior point')} (s)",
        lambda: matching.fair(scarce).floor,
        lambda: whole(scarce, "highs-ipm", code),
        (ONCE, ONCE),
        "< 20 s",
        lambda ours, rival: ours < 20,
    )
    ones = Compatibility(
        even.needs.assign(quantity=1.0), even.assets.assign(quantity=1.0), even.rules, even.parts, even.bars, even.late
    )  # fmt: skip
    yield Task(
        f"best plan, quantities of one, against scipy {scipy.__version__} linear_sum_assignment (s)",
        lambda: matching.best(ones).value,
        lambda: _assigned(ones.score),
        (ROUNDS, ROUNDS),
        "< 1 s",
        lambda ours, rival: ours < 1,
    )


def _assigned(score: np.ndarray) -> float:
    return float(score[linear_sum_assignment(score, maximize=True)].sum())


def timed(task: Callable[[], float]) -> tuple[float, float]:
    start = time.perf_counter()
    value = task()
    return time.perf_counter() - start, value


def measure(task: Task) -> None:
    """Sides in turn, the first call of ours uncounted; where both give a value it must be the same."""
    _, value = timed(task.ours)
    ours: list[float] = []
    rival: list[float] = []
    for turn in range(max(task.rounds)):
        if turn < task.rounds[0]:
            ours.append(timed(task.ours)[0])
        if task.rival is not None and turn < task.rounds[1]:
            seconds, other = timed(task.rival)
            rival.append(seconds)
            assert abs(value - other) <= EQUAL * max(1.0, abs(other)), (task.name, value, other)
    mine = statistics.median(ours)
    theirs = statistics.median(rival) * task.part if rival else float("nan")
    line(task.name, mine, theirs, task.goal, task.met(mine, theirs))


def line(name: str, mine: float, rival: float, goal: str, met: bool) -> None:
    print(f"{name}\t{mine:.3f}\t{rival:.3f}\t{rival / mine:.2f}\t{goal}\t{'met' if met else 'short'}", flush=True)  # fmt: skip


TASKS: tuple[Callable[[], Iterator[Task]], ...] = (of_networks, of_matching)
"""Each yields the comparisons of one part; others join here."""


def main() -> None:
    for part in TASKS:
        for task in part():
            measure(task)


if __name__ == "__main__":
    main()
