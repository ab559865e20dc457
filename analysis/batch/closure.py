"""Which code a notebook runs: the modules of `analysis` that its cells import, directly or not, each with a digest of what it does.

Comments and blank lines are no part of a digest; text inside string literals is, blank lines included. Imports are read from the source and
never executed: statements anywhere in it, inside functions too, and names of modules written out for `importlib` or `__import__`. A module
whose name is put together at run time cannot be seen here; the batch refuses it when it is opened (reads.py).
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from analysis.batch import digests
from analysis.batch.remembered import Memory

PACKAGE = Path(__file__).resolve().parent.parent
NAME = PACKAGE.name
DEFINITIONS = {".toml", ".ttf", ".otf", ".csv", ".lua", ".typ", ".html", ".csl", ".css", ".parquet"}
MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w.,\s]+=\s*[%!]|.*\?\s*$)")  # lines of IPython that are no Python
PYTHON_BODY = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics whose body is Python

MEMORY = Memory("closure", Path(__file__))


def without_comments(source: str) -> str:
    """Python source without comments, and outside string literals without blank lines and trailing blanks; the same under every Python version."""
    lines = source.splitlines()
    inside: set[int] = set()  # rows whose end lies in a string literal
    opened: list[int] = []
    starts = {getattr(tokenize, name, None) for name in ("FSTRING_START", "TSTRING_START")} - {None}
    ends = {getattr(tokenize, name, None) for name in ("FSTRING_END", "TSTRING_END")} - {None}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT and not opened:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
            elif token.type == tokenize.STRING:
                inside |= set(range(token.start[0], token.end[0]))
            elif token.type in starts:
                opened.append(token.start[0])
            elif token.type in ends:
                inside |= set(range(opened.pop(), token.end[0]))
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return source
    kept = (
        line if row in inside else line.rstrip()
        for row, line in enumerate(lines, start=1)
        if row in inside or row - 1 in inside or line.strip()
    )
    return "\n".join(kept)


def cell_without_comments(source: str) -> str:
    """A code cell likewise. Lines of IPython (`%magic`, `!command`, `name?`) and cells under `%%magic` are kept as they are: a `#` there may be no comment."""
    if source.lstrip().startswith("%%"):
        return source
    masked, magics = _masked(source)
    text = without_comments(masked)
    return text + "".join(f"\n{line}" for line in magics)


def _masked(source: str) -> tuple[str, list[str]]:
    """A cell with `pass` in place of each line that is no Python, numbered so that their order counts, and those lines."""
    lines = source.splitlines()
    magics: list[str] = []
    for row, line in enumerate(lines):
        if found := MAGIC.match(line):
            lines[row] = f"{found[1]}pass; {len(magics)}"
            magics.append(line)
    return "\n".join(lines), magics


def imported(source: str, package: str = "") -> frozenset[str]:
    """Dotted names of modules of `analysis` that Python source may import; `package` is what its relative imports start from."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # stays wrong when it is run; until then every module that it names counts
        return frozenset(_parents(_named(source)))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node.module or "", node.level, package)
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if re.fullmatch(rf"{NAME}(\.\w+)+", node.value):
                names.add(node.value)
            elif package and re.fullmatch(r"\.+\w+(\.\w+)*", node.value):
                level = len(node.value) - len(node.value.lstrip("."))
                names.add(_absolute(node.value.lstrip("."), level, package))
    return frozenset(_parents(names))


def _absolute(module: str, level: int, package: str) -> str:
    if not level:
        return module
    parts = package.split(".")
    return ".".join([*parts[: len(parts) - level + 1], *([module] if module else [])])


def _parents(names: Iterable[str]) -> set[str]:
    """The names that lie in the package, with the packages that importing them runs first."""
    split = [name.split(".") for name in names]
    return {".".join(parts[:end]) for parts in split if parts[0] == NAME for end in range(1, len(parts) + 1)}


def _named(source: str) -> set[str]:
    """Modules that a source which does not parse mentions."""
    names = set(re.findall(rf"\b{NAME}(?:\.\w+)*", source))
    for base, listed in re.findall(rf"from\s+({NAME}[\w.]*)\s+import\s+([^\n#]+)", source):
        names |= {f"{base}.{name}" for name in re.findall(r"\w+", listed)}
    return names


@lru_cache(maxsize=4096)
def of_cell(source: str) -> frozenset[str]:
    """Modules of `analysis` that a code cell may import."""
    if source.lstrip().startswith("%%"):
        head, _, body = source.lstrip().partition("\n")
        return of_cell(body) if head.split()[0] in PYTHON_BODY else frozenset(_parents(_named(body)))
    masked, magics = _masked(source)
    return imported(masked) | frozenset(_parents(_named("\n".join(magics))))


def facts(path: Path) -> tuple[str, frozenset[str]]:
    """Digest of a module's code, comments aside, and the modules of `analysis` that it may import."""
    source = path.read_text(encoding="utf-8")
    package = ".".join(path.relative_to(PACKAGE.parent).parent.parts)
    names = MEMORY.fact(f"imports of {package}", source, lambda text: sorted(imported(text, package)))
    return of_code(path), frozenset(names)


def of_code(path: Path) -> str:
    """Digest of a module's code, comments aside."""
    text = path.read_text(encoding="utf-8")
    return str(MEMORY.fact("code", text, lambda source: digests.of(without_comments(source))))


def files(sources: Iterable[str]) -> list[Path]:
    """The modules that the code cells import, directly or not, and the definition files of the rooms that those lie in; sorted."""
    modules = _modules()
    todo = [name for source in sources for name in of_cell(source)]
    found: set[Path] = set()
    while todo:
        path = modules.get(todo.pop())
        if path is None or path in found:
            continue
        found.add(path)
        todo += facts(path)[1]
    rooms = {path.parent for path in found if path.parent != PACKAGE}
    return sorted(found.union(*(_definitions(room) for room in rooms)))


def of_cells(sources: Iterable[str]) -> dict[str, str]:
    """Digest of each file of `files`, by its name as seen from the project."""
    return {
        path.relative_to(PACKAGE.parent).as_posix(): of_code(path) if path.suffix == ".py" else digests.of_file(path)
        for path in files(sources)
    }  # fmt: skip


def _modules() -> dict[str, Path]:
    """The modules of the package by dotted name; a package is its `__init__.py`."""
    found = {}
    for path in digests.listing(PACKAGE):
        if path.suffix == ".py":
            parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _definitions(room: Path) -> list[Path]:
    return [path for path in digests.listing(room) if path.suffix in DEFINITIONS]
