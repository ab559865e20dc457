"""Which inputs have changed since an edition was published, and whether the lock is what is installed."""

import pytest

from analysis.batch import keys, provenance
from analysis.errors import RunError

pytestmark = pytest.mark.usefixtures("english")

LOCK = """# made by a program
numpy==2.4.6 \\
    --hash=sha256:00 \\
    --hash=sha256:11
    # via pandas
old-thing==1.0 ; python_full_version < '3.0'
Pytest.Plugin==3.0
babel==2.17.0 ; python_full_version >= '3.0' \\
    --hash=sha256:22
"""
PROJECT = """[project]
requires-python = ">=3.11"
dependencies = ["numpy>=2", "pandas[fast]>=3; python_version >= '3.11'", "gone; python_version < '3'"]
"""
REQUIRES = {"pandas": ["Babel>=2", "pytest-plugin ; extra == 'test'", "swift ; extra == 'fast'"]}
HERE = {"python": "3.11.7", "platform": "Linux x86_64", "requires": REQUIRES}
MADE = {"python": "3.11.7", "platform": "Linux x86_64", "numpy": "2.4.6"}


@pytest.fixture
def project(tmp_path):
    (tmp_path / "requirements.lock").write_text(LOCK)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return tmp_path


def rows(project, versions, made=MADE, **here):
    found = provenance.environment(project, [made], HERE | {"versions": versions} | here)
    return {row["package"]: row for row in found}


ALL = {"numpy": "2.4.6", "pytest-plugin": "3.0", "babel": "2.17"}


def test_the_lock_is_read_for_this_platform(project):
    assert provenance.locked(project / "requirements.lock") == {
        "numpy": "2.4.6", "pytest-plugin": "3.0", "babel": "2.17.0",
    }  # fmt: skip


def test_a_lock_that_cannot_be_read_names_the_line(project):
    (project / "requirements.lock").write_text("numpy==2.4.6\n== what?\n")
    with pytest.raises(RunError, match="line 2"):
        provenance.locked(project / "requirements.lock")


def test_what_results_need_follows_the_packages_own_needs(project):
    found = provenance.needed(project / "pyproject.toml", REQUIRES)
    assert found == {"numpy", "pandas", "babel", "swift"}
    assert provenance.needed(project / "nothing.toml", REQUIRES) is None


def test_what_is_installed_as_locked_is_the_same(project):
    assert {row["verdict"] for row in rows(project, ALL).values()} == {"same"}


def test_another_numpy_differs_and_an_absent_one_is_missing(project):
    found = rows(project, ALL | {"numpy": "2.4.5"})["numpy"]
    assert found["verdict"] == "differs" and provenance.decisive(found)
    assert found["why"]["it"] == "il lock nomina 2.4.6, è installato 2.4.5"
    assert rows(project, {"babel": "2.17"})["numpy"]["verdict"] == "missing"


def test_what_only_tools_use_never_decides(project):
    for versions in (ALL | {"pytest-plugin": "4.0"}, {"numpy": "2.4.6", "babel": "2.17"}):
        row = rows(project, versions)["pytest-plugin"]
        assert row["verdict"] in ("within", "unchecked") and "tools" in row["why"]["en"]
        assert not provenance.decisive(row)


def test_editions_made_with_other_versions_are_told(project):
    found = rows(project, ALL, MADE | {"numpy": "2.4.0", "python": "3.12.1", "platform": "Darwin arm64"})
    assert {found[name]["verdict"] for name in ("numpy", "python", "platform")} == {"within"}
    assert found["numpy"]["why"]["en"] == "the editions were made with 2.4.0"
    assert rows(project, ALL, python="3.10.1")["python"]["verdict"] == "differs"


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ("demo/ties.csv", "data"), ("private/wave1.csv", "data"), ("territory/municipalities.parquet", "data"),
        ("scalability/evidence.json", "data"), ("demo/scenarios.toml", "data"), ("demo/survey/codebook.toml", "data"),
        ("analysis/codesign/funnel.py", "code"), ("analysis/evidence/words.toml", "code"), ("code cells", "code"),
        ("lock", "lock"), ("parameters", "parameters"), ("study.toml", "study"), ("tables", "study"),
        ("words", "words"), ("notebooks/glossary.toml", "words"), ("texts/scalability.toml", "words"), ("synthesis.toml", "words"),
    ],
)  # fmt: skip
def test_each_part_has_its_kind(part, kind):
    assert provenance.kind(part) == kind


def test_inputs_that_changed_are_named_data_first():
    published = {
        "run": {"lock": "1", "demo/ties.csv": "1", "analysis/a.py": "1", "demo/old.csv": "1"},
        "render": {"prose": "1", "evidence": "1", "figures": "1"},
        "environment": {"python": "3.11.7", "numpy": "2.4.6"},
    }
    again = {
        "run": {"lock": "1", "demo/ties.csv": "2", "analysis/a.py": "2", "demo/new.csv": "1"},
        "render": {"prose": "2", "evidence": "2", "figures": "2"},
        "environment": {"python": "3.11.7", "numpy": "2.4.7"},
    }
    found = provenance.inputs(published, again, {})
    assert [(one["part"], one["kind"], one["state"]) for one in found] == [
        ("demo/new.csv", "data", "new"),
        ("demo/old.csv", "data", "gone"),
        ("demo/ties.csv", "data", "changed"),
        ("analysis/a.py", "code", "changed"),
        ("prose", "words", "changed"),
        ("numpy 2.4.6 → 2.4.7", "platform", "changed"),
    ]
    assert provenance.told(found, 1)["en"] == "input changed: data demo/new.csv and 5 more"
    assert provenance.told(found[2:3])["it"] == "cambiato: dati demo/ties.csv"
    assert "no input has changed" in provenance.told([])["en"]


def test_where_nothing_ran_the_files_themselves_are_compared(tmp_path):
    (tmp_path / "data" / "demo").mkdir(parents=True)
    (tmp_path / "data" / "demo" / "ties.csv").write_text("a\n")
    (tmp_path / "analysis").mkdir()
    (tmp_path / "analysis" / "a.py").write_text("x = 1  # a comment\n")
    (tmp_path / "requirements.lock").write_text("numpy==1\n")
    (tmp_path / "home" / "demo" / "raw").mkdir(parents=True)
    (tmp_path / "home" / "demo" / "raw" / "wave1.csv").write_text("b\n")
    run = {"demo/ties.csv": "old", "demo/gone.csv": "old", "analysis/a.py": keys.digest("x = 1"), "lock": "old",
           "private/wave1.csv": keys.of_file(tmp_path / "home" / "demo" / "raw" / "wave1.csv"), "private/wave2.csv": "old", "code cells": "old"}  # fmt: skip
    now = provenance.on_disk(run, tmp_path, [tmp_path / "home" / "demo"])
    assert now["private/wave2.csv"] == "" and "code cells" not in now
    found = provenance.inputs({"run": run}, {}, now)
    assert [(one["part"], one["state"]) for one in found] == [
        ("demo/gone.csv", "gone"), ("demo/ties.csv", "changed"), ("private/wave2.csv", "gone"), ("lock", "changed"),
    ]  # fmt: skip
