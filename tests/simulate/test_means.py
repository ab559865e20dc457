import pandas as pd

END = pd.Timestamp("2018-12-31")


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


def test_campaigns_raise_money(drawn):
    campaigns = drawn.tables["campaigns"]
    assert (campaigns["raised"] > 0).all()
    assert (campaigns["start"] <= campaigns["end"]).all()
