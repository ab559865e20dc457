"""The conditions of the guidelines of 23 July 2019: met, not met or unknown, and a verdict that is a code."""

import datetime as dt

import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact import assessment

START, THREE_YEARS = dt.date(2016, 1, 1), dt.date(2018, 12, 31)


@pytest.mark.parametrize(
    ("end", "given", "status", "verdict"),
    [
        # three years in one city, amount unknown: the territory alone decides
        (THREE_YEARS, {"territory": "city"}, ["met", "unknown", "not_met", "unknown"], "applied_voluntarily"),
        (THREE_YEARS, {"amount": 1_500_000, "territory": "city"}, ["met", "met", "not_met", "unknown"], "applied_voluntarily"),
        (THREE_YEARS, {"amount": 1_500_000, "territory": "national", "award": True}, ["met"] * 4, "may_apply"),
        (THREE_YEARS, {"amount": 1_500_000, "territory": "interregional"}, ["met", "met", "met", "unknown"], "unknown"),
        (THREE_YEARS, {"amount": 1_500_000, "territory": "national", "award": False}, ["met", "met", "met", "not_met"], "applied_voluntarily"),
        (THREE_YEARS, {}, ["met", "unknown", "unknown", "unknown"], "unknown"),
        (dt.date(2017, 6, 30), {}, ["met", "unknown", "unknown", "unknown"], "unknown"),  # 18 months to the day
        (dt.date(2017, 6, 29), {}, ["not_met", "unknown", "unknown", "unknown"], "applied_voluntarily"),
        (THREE_YEARS, {"amount": 1_000_000}, ["met", "not_met", "unknown", "unknown"], "applied_voluntarily"),  # more than, not at least
        (THREE_YEARS, {"amount": 1_000_001}, ["met", "met", "unknown", "unknown"], "unknown"),
        (None, {"amount": 2e6, "territory": "international", "award": True}, ["unknown", "met", "met", "met"], "unknown"),
    ],
)  # fmt: skip
def test_conditions_and_verdict(end, given, status, verdict):
    found = assessment.assess(START, end, **given)
    assert (list(found.status.values()), found.verdict) == (status, verdict)
    assert list(found.status) == ["duration", "amount", "territory", "award"]
    assert found.verdict in assessment.VERDICTS


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        ((2016, 1, 1), (2016, 1, 31), 1),
        ((2016, 1, 1), (2016, 1, 30), 0),
        ((2016, 1, 15), (2017, 1, 14), 12),
        ((2016, 1, 15), (2017, 1, 13), 11),
        ((2016, 1, 1), (2019, 12, 31), 48),
    ],
)
def test_whole_months_both_days_included(start, end, months):
    assert assessment.months(dt.date(*start), dt.date(*end)) == months


def test_the_conditions_are_data_with_their_source():
    rules = assessment.guidelines()
    assert (rules["date"], rules["published"]) == (dt.date(2019, 7, 23), dt.date(2019, 9, 12))
    assert "19A05601" in rules["source"]["it"] and "gazzettaufficiale.it" in rules["url"]
    table = assessment.assess(START, THREE_YEARS, territory="city").table()
    assert resolve(table, None, "test", None)
    assert table["requirement"][0] == {"it": "durata di almeno 18 mesi", "en": "at least 18 months long"}


def test_no_text_of_the_room_gives_a_legal_opinion():
    texts = [condition["requirement"][lang] for condition in assessment.guidelines()["conditions"].values() for lang in ("it", "en")]  # fmt: skip
    assert not any(word in text for text in texts for word in ("obblig", "deve", "must", "oblig"))


def test_bad_input_is_refused_all_at_once(english):
    with pytest.raises(EstimateError) as refused:
        assessment.assess(THREE_YEARS, START, amount=-1.0, territory="galaxy")
    told = [str(fault) for fault in refused.value.faults]
    assert told[0].startswith("amount: amount -1.0") and told[1].startswith("territory: territory 'galaxy'")
    assert told[2] == "start, end: end 2016-01-01 before start 2018-12-31"
    for amount in (0.0, float("nan"), float("inf")):
        with pytest.raises(EstimateError):
            assessment.assess(START, THREE_YEARS, amount=amount)
