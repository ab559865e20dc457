"""The pictures draw in both languages: same coordinates, missing cells endured, no label over another, marks that can be seen."""

from itertools import combinations

import numpy as np
import pytest

from analysis.engagement import brokered, matching, plots
from analysis.engagement.pipeline import pipeline
from analysis.engagement.portfolio import portfolio
from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from tests.evidence import contrast

OWN = {
    name: {"it": f"parola {name}", "en": f"word {name}"}
    for name in ("asset_category", "coverage", "served", "mean_value", "per_hundred", "first", "companies", "marginal")
} | {
    "of_stage_before": {"it": "{share} dello stadio precedente", "en": "{share} of the stage before"},
    "labels": {
        "plan": {
            "best": {"it": "piano migliore", "en": "best plan"},
            "fair": {"it": "piano equo", "en": "fair plan"},
            "realised": {"it": "realizzato", "en": "realised"},
        },
        "pipeline_stage": {"took_part": {"it": "hanno partecipato", "en": "took part"}},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def draw(labels):
    own = {
        field: {code: {lang: text[lang] for lang in LANGUAGES} for code, text in labels[name].items()}
        for field, name in (("group", "care_group"), ("category", "category"))
    }
    words = {language: Words(language, OWN, own, "business_engagement") for language in LANGUAGES}

    def in_both(plot, data, **options):
        with style.house():
            figures = [plot(data, words[language], **options) for language in LANGUAGES]
        assert style.same_coordinates(*figures)
        return figures

    return in_both


@pytest.fixture(scope="module")
def tables(demo, compat, best, fair):
    made = brokered.realised(demo["matches"], compat)
    chosen = portfolio(best, demo["actors"], demo["matches"], demo["participation"], demo["mediation"], 200, 5)  # fmt: skip
    path = pipeline(*(demo[name] for name in ("actors", "events", "participation", "assets", "matches")))
    names = demo["actors"].set_index("actor")["name"]
    ranked = chosen.table()
    return {
        "heat": compat.heat(),
        "groups": matching.by_group(compat, {"best": best, "fair": fair, "realised": made}),
        "ranking": ranked.assign(company=ranked["company"].map(names)),
        "pipeline": path.table(),
        "marginal": best.marginal_table(),
    }


NAMES = ("heat", "groups", "ranking", "pipeline", "marginal")
MISSING = {
    "heat": ["covered", "coverage"],
    "groups": ["served"],
    "ranking": ["per_hundred_low", "per_hundred_high", "first"],
    "pipeline": ["companies", "conversion"],
    "marginal": ["marginal"],
}


def within(ax, name):
    """The texts of a picture that are drawn: ticks outside the limits are not."""
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    ticks = (
        [] if name == "heat" else [t for t in ax.get_xticklabels() if left <= t.get_position()[0] <= right]
    )
    ticks += [t for t in ax.get_yticklabels() if bottom <= t.get_position()[1] <= top]
    return [text for text in [*ax.texts, *ticks] if text.get_text()]


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_apart_and_inside_and_can_be_seen(draw, tables, name):
    figures = draw(getattr(plots, name), tables[name])
    assert contrast.faults(style.to_svg(figures[0])) == []
    for figure in figures:
        figure.canvas.draw()
        for ax in figure.axes:
            found = [text.get_window_extent() for text in within(ax, name)]
            assert not any(a.overlaps(b) for a, b in combinations(found, 2))
            assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in found)


@pytest.mark.parametrize("name", NAMES)
def test_suppressed_cells_leave_their_place_empty(draw, tables, name):
    data = tables[name].copy()
    data[MISSING[name]] = data[MISSING[name]].astype(float)
    data.loc[data.index[1], MISSING[name]] = np.nan
    draw(getattr(plots, name), data)


def test_heat_by_category(draw, compat):
    figure = draw(plots.heat, compat.heat("category"), rows="category")[0]
    shown = {text.get_text() for text in figure.axes[0].texts}
    assert "6/6" in shown and "0" in shown


def test_value_by_group(draw, tables):
    draw(plots.groups, tables["groups"], column="mean_value")
