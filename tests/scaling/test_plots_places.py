"""Figures of where to go first: the same coordinates in both languages, with and without outlines, letters and marks that can be read."""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import style
from analysis.evidence.words import Words
from analysis.scaling import montecarlo, plots_places, rollout, scenario, strategies
from analysis.scaling.rollout import Terms
from tests.evidence import contrast
from tests.scaling.test_rollout import VALUES, towns

KEYS = (
    "start_title", "start_year", "start_never", "municipalities_short", "budget", "budget_line", "cost", "cost_axis", "retained_axis",
    "same_everywhere", "eligible_share_axis", "reached_share_axis", "covered_axis", "year",
)  # fmt: skip
FIELDS = {"start_year": " {year} {count}", "start_never": " {count}", "municipalities_short": " {count}", "budget_line": " {budget}"}  # fmt: skip


def words(language: str) -> Words:
    own: dict = {key: {"it": f"it{FIELDS.get(key, '')}", "en": f"en{FIELDS.get(key, '')}"} for key in KEYS}
    return Words(language, own, {}, "test")


def both(draw, data):
    with style.house():
        figures = [draw(data, words(language)) for language in ("it", "en")]
        for figure in figures:
            figure.canvas.draw()
        assert style.same_coordinates(*figures)
        assert contrast.faults(style.to_svg(figures[0])) == []
    return figures[0]


@pytest.fixture(scope="module")
def plan() -> rollout.Rollout:
    places = towns([100, 150, 60, 90, 40], "PPQQQ")
    return rollout.plan(places, VALUES, Terms((3500.0, 5500.0), floor=0.2), gap=0.0)


@pytest.fixture
def compared(raw, territory):
    drawn = montecarlo.draw(scenario.read(raw), 1024, seed=1)
    places = towns([100, 150, 60, 90, 40], "PPQQQ")
    return drawn, places, strategies.orders(drawn, places, "T0")


def test_a_map_with_outlines_and_without(plan):
    data = {"places": plan.points(), "scope": pd.DataFrame({"place": ["R"]})}
    bare = both(plots_places.start_map, data)
    ring = pd.DataFrame({"province": "P", "ring": 1, "lon": [8.9, 9.6, 9.6, 8.9], "lat": [44.9, 44.9, 45.1, 44.9]})  # fmt: skip
    lined = both(plots_places.start_map, {**data, "outlines": ring})
    assert len(lined.axes[0].collections) == len(bare.axes[0].collections) + 1
    drawn = np.concatenate([c.get_offsets() for c in bare.axes[0].collections])
    assert len(drawn) == len(plan.places)


def test_a_territory_where_nothing_starts_is_mapped(plan):
    data = {"places": plan.points().assign(start="0"), "scope": pd.DataFrame({"place": ["R"]})}
    assert both(plots_places.start_map, data)


def test_curves_and_their_ends(compared):
    drawn, places, orders = compared
    curves = strategies.curves(drawn, places, orders)
    figure = both(
        plots_places.reach_against_cost,
        {"curves": curves, "budget": pd.DataFrame({"budget": [3000.0]})},
    )
    assert len(figure.axes[0].get_legend().get_texts()) == len(orders)
    both(plots_places.reach_against_cost, {"curves": curves})


def test_who_is_left_out(compared):
    _, places, orders = compared
    both(plots_places.lorenz, strategies.equity(places, orders).lorenz())


def test_years_and_provinces(plan):
    years = both(plots_places.rollout_years, plan.table())
    bars = [patch.get_height() for patch in years.axes[0].patches]
    assert bars == pytest.approx(list(plan.table()["retained"]))
    both(plots_places.rollout_provinces, plan.by_province())
