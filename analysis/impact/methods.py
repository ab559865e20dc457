"""What the methods appendix tells of this room: which columns it reads, and each analysis that was made with its rule, error and settings.

A row stands only for an analysis that was made; its figures come from the result itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.impact.change import Paired
from analysis.impact.effect import Effect
from analysis.impact.monitoring import Monitoring
from analysis.impact.outcome_cost import OutcomeCost
from analysis.impact.placebo import Placebo
from analysis.impact.power import Detectable
from analysis.impact.sensitivity import Sensitivity
from analysis.impact.sroi_sensitivity import Sensitivity as Valuation
from analysis.impact.staggered import Staggered
from analysis.impact.weighting import Weighted

READ = {
    "logframe": ("result", "level", "parent", "assumption_it", "owner"),
    "indicators": ("indicator", "result", "unit", "direction", "baseline", "baseline_date", "target", "target_date", "dac", "source", "frequency"),
    "outcomes": ("indicator", "date", "value", "n"),
    "panel": ("unit", "cluster", "indicator", "semester", "adopted", "value", "n"),
    "caseload": ("service", "semester", "persons", "achieved", "hours"),
    "costs": ("cost", "date", "service", "category", "amount", "in_kind", "joint"),
    "outcome_values": ("outcome", "quantity", "proxy", "proxy_low", "proxy_high", "deadweight", "displacement", "attribution", "drop_off", "years", "source"),
    "people": ("person", "first_shift", "role", "hours"),
    "wages": ("role", "wage", "low", "high", "year", "source"),
    "claims": ("claim", "topic_it", "value", "unit", "source"),
    "call_rules": ("edition", "rule", "value_it", "source"),
}  # fmt: skip
"""Table → columns that this room reads."""
ERRORS = {"cluster": "between_clusters", "influence": "influence", "bootstrap": "bootstrap"}


@dataclass(frozen=True)
class Specification:
    """One analysis: what was computed, from which tables, in which unit, on how many; how its error was taken; what it was set to."""

    quantity: str
    tables: str
    unit: str
    n: int
    error: str = "none_complete"
    parameter: float | None = None
    draws: int | None = None
    seed: int | None = None
    clusters: int | None = None
    treated: int | None = None
    persons: bool = False


def of_monitoring(found: Monitoring) -> list[Specification]:
    """`parameter`: share of the progress expected from which an indicator is on course."""
    rows = len(found.progress.rows)
    tables = "logframe, indicators, outcomes"
    return [Specification("progress", tables, "indicator", rows, parameter=found.progress.rule.green)]


def of_paired(found: Paired) -> list[Specification]:
    error = "none_few" if found.se is None else "between_persons" if found.clusters is None else "between_clusters"  # fmt: skip
    return [Specification("paired_change", "survey", "person", found.n, error, clusters=found.clusters, persons=True)]  # fmt: skip


def of_weighted(found: Weighted) -> list[Specification]:
    return [_of_effect("weighted_change", "survey", "person", found.effect)]


def of_difference(found: Effect) -> list[Specification]:
    return [_of_effect("difference_in_differences", "survey", "person", found)]


def of_placebo(found: Placebo) -> list[Specification]:
    """`draws`: assignments computed; `parameter`: the least share attainable."""
    return [
        Specification(
            "placebo_ranking", "survey", "cluster", found.clusters, "ranking", found.minimum, found.assignments, found.seed, found.clusters, found.treated,
        )
    ]  # fmt: skip


def of_staggered(found: Staggered) -> list[Specification]:
    """The effects and, shown only to say why not, two-way fixed effects."""
    made = [("group_time_effects", found.overall("event")), ("two_way", found.two_way())]
    return [_of_effect(name, "panel", "unit", one) for name, one in made]


def of_sensitivity(found: Sensitivity) -> list[Specification]:
    """`parameter`: the breakdown value, missing where there is none."""
    known = found.breakdown is not None and found.breakdown != float("inf")
    value = found.breakdown if known else None
    return [
        Specification("parallel_trends", "panel", "unit", found.n, "bounds", value, persons=found.persons)
    ]


def of_detectable(found: Sequence[Detectable]) -> list[Specification]:
    """One row for all comparisons; `parameter`: the power asked for."""
    return [Specification("detectable", "survey, panel", "comparison", len(found), "assumed", found[0].power)] if found else []  # fmt: skip


def of_cost(found: OutcomeCost) -> list[Specification]:
    rows = int((found.rows["service"] != "total").sum())
    return [
        Specification("cost_per_outcome", "costs, caseload", "service", rows, "bootstrap", None, found.draws, found.seed)
    ]  # fmt: skip


def of_value(found: Valuation, rate: float) -> list[Specification]:
    """`parameter`: the discount rate."""
    ranged = len(found.assumptions.ranged)
    return [
        Specification("sroi", "outcome_values, costs, people, wages", "assumption", ranged, "assumptions_drawn", rate, len(found.drawn), found.seed)
    ]  # fmt: skip


def _of_effect(quantity: str, tables: str, unit: str, found: Effect) -> Specification:
    named = found.clusters.named
    error = "none_few" if found.se is None else ERRORS.get(found.errors, "between_persons")
    return Specification(
        quantity, tables, unit, found.n, error,
        clusters=found.clusters.total if named else None, treated=found.clusters.treated if named else None, persons=found.persons,
    )  # fmt: skip


def table(made: list[Specification]) -> pd.DataFrame:
    """One row an analysis; `counted_in` names its tables, `rule` says how it is computed, `n_persons` or `n` on how many, clusters and treated ones where units were treated together."""
    frame = pd.DataFrame(
        {
            "quantity": [each.quantity for each in made],
            "counted_in": [each.tables for each in made],
            "rule": [each.quantity for each in made],
            "error": [each.error for each in made],
            "parameter": [each.parameter for each in made],
            "draws": [each.draws for each in made],
            "seed": [None if each.seed is None else str(each.seed) for each in made],
            "clusters": [each.clusters for each in made],
            "treated_clusters": [each.treated for each in made],
            "n_persons": [each.n if each.persons else None for each in made],
            "n": [None if each.persons else each.n for each in made],
            "specifications": 1,
        }
    )
    numbers = ["parameter", "draws", "clusters", "treated_clusters", "n_persons", "n"]
    frame[numbers] = frame[numbers].astype(float)
    frame.attrs["columns"] = {
        "rule": {"labels": "impact_rule"},
        "parameter": {"unit": "number", "digits": 3, "n": "specifications"},
        **{name: {"counts": "things"} for name in ("draws", "clusters", "treated_clusters", "n")},
        "n_persons": {"counts": "persons"},
        "specifications": {"counts": "things", "hidden": True},
    }
    return frame
