"""Pictures of who works with whom: the network of confirmed ties with names, its semesters side by side, brokerage by role. They draw; they compute nothing.

Shape and colour give the type of a body, size its confirmed ties; one layout serves every semester (dynamics.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.codesign.plots import looks, wrapped
from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

EDGE = "#7c8995"
ANGLES = np.deg2rad([0, 180, 90, 270, 30, 150, 330, 210, 60, 120, 300, 240])
REACH = (1.0, 1.9, 3.0)  # of a label from its body, in radii of a large marker


def network(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """The bodies of one semester with their names and confirmed ties; a label lies where it covers no other label, body and as few ties as may be."""
    bodies, ties = data["bodies"], data["ties"]
    fig, ax = style.subplots(height=5.4)
    _draw(ax, bodies, ties, words, scale=11.0)
    ax.set(xlim=(-0.16, 1.16), ylim=(1.08, -0.04))
    fig.legend(loc="outside upper left", ncols=3, handletextpad=0.2)
    _name(fig, ax, bodies, ties)
    return fig


def semesters(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """A panel a semester, bodies always in the same place."""
    bodies, ties = data["bodies"], data["ties"]
    names = list(dict.fromkeys(bodies["semester"]))
    rows = -(-len(names) // 3)
    fig, axes = style.subplots(rows, 3, height=0.35 + 1.9 * rows, squeeze=False)
    for ax, name in zip(axes.ravel(), names):
        own = bodies[bodies["semester"] == name]
        _draw(ax, own, ties[ties["semester"] == name], words, scale=3.0)
        ax.set_title(f"{words('semester')} {name}", fontsize=9)
    for ax in axes.ravel()[len(names) :]:
        ax.set_axis_off()
    handles, texts = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside upper left", ncols=3, handletextpad=0.2)
    return fig


def _draw(ax: Axes, bodies: pd.DataFrame, ties: pd.DataFrame, words: Words, scale: float) -> None:
    ends = ties[["x_from", "y_from", "x_to", "y_to"]].to_numpy(dtype=float)
    ax.plot(ends[:, [0, 2]].T, ends[:, [1, 3]].T, color=EDGE, linewidth=0.25 + 0.03 * scale, zorder=1)
    for kind, (colour, marker, _) in looks().items():
        own = bodies[bodies["type"] == kind]
        size = 2.2 * scale + scale * own["ties"].astype(float).fillna(0)
        ax.scatter(
            own["x"], own["y"], s=size, color=colour, marker=marker, zorder=3, edgecolor="white",
            linewidth=0.05 * scale, label=words.label("type", kind),
        )  # fmt: skip
    ax.set(xlim=(-0.06, 1.06), ylim=(1.06, -0.06))
    ax.set_axis_off()


def _name(fig: Figure, ax: Axes, bodies: pd.DataFrame, ties: pd.DataFrame) -> None:
    """Names beside the bodies, the best tied first, each at the place that costs least."""
    fig.canvas.draw()
    renderer = fig.canvas.get_renderer()  # type: ignore[attr-defined]
    bodies = bodies.sort_values(["ties", "organisation"], ascending=[False, True])
    points = ax.transData.transform(bodies[["x", "y"]].to_numpy(dtype=float))
    start, stop = (ax.transData.transform(ties[list(end)].to_numpy(dtype=float)) for end in (("x_from", "y_from"), ("x_to", "y_to")))  # fmt: skip
    along = np.concatenate([start + (stop - start) * share for share in np.linspace(0.04, 0.96, 24)])
    pixel = fig.dpi / 72
    page = np.array([0, 0, *(fig.get_size_inches() * fig.dpi)])
    taken = np.zeros((0, 4))
    for place, point, name in zip(bodies[["x", "y"]].to_numpy(dtype=float), points, bodies["organisation"]):
        words = wrapped(str(name), 22)
        text = ax.text(0, 0, words, fontsize=7.6, linespacing=0.92)
        box = text.get_window_extent(renderer)
        text.remove()
        half = np.array([box.width, box.height]) / 2
        towards = np.array([[np.cos(a), np.sin(a)] for a in ANGLES])
        far = np.concatenate([towards * (half + 8.5 * pixel * reach) for reach in REACH])
        centre = point + far
        around = np.column_stack([centre - half, centre + half])
        cost = (
            6.0 * _hits(around, points, margin=4 * pixel)
            + 9.0 * _overlaps(around, taken)
            + 0.12 * _hits(around, along)
            + 30.0 * ((around[:, :2] < page[:2]) | (around[:, 2:] > page[2:])).any(axis=1)
            + np.repeat(np.array(REACH), len(ANGLES)) * 0.6
        )
        best = int(np.argmin(cost))
        taken = np.vstack([taken, around[best]])
        line = {"arrowstyle": "-", "color": style.MUTED, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 3}
        label = ax.annotate(
            words, place, far[best] / pixel, textcoords="offset points", ha="center", va="center", fontsize=7.6,
            linespacing=0.92, zorder=2, annotation_clip=False, arrowprops=line if best >= len(ANGLES) else None,
            bbox={"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none", "alpha": 0.75},
        )  # fmt: skip
        label.set_in_layout(False)


def _hits(boxes: np.ndarray, points: np.ndarray, margin: float = 0.0) -> np.ndarray:
    """Points within each box (x0, y0, x1, y1), shape (boxes,)."""
    x, y = points[:, 0], points[:, 1]
    low, high = boxes[:, :2, None] - margin, boxes[:, 2:, None] + margin
    return ((x > low[:, 0]) & (x < high[:, 0]) & (y > low[:, 1]) & (y < high[:, 1])).sum(axis=1)


def _overlaps(boxes: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """Boxes of `taken` that each box overlaps."""
    a, b = boxes[:, None], taken[None]
    apart = (a[..., :2] >= b[..., 2:]).any(axis=-1) | (a[..., 2:] <= b[..., :2]).any(axis=-1)
    return (~apart).sum(axis=1)


def brokerage(data: pd.DataFrame, words: Words) -> Figure:
    """One line a role: pairs brokered by all bodies together, and the middle 95 % when types are dealt at random."""
    fig, ax = style.subplots(height=0.95 + 0.34 * len(data))
    rows = np.arange(len(data))
    low, high = (data[name].astype(float).to_numpy() for name in ("null_low", "null_high"))
    bars = ax.barh(
        rows, high - low, left=low, height=0.5, color="#d5dee5", edgecolor=style.MUTED, linewidth=0.4
    )
    middle = ax.plot(data["expected"].astype(float), rows, "|", color=style.MUTED, markersize=13)[0]
    seen = ax.plot(data["brokered"].astype(float), rows, "o", color=style.ACCENT, markersize=6.5, zorder=3)[0]
    ax.set_yticks(rows, [wrapped(words.label("brokerage_role", role), 44) for role in data["role"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, None)
    ax.set_xlabel(words("brokered"))
    words.axis(ax.xaxis, "count")
    fig.legend([seen, middle, bars], [words("observed_count"), words("expected"), words("null_band")], loc="outside upper left", ncols=3)  # fmt: skip
    return fig


def closure(data: pd.DataFrame, words: Words) -> Figure:
    """One bar an exposure: share of the pairs at risk whose tie closed, with the counts behind it."""
    fig, ax = style.subplots(height=0.75 + 0.4 * len(data))
    rows = np.arange(len(data))
    rate = data["rate"].astype(float).to_numpy()
    colours = [style.ACCENT, *["#8fb3c2"] * (len(data) - 1)]
    ax.barh(rows, np.nan_to_num(rate), height=0.6, color=colours, edgecolor=style.ACCENT)
    for row, record in zip(rows, data.to_dict("records")):
        text = f"{words.number(record['rate'], 'share', 1)} ({words.number(record['closed'], 'count')}/{words.number(record['at_risk'], 'count')})"
        ax.annotate(text, (np.nan_to_num(rate[row]), row), (5, 0), textcoords="offset points", va="center")
    ax.set_yticks(rows, [wrapped(words.label("exposure", name), 40) for name in data["exposure"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(np.nanmax(rate), 0.01) * 1.35)
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel(words("rate"))
    words.axis(ax.xaxis, "share")
    return fig
