"""Twin cells: which English text translates which Italian one, whether it still does, and in what they must agree.

The English cell keeps the mark of the Italian text that it translates (`altro.translates` in its metadata). Where the Italian text has
changed since, the twin is stale until someone has looked at it and accepted it.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ParameterError, RunError, say

Cell = Mapping[str, Any]
MARK = re.compile(r'("translates"\s*:\s*")[^"]*(")')


@dataclass(frozen=True)
class Stale:
    """An English cell whose Italian text is not the one it was accepted for; `mark` is empty where it never was."""

    italian: str
    english: str
    text: str
    mark: str


def source(cell: Cell) -> str:
    return "".join(cell["source"])


def mark(italian: str) -> str:
    """What ties an English cell to the Italian text it translates: the first 12 digits of its SHA-256."""
    return hashlib.sha256(italian.encode()).hexdigest()[:12]


def grouped(cells: Iterable[Cell]) -> Iterator[dict[str, Cell]]:
    """Cells in order: twins as {"it", "en"}, one of them alone, {"code"}, or {""} for a text of no language."""
    pending: Cell | None = None
    for cell in cells:
        tags = cell.get("metadata", {}).get("tags", [])
        if cell["cell_type"] == "markdown" and "lang-en" in tags and "lang-it" not in tags:
            yield {"it": pending, "en": cell} if pending is not None else {"en": cell}
            pending = None
            continue
        italian = cell["cell_type"] == "markdown" and "lang-it" in tags
        if pending is not None and (italian or cell["cell_type"] == "code"):
            yield {"it": pending}
            pending = None
        if italian:
            pending = cell
        elif cell["cell_type"] in ("code", "markdown"):
            yield {"code" if cell["cell_type"] == "code" else "": cell}
    if pending is not None:
        yield {"it": pending}


def stale(cells: Iterable[Cell]) -> list[Stale]:
    """The twins whose English text was accepted for another Italian text than the present one, or never."""
    found = []
    for group in grouped(cells):
        if "it" in group and "en" in group:
            text = source(group["it"])
            kept = str(group["en"].get("metadata", {}).get("altro", {}).get("translates", ""))
            if kept != mark(text):
                found.append(Stale(str(group["it"]["id"]), str(group["en"]["id"]), text, kept))
    return found


def of_notebook(path: Path) -> list[Stale]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return stale(cell for cell in cells if "notebook-only" not in cell.get("metadata", {}).get("tags", []))


def before(path: Path, twin: Stale) -> str | None:
    """The Italian text that the English one was accepted for, from the history of the notebook in git; None where it is not found."""
    if not twin.mark:
        return None
    commits = _git(path.parent, "log", "--format=%H", "--", path.name)
    for commit in (commits or "").split():
        shown = _git(path.parent, "show", f"{commit}:./{path.name}")
        try:
            cells = json.loads(shown or "{}").get("cells", [])
        except ValueError:
            continue
        known = [cell for cell in cells if cell.get("cell_type") == "markdown"]
        for cell in sorted(known, key=lambda cell: cell.get("id") != twin.italian):
            if mark(source(cell)) == twin.mark:
                return source(cell)
    return None


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, encoding="utf-8", check=False
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def told(path: Path, twin: Stale) -> str:
    """What a person needs to mend a stale twin: the cells, and what has changed in the Italian text."""
    name = f"notebooks/{path.name}"
    head = say(
        f"{name}: il testo inglese {twin.english} non corrisponde più all'italiano {twin.italian}",
        f"{name}: the English text {twin.english} no longer goes with the Italian {twin.italian}",
    )
    old = before(path, twin)
    if old is not None:
        names = (say("accettato", "accepted"), say("adesso", "now"))
        lines = difflib.unified_diff(old.splitlines(), twin.text.splitlines(), *names, lineterm="")
        return "\n".join([head, *(f"  {line}" for line in lines)])
    why = (
        say("La versione accettata non è nella storia di git", "The version accepted is not in git's history")
        if twin.mark
        else say("Il testo inglese non è mai stato accettato", "The English text was never accepted")
    )
    now = say(f"  {why}. L'italiano adesso:", f"  {why}. The Italian now:")
    return "\n".join([head, now, *(f"  | {line}" for line in twin.text.splitlines())])


def accept(notebooks: Path, notebook: str, cell: str) -> Stale | None:
    """Store in the English twin the mark of the present Italian text; `cell` is either twin. Every other byte of the file stays.

    Returns what was accepted, or None where the twin was in order. A name that is not there is a ParameterError.
    """
    name = Path(notebook.replace("\\", "/")).name.removesuffix(".ipynb")
    path = notebooks / f"{name}.ipynb"
    where = "altro twins --accept"
    if not path.is_file():
        known = sorted(book.stem for book in notebooks.glob("*.ipynb"))
        what = say(f"notebook «{name}» sconosciuto", f"unknown notebook '{name}'")
        raise ParameterError(Fault(what, where, ", ".join(known)))
    text = path.read_bytes().decode("utf-8")
    cells = json.loads(text)["cells"]
    pairs = [group for group in grouped(cells) if "it" in group and "en" in group]
    pair = next((group for group in pairs if cell in (group["it"]["id"], group["en"]["id"])), None)
    if pair is None:
        ids = [str(group["en"]["id"]) for group in pairs]
        near = difflib.get_close_matches(cell, [*ids, *(str(group["it"]["id"]) for group in pairs)], 1)
        what = say(f"«{cell}» non è una cella con gemella di {name}", f"'{cell}' is no twin cell of {name}")
        raise ParameterError(
            Fault(what, where, next_step=say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else "")
        )
    found = stale([pair["it"], pair["en"]])
    if not found:
        return None
    changed = _with_mark(text, cells.index(pair["en"]), mark(found[0].text))
    if json.loads(changed)["cells"][cells.index(pair["en"])]["metadata"]["altro"]["translates"] != mark(
        found[0].text
    ):
        raise RunError(Fault(say("non si riesce a scrivere", "cannot be written"), f"notebooks/{path.name}"))
    part = path.with_name(path.name + ".part")
    part.write_bytes(changed.encode("utf-8"))
    part.replace(path)
    return found[0]


def _with_mark(text: str, index: int, value: str) -> str:
    """The notebook's text with the mark of the cell at `index` set, and no other byte changed."""
    begin, end = _span(text, index)
    cell = text[begin:end]
    metadata = re.search(r'"metadata"\s*:\s*\{', cell)
    assert metadata is not None  # a twin has tags
    _, closing = json.JSONDecoder().raw_decode(cell, metadata.end() - 1)
    inside = cell[metadata.end() : closing]
    if MARK.search(inside):
        inside = MARK.sub(rf"\g<1>{value}\g<2>", inside, count=1)
    elif held := re.search(r'"altro"\s*:\s*\{', inside):
        comma = "" if inside[held.end() :].lstrip().startswith("}") else ", "
        inside = inside[: held.end()] + f'"translates": "{value}"{comma}' + inside[held.end() :]
    else:
        lead = (re.match(r"\s*", inside) or [""])[0]
        deeper = f"{lead} " if "\n" in lead else ""
        closed = lead if "\n" in lead else ""
        inside = f'{lead}"altro": {{{deeper}"translates": "{value}"{closed}}},{lead or " "}{inside.lstrip()}'
    return text[:begin] + cell[: metadata.end()] + inside + cell[closing:] + text[end:]


def _span(text: str, index: int) -> tuple[int, int]:
    """Where the cell at `index` stands in the text of a notebook."""
    decoder = json.JSONDecoder()
    start = re.compile(r'"cells"\s*:\s*\[')
    for match in start.finditer(text):
        at, spans = match.end(), []
        try:
            while True:
                at += len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
                if text[at] == "]":
                    break
                _, end = decoder.raw_decode(text, at)
                spans.append((at, end))
                at = end
        except (ValueError, IndexError):
            continue
        if len(spans) > index:
            return spans[index]
    raise RunError(Fault(say("le celle non si trovano", "the cells are not found")))
