"""Who is in a simulated network and what they do together: actors, units, events, participation, mediation, roles, ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.simulate.calendar import Calendar
from analysis.simulate.write import stream

KINDS = ("profit", "nonprofit", "public", "citizen")
PHASES = ("needs", "aggregation", "ideation", "experimentation")
WINDOWS = {
    "needs": (0.03, 0.30),
    "aggregation": (0.18, 0.48),
    "ideation": (0.35, 0.72),
    "experimentation": (0.58, 0.97),
}


def ids(letter: str, n: int) -> np.ndarray:
    """`n` identifiers: the letter and a number of equal width (at least two digits)."""
    width = max(2, len(str(n)))
    return np.array([f"{letter}{i:0{width}d}" for i in range(1, n + 1)], dtype=object)


def actors(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, quarters: list[str]
) -> pd.DataFrame:
    """The actors table, companies first (large to micro), without the date of joining."""
    rng = stream(seed, "actors")
    p, names = truth["actors"], catalogue["actors"]
    kind = np.repeat(KINDS, [p[k] for k in KINDS])
    entries = [entry for k in KINDS for entry in _named(names[k], p[k], numbered=k == "citizen")]
    sizes = [size for size in ("large", "medium", "small", "micro") for _ in range(p["company_sizes"][size])]
    size = np.full(len(kind), None, dtype=object)
    size[kind == "profit"] = np.resize(np.array(sizes, dtype=object), p["profit"])
    size[kind == "nonprofit"] = rng.choice(["micro", "small", "medium"], p["nonprofit"], p=[0.4, 0.45, 0.15])
    role = np.where(kind == "profit", "company", "supporter").astype(object)
    first = p["profit"]
    role[first : first + names["partners"] + 1] = "partner"
    role[first + names["coordinator"]] = "coordinator"
    role[first + names["funder"]] = "funder"
    role[first + p["nonprofit"]] = "strategic-partner"
    publish = rng.choice(list(p["publish_name"]), len(kind), p=list(p["publish_name"].values()))
    citizen = kind == "citizen"
    quarter = np.array([quarters[number - 1] if number else None for _, _, number in entries], dtype=object)
    quarter[citizen] = rng.choice(quarters, citizen.sum())
    return pd.DataFrame(
        {
            "actor": ids("a", len(kind)),
            "name": [name for name, _, _ in entries],
            "type": kind,
            "role": role,
            "sector": [sector for _, sector, _ in entries],
            "size": size,
            "municipality": catalogue["territory"]["provinces"][0],
            "quarter": quarter,
            "publish_name": np.where(citizen, "no", publish),
            "consent_ratings": (rng.random(len(kind)) < p["consent_ratings"]) & ~citizen,
        }
    )


def _named(entries: list[list[Any]], n: int, numbered: bool) -> list[tuple[str, str, int]]:
    out = []
    for i in range(n):
        name, sector, quarter = entries[i % len(entries)]
        turn = i // len(entries) + 1
        out.append(
            (f"{name} {i + 1}" if numbered else name if turn == 1 else f"{name} {turn}", sector, quarter)
        )
    return out


def units(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, people: pd.DataFrame, source: str
) -> pd.DataFrame:
    """Business units of companies: the first of each is CSR or HR, the largest have both, the others lie beyond."""
    rng = stream(seed, "units")
    companies = people.loc[people["type"].eq("profit"), ["actor", "size"]]
    number = companies["size"].map(truth["units"]["number"]).to_numpy(dtype=int)
    actor = np.repeat(companies["actor"].to_numpy(), number)
    size = np.repeat(companies["size"].to_numpy(), number)
    position = np.arange(len(actor)) - np.repeat(np.cumsum(number) - number, number)
    beyond = np.asarray(catalogue["units"]["beyond"], dtype=object)
    shuffled = np.argsort(rng.random((len(companies), len(beyond))), axis=1)
    company = np.repeat(np.arange(len(companies)), number)
    function = beyond[shuffled[company, np.maximum(position - 1, 0) % len(beyond)]]
    small = np.isin(size, ["micro", "small"])
    function = np.where(position == 0, np.where(small, "hr", "csr"), function)
    function = np.where((position == 1) & (size == "large"), "hr", function)
    return pd.DataFrame(
        {
            "unit": ids("u", len(actor)),
            "actor": actor,
            "name": pd.Series(function).map(catalogue["units"]["names"]),
            "function": function,
            "csr_or_hr": np.isin(function, ["csr", "hr"]),
            "source": source,
        }
    )


def events(
    truth: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    seed: int,
    when: Calendar,
    people: pd.DataFrame,
    source: str,
) -> pd.DataFrame:
    """Dated events of the four phases, in order of date."""
    rng = stream(seed, "events")
    p = truth["community"]
    phase = np.repeat(list(p["events"]), list(p["events"].values()))
    low, high = np.array([WINDOWS[name] for name in phase]).T
    date = when.working_day(low + (high - low) * rng.random(len(phase)))
    order = np.lexsort((phase, date))
    phase, date, n = phase[order], date[order], len(phase)
    facilitators = _facilitators(catalogue, people)
    texts = catalogue["events"]
    number = pd.Series(phase).groupby(phase).cumcount() + 1
    return pd.DataFrame(
        {
            "event": ids("e", n),
            "date": date,
            "phase": phase,
            "title": pd.Series(phase).map(texts["titles"]) + " " + number.astype(str),
            "place": rng.choice(texts["places"], n),
            "hours": rng.choice([2.0, 2.5, 3.0, 4.0], n, p=[0.35, 0.2, 0.3, 0.15]),
            "facilitator": facilitators[(rng.random(n) < 0.6).astype(int)],
            "mediated": rng.random(n) < p["mediated"],
            "source": source,
        }
    )


def _facilitators(catalogue: Mapping[str, Any], people: pd.DataFrame) -> np.ndarray:
    """The coordinator and the research body, who facilitate and mediate: ids, in this order."""
    nonprofit = people.loc[people["type"].eq("nonprofit"), "actor"].to_numpy()
    return np.asarray(nonprofit[[catalogue["actors"]["coordinator"], catalogue["actors"]["research"]]])


def attendance(
    truth: Mapping[str, Any], seed: int, people: pd.DataFrame, meetings: pd.DataFrame
) -> np.ndarray:
    """Who came to which event: bool (events, actors). Reach by type and phase; the same actors tend to stay (constancy)."""
    rng = stream(seed, "attendance")
    p = truth["community"]
    kinds = people["type"].to_numpy()
    reach = np.array([[p["reach"][kind][phase] for phase in PHASES] for kind in kinds])
    common, own = rng.standard_normal((len(kinds), 1)), rng.standard_normal((len(kinds), len(PHASES)))
    z = np.sqrt(p["constancy"]) * common + np.sqrt(1 - p["constancy"]) * own
    reached = special.ndtr(z) < reach
    phase = meetings["phase"].map({name: i for i, name in enumerate(PHASES)}).to_numpy()
    came = (rng.random((len(phase), len(kinds))) < p["attendance"]) & reached.T[phase]
    luck = rng.random((len(phase), len(kinds)))
    for number in range(len(PHASES)):
        rows = np.flatnonzero(phase == number)
        if len(rows):
            absent = reached[:, number] & ~came[rows].any(axis=0)
            came[rows[luck[rows].argmax(axis=0)][absent], np.flatnonzero(absent)] = True
    position = {actor: i for i, actor in enumerate(people["actor"])}
    came[np.arange(len(phase)), meetings["facilitator"].map(position).to_numpy()] = True
    return came


def participation(
    truth: Mapping[str, Any],
    seed: int,
    people: pd.DataFrame,
    offices: pd.DataFrame,
    meetings: pd.DataFrame,
    came: np.ndarray,
) -> pd.DataFrame:
    """One row per event, actor and (for companies) business unit; hours are person-hours: persons × hours of the event."""
    rng = stream(seed, "participation")
    event, actor = np.nonzero(came)
    company = (people["type"] == "profit").to_numpy()[actor]
    second = company & (rng.random(len(actor)) < truth["community"]["second_unit"])
    event, actor = np.concatenate([event, event[second]]), np.concatenate([actor, actor[second]])
    company = (people["type"] == "profit").to_numpy()[actor]
    phase = meetings["phase"].to_numpy()[event]
    beyond = rng.random(len(actor)) < pd.Series(phase).map(truth["units"]["beyond_csr"]).to_numpy()
    unit = _unit(rng, people["actor"].to_numpy()[actor], offices, beyond, company)
    persons = np.where(people["type"].to_numpy()[actor] == "citizen", 1, 1 + rng.poisson(0.6, len(actor)))
    frame = pd.DataFrame(
        {
            "event": meetings["event"].to_numpy()[event],
            "actor": people["actor"].to_numpy()[actor],
            "unit": unit,
            "role": np.where(rng.random(len(actor)) < 0.06, "expert", "participant"),
            "persons": persons,
            "hours": persons * meetings["hours"].to_numpy()[event],
        }
    )
    facilitates = meetings["facilitator"].to_numpy()[event] == frame["actor"]
    frame["role"] = frame["role"].mask(facilitates, "facilitator")
    frame = frame.drop_duplicates(["event", "actor", "unit"]).sort_values(
        ["event", "actor", "unit"], ignore_index=True
    )
    host = frame["role"].eq("participant") & frame["actor"].map(people.set_index("actor")["type"]).ne(
        "citizen"
    )
    first = frame.loc[host].groupby("event").sample(n=1, random_state=rng).index
    frame.loc[first, "role"] = "host"
    return frame


def _unit(
    rng: np.random.Generator,
    actor: np.ndarray,
    offices: pd.DataFrame,
    beyond: np.ndarray,
    company: np.ndarray,
) -> np.ndarray:
    """A unit of each company, drawn among those beyond CSR and HR or among those that are."""
    pool = offices.sort_values(["actor", "csr_or_hr", "unit"], ignore_index=True)
    groups = pool.groupby(["actor", "csr_or_hr"])["unit"].agg(["size"]).reset_index()
    groups["start"] = groups["size"].cumsum() - groups["size"]
    wanted = pd.DataFrame({"actor": actor, "csr_or_hr": ~beyond}).merge(
        groups, how="left", on=["actor", "csr_or_hr"]
    )
    size = wanted["size"].fillna(1).to_numpy()
    pick = wanted["start"].fillna(0).to_numpy() + np.floor(rng.random(len(actor)) * size)
    unit = pool["unit"].to_numpy()[pick.astype(int)]
    return np.asarray(pd.Series(unit).where(company, None), dtype=object)


def joining(
    seed: int, people: pd.DataFrame, meetings: pd.DataFrame, came: np.ndarray, when: Calendar
) -> pd.Series:
    """Date of joining: about two weeks before the first event an actor comes to; a random date for those who never come."""
    rng = stream(seed, "joining")
    first = np.where(came.any(axis=0), came.argmax(axis=0), -1)
    dates = meetings["date"].to_numpy()[np.maximum(first, 0)] - pd.to_timedelta(
        rng.integers(5, 25, len(people)), unit="D"
    )
    dates = np.where(first >= 0, dates, when.working_day(0.05 + 0.5 * rng.random(len(people))))
    return pd.Series(np.maximum(dates, np.datetime64(when.start))).dt.normalize()


def mediation(
    truth: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    seed: int,
    when: Calendar,
    people: pd.DataFrame,
    meetings: pd.DataFrame,
    came: np.ndarray,
) -> pd.DataFrame:
    """Acts of mediation between a company and a Third-sector or public body, likelier for those who come often."""
    rng = stream(seed, "mediation")
    p, n = truth["mediation"], truth["mediation"]["acts"]
    kinds, often = people["type"].to_numpy(), came.sum(axis=0) + 0.5
    facilitators = _facilitators(catalogue, people)
    often[people["actor"].isin(facilitators)] = 0.0
    company = np.where(kinds == "profit", often, 0.0)
    other = np.where(np.isin(kinds, ["nonprofit", "public"]), often, 0.0)
    ids_of = people["actor"].to_numpy()
    return pd.DataFrame(
        {
            "mediation": ids("d", n),
            "date": np.sort(when.working_day(0.12 + 0.82 * rng.random(n))),
            "mediator": facilitators[(rng.random(n) < 0.65).astype(int)],
            "party_a": rng.choice(ids_of, n, p=company / company.sum()),
            "party_b": rng.choice(ids_of, n, p=other / other.sum()),
            "act": rng.choice(
                ["introduction", "translation", "negotiation", "follow-up"], n, p=[0.4, 0.25, 0.2, 0.15]
            ),
            "hours": rng.choice([1.0, 1.5, 2.0, 3.0, 4.0], n),
            "result": rng.choice(
                ["agreement", "open", "none"],
                n,
                p=[p["agreement"], p["open"], 1 - p["agreement"] - p["open"]],
            ),
        }
    )


def roles(truth: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame) -> pd.DataFrame:
    """Each company's role in every semester since it joined: a walk of one step at a time."""
    rng = stream(seed, "roles")
    names = np.array(["donor", "supplier", "co-designer", "co-producer", "owner"], dtype=object)
    p, companies = truth["roles"], people.loc[people["type"].eq("profit")]
    n = len(companies)
    entered = when.semester(companies["joined"])
    state = np.searchsorted(np.cumsum(p["start"]), rng.random(n), side="right").clip(0, len(names) - 1)
    path = []
    for semester in range(1, when.semesters + 1):
        u = rng.random(n)
        step = np.where(u < p["up"], 1, np.where(u < p["up"] + p["down"], -1, 0))
        state = np.clip(state + np.where(semester > entered, step, 0), 0, len(names) - 1)
        path.append(
            pd.DataFrame({"actor": companies["actor"], "semester": semester, "role": names[state]}).loc[
                semester >= entered
            ]
        )
    return pd.concat(path, ignore_index=True).sort_values(["actor", "semester"], ignore_index=True)


def ties(
    truth: Mapping[str, Any],
    seed: int,
    when: Calendar,
    people: pd.DataFrame,
    meetings: pd.DataFrame,
    came: np.ndarray,
    mediated: pd.DataFrame,
) -> pd.DataFrame:
    """Directed ratings of collaboration (0–5) and trust (1–4) by semester among organisations that have met."""
    rng = stream(seed, "ties")
    p = truth["ties"]
    bodies = np.flatnonzero((people["type"] != "citizen").to_numpy())
    actor, sector = people["actor"].to_numpy()[bodies], people["sector"].to_numpy()[bodies]
    n = len(bodies)
    pair = np.triu(rng.standard_normal((n, n)), 1)
    pair = p["pair_sd"] * (pair + pair.T)
    rater, taste = rng.standard_normal((n, n)), rng.standard_normal((n, n))
    happened, agreed = when.semester(meetings["date"]), mediated.loc[mediated["result"].eq("agreement")]
    place = {name: i for i, name in enumerate(actor)}
    a, b = agreed["party_a"].map(place).to_numpy(), agreed["party_b"].map(place).to_numpy()
    settled = when.semester(agreed["date"])
    out = []
    for semester in range(1, when.semesters + 1):
        present = came[happened <= semester][:, bodies].astype(int)
        shared = present.T @ present
        together = np.zeros((n, n), dtype=bool)
        done = settled <= semester
        together[a[done], b[done]] = together[b[done], a[done]] = True
        fresh = np.sqrt(0.7) * rater + np.sqrt(0.3) * rng.standard_normal((n, n))
        latent = (
            p["intercept"]
            + p["same_sector"] * (sector[:, None] == sector)
            + p["log_shared_events"] * np.log1p(shared)
        )
        latent = latent + p["per_semester"] * (semester - 1) + p["after_mediation"] * together + pair
        level = np.clip(np.rint(latent + p["rater_sd"] * fresh), 0, 5).astype(int)
        trust = p["trust_intercept"] + p["trust_per_level"] * level + p["trust_sd"] * taste
        trust = np.where(level > 0, np.round(np.clip(trust, 1, 4), 1), np.nan)
        rated = ((shared >= p["met"]) | together) & ~np.eye(n, dtype=bool)
        i, j = np.nonzero(rated)
        out.append(
            pd.DataFrame(
                {
                    "semester": semester,
                    "from": actor[i],
                    "to": actor[j],
                    "level": level[i, j],
                    "trust": trust[i, j],
                }
            )
        )
    return pd.concat(out, ignore_index=True)
