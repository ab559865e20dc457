"""Two records: equal within tolerance, or different at a named place."""

import copy

import pytest

from analysis.batch.compare import differences

RECORD = {
    "schema": 1,
    "notebook": "toy",
    "parameters": {"study": "demo"},
    "context": {"study": "demo", "title": {"it": "a", "en": "b"}},
    "numbers": {
        "share": {"value": 0.3456, "n": 200, "unit": "share", "kind": "float", "tolerance": 1e-9},
        "reach": {
            "value": 900.0,
            "low": 700.0,
            "high": 1100.0,
            "unit": "persons",
            "kind": "stochastic",
            "seed": 1,
        },
    },
    "tables": {"tbl-a": {"rows": [{"n": 12, "mean": 3.25}], "suppressed": []}},
    "figures": {},
    "statements": {"gap": {"form": "higher", "estimate": 0.2}},
    "methods": {"mth-a": {"topic": "weights", "rows": [{"n": 12, "deff": 1.25}]}},
    "worksheets": {"wks-a": {"order": ["b"], "tables": {"b": {"rows": [{"step": "x", "n": 12.5}]}}}},
}


def change(path, value):
    other = copy.deepcopy(RECORD)
    place = other
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return differences(RECORD, other)


def test_equal_records_have_no_difference():
    assert differences(RECORD, copy.deepcopy(RECORD)) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("numbers", "share", "value"), 0.3457),
        (("numbers", "share", "n"), 201),
        (("tables", "tbl-a", "rows", 0, "mean"), 3.2501),
        (("tables", "tbl-a", "rows", 0, "n"), None),
        (("statements", "gap", "form"), "unclear"),
        (("methods", "mth-a", "rows", 0, "deff"), 1.2501),
        (("methods", "mth-a", "topic"), "missing"),
        (("worksheets", "wks-a", "tables", "b", "rows", 0, "n"), 12.6),
        (("worksheets", "wks-a", "order", 0), "c"),
        (("context", "title", "it"), "c"),
        (("numbers", "reach", "value"), 1200.0),
    ],
)
def test_a_change_is_named_by_its_place(path, value):
    found = change(path, value)
    assert len(found) == 1
    assert found[0].startswith(f"{path[0]}.{path[1]}")


def test_the_last_digits_of_a_float_and_a_draw_inside_its_interval_are_equal():
    assert change(("numbers", "share", "value"), 0.3456 * (1 + 1e-12)) == []
    assert change(("numbers", "reach", "value"), 950.0) == []


def test_a_record_from_before_there_were_worksheets_is_still_read():
    old = {group: entries for group, entries in RECORD.items() if group != "worksheets"}
    assert differences(old, copy.deepcopy(old)) == []
    assert differences(old, RECORD) == ["worksheets.wks-a: new"]


def test_new_and_gone_entries_are_named():
    other = copy.deepcopy(RECORD)
    del other["numbers"]["share"]
    other["numbers"]["more"] = {"value": 1}
    assert differences(RECORD, other) == ["numbers.more: new", "numbers.share: gone"]
