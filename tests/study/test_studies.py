"""A sound study opened, read, asked about itself."""

from __future__ import annotations

import json
import subprocess
import sys

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.study import studies


def test_a_sound_study_has_no_faults_and_typed_tables(make):
    make()
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.tables == ("actors", "events", "participation", "units")
    assert study.has("events") and not study.has("ties")
    actors = study.table("actors")
    assert actors["type"].tolist() == ["profit", "nonprofit", "public"]
    assert actors["role"].tolist() == ["company", "partner", "strategic-partner"]
    assert actors["joined"].dtype == "datetime64[us]"
    assert actors["joined"].iloc[1] == pd.Timestamp("2016-03-01")
    assert actors["source"].isna().all()
    part = study.table("participation")
    assert part["persons"].dtype == "int64"
    assert part["unit"].isna().tolist() == [False, True, False]
    assert study.table("units")["function"].tolist() == ["hr", "sales"]


def test_a_table_handed_out_is_a_copy(make):
    make()
    study = studies.open_study("prova")
    first = study.table("actors")
    first.loc[:, "name"] = "x"
    assert study.table("actors")["name"].tolist() == ["Alfa", "Beta", "Gamma"]


@pytest.mark.parametrize(
    "written", ["prova", "data/prova", "data\\prova", ".\\data\\prova\\", "data/prova/", '"data\\prova"']
)
def test_a_study_is_found_by_name_or_by_path_of_either_slash(make, project, monkeypatch, written):
    make()
    monkeypatch.chdir(project / "notebooks")
    assert studies.open_study(written).id == "prova"


def test_an_unknown_study_is_refused_with_the_nearest(make):
    make()
    with pytest.raises(StudyError, match="Perhaps “prova”"):
        studies.open_study("porva")


def test_context_is_json_and_complete(make):
    make()
    context = studies.open_study("prova").context()
    json.dumps(context)
    assert context["label"]["en"] == "Demonstration study, simulated data"
    assert context["edition"] == "2026-01-15"
    assert context["tables"] == ["actors", "events", "participation", "units"]
    assert context["disclosure"] == {"threshold": 5, "confidential_organisations": False}
    assert context["labels"]["phase"]["needs"] == {"it": "emersione dei bisogni", "en": "surfacing of needs"}
    assert list(context["labels"]["phase"]) == ["needs", "aggregation", "ideation", "experimentation"]
    bodies = context["organisations"]
    assert bodies["a2"]["publish"] == "code" and bodies["a3"]["publish"] == "yes"
    assert [bodies[a]["consent"] for a in ("a1", "a2", "a3")] == [True, False, False]
    assert sorted(body["code"] for body in bodies.values()) == ["A1", "A2", "A3"]


def test_bodies_of_a_collected_study_are_named_by_code_unless_they_say_otherwise(make):
    make(replace={'"simulated"': '"collected"'})
    study = studies.open_study("prova")
    assert study.context()["organisations"]["a3"]["publish"] == "code"
    assert study.context()["label"] is None


def test_a_table_not_declared_by_the_notebook_is_refused(make, monkeypatch):
    make()
    monkeypatch.setenv("ALTRO_DECLARED", '["actors"]')
    study = studies.open_study("prova")
    assert len(study.table("actors")) == 3
    with pytest.raises(
        StudyError, match=r"reads the table events without declaring it.*\[needs\]|\[needs\].*events"
    ):
        study.table("events")
    with pytest.raises(StudyError, match="survey"):
        study.survey()
    assert study.context()["organisations"]


def test_semesters_are_half_years_unless_declared(make):
    make()
    study = studies.open_study("prova")
    assert len(study.settings.semesters) == 6
    dates = pd.Series(pd.to_datetime(["2016-01-01", "2016-06-30", "2016-07-01", "2018-12-31"]))
    assert study.semester(dates).tolist() == [1, 1, 2, 6]
    assert study.semester(dates).dtype == "int64"
    assert study.semester(pd.Series(pd.to_datetime(["2019-01-01", None]))).isna().all()


def test_a_header_without_rows_counts_as_absent(make):
    make(ties="semester,from,to,level\n,,,\n")
    study = studies.open_study("prova")
    assert not study.has("ties")
    assert study.check() == []


def test_files_name_what_holds_a_table(make):
    folder = make()
    study = studies.open_study("prova")
    assert study.files("events") == [folder.resolve() / "events.csv"]
    assert study.files("ties") == []


def test_an_unknown_table_name_is_refused_with_the_nearest(make):
    make()
    study = studies.open_study("prova")
    with pytest.raises(StudyError, match="Perhaps “events”"):
        study.has("event")
    with pytest.raises(StudyError, match="has no table ties"):
        study.table("ties")


def test_listing_studies_and_their_tables_loads_no_pandas(make, project):
    make()
    code = "import sys; from analysis.study import studies; [studies.open_study(s).tables for s in studies.present()]; sys.exit('pandas' in sys.modules)"
    assert studies.present() == ["prova"]
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
