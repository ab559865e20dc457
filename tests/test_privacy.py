"""What is committed shows no small group of persons, no microdata and no name that a body or a person did not publish."""

import json
from pathlib import Path

import pandas as pd
import pikepdf
import pytest

from tests.attack import leaks

ROOT = Path(__file__).parent.parent
RECORDS = sorted((ROOT / "papers").glob("*/*/evidence.json"))


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def tables(record):
    yield from record["tables"].items()
    yield from record.get("methods", {}).items()
    for key, entry in [*record["figures"].items(), *record.get("worksheets", {}).items()]:
        for name, table in entry["tables"].items():
            yield f"{key}.{name}", table


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_no_count_of_persons_below_the_threshold_is_published(path):
    record = load(path)
    threshold = record["context"]["disclosure"]["threshold"]
    for key, table in tables(record):
        for column in table["columns"]:
            if column.get("counts") == "persons":
                values = [row[column["name"]] for row in table["rows"]]
                assert not [value for value in values if value is not None and 0 < value < threshold], (
                    key,
                    column["name"],
                )
    for key, number in record["numbers"].items():
        if number["counts"] == "persons" and not number.get("public"):
            for value in (number.get("n"), number["value"] if number["unit"] == "persons" else None):
                assert value is None or value == 0 or value >= threshold, key


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: "/".join(path.parts[-3:-1]))
def test_no_small_count_of_persons_can_be_worked_out_from_the_rest_of_the_record(path):
    assert leaks(load(path)) == []


def test_the_demo_has_cells_that_had_to_be_suppressed():
    demo = [load(path) for path in RECORDS if path.parts[-3] == "demo"]
    assert sum(len(table["suppressed"]) for record in demo for _, table in tables(record)) > 0


def test_a_suppressed_cell_is_missing_in_the_figure_data_too():
    for path in RECORDS:
        record = load(path)
        for key, figure in record["figures"].items():
            frame = pd.read_csv(ROOT / "figures" / Path(*path.parts[-3:-1]) / figure["csv"])
            if len(figure["tables"]) == 1:
                table = next(iter(figure["tables"].values()))
                assert all(pd.isna(frame.loc[row, column]) for row, column in table["suppressed"]), (
                    path,
                    key,
                )


def test_bodies_that_chose_not_to_be_named_are_nowhere():
    actors = pd.read_csv(ROOT / "data" / "demo" / "actors.csv", dtype=str)
    hidden = actors.loc[(actors["publish_name"] != "yes") | (actors["type"] == "citizen"), "name"]
    assert len(hidden) > 5
    published = [
        path
        for folder in ("papers", "figures")
        for path in (ROOT / folder / "demo").rglob("*")
        if path.suffix in (".json", ".svg", ".csv", ".ipynb", ".html")
    ]
    for path in published:
        text = path.read_text(encoding="utf-8")
        assert not [name for name in hidden if name in text], path


def test_the_record_holds_no_list_of_bodies_and_no_absolute_path():
    for path in RECORDS:
        text = path.read_text(encoding="utf-8")
        assert "organisations" not in load(path)["context"]
        assert str(ROOT) not in text and "/home/" not in text and "C:\\" not in text


def test_every_simulated_figure_and_title_carries_its_label():
    """The drawn words stand as comments in the SVG, the title in the PDF's own metadata."""
    demo = [path for path in RECORDS if path.parts[-3] == "demo"]
    assert len(demo) >= 3
    for path in demo:
        label = load(path)["context"]["label"]
        drawn = ROOT / "figures" / Path(*path.parts[-3:-1])
        assert len(list(drawn.glob("*.svg"))) >= 6
        for lang in ("it", "en"):
            for figure in drawn.glob(f"*.{lang}.svg"):
                assert label[lang] in figure.read_text(encoding="utf-8"), figure
            with pikepdf.open(path.parent / f"{lang}.pdf") as pdf:
                assert str(pdf.docinfo["/Title"]).startswith(label[lang]), path
