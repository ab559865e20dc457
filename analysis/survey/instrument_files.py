"""What the file of an instrument must hold: keys, both languages, ranges that follow from the rule, no wording of an item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.errors import Fault, say

CONSTRUCTS = {
    "work_to_family": {"it": "conflitto dal lavoro alla famiglia", "en": "work-to-family conflict"},
    "family_to_work": {"it": "conflitto dalla famiglia al lavoro", "en": "family-to-work conflict"},
    "enrichment": {"it": "arricchimento fra lavoro e vita", "en": "work-life enrichment"},
    "wellbeing": {"it": "benessere", "en": "well-being"},
    "burden": {"it": "carico di chi assiste", "en": "burden of caring"},
    "positive_value": {"it": "valore positivo del curare", "en": "positive value of caring"},
    "support": {"it": "sostegno a chi assiste", "en": "support of those who care"},
}
LANGUAGES = {
    "es": {"it": "spagnolo", "en": "Spanish"},
    "it": {"it": "italiano", "en": "Italian"},
    "ja": {"it": "giapponese", "en": "Japanese"},
    "sv": {"it": "svedese", "en": "Swedish"},
}
_REQUIRED = {
    "instrument": (
        "name source reference licence wording response rule scoring least_answered least_answered_source languages"
    ),
    "form": "meaning subscales",
    "total": "key name range",
    "subscale": "name items reversed range construct worse high_means",
    "response": "low high meaning",
    "cut-off": "id meaning source",
    "language": "code source",
}
_OPTIONAL = {
    "instrument": "multiply unverified missing subscales forms",
    "form": "total reference",
    "subscale": "cut_offs",
    "response": "step",
    "cut-off": "below from",
}
_CHOICES = {
    "rule": ("mean", "sum"),
    "scoring": ("stated", "unverified"),
    "wording": ("free", "restricted"),
    "worse": ("high", "low"),
    "construct": tuple(CONSTRUCTS),
    "code": tuple(LANGUAGES),
}


def faults(facts: Mapping[str, Any], shown: str) -> list[Fault]:
    """Everything that is wrong with the file of one instrument, as read from TOML; `shown` is its name in messages."""
    found = _keys(facts, "instrument", shown)
    if found:
        return found
    found += _words(facts, ("name", "licence"), shown) + _response(facts["response"], f"{shown}, response")
    found += [fault for place, language in enumerate(facts["languages"], 1) for fault in _keys(language, "language", f"{shown}, languages, {place}")]  # fmt: skip
    if (facts["scoring"] == "unverified") != ("unverified" in facts):
        found.append(
            Fault(
                say(
                    "ciò che non è verificato va detto, e solo allora",
                    "what is unverified must be said, and only then",
                ),
                f"{shown}, unverified",
                'scoring = "unverified"',
            )
        )
    elif "unverified" in facts:
        found += _words(facts, ("unverified",), shown)
    if not 0 < facts["least_answered"] <= 1:
        found.append(_wrong(f"{shown}, least_answered", facts["least_answered"], "0 < … ≤ 1"))
    elif facts["rule"] == "sum" and facts["least_answered"] < 1:
        found.append(_wrong(f"{shown}, least_answered", facts["least_answered"], "1, rule = sum"))
    if ("forms" in facts) == ("subscales" in facts):
        return [*found, Fault(say("o le sottoscale o le forme", "either subscales or forms"), shown)]
    for form, part in (facts.get("forms") or {"": facts}).items():
        where = f"{shown}, forms.{form}" if form else shown
        if form:
            broken = _keys(part, "form", where)
            found += broken or _words(part, ("meaning",), where)
            if broken:
                continue
        found += _form(facts, part, where)
    items = {item for form in (facts.get("forms") or {"": facts}).values() for part in form["subscales"].values() for item in part.get("items", ())}  # fmt: skip
    return found + _missing(facts.get("missing", {}), items, shown)


def _form(facts: Mapping[str, Any], form: Mapping[str, Any], where: str) -> list[Fault]:
    """Subscales of one form, the items each in one of them only, and the total."""
    found: list[Fault] = []
    sound: dict[str, Mapping[str, Any]] = {}
    for key, part in form["subscales"].items():
        place = f"{where}, subscales.{key}"
        broken = _keys(part, "subscale", place)
        broken = broken or _subscale(facts, part, place)
        found += broken
        if not broken:
            sound[key] = part
    items = [item for part in sound.values() for item in part["items"]]
    found += [
        Fault(
            say(f"la domanda {item} compare due volte", f"the item {item} occurs twice"),
            f"{where}, subscales",
        )
        for item in dict.fromkeys(items)
        if items.count(item) > 1
    ]
    if found or "total" not in form:
        return found
    total, place = form["total"], f"{where}, total"
    found = _keys(total, "total", place)
    if found:
        return found
    if total["key"] in sound:
        found.append(_wrong(f"{place}.key", total["key"], say("una chiave sua", "a key of its own")))
    ends = [sum(part["range"][end] for part in sound.values()) for end in (0, 1)]
    if list(total["range"]) != ends or facts["rule"] != "sum":
        found.append(_wrong(f"{place}.range", total["range"], f"{ends}, rule = sum"))
    if len({(part["construct"], part["worse"]) for part in sound.values()}) != 1:
        found.append(
            Fault(
                say("sottoscale di significato diverso non si sommano", "subscales of different meaning are not added up"),
                place,
            )
        )  # fmt: skip
    return found + _words(total, ("name",), place)


def _subscale(facts: Mapping[str, Any], part: Mapping[str, Any], where: str) -> list[Fault]:
    found = _words(part, ("name", "high_means"), where)
    found += [
        Fault(
            say(
                f"«{item}» non è un nome di domanda: il testo non si riporta",
                f"“{item}” is no name of an item: no wording is given",
            ),
            f"{where}, items",
            "wfc1",
        )
        for item in part["items"]
        if not item.isidentifier()
    ]
    stray = [item for item in part["reversed"] if item not in part["items"]]
    if stray:
        found.append(_wrong(f"{where}, reversed", ", ".join(stray), ", ".join(part["items"])))
    if facts["rule"] == "sum" and not part["items"]:
        found.append(
            Fault(say("una somma vuole le sue domande", "a sum needs its items"), f"{where}, items", "≥ 1")
        )
    if found:
        return found
    times = facts.get("multiply", 1) * (len(part["items"]) if facts["rule"] == "sum" else 1)
    ends = [facts["response"]["low"] * times, facts["response"]["high"] * times]
    if list(part["range"]) != ends:
        found.append(_wrong(f"{where}, range", part["range"], str(ends)))
    for cut in part.get("cut_offs", ()):
        found += _cut_off(cut, ends, f"{where}, cut_offs.{cut.get('id', '')}")
    return found


def _cut_off(cut: Mapping[str, Any], ends: Sequence[float], where: str) -> list[Fault]:
    found = _keys(cut, "cut-off", where)
    if found:
        return found
    bounds = [cut[key] for key in ("below", "from") if key in cut]
    if len(bounds) != 1 or not ends[0] < bounds[0] <= ends[1]:
        found.append(_wrong(where, bounds, f"below | from; {ends[0]} < … ≤ {ends[1]}"))
    return found + _words(cut, ("meaning",), where)


def _response(part: Mapping[str, Any], where: str) -> list[Fault]:
    found = _keys(part, "response", where)
    if found:
        return found
    if part["low"] >= part["high"] or (part["high"] - part["low"]) % part.get("step", 1):
        found.append(_wrong(where, f"{part['low']}–{part['high']}", "low < high"))
    return found + _words(part, ("meaning",), where)


def _missing(missing: Mapping[str, Mapping[str, Any]], items: set[str], shown: str) -> list[Fault]:
    found: list[Fault] = []
    for item, codes in missing.items():
        where = f"{shown}, missing.{item}"
        if item not in items:
            found.append(Fault(say("domanda sconosciuta", "unknown item"), where, ", ".join(sorted(items))))
        found += [
            _wrong(where, code, say("numeri interi", "whole numbers"))
            for code in codes
            if not code.lstrip("-").isdigit()
        ]
        found += _words(codes, tuple(codes), where)
    return found


def _keys(part: Mapping[str, Any], kind: str, where: str) -> list[Fault]:
    """Keys absent and keys unknown, and choices that are not offered."""
    needed, allowed = _REQUIRED[kind].split(), _OPTIONAL.get(kind, "").split()
    found = [Fault(say(f"manca {key}", f"{key} is missing"), where) for key in needed if key not in part]
    found += [
        Fault(say(f"{key} non è previsto", f"{key} is not foreseen"), where, ", ".join([*needed, *allowed]))
        for key in part
        if key not in needed and key not in allowed
    ]
    return found + [
        _wrong(f"{where}, {key}", part[key], ", ".join(choices))
        for key, choices in _CHOICES.items()
        if key in needed and key in part and part[key] not in choices
    ]


def _words(part: Mapping[str, Any], keys: Iterable[str], where: str) -> list[Fault]:
    """Texts that are not there in both languages."""
    return [
        Fault(
            say("non è un testo nelle due lingue", "is not a text in two languages"),
            f"{where}, {key}",
            '{ it = "…", en = "…" }',
        )
        for key in keys
        if not isinstance(part[key], Mapping)
        or set(part[key]) != {"it", "en"}
        or not all(isinstance(text, str) and text.strip() for text in part[key].values())
    ]


def _wrong(where: str, found: object, allowed: str) -> Fault:
    return Fault(say(f"«{found}» non va bene", f"“{found}” will not do"), where, allowed)
