"""What prose quotes from the evidence: `{val} key`, `{say} key` and `{lit} x`, printed in the reader's language.

`{val} key` prints the value; `.n`, `.interval`, `.low`, `.high` and `.se` after the key print what belongs to it. In a notebook that cites
others a key is `notebook:key`, and `{paper} notebook` prints the title of the paper cited. A traced quotation says in the Markdown what it
quotes, so that the filter can mark or link the place.

In Italian the article or preposition before a quoted number follows how the number is read aloud: "il `{val} key`" prints `il 34,6%` or
`l'85,7%`, and "dei `{val} key`" `dei 12` or `degli 8`, by the rule of Italian orthography.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from analysis.errors import Fault, say
from analysis.evidence import words
from analysis.publish.marks import blanked, without_code
from analysis.publish.sources import word

QUOTE = re.compile(r"`\{(?P<kind>val|say|lit)\}\s*(?P<key>[^`]*?)\s*`")
ELIDING = re.compile(  # a quotation with the article or preposition that stands immediately before it, if any
    r"(?P<before>(?<![^\W_])(?:[IiAa]l|[DdNn]el|[Dd]al|[Ss]ul|[Ii]|[DdNn]ei|[Dd]ai|[Aa]i|[Ss]ui)(?: +|\u00a0| ?\n[ \t]*)[*_]{0,3})?"
    + QUOTE.pattern
)
PLURAL = re.compile(r"(?:I|\w*i)(?!\w)")
VOWEL = re.compile(  # numbers read as otto, ottanta, ottocento…, undici, undicimila, uno; not mille, cento…, primo
    r"8|11(?:[.\s]?\d{3})*(?!\d)|1(?![\d°º]|[.\s]\d{3})"
)
ZERO = re.compile(r"0(?!\d)")
QUOTED = re.compile(r"(?<!`)`\{(\w+)\}[^`\n]*`(?!`)")
KINDS = ("val", "say", "lit", "paper")
PAPER = re.compile(r"`\{paper\}\s*([^`]*?)\s*`")
BARE = re.compile(  # a quotation that would be printed as it stands
    r"\{+[ \t]*(val|say|lit|show|paper)(?:[ \t]*\}+[ \t]*|[ \t]+)([^\s`{}'\"´’]+)\}*|`(val|say|show)[ \t]+([\w:.-]+)[ \t]*`"
)
MATHS = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$", re.DOTALL)
PARTS = ("interval", "n", "low", "high", "se")
SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Place:
    """Where a text stands: file, cell (or entry of a TOML file) and the line at which it begins."""

    file: str
    cell: str = ""
    line: int = 1

    def at(self, text: str, position: int) -> Place:
        """The place of the character at `position` of the text that begins here."""
        return Place(self.file, self.cell, self.line + text.count("\n", 0, position))

    def __str__(self) -> str:
        if not self.cell:
            return self.file
        if self.file.endswith(".ipynb"):
            return say(
                f"{self.file}, cella {self.cell}, riga {self.line}",
                f"{self.file}, cell {self.cell}, line {self.line}",
            )
        return f"{self.file}, {self.cell}"


def nearest(name: str, known: Any) -> str:
    """A next step that names the nearest known name, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.5)
    return say(f"Forse «{close[0]}»?", f"Perhaps '{close[0]}'?") if close else ""


def confidence(entry: Mapping[str, Any]) -> str:
    """The confidence level of an entry's interval as a whole percentage; 95% where the entry names none."""
    return f"{round(100 * float(entry.get('level') or 0.95))}%"


def number(entry: Mapping[str, Any], part: str, language: str) -> str | None:
    """The value of an evidence number, or a part of it, as text; None where the entry lacks that part."""
    if entry.get("suppressed"):
        return word("suppressed", language)
    unit, digits = str(entry.get("unit", "number")), entry.get("digits")
    if part == "interval":
        if entry.get("low") is None or entry.get("high") is None:
            return None
        text = words.format_interval(entry["low"], entry["high"], unit, digits, language)
        return word("interval", language, level=confidence(entry)) + ": " + text
    if part and entry.get(part) is None:
        return None
    if part == "n":
        return words.format_number(entry["n"], "count", 0, language)
    if part == "se" and unit == "share":
        unit = "share_points"
    return words.format_number(entry[part or "value"], unit, digits, language)


def plain(text: str) -> str:
    """Text whose every ASCII punctuation mark stands for itself in Markdown."""
    return SPECIAL.sub(r"\\\1", text)


def entry_of(key: str, entries: Mapping[str, Any]) -> tuple[str, str]:
    """The entry that a quoted number names, and the part of it."""
    name, _, part = key.rpartition(".")
    return (key, "") if key in entries or part not in PARTS else (name, part)


def traced(printed: str, kind: str, key: str, evidence: Mapping[str, Any]) -> str:
    """A quotation as a span that names its entry, for the filter: class `value` or `said`, attribute `of`."""
    name, _ = entry_of(key, evidence.get("numbers", {})) if kind == "val" else (key, "")
    return f'[{printed}]{{.{"value" if kind == "val" else "said"} of="{name}"}}'


def elided(before: str, printed: str) -> str:
    """The article or preposition `before` a printed number, as Italian orthography has it before a vowel sound: elided in the singular (`l'8%`,
    `dell'11%`, `all'1,5%`), gli and its compounds in the plural (`degli 8`); before zero lo and its compounds (`dello 0,5%`); else as typed.
    Marks of emphasis that follow it stay; the straight apostrophe is curled like any other."""
    zero = ZERO.match(printed)
    if not (zero or VOWEL.match(printed)):
        return before
    if plural := PLURAL.match(before):
        whole = {"i": "gli", "I": "Gli"}.get(plural[0], plural[0][:-1] + "gli")
        return whole + before[plural.end() :]
    if zero:
        article = before.split(maxsplit=1)[0]
        return {"il": "lo", "Il": "Lo"}.get(article, f"{article}lo") + before[len(article) :]
    article, *marks = before.split(maxsplit=1)
    return {"il": "l'", "Il": "L'"}.get(article, f"{article}l'") + "".join(marks)


def fill(
    text: str,
    evidence: Mapping[str, Any],
    language: str,
    place: Place,
    *,
    markdown: bool = True,
    trace: bool = False,
) -> tuple[str, list[Fault]]:
    """`text` with its quotations replaced, and the faults met; an unknown key prints as `??key??`."""
    faults: list[Fault] = []
    running = blanked(MATHS, without_code(text))

    def replace(match: re.Match[str]) -> str:
        kind, key, before = match["kind"], match["key"], match["before"] or ""
        found: str | None = key
        if kind != "lit":
            found, fault = _look_up(kind, key, evidence, language, str(place.at(text, match.start("kind"))))
            faults.extend(fault)
        if found is None:
            return f"{before}??{plain(key) if markdown else key}??"
        if before and language == "it" and kind != "say" and running.startswith(before, match.start()):
            before = elided(before, found)
        printed = plain(found) if markdown and kind != "say" else found
        return before + (traced(printed, kind, key, evidence) if trace and kind != "lit" else printed)

    def title(match: re.Match[str]) -> str:
        cited, name = evidence.get("cites", {}), match[1]
        if name not in cited:
            what = say(f"«{name}» non è fra i notebook citati", f"'{name}' is not among the notebooks cited")
            faults.append(Fault(what, str(place.at(text, match.start())), next_step=nearest(name, cited)))
            return f"??{plain(name) if markdown else name}??"
        found = word("quoted-title", language, title=cited[name]["title"][language])
        printed = plain(found) if markdown else found
        return f'[{printed}]{{.value of="{name}:"}}' if trace else printed

    for match in QUOTED.finditer(text):
        if match[1] not in KINDS:
            faults.append(_misquoted(match, str(place.at(text, match.start()))))
    rest = text
    for pattern in (QUOTE, PAPER, QUOTED, MATHS):
        rest = blanked(pattern, rest)
    for match in BARE.finditer(rest):
        kind, key = match[1] or match[3], (match[2] or match[4]).rstrip(".,;:)")
        what = say(f"citazione non letta: {match[0]}", f"quotation not understood: {match[0]}")
        step = say(
            f"Scrivere, con l'accento grave prima e dopo: `{{{kind}}} {key}`",
            f"Write, with a backtick before and after: `{{{kind}}} {key}`",
        )
        faults.append(Fault(what, str(place.at(text, match.start())), next_step=step))
    return PAPER.sub(title, ELIDING.sub(replace, text)), faults


def _misquoted(match: re.Match[str], where: str) -> Fault:
    if match[1] == "show":
        what = say("«{show}» sta da solo nel suo paragrafo", "'{show}' stands alone in its paragraph")
        step = say(
            "Nel testo si rinvia con @fig-… o @tbl-….", "Within a text, refer to it by @fig-… or @tbl-…."
        )
        return Fault(what, where, next_step=step)
    what = say(f"«{{{match[1]}}}» non si conosce", f"'{{{match[1]}}}' is not known")
    return Fault(what, where, "{val}, {say}, {lit}, {show}, {paper}", nearest(match[1], KINDS))


def _look_up(
    kind: str, key: str, evidence: Mapping[str, Any], language: str, where: str
) -> tuple[str | None, list[Fault]]:
    entries = evidence.get("numbers" if kind == "val" else "statements", {})
    name, part = entry_of(key, entries) if kind == "val" else (key, "")
    whole, _, other = key.rpartition(".")
    if kind == "val" and name not in entries and whole in entries:
        what = say(f"«{whole}» non ha una parte «{other}»", f"'{whole}' has no part '{other}'")
        return None, [Fault(what, where, ", ".join(PARTS), nearest(other, PARTS))]
    if name not in entries:
        what = (
            say(f"il numero «{name}» non è nell'evidenza", f"number '{name}' is not in the evidence")
            if kind == "val"
            else say(
                f"l'affermazione «{name}» non è nell'evidenza", f"statement '{name}' is not in the evidence"
            )
        )
        return None, [Fault(what, where, next_step=_next_step(name, entries, evidence))]
    if kind == "say":
        return (entries[name].get("text") or {}).get(language) or word("statement-none", language), []
    printed = number(entries[name], part, language)
    if printed is None:
        return None, [Fault(say(f"«{name}» non ha «{part}»", f"'{name}' has no '{part}'"), where)]
    return printed, []


def _next_step(name: str, entries: Mapping[str, Any], evidence: Mapping[str, Any]) -> str:
    notebook, colon, _ = name.partition(":")
    cited = evidence.get("cites", {})
    if colon and notebook not in cited:
        return say(
            f"«{notebook}» non è citato in questo studio: aggiungerlo a [cites], o mettere alla cella l'etichetta cites:{notebook}.",
            f"'{notebook}' is not cited in this study: add it to [cites], or tag the cell cites:{notebook}.",
        )
    return nearest(name, entries)
