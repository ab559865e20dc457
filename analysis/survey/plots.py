"""Figures of the work-life-balance survey: each draws a protected table and computes nothing from it.

A cell that the door has suppressed arrives missing: it is not drawn, or drawn as what is left of a whole. Tables of
respondents come without bounds and are drawn without intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

TINT = 0.4  # opacity of a bar: its interval stays visible on it, in grey print too
EMPTY = 0.5  # height of a row that shows nothing, as a part of the others'


def care(data: pd.DataFrame, words: Words) -> Figure:
    """Share of persons by care load, one row a load and one mark a gender: columns gender, care_load, share, low, high, n."""
    genders, loads = list(data["gender"].unique()), list(data["care_load"].unique())
    at = _places(data, "share", loads)
    fig, ax = style.subplots(height=0.56 * (max(at.values()) + 1) + 1.0)
    colours = [*style.palette(max(len(genders) - 1, 1)), style.MUTED]
    shifts = np.linspace(-0.26, 0.26, len(genders)) if len(genders) > 1 else [0.0]
    looks = [_look(colour, marker, True) for colour, marker in zip(colours, style.MARKERS)]
    for gender, look, shift in zip(genders, looks, shifts):
        rows = data[data["gender"] == gender]
        y = [at[load] + shift for load in rows["care_load"]]
        _dots(ax, rows, "share", y, look)
        for end, place, value in zip(_ends(rows, "share"), y, rows["share"]):
            if np.isfinite(value):
                ax.annotate(words.number(value, "share", 0), (end, place), (5, 0), textcoords="offset points",
                            va="center", fontsize=8)  # fmt: skip
    _not_shown(ax, data, "share", at, words)
    _rows(ax, [words.label("care_load", load) for load in loads], at)
    ax.grid(axis="x")
    ax.set_xlim(0, _reach(data, 1.1))
    _ticks(ax, words, "share", most=9)
    ax.set_xlabel(words("share_of_persons"))
    totals = data.groupby("gender", sort=False)["n"].first()
    names = [_with_n(words, words.label("gender", gender), totals[gender], " ({})") for gender in genders]
    fig.legend([_mark(**look) for look in looks], names, loc="outside upper left", ncols=len(genders))
    return fig


def conflict(data: pd.DataFrame, words: Words) -> Figure:
    """Mean conflict, one panel a scale: columns scale, gender, care_load, flexible_hours, mean, low, high, n."""
    scales, loads = list(data["scale"].unique()), list(data["care_load"].unique())
    genders, hours = list(data["gender"].unique()), list(data["flexible_hours"].unique())
    at = _places(data, "mean", loads)
    fig, axes = style.subplots(
        1, len(scales), height=0.78 * (max(at.values()) + 1) + 1.25, sharey=True, sharex=True
    )
    kinds = [(gender, flexible) for gender in genders for flexible in hours]
    shifts = np.linspace(-0.33, 0.33, len(kinds))
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
            y = [at[load] + shift for load in rows["care_load"]]
            _dots(ax, rows, "mean", y, looks[kind])
            _counts(ax, rows, "mean", y, words)
        ax.set_title(words.label("scale", scale))
        ax.grid(axis="x")
        ax.set_xlabel(words("mean_1_7"))
        _not_shown(ax, data[data["scale"] == scale], "mean", at, words)
        _room(ax, data, "mean", 0.2)
    for ax in np.atleast_1d(axes):
        _rows(ax, [words.label("care_load", load) for load in loads], at)
        _ticks(ax, words, "number")
    names = [words(f"{gender}_flexible_{flexible}") for gender, flexible in kinds]
    fig.legend([_mark(**looks[kind]) for kind in kinds], names, loc="outside upper left", ncols=2)
    return fig


def comparisons(data: pd.DataFrame, words: Words) -> Figure:
    """Differences between groups with zero marked: columns contrast, scale, status, difference, low, high, n."""
    contrasts, scales = list(data["contrast"].unique()), list(data["scale"].unique())
    fig, ax = style.subplots(height=0.34 * len(data) + 1.1)
    shifts = dict(zip(scales, np.linspace(-0.17, 0.17, len(scales)) if len(scales) > 1 else [0.0]))
    # the first two looks stand for women and men in the other figures
    colours, markers = (
        dict(zip(scales, look[2:])) for look in (style.palette(len(scales) + 2), style.MARKERS)
    )
    for scale in scales:
        for status in ("primary", "exploratory"):
            rows = data[(data["scale"] == scale) & (data["status"] == status)]
            y = [contrasts.index(contrast) + shifts[scale] for contrast in rows["contrast"]]
            _dots(ax, rows, "difference", y, _look(colours[scale], markers[scale], status == "primary"))
            _counts(ax, rows, "difference", y, words)
    _room(ax, data, "difference", 0.1)
    ax.axvline(0, color=style.INK, linewidth=0.9)
    ax.grid(axis="x")
    _rows(ax, [words.label("contrast", contrast) for contrast in contrasts])
    ax.set_xlabel(words("difference_points"))
    _ticks(ax, words, "number", most=9)
    pairs = data[["scale", "status"]].drop_duplicates()
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
    for ax, loss in zip(np.atleast_1d(axes), losses):
        rows = data[data["loss"] == loss].set_index("gender").loc[genders]
        _bars(ax, rows, words, 1)
        _rows(ax, [_with_n(words, words.label("gender", g), n) for g, n in zip(genders, rows["n"])])
        ax.set_title(words.label("loss", loss))
        ax.set_xlabel(words(f"share_of_{loss}"))
        ax.set_xlim(0, _reach(data, 1.3))
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
        widest = part.assign(end=_ends(part, "mean")).sort_values("end").groupby("care_load", observed=True)
        last = widest.tail(1)
        _counts(ax, last, "mean", [loads.index(load) for load in last["care_load"]], words)
        _room(ax, part, "mean", 0.34)
        ax.set_title(words.label("scale", scale), fontsize=9)
        ax.set_xlabel(words(f"range_{scale}"))
        ax.grid(axis="x")
        _not_shown(ax, part, "mean", {load: float(i) for i, load in enumerate(loads)}, words)
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


def _bars(ax: Axes, rows: pd.DataFrame, words: Words, digits: int) -> None:
    """One bar a row (index: gender), with its interval and its value; a missing one says that it is not shown."""
    y, colours = np.arange(len(rows)), [*style.palette(max(len(rows) - 1, 1)), style.MUTED][: len(rows)]
    tints = [(colour, TINT) for colour in colours]
    ax.barh(y, rows["share"].fillna(0), color=tints, edgecolor=colours, linewidth=0.8, height=0.62)
    if "low" in rows:
        _whiskers(ax, rows, "share", y, style.INK)
    for place, end, value in zip(y, _ends(rows, "share"), rows["share"]):
        told = words.number(value, "share", digits) if np.isfinite(value) else words("not_shown")
        ax.annotate(told, (0 if np.isnan(end) else end, place), (4, 0), textcoords="offset points", va="center",
                    fontsize=8.5 if np.isfinite(value) else 8, color=style.INK if np.isfinite(value) else style.MUTED)  # fmt: skip


def _ends(rows: pd.DataFrame, measure: str) -> pd.Series:
    """Where each mark ends on the right: at its upper bound, or at itself where it has none."""
    return (rows["high"].fillna(rows[measure]) if "high" in rows else rows[measure]).astype(float)


def _reach(data: pd.DataFrame, room: float) -> float:
    return room * float(np.nanmax([*_ends(data, "share"), 0.01]))


def _counts(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, words: Words) -> None:
    """Beside each mark, the number of answers behind it."""
    for end, place, value, n in zip(_ends(rows, measure), y, rows[measure], rows["n"]):
        if np.isfinite(value) and np.isfinite(n):
            ax.annotate(f"n = {words.number(n, 'count', 0)}", (end, place), (5, 0), textcoords="offset points",
                        va="center", fontsize=7.5, color=style.MUTED)  # fmt: skip


def _room(ax: Axes, data: pd.DataFrame, measure: str, share: float) -> None:
    """Limits just beyond the marks and their intervals, with room on the right for the counts."""
    low = data["low"].fillna(data[measure]) if "low" in data else data[measure]
    bounds = np.array([*low, *_ends(data, measure)], dtype=float)
    if np.isfinite(bounds).any():
        first, last = np.nanmin(bounds), np.nanmax(bounds)
        wide = max(last - first, 1e-9)
        ax.set_xlim(first - 0.05 * wide, last + (0.05 + share) * wide)


def _places(data: pd.DataFrame, measure: str, order: list[str]) -> dict[str, float]:
    """The height at which each row stands; rows without any value are lower."""
    shown = data.groupby("care_load", sort=False, observed=True)[measure].count()
    heights = np.array([1.0 if shown.get(label, 0) else EMPTY for label in order])
    return dict(zip(order, np.cumsum(heights) - heights / 2 - 0.5))


def _not_shown(ax: Axes, rows: pd.DataFrame, measure: str, at: Mapping[str, float], words: Words) -> None:
    """Say so on each row whose every value has been suppressed."""
    shown = rows.groupby("care_load", sort=False, observed=True)[measure].count()
    for label in shown.index[shown == 0]:
        ax.text(0.03, at[label], words("not_shown"), transform=ax.get_yaxis_transform(), va="center",
                color=style.MUTED, fontsize=8)  # fmt: skip


def _rows(ax: Axes, labels: list[str], at: Mapping[str, float] | None = None) -> None:
    places = list(at.values()) if at else list(range(len(labels)))
    ax.set_yticks(places, labels)
    ax.set_ylim(places[-1] + 0.55, -0.55)
    ax.tick_params(axis="y", length=0)


def _ticks(ax: Axes, words: Words, unit: str, most: int = 5) -> None:
    """At most so many round intervals, with the digits that tell their ticks apart."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    step = float(np.diff(ax.get_xticks()[:2])[0]) * (100 if unit == "share" else 1)
    words.axis(ax.xaxis, unit, max(0, int(-np.floor(np.log10(step) + 1e-9))))


def _with_n(words: Words, label: str, n: float, form: str = "\n{}") -> str:
    return label + form.format(f"n = {words.number(n, 'count', 0)}") if np.isfinite(n) else label


def _mark(**look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", markeredgewidth=1.2, **look)
