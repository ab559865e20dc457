"""House style of figures: type, colour, size, and the line below each figure that names source and data.

What belongs here: everything about the look that is the same for all figures. What does not: what a figure shows (the rooms' plots.py).
Colours: Okabe and Ito (2008), "Color Universal Design", darkened where text or thin lines need contrast.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import EvidenceError, Fault, say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#1c2833"
MUTED = "#5d6872"
GRID = "#d9dee2"
ACCENT = "#005a70"
PALETTE = ("#005a8f", "#d55e00", "#00795a", "#b14a8b", "#a87800", "#3d9bd1", "#5d6872")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
SEQUENTIAL = "cividis_r"
WIDTH = 6.05  # inches: the text block of the paper
FONT = "Source Sans Pro"

RC: dict[str, Any] = {
    "font.family": FONT,
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "semibold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.5,
    "patch.linewidth": 0.6,
    "hatch.linewidth": 0.5,
    "figure.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "altro",
    "mathtext.fontset": "custom",
    "mathtext.rm": FONT,
}
TYPE_SIZES = (
    "font.size",
    "axes.titlesize",
    "axes.labelsize",
    "xtick.labelsize",
    "ytick.labelsize",
    "legend.fontsize",
)


@cache
def _register_fonts() -> None:
    from matplotlib import font_manager

    for path in sorted((Path(__file__).parent / "fonts").glob("SourceSans*.ttf")):
        font_manager.fontManager.addfont(str(path))


@contextmanager
def house(own: Mapping[str, Any] | None = None) -> Iterator[None]:
    """The house style, with the study's or notebook's `[style]`: `palette` (colours), `size` (points of type), `width` (inches)."""
    import matplotlib as mpl
    from cycler import cycler

    own = own or {}
    unknown = sorted(set(own) - {"palette", "size", "width"})
    if unknown:
        raise EvidenceError(
            [
                Fault(
                    say(f"voce «{key}» sconosciuta", f"unknown entry '{key}'"),
                    where="[style]",
                    allowed="palette, size, width",
                )
                for key in unknown
            ]
        )
    _register_fonts()
    rc = dict(RC)
    if "size" in own:
        step = float(own["size"]) - RC["font.size"]
        rc.update({key: RC[key] + step for key in TYPE_SIZES})
    previous = dict(_current)
    _current.update(palette=tuple(own.get("palette", PALETTE)), width=float(own.get("width", WIDTH)))
    rc["axes.prop_cycle"] = cycler(color=_current["palette"])
    try:
        with mpl.rc_context(rc):  # type: ignore[arg-type]
            yield
    finally:
        _current.clear()
        _current.update(previous)


_current: dict[str, Any] = {"palette": PALETTE, "width": WIDTH}


def palette(n: int) -> list[str]:
    """`n` colours that remain distinct to colour-blind readers; at most seven, since more cannot be told apart."""
    colours = _current["palette"]
    if n > len(colours):
        raise EvidenceError(
            Fault(
                say(f"{n} colori chiesti", f"{n} colours asked for"),
                allowed=f"≤ {len(colours)}",
                next_step=say(
                    "Unire le categorie o dividere la figura.", "Merge categories or split the figure."
                ),
            )
        )
    return list(colours[:n])


def subplots(rows: int = 1, cols: int = 1, height: float = 3.2, **kwargs: Any) -> tuple[Figure, Any]:
    """A figure as wide as the text block and `height` inches high, laid out without overlap; `kwargs` as `Figure.subplots`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fig = Figure(figsize=(_current["width"], height), layout="constrained")
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, cols, **kwargs)


def sign(fig: Figure, source: str, label: str) -> None:
    """Write the data label and the source below the figure, making room for them; nothing drawn above moves closer."""
    lines = [text for text in (label, source) if text]
    strip = 0.17 * len(lines) + 0.06
    width, height = fig.get_size_inches()
    fig.set_size_inches(width, height + strip)
    engine = fig.get_layout_engine()
    share = strip / (height + strip)
    if engine is not None:
        engine.set(rect=(0, share, 1, 1 - share))  # type: ignore[call-arg]
    for i, text in enumerate(lines):
        fig.text(
            0.005,
            (strip - 0.06 - 0.17 * i) / (height + strip),
            text,
            ha="left",
            va="top",
            fontsize=7.5,
            color=ACCENT if text == label else MUTED,
            fontweight="semibold" if text == label else "normal",
        )


def to_svg(fig: Figure) -> str:
    """The figure as SVG text, free of dates and random identifiers."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def coordinates(fig: Figure) -> list[np.ndarray]:
    """Every coordinate that the figure plots (lines, patches, collections, images, axis limits); words and ticks left out."""
    found: list[np.ndarray] = []
    for ax in fig.axes:
        found.append(np.array([*ax.get_xlim(), *ax.get_ylim()], dtype=float))
        found += [np.asarray(line.get_xydata(), dtype=float) for line in ax.lines]
        found += [
            np.asarray(p.get_patch_transform().transform(p.get_path().vertices), dtype=float)
            for p in ax.patches
        ]
        for collection in ax.collections:
            found.append(np.ma.filled(np.ma.asarray(collection.get_offsets(), dtype=float), np.nan))
            found += [np.asarray(path.vertices, dtype=float) for path in collection.get_paths()]
        found += [np.ma.filled(np.ma.asarray(image.get_array(), dtype=float), np.nan) for image in ax.images]
    return found


def same_coordinates(one: Figure, other: Figure) -> bool:
    """Whether two figures plot the same data."""
    a, b = coordinates(one), coordinates(other)
    return len(a) == len(b) and all(
        x.shape == y.shape and np.allclose(x, y, rtol=1e-9, atol=1e-12, equal_nan=True) for x, y in zip(a, b)
    )
