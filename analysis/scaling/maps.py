"""What every map of municipalities shares: the sheet, outlines of provinces, names that keep clear of one another, circles of proportional area, the scale bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

Ends = tuple[tuple[float, float], tuple[float, float]]

KM_PER_DEGREE = 111.195  # mean length of a degree of latitude
LARGEST = 800.0  # area of the largest circle, square points
EDGED = (
    2.0  # radius in points above which a circle has a white edge; a smaller one would lose its colour to it
)
NAMED = 8
COLOUR = "#8a939b"  # of outlines: three to one against white, and lighter than any circle's edge
THIN = 0.5


def within(outlines: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The rings of the provinces that `places` (column province) lie in, for a map: ring (numbered through all provinces), lon, lat.

    `outlines`: of a study's territory (`Study.outlines`): province, ring (numbered in each province), lon, lat.
    """
    kept = outlines[outlines["province"].isin(places["province"])]
    rings = kept.groupby(["province", "ring"], sort=False).ngroup().to_numpy() + 1
    frame = pd.DataFrame({"ring": rings, "lon": kept["lon"].to_numpy(), "lat": kept["lat"].to_numpy()})
    position = {"unit": "position"}
    frame.attrs["columns"] = {
        "ring": {"unit": "number", "digits": 0},
        "lon": position,
        "lat": position,
    }
    return frame


def extent(places: pd.DataFrame, rings: pd.DataFrame | None = None) -> Ends:
    """Least and greatest longitude, and latitude, of the places and of the rings around them."""
    both = places[["lon", "lat"]] if rings is None else pd.concat([rings[["lon", "lat"]], places[["lon", "lat"]]])  # fmt: skip
    low, high = both.min(), both.max()
    return (float(low["lon"]), float(high["lon"])), (float(low["lat"]), float(high["lat"]))


def stretch(places: pd.DataFrame) -> float:
    """A degree of longitude in degrees of latitude, at the middle of the places."""
    return float(np.cos(np.radians(places["lat"].mean())))


def sheet(
    places: pd.DataFrame, rings: pd.DataFrame | None, key: float, heights: tuple[float, float] = (3.4, 6.2)
) -> tuple[Figure, Axes, Axes]:
    """A figure as tall as the territory asks, within `heights` inches: axes for the map, and for its key, `key` to 4 as wide."""
    wide, high = extent(places, rings)
    tall = np.ptp(high) / max(np.ptp(wide) * stretch(places), 1e-9)
    height = float(np.clip(0.5 + 4.4 * tall, *heights))
    fig, (ax, beside) = style.subplots(cols=2, height=height, gridspec_kw={"width_ratios": [4.0, key]})
    return fig, ax, beside


def finish(
    ax: Axes,
    places: pd.DataFrame,
    rings: pd.DataFrame | None,
    named: pd.DataFrame,
    title: str,
    words: Words,
    margin: float = 0.06,
) -> None:
    """Over the circles drawn before: proportions, outlines beneath, the names of `named` (name, lon, lat, radius in points), title and scale bar."""
    ax.set_aspect(1 / stretch(places))
    ax.margins(margin)
    if rings is not None and len(rings):
        ends = extent(places, rings)
        draw(ax, rings, ends)
        ax.set(xlim=_widened(ends[0]), ylim=_widened(ends[1]))
    ax.set_axis_off()
    ax.set_title(title)
    for row in named.itertuples():
        ax.annotate(
            str(row.name), (row.lon, row.lat), xytext=(0, row.radius + 1.5), textcoords="offset points",
            ha="center", va="bottom", fontsize=8, path_effects=halo(),
        )  # fmt: skip
    scale_bar(ax, stretch(places), words)


def draw(ax: Axes, rings: pd.DataFrame, inside: Ends) -> LineCollection:
    """Thin grey rings, in one collection under everything else; a ring wholly outside `inside` (longitudes, latitudes) is not drawn, and the axes cut the others. The limits of the axes stay as they are."""
    from matplotlib.collections import LineCollection

    (west, east), (south, north) = inside
    first = np.flatnonzero(np.diff(rings["ring"].to_numpy())) + 1
    seen = [
        ring
        for ring in np.split(rings[["lon", "lat"]].to_numpy(float), first)
        if len(ring)
        and ring[:, 0].max() >= west
        and ring[:, 0].min() <= east
        and ring[:, 1].max() >= south
        and ring[:, 1].min() <= north
    ]
    lines = LineCollection(seen, colors=COLOUR, linewidths=THIN, zorder=0.5, joinstyle="round")
    ax.add_collection(lines, autolim=False)
    return lines


def halo() -> list[Any]:
    """A white edge around letters that stand on a picture."""
    from matplotlib import patheffects

    return [patheffects.withStroke(linewidth=2, foreground="white")]


def radius(eligible: pd.Series, top: float) -> pd.Series:
    """Radius in points of the circle whose area is in proportion, to a tenth of a point: circles of one size are drawn together."""
    return (np.sqrt(eligible / top * LARGEST) / 2).clip(lower=0.2).round(1)


def apart(data: pd.DataFrame) -> pd.DataFrame:
    """The largest places, by `eligible` in descending order, leaving out those whose name would run into that of a larger one (an estimate from the letters' number); with `radius`."""
    head = data.head(60).copy()
    wide = max(np.ptp(data["lon"]), 1e-9)
    high = max(np.ptp(data["lat"]), wide * stretch(data) / 2)
    head["radius"] = radius(head["eligible"], float(data["eligible"].max()))
    x, y = head["lon"].to_numpy() / wide, (head["lat"] / high + head["radius"] / 300).to_numpy()
    half = 0.0065 * head["name"].str.len().to_numpy() + 0.006
    chosen: list[int] = []
    for i in range(len(head)):
        clear = all(abs(x[i] - x[j]) > half[i] + half[j] or abs(y[i] - y[j]) > 0.05 for j in chosen)
        if clear and len(chosen) < NAMED:
            chosen.append(i)
    return head.iloc[chosen]


def size_key(ax: Axes, top: float, words: Words) -> Any:
    """The legend of circle areas, at the upper left of the key: round numbers of eligible people."""
    handles = [
        ax.scatter([], [], s=size / top * LARGEST, color=style.MUTED, linewidths=0, label=words.number(size, "persons"))
        for size in round_sizes(top)
    ]  # fmt: skip
    return ax.legend(
        handles=handles, title=words("eligible_title"), loc="upper left", bbox_to_anchor=(-0.25, 1.0), labelspacing=1.3,
        handletextpad=1.3, title_fontsize=8.5, alignment="left", borderaxespad=0,
    )  # fmt: skip


def round_sizes(top: float) -> list[float]:
    """Three round values for the legend of circle areas, a third or more apart, the largest not above `top`."""
    steps = np.array([m * 10.0**e for e in range(8) for m in (1, 2, 5)])
    fitting = steps[steps <= max(top, 1.0)]
    return [float(value) for value in fitting[[-1, -3, -5]]] if len(fitting) > 4 else [float(fitting[-1])]


def scale_bar(ax: Axes, stretched: float, words: Words) -> None:
    """A bar of round length, about a fifth of the width, at the lower left."""
    west, east = ax.get_xlim()
    south, north = ax.get_ylim()
    per_degree = KM_PER_DEGREE * stretched
    lengths = np.array([m * 10.0**e for e in range(4) for m in (1, 2, 5)])
    km = float(lengths[np.abs(np.log(lengths / ((east - west) * per_degree / 5))).argmin()])
    x, y = west + 0.02 * (east - west), south + 0.03 * (north - south)
    ax.plot([x, x + km / per_degree], [y, y], color=style.INK, linewidth=1.4, solid_capstyle="butt")
    ax.annotate(
        f"{words.number(km, 'number', 0)} km", (x, y), xytext=(0, 3), textcoords="offset points", fontsize=8
    )
    ax.set_xlim(west, east)
    ax.set_ylim(south, north)


def _widened(ends: tuple[float, float]) -> tuple[float, float]:
    return ends[0] - 0.03 * (ends[1] - ends[0]), ends[1] + 0.03 * (ends[1] - ends[0])
