"""Internal consistency of a scale: Cronbach's alpha, its interval, and what each item adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey.design import Floats
from analysis.survey.ledger import Run


@dataclass(frozen=True, eq=False)
class Reliability:
    """Alpha of k items among n respondents, unweighted: it describes the answers, not a population.

    `alpha` raw and `standardised` (Cronbach 1951), `low`, `high` by Feldt (1965) at 95 %; by item (k,) `if_deleted`, the raw
    alpha of the others, and `item_rest`, the correlation with the sum of the others.
    """

    items: tuple[str, ...]
    n: int
    missing: str
    alpha: float
    standardised: float
    low: float
    high: float
    if_deleted: Floats
    item_rest: Floats

    def table(self) -> pd.DataFrame:
        """One row an item: `if_deleted`, `item_rest`, n."""
        frame = pd.DataFrame(
            {
                "item": list(self.items),
                "if_deleted": self.if_deleted,
                "item_rest": self.item_rest,
                "n": self.n,
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {"if_deleted": number, "item_rest": number, "n": {"counts": "persons"}}
        return frame


def runs(found: Mapping[str, Reliability]) -> list[Run]:
    """What was run, for the ledger: the alpha of each scale."""
    return [Run("alpha", scale, ("", ()), (), "feldt", n=one.n) for scale, one in found.items()]


def alpha(
    items: pd.DataFrame, missing: Literal["pairwise", "listwise"] = "pairwise", level: float = 0.95
) -> Reliability:
    """Cronbach's alpha of `items` (n × k, numeric, polarity already aligned).

    Pairwise takes each covariance from the rows that have both items, and n counts rows with any answer, so with many gaps its
    interval is too narrow; listwise takes complete rows. An item without variance is an error.
    """
    values = items.astype("Float64").astype(float)
    values = values.dropna(how="all" if missing == "pairwise" else "any")
    n, k = values.shape
    if k < 2 or n < 3:
        raise EstimateError(
            Fault(
                say(f"{k} domande e {n} righe", f"{k} items and {n} rows"),
                "alpha.items",
                say("almeno 2 domande e 3 righe", "at least 2 items and 3 rows"),
            )
        )
    covariance = values.cov().to_numpy()
    variances = np.diag(covariance)
    flat = [name for name, v in zip(values, variances) if not v > 0]
    if flat:
        raise EstimateError(
            Fault(
                say("domande senza varianza", "items without variance"), "alpha: " + ", ".join(map(str, flat))
            )
        )
    whole, rows = covariance.sum(), covariance.sum(axis=1)
    raw = k / (k - 1) * (1 - variances.sum() / whole)
    # The correlations of these covariances, as in R's psych package, and not of other rows again.
    r = ((covariance / np.sqrt(np.outer(variances, variances))).sum() - k) / (k * (k - 1))
    rest = whole - 2 * rows + variances
    # With two items nothing remains to be consistent with.
    deleted = (k - 1) / max(k - 2, 1) * (1 - (variances.sum() - variances) / rest)
    deleted = np.where(k > 2, deleted, np.nan)
    low, high = feldt(float(raw), n, k, level)
    return Reliability(
        items=tuple(map(str, values)),
        n=n,
        missing=missing,
        alpha=float(raw),
        standardised=float(k * r / (1 + (k - 1) * r)),
        low=low,
        high=high,
        if_deleted=deleted,
        item_rest=(rows - variances) / np.sqrt(variances * rest),
    )


def feldt(alpha: float, n: int, k: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of an alpha of k items among n respondents: (1 − alpha) / (1 − estimate) follows F (Feldt 1965)."""
    tail, df1, df2 = (1 - level) / 2, n - 1, (n - 1) * (k - 1)
    return (
        float(1 - (1 - alpha) * stats.f.ppf(1 - tail, df1, df2)),
        float(1 - (1 - alpha) * stats.f.ppf(tail, df1, df2)),
    )


def summary(scales: Mapping[str, Reliability], omegas: Mapping[str, float] | None = None) -> pd.DataFrame:
    """One row a scale: number of items, alpha raw with its interval, standardised, omega where given, lowest item-rest correlation, n."""
    frame = pd.DataFrame(
        {
            "scale": list(scales),
            "items": [len(found.items) for found in scales.values()],
            "alpha": [found.alpha for found in scales.values()],
            "low": [found.low for found in scales.values()],
            "high": [found.high for found in scales.values()],
            "standardised": [found.standardised for found in scales.values()],
            "lowest_item_rest": [found.item_rest.min() for found in scales.values()],
            "n": [found.n for found in scales.values()],
        }
    )
    number = {"unit": "number", "digits": 2, "n": "n"}
    total = {} if omegas is None else {"omega": number}
    if omegas is not None:
        frame.insert(6, "omega", [omegas.get(scale, np.nan) for scale in scales])
    frame.attrs["columns"] = total | {
        "items": {"counts": "things"},
        "alpha": number,
        "low": {"low_of": "alpha"},
        "high": {"high_of": "alpha"},
        "standardised": number,
        "lowest_item_rest": number,
        "n": {"counts": "persons"},
    }
    return frame
