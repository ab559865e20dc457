"""What a study says of itself to the evidence: one plain mapping, ready for JSON, from its settings, its actors and its codebook's labels."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault
from analysis.study.contracts import Label, contracts
from analysis.study.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

METHOD_CHECK = {
    "it": "Controllo del metodo su dati di altri; non è il progetto di Milano",
    "en": "Method check on other people’s data; not Milan’s project",
}
SIMULATED = {"it": "Studio dimostrativo, dati simulati", "en": "Demonstration study, simulated data"}


def context(
    s: Settings,
    tables: Sequence[str],
    actors: pd.DataFrame | None,
    variables: Mapping[str, Mapping[str, Label]],
    pending: Sequence[Fault] = (),
) -> dict[str, Any]:
    """The context of a study. actors: the typed table or None; variables: variable of the survey → code → label; pending: what keeps the
    study from being published, in the context only where there is something."""
    sampling = {
        name: asdict(item)
        | {"response_rate": "unknown" if item.response_rate is None else item.response_rate}
        for name, item in s.sampling.items()
    }
    unready = {"pending": [str(fault) for fault in pending]} if pending else {}
    return unready | {
        "study": s.id,
        "title": s.title,
        "place": s.place,
        "authors": [asdict(author) for author in s.authors],
        "provenance": s.provenance,
        "label": {"simulated": SIMULATED, "secondary": METHOD_CHECK}.get(s.provenance),
        "edition": s.edition.isoformat(),
        "licence": s.licence,
        "citation": s.citation,
        "funder": s.funder,
        "funding": s.funding,
        "series": asdict(s.series) if s.series else None,
        "source": s.source,
        "sampling": sampling,
        "tables": list(tables),
        "disclosure": {"threshold": s.threshold, "confidential_organisations": s.confidential_organisations},
        "style": s.style,
        "plan": s.plan,
        "labels": labels(variables),
        "organisations": {} if actors is None else organisations(actors, s.id, s.provenance),
    }


def labels(variables: Mapping[str, Mapping[str, Label]]) -> dict[str, dict[str, Label]]:
    """Field or enumeration → code → label, in the order of the contract. A field that several tables share has the codes of all; variables win."""
    found: dict[str, dict[str, Label]] = {}
    for name, codes in contracts().enumerations.items():
        found[name] = {code.name: code.label for code in codes}
    for table in contracts().tables.values():
        for name, field in table.fields.items():
            if field.codes:
                found.setdefault(name, {}).update({code.name: code.label for code in field.codes})
    for name, coded in variables.items():
        found[name] = {
            **coded,
            **{code: label for code, label in found.get(name, {}).items() if code not in coded},
        }
    return found


def organisations(actors: pd.DataFrame, study: str, provenance: str) -> dict[str, dict[str, Any]]:
    """Actor → name, code, publish (yes, code, no), type, consent to publish ratings.

    `publish` is "code" for a collected study's actor that does not say, "yes" otherwise. Codes are numbered in an order that tells nothing about
    names or rows; they stay the same while the list of actors does.
    """
    mixed = sorted(actors["actor"], key=lambda actor: hashlib.sha256(f"{study}/{actor}".encode()).hexdigest())
    width = len(str(len(mixed)))
    codes = {actor: f"A{number:0{width}d}" for number, actor in enumerate(mixed, start=1)}
    described = actors[["actor", "name", "type"]].assign(
        code=actors["actor"].map(codes),
        publish=actors["publish_name"].fillna("code" if provenance == "collected" else "yes"),
        consent=actors["consent_ratings"].eq("yes"),
    )
    return described.set_index("actor").to_dict("index")
