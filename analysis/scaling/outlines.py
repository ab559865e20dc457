"""Outlines of provinces under a map: rings of `lon`, `lat`, as `outlines()` of a study's territory gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from matplotlib.collections import LineCollection

COLOUR = "#8a939b"  # three to one against white, and lighter than any circle's edge
THIN = 0.5
COLUMNS = ("province", "ring", "lon", "lat")


def within(outlines: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """The rings of the provinces that `places` (column province) lie in, for a map: province, ring, lon, lat."""
    frame = outlines.loc[outlines["province"].isin(places["province"]), list(COLUMNS)].reset_index(drop=True)
    frame.attrs["columns"] = {
        "province": {"labels": "province"},
        "ring": {"labels": "ring"},
        "lon": {"unit": "position"},
        "lat": {"unit": "position"},
    }
    return frame


def extent(outlines: pd.DataFrame, places: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Least and greatest longitude, and latitude, of the places and of the rings around them."""
    both = pd.concat([outlines[["lon", "lat"]], places[["lon", "lat"]]])
    low, high = both.min(), both.max()
    return (float(low["lon"]), float(high["lon"])), (float(low["lat"]), float(high["lat"]))


def draw(
    ax: Any, outlines: pd.DataFrame, inside: tuple[tuple[float, float], tuple[float, float]]
) -> LineCollection:
    """Thin grey rings, in one collection under everything else; a ring wholly outside `inside` (longitudes, latitudes) is not drawn, and the axes cut the others. The limits of the axes stay as they are."""
    from matplotlib.collections import LineCollection

    (west, east), (south, north) = inside
    first = outlines[["province", "ring"]].ne(outlines[["province", "ring"]].shift()).any(axis=1).to_numpy()
    rings = np.split(outlines[["lon", "lat"]].to_numpy(float), np.flatnonzero(first)[1:])
    seen = [
        ring
        for ring in rings
        if len(ring)
        and ring[:, 0].max() >= west
        and ring[:, 0].min() <= east
        and ring[:, 1].max() >= south
        and ring[:, 1].min() <= north
    ]
    lines = LineCollection(seen, colors=COLOUR, linewidths=THIN, zorder=0.5, joinstyle="round")
    ax.add_collection(lines, autolim=False)
    return lines
