"""Ties that close after mediated events: a network of six bodies written out by hand, random dealing, and a planted difference."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import closure
from analysis.codesign.ties import Ratings
from analysis.errors import EstimateError

NAMES = ("a", "b", "c", "d", "e", "host")
NO_ACTS = pd.DataFrame(columns=["semester", "mediator", "party_a", "party_b"])


def ratings(*tied, level=4):
    """Everybody rates everybody 1, the pairs named `level` from both ends."""
    matrix = np.ones((6, 6))
    np.fill_diagonal(matrix, np.nan)
    for i, j in tied:
        matrix[NAMES.index(i), NAMES.index(j)] = matrix[NAMES.index(j), NAMES.index(i)] = level
    return Ratings(NAMES, matrix)


@pytest.fixture
def events():
    return pd.DataFrame(
        [(1, "e0", "no"), (2, "e1", "yes"), (2, "e2", "no"), (2, "e3", "no")],
        columns=["semester", "event", "mediated"],
    ).assign(facilitator="host")


@pytest.fixture
def records():
    came = {"e1": "abc", "e2": "abd", "e3": "de"}
    rows = [(event, actor) for event, names in came.items() for actor in [*names, "host"]]
    return pd.DataFrame(rows, columns=["event", "actor"])


def test_pairs_are_counted_by_exposure(events, records):
    found = closure.closure(
        {1: ratings(("a", "b")), 2: ratings(("a", "b"), ("a", "c"), ("d", "e"))}, records, events, NO_ACTS, permutations=50
    )  # fmt: skip
    # of the ten pairs without the host a-b was tied already; exposed: a-c, b-c; other event: a-d, b-d, d-e; not met: the rest
    assert found.at_risk[:, 0].tolist() == [2, 3, 4, 0]
    assert found.closed[:, 0].tolist() == [1, 1, 0, 0]
    assert found.rate[:3] == pytest.approx([1 / 2, 1 / 3, 0]) and np.isnan(found.rate[3])
    assert found.observed == pytest.approx(1 / 6)


def test_parties_of_an_act_stand_apart_and_mediators_are_left_out(events, records):
    acts = pd.DataFrame([(2, "e", "a", "c")], columns=NO_ACTS.columns)
    found = closure.closure({1: ratings(), 2: ratings(("a", "c"))}, records, events, acts, permutations=50)
    assert found.at_risk[:, 0].tolist() == [2, 2, 1, 1]  # pairs of a, b, c, d; a-b met at both kinds of event
    assert found.closed[:, 0].tolist() == [0, 0, 0, 1]


def test_dealing_keeps_the_number_of_mediated_events(events, records):
    found = closure.closure(
        {1: ratings(), 2: ratings(("a", "c"), ("b", "c"))},
        records,
        events,
        NO_ACTS,
        permutations=4000,
        seed=3,
    )
    # one of the three events is dealt the mediation: e1 → 3 exposed pairs, 2 closed of 5; e2 → 3 (a-b, a-d, b-d), none closed, 2 of 3 others; e3 → 1, none, 2 of 5
    rates = [2 / 3 - 0 / 3, 0 / 3 - 2 / 3, 0 / 1 - 2 / 5]
    assert found.expected == pytest.approx(np.mean(rates), abs=0.03)
    assert found.p == pytest.approx(1 / 3, abs=0.05)
    assert (found.low, found.high) == pytest.approx((min(rates), max(rates)))


def planted(effect, seed):
    """Forty bodies, two semesters, eight events of which four mediated; exposed pairs close with probability 0.1 + effect, the others that met with 0.1."""
    rng = np.random.default_rng(seed)
    names = tuple(f"o{i:02d}" for i in range(40))
    came = rng.random((8, 40)) < 0.3
    flag = np.array(["yes", "no"] * 4)
    exposed = (came[flag == "yes"].T.astype(int) @ came[flag == "yes"].astype(int)) > 0
    closes = np.triu(rng.random((40, 40)) < 0.1 + effect * exposed, 1)
    before, now = np.ones((2, 40, 40))
    now[closes | closes.T] = 4
    for matrix in (before, now):
        np.fill_diagonal(matrix, np.nan)
    event, actor = np.nonzero(came)
    records = pd.DataFrame({"event": event.astype(str), "actor": np.array(names)[actor]})
    events = pd.DataFrame(
        {"event": [str(k) for k in range(8)], "semester": 2, "mediated": flag, "facilitator": None}
    )
    return closure.closure(
        {1: Ratings(names, before), 2: Ratings(names, now)}, records, events, NO_ACTS, permutations=300, seed=seed
    )  # fmt: skip


def test_a_planted_difference_is_found_and_none_is_not_too_often():
    assert planted(0.5, 1).difference.low > 0 and planted(0.5, 1).p < 0.02
    told = [planted(0.0, seed).p <= 0.05 for seed in range(60)]
    assert sum(told) <= 8  # at 5 %, more than eight of sixty has probability 0.003


def test_the_tables_tell_counts_beside_each_rate(events, records):
    found = closure.closure({1: ratings(), 2: ratings(("a", "c"))}, records, events, NO_ACTS, permutations=50)
    table = found.table()
    assert table["exposure"].tolist() == list(closure.EXPOSURES)
    assert table.attrs["columns"]["rate"] == {"unit": "share", "digits": 1, "n": "at_risk", "cases": "closed"}
    assert found.null_table()["at_risk"].item() == found.difference.n == 6


def test_nothing_to_compare_gives_nothing(events, records):
    assert closure.closure({1: ratings()}, records, events, NO_ACTS) is None
    assert (
        closure.closure({1: ratings(), 2: ratings()}, records, events.assign(mediated="no"), NO_ACTS) is None
    )


def test_what_is_not_known_is_refused(events, records):
    with pytest.raises(EstimateError) as caught:
        closure.closure(
            {1: ratings(), 2: ratings()}, records, events.assign(mediated=None), NO_ACTS, permutations=0
        )
    assert "permutations = 0" in str(caught.value) and "events" in str(caught.value)
    with pytest.raises(EstimateError, match="facilitator"):
        closure.closure({1: ratings(), 2: ratings()}, records, events.drop(columns="facilitator"), NO_ACTS)
