"""Which places are meant, and how results spread over them."""

import pandas as pd
import pytest

from analysis import places
from analysis.errors import ParameterError
from analysis.scaling import scope

from .conftest import town


@pytest.fixture(scope="module")
def italy() -> pd.DataFrame:
    return pd.read_parquet(places.data() / "territory" / "municipalities.parquet")


@pytest.mark.parametrize(
    ("area", "place", "count", "name"),
    [
        ("municipality", "015146", 1, "Milano"),
        ("province", "Bergamo", 243, "Bergamo"),
        ("province", "016", 243, "Bergamo"),
        ("region", "valle d'aosta", 74, "Valle d'Aosta/Vallée d'Aoste"),
        ("country", "", 7904, ""),
    ],
)
def test_a_place_is_found_by_name_half_a_name_or_code(italy, area, place, count, name):
    found = scope.select(italy, area, place)
    assert (len(found.territory), found.name) == (count, name)


def test_without_a_place_the_study_s_own_is_meant_else_the_most_populous(italy):
    assert scope.select(italy, "region", home="015146").name == "Lombardia"
    assert scope.select(italy, "municipality").name == "Roma"


def test_an_unknown_place_names_the_nearest(italy):
    with pytest.raises(ParameterError, match="Bergamo"):
        scope.select(italy, "province", "Bergamoo")
    with pytest.raises(ParameterError, match="municipality, province"):
        scope.select(italy, "continent")


def test_namesakes_are_refused(italy):
    with pytest.raises(ParameterError, match="Livo"):
        scope.select(italy, "municipality", "Livo")


def test_home_is_where_most_bodies_are(italy):
    assert scope.home(italy, pd.Series(["Milano", "Milano", "Bergamo", None])) == "015146"
    assert scope.home(italy, pd.Series(["Nowhere"])) == ""


def test_nested_areas_leave_out_those_that_add_nothing():
    region = pd.DataFrame([town("001001", 5, 5), town("001002", 9, 9)])
    assert [each.area for each in scope.nested(region)] == ["municipality", "province"]


def test_classes_of_size_hold_every_municipality_once():
    frame = pd.DataFrame(
        {
            "residents": [4_999, 5_000, 60_000, 200_000],
            "eligible": [100.0, 100, 600, 3_200],
            "share": [0.02, 0.02, 0.01, 0.016],
        }
    )
    table = scope.by_size(frame).set_index("size")
    assert table["municipalities"].to_dict() == {"0": 1, "5000": 1, "50000": 1, "100000": 1}
    assert table["of_all"].tolist() == pytest.approx([0.025, 0.025, 0.15, 0.8])


def test_sums_by_province_come_largest_first():
    frame = pd.DataFrame({"province": ["A", "B", "B"], "residents": [10, 20, 20], "eligible": [1.0, 1, 1]})
    table = scope.by_area(frame, "province", 1)
    assert table.loc[0, ["province", "municipalities", "eligible", "share"]].tolist() == ["B", 2, 2.0, 0.05]
