"""A declared scenario: distributions that are what they say, and every fault at once."""

import tomllib

import numpy as np
import pytest
from scipy import stats

from analysis import places
from analysis.errors import StudyError
from analysis.scaling import scenario

GRID = (np.arange(20_000) + 0.5) / 20_000


def test_distributions_have_the_moments_of_their_definition(raw):
    lines = {line.key: line for line in scenario.read(raw).takeup}
    assert lines["aware"].quantile(GRID).mean() == pytest.approx(0.4, abs=1e-6)
    assert lines["interested"].quantile(GRID).mean() == pytest.approx((0.1 + 4 * 0.3 + 0.6) / 6, abs=1e-5)
    assert lines["enrolled"].quantile(GRID).mean() == pytest.approx((0.3 + 0.5 + 0.7) / 3, abs=1e-5)
    assert set(lines["retained"].quantile(GRID)) == {0.8}


def test_lognormal_bounds_are_its_outer_percentiles(raw):
    raw["cost"]["person"] = {
        "distribution": "lognormal",
        "low": 100,
        "high": 400,
        "basis": raw["target_basis"],
    }
    line = next(line for line in scenario.read(raw).costs if line.key == "person")
    assert line.quantile(np.array([0.025, 0.5, 0.975])) == pytest.approx([100, 200, 400])
    assert (
        stats.kstest(
            np.log(line.quantile(GRID)), stats.norm(np.log(200), np.log(4) / 2 / 1.959964).cdf
        ).pvalue
        > 0.99
    )


def test_every_fault_is_reported_at_once(raw):
    raw["colour"] = 1
    raw["target"] = -5
    del raw["cost"]["manager"]
    raw["takeup"]["aware"] = {"distribution": "normal", "basis": raw["target_basis"]}
    raw["takeup"]["interested"]["high"] = 1.4
    raw["takeup"]["enrolled"] |= {"low": 0.6, "mode": 0.5}
    raw["takeup"]["retained"]["basis"] = {"it": "solo italiano"}
    raw["power"] = {"exponent": {"distribution": "fixed", "value": -0.2, "basis": raw["target_basis"]}}
    with pytest.raises(StudyError) as caught:
        scenario.read(raw)
    wheres = [fault.where for fault in caught.value.faults]
    assert [where.removeprefix("scenarios.toml ") for where in wheres] == [
        "scenarios.toml",
        "target",
        "[takeup.aware]",
        "[takeup.interested]",
        "[takeup.enrolled]",
        "[takeup.retained] basis",
        "[cost.manager]",
        "[power.pilot_people]",
        "[power.pilot_unit_cost]",
    ]


def test_a_line_without_a_basis_is_refused(raw):
    del raw["cost"]["fixed"]["basis"]
    with pytest.raises(StudyError, match=r"cost\.fixed"):
        scenario.read(raw)


def test_the_shipped_scenario_is_valid_and_says_that_every_line_is_assumed():
    text = (places.data() / "demo" / "scenarios.toml").read_text(encoding="utf-8")
    shipped = scenario.read(tomllib.loads(text))
    assert all(line.basis["en"].startswith("assumption of") for line in shipped.lines)
    assert all(line.basis["it"].startswith("assunzione") for line in shipped.lines)
    assert shipped.table("takeup")["line"].tolist() == list(scenario.STEPS)


def test_sums_to_decide_with_are_fixed_told_with_their_basis_and_never_drawn(raw):
    basis = {"it": "fonte", "en": "source"}
    told = {key: {"distribution": "fixed", "value": 10.0, "basis": basis} for key in scenario.DECISION}
    plan = scenario.read(raw | {"decision": told})
    assert [line.key for line in plan.decision] == list(scenario.DECISION)
    assert not {line.group for line in plan.lines} & {"decision"}
    assert plan.table("decision")["basis"].tolist() == [basis] * len(scenario.DECISION)
    spread = told | {"value": {"distribution": "uniform", "low": 1, "high": 2, "basis": basis}}
    with pytest.raises(StudyError, match=r"decision\.value"):
        scenario.read(raw | {"decision": spread})
