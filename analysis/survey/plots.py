"""Figures of the work-life-balance survey: each draws a protected table and computes nothing from it.

A cell that the door has suppressed arrives missing: it is not drawn, or drawn as what is left of a whole. Tables of
respondents come without bounds and are drawn without intervals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

LEAST_LABEL = 0.055


def care(data: pd.DataFrame, words: Words) -> Figure:
    """Composition by care load, one bar a gender: columns gender, care_load, share, n. What is suppressed is one hatched rest."""
    genders, loads = list(data["gender"].unique()), list(data["care_load"].unique())
    colours = ["#cfd6db", *style.palette(len(loads) - 1)]
    fig, ax = style.subplots(height=0.55 * len(genders) + 1.2)
    for y, gender in enumerate(genders):
        rows = data[data["gender"] == gender].set_index("care_load").loc[loads]
        left = 0.0
        for load, colour in zip(loads, colours):
            width = rows.at[load, "share"]
            if not np.isfinite(width):
                continue
            ax.barh(y, width, left=left, color=colour, edgecolor="white", height=0.68)
            if width >= LEAST_LABEL:
                ink = style.INK if load == loads[0] else "white"
                text = words.number(width, "share", 0)
                ax.text(left + width / 2, y, text, ha="center", va="center", color=ink, fontsize=8.5)
            elif load == loads[-1] and width > 0:
                text = words.number(width, "share", 0)
                ax.annotate(
                    text,
                    (left + width, y),
                    (3, 0),
                    textcoords="offset points",
                    va="center",
                    color=colour,
                    fontsize=8.5,
                )
            left += width
        if rows["share"].isna().any():
            ax.barh(y, 1 - left, left=left, color="white", edgecolor=style.MUTED, hatch="////", height=0.68)
    labels = [words.label("care_load", load) for load in loads]
    handles = [_patch(colour) for colour in colours]
    if data["share"].isna().any():
        handles.append(_patch("white", hatch="////", edgecolor=style.MUTED))
        labels.append(words("not_shown"))
    fig.legend(handles, labels, loc="outside upper left", ncols=5, handlelength=1.1, columnspacing=0.9,
               handletextpad=0.5)  # fmt: skip
    totals = data.groupby("gender", sort=False)["n"].first()
    _rows(ax, [_with_n(words, words.label("gender", gender), totals[gender]) for gender in genders])
    ax.set_xlim(0, 1)
    words.axis(ax.xaxis, "share")
    ax.set_xlabel(words("share_of_persons"))
    return fig


def conflict(data: pd.DataFrame, words: Words) -> Figure:
    """Mean conflict, one panel a scale: columns scale, gender, care_load, flexible_hours, mean, low, high, n."""
    scales, loads = list(data["scale"].unique()), list(data["care_load"].unique())
    genders, hours = list(data["gender"].unique()), list(data["flexible_hours"].unique())
    fig, axes = style.subplots(1, len(scales), height=0.72 * len(loads) + 1.25, sharey=True, sharex=True)
    kinds = [(gender, flexible) for gender in genders for flexible in hours]
    shifts = np.linspace(-0.27, 0.27, len(kinds))
    looks = {
        (gender, flexible): _look(colour, marker, flexible == "yes")
        for gender, colour, marker in zip(genders, style.palette(len(genders)), style.MARKERS)
        for flexible in hours
    }
    for ax, scale in zip(np.atleast_1d(axes), scales):
        for kind, shift in zip(kinds, shifts):
            rows = data[
                (data["scale"] == scale) & (data["gender"] == kind[0]) & (data["flexible_hours"] == kind[1])
            ]
            _dots(ax, rows, "mean", [loads.index(load) + shift for load in rows["care_load"]], looks[kind])
        ax.set_title(words.label("scale", scale))
        ax.grid(axis="x")
        ax.set_xlabel(words("mean_1_7"))
        _not_shown(ax, data[data["scale"] == scale], "mean", loads, words)
    for ax in np.atleast_1d(axes):
        _rows(ax, [words.label("care_load", load) for load in loads])
        _ticks(ax, words, "number")
    names = [words(f"{gender}_flexible_{flexible}") for gender, flexible in kinds]
    fig.legend([_mark(**looks[kind]) for kind in kinds], names, loc="outside upper center", ncols=2)
    return fig


def comparisons(data: pd.DataFrame, words: Words) -> Figure:
    """Differences between groups with zero marked: columns contrast, scale, status, difference, low, high, n."""
    contrasts, scales = list(data["contrast"].unique()), list(data["scale"].unique())
    fig, ax = style.subplots(height=0.34 * len(data) + 1.1)
    shifts = dict(zip(scales, np.linspace(-0.17, 0.17, len(scales)) if len(scales) > 1 else [0.0]))
    for scale, colour, marker in zip(scales, style.palette(len(scales)), style.MARKERS):
        for status in ("primary", "exploratory"):
            rows = data[(data["scale"] == scale) & (data["status"] == status)]
            y = [contrasts.index(contrast) + shifts[scale] for contrast in rows["contrast"]]
            _dots(ax, rows, "difference", y, _look(colour, marker, status == "primary"))
    ax.axvline(0, color=style.INK, linewidth=0.9)
    ax.grid(axis="x")
    _rows(ax, [words.label("contrast", contrast) for contrast in contrasts])
    ax.set_xlabel(words("difference_points"))
    _ticks(ax, words, "number", most=9)
    pairs = data[["scale", "status"]].drop_duplicates()
    colours, markers = (dict(zip(scales, look)) for look in (style.palette(len(scales)), style.MARKERS))
    ax.legend(
        [
            _mark(**_look(colours[row.scale], markers[row.scale], row.status == "primary"))
            for row in pairs.itertuples()
        ],
        [
            f"{words.label('scale', row.scale)} ({words.label('status', row.status)})"
            for row in pairs.itertuples()
        ],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2,
    )
    return fig


def work(data: pd.DataFrame, words: Words) -> Figure:
    """Work lost to care, one panel a measure: columns loss, gender, share, low, high, n."""
    losses, genders = list(data["loss"].unique()), list(data["gender"].unique())
    fig, axes = style.subplots(1, len(losses), height=0.42 * len(genders) + 1.25, sharex=True)
    colours = [*style.palette(max(len(genders) - 1, 1)), style.MUTED]
    ends = data["high"].fillna(data["share"]) if "high" in data else data["share"]
    reach = 1.3 * float(np.nanmax([*ends, 0.01]))
    for ax, loss in zip(np.atleast_1d(axes), losses):
        rows = data[data["loss"] == loss].set_index("gender").loc[genders]
        y = np.arange(len(genders))
        ax.barh(y, rows["share"].fillna(0), color=colours[: len(genders)], height=0.62, alpha=0.9)
        ends = rows["share"]
        if "low" in rows:
            ends = rows["high"].fillna(rows["share"])
            _whiskers(ax, rows, "share", y, style.INK)
        for position, end, value in zip(y, ends, rows["share"]):
            ax.annotate(words.number(value, "share", 1), (0 if np.isnan(end) else end, position), (4, 0),
                        textcoords="offset points", va="center", fontsize=8.5)  # fmt: skip
        _rows(ax, [_with_n(words, words.label("gender", g), n) for g, n in zip(genders, rows["n"])])
        ax.set_title(words.label("loss", loss))
        ax.set_xlabel(words(f"share_of_{loss}"))
        ax.set_xlim(0, reach)
        _ticks(ax, words, "share", most=6)
    return fig


def change(data: pd.DataFrame, words: Words) -> Figure:
    """Means at two waves of the same persons, joined by a line: columns scale, care_load, wave, mean, low, high, n."""
    scales, loads = list(data["scale"].unique()), list(data["care_load"].unique())
    fig, axes = style.subplots(1, len(scales), height=0.5 * len(loads) + 1.35, sharey=True)
    looks = {"1": _look(style.MUTED, "o", False), "2": _look(style.ACCENT, "o", True)}
    shifts = {"1": -0.13, "2": 0.13}
    for ax, scale in zip(np.atleast_1d(axes), scales):
        part = data[data["scale"] == scale]
        wide = part.pivot(index="care_load", columns="wave", values="mean")
        for load, pair in wide.iterrows():
            y = loads.index(load)
            ax.plot(
                [pair["1"], pair["2"]], [y + shifts["1"], y + shifts["2"]], color=style.MUTED, linewidth=0.8
            )
        for wave, look in looks.items():
            rows = part[part["wave"] == wave]
            _dots(ax, rows, "mean", [loads.index(load) + shifts[wave] for load in rows["care_load"]], look)
        ax.set_title(words.label("scale", scale), fontsize=9)
        ax.set_xlabel(words(f"range_{scale}"))
        ax.grid(axis="x")
        _not_shown(ax, part, "mean", loads, words)
        _rows(ax, [words.label("care_load", load) for load in loads])
        _ticks(ax, words, "number")
    fig.legend([_mark(**look) for look in looks.values()], [words.label("wave", wave) for wave in looks],
               loc="outside upper left", ncols=2)  # fmt: skip
    return fig


def _look(colour: str, marker: str, filled: bool) -> dict[str, Any]:
    return {"color": colour, "marker": marker, "markerfacecolor": colour if filled else "white"}


def _dots(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, look: dict[str, Any]) -> None:
    if "low" in rows:
        _whiskers(ax, rows, measure, y, look["color"])
    ax.plot(rows[measure], y, linestyle="", zorder=3, markeredgewidth=1.2, **look)


def _whiskers(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, colour: str) -> None:
    bounds = [(rows[measure] - rows["low"]).to_numpy(), (rows["high"] - rows[measure]).to_numpy()]
    ax.errorbar(rows[measure], y, xerr=bounds, fmt="none", ecolor=colour, elinewidth=1.1, capsize=0, zorder=2)


def _not_shown(ax: Axes, rows: pd.DataFrame, measure: str, order: list[str], words: Words) -> None:
    """Say so on each row whose every value has been suppressed."""
    shown = rows.groupby("care_load", sort=False)[measure].count()
    for label in shown.index[shown == 0]:
        ax.text(0.03, order.index(label), words("not_shown"), transform=ax.get_yaxis_transform(), va="center",
                color=style.MUTED, fontsize=8)  # fmt: skip


def _rows(ax: Axes, labels: list[str]) -> None:
    ax.set_yticks(range(len(labels)), labels)
    ax.set_ylim(len(labels) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)


def _ticks(ax: Axes, words: Words, unit: str, most: int = 5) -> None:
    """At most so many round intervals, with the digits that tell their ticks apart."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    step = float(np.diff(ax.get_xticks()[:2])[0]) * (100 if unit == "share" else 1)
    words.axis(ax.xaxis, unit, max(0, int(-np.floor(np.log10(step) + 1e-9))))


def _with_n(words: Words, label: str, n: float) -> str:
    return f"{label}\nn = {words.number(n, 'count', 0)}" if np.isfinite(n) else label


def _mark(**look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", markeredgewidth=1.2, **look)


def _patch(colour: str, **look: Any) -> Any:
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, **look)
