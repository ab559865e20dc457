"""Quantiles and Woodruff's interval: by hand, and against the order statistics of a simple sample."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import EstimateError
from analysis.survey import estimates, quantiles
from analysis.survey.design import Design, Volunteers


def test_weights_and_ties_by_hand():
    values, weights = np.array([3.0, 1.0, 2.0, 2.0, np.nan]), np.array([1.0, 2.0, 1.0, 1.0, 9.0])
    sample = Design(weights)
    assert [quantiles.quantile(values, sample, p).estimate[0] for p in (0.1, 0.4, 0.41, 0.8, 0.81)] == [
        1,
        1,
        2,
        2,
        3,
    ]


def test_woodruffs_interval_of_a_simple_sample_holds_the_expected_ranks():
    values = np.random.default_rng(3).permutation(1000).astype(float)
    found = quantiles.quantile(values, Design(np.ones(1000)))
    half = stats.t.ppf(0.975, 999) * np.sqrt(0.25 / 999)
    assert found.estimate[0] == 499
    assert found.interval[0][0] == pytest.approx(1000 * (0.5 - half), abs=1)
    assert found.interval[1][0] == pytest.approx(1000 * (0.5 + half), abs=1)


def test_domains_are_those_computed_alone(apistrat):
    sample = Design(apistrat["pw"].to_numpy(), strata=apistrat["stype"], fpc=apistrat["fpc"])
    found = quantiles.quantile(apistrat["api00"], sample, 0.25, apistrat[["stype"]], margin=True)
    for k, kind in enumerate(("E", "H", "M")):
        alone = quantiles.quantile(apistrat["api00"].where(apistrat["stype"] == kind), sample, 0.25)
        assert found.estimate[k] == alone.estimate[0]
        assert found.interval[0][k] == alone.interval[0][0]
        assert found.interval[1][k] == alone.interval[1][0]
    assert found.estimate[3] == quantiles.quantile(apistrat["api00"], sample, 0.25).estimate[0]


def test_design_effects(apiclus1, apistrat):
    clusters = Design(apiclus1["pw"].to_numpy(), psu=apiclus1["dnum"], fpc=apiclus1["fpc"])
    assert estimates.design_effect(apiclus1["api00"], clusters) == pytest.approx(9.34586945059095, rel=1e-9)
    strata = Design(apistrat["pw"].to_numpy(), strata=apistrat["stype"], fpc=apistrat["fpc"])
    assert estimates.design_effect(apistrat["api00"], strata) == pytest.approx(1.20445726853772, rel=1e-9)


def test_respondents_have_a_quantile_and_no_interval(english):
    found = quantiles.quantile(pd.Series([1, 2, None, 4]), Volunteers(4))
    assert (found.estimate[0], found.n[0]) == (2, 3)
    assert "low" not in found.table()
    with pytest.raises(EstimateError, match="volunteers"):
        _ = found.interval
    with pytest.raises(EstimateError, match=r"quantile\.p"):
        quantiles.quantile([1.0], Volunteers(1), 1.0)
