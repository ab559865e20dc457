"""A table of a study as the form that another study fills in: every column of its contract, what is taken over, and the rest left empty.

What belongs here: the shape of the form, ready for the door (`attrs["columns"]`). What does not: how it is laid out in a workbook (publish/worksheets.py).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import Field, contracts

if TYPE_CHECKING:
    import pandas as pd

PLAIN = ("id", "text", "code", "flag", "date", "integer", "number")
ROW = "_row"


def form(name: str, frame: pd.DataFrame, kept: Collection[str]) -> pd.DataFrame:
    """Table `name` with all columns of its contract, in order; those `kept` hold what `frame` (typed by the contract) has, the others nothing.

    Refused: a column that the contract does not know, or that may not be taken over (a reference to another table, a count of persons).
    """
    import pandas as pd

    fields = contracts().tables[name].fields
    strange = [column for column in kept if column not in fields or not _plain(fields[column])]
    if strange:
        allowed = ", ".join(column for column, field in fields.items() if _plain(field))
        what = say(
            f"colonne che non si possono riprendere: {', '.join(strange)}",
            f"columns that cannot be taken over: {', '.join(strange)}",
        )
        raise StudyError(Fault(what, name, allowed))
    empty = pd.Series([None] * len(frame), dtype=object)
    columns: dict[str, Any] = {}
    specs: dict[str, dict[str, Any]] = {}
    for column, field in fields.items():
        given = frame[column].reset_index(drop=True) if column in kept and column in frame else empty
        held = bool(given.notna().any())
        number = held and field.type in ("integer", "number")
        columns[column] = (
            given.astype("Float64").astype(float)
            if number
            else given.astype(object).where(given.notna(), None)
        )
        specs[column] = {"header": field.label, **(_spec(field, columns[column]) if held else {})}
    table = pd.DataFrame({**columns, ROW: [1] * len(frame)})
    table.attrs["columns"] = specs | {ROW: {"counts": "things", "hidden": True}}
    table.attrs["form"] = True
    return table


def _plain(field: Field) -> bool:
    return field.type in PLAIN and field.unit != "persons"


def _spec(field: Field, values: pd.Series) -> dict[str, Any]:
    if field.type in ("code", "flag"):
        return {"labels": field.enumeration or "flag"}
    if field.type not in ("integer", "number"):
        return {}
    whole = bool((values.dropna() % 1 == 0).all())
    return {"unit": field.unit or "number", "digits": 0 if whole else 1, "n": ROW}
