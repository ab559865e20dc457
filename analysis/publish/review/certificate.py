"""The one-page certificate of a verification, a PDF for each language (PDF/UA-1 and PDF/A-2a).

It says what was compared and how it came out, what was not compared and why, and the fingerprints by which both sides can be known again.
No time of day goes into its bytes: the same report makes the same file.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.errors import Fault, RunError, say
from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish.front import long_date
from analysis.publish.review import findings
from analysis.publish.review.findings import told
from analysis.publish.review.markup import TEMPLATES
from analysis.publish.sources import FONTS, LOCALES, fixed_words, localised

LONGEST = 240  # characters of a text that comes from the report
LONG = re.compile(r"\S{31,}")  # words in which a line may break
BREAK = re.compile(r"[/_\\.:](?=.)|[^/_\\.:]{30}(?=.)")
NAMED = ("numpy", "pandas", "scipy", "statsmodels", "matplotlib", "typst")


def make(report: Mapping[str, Any], language: str, digest: str, made: datetime.date | None = None) -> bytes:
    """The certificate; `digest` is the SHA-256 of verification.json, `made` the day of the verification where it is to be printed."""
    import typst

    from analysis.publish.pandoc import STANDARDS

    page = content(report, language, digest, made)
    midnight = datetime.datetime.combine(edition(report), datetime.time(), datetime.UTC)
    options: dict[str, Any] = {
        "pdf_standards": [*STANDARDS],
        "timestamp": int(midnight.timestamp()),
        "font_paths": [str(FONTS)],
        "ignore_system_fonts": True,
        "sys_inputs": {"certificate": json.dumps(page, ensure_ascii=False, sort_keys=True)},
    }
    template = (TEMPLATES / "certificate.typ").read_bytes()
    try:
        pdf, warnings = typst.compile_with_warnings(template, format="pdf", **options)
    except typst.TypstError as error:
        what = say("il certificato non si compone", "the certificate cannot be set")
        raise RunError(Fault(f"{what}: {error.message}", "certificate.typ")) from error
    if warnings:
        raise RunError([Fault(f"typst: {one.message}", "certificate.typ") for one in warnings])
    return bytes(pdf)


def edition(report: Mapping[str, Any]) -> datetime.date:
    """The edition date of the report; the first day that a PDF may carry where it is missing."""
    try:
        return datetime.date.fromisoformat(str(report.get("edition", "")))
    except ValueError:
        return datetime.date(1980, 1, 1)


def content(
    report: Mapping[str, Any], language: str, digest: str, made: datetime.date | None = None
) -> dict[str, Any]:
    """All that the page prints."""

    def say_page(key: str, **named: object) -> str:
        return told("page", key, language, **named)

    every = [entry for one in findings.editions(report) for entry in findings.entries(one)]
    study = clipped(findings.title(report, language))
    verdict = findings.verdict(report)
    label, lines = provenance(report, language)
    day = long_date(edition(report), language) if report.get("edition") else ""
    program = say_page("made-by", version=findings.version()) + (
        f", {say_page('made-on', date=long_date(made, language))}" if made else ""
    )
    return {
        "language": language,
        "region": LOCALES[language][-2:],
        "title": f"{say_page('certificate')}: {study}" + (f" ({label})" if label not in study else ""),
        "authors": [fixed_words()["provenance"]["simulated"]["author"][language]],
        "kicker": say_page("kicker"),
        "heading": say_page("certificate"),
        "study": study,
        "label": label,
        "date": day,
        "verdict": {
            "key": verdict,
            "mark": findings.MARKS[verdict],
            "headline": findings.headline(report, language),
            "detail": findings.detail(every, language),
        },
        "facts": [
            {"name": name, "text": clipped(text)}
            for name, text in (
                (say_page("edition"), day or say_page("unknown")),
                (say_page("source"), str(report.get("source") or say_page("unknown"))),
                (say_page("environment"), environment(report, language)),
                (say_page("made"), program),
            )
        ],
        "counts": counts(report, language),
        "notebooks": {"title": say_page("notebooks"), "rows": notebooks(report, language)},
        "unchecked": {
            "title": say_page("unchecked"),
            "items": [
                clipped(f"{amount}: {reason}") for amount, reason in findings.reasons(report, language)
            ],
            "none": say_page("unchecked-none" if every else "none"),
            "beyond": say_page("beyond"),
        },
        "sums": {
            "title": say_page("fingerprints"),
            "rows": [
                {"name": say_page("report-file"), "sum": digest},
                {"name": say_page("lock-file"), "sum": findings.part(report, "sha256").get("lock", "")},
            ],
            "unknown": say_page("unknown"),
        },
        "more": say_page("more", n="{n}"),
        "foot": [*lines, say_page("disclaimer")],
    }


def clipped(text: str, longest: int = LONGEST) -> str:
    """The text, cut where it is very long, with room for a line break in words that would not divide."""
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return LONG.sub(lambda word: BREAK.sub("\\g<0>\u200b", word[0]), text)


def provenance(report: Mapping[str, Any], language: str) -> tuple[str, list[str]]:
    """The label of the data ("" where they are not simulated) and the lines that every publication of such data carries."""
    kind = report.get("provenance") or report.get("label")
    fixed = fixed_words()["provenance"].get(kind if isinstance(kind, str) else "", {})
    given = report.get("label") if isinstance(report.get("label"), Mapping) else fixed.get("label")
    if given and not fixed:
        fixed = fixed_words()["provenance"]["simulated"]
    label = str(localised(given, language) or "")
    return label, [localised(fixed["box"], language)] if "box" in fixed else []


def counts(report: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Entries by kind (rows) and verdict (columns), only those that occur, with a last row and column of totals."""
    every = [entry for one in findings.editions(report) for entry in findings.entries(one)]
    present = [verdict for verdict in findings.VERDICTS if findings.tally(every)[verdict]]
    rows = []
    groups: list[tuple[str, Sequence[Mapping[str, Any]]]] = [
        (told("kinds", kind, language), [entry for entry in every if entry.get("kind") == kind])
        for kind in findings.KINDS
    ]
    for name, group in [*groups, (told("page", "all", language), every)]:
        if group:
            tally = findings.tally(group)
            cells = [tally[verdict] for verdict in present] + [len(group)]
            rows.append([name, *(words.format_number(cell, "count", 0, language) for cell in cells)])
    head = [told("table", "kind", language), *(told("several", verdict, language) for verdict in present)]
    return {
        "title": told("page", "counts", language),
        "head": [*head, told("page", "all", language)],
        "rows": rows,
        "none": told("page", "none", language),
    }


def notebooks(report: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """One row a notebook: title, verdict, how its entries came out, the fingerprint of its published evidence."""
    rows = []
    for one in findings.editions(report):
        verdict = findings.verdict(one)
        why = curled(str(localised(one.get("why"), language) or ""))
        state = told("page", "executed" if one.get("executed") else "not-executed", language)
        note = [str(one.get("notebook", "")), f"{state} ({why})" if why else state]
        note.append(findings.detail(findings.entries(one), language).rstrip("."))
        rows.append(
            {
                "title": clipped(findings.title(one, language), 120),
                "verdict": f"{findings.MARKS[verdict]} {told('verdict', verdict, language)}",
                "grave": verdict in findings.GRAVE,
                "note": clipped(" · ".join(filter(None, note))),
                "sum": str(findings.part(one, "sha256").get("evidence", "")),
            }
        )
    return rows


def environment(report: Mapping[str, Any], language: str) -> str:
    """The interpreter, and how many packages are as the lock has them, the ones that make numbers by name."""
    machine = findings.part(report, "interpreter")
    packages = findings.packages(report)
    named = [
        f"{one['package']} {one['installed']}"
        for one in packages
        if one.get("package") in NAMED and one.get("installed")
    ]
    parts = [f"Python {machine['python']}" if machine.get("python") else "", machine.get("platform", "")]
    agree = sum(bool(one.get("lock")) and one.get("lock") == one.get("installed") for one in packages)
    if packages:
        parts.append(
            told("page", "packages", language, agree=agree, all=len(packages), named=", ".join(named))
        )
    return "; ".join(str(one) for one in parts if one).rstrip(": ") or told("page", "unknown", language)
