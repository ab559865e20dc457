"""Whether the programme can pay its way: recurring income over recurring cost, the reserve month by month, and how long it lasts.

Sustainability ratio: recurring income that does not come from the lead funder, received, over recurring cost. Runway: the reserve over the mean net burn a month
(cash costs less cash received) of the last months; infinite where nothing burns, never negative. The runway is a projection that holds the last months still, not
a forecast: its table says how it moves with the months that are averaged. Costs and gifts in kind are no cash. Complete counts: no interval.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, TooFewError, say
from analysis.resources import registers
from analysis.resources.ledger import LEAD, SOURCES, check, doubles
from analysis.rows import where

COSTS = ("cost", "date", "amount")
WINDOWS = (3, 6, 12)
STATES = ("finite", "nothing-burns", "overdrawn", "exhausted")
TOTAL = "total"


def checked_costs(costs: pd.DataFrame) -> pd.DataFrame:
    """The costs with amounts as numbers and the flag `in_kind` as true or false (not said: cash).

    Refused, all at once: columns or rows missing, a cost without its date or amount or below zero, a name missing or twice.
    """
    registers.filled("costs", costs, COSTS)
    frame = costs.reset_index(drop=True)
    amount, date = registers.numbers(frame, "amount"), pd.to_datetime(frame["date"], errors="coerce")
    registers.refuse("costs", [
        (frame["cost"].isna() | frame.duplicated("cost", keep=False), say("costo senza nome o nome ripetuto", "a cost without a name, or a name twice"), say("un nome per costo", "one name a cost")),
        (date.isna(), say("manca la data", "the date is missing"), ""),
        (amount.isna(), say("manca l'importo", "the amount is missing"), ""),
        (amount < 0, say("importo negativo", "a negative amount"), say("da 0 in su", "from 0")),
    ])  # fmt: skip
    in_kind = registers.flag("costs", frame, "in_kind").fillna(False).astype(bool)
    return frame.assign(amount=amount, date=date, in_kind=in_kind)


def doubled_costs(costs: pd.DataFrame) -> pd.DataFrame:
    """One row a cost that repeats another in date, service, category and amount: row, cost, other. They are counted; the table asks for a second look."""
    frame = checked_costs(costs)
    alike = [name for name in ("date", "service", "category", "amount", "in_kind") if name in frame]
    return doubles(frame, "cost", alike)


@dataclass(frozen=True)
class Sustainability:
    """One row a semester and the total: income, cost (euros, recurring), ratio (missing where no recurring cost), their entries, and entries of which nobody said whether they recur."""

    sums: pd.DataFrame
    in_kind: bool

    @property
    def overall(self) -> float:
        """The ratio of the whole record."""
        return float(self.sums.loc[self.sums["semester"] == TOTAL, "ratio"].iloc[0])

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks: the ratio of the last semester that has one."""
        inside = self.sums[~self.sums["semester"].isin([TOTAL, registers.OUTSIDE])]
        told = inside["ratio"].dropna()
        return {"sustainability": float(told.iloc[-1])} if len(told) else {}

    def table(self) -> pd.DataFrame:
        """semester, recurring income, recurring cost, ratio, entries behind them, and income and cost entries that do not say whether they recur (left out)."""
        frame = self.sums.copy()
        counts = ("entries", "unstated_income", "unstated_cost")
        frame.attrs["columns"] = {
            "semester": {"labels": "semester"},
            "recurring_income": {"unit": "euro", "n": "entries"},
            "recurring_cost": {"unit": "euro", "n": "entries"},
            "ratio": {"unit": "ratio", "n": "entries"},
            **{name: {"counts": "things"} for name in counts},
        }
        return frame


def sustainability(
    money: pd.DataFrame, costs: pd.DataFrame, in_kind: bool = False, lead: str = LEAD
) -> Sustainability:
    """Recurring income received from others than the lead funder over recurring cost, by semester and overall; both tables carry `semester`.

    Cash on both sides; with `in_kind` every contribution in euros and every cost. Refused: what `ledger.check` and `checked_costs` refuse; an income without its
    kind of source; a register that never says what recurs; no recurring cost at all.
    """
    entries, spent = check(money).entries, checked_costs(costs)
    registers.refuse("money", [(entries["source_kind"].isna(), say("manca il tipo di provenienza", "the kind of source is missing"), ", ".join(SOURCES))])  # fmt: skip
    income = entries[(entries["status"] == "received") & entries["amount"].notna() & (entries["source_kind"] != lead)]  # fmt: skip
    if not in_kind:
        income, spent = income[income["kind"] == "cash"], spent[~spent["in_kind"]]
    parts = {}
    faults = []
    for table, frame in (("money", income), ("costs", spent)):
        said = registers.flag(table, frame, "recurring")
        if len(frame) and not said.notna().any():
            what = say("nessuna voce dice se è ricorrente", "no entry says whether it recurs")
            step = say("Compilare la colonna recurring.", "Fill in column recurring.")
            faults.append(Fault(what, f"{table}: recurring", "yes, no", step))
        semester = registers.semesters(table, frame)
        recurs = said.fillna(False).astype(bool)
        parts[table] = pd.DataFrame(
            {
                "sum": frame["amount"].where(recurs, 0.0).groupby(semester).sum(),
                "entries": recurs.groupby(semester).sum(),
                "unstated": said.isna().groupby(semester).sum(),
            }
        )
    if faults:
        raise EstimateError(faults)
    order = registers.in_order([*parts["money"].index, *parts["costs"].index])
    came, went = (parts[table].reindex(order).fillna(0.0) for table in ("money", "costs"))
    sums = pd.DataFrame(
        {
            "recurring_income": came["sum"], "recurring_cost": went["sum"], "entries": came["entries"] + went["entries"],
            "unstated_income": came["unstated"], "unstated_cost": went["unstated"],
        }
    )  # fmt: skip
    sums = pd.concat([sums, sums.sum().to_frame(TOTAL).T])
    if not sums.loc[TOTAL, "recurring_cost"] > 0:
        what = say("nessun costo ricorrente", "no recurring cost")
        raise TooFewError(Fault(what, "costs", say("un totale positivo", "a positive total")))
    ratio = sums["recurring_income"] / sums["recurring_cost"].where(sums["recurring_cost"] > 0)
    sums.insert(2, "ratio", ratio)
    counts = ["entries", "unstated_income", "unstated_cost"]
    sums[counts] = sums[counts].astype(int)
    return Sustainability(sums.rename_axis("semester").reset_index(), in_kind)


@dataclass(frozen=True)
class Runway:
    """Months that the reserve (euros) lasts at the mean net burn (euros a month) of the last `window` months: infinite where nothing burns, 0 where nothing is left."""

    reserve: float
    burn: float
    window: int
    entries: int

    @property
    def months(self) -> float:
        if self.burn <= 0:
            return float("inf")
        return max(0.0, self.reserve) / self.burn

    @property
    def state(self) -> str:
        """finite; nothing-burns; overdrawn (nothing burns, yet the reserve is below zero); exhausted (it burns and nothing is left)."""
        if self.burn <= 0:
            return "overdrawn" if self.reserve < 0 else "nothing-burns"
        return "finite" if self.reserve > 0 else "exhausted"

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks: the runway in months."""
        return {"runway": self.months}


@dataclass(frozen=True)
class Reserve:
    """Cash by month, up to the day `on`: month (its last day, or `on`), received, spent, reserve, entries; with the movements that the runway is computed from."""

    months: pd.DataFrame
    movements: pd.DataFrame
    opening: float
    start: dt.date
    on: dt.date

    def table(self) -> pd.DataFrame:
        """One row a month: cash received, cash spent, reserve at its end, entries."""
        frame = self.months.assign(month=self.months["month"].dt.date.astype(str))
        frame.attrs["columns"] = {
            "received": {"unit": "euro", "n": "entries"},
            "spent": {"unit": "euro", "n": "entries"},
            "reserve": {"unit": "euro", "n": "entries_upto"},
            "entries": {"counts": "things", "hidden": True},
            "entries_upto": {"counts": "things", "hidden": True},
        }
        return frame

    def runway(self, window: int = 6, without: Collection[str] = ()) -> Runway:
        """The runway at `on` from the last `window` months; `without`: sources whose cash would no longer come (what they gave stays in the reserve).

        Refused: a window that is not a positive whole number, or longer than the record.
        """
        if isinstance(window, bool) or int(window) != window or window < 1:
            raise ParameterError(
                Fault(f"window = {window}", "runway", say("mesi interi, da 1", "whole months, from 1"))
            )
        first = pd.Timestamp(self.on) + pd.Timedelta(days=1) - pd.DateOffset(months=int(window))
        if first < pd.Timestamp(self.start):
            what = say(
                f"{window} mesi, e il registro ne ha meno", f"{window} months, and the record has fewer"
            )
            allowed = say(f"dal {self.start} al {self.on}", f"from {self.start} to {self.on}")
            raise TooFewError(Fault(what, "runway: window", allowed))
        last = self.movements[
            (self.movements["date"] >= first) & ~self.movements["source"].isin(list(without))
        ]
        return Runway(
            float(self.months["reserve"].iloc[-1]),
            float(-last["move"].sum() / window),
            int(window),
            len(last),
        )

    def runways(self, windows: Sequence[int] = WINDOWS) -> pd.DataFrame:
        """One row a window that the record holds: months averaged, reserve, burn a month, runway in months (empty where infinite: see state), state, entries in the window."""
        held = [each for each in windows if pd.Timestamp(self.on) + pd.Timedelta(days=1) - pd.DateOffset(months=each) >= pd.Timestamp(self.start)]  # fmt: skip
        if not held:
            self.runway(min(windows))
        found = [self.runway(each) for each in held]
        frame = pd.DataFrame(
            {
                "window": [each.window for each in found],
                "reserve": [each.reserve for each in found],
                "burn": [each.burn for each in found],
                "runway": [each.months for each in found],
                "state": [each.state for each in found],
                "entries": [each.entries for each in found],
            }
        )
        frame["runway"] = frame["runway"].where(np.isfinite(frame["runway"]))
        frame.attrs["columns"] = {
            "window": {"unit": "months", "digits": 0, "n": "entries"},
            "reserve": {"unit": "euro", "n": "entries"},
            "burn": {"unit": "euro", "n": "entries"},
            "runway": {"unit": "months", "n": "entries"},
            "state": {"labels": "runway_state"},
            "entries": {"counts": "things"},
        }
        return frame

    def drawn(self, window: int = 6) -> dict[str, pd.DataFrame]:
        """What plots_money.reserve draws: the months, and the runway of one window."""
        return {"months": self.table(), "runway": self.runways((window,))}


def reserve(money: pd.DataFrame, costs: pd.DataFrame, opening: float, start: dt.date, on: dt.date) -> Reserve:
    """The cash held at the end of each month from `start`: `opening` (euros) plus cash received less costs that are not in kind, up to and with `on`.

    Refused: what `ledger.check` and `checked_costs` refuse; cash before `start`, which the opening reserve holds already; `on` before `start`; an opening that
    is no number.
    """
    first, last = pd.Timestamp(start), pd.Timestamp(on)
    faults = []
    if not np.isfinite(opening):
        faults.append(Fault(f"opening = {opening}", "reserve", say("euro", "euros")))
    if last < first:
        faults.append(Fault(f"on = {on}", "reserve", f"≥ {start}"))
    if faults:
        raise ParameterError(faults)
    entries, spent = check(money).entries, checked_costs(costs)
    came = (entries["status"] == "received") & (entries["kind"] == "cash")
    cash = ~spent["in_kind"]
    before = say("prima dell'inizio: la riserva iniziale lo comprende già", "before the start: the opening reserve holds it already")  # fmt: skip
    allowed = say(f"dal {first.date()}", f"from {first.date()}")
    faults = [
        fault
        for table, mask in (
            ("money", came & (entries["date"] < first)),
            ("costs", cash & (spent["date"] < first)),
        )
        if mask.any()
        for fault in (Fault(before, where(table, mask), allowed),)
    ]
    if faults:
        raise EstimateError(faults)
    movements = pd.concat(
        [
            entries.loc[came, ["date", "source", "amount"]].assign(move=lambda f: f["amount"]),
            spent.loc[cash, ["date", "amount"]].assign(source="", move=lambda f: -f["amount"]),
        ],
        ignore_index=True,
    )
    movements = movements[
        movements["date"] <= last.normalize() + pd.Timedelta(days=1) - pd.Timedelta(1, "us")
    ]
    months = pd.period_range(first, last, freq="M")
    of = movements["date"].dt.to_period("M")
    received = movements["move"].clip(lower=0).groupby(of).sum().reindex(months, fill_value=0.0)
    out = (-movements["move"]).clip(lower=0).groupby(of).sum().reindex(months, fill_value=0.0)
    count = movements.groupby(of).size().reindex(months, fill_value=0)
    ends = pd.Series(months.to_timestamp(how="end")).dt.normalize().clip(upper=last.normalize())
    table = pd.DataFrame(
        {
            "month": ends,
            "received": received.to_numpy(),
            "spent": out.to_numpy(),
            "reserve": opening + np.cumsum(received.to_numpy() - out.to_numpy()),
            "entries": count.to_numpy(),
            "entries_upto": count.cumsum().to_numpy(),
        }
    )
    return Reserve(table, movements, float(opening), first.date(), last.date())
