"""A clean copy of a project in a temporary folder, and its own code at work in it: nothing of the original is written.

What belongs here: opening a folder or an archive safely, the copy, the interpreter that runs it. What does not: what is compared (verify.py).
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.errors import Fault, RunError, language, say

MADE_FROM = ("analysis", "data", "notebooks")  # folders of which papers are made
LEFT_BEHIND = ("__pycache__", ".ipynb_checkpoints", "*.pyc", "*.egg-info")
LARGEST, MOST = 4 * 1024**3, 100_000  # bytes and members of an archive
OWN = ("ALTRO_RUN", "ALTRO_PARAMETERS", "ALTRO_DECLARED", "ALTRO_WARM_KERNELS", "PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH")  # fmt: skip

# What the interpreter that runs the copy is, what is installed in it, and whose code it would run.
PROBE = """
import json, platform, re, sys
from importlib import metadata
import analysis
versions, requires = {}, {}
for found in metadata.distributions():
    name = re.sub(r"[-_.]+", "-", found.metadata["Name"] or "").lower()
    if name and name not in versions:
        versions[name], requires[name] = found.version, list(found.requires or [])
print(json.dumps({
    "python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}",
    "versions": versions, "requires": requires, "package": analysis.__file__,
}))
"""


def is_project(folder: Path) -> bool:
    return (folder / "requirements.lock").is_file() and all((folder / name).is_dir() for name in MADE_FROM)


@contextmanager
def opened(source: Path, temporary: Path) -> Iterator[Path]:
    """The project in a folder or in a ZIP archive, itself or its one top folder; an archive is unpacked below `temporary`."""
    if source.is_dir():
        folder = source
    elif source.is_file() and zipfile.is_zipfile(source):
        folder = temporary / "archive"
        unpack(source, folder)
    else:
        what = say("non è una cartella né un archivio ZIP", "is neither a folder nor a ZIP archive")
        raise RunError(Fault(what, str(source)))
    inside = [folder, *(path for path in sorted(folder.iterdir()) if path.is_dir())]
    found = [path for path in inside if is_project(path)]
    if len(found) != 1 and not is_project(folder):
        what = say("non contiene il progetto", "does not hold the project")
        allowed = ", ".join([*(f"{name}/" for name in MADE_FROM), "requirements.lock"])
        raise RunError(Fault(what, source.name, allowed))
    yield found[0]


def unpack(archive: Path, target: Path) -> None:
    """Unpack a ZIP; names that lead out of the folder, links, and archives too large to be a project are refused before anything is written."""
    with zipfile.ZipFile(archive) as packed:
        members = packed.infolist()
        size = sum(member.file_size for member in members)
        if len(members) > MOST or size > LARGEST:
            what = say(
                f"{len(members)} file, {size / 1e9:.1f} GB", f"{len(members)} files, {size / 1e9:.1f} GB"
            )
            allowed = say(f"al più {MOST} file e 4 GB", f"at most {MOST} files and 4 GB")
            raise RunError(Fault(what, archive.name, allowed))
        faults = [
            Fault(
                say("esce dalla cartella, o è un collegamento", "leads out of the folder, or is a link"),
                f"{archive.name}: {member.filename!r}",
            )
            for member in members
            if _unsafe(member)
        ]
        if faults:
            raise RunError(faults)
        try:
            packed.extractall(target)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            what = say(f"non si apre ({error})", f"cannot be unpacked ({error})")
            raise RunError(Fault(what, archive.name)) from error


def _unsafe(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    path = PurePosixPath(name)
    kind = stat.S_IFMT(member.external_attr >> 16)
    outside = path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name
    return outside or kind not in (0, stat.S_IFREG, stat.S_IFDIR)


def clean_copy(project: Path, target: Path) -> Path:
    """What a clone holds of the project besides its papers: code, data, notebooks, the lock and the other files at the top."""
    target.mkdir(parents=True)
    for name in MADE_FROM:
        shutil.copytree(
            project / name,
            target / name,
            ignore=shutil.ignore_patterns(*LEFT_BEHIND),
            ignore_dangling_symlinks=True,
        )
    for path in project.iterdir():
        if path.is_file() and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)
    return target


@dataclass(frozen=True)
class Workshop:
    """A clean copy and the interpreter that runs it."""

    root: Path
    python: Path

    @property
    def environment(self) -> dict[str, str]:
        """Environment in which the copy's code runs, whatever the checkout from which this was called."""
        kept = {name: value for name, value in os.environ.items() if name not in OWN}
        own = {"ALTRO_ROOT": str(self.root), "PYTHONPATH": str(self.root), "ALTRO_LANG": language()}
        return kept | own | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}

    def interpreter(self) -> dict[str, Any]:
        """Python, platform and installed packages. Refuses an interpreter that would run another copy's code, in cells as well."""
        facts: dict[str, Any] = {}
        for folder in (self.root, self.root / "notebooks"):
            done = self._run(["-c", PROBE], folder)
            if done.returncode:
                what = say("l'interprete non parte", "the interpreter does not start")
                raise RunError(Fault(f"{what}: {_tail(done.stderr)}", str(self.python)))
            facts = json.loads(done.stdout.splitlines()[-1])
            if not Path(facts["package"]).resolve().is_relative_to(self.root.resolve()):
                what = say(
                    "eseguirebbe il codice di un'altra copia", "would run the code of another checkout"
                )
                raise RunError(Fault(what, str(self.python), str(self.root)))
        return facts

    def papers(self, study: str, notebooks: Sequence[str], report: Callable[[str], None]) -> list[str]:
        """Execute and render these notebooks as `altro papers` does; returns the lines that told of failures."""
        command = ["-m", "analysis", "papers", study, "--execute", "--formats", "pdf,ipynb,catalogue"]
        command += [word for name in notebooks for word in ("--notebook", name)]
        errors = self.root / "build" / "errors.txt"
        errors.parent.mkdir(exist_ok=True)
        with (
            errors.open("wb") as told,
            subprocess.Popen(
                [str(self.python), *command], cwd=self.root, env=self.environment, stdout=subprocess.PIPE,
                stderr=told, encoding="utf-8", errors="replace",
            ) as work,
        ):  # fmt: skip
            try:
                for line in work.stdout or ():
                    report(f"  {line.rstrip()}")
            except BaseException:
                work.terminate()
                raise
        return [line for line in errors.read_text(encoding="utf-8", errors="replace").splitlines() if line]

    def call(self, function: str, *arguments: Any) -> str:
        """Call `module:function` of the copy with arguments that JSON can carry; returns why it failed, or nothing."""
        program = (
            "import importlib, json, sys; module, name, given = sys.argv[1:];"
            "getattr(importlib.import_module(module), name)(*json.loads(given))"
        )
        done = self._run(["-c", program, *function.split(":"), json.dumps(arguments)], self.root)
        return _tail(done.stderr) if done.returncode else ""

    def _run(self, arguments: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *arguments], cwd=folder, env=self.environment, capture_output=True,
            encoding="utf-8", errors="replace", check=False,
        )  # fmt: skip


def fresh_environment(project: Path, folder: Path, report: Callable[[str], None]) -> Path:
    """A new virtual environment with the packages of the lock, checked by hash, and the project itself; returns its interpreter.

    Packages come over the network. RunError with the installer's own last words if it cannot be built.
    """
    report(
        say(
            "Ambiente nuovo dal lock: i pacchetti si scaricano dalla rete.",
            "A fresh environment from the lock: packages are downloaded.",
        )
    )
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    lock, uv = str(project / "requirements.lock"), [sys.executable, "-m", "uv", "--quiet", "pip"]
    has_uv = subprocess.run([*uv[:3], "--version"], capture_output=True, check=False).returncode == 0
    plain = [str(python), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if has_uv:
        install = [*uv, "sync", "--python", str(python), "--require-hashes", lock]
        itself = [*uv, "install", "--python", str(python), "--no-deps", "--no-build-isolation", "-e", str(project)]  # fmt: skip
    else:
        install = [*plain, "install", "--require-hashes", "-r", lock]
        itself = [*plain, "install", "--no-deps", "--no-build-isolation", "-e", str(project)]
    environment = {name: value for name, value in os.environ.items() if name not in OWN}
    for command in ([sys.executable, "-m", "venv", str(folder)], install, itself):
        done = subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False
        )
        if done.returncode:
            raise RunError(
                Fault(
                    say("l'ambiente nuovo non si costruisce", "the fresh environment cannot be built")
                    + f": {_tail(done.stderr or done.stdout)}",
                    "--fresh-env",
                    next_step=say(
                        "Serve la rete; senza --fresh-env si usa l'interprete in uso.",
                        "The network is needed; without --fresh-env the running interpreter is used.",
                    ),
                )
            )
    return python


def private_folders(study: str, environment: Mapping[str, str] = os.environ) -> list[Path]:
    """Where a study's private files may lie on this machine."""
    home = environment.get("ALTRO_DATA_HOME")
    return [Path(home).expanduser().resolve() / study] if home else []


def _tail(text: str, lines: int = 3) -> str:
    kept = [line.strip() for line in text.splitlines() if line.strip()]
    return " · ".join(kept[-lines:])[-600:]
