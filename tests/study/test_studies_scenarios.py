"""A study's scenarios.toml: present in the list of what the study has, handed on as parsed, never read undeclared."""

import json
from pathlib import Path

import pytest

from analysis.errors import StudyError
from analysis.study import studies

STUDY = """
id = "trial"
edition = 2026-01-15
provenance = "simulated"
start = 2016-01-01
end = 2018-12-31
title = { it = "prova", en = "trial" }
place = { it = "luogo", en = "place" }
licence = "CC BY 4.0"
citation = { it = "prova", en = "trial" }
source = { it = "prova", en = "trial" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "study.toml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def test_a_study_without_the_file_has_no_scenarios(folder):
    study = studies.open_study(folder)
    assert not study.has("scenarios")
    assert study.scenarios == {}
    assert study.files("scenarios") == []


def test_the_file_is_listed_and_handed_on_as_parsed(folder):
    (folder / "scenarios.toml").write_text("target = 100\n", encoding="utf-8")
    study = studies.open_study(folder)
    assert study.has("scenarios")
    assert "scenarios" in study.context()["tables"]
    assert study.scenarios == {"target": 100}
    assert [path.name for path in study.files("scenarios")] == ["scenarios.toml"]
    assert study.check(draft=True) == []


def test_reading_it_undeclared_is_refused(folder, monkeypatch):
    (folder / "scenarios.toml").write_text("target = 100\n", encoding="utf-8")
    monkeypatch.setenv("ALTRO_DECLARED", json.dumps(["actors"]))
    with pytest.raises(StudyError, match="scenarios"):
        studies.open_study(folder).scenarios  # noqa: B018
