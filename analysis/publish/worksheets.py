"""Sheets to be filled in by hand: what is known is printed, what is not yet known has a ground, borders and room to write. No paper prints them.

A workbook a language, `<key>.<lang>.xlsx` without the key's `wks-`; `formats` of the notebook's `[worksheets.<key>]` may ask for a Word file and a
PDF besides (worksheet_pages.py). A sheet that the record calls a form is laid out as a table of a study's folder (names of fields, then
their labels, then rows), so that it can be put there as it is; every other sheet has its title and the data label above its table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, say
from analysis.publish.layout import Source
from analysis.publish.quotes import Place, fill
from analysis.publish.sources import localised, word

if TYPE_CHECKING:
    from analysis.publish.formats import Work
    from analysis.publish.prose import Prose

PREFIX = "wks-"
FORMATS = ("xlsx", "docx", "pdf")
A4 = 9  # as OOXML numbers sizes of paper
WRITING = 20  # width of a column to be filled in, in characters
NARROWEST, WIDEST = 9, 32
LINE = 15.0  # height of a line, in points
COVER = 100  # width of the page of explanations, in characters
GROUND, RULE, HEAD, LABEL = "FFF6D6", "9AA5AD", "EEF4F6", "9A3B00"


@dataclass(frozen=True)
class Texts:
    """What stands in the notebook's TOML: title, paragraphs of the introduction, titles of the sheets by name."""

    title: str
    intro: tuple[str, ...]
    sheets: Mapping[str, str]


def texts(source: Source, key: str, language: str) -> tuple[Texts, list[Fault]]:
    """The texts of worksheet `key` in one language, their quotations filled in; a missing one is a fault, and prints as the name of what lacks it."""
    given = source.spec.get("worksheets", {}).get(key, {})
    found: list[Fault] = []
    lacking = {
        "title": say(f"manca: titolo di {key}", f"missing: title of {key}"),
        "intro": say(f"manca: introduzione di {key}", f"missing: introduction of {key}"),
    }

    def one(entry: Any, where: str, missing: str, instead: str) -> str:
        place = Place(source.spec_name, f"worksheets.{key}.{where}.{language}")
        raw = str(localised(entry, language) or "").strip() if isinstance(entry, Mapping) else ""
        if not raw:
            found.append(Fault(missing, str(place)))
            return instead
        filled, more = fill(raw, source.evidence, language, place, markdown=False)
        found.extend(more)
        return filled

    title, intro = (one(given.get(part), part, what, key) for part, what in lacking.items())
    sheets = {
        name: one(
            given.get("sheets", {}).get(name),
            f"sheets.{name}",
            say(f"manca: titolo del foglio «{name}» di {key}", f"missing: title of sheet '{name}' of {key}"),
            name,
        )
        for name in source.evidence["worksheets"][key]["order"]
    }
    paragraphs = tuple(" ".join(part.split()) for part in intro.split("\n\n"))
    return Texts(title, paragraphs, sheets), found


def formats(source: Source, key: str) -> tuple[tuple[str, ...], list[Fault]]:
    """The formats that worksheet `key` is asked for in, the workbook where the notebook names none; an unknown one is a fault."""
    from analysis.publish import worksheet_pages

    where = str(Place(source.spec_name, f"worksheets.{key}.formats"))
    asked = source.spec.get("worksheets", {}).get(key, {}).get("formats", FORMATS[:1])
    listed = [str(name) for name in asked] if isinstance(asked, list | tuple) else []
    found = [
        Fault(say(f"formato «{name}» sconosciuto", f"unknown format '{name}'"), where, ", ".join(FORMATS))
        for name in dict.fromkeys(listed)
        if name not in FORMATS
    ]
    if not listed:
        what = say("non è un elenco di formati", "it is no list of formats")
        found.append(Fault(what, where, ", ".join(FORMATS)))
    chosen = tuple(name for name in FORMATS if name in listed)
    return chosen, found or worksheet_pages.faults(source, key, chosen)


def faults(source: Source, languages: Sequence[str]) -> list[Fault]:
    """What is missing or wrong in the texts and formats of the record's worksheets."""
    keys = sorted(source.evidence.get("worksheets", {}))
    told = [fault for key in keys for language in languages for fault in texts(source, key, language)[1]]
    return told + [fault for key in keys for fault in formats(source, key)[1]]


def make(work: Work) -> dict[str, bytes]:
    """The format `worksheets`."""
    from analysis.publish import worksheet_pages

    makers: dict[str, Callable[[str], bytes]] = {
        "xlsx": lambda key: workbook(work.source, work.prose, key),
        "docx": lambda key: worksheet_pages.docx(work, key),
        "pdf": lambda key: worksheet_pages.pdf(work, key),
    }
    return {
        f"{key.removeprefix(PREFIX)}.{work.language}.{form}": makers[form](key)
        for key in sorted(work.source.evidence.get("worksheets", {}))
        for form in formats(work.source, key)[0]
    }


def workbook(source: Source, prose: Prose, key: str) -> bytes:
    """The XLSX file of one worksheet in one language: a page that explains it, then its sheets; same bytes every time."""
    from openpyxl import Workbook

    from analysis.publish import workbook as printed

    language, entry = prose.language, source.evidence["worksheets"][key]
    told = texts(source, key, language)[0]
    label = str(localised(source.context.get("label"), language) or "")
    book = Workbook()
    cover = book.active
    cover.title = word("cover", language, "worksheet")
    named = []
    for name in entry["order"]:
        sheet = book.create_sheet(printed.sheet_name(told.sheets[name], book.sheetnames))
        named.append((sheet.title, told.sheets[name]))
        table = entry["tables"][name]
        top = _form(sheet, table, label) if table.get("form") else _above(sheet, told.sheets[name], label)
        _table(sheet, table, top, language)
        _printed_on(sheet, label)
    _cover(cover, told, label, named, printed.origin(source.context, language), language)
    _printed_on(cover, label)
    return printed.steady(book, told.title, source, prose)


def _cover(
    sheet: Any,
    told: Texts,
    label: str,
    named: Sequence[tuple[str, str]],
    origin: Sequence[tuple[str, str]],
    language: str,
) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    from analysis.publish.workbook import put

    row = 1
    put(sheet, row, 1, told.title).font = Font(bold=True, size=14)
    if label:
        row += 1
        put(sheet, row, 1, label).font = Font(bold=True, color=LABEL)
    for paragraph in told.intro:
        row += 2
        put(sheet, row, 1, paragraph)
    row += 2
    put(sheet, row, 1, word("fill", language, "worksheet")).fill = PatternFill("solid", fgColor=GROUND)
    row += 1
    for title, text in named:
        row += 1
        put(sheet, row, 1, text).hyperlink = f"#'{title}'!A1"
    row += 1
    for name, text in origin:
        row += 1
        put(sheet, row, 1, f"{name}: {text}").font = Font(color="55606A")
    sheet.column_dimensions["A"].width = COVER
    for cells in sheet.iter_rows(max_col=1):
        cells[0].alignment = Alignment(wrap_text=True, vertical="top")
        lines = math.ceil(len(str(cells[0].value or "")) / (COVER * (0.75 if cells[0].row == 1 else 1)))
        sheet.row_dimensions[cells[0].row].height = LINE * max(lines, 1) * (1.3 if cells[0].row == 1 else 1)


def _above(sheet: Any, title: str, label: str) -> int:
    """Title and data label of a sheet; returns the row of the heads."""
    from openpyxl.styles import Font

    from analysis.publish.workbook import put

    put(sheet, 1, 1, title).font = Font(bold=True, size=12)
    if label:
        put(sheet, 2, 1, label).font = Font(bold=True, color=LABEL)
    return 4


def _form(sheet: Any, table: Mapping[str, Any], label: str) -> int:
    """The names of the fields in the first row; nothing may stand above them, so the data label is a note on the first cell."""
    from openpyxl.comments import Comment
    from openpyxl.styles import Font, PatternFill

    from analysis.publish.workbook import put

    for at, column in enumerate(table["columns"], 1):
        cell = put(sheet, 1, at, str(column["name"]))
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor=HEAD)
    if label:
        sheet.cell(1, 1).comment = Comment(label, "altro")
    return 2


def _table(sheet: Any, table: Mapping[str, Any], top: int, language: str) -> None:
    """Heads in row `top`, then the rows; columns that hold nothing are there to be written in."""
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    from analysis.publish.tables import HIDDEN, hidden_cells
    from analysis.publish.workbook import column_heading, put, put_value

    columns = list(table["columns"])
    units = {str(column["name"]): column for column in columns}
    line = Side("thin", color=RULE)
    box = Border(left=line, right=line, top=line, bottom=line)
    hidden = hidden_cells(table)
    widths = []
    for at, column in enumerate(columns, 1):
        head = column_heading(column, units, language)
        cell = put(sheet, top, at, head)
        cell.font, cell.border = Font(bold=top > 2, italic=top <= 2), box
        cell.fill = PatternFill("solid", fgColor=HEAD)
        cell.alignment = Alignment(wrap_text=True, vertical="bottom")
        values = [localised(row.get(column["name"]), language) for row in table["rows"]]
        empty = _empty(values) and not any(name == column["name"] for _, name in hidden)
        longest = max((len(str(value)) for value in values if value is not None), default=0)
        words = [part for text in (head, *map(str, filter(None, values))) for part in text.split()]
        needed = max((len(part) for part in words), default=0) + 2
        width = WRITING if empty else min(WIDEST, max(NARROWEST, needed, round(longest / 3)))
        widths.append(max(width, min(needed, WIDEST)))
        sheet.column_dimensions[cell.column_letter].width = widths[-1]
        for row, (index, value) in enumerate(enumerate(values), top + 1):
            if (index, column["name"]) in hidden:
                cell = put(sheet, row, at, HIDDEN)
            else:
                cell = put_value(sheet, row, at, value, column, units, language)
            cell.border = box
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if empty:
                cell.fill = PatternFill("solid", fgColor=GROUND)
    _heights(sheet, top, widths)
    sheet.freeze_panes = sheet.cell(top + 1, 1)
    sheet.print_title_rows = f"{1 if top == 2 else top}:{top}"


def _empty(values: Sequence[Any]) -> bool:
    return all(value is None or value == "" for value in values)


def _heights(sheet: Any, top: int, widths: Sequence[int]) -> None:
    """Rows as high as their longest cell needs, and at least high enough to write in."""
    for cells in sheet.iter_rows(min_row=top):
        lines = max(
            math.ceil(len(str(cell.value or "")) / max(width - 2, 1)) for cell, width in zip(cells, widths)
        )
        sheet.row_dimensions[cells[0].row].height = LINE * max(lines, 2)


def _printed_on(sheet: Any, label: str) -> None:
    """A4 across, as wide as the page, with the data label at its head and the number of the page at its foot."""
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.oddHeader.left.text = label.replace("&", "&&") or None
    sheet.oddFooter.right.text = "&P / &N"
