"""Gifts and mailings: how many give nothing, and how the mean gift goes with the number of letters sent.

Least squares of gift on mailings with heteroscedasticity-consistent errors: HC1 or HC3 (MacKinnon and White 1985). Who was written to more often was chosen for it,
so the slope is an association, not what a letter brings in. Share of those who gave nothing: Wilson (1927).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.resources import intervals

ERRORS = ("HC1", "HC3")
TERMS = ("intercept", "mailing")
LEVEL = 0.95


@dataclass(frozen=True)
class Response:
    """Mean gift, share of zero gifts with bounds, and coefficients (2,) of TERMS with errors and bounds, over `n` persons; `errors`: HC1 or HC3;
    `unit` of the gifts as the door knows it."""

    n: int
    zeros: int
    mean: float
    zero_share: tuple[float, float, float]
    coefficients: np.ndarray
    se: np.ndarray
    low: np.ndarray
    high: np.ndarray
    r2: float
    errors: str
    unit: str = "number"

    def table(self) -> pd.DataFrame:
        """One row a term: intercept, and how much more for each mailing more, in the gifts' currency, with error and 95 % interval, persons. An association."""
        frame = pd.DataFrame(
            {
                "term": list(TERMS),
                "persons": self.n,
                "coefficient": self.coefficients,
                "se": self.se,
                "low": self.low,
                "high": self.high,
            }
        )
        frame.attrs["columns"] = {
            "term": {"labels": "response_term"},
            "persons": {"counts": "persons"},
            "coefficient": {"unit": self.unit, "digits": 2, "n": "persons"},
            "se": {"se_of": "coefficient"},
            "low": {"low_of": "coefficient"},
            "high": {"high_of": "coefficient"},
        }
        return frame

    def summary(self) -> pd.DataFrame:
        """One row: persons, those who gave nothing and their share with its interval, mean gift, R²."""
        share, low, high = self.zero_share
        frame = pd.DataFrame(
            {
                "persons": [self.n],
                "nothing": [self.zeros],
                "nothing_share": [share],
                "low": [low],
                "high": [high],
                "mean_gift": [self.mean],
                "r2": [self.r2],
            }
        )
        frame.attrs["columns"] = {
            "persons": {"counts": "persons"},
            "nothing": {"counts": "persons"},
            "nothing_share": {"unit": "share", "n": "persons", "cases": "nothing"},
            "low": {"low_of": "nothing_share"},
            "high": {"high_of": "nothing_share"},
            "mean_gift": {"unit": self.unit, "digits": 2, "n": "persons"},
            "r2": {"unit": "index", "digits": 3, "n": "persons"},
        }
        return frame


def response(
    gifts: pd.Series | np.ndarray,
    mailings: pd.Series | np.ndarray,
    errors: str = "HC1",
    unit: str = "number",
) -> Response:
    """Gift of each person (from 0, in one currency: "euro" as `unit`, else "number") and mailings sent to them, same length.

    Refused, all at once: lengths that differ, fewer than three persons, gifts or mailings missing or negative, mailings that do not vary, an unknown kind of errors.
    """
    import statsmodels.api as sm

    gift, mail = np.asarray(gifts, dtype=float), np.asarray(mailings, dtype=float)
    where = say("doni e lettere", "gifts and mailings")
    faults = []
    if errors not in ERRORS:
        faults.append(Fault(f"errors = {errors}", where, ", ".join(ERRORS)))
    if gift.shape != mail.shape or gift.ndim != 1 or len(gift) < 3:
        what = say(f"{gift.size} doni e {mail.size} conteggi di lettere", f"{gift.size} gifts and {mail.size} counts of mailings")  # fmt: skip
        faults.append(Fault(what, where, say("uno per persona, almeno tre", "one a person, at least three")))
    for values, what in (
        (gift, say("doni mancanti o negativi", "gifts missing or negative")),
        (mail, say("lettere mancanti o negative", "mailings missing or negative")),
    ):
        if not (values >= 0).all():
            rows = ", ".join(map(str, np.flatnonzero(~(values >= 0))[:5] + 1))
            faults.append(Fault(what, where + say(": riga ", ": row ") + rows, "≥ 0"))
    if not faults and np.ptp(mail) == 0:
        faults.append(Fault(say("le lettere non variano", "the mailings do not vary"), where))
    if faults:
        raise EstimateError(faults)
    found = sm.OLS(gift, np.column_stack([np.ones(len(mail)), mail])).fit(cov_type=errors, use_t=True)
    bounds = np.asarray(found.conf_int(1 - LEVEL))
    zeros = int((gift == 0).sum())
    low, high = intervals.wilson(np.array([zeros]), np.array([len(gift)]), LEVEL)
    return Response(
        len(gift), zeros, float(gift.mean()), (zeros / len(gift), float(low[0]), float(high[0])),
        np.asarray(found.params), np.asarray(found.bse), bounds[:, 0], bounds[:, 1], float(found.rsquared), errors, unit,
    )  # fmt: skip
