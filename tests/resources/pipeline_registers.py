"""Registers for the tests of proposals, campaigns and donors: one written out by hand, others drawn from a known truth."""

import datetime as dt

import numpy as np
import pandas as pd

END = dt.date(2018, 12, 31)
COLUMNS = ["proposal", "funder", "funder_kind", "stage", "date", "amount", "currency"]
HAND = [
    ("p1", "Alfa", "foundation", "prospect", "2016-01-01", 10_000, "EUR"),
    ("p1", "Alfa", "foundation", "contacted", "2016-02-01", 10_000, "EUR"),
    ("p1", "Alfa", "foundation", "submitted", "2016-03-01", 20_000, "EUR"),
    ("p1", "Alfa", "foundation", "won", "2016-03-31", 15_000, "EUR"),  # 30 days after submission
    ("p2", "Beta", "foundation", "submitted", "2016-05-01", 8_000, "EUR"),
    ("p2", "Beta", "foundation", "negotiation", "2016-05-11", 8_000, "EUR"),
    ("p2", "Beta", "foundation", "lost", "2016-05-21", 8_000, "EUR"),  # 20 days
    ("p3", "Gamma", "company", "contacted", "2016-06-01", 3_000, "EUR"),
    ("p3", "Gamma", "company", "lost", "2016-07-01", 3_000, "EUR"),  # never submitted
    ("p4", "Delta", "company", "submitted", "2017-01-01", 5_000, "EUR"),
    ("p4", "Delta", "company", "won", "2017-02-10", 5_000, "EUR"),  # 40 days
    ("p5", "Alfa", "foundation", "submitted", "2018-12-01", 30_000, None),  # open, 30 days
    ("p6", "Zeta", "public", "prospect", "2018-12-21", 12_000, "EUR"),  # open, never submitted
]


def proposals(rows=HAND):
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.assign(date=pd.to_datetime(frame["date"]))


def drawn(n, seed, chances=(("foundation", 0.6), ("company", 0.3), ("public", 0.4)), closed=0.85):
    """n proposals, all submitted, with independent ends: won with the chance of their kind, after an exponential wait of 90 days on average."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(len(chances), size=n)
    start = pd.Timestamp("2016-01-01") + pd.to_timedelta(rng.integers(0, 800, n), unit="D")
    wait = pd.to_timedelta(rng.exponential(90, n).astype(int) + 1, unit="D")
    won = rng.random(n) < np.array([p for _, p in chances])[kind]
    ended = (rng.random(n) < closed) & (start + wait <= pd.Timestamp(END))
    first = pd.DataFrame(
        {
            "proposal": [f"q{k:03d}" for k in range(n)],
            "funder": [f"Ente {k % 9}" for k in range(n)],
            "funder_kind": np.array([name for name, _ in chances])[kind],
            "stage": "submitted",
            "date": start,
            "amount": rng.choice([5_000.0, 10_000.0, 20_000.0, 50_000.0], n),
            "currency": "EUR",
        }
    )
    last = first.assign(stage=np.where(won, "won", "lost"), date=start + wait)[ended]
    return pd.concat([first, last], ignore_index=True)


GIFTS = [  # gift, donor, date, amount
    ("g1", "a", "2015-03-01", 100),
    ("g2", "b", "2015-04-01", 50),
    ("g3", "c", "2015-05-01", 30),
    ("g4", "a", "2016-03-01", 150),  # upgraded 50
    ("g5", "b", "2016-06-01", 20),  # downgraded 30
    ("g6", "d", "2016-07-01", 80),  # new; c lapsed 30
    ("g7", "a", "2017-03-01", 90),
    ("g8", "a", "2017-09-01", 60),  # same as 2016: 150
    ("g9", "c", "2017-10-01", 40),  # recaptured; b lapsed 20, d lapsed 80
    ("g10", "e", "2018-01-01", 10),  # new; a lapsed 150, c lapsed 40
]


def gifts(rows=GIFTS):
    frame = pd.DataFrame(rows, columns=["gift", "donor", "date", "amount"])
    return frame.assign(date=pd.to_datetime(frame["date"]), currency="EUR")


def many_gifts(n, seed, campaigns=("c1", "c2", "c3", "c4")):
    """Gifts of n donors over 2014-2018, half of whom give again the year after."""
    rng = np.random.default_rng(seed)
    years = 5
    first = rng.integers(0, years, n)
    stays = np.cumprod(rng.random((n, years)) < 0.6, axis=1).astype(bool)
    back = rng.random((n, years)) < 0.15
    since = np.arange(years) - first[:, None]
    gives = (since == 0) | (
        (since > 0) & (np.take_along_axis(stays, np.maximum(since - 1, 0), axis=1) | back)
    )
    donor, year = np.nonzero(gives)
    size = len(donor)
    return pd.DataFrame(
        {
            "gift": [f"g{k}" for k in range(size)],
            "donor": [f"d{k}" for k in donor],
            "date": pd.to_datetime({"year": 2014 + year, "month": rng.integers(1, 13, size), "day": rng.integers(1, 28, size)}),
            "amount": np.round(rng.lognormal(3.2, 0.8, size), 2),
            "currency": "EUR",
            "campaign": rng.choice(campaigns, size),
        }
    )  # fmt: skip


def campaigns(given):
    """Four campaigns that the gifts account for, three grants without gifts, one that raised nothing, one without cost."""
    sums, donors = given.groupby("campaign")["amount"].sum(), given.groupby("campaign")["donor"].nunique()
    rows = [
        *[(name, f"Campagna {name}", kind, cost, sums[name], donors[name]) for name, kind, cost in
          (("c1", "event", 900.0), ("c2", "mail", 500.0), ("c3", "web", 300.0), ("c4", "mail", 450.0))],
        ("c5", "Primo bando", "grant", 2_000.0, 20_000.0, None),
        ("c6", "Secondo bando", "grant", 1_500.0, 6_000.0, None),
        ("c7", "Terzo bando", "grant", 500.0, 9_000.0, None),
        ("c8", "Concerto", "event", 800.0, 0.0, None),
        ("c9", "Senza costi", "major-gift", 0.0, 500.0, 3),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["campaign", "name", "kind", "cost", "raised", "donors"])
