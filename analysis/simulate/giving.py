"""Proposals to funders, gifts of persons and the call under which a simulated programme is funded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate.calendar import Calendar
from analysis.simulate.network import ids
from analysis.simulate.write import stream

STAGES = ("prospect", "contacted", "submitted", "negotiation", "won")
APART = ("grant",)  # campaigns that ask bodies, not persons


def call_rules(truth: Mapping[str, Any], catalogue: Mapping[str, Any], source: str) -> pd.DataFrame:
    """The rules of the invented call, with their limits as numbers: euros, a share, years."""
    p, texts = truth["call"], catalogue["call"]
    rules = ["min-cost", "max-grant", "max-share", "duration"]
    value = np.array([p[rule.replace("-", "_")] for rule in rules], dtype=float)
    shown = [f"{round(100 * v) if rule == 'max-share' else v:,.0f}" for rule, v in zip(rules, value)]
    return pd.DataFrame(
        {
            "edition": p["edition"],
            "year": p["year"],
            "rule": rules,
            "value_it": [
                texts[rule]["it"].format(number=s.replace(",", ".")) for rule, s in zip(rules, shown)
            ],
            "value_en": [texts[rule]["en"].format(number=s) for rule, s in zip(rules, shown)],
            "value": value,
            "source": source,
        }
    )


def proposals(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame
) -> pd.DataFrame:
    """One row per dated stage of a proposal that has happened by the study's end: prospect … won, or lost at any stage."""
    rng = stream(seed, "proposals")
    p = truth["proposals"]
    kind = np.repeat(list(p["number"]), list(p["number"].values()))
    n, steps = len(kind), STAGES[:-1]
    funders = {
        "foundation": np.array(catalogue["proposals"]["foundations"], dtype=object),
        "company": people.loc[people["type"].eq("profit"), "name"].to_numpy(dtype=object),
        "public": people.loc[people["type"].eq("public"), "name"].to_numpy(dtype=object),
    }
    funder = np.empty(n, dtype=object)
    for name, pool in funders.items():
        funder[kind == name] = rng.choice(pool, (kind == name).sum())
    askers = people.loc[people["role"].isin(["coordinator", "partner"]), "actor"].to_numpy()
    order = np.argsort(rng.random(n), kind="stable")
    table = pd.DataFrame({"funder": funder, "funder_kind": kind}).iloc[order].reset_index(drop=True)
    table["asker"] = rng.choice(askers, n)
    table["start"] = np.sort(when.working_day(0.01 + 0.97 * rng.random(n) ** 0.7))
    middle = table["funder_kind"].map(p["amount_log_mean"]).to_numpy(dtype=float)
    table["amount"] = np.maximum(
        100, np.round(np.exp(middle + p["amount_log_sd"] * rng.standard_normal(n)), -2)
    )
    table.insert(0, "proposal", ids("f", n))
    chance = np.array([[p["pass"][name][stage] for stage in steps] for name in table["funder_kind"]])
    reached = np.cumprod(rng.random((n, len(steps))) < chance, axis=1).astype(bool)
    mean = np.array([p["days"][stage] for stage in steps], dtype=float)
    leaves = np.cumsum(np.ceil(rng.gamma(2.0, mean / 2.0, size=(n, len(steps)))), axis=1).astype(int)
    rows = [table.assign(stage=STAGES[0], after=0)]
    alive = np.ones(n, dtype=bool)
    for k, stage in enumerate(STAGES[1:]):
        rows.append(table.assign(stage=np.where(reached[:, k], stage, "lost"), after=leaves[:, k]).loc[alive])
        alive = reached[:, k]
    history = pd.concat(rows, ignore_index=True)
    history["date"] = history["start"] + pd.to_timedelta(history["after"], unit="D")
    history = history.loc[when.within(history["date"])].sort_values(["proposal", "after"], ignore_index=True)
    history["currency"] = "EUR"
    return history[["proposal", "funder", "funder_kind", "asker", "stage", "date", "amount", "currency"]]


def gifts(truth: Mapping[str, Any], seed: int, campaigns: pd.DataFrame) -> pd.DataFrame:
    """Gifts of persons to every campaign that asks persons: as many donors and as many euros as the campaign counts.

    Euros are whole, at least one to a gift; a campaign that raised less than a euro a donor has none here.
    """
    rng = stream(seed, "gifts")
    p = truth["gifts"]
    kept = campaigns.loc[
        ~campaigns["kind"].isin(APART)
        & (campaigns["raised"] >= campaigns["donors"])
        & campaigns["donors"].gt(0)
    ]
    donor, campaign = _donors(rng, p, kept)
    level = p["donor_sd"] * rng.standard_normal(donor.max(initial=0) + 1)
    weight = np.exp(level[donor] + p["gift_sd"] * rng.standard_normal(len(donor)))
    count, raised = kept["donors"].to_numpy(), np.rint(kept["raised"].to_numpy()).astype(int)
    spare = (raised - count)[campaign] * weight / np.bincount(campaign, weight, len(kept))[campaign]
    amount = 1 + np.floor(spare).astype(int)
    short = raised - np.bincount(campaign, amount, len(kept)).astype(int)
    frame = pd.DataFrame({"campaign": campaign, "donor": donor, "amount": amount, "rest": spare % 1})
    rank = frame.groupby("campaign")["rest"].rank(method="first", ascending=False).to_numpy()
    frame["amount"] += rank <= short[campaign]
    start = kept["start"].to_numpy().astype("datetime64[D]")
    last = kept["end"].to_numpy().astype("datetime64[D]")
    year_end = (start.astype("datetime64[Y]") + 1).astype("datetime64[D]") - 1
    window = (np.minimum(last, year_end) - start).astype(int) + 1
    frame["date"] = (
        start[campaign] + np.floor(rng.random(len(frame)) * window[campaign]).astype(int)
    ).astype("datetime64[s]")
    frame = frame.sort_values(["date", "campaign", "donor"], ignore_index=True)
    number, known = pd.factorize(frame["donor"])
    return pd.DataFrame(
        {
            "gift": ids("g", len(frame)),
            "donor": ids("j", len(known))[number],
            "date": frame["date"],
            "amount": frame["amount"],
            "currency": "EUR",
            "campaign": kept["campaign"].to_numpy()[frame["campaign"].to_numpy()],
        }
    )


def _donors(
    rng: np.random.Generator, p: Mapping[str, Any], kept: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """(donor, campaign): numbers of donors and positions of campaigns in `kept`, a donor at most once in a campaign."""
    years, places = kept["start"].dt.year.to_numpy(), kept["donors"].to_numpy()
    donors, campaigns = [], []
    known = last = np.array([], dtype=int)
    for year in np.unique(years):
        here = np.flatnonzero(years == year)
        slots = rng.permutation(np.repeat(here, places[here]))
        chance = np.where(np.isin(known, last), p["again"], p["recaptured"])
        back = known[rng.random(len(known)) < chance]
        back = rng.permutation(back)[: len(slots)]
        given, to = [back], [slots[: len(back)]]
        free = np.bincount(slots[len(back) :], minlength=len(kept))
        for one in here:
            active, at = np.concatenate(given), np.concatenate(to)
            others = np.setdiff1d(active, active[at == one])
            second = rng.permutation(others)[: rng.binomial(free[one], p["second"])]
            fresh = len(known) + np.arange(free[one] - len(second))
            known = np.concatenate([known, fresh])
            given += [second, fresh]
            to.append(np.full(free[one], one))
        donors += given
        campaigns += to
        last = np.unique(np.concatenate(given))
    nothing = np.array([], dtype=int)
    return np.concatenate([nothing, *donors]), np.concatenate([nothing, *campaigns])
