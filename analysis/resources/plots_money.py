"""Pictures of the money and of the plan: pledged and received, targets and results, the reserve, how far income hangs on few. They draw; they compute nothing but positions.

Each takes a protected table of this room and the words of one language; a suppressed cell is missing and leaves its place empty.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

PALE = "#e4eef3"
AHEAD = 12.0  # months of the projection that are drawn at most
LONG = 7  # characters of a semester's label beyond which it is slanted
ROOM = 1.42  # width of the axis of shares, of which the part beyond 1 holds the figures


def pledged_received(data: pd.DataFrame, words: Words) -> Figure:
    """One panel a form of contribution, in its own unit: by semester what was pledged (hatched) beside what was received (filled).

    Columns: semester, kind, unit, pledged, received (`flows(money, ("semester", "kind")).long()`).
    """
    panels = [tuple(pair) for pair in data[["kind", "unit"]].drop_duplicates().to_numpy()]
    semesters = list(dict.fromkeys(data["semester"].astype(str)))
    fig, axes = _panels(len(panels))
    for ax, (kind, unit) in zip(axes, panels):
        own = data[(data["kind"] == kind) & (data["unit"] == unit)].set_index("semester")
        own = own.reindex(semesters)
        _pair(ax, own["pledged"], own["received"])
        _semesters(ax, semesters, words)
        _scale(ax, [*own["pledged"], *own["received"]], 1.06)
        ax.set_title(words.label("contribution", kind))
        ax.set_ylabel(words.label("measure", unit))
        words.axis(ax.yaxis, "number")
    _finish(fig, axes, ("pledged", "received"), words)
    return fig


def _looks() -> dict[str, dict[str, Any]]:
    blue, orange = style.palette(2)
    return {
        "pledged": {"facecolor": "white", "edgecolor": orange, "hatch": style.HATCHES[1], "linewidth": 0.9},
        "received": {"facecolor": blue, "edgecolor": blue, "linewidth": 0.9},
        "target": {"facecolor": "white", "edgecolor": style.MUTED, "linewidth": 1.1},
        "result": {"facecolor": style.ACCENT, "edgecolor": style.ACCENT},
    }


def _pair(ax: Axes, pledged: pd.Series, received: pd.Series) -> None:
    at = np.arange(len(pledged))
    for values, left, key in ((pledged, -0.2, "pledged"), (received, 0.2, "received")):
        height = values.to_numpy(dtype=float)
        told = np.isfinite(height)
        ax.bar(at[told] + left, height[told], 0.38, **_looks()[key])


def targets_results(data: pd.DataFrame, words: Words) -> Figure:
    """One panel a resource, in its own unit: by semester of the deadline the target (wide empty bar), what was reached (narrow filled one) and their ratio.

    Columns: semester, resource, target, result, share, unit (`Plan.by_semester`).
    """
    resources = list(dict.fromkeys(data.sort_values("resource", key=_rank, kind="stable")["resource"]))
    semesters, looks = list(dict.fromkeys(data["semester"].astype(str))), _looks()
    fig, axes = _panels(len(resources))
    for ax, resource in zip(axes, resources):
        own = data[data["resource"] == resource].set_index("semester").reindex(semesters)
        target, result, share = (own[name].to_numpy(dtype=float) for name in ("target", "result", "share"))
        at = np.arange(len(semesters))
        has, got = np.isfinite(target), np.isfinite(result)
        ax.bar(at[has], target[has], 0.72, **looks["target"])
        ax.bar(at[got], result[got], 0.36, **looks["result"])
        for x in at[np.isfinite(share)]:
            higher = np.nanmax([target[x], result[x]])
            ax.annotate(words.number(share[x], "share", 0), (x, higher), (0, 2), textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
        _semesters(ax, semesters, words)
        _scale(ax, [*target, *result], 1.2)
        ax.set_title(words.label("resource", resource))
        ax.set_ylabel(words.label("measure", str(own["unit"].dropna().iloc[0])))
        words.axis(ax.yaxis, "number")
    _finish(fig, axes, ("target", "result"), words)
    return fig


def _finish(fig: Figure, axes: Sequence[Axes], keys: Sequence[str], words: Words) -> None:
    """The legend above all panels; the name of the horizontal axis below the lowest of each column."""
    from matplotlib.patches import Patch

    for ax in axes[-2:]:
        ax.set_xlabel(words("semester"))
    handles = [Patch(**_looks()[key], label=words(key)) for key in keys]
    fig.legend(handles=handles, loc="outside upper left", ncols=len(keys))


def _rank(resources: pd.Series) -> pd.Series:
    order = ("money", "goods", "space", "skill", "time", "relations")
    return resources.map({code: k for k, code in enumerate(order)}).fillna(len(order))


def reserve(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Above, the reserve at the end of each month, the months that the burn averages (shaded) and where it leads if they went on; below, cash received and spent.

    `data`: months (month, received, spent, reserve: `Reserve.table`), runway (one row: window, reserve, burn, runway, state: `Reserve.runways`).
    """
    months, runway = data["months"], data["runway"].iloc[0]
    held = months["reserve"].to_numpy(dtype=float)
    at = np.arange(len(months))
    fig, (above, below) = style.subplots(
        2, 1, height=4.4, sharex=True, gridspec_kw={"height_ratios": [1.7, 1]}
    )
    colours = style.palette(2)
    window = float(runway["window"])
    above.axvspan(
        at[-1] - window + 0.5, at[-1] + 0.5, facecolor=PALE, edgecolor=style.MUTED, linewidth=0.6, zorder=0
    )
    above.axhline(0, color=style.MUTED, linewidth=0.8)
    above.plot(
        at, held, color=style.ACCENT, marker=style.MARKERS[0], markersize=3.5, label=words("reserve_end")
    )
    burn = float(runway["burn"])
    last = float(at[-1])
    if np.isfinite(burn) and burn > 0 and np.isfinite(held[-1]) and held[-1] > 0:
        ahead = min(held[-1] / burn, AHEAD)
        above.plot([last, last + ahead], [held[-1], held[-1] - burn * ahead], color=colours[1], linestyle=(0, (4, 2)), label=words("if_it_went_on"))  # fmt: skip
        last += ahead
    above.set_title(_lasts(runway, words), fontsize=9, fontweight="normal")
    above.set_ylabel(words("reserve_axis"))
    came, went = (months[name].to_numpy(dtype=float) for name in ("received", "spent"))
    below.bar(at, np.nan_to_num(came), 0.8, facecolor=colours[0], edgecolor=colours[0], linewidth=0.6, label=words("cash_received"))  # fmt: skip
    below.bar(at, -np.nan_to_num(went), 0.8, facecolor="white", edgecolor=colours[1], hatch=style.HATCHES[1], linewidth=0.6, label=words("cash_spent"))  # fmt: skip
    below.axhline(0, color=style.MUTED, linewidth=0.8)
    below.set_ylabel(words("month_axis"))
    for ax in (above, below):
        words.axis(ax.yaxis, "euro")
        ax.grid(axis="y")
        ax.locator_params(axis="y", nbins=6)
    low, high = np.nanmin([*held, 0.0]), np.nanmax([*held, 1.0])
    above.set_ylim(low - 0.05 * (high - low), high + 0.08 * (high - low))
    below.set_xlim(-0.8, last + 0.8)
    step = next((each for each in (1, 2, 3, 6) if len(months) <= 8 * each), 12)
    below.set_xticks(at[::step], [_month(text) for text in months["month"].iloc[::step]])
    handles = [pair for ax in (above, below) for pair in zip(*ax.get_legend_handles_labels())]
    fig.legend([h for h, _ in handles], [t for _, t in handles], loc="outside upper left", ncols=2)
    return fig


def _month(day: object) -> str:
    year, month = str(day)[:7].split("-")
    return f"{month}/{year}"


def _lasts(runway: Any, words: Words) -> str:
    """What the picture says of the runway, in words."""
    window = words.number(float(runway["window"]), "months", 0)
    state = words.label("runway_state", runway["state"])
    if pd.isna(runway["runway"]):
        return words("runway_none", window=window, state=state)
    return words("runway_told", window=window, months=words.number(float(runway["runway"]), "months"), burn=words.number(float(runway["burn"]), "euro"))  # fmt: skip


def concentration(data: pd.DataFrame, words: Words) -> Figure:
    """One bar a funder, largest first: its share; the line adds the shares up. Both figures stand on the right.

    Columns: rank, funder (empty: not named), funders, share, cumulative (`Concentration.ranked`).
    """
    share, cumulative = (data[name].to_numpy(dtype=float) for name in ("share", "cumulative"))
    at = np.arange(len(data))
    names = [_wrap(_funder(row, words), 40) for _, row in data.iterrows()]
    lines = max(name.count("\n") for name in names) + 1
    fig, ax = style.subplots(height=1.35 + (0.17 + 0.14 * lines) * max(len(data), 2))
    colours = style.palette(2)
    told = np.isfinite(share)
    ax.barh(at[told], share[told], height=0.62, color=style.ACCENT, label=words("share"))
    ax.plot(cumulative, at, color=colours[1], marker=style.MARKERS[1], markersize=4.5, linewidth=1.2, label=words("cumulative"))  # fmt: skip
    for values, x in ((share, 1.19), (cumulative, 1.4)):
        for y in at[np.isfinite(values)]:
            ax.text(x, y, words.number(values[y], "share"), ha="right", va="center", fontsize=8)
    for x, key in ((1.19, "share"), (1.4, "cumulative")):
        ax.text(x, -0.85, _wrap(words(key), 8), ha="right", va="bottom", fontsize=8, color=style.MUTED)
    ax.set_yticks(at, names, linespacing=0.95)
    ax.set_ylim(len(data) - 0.4, -0.75)
    ax.set_xlim(0, ROOM)
    ax.set_xticks(np.arange(0, 1.01, 0.2))
    ax.spines["bottom"].set_bounds(0, 1)
    ax.vlines(np.arange(0.2, 1.01, 0.2), -0.75, len(data) - 0.4, color=style.GRID, linewidth=0.6, zorder=0)
    ax.tick_params(axis="y", length=0)
    words.axis(ax.xaxis, "share")
    ax.set_xlabel(words("share_axis"), loc="left")
    handles, labels = ax.get_legend_handles_labels()
    fig.legend(handles[::-1], labels[::-1], loc="outside upper left", ncols=2)
    return fig


def _funder(row: Any, words: Words) -> str:
    if row["funder"] == "others":
        return words("other_funders", n=words.number(row["funders"], "count"))
    if pd.isna(row["funder"]):
        return words("funder_unnamed", rank=words.number(row["rank"], "count"))
    return words.label("funder", row["funder"])


def _panels(count: int) -> tuple[Figure, Sequence[Axes]]:
    """`count` panels, two a row, the last place of an odd number empty."""
    rows = (count + 1) // 2
    fig, grid = style.subplots(rows, min(count, 2), height=0.5 + 1.75 * rows, squeeze=False)
    axes = list(grid.ravel())
    for ax in axes[count:]:
        ax.remove()
    return fig, axes[:count]


def _semesters(ax: Axes, codes: Sequence[str], words: Words) -> None:
    labels = [words.label("semester", code) for code in codes]
    if max(map(len, labels)) > LONG:
        ax.set_xticks(range(len(codes)), [_wrap(text, 14) for text in labels], rotation=35, ha="right", rotation_mode="anchor", fontsize=8, linespacing=0.95)  # fmt: skip
    else:
        ax.set_xticks(range(len(codes)), labels)
    ax.set_xlim(-0.6, len(codes) - 0.4)
    ax.tick_params(axis="x", length=0)
    ax.locator_params(axis="y", nbins=5)
    ax.grid(axis="y")


def _scale(ax: Axes, values: Sequence[float], room: float) -> None:
    """From nought to a little above the highest; no scale where nothing is told."""
    top = np.nanmax([*values, 0.0])
    ax.set_ylim(0, top * room if top > 0 else 1.0)
    if not top > 0:
        ax.set_yticks([0] if np.isfinite(np.asarray(values, dtype=float)).any() else [])


def _wrap(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text
