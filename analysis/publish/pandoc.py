"""pandoc and typst, called as they are: from a document to typst source, PDF and HTML; their complaints become readable faults.

pandoc is a separate program that its wheel brings; nothing here uses the network, system fonts or the time of day.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import Fault, ProseError, say
from analysis.publish.sources import FONTS, LANGUAGES, TEMPLATES

if TYPE_CHECKING:
    from analysis.publish.formats import Work

STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]


def prepare(document: Mapping[str, Any], figures: Path, folder: Path) -> None:
    """Lay the document and its figures out in `folder`, where pandoc and typst work."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
    (folder / "paper.json").write_text(text, encoding="utf-8", newline="\n")
    for item in document["items"]:
        if item["kind"] == "figure":
            shutil.copyfile(figures / item["svg"], folder / item["file"])


def run(document: Mapping[str, Any], folder: Path, bibliography: Path, time: int, *options: str) -> str:
    """What pandoc makes of the prepared document; a warning is an error."""
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(), "-f", "markdown", "-s", "--wrap=none", "--fail-if-warnings",
        "--metadata", "altro-paper=paper.json", "--metadata", f"lang={document['locale']}",
        "--lua-filter", str(TEMPLATES / "paper.lua"),
    ]  # fmt: skip
    if document["references"] or any("{#refs" in item.get("text", "") for item in document["items"]):
        csl = TEMPLATES / "chicago-author-date.csl"
        command += ["--citeproc", "--bibliography", str(bibliography.resolve()), "--csl", str(csl)]
        command += ["--metadata", "link-citations=true"]
    done = subprocess.run(
        [*command, *options],
        input="",
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": str(time)},
        check=False,
    )
    if done.returncode:
        raise ProseError(complaints(done.stderr, document))
    return done.stdout


def complaints(text: str, document: Mapping[str, Any]) -> list[Fault]:
    """pandoc's messages as faults, each with the cell whose text it speaks of where that can be told."""
    found: list[Fault] = []
    for message in re.split(r"\n(?=\[WARNING\]|ALTRO\t|Error)", text.strip()):
        if not message.strip() or message.startswith("Failing because"):
            continue
        message = message.split("\nFailing because")[0].strip()
        if message.startswith("ALTRO\t"):
            _, cell, what = message.split("\t", 2)
            found.append(Fault(what, cell))
            continue
        what = re.sub(r"^\[WARNING\]\s*", "", message)
        formula = re.search(r"TeX math (.*?), rendering", what, re.DOTALL)
        cell = _cell_with(formula[1].strip() if formula else "", document)
        if formula:
            caret = " ".join(line.strip() for line in what.splitlines()[1:] if line.strip() != "^")
            what = say(
                f"formula non letta: {formula[1].strip()}", f"formula not understood: {formula[1].strip()}"
            )
            what += f" ({caret})" if caret else ""
        found.append(Fault(" ".join(what.split()), cell and say(f"cella {cell}", f"cell {cell}")))
    return found or [Fault(say("pandoc si è fermato senza messaggi", "pandoc stopped without a message"))]


def _cell_with(piece: str, document: Mapping[str, Any]) -> str:
    bare = "".join(piece.split())
    for item in document["items"]:
        if bare and bare in "".join(item.get("text", "").split()):
            return str(item["cell"])
    return ""


def pdf(document: Mapping[str, Any], folder: Path, bibliography: Path, time: int) -> bytes:
    """The paper as PDF/UA-1 and PDF/A-2a in one file."""
    import typst

    source = run(
        document, folder, bibliography, time, "-t", "typst", "--template", str(TEMPLATES / "paper.typ")
    )
    path = folder / f"paper.{document['language']}.typ"
    path.write_text(source, encoding="utf-8", newline="\n")
    plain = {key: value for key, value in document.items() if key != "items"}
    try:
        made, warnings = typst.compile_with_warnings(
            str(path),
            root=str(folder),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            pdf_standards=[*STANDARDS],
            timestamp=time,
            sys_inputs={"paper": json.dumps(plain, ensure_ascii=False)},
        )
    except typst.TypstError as error:
        raise ProseError(_typst_fault(error, source)) from error
    if warnings:
        raise ProseError([_typst_fault(warning, source) for warning in warnings])
    return bytes(made)


def _typst_fault(problem: Any, source: str) -> Fault:
    """A message of typst, with the cell before the line it speaks of."""
    text = str(getattr(problem, "diagnostic", "") or getattr(problem, "message", "") or problem)
    at = re.search(r"paper\.\w+\.typ:(\d+)", text)
    cell = ""
    if at:
        before = source.splitlines()[: int(at[1])]
        marks = [line for line in before if line.startswith("// cell ")]
        cell = marks[-1].removeprefix("// cell ") if marks else ""
    hints = "; ".join(str(hint) for hint in getattr(problem, "hints", None) or [])
    message = str(getattr(problem, "message", "") or text.splitlines()[0])
    return Fault(f"typst: {message}", cell and say(f"cella {cell}", f"cell {cell}"), next_step=hints)


def make_pdf(work: Work) -> dict[str, bytes]:
    """The format `pdf`."""
    return {f"{work.language}.pdf": pdf(work.document, work.folder, work.bibliography, work.time)}


def make_html(work: Work) -> dict[str, bytes]:
    """The format `html`."""
    from analysis.publish import metadata

    others = [language for language in work.proses if language != work.language]
    made = html(work.document, work.folder, work.bibliography, work.time, others)
    front, context = work.document["front"], work.source.context
    about = metadata.head(front, context, work.language, others, draft=work.draft)
    return {f"{work.language}.html": made.replace(b"<!-- metadata -->", about.encode("utf-8"), 1)}


def html(
    document: Mapping[str, Any], folder: Path, bibliography: Path, time: int, others: Sequence[str]
) -> bytes:
    """The paper as one HTML file that needs no other; `others` are the languages it can point to beside it."""
    front = document["front"]
    variables = {
        "language": document["language"],
        "words": document["words"],
        "front": {**front, "abstract": None},
        "paper": {
            key: document[key]
            for key in ("label", "study", "date", "edition", "parameters", "box", "colophon")
        },
        "draft": document["draft"],
        "other": [
            {"language": language, "name": NAMES[language], "file": f"{language}{document.get('suffix', '')}.html"}
            for language in LANGUAGES
            if language in others
        ],
    }
    metadata = {key: _escaped(value) for key, value in variables.items()}
    metadata["pagetitle"] = _escaped(front["title"])
    name = f"metadata.{document['language']}.json"
    (folder / name).write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    options = [
        "-t", "html5", "--metadata-file", name, "--template", str(TEMPLATES / "paper.html"), "--mathml", "--embed-resources",
        "--toc", "--toc-depth=3", "--shift-heading-level-by=1", "--section-divs",
    ]  # fmt: skip
    return run(document, folder, bibliography, time, *options).encode("utf-8")


NAMES = {"it": "Italiano", "en": "English"}


def _escaped(value: Any) -> Any:
    """Strings that pandoc's reader of metadata takes as they are."""
    from analysis.publish.quotes import plain

    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _escaped(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_escaped(item) for item in value]
    return value
