"""Where everything in a paper comes from: its figures, tables and numbers with the notebook and the cells that made and print them."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish import reshape, tables
from analysis.publish.layout import Source
from analysis.publish.prose import Prose
from analysis.publish.quotes import QUOTE, entry_of, number, plain
from analysis.publish.sources import TEMPLATES, localised, word

PARTS = ("caption", "alt", "note", "source")
LINK = re.compile(r"\[([^\[\]]*)\]\(#[\w:-]+\)")
REFERENCE = re.compile(r'\[\]\{\.reference to="([^"]+)"\}')


@functools.cache
def _fixed() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / "appendix.toml").read_text(encoding="utf-8"))


def said(group: str, key: str, language: str, **named: object) -> str:
    """A word or sentence of templates/appendix.toml, its {names} filled in."""
    return curled(str(_fixed()[group][key][language])).format(**named)


def grid(
    key: str,
    caption: str,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[str]],
    language: str,
    notes: Sequence[str] = (),
    strong: frozenset[int] = frozenset(),
) -> dict[str, Any]:
    """A table item of a document; `columns` are (key of [head], "text" | "code" | "number" | "markdown"), `strong` the rows in
    bold. Code is an identifier, never hyphenated. A column without any content is left out.
    """
    kept = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    head = [
        {
            "text": said("head", columns[i][0], language),
            "align": "right" if columns[i][1] == "number" else "left",
            "under": "",
        }
        for i in kept
    ]
    kinds = [columns[i][1] for i in kept]
    body = [
        [
            {"text": row[i] or tables.ABSENT, "strong": at in strong, "markdown": kind == "markdown", "code": kind == "code"}
            for i, kind in zip(kept, kinds)
        ]
        for at, row in enumerate(rows)
    ]  # fmt: skip
    return reshape.fitted(
        {"kind": "table", "key": key, "cell": "", "caption": caption, "notes": list(notes), "head": head, "heads": 1, "rows": body}
    )  # fmt: skip


def makers(source: Source) -> dict[str, str]:
    """The cell that made each entry, by key."""
    return {
        output.get("metadata", {}).get("altro", {}).get("key", ""): cell
        for cell, outputs in source.outputs.items()
        for output in outputs
    }


def origin(key: str, source: Source) -> str:
    """The notebook that made an entry: of a quoted one, the notebook that its key names."""
    notebook, colon, _ = key.rpartition(":")
    return f"{notebook}.ipynb" if colon else source.notebook.name


def resolved(text: str, prose: Prose) -> str:
    """Markdown taken out of the paper: its cross-references as plain words, since the labels are not in the appendix."""
    names: dict[str, str] = {}
    for kind, kinds in (("figure", ("figure",)), ("table", ("table", "own"))):
        labels = [item["label"] for item in prose.items if item["kind"] in kinds]
        names |= {label: f"{word(kind, prose.language)} {n}" for n, label in enumerate(labels, 1)}
    return REFERENCE.sub(lambda match: names.get(match[1], plain(match[1])), LINK.sub(r"\1", text))


def shown(source: Source, prose: Prose, kind: str) -> list[list[str]]:
    """Number, caption (Markdown), key, notebook and cell of each figure or table, in the order of the paper."""
    made = makers(source)
    kinds = ("figure",) if kind == "figure" else ("table", "own")
    items = [item for item in prose.items if item["kind"] in kinds]
    rows = []
    for n, item in enumerate(items, 1):
        own = item["kind"] == "own"
        notebook = "" if own else origin(item["key"], source)
        cell = "" if own else made.get(item["key"], "")
        rows.append([str(n), resolved(item["caption"], prose), item["key"], notebook, cell])
    return rows


def quotations(source: Source, prose: Prose) -> Iterator[tuple[str, str, str]]:
    """(val or say, key as quoted, where it is printed) of every quotation in the paper, in order: title, abstract, then text and tables."""
    language = prose.language
    for key in ("title", "abstract"):
        text = localised(source.texts.get(key), language) or localised(source.spec.get(key), language)
        for kind, quoted in QUOTE.findall(str(text or "")):
            yield kind, quoted, said("label", f"{key}-place", language)
    for item in prose.items:
        if item["kind"] == "text":
            texts, place = [item["source"]], item["cell"]
        elif item["kind"] == "own":
            entry = next(t for t in source.texts.get("tables", []) if t.get("label") == item["key"])
            cells = [localised(cell, language) for row in entry.get("rows", []) for cell in row]
            texts = [str(localised(entry.get(part), language) or "") for part in PARTS]
            texts, place = [*texts, *(cell for cell in cells if isinstance(cell, str))], item["key"]
        else:
            entry = source.spec.get(f"{item['kind']}s", {}).get(item["key"], {})
            texts, place = [str(localised(entry.get(part), language) or "") for part in PARTS], item["key"]
        for text in texts:
            for kind, quoted in QUOTE.findall(text):
                yield kind, quoted, place


def numbers(source: Source, prose: Prose) -> list[list[str]]:
    """Key, value with its interval, unit, n, notebook, making cell and printing places of each number and statement the paper quotes."""
    language, evidence = prose.language, source.evidence
    made = makers(source)
    places: dict[tuple[str, str], list[str]] = {}
    for kind, quoted, place in quotations(source, prose):
        if kind == "lit":
            continue
        key = entry_of(quoted, evidence.get("numbers", {}))[0] if kind == "val" else quoted
        group = "numbers" if kind == "val" else "statements"
        if key in evidence.get(group, {}):
            places.setdefault((group, key), []).append(place)
    rows = []
    for (group, key), where in places.items():
        entry = evidence[group][key]
        value, n = (number_of if group == "numbers" else comparison)(entry, language)
        unit = said("unit", str(entry.get("unit", "number")), language)
        stands = ", ".join(dict.fromkeys(where))
        rows.append([key, value, unit, n, origin(key, source), made.get(key, ""), stands])
    return rows


def number_of(entry: Mapping[str, Any], language: str) -> tuple[str, str]:
    """A number as printed, with its interval in brackets, and its n."""
    value = number(entry, "", language) or ""
    if entry.get("suppressed"):
        return value, ""
    return value + _bounds(entry, language), number(entry, "n", language) or ""


def comparison(entry: Mapping[str, Any], language: str) -> tuple[str, str]:
    """The estimate behind a statement, with its interval in brackets, and its n."""
    if entry.get("suppressed") or entry.get("estimate") is None:
        return word("suppressed", language), ""
    value = words.format_number(entry["estimate"], entry["unit"], None, language)
    return value + _bounds(entry, language), words.format_number(entry["n"], "count", 0, language)


def _bounds(entry: Mapping[str, Any], language: str) -> str:
    low, high = entry.get("low"), entry.get("high")
    if low is None or high is None:
        return ""
    return (
        f" ({words.format_interval(low, high, entry.get('unit', 'number'), entry.get('digits'), language)})"
    )


def items(source: Source, prose: Prose) -> list[dict[str, Any]]:
    """The section "Lists" of an appendix; a list without entries is left out."""
    language = prose.language
    found: list[dict[str, Any]] = []
    several = False

    def add(name: str, columns: Sequence[tuple[str, str]], rows: list[list[str]], note: str = "") -> None:
        nonlocal several
        if not rows:
            return
        at, named = ([column for column, _ in columns].index(which) for which in ("notebook", "key"))
        different = {row[at] for row in rows} - {""} - {source.notebook.name}
        several = several or bool(different)
        if different:
            rows = [
                [cell.rpartition(":")[2] if i == named else cell for i, cell in enumerate(row)]
                for row in rows
            ]
        else:
            rows = [[*row[:at], "", *row[at + 1 :]] for row in rows]
        found.append({"kind": "text", "cell": "", "text": f"## {said('label', name, language)}"})
        notes = [plain(note)] if note else []
        found.append(
            grid(f"list-{name}", plain(said("caption", name, language)), columns, rows, language, notes)
        )

    place = [("key", "code"), ("notebook", "code"), ("cell", "code")]
    add("figures", [("number", "text"), ("caption", "markdown"), *place], shown(source, prose, "figure"))
    listed = shown(source, prose, "table")
    own = any(item["kind"] == "own" for item in prose.items)
    note = said("note", "own-table", language, file=source.texts_name) if own else ""
    add("tables", [("number", "text"), ("caption", "markdown"), *place], listed, note)
    columns = [("key", "code"), ("value", "number"), ("unit", "text"), ("n", "number"), ("notebook", "code"), ("made", "code"), ("stands", "code")]  # fmt: skip
    add("numbers", columns, numbers(source, prose), said("note", "numbers", language))
    if not found:
        return []
    intro = (
        said("text", "lists-many", language) if several else said("text", "lists", language, file=source.name)
    )
    title = said("label", "lists", language)
    return [{"kind": "text", "cell": "", "text": f"# {title}\n\n{plain(intro)}"}, *found]


def value_text(value: Any, language: str) -> str:
    """The value of a parameter as a reader of `language` writes it."""
    if isinstance(value, bool):
        return said("label", "yes" if value else "no", language)
    if isinstance(value, float):
        return words.format_number(value, "number", _places(value), language)
    return str(value) if value != "" else said("label", "empty", language)


def _places(value: float) -> int:
    return len(repr(value).partition(".")[2]) if "e" not in repr(value) else 6
