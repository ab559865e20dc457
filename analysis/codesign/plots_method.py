"""Pictures of the method: the map of its practices, hours planned against done, what is documented. They draw; they compute nothing of the study.

Each takes the protected tables of protocol.py and fidelity.py and the words of one language. The sizes of the boxes of the map come from the longer of the
two languages, so that both languages draw the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.codesign.protocol import ADAPTABLE, CORE, UNSTATED
from analysis.evidence import style
from analysis.evidence.words import LANGUAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

EDGES: dict[str, tuple[Any, float]] = {
    CORE: ("solid", 1.3),
    ADAPTABLE: ((0, (4, 2)), 1.1),
    UNSTATED: ((0, (1, 1.6)), 0.9),
}
POINTS = 72.0
NAME, RESULT, HEAD = 8.0, 7.4, 9.0  # sizes of type in the map, points
HEAD_LINES, NARROW = (
    2,
    85.0,
)  # lines of the head of a column, in either language; a column narrower than this has one more
LEADING = 1.18
PAD, GAP, GUTTER, LANE = (
    5.0,
    13.0,
    17.0,
    9.0,
)  # points: inside a box, between boxes, between columns, between lines below


def _cell(cell: Any, language: str) -> str:
    return str(cell.get(language) or "") if isinstance(cell, Mapping) else str(cell or "")


@cache
def _width(text: str, size: float, weight: str) -> float:
    """Width of a text in the house's type, points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=style.FONT, size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


def _lines(text: str, size: float, room: float, weight: str = "normal") -> list[str]:
    """The text broken into lines no wider than `room` points; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and _width(f"{lines[-1]} {word}", size, weight) <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


@dataclass(frozen=True)
class Places:
    """Where everything of the map stands, in points from the upper left corner: left edges of the columns, their width, tops and heights of the boxes."""

    lefts: np.ndarray
    width: float
    tops: np.ndarray
    heights: np.ndarray
    bottom: float  # below the longest column


def _places(boxes: pd.DataFrame, width: float) -> Places:
    column, row = (boxes[name].to_numpy(dtype=int) for name in ("column", "row"))
    n = max(int(column.max()) + 1, 3)
    wide = (width - GUTTER * n) / n
    lefts = GUTTER * 0.5 + np.arange(n) * (wide + GUTTER)
    room = wide - 2 * PAD
    head = (HEAD_LINES + (wide < NARROW)) * HEAD * LEADING + 2 * PAD
    heights = np.array([_height(record, room) for record in boxes.to_dict("records")])
    tops = np.zeros(len(boxes))
    for k in np.unique(column):
        at = np.flatnonzero(column == k)[np.argsort(row[column == k])]
        tops[at] = head + PAD + np.concatenate([[0.0], np.cumsum(heights[at] + GAP)[:-1]])
    return Places(lefts, wide, tops, heights, float((tops + heights).max() + PAD))


def _height(box: Mapping[str, Any], room: float) -> float:
    """Height of a box that holds its texts in either language."""
    return max(_written(box, lang, room) for lang in LANGUAGES) + 2 * PAD


def _written(box: Mapping[str, Any], language: str, room: float) -> float:
    """Height of the texts of a box in one language."""
    name = _lines(_cell(box["practice"], language), NAME, room, "semibold")
    return LEADING * (len(name) * NAME + len(_lines(_result(box, language), RESULT, room)) * RESULT)


def _result(box: Mapping[str, Any], language: str) -> str:
    text = _cell(box["output"], language)
    return f"→ {text}" if text else ""


def process(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """A column a phase, a box a practice in the order of its steps; core ones have a solid edge, adaptable ones a dashed one. An arrow: the one's output is the other's input."""
    boxes, links = data["boxes"], data["links"]
    met = list(dict.fromkeys(boxes.sort_values("column", kind="stable")["phase"]))
    fig, ax = style.subplots()
    width = fig.get_size_inches()[0] * POINTS
    at = _places(boxes, width)
    below = _detours(boxes, links)
    height = at.bottom + (LANE * (len(below) + 1) if below else 0.0)
    rows = 2 if len(links) and boxes["core"].nunique() > 1 else 1
    fig.set_size_inches(width / POINTS, (height + 16 * rows + 14) / POINTS)
    fig.get_layout_engine().set(w_pad=0, h_pad=3 / POINTS)  # type: ignore[union-attr, call-arg]
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    for k, phase in enumerate(met):
        left = at.lefts[k]
        ax.plot([left, left + at.width], [1, 1], color=style.ACCENT, linewidth=1.6)
        head = f"{k + 1}. {words.label('phase', phase)}"
        text = "\n".join(_lines(head, HEAD, at.width, "semibold"))
        ax.text(left, PAD, text, fontsize=HEAD, fontweight="semibold", va="top", linespacing=LEADING * 0.86)
    _order(ax, boxes, links, at)
    for place, (i, j) in enumerate(links[["from_box", "to_box"]].to_numpy(dtype=int)):
        _arrow(ax, *_path(boxes, at, i, j, links, place, below))
    for k, box in enumerate(boxes.to_dict("records")):
        _box(ax, box, at.lefts[int(box["column"])], at.tops[k], at.width, at.heights[k], words.language)
    _legend(fig, boxes, links, words, rows)
    return fig


def _box(
    ax: Axes, box: Mapping[str, Any], left: float, top: float, width: float, height: float, lang: str
) -> None:
    from matplotlib.patches import Rectangle

    dashes, line = EDGES.get(str(box["core"]), EDGES[UNSTATED])
    ax.add_patch(
        Rectangle(
            (left, top), width, height,
            facecolor="white", edgecolor=style.ACCENT, linestyle=dashes, linewidth=line, zorder=3,
        )
    )  # fmt: skip
    room = width - 2 * PAD
    y = top + (height - _written(box, lang, room)) / 2
    name = _lines(_cell(box["practice"], lang), NAME, room, "semibold")
    kw: dict[str, Any] = {"va": "top", "ha": "left", "zorder": 4}
    for text in name:
        ax.text(left + PAD, y, text, fontsize=NAME, fontweight="semibold", **kw)
        y += NAME * LEADING
    for text in _lines(_result(box, lang), RESULT, room):
        ax.text(left + PAD, y, text, fontsize=RESULT, color=style.MUTED, **kw)
        y += RESULT * LEADING


def _order(ax: Axes, boxes: pd.DataFrame, links: pd.DataFrame, at: Places) -> None:
    """A grey line from each box to the next of its column, where no arrow joins them."""
    joined = {tuple(pair) for pair in links[["from_box", "to_box"]].to_numpy(dtype=int)}
    column, row = (boxes[name].to_numpy(dtype=int) for name in ("column", "row"))
    for i in range(len(boxes)):
        for j in np.flatnonzero((column == column[i]) & (row == row[i] + 1)):
            if (i, int(j)) not in joined:
                x = at.lefts[column[i]] + at.width / 2
                ends = [at.tops[i] + at.heights[i], at.tops[j]]
                ax.plot([x, x], ends, color=style.MUTED, linewidth=0.9, zorder=2)


def _detours(boxes: pd.DataFrame, links: pd.DataFrame) -> list[int]:
    """Places of the links that must pass below all columns: those that do not lead to the next column, nor down their own."""
    column, row = (boxes[name].to_numpy(dtype=int) for name in ("column", "row"))
    pairs = links[["from_box", "to_box"]].to_numpy(dtype=int)
    near = [column[j] - column[i] == 1 or (column[i] == column[j] and row[j] == row[i] + 1) for i, j in pairs]
    return [k for k, fits in enumerate(near) if not fits]


def _path(
    boxes: pd.DataFrame,
    at: Places,
    i: int,
    j: int,
    links: pd.DataFrame,
    place: int,
    below: Sequence[int],
) -> tuple[list[float], list[float], str]:
    """Corners of an arrow from box i to box j, and the mark of its head."""
    column, row = (boxes[name].to_numpy(dtype=int) for name in ("column", "row"))
    middle = at.tops + at.heights / 2
    if column[i] == column[j] and row[j] == row[i] + 1:
        x = at.lefts[column[i]] + at.width / 2
        return [x, x], [at.tops[i] + at.heights[i], at.tops[j] - 3.0], "v"
    start, end = at.lefts[column[i]] + at.width, at.lefts[column[j]]
    gutter = _lane(boxes, links, place, leaving=False, column=int(column[j]))
    entry = end - GUTTER * gutter * (0.5 if column[j] == 0 else 1.0)
    if place not in below:
        top, bottom = max(at.tops[i], at.tops[j]), min((at.tops + at.heights)[[i, j]])
        if bottom - top > 2 * PAD:  # side by side
            return [start, end - 3.0], [(top + bottom) / 2] * 2, ">"
        return [start, entry, entry, end - 3.0], [middle[i], middle[i], middle[j], middle[j]], ">"
    last = column[i] == len(at.lefts) - 1
    exit_ = start + GUTTER * (0.5 if last else 1.0) * _lane(
        boxes, links, place, leaving=True, column=int(column[i]) + 1
    )
    low = at.bottom + LANE * (list(below).index(place) + 1)
    xs = [start, exit_, exit_, entry, entry, end - 3.0]
    return xs, [middle[i], middle[i], low, low, middle[j], middle[j]], ">"


def _lane(boxes: pd.DataFrame, links: pd.DataFrame, place: int, *, leaving: bool, column: int) -> float:
    """Share of a gutter, from its right (from its left, for lines that leave), at which this link runs up or down; each link of a gutter has its own."""
    column_of = boxes["column"].to_numpy(dtype=int)
    pairs = links[["from_box", "to_box"]].to_numpy(dtype=int)
    using = [
        (k, out)
        for k, (i, j) in enumerate(pairs)
        for out, where in ((False, column_of[j]), (True, column_of[i] + 1))
        if where == column and (not out or column_of[j] - column_of[i] != 1)
    ]
    share = (using.index((place, leaving)) + 1) / (len(using) + 1)
    return share if not leaving else 1 - share


def _arrow(ax: Axes, xs: Sequence[float], ys: Sequence[float], head: str) -> None:
    ax.plot(xs, ys, color=style.ACCENT, linewidth=1.2, zorder=2.5, solid_joinstyle="round")
    ax.plot(xs[-1:], ys[-1:], color=style.ACCENT, marker=head, markersize=5, linewidth=0, zorder=5)


def _legend(fig: Figure, boxes: pd.DataFrame, links: pd.DataFrame, words: Words, rows: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Patch(
            facecolor="white",
            edgecolor=style.ACCENT,
            linestyle=dashes,
            linewidth=line,
            label=words.label("core", kind),
        )
        for kind, (dashes, line) in EDGES.items()
        if (boxes["core"] == kind).any()
    ]
    handles.append(Line2D([], [], color=style.MUTED, linewidth=0.9, label=words("order_of_steps")))
    if len(links):
        arrow = Line2D([0, 1], [0, 0], color=style.ACCENT, linewidth=1.2, label=words("feeds"))
        arrow.set(marker=">", markersize=5, markevery=[1])
        handles.append(arrow)
    fig.legend(
        handles=handles,
        loc="outside upper left",
        ncols=-(-len(handles) // rows),
        borderpad=0.1,
        borderaxespad=0.1,
    )


def planned_done(data: pd.DataFrame, words: Words) -> Figure:
    """Hours of each practice: planned (hollow) and done (full), joined by a line; practices stand below their phase."""
    fig, ax = style.subplots(height=1.1 + 0.24 * (len(data) + data["phase"].nunique()))
    ticks: list[tuple[float, str, bool]] = []
    y = -1.0
    rows = np.zeros(len(data))
    for k, record in enumerate(data.to_dict("records")):
        if k == 0 or record["phase"] != data["phase"].iloc[k - 1]:
            y += 1.0
            ticks.append((y, words.label("phase", record["phase"]), True))
        y += 1.0
        rows[k] = y
        ticks.append((y, _cell(record["practice"], words.language), False))
    planned, done = (data[name].astype(float).to_numpy() for name in ("planned", "done"))
    ax.hlines(
        rows, np.fmin(planned, done), np.fmax(planned, done), color=style.MUTED, linewidth=1.4, zorder=1
    )
    kw: dict[str, Any] = {
        "linestyle": "none",
        "markeredgecolor": style.ACCENT,
        "clip_on": False,
    }
    ax.plot(planned, rows, marker="o", markersize=9, markerfacecolor="white", label=words("planned"), **kw)
    ax.plot(done, rows, marker="o", markersize=5.5, markerfacecolor=style.ACCENT, label=words("done"), **kw)
    for row, first, second in zip(rows, planned, done):
        if np.isfinite(first) or np.isfinite(second):
            texts = [words.number(v, "hours") if np.isfinite(v) else "–" for v in (first, second)]
            ax.annotate(
                words("from_to", planned=texts[0], done=texts[1]), (np.fmax(first, second), row), (9, 0),
                textcoords="offset points", va="center", fontsize=8, color=style.MUTED,
            )  # fmt: skip
    ax.set_yticks([at for at, _, _ in ticks], [text for _, text, _ in ticks])
    for label, (_, _, heading) in zip(ax.get_yticklabels(), ticks):
        label.set_fontweight("semibold" if heading else "normal")
    ax.set_ylim(y + 0.7, -0.7)
    most = np.nanmax([*planned, *done, 1.0])
    ax.set_xlim(0, most * 1.22)
    ax.set_xlabel(words("hours"))
    words.axis(ax.xaxis, "hours")
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    fig.legend(loc="outside upper left", ncols=2, handletextpad=0.3)
    return fig


def documented(data: pd.DataFrame, words: Words) -> Figure:
    """One bar a heading: practices of which it is documented, out of all; the rest of the bar is hollow."""
    fig, ax = style.subplots(height=0.75 + 0.27 * len(data))
    rows = np.arange(len(data))
    cases, total = (data[name].astype(float).fillna(0).to_numpy() for name in ("documented", "practices"))
    bar: dict[str, Any] = {"height": 0.62, "edgecolor": style.ACCENT, "linewidth": 0.8}
    parts = (
        ax.barh(rows, cases, color=style.ACCENT, **bar),
        ax.barh(rows, total - cases, left=cases, color="white", **bar),
    )
    for row in rows:
        text = words("of_all", cases=words.number(cases[row], "count"), all=words.number(total[row], "count"))
        ax.annotate(text, (total[row], row), (5, 0), textcoords="offset points", va="center")
    ax.set_yticks(rows, [words.label("heading", heading) for heading in data["heading"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(total.max(), 1) * 1.13)
    ax.set_xlabel(words("practices"))
    words.axis(ax.xaxis, "count")
    fig.legend(parts, [words("documented"), words("not_documented")], loc="outside upper left", ncols=2)
    return fig
