"""The mixed-integer programme of a roll-out and how it is solved: the rows, the core of places in doubt, the bound.

Solver: HiGHS (Huangfu and Hall 2018, Mathematical Programming Computation 10:119) through scipy.optimize. Binary x[t, m]: place m starts in year t, and
stays; integer M[t]: managers over the whole territory; where only some provinces need keep the floor, binary y[p]. Places are thousands
and small: the relaxation with continuous x and whole M is nearly integral and gives the bound, its prices the *core* of places whose start is in
doubt, among which the integers are solved (Balas and Zemel 1980, Operations Research 28:1130). What sharpens the bound: no place starts that the
budgets cannot pay by itself, and none counts for more of a province's floor than the floor asks.
What belongs here: solving. What does not: what a plan means and how it is told (rollout.py).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

CORE = 300  # places whose start is solved as integers at first; doubled until the gap is reached
ROUND = 20.0  # seconds for one core, or one bound
INTEGRAL = 1e-7


@dataclass(frozen=True)
class Problem:
    """n places, T years, P provinces; money in thousands of euro.

    `cost`, `enrolled` (n,): of serving a place for a year, managers and fixed cost apart; `share` (n,): of its province's eligible people; `which` (n,): its
    province; `left` (T,): budget without the fixed cost; `gain` (T, n): people retained by a start in year t, over the years; `manager`, `capacity`: of one manager;
    `floor`: least share served in `needed` provinces in the last year; `starts`: most places that start in a year (0: any).
    """

    cost: np.ndarray
    enrolled: np.ndarray
    share: np.ndarray
    which: np.ndarray
    left: np.ndarray
    gain: np.ndarray
    manager: float
    capacity: float
    floor: float
    provinces: int
    needed: int
    starts: int

    @property
    def able(self) -> np.ndarray:
        """(T, n): whether every budget from year t on can pay for the place by itself."""
        alone = self.cost + self.manager * np.ceil(self.enrolled / self.capacity)
        return alone <= np.minimum.accumulate(self.left[::-1])[::-1][:, None]

    @property
    def some(self) -> int:
        """Binary variables for the provinces that keep the floor: none where all must."""
        return self.provinces if self.floor > 0 and self.needed < self.provinces else 0

    def value(self, start: np.ndarray) -> float:
        """People retained over the years, for the year of start of each place (1…T; 0: never)."""
        on = np.flatnonzero(start)
        return float(self.gain[start[on] - 1, on].sum())


@dataclass(frozen=True)
class Found:
    """What a solution process ended with: `start` (n,) of the best plan or None, and `bound`, which no plan exceeds; −∞ where there is no plan at all."""

    start: np.ndarray | None
    bound: float


def rows(problem: Problem, free: np.ndarray, start: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray, int]:
    """Rows A x ≤ b over x (T × free), M, y, with the places not in `free` kept at `start`; and how many rows come before the one a place.

    Budgets, managers, starts a year, floors, count of provinces; then one start a place.
    """
    from scipy import sparse

    years, k, some = len(problem.left), len(free), problem.some
    lower = np.tril(np.ones((years, years)))
    kept = np.setdiff1d(np.arange(len(start)), free)
    kept = kept[start[kept] > 0]
    year = np.arange(1, years + 1)[:, None]
    served = start[kept][None, :] <= year
    eye = sparse.identity(years)
    places = problem.provinces

    def line(x: Any, managers: Any = None, provinces: Any = None) -> Any:
        height = x.shape[0]
        parts = [x, sparse.csr_matrix((height, years)) if managers is None else managers]
        return sparse.hstack([*parts, sparse.csr_matrix((height, some)) if provinces is None else provinces])

    found = [
        line(sparse.kron(lower, problem.cost[None, free]), problem.manager * eye),
        line(sparse.kron(lower, problem.enrolled[None, free] / problem.capacity), -eye),
    ]
    upper = [
        problem.left - served @ problem.cost[kept],
        -(served @ problem.enrolled[kept]) / problem.capacity,
    ]
    if problem.starts:
        found.append(line(sparse.kron(sparse.identity(years), np.ones((1, k)))))
        upper.append(problem.starts - (start[kept][None, :] == year).sum(axis=1))
    if problem.floor > 0:
        covered = np.bincount(problem.which[kept], problem.share[kept], places)
        need = np.maximum(problem.floor - covered, 0.0)
        part = np.minimum(problem.share[free], need[problem.which[free]])
        cover = sparse.csr_matrix((part, (problem.which[free], np.arange(k))), shape=(places, k))
        found.append(line(-sparse.hstack([cover] * years), None, sparse.diags(need) if some else None))
        upper.append(np.zeros(places) if some else -need)
        if some:
            found.append(line(sparse.csr_matrix((1, years * k)), None, -np.ones((1, places))))
            upper.append(np.array([-float(problem.needed)]))
    before = sum(each.shape[0] for each in found)
    found.append(line(sparse.hstack([sparse.identity(k)] * years)))
    upper.append(np.ones(k))
    return sparse.vstack(found).tocsr(), np.concatenate(upper), before


def solve(
    problem: Problem, free: np.ndarray, start: np.ndarray, whole: np.ndarray, gap: float, seconds: float
) -> Found:
    """The programme over the places `free`, those in `whole` (n,) as integers and the others continuous, the rest kept at `start`."""
    from scipy import optimize

    years, k = len(problem.left), len(free)
    matrix, upper, _ = rows(problem, free, start)
    more = years + problem.some
    ends = np.concatenate(
        [problem.able[:, free].ravel().astype(float), np.full(years, np.inf), np.ones(problem.some)]
    )
    result = optimize.milp(
        -np.concatenate([problem.gain[:, free].ravel(), np.zeros(more)]),
        integrality=np.concatenate([np.tile(whole[free], years), np.ones(more)]).astype(int),
        bounds=optimize.Bounds(0.0, ends),
        constraints=optimize.LinearConstraint(matrix, -np.inf, upper),
        options={"mip_rel_gap": gap, "time_limit": max(1.0, seconds)},
    )
    kept = start.copy()
    kept[free] = 0
    if result.status == 2:
        return Found(None, -np.inf)
    dual = getattr(result, "mip_dual_bound", None)
    bound = np.inf if dual is None else problem.value(kept) - float(dual)
    if result.x is None or not whole[free].all():
        return Found(None, bound)
    x = result.x[: years * k].reshape(years, k)
    kept[free] = np.where(x.max(axis=0) > 0.5, x.argmax(axis=0) + 1, 0)
    return Found(kept, bound)


def relaxed(problem: Problem) -> tuple[float, np.ndarray, np.ndarray, np.ndarray] | None:
    """The linear relaxation: its value, the starts nearest to it, whether a place is split (n,), and by how much each place's best choice beats its second
    at the prices of the relaxation (n,); None where even it has no solution."""
    from scipy import optimize

    years, n = problem.gain.shape
    every = np.arange(n)
    matrix, upper, before = rows(problem, every, np.zeros(n, int))
    able = problem.able
    ends = np.concatenate([able.ravel().astype(float), np.full(years, np.inf), np.ones(problem.some)])
    objective = -np.concatenate([problem.gain.ravel(), np.zeros(years + problem.some)])
    result = optimize.linprog(
        objective,
        A_ub=matrix,
        b_ub=upper,
        bounds=np.column_stack([np.zeros(len(ends)), ends]),
        method="highs",
    )
    if result.x is None:
        return None
    x = result.x[: years * n].reshape(years, n)
    split = ((x > INTEGRAL) & (x < 1 - INTEGRAL)).any(axis=0)
    prices = -result.ineqlin.marginals[:before]
    worth = problem.gain - (matrix[:before, : years * n].T @ prices).reshape(years, n)
    ordered = np.sort(np.vstack([np.zeros(n), np.where(able, worth, -np.inf)]), axis=0)
    start = np.where(x.max(axis=0) > 0.5, x.argmax(axis=0) + 1, 0)
    return -float(result.fun), start, split, ordered[-1] - ordered[-2]


def core(problem: Problem, split: np.ndarray, regret: np.ndarray, size: int) -> np.ndarray:
    """Split places, and about `size` others in doubt: half by regret, half by regret relative to the people the place would retain."""
    weight = np.maximum(problem.gain[0], 1e-9)
    first = np.zeros(len(split), bool)
    for key in (regret, regret / weight):
        order = np.lexsort((-weight, np.where(split, -1.0, key)))
        first[order[: int(split.sum()) + size // 2]] = True
    return np.flatnonzero(first)


def search(problem: Problem, gap: float, ends: float) -> Found:
    """The best plan found by the time `ends` (monotonic clock) and the least bound; stops at the gap asked. A small problem is solved whole."""
    n = problem.gain.shape[1]
    every, all_whole = np.arange(n), np.ones(n, bool)
    if n <= CORE:
        return solve(problem, every, np.zeros(n, int), all_whole, gap, ends - time.monotonic())
    base = relaxed(problem)
    if base is None:
        return Found(None, -np.inf)
    bound, start, split, regret = base
    best: np.ndarray | None = None
    size, sharpened = CORE * (2 if problem.floor > 0 else 1), 0

    def close() -> bool:
        return best is not None and bound <= (1 + gap) * problem.value(best)

    while not close() and time.monotonic() < ends:
        before = problem.value(best) if best is not None else 0.0
        chosen = core(problem, split, regret, size)
        last = len(chosen) == n
        limit = ends - time.monotonic() if last else min(ROUND, ends - time.monotonic())
        found = solve(problem, chosen, start, all_whole, gap / 4, limit)
        if last:
            bound = min(bound, found.bound)
        if found.start is not None and (best is None or problem.value(found.start) > before):
            best = found.start
        if last or close():
            break
        stalled = best is not None and problem.value(best) <= (1 + gap / 4) * before
        if best is not None and (sharpened == 0 or stalled):
            # first the managers alone as integers, then with them the places in doubt and the largest
            whole = np.zeros(n, bool)
            if sharpened:
                whole[chosen] = True
                whole[np.argsort(-problem.gain[0] * problem.able.any(axis=0), kind="stable")[:CORE]] = True
            left = ends - time.monotonic()
            limit = left if sharpened else min(ROUND, left)
            if left > 0:
                bound = min(bound, solve(problem, every, start, whole, gap / 5, limit).bound)
            sharpened += 1
        size *= 2
    return Found(best, bound)


def highest_floor(problem: Problem, seconds: float) -> tuple[float, float]:
    """The highest share that every province can be served to within the last budget, and its bound: max z, Σ share x ≥ z in each province."""
    from scipy import optimize, sparse

    n = problem.gain.shape[1]
    last = replace(problem, left=problem.left[-1:], gain=problem.gain[-1:], floor=0.0, starts=0)
    matrix, upper, before = rows(last, np.arange(n), np.zeros(n, int))
    cover = sparse.csr_matrix((problem.share, (problem.which, np.arange(n))), shape=(problem.provinces, n))
    floors = sparse.hstack(
        [-cover, sparse.csr_matrix((problem.provinces, 1)), np.ones((problem.provinces, 1))]
    )
    money = sparse.hstack([matrix[:before], sparse.csr_matrix((before, 1))])
    extra = []
    if problem.starts:
        extra = [sparse.hstack([np.ones((1, n)), sparse.csr_matrix((1, 2))])]
    result = optimize.milp(
        np.concatenate([np.zeros(n + 1), [-1.0]]),
        integrality=np.concatenate([np.ones(n + 1), [0]]).astype(int),
        bounds=optimize.Bounds(0.0, np.concatenate([last.able[0].astype(float), [np.inf, 1.0]])),
        constraints=optimize.LinearConstraint(
            sparse.vstack([money, floors, *extra]).tocsr(),
            -np.inf,
            np.concatenate(
                [
                    upper[:before],
                    np.zeros(problem.provinces),
                    np.full(len(extra), float(problem.starts * len(problem.left))),
                ]
            ),
        ),
        options={"mip_rel_gap": 0.01, "time_limit": max(1.0, seconds)},
    )
    if result.x is None:
        return 0.0, 1.0
    on = result.x[:n] > 0.5
    reached = np.bincount(problem.which[on], problem.share[on], problem.provinces)
    return float(reached.min()), -float(result.mip_dual_bound)


def least_budget(problem: Problem, seconds: float) -> float:
    """A bound from below on the last budget (thousands of euro, the fixed cost apart) that can pay for the floor: least cost, places divisible, each counting for no more than the floor."""
    from scipy import optimize, sparse

    n = problem.gain.shape[1]
    part = np.minimum(problem.share, problem.floor)
    cover = sparse.csr_matrix((part, (problem.which, np.arange(n))), shape=(problem.provinces, n))
    price = problem.cost + problem.manager / problem.capacity * problem.enrolled
    some = sparse.hstack([-cover, problem.floor * sparse.identity(problem.provinces)])
    enough = sparse.hstack([sparse.csr_matrix((1, n)), -np.ones((1, problem.provinces))])
    result = optimize.milp(
        np.concatenate([price, np.zeros(problem.provinces)]),
        integrality=np.concatenate([np.zeros(n), np.ones(problem.provinces)]).astype(int),
        bounds=optimize.Bounds(0.0, 1.0),
        constraints=optimize.LinearConstraint(
            sparse.vstack([some, enough]).tocsr(),
            -np.inf,
            np.concatenate([np.zeros(problem.provinces), [-float(problem.needed)]]),
        ),
        options={"time_limit": max(1.0, seconds)},
    )
    return float(result.mip_dual_bound)
