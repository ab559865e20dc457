"""Proposals to funders: where each stands, and how likely one that reached a stage is to be won, by kind of funder, from those that have ended.

Beta-binomial with partial pooling (Gelman, Carlin, Stern, Dunson, Vehtari and Rubin, Bayesian Data Analysis, ch. 5): for each stage the prior of every kind is
Beta(k·p, k·(1 − p)), where p is the share won among all kinds together and k, declared, says as how many ended proposals the prior counts. A kind with
few ended proposals falls back on p. A proposal that reached a stage counts in every stage before it, recorded or not. Open proposals tell nothing here:
where wins take longer than refusals, the probabilities are too low (ageing.py takes the open ones into account).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.registers import filled, numbers, refuse
from analysis.rows import shown, until

STAGES = ("prospect", "contacted", "submitted", "negotiation")
ENDS = ("won", "lost")
WON, LOST = ENDS
CURRENCY = "EUR"
STRENGTH = 4.0


@dataclass(frozen=True)
class Histories:
    """One row a proposal in `rows`: proposal, funder, kind, stage (last), since (its date), days (in that stage up to `end`), asked (last amount asked, euro),
    granted (amount at its win), reached (place in STAGES of the furthest), ended (date, missing where open), won. `entered`: dates of STAGES, shape (N, 4)."""

    rows: pd.DataFrame
    entered: np.ndarray
    end: pd.Timestamp

    @property
    def open(self) -> np.ndarray:
        """Mask of the proposals that have not ended, shape (N,)."""
        return self.rows["ended"].isna().to_numpy()

    def table(self) -> pd.DataFrame:
        """One row a proposal: proposal, funder, funder_kind, stage, asked (euro), days in that stage up to its end or that of the record."""
        frame = self.rows[["proposal", "funder", "kind", "stage", "asked", "days"]]
        frame = frame.rename(columns={"kind": "funder_kind", "days": "days_in_stage"}).assign(proposals=1)
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "asked": {"unit": "euro", "n": "proposals"},
            "days_in_stage": {"unit": "number", "digits": 0, "n": "proposals"},
            "proposals": {"counts": "things", "hidden": True},
        }
        return frame

    def standing(self) -> pd.DataFrame:
        """One row a kind of funder and stage: proposals that stand there and their sum asked (euro). A complete count."""
        grouped = self.rows.groupby(["kind", "stage"], sort=False)["asked"].agg(["size", "sum"])
        order = {name: k for k, name in enumerate((*STAGES, *ENDS))}
        frame = grouped.reset_index().set_axis(["funder_kind", "stage", "proposals", "asked"], axis=1)
        frame = frame.sort_values(
            ["funder_kind", "stage"], key=lambda c: c.map(order) if c.name == "stage" else c
        )
        frame = frame.reset_index(drop=True)
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "proposals": {"counts": "things"},
            "asked": {"unit": "euro", "n": "proposals"},
        }
        return frame


def foreign(table: pd.DataFrame) -> pd.Series:
    """Mask of the rows in another currency than the euro; a missing currency is the euro, as in the contract."""
    given = table.get("currency", pd.Series(index=table.index, dtype=object))
    return given.astype(object).where(given.notna(), CURRENCY).ne(CURRENCY)


def histories(proposals: pd.DataFrame, end: dt.date) -> Histories:
    """The history of each proposal up to `end`, from its dated stage changes (proposal, funder, funder_kind, stage, date, amount, currency).

    Refused, all at once with their rows: columns or cells missing, an unknown stage, a date after `end`, a stage twice, dates against the order of the stages,
    two funders or kinds of one proposal, another currency, an amount that is not above 0, a stage after the end, won and lost both, an end without a stage before.
    """
    filled("proposals", proposals, ("proposal", "funder", "funder_kind", "stage", "date", "amount"))
    table = proposals.reset_index(drop=True)
    _refuse(table, pd.Timestamp(end))
    rank = _rank(table).astype(int)
    table = table.assign(rank=rank, amount=numbers(table, "amount")).sort_values(
        ["proposal", "rank"], kind="stable"
    )
    last = table.groupby("proposal", sort=True).last()
    asked = table[table["rank"] < len(STAGES)].groupby("proposal", sort=True)[["amount", "rank"]].last()
    over = last["stage"].isin(ENDS)
    won = last["stage"] == WON
    ended = last["date"].where(over)
    rows = pd.DataFrame(
        {
            "funder": last["funder"],
            "kind": last["funder_kind"].astype(object),
            "stage": last["stage"].astype(object),
            "since": last["date"],
            "days": (pd.Timestamp(end) - last["date"]).dt.days.where(~over, 0),
            "asked": asked["amount"].astype(float),
            "granted": last["amount"].astype(float).where(won),
            "reached": asked["rank"].astype(int),
            "ended": ended,
            "won": won,
        }
    ).reset_index()
    dates = table.pivot(index="proposal", columns="stage", values="date").reindex(columns=list(STAGES))
    entered = np.stack([dates[name].to_numpy(dtype="datetime64[ns]") for name in STAGES], axis=1)
    return Histories(rows, entered, pd.Timestamp(end))


def _rank(table: pd.DataFrame) -> pd.Series:
    """Place of each row's stage in STAGES and ENDS, missing where it is unknown."""
    order = {name: k for k, name in enumerate((*STAGES, *ENDS))}
    return pd.to_numeric(table["stage"].map(order), errors="coerce").astype(float)


def _refuse(table: pd.DataFrame, end: pd.Timestamp) -> None:
    rank = _rank(table)
    over = table["stage"].isin(ENDS)
    by = table["proposal"]
    closed = table["date"].where(over).groupby(by).transform("min")
    opened = (rank < len(STAGES)).groupby(by).transform("any")
    ordered = table.assign(rank=rank).sort_values("rank", kind="stable")
    latest = ordered.groupby("proposal")["date"].cummax().reindex(table.index)
    amount = numbers(table, "amount")
    later = ~over & (table["date"] > closed)
    checks = [
        (table[["proposal", "funder", "funder_kind"]].isna().any(axis=1), say("proposta, finanziatore o tipo mancante", "proposal, funder or kind missing"), ""),
        (rank.isna(), say("stadio sconosciuto", "unknown stage"), ", ".join((*STAGES, *ENDS))),
        (table["date"].isna(), say("manca la data", "the date is missing"), ""),
        (table["date"] > end, say("data dopo la fine del registro", "a date after the end of the record"), until(end)),
        (table.duplicated(["proposal", "stage"]) & by.notna(), say("stadio ripetuto", "a stage recorded twice"), ""),
        (~over & ~later & (table["date"] < latest), say("data anteriore a quella di uno stadio precedente", "a date before that of an earlier stage"), ", ".join(STAGES)),
        (later, say("la proposta si era già chiusa", "the proposal had ended before"), say("niente dopo «ottenuta» o «persa»", "nothing after won or lost")),
        (over & (over.groupby(by).transform("sum") > 1) & ~table.duplicated(["proposal", "stage"], keep=False), say("ottenuta e persa insieme", "won and lost both"), ""),
        (over & ~opened, say("chiusa senza alcuno stadio prima", "ended without any stage before"), ", ".join(STAGES)),
        (table["funder"].groupby(by).transform("nunique") > 1, say("due finanziatori per una proposta", "two funders of one proposal"), ""),
        (table["funder_kind"].groupby(by).transform("nunique") > 1, say("due tipi di finanziatore per una proposta", "two kinds of funder of one proposal"), ""),
        (foreign(table), say("altra valuta", "another currency"), CURRENCY),
        (~(amount > 0), say("importo mancante o non positivo", "amount missing or not above 0"), "> 0"),
    ]  # fmt: skip
    refuse("proposals", checks)


@dataclass(frozen=True)
class Chances:
    """Probability of being won from each stage: `won` and `decided` of ended proposals by kind and stage, (K, S); `prior` mean by stage, (S,); `prior_stage`: place of
    the stage it comes from; `strength`: the ended proposals that the prior counts as; `declared`: whether its mean was given rather than learned."""

    kinds: tuple[str, ...]
    won: np.ndarray
    decided: np.ndarray
    prior: np.ndarray
    prior_stage: np.ndarray
    strength: float
    declared: bool = False

    @property
    def shapes(self) -> tuple[np.ndarray, np.ndarray]:
        """The two parameters of the posterior Beta by kind and stage, (K, S) each."""
        alpha = self.strength * self.prior + self.won
        return alpha, self.strength * (1 - self.prior) + self.decided - self.won

    @property
    def mean(self) -> np.ndarray:
        """Posterior mean by kind and stage, (K, S)."""
        alpha, beta = self.shapes
        return alpha / (alpha + beta)

    def place(self, kinds: Sequence[str], stages: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Row and column of each pair (kind, stage). Refused: a kind or a stage that is not here."""
        row, column = pd.Index(self.kinds).get_indexer(kinds), pd.Index(STAGES).get_indexer(stages)
        faults = [
            Fault(shown(pd.Series(list(names), name=label), at < 0), say("probabilità", "probabilities"), ", ".join(known))
            for names, at, label, known in ((kinds, row, "funder_kind", self.kinds), (stages, column, "stage", STAGES))
            if (at < 0).any()
        ]  # fmt: skip
        if faults:
            raise EstimateError(faults)
        return row, column

    def table(self, level: float = intervals.LEVEL) -> pd.DataFrame:
        """One row a kind of funder and stage: decided, won, share_won, probability (posterior mean) with its interval, own_weight (share of it that is the
        kind's own record), prior, prior_stage (stage whose share won of all kinds is the prior's mean)."""
        from scipy import stats

        alpha, beta = self.shapes
        tails = ((1 - level) / 2, (1 + level) / 2)
        width = len(STAGES)
        frame = pd.DataFrame(
            {
                "funder_kind": np.repeat(np.array(self.kinds, dtype=object), width),
                "stage": np.tile(np.array(STAGES, dtype=object), len(self.kinds)),
                "decided": self.decided.ravel(),
                "won": self.won.ravel(),
                "share_won": intervals.share(self.won, self.decided).ravel(),
                "probability": self.mean.ravel(),
                "low": stats.beta.ppf(tails[0], alpha, beta).ravel(),
                "high": stats.beta.ppf(tails[1], alpha, beta).ravel(),
                "own_weight": (self.decided / (self.decided + self.strength)).ravel(),
                "prior": np.tile(self.prior, len(self.kinds)),
                "prior_stage": np.tile(np.array(STAGES, dtype=object)[self.prior_stage], len(self.kinds)),
            }
        )
        shares = {"unit": "share", "digits": 0, "n": "decided"}
        frame.attrs["columns"] = {
            "funder_kind": {"labels": "source_kind"},
            "stage": {"labels": "proposal_stage"},
            "decided": {"counts": "things"},
            "won": {"counts": "things"},
            "share_won": {**shares, "cases": "won"},
            "probability": shares,
            "low": {"low_of": "probability"},
            "high": {"high_of": "probability"},
            "own_weight": shares,
            "prior": shares,
            "prior_stage": {"labels": "proposal_stage"},
        }
        return frame


def learn(found: Histories, strength: float = STRENGTH, prior: float | None = None) -> Chances:
    """Probabilities of being won by kind of funder and stage reached, from the proposals that have ended.

    `strength`: k, the ended proposals that the prior counts as. `prior`: its mean, the same at every stage; without one, the share won of all kinds among those that
    reached the stage, (won + ½)/(n + 1), or where none did, of the nearest stage before. Refused: nothing has ended and no prior is declared; strength not above 0;
    a prior outside (0, 1).
    """
    rows = found.rows[~found.open]
    kinds = tuple(sorted(found.rows["kind"].unique()))
    at = pd.Index(kinds).get_indexer(rows["kind"])
    passed = rows["reached"].to_numpy()[:, None] >= np.arange(len(STAGES))
    decided = np.zeros((len(kinds), len(STAGES)), dtype=int)
    won = decided.copy()
    np.add.at(decided, at, passed)
    np.add.at(won, at, passed & rows["won"].to_numpy(dtype=bool)[:, None])
    mean, stage = pooled(won.sum(axis=0), decided.sum(axis=0), strength, prior)
    return Chances(kinds, won, decided, mean, stage, float(strength), prior is not None)


def pooled(
    won: np.ndarray, decided: np.ndarray, strength: float, prior: float | None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the prior by stage, from the ended proposals of all kinds, (S,) each, and the place of the stage that it comes from. Refuses what `learn` refuses."""
    label = say("probabilità di essere ottenuta", "probability of being won")
    faults = []
    if not (np.isfinite(strength) and strength > 0):
        faults.append(Fault(f"strength = {strength}", label, "> 0"))
    if prior is not None and not 0 < prior < 1:
        faults.append(Fault(f"prior = {prior}", label, "0–1"))
    if faults:
        raise EstimateError(faults)
    if prior is None and not decided.any():
        what = say("nessuna proposta si è chiusa", "no proposal has ended")
        step = say("Dichiarare un valore di partenza (prior).", "Declare a prior.")
        raise TooFewError(Fault(what, label, next_step=step))
    own = np.arange(len(decided))
    if prior is not None:
        return np.full(len(decided), float(prior)), own
    stage = np.maximum.accumulate(np.where(decided > 0, own, 0))
    return (won[stage] + 0.5) / (decided[stage] + 1.0), stage


@dataclass(frozen=True)
class Granted:
    """Sum granted over sum asked of the proposals won, with its jackknife interval; missing where none was won, without an interval where one was."""

    won: int
    asked: float
    granted: float
    ratio: float
    low: float
    high: float

    def table(self) -> pd.DataFrame:
        """One row: won, asked and granted (euro), ratio with its interval."""
        frame = pd.DataFrame([{name: getattr(self, name) for name in ("won", "asked", "granted", "ratio", "low", "high")}])  # fmt: skip
        euro = {"unit": "euro", "n": "won"}
        frame.attrs["columns"] = {
            "won": {"counts": "things"},
            "asked": euro,
            "granted": euro,
            "ratio": {"unit": "ratio", "n": "won"},
            "low": {"low_of": "ratio"},
            "high": {"high_of": "ratio"},
        }
        return frame


def granted(found: Histories) -> Granted:
    """What funders granted of what they were last asked, over the proposals won: ratio of sums."""
    rows = found.rows[found.rows["won"]]
    given, asked = rows["granted"].to_numpy(dtype=float), rows["asked"].to_numpy(dtype=float)
    low, high = intervals.ratio_interval(given, asked)
    ratio = float(given.sum() / asked.sum()) if len(rows) else float("nan")
    return Granted(len(rows), float(asked.sum()), float(given.sum()), ratio, low, high)
