"""The parts of which report pages are built, verification and comparison of editions alike: one self-contained page, both languages.

Texts are escaped here, once; what a function calls `html` is markup already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape as esc
from pathlib import Path

from analysis.publish.sources import LANGUAGES

TEMPLATES = Path(__file__).parent / "templates"
Row = Sequence[str]


def page(title: str, head: Mapping[str, str], skip: Mapping[str, str], bodies: Mapping[str, str]) -> str:
    """The whole page: title as text; head, skip link and body by language, the bodies as html."""
    parts = {"title": esc(title), **bodies}
    for language in LANGUAGES:
        parts[f"head-{language}"], parts[f"skip-{language}"] = esc(head[language]), esc(skip[language])
    template = (TEMPLATES / "report.html").read_text(encoding="utf-8")
    return re.sub(r"@((?:head-|skip-)?(?:it|en)|title)@", lambda match: parts[match[1]], template)


def section(identity: str, title: str, html: str, level: int = 2) -> str:
    name = esc(identity)
    return f'<section aria-labelledby="{name}">\n<h{level} id="{name}">{esc(title)}</h{level}>\n{html}\n</section>'


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and their html."""
    return (
        '<dl class="facts">'
        + "".join(f"<dt>{esc(name)}</dt><dd>{html}</dd>" for name, html in pairs)
        + "</dl>"
    )


def table(
    name: str,
    head: Sequence[str],
    rows: Sequence[Row],
    classes: Sequence[str],
    *,
    total: bool = False,
    heading: int = 0,
    style: str = "",
) -> str:
    """A table in a region that scrolls by itself. `rows` are html, `classes` those of the columns, `heading` the column that heads each
    row; the last row may be a total."""
    out = [f'<div class="scroll" role="region" tabindex="0" aria-label="{esc(name)}">']
    out.append(f"<table{f' class={style}' if style else ''}><thead><tr>")
    out += [
        f'<th scope="col"{_class(kind)}>{esc(text)}</th>' for text, kind in zip(head, classes, strict=True)
    ]
    out.append("</tr></thead><tbody>")
    for i, row in enumerate(rows):
        cells = [
            f'<th scope="row"{_class(kind)}>{html}</th>' if k == heading else f"<td{_class(kind)}>{html}</td>"
            for k, (html, kind) in enumerate(zip(row, classes, strict=True))
        ]
        last = total and i == len(rows) - 1
        out.append(f"<tr{_class('total' if last else '')}>{''.join(cells)}</tr>")
    return "\n".join([*out, "</tbody></table></div>"])


def code(text: object) -> str:
    """A key, path or checksum, which may be broken after a mark that joins words."""
    broken = re.sub(r"([_/:.])(?=.)", r"\1<wbr>", esc(str(text)))
    return f"<code>{broken}</code>"


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def fold(summary: str, html: str) -> str:
    return f"<details><summary>{esc(summary)}</summary>\n{html}\n</details>"


def mark(verdict: str, sign: str, text: str) -> str:
    """A verdict: its sign and its word, told apart by border and word as well as by colour."""
    return f'<span class="mark {esc(verdict)}"><span aria-hidden="true">{esc(sign)}</span> {esc(text)}</span>'


def outcome(sign: str, headline: str, html: str, *, grave: bool) -> str:
    kind = "outcome grave" if grave else "outcome"
    return f'<div class="{kind}"><p class="headline"><span aria-hidden="true">{esc(sign)}</span> {esc(headline)}</p>{html}</div>'


def written(path: Path, data: bytes) -> Path:
    """Write atomically; a file of the same bytes is left alone."""
    if not path.is_file() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.write_bytes(data)
        part.replace(path)
    return path
