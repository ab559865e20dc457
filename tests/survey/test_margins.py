"""Average marginal effects and predictions: against statsmodels, and against numerical derivatives."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from analysis.errors import EstimateError
from analysis.survey import margins, models
from analysis.survey.design import Design, Volunteers


@pytest.fixture(scope="module")
def people():
    generator = np.random.default_rng(5)
    x = pd.DataFrame({"a": generator.normal(size=600), "g": generator.choice(list("xyz"), 600)})
    chance = 1 / (1 + np.exp(-(0.2 + 0.8 * x["a"] - 0.6 * (x["g"] == "z"))))
    event = pd.Series((generator.random(600) < chance) * 1, name="event")
    grade = pd.Series(np.digitize(x["a"] + generator.logistic(size=600), [-1, 0, 1]), name="grade")
    return x, event, grade, generator.uniform(1, 4, 600)


def test_effects_are_those_of_statsmodels(people):
    x, event, _, _ = people
    found = margins.average_effects(models.fit(event, x, Design(np.ones(600)), "logit"))
    matrix = sm.add_constant(
        pd.DataFrame({"a": x["a"], "gy": (x["g"] == "y") * 1, "gz": (x["g"] == "z") * 1})
    )
    rival = sm.Logit(event, matrix).fit(disp=0, cov_type="HC0").get_margeff()
    assert found.value[0] == pytest.approx(rival.margeff[0], rel=1e-6)
    assert np.sqrt(found.covariance[0, 0]) == pytest.approx(
        rival.margeff_se[0] * np.sqrt(600 / 599), rel=1e-4
    )


@pytest.mark.parametrize("family", ["gaussian", "logit", "poisson", "ordinal"])
def test_gradients_are_those_of_small_steps(people, family):
    x, event, grade, weights = people
    outcome = {"gaussian": x["a"] ** 2 + event, "logit": event, "poisson": grade, "ordinal": grade}[
        family
    ].rename("y")
    model = models.fit(outcome, x, Design(weights), family)
    found = margins.average_effects(model)
    first = margins.predictions(model, "g")
    for result, compute in ((found, margins.average_effects), (first, lambda m: margins.predictions(m, "g"))):
        steps = []
        for j in range(len(model.coefficients)):
            ends = []
            for sign in (1, -1):
                moved = model.coefficients.copy()
                moved[j] += sign * 1e-5
                ends.append(compute(dataclasses.replace(model, coefficients=moved)).value)
            steps.append((ends[0] - ends[1]) / 2e-5)
        jacobian = np.array(steps).T
        assert result.covariance == pytest.approx(
            jacobian @ model.covariance @ jacobian.T, rel=1e-4, abs=1e-12
        )


def test_predictions_of_one_classification_are_its_shares(people):
    x, event, _, weights = people
    model = models.fit(event, x[["g"]], Design(weights), "logit")
    table = margins.predictions(model, "g").table()
    assert (table["n"] == 600).all() and (table["cases"] == event.sum()).all()
    for _, row in table.iterrows():
        own = x["g"] == row["level"]
        assert row["prediction"] == pytest.approx(np.average(event[own], weights=weights[own]), rel=1e-8)


def test_effects_of_respondents_have_no_interval(people, english):
    x, event, grade, _ = people
    table = margins.average_effects(models.fit(event, x, Volunteers(600), "logit")).table()
    assert list(table) == ["term", "level", "reference", "effect", "n"]
    with pytest.raises(EstimateError, match="no classification"):
        margins.predictions(models.fit(event, x, Volunteers(600), "logit"), "a")
    with pytest.raises(EstimateError, match="1, 2, 3"):
        margins.average_effects(models.fit(grade, x, Volunteers(600), "ordinal"), at_least=0)
