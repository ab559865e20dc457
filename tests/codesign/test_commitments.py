"""Committed and delivered: a ledger of eight entries written out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import commitments
from analysis.errors import EstimateError

LEDGER = [  # entry, source, kind, status, amount, hours
    ("l1", "Bank", "cash", "pledged", 1000.0, None),
    ("l2", "Bank", "cash", "received", 400.0, None),
    ("l3", "Coop", "cash", "pledged", 500.0, None),
    ("l4", "Coop", "time", "pledged", None, 20.0),
    ("l5", "Coop", "time", "received", None, 25.0),
    ("l6", "Citizens", "goods", "received", 80.0, None),  # nobody had pledged it
    ("l7", "Bank", "skill", "pledged", None, 8.0),
]


@pytest.fixture
def ledger():
    frame = pd.DataFrame(LEDGER, columns=["entry", "source", "kind", "status", "amount", "hours"])
    return frame.assign(currency=np.where(frame["amount"].notna(), "EUR", None))


@pytest.fixture
def actors():
    return pd.DataFrame({"actor": ["a1", "a2", "a3"], "name": ["Coop", "Bank", "Shop"]})


def test_by_kind_in_the_unit_of_each(ledger):
    table = commitments.by(ledger, ["kind"]).set_index("kind")
    assert table.loc[
        "cash", ["committed_euro", "delivered_euro", "delivered_share_euro"]
    ].tolist() == pytest.approx([1500, 400, 4 / 15])
    assert table.loc[
        "time", ["committed_hours", "delivered_hours", "delivered_share_hours"]
    ].tolist() == pytest.approx([20, 25, 1.25])
    assert table.loc["goods", "delivered_euro"] == 80 and np.isnan(table.loc["goods", "delivered_share_euro"])
    assert np.isnan(table.loc["skill", "committed_euro"]) and table.loc["skill", "entries_euro"] == 0


def test_by_giver_only_those_who_are_actors_and_each_rated_singly(ledger, actors):
    table = commitments.by_actor(ledger, actors)
    assert table["organisation"].tolist() == ["a2", "a1"]
    assert table["committed_hours"].tolist() == [8, 20]
    assert table.attrs["columns"]["organisation"] == {"organisation": True, "single": True}


def test_wrong_entries_are_refused_all_at_once(ledger):
    wrong = ledger.copy()
    wrong.loc[0, "amount"] = -5
    wrong.loc[1, "status"] = "spent"
    wrong.loc[2, "currency"] = "USD"
    wrong.loc[3, "hours"] = None
    with pytest.raises(EstimateError) as caught:
        commitments.by(wrong, ["kind"])
    text = str(caught.value)
    for row in ("1", "2", "3", "4"):
        assert f" {row}" in text, text
    with pytest.raises(EstimateError, match="status"):
        commitments.by(ledger.drop(columns="status"), ["kind"])
