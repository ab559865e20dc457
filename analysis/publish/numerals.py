"""Numbers typed by hand in prose, read as the text's language writes them, and the entry of the evidence that each repeats."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.evidence import words
from analysis.publish.marks import blanked

NUMBER = re.compile(
    r"(?<![\w.,/:^#@_~])(?<![A-Za-z]-)\d+(?:[.,\u00a0\u202f]\d+)*(?![\w/°º]|[.,:\u00a0\u202f]\d|-[A-Za-zÀ-ÿ])"
)
MARKS = {"it": (".", ","), "en": (",", ".")}  # of thousands, of decimals
MONTHS = (
    "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre|"
    "January|February|March|April|May|June|July|August|September|October|November|December"
)
EXEMPT = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"\$\$.*?\$\$", re.DOTALL),  # formulas
        (r"(?<![\\$])\$(?=\S)[^$\n]*?(?<=\S)\$(?!\d)", 0),
        (r"(?<=[\w}])\s*\[(?:p|pp|cap|chap|sec|§)[.\s][^\]]*\]", 0),  # @key [p. 76]
        (r"@[\w:.#$%&+?<>~/{}-]+(?=[^\[\]]*\])[^;\[\]]*", 0),  # [@key, pp. 76--88; …]
        (r"\{[^{}\n]*\}", 0),  # attributes and labels
        (r"\]\([^)\s]*\)|<https?:[^>]*>|https?://\S+|\bdoi:\S+", 0),
        (r"^\s*(?:#+\s*)?\d+(?:\.\d+)*[.)]?(?=\s+\S)(?<=[.)])", re.MULTILINE),  # 1. in a list
        (r"^#+\s*\d+(?:\.\d+)*[.)]?(?=\s)", re.MULTILINE),  # a numbered heading
        (rf"\b\d{{1,2}}(?:°|º|st|nd|rd|th)?(?=\s+(?:of\s+)?(?:{MONTHS})\b)|\b(?:{MONTHS})\s+\d{{1,2}}\b", 0),
    )
)
YEAR = re.compile(r"(?:1[5-9]|20|21)\d\d")
UNITS: Sequence[tuple[str, str]] = (
    ("share", r"\s?%|\s(?:per cento|percento|per cent|percent)\b"),
    ("share_points", r"\s(?:punti percentuali|percentage points?)\b"),
    ("points", r"\s(?:punti|points?)\b"),
    ("euro", r"\s?€|\s(?:euro|euros|EUR)\b"),
    ("hours", r"\s(?:ore|hours?)\b"),
    ("years", r"\s(?:anni|years?)\b"),
    ("months", r"\s(?:mesi|months?)\b"),
    ("km2", r"\s?km²"),
    ("persons", r"\s(?:persone|persons?|people)\b"),
    ("organisations", r"\s(?:organizzazioni|organi[sz]ations?|enti)\b"),
)
COUNTS = {"count", "persons", "organisations"}
BARE = {"number", "ratio", "index", "position", "points", "share_points", "p"}  # printed without a unit


@dataclass(frozen=True)
class Typed:
    """A number as typed: its text with the sign of its unit, value, decimal places, significant digits, unit ("" where none is named)."""

    text: str
    start: int
    value: float
    places: int
    significant: int
    unit: str


def typed(text: str, language: str) -> Iterator[Typed]:
    """The numbers of a text whose code is blanked out, but for years, dates, numbered headings, labels, locators, addresses and formulas."""
    for pattern in EXEMPT:
        text = blanked(pattern, text)
    for match in NUMBER.finditer(text):
        digits, places = _read(match[0], language)
        if digits is None:
            continue
        after, before = text[match.end() :], text[: match.start()]
        unit, tail = "", ""
        for name, pattern_after in UNITS:
            if found := re.match(pattern_after, after):
                unit, tail = name, found[0]
                break
        shown = match[0] + tail
        if not unit and (sign := re.search(r"(?:€|EUR)\s?$", before)):
            unit, shown = "euro", sign[0] + match[0]
        if not unit and YEAR.fullmatch(match[0]):
            continue
        bare = digits.replace(".", "").lstrip("0")
        significant = len(bare if places else bare.rstrip("0"))
        yield Typed(shown, match.start(), float(digits), places, significant, unit)


def _read(text: str, language: str) -> tuple[str | None, int]:
    """Digits with a decimal point, and the number of decimal places; in the language's own way of writing, else in the other's."""
    other = "en" if language == "it" else "it"
    for way in (language, other):
        group, decimal = (re.escape(mark) for mark in MARKS[way])
        whole = rf"\d{{1,3}}(?:[{group}\u00a0\u202f]\d{{3}})+|\d+"
        if found := re.fullmatch(rf"({whole})(?:{decimal}(\d+))?", text):
            return re.sub(r"\D", "", found[1]) + (f".{found[2]}" if found[2] else ""), len(found[2] or "")
    return None, 0


def entry(number: Typed, numbers: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The key, with its part, of the evidence number that `number` repeats: in value and unit, else in three significant digits."""
    near: str | None = None
    for key, kept in numbers.items():
        for part, value, unit, digits in _parts(kept):
            shown = abs(value) * (100 if unit in ("share", "share_points") else 1)
            name = f"{key}.{part}" if part else key
            if _same_unit(number, unit) and abs(round(shown, digits) - number.value) < 1e-9:
                return name
            if near is None and number.significant >= 3:
                values = {shown, abs(value)}
                near = name if any(f"{v:.2e}" == f"{number.value:.2e}" for v in values if v) else None
    return near


def _parts(kept: Mapping[str, Any]) -> Iterator[tuple[str, float, str, int]]:
    unit = str(kept.get("unit", "number"))
    if kept.get("suppressed") or unit == "year":
        return
    digits = kept.get("digits")
    places = words.DIGITS.get(unit, 0) if digits is None else int(digits)
    parts = {"": unit, "low": unit, "high": unit, "se": "share_points" if unit == "share" else unit}
    for part, own in parts.items():
        value = kept.get(part or "value")
        if isinstance(value, int | float):
            yield part, float(value), own, places
    if isinstance(kept.get("n"), int | float):
        yield "n", float(kept["n"]), "count", 0


def _same_unit(number: Typed, unit: str) -> bool:
    if number.unit:
        return number.unit == unit or {number.unit, unit} <= COUNTS
    return (
        number.value >= 10 if unit in COUNTS and not number.places else bool(number.places) and unit in BARE
    )
