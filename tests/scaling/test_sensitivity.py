"""Sobol indices against closed forms and at the rate their intervals promise; groups, fixed lines, the tornado."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import ParameterError
from analysis.scaling import montecarlo, scenario, sensitivity

ELIGIBLE, PLACES, TARGET = 2_000.0, 9, 80.0
# four standard errors of the simulation: one false alarm in some thousands of comparisons, and the seeds are fixed
ERRORS = 4
# of products and sums in another order
ROUNDING = 1e-9


def ishigami(u: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * u - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


SLOPES = np.array([1.0, 2.0, 3.0, 0.2])
STEEP = np.array([0.0, 1.0, 4.5, 9.0])


def linear(u: np.ndarray) -> np.ndarray:
    return 5.0 + SLOPES @ u


def g_function(u: np.ndarray) -> np.ndarray:
    """Saltelli and Sobol (1995): product of (|4u − 2| + a) / (1 + a)."""
    return np.prod((np.abs(4 * u - 2) + STEEP[:, None]) / (1 + STEEP[:, None]), axis=0)


def closed_linear() -> tuple[float, np.ndarray, np.ndarray]:
    parts = SLOPES**2 / 12
    return parts.sum(), parts / parts.sum(), parts / parts.sum()


def closed_g() -> tuple[float, np.ndarray, np.ndarray]:
    parts = 1 / 3 / (1 + STEEP) ** 2
    whole = np.prod(1 + parts)
    return whole - 1, parts / (whole - 1), parts * whole / (1 + parts) / (whole - 1)


# oracle row 27, part B
ISHIGAMI = (13.84459, np.array([0.31390519, 0.44241114, 0.0]), np.array([0.55758886, 0.44241114, 0.24368366]))
CASES = [(ishigami, 3, *ISHIGAMI), (linear, 4, *closed_linear()), (g_function, 4, *closed_g())]
NAMES = ["ishigami", "linear", "g"]


@pytest.fixture
def plan(raw) -> scenario.Scenario:
    raw["power"] = {
        "pilot_people": {"distribution": "fixed", "value": 50, "basis": raw["target_basis"]},
        "pilot_unit_cost": {"distribution": "uniform", "low": 10, "high": 20, "basis": raw["target_basis"]},
        "exponent": {"distribution": "uniform", "low": -0.3, "high": 0.0, "basis": raw["target_basis"]},
    }
    return scenario.read(raw)


@pytest.mark.parametrize(("function", "count", "variance", "first", "total"), CASES, ids=NAMES)
def test_indices_are_those_of_the_closed_form(function, count, variance, first, total):
    found = sensitivity.indices(function, count, 16384, seed=3)
    assert found.points == 16384 and found.variance == pytest.approx(variance, rel=0.01)
    for values, errors, truth in (
        (found.first, found.first_error, first),
        (found.total, found.total_error, total),
    ):
        assert (np.abs(values - truth) <= ERRORS * errors + 1e-12).all()
        assert values == pytest.approx(truth, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("function", "count", "variance", "first", "total"), CASES, ids=NAMES)
def test_intervals_cover_the_truth_at_their_nominal_rate(function, count, variance, first, total):
    """400 replications each; the number of hits lies within the central 99.9 % of a binomial at 95 %, for every index of the three functions."""
    repetitions, hits = 400, np.zeros((2, count))
    for seed in range(repetitions):
        found = sensitivity.indices(function, count, 512, seed)
        for row, (order, truth) in enumerate((("first", first), ("total", total))):
            low, high = found.interval(order)
            hits[row] += (low <= truth) & (truth <= high)
    least, most = stats.binom.ppf([0.0005, 0.9995], repetitions, 0.95)
    assert (hits >= least).all() and (hits <= most).all()


def test_the_same_seed_gives_the_same_indices_and_more_points_a_narrower_interval():
    one, again = (sensitivity.indices(g_function, 4, 1024, seed=5) for _ in range(2))
    assert (one.total == again.total).all()
    more = sensitivity.indices(g_function, 4, 16384, seed=5)
    assert (more.total_error < one.total_error).all()


def test_a_group_has_the_index_of_its_lines_together():
    """For a linear model groups add up; the index of all coordinates together is one."""
    _, parts, _ = closed_linear()
    found = sensitivity.indices(linear, 4, 4096, 1, {"pair": [0, 2], "1": [1], "3": [3]})
    assert found.lines == ("pair", "1", "3")
    assert found.first == pytest.approx([parts[0] + parts[2], parts[1], parts[3]], abs=0.01)
    assert sensitivity.indices(g_function, 4, 256, 1, {"all": [0, 1, 2, 3]}).total == pytest.approx(
        1.0, abs=0.1
    )


def test_a_coordinate_that_does_nothing_has_no_index_and_a_constant_none_that_is_defined():
    idle = sensitivity.indices(lambda u: u[0], 2, 256, 1)
    assert idle.first[1] == idle.total[1] == 0.0
    assert np.isnan(sensitivity.indices(lambda u: np.full(u.shape[1], 3.7), 2, 256, 1).table()["total_order"]).all()  # fmt: skip


def test_people_retained_follow_the_product_of_their_rates(plan):
    """The variance of a product of independent factors: index of one = its squared coefficient of variation over Π(1 + cv²) − 1; total with the others'."""
    found = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, "retained", 16384, 2)
    u = (np.arange(200_000) + 0.5) / 200_000
    lines = {line.key: line.quantile(u) for line in plan.takeup if line.distribution != "fixed"}
    squares = np.array([(each.std() / each.mean()) ** 2 for each in lines.values()])
    whole = np.prod(1 + squares)
    assert found.lines == tuple(lines) and found.fixed == ("retained",)
    assert found.first == pytest.approx(squares / (whole - 1), abs=0.005)
    assert found.total == pytest.approx(squares * whole / (1 + squares) / (whole - 1), abs=0.005)


@pytest.mark.parametrize("output", sensitivity.OUTPUTS)
@pytest.mark.parametrize("form", sensitivity.FORMS)
def test_every_line_is_listed_where_it_enters_and_the_fixed_are_said_to_be(plan, output, form):
    found = sensitivity.of_scenario(
        plan, ELIGIBLE, PLACES, TARGET, output, 128, 1, relative_error=0.1, form=form
    )
    table = found.table()
    fixed = table[table["how"] == "fixed"]
    assert (fixed[["first_order", "total_order_high"]] == 0).all(axis=None)
    paid = {"pilot_people"} if form == "power" else {"fixed", "place", "manager", "capacity", "person"}
    expected = {"retained"} | (paid if output in ("cost", "per_person") else set())
    assert set(fixed["line"]) == expected - ({"retained"} if (output, form) == ("cost", "steps") else set())
    assert "eligible" in set(table["line"]) and set(table) <= set(table.attrs["columns"])


def test_the_indices_are_of_what_the_draws_show(plan):
    """Mean and variance of the output are those of the Monte Carlo draws of the same scenario."""
    drawn = montecarlo.draw(plan, 16384, 4, relative_error=0.1)
    retained, total = montecarlo.outcome(drawn.values, drawn.factor, ELIGIBLE, PLACES)
    for output, values in (
        ("retained", retained),
        ("cost", total),
        ("reached", retained >= TARGET),
        ("per_person", total / retained),
    ):
        found = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, output, 4096, 9, relative_error=0.1)
        assert found.mean == pytest.approx(values.mean(), rel=0.01)
        assert found.variance == pytest.approx(values.var(), rel=0.05)


def test_lines_in_groups_and_outputs_together(plan):
    groups = {"takeup": ["aware", "interested", "enrolled", "retained"]}
    people = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, "retained", 128, 1, groups=groups)
    assert people.lines == ("takeup",) and people.total == pytest.approx([1.0], abs=0.2)
    cost = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, "cost", 128, 1)
    table = sensitivity.together([people, cost])
    assert table["output"].unique().tolist() == ["retained", "cost"]
    assert table.columns[0] == "output" and set(table.attrs["columns"]) == set(table)


def test_a_scenario_in_which_nothing_varies_has_only_fixed_lines(raw):
    for step in raw["takeup"]:
        raw["takeup"][step] = {"distribution": "fixed", "value": 0.5, "basis": raw["target_basis"]}
    plan = scenario.read(raw)
    table = sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, "cost", 128, 1).table()
    assert (table["how"] == "fixed").all() and len(table) == 8
    assert sensitivity.tornado(plan, ELIGIBLE, PLACES, "cost").table().empty


def test_tornado_moves_one_line_and_leaves_the_others_at_their_median(plan):
    found = sensitivity.tornado(plan, ELIGIBLE, PLACES, "retained")
    middle = {line.key: float(line.quantile(np.array(0.5))) for line in plan.takeup}
    assert found.base == pytest.approx(ELIGIBLE * np.prod(list(middle.values())), rel=ROUNDING)
    table = found.table()
    row = table[table["line"] == "aware"].iloc[0]
    assert row[["value_low", "value_high"]].tolist() == pytest.approx([0.22, 0.58])
    assert row["result_high"] == pytest.approx(found.base / middle["aware"] * 0.58, rel=ROUNDING)
    assert table["width"].is_monotonic_decreasing and "retained" not in set(table["line"])


def test_every_fault_is_told_at_once(plan, raw):
    with pytest.raises(ParameterError) as caught:
        sensitivity.of_scenario(plan, ELIGIBLE, PLACES, TARGET, "joy", 10, 1, form="x", groups={"a": ["aware", "y"], "b": ["aware"]})  # fmt: skip
    assert len(caught.value.faults) == 5
    del raw["power"]
    with pytest.raises(ParameterError) as caught:
        sensitivity.tornado(scenario.read(raw), ELIGIBLE, PLACES, "reached", form="power")
    assert len(caught.value.faults) == 2
    with pytest.raises(ParameterError) as caught:
        sensitivity.indices(linear, 4, 10, 1, {"x": [7]})
    assert len(caught.value.faults) == 2
