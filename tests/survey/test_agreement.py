"""Agreement: oracle A row 13 on the wine ratings that ship with pingouin; ICC(1), ICC(2) and r_wg by hand."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import agreement


def test_six_forms_of_the_wine_ratings():
    spec = find_spec("pingouin")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("pingouin, whose data file this row uses, is not installed")
    long = pd.read_csv(Path(spec.submodule_search_locations[0]) / "datasets" / "icc.csv")
    table = agreement.icc(long.pivot(index="Wine", columns="Judge", values="Scores")).table()
    assert table["icc"].round(3).tolist() == [0.728, 0.728, 0.729, 0.914, 0.914, 0.915]
    assert table["f"].round(3).tolist() == [11.680, 11.787, 11.787] * 2
    assert table["low"].round(2).tolist() == [0.43, 0.43, 0.43, 0.75, 0.75, 0.75]
    assert table["high"].round(2).tolist() == [0.93, 0.93, 0.93, 0.98, 0.98, 0.98]


def test_members_of_a_group_by_hand():
    y, g = pd.Series([1.0, 3, 5, 7, None]), pd.Series(list("aabbb"))
    found = agreement.within_groups(y, g)
    # Mean squares 16 between and 2 within, two persons a group.
    assert (found.icc1, found.icc2, found.f) == pytest.approx((14 / 18, 14 / 16, 8))
    assert (found.groups, found.n) == (2, 4)


def test_agreement_within_groups_against_uniform_answers():
    items = pd.DataFrame({"a": [3, 3, 1, 5, 2], "b": [3, 3, 5, 1, 2]})
    one = agreement.r_wg(items[["a"]], pd.Series(list("xxyyz")), 5).set_index("group")
    assert one["r_wg"].tolist()[:2] == [1, 1 - 8 / 2] and np.isnan(one.loc["z", "r_wg"])
    both = agreement.r_wg(items, pd.Series(list("xxyyz")), 5).set_index("group")
    assert both.loc["x", "r_wg"] == 1 and both["n"].tolist() == [2, 2, 1]


def test_incomplete_ratings_are_refused(english):
    with pytest.raises(EstimateError, match="incomplete"):
        agreement.icc(pd.DataFrame({"a": [1, None], "b": [1, 2]}))
    with pytest.raises(EstimateError, match="1 groups"):
        agreement.within_groups(pd.Series([1, 2]), pd.Series(["a", "a"]))
    with pytest.raises(EstimateError, match="categories"):
        agreement.r_wg(pd.DataFrame({"a": [1]}), pd.Series(["x"]), 1)
