"""The records that a word on the command line names: a folder, an evidence.json, a ZIP, or `REV:path`, a revision of this project.

What belongs here: finding and reading evidence.json wherever it lies. What does not: comparing (diff.py).
"""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from analysis import places
from analysis.errors import Fault, ParameterError, say

RECORD = "evidence.json"
REVISION = re.compile(r"(?P<revision>[^:]{2,}):(?P<path>.*)", re.DOTALL)
ALLOWED = ("papers/STUDY", RECORD, "ZIP", "REV:papers/STUDY")
Records = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Pair:
    """Two records of the same notebook; one of them may be missing."""

    name: str
    a: Mapping[str, Any] | None
    b: Mapping[str, Any] | None


def read(named: str) -> Records:
    """Every record of a place by the folder it lies in, relative to the place; a place without any is a ParameterError."""
    path = Path(named.replace("\\", "/")).expanduser()
    revision = REVISION.fullmatch(named)
    if path.is_dir():
        found = {one.parent.relative_to(path).as_posix(): one.read_bytes() for one in path.rglob(RECORD)}
    elif path.is_file() and zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            members = [name for name in archive.namelist() if PurePosixPath(name).name == RECORD]
            found = {PurePosixPath(name).parent.as_posix(): archive.read(name) for name in members}
    elif path.is_file():
        found = {".": path.read_bytes()}
    elif revision:
        found = _of_revision(named, revision["revision"], revision["path"].replace("\\", "/"))
    else:
        raise _fault(named, say("non c'è", "is not there"))
    if not found:
        raise _fault(named, say(f"nessun {RECORD}", f"no {RECORD}"))
    return {folder: _document(named, folder, found[folder]) for folder in sorted(found)}


def pairs(a: Records, b: Records) -> list[Pair]:
    """The records of both sides that answer to each other, in order of name.

    Two single records are a pair whatever they are called; else a record is known by study, notebook and folder as far as needed.
    """
    if len(a) == len(b) == 1:
        (one,), (other,) = a.values(), b.values()
        return [Pair(str(one["notebook"]), one, other)]
    first, second = _named(a), _named(b)
    if len(a) == 1 or len(b) == 1:  # one edition against its own among several
        small, large = (first, second) if len(a) == 1 else (second, first)
        own = {name: record for name, record in large.items() if name in small}
        first, second = (small, own) if len(a) == 1 else (own, small)
    return [Pair(name, first.get(name), second.get(name)) for name in sorted(first.keys() | second.keys())]


def _named(records: Records) -> Records:
    """By notebook, with the parameter set's folder where there are several of a notebook; with the study where there are several."""
    studies = {str(record.get("context", {}).get("study", "")) for record in records.values()}
    books = [
        (str(record.get("context", {}).get("study", "")), str(record["notebook"]))
        for record in records.values()
    ]
    found = {}
    for (folder, record), book in zip(records.items(), books, strict=True):
        parts = [book[0]] if len(studies) > 1 else []
        parts += [book[1]] + ([PurePosixPath(folder).name] if books.count(book) > 1 else [])
        found["/".join(parts)] = record
    return found


def _document(named: str, folder: str, data: bytes) -> dict[str, Any]:
    where = f"{named}: {folder}/{RECORD}" if folder != "." else named
    try:
        document = json.loads(data)
    except ValueError as error:
        raise _fault(
            where, say(f"non è JSON leggibile ({error})", f"is no readable JSON ({error})")
        ) from error
    if not isinstance(document, dict) or "notebook" not in document or "numbers" not in document:
        raise _fault(where, say("non è un'evidenza di questo progetto", "is no evidence of this project"))
    return document


def _of_revision(named: str, revision: str, path: str) -> dict[str, bytes]:
    """The records below a path of a git revision of this project, or the one that the path names."""
    commit = _git(named, ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"])
    sha = commit.decode("ascii").strip()
    listed = _git(named, ["ls-tree", "-r", "-z", "--name-only", sha, "--", path or "."])
    names = [name for name in listed.decode("utf-8").split("\0") if PurePosixPath(name).name == RECORD]
    base = PurePosixPath(path or ".")
    base = base.parent if base.name == RECORD else base
    return {
        PurePosixPath(name).parent.relative_to(base).as_posix(): _git(named, ["show", f"{sha}:./{name}"])
        for name in names
    }


def _git(named: str, arguments: Iterable[str]) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(places.root()), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise _fault(named, say("git non è installato", "git is not installed")) from error
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        what = say("la revisione non c'è", "there is no such revision")
        raise _fault(named, f"{what} ({said})" if said else what)
    return done.stdout


def _fault(where: str, what: str) -> ParameterError:
    return ParameterError(Fault(what, where, " | ".join(ALLOWED)))
