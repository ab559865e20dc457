"""Oracle rows 23 and 24 (karate club by club, a directed toy), as R's sna counts them (its b_IO is the representative, b_OI the gatekeeper)."""

import networkx as nx
import numpy as np
import pytest

from analysis.codesign import brokerage
from analysis.errors import EstimateError


@pytest.fixture(scope="module")
def karate():
    graph = nx.karate_club_graph()
    return nx.to_scipy_sparse_array(graph, weight=None), [graph.nodes[node]["club"] for node in graph]


@pytest.fixture(scope="module")
def toy():
    ties = np.zeros((5, 5))
    for i, j in [(1, 2), (2, 3), (3, 4), (4, 5), (1, 4), (5, 2)]:
        ties[i - 1, j - 1] = 1
    return ties, [1, 1, 2, 2, 3]


def test_karate_counts_by_role(karate):
    found = brokerage.brokerage(*karate)
    assert found.counts.sum(axis=0).tolist() == [510, 20, 128, 128, 0]
    assert found.total.sum() == 786
    assert found.counts[[0, 33, 2]].tolist() == [
        [174, 0, 15, 15, 0],
        [156, 6, 40, 40, 0],
        [10, 12, 23, 23, 0],
    ]


def test_directed_roles(toy):
    assert brokerage.brokerage(*toy).counts.tolist() == [
        [0, 0, 0, 0, 0],
        [0, 0, 1, 0, 1],
        [0, 0, 0, 1, 0],
        [0, 0, 1, 0, 1],
        [0, 0, 0, 0, 1],
    ]


@pytest.mark.parametrize("seed", range(4))
def test_sparse_counts_are_the_paths_counted_one_by_one(seed):
    rng = np.random.default_rng(seed)
    ties = rng.random((14, 14)) < 0.3
    np.fill_diagonal(ties, False)
    groups = rng.integers(0, 4, 14)
    counts = np.zeros((14, 5), dtype=int)
    for i, j, k in np.ndindex(14, 14, 14):
        if len({i, j, k}) == 3 and ties[i, j] and ties[j, k] and not ties[i, k]:
            a, b, c = groups[[i, j, k]]
            role = 0 if a == b == c else 1 if a == c else 2 if a == b else 3 if b == c else 4
            counts[j, role] += 1
    assert (brokerage.brokerage(ties, groups).counts == counts).all()


def test_random_groups_keep_each_bodys_paths(karate):
    found = brokerage.brokerage(*karate)
    null = brokerage.expected(*karate, permutations=400, seed=3)
    np.testing.assert_allclose(null.mean.sum(axis=1), found.total)
    # three different bodies are in one of two clubs of 17 with probability 2·C(17,3)/C(34,3)
    alike = 2 * (17 * 16 * 15) / (34 * 33 * 32)
    assert null.mean.sum(axis=0)[0] / found.total.sum() == pytest.approx(alike, abs=0.02)
    assert (null.low <= null.mean + 1e-9).all() and (null.mean <= null.high + 1e-9).all()


def test_p_is_never_zero_and_one_where_nothing_is_brokered(karate):
    null = brokerage.expected(*karate, permutations=400)
    assert null.p.min() == pytest.approx(1 / 401)
    assert (null.p[:, 4] == 1).all()


def test_steps_change_nothing(karate, monkeypatch):
    whole = brokerage.expected(*karate, permutations=60)
    monkeypatch.setattr(brokerage, "CELLS", 5000)
    parts = brokerage.expected(*karate, permutations=60)
    for name in ("mean", "low", "high", "p"):
        assert (getattr(whole, name) == getattr(parts, name)).all()


def test_groups_that_do_not_fit_are_refused(toy):
    with pytest.raises(EstimateError) as caught:
        brokerage.brokerage(toy[0], ["a", None, "b"])
    text = str(caught.value)
    assert "3 gruppi per 5" in text or "3 groups for 5" in text
    assert "riga 2" in text or "row 2" in text


def test_the_table_sets_what_was_seen_beside_random_groups(toy):
    found = brokerage.brokerage(*toy)
    frame = brokerage.expected(*toy, permutations=20).table(found, list("abcde"))
    assert len(frame) == 25
    assert frame.loc[(frame["organisation"] == "b") & (frame["role"] == "liaison"), "brokered"].item() == 1


def test_no_draws_give_no_expectation(toy):
    with pytest.raises(EstimateError, match="permutations = 0"):
        brokerage.expected(*toy, permutations=0)
