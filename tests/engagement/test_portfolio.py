"""Whom to approach next."""

import numpy as np
import pandas as pd
import pytest

from analysis.engagement import matching
from analysis.engagement.compatibility import compatibility
from analysis.engagement.portfolio import FEW, gains, portfolio
from analysis.errors import EstimateError
from tests.engagement.conftest import assets_of, needs_of, random_registers


@pytest.fixture(scope="module")
def found(demo, best):
    return portfolio(best, demo["actors"], demo["matches"], demo["participation"], demo["mediation"], 1000, 8)


def test_gain_is_what_the_plan_loses_without_the_company(declared):
    needs, assets = random_registers(6, 14, 18)
    compat = compatibility(needs, assets, declared)
    names = sorted(set(assets["actor"]))
    owner = assets["actor"].map({name: k for k, name in enumerate(names)}).to_numpy()
    found = gains(compat, owner, len(names), compat.rules.proportions[None])[0]
    whole = matching.best(compat).value
    for k, name in enumerate(names):
        without = matching.best(compatibility(needs, assets[assets["actor"] != name], declared)).value
        assert found[k] == pytest.approx(whole - without, abs=1e-7), name


def test_gain_under_each_set_of_weights_is_that_of_these_weights(declared):
    compat = compatibility(*random_registers(7), declared)
    owner = pd.factorize(compat.assets["actor"], sort=True)[0]
    weights = np.random.default_rng(1).dirichlet(np.ones(5), 3)
    together = gains(compat, owner, owner.max() + 1, weights)
    alone = np.vstack([gains(compat, owner, owner.max() + 1, w[None]) for w in weights])
    assert together == pytest.approx(alone, abs=1e-7)


def one_company(status, declared):
    needs = needs_of(("n", "elderly", "health", "A", 10, "ore", "2016-01-01"))
    assets = assets_of(("s", "firm", "health", "A", 5, "ore", "2016-01-01", "now"))
    plan = matching.best(compatibility(needs, assets, declared))
    matches = pd.DataFrame({"asset": ["s"] * len(status), "status": status})
    actors = pd.DataFrame({"actor": ["firm", "coop"], "type": ["profit", "nonprofit"]})
    went = pd.DataFrame({"event": [f"e{k}" for k in range(8)], "actor": ["firm"] * 8})
    acts = pd.DataFrame({"party_a": ["firm", "coop"], "party_b": ["coop", "firm"]})
    return plan, portfolio(plan, actors, matches, went, acts, 4000, 10)


def test_probability_by_hand(declared):
    # three commitments of five decided, one still open: Beta(3.5, 2.5)
    plan, found = one_company(["agreed", "delivered", "delivered", "failed", "failed", "proposed"], declared)
    assert found.own.tolist() == [True] and (found.a[0], found.b[0]) == (3.5, 2.5)
    assert found.contacts.tolist() == [10] and found.rate[0] == pytest.approx(10 / 6)
    row = found.table().iloc[0]
    assert row["probability"] == pytest.approx(3.5 / 6)
    assert row["contacts_per_commitment"] == pytest.approx(10 / 6 / (3.5 / 6))
    assert row["gain"] == pytest.approx(plan.value)
    expected = 100 * plan.value * 3.5 / 6 / (10 / 6)
    assert row["per_hundred"] == pytest.approx(expected, rel=0.05)  # the mean of 4,000 draws
    assert row["first"] == 1


def test_a_short_record_takes_the_figures_of_all(found, demo):
    short = found.decided < FEW
    assert short.all() and not found.own.any()
    assert len(set(found.probability)) == 1
    assert found.probability[0] == pytest.approx((found.commitments.sum() + 0.5) / (found.decided.sum() + 1))
    assert set(found.table()["basis"]) == {"pooled"}


def test_open_proposals_say_nothing_yet(declared):
    _, found = one_company(["proposed"] * 4, declared)
    assert found.decided.tolist() == [0] and found.probability[0] == pytest.approx(0.5)


def test_without_past_contacts_nothing_is_said_per_contact(declared):
    needs = needs_of(("n", "elderly", "health", "A", 10, "ore", "2016-01-01"))
    assets = assets_of(("s", "firm", "health", "A", 5, "ore", "2016-01-01", "now"))
    plan = matching.best(compatibility(needs, assets, declared))
    nothing = {name: pd.DataFrame(columns=columns) for name, columns in (("m", ["asset", "status"]), ("p", ["event", "actor"]), ("d", ["party_a", "party_b"]))}  # fmt: skip
    actors = pd.DataFrame({"actor": ["firm"], "type": ["profit"]})
    found = portfolio(plan, actors, nothing["m"], nothing["p"], nothing["d"], 100, 5)
    row = found.table().iloc[0]
    assert np.isnan(row["per_hundred"]) and row["gain"] > 0


def test_the_demo_ranking_is_in_order_and_bounded(found, demo):
    table = found.table()
    assert len(table) == (demo["actors"]["type"] == "profit").sum()
    assert table["per_hundred"].is_monotonic_decreasing
    for name in ("gain", "probability", "per_hundred"):
        assert (table[f"{name}_low"] <= table[name] + 1e-12).all()
        assert (table[name] <= table[f"{name}_high"] + 1e-12).all()
    assert table["first"].sum() <= 5 + 1e-9
    assert table.loc[table["assets"] == 0, "gain"].eq(0).all()


def test_faults_come_at_once(best, demo, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")
    wrong = pd.DataFrame({"asset": ["s99", "s01"], "status": ["agreed", "dreamt"]})
    nobody = demo["actors"][demo["actors"]["type"] != "profit"]
    with pytest.raises(EstimateError, match="no company") as caught:
        portfolio(best, nobody, wrong, demo["participation"], demo["mediation"])
    assert len(caught.value.faults) == 3


def test_the_pooled_probability_is_jeffreys_over_all_companies(found):
    middle, low, high = found.pooled
    won, decided = found.commitments.sum(), found.decided.sum()
    assert middle == pytest.approx((won + 0.5) / (decided + 1))
    assert 0 < low < middle < high < 1


def test_the_brief_table_is_part_of_the_whole_and_keeps_its_bands(found):
    whole, brief = found.table(3), found.brief(3)
    assert len(brief) == (whole["suggested"] > 0).sum()
    assert set(brief.attrs["columns"]) <= set(brief.columns)
    assert brief.attrs["columns"]["gain"]["band"] and brief.attrs["columns"]["per_hundred"]["band"]
    pd.testing.assert_frame_equal(
        brief, whole.loc[whole["suggested"] > 0, brief.columns].reset_index(drop=True), check_flags=False
    )
