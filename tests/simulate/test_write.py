import datetime as dt
import tomllib

import numpy as np
import pandas as pd
import pytest

from analysis.simulate import write


def test_streams_are_independent_of_order_and_of_one_another():
    first = write.stream(1, "a").random(3)
    write.stream(1, "b").random(100)
    np.testing.assert_array_equal(first, write.stream(1, "a").random(3))
    assert not np.array_equal(first, write.stream(1, "b").random(3))
    assert not np.array_equal(first, write.stream(2, "a").random(3))


def test_csv_has_dates_words_and_empty_cells(tmp_path):
    frame = pd.DataFrame(
        {
            "day": pd.to_datetime(["2016-01-02", None]),
            "flag": [True, False],
            "code": pd.Categorical(["x", None]),
            "number": [1.5, np.nan],
            "count": pd.array([3, None], dtype="Int64"),
        }
    )
    write.table(tmp_path / "t.csv", frame)
    assert (
        tmp_path / "t.csv"
    ).read_bytes() == b"day,flag,code,number,count\n2016-01-02,yes,x,1.5,3\n,no,,,\n"


@pytest.mark.parametrize("text", ["a,b", 'say "hi"', "two\nlines"])
def test_csv_survives_awkward_texts(tmp_path, text):
    write.table(tmp_path / "t.csv", pd.DataFrame({"a": [text, "plain"], "b": [1, 2]}))
    assert pd.read_csv(tmp_path / "t.csv")["a"].tolist() == [text, "plain"]


def test_toml_reads_back():
    top = {
        "id": "x",
        "on": True,
        "day": dt.date(2016, 1, 1),
        "label": {"it": 'con "virgolette"', "en": "back\\slash"},
    }
    inner = {
        "codes": {"Centro Vecchio": {"it": "a", "en": "b"}, "98": {"it": "c", "en": "d"}},
        "list": [1, 2.5, "è"],
    }
    text = write.toml(top, [("[[authors]]", {"name": "a"}), ("[variables.x]", inner)])
    assert tomllib.loads(text) == {**top, "authors": [{"name": "a"}], "variables": {"x": inner}}
