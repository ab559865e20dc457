"""Two values side by side, as a language writes them: in as many digits as it takes to tell them apart, with their difference.

What belongs here: how a pair, a difference, a relative change and a tolerance read. What does not: which pairs there are, and whether a
difference matters.
"""

from __future__ import annotations

import json
import math
from typing import Any

from analysis.evidence import words
from analysis.publish.sources import localised

ABSENT = "–"
MOST = 12  # decimal places tried before a number is written out in full
SMALL = 4  # decimal places of a difference before it is written as a power of ten
LONGEST = 600  # characters of a value that is no number
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def pair(a: Any, b: Any, unit: str, digits: int | None, language: str) -> tuple[str, str]:
    """Both values as text; unequal numbers never read the same."""
    if numeric(a) and numeric(b) and a != b:
        known = _unit(unit, a, b)
        first = words.DIGITS[known] if digits is None else digits
        for places in range(first, MOST + 1):
            texts = tuple(words.format_number(value, known, places, language) for value in (a, b))
            if texts[0] != texts[1]:
                return texts[0], texts[1]
        return _decimal(repr(a), language), _decimal(repr(b), language)
    return value(a, unit, digits, language), value(b, unit, digits, language)


def value(one: Any, unit: str, digits: int | None, language: str) -> str:
    """One value as text: a number by its unit, a text in its language, a dash where there is none."""
    one = localised(one, language)
    if one is None or one == "" or (isinstance(one, float) and math.isnan(one)):
        return ABSENT
    if numeric(one):
        return words.format_number(one, _unit(unit, one), digits, language)
    text = one if isinstance(one, str) else json.dumps(one, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def difference(amount: float | None, unit: str, digits: int | None, language: str) -> str:
    """A signed difference, `+1,2 p.p.` for shares; very small ones as `+1,5 × 10⁻¹²`; empty where there is none."""
    if amount is None or not math.isfinite(amount):
        return ""
    share = unit in ("share", "share_points")
    shown = abs(amount) * (100 if share else 1)
    known = "share_points" if share else "number" if unit == "year" else _unit(unit, amount)
    places = words.DIGITS[known] if digits is None else digits
    sign = "" if amount == 0 else "+" if amount > 0 else "−"
    while shown and round(shown, places) == 0 and places <= SMALL:
        places += 1
    if places > SMALL:
        text = scientific(shown, language)
    else:
        text = words.format_number(abs(amount), known, places, language)
    suffix = {"it": "\u00a0p.p.", "en": "\u00a0pp"}[language] if share else ""
    return f"{sign}{text}{suffix}"


def relative(amount: float | None, language: str) -> str:
    """The size of a relative change as a percentage of two significant digits; `< 0,01%` below that; empty where there is none."""
    if amount is None or not math.isfinite(amount):
        return ""
    size = abs(amount)
    if 0 < size < 1e-4:
        return "<\u00a0" + words.format_number(1e-4, "share", 2, language)
    places = 0 if size >= 0.1 or size == 0 else 1 if size >= 0.01 else 2
    return words.format_number(size, "share", places, language)


def scientific(amount: float, language: str, digits: int = 2) -> str:
    """A positive number as significant digits times a power of ten."""
    mantissa, _, exponent = f"{amount:.{digits - 1}e}".partition("e")
    power = f"10{str(int(exponent)).translate(SUPERSCRIPT)}"
    return power if float(mantissa) == 1 else f"{_decimal(mantissa, language)}\u00a0×\u00a0{power}"


def _unit(unit: str, *values: float) -> str:
    if unit in words.DIGITS:
        return unit
    return "count" if all(isinstance(one, int) for one in values) else "number"


def _decimal(text: str, language: str) -> str:
    text = text.replace("-", "−")
    return text.replace(".", ",") if language == "it" else text
