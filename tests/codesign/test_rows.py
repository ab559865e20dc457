import pandas as pd
import pytest

from analysis.codesign import rows
from analysis.errors import EstimateError


def test_five_rows_are_told_and_that_there_are_more():
    text = rows.where("votes", pd.Series([False, True] * 7))
    assert text.startswith("votes: ") and text.endswith("2, 4, 6, 8, 10…")


def test_every_missing_column_is_named():
    with pytest.raises(EstimateError) as caught:
        rows.required("ties", pd.DataFrame({"from": []}), ("from", "to", "level"))
    assert "to, level" in str(caught.value)
