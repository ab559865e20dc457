"""Figures of where to go first: years of start on the map, reach against cost, who is left out, the roll-out by year and by province. They draw what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.scaling import maps, plots

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

NEVER = "0"
PALE = "#8d969e"  # places never served: three to one against white
SMALL, MARK = 1.2, 24.0  # areas of a mark in square points: never served, served
DASHES: tuple[Any, ...] = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)), (0, (1, 1)), (0, (4, 1, 1, 1, 1, 1)))  # fmt: skip
NAMED = 6  # places that start, the largest, among which those are named whose names are clear of one another
TILE = 0.155  # inches a province


def _shades(count: int) -> list[Any]:
    """Colours for `count` years in order, dark first, that part in grey as well."""
    from matplotlib import colormaps

    return list(colormaps[style.SEQUENTIAL](np.linspace(1.0, plots.LIGHTEST, count)))


def start_map(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Municipalities by year of start: shape and shade tell the year, a small grey dot a place that never starts.

    `data`: places (`Rollout.points()`); scope (one row, `place`: the name of the area); outlines if there are any (`maps.within`).
    The largest places that start are named.
    """
    places, rings = data["places"], data.get("outlines")
    fig, ax, key = maps.sheet(places, rings, key=1.0, heights=(3.0, 6.6))
    years = sorted({code for code in places["start"] if code != NEVER}, key=int)
    never = places[places["start"] == NEVER]
    ax.scatter(never["lon"], never["lat"], s=SMALL, color=PALE, linewidths=0)
    handles: list[Any] = []
    for year, shade, marker in reversed(list(zip(years, _shades(len(years)), style.MARKERS))):
        chosen = places[places["start"] == year]
        drawn = ax.scatter(
            chosen["lon"], chosen["lat"], s=MARK, color=[shade], marker=marker, linewidths=0.3, edgecolors="white",
            label=words("start_year", year=year, count=words.number(len(chosen), "count")),
        )  # fmt: skip
        handles.insert(0, drawn)
    started = places[places["start"] != NEVER].sort_values("eligible", ascending=False).head(NAMED)
    named = maps.apart(started).assign(radius=2.5) if len(started) else started
    maps.finish(ax, places, rings, named, str(data["scope"]["place"].iloc[0]), words, margin=0.04)
    _start_key(key, handles, len(never), words)
    return fig


def _start_key(key: Any, handles: list[Any], never: int, words: Words) -> None:
    key.set_axis_off()
    if never:
        label = words("start_never", count=words.number(never, "count"))
        handles = [*handles, key.scatter([], [], s=SMALL * 6, color=PALE, linewidths=0, label=label)]
    key.legend(
        handles=handles, title=words("start_title"), loc="upper left", bbox_to_anchor=(-0.35, 1.0), labelspacing=0.9,
        handletextpad=0.4, alignment="left",
    )  # fmt: skip


def reach_against_cost(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """People retained against yearly cost along each order: medians as lines, with the 5th–95th percentile of people where each ends (once where several end alike); a budget, if given, marked.

    `data`: curves (`strategies.curves`); budget if there is one (one row, `budget`).
    """
    frame, budget = data["curves"], data.get("budget")
    keys = list(dict.fromkeys(frame["strategy"]))
    fig, ax = style.subplots(height=3.9)
    for key, colour, marker, dash in zip(keys, style.palette(len(keys)), style.MARKERS, DASHES):
        line = frame[frame["strategy"] == key].sort_values("served")
        ax.plot(
            line["cost"], line["retained"], color=colour, marker=marker, markersize=4, markevery=0.1, linestyle=dash,
            label=words.label("strategy", key), linewidth=1.4,
        )  # fmt: skip
    ends = frame.groupby("strategy", sort=False).tail(1).round({"cost": 0, "retained": 0})
    ends = ends.drop_duplicates(["cost", "retained"])
    ax.errorbar(
        ends["cost"], ends["retained"], color=style.INK, linestyle="none", linewidth=0.9, capsize=2.5,
        yerr=[ends["retained"] - ends["retained_low"], ends["retained_high"] - ends["retained"]],
    )  # fmt: skip
    ax.set_ylim(bottom=0)
    if budget is not None and len(budget):
        amount = float(budget["budget"].iloc[0])
        ax.axvline(amount, color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
        ax.margins(x=0.04)
        ax.set_xlim(left=0)
        side = -1 if amount > ax.get_xlim()[1] / 2 else 1
        ax.annotate(
            words("budget_line", budget=words.number(amount, "euro")), (amount, 0.03), xycoords=("data", "axes fraction"),
            xytext=(4 * side, 0), textcoords="offset points", ha="left" if side > 0 else "right", fontsize=8.5, path_effects=maps.halo(),
        )  # fmt: skip
    ax.set_xlim(left=0)
    ax.set_xlabel(words("cost_axis"))
    ax.set_ylabel(words("retained_axis"))
    ax.locator_params(axis="x", nbins=4)
    words.axis(ax.xaxis, "euro")
    words.axis(ax.yaxis, "persons")
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8)
    return fig


def lorenz(data: pd.DataFrame, words: Words) -> Figure:
    """Cumulative share of the people reached over that of the eligible, one line a strategy (`Equity.lorenz()`); the diagonal is the same reach everywhere."""
    keys = list(dict.fromkeys(data["strategy"]))
    fig, ax = style.subplots(height=3.9)
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.annotate(
        words("same_everywhere"), (0.62, 0.62), xytext=(-4, 4), textcoords="offset points", fontsize=8.5, ha="right",
        color=style.lettering(style.MUTED), path_effects=maps.halo(),
    )  # fmt: skip
    for key, colour, marker, dash in zip(keys, style.palette(len(keys)), style.MARKERS, DASHES):
        line = data[data["strategy"] == key]
        ax.plot(
            line["eligible_share"], line["reached_share"], color=colour, marker=marker, markersize=4, markevery=0.12,
            linestyle=dash, label=words.label("strategy", key), linewidth=1.4,
        )  # fmt: skip
    ax.set_aspect("equal")
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.01)
    ax.set_xlabel(words("eligible_share_axis"))
    ax.set_ylabel(words("reached_share_axis"))
    words.axis(ax.xaxis, "share")
    words.axis(ax.yaxis, "share")
    ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), fontsize=8)
    return fig


def rollout_years(data: pd.DataFrame, words: Words) -> Figure:
    """Year by year (`Rollout.table()`): people retained, with the municipalities served written above, and cost against the budget of the year."""
    fig, (left, right) = style.subplots(cols=2, height=2.8)
    at = np.arange(len(data))
    left.bar(at, data["retained"], width=0.6, color=style.ACCENT)
    for x, people, served in zip(at, data["retained"], data["served"]):
        left.annotate(
            words.number(served, "count"), (x, people), xytext=(0, 3),
            textcoords="offset points", ha="center", fontsize=8,
        )  # fmt: skip
    right.bar(at, data["cost"], width=0.6, color=style.ACCENT, label=words("cost"))
    right.hlines(
        data["budget"], at - 0.4, at + 0.4, color=style.INK, linewidth=1.4, linestyle=(0, (3, 2)), label=words("budget"),
    )  # fmt: skip
    for ax, title, unit in ((left, "retained_axis", "persons"), (right, "cost_axis", "euro")):
        ax.set_xticks(at, [words.label("year", year) for year in data["year"]])
        ax.set_xlabel(words("year"))
        ax.set_ylabel(words(title))
        ax.margins(y=0.16)
        words.axis(ax.yaxis, unit)
    fig.legend(*right.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    return fig


def rollout_provinces(data: pd.DataFrame, words: Words) -> Figure:
    """Share of each province's eligible people who live where it is served, by year (`Rollout.by_province()`): a line a province, a mark a year from the first in which it is served; at most the forty with most eligible people."""
    years = sorted(set(data["year"]), key=int)
    names = data.drop_duplicates("province").nlargest(40, "eligible", keep="first")["province"]
    wide = data[data["province"].isin(names)].pivot(index="province", columns="year", values="covered")
    wide = wide.loc[wide[years[-1]].sort_values(kind="stable").index]
    fig, ax = style.subplots(height=1.2 + TILE * len(wide))
    rows = np.arange(len(wide))
    ax.hlines(rows, 0, wide[years[-1]], color=style.GRID, linewidth=2)
    for year, shade, marker in reversed(list(zip(years, _shades(len(years)), style.MARKERS))):
        ax.plot(
            wide[year].where(wide[year] > 0), rows, linestyle="none", marker=marker, markersize=5, color=shade, markeredgecolor="white",
            markeredgewidth=0.4, label=words.label("year", year), clip_on=False,
        )  # fmt: skip
    ax.set_yticks(rows, list(wide.index), fontsize=8)
    ax.set_ylim(-0.7, len(wide) - 0.3)
    ax.set_xlim(0, 1)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(words("covered_axis"))
    words.axis(ax.xaxis, "share")
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], title=words("year"), loc="lower right", fontsize=8)
    return fig
