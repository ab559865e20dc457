"""Publications as a verification sees them: figures as pixels, what differs between two of them, papers as text.

What belongs here: from a file to pixels or words, and the picture of a difference. What does not: whether a difference matters, which is
asked of the plotted data first (analysis.batch).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, RunError, say

if TYPE_CHECKING:
    import numpy as np

PPI = 150.0
# A pixel counts once it differs by more than this part of the contrast around it. The rasteriser shades edges in quarters of a pixel each
# way, so a coordinate whose last digit differs moves an edge by up to a quarter, a corner by seven sixteenths; half a pixel is a difference.
EDGE = 0.45
FLOOR = 8  # levels of 255 that no eye tells apart
MARK = (213, 94, 0)  # Okabe and Ito's vermilion: told from grey by every kind of colour vision
FADED = 0.72  # how far towards white the original is taken under the marks
PAGE = b'#set page(width: auto, height: auto, margin: 0pt, fill: white)\n#image(bytes(sys.inputs.svg), format: "svg", alt: "")\n'


@dataclass(frozen=True)
class Compared:
    """`share` of pixels that differ, 0 to 1; `largest` difference of a channel in levels of 255; the pictures written, empty if none was
    asked for: published, again, difference."""

    share: float
    largest: int
    pictures: tuple[Path, ...] = ()


def svg(path: Path, ppi: float = PPI) -> np.ndarray:
    """The drawing on white as an array (height, width, 3) of bytes; a file that is no SVG is a RunError."""
    import numpy as np
    import typst
    from PIL import Image

    try:
        made = typst.compile(
            PAGE,
            format="png",
            ppi=float(ppi),
            ignore_system_fonts=True,
            sys_inputs={"svg": path.read_text(encoding="utf-8")},
        )
    except (typst.TypstError, UnicodeDecodeError) as error:
        what = say("non è un disegno SVG leggibile", "is no SVG drawing that can be read")
        raise RunError(Fault(f"{what}: {error}", path.name)) from error
    data = made if isinstance(made, bytes) else made[0]
    assert data is not None
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"), dtype=np.uint8)


def compare(a: Path, b: Path, out: Path | None = None, ppi: float = PPI) -> Compared:
    """How far the drawings `a` (published) and `b` (made again) are apart.

    A pixel differs where a channel does by more than `FLOOR` and by more than `EDGE` of the contrast within a pixel's reach in both
    drawings, or where only one of the two reaches. With `out`, three pictures are written: `<out>.published.png`, `<out>.again.png` and `<out>.difference.png`, in which the pixels that differ are marked
    over a faded original.
    """
    import numpy as np

    one, other = svg(a, ppi), svg(b, ppi)
    height, width = (max(one.shape[i], other.shape[i]) for i in (0, 1))
    apart = np.full((height, width), 255, dtype=np.uint8)
    differs = np.ones((height, width), dtype=bool)
    common = tuple(slice(0, min(one.shape[i], other.shape[i])) for i in (0, 1))
    gap = np.abs(one[common].astype(np.int16) - other[common].astype(np.int16))
    apart[common] = gap.max(axis=2)
    differs[common] = (gap > np.maximum(FLOOR, EDGE * _contrast(one[common], other[common]))).any(axis=2)
    pictures: tuple[Path, ...] = ()
    if out is not None:
        marked = _marked(_grown(one, height, width), differs)
        pictures = tuple(
            _written(out.with_name(f"{out.name}.{name}.png"), pixels)
            for name, pixels in (("published", one), ("again", other), ("difference", marked))
        )
    return Compared(float(differs.mean()), int(apart.max(initial=0)), pictures)


def text(pdf: Path) -> list[str]:
    """The words of a PDF, a string a page, lines ended by a line feed; a file that is no PDF is a RunError."""
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        what = say("non è un PDF leggibile", "is no PDF that can be read")
        raise RunError(Fault(what, pdf.name)) from error
    try:
        pages = []
        for page in document:
            words = page.get_textpage()
            pages.append(words.get_text_range().replace("\r\n", "\n").replace("\r", "\n"))
            words.close()
            page.close()
        return pages
    finally:
        document.close()


def _grown(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture on a white ground of this size."""
    import numpy as np

    ground = np.full((height, width, 3), 255, dtype=np.uint8)
    ground[: pixels.shape[0], : pixels.shape[1]] = pixels
    return ground


def _contrast(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Lightest less darkest level of each channel among a pixel and its neighbours, in both pictures."""
    import numpy as np

    light, dark = np.maximum(one, other), np.minimum(one, other)
    for axis in (0, 1):
        light = np.maximum.reduce(_reach(light, axis))
        dark = np.minimum.reduce(_reach(dark, axis))
    return (light.astype(np.int16) - dark).astype(np.int16)


def _reach(pixels: np.ndarray, axis: int) -> list[np.ndarray]:
    """The picture, and the picture moved by one pixel either way along the axis; its rim is repeated."""
    import numpy as np

    wide = np.pad(pixels, [(1, 1) if i == axis else (0, 0) for i in range(pixels.ndim)], mode="edge")
    size = pixels.shape[axis]
    return [np.take(wide, range(start, start + size), axis=axis) for start in range(3)]


def _marked(pixels: np.ndarray, differs: np.ndarray) -> np.ndarray:
    """The picture in faded grey, with the pixels that differ, and those next to them, in the accent: a single one can be seen."""
    import numpy as np

    grey = pixels.mean(axis=2, keepdims=True)
    faded = np.repeat(np.rint(grey + (255 - grey) * FADED), 3, axis=2).astype(np.uint8)
    near = differs
    for axis in (0, 1):
        near = np.logical_or.reduce(_reach(near, axis))
    faded[near] = MARK
    return faded


def _written(path: Path, pixels: np.ndarray) -> Path:
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    Image.fromarray(pixels).save(part, format="PNG", compress_level=9)
    part.replace(path)
    return path
