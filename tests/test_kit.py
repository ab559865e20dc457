"""The kit of the method, as it is published: put into the folder of a new study, it is read without a fault, empty or filled in."""

import json
from pathlib import Path

import openpyxl
import pytest

from analysis.publish import render
from analysis.study import template
from analysis.study.studies import open_study

ROOT = Path(__file__).parent.parent
KITS = [(study, language) for study in ("demo", "milano") for language in ("it", "en")]


@pytest.fixture(params=KITS, ids="-".join)
def kit(request, tmp_path):
    """Study, and the kit in one language, made from the record that is kept."""
    study, language = request.param
    texts = ROOT / "data" / study / "texts" / "method.toml"
    render.render(
        ROOT / "papers" / study / "method",
        ROOT / "notebooks" / "method.ipynb",
        texts if texts.is_file() else None,
        tmp_path / "made",
        formats=("worksheets",),
        figures=ROOT / "figures" / study / "method",
    )
    return study, tmp_path / "made" / f"kit.{language}.xlsx"


def practices_of(study):
    """The practices of a study, without the rows of whole phases."""
    frame = open_study(study).table("practices")
    return frame[frame["step"].notna()].set_index("practice")


def texts(column):
    """The cells as texts, an empty one where nothing stands."""
    return ["" if missing else str(value) for value, missing in zip(column, column.isna())]


def test_the_practices_of_the_kit_are_those_of_the_study(kit, tmp_path):
    study, path = kit
    folder = tmp_path / "nuova"
    template.new_study(folder)
    (folder / path.name).write_bytes(path.read_bytes())
    new = open_study(str(folder))
    assert new.has("practices") and not [f for f in new.check(draft=True) if "practices" in str(f) or path.name in str(f)]  # fmt: skip
    taken, own = new.table("practices").set_index("practice"), practices_of(study)
    assert sorted(taken.index) == sorted(own.index)
    own = own.loc[taken.index]
    for column in ("phase", "step", "name_it", "name_en", "purpose_it", "tool_en", "hours_planned", "input_it", "core", "source"):  # fmt: skip
        if column in own:
            assert texts(taken[column]) == texts(own[column]), column  # fmt: skip
    for column in ("hours_done", "adaptation_it", "reason_en", "setback_it", "lesson_it"):
        assert taken[column].isna().all(), column


def test_what_is_written_into_the_kit_is_read_back(kit, tmp_path):
    _, path = kit
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[2]
    heads = [cell.value for cell in sheet[1]]
    for name, value in (("hours_done", 7.5), ("adaptation_it", "si è fatto di sera"), ("core", "irrinunciabile")):  # fmt: skip
        sheet.cell(3, heads.index(name) + 1, value)
    folder = tmp_path / "nuova"
    template.new_study(folder)
    book.save(folder / "kit-compilato.xlsx")
    first = open_study(str(folder)).table("practices").iloc[0]
    assert (first["hours_done"], first["adaptation_it"], first["core"]) == (7.5, "si è fatto di sera", "core")


def test_the_record_keeps_the_label_of_the_study_for_the_kit():
    for study, label in (("demo", True), ("milano", False)):
        record = json.loads(
            (ROOT / "papers" / study / "method" / "evidence.json").read_text(encoding="utf-8")
        )
        assert bool(record["context"]["label"]) == label
        assert record["worksheets"]["wks-kit"]["order"] == ["checklist", "practices"]
