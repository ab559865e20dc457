"""What gaps call for: reviewed rules (gaps.toml) that hold named measures against limits and say which strategy is called for.

The limits are assumptions of this project, not estimates; gaps.toml gives the reason of each, and a study may give its own. A measure that is absent, or that rests on
too few people to be told, leaves its rule open: it is listed as not measured, never as no gap.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, say
from analysis.evidence.words import LANGUAGES, format_number

WHERE = "gaps.toml"
DAYS = "days"
DAY_WORDS = {"it": ("giorno", "giorni"), "en": ("day", "days")}
STATES = ("gap", "none", "unmeasured", "withheld")
OWN_REASON = {"it": "scelta dello studio", "en": "the study's own choice"}
Text = Mapping[str, str]


@dataclass(frozen=True)
class Rule:
    """One rule: there is a gap where `measure` is `when` ("above", "below") the limit; `calls`: what is then to be done, by `strategy` (may be none)."""

    gap: str
    measure: str
    unit: str
    when: str
    limit: float
    strategy: str
    title: Text
    calls: Text
    reason: Text
    days: float | None = None

    @property
    def name(self) -> dict[str, str]:
        """The title, with the age from which something counts as old."""
        return {lang: self.title[lang].format(days=format_number(self.days, "number", 0, lang) if self.days else "") for lang in LANGUAGES}  # fmt: skip


@dataclass(frozen=True)
class Measure:
    """A measured value. Of a share of persons: `n` and unweighted `cases`, by which a small count is withheld."""

    value: float
    n: int | None = None
    cases: int | None = None
    persons: bool = False

    def small(self, threshold: int) -> bool:
        """Whether it tells of fewer persons than may be told of; of persons without their counts it always does."""
        if not self.persons:
            return False
        if self.n is None or self.cases is None:
            return True
        return any(0 < count < threshold for count in (self.n, self.cases, self.n - self.cases))


def load(own: Mapping[str, float] | None = None, days: Mapping[str, float] | None = None) -> tuple[Rule, ...]:
    """The rules of gaps.toml, with limits (`own`) and ages (`days`) by gap in place of the shipped ones.

    Refused, all at once: a gap that no rule knows, a limit or an age that is no number or below zero, an age of a rule that has none.
    """
    rules = {rule.gap: rule for rule in _shipped()}
    faults = []
    for given, entry in ((own or {}, "limit"), (days or {}, "days")):
        for gap, value in given.items():
            if gap not in rules:
                faults.append(
                    Fault(say(f"«{gap}» sconosciuta", f"'{gap}' is unknown"), WHERE, ", ".join(rules))
                )
            elif not _positive(value):
                faults.append(
                    Fault(f"{gap} {entry} = {value!r}", WHERE, say("un numero, da 0", "a number, from 0"))
                )
            elif entry == "days" and rules[gap].days is None:
                what = say(f"«{gap}» non ha un'età", f"'{gap}' has no age")
                faults.append(Fault(what, WHERE, ", ".join(each.gap for each in rules.values() if each.days)))
            elif entry == "limit":
                rules[gap] = replace(rules[gap], limit=float(value), reason=OWN_REASON)
            else:
                rules[gap] = replace(rules[gap], days=float(value), reason=OWN_REASON)
    if faults:
        raise ParameterError(faults)
    return tuple(rules.values())


def _positive(value: Any) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and bool(np.isfinite(value))
        and value >= 0
    )


@cache
def _shipped() -> tuple[Rule, ...]:
    entries = tomllib.loads((Path(__file__).parent / WHERE).read_text(encoding="utf-8"))["rules"]
    return tuple(Rule(**entry) for entry in entries)


def days(gap: str, rules: Sequence[Rule] | None = None) -> float:
    """The age, in days, from which `gap` counts something as old. Refused: a gap without one."""
    found = [rule.days for rule in rules or _shipped() if rule.gap == gap and rule.days is not None]
    if not found:
        what = say(f"«{gap}» non ha un'età", f"'{gap}' has no age")
        raise ParameterError(
            Fault(what, WHERE, ", ".join(rule.gap for rule in rules or _shipped() if rule.days))
        )
    return found[0]


@dataclass(frozen=True)
class Found:
    """A rule, its measure and how they stand: gap, none, unmeasured, withheld (too few people); `open_actions`: actions planned or running of its strategy."""

    rule: Rule
    state: str
    value: float = float("nan")
    open_actions: int = 0


@dataclass(frozen=True)
class Gaps:
    """Every rule as it stands, in the order of gaps.toml."""

    found: tuple[Found, ...]

    @property
    def gaps(self) -> tuple[Found, ...]:
        return tuple(each for each in self.found if each.state == "gap")

    def table(self) -> pd.DataFrame:
        """One row a gap: what is short, value, limit, what it calls for, strategy, and actions of that strategy already planned or running."""
        frame = _described(self.gaps)
        frame["open_actions"] = np.array([each.open_actions for each in self.gaps], dtype=int)
        frame.attrs["columns"]["open_actions"] = {"counts": "things"}
        return frame.drop(columns=["state", "reason"]).pipe(_attributed, frame)

    def every(self) -> pd.DataFrame:
        """One row a rule: as `table`, with its state and the reason of its limit."""
        return _described(self.found)


def _attributed(frame: pd.DataFrame, source: pd.DataFrame) -> pd.DataFrame:
    frame.attrs["columns"] = {name: spec for name, spec in source.attrs["columns"].items() if name in frame}
    return frame


def _described(found: Sequence[Found]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "gap": [each.rule.name for each in found],
            "state": [each.state for each in found],
            "value": [text(each.value, each.rule.unit) for each in found],
            "limit": [_limit(each.rule) for each in found],
            "calls": [dict(each.rule.calls) for each in found],
            "strategy": [each.rule.strategy or None for each in found],
            "reason": [dict(each.rule.reason) for each in found],
        },
        dtype=object,
    )
    frame.attrs["columns"] = {
        **{name: {"text": True} for name in ("gap", "value", "limit", "calls", "reason")},
        "state": {"labels": "gap_state"},
        "strategy": {"labels": "strategy"},
    }
    return frame


def text(value: float, unit: str) -> dict[str, str]:
    """The value with its unit in both languages; empty where there is none."""
    if np.isnan(value):
        return dict.fromkeys(LANGUAGES, "")
    if unit == DAYS:
        return {
            lang: f"{format_number(value, 'number', 0, lang)} {DAY_WORDS[lang][value != 1]}"
            for lang in LANGUAGES
        }
    told = {lang: format_number(value, unit, None, lang) for lang in LANGUAGES}
    if unit == "months":
        return {lang: f"{told[lang]} {word}" for lang, word in (("it", "mesi"), ("en", "months"))}
    return told


def _limit(rule: Rule) -> dict[str, str]:
    signs = {"above": ">", "below": "<"}
    return {lang: f"{signs[rule.when]} {each}" for lang, each in text(rule.limit, rule.unit).items()}


def find(
    measures: Mapping[str, float | Measure],
    rules: Sequence[Rule] | None = None,
    open_actions: Mapping[str, int] | None = None,
    threshold: int = 5,
) -> Gaps:
    """Each rule held against its measure; absent and missing ones are not measured. `open_actions`: actions planned or running by strategy (`Plan.open_by_strategy`).

    `threshold`: the study's smallest count of persons that may be told. Only measures that the record tells elsewhere should be given. Refused: a measure that no
    rule asks for; a negative one.
    """
    known = tuple(rules) if rules is not None else _shipped()
    given = {
        name: each if isinstance(each, Measure) else Measure(float(each)) for name, each in measures.items()
    }
    asked = {rule.measure for rule in known}
    faults = [Fault(say(f"nessuna regola chiede «{name}»", f"no rule asks for '{name}'"), "measures", ", ".join(sorted(asked))) for name in given if name not in asked]  # fmt: skip
    faults += [Fault(f"{name} = {each.value:g}", "measures", say("da 0 in su", "from 0")) for name, each in given.items() if each.value < 0]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    return Gaps(
        tuple(_stands(rule, given.get(rule.measure), dict(open_actions or {}), threshold) for rule in known)
    )


def _stands(rule: Rule, measure: Measure | None, open_actions: Mapping[str, int], threshold: int) -> Found:
    count = int(open_actions.get(rule.strategy, 0))
    if measure is None or np.isnan(measure.value):
        return Found(rule, "unmeasured", open_actions=count)
    if measure.small(threshold):
        return Found(rule, "withheld", open_actions=count)
    beyond = measure.value > rule.limit if rule.when == "above" else measure.value < rule.limit
    return Found(rule, "gap" if beyond else "none", float(measure.value), count)
