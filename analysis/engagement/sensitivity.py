"""How far the best plan depends on the declared weights: the plan again under weights drawn around them.

Weights come from a Dirichlet distribution with mean equal to the declared proportions; `concentration` says how close the draws stay to them (the share
of a component with proportion p varies with standard deviation √(p(1 − p)/(concentration + 1))). The draws are no estimate of anything: they ask what
would change if the weights were somewhat different. All draws are solved as one block-diagonal programme.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.engagement import programme
from analysis.engagement.compatibility import Compatibility, compatibility
from analysis.engagement.matching import best
from analysis.engagement.rules import Rules
from analysis.errors import EstimateError, Fault, say

DRAWS = 200
CONCENTRATION = 50.0
LEVEL = 0.95


@dataclass(frozen=True)
class Sensitivity:
    """`weights` drawn (D, 5), `value` of the plan in each draw (D,), `chosen` share of draws in which a pair is in the plan and `mean` share of the need
    it serves over the draws, shapes (N, M)."""

    compat: Compatibility
    weights: np.ndarray
    value: np.ndarray
    chosen: np.ndarray
    mean: np.ndarray
    loss: (
        np.ndarray
    )  # value that the plan of the declared weights forgoes under the weights of each draw, shape (D,)
    concentration: float
    seed: int
    gap: float

    @property
    def interval(self) -> tuple[float, float]:
        """Middle 95 % of the value over the draws."""
        low, high = np.quantile(self.value, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return float(low), float(high)

    def table(self) -> pd.DataFrame:
        """One row a pair chosen in at least one draw, the surest first: need, asset, owner, score, share of draws in which it is chosen, mean share served."""
        i, j = np.nonzero(self.chosen > 0)
        order = np.lexsort((j, i, -self.mean[i, j], -self.chosen[i, j]))
        i, j = i[order], j[order]
        draws = len(self.weights)
        frame = pd.DataFrame(
            {
                "need": self.compat.needs["need"].to_numpy()[i],
                "group": self.compat.needs["group"].to_numpy()[i],
                "asset": self.compat.assets["asset"].to_numpy()[j],
                "owner": self.compat.assets["actor"].to_numpy()[j],
                "score": self.compat.score[i, j],
                "chosen": self.chosen[i, j],
                "mean_share": self.mean[i, j],
                "draws": draws,
                "draws_chosen": np.rint(self.chosen[i, j] * draws).astype(int),
            }
        )
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "owner": {"organisation": True, "single": True},
            "score": {"unit": "index", "digits": 2, "n": "draws"},
            "chosen": {"unit": "share", "digits": 0, "n": "draws", "cases": "draws_chosen"},
            "mean_share": {"unit": "share", "digits": 0, "n": "draws"},
            "draws": {"counts": "things", "hidden": True},
            "draws_chosen": {"counts": "things", "hidden": True},
        }
        return frame

    def value_table(self) -> pd.DataFrame:
        """One row: draws, median value and its middle 95 %, median loss of who keeps the plan of the declared weights and its middle 95 %, pairs chosen in all draws, in some."""
        low, high = self.interval
        frame = pd.DataFrame(
            {
                "draws": [len(self.value)],
                "value": [float(np.median(self.value))],
                "low": [low],
                "high": [high],
                "loss": [float(np.median(self.loss))],
                "loss_low": [float(np.quantile(self.loss, (1 - LEVEL) / 2))],
                "loss_high": [float(np.quantile(self.loss, (1 + LEVEL) / 2))],
                "pairs_always": [int((self.chosen == 1).sum())],
                "pairs_sometimes": [int(((self.chosen > 0) & (self.chosen < 1)).sum())],
            }
        )
        frame.attrs["columns"] = {
            **{key: {"counts": "things"} for key in ("draws", "pairs_always", "pairs_sometimes")},
            "value": {"unit": "number", "digits": 1, "n": "draws"},
            "low": {"low_of": "value"},
            "high": {"high_of": "value"},
            "loss": {"unit": "number", "digits": 2, "n": "draws"},
            "loss_low": {"low_of": "loss"},
            "loss_high": {"high_of": "loss"},
        }
        return frame


def drawn(rules: Rules, draws: int, concentration: float, seed: int) -> np.ndarray:
    """Weights around the declared proportions, shape (D, 5). Refused: fewer than two draws, a concentration that is not positive."""
    faults = [
        Fault(f"{name} = {given}", say("pesi estratti", "drawn weights"), allowed)
        for name, given, wrong, allowed in (
            ("draws", draws, draws < 2, "≥ 2"),
            ("concentration", concentration, not concentration > 0, "> 0"),
        )
        if wrong
    ]
    if faults:
        raise EstimateError(faults)
    return np.random.default_rng(seed).dirichlet(concentration * rules.proportions, draws)


def sensitivity(
    needs: pd.DataFrame,
    assets: pd.DataFrame,
    rules: Rules,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
    seed: int = 1,
) -> Sensitivity:
    """The best plan under `draws` sets of weights. Refused: what `compatibility` and `drawn` refuse; more draws than fit in memory."""
    compat = compatibility(needs, assets, rules)
    weights = drawn(rules, draws, concentration, seed)
    shape = (draws, *compat.feasible.shape)
    score = np.tensordot(weights, compat.parts, axes=1)
    found = programme.solve(score, np.broadcast_to(compat.feasible, shape), compat.quantity, compat.capacity)
    declared = best(compat)
    held = weights @ compat.parts[:, declared.need, declared.asset] @ declared.share
    pair = found.need * shape[2] + found.asset
    chosen, total = (np.bincount(pair, weight, shape[1] * shape[2]) for weight in (None, found.share))
    return Sensitivity(
        compat, weights, found.value, chosen.reshape(shape[1:]) / draws, total.reshape(shape[1:]) / draws, np.maximum(found.value - held, 0.0), concentration, seed, found.gap
    )  # fmt: skip
