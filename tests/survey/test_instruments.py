"""Every instrument's file: complete, consistent, in both languages, without the wording of an item; a faulty file is refused with all its faults."""

import copy
import tomllib
from importlib import resources

import pytest

from analysis.errors import EstimateError
from analysis.survey import instrument_files, instruments

EVERY = [(name, form) for name in instruments.known() for form in instruments.forms(name) or ("",)]


def facts_of(name):
    path = resources.files("analysis.survey") / "instruments" / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", instruments.known())
def test_every_file_holds_what_it_must(name):
    assert instrument_files.faults(facts_of(name), name) == []


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_ranges_follow_from_rule_items_answers_and_multiplier(name, form):
    rule = instruments.instrument(name, form)
    for text in (rule.name, rule.response.meaning, rule.licence):
        assert set(text) == {"it", "en"} and all(text.values())
    assert rule.verified or all(rule.unverified.values())
    for part in rule.subscales.values():
        times = rule.multiply * (len(part.items) if rule.rule == "sum" else 1)
        assert (part.low, part.high) == (part.response.low * times, part.response.high * times)
        assert part.construct in instrument_files.CONSTRUCTS and part.worse in ("high", "low")


def test_no_file_carries_the_wording_of_an_item():
    """Names of items are identifiers, and no key could hold a question; comments are one line on what the file is."""
    for name in instruments.known():
        facts = facts_of(name)
        for own in facts.get("forms", {"": facts}).values():
            for part in own["subscales"].values():
                assert all(item.isidentifier() for item in part["items"])
                assert set(part) <= {
                    "name", "items", "reversed", "range", "construct", "worse", "high_means", "cut_offs",
                }  # fmt: skip


def test_the_instruments_of_the_field_are_there():
    wanted = {"netemeyer1996", "carlson2000", "swing", "fisher_hayman", "who5", "zbi12", "zbi22"}
    wanted |= {"issp_work_family", "ess_work_life", "eurofamcare_cope", "copsoq3_conflict"}
    assert wanted == set(instruments.known())
    for form in instruments.forms("zbi12"):
        assert instruments.instrument("zbi12", form).reference == form


def test_nothing_is_said_of_a_language_without_its_source():
    for name, form in EVERY:
        assert all(language.source for language in instruments.instrument(name, form).languages)
    assert [language.code for language in instruments.instrument("zbi22").languages] == ["it"]


def changed(name, path, value):
    """The facts of a file with one thing put, or taken out where the value is None."""
    facts = copy.deepcopy(facts_of(name))
    *parents, last = path
    inner = facts
    for key in parents:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return facts


WFC, WHO = ("subscales", "wfc"), ("subscales", "who5")


@pytest.mark.parametrize(
    ("name", "path", "value", "told"),
    [
        ("who5", ("licence",), None, "licence is missing"),
        ("who5", ("wordings",), "…", "wordings is not foreseen"),
        ("who5", ("licence",), {"it": "libero", "en": " "}, "two languages"),
        ("who5", ("licence",), "free", "two languages"),
        ("who5", ("rule",), "median", "allowed: mean, sum"),
        ("who5", ("rule",), "mean", "range"),
        ("who5", ("multiply",), 5, "0, 125"),
        ("who5", ("least_answered",), 0, "least_answered"),
        ("who5", ("least_answered",), 0.8, "1, rule = sum"),
        ("who5", ("scoring",), "unverified", "what is unverified must be said"),
        ("who5", (*WHO, "items"), [], "a sum needs its items"),
        ("who5", (*WHO, "question"), "…", "question is not foreseen"),
        ("who5", (*WHO, "items"), ["I have felt well"] * 5, "no wording is given"),
        ("who5", (*WHO, "cut_offs"), [{"id": "x", "meaning": {"it": "a", "en": "b"}, "source": "s"}], "below"),
        ("who5", (*WHO, "construct"), "joy", "construct"),
        ("who5", ("languages",), [{"code": "it"}], "source is missing"),
        ("who5", ("languages",), [{"code": "xx", "source": "s"}], "allowed: es, it"),
        ("who5", ("subscales",), None, "either subscales or forms"),
        ("netemeyer1996", (*WFC, "reversed"), ["wfc9"], "wfc9"),
        ("netemeyer1996", (*WFC, "items"), [f"fwc{i}" for i in range(1, 6)], "fwc1 occurs twice"),
        ("netemeyer1996", ("response", "high"), 1, "low < high"),
        ("ess_work_life", ("missing", "trdawrk", "six"), {"it": "a", "en": "b"}, "whole numbers"),
        ("ess_work_life", ("missing", "trd"), {}, "unknown item"),
        ("zbi12", ("forms", "bedard2001", "meaning"), None, "meaning is missing"),
        ("zbi12", ("forms", "hebert2000", "total", "range"), [0, 40], r"\[0, 48\]"),
        ("zbi12", ("forms", "hebert2000", "total", "key"), "role_strain", "a key of its own"),
        ("zbi12", ("forms", "hebert2000", "subscales", "role_strain", "worse"), "low", "not added up"),
    ],
)  # fmt: skip
def test_a_faulty_file_is_told(english, name, path, value, told):
    with pytest.raises(EstimateError, match=told):
        faults = instrument_files.faults(changed(name, path, value), f"{name}.toml")
        if faults:
            raise EstimateError(faults)


def test_all_faults_of_a_file_are_told_at_once():
    facts = changed("who5", ("licence",), "free") | {"least_answered": 2}
    facts["response"]["meaning"] = {"it": "solo in italiano"}
    assert len(instrument_files.faults(facts, "who5.toml")) == 3


def test_a_form_is_named_where_there_are_several_and_only_there(english):
    with pytest.raises(EstimateError, match="bedard2001, hebert2000"):
        instruments.instrument("zbi12")
    with pytest.raises(EstimateError, match="one form only"):
        instruments.instrument("who5", "short")
    with pytest.raises(EstimateError, match="netemeyer1996, swing, who5"):
        instruments.instrument("who6")


@pytest.mark.parametrize(
    ("share", "items", "needed"), [(0.75, 5, 4), (0.75, 8, 6), (0.56, 25, 14), (0.66, 3, 2), (0.5, 1, 1), (1.0, 22, 22)]
)  # fmt: skip
def test_answers_needed_are_rounded_up_exactly(share, items, needed):
    """0.56 · 25 is a little more than 14 in binary."""
    rule = instruments.instrument("who5")
    assert type(rule)(**{**vars(rule), "least_answered": share}).needed(items) == needed
