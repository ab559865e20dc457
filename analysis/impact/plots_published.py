"""Picture of published figures: what each source prints, topic by topic. It draws; it computes nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

MILLION = 1e6


def amounts(data: pd.DataFrame, words: Words) -> Figure:
    """One line a figure, grouped by topic: a mark at the amount in millions of euro, its value beside it; filled where sources disagree."""
    lines = [
        "\n".join(
            textwrap.fill(part, 44)
            for part in (_told(row.topic, words), f"({_short(row.claim_source)})", _told(row.note, words))
            if part
        )
        for row in data.itertuples()
    ]
    ys = range(len(data))
    fig, ax = style.subplots(height=1.0 + 0.7 * len(data))
    for mark, agreed, colour in zip("os", (True, False), style.palette(2)):
        chosen = [(y, row) for y, row in zip(ys, data.itertuples()) if (row.agrees != "no") == agreed]
        if not chosen:
            continue
        ax.plot(
            [row.value / MILLION for _, row in chosen],
            [y for y, _ in chosen],
            mark,
            color=colour,
            markersize=7,
            label=words("sources_agree" if agreed else "sources_differ"),
        )
    for y, row in zip(ys, data.itertuples()):
        text = words.number(row.value / MILLION, "number", 1)
        ax.annotate(
            text, (row.value / MILLION, y), (9, 0), textcoords="offset points", va="center", fontsize=9
        )
    ax.set_yticks(ys, lines, fontsize=8)
    ax.invert_yaxis()
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.set_xlim(0, 1.18 * float(data["value"].max()) / MILLION)
    ax.set_xlabel(words("million_euro"))
    words.axis(ax.xaxis, "number", 0)
    ax.grid(axis="y", visible=False)
    fig.legend(loc="outside upper left", ncols=2, frameon=False)
    return fig


def _told(text: Mapping[str, str] | None, words: Words) -> str:
    return text[words.language] if isinstance(text, Mapping) else ""


def _short(source: str) -> str:
    """The name of a source, without what follows its first comma or bracket."""
    return source.split(",")[0].split("(")[0].strip()
