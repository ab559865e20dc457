"""Means, shares, totals and ratios by group, and the differences between groups, with the sampling error that the design allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import ledger as ledgers
from analysis.survey.design import Codes, Design, Floats, Sampling
from analysis.survey.ledger import Ledger, Run

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
        _refuse_respondents(self.kind)
        return float(np.sqrt(self.variance))

    @property
    def low(self) -> float:
        return self.estimate - float(_quantile(self.df)) * self.se

    @property
    def high(self) -> float:
        return self.estimate + float(_quantile(self.df)) * self.se


@dataclass(frozen=True, eq=False)
class Estimates:
    """k estimates of one `measure` (mean, share, total, ratio), one for each row of `groups`.

    `estimate` (k,), `covariance` (k, k), `n` unweighted persons, `cases` unweighted numerators of shares, `n_effective` by Kish,
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

    def noted(self, values: Any, by: pd.DataFrame | None, measure: str = "") -> Estimates:
        """These estimates as a run of `values` by the columns of `by`, entered in the design's ledger where it keeps one."""
        n = int(self.n[(self.groups.astype(object) != TOTAL).all(axis=1).to_numpy()].sum())
        run = ledgers.of(values, measure or self.measure, self.kind, () if by is None else list(by))
        run = replace(run, n=n, df=float(self.df.min()))
        if self.ledger is not None:
            self.ledger.note(run)
        return replace(self, run=run)

    @property
    def se(self) -> Floats:
        """Linearised standard errors (k,); an `EstimateError` for respondents who are no sample."""
        _refuse_respondents(self.kind)
        return np.sqrt(np.diag(self.covariance))

    @cached_property
    def interval(self) -> tuple[Floats, Floats]:
        """Bounds (k,), (k,) at 95 %: t with the design's degrees of freedom, on the logit scale for shares.

        A share of 0 or 1 has no linearised error: its bound is Clopper and Pearson's on the effective n. A group that lies in no
        more PSUs than strata shows no variability between PSUs, and has no interval.
        """
        se, t = self.se, _quantile(self.df)
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
        digits = digits if digits is not None else {"share": 1, "mean": 2, "ratio": 2}.get(self.measure, 0)
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


def mean(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Mean of y (n,) in each group of `by` (n rows); missing y are outside every group. `margin` adds a row `total`."""
    return means(y, design, by, margin).noted(y, by)


def means(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """As `mean`, for a caller that notes what it makes of them."""
    numbers = _numbers(y, design)
    return _ratio("mean", numbers, np.ones(len(numbers)), design, by, margin)


def share(
    event: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Share for which `event` (n,) of True/False (missing allowed) holds, with unweighted cases."""
    return _share(event, design, by, margin).noted(event, by)


def _share(event: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None, margin: bool) -> Estimates:
    y = _numbers(event, design)
    if not np.isin(y[~np.isnan(y)], (0, 1)).all():
        raise EstimateError(
            Fault(say("la quota vuole vero o falso", "a share wants true or false"), "share.event", "0, 1")
        )
    return _ratio("share", y, np.ones(len(y)), design, by, margin)


def ratio(
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    design: Sampling,
    by: pd.DataFrame | None = None,
    margin: bool = False,
) -> Estimates:
    """Σwy / Σwx in each group; a row counts where both are present."""
    y, x = _numbers(numerator, design), _numbers(denominator, design)
    return _ratio("ratio", y, x, design, by, margin).noted(numerator, by)


def total(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Σwy in each group: a figure of the population, so refused for volunteers."""
    _refuse_respondents(design.kind)
    return _ratio("total", _numbers(y, design), None, design, by, margin).noted(y, by)


def composition(
    categories: pd.Series, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Share of each category (n,) within each group: rows are group × category, and the cases partition n along the category."""
    labels = _labels(categories)
    name = str(categories.name)
    known = categories.notna().to_numpy()
    of_each = [
        _share(np.where(known, (categories.astype(object) == label).to_numpy(), np.nan), design, by, margin)
        for label in labels
    ]
    k, c = len(of_each[0].n), len(labels)
    order = np.arange(k * c).reshape(c, k).T.ravel()
    groups = pd.concat([part.groups.assign(**{name: label}) for part, label in zip(of_each, labels)])
    cases = [part.cases for part in of_each if part.cases is not None]
    # Between categories no covariance is kept: each difference asked of a composition is within one category.
    covariance = np.full((k * c, k * c), np.nan)
    for i, part in enumerate(of_each):
        covariance[i * k : (i + 1) * k, i * k : (i + 1) * k] = part.covariance
    run = of_each[0].noted(categories, by, "composition").run
    return replace(
        of_each[0],
        run=run,
        groups=groups.iloc[order].reset_index(drop=True),
        estimate=np.concatenate([part.estimate for part in of_each])[order],
        covariance=covariance[np.ix_(order, order)],
        n=np.tile(of_each[0].n, c)[order],
        cases=np.concatenate(cases)[order],
        n_effective=np.tile(of_each[0].n_effective, c)[order],
        df=np.tile(of_each[0].df, c)[order],
        parts=name,
    )


def _ratio(
    measure: str, y: Floats, x: Floats | None, design: Sampling, by: pd.DataFrame | None, margin: bool
) -> Estimates:
    valid = ~np.isnan(y) if x is None else ~(np.isnan(y) | np.isnan(x))
    passes = [_domains(by, valid, str(measure))]
    if margin and by is not None:
        whole = pd.DataFrame({column: [TOTAL] for column in by})
        passes.append((np.where(passes[0][0] >= 0, 0, -1), whole))
    found = [_pass(measure, y, x, design, codes, len(groups)) for codes, groups in passes]
    estimate, n, cases, effective = (np.concatenate([part[i] for part in found]) for i in range(4))
    covariance, df = np.zeros((len(n), len(n))), np.full(len(n), np.inf)
    if isinstance(design, Design):
        covariance = design.covariance(np.hstack([part[4] for part in found]))
        df = np.concatenate([design.degrees(codes, len(groups)) for codes, groups in passes])
    return Estimates(
        measure,
        pd.concat([groups.astype(object) for _, groups in passes], ignore_index=True),
        estimate,
        covariance,
        n,
        cases if measure == "share" else None,
        effective,
        df,
        design.kind,
        ledger=design.ledger,
    )


def _pass(
    measure: str, y: Floats, x: Floats | None, design: Sampling, codes: Codes, k: int
) -> tuple[Floats, Codes, Codes, Floats, Floats]:
    """Estimates, n, cases, effective n (k,) of disjoint domains, and the PSU sums (P, k) of their linearised scores."""
    kept = codes >= 0
    d, w, values = codes[kept], design.weights[kept], y[kept]
    n = np.bincount(d, minlength=k)
    effective = np.bincount(d, w, k) ** 2 / np.bincount(d, w**2, k)
    cases = np.bincount(d, values == 1, k).astype(np.int64)
    sums = np.bincount(d, w * values, k).astype(float)
    if x is None:
        estimate, scores = sums, w * values
    else:
        base = np.bincount(d, w * x[kept], k)
        if (base == 0).any():
            raise EstimateError(Fault(say("il denominatore è zero", "the denominator is zero"), measure))
        estimate = sums / base
        scores = w * (values - estimate[d] * x[kept]) / base[d]
    if not isinstance(design, Design):
        return estimate, n, cases, effective, np.zeros((0, k))
    every = np.zeros(len(y))
    every[kept] = scores
    return estimate, n, cases, effective, design.sums(codes, k, every)


def _domains(by: pd.DataFrame | None, valid: npt.NDArray[np.bool_], where: str) -> tuple[Codes, pd.DataFrame]:
    """Domain codes (n,), -1 outside, and the labels of each domain; only domains with a valid row."""
    if not valid.any():
        raise EstimateError(Fault(say("nessun valore presente", "no value is present"), where))
    if by is None:
        return np.where(valid, 0, -1), pd.DataFrame(index=[0])
    if len(by) != len(valid):
        raise EstimateError(
            Fault(
                say(f"{len(by)} righe invece di {len(valid)}", f"{len(by)} rows instead of {len(valid)}"),
                f"{where}.by",
            )
        )
    keys = by.reset_index(drop=True)
    present = keys[valid & keys.notna().all(axis=1).to_numpy()]
    if present.empty:
        raise EstimateError(Fault(say("nessun gruppo presente", "no group is present"), f"{where}.by"))
    ranks = present.groupby(list(present), observed=True, sort=True).ngroup()
    codes = np.full(len(keys), -1, dtype=np.int64)
    codes[present.index] = ranks
    first = present.loc[ranks.drop_duplicates().sort_values().index]
    return codes, first.reset_index(drop=True)


def _labels(categories: pd.Series) -> Sequence[Any]:
    if isinstance(categories.dtype, pd.CategoricalDtype):
        return list(categories.cat.categories)
    return sorted(categories.dropna().unique())


def _numbers(values: npt.ArrayLike, design: Sampling) -> Floats:
    if isinstance(values, pd.Series):
        numbers = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    else:
        numbers = np.asarray(values, dtype=float)
    if len(numbers) != design.n:
        raise EstimateError(
            Fault(
                say(
                    f"{len(numbers)} valori per un disegno di {design.n} righe",
                    f"{len(numbers)} values for a design of {design.n} rows",
                ),
                "y",
            )
        )
    return numbers


def _quantile(df: npt.ArrayLike) -> Floats:
    """Of t at 95 %, two-sided; missing where there are no degrees of freedom."""
    degrees = np.asarray(df, dtype=float)
    return np.where(degrees > 0, stats.t.ppf((1 + LEVEL) / 2, np.maximum(degrees, 1)), np.nan)


def _refuse_respondents(kind: str) -> None:
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
