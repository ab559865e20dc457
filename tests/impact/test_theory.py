"""The theory of change that a framework implies: status of results, weaknesses listed, circles refused with their rows."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence.columns import resolve
from analysis.impact import theory as theories
from tests.impact.logframe import RESULTS, logframe

NOTHING = pd.DataFrame({"result": pd.Series(dtype=object), "light": pd.Series(dtype=object)})


def lights(*rows):
    return pd.DataFrame(rows, columns=["result", "light"])


@pytest.mark.parametrize(
    ("given", "status", "rated", "total"),
    [
        ([], "none", 0, 0),
        (["grey"], "grey", 0, 1),
        (["grey", "green"], "green", 1, 2),
        (["green", "amber"], "amber", 2, 2),
        (["amber", "red", "grey", "green"], "red", 3, 4),
    ],
)
def test_a_result_has_the_worst_light_among_its_indicators_that_have_one(given, status, rated, total):
    found = theories.statuses(pd.Series(["r1"]), lights(*[("r1", light) for light in given]))
    assert found.loc["r1"].tolist() == [status, rated, total]


def test_one_row_a_result_with_what_it_leads_to_and_what_is_assumed():
    found = theories.theory(logframe(), lights(("r3", "red"), ("r3", "grey")))
    table = found.table()
    assert table["level"].tolist() == ["impact", "outcome", "output"]
    assert [cell and cell["it"] for cell in table["leads_to"]] == [
        None,
        "La cura non costringe a lasciare il lavoro",
        "Meno conflitto fra lavoro e famiglia",
    ]
    assert table["status"].tolist() == ["none", "none", "red"] and table["rated"].tolist() == [0, 0, 1]
    boxes = found.tables()["boxes"]
    assert boxes["number"].tolist() == [1, 2, 3] and boxes["tier"].tolist() == [0, 1, 2]
    for frame in (table, found.problems_table(), *found.tables().values()):
        assert resolve(frame, None, "test", None)


WEAK = [
    *RESULTS,
    ("r4", "output", "Senza padre", None, "x", None),  # leads nowhere
    ("r5", "activity", "Salta un livello", "r2", "x", None),  # activity to outcome, with outputs between
    ("r6", "outcome", "Stesso livello", "r2", None, None),
    ("r7", "activity", "Regolare", "r3", "x", None),
]


def test_weaknesses_are_listed_with_their_rows():
    found = theories.theory(logframe(WEAK), lights(*[(f"r{k}", "green") for k in range(1, 7)])).problems
    told = {problem: own["row"].tolist() for problem, own in found.groupby("problem")}
    assert told == {
        "orphan": [4],
        "unsupported": [4, 6],
        "skips_level": [5],
        "same_level": [6],
        "no_indicator": [7],
        "no_assumption": [6],
    }


def test_a_level_that_the_framework_does_not_use_is_not_skipped():
    rows = [("a", "outcome", "A", None, "x", None), ("b", "input", "B", "a", "x", None)]
    found = theories.theory(logframe(rows), NOTHING)
    assert "skips_level" not in set(found.problems["problem"]) and found.layout.boxes["tier"].nunique() == 2


def circle(*links):
    return logframe([(child, "outcome", child.upper(), parent, "x", None) for child, parent in links])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (circle(("a", "a")), "logframe: row 1: results lead to themselves in a circle"),
        (circle(("a", "b"), ("b", "c"), ("c", "a"), ("d", "a")), "logframe: row 1, 2, 3: results lead to themselves in a circle"),
        (circle(("a", "b"), ("b", "a"), ("e", None)), "logframe: row 1, 2: results lead to themselves in a circle"),
        (circle(("a", None), ("a", None)), "logframe: row 1, 2: a result entered twice"),
        (circle(("a", "z")), "logframe: row 1: a parent that is not there"),
        (logframe([*RESULTS, ("r4", "impact", "x", "r3", "x", None)]), "logframe: row 4: leads to a lower level"),
        (logframe([("r1", "dream", "x", None, "x", None)]), "logframe: row 1: unknown level"),
        (logframe().iloc[:0], "logframe: no result"),
    ],
)  # fmt: skip
def test_what_is_no_theory_is_refused_with_its_rows(frame, message, english):
    with pytest.raises(EstimateError) as refused:
        theories.theory(frame, NOTHING)
    assert any(str(fault).startswith(message) for fault in refused.value.faults), str(refused.value)


def test_a_circle_says_which_link_to_remove(english):
    with pytest.raises(EstimateError, match="Remove one of the links"):
        theories.theory(circle(("a", "b"), ("b", "a")), NOTHING)


@pytest.mark.parametrize("seed", range(20))
def test_circles_are_those_that_following_the_parents_comes_back_to(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    names = pd.Series([f"r{k}" for k in range(n)])
    up = rng.integers(-1, n, n)
    parent = pd.Series([None if k < 0 else f"r{k}" for k in up], dtype=object)

    def returns(k):
        at = up[k]
        for _ in range(n):
            if at == k or at < 0:
                break
            at = up[at]
        return at == k

    assert theories.circles(names, parent).tolist() == [returns(k) for k in range(n)]
