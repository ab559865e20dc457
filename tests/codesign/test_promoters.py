"""Promoters and catalysers: five bodies written out by hand; the one in the middle of two pairs stands between them."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import promoters
from analysis.codesign.ties import Ratings

NAMES = ("bank", "shop", "hub", "coop", "town")
TYPES = pd.Series(["profit", "profit", "nonprofit", "nonprofit", "public"], index=NAMES)


@pytest.fixture
def given():
    """The hub is tied to all others, bank and shop to each other, coop and town to each other."""
    level = np.ones((5, 5))
    np.fill_diagonal(level, np.nan)
    level[2, [0, 1, 3, 4]] = level[[0, 1, 3, 4], 2] = 4
    level[[0, 1, 3, 4], [1, 0, 4, 3]] = 4
    return Ratings(NAMES, level)


@pytest.fixture
def tables():
    ideas = pd.DataFrame(
        [
            ("i1", "bank", "proposed"),
            ("i1", "bank", "service"),
            ("i2", "hub", "proposed"),
            ("i3", None, "proposed"),
        ],
        columns=["idea", "promoter", "stage"],
    )
    events = pd.DataFrame({"facilitator": ["hub", "hub", "town"]})
    acts = pd.DataFrame([("hub", "agreement"), ("hub", "none")], columns=["mediator", "result"])
    return {"ideas": ideas, "events": events, "mediation": acts}


def test_the_one_in_the_middle_is_first(given):
    table = promoters.positions(given, 3).set_index("organisation")
    assert table.index[0] == "hub"
    assert table.loc["hub", ["contacts", "cut_off"]].tolist() == [4, 4]
    assert table.loc["hub", "betweenness"] == pytest.approx(4 / 6)
    assert table.loc["hub", "constraint"] < table.drop("hub")["constraint"].min()
    assert (table.drop("hub")["cut_off"] == 0).all()


def test_each_did_what_the_registers_say(given, tables):
    table = promoters.table(NAMES, tables, given, 3, TYPES).set_index("organisation")
    assert table.loc["bank", ["promoted", "became_service"]].tolist() == [1, 1]
    assert table.loc[
        "hub", ["promoted", "became_service", "facilitated", "mediated", "agreements"]
    ].tolist() == [1, 0, 2, 2, 1]
    assert table.loc["hub", "brokered"] == 8  # two on each side, in both directions
    assert "shop" not in table.index and table.loc["town", "facilitated"] == 1


def test_what_the_study_does_not_hold_has_no_column(tables):
    table = promoters.table(["bank", "stranger"], {"ideas": tables["ideas"]}, None, 3, TYPES)
    assert table.columns.tolist() == ["organisation", "promoted", "became_service"]
    assert table["organisation"].tolist() == ["bank"]
