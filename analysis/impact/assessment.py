"""The Italian guidelines for social impact assessment (Ministerial Decree of 23 July 2019): which of their conditions a project meets.

The conditions are data with their source (social_impact.toml). The verdict is a code and no legal opinion: "applied_voluntarily" where a condition is not met,
so that who follows the guidelines does so of their own accord; "may_apply" where all are met; "unknown" where something that is not known would decide.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import EstimateError, Fault, say

MET, NOT_MET, UNKNOWN = "met", "not_met", "unknown"
VERDICTS = ("applied_voluntarily", "may_apply", "unknown")
SCOPES = ("city", "province", "region", "interregional", "national", "international")


@functools.cache
def guidelines() -> Mapping[str, Any]:
    """Title, source, date and conditions of the guidelines (social_impact.toml)."""
    return tomllib.loads(Path(__file__).with_name("social_impact.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Assessment:
    """What was held against the conditions (whole months; euros, territory and award: None where unknown), the status of each condition, and the verdict."""

    duration: int | None
    amount: float | None
    territory: str | None
    award: bool | None
    status: Mapping[str, str]
    verdict: str

    def table(self) -> pd.DataFrame:
        """One row a condition: which, what the guidelines ask, whether the project meets it; the texts are bilingual."""
        conditions = guidelines()["conditions"]
        frame = pd.DataFrame(
            {
                "condition": list(self.status),
                "requirement": [dict(conditions[name]["requirement"]) for name in self.status],
                "met": list(self.status.values()),
            }
        )
        frame.attrs["columns"] = {
            "condition": {"labels": "condition"},
            "requirement": {"text": True},
            "met": {"labels": "condition_met"},
        }
        return frame


def months(start: dt.date, end: dt.date) -> int:
    """Whole months from `start` to `end`, both days included. Refused: an end before the start."""
    if end < start:
        what = say(f"fine {end} prima dell'inizio {start}", f"end {end} before start {start}")
        raise EstimateError(Fault(what, say("durata", "duration")))
    after = end + dt.timedelta(days=1)
    return (after.year - start.year) * 12 + after.month - start.month - (after.day < start.day)


def assess(
    start: dt.date | None,
    end: dt.date | None,
    *,
    amount: float | None = None,
    territory: str | None = None,
    award: bool | None = None,
) -> Assessment:
    """Hold a project against the conditions; what is None is unknown. `territory`: one of SCOPES; `award`: whether a public administration
    awarded the service and asks for the assessment. Refused, all at once: an end before the start, an amount that is not positive, an unknown territory."""
    faults = []
    if amount is not None and not (math.isfinite(amount) and amount > 0):
        what = say(f"importo {amount}", f"amount {amount}")
        faults.append(Fault(what, "amount", say("euro, più di 0", "euros, more than 0")))
    if territory is not None and territory not in SCOPES:
        faults.append(Fault(say(f"ambito «{territory}»", f"territory '{territory}'"), "territory", ", ".join(SCOPES)))  # fmt: skip
    if start is not None and end is not None and end < start:
        what = say(f"fine {end} prima dell'inizio {start}", f"end {end} before start {start}")
        faults.append(Fault(what, "start, end"))
    if faults:
        raise EstimateError(faults)
    duration = months(start, end) if start is not None and end is not None else None
    given = {"duration": duration, "amount": amount, "territory": territory, "award": award}
    status = {name: _status(rule, given[name]) for name, rule in guidelines()["conditions"].items()}
    found = set(status.values())
    verdict = "applied_voluntarily" if NOT_MET in found else UNKNOWN if UNKNOWN in found else "may_apply"
    return Assessment(duration, amount, territory, award, status, verdict)


def _status(rule: Mapping[str, Any], value: Any) -> str:
    if value is None:
        return UNKNOWN
    kind = rule["kind"]
    if kind == "at_least":
        holds = value >= rule["limit"]
    elif kind == "above":
        holds = value > rule["limit"]
    elif kind == "among":
        holds = value in rule["allowed"]
    else:
        holds = bool(value)
    return MET if holds else NOT_MET
