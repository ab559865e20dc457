"""Which measurements there are, semester by semester, and which are missing: by each indicator's frequency, or by the study's semesters where it has none.

A semester without a value is `missing` when, at its end, as many months as the frequency says had passed since the last measurement or the baseline; `not_due`
when fewer had, or when the indicator's target date was already past; `unscheduled` when the indicator is measured at waves or once; `ahead`
when the semester has not ended at the day. A frequency shorter than a semester asks for one value a semester; a word that lights.toml does not know is read as
half-yearly and flagged. Complete counts: no interval.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.indicators import bilingual, definitions, measured, places, planned, whole

STATUSES = ("measured", "missing", "not_due", "unscheduled", "ahead")
HALF_YEAR = 6
Semesters = Sequence[tuple[dt.date, dt.date]]


@dataclass(frozen=True)
class Schedule:
    """`cells`: one an indicator and semester (indicator, semester from 1, end, value, n, behind, measurements, status); `plan`: the indicators; `outside`, `unread`: flagged.

    outside: measurements that fall in no semester (indicator, rows, entries); unread: indicators whose frequency no word of lights.toml matches.
    """

    on: dt.date
    semesters: tuple[tuple[dt.date, dt.date], ...]
    plan: pd.DataFrame
    cells: pd.DataFrame
    outside: pd.DataFrame
    unread: tuple[str, ...]

    def series(self) -> pd.DataFrame:
        """Long, for the small multiples: indicator (text), semester, value, baseline, target, status; hidden: place of the indicator, persons."""
        cells = self.cells
        base = cells["baseline"].where(cells["persons"])
        frame = pd.DataFrame(
            {
                "indicator": bilingual(cells, "name"),
                "semester": cells["semester"].to_numpy(),
                "value": cells["value"].to_numpy(),
                "baseline": cells["baseline"].to_numpy(),
                "target": cells["target"].to_numpy(),
                "status": cells["status"].to_numpy(),
                "behind": cells["behind"].to_numpy(),
                "n_baseline": base.to_numpy(),
                "each": 1,
            }
        )
        number = {"unit": "number", "digits": places(cells["value"], cells["baseline"], cells["target"])}
        frame.attrs["columns"] = {
            "indicator": {"text": True},
            "semester": {"labels": "semester"},
            "value": number | {"n": "behind"},
            "baseline": number | {"n": "n_baseline"},
            "target": number | {"n": "each"},
            "status": {"labels": "measurement"},
            **{name: {"counts": "persons", "hidden": True} for name in ("behind", "n_baseline")},
            "each": {"counts": "things", "hidden": True},
        }
        return frame

    def values(self, whole: bool | None = None) -> pd.DataFrame:
        """Wide: one row an indicator, one column a semester with its value; a cell without one is empty, and `statuses` says why. `whole` as in `Progress.table`."""
        plan = self.plan if whole is None else self.plan[self.plan["whole"] == whole]
        order = plan["indicator"]
        wide, n = (
            self.cells.pivot(index="indicator", columns="semester", values=name).reindex(order)
            for name in ("value", "behind")
        )
        numbers = range(1, len(self.semesters) + 1)
        frame = pd.DataFrame(
            {"indicator": bilingual(plan, "name"), "measured_in": plan["unit"].to_numpy()}
            | {f"s{k}": wide[k].to_numpy(dtype=float) for k in numbers}
            | {f"n{k}": n[k].to_numpy(dtype=float) for k in numbers}
        )
        digits = places(wide.stack())
        frame.attrs["columns"] = (
            {"indicator": {"text": True}, "measured_in": {"labels": "indicator_unit"}}
            | {
                f"s{k}": {"unit": "number", "digits": digits, "n": f"n{k}", "header": heading(k)}
                for k in numbers
            }
            | {f"n{k}": {"counts": "persons", "hidden": True} for k in numbers}
        )
        return frame

    def statuses(self) -> pd.DataFrame:
        """Wide: one row an indicator, one column a semester that says whether it was measured, is missing, or was not due."""
        wide = self.cells.pivot(index="indicator", columns="semester", values="status").reindex(
            self.plan["indicator"]
        )
        numbers = range(1, len(self.semesters) + 1)
        frame = pd.DataFrame(
            {"indicator": bilingual(self.plan, "name"), "frequency": _known(self.plan["frequency"])}
            | {f"s{k}": wide[k].to_numpy() for k in numbers}
        )
        frame.attrs["columns"] = {"indicator": {"text": True}, "frequency": {"labels": "frequency"}} | {
            f"s{k}": {"labels": "measurement", "header": heading(k)} for k in numbers
        }
        return frame

    def missing(self) -> pd.DataFrame:
        """One row a measurement that is missing: indicator, semester, frequency, source of verification, result."""
        gone = self.cells[self.cells["status"] == "missing"]
        frame = pd.DataFrame(
            {
                "indicator": bilingual(gone, "name"),
                "semester": gone["semester"].to_numpy(),
                "frequency": _known(gone["frequency"]),
                "verified_by": _known(gone["source"]),
            }
        )
        frame.attrs["columns"] = {
            "indicator": {"text": True},
            "semester": {"labels": "semester"},
            "frequency": {"labels": "frequency"},
        }
        return frame

    def table(self) -> pd.DataFrame:
        """One row a semester: indicators measured, missing, not due, without a calendar, ahead; the share measured of those due."""
        counted = pd.crosstab(self.cells["semester"], self.cells["status"])
        counted = counted.reindex(
            index=range(1, len(self.semesters) + 1), columns=list(STATUSES), fill_value=0
        )
        due = counted["measured"] + counted["missing"]
        frame = counted.rename_axis(index="semester", columns=None).reset_index()
        frame = frame.assign(
            due=due.to_numpy(), complete=(counted["measured"] / due.where(due > 0)).to_numpy(dtype=float)
        )
        frame.attrs["columns"] = {
            "semester": {"labels": "semester"},
            **{name: {"counts": "things"} for name in (*STATUSES, "due")},
            "complete": {"unit": "share", "digits": 0, "n": "due"},
        }
        return frame


def heading(semester: int) -> dict[str, str]:
    """What heads the column of a semester."""
    return {"it": f"sem. {semester}", "en": f"sem. {semester}"}


def _known(values: pd.Series) -> list:
    return values.astype(object).where(values.notna(), None).to_list()


def months_between(frequency: pd.Series) -> pd.Series:
    """Months between two measurements, by lights.toml; missing where the word is unknown, a half-year where there is none."""
    known = definitions()["frequency"]
    word = frequency.astype(object).astype("string").str.strip().str.casefold()
    months = word.map(known).astype("Float64").astype(float)
    return months.where(word.notna() & word.ne(""), HALF_YEAR)


def schedule(
    logframe: pd.DataFrame,
    indicators: pd.DataFrame,
    outcomes: pd.DataFrame,
    semesters: Semesters,
    on: dt.date,
) -> Schedule:
    """Every indicator in every semester at the day `on`: its latest value there, or why there is none. Measurements after the day are not used.

    Refused: what `planned` and `measured` refuse, no semester, semesters that overlap or run backwards.
    """
    spans = tuple((pd.Timestamp(first), pd.Timestamp(last)) for first, last in semesters)
    starts = np.array([first for first, _ in spans], dtype="datetime64[ns]")
    ends = np.array([last for _, last in spans], dtype="datetime64[ns]")
    if not len(spans) or (ends < starts).any() or (starts[1:] <= ends[:-1]).any():
        what = say("nessun semestre, o semestri sovrapposti", "no semester, or semesters that overlap")
        raise EstimateError(
            Fault(what, say("semestri", "semesters"), say("in ordine, separati", "in order, apart"))
        )
    plan = planned(logframe, indicators)
    plan = plan.assign(months=months_between(plan["frequency"]))
    day = pd.Timestamp(on)
    values = measured(plan, outcomes)
    plan = plan.assign(whole=whole(plan, values))
    values = values[values["date"] <= day]
    dates = values["date"].to_numpy(dtype="datetime64[ns]")
    at = np.searchsorted(starts, dates, side="right") - 1
    inside = (at >= 0) & (dates < ends[np.maximum(at, 0)] + np.timedelta64(1, "D"))
    held = values.assign(semester=at + 1)[inside]
    latest = held.drop_duplicates(["indicator", "semester"], keep="last").set_index(["indicator", "semester"])
    counted = held.groupby(["indicator", "semester"]).size().rename("measurements")
    grid = pd.DataFrame({"semester": np.arange(1, len(spans) + 1), "start": starts, "end": ends})
    cells = plan.merge(grid, how="cross").join(latest[["value", "n", "behind"]].join(counted), on=["indicator", "semester"])  # fmt: skip
    cells = cells.assign(measurements=cells["measurements"].fillna(0).astype(int))
    cells = cells.assign(status=_status(cells, values, day))
    lost = values[~inside].groupby("indicator", sort=False)["row"]
    outside = lost.agg(rows=lambda given: ", ".join(map(str, given)), entries="size").reset_index()
    unread = tuple(plan.loc[plan["months"].isna(), "indicator"].astype(str))
    return Schedule(on, tuple((first.date(), last.date()) for first, last in spans), plan, cells, outside, unread)  # fmt: skip


def _status(cells: pd.DataFrame, values: pd.DataFrame, day: pd.Timestamp) -> np.ndarray:
    """The status of each cell."""
    months = cells["months"].fillna(HALF_YEAR).clip(upper=1200).astype(int)
    since = pd.concat([_last(cells, values), cells["baseline_date"].where(cells["baseline_date"] <= cells["end"])], axis=1).max(axis=1)  # fmt: skip
    whole = since.dt.year * 12 + since.dt.month + months
    after = cells["end"] + pd.Timedelta(days=1)
    reached = after.dt.year * 12 + after.dt.month
    due = since.isna() | (whole < reached) | ((whole == reached) & (since.dt.day <= after.dt.day))
    due &= ~(cells["baseline_date"] > cells["end"]) & ~(cells["target_date"] < cells["start"])
    return np.select(
        [cells["value"].notna(), cells["end"] > day, months == 0, due],
        ["measured", "ahead", "unscheduled", "missing"],
        "not_due",
    )


def _last(cells: pd.DataFrame, values: pd.DataFrame) -> pd.Series:
    """The latest measurement of each cell's indicator up to the end of its semester."""
    left = cells[["indicator", "end"]].assign(place=np.arange(len(cells))).sort_values("end", kind="stable")
    right = values[["indicator", "date"]].sort_values("date", kind="stable")
    found = pd.merge_asof(
        left.astype({"indicator": object}),
        right.assign(end=right["date"].astype(left["end"].dtype)).astype({"indicator": object}),
        on="end",
        by="indicator",
    )
    return found.set_index("place")["date"].sort_index().set_axis(cells.index)
