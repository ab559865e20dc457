"""Exploratory structure of items: minres factors, oblique rotation, omega, and whether the correlations suit factoring at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey.stages import Floats

HEYWOOD = 0.995


@dataclass(frozen=True, eq=False)
class Factors:
    """Loadings (p, m) of p items on m factors, factor correlations (m, m), communalities (p,), n rows (0 where unknown)."""

    items: tuple[str, ...]
    loadings: Floats
    correlations: Floats
    communalities: Floats
    n: int

    def table(self) -> pd.DataFrame:
        """One row an item and factor: item, factor, loading, communality, n."""
        p, m = self.loadings.shape
        frame = pd.DataFrame(
            {
                "item": np.repeat(self.items, m),
                "factor": [str(k + 1) for k in range(m)] * p,
                "loading": self.loadings.ravel(),
                "communality": np.repeat(self.communalities, m),
                "n": self.n,
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {"loading": number, "communality": number, "n": {"counts": "persons"}}
        return frame


@dataclass(frozen=True)
class Omega:
    """Share of the sum score's variance from the general factor (`hierarchical`) and from all common factors (`total`), `g6` Guttman's λ6."""

    items: int
    n_factors: int
    hierarchical: float
    total: float
    alpha: float
    g6: float


@dataclass(frozen=True)
class Adequacy:
    """Kaiser–Meyer–Olkin measure, and Bartlett's test that no items correlate."""

    kmo: float
    chi2: float
    df: float
    p: float


def correlations(items: pd.DataFrame) -> tuple[Floats, int]:
    """Correlations (p, p) over the rows with every item, and their number; an item without variance is an error."""
    values = items.astype("Float64").astype(float).dropna()
    flat = [str(name) for name in values if not values[name].std() > 0]
    if flat or len(values) < 3 or values.shape[1] < 2:
        raise EstimateError(
            Fault(
                say("domande senza varianza o troppo poche", "items without variance, or too few"),
                "factors: " + (", ".join(flat) or f"{values.shape[1]}, n = {len(values)}"),
            )
        )
    return values.corr().to_numpy(), len(values)


def minres(
    items: pd.DataFrame | Floats,
    n_factors: int,
    rotation: Literal["oblimin", "none"] = "oblimin",
    n: int = 0,
) -> Factors:
    """Minimum-residual factors (Harman & Jones 1966) of items (n × p) or of their correlations (p, p), rotated by quartimin (Jennrich 2002).

    Refuses more factors than p items identify and a communality of one or more (a Heywood case).
    """
    if isinstance(items, pd.DataFrame):
        names = tuple(map(str, items))
        r, n = correlations(items)
    else:
        r, names = np.asarray(items, dtype=float), tuple(str(k + 1) for k in range(len(items)))
    p = len(r)
    if n_factors < 1 or ((p - n_factors) ** 2 < p + n_factors and n_factors > 1) or (p < 3):
        raise EstimateError(
            Fault(
                say(f"{n_factors} fattori da {p} domande", f"{n_factors} factors of {p} items"),
                "minres.n_factors",
                say("almeno tre domande, e meno fattori", "at least three items, and fewer factors"),
            )
        )
    values, vectors = np.linalg.eigh(r)
    smc = 1 - 1 / np.diag(np.linalg.pinv(r))
    reduced = r - np.diag(1 - smc)
    values, vectors = np.linalg.eigh(reduced)
    start = vectors[:, ::-1][:, :n_factors] * np.sqrt(np.maximum(values[::-1][:n_factors], 0.05))

    def residual(flat: Floats) -> tuple[float, Floats]:
        loadings = flat.reshape(p, n_factors)
        away = r - loadings @ loadings.T
        np.fill_diagonal(away, 0.0)
        return float((away**2).sum()) / 4, (-away @ loadings).ravel()

    found = optimize.minimize(
        residual, start.ravel(), jac=True, method="BFGS", options={"gtol": 1e-10, "maxiter": 5000}
    )
    loadings = _principal(found.x.reshape(p, n_factors))
    communalities = (loadings**2).sum(axis=1)
    heywood = [name for name, h in zip(names, communalities) if h > HEYWOOD]
    if heywood:
        raise EstimateError(
            Fault(
                say(
                    "comunanza pari o superiore a uno (caso di Heywood)",
                    "communality of one or more (a Heywood case)",
                ),
                "minres: " + ", ".join(heywood),
                next_step=say("Provate meno fattori.", "Try fewer factors."),
            )
        )
    phi = np.eye(n_factors)
    if rotation == "oblimin" and n_factors > 1:
        loadings, phi = _quartimin(loadings)
    sign = np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    return Factors(names, loadings * sign, phi * np.outer(sign, sign), communalities, n)


def omega(items: pd.DataFrame | Floats, n_factors: int = 3) -> Omega:
    """McDonald's omega by a Schmid–Leiman solution of minres factors (Zinbarg, Revelle, Yovel & Li 2005), items already aligned in polarity.

    With one factor, or fewer than six items, the model has one factor and both omegas are one. With two factors the general
    factor loads them equally.
    """
    r = correlations(items)[0] if isinstance(items, pd.DataFrame) else np.asarray(items, dtype=float)
    p = len(r)
    m = n_factors if p >= 6 else 1
    found = minres(r, m)
    if m == 1:
        general = np.abs(found.loadings[:, 0])
    else:
        higher = (
            np.full(2, np.sqrt(abs(found.correlations[0, 1])))
            if m == 2
            else np.abs(minres(found.correlations, 1, "none").loadings[:, 0])
        )
        general = found.loadings @ higher
    whole = float(r.sum())
    alpha = p / (p - 1) * (1 - p / whole)
    smc = 1 - 1 / np.diag(np.linalg.pinv(r))
    return Omega(
        p, m, float(general.sum() ** 2 / whole), float(1 - (1 - found.communalities).sum() / whole), alpha,
        float(1 - (1 - smc).sum() / whole),
    )  # fmt: skip


def adequacy(items: pd.DataFrame | Floats, n: int = 0) -> Adequacy:
    """Kaiser–Meyer–Olkin measure (Kaiser 1974) and Bartlett's (1951) sphericity test of items (n × p), or of correlations of `n` rows."""
    if isinstance(items, pd.DataFrame):
        r, n = correlations(items)
    else:
        r = np.asarray(items, dtype=float)
    p = len(r)
    inverse = np.linalg.inv(r)
    partial = inverse / np.sqrt(np.outer(np.diag(inverse), np.diag(inverse)))
    off = ~np.eye(p, dtype=bool)
    kmo = (r[off] ** 2).sum() / ((r[off] ** 2).sum() + (partial[off] ** 2).sum())
    chi2 = -(n - 1 - (2 * p + 5) / 6) * float(np.linalg.slogdet(r)[1])
    df = p * (p - 1) / 2
    return Adequacy(float(kmo), chi2, df, float(stats.chi2.sf(chi2, df)))


def parallel(items: pd.DataFrame, seed: int, draws: int = 200, share: float = 0.95) -> int:
    """Number of factors whose eigenvalue exceeds the `share` quantile of those of uncorrelated normal items (Horn 1965); at least one."""
    r, n = correlations(items)
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((draws, n, len(r)))
    noise -= noise.mean(axis=1, keepdims=True)
    noise /= np.sqrt((noise**2).sum(axis=1, keepdims=True))
    chance = np.quantile(np.linalg.eigvalsh(noise.transpose(0, 2, 1) @ noise)[:, ::-1], share, axis=0)
    above = np.linalg.eigvalsh(r)[::-1] > chance
    return max(1, int(np.argmin(above)) if not above.all() else len(r))


def _principal(loadings: Floats) -> Floats:
    """The same factors turned to principal axes."""
    _, singular, axes = np.linalg.svd(loadings, full_matrices=False)
    turned: Any = loadings @ axes.T
    return turned * np.where(turned.sum(axis=0) < 0, -1.0, 1.0) if singular.size else loadings


def _quartimin(loadings: Floats) -> tuple[Floats, Floats]:
    """Oblique rotation by gradient projection (Jennrich 2002): rotated loadings (p, m) and factor correlations (m, m)."""
    m = loadings.shape[1]
    others = 1.0 - np.eye(m)

    def criterion(turn: Floats) -> tuple[float, Floats, Floats]:
        inverse = np.linalg.inv(turn)
        rotated = loadings @ inverse.T
        squares = rotated**2
        gradient = rotated * (squares @ others)
        return float((squares * (squares @ others)).sum()) / 4, -(rotated.T @ gradient @ inverse).T, rotated

    turn, step = np.eye(m), 1.0
    value, gradient, rotated = criterion(turn)
    for _ in range(2000):
        along = gradient - turn * (turn * gradient).sum(axis=0)
        size = float(np.sqrt((along**2).sum()))
        if size < 1e-10:
            break
        step *= 2
        for _ in range(30):
            trial = turn - step * along
            trial = trial / np.sqrt((trial**2).sum(axis=0))
            new, new_gradient, new_rotated = criterion(trial)
            if value - new > 0.5 * size**2 * step:
                break
            step /= 2
        if not new < value:
            break
        turn, value, gradient, rotated = trial, new, new_gradient, new_rotated
    return rotated, turn.T @ turn
