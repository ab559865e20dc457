"""The front matter of the JATS article: who, where, when, in which series, under which licence, with whose money; and what the data are.

A simulated study has no series, no funding and no persons (front.py); its label stands in the title, the notes and the metadata.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, SubElement

from analysis.publish import front as fronts
from analysis.publish.sources import fixed_words, localised

if TYPE_CHECKING:
    from analysis.publish.formats import Work

XLINK, XML = "{http://www.w3.org/1999/xlink}", "{http://www.w3.org/XML/1998/namespace}"
ALI = "{http://www.niso.org/schemas/ali/1.0/}"
CREATIVE = re.compile(r"CC[ -](BY(?:-NC)?(?:-SA|-ND)?)[ -](\d\.\d)")


def front(work: Work, abstract: Element, body: Element, back: Element) -> Iterator[Element]:
    """The children of `front`; `abstract` is the one that pandoc wrote, `body` and `back` are counted."""
    document = work.document
    yield _journal(document["front"]["series"] or {})
    yield _article(work, abstract, body, back)
    notes = Element("notes", {"notes-type": "disclaimer"})
    for text in (document["label"], *document["box"]):
        if text:
            _put(notes, "p", text)
    for entry in document["colophon"]:
        _put(notes, "p", f"{entry['name']}: {entry['text']}")
    if len(notes):
        yield notes


def _put(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    made = SubElement(
        parent, tag, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    )
    made.text = text
    return made


def _journal(series: Mapping[str, Any]) -> Element:
    """The series as journal. The DTD wants an identifier and an ISSN of every article: they stay empty where there are none."""
    made = Element("journal-meta")
    title = series.get("title") or series.get("publisher")
    _put(made, "journal-id", title, journal_id_type="publisher-id")
    if series.get("title"):
        _put(_put(made, "journal-title-group"), "journal-title", series["title"])
    _put(made, "issn", series.get("issn"))
    if series.get("publisher"):
        _put(_put(made, "publisher"), "publisher-name", series["publisher"])
    return made


def _article(work: Work, abstract: Element, body: Element, back: Element) -> Element:
    document, context = work.document, work.source.context
    front, language = document["front"], document["language"]
    series = front["series"] or {}
    others = {
        other: fronts.front_matter(prose, work.source)
        for other, prose in sorted(work.proses.items())
        if other != language
    }
    made = Element("article-meta")
    if series.get("doi"):
        _put(made, "article-id", series["doi"], pub_id_type="doi")
    if series.get("number"):
        _put(made, "article-id", series["number"], pub_id_type="publisher-id")
    categories = _put(made, "article-categories")
    _put(_put(categories, "subj-group", subj_group_type="heading"), "subject", document["words"]["paper"])
    if series.get("title"):
        _put(categories, "series-title", series["title"])
    if series.get("printed_number"):
        _put(categories, "series-text", series["printed_number"])
    titles = _put(made, "title-group")
    _put(titles, "article-title", front["title"])
    for other, translated in others.items():
        group = _put(titles, "trans-title-group")
        group.set(f"{XML}lang", other)
        _put(group, "trans-title", translated["title"])
    _authors(made, document)
    _date(made, document["edition"])
    permissions = _put(made, "permissions")
    _licence(permissions, str(context.get("licence") or ""))
    if not len(permissions):
        made.remove(permissions)
    if series.get("url"):
        for form in ("pdf", "html", "xml"):
            link = _put(made, "self-uri", content_type=form)
            link.set(f"{XLINK}href", f"{series['url']}/{language}.{form}")
    made.append(abstract)
    for other, translated in others.items():
        summary = _put(made, "trans-abstract")
        summary.set(f"{XML}lang", other)
        _put(summary, "p", translated["summary"])
    for tongue, keywords in [(language, front["keywords"]), *((o, t["keywords"]) for o, t in others.items())]:
        _keywords(made, keywords, "author", tongue)
    _keywords(made, front["jel"], "JEL")
    if front["funder"]:
        _funding(made, context, front["funder"], language)
    _counts(made, body, back)
    told = {
        "data label": document["label"],
        "data provenance": document["provenance"],
        "study": context.get("study"),
        "edition": document["edition"],
    }
    group = _put(made, "custom-meta-group")
    for name, value in told.items():
        if value:
            entry = _put(group, "custom-meta")
            _put(entry, "meta-name", name)
            _put(entry, "meta-value", str(value))
    return made


def _authors(made: Element, document: Mapping[str, Any]) -> None:
    """Authors with their affiliations, the addresses to write to, and their roles in the project as notes on interests."""
    front, words = document["front"], document["words"]
    ours = fixed_words()["provenance"]["simulated"]["author"].values()
    places = list(dict.fromkeys(a["affiliation"] for a in front["authors"] if a["affiliation"]))
    written_to = [person["name"] for person in front["correspondence"]]
    group = _put(made, "contrib-group")
    notes = Element("author-notes")
    for person in front["correspondence"]:
        number = written_to.index(person["name"]) + 1
        note = _put(notes, "corresp", f"{words['correspondence']}: {person['name']}, ", id=f"cor-{number}")
        _put(note, "email", person["email"])
    for number, author in enumerate(front["authors"], start=1):
        contrib = _put(group, "contrib", contrib_type="author")
        if author["orcid"]:
            _put(contrib, "contrib-id", f"https://orcid.org/{author['orcid']}", contrib_id_type="orcid")
        if author["name"] in ours:
            _put(contrib, "collab", author["name"])
        elif author["family_names"] and author["given_names"]:
            name = _put(contrib, "name")
            _put(name, "surname", author["family_names"])
            _put(name, "given-names", author["given_names"])
        else:
            # the parts are not known, and are not guessed
            _put(_put(contrib, "name", name_style="given-only"), "given-names", author["name"])
        if author["email"]:
            _put(contrib, "email", author["email"])
        if author["affiliation"]:
            place = places.index(author["affiliation"]) + 1
            _put(contrib, "xref", str(place), ref_type="aff", rid=f"aff-{place}")
        if author["name"] in written_to:
            contrib.set("corresp", "yes")
            _put(contrib, "xref", "*", ref_type="corresp", rid=f"cor-{written_to.index(author['name']) + 1}")
        if author["role"]:
            _put(contrib, "xref", words["role"], ref_type="author-notes", rid=f"role-{number}")
            note = _put(notes, "fn", fn_type="conflict", id=f"role-{number}")
            _put(note, "p", f"{words['role']} ({author['name']}): {author['role']}")
    for number, place_name in enumerate(places, start=1):
        place_element = _put(made, "aff", id=f"aff-{number}")
        _put(place_element, "label", str(number))
        _put(place_element, "institution", place_name)
    if len(notes):
        made.append(notes)


def _date(made: Element, edition: str) -> None:
    date = _put(
        made, "pub-date", date_type="pub", publication_format="electronic", iso_8601_date=edition
    )  # the study's edition
    year, month, day = edition.split("-")
    for name, value in (("day", day), ("month", month), ("year", year)):
        _put(date, name, value)


def _licence(permissions: Element, text: str) -> None:
    """The licence, with its address where it is one of Creative Commons."""
    if not text:
        return
    licence = _put(permissions, "license")
    known = CREATIVE.search(text)
    if known:
        address = f"https://creativecommons.org/licenses/{known[1].lower()}/{known[2]}/"
        licence.set("license-type", "open-access")
        licence.set(f"{XLINK}href", address)
        SubElement(licence, f"{ALI}license_ref").text = address
    _put(licence, "license-p", text)


def _keywords(made: Element, words: Sequence[str], kind: str, language: str | None = None) -> None:
    if words:
        group = _put(made, "kwd-group", kwd_group_type=kind)
        if language:
            group.set(f"{XML}lang", language)
        for word in words:
            _put(group, "kwd", word)


def _funding(made: Element, context: Mapping[str, Any], statement: str, language: str) -> None:
    group = _put(made, "funding-group")
    award = _put(group, "award-group")
    _put(award, "funding-source", str(localised(context["funder"], language)))
    number = (context.get("funding") or {}).get("award")
    if number:
        _put(award, "award-id", str(number))
    _put(group, "funding-statement", statement)


def _counts(made: Element, body: Element, back: Element) -> None:
    counts = _put(made, "counts")
    for name, found in (
        ("fig-count", body.iter("fig")),
        ("table-count", body.iter("table-wrap")),
        ("equation-count", body.iter("disp-formula")),
        ("ref-count", back.iter("ref")),
    ):
        _put(counts, name, count=str(sum(1 for _ in found)))
