"""From needs to services in a simulated study: needs, assets, matches, ideas with dated stages, services."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate.calendar import Calendar
from analysis.simulate.network import ids
from analysis.simulate.write import stream

STAGES = ("proposed", "feasibility", "prototype", "service")
TYPICAL = {"ore": 160, "posti": 18, "incontri": 12, "persone": 35}


def needs(
    truth: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    seed: int,
    when: Calendar,
    quarters: list[str],
    source: str,
) -> pd.DataFrame:
    """Needs of each group in the categories that concern it, by quarter."""
    rng = stream(seed, "needs")
    n, groups = truth["matching"]["needs"], catalogue["matching"]["needs"]
    group = np.resize(np.array(list(groups), dtype=object), n)
    pick = rng.integers(0, 3, n)
    category = np.array([groups[g][k] for g, k in zip(group, pick)], dtype=object)
    unit = pd.Series(category).map(catalogue["matching"]["units"])
    return pd.DataFrame(
        {
            "need": ids("n", n),
            "group": group,
            "category": category,
            "quarter": rng.choice(quarters, n),
            "quantity": _quantity(rng, unit, 1.3),
            "unit": unit,
            "from": np.sort(when.day(0.02 + 0.4 * rng.random(n))),
            "source": source,
        }
    )


def assets(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame
) -> pd.DataFrame:
    """What actors can bring, by category; citizens bring little."""
    rng = stream(seed, "assets")
    n, units = truth["matching"]["assets"], catalogue["matching"]["units"]
    weight = people["type"].map({"profit": 1.0, "nonprofit": 1.6, "public": 1.2, "citizen": 0.3}).to_numpy()
    owner = rng.choice(len(people), n, p=weight / weight.sum())
    category = rng.choice(list(units), n)
    unit = pd.Series(category).map(units)
    return pd.DataFrame(
        {
            "asset": ids("s", n),
            "actor": people["actor"].to_numpy()[owner],
            "category": category,
            "quarter": people["quarter"].to_numpy()[owner],
            "quantity": _quantity(rng, unit, 0.9),
            "unit": unit,
            "available_from": when.day(0.1 + 0.5 * rng.random(n)),
            "ready": rng.choice(["now", "adapt", "develop"], n, p=[0.45, 0.35, 0.2]),
        }
    )


def _quantity(rng: np.random.Generator, unit: pd.Series, size: float) -> np.ndarray:
    return np.maximum(
        1, np.rint(size * unit.map(TYPICAL).to_numpy() * np.exp(0.5 * rng.standard_normal(len(unit))))
    )


def matches(
    truth: Mapping[str, Any],
    seed: int,
    when: Calendar,
    demand: pd.DataFrame,
    supply: pd.DataFrame,
    brokers: pd.DataFrame,
) -> pd.DataFrame:
    """Matches of a need and an asset of the same category, each pair at most once; `brokers` is the mediation table."""
    rng = stream(seed, "matches")
    pairs = demand.merge(supply, on="category", suffixes=("", "_asset"))
    chosen = pairs.iloc[np.sort(rng.permutation(len(pairs))[: truth["matching"]["matches"]])].reset_index(
        drop=True
    )
    n, p = len(chosen), truth["matching"]["status"]
    start = np.maximum(chosen["from"], chosen["available_from"])
    share = (start - pd.Timestamp(when.start)).dt.days.to_numpy() / when.days
    date = when.working_day(share + (0.98 - share) * rng.random(n))
    broker = rng.choice(brokers["mediator"].to_numpy(), n) if len(brokers) else np.full(n, None)
    frame = pd.DataFrame(
        {
            "need": chosen["need"],
            "asset": chosen["asset"],
            "broker": pd.Series(broker).where(rng.random(n) < 0.62, None),
            "status": rng.choice(list(p), n, p=np.array(list(p.values())) / sum(p.values())),
            "date": date,
            "quantity": np.minimum(chosen["quantity"], chosen["quantity_asset"]),
        }
    ).sort_values(["date", "need", "asset"], ignore_index=True)
    frame.insert(0, "match", ids("m", n))
    return frame


def ideas(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, when: Calendar, people: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(stages, ideas): one row per dated stage change that has happened by the end; and one row per idea with its texts."""
    rng = stream(seed, "ideas")
    p, texts = truth["ideas"], catalogue["ideas"]
    n = p["number"]
    things, audiences = texts["things"], texts["audiences"]
    combos = np.array([(t, a) for t, thing in enumerate(things) for a in thing[2]])
    thing, audience = combos[np.resize(rng.permutation(len(combos)), n)].T
    weight = people["type"].map({"profit": 1.0, "nonprofit": 1.7, "public": 0.6, "citizen": 0.4}).to_numpy()
    promoter = people["actor"].to_numpy()[rng.choice(len(people), n, p=weight / weight.sum())]
    table = pd.DataFrame(
        {
            "title": [f"{things[t][0]} {audiences[a][0]}" for t, a in zip(thing, audience)],
            "title_en": [f"{things[t][1]} {audiences[a][1]}" for t, a in zip(thing, audience)],
            "target_it": [audiences[a][2] for a in audience],
            "target_en": [audiences[a][3] for a in audience],
            "promoter": promoter,
            "proposed": np.sort(when.working_day(0.15 + 0.55 * rng.random(n))),
        }
    )
    table.insert(0, "idea", ids("i", n))
    passing = np.array([p["pass"][stage] for stage in STAGES[:-1]])
    passed = rng.random((n, 3)) < passing
    reached = np.cumprod(passed, axis=1).astype(bool)
    days = rng.gamma(2.0, np.array([p["days"][stage] for stage in STAGES[:-1]]) / 2.0, size=(n, 3))
    leaves = np.ceil(np.cumsum(days, axis=1)).astype(int)
    stopped = np.where(rng.random(n) < p["merged_among_stopped"], "merged", "dropped")
    rows = [table[["idea", "title", "promoter", "proposed"]].assign(stage="proposed", after=0)]
    alive = np.ones(n, dtype=bool)
    for k, stage in enumerate(STAGES[1:]):
        out = table[["idea", "title", "promoter", "proposed"]].assign(after=leaves[:, k])
        rows.append(out.assign(stage=np.where(reached[:, k], stage, stopped)).loc[alive])
        alive = reached[:, k]
    history = pd.concat(rows, ignore_index=True)
    history["date"] = history["proposed"] + pd.to_timedelta(history["after"], unit="D")
    history = history.loc[when.within(history["date"])].sort_values(["idea", "after"], ignore_index=True)
    return history[["idea", "title", "promoter", "stage", "date"]], table


def services(
    seed: int, when: Calendar, people: pd.DataFrame, history: pd.DataFrame, texts: pd.DataFrame, source: str
) -> pd.DataFrame:
    """One service for each idea that has reached service, or is at the prototype when the study ends."""
    rng = stream(seed, "services")
    last = history.groupby("idea", sort=True).tail(1)
    kept = last.loc[last["stage"].isin(["prototype", "service"])].merge(
        texts.drop(columns="title"), on=["idea", "promoter"]
    )
    n = len(kept)
    kinds = people.set_index("actor")["type"]
    firms = people.loc[people["type"].eq("profit"), "actor"].to_numpy()
    others = people.loc[people["type"].isin(["nonprofit", "public"]), "actor"].to_numpy()
    company = np.where(kept["promoter"].map(kinds).eq("profit"), kept["promoter"], rng.choice(firms, n))
    drawn = np.argsort(rng.random((n, len(others))), axis=1)[:, :3]
    number = rng.integers(1, 4, n)
    partners = [";".join(sorted(others[row[:k]])) for row, k in zip(drawn, number)]
    old = (pd.Timestamp(when.end) - kept["date"]).dt.days.to_numpy() > 420
    status = np.where(
        kept["stage"].eq("prototype"), "prototype", np.where(old & (rng.random(n) < 0.4), "closed", "active")
    )
    title = kept["idea"].map(texts.set_index("idea")["title"])
    return pd.DataFrame(
        {
            "service": ids("z", n),
            "name_it": title,
            "name_en": kept["title_en"],
            "company": company,
            "partners": partners,
            "idea": kept["idea"],
            "target_it": kept["target_it"],
            "target_en": kept["target_en"],
            "started": kept["date"],
            "status": status,
            "source": source,
        }
    )
