"""The prose of a paper in one language, with every fault that would make an edition wrong.

A fault names notebook, cell and line (or the entry of a TOML file); nothing is raised here, so that all are reported at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import Fault, say
from analysis.publish import brief, lint, worksheets
from analysis.publish.layout import Block, Source, Text, blocks, read
from analysis.publish.marks import CITATION, HEADING, LABEL, REFERENCE, blanked, without_code
from analysis.publish.quotes import Place, fill, nearest
from analysis.publish.slides import faults as slide_faults
from analysis.publish.sources import LANGUAGES, localised

EQUATION = re.compile(r"[ \t]*\$\$(.+?)\$\$[ \t]*(\{[^\n]*\})?[ \t]*", re.DOTALL)
ALT = re.compile(r"alt=\"([^\"]+)\"")
LINK = re.compile(r"\]\(#((?:fig|tbl|eq|sec)-[\w-]*\w)\)")
IMAGE = re.compile(r"!\[[^\]]*\]\(")
FRONT = ("title", "abstract", "keywords")


@dataclass(frozen=True)
class Prose:
    """A paper in one language. `items` in order: kind "text" (cell, text, and `marked`, the same text that says what it quotes), "figure"
    (key, caption, alt), "table" (key, caption, note), "own" (key, caption, note, source, table); all texts are Markdown except `alt`.
    `front`: title, abstract, keywords, jel."""

    language: str
    front: Mapping[str, Any]
    items: Sequence[Mapping[str, Any]]
    faults: Sequence[Fault]
    cites: bool


def faults(
    notebook: Path,
    evidence: Mapping[str, Any],
    outputs: Mapping[str, Sequence[Mapping[str, Any]]],
    texts: Path | None = None,
    *,
    languages: Sequence[str] = LANGUAGES,
) -> list[Fault]:
    """Every fault of the prose in these languages, each once, in the order of the paper."""
    source = read(notebook, evidence, outputs, texts)
    found = [
        fault
        for language in languages
        for slides in (False, True)
        for fault in compose(source, language, languages, slides=slides).faults
    ]
    return list(dict.fromkeys(found))


def compose(
    source: Source, language: str, languages: Sequence[str] = LANGUAGES, *, slides: bool = False
) -> Prose:
    """The paper in `language`, or its slides; faults of twins count only where both languages are wanted."""
    laid, found = blocks(source, languages, slides=slides)
    front, front_faults = _front(source, language)
    found += front_faults
    items: list[dict[str, Any]] = []
    checked: list[Text] = []
    for block in laid:
        made, texts, more = _item(block, source, language)
        found += more
        checked += texts
        if made:
            items.append(made)
    front_texts = lint.front_texts(source, language)
    found += lint.of_texts([*front_texts, *checked], source, language)
    found += lint.of_twins(source, languages, slides, (key for key, _ in _labels(laid, language)))
    found += _links(laid, checked, front_texts, source, language, slides)
    found += (
        slide_faults(source, items)
        if slides
        else [*brief.faults(source, languages), *worksheets.faults(source, languages)]
    )
    cites = any(_citations(text) for text in checked)
    return Prose(language, front, items, list(dict.fromkeys(found)), cites)


def _front(source: Source, language: str) -> tuple[dict[str, Any], list[Fault]]:
    front: dict[str, Any] = {"jel": list(source.spec.get("jel", []))}
    found: list[Fault] = []
    for key in FRONT:
        own = localised(source.texts.get(key), language)
        value = own or localised(source.spec.get(key), language)
        place = Place(source.texts_name if own else source.spec_name, f"{key}.{language}")
        if not value or (isinstance(value, str) and not value.strip()):
            found.append(Fault(say(f"manca {key}", f"{key} is missing"), str(place)))
            value = [] if key == "keywords" else "??"
        if isinstance(value, str):
            value, more = fill(value.strip(), source.evidence, language, place, markdown=key == "abstract")
            found += more
            value = linked(value) if key == "abstract" else value
        front[key] = value
    if source.context.get("provenance") == "collected":
        where = f"data/{source.context.get('study')}/study.toml, [[authors]]"
        for author in source.context.get("authors", []):
            name = author.get("name")
            if not localised(author.get("role"), language):
                what = say(
                    f"manca il ruolo nel progetto di {name}", f"the role in the project of {name} is missing"
                )
                found.append(Fault(what, where))
            if not localised(author.get("affiliation"), language):
                what = say(f"manca l'ente di {name}", f"the affiliation of {name} is missing")
                found.append(Fault(what, where))
    return front, found


def _item(
    block: Block, source: Source, language: str
) -> tuple[dict[str, Any] | None, list[Text], list[Fault]]:
    if block.kind == "text":
        text = block.text.get(language)
        if text is None:
            return None, [], []
        filled, found = fill(text.source, source.evidence, language, text.place)
        marked, _ = fill(text.source, source.evidence, language, text.place, trace=True)
        visible = without_code(text.source)
        for match in EQUATION.finditer(visible):
            if not ALT.search(match[2] or ""):
                found.append(
                    Fault(
                        say("formula senza testo alternativo", "formula without alternative text"),
                        str(text.place.at(text.source, match.start(1))),
                        next_step='$$ … $$ {#eq-… alt="…"}',
                    )
                )
        found += lint.of_markdown(text, blanked(EQUATION, visible))
        for match in IMAGE.finditer(visible):
            found.append(
                Fault(
                    say("immagine fuori da ev.figure", "image that does not come from ev.figure"),
                    str(text.place.at(text.source, match.start())),
                )
            )
        item = {
            "kind": "text",
            "cell": text.place.cell,
            "text": _equations(linked(filled)),
            "marked": _equations(linked(marked)),
            "line": text.place.line,
            "source": text.source,
        }
        return item, [Text(visible, text.place)], found
    if block.kind == "own":
        assert block.own is not None
        wanted: tuple[str, ...] = ("caption",)
        entry, name = block.own, source.texts_name
        made: dict[str, Any] = {"kind": "own", "key": block.key, "label": block.label, "cell": ""}
        made["table"], made["plain"], cells, found = _own(block, language, source)
        item, texts, more = _captioned(made, block, entry, name, wanted, source, language)
        return item, cells + texts, found + more
    else:
        group = f"{block.kind}s"
        entry, name = source.spec.get(group, {}).get(block.key, {}), source.spec_name
        wanted = ("caption", "alt") if block.kind == "figure" else ("caption",)
        made = {"kind": block.kind, "key": block.key, "label": block.label, "cell": block.place.cell}
    return _captioned(made, block, entry, name, wanted, source, language)


def _own(
    block: Block, language: str, source: Source
) -> tuple[dict[str, Any], dict[str, Any], list[Text], list[Fault]]:
    """A study's own table in one language, its cells as Markdown and as plain text, and the texts to be checked."""
    assert block.own is not None
    found: list[Fault] = []
    texts: list[Text] = []
    place = Place(source.texts_name, f"tables.{block.key}.rows")

    def cell(value: Any, markdown: bool) -> Any:
        value = localised(value, language)
        if not isinstance(value, str):
            return value
        filled, more = fill(value, source.evidence, language, place, markdown=markdown)
        if markdown:
            found.extend(more)
            texts.append(Text(without_code(value), place))
        return linked(filled) if markdown else filled

    rows = block.own.get("rows", [])
    columns = localised(block.own.get("columns", []), language) or []
    if not any(str(name).strip() for name in columns):
        what = say(f"{block.key}: tabella senza intestazione", f"{block.key}: table without a header")
        step = 'columns = { it = ["…"], en = ["…"] }'
        found.append(
            Fault(
                what, str(Place(source.texts_name, f"tables.{block.key}.columns.{language}")), next_step=step
            )
        )
    for row in rows:
        if len(row) != len(columns):
            what = say(f"riga di {len(row)} celle", f"row of {len(row)} cells")
            found.append(Fault(what, str(place), allowed=str(len(columns))))
    both = [
        {"columns": columns, "rows": [[cell(value, markdown) for value in row] for row in rows]}
        for markdown in (True, False)
    ]
    return both[0], both[1], texts, found


def _captioned(
    item: dict[str, Any],
    block: Block,
    entry: Mapping[str, Any],
    name: str,
    wanted: Sequence[str],
    source: Source,
    language: str,
) -> tuple[dict[str, Any], list[Text], list[Fault]]:
    found: list[Fault] = []
    texts: list[Text] = []
    names = {"caption": say("didascalia", "caption"), "alt": say("testo alternativo", "alternative text")}
    for part in ("caption", "alt", "note", "source"):
        text = localised(entry.get(part), language)
        place = Place(name, f"{block.kind}s.{block.key}.{part}.{language}".replace("owns.", "tables."))
        if not text:
            if part in wanted:
                what = say(f"manca: {names[part]} di {block.key}", f"missing: {names[part]} of {block.key}")
                found.append(Fault(what, str(place)))
                item[part] = "??"
            continue
        filled, more = fill(str(text).strip(), source.evidence, language, place, markdown=part != "alt")
        found += more
        item[part] = filled if part == "alt" else linked(filled)
        texts.append(Text(without_code(str(text)), place))
    same = [
        " ".join(str(localised(entry.get(part), language) or "").split()).rstrip(".")
        for part in ("caption", "alt")
    ]
    if "alt" in wanted and same[0] and same[0] == same[1]:
        what = say(
            f"{block.key}: la didascalia è uguale al testo alternativo",
            f"{block.key}: caption and alternative text are the same",
        )
        step = say(
            "Il testo alternativo dice che cosa si vede.", "The alternative text says what is to be seen."
        )
        found.append(Fault(what, str(Place(name, f"figures.{block.key}.alt.{language}")), next_step=step))
    return item, texts, found


def linked(text: str) -> str:
    """Cross-references as spans for the filter: left to pandoc, `@tbl-x [@smith2000]` would be one citation."""
    visible = without_code(text)
    for match in reversed(list(REFERENCE.finditer(visible))):
        text = f'{text[: match.start()]}[]{{.reference to="{match[1]}"}}{text[match.end() :]}'
    return text


def _equations(text: str) -> str:
    """Display formulas as fenced divs that carry label and alternative text, which the filter reads."""

    def div(match: re.Match[str]) -> str:
        attributes = match[2] or "{}"
        return f"\n\n::: {{.equation {attributes[1:-1]}}}\n$${match[1]}$$\n:::\n\n"

    return EQUATION.sub(div, text)


def _citations(text: Text) -> list[re.Match[str]]:
    return list(CITATION.finditer(text.source))


def _links(
    laid: Sequence[Block],
    checked: Sequence[Text],
    front: Sequence[Text],
    source: Source,
    language: str,
    slides: bool,
) -> list[Fault]:
    """Labels, references, citations and heading levels of the whole paper; slides may show without referring, and begin at any level."""
    found: list[Fault] = []
    labels: dict[str, Place] = {}
    for key, place in _labels(laid, language):
        if key in labels:
            found.append(
                Fault(say(f"etichetta «{key}» ripetuta", f"label '{key}' is used twice"), str(place))
            )
        labels.setdefault(key, place)
    referred: set[str] = set()
    for text in checked if slides else [*checked, *front]:
        for match in [*REFERENCE.finditer(text.source), *LINK.finditer(text.source)]:
            referred |= {match[1]} if text in checked else set()
            if match[1] not in labels:
                what = say(
                    f"rinvio a «{match[1]}», che non c'è", f"reference to '{match[1]}', which does not exist"
                )
                where = str(text.place.at(text.source, match.start()))
                found.append(Fault(what, where, next_step=nearest(match[1], labels)))
        for match in _citations(text):
            if match[1] not in source.citations:
                what = say(
                    f"citazione «{match[1]}» assente da notebooks/references.bib",
                    f"citation '{match[1]}' is not in notebooks/references.bib",
                )
                where = str(text.place.at(text.source, match.start()))
                found.append(Fault(what, where, next_step=nearest(match[1], source.citations)))
    if slides:
        return found
    for block in laid:
        if block.key and block.label not in referred:
            what = say(
                f"il testo non rinvia mai a @{block.label}", f"the text never refers to @{block.label}"
            )
            found.append(Fault(what, str(block.place)))
    return found + _levels(checked)


def _labels(laid: Iterable[Block], language: str) -> Iterable[tuple[str, Place]]:
    for block in laid:
        if block.key:
            yield block.label, block.place
        elif text := block.text.get(language):
            visible = without_code(text.source)
            for match in LABEL.finditer(visible):
                yield match[1], text.place.at(visible, match.start())


def _levels(checked: Iterable[Text]) -> list[Fault]:
    found: list[Fault] = []
    before = 0
    for text in checked:
        if not text.place.file.endswith(".ipynb"):
            continue
        for match in HEADING.finditer(text.source):
            level = len(match[1])
            if level > before + 1:
                what = say(
                    f"titolo di livello {level} dopo il livello {before}",
                    f"level {level} heading after level {before}",
                )
                if not before:
                    what = say(
                        f"il primo titolo è di livello {level}", f"the first heading is of level {level}"
                    )
                allowed = f"1–{before + 1}" if before else "1"
                found.append(Fault(what, str(text.place.at(text.source, match.start())), allowed))
            before = level
    return found
