"""Likeness: distances that can be worked out, shares that add up, where the evidence does not carry over, conditions that nobody assessed."""

import time
import tomllib
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection

from analysis import places as folders
from analysis.errors import EstimateError
from analysis.evidence import columns, style
from analysis.evidence.words import Words
from analysis.scaling import eligible, likeness, maps, plots_likeness
from analysis.study import studies
from tests.scaling.conftest import BANDS

CELLS = pd.DataFrame({"sex": ["f", "m"], "age_from": [18, 18], "age_to": [64, 64], "value": [0.094, 0.059]})
MILAN = "015146"
SHARES = [f"of_{name}" for name in likeness.DIMENSIONS]
LANGUAGES = ("it", "en")


def words(language: str) -> Words:
    text = (folders.notebooks() / "scalability.toml").read_text(encoding="utf-8")
    own = tomllib.loads(text)["words"]
    keys = ("eligible_title", "support_title", "contribution_axis", "distance")
    own = {key: {"it": key, "en": key} for key in keys} | own
    own.setdefault("municipalities_short", {"it": "{count} comuni", "en": "{count} municipalities"})
    return Words(language, own, {}, "scalability")


@pytest.fixture
def many() -> pd.DataFrame:
    """Forty places whose people differ in number, age and area."""
    rng = np.random.default_rng(7)
    size = np.exp(rng.normal(5, 1, 40))
    ages = {band: size * np.exp(rng.normal(0, 0.2, 40)) for band in BANDS}
    frame = pd.DataFrame({"code": [f"{k:06d}" for k in range(40)]})
    frame["name"], frame["province"], frame["region"] = "T" + frame["code"], "P", "R"
    frame["lon"], frame["lat"] = rng.uniform(8, 12, 40), rng.uniform(41, 46, 40)
    frame["area_km2"] = np.exp(rng.normal(3, 0.8, 40))
    people = {f"{sex}_{band}": count.round() for sex in "fm" for band, count in ages.items()}
    return frame.assign(**people)


@pytest.fixture
def described(many) -> pd.DataFrame:
    return likeness.features(many, eligible.estimate(many, CELLS).places)


@pytest.fixture(scope="module")
def italy() -> tuple[pd.DataFrame, pd.DataFrame]:
    territory = studies.open_study("milano").territory()
    return territory, eligible.estimate(territory, CELLS).places


@pytest.fixture(scope="module")
def milan(italy) -> likeness.Likeness:
    return likeness.likeness(likeness.features(*italy), [MILAN])


def hand(values: list[list[float]]) -> pd.DataFrame:
    """Places with the two features log_residents and log_density only."""
    frame = pd.DataFrame(values, columns=["log_residents", "log_density"])
    return frame.assign(code=[f"{k:06d}" for k in range(len(frame))], residents=100.0, eligible=5.0)


def test_features_are_what_they_say(territory):
    wide = territory.assign(area_km2=[10.0, 20.0, 40.0])
    found = likeness.features(wide, eligible.estimate(wide, CELLS).places).iloc[0]
    # thirteen bands of 180 people: four under 15, five of 18-64, three of 65 and over, one of 80 and over
    assert [found["young"], found["old"], found["oldest"]] == pytest.approx([4 / 13, 3 / 13, 1 / 13])
    assert found["log_residents"] == pytest.approx(np.log(2340))
    assert found["log_density"] == pytest.approx(np.log(234))
    assert found["old_age"] == pytest.approx(3 / 5)
    assert found["eligible_share"] == pytest.approx((500 * 0.094 + 400 * 0.059) / 2340)


def test_distance_worked_out_by_hand():
    # quartiles of 0 … 4 are 1 and 3, so that the unit is 2 / 1.349
    table = hand([[0, 0], [1, 1], [2, 2], [3, 3], [4, 0]])
    found = likeness.likeness(table, ["000000"])
    unit = 2 / likeness.IQR_NORMAL
    last = found.places.iloc[-1]
    assert last["distance"] == pytest.approx(np.sqrt(((4 / unit) ** 2 + 0) / 2))
    assert (last["of_size"], last["of_density"], last["beyond"]) == (1.0, 0.0, "size")
    assert found.places["support"].tolist() == ["near", "near", "partial", "beyond", "beyond"]


def test_a_dimension_counts_once_however_many_features_it_has(described):
    found = likeness.likeness(described, ["000000"])
    one = likeness.likeness(described.drop(columns=["young", "oldest"]), ["000000"])
    scale = found.scale.set_index("feature")
    unit = (described["old"] - scale.loc["old", "reference"]) / scale.loc["old", "spread"]
    squared = {name: table.others["distance"] ** 2 for name, table in (("all", found), ("old", one))}
    structure = squared["old"] * one.others["of_structure"] * len(likeness.DIMENSIONS)
    assert structure.to_numpy() == pytest.approx(unit[structure.index].to_numpy() ** 2)
    rest = squared["all"] * (1 - found.others["of_structure"])
    assert (squared["old"] - structure / len(likeness.DIMENSIONS)).to_numpy() == pytest.approx(
        rest.to_numpy()
    )


def test_the_pilot_is_at_no_distance_from_itself_and_shares_add_up(described):
    found = likeness.likeness(described, "000003")
    own = found.places["code"] == "000003"
    assert found.places.loc[own, "distance"].tolist() == [0.0]
    assert found.places.loc[own, SHARES].isna().all(axis=None)
    assert found.places.loc[own, ["support", "beyond"]].to_numpy().tolist() == [["near", ""]]
    assert found.places.loc[~own, SHARES].sum(axis=1).to_numpy() == pytest.approx(1)
    assert found.order()[0] == "000003"


@pytest.mark.parametrize("feature", list(likeness.DIMENSION))
def test_farther_in_one_feature_is_farther(described, feature):
    # the middle half is untouched, and so is the unit
    steps = [described[feature].max() + step for step in (0.0, 0.5, 1.0, 2.0)]
    top = described[feature].idxmax()
    pilot = "000000" if top else "000001"
    distances, shares = [], []
    for value in steps:
        table = described.copy()
        table.loc[top, feature] = value
        place = likeness.likeness(table, [pilot]).places.loc[top]
        distances.append(place["distance"])
        shares.append(place[f"of_{likeness.DIMENSION[feature]}"])
    assert np.all(np.diff(distances) > 0)
    assert np.all(np.diff(shares) > 0)


def test_the_order_of_rows_is_irrelevant(described):
    pilots = ["000002", "000005"]
    one = likeness.likeness(described, pilots)
    other = likeness.likeness(described.sample(frac=1, random_state=1), pilots[::-1])
    assert one.order() == other.order()
    pd.testing.assert_frame_equal(one.places, other.places.sort_values("code"))
    pd.testing.assert_frame_equal(one.support_table(), other.support_table())


def test_ties_are_broken_by_code():
    assert likeness.likeness(hand([[1, 1], [3, 1], [2, 1], [3, 1]]), ["000002"]).order() == [
        "000002",
        "000000",
        "000001",
        "000003",
    ]


def test_without_areas_density_is_left_out(many):
    bare = many.drop(columns="area_km2")
    found = likeness.likeness(likeness.features(bare, eligible.estimate(bare, CELLS).places), ["000000"])
    assert found.dimensions == ("structure", "size", "pressure")
    assert "of_density" not in found.by_place(3)
    assert "of_density" not in found.explained()
    left = [name for name in SHARES if name != "of_density"]
    assert found.others[left].sum(axis=1).to_numpy() == pytest.approx(1)


def test_a_place_of_unknown_area_is_compared_in_the_rest_and_never_near(many):
    same = many.iloc[[0]].assign(code="999999", area_km2=np.nan)
    table = pd.concat([many, same], ignore_index=True)
    described = likeness.features(table, eligible.estimate(table, CELLS).places)
    place = likeness.likeness(described, ["000000"]).places.set_index("code").loc["999999"]
    assert place["distance"] == 0
    assert place["support"] == "partial"
    other = likeness.likeness(described, ["999999"])
    assert "density" not in other.dimensions
    assert np.isfinite(other.places["distance"]).all()


def test_several_pilots_are_weighted_by_residents_and_span_a_range():
    table = hand([[0, 0], [4, 0], [2, 0], [9, 0]]).assign(residents=[300.0, 100.0, 100.0, 100.0])
    found = likeness.likeness(table, ["000000", "000001"])
    assert found.scale["reference"].tolist() == [1.0, 0.0]
    # between the two pilots all is covered, however far from their mean
    assert found.places["support"].tolist()[:3] == ["near"] * 3
    assert found.places["beyond"].tolist() == ["", "", "", "size"]
    assert found.places["distance"].iloc[1] > found.places["distance"].iloc[2] > 0
    assert set(found.others["code"]) == {"000002", "000003"}


def test_a_wider_bound_supports_more(described):
    counts = [
        likeness.likeness(described, ["000000"], within).support_table()["municipalities"].tolist()
        for within in (0.5, 1.0, 2.0, 50.0)
    ]
    assert all(one[0] <= other[0] and one[2] >= other[2] for one, other in pairwise(counts))
    assert counts[-1] == [40, 0, 0]


def test_places_without_population_are_left_out(many):
    empty = many.copy()
    empty.loc[4, [name for name in many if name[:2] in ("f_", "m_")]] = np.nan
    empty.loc[5, [name for name in many if name[:2] in ("f_", "m_")]] = 0.0
    described = likeness.features(empty, eligible.estimate(empty, CELLS).places)
    assert not {"000004", "000005"} & set(described["code"])
    assert len(described) == 38


def test_places_that_are_all_alike_are_at_no_distance():
    found = likeness.likeness(hand([[1, 1]] * 3), ["000001"])
    assert found.places["distance"].tolist() == [0.0] * 3
    assert found.explained().empty


def test_faults_come_all_at_once(described):
    with pytest.raises(EstimateError) as caught:
        likeness.likeness(described, ["x", "000001", "y"], within=0)
    assert [fault.where for fault in caught.value.faults] == ["pilot_codes", "pilot_codes", "within"]
    with pytest.raises(EstimateError) as caught:
        likeness.likeness(described.iloc[:0], [])
    assert [fault.where for fault in caught.value.faults] == ["features", "pilot_codes"]


def test_faults_of_the_tables(many):
    found = eligible.estimate(many, CELLS).places
    with pytest.raises(EstimateError) as caught:
        likeness.features(pd.concat([many, many.iloc[[1]]]), found.drop(columns=["residents", "eligible"]))
    assert len(caught.value.faults) == 3
    with pytest.raises(EstimateError, match="no municipality"):
        likeness.features(many, found.assign(code="none" + found["code"]))


def test_tables_describe_their_columns(milan):
    tables = [
        milan.by_place(5),
        milan.support_table(),
        milan.explained(),
        milan.explained(4),
        milan.points(),
        milan.scale_table(),
        likeness.conditions(),
        likeness.conditions(pd.DataFrame({"code": ["1"], "companies": [1], "third_sector": [0]})),
    ]
    for table in tables:
        columns.resolve(table, None, "test", "published")


def test_classes_without_places_are_told_as_empty():
    table = likeness.likeness(hand([[1, 1]] * 3), ["000001"]).support_table()
    assert table["support"].tolist() == list(likeness.SUPPORT)
    assert table["municipalities"].tolist() == [3, 0, 0]
    assert table["of_all"].tolist() == [1, 0, 0]


def test_conditions_are_not_assessed_without_a_table():
    found = likeness.conditions()
    assert found["condition"].tolist() == ["companies", "third_sector"]
    assert found["status"].tolist() == ["not_assessed"] * 2
    assert "municipalities" not in found


def test_conditions_with_a_table():
    table = pd.DataFrame({"code": ["a", "b", "c"], "companies": [3, 0, np.nan], "third_sector": [np.nan] * 3})
    found = likeness.conditions(table)
    assert found["status"].tolist() == ["assessed", "not_assessed"]
    assert found["municipalities"].tolist() == [1, 0]
    assert found["assessed"].tolist() == [2, 0]
    with pytest.raises(EstimateError) as caught:
        likeness.conditions(pd.DataFrame({"code": ["a", "a"], "companies": [-1, 2]}))
    assert len(caught.value.faults) == 3


def test_all_of_italy_is_compared_with_milan_quickly(italy):
    start = time.perf_counter()
    found = likeness.likeness(likeness.features(*italy), [MILAN])
    took = time.perf_counter() - start
    assert len(found.places) == len(italy[1])
    assert np.isfinite(found.places["distance"]).all()
    assert found.order()[0] == MILAN
    assert found.support_table()["municipalities"].sum() == len(found.places)
    assert {"Torino", "Napoli", "Roma"} <= set(found.by_place(5)["name"])
    assert took < 2  # 0.1 s on an idle machine


def both(draw, data):
    with style.house():
        figures = [draw(data, words(language)) for language in LANGUAGES]
    for figure in figures:
        figure.canvas.draw()
    assert style.same_coordinates(*figures)
    return figures[0]


def test_the_map_draws_every_place_in_proportion_and_the_outlines_beneath(described):
    found = likeness.likeness(described, ["000000"])
    ring = pd.DataFrame({"ring": [1] * 4, "lon": [8.0, 12, 12, 8], "lat": [41.0, 41, 46, 41]})
    scope = pd.DataFrame({"place": ["R"]})
    figure = both(plots_likeness.likeness_map, {"places": found.points(), "scope": scope, "outlines": ring})
    drawn = figure.axes[0].collections
    (lines,) = (each for each in drawn if isinstance(each, LineCollection))
    circles = [each for each in drawn if each is not lines]
    assert len(lines.get_segments()) == 1
    assert lines.get_zorder() < min(circle.get_zorder() for circle in circles)
    sizes = np.concatenate([c.get_sizes().repeat(len(c.get_offsets())) for c in circles])
    expected = found.places["eligible"] / found.places["eligible"].max() * maps.LARGEST
    assert np.sqrt(np.sort(sizes)) / 2 == pytest.approx(np.sqrt(np.sort(expected)) / 2, abs=0.05)
    plain = both(plots_likeness.likeness_map, {"places": found.points(), "scope": scope})
    assert len(plain.axes[0].collections) == len(circles)


@pytest.mark.parametrize("largest", [0, 5])
def test_bars_are_the_shares(described, largest):
    data = likeness.likeness(described, ["000000"]).explained(largest)
    figure = both(plots_likeness.contributions, data)
    drawn = [bar.get_width() for bar in figure.axes[0].patches]
    assert drawn == pytest.approx(data[SHARES].to_numpy().T.ravel())
    assert data[SHARES].sum(axis=1).to_numpy() == pytest.approx(1)


def test_classes_part_in_grey_and_stand_out_on_white():
    colours = list(plots_likeness.COLOURS.values())
    assert list(plots_likeness.COLOURS) == list(likeness.SUPPORT)
    assert min(style.contrast(colour, "white") for colour in colours) >= 3
    for scale in (colours, list(plots_likeness.SHADES.values())):
        assert all(style.contrast(one, other) >= 1.6 for one, other in pairwise(scale))
