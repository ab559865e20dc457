"""Ties that close after mediated events, only ever against a reference.

A pair is at risk in a semester if, in the one before, its two ends rated each other and no tie at the level asked for was confirmed. It is exposed if both
attended an event of that semester that was mediated. Its tie closes if both ends give it at the semester's end. Bodies that facilitate or mediate are left
out with all their pairs: they attend nearly everything. Pairs that were the parties of an act of mediation in the semester are counted apart.

Two references. Pairs not exposed, those that met at another event and those that did not meet. And chance: within each semester the mediation is dealt
at random to as many of its events, attendance and ties unchanged, so that busy semesters and busy bodies stay as they are (a permutation within blocks: Good
2005). Neither makes the difference an effect: who mediates chooses what to mediate, and pairs of one body are not independent.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.codesign.participation import Difference
from analysis.codesign.ties import Ratings
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

EXPOSURES = ("mediated", "other_event", "not_met", "act")


@dataclass(frozen=True)
class Closure:
    """Pairs at risk and ties closed by exposure (rows as EXPOSURES) and semester, shapes (4, S); the difference in rate under random dealing."""

    semesters: tuple[int, ...]
    at_risk: np.ndarray
    closed: np.ndarray
    expected: float  # mean of mediated − other_event over the draws
    low: float  # the middle 95 % of the draws
    high: float
    p: float  # two-sided
    permutations: int
    seed: int

    @property
    def rate(self) -> np.ndarray:
        """Ties closed over pairs at risk, by exposure, shape (4,); missing where no pair was at risk."""
        risk = self.at_risk.sum(axis=1)
        return np.divide(self.closed.sum(axis=1), risk, out=np.full(len(risk), np.nan), where=risk > 0)

    @property
    def observed(self) -> float:
        """Rate of exposed pairs less that of pairs that met at another event only."""
        return float(self.rate[0] - self.rate[1])

    @property
    def difference(self) -> Difference:
        """The observed difference less its expectation under random dealing; told from zero only outside the middle 95 % of the draws."""
        return Difference(
            self.observed - self.expected,
            self.observed - self.high,
            self.observed - self.low,
            int(self.at_risk[:2].sum()),
        )

    def table(self) -> pd.DataFrame:
        """One row an exposure: pairs at risk, ties closed, rate."""
        frame = pd.DataFrame(
            {
                "exposure": list(EXPOSURES),
                "at_risk": self.at_risk.sum(axis=1),
                "closed": self.closed.sum(axis=1),
                "rate": self.rate,
            }
        )
        frame.attrs["columns"] = {
            "exposure": {"labels": "exposure"},
            "at_risk": {"counts": "things"},
            "closed": {"counts": "things"},
            "rate": {"unit": "share", "digits": 1, "n": "at_risk", "cases": "closed"},
        }
        return frame

    def null_table(self) -> pd.DataFrame:
        """One row: the difference observed beside random dealing."""
        frame = pd.DataFrame(
            {
                "observed": [self.observed],
                "expected": [self.expected],
                "null_low": [self.low],
                "null_high": [self.high],
                "p": [self.p],
                "at_risk": [int(self.at_risk[:2].sum())],
                "permutations": [self.permutations],
                "seed": [str(self.seed)],
            }
        )
        points = {"unit": "share_points", "digits": 1, "n": "at_risk"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("observed", "expected", "null_low", "null_high"), points),
            "p": {"unit": "p", "digits": 3, "n": "at_risk"},
            "at_risk": {"counts": "things"},
            "permutations": {"counts": "things"},
        }
        return frame


def closure(
    ratings: Mapping[int, Ratings],
    records: pd.DataFrame,
    events: pd.DataFrame,
    acts: pd.DataFrame,
    level: int = 3,
    permutations: int = 2000,
    seed: int = 1,
) -> Closure | None:
    """Closure of ties at `level`, or none where no pair was at risk with mediated events and other events in one semester.

    `ratings` by semester (ties.by_semester); `records` with event, actor (participation.attendance); `events` with event, semester, mediated ("yes" or
    "no"), facilitator; `acts` of mediation with semester, mediator, party_a, party_b, without rows where there were none. p = (1 + draws at least as far from their mean) / (1 + draws);
    a draw that leaves no pair exposed, or no other that met, has no rate and does not count.
    Refused: columns missing, a flag that is neither, no permutation.
    """
    required("events", events, ("event", "semester", "mediated", "facilitator"))
    required("participation", records, ("event", "actor"))
    required("mediation", acts, ("semester", "mediator", "party_a", "party_b"))
    unclear = ~events["mediated"].isin(["yes", "no"])
    faults = []
    if unclear.any():
        what = say("non si sa se l'incontro è con mediazione", "whether the event was mediated is not known")
        faults.append(Fault(what, where("events", unclear), "yes, no"))
    if permutations < 1:
        faults.append(
            Fault(
                f"permutations = {permutations}",
                say("chiusura dei legami", "closure of ties"),
                say("da 1 in su", "from 1"),
            )
        )
    if faults:
        raise EstimateError(faults)
    rng = np.random.default_rng(seed)
    left_out = {*acts["mediator"], *events["facilitator"].dropna()}
    known = sorted(ratings)
    risk, closed, drawn = [], [], np.zeros((2, 2, permutations))
    for before, now in itertools.pairwise(known):
        held = events[events["semester"] == now]
        flag = held["mediated"].eq("yes").to_numpy()
        found = _pairs(ratings[before], ratings[now], records, held["event"], left_out, level)
        met, done, act = *found[2:], _acted(ratings[now].actors, acts[acts["semester"] == now], *found[:2])
        exposure = np.select([act, met[:, flag].any(axis=1), met.any(axis=1)], [3, 0, 1], 2)
        risk.append(np.bincount(exposure, minlength=4))
        closed.append(np.bincount(exposure, done, minlength=4).astype(int))
        dealt = rng.permuted(np.broadcast_to(flag, (permutations, len(flag))), axis=1).T
        seen = met.any(axis=1) & ~act
        exposed = (met[seen].astype(np.float32) @ dealt.astype(np.float32)) > 0
        drawn[0, 0] += exposed.sum(axis=0)
        drawn[0, 1] += seen.sum() - exposed.sum(axis=0)
        drawn[1, 0] += exposed[done[seen]].sum(axis=0)
        drawn[1, 1] += done[seen].sum() - exposed[done[seen]].sum(axis=0)
    at_risk = np.array(risk).T if risk else np.zeros((4, 0), dtype=int)
    told = (drawn[0] > 0).all(axis=0)
    if not (at_risk.shape[1] and at_risk[:2].sum(axis=1).all() and told.mean() > 0.5):
        return None
    rates = drawn[1][:, told] / drawn[0][:, told]
    gap = rates[0] - rates[1]
    total, ties = at_risk.sum(axis=1), np.array(closed).T.sum(axis=1)
    seen_gap = ties[0] / total[0] - ties[1] / total[1]
    far = int((np.abs(gap - gap.mean()) >= abs(seen_gap - gap.mean()) - 1e-12).sum())
    low, high = np.quantile(gap, [0.025, 0.975])
    return Closure(
        tuple(known[1:]), at_risk, np.array(closed).T, float(gap.mean()), float(low), float(high),
        (1 + far) / (1 + len(gap)), len(gap), seed,
    )  # fmt: skip


def _pairs(
    before: Ratings,
    now: Ratings,
    records: pd.DataFrame,
    events: pd.Series,
    left_out: Collection[str],
    level: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The pairs i < j at risk, which events both attended, shape (pairs, events), and whether the tie closed, shape (pairs,)."""
    names = pd.Index(before.actors)
    kept = ~names.isin(list(left_out))
    already, tied = (one.confirmed(level).toarray() > 0 for one in (before, now))
    rated = np.isfinite(before.level) & np.isfinite(now.level)
    at_risk = rated & rated.T & ~already & kept & kept[:, None]
    i, j = np.nonzero(np.triu(at_risk, k=1))
    came = np.zeros((len(names), len(events)), dtype=bool)
    own = records[records["event"].isin(events) & records["actor"].isin(names)]
    came[names.get_indexer(own["actor"]), pd.Index(events).get_indexer(own["event"])] = True
    return i, j, came[i] & came[j], tied[i, j]


def _acted(actors: Sequence[str], acts: pd.DataFrame, i: np.ndarray, j: np.ndarray) -> np.ndarray:
    """Whether the pairs i, j were the parties of one of the acts."""
    names = pd.Index(actors)
    ends = np.sort([names.get_indexer(acts["party_a"]), names.get_indexer(acts["party_b"])], axis=0)
    return np.isin(i * len(names) + j, ends[0] * len(names) + ends[1])
