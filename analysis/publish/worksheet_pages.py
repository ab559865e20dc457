"""Sheets to be filled in by hand, on paper: the same title, explanation and tables as the workbook's, as a Word file and as a tagged PDF.

The page of explanations comes first, then each sheet on pages of its own, turned sideways where its table is wide. A column that holds
nothing has a ground and room to write, and so have the gaps of the others. A form that a study's folder takes as it is stays in the workbook.
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, ProseError, say
from analysis.evidence.words import curled
from analysis.publish import tables, worksheets
from analysis.publish.front import authors, heading, long_date
from analysis.publish.sources import FONTS, LOCALES, TEMPLATES, demonstration, fixed_words, localised, word

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from analysis.publish.formats import Work
    from analysis.publish.layout import Source

PATTERN = " ".join(["x" * (worksheets.WRITING // 2)] * 4)  # as long as what is written by hand
ROOM = 9.0  # least height of a row to be written in, in millimetres
TWIPS = 56.7  # twentieths of a point to the millimetre
PAGES = (
    (False, 9.0),
    (False, 8.5),
    (True, 9.0),
    (True, 8.5),
    (True, 8.0),
    (True, 7.5),
)  # sideways, type size
SIDEWAYS = {"top": 1134, "bottom": 964, "header": 567, "footer": 510}  # margins of such a page in Word


def content(source: Source, key: str, language: str) -> dict[str, Any]:
    """All that the pages print; `items` are the sheets as tables.printed has them, with `title`, `empty` (which columns are to be filled in) and
    `measured` (the rows with what is still to be written)."""
    entry, context = source.evidence["worksheets"][key], source.context
    told = worksheets.texts(source, key, language)[0]
    printed = [name for name in entry["order"] if not entry["tables"][name].get("form")]
    forms = [told.sheets[name] for name in entry["order"] if name not in printed]
    items = [
        _sheet(f"{key}-{number}", told.sheets[name], entry["tables"][name], context, language)
        for number, name in enumerate(printed, 1)
    ]
    label = localised(context.get("label"), language)
    fixed = fixed_words()["provenance"].get(context.get("provenance", ""), {})
    edition = datetime.date.fromisoformat(str(context["edition"]))
    notes = [word("fill", language, "worksheet")] if any(any(item["empty"]) for item in items) else []
    if forms:
        file = f"{key.removeprefix(worksheets.PREFIX)}.{language}.xlsx"
        notes.append(word("elsewhere", language, "worksheet", file=file, sheets="; ".join(forms)))
    title = curled(told.title)
    return {
        "language": language,
        "region": LOCALES[language][-2:],
        "locale": LOCALES[language],
        "label": curled(str(label)) if label else None,
        "study": heading(str(localised(context.get("title"), language) or "")),
        "edition": edition.isoformat(),
        "intro": [curled(part) for part in told.intro],
        "notes": notes,
        "items": items,
        "box": [localised(fixed[part], language) for part in ("box", "line") if part in fixed],
        "origin": _origin(context, edition, language),
        "references": False,
        "words": {
            "paper": word("kind", language, "worksheet"),
            **{part: word(part, language, "worksheet") for part in ("use", "sheets")},
        },
        "front": {
            "title": title,
            "running": heading(title),
            "summary": curled(" ".join(told.intro)),
            "authors": authors(context, language),
            "keywords": [],
            "jel": [],
            "abstract": "",
        },
        "ground": f"#{worksheets.GROUND}",
        "room": ROOM,
    }


def _origin(context: Mapping[str, Any], edition: datetime.date, language: str) -> list[dict[str, str]]:
    """Where the data come from, and the date of the edition; nothing of a simulated study is cited."""
    named = ("source", "licence") if demonstration(context) else ("source", "citation", "licence")
    told = [(part, localised(context.get(part), language)) for part in named]
    told.append(("edition", long_date(edition, language)))
    return [{"name": word(part, language), "text": curled(str(text))} for part, text in told if text]


def _sheet(
    key: str, title: str, table: Mapping[str, Any], context: Mapping[str, Any], language: str
) -> dict[str, Any]:
    made = tables.printed(key, table, context, language, longest=None)
    for row in made["rows"]:
        for cell in row:
            cell["text"] = "" if cell["text"] == tables.ABSENT else cell["text"]
    empty = [
        bool(made["rows"]) and not any(row[at]["text"] for row in made["rows"])
        for at in range(len(made["head"]))
    ]
    measured = [
        [{"text": PATTERN} if to_fill else cell for cell, to_fill in zip(row, empty)] for row in made["rows"]
    ]
    size, flipped, widths = _fitted(made["head"], measured)
    return {
        **made,
        "kind": "table",
        "title": curled(title),
        "notes": [note for note in made["notes"] if note != word("missing", language, "note")],
        "empty": empty,
        "measured": measured,
        "size": size,
        "flipped": flipped,
        "widths": widths,
        "lines": tables.lines(measured, size, flipped, widths),
    }


def _fitted(
    head: Sequence[Mapping[str, Any]], rows: Sequence[Sequence[Mapping[str, Any]]]
) -> tuple[float, bool, list[float]]:
    """Type size, whether the page is turned, and the columns' shares of the width: the first of `PAGES` on which no word is cut and no row is tall."""
    least, most = [], []
    for at, column in enumerate(head):
        texts = [str(row[at]["text"]) for row in rows]
        number = column["align"] == "right"
        pieces = [
            part for text in texts for part in (text.split(" (") if number else tables.PIECES.findall(text))
        ]
        heads = [tables.BOLD * len(part) for part in [*str(column["text"]).split(), column["under"], "x"]]
        word_of = max(map(len, pieces), default=1)
        least.append(max([*heads, word_of if number else min(word_of, tables.HYPHENATED)]))
        most.append(max([least[-1], *map(len, texts), len(str(column["text"])) / 2]))
    found = None
    for flipped, size in PAGES:
        gutter = tables.GUTTER / (size * tables.EM)
        room = (tables.FLIPPED if flipped else tables.UPRIGHT) / (size * tables.EM) - gutter * len(head)
        if sum(least) <= room:
            found = size, flipped, tables.shares(least, most, room, gutter)
            if max((tables.lines([row], size, flipped, found[2]) for row in rows), default=1) <= tables.TALL:
                return found
    size = PAGES[-1][1]
    return found or (size, True, tables.shares(least, most, sum(least), tables.GUTTER / (size * tables.EM)))


def pdf(work: Work, key: str) -> bytes:
    """The PDF of a worksheet, PDF/UA-1 and PDF/A-2a as the papers are."""
    import typst

    from analysis.publish.pandoc import STANDARDS

    folder = work.folder / key
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(TEMPLATES / "worksheet.typ", folder / "worksheet.typ")
    page = content(work.source, key, work.language)
    for item in page["items"]:
        del item["measured"]
    try:
        made, warnings = typst.compile_with_warnings(
            str(folder / "worksheet.typ"),
            root=str(folder),
            font_paths=[str(FONTS)],
            ignore_system_fonts=True,
            pdf_standards=[*STANDARDS],
            timestamp=work.time,
            sys_inputs={"worksheet": json.dumps(page, ensure_ascii=False, sort_keys=True)},
        )
    except typst.TypstError as error:
        raise ProseError(Fault(f"typst: {error.message}", key)) from error
    if warnings:
        raise ProseError([Fault(f"typst: {one.message}", key) for one in warnings])
    return bytes(made)


def docx(work: Work, key: str) -> bytes:
    """The Word file of a worksheet, by pandoc after the papers' reference document."""
    from analysis.publish import docx as word_file
    from analysis.publish import pandoc

    document = content(work.source, key, work.language)
    folder = work.folder / key
    pandoc.prepare(document, work.figures, folder)
    name = f"{key}.docx"
    options = ["-t", "docx", "--reference-doc", str(TEMPLATES / "reference.docx"), "-o", name]
    pandoc.run(document, folder, work.bibliography, work.time, *options, builder="worksheet.lua")
    items = document["items"]
    measured = {**document, "items": [{**item, "rows": item["measured"]} for item in items]}
    return word_file.finished(
        (folder / name).read_bytes(), measured, work.time, lambda body: _written_in(body, items)
    )


def _written_in(body: Element, items: Sequence[Mapping[str, Any]]) -> None:
    """Each sheet on a page of its own, its table with lines all round, columns to be filled in with their ground and height."""
    from analysis.publish.docx import new, set_property, style_of, w

    for paragraph in body.findall(w("p")):
        if (
            style_of(paragraph) == "UnnumberedHeading1"
            and paragraph.find(f".//{w('pageBreakBefore')}") is None
        ):
            set_property(paragraph, new("pageBreakBefore"), after=("pStyle", "keepNext", "keepLines"))
    for table, item in zip(body.findall(w("tbl")), items, strict=True):
        _ruled(table)
        for number, row in enumerate(table.findall(w("tr"))):
            if number and any(item["empty"]):
                properties = row.find(w("trPr"))
                assert properties is not None
                properties.append(new("trHeight", val=str(round(ROOM * TWIPS)), hRule="atLeast"))
            for cell, to_fill in zip(row.findall(w("tc")), item["empty"], strict=True):
                if number and to_fill:
                    _ground(cell)
                for paragraph in cell.findall(w("p")):
                    _small(paragraph, item["size"])
    if items and items[-1]["flipped"]:
        _ends_sideways(body)
    for section in body.iter(w("sectPr")):
        size, margins = section.find(w("pgSz")), section.find(w("pgMar"))
        if size is not None and margins is not None and size.get(w("orient")):
            margins.attrib.update({w(side): str(width) for side, width in SIDEWAYS.items()})


def _ruled(table: Element) -> None:
    from analysis.publish.docx import new, w

    properties = table.find(w("tblPr"))
    assert properties is not None
    borders = new("tblBorders")
    for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
        borders.append(new(side, val="single", sz="4", space="0", color=worksheets.RULE))
    before = {w(name) for name in ("tblStyle", "tblW", "jc", "tblInd")}
    properties.insert(sum(child.tag in before for child in properties), borders)


def _ground(cell: Element) -> None:
    from analysis.publish.docx import new, w

    properties = cell.find(w("tcPr"))
    assert properties is not None
    before = {w(name) for name in ("tcW", "gridSpan", "vMerge", "tcBorders")}
    shade = new("shd", val="clear", color="auto", fill=worksheets.GROUND)
    properties.insert(sum(child.tag in before for child in properties), shade)


def _small(paragraph: Element, size: float) -> None:
    """What is written into an empty cell has the style of the table's texts."""
    from analysis.publish.docx import new, w

    if paragraph.find(w("r")) is not None:
        return
    properties = paragraph.find(w("pPr"))
    if properties is None:
        properties = new("pPr")
        paragraph.insert(0, properties)
    for given in properties.findall(w("pStyle")):
        properties.remove(given)
    style = "TableText" if size >= 8.5 else "TableTextSmall" if size >= 7.5 else "TableTextSmallest"
    properties.insert(0, new("pStyle", val=style))


def _ends_sideways(body: Element) -> None:
    """The last section is that of the last sheet: no empty page follows it."""
    from analysis.publish.docx import w

    final, last = body[-1], body.findall(w("p"))[-1]
    properties = last.find(w("pPr"))
    assert properties is not None
    section = properties.find(w("sectPr"))
    assert section is not None
    properties.remove(section)
    body.remove(final)
    body.append(section)


def faults(source: Source, key: str, formats: Sequence[str]) -> list[Fault]:
    """What stands in the way of printing a worksheet: a form has its place in the workbook only."""
    entry = source.evidence["worksheets"][key]
    forms = [name for name in entry["order"] if entry["tables"][name].get("form")]
    if not forms or "xlsx" in formats:
        return []
    what = say(
        f"i fogli {', '.join(forms)} stanno solo nel file XLSX, che non è chiesto",
        f"the sheets {', '.join(forms)} stand in the XLSX file only, which is not asked for",
    )
    step = say('Aggiungere "xlsx" a formats.', 'Add "xlsx" to formats.')
    return [Fault(what, f"{source.spec_name}, worksheets.{key}.formats", next_step=step)]
