"""Repeated measures as a balanced panel: what is left out is listed, what is wrong is refused with its place."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import panel
from tests.impact import comparison_fixtures as made

pytestmark = pytest.mark.usefixtures("english")


def test_early_adopters_and_incomplete_units_are_left_out_and_listed():
    table = made.panel()
    table.loc[table["unit"] == "u01", "adopted"] = 1
    table = table.drop(index=table.index[(table["unit"] == "u02") & (table["semester"] == 5)])
    table.loc[(table["unit"] == "u15") & (table["semester"] == 2), "value"] = np.nan
    found = panel.read(table, "score")
    assert found.left_out.to_dict("list") == {
        "unit": ["u01", "u02", "u15"],
        "reason": ["treated_from_start", "incomplete_units", "incomplete_units"],
    }
    assert found.y.shape == (17, 6) and np.isfinite(found.y).all()
    made.resolves(found.left_out)


def test_units_that_adopt_after_the_last_semester_are_controls():
    table = made.panel()
    table.loc[table["unit"].isin(["u18", "u19"]), "adopted"] = 9
    found = panel.read(table, "score")
    assert (found.later, (found.adopted == 0).sum()) == (2, 8)


def test_clusters_of_one_unit_are_no_clusters():
    table = made.panel()
    assert (
        panel.read(table, "score").cluster
        is panel.read(table.assign(cluster=table["unit"]), "score").cluster
        is None
    )
    assert panel.read(table.drop(columns="cluster"), "score").cluster is None
    named = panel.read(table.assign(cluster=table["unit"].str[:2]), "score")
    assert len(np.unique(named.cluster)) == 2


def test_persons_are_missing_as_a_whole():
    table = made.panel()
    table.loc[3, "n"] = np.nan
    assert panel.read(table, "score").persons is None
    assert panel.read(table.drop(columns="n"), "score").persons is None


def test_only_the_rows_of_the_indicator_are_read():
    table = made.panel()
    other = table.assign(indicator="other", value=np.inf, adopted=7.5)
    assert panel.read(pd.concat([other, table]), "score").y.shape == (20, 6)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"indicator": "none"}, "panel: no row of the indicator 'score'; allowed: none"),
        (
            {"semester": lambda f: f["semester"].where(f.index > 0, 2)},
            "panel: row 1, 2: a unit twice in the same semester .unit = u00",
        ),
        (
            {"semester": lambda f: f["semester"] + 0.5 * (f.index == 3)},
            "panel: row 4: a semester that is not whole",
        ),
        (
            {"adopted": lambda f: f["adopted"].astype(float) + 0.5},
            "panel: row 1.*a semester of adoption that is not whole",
        ),
        (
            {"adopted": lambda f: f["adopted"].where(f.index != 2, 5)},
            "panel: row 1, 2, 3, 4, 5…: adoption changes within the unit .unit = u00",
        ),
        ({"value": lambda f: f["value"].where(f.index != 7, np.inf)}, "panel: row 8: an infinite value"),
        (
            {"cluster": lambda f: np.where(f["unit"] == "u03", None, "a")},
            "panel: row 19, 20, 21, 22, 23…: the cluster is missing",
        ),
        ({"cluster": lambda f: np.where(f.index == 8, "b", "a")}, "the cluster changes within the unit"),
        ({"unit": lambda f: f["unit"].where(f.index != 5)}, "panel: row 6: the unit is missing"),
        ({"adopted": 1}, "of 20 units none usable adopts within the panel"),
    ],
)
def test_refused(change, place):
    with pytest.raises(EstimateError, match=place):
        panel.read(made.panel().assign(**change), "score")


def test_a_semester_without_rows_is_refused():
    table = made.panel()
    with pytest.raises(EstimateError, match="semesters without any row: 4"):
        panel.read(table[table["semester"] != 4], "score")
    with pytest.raises(EstimateError, match="columns unit, value are missing"):
        panel.read(table.drop(columns=["unit", "value"]), "score")
