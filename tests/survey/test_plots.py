"""Figures: each draws what it is given, also with suppressed cells and without intervals, and the same in both languages."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.survey import contrasts, design, estimates, frames, plots, waves
from tests.evidence import contrast

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "work_life_balance.toml"
LABELS = {
    "care_load": {code: {"it": code, "en": code} for code in ("none", "children", "relatives", "both")},
    "gender": {"f": {"it": "donne", "en": "women"}, "m": {"it": "uomini", "en": "men"}},
}
N = 240


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(11)
    frame = pd.DataFrame(
        {
            "gender": rng.choice(["f", "m"], N),
            "care_load": rng.choice(["none", "children", "relatives", "both"], N),
            "flexible_hours": rng.choice(["yes", "no"], N),
            "wfc": rng.uniform(1, 7, N),
            "fwc": rng.uniform(1, 7, N),
            "lost": rng.random(N) < 0.1,
        }
    )
    return frames.in_order(frame, LABELS)


def drawn(draw, data: pd.DataFrame) -> Figure:
    own = tomllib.loads(NOTEBOOK.read_text(encoding="utf-8"))["words"]
    figures = []
    for language in LANGUAGES:
        with style.house():
            figures.append(draw(data.copy(), Words(language, own, LABELS, "work_life_balance")))
            style.to_svg(figures[-1])
    assert style.same_coordinates(*figures)
    return figures[0]


def tables(people: pd.DataFrame, sample: design.Sampling) -> dict:
    by_cell = people[["gender", "care_load", "flexible_hours"]]
    means = {scale: estimates.mean(people[scale], sample, by_cell).table() for scale in ("wfc", "fwc")}
    lost = estimates.share(people["lost"], sample, people[["gender"]], margin=True).table()
    change = {
        s: waves.change(people[s], people[s] + 0.1, sample, people[["care_load"]]).table() for s in means
    }
    asked = {"women": ("gender", "f", "m")}
    return {
        plots.care: estimates.composition(
            people["care_load"], sample, people[["gender"]], margin=True
        ).table(),
        plots.conflict: frames.stack(means, "scale"),
        plots.comparisons: contrasts.compare(people[["wfc", "fwc"]], people, sample, asked).table(["wfc"]),
        plots.work: frames.stack({"not_working": lost, "reduced_hours": lost}, "loss"),
        plots.change: frames.stack(change, "scale"),
    }


@pytest.mark.parametrize(
    "sample", [design.Design(np.ones(N)), design.Volunteers(N)], ids=["sample", "volunteers"]
)
def test_every_figure_draws(people, sample):
    for draw, data in tables(people, sample).items():
        drawn(draw, data)


def test_suppressed_cells_are_not_drawn(people):
    for draw, data in tables(people, design.Design(np.ones(N))).items():
        measure = next(name for name in ("share", "mean", "difference") if name in data)
        hidden = [name for name in (measure, "low", "high") if name in data]
        data.loc[data.index[:2], hidden] = np.nan
        drawn(draw, data)


def test_a_suppressed_part_of_a_composition_is_left_out(people):
    data = tables(people, design.Design(np.ones(N)))[plots.care]
    told = len(drawn(plots.care, data).axes[0].texts)
    data.loc[data.index[0], ["share", "low", "high"]] = np.nan
    assert len(drawn(plots.care, data).axes[0].texts) == told - 1
    data.loc[data["care_load"] == "both", ["share", "low", "high"]] = np.nan
    assert "non pubblicato" in {text.get_text() for text in drawn(plots.care, data).axes[0].texts}


def test_rows_without_any_value_take_less_room(people):
    data = tables(people, design.Design(np.ones(N)))[plots.conflict]
    whole = drawn(plots.conflict, data)
    data.loc[data["care_load"] == "both", ["mean", "low", "high"]] = np.nan
    figure = drawn(plots.conflict, data)
    assert figure.get_size_inches()[1] < whole.get_size_inches()[1]
    gaps = np.diff(figure.axes[0].get_yticks())
    assert gaps[-1] < gaps[0]


def test_every_mark_bears_the_number_of_answers(people):
    for draw in (plots.conflict, plots.comparisons):
        data = tables(people, design.Design(np.ones(N)))[draw]
        told = {text.get_text() for axes in drawn(draw, data).axes for text in axes.texts}
        assert told == {f"n = {n}" for n in data["n"]}


def test_a_row_that_is_suppressed_whole_says_so(people):
    data = tables(people, design.Design(np.ones(N)))[plots.change]
    data.loc[data["care_load"] == "both", ["mean", "low", "high"]] = np.nan
    figure = drawn(plots.change, data)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert "non pubblicato" in texts and len(texts) == len(data["care_load"].unique())


def test_letters_and_marks_keep_their_contrast(people):
    for draw, data in tables(people, design.Design(np.ones(N))).items():
        assert contrast.faults(style.to_svg(drawn(draw, data))) == []
