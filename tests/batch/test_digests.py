"""A digest is remembered only as long as nothing can have happened to the file."""

import hashlib
import os
import time

from analysis.batch import digests


def old(path, seconds=60):
    moment = time.time() - seconds
    os.utime(path, (moment, moment))


def test_a_second_change_in_the_same_instant_is_seen(tmp_path):
    path = tmp_path / "a.csv"
    seen = []
    for text in ("a", "b", "c"):
        path.write_text(text)
        seen.append(digests.of_file(path))
    assert seen == [hashlib.sha256(text.encode()).hexdigest() for text in "abc"]


def test_a_change_that_keeps_size_and_time_is_seen(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a")
    old(path)
    before = path.stat()
    first = digests.of_file(path)
    path.write_text("b")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert digests.of_file(path) != first


def test_a_settled_file_is_read_once(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("a")
    monkeypatch.setattr(digests, "SETTLED", -1.0)
    first = digests.of_file(path)
    monkeypatch.setattr(type(path), "open", None)
    assert digests.of_file(path) == first


def test_a_listing_has_no_caches_and_follows_its_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(digests, "SETTLED", -1.0)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").touch()
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "d.toml").touch()
    assert digests.listing(tmp_path) == (tmp_path / "b" / "c" / "d.toml",)
    (tmp_path / "b" / "c" / "e.toml").touch()
    assert len(digests.listing(tmp_path)) == 2
    (tmp_path / "b" / "c" / "d.toml").unlink()
    assert digests.listing(tmp_path) == (tmp_path / "b" / "c" / "e.toml",)
