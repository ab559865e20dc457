"""Least squares with the error that the design calls for: classical, robust to unequal variances, or to clusters one way or two ways.

Sources: White (1980) for HC1, MacKinnon & White (1985) for HC2, Liang & Zeger (1986) for clusters, Cameron, Gelbach & Miller (2011) for two ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.effect import LEAST, student
from analysis.rows import required, where

ERRORS = ("classical", "HC1", "HC2", "cluster")
INTERCEPT = "intercept"


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients (p,) of `terms`, the intercept first; covariance (p, p); degrees of freedom of t; `used` rows (n of them are true).

    clusters: the number in each way of clustering; empty where none.
    """

    terms: tuple[str, ...]
    coefficients: np.ndarray
    covariance: np.ndarray
    df: float
    n: int
    r_squared: float
    errors: str
    clusters: tuple[int, ...]
    used: np.ndarray = field(repr=False)

    @property
    def se(self) -> np.ndarray:
        return np.sqrt(np.diag(self.covariance))

    def at(self, term: str) -> tuple[float, float]:
        """Coefficient of `term` and its standard error."""
        k = self.terms.index(term)
        return float(self.coefficients[k]), float(self.se[k])

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row a term: term, estimate, se, low, high, p, n; only the estimate where there are fewer than LEAST clusters."""
        bear = min(self.clusters, default=LEAST) >= LEAST
        found = np.full((len(self.terms), 4), np.nan)
        if bear:
            found = np.array([[se, *student(b, se, self.df)] for b, se in zip(self.coefficients, self.se)])
        frame = pd.DataFrame(
            {
                "term": list(self.terms),
                "estimate": self.coefficients,
                "se": found[:, 0],
                "low": found[:, 1],
                "high": found[:, 2],
                "p": found[:, 3],
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "term": {"labels": "term"},
            "estimate": {"unit": unit, "digits": digits, "n": "n"},
            "se": {"se_of": "estimate"},
            "low": {"low_of": "estimate"},
            "high": {"high_of": "estimate"},
            "p": {"unit": "p", "n": "n"},
            "n": {"counts": "persons"},
        }
        return frame


def fit(
    frame: pd.DataFrame,
    outcome: str,
    terms: Sequence[str],
    errors: str = "HC1",
    cluster: str | Sequence[str] = (),
    table: str = "frame",
) -> Regression:
    """Least squares of `outcome` on an intercept and `terms` (numeric, boolean, or categories by contrasts with their first), over rows that have them all.

    cluster: one or two columns; then t has G − 1 degrees of freedom, G the smaller number of clusters; else n − p.
    Refused, all at once: an unknown kind of error, columns missing, infinite values, clusters missing or fewer than two,
    fewer rows than coefficients; then columns that others determine, and a two-way covariance that is not one.
    """
    import statsmodels.api as sm

    ways = [cluster] if isinstance(cluster, str) else list(cluster)
    ways = [way for way in ways if way]
    required(table, frame, list(dict.fromkeys([outcome, *terms, *ways])))
    y, x, faults = outcome_and_terms(frame, outcome, terms, table)
    used = np.isfinite(y) & x.notna().all(axis=1).to_numpy()
    if errors not in ERRORS:
        what = say(f"errori «{errors}» sconosciuti", f"unknown errors '{errors}'")
        faults.append(Fault(what, "errors", ", ".join(ERRORS)))
    if (errors == "cluster") != bool(ways) or len(ways) > 2:
        what = say(
            f"errori «{errors}» con {len(ways)} grappoli", f"'{errors}' errors with {len(ways)} clusters"
        )
        faults.append(Fault(what, "cluster", say("una o due colonne con «cluster», nessuna altrimenti", "one or two columns with 'cluster', else none")))  # fmt: skip
    for way in ways:
        lost = frame[way].isna().to_numpy() & used
        if lost.any():
            what = say(f"manca il grappolo «{way}»", f"the cluster '{way}' is missing")
            faults.append(Fault(what, where(table, lost)))
        elif frame.loc[used, way].nunique() < 2:
            what = say(f"un solo grappolo in «{way}»", f"a single cluster in '{way}'")
            faults.append(Fault(what, f"{table}, {way}", "≥ 2"))
    if used.sum() <= x.shape[1] + 1:
        what = say(f"{used.sum()} righe per {x.shape[1] + 1} coefficienti", f"{used.sum()} rows for {x.shape[1] + 1} coefficients")  # fmt: skip
        faults.append(Fault(what, table, f"> {x.shape[1] + 1}"))
    if faults:
        raise EstimateError(faults)
    matrix = np.column_stack([np.ones(int(used.sum())), x[used].to_numpy(dtype=float)])
    names = (INTERCEPT, *map(str, x.columns))
    refuse_determined(matrix, names, table)
    model = sm.OLS(y[used], matrix).fit()
    df = float(used.sum() - matrix.shape[1])
    sizes: tuple[int, ...] = ()
    if errors == "cluster":
        codes = np.column_stack([pd.factorize(frame.loc[used, way])[0] for way in ways])
        sizes = tuple(int(column.max()) + 1 for column in codes.T)
        robust = model.get_robustcov_results("cluster", groups=codes.squeeze(), use_t=True)
        covariance, df = np.asarray(robust.cov_params()), float(min(sizes) - 1)
    elif errors == "classical":
        covariance = np.asarray(model.cov_params())
    else:
        covariance = np.asarray(model.get_robustcov_results(errors, use_t=True).cov_params())
    if (np.diag(covariance) < 0).any():
        what = say("la varianza a due vie è negativa", "the two-way variance is negative")
        step = say(
            "Usate un solo grappolo, quello assegnato insieme.",
            "Use one cluster, that which was assigned together.",
        )
        raise EstimateError(Fault(what, f"{table}, {', '.join(ways)}", next_step=step))
    return Regression(
        names, np.asarray(model.params), covariance, df, int(used.sum()), float(model.rsquared), errors, sizes, used
    )  # fmt: skip


def outcome_and_terms(
    frame: pd.DataFrame, outcome: str, terms: Sequence[str], table: str
) -> tuple[np.ndarray, pd.DataFrame, list[Fault]]:
    """The outcome (n,), missing as NaN, and one numeric column a term or level; with the faults of infinite values."""
    columns: dict[str, pd.Series] = {}
    faults = []
    for name in dict.fromkeys(terms):
        values = frame[name]
        if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            columns[name] = values.astype("Float64")
            continue
        levels = (
            values.cat.remove_unused_categories().cat.categories if isinstance(values.dtype, pd.CategoricalDtype)
            else sorted(values.dropna().unique())
        )  # fmt: skip
        for level in list(levels)[1:]:
            columns[f"{name}={level}"] = (values == level).astype("Float64").where(values.notna())
    x = pd.DataFrame({name: values.astype("Float64").to_numpy(dtype=float, na_value=np.nan) for name, values in columns.items()}, index=frame.index)  # fmt: skip
    y = (
        pd.to_numeric(frame[outcome], errors="coerce")
        .astype("Float64")
        .to_numpy(dtype=float, na_value=np.nan)
    )
    unread = np.isnan(y) & frame[outcome].notna().to_numpy()
    for name, bad in [(outcome, np.isinf(y) | unread), *((name, np.isinf(x[name].to_numpy())) for name in x)]:
        if bad.any():
            what = say(f"«{name}» non è un numero finito", f"'{name}' is not a finite number")
            faults.append(Fault(what, where(table, bad)))
    return y, x, faults


def refuse_determined(matrix: np.ndarray, names: Sequence[str], table: str) -> None:
    """Refuse columns that those before them determine (share of their own variation below 1e-9)."""
    scale = np.sqrt((matrix**2).sum(axis=0))
    triangle = np.linalg.qr(matrix / np.where(scale > 0, scale, 1.0), mode="r")
    lost = (np.abs(np.diag(triangle)) < 1e-9) | (scale == 0)
    if lost.any():
        which = ", ".join(name for name, bad in zip(names, lost) if bad)
        what = say(f"colonne determinate dalle altre: {which}", f"columns that the others determine: {which}")
        raise EstimateError(
            Fault(what, table, next_step=say("Toglietele dal modello.", "Take them out of the model."))
        )
