"""Minimal detectable effect and intraclass correlation: oracles.md A row 20; pingouin's wine judges for the correlation (row 13)."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import power
from tests.impact import comparison_fixtures as made

FIVE, THREE = 5e-6, 5e-4  # row 20 gives five decimals and three

pytestmark = pytest.mark.usefixtures("english")


def test_few_degrees_of_freedom_ask_for_a_larger_effect():
    """At 11 degrees of freedom the multiplier is 3.08 (0.80 of power by the noncentral t), against 2.80 of the normal law."""
    from scipy import stats

    least = power.minimal_detectable(1.0, df=11)
    found = stats.nct.sf(stats.t.ppf(0.975, 11), 11, least)
    assert found == pytest.approx(0.80, abs=0.01)
    assert power.minimal_detectable(1.0, df=1e9) == pytest.approx(power.minimal_detectable(1.0), rel=1e-6)


def test_row_20():
    assert power.minimal_detectable(1.0) == pytest.approx(2.80159, abs=FIVE)
    assert power.minimal_detectable(1.0, sides=1) == pytest.approx(2.48647, abs=FIVE)
    assert power.per_group(0.5) == pytest.approx(63.766, abs=THREE)


def test_no_function_computes_observed_power():
    assert not [name for name in dir(power) if "observed" in name or name.endswith("_power")]


@pytest.mark.slow
def test_correlation_within_clusters():
    """ICC(1,1) of Shrout & Fleiss by one-way analysis of variance, as pingouin has it, on eight wines and four judges."""
    pingouin = pytest.importorskip("pingouin")
    wine = pingouin.read_dataset("icc")
    found = power.intraclass(wine.rename(columns={"Wine": "w", "Scores": "s"}), "s", "w")
    assert found.icc == pytest.approx(0.728, abs=THREE) and (found.clusters, found.n, found.size) == (
        8,
        32,
        4,
    )
    assert (round(found.low, 2), round(found.high, 2)) == (0.43, 0.93)


def test_correlation_is_recovered_from_unequal_clusters():
    rng = np.random.Generator(np.random.PCG64(1))
    cluster = np.repeat(np.arange(300), rng.integers(2, 12, 300))
    frame = pd.DataFrame(
        {
            "g": cluster,
            "y": rng.normal(size=300)[cluster] * 0.5 + rng.normal(size=len(cluster)) * np.sqrt(0.75),
        }
    )
    found = power.intraclass(frame, "y", "g")
    assert found.low < 0.25 < found.high and found.icc == pytest.approx(0.25, abs=0.06)
    sizes = np.bincount(cluster)
    assert found.size == pytest.approx((sizes**2).sum() / sizes.sum())
    made.resolves(found.table())


def test_detectable_with_and_without_clusters():
    plain = power.two_groups(2.0, 50, 100)
    assert (
        plain.effect == pytest.approx(2.801585 * 2 * np.sqrt(0.03), rel=1e-6)
        and plain.low == plain.effect == plain.high
    )
    correlated = power.two_groups(2.0, 50, 100, power.Intraclass(0.1, -0.02, 0.3, 10, 150, 15.0))
    assert correlated.effect == pytest.approx(plain.effect * np.sqrt(1 + 14 * 0.1))
    assert correlated.low == pytest.approx(plain.effect) and correlated.high == pytest.approx(
        plain.effect * np.sqrt(1 + 14 * 0.3)
    )
    made.resolves(correlated.table())
    assert power.Intraclass(-0.1, -0.2, 0.1, 5, 50, 10.0).design_effect == 1


@pytest.mark.parametrize(
    ("call", "place"),
    [
        (lambda: power.minimal_detectable(0), "se: se = 0"),
        (
            lambda: power.minimal_detectable(1, power=1.2, alpha=0),
            "power = 1.2; allowed: 0–1\nalpha: alpha = 0",
        ),
        (lambda: power.minimal_detectable(1, sides=3), "sides: sides = 3; allowed: 1, 2"),
        (lambda: power.design_effect(0.5, 2), "size: 0.5 persons a cluster; allowed: ≥ 1\nicc"),
        (lambda: power.per_group(0), "effect: effect 0"),
        (lambda: power.two_groups(0, 0, 5), "sd: sd = 0.*\ntreated: treated = 0"),
        (
            lambda: power.intraclass(pd.DataFrame({"y": [1.0, 2], "g": ["a", "b"]}), "y", "g"),
            "frame, g: 2 rows in 2 clusters",
        ),
        (
            lambda: power.intraclass(pd.DataFrame({"y": [1.0, 1, 2, 2], "g": list("aabb")}), "y", "g"),
            "variance within 0",
        ),
        (
            lambda: power.intraclass(pd.DataFrame({"y": [1.0, np.inf], "g": ["a", "b"]}), "y", "g"),
            "frame: row 2",
        ),
        (lambda: power.intraclass(pd.DataFrame({"y": [], "g": []}), "y", "g"), "0 rows in 0 clusters"),
    ],
)
def test_refused(call, place):
    with pytest.raises(EstimateError, match=place):
        call()
