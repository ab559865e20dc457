"""Shifts and whether they were covered: places filled over places needed, by role, semester and service; hours delivered.

Coverage is a ratio of sums, so that a shift of four places counts four times. Its interval is a bootstrap of whole calendar weeks (Davison and Hinkley, 1997): shifts of one week
share holidays, illnesses and rosters, so that they are not independent. With fewer than ten weeks none is given. A surplus on one shift covers no gap on another: places filled count up
to those needed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.people import TOTAL
from analysis.resources.registers import OUTSIDE, codes, filled, in_order, numbers, refuse

TABLE = "shifts"
COLUMNS = ("shift", "date", "service", "role", "needed", "filled", "hours")
GROUPINGS = ("role", "service", "semester", "month")
WEEKS = 10  # fewest from which an interval is told
DRAWS = 2000
FLAGS: dict[str, tuple[str, str]] = {
    "none-needed": (
        "nessun posto richiesto: fuori dalla copertura",
        "no place needed: left out of the coverage",
    ),
    "more-than-needed": (
        "più posti coperti che richiesti: contati fino ai richiesti",
        "more places filled than needed: counted up to those needed",
    ),
    "no-length": ("durata non registrata: fuori dalle ore", "length not recorded: left out of the hours"),
}


@dataclass(frozen=True)
class Roster:
    """The shifts as checked, one row each: date, week, semester ("1", "2", …, "outside"), month ("2018-03"), service, role, needed, filled, hours; and flags (row from 1, shift, reason)."""

    rows: pd.DataFrame
    flags: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a flagged shift, in the order of the register: row, shift, reason in words."""
        frame = self.flags[["row", "shift"]].copy()
        frame["reason"] = [dict(zip(("it", "en"), FLAGS[key])) for key in self.flags["reason"]]
        frame.attrs["columns"] = {"row": {"unit": "position", "digits": 0}, "reason": {"text": True}}
        return frame


def roster(shifts: pd.DataFrame, semesters: Sequence[tuple[dt.date, dt.date]] = ()) -> Roster:
    """The shifts as checked; `semesters`: first and last day of each.

    Refused, all at once with their rows: columns or rows missing; a shift without a name or twice; no date; places needed or filled that are missing, negative or not whole; a length that is not above zero.
    Flagged: see FLAGS.
    """
    filled(TABLE, shifts, COLUMNS)
    frame = shifts.reset_index(drop=True)
    date = pd.to_datetime(frame["date"], errors="coerce")
    needed, held, length = (numbers(frame, name) for name in ("needed", "filled", "hours"))
    refuse(TABLE, [
        (frame["shift"].isna() | frame.duplicated("shift", keep=False), say("turno senza nome o ripetuto", "a shift without a name, or twice"), say("una riga per turno", "one row a shift")),
        (date.isna(), say("manca la data", "the date is missing"), ""),
        (~(needed >= 0) | (needed % 1 != 0), say("posti richiesti mancanti, negativi o non interi", "places needed missing, negative or not whole"), "0, 1, 2, …"),
        (~(held >= 0) | (held % 1 != 0), say("posti coperti mancanti, negativi o non interi", "places filled missing, negative or not whole"), "0, 1, 2, …"),
        (length <= 0, say("durata nulla o negativa", "a length of nothing or less"), "> 0"),
    ])  # fmt: skip
    day = date.to_numpy(dtype="datetime64[D]")
    number = np.full(len(frame), OUTSIDE, dtype=object)
    for k, (first, last) in enumerate(semesters, 1):
        number[(day >= np.datetime64(first)) & (day <= np.datetime64(last))] = str(k)
    calendar = date.dt.isocalendar()
    rows = pd.DataFrame(
        {
            "shift": frame["shift"],
            "date": date,
            "week": calendar["year"].astype(int) * 100 + calendar["week"].astype(int),
            "semester": number,
            "month": date.dt.strftime("%Y-%m"),
            "service": codes(frame, "service"),
            "role": codes(frame, "role"),
            "needed": needed.astype(int),
            "filled": held.astype(int),
            "hours": length,
        }
    )
    marks = {
        "none-needed": needed == 0,
        "more-than-needed": (held > needed) & (needed > 0),
        "no-length": length.isna(),
    }
    at = [np.flatnonzero(mask.to_numpy()) for mask in marks.values()]
    order = np.concatenate(at).astype(int)
    flags = pd.DataFrame(
        {
            "row": order + 1,
            "shift": frame["shift"].to_numpy(dtype=object)[order],
            "reason": np.repeat(list(marks), [len(found) for found in at]),
        }
    )
    return Roster(rows, flags.sort_values("row", kind="stable", ignore_index=True))


@dataclass(frozen=True)
class Coverage:
    """Coverage by group, in `rows`; `by`: the columns that group, empty for all shifts together."""

    by: tuple[str, ...]
    rows: pd.DataFrame

    @property
    def overall(self) -> float:
        """Coverage of all shifts together."""
        return float(self.rows["coverage"].iloc[-1])

    def table(self) -> pd.DataFrame:
        """One row a group, then all: shifts that needed somebody, weeks that had one, places needed and filled (up to those needed), coverage with its interval, hours delivered (places filled times length, a surplus included)."""
        frame = self.rows.copy()
        fields = {"role": "volunteer_role"}
        frame.attrs["columns"] = {
            **{name: {"labels": fields.get(name, name)} for name in self.by},
            **{name: {"counts": "things"} for name in ("shifts", "weeks", "needed", "filled")},
            "coverage": {"unit": "share", "n": "needed", "cases": "filled"},
            "low": {"low_of": "coverage"},
            "high": {"high_of": "coverage"},
            "hours": {"unit": "hours", "n": "shifts"},
        }
        return frame


def coverage(found: Roster, by: Sequence[str] = (), seed: int = 1, draws: int = DRAWS) -> Coverage:
    """Coverage of the shifts that needed somebody, by none, one or two of GROUPINGS, with the middle 95 % of `draws` bootstrap samples of weeks.

    Refused: an unknown grouping or one named twice, no shift that needed anybody. A group in which no shift needed anybody has no coverage.
    """
    by = tuple(by)
    if len(set(by)) < len(by) or set(by) - set(GROUPINGS):
        raise EstimateError(Fault(f"by = {', '.join(by)}", TABLE, ", ".join(GROUPINGS)))
    if not (found.rows["needed"] > 0).any():
        raise TooFewError(Fault(say("nessun posto richiesto", "no place was needed"), TABLE, say("almeno uno", "at least one")))  # fmt: skip
    rows = found.rows.assign(
        covered=found.rows[["needed", "filled"]].min(axis=1),
        worked=found.rows["filled"] * found.rows["hours"],
    )
    parts = [_one(own, seed, draws) | dict(zip(by, code)) for code, own in _groups(rows, by)]
    total = _one(rows, seed, draws) | dict.fromkeys(by, TOTAL)
    frame = pd.DataFrame([*(parts if by else []), total])
    return Coverage(by, frame[[*by, *(name for name in frame.columns if name not in by)]])


def _groups(rows: pd.DataFrame, by: tuple[str, ...]) -> list[tuple[tuple[str, ...], pd.DataFrame]]:
    if not by:
        return []
    found = {code if isinstance(code, tuple) else (code,): own for code, own in rows.groupby(list(by))}
    ranks = []
    for place, name in enumerate(by):
        held = {code[place] for code in found}
        order = in_order(held) if name == "semester" else sorted(held)
        ranks.append({code: k for k, code in enumerate(order)})
    return sorted(found.items(), key=lambda item: [rank[code] for rank, code in zip(ranks, item[0])])


def _one(rows: pd.DataFrame, seed: int, draws: int) -> dict[str, float]:
    needing = rows[rows["needed"] > 0]
    weekly = needing.groupby("week")[["covered", "needed"]].sum().to_numpy(dtype=float)
    low, high = _bootstrap(weekly, seed, draws)
    places, covered = int(needing["needed"].sum()), int(needing["covered"].sum())
    return {
        "shifts": len(needing),
        "weeks": len(weekly),
        "needed": places,
        "filled": covered,
        "coverage": covered / places if places else float("nan"),
        "low": low,
        "high": high,
        "hours": float(rows["worked"].sum()),
    }


def _bootstrap(weekly: np.ndarray, seed: int, draws: int) -> tuple[float, float]:
    """Bounds of Σcovered/Σneeded over weeks, `weekly` (W, 2), drawn with replacement; missing with few weeks or where all weeks have the same coverage."""
    if len(weekly) < WEEKS or np.ptp(weekly[:, 0] / weekly[:, 1]) == 0:
        return float("nan"), float("nan")
    rng = np.random.Generator(np.random.PCG64(seed))
    times = rng.multinomial(len(weekly), np.full(len(weekly), 1 / len(weekly)), size=draws)
    sums = times @ weekly
    return intervals.percentiles(sums[:, 0] / sums[:, 1])
