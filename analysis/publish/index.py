"""The page that lists the papers of a folder, in both languages; it works from the file system and needs no other file."""

from __future__ import annotations

import datetime
import html
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.publish.sources import LANGUAGES, TEMPLATES, localised, word

PRODUCTS = ("html", "pdf", "xlsx")
NAMES = {"html": "HTML", "pdf": "PDF", "xlsx": "XLSX"}


def write(folder: Path, notebooks: Path, data: Path | None = None) -> Path:
    """Write `folder`/index.html: every paper below it that has an evidence.json, by study and title.

    Titles come from the notebooks' TOML, or from the study's texts below `data` where they set one.
    """
    page = folder / "index.html"
    template = (TEMPLATES / "index.html").read_text(encoding="utf-8")
    papers = [_paper(path, folder, notebooks, data) for path in sorted(folder.rglob("evidence.json"))]
    papers.sort(key=lambda paper: (paper["study"], str(paper["title"].get("it")), paper["path"]))
    parts = {language: _section(papers, language) for language in LANGUAGES}
    text = template
    for language in LANGUAGES:
        text = text.replace(f"@{language}@", parts[language])
    content = text.encode("utf-8")
    if not page.is_file() or page.read_bytes() != content:
        part = page.with_name("index.html.part")
        part.write_bytes(content)
        part.replace(page)
    return page


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _paper(path: Path, folder: Path, notebooks: Path, data: Path | None) -> dict[str, Any]:
    evidence = json.loads(path.read_text(encoding="utf-8"))
    context, name = evidence["context"], evidence["notebook"]
    texts = _toml(data / context["study"] / "texts" / f"{name}.toml") if data else {}
    spec = _toml(notebooks / f"{name}.toml")
    home = path.parent
    return {
        "title": {**spec.get("title", {}), **texts.get("title", {})},
        "name": name,
        "study": context["study"],
        "study_title": context.get("title", {}),
        "label": context.get("label"),
        "date": str(context["edition"]),
        "path": home.relative_to(folder).as_posix(),
        "parameters": home.name if home.name != name and "=" in home.name else "",
        "files": sorted(file.name for file in home.iterdir() if file.is_file()),
    }


def _section(papers: list[dict[str, Any]], language: str) -> str:
    esc = html.escape
    out = [
        f"<h2>{esc(word('title', language, 'index'))}</h2>",
        f"<p>{esc(word('lead', language, 'index'))}</p>",
    ]
    if not papers:
        out.append(f"<p>{esc(word('none', language, 'index'))}</p>")
    study = None
    for paper in papers:
        if paper["study"] != study:
            out.append("</ul>" if study is not None else "")
            study = paper["study"]
            out.append(f"<h3>{esc(str(localised(paper['study_title'], language) or study))}</h3><ul>")
        out.append(_entry(paper, language))
    out.append("</ul>" if papers else "")
    return "\n".join(filter(None, out))


def _entry(paper: Mapping[str, Any], language: str) -> str:
    from analysis.publish.document import long_date

    esc = html.escape
    title = esc(str(localised(paper["title"], language) or paper["name"]))
    date = paper["date"]
    label = localised(paper["label"], language)
    links = [
        f'<a href="{esc(paper["path"])}/{language}.{form}">{NAMES[form]}<span class="hidden">: {title}</span></a>'
        for form in PRODUCTS
        if f"{language}.{form}" in paper["files"]
    ]
    for file, key in (("evidence.json", "evidence"), ("notebook.ipynb", "notebook")):
        if file in paper["files"]:
            text = esc(word(key, language, "index"))
            links.append(
                f'<a href="{esc(paper["path"])}/{file}">{text}<span class="hidden">: {title}</span></a>'
            )
    return "".join(
        [
            f"<li><h4>{title}</h4>",
            f'<p class="label">{esc(str(label))}</p>' if label else "",
            f'<p class="muted"><time datetime="{esc(date)}">{esc(long_date(datetime.date.fromisoformat(date), language))}</time>',
            f" · {esc(paper['parameters'])}" if paper["parameters"] else "",
            f'</p><p class="links">{" ".join(links)}</p></li>',
        ]
    )
