"""The record of a notebook that computes nothing: the entries it quotes, gathered from the records of the notebooks that it cites.

An entry keeps its content and takes the key `notebook:key`. Captions, alternative texts and notes come along with the figures and tables,
so that publishing needs no other record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ProseError, say
from analysis.evidence.words import curled
from analysis.publish import layout
from analysis.publish.quotes import QUOTE, entry_of
from analysis.publish.sources import LANGUAGES, localised

SCHEMA = 1
GROUPS = ("numbers", "statements", "tables", "figures")
SHOWN = ("tables", "figures")
PARTS = ("caption", "alt", "note", "source")


@dataclass(frozen=True)
class Origin:
    """A cited edition: its record, the folder of its figures, its notebook, its study's texts, and its folder as seen from the citing paper."""

    record: Path
    figures: Path
    notebook: Path
    texts: Path | None
    folder: str


def gather(
    notebook: Path, texts: Path | None, cited: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[str, Any], dict[str, Path]]:
    """The record of `notebook` from those `cited` (by name, each with the fields of `Origin`), and the files of the figures it shows.

    Entries are those that its prose, front matter and texts quote in this study. What it quotes and no record holds is left to the prose
    to report, with its place.
    """
    origins = {name: Origin(**fields) for name, fields in cited.items()}
    documents = {name: _document(name, origin) for name, origin in sorted(origins.items())}
    first = next(iter(documents.values()))
    fronts = {name: _front(origin, first["context"]) for name, origin in origins.items()}
    whole = {
        group: {
            f"{name}:{key}": entry
            for name, document in documents.items()
            for key, entry in document.get(group, {}).items()
        }
        for group in GROUPS
    }
    head = {
        "schema": SCHEMA,
        "notebook": notebook.stem,
        "parameters": {},
        "context": first["context"],
        "cites": {
            name: {
                "evidence": hashlib.sha256((origins[name].record / "evidence.json").read_bytes()).hexdigest(),
                "edition": str(document["context"]["edition"]),
                "title": fronts[name]["title"],
                "folder": origins[name].folder,
            }
            for name, document in documents.items()
        },
    }
    source = layout.read(notebook, {**head, **whole}, {}, texts)
    keys = set(_quoted(source))
    captions = {
        group: {key: _captions(key, group, fronts) for key in sorted(keys & whole[group].keys())}
        for group in SHOWN
    }
    keys |= {key for text in _strings(captions) for key in _keys(text, source.evidence)}
    kept = {group: {key: whole[group][key] for key in sorted(keys & whole[group].keys())} for group in GROUPS}
    files = {
        name: origins[key.partition(":")[0]].figures / name
        for key, entry in kept["figures"].items()
        for name in (*entry["svg"].values(), entry["csv"])
    }
    return {**head, **kept, "captions": captions}, files


def _document(name: str, origin: Origin) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((origin.record / "evidence.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        what = say(f"la registrazione di «{name}» non si legge", f"the record of '{name}' cannot be read")
        raise ProseError(Fault(what, "evidence.json")) from error
    return found


def _front(origin: Origin, context: Mapping[str, Any]) -> dict[str, Any]:
    """The front matter of a cited notebook, with the title that the study's texts may set."""
    read = layout.read(origin.notebook, {"context": context}, {}, origin.texts)
    title = {
        language: localised(read.texts.get("title"), language) or localised(read.spec.get("title"), language)
        for language in LANGUAGES
    }
    return {
        **read.spec,
        "title": {language: curled(text) if text else text for language, text in title.items()},
    }


def _quoted(source: layout.Source) -> Iterator[str]:
    """Keys that the paper quotes in this study: in cells that are part of it and in their tags, in its front matter and in the study's texts."""
    for cell in source.cells:
        tags = cell.get("metadata", {}).get("tags", [])
        if layout.holds(tags, source):
            yield from (name for kind, _, name in (tag.partition(":") for tag in tags) if kind == "when")
            yield from _keys("".join(cell["source"]), source.evidence)
    parts = [part.get("brief", {}) for part in (source.spec, source.texts)]
    brief = {name: entry for part in parts if isinstance(part, Mapping) for name, entry in part.items()}
    figures = brief.pop("figure", [])
    if isinstance(figures, list):  # the policy brief shows the first that there is
        yield from [key for key in figures if key in source.evidence["figures"]][:1]
    rest = [{**part, "brief": {}} for part in (source.spec, source.texts)]
    for text in _strings([brief, *rest]):
        yield text
        yield from _keys(text, source.evidence)


def _keys(text: str, evidence: Mapping[str, Any]) -> Iterator[str]:
    for kind, key in QUOTE.findall(text):
        if kind != "lit":
            yield entry_of(key, evidence["numbers"])[0] if kind == "val" else key
    yield from layout.SHOW.findall(text)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _captions(key: str, group: str, fronts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Caption, alternative text and notes of a figure or table as its own notebook has them, their quotations made to name it."""
    notebook, _, own = key.partition(":")
    entry = fronts[notebook].get(group, {}).get(own, {})
    return {
        part: {language: named(str(text), notebook) for language, text in entry[part].items()}
        if isinstance(entry[part], Mapping)
        else named(str(entry[part]), notebook)
        for part in PARTS
        if part in entry
    }


def named(text: str, notebook: str) -> str:
    """The text with its quotations naming the notebook that they are quoted from."""
    return QUOTE.sub(
        lambda match: match[0] if match[1] == "lit" else f"`{{{match[1]}}} {notebook}:{match[2]}`", text
    )
