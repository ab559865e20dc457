"""Placebo ranking: every assignment is the least-squares effect under that assignment, and the least attainable share is what it is called."""

import itertools
import math

import numpy as np
import pytest

from analysis.errors import EstimateError
from analysis.impact import difference, panel, placebo, staggered
from tests.impact import comparison_fixtures as made

pytestmark = pytest.mark.usefixtures("english")


def test_every_assignment_is_the_regression_under_that_assignment():
    frame = made.persons(5, 2, each=3)
    found = placebo.two_by_two(frame, "y", "treated", "after", "cluster")
    names = sorted(frame["cluster"].unique())
    each = [
        difference.two_by_two(
            frame.assign(treated=frame["cluster"].isin(pair).astype(int)), "y", "treated", "after"
        ).effect.estimate
        for pair in itertools.combinations(names, 2)
    ]
    np.testing.assert_allclose(np.sort(found.effects), np.sort(each), rtol=1e-9)
    observed = difference.two_by_two(frame, "y", "treated", "after").effect.estimate
    assert (found.observed, found.possible, found.exhaustive) == (pytest.approx(observed), 10, True)
    assert found.rank == (np.abs(each) >= abs(observed) - 1e-12).sum()
    assert found.minimum == 1 / 10 and found.share == found.rank / 10


def test_half_treated_cannot_go_below_two_over_all():
    found = placebo.two_by_two(made.persons(6, 3, effect=50.0), "y", "treated", "after", "cluster")
    assert (found.possible, found.rank, found.minimum) == (20, 2, 2 / 20) and found.share == found.minimum


def test_many_assignments_are_drawn_with_a_seed():
    frame = made.persons(20, 8, each=4)
    one, other, third = (
        placebo.two_by_two(frame, "y", "treated", "after", "cluster", seed, draws=500) for seed in (1, 1, 2)
    )
    assert not one.exhaustive and one.possible == math.comb(20, 8) and one.assignments == 501
    np.testing.assert_array_equal(one.effects, other.effects)
    assert (one.effects != third.effects).any() and one.minimum == 1 / 501
    assert 1 / 501 <= one.share <= 1


def test_where_nothing_happened_the_share_is_uniform():
    rng = np.random.Generator(np.random.PCG64(4))
    label = np.array([1, 1, 0, 0, 0, 0, 0])
    level = rng.normal(size=(2000, 7))

    def share(values):
        return placebo.assigned(
            lambda a: np.where(a == 1, values, 0).sum(1) / 2 - np.where(a == 0, values, 0).sum(1) / 5,
            label,
            7,
        ).share

    found = np.array([share(values) for values in level[:400]])
    for cut in (1 / 21, 5 / 21, 10 / 21):
        assert (found <= cut + 1e-9).mean() == pytest.approx(cut, abs=3.5 * np.sqrt(cut * (1 - cut) / 400))


def test_labels_of_several_semesters_are_all_arranged():
    rows = placebo._every(np.array([0, 3, 4]), np.array([2, 1, 2]))
    assert len(np.unique(rows, axis=0)) == len(rows) == math.factorial(5) // 4
    assert (np.sort(rows, axis=1) == [0, 0, 3, 4, 4]).all()


def test_staggered_placebo_ranks_the_simple_mean():
    table = made.panel((2, 2), 3, effect=5.0)
    found = placebo.staggered(panel.read(table, "score"))
    assert found.observed == pytest.approx(staggered.fit(table, "score").overall().estimate)
    assert (found.possible, found.exhaustive, found.rank) == (210, True, 1)
    assert found.treated == 4 and found.minimum == 1 / 210


def test_staggered_clusters_move_whole():
    table = made.panel((2, 2), 4).assign(
        cluster=lambda f: "c" + (f["unit"].str[1:].astype(int) // 2).astype(str)
    )
    found = placebo.staggered(panel.read(table, "score"))
    assert (found.clusters, found.treated, found.possible) == (4, 2, 12)


def test_tables():
    found = placebo.two_by_two(made.persons(6, 2), "y", "treated", "after", "cluster")
    classes = found.distribution(11)
    assert classes["assignments"].sum() == found.possible and classes["observed"].nunique() == 1
    made.resolves(classes)
    made.resolves(found.table())


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"treated": lambda f: f["treated"].where(f["age"] > 45, 1)}, "cluster = .*a cluster in both groups"),
        (
            {"after": lambda f: f["after"].where(f["cluster"] != "c03", 1)},
            "cluster = c03: a cluster without rows before or after",
        ),
        ({"cluster": lambda f: f["cluster"].where(f.index > 0)}, "frame: row 1: the cluster is missing"),
        ({"treated": 0}, "one group only"),
    ],
)
def test_refused(change, place):
    with pytest.raises(EstimateError, match=place):
        placebo.two_by_two(made.persons().assign(**change), "y", "treated", "after", "cluster")
