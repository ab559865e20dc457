"""The design: what it refuses, and its rule for strata with one PSU. No oracle beyond arithmetic; tolerance 1e-12."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import design, estimates


def test_lonely_stratum_is_an_error_unless_declared(english):
    w, strata = np.ones(5), ["a", "a", "b", "c", "c"]
    with pytest.raises(EstimateError, match=r"Design\.strata, b"):
        design.Design(w, strata=strata)
    sample = design.Design(w, strata=strata, lonely="adjust")
    y = np.array([1.0, 3.0, 10.0, 2.0, 6.0])
    scores = (y - y.mean()) / 5
    by_hand = 2 * ((scores[:2] - scores[:2].mean()) ** 2).sum() + scores[2] ** 2
    by_hand += 2 * ((scores[3:] - scores[3:].mean()) ** 2).sum()
    assert estimates.mean(y, sample).se[0] ** 2 == pytest.approx(by_hand, rel=1e-12)


def test_a_lonely_stratum_taken_whole_is_certain():
    sample = design.Design(np.ones(3), strata=["a", "a", "b"], fpc=[10, 10, 1])
    assert sample.df == 1


def test_psu_labels_are_nested_in_strata():
    nested = design.Design(np.ones(8), strata=[1] * 4 + [2] * 4, psu=[1, 1, 2, 2] * 2)
    assert nested.df == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"weights": [1, -2, 1]}, "row 1: -2"),
        ({"weights": [1, np.nan, 1]}, "1 weights are not valid"),
        ({"weights": [1, 1, 1], "strata": ["a", None, "a"]}, "1 values are missing"),
        ({"weights": [1, 1, 1], "psu": [1, 2]}, "2 rows instead of 3"),
        ({"weights": [1, 1, 1], "fpc": [2, 2, 2]}, "finite population correction"),
        ({"weights": []}, "no rows"),
    ],
)
def test_refusals(english, arguments, message):
    with pytest.raises(EstimateError, match=message):
        design.Design(**arguments)


def test_sampling_as_the_study_declares_it(english):
    frame = pd.DataFrame({"w": [1.0, 2.0, 3.0], "s": ["a", "a", "a"]})
    assert design.of(frame, {"kind": "probability", "weight": "w", "strata": "s"}).n == 3
    assert design.of(frame, {"kind": "volunteer"}) == design.Volunteers(3)
    assert design.of(frame, {"kind": "census"}) == design.Census(3)
    with pytest.raises(EstimateError, match="cluster = firm"):
        design.of(frame, {"kind": "probability", "weight": "w", "cluster": "firm"})
    with pytest.raises(EstimateError, match="unknown sampling"):
        design.of(frame, {"kind": "quota"})
