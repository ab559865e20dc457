"""Estimates and differences as results: standard errors, intervals, tables; computed in estimates.py, quantiles.py and replicates.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import ledger as ledgers
from analysis.survey.ledger import Ledger, Run
from analysis.survey.stages import Codes, Floats

MIN_DF = 8
LEVEL = 0.95
TOTAL = "total"


@dataclass(frozen=True)
class Difference:
    """One estimate less another, over `n` persons; `df` of the t interval. Of respondents only the difference itself may be asked.

    `cells` are the unweighted counts behind it: persons of each group and, for shares, those with and without the event.
    """

    estimate: float
    n: int
    kind: str
    variance: float
    df: float
    cells: tuple[int, ...]

    @property
    def se(self) -> float:
        refuse_respondents(self.kind)
        return float(np.sqrt(self.variance))

    @property
    def low(self) -> float:
        return self.estimate - float(quantile_of_t(self.df)) * self.se

    @property
    def high(self) -> float:
        return self.estimate + float(quantile_of_t(self.df)) * self.se

    @property
    def p(self) -> float:
        """Two-sided p that there is no difference, by t; missing without degrees of freedom or variance."""
        if not (self.df > 0 and self.se > 0):
            return float("nan")
        return float(2 * stats.t.sf(abs(self.estimate / self.se), self.df))


@dataclass(frozen=True, eq=False)
class Estimates:
    """k estimates of one `measure` (mean, share, total, ratio), one for each row of `groups`.

    `estimate` (k,), `covariance` (k, k), `n` unweighted persons, `cases` unweighted numerators of shares, `n_effective` by Kish where a share is 0 or 1,
    `df` (k,) of the t intervals, from the PSUs and strata that hold the group. `kind` is population, census (no sampling error: covariance zero) or respondents (none may be asked).
    """

    measure: str
    groups: pd.DataFrame
    estimate: Floats
    covariance: Floats
    n: Codes
    cases: Codes | None
    n_effective: Floats
    df: Floats
    kind: str
    parts: str | None = None
    run: Run | None = None
    ledger: Ledger | None = None
    bounds: tuple[Floats, Floats] | None = None

    def noted(self, values: Any, by: pd.DataFrame | None, measure: str = "") -> Estimates:
        """These estimates as a run of `values` by the columns of `by`, entered in the design's ledger where it keeps one."""
        own = (self.groups.astype(object) != TOTAL).all(axis=1).to_numpy()
        if self.parts:
            own = own & (self.groups[self.parts] == self.groups[self.parts].iloc[0]).to_numpy()
        n = int(self.n[own].sum())
        run = ledgers.of(values, measure or self.measure, self.kind, () if by is None else list(by))
        run = replace(run, n=n, df=float(self.df.min()))
        if self.ledger is not None:
            self.ledger.note(run)
        return replace(self, run=run)

    @property
    def se(self) -> Floats:
        """Linearised standard errors (k,); an `EstimateError` for respondents who are no sample."""
        refuse_respondents(self.kind)
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def interval(self) -> tuple[Floats, Floats]:
        """Bounds (k,), (k,) at 95 %: t with the design's degrees of freedom, on the logit scale for shares.

        A share of 0 or 1 has no linearised error: its bound is Clopper and Pearson's on the effective n. A group that lies in no
        more PSUs than strata shows no variability between PSUs, and has no interval.
        """
        if self.bounds is not None:
            refuse_respondents(self.kind)
            return self.bounds
        se, t = self.se, quantile_of_t(self.df)
        if self.measure != "share" or self.kind == "census":
            return self.estimate - t * se, self.estimate + t * se
        p = self.estimate
        inside = (p > 0) & (p < 1)
        q = np.where(inside, p, 0.5)
        logit, half = np.log(q / (1 - q)), t * se / (q * (1 - q))
        bound = ((1 - LEVEL) / 2) ** (1 / self.n_effective)
        low = np.where(inside, 1 / (1 + np.exp(half - logit)), np.where(p == 1, bound, 0.0))
        high = np.where(inside, 1 / (1 + np.exp(-half - logit)), np.where(p == 0, 1 - bound, 1.0))
        return np.where(np.isnan(t), np.nan, low), np.where(np.isnan(t), np.nan, high)

    def at(self, **group: str) -> int:
        """Position of the one group with these labels."""
        hit = np.ones(len(self.groups), dtype=bool)
        for column, label in group.items():
            hit &= (self.groups[column].astype(object) == label).to_numpy()
        found = np.flatnonzero(hit)
        if len(found) != 1:
            raise EstimateError(
                Fault(
                    say(f"{len(found)} gruppi invece di uno", f"{len(found)} groups instead of one"),
                    f"{self.measure}, {group}",
                    "; ".join(", ".join(map(str, row)) for row in self.groups.itertuples(index=False)),
                )
            )
        return int(found[0])

    def entry(self, **group: str) -> dict[str, float | int]:
        """One group's estimate as a number to keep: value, n, cases of a share, and for a population low, high and se."""
        k = self.at(**group)
        found: dict[str, float | int] = {"value": float(self.estimate[k]), "n": int(self.n[k])}
        if self.cases is not None:
            found["cases"] = int(self.cases[k])
        if self.kind == "population":
            low, high = self.interval
            found |= {"low": float(low[k]), "high": float(high[k]), "se": float(self.se[k])}
        return found

    def difference(self, first: Mapping[str, str], second: Mapping[str, str]) -> Difference:
        """The first group less the second, with the covariance that shared PSUs give them and the smaller of their df."""
        a, b = self.at(**first), self.at(**second)
        variance = self.covariance[a, a] + self.covariance[b, b] - 2 * self.covariance[a, b]
        cells = self.n[[a, b]]
        if self.cases is not None:
            events = self.cases[[a, b]]
            cells = np.concatenate([cells, events, cells - events])
        n, df = int(self.n[a] + self.n[b]), float(min(self.df[a], self.df[b]))
        if self.ledger is not None and self.run is not None:
            between = tuple((field, label, second[field]) for field, label in first.items())
            told: dict[str, Any] = {
                "measure": "difference",
                "groups": (),
                "contrast": between,
                "n": n,
                "df": df,
            }
            self.ledger.note(replace(self.run, **told))
        return Difference(
            float(self.estimate[a] - self.estimate[b]),
            n,
            self.kind,
            max(float(variance), 0.0),
            df,
            tuple(cells.tolist()),
        )

    def table(
        self, name: str | None = None, unit: str | None = None, digits: int | None = None
    ) -> pd.DataFrame:
        """Tidy: the groups, the estimate (column `name`), `low` and `high` for a population, unweighted `cases` and `n`.

        A group of a population with fewer than 8 degrees of freedom has no estimate there: its interval would say nothing
        (Parker et al. 2017, NCHS Data Presentation Standards, Vital and Health Statistics 2(175)).
        """
        name = name or self.measure
        unit = unit or {"share": "share"}.get(self.measure, "number")
        digits = (
            digits
            if digits is not None
            else {"share": 1, "mean": 2, "ratio": 2, "quantile": 1}.get(self.measure, 0)
        )
        measure: dict[str, Any] = {"unit": unit, "digits": digits, "n": "n"}
        columns: dict[str, Any] = {name: measure, "n": {"counts": "persons"}}
        frame = self.groups.astype(object).copy()
        frame[name] = self.estimate
        if self.kind == "population":
            frame["low"], frame["high"] = self.interval
            frame.loc[self.df < MIN_DF, [name, "low", "high"]] = np.nan
            columns |= {"low": {"low_of": name}, "high": {"high_of": name}}
        if self.cases is not None:
            frame["cases"] = self.cases
            measure["cases"] = "cases"
            columns["cases"] = {"counts": "persons"}
        if self.parts:
            measure["parts"] = self.parts
        frame["n"] = self.n
        frame.attrs["columns"] = columns
        return frame


def quantile_of_t(df: npt.ArrayLike) -> Floats:
    """Of t at 95 %, two-sided; missing where there are no degrees of freedom."""
    degrees = np.asarray(df, dtype=float)
    return np.where(degrees > 0, stats.t.ppf((1 + LEVEL) / 2, np.maximum(degrees, 1)), np.nan)


def refuse_respondents(kind: str) -> None:
    if kind == "respondents":
        raise EstimateError(
            Fault(
                say(
                    "chi ha risposto volontariamente non è un campione: nessuna inferenza sulla popolazione",
                    "volunteers are not a sample: no inference to a population",
                ),
                "sampling = volunteer",
                next_step=say("Descrivete chi ha risposto.", "Describe the respondents."),
            )
        )


def bounded(found: Estimates, low: Floats, high: Floats) -> Estimates:
    """Estimates with an interval of their own instead of the one from their standard errors; none where there are no degrees of freedom."""
    none = ~(found.df > 0)
    return replace(found, bounds=(np.where(none, np.nan, low), np.where(none, np.nan, high)))
