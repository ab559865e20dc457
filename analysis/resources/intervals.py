"""Intervals that several estimates of this room share: of a share, of a ratio of sums, of resampled values; and a difference with its bounds.

Shares: Wilson (1927), as in Brown, Cai and DasGupta (2001). Ratio of sums of a few units: jackknife of its logarithm with Student's t on n − 1 degrees of
freedom, which with two or three units is as wide as so few units warrant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


@dataclass(frozen=True)
class Difference:
    """A difference with its bounds and the number of units behind it, as a statement wants it; `cells`: smaller numbers of units that it also rests on."""

    estimate: float
    low: float
    high: float
    n: int
    cells: tuple[int, ...] = ()


def wilson(cases: np.ndarray, n: np.ndarray, level: float = LEVEL) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of the share cases/n, elementwise; missing where n is 0. Exactly 0 and 1 at the ends."""
    from statsmodels.stats.proportion import proportion_confint

    cases, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    low, high = proportion_confint(cases, np.where(n > 0, n, 1.0), alpha=1 - level, method="wilson")
    low, high = np.where(cases == 0, 0.0, low), np.where(cases == n, 1.0, high)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def share(cases: np.ndarray, n: np.ndarray) -> np.ndarray:
    """cases/n, elementwise; missing where n is not above 0."""
    cases, n = np.asarray(cases, dtype=float), np.asarray(n, dtype=float)
    return np.divide(cases, n, out=np.full(np.shape(n), np.nan), where=n > 0)


def percentiles(values: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """The middle `level` of resampled values, shape (B,); missing where more than one in twenty of them is."""
    if not len(values) or np.isnan(values).mean() > 0.05:
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, ((1 - level) / 2, (1 + level) / 2))
    return float(low), float(high)


def log_jackknife(top: np.ndarray, bottom: np.ndarray) -> tuple[float, float]:
    """log(Σtop/Σbottom) of n units and its jackknife variance; missing with fewer than two units or where leaving one out gives no positive ratio."""
    n = len(top)
    if n < 2:
        return float("nan"), float("nan")
    whole = np.array([top.sum(), bottom.sum()])
    without = np.stack([whole[0] - top, whole[1] - bottom])
    if (without <= 0).any() or (whole <= 0).any():
        return float("nan"), float("nan")
    logs = np.log(without[0] / without[1])
    return float(np.log(whole[0] / whole[1])), float((n - 1) / n * ((logs - logs.mean()) ** 2).sum())


def ratio_interval(top: np.ndarray, bottom: np.ndarray, level: float = LEVEL) -> tuple[float, float]:
    """Interval of Σtop/Σbottom over n units, by `log_jackknife`; missing where that is."""
    from scipy import stats

    middle, variance = log_jackknife(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    if np.isnan(variance):
        return float("nan"), float("nan")
    reach = stats.t.ppf((1 + level) / 2, len(top) - 1) * np.sqrt(variance)
    return float(np.exp(middle - reach)), float(np.exp(middle + reach))


def log_log(share: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pointwise bounds of a share strictly within 0 and 1 on the scale log(−log), by the delta method; missing elsewhere."""
    from scipy import stats

    inside = (share > 0) & (share < 1) & np.isfinite(error)
    safe = np.where(inside, share, 0.5)
    reach = stats.norm.ppf((1 + LEVEL) / 2) * np.where(inside, error, 0) / (safe * np.log(safe))
    ends = np.stack([safe ** np.exp(-reach), safe ** np.exp(reach)])
    ends = np.where(inside, np.sort(ends, axis=0), np.nan)
    return ends[0], ends[1]
