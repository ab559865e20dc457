"""Pictures of networks, brokerage and closure: the same coordinates in both languages, no name over another, missing cells endured."""

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from analysis.codesign import brokerage, closure, dynamics, plots_ties
from analysis.codesign.ties import Ratings
from analysis.evidence import style


@pytest.fixture(scope="module")
def drawn():
    """Twenty-four bodies with long names over four semesters."""
    graph = nx.connected_watts_strogatz_graph(24, 4, 0.3, seed=2)
    names = tuple(f"Cooperativa sociale {k:02d} della città" for k in range(24))
    types = pd.Series(np.resize(["profit", "nonprofit", "public"], 24), index=names)
    rng = np.random.default_rng(1)
    ratings = {}
    for semester in range(1, 5):
        level = np.where(
            nx.to_numpy_array(graph) * (np.triu(rng.random((24, 24)), 1) < 0.25 * semester) > 0, 4.0, 1.0
        )
        level = np.maximum(level, level.T)
        np.fill_diagonal(level, np.nan)
        ratings[semester] = Ratings(names, level)
    return dynamics.pictures(ratings, names, types, 3)


def test_names_do_not_lie_over_one_another(draw, drawn):
    figure, _ = draw(plots_ties.network, dynamics.latest(drawn))
    figure.canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    assert len(texts) == 24
    boxes = [text.get_window_extent().shrunk(0.98, 0.96) for text in texts]
    assert [(a.x0, b.x0) for a, b in combinations(boxes, 2) if a.overlaps(b)] == []


def test_every_semester_keeps_the_places(draw, drawn):
    figure, _ = draw(plots_ties.semesters, drawn)
    panels = [ax for ax in figure.axes if ax.collections]
    assert len(panels) == 4
    first, *others = [np.vstack([c.get_offsets() for c in ax.collections]) for ax in panels]
    assert all(np.array_equal(first, other) for other in others)


def test_no_tie_at_all_can_be_drawn(draw, drawn):
    alone = {name: part.head(24 if name == "bodies" else 0) for name, part in drawn.items()}
    draw(plots_ties.network, alone)
    draw(plots_ties.semesters, alone)


def test_brokerage(draw):
    graph = nx.karate_club_graph()
    ties, clubs = nx.to_scipy_sparse_array(graph, weight=None), [graph.nodes[node]["club"] for node in graph]
    table = brokerage.expected(ties, clubs, 100).roles_table(brokerage.brokerage(ties, clubs))
    assert table["brokered"].tolist() == [510, 20, 128, 128, 0]
    assert (table["null_low"] <= table["expected"]).all() and (table["expected"] <= table["null_high"]).all()
    draw(plots_ties.brokerage, table)


def test_closure(draw):
    found = closure.Closure(
        (2,), np.array([[40], [30], [100], [0]]), np.array([[8], [3], [9], [0]]), 0.0, -0.1, 0.1, 0.3, 99, 1
    )
    figure, _ = draw(plots_ties.closure, found.table())
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert shown[0] == "20,0% (8/40)" and "non pubblicato" in shown[3]


def test_the_width_of_the_page_is_kept(draw, drawn):
    figure, _ = draw(plots_ties.network, dynamics.latest(drawn))
    assert figure.get_size_inches()[0] == pytest.approx(style.WIDTH)
