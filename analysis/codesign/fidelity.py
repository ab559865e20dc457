"""Fidelity to the method: hours planned and done, core practices done, what was adapted and why, what did not work, hours of work behind a service.

Fidelity is how far what was done keeps to what was planned (Hoffmann et al. 2014, item 12); adherence is the share of core practices that were done. A practice is done where
hours of it are recorded; one whose hours are not recorded is neither done nor left out. All figures are complete counts and totals of what is recorded: none has an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.codesign import funnel
from analysis.codesign.listings import bilingual
from analysis.codesign.methods import Rule
from analysis.codesign.participation import PHASES, Difference
from analysis.codesign.protocol import CORE, Gaps, ProcessMap, hours, kinds, places

FAILED = "failed"  # status of a match
NO_RESULT = "none"  # result of an act of mediation


@dataclass(frozen=True)
class Effort:
    """Hours planned and done of each practice, shape (N,), missing where not recorded."""

    practices: pd.DataFrame
    planned: np.ndarray
    done: np.ndarray

    @property
    def both(self) -> np.ndarray:
        """Practices with hours planned and done on record: those that are compared, shape (N,)."""
        return np.isfinite(self.planned) & np.isfinite(self.done)

    @property
    def core(self) -> np.ndarray:
        return np.asarray(kinds(self.practices) == CORE)

    @property
    def totals(self) -> tuple[float, float]:
        """Hours planned and done over the practices that are compared."""
        return float(self.planned[self.both].sum()), float(self.done[self.both].sum())

    @property
    def change(self) -> Difference:
        """Hours done less hours planned."""
        planned, done = self.totals
        return Difference(done - planned, done - planned, done - planned, int(self.both.sum()))

    @property
    def not_done(self) -> np.ndarray:
        """Practices recorded with no hour done, shape (N,)."""
        return self.done == 0

    @property
    def adherence(self) -> tuple[int, int, int]:
        """Core practices done, core practices on record (done or not), core practices."""
        known = self.core & np.isfinite(self.done)
        return int((known & (self.done > 0)).sum()), int(known.sum()), int(self.core.sum())

    def table(self) -> pd.DataFrame:
        """One row a practice: phase, name, hours planned and done, done over planned."""
        frame = pd.DataFrame(
            {
                "phase": self.practices["phase"].to_numpy(),
                "practice": bilingual(self.practices, "name"),
                "planned": self.planned,
                "done": self.done,
                "ratio": _ratio(self.done, self.planned),
                "each": 1,
            }
        )
        digits = places(self.planned, self.done)
        frame.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "practice": {"text": True},
            **_hours(digits, "each"),
            "each": {"counts": "things", "hidden": True},
        }
        return frame

    def phase_table(self) -> pd.DataFrame:
        """One row a phase and one for the total: practices compared, hours planned and done, done over planned."""
        phase = self.practices["phase"].to_numpy()
        met = [name for name in PHASES if (phase == name)[self.both].any()]
        masks = [(phase == name) & self.both for name in met] + [self.both]
        planned, done = (np.array([values[m].sum() for m in masks]) for values in (self.planned, self.done))
        frame = pd.DataFrame(
            {
                "phase": [*met, "total"],
                "practices": [int(m.sum()) for m in masks],
                "planned": planned,
                "done": done,
                "ratio": _ratio(done, planned),
            }
        )
        frame.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "practices": {"counts": "things"},
            **_hours(places(planned, done), "practices"),
        }
        return frame


def _hours(digits: int, n: str) -> dict[str, dict[str, object]]:
    spec: dict[str, object] = {"unit": "hours", "digits": digits, "n": n}
    return {"planned": spec, "done": dict(spec), "ratio": {"unit": "share", "digits": 0, "n": n}}


def _ratio(done: np.ndarray, planned: np.ndarray) -> np.ndarray:
    return np.divide(done, planned, out=np.full(len(done), np.nan), where=planned > 0)


def effort(frame: pd.DataFrame) -> Effort:
    """Hours of the practices (as `protocol.ordered` gives them)."""
    return Effort(frame, hours(frame, "hours_planned").to_numpy(), hours(frame, "hours_done").to_numpy())


def adaptations(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice that was adapted: name, core or adaptable, what was changed, why."""
    return _noted(frame, "adaptation", {"adaptation": "adaptation", "reason": "reason"}, core=True)


def setbacks(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice of which something did not work: name, what, lesson."""
    return _noted(frame, "setback", {"setback": "setback", "lesson": "lesson"}, core=False)


def _noted(frame: pd.DataFrame, stem: str, columns: Mapping[str, str], *, core: bool) -> pd.DataFrame:
    written = np.array([any(str(text).strip() for text in cell.values()) for cell in bilingual(frame, stem)])
    kept = frame[written] if len(frame) else frame
    table = pd.DataFrame({"practice": bilingual(kept, "name")})
    if core:
        table["core"] = kept.reindex(columns=["core"])["core"].astype(object).to_numpy()
    for name, column in columns.items():
        table[name] = bilingual(kept, column)
    texts = {name: {"text": True} for name in ("practice", *columns)}
    table.attrs["columns"] = texts | ({"core": {"labels": "core"}} if core else {})
    return table


@dataclass(frozen=True)
class Unfinished:
    """What began and led to nothing: how many of how many, by kind."""

    counts: Mapping[str, tuple[int, int]]

    def table(self) -> pd.DataFrame:
        """One row a kind: cases, out of how many, the share."""
        cases = [count for count, _ in self.counts.values()]
        total = [n for _, n in self.counts.values()]
        share = [count / n if n else float("nan") for count, n in self.counts.values()]
        frame = pd.DataFrame(
            {"unfinished": list(self.counts), "cases": cases, "out_of": total, "share": share}
        )
        frame.attrs["columns"] = {
            "unfinished": {"labels": "unfinished"},
            "cases": {"counts": "things"},
            "out_of": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "out_of", "cases": "cases"},
        }
        return frame


def unfinished(
    ideas: pd.DataFrame | None = None,
    matches: pd.DataFrame | None = None,
    mediation: pd.DataFrame | None = None,
) -> Unfinished:
    """Ideas dropped and merged, matches that failed, acts of mediation without result, of the registers that there are; only counts.

    A match or act without a status or result is in the total.
    """
    counts: dict[str, tuple[int, int]] = {}
    if ideas is not None:
        ends = funnel.furthest(ideas)["end"]
        counts |= {f"ideas_{end}": (int((ends == end).sum()), len(ends)) for end in funnel.ENDS}
    for name, frame, column, code in (
        ("matches_failed", matches, "status", FAILED),
        ("mediation_none", mediation, "result", NO_RESULT),
    ):
        if frame is not None:
            counts[name] = (int((frame[column] == code).sum()), len(frame))
    return Unfinished(counts)


@dataclass(frozen=True)
class PerService:
    """Total hours of each kind of work, and how many records hold them, by kind; over the services that were started."""

    services: int
    totals: Mapping[str, tuple[float, int]]

    def per_service(self, kind: str) -> float:
        return self.totals[kind][0] / self.services

    def table(self) -> pd.DataFrame:
        """One row a kind of work: records, hours, services started, hours per service."""
        hours_ = np.array([total for total, _ in self.totals.values()])
        frame = pd.DataFrame(
            {
                "work": list(self.totals),
                "records": [records for _, records in self.totals.values()],
                "hours": hours_,
                "services_started": self.services,
                "per_service": hours_ / self.services,
            }
        )
        frame.attrs["columns"] = {
            "work": {"labels": "work"},
            "records": {"counts": "things"},
            "hours": {"unit": "hours", "digits": 0, "n": "records"},
            "services_started": {"counts": "things"},
            "per_service": {"unit": "hours", "digits": 1, "n": "services_started"},
        }
        return frame


def per_service(services: pd.DataFrame, work: Mapping[str, pd.Series]) -> PerService | None:
    """Hours of work behind a service that was started: totals over totals, kind by kind; a kind without hours on record is left out.

    `work`: kind → its hours, one a record. None where no service has a date at which it started, or no hours are on record.
    """
    started = int(services.reindex(columns=["started"])["started"].notna().sum())
    totals = {}
    for kind, values in work.items():
        known = pd.to_numeric(values, errors="coerce").dropna()
        if len(known):
            totals[kind] = (float(known.sum()), len(known))
    return PerService(started, totals) if started and totals else None


def rules(
    drawn: ProcessMap, gaps: Gaps, worked: Effort, left: Unfinished, behind: PerService | None
) -> list[Rule]:
    """What was counted, in which register, how many, for the methods appendix; only what was."""
    found = [
        Rule("feeding", "practices", "practice", len(drawn.practices)),
        Rule("documented", "practices", "heading_of_practice", gaps.written.size),
    ]
    if worked.both.any():
        found.append(Rule("planned_done", "practices", "practice", int(worked.both.sum())))
    if worked.adherence[1]:
        found.append(Rule("adherence", "practices", "practice", worked.adherence[2]))
    registers = {"ideas_dropped": ("ideas", "idea"), "matches_failed": ("matches", "match"), "mediation_none": ("mediation", "act")}  # fmt: skip
    found += [
        Rule(kind, *registers[kind], total) for kind, (_, total) in left.counts.items() if kind in registers
    ]
    if behind is not None:
        found.append(Rule("per_service", "services", "service", behind.services))
    return found
