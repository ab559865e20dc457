"""Quantiles by group, with Woodruff's interval: the interval of a share, read on the scale of the answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault
from analysis.survey import estimates, results, stages
from analysis.survey.design import Codes, Design, Floats, Sampling
from analysis.survey.results import Estimates


def quantile(
    y: npt.ArrayLike, design: Sampling, p: float = 0.5, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Smallest y (n,) at or below which a weighted share of at least `p` lies, in each group of `by`; 0 < p < 1.

    The interval inverts that of the share at or below the quantile, p ± t·SE (Woodruff 1952); the standard error is the
    interval's width over 2t (Francisco & Fuller 1991). Census and respondents have neither.
    """
    if not 0 < p < 1:
        raise EstimateError(Fault(f"p = {p:g}", "quantile.p", "0 < p < 1"))
    values = estimates.numbers(y, design)
    found, bounds = [], []
    for codes, groups in estimates.passes(by, ~np.isnan(values), "quantile", margin):
        k = len(groups)
        scale = _Scale.of(values, design.weights, codes, k)
        middle = scale.at(np.full(k, p))
        n, effective = estimates.counts(design, codes, k)
        df, scores = np.full(k, np.inf), np.zeros((1, k))
        low = high = middle
        if isinstance(design, Design):
            below = np.where(codes >= 0, (values <= middle[codes]).astype(float), 0.0)
            weights = stages.cells(np.zeros(design.n, dtype=np.int64), 1, codes, k, design.weights)[0]
            share = (
                stages.cells(np.zeros(design.n, dtype=np.int64), 1, codes, k, design.weights * below)[0]
                / weights
            )
            units = design.sums(codes, k, design.weights * below) - share * design.sums(
                codes, k, design.weights
            )
            df = design.degrees(codes, k)
            t = results.quantile_of_t(df)
            spread = np.sqrt(np.diag(design.covariance(units / weights)))
            half = t * spread
            low, high = scale.at(p - half), scale.at(p + half)
            se = (high - low) / (2 * t)
            scores = units / weights * np.divide(se, spread, out=np.zeros(k), where=spread > 0)
        bounds.append((low, high))
        found.append((groups, middle, n, n, effective, df, scores))
    whole = estimates.together("quantile", found, design)
    if isinstance(design, Design):
        ends = tuple(np.concatenate(part) for part in zip(*bounds))
        whole = results.bounded(whole, ends[0], ends[1])
    return whole.noted(y, by)


class _Scale:
    """Values in order within each domain, with the weighted share at or below each."""

    def __init__(self, values: Floats, shares: Floats, start: Codes, size: Codes) -> None:
        self.values, self.shares, self.start, self.size = values, shares, start, size

    @classmethod
    def of(cls, values: Floats, weights: Floats, codes: Codes, k: int) -> _Scale:
        kept = np.flatnonzero(codes >= 0)
        order = kept[np.lexsort((values[kept], codes[kept]))]
        domain = codes[order]
        size = np.bincount(domain, minlength=k)
        start = np.cumsum(size) - size
        sums = np.cumsum(weights[order])
        before = np.concatenate([[0.0], sums])[start]
        total = np.bincount(domain, weights[order], k)
        return cls(values[order], (sums - before[domain]) / total[domain] + domain, start, size)

    def at(self, share: Floats) -> Floats:
        """The value of each domain (k,) at its share (k,), the first or the last where the share lies outside 0–1."""
        k = len(self.size)
        asked = np.nan_to_num(np.clip(share, 0.0, 1.0), nan=0.5)
        # A share is reached where it falls short by no more than rounding.
        place = np.searchsorted(self.shares, asked + np.arange(k) - 1e-12 * (1 + np.arange(k)))
        found = self.values[np.clip(place, self.start, self.start + self.size - 1)]
        return np.where(np.isnan(share), np.nan, found)
