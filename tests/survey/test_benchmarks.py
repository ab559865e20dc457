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
    frame = pd.DataFrame({"age": [20, 30, 40, 50, 70, 80] * 5, "gender": ["f", "m"] * 15})
    return frame, pd.Series([True, False, True, False, True, True] * 5)


def test_published_pairs_agree_on_the_population():
    assert pytest.approx(2_827_000 / 0.077, rel=0.01) == 12_746_000 / 0.346


def test_only_the_same_ages_are_set_beside():
    frame, care = persons()
    table = benchmarks.beside(frame, {"care-load": care}, design.Design(np.ones(30)), published(), True)
    assert table[["n", "cases"]].iloc[0].tolist() == [20, 10]
    assert table["share"].iloc[0] == 0.5
    assert table["sex"].iloc[0] == "total"
    women = benchmarks.beside(
        frame, {"care-load": care}, design.Design(np.ones(30)), published(sex="f"), True
    )
    assert women["share"].iloc[0] == 1.0 and women["n"].iloc[0] == 10


def test_too_few_degrees_of_freedom_leave_no_estimate():
    frame, care = persons()
    few = frame.iloc[:12], {"care-load": care.iloc[:12]}
    table = benchmarks.beside(*few, design.Design(np.ones(12)), published(), True)
    assert table["n"].iloc[0] == 8 and np.isnan(table["share"].iloc[0])


def test_only_a_probability_sample_of_real_persons_gets_a_test_column():
    frame, care = persons()
    sampled = design.Design(np.ones(30))
    events = {"care-load": care}
    assert "p" in benchmarks.beside(frame, events, sampled, published(), False)
    for people, simulated in ((sampled, True), (design.Volunteers(30), False)):
        assert "p" not in benchmarks.beside(frame, events, people, published(), simulated)


def test_what_is_not_comparable_is_refused(english):
    frame, care = persons()
    other = published(concept="reconciliation")
    with pytest.raises(EstimateError, match="comparable"):
        benchmarks.beside(frame, {"care-load": care}, design.Design(np.ones(30)), other, True)


def test_a_test_is_for_probability_samples_of_real_persons(english):
    _, care = persons()
    sampled = estimates.share(care, design.Design(np.ones(30)))
    assert 0 < benchmarks.test(sampled, {}, 0.346, False).p < 1
    with pytest.raises(EstimateError, match="no test"):
        benchmarks.test(sampled, {}, 0.346, True)
    with pytest.raises(EstimateError, match="no test"):
        benchmarks.test(estimates.share(care, design.Volunteers(30)), {}, 0.346, False)
