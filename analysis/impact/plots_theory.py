"""The theory of change as a figure: a box a result, in rows by level, with the status of its indicators; numbered assumptions on the links, told below.

It draws the tables of `Theory.tables`; positions are computed there, heights here, from the longer of the two languages, so that both draw the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES
from analysis.impact.plots_logframe import POINTS, lines, mark, most_lines, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

STATEMENT, STATUS, KEY, LEVEL = 8.5, 8.0, 8.0, 8.5  # sizes of type, points
LEADING = 1.2
ONE_LINE = 118.0  # width of a box, in points, below which its status has two lines
LOWEST = 56.0  # height of a level, so that its name has room
PAD, BADGE = 5.0, 6.2  # points: inside a box; radius of the number of an assumption
MARGIN, GAP = 32.0, 34.0  # points: left of the boxes, for the levels; between tiers
MARK = 13.0  # points that the mark of the status takes
BEND = np.linspace(0, 1, 25)


@dataclass(frozen=True)
class Places:
    """Points from the upper left corner: left edges and widths of the boxes, top and height of each tier, bottom of the lowest; lines of the keys."""

    lefts: np.ndarray
    widths: np.ndarray
    tops: np.ndarray
    heights: np.ndarray
    room: float

    @property
    def bottom(self) -> float:
        return float(self.tops[-1] + self.heights[-1])


def status(box: Mapping[str, Any], words: Words) -> str:
    """What is said of the indicators of a result: its status, and how many have a light of all."""
    told = words.label("light", box["status"])
    if not box["indicators"]:
        return told
    return words(
        "light_of",
        light=told,
        rated=words.number(box["rated"], "count"),
        all=words.number(box["indicators"], "count"),
    )


def _places(boxes: pd.DataFrame, width: float) -> Places:
    room = width - MARGIN - 2
    lefts = MARGIN + boxes["left"].to_numpy(dtype=float) * room
    widths = boxes["width"].to_numpy(dtype=float) * room
    tier = boxes["tier"].to_numpy(dtype=int)
    tall = np.array([_written(cell, wide) for cell, wide in zip(boxes["statement"], widths)])
    heights = pd.Series(tall + 2 * PAD).groupby(tier).max().to_numpy(copy=True)
    spans = boxes.groupby("level", sort=False)["tier"].agg(["min", "max"]).to_numpy()
    for first, last in spans:
        held = heights[first : last + 1].sum() + GAP * (last - first)
        heights[last] += max(LOWEST - held, 0.0)
    tops = GAP / 2 + np.concatenate([[0.0], np.cumsum(heights + GAP)[:-1]])
    return Places(lefts, widths, tops, heights, room)


def _written(statement: Any, wide: float) -> float:
    """Height of the texts of a box, in the language that needs more; the status has the lines that its width allows for."""
    rows = max(len(lines(text(statement, lang), STATEMENT, wide - 2 * PAD, "semibold")) for lang in LANGUAGES)
    return LEADING * (rows * STATEMENT + _status_lines(wide) * STATUS) + 3


def _status_lines(wide: float) -> int:
    return 1 if wide >= ONE_LINE else 2


def theory(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Results in rows, impact at the top; a line leads from a result to the one that it should bring about, its number to what is assumed.

    Tables: boxes, routes (`Theory.tables`).
    """
    boxes, routes = data["boxes"].reset_index(drop=True), data["routes"]
    fig, ax = style.subplots()
    width = fig.get_size_inches()[0] * POINTS
    at = _places(boxes, width)
    keyed = boxes[boxes["number"].notna()]
    half = (width - MARGIN) / 2 - 24
    tall = KEY * LEADING * most_lines(keyed["assumption"], KEY, half) + 4 if len(keyed) else np.array([])
    columns = _halves(tall)
    foot = at.bottom + GAP * 0.6
    below = max(float(tall[column].sum()) for column in columns) + 18 if len(keyed) else 0.0
    height = foot + below
    fig.set_size_inches(width / POINTS, (height + 22) / POINTS)
    fig.get_layout_engine().set(w_pad=0, h_pad=2 / POINTS)  # type: ignore[union-attr, call-arg]
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    _levels(ax, boxes, at, words)
    for _, route in routes.groupby("link"):
        _link(ax, route.sort_values("step"), at)
    for k, box in enumerate(boxes.to_dict("records")):
        _box(ax, box, at.lefts[k], at.widths[k], at.tops[int(box["tier"])], at.heights[int(box["tier"])], words)  # fmt: skip
    if len(keyed):
        _assumptions(ax, keyed, columns, tall, foot, half, words)
    _legend(fig, boxes, words)
    return fig


def _halves(tall: np.ndarray) -> list[list[int]]:
    """The keys in two columns of about equal height, in order."""
    so_far = np.concatenate([[0.0], np.cumsum(tall)])
    cut = int(np.argmin(np.abs(so_far - so_far[-1] / 2 - 1e-6)))
    return [list(range(cut)), list(range(cut, len(tall)))]


def _levels(ax: Axes, boxes: pd.DataFrame, at: Places, words: Words) -> None:
    """The name of each level upright at the left, beside a rule that spans its tiers."""
    for level, own in boxes.groupby("level", sort=False):
        first, last = int(own["tier"].min()), int(own["tier"].max())
        top, bottom = at.tops[first], at.tops[last] + at.heights[last]
        ax.plot([MARGIN - 7, MARGIN - 7], [top, bottom], color=style.ACCENT, linewidth=1.6, zorder=1)
        name = "\n".join(lines(words.label("result_level", level), LEVEL, bottom - top, "semibold"))
        ax.text(MARGIN - 10, (top + bottom) / 2, name, rotation=90, ha="right", va="center", multialignment="center",
                fontsize=LEVEL, fontweight="semibold", color=style.ACCENT, linespacing=0.95)  # fmt: skip


def _link(ax: Axes, route: pd.DataFrame, at: Places) -> None:
    """From the top of the child's tier to the bottom of the parent's, straight through the tiers that it passes."""
    x = MARGIN + route["x"].to_numpy(dtype=float) * at.room
    tier = route["tier"].to_numpy(dtype=int)
    tops, bottoms = at.tops[tier], at.tops[tier] + at.heights[tier]
    bend = BEND * BEND * (3 - 2 * BEND)
    xs = np.concatenate([a + (b - a) * bend for a, b in pairwise(x)])
    ys = np.concatenate([start + (end - start) * BEND for start, end in zip(tops[:-1], bottoms[1:])])
    ys[-1] += 5
    ax.plot(xs, ys, color=style.ACCENT, linewidth=1.2, zorder=2, solid_joinstyle="round")
    ax.plot(
        xs[-1:], ys[-1:] - 1.5, color=style.ACCENT, marker="^", markersize=6, linestyle="none", zorder=2.5
    )


def _box(ax: Axes, box: Mapping[str, Any], left: float, wide: float, top: float, tall: float, words: Words) -> None:  # fmt: skip
    from matplotlib.patches import Rectangle

    frame = Rectangle((left, top), wide, tall, facecolor="white", edgecolor=style.ACCENT, linewidth=1.1, zorder=3)  # fmt: skip
    ax.add_patch(frame)
    kw: dict[str, Any] = {"va": "top", "ha": "left", "zorder": 4}
    y = top + PAD
    for line in lines(text(box["statement"], words.language), STATEMENT, wide - 2 * PAD, "semibold"):
        ax.text(left + PAD, y, line, fontsize=STATEMENT, fontweight="semibold", **kw)
        y += STATEMENT * LEADING
    told = lines(status(box, words), STATUS, wide - 2 * PAD - MARK)
    y = top + tall - PAD - _status_lines(wide) * STATUS * LEADING
    look = mark(str(box["status"]))
    ax.plot(
        [left + PAD + 4],
        [y + STATUS * 0.52],
        zorder=4,
        **{**look, "markersize": look["markersize"] * 0.85},
    )
    for line in told:
        ax.text(left + PAD + MARK, y, line, fontsize=STATUS, **kw)
        y += STATUS * LEADING
    if pd.notna(box["number"]):
        _number(ax, left + wide / 2, top - BADGE - 2.5, int(box["number"]))


def _number(ax: Axes, x: float, y: float, number: int) -> None:
    from matplotlib.patches import Circle

    ax.add_patch(Circle((x, y), BADGE, facecolor="white", edgecolor=style.ACCENT, linewidth=1.0, zorder=3))
    ax.text(x, y + 0.3, str(number), fontsize=8, ha="center", va="center_baseline", zorder=4)


def _assumptions(ax: Axes, keyed: pd.DataFrame, columns: list[list[int]], tall: np.ndarray, foot: float, half: float, words: Words) -> None:  # fmt: skip
    head: dict[str, Any] = {"fontsize": LEVEL, "fontweight": "semibold", "color": style.ACCENT, "va": "top"}
    ax.text(MARGIN - 7, foot, words("assumptions"), **head)
    records = keyed.to_dict("records")
    for side, column in enumerate(columns):
        x, y = MARGIN + side * (half + 24), foot + 18.0
        for k in column:
            _number(ax, x, y + KEY * LEADING / 2 - 0.5, int(records[k]["number"]))
            told = "\n".join(lines(text(records[k]["assumption"], words.language), KEY, half))
            ax.text(x + 11, y, told, fontsize=KEY, va="top", ha="left", linespacing=LEADING * 0.86)
            y += float(tall[k])


def _legend(fig: Figure, boxes: pd.DataFrame, words: Words) -> None:
    from matplotlib.lines import Line2D

    met = [light for light in ("green", "amber", "red", "grey", "none") if (boxes["status"] == light).any()]
    handles = [Line2D([], [], label=words.label("light", light), **mark(light)) for light in met]
    fig.legend(
        handles=handles,
        loc="outside upper left",
        ncols=len(handles),
        handletextpad=0.3,
        columnspacing=1.4,
        borderaxespad=0.1,
    )
