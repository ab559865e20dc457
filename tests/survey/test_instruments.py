"""Every instrument's file: complete, consistent, without the wording of an item; its rule on answers worked out by hand."""

import tomllib
from importlib import resources

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import instruments, scoring

CONFIRMED = {"confirmed": "a test, 2026"}
CONSTRUCTS = {"work_to_family", "family_to_work", "wellbeing", "burden", "enrichment", "positive_value"}
EVERY = [(name, form) for name in instruments.known() for form in instruments.forms(name) or ("",)]


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_a_file_is_complete_and_its_ranges_follow_from_its_rule(name, form):
    rule = instruments.instrument(name, form)
    for text in (rule.name, rule.meaning, rule.licence):
        assert set(text) == {"it", "en"} and all(text.values())
    assert rule.source and rule.reference and rule.wording in ("free", "restricted")
    assert rule.verified or all(rule.unverified.values())
    assert 0 < rule.least_answered <= 1
    for part in rule.subscales.values():
        assert part.construct in CONSTRUCTS and part.worse in ("high", "low")
        assert set(part.reversed) <= set(part.items) and len(set(part.items)) == len(part.items)
        times = rule.multiply * (len(part.items) if rule.rule == "sum" else 1)
        assert (part.low, part.high) == (rule.low * times, rule.high * times)
        assert all(cut.source and set(cut.meaning) == {"it", "en"} for cut in part.cut_offs)


def test_no_file_carries_the_wording_of_an_item():
    folder = resources.files("analysis.survey") / "instruments"
    for name in instruments.known():
        facts = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        held = [facts, *facts.get("forms", {}).values()]
        for part in (part for own in held for part in own.get("subscales", {}).values()):
            assert all(item.isidentifier() for item in part["items"])
            assert not {"text", "wording", "question", "questions"} & set(part)


def test_the_instruments_of_the_field_are_there():
    wanted = {"netemeyer1996", "carlson2000", "swing", "fisher_hayman", "who5", "zbi12", "zbi22"}
    assert wanted | {"issp_work_family", "ess_work_life", "eurofamcare_cope", "copsoq3_conflict"} == set(
        instruments.known()
    )


def answers(items, value):
    return pd.DataFrame({item: [value] for item in items})


def test_sums_at_both_ends():
    who = instruments.instrument("who5").subscales["who5"].items
    assert [scoring.score(answers(who, v), "who5").values.iloc[0, 0] for v in (0, 5)] == [0, 100]
    raw = answers(who, 3).assign(who1=1)
    assert scoring.score(raw, "who5").values.iloc[0, 0] == 52
    long = instruments.instrument("zbi22").subscales["zbi22"].items
    assert scoring.score(answers(long, 4), "zbi22").values.iloc[0, 0] == 88


def test_both_forms_of_twelve_items_and_neither_unless_named(english):
    items = [f"zbi{i}" for i in range(1, 13)]
    one = scoring.score(answers(items, 4), "zbi12", {"form": "bedard2001"})
    other = scoring.score(answers(items, 4), "zbi12", {"form": "hebert2000"})
    assert one.values.iloc[0].to_dict() == {"zbi12": 48}
    assert other.values.iloc[0].to_dict() == {"personal_strain": 12, "role_strain": 36, "zbi12": 48}
    assert other.answered["zbi12"].tolist() == [12]
    with pytest.raises(EstimateError, match="bedard2001, hebert2000"):
        scoring.score(answers(items, 4), "zbi12")
    with pytest.raises(EstimateError, match="one form only"):
        scoring.score(answers(["who1"], 4), "who5", {"form": "short"})


def test_reversed_items_depend_on_the_form():
    items = [f"wipl{i}" for i in range(1, 8)] + [f"{k}{i}" for k in ("pliw", "wple") for i in range(1, 5)]
    frame = answers(items, 1)
    happy = scoring.score(frame, "fisher_hayman", CONFIRMED | {"form": "content"}).values
    other = scoring.score(frame, "fisher_hayman", CONFIRMED | {"form": "discontent"}).values
    assert happy["wipl"][0] == pytest.approx((6 * 1 + 7) / 7)
    assert other["wipl"][0] == 1
    issp = scoring.score(answers(["issp_wif1", "issp_wif2", "issp_fiw1", "issp_fiw2"], 1), "issp_work_family")
    assert issp.values.iloc[0].tolist() == [4, 4]


def test_missing_codes_belong_to_their_item(english):
    frame = pd.DataFrame({"trdawrk": [1, 6, 9], "jbprtfp": [5, 66, 99], "pfmfdjba": [2, 6, 9]})
    found = scoring.score(frame, "ess_work_life").values
    assert found.iloc[0].tolist() == [1, 5, 2]
    assert found.iloc[1:].isna().all(axis=None)
    with pytest.raises(EstimateError) as raised:
        scoring.score(frame.assign(trdawrk=[66, 1, 1], pfmfdjba=[0, 1, 1]), "ess_work_life")
    assert [fault.where for fault in raised.value.faults] == ["trdawrk, row 0", "pfmfdjba, row 0"]
    assert "missing: 6, 7, 8, 9" in raised.value.faults[0].allowed


def test_steps_and_a_half_of_the_answers(english):
    study = CONFIRMED | {"items": ["a", "b", "c"]}
    frame = pd.DataFrame({"a": [100, 0, None], "b": [50, None, None], "c": [None, None, 25]}, dtype="Float64")
    found = scoring.score(frame, "copsoq3_conflict", study)
    assert found.values["copsoq_conflict"].tolist()[0] == 75
    assert found.values["copsoq_conflict"].isna().tolist() == [False, True, True]
    with pytest.raises(EstimateError, match="0, 25, 50, 75, 100"):
        scoring.score(frame.fillna(30), "copsoq3_conflict", study)
    with pytest.raises(EstimateError, match="0 items"):
        scoring.score(frame, "copsoq3_conflict", CONFIRMED)


def test_an_unverified_rule_says_what_nobody_read(english):
    with pytest.raises(EstimateError, match="answers run from 0 to 3"):
        scoring.score(pd.DataFrame(), "swing")


def test_opposite_meanings_are_never_added_up(english):
    swing = instruments.instrument("swing").subscales
    frame = answers([item for part in swing.values() for item in part.items], 3)
    found = scoring.score(frame, "swing", CONFIRMED)
    assert list(found.values) == ["negative_wh", "negative_hw", "positive_wh", "positive_hw"]
    with pytest.raises(EstimateError, match="not added up"):
        found.with_total()


def test_scores_of_a_study_and_their_cut_offs(english):
    frame = answers([f"who{i}" for i in range(1, 6)], 2).join(answers(["trdawrk", "jbprtfp", "pfmfdjba"], 4))
    found = scoring.scores(frame, {"who5": {}, "ess_work_life": {}})
    assert found.of("wellbeing") == ["who5"] and len(found.of("work_to_family", "family_to_work")) == 3
    assert scoring.cut_offs(found).iloc[0].to_dict() == {"who5_poor": True, "who5_high_risk": False}
    with pytest.raises(EstimateError) as raised:
        scoring.scores(frame, {"swing": {}, "zbi12": {}})
    assert len(raised.value.faults) == 2
    with pytest.raises(EstimateError, match="names no instrument"):
        scoring.scores(frame, {})


def test_a_burden_at_the_cut_off_counts():
    items = [f"zbi{i}" for i in range(1, 13)]
    frame = pd.concat(
        [answers(items, 1), answers(items, 1).assign(zbi1=2), answers(items, 1).assign(zbi1=np.nan)]
    )
    found = scoring.cut_offs(scoring.score(frame.reset_index(drop=True), "zbi12", {"form": "bedard2001"}))
    assert found["zbi12_burdened"].tolist() == [False, True, pd.NA]


def test_the_sums_of_family_carers_are_those_of_their_file(oracle_data):
    carers = oracle_data("survey/efc/efc.csv")
    found = scoring.score(carers, "eurofamcare_cope", CONFIRMED)
    both = found.values["cope_negative"].notna() & carers["neg_c_7"].notna()
    # The file's own sum has a seventh item, which the file does not hold.
    extra = (carers["neg_c_7"] - found.values["cope_negative"])[both]
    assert (
        found.table().set_index("scale").loc["cope_negative", "n"]
        == found.values["cope_negative"].notna().sum()
    )
    assert extra.between(1, 4).mean() > 0.99
