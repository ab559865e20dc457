import pandas as pd

from analysis.simulate import draw

END = pd.Timestamp("2018-12-31")
LARGEST_SHIFTS = 1500  # rows: what a reader can still open


def test_ledger_has_euros_or_hours_and_receives_less_than_pledged(drawn):
    money = drawn.tables["money"]
    assert (money["amount"].notna() != money["hours"].notna()).all()
    assert money["hours"].notna().eq(money["kind"].isin(["skill", "time"])).all()
    assert money["currency"].notna().eq(money["amount"].notna()).all()
    total = money.groupby("status")["amount"].sum()
    assert 0 < total["received"] < total["pledged"]
    assert money["date"].max() <= END
    lead = money[money["source_kind"].eq("lead-funder")]
    assert lead.groupby("status")["amount"].sum().tolist() == [sum(drawn.truth["money"]["lead_funder"])] * 2


def test_volunteers_live_in_order(drawn):
    people = drawn.tables["people"]
    for earlier, later in (("recruited", "contacted"), ("contacted", "first_shift"), ("first_shift", "left")):
        known = people[[earlier, later]].dropna()
        assert (known[earlier] <= known[later]).all()
    assert people.loc[people["first_shift"].isna(), "hours"].eq(0).all()
    assert people["left"].isna().any()
    assert people["left"].notna().any()


def test_costs_name_a_service_unless_they_are_joint(drawn):
    costs = drawn.tables["costs"]
    assert costs["service"].isna().eq(costs["joint"]).all()
    started = costs["service"].map(drawn.tables["services"].set_index("service")["started"])
    assert (costs["date"] > started)[~costs["joint"]].all()
    assert costs["amount"].gt(0).all()


def test_actions_have_a_result_once_they_run(drawn):
    actions = drawn.tables["actions"]
    assert actions["result"].notna().eq(actions["status"].isin(["done", "running"])).all()
    assert actions.groupby("goal")["goal_en"].nunique().eq(1).all() and actions["goal_en"].nunique() == 6


def test_campaigns_raise_money(drawn):
    campaigns = drawn.tables["campaigns"]
    assert (campaigns["raised"] > 0).all()
    assert campaigns["name_en"].str[-4:].equals(campaigns["name"].str[-4:].rename("name_en"))
    assert (campaigns["name_en"] != campaigns["name"]).all()
    assert (campaigns["start"] <= campaigns["end"]).all()


def test_every_receipt_names_the_pledge_that_it_settles(drawn):
    money = drawn.tables["money"]
    assert money["pledge"].notna().eq(money["status"].eq("received")).all()
    assert money["pledge"].dropna().is_unique
    settled = money.dropna(subset=["pledge"]).merge(
        money, left_on="pledge", right_on="entry", suffixes=("", "_pledged")
    )
    assert settled["status_pledged"].eq("pledged").all()
    for name in ("source", "kind", "amount", "hours", "recurring"):
        assert settled[name].equals(settled[f"{name}_pledged"].rename(name))
    assert (settled["date"] >= settled["date_pledged"]).all()


def test_a_fixed_share_of_givers_recurs_but_never_the_lead_funder(drawn):
    pledged = drawn.tables["money"].query("status == 'pledged'")
    assert not pledged.loc[pledged["source_kind"].eq("lead-funder"), "recurring"].any()
    givers = pledged[pledged["source_kind"].eq("company")].groupby("source")["recurring"].agg(["min", "max"])
    assert givers["min"].equals(givers["max"].rename("min"))
    assert givers["min"].sum() == round(drawn.truth["money"]["recurring"]["company"] * len(givers))
    citizens = pledged.loc[pledged["source_kind"].eq("citizens"), "recurring"]
    assert citizens.sum() == round(drawn.truth["money"]["recurring"]["citizens"] * len(citizens))


def test_costs_recur_by_category_and_strategies_suit_the_resource(drawn):
    costs, actions = drawn.tables["costs"], drawn.tables["actions"]
    assert costs["recurring"].eq(costs["category"].isin(["staff", "space", "overhead"])).all()
    fitting = draw.catalogue()["money"]["strategies"]
    assert all(s in fitting[resource] for s, resource in zip(actions["strategy"], actions["resource"]))


def test_shifts_are_weekly_from_the_start_of_a_service(drawn):
    shifts = drawn.tables["shifts"]
    assert len(shifts) < LARGEST_SHIFTS
    started = shifts["service"].map(drawn.tables["services"].set_index("service")["started"])
    assert (shifts["date"] > started).all()
    assert shifts["date"].max() <= END
    assert shifts["filled"].le(shifts["needed"]).all()
    assert shifts["needed"].between(1, 4).all()
    assert shifts["hours"].between(2, 4).all()
    gaps = shifts.groupby(["service", "role"])["date"].diff().dropna()
    assert gaps.eq(pd.Timedelta(days=7)).all()
    assert shifts.groupby("service")["role"].nunique().eq(drawn.truth["shifts"]["roles"]).all()


def test_wages_lie_within_their_range(drawn):
    wages = drawn.tables["wages"]
    assert set(wages["role"]) == {*drawn.tables["people"]["role"], "skill"}
    assert (wages["low"] < wages["wage"]).all()
    assert (wages["wage"] < wages["high"]).all()


def test_sources_of_what_both_languages_print_are_in_both(drawn):
    for name in ("wages", "call_rules", "outcome_values"):
        source = drawn.tables[name]["source"]
        assert source.str.startswith("dati simulati / simulated data, seme/seed 42").all()
