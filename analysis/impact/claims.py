"""What the evidence for each claim can bear: a published scale of designs, and on top of it the downgrades that this project declares as its own.

Scale: Maryland Scientific Methods Scale (Sherman et al. 1998; Farrington et al. 2002) as adapted by the What Works Centre for Local Economic
Growth (Madaleno and Waights 2015), in grades.toml with the level that each design may reach. A grade hangs only on facts of the study: design, n, clusters,
and checks read at fixed conventions. Seed, level of confidence, number of draws and any other parameter of a notebook do not enter; hence
whether the interval holds zero stands beside the grade and never in it: a null result from a strong design is as well supported as any other.
A causal word is allowed only from level 3 up and with every check intact. Primary is what `[plan]` names with a date before the data.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.effect import Effect

COMPARED = 3  # level from which the scale grants a counterfactual
NONE = {"it": "nessuna", "en": "none"}
UNUSED = {"it": "nessuno di quelli usati qui", "en": "none of those used here"}
Text = Mapping[str, str]


@functools.cache
def definitions() -> Mapping[str, Any]:
    """grades.toml: scale, levels, designs, downgrades, checks, what each grade bears; all texts it/en."""
    return tomllib.loads(Path(__file__).with_name("grades.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Claim:
    """One claim, filled from results. `design`: change, after, weighting, difference, staggered, randomised.

    adjusted: covariates were taken into account; before: the outcome was measured before in all groups (for `weighting`). n: units behind the
    estimate, of persons unless `persons` is false; clusters, those treated and those compared: what was assigned together (None: single
    units). low, high: its interval (None: none was given).
    checks, each on the convention of grades.toml, absent (or None) where not done: attrition (share lost between waves), pretrend (p-value of the
    test of earlier trends), balance (largest absolute standardised difference after adjustment), overlap (share of the treated within
    the range of propensities that both groups reach), breakdown (violation, in units of the largest seen before, at which a 95 % interval that excludes zero comes to hold
    it; absent where it holds zero anyway), volunteers (whether those treated chose it themselves). title: the claim as printed.
    """

    id: str
    outcome: str
    design: str
    n: int
    estimate: float
    low: float | None = None
    high: float | None = None
    clusters: int | None = None
    treated_clusters: int | None = None
    comparison_clusters: int | None = None
    persons: bool = True
    adjusted: bool = False
    before: bool = False
    checks: Mapping[str, float | bool | None] = field(default_factory=dict)
    title: Text = field(default_factory=dict)

    @property
    def done(self) -> dict[str, float]:
        """The checks that were made."""
        return {name: float(value) for name, value in self.checks.items() if value is not None}

    @property
    def form(self) -> str:
        """The entry of grades.toml under [designs]."""
        if self.design in ("change", "after") and self.adjusted:
            return f"{self.design}-adjusted"
        return "weighting-change" if self.design == "weighting" and self.before else self.design

    @property
    def interval(self) -> str:
        """none, includes-zero, above-zero, below-zero: what is found, no part of the grade."""
        if self.low is None or self.high is None or math.isnan(self.low) or math.isnan(self.high):
            return "none"
        return "above-zero" if self.low > 0 else "below-zero" if self.high < 0 else "includes-zero"


def of_effect(
    effect: Effect,
    id: str,
    outcome: str,
    design: str,
    checks: Mapping[str, float | bool | None],
    *,
    adjusted: bool = False,
    before: bool = False,
    title: Text | None = None,
) -> Claim:
    """The claim that an estimate of this room makes; rows that are clusters of their own count as single units."""
    named = effect.clusters.named
    counts = (effect.clusters.total, effect.clusters.treated, effect.clusters.comparison)
    total, treated, comparison = counts if named else (None, None, None)
    return Claim(
        id, outcome, design, effect.n, effect.estimate, effect.low, effect.high, total, treated, comparison,
        effect.persons, adjusted, before, checks, title or {},
    )  # fmt: skip


@dataclass(frozen=True)
class Grade:
    """Grade of one claim: published level, our downgrades (codes of grades.toml with their text), what it bears (describes, suggests, supports),
    whether a causal word is allowed; status primary or exploratory, and why (planned, not-planned, planned-late, undated)."""

    claim: Claim
    level: int
    downgrades: Mapping[str, Text]
    bears: str
    status: str
    why: str

    @property
    def causal(self) -> bool:
        return self.bears == "supports"


@dataclass(frozen=True)
class Grades:
    """Grades of all claims, in their order."""

    grades: tuple[Grade, ...]

    def __getitem__(self, claim: str) -> Grade:
        return next(grade for grade in self.grades if grade.claim.id == claim)

    def table(self) -> pd.DataFrame:
        """One row a claim: claim (it, en), status, why, design, n, clusters, treated_clusters, sms_level, downgrades, bears (it, en), causal_word, interval."""
        known = definitions()
        claims = [grade.claim for grade in self.grades]
        texts = {
            "claim": [_title(claim) for claim in claims],
            "design": [_text(known["designs"][claim.form]) for claim in claims],
            "downgrades": [_joined([*grade.downgrades.values()], NONE) for grade in self.grades],
            "bears": [_text(known["bears"][grade.bears]) for grade in self.grades],
        }
        frame = pd.DataFrame(
            {
                "claim": _cells(texts["claim"]),
                "status": [grade.status for grade in self.grades],
                "why": [grade.why for grade in self.grades],
                "design": _cells(texts["design"]),
                "n": [claim.n for claim in claims],
                "clusters": pd.array([claim.clusters for claim in claims], dtype="Int64"),
                "treated_clusters": pd.array([claim.treated_clusters for claim in claims], dtype="Int64"),
                "sms_level": [str(grade.level) for grade in self.grades],
                "downgrades": _cells(texts["downgrades"]),
                "bears": _cells(texts["bears"]),
                "causal_word": ["yes" if grade.causal else "no" for grade in self.grades],
                "interval_zero": [claim.interval for claim in claims],
            }
        )
        frame.attrs["columns"] = {
            **{name: {"text": True} for name in texts},
            "status": {"labels": "claim_status"},
            "why": {"labels": "claim_why"},
            "n": {"counts": "persons" if any(claim.persons for claim in claims) else "things"},
            "clusters": {"counts": "things"},
            "treated_clusters": {"counts": "things"},
            "sms_level": {"labels": "sms_level"},
            "causal_word": {"labels": "causal_word"},
            "interval_zero": {"labels": "interval_zero"},
        }
        return frame

    def ladder(self) -> pd.DataFrame:
        """For the figure: claim (it, en), sms_level, level_text (it, en), status, bears as code."""
        known = definitions()
        frame = pd.DataFrame(
            {
                "claim": _cells([_title(grade.claim) for grade in self.grades]),
                "sms_level": [str(grade.level) for grade in self.grades],
                "status": [grade.status for grade in self.grades],
                "bears": [grade.bears for grade in self.grades],
            }
        )
        frame.insert(2, "level_text", _cells([_text(known["levels"][code]) for code in frame["sms_level"]]))
        frame.attrs["columns"] = {
            "claim": {"text": True},
            "level_text": {"text": True},
            "sms_level": {"labels": "sms_level"},
            "status": {"labels": "claim_status"},
            "bears": {"labels": "bears"},
        }
        return frame


def grade(
    claims: Sequence[Claim],
    plan: Sequence[Mapping[str, str]] = (),
    measured: Mapping[str, date] | date | None = None,
) -> Grades:
    """Grade every claim. `plan`: the study's primary outcomes with the day they were laid down; `measured`: first day of data, one or by outcome.

    Refused, all at once: unknown designs and checks, a claim twice, n below one, more treated clusters than clusters, bounds out of order,
    checks that are no numbers or are outside their range.
    """
    faults = [fault for claim in claims for fault in _faults(claim)]
    ids = [claim.id for claim in claims]
    faults += [
        Fault(say("ripetuta", "repeated"), f"{say('affermazione', 'claim')} {name}", say("una volta", "once"))
        for name in sorted({name for name in ids if ids.count(name) > 1})
    ]
    if faults:
        raise EstimateError(faults)
    return Grades(tuple(_grade(claim, plan, measured) for claim in claims))


def _grade(
    claim: Claim, plan: Sequence[Mapping[str, str]], measured: Mapping[str, date] | date | None
) -> Grade:
    known = definitions()
    level = int(known["designs"][claim.form]["level"])
    held = _held(claim)
    weights = {known["downgrades"][code]["weight"] for code in held}
    bears = "describes" if level < COMPARED or "serious" in weights else "suggests" if weights else "supports"
    why = _why(claim.outcome, plan, measured)
    return Grade(claim, level, held, bears, "primary" if why == "planned" else "exploratory", why)


def _held(claim: Claim) -> dict[str, Text]:
    """Downgrades that are held against the claim, in the order of grades.toml, each with its text."""
    known = definitions()
    untested = [name for name in known["designs"][claim.form]["needs"] if name not in claim.done]
    facts: dict[str, float | None] = {
        "n": claim.n,
        "treated_clusters": claim.treated_clusters,
        "comparison_clusters": claim.comparison_clusters,
        "unbounded": float(claim.interval == "none"),
        "untested": float(len(untested)),
        **claim.done,
    }
    names = {
        language: ", ".join(known["checks"][name][language] for name in untested) for language in ("it", "en")
    }
    held: dict[str, Text] = {}
    for code, rule in known["downgrades"].items():
        fact = facts.get(rule["fact"])
        if fact is None or rule.get("unless") in held or (rule.get("compared") and claim.design == "change"):
            continue
        if fact < rule["limit"] if rule["beyond"] == "below" else fact > rule["limit"]:
            held[code] = {
                language: rule[language].format(limit=_limit(rule, language), names=names[language])
                for language in ("it", "en")
            }
    return held


def _limit(rule: Mapping[str, Any], language: str) -> str:
    """The limit as printed: a share for what is a share, in the language's decimal mark."""
    if rule["fact"] in ("attrition", "overlap"):
        return f"{100 * rule['limit']:.0f}%"
    return f"{rule['limit']:g}".replace(".", "," if language == "it" else ".")


def _why(outcome: str, plan: Sequence[Mapping[str, str]], measured: Mapping[str, date] | date | None) -> str:
    days = [str(entry.get("date", "")) for entry in plan if entry["outcome"] == outcome]
    if not days:
        return "not-planned"
    first = measured.get(outcome) if isinstance(measured, Mapping) else measured
    if first is None or not all(days):
        return "undated"
    return "planned" if min(map(date.fromisoformat, days)) < _day(first) else "planned-late"


def _day(value: date) -> date:
    return pd.Timestamp(value).date()


def _faults(claim: Claim) -> list[Fault]:
    known = definitions()
    place = f"{say('affermazione', 'claim')} {claim.id}"
    faults = []

    def fault(what: object, name: str, allowed: str) -> None:
        faults.append(Fault(f"{name}: {what}", place, allowed))

    designs = sorted({"change", "after", "weighting", "difference", "staggered", "randomised"})
    if claim.design not in designs:
        fault(claim.design, "design", ", ".join(designs))
    if claim.n < 1:
        fault(claim.n, "n", "≥ 1")
    for name in ("treated_clusters", "comparison_clusters"):
        count = getattr(claim, name)
        if count is not None and not 0 <= count <= (claim.clusters or np.inf):
            fault(count, name, f"0 ≤ {name} ≤ clusters")
    if claim.low is not None and claim.high is not None and claim.low > claim.high:
        fault(f"{claim.low}, {claim.high}", "low, high", "low ≤ high")
    if not math.isfinite(claim.estimate):
        fault(claim.estimate, "estimate", say("un numero", "a number"))
    for name in claim.checks.keys() - known["checks"].keys():
        fault(say("sconosciuto", "unknown"), f"checks, {name}", ", ".join(known["checks"]))
    for name, value in claim.done.items():
        top = np.inf if name in ("balance", "breakdown") else 1.0
        if not 0 <= value <= top:
            fault(value, f"checks, {name}", "≥ 0" if top == np.inf else "0–1")
    return faults


def scale() -> pd.DataFrame:
    """The published scale: sms_level, meaning (it, en), and the designs that may reach it (it, en)."""
    known = definitions()
    designs = list(known["designs"].values())
    rows = [
        {
            "sms_level": code,
            "meaning": _text(text),
            "designs": _joined([d for d in designs if str(d["level"]) == code], UNUSED),
        }
        for code, text in known["levels"].items()
    ]
    frame = pd.DataFrame(rows)
    frame.attrs["columns"] = {
        "sms_level": {"labels": "sms_level"},
        "meaning": {"text": True},
        "designs": {"text": True},
    }
    return frame


def rules() -> pd.DataFrame:
    """The downgrades: downgrade (it, en), weight (caution, serious), origin (ours, guide)."""
    names = {"it": "…", "en": "…"}
    rows = [
        {
            "downgrade": {
                language: rule[language].format(limit=_limit(rule, language), names=names[language])
                for language in names
            },
            "weight": rule["weight"],
            "origin": rule["origin"],
        }
        for rule in definitions()["downgrades"].values()
    ]
    frame = pd.DataFrame(rows)
    frame.attrs["columns"] = {
        "downgrade": {"text": True},
        "weight": {"labels": "downgrade_weight"},
        "origin": {"labels": "downgrade_origin"},
    }
    return frame


def _title(claim: Claim) -> dict[str, str]:
    return {language: str(claim.title.get(language) or claim.id) for language in ("it", "en")}


def _text(entry: Mapping[str, Any]) -> dict[str, str]:
    return {language: str(entry[language]) for language in ("it", "en")}


def _joined(texts: Sequence[Mapping[str, Any]], empty: Text) -> dict[str, str]:
    return {
        language: "; ".join(str(text[language]) for text in texts) or empty[language] for language in empty
    }


def _cells(texts: Sequence[Text]) -> pd.Series:
    return pd.Series(list(texts), dtype=object)
