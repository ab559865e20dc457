"""Replicate weights: figures of R's survey package 4.1-1, and agreement with linearisation where theory gives it."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import estimates, replicates
from analysis.survey.design import Design, Volunteers


def clusters(frame, fpc=True):
    return Design(frame["pw"].to_numpy(), psu=frame["dnum"], fpc=frame["fpc"] if fpc else None)


def strata(frame, fpc=True):
    return Design(frame["pw"].to_numpy(), strata=frame["stype"], fpc=frame["fpc"] if fpc else None)


@pytest.fixture(scope="module")
def pairs():
    generator = np.random.default_rng(2)
    psu = np.repeat(np.arange(40), 6)
    y = generator.normal(size=40)[psu] + generator.normal(size=240)
    sample = Design(generator.uniform(1, 2, 240), strata=psu // 2, psu=psu, fpc=np.full(240, 10.0))
    return sample, pd.Series(y), pd.DataFrame({"g": generator.choice(list("ab"), 240)})


def test_the_jackknife_has_the_finite_population(apiclus1, apistrat):
    wanted = {(True, "c"): 26.3293605895276, (False, "c"): 26.5941613577106}
    wanted |= {(True, "s"): 9.40894080278458, (False, "s"): 9.53613229692519}
    for fpc in (True, False):
        first = replicates.jackknife(clusters(apiclus1, fpc))
        second = replicates.jackknife(strata(apistrat, fpc))
        assert (first.method, second.method) == ("JK1", "JKn")
        assert first.mean(apiclus1["api00"]).se[0] == pytest.approx(wanted[fpc, "c"], rel=1e-9)
        assert second.mean(apistrat["api00"]).se[0] == pytest.approx(wanted[fpc, "s"], rel=1e-9)


@pytest.mark.parametrize(
    "make", [replicates.jackknife, replicates.brr, replicates.fay, lambda d: replicates.bootstrap(d, 9, 1)]
)
def test_the_weights_of_a_replicate_give_its_estimate(pairs, make):
    sample, y, _ = pairs
    found = make(sample)
    away = np.array([np.average(y, weights=found.weights(r)) for r in range(len(found))])
    assert found.mean(y).se[0] ** 2 == pytest.approx(
        float(found.scale @ (away - away.mean()) ** 2), rel=1e-10
    )


def test_of_a_total_balanced_halves_are_linearisation(pairs):
    sample, y, groups = pairs
    linear = estimates.total(y, sample, groups)
    for made in (replicates.brr(sample), replicates.fay(sample, 0.3), replicates.jackknife(sample)):
        assert made.total(y, groups).covariance == pytest.approx(linear.covariance, rel=1e-9)


def test_the_bootstrap_nears_linearisation(pairs):
    sample, y, groups = pairs
    made = replicates.bootstrap(sample, 4000, 3)
    assert made.total(y).se[0] == pytest.approx(estimates.total(y, sample).se[0], rel=0.05)
    assert made.mean(y, groups).se == pytest.approx(estimates.mean(y, sample, groups).se, rel=0.06)
    assert made.mean(y).se[0] == replicates.bootstrap(sample, 4000, 3).mean(y).se[0]
    event = (y > 0).rename("e")
    low, high = made.share(event).interval
    assert 0 < low[0] < made.share(event).estimate[0] < high[0] < 1
    assert made.ratio(y, y + 5).estimate[0] == estimates.ratio(y, y + 5, sample).estimate[0]


def test_what_cannot_be_replicated_is_told(pairs, english):
    sample, _, _ = pairs
    with pytest.raises(EstimateError) as raised:
        replicates.brr(Design(np.ones(6), strata=["a"] * 3 + ["b"] * 3))
    assert [fault.where for fault in raised.value.faults] == ["BRR, a", "BRR, b"]
    with pytest.raises(EstimateError, match="one PSU only"):
        replicates.jackknife(Design(np.ones(3), strata=["a", "a", "b"], lonely="adjust"))
    with pytest.raises(EstimateError, match="probability sample"):
        replicates.bootstrap(Volunteers(9), 10, 1)
    with pytest.raises(EstimateError, match="one by one"):
        replicates.jackknife(sample.reweighted(sample.weights, np.ones((240, 1))))
    with pytest.raises(EstimateError, match=r"fay\.rho"):
        replicates.fay(sample, 1.0)
