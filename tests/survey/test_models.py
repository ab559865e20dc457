"""Models under a design: figures of R's survey package 4.1-1; Poisson and ordinal models against statsmodels on plain samples."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.miscmodels.ordinal_model import OrderedModel

from analysis.errors import EstimateError
from analysis.survey import models
from analysis.survey.design import Census, Design, Volunteers
from analysis.survey.stages import LaterStage

TERMS = ["ell", "meals", "mobility"]


@pytest.fixture(scope="module")
def plain():
    generator = np.random.default_rng(11)
    x = pd.DataFrame({"a": generator.normal(size=700), "g": generator.choice(list("xyz"), 700)})
    eta = 0.7 * x["a"] + 0.5 * (x["g"] == "y")
    counts = pd.Series(generator.poisson(np.exp(0.2 + 0.3 * x["a"])), name="count")
    grades = pd.Series(np.digitize(eta + generator.logistic(size=700), [-1, 0.3, 1.5]), name="grade")
    dummies = pd.DataFrame({"a": x["a"], "gy": (x["g"] == "y") * 1.0, "gz": (x["g"] == "z") * 1.0})
    return x, counts, grades, dummies


def test_logit_of_a_cluster_sample(apiclus1):
    sample = Design(apiclus1["pw"].to_numpy(), psu=apiclus1["dnum"], fpc=apiclus1["fpc"])
    found = models.fit((apiclus1["sch.wide"] == "Yes").rename("wide"), apiclus1[TERMS], sample, "logit")
    wanted = [1.72610017370967, 0.040094801762887, -0.0207883108506505, 0.0145803655359755]
    errors = [0.701135900395708, 0.0125730768669902, 0.00921076249569469, 0.0258300825811321]
    assert found.coefficients == pytest.approx(wanted, rel=1e-7)
    assert found.se == pytest.approx(errors, rel=1e-7)
    assert found.df == 11


def test_both_stages_bear_the_errors_of_a_linear_model(apiclus2):
    stage = LaterStage(apiclus2["snum"], apiclus2["fpc2"])
    sample = Design(apiclus2["pw"].to_numpy(), psu=apiclus2["dnum"], fpc=apiclus2["fpc1"], later=[stage])
    found = models.fit(apiclus2["api00"], apiclus2[TERMS], sample)
    wanted = [30.2338302726173, 1.37984365325523, 1.08300208879965, 0.610313816609331]
    assert found.se == pytest.approx(wanted, rel=1e-7)


def test_poisson_is_that_of_statsmodels(plain):
    x, counts, _, dummies = plain
    found = models.fit(counts, x, Design(np.ones(700)), "poisson")
    rival = sm.GLM(counts, sm.add_constant(dummies), sm.families.Poisson()).fit(cov_type="HC0")
    assert found.coefficients == pytest.approx(rival.params.to_numpy(), rel=1e-7, abs=1e-9)
    assert found.se == pytest.approx(rival.bse.to_numpy() * np.sqrt(700 / 699), rel=1e-6)
    assert [term.reference for term in found.terms] == [None, None, "x", "x"]


def test_ordinal_is_that_of_statsmodels(plain):
    x, _, grades, dummies = plain
    found = models.fit(grades, x, Design(np.full(700, 3.0)), "ordinal")
    rival = OrderedModel(grades, dummies, distr="logit").fit(method="bfgs", disp=0, gtol=1e-10)
    assert found.coefficients[3:] == pytest.approx(rival.params.to_numpy()[:3], abs=1e-5)
    thresholds = np.cumsum(np.r_[rival.params.iloc[3], np.exp(rival.params.iloc[4:])])
    assert found.coefficients[:3] == pytest.approx(thresholds, abs=1e-5)
    assert found.names[:3] == ["threshold=0 | 1", "threshold=1 | 2", "threshold=2 | 3"]


def test_ordinal_scores_are_the_slopes_of_the_likelihood(plain):
    _, _, grades, dummies = plain
    model = models.Ordinal(3)
    at, y, matrix = (
        np.array([-1.0, 0.2, 1.4, 0.5, 0.3, -0.1]),
        grades.to_numpy(dtype=float),
        dummies.to_numpy(),
    )
    ones = np.ones(len(y))
    slopes = model.scores(y, matrix, at).sum(axis=0)
    for j in range(6):
        step = np.eye(6)[j] * 1e-6
        change = model.likelihood(y, matrix, at + step, ones) - model.likelihood(y, matrix, at - step, ones)
        assert slopes[j] == pytest.approx(change / 2e-6, abs=1e-3)


def test_rows_without_all_answers_are_counted_and_stay_in_the_design(plain):
    x, counts, _, _ = plain
    gone = counts.astype("Float64").mask(counts.index < 40)
    found = models.fit(gone, x, Design(np.ones(700), psu=np.arange(700) // 20), "poisson")
    assert (found.n, found.dropped) == (660, 40)
    assert found.df == 33 - 1 + 1 - 4


def test_volunteers_and_a_census_have_coefficients_and_no_errors(plain, english):
    x, counts, _, _ = plain
    sample = models.fit(counts, x, Design(np.ones(700)), "poisson")
    described = models.fit(counts, x, Volunteers(700), "poisson")
    assert described.coefficients == pytest.approx(sample.coefficients)
    assert "low" not in described.table()
    assert "low" not in models.fit(counts, x, Census(700), "poisson").table()
    with pytest.raises(EstimateError, match="volunteers"):
        _ = described.se


def test_what_cannot_be_fitted_is_told_at_once(plain, english):
    x, counts, _, _ = plain
    bad = x.assign(twice=2 * x["a"], one="same")
    with pytest.raises(EstimateError) as raised:
        models.fit(counts * 0, bad, Design(np.ones(700)), "poisson")
    assert {"fit.y, count, poisson", "fit.terms, one"} <= {fault.where for fault in raised.value.faults}
    with pytest.raises(EstimateError, match=r"fit\.terms, twice"):
        models.fit(counts, x.assign(twice=2 * x["a"]), Design(np.ones(700)), "poisson")
    with pytest.raises(EstimateError, match="always 1"):
        models.fit((x["g"] == "y").rename("y"), x, Design(np.ones(700)), "logit")
    with pytest.raises(EstimateError, match="does not converge"):
        models.fit((x["a"] > 0).rename("y"), x[["a"]], Design(np.ones(700)), "logit")
    with pytest.raises(EstimateError, match="degrees of freedom"):
        models.fit(counts, x, Design(np.ones(700), psu=np.arange(700) % 3), "poisson")
    with pytest.raises(EstimateError, match="gaussian, logit, poisson, ordinal"):
        models.fit(counts, x, Design(np.ones(700)), "probit")


def test_a_published_weighted_regression_is_reproduced(oracle_data):
    jobs = oracle_data("survey/ess10/clean_job_sat.csv")
    aside = ["anweight", "cntry", "stfmjob", "stfmjob_grouped", "stfmjob_named"]
    sample = Design(jobs["anweight"].to_numpy())
    found = models.fit(jobs["stfmjob_grouped"], jobs.drop(columns=aside), sample)
    freedom = found.n - len(found.coefficients)
    adjusted = 1 - (1 - found.r_squared) * (found.n - 1) / freedom
    f = found.r_squared / (len(found.coefficients) - 1) / ((1 - found.r_squared) / freedom)
    assert found.n == 2580
    assert (found.r_squared, adjusted) == pytest.approx((0.272, 0.252), abs=5e-4)
    assert f == pytest.approx(13.81, abs=5e-3)
