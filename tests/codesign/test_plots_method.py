"""The pictures of the method: equal in both languages, nothing over anything else, nothing outside, whatever feeds whatever."""

import tomllib
from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from analysis import places
from analysis.codesign import fidelity, plots_method, protocol
from analysis.evidence import style
from analysis.evidence.words import LANGUAGES, Words
from analysis.study.studies import open_study
from tests.evidence import contrast


@pytest.fixture(scope="module")
def words():
    own = tomllib.loads((places.notebooks() / "method.toml").read_text(encoding="utf-8"))["words"]
    labels = open_study("milano").context()["labels"]
    return {language: Words(language, own, labels, "method") for language in LANGUAGES}


def crowded(per_phase, chain):
    """Practices with long names; `chain` pairs of positions, the first of which feeds the second."""
    frame = pd.DataFrame(
        [(phase, k + 1) for phase, n in zip(protocol.PHASES, per_phase) for k in range(n)],
        columns=["phase", "step"],
    )
    frame["practice"] = [f"p{k}" for k in range(len(frame))]
    frame["name_it"] = [f"Una pratica dal nome piuttosto lungo, la numero {k}" for k in range(len(frame))]
    frame["name_en"] = [f"Practice {k}" for k in range(len(frame))]
    frame["output_it"] = [f"il risultato della pratica {k}" for k in range(len(frame))]
    frame["output_en"] = [f"output of the practice with the number {k}" for k in range(len(frame))]
    inputs = {taker: frame["output_it"][giver] for giver, taker in chain}
    frame["input_it"] = frame["input_en"] = [inputs.get(k) for k in range(len(frame))]
    frame["core"] = np.resize(["core", "adaptable", None], len(frame))
    frame["hours_planned"] = np.arange(len(frame)) * 3.0
    frame["hours_done"] = np.where(np.arange(len(frame)) == 2, np.nan, np.arange(len(frame)) * 2.5)
    return protocol.ordered(frame)


DENSE = crowded((3, 7, 2, 4), [(0, 3), (1, 5), (3, 4), (2, 10), (9, 12), (12, 1), (6, 8), (4, 13)])


@pytest.mark.parametrize("frame", [DENSE, crowded((1, 0, 0, 0), []), crowded((2, 1, 1, 1), [(0, 1)])], ids=["dense", "one", "few"])  # fmt: skip
def test_no_text_of_the_map_overlaps_another_or_leaves_its_figure(draw, frame):
    for figure in draw(plots_method.process, protocol.process(frame).tables()):
        figure.canvas.draw()
        boxes = [text.get_window_extent() for ax in figure.axes for text in ax.texts]
        assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
        assert all(box.x0 >= 0 and box.x1 <= figure.bbox.width for box in boxes)
        assert all(box.y0 >= 0 and box.y1 <= figure.bbox.height for box in boxes)


def test_the_texts_of_a_practice_stay_inside_its_box(draw):
    for figure in draw(plots_method.process, protocol.process(DENSE).tables()):
        figure.canvas.draw()
        (ax,) = figure.axes
        framed = [patch.get_window_extent() for patch in ax.patches if patch.get_zorder() == 3]
        assert len(framed) == len(DENSE)
        inside = [text.get_window_extent() for text in ax.texts if text.get_zorder() == 4]
        for box in inside:
            assert any(
                f.x0 <= box.x0 and box.x1 <= f.x1 and f.y0 <= box.y0 and box.y1 <= f.y1 for f in framed
            )


def test_arrows_end_at_their_boxes_and_cross_no_other(draw):
    figure, _ = draw(plots_method.process, protocol.process(DENSE).tables())
    (ax,) = figure.axes
    framed = [patch for patch in ax.patches if patch.get_zorder() == 3]
    lines = [line.get_xydata() for line in ax.lines if line.get_zorder() == 2.5]
    assert len(lines) == 8
    for points in lines:
        for (x0, y0), (x1, y1) in pairwise(points):
            for patch in framed:
                left, top = patch.get_x() + 0.5, patch.get_y() + 0.5
                right, bottom = left + patch.get_width() - 1, top + patch.get_height() - 1
                across = min(x0, x1) < right and max(x0, x1) > left and min(y0, y1) < bottom and max(y0, y1) > top  # fmt: skip
                assert not across


def test_hours_endure_what_is_missing(draw):
    figure, english = draw(plots_method.planned_done, fidelity.effort(DENSE).table())
    shown = [text.get_text() for text in figure.axes[0].texts]
    assert "6 → –" in shown and len(shown) == len(DENSE)
    assert english.axes[0].get_xlabel() == "hours"


def test_bars_of_headings(draw):
    figure, english = draw(plots_method.documented, protocol.gaps(DENSE).table())
    assert english.axes[0].texts[0].get_text() == "16 of 16"
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][1] == "perché"


@pytest.mark.slow
def test_letters_and_marks_keep_their_contrast(draw):
    for plot, data in (
        (plots_method.process, protocol.process(DENSE).tables()),
        (plots_method.planned_done, fidelity.effort(DENSE).table()),
        (plots_method.documented, protocol.gaps(DENSE).table()),
    ):
        assert contrast.faults(style.to_svg(draw(plot, data)[0])) == []
