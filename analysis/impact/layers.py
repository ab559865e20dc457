"""Where the boxes of a layered graph stand: layers, order within them, positions, and the routes of the links between them.

Method: Sugiyama, Tagawa and Toda (1981), "Methods for visual understanding of hierarchical system structures": links that pass a layer get a place of their own in it, layers
are ordered by barycentres down and up, the order with the fewest crossings is kept. Positions: least squares towards the mean of the neighbours under the
order and the gaps, that is isotonic regression. Same input, same layout.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

WIDEST = 4  # boxes side by side: more leave a paper's width too little room for their texts
BROADEST, GAP, SLOT = (
    0.30,
    0.022,
    0.03,
)  # width of a box at most, between boxes, of a link that passes; shares of the width
SWEEPS = 8


@dataclass(frozen=True)
class Layout:
    """`boxes`: node, tier (0 at the top), left, width; `routes`: link, child, parent, step (0 at the child), tier, x; `crossings`: of links."""

    boxes: pd.DataFrame
    routes: pd.DataFrame
    crossings: int


def layout(nodes: Sequence[str] | pd.Series, depth: Sequence[int] | pd.Series, links: pd.DataFrame) -> Layout:
    """Lay out `nodes` at the given depths (0 at the top); `links` (child, parent) go up or stay on a depth, without circles.

    A depth has one tier, or more: a node that leads to another of its depth stands below it, and no tier holds more than WIDEST boxes.
    """
    names = pd.Index(nodes)
    child, parent = (names.get_indexer(links[end]) for end in ("child", "parent"))
    tier = _tiers(np.asarray(depth, dtype=int), child, parent)
    n, top, low = len(names), tier[parent], tier[child]
    passed = low - top - 1
    link = np.repeat(np.arange(len(links)), passed)
    step = np.arange(len(link)) - np.repeat(np.cumsum(passed) - passed, passed)
    tiers = np.concatenate([tier, low[link] - 1 - step]) if len(link) else tier
    chain = pd.DataFrame(
        {
            "link": np.concatenate([np.arange(len(links)), link, np.arange(len(links))]),
            "step": np.concatenate([np.zeros(len(links), dtype=int), step + 1, passed + 1]),
            "place": np.concatenate([child, n + np.arange(len(link)), parent]),
        }
    ).sort_values(["link", "step"], ignore_index=True)
    ahead = chain["place"].shift(-1)
    inner = (chain["link"] == chain["link"].shift(-1)).to_numpy()
    lower, upper = chain["place"].to_numpy(dtype=int)[inner], ahead.to_numpy()[inner].astype(int)
    order = _ordered(tiers, lower, upper)
    width = _widths(tiers, n)
    left = _positions(tiers, order, width, lower, upper)
    boxes = pd.DataFrame({"node": names, "tier": tier, "left": left[:n], "width": width[:n]})
    place = chain["place"].to_numpy(dtype=int)
    routes = chain.assign(
        child=names[child[chain["link"]]] if len(chain) else [],
        parent=names[parent[chain["link"]]] if len(chain) else [],
        tier=tiers[place],
        x=(left + width / 2)[place],
    )
    crossed = _crossings(tiers, order, lower, upper)
    return Layout(
        boxes, routes[["link", "child", "parent", "step", "tier", "x"]].reset_index(drop=True), crossed
    )


def _tiers(depth: np.ndarray, child: np.ndarray, parent: np.ndarray) -> np.ndarray:
    """Tier of each node: by depth, then by links within a depth, then split where there are more than WIDEST, one up and one down in turn."""
    within = depth[child] == depth[parent]
    deeper = np.zeros(len(depth), dtype=int)
    for _ in range(len(depth)):
        np.maximum.at(deeper, child[within], deeper[parent[within]] + 1)
    rank = np.arange(len(depth), dtype=float)
    for level in np.unique(depth)[1:]:
        own = np.flatnonzero(depth == level)
        above = pd.Series(rank[parent], index=child).groupby(level=0).mean().reindex(own)
        rank[own] = pd.Series(above.fillna(np.inf).to_numpy()).rank(method="first").to_numpy()
    group = pd.DataFrame({"depth": depth, "deeper": deeper, "rank": rank})
    ranked = group.sort_values(["depth", "deeper", "rank"], kind="stable").groupby(["depth", "deeper"])
    place = ranked.cumcount().sort_index().to_numpy()
    parts = -(-ranked["rank"].transform("size").sort_index().to_numpy() // WIDEST)
    keys = list(zip(depth, deeper, place % np.maximum(parts, 1)))
    known = {key: k for k, key in enumerate(sorted(set(keys)))}
    return np.array([known[key] for key in keys], dtype=int)


def _neighbours(at: np.ndarray, centre: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Mean centre of the neighbours across links one → other, shape (N,); its own `centre` for a node without any."""
    total = np.bincount(one, weights=centre[other], minlength=len(at))
    count = np.bincount(one, minlength=len(at))
    return np.where(count > 0, total / np.maximum(count, 1), centre)


def _ordered(tiers: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """Place of each node within its tier, with the fewest crossings that the sweeps found; the order given wins ties."""
    order = pd.Series(tiers).groupby(tiers).cumcount().to_numpy()
    best, fewest = order, _crossings(tiers, order, lower, upper)
    levels = np.unique(tiers)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        one, other = (lower, upper) if down else (upper, lower)
        for tier in levels[1:] if down else levels[-2::-1]:
            centre = (order + 0.5) / np.bincount(tiers)[tiers]
            wanted = _neighbours(tiers, centre, one, other)
            own = np.flatnonzero(tiers == tier)
            sorted_ = own[np.lexsort((order[own], wanted[own]))]
            order = order.copy()
            order[sorted_] = np.arange(len(own))
        found = _crossings(tiers, order, lower, upper)
        if found < fewest:
            best, fewest = order, found
    return best


def _crossings(tiers: np.ndarray, order: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> int:
    """Pairs of links between the same two tiers that cross."""
    below, above, tier = order[lower], order[upper], tiers[lower]
    turned = (below[:, None] - below) * (above[:, None] - above) < 0
    return int((turned & (tier[:, None] == tier)).sum() // 2)


def _widths(tiers: np.ndarray, n: int) -> np.ndarray:
    """Width of each place: a box takes what its tier leaves, up to BROADEST; a passing link SLOT."""
    places = np.bincount(tiers)
    boxes = np.bincount(tiers[:n], minlength=len(places))
    room = 1 - GAP * (places - 1) - SLOT * (places - boxes)
    wide = np.minimum(BROADEST, room / np.maximum(boxes, 1))
    return np.where(np.arange(len(tiers)) < n, wide[tiers], SLOT)


def _positions(
    tiers: np.ndarray, order: np.ndarray, width: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """Left edge of each place, within 0 and 1, in order and apart by GAP: by turns as near as possible to the neighbours above and below."""
    from scipy.optimize import isotonic_regression

    own = [
        np.flatnonzero(tiers == tier)[np.argsort(order[tiers == tier])]
        for tier in range(int(tiers.max()) + 1)
    ]
    left = np.zeros(len(tiers))

    def put(places: np.ndarray, centre: np.ndarray) -> None:
        before = np.concatenate([[0.0], np.cumsum(width[places] + GAP)[:-1]])
        free = 1 - (before[-1] + width[places][-1])
        wanted = centre[places] - width[places] / 2 - before
        left[places] = np.clip(isotonic_regression(wanted).x, 0, max(free, 0.0)) + before

    for places in own:
        used = width[places].sum() + GAP * (len(places) - 1)
        spread = max(1 - used, 0.0) * (np.arange(len(places)) + 0.5) / len(places)
        left[places] = np.concatenate([[0.0], np.cumsum(width[places] + GAP)[:-1]]) + spread
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        one, other = (lower, upper) if down else (upper, lower)
        for places in own if down else own[::-1]:
            put(places, _neighbours(tiers, left + width / 2, one, other))
    return left
