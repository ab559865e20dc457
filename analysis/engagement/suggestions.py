"""What to put to each company: which of its assets, for which need, in which role, through which of its units; and which assets no need takes up.

What belongs here: lists for partners, drawn from the best plan. What does not: whom to approach first (portfolio.py).
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from analysis.engagement.matching import Plan
from analysis.engagement.portfolio import COMPANY
from analysis.engagement.rules import Rules
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, shown, where


def suggestions(plan: Plan, companies: Collection[str]) -> pd.DataFrame:
    """One row a matched pair whose asset belongs to one of the `companies`: company, asset, need, group, unit, quantity, share of the need, score, role, reasons.

    The role is the one that the asset's readiness fits (weights.toml); missing where the readiness is unknown.
    """
    compat = plan.compat
    owner = compat.assets["actor"].to_numpy()[plan.asset]
    mine = np.flatnonzero(pd.Series(owner).isin(companies).to_numpy())
    mine = mine[np.lexsort((-(plan.score * plan.share)[mine], owner[mine]))]
    need, asset = plan.need[mine], plan.asset[mine]
    frame = pd.DataFrame(
        {
            "company": owner[mine],
            "asset": compat.assets["asset"].to_numpy()[asset],
            "asset_category": compat.assets["category"].to_numpy()[asset],
            "need": compat.needs["need"].to_numpy()[need],
            "group": compat.needs["group"].to_numpy()[need],
            "category": compat.needs["category"].to_numpy()[need],
            "quantity": plan.quantity[mine],
            "unit": compat.needs["unit"].to_numpy()[need],
            "share": plan.share[mine],
            "score": plan.score[mine],
            "role": compat.assets["ready"].map(dict(compat.rules.roles)).to_numpy(dtype=object)[asset],
            "why": compat.reasons(need, asset),
            "pairs": 1,
        }
    )
    frame.attrs["columns"] = {
        "company": {"organisation": True, "single": True},
        "asset_category": {"labels": "category"},
        "group": {"labels": "group"},
        "category": {"labels": "category"},
        "unit": {"labels": "measure"},
        "quantity": {"unit": "number", "digits": 1, "n": "pairs"},
        "share": {"unit": "share", "digits": 0, "n": "pairs"},
        "score": {"unit": "index", "digits": 2, "n": "pairs"},
        "role": {"labels": "partner_role"},
        "why": {"text": True},
        "pairs": {"counts": "things", "hidden": True},
    }
    return frame


def units(
    suggested: pd.DataFrame, units: pd.DataFrame, participation: pd.DataFrame, rules: Rules
) -> pd.DataFrame:
    """One row a business unit of a company with suggestions, in the order in which to involve them: those never met at an event first, then by how many of
    the suggested matches' needs fall in a category with which their function can help.

    `suggested` as `suggestions` returns it; `units` (unit, actor, name, function), `participation` (event, unit). Refused: unknown functions; a column missing.
    """
    required("units", units, ("unit", "actor", "name", "function"))
    required("participation", participation, ("event", "unit"))
    strange = units["function"].notna() & ~units["function"].isin(list(rules.functions))
    if strange.any():
        raise EstimateError(
            Fault(shown(units["function"], strange), where("units", strange), ", ".join(rules.functions))
        )
    asked = suggested[["company", "category"]].rename(columns={"company": "actor"})
    able = pd.DataFrame(
        [(function, name) for function, names in rules.functions.items() for name in names],
        columns=["function", "category"],
    )
    own = units[units["actor"].isin(asked["actor"])].reset_index(drop=True)
    helps = own.merge(able, on="function").merge(asked, on=["actor", "category"]).groupby("unit").size()
    met = participation.drop_duplicates(["event", "unit"]).groupby("unit").size()
    frame = pd.DataFrame(
        {
            "company": own["actor"].to_numpy(),
            "unit_name": own["name"].to_numpy(),
            "function": own["function"].to_numpy(),
            "events": own["unit"].map(met).fillna(0).astype(int).to_numpy(),
            "helps": own["unit"].map(helps).fillna(0).astype(int).to_numpy(),
            "suggested": own["actor"].map(asked.groupby("actor").size()).to_numpy(dtype=int),
        }
    )
    frame["met"] = np.where(frame["events"] > 0, "yes", "no")
    frame = frame.sort_values(
        ["company", "met", "helps", "events"], ascending=[True, True, False, True], kind="stable", ignore_index=True
    )  # fmt: skip
    frame.attrs["columns"] = {
        "company": {"organisation": True, "single": True},
        "function": {"labels": "business_function"},
        "met": {"labels": "flag"},
        **{key: {"counts": "things"} for key in ("events", "helps", "suggested")},
    }
    return frame


def unused(plan: Plan) -> pd.DataFrame:
    """One row an asset of which the plan leaves something: owner, category, unit, offered, left, needs that it could serve, and why it is left:
    no_need (no feasible need), full (its feasible needs are met in full), elsewhere (others fit better or hold its share)."""
    compat = plan.compat
    left = compat.capacity - plan.used
    open_ = np.flatnonzero(left > 1e-6)
    reach = compat.feasible.sum(axis=0)
    full = plan.served >= 1 - 1e-7
    done = ~(compat.feasible & ~full[:, None]).any(axis=0)
    why = np.select([reach == 0, done], ["no_need", "full"], "elsewhere")
    order = open_[np.lexsort((compat.assets["asset"].to_numpy()[open_].astype(str), why[open_]))]
    assets = compat.assets.iloc[order]
    frame = pd.DataFrame(
        {
            "asset": assets["asset"].to_numpy(),
            "owner": assets["actor"].to_numpy(),
            "category": assets["category"].to_numpy(),
            "unit": assets["unit"].to_numpy(),
            "offered": compat.capacity[order],
            "left": left[order],
            "feasible_needs": reach[order],
            "left_why": why[order],
            "assets": 1,
        }
    )
    frame.attrs["columns"] = {
        "owner": {"organisation": True, "single": True},
        "category": {"labels": "category"},
        "unit": {"labels": "measure"},
        **{key: {"unit": "number", "digits": 1, "n": "assets"} for key in ("offered", "left")},
        "feasible_needs": {"counts": "things"},
        "left_why": {"labels": "left_why"},
        "assets": {"counts": "things", "hidden": True},
    }
    return frame


def companies(actors: pd.DataFrame) -> list[str]:
    """The actors that are companies. Refused: none."""
    found = actors.loc[actors["type"] == COMPANY, "actor"].tolist()
    if not found:
        raise EstimateError(Fault(say("nessuna impresa", "no company"), "actors", f"type = {COMPANY}"))
    return found
