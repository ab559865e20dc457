"""Indicators and their measurements as read: what is refused, with its rows, and how many persons a value tells of."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact.indicators import bilingual, definitions, definitions_table, measured, planned
from tests.impact.logframe import MIDDLE, indicator, indicators, logframe, outcomes


def read(results, plan, values):
    return measured(planned(results, plan), values)


@pytest.mark.parametrize(
    ("unit", "value", "n", "behind"),
    [
        ("punti", 3.5, 57, 57),  # a mean of 57 persons
        ("persone", 4, None, 4),  # four persons
        ("quota", 0.95, 60, 3),  # three persons without the trait
        ("percentuale", 5, 60, 3),  # three persons with it
        ("quota", 1.0, 60, 60),  # everybody
        ("euro", 4, None, np.nan),
    ],
)
def test_the_fewest_persons_that_a_value_tells_of_stand_behind_it(unit, value, n, behind):
    got = read(logframe(), indicators(indicator(unit=unit)), outcomes(("i1", MIDDLE, value, n)))
    assert got["behind"].iloc[0] == pytest.approx(behind, nan_ok=True)


REFUSED = [
    ({"plan": [indicator(), indicator()]}, "indicators: row 1, 2: an indicator entered twice"),
    ({"plan": [indicator(), indicator(unit="ore")]}, "indicators: row 1, 2: an indicator entered twice, with two units"),
    ({"plan": [indicator(result="r9")]}, "indicators: row 1: a result that the framework lacks"),
    ({"plan": [indicator(direction="up")]}, "indicators: row 1: unknown direction"),
    ({"plan": [indicator(dac="beauty")]}, "indicators: row 1: unknown OECD-DAC criterion"),
    ({"plan": [indicator(target=np.inf)]}, "indicators: row 1: target: not a finite number"),
    ({"values": [("i1", MIDDLE, 1), ("i9", MIDDLE, 1)]}, "outcomes: row 2: an indicator that the plan lacks"),
    ({"values": [("i1", MIDDLE, 1), ("i1", MIDDLE, 1)]}, "outcomes: row 1, 2: two measurements of one day"),
    ({"values": [("i1", MIDDLE, 1), ("i1", None, 1)]}, "outcomes: row 2: the date is missing"),
    ({"values": [("i1", MIDDLE, None)]}, "outcomes: row 1: the value is not a finite number"),
    ({"values": [("i1", MIDDLE, 3, 0)]}, "outcomes: row 1: a value behind which there is nobody"),
    ({"plan": [indicator(unit="persone")], "values": [("i1", MIDDLE, -3)]}, "outcomes: row 1: a negative number of persons"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_read_is_refused_with_its_rows(given, message, english):
    plan = indicators(*given.get("plan", [indicator()]))
    with pytest.raises(EstimateError) as refused:
        read(logframe(), plan, outcomes(*given.get("values", [])))
    assert any(str(fault).startswith(message) for fault in refused.value.faults), str(refused.value)


def test_a_measurement_in_another_unit_is_refused(english):
    measured = outcomes(("i1", MIDDLE, 3)).assign(unit="ore")
    with pytest.raises(EstimateError, match="row 1: another unit than the indicator's; allowed: servizi"):
        read(logframe(), indicators(), measured)


def test_all_faults_are_told_at_once_and_a_doubled_result_or_unknown_level_among_them(english):
    broken = logframe().assign(level=["impact", "outcome", "nowhere"])
    broken = pd.concat([broken, broken.iloc[:1]], ignore_index=True)
    with pytest.raises(EstimateError) as refused:
        read(broken, indicators(indicator(direction="up", dac="x")), outcomes())
    told = str(refused.value)
    for part in ("logframe: row 1, 4: a result entered twice", "logframe: row 3: unknown level", "unknown direction", "unknown OECD-DAC"):  # fmt: skip
        assert part in told


def test_a_missing_column_is_named(english):
    with pytest.raises(EstimateError, match="columns baseline are missing"):
        read(logframe(), indicators().drop(columns="baseline"), outcomes())


def test_definitions_are_listed_with_what_is_not_stated_left_empty():
    plan = planned(
        logframe(), indicators(indicator(definition_it="si contano i servizi aperti", disaggregation=None))
    )
    row = definitions_table(plan).iloc[0]
    assert row["definition"] == {"it": "si contano i servizi aperti", "en": "si contano i servizi aperti"}
    assert row["disaggregation"] is None and row["verified_by"] == "registro"


def test_disaggregation_is_told_in_both_languages_where_the_plan_has_english():
    given = indicators(
        indicator(disaggregation="genere", disaggregation_en="gender"),
        indicator("b", disaggregation="servizio", disaggregation_en=None),
        indicator("c", disaggregation=None, disaggregation_en=None),
    )
    table = definitions_table(planned(logframe(), given))
    told = [{"it": "genere", "en": "gender"}, {"it": "servizio", "en": "servizio"}, None]
    assert table["disaggregation"].tolist() == told
    assert {c.name: c.text for c in resolve(table, None, "test", None)}["disaggregation"]


def test_a_language_without_a_text_borrows_the_other():
    frame = pd.DataFrame({"name_it": ["a", None, ""], "name_en": [None, "b", None]})
    assert bilingual(frame, "name") == [{"it": "a", "en": "a"}, {"it": "b", "en": "b"}, {"it": "", "en": ""}]


def test_the_words_of_lights_toml_stand_as_they_are_compared():
    kinds = [word for words in definitions()["units"].values() for word in words]
    for word in (*kinds, *definitions()["frequency"]):
        assert word == word.strip().casefold()
    assert len(kinds) == len(set(kinds))
