"""The terms of notebooks/glossary.toml that occur in a paper, as a list of definitions.

A definition without a source is this project's own and says so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ProseError, say
from analysis.evidence.words import curled
from analysis.publish.marks import without_code
from analysis.publish.quotes import nearest
from analysis.publish.sources import LANGUAGES

NAME = "glossary.toml"
CITED = re.compile(r"\[[^\[\]]*@[^\[\]]*\]|(?<!\w)@[\w:.-]+")
SPAN = re.compile(r"\{[^{}\n]*\}")
ACCENTS = str.maketrans("àèéìòù", "aeeiou")


def read(folder: Path, citations: frozenset[str]) -> list[dict[str, Any]]:
    """The terms of the glossary in `folder` (none where there is no glossary); every fault of the file at once as a ProseError."""
    path = folder / NAME
    if not path.is_file():
        return []
    where = f"notebooks/{NAME}"
    try:
        terms: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8")).get("terms", [])
    except tomllib.TOMLDecodeError as error:
        raise ProseError(Fault(str(error), where)) from error
    faults = [
        fault
        for number, term in enumerate(terms, 1)
        for fault in _faults(term, f"{where}, [[terms]] {number}", citations)
    ]
    if faults:
        raise ProseError(faults)
    return terms


def _faults(term: Mapping[str, Any], where: str, citations: frozenset[str]) -> list[Fault]:
    found = [
        Fault(say(f"manca {part}.{language}", f"{part}.{language} is missing"), where)
        for part in ("term", "definition", "match")
        for language in LANGUAGES
        if not term.get(part, {}).get(language)
    ]
    for language in LANGUAGES:
        for pattern in term.get("match", {}).get(language, []):
            try:
                re.compile(pattern)
            except re.error as error:
                found.append(Fault(f"{pattern}: {error}", f"{where}, match.{language}"))
    for key in term.get("source", []):
        if key not in citations:
            what = say(
                f"citazione «{key}» assente da notebooks/references.bib",
                f"citation '{key}' is not in notebooks/references.bib",
            )
            found.append(Fault(what, f"{where}, source", next_step=nearest(key, citations)))
    return found


def visible(text: str) -> str:
    """What a reader sees of Markdown, near enough to look words up: no code, citations, attributes or escapes."""
    text = CITED.sub(" ", without_code(text))
    return re.sub(r"\\(?=[!-/:-@\[-`{-~])|[*_`]", "", SPAN.sub(" ", text)).replace("’", "'")


def occurring(terms: Sequence[Mapping[str, Any]], text: str, language: str) -> list[Mapping[str, Any]]:
    """The terms of which a word is in `text`, in alphabetical order."""
    shown = visible(text)

    def occurs(term: Mapping[str, Any]) -> bool:
        words = "|".join(term["match"][language])
        return re.search(rf"(?<!\w)(?:{words})(?!\w)", shown, re.IGNORECASE) is not None

    found = [term for term in terms if occurs(term)]
    return sorted(found, key=lambda term: term["term"][language].lower().translate(ACCENTS))


def markdown(terms: Sequence[Mapping[str, Any]], language: str, own: str) -> str:
    """A definition list; `own` is printed after a definition that has no source."""
    entries = []
    for term in terms:
        source = "; ".join(f"@{key}" for key in term.get("source", []))
        meaning = term["definition"][language]
        after = f"[{source}]." if source else f"*{own}*"
        sentence = meaning.rstrip(".") if source else meaning
        entries.append(f"{curled(term['term'][language])}\n:   {sentence} {after}")
    return "\n\n".join(entries)
