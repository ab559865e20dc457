"""What a record has already told is used against its later tables; the outsider is the one of tests/attack.py."""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import columns as specs
from analysis.evidence.disclosure import Rules, protect
from analysis.evidence.numbers import Number
from tests.attack import leaks

N = {"n": {"counts": "persons"}}
SHARE = {
    "share": {"unit": "share", "n": "n", "cases": "cases"},
    "cases": {"counts": "persons"},
    "n": {"counts": "persons"},
}


def number(rules, value):
    Number(value, "persons", None, None, (), "persons", None, None, None, 0, "exact", 0.0, None, None).entry(
        rules
    )


def hide(rules, frame, spec, column="n"):
    return protect(frame, specs.resolve(frame, spec, "test", None), rules)[1][column].tolist()


def test_a_total_printed_as_a_number_counts_as_the_total_of_the_table():
    frame = pd.DataFrame({"age_band": ["18-34", "35-64", "65+"], "n": [110, 337, 3]})
    assert hide(Rules(), frame, N) == [False, False, True]
    rules = Rules()
    number(rules, 450)
    assert hide(rules, frame, N) == [True, False, True]


def test_the_margin_of_an_earlier_table_gives_no_cell_of_a_finer_one_away():
    rules = Rules()
    number(rules, 200)
    coarse = pd.DataFrame({"gender": ["f", "m"], "n": [90, 110]})
    assert hide(rules, coarse, N) == [False, False]
    fine = pd.DataFrame(
        {"gender": ["f"] * 3 + ["m"] * 3, "age": ["a", "b", "c"] * 2, "n": [48, 40, 2, 50, 59, 1]}
    )
    hidden = np.array(hide(rules, fine, N)).reshape(2, 3)
    assert hidden[:, 2].all() and (hidden.sum(axis=1) >= 2).all() and hidden.sum() < 6


def test_rows_that_tell_of_the_same_persons_twice_are_no_parts_of_a_whole():
    rules = Rules()
    number(rules, 100)
    frame = pd.DataFrame({"scale": ["x", "x", "y", "y"], "gender": ["f", "m"] * 2, "n": [60, 2, 55, 40]})
    assert hide(rules, frame, N) == [False, True, False, False]


def test_a_total_over_two_dimensions_is_a_total():
    frame = pd.DataFrame(
        {"a": ["x", "x", "y", "y", "total"], "b": ["p", "q", "p", "q", "total"], "n": [2, 30, 40, 50, 122]}
    )
    assert hide(Rules(), frame, N) == [True, True, False, False, False]


def test_a_category_of_text_does_not_hide_a_total():
    text = [{"it": "età", "en": "age"}] * 3
    frame = pd.DataFrame({"g": ["f", "m", "total"], "what": text, "n": [2, 30, 32]})
    assert hide(Rules(), frame, N | {"what": {"text": True}}) == [True, True, False]


def test_a_cell_withheld_once_stays_withheld():
    rules = Rules()
    with_total = pd.DataFrame({"age": ["a", "b", "c", "total"], "n": [3, 20, 30, 53]})
    assert hide(rules, with_total, N) == [True, True, False, False]
    assert hide(rules, with_total.head(3), N) == [True, True, False]


def test_the_complement_is_not_a_cell_that_stands_elsewhere():
    rules = Rules()
    hide(rules, pd.DataFrame({"age": ["b"], "n": [20]}), N)
    frame = pd.DataFrame({"age": ["a", "b", "c", "total"], "n": [3, 20, 30, 53]})
    assert hide(rules, frame, N) == [True, False, True, False]


def test_a_withheld_numerator_is_bounded_by_its_own_n():
    """a + b = 12 with b ≤ 5 would tell that a lies between 7 and 9."""
    frame = pd.DataFrame(
        {"age": ["a", "b", "c", "total"], "n": [9, 5, 60, 74], "cases": [8, 4, 30, 42]}
    ).assign(share=lambda f: f["cases"] / f["n"])
    assert hide(Rules(), frame, SHARE, "cases") == [True, True, True, False]


def record(table, **numbers):
    return {
        "context": {"disclosure": {"threshold": 5}},
        "numbers": {
            key: {"counts": "persons", "unit": "persons", "suppressed": False, "value": value}
            for key, value in numbers.items()
        },
        "tables": {"tbl-x": table},
        "figures": {},
    }


@pytest.mark.parametrize(("total", "found"), [(53, 1), (90, 0)])
def test_the_outsider_finds_a_cell_by_subtraction(total, found):
    column = {"role": "category", "name": "age", "label": {"it": "età", "en": "age"}}
    counted = {"role": "count", "counts": "persons", "name": "n", "label": {"it": "n", "en": "n"}}
    rows = [{"age": {"code": c, "it": c, "en": c}, "n": n} for c, n in (("a", None), ("b", 20), ("c", 30))]
    table = {"columns": [column, counted], "rows": rows, "suppressed": [[0, "n"]]}
    assert len(leaks(record(table, persons=total))) == found
