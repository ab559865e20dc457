import numpy as np
import pandas as pd

from analysis.simulate import draw, truth
from analysis.simulate.calendar import Calendar


def test_actors_are_sixty_and_mixed(drawn):
    people = drawn.tables["actors"]
    assert len(people) == 60
    assert people["name"].is_unique
    assert set(people["publish_name"]) == {"yes", "code", "no"}
    assert people["consent_ratings"].nunique() == 2
    citizens = people[people["type"].eq("citizen")]
    assert citizens["publish_name"].eq("no").all()
    assert not citizens["consent_ratings"].any()
    assert people["role"].eq("coordinator").sum() == 1


def test_nobody_joins_after_the_first_event(drawn):
    came = drawn.tables["participation"].merge(drawn.tables["events"], on="event")
    first = came.groupby("actor")["date"].min()
    joined = drawn.tables["actors"].set_index("actor")["joined"].reindex(first.index)
    assert (joined <= first).all()


def test_units_belong_to_the_company_that_comes(drawn):
    came = drawn.tables["participation"]
    owner = came["unit"].map(drawn.tables["units"].set_index("unit")["actor"])
    assert owner.dropna().eq(came.loc[owner.notna(), "actor"]).all()
    companies = came["actor"].isin(drawn.tables["actors"].query("type == 'profit'")["actor"])
    assert came["unit"].notna().equals(companies)


def test_forty_events_in_four_phases_over_six_semesters(drawn):
    events = drawn.tables["events"]
    assert len(events) == 40
    assert events["phase"].nunique() == 4
    assert set(Calendar().semester(events["date"])) == {1, 2, 3, 4, 5, 6}
    assert events["date"].is_monotonic_increasing
    assert (events["date"].dt.day_of_week < 5).all()
    hosts = drawn.tables["participation"].query("role == 'host'")
    assert hosts["event"].is_unique


def test_the_community_narrows_or_widens_as_the_truth_says(drawn):
    def width(study):
        came = study.tables["participation"].merge(study.tables["events"][["event", "phase"]], on="event")
        return came.groupby("phase")["actor"].nunique()

    wide = width(draw.draw(5, 0.1, truth.opposite()))
    narrow = width(drawn)
    assert narrow["needs"] > narrow["experimentation"] + 10
    assert wide["experimentation"] > wide["needs"] + 10


def test_ties_are_directed_disagree_and_grow(drawn):
    ties = drawn.tables["ties"]
    assert ties["from"].ne(ties["to"]).all()
    assert set(ties["level"]) == {0, 1, 2, 3, 4, 5}
    assert ties["trust"].dropna().between(1, 4).all()
    assert ties["trust"].isna().equals(ties["level"].eq(0))
    both = ties.merge(ties, left_on=["semester", "from", "to"], right_on=["semester", "to", "from"])
    assert len(both) == len(ties)
    assert 0.2 < both["level_x"].ne(both["level_y"]).mean() < 0.8
    mean = ties.groupby("semester")["level"].mean()
    assert mean.iloc[-1] > mean.iloc[0]
    citizens = drawn.tables["actors"].query("type == 'citizen'")["actor"]
    assert not ties["from"].isin(citizens).any()


def test_roles_move_one_step_at_a_time(drawn):
    order = ["donor", "supplier", "co-designer", "co-producer", "owner"]
    roles = drawn.tables["roles"].assign(rung=lambda t: t["role"].map(order.index))
    step = roles.groupby("actor")["rung"].diff().dropna()
    assert step.abs().le(1).all()
    assert (step > 0).sum() > (step < 0).sum()
    assert np.diff(np.sort(roles["semester"].unique())).tolist() == [1] * 5


def test_mediation_joins_companies_to_others(drawn):
    kinds = drawn.tables["actors"].set_index("actor")["type"]
    mediated = drawn.tables["mediation"]
    assert mediated["party_a"].map(kinds).eq("profit").all()
    assert mediated["party_b"].map(kinds).isin(["nonprofit", "public"]).all()
    assert mediated["mediator"].nunique() == 2
    assert isinstance(mediated, pd.DataFrame)
