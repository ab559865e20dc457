"""Each thing published gets a verdict, how far apart the two values are, and where."""

import copy

import pytest

from analysis.batch import compare
from tests.batch.test_compare import RECORD

HEADS = [
    {"name": "n", "role": "count", "unit": "persons"},
    {"name": "mean", "role": "measure", "unit": "points"},
]
BASE = copy.deepcopy(RECORD)
BASE["numbers"]["persons"] = {"value": 12, "unit": "persons", "kind": "exact"}
BASE["tables"]["tbl-a"] = {
    "columns": HEADS,
    "rows": [{"n": 12, "mean": 3.25}, {"n": 40, "mean": 2.5}],
    "suppressed": [],
}
BASE["figures"]["fig-a"] = {"csv": "fig-a.csv", "tables": {"data": copy.deepcopy(BASE["tables"]["tbl-a"])}}
BASE["statements"]["gap"] |= {"text": {"it": "più alto", "en": "higher"}}


def entry(key, **changes):
    """The entry of `key` after some changes, each a path into it (`rows.1.mean`)."""
    other = copy.deepcopy(BASE)
    group = next(name for name in compare.KINDS if key in BASE[name])
    for path, value in changes.items():
        place = other[group][key]
        *steps, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        for step in steps:
            place = place[step]
        place[last] = value
    found = {one.key: one for one in compare.entries(BASE, other)}
    assert all(one.verdict == "same" for name, one in found.items() if name != key)
    return found[key]


def test_equal_records_are_the_same_entry_by_entry():
    found = compare.entries(BASE, copy.deepcopy(BASE))
    assert {(one.kind, one.key) for one in found} == {
        ("number", "share"), ("number", "reach"), ("number", "persons"), ("table", "tbl-a"),
        ("figure", "fig-a"), ("statement", "gap"), ("method", "mth-a"), ("worksheet", "wks-a"),
    }  # fmt: skip
    assert {one.verdict for one in found} == {"same"} and not any(one.why["it"] for one in found)


def test_a_number_says_by_how_much_it_differs():
    one = entry("share", value=0.3556)
    assert one.verdict == "differs" and one.published == 0.3456 and one.again == 0.3556
    assert one.difference == pytest.approx(0.01) and one.relative == pytest.approx(0.01 / 0.3456)
    assert one.why == {"it": "differisce di 0,01 (2,89%)", "en": "differs by 0.01 (2.89%)"}


def test_the_last_digits_of_a_float_are_within_and_an_exact_count_has_none():
    assert entry("share", value=0.3456 * (1 + 1e-12)).verdict == "within"
    assert entry("persons", value=13).verdict == "differs"
    assert entry("persons", value=12.0000000001).verdict == "differs"


def test_a_draw_is_within_its_interval_only_if_the_seed_is_the_same():
    assert entry("reach", value=950.0).verdict == "within"
    outside = entry("reach", value=1200.0)
    assert outside.verdict == "differs" and "outside its declared interval" in outside.why["en"]
    seeded = entry("reach", value=950.0, seed=2)
    assert seeded.verdict == "differs" and seeded.where == "seed"
    assert seeded.why["it"] == "seed: 1 → 2" and seeded.difference == 50.0


def test_a_looser_tolerance_is_a_difference():
    assert entry("share", tolerance=0.5, value=0.4).verdict == "differs"
    loosened = entry("share", tolerance=0.5)
    assert loosened.verdict == "differs" and loosened.where == "tolerance"


def test_a_cell_of_a_worksheet_is_told_by_its_row():
    one = entry("wks-a", tables__b__rows__0__n=12.6)
    assert (one.verdict, one.where, one.published, one.again) == ("differs", "row 1, n", 12.5, 12.6)


def test_a_table_tells_the_worst_cell_and_how_many_differ():
    one = entry("tbl-a", rows__0__mean=3.26, rows__1__mean=2.0)
    assert (one.verdict, one.where, one.published, one.again) == ("differs", "row 2, mean", 2.5, 2.0)
    assert one.difference == -0.5 and one.relative == 0.2 and one.unit == "points"
    assert one.why["en"] == "2 of 4 cells differ, most at row 2, mean: by −0.5 (20%)"
    assert one.why["it"] == "2 celle su 4 differiscono, al più alla riga 2, mean: di −0,5 (20%)"


def test_an_emptied_cell_is_worse_than_any_number():
    one = entry("tbl-a", rows__0__n=None, rows__1__mean=2.0)
    assert one.where == "row 1, n" and one.again is None and one.difference is None


def test_a_table_with_a_row_less_says_so():
    one = entry("tbl-a", rows=BASE["tables"]["tbl-a"]["rows"][:1])
    assert one.verdict == "differs" and one.why["it"] == "2 righe → 1"


def test_a_figure_is_judged_by_what_it_plots():
    assert entry("fig-a", tables__data__rows__1__mean=2.5 * (1 + 1e-12)).verdict == "within"
    one = entry("fig-a", tables__data__rows__1__n=41)
    assert (one.verdict, one.where, one.unit) == ("differs", "row 2, n", "persons")


def test_a_statement_that_says_otherwise():
    one = entry("gap", form="unclear", text__en="not clear")
    assert one.verdict == "differs" and one.where == "form"
    assert one.why["en"] == "says otherwise: higher → unclear; its text is another"
    assert one.again["en"] == "not clear"


def test_what_only_one_side_has_is_missing():
    other = copy.deepcopy(BASE)
    del other["tables"]["tbl-a"]
    other["numbers"]["more"] = {"value": 1}
    found = {one.key: one for one in compare.entries(BASE, other) if one.verdict != "same"}
    assert {key: one.why["en"] for key, one in found.items()} == {
        "tbl-a": "published, but not made again",
        "more": "made again, but not published",
    }


def test_the_worst_verdict_stands():
    assert compare.worst([]) == "same"
    assert compare.worst(["same", "within"]) == "within"
    assert compare.worst(["missing", "differs", "unchecked"]) == "differs"
    assert compare.counts(["same", "same", "missing"]) == {
        "same": 2, "within": 0, "unchecked": 0, "missing": 1, "differs": 0,
    }  # fmt: skip


def test_what_heads_a_record_is_compared_too():
    other = copy.deepcopy(BASE)
    other["context"]["title"]["it"] = "c"
    assert [str(one) for one in compare.head_departures(BASE, other)] == ["context.title.it: 'a' → 'c'"]
