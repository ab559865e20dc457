"""Figures of comparison designs: from the room's own tables, the same in both languages, missing cells and withheld intervals endured."""

import numpy as np
import pandas as pd
import pytest

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES
from analysis.impact import difference, overlap, placebo, plots_comparison, sensitivity, staggered, weighting
from tests.impact import comparison_fixtures as made

WORDS = made.words()


def draw(plot, data, **given):
    with style.house():
        figures = [plot(data, WORDS[language], **given) for language in LANGUAGES]
    assert style.same_coordinates(*figures)
    return figures[0]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture(scope="module")
def found():
    return staggered.fit(made.panel((4, 4, 4), 12), "score")


@pytest.fixture(scope="module")
def weighted():
    frame = made.persons(12, 6, 12).assign(kind=lambda f: np.where(f["age"] > 45, "old", "young"))
    frame["t"] = (frame["age"] + 10 * np.sin(np.arange(len(frame))) > 45).astype(int)
    return weighting.weigh(frame, "y", "t", ["age", "kind"])


def test_event_study(found):
    figure = draw(plots_comparison.event_study, found.event())
    assert legend(figure) == [
        "prima dell’adozione",
        "dopo l’adozione",
        "senza intervallo: meno di 5 grappoli",
    ]
    assert figure.axes[0].get_xticklabels()[0].get_text() == "−3\n(4)"


def test_event_study_without_what_is_suppressed(found):
    table = found.event()
    table.loc[[1, 4], ["estimate", "low", "high"]] = np.nan
    figure = draw(plots_comparison.event_study, table, unit="share_points")
    drawn = np.concatenate([line.get_xdata() for line in figure.axes[0].lines if line.get_marker() in "soX"])
    assert set(drawn) == {-3, -1, 0, 2, 3}


@pytest.mark.parametrize("groups", [1, 4])
def test_group_time(groups):
    table = staggered.fit(made.panel((5,) * groups, 6, periods=7), "score").table()
    figure = draw(plots_comparison.group_time, table)
    assert sum(ax.get_visible() for ax in figure.axes) == groups
    assert figure.axes[0].get_title(loc="left") == "dal semestre 3 (5 unità)"


def test_placebo(found):
    one = placebo.staggered(found.panel, draws=200)
    figure = draw(plots_comparison.placebo, {"distribution": one.distribution(), "placebo": one.table()})
    assert figure.axes[0].get_title(loc="left").startswith(f"Posto {one.rank} su 201")
    assert sum(patch.get_height() for patch in figure.axes[0].patches) == 200


def test_overlap_leaves_out_what_may_not_be_shown(weighted):
    table = overlap.overlap(weighted, 10).histogram()
    table["n"] = table["n"].astype(float).mask((table["n"] > 0) & (table["n"] < 5))
    figure = draw(plots_comparison.overlap, table)
    assert "non pubblicato" in legend(figure)
    assert sum(abs(patch.get_height()) for patch in figure.axes[0].patches) == table["n"].sum()


def test_balance(weighted):
    table = overlap.balance(weighted).table()
    table = pd.concat([table] * 6, ignore_index=True)
    table.loc[2, ["before", "after"]] = np.nan
    figure = draw(plots_comparison.balance, table)
    labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
    assert len(labels) == len(table) and "età" in labels


@pytest.mark.parametrize("treated", [2, 6])
def test_two_by_two(treated):
    found = difference.two_by_two(
        made.persons(treated=treated), "y", "treated", "after", errors="cluster", cluster="cluster"
    )
    figure = draw(plots_comparison.two_by_two, found.means_table())
    assert legend(figure) == ["trattati", "confronto", "trattati, se fossero variati come il confronto"]
    assert ("senza intervallo" in figure.axes[0].get_ylabel()) == (treated == 2)


def test_sensitivity(found):
    table = sensitivity.relative_magnitudes(found, [0, 0.25, 2]).table()
    figure = draw(plots_comparison.sensitivity, table)
    assert [tick.get_text() for tick in figure.axes[0].get_xticklabels()] == ["0,00", "0,25", "2,00"]
    table[["low", "high"]] = np.nan
    assert legend(draw(plots_comparison.sensitivity, table)) == ["senza intervallo: meno di 5 grappoli"]
