"""What gaps call for: the reviewed rules, and measures on either side of their limits."""

import numpy as np
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.evidence.words import DIGITS
from analysis.resources import gaps, plan
from tests.resources.money_registers import specified

RULES = gaps.load()


def state(found, gap):
    return next(each.state for each in found.found if each.rule.gap == gap)


def test_the_rules_are_whole():
    assert len({rule.gap for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.when in ("above", "below") and rule.limit >= 0
        assert rule.unit in {*DIGITS, gaps.DAYS}
        assert rule.strategy in {*plan.STRATEGIES, ""}
        for text in (rule.title, rule.calls, rule.reason):
            assert set(text) == {"it", "en"} and all(text.values()) and text["it"] != text["en"]
    assert "{" not in "".join(text for rule in RULES for text in rule.name.values())


def test_every_resource_of_the_plan_has_a_rule():
    assert {f"reached.{resource}" for resource in plan.UNITS} <= {rule.measure for rule in RULES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.gap)
def test_a_gap_is_strictly_beyond_its_limit(rule):
    away = rule.limit + 1 if rule.when == "above" else rule.limit / 2
    assert state(gaps.find({rule.measure: away}), rule.gap) == "gap"
    assert state(gaps.find({rule.measure: rule.limit}), rule.gap) == "none"


def test_what_is_not_measured_is_never_no_gap():
    found = gaps.find({"runway": np.nan})
    assert {each.state for each in found.found} == {"unmeasured"} and found.gaps == ()
    assert found.table().empty and len(found.every()) == len(RULES)
    specified(found.table()), specified(found.every())


def test_an_infinite_runway_is_no_gap():
    assert state(gaps.find({"runway": np.inf}), "runway-short") == "none"


def test_the_table_prints_values_with_their_unit_and_what_is_already_under_way():
    found = gaps.find(
        {"runway": 4.25, "oldest_pledge": 1039.0, "lead_share": 0.705}, open_actions={"grants": 2}
    )
    table = found.table()
    assert table["value"].tolist() == [
        {"it": "1.039 giorni", "en": "1,039 days"},
        {"it": "70,5%", "en": "70.5%"},
        {"it": "4,2 mesi", "en": "4.2 months"},
    ]
    assert table["limit"].iloc[2] == {"it": "< 6,0 mesi", "en": "< 6.0 months"}
    assert table["open_actions"].tolist() == [0, 2, 2] and table["strategy"].tolist() == [
        "corporate",
        "grants",
        "grants",
    ]
    specified(table)


@pytest.mark.parametrize(
    ("measure", "expected"),
    [
        (gaps.Measure(0.7, n=100, cases=70, persons=True), "gap"),
        (gaps.Measure(0.7, n=100, cases=97, persons=True), "withheld"),
        (gaps.Measure(0.75, n=4, cases=3, persons=True), "withheld"),
        (gaps.Measure(0.7, persons=True), "withheld"),
        (gaps.Measure(1.0, n=100, cases=100, persons=True), "gap"),
        (gaps.Measure(0.7, n=2), "gap"),
    ],
)
def test_few_people_are_not_told_of(measure, expected):
    found = gaps.find({"lapsed_share": measure}, threshold=5)
    assert state(found, "donors-lapsed") == expected
    if expected == "withheld":
        assert found.every()["value"].map(lambda cell: cell["it"]).eq("").all()


def test_a_study_may_give_its_own_limits_and_ages():
    rules = gaps.load({"runway-short": 12}, {"proposals-still": 45})
    assert state(gaps.find({"runway": 8.0}, rules), "runway-short") == "gap"
    own = {rule.gap: rule for rule in rules}
    assert own["runway-short"].reason["en"] == "the study's own choice"
    assert "45" in own["proposals-still"].name["it"] and gaps.days("proposals-still", rules) == 45
    assert gaps.days("proposals-still") == 90 and gaps.load() == RULES


@pytest.mark.parametrize(
    "given", [({"luck": 1.0}, None), ({"runway-short": -1}, None), ({"runway-short": "six"}, None), (None, {"runway-short": 3})]
)  # fmt: skip
def test_wrong_limits_are_refused(given):
    with pytest.raises(ParameterError, match=r"gaps\.toml"):
        gaps.load(*given)


def test_wrong_measures_are_refused(english):
    with pytest.raises(EstimateError, match="no rule asks for 'runaway'"):
        gaps.find({"runaway": 3.0})
    with pytest.raises(EstimateError, match="hhi = -1"):
        gaps.find({"hhi": -1.0})
    with pytest.raises(ParameterError, match="has no age"):
        gaps.days("runway-short")
