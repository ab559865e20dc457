"""The paper as a Word file that an editor can go on with: named styles, numbers and cross-references as fields, real tables.

pandoc writes it after templates/reference.docx (reference.py) and templates/docx.lua; here tables get their widths, header columns and
pages, and the file its properties, without paths and times of day.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from analysis.publish import pandoc, tables
from analysis.publish.reference import CELL, LABEL, PAGE, RUNNING, TEXT, TEXT_FLIPPED, W
from analysis.publish.sources import TEMPLATES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from analysis.publish.formats import Work

WHOLE = 16  # tables of so many lines stay on one page
LOOK = {"val": "06A0", "firstRow": "1", "lastRow": "0", "firstColumn": "1", "lastColumn": "0", "noHBand": "1", "noVBand": "1"}  # fmt: skip
FRONT = (
    "Title", "Series", "Author", "Affiliation", "AuthorRole", "Correspondence", "Date", "AbstractTitle", "Abstract", "Keywords",
    "DataLabel", "Notice", "NoticeSimulated", "Colophon",
)  # fmt: skip
NAMESPACES = {
    "w": W,
    "m": "http://schemas.openxmlformats.org/officeDocument/2006/math",
    "r": "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    "o": "urn:schemas-microsoft-com:office:office",
    "v": "urn:schemas-microsoft-com:vml",
    "w10": "urn:schemas-microsoft-com:office:word",
    "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "pic": "http://schemas.openxmlformats.org/drawingml/2006/picture",
    "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
}
WIDE, THIN = set("mwMWOQ%—€@"), set("ijlftrI.,;:’'()[]-– ·\u00a0")
OVERLINE, BAR = "\u203e", "\u0305"  # what pandoc writes over a letter, and what Word knows as a bar
LARGE = set("∑∏∐⋃⋂⨁⨂")  # operators that carry their limits above and below in a displayed formula


def make(work: Work) -> dict[str, bytes]:
    """The format `docx`; figures are raster images at formats.PPI."""
    for item in work.document["items"]:
        if item["kind"] == "figure":
            work.png(item)
    name = f"{work.language}.docx"
    options = [
        "-t", "docx", "--reference-doc", str(TEMPLATES / "reference.docx"), "--lua-filter", str(TEMPLATES / "docx.lua"), "-o", name,
    ]  # fmt: skip
    pandoc.run(work.document, work.folder, work.bibliography, work.time, *options)
    return {name: finished((work.folder / name).read_bytes(), work.document, work.time)}


def finished(
    content: bytes, document: Mapping[str, Any], time: int, also: Callable[[Element], None] | None = None
) -> bytes:
    """The file that pandoc wrote, with tables, running lines and properties as they shall be; every part bears the time given.

    `also` may change the body (`w:body`) once its tables have their widths and pages.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for prefix, uri in NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    parts["word/document.xml"] = _body(parts["word/document.xml"], document, also)
    label, front = document["label"] or "", document["front"]
    running = " · ".join(text for text in ("" if label else document["study"], front["running"]) if text)
    filled = {LABEL: label, RUNNING: f" · {running}" if label else running}
    for name in ("word/header1.xml", "word/header2.xml"):
        parts[name] = _header(parts[name], filled)
    parts["docProps/core.xml"] = _core(document)
    parts["docProps/app.xml"] = _application()
    parts["docProps/custom.xml"] = _custom(document)
    moment = datetime.datetime.fromtimestamp(time, datetime.UTC).timetuple()[:6]
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts, key=lambda name: (name != "[Content_Types].xml", name)):
            info = zipfile.ZipInfo(name, date_time=moment)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, parts[name])
    return target.getvalue()


def w(name: str) -> str:
    """A name of WordprocessingML with its namespace."""
    return f"{{{W}}}{name}"


def new(name: str, **attributes: str) -> Element:
    """An element of WordprocessingML."""
    return ElementTree.Element(w(name), {w(key): value for key, value in attributes.items()})


def _serialised(root: Element) -> bytes:
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text


def style_of(paragraph: Element) -> str:
    """The id of a paragraph's style; empty where it names none."""
    found = paragraph.find(f"{w('pPr')}/{w('pStyle')}")
    return "" if found is None else str(found.get(w("val")))


def _text(element: Element) -> str:
    return "".join(piece.text or "" for piece in element.iter(w("t")))


def _body(
    content: bytes, document: Mapping[str, Any], also: Callable[[Element], None] | None = None
) -> bytes:
    root = ElementTree.fromstring(content)
    body = root[0]
    items = {item["key"]: item for item in document["items"] if item["kind"] == "table"}
    first = next((p for p in body if p.tag == w("p") and style_of(p) not in FRONT), None)
    if first is not None:
        set_property(first, new("pageBreakBefore"), after=("pStyle", "keepNext", "keepLines"))
    for formula in (p for p in body.iter(w("p")) if style_of(p) == "Equation"):
        _displayed(formula)
    math = f"{{{NAMESPACES['m']}}}"
    for accent in body.iter(f"{math}accPr"):
        for sign in accent.iter(f"{math}chr"):
            if sign.get(f"{math}val") == OVERLINE:
                sign.set(f"{math}val", BAR)
    key = ""
    for element in list(body):
        if element.tag == w("bookmarkStart"):
            key = element.get(w("name"), "")
        elif element.tag == w("tbl") and key in items:
            caption = next(p for p in reversed(body[: list(body).index(element)]) if p.tag == w("p"))
            notes = _notes(body, element)
            _table(element, items[key], _text(caption), notes)
            if items[key]["flipped"]:
                _flipped(body, caption, element, notes)
    sections = [*body.iter(w("sectPr"))]
    for section in sections[1:]:
        for mark in section.findall(w("titlePg")):
            section.remove(mark)
    if also is not None:
        also(body)
    return _serialised(root)


def set_property(paragraph: Element, one: Element, after: Sequence[str]) -> None:
    """Put a property into a paragraph, behind those that the schema has before it."""
    properties = paragraph.find(w("pPr"))
    if properties is None:
        properties = new("pPr")
        paragraph.insert(0, properties)
    before = {w(name) for name in after}
    properties.insert(sum(child.tag in before for child in properties), one)


def _displayed(paragraph: Element) -> None:
    """Limits of large operators above and below, as in a formula on a line of its own."""
    math = f"{{{NAMESPACES['m']}}}"
    for properties in paragraph.iter(f"{math}naryPr"):
        sign, place = properties.find(f"{math}chr"), properties.find(f"{math}limLoc")
        if sign is not None and place is not None and sign.get(f"{math}val") in LARGE:
            place.set(f"{math}val", "undOvr")


def _notes(body: Element, table: Element) -> list[Element]:
    """The paragraphs of notes that follow a table."""
    found: list[Element] = []
    for element in body[list(body).index(table) + 1 :]:
        if element.tag == w("p"):
            if style_of(element) != "SourceNote":
                break
            found.append(element)
        elif element.tag != w("bookmarkEnd"):
            break
    return found


def _table(table: Element, item: Mapping[str, Any], caption: str, notes: Sequence[Element]) -> None:
    widths = columns(item)
    properties = table.find(w("tblPr"))
    assert properties is not None
    for name, values in {
        "tblW": {"type": "dxa", "w": str(sum(widths))},
        "tblLook": LOOK,
        "tblCaption": {"val": caption},
    }.items():
        found = properties.find(w(name))
        if found is None:
            found = new(name)
            properties.append(found)
        found.attrib = {w(key): value for key, value in values.items()}
        if name == "tblLook":
            properties.insert(list(properties).index(found), new("tblLayout", type="fixed"))
    grid = table.find(w("tblGrid"))
    assert grid is not None
    for column, width in zip(grid, widths):
        column.set(w("w"), str(width))
    whole = item["lines"] <= WHOLE
    lines = table.findall(w("tr"))
    for number, row in enumerate(lines):
        rows = row.find(w("trPr"))
        if rows is None:
            rows = new("trPr")
            row.insert(0, rows)
        rows.insert(0, new("cantSplit"))
        for cell, width in zip(row.findall(w("tc")), widths):
            inside = cell.find(w("tcPr"))
            if inside is None:
                inside = new("tcPr")
                cell.insert(0, inside)
            inside.insert(0, new("tcW", w=str(width), type="dxa"))
        last = number == len(lines) - 1
        if number == 0 or (whole and (not last or notes)) or (last and notes):
            for paragraph in row.iter(w("p")):
                set_property(paragraph, new("keepNext"), after=("pStyle",))
    for paragraph in notes[:-1]:
        set_property(paragraph, new("keepNext"), after=("pStyle",))


def columns(item: Mapping[str, Any]) -> list[int]:
    """Widths of a table's columns in twentieths of a point: as wide as their longest lines where there is room; else each has its longest
    word (of numbers: the value, its interval may go below), and the rest is shared out by the length of the texts."""
    gutter, room = CELL / 10, (TEXT_FLIPPED if item["flipped"] else TEXT) / 20
    least, most = [], []
    for i, column in enumerate(item["head"]):
        texts = [str(row[i]["text"]) for row in item["rows"] if i < len(row)]
        heading = tables.BOLD * max(map(_ems, [*column["text"].split(), column["under"]]), default=0)
        pieces = (
            part
            for text in texts
            for part in (text.split(" (") if column["align"] == "right" else tables.PIECES.findall(text))
        )
        title = min(tables.BOLD * _ems(column["text"]), tables.EM * tables.COMFORT)
        least.append(item["size"] * max([heading, *map(_ems, pieces)]))
        most.append(item["size"] * max([heading, title, *map(_ems, texts)]))
    free = room - gutter * len(most)
    if sum(most) <= free:
        return [int(20 * (width + gutter)) for width in most]
    if sum(least) > free:
        least = [width * free / sum(least) for width in least]
    shares = tables.shares(least, most, free, gutter)
    return [int(share / max(sum(shares), 1) * room * 20) for share in shares]


def _ems(text: str) -> float:
    """About how wide a text is in Calibri, in parts of the type size."""
    return 0.2 + sum(0.83 if sign in WIDE else 0.33 if sign in THIN else 0.54 for sign in text)


def _flipped(body: Element, caption: Element, table: Element, notes: Sequence[Element]) -> None:
    """Give the table a section of its own on a page turned sideways; a heading just before it goes with it."""
    final = body[-1]
    before = [e for e in body[: list(body).index(caption)] if e.tag in (w("p"), w("tbl"))]
    while before and style_of(before[-1]).startswith(("Heading", "UnnumberedHeading")):
        before.pop()
    if before and before[-1].find(f"{w('pPr')}/{w('sectPr')}") is None:
        end = before[-1]
        if end.tag == w("tbl"):
            end = new("p")
            body.insert(list(body).index(before[-1]) + 1, end)
        _append(end, _section(final, flipped=False))
    last = notes[-1] if notes else None
    if last is None:
        last = new("p")
        body.insert(list(body).index(table) + 1, last)
    _append(last, _section(final, flipped=True))


def _append(paragraph: Element, section: Element) -> None:
    properties = paragraph.find(w("pPr"))
    if properties is None:
        properties = new("pPr")
        paragraph.insert(0, properties)
    properties.append(section)


def _section(final: Element, *, flipped: bool) -> Element:
    made = ElementTree.fromstring(ElementTree.tostring(final))
    size = made.find(w("pgSz"))
    assert size is not None
    width, height = reversed(PAGE) if flipped else PAGE
    size.attrib = {w("w"): str(width), w("h"): str(height)}
    if flipped:
        size.set(w("orient"), "landscape")
    return made


def _header(content: bytes, filled: Mapping[str, str]) -> bytes:
    root = ElementTree.fromstring(content)
    paragraph = root[0]
    for run in paragraph.findall(w("r")):
        text = run.find(w("t"))
        if text is not None and (text.text or "") in filled:
            text.text = filled[text.text or ""]
            text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            if not text.text:
                paragraph.remove(run)
    if not _text(paragraph):
        paragraph.clear()  # without the rule of its style
    return _serialised(root)


def _core(document: Mapping[str, Any]) -> bytes:
    front, day = document["front"], f"{document['edition']}T00:00:00Z"
    fields = {
        "dc:title": front["title"],
        "dc:subject": document["words"]["paper"],
        "dc:description": front["summary"],
        "dc:creator": "; ".join(author["name"] for author in front["authors"]),
        "cp:keywords": "; ".join(front["keywords"]),
        "cp:category": ", ".join(front["jel"]),
        "dc:language": document["locale"],
    }
    made = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items() if value)
    made += "".join(
        f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{day}</dcterms:{name}>'
        for name in ("created", "modified")
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">{made}</cp:coreProperties>'
    ).encode()


def _application() -> bytes:
    return (
        b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        b'<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        b"<Application>altro</Application></Properties>"
    )


def _custom(document: Mapping[str, Any]) -> bytes:
    """Data label and edition among the file's own properties."""
    fields = {"Data label": document["label"], "Edition": document["edition"]}
    made = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name="{name}"><vt:lpwstr>{escape(value)}</vt:lpwstr></property>'
        for number, (name, value) in enumerate(((k, v) for k, v in fields.items() if v), start=2)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        f'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{made}</Properties>'
    ).encode()
