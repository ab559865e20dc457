"""Two records of the same notebook, entry by entry: a verdict for each, how much it differs, and where.

What belongs here: the one comparison of numbers, tables, figures' data, statements, methods and worksheets. What does not: files and pictures
(products.py), why something differs (provenance.py). Each text that an entry carries is in both languages: the report is published in both.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SAME, WITHIN, UNCHECKED, MISSING, DIFFERS = VERDICTS = ("same", "within", "unchecked", "missing", "differs")
TABLE_TOLERANCE = 1e-9  # relative, for cells and for estimates of statements, which declare none
NEAR_ZERO = 1e-3  # of the relative tolerance: the absolute one
STOCHASTIC_EXEMPT = ("value", "low", "high", "se")
KINDS = {
    "numbers": "number", "tables": "table", "figures": "figure", "statements": "statement", "methods": "method",
    "worksheets": "worksheet",
}  # fmt: skip
HEAD = ("notebook", "parameters", "context", "schema")
GATHERED = ("captions", "cites")  # of a record that quotes others


@dataclass(frozen=True)
class Departure:
    """One place at which a record departs from another; `within` says that its tolerance allows it."""

    place: str
    old: Any
    new: Any
    tolerance: float = 0.0
    within: bool = False

    @property
    def difference(self) -> float | None:
        """New minus old, where both are numbers."""
        return float(self.new) - float(self.old) if _numeric(self.old) and _numeric(self.new) else None

    @property
    def relative(self) -> float | None:
        """Size of the difference as a share of the old value; none at zero."""
        difference = self.difference
        return abs(difference) / abs(self.old) if difference is not None and self.old else None

    def __str__(self) -> str:
        return f"{self.place}: {_brief(self.old)} → {_brief(self.new)}"


@dataclass
class Entry:
    """What became of one published thing: its verdict, why (in both languages), the two values and how far apart they are."""

    kind: str
    key: str
    verdict: str
    why: dict[str, str] = field(default_factory=lambda: {"it": "", "en": ""})
    published: Any = None
    again: Any = None
    unit: str = ""
    difference: float | None = None
    relative: float | None = None
    tolerance: float | None = None
    where: str = ""
    pictures: list[dict[str, Any]] = field(default_factory=list)

    def add(self, verdict: str, italian: str, english: str) -> None:
        """Let a further finding bear on the verdict; the worst stands, every reason is kept."""
        self.verdict = worst([self.verdict, verdict])
        for language, text in (("it", italian), ("en", english)):
            kept = self.why[language]
            if text and text not in kept:
                self.why[language] = f"{kept}; {text}" if kept else text

    def document(self) -> dict[str, Any]:
        return dict(vars(self))


def worst(verdicts: Iterable[str]) -> str:
    """The gravest of some verdicts; the same where there is none."""
    return max(verdicts, key=VERDICTS.index, default=SAME)


def counts(verdicts: Iterable[str]) -> dict[str, int]:
    """How many of each verdict, all of them named."""
    found = list(verdicts)
    return {verdict: found.count(verdict) for verdict in VERDICTS}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Places at which `new` departs from `old` by more than is allowed: `numbers.share.value: 0.346 → 0.351`.

    A float number may differ by its relative tolerance; a stochastic one only by lying inside the old interval; table cells and statements
    by 1e-9 relative; everything else must be equal.
    """
    found: list[str] = []
    for group in KINDS:
        a, b = old.get(group, {}), new.get(group, {})
        found += [f"{group}.{name}: {'gone' if name in a else 'new'}" for name in sorted(a.keys() ^ b.keys())]
        for name in sorted(a.keys() & b.keys()):
            found += [
                f"{group}.{name}.{one}" for one in departures(group, a[name], b[name]) if not one.within
            ]
    return found + [str(one) for one in head_departures(old, new, HEAD)]


def entries(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Entry]:
    """One entry for each thing that either record holds, in the order of the record."""
    found = []
    for group, kind in KINDS.items():
        a, b = old.get(group, {}), new.get(group, {})
        for name in sorted(a.keys() | b.keys()):
            if name in a and name in b:
                found.append(_judged(group, name, a[name], b[name]))
            else:
                found.append(one_sided(kind, name, name in a))
    return found


def one_sided(kind: str, key: str, published: bool) -> Entry:
    """An entry that only one side has."""
    entry = Entry(kind, key, MISSING)
    if published:
        entry.add(MISSING, "pubblicato, ma non rifatto", "published, but not made again")
    else:
        entry.add(MISSING, "rifatto, ma non pubblicato", "made again, but not published")
    return entry


def alone(record: Mapping[str, Any], verdict: str, why: Mapping[str, str]) -> list[Entry]:
    """The entries of a published record that could not be compared, all with one verdict and one reason."""
    return [
        Entry(kind, key, verdict, dict(why), published=_shown(group, entry), unit=str(entry.get("unit", "")))
        for group, kind in KINDS.items()
        for key, entry in sorted(record.get(group, {}).items())
    ]


def head_departures(
    old: Mapping[str, Any], new: Mapping[str, Any], parts: Sequence[str] = (*HEAD, *GATHERED)
) -> list[Departure]:
    """Places at which what heads a record departs: the study's own statements, parameters, what is quoted and its captions."""
    return [one for part in parts for one in _walk(old.get(part), new.get(part), part, 0.0)]


def departures(group: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Departure]:
    """Every place at which one entry of a group departs, those that its tolerance allows included."""
    exact = group == "numbers" and "exact" in (old.get("kind"), new.get("kind"))
    tolerance = 0.0 if exact else float(old.get("tolerance", TABLE_TOLERANCE))
    drawn = group == "numbers" and old.get("kind") == new.get("kind") == "stochastic" and _inside(old, new)
    found = []
    for one in _walk(old, new, "", tolerance):
        allowed = drawn and one.place in STOCHASTIC_EXEMPT
        found.append(Departure(one.place, one.old, one.new, one.tolerance, True) if allowed else one)
    return found


def _inside(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    values = (old.get("low"), new.get("value"), old.get("high"))
    if any(value is None for value in values):
        return False
    low, value, high = (float(v) for v in values if v is not None)
    return low <= value <= high


def _walk(a: Any, b: Any, place: str, tolerance: float) -> Iterator[Departure]:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for name in sorted(a.keys() | b.keys()):
            yield from _walk(a.get(name), b.get(name), f"{place}.{name}" if place else name, tolerance)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (x, y) in enumerate(zip(a, b)):
            yield from _walk(x, y, f"{place}[{i}]", tolerance)
    elif a != b or isinstance(a, bool) != isinstance(b, bool):
        floats = _numeric(a) and _numeric(b) and isinstance(a, float) | isinstance(b, float)
        near = floats and math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance * NEAR_ZERO)
        yield Departure(place, a, b, tolerance, bool(near))


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _brief(value: Any) -> str:
    if isinstance(value, list):
        return f"[{len(value)}]"
    text = repr(value)
    return text if len(text) <= 200 else text[:199] + "…"


# -- one entry ---------------------------------------------------------------------------------------------------------


def _judged(group: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Entry:
    found = departures(group, old, new)
    entry = Entry(KINDS[group], key, SAME, unit=str(old.get("unit", "")))
    entry.published, entry.again = _shown(group, old), _shown(group, new)
    beyond = [one for one in found if not one.within]
    entry.verdict = DIFFERS if beyond else WITHIN if found else SAME
    if group == "numbers":
        _number(entry, old, found)
    elif group == "statements":
        _statement(entry, old, found)
    else:
        _table(entry, old, found)
    return entry


def _shown(group: str, entry: Mapping[str, Any]) -> Any:
    """What stands for an entry in the report: a value, the text of a statement; none for a table."""
    if group == "numbers":
        return entry.get("value")
    return entry.get("text") if group == "statements" else None


def _number(entry: Entry, old: Mapping[str, Any], found: Sequence[Departure]) -> None:
    stochastic = old.get("kind") == "stochastic"
    entry.tolerance = None if stochastic else 0.0 if old.get("kind") == "exact" else old.get("tolerance")
    value = Departure("value", entry.published, entry.again)
    if not found:
        entry.difference = value.difference
        return
    entry.difference, entry.relative = value.difference, value.relative
    beyond = [one for one in found if not one.within]
    if not beyond:
        if stochastic:
            entry.add(WITHIN, "dentro l'intervallo dichiarato", "inside its declared interval")
        else:
            entry.add(WITHIN, "entro la tolleranza dichiarata", "within its declared tolerance")
        return
    fields = [one.place for one in beyond]
    entry.where = fields[0] if "value" not in fields else ""
    if "value" in fields:
        entry.add(DIFFERS, f"differisce {amount(value, 'it')}", f"differs {amount(value, 'en')}")
        if stochastic:
            entry.add(DIFFERS, "fuori dall'intervallo dichiarato", "outside its declared interval")
    for one in beyond:
        if one.place != "value":
            entry.add(DIFFERS, _changed(one, "it"), _changed(one, "en"))


def _statement(entry: Entry, old: Mapping[str, Any], found: Sequence[Departure]) -> None:
    entry.tolerance = TABLE_TOLERANCE
    by_place = {one.place: one for one in found}
    estimate = by_place.get("estimate")
    if estimate:
        entry.difference, entry.relative = estimate.difference, estimate.relative
    for one in found:
        if one.within:
            continue
        entry.where = entry.where or one.place
        if one.place == "form":
            entry.where = "form"
            entry.add(DIFFERS, f"dice altro: {one.old} → {one.new}", f"says otherwise: {one.old} → {one.new}")
        elif one.place.startswith("text"):
            entry.add(DIFFERS, "il testo è un altro", "its text is another")
        else:
            entry.add(DIFFERS, _changed(one, "it"), _changed(one, "en"))
    if entry.verdict == WITHIN:
        entry.add(WITHIN, "entro la tolleranza", "within tolerance")


def _table(entry: Entry, old: Mapping[str, Any], found: Sequence[Departure]) -> None:
    entry.tolerance = TABLE_TOLERANCE
    cells = [one for one in found if "rows[" in one.place]
    beyond = [one for one in cells if not one.within]
    for one in found:
        if one.within or one in cells:
            continue
        entry.where = entry.where or one.place
        if one.place.endswith("rows"):
            a, b = (len(side) if isinstance(side, list) else 0 for side in (one.old, one.new))
            entry.add(DIFFERS, f"{a} righe → {b}", f"{a} rows → {b}")
        else:
            entry.add(DIFFERS, _changed(one, "it"), _changed(one, "en"))
    if not cells:
        return
    one = max(beyond or cells, key=_size)
    place = located(one.place)
    entry.published, entry.again = one.old, one.new
    entry.difference, entry.relative = one.difference, one.relative
    entry.where = f"row {place.row}, {place.column}"
    entry.unit = _unit(old, place)
    if not beyond:
        entry.add(WITHIN, f"{len(cells)} celle entro la tolleranza", f"{len(cells)} cells within tolerance")
        return
    n, whole = len({located(cell.place).cell for cell in beyond}), _cells(old)
    italian = f"{n} {'cella' if n == 1 else 'celle'} su {whole} {'differisce' if n == 1 else 'differiscono'}"
    english = f"{n} of {whole} cells differ{'s' if n == 1 else ''}"
    at = (place.row, place.column)
    italian += f", al più alla riga {at[0]}, {at[1]}: {amount(one, 'it')}" if n > 1 else f" (riga {at[0]}, {at[1]}): {amount(one, 'it')}"  # fmt: skip
    english += f", most at row {at[0]}, {at[1]}: {amount(one, 'en')}" if n > 1 else f" (row {at[0]}, {at[1]}): {amount(one, 'en')}"  # fmt: skip
    entry.add(DIFFERS, italian, english)


def _size(one: Departure) -> tuple[bool, float, float]:
    """Order of departures: words and gaps before numbers, then by relative and absolute size."""
    relative, difference = one.relative, one.difference
    return difference is None, relative if relative is not None else math.inf, abs(difference or 0.0)


@dataclass(frozen=True)
class Cell:
    """A cell of a table: which of a figure's tables (or none), row counted from 1, column."""

    table: str
    row: int
    column: str

    @property
    def cell(self) -> tuple[str, int, str]:
        return self.table, self.row, self.column


def located(place: str) -> Cell:
    """The cell that a place names: `tables.data.rows[3].share` is row 4, share."""
    before, _, after = place.partition("rows[")
    row, _, column = after.partition("]")
    table = before.removeprefix("tables.").strip(".") if before else ""
    return Cell(table, int(row) + 1, column.lstrip(".").split(".")[0])


def _tables(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(entry["tables"].values()) if "tables" in entry else [entry]


def _cells(entry: Mapping[str, Any]) -> int:
    return sum(len(table.get("rows", [])) * len(table.get("columns", [])) for table in _tables(entry))


def _unit(entry: Mapping[str, Any], cell: Cell) -> str:
    table = entry["tables"].get(cell.table, {}) if "tables" in entry else entry
    heads = {head["name"]: head for head in table.get("columns", [])}
    head = heads.get(cell.column, {})
    return str(head.get("unit") or heads.get(head.get("of"), {}).get("unit", ""))


def amount(one: Departure, language: str) -> str:
    """How far apart two values are: `by 0.012 (3.6%)`, or the two values where they are no numbers."""
    difference, relative = one.difference, one.relative
    if difference is None:
        return f"{_plain(one.old, language)} → {_plain(one.new, language)}"
    share = "" if relative is None else f" ({figure(100 * relative, language)}%)"
    return f"{'di' if language == 'it' else 'by'} {figure(difference, language)}{share}"


def figure(value: float, language: str) -> str:
    """A value or a difference for a reader: three digits, or the whole number from a hundred on."""
    if abs(value) >= 100 or float(value).is_integer():
        text = f"{value:.0f}"
    else:
        text = f"{value:.3g}" if abs(value) >= 1e-4 else f"{value:.1e}"
    text = text.replace("-", "−")
    return text.replace(".", ",") if language == "it" else text


def _plain(value: Any, language: str) -> str:
    if value is None:
        return "vuoto" if language == "it" else "empty"
    if isinstance(value, Mapping):
        value = value.get(language, json.dumps(value, ensure_ascii=False))
    text = str(value)
    return f"«{text[:60]}»" if language == "it" else f"“{text[:60]}”"


def _changed(one: Departure, language: str) -> str:
    if one.difference is not None:
        return f"{one.place}: {figure(one.old, language)} → {figure(one.new, language)}"
    return f"{one.place}: {_plain(one.old, language)} → {_plain(one.new, language)}"
