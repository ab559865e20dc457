"""One paper in one language as a plain document: title page, items in order, words. Every format is written from it.

The document goes to the pandoc filter as JSON and to typst as its input; it holds no path outside its own folder and no time of day.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ProseError, say
from analysis.publish import tables
from analysis.publish.front import colophon, front_matter, heading, long_date
from analysis.publish.layout import Source
from analysis.publish.lists import value_text
from analysis.publish.prose import Prose
from analysis.publish.quotes import plain
from analysis.publish.sources import LOCALES, demonstration, fixed_words, localised, word

TEXT_WIDTH = 6.05  # inches
LINE = re.compile(r"(.*), (?:riga|line) (\d+)$")


def document(source: Source, prose: Prose, figures: Path, *, draft: bool) -> dict[str, Any]:
    """The document of `prose`; `figures` holds the SVG files that the record names."""
    language, context = prose.language, source.context
    items: list[dict[str, Any]] = []
    for item in prose.items:
        if draft and (notes := _notes(item, prose.faults, source)):
            items.append({"kind": "faults", "cell": item["cell"], "faults": notes})
        items.append(_item(item, source, figures, language))
    if draft and (rest := _rest(prose, source)):
        items.insert(0, {"kind": "faults", "cell": "", "faults": rest})
    front = front_matter(prose, source)
    simulated = demonstration(context)
    fixed = fixed_words()["provenance"].get(context.get("provenance", ""), {})
    label = localised(context.get("label") or (fixed.get("label") if simulated else None), language)
    box = [localised(fixed[key], language) for key in ("box", "line") if key in fixed]
    edition = datetime.date.fromisoformat(str(context["edition"]))
    return {
        "language": language,
        "region": LOCALES[language][-2:],
        "locale": LOCALES[language],
        "draft": draft,
        "label": label,
        "study": heading(str(localised(context.get("title"), language) or "")),
        "provenance": context.get("provenance"),
        "date": long_date(edition, language),
        "edition": edition.isoformat(),
        "parameters": parameters(source, language),
        "box": box,
        "colophon": colophon(front, context, language),
        "words": {key: word(key, language) for key in fixed_words()["label"] if "{" not in word_pattern(key)},
        "front": front,
        "cites": {
            name: {"title": str(localised(cited["title"], language)), "folder": cited["folder"]}
            for name, cited in source.evidence.get("cites", {}).items()
        },
        "items": items,
        "references": prose.cites and not any("{#refs" in item.get("text", "") for item in items),
    }


def word_pattern(key: str) -> str:
    """The Italian pattern of a fixed label, to see whether it has names to fill in."""
    return str(fixed_words()["label"][key]["it"])


def timestamp(evidence: Mapping[str, Any]) -> int:
    """Seconds since 1970 of the study's edition date at midnight UTC: the only time that a publication carries."""
    edition = datetime.date.fromisoformat(str(evidence["context"]["edition"]))
    return int(datetime.datetime(edition.year, edition.month, edition.day, tzinfo=datetime.UTC).timestamp())


def parameters(source: Source, language: str) -> str | None:
    """The parameters that differ from the notebook's defaults, named as its TOML names them."""
    declared = source.spec.get("parameters", {})
    named = [
        f"{localised(declared.get(key, {}).get('label'), language) or key}: {value_text(value, language)}"
        for key, value in sorted(source.evidence.get("parameters", {}).items())
        if key != "study" and value != declared.get(key, {}).get("default")
    ]
    return "; ".join(named) or None


def _item(item: Mapping[str, Any], source: Source, figures: Path, language: str) -> dict[str, Any]:
    if item["kind"] == "text":
        return {"kind": "text", "cell": item["cell"], "text": item["marked"], "line": item["line"], "source": item["source"]}  # fmt: skip
    if item["kind"] == "figure":
        entry = source.evidence["figures"][item["key"]]
        name = entry["svg"][language]
        if not (figures / name).is_file():
            what = say(
                f"manca il file della figura {item['key']}", f"the file of figure {item['key']} is missing"
            )
            raise ProseError(Fault(what, name))
        share = min(1.0, float(entry.get("width") or TEXT_WIDTH) / TEXT_WIDTH)
        width = f"{round(100 * share)}%"
        return {**item, "key": item["label"], "file": f"media/{name}", "svg": name, "width": width}
    notes = [item["note"]] if item.get("note") else []
    context = source.context
    if item["kind"] == "table":
        entry = source.evidence["tables"][item["key"]]
        made = tables.printed(item["label"], entry, context, language)
        notes += [plain(note) for note in made["notes"]]
        origin = plain(str(localised(entry.get("source") or context.get("source"), language) or ""))
    else:
        made = tables.own(item["label"], item["table"], language)
        origin = item.get("source", "")
    label = localised(context.get("label"), language)
    line = [f"{word('source', language)}: {origin}"] if origin else []
    if item["kind"] == "table" and label:
        line.append(plain(str(label)))
    notes += [". ".join(text.rstrip(".") for text in line) + "."] if line else []
    return {**made, "kind": "table", "cell": item["cell"], "caption": item["caption"], "notes": notes}


def _notes(item: Mapping[str, Any], faults: Sequence[Fault], source: Source) -> list[str]:
    """The faults that stand in this item, to be printed beside it."""
    key = item.get("label")
    if key:
        mine = [fault for fault in faults if f".{key}." in fault.where or f"@{key}" in fault.what]
    else:
        first = int(item["line"])
        lines = range(first, first + item["source"].count("\n") + 1)
        places = {f"{source.name}, {word} {item['cell']}" for word in ("cella", "cell")}
        mine = []
        for fault in faults:
            at = LINE.match(fault.where)
            if at and at[1] in places and int(at[2]) in lines:
                mine.append(fault)
    return [str(fault).replace(f"{source.name}, ", "") for fault in mine]


def _rest(prose: Prose, source: Source) -> list[str]:
    placed = {note for item in prose.items for note in _notes(item, prose.faults, source)}
    notes = [str(fault).replace(f"{source.name}, ", "") for fault in prose.faults]
    return [note for note in notes if note not in placed]
