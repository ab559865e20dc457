"""Whether the probabilities of being won hold: each ended proposal predicted from others only, compared with what became of it.

Brier score (Brier 1950): mean squared difference of probability and outcome (0, 1); 0 is perfect. Reference: the share won among the same proposals, known only
afterwards, which makes it a demanding one; skill = 1 − score/reference. Interval: bootstrap over proposals with the predictions as they are. Reliability:
share won by classes of predicted probability, Wilson's interval (analysis.resources.intervals). Where each proposal is predicted from all others, those won have
lower probabilities than those lost of the same kind, by construction: classes by probability would show an artefact, so that the classes are the kinds of funder.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.proposals import STAGES, STRENGTH, Histories, pooled

SCHEMES = ("earlier", "leave-one-out")
EARLIER, WITHOUT = SCHEMES
LEAST_BEFORE = 5
LEAST = 10
BINS = 5
DRAWS = 2_000
LEAST_DRAWS = 200


@dataclass(frozen=True)
class Predicted:
    """`rows`: proposal, kind, probability, pooled (probability without regard to the kind), learned_from (proposals behind it), won; `scheme` by which they were
    predicted, at `stage`; `left_out`: ended proposals that reached the stage and could not be predicted."""

    rows: pd.DataFrame
    scheme: str
    stage: str
    left_out: int

    def table(self) -> pd.DataFrame:
        """One row a predicted proposal: funder_kind, probability, pooled, learned_from, outcome (won, lost)."""
        frame = pd.DataFrame(
            {
                "proposal": self.rows["proposal"],
                "funder_kind": self.rows["kind"],
                "probability": self.rows["probability"],
                "pooled": self.rows["pooled"],
                "learned_from": self.rows["learned_from"],
                "outcome": np.where(self.rows["won"], "won", "lost").astype(object),
            }
        )
        shares = {"unit": "share", "digits": 0, "n": "learned_from"}
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "probability": shares,
            "pooled": shares,
            "learned_from": {"counts": "things"},
            "outcome": {"labels": "proposal_stage"},
        }
        return frame


def predict(
    found: Histories,
    scheme: str = EARLIER,
    stage: str = "submitted",
    strength: float = STRENGTH,
    prior: float | None = None,
    least_before: int = LEAST_BEFORE,
) -> Predicted:
    """The probability of each ended proposal at `stage`, by the method of `proposals.learn` with the same `strength` and `prior`, from other ended proposals.

    `scheme`: "earlier", from those that ended before the day on which it reached the stage (nothing that was not known then); "leave-one-out", from all others.
    Only ended proposals that reached the stage. Left out and counted: those of them without its date, or with fewer than `least_before` others to learn from. Refused: an unknown scheme or stage.
    """
    label = say("calibrazione", "calibration")
    faults = [
        Fault(f"{name} = {value}", label, ", ".join(allowed))
        for name, value, allowed in (("scheme", scheme, SCHEMES), ("stage", stage, STAGES))
        if value not in allowed
    ]
    if least_before < 1:
        faults.append(Fault(f"least_before = {least_before}", label, "≥ 1"))
    if faults:
        raise EstimateError(faults)
    at = STAGES.index(stage)
    learnable = ~found.open & (found.rows["reached"].to_numpy() >= at)
    start = found.entered[:, at]
    mine = learnable & ~np.isnat(start)
    rows = found.rows[["proposal", "kind", "won", "ended"]]
    kind = pd.factorize(rows["kind"])[0]
    won = rows["won"].to_numpy(dtype=bool)
    every, own = (
        _others(groups, learnable, won, rows["ended"].to_numpy(), start, scheme)
        for groups in (np.zeros(len(rows), dtype=int), kind)
    )
    enough = mine & (every[1] >= least_before)
    if not enough.any():
        raise _too_few(0)
    (all_won, all_n), (own_won, own_n) = ((each[0][enough], each[1][enough]) for each in (every, own))
    base, _ = pooled(all_won, all_n, strength, prior)
    used = pd.DataFrame(
        {
            "proposal": rows["proposal"].to_numpy()[enough],
            "kind": rows["kind"].to_numpy()[enough],
            "probability": (strength * base + own_won) / (strength + own_n),
            "pooled": base,
            "learned_from": all_n,
            "won": won[enough],
        }
    )
    return Predicted(used, scheme, stage, int(learnable.sum()) - len(used))


def _others(
    group: np.ndarray,
    learnable: np.ndarray,
    won: np.ndarray,
    ended: np.ndarray,
    start: np.ndarray,
    scheme: str,
) -> tuple[np.ndarray, np.ndarray]:
    """Won and ended proposals of the same group that each proposal may be predicted from, (N,) each."""
    before = np.zeros((2, len(group)), dtype=int)
    for value in range(group.max() + 1):
        inside = group == value
        pool = inside & learnable
        if scheme == WITHOUT:
            before[0, inside] = won[pool].sum() - (won & learnable)[inside]
            before[1, inside] = pool.sum() - learnable[inside]
            continue
        order = np.argsort(ended[pool], kind="stable")
        sums = np.concatenate([[0], np.cumsum(won[pool][order])])
        known = np.searchsorted(ended[pool][order], start[inside], side="left")
        before[0, inside], before[1, inside] = sums[known], known
    return before[0], before[1]


def _too_few(n: int) -> TooFewError:
    what = say(f"{n} proposte chiuse da prevedere", f"{n} ended proposals to predict")
    step = say(
        "La calibrazione si potrà misurare quando se ne saranno chiuse altre.",
        "Calibration can be measured once more of them have ended.",
    )
    return TooFewError(Fault(what, say("calibrazione", "calibration"), f"≥ {LEAST}", step))


@dataclass(frozen=True)
class Calibration:
    """Scores of the predictions, each (estimate, low, high): `brier`, `reference` (share won, known afterwards), `skill` over it, `pooled` (score of predictions
    without regard to the kind), `bias` (mean probability − share won); `bins`: the reliability curve; `n` predictions, `won` of them."""

    brier: tuple[float, float, float]
    reference: tuple[float, float, float]
    skill: tuple[float, float, float]
    pooled: tuple[float, float, float]
    bias: tuple[float, float, float]
    bins: pd.DataFrame
    n: int
    won: int
    scheme: str
    left_out: int

    def against_reference(self) -> intervals.Difference:
        """The skill, as a statement wants it: better than the share won where its interval is above 0."""
        return intervals.Difference(*self.skill, self.n)

    def table(self) -> pd.DataFrame:
        """One row a score: estimate with its bootstrap interval, n."""
        names = ("brier", "reference", "skill", "pooled", "bias")
        values = np.array([getattr(self, name) for name in names])
        frame = pd.DataFrame(
            {
                "score": np.array(names, dtype=object),
                "scheme": np.full(len(names), self.scheme, dtype=object),
                "estimate": values[:, 0],
                "low": values[:, 1],
                "high": values[:, 2],
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "score": {"labels": "calibration_score"},
            "scheme": {"labels": "calibration_scheme"},
            "estimate": {"unit": "index", "digits": 3, "n": "n"},
            "low": {"low_of": "estimate"},
            "high": {"high_of": "estimate"},
            "n": {"counts": "things"},
        }
        return frame

    def reliability(self) -> pd.DataFrame:
        """One row a class of predictions, lowest first: bin (its number; the kind of funder where each was predicted from all others), predicted (mean probability),
        share won with Wilson's interval, won, n."""
        frame = self.bins.copy()
        frame.attrs["columns"] = {
            "bin": {"labels": "source_kind" if self.scheme == WITHOUT else "bin"},
            "predicted": {"unit": "share", "digits": 0, "n": "n"},
            "share": {"unit": "share", "digits": 0, "n": "n", "cases": "won"},
            "low": {"low_of": "share"},
            "high": {"high_of": "share"},
            "won": {"counts": "things"},
            "n": {"counts": "things"},
        }
        return frame


def calibrate(
    predicted: Predicted, bins: int = BINS, least: int = LEAST, draws: int = DRAWS, seed: int = 1
) -> Calibration:
    """Brier score, reference, skill and reliability of out-of-sample predictions. Refused: fewer than `least` of them.

    Classes hold about as many proposals each, in the order of their probability; equal probabilities stay together, so there may be fewer than `bins`. The skill
    is missing where all proposals had the same end.
    """
    rows = predicted.rows
    if len(rows) < max(least, 2):
        raise _too_few(len(rows))
    if draws < LEAST_DRAWS or bins < 1:
        what, allowed = f"draws = {draws}, bins = {bins}", f"draws ≥ {LEAST_DRAWS}, bins ≥ 1"
        raise EstimateError(Fault(what, say("calibrazione", "calibration"), allowed))
    chance, pool = rows["probability"].to_numpy(), rows["pooled"].to_numpy()
    won = rows["won"].to_numpy(dtype=float)
    parts = np.stack([(chance - won) ** 2, (pool - won) ** 2, won, chance - won])
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=draws) / len(rows)
    here, resampled = _scores(parts.mean(axis=1)[:, None])[:, 0], _scores(parts @ weights.T)
    brier, reference, skill, pooled_score, bias = (
        (float(value), *intervals.percentiles(some)) for value, some in zip(here, resampled)
    )
    group = rows["kind"].to_numpy(dtype=object) if predicted.scheme == WITHOUT else _classes(chance, bins)
    return Calibration(
        brier, reference, skill, pooled_score, bias, _reliability(chance, won, group),
        len(rows), int(won.sum()), predicted.scheme, predicted.left_out,
    )  # fmt: skip


def _scores(means: np.ndarray) -> np.ndarray:
    """Brier, reference, skill, pooled, bias, (5, B), from the means of the two losses, the outcomes and the errors, (4, B)."""
    brier, pool, share, bias = means
    reference = share * (1 - share)
    flat = reference < 1e-12
    skill = np.where(flat, np.nan, 1 - brier / np.where(flat, 1.0, reference))
    return np.stack([brier, reference, skill, pool, bias])


def _classes(chance: np.ndarray, bins: int) -> np.ndarray:
    """The number of the class of each probability, from "1", of about equal size; equal probabilities in one class."""
    edges = np.unique(np.quantile(chance, np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    place = np.unique(np.searchsorted(edges, chance, side="left"), return_inverse=True)[1]
    return (place + 1).astype(str).astype(object)


def _reliability(chance: np.ndarray, won: np.ndarray, group: np.ndarray) -> pd.DataFrame:
    rows = pd.DataFrame({"bin": group, "chance": chance, "won": won})
    found = rows.groupby("bin").agg(predicted=("chance", "mean"), won=("won", "sum"), n=("won", "size"))
    found = found.sort_values("predicted", kind="stable").reset_index()
    cases, n = found["won"].to_numpy(dtype=int), found["n"].to_numpy(dtype=int)
    low, high = intervals.wilson(cases, n)
    return found.assign(won=cases, share=cases / n, low=low, high=high)[
        ["bin", "predicted", "share", "low", "high", "won", "n"]
    ]
