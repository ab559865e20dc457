"""pandoc and typst, called as they are: from a document to typst source, PDF and HTML; their complaints become readable faults.

pandoc is a separate program that its wheel brings; nothing here uses the network, system fonts or the time of day.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from analysis.errors import Fault, ProseError, say
from analysis.publish.sources import FONTS, LANGUAGES, TEMPLATES

if TYPE_CHECKING:
    from analysis.publish.formats import Work

STANDARDS: list[Literal["ua-1", "a-2a"]] = ["ua-1", "a-2a"]
LOCALE = (
    {"LC_ALL": "C.UTF-8"} if sys.platform == "linux" else {}
)  # pandoc reads names of files as the locale has them


def prepare(document: Mapping[str, Any], figures: Path, folder: Path) -> None:
    """Lay the document and its figures out in `folder`, where pandoc and typst work."""
    (folder / "media").mkdir(parents=True, exist_ok=True)
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1)
    (folder / "paper.json").write_text(text, encoding="utf-8", newline="\n")
    style = (TEMPLATES / "chicago-author-date.csl").read_text(encoding="utf-8")
    if document["language"] == "it":
        style = _without_last_comma(style)
    (folder / "style.csl").write_text(style, encoding="utf-8", newline="\n")
    for item in document["items"]:
        if item["kind"] == "figure":
            shutil.copyfile(figures / item["svg"], folder / item["file"])


def _without_last_comma(style: str) -> str:
    """The citation style as Italian writes lists of names: no comma before the last "e"."""
    style = style.replace('delimiter-precedes-last="always"', 'delimiter-precedes-last="never"')
    return re.sub(
        r'<name and="text" (?!delimiter)', '<name and="text" delimiter-precedes-last="never" ', style
    )


def run(
    document: Mapping[str, Any],
    folder: Path,
    bibliography: Path,
    time: int,
    *options: str,
    builder: str = "paper.lua",
) -> str:
    """What pandoc makes of the prepared document, which the filter `builder` lays out; a warning is an error."""
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(), "-f", "markdown", "-s", "--wrap=none", "--fail-if-warnings",
        "--metadata", "altro-paper=paper.json", "--metadata", f"lang={document['locale']}",
        "--lua-filter", str(TEMPLATES / builder),
    ]  # fmt: skip
    if document["references"] or any("{#refs" in item.get("text", "") for item in document["items"]):
        command += ["--citeproc", "--bibliography", str(bibliography.resolve()), "--csl", "style.csl"]
        command += ["--metadata", "link-citations=true"]
    done = subprocess.run(
        [*command, *options],
        input="",
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={**os.environ, **LOCALE, "SOURCE_DATE_EPOCH": str(time)},
        check=False,
    )
    if done.returncode:
        raise ProseError(complaints(done.stderr, document))
    return done.stdout


def complaints(text: str, document: Mapping[str, Any]) -> list[Fault]:
    """pandoc's messages as faults, each with cell and line of the text it speaks of where they can be told."""
    found: list[Fault] = []
    cell = ""
    for message in re.split(r"\n(?=\[WARNING\]|ALTRO\t|ALTRO-AT\t|Error)", "\n" + text.strip()):
        message = message.split("\nFailing because")[0].strip("\n")
        if message.startswith("ALTRO-AT\t"):
            cell = message.removeprefix("ALTRO-AT\t").strip()
        elif message.startswith("ALTRO\t"):
            _, named, what = message.split("\t", 2)
            found.append(Fault(what, _place(named)))
        elif message.strip() and not message.startswith("Failing because"):
            found.append(_complaint(re.sub(r"^\[WARNING\]\s*", "", message), cell, document))
    return found or [Fault(say("pandoc si è fermato senza messaggi", "pandoc stopped without a message"))]


def _complaint(message: str, cell: str, document: Mapping[str, Any]) -> Fault:
    if formula := re.search(r"TeX math (.*?), rendering", message, re.DOTALL):
        tex = formula[1].strip()
        what = say(f"formula non letta: {tex}", f"formula not understood: {tex}")
        return Fault(f"{' '.join(what.split())} ({_reason(message)})", _where_is(tex, document))
    at = re.search(r"line (\d+)", message)
    where = _place(cell, _line(cell, int(at[1]), document) if at and cell else None)
    if re.match(r"Div at line .* unclosed", message):
        step = say("Chiudere con una riga di soli «:::».", "Close it by a line of ':::' alone.")
        return Fault(say("«:::» aperto e non chiuso", "':::' opened and not closed"), where, next_step=step)
    if note := re.match(r"Duplicate note reference '(.*)' at", message):
        return Fault(say(f"nota «{note[1]}» ripetuta", f"note '{note[1]}' is used twice"), where)
    if cited := re.search(r"citation (\S+) not found", message):
        what = say(
            f"citazione «{cited[1]}» non letta in notebooks/references.bib",
            f"citation '{cited[1]}' cannot be read in notebooks/references.bib",
        )
        return Fault(what, _where_is(f"@{cited[1]}", document))
    return Fault(" ".join(message.split()), where)


def _reason(message: str) -> str:
    """Why a formula was not understood, in words."""
    if unknown := re.search(r"unexpected control sequence (\S+)", message):
        return say(f"comando sconosciuto {unknown[1]}", f"unknown command {unknown[1]}")
    if re.search(r"unexpected (?:end of input|eof)", message):
        return say("una parentesi non è chiusa", "a bracket is not closed")
    before = " ".join(message.splitlines()[1].split()) if "\n" in message else ""
    return say(f"fin qui si legge: {before}", f"understood as far as: {before}")


def _place(cell: str, line: int | None = None) -> str:
    at = say(f", riga {line}", f", line {line}") if line else ""
    return cell and say(f"cella {cell}", f"cell {cell}") + at


def _where_is(tex: str, document: Mapping[str, Any]) -> str:
    """Cell and line of a formula, found by its text."""
    pattern = re.compile(r"\s*".join(re.escape(piece) for piece in tex.split()) or r"(?!)")
    for item in document["items"]:
        if found := pattern.search(item.get("source", "")):
            return _place(item["cell"], item["line"] + item["source"].count("\n", 0, found.start()))
        if pattern.search(item.get("text", "")):
            return _place(item["cell"])
    return ""


def _line(cell: str, number: int, document: Mapping[str, Any]) -> int | None:
    """The line of a cell that has the text of line `number` of what pandoc read; None where quotations have changed it."""
    for item in document["items"]:
        read = item.get("text", "").splitlines()
        if item["cell"] == cell and "source" in item and number <= len(read):
            lines = [line.strip() for line in item["source"].splitlines()]
            if (wanted := read[number - 1].strip()) and wanted in lines:
                return int(item["line"]) + lines.index(wanted)
    return None


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
    return Fault(f"typst: {message}", _place(cell), next_step=hints)


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
            {
                "language": language,
                "name": NAMES[language],
                "file": f"{language}{document.get('suffix', '')}.html",
            }
            for language in LANGUAGES
            if language in others
        ],
    }
    metadata = {key: escaped(value) for key, value in variables.items()}
    metadata["pagetitle"] = escaped(front["title"])
    metadata["tags"] = tags(front)
    name = f"metadata.{document['language']}.json"
    (folder / name).write_text(json.dumps(metadata, ensure_ascii=False), encoding="utf-8")
    options = [
        "-t", "html5", "--metadata-file", name, "--template", str(TEMPLATES / "paper.html"), "--mathml", "--embed-resources",
        "--toc", "--toc-depth=3", "--shift-heading-level-by=1", "--section-divs",
    ]  # fmt: skip
    return run(document, folder, bibliography, time, *options).encode("utf-8")


NAMES = {"it": "Italiano", "en": "English"}


def tags(front: Mapping[str, Any]) -> dict[str, Any]:
    """Authors and keywords for attributes of HTML, where pandoc would leave a quotation mark that ends the attribute."""

    def quoted(text: str) -> str:
        return str(escaped(text)).replace('\\"', "`&quot;`{=html}")

    return {
        "authors": [quoted(str(author["name"])) for author in front["authors"]],
        "keywords": quoted(", ".join(front["keywords"])),
    }


def escaped(value: Any) -> Any:
    """Strings that pandoc's reader of metadata takes as they are."""
    from analysis.publish.quotes import plain

    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: escaped(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [escaped(item) for item in value]
    return value
