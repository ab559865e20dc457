"""What a run and a rendering depend on, part by part: a digest for each, so that a change can be named.

The run key holds code cells, parameters, declared tables, words and statements, the static import closure in `analysis` with the definition files of
the rooms it touches, the territory where declared, and the lock. The render key holds the record, the prose, the front matter, the study's texts and the templates.
The platform, comments, blank lines, time stamps and checkout paths are in neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.batch import closure
from analysis.batch.closure import PACKAGE, cell_without_comments, without_comments
from analysis.batch.digests import of as digest
from analysis.batch.digests import of_file, of_value

__all__ = ["changed", "digest", "key", "of_file", "of_value", "render_parts", "run_parts", "without_comments"]

WORDS = ("words", "statements", "style", "needs")  # of the notebook's TOML, what a run reads


def source_of(cell: Mapping[str, Any]) -> str:
    return "".join(cell.get("source", ""))


def code_of(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    return [source_of(cell) for cell in cells if cell["cell_type"] == "code"]


def code_parts(cells: Iterable[Mapping[str, Any]], front: Mapping[str, Any]) -> dict[str, str]:
    """Digest of each thing that every run of a notebook depends on, whatever the study and the parameters."""
    code = code_of(cells)
    return {
        "code cells": of_value([_cell(source) for source in code]),
        "words": of_value({key: front.get(key, {}) for key in WORDS}),
    } | closure.of_cells(code)


def _cell(source: str) -> str:
    return str(closure.MEMORY.fact("cell", source, cell_without_comments))


def run_parts(
    code: Mapping[str, str],
    parameters: Mapping[str, Any],
    files: Mapping[str, Path],
    study: Mapping[str, Any],
    lock: Path,
) -> dict[str, str]:
    """Digest of each thing that a run depends on, by a name that a person can read. `code` comes from `code_parts`; `study` holds what the
    study says of itself by name of the part."""
    return {
        **code,
        "parameters": of_value(dict(parameters)),
        **{name: of_value(value) for name, value in study.items()},
        "lock": of_file(lock),
        **{name: of_file(path) for name, path in files.items()},
    }


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
        parts[name] = closure.of_code(path) if path.suffix == ".py" else of_file(path)
    return parts


def key(parts: Mapping[str, str]) -> str:
    return of_value(dict(parts))


def changed(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Names of the parts that differ, new and gone ones included."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
