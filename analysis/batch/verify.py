"""The published editions of a study, made again in a clean copy and compared entry by entry; the outcome is one plain mapping.

What belongs here: which editions, what can be executed, and the assembly of the report (its schema is `SCHEMA`). What does not: the copy
(clone.py), the comparisons (compare.py, products.py), inputs and environment (provenance.py), how the report is shown.
"""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.batch import clone, compare, keys, products, provenance
from analysis.batch.compare import DIFFERS, MISSING, UNCHECKED, Entry
from analysis.batch.products import RECORD, Side
from analysis.errors import Fault, RunError, say

SCHEMA = 1
Report = Callable[[str], None]
GONE = {"it": "il notebook non c'è più", "en": "the notebook is no longer there"}


@dataclass
class Published:
    """One published edition: the manifest's entry, the record, and why it is not executed again (empty where it is)."""

    name: str
    entry: dict[str, Any]
    side: Side
    record: dict[str, Any]
    cites: list[str]
    gone: bool = False
    why: dict[str, str] = field(default_factory=dict)
    failure: str = ""

    @property
    def executed(self) -> bool:
        return not self.gone and not self.why


def published(project: Path) -> list[str]:
    """Identifiers of the studies that have published papers in a project."""
    return sorted(path.parent.name for path in (project / "papers").glob("*/manifest.json"))


def chosen_studies(project: Path, studies: Sequence[str], notebooks: Sequence[str]) -> list[str]:
    """The studies to verify: those named (all that are published, if none is) that have an edition of one of the notebooks named.

    RunError for studies without published papers and notebooks that none of them has published, all at once, before anything is copied.
    """
    have = published(project)
    what = say("non ha articoli pubblicati", "has no published papers")
    allowed = ", ".join(have) or say("nessuno", "none")
    faults = [
        Fault(
            what,
            f"papers/{name}",
            allowed,
            say(f"Pubblicarlo: altro papers {name}", f"Publish it: altro papers {name}"),
        )
        for name in studies
        if name not in have
    ]
    wanted = list(dict.fromkeys(studies)) or have
    if not wanted:
        step = say("Pubblicare: altro papers", "Publish: altro papers")
        faults.append(Fault(what, "papers/", next_step=step))
    held = {name: _manifest(project, name) for name in wanted if name in have}
    known = sorted({notebook for entries in held.values() for notebook in entries})
    faults += [
        Fault(
            say(f"nessuna edizione pubblicata di «{name}»", f"no published edition of '{name}'"),
            ", ".join(f"papers/{study}" for study in held),
            ", ".join(known),
        )
        for name in notebooks
        if held and name not in known
    ]
    if faults:
        raise RunError(faults)
    return [name for name in wanted if not notebooks or set(notebooks) & set(held[name])]


def verify(
    project: Path,
    study: str,
    chosen: Sequence[str],
    *,
    workshop: clone.Workshop,
    interpreter: Mapping[str, Any],
    eyes: products.Eyes,
    again: str,
    out: Path,
    source: str,
    report: Report,
) -> dict[str, Any]:
    """The report on the editions that `project` holds of a study, all of them or those `chosen` by notebook, made again in `workshop`.

    `again` is the `module:function` that renders a published record anew where its data are not here; pictures go below `out`. `source` is
    the project as the report names it.
    """
    manifest = _manifest(project, study)
    private = clone.private_folders(study)
    editions = {name: _published(project, study, name, manifest[name], workshop.root) for name in manifest}
    for edition in editions.values():
        lacking = _lacking(edition, workshop.root, private)
        if lacking and not edition.gone:
            edition.why = _without(lacking)
    for edition in editions.values():
        held = [name for name in edition.cites if name in editions and editions[name].why]
        if held and not edition.gone and not edition.why:
            edition.why = _citing(held)
    names = [name for name in dict.fromkeys(chosen) if name in manifest] or sorted(manifest)
    _make(study, [editions[name] for name in names], editions, workshop, again, report)
    for path in (out / "pictures").glob("*.png"):
        path.unlink()
    remade = _manifest(workshop.root, study)
    documents = []
    for name in names:
        report(say(f"{study}/{name}: confronto", f"{study}/{name}: comparing"))
        documents.append(_edition(editions[name], remade.get(name, {}), study, workshop.root, private, eyes, out))  # fmt: skip
    rows = provenance.environment(workshop.root, [manifest[name].get("environment", {}) for name in names], interpreter)  # fmt: skip
    made = _report(study, source, documents, rows, [editions[name].record for name in names], interpreter)
    return made | {"sha256": {"lock": _sum(workshop.root / "requirements.lock")}}


def _report(
    study: str,
    source: str,
    documents: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    records: list[dict[str, Any]],
    interpreter: Mapping[str, Any],
) -> dict[str, Any]:
    context: Mapping[str, Any] = next((one["context"] for one in records if one.get("context")), {})
    verdicts = [document["verdict"] for document in documents]
    verdicts += [row["verdict"] for row in rows if provenance.decisive(row)]
    return {
        "schema": SCHEMA,
        "study": study,
        "label": context.get("provenance", ""),
        "title": context.get("title", {"it": study, "en": study}),
        "edition": str(context.get("edition", "")),
        "source": source,
        "verdict": compare.worst(verdicts),
        "counts": compare.counts(entry["verdict"] for one in documents for entry in one["entries"]),
        "interpreter": {name: interpreter[name] for name in ("python", "platform")},
        "environment": rows,
        "editions": documents,
    }


# -- what is published ---------------------------------------------------------------------------------------------------


def _manifest(project: Path, study: str) -> dict[str, Any]:
    """The manifest's entries by notebook; none where nothing is published."""
    path = project / "papers" / study / "manifest.json"
    if not path.is_file():
        return {}
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): dict(entry) for name, entry in document["notebooks"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        what = say(f"non si legge ({error})", f"cannot be read ({error})")
        raise RunError(Fault(what, f"papers/{study}/manifest.json")) from error


def _published(project: Path, study: str, name: str, entry: dict[str, Any], copy: Path) -> Published:
    side = Side(project / "papers" / study / name, project / "figures" / study / name)
    front = _front(copy, name)
    named = front.get("cites", {})
    cites = [*named.get("notebooks", []), *named.get("optional", [])]
    gone = not (copy / "notebooks" / f"{name}.ipynb").is_file()
    return Published(name, entry, side, _record(side), cites, gone)


def _front(copy: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads((copy / "notebooks" / f"{name}.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _record(side: Side) -> dict[str, Any]:
    """The record of a side; empty where it is not there, or is no record."""
    try:
        document = json.loads(side.file(RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    groups = [document.get(group, {}) for group in compare.KINDS] if isinstance(document, dict) else [None]
    whole = all(isinstance(g, dict) and all(isinstance(one, dict) for one in g.values()) for g in groups)
    return document if whole else {}


def _lacking(edition: Published, copy: Path, private: Sequence[Path]) -> list[str]:
    """The private files from which the edition was made and that are not on this machine."""
    simulated = edition.record.get("context", {}).get("provenance") == "simulated"
    parts = edition.entry.get("run", {})
    there = provenance.on_disk(parts, copy, private)
    return [
        part
        for part in sorted(parts)
        if there.get(part) == ""
        and (
            part.startswith("private/")
            or ("/survey/" in part and not part.endswith("codebook.toml") and not simulated)
        )
    ]


def _without(lacking: Sequence[str]) -> dict[str, str]:
    listed = ", ".join(lacking)
    return {
        "it": f"i dati riservati non sono su questa macchina ({listed})",
        "en": f"the private data are not on this machine ({listed})",
    }


def _citing(held: Sequence[str]) -> dict[str, str]:
    listed = ", ".join(held)
    return {
        "it": f"cita un notebook che qui non si può rieseguire ({listed})",
        "en": f"cites a notebook that cannot be executed here ({listed})",
    }


# -- made again ----------------------------------------------------------------------------------------------------------


def _make(
    study: str,
    wanted: Sequence[Published],
    editions: Mapping[str, Published],
    workshop: clone.Workshop,
    again: str,
    report: Report,
) -> None:
    """Execute what can be executed, those cited included; render the others anew from their published records."""
    names = [one.name for one in wanted if one.executed]
    names += [name for one in wanted if one.executed for name in one.cites if name in editions]
    running = [name for name in dict.fromkeys(names) if editions[name].executed]
    if running:
        listed = ", ".join(running)
        report(say(f"{study}: si esegue di nuovo {listed}", f"{study}: running again {listed}"))
        failures = workshop.papers(study, running, report)
        for edition in wanted:
            own = [line for line in failures if f"{study}/{edition.name} " in f"{line} "]
            edition.failure = " ".join((own or failures)[:4]).strip("✗ ")
    for edition in wanted:
        if not edition.executed and not edition.gone and edition.record:
            report(
                say(
                    f"{study}/{edition.name}: si impagina dalla registrazione pubblicata",
                    f"{study}/{edition.name}: rendered from the published record",
                )
            )
            edition.failure = _rendered(edition, study, workshop, again)


def _rendered(edition: Published, study: str, workshop: clone.Workshop, again: str) -> str:
    """Render the published record with the copy's code; returns why that failed, or nothing."""
    root = workshop.root
    given, drawn = root / "build" / "given" / edition.name, root / "figures" / study / edition.name
    target = root / "papers" / study / edition.name
    for source, folder in ((edition.side.record, given), (edition.side.figures, drawn), (edition.side.record, target)):  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.glob("*")):
            if path.is_file() and (folder is not target or path.name == RECORD):
                shutil.copyfile(path, folder / path.name)
    texts = root / "data" / study / "texts" / f"{edition.name}.toml"
    notebook = root / "notebooks" / f"{edition.name}.ipynb"
    formats = edition.entry.get("formats") or ["pdf", "ipynb"]
    return workshop.call(again, str(given), str(notebook), str(texts) if texts.is_file() else "", str(target), str(drawn), formats)  # fmt: skip


# -- compared ------------------------------------------------------------------------------------------------------------


def _edition(
    one: Published,
    remade: Mapping[str, Any],
    study: str,
    copy: Path,
    private: Sequence[Path],
    eyes: products.Eyes,
    out: Path,
) -> dict[str, Any]:
    side = Side(copy / "papers" / study / one.name, copy / "figures" / study / one.name)
    damaged = products.damage(one.side, one.entry.get("products", {}))
    reference: Mapping[str, Any] = _record(side) if one.executed and remade else {}
    now = provenance.on_disk([*one.entry.get("run", {}), *one.entry.get("render", {})], copy, private)
    changed = provenance.inputs(one.entry, remade, now)
    failed = _failed(one)
    entries: list[Entry]
    if one.gone:
        entries = compare.alone(one.record, MISSING, GONE)
    elif not one.executed:
        entries = compare.alone(one.record, UNCHECKED, one.why)
    elif not reference:
        entries = compare.alone(one.record, MISSING, failed)
    else:
        entries = compare.entries(one.record, reference)
        _explain(entries, changed, damaged)
    for entry in entries:
        _figure(entry, one, reference, side, damaged, eyes, out)
    if one.executed or damaged.get(RECORD) or not one.record:
        entries.append(products.record(one.record, (reference or None) if one.executed else one.record, one.side, side, damaged))  # fmt: skip
    names = {Path(name).name for name in (*one.entry.get("products", {}), *remade.get("products", {}))}
    for name in sorted(names):
        if name != RECORD and not name.endswith((".svg", ".csv")):
            entries.append(_paper(name, one, side, damaged, eyes, failed))
    _explain([entry for entry in entries if entry.kind in ("text", "file")], changed, damaged)
    verdicts = [entry.verdict for entry in entries]
    why = one.why or (GONE if one.gone else failed if one.failure and MISSING in verdicts else {"it": "", "en": ""})  # fmt: skip
    return {
        "notebook": one.name,
        "title": _front(copy, one.name).get("title", {"it": one.name, "en": one.name}),
        "executed": one.executed and bool(reference),
        "why": why,
        "verdict": compare.worst(verdicts),
        "counts": compare.counts(verdicts),
        "inputs": changed,
        "entries": [entry.document() for entry in entries],
        "sha256": {"evidence": _sum(one.side.file(RECORD))},
    }


def _sum(path: Path) -> str:
    """SHA-256 of a file; empty where it is not there."""
    return keys.of_file(path) if path.is_file() else ""


def _failed(one: Published) -> dict[str, str]:
    """That the edition could not be made again, with what was said (in the language of the call) where something was."""
    said = f": {one.failure}" if one.failure else ""
    return {"it": f"non si è potuto rifare{said}", "en": f"could not be made again{said}"}


def _figure(
    entry: Entry,
    one: Published,
    again: Mapping[str, Any],
    side: Side,
    damaged: Mapping[str, str],
    eyes: products.Eyes,
    out: Path,
) -> None:
    """Let a figure's files bear on its entry; where nothing was drawn again, their checksums alone do."""
    drawn = one.record.get("figures", {}).get(entry.key) if entry.kind == "figure" else None
    if not drawn:
        return
    if entry.key in again.get("figures", {}):
        products.figure(entry, drawn, one.side, side, damaged, eyes, out)
    else:
        for name in (drawn.get("csv", ""), *drawn.get("svg", {}).values()):
            products.blame(entry, name, damaged)


def _paper(
    name: str, one: Published, side: Side, damaged: Mapping[str, str], eyes: products.Eyes, failed: Mapping[str, str]
) -> Entry:  # fmt: skip
    entry = products.paper(name, one.side, side, damaged, eyes)
    if entry.verdict == MISSING and not side.file(name).is_file():
        why = GONE if one.gone else failed
        entry.add(MISSING, why["it"], why["en"])
    return entry


def _explain(entries: Collection[Entry], changed: list[dict[str, str]], damaged: Mapping[str, str]) -> None:
    """Add to what differs why it may: the published record altered, the inputs that changed, or that none has."""
    why = provenance.told(changed)
    for entry in entries:
        if entry.verdict != DIFFERS:
            continue
        altered = damaged.get(RECORD) == "altered"
        if altered and entry.kind not in ("text", "file"):
            products.blame(entry, RECORD, damaged)
        if changed or not (altered or entry.key in damaged):
            entry.add(DIFFERS, why["it"], why["en"])
