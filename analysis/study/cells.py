"""From cells as written to typed columns: numbers, dates, codes, references; every cell that does not fit becomes a fault.

Works on whole columns; only the cells at fault are walked through, at most `LISTED` of each column and kind (the rest is counted).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.errors import Fault, language, say
from analysis.study.contracts import Code, Field, nearest, spellings
from analysis.study.readers import Dialect

if TYPE_CHECKING:
    import pandas as pd

LISTED = 50
COMPARED = 2000  # identifiers among which the nearest one is looked for
UNREADABLE: Set[str] = frozenset({"\0"})
"""Stands for the identifiers of a table that has faults of its own: references to it are not judged."""
MARKS = {".": ("il punto", "a point"), ",": ("la virgola", "a comma")}


@dataclass(frozen=True)
class Place:
    """Where a column stands: the file's name as shown to people, the column's header as written."""

    file: str
    column: str = ""

    def cell(self, row: object) -> str:
        """`data/demo/events.csv, riga 12, colonna date`."""
        column = say(f", colonna {self.column}", f", column {self.column}") if self.column else ""
        return self.file + say(f", riga {row}", f", row {row}") + column

    def whole(self) -> str:
        """The column as a whole."""
        return self.file + (say(f", colonna {self.column}", f", column {self.column}") if self.column else "")


Explain = Callable[[str], tuple[str, str, str]]
"""A written value → (what is wrong, what is allowed, the next step)."""


def list_faults(column: pd.Series, bad: pd.Series, place: Place, explain: Explain) -> list[Fault]:
    """One fault for each cell where `bad` holds; beyond LISTED, one more that counts the rest."""
    cells = column[bad]
    faults = []
    for row, value in cells.iloc[:LISTED].items():
        what, allowed, step = explain(str(value))
        faults.append(Fault(what, place.cell(row), allowed, step))
    rest = len(cells) - LISTED
    if rest > 0:
        faults.append(
            Fault(
                say(f"altre {rest} celle con lo stesso difetto", f"{rest} more cells with the same fault"),
                place.whole(),
                faults[-1].allowed,
            )
        )
    return faults


def quoted(value: object) -> str:
    return say(f"«{value}»", f"“{value}”")


def offered(codes: Iterable[Code]) -> str:
    """The allowed codes with their labels, for a message."""
    return ", ".join(
        code.name if code.label[language()] == code.name else f"{code.name} ({code.label[language()]})"
        for code in codes
    )


def text_of(column: pd.Series) -> pd.Series:
    """A column as trimmed text with "" for empty, whatever it is stored as."""
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(column):
        texts = column.map({True: "yes", False: "no"})
    elif types.is_float_dtype(column):
        whole = bool((column.dropna() % 1 == 0).all())
        texts = column.astype("Int64" if whole else column.dtype).astype("str")
    elif types.is_datetime64_any_dtype(column):
        texts = column.dt.strftime("%Y-%m-%d")
    else:
        texts = column.astype("str")
    return pd.Series(texts.where(column.notna(), ""), index=column.index, dtype="str").str.strip(
        " \t\r\n\u00a0"
    )


def convert(column: pd.Series, field: Field, place: Place, dialect: Dialect) -> tuple[pd.Series, list[Fault]]:
    """The column typed by its field, NA where empty or at fault, and its faults (form and range; references are checked apart).

    text, id, ref, refs, code, flag → str; date → datetime64[us]; number, and an integer that may be empty → float64; required integer → int64
    if no cell is empty or at fault.
    """
    import pandas as pd

    positions, distinct = pd.factorize(column, use_na_sentinel=False)
    if 2 * len(distinct) < len(
        column
    ):  # many equal cells: convert each value once, and all cells only to place faults
        values, faults = _convert(pd.Series(distinct, dtype=column.dtype), field, place, dialect)
        if not faults:
            return values.take(positions).set_axis(column.index), []
    return _convert(column, field, place, dialect)


def _convert(
    column: pd.Series, field: Field, place: Place, dialect: Dialect
) -> tuple[pd.Series, list[Fault]]:
    from pandas.api import types

    if field.type in ("number", "integer"):
        if types.is_numeric_dtype(column) and not types.is_bool_dtype(column):
            values, faults = column.astype("float64"), list[Fault]()
        else:
            values, faults = _numbers(text_of(column), field, place, dialect)
        return _integers(values, column, field, place, faults)
    if field.type == "date":
        if types.is_datetime64_any_dtype(column):
            return column.dt.tz_localize(None).dt.as_unit("us"), []
        return _dates(text_of(column), place)
    texts = text_of(column)
    if field.type in ("code", "flag"):
        return _codes(texts, field, place)
    if field.type in ("id", "ref"):
        return _identifiers(texts, place)
    return texts.where(texts != ""), []


def _numbers(texts: pd.Series, field: Field, place: Place, dialect: Dialect) -> tuple[pd.Series, list[Fault]]:
    import pandas as pd

    mark = dialect.decimal
    other = "," if mark == "." else "."
    texts = texts.str.replace("−", "-", regex=False)
    fits = texts.str.fullmatch(rf"[+-]?(\d+(\{mark}\d*)?|\{mark}\d+)([eE][+-]?\d+)?")
    values = pd.to_numeric(texts.where(fits).str.replace(mark, ".", regex=False)).astype("float64")
    plain_kind = (
        say("un numero intero", "a whole number") if field.type == "integer" else say("un numero", "a number")
    )

    def explain(value: str) -> tuple[str, str, str]:
        digits = value.replace(other, "", 1).lstrip("+-")
        if other in value and digits.isdigit():
            return (
                say(f"{quoted(value)} usa {MARKS[other][0]} come segno decimale", f"{quoted(value)} uses {MARKS[other][1]} as decimal mark"),
                say(f"{MARKS[mark][0]}, come dichiara study.toml, senza separatore delle migliaia", f"{MARKS[mark][1]}, as study.toml declares, without a thousands mark"),
                say(f"Scrivere {value.replace(other, mark)}, oppure dichiarare decimal = \"{other}\" in [csv].", f"Write {value.replace(other, mark)}, or declare decimal = \"{other}\" in [csv]."),
            )  # fmt: skip
        if digits.replace(".", "").replace(",", "").isdigit():
            return (
                say(
                    f"{quoted(value)} ha un separatore delle migliaia",
                    f"{quoted(value)} has a thousands mark",
                ),
                say(
                    f"{plain_kind} senza separatore delle migliaia, decimali con {MARKS[mark][0]}",
                    f"{plain_kind} without a thousands mark, decimals with {MARKS[mark][1]}",
                ),
                "",
            )
        return say(f"{quoted(value)} non è un numero", f"{quoted(value)} is not a number"), plain_kind, ""

    return values, list_faults(texts, ~fits & (texts != ""), place, explain)


def _integers(
    values: pd.Series, column: pd.Series, field: Field, place: Place, faults: list[Fault]
) -> tuple[pd.Series, list[Fault]]:
    if field.type == "integer":
        broken = values.notna() & (values % 1 != 0)
        faults = faults + list_faults(
            column, broken, place,
            lambda value: (say(f"{quoted(value)} non è intero", f"{quoted(value)} is not whole"), say("un numero intero", "a whole number"), ""),
        )  # fmt: skip
        values = values.mask(broken)
    faults = faults + out_of_range(values, column, field, place)
    if field.type == "integer" and field.required and bool(values.notna().all()):
        return values.astype("int64"), faults
    return values, faults


def range_text(field: Field) -> str:
    """The range of a field in words; "" if none."""
    parts = []
    if field.above is not None:
        parts.append(say(f"maggiore di {field.above:g}", f"greater than {field.above:g}"))
    if field.min is not None and field.max is not None:
        parts.append(say(f"da {field.min:g} a {field.max:g}", f"from {field.min:g} to {field.max:g}"))
    elif field.min is not None:
        parts.append(say(f"almeno {field.min:g}", f"at least {field.min:g}"))
    elif field.max is not None:
        parts.append(say(f"al massimo {field.max:g}", f"at most {field.max:g}"))
    return ", ".join(parts)


def out_of_range(values: pd.Series, column: pd.Series, field: Field, place: Place) -> list[Fault]:
    """Faults of numbers outside the field's range."""
    import numpy as np

    outside = np.isinf(values)
    if field.min is not None:
        outside |= values < field.min
    if field.max is not None:
        outside |= values > field.max
    if field.above is not None:
        outside |= values <= field.above
    return list_faults(
        column,
        outside,
        place,
        lambda value: (
            say(f"{quoted(value)} è fuori dai limiti", f"{quoted(value)} is out of range"),
            range_text(field),
            "",
        ),
    )


def _dates(texts: pd.Series, place: Place) -> tuple[pd.Series, list[Fault]]:
    import pandas as pd

    iso = texts.str.fullmatch(r"\d{4}-\d{2}-\d{2}([ T]00:00(:00(\.0+)?)?)?")
    slashed = texts.str.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}")
    values = pd.to_datetime(texts.where(iso).str[:10], format="%Y-%m-%d", errors="coerce").dt.as_unit("us")
    if bool(slashed.any()):
        italian = pd.to_datetime(texts.where(slashed), format="%d/%m/%Y", errors="coerce").dt.as_unit("us")
        values = values.where(~slashed, italian)
    allowed = say(
        "una data come 2016-01-31 o 31/01/2016 (giorno, mese, anno)",
        "a date like 2016-01-31 or 31/01/2016 (day, month, year)",
    )
    step = say("In Excel: formato della cella «Data».", "In Excel: cell format “Date”.")

    def explain(value: str) -> tuple[str, str, str]:
        return (
            say(f"{quoted(value)} non è una data", f"{quoted(value)} is not a date"),
            allowed,
            step if value.isdigit() else "",
        )

    return values, list_faults(texts, values.isna() & (texts != ""), place, explain)


def _codes(texts: pd.Series, field: Field, place: Place) -> tuple[pd.Series, list[Fault]]:
    from analysis.study.contracts import plain

    accepted = spellings(field.codes)
    canonical = {
        text: accepted[plain(text)] for text in texts.unique() if text != "" and plain(text) in accepted
    }
    exact = {code.name for code in field.codes}
    canonical |= {text: text for text in texts.unique() if text in exact}
    values = texts.map(canonical).astype("str")
    words = {
        word: code
        for code in field.codes
        for word in (code.label["it"], code.label["en"], *code.synonyms, code.name)
    }

    def explain(value: str) -> tuple[str, str, str]:
        near = nearest(value, words)
        step = say(f"Forse {quoted(near)}?", f"Perhaps {quoted(near)}?") if near else ""
        return (
            say(f"{quoted(value)} non è fra i codici", f"{quoted(value)} is not one of the codes"),
            offered(field.codes),
            step,
        )

    return values, list_faults(texts, values.isna() & (texts != ""), place, explain)


def _identifiers(texts: pd.Series, place: Place) -> tuple[pd.Series, list[Fault]]:
    broken = texts.str.contains(r"[\s;]", regex=True)
    faults = list_faults(
        texts, broken, place,
        lambda value: (say(f"{quoted(value)} non può fare da identificativo", f"{quoted(value)} cannot serve as an identifier"),
                       say("una sola parola, senza spazi né punti e virgola", "one word, without blanks or semicolons"), ""),
    )  # fmt: skip
    return texts.where((texts != "") & ~broken), faults


def dangling(values: pd.Series, field: Field, place: Place, known: Set[str] | None) -> list[Fault]:
    """Faults of references to rows that are not there; `known` is None when the table referred to is absent."""
    filled = values.dropna()
    if filled.empty or known is UNREADABLE:
        return []
    if known is None:
        what = say(
            f"la colonna rinvia alla tabella {field.to}, che manca o non ha righe",
            f"the column refers to the table {field.to}, which is missing or has no rows",
        )
        return [
            Fault(
                what,
                place.whole(),
                "",
                say(
                    f"Aggiungere {field.to}.csv o il foglio {field.to}.",
                    f"Add {field.to}.csv or the sheet {field.to}.",
                ),
            )
        ]
    parts = filled.str.split(";").explode().str.strip() if field.type == "refs" else filled
    unknown = ~parts.isin(list(known)) & (parts != "")

    def explain(value: str) -> tuple[str, str, str]:
        near = nearest(value, sorted(known), likeness=0.8) if len(known) <= COMPARED else None
        step = say(f"Forse {quoted(near)}?", f"Perhaps {quoted(near)}?") if near else ""
        return (
            say(
                f"{quoted(value)} non è nella tabella {field.to}",
                f"{quoted(value)} is not in the table {field.to}",
            ),
            say(f"un identificativo di {field.to}", f"an identifier of {field.to}"),
            step,
        )

    return list_faults(parts, unknown, place, explain)


def outside_period(values: pd.Series, place: Place, start: dt.date, end: dt.date) -> list[Fault]:
    """Faults of dates outside the project's years."""
    import pandas as pd

    outside = (values < pd.Timestamp(start)) | (values > pd.Timestamp(end))
    return list_faults(
        values.dt.strftime("%Y-%m-%d"), outside, place,
        lambda value: (say(f"{quoted(value)} è fuori dagli anni del progetto", f"{quoted(value)} lies outside the project's years"),
                       say(f"dal {start} al {end}", f"from {start} to {end}"),
                       say("Correggere la data, oppure start ed end in study.toml.", "Correct the date, or start and end in study.toml.")),
    )  # fmt: skip
