"""The formats of a paper: what each is made by, and the workspace from which it is made.

One function a format, `make(work) -> {file name: bytes}`; a format that an edition has no matter for gives no files. Modules of formats
are imported when one of their files is to be made.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from analysis.errors import Fault, ParameterError, say
from analysis.publish.layout import Source
from analysis.publish.prose import Prose

PPI = 200  # of raster images


@dataclass(frozen=True)
class Work:
    """What one language's publications are made from: the paper and its slides in every language wanted, a prepared folder, the figures."""

    source: Source
    proses: Mapping[str, Prose]
    decks: Mapping[str, Prose]
    language: str
    folder: Path
    figures: Path
    draft: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def prose(self) -> Prose:
        return self.proses[self.language]

    @property
    def deck(self) -> Prose:
        return self.decks[self.language]

    @property
    def bibliography(self) -> Path:
        return self.source.notebook.parent / "references.bib"

    @cached_property
    def time(self) -> int:
        from analysis.publish import document

        return document.timestamp(self.source.evidence)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The paper as a plain document (document.py)."""
        from analysis.publish import document

        return document.document(self.source, self.prose, self.figures, draft=self.draft)

    def prepare(self) -> Work:
        """Lay document and figures out in the folder; returns itself."""
        from analysis.publish import pandoc

        pandoc.prepare(self.document, self.figures, self.folder)
        return self

    def png(self, item: Mapping[str, Any]) -> Path:
        """A raster copy of a figure item of the document, at `PPI`, within the folder."""
        import typst

        path = (self.folder / item["file"]).with_suffix(".png")
        with self._lock:
            if not path.is_file():
                page = "#set page(width: auto, height: auto, margin: 0pt, fill: white)\n"
                source = path.with_suffix(".typ")
                source.write_text(f'{page}#image("{Path(item["file"]).name}", alt: "")\n', encoding="utf-8")
                made = typst.compile(str(source), format="png", ppi=float(PPI), ignore_system_fonts=True)
                path.write_bytes(made if isinstance(made, bytes) else made[0])
        return path


@dataclass(frozen=True)
class Format:
    """`maker` names module and function; `alike`: one for all languages; `draft`: offered for a draft too."""

    maker: str
    alike: bool = False
    draft: bool = False

    def make(self, work: Work) -> dict[str, bytes]:
        module, _, function = self.maker.partition(":")
        maker: Callable[[Work], dict[str, bytes]] = getattr(importlib.import_module(module), function)
        return maker(work)


FORMATS: dict[str, Format] = {
    "pdf": Format("analysis.publish.pandoc:make_pdf", draft=True),
    "html": Format("analysis.publish.pandoc:make_html", draft=True),
    "docx": Format("analysis.publish.docx:make"),
    "jats": Format("analysis.publish.jats:make"),
    "slides": Format("analysis.publish.slides:make"),
    "brief": Format("analysis.publish.brief:make"),
    "appendix": Format("analysis.publish.appendix:make"),
    "codebook": Format("analysis.publish.codebook:make"),
    "xlsx": Format("analysis.publish.workbook:make"),
    "worksheets": Format("analysis.publish.worksheets:make"),
    "ipynb": Format("analysis.publish.render:make_executed", alike=True),
    "catalogue": Format("analysis.publish.catalogue:make", alike=True),
}


def chosen(text: str) -> tuple[str, ...]:
    """The formats that a list like `pdf,html` or `all` names; an unknown one is a ParameterError."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if names == ["all"]:
        return tuple(FORMATS)
    unknown = [name for name in names if name not in FORMATS]
    if unknown or not names:
        raise ParameterError(
            [
                Fault(
                    say(f"formato «{name}» sconosciuto", f"unknown format '{name}'"),
                    "--formats",
                    ", ".join(("all", *FORMATS)),
                )
                for name in unknown or [text]
            ]
        )
    return tuple(dict.fromkeys(names))
