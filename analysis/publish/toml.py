"""TOML files written by hand: read whole, or refused with file, line and what is wrong in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ProseError, say

# The parser's messages (a pattern each) and what they come to for the person who wrote the file.
WORDS: Sequence[tuple[str, str, str]] = (
    (
        "Expected '='|Invalid statement|Invalid initial character",
        "qui serve un nome seguito da «=», oppure una sezione fra parentesi quadre",
        "a name followed by '=' is needed here, or a section in square brackets",
    ),
    (
        "Invalid value|Invalid date|Invalid hex",
        "dopo «=» serve un testo fra virgolette, un numero, una lista […] o una coppia { it = …, en = … }",
        "after '=' a text in quotation marks is needed, a number, a list […] or a pair { it = …, en = … }",
    ),
    (
        "Expected newline",
        "dopo il valore c'è dell'altro: di solito una virgoletta che chiude troppo presto",
        "something follows the value: usually a quotation mark that closes too early",
    ),
    (
        "Unterminated string|Illegal character|Expected '\"|Expected \"'",
        "un testo non è chiuso: un testo di più righe sta fra tre virgolette, all'inizio e alla fine",
        "a text is not closed: a text of several lines stands between three quotation marks, at either end",
    ),
    (
        "Unescaped|Escaped character",
        "in un testo fra virgolette la barra \\ va raddoppiata, o il testo messo fra apostrofi",
        "in a quoted text a backslash \\ must be doubled, or the text put between apostrophes",
    ),
    ("Unclosed array", "una lista non è chiusa: manca «]» o una virgola", "a list is not closed: ']' or a comma is missing"),
    (
        "Unclosed inline table",
        "una coppia non è chiusa: manca «}» o una virgola, oppure si va a capo dentro le parentesi",
        "a pair is not closed: '}' or a comma is missing, or the line breaks within the braces",
    ),
    ("Expected ']|Expected \"]", "una sezione non è chiusa: manca «]»", "a section is not closed: ']' is missing"),
    (
        "Cannot|Duplicate",
        "lo stesso nome, o la stessa sezione, compare due volte",
        "the same name, or the same section, appears twice",
    ),
)  # fmt: skip

TEXTS: Mapping[str, tuple[type, str]] = {
    "paragraphs": (list, "[[paragraphs]]"),
    "tables": (list, "[[tables]]"),
    "drop": (list, 'drop = ["…"]'),
    "brief": (dict, "[brief]"),
    "title": (dict, '{ it = "…", en = "…" }'),
    "abstract": (dict, '{ it = "…", en = "…" }'),
    "keywords": (dict, "{ it = […], en = […] }"),
    "jel": (list, "[…]"),
}


def read(path: Path, name: str) -> dict[str, Any]:
    """The file as a mapping; `name` is how messages call it. A ProseError where it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ProseError(Fault(say("il file manca", "the file is missing"), name)) from error
    except UnicodeDecodeError as error:
        what = say("il file non è scritto in UTF-8", "the file is not written in UTF-8")
        raise ProseError(Fault(what, name, "UTF-8")) from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProseError(_in_words(str(error), text, name)) from error


def _in_words(message: str, text: str, name: str) -> Fault:
    lines = text.splitlines() or [""]
    at = re.search(r"line (\d+)", message)
    line = min(int(at[1]), len(lines)) if at else len(lines)
    what = next(
        (say(italian, english) for pattern, italian, english in WORDS if re.match(pattern, message)),
        say("il file non è scritto in TOML", "the file is not written in TOML"),
    )
    shown = lines[line - 1].strip()
    shown = shown if len(shown) <= 60 else shown[:59] + "…"
    where = say(f"{name}, riga {line}", f"{name}, line {line}")
    if shown:
        what += say(f" («{shown}»)", f" ('{shown}')")
    return Fault(what, where)


def texts(path: Path, name: str) -> dict[str, Any]:
    """A study's own texts for one notebook. A section that is none of those known is refused, lest a paragraph be passed over in silence."""
    found = read(path, name)
    faults: list[Fault] = []
    for key, value in found.items():
        if key not in TEXTS:
            near = get_close_matches(key, TEXTS, 1)
            what = say(f"«{key}» non si conosce", f"'{key}' is not known")
            step = say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else ""
            faults.append(Fault(what, name, ", ".join(TEXTS), step))
            continue
        kind, allowed = TEXTS[key]
        entries = value if key in ("paragraphs", "tables") and isinstance(value, list) else []
        if not isinstance(value, kind) or not all(isinstance(entry, dict) for entry in entries):
            faults.append(Fault(say(f"«{key}» non va bene così", f"'{key}' will not do so"), name, allowed))
    if faults:
        raise ProseError(faults)
    return found
