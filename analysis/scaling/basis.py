"""Where the prevalence comes from: shares published by others, or a probability survey of the study's own, each with the eligible people that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.scaling.compare import Difference
from analysis.scaling.eligible import NORMAL_95, Eligible

AGES = (18.0, 64.0)


def surveyed(
    sexes: Sequence[str] | pd.Series, shares: np.ndarray, covariance: np.ndarray, cases: np.ndarray, n: np.ndarray, ages: tuple[float, float] = AGES
) -> pd.DataFrame:  # fmt: skip
    """Cells for `eligible.estimate` from the shares (k,) that a probability survey finds by sex, with their `covariance` (k, k).

    Refused where a share has no error that linearisation could tell: `cases` (k,) none, or all of `n` (k,) persons.
    """
    faults = [
        Fault(
            say(f"{sex}: {hit} casi su {size}", f"{sex}: {hit} cases of {size}"),
            "surveyed",
            say("almeno un caso, e non tutti", "at least one case, and not all"),
            say(
                "Usare la quota pubblicata (basis = published).",
                "Use the published share (basis = published).",
            ),
        )
        for sex, hit, size in zip(sexes, cases, n)
        if not 0 < hit < size
    ]
    if faults:
        raise EstimateError(faults)
    return pd.DataFrame(
        {
            "sex": list(sexes),
            "age_from": ages[0],
            "age_to": ages[1],
            "value": np.asarray(shares, dtype=float),
            "se": np.sqrt(np.diag(covariance)),
        }
    )


def chosen(
    kind: str, published: pd.DataFrame, own: tuple[pd.DataFrame, np.ndarray] | None
) -> tuple[pd.DataFrame, np.ndarray | None]:
    """Cells and covariance of the basis asked for (published, survey); a survey that the study does not have is refused."""
    if kind == "published":
        return published, None
    if own is None:
        raise EstimateError(
            Fault(
                say(
                    "lo studio non ha una rilevazione probabilistica dei residenti",
                    "the study has no probability survey of residents",
                ),
                f"basis = {kind}",
                "published",
            )
        )
    return own


def beside(found: Mapping[str, Eligible]) -> pd.DataFrame:
    """One row a basis, all of the same residents: basis, base, eligible, low, high (95 %; missing where the shares have no error), share of residents."""
    bounds = [each.interval or (np.nan, np.nan) for each in found.values()]
    frame = pd.DataFrame(
        {
            "basis_kind": list(found),
            "base": [each.base for each in found.values()],
            "eligible": [each.total for each in found.values()],
            "low": [low for low, _ in bounds],
            "high": [high for _, high in bounds],
            "share": [each.total / each.residents for each in found.values()],
        }
    )
    frame.attrs["columns"] = {
        "base": {"unit": "persons"},
        "eligible": {"unit": "persons"},
        "low": {"low_of": "eligible"},
        "high": {"high_of": "eligible"},
        "share": {"unit": "share", "digits": 2},
    }
    return frame


def gap(own: Eligible, other: Eligible, n: int) -> Difference:
    """Eligible people by the survey less those by the other basis (persons), with 95 % bounds; the two are independent, and an error that is unknown counts as none."""
    apart = own.total - other.total
    spread = NORMAL_95 * float(np.hypot(own.error, other.error))
    return Difference(apart, apart - spread, apart + spread, n)
