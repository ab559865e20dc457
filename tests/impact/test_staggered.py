"""Staggered adoption: oracles.md A rows 17 and 18, B mpdta (every ATT(g,t), the four means, analytic errors), the rule of few clusters, and coverage of the simulator's truth."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import EstimateError
from analysis.impact import influence, staggered
from analysis.impact.effect import LEAST
from tests.impact import comparison_fixtures as made

EXACT = 1e-10  # ATT(g,t) and means to full precision, B
ERROR = 1e-4  # analytic standard errors, B
FOUR = 6e-5  # rows 17 and 18 give four decimals

pytestmark = pytest.mark.usefixtures("english")

ATT = {
    (2004, 2004): -0.0105032462209624, (2004, 2005): -0.0704231581031467, (2004, 2006): -0.137258738889403, (2004, 2007): -0.100811363085404,
    (2006, 2004): 0.00652011242423301, (2006, 2005): -0.00275081875051882, (2006, 2006): -0.00459460695286304, (2006, 2007): -0.0412244715462175,
    (2007, 2004): 0.0305066555832928, (2007, 2005): -0.00272589288611625, (2007, 2006): -0.0310871193896889, (2007, 2007): -0.0260544107191966,
}  # fmt: skip
MEANS = {
    "simple": (-0.0399512751551763, 0.0120340127701854), "event": (-0.0772398214573151, 0.0199649890618494),
    "group": (-0.0310182822287484, 0.0124460593209979), "calendar": (-0.0417004321312822, 0.01597185188456),
}  # fmt: skip
EVENT = {-3: 0.0305, -2: -0.0006, -1: -0.0245, 0: -0.0199, 1: -0.0510, 2: -0.1373, 3: -0.1008}


@pytest.fixture(scope="module")
def mpdta(shared_data):
    return staggered.fit(made.mpdta(shared_data), "lemp")


def test_mpdta_every_effect(mpdta):
    table = mpdta.table()
    got = {(g, t): value for g, t, value in zip(table["adopted"], table["semester"], table["estimate"])}
    assert got.keys() == ATT.keys()
    assert max(abs(got[key] - value) for key, value in ATT.items()) < EXACT
    assert table.groupby("adopted")["treated"].first().to_dict() == {2004: 20, 2006: 40, 2007: 131}
    assert (table["controls"] == 309).all() and mpdta.agreement < EXACT


def test_mpdta_means(mpdta):
    for kind, (value, error) in MEANS.items():
        found = mpdta.overall(kind)
        assert found.estimate == pytest.approx(value, abs=EXACT), kind
        assert found.se == pytest.approx(error, abs=ERROR), kind
    table = mpdta.aggregates()
    assert (table["clusters"] == 500).all() and (table["treated_clusters"] == 191).all()
    assert mpdta.by_group()["estimate"].tolist() == pytest.approx([-0.0797, -0.0229, -0.0261], abs=FOUR)


def test_mpdta_event_study_and_trends_before(mpdta):
    table = mpdta.event().set_index("since")
    assert table["estimate"].to_dict() == pytest.approx(EVENT, abs=FOUR)
    cells, leads = mpdta.pretrends()
    assert (cells.law, cells.df) == ("chi2", 5) and cells.p_value == pytest.approx(0.16812, abs=5e-6)
    assert (leads.law, leads.df) == ("f", 3) and 0 < leads.p_value < 1


def test_mpdta_why_not_two_way(mpdta):
    found = mpdta.two_way()
    assert (found.estimate, found.se) == (pytest.approx(-0.0365, abs=FOUR), pytest.approx(0.0148, abs=FOUR))
    assert "why_not" in found.cautions


@pytest.mark.parametrize("control", influence.CONTROLS)
@pytest.mark.parametrize("named", [False, True])
def test_the_package_and_the_influence_values_agree(control, named):
    table = made.panel((6, 7, 5), 9)
    if named:
        table["cluster"] = "c" + (table["unit"].str[1:].astype(int) // 2).astype(str)
    found = staggered.fit(table, "score", control)
    assert found.agreement < EXACT and found.engine.startswith("diff-diff ")
    assert found.clusters.total == (14 if named else 27)


def test_the_packages_own_means_agree_too():
    """The package gives three of the means; the event study from a common base is what the sensitivity analysis starts from."""
    found = staggered.fit(made.panel((6, 7, 5), 9), "score")
    for base in influence.BASES:
        theirs = staggered.package_fit(found.panel, "never", base)
        cells = influence.cells(found.panel.y, found.panel.periods, found.panel.adopted, "never", base)
        labels, effect, values = influence.event(cells)
        surface = theirs.aggregate("event_study")
        at = [surface.event_time.tolist().index(label) for label in labels]
        np.testing.assert_allclose(surface.att[at], effect, atol=EXACT)
        np.testing.assert_allclose(surface.se[at], np.sqrt(np.diag(influence.covariance(values))), atol=EXACT)
    simple, values = influence.simple(cells)
    assert (theirs.overall_att, theirs.overall_se) == (
        pytest.approx(simple, abs=EXACT),
        pytest.approx(np.sqrt((values**2).sum()), abs=EXACT),
    )
    np.testing.assert_allclose(theirs.aggregate("group").att, influence.groups(cells)[1], atol=EXACT)


def test_without_never_adopters_the_last_effects_cannot_be_told():
    found = staggered.fit(made.panel((6, 6), 0), "score", "not_yet")
    assert (
        found.not_estimable == ((3, 4), (3, 5), (3, 6), (4, 3), (4, 4), (4, 5), (4, 6))
        and "not_estimable" in found.cautions
    )
    assert set(zip(found.cells.group.tolist(), found.cells.time.tolist())) == {(3, 2), (3, 3), (4, 2)}


def test_rows_with_few_treated_units_keep_only_the_estimate():
    found = staggered.fit(made.panel((4, 4, 4), 12), "score")
    table, event = found.table(), found.event().set_index("since")
    assert table[["se", "low", "high", "p"]].isna().all(axis=None) and table["estimate"].notna().all()
    assert event.loc[[-3, 3], "p"].isna().all() and event.loc[[-2, -1, 0, 1, 2], "p"].notna().all()
    assert (event["treated_clusters"] == [4, 8, 12, 12, 12, 8, 4]).all()
    assert found.overall().df == 11 and found.overall().p_value is not None
    cells, leads = found.pretrends()
    assert cells.p_value is None and leads.p_value is not None


def test_four_treated_units_in_all_bear_no_interval():
    found = staggered.fit(made.panel((2, 2), 12), "score")
    assert {found.overall(kind).p_value for kind in staggered.AGGREGATES} == {None}
    assert "few_treated_clusters" in found.cautions and all(
        test.p_value is None for test in found.pretrends()
    )


def test_persons_behind_a_row_are_the_fewest_behind_any_of_its_means():
    table = made.panel((6, 5), 8)
    table.loc[(table["adopted"] == 3).fillna(False) & (table["semester"] == 4), "n"] = 1
    found = staggered.fit(table, "score")
    n = found.table().set_index(["adopted", "semester"])["n"]
    assert n[3, 4] == 6 and n[4, 4] == 50
    assert found.cohorts()["n"].tolist() == [80, 6, 50]
    for frame in (
        found.table(),
        found.event(),
        found.by_group(),
        found.by_calendar(),
        found.aggregates(),
        found.cohorts(),
        found.pretrend_table(),
    ):
        made.resolves(frame)
    assert found.two_way().persons


def test_a_common_course_and_the_units_own_levels_change_nothing():
    table = made.panel()
    moved = table.assign(value=table["value"] + table["semester"] ** 2 + table["unit"].str[1:].astype(float))
    one, other = staggered.fit(table, "score"), staggered.fit(moved.sample(frac=1, random_state=1), "score")
    pd.testing.assert_frame_equal(one.event(), other.event())


@pytest.mark.parametrize(
    ("change", "control", "place"),
    [
        ({}, "all", "control: unknown control 'all'"),
        (
            {"adopted": lambda f: f["adopted"].fillna(5)},
            "never",
            "panel, adopted: no unit that does not adopt",
        ),
        ({"adopted": 4}, "not_yet", "panel, adopted: all units adopt in the same semester"),
    ],
)
def test_refused(change, control, place):
    with pytest.raises(EstimateError, match=place):
        staggered.fit(made.panel().assign(**change), "score", control)


def test_two_computations_that_differ_are_refused(monkeypatch):
    real = staggered._engine
    monkeypatch.setattr(
        staggered,
        "_engine",
        lambda *given: (real(*given)[0], {key: (a + 1e-6, b) for key, (a, b) in real(*given)[1].items()}),
    )
    with pytest.raises(EstimateError, match="the two estimates differ by 1e-06"):
        staggered.fit(made.panel(), "score")


def test_no_semester_before_adoption_leaves_trends_untested():
    table = made.panel((6,), 8)
    with pytest.raises(EstimateError, match="no semester before adoption"):
        staggered.fit(table[table["semester"] >= 2], "score").pretrends()


def test_the_intervals_hold_the_simulators_effect():
    """1,000 panels of the demo's truth: how many 95 % intervals hold the true simple mean lies within what chance would leave of 95 %."""
    from analysis.simulate import evaluation, truth

    draws = 1000
    known = truth.load()
    simulated = evaluation.panels(known, 11, draws)
    periods = np.arange(1, simulated.values.shape[2] + 1)
    cells = influence.cells(simulated.values, periods, simulated.adopted)
    expected, by_event = truth.aggregate_effects(known)
    low, high = stats.binom.ppf([0.005, 0.995], draws, 0.95)
    treated = (simulated.adopted > 0).sum()
    estimate, values = influence.simple(cells)
    held = np.abs(estimate - expected) <= stats.t.ppf(0.975, treated - 1) * np.sqrt((values**2).sum(axis=-1))
    assert low <= held.sum() <= high
    assert estimate.mean() == pytest.approx(expected, abs=4 * estimate.std() / np.sqrt(draws))
    labels, several, each = influence.event(cells)
    for since, true in by_event.items():
        k = labels.tolist().index(since)
        number = np.isin(simulated.adopted, cells.group[cells.since == since]).sum()
        if number >= LEAST:
            held = np.abs(several[:, k] - true) <= stats.t.ppf(0.975, number - 1) * np.sqrt(
                (each[..., k] ** 2).sum(axis=-1)
            )
            assert held.mean() >= low / draws, since
    for draw in range(3):
        found = staggered.fit(simulated.frame(draw).assign(indicator="x"), "x").overall()
        assert found.estimate == pytest.approx(estimate[draw], abs=EXACT)
        assert (found.low <= expected <= found.high) == (
            np.abs(estimate - expected) <= stats.t.ppf(0.975, treated - 1) * np.sqrt((values**2).sum(axis=-1))
        )[draw]
