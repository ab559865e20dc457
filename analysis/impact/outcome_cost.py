"""What a person served and an outcome reached cost: by service and over all services, with joint costs allocated by a declared key.

A ratio of sums (of means), never a mean of ratios: all costs over all outcomes, since only the mean cost times the cases gives back the whole
(Barber and Thompson 2000).
Cash, costs in kind and volunteers' time are told apart. Joint costs of a semester go to the services in proportion to the key in that
semester; those of a semester in which the key is zero everywhere (before the first service opens) in proportion to the key over the whole period.
Interval: percentile bootstrap over the semesters of a service and, over all services, over whole services, since the semesters
of one service are alike. Allocated amounts are held as they are. With few services such intervals are too narrow (Flynn and Peters 2004).
An average cost compares nothing: it is no cost of an effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

KEYS = ("persons", "hours", "direct", "equal")
VOLUNTEERS = "volunteers"
TOTAL = "total"
TAILS = (0.025, 0.975)
LEAST = {"semesters": 4, "services": 5}  # resampled pieces below which no interval is given
REASONS = {
    "computed": {"it": "calcolato", "en": "computed"},
    "no-outcomes": {"it": "nessun esito raggiunto: rapporto non calcolato", "en": "no outcome reached: no ratio"},
    "not-recorded": {"it": "esiti non rilevati: rapporto non calcolato", "en": "outcomes not recorded: no ratio"},
    "no-caseload": {"it": "utenza non rilevata: rapporto non calcolato", "en": "caseload not recorded: no ratio"},
    "no-costs": {"it": "nessun costo registrato: rapporto non calcolato", "en": "no cost recorded: no ratio"},
}  # fmt: skip
BASES = {
    "semesters": {"it": "semestri ricampionati", "en": "semesters resampled"},
    "services": {"it": "servizi ricampionati", "en": "services resampled"},
    "few": {"it": "troppo pochi per un intervallo", "en": "too few for an interval"},
    "unbounded": {"it": "senza limite superiore", "en": "no upper bound"},
}
Semesters = Sequence[tuple[date, date]]


@dataclass(frozen=True)
class OutcomeCost:
    """Costs over persons and outcomes. `units`: one row a service and semester (euro, persons, outcomes); `rows`: one a service and the total.

    key: of the joint costs. valued: whether volunteers' time is in the costs. set_aside: volunteers' time entered as a cost in kind and
    replaced by the value given, so that it counts once. draws, seed: of the intervals (95 %).
    """

    units: pd.DataFrame
    rows: pd.DataFrame
    key: str
    valued: bool
    set_aside: float
    draws: int
    seed: int

    def table(self) -> pd.DataFrame:
        """service (last row: total), persons, cost_per_person, low and high, achieved, cost_per_outcome, low and high, resampled, basis, reason.

        basis: what the interval resamples (services, semesters) or why there is none; reason: why no cost per outcome. Both are text (it, en),
        so that services still add up to their total where counts are protected.
        persons: persons followed in a semester, summed over semesters. Euro.
        """
        names = ["service", "cost", "persons", *_banded("cost_per_person"), "achieved", "counted"]
        frame = self.rows[[*names, *_banded("cost_per_outcome"), "resampled"]].copy()
        for name, known in (("basis", BASES), ("reason", REASONS)):
            frame[name] = pd.Series([known[code] for code in self.rows[name]], dtype=object)
        euro = {"unit": "euro", "n": "resampled"}
        frame.attrs["columns"] = {
            "service": {"labels": "service"},
            "cost": euro,
            "persons": {"counts": "persons"},
            "cost_per_person": {"unit": "euro", "n": "persons"},
            "cost_per_person_low": {"low_of": "cost_per_person"},
            "cost_per_person_high": {"high_of": "cost_per_person"},
            "achieved": {"counts": "persons"},
            "counted": euro,
            "cost_per_outcome": {"unit": "euro", "n": "achieved"},
            "cost_per_outcome_low": {"low_of": "cost_per_outcome"},
            "cost_per_outcome_high": {"high_of": "cost_per_outcome"},
            "resampled": {"counts": "things"},
            "basis": {"text": True},
            "reason": {"text": True},
        }
        return frame

    def allocation(self) -> pd.DataFrame:
        """service, allocation_key, entries (n of the euro), cash and in_kind of its own, joint_cash and joint_in_kind allocated, volunteers, cost; last row: total."""
        names = ["cash", "in_kind", "joint_cash", "joint_in_kind", VOLUNTEERS, "cost"]
        frame = self.rows[["service", "semesters", *names]].copy()
        frame.insert(1, "allocation_key", self.key)
        if not self.valued:
            frame[VOLUNTEERS] = np.nan
        frame.attrs["columns"] = {
            "service": {"labels": "service"},
            "allocation_key": {"labels": "allocation_key"},
            "semesters": {"counts": "things"},
            **{name: {"unit": "euro", "n": "semesters"} for name in names},
        }
        return frame


def _banded(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]


def cost_per_outcome(
    costs: pd.DataFrame,
    caseload: pd.DataFrame,
    semesters: Semesters,
    key: str,
    volunteer_value: Mapping[str, float] | float | None = None,
    *,
    seed: int,
    draws: int = 2000,
) -> OutcomeCost:
    """Cost per person served and per outcome reached, from the study's `costs` and `caseload`; `semesters`: first and last day of each.

    key: how joint costs are allocated (persons, hours, direct cost, equal parts). volunteer_value: euro of volunteers' time by service or
    in all (then by the key), on the basis of the room that values it; it replaces time of volunteers entered as a cost in kind. Without it
    that time counts as the books have it, and where they have none it is not valued.
    Semesters without an entry in the caseload are semesters without persons. Semesters whose outcomes were not recorded do not enter the
    cost per outcome, neither with their costs nor with their outcomes. No ratio where there are no outcomes, no costs or no caseload: the
    row stands with its reason. Refused, all at once: amounts that are missing or negative, entries doubled, entries neither of one service
    nor joint or both, dates outside the semesters, more outcomes than persons, a key that is zero for every service.
    """
    costs, caseload = costs.reset_index(drop=True), caseload.reset_index(drop=True)
    required("costs", costs, ["cost", "date", "service", "category", "amount", "in_kind", "joint"])
    required("caseload", caseload, ["service", "semester", "persons", "achieved", "hours"])
    semester = _semester(costs["date"], semesters)
    faults = [
        *_cost_faults(costs, semester, semesters),
        *_caseload_faults(caseload, len(semesters), key),
        *_value_faults(volunteer_value),
    ]
    if faults:
        raise EstimateError(faults)
    in_books = (costs["category"] == VOLUNTEERS) & flagged(costs["in_kind"])
    replaced = in_books if volunteer_value is not None else np.zeros(len(costs), dtype=bool)
    set_aside = float(costs.loc[replaced, "amount"].sum())
    units = _units(costs[~replaced], semester[~replaced], in_books[~replaced], caseload, key)
    if volunteer_value is not None:
        units[VOLUNTEERS] = _spread(volunteer_value, units)
    units["cost"] = units[["cash", "in_kind", "joint_cash", "joint_in_kind", VOLUNTEERS]].sum(axis=1)
    rows = _rows(units, seed, draws)
    valued = volunteer_value is not None or bool(in_books.any())
    return OutcomeCost(units.drop(columns="weight"), rows, key, valued, set_aside, draws, seed)


def allocate(pools: np.ndarray, semester: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Joint costs by unit, shape (U,), that sum to those of `pools`.

    pools: euro by semester, shape (S,); semester: of each unit, from 0; weights: the key of each unit, not negative. A semester whose units
    have no weight leaves its cost to all units, in proportion to their weight. Refused where no unit has weight and there is something to allocate.
    """
    pools, weights = np.asarray(pools, dtype=float), np.asarray(weights, dtype=float)
    if not pools.any():
        return np.zeros(len(weights))
    whole = weights.sum()
    if not whole > 0:
        raise EstimateError(
            Fault(
                say("la chiave è zero per ogni servizio", "the key is zero for every service"),
                say("costi comuni", "joint costs"),
                ", ".join(KEYS),
                say("Scegliere un'altra chiave.", "Choose another key."),
            )
        )
    sums = np.bincount(semester, weights, minlength=len(pools))
    rate = np.divide(pools, sums, out=np.zeros(len(pools)), where=sums > 0)
    return weights * (rate[semester] + pools[sums == 0].sum() / whole)


def flagged(values: pd.Series) -> np.ndarray:
    """Where a flag is set: the code yes, or true; shape (n,). A missing flag is not set."""
    return values.isin(["yes", True]).to_numpy(dtype=bool)


def _semester(dates: pd.Series, semesters: Semesters) -> np.ndarray:
    """Index of the semester of each date, from 0; −1 outside all of them."""
    starts, ends = (pd.to_datetime([pair[k] for pair in semesters]).to_numpy() for k in (0, 1))
    days = pd.to_datetime(dates).to_numpy()
    at = np.searchsorted(starts, days, side="right") - 1
    inside = (at >= 0) & (days <= ends[np.maximum(at, 0)]) & ~np.isnat(days)
    return np.where(inside, at, -1)


def _units(
    costs: pd.DataFrame, semester: np.ndarray, in_books: pd.Series, caseload: pd.DataFrame, key: str
) -> pd.DataFrame:
    """One row a service and semester in which it has costs or a caseload, with its own and its allocated costs."""
    joint = flagged(costs["joint"])
    time = in_books.to_numpy(dtype=bool)
    in_kind = flagged(costs["in_kind"]) & ~time
    kinds = {"cash": ~in_kind & ~time, "in_kind": in_kind, VOLUNTEERS: time}
    amount = costs["amount"].to_numpy(dtype=float)
    own = pd.DataFrame({name: np.where(mask, amount, 0.0) for name, mask in kinds.items()})
    own["service"], own["semester"] = costs["service"].to_numpy(), semester + 1
    direct = own[~joint].groupby(["service", "semester"]).sum()
    people = caseload.assign(semester=caseload["semester"].astype(int), met=True)
    people = people.set_index(["service", "semester"])[["persons", "achieved", "hours", "met"]]
    units = direct.join(people, how="outer").sort_index().reset_index()
    units[list(kinds)] = units[list(kinds)].fillna(0.0)
    units["met"] = units["met"].fillna(False).astype(bool)
    for name in ("persons", "achieved", "hours"):
        units[name] = units[name].astype(float).where(units["met"], 0.0)
    weights = {
        "persons": units["persons"],
        "hours": units["hours"].fillna(0.0),
        "direct": units[list(kinds)].sum(axis=1),
        "equal": units["met"],
    }
    units["weight"] = weights[key].astype(float)
    at = units["semester"].to_numpy(dtype=int) - 1
    size = max(int(semester.max(initial=0)), int(at.max(initial=0))) + 1
    for name, mask in kinds.items():
        pools = np.bincount(semester[joint], amount[joint] * mask[joint], minlength=size)
        given = allocate(pools, at, units["weight"].to_numpy())
        if name == VOLUNTEERS:
            units[VOLUNTEERS] += given
        else:
            units[f"joint_{name}"] = given
    return units


def _spread(value: Mapping[str, float] | float, units: pd.DataFrame) -> np.ndarray:
    """Volunteers' time by unit: of each service over its semesters in proportion to the key (equally where that is zero), or of all by the key."""
    weight = units["weight"].to_numpy()
    if not isinstance(value, Mapping):
        return allocate(np.array([float(value)]), np.zeros(len(units), dtype=int), weight)
    lost = sorted(set(map(str, value)) - set(units["service"]))
    if lost:
        raise EstimateError(
            Fault(
                say(f"servizi senza costi né utenza: {', '.join(lost)}", f"services without costs or caseload: {', '.join(lost)}"),
                "volunteer_value",
                ", ".join(sorted(set(units["service"]))),
            )
        )  # fmt: skip
    code, names = pd.factorize(units["service"])
    own = np.array([float(value.get(name, 0.0)) for name in names])
    sums = np.bincount(code, weight)
    even = np.where(sums[code] > 0, weight, 1.0)
    return own[code] * even / np.bincount(code, even)[code]


def _rows(units: pd.DataFrame, seed: int, draws: int) -> pd.DataFrame:
    """Sums and ratios by service and in all, each with the interval of its resamples."""
    served = units.groupby("service")["met"].transform("any")
    known = units["achieved"].notna() & served
    told = (units["achieved"].notna() & units["met"]).groupby(units["service"]).transform("any")
    known &= told
    enters = pd.DataFrame(
        {
            "for_persons": units["cost"].where(served, 0.0),
            "counted": units["cost"].where(known, 0.0),
            "known": units["achieved"].where(known, 0.0),
            "tells": known & units["met"],
            "served": served,
            "enters": known,
        }
    )
    units = pd.concat([units, enters], axis=1)
    streams = np.random.SeedSequence(seed).spawn(units["service"].nunique() + 1)
    found = []
    for (name, own), stream in zip(units.groupby("service", sort=True), streams[1:]):
        found.append({"service": name, **_sums(own), **_ratios(own, own, "semesters", stream, draws)})
    every = units.groupby("service", sort=True)[["for_persons", "persons", "counted", "known"]].sum()
    every[["served", "enters"]] = units.groupby("service", sort=True)[["served", "enters"]].any()
    found.append({"service": TOTAL, **_sums(units), **_ratios(units, every, "services", streams[0], draws)})  # fmt: skip
    return pd.DataFrame(found)


def _sums(own: pd.DataFrame) -> dict[str, Any]:
    names = ["cash", "in_kind", "joint_cash", "joint_in_kind", VOLUNTEERS, "cost", "persons", "counted"]
    achieved = own["known"].sum() if own["tells"].any() else np.nan
    return {
        **{name: float(own[name].sum()) for name in names},
        "achieved": achieved,
        "semesters": len(own),
    }


def _ratios(
    own: pd.DataFrame,
    pieces: pd.DataFrame,
    basis: str,
    stream: np.random.SeedSequence,
    draws: int,
) -> dict[str, Any]:
    """The ratios of the sums of `own`, never from a denominator or a cost that is not above zero, with bounds from resampled `pieces`."""
    cost, persons, counted, outcomes = own[["for_persons", "persons", "counted", "known"]].sum()
    tests = (
        ("no-caseload", not own["met"].any()),
        ("not-recorded", not own["tells"].any()),
        ("no-outcomes", outcomes <= 0),
        ("no-costs", counted <= 0),
    )
    reason = next((code for code, holds in tests if holds), "computed")
    values = {
        "cost_per_person": cost / persons if persons > 0 and cost > 0 else np.nan,
        "cost_per_outcome": counted / outcomes if reason == "computed" else np.nan,
    }
    row: dict[str, Any] = {"reason": reason}
    for name, enters, sums in (
        ("cost_per_person", "served", ["for_persons", "persons"]),
        ("cost_per_outcome", "enters", ["counted", "known"]),
    ):
        some = pieces.loc[pieces[enters], sums].to_numpy(dtype=float)
        low, high = _bounds(some, stream, draws) if len(some) >= LEAST[basis] else (np.nan, np.nan)
        if not np.isfinite(values[name]):
            low = high = np.nan
        row |= {name: values[name], f"{name}_low": low, f"{name}_high": high, "resampled": len(some)}
    bounded = np.isfinite(row["cost_per_outcome_low"]) or reason != "computed"
    row["basis"] = "few" if row["resampled"] < LEAST[basis] else basis if bounded else "unbounded"
    return row


def _bounds(sums: np.ndarray, stream: np.random.SeedSequence, draws: int) -> tuple[float, float]:
    """Percentile bounds of the ratio of the sums over resampled rows of `sums` (cost, count), shape (n, 2).

    A resample without outcomes costs without bound: where such resamples are more than a tail, there is no interval.
    """
    n = len(sums)
    rng = np.random.Generator(np.random.PCG64(stream))
    top, bottom = (rng.multinomial(n, np.full(n, 1 / n), draws) @ sums).T
    ratio = np.divide(top, bottom, out=np.full(draws, np.inf), where=bottom > 0)
    low, high = np.quantile(ratio, TAILS, method="inverted_cdf")
    return (float(low), float(high)) if np.isfinite(high) else (np.nan, np.nan)


def _cost_faults(costs: pd.DataFrame, semester: np.ndarray, semesters: Semesters) -> list[Fault]:
    amount = pd.to_numeric(costs["amount"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    joint = flagged(costs["joint"])
    own = costs["service"].notna().to_numpy()
    span = f"{semesters[0][0]:%Y-%m-%d} – {semesters[-1][1]:%Y-%m-%d}" if len(semesters) else "—"
    one = say("un servizio, oppure joint = sì", "one service, or joint = yes")
    tests = [
        (~np.isfinite(amount), "amount", say("importo mancante", "amount missing"), "≥ 0"),
        (amount < 0, "amount", say("importo negativo", "negative amount"), "≥ 0"),
        (costs["cost"].duplicated(keep=False).to_numpy(), "cost", say("voce ripetuta", "entry doubled"), say("una volta", "once")),
        (~own & ~joint, "service, joint", say("né di un servizio né comune", "neither of a service nor joint"), one),
        (own & joint, "service, joint", say("di un servizio e insieme comune", "of a service and joint at once"), one),
        (semester < 0, "date", say("data fuori dai semestri", "date outside the semesters"), span),
    ]  # fmt: skip
    return _found("costs", tests)


def _caseload_faults(caseload: pd.DataFrame, semesters: int, key: str) -> list[Fault]:
    persons, achieved, hours, at = (
        pd.to_numeric(caseload[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        for name in ("persons", "achieved", "hours", "semester")
    )
    tests = [
        (caseload.duplicated(["service", "semester"], keep=False).to_numpy(), "service, semester", say("riga ripetuta", "row doubled"), say("una volta", "once")),
        (~np.isin(at, np.arange(1, semesters + 1)), "semester", say("semestre sconosciuto", "unknown semester"), f"1–{semesters}"),
        (~(persons >= 0), "persons", say("persone mancanti o negative", "persons missing or negative"), "≥ 0"),
        (achieved < 0, "achieved", say("esiti negativi", "negative outcomes"), "≥ 0"),
        (achieved > persons, "achieved", say("più esiti che persone", "more outcomes than persons"), "≤ persons"),
        (hours < 0, "hours", say("ore negative", "negative hours"), "≥ 0"),
        ((key == "hours") & np.isnan(hours), "hours", say("ore mancanti, e sono la chiave", "hours missing, and they are the key"), "≥ 0"),
    ]  # fmt: skip
    faults = _found("caseload", tests)
    if caseload.empty:
        faults.append(Fault(say("nessuna riga", "no rows"), "caseload"))
    if key not in KEYS:
        faults.append(Fault(say(f"chiave «{key}» sconosciuta", f"unknown key '{key}'"), "key", ", ".join(KEYS)))  # fmt: skip
    return faults


def _value_faults(value: Mapping[str, float] | float | None) -> list[Fault]:
    given = value if isinstance(value, Mapping) else {} if value is None else {TOTAL: value}
    return [
        Fault(say(f"«{name}»: {each}", f"'{name}': {each}"), "volunteer_value", say("euro, ≥ 0", "euro, ≥ 0"))
        for name, each in given.items()
        if not (np.isfinite(each) and each >= 0)
    ]


def _found(table: str, tests: Sequence[tuple[np.ndarray, str, str, str]]) -> list[Fault]:
    return [
        Fault(what, f"{where(table, mask)}, {column}", allowed)
        for mask, column, what, allowed in tests
        if np.any(mask)
    ]
