"""Pledged and received by semester, form and kind of source; the share that does not come from the lead funder; pledges still open, by age.

Sums of what the register holds, euros and hours apart. Received over pledged may pass one: something may come that nobody had pledged. Complete counts: no
interval. By semester the two are compared as they stand at its end, since what comes in a semester mostly settles earlier pledges.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, say
from analysis.resources import registers
from analysis.resources.ledger import CENT, LEAD, SOURCES, STATUS, check
from analysis.rows import required, where

UNITS = {"amount": "euro", "hours": "hours"}
FLOOR = 0.40  # what the calls leave to others where they grant 60 % of the cost at most
BASES = ("cash", "euro")
AGES = (90, 180, 365)
AGE_CODES = ("to_90", "to_180", "to_365", "beyond_365")
LABELS = {"kind": "contribution", "source_kind": "source_kind", "semester": "semester"}


@dataclass(frozen=True)
class Flows:
    """Sums by group (`by`) and unit: unit (euro, hours), pledged, received, entries; with `semester`, the sums up to its end as well."""

    by: tuple[str, ...]
    sums: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a group and unit in which something was pledged or received: both in euros and in hours, received over pledged (by semester: up to its end), entries."""
        share = "received_share_upto" if "semester" in self.by else "received_share"
        stems = ("pledged", "received", share, "entries")
        frame = self.sums.rename(columns={"received_share": share})[[*self.by, "unit", *stems]]
        wide = frame.set_index([*self.by, "unit"]).unstack("unit")
        groups = frame[list(self.by)].drop_duplicates()
        wide = wide.reindex(
            pd.MultiIndex.from_frame(groups)
            if len(self.by) > 1
            else pd.Index(groups.iloc[:, 0], name=self.by[0])
        )
        table = pd.DataFrame(
            {f"{stem}_{unit}": wide.get((stem, unit), np.nan) for unit in UNITS.values() for stem in stems},
            index=wide.index,
        ).reset_index()
        spec: dict[str, dict[str, object]] = {name: {"labels": LABELS.get(name, name)} for name in self.by}
        for unit in UNITS.values():
            table[f"entries_{unit}"] = table[f"entries_{unit}"].fillna(0).astype(int)
            spec |= {f"{stem}_{unit}": {"unit": unit, "n": f"entries_{unit}"} for stem in stems[:2]}
            spec[f"{share}_{unit}"] = {"unit": "share", "digits": 0, "n": f"entries_{unit}"}
            spec[f"entries_{unit}"] = {"counts": "things", "hidden": True}
        table.attrs["columns"] = spec
        return table

    def long(self) -> pd.DataFrame:
        """One row a group and unit, for the figures: `by`, unit, pledged, received, received_share, entries; euros and hours in rows of their own."""
        frame = self.sums[[*self.by, "unit", "pledged", "received", "received_share", "entries"]].copy()
        frame.attrs["columns"] = {
            **{name: {"labels": LABELS.get(name, name)} for name in self.by},
            "unit": {"labels": "measure"},
            **{name: {"unit": "number", "n": "entries"} for name in STATUS},
            "received_share": {"unit": "share", "digits": 0, "n": "entries"},
            "entries": {"counts": "things"},
        }
        return frame


def flows(money: pd.DataFrame, by: Sequence[str] = ("kind",)) -> Flows:
    """Pledged and received by the columns `by`, among which may be `semester` (the number of the semester of each date).

    Every semester up to the last on record has a row for each group, with zero where nothing was entered; dates in no semester stand apart as "outside".
    An entry of skill or time that has both hours and an amount counts in each unit. Refused: what `ledger.check` refuses; a column of `by` that is absent.
    """
    if not by or len(set(by)) != len(by):
        raise ParameterError(
            Fault(
                f"by = {', '.join(by)}",
                "flows",
                say("una o più colonne diverse", "one or more columns, each once"),
            )
        )
    entries = check(money).entries
    required("money", entries, by)
    for name in by:
        entries[name] = (
            registers.semesters("money", entries) if name == "semester" else registers.codes(entries, name)
        )
    order = registers.in_order(entries["semester"]) if "semester" in by else []
    parts = []
    for name, unit in UNITS.items():
        own = entries[entries[name].notna()]
        if own.empty:
            continue
        split = {code: own[name].where(own["status"] == code, 0.0) for code in STATUS}
        keys = own[list(by)].assign(**split, entries=1).groupby(list(by), sort=True)
        part = keys[[*STATUS, "entries"]].sum().reset_index()
        parts.append((_by_semester(part, order) if order else _share(part)).assign(unit=unit))
    return Flows(tuple(by), pd.concat(parts, ignore_index=True))


def _share(frame: pd.DataFrame, suffix: str = "") -> pd.DataFrame:
    pledged, received = frame[f"pledged{suffix}"], frame[f"received{suffix}"]
    return frame.assign(received_share=(received / pledged.where(pledged > 0)))


def _by_semester(frame: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """Every group in every semester of `order`, with the sums up to its end and their share; none of dates in no semester."""
    groups = [name for name in frame.columns if name not in ("semester", *STATUS, "entries")]
    spans = pd.DataFrame({"semester": order})
    whole = frame[list(groups)].drop_duplicates().merge(spans, how="cross") if groups else spans
    frame = whole.merge(frame, on=[*groups, "semester"], how="left")
    values = [*STATUS, "entries"]
    frame[values] = frame[values].fillna(0.0)
    frame["entries"] = frame["entries"].astype(int)
    running = frame.groupby(list(groups))[list(STATUS)] if groups else frame[list(STATUS)]
    upto = running.cumsum().where(frame["semester"] != registers.OUTSIDE)
    frame = _share(frame.assign(pledged_upto=upto["pledged"], received_upto=upto["received"]), "_upto")
    rank = frame["semester"].map({code: k for k, code in enumerate(order)})
    return frame.iloc[rank.argsort(kind="stable").to_numpy()].reset_index(drop=True)


def share(part: float, whole: float, name: str = "share") -> float:
    """part/whole, of sums that are not negative. Refused: a whole that is not positive, a negative part, a part above the whole, anything missing."""
    if not (np.isfinite(part) and np.isfinite(whole) and whole > 0 and 0 <= part <= whole):
        what = say(f"{part:g} su {whole:g}", f"{part:g} of {whole:g}")
        raise EstimateError(
            Fault(what, name, say("0 ≤ parte ≤ tutto, tutto > 0", "0 ≤ part ≤ whole, whole > 0"))
        )
    return part / whole


@dataclass(frozen=True)
class CoFunding:
    """Sums in euros by basis (cash; every contribution in euros) and status: total, lead, others, others_share, entries; `floor`: the share that others are to give."""

    sums: pd.DataFrame
    floor: float

    def at(self, basis: str = "cash", status: str = "received") -> pd.Series:
        """The row of one basis and status."""
        rows = self.sums[(self.sums["basis"] == basis) & (self.sums["status"] == status)]
        return rows.iloc[0]

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks of co-funding: the lead funder's share of the cash received; nothing where none was."""
        others = float(self.at()["others_share"])
        return {} if np.isnan(others) else {"lead_share": 1 - others}

    def table(self) -> pd.DataFrame:
        """One row a basis and status: total, from the lead funder, from others, their share, its difference from the floor in percentage points, entries. No verdict."""
        frame = self.sums.assign(from_floor=self.sums["others_share"] - self.floor)
        frame = frame[["basis", "status", "total", "lead", "others", "others_share", "from_floor", "entries"]]
        frame.attrs["columns"] = {
            "basis": {"labels": "basis"},
            "status": {"labels": "money_status"},
            **{name: {"unit": "euro", "n": "entries"} for name in ("total", "lead", "others")},
            "others_share": {"unit": "share", "n": "entries"},
            "from_floor": {"unit": "share_points", "n": "entries"},
            "entries": {"counts": "things"},
        }
        return frame


def cofunding(money: pd.DataFrame, floor: float = FLOOR, lead: str = LEAD) -> CoFunding:
    """The share of what was pledged, and of what was received, that comes from others than the lead funder (`lead`, a kind of source), in cash and in all euros.

    Hours count only where they were turned into euros before (`ledger.valued(...).money()`). Missing where nothing was pledged, or received. Refused: what
    `ledger.check` refuses; an entry without its kind of source; a register without a euro; a floor outside 0–1.
    """
    if not 0 <= floor <= 1:
        raise ParameterError(Fault(f"floor = {floor}", "cofunding", "0–1"))
    entries = check(money).entries
    lost = entries["source_kind"].isna()
    if lost.any():
        what = say("manca il tipo di provenienza", "the kind of source is missing")
        raise EstimateError(Fault(what, where("money", lost), ", ".join(SOURCES)))
    parts = []
    for basis in BASES:
        own = entries[entries["amount"].notna() & ((entries["kind"] == "cash") | (basis == "euro"))]
        led = own["amount"].where(own["source_kind"] == lead, 0.0)
        by = (
            own.assign(lead=led)
            .groupby("status")
            .agg(total=("amount", "sum"), lead=("lead", "sum"), entries=("amount", "size"))
        )
        part = by.reindex(list(STATUS)).assign(basis=basis).rename_axis("status").reset_index()
        parts.append(part)
    sums = pd.concat(parts, ignore_index=True)
    sums[["total", "lead", "entries"]] = sums[["total", "lead", "entries"]].fillna(0)
    if not sums["total"].sum() > 0:
        what = say("nessun euro promesso o ricevuto", "not a euro pledged or received")
        raise EstimateError(Fault(what, "money", say("un totale positivo", "a positive total")))
    sums["others"] = sums["total"] - sums["lead"]
    sums["others_share"] = sums["others"] / sums["total"].where(sums["total"] > 0)
    sums["entries"] = sums["entries"].astype(int)
    return CoFunding(sums, floor)


@dataclass(frozen=True)
class Outstanding:
    """Pledges still open at `on`: entry, source, source_kind, kind, unit, date, age (days), pledged, settled, open; and of how many pledges in all."""

    pledges: pd.DataFrame
    on: dt.date
    made: int

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks of pledges: the age in days of the oldest that is open."""
        return {"oldest_pledge": float(self.pledges["age"].max())} if len(self.pledges) else {}

    def late(self, days: float) -> pd.DataFrame:
        """The pledges that have been open for more than `days`."""
        return self.pledges[self.pledges["age"] > days]

    def table(self, actors: pd.DataFrame | None = None) -> pd.DataFrame:
        """One row an open pledge, oldest first: date, age, what is open of what was pledged. With `actors` (actor, name, type, publish_name), who pledged; empty
        where it is none of them, a citizen, or a body that chose never to appear singly.
        """
        frame = self.pledges.rename(columns={"date": "pledged_on"}).assign(each=1)
        names = [
            "entry",
            "source_kind",
            "kind",
            "pledged_on",
            "age",
            "pledged",
            "settled",
            "open",
            "unit",
            "each",
        ]
        if actors is not None:
            required("actors", actors, ("actor", "name", "type", "publish_name"))
            singly = (actors["type"] != "citizen") & actors["publish_name"].astype("string").ne("no").fillna(
                True
            )
            known = actors[singly].drop_duplicates("name").set_index("name")["actor"]
            frame["organisation"] = frame["source"].map(known).astype(object)
            names.insert(1, "organisation")
        frame = frame[names].assign(pledged_on=frame["pledged_on"].dt.date.astype(str))
        frame.attrs["columns"] = {
            **({"organisation": {"organisation": True}} if actors is not None else {}),
            "source_kind": {"labels": "source_kind"},
            "kind": {"labels": "contribution"},
            "age": {"unit": "number", "digits": 0, "n": "each"},
            **{name: {"unit": "number", "digits": 0, "n": "each"} for name in ("pledged", "settled", "open")},
            "unit": {"labels": "measure"},
            "each": {"counts": "things", "hidden": True},
        }
        return frame.reset_index(drop=True)

    def ages(self) -> pd.DataFrame:
        """One row an age band: pledges open, and what is open of them in euros and in hours."""
        band = np.array(AGE_CODES)[np.searchsorted(AGES, self.pledges["age"].to_numpy(), side="left")]
        own = self.pledges.assign(age=band)
        frame = pd.DataFrame({"age": list(AGE_CODES)})
        frame["pledges"] = frame["age"].map(own.groupby("age")["entry"].nunique()).fillna(0).astype(int)
        for unit in UNITS.values():
            sums = own[own["unit"] == unit].groupby("age")["open"].sum()
            frame[f"open_{unit}"] = frame["age"].map(sums).fillna(0.0)
        frame.attrs["columns"] = {
            "age": {"labels": "pledge_age"},
            "pledges": {"counts": "things"},
            **{f"open_{unit}": {"unit": unit, "n": "pledges"} for unit in UNITS.values()},
        }
        return frame


def outstanding(money: pd.DataFrame, on: dt.date | pd.Timestamp) -> Outstanding:
    """The pledges made up to `on` that nothing has wholly settled by then, with their age in days.

    A receipt that names its pledge settles that one. The others settle the pledges of the same source, kind and unit that stood when they came, oldest
    first; what comes when none stands settles none. Refused: what `ledger.check` refuses.
    """
    entries, day = check(money).entries, pd.Timestamp(on)
    entries = entries[entries["date"] <= day]
    link = registers.codes(entries, "pledge")
    parts = []
    for name, unit in UNITS.items():
        own = entries[entries[name].notna()].assign(link=link, value=entries[name], unit=unit)
        promised = own[own["status"] == "pledged"].copy()
        receipts = own[own["status"] == "received"]
        named = receipts["link"].isin(promised["entry"])
        by_name = receipts[named].groupby("link")["value"].sum()
        settled = by_name.reindex(promised["entry"]).fillna(0.0).to_numpy()
        promised["left"] = (promised["value"] - settled).clip(lower=0.0)
        parts.append(_oldest_first(promised, receipts[~named]))
    pledges = pd.concat(parts, ignore_index=True)
    made = int(pledges["entry"].nunique())
    pledges = pledges[pledges["open"] > CENT].assign(age=lambda f: (day - f["date"]).dt.days)
    pledges = pledges.sort_values(["date", "entry"], kind="stable").reset_index(drop=True)
    pledges = pledges.rename(columns={"value": "pledged"}).assign(settled=lambda f: f["pledged"] - f["open"])
    columns = ["entry", "source", "source_kind", "kind", "unit", "date", "age", "pledged", "settled", "open"]
    return Outstanding(pledges[columns], day.date(), made)


def _oldest_first(promised: pd.DataFrame, receipts: pd.DataFrame) -> pd.DataFrame:
    """`promised` with what stays open of each once `receipts` without a pledge have settled, oldest first, what stood when they came.

    What stands in a group of source and kind is its running balance of pledges less receipts, raised by its lowest point below zero so far: a receipt
    when nothing stands settles nothing.
    """
    keys = ["source", "kind"]
    queue = pd.concat(
        [promised.assign(move=promised["left"], rank=0), receipts.assign(move=-receipts["value"], rank=1)]
    )
    queue = queue.sort_values(["date", "rank"], kind="stable")
    balance = queue.groupby(keys)["move"].cumsum()
    lowest = balance.groupby([queue[key] for key in keys]).cummin().clip(upper=0.0)
    standing = queue.assign(standing=balance - lowest).groupby(keys)["standing"].last()
    own = promised.sort_values("date", kind="stable")
    total = own.groupby(keys)["left"].transform("sum")
    before = own.groupby(keys)["left"].cumsum() - own["left"]
    still = standing.reindex(pd.MultiIndex.from_frame(own[keys])).to_numpy()
    settled = (total - still - before).clip(lower=0.0)
    return own.assign(open=(own["left"] - np.minimum(settled, own["left"])))
