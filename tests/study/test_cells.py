"""One column from text to type, by hand-made tables; and the quick way for repeated values gives what the plain way gives."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.study import cells
from analysis.study.cells import Place
from analysis.study.contracts import Field, contracts
from analysis.study.readers import Dialect

LABEL = {"it": "x", "en": "x"}
PLACE = Place("f.csv", "x")


def convert(texts, kind, decimal=".", **options):
    column = pd.Series(texts, dtype="str", index=range(2, len(texts) + 2))
    return cells.convert(column, Field("x", kind, LABEL, **options), PLACE, Dialect(";", decimal))


NUMBERS = [
    # written, decimal mark, number (None = a fault)
    ("3", ".", 3.0),
    ("3.5", ".", 3.5),
    ("3,5", ".", None),
    ("3,5", ",", 3.5),
    ("3.5", ",", None),
    ("-0,25", ",", -0.25),
    ("\u22123", ".", -3.0),
    (" 7 ", ".", 7.0),
    ("1e3", ".", 1000.0),
    ("1.234,5", ",", None),
    ("1,234.5", ".", None),
    ("1'234", ".", None),
    ("12%", ".", None),
    ("€ 12", ".", None),
    ("nan", ".", None),
    ("inf", ".", None),
    ("0x1F", ".", None),
    ("1_000", ".", None),
    ("", ".", math.nan),
]


@pytest.mark.parametrize(("written", "decimal", "number"), NUMBERS)
def test_numbers(written, decimal, number):
    values, faults = convert([written], "number", decimal)
    if number is None:
        assert len(faults) == 1 and math.isnan(values.iloc[0])
        assert faults[0].where == "f.csv, row 2, column x"
    else:
        assert faults == []
        assert values.iloc[0] == number or (math.isnan(number) and math.isnan(values.iloc[0]))


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2016-01-31", "2016-01-31"),
        ("31/01/2016", "2016-01-31"),
        ("1/2/2016", "2016-02-01"),
        ("2016-01-31 00:00:00", "2016-01-31"),
        ("2016-02-30", None),
        ("31-01-2016", None),
        ("31.01.2016", None),
        ("gennaio 2016", None),
        ("2016", None),
        ("2016-01-31 10:00:00", None),
    ],
)
def test_dates(written, date):
    values, faults = convert([written], "date")
    assert (len(faults) == 0) == (date is not None)
    assert values.iloc[0] == pd.Timestamp(date) if date else pd.isna(values.iloc[0])


def test_integers_keep_their_type_only_where_none_may_be_empty():
    assert convert(["1", "2"], "integer", required=True)[0].dtype == "int64"
    assert convert(["1", "2"], "integer")[0].dtype == "float64"
    assert convert(["1", ""], "integer", required=True)[0].dtype == "float64"
    assert convert(["1.0", "2"], "integer")[1] == []


@pytest.mark.parametrize("kind", ["number", "integer", "date", "code", "id", "text"])
def test_repeated_values_are_converted_as_single_ones_are(kind):
    texts = {
        "number": ["1", "2.5", ""],
        "integer": ["1", "2", ""],
        "date": ["2016-01-01", "31/12/2016", ""],
    }.get(kind, ["profit", "public", ""])
    codes = contracts().enumerations["actor_type"] if kind == "code" else ()
    once, no_faults = convert(texts, kind, codes=codes)
    many, none = convert(texts * 50, kind, codes=codes)
    assert no_faults == none == []
    pd.testing.assert_series_equal(many.iloc[-3:].reset_index(drop=True), once.reset_index(drop=True))
    assert many.index.tolist() == list(range(2, 152))


def test_a_fault_among_repeated_values_is_placed_in_its_own_row():
    _, faults = convert(["1"] * 99 + ["uno"] + ["1"] * 99, "number")
    assert [fault.where for fault in faults] == ["f.csv, row 101, column x"]


def test_faults_do_not_depend_on_the_order_of_rows():
    texts = ["1", "x", "3", "y", "5"]
    forward, backward = convert(texts, "number")[1], convert(texts[::-1], "number")[1]
    assert sorted(fault.what for fault in forward) == sorted(fault.what for fault in backward)
