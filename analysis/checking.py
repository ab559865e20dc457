"""The commands that check and change nothing in a paper: every fault of a study at once, and twins whose Italian text has changed."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import AltroError, Fault, say


def of_study(study: Any, books: Sequence[Any]) -> tuple[list[Fault], list[str]]:
    """Every fault of a study and of its texts in these notebooks, and the warnings, which stop nothing."""
    from analysis.batch import editions

    found: list[Fault] = list(study.check())
    warnings: list[str] = []
    for notebook in books if not found else ():
        planned, _ = editions.plan([study], [notebook], {})
        for edition in planned:
            try:
                faults, more = _of_edition(edition)
            except AltroError as error:
                faults, more = list(error.faults), []
            found += faults
            warnings += more
    return list(dict.fromkeys(found)), warnings


def _of_edition(edition: Any) -> tuple[list[Fault], list[str]]:
    from analysis.batch import cited, execute
    from analysis.publish import brief, catalogue, layout, lint, prose, render, toml
    from analysis.publish import cited as gathering

    book, record = edition.notebook, edition.record / "evidence.json"
    if edition.cited and all((one.record / record.name).exists() for one in edition.cited):
        evidence, figures = cited.collected(edition, gathering.gather)
        outputs: Any = {}
    elif record.exists():
        evidence = json.loads(record.read_text(encoding="utf-8"))
        names = [name for entry in evidence["figures"].values() for name in entry["svg"].values()]
        figures = {name: edition.figures / name for name in names}
        outputs = render.outputs_of(execute.source(edition))
    else:
        if edition.texts:
            toml.texts(edition.texts, f"data/{edition.study}/texts/{edition.texts.name}")
        what = say(
            "non è ancora stato eseguito: i suoi testi non si possono controllare",
            "has not been run yet: its texts cannot be checked",
        )
        return [], [f"{edition.study}/{book.name}: {what}"]
    found = prose.faults(book.path, evidence, outputs, edition.texts)
    source = layout.read(book.path, evidence, outputs, edition.texts)
    found += _printed(source, figures)
    absent = [brief.lacking(source), catalogue.note(source.context, book.name)]
    warnings = [*map(str, lint.unused(source)), *filter(None, absent)]
    return found, [f"{edition.study}: {warning}" for warning in warnings]


def _printed(source: Any, figures: Mapping[str, Path]) -> list[Fault]:
    """What pandoc and typst have to say of the paper: it is printed as a draft, and thrown away. `figures`: files by name."""
    from analysis.publish import render
    from analysis.publish.formats import FORMATS

    found: dict[Fault, None] = {}
    with tempfile.TemporaryDirectory(prefix="altro-") as folder:
        drawn = Path(folder) / "figures"
        drawn.mkdir()
        for name, path in figures.items():
            if path.is_file():
                shutil.copyfile(path, drawn / name)
        for work in render.workspaces(source, Path(folder), drawn, draft=True):
            try:
                FORMATS["pdf"].make(work)
            except AltroError as error:
                for fault in error.faults:
                    where = f"{source.name}, {fault.where}" if fault.where else source.name
                    found[Fault(fault.what, where, fault.allowed, fault.next_step)] = None
    return list(found)


def heading(study: str, faults: int, warnings: int) -> str:
    """`demo: no faults, 2 warnings`."""
    italian = f"{faults or 'nessun'} difett{'o' if faults < 2 else 'i'}"
    english = f"{faults or 'no'} fault{'' if faults == 1 else 's'}"
    if warnings:
        italian += f", {warnings} avvis{'o' if warnings == 1 else 'i'}"
        english += f", {warnings} warning{'' if warnings == 1 else 's'}"
    return say(f"{study}: {italian}", f"{study}: {english}")


def stale(notebooks: Iterable[Path]) -> list[str]:
    """What to mend, one text a stale twin of these notebooks."""
    from analysis.publish import twins

    return [twins.told(path, twin) for path in notebooks for twin in twins.of_notebook(path)]


def accepted(notebooks: Path, notebook: str, cell: str) -> str:
    """Accept one twin and say so."""
    from analysis.publish import twins

    done = twins.accept(notebooks, notebook, cell)
    if done is None:
        return say(
            f"{cell}: la traduzione era già accettata.", f"{cell}: the translation was accepted already."
        )
    return say(
        f"{done.english}: accettato come traduzione di {done.italian}.",
        f"{done.english}: accepted as the translation of {done.italian}.",
    )
