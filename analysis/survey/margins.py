"""What a model says in the outcome's own unit: average marginal effects and predictions, with delta-method errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import families, results
from analysis.survey.families import GENERALISED, Ordinal
from analysis.survey.models import INTERCEPT, THRESHOLD, Model
from analysis.survey.stages import Floats

UNITS = {"gaussian": "points", "logit": "share_points", "poisson": "number", "ordinal": "share_points"}
PREDICTED = {"gaussian": "points", "logit": "share", "poisson": "number", "ordinal": "share"}


@dataclass(frozen=True, eq=False)
class Margins:
    """k effects or predictions of a model of `n` persons: `frame` (term, level, reference), values, their covariance, t df."""

    frame: pd.DataFrame
    value: Floats
    covariance: Floats
    df: float
    n: int
    kind: str
    name: str
    unit: str
    cases: int | None = None

    @property
    def interval(self) -> tuple[Floats, Floats]:
        """Bounds (k,), (k,) at 95 %."""
        results.refuse_respondents(self.kind)
        half = results.quantile_of_t(self.df) * np.sqrt(np.diag(self.covariance))
        return self.value - half, self.value + half

    def table(self, digits: int | None = None) -> pd.DataFrame:
        """One row an effect or a prediction, with its interval (and, of an effect, p) for a population, and n."""
        frame = self.frame.copy()
        frame[self.name] = self.value
        digits = digits if digits is not None else (1 if self.unit.startswith("share") else 2)
        columns: dict[str, Any] = {self.name: {"unit": self.unit, "digits": digits, "n": "n"}}
        if self.kind == "population":
            frame["low"], frame["high"] = self.interval
            columns |= {"low": {"low_of": self.name}, "high": {"high_of": self.name}}
            if self.name == "effect":
                t = self.value / np.sqrt(np.diag(self.covariance))
                frame["p"] = 2 * stats.t.sf(np.abs(t), self.df)
                columns["p"] = {"unit": "p", "n": "n"}
        frame["n"] = self.n
        if self.cases is not None:
            frame.insert(len(frame.columns) - 1, "cases", self.cases)
            columns[self.name]["cases"] = "cases"
            columns["cases"] = {"counts": "persons", "hidden": True}
        frame.attrs["columns"] = columns | {"n": {"counts": "persons"}}
        return frame


def average_effects(model: Model, at_least: Any = None) -> Margins:
    """Average marginal effect of each term, over the persons that the model used, with their weights.

    Of a level: the mean difference between the outcome predicted with it and with the reference, all else as it is; of a number: the
    mean slope. For an ordinal outcome it is of the chance of `at_least` that level (by default the highest). Errors by the
    delta method from the design covariance, the persons' characteristics held as they are (Greene 2012, ch. 17; R's margins and
    Stata's `margins` without `vce(unconditional)`).
    """
    rows, values, gradients = [], [], []
    outlook = _Outlook(model, at_least)
    for j, term in enumerate(model.terms):
        if term.name in (INTERCEPT, THRESHOLD):
            continue
        rows.append({"term": term.name, "level": term.level, "reference": term.reference})
        if term.level is None:
            value, gradient = outlook.slope(j)
        else:
            high, low = (
                outlook.mean(outlook.set(term.name, level)) for level in (term.level, term.reference)
            )
            value, gradient = high[0] - low[0], high[1] - low[1]
        values.append(value)
        gradients.append(gradient)
    return _margins(model, rows, values, gradients, "effect", UNITS[model.family])


def predictions(model: Model, term: str, at_least: Any = None) -> Margins:
    """The outcome predicted for each level of the classification `term`, averaged over everybody's other characteristics; n the persons in the model."""
    own = [t for t in model.terms if t.name == term and t.level is not None]
    if not own:
        known = ", ".join(dict.fromkeys(t.name for t in model.terms if t.level is not None))
        raise EstimateError(Fault(say(f"«{term}» non è una classificazione del modello", f"'{term}' is no classification of the model"), "predictions.term", known))  # fmt: skip
    outlook = _Outlook(model, at_least)
    levels = [own[0].reference, *(t.level for t in own)]
    found = [outlook.mean(outlook.set(term, level)) for level in levels]
    rows = [{"term": term, "level": level} for level in levels]
    cases = None
    if PREDICTED[model.family] == "share":
        cases = int((model.answers[model.used] > outlook.threshold).sum())
    values, gradients = [f[0] for f in found], [f[1] for f in found]
    return _margins(model, rows, values, gradients, "prediction", PREDICTED[model.family], cases)


def _margins(
    model: Model,
    rows: list,
    values: list,
    gradients: list,
    name: str,
    unit: str,
    cases: int | None = None,
) -> Margins:
    jacobian = np.array(gradients).reshape(len(values), -1)
    covariance = jacobian @ model.covariance @ jacobian.T if len(values) else np.zeros((0, 0))
    return Margins(
        pd.DataFrame(rows),
        np.array(values),
        covariance,
        model.df,
        model.n,
        model.kind,
        name,
        unit,
        cases,
    )


class _Outlook:
    """Weighted mean predictions of a model and their derivatives by its coefficients."""

    def __init__(self, model: Model, at_least: Any) -> None:
        self.model = model
        self.x = model.matrix[model.used]
        self.weights = model.weights[model.used] / model.weights[model.used].sum()
        self.first = sum(term.name == THRESHOLD for term in model.terms)
        terms = model.terms[self.first :]
        self.columns = {(term.name, term.level): j for j, term in enumerate(terms)}
        self.threshold = 0
        if model.family == "ordinal":
            level = model.levels[-1] if at_least is None else at_least
            if level not in model.levels[1:]:
                raise EstimateError(Fault(say(f"livello «{level}»", f"level '{level}'"), "at_least", ", ".join(map(str, model.levels[1:]))))  # fmt: skip
            self.threshold = model.levels.index(level) - 1

    def set(self, name: str, level: Any) -> Floats:
        """The matrix with everybody at one level of a classification."""
        changed = self.x.copy()
        for (term, own), j in self.columns.items():
            if term == name:
                changed[:, j] = float(own == level)
        return changed

    def mean(self, x: Floats) -> tuple[float, Floats]:
        if self.model.family == "ordinal":
            p = 1 - self._below(x)
            slope = self.weights * p * (1 - p)
            return float(self.weights @ p), self._ordinal_gradient(slope, x)
        family, eta = GENERALISED[self.model.family], x @ self.model.coefficients
        return float(self.weights @ family.mean(eta)), x.T @ (self.weights * family.slope(eta))

    def slope(self, column: int) -> tuple[float, Floats]:
        """Mean derivative of the outcome by one number."""
        beta = self.model.coefficients
        if self.model.family == "ordinal":
            p = 1 - self._below(self.x)
            first, second = p * (1 - p), p * (1 - p) * (1 - 2 * p)
            gradient = beta[column] * self._ordinal_gradient(self.weights * second, self.x)
            gradient[column] += self.weights @ first
            return float(beta[column] * (self.weights @ first)), gradient
        family, eta = GENERALISED[self.model.family], self.x @ beta
        first = family.slope(eta)
        second = {"gaussian": 0 * eta, "logit": first * (1 - 2 * families.logistic(eta)), "poisson": first}[
            self.model.family
        ]
        gradient = beta[column] * (self.x.T @ (self.weights * second))
        gradient[column] += self.weights @ first
        return float(beta[column] * (self.weights @ first)), gradient

    def _below(self, x: Floats) -> Floats:
        return Ordinal(self.first).cumulative(x, self.model.coefficients)[:, self.threshold]

    def _ordinal_gradient(self, slope: Floats, x: Floats) -> Floats:
        gradient = np.zeros(len(self.model.coefficients))
        gradient[self.threshold] = -slope.sum()
        gradient[self.first :] = x.T @ slope
        return gradient
