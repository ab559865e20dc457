"""Published figures beside ours. Oracle: A row 36 (the two published persons/share pairs imply one population within rounding)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import benchmarks, design, estimates


def published(**changes: object) -> pd.DataFrame:
    row = {
        "concept": "care-load",
        "value": 0.346,
        "unit": "share",
        "age_from": 18,
        "age_to": 64,
        "sex": "all",
        "place": "IT",
        "year": 2018,
        "source": "ISTAT",
    }
    return pd.DataFrame([row | changes])


def persons() -> tuple[pd.DataFrame, pd.Series]:
    frame = pd.DataFrame({"age": [20, 30, 40, 50, 70, 80], "gender": ["f", "m"] * 3})
    return frame, pd.Series([True, False, True, False, True, True])


def test_published_pairs_agree_on_the_population():
    assert pytest.approx(2_827_000 / 0.077, rel=0.01) == 12_746_000 / 0.346


def test_only_the_same_ages_are_set_beside():
    frame, care = persons()
    table = benchmarks.beside(frame, {"care-load": care}, design.Design(np.ones(6)), published(), True)
    assert table[["n", "cases"]].iloc[0].tolist() == [4, 2]
    assert table["share"].iloc[0] == 0.5
    assert table["sex"].iloc[0] == "total"
    women = benchmarks.beside(frame, {"care-load": care}, design.Design(np.ones(6)), published(sex="f"), True)
    assert women["share"].iloc[0] == 1.0 and women["n"].iloc[0] == 2


def test_only_a_probability_sample_of_real_persons_gets_a_test_column():
    frame, care = persons()
    sampled = design.Design(np.ones(6))
    events = {"care-load": care}
    assert "p" in benchmarks.beside(frame, events, sampled, published(), False)
    for people, simulated in ((sampled, True), (design.Volunteers(6), False)):
        assert "p" not in benchmarks.beside(frame, events, people, published(), simulated)


def test_what_is_not_comparable_is_refused(english):
    frame, care = persons()
    other = published(concept="reconciliation")
    with pytest.raises(EstimateError, match="comparable"):
        benchmarks.beside(frame, {"care-load": care}, design.Design(np.ones(6)), other, True)


def test_a_test_is_for_probability_samples_of_real_persons(english):
    _, care = persons()
    sampled = estimates.share(care, design.Design(np.ones(6)))
    assert 0 < benchmarks.test(sampled, {}, 0.346, False).p < 1
    with pytest.raises(EstimateError, match="no test"):
        benchmarks.test(sampled, {}, 0.346, True)
    with pytest.raises(EstimateError, match="no test"):
        benchmarks.test(estimates.share(care, design.Volunteers(6)), {}, 0.346, False)
