"""Scoring by the instrument files. Oracle: A row 30 (exact: small integers)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import instruments, scoring

WHO5 = [f"who{i}" for i in range(1, 6)]
CONFIRMED = {"confirmed": "checked against the article by the study team, 2017-01-10"}


def test_who5_rule():
    raw13 = [3, 3, 3, 2, 2]
    found = scoring.score(pd.DataFrame([[5] * 5, [0] * 5, raw13], columns=WHO5), "who5")
    assert found.values["who5"].tolist() == [100, 0, 52]


def test_who5_needs_every_item_and_counts_what_it_leaves_out():
    found = scoring.score(pd.DataFrame([[5, 5, 5, 5, np.nan], [5] * 5], columns=WHO5), "who5")
    assert found.values["who5"].isna().tolist() == [True, False]
    assert found.answered["who5"].tolist() == [4, 5]
    table = found.table()
    assert table[["too_few_answers", "n", "ceiling_cases"]].iloc[0].tolist() == [1, 1, 1]
    assert table["ceiling"].iloc[0] == 1


def items(*rows: list[float]) -> pd.DataFrame:
    names = [f"{scale}{i}" for scale in ("wfc", "fwc") for i in range(1, 6)]
    return pd.DataFrame(rows, columns=names)


def test_person_mean_only_above_the_least_answered_share():
    nan = np.nan
    frame = items([7, 7, 7, 3, nan, 1, 1, 1, nan, nan], [nan] * 10)
    found = scoring.score(frame, "netemeyer1996", CONFIRMED)
    assert found.values.loc[0, "wfc"] == 6
    assert found.values["fwc"].isna().all()
    assert found.answered.loc[1].tolist() == [0, 0]
    assert found.table()["too_few_answers"].tolist() == [0, 1]


def test_unverified_scoring_is_refused_until_the_study_confirms_it(english):
    with pytest.raises(EstimateError, match="not verified"):
        scoring.score(items([1] * 10), "netemeyer1996")
    with pytest.raises(EstimateError, match="not verified"):
        scoring.score(items([1] * 10), "netemeyer1996", {"confirmed": " "})


def test_codes_out_of_range_and_absent_items_are_all_named(english):
    frame = items([1, 2, 3, 4, 98, 1, 1, 1, 1, 0]).drop(columns="wfc1")
    with pytest.raises(EstimateError) as caught:
        scoring.score(frame, "netemeyer1996", CONFIRMED)
    text = str(caught.value)
    assert "wfc1" in text and "wfc5, row 0" in text and "fwc5, row 0" in text and "1–7" in text


def test_unknown_instrument_names_the_known(english):
    with pytest.raises(EstimateError, match="netemeyer1996, swing, who5"):
        instruments.instrument("who6")


@pytest.mark.parametrize("entry", ["items", "items_who5"])
def test_study_may_name_its_items_otherwise(entry):
    frame = pd.DataFrame([[5] * 5], columns=list("abcde"))
    assert scoring.score(frame, "who5", {entry: list("abcde")}).values["who5"].tolist() == [100]


def test_instruments_stand_side_by_side_and_are_never_added():
    frame = items([4] * 10).join(pd.DataFrame([[3] * 5], columns=WHO5))
    found = scoring.score(frame, "netemeyer1996", CONFIRMED).beside(scoring.score(frame, "who5"))
    assert found.values.iloc[0].to_dict() == {"wfc": 4, "fwc": 4, "who5": 60}
    assert found.table()["scale"].tolist() == ["wfc", "fwc", "who5"]
