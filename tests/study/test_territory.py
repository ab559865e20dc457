"""Which territory a study uses: the national one or its own."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.study import studies
from analysis.study.contracts import contracts

OWN = "code,name,province,region,lon,lat,f_00_02\nX1,Invento,Nessuna,Nulla,-30.5,40.1,12\n"


@pytest.fixture
def national(project):
    folder = project / "data" / "territory"
    folder.mkdir(parents=True)
    row = {name: [1.0] for name in contracts().tables["territory"].fields} | {
        "code": ["15146"],
        "name": ["Milano"],
        "province": ["MI"],
        "region": ["Lombardia"],
    }
    pd.DataFrame(row).to_parquet(folder / "municipalities.parquet")
    return folder / "municipalities.parquet"


def test_the_national_territory_is_read_with_codes_of_six_digits(make, national):
    make('[territory]\nsource = "national"\npilot = "015146"\n')
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.has("territory") and "territory" not in study.tables
    assert study.territory()["code"].tolist() == ["015146"]
    assert study.files("territory") == [national]
    assert study.settings.pilot == "015146"


def test_a_study_s_own_territory_is_used_when_it_says_so(make, national):
    folder = make('[territory]\nsource = "own"\n', territory=OWN)
    study = studies.open_study("prova")
    assert study.check() == []
    assert study.territory()["f_00_02"].tolist() == [12]
    assert study.files("territory") == [folder.resolve() / "territory.csv"]


def test_an_own_territory_that_is_not_there_is_a_fault(make):
    make('[territory]\nsource = "own"\n')
    study = studies.open_study("prova")
    assert ["the table territory is missing" in str(fault) for fault in study.check()] == [True]
    with pytest.raises(StudyError):
        study.territory()


def test_without_the_national_file_there_is_no_territory(make):
    make('[territory]\nsource = "national"\n')
    study = studies.open_study("prova")
    assert not study.has("territory")
    with pytest.raises(StudyError, match=r"municipalities\.parquet: the file is missing"):
        study.territory()


def test_outlines_come_with_the_national_territory_alone(make, national):
    rings = {"province_code": ["015"], "province": ["Milano"], "region": ["Lombardia"], "ring": [1], "lon": [9.1], "lat": [45.4]}  # fmt: skip
    path = national.parent / "outlines.parquet"
    make('[territory]\nsource = "national"\n')
    assert studies.open_study("prova").outlines().empty
    pd.DataFrame(rings).to_parquet(path)
    study = studies.open_study("prova")
    assert study.outlines()["province"].tolist() == ["Milano"]
    assert study.files("territory") == [national, path]
    pd.DataFrame(rings).drop(columns="ring").to_parquet(path)
    with pytest.raises(StudyError, match="columns ring are missing"):
        study.outlines()


def test_a_study_with_its_own_territory_has_no_outlines(make, national):
    make('[territory]\nsource = "own"\n', territory=OWN)
    pd.DataFrame({"province": ["Nessuna"]}).to_parquet(national.parent / "outlines.parquet")
    outlines = studies.open_study("prova").outlines()
    assert outlines.empty and list(outlines) == [
        "province_code",
        "province",
        "region",
        "ring",
        "lon",
        "lat",
    ]
