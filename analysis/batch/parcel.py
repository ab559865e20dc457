"""A job's inputs by content and its outputs by value, so that it can run on a machine that shares no disk with this one.

A parcel holds the notebook and its TOML, the files of the study that the run may read, what a study says of itself, and the lock's pins; of
files that the run may not read, only that they are there. No absolute path is in it.
"""

from __future__ import annotations

import os
import shutil
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.batch import digests, whole
from analysis.batch.execute import Job, Outcome
from analysis.batch.stand import PACKAGE, Lock
from analysis.errors import Fault, RunError, language, say

PRIVATE = "private"  # where the files of ALTRO_DATA_HOME stand in a parcel
DECLARATIONS = ("study.toml", "privacy.toml", "scenarios.toml", "survey/codebook.toml")
WHOLE = (
    ".xlsx",
    ".toml",
)  # travel whole though the run may not read them: their sheets or declarations tell of a study
CODE = "analysis/"
INSIDE = ("source", "run_folder", "failed")  # paths of a job that lie in the project


@dataclass(frozen=True)
class Content:
    """A file's bytes, compressed, and the digest of what they come to."""

    digest: str
    packed: bytes

    @classmethod
    def of(cls, content: bytes) -> Content:
        return cls(digests.of(content), zlib.compress(content, 6))

    def bytes(self) -> bytes:
        """The file's bytes. Raises RunError if they are not those that were packed."""
        try:
            content = zlib.decompress(self.packed)
        except zlib.error:
            content = b""
        if digests.of(content) != self.digest:
            raise RunError(
                Fault(say("un file è arrivato guasto", "a file arrived damaged"), self.digest[:12])
            )
        return content


@dataclass(frozen=True)
class Parcel:
    """What travels to the worker: the job with its paths from the project's root, files by place, the lock without its checksums, and the digests
    of the stands that a worker may have."""

    job: Mapping[str, Any]
    files: Mapping[str, Content]
    lock: Lock
    stands: frozenset[str]
    language: str

    @property
    def name(self) -> str:
        return str(self.job["name"])

    @property
    def size(self) -> int:
        """Bytes that travel."""
        return sum(len(content.packed) for content in self.files.values())

    @property
    def digest(self) -> str:
        """Digest of the inputs: the same for equal inputs, wherever the project lies."""
        contents = {place: content.digest for place, content in self.files.items()}
        return digests.of_value([dict(self.job), contents, sorted(self.stands)])


@dataclass(frozen=True)
class Returned:
    """What comes back: how the run ended, the files of its run folder, and the partial notebook of one that failed."""

    outcome: Outcome
    files: Mapping[str, Content]
    partial: Content | None = None


def pack(job: Job, lock: Lock, stands: frozenset[str]) -> Parcel:
    """The parcel of `job`, for workers whose stand has one of the digests `stands`.

    Raises RunError for a file that lies neither in the project nor in the study nor under ALTRO_DATA_HOME.
    """
    where = _Places(job)
    contents = {path: path.read_bytes() for path in where.wanted()}
    contents |= {path: _likeness(path) for path in where.present() - contents.keys()}
    files = {where.place(path): Content.of(content) for path, content in sorted(contents.items())}
    files["requirements.lock"] = Content.of(lock.text.encode())
    travelling = {field.name: getattr(job, field.name) for field in fields(job)}
    travelling |= {name: where.place(getattr(job, name)) for name in INSIDE}
    travelling |= {
        "root": "",
        "study_argument": job.study,
        "parameters": dict(job.parameters),
        "reads": tuple(where.read(Path(name)) for name in job.reads),
    }
    return Parcel(travelling, files, lock, stands, language())


def private(job: Job) -> bool:
    """Whether contents of files under ALTRO_DATA_HOME would travel with `job`."""
    where = _Places(job)
    return any(where.place(path).startswith(f"{PRIVATE}/") for path in where.wanted())


def unpack(parcel: Parcel, root: Path) -> Job:
    """Lay the parcel out under `root` and return its job as that of the project there."""
    for place, content in parcel.files.items():
        target = _under(root, place)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.bytes())
    here = dict(parcel.job)
    here |= {name: _under(root, here[name]) for name in INSIDE}
    here |= {"root": root, "reads": tuple(_read(root, place) for place in here["reads"])}
    return Job(**here)


def collect(job: Job, outcome: Outcome) -> Returned:
    """What `job` left: the run folder if it ended well, else the partial notebook. The worker's own folder is nowhere named."""
    if outcome.ok:
        found = sorted(path for path in job.run_folder.rglob("*") if path.is_file())
        return Returned(
            outcome,
            {path.relative_to(job.run_folder).as_posix(): Content.of(path.read_bytes()) for path in found},
        )
    shown = replace(outcome, error=outcome.error.replace(f"{job.root}{os.sep}", ""))
    partial = Content.of(job.failed.read_bytes()) if outcome.partial and job.failed.exists() else None
    return Returned(shown, {}, partial)


def place(returned: Returned, job: Job) -> Outcome:
    """Put what came back where `job` wants it: the run folder complete or not at all."""
    if returned.partial is not None:
        whole.write(job.failed, returned.partial.bytes())
    if not returned.outcome.ok:
        return returned.outcome
    part = job.run_folder.with_name(job.run_folder.name + whole.PART)
    with whole.held(job.run_folder.with_name(f".{job.run_folder.name}.lock")):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            for name, content in returned.files.items():
                target = _under(part, name)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.bytes())
            whole.replace_folder(job.run_folder, part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        job.failed.unlink(missing_ok=True)
    return returned.outcome


class _Places:
    """Which files of a job travel, and where each stands in a parcel."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.root = job.root.resolve()
        named = Path(job.study_argument)
        self.folder = (named if named.is_absolute() else self.root / "data" / job.study_argument).resolve()
        home = os.environ.get("ALTRO_DATA_HOME")
        self.home = Path(home).expanduser().resolve() if home else None
        self.bases = [(self.folder, f"data/{job.study}/"), (self.root, "")]
        if self.home:
            self.bases.insert(0, (self.home / job.study, f"{PRIVATE}/{job.study}/"))

    def place(self, path: Path) -> str:
        """Where `path` stands in the parcel; a link counts as the file that it stands for."""
        here = _here(path)
        for base, prefix in self.bases:
            if here.is_relative_to(base):
                return prefix + here.relative_to(base).as_posix()
        what = say("il file non può viaggiare", "the file cannot travel")
        allowed = say(
            "file del progetto, dello studio o di $ALTRO_DATA_HOME/<studio>",
            "files of the project, of the study or of $ALTRO_DATA_HOME/<study>",
        )
        raise RunError(Fault(what, path.name, allowed))

    def read(self, path: Path) -> str:
        """The place of something that the run may read; that of the package's files is the same on every machine."""
        here = _here(path)
        return (
            here.relative_to(PACKAGE.parent).as_posix() if here.is_relative_to(PACKAGE) else self.place(path)
        )

    def readable(self) -> Iterator[Path]:
        """What the run may read, as files; where the job does not say, everything that the study and its surroundings hold. The package and
        the lock are the worker's own."""
        named = [Path(name) for name in self.job.reads] or [
            path for path in self._around() if path.suffix != ".ipynb"
        ]
        for path in named:
            for file in _files(path):
                here = _here(file)
                if not here.is_relative_to(PACKAGE) and here != self.root / "requirements.lock":
                    yield here

    def wanted(self) -> set[Path]:
        """What travels whole: what the run may read, the notebook with its TOML, and what the study declares of itself."""
        declared = (self.folder / name for name in DECLARATIONS)
        own = (self.job.source, self.job.source.with_suffix(".toml"), *declared)
        books = (path for path in self._around() if path.suffix.casefold() in WHOLE)
        return {*self.readable(), *(_here(path) for path in (*own, *books) if path.is_file())}

    def present(self) -> set[Path]:
        """Files of which a run may know that they are there."""
        return {_here(path) for path in self._around()}

    def _around(self) -> Iterator[Path]:
        folders = [self.folder, self.folder / "survey", self.root / "data" / "territory"]
        if self.home:
            folders += [self.home / self.job.study, self.home / self.job.study / "survey"]
        for folder in folders:
            if folder.is_dir():
                yield from (path for path in sorted(folder.iterdir()) if path.is_file())
        yield from sorted((self.root / "notebooks").glob("*.ipynb"))


def _read(root: Path, place: str) -> str:
    """Where the run of a parcel laid out under `root` may read what has this place; code is the worker's own."""
    return str(_under(PACKAGE.parent if place.startswith(CODE) else root, place))


def _here(path: Path) -> Path:
    return path.parent.resolve() / path.name


def _files(path: Path) -> Iterable[Path]:
    if path.is_dir():
        return (inside for inside in sorted(path.rglob("*")) if inside.is_file())
    return (path,) if path.is_file() else ()


def _likeness(path: Path) -> bytes:
    """Stands for a file that the run may not read. A table tells whether it has rows, and nothing more."""
    if path.suffix.casefold() == ".csv":
        with path.open("rb") as stream:
            stream.readline()
            filled = any(line.strip(b' \t\r\n,;|"') for line in stream)
        return b"-\n-\n" if filled else b"-\n"
    return b""


def _under(root: Path, place: str) -> Path:
    """`place` in `root`. Raises RunError for one that would leave it."""
    parts = PurePosixPath(place).parts
    if (
        not parts
        or PurePosixPath(place).is_absolute()
        or any(part == ".." or ":" in part or "\\" in part for part in parts)
    ):
        raise RunError(Fault(say("il nome esce dalla cartella", "the name leaves its folder"), place))
    return root.joinpath(*parts)
