import tomllib

import pytest

from analysis.simulate import declare, draw, results, truth
from analysis.simulate.calendar import Calendar

# Benchmarks are written with four decimals.
ROUNDED = 5e-5


def test_benchmarks_are_the_truth_and_say_so(drawn):
    table = drawn.tables["benchmarks"]
    assert table["source"].eq("parametro del simulatore").all()
    all_ages = table.query("sex == 'all'").set_index("concept")["value"]
    shares = truth.prevalence(drawn.truth, 18, 64)
    assert all_ages["care-load"] == pytest.approx(1 - shares["none"], abs=ROUNDED)
    assert all_ages["care-relatives"] == pytest.approx(shares["relatives"] + shares["both"], abs=ROUNDED)
    assert all_ages["care-both"] == pytest.approx(shares["both"], abs=ROUNDED)


def test_outcomes_are_counted_in_the_other_tables(drawn):
    last = drawn.tables["outcomes"].groupby("indicator")["value"].last()
    assert last["i2"] == len(drawn.tables["services"])
    assert last["i5"] == len(drawn.tables["events"])
    assert last["i4"] == drawn.tables["matches"]["status"].eq("delivered").sum()
    assert last["i6"] == drawn.tables["mediation"]["result"].eq("agreement").sum()


def test_indicators_start_from_nothing_from_the_first_measurement_or_are_without_baseline(drawn):
    indicators = drawn.tables["indicators"].set_index("indicator")
    first = drawn.tables["outcomes"].groupby("indicator")["value"].first()
    for surveyed in ("i1", "i9"):
        assert indicators.loc[surveyed, "baseline"] == first[surveyed]
    assert indicators.loc["i10", ["baseline", "baseline_date"]].isna().all()
    assert indicators.drop(index=["i1", "i9", "i10"])["baseline"].eq(0).all()
    worse = indicators["target"] < indicators["baseline"]
    assert worse.eq(indicators["direction"].eq("decrease")).all()
    assert indicators["target"].notna().all()


def test_every_indicator_is_defined_in_both_languages(drawn):
    indicators = drawn.tables["indicators"]
    assert (
        indicators[["definition_it", "definition_en", "disaggregation", "disaggregation_en"]]
        .notna()
        .all()
        .all()
    )
    assert indicators["result"].isin(drawn.tables["logframe"]["result"]).all()


def test_funds_are_to_reach_what_the_study_says_is_to_be_raised(drawn):
    richer = truth.load({"fundraising": {"total_cost": 900_000}})
    for p in (drawn.truth, richer):
        texts = draw.catalogue()
        table = results.indicators(p, texts, Calendar(), drawn.tables["outcomes"], "x")
        declared = tomllib.loads(declare.study(p, texts, "x", 7, Calendar()))["fundraising"]["target"]
        assert table.loc[table["unit"] == "euro", "target"].tolist() == [declared]


def test_logframe_hangs_together(drawn):
    logframe = drawn.tables["logframe"]
    assert logframe["parent"].dropna().isin(logframe["result"]).all()
    assert set(logframe["level"]) == {"input", "activity", "output", "outcome", "impact"}


def test_three_raters_rate_every_item(drawn):
    maturity = drawn.tables["maturity"]
    assert maturity.groupby(["instrument", "item"]).size().eq(3).all()
    items = maturity.groupby("instrument")["item"].nunique().to_dict()
    assert items == {"correct": 7, "isat": 10, "msi": 28, "re-aim": 5}


def test_practices_cover_the_four_phases(drawn):
    practices = drawn.tables["practices"]
    assert practices.groupby("phase").size().eq(3).all()
    told = [name for name in practices if name.rpartition("_")[0] not in results.OCCASIONAL]
    assert practices[told].notna().all().all()
    assert practices["adaptation_it"].notna().equals(practices["reason_it"].notna())
    assert 0 < practices["setback_it"].notna().sum() < len(practices)


def test_votes_part_the_persons_as_their_groups_lean(drawn):
    votes, listed = drawn.tables["votes"], drawn.tables["statements"]
    assert not votes.duplicated(["person", "statement"]).any()
    assert set(votes["statement"]) == set(listed["statement"])
    common = votes[votes["statement"] == "t01"]["vote"]
    split = votes[votes["statement"] == "t04"]["vote"]
    assert common.eq("agree").mean() > 0.7 > split.eq("agree").mean()
    assert 0.05 < votes["vote"].eq("pass").mean() < 0.15
