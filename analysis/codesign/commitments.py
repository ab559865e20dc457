"""Resources committed and resources delivered: money, goods, space, skills and time, by kind, by who gives, and by giver.

Pledges and receipts are sums of what the register holds, in euros or in hours, never added to one another. Delivered over committed may pass one: something may
arrive that nobody had pledged. Complete counts: no interval.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

STATUS = ("pledged", "received")
UNITS = {"amount": "euro", "hours": "hours"}


def checked(money: pd.DataFrame) -> pd.DataFrame:
    """The entries that are pledges or receipts, with amounts and hours as numbers.

    Refused, all at once: columns missing, another status, a negative amount, an entry with neither euros nor hours, euros in another currency.
    """
    required("money", money, ("entry", "source", "kind", "status", "amount", "hours"))
    amount, hours = (pd.to_numeric(money[name], errors="coerce") for name in ("amount", "hours"))
    currency = money.get("currency", pd.Series(index=money.index, dtype=object))
    checks = [
        (~money["status"].isin(STATUS), say("stato sconosciuto", "unknown status"), ", ".join(STATUS)),
        ((amount < 0) | (hours < 0), say("importo o ore negativi", "a negative amount or negative hours"), say("da 0 in su", "from 0")),
        (amount.isna() & hours.isna(), say("né importo né ore", "neither an amount nor hours"), ""),
        (currency.notna() & currency.ne("EUR"), say("altra valuta", "another currency"), "EUR"),
    ]  # fmt: skip
    faults = [Fault(what, where("money", mask), allowed) for mask, what, allowed in checks if mask.any()]
    if faults:
        raise EstimateError(faults)
    return money.assign(amount=amount, hours=hours)


def by(money: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """One row a group of `columns` and unit (euro, hours) in which something was committed or delivered: entries, committed, delivered, delivered over committed."""
    entries = checked(money)
    parts = []
    for name, unit in UNITS.items():
        own = entries[entries[name].notna()]
        sums = own.pivot_table(
            index=list(columns), columns="status", values=name, aggfunc="sum", fill_value=0.0, observed=True
        ).reindex(columns=list(STATUS), fill_value=0.0)
        counts = own.groupby(list(columns), observed=True).size()
        part = sums.set_axis([f"committed_{unit}", f"delivered_{unit}"], axis=1)
        parts.append(part.assign(**{f"entries_{unit}": counts}))
    frame = parts[0].join(parts[1], how="outer")
    for unit in UNITS.values():
        committed, delivered = frame[f"committed_{unit}"], frame[f"delivered_{unit}"]
        frame[f"delivered_share_{unit}"] = (delivered / committed).where(committed > 0)
        frame[f"entries_{unit}"] = frame[f"entries_{unit}"].fillna(0).astype(int)
    names = [f"{stem}_{unit}" for unit in UNITS.values() for stem in ("committed", "delivered", "delivered_share", "entries")]  # fmt: skip
    frame = frame[names].reset_index()
    frame.attrs["columns"] = {
        "kind": {"labels": "contribution"},
        **{
            f"{stem}_{unit}": {"unit": "share" if stem == "delivered_share" else unit, "digits": 0, "n": f"entries_{unit}"}
            for unit in UNITS.values()
            for stem in ("committed", "delivered", "delivered_share")
        },
        **{f"entries_{unit}": {"counts": "things", "hidden": True} for unit in UNITS.values()},
    }  # fmt: skip
    frame.attrs["columns"] = {k: v for k, v in frame.attrs["columns"].items() if k in frame}
    return frame


def by_actor(money: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """As `by`, one row a giver that is among `actors` (by name), largest commitment in euros first; column organisation in the place of its name."""
    known = actors.drop_duplicates("name").set_index("name")["actor"]
    own = money[money["source"].isin(known.index)]
    frame = by(own.assign(organisation=own["source"].map(known)), ["organisation"])
    order = np.argsort(-frame["committed_euro"].fillna(0).to_numpy(), kind="stable")
    attrs = frame.attrs
    frame = frame.iloc[order].reset_index(drop=True)
    frame.attrs = attrs
    frame.attrs["columns"]["organisation"] = {"organisation": True, "single": True}
    return frame
