"""Figures of maturity and of reach: ratings by item and rater, answers by column, those reached beside the eligible. They draw tables and compute nothing but positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

ROW = 0.27  # inches for each row
BESIDE = 0.12  # levels between two marks of one level, which stand beside one another
WIDEST = 0.3  # and at most so far from it
GAP = 0.6  # rows left free between two groups
MISSING = "missing"


def dot_strip(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Level that each rater gives each item, weakest item on top: one mark a rater, marks of one level beside one another, a bar at the median, ratings not given in a column of their own.

    `data`: marks (`Ratings.marks`), scale (`Ratings.scale`).
    """
    marks, scale = data["marks"], data["scale"].iloc[0]
    items, raters = list(dict.fromkeys(marks["item"])), list(dict.fromkeys(marks["rater"]))
    low, high = int(scale["level_low"]), int(scale["level_high"])
    several = len(raters) <= len(style.MARKERS)
    looks = list(zip(style.palette(len(raters)), style.MARKERS)) if several else [(style.ACCENT, "o")] * len(raters)  # fmt: skip
    fig, ax = style.subplots(height=1.15 + ROW * len(items))
    at = {item: i for i, item in enumerate(items)}
    rated, place = marks["level"].notna(), marks["item"].map(at).astype(float)
    first = marks.drop_duplicates("item").set_index("item")
    ax.hlines(list(at.values()), low, high, color=style.GRID, linewidth=0.8, zorder=0)
    told = first["median_rating"].notna()
    middles = np.array([at[item] for item in first.index[told]])
    ax.vlines(first.loc[told, "median_rating"], middles - 0.42, middles + 0.42, color=style.MUTED, linewidth=3.2, zorder=1)  # fmt: skip
    width = min(WIDEST, BESIDE * (len(raters) - 1) / 2)
    for rater, (colour, marker), shift in zip(raters, looks, np.linspace(-width, width, len(raters))):
        rows = marks[(marks["rater"] == rater) & rated]
        name = words("rater_number", number=rater) if several else words("ratings")
        ax.plot(rows["level"] + shift, place[rows.index], linestyle="", marker=marker, color=colour, markersize=6,
                markeredgecolor="white", markeredgewidth=0.6, label=name, zorder=3)  # fmt: skip
        gone = marks[(marks["rater"] == rater) & ~rated]
        ax.plot(np.full(len(gone), low - 0.7 + shift), place[gone.index], linestyle="", marker=marker, markersize=5,
                markerfacecolor="white", color=style.MUTED, zorder=3)  # fmt: skip
    ax.plot([], [], color=style.MUTED, linewidth=3.2, label=words("median_of_raters"))
    any_gone = bool((~rated).any())
    ticks = [*([low - 0.7] if any_gone else []), *range(low, high + 1)]
    names = [*([words("not_rated")] if any_gone else []), *(str(k) for k in range(low, high + 1))]
    ax.set_xticks(ticks, names)
    ax.set_yticks(list(at.values()), [_item(first, item, words) for item in items])
    ax.grid(axis="x")
    ax.set_xlim(low - (1.15 if any_gone else 0.4), high + 0.4)
    ax.set_ylim(len(items) - 0.4, -0.6)
    ax.set_xlabel(
        words("level_axis", ends=_text(scale["ends"], words), origin=words.label("origin", scale["origin"]))
    )
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    handles, labels = ax.get_legend_handles_labels()
    shown = dict(zip(labels, handles))
    fig.legend(shown.values(), shown.keys(), loc="outside upper left", ncols=min(4, len(shown)), columnspacing=1.2)  # fmt: skip
    return fig


def columns(data: pd.DataFrame, words: Words) -> Figure:
    """Answers of all raters counted by column, one bar an area, with its numbers; columns: area, level, ratings (`Ratings.by_column`)."""
    from matplotlib import colormaps, colors

    areas = list(dict.fromkeys(_text(area, words) for area in data["area"]))
    levels = [level for level in dict.fromkeys(data["level"]) if level != MISSING]
    shades = [colors.to_hex(shade) for shade in colormaps[style.SEQUENTIAL](np.linspace(0.42, 1.0, len(levels)))]  # fmt: skip
    gone = data.loc[data["level"] == MISSING, "ratings"].sum() > 0
    looks = [*zip(levels, shades), *([(MISSING, "#ffffff")] if gone else [])]
    named = data.assign(area=[_text(area, words) for area in data["area"]])
    fig, ax = style.subplots(height=1.05 + 0.42 * len(areas))
    start = np.zeros(len(areas))
    for level, shade in looks:
        counts = named[named["level"] == level].set_index("area")["ratings"].reindex(areas).to_numpy(float)
        width = np.nan_to_num(counts)
        edge = style.MUTED if level == MISSING else "white"
        ax.barh(np.arange(len(areas)), width, left=start, height=0.62, color=shade, edgecolor=edge, linewidth=0.8,
                label=words.label("level", level))  # fmt: skip
        for i, count in enumerate(width):
            if count > 0:
                ax.text(start[i] + count / 2, i, words.number(count, "count"), ha="center", va="center", fontsize=8,
                        color=style.letters_on(shade))  # fmt: skip
        start = start + width
    ax.set_yticks(np.arange(len(areas)), areas)
    ax.set_ylim(len(areas) - 0.5, -0.5)
    ax.set_xlim(0, max(float(start.max()), 1.0) * 1.02)
    ax.set_xlabel(words("ratings_axis"))
    words.axis(ax.xaxis, "count")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    fig.legend(
        *ax.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=len(looks),
        title=words("level_title"),
        alignment="left",
    )
    return fig


def representation(data: pd.DataFrame, words: Words) -> Figure:
    """Those reached beside the eligible by sex and age (left), and the difference with its interval where there is one (right).

    Columns: dimension, category, share_reached, share_eligible, difference, low, high (`Representation.table`).
    """
    data = data.reset_index(drop=True)
    at = np.arange(len(data)) + GAP * pd.factorize(data["dimension"])[0]
    fig, (left, right) = style.subplots(
        cols=2,
        height=1.35 + 0.34 * (float(at.max()) + 1),
        sharey=True,
        gridspec_kw={"width_ratios": [1.25, 1]},
    )
    both = data[["share_reached", "share_eligible"]].notna().all(axis=1)
    left.hlines(at[both], data.loc[both, "share_reached"], data.loc[both, "share_eligible"], color=style.MUTED, linewidth=1.4)  # fmt: skip
    kinds = {"share_eligible": ("D", "white", style.PALETTE[1]), "share_reached": ("o", style.ACCENT, style.ACCENT)}  # fmt: skip
    for name, (marker, face, edge) in kinds.items():
        left.plot(data[name], at, linestyle="", marker=marker, markersize=6.5, markerfacecolor=face, markeredgecolor=edge,
                  markeredgewidth=1.4, label=words(name), zorder=3)  # fmt: skip
    if "low" in data:
        right.hlines(at, data["low"], data["high"], color=style.ACCENT, linewidth=1.8)
    right.axvline(0, color=style.INK, linewidth=0.9)
    right.plot(data["difference"], at, linestyle="", marker="o", markersize=6.5, color=style.ACCENT, zorder=3)
    for place, shown in zip(at, both):
        if not shown:
            left.annotate(words("not_shown"), (0, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color=style.MUTED)  # fmt: skip
    left.set_yticks(at, [words.label("category", category) for category in data["category"]])
    left.set_ylim(float(at.max()) + 0.6, -0.6)
    top = np.nanmax([*data["share_reached"], *data["share_eligible"], 0.01])
    left.set_xlim(0, min(1.04, float(top) * 1.12))
    right.margins(x=0.12)
    left.set_xlabel(words("share_axis"))
    right.set_xlabel(words("difference_axis"))
    words.axis(left.xaxis, "share")
    words.axis(right.xaxis, "share_points", 1)
    for ax in (left, right):
        ax.tick_params(axis="y", length=0)
        ax.grid(axis="x")
    fig.legend(*left.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return fig


def _item(first: pd.DataFrame, item: str, words: Words) -> str:
    """Code and short name; a code without a digit is a word itself and stands aside for the name."""
    name = first.loc[item, "item_name"] if "item_name" in first else None
    if not isinstance(name, Mapping):
        return item
    return f"{item}  {_text(name, words)}" if any(c.isdigit() for c in item) else _text(name, words)


def _text(cell: Any, words: Words) -> str:
    return str(cell[words.language]) if isinstance(cell, Mapping) else str(cell)
