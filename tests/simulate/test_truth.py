import numpy as np
import pytest

from analysis.errors import ParameterError
from analysis.simulate import truth

# Monte Carlo of 400,000 draws of a 1–7 item: 4 standard errors of about 0.002 each.
MONTE_CARLO = 0.01


def test_every_section_states_its_assumption():
    listing = truth.listing(truth.load())
    assert listing["assumption"].str.len().gt(20).all()
    assert listing["parameter"].is_unique


def test_overrides_are_laid_over_the_defaults():
    drawn = truth.load({"conflict": {"wfc": {"women_minus_men": -1}}})
    assert drawn["conflict"]["wfc"]["women_minus_men"] == -1
    assert drawn["conflict"]["fwc"] == truth.load()["conflict"]["fwc"]


def test_every_wrong_override_is_named_with_the_nearest_parameter():
    wrong = {"conflict": {"wfc": {"women_minus_man": 1.0, "flexible": "no"}}, "ages": {"f": [1.0]}}
    with pytest.raises(ParameterError) as caught:
        truth.load(wrong)
    assert [fault.where for fault in caught.value.faults] == [
        "conflict.wfc.women_minus_man",
        "conflict.wfc.flexible",
        "ages.f",
    ]
    assert "women_minus_men" in caught.value.faults[0].next_step


def test_age_density_sums_to_one_and_ages_with_its_tilt():
    density = truth.age_density(truth.load(), np.array([0.0, 0.01]))
    assert density.shape == (2, 2, 101)
    np.testing.assert_allclose(density.sum(axis=(1, 2)), 1.0)
    mean = (density.sum(axis=1) * truth.AGES).sum(axis=1)
    assert mean[1] > mean[0]


def test_bands_cover_every_age_once():
    covered = [age for low, high in truth.BANDS.values() for age in range(low, high + 1)]
    assert covered == list(range(101))


def test_prevalence_is_a_partition_and_swaps_with_the_sexes():
    shares = truth.prevalence(truth.load(), 18, 64, ("f",))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) > 0
    women = truth.prevalence(truth.load(), 40, 40, ("f",))
    men = truth.prevalence(truth.load(truth.opposite()), 40, 40, ("m",))
    assert women == pytest.approx(men)


def test_expected_items_are_the_means_of_rounded_and_bounded_answers():
    p = truth.load()["conflict"]["wfc"]
    latent = np.array([2.0, 5.5])
    rng = np.random.default_rng(5)
    person = latent + p["person_sd"] * rng.standard_normal((400_000, 2))
    middle, loading = truth.item_middle(p, 1, 7), p["loadings"][2]
    answers = middle + loading * (person - middle) + p["item_sd"] * rng.standard_normal(person.shape)
    drawn = np.clip(np.rint(answers), 1, 7).mean(axis=0)
    np.testing.assert_allclose(truth.expected_items(latent, p, 1, 7)[:, 2], drawn, atol=MONTE_CARLO)


def test_opposite_turns_the_signs():
    base, turned = truth.load(), truth.load(truth.opposite())
    for scale in ("wfc", "fwc"):
        gap = [
            truth.expected_scores(p, scale).groupby("gender")["score"].mean().loc[["f", "m"]].diff().iloc[1]
            for p in (base, turned)
        ]
        assert gap[0] < 0 < gap[1]
    widths = [list(truth.expected_community(p).values()) for p in (base, turned)]
    assert widths[0] == sorted(widths[0], reverse=True)
    assert widths[1] == sorted(widths[1])
    loads = [1 - truth.prevalence(p, sexes=(sex,))["none"] for p in (base, turned) for sex in ("f", "m")]
    assert loads[0] > loads[1]
    assert loads[2] < loads[3]


def test_effects_of_the_panel_by_group_and_their_aggregates():
    p = truth.load({"panel": {"adopters": [2, 4, 4], "effect": -0.2, "effect_per_semester": -0.1}})
    cells = truth.group_time_effects(p)
    by = cells.set_index(["group", "semester"])["effect"]
    assert by[(3, 3)] == pytest.approx(-0.2)
    assert by[(3, 6)] == pytest.approx(-0.5)
    assert by[(5, 6)] == pytest.approx(-0.3)
    simple, event = truth.aggregate_effects(p)
    by_hand = (2 * (0.2 + 0.3 + 0.4 + 0.5) + 4 * (0.2 + 0.3 + 0.4) + 4 * (0.2 + 0.3)) / (
        2 * 4 + 4 * 3 + 4 * 2
    )
    assert simple == pytest.approx(-by_hand)
    assert event.to_dict() == pytest.approx({0: -0.2, 1: -0.3, 2: -0.4, 3: -0.5})


def test_the_panel_has_no_effect_before_adoption_nor_where_nobody_adopts():
    p = truth.load()
    effect = truth.panel_effect(p, np.array([[0], [4]]), np.arange(1, 7))
    assert (effect[0] == 0).all()
    assert (effect[1, :3] == 0).all()
    assert (effect[1, 3:] < 0).all()
    covariance = truth.panel_noise(p)
    assert np.diag(covariance) == pytest.approx(p["panel"]["noise_sd"] ** 2)
    assert covariance[0, 2] / covariance[0, 0] == pytest.approx(p["panel"]["noise_correlation"] ** 2)
