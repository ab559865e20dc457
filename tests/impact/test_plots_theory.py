"""The figure of the theory of change: the same in both languages, texts in their boxes, links between them, readable on a page."""

from itertools import combinations, product

import pandas as pd
import pytest

from analysis.evidence import style
from analysis.impact import plots_theory
from analysis.impact.plots_logframe import lines, width_of
from analysis.impact.theory import theory
from tests.evidence import contrast
from tests.impact import logframe as given

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


CASES = [
    pytest.param(FRAME, id="twelve"),
    pytest.param(FRAME[:1], id="one"),
    pytest.param(FRAME + MORE, id="eighteen", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("rows", CASES)
def test_no_text_of_the_theory_overlaps_another_or_leaves_its_box_and_no_link_crosses_one(words, rows):
    found = theory(framework(rows), LIGHTS)
    for figure in given.drawn(plots_theory.theory, found.tables(), words):
        given.apart(figure)
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


def test_a_word_wider_than_its_box_is_divided_between_syllables():
    with style.house():
        for room in (45, 60, 75):
            told = lines("la deistituzionalizzazione territoriale", 8.5, room)
            assert all(width_of(line, 8.5) <= room for line in told)
            assert "".join(told).replace("-", "").replace(" ", "") == "ladeistituzionalizzazioneterritoriale"
        assert lines("deistituzionalizzazione", 8.5, 62) == ["deistituzionaliz-", "zazione"]
        assert lines("due parole", 8.5, 500) == ["due parole"] and lines("", 8.5, 50) == []


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(words):
    figure = given.drawn(plots_theory.theory, theory(framework(FRAME), LIGHTS).tables(), words)[0]
    assert contrast.faults(style.to_svg(figure)) == []
