"""Differences between two groups in several outcomes at once, each marked as foreseen by the study's plan or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from analysis.survey import estimates, ledger
from analysis.survey.design import Sampling
from analysis.survey.results import Difference

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
        """One row a difference; `status` is primary where the plan names the outcome, else exploratory."""
        rows = list(self.found.values())
        frame = pd.DataFrame(
            {
                "contrast": [contrast for _, contrast in self.found],
                "scale": [outcome for outcome, _ in self.found],
                "status": ["primary" if outcome in primary else "exploratory" for outcome, _ in self.found],
                "difference": [row.estimate for row in rows],
            }
        )
        columns: dict = {"difference": {"unit": unit, "digits": digits, "n": "n"}}
        if all(row.kind == "population" for row in rows):
            frame["low"], frame["high"] = [row.low for row in rows], [row.high for row in rows]
            columns |= {"low": {"low_of": "difference"}, "high": {"high_of": "difference"}}
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
