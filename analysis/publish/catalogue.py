"""Records for catalogues, beside a paper that may be published: ReDIF for RePEc, DataCite 4.5, CITATION.cff. A simulated study has none.

Handles, DOIs and addresses are those that the study's `[series]` gives; none is made up. Without handle, address and number there is no
ReDIF record, because RePEc identifies a paper by them (`lacking`). Sources: ReDIF version 1 (openlib.org/acmes/root/docu/redif_1.html) and
RePEc's step-by-step tutorial; DataCite Metadata Schema 4.5; Citation File Format 1.2.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from analysis.errors import say
from analysis.publish.formats import Work
from analysis.publish.front import front_matter, ours
from analysis.publish.sources import LANGUAGES, demonstration, localised

Fronts = Mapping[str, Mapping[str, Any]]
BOM = b"\xef\xbb\xbf"  # RePEc takes a file without it for Windows-1252 (blog.repec.org, 27 July 2017)
FILES = {"pdf": "application/pdf", "html": "text/html"}
MESSAGE = (
    "Chi usa questo documento è pregato di citarlo così. / If you use this paper, please cite it as below."
)


def make(work: Work) -> dict[str, bytes]:
    """The format `catalogue`: the records of an edition, both languages in each; nothing for a simulated study."""
    context = work.source.context
    if demonstration(context):
        return {}
    fronts = {language: front_matter(prose, work.source) for language, prose in work.proses.items()}
    notebook = str(work.source.evidence.get("notebook", work.source.notebook.stem))
    made = {
        "datacite.json": json.dumps(datacite(fronts, context), ensure_ascii=False, sort_keys=True, indent=1)
        + "\n",
        "CITATION.cff": yaml(citation_file(fronts, context)),
    }
    files = {name: text.encode("utf-8") for name, text in made.items()}
    if not lacking(context, notebook):
        files["redif.rdf"] = BOM + redif(fronts, context).encode("utf-8")
    return files


def lacking(context: Mapping[str, Any], notebook: str) -> list[str]:
    """What a ReDIF record would need and `[series]` does not give: title, handle, url, the notebook's number."""
    series = context.get("series") or {}
    found = [key for key in ("handle", "url") if not series.get(key)] if series else ["series"]
    return found if series.get("numbers", {}).get(notebook) or not series else [*found, f"numbers.{notebook}"]


def note(context: Mapping[str, Any], notebook: str) -> str | None:
    """One line for the person at the keyboard where a publishable paper has no ReDIF record, and why."""
    missing = [] if demonstration(context) else lacking(context, notebook)
    if not missing:
        return None
    names = ", ".join("[series]" if key == "series" else f"[series] {key}" for key in missing)
    study = f"data/{context.get('study')}/study.toml"
    return say(
        f"{notebook}: senza scheda RePEc (redif.rdf), perché {study} non ha {names}",
        f"{notebook}: no RePEc record (redif.rdf), because {study} has no {names}",
    )


# -- ReDIF -------------------------------------------------------------------------------------------------------------


def redif(fronts: Fronts, context: Mapping[str, Any]) -> str:
    """A ReDIF-Paper 1.0 template for each language, each with its own handle and pointing to the other."""
    handles = {
        language: f"{context['series']['handle']}:{front['series']['number']}-{language}"
        for language, front in fronts.items()
    }
    return "\n".join(_template(front, context, language, handles) for language, front in fronts.items())


def _template(
    front: Mapping[str, Any], context: Mapping[str, Any], language: str, handles: Mapping[str, str]
) -> str:
    fields: list[tuple[str, str | None]] = [("Template-Type", "ReDIF-Paper 1.0")]
    for person in front["authors"]:
        fields += [
            ("Author-Name", person["name"]),
            ("Author-Name-First", person["given_names"]),
            ("Author-Name-Last", person["family_names"]),
            ("Author-Email", person["email"] if person["corresponding"] else None),
            ("Author-Workplace-Name", person["affiliation"]),
        ]
    fields += [
        ("Title", front["title"]),
        ("Abstract", front["summary"]),
        ("Keywords", "; ".join(front["keywords"])),
        ("Classification-JEL", ", ".join(front["jel"])),
        ("Language", language),
        ("Creation-Date", str(context["edition"])),
        ("Publication-Status", f"Published in {front['series']['title']}"),
        ("Number", front["series"]["number"]),
    ]
    for suffix, kind in FILES.items():
        fields += [("File-URL", f"{front['series']['url']}/{language}.{suffix}"), ("File-Format", kind)]
        fields.append(("File-Function", OTHER["this"][language]))
    fields += [
        ("Note", f"{OTHER['note'][language]}: {handle}")
        for other, handle in handles.items()
        if other != language
    ]
    fields.append(("Handle", handles[language]))
    return "".join(f"{name}: {' '.join(value.split())}\n" for name, value in fields if value)


OTHER = {
    "this": {"it": "Testo integrale", "en": "Full text"},
    "note": {"it": "Versione inglese", "en": "Italian version"},
}


# -- DataCite ----------------------------------------------------------------------------------------------------------


def datacite(fronts: Fronts, context: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata of DataCite's schema 4.5 in its JSON form; the publisher that is nowhere named is `:unav`, as the schema has it."""
    first, front = next(iter(fronts.items()))
    series = front["series"] or {}
    titles: list[dict[str, str]] = [
        {"title": one["title"], "lang": language} for language, one in fronts.items()
    ]
    for title in titles[1:]:
        title["titleType"] = "TranslatedTitle"
    own = [person["name"] for person in front["authors"] if ours(person["name"])]
    publisher = series.get("publisher") or next(iter(own), ":unav")
    data: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": series.get("doi"),
        "url": f"{series['url']}/{first}.html" if series.get("url") else None,
        "titles": titles,
        "creators": [_creator(person) for person in front["authors"]],
        "publisher": {"name": publisher},
        "publicationYear": str(context["edition"])[:4],
        "types": {"resourceTypeGeneral": "Report", "resourceType": "Working paper"},
        "subjects": [{"subject": text, "lang": language} for language, one in fronts.items() for text in one["keywords"]]
        + [{"subject": code, "subjectScheme": "JEL", "classificationCode": code} for code in front["jel"]],
        "dates": [{"date": str(context["edition"]), "dateType": "Issued"}],
        "language": first,
        "version": str(context["edition"]),
        "formats": sorted(FILES.values()),
        "descriptions": [
            {"description": one["summary"], "descriptionType": "Abstract", "lang": language} for language, one in fronts.items()
        ],
        "rightsList": [_rights(front["licence"])],
        "fundingReferences": _funding(context, first),
        "relatedIdentifiers": _related(series),
        "relatedItems": _appears(series),
    }  # fmt: skip
    return {key: value for key, value in data.items() if value}


def _creator(person: Mapping[str, Any]) -> dict[str, Any]:
    """A body for the software project, a person where the study gives the parts of the name or an ORCID, else not said."""
    body, human = ours(person["name"]), person["family_names"] or person["orcid"]
    parts = bool(person["family_names"])
    found = {
        "name": f"{person['family_names']}, {person['given_names']}" if parts else person["name"],
        "nameType": "Organizational" if body else "Personal" if human else None,
        "givenName": person["given_names"],
        "familyName": person["family_names"],
        "affiliation": [{"name": person["affiliation"]}] if person["affiliation"] else None,
        "nameIdentifiers": [
            {
                "nameIdentifier": f"https://orcid.org/{person['orcid']}",
                "nameIdentifierScheme": "ORCID",
                "schemeUri": "https://orcid.org",
            }
        ]
        if person["orcid"]
        else None,
    }
    return {key: value for key, value in found.items() if value}


def _rights(licence: Mapping[str, str | None]) -> dict[str, str | None]:
    if not licence["spdx"]:
        return {"rights": licence["name"]}
    return {
        "rights": licence["full"],
        "rightsUri": licence["url"],
        "rightsIdentifier": licence["spdx"],
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": "https://spdx.org/licenses/",
    }


def _funding(context: Mapping[str, Any], language: str) -> list[dict[str, str]]:
    funder, award = localised(context.get("funder"), language), (context.get("funding") or {}).get("award")
    if not funder:
        return []
    return [{"funderName": funder, **({"awardNumber": award} if award else {})}]


def _related(series: Mapping[str, Any]) -> list[dict[str, str]]:
    found = []
    if series.get("issn"):
        found.append(("IsPartOf", "ISSN", series["issn"]))
    if series.get("url"):
        found.append(("IsDocumentedBy", "URL", f"{series['url']}/evidence.json"))
    return [
        {"relationType": relation, "relatedIdentifierType": kind, "relatedIdentifier": value}
        for relation, kind, value in found
    ]


def _appears(series: Mapping[str, Any]) -> list[dict[str, Any]]:
    if not series:
        return []
    item = {
        "titles": [{"title": series["title"]}],
        "relatedItemType": "Collection",
        "relationType": "IsPublishedIn",
    }
    if series["publisher"]:
        item["publisher"] = series["publisher"]
    return [item | ({"number": series["number"], "numberType": "Report"} if series["number"] else {})]


# -- Citation File Format ----------------------------------------------------------------------------------------------


def citation_file(fronts: Fronts, context: Mapping[str, Any]) -> dict[str, Any]:
    """CITATION.cff of the folder, which is data (the evidence) to the format; the paper itself is the preferred citation."""
    front = next(iter(fronts.values()))
    series = front["series"] or {}
    edition = str(context["edition"])
    signed = [_signatory(person) for person in front["authors"]]
    others = [f"{language}: {one['title']}" for language, one in list(fronts.items())[1:]]
    common = {
        "title": front["title"],
        "authors": signed,
        "date-released": edition,
        "doi": series.get("doi"),
        "url": f"{series['url']}/{next(iter(fronts))}.html" if series.get("url") else None,
    }
    described = {
        "license": front["licence"]["spdx"],
        "keywords": list(dict.fromkeys(text for one in fronts.values() for text in one["keywords"])),
        "abstract": front["summary"],
    }
    paper = {
        "type": "report",
        **common,
        "year": int(edition[:4]),
        "month": int(edition[5:7]),
        "languages": [language for language in LANGUAGES if language in fronts],
        "institution": {"name": series["publisher"]} if series.get("publisher") else None,
        "collection-title": series.get("title"),
        "issn": series.get("issn"),
        "number": series.get("number"),
        "notes": "; ".join(others),
    }
    whole = {
        "cff-version": "1.2.0",
        "message": MESSAGE,
        "type": "dataset",
        **common,
        **described,
        "preferred-citation": paper,
    }
    return {
        key: {k: v for k, v in value.items() if v} if isinstance(value, Mapping) else value
        for key, value in whole.items()
        if value
    }


def _signatory(person: Mapping[str, Any]) -> dict[str, str]:
    """A person of the format where the parts of the name are given, else a name alone."""
    orcid = f"https://orcid.org/{person['orcid']}" if person["orcid"] else None
    if person["family_names"]:
        found = {
            "family-names": person["family_names"],
            "given-names": person["given_names"],
            "affiliation": person["affiliation"],
            "orcid": orcid,
        }
    else:
        found = {"name": person["name"], "orcid": orcid}
    return {key: value for key, value in found.items() if value}


def yaml(value: Mapping[str, Any], indent: str = "") -> str:
    """A mapping of texts, numbers, lists and mappings as YAML 1.2, every text in double quotes (a JSON string is one of YAML's)."""
    lines = []
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines.append(f"{indent}{key}:\n{yaml(item, indent + '  ')}")
        elif isinstance(item, list):
            lines.append(f"{indent}{key}:\n" + "".join(_entry(one, indent + "  ") for one in item))
        else:
            lines.append(f"{indent}{key}: {json.dumps(item, ensure_ascii=False)}\n")
    return "".join(lines)


def _entry(item: Any, indent: str) -> str:
    if isinstance(item, Mapping):
        return f"{indent}- {yaml(item, indent + '  ').lstrip()}"
    return f"{indent}- {json.dumps(item, ensure_ascii=False)}\n"
