"""The ledger of resources: entries checked, entries flagged, and hours valued at replacement cost.

What would make a sum meaningless is refused. What may be right but deserves a second look is flagged and counted: double entries, receipts that settle the
pledge of somebody else, or more than was pledged. Hours are never added to euros: they become euros only by a table of wages, through the replacement cost of
the work (International Labour Office, 2011, Manual on the measurement of volunteer work: the wage of who would do it for pay).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.resources.registers import filled, numbers, refuse
from analysis.rows import where

KINDS = ("cash", "goods", "space", "skill", "time")
HOURLY = ("skill", "time")
STATUS = ("pledged", "received")
SOURCES = ("lead-funder", "foundation", "company", "public", "citizens", "own")
LEAD = "lead-funder"
CURRENCY = "EUR"
COLUMNS = ("entry", "date", "source", "source_kind", "kind", "status", "amount", "hours", "currency")
ALIKE = ["date", "source", "kind", "status", "amount", "hours"]
CENT = 0.005
FLAGS: dict[str, tuple[str, str]] = {
    "double": (
        "stessa data, provenienza, forma, stato e quantità di un'altra voce",
        "same date, source, kind, status and quantity as another entry",
    ),
    "no-pledge": ("la voce che dice di saldare non è una promessa", "what it says it settles is no pledge"),
    "pledge-settles": (
        "è una promessa, ma dice di saldarne un'altra",
        "it is a pledge, yet it says it settles one",
    ),
    "other-source": ("salda la promessa di un'altra provenienza", "settles the pledge of another source"),
    "other-kind": ("salda una promessa in altra forma", "settles a pledge of another kind"),
    "other-unit": ("euro per una promessa in ore, o il contrario", "euros for a pledge in hours, or hours for euros"),
    "before-pledge": ("ricevuta prima della promessa che salda", "received before the pledge that it settles"),
    "beyond-pledge": ("con le ricevute precedenti supera la promessa", "with the receipts before it exceeds the pledge"),
}  # fmt: skip


@dataclass(frozen=True)
class Ledger:
    """The register as checked (amount and hours as numbers, same index) and its flags: entry, row (from 1), reason (key of FLAGS), other (the entry that it is held against)."""

    entries: pd.DataFrame
    flags: pd.DataFrame

    def once(self) -> pd.DataFrame:
        """The entries without those that repeat an earlier one in date, source, kind, status and quantity; to be used only where they are known to be mistakes."""
        return self.entries[~self.entries.duplicated(ALIKE)].reset_index(drop=True)

    def table(self) -> pd.DataFrame:
        """One row a flag, in the order of the register: row, entry, other, reason in words. All flagged entries are counted in every sum."""
        frame = self.flags[["row", "entry", "other"]].copy()
        frame["reason"] = [dict(zip(("it", "en"), FLAGS[key])) for key in self.flags["reason"]]
        frame.attrs["columns"] = {"row": {"unit": "position", "digits": 0}, "reason": {"text": True}}
        return frame


def check(money: pd.DataFrame) -> Ledger:
    """The entries of the register with what is to be looked at again.

    Refused, all at once with their rows: columns or rows missing; an entry without its date or twice under the same name; an unknown kind, status or source
    kind; a negative amount, negative hours; hours of cash; neither an amount nor hours; an amount without a currency or in another than euros.
    """
    filled("money", money, COLUMNS)
    frame = money.reset_index(drop=True)
    amount, hours = numbers(frame, "amount"), numbers(frame, "hours")
    date = pd.to_datetime(frame["date"], errors="coerce")
    cash, currency = frame["kind"] == "cash", frame["currency"]
    refuse("money", [
        (frame["entry"].isna() | frame.duplicated("entry", keep=False), say("voce senza nome o nome ripetuto", "an entry without a name, or a name twice"), say("un nome per voce", "one name an entry")),
        (date.isna(), say("manca la data", "the date is missing"), ""),
        (frame["source"].isna(), say("manca la provenienza", "the source is missing"), ""),
        (~frame["kind"].isin(KINDS), say("forma sconosciuta", "unknown kind"), ", ".join(KINDS)),
        (~frame["status"].isin(STATUS), say("stato sconosciuto", "unknown status"), ", ".join(STATUS)),
        (frame["source_kind"].notna() & ~frame["source_kind"].isin(SOURCES), say("tipo di provenienza sconosciuto", "unknown kind of source"), ", ".join(SOURCES)),
        ((amount < 0) | (hours < 0), say("importo o ore negativi", "a negative amount or negative hours"), say("da 0 in su", "from 0")),
        (cash & hours.notna(), say("denaro con delle ore", "cash with hours"), say("le ore soltanto di ciò che non è denaro", "hours only of what is not cash")),
        (cash & amount.isna(), say("denaro senza importo", "cash without an amount"), ""),
        (~cash & amount.isna() & hours.isna(), say("né importo né ore", "neither an amount nor hours"), ""),
        (amount.notna() & currency.isna(), say("importo senza valuta", "an amount without a currency"), CURRENCY),
        (currency.notna() & currency.ne(CURRENCY), say("valuta sconosciuta", "unknown currency"), CURRENCY),
    ])  # fmt: skip
    frame = frame.assign(amount=amount, hours=hours, date=date)
    return Ledger(frame, _flags(frame))


def _flags(frame: pd.DataFrame) -> pd.DataFrame:
    """Every flag of the register, one row an entry and reason."""
    double = doubles(frame, "entry", ALIKE).assign(reason="double")
    found = pd.concat([double, *_settling(frame)], ignore_index=True)
    order = {key: k for k, key in enumerate(FLAGS)}
    found["_rank"] = found["reason"].map(order)
    found = found.sort_values(["row", "_rank"], kind="stable").drop(columns="_rank")
    return found.reset_index(drop=True)


def _flagged(rows: np.ndarray, frame: pd.DataFrame, reason: str, other: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "row": rows + 1,
            "entry": frame["entry"].to_numpy()[rows].astype(object),
            "reason": np.full(len(rows), reason, dtype=object),
            "other": other.to_numpy(dtype=object)[rows],
        }
    )


def doubles(frame: pd.DataFrame, key: str, alike: Sequence[str]) -> pd.DataFrame:
    """One row an entry of any register that repeats another in all columns `alike`: row (from 1), its `key`, other (the first one; of the first, the next)."""
    groups = frame.groupby(list(alike), dropna=False)[key]
    first, following = groups.transform("first"), groups.shift(-1)
    other = first.where(first != frame[key], following)
    found = pd.DataFrame(
        {"row": np.arange(1, len(frame) + 1), key: frame[key].to_numpy(), "other": other.to_numpy()}
    )
    found = found[frame.duplicated(list(alike), keep=False).to_numpy()].reset_index(drop=True)
    found.attrs["columns"] = {"row": {"unit": "position", "digits": 0}}
    return found


def _settling(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Receipts whose pledge is of another source, kind or unit, is none, comes later, or is exceeded by what has settled it so far."""
    if "pledge" not in frame or not frame["pledge"].notna().any():
        return []
    link = frame["pledge"].astype(object)
    pledges = frame[frame["status"] == "pledged"].set_index("entry")
    linked, promise = link.notna(), frame["status"] == "pledged"
    receipt = linked & ~promise
    known = receipt & link.isin(pledges.index)
    columns = ("source", "kind", "date", "amount", "hours")
    held = {name: pledges[name].reindex(link.where(linked, "")).set_axis(frame.index) for name in columns}
    in_euro, in_hours = frame["amount"].notna(), frame["hours"].notna()
    pledged_euro, pledged_hours = held["amount"].notna(), held["hours"].notna()
    order = frame.assign(link=link)[known].sort_values("date", kind="stable")
    beyond = pd.Series(False, index=frame.index)
    for name in ("amount", "hours"):
        so_far = order[name].fillna(0.0).groupby(order["link"]).cumsum().reindex(frame.index)
        beyond |= known & frame[name].notna() & held[name].notna() & (so_far > held[name] + CENT)
    checks = {
        "no-pledge": receipt & ~known,
        "pledge-settles": linked & promise,
        "other-source": known & (held["source"] != frame["source"]),
        "other-kind": known & (held["kind"] != frame["kind"]),
        "other-unit": known & ~((in_euro & pledged_euro) | (in_hours & pledged_hours)),
        "before-pledge": known & (frame["date"] < held["date"]),
        "beyond-pledge": beyond,
    }
    return [_flagged(np.flatnonzero(mask), frame, reason, link) for reason, mask in checks.items()]


@dataclass(frozen=True)
class Valued:
    """Entries with their value in euros (`euro`, `euro_low`, `euro_high`, the amount itself where one is recorded) and the wages used: kind, wage, low, high in euros an hour."""

    entries: pd.DataFrame
    wages: pd.DataFrame

    def money(self, bound: str = "") -> pd.DataFrame:
        """The register with hours turned into euros; `bound` "low" or "high" takes the lowest or highest wages."""
        column = f"euro_{bound}" if bound else "euro"
        hourly = self.entries["valued"]
        return self.entries.assign(
            amount=self.entries[column],
            hours=self.entries["hours"].where(~hourly),
            currency=self.entries["currency"].astype(object).where(~hourly, CURRENCY),
        ).drop(columns=["euro", "euro_low", "euro_high", "valued"])

    def table(self) -> pd.DataFrame:
        """One row a kind of work and status: entries, hours, wage, their value with that of the lowest and highest wages. A complete count at wages that are assumptions."""
        own = self.entries[self.entries["valued"]]
        frame = own.groupby(["kind", "status"], as_index=False).agg(
            entries=("entry", "size"), hours=("hours", "sum"), value=("euro", "sum"),
            value_low=("euro_low", lambda each: each.sum(min_count=len(each))),
            value_high=("euro_high", lambda each: each.sum(min_count=len(each))),
        )  # fmt: skip
        frame.insert(4, "wage", frame["kind"].map(self.wages.set_index("kind")["wage"]))
        frame.attrs["columns"] = {
            "kind": {"labels": "contribution"},
            "status": {"labels": "money_status"},
            "entries": {"counts": "things"},
            "hours": {"unit": "hours", "n": "entries"},
            "wage": {"unit": "euro", "digits": 2, "n": "entries"},
            **{name: {"unit": "euro", "n": "entries"} for name in ("value", "value_low", "value_high")},
        }
        return frame


def valued(
    money: pd.DataFrame, wages: pd.DataFrame, mix: Mapping[str, float] | None = None, role: str = "other"
) -> Valued:
    """Hours of skill and of time in euros: skill at the wage of role "skill", time at that of `role`, or at the mean of the roles weighted by `mix` (role → hours).

    wages: role, wage, low, high (euros an hour, full cost to who would pay for the work). An entry that has an amount keeps it. Refused: what `check` refuses;
    wages doubled, not positive, or outside their own bounds; a role that is needed and absent; a `mix` that is negative or sums to nothing.
    """
    entries = check(money).entries
    filled("wages", wages, ("role", "wage", "low", "high"))
    rates = wages.reset_index(drop=True).assign(
        **{name: numbers(wages.reset_index(drop=True), name) for name in ("wage", "low", "high")}
    )
    refuse("wages", [
        (rates.duplicated("role", keep=False), say("mansione ripetuta", "a role stated twice"), ""),
        (~(rates["wage"] > 0), say("costo orario mancante o non positivo", "an hourly cost missing or not positive"), "> 0"),
        ((rates["low"] <= 0) | (rates["low"] > rates["wage"]) | (rates["high"] < rates["wage"]), say("costo orario fuori dai suoi limiti", "an hourly cost outside its bounds"), "0 < low ≤ wage ≤ high"),
    ])  # fmt: skip
    by_role = rates.set_index("role")[["wage", "low", "high"]]
    hourly = entries["kind"].isin(HOURLY) & entries["amount"].isna()
    weights = pd.Series(dict(mix) if mix is not None else {role: 1.0}, dtype=float)
    if not (weights >= 0).all() or not weights.sum() > 0:
        what = say("ore per mansione negative o nulle", "hours by role negative or none")
        raise EstimateError(Fault(what, "mix", say("almeno un'ora", "at least an hour")))
    weights = weights[weights > 0]
    needed = {"skill": ["skill"], "time": list(weights.index)}
    faults = [
        Fault(
            say(f"manca il costo orario di «{name}»", f"the hourly cost of '{name}' is missing"),
            where("money", hourly & (entries["kind"] == kind)),
            ", ".join(map(str, by_role.index)),
            say("Aggiungerlo a wages.", "Add it to wages."),
        )
        for kind, names in needed.items()
        if (hourly & (entries["kind"] == kind)).any()
        for name in names
        if name not in by_role.index
    ]
    if faults:
        raise EstimateError(faults)
    shares = {"skill": pd.Series({"skill": 1.0}), "time": weights / weights.sum()}
    used = pd.DataFrame(
        {kind: by_role.reindex(share.index).mul(share, axis=0).sum(min_count=len(share)) for kind, share in shares.items()}
    ).T.rename_axis("kind")  # fmt: skip
    rate = used.reindex(entries["kind"]).set_axis(entries.index)
    value = {
        name: entries["amount"].where(~hourly, entries["hours"] * rate[column])
        for name, column in (("euro", "wage"), ("euro_low", "low"), ("euro_high", "high"))
    }
    return Valued(entries.assign(**value, valued=hourly), used.reset_index())
