"""Who took part: organisations, attendances and hours by phase and type; how wide the design community was, and who stayed.

A design community may be wider or narrower at different stages of the work (Corubolo and Pais 2017): its width is the number of
different organisations met in a phase, its diversity Blau's index 1 − Σ p² over their types. Citizens are persons: they are counted apart,
under the rule for persons, and enter neither width nor diversity. All figures are complete counts of what the register holds, so none has an interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

PHASES = ("needs", "aggregation", "ideation", "experimentation")
TYPES = ("profit", "nonprofit", "public")
CITIZEN = "citizen"
EVERY = "every"  # over all phases: the union of organisations, not a sum


def attendance(
    participation: pd.DataFrame,
    events: pd.DataFrame,
    actors: pd.DataFrame,
    phases: Sequence[str] = PHASES,
) -> pd.DataFrame:
    """One row a participation record, with the phase and date of its event and the type of its actor.

    Columns: event, actor, unit (missing where not recorded), hours, phase (ordered categorical), date, type.
    Refused, all faults at once: events or actors that their tables lack, a phase or type without a place, negative hours, a record given twice.
    """
    frame = participation.reindex(columns=["event", "actor", "unit", "hours"])
    frame = frame.merge(
        events.reindex(columns=["event", "date", "phase"]).drop_duplicates("event"), on="event", how="left"
    )
    frame = frame.merge(actors[["actor", "type"]].drop_duplicates("actor"), on="actor", how="left")
    hours = pd.to_numeric(frame["hours"], errors="coerce")
    faults = [
        *_unknown(frame["event"], ~frame["event"].isin(events["event"]), "events"),
        *_unknown(frame["actor"], ~frame["actor"].isin(actors["actor"]), "actors"),
        *_wrong(frame["phase"], frame["phase"].notna() & ~frame["phase"].isin(phases), "phase", phases),
        *_wrong(
            frame["type"],
            frame["type"].notna() & ~frame["type"].isin((*TYPES, CITIZEN)),
            "type",
            (*TYPES, CITIZEN),
        ),
        *_wrong(hours, (hours < 0).fillna(False).astype(bool), "hours", ("≥ 0",)),
        *_twice(frame[["event", "actor", "unit"]]),
    ]
    if faults:
        raise EstimateError(faults)
    return frame.assign(
        hours=hours.fillna(0.0).astype(float),
        phase=pd.Categorical(frame["phase"], categories=list(phases), ordered=True),
    )


def _unknown(values: pd.Series, mask: pd.Series, table: str) -> list[Fault]:
    names = ", ".join(sorted(set(values[mask].astype(str))))
    what = say(f"«{names}» non è in {table}", f"'{names}' is not in {table}")
    return [Fault(what, where("participation", mask))] if mask.any() else []


def _wrong(values: pd.Series, mask: pd.Series, column: str, allowed: Sequence[str]) -> list[Fault]:
    names = ", ".join(sorted(set(values[mask].astype(str))))
    return (
        [Fault(f"{column} = {names}", where("participation", mask), ", ".join(allowed))] if mask.any() else []
    )


def _twice(keys: pd.DataFrame) -> list[Fault]:
    mask = keys.duplicated()
    what = say("registrazione doppia", "recorded twice")
    return [Fault(what, where("participation", mask), "event, actor, unit")] if mask.any() else []


@dataclass(frozen=True)
class Participation:
    """Counts by phase (rows) and type of organisation (columns), shapes (P, 3); citizens, shape (P,)."""

    phases: tuple[str, ...]
    organisations: np.ndarray
    attendances: np.ndarray
    hours: np.ndarray
    citizens: np.ndarray
    every: np.ndarray  # different organisations over all phases, by type, shape (3,)
    every_citizens: int

    def table(self) -> pd.DataFrame:
        """One row a phase and type, with the total over types; `phase` "every" is the union over phases."""
        shape = (len(self.phases) + 1, len(TYPES) + 1)
        organisations = _with_total(np.vstack([self.organisations, self.every]))
        sums = [_with_total(np.vstack([a, a.sum(axis=0)])) for a in (self.attendances, self.hours)]
        frame = pd.DataFrame(
            {
                "phase": np.repeat([*self.phases, EVERY], shape[1]),
                "type": np.tile([*TYPES, "total"], shape[0]),
                "organisations": organisations.ravel().astype(int),
                "attendances": sums[0].ravel().astype(int),
                "hours": sums[1].ravel(),
            }
        )
        frame.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "type": {"labels": "type"},
            "organisations": {"counts": "organisations"},
            "attendances": {"counts": "things"},
            "hours": {"unit": "hours", "digits": 0, "n": "attendances"},
        }
        return frame

    def citizens_table(self) -> pd.DataFrame:
        """Citizens met, one row a phase: persons, under the rule for persons."""
        frame = pd.DataFrame(
            {"phase": [*self.phases, EVERY], "citizens": [*self.citizens.tolist(), self.every_citizens]}
        )
        frame.attrs["columns"] = {"phase": {"labels": "phase"}, "citizens": {"counts": "persons"}}
        return frame


def _with_total(counts: np.ndarray) -> np.ndarray:
    return np.column_stack([counts, counts.sum(axis=1)])


def by_phase(records: pd.DataFrame) -> Participation:
    """Different organisations, attendances (organisation × event) and recorded hours, by phase and type.

    `records` as `attendance` returns them. An organisation that sends two units to one event attends once; its hours add up.
    """
    phases = tuple(records["phase"].cat.categories)
    bodies = records[records["type"] != CITIZEN]
    once = bodies.drop_duplicates(["event", "actor"])
    citizens = records[records["type"] == CITIZEN]
    return Participation(
        phases=phases,
        organisations=_cross(bodies.drop_duplicates(["phase", "actor"]), phases),
        attendances=_cross(once, phases),
        hours=_cross(bodies, phases, bodies["hours"]),
        citizens=citizens.drop_duplicates(["phase", "actor"])["phase"]
        .value_counts()
        .reindex(list(phases), fill_value=0)
        .to_numpy(),
        every=bodies.drop_duplicates("actor")["type"]
        .value_counts()
        .reindex(list(TYPES), fill_value=0)
        .to_numpy(),
        every_citizens=int(citizens["actor"].nunique()),
    )


def _cross(frame: pd.DataFrame, phases: Sequence[str], values: pd.Series | None = None) -> np.ndarray:
    weight = np.ones(len(frame)) if values is None else values.to_numpy(dtype=float)
    cells = pd.Series(weight).groupby([frame["phase"].astype(str).to_numpy(), frame["type"].to_numpy()]).sum()
    return cells.unstack(fill_value=0.0).reindex(index=list(phases), columns=list(TYPES), fill_value=0.0).to_numpy()  # fmt: skip


def blau(counts: np.ndarray) -> np.ndarray:
    """Blau's index 1 − Σ p_k² along the last axis; missing where nothing was counted. 0 = one type only; at most 1 − 1/K."""
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
    return 1.0 - (shares**2).sum(axis=-1)


def entropy(counts: np.ndarray) -> np.ndarray:
    """Shannon's entropy −Σ p ln p along the last axis, in nats; missing where nothing was counted."""
    counts = np.asarray(counts, dtype=float)
    total = counts.sum(axis=-1, keepdims=True)
    shares = np.divide(counts, total, out=np.full_like(counts, np.nan), where=total > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return -(shares * logs).sum(axis=-1)


@dataclass(frozen=True)
class Difference:
    """A difference with its bounds and the number of units behind it; between two complete counts the bounds are itself."""

    estimate: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Community:
    """The design community by phase, shapes (P,); `shared[i, j]` organisations met in both phases i and j, shape (P, P)."""

    phases: tuple[str, ...]
    width: np.ndarray
    diversity: np.ndarray
    entropy: np.ndarray
    shared: np.ndarray

    @property
    def stayed(self) -> np.ndarray:
        """Organisations of the phase before that are met again, shape (P,); none in the first phase."""
        return np.concatenate([[0], np.diag(self.shared, 1)]).astype(int)

    @property
    def change(self) -> Difference:
        """Width in the last phase less width in the first, among phases in which anybody was met."""
        met = self.width[self.width > 0]
        change = float(met[-1] - met[0]) if len(met) else 0.0
        return Difference(change, change, change, int(met.sum()))

    def table(self) -> pd.DataFrame:
        """One row a phase: width, returning from the phase before, newly met, share of the phase before that returned, Blau's index, entropy."""
        before = np.concatenate([[0], self.width[:-1]])
        returned = np.divide(self.stayed, before, out=np.full(len(before), np.nan), where=before > 0)
        frame = pd.DataFrame(
            {
                "phase": list(self.phases),
                "organisations": self.width,
                "returning": self.stayed,
                "entering": self.width - self.stayed,
                "before": before,
                "retention": returned,
                "blau": self.diversity,
                "entropy": self.entropy,
            }
        )
        frame.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "organisations": {"counts": "organisations"},
            "returning": {"counts": "organisations"},
            "entering": {"counts": "organisations"},
            "before": {"counts": "organisations", "hidden": True},
            "retention": {"unit": "share", "digits": 0, "n": "before", "cases": "returning"},
            **{key: {"unit": "index", "digits": 2, "n": "organisations"} for key in ("blau", "entropy")},
        }
        return frame

    def retention_table(self) -> pd.DataFrame:
        """One row a pair of phases i < j: organisations of i, those of them met in j, and the share."""
        i, j = np.triu_indices(len(self.phases), 1)
        both, first = self.shared[i, j], self.width[i]
        frame = pd.DataFrame(
            {
                "from_phase": np.array(self.phases)[i],
                "to_phase": np.array(self.phases)[j],
                "organisations": first,
                "met_again": both,
                "retention": np.divide(both, first, out=np.full(len(i), np.nan), where=first > 0),
            }
        )
        frame.attrs["columns"] = {
            "from_phase": {"labels": "phase"},
            "to_phase": {"labels": "phase"},
            "organisations": {"counts": "organisations"},
            "met_again": {"counts": "organisations"},
            "retention": {"unit": "share", "digits": 0, "n": "organisations", "cases": "met_again"},
        }
        return frame


def community(records: pd.DataFrame) -> Community:
    """Width, diversity by type and overlap of the design community, phase by phase (`records` as `attendance` returns them)."""
    phases = tuple(records["phase"].cat.categories)
    bodies = records[records["type"] != CITIZEN]
    rows, names = pd.factorize(bodies["actor"])
    present = np.zeros((len(names), len(phases)), dtype=np.int64)
    present[rows, bodies["phase"].cat.codes.to_numpy()] = 1
    by_type = _cross(bodies.drop_duplicates(["phase", "actor"]), phases)
    return Community(phases, present.sum(axis=0), blau(by_type), entropy(by_type), present.T @ present)


def calendar(events: pd.DataFrame, phases: Sequence[str] = PHASES) -> pd.DataFrame:
    """One row an event, for a calendar: phase, whether it was mediated ("unknown" where not recorded), its date as a year with decimals, its hours."""
    required("events", events, ("event", "date", "phase", "hours"))
    date = events["date"].dt
    long = np.where(date.is_leap_year, 366, 365)
    frame = pd.DataFrame(
        {
            "phase": pd.Categorical(events["phase"], categories=list(phases), ordered=True),
            "mediated": events.get("mediated", pd.Series(index=events.index, dtype=object)).fillna("unknown"),
            "date": date.year + (date.day_of_year - 1) / long,
            "hours": events["hours"].astype(float),
        }
    ).sort_values(["phase", "date"], ignore_index=True)
    frame["phase"] = frame["phase"].astype(str)
    frame.attrs["columns"] = {
        "phase": {"labels": "phase"},
        "mediated": {"labels": "mediated"},
        "date": {"unit": "position"},
        "hours": {"unit": "position"},
    }
    return frame
