"""Oracle rows 21 and 26 (karate club, Florentine families) and networkx on directed, weighted ties."""

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from analysis.codesign import ego
from analysis.errors import EstimateError


@pytest.fixture(scope="module")
def karate():
    return nx.to_scipy_sparse_array(nx.karate_club_graph(), weight=None)


@pytest.fixture(scope="module")
def directed():
    """Sixty bodies, directed ties of levels 1 to 5, one body without ties."""
    graph = nx.gnp_random_graph(60, 0.06, seed=1, directed=True)
    rng = np.random.default_rng(1)
    for _, _, tie in graph.edges(data=True):
        tie["weight"] = int(rng.integers(1, 6))
    graph.add_node(60)
    return graph


def test_karate_has_the_published_constraint_and_effective_size(karate):
    found = ego.ego(karate)
    at = [0, 33, 2, 11]
    assert found.constraint[at] == pytest.approx([0.155423297647, 0.156418685121, 0.1852, 1.0], abs=5e-5)
    assert found.constraint[at[:2]] == pytest.approx([0.155423297647, 0.156418685121], abs=1e-12)
    assert found.effective_size[at] == pytest.approx([13.75, 15.2353, 7.8, 1.0], abs=5e-5)


def test_florentine_families_have_the_published_constraint():
    graph = nx.florentine_families_graph()
    found = dict(zip(graph, ego.ego(nx.to_scipy_sparse_array(graph)).constraint))
    assert (found["Medici"], found["Guadagni"]) == pytest.approx((0.2099, 0.25), abs=5e-5)


@pytest.mark.parametrize("weight", [None, "weight"])
def test_directed_ties_are_read_in_both_directions_as_networkx_reads_them(directed, weight):
    nodes = list(directed)
    found = ego.ego(nx.to_scipy_sparse_array(directed, weight=weight, dtype=float))
    constraint = nx.constraint(directed, weight=weight)
    # networkx 3.6 divides by the wrong maximum where all nodes are asked at once, and takes one that only receives for isolated
    size = nx.effective_size(directed, nodes, weight=weight)
    sends = [v for v in nodes if directed.out_degree(v)]
    np.testing.assert_allclose(found.constraint, [constraint[v] for v in nodes], rtol=1e-12)
    np.testing.assert_allclose(found.effective_size[sends], [size[v] for v in sends], rtol=1e-12)


def test_without_contacts_nothing_is_measured(directed):
    found = ego.ego(nx.to_scipy_sparse_array(directed, dtype=float))
    assert found.contacts[60] == 0
    assert np.isnan(found.constraint[60]) and np.isnan(found.effective_size[60])
    assert np.isfinite(found.constraint[found.contacts > 0]).all()


def test_pairs_cut_off_are_those_that_lose_each_other(karate):
    cut = ego.cut_off(karate)
    graph = nx.karate_club_graph()
    assert set(np.flatnonzero(cut)) == set(nx.articulation_points(graph))
    graph.remove_node(0)
    left = sum(len(part) * (len(part) - 1) // 2 for part in nx.connected_components(graph))
    assert cut[0] == 33 * 32 // 2 - left


def test_a_bridge_between_two_pairs_and_a_stranger():
    path = sparse.csr_array(([1.0, 1, 1], ([0, 2, 2], [1, 1, 3])), shape=(5, 5))
    assert ego.cut_off(path).tolist() == [0, 2, 2, 0, 0]


def test_cutting_is_the_same_in_small_steps(karate, monkeypatch):
    whole = ego.cut_off(karate)
    monkeypatch.setattr(ego, "CELLS", 500)
    assert (ego.cut_off(karate) == whole).all()


def test_a_network_that_is_none_is_refused_with_all_its_faults():
    with pytest.raises(EstimateError) as caught:
        ego.ego(np.array([[1.0, -2.0], [np.nan, 0.0]]))
    text = str(caught.value)
    assert "sé stesso, riga 0" in text or "self tie, row 0" in text
    assert "negativa" in text or "negative" in text
    with pytest.raises(EstimateError, match="2 × 3"):
        ego.ego(np.zeros((2, 3)))


def test_the_table_tells_contacts_beside_each_measure(karate):
    frame = ego.ego(karate).table(tuple(map(str, range(34))))
    assert len(frame) == 34 and frame.attrs["columns"]["constraint"]["n"] == "contacts"
