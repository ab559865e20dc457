"""The paper as JATS Publishing 1.1, for archives and journals: body and references by pandoc, made whole here; the front by jats_front.

The version is that of the DTD against which the tests validate. Graphics are raster images beside the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from analysis.publish import jats_front, pandoc
from analysis.publish.sources import TEMPLATES

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from analysis.publish.formats import Work

VERSION = "1.1"
DOCTYPE = (
    '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Publishing DTD v1.1 20151215//EN" '
    '"JATS-journalpublishing1.dtd">'
)
NAMESPACES = {
    "mml": "http://www.w3.org/1998/Math/MathML",
    "xlink": "http://www.w3.org/1999/xlink",
    "ali": "http://www.niso.org/schemas/ali/1.0/",
}
XLINK, XML = f"{{{NAMESPACES['xlink']}}}", "{http://www.w3.org/XML/1998/namespace}"
KINDS = {"fig": "fig", "tbl": "table", "eq": "disp-formula", "sec": "sec"}


def make(work: Work) -> dict[str, bytes]:
    """The format `jats`: the article and its graphics at formats.PPI."""
    figures = {item["svg"]: item for item in work.document["items"] if item["kind"] == "figure"}
    options = [
        "-t", "jats_publishing+element_citations", "--template", str(TEMPLATES / "paper.jats"),
        "--lua-filter", str(TEMPLATES / "jats.lua"),
    ]  # fmt: skip
    text = pandoc.run(work.document, work.folder, work.bibliography, work.time, *options)
    graphics = {
        svg: f"{work.language}.{svg.removesuffix('.svg').removesuffix(f'.{work.language}')}.png"
        for svg in figures
    }
    made = {graphics[svg]: work.png(item).read_bytes() for svg, item in figures.items()}
    return {f"{work.language}.xml": article(text, work, graphics), **made}


def article(text: str, work: Work, graphics: Mapping[str, str]) -> bytes:
    """The article from what pandoc wrote; `graphics` names the image files by the SVG files they replace."""
    for prefix, uri in NAMESPACES.items():
        ElementTree.register_namespace(prefix, uri)
    root = ElementTree.fromstring(text)
    document = work.document
    front, body, back = (_found(root, name) for name in ("front", "body", "back"))
    root.set(
        "article-type",
        "other" if document["provenance"] in ("simulated", "secondary") else "research-article",
    )
    root.set("dtd-version", VERSION)
    root.set(f"{XML}lang", document["language"])
    _references(body, back)
    for section in body.iter("sec"):
        _numbered(section)
    items = {item["key"]: item for item in document["items"] if item["kind"] == "table"}
    for parent in [*body.iter()]:
        for element in list(parent):
            if element.tag in ("fig", "table-wrap"):
                _captioned(parent, element, items, document["words"]["source"])
            elif element.tag == "boxed-text" and element.find("p/disp-formula") is not None:
                _equation(parent, element)
    for graphic in body.iter("graphic"):
        graphic.set("mime-subtype", "png")
        graphic.set(f"{XLINK}href", graphics[str(graphic.get(f"{XLINK}href")).rpartition("/")[2]])
    for part in (front, body, back):
        for link in part.iter("xref"):
            link.attrib.pop("alt", None)
            kind = KINDS.get(str(link.get("rid")).partition("-")[0])
            if kind and "ref-type" not in link.attrib:
                link.set("ref-type", kind)
        _plain(part)
    abstract = _found(front, "abstract")
    front.clear()
    front.extend(jats_front.front(work, abstract, body, back))
    if not len(back):
        root.remove(back)
    content: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{DOCTYPE}\n{content}\n'.encode()


def _found(element: Element, name: str) -> Element:
    child = element.find(name)
    assert child is not None, name
    return child


def _parents(root: Element) -> Iterator[tuple[Element, Element]]:
    for parent in root.iter():
        for child in parent:
            yield parent, child


def _references(body: Element, back: Element) -> None:
    """The list of references, with its title, belongs to the back matter."""
    parents = {child: parent for parent, child in _parents(body)}
    for found in list(body.iter("ref-list")):
        holder = parents[found]
        holder.remove(found)
        while holder.tag == "boxed-text" and not len(holder):
            above = parents[holder]
            above.remove(holder)
            holder = above
        title = holder.find("title")
        if holder.tag == "sec" and title is not None and len(holder) == 1:
            found.insert(0, title)
            parents[holder].remove(holder)
        found.set("id", "references")
        found.tail = None
        back.append(found)


def _take(parent: Element, kind: str) -> str | None:
    """The text of the marked piece `kind` within the parent, which is taken out."""
    for holder, child in list(_parents(parent)):
        if child.tag == "named-content" and child.get("content-type") == kind:
            place = list(holder).index(child)
            after = (child.tail or "").lstrip()
            if place:
                holder[place - 1].tail = (holder[place - 1].tail or "") + after
            else:
                holder.text = (holder.text or "").rstrip() + after
            holder.remove(child)
            return "".join(child.itertext())
    return None


def _label(element: Element, text: str | None) -> None:
    if text:
        label = ElementTree.Element("label")
        label.text = text.removesuffix(".")
        element.insert(0, label)


def _numbered(section: Element) -> None:
    title = section.find("title")
    if title is not None:
        _label(section, _take(title, "number"))


def _captioned(parent: Element, element: Element, items: Mapping[str, Any], source: str) -> None:
    """Label, identifier and notes of a figure or table."""
    caption = element.find("caption")
    if caption is not None:
        _label(element, _take(caption, "label"))
    table = element.find("table")
    if table is not None and table.get("id"):
        element.set("id", table.attrib.pop("id"))
        item = items.get(element.get("id", ""))
        if item and item["flipped"]:
            element.set("orientation", "landscape")
    place = list(parent).index(element) + 1
    notes = parent[place] if place < len(parent) else None
    if notes is None or notes.tag != "boxed-text" or notes.get("id") or element.tag == "fig":
        return
    foot = ElementTree.SubElement(element, "table-wrap-foot")
    for paragraph in list(notes):
        if paragraph.tag == "p" and (paragraph.text or "").startswith(f"{source}:"):
            paragraph.tag = "attrib"
        foot.append(paragraph)
    parent.remove(notes)


def _equation(parent: Element, box: Element) -> None:
    """A displayed formula with label, identifier and spoken alternative."""
    formula = box.find("p/disp-formula")
    assert formula is not None
    number, spoken = _take(box, "number"), _take(box, "alt")
    if spoken:
        alternative = ElementTree.Element("alt-text")
        alternative.text = spoken
        formula.insert(0, alternative)
    _label(formula, number)
    if box.get("id"):
        formula.set("id", str(box.get("id")))
    formula.tail = box.tail
    parent[list(parent).index(box)] = formula


def _plain(part: Element) -> None:
    """Take out the marks that pandoc leaves around pieces of text, and boxes around what is no box."""
    marked = next((pair for pair in _parents(part) if pair[1].tag in ("named-content", "boxed-text")), None)
    while marked:
        parent, child = marked
        place = list(parent).index(child)
        inside = list(child)
        if inside:
            inside[-1].tail = (inside[-1].tail or "") + (child.tail or "")
        lead = (child.text or "") + ("" if inside else child.tail or "")
        if place:
            parent[place - 1].tail = (parent[place - 1].tail or "") + lead
        else:
            parent.text = (parent.text or "") + lead
        parent[place : place + 1] = inside
        marked = next(
            (pair for pair in _parents(part) if pair[1].tag in ("named-content", "boxed-text")), None
        )
