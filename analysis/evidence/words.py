"""The two languages: numbers as the Unicode CLDR writes them, and the words that tables and figures carry.

What belongs here: every rule by which a value turns into text. What does not: which value to print (record.py), colours and type (style.py).
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from analysis.errors import EvidenceError, Fault, say

LANGUAGES = ("it", "en")
LOCALES = {"it": "it_IT", "en": "en_GB"}
TOTAL = "total"

# Decimal digits printed when the author names none, by unit; the units that exist are these.
DIGITS: dict[str, int] = {
    "share": 1,
    "share_points": 1,
    "points": 2,
    "euro": 0,
    "persons": 0,
    "hours": 0,
    "organisations": 0,
    "count": 0,
    "years": 1,
    "months": 1,
    "ratio": 2,
    "number": 1,
    "index": 2,
    "km2": 1,
    "per_km2": 0,
    "year": 0,
    "position": 3,
    "p": 3,
}


def format_number(value: float | int | None, unit: str, digits: int | None, language: str) -> str:
    """`value` as text in `language`: 0.346 in unit "share" is `34,6%` in Italian and `34.6%` in English (CLDR).

    A missing value is the phrase "not shown". Negative numbers carry a true minus sign. A "share_points" is a
    difference of two shares, printed in percentage points without a sign for the unit. A "year" is never grouped. A "p" too small for
    its digits is told to be below the least that they show.
    """
    if unit not in DIGITS:
        near = get_close_matches(unit, DIGITS, 1)
        raise EvidenceError(
            Fault(
                say(f"unità «{unit}» sconosciuta", f"unknown unit '{unit}'"),
                allowed=", ".join(DIGITS),
                next_step=say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else "",
            )
        )
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return shared()["words"]["not_shown"][language]
    from babel.numbers import format_currency, format_decimal

    places = DIGITS[unit] if digits is None else digits
    pattern = "#,##0" + ("." + "0" * places if places else "")
    locale = LOCALES[language]
    number = float(value)
    if round(abs(number) * (100 if unit.startswith("share") else 1), places) == 0:
        number = 0.0
    if unit == "year":
        return str(int(number))
    if unit == "p" and number < 0.5 * 10**-places:
        return "<" + format_decimal(10**-places, format=pattern, locale=locale)
    if math.isinf(number):
        return "∞" if number > 0 else "−∞"
    if unit == "share":
        text = format_decimal(number * 100, format=pattern, locale=locale) + "%"
    elif unit == "share_points":
        text = format_decimal(number * 100, format=pattern, locale=locale)
    elif unit == "euro":
        text = format_currency(
            number,
            "EUR",
            format=pattern + "\u00a0¤" if language == "it" else "¤" + pattern,
            locale=locale,
            currency_digits=False,
        )
    else:
        text = format_decimal(number, format=pattern, locale=locale)
    return text.replace("-", "−")


def format_interval(low: float, high: float, unit: str, digits: int | None, language: str) -> str:
    """`31,0%–38,2%`; the word "to" replaces the dash where a bound is negative, since `−0,2–0,1` can be misread."""
    a, b = (format_number(bound, unit, digits, language) for bound in (low, high))
    if min(low, high) < 0:
        return f"{a} {'a' if language == 'it' else 'to'} {b}"
    return f"{a}–{b}"


def curled(text: str) -> str:
    """The text with the apostrophes of print."""
    return text.replace("'", "’")


@cache
def shared() -> dict[str, Any]:
    """The words and labels of words.toml, for every notebook."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


class Words:
    """The words of one language for one notebook: its own, then the study's value labels, then the shared ones."""

    def __init__(
        self, language: str, own: Mapping[str, Any], labels: Mapping[str, Mapping[str, Any]], notebook: str
    ) -> None:
        self.language = language
        self._own = own
        self._labels = labels
        self._notebook = notebook

    def find(self, key: str) -> str | None:
        """The text of `key`, or None where neither the notebook nor the shared catalogue has it."""
        for source in (self._own, shared()["words"]):
            entry = source.get(key)
            if isinstance(entry, Mapping) and self.language in entry:
                return curled(str(entry[self.language]))
        return None

    def __call__(self, key: str, **named: object) -> str:
        text = self.find(key)
        if text is None:
            near = get_close_matches(key, [*self._own, *shared()["words"]], 1)
            raise EvidenceError(
                Fault(
                    say(f"manca la parola «{key}» in {self.language}", f"no word '{key}' in {self.language}"),
                    where=f"notebooks/{self._notebook}.toml [words]",
                    next_step=say(
                        f'Aggiungere: {key} = {{ it = "…", en = "…" }}',
                        f'Add: {key} = {{ it = "…", en = "…" }}',
                    )
                    + (say(f"; o forse «{near[0]}»?", f"; or perhaps '{near[0]}'?") if near else ""),
                )
            )
        return text.format(**named) if named else text

    def labels(self, field: str) -> dict[str, str]:
        """Every known label of `field`, by code."""
        known: dict[str, str] = {}
        for source in (
            shared()["labels"].get(field, {}),
            self._labels.get(field, {}),
            self._own.get("labels", {}).get(field, {}),
        ):
            known.update({str(code): curled(text[self.language]) for code, text in source.items()})
        return known

    def label(self, field: str, code: object) -> str:
        """Label of `code` in `field`; the total has its own word, an unlabelled code stands for itself."""
        if code == TOTAL:
            return self("total")
        return self.labels(field).get(str(code), str(code))

    def number(self, value: float | int | None, unit: str, digits: int | None = None) -> str:
        return format_number(value, unit, digits, self.language)

    def interval(self, low: float, high: float, unit: str, digits: int | None = None) -> str:
        return format_interval(low, high, unit, digits, self.language)

    def axis(self, axis: Any, unit: str, digits: int | None = 0) -> None:
        """Print the ticks of a matplotlib axis in this language."""
        from matplotlib.ticker import FuncFormatter

        axis.set_major_formatter(FuncFormatter(lambda value, _: self.number(value, unit, digits)))
