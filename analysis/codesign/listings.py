"""What the record says in words: the services with their companies, the method's practices.

What belongs here: tables that list, without an estimate. What does not: counts and shares (participation, funnel, units, network).
"""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from analysis.codesign.participation import PHASES
from analysis.errors import EstimateError, Fault, say

PARTNERSHIP = ("coordinator", "partner", "strategic-partner", "funder")


def bilingual(frame: pd.DataFrame, stem: str) -> list[dict[str, str]]:
    """The columns `stem_it` and `stem_en` as one column of texts in both languages; an empty text stays empty in both."""
    pair = frame.reindex(columns=[f"{stem}_it", f"{stem}_en"]).astype(object)
    return pair.where(pair.notna(), "").set_axis(["it", "en"], axis=1).to_dict("records")


def texts(frame: pd.DataFrame, key: str, stem: str = "text") -> dict[str, dict[str, str]]:
    """`key` of each row → its text in both languages; a language without a text borrows the other's."""
    pair = frame.reindex(columns=[f"{stem}_it", f"{stem}_en"]).astype(object)
    pair = pair.where(pair.notna() & pair.ne("")).bfill(axis=1).ffill(axis=1)
    return dict(zip(frame[key], pair.set_axis(["it", "en"], axis=1).to_dict("records")))


def service_ties(services: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """One row a body and service: the company that co-designed it and its partners (separated by `;`), each once.

    Columns: service, actor. Refused: bodies that `actors` lacks, named with their service.
    """
    named = services.reindex(columns=["service", "company", "partners"]).astype(object)
    partners = named.assign(actor=named["partners"].astype("string").str.split(";")).explode("actor")
    pairs = pd.concat([named.assign(actor=named["company"]), partners])[["service", "actor"]]
    pairs["actor"] = pairs["actor"].astype("string").str.strip()
    pairs = pairs[pairs["actor"].notna() & (pairs["actor"] != "")].drop_duplicates().reset_index(drop=True)
    lost = pairs[~pairs["actor"].isin(actors["actor"])]
    if len(lost):
        raise EstimateError(
            [
                Fault(
                    say(f"«{actor}» non è in actors", f"'{actor}' is not in actors"),
                    f"services: {service}",
                    next_step=say("Correggere company o partners.", "Mend company or partners."),
                )
                for service, actor in zip(lost["service"], lost["actor"])
            ]
        )
    return pairs


def titles(services: pd.DataFrame) -> pd.DataFrame:
    """The names of the services in both languages: index service, columns it, en."""
    return services.set_index("service")[["name_it", "name_en"]].set_axis(["it", "en"], axis=1)


def partnership(actors: pd.DataFrame) -> pd.DataFrame:
    """One row an organisation with a role in the partnership (not companies involved nor supporters): name, role, type."""
    roles = {role: k for k, role in enumerate(PARTNERSHIP)}
    frame = actors.assign(rank=actors["role"].map(roles)).dropna(subset=["rank"])
    table = frame.sort_values("rank", kind="stable")[["actor", "role", "type"]].rename(
        columns={"actor": "organisation"}
    )
    table.attrs["columns"] = {
        "organisation": {"organisation": True},
        "role": {"labels": "actor_role"},
        "type": {"labels": "actor_type"},
    }
    return table.reset_index(drop=True)


def singly(actors: pd.DataFrame) -> list[str]:
    """The organisations that may be drawn one by one: no citizens, none that chose never to appear singly."""
    shown = (actors["type"] != "citizen") & (actors["publish_name"].astype("string").fillna("code") != "no")
    return actors.loc[shown, "actor"].tolist()


def rated(actors: pd.DataFrame) -> list[str]:
    """Those of `singly` that consented to the publication of ratings."""
    agreed = actors.loc[actors["consent_ratings"].astype("string").eq("yes").fillna(False), "actor"]
    return [actor for actor in singly(actors) if actor in set(agreed)]


def services(frame: pd.DataFrame, nameable: Collection[str]) -> pd.DataFrame:
    """One row a service: title, company (left out where it is not among the `nameable`), whom it is for, where it stands."""
    table = pd.DataFrame(
        {
            "service": bilingual(frame, "name"),
            "company": frame["company"].where(frame["company"].isin(nameable)).to_numpy(),
            "target": bilingual(frame, "target"),
            "status": frame["status"].to_numpy(),
        }
    )
    table.attrs["columns"] = {
        "service": {"text": True},
        "company": {"organisation": True},
        "target": {"text": True},
        "status": {"labels": "service_status"},
    }
    return table


def practices(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a practice of the method, in the order of the four phases and of their steps: practice, tool, who."""
    rank = frame["phase"].map({phase: k for k, phase in enumerate(PHASES)})
    step = pd.to_numeric(frame["step"], errors="coerce").fillna(0)  # no step: the phase as a whole
    frame = frame.assign(rank=rank, step=step).sort_values(["rank", "step"], kind="stable")
    table = pd.DataFrame(
        {
            "phase": frame["phase"].to_numpy(),
            "practice": bilingual(frame, "name"),
            "tool": bilingual(frame, "tool"),
            "who": bilingual(frame, "who"),
        }
    )
    table.attrs["columns"] = {
        "phase": {"labels": "phase"},
        "practice": {"text": True},
        "tool": {"text": True},
        "who": {"text": True},
    }
    return table
