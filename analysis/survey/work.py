"""Work lost to care: who does not work, or works less, because of care; what would let them work; and where they are at the next wave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.survey import estimates, frames
from analysis.survey.design import Census, Sampling
from analysis.survey.ledger import Ledger
from analysis.survey.results import Estimates
from analysis.survey.waves import Match

AGES = (18, 64)
STATES = ("full", "reduced", "not_for_care", "not_otherwise")


@dataclass(frozen=True, eq=False)
class Lost:
    """By loss (not_working, reduced_hours) and by dimension, the shares of persons; `events` (n,) are the losses themselves."""

    events: dict[str, pd.Series]
    found: dict[tuple[str, str], Estimates]

    def by(self, loss: str, dimension: str) -> Estimates:
        return self.found[loss, dimension]

    def tables(self) -> dict[str, pd.DataFrame]:
        """By dimension: loss, the dimension's groups with their total, the share with its interval, cases, n."""
        dimensions = dict.fromkeys(dimension for _, dimension in self.found)
        return {
            name: frames.stack({loss: self.found[loss, name] for loss in self.events}, "loss")
            for name in dimensions
        }


def lost(people: pd.DataFrame, sample: Sampling, dimensions: Sequence[str]) -> Lost:
    """Shares of work lost to care by each of `dimensions` (fields of `people`), with the total.

    Not working because of care: of all persons aged 18–64, those not employed who give care as the reason; only where somebody
    is not employed. Reduced hours: of the employed, those whose hours are reduced because of care. The denominators differ: the two are never added up.
    """
    reduced = frames.one_of(people["reduced_hours_care"], "yes")
    events = {"reduced_hours": frames.among(people, reduced, employment="employed")}
    if people["employment"].astype(object).ne("employed").any():
        reason = (
            people["not_working_reason"].astype(object).mask(people["employment"] == "employed", "employed")
        )
        reason.name = "not_working_reason"
        events = {"not_working": frames.among(people, frames.one_of(reason, "care"), age=AGES)} | events
    found = {
        (loss, dimension): estimates.share(event, sample, people[[dimension]], margin=True)
        for dimension in dimensions
        for loss, event in events.items()
    }
    return Lost(events, found)


def would_work(people: pd.DataFrame, sample: Sampling) -> pd.DataFrame:
    """What would let them work, of those not working because of care (18–64) and of those on reduced hours for it: loss, would_work_if, share, cases, n.

    Frames without either question give only the other's rows.
    """
    asked = {"not_working": ("would_work_if", {"age": AGES}), "reduced_hours": ("would_work_more_if", {})}
    parts = {}
    for loss, (field, conditions) in asked.items():
        if field in people and people[field].notna().any():
            answers = frames.among(people, people[field], **conditions)
            answers.name = field
            table = estimates.composition(answers, sample).table()
            columns = table.attrs["columns"] | {
                "share": {**table.attrs["columns"]["share"], "parts": "would_work_if"}
            }
            table = table.rename(columns={field: "would_work_if"})
            table.attrs["columns"] = columns
            parts[loss] = table
    return frames.stack(parts, "loss")


def states(people: pd.DataFrame) -> pd.Series:
    """Work of each person (n,): full, reduced (because of care), not_for_care, not_otherwise; missing where it cannot be told."""
    employed = people["employment"].astype(object).eq("employed")
    reduced, reason = people["reduced_hours_care"].astype(object), people["not_working_reason"].astype(object)
    state = pd.Series(None, index=people.index, dtype=object, name="work")
    state[employed & reduced.eq("no")] = "full"
    state[employed & reduced.eq("yes")] = "reduced"
    state[~employed & reason.eq("care")] = "not_for_care"
    state[~employed & reason.eq("other")] = "not_otherwise"
    return state.where(people["employment"].notna())


def transitions(
    first: pd.DataFrame, second: pd.DataFrame, match: Match, ledger: Ledger | None = None
) -> pd.DataFrame:
    """Work at the second wave by work at the first, of the persons of 18–64 present at both: state_first, state_second, share of the row, cases, n.

    Unweighted: it describes these persons, as attrition.py describes who came back.
    """
    before = frames.among(first, states(first), age=AGES)
    after = match.carry(states(second))
    both = before.notna() & after.notna()
    kinds = {
        "state_first": pd.Categorical(before.where(both), categories=STATES, ordered=True),
        "state_second": pd.Categorical(after.where(both), categories=STATES, ordered=True),
    }
    pair = pd.DataFrame(kinds)
    sample = Census(len(pair), ledger)
    return estimates.composition(pair["state_second"], sample, pair[["state_first"]]).table()


def ways(labels: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The ways to work that the questionnaire offers, in its order."""
    return list(labels.get("would_work_if", {}))


def held(people: pd.DataFrame) -> bool:
    """Whether the survey asks what this module needs."""
    needed = {"employment", "not_working_reason", "reduced_hours_care", "age"}
    return needed <= set(people) and bool(np.any(people["employment"].notna()))
