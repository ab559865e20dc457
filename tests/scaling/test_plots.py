"""Figures: drawn in both languages on the same coordinates, with circles in proportion and suppressed cells passed over."""

import tomllib

import numpy as np
import pandas as pd
import pytest

from analysis import places
from analysis.evidence import style
from analysis.evidence.words import Words
from analysis.scaling import eligible, maps, montecarlo, plots, scenario, scope
from tests.evidence import contrast

CELLS = pd.DataFrame({"sex": ["f", "m"], "age_from": [18, 18], "age_to": [64, 64], "value": [0.094, 0.059]})
# radii are drawn to a tenth of a point
RADIUS = 0.05


def words(language: str) -> Words:
    text = (places.notebooks() / "scalability.toml").read_text(encoding="utf-8")
    return Words(language, tomllib.loads(text)["words"], {}, "scalability")


def both(draw, data):
    with style.house():
        figures = [draw(data, words(language)) for language in ("it", "en")]
    for figure in figures:
        figure.canvas.draw()
    assert style.same_coordinates(*figures)
    return figures[0]


@pytest.fixture
def found(territory) -> eligible.Eligible:
    spread = territory.assign(lon=[9.0, 9.4, 10.2], lat=[45.0, 45.5, 45.2], f_80_plus=[500, 10, 1000])
    return eligible.estimate(spread, CELLS)


@pytest.fixture
def drawn(raw) -> montecarlo.Draws:
    return montecarlo.draw(scenario.read(raw), 1024, seed=1)


def test_circles_are_in_proportion_to_eligible_people(found):
    area = scope.Scope("region", "R", found.places)
    data = {"places": found.points(), "breaks": found.breaks(), "scope": area.named()}
    figure = both(plots.eligible_map, data)
    sizes = np.concatenate(
        [
            c.get_sizes().repeat(len(c.get_offsets()))
            for c in figure.axes[0].collections
            if len(c.get_offsets())
        ]
    )
    expected = np.sort(found.places["eligible"])[::-1] / found.places["eligible"].max() * maps.LARGEST
    assert np.sqrt(np.sort(sizes)[::-1]) / 2 == pytest.approx(np.sqrt(expected) / 2, abs=RADIUS)


def test_one_place_alone_can_be_mapped(territory):
    alone = eligible.estimate(territory.head(1), CELLS)
    area = scope.Scope("municipality", "T001001", alone.places)
    both(plots.eligible_map, {"places": alone.points(), "breaks": alone.breaks(), "scope": area.named()})


def test_size_classes_and_districts(found):
    both(plots.size_classes, scope.by_size(found.places))
    parts = pd.DataFrame(
        {"district": [{"it": "uno", "en": "one"}, {"it": "due", "en": "two"}], "eligible": [90.0, np.nan]}
    )
    figure = both(plots.districts, parts)
    assert [text.get_text() for text in figure.axes[0].texts] == ["90"]


def test_bands_and_chances(found, drawn):
    aim = montecarlo.aim(30)
    both(plots.rollout, {"rollout": montecarlo.rollout(drawn, found.places["eligible"]), "aim": aim})
    areas = [("municipality", 50.0, 1), ("region", found.total, 3)]
    both(plots.chances, {"chances": montecarlo.exceedance(drawn, areas), "aim": aim})


def test_letters_and_marks_keep_their_contrast(found, drawn):
    area, aim = scope.Scope("region", "R", found.places), montecarlo.aim(30)
    areas = [("municipality", 50.0, 1), ("region", found.total, 3)]
    parts = pd.DataFrame({"district": [{"it": "uno", "en": "one"}], "eligible": [90.0]})
    chances = montecarlo.exceedance(drawn, areas)
    for draw, data in (
        (plots.eligible_map, {"places": found.points(), "breaks": found.breaks(), "scope": area.named()}),
        (plots.size_classes, scope.by_size(found.places)),
        (plots.districts, parts),
        (plots.rollout, {"rollout": montecarlo.rollout(drawn, found.places["eligible"]), "aim": aim}),
        (plots.chances, {"chances": chances, "aim": aim}),
    ):
        assert contrast.faults(style.to_svg(both(draw, data))) == []
