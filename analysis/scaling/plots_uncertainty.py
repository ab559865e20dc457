"""Figures of uncertainty: where it comes from, whether the draws suffice, what knowing more would be worth. They draw what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.scaling import information, montecarlo, sensitivity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

ROW = 0.3  # inches a line
ASIDE = 0.17  # half the distance between the two dots of a line
ORDERS = ("first_order", "total_order")
DASHES: dict[str, Any] = {"color": style.INK, "linewidth": 0.9, "linestyle": (0, (4, 3))}


def indices(data: pd.DataFrame, words: Words) -> Figure:
    """First-order and total indices as two dots a line, each with its 95 % interval; one panel an `output` where there are several.

    `data`: `sensitivity.Indices.table()` or `sensitivity.together(…)`. Lines are in the order of the largest total index in any panel; one that does not
    enter an output has no dot there; fixed lines are left out.
    """
    frame = data[data["how"] == "varied"]
    outputs = list(dict.fromkeys(frame["output"])) if "output" in frame else [""]
    lines = list(frame.groupby("line")["total_order"].max().sort_values(kind="stable").index)
    least = np.nanmin([-0.04, *(frame[f"{order}_low"].min() - 0.02 for order in ORDERS)])
    height = 1.0 + 1.3 * ROW * len(lines)
    fig, axes = style.subplots(cols=len(outputs), height=height, sharey=True, sharex=True, squeeze=False)
    for ax, output in zip(axes[0], outputs):
        panel = frame[frame["output"] == output] if output else frame
        rows = np.array([lines.index(line) for line in panel["line"]], dtype=float)
        for order, aside, colour, marker in zip(ORDERS, (ASIDE, -ASIDE), style.palette(2), style.MARKERS):
            at = rows + aside
            ax.hlines(at, panel[f"{order}_low"], panel[f"{order}_high"], color=colour, linewidth=1.8)
            ax.plot(
                panel[order], at, linestyle="none", marker=marker, color=colour, markeredgecolor="white", markeredgewidth=0.5, label=words(order)
            )  # fmt: skip
        ax.hlines(np.arange(len(lines)), 0, 1, color=style.GRID, linewidth=0.6, zorder=0)
        if output:
            ax.set_title(words.label("output", output), fontsize=9)
        ax.set_xlim(least, 1.04)
        ax.set_xticks([0, 0.5, 1])
        words.axis(ax.xaxis, "index", 1)
        _bare(ax)
    axes[0, 0].set_yticks(np.arange(len(lines)), [words.label("line", line) for line in lines])
    axes[0, 0].set_ylim(-0.6, len(lines) - 0.4)
    axes[0, len(outputs) // 2].set_xlabel(words("index_axis"))
    handles, names = axes[0, 0].get_legend_handles_labels()
    fig.legend(handles, names, loc="outside upper right", ncols=2)
    return fig


def _bare(ax: Any) -> None:
    """Rows named at the left need no ticks and no line there."""
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)


def tornado(data: pd.DataFrame, words: Words) -> Figure:
    """An output as each line goes from its 5th to its 95th percentile, the widest on top; the vertical line is the output with all lines at their median.

    `data`: `sensitivity.Tornado.table()`. The bar of the line's low value is hatched.
    """
    frame = data.iloc[::-1].reset_index(drop=True)
    output, base = str(frame["output"].iloc[0]), float(frame["at_medians"].iloc[0])
    fig, ax = style.subplots(height=1.2 + ROW * len(frame))
    dark, light = style.palette(2)
    for name, colour, hatch in (("result_low", light, style.HATCHES[1]), ("result_high", dark, "")):
        ax.barh(
            frame.index, frame[name] - base, left=base, height=0.62, color=colour, hatch=hatch, edgecolor="white", label=words(name)
        )  # fmt: skip
    ax.axvline(base, color=style.INK, linewidth=0.9)
    ax.set_yticks(frame.index, [words.label("line", line) for line in frame["line"]])
    ax.set_ylim(-0.6, len(frame) - 0.4)
    ax.set_xlabel(words.label("output", output))
    words.axis(ax.xaxis, sensitivity.OUTPUTS[output])
    ax.locator_params(axis="x", nbins=5)
    ax.margins(x=0.06)
    _bare(ax)
    fig.legend(loc="outside upper right", ncols=2)
    return fig


def convergence(data: pd.DataFrame, words: Words) -> Figure:
    """P(target reached) at each doubling of the draws, with its 95 % interval; the band is the change that is allowed around the last.

    `data`: `montecarlo.Convergence.table()`. Horizontal scale logarithmic.
    """
    fig, ax = style.subplots(height=2.9)
    last = float(data["probability"].iloc[-1])
    ends = (last - montecarlo.SETTLED, last + montecarlo.SETTLED)
    ax.axhspan(*ends, facecolor=style.GRID, edgecolor="none", label=words("settled_band"))
    ax.vlines(data["draws"], data["low"], data["high"], color=style.ACCENT, linewidth=1.8)
    ax.plot(
        data["draws"], data["probability"], color=style.ACCENT, linewidth=0.9, marker="o", markeredgecolor="white", label=words("probability_interval")
    )  # fmt: skip
    ax.set_xscale("log", base=2)
    ax.set_xticks(data["draws"].to_numpy())
    ax.minorticks_off()
    ax.set_xlabel(words("draws"))
    ax.set_ylabel(words("probability_axis"))
    words.axis(ax.xaxis, "count")
    words.axis(ax.yaxis, "share", 1)
    fig.legend(loc="outside upper right", ncols=2)
    return fig


def worth(data: pd.DataFrame, words: Words) -> Figure:
    """Value of knowing each line for certain, as bars with 95 % intervals, the most valuable on top; the share of the value of knowing all of them is written beside.

    `data`: `information.Partial.table()`. The bar of all lines together is hatched.
    """
    frame = data.iloc[::-1].reset_index(drop=True)
    every = frame["line"] == information.EVERYTHING
    fig, ax = style.subplots(height=0.9 + ROW * len(frame))
    for rows, colour, hatch in ((~every, style.ACCENT, ""), (every, style.MUTED, style.HATCHES[1])):
        some = frame[rows]
        ax.barh(some.index, some["worth"], height=0.62, color=colour, hatch=hatch, edgecolor="white")
    ax.hlines(frame.index, frame["worth_low"], frame["worth_high"], color=style.INK, linewidth=1.6)
    for row in frame.dropna(subset=["of_perfect"]).itertuples():
        ax.annotate(
            words.number(row.of_perfect, "share", 0), (max(row.worth, row.worth_high), row.Index), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=8.5,
        )  # fmt: skip
    ax.set_yticks(frame.index, [words.label("line", line) for line in frame["line"]])
    ax.set_xlim(0, max(float(frame["worth_high"].max()) * 1.1, 1.0))
    ax.set_ylim(-0.6, len(frame) - 0.4)
    ax.set_xlabel(words("worth_axis"))
    words.axis(ax.xaxis, "euro")
    ax.locator_params(axis="x", nbins=5)
    _bare(ax)
    return fig


def surveys(data: pd.DataFrame, words: Words) -> Figure:
    """Value of a survey, its cost and the difference by the number of people asked; the dashed line is the value of knowing the rate itself.

    `data`: `information.Survey.table()`. Horizontal scale logarithmic; bands are 95 % intervals of the simulation.
    """
    fig, ax = style.subplots(height=3.2)
    for name, colour, marker, dash in zip(
        ("worth", "survey_cost", "net_worth"),
        style.palette(3),
        style.MARKERS,
        ("-", (0, (1, 1.2)), (0, (5, 1.5))),
    ):
        if f"{name}_low" in data:
            low, high = data[f"{name}_low"], data[f"{name}_high"]
            ax.fill_between(
                data["asked"], low, high, facecolor=(colour, 0.22), edgecolor=colour, linewidth=0.6
            )
        ax.plot(
            data["asked"], data[name], color=colour, marker=marker, linestyle=dash, markeredgecolor="white", markeredgewidth=0.5, label=words(name)
        )  # fmt: skip
    ax.axhline(float(data["rate_worth"].iloc[0]), label=words("rate_worth"), **DASHES)
    ax.axhline(0, color=style.MUTED, linewidth=0.7)
    ax.set_xscale("log")
    ax.set_xticks(data["asked"].to_numpy())
    ax.minorticks_off()
    ax.set_title(words.label("line", data["line"].iloc[0]), fontsize=9)
    ax.set_xlabel(words("persons_axis"))
    ax.set_ylabel(words("euro_axis"))
    words.axis(ax.xaxis, "persons")
    words.axis(ax.yaxis, "euro")
    fig.legend(loc="outside upper left", ncols=2)
    return fig
