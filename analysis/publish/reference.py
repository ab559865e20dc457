"""The reference document of the DOCX format: page, styles, numbering, running lines, in house colours.

`python -m analysis.publish.reference` writes templates/reference.docx, the same bytes every time. The fonts are those that every copy of
Word has, named once in the theme: whoever changes the theme's fonts or a style changes the whole paper.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from analysis.publish.sources import TEMPLATES

ACCENT, INK, MUTED, WASH, WARNING, RULE = "005A70", "1C2833", "55606A", "EEF4F6", "9A3B00", "CDCDCD"
SERIF, SANS = "Cambria", "Calibri"
PAGE = (11906, 16838)  # A4 in twentieths of a point
MARGINS = {
    "top": 1701,
    "right": 1588,
    "bottom": 1531,
    "left": 1588,
    "header": 850,
    "footer": 794,
    "gutter": 0,
}
TEXT = PAGE[0] - MARGINS["left"] - MARGINS["right"]  # width of the text block
TEXT_FLIPPED = PAGE[1] - MARGINS["left"] - MARGINS["right"]
CELL = 110  # space at each side of a table's cell
SMALLER = (("Table Text", 9.0), ("Table Text Small", 8.0), ("Table Text Smallest", 7.0))
LABEL, RUNNING = "{label}", "{running}"  # filled in for each paper
LEVELS = 6

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
TYPES = "application/vnd.openxmlformats-officedocument"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PPR = ("keepNext", "keepLines", "widowControl", "numPr", "pBdr", "shd", "tabs", "suppressAutoHyphens", "spacing", "ind", "contextualSpacing", "jc", "outlineLvl")  # fmt: skip
RPR = ("rFonts", "b", "bCs", "i", "color", "sz", "szCs", "u", "vertAlign", "lang")


def build() -> bytes:
    """The reference document."""
    parts = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations({"officeDocument": "word/document.xml"}),
        "word/_rels/document.xml.rels": _relations(RELATIONS),
        "word/document.xml": _document(),
        "word/styles.xml": _styles(),
        "word/numbering.xml": _numbering(),
        "word/settings.xml": _settings(),
        "word/footnotes.xml": _footnotes(),
        "word/fontTable.xml": _font_table(),
        "word/theme/theme1.xml": _theme(),
        "word/header1.xml": _running("hdr", "Header", _run(LABEL, style="Data Label Char") + _run(RUNNING)),
        "word/header2.xml": _running("hdr", "Header", _run(LABEL, style="Data Label Char")),
        "word/footer1.xml": _running("ftr", "Footer", _field(" PAGE ", "1")),
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, HEAD + text, compresslevel=9)
    return target.getvalue()


RELATIONS = {
    "styles": "styles.xml", "numbering": "numbering.xml", "settings": "settings.xml", "footnotes": "footnotes.xml",
    "fontTable": "fontTable.xml", "theme": "theme/theme1.xml", "header": "header1.xml", "header ": "header2.xml",
    "footer": "footer1.xml",
}  # fmt: skip


def style_id(name: str) -> str:
    """The id of a style in the file: its name without spaces, in capitals as Word has them."""
    return "".join(word[:1].upper() + word[1:] for word in name.split())


def _types() -> str:
    kinds = {
        "document": "document.main", "styles": "styles", "numbering": "numbering", "settings": "settings", "footnotes": "footnotes",
        "fontTable": "fontTable", "header1": "header", "header2": "header", "footer1": "footer",
    }  # fmt: skip
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{TYPES}.wordprocessingml.{kind}+xml"/>'
        for part, kind in kinds.items()
    )
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'{overrides}<Override PartName="/word/theme/theme1.xml" ContentType="{TYPES}.theme+xml"/></Types>'
    )


def _relations(targets: Mapping[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{i}" Type="{R}/{kind.strip()}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items(), start=1)
    )
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{rows}</Relationships>'


def _document() -> str:
    ids = {target: f"rId{i}" for i, target in enumerate(RELATIONS.values(), start=1)}
    margins = " ".join(f'w:{side}="{value}"' for side, value in MARGINS.items())
    section = (
        f'<w:headerReference w:type="default" r:id="{ids["header1.xml"]}"/><w:headerReference w:type="first" r:id="{ids["header2.xml"]}"/>'
        f'<w:footerReference w:type="default" r:id="{ids["footer1.xml"]}"/><w:footerReference w:type="first" r:id="{ids["footer1.xml"]}"/>'
        f'<w:pgSz w:w="{PAGE[0]}" w:h="{PAGE[1]}"/><w:pgMar {margins}/><w:titlePg/>'
    )
    sample = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="{style_id(name)}"/></w:pPr>{_run(name)}</w:p>'
        for name, (kind, *_) in STYLES.items()
        if kind == "paragraph"
    )
    return f'<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{sample}<w:sectPr>{section}</w:sectPr></w:body></w:document>'


def _run(text: str, style: str = "") -> str:
    properties = f'<w:rPr><w:rStyle w:val="{style_id(style)}"/></w:rPr>' if style else ""
    return f'<w:r>{properties}<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _field(instruction: str, shown: str) -> str:
    return f'<w:fldSimple w:instr="{instruction}">{_run(shown)}</w:fldSimple>'


def _running(tag: str, style: str, content: str) -> str:
    return f'<w:{tag} xmlns:w="{W}" xmlns:r="{R}"><w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{content}</w:p></w:{tag}>'


def ppr(**given: str) -> str:
    """Paragraph properties in the order of the schema; a value is the element's attributes, or its content where it begins with `<`."""
    return "".join(_property(name, given[name]) for name in PPR if name in given)


def rpr(**given: str) -> str:
    """Run properties, likewise."""
    return "".join(_property(name, given[name]) for name in RPR if name in given)


def _property(name: str, value: str) -> str:
    if value.startswith("<"):
        return f"<w:{name}>{value}</w:{name}>"
    return f"<w:{name} {value}/>" if value else f"<w:{name}/>"


def _face(size: float, *, sans: bool = False, bold: bool = False, colour: str = "") -> str:
    theme = "majorHAnsi" if sans else "minorHAnsi"
    given = {"rFonts": f'w:asciiTheme="{theme}" w:hAnsiTheme="{theme}" w:cstheme="{theme[:5]}Bidi"'}
    given |= {"b": "", "bCs": ""} if bold else {}
    given |= {"color": f'w:val="{colour}"'} if colour else {}
    return rpr(**given, sz=f'w:val="{round(2 * size)}"', szCs=f'w:val="{round(2 * size)}"')


def _space(before: int = 0, after: int = 0, line: int = 252) -> str:
    return f'w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"'


def _edge(side: str, colour: str, size: int, space: int = 8) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="{space}" w:color="{colour}"/>'


def _boxed(colour: str) -> str:
    return "".join(_edge(side, colour, 6, 6) for side in ("top", "left", "bottom", "right"))


LEFT = 'w:val="left"'
NARROW = 'w:left="142" w:right="142"'  # within a box
NUMBERED = {level: f'<w:ilvl w:val="{level - 1}"/><w:numId w:val="1"/>' for level in range(1, LEVELS + 1)}
UNNUMBERED = '<w:numId w:val="0"/>'


def _heading(level: int, *, numbered: bool) -> tuple[str, str, str, str, str]:
    size = {1: 14.0, 2: 12.0, 3: 11.0}.get(level, 10.5)
    before, after = {1: (360, 140), 2: (280, 110)}.get(level, (220, 90))
    properties = ppr(
        keepNext="", keepLines="", numPr=NUMBERED[level] if numbered else UNNUMBERED, suppressAutoHyphens="",
        spacing=_space(before, after), jc=LEFT, outlineLvl=f'w:val="{level - 1}"',
    )  # fmt: skip
    return "paragraph", "Normal", "Body Text", properties, _face(size, sans=True, bold=True, colour=ACCENT)


def _sans(size: float, spacing: str, colour: str = "", *, weight: str = "", **more: str) -> tuple[str, str, str, str, str]:  # fmt: skip
    properties = ppr(suppressAutoHyphens="", spacing=spacing, jc=LEFT, **more)
    return "paragraph", "Normal", "", properties, _face(size, sans=True, bold=weight == "bold", colour=colour)


SHADED = {
    "shd": f'w:val="clear" w:color="auto" w:fill="{WASH}"',
    "pBdr": _edge("left", ACCENT, 18),
    "ind": 'w:left="204" w:right="20"',
}
TABS = f'<w:tab w:val="center" w:pos="{TEXT // 2}"/><w:tab w:val="right" w:pos="{TEXT}"/>'

# name: kind, based on, followed by, paragraph properties, run properties
STYLES: dict[str, tuple[str, str, str, str, str]] = {
    "Normal": ("paragraph", "", "", "", ""),
    "Body Text": ("paragraph", "Normal", "", ppr(widowControl="", spacing=_space(0, 140, 269), jc='w:val="both"'), ""),
    "First Paragraph": ("paragraph", "Body Text", "Body Text", "", ""),
    "Compact": ("paragraph", "Body Text", "", ppr(spacing=_space(0, 50, 264)), ""),
    "Title": ("paragraph", "Normal", "Author", ppr(suppressAutoHyphens="", spacing=_space(240, 200, 240), jc=LEFT), _face(22, sans=True, bold=True, colour=ACCENT)),
    "Series": _sans(9.5, _space(0, 360), ACCENT, weight="bold", pBdr=_edge("bottom", ACCENT, 10, 5), tabs=f'<w:tab w:val="right" w:pos="{TEXT}"/>'),
    "Author": _sans(11.5, _space(120, 0), weight="bold", keepNext=""),
    "Affiliation": _sans(9.5, _space(0, 0), MUTED),
    "Author Role": _sans(9.5, _space(), MUTED),
    "Correspondence": _sans(9.5, _space(120), MUTED),
    "Date": _sans(9.5, _space(140, 240)),
    "Abstract Title": _sans(11, _space(0, 0), ACCENT, weight="bold", keepNext="", **SHADED),
    "Abstract": ("paragraph", "Body Text", "", ppr(**{**SHADED, "spacing": _space(60, 60, 264)}), ""),
    "Keywords": _sans(9.5, _space(0, 0), **SHADED),
    "Data Label": _sans(9.5, _space(300), WARNING, weight="bold", keepNext="", pBdr=_boxed(WARNING), ind=NARROW),
    "Notice": _sans(9.5, _space(300), contextualSpacing="", pBdr=_boxed("969696"), ind=NARROW),
    "Notice Simulated": _sans(9.5, _space(), pBdr=_boxed(WARNING), ind=NARROW),
    "Colophon": _sans(8.5, _space(300), MUTED, contextualSpacing=""),
    **{f"heading {level}": _heading(level, numbered=True) for level in range(1, LEVELS + 1)},
    **{f"Unnumbered Heading {level}": _heading(level, numbered=False) for level in range(1, LEVELS + 1)},
    "caption": _sans(9.5, _space(120, 80, 247)),
    "Table Caption": ("paragraph", "Caption", "", ppr(keepNext="", keepLines="", spacing=_space(240, 80, 247)), ""),
    "Image Caption": ("paragraph", "Caption", "Body Text", ppr(keepLines="", spacing=_space(60, 280, 247)), ""),
    "Figure": ("paragraph", "Normal", "", ppr(keepNext="", spacing=_space(240, 0, 240), jc=LEFT), ""),
    "Captioned Figure": ("paragraph", "Figure", "Image Caption", "", ""),
    **{name: _sans(size, _space(20, 20, 240)) for name, size in SMALLER},
    "Source Note": _sans(8.5, _space(60, 280, 240), MUTED, contextualSpacing=""),
    "Equation": ("paragraph", "Normal", "Body Text", ppr(tabs=TABS, spacing=_space(140, 200)), ""),
    "Block Text": ("paragraph", "Body Text", "Body Text", ppr(ind='w:left="425" w:right="425"'), ""),
    "footnote text": _sans(8.5, _space(0, 20, 240)),
    "Footnote Block Text": ("paragraph", "Footnote Text", "", ppr(ind='w:left="425"'), ""),
    "Bibliography": ("paragraph", "Normal", "", ppr(suppressAutoHyphens="", spacing=_space(0, 100), ind='w:left="284" w:hanging="284"', jc=LEFT), _face(9.5)),
    "Definition Term": ("paragraph", "Body Text", "Definition", ppr(keepNext="", spacing=_space()), rpr(b="", bCs="")),
    "Definition": ("paragraph", "Body Text", "", ppr(ind='w:left="284"'), ""),
    "Source Code": ("paragraph", "Normal", "", ppr(spacing=_space(60, 60), jc=LEFT), rpr(rFonts='w:ascii="Consolas" w:hAnsi="Consolas"', sz='w:val="17"')),
    "header": _sans(8, _space(), MUTED, pBdr=_edge("bottom", "BEBEBE", 4, 4)),
    "footer": ("paragraph", "Normal", "", ppr(spacing=_space(), jc='w:val="center"'), _face(8, sans=True, colour=MUTED)),
    "TOC Heading": ("paragraph", "Unnumbered Heading 1", "", "", ""),
    "Default Paragraph Font": ("character", "", "", "", ""),
    "Caption Label": ("character", "", "", "", rpr(b="", bCs="")),
    "Data Label Char": ("character", "", "", "", rpr(b="", bCs="", color=f'w:val="{WARNING}"')),
    "Verbatim Char": ("character", "", "", "", rpr(rFonts='w:ascii="Consolas" w:hAnsi="Consolas"', sz='w:val="17"')),
    "footnote reference": ("character", "", "", "", rpr(vertAlign='w:val="superscript"')),
    "Hyperlink": ("character", "", "", "", rpr(color=f'w:val="{ACCENT}" w:themeColor="accent1"')),
}  # fmt: skip
HIDDEN = {"Default Paragraph Font"}


def _styles() -> str:
    language = rpr(lang='w:val="it-IT" w:eastAsia="zh-CN" w:bidi="ar-SA"')
    defaults = (
        f"<w:docDefaults><w:rPrDefault><w:rPr>{_face(10.5, colour=INK)}{language}</w:rPr></w:rPrDefault>"
        f"<w:pPrDefault><w:pPr>{ppr(spacing=_space())}</w:pPr></w:pPrDefault></w:docDefaults>"
    )
    made = "".join(_style(name, *rest) for name, rest in STYLES.items())
    return f'<w:styles xmlns:w="{W}">{defaults}{made}{_table_styles()}</w:styles>'


def _style(name: str, kind: str, based: str, following: str, paragraph: str, run: str) -> str:
    default = ' w:default="1"' if name in ("Normal", "Default Paragraph Font") else ""
    shown = "<w:semiHidden/>" if name in HIDDEN else "<w:qFormat/>"
    return (
        f'<w:style w:type="{kind}"{default} w:styleId="{style_id(name)}"><w:name w:val={quoteattr(name)}/>'
        + (f'<w:basedOn w:val="{style_id(based)}"/>' if based else "")
        + (f'<w:next w:val="{style_id(following)}"/>' if following else "")
        + f'<w:uiPriority w:val="9"/>{shown}'
        + (f"<w:pPr>{paragraph}</w:pPr>" if paragraph else "")
        + (f"<w:rPr>{run}</w:rPr>" if run else "")
        + "</w:style>"
    )


def _table_styles() -> str:
    margins = "".join(
        f'<w:{side} w:w="{width}" w:type="dxa"/>'
        for side, width in {"top": 30, "left": CELL, "bottom": 30, "right": CELL}.items()
    )
    plain = (
        '<w:style w:type="table" w:default="1" w:styleId="NormalTable"><w:name w:val="Normal Table"/><w:uiPriority w:val="99"/>'
        "<w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblCellMar>"
        '<w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>'
    )
    borders = _edge("top", ACCENT, 8, 0) + _edge("bottom", "969696", 4, 0) + _edge("insideH", RULE, 4, 0)
    header = (
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr><w:tcBorders>'
        f"{_edge('top', ACCENT, 8, 0)}{_edge('bottom', ACCENT, 6, 0)}</w:tcBorders>"
        f'<w:shd w:val="clear" w:color="auto" w:fill="{WASH}"/><w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr>'
    )
    return (
        f'{plain}<w:style w:type="table" w:customStyle="1" w:styleId="Table"><w:name w:val="Table"/><w:basedOn w:val="NormalTable"/>'
        f'<w:uiPriority w:val="9"/><w:qFormat/><w:tblPr><w:tblBorders>{borders}</w:tblBorders><w:tblCellMar>{margins}</w:tblCellMar></w:tblPr>'
        f"{header}</w:style>"
    )


def _numbering() -> str:
    levels = "".join(
        f'<w:lvl w:ilvl="{i}"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:pStyle w:val="Heading{i + 1}"/><w:suff w:val="space"/>'
        f'<w:lvlText w:val="{".".join(f"%{n + 1}" for n in range(i + 1))}"/><w:lvlJc w:val="left"/>'
        '<w:pPr><w:ind w:left="0" w:firstLine="0"/></w:pPr></w:lvl>'
        for i in range(LEVELS)
    )
    return (
        f'<w:numbering xmlns:w="{W}"><w:abstractNum w:abstractNumId="1"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
    )


def _settings() -> str:
    return (
        f'<w:settings xmlns:w="{W}"><w:zoom w:percent="100"/><w:defaultTabStop w:val="425"/><w:autoHyphenation/>'
        '<w:footnotePr><w:footnote w:id="-1"/><w:footnote w:id="0"/></w:footnotePr><w:compat>'
        '<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        '<w:themeFontLang w:val="it-IT"/></w:settings>'
    )


def _footnotes() -> str:
    notes = "".join(
        f'<w:footnote w:type="{kind}" w:id="{number}"><w:p><w:r><w:{kind}/></w:r></w:p></w:footnote>'
        for kind, number in (("separator", -1), ("continuationSeparator", 0))
    )
    return f'<w:footnotes xmlns:w="{W}">{notes}</w:footnotes>'


def _font_table() -> str:
    fonts = {SERIF: "roman", SANS: "swiss", "Consolas": "modern", "Cambria Math": "roman"}
    rows = "".join(
        f'<w:font w:name="{name}"><w:family w:val="{family}"/></w:font>' for name, family in fonts.items()
    )
    return f'<w:fonts xmlns:w="{W}">{rows}</w:fonts>'


def _theme() -> str:
    colours = {
        "dk1": INK, "lt1": "FFFFFF", "dk2": ACCENT, "lt2": WASH, "accent1": ACCENT, "accent2": "005A8F", "accent3": "D55E00",
        "accent4": "00795A", "accent5": "B14A8B", "accent6": "A87800", "hlink": ACCENT, "folHlink": MUTED,
    }  # fmt: skip
    scheme = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in colours.items())
    fonts = "".join(
        f'<a:{kind}Font><a:latin typeface="{face}"/><a:ea typeface=""/><a:cs typeface=""/></a:{kind}Font>'
        for kind, face in (("major", SANS), ("minor", SERIF))
    )
    fill = '<a:solidFill><a:schemeClr val="phClr"/></a:solidFill>'
    line = "".join(f'<a:ln w="{width}">{fill}</a:ln>' for width in (6350, 12700, 19050))
    effect = "<a:effectStyle><a:effectLst/></a:effectStyle>"
    formats = (
        f"<a:fillStyleLst>{3 * fill}</a:fillStyleLst><a:lnStyleLst>{line}</a:lnStyleLst>"
        f"<a:effectStyleLst>{3 * effect}</a:effectStyleLst><a:bgFillStyleLst>{3 * fill}</a:bgFillStyleLst>"
    )
    return (
        f'<a:theme xmlns:a="{A}" name="altro"><a:themeElements><a:clrScheme name="altro">{scheme}</a:clrScheme>'
        f'<a:fontScheme name="altro">{fonts}</a:fontScheme><a:fmtScheme name="altro">{formats}</a:fmtScheme></a:themeElements></a:theme>'
    )


if __name__ == "__main__":
    (TEMPLATES / "reference.docx").write_bytes(build())
