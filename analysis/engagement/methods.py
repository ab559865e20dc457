"""Weights, values and specifications of this room as tables for the methods appendix.

A row stands only for an analysis that was made; its figures come from the result itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.engagement.brokered import Realised
from analysis.engagement.compatibility import Compatibility
from analysis.engagement.matching import Plan
from analysis.engagement.pipeline import Pipeline
from analysis.engagement.portfolio import FEW, Portfolio
from analysis.engagement.rules import Rules
from analysis.engagement.sensitivity import Sensitivity

READ = {
    "needs": ("need", "group", "category", "quarter", "quantity", "unit", "from"),
    "assets": ("asset", "actor", "category", "quarter", "quantity", "unit", "available_from", "ready"),
    "matches": ("match", "need", "asset", "broker", "status", "date", "quantity"),
    "actors": ("actor", "type", "joined"),
    "units": ("unit", "actor", "name", "function"),
    "events": ("event", "date"),
    "participation": ("event", "actor", "unit"),
    "mediation": ("party_a", "party_b"),
}
"""Table → columns that this room reads."""


@dataclass(frozen=True)
class Specification:
    """One analysis: what was computed, from which register, in which unit, on how many; `parameter` what it was set to; how its variance was taken."""

    quantity: str
    register: str
    unit: str
    n: int
    parameter: float | None = None
    variance: str = "none_complete"
    draws: int | None = None
    seed: int | None = None
    gap: float | None = None


def of_compatibility(compat: Compatibility) -> list[Specification]:
    return [
        Specification("feasible_pairs", "needs, assets", "pair", compat.feasible.size, compat.rules.patience),
        Specification("needs_covered", "needs, assets", "need", len(compat.needs)),
    ]


def of_plan(plan: Plan) -> list[Specification]:
    """`parameter` of the fair plan: the least mean share served that it holds."""
    floor = None if plan.kind == "best" else plan.floor
    return [
        Specification(
            f"plan_{plan.kind}", "needs, assets", "pair", int(plan.compat.feasible.sum()), floor, gap=plan.gap
        )
    ]


def of_realised(made: Realised) -> list[Specification]:
    return [Specification("matches_realised", "matches", "match", int(made.happened.sum()))]


def of_sensitivity(found: Sensitivity) -> list[Specification]:
    return [
        Specification(
            "plan_sensitivity", "needs, assets", "pair", int(found.compat.feasible.sum()), found.concentration, "weights_drawn",
            len(found.weights), found.seed, found.gap,
        )
    ]  # fmt: skip


def of_portfolio(found: Portfolio) -> list[Specification]:
    """`parameter`: decided matches from which a company's own record counts."""
    decided, companies = int(found.decided.sum()), len(found.companies)
    draws, weights = len(found.per_contact), len(found.gains)
    return [
        Specification("commitment", "matches", "match", decided, FEW, "beta_binomial", draws, found.seed),
        Specification("gain", "needs, assets", "company", companies, found.concentration, "weights_drawn", weights, found.seed),
        Specification("per_contact", "participation, mediation", "company", companies, None, "beta_and_weights", draws, found.seed),
    ]  # fmt: skip


def of_pipeline(found: Pipeline) -> list[Specification]:
    return [
        Specification("pipeline", "actors, participation, assets, matches", "company", len(found.companies))
    ]


def table(specifications: list[Specification]) -> pd.DataFrame:
    """One row an analysis; `rule` says how it is computed, `n_organisations` or `n` on how many, `gap` the certified distance from the optimum."""
    bodies = [each.unit == "company" for each in specifications]
    frame = pd.DataFrame(
        {
            "quantity": [each.quantity for each in specifications],
            "counted_in": [each.register for each in specifications],
            "counted_unit": [each.unit for each in specifications],
            "rule": [each.quantity for each in specifications],
            "parameter": [each.parameter for each in specifications],
            "variance": [each.variance for each in specifications],
            "draws": [each.draws for each in specifications],
            "seed": [None if each.seed is None else str(each.seed) for each in specifications],
            "gap": [each.gap for each in specifications],
            "n_organisations": [each.n if body else None for each, body in zip(specifications, bodies)],
            "n": [None if body else each.n for each, body in zip(specifications, bodies)],
            "specifications": 1,
        }
    )
    numbers = ["parameter", "draws", "gap", "n_organisations", "n"]
    frame[numbers] = frame[numbers].astype(float)
    frame.attrs["columns"] = {
        "rule": {"labels": "matching_rule"},
        "parameter": {"unit": "number", "digits": 2, "n": "specifications"},
        "draws": {"counts": "things"},
        "gap": {"unit": "number", "digits": 9, "n": "specifications"},
        "n_organisations": {"counts": "organisations"},
        "n": {"counts": "things"},
        "specifications": {"counts": "things", "hidden": True},
    }
    return frame


def settings(rules: Rules) -> pd.DataFrame:
    """One row an assumption of weights.toml as used: kind, what it is, value, share of all weights (components only), reason. None is an estimate."""
    total = float(rules.weights.sum())
    frame = pd.DataFrame(
        {
            "setting_kind": [entry.kind for entry in rules.entries],
            "setting": [dict(entry.label) for entry in rules.entries],
            "setting_value": [entry.value for entry in rules.entries],
            "weight_share": [
                entry.value / total if entry.kind == "component" else None for entry in rules.entries
            ],
            "reason": [dict(entry.reason) for entry in rules.entries],
            "settings": 1,
        }
    )
    frame["weight_share"] = frame["weight_share"].astype(float)
    frame.attrs["columns"] = {
        "setting_kind": {"labels": "setting_kind"},
        "setting": {"text": True},
        "setting_value": {"unit": "number", "digits": 2, "n": "settings"},
        "weight_share": {"unit": "share", "digits": 1, "n": "settings"},
        "reason": {"text": True},
        "settings": {"counts": "things", "hidden": True},
    }
    return frame


def functions(rules: Rules) -> pd.DataFrame:
    """One row a business function and category with which a unit of this kind can help, as used."""
    frame = pd.DataFrame(
        [(function, name) for function, names in rules.functions.items() for name in names],
        columns=["function", "category"],
    )
    frame.attrs["columns"] = {
        "function": {"labels": "business_function"},
        "category": {"labels": "category"},
    }
    return frame
