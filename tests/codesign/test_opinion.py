"""Votes on statements: a table written out by hand, two camps drawn apart, and a real process whose published consensus must come out."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import opinion
from analysis.errors import EstimateError


@pytest.fixture
def cast():
    """Four persons; the first changes a vote, the last has not seen the second statement."""
    rows = [
        ("a", "s1", -1, 1), ("a", "s1", 1, 9), ("a", "s2", 1, 2),
        ("b", "s1", 1, 3), ("b", "s2", 0, 4),
        ("c", "s1", 1, 5), ("c", "s2", -1, 6),
        ("d", "s1", -1, 7),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["person", "statement", "vote", "time"])


@pytest.fixture
def camps():
    rng = np.random.default_rng(5)
    camp = np.repeat([0, 1, 2], [20, 12, 8])
    leaning = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.1]])[camp][:, np.repeat([0, 1], 15)]
    matrix = np.where(rng.random(leaning.shape) < leaning, 1.0, -1.0)
    matrix[rng.random(matrix.shape) < 0.3] = np.nan
    return opinion.Votes(tuple(map(str, range(40))), tuple(map(str, range(30))), matrix), camp


def test_the_last_vote_counts(cast):
    given = opinion.votes(cast)
    np.testing.assert_array_equal(given.matrix, [[1, 1], [1, 0], [1, -1], [-1, np.nan]])
    assert given.cast.tolist() == [2, 2, 2, 1]


def test_consensus_by_hand(cast):
    found = opinion.consensus(opinion.votes(cast), np.array([0, 0, 1, 1]))
    assert found["consensus"].tolist() == pytest.approx([3 / 4 * 2 / 4, 2 / 4 * 1 / 3])
    assert found[["seen", "agree", "disagree", "passed"]].to_numpy().tolist() == [[4, 3, 1, 0], [3, 1, 1, 1]]


def test_who_is_in_no_group_counts_among_voters_only(cast):
    found = opinion.consensus(opinion.votes(cast), np.array([0, 0, 0, -1]))
    assert found["consensus"].tolist() == pytest.approx([4 / 5, 2 / 5])
    assert found["seen"].tolist() == [4, 3]


def test_camps_drawn_apart_are_found(camps):
    given, camp = camps
    found = opinion.opinion(given, seed=2)
    assert found.groups == 3 and found.sizes.tolist() == [20, 12, 8]
    assert (found.group == camp).all()


def test_who_voted_little_is_not_placed(camps):
    given, _ = camps
    given.matrix[4, 6:] = np.nan
    found = opinion.opinion(given)
    assert found.group[4] == -1 and np.isnan(found.position[4]).all()
    assert (np.delete(found.group, 4) >= 0).all()


def test_silhouette_is_that_of_scikit_learn(camps):
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    point, group = rng.normal(size=(30, 2)), np.r_[rng.integers(0, 3, 29), 3]
    distance = np.linalg.norm(point[:, None] - point, axis=2)
    assert opinion.silhouette(distance, group) == pytest.approx(metrics.silhouette_score(point, group))


def test_what_is_no_vote_is_refused_with_every_row(cast):
    bad = pd.concat(
        [cast, pd.DataFrame([("e", "s1", 2, 1), (None, "s1", 1, 1), ("b", "s2", 1, 4)], columns=cast.columns)]
    )
    with pytest.raises(EstimateError) as caught:
        opinion.votes(bad.reset_index(drop=True))
    text = str(caught.value)
    assert "vote = 2" in text and ("riga 10" in text or "row 10" in text)
    assert "5, 11" in text
    with pytest.raises(EstimateError):
        opinion.votes(cast.head(0))


def test_nobody_to_group_is_refused(cast):
    with pytest.raises(EstimateError, match=r"quattro|four"):
        opinion.opinion(opinion.votes(cast))
    with pytest.raises(EstimateError):
        opinion.consensus(opinion.votes(cast), np.array([-1, -1, -1, -1]))


def test_the_published_consensus_of_a_real_process_comes_out(shared_data):
    folder = shared_data / "codesign" / "polis_bg2050"
    names = {"voter-id": "person", "comment-id": "statement", "timestamp": "time"}
    cast = pd.read_csv(folder / "votes.csv").rename(columns=names)
    given = opinion.votes(cast[["person", "statement", "vote", "time"]])
    assert len(given.persons) == 126 and len(cast) - given.cast.sum() == 58
    published = pd.read_csv(folder / "participants-votes.csv").set_index("participant")["group-id"]
    group = published.reindex([int(name) for name in given.persons]).fillna(-1).astype(int).to_numpy()
    found = opinion.consensus(given, group)
    told = pd.read_csv(folder / "comments.csv").set_index("comment-id")["group-informed-consensus"]
    told = told.reindex([int(name) for name in found["statement"]])
    np.testing.assert_allclose(found["consensus"], told, atol=1e-12)
    own = opinion.opinion(given)
    assert own.groups == 2
    both = (own.group >= 0) & (group >= 0)
    assert (own.group == group)[both].mean() > 0.8  # the platform groups as votes come in, we at the end


def test_a_missing_column_is_named(cast):
    with pytest.raises(EstimateError, match="vote"):
        opinion.votes(cast.drop(columns="vote"))


def test_one_dissenter_among_votes_that_are_alike_is_told_or_refused():
    matrix = np.ones((6, 8))
    given = opinion.Votes(tuple("abcdef"), tuple("12345678"), matrix)
    with pytest.raises(EstimateError):
        opinion.opinion(given)
    matrix[0] = -1
    assert opinion.opinion(given).sizes.tolist() == [5, 1]


def test_shares_by_group_by_hand(cast):
    given = opinion.votes(cast)
    found = opinion.by_group(given, np.array([0, 0, 1, -1])).set_index(["statement", "opinion_group"])
    assert found.loc[("s1", "1"), ["seen", "agree", "share"]].tolist() == [2, 2, 1]
    assert found.loc[("s2", "1"), ["seen", "agree", "share"]].tolist() == [2, 1, 0.5]
    assert found.loc[("s2", "2"), ["seen", "agree"]].tolist() == [1, 0]


def test_a_studys_table_of_votes_is_read_by_its_words():
    rows = [("p1", "s1", "agree"), ("p1", "s2", "pass"), ("p2", "s1", "disagree")]
    given = opinion.matrix_of(pd.DataFrame(rows, columns=["person", "statement", "vote"]))
    np.testing.assert_array_equal(given.matrix, [[1, 0], [-1, np.nan]])
    with pytest.raises(EstimateError, match="votes"):
        opinion.matrix_of(pd.DataFrame([("p1", "s1", "maybe")], columns=["person", "statement", "vote"]))


def test_statements_are_ranked_by_consensus_and_keep_their_groups(camps):
    given, camp = camps
    texts = {name: {"it": f"proposta {name}", "en": f"statement {name}"} for name in given.statements}
    found, sides = opinion.consensus(given, camp), opinion.by_group(given, camp)
    ranked = opinion.ranked(found, sides, texts, most=6)
    order = ranked["statements"]
    assert len(order) == 6 and order["consensus"].is_monotonic_decreasing
    assert order["consensus"].iloc[0] == found["consensus"].max()
    assert order["consensus"].iloc[-1] == found["consensus"].min()
    assert len(ranked["groups"]) == 18
    assert ranked["groups"]["statement"].iloc[0] == order["statement"].iloc[0]
    assert ranked["statements"].attrs["columns"]["statement"] == {"text": True}
