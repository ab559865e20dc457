"""Post-stratification, raking, linear calibration: figures of R's survey package 4.1-1, and totals reached."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import calibration, estimates, weights
from analysis.survey.design import Census, Design, Volunteers

KINDS = {"E": 4421, "H": 755, "M": 1018}
WIDE = {"No": 1072, "Yes": 5122}


@pytest.fixture
def clusters(apiclus1):
    return Design(apiclus1["pw"].to_numpy(), psu=apiclus1["dnum"], fpc=apiclus1["fpc"])


def test_post_stratification(apiclus1, clusters):
    sample = calibration.post_stratify(clusters, apiclus1["stype"], KINDS).sampling
    found, whole = estimates.mean(apiclus1["api00"], sample), estimates.total(apiclus1["enroll"], sample)
    assert (found.estimate[0], found.se[0]) == pytest.approx((642.310788211582, 23.9204864450904), rel=1e-9)
    assert (whole.estimate[0], whole.se[0]) == pytest.approx((3680892.94511905, 406292.636294802), rel=1e-9)


def test_raking(apiclus1, clusters):
    made = calibration.rake(
        clusters, {"stype": (apiclus1["stype"], KINDS), "wide": (apiclus1["sch.wide"], WIDE)}
    )
    found, whole = (
        estimates.mean(apiclus1["api00"], made.sampling),
        estimates.total(apiclus1["enroll"], made.sampling),
    )
    assert (found.estimate[0], found.se[0]) == pytest.approx((641.23032092682, 23.7036168879225), rel=1e-9)
    assert (whole.estimate[0], whole.se[0]) == pytest.approx((3647280.14806521, 400603.25686197), rel=1e-9)
    assert (made.weights.min(), made.weights.max()) == pytest.approx(
        (29.8706754926847, 67.1255292411947), rel=1e-9
    )
    cost = weights.kish(made.weights)
    assert cost.n_effective == pytest.approx(174.01, abs=0.005)
    assert cost.deff == pytest.approx(1.0517, abs=5e-5)
    assert made.steps < 20 and made.largest_error < 1e-10
    assert made.table()["n"].tolist() == [183]
    assert made.reached()["category"].tolist() == ["E", "H", "M", "No", "Yes"]


def test_linear_calibration_of_indicators_is_post_stratification(apiclus1, clusters):
    dummies = pd.get_dummies(apiclus1["stype"]).astype(float)
    made = calibration.greg(clusters, dummies, KINDS)
    assert made.weights == pytest.approx(
        calibration.post_stratify(clusters, apiclus1["stype"], KINDS).weights
    )
    found = estimates.total(apiclus1["enroll"], made.sampling)
    assert found.se[0] == pytest.approx(406292.636294802, rel=1e-9)


def test_linear_calibration_to_a_number_and_within_bounds(apiclus1, clusters):
    x = pd.DataFrame({"one": 1.0, "before": apiclus1["api99"].astype(float)})
    totals = {"one": 6194.0, "before": 3914069.0}
    made = calibration.greg(clusters, x, totals)
    assert (x.T.to_numpy() @ made.weights) == pytest.approx(list(totals.values()), rel=1e-9)
    assert estimates.total(x["before"], made.sampling).se[0] == pytest.approx(0, abs=0.1)
    near = calibration.greg(clusters, x, totals, bounds=(0.6, 1.5))
    assert (x.T.to_numpy() @ near.weights) == pytest.approx(list(totals.values()), rel=1e-9)
    moved = near.weights / near.before
    assert moved.min() >= 0.6 - 1e-9 and moved.max() <= 1.5 + 1e-9


def test_margins_from_a_table(apiclus1, clusters):
    table = pd.DataFrame({"margin": ["stype"] * 3, "category": list(KINDS), "total": list(KINDS.values())})
    made = calibration.rake(clusters, calibration.margins_from(table, apiclus1))
    assert made.sampling.weights.sum() == pytest.approx(6194)
    with pytest.raises(EstimateError, match="stype: E"):
        calibration.margins_from(pd.concat([table, table.head(1)]), apiclus1)


def test_every_fault_of_the_margins_at_once(english):
    sex = np.array(["f", "f", "m", None], dtype=object)
    margins = {"sex": (sex, {"f": 2.0, "x": 1.0}), "age": (["y", "y", "o", "o"], {"y": 0.0, "o": 4.0})}
    with pytest.raises(EstimateError) as caught:
        calibration.rake(Design(np.ones(4)), margins)
    text = str(caught.value)
    for part in (
        "1 values are missing",
        "without a target: m",
        "without respondents: x",
        "margins.age: targets are not positive",
    ):
        assert part in text
    with pytest.raises(EstimateError, match="share one total"):
        calibration.rake(
            Design(np.ones(2)),
            {"a": (["x", "y"], {"x": 1.0, "y": 1.0}), "b": (["u", "v"], {"u": 1.0, "v": 2.0})},
        )


def test_totals_that_cannot_be_reached_are_told(english):
    margins = {"a": (["x", "x", "y"], {"x": 1.0, "y": 2.0}), "b": (["u", "u", "v"], {"u": 2.0, "v": 1.0})}
    with pytest.raises(EstimateError, match="no convergence"):
        calibration.rake(Design(np.ones(3)), margins, sweeps=50)
    x = pd.DataFrame({"one": np.ones(4), "t": [0.0, 0.0, 0.0, 1.0]})
    with pytest.raises(EstimateError, match="cannot be reached"):
        calibration.greg(Design(np.ones(4)), x, {"one": 4.0, "t": 3.0}, bounds=(0.5, 2.0))
    with pytest.raises(EstimateError, match="not positive"):
        calibration.greg(Design(np.ones(4)), x, {"one": 1.0, "t": 3.0})
    with pytest.raises(EstimateError, match=r"totals\.t"):
        calibration.greg(Design(np.ones(4)), x, {"one": 1.0})


def test_volunteers_stay_respondents_on_a_stated_assumption(english):
    sex = ["f", "f", "f", "m"]
    made = calibration.rake(Volunteers(4), {"sex": (sex, {"f": 50.0, "m": 50.0})})
    assert made.sampling.kind == "respondents" and "Model-dependent" in made.assumption["en"]
    found = estimates.mean([1.0, 1.0, 1.0, 5.0], made.sampling)
    assert found.estimate[0] == pytest.approx(3.0)
    assert "low" not in found.table()
    with pytest.raises(EstimateError, match="volunteers"):
        _ = found.se
    with pytest.raises(EstimateError, match="census"):
        calibration.rake(Census(4), {"sex": (sex, {"f": 50.0, "m": 50.0})})
