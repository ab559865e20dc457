"""Figures of value and of evidence: cost per outcome, tornado of the SROI, value step by step, claims on the rungs of the scale. They draw tables and compute nothing but positions."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.impact.outcome_cost import REASONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

ROW = 0.36  # inches a row
NAMED = 0.42  # inches a row whose name may take three lines
LOG_FROM = 20.0  # largest over smallest value from which the axis is logarithmic
MOST = 12  # rows of the tornado
EUROS = ("proxy", "volunteers")
LINE = 0.155  # inches a line of letters
RUNG, CLAIM = 34, 66  # characters a line
BEARS = ("describes", "suggests", "supports")


def cost_per_outcome(data: pd.DataFrame, words: Words) -> Figure:
    """Cost per outcome by service with its interval and the count of outcomes, the lowest on top; all services last, as a diamond; open: no interval.

    `data`: `OutcomeCost.table()`. A row without a ratio carries its reason. The axis is logarithmic where values differ by more than LOG_FROM times.
    """
    every = data["service"] == "total"
    value = data["cost_per_outcome"].astype(float)
    order = [
        *value[~every].sort_values(kind="stable", na_position="last").index,
        *data.index[every],
    ]
    rows = data.loc[order].reset_index(drop=True)
    ends = rows[[f"cost_per_outcome{end}" for end in ("", "_low", "_high")]].to_numpy(dtype=float)
    known = ends[np.isfinite(ends) & (ends > 0)]
    far = bool(len(known)) and known.max() > LOG_FROM * known.min()
    at = np.arange(len(rows)) + 0.4 * (rows["service"] == "total").to_numpy()
    fig, ax = style.subplots(height=1.15 + ROW * len(rows))
    ax.hlines(at, ends[:, 1], ends[:, 2], color=style.ACCENT, linewidth=1.8)
    for bound in ends[:, 1:].T:
        ax.plot(bound, at, linestyle="", marker="|", markersize=7, color=style.ACCENT)
    whole, bounded = (rows["service"] == "total").to_numpy(), np.isfinite(ends[:, 1])
    for mask, marker, face, name in (
        (~whole & bounded, "o", style.ACCENT, "cost_service"),
        (whole & bounded, "D", style.ACCENT, "cost_all"),
        (~whole & ~bounded, "o", "white", "cost_no_interval"),
        (whole & ~bounded, "D", "white", "cost_no_interval"),
    ):
        if (mask & np.isfinite(ends[:, 0])).any():
            ax.plot(ends[mask, 0], at[mask], linestyle="", marker=marker, markersize=6.5, color=style.ACCENT, markerfacecolor=face, markeredgewidth=1.3, label=words(name))  # fmt: skip
    if far:
        from matplotlib.ticker import LogLocator, NullFormatter

        ax.set_xscale("log")
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlim(known.min() / 1.3, known.max() * 1.3)
    else:
        ax.set_xlim(0, (known.max() if len(known) else 1.0) * 1.08)
        ax.locator_params(axis="x", nbins=6)
    words.axis(ax.xaxis, "euro")
    for place, row in zip(at, rows.itertuples()):
        _beside(ax, float(place), _outcomes(row, words))
        if not np.isfinite(float(row.cost_per_outcome)):
            told = words("not_shown") if row.reason == REASONS["computed"] else _text(row.reason, words)
            ax.annotate(
                told, (0, place), (4, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8, color=style.MUTED
            )  # fmt: skip
    ax.set_yticks(at, [wrapped(words.label("service", name), 34) for name in rows["service"]], linespacing=0.95)  # fmt: skip
    ax.set_ylim(float(at.max()) + 0.6, -0.6)
    ax.set_xlabel(words("cost_axis_log" if far else "cost_axis"))
    ax.grid(axis="x")
    _bare(ax)
    shown = dict(zip(*reversed(ax.get_legend_handles_labels())))
    if shown:
        fig.legend(shown.values(), shown.keys(), loc="outside upper left", ncols=3)
    return fig


def _outcomes(row: Any, words: Words) -> str:
    """Count of outcomes of a row, as printed beside it."""
    if row.reason in (REASONS["not-recorded"], REASONS["no-caseload"]):
        return ""
    return words("cost_outcomes", n=words.number(_number(row.achieved), "persons"))


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def tornado(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """SROI ratio as each assumption goes from its low to its high value, the driver on top; below, all of them together; dashed: value equal to inputs.

    `data`: tornado (`Sensitivity.tornado`) and ratio (`Sensitivity.table`). At the ends of the bars stand the values of the assumption. No more
    than MOST rows: how many others there are is written below.
    """
    frame, whole = data["tornado"].head(MOST).reset_index(drop=True), data["ratio"].iloc[0]
    left_out = len(data["tornado"]) - len(frame)
    base = float(whole["sroi_ratio"])
    at = np.arange(len(frame), dtype=float)
    joint = len(frame) + 0.5
    fig, ax = style.subplots(height=1.6 + NAMED * (len(frame) + 1.5))
    dark, light = style.palette(2)
    for name, colour, hatch in (("low", light, style.HATCHES[1]), ("high", dark, "")):
        ends = frame[f"ratio_{name}"].to_numpy(dtype=float)
        ax.barh(at, ends - base, left=base, height=0.6, color=colour, hatch=hatch, edgecolor="white", label=words(f"sroi_{name}"))  # fmt: skip
    for place, row in zip(at, frame.itertuples()):
        _values(ax, float(place), row, words)
    ax.hlines(joint, whole["ratio_low"], whole["ratio_high"], color=style.ACCENT, linewidth=2.4)
    ax.plot(base, joint, linestyle="", marker="D", markersize=7, color=style.ACCENT, markeredgecolor="white")
    ax.axvline(base, color=style.INK, linewidth=0.9, label=words("sroi_central"))
    ax.axvline(
        1.0, color=style.INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0.5, label=words("sroi_even")
    )
    names = [_assumption(row, words, 38) for row in frame.itertuples()]
    band = words.interval(whole["ratio_low"], whole["ratio_high"], "ratio", None)
    ax.set_yticks(
        [*at, joint], [*names, wrapped(words("sroi_together", ratio=words.number(base, "ratio"), band=band), 38)], linespacing=0.95
    )  # fmt: skip
    ax.get_yticklabels()[0].set_fontweight("semibold")
    ax.set_ylim(joint + 0.6, -0.6)
    every = np.array([*frame["ratio_low"], *frame["ratio_high"], whole["ratio_low"], whole["ratio_high"], base, 1.0], dtype=float)  # fmt: skip
    room = 0.16 * max(float(np.nanmax(every) - np.nanmin(every)), 0.1)
    ax.set_xlim(np.nanmin(every) - room, np.nanmax(every) + room)
    ax.locator_params(axis="x", nbins=6)
    words.axis(ax.xaxis, "ratio", 2)
    label = words("sroi_axis")
    ax.set_xlabel(
        f"{label}\n{words('sroi_others', n=words.number(left_out, 'count'))}" if left_out else label
    )
    _bare(ax)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=2)
    return fig


def _assumption(row: Any, words: Words, width: int) -> str:
    own = words.label("sroi_parameter", row.parameter)
    if row.parameter in ("rate", "volunteers"):
        return wrapped(own, width)
    return wrapped(f"{own}: {_text(row.of, words)}", width)


def _values(ax: Axes, place: float, row: Any, words: Words) -> None:
    """The low and the high value of the assumption at the outer ends of its bars."""
    plain = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
    unit = "euro" if row.parameter in EUROS else "share"
    ends = ((row.ratio_low, row.value_low), (row.ratio_high, row.value_high))
    sides = (-1, 1) if row.ratio_low <= row.ratio_high else (1, -1)
    for (ratio, value), side in zip(ends, sides):
        if np.isfinite(ratio):
            digits = None if unit == "share" and round(100 * value, 1) % 1 else 0
            ax.annotate(
                words.number(value, unit, digits), (ratio, place), (4 * side, 0), textcoords="offset points", va="center",
                ha="left" if side > 0 else "right", fontsize=8, bbox=plain, zorder=5,
            )  # fmt: skip


def waterfall(data: pd.DataFrame, words: Words) -> Figure:
    """Value step by step, from gross of the first year to the present value of all years: levels as full bars, changes hanging between them.

    `data`: `Valued.waterfall()`. What is taken off is hatched.
    """
    amount = data["amount"].to_numpy(dtype=float)
    level = (data["how"] == "level").to_numpy()
    start = np.where(level, 0.0, np.concatenate([[0.0], _reached(amount, level)[:-1]]))
    at = np.arange(len(data))
    fig, ax = style.subplots(height=0.9 + ROW * len(data))
    blue, orange, green = style.palette(3)
    looks = (
        (level, blue, ""),
        (~level & (amount < 0), orange, style.HATCHES[1]),
        (~level & (amount >= 0), green, style.HATCHES[2]),
    )
    for (mask, colour, hatch), name in zip(looks, ("value_level", "value_taken_off", "value_added")):
        if mask.any():
            ax.barh(at[mask], amount[mask], left=start[mask], height=0.62, color=colour, hatch=hatch, edgecolor="white", label=words(name))  # fmt: skip
    ends = _reached(amount, level)
    ax.vlines(ends[:-1], at[:-1] + 0.31, at[1:] - 0.31, color=style.MUTED, linewidth=0.8)
    for place, value, low in zip(at, amount, start):
        ax.annotate(
            words.number(value, "euro"), (np.nanmax([low, low + value]), place), (5, 0), textcoords="offset points", va="center", fontsize=8.5
        )  # fmt: skip
    ax.set_yticks(at, [wrapped(words.label("value_step", step), 30) for step in data["step"]], linespacing=0.95)  # fmt: skip
    ax.set_ylim(len(data) - 0.4, -0.6)
    top = np.nanmax([*ends, *(start + amount), 1.0])
    ax.set_xlim(0, float(top) * 1.2)
    ax.locator_params(axis="x", nbins=5)
    words.axis(ax.xaxis, "euro")
    ax.set_xlabel(words("value_axis"))
    _bare(ax)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=3)
    return fig


def _reached(amount: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Where each step ends: its own amount for a level, else the amounts since the level before added to it."""
    since = np.maximum.accumulate(np.where(level, np.arange(len(amount)), 0))
    sums = np.cumsum(np.nan_to_num(amount))
    return sums - sums[since] + amount[since]


def ladder(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """The claims on the levels of the scale, the highest on top, empty levels included; filled: primary; the shape says what the evidence can bear.

    `data`: claims (`Grades.ladder()`), scale (`claims.scale()`). Which way an interval points is not shown: it is no part of the grade.
    """
    claims, levels = data["claims"], data["scale"]
    codes = sorted(levels["sms_level"], reverse=True)
    meanings = levels.set_index("sms_level")["meaning"]
    heights, places = _rungs(claims, meanings, codes)
    edges = np.concatenate([[0.0], np.cumsum(heights)])
    fig, ax = style.subplots(height=0.55 + float(edges[-1]))
    ax.hlines(edges, 0, 1, color=style.GRID, linewidth=0.8, zorder=0, clip_on=False)
    colours = dict(zip(BEARS, style.palette(3)))
    marks = dict(zip(BEARS, style.MARKERS))
    for code, low in zip(codes, edges):
        own = claims[claims["sms_level"] == code]
        for place, row in zip(places[code], own.itertuples()):
            colour = colours[str(row.bears)]
            face = colour if row.status == "primary" else "white"
            ax.plot(0.03, low + place, linestyle="", marker=marks[str(row.bears)], markersize=7, markerfacecolor=face, markeredgecolor=colour, markeredgewidth=1.5)  # fmt: skip
            ax.annotate(
                wrapped(_text(row.claim, words), CLAIM), (0.03, low + place), (9, 0), textcoords="offset points", va="center", fontsize=8.5, linespacing=0.95
            )  # fmt: skip
    named = [f"{words.label('sms_level', code)}\n{wrapped(_text(meanings[code], words), RUNG)}" for code in codes]  # fmt: skip
    ax.set_yticks((edges[:-1] + edges[1:]) / 2, named, linespacing=0.95)
    ax.set_ylim(float(edges[-1]), 0)
    ax.set_xlim(0, 1)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    _bare(ax)
    from matplotlib.lines import Line2D

    bears = [
        Line2D([], [], linestyle="", marker=marks[code], markersize=7, color=colours[code], label=words.label("bears", code)) for code in BEARS
    ]  # fmt: skip
    status = [
        Line2D([], [], linestyle="", marker="o", markersize=7, markeredgecolor=style.INK, markerfacecolor=face, label=words.label("claim_status", code))
        for code, face in (("primary", style.INK), ("exploratory", "white"))
    ]  # fmt: skip
    fig.legend(
        handles=[*status, *bears], loc="outside upper left", ncols=5, columnspacing=1.0, handletextpad=0.3
    )
    return fig


def _rungs(
    claims: pd.DataFrame, meanings: pd.Series, codes: Sequence[str]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Height of each level in inches, and in it the place of each claim: room for the letters in either language, so that both draw alike."""
    heights, places = [], {}
    for code in codes:
        own = claims.loc[claims["sms_level"] == code, "claim"]
        lines = np.array([_lines(text, CLAIM) for text in own], dtype=float)
        room = LINE * lines + 0.12
        least = LINE * (1 + _lines(meanings[code], RUNG)) + 0.16
        height = max(least, float(room.sum()) + 0.1)
        spare = (height - room.sum()) / 2
        places[code] = spare + np.cumsum(room) - room / 2
        heights.append(height)
    return np.array(heights), places


def _lines(text: Any, width: int) -> int:
    own = text.values() if isinstance(text, Mapping) else [str(text)]
    return max(wrapped(str(each), width).count("\n") + 1 for each in own)


def wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def _text(cell: Any, words: Words) -> str:
    return str(cell[words.language]) if isinstance(cell, Mapping) else str(cell)


def _beside(ax: Axes, place: float, text: str) -> None:
    """A text at the right of the axes, at the height of its row."""
    ax.annotate(
        text, (1, place), (6, 0), xycoords=("axes fraction", "data"), textcoords="offset points", va="center", fontsize=8.5, annotation_clip=False
    )  # fmt: skip


def _bare(ax: Axes) -> None:
    """Rows named at the left need no ticks and no line there."""
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
