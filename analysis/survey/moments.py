"""What a factor model is fitted to and what it implies: the moments of one group, the layout of its parameters, the implied moments and their derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey.stages import Floats


@dataclass(frozen=True, eq=False)
class Moments:
    """Means (p,) and covariances (p, p), of denominator n, of p items over `n` rows."""

    items: tuple[str, ...]
    mean: Floats
    covariance: Floats
    n: int

    @classmethod
    def of(cls, items: pd.DataFrame) -> Moments:
        """Of the rows of `items` (n × p) that have every answer."""
        values = items.astype("Float64").astype(float).dropna()
        if len(values) <= values.shape[1]:
            raise EstimateError(
                Fault(
                    say(f"{len(values)} righe complete e {values.shape[1]} domande", f"{len(values)} complete rows and {values.shape[1]} items"),
                    "cfa.items",
                    say("più righe che domande", "more rows than items"),
                )
            )  # fmt: skip
        flat = [str(name) for name in values if not values[name].std() > 0]
        if flat:
            raise EstimateError(
                Fault(say("domande senza varianza", "items without variance"), "cfa: " + ", ".join(flat))
            )
        return cls(
            tuple(map(str, values)), values.mean().to_numpy(), values.cov(ddof=0).to_numpy(), len(values)
        )


@dataclass(frozen=True, eq=False)
class Layout:
    """Which parameter stands where in one group: loadings (p, m), factor covariances (m, m), residual variances (p,), intercepts
    (p,), factor means (m,); −1 stands for a fixed value, which `fixed` holds (loadings, the rest is zero)."""

    loadings: np.ndarray
    covariances: np.ndarray
    residuals: np.ndarray
    intercepts: np.ndarray
    means: np.ndarray
    fixed: Floats

    def matrices(self, theta: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        def filled(where: np.ndarray, base: Any = 0.0) -> Floats:
            return np.where(where >= 0, theta[where], base)

        return (
            filled(self.loadings, self.fixed),
            filled(self.covariances),
            filled(self.residuals),
            filled(self.intercepts),
            filled(self.means),
        )

    def implied(self, theta: Floats) -> tuple[Floats, Floats]:
        """Means (p,) and covariances (p, p)."""
        loadings, phi, residuals, intercepts, means = self.matrices(theta)
        return intercepts + loadings @ means, loadings @ phi @ loadings.T + np.diag(residuals)

    def derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Of the implied means (q, p) and covariances (q, p, p) by each parameter."""
        loadings, phi, _, _, means = self.matrices(theta)
        q, p = len(theta), len(self.residuals)
        by_mean, by_cov = np.zeros((q, p)), np.zeros((q, p, p))
        half = loadings @ phi
        for i, k in np.argwhere(self.loadings >= 0):
            at = self.loadings[i, k]
            by_cov[at, i, :] += half[:, k]
            by_cov[at, :, i] += half[:, k]
            by_mean[at, i] += means[k]
        for k, l in np.argwhere(self.covariances >= 0):  # noqa: E741
            by_cov[self.covariances[k, l]] += np.outer(loadings[:, k], loadings[:, l])
        for i in np.flatnonzero(self.residuals >= 0):
            by_cov[self.residuals[i], i, i] += 1
        for i in np.flatnonzero(self.intercepts >= 0):
            by_mean[self.intercepts[i], i] += 1
        for k in np.flatnonzero(self.means >= 0):
            by_mean[self.means[k]] += loadings[:, k]
        return by_mean, by_cov
