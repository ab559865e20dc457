"""The chi-square of a factor model corrected for answers that are not normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.survey.cfa import Cfa
from analysis.survey.stages import Floats


@dataclass(frozen=True)
class Scaled:
    """Yuan and Bentler's (2000) scaled chi-square, its factor, degrees of freedom and p: the "MLR" test of Mplus and lavaan."""

    chi2: float
    scale: float
    df: int
    p: float


def scaled(model: Cfa, items: pd.DataFrame) -> Scaled:
    """Scale the chi-square of a model of one group by the fourth moments of the answers (n × p) it was fitted to."""
    group, layout = model.moments[0], model.layouts[0]
    answers = items[list(group.items)].astype("Float64").astype(float).dropna().to_numpy()
    away = answers - group.mean
    sigma, p = layout.implied(model.theta)[1], len(group.mean)
    _, slopes = layout.derivatives(model.theta)
    lower = np.tril_indices(p)
    delta = np.zeros((p + len(lower[0]), p + len(model.theta)))
    delta[:p, :p] = np.eye(p)
    delta[p:, p:] = np.array([slope[lower] for slope in slopes]).T
    saturated, at_model = (_scores(away, matrix, lower) for matrix in (group.covariance, sigma))
    free = np.trace(
        np.linalg.solve(_information(group.covariance, lower), saturated.T @ saturated / len(away))
    )
    observed = np.zeros((delta.shape[1], delta.shape[1]))
    observed[:p, :p] = np.linalg.inv(sigma)
    observed[p:, p:] = _hessian(model)
    held = np.trace(np.linalg.solve(observed, delta.T @ (at_model.T @ at_model / len(away)) @ delta))
    scale = float((free - held) / model.df)
    chi2 = model.chi2 / scale
    return Scaled(chi2, scale, model.df, float(stats.chi2.sf(chi2, model.df)))


def _scores(away: Floats, sigma: Floats, lower: tuple) -> Floats:
    """Derivatives of each row's log-likelihood by the means and the distinct covariances (n, p + p(p+1)/2)."""
    inverse = np.linalg.inv(sigma)
    turned = away @ inverse
    core = 0.5 * (turned[:, :, None] * turned[:, None, :] - inverse)
    return np.hstack([turned, _folded(core, lower)])


def _information(sigma: Floats, lower: tuple) -> Floats:
    inverse = np.linalg.inv(sigma)
    p, k = len(sigma), len(lower[0])
    found = np.zeros((p + k, p + k))
    found[:p, :p] = inverse
    basis = np.zeros((k, p, p))
    basis[np.arange(k), lower[0], lower[1]] = basis[np.arange(k), lower[1], lower[0]] = 1.0
    turned = inverse @ basis
    found[p:, p:] = 0.5 * np.einsum("aij,bji->ab", turned, turned)
    return found


def _folded(matrices: Floats, lower: tuple) -> Floats:
    """Derivatives by distinct elements from those by all elements: off the diagonal an element stands for two."""
    return matrices[:, lower[0], lower[1]] * np.where(lower[0] == lower[1], 1.0, 2.0)


def _hessian(model: Cfa) -> Floats:
    """Observed information of one row about the covariance parameters (q, q), by central differences of the gradient."""
    group, layout = model.moments[0], model.layouts[0]

    def gradient(theta: Floats) -> Floats:
        inverse = np.linalg.inv(layout.implied(theta)[1])
        core = inverse @ (group.covariance - layout.implied(theta)[1]) @ inverse
        return -0.5 * np.einsum("qij,ij->q", layout.derivatives(theta)[1], core)

    step = 1e-5
    return np.array(
        [
            (gradient(model.theta + step * unit) - gradient(model.theta - step * unit)) / (2 * step)
            for unit in np.eye(len(model.theta))
        ]
    )
