"""Who signs a study and where its papers appear: `[[authors]]`, `[series]` and `[funding]` of study.toml, each entry checked for its form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from analysis import places
from analysis.errors import say
from analysis.study.contracts import Label, nearest
from analysis.study.declared import BOTH, Section

ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4}-\d{4}-\d{4}-\d{3}[\dX])")
ISSN = re.compile(r"\d{4}-\d{3}[\dX]")
EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
NUMBER = re.compile(r"\d+\.\d{4}")
DOI = re.compile(r"10\.\d{4,9}/[A-Za-z0-9:/_;.()\[\]\\-]+")
HANDLE = re.compile(r"RePEc:[a-z0-9]{3}:[a-z0-9]{6}")
ADDRESS = re.compile(r"https?://[^\s/]+\.[^\s]+")


@dataclass(frozen=True)
class Author:
    """Who signs the study, and their role in the project it is about. affiliation: a text, or one for each language."""

    name: str
    role: Label | None = None
    affiliation: str | Label = ""
    email: str = ""
    orcid: str = ""
    corresponding: bool = False
    given_names: str = ""
    family_names: str = ""


@dataclass(frozen=True)
class Series:
    """The series in which a study's papers appear; handle, address, ISSN, numbers and DOIs are given by others and may be lacking."""

    title: Label
    publisher: str
    issn: str = ""
    handle: str = ""
    url: str = ""
    numbers: dict[str, str] = field(default_factory=dict)
    doi: dict[str, str] = field(default_factory=dict)


def orcid_holds(identifier: str) -> bool:
    """Whether the last character of an ORCID iD is its check character (ISO 7064 MOD 11-2 over the first fifteen digits)."""
    digits = identifier.replace("-", "")
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    return digits[-1] == "0123456789X"[(12 - total % 11) % 11]


def issn_holds(number: str) -> bool:
    """Whether the last character of an ISSN is its check character (ISO 3297: weights 8 to 2, modulus 11)."""
    digits = number.replace("-", "")
    total = sum(weight * int(digit) for weight, digit in zip(range(8, 1, -1), digits))
    return digits[-1] == "0123456789X"[-total % 11]


def authors(top: Section, collected: bool) -> tuple[Author, ...]:
    """The authors in order. A study of collected data is not published without each one's role and affiliation."""
    found = []
    for _, item in top.sections("authors"):
        name, role = item.text("name", required=True), item.label("role")
        affiliation = _affiliation(item)
        if collected and role is None:
            item.pend("role", say("manca il ruolo nel progetto", "the role in the project is missing"), BOTH)
        if collected and not affiliation:
            item.pend("affiliation", say("manca l'ente di appartenenza", "the affiliation is missing"), "…")
        email = _formed(item, "email", EMAIL, "nome@ente.it")
        orcid = _orcid(item)
        corresponding = item.truth("corresponding")
        if corresponding and not email:
            what = say(
                "l'autore di riferimento non ha un indirizzo", "the corresponding author has no address"
            )
            item.pend("email", what, "nome@ente.it")
        given, family = item.text("given_names"), item.text("family_names")
        if bool(given) != bool(family):
            missing = "family_names" if given else "given_names"
            what = say("nome e cognome vanno dati insieme", "given and family names are given together")
            item.break_(missing, what, "given_names, family_names")
        found.append(Author(name, role, affiliation, email, orcid, corresponding, given, family))
        item.close()
    if not found:
        top.pend("authors", say("manca chi firma lo studio", "nobody signs the study"), "[[authors]]")
    return tuple(found)


def _affiliation(item: Section) -> str | Label:
    kind = say("un testo, oppure ", "a text, or ") + BOTH
    value = item.raw("affiliation", (str, dict), kind)
    if isinstance(value, dict):
        return item.both("affiliation", value) or ""
    return item.text("affiliation") if value else ""


def _formed(item: Section, key: str, form: re.Pattern[str], allowed: str) -> str:
    """The text under `key` if it has the form, else empty (and a fault); a text still to fill in is only pending."""
    value = item.text(key)
    if value and not form.fullmatch(value) and not _pending(item, key):
        item.break_(key, say(f"«{value}» non va bene", f"“{value}” will not do"), allowed)
        return ""
    return value


def _pending(item: Section, key: str) -> bool:
    return any(fault.where == item.where(key) for fault in item.findings.pending)


def _orcid(item: Section) -> str:
    found = ORCID.fullmatch(_formed(item, "orcid", ORCID, "0000-0002-1825-0097"))
    if found is None:
        return ""
    if not orcid_holds(found[1]):
        item.break_(
            "orcid",
            say(
                f"la cifra di controllo di «{found[1]}» non torna",
                f"the check digit of “{found[1]}” is wrong",
            ),
            step=say("Ricopiarlo da orcid.org.", "Copy it again from orcid.org."),
        )
        return ""
    return found[1]


def series(top: Section, simulated: bool) -> Series | None:
    """The `[series]` section, None where there is none. A simulated study has no series: it is not a publication."""
    section = top.section("series")
    if section is None:
        return None
    if simulated:
        what = say(
            "uno studio simulato non è una pubblicazione e non ha una collana",
            "a simulated study is not a publication and has no series",
        )
        top.break_("series", what, step=say("Togliere la sezione.", "Take the section out."))
        return None
    title, publisher = section.label("title", required=True), section.text("publisher", required=True)
    issn = _formed(section, "issn", ISSN, "1234-5679")
    if ISSN.fullmatch(issn) and not issn_holds(issn):
        what = say(f"la cifra di controllo di «{issn}» non torna", f"the check digit of “{issn}” is wrong")
        section.break_("issn", what)
    handle = _formed(section, "handle", HANDLE, "RePEc:aaa:wpaper")
    url = _formed(section, "url", ADDRESS, "https://…").rstrip("/")
    numbers = _by_notebook(section, "numbers", NUMBER, "1.2026")
    doi = _by_notebook(section, "doi", DOI, "10.1234/abc")
    for name, entries in (("numbers", numbers), ("doi", doi)):
        _once(section, name, entries)
    section.close()
    return Series(title, publisher, issn, handle, url, numbers, doi) if title else None


def _by_notebook(section: Section, key: str, form: re.Pattern[str], allowed: str) -> dict[str, str]:
    """Notebook → text of that form."""
    part = section.section(key)
    if part is None:
        return {}
    known = sorted(path.stem for path in places.notebooks().glob("*.ipynb"))
    found = {}
    for name in part.values:
        found[name] = _formed(part, name, form, allowed)
        if known and name not in known:
            near = nearest(name, known)
            step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
            what = say(f"non c'è un notebook «{name}»", f"there is no notebook “{name}”")
            part.break_(name, what, ", ".join(known), step)
    return {name: value for name, value in found.items() if value}


def _once(section: Section, key: str, entries: dict[str, str]) -> None:
    values: Sequence[str] = list(entries.values())
    for value in sorted({value for value in values if values.count(value) > 1}):
        names = ", ".join(name for name, other in entries.items() if other == value)
        section.break_(
            key, say(f"«{value}» è dato a più notebook", f"“{value}” is given to several notebooks"), names
        )


def funding(top: Section, simulated: bool) -> dict[str, str] | None:
    """The `[funding]` section: the award under which the funder (a text of its own) paid. A simulated study has none."""
    section = top.section("funding")
    if section is None:
        return None
    if simulated:
        what = say("uno studio simulato non ha un finanziamento", "a simulated study has no funding")
        top.break_("funding", what, step=say("Togliere la sezione.", "Take the section out."))
        return None
    if "funder" not in top.values:
        top.break_("funder", say("manca chi finanzia", "the funder is missing"), BOTH)
    found = {"award": section.text("award", required=True)}
    section.close()
    return found
