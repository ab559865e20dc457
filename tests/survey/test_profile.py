"""The first table of a paper: shares and means by group, tests with adjusted p."""

import numpy as np
import pandas as pd
import pytest

from analysis.survey import profile
from analysis.survey.design import Design, Volunteers

PEOPLE = pd.DataFrame(
    {
        "care": (["none"] * 6 + ["some"] * 4) * 20,
        "gender": list("ffmmmmfffm") * 20,
        "work": list("ababababab") * 20,
        "hours": list(range(10)) * 20,
    }
)


def test_shares_within_each_group_and_all():
    table = profile.shares(PEOPLE, Volunteers(200), "gender", "care")
    women = table[table["gender"] == "f"].set_index("care")["share"]
    assert women.to_dict() == pytest.approx({"none": 1 / 3, "some": 3 / 4, "total": 0.5})
    assert "low" not in table


def test_means_and_tests_of_a_sample():
    sample = Design(np.ones(200))
    means = profile.means(PEOPLE, sample, ["hours"], "care")
    assert means.set_index("care")["mean"].to_dict() == {"none": 2.5, "some": 7.5, "total": 4.5}
    tests = profile.tests(PEOPLE, sample, ["gender", "work"], "care")
    assert tests["p"].iloc[0] < 0.001 < tests["p"].iloc[1]
    assert (tests["p_adjusted"] >= tests["p"]).all()
