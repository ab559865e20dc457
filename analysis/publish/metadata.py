"""What the head of the HTML tells machines: `citation_*` for scholarly indexes, Schema.org for the others, the other language.

A simulated study and a draft are no publications: they carry no `citation_*`, ask not to be indexed, and say what they are.
Addresses are absolute only where the study's series has one; nothing is made up. Sources: Google Scholar's inclusion guidelines for webmasters;
schema.org (Report, ScholarlyArticle, CreativeWork).
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.publish.front import ours
from analysis.publish.sources import demonstration, localised

SITE = "https://schema.org"


def head(
    front: Mapping[str, Any], context: Mapping[str, Any], language: str, others: Sequence[str], *, draft: bool
) -> str:
    """The lines to stand in <head>; `others` are the languages whose HTML lies beside this one."""
    published = not draft and not demonstration(context)
    lines = [_meta("description", front["summary"])]
    if published:
        lines += [_meta(name, content) for name, content in citation(front, context, language)]
    else:
        lines.append(_meta("robots", "noindex"))
    for other in (language, *others) if others else ():
        address = html.escape(_address(front, f"{other}.html"))
        lines.append(f'<link rel="alternate" hreflang="{other}" href="{address}">')
    data = linked_data(front, context, language, others, draft=draft)
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, indent=1)
    text = text.replace("<", "\\u003c").replace("&", "\\u0026")
    return "\n".join([*lines, f'<script type="application/ld+json">\n{text}\n</script>'])


def _meta(name: str, content: str) -> str:
    return f'<meta name="{name}" content="{html.escape(content)}">'


def _address(front: Mapping[str, Any], name: str) -> str:
    """A file of the edition: on the series' site where that is known, else beside this one."""
    site = front["series"] and front["series"]["url"]
    return f"{site}/{name}" if site else name


def citation(front: Mapping[str, Any], context: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Names and contents of the `citation_*` entries, authors in order, each followed by what is theirs."""
    series = front["series"] or {}
    found: list[tuple[str, str | None]] = [("title", front["title"])]
    for person in front["authors"]:
        address = f"https://orcid.org/{person['orcid']}" if person["orcid"] else None
        found += [
            ("author", person["name"]),
            ("author_institution", person["affiliation"]),
            ("author_orcid", address),
        ]
    found += [
        ("publication_date", str(context["edition"]).replace("-", "/")),
        ("language", language),
        ("keywords", "; ".join(front["keywords"])),
        ("abstract", front["summary"]),
        ("technical_report_institution", series.get("publisher")),
        ("technical_report_number", series.get("number")),
        ("issn", series.get("issn")),
        ("doi", series.get("doi")),
        ("pdf_url", f"{series['url']}/{language}.pdf" if series.get("url") else None),
    ]
    return [(f"citation_{name}", content) for name, content in found if content]


def linked_data(
    front: Mapping[str, Any], context: Mapping[str, Any], language: str, others: Sequence[str], *, draft: bool
) -> dict[str, Any]:
    """The paper in terms of schema.org."""
    simulated = demonstration(context)
    series = front["series"] or {}
    site = series.get("url")
    data: dict[str, Any] = {
        "@context": SITE,
        "@type": "CreativeWork" if simulated or draft else ["Report", "ScholarlyArticle"],
        "name": front["title"],
        "inLanguage": language,
        "author": [_person(person) for person in front["authors"]],
        "abstract": front["summary"],
        "keywords": front["keywords"],
        "license": front["licence"]["url"] or front["licence"]["name"],
        "isBasedOn": {
            "@type": "Dataset",
            "name": localised(context.get("title"), language),
            "creditText": localised(context.get("citation"), language),
        },
    }
    if simulated:
        data["creativeWorkStatus"] = (
            "simulated data demonstration" if context.get("provenance") == "simulated" else "method check"
        )
    elif draft:
        data["creativeWorkStatus"] = "Draft"
    else:
        data |= {
            "datePublished": str(context["edition"]),
            "isAccessibleForFree": True,
            "about": [{"@type": "DefinedTerm", "termCode": code, "inDefinedTermSet": "JEL"} for code in front["jel"]],
            "publisher": _organisation(series.get("publisher")),
            "funder": _organisation(front["funder"]),
            "reportNumber": series.get("number"),
            "isPartOf": {"@type": "CreativeWorkSeries", "name": series["title"], "issn": series["issn"]} if series else None,
            "identifier": f"https://doi.org/{series['doi']}" if series.get("doi") else None,
            "url": f"{site}/{language}.html" if site else None,
            "encoding": {"@type": "MediaObject", "encodingFormat": "application/pdf", "contentUrl": f"{site}/{language}.pdf"} if site else None,
        }  # fmt: skip
    if others:
        relation = "workTranslation" if language == "it" else "translationOfWork"
        data[relation] = [
            {"@type": "CreativeWork", "inLanguage": other, "url": _address(front, f"{other}.html")}
            for other in others
        ]
    return _filled(data)


def _person(person: Mapping[str, Any]) -> dict[str, Any]:
    if ours(person["name"]):
        return {"@type": "Organization", "name": person["name"]}
    return {
        "@type": "Person",
        "name": person["name"],
        "givenName": person["given_names"],
        "familyName": person["family_names"],
        "identifier": f"https://orcid.org/{person['orcid']}" if person["orcid"] else None,
        "affiliation": _organisation(person["affiliation"]),
    }


def _organisation(name: str | None) -> dict[str, Any] | None:
    return {"@type": "Organization", "name": name} if name else None


def _filled(value: Any) -> Any:
    """The same without what is missing."""
    if isinstance(value, Mapping):
        return {key: _filled(item) for key, item in value.items() if item not in (None, "", [], {})}
    return [_filled(item) for item in value] if isinstance(value, list) else value
