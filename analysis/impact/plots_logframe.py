"""Figures of the logical framework: how far indicators have come, their values by semester, and the evaluation criteria that they cover. They draw tables and estimate nothing.

Lights have a shape each besides their colour, so that they can be told apart without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES
from analysis.impact.progress import LIGHTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

MARKS: dict[str, tuple[str, str, float]] = {
    "green": ("o", "#00795a", 7.5),
    "amber": ("^", "#a87800", 8.0),
    "red": ("s", "#c0392b", 7.0),
    "grey": ("D", style.MUTED, 6.0),
    "none": ("X", style.MUTED, 6.5),
}
"""Light → marker, colour, size; grey and none are drawn open."""
HATCH = {"green": "", "amber": "///", "red": "xxx", "grey": "..."}
POINTS = 72.0
DIVIDED, VOWELS = "\u00ad", frozenset("aeiouàèéìòù")  # a soft hyphen marks a divided word
NAMES = 158.0  # points for the names of indicators
LEAST, MOST = -0.5, 1.5  # progress beyond these is drawn at the edge, with its figure


def text(cell: Any, language: str) -> str:
    """A cell's text in a language."""
    return str(cell.get(language) or "") if isinstance(cell, Mapping) else str(cell or "")


@cache
def width_of(words: str, size: float, weight: str = "normal") -> float:
    """Width of a text in the house's type, points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family=style.FONT, size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(words, font, False)[0])


def lines(words: str, size: float, room: float, weight: str = "normal") -> list[str]:
    """A text broken into lines no wider than `room` points; a wider word is divided."""
    found: list[str] = []
    for word in (part for whole in words.split() for part in _divided(whole, size, room, weight)):
        joined = f"{found[-1]} {word}" if found else word
        if found and not found[-1].endswith(DIVIDED) and width_of(joined.replace(DIVIDED, "-"), size, weight) <= room:  # fmt: skip
            found[-1] = joined
        else:
            found.append(word)
    return [line.replace(DIVIDED, "-") for line in found]


def _divided(word: str, size: float, room: float, weight: str) -> list[str]:
    """The parts of a word that is wider than `room`, all but the last with the mark of a division, where there is such a place before a
    consonant and vowel that follow a vowel, or between two equal consonants."""
    parts = []
    while len(word) > 5 and width_of(word, size, weight) > room:
        fits = [k for k in range(3, len(word) - 2) if width_of(word[:k] + "-", size, weight) <= room]
        if not fits:
            break
        sounds = [letter in VOWELS for letter in word.lower()]
        open_ = [
            k
            for k in fits
            if sounds[k - 1 : k + 2] == [True, False, True] or (not sounds[k] and word[k] == word[k - 1])
        ]
        cut = (open_ or fits)[-1]
        parts.append(word[:cut] + DIVIDED)
        word = word[cut:]
    return [*parts, word]


def most_lines(cells: pd.Series, size: float, room: float, weight: str = "normal") -> np.ndarray:
    """Lines that each cell takes in the language that needs more, shape (N,)."""
    counted = [[max(len(lines(text(cell, lang), size, room, weight)), 1) for cell in cells] for lang in LANGUAGES]  # fmt: skip
    return np.array(counted).max(axis=0)


def mark(light: str) -> dict[str, Any]:
    """How a light is drawn, for `Axes.plot`."""
    marker, colour, size = MARKS[light]
    face = "white" if light in ("grey", "none") else colour
    return {
        "marker": marker,
        "markersize": size,
        "markerfacecolor": face,
        "markeredgecolor": colour,
        "markeredgewidth": 1.3,
        "linestyle": "none",
    }


def progress(data: pd.DataFrame, words: Words) -> Figure:
    """A line an indicator, from its baseline (0 %) to its target (100 %): where it is, with its light, and a tick where it should be.

    Columns: level, indicator, progress, expected, light, reason (`Progress.chart`). Without progress: an open mark at the left and why; progress beyond the
    edges is drawn at them with an arrow.
    """
    data = data.reset_index(drop=True)
    tall = most_lines(data["indicator"], 8.5, NAMES)
    heads = np.flatnonzero((data["level"] != data["level"].shift()).to_numpy())
    step = np.maximum(tall * 0.62 + 0.5, 1.0)
    step[heads] += 1.0
    rows = np.cumsum(step) - (np.maximum(tall * 0.62 + 0.5, 1.0)) / 2
    fig, ax = style.subplots(height=0.95 + 0.215 * float(step.sum()))
    come = data["progress"].to_numpy(dtype=float)
    known = np.isfinite(come)
    at = np.clip(come, LEAST, MOST)
    ax.axvline(0, color=style.MUTED, linewidth=0.9, zorder=1)
    ax.axvline(1, color=style.INK, linewidth=1.1, zorder=1)
    ax.hlines(rows[known], np.zeros(known.sum()), at[known], color=style.MUTED, linewidth=1.4, zorder=2)
    due = data["expected"].to_numpy(dtype=float)
    ticked = known & np.isfinite(due)
    ax.plot(due[ticked], rows[ticked], marker="|", markersize=13, markeredgewidth=1.8, color=style.INK, linestyle="none", zorder=3)  # fmt: skip
    for light in LIGHTS:
        own = known & (data["light"] == light).to_numpy()
        if own.any():  # an empty line that is not clipped would stand at the figure's corner
            ax.plot(at[own], rows[own], zorder=4, clip_on=False, **mark(light))
    _figures(ax, data, words, rows, at)
    for k in np.flatnonzero(~known):
        if not pd.isna(data["reason"][k]):
            ax.plot([LEAST], rows[k : k + 1], zorder=4, **mark("grey"))
        _beside(ax, LEAST, rows[k], 8, _why(data["reason"][k], words), style.MUTED)
    _names(ax, data, words, rows, heads, step)
    ax.set_xlim(LEAST - 0.06, MOST + 0.16)
    ax.set_ylim(float(step.sum()) + 0.3, 0)
    ax.set_xticks(np.arange(LEAST, MOST + 0.01, 0.5))
    words.axis(ax.xaxis, "share")
    ax.set_xlabel(words("distance_axis"))
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    _legend(fig, data, words, bool(ticked.any()))
    return fig


def _why(reason: Any, words: Words) -> str:
    return words("not_shown") if pd.isna(reason) else words.label("light_reason", reason)


def _beside(ax: Axes, x: float, y: float, gap: float, told: str, colour: str) -> None:
    ax.annotate(
        told,
        (x, y),
        (gap, 0),
        textcoords="offset points",
        va="center",
        ha="left",
        fontsize=8,
        color=colour,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8},
        zorder=3.5,
    )


def _figures(ax: Axes, data: pd.DataFrame, words: Words, rows: np.ndarray, at: np.ndarray) -> None:
    """The percentage beside each mark, or beside the baseline where progress is negative, with an arrow where the mark stands at an edge; and why a mark has no light."""
    come = data["progress"].to_numpy(dtype=float)
    due = data["expected"].to_numpy(dtype=float)
    for k in np.flatnonzero(np.isfinite(come)):
        told = words.number(come[k], "share", 0)
        told = f"{told} →" if come[k] > MOST else f"← {told}" if come[k] < LEAST else told
        if data["light"][k] == "grey":
            told += f" ({_why(data['reason'][k], words)})"
        near = np.isfinite(due[k]) and 0 <= due[k] - at[k] < 0.22
        _beside(ax, 0.0 if come[k] < 0 else due[k] if near else at[k], rows[k], 7, told, style.INK)


def _names(ax: Axes, data: pd.DataFrame, words: Words, rows: np.ndarray, heads: np.ndarray, step: np.ndarray) -> None:  # fmt: skip
    """Names of the indicators at the left, below the level of their result."""
    tops = np.cumsum(step) - step
    named = ["\n".join(lines(text(cell, words.language), 8.5, NAMES)) for cell in data["indicator"]]
    levels = [words.label("result_level", data["level"][k]) for k in heads]
    ticks = [*zip(rows, named, [False] * len(rows)), *zip(tops[heads] + 0.6, levels, [True] * len(heads))]
    ax.set_yticks([at for at, _, _ in ticks], [name for _, name, _ in ticks])
    for label, (_, _, head) in zip(ax.get_yticklabels(), ticks):
        label.set_fontweight("semibold" if head else "normal")
        label.set_color(style.ACCENT if head else style.INK)
        label.set_linespacing(1.0)


def _legend(fig: Figure, data: pd.DataFrame, words: Words, ticked: bool) -> None:
    from matplotlib.lines import Line2D

    met = [light for light in LIGHTS if (data["light"] == light).any()]
    handles = [Line2D([], [], label=words.label("light", light), **mark(light)) for light in met]
    if ticked:
        handles.append(Line2D([], [], marker="|", markersize=12, markeredgewidth=1.8, color=style.INK, linestyle="none",
                              label=words("expected_tick")))  # fmt: skip
    fig.legend(
        handles=handles,
        loc="outside upper left",
        ncols=len(handles),
        handletextpad=0.3,
        columnspacing=1.4,
        borderaxespad=0.1,
    )


def series(data: pd.DataFrame, words: Words) -> Figure:
    """A panel an indicator: its values by semester with baseline (dashed) and target (solid); a line joins consecutive semesters only, a cross marks a missing one.

    Columns: indicator, semester, value, baseline, target, status (`Schedule.series`), one row a semester in the order of the indicators.
    """
    data = data.reset_index(drop=True).assign(semester=data["semester"].astype(float).to_numpy())
    panel = np.cumsum((data["semester"].diff().fillna(-1) <= 0).to_numpy()) - 1
    count = int(panel.max()) + 1
    down = -(-count // 2)
    fig, axes = style.subplots(down, 2, sharex=True, squeeze=False)
    wide = fig.get_size_inches()[0]
    room = wide * POINTS / 2 - 46
    first = data.groupby(panel).first()
    tall = most_lines(first["indicator"], 8.5, room, "semibold")
    deep = np.array([tall[2 * k : 2 * k + 2].max() for k in range(down)])
    heights = 1.15 + 0.15 * deep
    fig.set_size_inches(wide, 0.85 + float(heights.sum()))
    axes[0, 0].get_gridspec().set_height_ratios(heights.tolist())
    for k, ax in enumerate(axes.ravel()):
        if k >= count:
            ax.set_axis_off()
            continue
        own = data[panel == k].reset_index(drop=True)
        _panel(ax, own, words)
        title = lines(text(first["indicator"].iloc[k], words.language), 8.5, room, "semibold")
        ax.set_title("\n".join([""] * (int(deep[k // 2]) - len(title)) + title), fontsize=8.5, linespacing=1.05)  # fmt: skip
    last = [axes[-1, 0], axes[-1, 1] if count % 2 == 0 else axes[-2, 1] if down > 1 else None]
    for ax in filter(None, last):
        ax.tick_params(axis="x", labelbottom=True)
        ax.set_xlabel(words("semester"))
    _keys(fig, data, words)
    return fig


def _panel(ax: Axes, own: pd.DataFrame, words: Words) -> None:
    x, y = own["semester"].to_numpy(), own["value"].to_numpy(dtype=float)
    bounds = [float(own[name].iloc[0]) for name in ("baseline", "target")]
    for value, dashes, colour in zip(bounds, ((0, (4, 2)), "solid"), (style.MUTED, style.INK)):
        if np.isfinite(value):
            ax.axhline(value, color=colour, linestyle=dashes, linewidth=1.1, zorder=1)
    ax.plot(x, y, color=style.ACCENT, marker="o", markersize=4.5, zorder=3)
    gone = (own["status"] == "missing").to_numpy()
    if gone.any():
        ax.plot(x[gone], np.full(gone.sum(), 0.06), transform=ax.get_xaxis_transform(), marker="x", markersize=5.5, markeredgewidth=1.5,
                color=MARKS["red"][1], linestyle="none", zorder=4)  # fmt: skip
    held = np.array([value for value in [*y, *bounds] if np.isfinite(value)] or [0.0, 1.0])
    low, high = float(held.min()), float(held.max())
    spread = (high - low) or abs(high) or 1.0
    ax.set_ylim(low - (0.18 if gone.any() else 0.10) * spread, high + 0.12 * spread)
    ax.set_xlim(float(x.min()) - 0.35, float(x.max()) + 0.35)
    ax.set_xticks(x)
    words.axis(ax.xaxis, "count")
    ax.locator_params(axis="y", nbins=5, steps=[1, 2, 5, 10])
    ticks = ax.yaxis.get_major_locator().tick_values(*ax.get_ylim())
    digits = next((d for d in range(4) if np.allclose(ticks, np.round(ticks, d), atol=1e-9)), 4)
    words.axis(ax.yaxis, "number", digits)
    ax.grid(axis="y")


def _keys(fig: Figure, data: pd.DataFrame, words: Words) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=style.ACCENT, marker="o", markersize=4.5, label=words("value")),
        Line2D([], [], color=style.INK, linewidth=1.1, label=words("target")),
        Line2D([], [], color=style.MUTED, linestyle=(0, (4, 2)), linewidth=1.1, label=words("baseline")),
    ]
    if (data["status"] == "missing").any():
        handles.append(Line2D([], [], color=MARKS["red"][1], marker="x", markersize=5.5, markeredgewidth=1.5, linestyle="none",
                              label=words.label("measurement", "missing")))  # fmt: skip
    fig.legend(handles=handles, loc="outside upper left", ncols=len(handles), borderaxespad=0.1)


def criteria(data: pd.DataFrame, words: Words) -> Figure:
    """A bar an OECD-DAC criterion: its indicators by light; a criterion without any says so.

    Columns: dac, indicators, green, amber, red, grey (`Progress.criteria`).
    """
    from matplotlib.patches import Patch

    data = data.reset_index(drop=True)
    rows = np.arange(len(data))
    fig, ax = style.subplots(height=0.95 + 0.27 * len(data))
    start = np.zeros(len(data))
    handles = []
    for light in LIGHTS:
        counts = np.nan_to_num(data[light].to_numpy(dtype=float))
        some, colour = counts > 0, MARKS[light][1]
        look: dict[str, Any] = {
            "facecolor": "white" if light == "grey" else colour,
            "edgecolor": colour if light == "grey" else "white",
            "hatch": HATCH[light],
            "linewidth": 0.8,
        }
        ax.barh(rows[some], counts[some], left=start[some], height=0.62, **look)
        handles.append(Patch(label=words.label("light", light), **look))
        start = start + counts
    for row, total in zip(rows, data["indicators"].to_numpy(dtype=float)):
        told = words.number(total, "count") if total > 0 else words("no_indicator")
        _beside(ax, start[row], float(row), 5, told, style.INK if total > 0 else style.MUTED)
    ax.set_yticks(rows, [words.label("dac", code) for code in data["dac"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(float(start.max()), 1.0) * 1.12)
    ax.set_xlabel(words("indicators"))
    words.axis(ax.xaxis, "count")
    ax.xaxis.get_major_locator().set_params(integer=True)
    fig.legend(
        handles=handles, loc="outside upper left", ncols=len(LIGHTS), borderaxespad=0.1, columnspacing=1.4
    )
    return fig
