"""Value of information against closed forms, and the order that it must keep: survey ≤ line ≤ everything."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import ParameterError
from analysis.scaling import information, scenario

# five standard errors of the simulation, the seeds being fixed
ERRORS = 5
# the sum over 256 intervals of the outer integral, relative to the spread of what is summed
OUTER = 5e-4
MEAN, WIDE, NARROW = 0.3, 1.0, 0.5
SOURCE = {"it": "assunzione della prova", "en": "assumption of the test"}


def unit_loss(mean: float, spread: float) -> float:
    """EVPI of one linear option with normal net benefit against nothing: σφ(μ/σ) − |μ|Φ(−|μ|/σ)."""
    return spread * stats.norm.pdf(mean / spread) - abs(mean) * stats.norm.cdf(-abs(mean) / spread)


@pytest.fixture(scope="module")
def linear() -> information.Decision:
    """One option whose net benefit is the sum of two independent normals, against nothing."""

    def benefit(values):
        gain = values["wide"] + values["narrow"]
        return np.stack([np.zeros_like(gain), gain])

    lines = {
        "wide": lambda u: MEAN + WIDE * stats.norm.ppf(u),
        "narrow": lambda u: NARROW * stats.norm.ppf(u),
    }
    return information.Decision(("none", "out"), lines, benefit)


@pytest.fixture
def plan(raw) -> scenario.Scenario:
    raw["cost"]["person"] = {"distribution": "uniform", "low": 2, "high": 12, "basis": raw["target_basis"]}
    return scenario.read(raw)


OPTIONS = [information.Option("city", 800.0, 1), information.Option("region", 2_000.0, 60)]


@pytest.fixture
def choice(plan) -> information.Decision:
    return information.decision(plan, OPTIONS, 40.0, SOURCE, relative_error=0.1)


def test_perfect_information_in_the_linear_normal_problem(linear):
    found = information.perfect(linear, 65536, 1)
    assert found.choice == "out"
    assert abs(found.worth - unit_loss(MEAN, np.hypot(WIDE, NARROW))) <= ERRORS * found.error
    assert found.benefit == pytest.approx([0, MEAN], abs=1e-3)
    assert found.best[1] == pytest.approx(stats.norm.cdf(MEAN / np.hypot(WIDE, NARROW)), abs=2e-3)


def test_one_line_of_the_linear_normal_problem_and_both_together(linear):
    groups = {"wide": ["wide"], "narrow": ["narrow"], "both": ["wide", "narrow"]}
    found = information.partial(linear, 4096, 1, groups)
    for k, spread in enumerate((WIDE, NARROW)):
        assert abs(found.worth[k] - unit_loss(MEAN, spread)) <= ERRORS * found.error[k] + OUTER * spread
    assert found.worth[2] == found.whole.worth
    again = information.perfect(linear, information.WHOLE * 4096, 1)
    assert (again.worth, again.error) == (found.whole.worth, found.whole.error)


def test_a_group_that_leaves_a_line_out_is_worth_what_its_sum_is(linear):
    """Three normals, two of them known: the closed form with their joint spread."""

    def benefit(values):
        gain = values["a"] + values["b"] + values["c"]
        return np.stack([np.zeros_like(gain), gain])

    lines = {
        key: (lambda u, s=s, m=m: m + s * stats.norm.ppf(u))
        for key, m, s in (("a", MEAN, 1.0), ("b", 0.0, 0.7), ("c", 0.0, 0.4))
    }
    three = information.Decision(("none", "out"), lines, benefit)
    found = information.partial(three, 1024, 1, {"ab": ["a", "b"]})
    assert abs(found.worth[0] - unit_loss(MEAN, np.hypot(1.0, 0.7))) <= ERRORS * found.error[0]


def test_no_line_is_worth_more_than_everything(choice):
    found = information.partial(choice, 1024, 1)
    assert (found.worth <= found.whole.worth + ERRORS * found.whole.error).all()
    assert (found.worth >= 0).all() and found.worth.max() > 0
    table = found.table()
    assert table["line"].iloc[0] == "all" and table["of_perfect"].iloc[0] == 1
    assert set(table["line"]) == {"all", "aware", "interested", "enrolled", "person", "eligible"}
    assert table["worth"].iloc[1:].is_monotonic_decreasing and set(table.attrs["columns"]) == set(table)


def test_where_one_option_is_always_best_nothing_is_worth_knowing(plan):
    certain = information.decision(plan, OPTIONS[:1], 1e6, SOURCE)
    found = information.partial(certain, 64, 1)
    assert found.whole.choice == "city" and found.whole.worth == 0 and (found.worth == 0).all()
    assert found.table()["of_perfect"].isna().all()


def test_net_benefit_is_value_times_people_minus_cost(plan):
    at = {"aware": 0.5, "interested": 0.4, "enrolled": 0.5, "person": 3.0}
    chosen = information.decision(plan, OPTIONS, 30.0, SOURCE)
    found = chosen.benefit({key: np.array([[value]]) for key, value in at.items()})[..., 0]
    enrolled = 2_000 * 0.5 * 0.4 * 0.5
    region = 30 * enrolled * 0.8 - (1000 + 60 * 10 + 500 * np.ceil(enrolled / 50) + 3 * enrolled)
    assert found[0] == 0 and found[2, 0] == pytest.approx(region)


@pytest.fixture
def beta() -> information.Decision:
    """Net benefit 100 p − 40 with p ~ Beta(2, 3): conjugate to a binomial survey."""

    def benefit(values):
        gain = 100 * values["aware"] - 38.0 + 0 * values["idle"]
        return np.stack([np.zeros_like(gain), gain])

    lines = {"aware": lambda u: stats.beta.ppf(u, 2, 3), "idle": lambda u: u}
    return information.Decision(("none", "out"), lines, benefit)


def test_a_survey_is_worth_what_the_beta_binomial_says(beta):
    asked = np.array([1, 5, 20, 200])
    found = information.survey(beta, "aware", asked, 0.0, 1.0, SOURCE, 64, 1)
    exact = []
    for n in asked:
        x = np.arange(n + 1)
        after = 100 * (2 + x) / (5 + n) - 38
        exact.append(stats.betabinom.pmf(x, n, 2, 3) @ np.maximum(after, 0) - max(100 * 0.4 - 38, 0))
    assert found.worth == pytest.approx(exact, abs=100 * OUTER)
    p = np.linspace(0, 1, 200_001)
    known = np.trapezoid(np.maximum(100 * p - 38, 0) * stats.beta.pdf(p, 2, 3), p) - 2
    assert found.limit == pytest.approx(known, abs=100 * OUTER)


def test_larger_surveys_are_worth_more_up_to_the_rate_itself(choice):
    asked = [1, 10, 100, 1_000, 20_000]
    found = information.survey(choice, "interested", asked, 50.0, 0.5, SOURCE, 256, 1)
    assert (np.diff(found.worth) >= 0).all() and found.worth[-1] <= found.limit
    assert found.worth[-1] == pytest.approx(found.limit, rel=0.02)
    line = information.partial(choice, 256, 1, {"interested": ["interested"]})
    assert line.worth[0] == pytest.approx(found.limit)
    table = found.table()
    assert (table["net_worth"] == table["worth"] - (50 + 0.5 * table["asked"])).all()
    assert set(table.attrs["columns"]) == set(table)
    clustered = information.survey(choice, "interested", [100], 50.0, 0.5, SOURCE, 256, 1, design_effect=10)
    assert clustered.worth[0] == pytest.approx(found.worth[1]) and clustered.cost[0] == 100


def test_the_survey_to_hold_is_the_one_of_greatest_net_value(beta):
    assert information.survey(beta, "aware", [1, 10, 100], 0.0, 0.05, SOURCE, 64, 1).best == 10
    assert information.survey(beta, "aware", [1, 10, 100], 1e6, 0.0, SOURCE, 64, 1).best == 0


def test_every_fault_is_told_at_once(plan, choice):
    with pytest.raises(ParameterError) as caught:
        information.decision(plan, OPTIONS[:1] * 2, 0.0, {"it": "solo"}, form="power")
    assert len(caught.value.faults) == 4
    with pytest.raises(ParameterError, match="aware, interested"):
        information.survey(choice, "person", [10], 1.0, 0.0, SOURCE, 64, 1)
    with pytest.raises(ParameterError) as caught:
        information.survey(choice, "retained", [0], -1.0, 0.0, {}, 8, 1, design_effect=0.5)
    assert len(caught.value.faults) == 6
    with pytest.raises(ParameterError, match="retained"):
        information.partial(choice, 64, 1, {"x": ["retained"]})
    with pytest.raises(ParameterError):
        information.perfect(choice, 8, 1)


def test_the_power_law_can_take_the_place_of_the_steps(raw):
    basis = raw["target_basis"]
    raw["power"] = {
        "pilot_people": {"distribution": "fixed", "value": 50, "basis": basis},
        "pilot_unit_cost": {"distribution": "uniform", "low": 20, "high": 60, "basis": basis},
        "exponent": {"distribution": "fixed", "value": -0.3, "basis": basis},
    }
    chosen = information.decision(scenario.read(raw), OPTIONS, 30.0, SOURCE, form="power")
    assert "pilot_unit_cost" in chosen.lines and "person" not in chosen.lines
    found = information.partial(chosen, 64, 1)
    assert (found.worth <= found.whole.worth + ERRORS * found.whole.error).all()
    assert found.table()["line"].iloc[1] == "pilot_unit_cost"
