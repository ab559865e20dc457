import numpy as np
import pandas as pd
import pytest

from analysis.simulate import draw, evaluation, truth

# 4,000 draws of a mean difference whose standard error is about 0.06: four of its Monte Carlo errors.
MONTE_CARLO = 0.004


def _att(panels: evaluation.Panels, group: int, semester: int) -> np.ndarray:
    """ATT(g, t) of each draw by hand: companies that never adopt as comparison, the semester before as base."""
    change = panels.values[..., semester - 1] - panels.values[..., group - 2]
    return change[:, panels.adopted == group].mean(axis=1) - change[:, panels.adopted == 0].mean(axis=1)


def test_many_panels_have_the_true_effects_on_average():
    p = truth.load()
    panels = evaluation.panels(p, 7, 4000)
    assert panels.values.shape == (4000, p["panel"]["units"], 6)
    cells = truth.group_time_effects(p)
    assert len(cells) == 9
    for cell in cells.itertuples():
        assert _att(panels, cell.group, cell.semester).mean() == pytest.approx(cell.effect, abs=MONTE_CARLO)
    assert _att(panels, 4, 2).mean() == pytest.approx(0.0, abs=MONTE_CARLO)  # before adoption
    higher = panels.values[:, panels.adopted > 0, 0].mean() - panels.values[:, panels.adopted == 0, 0].mean()
    assert higher == pytest.approx(p["panel"]["adopters_shift"], abs=2 * MONTE_CARLO)


def test_noise_of_the_panels_is_correlated_as_declared():
    p = truth.load({"panel": {"company_sd": 0, "effect": 0, "effect_per_semester": 0}})
    values = evaluation.panels(p, 7, 4000).values.reshape(-1, 6)
    noise = values - values.mean(axis=0)
    p0 = truth.load({"panel": {"company_sd": 0, "adopters_shift": 0}})
    spread = np.cov(noise.T) - (p["panel"]["adopters_shift"] / 2) ** 2  # half the companies start higher
    np.testing.assert_allclose(spread, truth.panel_noise(p0), atol=MONTE_CARLO / 4)


def test_panels_are_the_same_for_the_same_seed_and_larger_where_asked():
    wide = truth.load({"panel": {"units": 120, "adopters": [20, 20, 20]}})
    panels = evaluation.panels(wide, 1, 3)
    assert np.bincount(panels.adopted).tolist() == [60, 0, 0, 20, 20, 20]
    np.testing.assert_array_equal(panels.values, evaluation.panels(wide, 1, 3).values)
    assert not np.array_equal(panels.values, evaluation.panels(wide, 2, 3).values)
    frame = panels.frame(2)
    assert frame["adopted"].isna().sum() == 60 * 6
    np.testing.assert_array_equal(frame["value"].to_numpy().reshape(120, 6), panels.values[2])


def test_the_panel_is_of_companies_and_balanced(drawn):
    panel, p = drawn.tables["panel"], drawn.truth["panel"]
    kinds = drawn.tables["actors"].set_index("actor")["type"]
    assert panel["unit"].map(kinds).eq("profit").all()
    assert panel["cluster"].equals(panel["unit"])
    assert panel.groupby("unit")["semester"].agg(list).map(lambda s: s == [1, 2, 3, 4, 5, 6]).all()
    adopted = panel.drop_duplicates("unit")["adopted"].value_counts().sort_index()
    assert adopted.to_dict() == dict(zip(p["adopted"], p["adopters"]))
    assert panel["n"].between(*p["persons"]).all()
    assert panel["value"].between(1, 7).all()


def test_indicators_of_panel_and_users_come_from_their_tables(drawn):
    values = drawn.tables["outcomes"].set_index("indicator")
    panel = drawn.tables["panel"]
    first = panel[panel["semester"] == 1]
    mean = np.average(first["value"], weights=first["n"])
    assert values.loc["i9", "value"].iloc[0] == pytest.approx(mean, abs=5e-4)
    assert values.loc["i9", "n"].iloc[0] == first["n"].sum()
    measured = values.loc["i10", "date"].tolist()
    assert measured == [pd.Timestamp("2017-12-31"), pd.Timestamp("2018-12-31")]
    assert pd.isna(drawn.tables["indicators"].set_index("indicator").loc["i10", "baseline"])


def test_caseload_adds_up_to_the_people_served(drawn):
    caseload, served = drawn.tables["caseload"], drawn.tables["outcomes"].query("indicator == 'i3'")
    total = caseload.groupby("semester")["persons"].sum().reindex(range(1, 7), fill_value=0)
    assert total.tolist() == served["value"].astype(int).tolist()
    assert caseload["achieved"].le(caseload["persons"]).all()
    services = drawn.tables["services"].set_index("service")
    ends = pd.date_range("2016-01-01", periods=6, freq="6MS") + pd.offsets.MonthEnd(6)
    assert (caseload["service"].map(services["started"]) <= ends[caseload["semester"] - 1]).all()
    assert len(caseload) == sum((services["started"] <= day).sum() for day in ends)


def test_outcomes_valued_count_each_person_who_achieved_them_once(drawn):
    valued, cases = drawn.tables["outcome_values"], drawn.tables["caseload"]
    audience = cases["service"].map(drawn.tables["services"].set_index("service")["target_it"])
    achieved = cases["achieved"].groupby(audience).sum()[valued["stakeholder_it"]].to_numpy()
    distinct, served = drawn.tables["reached"]["persons"].sum(), cases["persons"].sum()
    assert distinct < served
    assert valued["quantity"].tolist() == np.rint(achieved * distinct / served).tolist()
    assert valued["quantity"].sum() <= distinct
    assert valued["source"].str.contains("persone distinte / quantity in distinct persons").all()
    assert set(valued["stakeholder_it"]) == set(drawn.tables["services"]["target_it"])
    for name in ("proxy", "deadweight", "displacement", "attribution", "drop_off"):
        assert (valued[f"{name}_low"] <= valued[name]).all()
        assert (valued[name] <= valued[f"{name}_high"]).all()


def test_persons_served_are_not_made_more_than_they_are():
    many = draw.draw(4, 0.1, {"reached": {"persons": 100_000}}).tables
    assert many["outcome_values"]["quantity"].sum() == many["caseload"]["achieved"].sum() > 0


def test_without_services_there_is_nobody_to_count():
    stopped = {"ideas": {"pass": {"proposed": 0, "feasibility": 0, "prototype": 0}}}
    tables = draw.draw(4, 0.1, stopped).tables
    assert [len(tables[name]) for name in ("caseload", "outcome_values", "shifts")] == [0, 0, 0]
    assert "i10" not in set(tables["outcomes"]["indicator"])
