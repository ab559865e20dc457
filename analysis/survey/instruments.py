"""The instruments that this software knows, each from its reviewed file in `instruments/`: codes and rules, never the wording of an item."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from typing import Any

from analysis.errors import EstimateError, Fault, say
from analysis.survey import instrument_files

Label = Mapping[str, str]


@dataclass(frozen=True)
class Response:
    """The answers allowed, from `low` to `high` in steps, and what the ends of the scale mean."""

    low: int
    high: int
    step: int
    meaning: Label

    @property
    def codes(self) -> range:
        return range(self.low, self.high + 1, self.step)


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
    (`construct`), which end is `worse` (high or low), its cut-offs, and the answers to its items."""

    items: tuple[str, ...]
    reversed: tuple[str, ...]
    low: float
    high: float
    name: Label
    high_means: Label
    construct: str
    worse: str
    cut_offs: tuple[CutOff, ...]
    response: Response


@dataclass(frozen=True)
class Total:
    """A score over all subscales of a form, which the instrument itself defines."""

    key: str
    name: Label
    low: float
    high: float


@dataclass(frozen=True)
class Language:
    """A language in which a study of the instrument's properties was read, and which study."""

    code: str
    source: str


@dataclass(frozen=True)
class Instrument:
    """An instrument as its file states it: answers, rule (mean or sum), multiplier, least share of answered items.

    `wording`: "free", or "restricted" where its items may not be printed; `reference`: its key in the bibliography, the form's own where
    it has one; `form`: which of its forms this is, `form_meaning` how it is told from the others; `missing`: the codes of each item that
    are no answer; `unverified`: what of the rule nobody has read at its source.
    """

    id: str
    form: str
    form_meaning: Label
    response: Response
    rule: str
    multiply: float
    least_answered: float
    least_answered_source: str
    verified: bool
    unverified: Label
    source: str
    name: Label
    licence: Label
    wording: str
    reference: str
    languages: tuple[Language, ...]
    subscales: dict[str, Subscale]
    total: Total | None = None
    missing: Mapping[str, Mapping[int, Label]] = field(default_factory=dict)

    @property
    def low(self) -> int:
        """The lowest answer."""
        return self.response.low

    @property
    def high(self) -> int:
        """The highest answer."""
        return self.response.high

    def needed(self, items: int) -> int:
        """How many of so many items must be answered: the least share of them, rounded up exactly, and one at least."""
        return max(math.ceil(Fraction(str(self.least_answered)) * items), 1)


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
    """The instrument of that name, from its reviewed file; where it has several forms, one of them must be named.

    Raises EstimateError with every fault of the file.
    """
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
                say("Dite nel codebook quale: form = …", "Say in the codebook which: form = …")
                if allowed
                else say("Togliete form dal codebook.", "Take form out of the codebook."),
            )
        )
    own = facts["forms"][form] if form else facts
    response, total = _response(facts["response"]), own.get("total")
    return Instrument(
        id=name,
        form=form,
        form_meaning=own["meaning"] if form else {"it": "", "en": ""},
        response=response,
        rule=facts["rule"],
        multiply=facts.get("multiply", 1),
        least_answered=facts["least_answered"],
        least_answered_source=facts["least_answered_source"],
        verified=facts["scoring"] != "unverified",
        unverified=facts.get("unverified", {"it": "", "en": ""}),
        source=facts["source"],
        name=facts["name"],
        licence=facts["licence"],
        wording=facts["wording"],
        reference=own.get("reference", facts["reference"]),
        languages=tuple(Language(language["code"], language["source"]) for language in facts["languages"]),
        subscales={key: _subscale(part, response) for key, part in own["subscales"].items()},
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
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    faults = instrument_files.faults(facts, f"instruments/{name}.toml")
    if faults:
        raise EstimateError(faults)
    return facts


def _response(part: Mapping[str, Any]) -> Response:
    return Response(part["low"], part["high"], part.get("step", 1), part["meaning"])


def _subscale(part: Mapping[str, Any], response: Response) -> Subscale:
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
        response=response,
    )


def _total(part: Mapping[str, Any]) -> Total:
    low, high = part["range"]
    return Total(part["key"], part["name"], float(low), float(high))
