"""Value of volunteers' hours by role and wage: by hand, the published order of magnitude, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.resources import people as volunteers
from analysis.resources import volunteer_survival, worth
from tests.resources.volunteers import END, people, specified

TURIN = (
    1.3e6,
    87_000,
    14.9,
)  # oracles.md A 33: more than 1.3 million euros, about 87,000 hours; an order of magnitude
NEAR = 0.1
WAGES = pd.DataFrame(
    {
        "role": ["driver", "tutor", "desk"],
        "profession_it": ["autista", "educatore", "addetto"],
        "profession_en": ["driver", "educator", "clerk"],
        "wage": [18.0, 20.0, 15.0],
        "low": [16.0, 18.0, np.nan],
        "high": [20.0, 25.0, np.nan],
        "year": [2018, 2018, 2018],
    }
)
HOURS = pd.DataFrame({"role": ["driver", "tutor", "garden"], "persons": [3, 2, 1], "hours": [50.0, 100.0, 30.0]})  # fmt: skip


def test_hours_by_wage_and_roles_without_a_wage_left_out():
    found = worth.replacement(HOURS, WAGES)
    assert found.value == (2900.0, 2600.0, 3500.0)
    assert (found.hours, found.hours_left_out, found.left_out) == (150.0, 30.0, ("garden",))
    assert found.euro_per_hour == pytest.approx(2900 / 150)
    table = found.table()
    assert table["role"].tolist() == ["tutor", "driver", "garden", "total"]
    assert table["value"].isna().tolist() == [False, False, True, False]
    assert table.loc[3, ["persons", "hours", "value"]].tolist() == [5, 150.0, 2900.0]
    assert (
        table.loc[0, "profession"] == {"it": "educatore", "en": "educator"}
        and table.loc[2, "profession"] is None
    )
    specified(table)


def test_a_wage_without_bounds_leaves_the_sum_without_bounds():
    given = HOURS.replace({"role": {"garden": "desk"}})
    value, low, high = worth.replacement(given, WAGES).value
    assert value == 2900 + 450 and np.isnan(low) and np.isnan(high)


def test_the_published_value_comes_to_the_euros_an_hour_that_it_implies():
    value, hours, expected = TURIN
    assert worth.implied(value, hours) == pytest.approx(expected, abs=NEAR)


def test_from_the_register_to_euros():
    found = worth.replacement(volunteers.hours(volunteers.register(people(), END), "role").by_group(), WAGES)
    assert found.value[0] == 52 * 18 + 100 * 20


WRONG = [
    (HOURS, WAGES.assign(wage=[18, -1, 15]), "wages: row 2: an hourly cost missing or not positive"),
    (HOURS, WAGES.assign(low=[19, 18, np.nan]), "wages: row 1: an hourly cost outside its bounds"),
    (HOURS, pd.concat([WAGES, WAGES.head(1)]), "wages: row 1, 4: a role stated twice or without a name"),
    (HOURS.assign(hours=[50, -1, 30]), WAGES, "hours: row 2: hours missing or negative"),
    (HOURS.assign(hours=[50, np.nan, 30]), WAGES, "hours: row 2: hours missing or negative"),
    (HOURS.assign(hours=0.0), WAGES, "no hours"),
    (HOURS.tail(1), WAGES, "no role with hours has an hourly cost"),
    (HOURS, WAGES.drop(columns="wage"), "columns wage are missing"),
]


@pytest.mark.parametrize(("given", "wages", "told"), WRONG)
def test_bad_hours_and_wages_never_yield_a_number(given, wages, told, english):
    with pytest.raises(EstimateError) as caught:
        worth.replacement(given, wages)
    assert told in str(caught.value)


@pytest.mark.parametrize(("value", "hours"), [(10.0, 0.0), (10.0, -1.0), (-1.0, 5.0), (float("nan"), 5.0)])
def test_no_euros_an_hour_without_hours(value, hours, english):
    with pytest.raises(EstimateError, match="euros an hour"):
        worth.implied(value, hours)


def test_cost_of_each_who_stays(english):
    found = volunteer_survival.retention(volunteers.register(people(), END))
    cost = worth.per_retained(600.0, found, 5)
    assert (cost.persons, cost.per_started) == (6, 100.0)
    assert cost.per_retained == pytest.approx(100 / 0.8)
    point = found.points((5,)).iloc[0]
    assert (cost.low, cost.high) == pytest.approx((100 / point["high"], 100 / point["low"]))
    assert cost.low <= cost.per_retained <= cost.high
    specified(cost.table())
    with pytest.raises(EstimateError) as caught:
        worth.per_retained(-1.0, found, 24)
    assert len(caught.value.faults) == 2 and "retention after 24 months" in str(caught.value)
