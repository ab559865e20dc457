"""Time to a decision: Kaplan–Meier with Greenwood's variance by hand, statsmodels where it gives a figure, ends that exclude one another."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.resources import ageing, proposals
from tests.resources import pipeline_registers as registers

EXACT = 1e-12
FLOAT = 1e-9  # against statsmodels, which takes logarithms and exponentials on the way


def spells(days, outcome):
    rows = pd.DataFrame({"place": range(len(days)), "days": np.array(days, float), "outcome": outcome})
    return ageing.Spells(rows, "submitted", 0)


@pytest.fixture(scope="module")
def found():
    return proposals.histories(registers.drawn(150, 21), registers.END)


@pytest.fixture(scope="module")
def given(found):
    return ageing.spells(found)


def test_times_of_the_register():
    found = proposals.histories(registers.proposals(), registers.END)
    got = ageing.spells(found)
    assert got.rows["days"].tolist() == [30, 20, 40, 30]
    assert got.rows["outcome"].tolist() == ["won", "lost", "won", "undecided"]
    assert found.rows["proposal"].iloc[got.rows["place"]].tolist() == ["p1", "p2", "p4", "p5"]
    assert ageing.spells(found, "contacted").undated == 3  # p2, p4, p5 went further without a date of it


def test_kaplan_meier_and_greenwood_by_hand():
    # days 2, 3, 3+, 5, 8+: at risk 5, 4, 2
    curve = ageing.waiting(spells([2, 3, 3, 5, 8], ["won", "lost", "undecided", "won", "undecided"]))
    assert curve.day.tolist() == [2, 3, 5] and curve.at_risk.tolist() == [5, 4, 2]
    assert curve.undecided == pytest.approx([4 / 5, 3 / 5, 3 / 10], abs=EXACT)
    greenwood = np.cumsum([1 / (5 * 4), 1 / (4 * 3), 1 / (2 * 1)])
    reach = stats.norm.ppf(0.975) * np.sqrt(greenwood) / np.log(curve.undecided)
    assert curve.low == pytest.approx(curve.undecided ** np.exp(-reach), abs=EXACT)
    assert curve.high == pytest.approx(curve.undecided ** np.exp(reach), abs=EXACT)
    assert (curve.low < curve.undecided).all() and (curve.undecided < curve.high).all()
    assert (curve.days_until(0.5), curve.days_until(0.4), curve.proposals, curve.decided) == (5, 3, 5, 3)
    assert np.isnan(curve.days_until(0.9))
    assert curve.after(np.array([0, 2, 2.5, 3, 99])) == pytest.approx([1, 0.8, 0.8, 0.6, 0.3])
    table = curve.table()
    assert table["days"].tolist() == [0, 2, 3, 5, 8] and table["at_risk"].tolist() == [5, 5, 4, 2, 1]


def test_median_interval_is_that_of_statsmodels(given):
    rows = given.rows
    theirs = SurvfuncRight(rows["days"].to_numpy(), (rows["outcome"] != "undecided").to_numpy().astype(int))
    curve = ageing.waiting(given)
    assert curve.undecided == pytest.approx(theirs.surv_prob, abs=FLOAT)
    for share in (0.5, 0.75):
        assert curve.bounds_until(share) == pytest.approx(theirs.quantile_ci(share, method="cloglog"))
    bounds = curve.percentiles().set_index("percentile").loc[0.5]
    assert bounds["low"] <= bounds["days"] <= bounds["high"]


def test_all_decided_is_a_share():
    curve = ageing.waiting(spells([4, 1, 3, 2], ["won", "lost", "lost", "won"]))
    assert curve.undecided == pytest.approx([0.75, 0.5, 0.25, 0])
    assert np.isnan([curve.low[-1], curve.high[-1]]).all()


def test_nothing_decided_has_no_percentile():
    given = spells([4, 9], ["undecided"] * 2)
    curve = ageing.waiting(given)
    assert curve.percentiles()["days"].isna().all() and curve.table()["undecided"].tolist() == [1, 1]
    assert (ageing.outcomes(given).shares == 0).all()


def test_a_decision_on_the_day_itself():
    given = spells([0, 0, 6], ["lost", "won", "undecided"])
    assert ageing.waiting(given).table()["days"].tolist() == [0, 6]
    assert ageing.outcomes(given).day.tolist() == [0, 6]


def test_what_to_chase(found, given):
    curve = ageing.waiting(given)
    late = ageing.chase(found, given, curve)
    limits = [curve.days_until(share) for share in ageing.CHASE]
    waits = given.rows[given.rows["outcome"] == "undecided"]["days"]
    table = late.table()
    assert len(table) == (waits > limits[0]).sum() and late.open == len(waits)
    assert (table["past"] == np.where(table["days"] > limits[1], 0.9, 0.75)).all()
    assert table["days"].is_monotonic_decreasing
    assert set(table["proposal"]) <= set(found.rows.loc[found.open, "proposal"])


def test_nothing_to_chase_where_the_record_does_not_tell():
    found = proposals.histories(registers.proposals(registers.HAND[-2:-1]), registers.END)
    given = ageing.spells(found)
    late = ageing.chase(found, given, ageing.waiting(given))
    assert not len(late.table()) and np.isnan(late.limits).all() and late.open == 1


def test_ends_exclude_one_another_by_hand():
    # days 2 won, 3 lost, 3+, 5 won, 8+
    got = ageing.outcomes(spells([2, 3, 3, 5, 8], ["won", "lost", "undecided", "won", "undecided"]))
    table = got.table().pivot(index="days", columns="outcome", values="share")
    assert table.loc[8, "won"] == pytest.approx(1 / 5 + 3 / 5 * 1 / 2)
    assert table.loc[8, "lost"] == pytest.approx(4 / 5 * 1 / 4)
    assert table.sum(axis=1).tolist() == pytest.approx([1] * 5)


def test_incidence_is_that_of_statsmodels(given):
    days = given.rows["days"].to_numpy()
    code = given.rows["outcome"].map({"undecided": 0, "won": 1, "lost": 2}).to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        theirs = CumIncidenceRight(days, code)
    at_risk = (days >= theirs.times[:, None]).sum(axis=1)
    ends = np.stack([((days == theirs.times[:, None]) & (code == k)).sum(axis=1) for k in (1, 2)], axis=1)
    share, error = ageing.incidence(at_risk, ends)
    given_error = np.stack(theirs.cinc_se, axis=1)
    known = np.isfinite(given_error)
    assert share == pytest.approx(np.stack(theirs.cinc, axis=1), abs=FLOAT)
    assert error[known] == pytest.approx(given_error[known], abs=FLOAT) and known.mean() > 0.9


def test_incidence_without_open_ones_is_a_binomial_share():
    at_risk, ends = np.array([10, 6]), np.array([[3, 1], [2, 4]])
    share, error = ageing.incidence(at_risk, ends)
    assert share[-1].tolist() == pytest.approx([0.5, 0.5])
    assert error[-1].tolist() == pytest.approx([np.sqrt(0.5 * 0.5 / 10)] * 2)


def test_unknown_stage_or_none_dated_is_refused(found, english):
    with pytest.raises(EstimateError, match="stage = pilot"):
        ageing.spells(found, "pilot")
    with pytest.raises(EstimateError, match="no proposal with a date of 'negotiation'"):
        ageing.spells(found, "negotiation")


def test_tables_are_specified(found, given):
    curve, got = ageing.waiting(given), ageing.outcomes(given)
    chased = ageing.chase(found, given, curve).table()
    for table in (curve.table(), curve.percentiles(), chased, got.table(), ageing.won_share(got)):
        columns.resolve(table, None, "test", None)
    row = ageing.won_share(got).iloc[0]
    assert row["low"] < row["share"] < row["high"]


@pytest.mark.slow
def test_pointwise_interval_covers():
    """The curve at 90 days of an exponential wait of 90 on average, a fifth of the 60 proposals censored: 1,000 simulations, binomial bounds of 95 %."""
    rng = np.random.default_rng(3)
    truth, inside = np.exp(-1), 0
    for _ in range(1_000):
        wait, limit = rng.exponential(90, 60), rng.uniform(40, 420, 60)
        curve = ageing.waiting(
            spells(np.minimum(wait, limit), np.where(wait <= limit, "won", "undecided").astype(object))
        )
        at = np.searchsorted(curve.day, 90, side="right") - 1
        inside += curve.low[at] <= truth <= curve.high[at]
    assert 0.93 <= inside / 1_000 <= 0.97
