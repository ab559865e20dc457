"""Eligible people: the arithmetic, the ages that must fit, the uncertainty that is carried or said to be absent."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.scaling import eligible

CELLS = pd.DataFrame({"sex": ["f", "m"], "age_from": [18, 18], "age_to": [64, 64], "value": [0.094, 0.059]})


def test_eligible_is_residents_times_published_share_by_sex(territory):
    result = eligible.estimate(territory, CELLS)
    # five bands lie within 18-64
    assert result.places["eligible"].tolist() == pytest.approx(
        [500 * 0.094 + 400 * 0.059, 50 * 0.094 + 100 * 0.059, 5000 * (0.094 + 0.059)]
    )
    assert result.places["base"].tolist() == [900, 150, 10_000]
    assert result.places["residents"].tolist() == [13 * 180, 13 * 30, 26_000]
    assert result.places["share"].iloc[0] == pytest.approx(result.places["eligible"].iloc[0] / 2340)
    assert result.total == pytest.approx(result.places["eligible"].sum())


def test_without_published_uncertainty_there_is_no_interval(territory):
    result = eligible.estimate(territory, CELLS)
    assert not result.uncertain
    assert result.interval is None
    assert "low" not in result.table()


def test_published_uncertainty_is_carried_and_adds_up_over_places(territory):
    cells = CELLS.assign(se=[0.004, 0.003])
    result = eligible.estimate(territory, cells)
    first = result.places.iloc[0]
    assert first["high"] - first["eligible"] == pytest.approx(
        1.96 * np.hypot(500 * 0.004, 400 * 0.003), rel=1e-4
    )
    low, high = result.interval
    women, men = 500 + 50 + 5000, 400 + 100 + 5000
    assert high - low == pytest.approx(2 * 1.96 * np.hypot(women * 0.004, men * 0.003), rel=1e-4)
    assert result.relative_error == pytest.approx(np.hypot(women * 0.004, men * 0.003) / result.total)
    bounds = cells.assign(low=cells["value"] - 1.96 * cells["se"], high=cells["value"] + 1.96 * cells["se"])
    same = eligible.estimate(territory, bounds.drop(columns="se"))
    assert same.places["low"].to_numpy() == pytest.approx(result.places["low"].to_numpy(), rel=1e-4)


@pytest.mark.parametrize(("low", "high"), [(16, 64), (18, 60), (18, 69), (20, 24), (64, 18)])
def test_ages_that_are_not_a_union_of_bands_are_refused(territory, low, high):
    with pytest.raises(EstimateError, match="18–24"):
        eligible.estimate(territory, CELLS.assign(age_from=low, age_to=high))


def test_open_ended_and_single_year_ages_fit(territory):
    assert eligible.residents(territory, "f", 80, np.inf).tolist() == [100, 10, 1000]
    assert eligible.residents(territory, "all", 14, 14).tolist() == [180, 30, 2000]
    open_ended = pd.DataFrame({"sex": ["all"], "age_from": [65], "age_to": [None], "value": [0.5]})
    assert eligible.estimate(territory, open_ended).places["eligible"].tolist() == [270, 45, 3000]


def test_cells_that_count_the_same_people_twice_are_refused(territory):
    twice = pd.concat([CELLS, CELLS.head(1).assign(sex="all", age_from=45)])
    with pytest.raises(EstimateError, match="same people") as caught:
        eligible.estimate(territory, twice)
    assert len(caught.value.faults) == 2


def test_a_percentage_in_place_of_a_share_is_refused(territory):
    with pytest.raises(EstimateError, match=r"9\.4"):
        eligible.estimate(territory, CELLS.assign(value=[9.4, 5.9]))


def test_a_place_without_population_is_named_not_counted_as_zero(territory):
    territory = territory.astype(dict.fromkeys(territory.filter(regex="^[fm]_"), "Int64"))
    territory.loc[1, territory.filter(regex="^[fm]_").columns] = pd.NA
    result = eligible.estimate(territory, CELLS)
    assert result.without_population["code"].tolist() == ["001002"]
    assert len(result.places) == 2


def test_cells_takes_the_widest_by_sex_and_leaves_other_denominators(benchmarks):
    chosen = eligible.cells(benchmarks, "care-relatives")
    assert chosen["benchmark"].tolist() == ["rel-f", "rel-m"]
    assert eligible.cells(benchmarks, "care-load")["value"].tolist() == [0.346]
    assert eligible.cells(benchmarks, "care-load", "EU")["value"].tolist() == [0.344]


def test_cells_refuses_two_shares_for_the_same_people(benchmarks):
    without = benchmarks[~benchmarks["sex"].isin(["f", "m"])]
    with pytest.raises(EstimateError) as caught:
        eligible.cells(without, "care-relatives")
    assert len(caught.value.faults) == 2


def test_cells_names_the_concepts_that_exist(benchmarks):
    with pytest.raises(EstimateError, match="care-load, care-relatives"):
        eligible.cells(benchmarks, "care-both")


def test_parts_of_a_city_take_the_structure_of_the_city(territory):
    districts = pd.DataFrame({"kind": ["city", "district", "district"], "population": [4000, 1000, 3000]})
    districts = districts.assign(name_it=["c", "a", "b"], name_en=["c", "a", "b"])
    result = eligible.by_structure(districts, territory.head(1), CELLS)
    share = (500 * 0.094 + 400 * 0.059) / 2340
    assert result["eligible"].tolist() == pytest.approx([1000 * share, 3000 * share])
    with pytest.raises(EstimateError):
        eligible.by_structure(districts, territory, CELLS)


def test_cells_are_printed_with_their_definition(benchmarks):
    chosen = eligible.cells(benchmarks, "care-relatives").assign(
        numerator_it="chi assiste", numerator_en="carers", denominator_it="tutti", source="ISTAT"
    )
    frame = eligible.published(chosen)
    assert frame["numerator"].tolist() == [{"it": "chi assiste", "en": "carers"}] * 2
    assert frame["prevalence"].tolist() == [0.094, 0.059]


COVARIANCE = np.array([[16e-6, -6e-6], [-6e-6, 9e-6]])
# 20,000 draws estimate a standard deviation within 0.5 %; four times that is safe for a fixed seed
SIMULATED = 0.02


def test_covariance_of_cells_is_carried_to_places_and_total_as_a_simulation_has_it(territory):
    result = eligible.estimate(territory, CELLS, COVARIANCE)
    counts = np.array([[500, 400], [50, 100], [5000, 5000]])
    drawn = np.random.default_rng(1).multivariate_normal(CELLS["value"], COVARIANCE, 20_000) @ counts.T
    half = (result.places["high"] - result.places["low"]).to_numpy() / 2
    assert half == pytest.approx(1.96 * drawn.std(axis=0), rel=SIMULATED)
    assert result.interval[1] - result.total == pytest.approx(1.96 * drawn.sum(axis=1).std(), rel=SIMULATED)
    independent = eligible.estimate(territory, CELLS.assign(se=[0.004, 0.003]))
    assert result.error < independent.error
    assert eligible.estimate(territory, CELLS, np.diag([16e-6, 9e-6])).error == pytest.approx(
        independent.error
    )


@pytest.mark.parametrize("wrong", [np.eye(3), [[1, 2], [0, 1]], [[1, 2], [2, 1]], [[np.nan, 0], [0, 1]]])
def test_what_is_no_covariance_is_refused(territory, wrong):
    with pytest.raises(EstimateError, match="2 × 2"):
        eligible.estimate(territory, CELLS, wrong)


def test_no_cells_are_refused(territory):
    with pytest.raises(EstimateError, match="no cells"):
        eligible.estimate(territory, CELLS.head(0))


def test_what_published_cells_lack_is_said(benchmarks):
    told = eligible.lacking(eligible.cells(benchmarks, "care-relatives")).set_index("lacks")["cells"]
    assert told.to_dict() == {"uncertainty": 2, "age": 2}
    whole = eligible.cells(benchmarks, "care-load").assign(denominator_en="mothers aged 18–64", se=0.01)
    assert eligible.lacking(whole).set_index("lacks")["cells"].to_dict() == {
        "sex": 1,
        "age": 1,
        "population": 1,
    }


def workless(*rows: tuple) -> pd.DataFrame:
    names = ["concept", "sex", "value", "se", "denominator_en"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(unit="share", age_from=18, age_to=64, place="IT", benchmark=range(len(frame)))


def test_people_without_work_because_of_care_are_the_published_share_or_the_sum_of_its_parts():
    women, men = "women aged 18–64", "men aged 18-64"
    parts = workless(
        ("never-worked-care", "f", 0.06, 0.003, women),
        ("left-work-care", "f", 0.04, 0.004, women),
        ("never-worked-care", "m", 0.001, 0.001, men),
    )
    found = eligible.without_work(parts)
    assert found.cells["sex"].tolist() == ["f"]
    assert found.cells.loc[0, ["value", "se"]].tolist() == pytest.approx([0.10, 0.005])
    direct = workless(
        ("not-working-care", "f", 0.09, np.nan, women), ("not-working-care", "m", 0.01, np.nan, men)
    )
    assert eligible.without_work(pd.concat([parts, direct])).cells["value"].tolist() == [0.09, 0.01]


def test_a_share_of_mothers_is_not_one_of_women():
    mothers = workless(("never-worked-care", "f", 0.111, np.nan, "women aged 18–64 with at least one child"))
    found = eligible.without_work(mothers)
    assert found.cells.empty
    told = found.table().set_index(["concept", "sex"])["status"]
    assert told["never-worked-care", "f"] == "part"
    assert (told.drop(("never-worked-care", "f")) == "absent").all()
