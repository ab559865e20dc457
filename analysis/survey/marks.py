"""What the survey's figures have in common: marks with intervals, counts beside them, rows, ticks; nothing is computed from the answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from analysis.evidence.words import Words

TINT = 0.4  # opacity of a bar: its interval stays visible on it, in grey print too
EMPTY = 0.5  # height of a row that shows nothing, as a part of the others'


def look(colour: str, marker: str, filled: bool) -> dict[str, Any]:
    return {"color": colour, "marker": marker, "markerfacecolor": colour if filled else "white"}


def dots(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, look: dict[str, Any]) -> None:
    if "low" in rows:
        whiskers(ax, rows, measure, y, look["color"])
    ax.plot(rows[measure], y, linestyle="", zorder=3, markeredgewidth=1.2, **look)


def whiskers(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, colour: str) -> None:
    bounds = [(rows[measure] - rows["low"]).to_numpy(), (rows["high"] - rows[measure]).to_numpy()]
    ax.errorbar(rows[measure], y, xerr=bounds, fmt="none", ecolor=colour, elinewidth=1.1, capsize=0, zorder=2)


def bars(ax: Axes, rows: pd.DataFrame, words: Words, digits: int) -> None:
    """One bar a row (index: gender), with its interval and its value; a missing one says that it is not shown."""
    y, colours = np.arange(len(rows)), [*style.palette(max(len(rows) - 1, 1)), style.MUTED][: len(rows)]
    tints = [(colour, TINT) for colour in colours]
    ax.barh(y, rows["share"].fillna(0), color=tints, edgecolor=colours, linewidth=0.8, height=0.62)
    if "low" in rows:
        whiskers(ax, rows, "share", y, style.INK)
    for place, end, value in zip(y, ends(rows, "share"), rows["share"]):
        told = words.number(value, "share", digits) if np.isfinite(value) else words("not_shown")
        ax.annotate(told, (0 if np.isnan(end) else end, place), (4, 0), textcoords="offset points", va="center",
                    fontsize=8.5 if np.isfinite(value) else 8, color=style.INK if np.isfinite(value) else style.MUTED)  # fmt: skip


def ends(rows: pd.DataFrame, measure: str) -> pd.Series:
    """Where each mark ends on the right: at its upper bound, or at itself where it has none."""
    return (rows["high"].fillna(rows[measure]) if "high" in rows else rows[measure]).astype(float)


def reach(data: pd.DataFrame, room: float) -> float:
    return room * float(np.nanmax([*ends(data, "share"), 0.01]))


def counts(ax: Axes, rows: pd.DataFrame, measure: str, y: Any, words: Words) -> None:
    """Beside each mark, the number of answers behind it."""
    for end, place, value, n in zip(ends(rows, measure), y, rows[measure], rows["n"]):
        if np.isfinite(value) and np.isfinite(n):
            ax.annotate(f"n = {words.number(n, 'count', 0)}", (end, place), (5, 0), textcoords="offset points",
                        va="center", fontsize=7.5, color=style.MUTED)  # fmt: skip


def room(ax: Axes, data: pd.DataFrame, measure: str, share: float) -> None:
    """Limits just beyond the marks and their intervals, with room on the right for the counts."""
    low = data["low"].fillna(data[measure]) if "low" in data else data[measure]
    bounds = np.array([*low, *ends(data, measure)], dtype=float)
    if np.isfinite(bounds).any():
        first, last = np.nanmin(bounds), np.nanmax(bounds)
        wide = max(last - first, 1e-9)
        ax.set_xlim(first - 0.05 * wide, last + (0.05 + share) * wide)


def places(data: pd.DataFrame, measure: str, order: list[str], field: str = "care_load") -> dict[str, float]:
    """The height at which each row stands; rows without any value are lower."""
    shown = data.groupby(field, sort=False, observed=True)[measure].count()
    heights = np.array([1.0 if shown.get(label, 0) else EMPTY for label in order])
    return dict(zip(order, np.cumsum(heights) - heights / 2 - 0.5))


def not_shown(
    ax: Axes,
    rows: pd.DataFrame,
    measure: str,
    at: Mapping[str, float],
    words: Words,
    field: str = "care_load",
) -> None:
    """Say so on each row whose every value has been suppressed."""
    shown = rows.groupby(field, sort=False, observed=True)[measure].count()
    for label in shown.index[shown == 0]:
        ax.text(0.03, at[label], words("not_shown"), transform=ax.get_yaxis_transform(), va="center",
                color=style.MUTED, fontsize=8)  # fmt: skip


def rows(ax: Axes, labels: list[str], at: Mapping[str, float] | None = None) -> None:
    places = list(at.values()) if at else list(range(len(labels)))
    ax.set_yticks(places, labels)
    ax.set_ylim(places[-1] + 0.55, -0.55)
    ax.tick_params(axis="y", length=0)


def ticks(ax: Axes, words: Words, unit: str, most: int = 5) -> None:
    """At most so many round intervals, with the digits that tell their ticks apart."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 5, 10]))
    step = float(np.diff(ax.get_xticks()[:2])[0]) * (100 if unit.startswith("share") else 1)
    words.axis(ax.xaxis, unit, max(0, int(-np.floor(np.log10(step) + 1e-9))))


def with_n(words: Words, label: str, n: float, form: str = "\n{}") -> str:
    return label + form.format(f"n = {words.number(n, 'count', 0)}") if np.isfinite(n) else label


def mark(**look: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], linestyle="", markeredgewidth=1.2, **look)


def patch(colour: str) -> Any:
    """A patch of colour for a legend."""
    from matplotlib.patches import Patch

    return Patch(facecolor=colour)


def hatched() -> Any:
    """The mark of what is not shown, for a legend."""
    from matplotlib.patches import Patch

    return Patch(facecolor="white", edgecolor=style.MUTED, hatch="///", linewidth=0)
