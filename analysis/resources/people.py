"""Volunteers as the register has them: recruited, started, active and gone by semester, who they are, how many hours they gave.

The whole register is counted, so counts have no interval. Shares and means have one for whoever wants to read them as draws from the people who could have
come: Wilson's (1927) of a share, Student's t of a mean of hours. Nothing is imputed: what is not recorded stands under its own code.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.registers import UNSTATED, codes, filled, numbers, refuse
from analysis.rows import until

TABLE = "people"
COLUMNS = ("person", "recruited", "contacted", "first_shift", "left", "channel", "role", "hours")
DATES = ("recruited", "contacted", "first_shift", "left")
COMPANY, OTHERS = "company", "others"
GROUPINGS = ("channel", "from_company", "role")
TOTAL = "total"
LEVEL = 0.95
FLAGS: dict[str, tuple[str, str]] = {
    "hours-without-shift": ("ore senza un primo turno", "hours without a first shift"),
    "shift-without-hours": ("primo turno senza ore registrate", "a first shift without recorded hours"),
    "left-without-shift": ("uscita senza aver mai cominciato", "left without ever starting"),
    "no-contact": ("manca la data del primo contatto", "the date of the first contact is missing"),
}


@dataclass(frozen=True)
class Register:
    """The register as checked, one row a person: dates, `channel`, `role`, `from_company` ("company", "others", "unstated"), `hours`; its last day; and its flags (row from 1, reason)."""

    rows: pd.DataFrame
    end: pd.Timestamp
    flags: pd.DataFrame

    @property
    def started(self) -> pd.DataFrame:
        """Those who did a shift."""
        return self.rows[self.rows["first_shift"].notna()]

    def table(self) -> pd.DataFrame:
        """One row a reason to look again: reason in words, persons. All of them are counted in everything that their records allow."""
        found = self.flags["reason"].value_counts().reindex(list(FLAGS), fill_value=0)
        frame = pd.DataFrame(
            {
                "reason": [dict(zip(("it", "en"), text)) for text in FLAGS.values()],
                "persons": found.to_numpy(),
            }
        )
        frame.attrs["columns"] = {"reason": {"text": True}, "persons": {"counts": "persons"}}
        return frame


def register(people: pd.DataFrame, end: dt.date) -> Register:
    """The register of volunteers up to and including the day `end`.

    Refused, all at once with their rows: columns or rows missing; a person without a name or twice; no date of recruitment; a date after `end`; a first shift before
    the contact; an exit before the first shift or the recruitment; negative hours. Flagged: see FLAGS.
    """
    filled(TABLE, people, COLUMNS)
    frame = people.reset_index(drop=True)
    frame = frame.assign(**{name: pd.to_datetime(frame[name], errors="coerce") for name in DATES})
    given = people.reset_index(drop=True)[list(DATES)].notna()
    hours, last = numbers(frame, "hours"), pd.Timestamp(end)
    shift, left = frame["first_shift"], frame["left"]
    refuse(TABLE, [
        (frame["person"].isna() | frame.duplicated("person", keep=False), say("persona senza codice o ripetuta", "a person without a code, or twice"), say("una riga per persona", "one row a person")),
        ((given & frame[list(DATES)].isna()).any(axis=1), say("data che non si legge", "a date that cannot be read"), ""),
        (frame["recruited"].isna(), say("manca la data di adesione", "the date of recruitment is missing"), ""),
        *[(frame[name] > last, say(f"«{name}» dopo la fine del registro", f"'{name}' after the end of the register"), until(last)) for name in DATES],
        (shift < frame["contacted"], say("primo turno prima del contatto", "a first shift before the contact"), "contacted ≤ first_shift"),
        (left < shift, say("uscita prima del primo turno", "an exit before the first shift"), "first_shift ≤ left"),
        (left < frame["recruited"], say("uscita prima dell'adesione", "an exit before the recruitment"), "recruited ≤ left"),
        (hours < 0, say("ore negative", "negative hours"), "≥ 0"),
    ])  # fmt: skip
    channel = codes(frame, "channel")
    rows = frame[["person", *DATES]].assign(
        channel=channel,
        role=codes(frame, "role"),
        from_company=np.select([channel == COMPANY, channel == UNSTATED], [COMPANY, UNSTATED], OTHERS),
        hours=hours,
    )
    marks = {
        "hours-without-shift": (hours > 0) & shift.isna(),
        "shift-without-hours": hours.isna() & shift.notna(),
        "left-without-shift": left.notna() & shift.isna(),
        "no-contact": frame["contacted"].isna(),
    }
    at = [np.flatnonzero(mask.to_numpy()) + 1 for mask in marks.values()]
    flags = pd.DataFrame(
        {"row": np.concatenate(at), "reason": np.repeat(list(marks), [len(found) for found in at])}
    )
    return Register(rows, last, flags)


def grouped(rows: pd.DataFrame, by: str | None) -> list[tuple[str, pd.DataFrame]]:
    """The rows by code of `by`, first by how many, UNSTATED last, then all of them as TOTAL. Refused: another column than GROUPINGS."""
    if by is None:
        return [(TOTAL, rows)]
    if by not in GROUPINGS:
        raise EstimateError(Fault(f"by = {by}", TABLE, ", ".join(GROUPINGS)))
    counts = rows[by].value_counts()
    order = sorted(counts.index, key=lambda code: (code == UNSTATED, -counts[code], code))
    return [*((code, rows[rows[by] == code]) for code in order), (TOTAL, rows)]


@dataclass(frozen=True)
class Stocks:
    """One row a semester and group, in `rows`: recruited, contacted, started and left during it; active on its last day."""

    by: str | None
    rows: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a semester ("1", "2", …) and group, the groups' total included. A complete count."""
        frame = self.rows.copy()
        frame.attrs["columns"] = {
            "semester": {"labels": "semester"},
            **({self.by: {"labels": label_field(self.by)}} if self.by else {}),
            **{
                name: {"counts": "persons"}
                for name in ("recruited", "contacted", "started", "left", "active")
            },
        }
        return frame

    def drawn(self) -> pd.DataFrame:
        """One row a semester and group: active on its last day. Without what came and went, from which those who left would follow."""
        frame = self.table()
        kept = ["semester", *([self.by] if self.by else []), "active"]
        told = frame[kept].copy()
        told.attrs["columns"] = {name: spec for name, spec in frame.attrs["columns"].items() if name in kept}
        return told


def label_field(by: str) -> str:
    """The field of value labels that names the codes of a grouping."""
    return {"role": "volunteer_role"}.get(by, by)


def by_semester(
    found: Register, semesters: Sequence[tuple[dt.date, dt.date]], by: str | None = None
) -> Stocks:
    """Who came, started, left and was active, semester by semester (first and last day of each, in order).

    Active on a day: the first shift on that day or before, and no exit up to and including it. Refused: no semester, one that ends before it begins or begins before the
    last one has ended.
    """
    first = np.array([np.datetime64(begin) for begin, _ in semesters], dtype="datetime64[D]")
    last = np.array([np.datetime64(end) for _, end in semesters], dtype="datetime64[D]")
    if not len(first) or (last < first).any() or (first[1:] <= last[:-1]).any():
        what = say("semestri assenti o fuori ordine", "semesters missing or out of order")
        raise EstimateError(Fault(what, "semesters", say("primo e ultimo giorno di ognuno", "first and last day of each")))  # fmt: skip
    parts = []
    for code, rows in grouped(found.rows, by):
        days = {name: rows[name].to_numpy(dtype="datetime64[D]")[:, None] for name in DATES}
        during = {name: ((value >= first) & (value <= last)).sum(axis=0) for name, value in days.items()}
        gone = days["left"] <= last  # a missing date is never ≤
        active = ((days["first_shift"] <= last) & ~gone).sum(axis=0)
        parts.append(
            pd.DataFrame(
                {
                    "semester": [str(k) for k in range(1, len(first) + 1)],
                    **({by: code} if by else {}),
                    "recruited": during["recruited"],
                    "contacted": during["contacted"],
                    "started": during["first_shift"],
                    "left": (during["left"]),
                    "active": active,
                }
            )
        )
    rows = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)
    return Stocks(by, rows)


@dataclass(frozen=True)
class Mix:
    """Persons by code of `by` and their shares, (K,), with Wilson's bounds; `of`: "recruited" or "started"."""

    by: str
    of: str
    codes: tuple[str, ...]
    persons: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row a group, the largest first, then all: persons, share of those of whom it is recorded with its interval. Who is not recorded has no share."""
        known = int(self.persons[[code not in (UNSTATED, TOTAL) for code in self.codes]].sum())
        frame = pd.DataFrame(
            {
                self.by: list(self.codes),
                "persons": self.persons,
                "known": known,
                "share": self.share,
                "low": self.low,
                "high": self.high,
            }
        )
        frame.attrs["columns"] = {
            self.by: {"labels": label_field(self.by)},
            "persons": {"counts": "persons"},
            "known": {"counts": "persons", "hidden": True},
            "share": {"unit": "share", "n": "known", "cases": "persons", "parts": self.by},
            "low": {"low_of": "share"},
            "high": {"high_of": "share"},
        }
        return frame


def mix(found: Register, by: str, of: str = "started", least: int = 1) -> Mix:
    """Who the volunteers are: counts and shares by channel, role or whether they come from a company; of those who started, or of all who were recruited.

    Refused: an unknown grouping or base, fewer than `least` persons in it.
    """
    if of not in ("recruited", "started"):
        raise EstimateError(Fault(f"of = {of}", TABLE, "recruited, started"))
    rows = found.rows if of == "recruited" else found.started
    if len(rows) < least:
        what = say("troppo poche persone con un turno", "too few persons who did a shift")
        raise TooFewError(Fault(what, TABLE, f"≥ {least}"))
    groups = grouped(rows, by)
    names = tuple(code for code, _ in groups)
    persons = np.array([len(own) for _, own in groups])
    stated = np.array([code not in (UNSTATED, TOTAL) for code in names])
    known = np.full(len(names), persons[stated].sum())
    part = np.where(stated, intervals.share(persons, known), np.nan)
    low, high = intervals.wilson(np.where(stated, persons, 0), np.where(stated, known, 0), LEVEL)
    return Mix(by, of, names, persons, part, low, high)


@dataclass(frozen=True)
class Hours:
    """Hours by group, in `rows`: persons, total, mean with its interval, median."""

    by: str | None
    rows: pd.DataFrame

    @property
    def total(self) -> float:
        """All hours on record."""
        return float(self.rows["total"].iloc[-1])

    def by_group(self) -> pd.DataFrame:
        """One row a group, without the total: the column `by`, persons, hours."""
        own = self.rows[self.rows["group"] != TOTAL]
        return own[["group", "persons", "total"]].rename(columns={"group": str(self.by), "total": "hours"})

    def table(self) -> pd.DataFrame:
        """One row a group, then all: persons whose hours are recorded, their hours, hours a person (mean with its 95 % interval by Student's t, missing for one person; median)."""
        frame = self.rows.rename(columns={"group": self.by} if self.by else {})
        if not self.by:
            frame = frame.drop(columns="group")
        frame.attrs["columns"] = {
            **({self.by: {"labels": label_field(self.by)}} if self.by else {}),
            "persons": {"counts": "persons"},
            "total": {"unit": "hours", "n": "persons"},
            "mean": {"unit": "hours", "digits": 1, "n": "persons"},
            "low": {"low_of": "mean"},
            "high": {"high_of": "mean"},
            "median": {"unit": "hours", "digits": 1, "n": "persons"},
        }
        return frame


def hours(found: Register, by: str | None = None) -> Hours:
    """Hours given by those who did a shift and whose hours are recorded. Refused: there is none."""
    from scipy import stats

    rows = found.started.dropna(subset="hours")
    if not len(rows):
        what = say(
            "nessuna ora registrata di chi ha fatto un turno", "no hours recorded of anybody who did a shift"
        )
        raise TooFewError(Fault(what, TABLE))
    groups = grouped(rows, by)
    n = np.array([len(own) for _, own in groups])
    mean = np.array([own["hours"].mean() for _, own in groups])
    spread = np.array([own["hours"].std(ddof=1) if len(own) > 1 else np.nan for _, own in groups])
    reach = stats.t.ppf((1 + LEVEL) / 2, np.maximum(n - 1, 1)) * spread / np.sqrt(n)
    frame = pd.DataFrame(
        {
            "group": [code for code, _ in groups],
            "persons": n,
            "total": [own["hours"].sum() for _, own in groups],
            "mean": mean,
            "low": np.maximum(mean - reach, 0.0),
            "high": mean + reach,
            "median": [own["hours"].median() for _, own in groups],
        }
    )
    return Hours(by, frame)
