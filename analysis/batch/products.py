"""The published files of an edition against those made again: checksums, drawings, papers, the executed copy, catalogue records.

What belongs here: whether two files say the same. What does not: how a drawing becomes pixels and a paper words, which the command line
hands in (`Eyes`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.batch import keys
from analysis.batch.compare import DIFFERS, MISSING, SAME, WITHIN, Entry, departures, head_departures
from analysis.errors import AltroError

RECORD, COPY = "evidence.json", "notebook.ipynb"
ALTERED = (
    "{name} non corrisponde alla sua somma di controllo nel manifesto",
    "{name} does not match its checksum in the manifest",
)


@dataclass(frozen=True)
class Side:
    """Where the files of an edition lie on one side: papers and record, figures."""

    record: Path
    figures: Path

    def file(self, name: str) -> Path:
        """A file that the record or the manifest names; only its last part counts, whatever an archive may claim."""
        last = name.replace("\\", "/").rsplit("/", 1)[-1]
        return (self.figures if last.endswith((".svg", ".csv")) else self.record) / last


@dataclass(frozen=True)
class Eyes:
    """How drawings and papers are seen: `compare(a, b, out)` of two SVG files (`share` of pixels that differ, `pictures` written), `words`
    of a PDF, a string a page."""

    compare: Callable[[Path, Path, Path | None], Any]
    words: Callable[[Path], list[str]]


def damage(side: Side, products: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the published files by the manifest's checksums: name without folder to "gone" or "altered"."""
    found = {}
    for name, checksum in products.items():
        path = side.file(name)
        if not path.is_file():
            found[path.name] = "gone"
        elif keys.of_file(path) != checksum:
            found[path.name] = "altered"
    return found


def blame(entry: Entry, name: str, damaged: Mapping[str, str]) -> None:
    """Let a damaged published file bear on the verdict of what it holds."""
    if damaged.get(name) == "altered":
        entry.add(DIFFERS, *(text.format(name=name) for text in ALTERED))
    elif damaged.get(name) == "gone":
        entry.add(MISSING, f"{name} manca tra i file pubblicati", f"{name} is missing among the published files")  # fmt: skip


def record(old: Mapping[str, Any], new: Mapping[str, Any] | None, a: Side, b: Side, damaged: Mapping[str, str]) -> Entry:  # fmt: skip
    """The entry of evidence.json as a file: its checksum and what heads it; what it holds is compared entry by entry."""
    entry = Entry("file", RECORD, SAME)
    blame(entry, RECORD, damaged)
    if new is None:
        entry.add(MISSING, "non rifatto", "not made again")
        return entry
    heads = head_departures(old, new)
    if heads:
        entry.where = heads[0].place
        more = "" if len(heads) == 1 else f" (+{len(heads) - 1})"
        entry.add(DIFFERS, f"diversa l'intestazione: {heads[0]}{more}", f"its head differs: {heads[0]}{more}")
    elif not _equal(a.file(RECORD), b.file(RECORD)):
        entry.add(WITHIN, "altri byte: si confronta voce per voce", "other bytes: compared entry by entry")
    return entry


def figure(
    entry: Entry,
    drawn: Mapping[str, Any],
    a: Side,
    b: Side,
    damaged: Mapping[str, str],
    eyes: Eyes,
    out: Path,
) -> None:
    """Let the files of a figure bear on its entry: the CSV of what it plots, then the drawing of each language, pixel by pixel.

    Pictures of a difference are written below `out`/pictures; their paths are relative to `out`.
    """
    plotted = str(drawn.get("csv", ""))
    blame(entry, plotted, damaged)
    if plotted and _both(entry, plotted, a, b) and not _equal(a.file(plotted), b.file(plotted)):
        _plotted(entry, plotted, _rows(a.file(plotted)), _rows(b.file(plotted)))
    for language, name in sorted(drawn.get("svg", {}).items()):
        blame(entry, name, damaged)
        if not _both(entry, name, a, b) or _equal(a.file(name), b.file(name)):
            continue
        stem = out / "pictures" / f"{b.record.name}.{entry.key}.{language}"
        _drawings(entry, language, name, a.file(name), b.file(name), eyes, stem)


def _plotted(entry: Entry, name: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    found = departures("figures", {"rows": old}, {"rows": new})
    beyond = [one for one in found if not one.within]
    if beyond:
        entry.where = entry.where or f"{name} {beyond[0].place}"
        entry.add(DIFFERS, f"{name}: {beyond[0]}", f"{name}: {beyond[0]}")
    else:
        entry.add(WITHIN, f"{name} uguale entro la tolleranza", f"{name} equal within tolerance")


def _drawings(entry: Entry, language: str, name: str, old: Path, new: Path, eyes: Eyes, stem: Path) -> None:
    try:
        seen = eyes.compare(old, new, None)
        if not seen.share:
            entry.add(WITHIN, f"{name}: altri byte, stessi pixel", f"{name}: other bytes, same pixels")
            return
        seen = eyes.compare(old, new, stem)
    except AltroError as error:
        entry.add(DIFFERS, f"{name}: {error}", f"{name}: {error}")
        return
    base = stem.parent.parent
    published, again, difference = (path.relative_to(base).as_posix() for path in seen.pictures)
    entry.pictures.append(
        {
            "lang": language,
            "published": published,
            "again": again,
            "difference": difference,
            "share": seen.share,
        }
    )
    share = f"{100 * seen.share:.2g}" if seen.share >= 1e-4 else "<0.01"
    italian = f"{name}: diverso il {share.replace('.', ',')}% dei pixel"
    entry.add(DIFFERS, italian, f"{name}: {share}% of the pixels differ")


def paper(name: str, a: Side, b: Side, damaged: Mapping[str, str], eyes: Eyes) -> Entry:
    """The entry of a paper, the executed copy or a catalogue record: same bytes, or what it says."""
    entry = Entry("text" if name.endswith(".pdf") else "file", name, SAME)
    blame(entry, name, damaged)
    old, new = a.file(name), b.file(name)
    if not _both(entry, name, a, b) or _equal(old, new):
        return entry
    try:
        if name.endswith(".pdf"):
            _pages(entry, eyes.words(old), eyes.words(new))
        elif name == COPY:
            _cells(entry, old, new)
        else:
            _lines(entry, old.read_text(encoding="utf-8"), new.read_text(encoding="utf-8"))
    except (AltroError, ValueError, KeyError, TypeError, AttributeError) as error:
        entry.add(DIFFERS, f"non si legge ({error})", f"cannot be read ({error})")
    return entry


def _pages(entry: Entry, old: list[str], new: list[str]) -> None:
    if old == new:
        entry.add(WITHIN, "altri byte, stesso testo in ogni pagina", "other bytes, same text on every page")
        return
    number = next((i for i, (x, y) in enumerate(zip(old, new), 1) if x != y), min(len(old), len(new)) + 1)
    entry.where = f"page {number}"
    pages = sum(x != y for x, y in zip(old, new)) + abs(len(old) - len(new))
    entry.add(
        DIFFERS,
        f"testo diverso in {pages} {'pagina' if pages == 1 else 'pagine'}, la prima è {number}",
        f"text differs on {pages} page{'' if pages == 1 else 's'}, first on {number}",
    )
    if number <= min(len(old), len(new)):
        _first_line(entry, old[number - 1].splitlines(), new[number - 1].splitlines())


def _lines(entry: Entry, old: str, new: str) -> None:
    if old.splitlines() == new.splitlines():
        entry.add(WITHIN, "stesse righe, altri byte", "same lines, other bytes")
        return
    number = _first_line(entry, old.splitlines(), new.splitlines())
    entry.where = f"line {number}"
    entry.add(DIFFERS, f"diverso dalla riga {number}", f"differs from line {number}")


def _first_line(entry: Entry, old: list[str], new: list[str]) -> int:
    """Keep the first lines that differ as the two values; returns their number."""
    i = next((i for i, (x, y) in enumerate(zip(old, new)) if x != y), min(len(old), len(new)))
    entry.published, entry.again = (side[i] if i < len(side) else None for side in (old, new))
    return i + 1


def _cells(entry: Entry, old: Path, new: Path) -> None:
    """The executed copy, cell by cell; drawings shown in it are left to the figures."""
    a, b = (json.loads(path.read_text(encoding="utf-8"))["cells"] for path in (old, new))
    if len(a) != len(b):
        entry.add(DIFFERS, f"{len(a)} celle → {len(b)}", f"{len(a)} cells → {len(b)}")
        return
    different = [str(x.get("id", i)) for i, (x, y) in enumerate(zip(a, b)) if _told(x) != _told(y)]
    if different:
        entry.where = f"cell {different[0]}"
        listed = ", ".join(different[:3]) + (" …" if len(different) > 3 else "")
        n = len(different)
        italian = f"{n} {'cella diversa' if n == 1 else 'celle diverse'}: {listed}"
        entry.add(DIFFERS, italian, f"{n} cell{'' if n == 1 else 's'} differ{'s' if n == 1 else ''}: {listed}")  # fmt: skip
    else:
        entry.add(WITHIN, "stesse celle e stessi testi, altri byte", "same cells and texts, other bytes")


def _told(cell: Mapping[str, Any]) -> dict[str, Any]:
    outputs = [
        {**output, "data": {k: v for k, v in output.get("data", {}).items() if k != "image/svg+xml"}}
        for output in cell.get("outputs", [])
    ]
    return {**cell, "source": "".join(cell["source"]), "outputs": outputs}


def _both(entry: Entry, name: str, a: Side, b: Side) -> bool:
    """Whether both sides have the file; else the entry says which has not."""
    if not a.file(name).is_file():
        entry.add(MISSING, f"{name} manca tra i file pubblicati", f"{name} is missing among the published files")  # fmt: skip
    elif not b.file(name).is_file():
        entry.add(MISSING, f"{name} non è stato rifatto", f"{name} was not made again")
    return a.file(name).is_file() and b.file(name).is_file()


def _equal(a: Path, b: Path) -> bool:
    return a.read_bytes() == b.read_bytes()


def _rows(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: _number(value) for name, value in row.items() if name} for row in csv.DictReader(file)]


def _number(text: Any) -> Any:
    try:
        return int(text) if str(text).lstrip("-").isdigit() else float(text)
    except (TypeError, ValueError):
        return text
