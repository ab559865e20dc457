"""From two waves and a declared comparison to the rows that are compared: who enters, who is lost, and what is refused with its place."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import achieved, change, difference, frames, power
from tests.impact.comparison_fixtures import resolves

CLOSE = 1e-12  # the same sums, taken in another order


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "en")


@dataclass(frozen=True)
class Declared:
    id: str = "quarters"
    outcome: str = "score"
    variable: str = "quarter"
    treated: tuple[str, ...] = ("a", "b")
    comparison: tuple[str, ...] = ("c", "d")
    cluster: str = "quarter"
    covariates: tuple[str, ...] = ("age",)
    design: str = "difference"
    title: dict[str, str] | None = None
    reason: dict[str, str] | None = None


def waves() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(5)
    n = 200
    first = pd.DataFrame(
        {
            "person_id": [f"p{k}" for k in range(n)],
            "quarter": np.tile(list("abcde"), n // 5),
            "age": rng.integers(18, 80, n).astype(float),
            "score": rng.normal(3, 1, n),
        }
    )
    first.loc[:9, "score"] = np.nan
    second = first.iloc[20:][["person_id", "quarter"]].assign(score=rng.normal(3.4, 1, n - 20))
    stranger = pd.DataFrame({"person_id": ["new"], "quarter": ["a"], "score": [2.0]})
    return first, pd.concat([second, stranger], ignore_index=True)


def test_who_is_compared_and_who_is_lost():
    found = frames.compared(*waves(), Declared())
    assert len(found.people) == 160 and set(found.people["group"]) == {"treated", "comparison"}
    assert found.second_only == 1
    before = found.people["before"].notna().sum()
    assert found.attrition == pytest.approx(1 - found.twice / before)
    flow = found.flow().set_index("group")
    assert (
        flow["first_wave"].tolist() == [80, 80] and (flow["measured_twice"] == flow["with_covariates"]).all()
    )
    resolves(found.flow())
    assert len(found.long()) == 2 * found.twice


def test_the_difference_in_differences_is_that_of_the_changes():
    found = frames.compared(*waves(), Declared())
    four = difference.two_by_two(
        found.long(), "outcome", "treated", "after", errors="cluster", cluster="person"
    )
    means = found.complete.groupby("treated")["change"].mean()
    assert four.effect.estimate == pytest.approx(means[1] - means[0], abs=CLOSE)


def test_order_of_rows_does_not_count():
    first, second = waves()
    one = frames.compared(first, second, Declared())
    other = frames.compared(first.iloc[::-1], second.sample(frac=1, random_state=1), Declared())
    assert other.people.set_index("person")["change"].sort_index().equals(one.people.set_index("person")["change"].sort_index())  # fmt: skip


def test_without_groups_everybody_is_treated():
    alone = Declared(variable="", treated=(), comparison=(), cluster="", covariates=(), design="change")
    found = frames.compared(*waves(), alone)
    assert len(found.people) == 200 and (found.people["treated"] == 1).all()
    moved = change.paired(found.people["before"], found.people["after"])
    assert moved.n == found.twice and achieved.likeness(found) is None


def test_faults_are_told_at_once_with_their_places():
    first, second = waves()
    first.loc[1, "person_id"] = "p0"
    with pytest.raises(EstimateError) as caught:
        frames.compared(first, second.assign(score="high"), Declared(treated=("nowhere",)))
    text = str(caught.value)
    assert "survey, 1: row 1, 2" in text and "survey, 2" in text
    assert "no person with 'nowhere'" in text and "[[comparisons]] quarters" in text


def test_a_column_that_a_wave_lacks_is_named():
    first, second = waves()
    with pytest.raises(EstimateError, match="age"):
        frames.compared(first.drop(columns="age"), second, Declared())


def test_the_leading_comparison_is_the_first_with_data():
    declared = [Declared("x"), Declared("y"), Declared("z", design="staggered")]
    leads = frames.leading(frames.by_design(declared), ["y"])
    assert leads["difference"].id == "y" and leads["staggered"] is None and leads["change"] is None
    assert frames.leading(frames.by_design(declared), ["z"])["staggered"].id == "z"


def test_the_comparison_asked_for_leads_its_design():
    designs = frames.by_design([Declared("x"), Declared("y"), Declared("z", design="staggered")])
    leads = frames.leading(designs, ["x", "y", "z"], "y")
    assert leads["difference"].id == "y" and leads["staggered"].id == "z"
    with pytest.raises(EstimateError, match=r"no comparison “w” with data.*allowed: x, y, z"):
        frames.leading(designs, ["x", "y", "z"], "w")


def test_what_is_not_shown_in_full_is_told_only_where_there_is_any():
    title = {"it": "a", "en": "a"}
    declared = [Declared("x", title=title), Declared("y", title=title)]
    assert "in_full" not in frames.declared_table(declared, {})
    table = frames.declared_table(declared, {}, {"x"})
    assert table["in_full"].tolist() == ["yes", "no"]
    resolves(table)


def test_what_could_have_been_seen_follows_from_error_and_likeness():
    found = frames.compared(*waves(), Declared())
    alike = achieved.likeness(found)
    assert alike.clusters == 4
    seen = achieved.of_change(found)
    twice = found.people.dropna(subset=["change"])
    sizes = twice["treated"].value_counts()
    assert seen.effect == pytest.approx(
        power.two_groups(twice["change"].std(), sizes[1], sizes[0], alike).effect
    )
    one = difference.of_means(found.complete, "change", "treated")
    assert achieved.of_effect(one).effect == pytest.approx(power.minimal_detectable(one.se, df=one.df))
    cautious = achieved.cautious(found)
    assert cautious.effect == pytest.approx(seen.high) and cautious.se != cautious.se
    few = difference.two_by_two(
        found.long(), "outcome", "treated", "after", errors="cluster", cluster="cluster"
    )
    with pytest.raises(EstimateError, match="no error"):
        achieved.of_effect(few.effect)
