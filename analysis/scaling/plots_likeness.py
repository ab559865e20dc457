"""Figures of likeness: where the places like the pilot are, and what makes the others differ. They draw what they are given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.scaling import maps
from analysis.scaling.likeness import DIMENSIONS, SUPPORT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

# Dark to light, so that the classes part in grey too; the lightest keeps three to one against white.
COLOURS = {"near": "#0b2e4f", "partial": "#c2410c", "beyond": "#8d969e"}
# The dimensions likewise, each about twice as light as the one before; one too light for white paper is edged.
SHADES = {"structure": "#0b2e4f", "size": "#006b4f", "density": "#c97a1a", "pressure": "#c9d3da"}
EDGES = {
    name: "white" if style.contrast(shade, "white") >= 3 else style.MUTED for name, shade in SHADES.items()
}
ROW = 0.3  # inches a bar
WRITTEN = 0.075  # the least share whose number fits in its piece of the bar


def likeness_map(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Municipalities as circles (`lon`, `lat`): area in proportion to `eligible`, colour by class of `support`; the largest named by `name`.

    `data`: places (`Likeness.points()`); scope (one row, `place`: the name of the area); outlines if there are any (`maps.within`), drawn
    beneath. The more like a place, the higher it lies, since such places are few: they cover some of their neighbours.
    """
    places = data["places"].dropna(subset=["eligible", "support"])
    places = places.sort_values("eligible", ascending=False, kind="stable")
    rings = data.get("outlines")
    fig, ax, key = maps.sheet(places, rings, key=1.15)
    top = float(places["eligible"].max())
    radii = maps.radius(places["eligible"], top)
    for code in reversed(SUPPORT):
        chosen = places[places["support"] == code]
        for radius, group in chosen.groupby(radii[chosen.index], sort=False):
            edge = 0.25 if radius > maps.EDGED else 0
            ax.scatter(group["lon"], group["lat"], s=(2 * radius) ** 2, c=COLOURS[code], linewidths=edge, edgecolors="white")  # fmt: skip
    maps.finish(ax, places, rings, maps.apart(places), str(data["scope"]["place"].iloc[0]), words)
    _key(key, top, words)
    return fig


def _key(ax: Any, top: float, words: Words) -> None:
    """Beside the map: circles of round size above, the classes of support below."""
    ax.set_axis_off()
    classes = [
        ax.scatter([], [], s=55, color=COLOURS[code], linewidths=0, label=words.label("support", code))
        for code in SUPPORT
    ]
    ax.add_artist(maps.size_key(ax, top, words))
    ax.legend(
        handles=classes, title=words("support_title"), loc="lower left", bbox_to_anchor=(-0.25, 0.05),
        labelspacing=0.8, handletextpad=0.4, title_fontsize=8.5, alignment="left", borderaxespad=0,
    )  # fmt: skip


def contributions(data: pd.DataFrame, words: Words) -> Figure:
    """What explains the distance: one stacked bar a class of support or a municipality, its pieces the shares `of_…` of the dimensions.

    `data`: `Likeness.explained(…)`, first row on top. Beside each bar, the municipalities in the class, or the distance of the municipality.
    """
    from matplotlib.patches import Patch

    named = "name" in data
    shown = [name for name in DIMENSIONS if f"of_{name}" in data]
    rows = np.arange(len(data))
    fig, ax = style.subplots(height=1.15 + ROW * len(data))
    start = np.zeros(len(data))
    for name in shown:
        part = data[f"of_{name}"].fillna(0.0).to_numpy(dtype=float)
        ax.barh(rows, part, left=start, height=0.72, color=SHADES[name], edgecolor=EDGES[name], linewidth=0.8)
        for row in rows[part >= WRITTEN]:
            ax.annotate(
                words.number(part[row], "share", 0), (start[row] + part[row] / 2, row), ha="center", va="center",
                fontsize=8, color=style.letters_on(SHADES[name]),
            )  # fmt: skip
        start = start + part
    for row, record in zip(rows, data.to_dict("records")):
        if named:
            beside = words.number(float(record["distance"]), "number", 2)
        else:
            beside = words("municipalities_short", count=words.number(record["municipalities"], "count"))
        ax.annotate(
            beside, (1.0, row), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8,
            annotation_clip=False,
        )  # fmt: skip
    if named:
        ax.annotate(
            words("distance"), (1.0, 1.0), xycoords="axes fraction", xytext=(5, 2), textcoords="offset points",
            va="bottom", fontsize=8.5,
        )  # fmt: skip
    ticks = [str(name) for name in data["name"]] if named else [words.label("support", code) for code in data["support"]]  # fmt: skip
    ax.set_yticks(rows, ticks)
    ax.set_ylim(len(data) - 0.45, -0.55)
    ax.set_xlim(0, 1)
    ax.set_xlabel(words("contribution_axis"))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    words.axis(ax.xaxis, "share")
    handles = [
        Patch(facecolor=SHADES[name], edgecolor=EDGES[name], label=words.label("likeness_dimension", name))
        for name in shown
    ]
    fig.legend(handles=handles, loc="outside upper left", ncols=len(shown), columnspacing=1.2, handlelength=1.0)  # fmt: skip
    return fig
