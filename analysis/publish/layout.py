"""From cells to the order of a paper: twins paired, cells split at headings, outputs in their slots, the study's texts put in.

Nothing here depends on the language printed: a block carries its text in both.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import Fault, say
from analysis.publish import toml, twins
from analysis.publish.marks import FENCE, HEADING, LABEL, SHOW
from analysis.publish.quotes import Place, nearest
from analysis.publish.sources import LANGUAGES

KINDS = {"fig": "figure", "tbl": "table"}


class TwinFault(Fault):
    """Italian and English text do not go together."""


@dataclass(frozen=True)
class Text:
    source: str
    place: Place


@dataclass
class Block:
    """One piece of a paper: prose in both languages ("text"), a figure or table slot, or a table of the study's own ("own")."""

    kind: str
    place: Place
    key: str = ""
    level: int = 0
    names: set[str] = field(default_factory=set)
    text: dict[str, Text] = field(default_factory=dict)
    own: Mapping[str, Any] | None = None
    added: bool = False

    @property
    def label(self) -> str:
        """By what the text refers to it: the key, without the notebook that it may be quoted from."""
        return self.key.rpartition(":")[2]


@dataclass(frozen=True)
class Source:
    """Everything a publication is composed from; `texts` and `spec` are the parsed TOML of the study and the notebook."""

    notebook: Path
    cells: Sequence[Mapping[str, Any]]
    spec: Mapping[str, Any]
    texts: Mapping[str, Any]
    texts_name: str
    citations: frozenset[str]
    evidence: Mapping[str, Any]
    outputs: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def name(self) -> str:
        return f"notebooks/{self.notebook.name}"

    @property
    def spec_name(self) -> str:
        return f"notebooks/{self.notebook.stem}.toml"

    @property
    def context(self) -> Mapping[str, Any]:
        return self.evidence.get("context", {})


def read(
    notebook: Path,
    evidence: Mapping[str, Any],
    outputs: Mapping[str, Sequence[Mapping[str, Any]]],
    texts: Path | None = None,
) -> Source:
    """Read notebook, its TOML, the bibliography beside it and the study's texts. A file that cannot be read is a ProseError."""
    bibliography = notebook.parent / "references.bib"
    entries = bibliography.read_text(encoding="utf-8") if bibliography.is_file() else ""
    keys = re.findall(
        r"^\s*@(?!comment|string|preamble)\w+\s*\{\s*([^,\s]+)\s*,", entries, re.MULTILINE | re.I
    )
    study = evidence.get("context", {}).get("study", "")
    name = f"data/{study}/texts/{texts.name}" if texts else ""
    found = texts if texts is not None and texts.is_file() else None
    spec = toml.read(notebook.with_suffix(".toml"), f"notebooks/{notebook.stem}.toml")
    for group, entries in evidence.get("captions", {}).items():  # of the notebooks cited; its own come first
        mine = spec.setdefault(group, {})
        mine.update({key: {**entry, **mine.get(key, {})} for key, entry in entries.items()})
    return Source(
        notebook,
        json.loads(notebook.read_text(encoding="utf-8"))["cells"],
        spec,
        toml.texts(found, name) if found else {},
        name,
        frozenset(keys),
        evidence,
        outputs,
    )


def blocks(
    source: Source, languages: Sequence[str], *, slides: bool = False
) -> tuple[list[Block], list[Fault]]:
    """The blocks of the paper in order, with the study's texts put in, and the faults of twins and anchors.

    With `slides`, those of the cells tagged `slide` instead, which are no part of the paper. A missing twin counts only where both
    `languages` are wanted.
    """
    laid, faults = _cells(source, slides)
    if len(languages) < len(LANGUAGES):
        faults = [fault for fault in faults if not isinstance(fault, TwinFault)]
    if not slides:
        faults += _apply(laid, source, languages)
    return laid, faults


def part(cell: Mapping[str, Any], source: Source, slides: bool) -> bool:
    """Whether the cell is part of this study's paper, or of its slides; code is part of the paper."""
    tags = cell.get("metadata", {}).get("tags", [])
    if cell["cell_type"] != "markdown":
        return cell["cell_type"] == "code"
    return "notebook-only" not in tags and ("slide" in tags) == slides and holds(tags, source)


def _cells(source: Source, slides: bool) -> tuple[list[Block], list[Fault]]:
    found: list[Block] = []
    faults: list[Fault] = []
    for group in twins.grouped(cell for cell in source.cells if part(cell, source, slides)):
        place = str(Place(source.name, next(iter(group.values()))["id"]))
        if "code" in group:
            found += [] if slides else _slots(group["code"]["id"], source, found, faults)
        elif "" in group:
            what = say("testo senza lingua", "text without a language")
            faults.append(Fault(what, place, allowed="lang-it, lang-en, notebook-only"))
        else:
            if "en" not in group:
                what = say("manca il testo inglese gemello", "the English twin is missing")
                faults.append(TwinFault(what, place))
            elif "it" not in group:
                what = say("manca il testo italiano gemello", "the Italian twin is missing")
                faults.append(TwinFault(what, place))
            found += _texts(group, source, faults)
    return found, faults


def holds(tags: Sequence[str], source: Source) -> bool:
    """Whether a cell with these tags is part of this study's paper: `needs:` and `lacks:` a table, `when:` a key is in the record,
    `cites:` a notebook is quoted."""
    tables = set(source.context.get("tables", []))
    keys = {
        key
        for group in ("numbers", "statements", "tables", "figures", "worksheets")
        for key in source.evidence.get(group, {})
    }
    cited = source.evidence.get("cites", {})
    tests = {
        "needs": lambda t: t in tables,
        "lacks": lambda t: t not in tables,
        "when": lambda t: t in keys,
        "cites": lambda t: t in cited,
    }
    split = (tag.partition(":") for tag in tags)
    return all(tests[kind](name) for kind, _, name in split if kind in tests)


def _slots(cell: str, source: Source, before: Sequence[Block], faults: list[Fault]) -> list[Block]:
    seen = {block.key for block in before if block.key}
    slots = []
    for output in source.outputs.get(cell, []):
        if output.get("output_type") == "error":
            error = f"{output.get('ename', '')}: {output.get('evalue', '')}".strip(": ")
            what = say(f"la cella è finita in errore ({error})", f"the cell ended in an error ({error})")
            faults.append(Fault(what, str(Place(source.name, cell))))
        made = output.get("metadata", {}).get("altro", {})
        kind, key = made.get("kind"), made.get("key", "")
        if kind in ("figure", "table") and key in source.evidence.get(f"{kind}s", {}) and key not in seen:
            slots.append(Block(kind, Place(source.name, cell), key, names={key, cell}))
            seen.add(key)
    return slots


def _texts(pair: Mapping[str, Mapping[str, Any]], source: Source, faults: list[Fault]) -> list[Block]:
    """The blocks of twin cells; where their headings differ, which lint.py reports, one block."""
    parts = {language: _segments(twins.source(cell)) for language, cell in pair.items()}
    ids = {cell["id"] for cell in pair.values()}
    shapes = [[(level, label) for _, level, label, _ in segments] for segments in parts.values()]
    if shapes[0] != shapes[-1]:
        parts = {language: [(0, 0, "", twins.source(cell))] for language, cell in pair.items()}
    made = []
    for segments in zip(*parts.values()):
        _, level, label, _ = segments[0]
        text = {
            language: Text(body, Place(source.name, pair[language]["id"], 1 + offset))
            for language, (offset, _, _, body) in zip(parts, segments)
        }
        names = ids | ({label} if label else set())
        made += _shown(
            Block("text", next(iter(text.values())).place, level=level, names=names, text=text),
            source,
            faults,
        )
    return made


def _shown(block: Block, source: Source, faults: list[Fault]) -> list[Block]:
    """The block, divided where a paragraph `{show} key` calls for a figure or table; one block where there is none."""
    asked = {language: list(SHOW.finditer(text.source)) for language, text in block.text.items()}
    keys = [[match[1] for match in found] for found in asked.values()]
    if not any(keys):
        return [block]
    made: list[Block] = []
    for i in range(len(min(keys, key=len)) + 1):
        text = {}
        for language, whole in block.text.items():
            found = asked[language]
            begin = found[i - 1].end() if i else 0
            end = found[i].start() if i < len(min(keys, key=len)) else len(whole.source)
            text[language] = Text(whole.source[begin:end], whole.place.at(whole.source, begin))
        if any(half.source.strip() for half in text.values()):
            level = 0 if i else block.level
            made.append(Block("text", block.place, level=level, names=block.names, text=text))
        if i < len(min(keys, key=len)):
            made += _slot(
                keys[0][i], next(iter(block.text.values())), asked[next(iter(asked))][i], source, faults
            )
    return made


def _slot(key: str, text: Text, match: re.Match[str], source: Source, faults: list[Fault]) -> list[Block]:
    kind = KINDS.get(key.rpartition(":")[2].partition("-")[0], "")
    known = source.evidence.get(f"{kind}s", {}) if kind else {}
    place = text.place.at(text.source, match.start(1))
    if key in known:
        return [Block(kind, place, key, names={key, place.cell})]
    every = [*source.evidence.get("figures", {}), *source.evidence.get("tables", {})]
    what = say(f"«{key}» non è fra le figure e le tabelle", f"'{key}' is no figure or table of the record")
    faults.append(Fault(what, str(place), next_step=nearest(key, every)))
    return []


def _segments(text: str) -> list[tuple[int, int, str, str]]:
    """(first line, heading level, label, text) of each stretch of a cell that begins with a heading, and of what precedes."""
    fenced = [match.span() for match in FENCE.finditer(text)]
    heads = [m for m in HEADING.finditer(text) if not any(a <= m.start() < b for a, b in fenced)]
    starts = [match.start() for match in heads]
    bounds = [*([0] if not starts or text[: starts[0]].strip() else []), *starts, len(text)]
    levels = {match.start(): (len(match[1]), LABEL.search(match[2])) for match in heads}
    segments = []
    for begin, end in itertools.pairwise(bounds):
        level, label = levels.get(begin, (0, None))
        segments.append((text.count("\n", 0, begin), level, label[1] if label else "", text[begin:end]))
    return segments


def _apply(laid: list[Block], source: Source, languages: Sequence[str]) -> list[Fault]:
    """Put the study's own tables and paragraphs in and take out what it drops; `laid` is changed."""
    faults: list[Fault] = []
    for index, table in enumerate(source.texts.get("tables", []), 1):
        place = Place(source.texts_name, f"[[tables]] {index}")
        label = str(table.get("label", ""))
        if not label.startswith("tbl-"):
            faults.append(
                Fault(say("tabella senza etichetta", "table without a label"), str(place), allowed="tbl-…")
            )
        block = Block("own", place, label, names={label}, own=table, added=True)
        faults += _put(laid, block, table, place)
    for index, paragraph in enumerate(source.texts.get("paragraphs", []), 1):
        place = Place(source.texts_name, f"[[paragraphs]] {index}")
        text = {lang: Text(str(paragraph[lang]), place) for lang in LANGUAGES if paragraph.get(lang)}
        for language in languages:
            if language not in text:
                faults.append(
                    Fault(
                        say(f"manca il testo «{language}»", f"the '{language}' text is missing"), str(place)
                    )
                )
        faults += _put(laid, Block("text", place, text=text, added=True), paragraph, place)
    for anchor in source.texts.get("drop", []):
        place = Place(source.texts_name, "drop")
        if at := _find(laid, anchor, place, faults):
            first = laid[at[0]]
            end = at[-1] + 1
            if anchor.startswith("sec-") and first.level:
                end = next((i for i in range(end, len(laid)) if 0 < laid[i].level <= first.level), len(laid))
                at = list(range(at[0], end))
            for i in reversed(at):
                del laid[i]
    return faults


def _find(laid: Sequence[Block], anchor: str, place: Place, faults: list[Fault]) -> list[int]:
    at = [i for i, block in enumerate(laid) if anchor in block.names]
    if not at:
        known = sorted({name for block in laid for name in block.names})
        what = say(f"«{anchor}» non c'è in questo documento", f"'{anchor}' is not in this paper")
        faults.append(Fault(what, str(place), next_step=nearest(anchor, known)))
    return at


def _put(laid: list[Block], block: Block, entry: Mapping[str, Any], place: Place) -> list[Fault]:
    faults: list[Fault] = []
    ways = [way for way in ("after", "before", "replace") if entry.get(way)]
    if len(ways) != 1:
        what = say("serve un solo posto", "exactly one place is needed")
        return [Fault(what, str(place), allowed="after, before, replace")]
    way, anchor = ways[0], str(entry[ways[0]])
    at = _find(laid, anchor, place, faults)
    if not at:
        return faults
    if way == "before":
        laid.insert(at[0], block)
    elif way == "after":
        here = at[-1] + 1
        while here < len(laid) and laid[here].added and f"after {anchor}" in laid[here].names:
            here += 1
        block.names.add(f"after {anchor}")
        laid.insert(here, block)
    else:
        old = laid[at[0]]
        block.names |= old.names - {old.key}
        if old.level and block.kind == "text":
            block.level = old.level
            block.text = {
                language: Text(old.text[language].source.split("\n", 1)[0] + "\n\n" + text.source, text.place)
                for language, text in block.text.items()
                if language in old.text
            }
        laid[at[0]] = block
        for i in reversed(at[1:]):
            if not anchor.startswith("sec-"):
                del laid[i]
    return faults
