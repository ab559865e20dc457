"""Differences between two groups in several outcomes at once, each marked as foreseen by the study's plan or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.survey import estimates, ledger
from analysis.survey.design import Sampling
from analysis.survey.results import Difference
from analysis.survey.stages import Floats

Contrast = tuple[str, str, str]
"""A field, the label of the group whose mean is taken, the label of the group whose mean is subtracted."""


@dataclass(frozen=True, eq=False)
class Contrasts:
    """Differences by (outcome, contrast), each an association: nobody was assigned to a group."""

    found: dict[tuple[str, str], Difference]

    def named(self) -> Iterator[tuple[str, Difference]]:
        """Each difference under the name `<contrast>_<outcome>`."""
        for (outcome, contrast), difference in self.found.items():
            yield f"{contrast}_{outcome}", difference

    def table(self, primary: Collection[str] = (), unit: str = "points", digits: int = 2) -> pd.DataFrame:
        """One row a difference; `status` is primary where the plan names the outcome, else exploratory.

        For a population also `p` (t test of no difference) and `p_adjusted` (Holm 1979) among the comparisons of equal status; the
        intervals are not adjusted.
        """
        rows = list(self.found.values())
        status = np.array(["primary" if outcome in primary else "exploratory" for outcome, _ in self.found])
        frame = pd.DataFrame(
            {
                "contrast": [contrast for _, contrast in self.found],
                "scale": [outcome for outcome, _ in self.found],
                "status": status,
                "difference": [row.estimate for row in rows],
            }
        )
        columns: dict = {"difference": {"unit": unit, "digits": digits, "n": "n"}}
        if all(row.kind == "population" for row in rows):
            frame["low"], frame["high"] = [row.low for row in rows], [row.high for row in rows]
            columns |= {"low": {"low_of": "difference"}, "high": {"high_of": "difference"}}
            frame["p"] = [row.p for row in rows]
            frame["p_adjusted"] = np.nan
            for kind in np.unique(status):
                frame.loc[status == kind, "p_adjusted"] = holm(frame.loc[status == kind, "p"])
            columns |= {key: {"unit": "p", "n": "n"} for key in ("p", "p_adjusted")}
        frame["n"] = [row.n for row in rows]
        frame.attrs["columns"] = {**columns, "n": {"counts": "persons"}}
        return frame


def compare(
    outcomes: pd.DataFrame, groups: pd.DataFrame, design: Sampling, contrasts: Mapping[str, Contrast]
) -> Contrasts:
    """Mean of each outcome (n × outcomes) in the first group less the second, for each contrast {name: (field, first, second)}.

    A contrast one of whose groups has no answer to the outcome is left out.
    """
    found = {}
    for outcome in outcomes:
        for name, (field, first, second) in contrasts.items():
            means = estimates.means(outcomes[outcome], design, groups[[field]])
            if {first, second} <= set(means.groups[field].astype(object)):
                means = replace(means, run=ledger.of(outcomes[outcome], "mean", means.kind))
                found[str(outcome), name] = means.difference({field: first}, {field: second})
    return Contrasts(found)


def holm(p: npt.ArrayLike) -> Floats:
    """p values (k,) adjusted so that the chance of any false rejection stays bounded (Holm 1979); missing ones stay missing and do not count."""
    return _stepped(
        np.asarray(p, dtype=float), lambda ranked, k: np.maximum.accumulate(ranked * (k - np.arange(k)))
    )


def benjamini_hochberg(p: npt.ArrayLike) -> Floats:
    """p values (k,) adjusted so that the expected share of false rejections stays bounded (Benjamini & Hochberg 1995)."""
    return _stepped(
        np.asarray(p, dtype=float),
        lambda ranked, k: np.minimum.accumulate((ranked * k / np.arange(1, k + 1))[::-1])[::-1],
    )


def _stepped(p: Floats, rule) -> Floats:
    found, known = np.full(len(p), np.nan), np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    if len(order):
        found[order] = np.minimum(rule(p[order], len(order)), 1.0)
    return found
