"""Grades of claims: a table that an evaluator can read, what is held against a claim, and parameters that never change a grade."""

from datetime import date

import numpy as np
import pytest

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.impact import claims, effect
from tests.impact.value_fixtures import claim

INTACT = {"pretrend": 0.4, "attrition": 0.1}
PLAN = [{"outcome": "balance", "date": "2016-01-15"}]


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


def graded(**changes) -> claims.Grade:
    return claims.grade([claim(**changes)])["c1"]


# design, facts beside those of a clean claim, published level, what is held against it, what the evidence can bear, causal word
TABLE = [
    ("change", {"checks": {"attrition": 0.1}}, 1, [], "describes", False),
    ("change", {"checks": {"attrition": 0.1}, "adjusted": True}, 2, [], "describes", False),
    ("change", {"checks": {}}, 1, ["untested"], "describes", False),
    ("after", {"checks": {}}, 1, [], "describes", False),
    ("after", {"checks": {}, "adjusted": True}, 2, [], "describes", False),
    ("weighting", {"checks": {"balance": 0.05, "overlap": 1.0}}, 2, [], "describes", False),
    ("weighting", {"checks": {"balance": 0.05, "overlap": 1.0, "attrition": 0.1}, "before": True}, 3, [], "supports", True),
    ("weighting", {"checks": {"balance": 0.4, "overlap": 1.0, "attrition": 0.1}, "before": True}, 3, ["balance"], "describes", False),
    ("weighting", {"checks": {"balance": 0.2, "overlap": 1.0, "attrition": 0.1}, "before": True}, 3, ["balance-doubtful"], "suggests", False),
    ("weighting", {"checks": {"balance": 0.1, "overlap": 0.6, "attrition": 0.1}, "before": True}, 3, ["overlap"], "describes", False),
    ("difference", {}, 3, [], "supports", True),
    ("difference", {"checks": {"attrition": 0.1}}, 3, ["untested"], "suggests", False),
    ("difference", {"checks": INTACT | {"pretrend": 0.01}}, 3, ["pretrend"], "describes", False),
    ("difference", {"checks": INTACT | {"attrition": 0.35}}, 3, ["attrition"], "suggests", False),
    ("difference", {"checks": INTACT | {"volunteers": True}}, 3, ["self-selected"], "suggests", False),
    ("difference", {"checks": INTACT | {"volunteers": False}}, 3, [], "supports", True),
    ("difference", {"treated_clusters": 4}, 3, ["few-treated-clusters"], "suggests", False),
    ("difference", {"treated_clusters": 5}, 3, [], "supports", True),
    ("difference", {"comparison_clusters": 2}, 3, ["few-comparison-clusters"], "suggests", False),
    ("difference", {"n": 29}, 3, ["small-n"], "suggests", False),
    ("difference", {"low": None, "high": None}, 3, ["no-interval"], "suggests", False),
    ("staggered", {"checks": {"pretrend": 0.4, "breakdown": 1.5}}, 3, [], "supports", True),
    ("staggered", {"checks": {"pretrend": 0.4, "breakdown": 0.5}}, 3, ["breakdown"], "suggests", False),
    ("staggered", {"checks": {"pretrend": None}}, 3, ["untested"], "suggests", False),
    ("randomised", {"checks": {"balance": 0.1, "attrition": 0.1}}, 5, [], "supports", True),
    ("randomised", {"checks": {"balance": 0.1, "attrition": 0.5}}, 5, ["attrition"], "suggests", False),
]  # fmt: skip


@pytest.mark.parametrize(("design", "facts", "level", "held", "bears", "causal"), TABLE)
def test_grades(design, facts, level, held, bears, causal):
    found = graded(design=design, **facts)
    assert (found.level, list(found.downgrades), found.bears, found.causal) == (level, held, bears, causal)


def test_downgrades_stand_beside_the_published_level_and_never_lower_it():
    found = graded(n=10, treated_clusters=1, checks={"pretrend": 0.001, "attrition": 0.9, "volunteers": True})
    assert found.level == 3 and len(found.downgrades) == 5 and found.bears == "describes"
    assert found.downgrades["few-treated-clusters"]["en"] == "few treated clusters (fewer than 5)"
    assert found.downgrades["attrition"]["it"] == "perdite oltre il 20% tra una rilevazione e l'altra"


def test_nothing_held_against_a_claim_ever_raises_what_it_bears():
    order = ("describes", "suggests", "supports")
    worse = {"n": 5, "treated_clusters": 1, "low": None, "checks": {}}
    for design in ("change", "after", "weighting", "difference", "staggered", "randomised"):
        best = {
            "design": design,
            "checks": {"balance": 0.0, "overlap": 1.0, "attrition": 0.0, "pretrend": 0.9},
        }
        clean = order.index(graded(**best).bears)
        for name, value in worse.items():
            assert order.index(graded(**best | {name: value}).bears) <= clean


@pytest.mark.parametrize(
    ("low", "high", "interval"),
    [(0.1, 0.7, "above-zero"), (-0.2, 0.7, "includes-zero"), (0.0, 0.7, "includes-zero"), (-2.0, -1.0, "below-zero")],
)  # fmt: skip
def test_where_the_interval_lies_is_told_and_is_no_part_of_the_grade(low, high, interval):
    found = graded(low=low, high=high)
    assert found.claim.interval == interval
    assert (found.level, found.bears, dict(found.downgrades)) == (3, "supports", {})


def test_a_grid_over_parameters_never_changes_a_grade():
    """The same two groups, measured twice; estimates with other seeds, levels of confidence and numbers of draws."""
    rng = np.random.default_rng(8)
    change = np.concatenate([rng.normal(0.25, 1, 60), rng.normal(0.0, 1, 60)])
    treated = np.arange(120) < 60
    seen, sides = set(), set()
    for seed in (1, 2, 3):
        for alpha in (0.01, 0.05, 0.5):
            for draws in (100, 500):
                at = np.random.default_rng(seed).integers(0, 60, (2, draws, 60))
                drawn = change[treated][at[0]].mean(axis=1) - change[~treated][at[1]].mean(axis=1)
                low, high = np.quantile(drawn, (alpha / 2, 1 - alpha / 2))
                estimate = change[treated].mean() - change[~treated].mean()
                one = claim(n=120, estimate=estimate, low=low, high=high)
                found = claims.grade([one], PLAN, date(2016, 2, 1))["c1"]
                seen.add((found.level, tuple(found.downgrades), found.bears, found.causal, found.status))
                sides.add(one.interval)
    assert seen == {(3, (), "supports", True, "primary")}
    assert sides == {"above-zero", "includes-zero"}  # the interval did move


@pytest.mark.parametrize(
    ("plan", "measured", "status", "why"),
    [
        (PLAN, date(2016, 2, 1), "primary", "planned"),
        (PLAN, {"balance": date(2016, 2, 1)}, "primary", "planned"),
        (PLAN, date(2016, 1, 15), "exploratory", "planned-late"),
        (PLAN, date(2015, 1, 1), "exploratory", "planned-late"),
        (PLAN, None, "exploratory", "undated"),
        (PLAN, {"stress": date(2016, 2, 1)}, "exploratory", "undated"),
        ([{"outcome": "balance", "date": ""}], date(2016, 2, 1), "exploratory", "undated"),
        ([{"outcome": "stress", "date": "2015-01-01"}], date(2016, 2, 1), "exploratory", "not-planned"),
        ([], date(2016, 2, 1), "exploratory", "not-planned"),
    ],
)
def test_primary_is_what_was_laid_down_before_the_data(plan, measured, status, why):
    found = claims.grade([claim()], plan, measured)["c1"]
    assert (found.status, found.why) == (status, why)


def test_an_estimate_of_this_room_becomes_a_claim():
    some = effect.Clusters(9, 4, 5)
    one = effect.effect("did", 0.4, 0.1, 8, 300, some, "CR1")
    made = claims.of_effect(one, "c1", "balance", "difference", INTACT)
    assert (made.n, made.treated_clusters, made.comparison_clusters, made.interval) == (300, 4, 5, "none")
    assert list(claims.grade([made])["c1"].downgrades) == ["few-treated-clusters", "no-interval"]
    alone = effect.effect("did", 0.4, 0.1, 298, 300, effect.Clusters(300, 150, 150, False), "HC1")
    single = claims.of_effect(alone, "c1", "balance", "difference", INTACT)
    assert single.clusters is None and single.interval == "above-zero"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"design": "rct"}, "design: rct"),
        ({"n": 0}, "n: 0"),
        ({"treated_clusters": 41}, "treated_clusters: 41"),
        ({"low": 2.0}, "low, high: 2.0, 0.7"),
        ({"estimate": np.nan}, "estimate"),
        ({"checks": {"power": 0.8}}, "checks, power: unknown"),
        ({"checks": {"attrition": 1.4}}, "checks, attrition: 1.4"),
        ({"checks": {"pretrend": np.nan}}, "checks, pretrend: nan"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_claim_named(changes, place):
    with pytest.raises(EstimateError) as raised:
        graded(**changes)
    assert place in str(raised.value) and "claim c1" in str(raised.value)


def test_a_claim_twice_is_refused():
    with pytest.raises(EstimateError, match="repeated"):
        claims.grade([claim(), claim()])


def test_definitions_hold_together():
    known = claims.definitions()
    assert set(known["levels"]) == {"1", "2", "3", "4", "5"} and {"madaleno2015"} <= set(
        known["scale"]["cites"]
    )
    facts = {*known["checks"], "n", "treated_clusters", "comparison_clusters", "unbounded", "untested"}
    for design in known["designs"].values():
        assert str(design["level"]) in known["levels"] and set(design["needs"]) <= set(known["checks"])
    for rule in known["downgrades"].values():
        assert rule["fact"] in facts and rule["beyond"] in ("below", "above")
        assert rule["weight"] in ("caution", "serious") and rule["origin"] in ("ours", "guide")
    assert set(known["bears"]) == {"describes", "suggests", "supports"}
    groups = ("levels", "designs", "downgrades", "checks", "bears")
    assert all({"it", "en"} <= set(entry) for group in groups for entry in known[group].values())


def test_tables_say_what_their_columns_are():
    found = claims.grade([claim(), claim(id="c2", persons=False, title={"it": "t", "en": "u"})])
    for frame in (found.table(), found.ladder(), claims.scale(), claims.rules()):
        columns.resolve(frame, None, "test", None)
    assert found.table()["claim"].tolist()[1] == {"it": "t", "en": "u"}
    assert claims.scale().set_index("sms_level").loc["4", "designs"]["en"] == "none of those used here"
