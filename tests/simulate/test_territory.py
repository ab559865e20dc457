import pandas as pd

from analysis.simulate import draw, territory
from analysis.study import territory as national


def test_about_three_hundred_invented_municipalities(drawn):
    towns = drawn.tables["territory"]
    assert len(towns) == 300
    assert towns["code"].is_unique
    assert towns["name"].is_unique
    assert towns["province"].nunique() == 4
    assert (territory.inhabitants(towns) > 0).all()
    assert towns["area_km2"].gt(0).all()


def test_no_invented_name_is_that_of_a_real_municipality():
    names = draw.catalogue()["territory"]
    made = {first + last for first in names["first"] for last in names["last"]} | set(names["provinces"])
    real = set(pd.read_parquet(national.national_file(), columns=["name"])["name"].str.casefold())
    assert {name.casefold() for name in made} & real == set()


def test_coordinates_lie_in_the_open_atlantic(drawn):
    towns = drawn.tables["territory"]
    assert towns["lon"].between(-33, -27).all()
    assert towns["lat"].between(43, 47).all()


def test_quarters_add_up_to_the_city(drawn):
    places = drawn.tables["places"]
    city = places.loc[places["kind"].eq("city"), "population"].item()
    assert places.loc[places["kind"].eq("district"), "population"].sum() == city
    assert territory.inhabitants(drawn.tables["territory"]).iloc[0] == city
