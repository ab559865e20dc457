"""Two editions side by side: a self-contained page in both languages, and lines for the terminal.

What belongs here: how changes are told. What does not: finding them; they come from the command line (analysis.batch.diff).
"""

from __future__ import annotations

import difflib
import functools
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape as esc
from typing import Any, Protocol

from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish.front import long_date
from analysis.publish.review import certificate, findings, markup, pairs
from analysis.publish.review.markup import TEMPLATES
from analysis.publish.sources import LANGUAGES, localised

MOST = 12  # changes of one sort told at the terminal; the page has them all
WIDE = 96  # characters of a value at the terminal


class Change(Protocol):
    """What a change must tell: see analysis.batch.diff."""

    @property
    def kind(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def before(self) -> Any: ...
    @property
    def after(self) -> Any: ...
    @property
    def where(self) -> Mapping[str, str]: ...
    @property
    def unit(self) -> str: ...
    @property
    def digits(self) -> int | None: ...
    @property
    def absolute(self) -> float | None: ...
    @property
    def relative(self) -> float | None: ...
    @property
    def errors(self) -> float | None: ...
    @property
    def parts(self) -> tuple[tuple[str, Any, Any], ...]: ...


@dataclass(frozen=True)
class Compared:
    """One notebook of both editions: its changes in order; `a` and `b` are the contexts of its records, None where it is not."""

    notebook: str
    title: Mapping[str, str]
    a: Mapping[str, Any] | None
    b: Mapping[str, Any] | None
    changes: Sequence[Change] = field(default_factory=tuple)

    @property
    def equal(self) -> bool:
        return self.a is not None and self.b is not None and not self.changes


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads((TEMPLATES / "changes.toml").read_text(encoding="utf-8"))


def told(group: str, key: str, language: str, /, **named: object) -> str:
    """A fixed word of changes.toml; a key that it does not know stands for itself."""
    entry = _words()[group].get(key)
    return str(entry[language]).format(**named) if entry else key


def html(compared: Sequence[Compared], a: str, b: str) -> str:
    """The page; `a` and `b` are the two places as they were named."""
    heads = {language: told("page", "title", language) for language in LANGUAGES}
    return markup.page(
        f"{heads['it']} / {heads['en']}: {a} – {b}",
        heads,
        {language: told("page", "skip", language) for language in LANGUAGES},
        {language: _body(compared, a, b, language) for language in LANGUAGES},
    )


def text(compared: Sequence[Compared], a: str, b: str, language: str, file: str = "") -> list[str]:
    """Lines for the terminal, at most `MOST` changes of a sort; `file` is the page that has them all."""
    lines = [f"A: {_named(compared, a, 'a', language)}", f"B: {_named(compared, b, 'b', language)}"]
    for one in compared:
        lines.append(f"\n{one.notebook}: {_count(one, language)}")
        for state, some in _groups(one):
            lines.append(f"  {told('state', state, language)} ({len(some)})")
            for change in some[:MOST]:
                lines += _lines(change, language)
            if len(some) > MOST:
                rest = words.format_number(len(some) - MOST, "count", 0, language)
                lines.append("    " + told("page", "more", language, n=rest, file=file or "--out"))
    return lines


# -- shared ------------------------------------------------------------------------------------------------------------


def _groups(one: Compared) -> Iterator[tuple[str, list[Change]]]:
    for state, some in itertools.groupby(one.changes, key=lambda change: change.state):
        yield state, list(some)


def _named(compared: Sequence[Compared], named: str, side: str, language: str) -> str:
    """A place with the edition date of its records, where they share one."""
    dates = {str(context["edition"]) for one in compared if (context := getattr(one, side)) and context.get("edition")}  # fmt: skip
    if len(dates) != 1:
        return named
    try:
        day = long_date(date.fromisoformat(dates.pop()), language)
    except ValueError:
        return named
    return told("page", "edition", language, named=named, date=day)


def _count(one: Compared, language: str) -> str:
    if one.a is None or one.b is None:
        return told("page", "only-b" if one.a is None else "only-a", language)
    n = len(one.changes)
    if not n:
        return told("page", "none", language)
    if n == 1:
        return told("page", "total-one", language)
    return told("page", "total", language, n=words.format_number(n, "count", 0, language))


def _values(change: Change, language: str) -> tuple[str, str]:
    before, after = pairs.pair(change.before, change.after, change.unit, change.digits, language)
    protected = told("page", "protected", language)
    if change.state == "hidden":
        after = protected
    if change.state == "shown":
        before = protected
    return curled(before), curled(after)


def _errors(change: Change, language: str) -> str:
    """The size in standard errors, signed, with two digits that count."""
    if change.errors is None:
        return ""
    places = 0 if abs(change.errors) >= 100 else 1 if abs(change.errors) >= 1 else 2
    number = words.format_number(abs(change.errors), "number", places, language)
    sign = "" if change.errors == 0 else "+" if change.errors > 0 else "−"
    return f"{sign}{number}"


def _gap(change: Change, language: str) -> str:
    """Difference and relative change; empty where nothing was measured."""
    if not change.absolute:
        return ""
    gap = pairs.difference(change.absolute, change.unit, change.digits, language)
    share = pairs.relative(change.relative, language)
    return f"{gap} ({share})" if share else gap


def _parts(change: Change, language: str) -> Iterator[str]:
    for name, before, after in change.parts:
        unit = "count" if name == "n" else "share_points" if name == "se" and change.unit == "share" else change.unit  # fmt: skip
        if name == "form":
            sides = tuple(told("form", str(one), language) for one in (before, after))
        else:
            sides = pairs.pair(before, after, unit, 0 if name == "n" else change.digits, language)
        yield f"{told('part', name, language)}: {sides[0]} → {sides[1]}"


# -- at the terminal -----------------------------------------------------------------------------------------------------


def _lines(change: Change, language: str) -> list[str]:
    where = change.where.get(language, "")
    name = f"{told('kind', change.kind, language)} {change.key}" + (f" [{where}]" if where else "")
    if change.kind == "statement":
        sides = [f"      {mark} {side}" for mark, side in zip("AB", _values(change, language))]
        parts = [f"      {part}" for part in _parts(change, language)]
        return [f"    {name}", *sides, *parts]
    if change.before is None and change.after is None:
        return [f"    {name}"]
    before, after = _values(change, language)
    values = f"{_cut(before)} → {_cut(after)}"
    if change.state in ("gone", "new"):
        values = _cut(before if change.state == "gone" else after)
    errors = _errors(change, language)
    unit = {"it": "e.s.", "en": "s.e."}[language]
    extra = [_gap(change, language), f"{errors}\u00a0{unit}" if errors else "", *_parts(change, language)]
    return [f"    {name}: " + "; ".join(filter(None, [values, *extra]))]


def _cut(value: str) -> str:
    value = " ".join(value.split(" "))
    return value if len(value) <= WIDE else value[: WIDE - 1] + "…"


# -- the page --------------------------------------------------------------------------------------------------------------


def _body(compared: Sequence[Compared], a: str, b: str, language: str) -> str:
    contexts = [context for one in compared for context in (one.b, one.a) if context]
    head: Mapping[str, Any] = contexts[0] if contexts else {}
    about = {"label": head.get("provenance"), "title": head.get("title"), "study": head.get("study")}
    label, lines = certificate.provenance(about, language)
    parts = [f'<p class="study">{esc(findings.title(about, language))}</p>']
    parts += [f'<p class="label">{esc(label)}</p>'] if label else []
    equal = all(one.equal for one in compared)
    detail = "".join(f"<p>{esc(one.notebook)}: {esc(_count(one, language))}</p>" for one in compared)
    summary = markup.outcome(
        "=" if equal else "≠", told("page", "equal" if equal else "changed", language), detail, grave=False
    )
    summary += markup.facts(
        [
            (told("page", side, language), esc(_named(compared, named, side, language)))
            for side, named in (("a", a), ("b", b))
        ]
    )
    summary += f'<p class="muted">{esc(told("page", "errors-note", language))}</p>'
    parts.append(markup.section(f"{language}-summary", told("page", "summary", language), summary))
    parts += [_section(one, place, language) for place, one in enumerate(compared, start=1)]
    foot = [*lines, told("page", "disclaimer", language, version=findings.version())]
    parts.append("<footer>" + "".join(f"<p>{esc(line)}</p>" for line in foot) + "</footer>")
    return "\n".join(parts)


def _section(one: Compared, place: int, language: str) -> str:
    html = f"<p>{markup.code(one.notebook)}: {esc(_count(one, language))}</p>"
    for state, some in _groups(one):
        name = f"{told('state', state, language)} ({words.format_number(len(some), 'count', 0, language)})"
        html += f"<h3>{esc(name)}</h3>{_table(state, name, some, language)}"
    title = curled(str(localised(dict(one.title), language) or one.notebook))
    return markup.section(f"{language}-notebook-{place}", title, html)


def _table(state: str, name: str, some: Sequence[Change], language: str) -> str:
    measured = any(change.absolute is not None for change in some)
    columns = ["kind", "entry", "before", "after", *(["difference", "errors"] if measured else [])]
    classes = {"entry": "v", "before": "w", "after": "w", "difference": "n", "errors": "n"}
    rows = []
    for change in some:
        before, after = _values(change, language)
        sides = _marked(before, after) if change.kind == "statement" else (esc(before), esc(after))
        where = change.where.get(language, "")
        entry = markup.code(change.key) + (f'<br><span class="muted">{esc(where)}</span>' if where else "")
        parts = "".join(f"<br>{esc(part)}" for part in _parts(change, language))
        cells = {
            "kind": esc(told("kind", change.kind, language)),
            "entry": entry,
            "before": sides[0],
            "after": sides[1] + (f'<span class="muted">{parts}</span>' if parts else ""),
            "difference": esc(_gap(change, language)).replace(" (", "<br>("),
            "errors": esc(_errors(change, language)),
        }
        rows.append([cells[column] for column in columns])
    head = [told("table", column, language) for column in columns]
    region = told("table", "region", language, title=name)
    return markup.table(region, head, rows, [classes.get(column, "") for column in columns], heading=1)


def _marked(before: str, after: str) -> tuple[str, str]:
    """Two sentences with the words that only one of them has marked."""
    pieces = [re.findall(r"\s+|[^\s]+", side) for side in (before, after)]
    out: tuple[list[str], list[str]] = ([], [])
    matcher = difflib.SequenceMatcher(None, pieces[0], pieces[1], autojunk=False)
    for kind, start, end, first, last in matcher.get_opcodes():
        for side, tag, part in ((0, "del", pieces[0][start:end]), (1, "ins", pieces[1][first:last])):
            words_ = esc("".join(part))
            out[side].append(words_ if kind == "equal" or not words_.strip() else f"<{tag}>{words_}</{tag}>")
    return "".join(out[0]), "".join(out[1])
