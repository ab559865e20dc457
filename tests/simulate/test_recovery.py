import pytest

from analysis.simulate import draw, recovery, truth

# About 115 parameters are compared at once; under the truth the largest |z| exceeds 4 about once in 140 draws,
# and the seeds are fixed.
LARGEST = 4.0
# Two standard errors hold 95 % of them; leave room for the binomial tails of rare events.
OUTSIDE_TWO = 0.12
# 10,000 employed respondents: the standard error of alpha is about 0.002.
ALPHA = 0.01


@pytest.mark.parametrize("overrides", [None, truth.opposite()], ids=["default", "opposite"])
def test_estimates_recover_the_truth(overrides):
    drawn = draw.draw(3, 25, overrides)
    table = recovery.check_sim(drawn)
    assert len(table) > 100
    assert table["z"].abs().max() < LARGEST
    assert (table["z"].abs() > 2).mean() < OUTSIDE_TWO
    for scale in ("wfc", "fwc"):
        true, estimate = recovery.alpha(drawn, scale)
        assert estimate == pytest.approx(true, abs=ALPHA)


def test_the_shipped_seed_is_no_outlier(drawn):
    table = recovery.check_sim(drawn)
    assert table["z"].abs().max() < LARGEST
    assert (table["z"].abs() > 2).mean() < OUTSIDE_TWO


def test_care_load_is_unknown_where_an_answer_is_missing(drawn):
    frame = drawn.waves[1]
    missing = frame["relatives_care"].eq("99")
    assert missing.any()
    assert recovery.care_load(frame)[missing].isna().all()
    assert recovery.care_load(frame)[~missing].notna().all()
