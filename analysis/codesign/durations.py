"""How long ideas stay in a stage, and what becomes of them: time in stage with open ideas censored, and competing ends.

Time in stage: Kaplan and Meier (1958). Ends that exclude one another (service, dropped, merged): cumulative incidence of Aalen and Johansen (1978);
one less Kaplan–Meier would count an idea that was dropped as one that may still become a service. All ideas of a project are a complete count, so no
sampling interval is given: what is unknown is what becomes of the ideas still open. The bounds say how far that can move a curve: the lower has
every idea leave the stage on the day after it was last seen there, the upper has it stay for good.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.codesign.funnel import ENDS, STAGES
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, until, where

FATES = (STAGES[-1], *ENDS)
OPEN = "open"


@dataclass(frozen=True)
class Curve:
    """Share of ideas still in a stage after so many days, at each day on which one left it; bounds over what the open ones may do; shapes (T,)."""

    stage: str
    day: np.ndarray
    at_risk: np.ndarray
    still: np.ndarray
    low: np.ndarray
    high: np.ndarray
    ideas: int
    left: int

    @property
    def median(self) -> float:
        """First day on which at most half of the ideas are still in the stage; missing where it is not reached."""
        return _first(self.day, self.still)

    @property
    def median_bounds(self) -> tuple[float, float]:
        """The median's bounds over what the open ideas may do; the upper one is missing where it may never be reached."""
        return _first(self.day, self.low), _first(self.day, self.high)


def _first(day: np.ndarray, still: np.ndarray) -> float:
    reached = still <= 0.5 + 1e-12
    return float(day[np.argmax(reached)]) if reached.any() else float("nan")


def spells(ideas: pd.DataFrame, end: dt.date, stages: Sequence[str] = STAGES) -> pd.DataFrame:
    """One row an idea and stage that it entered, the last stage left out: idea, stage, days in it, how it left ("passed", "dropped", "merged", "open").

    `ideas`: idea, stage, date of each change; `end`: the last day of the record, at which open ideas are censored.
    Refused, all at once: columns missing, a stage that is none, a date missing or after `end`, a stage twice, dates that run against the stages, an end before any stage.
    """
    required("ideas", ideas, ("idea", "stage", "date"))
    last = pd.Timestamp(end)
    order = {name: k for k, name in enumerate([*stages, *ENDS])}
    rank = ideas["stage"].map(order)
    frame = ideas.assign(rank=rank).sort_values(["idea", "rank"], kind="stable")
    before = frame.groupby("idea")["date"].shift()
    backwards = (frame["date"] < before).reindex(ideas.index)
    first = frame.groupby("idea")["rank"].transform("min").reindex(ideas.index)
    checks = [
        (rank.isna(), say("stadio sconosciuto", "unknown stage"), ", ".join(order)),
        (ideas["date"].isna(), say("manca la data", "the date is missing"), ""),
        (ideas["date"] > last, say("data dopo la fine del registro", "a date after the end of the record"), until(last)),
        (ideas.duplicated(["idea", "stage"]), say("fase ripetuta", "a stage recorded twice"), ""),
        (backwards, say("data anteriore a quella della fase precedente", "a date before that of the stage before"), ""),
        (first >= len(stages), say("idea chiusa senza alcuno stadio", "an idea that ended without any stage"), ""),
    ]  # fmt: skip
    faults = [Fault(what, where("ideas", mask), allowed) for mask, what, allowed in checks if mask.any()]
    if faults:
        raise EstimateError(faults)
    after = frame.groupby("idea")[["date", "stage"]].shift(-1)
    left = after["stage"].where(after["stage"].isin(ENDS), "passed").where(after["stage"].notna(), OPEN)
    days = (after["date"].fillna(last) - frame["date"]).dt.days
    table = frame.assign(days=days, left=left)[["idea", "stage", "days", "left"]]
    return table[table["stage"].isin(stages[:-1])].reset_index(drop=True)


def in_stage(found: pd.DataFrame, stage: str) -> Curve:
    """Kaplan–Meier curve of the time in one stage, `found` as `spells` gives it. Refused: no idea entered the stage."""
    from statsmodels.duration.survfunc import SurvfuncRight

    own = found[found["stage"] == stage]
    if not len(own):
        what = say(f"nessuna idea in «{stage}»", f"no idea in '{stage}'")
        raise EstimateError(Fault(what, say("tempo in uno stadio", "time in a stage")))
    days, gone = own["days"].to_numpy(dtype=float), (own["left"] != OPEN).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):  # of its standard errors, not used
        curve = SurvfuncRight(days, gone.astype(int))
    day = np.asarray(curve.surv_times, dtype=float)
    stayed = (days > day[:, None]).sum(axis=1)
    censored = ((days <= day[:, None]) & ~gone).sum(axis=1)
    return Curve(
        stage, day, np.asarray(curve.n_risk, dtype=int), np.asarray(curve.surv_prob),
        stayed / len(own), (stayed + censored) / len(own), len(own), int(gone.sum()),
    )  # fmt: skip


def every_stage(found: pd.DataFrame, stages: Sequence[str] = STAGES) -> list[Curve]:
    """The curve of each stage that an idea entered, the last stage left out."""
    return [in_stage(found, stage) for stage in stages[:-1] if (found["stage"] == stage).any()]


def medians_table(curves: Sequence[Curve]) -> pd.DataFrame:
    """One row a stage: ideas that entered it, that left it, still in it; median days, with its bounds."""
    frame = pd.DataFrame(
        {
            "stage": [curve.stage for curve in curves],
            "entered": [curve.ideas for curve in curves],
            "left": [curve.left for curve in curves],
            "still_open": [curve.ideas - curve.left for curve in curves],
            "median_days": [curve.median for curve in curves],
            "least_days": [curve.median_bounds[0] for curve in curves],
            "most_days": [curve.median_bounds[1] for curve in curves],
        }
    )
    frame.attrs["columns"] = {
        "stage": {"labels": "stage"},
        **{key: {"counts": "things"} for key in ("entered", "left", "still_open")},
        **{
            key: {"unit": "number", "digits": 0, "n": "entered"}
            for key in ("median_days", "least_days", "most_days")
        },
    }
    return frame


@dataclass(frozen=True)
class Fates:
    """Cumulative incidence of each end in days since the proposal: shares, shape (T, 3) in the order of FATES; ideas still under way are the rest."""

    day: np.ndarray
    at_risk: np.ndarray
    shares: np.ndarray
    ideas: int

    def table(self) -> pd.DataFrame:
        """One row a day on which an idea came to an end, and how it stands: share of each end and of those under way."""
        names = [*FATES, "under_way"]
        shares = np.column_stack([self.shares, 1 - self.shares.sum(axis=1)])
        frame = pd.DataFrame(
            {
                "days": np.repeat(self.day, len(names)),
                "fate": np.tile(np.array(names, dtype=object), len(self.day)),
                "at_risk": np.repeat(self.at_risk, len(names)),
                "share": shares.ravel(),
            }
        )
        frame.attrs["columns"] = {
            "days": {"unit": "position"},
            "fate": {"labels": "fate"},
            "at_risk": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "at_risk"},
        }
        return frame


def fates(ideas: pd.DataFrame, end: dt.date, stages: Sequence[str] = STAGES) -> Fates:
    """What becomes of ideas, in days since they were proposed; those still open at `end` are censored. Refuses what `spells` refuses."""
    from statsmodels.duration.survfunc import CumIncidenceRight

    spells(ideas, end, stages)
    start = ideas.groupby("idea")["date"].min()
    ended = ideas[ideas["stage"].isin((stages[-1], *ENDS))].set_index("idea")
    code = {name: k + 1 for k, name in enumerate((stages[-1], *ENDS))}
    fate = pd.to_numeric(ended["stage"].map(code)).reindex(start.index).fillna(0).astype(int).to_numpy()
    days = (ended["date"].reindex(start.index).fillna(pd.Timestamp(end)) - start).dt.days.to_numpy(
        dtype=float
    )
    day = np.unique(days)
    at_risk = (days >= day[:, None]).sum(axis=1)
    if not fate.any():
        shares = np.zeros((len(day), len(code)))
    else:
        with np.errstate(divide="ignore", invalid="ignore"):  # of its standard errors, not used
            found = CumIncidenceRight(days, fate)
        at = np.searchsorted(found.times, day, side="right")
        steps = [np.concatenate([[0.0], part])[at] for part in found.cinc]
        shares = np.column_stack([*steps, *[np.zeros(len(day))] * (len(code) - len(steps))])
    lead = np.zeros((int(day[0] > 0), len(code)))
    return Fates(
        np.concatenate([lead[:, 0], day]),
        np.concatenate([np.full(len(lead), len(days)), at_risk]).astype(int),
        np.vstack([lead, shares]),
        len(days),
    )


def by_promoter(ideas: pd.DataFrame, types: pd.Series, stages: Sequence[str] = STAGES) -> pd.DataFrame:
    """One row a type of promoter: ideas proposed, how they ended, those under way; a complete count. `types` by actor; ideas without a promoter stand apart.

    Refused: a promoter that `types` lacks.
    """
    required("ideas", ideas, ("idea", "stage", "promoter"))
    unknown = ideas["promoter"].notna() & ~ideas["promoter"].isin(types.index)
    if unknown.any():
        names = ", ".join(sorted(set(ideas.loc[unknown, "promoter"].astype(str))))
        what = say(f"«{names}» non è in actors", f"'{names}' is not in actors")
        raise EstimateError(Fault(what, where("ideas", unknown)))
    promoter = ideas.groupby("idea")["promoter"].first().map(types).astype(object)
    ended = ideas[ideas["stage"].isin((stages[-1], *ENDS))].set_index("idea")["stage"]
    fate = ended.reindex(promoter.index).fillna("under_way")
    cells = pd.crosstab(promoter.fillna("none"), fate)
    cells = cells.reindex(columns=[stages[-1], *ENDS, "under_way"], fill_value=0)
    frame = cells.rename_axis(index="promoter", columns=None).reset_index()
    frame.insert(1, "proposed", cells.sum(axis=1).to_numpy())
    things = {"counts": "things"}
    frame.attrs["columns"] = {
        "promoter": {"labels": "promoter"},
        **dict.fromkeys(("proposed", *cells.columns), things),
    }
    return frame
