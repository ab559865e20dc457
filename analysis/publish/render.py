"""From one record and its prose to publications: every language and format at once, written whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, ProseError, RunError, say
from analysis.publish.sources import LANGUAGES

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from analysis.publish.formats import Work
    from analysis.publish.layout import Source


def render(
    record_dir: Path,
    notebook: Path,
    texts: Path | None,
    out: Path,
    *,
    formats: Sequence[str],
    languages: Sequence[str] = LANGUAGES,
    draft: bool = False,
    figures: Path | None = None,
) -> list[Path]:
    """Write the files of these formats (formats.FORMATS) into `out`, from the record in `record_dir`; returns them.

    `record_dir` holds evidence.json and, unless `figures` names another folder, the SVG files; outputs come from outputs.json or,
    where only the executed copy is kept, from notebook.ipynb. An edition with faults raises ProseError with all of them and writes
    nothing; a draft prints them beside the text, and has the formats that a draft can have.
    """
    from analysis.publish import layout
    from analysis.publish.formats import FORMATS

    evidence = json.loads((record_dir / "evidence.json").read_text(encoding="utf-8"))
    source = layout.read(notebook, evidence, outputs_of(record_dir), texts)
    wanted = [form for form in formats if not draft or FORMATS[form].draft]
    made: dict[str, bytes] = {}
    problems: dict[Fault, list[str]] = {}  # and the files that each stops
    with (
        tempfile.TemporaryDirectory(prefix="altro-") as name,
        ThreadPoolExecutor(max_workers=os.cpu_count()) as pool,
    ):
        works = workspaces(source, Path(name), figures or record_dir, languages, draft=draft)
        tasks = [(form, work) for form in wanted for work in (works[:1] if FORMATS[form].alike else works)]
        jobs = [(form, work, pool.submit(FORMATS[form].make, work)) for form, work in tasks]
        for form, work, job in jobs:
            try:
                made |= job.result()
            except ProseError as error:
                which = form if FORMATS[form].alike else f"{work.language}.{form}"
                for fault in error.faults:
                    problems.setdefault(fault, []).append(which)
    if problems:
        raise ProseError(
            Fault(f.what, f"{source.name} ({', '.join(which)}) {f.where}".strip(), f.allowed, f.next_step)
            for f, which in problems.items()
        )
    out.mkdir(parents=True, exist_ok=True)
    return [_write(out / target, made[target]) for target in sorted(made)]


def workspaces(
    source: Source, folder: Path, figures: Path, languages: Sequence[str] = LANGUAGES, *, draft: bool = False
) -> list[Work]:
    """A prepared workspace for each language, below `folder`. Faults of the prose raise ProseError, all at once, unless it is a draft."""
    from analysis.publish import prose
    from analysis.publish.formats import Work

    proses = {language: prose.compose(source, language, languages) for language in languages}
    decks = {language: prose.compose(source, language, languages, slides=True) for language in languages}
    composed = [*proses.values(), *decks.values()]
    faults = list(dict.fromkeys(fault for one in composed for fault in one.faults))
    if faults and not draft:
        raise ProseError(faults)
    return [
        Work(source, proses, decks, language, folder / language, figures, draft).prepare()
        for language in languages
    ]


def make_executed(work: Work) -> dict[str, bytes]:
    """The format `ipynb`: the executed copy."""
    source = work.source
    return {"notebook.ipynb": executed(source.notebook, source.outputs, source.evidence).encode("utf-8")}


def _write(path: Path, content: bytes) -> Path:
    """Write whole or not at all; a file that already holds these bytes is left alone."""
    if path.is_file() and path.read_bytes() == content:
        return path
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def outputs_of(record_dir: Path) -> dict[str, list[dict[str, Any]]]:
    """Outputs by cell id: outputs.json of a run, else those of the executed copy beside the evidence."""
    stored = record_dir / "outputs.json"
    if stored.is_file():
        found: dict[str, list[dict[str, Any]]] = json.loads(stored.read_text(encoding="utf-8"))
        return found
    copy = record_dir / "notebook.ipynb"
    if not copy.is_file():
        what = say("mancano gli output dell'esecuzione", "the outputs of the run are missing")
        raise RunError(Fault(what, record_dir.name, allowed="outputs.json, notebook.ipynb"))
    cells = json.loads(copy.read_text(encoding="utf-8"))["cells"]
    return {cell["id"]: cell["outputs"] for cell in cells if cell.get("outputs")}


def assemble(
    notebook: Path, outputs: Mapping[str, Sequence[Mapping[str, Any]]], evidence: Mapping[str, Any]
) -> NotebookNode:
    """The executed copy as nbformat has it; `executed` makes it."""
    import nbformat

    return nbformat.reads(executed(notebook, outputs, evidence), as_version=4)


def executed(
    notebook: Path, outputs: Mapping[str, Sequence[Mapping[str, Any]]], evidence: Mapping[str, Any]
) -> str:
    """The executed copy as JSON: the cells as they are now, with the stored outputs that were made through the evidence.

    Sorted keys and no trace of when or where it ran: one byte sequence for one content. nbformat is not needed (its import alone
    takes longer than a paper).
    """
    book = json.loads(notebook.read_text(encoding="utf-8"))
    known = {
        key
        for group in ("numbers", "statements", "tables", "figures", "methods", "worksheets")
        for key in evidence.get(group, {})
    }
    cells = []
    for cell in book["cells"]:
        cell = {**cell, "source": _lines(cell["source"])}
        if cell["cell_type"] == "code":
            stored = (
                o
                for o in outputs.get(cell["id"], [])
                if o.get("metadata", {}).get("altro", {}).get("key") in known
            )
            cell |= {"outputs": [_output(output) for output in stored]}
            cell["metadata"] = {
                k: v for k, v in cell["metadata"].items() if k not in ("execution", "papermill")
            }
        cells.append(cell)
        if "parameters" in cell["metadata"].get("tags", []) and evidence.get("parameters"):
            cells.append(_injected(evidence["parameters"]))
    for count, cell in enumerate((cell for cell in cells if cell["cell_type"] == "code"), start=1):
        cell["execution_count"] = count
    metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    whole = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, ensure_ascii=False, sort_keys=True, indent=1) + "\n"


def _injected(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The cell that gives the executed copy the parameters of its run, so that it runs again as it ran."""
    source = [f"{name} = {value!r}\n" for name, value in sorted(parameters.items())]
    source[-1] = source[-1].rstrip("\n")
    metadata = {"tags": ["injected-parameters"]}
    return {"cell_type": "code", "id": "injected-parameters", "metadata": metadata, "source": source, "outputs": []}  # fmt: skip


def _output(output: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        kind: _lines(value) if isinstance(value, str) else value for kind, value in output["data"].items()
    }
    return {"output_type": "display_data", "data": data, "metadata": output["metadata"]}


def _lines(text: str | list[str]) -> list[str]:
    return "".join(text).splitlines(keepends=True)
