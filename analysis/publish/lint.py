"""Faults that only a comparison shows: twins that do not agree, numbers typed by hand, evidence that nothing quotes.

What belongs here: rules about the texts of one notebook. What does not: how a number in a text is read (numerals.py), which cell is whose
twin (twins.py), single references and captions (prose.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from analysis.errors import Fault, say
from analysis.publish import numerals, twins
from analysis.publish.layout import Source, Text, TwinFault, part
from analysis.publish.marks import CITATION, HEADING, LABEL, REFERENCE, SHOW, without_code
from analysis.publish.quotes import PAPER, QUOTE, Place, entry_of
from analysis.publish.sources import LANGUAGES, localised

MACRO = re.compile(r"\\(?:re)?newcommand|\\def\b|\\DeclareMathOperator|\\newenvironment")
NOTE = re.compile(r"\[\^([^\]\s]+)\](?!:)")
NOTE_TEXT = re.compile(r"^\[\^([^\]\s]+)\]:", re.MULTILINE)
HTML = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>\n]*)?/?>")
NOUNS = {
    "headings": ("titoli diversi", "headings differ"),
    "labels": ("etichette diverse", "labels differ"),
    "citations": ("citazioni diverse", "citations differ"),
    "references": ("rinvii diversi", "cross-references differ"),
    "keys": ("chiavi dell'evidenza diverse", "evidence keys differ"),
}

ENTRIES = {
    "numbers": ("il numero", "number"),
    "statements": ("l'affermazione", "statement"),
    "tables": ("la tabella", "table"),
    "figures": ("la figura", "figure"),
}


def of_twins(source: Source, languages: Sequence[str], slides: bool, labels: Iterable[str]) -> list[Fault]:
    """Twin cells and {it, en} entries that differ in what they quote, and stale twins where English is wanted."""
    found: list[Fault] = []
    known = frozenset(labels)
    cells = [cell for cell in source.cells if part(cell, source, slides)]
    if "en" in languages:
        for one in twins.stale(cells):
            what = (
                say(
                    f"l'italiano {one.italian} è cambiato da quando la traduzione è stata accettata",
                    f"the Italian {one.italian} has changed since the translation was accepted",
                )
                if one.mark
                else say(
                    f"la traduzione di {one.italian} non è mai stata accettata",
                    f"the translation of {one.italian} was never accepted",
                )
            )
            step = say(
                f"Rivedere l'inglese, poi: altro twins --accept {source.notebook.stem} {one.english}",
                f"Revise the English, then: altro twins --accept {source.notebook.stem} {one.english}",
            )
            found.append(TwinFault(what, str(Place(source.name, one.english)), next_step=step))
    if not set(LANGUAGES) <= set(languages):
        return found
    for group in twins.grouped(cells):
        if "it" in group and "en" in group:
            texts = {language: twins.source(cell) for language, cell in group.items()}
            place = Place(source.name, str(group["it"]["id"]))
            found += _differences(texts, place, str(group["en"]["id"]), source, known)
    for texts, place in () if slides else _pairs(source):
        found += _differences(texts, place, "", source, known)
    return found


def _differences(
    texts: Mapping[str, str], place: Place, twin: str, source: Source, labels: frozenset[str]
) -> Iterator[Fault]:
    """In what two texts differ; what is unknown in either is left to the fault that says so."""
    shapes = {language: _shape(text) for language, text in texts.items()}
    for kind, (italian, english) in NOUNS.items():
        a, b = (shapes[language][kind] for language in LANGUAGES)
        if a == b or not all(_known(kind, item, source, labels) for item in {*a, *b}):
            continue
        if kind not in ("headings", "labels"):
            a, b = [x for x in a if x not in b], [x for x in b if x not in a]
        which = f": it={', '.join(a) or '—'}, en={', '.join(b) or '—'}"
        what = (
            say(f"{italian} dal testo gemello {twin}", f"{english} from the twin {twin}")
            if twin
            else say(f"{italian} in italiano e in inglese", f"{english} between Italian and English")
        )
        at = texts["it"].find(a[0].split()[-1]) if a and kind not in ("headings", "labels") else -1
        yield TwinFault(what + which, str(place.at(texts["it"], at) if at >= 0 else place))


def _shape(text: str) -> dict[str, list[str]]:
    visible = without_code(text)
    headings, in_headings = [], set()
    for match in HEADING.finditer(visible):
        label = LABEL.search(match[2])
        headings.append(match[1] + (f" {label[1]}" if label else ""))
        in_headings |= {label[1]} if label else set()
    quoted = {f"{{{kind}}} {key}" for kind, key in QUOTE.findall(text) if kind != "lit"}
    quoted |= {f"{{paper}} {name}" for name in PAPER.findall(text)}
    return {
        "headings": headings,
        "labels": [label for label in LABEL.findall(visible) if label not in in_headings],
        "citations": sorted({f"@{key}" for key in CITATION.findall(visible)}),
        "references": sorted({f"@{key}" for key in REFERENCE.findall(visible)}),
        "keys": sorted(quoted | {f"{{show}} {key}" for key in SHOW.findall(text)}),
    }


def _known(kind: str, item: str, source: Source, labels: frozenset[str]) -> bool:
    if kind == "citations":
        return item[1:] in source.citations
    if kind == "references":
        return item[1:] in labels
    if kind == "keys":
        door, _, key = item.partition(" ")
        groups = {
            "{val}": ("numbers",),
            "{say}": ("statements",),
            "{show}": ("figures", "tables", "methods"),
            "{paper}": ("cites",),
        }[door]
        entries = {name for group in groups for name in source.evidence.get(group, {})}
        return (entry_of(key, source.evidence.get("numbers", {}))[0] if door == "{val}" else key) in entries
    return True


def _pairs(source: Source) -> Iterator[tuple[dict[str, str], Place]]:
    """Texts of the TOML files that stand in both languages, and their places."""
    for values, name in ((source.spec, source.spec_name), (source.texts, source.texts_name)):
        for where, entry in _localised(values, ""):
            texts = {language: entry.get(language) for language in LANGUAGES}
            if all(isinstance(text, str) and text for text in texts.values()):
                yield {language: str(text) for language, text in texts.items()}, Place(name, where)


def _localised(values: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every {it, en} entry below, but for words and statements, which are no prose."""
    if isinstance(values, Mapping):
        if set(values) & set(LANGUAGES):
            yield where, values
            return
        for key, value in values.items():
            if where or key not in ("words", "statements", "parameters"):
                yield from _localised(value, f"{where}.{key}" if where else str(key))
    elif isinstance(values, list):
        for index, value in enumerate(values, 1):
            name = f"[[{where}]] {index}" if where == "paragraphs" else f"{where} {index}"
            label = value.get("label") if isinstance(value, Mapping) and where == "tables" else None
            yield from _localised(value, f"tables.{label}" if label else name)


def front_texts(source: Source, language: str) -> list[Text]:
    """Texts of the TOML files that are printed outside the order of the paper: title, abstract, keywords, brief."""
    made: list[Text] = []
    own, shared = source.texts, source.spec
    parts = [
        (key, own[key], source.texts_name) if own.get(key) else (key, shared.get(key), source.spec_name)
        for key in ("title", "abstract", "keywords")
    ]
    replaced = dict(own.get("brief") or {})
    kept = {name: entry for name, entry in (shared.get("brief") or {}).items() if name not in replaced}
    parts += [("brief", kept, source.spec_name), ("brief", replaced, source.texts_name)]
    for key, values, name in parts:
        for where, entry in _localised(values or {}, key):
            value = localised(entry, language)
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str):
                    made.append(Text(without_code(text), Place(name, f"{where}.{language}")))
    return made


def of_texts(texts: Iterable[Text], source: Source, language: str) -> list[Fault]:
    """Typed numbers that the evidence holds, and macros, in texts whose code is blanked out."""
    found: list[Fault] = []
    numbers = source.evidence.get("numbers", {})
    for text in texts:
        for number in numerals.typed(text.source, language):
            if key := numerals.entry(number, numbers):
                what = say(
                    f"numero scritto a mano «{number.text}»: nell'evidenza è «{key}»",
                    f"typed number '{number.text}': in the evidence it is '{key}'",
                )
                step = say(
                    f"Scrivere `{{val}} {key}`, o `{{lit}} {number.text}` se è un altro numero.",
                    f"Write `{{val}} {key}`, or `{{lit}} {number.text}` if it is another number.",
                )
                where = str(text.place.at(text.source, number.start))
                found.append(Fault(what, where, next_step=step))
        for match in MACRO.finditer(text.source):
            what = say(f"«{match[0]}» non si può usare", f"'{match[0]}' cannot be used")
            step = say(
                "Scrivere la formula per esteso, ogni volta.", "Write the formula out in full, each time."
            )
            found.append(Fault(what, str(text.place.at(text.source, match.start())), next_step=step))
    return found


def of_markdown(text: Text, visible: str) -> list[Fault]:
    """Marks that would be printed as they stand: a formula not closed, a note without its text, HTML. In `visible` code and display
    formulas are blanked out."""
    found: list[Fault] = []

    def fault(position: int, italian: str, english: str, step: str = "") -> None:
        found.append(Fault(say(italian, english), str(text.place.at(visible, position)), next_step=step))

    if (at := visible.find("$$")) >= 0:
        step = '$$ … $$ {#eq-… alt="…"}'
        fault(at, "«$$» aperto e non chiuso", "'$$' opened and not closed", step)
    defined = set(NOTE_TEXT.findall(visible))
    for match in NOTE.finditer(visible):
        if match[1] not in defined:
            fault(
                match.start(),
                f"manca il testo della nota «{match[1]}»",
                f"the text of note '{match[1]}' is missing",
                say("Più semplice: ^[Testo della nota.]", "Simpler: ^[Text of the note.]"),
            )
    for match in HTML.finditer(visible):
        step = say(
            "In Markdown: *corsivo*, **grassetto**, ~pedice~, ^apice^.",
            "In Markdown: *italics*, **bold**, ~subscript~, ^superscript^.",
        )
        fault(match.start(), f"HTML nel testo: {match[0]}", f"HTML in the text: {match[0]}", step)
    return found


def unused(source: Source) -> list[Fault]:
    """Entries of the evidence that no text, caption, condition or brief of the notebook names. They are warnings: they stop nothing."""
    strings = [
        *(twins.source(cell) for cell in source.cells if cell["cell_type"] == "markdown"),
        *(tag for cell in source.cells for tag in cell.get("metadata", {}).get("tags", [])),
        *_strings(source.spec),
        *_strings(source.texts),
    ]
    used = set(_strings(source.spec.get("brief", {}))) | set(_strings(source.texts.get("brief", {})))
    for text in strings:
        used |= {
            entry_of(key, source.evidence.get("numbers", {}))[0]
            for kind, key in QUOTE.findall(text)
            if kind != "lit"
        }
        used |= set(SHOW.findall(text)) | set(REFERENCE.findall(text))
        used |= {text.partition(":")[2]} if text.startswith("when:") else set()
    made_in = {
        output.get("metadata", {}).get("altro", {}).get("key"): cell
        for cell, outputs in source.outputs.items()
        for output in outputs
    }
    found = []
    for group, (italian, english) in ENTRIES.items():
        for key in source.evidence.get(group, {}):
            if not {key, key.rpartition(":")[2]} & used:
                what = say(f"nessun testo cita {italian} «{key}»", f"no text quotes the {english} '{key}'")
                found.append(Fault(what, str(Place(source.name, made_in.get(key, "")))))
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)
