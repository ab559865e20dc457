"""Matches that were made, on the scale of the plans."""

import numpy as np
import pandas as pd
import pytest

from analysis.engagement import matching
from analysis.engagement.brokered import realised
from analysis.engagement.compatibility import compatibility
from analysis.errors import EstimateError
from tests.engagement.conftest import assets_of, needs_of


@pytest.fixture
def small(declared):
    needs = needs_of(
        ("n1", "elderly", "health", "A", 10, "ore", "2016-01-01"),
        ("n2", "elderly", "health", "A", 5, "ore", "2016-01-01"),
        ("n3", "elderly", "housing", "A", 2, "posti", "2016-01-01"),
    )
    assets = assets_of(
        ("s1", "a", "health", "A", 8, "ore", "2016-01-01", "now"),
        ("s2", "b", "health", "B", 10, "ore", "2016-01-01", "now"),
    )
    return compatibility(needs, assets, declared)


def matches_of(*rows):
    return pd.DataFrame(rows, columns=["match", "need", "asset", "broker", "status", "date", "quantity"])


def test_shares_by_hand(small):
    made = realised(
        matches_of(
            ("m1", "n1", "s1", "x", "delivered", "2016-02-01", 8),
            ("m2", "n1", "s2", None, "agreed", "2016-03-01", 2),
            ("m3", "n2", "s2", None, "proposed", "2016-03-01", 5),
        ),
        small,
    )
    assert made.served.tolist() == pytest.approx([1, 0, 0])
    assert made.value == pytest.approx(0.8 * small.score[0, 0] + 0.2 * small.score[0, 1])
    assert made.table()["note"].tolist() == [{"it": "", "en": ""}] * 3


def test_who_comes_first_takes_what_is_left(small):
    made = realised(
        matches_of(
            ("late", "n2", "s1", "x", "agreed", "2016-05-01", 5),
            ("early", "n1", "s1", "x", "delivered", "2016-02-01", 6),
            ("again", "n1", "s2", None, "delivered", "2016-06-01", 10),
        ),
        small,
    )
    assert made.counted.tolist() == [2, 6, 4]
    notes = [note["en"] for note in made.table()["note"]]
    assert notes == ["asset promised beyond its quantity", "", "beyond what was needed"]


def test_a_barred_pair_is_worth_nothing_and_says_why(small):
    made = realised(matches_of(("m", "n3", "s1", "x", "delivered", "2016-02-01", 2)), small)
    assert made.value == 0
    assert made.table()["note"][0]["en"] == "different categories; different units of measure"
    assert made.by_status().set_index(["brokered", "status"]).loc[("total", "delivered"), "barred"] == 1


def test_a_missing_quantity_is_the_smaller_of_the_two_sides(small):
    made = realised(matches_of(("m", "n1", "s1", None, "agreed", None, None)), small)
    assert made.promised.tolist() == [8] == made.counted.tolist()


def test_all_faults_come_at_once(small, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    wrong = matches_of(
        ("m1", "n9", "s1", None, "agreed", None, 1),
        ("m1", "n1", "s9", None, "dreamt", None, -2),
    )
    with pytest.raises(EstimateError, match="matches: row 1: need = n9") as caught:
        realised(wrong, small)
    assert len(caught.value.faults) == 5


def test_no_matches_are_worth_nothing(small):
    made = realised(matches_of(), small)
    assert made.value == 0 and made.table().empty and made.by_status()["matches"].sum() == 0


def test_what_was_realised_never_beats_the_best(demo, compat, best):
    made = realised(demo["matches"], compat)
    assert 0 < made.value <= best.value
    assert (made.served <= 1 + 1e-12).all()
    used = np.bincount(made.asset, made.counted, len(compat.assets))
    assert (used <= compat.capacity + 1e-9).all()
    row = made.regret(best).iloc[0]
    assert row["regret"] == pytest.approx(best.value - made.value)
    status = made.by_status().set_index(["brokered", "status"])
    assert status.loc["total", "matches"].sum() == len(demo["matches"])
    assert status.loc["total", "value"].sum() == pytest.approx(made.value)


def test_order_of_rows_does_not_matter(demo, compat):
    turned = realised(demo["matches"].iloc[::-1], compat)
    assert turned.value == pytest.approx(realised(demo["matches"], compat).value)


def test_the_next_round_starts_from_what_is_left(demo, compat, declared, best):
    needs, assets = realised(demo["matches"], compat).left()
    following = matching.best(compatibility(needs, assets, declared))
    assert following.value < best.value and (needs["quantity"] >= 0).all() and (assets["quantity"] >= 0).all()
