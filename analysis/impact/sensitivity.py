"""How far trends may have differed before the conclusion falls: intervals of an effect that hold under bounded violations of parallel trends (Rambachan & Roth 2023).

Relative magnitudes: from one semester to the next the groups' trends may part after adoption by at most M times the most they parted before it. Smoothness: the
slope of the difference may change by at most M (in units of the outcome) from one semester to the next. M = 0 is parallel trends in the first, a straight line
in the second. The breakdown value is the largest M at which the interval leaves out zero.

The interval for relative magnitudes is worked out here. For a mean of effects after adoption with weights l the violation is at most c·M·max|b|, c the sum
of l·(periods since the base) and b the steps before adoption; for each step and sign two inequalities remain, and the union over steps and
signs of their intervals, each bound with its own error, covers with at least the stated chance (Bonferroni). The package's own interval takes
the steps as known without error. Smoothness: the package's fixed-length interval, its errors widened by the ratio of the quantiles of t and of the normal law.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact import influence
from analysis.impact.effect import LEVEL
from analysis.impact.staggered import Staggered, package_fit

GRID = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
FARTHEST = 10.0
STEP = 0.001


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Intervals `low`, `high` (G,) of the target under violations of up to `m` (G,). restriction: "relative" or "smoothness".

    least, most (G,): bounds of the estimate itself, before sampling error (missing for smoothness, where the estimate moves with M). breakdown: None where
    zero is inside already at M = 0; infinite where it never comes inside up to FARTHEST. None of it is filled (all missing) where the
    clusters cannot bear an interval.
    """

    restriction: str
    target: str
    m: np.ndarray
    low: np.ndarray
    high: np.ndarray
    least: np.ndarray = field(repr=False)
    most: np.ndarray = field(repr=False)
    estimate: float
    breakdown: float | None
    n: int
    persons: bool
    cautions: tuple[str, ...] = ()

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a value of M: restriction, target, m, estimate, low, high, n."""
        frame = pd.DataFrame(
            {
                "restriction": self.restriction,
                "target": self.target,
                "m": self.m,
                "estimate": self.estimate,
                "low": self.low,
                "high": self.high,
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "restriction": {"labels": "restriction"},
            "target": {"labels": "target"},
            "m": {"unit": "position", "digits": 2},
            "estimate": {"unit": unit, "digits": digits, "n": "n"},
            "low": {"low_of": "estimate"},
            "high": {"high_of": "estimate"},
            "n": {"counts": "persons" if self.persons else "things"},
        }
        return frame


def relative_magnitudes(found: Staggered, m: Sequence[float] = GRID, since: int | None = None) -> Sensitivity:
    """Intervals of the mean effect after adoption, or of the effect `since` semesters after it, for violations of up to `m` times the largest step before.

    Refused: negative values of m, a panel without two semesters before adoption, one whose semesters since adoption leave gaps, an
    unknown `since`.
    """
    grid = _grid(m)
    labels, effect, covariance, weights, target = _event_study(found, since)
    after = labels >= 0
    reach = float(weights @ (labels[after] + 1))
    line = np.zeros(
        (len(labels), len(labels))
    )  # steps before adoption, as sums of the event study's effects; the base is zero
    before = np.flatnonzero(~after)
    line[before, before] = -1.0
    line[before[:-1], before[1:]] = 1.0
    steps = line[before]
    post = np.zeros(len(labels))
    post[after] = weights
    fine = np.arange(0.0, FARTHEST + STEP / 2, STEP)
    every = np.union1d(fine, grid)
    low, high = _union(effect, covariance, post, steps, reach * every, _quantile(found))
    size = np.abs(steps @ effect).max()
    inside = (low <= 0) & (high >= 0)
    bear = found.clusters.bear
    breakdown = (
        None
        if inside[0] or not bear
        else float("inf")
        if not inside.any()
        else float(every[np.argmax(inside) - 1])
    )
    at = np.searchsorted(every, grid)
    value = float(post @ effect)
    hidden = 1.0 if bear else np.nan
    return Sensitivity(
        "relative", target, grid, hidden * low[at], hidden * high[at], value - reach * grid * size, value + reach * grid * size,
        value, breakdown, found.overall("event").n, found.panel.persons is not None, found.cautions,
    )  # fmt: skip


def smoothness(found: Staggered, m: Sequence[float] | None = None, since: int | None = None) -> Sensitivity:
    """The same for violations whose slope changes by at most `m` from one semester to the next; by default 0 to 1 times the effect's standard error.

    Takes about half a second for each value above 0. The breakdown value is the largest of `m` before zero comes inside. Refused: as `relative_magnitudes`.
    """
    from diff_diff import HonestDiD

    labels, effect, covariance, weights, target = _event_study(found, since)
    post = np.zeros(len(labels))
    post[labels >= 0] = weights
    error = float(np.sqrt(post @ covariance @ post))
    grid = _grid([0.0, 0.25 * error, 0.5 * error, error] if m is None else m)
    surface = package_fit(found.panel, found.control, "universal").aggregate("event_study")
    place = [surface.event_time.tolist().index(label) for label in labels]
    wider = _quantile(found) / _quantile(found, np.inf)
    errors = surface.se.astype(float).copy()
    errors[place] = wider * np.sqrt(np.diag(covariance))
    surface = replace(surface, se=errors, vcov=wider**2 * covariance, vcov_index=labels, df_survey=None)
    engine = HonestDiD(method="smoothness", l_vec=weights, alpha=1 - LEVEL)
    fits = [engine.fit(surface, M=value) for value in grid]
    low, high = (np.array([getattr(one, name) for one in fits], dtype=float) for name in ("ci_lb", "ci_ub"))
    low, high = np.minimum.accumulate(low), np.maximum.accumulate(high)
    inside = (low <= 0) & (high >= 0)
    bear = found.clusters.bear
    breakdown = (
        None
        if inside[0] or not bear
        else float("inf")
        if not inside.any()
        else float(grid[np.argmax(inside) - 1])
    )
    hidden, nothing = (1.0 if bear else np.nan), np.full(len(grid), np.nan)
    return Sensitivity(
        "smoothness", target, grid, hidden * low, hidden * high, nothing, nothing, float(post @ effect),
        breakdown, found.overall("event").n, found.panel.persons is not None, found.cautions,
    )  # fmt: skip


def _union(
    effect: np.ndarray,
    covariance: np.ndarray,
    post: np.ndarray,
    steps: np.ndarray,
    size: np.ndarray,
    quantile: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds (G,) of the union of intervals over steps and signs; `size` (G,) is what one unit of a step can bias the target by."""
    signed = np.concatenate([steps, -steps])
    below = post - size[:, None, None] * signed  # (G, 2S, L)
    above = post + size[:, None, None] * signed
    lows, highs = (
        side @ effect + sign * quantile * np.sqrt(np.einsum("gsl,lk,gsk->gs", side, covariance, side))
        for side, sign in ((below, -1.0), (above, 1.0))
    )
    empty = lows > highs
    low = np.where(empty, np.inf, lows).min(axis=1)
    high = np.where(empty, -np.inf, highs).max(axis=1)
    return np.minimum.accumulate(low), np.maximum.accumulate(high)


def _event_study(
    found: Staggered, since: int | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, str]:
    """Periods since adoption (L,), base left out, effects (L,), covariance (L, L) with one base for all periods; weights of the target (after,), its name."""
    panel = found.panel
    cells = influence.cells(panel.y, panel.periods, panel.adopted, found.control, "universal")
    labels, effect, values = influence.event(cells)
    before, after = labels[labels < 0], labels[labels >= 0]
    whole = len(before) > 0 and len(after) > 0
    whole = (
        whole
        and before.tolist() == list(range(-len(before) - 1, -1))
        and after.tolist() == list(range(len(after)))
    )
    if not whole:
        what = say(
            f"effetti ai semestri {labels.tolist()} dall'adozione",
            f"effects at {labels.tolist()} semesters since adoption",
        )
        allowed = say("…, −3, −2 (base −1), 0, 1, … senza vuoti", "…, −3, −2 (base −1), 0, 1, … without gaps")
        step = say(
            "Serve chi adotta dal terzo semestre in poi.",
            "Units that adopt from the third semester on are needed.",
        )
        raise EstimateError(Fault(what, "panel", allowed, step))
    if since is not None and since not in after:
        what = say(f"nessun effetto {since} semestri dopo", f"no effect {since} semesters after")
        raise EstimateError(Fault(what, "since", ", ".join(map(str, after))))
    weights = np.full(len(after), 1 / len(after)) if since is None else (after == since).astype(float)
    return labels, effect, found.covariance(values), weights, "mean" if since is None else str(since)


def _grid(m: Sequence[float]) -> np.ndarray:
    grid = np.unique(np.asarray(m, dtype=float))
    if not len(grid) or not np.isfinite(grid).all() or grid[0] < 0 or grid[-1] > FARTHEST:
        what = say(f"M = {list(m)}", f"M = {list(m)}")
        raise EstimateError(Fault(what, "m", f"0–{FARTHEST:g}"))
    return grid


def _quantile(found: Staggered, df: float | None = None) -> float:
    """Quantile of t; by default with the degrees of freedom of the smaller side's clusters, as every interval of staggered.py."""
    from scipy import stats

    fewer = max(min(found.clusters.treated, found.clusters.comparison) - 1, 1)
    return float(stats.t.ppf(0.5 + LEVEL / 2, fewer if df is None else df))
