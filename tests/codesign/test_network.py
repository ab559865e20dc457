"""Oracle rows 22 (karate club, E–I) and 25 (Davis, two-mode degree and density)."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from analysis.codesign import network
from analysis.errors import EstimateError

TWO_DIGITS = 5e-3  # the published degrees have two decimals


@pytest.fixture(scope="module")
def davis():
    graph = nx.davis_southern_women_graph()
    women = {node for node, side in graph.nodes(data="bipartite") if side == 0}
    pairs = [(a, b) if a in women else (b, a) for a, b in graph.edges]
    return network.incidence(*zip(*pairs))


@pytest.fixture(scope="module")
def karate():
    graph = nx.karate_club_graph()
    ends = np.array(graph.edges)
    return ends[:, 0], ends[:, 1], [graph.nodes[node]["club"] for node in range(34)]


def test_davis_density(davis):
    assert (len(davis.rows), len(davis.columns), davis.ties) == (18, 14, 89)
    assert davis.density == pytest.approx(0.3532, abs=5e-5)


def test_davis_degree_is_normalised_by_the_other_mode(davis):
    women = dict(zip((name.split()[0] for name in davis.rows), davis.row_degree_normalised))
    expected = {"Evelyn": 0.57, "Theresa": 0.57, "Nora": 0.57, "Flora": 0.14}
    assert {name: women[name] for name in expected} == pytest.approx(expected, abs=TWO_DIGITS)
    events = dict(zip(davis.columns, davis.column_degree_normalised))
    assert [events["E8"], events["E9"]] == pytest.approx([0.78, 0.67], abs=TWO_DIGITS)


def test_davis_projection(davis):
    assert len(davis.linked()[0]) == 139
    graph = nx.davis_southern_women_graph()
    weighted = nx.bipartite.weighted_projected_graph(graph, list(davis.rows))
    assert davis.projection().sum() == 2 * sum(w for *_, w in weighted.edges(data="weight"))


def test_karate_external_internal(karate):
    mixing = network.external_internal(*karate, permutations=5000, seed=1)
    assert (mixing.external, mixing.internal) == (11, 67)
    assert mixing.index == pytest.approx(-0.717948717948718, rel=1e-12)
    assert mixing.expected == pytest.approx(0.0303, abs=5e-5)
    assert mixing.p == pytest.approx(1 / 5001)
    assert mixing.difference.high < 0


def test_mixing_is_the_same_for_the_same_seed(karate):
    assert network.external_internal(*karate, seed=4) == network.external_internal(*karate, seed=4)


def test_a_pair_given_twice_is_one_tie():
    net = network.incidence(["a", "a", "b"], ["x", "x", "x"])
    assert (net.ties, net.row_degree.tolist(), net.transposed().row_degree.tolist()) == (2, [1, 1], [2])


@pytest.mark.parametrize("pairs", [([], []), (["a", None], ["x", "y"])])
def test_an_empty_or_broken_network_is_refused(pairs):
    with pytest.raises(EstimateError):
        network.incidence(*pairs)


def test_self_ties_and_missing_groups_are_told_together():
    with pytest.raises(EstimateError) as caught:
        network.external_internal(np.array([0, 1]), np.array([0, 2]), ["p", None, "q"])
    assert len(caught.value.faults) == 2


def test_ends_outside_the_list_are_refused():
    with pytest.raises(EstimateError):
        network.external_internal(np.array([0]), np.array([5]), ["p", "q"])


def test_ordering_never_adds_crossings(davis):
    rows, columns = network.ordered(davis)
    assert sorted(rows) == list(range(18))
    assert network._crossings(davis, rows, columns) < network._crossings(davis, np.arange(18), np.arange(14))


def test_a_matching_is_drawn_without_crossings():
    net = network.incidence(list("abcde"), list("vwzxy"))
    assert network._crossings(net, *network.ordered(net)) == 0


def test_picture_places_every_node_and_tie():
    net = network.incidence(["a", "b", "b"], ["x", "x", "y"])
    types = pd.Series({"a": "profit", "b": "public"})
    titles = pd.DataFrame({"it": ["ics", "ipsilon"], "en": ["ex", "why"]}, index=["x", "y"])
    drawing = network.picture(net, types, titles)
    assert drawing.bodies["type"].tolist() == [types[a] for a in drawing.bodies["organisation"]]
    assert {tuple(cell.items()) for cell in drawing.things["service"]} == {
        (("it", "ics"), ("en", "ex")),
        (("it", "ipsilon"), ("en", "why")),
    }
    assert len(drawing.ties) == 3
    assert set(drawing.ties["y_organisation"]) == set(drawing.bodies["y"])


def test_summary_marks_what_does_not_exist(davis):
    alone = network.incidence(["a", "b"], ["x", "y"])
    assert network.mixing(alone, pd.Series({"a": "p", "b": "q"})) is None
    table = network.summary({"events": (davis, None), "services": (alone, None)})
    assert table["density"].tolist() == pytest.approx([89 / 252, 0.5])
    assert table["pairs"].tolist() == [139, 0]
