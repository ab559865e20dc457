import pandas as pd
import pytest

from analysis import rows
from analysis.errors import EstimateError


def test_five_rows_are_told_and_that_there_are_more():
    text = rows.where("votes", pd.Series([False, True] * 7))
    assert text.startswith("votes: ") and text.endswith("2, 4, 6, 8, 10…")


def test_every_missing_column_is_named():
    with pytest.raises(EstimateError) as caught:
        rows.required("ties", pd.DataFrame({"from": []}), ("from", "to", "level"))
    assert "to, level" in str(caught.value)


def test_what_stands_there_is_told_once_after_the_name_of_its_column():
    values = pd.Series(["x", "y", "x", "z"], name="kind")
    assert rows.shown(values, pd.Series([True, False, True, True])) == "kind = x, z"


def test_the_last_day_allowed_is_told_with_what_it_is(english):
    assert rows.until(pd.Timestamp("2017-08-31")) == "≤ 2017-08-31: the study's end, or its edition while it is under way"  # fmt: skip
