"""What the open proposals may bring: expected value, its distribution, the probability of the target, and what more to ask in order to reach it.

Expected value: sum of amount × probability. Because few large proposals make most of it, it is never told without its distribution, drawn as follows: one quantile
per draw and kind of funder, at which the posteriors of that kind's stages (proposals.py) are read, so that the proposals of a kind share what is not known of its
success, and stages of a kind rise and fall together; then one Bernoulli trial a proposal. Kinds are drawn independently of one another. A proposal that is won
brings all that was last asked, times `granted`, where a share is declared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.resources import intervals
from analysis.resources.proposals import STAGES, Chances, Histories

BAND = (0.05, 0.95)
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
LEVEL = 0.8
LEAST_DRAWS = 1_000
BLOCK = 4_000_000  # trials held in memory at once
LIMIT = 10_000  # further proposals beyond which a target counts as out of reach
BINS = 40


@dataclass(frozen=True)
class Forecast:
    """`totals`: euro received and won, (draws,); `quantile`: drawn of each kind of funder, (draws, K) in the order of `chances.kinds`; `open`: the open proposals
    (kind, stage, asked, probability); all money in euro."""

    open: pd.DataFrame
    chances: Chances
    target: float
    received: float
    granted: float
    quantile: np.ndarray
    totals: np.ndarray
    seed: int

    @property
    def draws(self) -> int:
        return len(self.totals)

    @property
    def expected(self) -> float:
        """Received, plus the sum over open proposals of amount × probability; exact, not drawn."""
        return self.received + self.granted * float(self.open["asked"] @ self.open["probability"])

    @property
    def band(self) -> tuple[float, float]:
        """5th and 95th percentile of the totals drawn."""
        low, high = np.quantile(self.totals, BAND)
        return float(low), float(high)

    @property
    def probability(self) -> float:
        """Share of the draws that reach the target."""
        return float((self.totals >= self.target).mean())

    @property
    def simulation_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of `probability` for the finite number of draws; it tells nothing of the proposals."""
        low, high = intervals.wilson(np.array([(self.totals >= self.target).sum()]), np.array([self.draws]))
        return float(low[0]), float(high[0])

    def against(self, level: float = LEVEL) -> intervals.Difference:
        """The probability minus `level`, with the bounds of the simulation's own error, as a statement wants it."""
        low, high = self.simulation_interval
        return intervals.Difference(self.probability - level, low - level, high - level, self.draws)

    def table(self) -> pd.DataFrame:
        """One row: open proposals, asked, received, expected (with the middle 90 % of the draws), median, target, probability (with its simulation error), draws."""
        low, high = self.band
        sure_low, sure_high = self.simulation_interval
        frame = pd.DataFrame(
            {
                "proposals": [len(self.open)],
                "asked": [float(self.open["asked"].sum())],
                "received": [self.received],
                "expected": [self.expected],
                "low": [low],
                "high": [high],
                "median": [float(np.median(self.totals))],
                "target": [self.target],
                "probability": [self.probability],
                "probability_low": [sure_low],
                "probability_high": [sure_high],
                "draws": [self.draws],
            }
        )
        euro = {"unit": "euro", "n": "proposals"}
        frame.attrs["columns"] = {
            "proposals": {"counts": "things"},
            "asked": euro,
            "received": euro,
            "expected": {**euro, "band": True},
            "low": {"low_of": "expected"},
            "high": {"high_of": "expected"},
            "median": euro,
            "target": euro,
            "probability": {"unit": "share", "digits": 1, "n": "draws"},
            "probability_low": {"low_of": "probability"},
            "probability_high": {"high_of": "probability"},
            "draws": {"counts": "things"},
        }
        return frame

    def cells(self) -> pd.DataFrame:
        """One row a kind of funder and stage with open proposals: proposals, asked, largest (euro), probability, expected (euro)."""
        rows = self.open.assign(worth=self.granted * self.open["asked"] * self.open["probability"])
        grouped = rows.groupby(["kind", "stage"], sort=False).agg(
            proposals=("asked", "size"),
            asked=("asked", "sum"),
            largest=("asked", "max"),
            probability=("probability", "first"),
            expected=("worth", "sum"),
        )
        order = {name: k for k, name in enumerate(STAGES)}
        frame = grouped.reset_index().rename(columns={"kind": "funder_kind"})
        frame = frame.assign(place=frame["stage"].map(order)).sort_values(["funder_kind", "place"])
        frame = frame.drop(columns="place").reset_index(drop=True)
        euro = {"unit": "euro", "n": "proposals"}
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "proposals": {"counts": "things"},
            "asked": euro,
            "largest": euro,
            "probability": {"unit": "share", "digits": 0, "n": "proposals"},
            "expected": euro,
        }
        return frame

    def quantiles(self) -> pd.DataFrame:
        """One row a quantile of the total (received and won), euro."""
        frame = pd.DataFrame(
            {"quantile": QUANTILES, "total": np.quantile(self.totals, QUANTILES), "draws": self.draws}
        )
        frame.attrs["columns"] = {
            "quantile": {"unit": "share", "digits": 0, "n": "draws"},
            "total": {"unit": "euro", "n": "draws"},
            "draws": {"counts": "things", "hidden": True},
        }
        return frame

    def distribution(self, bins: int = BINS) -> pd.DataFrame:
        """One row a class of equal width of the total (euro, from `from_euro` up to `to_euro`): share of the draws in it. For the figure."""
        ends = np.array([self.totals.min(), self.totals.max()])
        if ends[0] == ends[1]:
            ends, bins = ends + np.array([-0.5, 0.5]), 1
        cases, edges = np.histogram(self.totals, bins=bins, range=(float(ends[0]), float(ends[1])))
        frame = pd.DataFrame(
            {
                "from_euro": edges[:-1],
                "to_euro": edges[1:],
                "cases": cases,
                "share": cases / self.draws,
                "draws": self.draws,
            }
        )
        euro = {"unit": "euro", "n": "draws"}
        frame.attrs["columns"] = {
            "from_euro": euro,
            "to_euro": euro,
            "cases": {"counts": "things", "hidden": True},
            "share": {"unit": "share", "n": "draws", "cases": "cases"},
            "draws": {"counts": "things", "hidden": True},
        }
        return frame


def forecast(
    found: Histories,
    chances: Chances,
    target: float,
    received: float = 0.0,
    draws: int = 10_000,
    seed: int = 1,
    granted: float = 1.0,
) -> Forecast:
    """What the open proposals of `found` may bring on top of what is `received` already (euro), against `target` (euro).

    `granted`: share of what is asked that a funder who says yes gives (`proposals.granted` measures it). Refused, all at once: a target that is not above 0, received
    below 0, granted outside (0, 2], fewer than a thousand draws; a kind of funder that `chances` lacks.
    """
    checks = [
        (target > 0 and np.isfinite(target), f"target = {target}", "> 0"),
        (received >= 0 and np.isfinite(received), f"received = {received}", "≥ 0"),
        (0 < granted <= 2, f"granted = {granted}", "0–2"),
        (draws >= LEAST_DRAWS, f"draws = {draws}", f"≥ {LEAST_DRAWS}"),
    ]
    faults = [
        Fault(what, say("previsione", "forecast"), allowed) for good, what, allowed in checks if not good
    ]
    if faults:
        raise EstimateError(faults)
    rows = found.rows.loc[found.open, ["kind", "stage", "asked"]].reset_index(drop=True)
    row, column = chances.place(rows["kind"].tolist(), rows["stage"].tolist())
    rows["probability"] = chances.mean[row, column]
    rng = np.random.Generator(np.random.PCG64(seed))
    quantile = rng.random((draws, len(chances.kinds)))
    cells, cell = np.unique(row * len(STAGES) + column, return_inverse=True)
    success = drawn(chances, quantile, cells // len(STAGES), cells % len(STAGES))
    worth = granted * rows["asked"].to_numpy(dtype=float)
    size = max(1, BLOCK // max(1, len(rows)))
    parts = [
        (rng.random((len(some), len(rows))) < some[:, cell]) @ worth
        for some in np.split(success, range(size, draws, size))
    ]
    totals = received + np.concatenate(parts)
    return Forecast(rows, chances, float(target), float(received), float(granted), quantile, totals, seed)


def drawn(chances: Chances, quantile: np.ndarray, row: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Probabilities of the cells (row, column) of `chances` at the drawn quantiles of their kinds; (draws, cells)."""
    from scipy import special

    alpha, beta = chances.shapes
    return special.betaincinv(alpha[row, column], beta[row, column], quantile[:, row])


@dataclass(frozen=True)
class Needed:
    """Further proposals by kind of funder that bring P(target) to `level`: frame `rows` as `table` describes it."""

    rows: pd.DataFrame
    stage: str
    level: float

    def table(self) -> pd.DataFrame:
        """One row a kind of funder: stage, typical (median amount asked, euro) of how many proposals, probability, further (proposals more) with the bounds of the
        simulation's error, extra_asked (euro), reached (P(target) with them), draws. Missing where even LIMIT proposals do not suffice."""
        frame = self.rows.copy()
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "proposals": {"counts": "things"},
            "typical": {"unit": "euro", "n": "proposals"},
            "probability": {"unit": "share", "digits": 0, "n": "proposals"},
            "further": {"unit": "count", "n": "draws"},
            "further_low": {"low_of": "further"},
            "further_high": {"high_of": "further"},
            "extra_asked": {"unit": "euro", "n": "draws"},
            "reached": {"unit": "share", "n": "draws"},
            "draws": {"counts": "things"},
        }
        return frame


def needed(given: Forecast, found: Histories, stage: str = "submitted", level: float = LEVEL) -> Needed:
    """Smallest number of further typical proposals to one kind of funder with which P(target) ≥ `level`, at the present probability of those at `stage`; for each kind.

    In each draw the number of further proposals up to the win that closes the gap is (wins short) + a negative binomial number of refusals; the answer is
    the smallest whole number not below that in `level` of the draws. Refused: a level outside (0, 1), an unknown stage.
    """
    if not 0 < level < 1:
        raise EstimateError(Fault(f"level = {level}", say("previsione", "forecast"), "0–1"))
    kinds = list(given.chances.kinds)
    row, column = given.chances.place(kinds, [stage] * len(kinds))
    by_kind = found.rows.groupby("kind")["asked"]
    typical = by_kind.median().reindex(kinds).to_numpy(dtype=float)
    success = np.clip(drawn(given.chances, given.quantile, row, column), 1e-9, 1.0)
    short = np.maximum(given.target - given.totals, 0.0)[:, None]
    wins = np.ceil(short / (given.granted * typical) - 1e-9).astype(np.int64)
    rng = np.random.Generator(np.random.PCG64([given.seed, 1]))
    refusals = rng.negative_binomial(np.maximum(wins, 1), success)
    trials = np.sort(np.where(wins > 0, wins + refusals, 0), axis=0)
    spread = 1.96 * np.sqrt(level * (1 - level) * given.draws)
    middle = level * given.draws
    ranks = np.clip(np.ceil([middle, middle - spread, middle + spread]).astype(int), 1, given.draws) - 1
    further, low, high = (np.where(trials[k] > LIMIT, np.nan, trials[k]) for k in ranks)
    frame = pd.DataFrame(
        {
            "funder_kind": np.array(kinds, dtype=object),
            "stage": np.full(len(kinds), stage, dtype=object),
            "proposals": by_kind.size().reindex(kinds).to_numpy(),
            "typical": typical,
            "probability": given.chances.mean[row, column],
            "further": further,
            "further_low": low,
            "further_high": high,
            "extra_asked": further * typical,
            "reached": np.where(np.isnan(further), np.nan, (trials <= further).mean(axis=0)),
            "draws": given.draws,
        }
    )
    return Needed(frame, stage, level)
