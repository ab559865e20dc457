"""The reports of a verification: a mapping (`verification.json`), one self-contained page in both languages, and the certificates.

What belongs here: how the page tells what was found. What does not: the comparison, whose mapping comes from the command line
(analysis.batch); the certificate's page (certificate.py).
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from html import escape as esc
from pathlib import Path
from typing import Any

from analysis.evidence import words
from analysis.evidence.words import curled
from analysis.publish.front import long_date
from analysis.publish.review import certificate, findings, markup, pairs
from analysis.publish.review.findings import told
from analysis.publish.sources import LANGUAGES

TEXTS = ("published", "again", "difference")  # the pictures of a figure


def write(report: Mapping[str, Any], folder: Path, made: datetime.date | None = None) -> list[Path]:
    """Write verification.json, verification.html and `{language}.certificate.pdf` into `folder`, where the report's pictures lie; returns
    their paths. `made` is the day of the verification, printed only if it is given."""
    data = json.dumps(plain(report), ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n"
    content = data.encode("utf-8")
    digest = hashlib.sha256(content).hexdigest()
    files = {
        "verification.json": content,
        "verification.html": html(report, folder, digest, made).encode("utf-8"),
    }
    for language in LANGUAGES:
        files[f"{language}.certificate.pdf"] = certificate.make(report, language, digest, made)
    return [markup.written(folder / name, data) for name, data in files.items()]


def plain(value: Any) -> Any:
    """The report as JSON has it: numbers that are not finite become null, paths text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.as_posix() if isinstance(value, Path) else value


def html(report: Mapping[str, Any], folder: Path, digest: str = "", made: datetime.date | None = None) -> str:
    """The page; pictures are read from `folder` and stand in it."""
    heads = {language: told("page", "title", language) for language in LANGUAGES}
    study = findings.title(report, "it")
    return markup.page(
        f"{heads['it']} / {heads['en']} – {study}",
        heads,
        {language: told("page", "skip", language) for language in LANGUAGES},
        {language: _Telling(report, folder, language, digest, made).body() for language in LANGUAGES},
    )


class _Telling:
    """The report in one language."""

    def __init__(
        self,
        report: Mapping[str, Any],
        folder: Path,
        language: str,
        digest: str,
        made: datetime.date | None,
    ) -> None:
        self.report, self.folder, self.language = report, folder, language
        self.digest, self.made = digest, made
        self.editions = findings.editions(report)

    def say(self, key: str, group: str = "page", /, **named: object) -> str:
        return told(group, key, self.language, **named)

    def identity(self, name: str) -> str:
        return f"{self.language}-{name}"

    def body(self) -> str:
        label, lines = certificate.provenance(self.report, self.language)
        parts = [f'<p class="study">{esc(findings.title(self.report, self.language))}</p>']
        if label:
            parts.append(f'<p class="label">{esc(label)}</p>')
        parts += [self.outcome(), self.unchecked(), self.environment(), self.inputs()]
        parts += [self.edition(one, i) for i, one in enumerate(self.editions, start=1)]
        foot = [*lines, self.say("disclaimer")]
        parts.append("<footer>" + "".join(f"<p>{esc(line)}</p>" for line in foot) + "</footer>")
        return "\n".join(filter(None, parts))

    # -- the whole -------------------------------------------------------------------------------------------------------

    def outcome(self) -> str:
        verdict = findings.verdict(self.report)
        every = [entry for one in self.editions for entry in findings.entries(one)]
        detail = f"<p>{esc(findings.detail(every, self.language))}</p>"
        headline = findings.headline(self.report, self.language)
        html = markup.outcome(
            findings.MARKS[verdict], headline, detail, grave=verdict in findings.GRAVE
        ) + markup.facts(self.facts())
        counted = certificate.counts(self.report, self.language)
        if counted["rows"]:
            rows = [[esc(cell) for cell in row] for row in counted["rows"]]
            classes = ["", *["n"] * (len(counted["head"]) - 1)]
            html += f"<h3>{esc(counted['title'])}</h3>" + markup.table(
                counted["title"], counted["head"], rows, classes, total=True, style="counts"
            )
        if len(self.editions) > 1:
            rows = [
                [
                    f'<a href="#{self.identity(f"notebook-{i}")}">{esc(findings.title(one, self.language))}</a>',
                    self.mark(one),
                    esc(findings.detail(findings.entries(one), self.language)),
                ]
                for i, one in enumerate(self.editions, start=1)
            ]
            head = [
                self.say("notebook"),
                self.say("verdict", "table"),
                self.say("compared"),
            ]
            html += f"<h3>{esc(self.say('notebooks'))}</h3>" + markup.table(
                self.say("notebooks"), head, rows, ["", "", "w"]
            )
        return markup.section(self.identity("outcome"), self.say("outcome"), html)

    def facts(self) -> list[tuple[str, str]]:
        unknown = self.say("unknown")
        edition = self.report.get("edition")
        date = long_date(certificate.edition(self.report), self.language) if edition else unknown
        program = self.say("made-by", version=findings.version())
        if self.made:
            program += f", {self.say('made-on', date=long_date(self.made, self.language))}"
        lock = str(findings.part(self.report, "sha256").get("lock", ""))
        sums = [("report-file", self.digest), ("lock-file", lock)]
        return [
            (self.say("edition"), esc(date)),
            (self.say("source"), markup.code(self.report.get("source") or unknown)),
            (self.say("made"), esc(program)),
            *(
                (f"SHA-256, {self.say(name)}", markup.code(value) if value else esc(unknown))
                for name, value in sums
            ),
        ]

    def unchecked(self) -> str:
        reasons = findings.reasons(self.report, self.language)
        some = any(one.get("entries") for one in self.editions)
        if reasons:
            items = "".join(f"<li>{esc(amount)}: {esc(reason)}</li>" for amount, reason in reasons)
            html = f"<ul>{items}</ul>"
        else:
            html = f"<p>{esc(self.say('unchecked-none' if some else 'none'))}</p>"
        html += f'<p class="muted">{esc(self.say("beyond"))}</p>'
        return markup.section(self.identity("unchecked"), self.say("unchecked"), html)

    def environment(self) -> str:
        short = f"<p>{esc(certificate.environment(self.report, self.language))}</p>"
        rows = list(self.report.get("environment") or [])
        open_rows = [one for one in rows if findings.verdict(one) in (*findings.GRAVE, "within")]
        tools = [one for one in rows if findings.verdict(one) == "unchecked"]
        same = [one for one in rows if findings.verdict(one) == "same"]
        html = short + (self.packages(open_rows) if open_rows else "")
        for key, some in (("tools", tools), ("packages", same)):
            if some:
                html += markup.fold(self.say(key, "fold", n=len(some)), self.packages(some))
        return markup.section(self.identity("environment"), self.say("environment"), html)

    def packages(self, rows: Sequence[Mapping[str, Any]]) -> str:
        body = [
            [
                markup.code(one.get("package", "")),
                self.mark(one),
                *(esc(str(one.get(part) or pairs.ABSENT)) for part in ("published", "lock", "installed")),
                esc(findings.why(one, self.language)),
            ]
            for one in rows
        ]
        head = [
            self.say(key, "table") for key in ("package", "verdict", "published", "lock", "installed", "why")
        ]
        return markup.table(self.say("environment"), head, body, ["", "", "v", "v", "v", "w"])

    def inputs(self) -> str:
        found: dict[tuple[str, ...], list[str]] = {}
        for edition in self.editions:
            for one in edition.get("inputs") or []:
                known = tuple(str(one.get(name, "")) for name in ("part", "kind", "state"))
                found.setdefault(known, []).append(str(edition.get("notebook", "")))
        rows = [
            [
                markup.code(part),
                esc(self.say(kind, "input")),
                esc(self.say(state, "state")),
                ", ".join(map(markup.code, names)),
            ]
            for (part, kind, state), names in found.items()
        ]
        if rows:
            head = [self.say(key, "table") for key in ("part", "kind", "state")] + [self.say("notebook")]
            html = markup.table(self.say("inputs"), head, rows, ["w", "", "", ""])
        else:
            html = f"<p>{esc(self.say('inputs-none'))}</p>"
        return markup.section(self.identity("inputs"), self.say("inputs"), html)

    # -- one notebook ----------------------------------------------------------------------------------------------------

    def edition(self, one: Mapping[str, Any], place: int) -> str:
        state = self.say("executed" if one.get("executed") else "not-executed")
        why = findings.why(one, self.language)
        entries = findings.entries(one)
        sum_ = str(findings.part(one, "sha256").get("evidence", ""))
        told_facts = [
            (self.say("notebook"), markup.code(one.get("notebook", ""))),
            (self.say("outcome"), f"{self.mark(one)} {esc(state + (f': {why}' if why else ''))}"),
            (self.say("compared"), esc(findings.detail(entries, self.language))),
        ]
        if sum_:
            told_facts.append((f"SHA-256, {self.say('evidence-file')}", markup.code(sum_)))
        html = markup.facts(told_facts)
        groups: dict[str, list[Mapping[str, Any]]] = {name: [] for name in findings.VERDICTS}
        for entry in entries:
            groups[findings.verdict(entry)].append(entry)
        grave = [entry for name in findings.GRAVE for entry in groups[name]]
        if grave:
            name = self.say("open", "fold", n=len(grave))
            html += f"<h3>{esc(name)}</h3>{self.table(name, grave)}"
        html += "".join(self.pictures(entry) for entry in entries)
        reasons = list(dict.fromkeys(findings.why(entry, self.language) for entry in groups["unchecked"]))
        for reason in reasons:
            some = [entry for entry in groups["unchecked"] if findings.why(entry, self.language) == reason]
            html += self.folded("unchecked", some, why=reason)
        for name in ("within", "same"):
            html += self.folded(name, groups[name])
        return markup.section(self.identity(f"notebook-{place}"), findings.title(one, self.language), html)

    def folded(self, key: str, some: Sequence[Mapping[str, Any]], why: str = "") -> str:
        if not some:
            return ""
        name = self.say(key, "fold", n=words.format_number(len(some), "count", 0, self.language), why=why)
        return markup.fold(name.strip(), self.table(name, some, brief=key != "within"))

    def table(self, name: str, entries: Sequence[Mapping[str, Any]], *, brief: bool = False) -> str:
        """The entries; a brief table leaves out what is empty where nothing differs."""
        columns = ["verdict", "kind", "entry", "published"]
        columns += [] if brief else ["again", "difference", "tolerance", "why"]
        classes = {
            "entry": "v",
            "published": "v",
            "again": "v",
            "difference": "n",
            "tolerance": "n",
            "why": "w",
        }
        rows = [[cells[column] for column in columns] for cells in map(self.cells, entries)]
        head = [self.say(column, "table") for column in columns]
        return markup.table(
            self.say("region", "table", title=name),
            head,
            rows,
            [classes.get(column, "") for column in columns],
            heading=2,
        )

    def cells(self, entry: Mapping[str, Any]) -> dict[str, str]:
        unit, language = str(entry.get("unit") or ""), self.language
        old, new = pairs.pair(entry.get("published"), entry.get("again"), unit, None, language)
        change = pairs.relative(entry.get("relative"), language)
        gap = pairs.difference(entry.get("difference"), unit, None, language)
        if findings.verdict(entry) == "same":
            gap = change = ""
        where = re.sub(r"^row (\d+)", self.say("row", "table", n=r"\1"), str(entry.get("where") or ""))
        tolerance = entry.get("tolerance")
        return {
            "verdict": self.mark(entry),
            "kind": esc(self.say(str(entry.get("kind", "")), "kind")),
            "entry": markup.code(entry.get("key", ""))
            + (f'<br><span class="muted">{esc(where)}</span>' if where else ""),
            "published": esc(curled(old)),
            "again": esc(curled(new)),
            "difference": esc(gap) + (f"<br>({esc(change)})" if change else ""),
            "tolerance": self.tolerance(tolerance),
            "why": esc(findings.why(entry, language)),
        }

    def tolerance(self, value: Any) -> str:
        if not pairs.numeric(value):
            return pairs.ABSENT
        return esc(pairs.scientific(value, self.language) if value > 0 else self.say("exact", "table"))

    def mark(self, one: Mapping[str, Any]) -> str:
        verdict = findings.verdict(one)
        return markup.mark(verdict, findings.MARKS[verdict], self.say(verdict, "verdict"))

    def pictures(self, entry: Mapping[str, Any]) -> str:
        """The pictures of a figure in this language; those of the other where only they are there."""
        every = list(entry.get("pictures") or [])
        own = [one for one in every if one.get("lang") == self.language]
        out = []
        for one in own or every:
            share = one.get("share")
            told_share = pairs.relative(share, self.language) if pairs.numeric(share) else self.say("unknown")
            title = self.say("title", "picture", key=entry.get("key", ""), share=told_share)
            if not own:
                title += f" {self.say('other', 'picture')}"
            drawn = "".join(self.picture(one.get(part), part, str(entry.get("key", ""))) for part in TEXTS)
            out.append(f'<h3>{esc(title)}</h3><div class="pictures">{drawn}</div>')
        return "".join(out)

    def picture(self, name: Any, part: str, key: str) -> str:
        what = self.say(part, "picture")
        path = self.folder / str(name) if name else None
        if path is None or not path.is_file():
            return f"<figure><p>{esc(self.say('missing', 'picture'))}</p><figcaption>{esc(what)}</figcaption></figure>"
        data = base64.b64encode(path.read_bytes()).decode("ascii")
        alt = esc(self.say("alt", "picture", key=key, what=what))
        return f'<figure><img src="data:image/png;base64,{data}" alt="{alt}"><figcaption>{esc(what)}</figcaption></figure>'
