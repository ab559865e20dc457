"""Contrast of figures: what is measured on a drawn one, the colours of the house, and the figures that are kept in git."""

from pathlib import Path

import pytest

from analysis.evidence import style
from tests.evidence import contrast

FIGURES = sorted((Path(__file__).parents[2] / "figures").rglob("*.svg"))
ROUNDING = 0.01  # of published ratios


def drawn(draw) -> str:
    with style.house():
        fig, ax = style.subplots(height=2)
        draw(ax)
    return style.to_svg(fig)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#767676", "#ffffff", 4.54),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_ratios_are_those_that_wcag_tools_publish(one, other, ratio):
    assert style.contrast(one, other) == style.contrast(other, one) == pytest.approx(ratio, abs=ROUNDING)


def test_pale_letters_are_found_wherever_they_stand():
    def draw(ax):
        ax.barh([0], [1.0], color=style.ACCENT)
        ax.text(0.5, 0, "dark in a dark bar", color=style.INK, va="center", ha="center")
        ax.text(0.5, 0.5, "pale on white", color="#999999")
        ax.set(ylim=(-1, 1))
        ax.set_axis_off()

    found = contrast.letters(drawn(draw))
    assert [(seen.colour, seen.behind) for seen in found if seen.ratio < contrast.TEXT] == [
        (style.INK, style.ACCENT),
        ("#999999", "#ffffff"),
    ]


def test_good_letters_pass_and_a_halo_counts_as_their_ground():
    from matplotlib import patheffects

    def draw(ax):
        ax.barh([0], [1.0], color=style.ACCENT)
        ax.text(0.5, 0, "white in a dark bar", color="#ffffff", va="center", ha="center")
        halo = [patheffects.withStroke(linewidth=2, foreground="white")]
        ax.text(0.02, 0.2, "ink with a halo", color=style.INK, va="center", path_effects=halo)
        ax.set_axis_off()

    found = contrast.letters(drawn(draw))
    assert [seen.behind for seen in found] == [style.ACCENT, "#ffffff"]
    assert min(seen.ratio for seen in found) >= contrast.TEXT


@pytest.mark.parametrize(("box", "behind"), [("#ffffff", "#ffffff"), (style.ACCENT, style.ACCENT)])
def test_the_box_of_a_text_is_its_ground(box, behind):
    def draw(ax):
        ax.barh([0], [1.0], color=style.ACCENT)
        frame = {"facecolor": box, "edgecolor": "none", "pad": 1.0}
        ax.text(0.99, 0, "ink in a box at the end of a bar", va="center", ha="center", bbox=frame)
        ax.set_axis_off()

    assert [(seen.colour, seen.behind) for seen in contrast.letters(drawn(draw))] == [(style.INK, behind)]


def test_letters_hidden_by_something_are_found():
    def draw(ax):
        ax.text(0.5, 0, "hidden", va="center", ha="center", zorder=1)
        ax.barh([0], [1.0], color=style.ACCENT, zorder=5)
        ax.set_axis_off()

    assert [seen.ratio for seen in contrast.letters(drawn(draw))] == [0.0]


def test_a_pale_mark_is_found_unless_it_has_an_outline():
    def draw(ax):
        ax.bar([0], [1], color="#c4dbe6")
        ax.bar([1], [1], color="#c4dbe6", edgecolor=style.ACCENT)
        ax.plot([0, 1], [0, 1], color=style.PALETTE[1], alpha=0.5)
        ax.set_axis_off()

    low = [seen for seen in contrast.marks(drawn(draw)) if seen.ratio < contrast.MARK]
    assert sorted(seen.colour for seen in low) == ["#c4dbe6", "#eaae80"]


def test_colours_of_the_house():
    """Ink, the muted and the accent colour are for letters, also across a grid line; those of the palette for marks."""
    for colour in (style.INK, style.MUTED, style.ACCENT):
        assert style.contrast(colour, "#ffffff") >= contrast.TEXT
        assert style.contrast(colour, style.GRID) >= contrast.TEXT
    assert min(style.contrast(colour, "#ffffff") for colour in style.PALETTE) >= contrast.MARK


@pytest.mark.parametrize("colour", [*style.PALETTE, "#ffff00", "#ffffff"])
def test_letters_in_a_colour_and_on_a_colour_can_be_read(colour):
    assert style.contrast(style.lettering(colour), "#ffffff") >= contrast.TEXT
    assert style.contrast(style.letters_on(colour), colour) >= contrast.TEXT


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", FIGURES, ids=lambda path: f"{path.parent.parent.name}/{path.parent.name}/{path.stem}"
)
def test_a_figure_kept_in_git_has_contrast_enough(path):
    svg = path.read_text(encoding="utf-8")
    assert contrast.letters(svg)
    assert contrast.faults(svg) == []


def test_there_are_figures_to_measure():
    assert len(FIGURES) >= 20
