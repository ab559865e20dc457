"""The settings and specifications of this room as tables for the methods appendix: territory, definition of the eligible, lines drawn, draws, models run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.scaling import eligible, montecarlo
from analysis.scaling.eligible import Eligible
from analysis.scaling.montecarlo import Draws
from analysis.scaling.scenario import Scenario
from analysis.scaling.scope import Scope


def territory(
    table: pd.DataFrame,
    chosen: Scope,
    found: Eligible,
    unmatched: int,
    source: Mapping[str, str] | None,
) -> pd.DataFrame:
    """One row: source of the population (missing where it is the study's own table), municipalities it holds, the area chosen, its municipalities, those
    without population, those on which the sources disagree, its residents."""
    frame = pd.DataFrame(
        {
            "population_source": [dict(source) if source else None],
            "sampling_kind": ["register"],
            "municipalities": [len(table)],
            "area": [chosen.area],
            "municipalities_area": [len(chosen.territory)],
            "without_population": [len(found.without_population)],
            "unmatched": [unmatched],
            "bands": [len(eligible.bands(table))],
            "residents": [found.residents],
        }
    )
    things = ("municipalities", "municipalities_area", "without_population", "unmatched", "bands")
    frame.attrs["columns"] = {
        "population_source": {"text": True},
        **{key: {"counts": "things"} for key in things},
        "residents": {"unit": "persons"},
    }
    return frame


def definition(cells: pd.DataFrame) -> pd.DataFrame:
    """One row a cell of the prevalence used: concept, sex, ages, numerator, denominator, share, place and year published for, standard error where there is one, reference."""
    errors = eligible.standard_errors(cells)
    frame = pd.DataFrame(
        {
            "concept": cells["concept"].astype(object),
            "sex": cells["sex"].astype(object),
            "ages": [
                f"{low:.0f}+" if pd.isna(high) or np.isinf(high) else f"{low:.0f}–{high:.0f}"
                for low, high in zip(cells["age_from"].astype(float), cells["age_to"].astype(float))
            ],
            **{
                name: [{"it": it, "en": en} for it, en in zip(cells[f"{name}_it"], cells[f"{name}_en"])]
                for name in ("numerator", "denominator")
            },
            "prevalence": cells["value"].astype(float),
            "standard_error": np.full(len(cells), np.nan) if errors is None else errors,
            "place": cells["place"].astype(object),
            "year": cells["year"].astype(float),
            "reference": cells["source"].astype(object),
        }
    )
    frame.attrs["columns"] = {
        "numerator": {"text": True},
        "denominator": {"text": True},
        "prevalence": {"unit": "share"},
        "standard_error": {"se_of": "prevalence"},
        "place": {"labels": "benchmark_place"},
        "year": {"unit": "year"},
    }
    return frame


def lines(plan: Scenario, target: float) -> pd.DataFrame:
    """One row a declared line, the target first: group, line, unit, distribution, low, mode, high, source or assumption.

    A target that a parameter of the notebook replaces has no basis.
    """
    rows = [("target", "target", "persons", "fixed", target, target, target, plan.target_basis if target == plan.target else None)]  # fmt: skip
    rows += [
        (each.group, each.key, each.unit, each.distribution, each.low, each.mode, each.high, each.basis)
        for each in plan.lines + plan.decision
    ]
    names = ["line_group", "line", "per", "distribution", "low", "mode", "high", "basis"]
    frame = pd.DataFrame(rows, columns=names)
    frame["basis"] = [dict(basis) if basis else None for basis in frame["basis"]]
    frame.attrs["columns"] = {
        **{key: {"unit": "number", "digits": 2} for key in ("low", "mode", "high")},
        "basis": {"text": True},
    }
    return frame


def draws(drawn: Draws) -> pd.DataFrame:
    """One row: draws, replicates and points of each, lines drawn, seed, percentiles of the bands, relative error of the eligible, largest change of the last doubling allowed."""
    replicates, points = drawn.factor.shape
    frame = pd.DataFrame(
        {
            "draws": [drawn.count],
            "replicates": [replicates],
            "points": [points],
            "lines_drawn": [len(drawn.values)],
            "seed": [str(drawn.seed)],
            "band_low": [montecarlo.BAND[0]],
            "band_high": [montecarlo.BAND[1]],
            "relative_error": [drawn.relative_error],
            "settled_below": [montecarlo.SETTLED],
        }
    )
    frame.attrs["columns"] = {
        **{key: {"counts": "things"} for key in ("draws", "replicates", "points", "lines_drawn")},
        **{key: {"unit": "share", "digits": 0} for key in ("band_low", "band_high")},
        "relative_error": {"unit": "share"},
        "settled_below": {"unit": "share_points", "digits": 1},
    }
    return frame


def runs(outcome: pd.DataFrame, target: float) -> pd.DataFrame:
    """One row a model run (`montecarlo.results`): area, form of cost, municipalities, eligible people, target."""
    frame = outcome[["area", "model", "municipalities", "eligible"]].reset_index(drop=True)
    frame["target"] = float(target)
    frame.attrs["columns"] = {
        "municipalities": {"counts": "things"},
        "eligible": {"unit": "persons"},
        "target": {"unit": "persons"},
    }
    return frame
