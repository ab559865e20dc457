"""Calibration: predictions from others only, scores by hand, an artefact of leaving one out avoided, coverage of the bootstrap (slow)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.evidence import columns
from analysis.resources import calibration, proposals
from tests.resources import pipeline_registers as registers

EXACT = 1e-12


@pytest.fixture(scope="module")
def found():
    return proposals.histories(registers.drawn(160, 11), registers.END)


def given(chance, won, kind="company", scheme=calibration.EARLIER):
    rows = pd.DataFrame({"proposal": range(len(won)), "kind": kind, "probability": chance, "pooled": 0.5,
                         "learned_from": 9, "won": np.array(won, dtype=bool)})  # fmt: skip
    return calibration.Predicted(rows, scheme, "submitted", 0)


@pytest.mark.parametrize("scheme", calibration.SCHEMES)
def test_each_is_predicted_as_if_it_had_been_learned_from_the_others_alone(found, scheme):
    predicted = calibration.predict(found, scheme).rows
    start = found.entered[:, 2]
    for at in (3, 40, len(predicted) - 1):
        one = predicted.iloc[at]
        place = int(np.flatnonzero(found.rows["proposal"] == one["proposal"])[0])
        keep = ~found.open & (np.arange(len(found.rows)) != place)
        if scheme == calibration.EARLIER:
            keep &= (found.rows["ended"] < pd.Timestamp(start[place])).to_numpy()
        others = proposals.Histories(found.rows[keep], found.entered[keep], found.end)
        learned = proposals.learn(others)
        row, column = learned.place([one["kind"]], ["submitted"])
        assert one["probability"] == pytest.approx(learned.mean[row, column].item(), abs=EXACT)
        assert one["pooled"] == pytest.approx(learned.prior[2], abs=EXACT)
        assert one["learned_from"] == keep.sum()


def test_nothing_that_was_not_known_then_enters(found):
    """What is decided later may turn out otherwise: the predictions made before stay as they were."""
    before = calibration.predict(found).rows.set_index("proposal")
    late = (found.rows["ended"] > pd.Timestamp("2017-06-30")).to_numpy()
    rows = found.rows.assign(won=np.where(late, ~found.rows["won"], found.rows["won"]).astype(bool))
    after = calibration.predict(proposals.Histories(rows, found.entered, found.end)).rows.set_index(
        "proposal"
    )
    early = found.rows.loc[found.entered[:, 2] <= np.datetime64("2017-06-30"), "proposal"]
    kept = before.index.intersection(early)
    assert len(kept) > 20 and (before.loc[kept, "probability"] == after.loc[kept, "probability"]).all()


def test_left_out_are_counted(found):
    ended = int((~found.open).sum())
    predicted = calibration.predict(found)
    assert len(predicted.rows) + predicted.left_out == ended and predicted.left_out > 5
    assert calibration.predict(found, calibration.WITHOUT).left_out == 0


def test_scores_by_hand():
    chance, won = np.array([0.1, 0.1, 0.4, 0.4, 0.4, 0.8, 0.8, 0.8, 0.8, 0.4]), [0, 0, 0, 1, 0, 1, 1, 0, 1, 1]
    scored = calibration.calibrate(given(chance, won))
    brier = np.mean((chance - np.array(won)) ** 2)
    assert scored.brier[0] == pytest.approx(brier, abs=EXACT)
    assert scored.brier[0] == pytest.approx(
        (2 * 0.01 + 2 * 0.16 + 2 * 0.36 + 3 * 0.04 + 0.64) / 10, abs=EXACT
    )
    assert scored.reference[0] == pytest.approx(0.25, abs=EXACT)
    assert scored.skill[0] == pytest.approx(1 - brier / 0.25, abs=EXACT)
    assert scored.bias[0] == pytest.approx(chance.mean() - 0.5, abs=EXACT)
    assert scored.pooled[0] == pytest.approx(0.25, abs=EXACT)
    curve = scored.reliability()
    assert curve["n"].tolist() == [2, 4, 4] and curve["won"].tolist() == [0, 2, 3]
    assert curve["predicted"].tolist() == pytest.approx([0.1, 0.4, 0.8])
    assert (scored.n, scored.won) == (10, 5)


def test_perfect_and_certain_predictions():
    won = np.array([0, 1] * 6)
    perfect = calibration.calibrate(given(won.astype(float), won))
    assert perfect.brier == (0, 0, 0) and perfect.skill[0] == 1
    same = calibration.calibrate(given(np.full(12, 0.5), np.ones(12)))
    assert np.isnan(same.skill).all() and same.reference[0] == 0


def test_the_order_of_the_proposals_does_not_matter(found):
    predicted = calibration.predict(found)
    mixed = calibration.Predicted(
        predicted.rows.sample(frac=1, random_state=2), predicted.scheme, "submitted", 0
    )
    one, two = calibration.calibrate(predicted), calibration.calibrate(mixed)
    assert two.brier[0] == pytest.approx(one.brier[0], abs=EXACT)
    pd.testing.assert_frame_equal(one.reliability(), two.reliability())


def test_leaving_one_out_is_judged_by_kind(found):
    """Within a kind, those won have lower probabilities than those lost: classes by probability would be an artefact."""
    predicted = calibration.predict(found, calibration.WITHOUT)
    by = predicted.rows.groupby(["kind", "won"])["probability"].mean().unstack()
    assert (by[True] < by[False]).all()
    curve = calibration.calibrate(predicted).reliability()
    assert set(curve["bin"]) == set(predicted.rows["kind"]) and curve["n"].sum() == len(predicted.rows)
    assert curve["predicted"].to_numpy() == pytest.approx(curve["share"].to_numpy(), abs=0.05)


def test_too_few_and_unknown_schemes_are_refused(english):
    with pytest.raises(EstimateError, match=r"9 ended proposals.*10"):
        calibration.calibrate(given(np.full(9, 0.5), [0, 1] * 4 + [1]))
    with pytest.raises(EstimateError, match="draws = 3, bins = 0"):
        calibration.calibrate(given(np.full(12, 0.5), [0, 1] * 6), bins=0, draws=3)
    few = proposals.histories(registers.proposals(), registers.END)
    with pytest.raises(EstimateError, match="0 ended proposals"):
        calibration.predict(few)
    with pytest.raises(EstimateError, match=r"scheme = later(.|\n)*stage = won(.|\n)*least_before"):
        calibration.predict(few, "later", "won", least_before=0)


def test_tables_are_specified(found):
    for scheme in calibration.SCHEMES:
        predicted = calibration.predict(found, scheme)
        scored = calibration.calibrate(predicted)
        for table in (predicted.table(), scored.table(), scored.reliability()):
            columns.resolve(table, None, "test", None)
    assert scored.against_reference().n == scored.n


COVERAGE = (
    0.91,
    0.97,
)  # of 95 %: 500 simulations of 80 predictions, ±2 binomial errors and what a percentile bootstrap falls short


@pytest.mark.slow
def test_bootstrap_interval_of_the_brier_score_covers():
    rng = np.random.default_rng(5)
    truth = 0.2 * 0.8 * 0.5 + 0.6 * 0.4 * 0.5  # predictions 0.2 and 0.6, each right, half and half
    inside = 0
    for seed in range(500):
        chance = np.where(rng.random(80) < 0.5, 0.2, 0.6)
        scored = calibration.calibrate(given(chance, rng.random(80) < chance), draws=400, seed=seed)
        inside += scored.brier[1] <= truth <= scored.brier[2]
    assert COVERAGE[0] <= inside / 500 <= COVERAGE[1]
