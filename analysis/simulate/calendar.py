"""The days of a simulated study: fractions of its length to dates, dates to semesters."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Calendar:
    """From `start` to `end`, whole half-years (January–June, July–December)."""

    start: dt.date = dt.date(2016, 1, 1)
    end: dt.date = dt.date(2018, 12, 31)

    @property
    def semesters(self) -> int:
        return 2 * (self.end.year - self.start.year + 1)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    def day(self, fraction: np.ndarray) -> np.ndarray:
        """Dates (datetime64[s]) at fractions 0–1 of the study's length."""
        offset = np.rint(np.clip(fraction, 0, 1) * self.days).astype("timedelta64[D]")
        return (np.datetime64(self.start) + offset).astype("datetime64[s]")

    def working_day(self, fraction: np.ndarray) -> np.ndarray:
        """As `day`, moved to the next Monday to Friday within the study."""
        moved = np.busday_offset(self.day(fraction).astype("datetime64[D]"), 0, roll="forward")
        last = np.busday_offset(np.datetime64(self.end), 0, roll="backward")
        return np.minimum(moved, last).astype("datetime64[s]")

    def semester(self, dates: pd.Series) -> np.ndarray:
        """Semester numbers 1… of dates."""
        stamps = pd.DatetimeIndex(dates)
        return np.asarray(2 * (stamps.year - self.start.year) + (stamps.month > 6) + 1)

    def semester_ends(self) -> pd.DatetimeIndex:
        """Last day of every semester."""
        return pd.DatetimeIndex(
            pd.date_range(self.start, periods=self.semesters, freq="6MS") + pd.offsets.MonthEnd(6)
        ).as_unit("s")

    def within(self, dates: pd.Series) -> pd.Series:
        """Whether each date has happened by the study's end."""
        return dates <= pd.Timestamp(self.end)
