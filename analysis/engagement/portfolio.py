"""Whom to approach next: what each company could add, how likely a proposal is to become a commitment, and what a contact would yield.

Gain of a company: value of the best plan less value of the best plan without its assets, the worth of its leaving (all companies, and all draws of the weights,
in one block-diagonal programme; each block holds only the needs and assets that the company's assets can reach, through shared needs). Probability that a
proposed match becomes a commitment (agreed or delivered): beta-binomial with Jeffreys's prior from the matches that were decided; those still open say
nothing yet. A company with fewer than FEW decided matches takes the figures of all companies together, and the table says so. Contacts
are acts of mediation in which the company was a party and events that it attended. Expected needs met per contact = gain × probability / (contacts per
proposed match × matches suggested). The interval crosses draws of the probability with draws of the weights; contacts per proposal and what is in the registers are
taken as they are. It is a ranking for a conversation, not a forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.engagement import programme
from analysis.engagement.brokered import HAPPENED, STATUSES
from analysis.engagement.compatibility import Compatibility
from analysis.engagement.matching import Plan
from analysis.engagement.sensitivity import CONCENTRATION, LEVEL, drawn
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, shown, where

COMPANY = "profit"
FEW = 5  # decided matches below which a company's own record is too short
DRAWS = 4_000
WEIGHT_DRAWS = 50
FIRST = 5


@dataclass(frozen=True)
class Portfolio:
    """One entry a company, shape (C,), in the order of the table of actors.

    `gain` under the declared weights; `needs_met` full needs that its assets serve in the best plan; `suggested` matches in that plan; `commitments`,
    `decided`, `proposed` of its past matches and `contacts`; `own`: whether its own record gives the probability; `a`, `b` of its Beta distribution;
    `rate` contacts per proposed match; `per_contact` draws of expected needs met per contact, shape (R, C); `gains` under drawn weights, shape (D, C).
    """

    companies: tuple[str, ...]
    assets: np.ndarray
    gain: np.ndarray
    gains: np.ndarray
    needs_met: np.ndarray
    suggested: np.ndarray
    commitments: np.ndarray
    decided: np.ndarray
    proposed: np.ndarray
    contacts: np.ndarray
    own: np.ndarray
    a: np.ndarray
    b: np.ndarray
    rate: np.ndarray
    per_contact: np.ndarray
    concentration: float
    seed: int

    @property
    def probability(self) -> np.ndarray:
        """Mean of the Beta distribution: (commitments + ½) / (decided + 1)."""
        return self.a / (self.a + self.b)

    @property
    def pooled(self) -> tuple[float, float, float]:
        """Probability of a commitment over all companies together, and its 95 % interval (equal tails of the Beta distribution)."""
        won, lost = self.commitments.sum() + 0.5, (self.decided - self.commitments).sum() + 0.5
        low, high = _beta(np.array([won]), np.array([lost]), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])[:, 0]
        return float(won / (won + lost)), float(low), float(high)

    def first(self, k: int = FIRST) -> np.ndarray:
        """Share of draws in which the company is among the first `k` by needs met per contact, shape (C,); one that adds nothing never is."""
        drawn_ = np.nan_to_num(self.per_contact)
        order = np.argsort(-drawn_, axis=1, kind="stable")[:, :k]
        inside = np.zeros(drawn_.shape, dtype=bool)
        np.put_along_axis(inside, order, True, axis=1)
        return (inside & (drawn_ > 0)).mean(axis=0)

    def table(self, k: int = FIRST) -> pd.DataFrame:
        """One row a company, the most promising first: assets, gain with its interval under drawn weights (widened where it misses the declared ones), full needs met, matches suggested, decided matches,
        probability of commitment with its interval and the record it rests on, contacts per commitment, needs met per hundred contacts with its interval, share of draws among the first `k`."""
        ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
        gain_low, gain_high = np.quantile(self.gains, ends, axis=0)
        low, high = np.quantile(self.per_contact, ends, axis=0)
        p_low, p_high = _beta(self.a, self.b, ends)
        draws = len(self.per_contact)
        share = self.first(k)
        frame = pd.DataFrame(
            {
                "company": self.companies,
                "assets": self.assets,
                "suggested": self.suggested,
                "gain": self.gain,
                "gain_low": np.minimum(gain_low, self.gain),
                "gain_high": np.maximum(gain_high, self.gain),
                "needs_met": self.needs_met,
                "decided": self.decided,
                "basis": np.where(self.own, "own", "pooled"),
                "probability": self.probability,
                "probability_low": p_low,
                "probability_high": p_high,
                "contacts": self.contacts,
                "contacts_per_commitment": self.rate / self.probability,
                "per_hundred": 100 * self.per_contact.mean(axis=0),
                "per_hundred_low": 100 * low,
                "per_hundred_high": 100 * high,
                "first": share,
                "draws": draws,
                "draws_first": np.rint(share * draws).astype(int),
            }
        )
        frame = frame.sort_values(["per_hundred", "gain"], ascending=False, kind="stable", ignore_index=True)
        things = {"counts": "things"}
        frame.attrs["columns"] = {
            "company": {"organisation": True, "single": True},
            **dict.fromkeys(("assets", "suggested", "decided", "contacts"), things),
            "gain": {"unit": "number", "digits": 2, "n": "draws", "band": True},
            "gain_low": {"low_of": "gain"},
            "gain_high": {"high_of": "gain"},
            "needs_met": {"unit": "number", "digits": 2, "n": "draws"},
            "basis": {"labels": "basis"},
            "probability": {"unit": "share", "digits": 0, "n": "draws"},
            "probability_low": {"low_of": "probability"},
            "probability_high": {"high_of": "probability"},
            "contacts_per_commitment": {"unit": "number", "digits": 1, "n": "draws"},
            "per_hundred": {"unit": "number", "digits": 2, "n": "draws", "band": True},
            "per_hundred_low": {"low_of": "per_hundred"},
            "per_hundred_high": {"high_of": "per_hundred"},
            "first": {"unit": "share", "digits": 0, "n": "draws", "cases": "draws_first"},
            "draws": {"counts": "things", "hidden": True},
            "draws_first": {"counts": "things", "hidden": True},
        }
        return frame

    def brief(self, k: int = FIRST) -> pd.DataFrame:
        """`table` as a page can hold it: company, matches suggested, gain, probability, needs met per hundred contacts, share of draws among the first `k`."""
        whole = self.table(k)
        kept = [
            "company", "suggested", "gain", "gain_low", "gain_high", "probability", "probability_low", "probability_high",
            "per_hundred", "per_hundred_low", "per_hundred_high", "first", "draws", "draws_first",
        ]  # fmt: skip
        frame = whole.loc[whole["suggested"] > 0, kept].reset_index(drop=True)
        frame.attrs["columns"] = {name: spec for name, spec in whole.attrs["columns"].items() if name in kept}
        return frame


def portfolio(
    plan: Plan,
    actors: pd.DataFrame,
    matches: pd.DataFrame,
    events_attended: pd.DataFrame,
    mediation: pd.DataFrame,
    draws: int = DRAWS,
    weight_draws: int = WEIGHT_DRAWS,
    concentration: float = CONCENTRATION,
    seed: int = 1,
) -> Portfolio:
    """Gain, probability of commitment and yield per contact of every company, from the best plan and the records of the past.

    `actors` (actor, type), `matches` (asset, status), `events_attended` (event, actor), `mediation` (party_a, party_b); all but `actors` may have no rows.
    Refused, all faults at once: no company among the actors, matches of unknown assets or status; a column missing.
    """
    for name, table, columns in (
        ("actors", actors, ("actor", "type")),
        ("matches", matches, ("asset", "status")),
        ("participation", events_attended, ("event", "actor")),
        ("mediation", mediation, ("party_a", "party_b")),
    ):
        required(name, table, columns)
    compat = plan.compat
    known = matches["asset"].isin(compat.assets["asset"])
    faults = [
        Fault(shown(matches[name], mask), where("matches", mask), allowed)
        for mask, name, allowed in (
            (~known, "asset", say("quelli di assets", "those of assets")),
            (~matches["status"].isin(STATUSES), "status", ", ".join(STATUSES)),
        )
        if mask.any()
    ]  # fmt: skip
    companies = pd.Index(actors.loc[actors["type"] == COMPANY, "actor"]).unique()
    if not len(companies):
        faults.append(Fault(say("nessuna impresa", "no company"), "actors", f"type = {COMPANY}"))
    if faults:
        raise EstimateError(faults)
    owner = companies.get_indexer(compat.assets["actor"])
    weights = np.vstack([compat.rules.proportions, drawn(compat.rules, weight_draws, concentration, seed)])
    every = gains(compat, owner, len(companies), weights)
    party = owner[plan.asset]
    suggested = _count(party, len(companies))
    needs_met = np.bincount(party[party >= 0], plan.share[party >= 0], len(companies))
    by = owner[pd.Index(compat.assets["asset"]).get_indexer(matches["asset"])]
    status = matches["status"]
    won = _count(by[status.isin(HAPPENED).to_numpy()], len(companies))
    decided = _count(by[(status != "proposed").to_numpy()], len(companies))
    proposed = _count(by, len(companies))
    met = events_attended.drop_duplicates(["event", "actor"])["actor"]
    contacts = _count(companies.get_indexer(pd.concat([met, mediation["party_a"], mediation["party_b"]])), len(companies))  # fmt: skip
    own = decided >= FEW
    a = np.where(own, won, won.sum()) + 0.5
    b = np.where(own, decided - won, (decided - won).sum()) + 0.5
    long = own & (contacts > 0)
    every_rate = contacts.sum() / proposed.sum() if proposed.sum() and contacts.sum() else np.nan
    rate = np.where(long, contacts / np.maximum(proposed, 1), every_rate)
    rng = np.random.default_rng([seed, 1])
    chance = rng.beta(a, b, (draws, len(companies)))
    chance = np.where(own, chance, rng.beta(won.sum() + 0.5, (decided - won).sum() + 0.5, (draws, 1)))
    spread = every[1 + np.arange(draws) % weight_draws]
    return Portfolio(
        tuple(companies), _count(owner, len(companies)), every[0], every[1:], needs_met, suggested, won, decided, proposed, contacts, own, a, b, rate,
        chance * spread / (rate * np.maximum(suggested, 1)), concentration, seed,
    )  # fmt: skip


def gains(compat: Compatibility, owner: np.ndarray, companies: int, weights: np.ndarray) -> np.ndarray:
    """Value of the best plan less its value without the assets of each company, shape (W, C), under each row of `weights`, shape (W, 5).

    `owner`: company of each asset, −1 for those of others, shape (M,). Only what hangs together with a company's assets can change when they go, so its block
    holds no other need or asset.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    needs, assets = compat.feasible.shape
    links = sparse.bmat(
        [[None, sparse.csr_array(compat.feasible)], [sparse.csr_array(compat.feasible.T), None]]
    )
    _, part = connected_components(links, directed=False)
    there = np.flatnonzero(np.bincount(owner[owner >= 0], minlength=companies))
    held = np.zeros((companies, part.max() + 1), dtype=bool)
    held[owner[owner >= 0], part[needs:][owner >= 0]] = True
    mine = owner == there[:, None]
    blocks = held[there][:, part[:needs], None] & compat.feasible & ~mine[:, None, :]
    blocks = np.concatenate([compat.feasible[None], blocks])
    score = np.tensordot(weights, compat.parts, axes=1)
    shape = (len(weights), len(blocks), needs, assets)
    found = programme.solve(
        np.broadcast_to(score[:, None], shape).reshape(-1, needs, assets),
        np.broadcast_to(blocks, shape).reshape(-1, needs, assets),
        compat.quantity,
        compat.capacity,
    )
    whole = found.block % len(blocks) == 0
    row = found.block[whole] // len(blocks)
    earned = score[row, found.need[whole], found.asset[whole]] * found.share[whole]
    cell = row * (part.max() + 1) + part[found.need[whole]]
    by_part = np.bincount(cell, earned, len(weights) * (part.max() + 1)).reshape(len(weights), -1)
    without = found.value.reshape(len(weights), -1)[:, 1:]
    gain = np.zeros((len(weights), companies))
    gain[:, there] = np.maximum(by_part @ held[there].T - without, 0.0)
    gain[gain < 1e-9] = 0.0
    return gain


def _count(code: np.ndarray, size: int) -> np.ndarray:
    return np.bincount(code[code >= 0], minlength=size)


def _beta(a: np.ndarray, b: np.ndarray, ends: list[float]) -> np.ndarray:
    from scipy.special import betaincinv

    return betaincinv(a, b, np.array(ends)[:, None])
