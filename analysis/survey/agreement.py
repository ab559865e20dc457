"""Agreement: between raters of the same targets, and between members of a group before their answers stand for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey.stages import Floats

FORMS = ("1,1", "A,1", "C,1", "1,k", "A,k", "C,k")


@dataclass(frozen=True, eq=False)
class Icc:
    """The six intraclass correlations of McGraw & Wong (1996) for n targets and k raters, with F, its degrees of freedom and 95 % intervals."""

    targets: int
    raters: int
    value: Floats
    f: Floats
    df1: Floats
    df2: Floats
    low: Floats
    high: Floats

    def table(self) -> pd.DataFrame:
        """One row a form: form, icc, low, high, f, df1, df2, n targets."""
        frame = pd.DataFrame(
            {
                "form": FORMS,
                "icc": self.value,
                "low": self.low,
                "high": self.high,
                "f": self.f,
                "df1": self.df1,
                "df2": self.df2,
                "n": self.targets,
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            "icc": number,
            "low": {"low_of": "icc"},
            "high": {"high_of": "icc"},
            **dict.fromkeys(("f", "df1", "df2"), number),
            "n": {"counts": "things"},
        }
        return frame


@dataclass(frozen=True)
class Grouped:
    """Of one answer in groups: ICC(1), the share of its variance between groups; ICC(2), the reliability of group means (Bliese 2000)."""

    groups: int
    n: int
    icc1: float
    icc2: float
    f: float
    p: float


def icc(ratings: pd.DataFrame, level: float = 0.95) -> Icc:
    """Intraclass correlations of `ratings`, one row a target and one column a rater, complete.

    (1): each target has raters of its own; (A): absolute agreement, (C): consistency, of raters who rate all; k: of their mean.
    """
    x = ratings.to_numpy(dtype=float)
    n, k = x.shape
    if n < 2 or k < 2 or np.isnan(x).any():
        raise EstimateError(
            Fault(
                say("giudizi incompleti o troppo pochi", "ratings are incomplete or too few"),
                f"icc.ratings, {n} × {k}",
                say(
                    "almeno due righe e due colonne, senza vuoti",
                    "at least two rows and two columns, without gaps",
                ),
            )
        )
    rows, columns, whole = x.mean(axis=1), x.mean(axis=0), x.mean()
    msr = k * ((rows - whole) ** 2).sum() / (n - 1)
    msc = n * ((columns - whole) ** 2).sum() / (k - 1)
    mse = ((x - rows[:, None] - columns + whole) ** 2).sum() / ((n - 1) * (k - 1))
    msw = ((x - rows[:, None]) ** 2).sum() / (n * (k - 1))
    one = (msr - msw) / (msr + (k - 1) * msw)
    agree = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    consistent = (msr - mse) / (msr + (k - 1) * mse)
    mean = ((msr - msw) / msr, (msr - mse) / (msr + (msc - mse) / n), (msr - mse) / msr)
    tail = (1 + level) / 2
    first = _bounds(msr / msw, n - 1, n * (k - 1), k, tail)
    third = _bounds(msr / mse, n - 1, (n - 1) * (k - 1), k, tail)
    second = _agreement_bounds(agree, msr, msc, mse, n, k, tail)
    single = np.array([first, second, third])
    averaged = single * k / (1 + (k - 1) * single)
    both = np.vstack([single, averaged])
    f, other = msr / msw, msr / mse
    return Icc(
        n, k, np.array([one, agree, consistent, *mean]), np.array([f, other, other] * 2), np.full(6, n - 1.0),
        np.array([n * (k - 1.0), (n - 1.0) * (k - 1), (n - 1.0) * (k - 1)] * 2), both[:, 0], both[:, 1],
    )  # fmt: skip


def within_groups(answers: pd.Series, groups: pd.Series) -> Grouped:
    """ICC(1) and ICC(2) of answers (n,) in groups (n,) of any sizes, from the one-way analysis of variance, missing answers left out."""
    frame = pd.DataFrame(
        {"y": answers.astype("Float64").astype(float).to_numpy(), "g": groups.to_numpy(dtype=object)}
    ).dropna()
    sizes = frame.groupby("g")["y"].size()
    a, n = len(sizes), len(frame)
    if a < 2 or n <= a:
        raise EstimateError(
            Fault(say(f"{a} gruppi, {n} risposte", f"{a} groups, {n} answers"), "within_groups")
        )
    means = frame.groupby("g")["y"].transform("mean")
    between = float(((means - frame["y"].mean()) ** 2).sum()) / (a - 1)
    within = float(((frame["y"] - means) ** 2).sum()) / (n - a)
    size = (n - float((sizes**2).sum()) / n) / (a - 1)
    f = between / within
    icc1 = (between - within) / (between + (size - 1) * within)
    return Grouped(a, n, icc1, (between - within) / between, f, float(stats.f.sf(f, a - 1, n - a)))


def r_wg(items: pd.DataFrame, groups: pd.Series, categories: int) -> pd.DataFrame:
    """Agreement within each group on one item, r_wg, or on the mean of J parallel items, r_wg(J) (James, Demaree & Wolf 1984).

    The null is that answers are uniform over `categories`; a negative value means less agreement than that, and is kept. Groups of one person have
    none. Columns: group, r_wg, n (persons with every item).
    """
    if categories < 2:
        raise EstimateError(Fault(f"categories = {categories}", "r_wg.categories", "≥ 2"))
    null = (categories**2 - 1) / 12
    values = items.reset_index(drop=True).astype("Float64").astype(float)
    told = pd.Series(groups.to_numpy(dtype=object), name="group")
    whole = values.notna().all(axis=1) & told.notna()
    grouped = values[whole].groupby(told[whole])
    n = grouped.size()
    spread = grouped.var(ddof=1).mean(axis=1) / null
    j = values.shape[1]
    found = 1 - spread if j == 1 else j * (1 - spread) / (j * (1 - spread) + spread)
    frame = pd.DataFrame(
        {"group": n.index.astype(str), "r_wg": found.where(n > 1).to_numpy(), "n": n.to_numpy()}
    )
    frame.attrs["columns"] = {"r_wg": {"unit": "number", "digits": 2, "n": "n"}, "n": {"counts": "persons"}}
    return frame


def _bounds(f: float, df1: float, df2: float, k: int, tail: float) -> tuple[float, float]:
    low, high = f / stats.f.ppf(tail, df1, df2), f * stats.f.ppf(tail, df2, df1)
    return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)


def _agreement_bounds(
    rho: float, msr: float, msc: float, mse: float, n: int, k: int, tail: float
) -> tuple[float, float]:
    a, b = k * rho / (n * (1 - rho)), 1 + k * rho * (n - 1) / (n * (1 - rho))
    v = (a * msc + b * mse) ** 2 / ((a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1)))
    low, high = stats.f.ppf(tail, n - 1, v), stats.f.ppf(tail, v, n - 1)
    spread = k * msc + (k * n - k - n) * mse
    return (
        n * (msr - low * mse) / (low * spread + n * msr),
        n * (high * msr - mse) / (spread + n * high * msr),
    )
