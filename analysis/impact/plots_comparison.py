"""Figures of comparison designs: event study, effects by group, placebo ranking, overlap, balance, four means, sensitivity. They draw tables and compute nothing but positions.

Values of the outcome are labelled with `unit` (a share's difference: "share_points"). An estimate without an interval is one whose clusters are
too few to bear it: it has a mark of its own.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

BALANCED = 0.1
ACROSS = 3
MOMENTS = ("before", "after")
TICKS = [1, 2, 5, 10]
WRAP = 40


def event_study(data: pd.DataFrame, words: Words, unit: str = "number") -> Figure:
    """Mean effect by semesters since adoption, with 95 % intervals; before adoption other marks. Columns: since, estimate, low, high, treated (`Staggered.event`)."""
    fig, ax = style.subplots(height=3.2)
    _effects(ax, data, data["since"], data["since"] < 0, words)
    ax.axvline(-0.5, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    counts = [words.number(value, "count") for value in data["treated"]]
    ax.set_xticks(
        data["since"], [f"{words.number(s, 'count')}\n({n})" for s, n in zip(data["since"], counts)]
    )
    ax.set_xlabel(words("since_axis"))
    ax.set_ylabel(words("effect_axis"))
    ax.margins(x=0.06)
    _ticks(ax, words, unit)
    _legend(fig, ax)
    return fig


def group_time(data: pd.DataFrame, words: Words, unit: str = "number") -> Figure:
    """Effect by semester, one panel a semester of adoption. Columns: adopted, semester, since, estimate, low, high, treated (`Staggered.table`)."""
    groups = sorted(data["adopted"].dropna().unique())
    cols = min(ACROSS, len(groups))
    rows = math.ceil(len(groups) / cols)
    fig, axes = style.subplots(rows, cols, height=0.6 + 2.1 * rows, sharex=True, sharey=True, squeeze=False)
    for ax, group in zip(axes.flat, groups):
        part = data[data["adopted"] == group]
        _effects(ax, part, part["semester"], part["since"] < 0, words)
        ax.axvline(group - 0.5, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
        ax.set_title(
            words(
                "adopted_in",
                semester=words.number(group, "year"),
                n=words.number(part["treated"].iloc[0], "count"),
            ),
            fontsize=9,
        )
        ax.margins(x=0.08)
        _ticks(ax, words, unit)
        ax.tick_params(labelbottom=True)
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    every = sorted(data["semester"].unique())
    every = every[:: math.ceil(len(every) / 6)]
    axes[0, 0].set_xticks(every, [words.number(t, "year") for t in every])
    fig.supxlabel(words("semester_axis"), fontsize=9)
    fig.supylabel(words("effect_axis"), fontsize=9)
    _legend(fig, *axes.flat[: len(groups)])
    return fig


def placebo(data: Mapping[str, pd.DataFrame], words: Words, unit: str = "number") -> Figure:
    """Effects of every assignment of as many clusters, and where the observed one stands. `data`: distribution, placebo (`Placebo.distribution`, `Placebo.table`)."""
    from matplotlib.ticker import MaxNLocator

    classes, one = data["distribution"], data["placebo"].iloc[0]
    fig, ax = style.subplots(height=3.0)
    width = classes["right"] - classes["left"]
    ax.bar(
        classes["left"],
        classes["assignments"],
        width,
        align="edge",
        facecolor=style.palette(1)[0],
        edgecolor="white",
        linewidth=0.6,
        label=words("assignments"),
    )
    seen = float(one["estimate"])
    if np.isfinite(seen):
        colour = style.palette(2)[1]
        ax.axvline(seen, color=colour, linewidth=2.0, label=words("observed"))
        ax.axvline(
            -seen, color=colour, linewidth=1.4, linestyle=(0, (4, 2)), label=words("observed_mirrored")
        )
    ax.set_title(
        words(
            "placebo_rank", rank=words.number(one["rank"], "count"), of=words.number(one["assignments"], "count"),
            share=words.number(one["share"], "share", 2), minimum=words.number(one["minimum"], "share", 2),
        ),
        fontsize=9,
    )  # fmt: skip
    ax.set_xlabel(words("placebo_axis"))
    ax.set_ylabel(words("assignments_axis"))
    ax.set_ylim(0, 1.08 * float(classes["assignments"].max()))
    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    words.axis(ax.yaxis, "count")
    _digits(ax.xaxis, ax.get_xlim(), words, unit)
    ax.grid(axis="y")
    _legend(fig, ax)
    return fig


def overlap(data: pd.DataFrame, words: Words) -> Figure:
    """Persons by propensity, treated upwards and comparison downwards; a dot where a count may not be published. Columns: group, left, right, n (`Overlap.histogram`)."""
    fig, ax = style.subplots(height=3.2)
    top = 0.0
    for group, sign, colour, hatch in zip(
        ("treated", "comparison"), (1, -1), style.palette(2), style.HATCHES
    ):
        part = data[data["group"] == group]
        n = part["n"].to_numpy(dtype=float, na_value=np.nan)
        ax.bar(part["left"], sign * np.nan_to_num(n), part["right"] - part["left"], align="edge", facecolor=colour if not hatch else "white",
               edgecolor="white" if not hatch else colour, hatch=hatch, linewidth=0.8, label=words.label("group", group))  # fmt: skip
        middle = ((part["left"] + part["right"]) / 2)[np.isnan(n)]
        ax.plot(
            middle,
            np.zeros(len(middle)),
            linestyle="",
            marker=(6 if sign < 0 else 7),
            color=style.MUTED,
            markersize=5,
            clip_on=False,
            zorder=4,
        )
        top = max(top, float(np.nanmax(n, initial=1.0)))
    ax.axhline(0, color=style.INK, linewidth=0.8)
    ax.set_ylim(-1.1 * top, 1.1 * top)
    ax.set_xlim(0, 1)
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ax.yaxis.set_major_locator(MaxNLocator(6, integer=True))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.number(abs(value), "persons")))
    words.axis(ax.xaxis, "number", 1)
    ax.set_xlabel(words("propensity_axis"))
    ax.set_ylabel(words("persons_axis"))
    if data["n"].isna().any():
        ax.plot([], [], linestyle="", marker=7, color=style.MUTED, label=words("not_shown"))
    ax.grid(axis="y")
    _legend(fig, ax)
    return fig


def balance(data: pd.DataFrame, words: Words) -> Figure:
    """Standardised differences before and after weighting, the largest before on top; the band is ±BALANCED. Columns: covariate, before, after (`Balance.table`)."""
    order = data.reindex(data["before"].abs().sort_values(ascending=True, na_position="first").index)
    labels = [textwrap.fill(_covariate(name, words), WRAP) for name in order["covariate"]]
    rows = np.array([max(1.0, 0.72 * (label.count("\n") + 1)) for label in labels])
    y = np.cumsum(rows) - rows / 2
    fig, ax = style.subplots(height=1.2 + 0.24 * float(rows.sum()))
    ax.axvspan(-BALANCED, BALANCED, facecolor=style.GRID, zorder=0)
    ax.axvline(0, color=style.INK, linewidth=0.8)
    for edge in (-BALANCED, BALANCED):
        ax.axvline(edge, color=style.MUTED, linewidth=0.9, linestyle=(0, (4, 2)))
    ax.hlines(y, order["before"], order["after"], color=style.MUTED, linewidth=0.8, zorder=1)
    first, second = style.palette(2)[1], style.palette(2)[0]
    ax.plot(
        order["before"],
        y,
        linestyle="",
        marker="o",
        markerfacecolor="white",
        markeredgecolor=first,
        markeredgewidth=1.3,
        markersize=8,
        label=words("before_weighting"),
    )
    ax.plot(
        order["after"],
        y,
        linestyle="",
        marker="s",
        color=second,
        markersize=5,
        label=words("after_weighting"),
    )
    ax.set_yticks(y, labels)
    ax.set_ylim(-0.3, float(rows.sum()) + 0.3)
    ax.tick_params(axis="y", length=0)
    reach = 1.12 * max(
        float(np.nanmax(np.abs(order[["before", "after"]].to_numpy(dtype=float)), initial=0)), 1.5 * BALANCED
    )
    ax.set_xlim(-reach, reach)
    words.axis(ax.xaxis, "number", 1 if reach > 0.35 else 2)
    ax.set_xlabel(words("standardised_axis", limit=words.number(BALANCED, "number", 1)))
    _legend(fig, ax)
    return fig


def two_by_two(data: pd.DataFrame, words: Words, unit: str = "number") -> Figure:
    """Means of both groups before and after, with intervals, and what the treated would have come to under parallel trends. Columns: group, moment, mean, low, high (`Difference.means_table`)."""
    fig, ax = style.subplots(height=3.0)
    shifts = {"treated": 0.02, "comparison": -0.02}
    ends: dict[str, np.ndarray] = {}
    for group, colour, marker in zip(("treated", "comparison"), style.palette(2), style.MARKERS):
        rows = data[data["group"] == group].set_index("moment").reindex(list(MOMENTS))
        x = np.arange(2) + shifts[group]
        _whiskers(ax, x, rows, "mean", colour)
        ax.plot(x, rows["mean"], color=colour, marker=marker, label=words.label("group", group), zorder=3)
        ends[group] = rows["mean"].to_numpy(dtype=float)
    expected = data.loc[data["group"] == "counterfactual", "mean"].to_numpy(dtype=float)
    if len(expected) and np.isfinite(expected[0]) and np.isfinite(ends["treated"][0]):
        colour = style.palette(1)[0]
        x = np.arange(2) + shifts["treated"]
        ax.plot(x, [ends["treated"][0], expected[0]], color=colour, linestyle=(0, (4, 2)), linewidth=1.2, marker=style.MARKERS[0],
                markerfacecolor="white", markevery=[1], label=words.label("group", "counterfactual"), zorder=2)  # fmt: skip
    ax.set_xticks([0, 1], [words.label("moment", moment) for moment in MOMENTS])
    ax.set_xlim(-0.3, 1.3)
    ax.set_ylabel(words("outcome_axis" if data["low"].notna().any() else "outcome_axis_bare"))
    ax.grid(axis="y")
    _digits(ax.yaxis, ax.get_ylim(), words, unit)
    _legend(fig, ax)
    return fig


def sensitivity(data: pd.DataFrame, words: Words, unit: str = "number") -> Figure:
    """Interval of the effect by the violation allowed, M; hollow where it takes in zero. Columns: restriction, m, estimate, low, high (`Sensitivity.table`)."""
    fig, ax = style.subplots(height=3.0)
    place = np.arange(len(data))
    inside = ((data["low"] <= 0) & (data["high"] >= 0)).to_numpy()
    bare = data["low"].isna().to_numpy()
    middle = (data["low"] + data["high"]) / 2
    ax.axhline(0, color=style.INK, linewidth=0.8)
    for mask, filled, colour, key in (
        (~inside & ~bare, True, style.palette(1)[0], "leaves_out_zero"),
        (inside, False, style.palette(2)[1], "takes_in_zero"),
    ):
        if not mask.any():
            continue
        ax.errorbar(
            place[mask],
            middle[mask],
            yerr=(data["high"] - data["low"])[mask] / 2,
            fmt="none",
            ecolor=colour,
            elinewidth=2.2 if filled else 1.2,
            capsize=4,
        )
        ax.plot(
            place[mask],
            data["estimate"][mask],
            linestyle="",
            marker="o" if filled else "D",
            color=colour,
            markerfacecolor=colour if filled else "white",
            label=words(key),
        )
    if bare.any():
        ax.plot(
            place[bare],
            data["estimate"][bare],
            linestyle="",
            marker="X",
            color=style.MUTED,
            label=words("no_interval"),
        )
    ax.set_xticks(place, [words.number(m, "number", _places(data["m"])) for m in data["m"]])
    ax.margins(x=0.06)
    ax.set_xlabel(words(f"m_axis_{data['restriction'].iloc[0]}"))
    ax.set_ylabel(words("effect_axis"))
    _ticks(ax, words, unit)
    _legend(fig, ax)
    return fig


def _effects(ax: Axes, rows: pd.DataFrame, x: pd.Series, before: pd.Series, words: Words) -> None:
    """Estimates with intervals: circles after adoption, hollow squares before, crosses where no interval may be given."""
    bare = rows["low"].isna()
    after_colour, before_colour = style.palette(2)
    ax.axhline(0, color=style.INK, linewidth=0.8)
    for mask, colour, marker, face, key in (
        (before & ~bare, before_colour, "s", "white", "before_adoption"),
        (~before & ~bare, after_colour, "o", after_colour, "after_adoption"),
        (bare & rows["estimate"].notna(), style.MUTED, "X", style.MUTED, "no_interval"),
    ):
        if mask.any():
            _whiskers(ax, x[mask], rows[mask], "estimate", colour)
            ax.plot(
                x[mask],
                rows["estimate"][mask],
                linestyle="",
                marker=marker,
                color=colour,
                markerfacecolor=face,
                markeredgewidth=1.2,
                label=words(key),
                zorder=3,
            )
    ax.grid(axis="y")


def _whiskers(ax: Axes, x: Any, rows: pd.DataFrame, measure: str, colour: str) -> None:
    bounds = np.array([rows[measure] - rows["low"], rows["high"] - rows[measure]], dtype=float)
    ax.errorbar(x, rows[measure], yerr=bounds, fmt="none", ecolor=colour, elinewidth=1.2, capsize=3, zorder=2)


def _ticks(ax: Axes, words: Words, unit: str) -> None:
    _digits(ax.yaxis, ax.get_ylim(), words, unit)


def _digits(axis: Any, limits: tuple[float, float], words: Words, unit: str) -> None:
    """Ticks with as many decimals as their step needs."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(7, steps=TICKS))
    steps = np.diff(MaxNLocator(7, steps=TICKS).tick_values(*limits)) * (
        100 if unit.startswith("share") else 1
    )
    words.axis(axis, unit, int(np.clip(math.ceil(-math.log10(steps.min()) - 1e-9), 0, 4)))


def _places(values: pd.Series) -> int:
    """Decimals (at least 1, at most 4) that the values need."""
    return next((digits for digits in range(1, 4) if np.allclose(values.round(digits), values, atol=1e-9)), 4)


def _covariate(name: str, words: Words) -> str:
    """Label of a column of the model: a variable, or a variable and its level."""
    field, _, level = str(name).partition("=")
    label = words.label("covariate", field)
    return f"{label}: {words.label(field, level)}" if level else label


def _legend(fig: Figure, *axes: Axes) -> None:
    found = {label: handle for ax in axes for handle, label in zip(*ax.get_legend_handles_labels())}
    if found:
        fig.legend(found.values(), found.keys(), loc="outside upper left", ncols=min(3, len(found)))
