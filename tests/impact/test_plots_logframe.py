"""The figures of the logical framework: the same in both languages, nothing over anything else, what is missing shown as missing."""

import datetime as dt
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import style
from analysis.impact import plots_logframe
from analysis.impact.progress import progress
from analysis.impact.schedule import schedule
from tests.evidence import contrast
from tests.impact import logframe as given
from tests.impact.test_schedule import ON, SEMESTERS

LONG = "persone con carichi di cura che tornano al lavoro dopo aver usato un servizio di conciliazione"
ROWS = [  # level, name, progress, expected, light, reason
    ("impact", LONG, -0.8, 0.5, "red", None),
    ("outcome", "conflitto lavoro-famiglia", -0.2, 0.5, "red", None),
    ("outcome", "soddisfazione", 0.3, 0.05, "grey", "too_early"),
    ("outcome", "mai misurato", np.nan, np.nan, "grey", "not_measured"),
    ("output", "protetto", np.nan, 0.5, "green", None),
    ("output", LONG, 0.45, 0.5, "green", None),
    ("input", "euro raccolti", 3.2, 0.66, "green", None),
]
CHART = pd.DataFrame(ROWS, columns=["level", "indicator", "progress", "expected", "light", "reason"])
CHART["indicator"] = [{"it": name, "en": name} for name in CHART["indicator"]]
CRITERIA = pd.DataFrame(
    {
        "dac": ["relevance", "coherence", "effectiveness", "efficiency", "impact", "sustainability", "none"],
        "indicators": [0, 3, 9, 0, 2, 1, 2], "green": [0, 1, 4, 0, 0, 1, 0], "amber": [0, 1, 2, 0, 0, 0, 0],
        "red": [0, 1, 2, 0, 1, 0, 1], "grey": [0, 0, 1, 0, 1, 0, 1],
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def words():
    return given.words()


def test_progress_with_what_is_missing_protected_or_beyond_the_edges(words):
    for figure, language in zip(given.drawn(plots_logframe.progress, CHART, words), ("it", "en")):
        given.apart(figure)
        texts = [text.get_text() for text in figure.axes[0].texts]
        assert words[language].label("light_reason", "not_measured") in texts
        assert words[language]("not_shown") in texts
        assert any(text.startswith("← ") for text in texts) and any(text.endswith(" →") for text in texts)
    assert words["it"].label("light_reason", "not_measured") == "non misurato"


def test_progress_of_one_indicator_that_was_never_measured(words):
    given.drawn(plots_logframe.progress, CHART.iloc[[3]], words)


def test_every_light_has_its_own_shape():
    assert len({marker for marker, _, _ in plots_logframe.MARKS.values()}) == len(plots_logframe.MARKS)
    assert all(style.contrast(colour, "white") >= 3 for _, colour, _ in plots_logframe.MARKS.values())


PLAN = [
    given.indicator("a", name_it=LONG, name_en="short"), given.indicator("b", unit="punti", baseline=3.7, target=3.3, direction="decrease"),
    given.indicator("c", target=120000.0), given.indicator("d", baseline=None, target=None), given.indicator("e", frequency="rilevazione"),
]  # fmt: skip
VALUES = [("a", "2016-06-30", 3), ("a", "2017-06-30", 40), ("a", "2017-12-31", 60), ("b", "2016-06-30", 3.7), ("c", "2017-06-30", 90000), ("e", "2017-03-01", 5)]  # fmt: skip


@pytest.mark.parametrize("count", [5, *(pytest.param(k, marks=pytest.mark.slow) for k in (1, 2, 3))])
def test_series_leave_gaps_and_mark_what_is_missing(words, count):
    plan = given.indicators(*PLAN[:count])
    values = [row for row in VALUES if row[0] in "abcde"[:count]]
    found = schedule(given.logframe(), plan, given.outcomes(*values), SEMESTERS, ON)
    figures = given.drawn(plots_logframe.series, found.series(), words)
    for figure in figures:
        titles = [ax._left_title for ax in figure.axes if ax.get_title(loc="left")]
        figure.canvas.draw()
        assert len(titles) == count and not any(
            a.get_window_extent().overlaps(b.get_window_extent()) for a, b in combinations(titles, 2)
        )
    line = next(line for line in figures[0].axes[0].lines if line.get_marker() == "o")
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False, False]
    crosses = next(line for line in figures[0].axes[0].lines if line.get_marker() == "x")
    assert crosses.get_xdata().tolist() == [2]


def test_series_of_a_study_with_one_semester(words):
    found = schedule(given.logframe(), given.indicators(*PLAN[:2]), given.outcomes(*VALUES[:1]), SEMESTERS[:1], ON)  # fmt: skip
    figure, _ = given.drawn(plots_logframe.series, found.series(), words)
    assert len([ax for ax in figure.axes if ax.get_title(loc="left")]) == 2


def test_criteria_without_an_indicator_say_so(words):
    italian, english = given.drawn(plots_logframe.criteria, CRITERIA, words)
    assert [text.get_text() for text in italian.axes[0].texts].count("nessun indicatore") == 2
    assert [label.get_text() for label in english.axes[0].get_yticklabels()][-1] == "no criterion"
    assert sum(patch.get_width() for patch in english.axes[0].patches) == CRITERIA["indicators"].sum()
    nothing = CRITERIA.assign(**dict.fromkeys(("indicators", "green", "amber", "red", "grey"), 0))
    given.drawn(plots_logframe.criteria, nothing, words)


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(words):
    found = schedule(given.logframe(), given.indicators(*PLAN), given.outcomes(*VALUES), SEMESTERS, ON)
    for plot, data in (
        (plots_logframe.progress, CHART),
        (plots_logframe.series, found.series()),
        (plots_logframe.criteria, CRITERIA),
    ):
        assert contrast.faults(style.to_svg(given.drawn(plot, data, words)[0])) == []


def test_the_room_s_own_tables_are_drawn(words):
    got = progress(given.logframe(), given.indicators(*PLAN), given.outcomes(*VALUES), dt.date(2017, 12, 31))
    given.drawn(plots_logframe.progress, got.chart(), words)
    given.drawn(plots_logframe.criteria, got.criteria(), words)
