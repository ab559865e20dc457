"""Papers out of Jupyter: exporters for `jupyter nbconvert --to altro-paper …` and for JupyterLab's *Save and Export Notebook As*.

The prose comes from the notebook that is handed in, everything else from a record (`found`): nothing is executed. The file is byte for
byte the one that `altro papers` makes of the same prose and record. `--AltroExporter.language=en` chooses the language (else `ALTRO_LANG`,
else Italian), `--AltroExporter.draft=True` prints faults beside the text instead of stopping at them (PDF and HTML).
Only nbconvert is imported here: the rest when a paper is asked for.

Jupyter Server finds exporters only by names made of letters, digits and _ (the address of an export), so each has two names: `altro_paper`
for JupyterLab's menu, `altro-paper` for the command line, which a server does not offer.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nbconvert.exporters.exporter import Exporter
from traitlets import Bool, Enum, Unicode, default

from analysis import places
from analysis.errors import AltroError, Fault, RunError, say


@dataclass(frozen=True)
class Record:
    """A run's record: the folder of evidence.json, the one of its figures, and the outputs by cell id where the folder does not hold them."""

    folder: Path
    figures: Path
    outputs: Mapping[str, Sequence[Mapping[str, Any]]] | None = None


class AltroExporter(Exporter):
    """What the exporters have in common; `form` is a format of formats.FORMATS, and its file is `{language}{ending}`."""

    form = ""
    ending = ""
    graphics = False  # whether the other files of the format belong to it
    served = True  # whether a Jupyter server offers it

    language = Enum(("it", "en"), help="Language of the paper: it or en. Default: ALTRO_LANG, else it.").tag(
        config=True
    )
    study = Unicode("", help="Study of a notebook that has no parameter of that name.").tag(config=True)
    draft = Bool(False, help="Print faults beside the text instead of stopping at them.").tag(config=True)

    @default("language")
    def _language_default(self) -> str:
        return "en" if os.environ.get("ALTRO_LANG", "").lower().startswith("en") else "it"

    @default("enabled")
    def _enabled_default(self) -> bool:
        return self.served or "jupyter_server" not in sys.modules

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return self.ending

    def from_filename(self, filename: str, resources: dict[str, Any] | None = None, **kw: Any) -> Any:
        """As from_notebook_node, for the command line: faults are lines of the log, not a traceback."""
        try:
            return super().from_filename(filename, resources, **kw)
        except AltroError as error:
            for fault in error.faults:
                self.log.error(str(fault))
            raise SystemExit(1) from None

    def from_notebook_node(self, nb: Any, resources: dict[str, Any] | None = None, **kw: Any) -> Any:
        """The bytes of the paper, and resources with its ending. Faults raise AltroError."""
        copy, resources = super().from_notebook_node(nb, resources, **kw)
        about = resources.get("metadata", {})
        files = made(copy["cells"], str(about.get("name") or ""), Path(about.get("path") or "."), self)
        name = f"{self.language}{self.ending}"
        if name not in files:
            raise RunError(Fault(_absent(self.form), str(about.get("name"))))
        content = files.pop(name)
        resources["output_extension"] = self.ending
        if self.graphics:
            resources.setdefault("outputs", {}).update(files)
            return content.decode("utf-8"), resources  # what a server puts into a zip file must be text
        return content, resources


class AltroPaperExporter(AltroExporter):
    export_from_notebook = "Documento di lavoro / Working paper (PDF)"
    form, ending, output_mimetype = "pdf", ".pdf", "application/pdf"


class AltroDocxExporter(AltroExporter):
    export_from_notebook = "Documento di lavoro / Working paper (Word)"
    form, ending = "docx", ".docx"
    output_mimetype = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class AltroHtmlExporter(AltroExporter):
    export_from_notebook = "Documento di lavoro / Working paper (HTML)"
    form, ending, output_mimetype = "html", ".html", "text/html"


class AltroJatsExporter(AltroExporter):
    export_from_notebook = "Documento di lavoro / Working paper (JATS XML)"
    form, ending, output_mimetype, graphics = "jats", ".xml", "application/xml", True


class AltroSlidesExporter(AltroExporter):
    export_from_notebook = "Diapositive / Slides (HTML)"
    form, ending, output_mimetype = "slides", ".slides.html", "text/html"


class AltroBriefExporter(AltroExporter):
    export_from_notebook = "Nota di sintesi / Policy brief (PDF)"
    form, ending, output_mimetype = "brief", ".brief.pdf", "application/pdf"


class PaperCommand(AltroPaperExporter):
    served = False


class DocxCommand(AltroDocxExporter):
    served = False


class HtmlCommand(AltroHtmlExporter):
    served = False


class JatsCommand(AltroJatsExporter):
    served = False


class SlidesCommand(AltroSlidesExporter):
    served = False


class BriefCommand(AltroBriefExporter):
    served = False


def _absent(form: str) -> str:
    return {
        "slides": say("il notebook non ha celle «slide»", "the notebook has no cells tagged 'slide'"),
        "brief": say("non c'è materia per una nota di sintesi", "there is no matter for a policy brief"),
    }.get(form, say(f"niente da fare per il formato {form}", f"nothing to make for the format {form}"))


def made(
    cells: Sequence[Mapping[str, Any]], name: str, folder: Path, wanted: AltroExporter
) -> dict[str, bytes]:
    """The files of one format in one language, from these cells and the record that belongs to them.

    Both languages are composed, as an edition is: it is refused for what is wrong in either.
    """
    from analysis.publish import layout, render
    from analysis.publish.formats import FORMATS
    from analysis.publish.sources import LANGUAGES

    if wanted.draft and not FORMATS[wanted.form].draft:
        what = say(f"il formato {wanted.form} non ha bozze", f"the format {wanted.form} has no drafts")
        raise RunError(Fault(what, allowed=", ".join(key for key, form in FORMATS.items() if form.draft)))
    root = project(folder)
    record = found(cells, name, folder.resolve(), root, wanted.study)
    evidence = json.loads((record.folder / "evidence.json").read_text(encoding="utf-8"))
    if (pending := evidence["context"].get("pending")) and not wanted.draft:
        raise RunError([Fault(text) for text in pending])
    notebook = root / "notebooks" / f"{evidence['notebook']}.ipynb"
    if not notebook.with_suffix(".toml").is_file():
        what = say(
            "manca: da qui vengono titolo, didascalie e parole",
            "is missing: it gives title, captions and words",
        )
        raise RunError(Fault(what, f"notebooks/{notebook.stem}.toml"))
    texts = root / "data" / evidence["context"]["study"] / "texts" / f"{notebook.stem}.toml"
    outputs = render.outputs_of(record.folder) if record.outputs is None else record.outputs
    source = layout.read(notebook, evidence, outputs, texts if texts.is_file() else None)
    with tempfile.TemporaryDirectory(prefix="altro-") as space:
        works = render.workspaces(
            replace(source, cells=cells), Path(space), record.figures, LANGUAGES, draft=wanted.draft
        )
        return FORMATS[wanted.form].make(next(work for work in works if work.language == wanted.language))


def project(folder: Path) -> Path:
    """The project of a notebook in `folder`: ALTRO_ROOT, else the nearest folder above that holds notebooks/ and data/."""
    if not os.environ.get("ALTRO_ROOT"):
        here = folder.resolve()
        for above in (here, *here.parents):
            if (above / "notebooks").is_dir() and (above / "data").is_dir():
                return above
    return places.root()


def found(cells: Sequence[Mapping[str, Any]], name: str, folder: Path, root: Path, study: str = "") -> Record:
    """The record of a notebook: the one beside an executed copy; of a notebook to work with, the newest that bears its parameters, be it
    the edition, one with parameters of its own, or what was last run in JupyterLab (then with the notebook's outputs)."""
    if (folder / "evidence.json").is_file():
        return Record(folder, _figures(folder, root))
    values = parameters(cells)
    study = str(values.get("study", "")) or study or _only_study(name, root)
    where = f"notebooks/{name}.ipynb"
    kept = [root / "papers" / study / name, *(root / "build" / "editions" / study / name).glob("*")]
    records = [Record(path, _figures(path, root)) for path in kept if _bears(path, values)]
    scratch = root / "build" / "scratch" / study / name
    stored = {cell["id"]: cell["outputs"] for cell in cells if cell.get("outputs") and cell.get("id")}
    if _bears(scratch, values) and any(_kept(output) for outputs in stored.values() for output in outputs):
        records.append(Record(scratch, scratch, stored))
    if not records:
        raise RunError(
            Fault(
                say(
                    f"non è mai stato eseguito su «{study}» con questi parametri, o i suoi output non sono salvati",
                    f"has never been run on '{study}' with these parameters, or its outputs are not saved",
                ),
                where,
                next_step=say(
                    f"Eseguire tutte le celle e salvare, oppure: altro papers {study}",
                    f"Run all cells and save, or: altro papers {study}",
                ),
            )
        )
    return max(records, key=lambda record: (record.folder / "evidence.json").stat().st_mtime_ns)


def _only_study(name: str, root: Path) -> str:
    """The study of a notebook that has no parameter to say it, such as one that cites others: the only one with such a paper."""
    studies = sorted(path.parent.parent.name for path in (root / "papers").glob(f"*/{name}/evidence.json"))
    if len(studies) == 1:
        return studies[0]
    what = say("non dice di quale studio è", "does not say of which study it is")
    step = say(
        f"Aprire papers/STUDIO/{name}/notebook.ipynb, o aggiungere --AltroExporter.study=STUDIO",
        f"Open papers/STUDY/{name}/notebook.ipynb, or add --AltroExporter.study=STUDY",
    )
    raise RunError(Fault(what, f"notebooks/{name}.ipynb", ", ".join(studies), step))


def parameters(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The values that the cells tagged `parameters` and `injected-parameters` assign, the latter winning."""
    values: dict[str, Any] = {}
    for tag in ("parameters", "injected-parameters"):
        for cell in cells:
            if tag in cell.get("metadata", {}).get("tags", []):
                values |= _assigned("".join(cell["source"]))
    return values


def _assigned(code: str) -> dict[str, Any]:
    try:
        lines = ast.parse(code).body
    except SyntaxError:
        return {}
    values = {}
    for line in lines:
        if isinstance(line, ast.Assign) and len(line.targets) == 1 and isinstance(line.targets[0], ast.Name):
            try:
                values[line.targets[0].id] = ast.literal_eval(line.value)
            except ValueError:
                continue
    return values


def _bears(folder: Path, values: Mapping[str, Any]) -> bool:
    """Whether a folder holds a record made with these parameters; one made in JupyterLab does not say with which."""
    try:
        record = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return all(values.get(key, value) == value for key, value in record.get("parameters", {}).items())


def _kept(output: Mapping[str, Any]) -> bool:
    return bool(output.get("metadata", {}).get("altro"))


def _figures(folder: Path, root: Path) -> Path:
    """Where the figures of a record are: figures/ for an edition kept in git, else a folder of its own, else beside it."""
    kept = root / "papers"
    if folder.is_relative_to(kept):
        return root / "figures" / folder.relative_to(kept)
    return folder / "figures" if (folder / "figures").is_dir() else folder
