"""Figures of answers: diverging bars of items, a grid of shares; each draws a protected table and computes nothing from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.survey import marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

FITS = 0.055  # least share whose figure fits inside its bar
LOW, MIDDLE, HIGH = "#1f6f8b", "#8a939a", "#b35806"


def likert(data: pd.DataFrame, words: Words) -> Figure:
    """Answers to items as bars centred on the middle answer: columns item, answer, share, n."""
    from matplotlib.ticker import FuncFormatter

    items, answers = list(data["item"].unique()), list(data["answer"].unique())
    wide = data.pivot(index="item", columns="answer", values="share").loc[items, answers]
    n = data.groupby("item", sort=False)["n"].first()
    colours = _diverging(len(answers))
    fig, ax = style.subplots(height=0.34 * len(items) + 1.15)
    for y, item in enumerate(items):
        shares = wide.loc[item].to_numpy(dtype=float)
        if np.isnan(shares).any():
            ax.text(0.015, y, words("not_shown"), ha="left", va="center", color=style.MUTED, fontsize=8)
            continue
        half = len(answers) // 2
        left = -shares[:half].sum() - (shares[half] / 2 if len(answers) % 2 else 0.0)
        starts = left + np.concatenate([[0.0], np.cumsum(shares)[:-1]])
        ax.barh(
            np.full(len(answers), y),
            shares,
            left=starts,
            color=colours,
            height=0.72,
            edgecolor="white",
            linewidth=0.6,
        )
        for start, share, colour in zip(starts, shares, colours):
            if share >= FITS:
                ax.text(start + share / 2, y, words.number(share, "share", 0), ha="center", va="center",
                        fontsize=7.5, color=style.letters_on(colour))  # fmt: skip
    ax.axvline(0, color=style.INK, linewidth=0.7, zorder=0.5)
    marks.rows(ax, [marks.with_n(words, words.label("item", item), n[item], " ({})") for item in items])
    marks.ticks(ax, words, "share", most=8)
    inner = ax.xaxis.get_major_formatter()
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, place: inner(abs(value), place)))
    ax.set_xlabel(words("share_of_answers"))
    ax.grid(axis="x")
    handles = [marks.patch(colour) for colour in colours]
    fig.legend(handles, [words.label("answer", answer) for answer in answers], loc="outside upper left",
               ncols=len(answers), title=words("answer"), alignment="left")  # fmt: skip
    return fig


def responses(data: pd.DataFrame, words: Words) -> Figure:
    """A grid of shares, one row an item and one column an answer: columns item, answer, share, n."""
    n = data.groupby("item", sort=False)["n"].first()
    items, answers = list(data["item"].unique()), list(data["answer"].unique())
    wide = data.pivot(index="item", columns="answer", values="share").loc[items, answers]
    labels = [marks.with_n(words, words.label("item", item), n[item], " ({})") for item in items]
    return _grid(
        wide, labels, [words.label("answer", answer) for answer in answers], words("answer"), "", words
    )


def transitions(data: pd.DataFrame, words: Words) -> Figure:
    """A grid of row shares, work at the first wave by work at the second: columns state_first, state_second, share, n."""
    first, second = list(data["state_first"].unique()), list(data["state_second"].unique())
    n = data.groupby("state_first", sort=False)["n"].first()
    wide = data.pivot(index="state_first", columns="state_second", values="share").loc[first, second]
    labels = [marks.with_n(words, words.label("state", state), n[state]) for state in first]
    columns = [words.label("state", state).replace(" ", "\n", 1) for state in second]
    return _grid(wide, labels, columns, words("second_wave"), words("first_wave"), words)


def _grid(
    wide: pd.DataFrame, rows: list[str], columns: list[str], below: str, beside: str, words: Words
) -> Figure:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex
    from matplotlib.patches import Rectangle

    shades = colormaps[style.SEQUENTIAL]
    fig, ax = style.subplots(
        height=max(0.3, 0.42 if any("\n" in row for row in rows) else 0.3) * len(rows) + 1.0
    )
    values = wide.to_numpy(dtype=float)
    for (i, j), value in np.ndenumerate(values):
        if np.isnan(value):
            ax.add_patch(
                Rectangle(
                    (j - 0.5, i - 0.5),
                    1,
                    1,
                    facecolor="white",
                    edgecolor=style.MUTED,
                    hatch="///",
                    linewidth=0,
                )
            )
            continue
        colour = to_hex(shades(0.42 + 0.55 * value / max(float(np.nanmax(values)), 1e-9)))
        ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=colour, edgecolor="white", linewidth=1.0))
        ax.text(
            j,
            i,
            words.number(value, "share", 0),
            ha="center",
            va="center",
            fontsize=8,
            color=style.letters_on(colour),
        )
    ax.set_xlim(-0.5, values.shape[1] - 0.5)
    ax.set_ylim(values.shape[0] - 0.5, -0.5)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(length=0)
    ax.set_xlabel(below)
    ax.set_ylabel(beside)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    if np.isnan(values).any():
        fig.legend([Rectangle((0, 0), 1, 1, facecolor="white", edgecolor=style.MUTED, hatch="///", linewidth=0)], [words("not_shown")],
                   loc="outside upper left")  # fmt: skip
    return fig


def _diverging(count: int) -> list[str]:
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    ramp = LinearSegmentedColormap.from_list("answers", [LOW, MIDDLE, HIGH])
    return [to_hex(ramp(x)) for x in np.linspace(0, 1, count)]
