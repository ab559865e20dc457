"""Donors from one period to the next: new, retained, recaptured, lapsed; gains and losses in euros; how long those who began together go on giving.

Of period t: new, no gift in any period before; retained, gave in t − 1 too; recaptured, gave before t − 1 and not in it. LYBUNT gave in t − 1 and not in t; SYBUNT
gave in some period before t − 1, in neither t − 1 nor t (the two do not overlap). Retention = retained / donors of t − 1, Wilson's interval. Gains and losses: what
new and recaptured donors give, what retained ones give more or less than in t − 1, what lapsed ones gave in t − 1; together they are the change of the total.
"New" means new in the record, which knows nothing of gifts before it. Periods that the record does not cover whole are left out of every comparison.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.resources import intervals
from analysis.resources.proposals import CURRENCY, foreign
from analysis.resources.registers import filled, numbers, refuse
from analysis.rows import required, until, where

STATUS = ("new", "retained", "recaptured")
GAPS = ("lybunt", "sybunt")
GAINS = ("new", "recaptured", "upgraded")
LOSSES = ("downgraded", "lapsed")
FLOWS = (*GAINS, "same", *LOSSES)
TOTAL = "total"
GROUPS = (TOTAL, "new", "repeat")
CENT = 0.005  # euro: less is no change
TWICE = {"it": "stesso donatore, giorno e importo di un'altra donazione", "en": "same donor, day and amount as another gift"}  # fmt: skip

Period = tuple[str, dt.date, dt.date]


def checked(gifts: pd.DataFrame, end: dt.date) -> pd.DataFrame:
    """The gifts with amounts as numbers. Refused, all at once with their rows: columns missing, none at all, a gift or donor without a name, the same gift twice, a date
    missing or after `end`, an amount missing or not above 0, another currency."""
    filled("gifts", gifts, ("gift", "donor", "date", "amount"))
    table = gifts.reset_index(drop=True)
    amount, last = numbers(table, "amount"), pd.Timestamp(end)
    checks = [
        (table[["gift", "donor"]].isna().any(axis=1), say("manca la donazione o il donatore", "the gift or the donor is missing"), ""),
        (table["gift"].notna() & table.duplicated("gift"), say("donazione ripetuta", "the same gift twice"), ""),
        (table["date"].isna(), say("manca la data", "the date is missing"), ""),
        (table["date"] > last, say("data dopo la fine del registro", "a date after the end of the record"), until(last)),
        (~(amount > 0), say("importo mancante o non positivo", "amount missing or not above 0"), "> 0"),
        (foreign(table), say("altra valuta", "another currency"), CURRENCY),
    ]  # fmt: skip
    refuse("gifts", checks)
    return table.assign(amount=amount)


def broad(gifts: pd.DataFrame, least: int) -> pd.DataFrame:
    """The gifts to campaigns with at least `least` donors, and those to none: sums over these and over every campaign told must not give a small campaign away."""
    filled("gifts", gifts, ("gift", "donor", "campaign"))
    donors = gifts.groupby("campaign")["donor"].transform("nunique")
    return gifts[gifts["campaign"].isna() | (donors >= least)].reset_index(drop=True)


def doubled(gifts: pd.DataFrame) -> pd.DataFrame:
    """Gifts that may have been entered twice: of the same donor, day and amount. One row each: row in the table (from 1), gift, reason. They stay in every figure."""
    required("gifts", gifts, ("gift", "donor", "date", "amount"))
    twice = np.flatnonzero(gifts.duplicated(["donor", "date", "amount"], keep=False))
    frame = pd.DataFrame(
        {
            "row": twice + 1,
            "gift": gifts["gift"].to_numpy(dtype=object)[twice],
            "reason": np.full(len(twice), TWICE, dtype=object),
        }
    )
    frame.attrs["columns"] = {"row": {"unit": "position", "digits": 0}, "reason": {"text": True}}
    return frame


@dataclass(frozen=True)
class Register:
    """Euro given by donor and period, (D, P), in the order of `periods`; `whole`: whether the record covers the period, (P,); `gifts`: how many it holds."""

    periods: tuple[str, ...]
    amounts: np.ndarray
    whole: np.ndarray
    gifts: int

    @property
    def gave(self) -> np.ndarray:
        return self.amounts > 0

    @property
    def before(self) -> np.ndarray:
        """Whether a donor gave in any period before, (D, P)."""
        ever = np.logical_or.accumulate(self.gave, axis=1)
        return np.concatenate([np.zeros((len(ever), 1), dtype=bool), ever[:, :-1]], axis=1)

    @property
    def last(self) -> np.ndarray:
        """Euro given in the period before, (D, P); zero in the first."""
        return np.concatenate([np.zeros((len(self.amounts), 1)), self.amounts[:, :-1]], axis=1)

    @property
    def comparable(self) -> np.ndarray:
        """Places of the periods that, like the one before, the record covers whole."""
        return np.flatnonzero(self.whole[1:] & self.whole[:-1]) + 1

    def table(self) -> pd.DataFrame:
        """One row a period and status (new, retained, recaptured, total): persons, euro given; whole_period (yes, no). In the first period everybody is new."""
        gave, before, last = self.gave, self.before, self.last > 0
        masks = [gave & ~before, gave & last, gave & before & ~last, gave]
        frame = _long(self.periods, "status", (*STATUS, TOTAL), masks, [self.amounts] * 4)
        frame["whole_period"] = np.repeat(np.where(self.whole, "yes", "no").astype(object), len(masks))
        frame.attrs["columns"] |= {
            "status": {"labels": "donor_status"},
            "whole_period": {"labels": "whole_period"},
        }
        return frame

    def lapsed(self) -> pd.DataFrame:
        """One row a period (from the second) and gap (lybunt, sybunt, total): persons, and the euro of their last period of giving. Of a period that is not over, those who
        have not given yet; whole_period (yes, no) tells it."""
        gave, before, last = self.gave, self.before, self.last
        place = np.where(gave, np.arange(gave.shape[1]), 0)
        latest = np.maximum.accumulate(place, axis=1)
        worth = np.take_along_axis(self.amounts, latest, axis=1)
        masks = [~gave & (last > 0), ~gave & before & (last <= 0), ~gave & before]
        some = np.arange(1, len(self.periods))
        frame = _long(
            [self.periods[k] for k in some], "gap", (*GAPS, TOTAL), [m[:, some] for m in masks], [worth[:, some]] * 3
        )  # fmt: skip
        frame["whole_period"] = np.repeat(np.where(self.whole[some], "yes", "no").astype(object), len(masks))
        frame.attrs["columns"] |= {"gap": {"labels": "donor_gap"}, "whole_period": {"labels": "whole_period"}}
        return frame


def _long(
    periods: Sequence[str],
    field: str,
    names: Sequence[str],
    masks: Sequence[np.ndarray],
    euros: Sequence[np.ndarray],
) -> pd.DataFrame:
    """One row a period and name: persons in its mask, (D, P), and the sum of euros over them."""
    persons = np.stack([mask.sum(axis=0) for mask in masks], axis=1)
    amount = np.stack([np.where(mask, euro, 0.0).sum(axis=0) for mask, euro in zip(masks, euros)], axis=1)
    frame = pd.DataFrame(
        {
            "period": np.repeat(np.array(list(periods), dtype=object), len(names)),
            field: np.tile(np.array(names, dtype=object), len(periods)),
            "persons": persons.ravel().astype(int),
            "amount": amount.ravel().astype(float),
        }
    )
    frame.attrs["columns"] = {
        "period": {"labels": "period"},
        "persons": {"counts": "persons"},
        "amount": {"unit": "euro", "n": "persons"},
    }
    return frame


def register(
    gifts: pd.DataFrame,
    end: dt.date,
    periods: Sequence[Period] | None = None,
    start: dt.date | None = None,
) -> Register:
    """Who gave what in each period. `periods`: (name, first day, last day), one after another without gaps; the calendar years from the first gift to `end` if none is given.

    The record runs from `start` (the first day of the first period, if not given) to `end`. Refuses what `checked` refuses, periods that overlap, leave gaps or run
    backwards, and gifts outside of them.
    """
    table = checked(gifts, end)
    if periods is None:
        years = range(table["date"].min().year, pd.Timestamp(end).year + 1)
        periods = [(str(year), dt.date(year, 1, 1), dt.date(year, 12, 31)) for year in years]
    first = np.array([pd.Timestamp(period[1]) for period in periods], dtype="datetime64[ns]")
    final = np.array([pd.Timestamp(period[2]) for period in periods], dtype="datetime64[ns]")
    faults = []
    if not len(first) or (final < first).any() or (first[1:] - final[:-1] != np.timedelta64(1, "D")).any():
        what = say(
            "periodi vuoti, sovrapposti o con intervalli", "periods that are none, overlap or leave gaps"
        )
        faults.append(Fault(what, "periods", say("uno di seguito all'altro", "one after the other")))
        raise EstimateError(faults)
    day = table["date"].to_numpy(dtype="datetime64[ns]")
    outside = (day < first[0]) | (day >= final[-1] + np.timedelta64(1, "D"))
    if outside.any():
        allowed = f"{periods[0][1]} – {periods[-1][2]}"
        raise EstimateError(
            Fault(say("fuori dai periodi", "outside the periods"), where("gifts", outside), allowed)
        )
    column = np.searchsorted(first, day, side="right") - 1
    donor, names = pd.factorize(table["donor"], sort=True)
    amounts = np.zeros((len(names), len(first)))
    np.add.at(amounts, (donor, column), table["amount"].to_numpy())
    opening = pd.Timestamp(start).to_datetime64() if start is not None else first[0]
    whole = (first >= opening) & (final <= pd.Timestamp(end).to_datetime64())
    return Register(tuple(str(period[0]) for period in periods), amounts, whole, len(table))


@dataclass(frozen=True)
class Retention:
    """Donors of the period before and those of them who gave again, (P, 3) in the order of GROUPS: in total, those who were new in it, those who had given earlier too."""

    periods: tuple[str, ...]
    before: np.ndarray
    retained: np.ndarray

    def table(self, level: float = intervals.LEVEL) -> pd.DataFrame:
        """One row a period and group: before, retained, share with Wilson's interval."""
        n, cases = self.before.ravel(), self.retained.ravel()
        low, high = intervals.wilson(cases, n, level)
        frame = pd.DataFrame(
            {
                "period": np.repeat(np.array(self.periods, dtype=object), len(GROUPS)),
                "donor_group": np.tile(np.array(GROUPS, dtype=object), len(self.periods)),
                "before": n,
                "retained": cases,
                "share": intervals.share(cases, n),
                "low": low,
                "high": high,
            }
        )
        frame.attrs["columns"] = {
            "period": {"labels": "period"},
            "donor_group": {"labels": "donor_group"},
            "before": {"counts": "persons"},
            "retained": {"counts": "persons"},
            "share": {"unit": "share", "digits": 0, "n": "before", "cases": "retained"},
            "low": {"low_of": "share"},
            "high": {"high_of": "share"},
        }
        return frame


def retention(found: Register) -> Retention:
    """Share of the donors of a period who give again in the next, of those who began in it and of the others. Refused: no whole period after another."""
    gave, before = found.gave, found.before
    at = found.comparable
    if not len(at):
        what = say("nessun periodo intero dopo un altro", "no whole period after another")
        raise TooFewError(Fault(what, "gifts", say("due di seguito", "two in a row")))
    earlier = gave[:, at - 1]
    groups = [earlier, earlier & ~before[:, at - 1], earlier & before[:, at - 1]]
    counts = [
        np.stack([(group & mask).sum(axis=0) for group in groups], axis=1) for mask in (earlier, gave[:, at])
    ]
    return Retention(tuple(found.periods[k] for k in at), *counts)


@dataclass(frozen=True)
class Changes:
    """Persons and euro of each of FLOWS by period, (P, 6); losses below zero; `total`: change of the euro given from the period before, (P,), `both`: persons who gave in either."""

    periods: tuple[str, ...]
    persons: np.ndarray
    amount: np.ndarray
    total: np.ndarray
    both: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row a period and flow (new, recaptured, upgraded, downgraded, lapsed, total): euro, which add up to the total; `persons` behind them, hidden: with the donors who stayed they would tell how many gave the same."""
        moving = [k for k, name in enumerate(FLOWS) if name != "same"]  # which never moves an amount
        names = [*(FLOWS[k] for k in moving), TOTAL]
        frame = pd.DataFrame(
            {
                "period": np.repeat(np.array(self.periods, dtype=object), len(names)),
                "flow": np.tile(np.array(names, dtype=object), len(self.periods)),
                "persons": np.column_stack([self.persons[:, moving], self.both]).ravel().astype(int),
                "amount": np.column_stack([self.amount[:, moving], self.total]).ravel().astype(float),
            }
        )
        frame.attrs["columns"] = {
            "period": {"labels": "period"},
            "flow": {"labels": "donor_flow"},
            "persons": {"counts": "persons", "hidden": True},
            "amount": {"unit": "euro", "n": "persons"},
        }
        return frame


def changes(found: Register) -> Changes:
    """Gains and losses in euros from one period to the next, by who caused them."""
    at = found.comparable
    gave, before = found.gave[:, at], found.before[:, at]
    now, last = found.amounts[:, at], found.last[:, at]
    stayed, step = gave & (last > 0), now - last
    masks = {
        "new": gave & ~before,
        "recaptured": gave & before & (last <= 0),
        "upgraded": stayed & (step >= CENT),
        "same": stayed & (np.abs(step) < CENT),
        "downgraded": stayed & (step <= -CENT),
        "lapsed": ~gave & (last > 0),
    }
    persons = np.stack([masks[name].sum(axis=0) for name in FLOWS], axis=1)
    amount = np.stack([np.where(masks[name], step, 0.0).sum(axis=0) for name in FLOWS], axis=1)
    periods = tuple(found.periods[k] for k in at)
    return Changes(periods, persons, amount, step.sum(axis=0), (gave | (last > 0)).sum(axis=0))


@dataclass(frozen=True)
class Cohorts:
    """Donors by period of the first gift and periods since: `begun`, (P,), `giving`, (P, P), and their euro, (P, P); `known`: cells that the record covers whole."""

    periods: tuple[str, ...]
    begun: np.ndarray
    giving: np.ndarray
    amount: np.ndarray
    known: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row a cohort and number of periods since its first gift: begun, giving, share (giving / begun), amount (euro given by them in that period)."""
        cohort, since = np.nonzero(self.known & (self.begun > 0)[:, None])
        frame = pd.DataFrame(
            {
                "cohort": np.array(self.periods, dtype=object)[cohort],
                "since": since,
                "begun": self.begun[cohort],
                "giving": self.giving[cohort, since],
                "share": self.giving[cohort, since] / self.begun[cohort],
                "amount": self.amount[cohort, since],
            }
        )
        frame.attrs["columns"] = {
            "cohort": {"labels": "period"},
            "since": {"unit": "position", "digits": 0},
            "begun": {"counts": "persons"},
            "giving": {"counts": "persons"},
            "share": {"unit": "share", "digits": 0, "n": "begun", "cases": "giving"},
            "amount": {"unit": "euro", "n": "giving"},
        }
        return frame


def cohorts(found: Register) -> Cohorts:
    """How many of those who first gave in a period give in it and in each period after, in whole periods only."""
    gave, size = found.gave, len(found.periods)
    first = np.argmax(gave, axis=1)
    begun = np.bincount(first, minlength=size)
    donor, period = np.nonzero(gave)
    giving, amount = np.zeros((size, size), dtype=int), np.zeros((size, size))
    np.add.at(giving, (first[donor], period - first[donor]), 1)
    np.add.at(amount, (first[donor], period - first[donor]), found.amounts[donor, period])
    at = np.arange(size)[:, None] + np.arange(size)
    known = (at < size) & found.whole[np.minimum(at, size - 1)] & found.whole[:, None]
    return Cohorts(found.periods, begun, giving, amount, known)
