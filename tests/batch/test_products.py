"""Published files against those made again: checksums, drawings, papers, the executed copy, catalogue records."""

import json
from dataclasses import dataclass

import pytest

from analysis.batch import keys, products
from analysis.batch.compare import Entry
from analysis.batch.products import Eyes, Side
from analysis.errors import Fault, RunError

FIGURE = {"csv": "fig-a.csv", "svg": {"it": "fig-a.it.svg", "en": "fig-a.en.svg"}}
NOTEBOOK = {
    "cells": [
        {"id": "one", "cell_type": "code", "source": ["x = 1\n"], "metadata": {},
         "outputs": [{"output_type": "display_data", "data": {"text/plain": ["x"], "image/svg+xml": ["<svg/>"]}}]},
        {"id": "two", "cell_type": "markdown", "source": "prose", "metadata": {}},
    ]
}  # fmt: skip


@dataclass
class Seen:
    share: float
    pictures: tuple = ()


def compare(a, b, out):
    """A stand-in for the rasteriser: the share is the number that the second drawing holds."""
    if b.read_text() == "broken":
        raise RunError(Fault("is no SVG drawing", b.name))
    names = ("published", "again", "difference")
    return Seen(float(b.read_text()), tuple(out.with_name(f"{out.name}.{n}.png") for n in names) if out else ())  # fmt: skip


EYES = Eyes(compare, lambda path: path.read_text().split("\f"))


@pytest.fixture
def sides(tmp_path):
    found = []
    for name in ("old", "new"):
        side = Side(tmp_path / name / "papers" / "toy", tmp_path / name / "figures" / "toy")
        for folder in (side.record, side.figures):
            folder.mkdir(parents=True)
        (side.figures / "fig-a.csv").write_text("g,share\nf,0.5\nm,0.25\n")
        for lang in ("it", "en"):
            (side.figures / f"fig-a.{lang}.svg").write_text("0.0")
            (side.record / f"{lang}.pdf").write_text("first page\nx\fsecond page")
        (side.record / "notebook.ipynb").write_text(json.dumps(NOTEBOOK))
        (side.record / "redif.rdf").write_text("a\nb\n")
        found.append(side)
    return found


def figure(sides, tmp_path, damaged=None):
    entry = Entry("figure", "fig-a", "same")
    products.figure(entry, FIGURE, *sides, damaged or {}, EYES, tmp_path / "out")
    return entry


def paper(name, sides, damaged=None):
    return products.paper(name, *sides, damaged or {}, EYES)


def test_checksums_tell_what_was_altered_or_is_gone(sides):
    old = sides[0]
    sums = {
        "papers/demo/toy/it.pdf": keys.of_file(old.record / "it.pdf"),
        "papers/demo/toy/en.pdf": "0" * 64,
        "papers/demo/toy/gone.pdf": "0" * 64,
        "figures/demo/toy/fig-a.csv": "0" * 64,
    }
    assert products.damage(old, sums) == {"en.pdf": "altered", "gone.pdf": "gone", "fig-a.csv": "altered"}


def test_a_name_that_leads_elsewhere_stays_inside(sides):
    assert products.Side.file(sides[0], "../../../etc/passwd") == sides[0].record / "passwd"


def test_equal_files_are_the_same(sides, tmp_path):
    assert figure(sides, tmp_path).verdict == "same"
    assert {paper(name, sides).verdict for name in ("it.pdf", "notebook.ipynb", "redif.rdf")} == {"same"}
    assert paper("it.pdf", sides).kind == "text" and paper("redif.rdf", sides).kind == "file"


def test_a_file_altered_after_publication_differs_even_if_made_again_alike(sides, tmp_path):
    one = paper("it.pdf", sides, {"it.pdf": "altered"})
    assert one.verdict == "differs" and "does not match its checksum in the manifest" in one.why["en"]
    assert figure(sides, tmp_path, {"fig-a.en.svg": "altered"}).verdict == "differs"


def test_plotted_values_are_compared_within_tolerance(sides, tmp_path):
    csv = sides[1].figures / "fig-a.csv"
    csv.write_text("g,share\nf,0.50000000000001\nm,0.25\n")
    assert figure(sides, tmp_path).verdict == "within"
    csv.write_text("g,share\nf,0.51\nm,0.25\n")
    one = figure(sides, tmp_path)
    assert one.verdict == "differs" and "fig-a.csv: rows[0].share: 0.5 → 0.51" in one.why["en"]
    csv.write_text("g,share\nf,0.5\n")
    assert figure(sides, tmp_path).verdict == "differs"


def test_drawings_are_compared_by_pixels_in_each_language(sides, tmp_path):
    (sides[1].figures / "fig-a.it.svg").write_text("0")
    assert figure(sides, tmp_path).verdict == "within"
    (sides[1].figures / "fig-a.en.svg").write_text("0.125")
    one = figure(sides, tmp_path)
    assert one.verdict == "differs" and "fig-a.en.svg: 12% of the pixels differ" in one.why["en"]
    assert one.pictures == [
        {"lang": "en", "published": "pictures/toy.fig-a.en.published.png", "again": "pictures/toy.fig-a.en.again.png",
         "difference": "pictures/toy.fig-a.en.difference.png", "share": 0.125}
    ]  # fmt: skip


def test_a_drawing_that_cannot_be_read_or_is_not_there(sides, tmp_path):
    (sides[1].figures / "fig-a.en.svg").write_text("broken")
    assert "is no SVG drawing" in figure(sides, tmp_path).why["en"]
    (sides[1].figures / "fig-a.en.svg").unlink()
    one = figure(sides, tmp_path)
    assert one.verdict == "missing" and one.why["it"] == "fig-a.en.svg non è stato rifatto"


def test_a_paper_is_compared_page_by_page(sides):
    (sides[1].record / "it.pdf").write_text("first page\ny\fsecond page, longer")
    one = paper("it.pdf", sides)
    assert (one.verdict, one.where, one.published, one.again) == ("differs", "page 1", "x", "y")
    assert "text differs on 2 pages, first on 1" in one.why["en"]
    (sides[1].record / "it.pdf").write_text("first page\nx\fsecond page\fthird")
    assert paper("it.pdf", sides).where == "page 3"


def test_the_same_text_in_other_bytes_is_within(sides):
    eyes = Eyes(compare, lambda path: ["the same"])
    (sides[1].record / "it.pdf").write_text("other bytes")
    assert products.paper("it.pdf", *sides, {}, eyes).verdict == "within"
    (sides[1].record / "redif.rdf").write_bytes(b"a\r\nb\r\n")
    assert paper("redif.rdf", sides).verdict == "within"


def test_the_executed_copy_is_compared_cell_by_cell(sides):
    other = json.loads(json.dumps(NOTEBOOK))
    other["cells"][0]["outputs"][0]["data"]["image/svg+xml"] = ["<svg>redrawn</svg>"]
    path = sides[1].record / "notebook.ipynb"
    path.write_text(json.dumps(other))
    assert paper("notebook.ipynb", sides).verdict == "within"
    other["cells"][0]["outputs"][0]["data"]["text/plain"] = ["y"]
    path.write_text(json.dumps(other))
    one = paper("notebook.ipynb", sides)
    assert (one.verdict, one.where) == ("differs", "cell one")
    path.write_text("no json")
    assert "cannot be read" in paper("notebook.ipynb", sides).why["en"]


def test_a_catalogue_record_names_the_line(sides):
    (sides[1].record / "redif.rdf").write_text("a\nc\n")
    one = paper("redif.rdf", sides)
    assert (one.verdict, one.where, one.published, one.again) == ("differs", "line 2", "b", "c")


def test_the_record_as_a_file(sides):
    for side, text in zip(sides, ("{}", "{ }")):
        (side.record / "evidence.json").write_text(text)
    head = {"notebook": "toy", "context": {"title": {"it": "a"}}}
    assert products.record(head, head, *sides, {}).verdict == "within"
    assert products.record(head, head, *sides, {"evidence.json": "altered"}).verdict == "differs"
    assert products.record(head, None, *sides, {}).verdict == "missing"
    one = products.record(head, head | {"context": {"title": {"it": "b"}}}, *sides, {})
    assert (one.verdict, one.where) == ("differs", "context.title.it")
