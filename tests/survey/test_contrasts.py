"""Contrasts: signs, marks and what is left out. Arithmetic only."""

import numpy as np
import pandas as pd
import pytest

from analysis.survey import contrasts, design

PEOPLE = pd.DataFrame({"gender": list("ffmm") * 5, "flexible": ["yes", "no", "yes", "yes"] * 5})
OUTCOMES = pd.DataFrame({"wfc": [5.0, 4.0, 3.0, 2.0] * 5, "fwc": [1.0, 1.0, 1.0, 2.0] * 5})
ASKED = {"women": ("gender", "f", "m"), "flexible": ("flexible", "yes", "no")}


def test_signs_names_and_plan():
    found = contrasts.compare(OUTCOMES, PEOPLE, design.Design(np.ones(20)), ASKED)
    by_name = dict(found.named())
    assert by_name["women_wfc"].estimate == 2
    assert by_name["women_fwc"].estimate == -0.5
    table = found.table(primary=["wfc"])
    assert table.loc[table["scale"] == "wfc", "status"].eq("primary").all()
    assert table.loc[table["scale"] == "fwc", "status"].eq("exploratory").all()
    assert (table["low"] <= table["difference"]).all()


def test_volunteers_get_no_interval():
    table = contrasts.compare(OUTCOMES, PEOPLE, design.Volunteers(20), ASKED).table()
    assert "low" not in table and table["n"].eq(20).all()


def test_a_contrast_without_one_of_its_groups_is_left_out():
    everyone = PEOPLE.assign(gender="f")
    found = contrasts.compare(OUTCOMES, everyone, design.Design(np.ones(20)), ASKED)
    assert [name for name, _ in found.named()] == ["flexible_wfc", "flexible_fwc"]


def test_adjusted_p_values_by_hand():
    p = [0.01, 0.04, float("nan"), 0.03]
    assert contrasts.holm(p)[[0, 1, 3]] == pytest.approx([0.03, 0.06, 0.06])
    assert contrasts.benjamini_hochberg(p)[[0, 1, 3]] == pytest.approx([0.03, 0.04, 0.04])
    assert np.isnan(contrasts.holm(p)[2])
    assert contrasts.holm([0.9, 0.8]).max() == 1
