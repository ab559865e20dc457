"""How long funders take to decide, open proposals censored at the end of the record; which open ones have waited long; what becomes of them all.

Time from submission to decision: Kaplan and Meier (1958), pointwise 95 % intervals by Greenwood's variance on the scale log(−log), the median's by inverting
them (Brookmeyer and Crowley 1982). Won and lost exclude one another: cumulative incidence of Aalen and Johansen (1978), which unlike a share among the
ended ones counts those still open. The curve has no interval on a day after which nobody is left at risk.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.proposals import STAGES, WON, Histories

CHASE = (0.75, 0.9)
OUTCOMES = ("won", "lost")
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Spells:
    """One row a proposal that entered `stage`: place in the histories, days from then to its decision or to the end, outcome ("won", "lost", "undecided");
    `undated`: proposals that reached the stage or a later one without a date of it."""

    rows: pd.DataFrame
    stage: str
    undated: int


def spells(found: Histories, stage: str = "submitted") -> Spells:
    """Time from the day on which `stage` was entered to the decision, or to the end of the record. Refused: an unknown stage, no proposal that entered it."""
    if stage not in STAGES:
        raise EstimateError(Fault(f"stage = {stage}", say("attesa", "waiting"), ", ".join(STAGES)))
    at = STAGES.index(stage)
    start = found.entered[:, at]
    inside = ~np.isnat(start)
    if not inside.any():
        what = say(f"nessuna proposta con la data di «{stage}»", f"no proposal with a date of '{stage}'")
        raise TooFewError(Fault(what, "proposals"))
    ended = found.rows["ended"].fillna(found.end).to_numpy(dtype="datetime64[ns]")
    days = (ended - start) / np.timedelta64(1, "D")
    outcome = np.where(found.open, UNDECIDED, found.rows["stage"].to_numpy(dtype=object))
    rows = pd.DataFrame({"place": np.flatnonzero(inside), "days": days[inside], "outcome": outcome[inside]})
    reached = found.rows["reached"].to_numpy() >= at
    return Spells(rows, stage, int((reached & ~inside).sum()))


@dataclass(frozen=True)
class Waiting:
    """Share still undecided after so many days, at each day of a decision, (T,), with pointwise bounds; `proposals` and how many were `decided`; `last` day observed, and
    how many were under observation on it."""

    stage: str
    day: np.ndarray
    at_risk: np.ndarray
    undecided: np.ndarray
    low: np.ndarray
    high: np.ndarray
    proposals: int
    decided: int
    last: float
    at_last: int

    def days_until(self, share: float) -> float:
        """First day by which at least `share` of the proposals are decided; missing where so many never are within the record."""
        return _first(self.day, self.undecided, 1 - share)

    def bounds_until(self, share: float) -> tuple[float, float]:
        """95 % interval of `days_until`; a bound that is never reached is missing."""
        return _first(self.day, self.low, 1 - share), _first(self.day, self.high, 1 - share)

    def after(self, days: np.ndarray) -> np.ndarray:
        """Share still undecided after `days`, same shape."""
        steps = np.concatenate([[1.0], self.undecided])
        return steps[np.searchsorted(self.day, np.asarray(days, dtype=float), side="right")]

    def table(self) -> pd.DataFrame:
        """One row a day of a decision, after day 0 and up to the last day observed: at_risk, undecided with its interval."""
        lead = 0 if len(self.day) and self.day[0] == 0 else 1
        tail = 0 if len(self.day) and self.day[-1] == self.last else 1
        shares = [
            np.concatenate([np.ones(lead), part, np.repeat(part[-1:] if len(part) else 1.0, tail)])
            for part in (self.undecided, self.low, self.high)
        ]
        frame = pd.DataFrame(
            {
                "days": np.concatenate([np.zeros(lead), self.day, np.full(tail, self.last)]),
                "at_risk": np.concatenate(
                    [np.full(lead, self.proposals), self.at_risk, np.full(tail, self.at_last)]
                ).astype(int),
                "undecided": shares[0],
                "low": shares[1],
                "high": shares[2],
            }
        )
        frame.attrs["columns"] = {
            "days": {"unit": "position", "digits": 0},
            "at_risk": {"counts": "things"},
            "undecided": {"unit": "share", "digits": 0, "n": "at_risk"},
            "low": {"low_of": "undecided"},
            "high": {"high_of": "undecided"},
        }
        return frame

    def percentiles(self, shares: tuple[float, ...] = (0.5, *CHASE)) -> pd.DataFrame:
        """One row a percentile of the time to the decision (the median first): days with their interval, proposals, decided; missing where not reached."""
        bounds = np.array([self.bounds_until(share) for share in shares])
        frame = pd.DataFrame(
            {
                "percentile": shares,
                "days": [self.days_until(share) for share in shares],
                "low": bounds[:, 0],
                "high": bounds[:, 1],
                "proposals": self.proposals,
                "decided": self.decided,
            }
        )
        frame.attrs["columns"] = {
            "percentile": {"unit": "share", "digits": 0, "n": "proposals"},
            "days": {"unit": "number", "digits": 0, "n": "proposals"},
            "low": {"low_of": "days"},
            "high": {"high_of": "days"},
            "proposals": {"counts": "things"},
            "decided": {"counts": "things"},
        }
        return frame


def _first(day: np.ndarray, share: np.ndarray, level: float) -> float:
    reached = share <= level + 1e-12
    return float(day[np.argmax(reached)]) if reached.any() else float("nan")


def waiting(given: Spells) -> Waiting:
    """Kaplan–Meier curve of the time to the decision. Nothing decided: a curve without steps, and no percentile."""
    from statsmodels.duration.survfunc import SurvfuncRight

    days = given.rows["days"].to_numpy(dtype=float)
    decided = (given.rows["outcome"] != UNDECIDED).to_numpy()
    last = float(days.max())
    at_last = int((days == last).sum())
    if not decided.any():
        none = np.empty(0)
        return Waiting(given.stage, none, none, none, none, none, len(days), 0, last, at_last)
    with np.errstate(divide="ignore", invalid="ignore"):  # where nobody is left at risk
        curve = SurvfuncRight(days, decided.astype(int))
    left = np.asarray(curve.surv_prob)
    low, high = intervals.log_log(left, np.asarray(curve.surv_prob_se))
    return Waiting(
        given.stage, np.asarray(curve.surv_times, dtype=float), np.asarray(curve.n_risk, dtype=int), left, low, high,
        len(days), int(decided.sum()), last, at_last,
    )  # fmt: skip


@dataclass(frozen=True)
class Chase:
    """Open proposals past a percentile of the time to the decision: frame `rows` as `table` describes it; `limits`: days of the percentiles CHASE."""

    rows: pd.DataFrame
    limits: tuple[float, ...]
    open: int

    def table(self) -> pd.DataFrame:
        """One row an open proposal past the lower of CHASE, longest wait first: funder, funder_kind, stage, asked (euro), days waited, past (the highest percentile
        passed), undecided (share of proposals still undecided after so many days)."""
        frame = self.rows.copy()
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "asked": {"unit": "euro", "n": "proposals"},
            "days": {"unit": "number", "digits": 0, "n": "proposals"},
            "past": {"unit": "share", "digits": 0, "n": "proposals"},
            "undecided": {"unit": "share", "digits": 0, "n": "proposals"},
            "proposals": {"counts": "things", "hidden": True},
        }
        return frame


def chase(found: Histories, given: Spells, curve: Waiting) -> Chase:
    """What to chase: open proposals that have waited longer than 75 % or 90 % of proposals wait for a decision.

    Nothing is listed past a percentile that the record does not reach, since how long so many wait is not known.
    """
    limits = np.array([curve.days_until(share) for share in CHASE])
    waits = given.rows[given.rows["outcome"] == UNDECIDED].sort_values("days", ascending=False, kind="stable")
    over = waits["days"].to_numpy()[:, None] > limits
    late = over.any(axis=1)
    own = found.rows.iloc[waits["place"].to_numpy()[late]]
    days = waits["days"].to_numpy()[late]
    past = np.where(over[late], CHASE, 0.0).max(axis=1) if late.any() else np.empty(0)
    rows = pd.DataFrame(
        {
            "proposal": own["proposal"].to_numpy(),
            "funder": own["funder"].to_numpy(),
            "funder_kind": own["kind"].to_numpy(dtype=object),
            "stage": own["stage"].to_numpy(dtype=object),
            "asked": own["asked"].to_numpy(dtype=float),
            "days": days,
            "past": past,
            "undecided": curve.after(days),
            "proposals": np.ones(len(own), dtype=int),
        }
    )
    return Chase(rows, tuple(map(float, limits)), len(waits))


@dataclass(frozen=True)
class Outcomes:
    """Cumulative incidence of each of OUTCOMES, (T, 2), at each `day`, with pointwise bounds; proposals and those at risk just before each day."""

    day: np.ndarray
    at_risk: np.ndarray
    shares: np.ndarray
    low: np.ndarray
    high: np.ndarray
    proposals: int

    def table(self) -> pd.DataFrame:
        """One row a day and outcome (won, lost, undecided): share, with its interval for won and lost."""
        names = [*OUTCOMES, UNDECIDED]
        nothing = np.full((len(self.day), 1), np.nan)
        shares = np.column_stack([self.shares, np.maximum(1 - self.shares.sum(axis=1), 0.0)])
        frame = pd.DataFrame(
            {
                "days": np.repeat(self.day, len(names)),
                "outcome": np.tile(np.array(names, dtype=object), len(self.day)),
                "at_risk": np.repeat(self.at_risk, len(names)),
                "share": shares.ravel(),
                "low": np.column_stack([self.low, nothing]).ravel(),
                "high": np.column_stack([self.high, nothing]).ravel(),
            }
        )
        frame.attrs["columns"] = {
            "days": {"unit": "position", "digits": 0},
            "outcome": {"labels": "outcome"},
            "at_risk": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "at_risk"},
            "low": {"low_of": "share"},
            "high": {"high_of": "share"},
        }
        return frame


def outcomes(given: Spells) -> Outcomes:
    """What becomes of proposals, in days since they entered the stage; those open at the end are censored.

    Variance of the cumulative incidence by the delta method (Marubini and Valsecchi 1995, Analysing Survival Data from Clinical Trials and Observational Studies).
    """
    days = given.rows["days"].to_numpy(dtype=float)
    day, place = np.unique(days, return_inverse=True)
    at_risk = (days >= day[:, None]).sum(axis=1)
    ends = [
        np.bincount(place[(given.rows["outcome"] == name).to_numpy()], minlength=len(day))
        for name in OUTCOMES
    ]
    shares, errors = incidence(at_risk, np.stack(ends, axis=1))
    low, high = intervals.log_log(shares, errors)
    lead = np.zeros((int(day[0] > 0), len(OUTCOMES)))
    return Outcomes(
        np.concatenate([lead[:, 0], day]),
        np.concatenate([np.full(len(lead), len(days)), at_risk]).astype(int),
        np.vstack([lead, shares]),
        np.vstack([np.full_like(lead, np.nan), low]),
        np.vstack([np.full_like(lead, np.nan), high]),
        len(days),
    )


def incidence(at_risk: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cumulative incidence of each end and its standard error, (T, K), from those at risk just before each day, (T,), and the ends of that day, (T, K)."""
    n, every = at_risk.astype(float), ends.sum(axis=1)
    before = np.concatenate([[1.0], np.cumprod(1 - every / n)[:-1]])
    share = np.cumsum(before[:, None] * ends / n[:, None], axis=0)
    last = n == every  # nobody is left: the term is multiplied by 0 there
    all_cause = np.where(last, 0.0, every / np.where(last, 1.0, n * (n - every)))[:, None]
    cross = before[:, None] * ends / n[:, None] ** 2
    own = before[:, None] ** 2 * (n[:, None] - ends) * ends / n[:, None] ** 3
    variance = (
        share**2 * np.cumsum(all_cause, axis=0)
        - 2 * share * np.cumsum(share * all_cause, axis=0)
        + np.cumsum(share**2 * all_cause, axis=0)
        - 2 * (share * np.cumsum(cross, axis=0) - np.cumsum(share * cross, axis=0))
        + np.cumsum(own, axis=0)
    )
    return share, np.sqrt(np.maximum(variance, 0.0))


def won_share(given: Outcomes) -> pd.DataFrame:
    """One row: share won by the last day observed, open proposals counted, with its interval, proposals behind it."""
    share, low, high = (float(part[-1, 0]) for part in (given.shares, given.low, given.high))
    frame = pd.DataFrame([{"outcome": WON, "share": share, "low": low, "high": high, "n": given.proposals}])
    frame.attrs["columns"] = {
        "outcome": {"labels": "outcome"},
        "share": {"unit": "share", "digits": 0, "n": "n"},
        "low": {"low_of": "share"},
        "high": {"high_of": "share"},
        "n": {"counts": "things"},
    }
    return frame
