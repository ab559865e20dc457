"""The half-yearly monitoring sheet: how indicators and results stand at the end of a semester, what is missing, what is to be decided, and room for the next one.

What is known is printed; a column that holds nothing is to be filled in by hand. The sheets are tables for a worksheet: indicators, results, missing,
decisions, services and people where the study records them, and the measurements of the next semester as a form that the study's folder takes as it is.
Progress and lights are those at the end of the semester (progress.py). Complete counts: no interval.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.indicators import Rule, bilingual
from analysis.impact.progress import Progress, progress
from analysis.impact.schedule import Schedule, Semesters, schedule
from analysis.impact.theory import Theory, theory
from analysis.rows import required, where

SPARE = 4  # empty rows for decisions
ASKED = ("red", "amber", "missing")
FORM = {
    "indicator": {"it": "indicatore", "en": "indicator"},
    "date": {"it": "data", "en": "date"},
    "value": {"it": "valore", "en": "value"},
    "n": {"it": "numero di casi", "en": "number of cases"},
}
"""Fields of the table outcomes with their labels."""


@dataclass(frozen=True)
class Monitoring:
    """The sheet of one semester: the day it ends on, progress, schedule and theory at that day; services and people where recorded."""

    semester: int
    on: dt.date
    progress: Progress
    schedule: Schedule
    theory: Theory
    services: pd.DataFrame | None
    people: pd.DataFrame | None

    def sheets(self) -> dict[str, pd.DataFrame]:
        """The tables by name, in order: indicators and scores, results, missing, decisions, services, people, outcomes (a form); those without rows left out.

        Indicators in whole numbers stand apart from the others (scores), whose decimals they would else be printed with.
        """
        found = {
            "indicators": self.indicators(True),
            "scores": self.indicators(False),
            "results": self.results(),
            "missing": self.missing(),
            "decisions": self.decisions(),
            "services": self.services,
            "people": self.people,
            "outcomes": self.outcomes(),
        }
        return {name: frame for name, frame in found.items() if frame is not None and len(frame)}

    def _cells(self) -> pd.DataFrame:
        """The cells of this semester in the order of the indicators."""
        cells = self.schedule.cells
        return cells[cells["semester"] == self.semester].reset_index(drop=True)

    def indicators(self, whole: bool | None = None) -> pd.DataFrame:
        """One row an indicator: name, unit, baseline, target, value of the semester or how it stands, progress, light; to fill in: comment, next value.

        `whole` as in `Progress.table`.
        """
        given, cells = self.progress.table(whole), self._cells()
        kept = cells["whole"] == whole if whole is not None else cells["whole"].notna()
        cells = cells[kept].reset_index(drop=True)
        frame = given[["indicator", "measured_in", "baseline", "target"]].assign(
            value=cells["value"],
            measurement=cells["status"],
            progress=given["progress"],
            light=given["light"],
            comment=None,
            next_value=None,
            behind=cells["behind"],
            **{name: given[name] for name in ("n_baseline", "n_both", "each")},
        )
        own = {"measurement": {"labels": "measurement"}}
        known = given.attrs["columns"]
        frame.attrs = {
            "columns": {name: (known | own)[name] for name in frame.columns if name in (known | own)}
        }
        return frame

    def results(self) -> pd.DataFrame:
        """One row a result: level, statement, owner, status of its indicators; to fill in: problem, correction."""
        whole = self.theory.table()
        owner = self.theory.results["owner"].astype(object)
        frame = whole[["level", "statement"]].assign(
            owner=owner.where(owner.notna(), None).to_numpy(),
            **{name: whole[name] for name in ("status", "rated", "indicators")},
            problem=None,
            correction=None,
        )
        known = whole.attrs["columns"]
        frame.attrs = {"columns": {name: known[name] for name in frame.columns if name in known}}
        return frame

    def missing(self) -> pd.DataFrame:
        """One row a measurement missing up to this semester: indicator, semester, source of verification; to fill in: reason, by when."""
        whole = self.schedule.missing()
        attrs = whole.attrs["columns"]
        frame = whole.loc[
            whole["semester"].astype(int) <= self.semester, ["indicator", "semester", "verified_by"]
        ]
        frame = frame.assign(reason_missing=None, by_when=None).reset_index(drop=True)
        frame.attrs = {"columns": {name: attrs[name] for name in ("indicator", "semester")}}
        return frame

    def decisions(self) -> pd.DataFrame:
        """One row an indicator that is behind, far behind or not measured in the semester, then empty ones; to fill in: decision, who, by when."""
        rows, cells = self.progress.rows, self._cells()
        why = pd.Series(np.where(cells["status"] == "missing", "missing", rows["light"]))
        asked = why.isin(ASKED)
        rank = why[asked].map({code: k for k, code in enumerate(ASKED)})
        order = rank.sort_values(kind="stable").index
        names = [*pd.Series(bilingual(rows, "name"))[order], *[None] * SPARE]
        frame = pd.DataFrame(
            {
                "point": [str(k) for k in range(1, len(names) + 1)],
                "about": pd.Series(names, dtype=object),
                "why": pd.Series([*why[order], *[None] * SPARE], dtype=object),
                "decision": None,
                "who": None,
                "by_when": None,
            }
        )
        frame.attrs = {"columns": {"about": {"text": True}, "why": {"labels": "decision_why"}}}
        return frame

    def outcomes(self) -> pd.DataFrame:
        """The form of the table outcomes for the semester after this one: indicators and its last day; to fill in: value, number of cases."""
        after = self.schedule.semesters[self.semester :]
        day = after[0][1].isoformat() if after else None
        names = self.schedule.plan.sort_values("row")["indicator"].astype(object).to_numpy()
        frame = pd.DataFrame({"indicator": names, "date": [day] * len(names), "value": None, "n": None})
        frame.attrs = {
            "columns": {name: {"header": label} for name, label in FORM.items()},
            "form": True,
        }
        return frame


def latest(semesters: Semesters, on: dt.date) -> int:
    """The last semester (from 1) that has ended at the day `on`; the first one before any has."""
    return max(1, sum(end <= on for _, end in semesters))


def monitoring(
    logframe: pd.DataFrame,
    indicators: pd.DataFrame,
    outcomes: pd.DataFrame | None,
    semesters: Semesters,
    semester: int,
    *,
    rule: Rule | None = None,
    services: pd.DataFrame | None = None,
    caseload: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
) -> Monitoring:
    """The monitoring sheet of `semester` (from 1); outcomes None: nothing was measured yet. Refused: a semester that is not there, and what progress, schedule and theory refuse."""
    if not 1 <= semester <= len(semesters):
        what = say(f"semestre {semester}", f"semester {semester}")
        raise EstimateError(Fault(what, say("scheda di monitoraggio", "monitoring sheet"), f"1–{len(semesters)}"))  # fmt: skip
    last = semesters[semester - 1][1]
    outcomes = pd.DataFrame(columns=list(FORM)) if outcomes is None else outcomes
    found = progress(logframe, indicators, outcomes, last, rule)
    return Monitoring(
        semester,
        last,
        found,
        schedule(logframe, indicators, outcomes, semesters, last),
        theory(logframe, found.rows),
        served(services, caseload, semester, last) if services is not None and caseload is not None else None,
        volunteers(people, semesters[:semester]) if people is not None else None,
    )


def served(services: pd.DataFrame, caseload: pd.DataFrame, semester: int, last: dt.date) -> pd.DataFrame | None:  # fmt: skip
    """One row a service open by the day `last`: persons served in the semester, those who reached the outcome, hours; to fill in: problem. None where none is open.

    Refused, all at once: columns missing, a service entered twice in a semester, more persons who reached the outcome than were served.
    """
    required("services", services, ("service", "name_it", "name_en", "started"))
    required("caseload", caseload, ("service", "semester", "persons", "achieved", "hours"))
    counts = {name: _floats(caseload[name]) for name in ("persons", "achieved", "hours")}
    checks = [
        (caseload.duplicated(["service", "semester"], keep=False), say("servizio ripetuto nel semestre", "a service entered twice in a semester"), ""),
        (counts["achieved"] > counts["persons"], say("più esiti raggiunti che persone seguite", "more persons who reached the outcome than were served"), "achieved ≤ persons"),
    ]  # fmt: skip
    faults = [Fault(what, where("caseload", mask), allowed) for mask, what, allowed in checks if mask.any()]
    if faults:
        raise EstimateError(faults)
    own = caseload.assign(**counts)[caseload["semester"].astype(int) == semester].set_index("service")
    open_ = services[(services["started"] <= pd.Timestamp(last)) | services["service"].isin(own.index)]
    if not len(open_):
        return None
    held = own.reindex(open_["service"])
    frame = pd.DataFrame(
        {
            "service": bilingual(open_, "name"),
            **{name: held[name].to_numpy(dtype=float) for name in counts},
            "problem": None,
        }
    )
    frame.attrs["columns"] = {
        "service": {"text": True},
        "persons": {"counts": "persons"},
        "achieved": {"counts": "persons"},
        "hours": {"unit": "hours", "n": "persons"},
    }
    return frame


def volunteers(people: pd.DataFrame, semesters: Semesters) -> pd.DataFrame | None:
    """One row a semester: people recruited in it, active (first shift held, not left) on its last day. None where nobody is recorded.

    Those at their first shift and those who left are not shown: with the active of two semesters either would tell the other, however few they are.
    """
    required("people", people, ("person", "recruited", "first_shift", "left"))
    if not len(people):
        return None
    first, last = (pd.to_datetime([span[k] for span in semesters]).to_numpy()[:, None] for k in (0, 1))
    joined, started, gone = (
        pd.to_datetime(people[name]).to_numpy() for name in ("recruited", "first_shift", "left")
    )
    frame = pd.DataFrame(
        {
            "semester": np.arange(1, len(semesters) + 1),
            "recruited": ((first <= joined) & (joined <= last)).sum(axis=1),
            "active": ((started <= last) & ~(gone <= last)).sum(axis=1),
        }
    )
    frame.attrs["columns"] = {"semester": {"labels": "semester"}} | {
        name: {"counts": "persons"} for name in ("recruited", "active")
    }
    return frame


def _floats(values: pd.Series | Sequence[float]) -> pd.Series:
    return pd.to_numeric(pd.Series(values), errors="coerce").astype("Float64").astype(float)
