"""Figures: each draws what it is given, also with suppressed cells and without intervals, and the same in both languages."""

import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.survey import (
    attrition,
    contrasts,
    design,
    estimates,
    frames,
    margins,
    models,
    plots,
    plots_items,
    plots_waves,
    waves,
    work,
)
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
            "person_id": np.arange(N),
            "area": rng.choice(["DE", "PL", "SE"], N),
            "age": rng.integers(18, 65, N),
            "age_band": rng.choice(["18–34", "35–44", "45–54"], N),
            "employment": rng.choice(["employed", "inactive"], N, p=[0.7, 0.3]),
            "not_working_reason": rng.choice(["care", "other"], N),
            "reduced_hours_care": rng.choice(["yes", "no"], N),
            "state_first": rng.choice(["full", "reduced"], N),
            "state_second": rng.choice(["full", "reduced", "not_for_care"], N),
            **{item: rng.choice(list("12345"), N) for item in ("wfc1", "wfc2", "fwc1")},
        }
    )
    return frames.in_order(frame, LABELS)


def copied(data):
    return {name: table.copy() for name, table in data.items()} if isinstance(data, dict) else data.copy()


def drawn(draw, data) -> Figure:
    own = tomllib.loads(NOTEBOOK.read_text(encoding="utf-8"))["words"]
    figures = []
    for language in LANGUAGES:
        with style.house():
            figures.append(draw(copied(data), Words(language, own, LABELS, "work_life_balance")))
            style.to_svg(figures[-1])
    assert style.same_coordinates(*figures)
    return figures[0]


ITEMS = ["wfc1", "wfc2", "fwc1"]


def tables(people: pd.DataFrame, sample: design.Sampling) -> dict:
    by_cell = people[["gender", "care_load", "flexible_hours"]]
    means = {scale: estimates.mean(people[scale], sample, by_cell).table() for scale in ("wfc", "fwc")}
    by_area = {
        scale: estimates.mean(people[scale], sample, people[["area", "gender"]]).table() for scale in means
    }
    change = {
        s: waves.change(people[s], people[s] + 0.1, sample, people[["care_load"]]).table() for s in means
    }
    asked = {"women": ("gender", "f", "m")}
    lost = work.lost(people, sample, ["gender", "care_load"])
    answers = {
        item: estimates.composition(people[item], sample).table().rename(columns={item: "answer"})
        for item in ITEMS
    }
    fitted = models.fit(people["wfc"], people[["gender", "care_load", "flexible_hours"]], sample)
    match = waves.match(people["person_id"], people["person_id"][60:])
    states = people[["state_first"]]
    return {
        plots.care: estimates.composition(
            people["care_load"], sample, people[["gender"]], margin=True
        ).table(),
        plots.coresidence: estimates.composition(
            people["care_load"].rename("co_residence"), sample, people[["gender"]], margin=True
        ).table(),
        plots.conflict: frames.stack(means, "scale"),
        plots.groups: frames.stack(by_area, "scale"),
        plots.comparisons: contrasts.compare(people[["wfc", "fwc"]], people, sample, asked).table(["wfc"]),
        plots.loads: estimates.composition(people["care_load"], sample, people[["age_band"]]).table(),
        plots.effects: margins.average_effects(fitted).table(),
        plots.loss: lost.tables(),
        plots_items.likert: frames.stack(answers, "item"),
        plots_items.responses: frames.stack(answers, "item"),
        plots_items.transitions: estimates.composition(people["state_second"], sample, states).table(),
        plots_waves.slope: frames.stack(change, "scale"),
        plots_waves.flow: attrition.flow(match, people["care_load"]),
    }


def measure_of(data: pd.DataFrame) -> str:
    return next(name for name in ("share", "mean", "difference", "effect", "persons") if name in data)


@pytest.mark.parametrize(
    "sample",
    [design.Design(np.ones(N)), pytest.param(design.Volunteers(N), marks=pytest.mark.slow)],
    ids=["sample", "volunteers"],
)
def test_every_figure_draws(people, sample):
    for draw, data in tables(people, sample).items():
        drawn(draw, data)


@pytest.mark.slow
def test_suppressed_cells_are_not_drawn(people):
    for draw, data in tables(people, design.Design(np.ones(N))).items():
        if isinstance(data, dict):
            data["gender"].loc[:1, ["share", "low", "high"]] = np.nan
            drawn(draw, data)
            continue
        measure = measure_of(data)
        hidden = [name for name in (measure, "low", "high") if name in data]
        data[measure] = data[measure].astype(float)
        data.loc[data.index[:2], hidden] = np.nan
        drawn(draw, data)


@pytest.mark.slow
def test_no_two_texts_overlap(people):
    for draw, data in tables(people, design.Design(np.ones(N))).items():
        figure = drawn(draw, data)
        renderer = figure.canvas.get_renderer()
        for axes in figure.axes:
            named = [*axes.get_xticklabels(), *axes.get_yticklabels(), axes.xaxis.label, axes.title]
            boxes = [
                text.get_window_extent(renderer) for text in named if text.get_text() and text.get_visible()
            ]
            for i, one in enumerate(boxes):
                assert not any(one.overlaps(other) for other in boxes[i + 1 :]), (draw.__name__, i)


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
    for draw in (plots.conflict, plots.comparisons, plots.groups, plots.loss):
        data = tables(people, design.Design(np.ones(N)))[draw]
        told = {text.get_text() for axes in drawn(draw, data).axes for text in axes.texts}
        tables_ = list(data.values()) if isinstance(data, dict) else [data]
        assert told == {f"n = {n}" for table in tables_ for n in table["n"]}


def test_bars_of_answers_are_centred_on_the_middle_answer(people):
    data = tables(people, design.Design(np.ones(N)))[plots_items.likert]
    figure = drawn(plots_items.likert, data)
    answers = len(data["answer"].unique())
    first = list(figure.axes[0].patches[:answers])
    middle = first[answers // 2]
    assert middle.get_x() + middle.get_width() / 2 == pytest.approx(0)
    assert sum(patch.get_width() for patch in first) == pytest.approx(1)


def test_what_is_suppressed_says_so(people):
    for draw in (
        plots_items.likert,
        plots_items.responses,
        plots_items.transitions,
        plots.loads,
        plots_waves.flow,
    ):
        data = tables(people, design.Design(np.ones(N)))[draw]
        measure = measure_of(data)
        data[measure] = data[measure].astype(float)
        data.loc[data.index[:1], measure] = np.nan
        if draw is plots_waves.flow:
            data.loc[data["stage"] == "left", measure] = [
                np.nan,
                *data.loc[data["stage"] == "left", measure][1:],
            ]
        assert "non pubblicato" in style.to_svg(drawn(draw, data)), draw.__name__


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(people):
    for draw, data in tables(people, design.Design(np.ones(N))).items():
        assert contrast.faults(style.to_svg(drawn(draw, data))) == [], draw.__name__
