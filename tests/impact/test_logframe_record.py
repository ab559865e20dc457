"""What the logical framework publishes passes the door with its words alone, and a value that tells of few persons does not get out."""

import json
import tomllib
from pathlib import Path

import pytest

from analysis.evidence.record import Record
from analysis.impact import assessment, indicators, plots_logframe, plots_theory
from analysis.impact.monitoring import monitoring
from analysis.study.studies import open_study
from tests.impact import logframe as given
from tests.impact.test_schedule import SEMESTERS

PLAN = [
    given.indicator("a", unit="persone"),
    given.indicator("b", unit="punti", baseline=3.7, target=3.3, direction="decrease"),
    given.indicator("c", unit="quota", baseline=None, target=0.8),
    given.indicator("d"),
]
VALUES = [
    ("a", "2016-06-30", 3),  # three persons
    ("a", "2016-12-31", 40),
    ("b", "2016-12-31", 3.5, 4),  # the mean of four
    ("c", "2016-12-31", 0.95, 60),  # three of sixty without the trait
    ("d", "2016-12-31", 3),  # three services
]


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("ALTRO_RUN", str(tmp_path))
    words = tomllib.loads(Path(__file__).with_name("logframe_words.toml").read_text(encoding="utf-8"))
    return Record(open_study("demo").context(), "impact", words), tmp_path


def written(record):
    ev, folder = record
    ev.close()
    return json.loads((folder / "evidence.json").read_text(encoding="utf-8"))


def sheet(semester=2):
    return monitoring(given.logframe(), given.indicators(*PLAN), given.outcomes(*VALUES), SEMESTERS, semester)


def test_values_that_tell_of_few_persons_stay_inside(record):
    found = sheet()
    record[0].table("tbl-progress", found.progress.table())
    record[0].table("tbl-values", found.schedule.values())
    record[0].worksheet("wks-monitoring", found.sheets())
    held = written(record)
    hidden = {key: {tuple(cell) for cell in table["suppressed"]} for key, table in held["tables"].items()}
    order = [row["indicator"]["it"][-1] for row in held["tables"]["tbl-progress"]["rows"]]
    assert order == ["a", "b", "c", "d"]
    assert hidden["tbl-progress"] == {(1, "value"), (1, "n"), (1, "progress"), (2, "value")}
    assert hidden["tbl-values"] == {(0, "s1"), (1, "s2"), (2, "s2")}
    assert {tuple(cell) for cell in held["worksheets"]["wks-monitoring"]["tables"]["scores"]["suppressed"]} == {
        (0, "value"), (0, "progress"), (1, "value"),
    }  # fmt: skip


@pytest.mark.slow
def test_every_table_and_figure_has_its_words_and_specification(record):
    ev, found = record[0], sheet()
    tables = {
        "tbl-progress": found.progress.table(True), "tbl-detail": found.progress.detail(), "tbl-flags": found.progress.flags_table(),
        "tbl-criteria": found.progress.criteria(), "tbl-levels": found.progress.levels(),
        "tbl-definitions": indicators.definitions_table(found.progress.rows), "tbl-values": found.schedule.values(),
        "tbl-statuses": found.schedule.statuses(), "tbl-missing": found.schedule.missing(), "tbl-semesters": found.schedule.table(),
        "tbl-theory": found.theory.table(), "tbl-problems": found.theory.problems_table(),
        "tbl-assessment": assessment.assess(*SEMESTERS[0], territory="city").table(),
    }  # fmt: skip
    for key, table in tables.items():
        ev.table(key, table)
    ev.figure("fig-progress", found.progress.chart(), plots_logframe.progress)
    ev.figure("fig-series", found.schedule.series(), plots_logframe.series)
    ev.figure("fig-criteria", found.progress.criteria(), plots_logframe.criteria)
    ev.figure("fig-theory", found.theory.tables(), plots_theory.theory)
    held = written(record)
    assert len(held["tables"]) == len(tables) and len(held["figures"]) == 4
