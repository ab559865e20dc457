"""The rules of a call: shown by edition, judged only where the study names its agreement."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.resources import agreement
from tests.resources.money_registers import LEDGER, money_of, specified

CAP, WIA = (
    0.60,
    (67e6, 30.4e6, 0.4537),
)  # oracles.md A 32: total value and grants of editions I–III, share to four decimals


@pytest.fixture
def rules():
    rows = [
        (4, 2017, "max-share", "60%", "60%", 0.6, "b"),
        (2, 2015, "min-cost", "1,5 milioni", "1.5 million", 1.5e6, "a"),
        (2, 2015, "max-grant", "2 milioni", "2 million", 2e6, "a"),
        (2, 2015, "max-share", "60%", "60%", CAP, "a"),
        (2, 2015, "deadline", "17 aprile", "17 April", None, "a"),
        (3, None, "phases", "tre", "three", None, "c"),
    ]
    columns = ["edition", "year", "rule", "value_it", "value_en", "value", "source"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(found):
    return {(each.rule, each.basis): each.verdict for each in found.judgements}


def why(found, rule, basis):
    return next(each.reason["en"] for each in found.judgements if (each.rule, each.basis) == (rule, basis))


def test_rules_are_listed_by_edition_without_a_verdict(rules):
    table = agreement.rules(rules)
    assert table["edition"].tolist() == ["2", "2", "2", "2", "3", "4"]
    assert "verdict" not in table and table["value"].iloc[0] == {"it": "1,5 milioni", "en": "1.5 million"}
    specified(table)


def test_the_programme_against_the_cap(rules):
    total, grants, printed = WIA
    found = agreement.judge(rules, 2, total, pledged=grants)
    own = next(each for each in found.judgements if (each.rule, each.basis) == ("max-share", "pledged"))
    assert own.figure == pytest.approx(printed, abs=5e-5) and own.limit == CAP and own.verdict == "kept"


def test_kept_and_broken_at_and_beyond_the_limit(rules):
    exact = verdicts(agreement.judge(rules, 2, 1.5e6, pledged=0.9e6, received=0.9e6))
    assert set(exact.values()) == {"kept"}
    beyond = verdicts(agreement.judge(rules, 2, 1.4e6, pledged=1.0e6, received=0.5e6))
    assert beyond["min-cost", "budget"] == "broken" and beyond["max-share", "pledged"] == "broken"
    assert beyond["max-share", "received"] == "kept"
    assert verdicts(agreement.judge(rules, 2, 9e6, pledged=2.1e6))["max-grant", "pledged"] == "broken"


def test_nothing_is_judged_where_no_agreement_is_named(rules):
    found = agreement.judge(rules, 0, *WIA[:2])
    assert {each.verdict for each in found.judgements} == {"not-judged"}
    assert all(each.reason["en"].endswith("does not name its agreement") for each in found.judgements)


def test_what_is_lacking_is_said(rules):
    found = agreement.judge(rules, 4, None, pledged=1e5)
    assert "not on record for this edition" in why(found, "min-cost", "budget")
    assert "total cost" in why(found, "max-share", "pledged") and "no amount" in why(
        found, "max-share", "received"
    )
    unnumbered = agreement.judge(rules.assign(value=np.nan), 2, 2e6, 1e6, 1e6)
    assert {each.reason["en"] for each in unnumbered.judgements} == {"the limit as a number is not on record"}
    two = pd.concat([rules, rules.iloc[[3]].assign(value=0.5, source="d")])
    assert "different limits" in why(agreement.judge(two, 2, 2e6, 1e6), "max-share", "pledged")
    assert "exceeds" in why(agreement.judge(rules, 2, 2e6, 3e6), "max-share", "pledged")
    no_column = agreement.judge(rules.drop(columns="value"), 2, 2e6, 1e6, 1e6)
    assert set(verdicts(no_column).values()) == {"not-judged"}


def test_the_table_prints_limit_and_figure_in_the_unit_of_the_rule(rules):
    table = agreement.judge(rules, 2, 2e6, 1e6).table()
    assert table.loc[0, "limit"]["it"] == "1.500.000\u00a0€" and table.loc[3, "figure"]["en"] == "50.0%"
    assert table.loc[4, "figure"] == {"it": "", "en": ""} and table.loc[4, "reason"]["it"]
    specified(table)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"edition": 7, "total_cost": 1e6}, "edition 7 is not in call_rules.*2, 3, 4"),
        ({"edition": 2, "total_cost": 0}, "total_cost = 0"),
        ({"edition": 2, "total_cost": -1.0}, "total_cost = -1"),
        ({"edition": 2, "total_cost": 1e6, "pledged": -1.0}, "pledged = -1"),
    ],
)
def test_impossible_figures_are_refused(english, rules, given, told):
    with pytest.raises(EstimateError, match=told):
        agreement.judge(rules, **given)


def test_limits_that_cannot_be_are_refused_with_their_row(english, rules):
    with pytest.raises(EstimateError, match=r"call_rules: row 4.*a share above 1"):
        agreement.judge(rules.assign(value=[0.6, 1e6, 1e6, 60, None, None]), 2)
    with pytest.raises(EstimateError, match=r"row 2.*not positive"):
        agreement.judge(rules.assign(value=[0.6, 0, 1e6, 0.6, None, None]), 2)
    with pytest.raises(EstimateError, match="no rows"):
        agreement.rules(rules.iloc[:0])


def test_the_grant_is_the_cash_of_the_lead_funder():
    found = agreement.grant(money_of(*LEDGER))
    assert (found.pledged, found.received, found.entries) == (600, 600, 3)
    none = agreement.grant(money_of(*LEDGER[3:]))
    assert np.isnan(none.pledged) and np.isnan(none.received)
