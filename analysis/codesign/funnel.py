"""From idea to service: how many reach each stage, and the share that passes from one stage to the next.

An interval is printed only where the cases are exchangeable draws from something larger; a complete count (every idea of a project,
every application to a call) has none. Interval: Wilson (1927), as in Brown, Cai and DasGupta (2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say

STAGES = ("proposed", "feasibility", "prototype", "service")
ENDS = ("dropped", "merged")


def wilson(cases: np.ndarray, n: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of the share cases/n, elementwise; missing where n is 0. Exactly 0 and 1 at the ends."""
    from statsmodels.stats.proportion import proportion_confint

    cases, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    low, high = proportion_confint(cases, np.where(n > 0, n, 1.0), alpha=1 - level, method="wilson")
    low, high = np.where(cases == 0, 0.0, low), np.where(cases == n, 1.0, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


@dataclass(frozen=True)
class Funnel:
    """Counts by stage, shape (S,); `conversion` from the stage before and `overall` from the first, missing at the first stage."""

    stages: tuple[str, ...]
    counts: np.ndarray
    conversion: np.ndarray
    overall: np.ndarray
    low: np.ndarray | None = None  # Wilson bounds of `conversion`, only of exchangeable cases
    high: np.ndarray | None = None

    def table(self) -> pd.DataFrame:
        """One row a stage; the bounds of the conversion only where cases are exchangeable."""
        before = np.concatenate([[0], self.counts[:-1]]).astype(int)
        first = np.concatenate([[0], np.repeat(self.counts[0], len(self.counts) - 1)]).astype(int)
        frame = pd.DataFrame(
            {
                "stage": list(self.stages),
                "cases": self.counts,
                "before": before,
                "conversion": self.conversion,
                "first": first,
                "overall": self.overall,
            }
        )
        frame.attrs["columns"] = {
            "stage": {"labels": "stage"},
            "cases": {"counts": "things"},
            "before": {"counts": "things", "hidden": True},
            "conversion": {"unit": "share", "digits": 1, "n": "before", "cases": "cases"},
            "first": {"counts": "things", "hidden": True},
            "overall": {"unit": "share", "digits": 1, "n": "first", "cases": "cases"},
        }
        if self.low is not None and self.high is not None:
            frame.insert(4, "low", self.low)
            frame.insert(5, "high", self.high)
            frame.attrs["columns"] |= {"low": {"low_of": "conversion"}, "high": {"high_of": "conversion"}}
        return frame


def funnel(
    stages: Sequence[str], counts: Sequence[int] | np.ndarray, exchangeable: bool = False, level: float = 0.95
) -> Funnel:
    """Conversion along `stages` from the cases that reached each; `exchangeable` adds Wilson's interval at `level`.

    Refused: fewer than two stages, a stage named twice, counts that are not whole and not negative, a stage larger than the one before.
    """
    values = np.asarray(counts, dtype=float)
    faults: list[Fault] = []
    if len(stages) != len(values) or len(stages) < 2:
        faults.append(
            Fault(
                say(
                    f"{len(stages)} fasi e {len(values)} conteggi",
                    f"{len(stages)} stages and {len(values)} counts",
                ),
                "funnel",
                say("uno per fase, almeno due", "one a stage, at least two"),
            )
        )
    if len(set(stages)) != len(stages):
        faults.append(Fault(say("fase ripetuta", "a stage is named twice"), "funnel", ", ".join(stages)))
    bad = ~np.isfinite(values) | (values < 0) | (values != np.round(values))
    if bad.any():
        shown = ", ".join(map(str, values[bad]))
        faults.append(
            Fault(
                say(f"conteggi {shown}", f"counts {shown}"),
                "funnel",
                say("interi non negativi", "whole, not negative"),
            )
        )
    elif (np.diff(values) > 0).any():
        at = int(np.argmax(np.diff(values) > 0)) + 1
        faults.append(
            Fault(
                say(
                    f"«{stages[at]}» ({values[at]:.0f}) supera «{stages[at - 1]}» ({values[at - 1]:.0f})",
                    f"'{stages[at]}' ({values[at]:.0f}) exceeds '{stages[at - 1]}' ({values[at - 1]:.0f})",
                ),
                "funnel",
                say("non crescente", "never rising"),
            )
        )
    if faults:
        raise EstimateError(faults)
    before, first = values[:-1], np.full(len(values) - 1, values[0])
    conversion, overall = _share(values[1:], before), _share(values[1:], first)
    low, high = wilson(values[1:], before, level) if exchangeable else (None, None)
    return Funnel(
        tuple(stages),
        values.astype(int),
        _led(conversion),
        _led(overall),
        None if low is None else _led(low),
        None if high is None else _led(high),
    )


def _share(cases: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.divide(cases, n, out=np.full(len(n), np.nan), where=n > 0)


def _led(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[np.nan], values])


@dataclass(frozen=True)
class Ends:
    """Where the ideas stand at the last record: at which stage they were dropped, merged or are still open, shape (S, 3)."""

    stages: tuple[str, ...]
    counts: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row a stage: the furthest that the ideas reached, split by how they stand."""
        names = [*ENDS, "open"]
        frame = pd.DataFrame(
            {"stage": list(self.stages), **{n: self.counts[:, k] for k, n in enumerate(names)}}
        )
        frame.attrs["columns"] = {"stage": {"labels": "stage"}} | {n: {"counts": "things"} for n in names}
        return frame


def furthest(ideas: pd.DataFrame, stages: Sequence[str] = STAGES) -> pd.DataFrame:
    """One row an idea: the index of the furthest stage that it reached (-1: none recorded) and its end ("dropped", "merged", "open")."""
    unknown = sorted(set(ideas["stage"].dropna().astype(str)) - {*stages, *ENDS})
    twice = ideas.duplicated(["idea", "stage"])
    faults = [Fault(f"stage = {name}", "ideas", ", ".join([*stages, *ENDS])) for name in unknown]
    if twice.any():
        names = ", ".join(sorted(set(ideas.loc[twice, "idea"].astype(str))))
        faults.append(
            Fault(say(f"fase ripetuta per {names}", f"a stage is recorded twice for {names}"), "ideas", "idea, stage")
        )  # fmt: skip
    if faults:
        raise EstimateError(faults)
    rank = ideas["stage"].map({name: k for k, name in enumerate(stages)}).fillna(-1).astype(int)
    end = ideas["stage"].where(ideas["stage"].isin(ENDS))
    return pd.DataFrame({"idea": ideas["idea"], "reached": rank, "end": end}).groupby("idea", sort=True).agg(
        reached=("reached", "max"), end=("end", "first")
    ).fillna({"end": "open"})  # fmt: skip


def of_ideas(ideas: pd.DataFrame, stages: Sequence[str] = STAGES) -> tuple[Funnel, Ends]:
    """The funnel of a project's ideas from their dated stage changes, and where each stands.

    An idea that reached a stage counts in every stage before it. All ideas of a project are a complete count: no interval.
    """
    last = furthest(ideas, stages)
    reached = (last["reached"].to_numpy()[:, None] >= np.arange(len(stages))).sum(axis=0)
    cells = pd.crosstab(last["reached"], last["end"])
    counts = cells.reindex(index=range(len(stages)), columns=[*ENDS, "open"], fill_value=0).to_numpy()
    return funnel(stages, reached), Ends(tuple(stages), counts)
