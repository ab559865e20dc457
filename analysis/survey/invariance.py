"""Whether a scale measures alike in several groups: configural, metric and scalar invariance of a factor model."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import cfa
from analysis.survey.cfa import Fitted, Structure
from analysis.survey.moments import Layout, Moments

LEVELS = ("configural", "metric", "scalar")


@dataclass(frozen=True, eq=False)
class Invariance:
    """The three models of Meredith (1993), each holding more in common: the factors' items, the loadings, the intercepts too."""

    models: dict[str, Fitted]
    groups: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """One row a model: chi2, df, CFI, RMSEA with its 90 % interval, and against the model before it the difference in chi-square, its p, the change of CFI; n.

        A fall of CFI beyond 0.01 is the usual sign that the step does not hold (Cheung & Rensvold 2002).
        """
        frame = cfa.fit_table(list(self.models.values()))
        frame.insert(0, "invariance", list(self.models))
        found = list(self.models.values())
        more = [np.nan, *(b.chi2 - a.chi2 for a, b in itertools.pairwise(found))]
        steps = [0, *(b.df - a.df for a, b in itertools.pairwise(found))]
        frame.insert(4, "chi2_change", more)
        frame.insert(
            5, "p_change", [np.nan, *(float(stats.chi2.sf(c, d)) for c, d in zip(more[1:], steps[1:]))]
        )
        frame.insert(7, "cfi_change", [np.nan, *(b.cfi - a.cfi for a, b in itertools.pairwise(found))])
        columns = {**cfa.fit_table(found).attrs["columns"]}
        three = {"unit": "number", "digits": 3, "n": "n"}
        columns |= {
            "chi2_change": {"unit": "number", "digits": 1, "n": "n"},
            "p_change": {"unit": "p", "n": "n"},
            "cfi_change": three,
        }
        kept = [name for name in frame if name not in ("p", "tli", "srmr")]
        frame = frame[kept]
        frame.attrs["columns"] = {name: spec for name, spec in columns.items() if name in kept}
        return frame


def across(items: pd.DataFrame, structure: Structure, groups: pd.Series) -> Invariance:
    """Fit the three models over the groups of `groups` (n,), rows with every item; the groups are taken as independent samples.

    Two waves of the same persons are not: for them use `over_waves`. Refuses fewer than two groups and a group with no more rows than items.
    """
    labels = groups.reset_index(drop=True)
    frame = items.reset_index(drop=True)
    names = [str(label) for label in _labels(labels)]
    if len(names) < 2:
        raise EstimateError(
            Fault(say("meno di due gruppi", "fewer than two groups"), f"invariance.groups, {groups.name}")
        )
    wanted = [item for own in structure.values() for item in own]
    moments = [
        Moments.of(frame.loc[(labels.astype(object).astype(str) == name).to_numpy(), wanted])
        for name in names
    ]
    return Invariance({level: _fit(moments, structure, level) for level in LEVELS}, tuple(names))


def over_waves(first: pd.DataFrame, second: pd.DataFrame, structure: Structure) -> Invariance:
    """The three models for the same persons at two waves (n rows each, aligned): each factor at both, residuals of an item correlated across waves.

    Configural: loadings and intercepts free at each wave; metric: equal loadings; scalar: equal intercepts, the second wave's factor means free.
    """
    wanted = [item for own in structure.values() for item in own]
    both = pd.concat(
        [
            first[wanted].add_suffix("_1").reset_index(drop=True),
            second[wanted].add_suffix("_2").reset_index(drop=True),
        ],
        axis=1,
    )
    moments = Moments.of(both)
    waves = {
        f"{name}_{w}": [f"{item}_{w}" for item in own] for w in (1, 2) for name, own in structure.items()
    }
    return Invariance(
        {level: _longitudinal(moments, waves, len(structure), level) for level in LEVELS}, ("1", "2")
    )


def _fit(moments: list[Moments], structure: Structure, level: str) -> Fitted:
    layouts: list[Layout] = []
    count = 0
    for number, group in enumerate(moments):
        layout, count = cfa.plain_layout(group, structure, count)
        intercepts, means = np.arange(count, count + len(group.items)), layout.means
        count += len(group.items)
        first = layouts[0] if number else layout
        if number and level != "configural":
            layout = replace(layout, loadings=first.loadings)
        if number and level == "scalar":
            intercepts, means = first.intercepts, np.arange(count, count + len(structure))
            count += len(structure)
        layouts.append(replace(layout, intercepts=intercepts, means=means))
    layouts, count = _renumbered(layouts)
    return cfa.solve(moments, layouts, count, True, f"invariance, {level}")


def _longitudinal(moments: Moments, structure: Mapping[str, Any], m: int, level: str) -> Fitted:
    layout, count = cfa.plain_layout(moments, structure)
    p = len(moments.items)
    intercepts, means = np.arange(count, count + p), np.full(2 * m, -1)
    count += p
    loadings = layout.loadings.copy()
    if level != "configural":
        loadings[p // 2 :, m:] = loadings[: p // 2, :m]
    if level == "scalar":
        intercepts[p // 2 :] = intercepts[: p // 2]
        means[m:] = np.arange(count, count + m)
        count += m
    # Across waves the residuals of each item covary: a factor of its own, of loadings one, carries that covariance.
    paired = np.arange(count, count + p // 2)
    layouts, count = _renumbered(
        [_with_pairs(replace(layout, loadings=loadings, intercepts=intercepts, means=means), paired)]
    )
    return cfa.solve([moments], layouts, count, True, f"invariance, {level}")


def _with_pairs(layout: Layout, paired: np.ndarray) -> Layout:
    half, m = len(paired), layout.loadings.shape[1]
    own = np.vstack([np.eye(half), np.eye(half)])
    wide = np.full((m + half, m + half), -1)
    wide[:m, :m] = layout.covariances
    wide[np.arange(m, m + half), np.arange(m, m + half)] = paired
    return Layout(
        np.hstack([layout.loadings, np.full(own.shape, -1)]),
        wide,
        layout.residuals,
        layout.intercepts,
        np.concatenate([layout.means, np.full(half, -1)]),
        np.hstack([layout.fixed, own]),
    )


def _renumbered(layouts: list[Layout]) -> tuple[list[Layout], int]:
    """Parameters numbered without gaps."""
    fields = ("loadings", "covariances", "residuals", "intercepts", "means")
    used = np.unique(np.concatenate([getattr(layout, name).ravel() for layout in layouts for name in fields]))
    used = used[used >= 0]

    def number(where: np.ndarray) -> np.ndarray:
        return np.where(where >= 0, np.searchsorted(used, where), -1)

    return [
        replace(layout, **{name: number(getattr(layout, name)) for name in fields}) for layout in layouts
    ], len(used)


def _labels(groups: pd.Series) -> list[Any]:
    if isinstance(groups.dtype, pd.CategoricalDtype):
        return list(groups.cat.remove_unused_categories().cat.categories)
    return sorted(groups.dropna().unique())
