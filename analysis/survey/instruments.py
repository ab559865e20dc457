"""The instruments that this software knows, each from its reviewed file in `instruments/`: codes and rules, never the wording of an item."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from analysis.errors import EstimateError, Fault, say

Label = Mapping[str, str]


@dataclass(frozen=True)
class CutOff:
    """A score below `below`, or from `at_least` on, has this meaning, on the word of `source`."""

    id: str
    below: float | None
    at_least: float | None
    meaning: Label
    source: str


@dataclass(frozen=True)
class Subscale:
    """Items of one subscale (none where the study names its own), those reversed, the theoretical range of its score, what it measures
    (`construct`), which end is `worse` (high or low), and its cut-offs."""

    items: tuple[str, ...]
    reversed: tuple[str, ...]
    low: float
    high: float
    name: Label
    high_means: Label
    construct: str
    worse: str
    cut_offs: tuple[CutOff, ...]


@dataclass(frozen=True)
class Total:
    """A score over all subscales of a form, which the instrument itself defines."""

    key: str
    name: Label
    low: float
    high: float


@dataclass(frozen=True)
class Instrument:
    """An instrument as its file states it: response range, rule (mean or sum), multiplier, least share of answered items.

    `wording`: "free", or "restricted" where its items may not be printed; `reference`: its key in the bibliography; `form`: which of its
    forms this is; `missing`: the codes of each item that are no answer; `unverified`: what of the rule nobody has read at its source.
    """

    id: str
    form: str
    low: int
    high: int
    step: int
    rule: str
    multiply: float
    least_answered: float
    verified: bool
    unverified: Label
    source: str
    name: Label
    meaning: Label
    licence: Label
    wording: str
    reference: str
    languages: tuple[str, ...]
    subscales: dict[str, Subscale]
    total: Total | None = None
    missing: Mapping[str, Mapping[int, Label]] = field(default_factory=dict)

    @property
    def codes(self) -> range:
        """The answers allowed."""
        return range(self.low, self.high + 1, self.step)


@lru_cache
def known() -> tuple[str, ...]:
    """The instruments that have a file, sorted."""
    folder = resources.files("analysis.survey") / "instruments"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


@lru_cache
def forms(name: str) -> tuple[str, ...]:
    """The forms of an instrument, none where it has one only."""
    return tuple(_facts(name).get("forms", {}))


@lru_cache
def instrument(name: str, form: str = "") -> Instrument:
    """The instrument of that name, from its reviewed file; where it has several forms, one of them must be named."""
    facts = _facts(name)
    allowed = forms(name)
    if form not in (allowed or ("",)):
        raise EstimateError(
            Fault(
                say("lo strumento ha più forme", "the instrument has several forms")
                if allowed
                else say("lo strumento ha una sola forma", "the instrument has one form only"),
                f"instruments.{name}.form" + (f" = {form}" if form else ""),
                ", ".join(allowed),
                say("Dite nel codebook quale: form = …", "Say in the codebook which: form = …"),
            )
        )
    own = facts["forms"][form] if form else facts
    response, total = facts["response"], own.get("total")
    return Instrument(
        id=name,
        form=form,
        low=response["low"],
        high=response["high"],
        step=response.get("step", 1),
        rule=facts["rule"],
        multiply=facts.get("multiply", 1),
        least_answered=facts["least_answered"],
        verified=facts["scoring"] != "unverified",
        unverified=facts.get("unverified", {"it": "", "en": ""}),
        source=facts["source"],
        name=facts["name"],
        meaning=response["meaning"],
        licence=facts["licence"],
        wording=facts["wording"],
        reference=facts["reference"],
        languages=tuple(language["code"] for language in facts.get("languages", ())),
        subscales={key: _subscale(part) for key, part in own["subscales"].items()},
        total=_total(total) if total else None,
        missing={
            item: {int(code): label for code, label in codes.items()}
            for item, codes in facts.get("missing", {}).items()
        },
    )


def _facts(name: str) -> dict[str, Any]:
    if name not in known():
        raise EstimateError(
            Fault(say("strumento sconosciuto", "unknown instrument"), name, ", ".join(known()))
        )
    path = resources.files("analysis.survey") / "instruments" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _subscale(part: Mapping[str, Any]) -> Subscale:
    cuts = tuple(
        CutOff(cut["id"], cut.get("below"), cut.get("from"), cut["meaning"], cut["source"])
        for cut in part.get("cut_offs", ())
    )
    low, high = part["range"]
    return Subscale(
        items=tuple(part["items"]),
        reversed=tuple(part["reversed"]),
        low=float(low),
        high=float(high),
        name=part["name"],
        high_means=part["high_means"],
        construct=part["construct"],
        worse=part["worse"],
        cut_offs=cuts,
    )


def _total(part: Mapping[str, Any]) -> Total:
    low, high = part["range"]
    return Total(part["key"], part["name"], float(low), float(high))
