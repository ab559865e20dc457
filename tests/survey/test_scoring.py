"""Scoring by the instrument files, on answers worked out by hand. Oracle: A row 30 (exact: small integers)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import instruments, scoring

WHO5 = [f"who{i}" for i in range(1, 6)]
CONFIRMED = {"confirmed": "checked against the article by the study team, 2017-01-10"}
EVERY = [(name, form) for name in instruments.known() for form in instruments.forms(name) or ("",)]


def numbered(stem: str, *answers: float) -> dict[str, float]:
    return {f"{stem}{i}": answer for i, answer in enumerate(answers, 1)}


# Instrument, form, answers of one person, scores by hand.
BY_HAND = [
    ("netemeyer1996", "", numbered("wfc", 1, 2, 3, 4, 7) | numbered("fwc", 1, 1, 1, 1, 2), {"wfc": 3.4, "fwc": 1.2}),
    (
        "carlson2000", "",
        numbered("time_wif", 1, 2, 3) | numbered("time_fiw", 5, 5, 5) | numbered("strain_wif", 1, 1, 2)
        | numbered("strain_fiw", 4, 4, 5) | numbered("behaviour_wif", 2, 2, 2) | numbered("behaviour_fiw", 1, 1, 1),
        {"time_wif": 2, "time_fiw": 5, "strain_wif": 4 / 3, "strain_fiw": 13 / 3, "behaviour_wif": 2, "behaviour_fiw": 1},
    ),
    (
        "swing", "",
        numbered("negative_wh", 3, 3, 3, 3, 0, 0, 0, 0) | numbered("negative_hw", 0, 1, 2, 3)
        | numbered("positive_wh", 3, 3, 3, 3, 3) | numbered("positive_hw", 0, 0, 0, 0, 1),
        {"negative_wh": 1.5, "negative_hw": 1.5, "positive_wh": 3, "positive_hw": 0.2},
    ),
    (
        "fisher_hayman", "content",
        numbered("wipl", 1, 1, 1, 1, 1, 1, 1) | numbered("pliw", 7, 7, 7, 6) | numbered("wple", 1, 2, 3, 4),
        {"wipl": 13 / 7, "pliw": 6.75, "wple": 2.5},
    ),
    (
        "fisher_hayman", "discontent",
        numbered("wipl", 1, 1, 1, 1, 1, 1, 1) | numbered("pliw", 7, 7, 7, 6) | numbered("wple", 1, 2, 3, 4),
        {"wipl": 1, "pliw": 6.75, "wple": 2.5},
    ),
    ("who5", "", numbered("who", 3, 3, 3, 2, 2), {"who5": 52}),
    ("zbi12", "bedard2001", numbered("zbi12_", 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1), {"zbi12": 21}),
    (
        "zbi12", "hebert2000", numbered("zbi12_", 0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1),
        {"personal_strain": 3, "role_strain": 18, "zbi12": 21},
    ),
    ("zbi22", "", numbered("zbi", *[4] * 11, *[1] * 11), {"zbi22": 55}),
    ("issp_work_family", "", numbered("issp_wif", 1, 2) | numbered("issp_fiw", 4, 3), {"issp_wif": 3.5, "issp_fiw": 1.5}),
    (
        "ess_work_life", "", {"trdawrk": 5, "jbprtfp": 1, "pfmfdjba": 2},
        {"trdawrk": 5, "jbprtfp": 1, "pfmfdjba": 2},
    ),
    (
        "eurofamcare_cope", "whole",
        numbered("cope_negative", 1, 1, 1, 1, 1, 1, 4) | numbered("cope_positive", 4, 4, 4, 3) | numbered("cope_support", 1, 2, 3, 4),
        {"cope_negative": 10, "cope_positive": 15, "cope_support": 10},
    ),
    (
        "eurofamcare_cope", "extract",
        {"c82cop1": 4, "c83cop2": 1, "c84cop3": 2, "c85cop4": 3, "c86cop5": 4, "c87cop6": 1, "c88cop7": 1, "c89cop8": 2, "c90cop9": 3},
        {"cope_negative": 12, "cope_positive": 7, "cope_support": 2},
    ),
    ("copsoq3_conflict", "", {"wf1": 100, "wf2": 25, "wf3": 25}, {"copsoq_conflict": 50}),
]  # fmt: skip


def entry(name, form="", frame=()):
    study = CONFIRMED | ({"form": form} if form else {})
    return study | ({"items": list(frame)} if name == "copsoq3_conflict" else {})


@pytest.mark.parametrize(("name", "form", "given", "expected"), BY_HAND)
def test_polarity_and_rule_by_hand(name, form, given, expected):
    found = scoring.score(pd.DataFrame([given]), name, entry(name, form, given))
    assert found.values.iloc[0].to_dict() == pytest.approx(expected, abs=1e-12)
    assert found.answered.iloc[0].to_dict() == {key: len(found.items[key]) for key in expected}


def test_every_instrument_and_form_was_worked_out_by_hand():
    assert {(name, form) for name, form, *_ in BY_HAND} == set(EVERY)


@pytest.mark.parametrize(("name", "form"), EVERY)
def test_the_ends_of_the_answers_are_the_ends_of_the_scores(name, form):
    """Answers that all mean the least, and all the most, after reversal."""
    rule = instruments.instrument(name, form)
    for end in ("low", "high"):
        given = {}
        for part in rule.subscales.values():
            ends = (part.response.low, part.response.high)
            low, high = ends if end == "low" else ends[::-1]
            given |= {item: high if item in part.reversed else low for item in part.items or ("a", "b", "c")}
        found = scoring.score(pd.DataFrame([given]), name, entry(name, form, given))
        assert found.values.iloc[0].to_dict() == {
            key: getattr(part, end) for key, part in found.parts.items()
        }
        table = found.table().set_index("scale")
        assert (table["floor" if end == "low" else "ceiling"] == 1).all()


@pytest.mark.parametrize(
    ("name", "form"), [pair for pair in EVERY if not instruments.instrument(*pair).verified]
)
def test_an_unverified_rule_says_what_nobody_read_until_the_study_confirms_it(english, name, form):
    rule = instruments.instrument(name, form)
    study = entry(name, form, ["a"])
    for absent in ({}, {"confirmed": " "}, {"confirmed": {"it": "il gruppo"}}):
        with pytest.raises(EstimateError) as raised:
            scoring.score(pd.DataFrame(), name, {k: v for k, v in study.items() if k != "confirmed"} | absent)
        assert rule.unverified["en"] in str(raised.value)
    with pytest.raises(EstimateError, match="absent"):  # confirmed: only the items are lacking
        scoring.score(pd.DataFrame(), name, study)


def test_who5_rule():
    found = scoring.score(pd.DataFrame([[5] * 5, [0] * 5, [3, 3, 3, 2, 2]], columns=WHO5), "who5")
    assert found.values["who5"].tolist() == [100, 0, 52]


def test_who5_needs_every_item_and_counts_what_it_leaves_out():
    found = scoring.score(pd.DataFrame([[5, 5, 5, 5, np.nan], [5] * 5], columns=WHO5), "who5")
    assert found.values["who5"].isna().tolist() == [True, False]
    assert found.answered["who5"].tolist() == [4, 5]
    table = found.table()
    assert table[["too_few_answers", "n", "ceiling_cases"]].iloc[0].tolist() == [1, 1, 1]
    assert table["ceiling"].iloc[0] == 1


def items(*rows: list[float]) -> pd.DataFrame:
    names = [f"{scale}{i}" for scale in ("wfc", "fwc") for i in range(1, 6)]
    return pd.DataFrame(rows, columns=names)


def test_person_mean_only_above_the_least_answered_share():
    nan = np.nan
    frame = items([7, 7, 7, 3, nan, 1, 1, 1, nan, nan], [nan] * 10)
    found = scoring.score(frame, "netemeyer1996", CONFIRMED)
    assert found.values.loc[0, "wfc"] == 6
    assert found.values["fwc"].isna().all()
    assert found.answered.loc[1].tolist() == [0, 0]
    assert found.table()["too_few_answers"].tolist() == [0, 1]


def test_half_of_the_answers_suffice_where_the_file_says_so(english):
    study = CONFIRMED | {"items": ["a", "b", "c"]}
    frame = pd.DataFrame({"a": [100, 0, None], "b": [50, None, None], "c": [None, None, 25]}, dtype="Float64")
    found = scoring.score(frame, "copsoq3_conflict", study)
    assert found.values["copsoq_conflict"].tolist()[0] == 75
    assert found.values["copsoq_conflict"].isna().tolist() == [False, True, True]
    with pytest.raises(EstimateError, match="0, 25, 50, 75, 100"):
        scoring.score(frame.fillna(30), "copsoq3_conflict", study)
    with pytest.raises(EstimateError, match="0 items"):
        scoring.score(frame, "copsoq3_conflict", CONFIRMED)


def test_missing_codes_belong_to_their_item_under_whatever_name(english):
    frame = pd.DataFrame(
        {"trdawrk": [1, 6, 9, 8], "jbprtfp": [5, 66, 99, 6], "pfmfdjba": [2, 6, 9, 7]}
    )  # fmt: skip
    study = {f"items_{name}": [f"q_{name}"] for name in frame}
    for found in (
        scoring.score(frame, "ess_work_life"),
        scoring.score(frame.add_prefix("q_"), "ess_work_life", study),
    ):
        assert found.values.iloc[0].tolist() == [1, 5, 2]
        assert found.values.iloc[1:].isna().all(axis=None)
        assert found.answered.iloc[:, 0].tolist() == [1, 0, 0, 0]
    wrong = frame.assign(trdawrk=[66, 1, 98, 66], pfmfdjba=[1, 66, 1, 1])
    with pytest.raises(EstimateError) as raised:
        scoring.score(wrong, "ess_work_life")
    first, second = raised.value.faults
    assert (first.where, second.where) == ("trdawrk, row 0", "pfmfdjba, row 1")
    assert first.what.startswith("3 codes") and first.what.endswith("66, 98")
    assert (first.allowed, second.allowed) == ("1–5; missing: 6, 7, 8, 9", "1–5; missing: 6, 7, 8, 9")


def test_codes_out_of_range_and_absent_items_are_all_named(english):
    frame = items([1, 2, 3, 4, 98, 1, 1, 1, 1, 0]).drop(columns="wfc1")
    with pytest.raises(EstimateError) as caught:
        scoring.score(frame, "netemeyer1996", CONFIRMED)
    text = str(caught.value)
    assert "wfc1" in text and "wfc5, row 0" in text and "fwc5, row 0" in text and "1–7" in text


@pytest.mark.parametrize(
    "answers",
    [["5", "often"], [True, False], [2.5, 1.0], [np.inf, 1.0], pd.Categorical(["5", "?"])],
    ids=["words", "yes and no", "halves", "infinite", "categories"],
)
def test_what_is_no_code_gives_no_score(english, answers):
    frame = pd.DataFrame({key: [3, 3] for key in WHO5}).assign(who2=answers)
    with pytest.raises(EstimateError, match=r"who2, row"):
        scoring.score(frame, "who5")


def test_codes_may_be_texts_and_categories():
    """The reader of a study hands over codes as texts."""
    frame = pd.DataFrame({key: ["5", "0"] for key in WHO5}).assign(who1=pd.Categorical(["5", "0"]))
    assert scoring.score(frame, "who5").values["who5"].tolist() == [100, 0]


@pytest.mark.parametrize("key", ["items", "items_who5"])
def test_study_may_name_its_items_otherwise(key):
    frame = pd.DataFrame([[5] * 5], columns=list("abcde"))
    assert scoring.score(frame, "who5", {key: list("abcde")}).values["who5"].tolist() == [100]


@pytest.mark.parametrize(
    ("study", "told"),
    [
        ({"items_wfc": ["wfc1"] * 5}, "wfc1 occurs twice"),
        ({"items_fwc": [f"wfc{i}" for i in range(1, 6)]}, "wfc5 occurs twice"),
        ({"items_wfc": ["wfc1", "wfc2"]}, "2 items"),
        ({"items": [f"wfc{i}" for i in range(1, 6)]}, "allowed: confirmed, items_wfc, items_fwc"),
        ({"itmes_wfc": ["wfc1"]}, "itmes_wfc is not foreseen"),
        ({"total": ["wfc", "fwc"]}, "total is not foreseen"),
        ({"form": "short"}, "one form only"),
    ],
)
def test_an_entry_of_the_codebook_that_cannot_be_meant(english, study, told):
    with pytest.raises(EstimateError, match=told):
        scoring.score(items([1] * 10), "netemeyer1996", CONFIRMED | study)


def test_only_some_subscales_and_never_an_unknown_one(english):
    found = scoring.score(items([4] * 10), "netemeyer1996", CONFIRMED, only=["fwc"])
    assert list(found.values) == ["fwc"]
    with pytest.raises(EstimateError, match="unknown subscale: both"):
        scoring.score(items([4] * 10), "netemeyer1996", CONFIRMED, only=["both"])
    zbi = pd.DataFrame([numbered("zbi12_", *[4] * 12)])
    part = scoring.score(zbi, "zbi12", {"form": "hebert2000"}, only=["personal_strain"])
    assert list(part.values) == ["personal_strain"]
    with pytest.raises(EstimateError, match="all of them and no other"):
        part.with_total()


def test_only_the_total_that_a_form_defines_is_added_up(english):
    swing = instruments.instrument("swing").subscales
    frame = pd.DataFrame([{item: 3 for part in swing.values() for item in part.items}])
    with pytest.raises(EstimateError, match="different meaning"):
        scoring.score(frame, "swing", CONFIRMED).with_total()
    frame = pd.DataFrame([numbered("zbi12_", *[4] * 12) | numbered("zbi", *[4] * 22)])
    whole = scoring.score(frame, "zbi12", {"form": "hebert2000"})
    assert whole.values["zbi12"].tolist() == [48] and whole.ranges["zbi12"] == (0, 48)
    for twice in (whole, whole.beside(scoring.score(frame, "zbi22"))):
        with pytest.raises(EstimateError, match="all of them and no other"):
            twice.with_total()


def test_the_total_lacks_where_a_subscale_lacks():
    frame = pd.DataFrame([numbered("zbi12_", np.nan, *[4] * 11)])
    found = scoring.score(frame, "zbi12", {"form": "hebert2000"})
    assert found.values["role_strain"].tolist() == [36] and found.values["zbi12"].isna().all()
    assert found.answered["zbi12"].tolist() == [11]


def test_instruments_stand_side_by_side_and_are_never_added(english):
    frame = items([4] * 10).join(pd.DataFrame([[3] * 5], columns=WHO5))
    study = {"netemeyer1996": CONFIRMED, "who5": {}}
    found = scoring.scores(frame, study)
    assert found.values.iloc[0].to_dict() == {"wfc": 4, "fwc": 4, "who5": 60}
    assert found.table()["scale"].tolist() == ["wfc", "fwc", "who5"]
    assert found.of("wellbeing") == ["who5"] and found.of("work_to_family", "family_to_work") == [
        "wfc",
        "fwc",
    ]
    with pytest.raises(EstimateError, match="different meaning"):
        found.with_total()


def test_what_a_wave_did_not_ask_is_left_out_but_half_of_it_is_not(english):
    frame = pd.DataFrame([[3] * 5], columns=WHO5)
    study = {"netemeyer1996": CONFIRMED, "who5": {}}
    assert list(scoring.scores(frame, study).values) == ["who5"]
    with pytest.raises(EstimateError) as raised:
        scoring.scores(frame.assign(wfc1=1), study)
    assert len(raised.value.faults) == 9
    with pytest.raises(EstimateError, match="no item of the instruments"):
        scoring.scores(frame, {"netemeyer1996": CONFIRMED})
    with pytest.raises(EstimateError, match="names no instrument"):
        scoring.scores(frame, {})


def test_faults_of_all_instruments_at_once(english):
    frame = pd.DataFrame([[9] * 5], columns=WHO5)
    with pytest.raises(EstimateError) as raised:
        scoring.scores(frame, {"swing": {}, "zbi12": {}, "who5": {}})
    text = str(raised.value)
    assert len(raised.value.faults) == 7 and "not verified" in text and "several forms" in text


def test_cut_offs_below_from_and_without_a_score():
    who = pd.DataFrame(
        [[3, 3, 3, 3, 0], [3, 3, 3, 2, 2], [2, 1, 1, 1, 1], [3, 1, 1, 1, 1], [1, 1, 1, 1, np.nan]],
        columns=WHO5,
    )
    zbi = pd.DataFrame([numbered("zbi12_", first, *[1] * 11) for first in (1, 2, np.nan, 4, 4)])
    found = scoring.cut_offs(scoring.scores(who.join(zbi), {"who5": {}, "zbi12": {"form": "bedard2001"}}))
    assert found["who5_poor"].tolist() == [True, False, True, True, pd.NA]  # 48, 52, 24, 28
    assert found["who5_high_risk"].tolist() == [False, False, True, False, pd.NA]
    assert found["zbi12_burdened"].tolist() == [False, True, pd.NA, True, True]  # 12, 13, none, 15


def test_the_sums_of_family_carers_are_those_of_their_file(oracle_data):
    """The file's own sums have items that it lacks: one of the seven on negative impact, two of the four on positive value."""
    carers = oracle_data("survey/efc/efc.csv")
    found = scoring.score(carers, "eurofamcare_cope", CONFIRMED | {"form": "extract"}).values
    for whole, scale, lacking, n in (
        ("neg_c_7", "cope_negative", 1, 892),
        ("pos_v_4", "cope_positive", 2, 881),
    ):
        rest = (carers[whole] - found[scale]).dropna()
        assert len(rest) == carers[whole].notna().sum() == n
        assert rest.between(lacking, 4 * lacking).all()
    # Support is no part of positive value: with it the rest could not be one answer.
    rest = (carers["pos_v_4"] - found["cope_positive"] - found["cope_support"]).dropna()
    assert (~rest.between(1, 4)).sum() == 880 - 515


def test_codes_of_the_social_survey_are_all_answers_or_known_missing_codes(ess10):
    names = ["trdawrk", "jbprtfp", "pfmfdjba"]
    found = scoring.score(ess10[names], "ess_work_life")
    assert found.table()["n"].tolist() == [7372, 6997, 6918]
    assert found.of("work_to_family", "family_to_work") == names
