"""Figures of scaling: they draw what they are given and compute nothing but positions on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.scaling import maps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

BAND_ALPHA = 0.22
LIGHTEST = 0.42  # where the colour scale begins: lighter circles have less than three to one against white


def eligible_map(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Places as circles (`lon`, `lat`): area in proportion to `eligible`, colour by class of `share`; the largest named by `name`.

    `data`: places; breaks (bounds of the classes, ascending); scope (one row, the name of the area); and, where there are any,
    outlines (of provinces: `maps.within`), which the map then shows whole.
    """
    from matplotlib import cm, colormaps, colors

    places = data["places"].dropna(subset=["eligible", "share"]).sort_values("eligible", ascending=False)
    rings = data.get("outlines")
    fig, ax, key = maps.sheet(places, rings, key=1.0)
    bounds = data["breaks"]["share"].to_numpy()
    shades = colormaps[style.SEQUENTIAL](np.linspace(LIGHTEST, 1.0, len(bounds) - 1))
    shade = colors.ListedColormap(shades)
    norm = colors.BoundaryNorm(bounds, shade.N)
    top = float(places["eligible"].max())
    points = cm.ScalarMappable(norm, shade)
    for radius, group in places.groupby(maps.radius(places["eligible"], top), sort=False):
        colour = shade(norm(group["share"].to_numpy()))
        ax.scatter(
            group["lon"],
            group["lat"],
            s=(2 * radius) ** 2,
            c=colour,
            linewidths=0.25 if radius > maps.EDGED else 0,
            edgecolors="white",
        )
    maps.finish(ax, places, rings, maps.apart(places), str(data["scope"]["place"].iloc[0]), words)
    _map_key(fig, key, points, bounds, top, words)
    return fig


def _map_key(fig: Figure, ax: Any, points: Any, bounds: np.ndarray, top: float, words: Words) -> None:
    """The key beside the map: three circles of round size above, the classes of share below."""
    ax.set_axis_off()
    maps.size_key(ax, top, words)
    ax.text(-0.2, 0.43, words("share_title"), transform=ax.transAxes, fontsize=8.5, va="bottom")
    bar = fig.colorbar(points, cax=ax.inset_axes((-0.15, 0.02, 0.16, 0.38)), spacing="uniform", ticks=bounds)
    bar.outline.set_visible(False)
    words.axis(bar.ax.yaxis, "share", 1)
    bar.ax.tick_params(length=0)


def districts(data: pd.DataFrame, words: Words) -> Figure:
    """Eligible people in each part of the city, in order, with the figure written at the end of each line."""
    data = data.sort_values("eligible").reset_index(drop=True)
    fig, ax = style.subplots(height=0.95 + 0.26 * len(data))
    ax.hlines(data.index, 0, data["eligible"], color=style.GRID, linewidth=2)
    ax.plot(data["eligible"], data.index, linestyle="none", marker="o", color=style.ACCENT, markersize=7)
    for i, value in data["eligible"].dropna().items():
        ax.annotate(
            words.number(value, "persons"),
            (value, i),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
        )
    ax.set_yticks(data.index, [_text(name, words) for name in data["district"]])
    ax.set_xlim(0, data["eligible"].max() * 1.18)
    ax.set_ylim(-0.6, len(data) - 0.4)
    ax.set_xlabel(words("eligible_axis"))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    words.axis(ax.xaxis, "persons")
    return fig


def _text(cell: Any, words: Words) -> str:
    return str(cell[words.language]) if isinstance(cell, Mapping) else str(cell)


def size_classes(data: pd.DataFrame, words: Words) -> Figure:
    """By class of residents: how the eligible are shared out, and how the share of residents varies within the class."""
    fig, (left, right) = style.subplots(cols=2, height=2.9, sharey=True)
    rows = np.arange(len(data))
    left.barh(rows, data["of_all"], color=style.ACCENT, height=0.6)
    for i, (share, count) in enumerate(zip(data["of_all"], data["municipalities"])):
        left.annotate(
            words("municipalities_short", count=words.number(count, "count")),
            (share, i), xytext=(4, 0), textcoords="offset points", va="center", fontsize=8, color=style.INK,
        )  # fmt: skip
    left.set_yticks(rows, [words.label("size", size) for size in data["size"]])
    left.set_xlim(0, data["of_all"].max() * 1.6)
    left.set_xlabel(words("of_all"))
    left.set_ylabel(words("size"))
    right.hlines(rows, data["low"], data["high"], color=style.ACCENT, linewidth=2.2)
    right.plot(
        data["median"],
        rows,
        linestyle="none",
        marker="o",
        color=style.ACCENT,
        markersize=6.5,
        markeredgecolor="white",
    )
    right.set_xlabel(words("spread_axis"))
    for ax, digits in ((left, 0), (right, 1)):
        words.axis(ax.xaxis, "share", digits)
        ax.tick_params(axis="y", length=0)
    right.margins(x=0.12)
    return fig


def rollout(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """People retained and cost per person retained as municipalities join; line = median, band = 5th to 95th percentile of the draws."""
    frame, aim = data["rollout"], data["aim"]
    fig, axes = style.subplots(cols=2, height=3.0)
    for ax, name, unit in ((axes[0], "retained", "persons"), (axes[1], "per_person", "euro")):
        ax.fill_between(
            frame["served"],
            frame[f"{name}_low"],
            frame[f"{name}_high"],
            facecolor=(style.ACCENT, BAND_ALPHA),
            edgecolor=style.ACCENT,
            linewidth=0.6,
        )
        ax.plot(frame["served"], frame[name], color=style.ACCENT)
        ax.set_xscale("log")
        ax.set_xlabel(words("served_axis"))
        ax.set_title(words(name))
        words.axis(ax.xaxis, "count")
        words.axis(ax.yaxis, unit)
        ax.xaxis.set_minor_formatter(_blank())
        ax.set_ylim(bottom=0)
        ax.margins(x=0.02)
    target = float(aim["target"].iloc[0])
    axes[0].axhline(target, color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
    axes[0].annotate(
        words("target_line", target=words.number(target, "persons")), (frame["served"].min(), target),
        xytext=(2, 3), textcoords="offset points", fontsize=8.5, path_effects=maps.halo(),
    )  # fmt: skip
    return fig


def _one_two_five() -> Any:
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1.0, 2.0, 5.0))


def _blank() -> Any:
    from matplotlib.ticker import NullFormatter

    return NullFormatter()


def chances(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """P(at least so many people retained) against the target, one line an area; the chosen target is marked."""
    frame, aim = data["chances"], data["aim"]
    areas = list(dict.fromkeys(frame["area"]))
    fig, ax = style.subplots(height=3.1)
    heights = np.linspace(0.8, 0.45, len(areas))
    for area, colour, marker, height in zip(areas, style.palette(len(areas)), style.MARKERS, heights):
        line = frame[frame["area"] == area]
        ax.plot(line["target"], line["probability"], color=colour, marker=marker, markevery=0.12)
        fallen = line[line["probability"] <= height]
        if len(fallen):
            ax.annotate(
                words.label("area", area), (fallen["target"].iloc[0], fallen["probability"].iloc[0]), xytext=(7, 3),
                textcoords="offset points", fontsize=8.5, color=style.lettering(colour), fontweight="semibold", path_effects=maps.halo(),
            )  # fmt: skip
    ax.axvline(float(aim["target"].iloc[0]), color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)))
    ax.annotate(
        words("target_line", target=words.number(float(aim["target"].iloc[0]), "persons")),
        (float(aim["target"].iloc[0]), 1.0), xytext=(3, 4), textcoords="offset points", fontsize=8.5,
    )  # fmt: skip
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(_one_two_five())
    ax.set_ylim(-0.02, 1.08)
    ax.set_xlabel(words("target_axis"))
    ax.set_ylabel(words("probability"))
    words.axis(ax.xaxis, "persons")
    words.axis(ax.yaxis, "share")
    ax.xaxis.set_minor_formatter(_blank())
    return fig
