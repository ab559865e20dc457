"""The title page of a paper in one language: who signs it and from where, in which series it appears, how it is cited.

Of a simulated study nothing is said that a publication says: no series, no funder, no citation of the paper, no persons' names.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.evidence.words import curled
from analysis.publish.layout import Source
from analysis.publish.prose import Prose
from analysis.publish.sources import LOCALES, demonstration, fixed_words, localised, word

RUNNING = 60  # characters of the running title
PERSON = ("name", "role", "affiliation", "orcid", "email", "given_names", "family_names")
LICENCES = {  # SPDX identifier, name, address (spdx.org/licenses)
    "CC BY 4.0": ("CC-BY-4.0", "Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/"),
    "CC BY-SA 4.0": ("CC-BY-SA-4.0", "Creative Commons Attribution Share Alike 4.0 International", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "CC BY-NC 4.0": ("CC-BY-NC-4.0", "Creative Commons Attribution Non Commercial 4.0 International", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "CC BY-NC-ND 4.0": ("CC-BY-NC-ND-4.0", "Creative Commons Attribution Non Commercial No Derivatives 4.0 International", "https://creativecommons.org/licenses/by-nc-nd/4.0/"),
    "CC0 1.0": ("CC0-1.0", "Creative Commons Zero v1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
}  # fmt: skip
MARKUP = (
    (r"\[\]\{[^}]*\}|\^\[[^\]]*\]|\s?\[-?@[^\]]*\]", ""),  # references, notes, citations
    (r"\[([^\]]*)\](?:\{[^}]*\}|\([^)]*\))", r"\1"),  # spans and links
    (r"(`+)(.+?)\1", r"\2"),
    (r"\$([^$]+)\$", r"\1"),
    (r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1", r"\2"),
    (r"\*(?=\S)(.+?)(?<=\S)\*", r"\1"),
    (r"(?<!\w)_(?=\S)(.+?)(?<=\S)_(?!\w)", r"\1"),
)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
ASIDE = 0xE000  # private characters in which escaped marks are kept while Markdown is removed


def front_matter(prose: Prose, source: Source) -> dict[str, Any]:
    """What the title page prints; texts are plain except `abstract`, which is Markdown (`summary` is the same without it)."""
    language, context = prose.language, source.context
    simulated = demonstration(context)
    title = str(prose.front["title"])
    running = heading(title)
    if simulated:
        fixed = fixed_words()["provenance"][context["provenance"]]
        title = f"{localised(context.get('label') or fixed['label'], language)}: {title}"
    people = authors(context, language)
    appears = series(context, str(source.evidence.get("notebook", source.notebook.stem)), language)
    front: dict[str, Any] = {
        "title": curled(title),
        "running": running,
        "abstract": prose.front["abstract"],
        "summary": curled(bare(str(prose.front["abstract"]))),
        "keywords": [curled(keyword) for keyword in prose.front["keywords"]],
        "jel": list(prose.front["jel"]),
        "authors": people,
        "affiliations": shared_affiliations(people),
        "correspondence": [] if simulated else _correspondence(people),
        "series": appears,
        "funder": None if simulated else _funder(context, language),
        "licence": licence(context),
    }
    front["citation"] = None if simulated else citation(front, context, language)
    return front


def authors(context: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """The authors as printed; those of a simulated study are the software project, with the roles that the study names."""
    project = fixed_words()["provenance"]["simulated"]["author"]
    given = context.get("authors", [])
    blank: dict[str, Any] = {**dict.fromkeys(PERSON), "corresponding": False, "mark": None}
    if demonstration(context):
        roles = dict.fromkeys(str(role) for one in given if (role := localised(one.get("role"), language)))
        return [{**blank, "name": localised(project, language), "role": "; ".join(roles) or None}]
    found = []
    for one in given:
        person = {key: localised(one.get(key), language) or None for key in PERSON}
        if ours(str(person["name"])):
            person["name"] = localised(project, language)
        found.append({**blank, **person, "corresponding": bool(one.get("corresponding"))})
    return found


def shared_affiliations(people: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The affiliations to be listed once, each with its mark, where authors share one; the authors get their marks. Empty where none is
    shared: each then stands under its author. A single affiliation of all needs no mark."""
    named = [person["affiliation"] for person in people if person["affiliation"]]
    distinct = list(dict.fromkeys(named))
    if len(distinct) == len(named):
        return []
    marked = len(distinct) > 1 or len(named) < len(people)
    marks = {name: str(number) if marked else None for number, name in enumerate(distinct, start=1)}
    for person in people:
        person["mark"] = marks.get(person["affiliation"])
    return [{"mark": mark, "name": name} for name, mark in marks.items()]


def _correspondence(people: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The authors to write to: those so marked, else the first who gives an address."""
    reachable = [person for person in people if person["email"]]
    chosen = [person for person in reachable if person["corresponding"]] or reachable[:1]
    return [{"name": person["name"], "email": person["email"]} for person in chosen]


def series(context: Mapping[str, Any], notebook: str, language: str) -> dict[str, Any] | None:
    """Title, number, publisher, ISSN, DOI and address of the series, None where the study has none or is simulated."""
    declared = context.get("series")
    if not declared or demonstration(context):
        return None
    number = declared.get("numbers", {}).get(notebook)
    return {
        "title": localised(declared.get("title"), language),
        "publisher": declared.get("publisher") or None,
        "issn": declared.get("issn") or None,
        "number": number,
        "printed_number": word("number", language, number=number) if number else None,
        "doi": declared.get("doi", {}).get(notebook),
        "url": f"{declared['url']}/{notebook}" if declared.get("url") else None,
    }


def licence(context: Mapping[str, Any]) -> dict[str, str | None]:
    """The licence as the study names it, with its SPDX identifier and address where they are known."""
    name = str(context.get("licence") or "")
    spdx, full, url = LICENCES.get(name, (None, None, None))
    return {"name": name, "spdx": spdx, "full": full, "url": url}


def ours(name: str) -> bool:
    """Whether an author is the software project, which is no person."""
    return name in fixed_words()["provenance"]["simulated"]["author"].values()


def _funder(context: Mapping[str, Any], language: str) -> str | None:
    funder = localised(context.get("funder"), language)
    award = (context.get("funding") or {}).get("award")
    return f"{funder} ({word('award', language, award=award)})" if funder and award else funder or None


def citation(front: Mapping[str, Any], context: Mapping[str, Any], language: str) -> str:
    """How the paper is cited: authors, year, title in the quotation marks of the language, series or edition, address."""
    edition = datetime.date.fromisoformat(str(context["edition"]))
    names = [str(person["name"]) for person in front["authors"]]
    signed = f" {word('and', language)} ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
    quoted = word("quoted-title", language, title=front["title"])
    appears = front["series"]
    if appears:
        where = [appears["title"], appears["printed_number"], appears["publisher"]]
    else:
        where = [
            word("paper", language).lower(),
            word("edition-of", language, date=long_date(edition, language)),
        ]
    text = (
        ", ".join(
            filter(None, [f"{signed} ({edition.year})" if signed else str(edition.year), quoted, *where])
        )
        + "."
    )
    doi = appears and appears["doi"]
    return f"{text} https://doi.org/{doi}" if doi else text


def colophon(front: Mapping[str, Any], context: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    """The named lines at the foot of the title page."""
    entries = [
        ("cite", front["citation"]),
        ("source", localised(context.get("source"), language)),
        ("citation", localised(context.get("citation"), language)),
        ("licence", context.get("licence")),
        ("funder", front["funder"]),
    ]
    return [{"name": word(key, language), "text": curled(str(text))} for key, text in entries if text]


def bare(markdown: str) -> str:
    """The text of a paragraph or two of Markdown, without its marks, notes and references: for catalogues."""
    text = ESCAPED.sub(lambda match: chr(ASIDE + ord(match[1])), markdown)
    for pattern, instead in MARKUP:
        text = re.sub(pattern, instead, text)
    text = re.sub(f"[{chr(ASIDE)}-{chr(ASIDE + 127)}]", lambda match: chr(ord(match[0]) - ASIDE), text)
    return " ".join(text.split())


def long_date(date: datetime.date, language: str) -> str:
    """`15 gennaio 2026`, `15 January 2026` (CLDR); the first of an Italian month is `1° gennaio`, which CLDR lacks."""
    from babel.dates import format_date

    written = format_date(date, "long", locale=LOCALES[language].replace("-", "_"))
    return written.replace("1", "1°", 1) if language == "it" and date.day == 1 else written


def shortened(text: str, most: int) -> str:
    """The text, cut between words where it is longer than `most` characters."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;: ") + "…"


def heading(title: str) -> str:
    """A title for the head of a page: without what follows its colon where it is long, and never more than `RUNNING` characters."""
    short = title if len(title) <= RUNNING else title.partition(": ")[0]
    return curled(shortened(short, RUNNING))
