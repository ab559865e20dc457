"""Figures of two waves: means of the same persons, and who came back; each draws a protected table and computes nothing from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.survey import marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words


def slope(data: pd.DataFrame, words: Words) -> Figure:
    """Means of the same persons at each wave, one panel a scale and one line a care load: columns scale, wave, care_load, mean, low, high, n."""
    scales, loads, waves = (list(data[name].unique()) for name in ("scale", "care_load", "wave"))
    fig, axes = style.subplots(1, len(scales), height=3.0)
    looks = {
        load: marks.look(colour, marker, True)
        for load, colour, marker in zip(loads, style.palette(len(loads)), style.MARKERS)
    }
    shifts = dict(zip(loads, np.linspace(-0.09, 0.09, len(loads)) if len(loads) > 1 else [0.0]))
    for ax, scale in zip(np.atleast_1d(axes), scales):
        part = data[data["scale"] == scale]
        ends = {}
        for load in loads:
            rows = part[part["care_load"] == load].set_index("wave").reindex(waves)
            x = np.arange(len(waves)) + shifts[load]
            if rows["mean"].isna().any():
                continue
            colour = looks[load]["color"]
            if "low" in rows:
                bounds = [(rows["mean"] - rows["low"]).to_numpy(), (rows["high"] - rows["mean"]).to_numpy()]
                ax.errorbar(x, rows["mean"], yerr=bounds, fmt="none", ecolor=colour, elinewidth=1.0, zorder=2)
            ax.plot(x, rows["mean"], linewidth=1.3, zorder=3, markeredgewidth=1.2, **looks[load])
            ends[load] = (float(rows["mean"].iloc[-1]), float(rows["n"].iloc[-1]))
        _counts(ax, ends, len(waves) - 1, {load: looks[load]["color"] for load in loads}, words)
        ax.set_title(words.label("scale", scale), fontsize=9)
        ax.set_ylabel(words(f"range_{scale}"))
        ax.set_xlim(-0.25, len(waves) - 1 + 0.62)
        ax.set_xticks(range(len(waves)), [words.label("wave", wave).replace(" ", "\n", 1) for wave in waves])
        ax.tick_params(axis="x", length=0)
        ax.grid(axis="y")
        words.axis(ax.yaxis, "number", 0 if np.ptp(ax.get_yticks()) > 10 else 1)
    fig.legend([marks.mark(**look) for look in looks.values()], [words.label("care_load", load) for load in loads],
               loc="outside upper left", ncols=len(loads))  # fmt: skip
    return fig


def flow(data: pd.DataFrame, words: Words) -> Figure:
    """From the first wave to the second, one band a care load to those who came back and one to those who left: columns stage, care_load, persons."""
    from matplotlib.patches import Rectangle

    loads = list(data["care_load"].unique())
    counts = data.pivot(index="care_load", columns="stage", values="persons").loc[loads]
    shown = counts[["returned", "left"]].notna().all(axis=1)
    whole = float(counts.loc[shown, ["returned", "left"]].to_numpy(dtype=float).sum())
    gap = 0.035 * max(whole, 1.0)
    fig, ax = style.subplots(height=3.3)
    colours = dict(zip(loads, style.palette(len(loads))))
    start, ends = 0.0, {"returned": 0.0, "left": float(counts.loc[shown, "returned"].sum()) + 3 * gap}
    for load in loads:
        if not shown[load]:
            continue
        sizes = {stage: float(counts.loc[load, stage]) for stage in ("returned", "left")}
        total = sum(sizes.values())
        ax.add_patch(Rectangle((0, start), 0.035, total, color=colours[load]))
        ax.text(
            -0.015,
            start + total / 2,
            marks.with_n(words, words.label("care_load", load), total),
            ha="right",
            va="center",
            fontsize=8,
        )
        place = start
        for stage, size in sizes.items():
            _band(
                ax,
                (0.035, place),
                (0.93, ends[stage]),
                size,
                colours[load],
                stage == "returned",
            )
            if size > 0.03 * whole:
                ax.text(
                    0.92,
                    ends[stage] + size / 2,
                    words.number(size, "count", 0),
                    ha="right",
                    va="center",
                    fontsize=7.5,
                    color=style.letters_on(colours[load] if stage == "returned" else "#ffffff"),
                )
            place, ends[stage] = place + size, ends[stage] + size
        start += total + gap
    bounds = {"returned": (0.0, float(counts.loc[shown, "returned"].sum()))}
    bounds["left"] = (bounds["returned"][1] + 3 * gap, ends["left"])
    for stage, (low, high) in bounds.items():
        ax.add_patch(
            Rectangle((0.93, low), 0.035, high - low, color=style.INK if stage == "returned" else style.MUTED)
        )
        ax.text(
            0.98,
            (low + high) / 2,
            marks.with_n(words, words.label("stage", stage), high - low),
            ha="left",
            va="center",
            fontsize=8,
        )
    hidden = [words.label("care_load", load) for load in loads if not shown[load]]
    below = [f"{words('not_shown')}: {', '.join(hidden)}"] if hidden else []
    if "new" in counts and counts["new"].notna().all() and counts["new"].sum():
        below.append(marks.with_n(words, words.label("stage", "new"), float(counts["new"].sum()), " ({})"))
    ax.set_xlabel("; ".join([words("persons_unweighted"), *below]))
    ax.set_xlim(-0.42, 1.36)
    ax.set_ylim(max(start, ends["left"]) + gap, -gap)
    ax.set_xticks([])
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
    return fig


def _band(
    ax: Axes, start: tuple[float, float], end: tuple[float, float], size: float, colour: str, filled: bool
) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    (x0, y0), (x1, y1) = start, end
    middle = (x0 + x1) / 2
    points = [
        (x0, y0), (middle, y0), (middle, y1), (x1, y1),
        (x1, y1 + size), (middle, y1 + size), (middle, y0 + size), (x0, y0 + size), (x0, y0),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(
        PathPatch(
            Path(points, codes), facecolor=colour if filled else "white", edgecolor=colour, linewidth=1.0
        )
    )


def _counts(
    ax: Axes, ends: dict[str, tuple[float, float]], x: float, colours: dict[str, str], words: Words
) -> None:
    """The number of answers beside the end of each line, moved apart where they would touch."""
    if not ends:
        ax.text(
            0.5, 0.5, words("not_shown"), transform=ax.transAxes, ha="center", color=style.MUTED, fontsize=8
        )
        return
    low, high = ax.get_ylim()
    least = 0.06 * (high - low)
    place = -np.inf
    for _load, (value, n) in sorted(ends.items(), key=lambda item: item[1][0]):
        place = max(place + least, value)
        ax.text(
            x + 0.17,
            place,
            f"n = {words.number(n, 'count', 0)}",
            va="center",
            fontsize=7.5,
            color=style.INK,
        )
