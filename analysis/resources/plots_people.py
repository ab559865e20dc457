"""Pictures of volunteers: how long they stay, how many are active, whether shifts are covered, how soon they start.

They draw; they compute nothing. A cell that may not be shown leaves its place empty.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.resources.people import TOTAL, label_field

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

BAND = 0.16
Groups = list[tuple[str, pd.DataFrame]]
LINES = ("-", "--", "-.", ":", (0, (5, 1)), (0, (1, 1)))


def _by(data: pd.DataFrame) -> str | None:
    return next((name for name in ("from_company", "role", "channel") if name in data), None)


def _groups(data: pd.DataFrame, by: str | None) -> Groups:
    """The groups in the order of the table; the total alone where there is one group or none."""
    if by is None:
        return [(TOTAL, data)]
    codes = [code for code in dict.fromkeys(data[by].astype(str)) if code != TOTAL]
    return [(code, data[data[by].astype(str) == code]) for code in codes or [TOTAL]]


def _named(by: str | None, code: str, words: Words) -> str:
    return words.label(label_field(by), code) if by else words("all_volunteers")


def retention(data: pd.DataFrame, words: Words) -> Figure:
    """Share of volunteers still there by months since the first shift, with intervals, and how many are still followed: below the curves of one or two groups, within a panel for each
    of more."""
    by = _by(data)
    groups = _groups(data, by)
    return _one_panel(data, groups, by, words) if len(groups) < 3 else _panels(data, groups, by, words)


def _one_panel(data: pd.DataFrame, groups: Groups, by: str | None, words: Words) -> Figure:
    fig, (ax, below) = style.subplots(
        2,
        1,
        height=3.1 + 0.2 * len(groups),
        sharex=True,
        gridspec_kw={"height_ratios": (9, 0.62 * len(groups))},
    )
    for code, colour, marker, line, own in _looks(groups):
        _stepped(ax, own["months"], own, "retained", colour, marker, line, _named(by, code, words))
    months = np.unique(data["months"].astype(float))
    ax.set_ylim(0, 1.04)
    ax.set_ylabel(words("share_retained"))
    words.axis(ax.yaxis, "share")
    ax.grid(axis="y")
    ax.tick_params(axis="x", labelbottom=True)
    if len(groups) > 1:
        fig.legend(loc="outside upper left", ncols=2, handlelength=2.8)
    _at_risk(below, groups, months, by, words)
    ax.set_xlabel(words("months_since_first_shift"))
    ax.set_xticks(_sparse(months))
    ax.set_xlim(-0.03 * months.max() - 0.1, 1.03 * months.max() + 0.1)
    words.axis(ax.xaxis, "count")
    return fig


def _panels(data: pd.DataFrame, groups: Groups, by: str | None, words: Words) -> Figure:
    months = np.unique(data["months"].astype(float))
    ticks = months[:: max(1, int(np.ceil(len(months) / 5)))]
    fig, axes = _grid(len(groups), 1.75)
    for ax, (code, own) in zip(axes.flat, groups):
        _stepped(ax, own["months"], own, "retained", style.ACCENT, "o", "-", "")
        for month, count in zip(own["months"].astype(float), own["followed"].astype(float)):
            if month in ticks:
                text = "·" if np.isnan(count) else words.number(count, "persons")
                ax.annotate(text, (month, -0.2), (0, 2), textcoords="offset points", ha="center", va="bottom", fontsize=8, color=style.MUTED)  # fmt: skip
        ax.set_title(textwrap.fill(_named(by, code, words), 26), fontsize=9)
        ax.grid(axis="y")
    axes[0, 0].set_xticks(ticks)
    axes[0, 0].set_xlim(-0.06 * months.max() - 0.1, 1.06 * months.max() + 0.1)
    axes[0, 0].set_ylim(-0.2, 1.04)
    axes[0, 0].set_yticks(np.linspace(0, 1, 3))
    words.axis(axes[0, 0].yaxis, "share")
    words.axis(axes[0, 0].xaxis, "count")
    _outer(axes, len(groups), textwrap.fill(words("months_since_first_shift"), 28), words("share_retained"))
    blank = axes[0, 0].plot([], [], linestyle="")
    fig.legend(
        blank,
        [words("followed_in_panels")],
        loc="outside upper right",
        handlelength=0,
        labelcolor=style.MUTED,
    )
    return fig


def _grid(panels: int, height: float) -> tuple[Figure, np.ndarray]:
    """Panels three to a row, on the same axes; those beyond `panels` are empty."""
    columns = min(3, panels)
    rows = -(-panels // columns)
    fig, axes = style.subplots(
        rows, columns, height=0.55 + height * rows, sharex=True, sharey=True, squeeze=False
    )
    for ax in axes.flat[panels:]:
        ax.set_axis_off()
    return fig, axes


def _outer(axes: np.ndarray, panels: int, below: str, beside: str) -> None:
    """Names of the axes and ticks at the lowest panel of each column and the first of each row."""
    for k, ax in enumerate(axes.flat[:panels]):
        lowest = k + axes.shape[1] >= panels
        ax.tick_params(axis="x", labelbottom=lowest)
        if lowest:
            ax.set_xlabel(below)
        if k % axes.shape[1] == 0:
            ax.set_ylabel(textwrap.fill(beside, 24))


def _looks(groups: Groups) -> list[tuple]:
    return [
        (code, colour, marker, line, own)
        for (code, own), colour, marker, line in zip(
            groups, style.palette(len(groups)), style.MARKERS, (*LINES, "-")
        )
    ]


def _sparse(times: np.ndarray) -> np.ndarray:
    """Every second or third tick where there are many."""
    return times[:: max(1, int(np.ceil(len(times) / 11)))]


def _stepped(ax: Axes, at: pd.Series, own: pd.DataFrame, name: str, colour: str, marker: str, line: object, label: str) -> None:  # fmt: skip
    from matplotlib.colors import to_rgba

    x = at.to_numpy(dtype=float)
    middle, low, high = (own[key].to_numpy(dtype=float) for key in (name, "low", "high"))
    pale = to_rgba(colour, BAND)
    ax.fill_between(x, low, high, facecolor=pale, edgecolor=to_rgba(colour), linewidth=0.7)
    ax.plot(
        x, middle, marker=marker, color=colour, linestyle=line, label=label, clip_on=False, markersize=4.5
    )


def _at_risk(ax: Axes, groups: Groups, times: np.ndarray, by: str | None, words: Words) -> None:  # fmt: skip
    """The table of those still followed, a row a group."""
    shown = set(_sparse(times))
    for row, ((_, own), colour) in enumerate(zip(groups, style.palette(len(groups)))):
        for month, count in zip(own["months"].astype(float), own["followed"].astype(float)):
            if month in shown:
                text = "·" if np.isnan(count) else words.number(count, "persons")
                ax.annotate(
                    text, (month, row), ha="center", va="center", fontsize=8, color=style.lettering(colour)
                )
    names = [textwrap.fill(_named(by, code, words), 22) for code, _ in groups]
    ax.set_yticks(range(len(groups)), names, fontsize=8, linespacing=0.9)
    ax.set_ylim(len(groups) - 0.5, -0.5)
    ax.set_title(words("still_followed"), fontsize=8, fontweight="normal", color=style.MUTED, pad=3)
    ax.tick_params(axis="both", length=0)
    ax.tick_params(axis="x", labelbottom=False)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)


def active(data: pd.DataFrame, words: Words) -> Figure:
    """Volunteers active on the last day of each semester, a line a group and one for all."""
    by = _by(data)
    codes = list(dict.fromkeys(data[by].astype(str))) if by else [TOTAL]
    order = [code for code in codes if code != TOTAL] + [TOTAL]
    semesters = list(dict.fromkeys(data["semester"].astype(str)))
    place = {name: k for k, name in enumerate(semesters)}
    fig, ax = style.subplots(height=3.0)
    colours = (*style.palette(len(order) - 1), style.INK)
    markers = (*style.MARKERS[: len(order) - 1], "*")
    for code, colour, marker, line in zip(order, colours, markers, (*LINES[1 : len(order)], "-")):
        own = data[data[by].astype(str) == code] if by else data
        at = own["semester"].astype(str).map(place).to_numpy(dtype=float)
        ax.plot(
            at, own["active"].to_numpy(dtype=float), marker=marker, color=colour, linestyle=line if code != TOTAL else "-", clip_on=False,
            markersize=8 if marker == "*" else 5.5, label=_named(by, code, words) if code != TOTAL else words("all_volunteers"),
        )  # fmt: skip
    ax.set_xticks(range(len(semesters)), [words.label("semester", name) for name in semesters])
    ax.set_xlim(-0.2, len(semesters) - 0.8)
    ax.set_ylim(0, None)
    ax.set_xlabel(words("semester"))
    ax.set_ylabel(words("active_volunteers"))
    ax.yaxis.get_major_locator().set_params(integer=True)
    words.axis(ax.yaxis, "count")
    ax.grid(axis="y")
    if len(order) > 1:
        fig.legend(loc="outside upper left", ncols=min(3, len(order)), handlelength=2.8)
    return fig


def coverage(data: pd.DataFrame, words: Words) -> Figure:
    """Share of places filled by semester, a panel a role, with intervals."""
    roles = [code for code in dict.fromkeys(data["role"].astype(str)) if code != TOTAL]
    semesters = sorted({code for code in data["semester"].astype(str) if code != TOTAL}, key=lambda code: (not code.isdigit(), code.zfill(4)))  # fmt: skip
    place = {name: k for k, name in enumerate(semesters)}
    fig, axes = _grid(len(roles), 1.5)
    for ax, role in zip(axes.flat, roles):
        own = data[(data["role"].astype(str) == role) & (data["semester"].astype(str) != TOTAL)]
        at = own["semester"].astype(str).map(place).to_numpy(dtype=float)
        share, low, high = (own[name].to_numpy(dtype=float) for name in ("coverage", "low", "high"))
        ax.vlines(at, low, high, color=style.ACCENT, linewidth=1.6)
        ax.plot(
            at,
            share,
            linestyle="",
            marker="o",
            color=style.ACCENT,
            markeredgecolor="white",
            markeredgewidth=0.5,
        )
        ax.set_title(textwrap.fill(words.label("volunteer_role", role), 26), fontsize=9)
        ax.grid(axis="y")
    axes[0, 0].set_xticks(range(len(semesters)), [words.label("semester", name) for name in semesters])
    axes[0, 0].set_xlim(-0.5, len(semesters) - 0.5)
    axes[0, 0].set_ylim(0, 1.04)
    words.axis(axes[0, 0].yaxis, "share")
    _outer(axes, len(roles), words("semester"), words("share_filled"))
    return fig


def first_shift(data: pd.DataFrame, words: Words) -> Figure:
    """Share of those contacted who have done a first shift, by weeks since the contact, with intervals."""
    by = _by(data)
    groups = _groups(data, by)
    fig, ax = style.subplots(height=2.9)
    for code, colour, marker, line, own in _looks(groups):
        _stepped(ax, own["weeks"], own, "share", colour, marker, line, _named(by, code, words))
    ax.set_ylim(0, 1.04)
    ax.set_xlim(0, None)
    ax.set_xticks(_sparse(np.unique(data["weeks"].astype(float))))
    ax.set_xlabel(words("weeks_since_contact"))
    ax.set_ylabel(words("share_started"))
    words.axis(ax.yaxis, "share")
    words.axis(ax.xaxis, "count")
    ax.grid(axis="y")
    if len(groups) > 1:
        fig.legend(loc="outside upper left", ncols=min(3, len(groups)), handlelength=2.8)
    return fig
