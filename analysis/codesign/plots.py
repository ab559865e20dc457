"""Pictures of co-design: participation, width of the community, funnel, units beyond CSR, two-mode network. They draw; they compute nothing.

Each takes the protected tables of this room and the words of one language; a suppressed cell is missing and leaves its place empty.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.codesign.participation import EVERY, TYPES
from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

LIGHT = "#c4dbe6"
PALE = "#e4eef3"
TIE_ALPHA = 0.85  # the palest colour of a type keeps three to one against white


def wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def looks() -> dict[str, tuple[str, str, str]]:
    """Colour, marker and hatch of each type of organisation, the same in every picture."""
    colours = style.palette(len(TYPES))
    return {name: (colours[k], style.MARKERS[k], style.HATCHES[k]) for k, name in enumerate(TYPES)}


def participation(data: pd.DataFrame, words: Words) -> Figure:
    """Different organisations and hours by phase, stacked by type; the total stands at the end of each bar."""
    data = data[data["phase"] != EVERY]
    phases = list(dict.fromkeys(data["phase"]))
    fig, axes = style.subplots(1, 2, height=0.75 + 0.5 * len(phases), sharey=True)
    for ax, column, unit in zip(axes, ("organisations", "hours"), ("organisations", "hours")):
        _stacks(ax, data, column, unit, phases, words)
    axes[0].set_yticks(
        range(len(phases)), [wrapped(words.label("phase", p), 20) for p in phases], linespacing=0.95
    )
    axes[0].invert_yaxis()
    handles = [h for h in axes[0].containers if h.get_label() in TYPES]
    fig.legend(
        handles, [words.label("type", h.get_label()) for h in handles], loc="outside upper left", ncols=3
    )
    return fig


def _stacks(ax: Axes, data: pd.DataFrame, column: str, unit: str, phases: list[str], words: Words) -> None:
    wide = data.pivot(index="phase", columns="type", values=column).reindex(phases).astype(float)
    left, rows = np.zeros(len(phases)), np.arange(len(phases))
    for name, (colour, _, hatch) in looks().items():
        values = wide[name].fillna(0.0).to_numpy()
        ax.barh(
            rows, values, left=left, height=0.62, color=colour, hatch=hatch, edgecolor="white", label=name
        )
        left = left + values
    for row, total in zip(rows, wide["total"].to_numpy()):
        ax.annotate(
            words.number(total, unit), (left[row], row), (4, 0), textcoords="offset points", va="center"
        )
    ax.set_xlim(0, max(left.max(), 1) * 1.18)
    ax.set_xlabel(words(column))
    words.axis(ax.xaxis, unit)
    ax.tick_params(axis="y", length=0)


def community(data: pd.DataFrame, words: Words) -> Figure:
    """Organisations met in each phase: those that return from the phase before and those newly met; diversity below each phase."""
    fig, ax = style.subplots(height=3.1)
    at = np.arange(len(data))
    returning, entering = (
        data[name].astype(float).fillna(0).to_numpy() for name in ("returning", "entering")
    )
    parts = (
        ax.bar(at, returning, width=0.6, color=style.ACCENT, edgecolor="white"),
        ax.bar(at, entering, width=0.6, bottom=returning, color=LIGHT, hatch="///", edgecolor=style.ACCENT),
    )
    for x, total in zip(at, data["organisations"]):
        ax.annotate(
            words.number(total, "organisations"), (x, returning[x] + entering[x]), (0, 3),
            textcoords="offset points", ha="center", fontweight="semibold",
        )  # fmt: skip
    names = [
        f"{wrapped(words.label('phase', phase), 22)}\n{words('blau')} {words.number(value, 'index')}"
        for phase, value in zip(data["phase"], data["blau"])
    ]
    ax.set_xticks(at, names)
    ax.tick_params(axis="x", length=0)
    ax.set_ylim(0, max((returning + entering).max(), 1) * 1.12)
    ax.set_ylabel(words("organisations"))
    words.axis(ax.yaxis, "organisations")
    fig.legend(parts, [words("returning"), words("entering")], loc="outside upper left", ncols=2)
    return fig


def funnel(data: pd.DataFrame, words: Words) -> Figure:
    """Cases that reached each stage; beside each bar the share of the stage before, with its interval where one exists."""
    fig, ax = style.subplots(height=0.6 + 0.42 * len(data))
    rows, cases = np.arange(len(data)), data["cases"].astype(float).to_numpy()
    ax.barh(rows, np.nan_to_num(cases), height=0.62, color=style.ACCENT)
    bounded = "low" in data
    for row in rows:
        record = data.iloc[row]
        text = words.number(record["cases"], "count")
        if pd.notna(record["conversion"]):
            share = words.number(record["conversion"], "share")
            text += " · " + words("of_stage_before", share=share)
            if bounded:
                text += f" ({words.interval(record['low'], record['high'], 'share', None)})"
        ax.annotate(text, (np.nan_to_num(cases[row]), row), (5, 0), textcoords="offset points", va="center")
    ax.set_yticks(rows, [wrapped(words.label("stage", stage), 22) for stage in data["stage"]])
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, max(np.nanmax(cases), 1) * 1.25)
    ax.set_xlabel(words("cases"))
    words.axis(ax.xaxis, "count")
    return fig


def units(data: pd.DataFrame, words: Words) -> Figure:
    """One tile a company and phase: units beyond CSR and HR over units met; the colour is the share, a blank tile met none."""
    import seaborn as sns
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    shades = LinearSegmentedColormap.from_list("share", (PALE, style.ACCENT))
    companies, phases = list(dict.fromkeys(data["company"])), list(dict.fromkeys(data["phase"]))
    fig, ax = style.subplots(height=0.9 + 0.2 * len(companies))
    share, beyond, met = (
        data.pivot(index="company", columns="phase", values=name)
        .reindex(index=companies, columns=phases)
        .astype(float)
        for name in ("share", "beyond", "units")
    )
    told = (
        beyond.map(lambda count: words.number(count, "count"))
        + "/"
        + met.map(lambda count: words.number(count, "count"))
    )
    sns.heatmap(
        share,
        ax=ax,
        annot=told,
        fmt="",
        mask=share.isna(),
        cmap=shades,
        vmin=0,
        vmax=1,
        linewidths=1.5,
        linecolor="white",
        annot_kws={"fontsize": 8},
        cbar_kws={"fraction": 0.04, "pad": 0.02, "label": words("share_beyond")},
        xticklabels=[wrapped(words.label("phase", p), 18) for p in phases],
        yticklabels=[wrapped(str(name), 34) for name in companies],
    )
    for text, value in zip(ax.texts, share.to_numpy()[share.notna().to_numpy()]):
        text.set_color(style.letters_on(to_hex(shades(value))))
    ax.tick_params(length=0, rotation=0)
    ax.set(xlabel="", ylabel="")
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    bar = ax.collections[0].colorbar
    bar.outline.set_visible(False)
    words.axis(bar.ax.yaxis, "share")
    return fig


def two_mode(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Organisations on the left (shape and colour: type; size: ties), services on the right, a line for each tie.

    Positions are columns of the data; labels stand outside the two columns, a line of their own each, so that they cannot overlap.
    """
    bodies, things, ties = data["bodies"], data["things"], data["ties"]
    fig, ax = style.subplots(height=0.75 + max(0.21 * len(bodies), 0.36 * len(things)))
    shapes = looks()
    for name, (colour, _, _) in shapes.items():
        own = ties[ties["type"] == name]
        ends = np.stack([own["y_organisation"], own["y_service"]]).astype(float)
        ax.plot(
            np.tile([[0.0], [1.0]], (1, len(own))),
            ends,
            color=colour,
            linewidth=0.8,
            alpha=TIE_ALPHA,
            zorder=1,
        )
    for name, (colour, marker, _) in shapes.items():
        own = bodies[bodies["type"] == name]
        size = 26 + 12 * own["ties"].astype(float).fillna(1)
        if len(own):
            ax.scatter(own["x"], own["y"], s=size, color=colour, marker=marker, zorder=3, edgecolor="white",
                       linewidth=0.6, label=words.label("type", name))  # fmt: skip
    ax.scatter(
        things["x"],
        things["y"],
        s=46,
        color="white",
        marker="s",
        edgecolor=style.INK,
        linewidth=1.1,
        zorder=3,
    )
    _beside(ax, bodies, "organisation", words, side=-1)
    _beside(ax, things, "service", words, side=1)
    ax.set_xlim(-1.15, 2.3)
    ax.set_ylim(1.0, 0.0)
    ax.set_axis_off()
    head = {"textcoords": "offset points", "fontsize": 9, "fontweight": "semibold", "annotation_clip": False}
    ax.annotate(words("organisations"), (0, 0), (-7, 2), ha="right", va="bottom", **head)
    ax.annotate(words("services"), (1, 0), (7, 2), ha="left", va="bottom", **head)
    fig.legend(loc="outside upper left", ncols=3, handletextpad=0.2)
    return fig


def _beside(ax: Axes, nodes: pd.DataFrame, column: str, words: Words, side: int) -> None:
    for x, y, name in zip(nodes["x"], nodes["y"], nodes[column]):
        ax.annotate(
            wrapped(text_of(name, words), 38), (x, y), (7 * side, 0), textcoords="offset points",
            ha="left" if side > 0 else "right", va="center", fontsize=8.3, linespacing=0.95,
        )  # fmt: skip


def text_of(cell: Any, words: Words) -> str:
    return str(cell[words.language]) if isinstance(cell, Mapping) else str(cell)
