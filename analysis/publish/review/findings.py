"""What a verification found, as its reports read it: verdicts, counts, reasons, words; a report that lacks a part still reads.

What belongs here: reading the report's mapping. What does not: comparing (analysis.batch), page layout (verification.py, certificate.py).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish.review.markup import TEMPLATES
from analysis.publish.sources import localised

VERDICTS = ("differs", "missing", "unchecked", "within", "same")  # the gravest first
GRAVE = ("differs", "missing")
MARKS = {"same": "=", "within": "≈", "differs": "≠", "missing": "×", "unchecked": "–"}
KINDS = ("number", "statement", "table", "figure", "method", "worksheet", "text", "file")


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / "verification.toml").read_text(encoding="utf-8"))


def told(group: str, key: str, language: str, /, **named: object) -> str:
    """A fixed word of verification.toml; a key that it does not know stands for itself."""
    entry = _words()[group].get(key)
    return str(entry[language]).format(**named) if entry else str(key)


def part(mapping: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A part that is a mapping; empty where it is missing."""
    found = mapping.get(name)
    return found if isinstance(found, Mapping) else {}


def verdict(mapping: Mapping[str, Any]) -> str:
    """The verdict of a report, an edition or an entry; one that is missing or unknown has not been checked."""
    found = str(mapping.get("verdict", ""))
    return found if found in VERDICTS else "unchecked"


def editions(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(report.get("editions") or [])


def entries(edition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The entries of an edition, the gravest first, then by kind and key."""
    order = {kind: i for i, kind in enumerate(KINDS)}
    return sorted(
        edition.get("entries") or [],
        key=lambda one: (
            VERDICTS.index(verdict(one)),
            order.get(str(one.get("kind")), 99),
            str(one.get("key")),
        ),
    )


def packages(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The rows of the environment that are packages: all but Python and the platform."""
    return [
        one for one in report.get("environment") or [] if one.get("package") not in ("python", "platform")
    ]


def tally(some: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many of each verdict."""
    found = dict.fromkeys(VERDICTS, 0)
    for one in some:
        found[verdict(one)] += 1
    return found


def headline(report: Mapping[str, Any], language: str) -> str:
    """The verdict in a few words."""
    checked = any(verdict(entry) != "unchecked" for one in editions(report) for entry in entries(one))
    found = verdict(report)
    return told("headline", found if checked or found in GRAVE else "nothing", language)


def detail(some: Sequence[Mapping[str, Any]], language: str) -> str:
    """How many entries came out in which way: `52 voci: 2 diverse, 50 identiche.`"""
    if not some:
        return told("page", "none", language)
    counted = tally(some)
    named = ", ".join(
        f"{words.format_number(n, 'count', 0, language)} {told('one' if n == 1 else 'several', name, language)}"
        for name, n in counted.items()
        if n
    )
    noun = told("page", "one-entry" if len(some) == 1 else "entries", language)
    return f"{words.format_number(len(some), 'count', 0, language)} {noun}: {named}."


def title(mapping: Mapping[str, Any], language: str) -> str:
    """Title of a study or notebook, else its name."""
    named = localised(mapping.get("title"), language) or mapping.get("notebook") or mapping.get("study")
    return curled(str(named or "–"))


def why(entry: Mapping[str, Any], language: str) -> str:
    return curled(str(localised(entry.get("why"), language) or ""))


def reasons(report: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Why something was not checked: how much of what (`12 numbers, 3 tables`), and the reason; the commonest first."""
    groups: dict[str, dict[str, int]] = {}
    for one in editions(report):
        for entry in entries(one):
            if verdict(entry) == "unchecked":
                reason = why(entry, language) or told("page", "unknown", language)
                kinds = groups.setdefault(reason, {})
                kinds[str(entry.get("kind"))] = kinds.get(str(entry.get("kind")), 0) + 1
    ordered = sorted(groups.items(), key=lambda group: (-sum(group[1].values()), group[0]))
    return [(amounts(kinds, language), reason) for reason, kinds in ordered]


def amounts(kinds: Mapping[str, int], language: str) -> str:
    """`12 numeri, 1 tabella`."""
    return ", ".join(
        f"{words.format_number(n, 'count', 0, language)} {told('kind' if n == 1 else 'kinds', kind, language)}"
        for kind, n in sorted(
            kinds.items(), key=lambda one: KINDS.index(one[0]) if one[0] in KINDS else len(KINDS)
        )
    )


def version() -> str:
    """Version of this program."""
    from importlib.metadata import version as of

    return of("milano-altro")
