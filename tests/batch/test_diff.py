"""Changes between two records: nothing that differs is passed over, the biggest come first, what is protected stays so."""

from __future__ import annotations

import copy
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.batch import diff

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "papers").glob("*/*/evidence.json"))
SAMPLED = 16  # leaves of each record
CHANGED = 0.01  # relative: far above every tolerance


def number(value: float | None, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "points", "kind": "float", "tolerance": 1e-9, "suppressed": False, **more}


def statement(form: str | None, estimate: float | None = 1.0, **more: Any) -> dict[str, Any]:
    low, high = (None, None) if estimate is None else (estimate - 0.98, estimate + 0.98)
    text = {"it": f"{form} {estimate}", "en": f"{form} {estimate}."}
    return {"form": form, "estimate": estimate, "low": low, "high": high, "suppressed": form is None, "text": text, "unit": "points", **more}  # fmt: skip


def table(
    rows: list[dict[str, Any]], suppressed: list[list[Any]] | None = None, **more: Any
) -> dict[str, Any]:
    label = {"it": "età", "en": "age"}
    return {
        "columns": [
            {"name": "age", "role": "category", "label": label},
            {"name": "share", "role": "measure", "unit": "share", "digits": 1, "label": {"it": "quota", "en": "share"}},
            {"name": "low", "role": "low", "of": "share", "label": {"it": "min", "en": "low"}},
            {"name": "high", "role": "high", "of": "share", "label": {"it": "max", "en": "high"}},
            {"name": "n", "role": "count", "unit": "persons", "label": {"it": "n", "en": "n"}},
        ],
        "rows": rows,
        "suppressed": suppressed or [],
        **more,
    }  # fmt: skip


def row(code: str, share: float | None, n: int | None = 100, half: float = 0.0392) -> dict[str, Any]:
    bounds = (None, None) if share is None else (share - half, share + half)
    return {"age": {"code": code, "it": f"{code} anni", "en": f"{code} years"}, "share": share, "low": bounds[0], "high": bounds[1], "n": n}  # fmt: skip


def record(**groups: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {group: {} for group in diff.GROUPS}
    return {"schema": 1, "notebook": "sample", "parameters": {}, "context": {"edition": "2026-01-15"}, **empty, **groups}  # fmt: skip


def told(a: dict[str, Any], b: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one.state, one.key, one.where["en"]) for one in diff.changes(a, b)]


def test_sizes_are_told_in_standard_errors() -> None:
    a = record(
        numbers={"own": number(10.0, se=2.0), "band": number(0.0, low=-1.96, high=1.96), "bare": number(4.0)}
    )
    b = record(
        numbers={"own": number(13.0, se=9.0), "band": number(-1.0, low=-1.96, high=1.96), "bare": number(5.0)}
    )
    found = {one.key: one for one in diff.changes(a, b)}
    own, band, bare = found["own"], found["band"], found["bare"]
    assert (own.absolute, own.relative, own.errors) == (3.0, 0.3, 1.5)
    assert own.parts == (("se", 2.0, 9.0),)
    assert band.errors == pytest.approx(-1.0, rel=1e-4) and band.relative is None
    assert (bare.errors, bare.relative) == (None, 0.25)


def test_a_changed_cell_of_a_worksheet_is_told_with_its_sheet() -> None:
    a, b = ({"order": ["one", "two"], "tables": {"one": table([row("18", 0.3, n)]), "two": table([])}} for n in (100, 200))  # fmt: skip
    (one,) = diff.changes(record(worksheets={"wks-kit": a}), record(worksheets={"wks-kit": b}))
    assert (one.kind, one.state, one.where["en"], one.before, one.after) == ("worksheet", "changed", "one · 18 years · n", 100, 200)  # fmt: skip
    old = record(worksheets={"wks-kit": a})
    del old["worksheets"]
    assert told(old, record(worksheets={"wks-kit": a})) == [("new", "wks-kit", "")]


def test_an_interval_of_another_level_has_its_own_quantile() -> None:
    assert diff.error({"low": -1.645, "high": 1.645, "level": 0.9}) == pytest.approx(1, rel=1e-3)
    assert diff.error({"low": 1.0, "high": 1.0}) is None
    assert diff.error({"se": 0.0, "low": 0.0, "high": 1.0}) is None


def test_a_sentence_that_says_something_else_comes_before_the_biggest_number() -> None:
    a = record(
        numbers={"huge": number(1.0, se=0.001), "small": number(1.0, se=1.0), "count": number(10), "gone": number(1.0)},
        statements={"turned": statement("higher"), "moved": statement("higher", 5.0), "worded": statement("lower", -3.0)},
    )  # fmt: skip
    b = record(
        numbers={"huge": number(2.0, se=0.001), "small": number(1.5, se=1.0), "count": number(20), "new": number(1.0)},
        statements={
            "turned": statement("unclear", 0.9), "moved": statement("higher", 5.2),
            "worded": statement("lower", -3.0, text={"it": "altro", "en": "other"}),
        },
    )  # fmt: skip
    found = diff.changes(a, b)
    assert [(one.state, one.key) for one in found] == [
        ("form", "turned"), ("changed", "huge"), ("changed", "small"), ("changed", "moved"), ("changed", "count"),
        ("gone", "gone"), ("new", "new"), ("described", "worded"),
    ]  # fmt: skip
    assert found[0].parts[0] == ("form", "higher", "unclear")
    assert found[0].before["it"] == "higher 1.0" and found[3].errors == pytest.approx(0.4, rel=1e-3)


def test_from_zero_and_to_zero() -> None:
    a, b = record(numbers={"k": number(0, kind="exact")}), record(numbers={"k": number(3, kind="exact")})
    up, down = diff.changes(a, b)[0], diff.changes(b, a)[0]
    assert (up.absolute, up.relative, up.errors) == (3.0, None, None)
    assert (down.absolute, down.relative) == (-3.0, -1.0)


def test_cells_are_named_by_their_row_and_measured_by_their_interval() -> None:
    a = record(tables={"tbl-a": table([row("18-34", 0.30), row("35-44", 0.50)])})
    b = record(tables={"tbl-a": table([row("18-34", 0.30), row("35-44", 0.54)])})
    found = diff.changes(a, b)
    assert [one.where["it"] for one in found] == [
        "35-44 anni · quota",
        "35-44 anni · min",
        "35-44 anni · max",
    ]
    assert all(one.errors == pytest.approx(2, rel=1e-3) for one in found)
    assert {one.unit for one in found} == {"share"} and found[0].digits == 1


def test_rows_moved_added_taken_away_and_worded_otherwise() -> None:
    first, second, third = row("18-34", 0.3), row("35-44", 0.5), row("45-54", 0.7)
    a = record(tables={"t": table([first, second])})
    assert told(a, record(tables={"t": table([second, first])})) == [("described", "t", "order")]
    assert told(a, record(tables={"t": table([first, third])})) == [
        ("gone", "t", "35-44 years"), ("new", "t", "45-54 years"),
    ]  # fmt: skip
    worded = {**second, "age": {"code": "35-44", "it": "35–44", "en": "35 to 44"}}
    assert told(a, record(tables={"t": table([first, worded])})) == [("described", "t", "35-44 years · age")]


def test_rows_of_the_same_categories_are_kept_apart() -> None:
    twice = [row("18-34", 0.3), row("18-34", 0.4)]
    a, b = record(tables={"t": table(twice)}), record(tables={"t": table([twice[0], row("18-34", 0.6)])})
    found = diff.changes(a, b)
    assert (found[0].before, found[0].after) == (0.4, 0.6)
    assert told(a, record(tables={"t": table(twice[:1])})) == [("gone", "t", "18-34 years")]


def test_what_is_protected_is_told_without_its_value() -> None:
    open_, veiled = (
        table([row("18-34", 0.3)]),
        table([row("18-34", None)], [[0, "share"], [0, "low"], [0, "high"]]),
    )
    a, b = record(tables={"t": open_}), record(tables={"t": veiled})
    assert [one.state for one in diff.changes(a, b)] == ["hidden"] * 3
    assert [one.state for one in diff.changes(b, a)] == ["shown"] * 3
    assert diff.changes(b, copy.deepcopy(b)) == []
    secret = record(numbers={"k": number(None, suppressed=True)}, statements={"s": statement(None, None)})
    plain = record(numbers={"k": number(7.0)}, statements={"s": statement("higher")})
    assert {(one.state, one.after if one.kind == "number" else None) for one in diff.changes(plain, secret)} == {("hidden", None)}  # fmt: skip
    assert {one.state for one in diff.changes(secret, plain)} == {"shown"}


def test_plotted_points_of_the_table_that_they_stand_in() -> None:
    def figure(points: float) -> dict[str, Any]:
        tables = {"data": table([row("18-34", points)]), "aim": table([row("18-34", 0.1)])}
        return {
            "csv": "fig-a.csv",
            "svg": {"it": "a", "en": "b"},
            "width": 6.0,
            "height": 3.0,
            "tables": tables,
        }

    a, b = record(figures={"fig-a": figure(0.3)}), record(figures={"fig-a": figure(0.4)})
    found = diff.changes(a, b)
    assert {one.kind for one in found} == {"figure"}
    assert found[0].where["en"].startswith("data · 18-34 years") and len(found) == 3
    b["figures"]["fig-a"]["height"] = 4.0
    assert ("described", "fig-a", "height") in told(a, b)


def test_differences_within_tolerance_are_none() -> None:
    a = record(numbers={"f": number(1.0, tolerance=1e-3), "e": number(1.0, kind="exact")})
    near = copy.deepcopy(a)
    near["numbers"]["f"]["value"] = 1.0009
    assert diff.changes(a, near) == []
    near["numbers"]["e"]["value"] = 1.0 + 1e-12
    assert told(a, near) == [("changed", "e", "")]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from leaves(item, (*path, i))
    else:
        yield path, value


def altered(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + (CHANGED * abs(value) or 1)
    return f"{value}x" if isinstance(value, str) else "x"


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: "-".join(path.parts[-3:-1]))
def test_every_published_record_equals_itself_and_no_altered_leaf_is_passed_over(path: Path) -> None:
    a = json.loads(path.read_text(encoding="utf-8"))
    assert diff.changes(a, json.loads(path.read_text(encoding="utf-8"))) == []
    every = [(where, value) for where, value in leaves(a) if "suppressed" not in where]
    chosen = random.Random(path.parent.name).sample(every, min(SAMPLED, len(every)))
    b = copy.deepcopy(a)
    for where, value in chosen:
        place = b
        for step in where[:-1]:
            place = place[step]
        place[where[-1]] = altered(value)
        found = diff.changes(a, b)
        place[where[-1]] = value
        assert found, (where, value)
        for one in found:
            assert all(
                size is None or math.isfinite(size) for size in (one.absolute, one.relative, one.errors)
            )
