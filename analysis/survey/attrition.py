"""Who did not come back: weights that make up for them, and the flow from one wave to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import models, weights
from analysis.survey.design import Design
from analysis.survey.models import Model
from analysis.survey.waves import Match


@dataclass(frozen=True, eq=False)
class Returned:
    """Those who came back, weighted by the inverse of their modelled chance to; `rows` (m,) are their places in the first wave."""

    design: Design
    rows: npt.NDArray[np.intp]
    model: Model
    chance: npt.NDArray[np.float64]
    trimmed: int

    def table(self) -> pd.DataFrame:
        """One row: lowest and highest modelled chance, range of the weights, Kish's design effect and effective n, weights cut, n."""
        cost = weights.kish(self.design.weights)
        frame = pd.DataFrame(
            {
                "least_chance": [self.chance.min()],
                "most_chance": [self.chance.max()],
                "lowest": [self.design.weights.min()],
                "highest": [self.design.weights.max()],
                "deff": [cost.deff],
                "n_effective": [cost.n_effective],
                "trimmed": [self.trimmed],
                "n": [cost.n],
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("least_chance", "most_chance", "lowest", "highest", "deff"), number),
            "n_effective": {"unit": "number", "digits": 1, "n": "n"},
            "trimmed": {"counts": "things"},
            "n": {"counts": "persons"},
        }
        return frame


def reweight(
    first: pd.DataFrame, returned: npt.ArrayLike, design: Design, times_median: float = 5.0
) -> Returned:
    """Weights of those who returned, from a design-weighted logit of returning on the baseline covariates of `first` (n × columns), then trimmed.

    A missing answer, and a category all or none of whose persons returned, is put with the commonest category (a missing number with the
    median), so that nobody who returned is lost; a covariate that is then the same for all is left out. It holds if, given the covariates, returning does
    not depend on what is asked later; the weights are taken as known in variances (Little & Rubin 2019, ch. 3).
    """
    back = np.asarray(returned, dtype=bool)
    if not len(first) == len(back) == design.n:
        what = say(
            f"{len(first)} righe, {len(back)} esiti del ritorno", f"{len(first)} rows, {len(back)} outcomes"
        )
        raise EstimateError(Fault(what, "attrition.reweight", str(design.n)))
    if back.all() or not back.any():
        raise EstimateError(
            Fault(
                say("sono tornati tutti, o nessuno", "everybody came back, or nobody"),
                "attrition.returned",
                next_step=say("Non c'è nulla da correggere.", "There is nothing to correct."),
            )
        )
    covariates = pd.DataFrame(
        {name: _whole(first[name], back) for name in first if first[name].nunique() > 1}
    )
    covariates = covariates.loc[:, covariates.nunique() > 1]
    if covariates.empty:
        raise EstimateError(
            Fault(
                say(
                    "nessuna covariata distingue chi è tornato da chi no",
                    "no covariate tells who returned from who did not",
                ),
                "attrition.first: " + ", ".join(map(str, first)),
                next_step=say("Indicate altre covariate di base.", "Name other baseline covariates."),
            )
        )
    model = models.fit(pd.Series(back.astype(float), name="returned"), covariates, design, "logit")
    rows = np.flatnonzero(back)
    chance = model.fitted[rows]
    cut = weights.trim(design.weights[rows] / chance, times_median)
    sample = design.subset(rows, cut.weights * (design.weights.sum() / cut.weights.sum()))
    return Returned(sample, rows, model, chance, cut.trimmed)


def flow(match: Match, groups: pd.Series, arrived: pd.Series | None = None) -> pd.DataFrame:
    """Persons by group of the first wave (n,), and those of them who came back or left; with `arrived` (m,) also who is new: stage, group, persons.

    A group that only new persons have is a row too; persons without a group are in none. Refuses groups (n,) or (m,) of another number than `match` has.
    """
    held = {"flow.groups": (groups, len(match.position))}
    if arrived is not None:
        held["flow.arrived"] = (arrived, match.only_second)
    faults = [
        Fault(say(f"{len(found)} persone", f"{len(found)} persons"), where, str(expected))
        for where, (found, expected) in held.items()
        if len(found) != expected
    ]
    if faults:
        raise EstimateError(faults)
    names = _categories(groups)
    if arrived is not None:
        names += [name for name in _categories(arrived) if name not in names]
    parts: dict[str, Mapping] = {
        "first": groups.value_counts().to_dict(),
        "returned": groups[match.returned].value_counts().to_dict(),
        "left": groups[~match.returned].value_counts().to_dict(),
    }
    rows = [(stage, name, int(counts.get(name, 0))) for stage, counts in parts.items() for name in names]
    if arrived is not None and len(arrived):
        counts = arrived.value_counts().to_dict()
        rows += [("new", name, int(counts.get(name, 0))) for name in names]
    frame = pd.DataFrame(rows, columns=["stage", str(groups.name), "persons"])
    frame.attrs["columns"] = {"persons": {"counts": "persons"}}
    return frame


def _categories(groups: pd.Series) -> list:
    """The categories in their order, or the values found, sorted."""
    if isinstance(groups.dtype, pd.CategoricalDtype):
        return list(groups.cat.categories)
    return sorted(groups.dropna().unique())


def _whole(values: pd.Series, back: npt.NDArray[np.bool_]) -> pd.Series:
    """The covariate without missing answers, and without categories that tell for certain who returned."""
    found = values.reset_index(drop=True)
    if pd.api.types.is_numeric_dtype(found):
        return found.fillna(found.median())
    found = found.astype(object)
    share = pd.Series(back).groupby(found).mean()
    common = found.mode().iloc[0]
    return found.where(found.notna() & found.map(share).between(0, 1, inclusive="neither"), common)
