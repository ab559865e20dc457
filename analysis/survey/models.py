"""Regression models of a survey's answers: coefficients by weighted likelihood, errors from the design that was used."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import families, results
from analysis.survey.design import Design, Sampling
from analysis.survey.families import FAMILIES, GENERALISED, Ordinal
from analysis.survey.stages import Floats

INTERCEPT = "intercept"
THRESHOLD = "threshold"
PINNED = 1e-9  # share of a column's own variation below which the other columns determine it


@dataclass(frozen=True)
class Term:
    """One column of the model matrix: a numeric variable (no level), or a level of a classification set against its reference."""

    name: str
    level: Any = None
    reference: Any = None


@dataclass(frozen=True, eq=False)
class Model:
    """Coefficients (p,) of `terms` for `outcome`, their design covariance (p, p), t degrees of freedom, and the rows used (n of them).

    `matrix` (rows, columns) holds all rows of the frame, zeros where a row is not used; an ordinal model has no intercept
    but `levels` − 1 thresholds before its terms. `dropped`: rows of the sample without all answers.
    """

    outcome: str
    family: str
    terms: tuple[Term, ...]
    coefficients: Floats
    covariance: Floats
    df: float
    n: int
    dropped: int
    kind: str
    levels: tuple[Any, ...]
    matrix: Floats = field(repr=False)
    weights: Floats = field(repr=False)
    used: np.ndarray = field(repr=False)
    fitted: Floats = field(repr=False)
    answers: Floats = field(repr=False)

    @property
    def names(self) -> list[str]:
        return [term.name if term.level is None else f"{term.name}={term.level}" for term in self.terms]

    @property
    def se(self) -> Floats:
        """Design-based standard errors (p,)."""
        results.refuse_respondents(self.kind)
        return np.sqrt(np.diag(self.covariance))

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Bounds (p,), (p,) at 95 %, from t."""
        half = results.quantile_of_t(self.df) * self.se
        return self.coefficients - half, self.coefficients + half

    @property
    def p(self) -> Floats:
        """Two-sided p that a coefficient is zero (p,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return 2 * stats.t.sf(np.abs(self.coefficients / self.se), self.df)

    @cached_property
    def r_squared(self) -> float:
        """Weighted share of the outcome's variation that a gaussian model accounts for."""
        w, y = self.weights[self.used], self.answers[self.used]
        middle = np.average(y, weights=w)
        return float(1 - (w @ (y - self.fitted[self.used]) ** 2) / (w @ (y - middle) ** 2))

    def table(self) -> pd.DataFrame:
        """One row a coefficient: term, level, reference, estimate; `low`, `high`, `p` for a population; n."""
        frame = pd.DataFrame(
            {
                "term": [term.name for term in self.terms],
                "level": [term.level for term in self.terms],
                "reference": [term.reference for term in self.terms],
                "estimate": self.coefficients,
            }
        )
        columns: dict[str, Any] = {"estimate": {"unit": "number", "digits": 2, "n": "n"}}
        if self.kind == "population":
            frame["low"], frame["high"] = self.interval
            frame["p"] = self.p
            columns |= {"low": {"low_of": "estimate"}, "high": {"high_of": "estimate"}}
            columns["p"] = {"unit": "p", "n": "n"}
        frame["n"] = self.n
        frame.attrs["columns"] = columns | {"n": {"counts": "persons"}}
        return frame


def fit(y: pd.Series, terms: pd.DataFrame, design: Sampling, family: str = "gaussian") -> Model:
    """Fit y (n,) on `terms` (n × columns) over the rows that have all answers, by weighted maximum likelihood.

    Families: gaussian, logit (y of 0/1 or False/True), poisson (counts), ordinal (proportional odds; y ordered). Numeric columns
    enter as they are, classifications by contrasts with their first category. The covariance is the sandwich of Binder
    (1983), its middle the design variance of the scores over every stage; df = PSUs − strata + 1 − coefficients, as in R's
    survey package. Of volunteers and of a census the coefficients describe those persons, without error. Refuses, all at once: an
    unknown family, an outcome outside it or constant, columns that others determine, levels that predict the outcome
    without fail, too few degrees of freedom.
    """
    if family not in FAMILIES:
        raise EstimateError(
            Fault(
                say(f"famiglia sconosciuta: {family}", f"unknown family: {family}"),
                "fit.family",
                ", ".join(FAMILIES),
            )
        )
    if len(y) != design.n or len(terms) != design.n:
        raise EstimateError(
            Fault(say("righe diverse dal disegno", "rows differ from the design's"), "fit", str(design.n))
        )
    frame = terms.reset_index(drop=True)
    outcome = y.reset_index(drop=True)
    used = (outcome.notna() & frame.notna().all(axis=1)).to_numpy()
    answers, levels = _answers(outcome, used, family)
    matrix, named, faults = _matrix(frame, used, family)
    faults += _outcome_faults(answers[used], levels, family, str(y.name))
    faults += [] if faults else _separated(matrix[used], answers[used], named, family)
    weights = np.where(used, design.weights, 0.0)
    if not faults:
        faults = _pinned(matrix, weights, named)
    if faults:
        raise EstimateError(faults)
    if family == "ordinal":
        ordinal = Ordinal(len(levels) - 1)
        coefficients, scores, bread = _ordinal(ordinal, answers, matrix, weights, used)
        named = [
            *(Term(THRESHOLD, f"{a} | {b}") for a, b in itertools.pairwise(levels)),
            *named,
        ]
        fitted = matrix @ coefficients[ordinal.m :]
    else:
        coefficients, scores, bread = _newton(family, answers, matrix, weights)
        fitted = GENERALISED[family].mean(matrix @ coefficients)
    covariance, df = np.zeros_like(bread), np.inf
    if isinstance(design, Design):
        covariance = bread @ design.total_variance(scores) @ bread
        df = float(design.degrees(np.where(used, 0, -1), 1)[0]) + 1 - len(coefficients)
        if df < 1:
            raise EstimateError(
                Fault(
                    say(
                        f"{len(coefficients)} coefficienti e {df:g} gradi di libertà",
                        f"{len(coefficients)} coefficients and {df:g} degrees of freedom",
                    ),
                    "fit.terms",
                    next_step=say("Togliete dei termini.", "Take out terms."),
                )
            )
    return Model(
        str(y.name), family, tuple(named), coefficients, covariance, df, int(used.sum()), int((~used).sum()),
        design.kind, levels, matrix, weights, used, fitted, answers,
    )  # fmt: skip


def _answers(y: pd.Series, used: np.ndarray, family: str) -> tuple[Floats, tuple[Any, ...]]:
    """The outcome as numbers (n,), 0 where not used; of an ordinal one the codes of its levels, in order."""
    if family != "ordinal":
        values = y.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        return np.where(used, values, 0.0), ()
    if isinstance(y.dtype, pd.CategoricalDtype):
        present = y[used].cat.remove_unused_categories().cat.categories
    else:
        present = pd.Index(np.sort(y[used].unique()))
    return np.where(used, present.get_indexer(pd.Index(y.astype(object))), 0).astype(float), tuple(present)


def _matrix(frame: pd.DataFrame, used: np.ndarray, family: str) -> tuple[Floats, list[Term], list[Fault]]:
    columns, named, faults = [], [], []
    if family != "ordinal":
        columns.append(used.astype(float))
        named.append(Term(INTERCEPT))
    for name, values in frame.items():
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
            columns.append(np.where(used, numbers, 0.0))
            named.append(Term(str(name)))
            continue
        kinds = values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("category")
        kinds = kinds.where(used).cat.remove_unused_categories()
        labels = list(kinds.cat.categories)
        if len(labels) < 2:
            faults.append(
                Fault(
                    say("la classificazione ha meno di due categorie fra le righe usate",
                        "the classification has fewer than two categories among the rows used"),
                    f"fit.terms, {name}",
                    next_step=say("Toglietela dal modello.", "Take it out of the model."),
                )
            )  # fmt: skip
        codes = kinds.cat.codes.to_numpy()
        columns += [(codes == k).astype(float) for k in range(1, len(labels))]
        named += [Term(str(name), label, labels[0]) for label in labels[1:]]
    matrix = np.column_stack(columns) if columns else np.zeros((len(frame), 0))
    return matrix, named, faults


def _outcome_faults(y: Floats, levels: tuple[Any, ...], family: str, name: str) -> list[Fault]:
    allowed = {
        "logit": say("0 e 1, tutti e due presenti", "0 and 1, both present"),
        "poisson": say("conteggi, non tutti zero", "counts, not all zero"),
        "ordinal": say("almeno tre livelli ordinati", "at least three ordered levels"),
        "gaussian": say("numeri, non tutti uguali", "numbers, not all equal"),
    }[family]
    whole = len(y) > 0 and {
        "logit": bool(np.isin(y, (0, 1)).all()) and 0 < y.mean() < 1,
        "poisson": bool(((y >= 0) & (y == np.floor(y))).all()) and y.max() > 0,
        "ordinal": len(levels) >= 3,
        "gaussian": bool(np.isfinite(y).all()) and np.ptp(y) > 0,
    }[family] if len(y) else False  # fmt: skip
    what = say("l'esito non è adatto al modello", "the outcome does not fit the model")
    return [] if whole else [Fault(what, f"fit.y, {name}, {family}", allowed)]


def _separated(x: Floats, y: Floats, named: list[Term], family: str) -> list[Fault]:
    """Levels within which a binary outcome, or a count, never varies from its bound."""
    if family not in ("logit", "poisson"):
        return []
    inside = x.sum(axis=0)
    faults = []
    for j, term in enumerate(named):
        if term.level is None or not inside[j]:
            continue
        share = y @ x[:, j] / inside[j]
        if share == 0 or (family == "logit" and share == 1):
            faults.append(
                Fault(
                    say(f"l'esito è sempre {share:g}: il coefficiente è infinito", f"the outcome is always {share:g}: the coefficient is infinite"),
                    f"fit.terms, {term.name} = {term.level}, n = {inside[j]:g}",
                    next_step=say("Unite la categoria a un'altra.", "Merge the category with another."),
                )
            )  # fmt: skip
    return faults


def _pinned(x: Floats, weights: Floats, named: list[Term]) -> list[Fault]:
    """Columns that the ones before them determine, by the pivots of the cross products."""
    gram = x.T @ (weights[:, None] * x)
    scale = np.sqrt(np.maximum(np.diag(gram), 1e-300))
    left = gram / np.outer(scale, scale)
    faults = []
    for j, term in enumerate(named):
        if left[j, j] < PINNED:
            label = term.name if term.level is None else f"{term.name} = {term.level}"
            faults.append(
                Fault(
                    say("colonna determinata dalle altre", "a column that the others determine"),
                    f"fit.terms, {label}",
                    next_step=say("Toglietela dal modello.", "Take it out of the model."),
                )
            )
            left[j], left[:, j] = 0, 0
            continue
        left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return faults


def _newton(family: str, y: Floats, x: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Coefficients, weighted scores (n, p), inverse information (p, p)."""
    model = GENERALISED[family]
    inside = weights > 0
    beta = model.start(y[inside], weights[inside], x.shape[1])
    inverse: np.ndarray = np.zeros((x.shape[1], x.shape[1]))
    for _ in range(families.STEPS):
        residual, curvature = model.pieces(y, x @ beta)
        gradient = x.T @ (weights * residual)
        inverse = np.linalg.inv(x.T @ ((weights * curvature)[:, None] * x))
        step = inverse @ gradient
        # A Newton step that would leave the range of exp() and of the logistic is shortened.
        reach = float(np.abs(step).max(initial=0.0))
        done = (
            float(gradient @ step) <= families.TOLERANCE**2 * max(float(weights.sum()), 1.0)
            or family == "gaussian"
        )
        beta = beta + step * min(1.0, 5.0 / reach) if family != "gaussian" and reach > 5 else beta + step
        if done:
            break
    else:
        _refuse_divergence(family)
    residual, curvature = model.pieces(y, x @ beta)
    inverse = np.linalg.inv(x.T @ ((weights * curvature)[:, None] * x))
    scores = x * (weights * residual)[:, None]
    return beta, scores, np.asarray(inverse, dtype=float)


def _ordinal(
    model: Ordinal, y: Floats, x: Floats, weights: Floats, used: np.ndarray
) -> tuple[Floats, Floats, Floats]:
    """Thresholds and coefficients, weighted scores (n, p), inverse information (p, p)."""
    rows = np.flatnonzero(used)
    y_, x_, w_ = y[rows], x[rows], weights[rows]
    found = model.start(y_, w_, x.shape[1])
    value = model.likelihood(y_, x_, found, w_)
    for _ in range(families.STEPS):
        gradient = model.scores(y_, x_, found).T @ w_
        step = np.linalg.solve(model.information(x_, found, w_), gradient)
        size, trial = 1.0, found + step
        while size > 1e-6 and not (
            np.all(np.diff(trial[: model.m]) > 0)
            and model.likelihood(y_, x_, trial, w_) >= value - 1e-9 * abs(value)
        ):
            size /= 2
            trial = found + size * step
        found, value = trial, model.likelihood(y_, x_, trial, w_)
        if float(gradient @ step) <= families.TOLERANCE**2 * float(w_.sum()):
            break
    else:
        _refuse_divergence("ordinal")
    scores = np.zeros((len(y), len(found)))
    scores[rows] = model.scores(y_, x_, found) * w_[:, None]
    inverse: np.ndarray = np.linalg.inv(model.information(x_, found, w_))
    return found, scores, np.asarray(inverse, dtype=float)


def _refuse_divergence(family: str) -> None:
    raise EstimateError(
        Fault(
            say("la stima non converge", "the fit does not converge"),
            f"fit, {family}",
            next_step=say(
                "Un termine forse predice l'esito senza errore: togliete termini, o unite categorie.",
                "Perhaps a term predicts the outcome without fail: take out terms, or merge categories.",
            ),
        )
    )
