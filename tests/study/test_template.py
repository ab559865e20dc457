"""`altro new`: what it writes is read back untouched, and holds no record of a survey file."""

from __future__ import annotations

import datetime as dt
import tomllib

import pytest
from openpyxl import Workbook, load_workbook

from analysis.errors import StudyError
from analysis.study import studies, template
from analysis.study.contracts import contracts
from analysis.study.draft import guess_dialect

TODAY = dt.date(2026, 3, 2)


def answers(separator=";", decimal=","):
    """Forty people; the age of one (77777) and the comments stand for what must never be copied."""
    lines = [
        separator.join(
            ("ID", "Età", "Genere", "Soddisfazione", "Ha figli?", "Peso", "Commento", "Regione", "Data")
        )
    ]
    for i in range(40):
        cells = (f"p{i:03d}", "77777" if i == 7 else str(20 + i), ("Donna", "Uomo")[i % 2], "99" if i % 10 == 0 else str(i % 5 + 1), ("Sì", "no")[i % 2],
                 f"1{decimal}{i:02d}", f"segreto {i}", str((3, 7, 12, 15)[i % 4]), f"{i % 28 + 1:02d}/03/2016")  # fmt: skip
        lines.append(separator.join(cells))
    return "\n".join(lines) + "\n"


def test_a_new_study_opens_and_says_what_an_edition_still_needs(project):
    folder = project / "Città di Prova"
    paths = template.new_study(folder, today=TODAY)
    assert sorted(path.relative_to(folder).as_posix() for path in paths) == [
        "privacy.toml",
        "study.toml",
        "tables.xlsx",
        "texts/LEGGIMI.md",
    ]
    study = studies.open_study(folder)
    assert study.id == "citta-di-prova"
    assert study.tables == ()
    assert study.check(draft=True) == []
    pending = [str(fault) for fault in study.check()]
    assert pending and all(
        any(word in fault for word in ("to be filled in", "is empty", "is missing", "impact assessment"))
        for fault in pending
    )
    assert study.context()["tables"] == []


def test_the_study_file_explains_itself_in_italian_first(project):
    template.new_study(project / "nuovo", today=TODAY)
    text = (project / "nuovo" / "study.toml").read_text(encoding="utf-8")
    assert text.startswith("# Lo studio: che cosa è")
    assert tomllib.loads(text)["end"] == dt.date(2028, 12, 31)


def test_the_workbook_has_a_sheet_a_table_labels_and_drop_down_codes(project):
    template.new_study(project / "nuovo", today=TODAY)
    book = load_workbook(project / "nuovo" / "tables.xlsx")
    assert book.sheetnames == ["Leggimi", *contracts().tables, "codici"]
    assert book["codici"].sheet_state == "hidden"
    for name, table in contracts().tables.items():
        sheet = book[name]
        assert [cell.value for cell in sheet[1]] == list(table.fields)
        assert [cell.value.rstrip(" *") for cell in sheet[2]] == [
            field.label["it"] for field in table.fields.values()
        ]
        assert sheet.freeze_panes == "A3"
        coded = [field for field in table.fields.values() if field.codes]
        assert len(sheet.data_validations.dataValidation) == len(coded)
    validation = book["actors"].data_validations.dataValidation[0]
    column = validation.formula1.split("$")[1]
    offered = [cell.value for cell in book["codici"][column] if cell.value][1:]
    assert offered == [code.label["it"] for code in contracts().enumerations["actor_type"]]


def test_the_workbook_filled_in_is_read_from_its_third_row(project):
    folder = project / "nuovo"
    template.new_study(folder, today=TODAY)
    book = load_workbook(folder / "tables.xlsx")
    for row in (["a1", "Alfa", "impresa"], ["a2", "Beta", "ente del Terzo settore"]):
        sheet = book["actors"]
        number = 3 if row[0] == "a1" else 4
        for column, value in enumerate(row, start=1):
            sheet.cell(number, column, value)
    events = book["events"]
    for column, value in enumerate(["e1", dt.date(2027, 1, 5), "sperimentazione", None, None, 2], start=1):
        events.cell(3, column, value)
    events.cell(4, 1, "e1")
    book.save(folder / "tables.xlsx")
    study = studies.open_study(folder)
    assert study.tables == ("actors", "events")
    assert study.table("actors")["type"].tolist() == ["profit", "nonprofit"]
    faults = [str(fault) for fault in study.check(draft=True)]
    assert len(faults) == 4
    assert all(
        fault.startswith("nuovo/tables.xlsx, sheet events, row 4") or "nuovo" in fault for fault in faults
    )


def test_the_workbook_has_the_same_bytes_each_time():
    assert template.workbook() == template.workbook()


def test_a_folder_that_holds_something_is_left_alone(project):
    folder = project / "pieno"
    folder.mkdir()
    (folder / "appunti.txt").write_text("x", encoding="utf-8")
    with pytest.raises(StudyError, match="the folder is not empty"):
        template.new_study(folder)
    assert [path.name for path in folder.iterdir()] == ["appunti.txt"]


@pytest.mark.parametrize(("separator", "decimal"), [(";", ","), (",", "."), ("\t", ",")])
def test_a_survey_file_gives_a_draft_codebook_that_reads_it_without_faults(project, separator, decimal):
    source = project / "risposte.csv"
    source.write_text(answers(separator, decimal), encoding="utf-8")
    assert guess_dialect(source).decimal == decimal
    folder = project / "nuovo"
    template.new_study(folder, source, today=TODAY)
    study = studies.open_study(folder)
    assert study.check(draft=True) == []
    assert (folder / "survey" / "wave1.csv").read_bytes() == source.read_bytes()
    frame = study.survey(1).frame
    assert frame["genere"].value_counts().to_dict() == {"Donna": 20, "Uomo": 20}
    assert frame["ha_figli"].tolist()[:2] == ["yes", "no"]
    assert frame["peso"].iloc[3] == 1.03
    variables = study.codebook.variables
    assert variables["id"].role == "identifier" and study.codebook.waves[1].key == ("id",)
    assert variables["eta"].role == "quasi-identifier" and variables["peso"].role == "weight"
    assert variables["regione"].codes == ("3", "7", "12", "15")
    assert variables["data"].type == "date"


def test_a_draft_codebook_copies_no_record_and_points_at_doubtful_codes(project):
    source = project / "risposte.csv"
    source.write_text(answers(), encoding="utf-8")
    template.new_study(project / "nuovo", source, today=TODAY)
    text = (project / "nuovo" / "survey" / "codebook.toml").read_text(encoding="utf-8")
    for secret in ("77777", "segreto", "p00", "1,0", "/2016"):
        assert secret not in text
    assert '# missing = { "99" = { it = "non risponde", en = "does not answer" } }' in text
    assert "# 99: forse mancate risposte?" in text


def test_a_small_file_gives_no_codes_away(project):
    source = project / "risposte.csv"
    source.write_text("nome,citta,voto\nAnna,Lodi,3\nBea,Monza,4\nCarlo,Como,5\n", encoding="utf-8")
    template.new_study(project / "nuovo", source, today=TODAY)
    text = (project / "nuovo" / "survey" / "codebook.toml").read_text(encoding="utf-8")
    assert not any(value in text for value in ("Anna", "Lodi", "Monza", "= 3", "= 5"))
    assert studies.open_study(project / "nuovo").check(draft=True) == []


def test_a_survey_workbook_is_accepted(project):
    book = Workbook()
    for row in (line.split(";") for line in answers().splitlines()):
        book.active.append(row)
    book.save(project / "risposte.xlsx")
    template.new_study(project / "nuovo", project / "risposte.xlsx", today=TODAY)
    assert (project / "nuovo" / "survey" / "wave1.xlsx").exists()
    assert len(studies.open_study(project / "nuovo").survey(1).frame) == 40


def test_a_survey_file_that_cannot_be_read_leaves_nothing_behind(project):
    (project / "risposte.csv").write_bytes("id;città\n1;Forlì\n".encode("cp1252"))
    for name in ("risposte.csv", "manca.csv"):
        with pytest.raises(StudyError):
            template.new_study(project / "nuovo", project / name)
    assert not (project / "nuovo").exists()


def test_the_usual_marks_of_an_empty_cell_are_declared_as_such(project):
    source = project / "risposte.csv"
    source.write_text(
        "codice,q1,q2\n"
        + "".join(f"c{i},{i % 3 + 1 if i % 7 else 'NA'},{i * 1.5 if i % 5 else '.'}\n" for i in range(30)),
        encoding="utf-8",
    )
    template.new_study(project / "nuovo", source, today=TODAY)
    study = studies.open_study(project / "nuovo")
    assert study.codebook.waves[1].empty == ("NA", ".")
    assert study.codebook.waves[1].key == ("codice",)
    assert (study.codebook.variables["q1"].type, study.codebook.variables["q2"].type) == ("integer", "number")
    assert study.check(draft=True) == []
    assert study.survey(1).frame["q1"].isna().sum() == 5
