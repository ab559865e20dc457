"""Samples of several stages, and calibrated weights: figures of R's survey package 4.1-1."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import design, estimates
from analysis.survey.design import Design
from analysis.survey.stages import LaterStage

EXACT = 1e-9


def close(found, wanted, tolerance=EXACT):
    assert np.asarray(found) == pytest.approx(np.asarray(wanted), rel=tolerance)


def two_stage(frame, **changed):
    told = {"weights": frame["pw"].to_numpy(), "psu": frame["dnum"], "fpc": frame["fpc1"]}
    return Design(**{**told, "later": [LaterStage(frame["snum"], frame["fpc2"])], **changed})


def one_stage(frame):
    return Design(frame["pw"].to_numpy(), psu=frame["dnum"], fpc=frame["fpc"])


def test_one_stage_of_clusters(apiclus1):
    sample = one_stage(apiclus1)
    found = estimates.mean(apiclus1["api00"], sample)
    close([found.estimate[0], found.se[0]], [644.169398907104, 23.542240693781])
    whole = estimates.total(apiclus1["enroll"], sample)
    close([whole.estimate[0], whole.se[0]], [3404940.13452911, 932235.027041215])
    kinds = estimates.composition(apiclus1["stype"], sample)
    close(kinds.estimate, [0.786885245901639, 0.0765027322404372, 0.136612021857924])
    close(kinds.se, [0.0463365536499119, 0.0268102190507708, 0.0296490466402602])


def test_strata(apistrat):
    sample = Design(apistrat["pw"].to_numpy(), strata=apistrat["stype"], fpc=apistrat["fpc"])
    found = estimates.mean(apistrat["api00"], sample)
    close([found.estimate[0], found.se[0]], [662.287363159321, 9.40894080278458])
    assert estimates.mean(apistrat["api00"], sample, apistrat[["stype"]]).estimate == pytest.approx(
        [674.43, 625.82, 636.60], abs=0.005
    )


def test_both_stages_of_two_bear_variance(apiclus2):
    found = estimates.mean(apiclus2["api00"], two_stage(apiclus2))
    close([found.estimate[0], found.se[0]], [670.811808118081, 30.0990273768366])
    replaced = estimates.mean(apiclus2["api00"], two_stage(apiclus2, fpc=None))
    assert replaced.se[0] == pytest.approx(30.712, abs=5e-4)


def test_dense_scores_have_the_variance_of_their_sums(apiclus2):
    sample = two_stage(apiclus2)
    scores = sample.weights[:, None] * apiclus2[["api00", "meals"]].to_numpy(dtype=float)
    found = sample.total_variance(scores)
    close(found[0, 0], estimates.total(apiclus2["api00"], sample).se[0] ** 2)
    assert found[0, 1] == found[1, 0]


def test_post_stratified_weights(apiclus1):
    targets = {"E": 4421, "H": 755, "M": 1018}
    sums = apiclus1.groupby("stype")["pw"].transform("sum")
    weights = apiclus1["pw"] * apiclus1["stype"].map(targets) / sums
    auxiliary = pd.get_dummies(apiclus1["stype"]).to_numpy(dtype=float)
    sample = one_stage(apiclus1).reweighted(weights.to_numpy(), auxiliary)
    found, whole = estimates.mean(apiclus1["api00"], sample), estimates.total(apiclus1["enroll"], sample)
    close([found.estimate[0], found.se[0]], [642.310788211582, 23.9204864450904])
    close([whole.estimate[0], whole.se[0]], [3680892.94511905, 406292.636294802])
    known = estimates.total(apiclus1["stype"] == "E", sample)
    assert known.se[0] == pytest.approx(0, abs=1e-6)


def test_work_life_items_of_a_real_survey(ess10):
    told = {"kind": "probability", "weight": "anweight", "strata": ["cntry", "stratum"], "cluster": "psu"}
    sample = design.of(ess10, told | {"lonely": "adjust"})
    tired = estimates.mean(ess10["trdawrk"].where(ess10["trdawrk"] < 6), sample, ess10[["cntry"]])
    time = estimates.mean(ess10["jbprtfp"].where(ess10["jbprtfp"] < 6), sample, ess10[["cntry"]])
    assert tired.estimate == pytest.approx([3.20796, 3.27545, 3.16926], abs=5e-6)
    assert tired.se == pytest.approx([0.01543, 0.02536, 0.02696], abs=5e-6)
    assert time.estimate == pytest.approx([3.06280, 3.06567, 2.92166], abs=5e-6)
    assert time.se == pytest.approx([0.01708, 0.02973, 0.03107], abs=5e-6)


def test_a_later_stage_without_a_fraction_before_it_adds_nothing(apiclus2):
    plain = two_stage(apiclus2, fpc=None, later=())
    assert len(two_stage(apiclus2, fpc=None).stages) == 1
    close(
        estimates.mean(apiclus2["api00"], two_stage(apiclus2, fpc=None)).se,
        estimates.mean(apiclus2["api00"], plain).se,
    )


def test_an_impossible_later_fraction_is_told_with_its_stage(apiclus2):
    with pytest.raises(EstimateError, match=r"Design\.later\[0\]\.fpc"):
        two_stage(apiclus2, later=[LaterStage(apiclus2["snum"], np.zeros(len(apiclus2)))])


def test_stages_are_read_from_the_study(apiclus2):
    told = {"kind": "probability", "weight": "pw", "cluster": "dnum", "fpc": "fpc1"}
    sample = design.of(apiclus2, told | {"later": [{"cluster": "snum", "fpc": "fpc2"}]})
    close(estimates.mean(apiclus2["api00"], sample).se[0], 30.0990273768366)
    with pytest.raises(EstimateError, match="cluster = absent"):
        design.of(apiclus2, told | {"later": [{"cluster": "absent", "fpc": "fpc2"}]})
