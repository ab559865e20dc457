"""Wrong cells of every kind, each reported with file, row, column, value and what is allowed; and all at once."""

from __future__ import annotations

import pytest

from analysis.errors import StudyError
from analysis.study import studies
from tests.study.conftest import ACTORS, EVENTS, PARTICIPATION, UNITS

E = "data/prova/events.csv"
SEMICOLONS = '\n[csv]\nseparator = ";"\ndecimal = ","\n'


def faults_of(make, settings="", **tables):
    make(settings, **tables)
    return [str(fault) for fault in studies.open_study("prova").check()]


BAD = [
    # case, tables, expected parts of the one fault
    ("missing column", {"events": EVENTS.replace("phase", "fase di lavoro")}, None),
    ("decimal comma where a point is declared", {"events": EVENTS.replace("2.5", '"2,5"')},
     [f"{E}, row 3, column hours", "“2,5” uses a comma as decimal mark", "a point, as study.toml declares", "Write 2.5"]),
    ("duplicated id", {"events": EVENTS.replace("e2", "e1"), "participation": PARTICIPATION.replace("e2", "e1").replace("u2", "u1").replace("e1,a1,u1,partecipante", "e1,a3,,partecipante")},
     [f"{E}, row 3, column event", "“e1” stands in row 2 already", "each event once"]),
    ("date outside the project's years", {"events": EVENTS.replace("2016-09-01", "2019-01-01")},
     [f"{E}, row 3, column date", "“2019-01-01” lies outside the project's years", "from 2016-01-01 to 2018-12-31"]),
    ("unknown actor", {"participation": PARTICIPATION.replace("e1,a2", "e1,a9")},
     ["data/prova/participation.csv, row 3, column actor", "“a9” is not in the table actors", "an identifier of actors"]),
    ("unknown actor, nearly right", {"events": EVENTS.replace(",a2,no", ",A2,no")}, [f"{E}, row 2, column facilitator", "“A2” is not in", "Perhaps “a2”?"]),
    ("unknown code", {"events": EVENTS.replace("needs", "ideazone")}, [f"{E}, row 2, column phase", "“ideazone” is not one of the codes", "ideation (ideation of new solutions)", "Perhaps “ideazione”?"]),
    ("not a date", {"events": EVENTS.replace("2016-09-01", "31/09/2016")}, [f"{E}, row 3, column date", "“31/09/2016” is not a date", "31/01/2016 (day, month, year)"]),
    ("American date", {"events": EVENTS.replace("2016-09-01", "09/25/2016")}, [f"{E}, row 3, column date", "“09/25/2016” is not a date"]),
    ("date without a century", {"events": EVENTS.replace("2016-09-01", "01/09/16")}, [f"{E}, row 3, column date", "“01/09/16” is not a date"]),
    ("empty required cell", {"events": EVENTS.replace("2016-09-01", "")}, [f"{E}, row 3, column date", "empty cell", "a value: the column is required"]),
    ("not a number", {"events": EVENTS.replace("2.5", "circa 2")}, [f"{E}, row 3, column hours", "“circa 2” is not a number"]),
    ("thousands mark", {"events": EVENTS.replace("2.5", "1.002.5")}, [f"{E}, row 3, column hours", "“1.002.5” has a thousands mark"]),
    ("not above zero", {"events": EVENTS.replace("2.5", "0")}, [f"{E}, row 3, column hours", "“0” is out of range", "greater than 0"]),
    ("not whole", {"participation": PARTICIPATION.replace(",2,6", ",2.5,6")}, ["data/prova/participation.csv, row 2, column persons", "“2.5” is not whole"]),
    ("below the minimum", {"participation": PARTICIPATION.replace(",2,6", ",-2,6")}, ["row 2, column persons", "“-2” is out of range", "at least 0"]),
    ("blank in an identifier", {"actors": ACTORS + "a 4,Delta,profit,,,,\n"}, ["data/prova/actors.csv, row 5, column actor", "“a 4” cannot serve as an identifier"]),
    ("unknown column", {"events": EVENTS.replace("mediated", "mediato da")}, [f"{E}, column mediato da", "unknown column “mediato da”", "mediated"]),
    ("column twice", {"events": EVENTS.replace("mediated", "Ore")}, [f"{E}, column Ore", "the column hours occurs twice"]),
    ("column without a header", {"events": EVENTS.replace("facilitator", "")}, [f"{E}, column 5", "column without a header"]),
    ("too many cells", {"events": EVENTS + "e3,2016-03-10,needs,3,a2,no,eh\n"}, [f"{E}, row 4", "7 cells", "6, as many as the header has"]),
    ("another separator", {"events": EVENTS.replace(",", ";")}, [f"{E}, row 1", "separated by semicolon", "comma, as study.toml declares"]),
    ("a unit of another body", {"participation": PARTICIPATION.replace("e2,a1,u2", "e2,a3,u2")}, ["row 4, column unit", "u2 belongs to a1", "the same actor as the row"]),
    ("self tie", {"ties": "semester,from,to,level\n1,a1,a1,3\n"}, ["data/prova/ties.csv, row 2, column from + to", "“a1” stands in both from and to"]),
    ("semester beyond the last", {"ties": "semester,from,to,level\n7,a1,a2,3\n"}, ["row 2, column semester", "“7” is out of range", "from 1 to 6"]),
    ("key of several fields", {"ties": "semester,from,to,level\n1,a1,a2,3\n1,a1,a2,2\n"}, ["row 3, column semester + from + to", "“1 · a1 · a2” stands in row 2 already"]),
    ("neither amount nor hours", {"money": "entry,date,source,kind,status,amount,hours\nm1,2016-05-01,Alfa,cash,received,,\n"}, ["data/prova/money.csv, row 2, column amount + hours", "at least one of amount or hours"]),
    ("another currency", {"money": "entry,date,source,kind,status,amount,currency\nm1,2016-05-01,Alfa,denaro,incassato,10,USD\n"}, ["column currency", "“USD” is not one of the codes", "EUR"]),
    ("end before start", {"campaigns": "campaign,name,start,end,cost,raised\nc1,Festa,2016-05-02,2016-05-01,1,2\n"}, ["row 2, column end", "2016-05-01 comes before 2016-05-02", "end not before start"]),
    ("one number below another", {"outcome_values": "outcome,name_it,name_en,quantity,proxy,proxy_low,deadweight,displacement,attribution,drop_off,years,source\no1,x,y,3,10,12.5,0,0,0,0,1,z\n"}, ["data/prova/outcome_values.csv, row 2, column proxy", "10 is less than 12.5", "proxy ≥ proxy_low"]),
    ("reference to a table that is not there", {"costs": "cost,date,service,category,amount\nk1,2016-05-01,s1,staff,10\n"}, ["data/prova/costs.csv, column service", "the table services, which is missing"]),
    ("one of several references", {"services": "service,name_it,name_en,partners\ns1,x,y,a1; a7\n"}, ["data/prova/services.csv, row 2, column partners", "“a7” is not in the table actors"]),
    ("file of no table", {"evnts": EVENTS}, ["data/prova/evnts.csv", "“evnts” is not the name of a table", "Perhaps “events”?"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("tables", "expected"), [case[1:] for case in BAD if case[2]], ids=[case[0] for case in BAD if case[2]]
)
def test_one_wrong_thing_is_reported_where_it_is(make, tables, expected):
    faults = faults_of(make, **tables)
    assert len(faults) == 1, faults
    for part in expected:
        assert part in faults[0]


def test_a_missing_column_is_named_with_its_label(make):
    faults = faults_of(make, events=EVENTS.replace("phase", "fase di lavoro"))
    assert any("the column phase (phase) is missing" in fault and fault.startswith(E) for fault in faults)
    assert any("unknown column “fase di lavoro”" in fault for fault in faults)


def test_all_faults_of_all_tables_come_at_once(make):
    events = 'event,date,hours,facilitator\ne1,2016-03-10,"3,5",a2\ne1,2015-09-01,2,a7\n'
    make(events=events, participation=None)
    study = studies.open_study("prova")
    faults = [str(fault) for fault in study.check()]
    for part in (
        "the column phase",
        "row 2, column hours: “3,5” uses a comma",
        "row 3, column event: “e1” stands in row 2 already",
        "row 3, column date: “2015-09-01” lies outside",
        "row 3, column facilitator: “a7” is not in the table actors",
    ):
        assert sum(part in fault for fault in faults) == 1, (part, faults)
    with pytest.raises(StudyError) as raised:
        study.table("events")
    assert len(raised.value.faults) == len(faults) == 5


def test_faults_are_said_in_italian(make, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "it")
    faults = faults_of(make, events=EVENTS.replace("2.5", '"2,5"').replace("needs", "bisogno"))
    assert any(
        fault.startswith(
            f"{E}, riga 3, colonna hours: «2,5» usa la virgola come segno decimale; ammesso: il punto, come dichiara study.toml"
        )
        for fault in faults
    )
    assert any(
        "«bisogno» non è fra i codici; ammesso: needs (emersione dei bisogni)" in fault
        and "Forse «bisogni»?" in fault
        for fault in faults
    )


def test_semicolons_and_decimal_commas_are_read_when_declared(make):
    tables = {
        name: text.replace(",", ";").replace("2.5", "2,5")
        for name, text in (
            ("actors", ACTORS),
            ("units", UNITS),
            ("events", EVENTS),
            ("participation", PARTICIPATION),
        )
    }
    make(SEMICOLONS, **tables)
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.table("events")["hours"].tolist() == [3.0, 2.5]


def test_a_point_is_no_number_where_a_comma_is_declared(make):
    tables = {
        name: text.replace(",", ";")
        for name, text in (
            ("actors", ACTORS),
            ("units", UNITS),
            ("events", EVENTS),
            ("participation", PARTICIPATION),
        )
    }
    faults = faults_of(make, SEMICOLONS, **tables)
    assert len(faults) == 2
    assert all("“2.5” uses a point as decimal mark; allowed: a comma" in fault for fault in faults)


def test_excel_saves_with_a_mark_of_order_and_windows_line_ends(make):
    folder = make()
    (folder / "events.csv").write_bytes(b"\xef\xbb\xbf" + EVENTS.replace("\n", "\r\n").encode())
    assert studies.open_study("prova").check() == []


def test_a_file_in_another_encoding_is_refused_with_advice(make):
    folder = make()
    (folder / "actors.csv").write_bytes((ACTORS + "a4,Società,profit,,,,\n").encode("cp1252"))
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert any(
        fault.startswith("data/prova/actors.csv: the file is not written in UTF-8") for fault in faults
    )


def test_empty_cells_and_columns_that_a_spreadsheet_leaves_at_the_right_are_no_fault(make):
    assert faults_of(make, events=EVENTS.replace("\n", ",,\n")) == []
    assert faults_of(make, events=EVENTS.replace(",no\n", ",no,,\n")) == []


def test_two_files_of_one_table_are_a_fault(make):
    folder = make()
    (folder / "incontri.csv").write_text(EVENTS, encoding="utf-8")
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert len(faults) == 1
    assert "the table events stands in two places" in faults[0]
    assert "data/prova/events.csv + data/prova/incontri.csv" in faults[0]


def test_row_numbers_count_blank_rows_and_quoted_line_breaks_as_a_spreadsheet_does(make):
    events = (
        'event,date,phase,title,hours\ne1,2016-03-10,needs,"due\nrighe",3\n,,,,\ne2,2016-03-11,needs,x,no\n'
    )
    faults = faults_of(make, events=events)
    assert len(faults) == 1
    assert "row 4, column hours: “no” is not a number" in faults[0]


def test_faults_of_one_column_are_listed_up_to_a_limit_and_then_counted(make):
    rows = "".join(f"x{i},2016-03-10,needs,no\n" for i in range(200))
    faults = faults_of(make, events="event,date,phase,hours\n" + rows, participation=None)
    assert len(faults) == 51
    assert "150 more cells with the same fault" in faults[-1]


def test_reading_never_writes(make):
    folder = make()
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    studies.open_study("prova").check()
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before
