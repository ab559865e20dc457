"""A small sound study in a temporary folder, which tests then spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

SETTINGS = """
id = "prova"
edition = 2026-01-15
provenance = "simulated"
start = 2016-01-01
end = 2018-12-31
title = { it = "Studio di prova", en = "A study for tests" }
place = { it = "Città inventata", en = "Invented city" }
licence = "CC BY 4.0"
citation = { it = "Studio di prova (2026)", en = "A study for tests (2026)" }
source = { it = "Fonte: studio di prova", en = "Source: a study for tests" }

[[authors]]
name = "Ada Prova"
"""

ACTORS = """actor,name,type,role,joined,publish_name,consent_ratings
a1,Alfa,profit,company,2016-02-01,yes,yes
a2,Beta,ente del Terzo settore,partner,01/03/2016,code,no
a3,Gamma,Comune,strategic partner,,,
"""

UNITS = """unit,actor,name,function,csr_or_hr
u1,a1,Risorse umane,hr,sì
u2,a1,Vendite,vendite,no
"""

EVENTS = """event,date,phase,hours,facilitator,mediated
e1,2016-03-10,needs,3,a2,no
e2,2016-09-01,Ideazione,2.5,,sì
"""

PARTICIPATION = """event,actor,unit,role,persons,hours
e1,a1,u1,participant,2,6
e1,a2,,host,1,3
e2,a1,u2,partecipante,1,2.5
"""

TABLES = {"actors": ACTORS, "units": UNITS, "events": EVENTS, "participation": PARTICIPATION}


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTRO_LANG", "en")
    monkeypatch.delenv("ALTRO_DATA_HOME", raising=False)
    monkeypatch.delenv("ALTRO_DECLARED", raising=False)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project root with empty data/ and notebooks/."""
    for name in ("data", "notebooks"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("ALTRO_ROOT", str(tmp_path))
    return tmp_path


@pytest.fixture
def make(project: Path) -> Callable[..., Path]:
    """Write data/prova with the sound tables, some replaced (or, with None, left out), and other settings appended or replaced."""

    def write(settings: str = "", replace: dict[str, str] | None = None, **tables: str | None) -> Path:
        folder = project / "data" / "prova"
        folder.mkdir(exist_ok=True)
        text = SETTINGS
        for old, new in (replace or {}).items():
            assert old in text
            text = text.replace(old, new)
        (folder / "study.toml").write_text(text + settings, encoding="utf-8")
        for name, content in (TABLES | tables).items():
            if content is not None:
                (folder / f"{name}.csv").write_text(content, encoding="utf-8", newline="")
        return folder

    return write
