"""The page that lists the papers of a folder, in both languages; it works from the file system and needs no network and no framework.

The thumbnail is decorative (its alternative text is empty): beside it stand title and abstract, and the paper holds the same figure with
its own alternative text.
"""

from __future__ import annotations

import datetime
import html
import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.evidence.words import curled
from analysis.publish.sources import LANGUAGES, TEMPLATES, localised, word

# groups in the order of the page: files of the language {l} or of all, each with its name or the key of a word; of several the stem is named too
SHELVES: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("text", (("{l}.pdf", "PDF"), ("{l}.html", "page"), ("{l}.docx", "Word"))),
    ("slides", (("{l}.slides.html", "page"),)),
    ("brief", (("{l}.brief.pdf", "PDF"), ("{l}.brief.png", "image"))),
    ("appendix", (("{l}.appendix.pdf", "PDF"), ("{l}.appendix.html", "page"))),
    ("codebook", (("{l}.codebook.html", "page"), ("{l}.codebook.xlsx", "XLSX"))),
    ("tables", (("{l}.xlsx", "XLSX"),)),
    ("worksheets", (("*.{l}.xlsx", "XLSX"), ("*.{l}.docx", "Word"), ("*.{l}.pdf", "PDF"))),
    ("data", (("evidence.json", "evidence"), ("notebook.ipynb", "notebook"))),
    (
        "records",
        (
            ("{l}.xml", "JATS XML"),
            ("redif.rdf", "ReDIF"),
            ("datacite.json", "DataCite JSON"),
            ("CITATION.cff", "CITATION.cff"),
        ),
    ),
)
REPORT = "verification.html"


@dataclass(frozen=True)
class Entry:
    """A paper in one language as the page tells it; `abstract` is Markdown, `thumbnail` and `files` are addresses relative to the page."""

    identity: str
    language: str
    study: str
    study_title: str
    title: str
    abstract: str
    keywords: Sequence[str]
    date: str
    label: str
    parameters: str
    thumbnail: str
    shelves: Sequence[tuple[str, Sequence[tuple[str, str, int]]]]


def write(folder: Path, notebooks: Path, data: Path | None = None) -> Path:
    """Write `folder`/index.html: every paper below it that has an evidence.json, by study and title, with the files that lie beside it.

    Titles and abstracts come from the notebooks' TOML, or from the study's texts below `data` where they set one, with the numbers that
    they quote. A page that would hold the same bytes is left alone.
    """
    page = folder / "index.html"
    papers = [_paper(path, folder, notebooks, data) for path in sorted(folder.rglob("evidence.json"))]
    papers.sort(key=lambda paper: (paper["it"].study, paper["it"].title.casefold(), paper["it"].identity))
    abstracts = _html([entry for paper in papers for entry in paper.values()])
    parts = {
        language: _section([paper[language] for paper in papers], abstracts, language)
        for language in LANGUAGES
    }
    template = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    text = re.sub(r"@(it|en)@\n", lambda match: parts[match[1]], template)
    content = text.encode("utf-8")
    if not page.is_file() or page.read_bytes() != content:
        part = page.with_name("index.html.part")
        part.write_bytes(content)
        part.replace(page)
    return page


def _paper(path: Path, folder: Path, notebooks: Path, data: Path | None) -> dict[str, Entry]:
    from analysis.publish import document, layout, prose, render

    evidence = json.loads(path.read_text(encoding="utf-8"))
    context, name, home = evidence["context"], evidence["notebook"], path.parent
    notebook, source, outputs = notebooks / f"{name}.ipynb", None, {}
    if (home / "outputs.json").is_file() or (home / "notebook.ipynb").is_file():
        outputs = render.outputs_of(home)
    if notebook.is_file():
        texts = data / context["study"] / "texts" / f"{name}.toml" if data else None
        source = layout.read(notebook, evidence, outputs, texts)
    made = {}
    for language in LANGUAGES:
        front: Mapping[str, Any] = {}
        figure = None
        if source is not None:
            composed = prose.compose(source, language)
            front = composed.front
            figure = next((item["key"] for item in composed.items if item["kind"] == "figure"), None)
        made[language] = Entry(
            identity=home.relative_to(folder).as_posix(),
            language=language,
            study=context["study"],
            study_title=curled(str(localised(context.get("title"), language) or context["study"])),
            title=curled(_whole(front.get("title")) or name),
            abstract=_whole(front.get("abstract")),
            keywords=list(front.get("keywords", [])),
            date=str(context["edition"]),
            label=str(localised(context.get("label"), language) or ""),
            parameters=(source is not None and document.parameters(source, language)) or "",
            thumbnail=_thumbnail(evidence, figure, language, home, folder),
            shelves=_shelves(home, folder, language),
        )
    return made


def _whole(text: Any) -> str:
    """The text, or nothing where a number that it quotes is not in this edition's evidence."""
    return "" if text is None or "??" in text else str(text)


def _thumbnail(
    evidence: Mapping[str, Any], figure: str | None, language: str, home: Path, folder: Path
) -> str:
    """Address of the paper's first figure: editions kept in git have their figures in a tree of their own, others beside the paper."""
    if figure is None:
        return ""
    name = evidence["figures"][figure]["svg"][language]
    tree = folder.parent / "figures" / home.relative_to(folder)
    found = next((shelf / name for shelf in (home / "figures", tree, home) if (shelf / name).is_file()), None)
    return _address(found, folder) if found else ""


def _address(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _shelves(home: Path, folder: Path, language: str) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """The groups that hold a file: (key, [(address, name or key of its word, bytes)])."""
    found = []
    for key, files in SHELVES:
        paths = [found for name, label in files for found in _named(home, name.format(l=language), label)]
        held = [
            (_address(path, folder), label, path.stat().st_size) for path, label in paths if path.is_file()
        ]
        if held:
            found.append((key, held))
    above = [place for place in (home, *home.parents) if place == folder or folder in place.parents]
    if report := next((place / REPORT for place in above if (place / REPORT).is_file()), None):
        found.append(("verification", [(_address(report, folder), "report", report.stat().st_size)]))
    return found


def _named(home: Path, name: str, label: str) -> list[tuple[Path, str]]:
    """The files that a name stands for, which may begin with a star, each with its label."""
    if not name.startswith("*"):
        return [(home / name, label)]
    return [(path, f"{path.name.partition('.')[0]}, {label}") for path in sorted(home.glob(name))]


def _html(entries: Sequence[Entry]) -> dict[tuple[str, str], str]:
    """Each entry's abstract as HTML, by identity and language; one call of pandoc for all."""
    import pypandoc

    told = [entry for entry in entries if entry.abstract]
    if not told:
        return {}
    text = "\n\n".join(f"::::: {{#abstract-{i}}}\n{entry.abstract}\n:::::" for i, entry in enumerate(told))
    done = subprocess.run(
        [pypandoc.get_pandoc_path(), "-f", "markdown-raw_html", "-t", "html5", "--wrap=none", "--mathml"],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    pieces = re.split(r'<div id="abstract-(\d+)">\n', done.stdout)[1:]
    bodies = {
        int(i): body.strip().removesuffix("</div>").strip() for i, body in zip(pieces[::2], pieces[1::2])
    }
    return {(entry.identity, entry.language): bodies[i] for i, entry in enumerate(told)}


def size(count: int, language: str) -> str:
    """Bytes as a reader says them: `48 kB`, `1,3 MB`; never less than 1 kB."""
    from analysis.evidence import words

    if count < 999_500:
        return f"{max(1, round(count / 1000))} kB"
    return f"{words.format_number(count / 1e6, 'number', 1, language)} MB"


def _section(entries: Sequence[Entry], abstracts: Mapping[tuple[str, str], str], language: str) -> str:
    def say(key: str) -> str:
        return html.escape(word(key, language, "index"))

    out = [f'<p class="lead">{say("lead")}</p>']
    if not entries:
        return "\n".join([*out, f"<p>{say('none')}</p>"]) + "\n"
    out += [
        f'<form class="search" role="search" hidden><label for="search-{language}">{say("search")}</label>',
        f'<input id="search-{language}" type="search" autocomplete="off" spellcheck="false" aria-describedby="hint-{language}">',
        f'<p id="hint-{language}" class="muted">{say("hint")}</p>',
        f'<p role="status" data-hits="{html.escape(_pattern("hits", language))}" data-none="{say("no-hits")}"></p></form>',
    ]
    study, told = None, ""
    for entry in entries:
        if entry.study != study:
            out.append("</section>" if study is not None else "")
            study = entry.study
            name = f"{language}-{html.escape(study)}"
            out.append(f'<section class="study" aria-labelledby="{name}">')
            out.append(f'<h2 id="{name}">{html.escape(entry.study_title)}</h2>')
        abstract = abstracts.get((entry.identity, language), "")
        out.append(_article(entry, abstract, folded=bool(abstract) and abstract == told))
        told = abstract
    return "\n".join(filter(None, [*out, "</section>"])) + "\n"


def _pattern(key: str, language: str) -> str:
    return word(key, language, "index", hits="{hits}", all="{all}")


def _article(entry: Entry, abstract: str, folded: bool) -> str:
    """A paper's entry; of the editions of one notebook the parameters stand in the heading, and an abstract like the last one is `folded`."""
    from analysis.publish.document import long_date

    esc, language = html.escape, entry.language
    date = esc(long_date(datetime.date.fromisoformat(entry.date), language))
    meta = [f'<time datetime="{esc(entry.date)}">{date}</time>']
    given = f' <span class="set">{esc(entry.parameters)}</span>' if entry.parameters else ""
    about = f'<div class="abstract">{abstract}</div>' if abstract else ""
    if folded:
        about = f"<details><summary>{esc(word('abstract', language))}</summary>{about}</details>"
    picture = f'<img src="{esc(entry.thumbnail)}" alt="" loading="lazy">' if entry.thumbnail else ""
    identity = esc(f"{language}-{entry.identity}".replace("/", "-"))
    return "\n".join(
        filter(
            None,
            [
                f'<article data-paper="{esc(entry.identity)}" aria-labelledby="{identity}">',
                f'<div class="picture">{picture}</div>' if picture else "",
                '<div class="words">',
                f'<h3 id="{identity}">{esc(entry.title)}{given}</h3>',
                f'<p class="label">{esc(entry.label)}</p>' if entry.label else "",
                f'<p class="muted">{" · ".join(meta)}</p>',
                about,
                f'<p class="keywords muted">{esc(" · ".join(entry.keywords))}</p>' if entry.keywords else "",
                "</div>",
                _files(entry),
                "</article>",
            ],
        )
    )


def _files(entry: Entry) -> str:
    if not entry.shelves:
        return ""
    esc, language = html.escape, entry.language
    out = ['<dl class="files">']
    for key, files in entry.shelves:
        group = word(key, language, "index")
        out.append(f"<div><dt>{esc(group)}</dt>")
        for address, label, count in files:
            name = word(label, language, "index") if label.islower() else label
            about = f'<span class="hidden"> – {esc(group)}: {esc(entry.title)}</span>'
            out.append(
                f'<dd><a href="{esc(address)}">{esc(name)}{about}</a> <span class="muted">{size(count, language)}</span></dd>'
            )
        out.append("</div>")
    return "\n".join([*out, "</dl>"])
