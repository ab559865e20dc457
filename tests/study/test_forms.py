"""A table as a form: every column of the contract, what is taken over, the rest empty; and workbooks that are found whatever their name."""

import openpyxl
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.study import forms, readers, template
from analysis.study.contracts import contracts
from analysis.study.studies import open_study


def test_every_column_of_the_contract_and_only_what_is_kept():
    frame = pd.DataFrame({"practice": ["p1"], "phase": ["needs"], "step": pd.array([1], dtype="Int64"),
                          "hours_planned": [2.5], "hours_done": [3.0], "lesson_it": ["mai"]})  # fmt: skip
    form = forms.form("practices", frame, ["practice", "phase", "step", "hours_planned", "purpose_it"])
    shown = [name for name in form.columns if name != forms.ROW]
    assert shown == list(contracts().tables["practices"].fields) and form.attrs["form"] is True
    held = [name for name in shown if form[name].notna().any()]
    assert held == ["practice", "phase", "step", "hours_planned"]
    specs = form.attrs["columns"]
    assert specs["phase"]["labels"] == "phase" and specs["hours_planned"]["digits"] == 1
    assert specs["step"] == {"header": {"it": "passo", "en": "step"}, "unit": "number", "digits": 0, "n": forms.ROW}  # fmt: skip
    assert specs["hours_done"] == {"header": {"it": "ore svolte", "en": "hours done"}}


@pytest.mark.parametrize(("table", "column"), [("practices", "hours"), ("services", "company"), ("participation", "persons")])  # fmt: skip
def test_references_and_persons_are_never_taken_over(table, column):
    with pytest.raises(StudyError, match=column):
        forms.form(table, pd.DataFrame({column: ["x"]}), [column])


def book(path, sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    made.save(path)


HEAD = ["practice", "phase", "name_it", "name_en"]


def test_a_workbook_of_any_name_is_read_for_the_sheets_that_are_tables(tmp_path):
    book(tmp_path / "kit.it.xlsx", {"Leggimi": [["x"]], "Lista": [["x"]], "Pratiche": [HEAD, ["p1", "bisogni", "a", "b"]]})  # fmt: skip
    found, strangers = readers.locate(tmp_path)
    assert strangers == [] and [(s.path.name, s.sheet) for s in found["practices"]] == [("kit.it.xlsx", "Pratiche")]  # fmt: skip


def test_a_workbook_without_a_table_is_still_a_stranger(tmp_path):
    book(tmp_path / "appunti.xlsx", {"Lista": [["x"]]})
    (tmp_path / "rotto.xlsx").write_bytes(b"no workbook")
    found, strangers = readers.locate(tmp_path)
    assert found == {} and [s.path.name for s in strangers] == ["appunti.xlsx", "rotto.xlsx"]


def test_an_empty_sheet_does_not_compete_but_two_filled_ones_do(tmp_path):
    folder = tmp_path / "nuova"
    template.new_study(folder)
    sheet = [HEAD, ["p1", "bisogni", "a", "b"]]
    book(folder / "kit.it.xlsx", {"Pratiche": sheet})
    study = open_study(str(folder))
    assert study.table("practices")["practice"].tolist() == ["p1"]
    book(folder / "kit.en.xlsx", {"Practices": sheet})
    with pytest.raises(StudyError, match=r"kit\.en\.xlsx"):
        open_study(str(folder)).table("practices")
