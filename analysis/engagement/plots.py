"""Pictures of engagement: needs against assets, value by target group, companies to approach, pipeline, worth of assets. They draw; they compute nothing.

Each takes a protected table of this room and the words of one language; a suppressed cell is missing and leaves its place empty.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.engagement.compatibility import TOTAL
from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

PALE = "#e4eef3"
PLANS = ("best", "fair", "realised")
MOST = 20  # rows of a ranking that can be read


def _wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def heat(data: pd.DataFrame, words: Words, rows: str = "group") -> Figure:
    """One tile a row (target group, or with `rows` "category" category of need) and category of asset: needs that such assets could serve over needs; the colour is their share."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    lines, columns = (list(dict.fromkeys(data[name])) for name in ("row", "asset_category"))
    share, covered, needs = (
        data.pivot(index="row", columns="asset_category", values=name)
        .reindex(index=lines, columns=columns)
        .astype(float)
        .to_numpy()
        for name in ("coverage", "covered", "needs")
    )
    shades = LinearSegmentedColormap.from_list("share", (PALE, style.ACCENT))
    fig, ax = style.subplots(height=1.35 + 0.42 * len(lines))
    image = ax.imshow(np.ma.masked_invalid(share), cmap=shades, vmin=0, vmax=1, aspect="auto")
    at = np.argwhere(np.isfinite(share))
    for r, c in at:
        of = words.number(needs[r, c], "count")
        told = f"{words.number(covered[r, c], 'count')}/{of}" if covered[r, c] else "0"
        shade = style.letters_on(to_hex(shades(share[r, c])))
        ax.text(c, r, told, ha="center", va="center", fontsize=8, color=shade)
    ax.set_xticks(
        range(len(columns)),
        [_wrap(words.label("category", name), 18) for name in columns],
        rotation=40,
        ha="right",
        rotation_mode="anchor",
        linespacing=0.95,
    )
    ax.set_yticks(range(len(lines)), [_wrap(words.label(rows, name), 24) for name in lines], linespacing=0.95)
    ax.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(len(lines) + 1) - 0.5, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="both", length=0)
    ax.tick_params(axis="x", labelsize=8)
    ax.set_xlabel(words("asset_category"))
    ax.spines[:].set_visible(False)
    bar = fig.colorbar(image, ax=ax, fraction=0.04, pad=0.02, label=words("coverage"))
    bar.outline.set_visible(False)
    words.axis(bar.ax.yaxis, "share")
    return fig


def groups(data: pd.DataFrame, words: Words, column: str = "served") -> Figure:
    """One line a target group: mean share served (or another column of `by_group`) in the best plan, the fair one and as realised."""
    names = [name for name in dict.fromkeys(data["group"]) if name != TOTAL]
    names += [TOTAL] if (data["group"] == TOTAL).any() else []
    plans = [plan for plan in PLANS if (data["plan"] == plan).any()]
    wide = data.pivot(index="group", columns="plan", values=column).reindex(index=names, columns=plans)
    values = wide.astype(float)
    fig, ax = style.subplots(height=0.95 + 0.5 * len(names))
    at = np.arange(len(names))
    ax.hlines(at, values.min(axis=1), values.max(axis=1), color=style.GRID, linewidth=3, zorder=1)
    offset = np.linspace(-0.2, 0.2, len(plans)) if len(plans) > 1 else np.zeros(1)
    for k, (plan, colour) in enumerate(zip(plans, style.palette(len(PLANS)))):
        ax.scatter(values[plan], at + offset[k], s=46, color=colour, marker=style.MARKERS[k], edgecolor="white",
                   linewidth=0.6, zorder=3, label=words.label("plan", plan))  # fmt: skip
    ax.set_yticks(at, [_wrap(words.label("group", name), 30) for name in names], linespacing=0.95)
    if names[-1] == TOTAL:
        ax.axhline(len(names) - 1.5, color=style.MUTED, linewidth=0.7)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(-0.02, 1.02)
    ax.grid(axis="x")
    ax.tick_params(axis="y", length=0)
    ax.set_xlabel(words(column))
    words.axis(ax.xaxis, "share" if column == "served" else "index", 0 if column == "served" else 1)
    fig.legend(loc="outside upper left", ncols=len(plans), handletextpad=0.2)
    return fig


def ranking(data: pd.DataFrame, words: Words) -> Figure:
    """Needs met per hundred contacts of each company that adds something, with its interval; on the right the share of draws in which it is among the first."""
    data = data[data["per_hundred"].astype(float) > 0].head(MOST)
    fig, axes = style.subplots(
        1, 2, height=1.0 + 0.26 * max(len(data), 2), sharey=True, width_ratios=(2.2, 1)
    )
    at = np.arange(len(data))
    middle, low, high, first = (
        data[name].astype(float).to_numpy()
        for name in ("per_hundred", "per_hundred_low", "per_hundred_high", "first")
    )
    axes[0].hlines(at, low, high, color=style.ACCENT, linewidth=1.6)
    axes[0].scatter(middle, at, s=34, color=style.ACCENT, marker=style.MARKERS[0], zorder=3)
    axes[0].set_xlim(0, max(np.nanmax(high, initial=0.0), 1e-9) * 1.06)
    axes[0].set_xlabel(words("per_hundred"))
    words.axis(axes[0].xaxis, "number", 1)
    axes[0].locator_params(axis="x", nbins=5)
    axes[1].barh(at, np.nan_to_num(first), height=0.6, color=PALE, edgecolor=style.ACCENT)
    for y, value in zip(at, first):
        axes[1].annotate(
            words.number(value, "share", 0), (np.nan_to_num(value), y), (3, 0), textcoords="offset points", va="center", fontsize=8
        )  # fmt: skip
    axes[1].set_xlim(0, 1.28)
    axes[1].set_xticks([0, 0.5, 1])
    axes[1].set_xlabel(words("first"))
    words.axis(axes[1].xaxis, "share", 0)
    axes[0].set_yticks(at, [_wrap(str(name), 34) for name in data["company"]])
    axes[0].set_ylim(len(data) - 0.4, -0.6)
    for ax in axes:
        ax.tick_params(axis="y", length=0)
    axes[0].grid(axis="x")
    return fig


def pipeline(data: pd.DataFrame, words: Words) -> Figure:
    """Companies that reached each stage; beside each bar the share of the stage before."""
    fig, ax = style.subplots(height=0.7 + 0.4 * len(data))
    at, count = np.arange(len(data)), data["companies"].astype(float).to_numpy()
    ax.barh(at, np.nan_to_num(count), height=0.62, color=style.ACCENT)
    told = [_stage(row, words) for _, row in data.iterrows()]
    _beside(ax, np.nan_to_num(count), told)
    ax.set_yticks(at, [_wrap(words.label("pipeline_stage", name), 26) for name in data["stage"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(np.nanmax(count, initial=0.0), 1) * 1.5)
    ax.set_xlabel(words("companies"))
    words.axis(ax.xaxis, "organisations")
    return fig


def _stage(row: Any, words: Words) -> str:
    text = words.number(row["companies"], "organisations")
    if pd.isna(row["conversion"]):
        return text
    return text + " · " + words("of_stage_before", share=words.number(row["conversion"], "share", 0))


def marginal(data: pd.DataFrame, words: Words) -> Figure:
    """What one more unit of each asset would add to the value of the plan, assets that would add nothing left out; letters beside name category and unit."""
    data = data[data["marginal"].astype(float) > 0].sort_values("marginal", ascending=False, kind="stable")
    data = data.head(MOST)
    fig, ax = style.subplots(height=0.9 + 0.27 * max(len(data), 2))
    at, value = np.arange(len(data)), data["marginal"].astype(float).to_numpy()
    ax.hlines(at, 0, value, color=style.ACCENT, linewidth=1.6)
    ax.scatter(value, at, s=34, color=style.ACCENT, marker=style.MARKERS[3], zorder=3)
    _beside(ax, value, [words.label("measure", unit) for unit in data["unit"]])
    names = [
        f"{asset} · {words.label('category', category)}"
        for asset, category in zip(data["asset"], data["category"])
    ]
    ax.set_yticks(at, [_wrap(name, 44) for name in names])
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.set_xlim(0, max(np.nanmax(value, initial=0.0), 1e-9) * 1.22)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_xlabel(words("marginal"))
    words.axis(ax.xaxis, "number", 3)
    return fig


def _beside(ax: Axes, x: np.ndarray, texts: list[str]) -> None:
    for y, (value, text) in enumerate(zip(x, texts)):
        ax.annotate(text, (value, y), (6, 0), textcoords="offset points", va="center", fontsize=8.3)
