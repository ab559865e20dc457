"""Confirmatory factor models by maximum likelihood: fit, loadings, errors; for one group or several with parameters in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import optimize, stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey.moments import Layout, Moments
from analysis.survey.stages import Floats

STEPS = 500
LEAST_ROWS = 100
Structure = Mapping[str, Sequence[str]]
"""The items of each factor; the first has loading one, which gives the factor its scale."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model of one or more groups: `theta` (q,) and its covariance, discrepancy `f` (G,) by group, degrees of freedom."""

    moments: tuple[Moments, ...]
    layouts: tuple[Layout, ...]
    theta: Floats
    covariance: Floats
    f: Floats
    df: int
    structured_means: bool

    @property
    def n(self) -> int:
        return sum(group.n for group in self.moments)

    @cached_property
    def chi2(self) -> float:
        return float(sum(group.n * f for group, f in zip(self.moments, self.f)))

    @property
    def p(self) -> float:
        return float(stats.chi2.sf(self.chi2, self.df)) if self.df else float("nan")

    @cached_property
    def baseline(self) -> tuple[float, int]:
        """Chi-square and degrees of freedom of the model in which no items covary."""
        p = len(self.moments[0].items)
        chi2 = sum(
            g.n * (np.log(np.diag(g.covariance)).sum() - np.linalg.slogdet(g.covariance)[1])
            for g in self.moments
        )
        return float(chi2), len(self.moments) * p * (p - 1) // 2

    @property
    def cfi(self) -> float:
        """Bentler's (1990) comparative fit index."""
        chi2, df = self.baseline
        return float(1 - max(self.chi2 - self.df, 0) / max(chi2 - df, self.chi2 - self.df, 1e-300))

    @property
    def tli(self) -> float:
        """Tucker and Lewis's (1973) index."""
        chi2, df = self.baseline
        return float((chi2 / df - self.chi2 / self.df) / (chi2 / df - 1)) if self.df else float("nan")

    def _rmsea(self, noncentrality: float) -> float:
        return (
            float(np.sqrt(len(self.moments) * max(noncentrality, 0.0) / (self.n * self.df)))
            if self.df
            else 0.0
        )

    @property
    def rmsea(self) -> float:
        """Root mean square error of approximation (Steiger 1990; over groups Steiger 1998)."""
        return self._rmsea(self.chi2 - self.df)

    @property
    def rmsea_interval(self) -> tuple[float, float]:
        """Its 90 % interval, from the noncentral chi-square (Browne & Cudeck 1992)."""

        def bound(level: float) -> float:
            def short(noncentrality: float) -> float:
                return float(stats.ncx2.cdf(self.chi2, self.df, noncentrality)) - level

            if not self.df or stats.chi2.cdf(self.chi2, self.df) < level:
                return 0.0
            return float(optimize.brentq(short, 1e-9, 10 * self.chi2 + 100))

        return self._rmsea(bound(0.95)), self._rmsea(bound(0.05))

    @property
    def srmr(self) -> float:
        """Standardised root mean square residual (Bentler 1995), over groups by size; means count where they are modelled."""
        parts = []
        for group, layout in zip(self.moments, self.layouts):
            mean, covariance = layout.implied(self.theta)
            scale = np.sqrt(np.diag(group.covariance))
            away = ((group.covariance - covariance) / np.outer(scale, scale))[np.tril_indices(len(scale))]
            if self.structured_means:
                away = np.concatenate([away, (group.mean - mean) / scale])
            parts.append(group.n * np.sqrt((away**2).mean()))
        return float(sum(parts) / self.n)

    @property
    def log_likelihood(self) -> float:
        found = 0.0
        for group, f in zip(self.moments, self.f):
            p = len(group.items)
            found -= group.n / 2 * (p * np.log(2 * np.pi) + f + np.linalg.slogdet(group.covariance)[1] + p)
        return float(found)

    @property
    def aic(self) -> float:
        return 2 * len(self.theta) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        return float(np.log(self.n) * len(self.theta) - 2 * self.log_likelihood)


@dataclass(frozen=True, eq=False)
class Cfa(Fitted):
    """A model of one group: factors, their items, loadings with errors and standardised."""

    structure: Structure = field(default_factory=dict)

    def fit(self) -> pd.DataFrame:
        """One row: chi2, df, p, CFI, TLI, RMSEA with its 90 % interval, SRMR, n."""
        return fit_table([self])

    def loadings(self) -> pd.DataFrame:
        """One row an item: factor, item, loading with `low`, `high` (95 %, normal; none for the item that sets the scale), standardised, n."""
        layout, theta = self.layouts[0], self.theta
        loadings, phi, residuals, _, _ = layout.matrices(theta)
        rows = []
        for k, (factor, items) in enumerate(self.structure.items()):
            for item in items:
                i = self.moments[0].items.index(item)
                at = layout.loadings[i, k]
                half = stats.norm.ppf(0.975) * np.sqrt(self.covariance[at, at]) if at >= 0 else np.nan
                value = loadings[i, k]
                whole = loadings[i] @ phi @ loadings[i] + residuals[i]
                rows.append(
                    (
                        factor,
                        item,
                        value,
                        value - half,
                        value + half,
                        value * np.sqrt(phi[k, k] / whole),
                        self.n,
                    )
                )
        frame = pd.DataFrame(
            rows, columns=["factor", "item", "loading", "low", "high", "standardised_loading", "n"]
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            "loading": number,
            "low": {"low_of": "loading"},
            "high": {"high_of": "loading"},
            "standardised_loading": number,
            "n": {"counts": "persons"},
        }
        return frame

    def correlations(self) -> pd.DataFrame:
        """Correlations (m × m) of the factors."""
        phi = self.layouts[0].matrices(self.theta)[1]
        scale = np.sqrt(np.diag(phi))
        return pd.DataFrame(
            phi / np.outer(scale, scale), index=list(self.structure), columns=list(self.structure)
        )


def fit(items: pd.DataFrame | Moments, structure: Structure) -> Cfa:
    """Fit correlated factors, each item on one factor, by normal-theory maximum likelihood with expected information.

    Rows with every item are used. Refuses, all at once, items that are absent or on two factors, a factor of one item, two items without
    another factor; then non-convergence and residual variances that are not positive.
    """
    wanted = [item for own in structure.values() for item in own]
    known = list(items.items) if isinstance(items, Moments) else list(map(str, items))
    faults = [
        Fault(say("manca la domanda", "the item is absent"), f"cfa, {item}")
        for item in wanted
        if item not in known
    ]
    faults += [
        Fault(say("domanda su due fattori", "item on two factors"), f"cfa, {item}")
        for item in set(wanted)
        if wanted.count(item) > 1
    ]
    least = 2 if len(structure) > 1 else 3
    faults += [
        Fault(say("il fattore non è identificato", "the factor is not identified"), f"cfa, {name}", say(f"almeno {least} domande", f"at least {least} items"))
        for name, own in structure.items()
        if len(own) < least
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    moments = _ordered(items, wanted) if isinstance(items, Moments) else Moments.of(items[wanted])
    layout, count = plain_layout(moments, structure)
    found = solve([moments], [layout], count, False)
    return Cfa(**{name: getattr(found, name) for name in Fitted.__dataclass_fields__}, structure=structure)


def enough(items: pd.DataFrame, structure: Structure, groups: pd.Series) -> bool:
    """Whether each group has at least 100 rows with every item, below which such models are not to be relied on (Kline 2016, ch. 1)."""
    wanted = [item for own in structure.values() for item in own]
    whole = items[wanted].notna().all(axis=1)
    counts = groups[whole].value_counts()
    return bool(len(counts) > 1 and (counts[counts > 0] >= LEAST_ROWS).all())


def fit_table(models: Sequence[Fitted]) -> pd.DataFrame:
    """One row a model: chi2, df, p, CFI, TLI, RMSEA with its 90 % interval, SRMR, n."""
    frame = pd.DataFrame(
        {
            "chi2": [m.chi2 for m in models],
            "df": [float(m.df) for m in models],
            "p": [m.p for m in models],
            "cfi": [m.cfi for m in models],
            "tli": [m.tli for m in models],
            "rmsea": [m.rmsea for m in models],
            "low": [m.rmsea_interval[0] for m in models],
            "high": [m.rmsea_interval[1] for m in models],
            "srmr": [m.srmr for m in models],
            "n": [m.n for m in models],
        }
    )
    three = {"unit": "number", "digits": 3, "n": "n"}
    frame.attrs["columns"] = {
        "chi2": {"unit": "number", "digits": 1, "n": "n"},
        "df": {"unit": "count", "n": "n"},
        **dict.fromkeys(("p", "cfi", "tli", "rmsea", "srmr"), three),
        "low": {"low_of": "rmsea"},
        "high": {"high_of": "rmsea"},
        "n": {"counts": "persons"},
    }
    return frame


def plain_layout(moments: Moments, structure: Structure, start: int = 0) -> tuple[Layout, int]:
    """The layout of one group with free means, its parameters numbered from `start`, and the next number."""
    p, m = len(moments.items), len(structure)
    numbers = iter(range(start, 10**9))
    loadings, fixed = np.full((p, m), -1), np.zeros((p, m))
    for k, own in enumerate(structure.values()):
        for first, item in enumerate(own):
            i = moments.items.index(item)
            if first == 0:
                fixed[i, k] = 1.0
            else:
                loadings[i, k] = next(numbers)
    covariances = np.full((m, m), -1)
    for k in range(m):
        for other in range(k + 1):
            covariances[k, other] = covariances[other, k] = next(numbers)
    residuals = np.array([next(numbers) for _ in range(p)])
    none = np.full(p, -1)
    return Layout(loadings, covariances, residuals, none, np.full(m, -1), fixed), next(numbers)


def solve(
    moments: Sequence[Moments], layouts: Sequence[Layout], count: int, means: bool, names: str = "cfa"
) -> Fitted:
    """Minimise the discrepancy of `count` parameters over the groups by Fisher scoring; means are saturated unless `means`."""
    theta = _start(moments, layouts, count)
    whole = sum(group.n for group in moments)

    def discrepancy(at: Floats) -> Floats:
        found = []
        for group, layout in zip(moments, layouts):
            mean, sigma = layout.implied(at)
            sign, log = np.linalg.slogdet(sigma)
            if sign <= 0:
                return np.full(len(moments), np.inf)
            inverse = np.linalg.inv(sigma)
            value = (
                log
                + np.trace(group.covariance @ inverse)
                - np.linalg.slogdet(group.covariance)[1]
                - len(mean)
            )
            away = group.mean - mean if means else np.zeros(len(mean))
            found.append(value + away @ inverse @ away)
        return np.array(found)

    sizes = np.array([group.n for group in moments]) / whole
    value = float(sizes @ discrepancy(theta))
    for _ in range(STEPS):
        gradient, information = np.zeros(count), np.zeros((count, count))
        for group, layout, share in zip(moments, layouts, sizes):
            mean, sigma = layout.implied(theta)
            inverse = np.linalg.inv(sigma)
            by_mean, by_cov = layout.derivatives(theta)
            away = group.mean - mean if means else np.zeros(len(mean))
            core = inverse @ (group.covariance + np.outer(away, away) - sigma) @ inverse
            gradient += share * (0.5 * np.einsum("qij,ij->q", by_cov, core) + by_mean @ inverse @ away)
            turned = inverse @ by_cov
            information += share * (
                0.5 * np.einsum("qij,rji->qr", turned, turned) + by_mean @ inverse @ by_mean.T
            )
        if np.linalg.matrix_rank(information, tol=1e-10 * np.abs(information).max()) < count:
            _refuse(
                names,
                say(
                    "il modello non è identificato, o una varianza si annulla",
                    "the model is not identified, or a variance vanishes",
                ),
            )
        step = np.linalg.solve(information, gradient)
        size = 1.0
        while size > 1e-8 and not sizes @ discrepancy(theta + size * step) <= value + 1e-14:
            size /= 2
        theta = theta + size * step
        value = float(sizes @ discrepancy(theta))
        if float(gradient @ step) < 1e-16:
            break
    else:
        _refuse(names, say("la stima non converge", "the fit does not converge"))
    for group, layout in zip(moments, layouts):
        own = (layout.loadings >= 0).any(
            axis=0
        )  # a factor without free loadings carries a covariance of residuals
        residuals, phi = layout.matrices(theta)[2], layout.matrices(theta)[1][np.ix_(own, own)]
        improper = [item for item, v in zip(group.items, residuals) if v <= 0]
        if improper or np.linalg.eigvalsh(phi).min() <= 0:
            _refuse(names + (": " + ", ".join(improper) if improper else ""), say(
                "soluzione impropria: varianza non positiva (caso di Heywood)", "improper solution: a variance is not positive (a Heywood case)"))  # fmt: skip
    p = len(moments[0].items)
    df = len(moments) * (p * (p + 1) // 2 + (p if means else 0)) - count
    return Fitted(
        tuple(moments),
        tuple(layouts),
        theta,
        np.linalg.inv(information) / whole,
        discrepancy(theta),
        df,
        means,
    )


def _start(moments: Sequence[Moments], layouts: Sequence[Layout], count: int) -> Floats:
    theta = np.zeros(count)
    for group, layout in zip(moments, layouts):
        variances = np.diag(group.covariance)
        theta[layout.residuals] = variances / 2
        markers = np.argmax(layout.fixed, axis=0)
        for k in range(layout.covariances.shape[0]):
            theta[layout.covariances[k, k]] = variances[markers[k]] / 2
        for i, k in np.argwhere(layout.loadings >= 0):
            # The ratio of an item's spread to that of its marker, with the sign of their covariance.
            sign = np.sign(group.covariance[i, markers[k]]) or 1.0
            theta[layout.loadings[i, k]] = 0.9 * sign * np.sqrt(variances[i] / variances[markers[k]])
        free = layout.intercepts >= 0
        theta[layout.intercepts[free]] = group.mean[free]
    return theta


def _ordered(moments: Moments, wanted: Sequence[str]) -> Moments:
    at = [moments.items.index(item) for item in wanted]
    return Moments(tuple(wanted), moments.mean[at], moments.covariance[np.ix_(at, at)], moments.n)


def _refuse(where: str, what: str) -> None:
    raise EstimateError(
        Fault(
            what,
            where,
            next_step=say("Togliete una domanda, o unite i fattori.", "Take out an item, or merge factors."),
        )
    )
