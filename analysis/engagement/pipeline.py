"""Companies from contact to commitment: contacted, took part, offered an asset, had a match proposed, agreed one, delivered one.

A company that reached a stage counts in every stage before it, recorded or not. The table is a complete count of the companies of a project: no interval.
Days between stages are told only of stages that carry their own date (joining, first event, first match); companies that have not moved on by the last
day are censored there and the median is Kaplan and Meier's (1958), missing where half never moved. Those whose dates run the other way are left out and counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.engagement.brokered import STATUSES
from analysis.engagement.portfolio import COMPANY
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, shown, where

STAGES = ("contacted", "took_part", "offered", "proposed", "agreed", "delivered")
DATED = (("contacted", "took_part"), ("took_part", "proposed"))


@dataclass(frozen=True)
class Pipeline:
    """`reached[c, s]`: company c reached stage s (implied stages included), shape (C, S); `recorded` the same without implied ones; `day` of the dated stages,
    shape (C, S), missing elsewhere; `end`: last day of the record."""

    companies: tuple[str, ...]
    reached: np.ndarray
    recorded: np.ndarray
    day: np.ndarray
    end: np.datetime64

    @property
    def counts(self) -> np.ndarray:
        return self.reached.sum(axis=0)

    def table(self) -> pd.DataFrame:
        """One row a stage: companies, those of them in whose record the stage itself stands, share of the stage before, share of all."""
        counts = self.counts
        before = np.concatenate([[0], counts[:-1]])
        first = np.concatenate([[0], np.repeat(counts[0], len(STAGES) - 1)])
        frame = pd.DataFrame(
            {
                "stage": STAGES,
                "companies": counts,
                "recorded": self.recorded.sum(axis=0),
                "before": before,
                "conversion": _share(counts, before),
                "first_stage": first,
                "overall": _share(counts, first),
            }
        )
        bodies = {"counts": "organisations"}
        frame.attrs["columns"] = {
            "stage": {"labels": "pipeline_stage"},
            "companies": bodies,
            "recorded": bodies,
            "before": {**bodies, "hidden": True},
            "conversion": {"unit": "share", "digits": 0, "n": "before", "cases": "companies"},
            "first_stage": {**bodies, "hidden": True},
            "overall": {"unit": "share", "digits": 0, "n": "first_stage", "cases": "companies"},
        }
        return frame

    def days(self) -> pd.DataFrame:
        """One row a pair of dated stages: companies with the first date, those that moved on, those still open, those whose dates run the other way, median days."""
        rows = [self._days(*pair) for pair in DATED]
        frame = pd.DataFrame(rows)
        bodies = {"counts": "organisations"}
        frame.attrs["columns"] = {
            "from_stage": {"labels": "pipeline_stage"},
            "to_stage": {"labels": "pipeline_stage"},
            **dict.fromkeys(("companies", "moved", "still_open", "reversed"), bodies),
            "median_days": {"unit": "number", "digits": 0, "n": "companies"},
        }
        return frame

    def _days(self, start: str, stop: str) -> dict[str, object]:
        first, then = self.day[:, STAGES.index(start)], self.day[:, STAGES.index(stop)]
        known = ~np.isnat(first)
        moved = known & ~np.isnat(then)
        days = (np.where(np.isnat(then), self.end, then) - first) / np.timedelta64(1, "D")
        backwards = moved & (days < 0)
        at_risk = known & ~backwards & (days >= 0)
        return {
            "from_stage": start,
            "to_stage": stop,
            "companies": int(at_risk.sum()),
            "moved": int((moved & at_risk).sum()),
            "still_open": int((at_risk & ~moved).sum()),
            "reversed": int(backwards.sum()),
            "median_days": median(days[at_risk], moved[at_risk]),
        }


def median(days: np.ndarray, moved: np.ndarray) -> float:
    """Kaplan and Meier's median: the first day at which at most half have not moved; `moved` False where the company was still waiting on that day."""
    order = np.lexsort((~moved, days))
    days, moved = days[order], moved[order]
    waiting = np.cumprod(1 - moved / np.arange(len(days), 0, -1))
    half = np.flatnonzero((waiting <= 0.5 + 1e-12) & moved)
    return float(days[half[0]]) if len(half) else float("nan")


def pipeline(
    actors: pd.DataFrame,
    events: pd.DataFrame,
    participation: pd.DataFrame,
    assets: pd.DataFrame,
    matches: pd.DataFrame,
    end: object = None,
) -> Pipeline:
    """How far each company came. `end`: last day of the record; the latest date in the tables if none is given.

    `actors` (actor, type, joined), `events` (event, date), `participation` (event, actor), `assets` (asset, actor), `matches` (asset, status, date).
    Refused, all faults at once: no company, events or assets that their tables lack, unknown statuses; a column missing.
    """
    for name, table, columns in (
        ("actors", actors, ("actor", "type")),
        ("events", events, ("event",)),
        ("participation", participation, ("event", "actor")),
        ("assets", assets, ("asset", "actor")),
        ("matches", matches, ("asset", "status")),
    ):
        required(name, table, columns)
    names = pd.Index(actors.loc[actors["type"] == COMPANY, "actor"]).unique()
    checks = (
        ("participation", participation["event"], ~participation["event"].isin(events["event"]), "events"),
        ("matches", matches["asset"], ~matches["asset"].isin(assets["asset"]), "assets"),
        ("matches", matches["status"], ~matches["status"].isin(STATUSES), ", ".join(STATUSES)),
    )
    faults = [
        Fault(shown(values, mask), where(table, mask), allowed)
        for table, values, mask, allowed in checks
        if mask.any()
    ]  # fmt: skip
    if not len(names):
        faults.append(Fault(say("nessuna impresa", "no company"), "actors", f"type = {COMPANY}"))
    if faults:
        raise EstimateError(faults)
    went = participation.merge(
        events.reindex(columns=["event", "date"]).drop_duplicates("event"), on="event", how="left"
    )
    made = matches.reindex(columns=["asset", "status", "date"]).merge(
        assets[["asset", "actor"]].drop_duplicates("asset"), on="asset", how="left"
    )
    joined = actors.reindex(columns=["actor", "joined"]).drop_duplicates("actor")
    status = made["status"]
    evidence = (
        names,
        went["actor"],
        assets["actor"],
        made["actor"],
        made.loc[status.isin(["agreed", "delivered"]), "actor"],
        made.loc[status == "delivered", "actor"],
    )
    recorded = np.stack([names.isin(bodies) for bodies in evidence], axis=1)
    reached = np.logical_or.accumulate(recorded[:, ::-1], axis=1)[:, ::-1]
    day = np.full(reached.shape, np.datetime64("NaT"), dtype="datetime64[ns]")
    for stage, table, column in (
        ("contacted", joined, "joined"),
        ("took_part", went, "date"),
        ("proposed", made, "date"),
    ):
        first = pd.to_datetime(table[column]).groupby(table["actor"]).min()
        day[:, STAGES.index(stage)] = first.reindex(names).to_numpy(dtype="datetime64[ns]")
    dates = [pd.to_datetime(t[c]).max() for t, c in ((joined, "joined"), (went, "date"), (made, "date"))]
    last = pd.Timestamp(end) if end is not None else pd.Series(dates).max()
    return Pipeline(tuple(names), reached, recorded, day, last.to_datetime64())


def _share(cases: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.divide(cases, n, out=np.full(len(n), np.nan), where=n > 0)
