"""Rao–Scott tests: figures of R's survey package 4.1-1."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey.association import rao_scott
from analysis.survey.design import Design, Volunteers
from analysis.survey.stages import LaterStage


def test_one_stage(apiclus1):
    sample = Design(apiclus1["pw"].to_numpy(), psu=apiclus1["dnum"], fpc=apiclus1["fpc"])
    for rows, columns in (("sch.wide", "stype"), ("stype", "sch.wide")):
        found = rao_scott(apiclus1[rows], apiclus1[columns], sample)
        assert found.f == pytest.approx(5.19336954147488, rel=1e-9)
        assert (found.ndf, found.ddf) == pytest.approx((1.49463977770746, 20.9249568879044), rel=1e-9)
        assert found.p == pytest.approx(0.0217474623707969, rel=1e-9)
        assert found.n == 183


def test_the_second_stage_bears_variance_too(apiclus2):
    stage = LaterStage(apiclus2["snum"], apiclus2["fpc2"])
    sample = Design(apiclus2["pw"].to_numpy(), psu=apiclus2["dnum"], fpc=apiclus2["fpc1"], later=[stage])
    assert rao_scott(apiclus2["sch.wide"], apiclus2["stype"], sample).f == pytest.approx(11.873, abs=5e-4)


def test_of_a_simple_sample_it_is_pearsons():
    generator = np.random.default_rng(7)
    first, second = (pd.Series(generator.integers(0, 2, 4000), name=name) for name in ("a", "b"))
    found = rao_scott(first, second, Design(np.ones(4000)))
    assert found.f == pytest.approx(found.chi2, rel=1e-3)
    assert found.ndf == pytest.approx(1)


def test_no_test_of_volunteers_or_of_one_class(english):
    one = pd.Series(["a"] * 4, name="one")
    with pytest.raises(EstimateError, match="without a probability sample"):
        rao_scott(one, one, Volunteers(4))
    with pytest.raises(EstimateError, match="one, one"):
        rao_scott(one, one, Design(np.ones(4)))
