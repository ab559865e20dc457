"""House style of figures: type, colour, size, and the line below each figure that names source and data.

What belongs here: everything about the look that is the same for all figures. What does not: what a figure shows (the rooms' plots.py).
Colours: Okabe and Ito (2008), "Color Universal Design", darkened where text or thin lines need contrast.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.errors import EvidenceError, Fault, say

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

INK = "#1c2833"
MUTED = "#55606a"
GRID = "#d9dee2"
ACCENT = "#005a70"
PALETTE = ("#005a8f", "#d55e00", "#00795a", "#b14a8b", "#a87800", "#3d9bd1", MUTED)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
SEQUENTIAL = "viridis_r"
LETTERS = 4.5  # least contrast of letters with what is behind them (WCAG 2.2, 1.4.3)
WIDTH = 6.05  # inches: the text block of the paper
FONT = "Source Sans Pro"
ANY_ID = re.compile(r"\b[a-zA-Z][0-9a-f]{10}\b")
OWN_ID = re.compile(r'\bid="([a-zA-Z][0-9a-f]{10})"')
LONG_NUMBER = re.compile(r"scale\([^)]*\)|-?\d+\.\d{4,}")

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


@dataclass(frozen=True)
class Choice:
    """What `[style]` of a study or notebook changes: `palette` (colours; the house's follow), `size` (points of type), `width` (inches),
    `order` (codes of a column, first to last), `title` (it, en). A table `[style.fig-…]` changes one figure only."""

    palette: tuple[str, ...] = PALETTE
    size: float = RC["font.size"]
    width: float = WIDTH
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    title: Mapping[str, str] = field(default_factory=dict)

    def arrange(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows in the chosen order; codes not named keep theirs, after the named ones."""
        for column in reversed([name for name in self.order if name in frame.columns]):
            wanted = [str(code) for code in self.order[column]]
            codes = frame[column].astype(str)
            place = codes.map({code: k for k, code in enumerate(wanted)}).fillna(len(wanted))
            frame = frame.iloc[place.argsort(kind="stable").to_numpy()]
        return frame.reset_index(drop=True)

    def entitle(self, fig: Figure, language: str) -> None:
        if self.title:
            fig.suptitle(
                self.title[language],
                x=0.005,
                ha="left",
                fontsize=self.size + 1,
                fontweight="semibold",
                color=INK,
            )


def choose(key: str, *own: Mapping[str, Any]) -> Choice:
    """The style of figure `key`: later tables of `own` over earlier ones, a figure's own table over the general one; every wrong entry is a fault."""
    general: dict[str, Any] = {}
    special: dict[str, Any] = {}
    for table in own:
        general.update({name: value for name, value in table.items() if not name.startswith("fig-")})
        special.update(table.get(key, {}))
    merged = general | special
    known = [item.name for item in fields(Choice)]
    faults = [
        Fault(say(f"voce «{name}» sconosciuta", f"unknown entry '{name}'"), "[style]", ", ".join(known))
        for name in sorted(merged.keys() - set(known))
    ]
    if merged.get("title") and set(merged["title"]) != {"it", "en"}:
        faults.append(
            Fault(
                say("il titolo vuole le due lingue", "the title needs both languages"),
                f"[style.{key}] title",
                "it, en",
            )
        )
    if faults:
        raise EvidenceError(faults)
    if "palette" in merged:
        chosen = tuple(merged["palette"])
        merged["palette"] = chosen + tuple(colour for colour in PALETTE if colour not in chosen)
    return Choice(**merged)


@contextmanager
def house(choice: Choice | None = None) -> Iterator[None]:
    """The house style, with what a study or notebook chose."""
    import matplotlib as mpl
    from cycler import cycler

    choice = choice or Choice()
    _register_fonts()
    step = choice.size - RC["font.size"]
    rc = RC | {key: RC[key] + step for key in TYPE_SIZES}
    rc["axes.prop_cycle"] = cycler(color=choice.palette)
    previous = dict(_current)
    _current.update(palette=choice.palette, width=choice.width)
    try:
        with mpl.rc_context(rc):  # type: ignore[arg-type]
            yield
    finally:
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


def contrast(one: str, other: str) -> float:
    """Ratio of the relative luminances of two colours, 1 to 21 (WCAG 2.2)."""
    from matplotlib.colors import to_rgb

    def luminance(colour: str) -> float:
        parts = np.array(to_rgb(colour))
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lettering(colour: str) -> str:
    """The colour for letters on white: itself, or darkened in steps of a fiftieth until its contrast is enough."""
    from matplotlib.colors import to_hex, to_rgb

    red, green, blue = to_rgb(colour)
    darker = (to_hex((light * red, light * green, light * blue)) for light in np.linspace(1, 0, 51))
    return next(shade for shade in darker if contrast(shade, "white") >= LETTERS)


def letters_on(ground: str) -> str:
    """The colour for letters on a coloured ground: ink, else white, else black, whichever first has contrast enough."""
    return next((colour for colour in (INK, "#ffffff") if contrast(colour, ground) >= LETTERS), "#000000")


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
    """The figure as SVG text, free of dates and random identifiers, lengths to a thousandth of a point."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return _steady(LONG_NUMBER.sub(_rounded, buffer.getvalue()))


def _rounded(found: re.Match[str]) -> str:
    """A number to three decimals; the layout is solved to the last bit only, and matplotlib prints six, of which the sixth may differ between runs."""
    return found[0] if found[0].startswith("scale") else f"{round(float(found[0]), 3) + 0.0:.15g}"


def _steady(svg: str) -> str:
    """The identifiers of clips, hatches and markers by their order and the rest of the drawing.

    matplotlib makes them from coordinates to the last bit, in which two layouts of one figure may differ; two figures in one page must not share any.
    """
    names = {name: f"{name[0]}{k}" for k, name in enumerate(dict.fromkeys(OWN_ID.findall(svg)))}
    plain = ANY_ID.sub(lambda found: names.get(found[0], found[0]), svg)
    mark = hashlib.sha256(plain.encode()).hexdigest()[:8]
    return ANY_ID.sub(lambda found: names[found[0]] + "-" + mark if found[0] in names else found[0], svg)


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
