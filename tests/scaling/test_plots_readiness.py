"""Figures of maturity, reach and cost: equal coordinates in both languages, enough contrast, every word known, what is missing passed over."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

from analysis.evidence import columns, style
from analysis.evidence.words import Words
from analysis.scaling import (
    breakeven,
    cost,
    maturity,
    montecarlo,
    plots_cost,
    plots_maturity,
    represent,
    scenario,
)
from tests.evidence import contrast

from .test_maturity import ROWS, table
from .test_represent import CELLS, SE, reached

WORDS = tomllib.loads(Path(__file__).with_name("readiness_words.toml").read_text(encoding="utf-8"))["words"]


def draw(name: str, data, language: str = "it"):
    room = plots_cost if hasattr(plots_cost, name) else plots_maturity
    with style.house():
        return getattr(room, name)(data, Words(language, WORDS, {}, "readiness"))


@pytest.fixture
def ratings() -> maturity.Ratings:
    return maturity.read(table(*ROWS), "re-aim")


@pytest.fixture
def drawn(raw) -> montecarlo.Draws:
    basis = raw["target_basis"]
    raw["takeup"]["retained"] = {"distribution": "uniform", "low": 0.4, "high": 0.9, "basis": basis}
    return montecarlo.draw(scenario.read(raw), 256, seed=1)


@pytest.fixture
def shares(territory) -> represent.Representation:
    base = represent.base(territory, CELLS.assign(se=SE))
    return represent.composition(reached(20, 30, 30, 20), base, "probability")


@pytest.fixture
def figures(ratings, drawn, shares) -> dict[str, object]:
    found = cost.doublings()
    return {
        "dot_strip": {"marks": ratings.marks(), "scale": ratings.scale()},
        "columns": ratings.by_column(),
        "representation": shares.table(),
        "unit_costs": breakeven.unit_costs(drawn, np.geomspace(10, 2000, 30), 2).table(),
        "break_even": breakeven.at_value(drawn, np.linspace(14, 60, 24), 2).table(),
        "doublings": {"figures": found.table(), "caution": found.caution()},
    }


def test_both_languages_plot_the_same_and_every_word_is_asked_for(figures, monkeypatch):
    seen = set()
    find = Words.find
    monkeypatch.setattr(Words, "find", lambda self, key: seen.add(key) or find(self, key))
    for name, data in figures.items():
        assert style.same_coordinates(draw(name, data, "it"), draw(name, data, "en")), name
    assert set(WORDS) - {"labels", "ratings"} <= seen  # ratings: only where raters are more than marks


@pytest.mark.parametrize("name", ["dot_strip", "columns", "representation", "break_even", "doublings"])
def test_letters_and_marks_keep_their_contrast(figures, name):
    assert contrast.faults(style.to_svg(draw(name, figures[name]))) == []


def test_every_rating_is_a_mark_and_every_count_is_written(figures):
    axes = draw("dot_strip", figures["dot_strip"]).axes[0]
    assert axes.get_yticklabels()[0].get_text() == "adozione"
    marks = sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() != "None")
    assert marks == 10  # five items, two raters: seven ratings and three that were not given
    texts = draw("columns", figures["columns"]).axes[0].texts
    assert sorted(text.get_text() for text in texts) == ["1", "1", "2", "3", "3"]


def test_a_cell_kept_back_is_said_and_volunteers_have_no_interval(figures):
    shown = figures["representation"].drop(columns=["low", "high"])
    shown.loc[1, ["share_reached", "share_eligible", "difference"]] = np.nan
    axes = draw("representation", shown).axes[0]
    assert [text.get_text() for text in axes.texts] == ["non pubblicato"]


def test_the_illustration_says_whose_programmes_they_are(figures):
    title = draw("doublings", figures["doublings"]).axes[0].get_title(loc="left")
    assert "HIV" in title
    assert "nessuna trasferibilità" in title


def test_every_table_describes_its_columns(ratings, drawn, shares, figures, territory):
    base = represent.base(territory, CELLS.assign(se=SE))
    counted = [
        ratings.by_item(), ratings.by_column(), ratings.marks(), ratings.scale(), ratings.questionnaire.table(),
        maturity.agreement(ratings, 1, 200).table(), represent.reach(reached(1, 2, 3, 4), base).table(), shares.table(), shares.indices(),
        figures["break_even"],
    ]  # fmt: skip
    for frame in counted:
        assert columns.resolve(frame, None, "x", None)
    for frame in (figures["unit_costs"], *figures["doublings"].values()):
        assert columns.resolve(frame, None, "x", "model output")
