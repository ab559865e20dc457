"""Contrast measured on a drawn figure: on its picture for letters, on its shapes for marks (WCAG 2.2, 1.4.3 and 1.4.11).

An SVG as `style.to_svg` writes it is drawn twice, once without letters and once with each text in a colour that stands nowhere else:
the pixels of that colour are where the text is read, the same pixels of the first picture are what lies behind it.
"""

from __future__ import annotations

import copy
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.evidence import style

TEXT, MARK = 4.5, 3.0  # least ratios: letters (1.4.3), parts of graphics (1.4.11)
PPI = 300.0
SVG = "{http://www.w3.org/2000/svg}"
WHITE = (255, 255, 255)
PRINTED = ("QuadMesh",)  # tiles bear their value in letters


@dataclass(frozen=True)
class Seen:
    """A text or a mark (by identifier), its colour, the least favourable colour behind it, and their contrast."""

    name: str
    colour: str
    behind: str
    ratio: float


def faults(svg: str) -> list[Seen]:
    """What has too little contrast, letters and marks."""
    return [seen for seen in letters(svg) if seen.ratio < TEXT] + [
        seen for seen in marks(svg) if seen.ratio < MARK
    ]


def letters(svg: str) -> list[Seen]:
    """Every text of the figure with its least contrast; a text of which no pixel is seen has ratio 0."""
    root = ET.fromstring(svg)
    texts = [group for group in root.iter(f"{SVG}g") if re.fullmatch(r"text_\d+", group.get("id", ""))]
    bare, coded = copy.deepcopy(root), copy.deepcopy(root)
    twins = [{group.get("id"): group for group in tree.iter(f"{SVG}g")} for tree in (bare, coded)]
    for halo in (part for group in twins[0].values() for part in group.iter() if _is_halo(group, part)):
        halo.set("style", f"{halo.get('style')}; fill: {_style(halo)['stroke']}")
    colours: list[str] = []
    for i, group in enumerate(texts):
        glyphs = list(_glyphs(group))
        colours.append(_style(glyphs[0]).get("fill", "#000000") if glyphs else "")
        for twin, look in zip(twins, ("fill-opacity: 0", f"fill: {_code(i)}")):
            for glyph in _glyphs(twin[group.get("id")]):
                glyph.set("style", look)
    below, above = _pixels(bare), _pixels(coded)
    found = []
    for i, (group, colour) in enumerate(zip(texts, colours)):
        if not colour:
            continue
        behind = [f"#{pixel:06x}" for pixel in np.unique(below[above == int(_code(i)[1:], 16)])]
        worst = min(behind, key=lambda ground: style.contrast(colour, ground), default="")
        found.append(
            Seen(str(group.get("id")), colour, worst, style.contrast(colour, worst) if worst else 0.0)
        )
    return found


def marks(svg: str) -> list[Seen]:
    """Every shape that is not a letter, white ground, grid or printed tile: the better of its fill and its outline against white."""
    found = []
    root = ET.fromstring(svg)
    hatched = {
        f"url(#{pattern.get('id')})": _style(pattern[0]).get("fill", "") or pattern[0].get("fill", "")
        for pattern in root.iter(f"{SVG}pattern")
    }
    for name, element in _shapes(root, ""):
        look = _style(element)
        whole = float(look.get("opacity", 1))
        seen = []
        for part in ("fill", "stroke"):
            colour = look.get(part, "none" if part == "stroke" else "#000000")
            colour = hatched.get(colour, colour)
            if re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
                share = whole * float(look.get(f"{part}-opacity", 1))
                seen.append(_hex(np.rint(share * _rgb(colour) + (1 - share) * np.array(WHITE)).astype(int)))
        plain = {"#ffffff", style.GRID}
        if seen and set(seen) - plain:
            best = max(seen, key=lambda colour: style.contrast(colour, "#ffffff"))
            found.append(Seen(name, best, "#ffffff", style.contrast(best, "#ffffff")))
    return found


def _glyphs(group: ET.Element) -> Iterator[ET.Element]:
    """What the letters of a text are drawn by; a halo, which has a stroke, and a box, which is a patch, are behind them."""
    for element in group:
        if element.get("id", "").startswith("patch_"):
            continue
        if element.tag in (f"{SVG}g", f"{SVG}path") and "stroke" not in _style(element):
            yield element


def _shapes(element: ET.Element, name: str) -> Iterator[tuple[str, ET.Element]]:
    name = element.get("id") or name
    if name.startswith(("text_", *PRINTED)) or element.tag in (f"{SVG}clipPath", f"{SVG}pattern"):
        return
    if element.tag == f"{SVG}defs":
        return
    if element.tag in (f"{SVG}path", f"{SVG}use", f"{SVG}rect") and element.get("style"):
        yield name, element
    for child in element:
        yield from _shapes(child, name)


def _style(element: ET.Element) -> dict[str, str]:
    pairs = (part.split(":", 1) for part in element.get("style", "").split(";") if ":" in part)
    return {key.strip(): value.strip() for key, value in pairs}


def _code(i: int) -> str:
    return f"#{1 + i // 200:02x}fe{3 + i % 200:02x}"


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])


def _hex(pixel: np.ndarray) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in pixel[:3])


def _is_halo(group: ET.Element, part: ET.Element) -> bool:
    return (
        group.get("id", "").startswith("text_") and part.get("style") is not None and "stroke" in _style(part)
    )


def _pixels(root: ET.Element) -> np.ndarray:
    """The picture, one number a pixel: red, green and blue as in `#rrggbb`."""
    import typst
    from matplotlib.image import imread

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ET.ElementTree(root).write(folder / "figure.svg", encoding="utf-8", xml_declaration=True)
        source = (
            '#set page(width: auto, height: auto, margin: 0pt, fill: white)\n#image("figure.svg", alt: "")\n'
        )
        (folder / "page.typ").write_text(source, encoding="utf-8")
        typst.compile(str(folder / "page.typ"), output=str(folder / "page.png"), format="png", ppi=PPI)
        parts = np.rint(imread(folder / "page.png")[:, :, :3] * 255).astype(int)
    return parts @ np.array([1 << 16, 1 << 8, 1])
