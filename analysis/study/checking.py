"""One table against its contract: columns, cells, keys, references, rules between fields. All faults at once, none repaired."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analysis.errors import Fault, language, say
from analysis.study import cells
from analysis.study.cells import Place, list_faults, quoted
from analysis.study.contracts import Field, Table, headers, nearest, plain
from analysis.study.readers import Dialect

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Surroundings:
    """What a table is checked against: the study's years, the number of semesters, and the other tables.

    `known(table)` gives the identifiers of another table, None when it is absent; `owners(table, column)` a Series identifier → value of `column`.
    """

    start: dt.date
    end: dt.date
    semesters: int
    known: Callable[[str], Set[str] | None]
    owners: Callable[[str, str], pd.Series]


def match_columns(header: list[str], table: Table, shown: str) -> tuple[dict[str, str], list[Fault]]:
    """Header as written → field name; with the faults of unknown, repeated and missing columns."""
    accepted = headers(table.fields)
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for position, written in enumerate(header, start=1):
        field_name = accepted.get(plain(written))
        place = Place(shown, written).whole()
        if not written:
            place = shown + say(f", colonna {position}", f", column {position}")
            faults.append(
                Fault(
                    say("colonna senza intestazione", "column without a header"),
                    place,
                    ", ".join(table.fields),
                )
            )
        elif field_name is None:
            near = nearest(
                written, [*table.fields, *(field.label[language()] for field in table.fields.values())]
            )
            step = say(f"Forse {quoted(near)}?", f"Perhaps {quoted(near)}?") if near else ""
            faults.append(
                Fault(
                    say(f"colonna sconosciuta {quoted(written)}", f"unknown column {quoted(written)}"),
                    place,
                    ", ".join(table.fields),
                    step,
                )
            )
        elif field_name in found.values():
            faults.append(
                Fault(
                    say(
                        f"la colonna {field_name} compare due volte", f"the column {field_name} occurs twice"
                    ),
                    place,
                )
            )
        else:
            found[written] = field_name
    for name, field in table.fields.items():
        if field.required and name not in found.values():
            label = field.label[language()]
            faults.append(
                Fault(
                    say(f"manca la colonna {name} ({label})", f"the column {name} ({label}) is missing"),
                    shown,
                    say(
                        f"obbligatorie: {', '.join(_required(table))}",
                        f"required: {', '.join(_required(table))}",
                    ),
                )
            )
    return found, faults


def _required(table: Table) -> list[str]:
    return [name for name, field in table.fields.items() if field.required]


def check(
    raw: pd.DataFrame, table: Table, shown: str, dialect: Dialect, around: Surroundings
) -> tuple[pd.DataFrame, list[Fault]]:
    """The typed table (fields in the contract's order, absent optional ones empty, index 0…n−1) and all its faults.

    raw: cells as read, index = row number in the file.
    """
    import pandas as pd

    found, faults = match_columns(list(raw.columns), table, shown)
    positions = {name: list(raw.columns).index(written) for written, name in found.items()}
    written_as = {name: written for written, name in found.items()}
    columns: dict[str, pd.Series] = {}
    for name, field in table.fields.items():
        if name not in positions:
            columns[name] = _empty(field, raw.index)
            continue
        column, place = raw.iloc[:, positions[name]], Place(shown, written_as[name])
        values, found_faults = cells.convert(column, _bounded(field, around), place, dialect)
        faults += found_faults
        if field.required:
            faults += _empties(column, field, place)
        if field.to:
            faults += cells.dangling(values, field, place, around.known(field.to))
        if field.type == "date" and not field.exempt:
            faults += cells.outside_period(values, place, around.start, around.end)
        columns[name] = values
    frame = pd.DataFrame(columns, index=raw.index)
    faults += (
        _repeated(frame, table, shown, written_as)
        + _pairs(frame, table, shown)
        + _any_of(frame, table, shown)
    )
    faults += _belongs(frame, table, shown, around)
    return frame.reset_index(drop=True), faults


def _bounded(field: Field, around: Surroundings) -> Field:
    return replace(field, min=1, max=around.semesters) if field.within == "semesters" else field


def _empty(field: Field, index: pd.Index) -> pd.Series:
    import pandas as pd

    if field.type == "date":
        return pd.Series(pd.NaT, index=index, dtype="datetime64[us]")
    if field.type in ("number", "integer"):
        return pd.Series(float("nan"), index=index, dtype="float64")
    return pd.Series(None, index=index, dtype="str")


def _empties(column: pd.Series, field: Field, place: Place) -> list[Fault]:
    empty = cells.text_of(column) == ""
    allowed = (
        cells.offered(field.codes)
        or cells.range_text(field)
        or say("un valore: la colonna è obbligatoria", "a value: the column is required")
    )
    return list_faults(column, empty, place, lambda _: (say("cella vuota", "empty cell"), allowed, ""))


def _repeated(frame: pd.DataFrame, table: Table, shown: str, written_as: dict[str, str]) -> list[Fault]:
    """Rows whose key stood in an earlier row already (rows with an empty required key field are reported as empty instead)."""
    key = list(table.key)
    required = [name for name in key if table.fields[name].required]
    filled = frame[frame[required].notna().all(axis=1)]
    repeated = filled.duplicated(key)
    if not bool(repeated.any()):
        return []
    first = filled.reset_index(names="__row").groupby(key, dropna=False)["__row"].transform("min")
    first.index = filled.index
    texts = filled[key].astype("str").agg(" · ".join, axis=1) + "\0" + first.astype("str")

    def explain(value: str) -> tuple[str, str, str]:
        written, row = value.split("\0")
        return (
            say(f"{quoted(written)} è già alla riga {row}", f"{quoted(written)} stands in row {row} already"),
            say(f"ogni {' + '.join(key)} una volta sola", f"each {' + '.join(key)} once"),
            "",
        )

    return list_faults(
        texts, repeated, Place(shown, " + ".join(written_as.get(name, name) for name in key)), explain
    )


def _pairs(frame: pd.DataFrame, table: Table, shown: str) -> list[Fault]:
    faults: list[Fault] = []
    for a, b in table.distinct:
        faults += list_faults(
            frame[a], frame[a].notna() & (frame[a] == frame[b]), Place(shown, f"{a} + {b}"),
            lambda value, a=a, b=b: (say(f"{quoted(value)} sta sia in {a} sia in {b}", f"{quoted(value)} stands in both {a} and {b}"),  # type: ignore[misc]
                                     say("due valori diversi", "two different values"), ""),
        )  # fmt: skip
    for a, b in table.ordered:
        dated = table.fields[b].type == "date"
        less = say(" precede ", " comes before ") if dated else say(" è minore di ", " is less than ")
        allowed = say(f"{b} non prima di {a}", f"{b} not before {a}") if dated else f"{b} ≥ {a}"
        texts = cells.text_of(frame[b]) + less + cells.text_of(frame[a])
        faults += list_faults(
            texts, frame[b] < frame[a], Place(shown, b),
            lambda value, allowed=allowed: (value, allowed, ""),  # type: ignore[misc]
        )  # fmt: skip
    return faults


def _any_of(frame: pd.DataFrame, table: Table, shown: str) -> list[Fault]:
    if not table.any_of:
        return []
    none = frame[list(table.any_of)].isna().all(axis=1)
    names = say(" o ", " or ").join(table.any_of)
    empty = frame[table.any_of[0]]
    return list_faults(
        empty,
        none,
        Place(shown, " + ".join(table.any_of)),
        lambda _: (
            say("celle vuote", "empty cells"),
            say(f"almeno una fra {names}", f"at least one of {names}"),
            "",
        ),
    )


def _belongs(frame: pd.DataFrame, table: Table, shown: str, around: Surroundings) -> list[Fault]:
    """A row's `unit` must be a unit of the row's `actor`."""
    faults: list[Fault] = []
    for name, owner in table.belongs.items():
        if not bool(frame[name].notna().any()) or around.known(table.fields[name].to) in (
            None,
            cells.UNREADABLE,
        ):
            continue
        theirs = frame[name].map(around.owners(table.fields[name].to, owner))
        wrong = theirs.notna() & frame[owner].notna() & (theirs != frame[owner])
        texts = frame[name].astype("str") + say(" è di ", " belongs to ") + theirs.astype("str")
        faults += list_faults(
            texts, wrong, Place(shown, name),
            lambda value, name=name, owner=owner: (value, say(f"lo stesso {owner} della riga", f"the same {owner} as the row"), ""),  # type: ignore[misc]
        )  # fmt: skip
    return faults
