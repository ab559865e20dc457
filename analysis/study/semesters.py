"""The semesters of a study: declared in study.toml, or half-years from its start; and in which of them a date falls."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from analysis.errors import say
from analysis.study.declared import Section

if TYPE_CHECKING:
    import pandas as pd

Semesters = Sequence[tuple[dt.date, dt.date]]


def semesters(
    top: Section, start: dt.date | None, end: dt.date | None
) -> tuple[tuple[dt.date, dt.date], ...]:
    """The declared semesters, in order and apart; half-years from start to end when none is declared."""
    declared: list[tuple[dt.date, dt.date]] = []
    for _, item in top.sections("semesters"):
        first, last = item.date("start", required=True), item.date("end", required=True)
        item.close()
        if first is None or last is None:
            continue
        after = declared[-1][1] if declared else None
        if last <= first or (after is not None and first <= after):
            item.break_(
                "start",
                say(
                    f"{first}–{last} non segue il semestre precedente",
                    f"{first}–{last} does not follow the semester before",
                ),
                say("semestri in ordine, senza sovrapposizioni", "semesters in order, without overlap"),
            )
        declared.append((first, last))
    if declared or start is None or end is None:
        return tuple(declared)
    return half_years(start, end)


def half_years(start: dt.date, end: dt.date) -> tuple[tuple[dt.date, dt.date], ...]:
    """Half-years from `start`, the last one ending at `end`."""
    periods, number, first = [], 1, start
    while first <= end:
        following = _months_later(start, 6 * number)
        periods.append((first, min(following - dt.timedelta(days=1), end)))
        first, number = following, number + 1
    return tuple(periods)


def _months_later(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


def numbers(dates: pd.Series, periods: Semesters) -> pd.Series:
    """The number of the semester (from 1) in which each date falls: int64, or Int64 with NA where a date is empty or in none."""
    import pandas as pd

    found = pd.Series(pd.NA, index=dates.index, dtype="Int64")
    for number, (first, last) in enumerate(periods, start=1):
        found = found.mask(
            (dates >= pd.Timestamp(first)) & (dates < pd.Timestamp(last) + pd.Timedelta(days=1)), number
        )
    return found.astype("int64") if bool(found.notna().all()) else found
