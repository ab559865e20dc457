"""The study's codebook as files of its own: a page and a workbook. Where the record holds no codebook there are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import Fault, ProseError
from analysis.evidence.words import curled
from analysis.publish import appendix
from analysis.publish.lists import said
from analysis.publish.quotes import plain
from analysis.publish.sources import word
from analysis.publish.workbook import SPECIAL, Sheet, book_of

if TYPE_CHECKING:
    from analysis.publish.formats import Work

NAME = "codebook"


def make(work: Work) -> dict[str, bytes]:
    """The format `codebook`: HTML and XLSX."""
    from analysis.publish import pandoc

    source, prose, language = work.source, work.prose, work.language
    faults: list[Fault] = []
    items = appendix.codebook(source, prose, faults)
    if faults:
        raise ProseError(list(dict.fromkeys(faults)))
    if not items:
        return {}
    title = curled(str(prose.front["title"]))
    abstract = plain(said("text", "abstract-codebook", language, title=title))
    made = appendix.wrapped(work.document, source, prose, items, NAME, abstract)
    folder = work.folder / NAME
    pandoc.prepare(made, work.figures, folder)
    others = [other for other in work.proses if other != language]
    sheets = [
        Sheet(
            item["key"],
            f"{word('table', language)} {n}. {SPECIAL.sub('', item['caption'])}",
            source.evidence["methods"][item["key"]],
            {"note": item["note"]},
        )
        for n, item in enumerate((item for item in items if item["kind"] == "table"), 1)
    ]
    return {
        f"{language}.{NAME}.html": pandoc.html(made, folder, work.bibliography, work.time, others),
        f"{language}.{NAME}.xlsx": book_of(source, prose, made["front"]["title"], sheets),
    }
