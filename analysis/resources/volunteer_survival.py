"""How long volunteers stay, and how long it takes from the first contact to the first shift.

Both by Kaplan and Meier (1958), with pointwise 95 % intervals from Greenwood's variance on the scale log(−log) and the median's by inverting them (Brookmeyer and
Crowley 1982). Retention runs from the first shift to the exit; who is still there on the last day of the register is censored then. The wait runs from the contact to
the first shift; who never started is censored on the last day, or on the day of the exit. Groups are compared by the log-rank test, which describes a difference and does not
say what made it. A month is 365.25/12 days.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.people import TABLE, TOTAL, Register, grouped, label_field
from analysis.resources.registers import UNSTATED

MONTH = 365.25 / 12
WEEK = 7.0
POINTS = (6, 12)
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Curve:
    """Share without the event so long after the start, at each day of an event, (T,), with pointwise bounds; `days`: of every person, (N,), and whether theirs `ended` in the event."""

    group: str
    day: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray
    days: np.ndarray
    ended: np.ndarray

    @property
    def persons(self) -> int:
        return len(self.days)

    @property
    def events(self) -> int:
        return int(self.ended.sum())

    def median(self) -> tuple[float, float, float]:
        """First day on which at most half are without the event, and its bounds; each missing where it is not reached."""
        return _first(self.day, self.share), _first(self.day, self.low), _first(self.day, self.high)

    def at(self, days: np.ndarray) -> pd.DataFrame:
        """So many days after the start: share without the event and bounds, persons still `followed` without it, `happened` before or on that day.

        Missing beyond the last day on which anybody was followed, unless all had the event by then. No bounds before the first event and when nobody is left.
        """
        days = np.asarray(days, dtype=float)
        place = np.searchsorted(self.day, days, side="right")
        held = {"share": np.concatenate([[1.0], self.share])[place]}
        for name, bound in (("low", self.low), ("high", self.high)):
            held[name] = np.concatenate([[np.nan], bound])[place]
        beyond = (days > self.days.max()) & (held["share"] > 0)
        return pd.DataFrame(
            {
                **{name: np.where(beyond, np.nan, values) for name, values in held.items()},
                "followed": ((self.days >= days[:, None]) & ~((self.days == days[:, None]) & self.ended)).sum(axis=1),
                "happened": ((self.days <= days[:, None]) & self.ended).sum(axis=1),
            }
        )  # fmt: skip


def _first(day: np.ndarray, share: np.ndarray) -> float:
    reached = share <= 0.5 + 1e-12
    return float(day[np.argmax(reached)]) if reached.any() else float("nan")


def kaplan_meier(group: str, days: np.ndarray, ended: np.ndarray) -> Curve:
    """The curve of durations in days; without any event it has no step."""
    from statsmodels.duration.survfunc import SurvfuncRight

    days, ended = np.asarray(days, dtype=float), np.asarray(ended, dtype=bool)
    if not ended.any():
        none = np.empty(0)
        return Curve(group, none, none, none, none, days, ended)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left at risk
        curve = SurvfuncRight(days, ended.astype(int))
    share, error = np.asarray(curve.surv_prob), np.asarray(curve.surv_prob_se)
    low, high = intervals.log_log(share, error)
    return Curve(group, np.asarray(curve.surv_times, dtype=float), share, low, high, days, ended)


@dataclass(frozen=True)
class LogRank:
    """Log-rank test that the curves are one: statistic, degrees of freedom, p, over `persons` of `groups`; who is in no known group is left out."""

    by: str
    statistic: float
    df: int
    p: float
    persons: int
    groups: int

    def table(self) -> pd.DataFrame:
        """One row: groups, persons, statistic, df, p."""
        frame = pd.DataFrame(
            {
                "groups": [self.groups],
                "persons": [self.persons],
                "statistic": [self.statistic],
                "df": [self.df],
                "p": [self.p],
            }
        )
        frame.attrs["columns"] = {
            "groups": {"counts": "things"},
            "persons": {"counts": "persons"},
            "statistic": {"unit": "number", "digits": 2, "n": "persons"},
            "df": {"unit": "position", "digits": 0},
            "p": {"unit": "p", "n": "persons"},
        }
        return frame


@dataclass(frozen=True)
class Survival:
    """Curves by group, all persons last; `missing`: persons left out for want of the date at which their time starts."""

    by: str | None
    curves: tuple[Curve, ...]
    missing: int

    @property
    def all(self) -> Curve:
        return self.curves[-1]

    def log_rank(self) -> LogRank:
        """Comparison of the groups. Refused: fewer than two of them, or no event at all."""
        from statsmodels.duration.survfunc import survdiff

        own = [curve for curve in self.curves if curve.group not in (TOTAL, UNSTATED)]
        if len(own) < 2 or not any(curve.events for curve in own):
            what = say("meno di due gruppi, o nessun evento", "fewer than two groups, or no event")
            raise TooFewError(Fault(what, f"{TABLE}, {self.by}"))
        days = np.concatenate([curve.days for curve in own])
        ended = np.concatenate([curve.ended for curve in own])
        group = np.repeat(np.arange(len(own)), [curve.persons for curve in own])
        statistic, p = survdiff(days, ended.astype(int), group)
        return LogRank(str(self.by), float(statistic), len(own) - 1, float(p), len(days), len(own))

    def _rows(self, times: np.ndarray, unit: float) -> pd.DataFrame:
        parts = [
            curve.at(times * unit).assign(**{self.by or "group": curve.group}, time=times, persons=curve.persons)
            for curve in self.curves
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)

    def _medians(self, unit: float) -> pd.DataFrame:
        found = np.array([curve.median() for curve in self.curves]) / unit
        return pd.DataFrame(
            {
                **({self.by: [curve.group for curve in self.curves]} if self.by else {}),
                "persons": [curve.persons for curve in self.curves],
                "events": [curve.events for curve in self.curves],
                "median": found[:, 0],
                "low": found[:, 1],
                "high": found[:, 2],
            }
        )

    def _labels(self) -> dict[str, dict[str, object]]:
        return {self.by: {"labels": label_field(self.by)}} if self.by else {}


@dataclass(frozen=True)
class Retention(Survival):
    """Time from the first shift to the exit."""

    def points(self, months: Sequence[int] = POINTS) -> pd.DataFrame:
        """One row a group and number of months: persons who started, those still followed and present (`followed`), share retained with its interval."""
        return self._shown(np.array(months, dtype=float))

    def reached(self, months: Sequence[int] = POINTS) -> pd.DataFrame:
        """`points` of all who started, together. Refused: nobody followed for as many months, or nobody who left before, and so no interval."""
        rows = self.points(months)
        whole = rows if self.by is None else rows[rows[self.by] == TOTAL].reset_index(drop=True)
        if whole["low"].isna().any():
            what = say(
                "nessuno seguito così a lungo, o nessuno che sia uscito prima",
                "nobody followed for so long, or nobody who left before",
            )
            raise TooFewError(Fault(what, TABLE, say(f"{max(months)} mesi", f"{max(months)} months")))
        return whole

    def table(self, every: int = 3) -> pd.DataFrame:
        """The curve every so many months, from 0 to the last that anybody was followed for: as `points`. Between them nothing is told, so that no single exit is."""
        last = int(self.all.days.max() / MONTH)
        return self._shown(np.arange(0.0, last + 1e-9, every))

    def drawn(self, every: int = 3) -> pd.DataFrame:
        """`table` for a figure: without all persons where there are several groups, since a group told by nobody would be the difference."""
        frame = self.table(every)
        alone = self.by is None or frame[self.by].nunique() < 3
        return frame if alone else frame[frame[self.by] != TOTAL].reset_index(drop=True)

    def medians(self) -> pd.DataFrame:
        """One row a group: persons, how many left (`events`), median months with its interval; missing where not reached."""
        frame = self._medians(MONTH)
        frame.attrs["columns"] = {
            **self._labels(),
            "persons": {"counts": "persons"},
            "events": {"counts": "persons"},
            "median": {"unit": "months", "n": "persons"},
            "low": {"low_of": "median"},
            "high": {"high_of": "median"},
        }
        return frame

    def _shown(self, months: np.ndarray) -> pd.DataFrame:
        rows = self._rows(months, MONTH).rename(columns={"time": "months", "share": "retained"})
        keys = [self.by] if self.by else []
        frame = rows[[*keys, "months", "persons", "followed", "retained", "low", "high"]]
        frame.attrs["columns"] = {
            **self._labels(),
            "months": {"unit": "position", "digits": 0},
            "persons": {"counts": "persons"},
            "followed": {"counts": "persons"},
            "retained": {"unit": "share", "n": "persons", "cases": "followed"},
            "low": {"low_of": "retained"},
            "high": {"high_of": "retained"},
        }
        return frame


@dataclass(frozen=True)
class Wait(Survival):
    """Time from the contact to the first shift."""

    def table(self, weeks: Sequence[int] = tuple(range(0, 27, 2))) -> pd.DataFrame:
        """One row a group and number of weeks since the contact: persons contacted, who had `started` by then, share with its interval (who is still expected is censored)."""
        rows = self._rows(np.array(weeks, dtype=float), WEEK)
        keys = [self.by] if self.by else []
        rows = rows.assign(part=1 - rows["share"], least=1 - rows["high"], most=1 - rows["low"])
        frame = rows.rename(columns={"time": "weeks", "happened": "started"})[
            [*keys, "weeks", "persons", "started", "part", "least", "most"]
        ].rename(columns={"part": "share", "least": "low", "most": "high"})
        frame.attrs["columns"] = {
            **self._labels(),
            "weeks": {"unit": "position", "digits": 0},
            "persons": {"counts": "persons"},
            "started": {"counts": "persons"},
            "share": {"unit": "share", "n": "persons", "cases": "started"},
            "low": {"low_of": "share"},
            "high": {"high_of": "share"},
        }
        return frame

    def medians(self) -> pd.DataFrame:
        """One row a group: persons contacted, how many did a shift (`events`), median days with its interval; missing where not reached."""
        frame = self._medians(1.0)
        frame.attrs["columns"] = {
            **self._labels(),
            "persons": {"counts": "persons"},
            "events": {"counts": "persons"},
            "median": {"unit": "number", "digits": 0, "n": "persons"},
            "low": {"low_of": "median"},
            "high": {"high_of": "median"},
        }
        return frame


def retention(found: Register, by: str | None = None) -> Retention:
    """How long those who started stay, by group. Refused: nobody started, an unknown grouping."""
    curves, missing = _curves(found, by, "first_shift", ("left",), ())
    return Retention(by, curves, missing)


def wait(found: Register, by: str | None = None) -> Wait:
    """How long from the contact to the first shift, by group. Refused: nobody's contact is dated, an unknown grouping."""
    curves, missing = _curves(found, by, "contacted", ("first_shift",), ("left",))
    return Wait(by, curves, missing)


def _curves(
    found: Register, by: str | None, start: str, event: tuple[str], also: tuple[str, ...]
) -> tuple[tuple[Curve, ...], int]:
    """Curves of the days from `start` to `event`; `also`: other dates at which a person is censored."""
    rows = found.rows[found.rows[start].notna()]
    if not len(rows):
        raise TooFewError(Fault(say(f"nessuna data in «{start}»", f"no date in '{start}'"), TABLE))
    stop = rows[event[0]].copy()
    ended = stop.notna()
    for name in also:
        stop = stop.fillna(rows[name])
    stop = stop.fillna(found.end)
    days = ((stop - rows[start]).to_numpy() / DAY).astype(float)
    timed = rows.assign(_days=days, _ended=ended)
    curves = tuple(
        kaplan_meier(code, own["_days"].to_numpy(), own["_ended"].to_numpy()) for code, own in grouped(timed, by)
    )  # fmt: skip
    return curves, len(found.rows) - len(rows)
