"""A project opened from a folder or an archive, and a clean copy of it: nothing outside is read or written."""

import os
import stat
import subprocess
import sys
import zipfile

import pytest

from analysis.batch import clone
from analysis.errors import RunError

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def project(tmp_path):
    """The least that is a project, with what a clone does not hold."""
    root = tmp_path / "città prova"
    for name in ("analysis", "data/town", "notebooks", "papers/town", "figures", "build", ".git"):
        (root / name).mkdir(parents=True)
    (root / "analysis" / "__init__.py").write_text("")
    (root / "analysis" / "__pycache__").mkdir()
    (root / "analysis" / "__pycache__" / "old.pyc").write_text("stale")
    (root / "data" / "town" / "ties.csv").write_text("a,b\n1,2\n")
    (root / "papers" / "town" / "manifest.json").write_text("{}")
    (root / "requirements.lock").write_text("numpy==2.4.6\n")
    (root / ".hidden").write_text("x")
    return root


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return path


def test_a_copy_holds_what_papers_are_made_from_and_nothing_else(project, tmp_path):
    copy = clone.clean_copy(project, tmp_path / "copy")
    found = {path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()}
    assert found == {"analysis/__init__.py", "data/town/ties.csv", "requirements.lock"}


def test_a_folder_an_archive_and_an_archive_with_one_top_folder_are_opened(project, tmp_path):
    files = {p.relative_to(project).as_posix(): p.read_text() for p in project.rglob("*") if p.is_file()}
    files |= {"notebooks/": "", "figures/": ""}
    flat = zipped(tmp_path / "flat.zip", files)
    nested = zipped(tmp_path / "nested.zip", {f"altro-1.0/{name}": text for name, text in files.items()})
    for i, source in enumerate((project, project.parent, flat, nested)):
        with clone.opened(source, tmp_path / f"tmp{i}") as found:
            assert (found / "data" / "town" / "ties.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "a\\..\\evil", "C:/evil"])
def test_an_archive_that_leads_out_of_its_folder_is_refused_before_anything_is_written(tmp_path, name):
    archive = zipped(tmp_path / "bad.zip", {"fine": "x", name: "x"})
    with pytest.raises(RunError, match="leads out of the folder"):
        clone.unpack(archive, tmp_path / "inside" / "target")
    assert not (tmp_path / "inside").exists() and not (tmp_path / "evil").exists()


def test_a_link_in_an_archive_is_refused(tmp_path):
    link = zipfile.ZipInfo("data")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as packed:
        packed.writestr(link, "/etc")
    with pytest.raises(RunError, match="is a link"):
        clone.unpack(tmp_path / "link.zip", tmp_path / "target")


def test_an_archive_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(clone, "LARGEST", 1000)
    with pytest.raises(RunError, match="1 files"):
        clone.unpack(zipped(tmp_path / "large.zip", {"zeros": b"\0" * 1001}), tmp_path / "target")


def test_what_is_no_project_is_a_clear_fault(tmp_path):
    (tmp_path / "words.txt").write_text("no archive")
    (tmp_path / "empty").mkdir()
    for source, message in (("words.txt", "neither"), ("empty", "does not hold"), ("nowhere", "neither")):
        with pytest.raises(RunError, match=message), clone.opened(tmp_path / source, tmp_path / "t"):
            pass


def test_the_code_that_runs_is_the_copys(project, tmp_path, monkeypatch):
    monkeypatch.setenv("ALTRO_RUN", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    copy = clone.clean_copy(project, tmp_path / "copy")
    (copy / "notebooks").mkdir(exist_ok=True)
    workshop = clone.Workshop(copy, clone.Path(sys.executable))
    facts = workshop.interpreter()
    assert facts["package"] == str(copy / "analysis" / "__init__.py")
    assert facts["versions"]["numpy"] and facts["requires"]["pandas"]
    assert "ALTRO_RUN" not in workshop.environment and workshop.environment["PYTHONPATH"] == str(copy)


def test_an_interpreter_that_would_run_another_checkouts_code_is_refused(project, tmp_path):
    copy = clone.clean_copy(project, tmp_path / "copy")
    (copy / "analysis" / "__init__.py").unlink()
    (copy / "analysis").rmdir()
    with pytest.raises(RunError, match="another checkout"):
        clone.Workshop(copy, clone.Path(sys.executable)).interpreter()


def test_a_call_in_the_copy_tells_why_it_failed(project, tmp_path):
    copy = clone.clean_copy(project, tmp_path / "copy")
    (copy / "analysis" / "acts.py").write_text(
        "from pathlib import Path\n\ndef write(path, text):\n    Path(path).write_text(text)\n"
    )
    workshop = clone.Workshop(copy, clone.Path(sys.executable))
    assert workshop.call("analysis.acts:write", str(tmp_path / "made"), "è") == ""
    assert (tmp_path / "made").read_text(encoding="utf-8") == "è"
    assert "FileNotFoundError" in workshop.call("analysis.acts:write", str(tmp_path / "no" / "made"), "")


def test_an_environment_that_cannot_be_built_is_a_clear_fault(project, tmp_path, monkeypatch):
    """The installer is a stand-in: nothing is downloaded here."""

    def refused(command, **options):
        code = 0 if "--version" in command or "venv" in command else 1
        return subprocess.CompletedProcess(command, code, "", "error: no route to host\n")

    monkeypatch.setattr(clone.subprocess, "run", refused)
    told = []
    with pytest.raises(RunError, match="cannot be built: error: no route to host") as caught:
        clone.fresh_environment(project, tmp_path / "env", told.append)
    assert "downloaded" in told[0] and "network" in caught.value.faults[0].next_step


def test_private_files_are_looked_for_where_the_user_keeps_them(tmp_path):
    assert clone.private_folders("town", {}) == []
    home = tmp_path / "home"
    assert clone.private_folders("town", {"ALTRO_DATA_HOME": os.fspath(home)}) == [home / "town"]
