"""Workbooks as people keep them, Parquet, and the cells that each format stores."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest
from openpyxl import Workbook

from analysis.study import studies


def write(path, sheets):
    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)


ACTORS = [
    ["Attore", "NOME", "tipo", "data di adesione", "Come compare"],
    ["a1", "Alfa", "azienda", dt.datetime(2016, 2, 1), "sì"],
    [None, None, None, None, None],
    ["a2", "Beta", "Ente del terzo settore", "01/03/2016", "codice"],
    ["a3", "Comune", "ente pubblico", None, None],
]
EVENTS = [
    ["event", "date", "fase", "hours", "mediated"],
    ["incontro", "data *", "fase *", "ore *", "con mediazione"],
    ["e1", dt.date(2016, 3, 10), "emersione dei bisogni", 3, True],
    ["e2", dt.date(2016, 9, 1), "coprogettazione", 2.5, "no"],
]


@pytest.fixture
def bare(make):
    def prepare(settings=""):
        return make(settings, actors=None, units=None, events=None, participation=None)

    return prepare


@pytest.mark.parametrize("name", ["tables.xlsx", "tabelle.xlsx", "Tabelle.xlsx"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_one_workbook_with_italian_headers_sheets_and_synonyms(bare, name, decimal):
    folder = bare('[csv]\nseparator = ";"\ndecimal = "' + decimal + '"\n')
    write(
        folder / name,
        {
            "Leggimi": [["da leggere"]],
            "Attori": ACTORS,
            "incontri": EVENTS,
            "ties": [["semester", "from", "to", "level"]],
        },
    )
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.tables == ("actors", "events")
    actors, events = study.table("actors"), study.table("events")
    assert actors["type"].tolist() == ["profit", "nonprofit", "public"]
    assert actors["publish_name"].tolist()[:2] == ["yes", "code"]
    assert actors["joined"].tolist()[:2] == [pd.Timestamp("2016-02-01"), pd.Timestamp("2016-03-01")]
    assert events["phase"].tolist() == ["needs", "ideation"]
    assert events["hours"].tolist() == [3.0, 2.5]
    assert events["mediated"].tolist() == ["yes", "no"]
    assert study.files("actors") == study.files("events") == [(folder / name).resolve()]


def test_one_workbook_a_table_and_faults_with_sheet_row_and_header_as_written(bare):
    folder = bare()
    write(folder / "tabelle.xlsx", {"attori": [*ACTORS, ["a3", "Delta", "aziendale", 42370, None]]})
    write(
        folder / "incontri.xlsx",
        {"Foglio1": [*EVENTS, ["e3", dt.datetime(2016, 5, 1, 10, 30), "ideazione", "2,5", None]]},
    )
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    wanted = [
        "data/prova/tabelle.xlsx, sheet attori, row 6, column Attore: “a3” stands in row 5 already",
        "data/prova/tabelle.xlsx, sheet attori, row 6, column tipo: “aziendale” is not one of the codes",
        "data/prova/tabelle.xlsx, sheet attori, row 6, column data di adesione: “42370” is not a date",
        "data/prova/incontri.xlsx, row 5, column date: “2016-05-01 10:30:00” is not a date",
        "data/prova/incontri.xlsx, row 5, column hours: “2,5” uses a comma as decimal mark",
    ]
    assert len(faults) == len(wanted)
    for part in wanted:
        assert sum(part in fault for fault in faults) == 1, (part, faults)
    assert any("In Excel: cell format “Date”" in fault for fault in faults)


def test_a_table_in_a_sheet_and_in_a_file_is_a_fault(bare):
    folder = bare()
    write(folder / "tables.xlsx", {"actors": ACTORS})
    write(folder / "actors.xlsx", {"x": ACTORS})
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert len(faults) == 1
    assert "data/prova/actors.xlsx + data/prova/tables.xlsx, sheet actors" in faults[0]


def test_a_sheet_of_no_table_is_named(bare):
    folder = bare()
    write(folder / "tables.xlsx", {"actors": ACTORS, "evnti": EVENTS})
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert len(faults) == 1
    assert faults[0].startswith("data/prova/tables.xlsx, sheet evnti: “evnti” is not the name of a table")


def test_a_file_that_is_no_workbook_is_refused_with_advice(bare):
    folder = bare()
    (folder / "actors.xlsx").write_text("actor,name\n", encoding="utf-8")
    (folder / "events.xls").write_bytes(b"\xd0\xcf")
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert any("data/prova/actors.xlsx: the file cannot be read as XLSX" in fault for fault in faults)
    assert any(
        "data/prova/events.xls: file format not read; allowed: CSV, XLSX, Parquet" in fault
        for fault in faults
    )


def test_parquet_keeps_its_types(bare):
    folder = bare()
    actors = pd.DataFrame(
        {
            "actor": ["a1", "a2"],
            "name": ["x", "y"],
            "type": ["profit", None],
            "joined": pd.to_datetime(["2016-01-01", None]),
            "consent_ratings": [True, False],
        }
    )
    actors.to_parquet(folder / "actors.parquet")
    pd.DataFrame(
        {"semester": [1, 9], "from": ["a1", "a2"], "to": ["a2", "a1"], "level": [3, 2], "trust": [3.5, None]}
    ).to_parquet(folder / "ties.parquet")
    study = studies.open_study("prova")
    faults = [str(fault) for fault in study.check()]
    assert len(faults) == 2
    assert any("data/prova/actors.parquet, row 3, column type: empty cell" in fault for fault in faults)
    assert any(
        "data/prova/ties.parquet, row 3, column semester: “9” is out of range; allowed: from 1 to 6" in fault
        for fault in faults
    )
    actors["type"] = "profit"
    actors.to_parquet(folder / "actors.parquet")
    assert studies.open_study("prova").table("actors")["consent_ratings"].tolist() == ["yes", "no"]
