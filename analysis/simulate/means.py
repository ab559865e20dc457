"""Money, actions, people with their shifts, campaigns and costs of a simulated study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate.calendar import Calendar
from analysis.simulate.network import ids
from analysis.simulate.write import stream

CONTRIBUTIONS = ("cash", "goods", "space", "skill", "time")
COST_CATEGORIES = ("staff", "volunteers", "space", "goods", "external", "overhead")
RECURRING = ("staff", "space", "overhead")


def money(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame
) -> pd.DataFrame:
    """The ledger: pledges, and what was received of them by the study's end. Skill and time are hours, the rest euros."""
    rng = stream(seed, "money")
    p, texts = truth["money"], catalogue["money"]
    lead = p["lead_funder"]
    funder = people.loc[people["role"].eq("funder"), "name"].iloc[0]
    first = when.day((np.arange(len(lead)) + 0.1) / len(lead))
    n = p["other_pledges"]
    kind_of = rng.choice(
        ["company", "citizens", "foundation", "public", "own"], n, p=[0.45, 0.25, 0.08, 0.10, 0.12]
    )
    names = {
        "company": people.loc[people["type"].eq("profit"), "name"].to_numpy(),
        "foundation": np.array([texts["foundation"]]),
        "public": people.loc[people["type"].eq("public"), "name"].to_numpy(),
        "citizens": np.array([texts["citizens"]]),
        "own": np.array([texts["own"]]),
    }
    giver = np.empty(n, dtype=object)
    for kind, pool in names.items():
        giver[kind_of == kind] = rng.choice(pool, (kind_of == kind).sum())
    form = rng.choice(CONTRIBUTIONS, n, p=[0.42, 0.16, 0.12, 0.16, 0.14])
    form = np.where(kind_of == "foundation", "cash", form)
    factor = (
        pd.Series(kind_of)
        .map({"company": 1.6, "citizens": 0.25, "foundation": 9.0, "public": 3.0, "own": 2.2})
        .to_numpy()
    )
    worth = factor * np.exp(p["cash_log_mean"] + p["cash_log_sd"] * rng.standard_normal(n))
    by_hours = np.isin(form, ["skill", "time"])
    hours = np.rint(rng.gamma(2.0, p["hours_mean"] / 2, n)) + 1
    pledged = pd.DataFrame(
        {
            "date": np.concatenate([first, when.working_day(0.04 + 0.94 * rng.random(n))]),
            "source": np.concatenate([np.full(len(lead), funder, dtype=object), giver]),
            "source_kind": np.concatenate([np.full(len(lead), "lead-funder", dtype=object), kind_of]),
            "kind": np.concatenate([np.full(len(lead), "cash", dtype=object), form]),
            "status": "pledged",
            "amount": np.concatenate(
                [np.asarray(lead, dtype=float), np.where(by_hours, np.nan, np.round(worth, -1))]
            ),
            "hours": np.concatenate([np.full(len(lead), np.nan), np.where(by_hours, hours, np.nan)]),
        }
    )
    sure = np.concatenate([np.ones(len(lead), dtype=bool), rng.random(n) < p["received"]])
    delay = np.rint(rng.gamma(2.0, p["delay_days"] / 2, len(pledged)))
    received = pledged.assign(status="received", date=pledged["date"] + pd.to_timedelta(delay, unit="D"))
    received = received.loc[sure & when.within(received["date"])]
    again = _recurring(p["recurring"], seed, pledged)
    ledger = pd.concat([pledged, received]).sort_values(["date", "status", "source"], kind="stable")
    row = ledger.index  # of the pledge, which a receipt shares
    ledger = ledger.reset_index(drop=True)
    ledger.insert(0, "entry", ids("l", len(ledger)))
    ledger["currency"] = ledger["amount"].notna().map({True: "EUR", False: None})
    made = ledger["status"].eq("pledged").to_numpy()
    settled = ledger.loc[made].set_index(row[made])["entry"].reindex(row)
    ledger["pledge"] = settled.mask(made).to_numpy()
    ledger["recurring"] = again.reindex(row).to_numpy()
    return ledger


def _recurring(shares: Mapping[str, float], seed: int, pledged: pd.DataFrame) -> pd.Series:
    """Whether each pledge recurs: the given share of the givers of each kind, or of their pledges where one name stands for many."""
    rng = stream(seed, "money.recurring")
    many = pledged["source_kind"].isin(["citizens", "foundation", "own"])
    giver = pledged["source"].mask(many, pledged["source"] + pledged.index.astype(str))
    givers = pd.DataFrame({"giver": giver, "kind": pledged["source_kind"]}).drop_duplicates()
    givers = givers.loc[givers["kind"].isin(list(shares))]
    rank = pd.Series(rng.random(len(givers)), givers.index).groupby(givers["kind"]).rank()
    number = (givers["kind"].map(shares) * givers.groupby("kind")["giver"].transform("size")).round()
    return giver.isin(givers.loc[rank <= number, "giver"])


def actions(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame
) -> pd.DataFrame:
    """The fundraising and peopleraising plan: who asks whom for what, by when, and with what result."""
    rng = stream(seed, "actions")
    resources = np.array(["space", "goods", "skill", "time", "money", "relations"], dtype=object)
    goals = pd.DataFrame(catalogue["money"]["goals"]).to_numpy(dtype=object)
    n = 4 * len(resources)
    which = np.resize(np.arange(len(resources)), n)
    askers = people.loc[people["role"].isin(["coordinator", "partner"]), "actor"].to_numpy()
    firms = people.loc[people["type"].eq("profit"), "name"].to_numpy()
    status = rng.choice(["done", "running", "planned", "dropped"], n, p=[0.5, 0.2, 0.15, 0.15])
    target = np.array([3, 2500, 60, 120, 8000, 5])[which]
    result = np.where(status == "done", np.rint(target * rng.uniform(0.5, 1.25, n)), np.nan)
    result = np.where(status == "running", np.rint(target * rng.uniform(0.1, 0.6, n)), result)
    frame = pd.DataFrame(
        {
            "goal": goals[which, 0],
            "goal_en": goals[which, 1],
            "resource": resources[which],
            "asker": rng.choice(askers, n),
            "asked": rng.choice(firms, n),
            "by": np.sort(when.working_day(0.1 + 0.9 * rng.random(n))),
            "target": target,
            "status": status,
            "result": result,
        }
    )
    frame.insert(0, "action", ids("c", n))
    pick = stream(seed, "actions.strategy").random(n)
    fitting = [catalogue["money"]["strategies"][resource] for resource in resources[which]]
    frame["strategy"] = [names[int(luck * len(names))] for names, luck in zip(fitting, pick)]
    return frame


def volunteers(truth: Mapping[str, Any], seed: int, when: Calendar) -> pd.DataFrame:
    """Volunteers: recruited, contacted, first shift, left (empty while they stay), hours given by the study's end."""
    rng = stream(seed, "people")
    p, n = truth["people"], truth["people"]["number"]
    recruited = pd.Series(np.sort(when.day(0.08 + 0.9 * rng.random(n))))
    contacted = recruited + pd.to_timedelta(rng.integers(0, 10, n), unit="D")
    shift = contacted + pd.to_timedelta(np.rint(rng.gamma(2.0, p["days_to_shift"] / 2, n)), unit="D")
    shift = shift.where(rng.random(n) < p["starts"]).where(when.within(shift))
    stay = np.ceil(30.44 * rng.geometric(p["leaves_per_month"], n))
    left = shift + pd.to_timedelta(stay, unit="D")
    left = left.where(when.within(left))
    months = (left.fillna(pd.Timestamp(when.end)) - shift).dt.days / 30.44
    hours = np.round(months * p["hours_per_month"] * rng.gamma(4.0, 0.25, n), 1)
    return pd.DataFrame(
        {
            "person": ids("v", n),
            "recruited": recruited,
            "contacted": contacted.where(when.within(contacted)),
            "first_shift": shift,
            "left": left,
            "channel": rng.choice(
                ["company", "neighbourhood", "association", "web"], n, p=[0.28, 0.32, 0.25, 0.15]
            ),
            "role": rng.choice(
                ["driver", "tutor", "desk", "childcare", "other"], n, p=[0.2, 0.25, 0.2, 0.25, 0.1]
            ),
            "hours": hours.fillna(0.0),
        }
    )


def campaigns(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar
) -> pd.DataFrame:
    """Campaigns with their cost, what they raised and how many gave."""
    rng = stream(seed, "campaigns")
    p, texts = truth["campaigns"], catalogue["campaigns"]
    kind = pd.Series(texts["order"])
    n = len(kind)
    start = pd.Series(when.working_day((np.arange(n) + 0.3 + 0.5 * rng.random(n)) / (n + 0.5)))
    length = kind.map({"event": 1, "mail": 30, "web": 60, "major-gift": 90, "grant": 120})
    end = start + pd.to_timedelta(length, unit="D")
    cost = np.round(np.exp(p["cost_log_mean"] + p["cost_log_sd"] * rng.standard_normal(n)), -1)
    raised = np.round(cost * kind.map(p["raised_per_euro"]) * np.exp(0.25 * rng.standard_normal(n)), -1)
    names, year = kind.map(texts["names"]), " " + start.dt.year.astype(str)
    gift = kind.map({"event": 35, "mail": 42, "web": 28, "major-gift": 4000, "grant": 9000})
    return pd.DataFrame(
        {
            "campaign": ids("k", n),
            "name": names.str["it"] + year,
            "name_en": names.str["en"] + year,
            "start": start,
            "end": end.where(when.within(end), pd.Timestamp(when.end)),
            "kind": kind,
            "cost": cost,
            "raised": raised,
            "donors": np.maximum(1, np.rint(raised / gift)).astype(int),
        }
    )


def costs(truth: Mapping[str, Any], seed: int, when: Calendar, offers: pd.DataFrame) -> pd.DataFrame:
    """Monthly costs of every service from its start, by category; overheads are one joint entry a month, for no single service."""
    rng = stream(seed, "costs")
    p = truth["costs"]
    months = pd.Series(pd.date_range(when.start, when.end, freq="ME").as_unit("s"), name="date")
    grid = offers[["service", "started"]].merge(months, how="cross")
    grid = grid.loc[grid["date"] > grid["started"]].merge(
        pd.Series(COST_CATEGORIES[:-1], name="category"), how="cross"
    )
    joint = months.to_frame().assign(category="overhead", service=None)
    frame = pd.concat([grid[["date", "service", "category"]], joint], ignore_index=True)
    base = frame["category"].map({name: p[name] for name in COST_CATEGORIES}).to_numpy(dtype=float)
    frame["amount"] = np.round(base * np.exp(p["noise_sd"] * rng.standard_normal(len(frame))), 2)
    frame["in_kind"] = frame["category"].isin(["volunteers", "space"])
    frame["joint"] = frame["service"].isna()
    frame["recurring"] = frame["category"].isin(RECURRING)
    frame = frame.sort_values(["date", "joint", "service", "category"], ignore_index=True)
    frame.insert(0, "cost", ids("x", len(frame)))
    return frame


def shifts(truth: Mapping[str, Any], seed: int, when: Calendar, offers: pd.DataFrame) -> pd.DataFrame:
    """Weekly shifts of some roles of every service from its start to the study's end: places needed and places covered."""
    rng = stream(seed, "shifts")
    p = truth["shifts"]
    roles, n = np.array(list(p["coverage"]), dtype=object), len(offers)
    chosen = np.sort(np.argsort(rng.random((n, len(roles))), axis=1)[:, : p["roles"]], axis=1)
    shape = chosen.shape
    needed = rng.integers(p["needed"][0], p["needed"][1] + 1, shape)
    hours = rng.integers(2 * p["hours"][0], 2 * p["hours"][1] + 1, shape) / 2
    started = offers["started"].to_numpy().astype("datetime64[D]")[:, None]
    first = started + rng.integers(1, 8, shape)
    weeks = np.maximum(0, (np.datetime64(when.end) - first).astype(int) // 7 + 1)
    row = np.repeat(np.arange(chosen.size), weeks.ravel())
    week = np.arange(len(row)) - np.repeat(np.cumsum(weeks.ravel()) - weeks.ravel(), weeks.ravel())
    role = roles[chosen.ravel()[row]]
    chance = pd.Series(role).map(p["coverage"]).to_numpy(dtype=float)
    frame = pd.DataFrame(
        {
            "date": (first.ravel()[row] + 7 * week).astype("datetime64[s]"),
            "service": np.repeat(offers["service"].to_numpy(), shape[1])[row],
            "role": role,
            "needed": needed.ravel()[row],
            "filled": rng.binomial(needed.ravel()[row], chance),
            "hours": hours.ravel()[row],
        }
    ).sort_values(["date", "service", "role"], ignore_index=True)
    frame.insert(0, "shift", ids("h", len(frame)))
    return frame


def wages(truth: Mapping[str, Any], catalogue: Mapping[str, Any], source: str) -> pd.DataFrame:
    """What an hour of each role would cost if it were paid: middle, lowest and highest."""
    p, names = truth["wages"], catalogue["wages"]["professions"]
    roles = list(p["hourly"])
    wage, low, high = np.array([p["hourly"][role] for role in roles], dtype=float).T
    return pd.DataFrame(
        {
            "role": roles,
            "profession_it": [names[role]["it"] for role in roles],
            "profession_en": [names[role]["en"] for role in roles],
            "wage": wage,
            "low": low,
            "high": high,
            "year": p["year"],
            "source": source,
        }
    )
