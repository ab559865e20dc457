"""The one small hierarchy of errors: what is wrong, where, what is allowed, what to do next."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable
from dataclasses import dataclass


def language() -> str:
    """Language of messages to the person at the keyboard: `ALTRO_LANG`, else the locale; "it" or "en"."""
    chosen = os.environ.get("ALTRO_LANG", "")
    if not chosen:
        names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
        chosen = next((name for name in names if name), None) or locale.getlocale()[0] or ""
    return "it" if chosen.lower().startswith("it") else "en"


def say(italian: str, english: str) -> str:
    """The text in the language of the person at the keyboard."""
    return italian if language() == "it" else english


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, with its place (file, row, column, cell, parameter), what is allowed, and the next step."""

    what: str
    where: str = ""
    allowed: str = ""
    next_step: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.allowed:
            text += say(f"; ammesso: {self.allowed}", f"; allowed: {self.allowed}")
        if self.next_step:
            text += f". {self.next_step}"
        return text


class AltroError(Exception):
    """Carries every fault found, not the first."""

    def __init__(self, faults: Fault | Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple:
        return type(self), (self.faults,)


class StudyError(AltroError):
    """A study folder does not keep its contract."""


class ParameterError(AltroError):
    """A parameter is unknown, of the wrong type or out of range."""


class EstimateError(AltroError):
    """An estimator was handed data from which no number may come."""


class TooFewError(EstimateError):
    """Nothing in the data is wrong, and they are too few yet for this number."""


class EvidenceError(AltroError):
    """A number, table, figure or statement is incomplete."""


class DisclosureError(EvidenceError):
    """Something cannot leave without giving a person or a body away."""


class ProseError(AltroError):
    """A text, label, citation or translation does not hold together."""


class RunError(AltroError):
    """A notebook could not be executed or rendered."""
