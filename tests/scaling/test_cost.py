"""Cost curves against published arithmetic; published doublings that illustrate and feed nothing."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import EstimateError
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
    curve = cost.unit_cost(np.reshape([1, 2, 3, 4, 8], (5, 1, 1)), 1, 100, np.full((1, 2), b))
    for draw in (0, 1):
        assert curve[:, 0, draw] == pytest.approx([100, 80, 70.21, 64, 51.2], abs=0.005)


@pytest.mark.parametrize("single", [-0.3, [-0.3], [[-0.3]]])
def test_a_single_exponent_gives_no_unit_cost(single):
    with pytest.raises(EstimateError, match="without its band"):
        cost.unit_cost(500, 50, 100, single)


def test_the_exponent_has_no_default():
    named = inspect.signature(cost.unit_cost).parameters
    assert all(parameter.default is parameter.empty for parameter in named.values())


def test_published_doublings_are_those_of_the_source():
    found = cost.doublings()
    reductions = found.figures["reduction"]
    # the abstract prints a mean of 34.2 %, from 2.4 % to 58.0 %: the fifteen figures of the table have it
    assert [round(reductions.mean(), 3), reductions.min(), reductions.max()] == list(found.published.values())
    assert len(reductions) == 15
    assert set(REDUCTIONS) <= set(reductions)
    assert found.table()["exponent"].iloc[-1] == pytest.approx(EXPONENTS[-1], abs=5e-5)
    assert all("HIV" in text and text for text in found.caution().loc[0, "title"].values())


def test_published_doublings_feed_no_other_module():
    room = Path(cost.__file__).parent
    users = [
        path.name
        for path in room.glob("*.py")
        if "doubling.toml" in path.read_text(encoding="utf-8")
        or "cost.doublings(" in path.read_text(encoding="utf-8")
    ]
    assert users == ["cost.py"]


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
