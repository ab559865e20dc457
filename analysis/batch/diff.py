"""What changed between two records of one notebook: numbers, cells, statements, plotted points, methods, worksheets, and what is said about them.

The size of a change is told in standard errors of the first record: the entry's own, else half the width of its interval over the normal
quantile of its level (1.96 at 95%). What belongs here: finding and ordering changes. What does not: reading records (records.py), how
changes are shown. Nothing that differs is passed over: `changes` is empty only for records that are equal within their tolerances.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import NormalDist
from typing import Any, TypeGuard

from analysis.batch import rows as matching

TOLERANCE = 1e-9  # relative; a number's own where it declares one
LEVEL = 0.95  # of an interval that names none
GROUPS = {
    "numbers": "number", "tables": "table", "figures": "figure", "statements": "statement", "methods": "method",
    "worksheets": "worksheet",
}  # fmt: skip
PARTS = ("se", "low", "high", "n")  # what stands beside a value
# States, in the order in which changes are told: a sentence that says something else comes first.
FORM, CHANGED, HIDDEN, SHOWN, GONE, NEW, DESCRIBED = STATES = (
    "form", "changed", "hidden", "shown", "gone", "new", "described",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One thing that is not as it was.

    `kind`: number, table, figure, statement, method, worksheet or record; `where`: row, column or part, by language; `state`: "form" (a statement that
    says something else), "changed", "hidden" and "shown" (protected now, or no longer), "gone", "new", "described" (unit, label, words).
    `absolute` is after less before, `relative` that over the size of before, `errors` that over a standard error; each None where it cannot
    be told. `parts`: what else of a number changed, with its two values.
    """

    kind: str
    key: str
    state: str
    before: Any = None
    after: Any = None
    where: Mapping[str, str] = field(default_factory=lambda: {"it": "", "en": ""})
    unit: str = ""
    digits: int | None = None
    absolute: float | None = None
    relative: float | None = None
    errors: float | None = None
    parts: tuple[tuple[str, Any, Any], ...] = ()


def changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Change]:
    """Every change from record `a` to record `b`: statements of another form, then the biggest in standard errors, then those without one
    by relative size, then what is hidden or shown, gone, new, and described otherwise."""
    found: list[Change] = []
    for group, kind in GROUPS.items():
        old, new = a.get(group) or {}, b.get(group) or {}
        for key in sorted(old.keys() | new.keys()):
            if key not in new:
                found.append(_alone(kind, key, GONE, old[key]))
            elif key not in old:
                found.append(_alone(kind, key, NEW, new[key]))
            else:
                found += _entry(kind, key, old[key], new[key])
    head = sorted((a.keys() | b.keys()) - GROUPS.keys())
    for name in head:
        found += _described("record", name, a.get(name), b.get(name))
    return sorted(found, key=_order)


def _order(one: Change) -> tuple[int, bool, float, float, str, str]:
    size = one.errors if one.errors is not None else one.relative
    amount = abs(one.absolute) if one.absolute is not None else math.inf
    return (
        STATES.index(one.state),
        one.errors is None,
        -_rounded(abs(size)) if size is not None else -math.inf,
        -_rounded(amount),
        one.kind,
        one.key,
    )


def _rounded(size: float) -> float:
    """Six significant digits: what is equal but for its last digits stays in the order of its table."""
    return float(f"{size:.6g}")


def _alone(kind: str, key: str, state: str, entry: Mapping[str, Any]) -> Change:
    shown = entry.get("value") if kind == "number" else entry.get("text") if kind == "statement" else None
    sides: dict[str, Any] = {"before" if state == GONE else "after": shown}
    return Change(kind, key, state, unit=str(entry.get("unit", "")), digits=entry.get("digits"), **sides)


def _entry(kind: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    if kind == "number":
        yield from _number(key, old, new)
    elif kind == "statement":
        yield from _statement(key, old, new)
    elif kind in ("figure", "worksheet"):
        tables = old.get("tables") or {}, new.get("tables") or {}
        for name in sorted(tables[0].keys() | tables[1].keys()):
            one, other = (side.get(name) for side in tables)
            if one is None or other is None:
                state = NEW if one is None else GONE
                yield Change(kind, key, state, where={"it": name, "en": name})
            else:
                yield from _table(kind, key, one, other, name if len(tables[0]) > 1 else "")
        yield from _rest(kind, key, old, new, ("tables",))
    else:
        yield from _table(kind, key, old, new)


# -- numbers and statements --------------------------------------------------------------------------------------------


def _number(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    tolerance = _tolerance(old)
    common: dict[str, Any] = {"unit": str(old.get("unit", "")), "digits": old.get("digits")}
    if bool(old.get("suppressed")) != bool(new.get("suppressed")):
        state = HIDDEN if new.get("suppressed") else SHOWN
        yield Change("number", key, state, old.get("value"), new.get("value"), **common)
    else:
        parts = tuple(
            (name, old.get(name), new.get(name))
            for name in PARTS
            if not equal(old.get(name), new.get(name), tolerance)
        )
        before, after = old.get("value"), new.get("value")
        if parts or not equal(before, after, tolerance):
            yield measured("number", key, before, after, error(old) or error(new), parts=parts, **common)
    yield from _rest("number", key, old, new, ("value", "suppressed", *PARTS))


def _statement(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    sides = old.get("text"), new.get("text")
    tolerance = _tolerance(old)
    gap = _gap(old.get("estimate"), new.get("estimate"), error(old) or error(new))
    unit = str(old.get("unit", ""))
    changed = [name for name in ("estimate", *PARTS) if not equal(old.get(name), new.get(name), tolerance)]
    parts = tuple((name, old.get(name), new.get(name)) for name in changed)
    if bool(old.get("suppressed")) != bool(new.get("suppressed")):
        yield Change("statement", key, HIDDEN if new.get("suppressed") else SHOWN, *sides, unit=unit)
    elif old.get("form") != new.get("form"):
        forms = ("form", old.get("form"), new.get("form"))
        yield Change("statement", key, FORM, *sides, unit=unit, parts=(forms, *parts), **gap)
    elif changed:
        yield Change("statement", key, CHANGED, *sides, unit=unit, parts=parts, **gap)
    elif sides[0] != sides[1]:
        yield Change("statement", key, DESCRIBED, *sides, unit=unit)
    told = ("text", "suppressed", "form", "estimate", *PARTS)
    yield from _rest("statement", key, old, new, told)


def error(entry: Mapping[str, Any]) -> float | None:
    """Standard error of a number or statement; None where neither it nor an interval of some width is there."""
    own = entry.get("se")
    if _numeric(own):
        return float(own) if own > 0 else None
    low, high = entry.get("low"), entry.get("high")
    if not (_numeric(low) and _numeric(high)) or high <= low:
        return None
    level = entry.get("level")
    return float(high - low) / 2 / NormalDist().inv_cdf((1 + float(level or LEVEL)) / 2)


def measured(
    kind: str, key: str, before: Any, after: Any, standard_error: float | None, **more: Any
) -> Change:
    """A change of value with its sizes."""
    return Change(kind, key, CHANGED, before, after, **_gap(before, after, standard_error), **more)


def _gap(before: Any, after: Any, standard_error: float | None) -> dict[str, Any]:
    if not (_numeric(before) and _numeric(after)):
        return {"absolute": None, "relative": None, "errors": None}
    absolute = float(after) - float(before)
    return {
        "absolute": absolute,
        "relative": absolute / abs(before) if before else None,
        "errors": absolute / standard_error if standard_error else None,
    }


# -- tables --------------------------------------------------------------------------------------------------------------


def _table(
    kind: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any], name_of: str = ""
) -> Iterator[Change]:
    """The changes of a table; `name_of` tells it from the other tables of its figure."""
    for one in _of_table(kind, key, old, new):
        places = {language: " · ".join(filter(None, (name_of, text))) for language, text in one.where.items()}
        yield replace(one, where=places)


def _of_table(kind: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    heads = matching.columns(old), matching.columns(new)
    for name in sorted(heads[0].keys() ^ heads[1].keys()):
        where = matching.heading({**heads[0], **heads[1]}[name])
        yield Change(kind, key, GONE if name in heads[0] else NEW, where=where)
    common = [name for name in heads[0] if name in heads[1]]
    for name in common:
        where = matching.heading(heads[0][name])
        yield from _described(kind, key, heads[0][name], heads[1][name], where)
    orders = [[name for name in side if name in common] for side in heads]
    pairs = matching.paired(old, new, common)
    kept = [second for first, second in pairs if first is not None and second is not None]
    if orders[0] != orders[1] or kept != sorted(kept):
        order = {"it": "ordine", "en": "order"}
        yield Change(kind, key, DESCRIBED, where=order)
    hidden = matching.hidden(old), matching.hidden(new)
    for first, second in pairs:
        if first is None or second is None:
            table, row = (new, second) if first is None else (old, first)
            assert row is not None
            where = matching.row_name(table, row)
            yield Change(kind, key, NEW if first is None else GONE, where=where)
            continue
        rows = old["rows"][first], new["rows"][second]
        for name in common:
            veiled = (first, name) in hidden[0], (second, name) in hidden[1]
            for one in _cell(kind, key, heads[0], name, rows, veiled):
                yield replace(one, where=matching.cell_name(old, first, name))
    yield from _rest(kind, key, old, new, ("columns", "rows", "suppressed"))


def _cell(
    kind: str,
    key: str,
    heads: Mapping[str, Mapping[str, Any]],
    name: str,
    rows: tuple[Mapping[str, Any], Mapping[str, Any]],
    veiled: tuple[bool, bool],
) -> Iterator[Change]:
    before, after = (row.get(name) for row in rows)
    head = heads[name]
    measure = heads.get(str(head.get("of") or ""), head)
    common: dict[str, Any] = {"unit": str(measure.get("unit", "")), "digits": measure.get("digits")}  # fmt: skip
    if head.get("role") == "se" and measure.get("unit") == "share":
        common["unit"] = "share_points"
    if veiled[0] != veiled[1]:
        yield Change(kind, key, HIDDEN if veiled[1] else SHOWN, before, after, **common)
    elif not equal(before, after, TOLERANCE):
        if head.get("role") == "category":
            yield Change(kind, key, DESCRIBED, before, after, **common)
        else:
            own = next((found for row in rows if (found := _error_of(heads, name, row)) is not None), None)
            yield measured(kind, key, before, after, own, **common)


def _error_of(heads: Mapping[str, Mapping[str, Any]], name: str, row: Mapping[str, Any]) -> float | None:
    """Standard error of the measure in a row, from the columns that hold it or its bounds."""
    measure = str(heads[name].get("of") or name)
    bounds = {
        str(head["role"]): row.get(column)
        for column, head in heads.items()
        if head.get("of") == measure and head.get("role") in ("se", "low", "high")
    }
    return error({**bounds, "level": heads[measure].get("level") if measure in heads else None})


# -- what is said about an entry --------------------------------------------------------------------------------------------


def _rest(
    kind: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any], told: Sequence[str]
) -> Iterator[Change]:
    for name in sorted((old.keys() | new.keys()) - set(told)):
        yield from _described(kind, key, old.get(name), new.get(name), {"it": name, "en": name})


def _described(
    kind: str, key: str, old: Any, new: Any, where: Mapping[str, str] | None = None
) -> Iterator[Change]:
    """The leaves at which two descriptions differ."""
    for path, before, after in _leaves(old, new, ()):
        steps = {
            language: [where[language]] if where and where[language] else [] for language in ("it", "en")
        }
        places = {language: " · ".join([*steps[language], *path]) for language in steps}
        yield Change(kind, key, DESCRIBED, before, after, places)


def _leaves(old: Any, new: Any, path: tuple[str, ...]) -> Iterable[tuple[tuple[str, ...], Any, Any]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for name in sorted(old.keys() | new.keys()):
            yield from _leaves(old.get(name), new.get(name), (*path, str(name)))
    elif not equal(old, new, 0.0):
        yield path, old, new


def equal(a: Any, b: Any, tolerance: float) -> bool:
    """Whether two values are the same, floats within a relative tolerance."""
    if _numeric(a) and _numeric(b):
        return a == b or math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * 1e-3)
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _tolerance(entry: Mapping[str, Any]) -> float:
    if entry.get("kind") == "exact":
        return 0.0
    own = entry.get("tolerance")
    return float(own) if _numeric(own) else TOLERANCE


def _numeric(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
