"""The matches that were made, valued as a plan is, beside the best that the same needs and assets allowed.

A match counts when it was agreed or delivered. In the order of their dates matches take what is left of the need and then of the asset: what was
promised beyond either is not counted, and told. A match of a pair that the rules bar is worth nothing on this scale, whatever it did: the table
says which condition barred it, so that the rule can be questioned as much as the match. Complete counts: no interval.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.engagement.compatibility import TOTAL, Compatibility
from analysis.engagement.matching import Plan
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, shown, where

STATUSES = ("proposed", "agreed", "delivered", "failed")
HAPPENED = ("agreed", "delivered")
BROKERED = ("yes", "no")


@dataclass(frozen=True)
class Realised:
    """The matches (rows of the table as given): need and asset as row numbers, quantity promised, what of it both sides
    could hold (0 for matches that did not happen), and what of that counts (0 also for barred pairs), shapes (K,)."""

    compat: Compatibility
    matches: pd.DataFrame
    need: np.ndarray
    asset: np.ndarray
    promised: np.ndarray
    accepted: np.ndarray
    counted: np.ndarray
    over_need: np.ndarray
    over_asset: np.ndarray

    @property
    def happened(self) -> np.ndarray:
        return self.matches["status"].isin(HAPPENED).to_numpy()

    @property
    def share(self) -> np.ndarray:
        """Share of the need that each match served, shape (K,)."""
        asked = self.compat.quantity[self.need]
        return np.divide(self.counted, asked, out=np.zeros(len(asked)), where=asked > 0)

    @property
    def worth(self) -> np.ndarray:
        """Score × share of each match, shape (K,)."""
        return self.compat.score[self.need, self.asset] * self.share

    @property
    def value(self) -> float:
        return float(self.worth.sum())

    @property
    def served(self) -> np.ndarray:
        return np.bincount(self.need, self.share, len(self.compat.needs))

    @property
    def value_by_need(self) -> np.ndarray:
        return np.bincount(self.need, self.worth, len(self.compat.needs))

    def left(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Needs and assets with the quantities that the matches which happened leave open: what a next round starts from."""
        promised = np.where(self.happened, self.promised, 0.0)
        given = np.bincount(self.asset, promised, len(self.compat.assets))
        got = np.bincount(self.need, self.accepted, len(self.compat.needs))
        asked, offered = self.compat.quantity, self.compat.capacity
        return (
            self.compat.needs.assign(quantity=np.maximum(asked - got, 0.0)),
            self.compat.assets.assign(quantity=np.maximum(offered - given, 0.0)),
        )

    def table(self) -> pd.DataFrame:
        """One row a match: need, asset, owner, broker, status, quantity promised and counted, share of the need, score, value, what is to be noted."""
        assets = self.compat.assets
        frame = pd.DataFrame(
            {
                "match": self.matches["match"].to_numpy(),
                "need": self.matches["need"].to_numpy(),
                "asset": self.matches["asset"].to_numpy(),
                "owner": assets["actor"].to_numpy()[self.asset],
                "brokered": np.where(self.matches["broker"].notna(), *BROKERED),
                "status": self.matches["status"].to_numpy(),
                "promised": self.promised,
                "counted": self.counted,
                "share": self.share,
                "score": self.compat.score[self.need, self.asset],
                "value": self.worth,
                "note": self._notes(),
                "matches": 1,
            }
        )
        frame.attrs["columns"] = {
            "owner": {"organisation": True, "single": True},
            "brokered": {"labels": "brokered"},
            "status": {"labels": "match_status"},
            "note": {"text": True},
            **{key: {"unit": "number", "digits": 1, "n": "matches"} for key in ("promised", "counted")},
            "share": {"unit": "share", "digits": 0, "n": "matches"},
            "score": {"unit": "index", "digits": 2, "n": "matches"},
            "value": {"unit": "number", "digits": 2, "n": "matches"},
            "matches": {"counts": "things", "hidden": True},
        }
        return frame

    def _notes(self) -> list[dict[str, str]]:
        """In both languages: why the pair is barred, what was promised in excess; empty where there is nothing to note."""
        barred = ~self.compat.feasible[self.need, self.asset]
        why = pd.DataFrame(self.compat.reasons(self.need, self.asset), columns=["it", "en"])
        flags = {"over_need": self.over_need, "over_asset": self.over_asset}
        notes = {}
        for language in ("it", "en"):
            told = why[language].where(barred, "").astype(object)
            for name, mask in flags.items():
                text = self.compat.rules.phrases[name][language]
                told = told.where(~mask, np.where(told == "", text, told + "; " + text))
            notes[language] = told
        return pd.DataFrame(notes).to_dict("records")

    def by_status(self) -> pd.DataFrame:
        """One row a way (with a broker, without, all) and status: matches, of pairs that the rules bar, promised in excess; value of those that happened."""
        frame = pd.DataFrame(
            {
                "brokered": np.where(self.matches["broker"].notna(), *BROKERED),
                "status": self.matches["status"].to_numpy(),
                "matches": 1,
                "barred": (~self.compat.feasible[self.need, self.asset]).astype(int),
                "excess": (self.over_need | self.over_asset).astype(int),
                "value": self.worth,
            }
        )
        every = pd.concat([frame, frame.assign(brokered=TOTAL)])
        index = pd.MultiIndex.from_product([[*BROKERED, TOTAL], STATUSES], names=["brokered", "status"])
        table = every.groupby(["brokered", "status"]).sum().reindex(index, fill_value=0).reset_index()
        table.attrs["columns"] = {
            "brokered": {"labels": "brokered"},
            "status": {"labels": "match_status"},
            **{key: {"counts": "things"} for key in ("matches", "barred", "excess")},
            "value": {"unit": "number", "digits": 1, "n": "matches"},
        }
        return table

    def regret(self, best: Plan) -> pd.DataFrame:
        """One row: needs, matches that happened, value of the best plan, value realised, the difference, the share of the best that was realised."""
        frame = pd.DataFrame(
            {
                "needs": [len(self.compat.needs)],
                "matches": [int(self.happened.sum())],
                "value_best": [best.value],
                "value_realised": [self.value],
                "regret": [best.value - self.value],
                "realised_share": [self.value / best.value if best.value else np.nan],
            }
        )
        number = {"unit": "number", "digits": 1, "n": "needs"}
        frame.attrs["columns"] = {
            "needs": {"counts": "things"},
            "matches": {"counts": "things"},
            **dict.fromkeys(("value_best", "value_realised", "regret"), number),
            "realised_share": {"unit": "share", "digits": 0, "n": "needs"},
        }
        return frame


def realised(matches: pd.DataFrame, compat: Compatibility) -> Realised:
    """The matches (match, need, asset, broker, status, date, quantity) on the scale of `compat`; a missing quantity is the smaller of what the need asks
    and the asset offers, a missing date comes last.

    Refused, all faults at once with their rows: needs and assets that the tables lack, unknown statuses, negative quantities, a match given twice; a column missing.
    """
    required("matches", matches, ("match", "need", "asset", "status"))
    frame = matches.reindex(
        columns=["match", "need", "asset", "broker", "status", "date", "quantity"]
    ).reset_index(drop=True)
    need = pd.Index(compat.needs["need"]).get_indexer(frame["need"])
    asset = pd.Index(compat.assets["asset"]).get_indexer(frame["asset"])
    quantity = pd.to_numeric(frame["quantity"], errors="coerce").astype(float)
    checks = (
        (need < 0, "need", say("quelli di needs", "those of needs")),
        (asset < 0, "asset", say("quelli di assets", "those of assets")),
        (~frame["status"].isin(STATUSES), "status", ", ".join(STATUSES)),
        ((quantity < 0) | (quantity.isna() & frame["quantity"].notna()), "quantity", "≥ 0"),
        (frame["match"].duplicated(), "match", say("unico", "unique")),
    )
    faults = [
        Fault(shown(frame[name], mask), where("matches", mask), allowed)
        for mask, name, allowed in checks
        if np.asarray(mask).any()
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    whole = np.minimum(compat.quantity[need], compat.capacity[asset])
    promised = np.where(quantity.isna(), whole, quantity)
    kept = frame["status"].isin(HAPPENED).to_numpy()
    day = pd.to_datetime(frame["date"]).to_numpy()
    order = np.lexsort((frame["match"].astype(str).to_numpy(), day))
    taken = np.where(kept, promised, 0.0)
    within = _within(taken, need, compat.quantity, order)
    accepted = _within(within, asset, compat.capacity, order)
    counted = np.where(compat.feasible[need, asset], accepted, 0.0)
    over_asset = _within(taken, asset, compat.capacity, order) < taken - 1e-9
    return Realised(
        compat, frame, need, asset, promised, accepted, counted, within < taken - 1e-9, over_asset
    )


def _within(amount: np.ndarray, body: np.ndarray, limit: np.ndarray, order: np.ndarray) -> np.ndarray:
    """What of each amount fits within the limit of its body (a need or an asset), first come first served in `order`."""
    sorted_ = pd.Series(amount[order])
    before = sorted_.groupby(body[order]).cumsum().to_numpy() - sorted_.to_numpy()
    fits = np.clip(limit[body[order]] - before, 0.0, sorted_.to_numpy())
    found = np.empty(len(amount))
    found[order] = fits
    return found
