"""The pictures draw in both languages: same coordinates, missing cells endured, no label over another, marks that can be seen."""

import datetime as dt
from itertools import combinations

import numpy as np
import pytest

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.resources import cofunding, concentration, plan, plots_money, sustain
from tests.evidence import contrast
from tests.resources.money_registers import actions_of, costs_of, money_of
from tests.resources.test_ledger import LEDGER
from tests.resources.test_plan import ACTIONS

START, END = dt.date(2016, 1, 1), dt.date(2017, 12, 31)
KEYS = (
    "pledged", "received", "target", "result", "semester", "reserve_end", "if_it_went_on", "reserve_axis", "month_axis",
    "cash_received", "cash_spent", "share", "cumulative", "share_axis",
)  # fmt: skip
OWN = {name: {"it": f"parola {name}"[:18], "en": f"word {name}"[:16]} for name in KEYS} | {
    "runway_told": {"it": "{months} mesi, ultimi {window}, {burn}", "en": "{months} months, last {window}, {burn}"},
    "runway_none": {"it": "ultimi {window} mesi: {state}", "en": "last {window} months: {state}"},
    "other_funders": {"it": "altri {n}", "en": "{n} others"},
    "funder_unnamed": {"it": "finanziatore {rank}", "en": "funder {rank}"},
    "labels": {"semester": {"outside": {"it": "fuori dai semestri", "en": "outside the semesters"}}},
}  # fmt: skip


@pytest.fixture(scope="module")
def draw():
    words = {language: Words(language, OWN, {}, "resources") for language in LANGUAGES}

    def in_both(plot, data):
        with style.house():
            figures = [plot(data, words[language]) for language in LANGUAGES]
        assert style.same_coordinates(*figures)
        return figures

    return in_both


def reserve(opening, spent, window=6):
    costs = costs_of(*[(f"c{k}", f"{2016 + k // 12}-{k % 12 + 1:02d}-28", "staff", spent, "no", "yes", 1) for k in range(24)])  # fmt: skip
    return sustain.reserve(money_of(*LEDGER), costs, opening, START, END).drawn(window)


@pytest.fixture(scope="module")
def tables():
    names = [f"Fondazione di comunità per la coesione del territorio numero {k}" for k in range(20)]
    return {
        "pledged_received": cofunding.flows(money_of(*LEDGER), ("semester", "kind")).long(),
        "targets_results": plan.plan(actions_of(*ACTIONS), dt.date(2017, 1, 1)).by_semester(),
        "concentration": concentration.concentration(names, np.arange(20) + 1).ranked(12, names[5:]),
        "reserve": reserve(9000.0, 200.0),
    }


NAMES = ("pledged_received", "targets_results", "concentration", "reserve")


def within(ax):
    (left, right), (bottom, top) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
    ticks = [t for t in ax.get_xticklabels() if left <= t.get_position()[0] <= right]
    ticks += [t for t in ax.get_yticklabels() if bottom <= t.get_position()[1] <= top]
    return [text for text in [*ax.texts, *ticks] if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.slow
def test_letters_and_marks_can_be_seen(draw, tables, name):
    figures = draw(getattr(plots_money, name), tables[name])
    assert contrast.faults(style.to_svg(figures[0])) == []


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_apart_and_inside(draw, tables, name):
    for figure in draw(getattr(plots_money, name), tables[name]):
        figure.canvas.draw()
        for ax in figure.axes:
            found = [text.get_window_extent() for text in within(ax) if not text.get_rotation()]
            assert not any(a.overlaps(b) for a, b in combinations(found, 2))
            assert all(box.x0 >= -1 and box.x1 <= figure.bbox.width + 1 for box in found)


MISSING = {
    "pledged_received": ["pledged", "received"],
    "targets_results": ["target", "result", "share"],
    "concentration": ["share", "cumulative"],
}


@pytest.mark.parametrize("name", sorted(MISSING))
def test_suppressed_cells_leave_their_place_empty(draw, tables, name):
    data = tables[name].copy()
    data[MISSING[name]] = data[MISSING[name]].astype(float)
    data.loc[data.index[0], MISSING[name]] = np.nan
    draw(getattr(plots_money, name), data)
    data[MISSING[name]] = np.nan
    draw(getattr(plots_money, name), data)


def test_a_suppressed_month_breaks_the_line(draw, tables):
    months = tables["reserve"]["months"].copy()
    months.loc[[3, 23], ["reserve", "received", "spent"]] = np.nan
    draw(plots_money.reserve, tables["reserve"] | {"months": months})


def lines(figure):
    return [line for line in figure.axes[0].lines if line.get_linestyle() == "--"]


def test_the_projection_ends_where_the_reserve_does_or_after_a_year(draw):
    short = lines(draw(plots_money.reserve, reserve(5200.0, 200.0))[0])[0].get_xydata()
    assert short[-1, 1] == pytest.approx(0, abs=1e-6)
    long = lines(draw(plots_money.reserve, reserve(90000.0, 200.0))[0])[0].get_xydata()
    assert long[-1, 0] - long[0, 0] == plots_money.AHEAD and long[-1, 1] > 0


def test_nothing_is_projected_where_nothing_burns_or_nothing_is_left(draw):
    still = draw(plots_money.reserve, reserve(5000.0, 0.0))[0]
    assert lines(still) == [] and "nothing-burns" in still.axes[0].get_title(loc="left")
    assert lines(draw(plots_money.reserve, reserve(0.0, 900.0))[0]) == []


def test_a_single_funder_and_a_single_panel(draw):
    draw(plots_money.concentration, concentration.concentration(["a"], [3]).ranked())
    draw(plots_money.pledged_received, cofunding.flows(money_of(LEDGER[0]), ("semester", "kind")).long())
