"""Expected value and its distribution: against the closed forms of the binomial and the beta-binomial, within the error of the simulation."""

import numpy as np
import pytest
from scipy import stats

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.resources import forecast, proposals
from tests.resources import pipeline_registers as registers

ERRORS = 4.0  # standard errors of the simulation that a draw may be away from its closed form
SURE = 1e6  # strength of a prior that leaves nothing unknown


def open_ones(*amounts, kind="company", stage="submitted"):
    rows = [(f"o{k}", "Eta", kind, stage, "2018-12-01", amount, "EUR") for k, amount in enumerate(amounts)]
    return proposals.histories(registers.proposals([*registers.HAND[:11], *rows]), registers.END)


def test_expected_value_is_exact_and_draws_agree():
    found = proposals.histories(registers.drawn(300, 2), registers.END)
    learned = proposals.learn(found)
    made = forecast.forecast(found, learned, 500_000, received=20_000, draws=20_000)
    rows = found.rows[found.open]
    places = learned.place(rows["kind"].tolist(), rows["stage"].tolist())
    assert made.expected == pytest.approx(20_000 + (rows["asked"] * learned.mean[places]).sum())
    error = made.totals.std() / np.sqrt(made.draws)
    assert abs(made.totals.mean() - made.expected) < ERRORS * error
    assert made.cells()["expected"].sum() == pytest.approx(made.expected - 20_000)
    half = forecast.forecast(found, learned, 500_000, received=20_000, granted=0.5)
    assert half.expected == pytest.approx(10_000 + made.expected / 2)


def test_known_chances_are_binomial():
    found = open_ones(1_000, 1_000, 1_000, 1_000, 1_000)
    sure = proposals.learn(found, strength=SURE, prior=0.4)
    made = forecast.forecast(found, sure, 3_000, draws=20_000)
    truth = stats.binom.sf(2, 5, 0.4)
    assert abs(made.probability - truth) < ERRORS * np.sqrt(truth * (1 - truth) / 20_000)
    low, high = made.simulation_interval
    assert low < made.probability < high and high - low < 0.015


def test_proposals_of_a_kind_share_what_is_unknown():
    """P(both won) = E[p²] of the posterior, above the square of its mean: the beta-binomial, not two independent trials."""
    found = open_ones(1_000, 1_000)
    learned = proposals.learn(found, strength=2)
    alpha, beta = (part[learned.place(["company"], ["submitted"])].item() for part in learned.shapes)
    truth = alpha * (alpha + 1) / ((alpha + beta) * (alpha + beta + 1))
    made = forecast.forecast(found, learned, 2_000, draws=40_000)
    assert abs(made.probability - truth) < ERRORS * np.sqrt(truth * (1 - truth) / 40_000)
    assert truth > (alpha / (alpha + beta)) ** 2 + 0.02


def test_same_seed_same_draws_and_blocks_do_not_matter(monkeypatch):
    found = proposals.histories(registers.drawn(120, 3), registers.END)
    learned = proposals.learn(found)
    one, two = (forecast.forecast(found, learned, 1e5, seed=5) for _ in range(2))
    assert (one.totals == two.totals).all()
    monkeypatch.setattr(forecast, "BLOCK", 7_777)
    assert (forecast.forecast(found, learned, 1e5, seed=5).totals == one.totals).all()
    assert (forecast.forecast(found, learned, 1e5, seed=6).totals != one.totals).any()


def test_a_target_already_reached_and_none_open():
    found = open_ones()
    made = forecast.forecast(found, proposals.learn(found), 1_000, received=1_000)
    assert (made.probability, made.expected, made.band) == (1.0, 1_000.0, (1_000.0, 1_000.0))
    assert made.distribution()["share"].tolist() == [1.0]
    assert forecast.needed(made, found).table()["further"].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("wins, chance", [(3, 0.5), (1, 0.3), (6, 0.25)])
def test_needed_is_the_smallest_number_of_binomial_trials(wins, chance):
    found = open_ones()
    sure = proposals.learn(found, strength=SURE, prior=chance)
    typical = found.rows.loc[found.rows["kind"] == "company", "asked"].median()
    made = forecast.forecast(found, sure, wins * typical, draws=8_000)
    table = forecast.needed(made, found).table().set_index("funder_kind")
    enough = np.flatnonzero(stats.binom.sf(wins - 1, np.arange(200), chance) >= 0.8)[0]
    row = table.loc["company"]
    assert (
        row["further_low"] <= enough <= row["further_high"] and row["further_high"] - row["further_low"] <= 2
    )
    assert row["extra_asked"] == row["further"] * typical and row["reached"] >= 0.8


def test_needed_agrees_with_drawing_trial_by_trial():
    found = proposals.histories(registers.drawn(150, 4), registers.END)
    learned = proposals.learn(found)
    made = forecast.forecast(found, learned, 900_000, draws=8_000)
    row = forecast.needed(made, found).table().set_index("funder_kind").loc["public"]
    place = learned.place(["public"], ["submitted"])
    chance = forecast.drawn(learned, made.quantile, *place)
    more = int(row["further"])
    wins = np.random.default_rng(9).random((made.draws, more)) < chance
    reached = (made.totals[:, None] + row["typical"] * np.cumsum(wins, axis=1) >= made.target).mean(axis=0)
    error = ERRORS * np.sqrt(0.16 / made.draws)
    assert reached[-1] > 0.8 - error and reached[-2] < 0.8 + error
    assert (np.diff(reached) >= 0).all()


def test_more_is_needed_for_more():
    found = proposals.histories(registers.drawn(150, 4), registers.END)
    learned = proposals.learn(found)
    made = [
        forecast.forecast(found, learned, target, draws=3_000) for target in (500_000, 900_000, 1_500_000)
    ]
    further = np.array([forecast.needed(each, found).table()["further"] for each in made])
    assert (np.diff(further, axis=0) >= 0).all()
    assert (np.diff([each.probability for each in made]) <= 0).all()


def test_out_of_reach_is_missing():
    found = open_ones()
    hopeless = proposals.learn(found, strength=SURE, prior=1e-6)
    table = forecast.needed(forecast.forecast(found, hopeless, 50_000), found).table()
    assert table[["further", "extra_asked", "reached"]].isna().all(axis=None)


def test_wrong_arguments_are_refused_together(english):
    found = open_ones(1_000)
    learned = proposals.learn(found)
    with pytest.raises(EstimateError) as caught:
        forecast.forecast(found, learned, 0, received=-1, draws=10, granted=0)
    assert len(caught.value.faults) == 4
    made = forecast.forecast(found, learned, 1_000)
    with pytest.raises(EstimateError, match="level"):
        forecast.needed(made, found, level=1)
    with pytest.raises(EstimateError, match="stage = won"):
        forecast.needed(made, found, stage="won")


def test_tables_are_specified():
    found = proposals.histories(registers.drawn(60, 5), registers.END)
    made = forecast.forecast(found, proposals.learn(found), 1e5)
    assert made.distribution()["share"].sum() == pytest.approx(1)
    assert made.against().estimate == pytest.approx(made.probability - 0.8)
    tables = (made.table(), made.cells(), made.quantiles(), made.distribution())
    for table in (*tables, forecast.needed(made, found).table()):
        columns.resolve(table, None, "test", None)
