"""Notebooks that compute nothing: their record is gathered from the kept records of the notebooks that they cite, with no kernel.

What belongs here: which editions are cited, whether they stand, and the writing of the gathered record. What does not: which entries a
text quotes (the gatherer, which the command line hands in).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.batch import keys
from analysis.errors import Fault, RunError, say

if TYPE_CHECKING:
    from analysis.batch.editions import Edition, Notebook

ENTRIES = ("notebooks", "optional")
COMPUTED = ("parameters", "statements", "words", "needs")  # of a notebook that computes
# notebook, the study's texts, and by name of what is cited its record, figures, notebook, texts and folder as seen from the citing paper
Gatherer = Callable[
    [Path, Path | None, Mapping[str, Mapping[str, Any]]], tuple[dict[str, Any], dict[str, Path]]
]


def declaration(notebook: Notebook, known: Mapping[str, Notebook]) -> list[Fault]:
    """What is wrong with [cites] and with the cells beside it; `known` are the notebooks of the project."""
    where = f"notebooks/{notebook.name}.toml [cites]"
    found = [
        Fault(say(f"voce «{name}» sconosciuta", f"unknown entry '{name}'"), where, ", ".join(ENTRIES))
        for name in sorted(set(notebook.front["cites"]) - set(ENTRIES))
    ]
    for group in COMPUTED:
        if group in notebook.front:
            what = say(
                f"[{group}] in un notebook che non calcola", f"[{group}] in a notebook that computes nothing"
            )
            found.append(Fault(what, f"notebooks/{notebook.name}.toml"))
    for cell in notebook.cells:
        if cell["cell_type"] == "code":
            what = say(
                "cella di codice in un notebook che cita e non calcola",
                "code cell in a notebook that cites and computes nothing",
            )
            step = say(
                "Spostare il calcolo in un notebook da citare.", "Move the computation to a notebook to cite."
            )
            at = say(f"cella {cell.get('id')}", f"cell {cell.get('id')}")
            found.append(Fault(what, f"notebooks/{notebook.name}.ipynb, {at}", next_step=step))
    if not notebook.cites:
        found.append(Fault(say("nessun notebook citato", "no notebook is cited"), where, 'notebooks = ["…"]'))
    allowed = sorted(name for name, other in known.items() if "cites" not in _front(other))
    for name in notebook.cites:
        if name not in allowed:
            what = say(f"«{name}» non è un notebook che si possa citare", f"'{name}' is no notebook to cite")
            found.append(Fault(what, where, ", ".join(allowed)))
        elif known[name].faults():
            what = say(f"il notebook citato «{name}» non si legge", f"cited notebook '{name}' cannot be read")
            found.append(Fault(what, where))
    return found


def _front(notebook: Notebook) -> Mapping[str, Any]:
    try:
        return notebook.front
    except (OSError, ValueError):
        return {}


def run_parts(edition: Edition) -> dict[str, str]:
    """Digest of each thing that the gathered record depends on."""
    notebook = edition.notebook
    parts = {
        "cells": keys.of_value([[keys.source_of(c), c.get("metadata")] for c in notebook.cells]),
        "front matter": keys.of_value(notebook.front),
        "study's texts": keys.of_file(edition.texts) if edition.texts else "",
    }
    for one in edition.cited:
        record = one.record / "evidence.json"
        parts[f"{one.notebook.name}/evidence.json"] = keys.of_file(record) if record.exists() else ""
        parts[f"{one.notebook.name}.toml"] = keys.of_value(one.notebook.front)
    return parts


def faults(edition: Edition, failed: Collection[str] = ()) -> list[Fault]:
    """Why the record cannot be gathered: cited editions that are missing, of another date, older than what they are made from, or `failed` just now."""
    where = f"notebooks/{edition.notebook.name}.toml [cites]"
    inside = edition.folder.parent.resolve() == places.data().resolve()
    study = edition.study if inside else str(edition.folder)
    found = []
    for one in edition.cited:
        name = one.notebook.name
        command = f"altro papers {study} --notebook {name}"
        step = say(f"Eseguire: {command}", f"Run: {command}")
        if one.name in failed:
            what = say(
                f"il notebook citato «{name}» non è riuscito in questa esecuzione",
                f"cited notebook '{name}' failed in this call",
            )
            step = say(f"Correggerlo, poi: {command}", f"Mend it, then: {command}")
        elif not one.entry() or not (one.record / "evidence.json").is_file():
            what = say(
                f"manca l'edizione del notebook citato «{name}» per {edition.study}",
                f"the edition of cited notebook '{name}' for {edition.study} is missing",
            )
        elif (date := _date(one)) != str(edition.settings["edition"]):
            what = say(
                f"l'edizione del notebook citato «{name}» è del {date}, lo studio è del {edition.settings['edition']}",
                f"the edition of cited notebook '{name}' is of {date}, the study is of {edition.settings['edition']}",
            )
        elif reasons := one.run_reasons():
            some = ", ".join(reasons[:3])
            what = say(
                f"l'edizione del notebook citato «{name}» è più vecchia di ciò da cui nasce ({some})",
                f"the edition of cited notebook '{name}' is older than what it is made from ({some})",
            )
        else:
            continue
        found.append(Fault(what, where, next_step=step))
    return found


def _date(edition: Edition) -> str:
    """The edition date that the kept record carries."""
    try:
        document = json.loads((edition.record / "evidence.json").read_text(encoding="utf-8"))
        return str(document["context"]["edition"])
    except (ValueError, KeyError, TypeError):
        return "?"


def collected(edition: Edition, gatherer: Gatherer) -> tuple[dict[str, Any], dict[str, Path]]:
    """The record as it would be gathered now, and the files of its figures by name; nothing is written."""
    origins = {
        one.notebook.name: {
            "record": one.record,
            "figures": one.figures,
            "notebook": one.notebook.path,
            "texts": one.texts,
            "folder": Path(os.path.relpath(one.record, edition.record)).as_posix(),
        }
        for one in edition.cited
    }
    return gatherer(edition.notebook.path, edition.texts, origins)


def gather(edition: Edition, failed: Collection[str], gatherer: Gatherer) -> bool:
    """Gather the record of `edition` and its figures; returns whether anything changed. Cited editions that do not stand are a RunError."""
    from analysis.batch import execute, whole
    from analysis.batch.editions import write_manifest
    from analysis.batch.promote import JOURNAL

    if found := faults(edition, failed):
        raise RunError(found)
    record, files = collected(edition, gatherer)
    text = json.dumps(record, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    wanted = {edition.figures / name: path.read_bytes() for name, path in files.items()}
    wanted[edition.record / "evidence.json"] = text.encode()
    journal = edition.runs / JOURNAL  # a gathering that was cut off is begun again as the change that it was
    gone = [path for path in edition.figures.glob("*") if path not in wanted]
    changed = journal.exists() or gone or any(not _holds(path, content) for path, content in wanted.items())
    if changed:
        whole.write_json(journal, {"run": edition.run_parts}, lasting=True)
    for path, content in wanted.items():
        whole.write(path, content)
    for path in gone:
        path.unlink()
    whole.write(edition.runs / "evidence.json", text)
    whole.write(edition.runs / "outputs.json", "{}\n")
    entry = edition.entry()
    if changed or entry.get("run") != edition.run_parts:
        render = {} if changed else entry.get("render", {})
        made_by = (not changed and entry.get("environment")) or execute.environment()
        products = [*wanted, *edition.papers()]
        write_manifest(edition, edition.run_parts, render, products, made_by, edition.formats())
    journal.unlink(missing_ok=True)
    return bool(changed)


def _holds(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content
