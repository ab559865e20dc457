"""Cost curves against published arithmetic."""

import numpy as np
import pytest

from analysis.scaling import cost

# oracle row 28: PANCEA (BMC Health Services Research 7:108, table 3), printed to three decimals
REDUCTIONS = [0.325, 0.418, 0.230, 0.153, 0.024]
EXPONENTS = [-0.5670, -0.7809, -0.3771, -0.2396, -0.0350]


def test_exponent_from_the_reduction_of_a_doubling():
    assert cost.exponent(REDUCTIONS) == pytest.approx(EXPONENTS, abs=5e-5)
    assert cost.doubling(cost.exponent(REDUCTIONS)) == pytest.approx([-d for d in REDUCTIONS])


def test_eighty_percent_curve():
    b = cost.exponent(0.2)
    assert b == pytest.approx(-0.32193, abs=5e-6)
    assert cost.unit_cost([1, 2, 3, 4, 8], 1, 100, b) == pytest.approx([100, 80, 70.21, 64, 51.2], abs=0.005)


def test_managers_come_whole_and_cost_steps_with_them():
    lines = {"fixed": 1000, "place": 10, "manager": 500, "capacity": 50, "person": 2}
    managers, total = cost.stepwise([0, 1, 50, 51], 3, **lines)
    assert managers.tolist() == [0, 1, 1, 2]
    assert total.tolist() == [1030, 1532, 1630, 2132]


def test_steps_broadcast_over_draws():
    lines = {"fixed": 0.0, "place": 1.0, "manager": np.array([1.0, 2.0]), "capacity": 10.0, "person": 0.0}
    assert cost.stepwise(np.array([[10.0], [20.0]]), np.array([[1], [2]]), **lines)[1].tolist() == [
        [2, 3],
        [4, 6],
    ]
