"""Plans by hand, against the whole linear programme and the assignment problem, and what every plan must keep."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linear_sum_assignment, linprog

from analysis.engagement import matching, programme
from analysis.engagement.compatibility import Compatibility, compatibility
from analysis.engagement.programme import Floor
from tests.engagement.conftest import assets_of, needs_of, random_registers

EXACT = 1e-8  # HiGHS holds its rows to 1e-7; sums of a few hundred shares agree far better
SEEDS = range(6)


def whole(value, usable, quantity, capacity):
    """The programme on all pairs, written out anew with dense matrices."""
    n, m = value.shape
    rows = np.zeros((n + m, n * m))
    for i in range(n):
        rows[i, i * m : (i + 1) * m] = 1
    for j in range(m):
        rows[n + j, j::m] = quantity
    bounds = [(0, None) if free else (0, 0) for free in usable.ravel()]
    return linprog(-value.ravel(), A_ub=rows, b_ub=np.concatenate([np.ones(n), capacity]), bounds=bounds)


def made(score, quantity, capacity, groups=None, declared=None):
    """A compatibility with the scores given: one component carries them, every pair with a positive score is feasible."""
    score = np.asarray(score, dtype=float)
    n, m = score.shape
    groups = groups or ["g"] * n
    needs = needs_of(
        *[(f"n{i}", groups[i], "health", "A", quantity[i], "ore", "2016-01-01") for i in range(n)]
    )
    assets = assets_of(*[(f"s{j}", f"a{j}", "health", "A", capacity[j], "ore", "2016-01-01", "now") for j in range(m)])  # fmt: skip
    found = compatibility(needs, assets, declared)
    bars = np.zeros((4, n, m), dtype=bool)
    bars[0] = score <= 0
    return Compatibility(found.needs, found.assets, declared, np.broadcast_to(score, (5, n, m)), bars, found.late)  # fmt: skip


def test_two_by_two_by_hand(declared):
    # n0 asks 10, n1 asks 5; s0 has 10, s1 has 5. s0→n0 whole (0.9), s1→n1 whole (0.5): 1.4, against s1→n0 half (0.3) and s0→n1 whole (0.8): 1.1 + half of n0 by s0 (0.45): 1.55
    compat = made([[0.9, 0.6], [0.8, 0.5]], [10, 5], [10, 5], declared=declared)
    plan = matching.best(compat)
    assert plan.value == pytest.approx(0.8 + 0.45 + 0.3)
    table = plan.table().set_index(["need", "asset"])["quantity"]
    assert table.to_dict() == pytest.approx({("n0", "s0"): 5, ("n0", "s1"): 5, ("n1", "s0"): 5})


def test_three_by_two_by_hand(declared):
    # one asset of 4 for needs of 2, 4 and 8, equal scores: a unit is worth most to the smallest need; 1 + 2/4, the last gets nothing
    compat = made([[0.5, 0], [0.5, 0], [0.5, 0]], [2, 4, 8], [4, 9], declared=declared)
    plan = matching.best(compat)
    assert plan.served.tolist() == pytest.approx([1, 0.5, 0])
    assert plan.value == pytest.approx(0.75)
    assert plan.unit_price.tolist() == pytest.approx(
        [0.5 / 4, 0]
    )  # one more unit serves a quarter of the second need
    demand = plan.demand_table().set_index("need")["marginal"]
    assert demand["n0"] == pytest.approx(0.5 / 2 - 0.5 / 4) and demand["n2"] == 0


def test_fair_by_hand(declared):
    # the same asset and needs, each a group of its own: equal shares s with 2s + 4s + 8s = 4
    compat = made([[0.5], [0.5], [0.5]], [2, 4, 8], [4], ["a", "b", "c"], declared)
    plan = matching.fair(compat)
    assert plan.served == pytest.approx(np.full(3, 4 / 14)) and plan.floor == pytest.approx(4 / 14)
    assert plan.value == pytest.approx(1.5 * 4 / 14)


@pytest.mark.parametrize("seed", SEEDS)
def test_best_is_the_optimum_of_the_whole_programme(declared, seed):
    compat = compatibility(*random_registers(seed), declared)
    plan = matching.best(compat)
    other = whole(compat.score, compat.feasible, compat.quantity, compat.capacity)
    assert plan.value == pytest.approx(-other.fun, abs=EXACT)
    assert plan.gap == pytest.approx(0, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_prices_are_feasible_and_complementary(declared, seed):
    compat = compatibility(*random_registers(seed), declared)
    plan = matching.best(compat)
    reduced = compat.score - plan.need_price[:, None] - compat.quantity[:, None] * plan.unit_price
    assert (plan.need_price >= 0).all() and (plan.unit_price >= 0).all()
    assert reduced[compat.feasible].max() <= EXACT
    assert reduced[plan.need, plan.asset] == pytest.approx(0, abs=EXACT)
    assert plan.need_price @ (1 - plan.served) == pytest.approx(0, abs=EXACT)
    assert plan.unit_price @ (compat.capacity - plan.used) == pytest.approx(0, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_generated_reach_the_whole_programme(declared, monkeypatch, seed):
    compat = compatibility(*random_registers(seed, 40, 40, ("ore",)), declared)
    plain = matching.best(compat), matching.fair(compat)
    monkeypatch.setattr(programme, "WHOLE", 0)
    monkeypatch.setattr(programme, "FIRST", 1)
    monkeypatch.setattr(programme, "MORE", 1)
    few = matching.best(compat), matching.fair(compat)
    assert few[0].rounds > 1
    for one, other in zip(plain, few):
        assert other.value == pytest.approx(one.value, abs=1e-7)
        assert other.gap == pytest.approx(0, abs=1e-7)
    assert few[1].floor == pytest.approx(plain[1].floor, abs=EXACT)


@pytest.mark.parametrize("seed", SEEDS)
def test_quantities_of_one_are_the_assignment_problem(declared, seed):
    score = np.random.default_rng(seed).random((15, 20))
    plan = matching.best(made(score, np.ones(15), np.ones(20), declared=declared))
    rows, columns = linear_sum_assignment(score, maximize=True)
    assert plan.value == pytest.approx(score[rows, columns].sum(), abs=EXACT)
    assert plan.share == pytest.approx(1)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_need_and_no_asset_is_exceeded(declared, seed):
    compat = compatibility(*random_registers(seed), declared)
    for plan in (matching.best(compat), matching.fair(compat)):
        assert (plan.served <= 1 + EXACT).all() and (plan.used <= compat.capacity * (1 + EXACT)).all()
        assert compat.feasible[plan.need, plan.asset].all() and (plan.share > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_fair_gives_up_value_for_the_least_served(declared, seed):
    compat = compatibility(*random_registers(seed), declared)
    best, fair = matching.best(compat), matching.fair(compat)
    table = matching.by_group(compat, {"best": best, "fair": fair})
    least = table[table["group"] != "total"].groupby("plan")["served"].min()
    assert least["fair"] >= least["best"] - EXACT and best.value >= fair.value - EXACT
    if not fair.unreachable:
        assert least["fair"] == pytest.approx(fair.floor, abs=1e-7)


def test_a_group_that_nothing_can_reach_is_named_and_holds_nobody_back(declared):
    compat = made([[0.5], [0.4], [0]], [2, 2, 2], [2], ["a", "b", "c"], declared)
    plan = matching.fair(compat)
    assert plan.unreachable == ("c",)
    assert plan.served == pytest.approx([0.5, 0.5, 0])


@pytest.mark.parametrize("make", [matching.best, matching.fair])
def test_without_a_feasible_pair_the_plan_is_empty_and_worth_nothing(declared, make):
    plan = make(made([[0, 0], [0, 0]], [1, 1], [1, 1], declared=declared))
    assert plan.value == 0 and plan.table().empty and plan.served.tolist() == [0, 0]
    assert plan.gap == 0 and plan.marginal_table()["marginal"].tolist() == [0, 0]


@pytest.mark.parametrize("make", [matching.best, matching.fair])
def test_order_of_rows_does_not_matter(declared, make):
    needs, assets = random_registers(11)
    one = make(compatibility(needs, assets, declared))
    rng = np.random.default_rng(2)
    other = make(
        compatibility(needs.iloc[rng.permutation(len(needs))], assets.iloc[rng.permutation(len(assets))], declared)
    )  # fmt: skip
    assert other.value == pytest.approx(one.value, abs=1e-7)


def test_blocks_are_solved_as_each_alone(declared):
    compat = compatibility(*random_registers(5), declared)
    rng = np.random.default_rng(1)
    values = compat.score * rng.random((4, 1, 1))
    usable = compat.feasible & (rng.random((4, *compat.feasible.shape)) < 0.8)
    together = programme.solve(values, usable, compat.quantity, compat.capacity)
    alone = [programme.solve(v[None], u[None], compat.quantity, compat.capacity) for v, u in zip(values, usable)]  # fmt: skip
    assert together.value == pytest.approx([float(each.value[0]) for each in alone], abs=EXACT)


def test_one_more_unit_is_worth_its_price(declared):
    needs, assets = random_registers(8)
    plan = matching.best(compatibility(needs, assets, declared))
    j = int(plan.unit_price.argmax())
    # the asset's capacity enters its score too: the price is that of the units, at the scores as they are
    compat = plan.compat
    capacity = compat.capacity + 1e-3 * (np.arange(len(assets)) == j)
    more = programme.solve(compat.score[None], compat.feasible[None], compat.quantity, capacity)
    assert more.value[0] - plan.value == pytest.approx(1e-3 * plan.unit_price[j], rel=1e-4)


def test_a_floor_is_held(declared):
    compat = made([[0.9, 0.1], [0.9, 0.1]], [1, 1], [1, 1], ["a", "b"], declared)
    code = compat.groups[0]
    held = programme.solve(compat.score[None], compat.feasible[None], compat.quantity, compat.capacity, Floor(code, 1.0))  # fmt: skip
    assert np.bincount(held.need, held.share) == pytest.approx([1, 1])


def test_too_many_cells_are_refused(declared, monkeypatch):
    monkeypatch.setattr(programme, "CELLS", 3)
    compat = made([[0.5, 0.5], [0.5, 0.5]], [1, 1], [1, 1], declared=declared)
    with pytest.raises(Exception, match="4"):
        matching.best(compat)


def test_demo_tables_add_up(compat, best, fair):
    table = matching.by_group(compat, {"best": best, "fair": fair}).set_index(["plan", "group"])
    assert table.loc[("best", "total"), "value"] == pytest.approx(best.value)
    assert best.table()["value"].sum() == pytest.approx(best.value)
    worth = best.marginal_table()
    assert (worth["used"] + worth["left"]).to_numpy() == pytest.approx(worth["offered"].to_numpy())
    assert worth["worth"].sum() + best.need_price.sum() == pytest.approx(best.value)  # strong duality
    assert isinstance(best.demand_table(), pd.DataFrame)
