"""`study.toml` and, for collected data, `privacy.toml`: what a study says of itself, checked as thoroughly as its tables."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import Fault, StudyError, say
from analysis.study import authorship, context, evaluation, semesters
from analysis.study.authorship import Author, Series
from analysis.study.contracts import Label, contracts
from analysis.study.declared import Findings, Section, load
from analysis.study.readers import Dialect
from analysis.study.sampling import Sampling, samplings

PROVENANCES = ("public-record", "simulated", "collected", "secondary")
TERRITORIES = ("national", "own")
THRESHOLD, LEAST_THRESHOLD = 5, 3
HEX = re.compile(r"#[0-9A-Fa-f]{6}")
CLUSTER = re.compile(r"(tcp|tls|wss?|ucx)://\S+:\d+")


@dataclass(frozen=True)
class Privacy:
    """What a study of collected data declares about the data of persons."""

    controller: str
    legal_basis: str
    notice_version: str
    consent: str
    deposit: str
    retention: dt.date | None
    dpia: str
    dpia_reason: str


@dataclass(frozen=True)
class Settings:
    """The contents of study.toml.

    territory: "national", "own" or "" (not said); pilot: code of the municipality where the project took place;
    clusters: addresses of the Dask schedulers to which collected or private data of the study may go;
    registers: who collected the rows of a table, by its name;
    pending: what an edition still needs (a draft does without).
    """

    id: str
    edition: dt.date
    provenance: str
    start: dt.date
    end: dt.date
    title: Label
    place: Label
    licence: str
    citation: Label
    source: Label
    funder: Label | None = None
    authors: tuple[Author, ...] = ()
    series: Series | None = None
    funding: dict[str, str] | None = None
    semesters: tuple[tuple[dt.date, dt.date], ...] = ()
    threshold: int = THRESHOLD
    confidential_organisations: bool = False
    dialect: Dialect = field(default_factory=Dialect)
    sampling: dict[str, Sampling] = field(default_factory=dict)
    style: dict[str, Any] = field(default_factory=dict)
    plan: dict[str, Any] = field(default_factory=dict)
    territory: str = ""
    pilot: str = ""
    clusters: tuple[str, ...] = ()
    privacy: Privacy | None = None
    context: tuple[context.Statistic, ...] = ()
    registers: dict[str, Label] = field(default_factory=dict)
    fundraising: evaluation.Fundraising | None = None
    comparisons: tuple[evaluation.Comparison, ...] = ()
    pending: tuple[Fault, ...] = ()

    @property
    def until(self) -> dt.date:
        """The last day that the data can tell of: the project's last one; while it is under way, that of the edition."""
        return max(self.start, min(self.end, self.edition))


def read(folder: Path, shown: str, expected_id: str = "") -> Settings:
    """The settings of the study in `folder`; `shown` is the folder's name in messages. Raises StudyError with all faults.

    expected_id: the name that a study lying in the project's data/ must bear.
    """
    findings = Findings()
    top = Section(
        load(folder / "study.toml", f"{shown}/study.toml"), f"{shown}/study.toml", findings=findings
    )
    values: dict[str, Any] = {
        "id": _identifier(top, expected_id),
        "edition": top.date("edition", required=True),
        "provenance": top.text("provenance", required=True, choices=PROVENANCES),
        "start": top.date("start", required=True),
        "end": top.date("end", required=True),
        "title": top.label("title", required=True),
        "place": top.label("place", required=True),
        "licence": top.text("licence", required=True),
        "citation": top.label("citation", required=True),
        "source": top.label("source", required=True),
        "funder": top.label("funder"),
    }
    collected = values["provenance"] == "collected"
    start, end = values["start"], values["end"]
    if start and end and end <= start:
        top.break_(
            "end",
            say(f"{end} non segue {start}", f"{end} is not after {start}"),
            say("una data dopo start", "a date after start"),
        )
        start = end = None
    values |= {
        "authors": authorship.authors(top, collected),
        "series": authorship.series(top, values["provenance"] == "simulated"),
        "funding": authorship.funding(top, values["provenance"] == "simulated"),
        "semesters": semesters.semesters(top, start, end),
        "sampling": dict(samplings(top)),
        "style": _style(top),
        "plan": _plan(top),
        "dialect": _dialect(top),
        "clusters": _clusters(top),
        "context": context.declared(top),
        "registers": _registers(top),
        "fundraising": evaluation.fundraising(top),
        "comparisons": evaluation.comparisons(top),
        **_territory(top),
    }
    disclosure = top.section("disclosure")
    if disclosure:
        values["threshold"] = _threshold(disclosure)
        values["confidential_organisations"] = disclosure.truth("confidential_organisations")
        disclosure.close()
    top.close()
    values["privacy"] = _privacy(folder, shown, collected, findings)
    if findings.broken:
        raise StudyError(findings.broken)
    return Settings(**values, pending=tuple(findings.pending))


def _identifier(top: Section, expected: str) -> str:
    name = top.text("id", required=True)
    if name and not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        top.break_(
            "id",
            say(f"«{name}» non va bene", f"“{name}” will not do"),
            say("minuscole senza accenti, cifre, - e _", "small letters without accents, digits, - and _"),
        )
    elif name and expected and name != expected:
        top.break_(
            "id",
            say(f"«{name}» non è il nome della cartella", f"“{name}” is not the folder's name"),
            expected,
        )
    return name


def _threshold(section: Section) -> int:
    value = section.number("threshold", low=LEAST_THRESHOLD, default=THRESHOLD)
    if value != int(value or 0):
        section.break_(
            "threshold",
            say(f"{value} non è intero", f"{value} is not whole"),
            say("un numero intero", "a whole number"),
        )
    return int(value or THRESHOLD)


def _registers(top: Section) -> dict[str, Label]:
    """`[registers.TABLE] collected_by`: who collected the rows of a table."""
    found = {}
    for name, item in top.sections("registers"):
        if name not in contracts().tables:
            item.break_(
                "",
                say(f"«{name}» non è il nome di una tabella", f"“{name}” is not the name of a table"),
                ", ".join(contracts().tables),
            )
        label = item.label("collected_by", required=True)
        item.close()
        if label:
            found[name] = label
    return found


def _dialect(top: Section) -> Dialect:
    section = top.section("csv")
    return Dialect() if section is None else dialect(section)


def dialect(section: Section, default: Dialect | None = None) -> Dialect:
    """Separator and decimal mark of a section; closes it."""
    default = default or Dialect()
    found = Dialect(
        section.text("separator", choices=(",", ";", "\t", "|"), default=default.separator),
        section.text("decimal", choices=(".", ","), default=default.decimal),
    )
    section.close()
    if found.separator == found.decimal:
        section.break_(
            "decimal",
            say("separatore e segno decimale sono uguali", "separator and decimal mark are the same"),
            say("due segni diversi", "two different marks"),
        )
    return found


STYLE = ("palette", "size", "width", "order", "title")


def _style(top: Section) -> dict[str, Any]:
    """The `[style]` table: general entries, and tables `[style.fig-…]` for single figures."""
    section = top.section("style")
    if section is None:
        return {}
    for name in section.values:
        if name not in STYLE and not name.startswith("fig-"):
            section.break_(
                name,
                say(f"voce «{name}» sconosciuta", f"unknown entry “{name}”"),
                ", ".join((*STYLE, "fig-…")),
            )
    for colour in section.texts("palette"):
        if not HEX.fullmatch(colour):
            section.break_(
                "palette", say(f"«{colour}» non è un colore", f"“{colour}” is not a colour"), '"#0072B2"'
            )
    return dict(section.values)


def _plan(top: Section) -> dict[str, Any]:
    section = top.section("plan")
    if section is None:
        return {}
    primary = []
    for _, item in section.sections("primary"):
        date = item.date("date", required=True)
        primary.append(
            {"outcome": item.text("outcome", required=True), "date": date.isoformat() if date else ""}
        )
        item.close()
    section.close()
    return {"primary": primary}


def _territory(top: Section) -> dict[str, str]:
    section = top.section("territory")
    if section is None:
        return {}
    found = {
        "territory": section.text("source", required=True, choices=TERRITORIES),
        "pilot": section.text("pilot"),
    }
    section.close()
    return found


def _clusters(top: Section) -> tuple[str, ...]:
    section = top.section("cluster")
    if section is None:
        return ()
    found = section.texts("addresses", required=True)
    for address in found:
        if not CLUSTER.fullmatch(address):
            section.break_(
                "addresses",
                say(f"«{address}» non va bene", f"“{address}” will not do"),
                "tls://calcolo.ente.it:8786, tcp://10.0.0.5:8786",
            )
    section.close()
    return tuple(found)


def _privacy(folder: Path, shown: str, collected: bool, findings: Findings) -> Privacy | None:
    """What privacy.toml declares. Whatever is missing keeps a collected study from publication, not from being worked on."""
    path, place = folder / "privacy.toml", f"{shown}/privacy.toml"
    if not path.exists():
        if collected:
            what = say(
                "manca: uno studio di dati raccolti non si pubblica senza",
                "is missing: a study of collected data is not published without it",
            )
            allowed = "controller, legal_basis, notice_version, consent, deposit, retention, dpia"
            findings.pending.append(Fault(what, place, allowed))
        return None
    section = Section(load(path, place), place, findings=findings)
    texts = {
        key: section.text(key, required=True, lenient=True)
        for key in ("controller", "legal_basis", "notice_version", "consent", "deposit")
    }
    retention = section.raw(
        "retention",
        (dt.date,),
        say("una data, come 2030-12-31", "a date, like 2030-12-31"),
        required=True,
        lenient=True,
    )
    dpia = section.section("dpia")
    done = reason = ""
    if dpia is None:
        section.pend("dpia", say("manca", "is missing"), 'dpia = { done = "yes" | "no", reason = "…" }')
    else:
        done = dpia.text("done", choices=("yes", "no", ""))
        reason = dpia.text("reason", required=True, lenient=True)
        if not done:
            dpia.pend(
                "done",
                say(
                    "non dice se la valutazione d'impatto è stata fatta",
                    "does not say whether the impact assessment was made",
                ),
                "yes, no",
            )
        dpia.close()
    section.close()
    return Privacy(**texts, retention=retention, dpia=done, dpia_reason=reason)
