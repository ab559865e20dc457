"""Numbers as CLDR writes them in Italian and in English."""

import pytest

from analysis.errors import EvidenceError
from analysis.evidence.words import Words, format_interval, format_number


@pytest.mark.parametrize(
    ("value", "unit", "digits", "italian", "english"),
    [
        (0.346, "share", None, "34,6%", "34.6%"),
        (12746000, "persons", None, "12.746.000", "12,746,000"),
        (-0.58, "points", 2, "−0,58", "−0.58"),
        (-0.0001, "points", 2, "0,00", "0.00"),
        (1234.5, "euro", 2, "1.234,50\u00a0€", "€1,234.50"),
        (2018, "year", None, "2018", "2018"),
        (0.025, "share_points", 1, "2,5", "2.5"),
        (None, "share", 1, "non pubblicato", "not shown"),
        (float("nan"), "share", 1, "non pubblicato", "not shown"),
        (float("inf"), "months", None, "∞", "∞"),
    ],
)
def test_number(value, unit, digits, italian, english):
    assert format_number(value, unit, digits, "it") == italian
    assert format_number(value, unit, digits, "en") == english


def test_an_interval_with_a_negative_bound_is_spelt_out():
    assert format_interval(0.31, 0.382, "share", 1, "it") == "31,0%–38,2%"
    assert format_interval(-0.2, 0.1, "points", 2, "it") == "−0,20 a 0,10"
    assert format_interval(-0.2, 0.1, "points", 2, "en") == "−0.20 to 0.10"


def test_an_unknown_unit_names_the_nearest():
    with pytest.raises(EvidenceError, match="points"):
        format_number(1, "pionts", None, "it")


def test_own_words_come_before_shared_ones_and_a_missing_one_says_where():
    words = Words(
        "it",
        {"n": {"it": "rispondenti", "en": "respondents"}},
        {"care": {"a": {"it": "uno", "en": "one"}}},
        "toy",
    )
    assert (words("n"), words("share"), words.label("care", "a"), words.label("care", "total")) == (
        "rispondenti",
        "quota",
        "uno",
        "totale",
    )
    with pytest.raises(EvidenceError, match=r"toy\.toml"):
        words("nothing_like_it")


def test_words_and_labels_have_the_apostrophes_of_print():
    words = Words(
        "it", {"n": {"it": "quant'è", "en": "n"}}, {"care": {"a": {"it": "l'ora", "en": "a"}}}, "toy"
    )
    assert (words("n"), words.label("care", "a")) == ("quant’è", "l’ora")
