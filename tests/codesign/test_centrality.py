"""Oracle rows 25 and 26 (Davis' Southern women, Florentine families) and the karate club's betweenness."""

import networkx as nx
import numpy as np
import pytest

from analysis.codesign import centrality, network

DAVIS = {  # normalised degree, closeness, betweenness
    "Evelyn Jefferson": (0.57, 0.80, 0.10),
    "Theresa Anderson": (0.57, 0.80, 0.09),
    "Nora Fayette": (0.57, 0.80, 0.11),
    "Flora Price": (0.14, 0.59, 0.01),
    "E8": (0.78, 0.85, 0.24),
    "E9": (0.67, 0.79, 0.23),
}


@pytest.fixture(scope="module")
def davis():
    graph = nx.davis_southern_women_graph()
    pairs = [(woman, event) for woman in graph.graph["top"] for event in graph[woman]]
    return network.incidence(*zip(*pairs))


def test_two_mode_centralities_of_davis(davis):
    assert davis.density == pytest.approx(0.3532, abs=5e-5)
    found = centrality.two_mode(davis).set_index("name")
    for name, values in DAVIS.items():
        assert found.loc[name, ["degree", "closeness", "betweenness"]].tolist() == pytest.approx(
            values, abs=0.005
        )
    assert found["mode"].value_counts().to_dict() == {"rows": 18, "columns": 14}
    assert len(davis.linked()[0]) == 139


def test_florentine_families():
    graph = nx.florentine_families_graph()
    ties = nx.to_scipy_sparse_array(graph)
    found = dict(zip(graph, centrality.betweenness(ties)))
    assert [found[name] for name in ("Medici", "Guadagni", "Albizzi")] == pytest.approx(
        [0.522, 0.2546, 0.2125], abs=5e-5
    )
    assert centrality.degree_centralisation(ties) == pytest.approx(0.2747, abs=5e-5)


def test_karate_betweenness_and_no_direction():
    ties = nx.to_scipy_sparse_array(nx.karate_club_graph(), weight=None)
    assert centrality.betweenness(ties, normalised=False)[0] == pytest.approx(231.0714285714286)
    assert centrality.betweenness(ties * 3, normalised=False)[0] == pytest.approx(231.0714285714286)


def test_a_star_is_fully_centralised_and_a_pair_has_no_centralisation():
    star = nx.to_scipy_sparse_array(nx.star_graph(5))
    assert centrality.degree_centralisation(star) == 1 and centrality.betweenness(star)[0] == 1
    assert np.isnan(centrality.degree_centralisation(nx.to_scipy_sparse_array(nx.path_graph(2))))
