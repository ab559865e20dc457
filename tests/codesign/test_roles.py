"""Roles by semester: three companies written out by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import roles
from analysis.errors import EstimateError

WALK = [  # actor, semester, role
    ("bank", 1, "donor"),
    ("bank", 2, "supplier"),
    ("bank", 3, "co-designer"),
    ("shop", 1, "supplier"),
    ("shop", 2, "supplier"),
    ("shop", 3, "donor"),
    ("mill", 2, "owner"),
    ("mill", 3, "owner"),
]


@pytest.fixture
def walk():
    return pd.DataFrame(WALK, columns=["actor", "semester", "role"])


@pytest.fixture
def found(walk):
    return roles.roles(walk, ["bank", "shop", "mill"], range(1, 4))


def test_counts_and_moves(found):
    assert found.counts.tolist() == [[1, 1, 0, 0, 0], [0, 2, 0, 0, 1], [1, 0, 1, 0, 1]]
    assert found.moves.tolist() == [2, 2, 1]
    assert found.share_up == pytest.approx(2 / 5)
    moved = found.moves_table().set_index("role")
    assert moved.loc["supplier", ["steps", "up", "same", "down"]].tolist() == [3, 1, 1, 1]
    assert np.isnan(moved.loc["co-designer", "share_up"])


def test_the_share_that_designs_changes_from_the_first_to_the_last_semester(found):
    assert found.designing == pytest.approx([0, 1 / 3, 2 / 3])
    assert (found.change.estimate, found.change.low, found.change.high) == pytest.approx((2 / 3,) * 3)
    assert found.table()["bodies"].tolist() == [2, 3, 3]


def test_streams_join_the_stocks(found):
    drawn = found.flows()
    stocks, streams = drawn["stocks"], drawn["flows"]
    assert stocks["bodies"].sum() == 8 and streams["bodies"].sum() == 5
    leaving = streams[streams["semester"] == "2"].groupby("from_role")["bodies"].sum()
    assert leaving.to_dict() == {"supplier": 2, "owner": 1}


def test_every_role_has_one_level_of_participation(found):
    table = found.participation_table()
    assert table["iap2"].tolist() == list(roles.IAP2)
    assert sorted(table["role"]) == sorted(roles.ROLES)
    assert table["last"].tolist() == [1, 0, 1, 0, 1]
    assert all(set(entry["reason"]) == {"it", "en"} for entry in roles.levels().values())


def test_wrong_roles_are_refused_all_at_once(walk):
    wrong = pd.concat(
        [
            walk,
            pd.DataFrame(
                [("bank", 1, "owner"), ("nobody", 1, "donor"), ("shop", 9, "donor"), ("mill", 1, "friend")],
                columns=walk.columns,
            ),
        ],
        ignore_index=True,
    )
    with pytest.raises(EstimateError) as caught:
        roles.roles(wrong, ["bank", "shop", "mill"], range(1, 4))
    text = str(caught.value)
    for row in ("9", "10", "11", "12"):
        assert f" {row}" in text, text
    with pytest.raises(EstimateError):
        roles.roles(walk.head(0), ["bank"], range(1, 4))
