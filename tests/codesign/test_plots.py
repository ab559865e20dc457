"""The pictures draw protected data in both languages: same coordinates, missing cells endured, no label over another."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import funnel, network, participation, plots
from analysis.codesign import units as inside
from analysis.evidence import style
from analysis.evidence.words import LANGUAGES
from tests.evidence import contrast


def boxes(figure):
    figure.canvas.draw()
    texts = [text for ax in figure.axes for text in ax.texts if text.get_text()]
    return [text.get_window_extent() for text in texts]


def test_participation(draw, records):
    draw(plots.participation, participation.by_phase(records).table())


def test_community(draw, records):
    draw(plots.community, participation.community(records).table().drop(columns="before"))


def test_suppressed_cells_leave_their_place_empty(draw, records):
    table = participation.by_phase(records).table().astype({"organisations": float})
    table.loc[0, ["organisations", "hours"]] = np.nan
    draw(plots.participation, table)


@pytest.mark.parametrize("exchangeable", [False, True])
def test_funnel(draw, exchangeable):
    path = funnel.funnel(("ideas", "feasibility", "projects"), [142, 51, 27], exchangeable)
    italian, _ = draw(plots.funnel, path.table().drop(columns=["before", "first"]))
    shown = " ".join(text.get_text() for text in italian.axes[0].texts)
    assert "35,9%" in shown
    assert ("–" in shown) == exchangeable


def test_units(draw, records, units):
    figure, _ = draw(plots.units, inside.active(records, units).table())
    assert {text.get_text() for text in figure.axes[0].texts} >= {"1/2", "0/1"}


def dense(bodies, things, seed):
    rng = np.random.default_rng(seed)
    i, j = np.nonzero(rng.random((bodies, things)) < 0.25)
    net = network.incidence(
        [f"Cooperativa dal nome lungo numero {k:02d}" for k in i], [f"s{k:02d}" for k in j]
    )
    types = pd.Series(np.resize(participation.TYPES, len(net.rows)), index=list(net.rows))
    name = "Un servizio di nome piuttosto lungo per chi assiste familiari, {}"
    titles = pd.DataFrame(
        {lang: [name.format(k) for k in net.columns] for lang in LANGUAGES}, index=list(net.columns)
    )
    return network.picture(net, types, titles).tables()


@pytest.mark.parametrize(("bodies", "things"), [(40, 12), (5, 5), (6, 20)])
def test_labels_of_the_network_never_overlap(draw, bodies, things):
    for figure in draw(plots.two_mode, dense(bodies, things, seed=3)):
        assert not any(a.overlaps(b) for a, b in combinations(boxes(figure), 2))


def test_labels_of_the_network_stay_inside_the_figure(draw):
    figure, _ = draw(plots.two_mode, dense(20, 8, seed=5))
    width = figure.bbox.width
    assert all(box.x0 >= 0 and box.x1 <= width for box in boxes(figure))


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(draw, records, units):
    met = inside.active(records, units).table()
    tiles = pd.concat([met.assign(company=f"{k:02d}", share=k / 20) for k in range(21)])
    shown = tiles.drop_duplicates(["company", "phase"]).assign(beyond=1.0, units=20.0)
    for plot, data in (
        (plots.participation, participation.by_phase(records).table()),
        (plots.community, participation.community(records).table().drop(columns="before")),
        (
            plots.funnel,
            funnel.funnel(("ideas", "projects"), [142, 27], False).table().drop(columns=["before", "first"]),
        ),
        (plots.units, shown),
        (plots.two_mode, dense(12, 6, seed=5)),
    ):
        assert contrast.faults(style.to_svg(draw(plot, data)[0])) == []
