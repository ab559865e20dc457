"""Figures as pixels and papers as text: what counts as a difference, where it is marked, that bytes repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from analysis.errors import RunError
from analysis.publish.review import raster

RIM = 24 / (72 * 144)  # one side of the square: drawings of two sizes are placed up to half a pixel apart
ROOT = Path(__file__).parents[3]
FIGURE = ROOT / "figures" / "demo" / "codesign_outcomes" / "fig-funnel.it.svg"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="{w}pt" height="{h}pt" viewBox="0 0 {w} {h}">'
    '<rect x="{x}" y="10" width="12" height="12" fill="{fill}"/></svg>'
)


def drawn(path: Path, x: float = 12, w: int = 72, h: int = 36, fill: str = "#005a8f") -> Path:
    path.write_text(SVG.format(x=x, w=w, h=h, fill=fill), encoding="utf-8")
    return path


def test_pixels_have_the_size_and_the_colours_of_the_drawing(tmp_path: Path) -> None:
    pixels = raster.svg(drawn(tmp_path / "a.svg"), ppi=144)
    assert pixels.shape == (72, 144, 3) and pixels.dtype == np.uint8
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    inside = (pixels == (0, 0x5A, 0x8F)).all(axis=2)
    rows, columns = np.nonzero(inside)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (20, 43, 24, 47)


def test_the_same_drawing_does_not_differ_and_bytes_repeat(tmp_path: Path) -> None:
    a, b = drawn(tmp_path / "a.svg"), drawn(tmp_path / "b.svg")
    first = raster.compare(a, b, tmp_path / "one" / "fig")
    assert (first.share, first.largest) == (0.0, 0)
    second = raster.compare(a, b, tmp_path / "two" / "fig")
    assert [path.name for path in first.pictures] == [
        "fig.published.png",
        "fig.again.png",
        "fig.difference.png",
    ]
    for one, other in zip(first.pictures, second.pictures):
        assert one.read_bytes() == other.read_bytes()
    assert not list(tmp_path.rglob("*.part"))
    assert raster.compare(a, b).pictures == ()


def test_a_moved_square_counts_the_pixels_it_left_and_those_it_took(tmp_path: Path) -> None:
    a, b = drawn(tmp_path / "a.svg", x=12), drawn(tmp_path / "b.svg", x=15)
    found = raster.compare(a, b, tmp_path / "fig", ppi=144)
    assert found.share == 2 * 6 * 24 / (72 * 144)
    assert found.largest == 255
    with Image.open(found.pictures[2]) as image:
        marked = (np.asarray(image.convert("RGB")) == raster.MARK).all(axis=2)
    rows, columns = np.nonzero(marked)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (19, 44, 23, 54)
    assert not marked[:, 32:46].any(), "what both drew alike is not marked"


def test_a_quarter_of_a_pixel_does_not_count_and_half_a_pixel_does(tmp_path: Path) -> None:
    for fill in ("#000000", "#d9dee2"):
        a = drawn(tmp_path / "a.svg", x=12, fill=fill)
        shaded = raster.compare(a, drawn(tmp_path / "b.svg", x=12.125, fill=fill), ppi=144)
        assert shaded.share == 0 and shaded.largest > 0
        moved = raster.compare(a, drawn(tmp_path / "c.svg", x=12.25, fill=fill), ppi=144)
        assert moved.share == 2 * 24 / (72 * 144)


def test_another_colour_differs_from_the_floor_on(tmp_path: Path) -> None:
    a = drawn(tmp_path / "a.svg", fill="#005a8f")
    alike = raster.compare(a, drawn(tmp_path / "b.svg", fill="#00528f"), ppi=144)
    assert (alike.share, alike.largest) == (0.0, raster.FLOOR)
    other = raster.compare(a, drawn(tmp_path / "c.svg", fill="#00518f"), ppi=144)
    inside = 22 * 22  # the rim's contrast is that with the ground
    assert (other.share, other.largest) == (inside / (72 * 144), raster.FLOOR + 1)


@pytest.mark.parametrize(("w", "h"), [(72, 40), (80, 36), (60, 30), (80, 30)])
def test_what_only_one_of_two_sizes_reaches_differs(tmp_path: Path, w: int, h: int) -> None:
    a, b = drawn(tmp_path / "a.svg"), drawn(tmp_path / "b.svg", w=w, h=h)
    found = raster.compare(a, b, tmp_path / "fig", ppi=144)
    whole, common = max(w, 72) * max(h, 36), min(w, 72) * min(h, 36)
    assert found.share == pytest.approx(1 - common / whole, abs=RIM)
    with Image.open(found.pictures[2]) as image:
        assert image.size == (2 * max(w, 72), 2 * max(h, 36))


def test_a_published_figure_is_read_as_it_is_printed() -> None:
    pixels = raster.svg(FIGURE)
    assert 850 < pixels.shape[1] < 950
    assert 0.01 < (pixels.min(axis=2) < 128).mean() < 0.5


def test_a_file_that_is_no_drawing_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.svg").write_text("<svg", encoding="utf-8")
    (tmp_path / "binary.svg").write_bytes(b"\xff\xfe\x00")
    for name in ("broken.svg", "binary.svg"):
        with pytest.raises(RunError, match=name):
            raster.svg(tmp_path / name)


def test_words_of_a_paper_page_by_page(tmp_path: Path) -> None:
    import typst

    source = '#set document(title: "x")\n#set text(font: "Libertinus Serif")\nPerché no: 34,6%\n#pagebreak()\nSeconda – pagina'
    path = tmp_path / "two.pdf"
    made = typst.compile(source.encode(), format="pdf", ignore_system_fonts=True)
    path.write_bytes(made)
    pages = [page.strip() for page in raster.text(path)]
    assert pages == ["Perché no: 34,6%", "Seconda – pagina"]
    (tmp_path / "no.pdf").write_text("hello", encoding="utf-8")
    with pytest.raises(RunError, match=r"no\.pdf"):
        raster.text(tmp_path / "no.pdf")
