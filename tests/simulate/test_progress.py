import pandas as pd

from analysis.simulate import draw
from analysis.simulate.progress import STAGES


def test_stages_follow_one_another_in_time(drawn):
    ideas = drawn.tables["ideas"]
    assert ideas["idea"].nunique() == drawn.truth["ideas"]["number"]
    rank = ideas["stage"].map({**{stage: i for i, stage in enumerate(STAGES)}, "dropped": 9, "merged": 9})
    assert rank.groupby(ideas["idea"]).is_monotonic_increasing.all()
    assert ideas.groupby("idea")["date"].is_monotonic_increasing.all()
    assert ideas.groupby("idea")["stage"].first().eq("proposed").all()
    ended = ideas.groupby("idea")["stage"].last()
    assert ended.isin(STAGES[:3]).any()  # some are still under way: censored


def test_services_come_from_ideas_that_got_there(drawn):
    services, ideas = drawn.tables["services"], drawn.tables["ideas"]
    last = ideas.groupby("idea")["stage"].last()
    assert services["idea"].map(last).isin(["prototype", "service"]).all()
    assert (services["status"].eq("prototype") == services["idea"].map(last).eq("prototype")).all()
    kinds = drawn.tables["actors"].set_index("actor")["type"]
    assert services["company"].map(kinds).eq("profit").all()
    started = ideas.drop_duplicates("idea", keep="last").set_index("idea")["date"]
    assert services["started"].eq(services["idea"].map(started)).all()


def test_matches_join_the_same_category_once(drawn):
    matches = drawn.tables["matches"]
    need = drawn.tables["needs"].set_index("need")
    asset = drawn.tables["assets"].set_index("asset")
    assert matches["need"].map(need["category"]).eq(matches["asset"].map(asset["category"])).all()
    assert not matches.duplicated(["need", "asset"]).any()
    start = pd.concat(
        [matches["need"].map(need["from"]), matches["asset"].map(asset["available_from"])], axis=1
    ).max(axis=1)
    assert (matches["date"] >= start).all()


def test_a_study_in_which_no_idea_passes_is_still_a_study():
    stopped = {"ideas": {"pass": {"proposed": 0, "feasibility": 0, "prototype": 0}}}
    drawn = draw.draw(4, 0.1, stopped)
    assert len(drawn.tables["services"]) == 0
    assert set(drawn.tables["ideas"]["stage"]) <= {"proposed", "dropped", "merged"}
    assert drawn.tables["costs"]["joint"].all()
