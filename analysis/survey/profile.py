"""Who the persons are, by group: the first table of a paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.survey import association, estimates
from analysis.survey.design import Design, Sampling


def shares(people: pd.DataFrame, sample: Sampling, covariate: str, by: str) -> pd.DataFrame:
    """Share of each category of the covariate within each group of `by`, and within all: both fields, share, low, high, cases, n."""
    return estimates.composition(people[covariate], sample, people[[by]], margin=True).table()


def means(people: pd.DataFrame, sample: Sampling, fields: Sequence[str], by: str) -> pd.DataFrame:
    """Mean of each numeric field within each group of `by`, and of all: covariate, `by`, mean, low, high, n."""
    from analysis.survey import frames

    found = {name: estimates.mean(people[name], sample, people[[by]], margin=True) for name in fields}
    return frames.stack(found, "covariate")


def tests(people: pd.DataFrame, sample: Sampling, covariates: Sequence[str], by: str) -> pd.DataFrame:
    """Rao–Scott tests that each covariate and `by` are independent, exploratory, with p adjusted by Holm; only of a probability sample. A covariate of one class is left out."""
    from analysis.survey.contrasts import holm

    assert isinstance(sample, Design)
    found = [
        association.rao_scott(people[name], people[by], sample)
        for name in covariates
        if people[name].nunique() > 1
    ]
    table = pd.concat([one.table() for one in found], ignore_index=True)
    table.insert(6, "p_adjusted", holm(np.array([one.p for one in found])))
    table.attrs["columns"] = found[0].table().attrs["columns"] | {"p_adjusted": {"unit": "p", "n": "n"}}
    return table
