"""Attrition: weights that restore the first wave's composition, and the flow; reliable change and regression to the mean by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.survey import attrition, estimates, waves
from analysis.survey.design import Census, Design


@pytest.fixture
def sample():
    generator = np.random.default_rng(8)
    frame = pd.DataFrame({"care": generator.choice(["no", "yes", None], 3000, p=[0.6, 0.35, 0.05])})
    back = generator.random(3000) < np.where(frame["care"] == "yes", 0.4, 0.8)
    return frame, back, Design(generator.uniform(1, 2, 3000), psu=np.arange(3000) // 5)


def test_weights_of_who_came_back_restore_the_first_wave(sample):
    frame, back, design = sample
    found = attrition.reweight(frame, back, design)
    first = estimates.composition(frame["care"].fillna("no"), design).estimate
    second = estimates.composition(
        frame["care"].fillna("no")[back].reset_index(drop=True), found.design
    ).estimate
    assert second == pytest.approx(first, abs=1e-6)
    assert found.design.weights.sum() == pytest.approx(design.weights.sum())
    assert found.table()["n"].tolist() == [int(back.sum())]
    assert 0.3 < found.chance.min() < found.chance.max() < 0.9


def test_nothing_to_correct_is_told(sample, english):
    frame, _, design = sample
    with pytest.raises(EstimateError, match="nothing to correct"):
        attrition.reweight(frame, np.ones(3000, dtype=bool), design)


def test_a_covariate_left_with_one_category_is_left_out(sample, english):
    frame, back, design = sample
    certain = pd.Series(np.where(np.arange(3000) < 20, "x", "y"))
    back[:20] = True
    plain = attrition.reweight(frame, back, design)
    found = attrition.reweight(frame.assign(certain=certain), back, design)
    assert found.design.weights == pytest.approx(plain.design.weights)
    with pytest.raises(EstimateError, match="no covariate tells"):
        attrition.reweight(certain.to_frame("certain"), back, design)


def test_rows_that_are_not_the_designs_are_refused(sample, english):
    frame, back, design = sample
    with pytest.raises(EstimateError, match="2999 rows, 3000 outcomes; allowed: 3000"):
        attrition.reweight(frame.iloc[1:], back, design)


def test_flow_keeps_groups_of_new_persons_and_refuses_other_numbers(english):
    match = waves.match(pd.Series([1, 2, 3]), pd.Series([2, 8, 9]))
    groups = pd.Series(list("aab"), name="care")
    table = attrition.flow(match, groups, pd.Series(["z", "a"]))
    assert table.loc[table["stage"].eq("new"), "persons"].tolist() == [1, 0, 1]
    with pytest.raises(EstimateError) as caught:
        attrition.flow(match, groups[:2], pd.Series(["z"]))
    assert "flow.groups" in str(caught.value) and "flow.arrived" in str(caught.value)


def test_flow_counts_everybody_once():
    match = waves.match(pd.Series([1, 2, 3, 4]), pd.Series([2, 4, 9]))
    groups = pd.Series(list("aabb"), name="care")
    table = attrition.flow(match, groups, pd.Series(["a"]))
    counts = table.set_index(["stage", "care"])["persons"].to_dict()
    assert counts == {
        ("first", "a"): 2, ("first", "b"): 2, ("returned", "a"): 1, ("returned", "b"): 1,
        ("left", "a"): 1, ("left", "b"): 1, ("new", "a"): 1, ("new", "b"): 0,
    }  # fmt: skip


def test_reliable_change_by_hand(english):
    before, after = [1.0, 2.0, 3.0, 4.0, None], [1.0, 5.0, 0.0, 4.0, 2.0]
    # sd of the first answers 1.291; with reliability .9 a change beyond 1.96 · 1.291 · √.2 = 1.13 is reliable.
    found = waves.reliable_change(before, after, 0.9, "high", Census(5))
    assert found.groups["reliable_change"].tolist() == ["improved", "unchanged", "worsened"]
    assert found.estimate.tolist() == [0.25, 0.5, 0.25] and found.n.tolist() == [4, 4, 4]
    turned = waves.reliable_change(before, after, 0.9, "low", Census(5))
    assert turned.cases.tolist() == found.cases.tolist()[::-1]
    with pytest.raises(EstimateError, match="reliability"):
        waves.reliable_change(before, after, 1.0, "high", Census(5))


def test_every_fault_of_reliable_change_at_once(english):
    with pytest.raises(EstimateError) as caught:
        waves.reliable_change([1.0, 1.0], [2.0, 3.0, 4.0], 2.0, "up", Census(2))
    for told in ("2 answers before and 3 after", "reliability is 2.00", "unknown end", "no variance"):
        assert told in str(caught.value)
    with pytest.raises(EstimateError, match="no variance"):
        waves.reliable_change([1.0, None], [2.0, 3.0], 0.8, "high", Census(2))
    with pytest.raises(EstimateError, match="3 answers before and 4 after"):
        waves.regression_to_mean([1, 2, 3], [1, 2, 3, 4])


def test_noise_alone_regresses_to_the_mean():
    generator = np.random.default_rng(6)
    true = generator.normal(size=20000)
    first, second = true + generator.normal(size=20000), true + generator.normal(size=20000)
    table = waves.regression_to_mean(first, second)
    assert table["observed"].to_numpy() == pytest.approx(table["expected"].to_numpy(), abs=0.05)
    assert table["observed"].iloc[0] > 0.5 and table["observed"].iloc[3] < -0.5
    assert table["n"].sum() == 20000
