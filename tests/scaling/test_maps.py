"""Outlines under the map: the provinces meant, the extent, and the map as before without them."""

import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from analysis.evidence import columns, style
from analysis.scaling import eligible, maps, plots, scope
from tests.evidence import contrast
from tests.scaling.test_plots import CELLS, both

SQUARE = [(8.0, 44.0), (9.8, 44.0), (9.8, 46.0), (8.0, 46.0), (8.0, 44.0)]


@pytest.fixture
def rings() -> pd.DataFrame:
    squares = [("P", 1, 0.0), ("P", 2, 20.0), ("Q", 1, 2.0), ("Far", 1, 9.0)]
    rows = [
        ("001", province, "R", ring, lon + shift, lat)
        for province, ring, shift in squares
        for lon, lat in SQUARE
    ]
    return pd.DataFrame(rows, columns=["province_code", "province", "region", "ring", "lon", "lat"])


@pytest.fixture
def found(territory) -> eligible.Eligible:
    return eligible.estimate(territory.assign(lon=[9.0, 9.4, 10.2], lat=[45.0, 45.5, 45.2]), CELLS)


def test_only_provinces_of_the_places_are_kept_and_their_columns_described(rings, territory):
    kept = maps.within(rings, territory)
    assert kept["ring"].unique().tolist() == [1, 2, 3] and len(kept) == 3 * len(SQUARE)
    roles = {column.name: column.role for column in columns.resolve(kept, None, "x", "public")}
    assert roles == {"ring": "measure", "lon": "measure", "lat": "measure"}
    assert maps.within(rings.head(0), territory).empty


def test_rings_are_one_collection_without_those_out_of_sight(rings):
    with style.house():
        _, ax = style.subplots()
        ax.set(xlim=(8, 12), ylim=(44, 46))
        lines = maps.draw(ax, maps.within(rings, rings), ((8.0, 12.0), (44.0, 46.0)))
    assert [len(path.vertices) for path in lines.get_paths()] == [5, 5]
    assert (ax.get_xlim(), ax.get_ylim()) == ((8, 12), (44, 46))


def test_the_map_shows_the_outlines_whole_and_circles_as_before(rings, found, territory):
    data = {
        "places": found.points(),
        "breaks": found.breaks(),
        "scope": scope.Scope("region", "R", found.places).named(),
    }
    bare = both(plots.eligible_map, data)
    near = maps.within(rings[rings["ring"] == 1], found.places)
    drawn = both(plots.eligible_map, data | {"outlines": near})
    assert not any(isinstance(part, LineCollection) for part in bare.axes[0].collections)
    assert sum(isinstance(part, LineCollection) for part in drawn.axes[0].collections) == 1
    (west, east), (south, north) = drawn.axes[0].get_xlim(), drawn.axes[0].get_ylim()
    assert west < 8.0 and east > 11.8 and south < 44.0 and north > 46.0
    assert contrast.faults(style.to_svg(drawn)) == []
    empty = both(plots.eligible_map, data | {"outlines": near.head(0)})
    assert empty.axes[0].get_xlim() == bare.axes[0].get_xlim()


def test_rings_of_two_provinces_with_the_same_number_are_never_one_line(rings, territory):
    """Each province numbers its own rings from 1."""
    kept = maps.within(rings, territory)
    with style.house():
        _, ax = style.subplots()
        lines = maps.draw(ax, kept, maps.extent(kept))
    assert [len(path.vertices) for path in lines.get_paths()] == [len(SQUARE)] * 3
