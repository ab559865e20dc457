"""Where a table is wrong: the rows of a fault, what stands in them, and columns that are not there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say


def where(table: str, mask: pd.Series | np.ndarray) -> str:
    """The table and the first five rows, from 1, at which `mask` is true."""
    rows = np.flatnonzero(np.asarray(mask, dtype=bool)) + 1
    more = "…" if len(rows) > 5 else ""
    return f"{table}: " + say("riga ", "row ") + ", ".join(map(str, rows[:5])) + more


def required(table: str, frame: pd.DataFrame, columns: Sequence[str]) -> None:
    """Refuse a table that lacks any of `columns`, all of them named."""
    lost = [name for name in columns if name not in frame]
    if lost:
        names = ", ".join(lost)
        raise EstimateError(
            Fault(
                say(f"mancano le colonne {names}", f"columns {names} are missing"), table, ", ".join(columns)
            )
        )


def shown(values: pd.Series, mask: pd.Series | np.ndarray) -> str:
    """The first five different values at which `mask` is true, after the name of their column."""
    found = dict.fromkeys(map(str, values[np.asarray(mask, dtype=bool)].head()))
    return f"{values.name} = {', '.join(found)}"


def until(last: pd.Timestamp) -> str:
    """What dates of a register are allowed: up to `last`, and which day that is."""
    return f"≤ {last.date()}: " + say("la fine dello studio, o la sua edizione se è in corso", "the study's end, or its edition while it is under way")  # fmt: skip
