"""The public record holds what public sources state, each row with its source, and nothing that nobody published. Oracle rows 31, 32, 36."""

import pytest

from analysis.codesign import funnel
from analysis.study import studies

HALF_A_POINT = 0.0005  # the published shares are rounded to a tenth of a percentage point
NOT_PUBLIC = {
    "actions", "assets", "campaigns", "costs", "events", "ideas", "indicators", "logframe", "maturity", "matches", "mediation", "money",
    "needs", "outcomes", "participation", "people", "roles", "survey", "ties", "units",
}  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return studies.open_study("milano")


def test_no_fault(study):
    assert study.check() == []


def test_every_row_names_its_source(study):
    for name in study.tables:
        source = study.table(name)["source"]
        assert source.notna().all() and (source.str.len() > 0).all(), name


def test_nothing_that_is_not_public(study):
    assert not NOT_PUBLIC & set(study.tables)
    assert study.context()["funder"] is None


def test_nothing_unverified_in_any_file(study):
    text = "".join(path.read_text(encoding="utf-8") for path in study.folder.rglob("*.*"))
    assert "unverified" not in text


def test_nine_organisations_and_their_roles(study):
    actors = study.table("actors")
    partnership = actors[actors["role"].isin(["coordinator", "partner", "strategic-partner"])]
    assert len(partnership) == 9
    assert partnership.loc[partnership["role"] == "coordinator", "actor"].tolist() == ["sis"]
    assert partnership.loc[partnership["type"] == "public", "role"].tolist() == ["strategic-partner"]


def test_five_services_each_with_its_company(study):
    services, actors = study.table("services"), study.table("actors").set_index("actor")
    assert len(services) == services["company"].nunique() == 5
    assert (actors.loc[services["company"], "type"] == "profit").all()
    assert services["partners"].isna().all()
    assert (services["status"] == "described").all()


def test_four_phases_head_their_practices(study):
    practices = study.table("practices")
    heads = practices[practices["step"].isna()]
    assert heads["phase"].tolist() == ["needs", "aggregation", "ideation", "experimentation"]
    assigned = practices[practices["step"].notna()]
    assert assigned["source"].str.endswith("phase assigned by the compilers").all()


def test_the_two_municipi(study):
    places = study.table("places").set_index("place")
    assert places["population"].sum() == 306_759
    density = places["population"] / places["area_km2"]
    assert density.round(2).to_dict() == {"municipio-4": 7514.32, "municipio-6": 8169.26}


def test_the_funnel_of_the_call(study):
    stages = study.table("call_funnel")
    assert (stages["editions"] == "1-3").all()
    call = funnel.funnel(stages["stage"].tolist(), stages["count"].to_numpy())
    assert call.counts.tolist() == [142, 51, 27]
    assert call.conversion[1:] == pytest.approx([0.3592, 0.5294], abs=5e-5)
    assert call.overall[2] == pytest.approx(0.1901, abs=5e-5)
    assert call.low is None


def test_rules_stand_by_edition(study):
    rules = study.table("call_rules").set_index(["edition", "rule"])
    assert rules.loc[(2, "min-cost"), ["value_it", "value_en"]].tolist() == [
        "1,5 milioni di euro",
        "EUR 1.5 million",
    ]
    assert rules.loc[(4, "min-cost"), ["value_it", "value_en"]].tolist() == [
        "1 milione di euro",
        "EUR 1 million",
    ]
    assert (2, "duration") not in rules.index


def test_conflicting_sources_stand_side_by_side(study):
    claims = study.table("claims")
    grants = claims[claims.duplicated("topic_en", keep=False)]
    assert sorted(grants["value"]) == [27e6, 30.4e6]
    assert grants["source"].nunique() == 2


def test_share_of_the_funder_stays_below_the_cap(study):
    value = study.table("claims").set_index("claim")["value"]
    share = value["grants-27-secondowelfare"] / value["value-27"]
    rules = study.table("call_rules").set_index(["edition", "rule"])["value_en"]
    assert share == pytest.approx(0.4537, abs=5e-5)
    assert share < float(rules[(2, "max-share")].rstrip("%")) / 100


def test_benchmarks_agree_with_one_another_within_rounding(study):
    value = study.table("benchmarks").set_index("benchmark")["value"]
    bounds = []
    for name in ("care-load-it", "care-relatives-it"):
        persons, share = value[f"{name}-persons"], value[name]
        bounds.append((persons / (share + HALF_A_POINT), persons / (share - HALF_A_POINT)))
    (low, high), (other_low, other_high) = bounds
    assert max(low, other_low) < min(high, other_high)


def test_benchmarks_carry_numerator_denominator_ages_and_year(study):
    benchmarks = study.table("benchmarks")
    needed = ["numerator_it", "numerator_en", "denominator_it", "denominator_en", "age_from", "age_to", "sex", "year", "url"]  # fmt: skip
    assert benchmarks[needed].notna().all(axis=None)


def test_the_swapped_share_of_children_only_is_not_printed(study):
    shares = study.table("benchmarks").query("unit == 'share'")["value"]
    assert not shares.isin([0.289, 0.269]).any()
