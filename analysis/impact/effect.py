"""An effect or a change with its error, the clusters it comes from, and what so many clusters can bear.

What belongs here: when an error, an interval and a p value may be given at all. What does not: how an effect is estimated (difference.py,
staggered.py, weighting.py …). A cluster is what was treated together: a neighbourhood, a company. A cluster-robust error comes from as many
independent pieces as there are clusters, and with few treated ones it is far too small (MacKinnon & Webb 2017): below LEAST treated or LEAST comparison
clusters neither error, interval nor p value leaves, since each can be worked out from the others; placebo.py says what can be said then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import where

LEAST = 5
FEW = 10
LEVEL = 0.95


@dataclass(frozen=True)
class Clusters:
    """Clusters in all, those with a treated row and those with a comparison row; `named` is false where every row counts as one of its own."""

    total: int
    treated: int
    comparison: int
    named: bool = True

    @property
    def bear(self) -> bool:
        """Whether a cluster-robust error, its interval and its p value may be given."""
        return min(self.treated, self.comparison) >= LEAST

    @property
    def cautions(self) -> tuple[str, ...]:
        """Codes: few_treated_clusters, few_comparison_clusters (below LEAST), few_clusters (below FEW on either side), independent_rows (none named)."""
        found = [] if self.named else ["independent_rows"]
        found += ["few_treated_clusters"] * (self.treated < LEAST)
        found += ["few_comparison_clusters"] * (self.comparison < LEAST)
        found += ["few_clusters"] * (self.bear and min(self.treated, self.comparison) < FEW)
        return tuple(found)


def count(treated: np.ndarray, cluster: np.ndarray | pd.Series | None) -> Clusters:
    """Clusters among the rows used; `treated` (n,) of true and false; without `cluster` each row is one."""
    named = cluster is not None
    codes = pd.factorize(np.asarray(cluster))[0] if named else np.arange(len(treated))
    return Clusters(
        len(np.unique(codes)), len(np.unique(codes[treated])), len(np.unique(codes[~treated])), named
    )


@dataclass(frozen=True)
class Effect:
    """One estimate: se, low, high (95 %, t with `df` degrees of freedom) and p_value are None where the clusters cannot bear them.

    claim: "change" (no comparison group: change, not effect) or "comparison" (a comparison group that nobody drew by lot). n: rows, of persons
    unless `persons` is false. errors: how `se` was found.
    """

    design: str
    estimate: float
    se: float | None
    low: float | None
    high: float | None
    p_value: float | None
    df: float
    n: int
    clusters: Clusters
    errors: str
    claim: str = "comparison"
    persons: bool = True
    cautions: tuple[str, ...] = ()

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: design, estimate, se, low, high, p, n, clusters, treated_clusters."""
        return stack([self], unit, digits)


def effect(
    design: str,
    estimate: float,
    se: float,
    df: float,
    n: int,
    clusters: Clusters,
    errors: str,
    claim: str = "comparison",
    persons: bool = True,
    cautions: Sequence[str] = (),
) -> Effect:
    """The estimate with its t interval and two-sided p, or without them where the clusters cannot bear them."""
    if not clusters.bear:
        low = high = p_value = shown = None
    else:
        low, high, p_value = student(estimate, se, df)
        shown = se
    return Effect(
        design, float(estimate), shown, low, high, p_value, float(df), n, clusters, errors, claim, persons,
        (*clusters.cautions, *cautions),
    )  # fmt: skip


def student(estimate: float, se: float, df: float) -> tuple[float, float, float]:
    """95 % bounds and two-sided p from t; an infinite `df` is the normal law. Refused: an error that is not positive."""
    from scipy import stats

    if not (np.isfinite(se) and se > 0 and df > 0):
        what = say(f"errore standard {se:g} con {df:g} gradi di libertà", f"standard error {se:g} with {df:g} degrees of freedom")  # fmt: skip
        step = say("I valori non variano, o i casi sono troppo pochi.", "The values do not vary, or the cases are too few.")  # fmt: skip
        raise EstimateError(Fault(what, say("intervallo", "interval"), "> 0", step))
    law = stats.norm if np.isinf(df) else stats.t(df)
    half = float(law.ppf(0.5 + LEVEL / 2)) * se
    return float(estimate - half), float(estimate + half), float(2 * law.sf(abs(estimate / se)))


def stack(effects: Sequence[Effect], unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
    """One row an effect: design, estimate, se, low, high, p, n, clusters, treated_clusters."""
    frame = pd.DataFrame(
        {
            "design": [one.design for one in effects],
            "estimate": [one.estimate for one in effects],
            **{
                column: pd.array([getattr(one, name) for one in effects], dtype="Float64").to_numpy(
                    dtype=float, na_value=np.nan
                )
                for column, name in (("se", "se"), ("low", "low"), ("high", "high"), ("p", "p_value"))
            },
            "n": [one.n for one in effects],
            "clusters": [one.clusters.total for one in effects],
            "treated_clusters": [one.clusters.treated for one in effects],
        }
    )
    frame.attrs["columns"] = specification(
        unit, digits, "persons" if all(one.persons for one in effects) else "things"
    )
    return frame


def specification(unit: str, digits: int | None, counts: str) -> dict[str, dict[str, Any]]:
    """What the columns of `stack` are."""
    return {
        "design": {"labels": "design"},
        "estimate": {"unit": unit, "digits": digits, "n": "n"},
        "se": {"se_of": "estimate"},
        "low": {"low_of": "estimate"},
        "high": {"high_of": "estimate"},
        "p": {"unit": "p", "n": "n"},
        "n": {"counts": counts},
        "clusters": {"counts": "things"},
        "treated_clusters": {"counts": "things"},
    }


def binary(table: str, values: pd.Series, name: str, used: np.ndarray | None = None) -> np.ndarray:
    """A column of 0/1 or false/true as an array of bool (n,). Refused: other values, with their rows; a column in which only one of the two occurs."""
    kept = np.ones(len(values), dtype=bool) if used is None else used
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    wrong = kept & ~np.isin(numbers, (0.0, 1.0))
    if wrong.any():
        what = say(f"«{name}» non è 0 o 1", f"'{name}' is neither 0 nor 1")
        raise EstimateError(Fault(what, where(table, wrong), "0, 1"))
    found = numbers == 1
    if len(np.unique(found[kept])) < 2:
        what = say(f"«{name}»: un solo gruppo", f"'{name}': one group only")
        step = say("Servono righe di entrambi i gruppi.", "Rows of both groups are needed.")
        raise EstimateError(Fault(what, f"{table}, {name}", "0, 1", step))
    return found


def dummy(table: str, values: pd.Series, name: str) -> pd.Series:
    """The same column as numbers 0 and 1, missing where it is missing. Refused: as `binary`."""
    known = values.notna().to_numpy()
    return pd.Series(binary(table, values, name, known), index=values.index).astype("Float64").where(known)
