"""The figures of the logical framework: the same in both languages, nothing over anything else, what is missing shown as missing."""

import datetime as dt
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import style
from analysis.impact import plots_logframe, plots_theory
from analysis.impact.progress import progress
from analysis.impact.schedule import schedule
from analysis.impact.theory import theory
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
FRAME = [  # result, level, statement, parent, assumption: twelve results as a team writes them
    ("m1", "impact", "Nei due municipi chi ha carichi di cura non è costretto a lasciare o ridurre il lavoro", None, "l'occupazione del territorio non crolla e le politiche sui congedi restano quelle di oggi"),
    ("o1", "outcome", "Le famiglie conoscono e usano i servizi di conciliazione del quartiere", "m1", "gli orari di lavoro non peggiorano"),
    ("o2", "outcome", "Le imprese riconoscono i bisogni di cura e adattano orari e welfare aziendale", "m1", "i referenti d'impresa restano in carica per tutto il triennio"),
    ("o3", "outcome", "Enti e imprese progettano insieme anche dopo la fine del finanziamento", "m1", None),
    ("u1", "output", "Sportelli di ascolto e accompagnamento aperti nei due municipi", "o1", "le autorizzazioni arrivano in tempo"),
    ("u2", "output", "Servizi co-progettati con le imprese avviati in forma sperimentale", "o1", "le risorse promesse ci sono"),
    ("u3", "output", "Accordi territoriali sul welfare aziendale condiviso fra piccole imprese", "o2", "le parti si fidano di chi media"),
    ("u4", "output", "Rete di volontari formata e attiva", "o3", "i volontari formati restano almeno un anno"),
    ("a1", "activity", "Laboratori di quartiere delle quattro fasi del percorso di co-progettazione", "u2", "gli attori partecipano"),
    ("a2", "activity", "Mediazione fra imprese e terzo settore", "u3", "le parti accettano chi media"),
    ("a3", "activity", "Formazione di chi anima il quartiere e dei volontari", "u4", "ci sono persone disponibili a formarsi"),
    ("i1", "input", "Fondi del finanziatore principale, spazi concessi e ore donate dai partner", "a1", "le promesse sono mantenute"),
]  # fmt: skip
MORE = [  # a wide level, links that skip levels or stay on one, an orphan, words that no box can hold
    ("u5", "output", "Deistituzionalizzazione territoriale dell'accompagnamento", "o3", "x"),
    ("u6", "output", "Sesto", "o2", "y"),
    ("u7", "output", "Settimo prodotto, che conduce al primo", "u1", "si regge"),
    ("a4", "activity", "Un'attività che salta il livello dei prodotti", "o3", "z"),
    ("i2", "input", "Risorsa che va dritta al cambiamento", "o1", "w"),
    ("a9", "activity", "Orfana", None, None),
]  # fmt: skip
LIGHTS = pd.DataFrame([("o1", "green"), ("o1", "grey"), ("o2", "red"), ("u1", "amber"), ("u2", "green"), ("u3", "grey")], columns=["result", "light"])  # fmt: skip


def framework(rows):
    return given.logframe([(*row, None) for row in rows])


@pytest.fixture(scope="module")
def words():
    return given.words()


def told(figure):
    figure.canvas.draw()
    return [text for ax in figure.axes for text in [*ax.texts, *(ax.get_yticklabels() if ax.axison else [])] if text.get_text()]  # fmt: skip


def apart(figure):
    """No text over another, none outside the figure."""
    boxes = [text.get_window_extent() for text in told(figure)]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in boxes)
    assert all(box.y0 >= -1 and box.y1 <= figure.bbox.height + 1 for box in boxes)


def test_progress_with_what_is_missing_protected_or_beyond_the_edges(words):
    for figure, language in zip(given.drawn(plots_logframe.progress, CHART, words), ("it", "en")):
        apart(figure)
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


def test_criteria_without_an_indicator_say_so(words):
    italian, english = given.drawn(plots_logframe.criteria, CRITERIA, words)
    assert [text.get_text() for text in italian.axes[0].texts].count("nessun indicatore") == 2
    assert [label.get_text() for label in english.axes[0].get_yticklabels()][-1] == "no criterion"
    assert sum(patch.get_width() for patch in english.axes[0].patches) == CRITERIA["indicators"].sum()
    nothing = CRITERIA.assign(**dict.fromkeys(("indicators", "green", "amber", "red", "grey"), 0))
    given.drawn(plots_logframe.criteria, nothing, words)


CASES = [
    pytest.param(FRAME, id="twelve"),
    pytest.param(FRAME[:1], id="one"),
    pytest.param(FRAME + MORE, id="eighteen", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("rows", CASES)
def test_no_text_of_the_theory_overlaps_another_or_leaves_its_box_and_no_link_crosses_one(words, rows):
    found = theory(framework(rows), LIGHTS)
    for figure in given.drawn(plots_theory.theory, found.tables(), words):
        apart(figure)
        (ax,) = figure.axes
        framed = [patch for patch in ax.patches if type(patch).__name__ == "Rectangle"]
        boxes = [patch.get_window_extent() for patch in framed]
        assert len(boxes) == len(rows) and not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        inside = [text.get_window_extent() for text in ax.texts if text.get_zorder() == 4 and not text.get_text().isdigit()]  # fmt: skip
        for box in inside:
            assert any(f.x0 <= box.x0 and box.x1 <= f.x1 + 1 and f.y0 <= box.y0 and box.y1 <= f.y1 for f in boxes)  # fmt: skip
        links = [line.get_xydata() for line in ax.lines if line.get_zorder() == 2]
        assert len(links) == len([row for row in rows if row[3]])
        for points, patch in product(links, framed):
            left, top = patch.get_x() + 0.5, patch.get_y() + 0.5
            right, bottom = left + patch.get_width() - 1, top + patch.get_height() - 1
            x, y = points.T
            assert not ((x > left) & (x < right) & (y > top) & (y < bottom)).any()
    width, height = figure.get_size_inches()
    assert width == style.WIDTH and (height < 9.3 or len(rows) > 12)  # twelve fit a page


def test_assumptions_are_numbered_once_each_and_told_below(words):
    figure, _ = given.drawn(plots_theory.theory, theory(given.logframe(), LIGHTS).tables(), words)
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert [texts.count(number) for number in "123"] == [2, 2, 2]
    assert "le autorizzazioni arrivano in tempo" in texts and words["it"]("assumptions") in texts
    bare = given.logframe().assign(assumption_it=None, assumption_en=None)
    figure, _ = given.drawn(plots_theory.theory, theory(bare, LIGHTS).tables(), words)
    assert words["it"]("assumptions") not in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(words):
    found = schedule(given.logframe(), given.indicators(*PLAN), given.outcomes(*VALUES), SEMESTERS, ON)
    for plot, data in (
        (plots_logframe.progress, CHART),
        (plots_logframe.series, found.series()),
        (plots_logframe.criteria, CRITERIA),
        (plots_theory.theory, theory(framework(FRAME), LIGHTS).tables()),
    ):
        assert contrast.faults(style.to_svg(given.drawn(plot, data, words)[0])) == []


def test_the_room_s_own_tables_are_drawn(words):
    got = progress(given.logframe(), given.indicators(*PLAN), given.outcomes(*VALUES), dt.date(2017, 12, 31))
    given.drawn(plots_logframe.progress, got.chart(), words)
    given.drawn(plots_logframe.criteria, got.criteria(), words)
