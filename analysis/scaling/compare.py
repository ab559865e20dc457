"""Published counts and shares against each other and against the table of residents: do they speak of the same people?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from analysis.scaling import eligible


@dataclass(frozen=True)
class Difference:
    """A difference with its bounds and the number of units behind it: what a statement is chosen from."""

    estimate: float
    low: float
    high: float
    n: int


def implied(benchmarks: pd.DataFrame, territory: pd.DataFrame, concepts: Sequence[str]) -> pd.DataFrame:
    """Residents implied by a published count and share of the same people, beside the territory's residents of those ages.

    For each concept with both a `persons` and a `share` row of the same sex, ages, place, year and denominator: implied = persons / share, with the
    bounds that rounding of the two published figures allows (half a unit of the last digit of each), the territory's residents,
    and the difference territory − implied. Frame: concept, published_count, published_share and, in millions, implied, implied_low, implied_high, territory, difference.
    """
    keys = ["concept", "sex", "age_from", "age_to", "place", "year", "denominator_en"]
    wanted = benchmarks[benchmarks["concept"].isin(concepts)]
    pairs = wanted[wanted["unit"] == "persons"].merge(
        wanted[wanted["unit"] == "share"], on=keys, suffixes=("_persons", "_share")
    )
    persons, share = pairs["value_persons"].to_numpy(float), pairs["value_share"].to_numpy(float)
    half_persons = np.array([_step(value) for value in persons]) / 2
    half_share = np.array([_step(value) for value in share]) / 2
    here = [
        float(eligible.residents(territory, sex, low, np.inf if pd.isna(high) else float(high)).sum())
        for sex, low, high in zip(
            pairs["sex"], pairs["age_from"].astype(float), pairs["age_to"].astype(float)
        )
    ]
    frame = pd.DataFrame(
        {
            "concept": pairs["concept"],
            "published_count": persons,
            "published_share": share,
            "implied": persons / share,
            "implied_low": (persons - half_persons) / (share + half_share),
            "implied_high": (persons + half_persons) / (share - half_share),
            "territory": here,
        }
    )
    frame["difference"] = frame["territory"] - frame["implied"]
    millions = ["implied", "implied_low", "implied_high", "territory", "difference"]
    frame[millions] /= 1e6
    frame.attrs["columns"] = {
        "published_count": {"unit": "persons"},
        "published_share": {"unit": "share"},
        **{name: {"unit": "number", "digits": 2} for name in millions},
    }
    return frame


def listed(benchmarks: pd.DataFrame) -> pd.DataFrame:
    """The published values as printed, one row each in the order of the file.

    Columns: concept, numerator, denominator, sex, ages, place, year, prevalence (where the value is a share) or published_count (where it is
    a number of persons), reference (who published it, that is the source up to its first comma, with the site where it was read).
    """
    ages = [
        "" if pd.isna(low) else f"{low:.0f}+" if pd.isna(high) else f"{low:.0f}–{high:.0f}"
        for low, high in zip(benchmarks["age_from"].astype(float), benchmarks["age_to"].astype(float))
    ]
    site = benchmarks["url"].astype("string").str.extract(r"://(?:www\.)?([^/]+)")[0]
    origin = benchmarks["source"].astype("string").str.partition(",")[0] + (" (" + site + ")").fillna("")
    value = benchmarks["value"].astype(float)
    frame = pd.DataFrame(
        {
            "concept": benchmarks["concept"].astype(object),
            **{
                name: [
                    {"it": it, "en": en} for it, en in zip(benchmarks[f"{name}_it"], benchmarks[f"{name}_en"])
                ]
                for name in ("numerator", "denominator")
            },
            "sex": benchmarks["sex"].astype(object),
            "ages": ages,
            "place": benchmarks["place"].astype(object),
            "year": benchmarks["year"].astype(float),
            "prevalence": value.where(benchmarks["unit"] == "share"),
            "published_count": value.where(benchmarks["unit"] == "persons"),
            "reference": origin.astype(object),
        }
    ).reset_index(drop=True)
    frame.attrs["columns"] = {
        "concept": {"labels": "concept"},
        "numerator": {"text": True},
        "denominator": {"text": True},
        "sex": {"labels": "sex"},
        "place": {"labels": "benchmark_place"},
        "year": {"unit": "year"},
        "prevalence": {"unit": "share"},
        "published_count": {"unit": "persons"},
    }
    return frame


def _step(value: float) -> float:
    """One unit of the last digit that was printed: 0.001 for 0.346, 1000 for 12,746,000."""
    digits = Decimal(repr(float(value))).normalize()
    exponent = digits.as_tuple().exponent
    return 10.0**exponent if isinstance(exponent, int) else 1.0


def gap(frame: pd.DataFrame, concept: str) -> Difference:
    """Millions of residents: the territory's minus those that the published pair of `concept` implies, with the bounds of its rounding."""
    row = frame[frame["concept"] == concept].iloc[0]
    here = float(row["territory"])
    estimate, low, high = (here - float(row[name]) for name in ("implied", "implied_high", "implied_low"))
    return Difference(estimate, low, high, round(here * 1e6))
