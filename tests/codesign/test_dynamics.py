"""Networks over the semesters: three semesters of five bodies written out by hand, and one layout for all of them."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analysis.codesign import dynamics
from analysis.codesign.ties import Ratings

NAMES = ("bank", "shop", "coop", "club", "town")
TYPES = pd.Series(["profit", "profit", "nonprofit", "nonprofit", "public"], index=NAMES)
TIED = {
    1: [("bank", "coop")],
    2: [("bank", "coop"), ("bank", "shop"), ("shop", "club")],
    3: [("coop", "town")],
}


def semester(pairs):
    level = np.full((5, 5), 1.0)
    np.fill_diagonal(level, np.nan)
    for i, j in pairs:
        level[NAMES.index(i), NAMES.index(j)] = level[NAMES.index(j), NAMES.index(i)] = 3
    return Ratings(NAMES, level)


@pytest.fixture
def ratings():
    return {number: semester(pairs) for number, pairs in TIED.items()}


def test_confirmed_new_and_across(ratings):
    table = dynamics.table(ratings, TYPES, level=3, permutations=200)
    assert table["confirmed"].tolist() == [1, 3, 1]
    assert table["new"].tolist() == [1, 2, 1]
    assert table["new_across"].tolist() == [1, 1, 0]  # a tie of two companies and one with the town are not
    assert table["e_i"].tolist() == pytest.approx([1, 1 / 3, 1])
    # of the ten pairs two are of one type
    assert table["e_i_expected"].tolist() == pytest.approx([0.6] * 3)


def test_a_semester_without_ties_has_no_mixing(ratings):
    table = dynamics.table(ratings, TYPES, level=5, permutations=50)
    assert table["confirmed"].tolist() == [0, 0, 0] and table["e_i"].isna().all()
    assert len(dynamics.mixing_table(ratings, TYPES, level=5, permutations=50)) == 0
    mixed = dynamics.mixing_table(ratings, TYPES, level=3, permutations=50)
    assert (mixed["null_low"] <= mixed["null_high"]).all() and mixed["p"].between(1 / 51, 1).all()


def test_change_of_level_is_of_the_ratings_given_twice(ratings):
    last = semester([("bank", "coop")])
    last.level[0, 1] = np.nan
    change = dynamics.level_change(ratings[1], last)
    assert (change.estimate, change.n) == (0, 19)
    change = dynamics.level_change(ratings[1], ratings[2])
    assert change.estimate == pytest.approx(8 / 20) and change.low == change.high == change.estimate


def test_distances_of_a_path_come_out_in_order():
    place = dynamics.layout([nx.to_scipy_sparse_array(nx.path_graph(6), weight=None)])
    steps = np.linalg.norm(np.diff(place, axis=0), axis=1)
    across = np.linalg.norm(place - place[0], axis=1)
    assert (np.diff(across) > 0).all() and steps.max() / steps.min() < 1.6
    assert np.ptp(place, axis=0).min() < 0.5  # a line is not blown up into a square


def test_the_layout_is_the_same_every_time_and_within_the_unit_square():
    graph = nx.gnp_random_graph(30, 0.12, seed=3)
    matrix = nx.to_scipy_sparse_array(graph, weight=None)
    one, other = dynamics.layout([matrix, matrix]), dynamics.layout([matrix, matrix])
    np.testing.assert_array_equal(one, other)
    assert one.min() >= 0 and one.max() <= 1
    assert len(np.unique(one, axis=0)) == 30


@pytest.mark.parametrize("size", [0, 1, 2, 3])
def test_small_networks_have_a_place_too(size):
    place = dynamics.layout([sparse.csr_array((size, size))])
    assert place.shape == (size, 2) and np.isfinite(place).all()


def test_bodies_without_ties_stand_at_the_foot():
    ties = sparse.csr_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(4, 4))
    place = dynamics.layout([ties])
    assert (place[2:, 1] == 1).all() and (place[:2, 1] < 1).all()


def test_pictures_show_the_shown_and_count_all(ratings):
    drawn = dynamics.pictures(ratings, ["bank", "coop"], TYPES, level=3)
    bodies, ties = drawn["bodies"], drawn["ties"]
    assert set(bodies["organisation"]) == {"bank", "coop"} and len(bodies) == 6
    # in semester 2 the bank is tied to the shop too, which is not drawn
    assert bodies.set_index(["semester", "organisation"])["ties"][("2", "bank")] == 2
    assert ties["semester"].tolist() == ["1", "2"]
    assert bodies.groupby("organisation")[["x", "y"]].nunique().to_numpy().max() == 1
    assert bodies.attrs["columns"]["organisation"] == {"organisation": True, "single": True}
    assert ties.attrs["columns"]["from"] == {"organisation": True, "pairwise": True}
    latest = dynamics.latest(drawn)
    assert set(latest["ties"]["semester"]) == {"2"} and latest["bodies"].attrs == bodies.attrs
