"""What a run and a rendering depend on, part by part: a digest for each, so that a change can be named.

The run key holds code cells, parameters, declared tables, words and statements, the static import closure in `analysis` with the definition files of
the rooms it touches, the territory where declared, and the lock. The render key holds the record, the prose, the front matter, the study's texts and the templates.
The platform, comments, blank lines, time stamps and checkout paths are in neither.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent
DEFINITIONS = {".toml", ".ttf", ".otf", ".csv", ".lua", ".typ", ".html", ".csl", ".css", ".parquet"}


def digest(content: bytes | str) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def of_value(value: Any) -> str:
    return digest(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def without_comments(source: str) -> str:
    """Python source without comments, blank lines and trailing blanks, the same under every Python version."""
    lines = source.splitlines()
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return source
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _imported(source: str) -> set[str]:
    """Names of modules that `source` may import, dotted; lines that are no Python (magics) are passed over."""
    kept = "\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines())
    names: set[str] = set()
    try:
        tree = ast.parse(kept)
    except SyntaxError:
        return {
            line.split()[1]
            for line in kept.splitlines()
            if line.startswith(("import analysis", "from analysis"))
        }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] == "analysis"}


def _module_file(name: str) -> Path | None:
    path = PACKAGE.joinpath(*name.split(".")[1:])
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    return path / "__init__.py" if (path / "__init__.py").is_file() else None


@cache
def _of_code(path: Path) -> str:
    return digest(without_comments(path.read_text(encoding="utf-8")))


@cache
def _module(path: Path) -> tuple[str, frozenset[str]]:
    return _of_code(path), frozenset(_imported(path.read_text(encoding="utf-8")))


def closure(sources: Iterable[str]) -> dict[str, str]:
    """Digest of each module of `analysis` that the sources import, directly or not, and of each definition file in those modules' rooms."""
    todo = [name for source in sources for name in _imported(source)]
    found: dict[Path, str] = {}
    while todo:
        path = _module_file(todo.pop())
        if path is None or path in found:
            continue
        found[path], names = _module(path)
        todo += names
    rooms = {path.parent for path in found if path.parent != PACKAGE}
    for room in sorted(rooms):
        for path in _definitions(room):
            found[path] = of_file(path)
    return {path.relative_to(PACKAGE.parent).as_posix(): value for path, value in sorted(found.items())}


@cache
def _definitions(room: Path) -> tuple[Path, ...]:
    return tuple(
        sorted(p for p in room.rglob("*") if p.suffix in DEFINITIONS and "__pycache__" not in p.parts)
    )


def source_of(cell: Mapping[str, Any]) -> str:
    return "".join(cell.get("source", ""))


def run_parts(
    cells: Iterable[Mapping[str, Any]],
    front: Mapping[str, Any],
    parameters: Mapping[str, Any],
    files: Mapping[str, Path],
    settings: Any,
    lock: Path,
) -> dict[str, str]:
    """Digest of each thing that a run depends on, by a name that a person can read."""
    code = [source_of(cell) for cell in cells if cell["cell_type"] == "code"]
    parts = {
        "code cells": of_value([without_comments(source) for source in code]),
        "parameters": of_value(dict(parameters)),
        "words": of_value({key: front.get(key, {}) for key in ("words", "statements", "style", "needs")}),
        "study.toml": of_value(settings),
        "lock": of_file(lock),
    }
    parts |= {name: of_file(path) for name, path in files.items()}
    return parts | closure(code)


def render_parts(record: Path, figures: Path, notebook: Path, inputs: Iterable[Path]) -> dict[str, str]:
    """Digest of each thing that a rendering depends on; `inputs` are the files of prose and templates, the notebook among them."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    prose = [[cell["cell_type"], source_of(cell), cell["metadata"], cell.get("id")] for cell in cells]
    parts = {
        "evidence": of_file(record),
        "figures": of_value({path.name: of_file(path) for path in sorted(figures.glob("*.svg"))}),
        "prose": of_value(prose),
    }
    for path in sorted(set(inputs) - {notebook}):
        inside = path.is_relative_to(PACKAGE)
        name = path.relative_to(PACKAGE.parent).as_posix() if inside else f"{path.parent.name}/{path.name}"
        parts[name] = _of_code(path) if path.suffix == ".py" else of_file(path)
    return parts


def key(parts: Mapping[str, str]) -> str:
    return of_value(dict(parts))


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Names of the parts that differ, new and gone ones included."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
