"""Bringing a finished run into its edition: the kept files and the manifest change together, whenever the batch may be killed.

A run is brought in by a journal: first it is written into the run folder (from then on the run counts), then the files are copied, then the
manifest, and the journal goes last. What a kill interrupts is carried through by the next batch, from the same run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.batch import compare, execute, whole
from analysis.batch.editions import Edition, write_manifest
from analysis.errors import say

JOURNAL = "promotion.json"
DRAWN = (".svg", ".csv")


def bring_in(edition: Edition, forced: bool) -> tuple[bool, list[str]]:
    """Bring the finished run of `edition` in; returns whether files changed, and in what the records differ.

    A re-execution of an unchanged key that is equal within tolerance leaves the kept files untouched.
    """
    changed, found = _changes(edition, forced)
    entry = edition.entry()
    if changed:
        made_by = execute.environment()
        whole.write_json(
            edition.runs / JOURNAL, {"run": edition.run_parts, "environment": made_by}, lasting=True
        )
        _carry_through(edition, made_by)
    else:
        made_by = entry.get("environment") or execute.environment()
        files = [*record(edition), *edition.papers()]
        write_manifest(edition, edition.run_parts, entry.get("render", {}), files, made_by, edition.formats())
    return changed, found


def resume(edition: Edition) -> bool:
    """Carry through what a killed batch had begun to bring in; a journal whose run no longer fits the edition is dropped."""
    path = edition.runs / JOURNAL
    journal = _read(path)
    if journal is None or edition.notebook.cites:
        return False
    if journal.get("run") != edition.run_parts or _read(edition.runs / "evidence.json") is None:
        path.unlink()
        return False
    _carry_through(edition, journal["environment"])
    return True


def _carry_through(edition: Edition, made_by: Mapping[str, str]) -> None:
    """Copy the run's files and enter them into the manifest; doing it twice, or half and then whole, comes to the same."""
    drawn = _drawn(edition)
    edition.figures.mkdir(parents=True, exist_ok=True)
    for path in drawn:
        whole.write(edition.figures / path.name, path.read_bytes())
    wanted = {path.name for path in drawn}
    for path in edition.figures.iterdir():
        if path.name not in wanted:
            path.unlink()
    whole.write(edition.record / "evidence.json", (edition.runs / "evidence.json").read_bytes())
    files = [*record(edition), *edition.papers()]
    write_manifest(edition, edition.run_parts, {}, files, made_by, edition.formats())
    (edition.runs / JOURNAL).unlink(missing_ok=True)


def _changes(edition: Edition, forced: bool) -> tuple[bool, list[str]]:
    new = json.loads((edition.runs / "evidence.json").read_text(encoding="utf-8"))
    before = _read(edition.record / "evidence.json")
    if before is None:
        return True, [say("nuova registrazione", "new record")]
    found = compare.differences(before, new)
    pairs = [(path, edition.figures / path.name) for path in _drawn(edition)]
    same = all(kept.exists() and kept.read_bytes() == path.read_bytes() for path, kept in pairs)
    stands = forced and edition.entry().get("run") == edition.run_parts
    untouched = not found and (same or (stands and all(kept.exists() for _, kept in pairs)))
    return not untouched, found


def _drawn(edition: Edition) -> list[Path]:
    return sorted(path for path in edition.runs.iterdir() if path.suffix in DRAWN)


def record(edition: Edition) -> list[Path]:
    """The files of an edition that its run made: the record and the figures."""
    return [edition.record / "evidence.json", *edition.figures.glob("*")]


def _read(path: Path) -> dict[str, Any] | None:
    """A JSON file; none where there is none, or where it is no longer whole."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return None
    return found
