"""Orders of municipalities on common draws, and who is left out: small tables with answers by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError, ParameterError
from analysis.scaling import cost, montecarlo, scenario, strategies

EXACT = 1e-9  # the same sums in another order


@pytest.fixture
def drawn(raw) -> montecarlo.Draws:
    return montecarlo.draw(scenario.read(raw), 1024, seed=3)


@pytest.fixture
def places() -> pd.DataFrame:
    rows = [("a", "A", "P", "R", 100.0), ("b", "B", "P", "R", 400.0), ("c", "C", "Q", "R", 300.0), ("d", "D", "S", "T", 200.0)]  # fmt: skip
    return pd.DataFrame(rows, columns=["code", "name", "province", "region", "eligible"]).assign(
        residents=1000.0
    )


def keyed(found: list[strategies.Strategy], places: pd.DataFrame) -> dict[str, str]:
    return {each.key: "".join(places["code"].iloc[each.order]) for each in found}


def test_each_order_is_what_its_name_says(drawn, places):
    distance = pd.Series({"a": 0.0, "b": 3.0, "c": 1.0, "d": 2.0})
    found = strategies.orders(drawn, places, "b", likeness=distance)
    told = keyed(found, places)
    assert told["municipality"] == "b" and told["province"] == "ba" and told["region"] == "bca"
    assert told["by_size"] == "bcda" and told["by_likeness"] == "acdb"
    assert all(each.served == len(each.order) for each in found)
    dear = strategies.alone(drawn, places["eligible"].to_numpy())
    assert told["by_cost"] == "".join(places["code"].iloc[np.lexsort((places["code"], dear))])


def test_a_pilot_of_several_municipalities_comes_first_and_the_city_alone_is_no_pilot(drawn, places):
    assert next(each.key for each in strategies.orders(drawn, places, "b", ["b"])) == "municipality"
    found = strategies.orders(drawn, places, "b", ["a", "c"])
    assert keyed(found, places)["pilot"] == "ca" and "municipality" not in keyed(found, places)


def test_a_budget_serves_as_far_as_it_goes_and_one_that_pays_nothing_is_refused(drawn, places):
    at = strategies.middle(drawn)
    lines = {key: at[key] for key in ("fixed", "place", "manager", "capacity", "person")}
    two = float(cost.stepwise(700 * at["enrolled"], 2, **lines)[1])
    served = {each.key: each.served for each in strategies.orders(drawn, places, "b", budget=two)}
    assert served["by_size"] == 2
    less = {each.key: each.served for each in strategies.orders(drawn, places, "b", budget=two - 0.01)}
    assert less["by_size"] == 1
    with pytest.raises(ParameterError, match="does not pay for the first municipality of 'by_size'"):
        strategies.orders(drawn, places, "b", budget=1000.0)


def test_unknown_codes_are_all_told(drawn, places):
    with pytest.raises(ParameterError) as caught:
        strategies.orders(drawn, places, "x", ["y"])
    assert len(caught.value.faults) == 2


def test_outcomes_are_those_of_the_draws(drawn, places):
    found = strategies.orders(drawn, places, "b")
    compared = strategies.compare(drawn, places, found)
    row = compared.table().set_index("strategy").loc["province"]
    people = 500 * drawn.reached("retained")
    assert row["retained"] == pytest.approx(np.median(people), rel=EXACT)
    assert row["cost"] == pytest.approx(np.median(montecarlo.costs(drawn, 500.0, 2)[1]), rel=EXACT)
    assert row["unmet"] == pytest.approx(np.median(1000 * drawn.factor - people), rel=EXACT)
    assert row["provinces"] == pytest.approx(1 / 3) and row["served"] == 2


def test_differences_use_the_common_draws(drawn, places):
    found = strategies.orders(drawn, places, "b")
    compared = strategies.compare(drawn, places, found)
    frame = compared.differences().set_index(["strategy", "against"])
    row = frame.loc[("municipality", "province")]
    apart = -100 * drawn.reached("retained")
    assert row["retained"] == pytest.approx(np.median(apart), rel=EXACT)
    assert row["retained_low"] == pytest.approx(np.quantile(apart, 0.05), rel=EXACT)
    assert row["more"] == 0 and row["retained_high"] < 0
    # without the common draws the band of the difference would hold zero
    alone = compared.table().set_index("strategy")
    assert alone.loc["municipality", "retained_high"] > alone.loc["province", "retained_low"]
    told = compared.against("province", "municipality")
    assert told.estimate == pytest.approx(-row["retained"]) and told.n == drawn.count
    with pytest.raises(ParameterError, match="'nothing' is unknown"):
        compared.against("province", "nothing")


def test_a_curve_ends_where_everybody_is_served(drawn, places):
    curve = strategies.curves(drawn, places, strategies.orders(drawn, places, "b"))
    last = curve[curve["strategy"] == "by_size"].iloc[-1]
    assert last["served"] == 4
    assert last["cost"] == pytest.approx(np.median(montecarlo.costs(drawn, 1000.0, 4)[1]), rel=EXACT)
    assert last["retained_high"] == pytest.approx(
        np.quantile(1000 * drawn.reached("retained"), 0.95), rel=EXACT
    )


@pytest.mark.parametrize(
    ("eligible", "reached", "gini"),
    [
        ([1, 1, 1, 1], [2, 2, 2, 2], 0.0),
        ([1, 1, 1, 1], [0, 0, 0, 8], 0.75),
        ([10, 30], [5, 5], 0.25),  # p = ¾, share ½: 1 − (¾ · ½ + ¼ · 1½)
        ([3, 0, 1], [3, 0, 1], 0.0),
    ],
)
def test_gini_by_hand(eligible, reached, gini):
    found = strategies.lorenz(np.array(eligible), np.array(reached))
    assert found.gini == pytest.approx(gini, abs=EXACT)
    assert (found.eligible[[0, -1]] == [0, 1]).all() and (found.reached <= found.eligible + EXACT).all()


def test_nobody_reached_has_no_curve():
    with pytest.raises(EstimateError, match="nobody is reached"):
        strategies.lorenz(np.ones(2), np.zeros(2))


def test_who_is_left_out(drawn, places):
    found = strategies.orders(drawn, places, "b")
    told = strategies.equity(places, found).table().set_index("strategy")
    assert told.loc["province", ["left_out", "units_reached", "units"]].tolist() == [500, 1, 3]
    assert told.loc["by_size", "gini"] == 0 and told.loc["province", "gini"] == pytest.approx(0.5)
    by_town = strategies.equity(places, found, "code")
    # served or not: the index is the share of the eligible who are not
    assert by_town.table().set_index("strategy").loc["municipality", "gini"] == pytest.approx(0.6)
    assert set(by_town.lorenz()["strategy"]) == {each.key for each in found}
    with pytest.raises(ParameterError):
        strategies.equity(places, found, "street")


def test_the_parts_of_a_comparison_are_those_of_the_whole(drawn, places):
    compared = strategies.compare(drawn, places, strategies.orders(drawn, places, places["code"].iloc[0]))
    whole, people, spending = compared.table(), compared.people(), compared.spending()
    assert people["retained_low"].tolist() == whole["retained_low"].tolist()
    assert {"per_person", "per_person_low", "per_person_high"} <= set(spending)
    key = compared.keys[0]
    apart = compared.apart(key).set_index("against")
    assert list(apart.index) == [other for other in compared.keys if other != key]
    other = compared.keys[-1]
    assert apart.loc[other, "cost"] == compared.against(key, other, "cost").estimate
    assert strategies.funds(5.0)["budget"].tolist() == [5.0] and strategies.funds(None).empty
