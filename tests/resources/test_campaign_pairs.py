"""Pairs of kinds of campaign: every one, and none that tells of a kind with few donors."""

import pandas as pd
import pytest

from analysis.evidence import columns, disclosure
from analysis.resources import campaign_pairs, campaigns
from analysis.resources.campaigns import compare


@pytest.fixture
def found():
    table = pd.DataFrame(
        {
            "campaign": ["k1", "k2", "k3", "k4"],
            "name": ["a", "b", "c", "d"],
            "kind": ["event", "event", "mail", "grant"],
            "cost": [100.0, 120.0, 80.0, 50.0],
            "raised": [300.0, 200.0, 160.0, 900.0],
            "donors": [30.0, 20.0, 16.0, 2.0],
        }
    )
    return campaigns.efficiency(table)


def test_every_pair_as_compared_alone(found):
    table = campaign_pairs.pairs(found)
    assert list(zip(table["one"], table["other"])) == [
        ("event", "grant"),
        ("event", "mail"),
        ("grant", "mail"),
    ]
    for row in table.itertuples():
        assert row.difference == pytest.approx(compare(found, row.one, row.other).estimate)


def test_a_kind_with_few_donors_is_withheld_in_every_pair(found):
    table = campaign_pairs.pairs(found)
    rules = disclosure.Rules(threshold=5, confidential_organisations=False)
    protected = disclosure.protect(table, columns.resolve(table, None, "tbl-pairs", None), rules)
    assert protected[0]["difference"].isna().tolist() == [True, False, True]
