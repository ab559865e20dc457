"""[fundraising] and [[comparisons]] of study.toml: read as declared, and every slip named."""

from __future__ import annotations

import pytest

from analysis.errors import StudyError
from analysis.study import studies

FUNDS = """
[fundraising]
total_cost = 800000
target = 320000
reserve = 5000
agreement = { it = "convenzione", en = "agreement" }
edition = 2
"""
COMPARED = """
[[comparisons]]
id = "utenti"
design = "weighting"
outcome = "wfc"
title = { it = "Utenti", en = "Users" }
variable = "frame"
treated = ["users"]
comparison = ["residents"]
covariates = ["age"]
chosen_by = "others"
"""


def test_what_is_declared_is_read(make):
    make(FUNDS + COMPARED)
    settings = studies.open_study("prova").settings
    funds = settings.fundraising
    assert (funds.total_cost, funds.target, funds.reserve, funds.edition) == (800000, 320000, 5000, 2)
    assert funds.agreement == {"it": "convenzione", "en": "agreement"}
    (entry,) = settings.comparisons
    assert (entry.id, entry.design, entry.outcome) == ("utenti", "weighting", "wfc")
    assert (entry.treated, entry.comparison, entry.covariates) == (("users",), ("residents",), ("age",))
    assert (entry.reason, entry.cluster, entry.chosen_by) == (None, "", "others")
    assert not entry.self_selected


def test_a_study_may_declare_nothing(make):
    make()
    settings = studies.open_study("prova").settings
    assert settings.fundraising is None
    assert settings.comparisons == ()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (FUNDS.replace("edition = 2", "edition = 2.5"), "[fundraising] edition: 2.5 is not whole"),
        (FUNDS.replace("agreement =", "# "), "[fundraising] agreement: the agreement is missing"),
        (FUNDS.replace("reserve = 5000", "reserve = -1"), "[fundraising] reserve"),
        (FUNDS.replace("target", "obiettivo"), "[fundraising] obiettivo: unknown key"),
        (COMPARED.replace("weighting", "matching"), "design: “matching” is not allowed"),
        (COMPARED.replace('variable = "frame"\n', ""), "variable: is missing"),
        (COMPARED.replace('"others"', '"nobody"'), "chosen_by: “nobody” is not allowed"),
        (COMPARED.replace('["residents"]', '["users"]'), "comparison: users: in both groups"),
        (COMPARED + COMPARED, "repeated"),
        (COMPARED.replace('title = { it = "Utenti", en = "Users" }\n', ""), "title: is missing"),
    ],
)
def test_a_slip_is_named(make, settings, expected):
    make(settings)
    with pytest.raises(StudyError) as caught:
        studies.open_study("prova")
    assert len(caught.value.faults) == 1
    assert expected in str(caught.value.faults[0])
