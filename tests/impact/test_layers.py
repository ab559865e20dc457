"""The layout of a layered graph: the same for the same input, no box over another, no link through a box, few crossings."""

import numpy as np
import pandas as pd
import pytest

from analysis.impact.layers import GAP, WIDEST, layout

CLOSE = 1e-9  # positions are shares of the width


def forest(seed, levels=5, most=8):
    """A random forest of results: names, depths, and links to a random result of the depth above (or any above)."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, most, levels)
    depth = np.repeat(np.arange(levels), counts)
    names = np.array([f"n{k}" for k in range(len(depth))])
    links = [
        (name, str(rng.choice(names[depth < d] if rng.random() < 0.3 else names[depth == d - 1])))
        for name, d in zip(names, depth)
        if d > 0 and rng.random() < 0.9
    ]
    return names, depth, pd.DataFrame(links, columns=["child", "parent"])


@pytest.mark.parametrize("seed", range(8))
def test_boxes_of_a_tier_stay_apart_and_inside(seed):
    boxes = layout(*forest(seed)).boxes
    for _, own in boxes.groupby("tier"):
        own = own.sort_values("left")
        right = (own["left"] + own["width"]).to_numpy()
        assert (own["left"].to_numpy()[1:] - right[:-1] >= GAP - CLOSE).all()
        assert own["left"].min() >= -CLOSE and right.max() <= 1 + CLOSE
        assert len(own) <= WIDEST and (own["width"] > 0).all()


@pytest.mark.parametrize("seed", range(8))
def test_a_link_that_passes_a_tier_passes_between_its_boxes(seed):
    found = layout(*forest(seed))
    last = found.routes.groupby("link")["step"].transform("max")
    passing = found.routes[(found.routes["step"] > 0) & (found.routes["step"] < last)]
    for route in passing.to_dict("records"):
        own = found.boxes[found.boxes["tier"] == route["tier"]]
        inside = (own["left"] < route["x"]) & (route["x"] < own["left"] + own["width"])
        assert not inside.any()


@pytest.mark.parametrize("seed", range(8))
def test_every_link_goes_up_a_tier_at_a_time_from_child_to_parent(seed):
    names, depth, links = forest(seed)
    found = layout(names, depth, links)
    tier = found.boxes.set_index("node")["tier"]
    assert len(found.routes.groupby("link")) == len(links)
    for (_, route), (child, parent) in zip(found.routes.groupby("link"), links.to_numpy()):
        assert route["tier"].tolist() == list(range(tier[child], tier[parent] - 1, -1))
    assert (tier.groupby(depth).max().to_numpy()[:-1] < tier.groupby(depth).min().to_numpy()[1:]).all()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_input_has_the_same_layout(seed):
    one, other = layout(*forest(seed)), layout(*forest(seed))
    pd.testing.assert_frame_equal(one.boxes, other.boxes)
    pd.testing.assert_frame_equal(one.routes, other.routes)


def test_crossings_that_the_order_given_has_are_taken_out():
    links = pd.DataFrame([("c1", "p2"), ("c2", "p1"), ("c3", "p2"), ("c4", "p1")], columns=["child", "parent"])  # fmt: skip
    found = layout(["p1", "p2", "c1", "c2", "c3", "c4"], [0, 0, 1, 1, 1, 1], links)
    assert found.crossings == 0
    left = found.boxes.set_index("node")["left"]
    assert (left["p1"] < left["p2"]) == (left[["c2", "c4"]].max() < left[["c1", "c3"]].min())


@pytest.mark.parametrize("seed", range(6))
def test_a_forest_of_one_tier_a_depth_is_drawn_without_crossings(seed):
    rng = np.random.default_rng(seed)
    depth = np.repeat(np.arange(4), [1, 3, 4, 4])
    names = np.array([f"n{k}" for k in range(12)])
    links = pd.DataFrame(
        [(name, str(rng.choice(names[depth == d - 1]))) for name, d in zip(names, depth) if d],
        columns=["child", "parent"],
    )
    assert layout(names, depth, links).crossings == 0


def test_a_parent_stands_over_the_middle_of_its_children():
    links = pd.DataFrame([("a", "top"), ("b", "top"), ("c", "top")], columns=["child", "parent"])
    boxes = layout(["top", "a", "b", "c"], [0, 1, 1, 1], links).boxes.set_index("node")
    centre = boxes["left"] + boxes["width"] / 2
    assert centre["top"] == pytest.approx(centre[["a", "b", "c"]].mean(), abs=CLOSE)


def test_a_link_within_a_depth_makes_a_tier_of_its_own():
    links = pd.DataFrame([("b", "a"), ("c", "b")], columns=["child", "parent"])
    assert layout(["a", "b", "c", "d"], [0, 0, 0, 1], links).boxes["tier"].tolist() == [0, 1, 2, 3]


def test_one_box_and_no_link():
    found = layout(["a"], [0], pd.DataFrame(columns=["child", "parent"]))
    assert found.boxes["tier"].tolist() == [0] and found.routes.empty and found.crossings == 0
