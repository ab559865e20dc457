"""The best possible matching of needs and assets, and the fairest: who should be served by what, and what one more unit of an asset would be worth.

A plan gives each need shares of assets; its value is Σ score × share: needs met in full, weighted by how well they are met. `best` maximises the value.
`fair` first makes the smallest mean share served among the target groups as large as it can be (Rawls's maximin), then, holding that,
maximises the value. Both are exact: the gap to the upper bound over all pairs is kept (programme.py). A plan is an arithmetic of two registers under
declared weights, not a forecast: nobody in it has agreed to anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from analysis.engagement import programme
from analysis.engagement.compatibility import TOTAL, Compatibility
from analysis.engagement.programme import Floor, Optimum

HELD = 1e-9  # by how much the fair floor is loosened, against rounding


class Served(Protocol):
    """What `by_group` sets side by side: a plan, or the matches that were made."""

    @property
    def served(self) -> np.ndarray: ...

    @property
    def value_by_need(self) -> np.ndarray: ...


@dataclass(frozen=True)
class Plan:
    """Matched pairs (row of the need, row of the asset, share of the need, each of shape (P,)), in the order of needs and assets.

    `unit_price` (M,): value that one more unit of an asset would add; `need_price` (N,): value that a further share of 1 of the need would add.
    `floor`: least mean share of the groups that a fair plan held, missing in the best. `gap`: certified distance from the optimum.
    """

    kind: str  # best, fair
    compat: Compatibility
    need: np.ndarray
    asset: np.ndarray
    share: np.ndarray
    unit_price: np.ndarray
    need_price: np.ndarray
    gap: float
    rounds: int
    floor: float = float("nan")
    unreachable: tuple[str, ...] = ()  # groups without a feasible pair, which no floor can count

    @property
    def quantity(self) -> np.ndarray:
        """Units of the asset that go to the need, shape (P,)."""
        return self.share * self.compat.quantity[self.need]

    @property
    def score(self) -> np.ndarray:
        return self.compat.score[self.need, self.asset]

    @property
    def value(self) -> float:
        """Needs met in full, weighted by compatibility."""
        return float(self.score @ self.share)

    @property
    def served(self) -> np.ndarray:
        """Share of each need that is served, shape (N,)."""
        return np.bincount(self.need, self.share, len(self.compat.needs))

    @property
    def value_by_need(self) -> np.ndarray:
        return np.bincount(self.need, self.score * self.share, len(self.compat.needs))

    @property
    def used(self) -> np.ndarray:
        """Units of each asset that the plan uses, shape (M,)."""
        return np.bincount(self.asset, self.quantity, len(self.compat.assets))

    def table(self) -> pd.DataFrame:
        """One row a matched pair: need, group, asset, owner, unit, quantity, share of the need, score, value, why."""
        needs, assets = self.compat.needs, self.compat.assets
        frame = pd.DataFrame(
            {
                "need": needs["need"].to_numpy()[self.need],
                "group": needs["group"].to_numpy()[self.need],
                "asset": assets["asset"].to_numpy()[self.asset],
                "owner": assets["actor"].to_numpy()[self.asset],
                "unit": needs["unit"].to_numpy()[self.need],
                "quantity": self.quantity,
                "share": self.share,
                "score": self.score,
                "value": self.score * self.share,
                "why": self.compat.reasons(self.need, self.asset),
                "pairs": np.ones(len(self.need), dtype=int),
            }
        )
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "owner": {"organisation": True, "single": True},
            "unit": {"labels": "measure"},
            "quantity": {"unit": "number", "digits": 1, "n": "pairs"},
            "share": {"unit": "share", "digits": 0, "n": "pairs"},
            "score": {"unit": "index", "digits": 2, "n": "pairs"},
            "value": {"unit": "number", "digits": 2, "n": "pairs"},
            "why": {"text": True},
            "pairs": {"counts": "things", "hidden": True},
        }
        return frame

    def marginal_table(self) -> pd.DataFrame:
        """One row an asset, the most valuable unit first: owner, category, unit, offered, used, left, value of one more unit, value of the whole at that price."""
        assets, used = self.compat.assets, self.used
        frame = pd.DataFrame(
            {
                "asset": assets["asset"].to_numpy(),
                "owner": assets["actor"].to_numpy(),
                "category": assets["category"].to_numpy(),
                "unit": assets["unit"].to_numpy(),
                "offered": self.compat.capacity,
                "used": used,
                "left": np.maximum(self.compat.capacity - used, 0.0),
                "marginal": self.unit_price,
                "worth": self.unit_price * self.compat.capacity,
                "assets": 1,
            }
        ).sort_values("worth", ascending=False, kind="stable", ignore_index=True)
        frame.attrs["columns"] = {
            "owner": {"organisation": True, "single": True},
            "category": {"labels": "category"},
            "unit": {"labels": "measure"},
            **{key: {"unit": "number", "digits": 1, "n": "assets"} for key in ("offered", "used", "left")},
            "marginal": {"unit": "number", "digits": 4, "n": "assets"},
            "worth": {"unit": "number", "digits": 2, "n": "assets"},
            "assets": {"counts": "things", "hidden": True},
        }
        return frame

    def demand_table(self) -> pd.DataFrame:
        """One row a need: group, category, unit, needed, share served, value of one more unit of its demand (0 where assets are what is scarce)."""
        needs, asked = self.compat.needs, self.compat.quantity
        frame = pd.DataFrame(
            {
                "need": needs["need"].to_numpy(),
                "group": needs["group"].to_numpy(),
                "category": needs["category"].to_numpy(),
                "unit": needs["unit"].to_numpy(),
                "needed": asked,
                "served": self.served,
                "marginal": np.divide(self.need_price, asked, out=np.zeros(len(asked)), where=asked > 0),
                "needs": 1,
            }
        )
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "category": {"labels": "category"},
            "unit": {"labels": "measure"},
            "needed": {"unit": "number", "digits": 1, "n": "needs"},
            "served": {"unit": "share", "digits": 0, "n": "needs"},
            "marginal": {"unit": "number", "digits": 4, "n": "needs"},
            "needs": {"counts": "things", "hidden": True},
        }
        return frame


def best(compat: Compatibility) -> Plan:
    """The plan of the highest value. Without a feasible pair it is empty and worth 0."""
    found = _solved(compat)
    return _plan("best", compat, found)


def fair(compat: Compatibility, groups: np.ndarray | pd.Series | None = None) -> Plan:
    """The plan that makes the smallest mean share served among `groups` (one a need; the target groups if none is given) as large as possible, and of
    those the one of the highest value. Groups without a feasible pair can have no share: they are named and not counted in the floor."""
    code, names = compat.groups if groups is None else _coded(groups)
    reach = np.bincount(code, compat.feasible.any(axis=1), len(names)) > 0
    if not reach.any():
        return _plan("fair", compat, _solved(compat), unreachable=tuple(names))
    rank = np.where(reach, np.cumsum(reach) - 1, -1)
    inside = rank[code]
    least = _smallest_share(compat, inside)
    held = _solved(compat, Floor(inside, max(least - HELD, 0.0)))
    left = tuple(name for name, found in zip(names, reach) if not found)
    return _plan("fair", compat, held, least, left)


def _smallest_share(compat: Compatibility, group: np.ndarray) -> float:
    """The largest value that the smallest mean share served of any group can take. Scores do not matter here: assets that suit the same needs count as one."""
    kinds, kind = np.unique(compat.feasible, axis=1, return_inverse=True)
    capacity = np.bincount(kind, compat.capacity, kinds.shape[1])
    found = programme.solve(np.ones(kinds.shape)[None], kinds[None], compat.quantity, capacity, Floor(group))
    return min(float(found.value[0]), 1.0)


def _coded(groups: np.ndarray | pd.Series) -> tuple[np.ndarray, list[str]]:
    code, names = pd.factorize(pd.Series(np.asarray(groups, dtype=object)).astype(str), sort=True)
    return code, list(names)


def _solved(compat: Compatibility, floor: Floor | None = None) -> Optimum:
    return programme.solve(compat.score[None], compat.feasible[None], compat.quantity, compat.capacity, floor)


def _plan(
    kind: str,
    compat: Compatibility,
    found: Optimum,
    floor: float = float("nan"),
    unreachable: tuple[str, ...] = (),
) -> Plan:
    return Plan(
        kind, compat, found.need, found.asset, found.share, found.unit_price[0], found.need_price[0], found.gap, found.rounds, floor, unreachable
    )  # fmt: skip


def by_group(compat: Compatibility, plans: Mapping[str, Served]) -> pd.DataFrame:
    """One row a target group (and one for all) and plan: needs, mean share served, value, mean value a need."""
    code, names = compat.groups
    needs = np.bincount(code, minlength=len(names))
    size = np.append(needs, needs.sum())
    rows = [
        pd.DataFrame(
            {
                "group": [*names, TOTAL],
                "plan": name,
                "needs": size,
                "served": _sums(code, plan.served, len(names)) / size,
                "value": _sums(code, plan.value_by_need, len(names)),
            }
        )
        for name, plan in plans.items()
    ]
    frame = pd.concat(rows, ignore_index=True)
    frame["mean_value"] = frame["value"] / frame["needs"]
    frame.attrs["columns"] = {
        "group": {"labels": "group"},
        "plan": {"labels": "plan"},
        "needs": {"counts": "things"},
        "served": {"unit": "share", "digits": 0, "n": "needs"},
        "value": {"unit": "number", "digits": 1, "n": "needs"},
        "mean_value": {"unit": "index", "digits": 2, "n": "needs"},
    }
    return frame


def _sums(code: np.ndarray, values: np.ndarray, groups: int) -> np.ndarray:
    sums = np.bincount(code, values, groups)
    return np.append(sums, sums.sum())
