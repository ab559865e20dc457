"""What a study or notebook may change of the look, and what it may not."""

import re

import pandas as pd
import pytest

from analysis.errors import EvidenceError
from analysis.evidence import style


def test_a_figures_own_table_comes_before_the_notebooks_and_that_before_the_studys():
    study = {"palette": ["#111111"], "size": 8}
    notebook = {"size": 10, "fig-a": {"size": 12, "title": {"it": "Titolo", "en": "Title"}}}
    assert style.choose("fig-a", study, notebook).size == 12
    assert style.choose("fig-b", study, notebook).size == 10
    assert style.choose("fig-b", study, notebook).title == {}


def test_a_short_palette_is_followed_by_the_houses():
    with style.house(style.choose("fig-a", {"palette": ["#7b3294"]})):
        assert style.palette(3) == ["#7b3294", *style.PALETTE[:2]]
    assert style.palette(1) == [style.PALETTE[0]]


def test_more_colours_than_can_be_told_apart_are_refused():
    with pytest.raises(EvidenceError, match="≤ 7"):
        style.palette(8)


def test_rows_are_put_in_the_chosen_order_and_others_follow():
    frame = pd.DataFrame({"care": ["none", "both", "children", "total"], "n": [1, 2, 3, 4]})
    choice = style.choose("fig-a", {"order": {"care": ["children", "none"]}})
    assert choice.arrange(frame)["care"].tolist() == ["children", "none", "both", "total"]


def test_a_title_is_drawn_in_its_language():
    choice = style.choose("fig-a", {"fig-a": {"title": {"it": "Titolo", "en": "Title"}}})
    with style.house(choice):
        fig, _ = style.subplots(height=2)
        choice.entitle(fig, "en")
    assert fig.get_suptitle() == "Title"


def test_every_wrong_entry_is_named():
    with pytest.raises(EvidenceError) as caught:
        style.choose("fig-a", {"colour": "red", "fig-a": {"title": {"it": "solo"}}})
    assert len(caught.value.faults) == 2


def test_coordinates_differ_when_the_data_do():
    figures = []
    for end in (1, 1, 2):
        with style.house():
            fig, ax = style.subplots(height=2)
            ax.bar([0, 1], [1, end])
            ax.scatter([0, 1], [0, end])
        figures.append(fig)
    assert style.same_coordinates(figures[0], figures[1])
    assert not style.same_coordinates(figures[0], figures[2])


def test_identifiers_come_from_the_drawing_and_not_from_its_last_bits():
    drawing = (
        '<clipPath id="{0}"/><path id="{1}"/><g clip-path="url(#{0})"><use xlink:href="#{1}" x="{2}"/></g>'
    )
    one, same, other = (
        style._steady(drawing.format(*parts))
        for parts in (("p0123456789", "mabcdef0123", 1), ("pfedcba9876", "m9999999999", 1), ("p0123456789", "mabcdef0123", 2))
    )  # fmt: skip
    assert one == same and one != other
    own = [{part.split('"')[0] for part in text.split('id="')[1:]} for text in (one, other)]
    assert len(own[0]) == 2 and not own[0] & own[1]
    assert all(f"#{name}" in one for name in own[0])


def test_a_difference_in_the_sixth_decimal_is_not_written():
    given = 'x="13.975006" y="-215.921803" transform="rotate(-90) scale(0.015625 -0.015625)" d="M -0.000002 128.5"'
    wobble = given.replace("921803", "921802").replace("-0.000002", "0.000002")
    one, other = (style.LONG_NUMBER.sub(style._rounded, text) for text in (given, wobble))
    assert one == other
    assert one == 'x="13.975" y="-215.922" transform="rotate(-90) scale(0.015625 -0.015625)" d="M 0 128.5"'


def test_a_figure_is_written_to_a_thousandth_of_a_point():
    with style.house():
        fig, ax = style.subplots(height=2)
        ax.plot([0, 1, 2], [1, 1 / 3, 2 / 7])
        svg = style.to_svg(fig)
    plain = re.sub(r"scale\([^)]*\)", "", svg)
    assert re.search(r"\d+\.\d{3}\b", plain)
    assert not re.search(r"\d\.\d{4}", plain)
