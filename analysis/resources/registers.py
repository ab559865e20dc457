"""What the registers of resources have in common: tables that hold rows, flags, semesters as codes, faults by row.

What belongs here: how a register is read and refused. What does not: what is computed from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

OUTSIDE = "outside"
UNSTATED = "unstated"
TRUTH = {"yes": True, "no": False, "True": True, "False": False}
Check = tuple[pd.Series | np.ndarray, str, str]


def filled(table: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a table that lacks any of `columns`, or that has no row."""
    required(table, frame, columns)
    if frame.empty:
        what = say("la tabella non ha righe", "the table has no rows")
        raise EstimateError(Fault(what, table, say("almeno una riga", "at least one row")))


def refuse(table: str, checks: Iterable[Check]) -> None:
    """Raise every fault of `checks` (mask of rows, what is wrong, what is allowed) that holds at some row, all at once."""
    faults = [
        Fault(what, where(table, mask), allowed) for mask, what, allowed in checks if np.asarray(mask).any()
    ]
    if faults:
        raise EstimateError(faults)


def numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column as floats, missing where the register lacks it or where nothing is recorded."""
    given = frame[column] if column in frame else pd.Series(np.nan, index=frame.index)
    return pd.to_numeric(given, errors="coerce").astype(float)


def flag(table: str, frame: pd.DataFrame, column: str) -> pd.Series:
    """A flag ("yes", "no", or true and false) as nullable booleans; missing where nobody said. Refused: another word."""
    given = frame[column] if column in frame else pd.Series(pd.NA, index=frame.index)
    said = given.astype("string").map(TRUTH)
    refuse(
        table,
        [
            (
                given.notna() & said.isna(),
                say(f"«{column}» né sì né no", f"'{column}' is neither yes nor no"),
                "yes, no",
            )
        ],
    )
    return said.astype("boolean")


def codes(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of codes, with UNSTATED where nothing is recorded or the register lacks it."""
    given = frame[column] if column in frame else pd.Series(pd.NA, index=frame.index)
    return given.astype(object).where(given.notna(), UNSTATED).astype(str)


def semesters(table: str, frame: pd.DataFrame) -> pd.Series:
    """The column `semester` (whole numbers, missing where a date is in none) as codes "1", "2", …, with OUTSIDE where it is missing. Refused: a table without it."""
    required(table, frame, ("semester",))
    number = numbers(frame, "semester")
    text = number.fillna(0).astype(int).astype(str)
    return text.where(number.notna(), OUTSIDE)


def in_order(found: Iterable[str]) -> list[str]:
    """Codes of semesters, first to last, without gaps; OUTSIDE last where it occurs."""
    held = set(found)
    inside = sorted(int(code) for code in held - {OUTSIDE})
    span = [str(k) for k in range(1, inside[-1] + 1)] if inside else []
    return span + ([OUTSIDE] if OUTSIDE in held else [])
