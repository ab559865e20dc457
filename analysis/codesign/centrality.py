"""Where bodies stand in a whole network: betweenness, degree centralisation, and the centralities of two-mode networks, as networkx computes them.

Betweenness: share of shortest paths between other pairs that pass through a body (Freeman 1977). In a two-mode network degree is over the size of the other
mode, closeness and betweenness over their largest possible values there (Borgatti and Halgin, "Analyzing affiliation networks"). Meant for hundreds of bodies.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import sparse

from analysis.codesign.ego import adjacency
from analysis.codesign.network import TwoMode


def betweenness(ties: sparse.sparray | np.ndarray, normalised: bool = True) -> np.ndarray:
    """Betweenness of each body, shape (N,), ties read without direction or strength; `normalised` by the number of other pairs."""
    import networkx as nx

    graph = nx.from_scipy_sparse_array(_symmetric(ties))
    found = nx.betweenness_centrality(graph, normalized=normalised)
    return np.array([found[i] for i in range(len(found))])


def degree_centralisation(ties: sparse.sparray | np.ndarray) -> float:
    """Σ (largest degree − degree) over its largest possible value, (N − 1)(N − 2) (Freeman 1978); missing below three bodies."""
    degree = np.diff(_symmetric(ties).indptr)
    n = len(degree)
    return float((degree.max() - degree).sum() / ((n - 1) * (n - 2))) if n > 2 else float("nan")


def two_mode(net: TwoMode) -> pd.DataFrame:
    """One row a member of either mode: mode ("rows", "columns"), name, normalised degree, closeness, betweenness."""
    from networkx.algorithms import bipartite

    n, m = net.matrix.shape
    graph = bipartite.from_biadjacency_matrix(net.matrix)
    rows = range(n)
    parts = (
        bipartite.degree_centrality(graph, rows),
        bipartite.closeness_centrality(graph, rows),
        bipartite.betweenness_centrality(graph, rows),
    )
    table = pd.DataFrame(parts, index=["degree", "closeness", "betweenness"]).T.sort_index()
    table.insert(0, "name", [*net.rows, *net.columns])
    table.insert(0, "mode", np.repeat(["rows", "columns"], [n, m]))
    return table.reset_index(drop=True)


def _symmetric(ties: sparse.sparray | np.ndarray) -> sparse.csr_array:
    matrix = adjacency(ties)
    both = (matrix + matrix.T).tocsr()
    both.data[:] = 1.0
    return both
