"""Registers of money, costs and actions written out by hand, and the check that a table is specified to its last column."""

import pandas as pd

from analysis.evidence import columns

MONEY = ["entry", "date", "source", "source_kind", "kind", "status", "amount", "hours", "pledge", "semester"]
COSTS = ["cost", "date", "category", "amount", "in_kind", "recurring", "semester"]
ACTIONS = ["action", "goal", "resource", "strategy", "asker", "asked", "by", "target", "status", "result", "semester"]  # fmt: skip


def money_of(*rows):
    """entry, date, source, source_kind, kind, status, amount, hours, pledge, semester; in euros where there is an amount."""
    frame = pd.DataFrame(rows, columns=MONEY)
    frame["date"] = pd.to_datetime(frame["date"])
    frame["currency"] = pd.Series("EUR", index=frame.index).where(frame["amount"].notna())
    return frame


def costs_of(*rows):
    """cost, date, category, amount, in_kind, recurring, semester."""
    frame = pd.DataFrame(rows, columns=COSTS)
    return frame.assign(date=pd.to_datetime(frame["date"]), service="s1")


def actions_of(*rows):
    """action, goal, resource, strategy, asker, asked, by, target, status, result, semester."""
    frame = pd.DataFrame(rows, columns=ACTIONS)
    return frame.assign(by=pd.to_datetime(frame["by"]))


LEDGER = (
    ("m1", "2016-01-10", "Fondazione", "lead-funder", "cash", "pledged", 600.0, None, None, 1),
    ("m2", "2016-02-10", "Fondazione", "lead-funder", "cash", "received", 300.0, None, "m1", 1),
    ("m3", "2016-08-10", "Fondazione", "lead-funder", "cash", "received", 300.0, None, "m1", 2),
    ("m4", "2016-03-01", "Banca", "company", "cash", "pledged", 400.0, None, None, 1),
    ("m5", "2016-09-01", "Banca", "company", "cash", "received", 100.0, None, None, 2),
    ("m6", "2016-04-01", "Bottega", "company", "goods", "pledged", 80.0, None, None, 1),
    ("m7", "2016-05-01", "Studio", "company", "skill", "pledged", None, 20.0, None, 1),
    ("m8", "2016-10-01", "Studio", "company", "skill", "received", None, 12.0, None, 2),
    ("m9", "2016-06-01", "Vicini", "citizens", "time", "received", None, 30.0, None, 1),
)


def specified(frame):
    """Every column of the table resolves, so that the door of evidence lets it through; returns their roles by name."""
    return {column.name: column for column in columns.resolve(frame, None, "table", None)}
