"""Every table of a paper, one to a sheet, as a workbook with true numbers.

What is not shown in the paper is empty here too; what looks like a formula stays text.
"""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.publish.document import front_matter
from analysis.publish.layout import Source
from analysis.publish.prose import Prose
from analysis.publish.sources import localised, word
from analysis.publish.tables import HIDDEN, hidden_cells

if TYPE_CHECKING:
    from analysis.publish.formats import Work

LCIDS = {"it": "[$-410]", "en": "[$-809]"}
TABLES = ("table", "own")
SPECIAL = re.compile(r"[*_`]|\\(?=[!-/:-@\[-`{-~])")


def make(work: Work) -> dict[str, bytes]:
    """The format `xlsx`."""
    return {f"{work.language}.xlsx": workbook(work.source, work.prose)}


def workbook(source: Source, prose: Prose) -> bytes:
    """The XLSX file of one language: a sheet of contents, then a sheet a table (figures' data included), same bytes every time."""
    language = prose.language
    sheets: list[Sheet] = []
    numbers = {"table": 0, "figure": 0}
    for item in prose.items:
        kind = "figure" if item["kind"] == "figure" else "table"
        if item["kind"] not in (*TABLES, "figure"):
            continue
        numbers[kind] += 1
        heading = f"{word(kind, language)} {numbers[kind]}. {SPECIAL.sub('', item['caption'])}"
        if item["kind"] == "own":
            parts = {"": _own(item["plain"], language)}
        elif item["kind"] == "table":
            parts = {"": source.evidence["tables"][item["key"]]}
        else:
            parts = dict(source.evidence["figures"][item["key"]].get("tables", {}))
        for name, table in parts.items():
            sheets.append(Sheet(item["key"] + (f" {name}" if len(parts) > 1 else ""), heading, table, item))
    return book_of(source, prose, front_matter(prose, source)["title"], sheets)


@dataclass(frozen=True)
class Sheet:
    """One table to write: the name of its sheet, its heading, the table as the record keeps it, and the item with `note` and `source`."""

    name: str
    heading: str
    table: Mapping[str, Any]
    item: Mapping[str, Any]


def book_of(source: Source, prose: Prose, title: str, sheets: Sequence[Sheet]) -> bytes:
    """The bytes of a workbook: a sheet of contents with the paper's label, then these sheets."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    language, context = prose.language, source.context
    book = Workbook()
    cover = book.active
    cover.title = word("contents", language)
    label = localised(context.get("label"), language)
    lines = [
        (title, ""),
        *([(str(label), "")] if label else []),
        *origin(context, language),
        ("", ""),
        (word("sheet", language), word("table", language)),
    ]
    for row, (name, text) in enumerate(lines, 1):
        put(cover, row, 1, name).font = Font(bold=True, size=14 if row == 1 else 11)
        put(cover, row, 2, text)
    for one in sheets:
        sheet = book.create_sheet(sheet_name(one.name, book.sheetnames))
        _fill(sheet, one.table, one.heading, one.item, label, context, language)
        lines.append((sheet.title, one.heading))
        put(cover, len(lines), 1, sheet.title).hyperlink = f"#'{sheet.title}'!A1"
        put(cover, len(lines), 2, one.heading)
    cover.column_dimensions["A"].width = 28
    cover.column_dimensions["B"].width = 100
    return steady(book, title, source, prose)


def origin(context: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Where the data come from: source, citation, licence and edition, each with its word."""
    told = [(key, localised(context.get(key), language)) for key in ("source", "citation", "licence")]
    edition = datetime.datetime.fromisoformat(str(context["edition"])).date().isoformat()
    return [(word(key, language), str(text)) for key, text in (*told, ("edition", edition)) if text]


def sheet_name(key: str, taken: Sequence[str]) -> str:
    """A name that a sheet may bear and none of those `taken` has."""
    name = re.sub(r"[\[\]:*?/\\']", " ", key)[:31]
    number = 2
    while name.lower() in {other.lower() for other in taken}:
        name = f"{name[:28]} {number}"
        number += 1
    return name


def _fill(
    sheet: Any,
    table: Mapping[str, Any],
    heading: str,
    item: Mapping[str, Any],
    label: Any,
    context: Mapping[str, Any],
    language: str,
) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    row = 1
    put(sheet, row, 1, heading).font = Font(bold=True)
    if label:
        row += 1
        put(sheet, row, 1, str(label)).font = Font(bold=True, color="9A3B00")
    row += 2
    columns = list(table["columns"])
    units = {column["name"]: column for column in columns}
    for at, column in enumerate(columns, 1):
        cell = put(sheet, row, at, column_heading(column, units, language))
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="EEF4F6")
        cell.border = Border(bottom=Side("thin", color="005A70"))
        cell.alignment = Alignment(
            wrap_text=True, vertical="bottom", horizontal="left" if column["role"] == "category" else "right"
        )
        sheet.column_dimensions[cell.column_letter].width = 26 if column["role"] == "category" else 16
    sheet.freeze_panes = sheet.cell(row + 1, 1)
    hidden = hidden_cells(table)
    for index, entry in enumerate(table["rows"]):
        row += 1
        for at, column in enumerate(columns, 1):
            if (index, column["name"]) in hidden:
                put(sheet, row, at, HIDDEN).alignment = Alignment(horizontal="right")
            else:
                put_value(sheet, row, at, entry.get(column["name"]), column, units, language)
    row += 1
    notes = [item.get("note", "")]
    if hidden:
        notes.append(
            word("suppressed", language, "note", k=context.get("disclosure", {}).get("threshold", 5))
        )
    given = item.get("source") or localised(table.get("source") or context.get("source"), language)
    notes.append(f"{word('source', language)}: {given}" if given else "")
    for note in filter(None, notes):
        row += 1
        put(sheet, row, 1, SPECIAL.sub("", note)).font = Font(italic=True, color="55606A")


def column_heading(column: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], language: str) -> str:
    """What heads a column; a bound names its measure."""
    if column["role"] in ("low", "high") and column.get("of") in units:
        parent = units[column["of"]]
        return word(column["role"], language, of=str(localised(parent["label"], language)))
    return str(localised(column["label"], language) or column["name"])


def number_format(column: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], language: str) -> str:
    from analysis.evidence.words import DIGITS

    measure = units.get(column.get("of") or "", column)
    unit = str(measure.get("unit") or "count")
    digits = measure.get("digits")
    places = DIGITS.get(unit, 1) if digits is None else int(digits)
    tail = "." + "0" * places if places else ""
    if unit == "year":
        return "0"
    if unit in ("share", "share_points"):
        return LCIDS[language] + "0" + tail + "%"
    if unit == "euro":
        return LCIDS[language] + ('#,##0{} "€"' if language == "it" else '"€"#,##0{}').format(tail)
    return LCIDS[language] + "#,##0" + tail


def _own(table: Mapping[str, Any], language: str) -> dict[str, Any]:
    """A study's own table in the shape of a table of the record."""
    names = list(localised(table.get("columns", []), language) or [])
    rows = [{str(i): cell for i, cell in enumerate(row)} for row in table.get("rows", [])]
    columns = []
    for i, name in enumerate(names):
        values = [localised(row.get(str(i)), language) for row in rows]
        numeric = bool(values) and all(isinstance(value, int | float) for value in values)
        digits = max(
            (len(str(value).partition(".")[2]) for value in values if isinstance(value, float)), default=0
        )
        years = numeric and all(isinstance(value, int) and 1000 <= value <= 2999 for value in values)
        columns.append(
            {"name": str(i), "role": "measure" if numeric else "category", "unit": "year" if years else "number",
             "digits": digits, "label": {language: name}}
        )  # fmt: skip
    return {"columns": columns, "rows": rows, "suppressed": []}


def put_value(
    sheet: Any,
    row: int,
    at: int,
    value: Any,
    column: Mapping[str, Any],
    units: Mapping[str, Mapping[str, Any]],
    language: str,
) -> Any:
    """A cell of the record: a number by the unit of its column (`units`: the table's columns by name), else text; a missing value is an empty cell."""
    value = localised(value, language)
    if isinstance(value, int | float) and not isinstance(value, bool):
        cell = sheet.cell(row, at, value)
        cell.number_format = number_format(column, units, language)
        return cell
    return put(sheet, row, at, "" if value is None else str(value))


def put(sheet: Any, row: int, column: int, text: str) -> Any:
    """A cell of text, never a formula, whatever it begins with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    cell = sheet.cell(row, column)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text) or None
    if text:
        cell.data_type = "s"
        cell.quotePrefix = text[0] in "=+-@"
    return cell


def steady(book: Any, title: str, source: Source, prose: Prose) -> bytes:
    """The workbook's bytes under this title, with the edition date for every time stamp."""
    edition = datetime.datetime.fromisoformat(str(source.context["edition"]))
    authors = ", ".join(str(author["name"]) for author in front_matter(prose, source)["authors"])
    properties = book.properties
    properties.title, properties.creator, properties.language = title, authors, prose.language
    properties.created = properties.modified = edition
    raw, steady = io.BytesIO(), io.BytesIO()
    book.save(raw)
    stamp = edition.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    date = edition.timetuple()[:6]
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            info = zipfile.ZipInfo(name, date)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, content)
    return steady.getvalue()
