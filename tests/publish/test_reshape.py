from __future__ import annotations

from typing import Any

from analysis.publish import reshape, tables


def printed(rows: list[list[str]], aligns: str = "") -> dict[str, Any]:
    """A table as tables.printed gives it; columns c0, c1 …, aligned left unless `aligns` has an r."""
    aligns = aligns or "l" * len(rows[0])
    head = [
        {"text": f"c{i}", "align": "right" if side == "r" else "left", "under": ""}
        for i, side in enumerate(aligns)
    ]
    body = [[{"text": text, "strong": False} for text in row] for row in rows]
    return {"key": "mth-x", "head": head, "heads": 1, "rows": body, "notes": ["note"]}


def texts(made: dict[str, Any]) -> list[list[str]]:
    return [
        [cell["text"] for cell in made["head"]],
        *([cell["text"] for cell in row] for row in made["rows"]),
    ]


def test_few_rows_of_many_columns_are_turned() -> None:
    made = reshape.turned(printed([list("abcdef"), list("ABCDEF")]), "item", "value")
    assert texts(made) == [["c0", "a", "A"], ["c1", "b", "B"], ["c2", "c", "C"], ["c3", "d", "D"], ["c4", "e", "E"], ["c5", "f", "F"]]  # fmt: skip
    assert made["heads"] == 1 and not made["flipped"]


def test_a_single_row_becomes_items_and_values() -> None:
    made = reshape.turned(printed([list("abcdef")]), "item", "value")
    assert texts(made)[:3] == [["item", "value"], ["c0", "a"], ["c1", "b"]] and len(made["rows"]) == 6


def test_other_tables_are_not_turned() -> None:
    for rows in ([list("abcde")], [list("abcdef")] * 4):
        before = printed(rows)
        assert reshape.turned(before, "item", "value") == before


def test_what_is_the_same_in_every_row_is_said_once() -> None:
    rows = [[f"v{i}", "1, 2", str(i), tables.ABSENT] for i in range(5)]
    made = reshape.constants(printed(rows), "In every row:")
    assert texts(made)[:2] == [["c0", "c2"], ["v0", "0"]]
    assert made["notes"] == ["note", "In every row: c1: 1, 2."]
    short = printed(rows[:3])
    assert reshape.constants(short, "In every row:") == short


def test_columns_that_are_often_empty_are_gathered_and_nothing_is_lost() -> None:
    rows = [[f"variable_{i}", "label", "5", "–", "–"] for i in range(8)]
    rows += [["last", "label", "6", "f = women; m = men", "18–80"], ["first", "label", "7", "–", "0–5"]]
    made = reshape.gathered(printed(rows, "llrll"), "details")
    assert texts(made)[0] == ["c0", "c1", "c2", "details"]
    assert [row[-1] for row in texts(made)[8:]] == ["–", r"*c3*: f \= women\; m \= men. *c4*: 18–80", "*c4*: 0–5"]  # fmt: skip
    full = printed([["a", "b", "–"]] * 5)
    assert reshape.gathered(full, "details") == full  # one such column stays as it is


def test_the_column_of_details_has_most_of_the_width() -> None:
    rows = [[f"variable_{i}", "answer of a person", "–", "word " * 40] for i in range(5)]
    rows += [["x", "answer", "12", "–"]] * 2
    made = reshape.gathered(printed(rows), "details")
    assert made["widths"][-1] > 0.45


def test_identifiers_are_divided_and_keys_cited() -> None:
    made = reshape.identified(printed([["reduced_hours_care", "netemeyer1996", "plain-words"]]), {"netemeyer1996"})  # fmt: skip
    one, two, three = made["rows"][0]
    assert one["code"] and not three["code"]
    assert two["markdown"] and two["text"] == "@netemeyer1996"
    assert reshape.measured(one) == "reduced/hours/care"
