"""Ratings written out by hand over two semesters, the core of a known network, and the real networks of emergency organisations."""

import itertools

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from analysis.codesign import ties
from analysis.errors import EstimateError

ACTORS = ["bank", "coop", "shop", "town"]


@pytest.fixture
def rows():
    return pd.DataFrame(
        [
            (1, "bank", "coop", 3), (1, "coop", "bank", 1), (1, "bank", "shop", 2), (1, "shop", "bank", 2),
            (1, "coop", "town", 5), (1, "town", "shop", 0),
            (2, "bank", "coop", 3), (2, "coop", "bank", 2), (2, "coop", "town", 4), (2, "town", "coop", 2),
        ],
        columns=["semester", "from", "to", "level"],
    )  # fmt: skip


@pytest.fixture
def given(rows):
    return ties.by_semester(rows, ACTORS, [1, 2, 3])


def test_the_two_ends_stay_apart(given):
    found = ties.reading(given[1], level=2)
    assert (found.raters, found.rated, found.possible) == (4, 6, 12)
    assert found.mean == pytest.approx(13 / 6)
    assert (found.ties, found.both, found.one_sided, found.confirmed) == (4, 2, 1, 1)
    assert (found.apart, found.far_apart) == (1.0, 1)
    assert found.density == pytest.approx(4 / 6) and found.reciprocity == 0.5


def test_a_semester_without_ratings_has_no_figures(given):
    found = ties.reading(given[3])
    assert found.rated == 0 and np.isnan([found.mean, found.apart, found.density, found.reciprocity]).all()
    readings = {s: ties.reading(g) for s, g in given.items()}
    assert ties.table(readings)["semester"].tolist() == ["1", "2", "3"]
    assert ties.agreement_table(readings)["confirmed"].tolist() == [1, 2, 0]


def test_what_was_not_rated_is_no_tie(given):
    assert given[1].confirmed(2).nnz == 2  # bank and shop, both ways
    assert given[1].at_least(2).nnz == 4
    assert given[1].at_least(0).nnz == 6


def test_ties_new_to_the_record(given):
    new = ties.first_ties({s: g.confirmed(2) for s, g in given.items()})
    assert [new[s].nnz // 2 for s in (1, 2, 3)] == [1, 2, 0]
    assert new[2].toarray()[1].tolist() == [1, 0, 0, 1]  # coop with bank and with town


def test_density_between_groups(given):
    frame = ties.between(given[1].at_least(2), ["profit", "nonprofit", "profit", "public"])
    cell = frame.set_index(["from", "to"])
    assert cell.loc[("profit", "profit"), ["ties", "possible"]].tolist() == [2, 2]
    assert cell.loc[("profit", "nonprofit"), "density"] == 0.5
    assert cell.loc[("public", "public"), "possible"] == 0 and np.isnan(
        cell.loc[("public", "public"), "density"]
    )
    assert frame["ties"].sum() == given[1].at_least(2).nnz


def test_the_core_is_the_best_of_all_splits():
    rng = np.random.default_rng(4)
    for _ in range(5):
        upper = np.triu(rng.random((9, 9)) < 0.4, 1)
        matrix = (upper | upper.T).astype(float)

        def wrong(core, matrix=matrix):
            inside = np.isin(np.arange(9), core)
            missing = len(core) * (len(core) - 1) / 2 - matrix[np.ix_(inside, inside)].sum() / 2
            return missing + matrix[np.ix_(~inside, ~inside)].sum() / 2

        best = min(wrong(list(c)) for k in range(10) for c in itertools.combinations(range(9), k))
        member, _ = ties.core(sparse.csr_array(matrix))
        assert wrong(np.flatnonzero(member)) == best


def test_a_star_and_its_ideal():
    member, fit = ties.core(nx.to_scipy_sparse_array(nx.star_graph(6)))
    assert member.tolist() == [True] + [False] * 6 and fit == 1.0
    with pytest.raises(EstimateError):
        ties.core(sparse.csr_array(np.triu(np.ones((3, 3)), 1)))


def test_every_wrong_row_is_told(rows):
    bad = pd.DataFrame(
        [(1, "bank", "bank", 2), (1, "mill", "coop", 2), (1, "coop", "shop", 6), (9, "shop", "town", 1), (1, "bank", "coop", 3)],
        columns=rows.columns,
    )  # fmt: skip
    with pytest.raises(EstimateError) as caught:
        ties.by_semester(pd.concat([rows, bad], ignore_index=True), ACTORS, [1, 2])
    text = str(caught.value)
    for row in range(11, 16):
        assert f"riga {row}" in text or f"row {row}" in text
    assert "mill" in text and "level = 6" in text and "semester = 9" in text


def test_real_networks_of_emergency_organisations(shared_data):
    folder = shared_data / "network" / "emon"
    nodes, edges = pd.read_csv(folder / "nodes.csv"), pd.read_csv(folder / "edges.csv")
    total = 0
    for event, here in nodes.groupby("event"):
        known = edges[edges["event"] == event]
        names = here["id"].tolist()
        rows = pd.DataFrame({"semester": 1, "from": known["from"], "to": known["to"], "level": 1})
        given = ties.by_semester(rows, names, [1])[1]
        frame = ties.between(given.at_least(1), here["Sponsorship"])
        assert frame["ties"].sum() == len(known)
        assert frame["possible"].sum() == len(names) * (len(names) - 1)
        total += len(known)
    assert (len(nodes), total) == (140, 840)


def test_a_missing_column_is_named_and_an_empty_table_has_no_ratings(rows):
    with pytest.raises(EstimateError, match="level"):
        ties.by_semester(rows.drop(columns="level"), ACTORS, [1])
    assert ties.by_semester(rows.head(0), ACTORS, [1])[1].rated == 0
