"""The format `slides`: the cells tagged `slide` as one HTML file that needs no other (reveal.js), between a title slide and one of sources.

pandoc's revealjs writer makes the slides; styles, scripts and figures are put into the file here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from analysis.errors import Fault, say
from analysis.publish.marks import FENCE, HEADING
from analysis.publish.pandoc import escaped, tags
from analysis.publish.quotes import Place
from analysis.publish.sources import LANGUAGES, TEMPLATES, fixed_words, word

if TYPE_CHECKING:
    from analysis.publish.formats import Work
    from analysis.publish.layout import Source

WIDE = 0.5  # height to width of a figure below which text stands above it rather than beside
NAMES = {"it": "Italiano", "en": "English"}
SAFE = " !$()*+,-./:;=?@_~|{}[]'"  # of a data address within double quotes
PLACEHOLDER = re.compile(r"/\* file: ([\w./-]+) \*/")
IMAGE = re.compile(r'(<img\b[^>]*?)\bdata-src="(media/[^"]+)"')
DRAWN = re.compile(r'\b(d|x|y|cx|cy|points)="([^"]*)"')
DECIMALS = re.compile(r"-?\d+\.\d{3,}")
SAME_CLIP = re.compile(r'(<g clip-path="[^"]*">)(<use [^>]*/>(?:</g>\1<use [^>]*/>)+)')


def make(work: Work) -> dict[str, bytes]:
    """`{language}.slides.html`, or nothing where the notebook has no cells tagged `slide`."""
    if not work.deck.items:
        return {}
    from analysis.publish import document as documents
    from analysis.publish import pandoc

    document = documents.document(work.source, work.deck, work.figures, draft=False)
    for told, item in zip(work.deck.items, document["items"], strict=True):
        if item["kind"] == "figure":
            item["shape"] = shape(work.source.evidence["figures"][told["key"]])
    document["foot"] = foot(document)
    folder = work.folder / "slides"
    pandoc.prepare(document, work.figures, folder)
    (folder / "slides.json").write_text(
        json.dumps(_metadata(document, work), ensure_ascii=False), encoding="utf-8"
    )
    options = [
        "-t", "revealjs", "--metadata-file", "slides.json", "--template", str(TEMPLATES / "slides.html"), "--mathml",
        "--slide-level=2",
    ]  # fmt: skip
    text = pandoc.run(document, folder, work.bibliography, work.time, *options)
    return {f"{work.language}.slides.html": _whole(text, folder).encode("utf-8")}


def faults(source: Source, items: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Text before the first slide, and headings of another level than that of a slide."""
    found: list[Fault] = []
    begun = False
    for item in items:
        if item["kind"] != "text":
            begun = begun or _outside(source, item, found)
            continue
        fenced = [match.span() for match in FENCE.finditer(item["source"])]
        heads = [
            match
            for match in HEADING.finditer(item["source"])
            if not any(a <= match.start() < b for a, b in fenced)
        ]
        before = item["source"][: heads[0].start()] if heads else item["source"]
        if not begun and before.strip():
            begun = _outside(source, item, found)
        for match in heads:
            begun = True
            if len(match[1]) != 2:
                place = Place(source.name, item["cell"], item["line"]).at(item["source"], match.start())
                what = say(f"«{match[2]}» non apre una diapositiva", f"'{match[2]}' does not begin a slide")
                found.append(Fault(what, str(place), allowed="## …"))
    return found


def _outside(source: Source, item: Mapping[str, Any], found: list[Fault]) -> bool:
    what = say("testo o figura prima della prima diapositiva", "text or figure before the first slide")
    place = Place(source.name, str(item["cell"]), int(item.get("line", 1)))
    found.append(Fault(what, str(place), allowed=say("## Titolo della diapositiva", "## Title of the slide")))
    return True


def shape(entry: Mapping[str, Any]) -> str:
    """`wide` for a figure that leaves room for text above it, else `tall`."""
    return "wide" if float(entry.get("height") or 1) < WIDE * float(entry.get("width") or 1) else "tall"


def foot(document: Mapping[str, Any]) -> str:
    """The line at the foot of each slide: the data label, if there is one, and the running title."""
    return " · ".join(filter(None, [document["label"], document["front"]["running"]]))


def _metadata(document: Mapping[str, Any], work: Work) -> dict[str, Any]:
    """What the template prints besides the slides; strings as pandoc's reader of metadata takes them."""
    language, front = document["language"], document["front"]
    others = [other for other in LANGUAGES if other in work.proses and other != language]
    keys = ("label", "date", "edition", "parameters", "box", "colophon", "foot")
    metadata = {
        "pagetitle": front["title"],
        "language": language,
        "title": None,
        "front": {**front, "abstract": None},
        "paper": {key: document[key] for key in keys},
        "words": {key: word(key, language, "slides") for key in fixed_words()["slides"]},
        "role": word("role", language),
        "other": [{"language": other, "name": NAMES[other]} for other in others],
    }
    return {**escaped(metadata), "tags": tags(front)}


def _whole(text: str, folder: Path) -> str:
    """The page with its styles, scripts and figures inside."""

    def drawn(match: re.Match[str]) -> str:
        svg = slim((folder / match[2]).read_text(encoding="utf-8")).replace('"', "'")
        return f'{match[1]}src="data:image/svg+xml,{quote(svg, safe=SAFE)}"'

    text = IMAGE.sub(drawn, text)
    return PLACEHOLDER.sub(lambda match: (TEMPLATES / match[1]).read_text(encoding="utf-8").strip(), text)


def slim(svg: str) -> str:
    """The same drawing in fewer bytes: no prolog or metadata, short identifiers, coordinates to a hundredth of a point."""
    svg = re.sub(
        r"<\?xml.*?\?>|<!DOCTYPE[^>]*>|<metadata>.*?</metadata>|<!--.*?-->", "", svg, flags=re.DOTALL
    )
    used = dict.fromkeys(re.findall(r'(?:href="|url\()#([\w.-]+)', svg))
    names = {name: f"i{number}" for number, name in enumerate(used)}
    svg = re.sub(r' id="([^"]*)"', lambda m: f' id="{names[m[1]]}"' if m[1] in names else "", svg)
    svg = re.sub(r'((?:href="|url\()#)([\w.-]+)', lambda m: m[1] + names[m[2]], svg)

    def short(match: re.Match[str]) -> str:
        numbers = DECIMALS.sub(lambda n: f"{float(n[0]):.2f}".rstrip("0").rstrip("."), match[2])
        tight = re.sub(r"\s*([A-Za-z])\s*", r"\1", numbers) if match[1] == "d" else numbers
        return f'{match[1]}="{" ".join(tight.split())}"'

    svg = re.sub(r">\s+<", "><", DRAWN.sub(short, svg)).strip()
    return SAME_CLIP.sub(lambda m: m[1] + re.sub(re.escape("</g>" + m[1]), "", m[2]), svg)
