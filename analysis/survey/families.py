"""Log-likelihoods of the models: scores and information of one observation as functions of its linear predictor.

What belongs here: the mathematics of each family. What does not: weights, designs, tables (models.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.survey.stages import Floats

FAMILIES = ("gaussian", "logit", "poisson", "ordinal")
STEPS = 60
TOLERANCE = 1e-10


class Family(Protocol):
    """A model of y (n,) given a linear predictor (n,)."""

    def start(self, y: Floats, weights: Floats, columns: int) -> Floats:
        """First coefficients (columns,), the intercept first."""

    def pieces(self, y: Floats, eta: Floats) -> tuple[Floats, Floats]:
        """Derivative of the log-likelihood by the linear predictor (n,), and minus the expected second derivative (n,)."""

    def mean(self, eta: Floats) -> Floats:
        """Expected y (n,)."""

    def slope(self, eta: Floats) -> Floats:
        """Derivative of the expected y by the linear predictor (n,)."""


@dataclass(frozen=True)
class Gaussian:
    """Identity link, unit variance: weighted least squares."""

    def start(self, y: Floats, weights: Floats, columns: int) -> Floats:
        return np.zeros(columns)

    def pieces(self, y: Floats, eta: Floats) -> tuple[Floats, Floats]:
        return y - eta, np.ones_like(eta)

    def mean(self, eta: Floats) -> Floats:
        return eta

    def slope(self, eta: Floats) -> Floats:
        return np.ones_like(eta)


@dataclass(frozen=True)
class Logit:
    """Binary y, logit link."""

    def start(self, y: Floats, weights: Floats, columns: int) -> Floats:
        share = float(np.average(y, weights=weights))
        return np.concatenate([[np.log(share / (1 - share))], np.zeros(columns - 1)])

    def pieces(self, y: Floats, eta: Floats) -> tuple[Floats, Floats]:
        p = self.mean(eta)
        return y - p, p * (1 - p)

    def mean(self, eta: Floats) -> Floats:
        # tanh is the logistic function without overflow.
        return 0.5 + 0.5 * np.tanh(0.5 * eta)

    def slope(self, eta: Floats) -> Floats:
        p = self.mean(eta)
        return p * (1 - p)


@dataclass(frozen=True)
class Poisson:
    """Counts, log link."""

    def start(self, y: Floats, weights: Floats, columns: int) -> Floats:
        return np.concatenate([[np.log(float(np.average(y, weights=weights)))], np.zeros(columns - 1)])

    def pieces(self, y: Floats, eta: Floats) -> tuple[Floats, Floats]:
        mu = self.mean(eta)
        return y - mu, mu

    def mean(self, eta: Floats) -> Floats:
        return np.exp(np.minimum(eta, 700.0))

    def slope(self, eta: Floats) -> Floats:
        return self.mean(eta)


GENERALISED: dict[str, Family] = {"gaussian": Gaussian(), "logit": Logit(), "poisson": Poisson()}


def logistic(eta: Floats) -> Floats:
    return 0.5 + 0.5 * np.tanh(0.5 * eta)


@dataclass(frozen=True)
class Ordinal:
    """Proportional odds (McCullagh 1980) of y in 0…m: P(y ≤ j) = logistic(θ_j − xβ); parameters are m thresholds, then β."""

    m: int

    def start(self, y: Floats, weights: Floats, columns: int) -> Floats:
        shares = np.cumsum(np.bincount(y.astype(np.int64), weights, self.m + 1))[:-1] / weights.sum()
        return np.concatenate([np.log(shares / (1 - shares)), np.zeros(columns)])

    def scores(self, y: Floats, x: Floats, parameters: Floats) -> Floats:
        """Derivatives of each row's log-likelihood by the parameters (n, m + columns)."""
        (f_up, f_low), p, code = self._ends(y, x, parameters)
        by_eta = -(f_up - f_low) / p
        found = np.zeros((len(y), len(parameters)))
        rows = np.arange(len(y))
        top, bottom = code < self.m, code > 0
        found[rows[top], code[top]] = (f_up / p)[top]
        found[rows[bottom], code[bottom] - 1] = -(f_low / p)[bottom]
        found[:, self.m :] = by_eta[:, None] * x
        return found

    def likelihood(self, y: Floats, x: Floats, parameters: Floats, weights: Floats) -> float:
        (_, _), p, _ = self._ends(y, x, parameters)
        with np.errstate(divide="ignore"):
            return float(weights @ np.log(np.maximum(p, 0)))

    def information(self, x: Floats, parameters: Floats, weights: Floats) -> Floats:
        """Expected information of the weighted sample (m + columns, m + columns)."""
        cumulative = self.cumulative(x, parameters)
        slopes = np.pad(cumulative * (1 - cumulative), ((0, 0), (1, 1)))
        p = np.diff(np.pad(cumulative, ((0, 0), (1, 1)), constant_values=((0, 0), (0, 1))), axis=1)
        found = np.zeros((len(parameters), len(parameters)))
        for j in range(self.m + 1):
            share = weights / np.maximum(p[:, j], 1e-300)
            low, up = slopes[:, j], slopes[:, j + 1]
            block = np.zeros((len(x), len(parameters)))
            if j < self.m:
                block[:, j] = up
            if j > 0:
                block[:, j - 1] -= low
            block[:, self.m :] = -(up - low)[:, None] * x
            found += block.T @ (share[:, None] * block)
        return found

    def cumulative(self, x: Floats, parameters: Floats) -> Floats:
        """P(y ≤ j) for j < m, (n, m)."""
        return logistic(parameters[: self.m] - (x @ parameters[self.m :])[:, None])

    def _ends(
        self, y: Floats, x: Floats, parameters: Floats
    ) -> tuple[tuple[Floats, Floats], Floats, np.ndarray]:
        code = y.astype(np.int64)
        eta = x @ parameters[self.m :]
        thresholds = np.concatenate([[-np.inf], parameters[: self.m], [np.inf]])
        up, low = logistic(thresholds[code + 1] - eta), logistic(thresholds[code] - eta)
        return (up * (1 - up), low * (1 - low)), up - low, code
