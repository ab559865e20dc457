"""Every declared comparison is estimated, by its own design, and who decided who is treated is held against it only where it was the treated."""

from dataclasses import dataclass, replace

import pytest

from analysis.impact import difference, effect, estimated, frames, placebo, staggered
from analysis.parts import Parts
from analysis.study.evaluation import Comparison
from tests.impact.comparison_fixtures import panel
from tests.impact.test_frames import waves

TITLE = {"it": "prova", "en": "trial"}
QUARTERS = Comparison(
    "quarters", "difference", "score", TITLE, None, "quarter", ("a", "b"), ("c", "d"), "quarter"
)
PERSONS = replace(QUARTERS, id="persons", cluster="")
ALIKE = replace(PERSONS, id="alike", design="weighting", covariates=("age",))
ADOPTED = Comparison("adopted", "staggered", "score", TITLE)
LATE = replace(ADOPTED, id="late")


@pytest.fixture(scope="module")
def found():
    declared = [ADOPTED, QUARTERS, ALIKE, PERSONS, LATE]
    people = {one.id: frames.compared(*waves(), one) for one in declared if one.variable}
    return people, estimated.every(declared, people, panel(), seed=3, parts=Parts())


def test_all_of_a_design_are_estimated_and_not_the_first_alone(found):
    assert list(found[1]) == ["alike", "quarters", "persons", "adopted", "late"]
    claims = [each.claim for each in found[1].values()]
    assert [claim.id for claim in claims] == list(found[1])
    assert len({claim.estimate for claim in claims}) == 3  # two pairs look at the same persons and panel


def test_a_comparison_without_data_is_left_out(found):
    people, _ = found
    kept = estimated.every(
        [ADOPTED, QUARTERS, ALIKE], {"alike": people["alike"]}, None, seed=3, parts=Parts()
    )
    assert list(kept) == ["alike"]


@pytest.mark.parametrize("semesters", [1, 2])
def test_adoption_of_a_panel_too_short_is_awaited(semesters):
    parts, early = Parts(), panel()
    kept = estimated.every([ADOPTED], {}, early[early["semester"] <= semesters], seed=3, parts=parts)
    assert kept == {} and list(parts.awaited) == ["staggered"]


def test_each_is_what_its_estimator_gives(found):
    people, made = found
    long = people["quarters"].long()
    plain = difference.two_by_two(long, "outcome", "treated", "after", errors="cluster", cluster="cluster")
    assert made["quarters"].effect.estimate == plain.effect.estimate
    assert made["quarters"].effect.n == people["quarters"].twice
    ranked = placebo.two_by_two(long, "outcome", "treated", "after", "cluster", 3)
    assert made["quarters"].checks["placebo"].share == ranked.share
    assert made["adopted"].effect == staggered.fit(panel(), "score").overall("event")


def test_few_treated_clusters_bear_no_interval_and_singles_do(found):
    few, many = found[1]["quarters"], found[1]["persons"]
    assert few.effect.clusters.treated < effect.LEAST and few.effect.low is None and few.detectable.effect > 0
    assert many.effect.low is not None and "placebo" not in many.checks


@dataclass(frozen=True)
class Case:
    design: str
    chosen_by: str
    held: bool


@pytest.mark.parametrize(
    "case",
    [
        Case("weighting", "", True),
        Case("weighting", "others", False),
        Case("staggered", "", True),
        Case("staggered", "others", False),
        Case("difference", "", False),
        Case("difference", "units", True),
    ],
)
def test_self_selection_follows_what_the_study_says_of_it(case, found):
    people, _ = found
    one = {"weighting": ALIKE, "staggered": ADOPTED, "difference": PERSONS}[case.design]
    own = replace(one, chosen_by=case.chosen_by)
    assert own.self_selected is case.held
    (made,) = estimated.every([own], people, panel(), seed=3, parts=Parts()).values()
    assert bool(made.claim.checks["volunteers"]) is case.held
