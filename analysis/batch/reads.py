"""An IPython extension that the batch loads into its kernels: a run reads what it declared, and nothing else of what people keep in files.

What may be read: the declared files (`ALTRO_READS`), the modules and definition files of the static import closure, the interpreter and its
libraries, files of the system, caches of fonts and configuration, temporary files and the run folder. What the run itself writes belongs in the
latter two: elsewhere another run could write the same file, and it cannot be read back. Reading anything else raises UndeclaredRead, and the cell fails at its end even where the notebook catches that. A file that does not exist is no
fault: opening it fails as it always does.

Two guards see to it. An audit hook sees what is opened through Python or sqlite3, names the file and says what to do. Where the kernel of
Linux offers it, Landlock refuses the same files to readers that are no Python (Arrow's own) and to programs that the notebook starts
(wall.py); these get "permission denied". Elsewhere those two ways go unseen.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import site
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from analysis.errors import Fault, RunError, say

READS = "ALTRO_READS"
PACKAGE = Path(__file__).resolve().parent.parent
SYSTEM = {
    "linux": "/proc /sys /dev /etc /usr /lib /lib32 /lib64 /libx32 /bin /sbin /opt /run /nix /snap /gnu /var/lib /var/cache",
    "darwin": "/System /Library /Applications /usr /bin /sbin /opt /nix /dev /etc /private/etc /private/var/db",
}
AT_HOME = (
    ".ipython", ".jupyter", ".matplotlib", ".config/matplotlib", ".cache/matplotlib", ".config/jupyter", ".local/share/jupyter", ".fonts",
    ".local/share/fonts", ".config/fontconfig", ".cache/fontconfig", "Library/Fonts", "Library/Jupyter", "Library/Caches/matplotlib",
)  # fmt: skip
CONFIGURED = ("MPLCONFIGDIR", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "SYSTEMROOT", "PROGRAMFILES", "PROGRAMDATA")  # fmt: skip


class UndeclaredRead(RunError):
    """A run opened a file that its notebook does not declare."""


def arguments(paths: Iterable[str | os.PathLike[str]]) -> tuple[list[str], dict[str, str]]:
    """What to add to a kernel's command line and environment so that it reads no project file but `paths` (absolute)."""
    extra = ["--IPKernelApp.extra_extensions=analysis.batch.reads", "--IPKernelApp.reraise_ipython_extension_failures=True"]  # fmt: skip
    return extra, {READS: json.dumps(sorted(str(path) for path in paths))}


def temporary(run: Path) -> Path:
    """The folder for temporary files of the run in folder `run`: its own, so that it can be told from other people's; short, as sockets lie in it."""
    return Path(tempfile.gettempdir()) / f"altro-{hashlib.sha256(str(run).encode()).hexdigest()[:12]}"


@contextmanager
def with_temporary(run: Path) -> Iterator[dict[str, str]]:
    """The environment that makes `temporary` the folder for temporary files; the folder lasts as long as this."""
    folder = temporary(run)
    if folder.is_symlink() or (
        sys.platform != "win32" and folder.exists() and folder.stat().st_uid != os.getuid()
    ):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(folder))
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    folder.mkdir(mode=0o700)
    try:
        yield {"TMPDIR": str(folder)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_ipython_extension(shell: Any) -> None:
    """Guard this process from now on; nothing takes the guard off again."""
    from analysis.batch import wall

    guard = Guard(os.environ)
    shell.events.register("post_run_cell", lambda result: guard.fail(shell, result))
    sys.addaudithook(guard.heed)
    wall.build(guard)


class Guard:
    """Which files this process may read, and what it read besides."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.root = os.path.realpath(environment["ALTRO_ROOT"])
        self.declared = {os.path.realpath(path) for path in json.loads(environment[READS])}
        self.run = _folders([environment["ALTRO_RUN"]])
        self.notebook = Path(environment["ALTRO_RUN"]).parent.name
        home = environment.get("ALTRO_DATA_HOME")
        self.private = _folders([str(Path(home).expanduser())] if home else [])
        self.closed = (self.root + os.sep, *self.private)
        self.libraries = _folders(
            [sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *site.getsitepackages(), site.getusersitepackages()]
        )  # fmt: skip
        mine = (str(Path.home() / name) for name in AT_HOME)
        told = (environment[name] for name in CONFIGURED if environment.get(name))
        self.system = _folders([*SYSTEM.get(sys.platform, "").split(), *mine, *told])
        self.temporary = _folders([tempfile.gettempdir()])
        self.package = str(PACKAGE) + os.sep
        self.strict = any(path.startswith(self.package) for path in self.declared)
        loaded = {str(getattr(module, "__file__", "")) for module in list(sys.modules.values())}
        self._code = self.declared | loaded  # a traceback quotes the lines of what was there before
        self._inner = tuple(folder for folder in self.libraries if folder.startswith(self.closed))
        self._open = (*self.libraries, *self.system, *self.temporary)
        # libraries below which nothing closed lies: seen by far the most often, and known by their names alone
        self._plain = tuple(
            folder for folder in self.libraries if not any(shut.startswith(folder) for shut in self.closed)
        )
        self._written: set[str] = set()
        self.refused: list[Fault] = []

    def heed(self, event: str, details: tuple[Any, ...]) -> None:
        """The audit hook."""
        if event == "open":
            path, mode, flags = details
            if isinstance(path, str | bytes):
                self._opened(os.fsdecode(path), mode, flags or 0)
        elif event == "sqlite3.connect":
            self._opened(_database(os.fsdecode(details[0])), "r+", 0)

    def _opened(self, path: str, mode: str | None, flags: int) -> None:
        if path.startswith(self._plain) and not path.startswith(self.package) and ".." not in path:
            return
        real, kind = path, 0
        with suppress(OSError, ValueError):  # not there, or no name of a file
            real = os.path.realpath(path)
            kind = Path(real).stat().st_mode
        if _replaces(mode, flags) or (not kind and _makes(mode, flags)):
            self._written.add(real)
        elif stat.S_ISREG(kind) and _reads(mode, flags) and not self.may_read(real):
            fault = self._fault(real)
            self.refused.append(fault)
            raise UndeclaredRead(fault)

    def may_read(self, real: str) -> bool:
        """Whether the file at `real`, a path without links, may be read."""
        if real in self.declared or real.startswith(self.run):
            return True
        if real.startswith(self.package):
            return not self.strict or source_of(real) in self._code
        return real.startswith(self._inner if real.startswith(self.closed) else self._open)

    def shown(self, real: str) -> str:
        """The path as seen from the project."""
        path = Path(source_of(real))
        bases = [(str(PACKAGE.parent), "")] if path.is_relative_to(PACKAGE) else []
        bases += [(folder, "$ALTRO_DATA_HOME/") for folder in self.private] + [
            (self.root, ""),
            (str(Path.home()), "~/"),
        ]
        for folder, name in bases:
            if path.is_relative_to(folder):
                return name + path.relative_to(folder).as_posix()
        return path.as_posix()

    def _fault(self, real: str) -> Fault:
        what = say(
            "il notebook legge un file che non dichiara", "the notebook reads a file that it does not declare"
        )
        if real in self._written:
            what = say(
                "il notebook rilegge un file che ha scritto fuori dalla propria cartella",
                "the notebook reads back a file that it wrote outside its own folder",
            )
            step = say(
                "Scriverlo in una cartella temporanea: tempfile.mkdtemp().",
                "Write it to a temporary folder: tempfile.mkdtemp().",
            )
        elif source_of(real).endswith(".py"):
            step = say(
                "Spostare il codice in un modulo di analysis/ e importarlo con il suo nome per intero.",
                "Move the code to a module of analysis/ and import it by its full name.",
            )
        else:
            front = f"notebooks/{self.notebook}.toml"
            step = say(
                f"Portarlo nella cartella dello studio come tabella, dichiararla in [needs] di {front} e leggerla con s.table().",
                f"Bring it into the study's folder as a table, declare that in [needs] of {front} and read it with s.table().",
            )
        return Fault(what, self.shown(real), next_step=step)

    def fail(self, shell: Any, result: Any) -> None:
        """After a cell: fail it if something was refused, even if the notebook has caught the error."""
        if self.refused and not isinstance(result.error_in_exec, UndeclaredRead):
            error = UndeclaredRead(dict.fromkeys(self.refused))
            result.error_in_exec = error
            shell.showtraceback((UndeclaredRead, error, None))


def _folders(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders, each also without links, ending in a separator, so that a path that begins with one lies in it."""
    found = (form for path in paths for form in (str(Path(path).absolute()), os.path.realpath(path)))
    return tuple(dict.fromkeys(folder if folder.endswith(os.sep) else folder + os.sep for folder in found))


def _reads(mode: str | None, flags: int) -> bool:
    if mode is not None:
        return "r" in mode or "+" in mode
    return flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR) != os.O_WRONLY


def _makes(mode: str | None, flags: int) -> bool:
    """Whether opening makes a file that is not there."""
    return bool(set(mode) & set("wax")) if mode is not None else bool(flags & os.O_CREAT)


def _replaces(mode: str | None, flags: int) -> bool:
    """Whether opening empties a file that is there."""
    return "w" in mode if mode is not None else bool(flags & os.O_TRUNC)


def _database(name: str) -> str:
    """The file that sqlite3 opens; a database in memory has none."""
    if name.startswith("file:"):
        return unquote(urlsplit(name).path)
    return name if name != ":memory:" else ""


def source_of(path: str) -> str:
    """The module for which a file of `__pycache__` stands; any other path as it is."""
    folder, name = os.path.split(path)
    if os.path.basename(folder) != "__pycache__":  # noqa: PTH119
        return path
    return os.path.join(os.path.dirname(folder), name.split(".")[0] + ".py")  # noqa: PTH118, PTH120
