"""The plan under weights drawn around the declared ones."""

import numpy as np
import pytest

from analysis.engagement import matching, programme
from analysis.engagement.sensitivity import drawn, sensitivity
from analysis.errors import EstimateError
from tests.engagement.conftest import random_registers


@pytest.fixture(scope="module")
def registers():
    return random_registers(4)


def test_weights_are_drawn_around_the_declared_proportions(declared):
    weights = drawn(declared, 4000, 50.0, 1)
    p = declared.proportions
    assert weights.sum(axis=1) == pytest.approx(1)
    error = np.sqrt(p * (1 - p) / 51 / 4000)
    assert (np.abs(weights.mean(axis=0) - p) < 4 * error).all()


def test_each_draw_is_the_best_plan_under_its_weights(declared, registers):
    found = sensitivity(*registers, declared, draws=5, seed=3)
    compat = found.compat
    alone = [
        programme.solve(
            np.tensordot(w, compat.parts, axes=1)[None],
            compat.feasible[None],
            compat.quantity,
            compat.capacity,
        ).value[0]
        for w in found.weights
    ]
    assert found.value == pytest.approx(alone, abs=1e-8)
    assert found.gap == pytest.approx(0, abs=1e-7)


def test_draws_close_to_the_declared_weights_choose_the_declared_plan(declared, registers):
    found = sensitivity(*registers, declared, draws=20, concentration=1e12)
    plan = matching.best(found.compat)
    assert found.value == pytest.approx(plan.value, abs=1e-3)
    assert found.loss == pytest.approx(0, abs=1e-3)
    assert set(zip(*np.nonzero(found.chosen == 1))) <= set(zip(plan.need, plan.asset))


def test_nobody_loses_less_than_nothing(declared, registers):
    found = sensitivity(*registers, declared, draws=30, concentration=5.0)
    low, high = found.interval
    assert (found.loss >= 0).all() and low <= np.median(found.value) <= high
    table = found.table()
    assert (table["draws_chosen"] <= table["draws"]).all() and table["chosen"].is_monotonic_decreasing
    assert found.value_table().loc[0, "draws"] == 30


def test_equal_seeds_give_equal_draws(declared, registers):
    one, other = (sensitivity(*registers, declared, draws=5, seed=9) for _ in range(2))
    assert (one.value == other.value).all() and (one.chosen == other.chosen).all()


def test_too_few_draws_or_no_concentration_are_refused_together(declared):
    with pytest.raises(EstimateError) as caught:
        drawn(declared, 1, 0.0, 1)
    assert len(caught.value.faults) == 2
