import pandas as pd
import pytest

from analysis.codesign import participation, units
from analysis.codesign.units import spread_over_time
from analysis.errors import EstimateError


@pytest.fixture
def inside(records, units_frame):
    return units.active(records, units_frame)


@pytest.fixture
def units_frame(request):
    return request.getfixturevalue("units")


def test_units_by_company_and_phase(inside):
    table = inside.table().set_index(["company", "phase"])
    assert table.loc[("bank", "needs")].tolist() == [2, 1, 0.5]
    assert table.loc[("bank", "aggregation")].tolist() == [1, 1, 1.0]
    assert table.loc[("shop", "needs"), "units"] == 0
    assert pd.isna(table.loc[("shop", "needs"), "share"])


def test_companies_with_a_unit_beyond_in_two_phases(inside):
    assert inside.companies == ("bank", "shop")
    assert [inside.spread(k) for k in (1, 2, 3)] == [2, 1, 0]


def test_share_beyond_counts_each_unit_once(inside):
    assert inside.share_beyond == pytest.approx(2 / 3)


def test_phase_table(inside):
    table = inside.phase_table().set_index("phase")
    assert table.loc["needs"].tolist() == [1, 1, 2, 1, 0.5]
    assert table.loc["ideation", "units"] == 0


def test_change_is_last_phase_less_first(inside):
    assert inside.change.estimate == pytest.approx(0.0 - 0.5)


def test_a_unit_unknown_or_of_another_body_is_refused(register, events, actors, units_frame):
    register.loc[0, "unit"] = "bank-moon"
    register.loc[7, "unit"] = "bank-ops"
    records = participation.attendance(register, events, actors)
    with pytest.raises(EstimateError) as caught:
        units.active(records, units_frame)
    assert len(caught.value.faults) == 2
    assert "bank-moon" in str(caught.value)
    assert "shop" in str(caught.value)


def test_an_unclear_flag_is_refused(records, units_frame):
    with pytest.raises(EstimateError, match="perhaps"):
        units.active(records, units_frame.assign(csr_or_hr="perhaps"))


def test_units_add_up_over_the_semesters(records, units):
    semester = {"e1": 1, "e2": 1, "e3": 2, "e4": 3, "e5": 5}
    dated = records.assign(semester=records["event"].map(semester))
    found = spread_over_time(dated, units, range(1, 6)).set_index(["semester", "kind"])
    # bank-csr and bank-ops in the first, shop-sales new in the second, bank-csr again in the fifth
    assert found["so_far"].xs("beyond", level="kind").tolist() == [1, 2, 2, 2, 2]
    assert found["so_far"].xs("csr_hr", level="kind").tolist() == [1, 1, 1, 1, 1]
    assert found.loc[("2", "beyond"), ["met", "new"]].tolist() == [2, 1]
    assert found.loc[("5", "csr_hr"), ["met", "new"]].tolist() == [1, 0]
