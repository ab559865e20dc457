"""Reach and representativeness: by hand, and the intervals against simulation."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.scaling import represent

CELLS = pd.DataFrame(
    {
        "sex": ["f", "f", "m", "m"],
        "age_from": [18, 45, 18, 45],
        "age_to": [44, 64, 44, 64],
        "value": [0.10, 0.20, 0.05, 0.10],
    }
)
SE = [0.01, 0.02, 0.005, 0.01]
# 40,000 draws estimate a standard deviation within 0.4 %; linearisation adds its own few per cent
SIMULATED = 0.04


def reached(*persons: int) -> pd.DataFrame:
    return CELLS[["sex", "age_from", "age_to"]].assign(persons=persons)


@pytest.fixture
def base(territory) -> represent.Base:
    return represent.base(territory, CELLS)


@pytest.fixture
def uncertain(territory) -> represent.Base:
    return represent.base(territory, CELLS.assign(se=SE))


def test_eligible_by_cell(base):
    # women 1,110 in each of five bands, men 1,100: three bands below 45, two above
    assert base.cells["eligible"].tolist() == pytest.approx([333, 444, 165, 220])
    assert base.covariance is None


def test_reach_turns_the_bounds_of_the_eligible_over(base, uncertain):
    found = represent.reach(reached(20, 30, 5, 3), base)
    assert (found.participants, found.low, found.high) == (58, None, None)
    assert found.share == pytest.approx(58 / 1162)
    assert "low" not in found.table()
    error = np.sqrt(np.sum((np.array([3330, 2220, 3300, 2200]) * SE) ** 2))
    bounded = represent.reach(reached(20, 30, 5, 3), uncertain)
    assert [bounded.low, bounded.high] == pytest.approx(
        [58 / (1162 + 1.96 * error), 58 / (1162 - 1.96 * error)], rel=1e-4
    )


def test_shares_and_dissimilarity_by_hand(base):
    found = represent.composition(reached(20, 30, 30, 20), base, "volunteer")
    table = found.table().set_index("category")
    assert table.loc["f", ["share_reached", "share_eligible"]].tolist() == pytest.approx([0.5, 777 / 1162])
    assert table.loc["18–44", "difference"] == pytest.approx(0.5 - 498 / 1162)
    assert table[["cases", "n"]].to_numpy().tolist() == [[50, 100]] * 4
    index = found.indices().set_index("dimension")["dissimilarity"]
    assert index["sex"] == pytest.approx(777 / 1162 - 0.5)
    whole = np.abs(np.array([0.2, 0.3, 0.3, 0.2]) - np.array([333, 444, 165, 220]) / 1162).sum() / 2
    assert index["both"] == pytest.approx(whole)


def test_volunteers_are_described_only_and_a_census_needs_an_error_of_the_eligible(base, uncertain):
    for kind, among in (("volunteer", uncertain), ("census", base)):
        found = represent.composition(reached(20, 30, 30, 20), among, kind)
        assert "low" not in found.table()
        assert "by_chance" not in found.indices()
    assert "low" in represent.composition(reached(20, 30, 30, 20), base, "probability").table()


def test_intervals_agree_with_simulation(territory, uncertain):
    persons = np.array([20, 30, 30, 20])
    sample = represent.composition(reached(*persons), uncertain, "probability", 1.5).table()
    census = represent.composition(reached(*persons), uncertain, "census").table()
    rng = np.random.default_rng(3)
    people = np.array([3330, 2220, 3300, 2200]) * rng.normal(CELLS["value"], SE, (40_000, 4))
    sums = np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1]])
    q = people @ sums.T / people.sum(axis=1, keepdims=True)
    half = lambda table: (table["high"] - table["low"]).to_numpy() / 2 / 1.96  # noqa: E731
    assert half(census) == pytest.approx(q.std(axis=0), rel=SIMULATED)
    p = 0.5
    assert half(sample) == pytest.approx(np.sqrt(1.5 * p * (1 - p) / 100 + q.var(axis=0)), rel=SIMULATED)


def test_dissimilarity_by_chance_is_the_expectation_under_proportional_reach():
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    drawn = np.random.default_rng(4).multinomial(40, shares, 40_000) / 40
    assert represent.by_chance(shares, 40) == pytest.approx(
        np.abs(drawn - shares).sum(axis=1).mean() / 2, rel=0.01
    )
    assert represent.by_chance([0.5, 0.5], 1) == pytest.approx(0.5)


def test_nobody_is_split_by_guess_and_every_fault_is_told(base):
    finer = pd.DataFrame({"sex": ["f", "f"], "age_from": [18, 25], "age_to": [24, 44], "persons": [7, 8]})
    assert represent.reach(finer, base).participants == 15
    wrong = pd.DataFrame(
        {
            "sex": ["f", "x", "m", "m"],
            "age_from": [18, 18, 18, 18],
            "age_to": [64, 44, 44, 44],
            "persons": [1, 1, -2, 3],
        }
    )
    with pytest.raises(EstimateError) as caught:
        represent.reach(wrong, base)
    assert [fault.where for fault in caught.value.faults] == [
        "reached, row 1",
        "reached, row 2",
        "reached, row 3",
        "reached, row 4",
    ]
    for kind, effect in (("sample", 1.0), ("probability", 0.0)):
        with pytest.raises(EstimateError, match="will not do"):
            represent.composition(reached(1, 1, 1, 1), base, kind, effect)
    with pytest.raises(EstimateError, match="nobody"):
        represent.composition(reached(0, 0, 0, 0), base, "census")


def test_a_dimension_that_the_cells_do_not_tell_apart_is_left_out(territory):
    by_sex = pd.DataFrame({"sex": ["f", "m"], "age_from": 18, "age_to": 64, "value": [0.1, 0.05]})
    among = represent.base(territory, by_sex)
    found = represent.composition(
        by_sex[["sex", "age_from", "age_to"]].assign(persons=[30, 10]), among, "volunteer"
    )
    assert set(found.table()["dimension"]) == {"sex"}
    assert found.indices()["dimension"].tolist() == ["sex"]


def test_an_index_is_kept_back_with_the_cell_that_it_would_tell(uncertain):
    from analysis.evidence import columns, disclosure

    frame = represent.composition(reached(20, 30, 1, 1), uncertain, "probability").indices()
    shown, _ = disclosure.protect(frame, columns.resolve(frame, None, "x", None), disclosure.Rules())
    kept_back = shown.set_index("dimension")["dissimilarity"].isna()
    assert kept_back.to_dict() == {"sex": True, "age": False, "both": True}
