"""Figures of cost and size: unit cost with its band, break-even with its band, and how far published doublings spread. They draw tables and compute nothing but positions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

BAND_ALPHA = 0.2
LINES = ("-", (0, (5, 2)))
SURE = 0.05  # p value of a regression below which its mark is filled


def unit_costs(data: pd.DataFrame, words: Words) -> Figure:
    """Cost per person retained by people served, one panel a form of cost: line = median, band = 5th to 95th percentile of the draws.

    Columns: model, people_served, per_person, per_person_low, per_person_high (`UnitCosts.table`).
    """
    models = list(dict.fromkeys(data["model"]))
    fig, axes = style.subplots(cols=len(models), height=3.0, sharey=True)
    for ax, model, colour, dash in zip(np.atleast_1d(axes), models, style.palette(len(models)), LINES):
        rows = data[data["model"] == model]
        _band(ax, rows["people_served"], rows["per_person_low"], rows["per_person_high"], colour)
        ax.plot(rows["people_served"], rows["per_person"], color=colour, linestyle=dash)
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_title(words.label("model", model))
        ax.set_xlabel(words("people_served_axis"))
        _ticks(ax.xaxis, words, "persons", rows["people_served"])
        _ticks(ax.yaxis, words, "euro", data[["per_person_low", "per_person_high"]])
        ax.grid(axis="y")
        ax.margins(x=0.02)
    np.atleast_1d(axes)[0].set_ylabel(words("per_person_axis"))
    return fig


def break_even(data: pd.DataFrame, words: Words) -> Figure:
    """People served from which the cost per person stays within a value (left: median and 5–95 % of the draws), and the share of draws that never get there (right).

    Columns: value, size, size_low, size_high, never (`BreakEven.table` of many values). Where the upper percentile is never reached the band is
    open: it runs to the top, hatched.
    """
    fig, (left, right) = style.subplots(cols=2, height=3.1, gridspec_kw={"width_ratios": [1.3, 1]})
    told = data.dropna(subset=["size_low"])
    shown = told[["size", "size_low", "size_high"]].to_numpy(float)
    bottom, top = (float(np.nanmin(shown)) * 0.8, float(np.nanmax(shown)) * 1.6) if len(told) else (1.0, 10.0)
    endless = told["size_high"].isna()
    _band(left, told["value"], told["size_low"], told["size_high"], style.ACCENT)
    left.fill_between(
        told["value"],
        told["size_low"],
        top,
        where=endless | endless.shift(1, fill_value=False),
        facecolor="none",
        edgecolor=style.MUTED,
        hatch=style.HATCHES[1],
        linewidth=0,
    )
    left.plot(data["value"], data["size"], color=style.ACCENT)
    left.set_yscale("log")
    left.set_ylim(bottom, top)
    _ticks(left.yaxis, words, "persons", np.array([bottom, top]))
    left.set_ylabel(words("size_axis"))
    right.plot(data["value"], data["never"], color=style.ACCENT)
    right.set_ylim(-0.02, 1.02)
    words.axis(right.yaxis, "share")
    right.set_ylabel(words("never_axis"))
    for ax in (left, right):
        ax.set_xlabel(words("value_axis"))
        words.axis(ax.xaxis, "euro")
        ax.set_xlim(float(data["value"].min()), float(data["value"].max()))
        ax.grid(axis="y")
        ax.locator_params(axis="x", nbins=4)
    return fig


def doublings(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Published decreases of unit cost when output doubles, by country, headed by whose they are and by what is not established.

    `data`: figures (`Doublings.table`), caution (`Doublings.caution`). Hollow marks: p value of the regression of SURE or more.
    """
    figures, caution = data["figures"], data["caution"].iloc[0]
    names = [_text(cell, words) for cell in figures["country"]]
    codes = [_text(cell, None) for cell in figures["country"]]
    order = list(dict.fromkeys(codes))
    at = np.array([order.index(code) for code in codes])
    fig, ax = style.subplots(height=1.5 + 0.34 * len(order))
    ax.hlines(range(len(order)), 0, 1, color=style.GRID, linewidth=0.8, zorder=0)
    sure = figures["p"].to_numpy() < SURE
    for mask, face, key in ((sure, style.ACCENT, "p_below"), (~sure, "white", "p_above")):
        ax.plot(figures["reduction"][mask], at[mask], linestyle="", marker="o", markersize=7, markerfacecolor=face,
                markeredgecolor=style.ACCENT, markeredgewidth=1.2, label=words(key, p=words.number(SURE, "p", 2)), zorder=3)  # fmt: skip
    for end in (figures["reduction"].idxmax(), figures["reduction"].idxmin()):
        value = float(figures["reduction"][end])
        ax.annotate(words.number(value, "share"), (value, at[figures.index.get_loc(end)]), xytext=(0, 6), textcoords="offset points", ha="center", fontsize=8)  # fmt: skip
    ax.set_yticks(range(len(order)), [names[codes.index(code)] for code in order])
    ax.set_xlim(0, 0.65)
    ax.set_ylim(len(order) - 0.4, -0.75)
    ax.set_title(f"{_text(caution['title'], words)}:\n{_text(caution['transfer'], words)}", fontsize=9)
    ax.set_xlabel(words("reduction_axis"))
    words.axis(ax.xaxis, "share")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return fig


def _band(ax: Axes, x: pd.Series, low: pd.Series, high: pd.Series, colour: str) -> None:
    ax.fill_between(x, low, high, facecolor=(colour, BAND_ALPHA), edgecolor=colour, linewidth=0.6)


def _ticks(axis: Any, words: Words, unit: str, values: Any) -> None:
    """Ticks at 1, 2 and 5 times the powers of ten, over more than two of them at 1 and 3 times, over more than four at the powers; none between."""
    from matplotlib.ticker import LogLocator, NullFormatter

    tens = np.log10(np.nanmax(values) / np.nanmin(values))
    axis.set_major_locator(
        LogLocator(subs=(1.0, 2.0, 5.0) if tens <= 2 else (1.0, 3.0) if tens <= 4 else (1.0,))
    )
    words.axis(axis, unit)
    axis.set_minor_formatter(NullFormatter())


def _text(cell: Any, words: Words | None) -> str:
    """The cell in the language of `words`; without them in English, as a code that no language changes."""
    if not isinstance(cell, Mapping):
        return str(cell)
    return str(cell[words.language if words else "en"])
