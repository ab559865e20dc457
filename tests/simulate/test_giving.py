import numpy as np
import pandas as pd
import pytest

from analysis.simulate import draw, giving, recovery, truth

END = pd.Timestamp("2018-12-31")


def test_proposals_go_from_stage_to_stage_until_they_are_won_or_lost(drawn):
    proposals = drawn.tables["proposals"]
    assert not proposals.duplicated(["proposal", "stage"]).any()
    rank = proposals["stage"].map({stage: i for i, stage in enumerate((*giving.STAGES, "lost"))})
    by = proposals["proposal"]
    assert rank.groupby(by).is_monotonic_increasing.all()
    assert proposals.groupby("proposal")["date"].is_monotonic_increasing.all()
    assert proposals.groupby("proposal")["stage"].first().eq("prospect").all()
    assert proposals["date"].max() <= END
    assert proposals.groupby("proposal")["amount"].nunique().eq(1).all()
    last = proposals.groupby("proposal")["stage"].last()
    assert set(last) - {"won", "lost"}, "some are still open"
    assert proposals.groupby("proposal")["funder_kind"].first().value_counts().to_dict() == dict(
        drawn.truth["proposals"]["number"]
    )


def test_proposals_that_always_pass_are_won_or_still_open():
    sure = {kind: dict.fromkeys(giving.STAGES[:-1], 1) for kind in ("foundation", "company", "public")}
    stages = draw.draw(4, 0.1, {"proposals": {"pass": sure}}).tables["proposals"]["stage"]
    assert "lost" not in set(stages)
    assert "won" in set(stages)


@pytest.mark.parametrize("seed", [1, 5, 11, 42])
def test_gifts_add_up_to_their_campaigns(seed):
    tables = draw.draw(seed, 0.1).tables
    gifts, campaigns = tables["gifts"], tables["campaigns"].set_index("campaign")
    asked = campaigns[campaigns["kind"] != "grant"]
    given = gifts.groupby("campaign").agg(
        raised=("amount", "sum"),
        donors=("donor", "nunique"),
        gifts=("gift", "size"),
        first=("date", "min"),
        last=("date", "max"),
    )
    assert given["raised"].eq(asked["raised"]).all()
    assert given["donors"].eq(asked["donors"]).all()
    assert given["gifts"].eq(given["donors"]).all()
    assert (given["first"] >= asked["start"]).all()
    assert (given["last"] <= asked["end"]).all()
    assert given["last"].dt.year.eq(asked["start"].dt.year).all()
    assert gifts["amount"].ge(1).all()


def test_nobody_returns_where_nobody_would_and_the_counts_win_where_all_would():
    never = draw.draw(3, 0.1, {"gifts": {"again": 0, "recaptured": 0}}).tables["gifts"]
    assert never.groupby("donor")["date"].agg(lambda days: days.dt.year.nunique()).eq(1).all()
    drawn = draw.draw(3, 0.1, {"gifts": {"again": 1, "recaptured": 1}})
    gifts, campaigns = drawn.tables["gifts"], drawn.tables["campaigns"].set_index("campaign")
    assert gifts.groupby("campaign")["donor"].nunique().eq(campaigns["donors"].drop("k04")).all()
    table = recovery.check_sim(drawn).set_index("parameter")
    assert table.loc["gifts.again", "estimate"] == 1  # of the years with places for all


def test_a_campaign_that_raised_nothing_has_no_gifts():
    nothing = {"campaigns": {"raised_per_euro": {"mail": 0, "web": 0, "event": 0, "major-gift": 0}}}
    assert len(draw.draw(3, 0.1, nothing).tables["gifts"]) == 0


def test_limits_of_the_call_are_numbers_and_words(drawn):
    rules = drawn.tables["call_rules"].set_index("rule")
    p = truth.load()["call"]
    assert rules.loc["min-cost", "value_it"] == "500.000 euro"
    assert rules.loc["min-cost", "value_en"] == "EUR 500,000"
    np.testing.assert_array_equal(
        rules["value"], [p["min_cost"], p["max_grant"], p["max_share"], p["duration"]]
    )
