"""What a job takes along and brings back: contents, never places; nothing that the run may not read; whole or not at all."""

import dataclasses
import pickle
import shutil
from pathlib import Path

import pytest

from analysis.batch import parcel, stand
from analysis.batch.execute import Outcome
from analysis.errors import RunError
from analysis.study import studies
from tests.batch import travelling

LOCK = stand.Lock("numpy==2.0.0\n", frozenset({"numpy"}))
pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.delenv("ALTRO_DATA_HOME", raising=False)
    return travelling.project(tmp_path / "here")


def packed(job, stands=("a",)):
    return parcel.pack(job, LOCK, frozenset(stands))


def test_tables_that_the_run_may_read_travel_whole_and_the_others_only_as_being_there(root):
    sent = packed(travelling.job(root))
    demo = root / "data" / "demo"
    for name in (*travelling.READ, "study.toml"):
        assert sent.files[f"data/demo/{name}"].bytes() == (demo / name).read_bytes()
    assert sent.files["data/demo/ties.csv"].bytes() == b"-\n-\n"
    assert not [name for name in sent.files if "README" in name and sent.files[name].bytes()]
    assert sent.files["notebooks/small.ipynb"].bytes() == (root / "notebooks" / "small.ipynb").read_bytes()
    assert sent.files["requirements.lock"].bytes() == b"numpy==2.0.0\n"
    assert sent.size == sum(len(content.packed) for content in sent.files.values()) > 10_000


def test_a_table_without_rows_stays_one(root):
    (root / "data" / "demo" / "ties.csv").write_text("source,target\n,\n")
    assert packed(travelling.job(root)).files["data/demo/ties.csv"].bytes() == b"-\n"


def test_what_the_study_says_of_itself_is_the_same_there(root, tmp_path, monkeypatch):
    there = tmp_path / "there"
    parcel.unpack(packed(travelling.job(root)), there)
    told = []
    for place in (root, there):
        monkeypatch.setenv("ALTRO_ROOT", str(place))
        study = studies.open_study("demo")
        told.append((study.tables, study.waves(), study.context()))
    assert told[0] == told[1]
    assert len(told[0][0]) > 10


def test_the_job_there_is_the_job_here_at_another_place(root, tmp_path):
    here = travelling.job(root)
    assert parcel.unpack(packed(here), tmp_path / "there") == travelling.moved(here, tmp_path / "there")
    assert {Path(name).name for name in here.reads} >= {
        "study.toml",
        "small.ipynb",
        "wave1.csv",
        "studies.py",
    }


def test_no_path_of_this_machine_travels(root, tmp_path):
    sent = packed(travelling.job(root))
    opened = dataclasses.replace(
        sent, files={place: content.bytes() for place, content in sent.files.items()}
    )
    assert str(tmp_path).encode() not in pickle.dumps(opened)


def test_the_digest_follows_what_is_in_it_and_not_where_it_lies(root, tmp_path):
    first = packed(travelling.job(root)).digest
    assert packed(travelling.job(travelling.project(tmp_path / "elsewhere"))).digest == first
    assert packed(travelling.job(root, wave=2)).digest != first
    with (root / "data" / "demo" / "survey" / "wave1.csv").open("a") as table:
        table.write("\n")
    assert packed(travelling.job(root)).digest != first


def test_a_study_outside_the_project_travels_into_it(root, tmp_path, monkeypatch):
    shutil.move(root / "data" / "demo", tmp_path / "a study")
    job = travelling.job(root, study=str(tmp_path / "a study"))
    there = parcel.unpack(packed(job), tmp_path / "there")
    monkeypatch.setenv("ALTRO_ROOT", str(tmp_path / "there"))
    assert studies.open_study(there.study_argument).waves() == (1, 2)


def test_private_files_travel_apart(root, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "demo").mkdir(parents=True)
    shutil.move(root / "data" / "demo" / "survey" / "wave1.csv", home / "demo")
    monkeypatch.setenv("ALTRO_DATA_HOME", str(home))
    whole = travelling.job(root)
    job = dataclasses.replace(whole, reads=tuple(n for n in whole.reads if not n.startswith(str(home))))
    assert len(job.reads) == len(whole.reads) - 1
    assert not parcel.private(job) and packed(job).files["private/demo/wave1.csv"].bytes() == b"-\n-\n"
    assert parcel.private(whole)
    sent = packed(whole)
    assert sent.files["private/demo/wave1.csv"].bytes() == (home / "demo" / "wave1.csv").read_bytes()
    parcel.unpack(sent, tmp_path / "there")
    monkeypatch.setenv("ALTRO_ROOT", str(tmp_path / "there"))
    monkeypatch.setenv("ALTRO_DATA_HOME", str(tmp_path / "there" / parcel.PRIVATE))
    assert studies.open_study("demo").waves() == (1, 2)


def test_a_file_from_nowhere_known_does_not_travel(root, tmp_path):
    (tmp_path / "notes.csv").write_text("a\n1\n")
    with pytest.raises(RunError, match=r"notes\.csv: the file cannot travel"):
        packed(travelling.job(root, reads=(str(tmp_path / "notes.csv"),)))


def test_a_damaged_content_is_refused(root, tmp_path):
    sent = packed(travelling.job(root))
    whole = sent.files["data/demo/actors.csv"]
    for wrong in (whole.packed[:-9], parcel.Content.of(b"other").packed):
        files = {**sent.files, "data/demo/actors.csv": parcel.Content(whole.digest, wrong)}
        with pytest.raises(RunError, match="arrived damaged"):
            parcel.unpack(dataclasses.replace(sent, files=files), tmp_path / "there")


@pytest.mark.parametrize("name", ["../beside", "/etc/hosts", "a/../../b", "C:/x", "a\\..\\b", ""])
def test_nothing_is_written_outside_its_folder(root, tmp_path, name):
    content = parcel.Content.of(b"x")
    with pytest.raises(RunError, match="leaves its folder"):
        parcel.unpack(
            dataclasses.replace(packed(travelling.job(root)), files={name: content}), tmp_path / "there"
        )
    with pytest.raises(RunError, match="leaves its folder"):
        parcel.place(parcel.Returned(Outcome("a", 1.0), {name: content}), travelling.job(root))


def ran(root, **files):
    job = travelling.job(root)
    job.run_folder.mkdir(parents=True)
    for name, text in files.items():
        (job.run_folder / name).write_text(text)
    return job


def test_the_run_folder_comes_back_as_it_was_left(root, tmp_path):
    there = ran(root, evidence="1", figure="2")
    here = travelling.moved(there, tmp_path / "sender")
    outcome = Outcome(there.name, 2.0, kernel="plain")
    assert parcel.place(parcel.collect(there, outcome), here) == outcome
    assert travelling.contents(here.run_folder) == {"evidence": b"1", "figure": b"2"}


def test_the_run_folder_is_replaced_whole_or_stays(root, tmp_path):
    kept = ran(root, evidence="kept", old="")
    good = parcel.Content.of(b"new")
    damaged = parcel.Content(good.digest, b"")
    with pytest.raises(RunError):
        parcel.place(parcel.Returned(Outcome("a", 1.0), {"evidence": good, "other": damaged}), kept)
    assert travelling.contents(kept.run_folder) == {"evidence": b"kept", "old": b""}
    assert not [path for path in kept.run_folder.parent.iterdir() if path.suffix in (".part", ".old")]
    parcel.place(parcel.Returned(Outcome("a", 1.0), {"evidence": good}), kept)
    assert travelling.contents(kept.run_folder) == {"evidence": b"new"}


def test_of_a_failure_the_partial_notebook_comes_back_and_the_folder_there_is_not_named(root, tmp_path):
    there = ran(root, evidence="kept")
    there.failed.parent.mkdir(parents=True)
    there.failed.write_text("partial")
    error = f"FileNotFoundError: {there.root / 'data' / 'x.csv'}"
    partial = there.failed.relative_to(root).as_posix()
    here = travelling.moved(there, tmp_path / "sender")
    outcome = parcel.place(
        parcel.collect(there, Outcome(there.name, 1.0, error, "load", partial, "error")), here
    )
    assert outcome.error == f"FileNotFoundError: {Path('data', 'x.csv')}"
    assert (here.root / outcome.partial).read_text() == "partial"
    assert not here.run_folder.exists()
