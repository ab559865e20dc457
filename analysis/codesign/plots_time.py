"""Pictures of what happens over time and of what was promised: calendar, ends of ideas, spread inside companies, role flow, commitments, priorities.

They draw; they compute nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.codesign.durations import FATES
from analysis.codesign.plots import text_of, wrapped
from analysis.codesign.roles import ROLES
from analysis.evidence import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

MEDIATED = {"yes": ("o", style.ACCENT), "no": ("o", "white"), "unknown": ("x", style.MUTED)}


def calendar(data: pd.DataFrame, words: Words) -> Figure:
    """One mark an event at its date, a line a phase; filled where the event was mediated; the size is its hours."""
    phases = list(dict.fromkeys(data["phase"]))
    fig, ax = style.subplots(height=0.9 + 0.42 * len(phases))
    row = data["phase"].map({phase: k for k, phase in enumerate(phases)}).astype(float)
    for phase, k in zip(phases, range(len(phases))):
        own = data.loc[data["phase"] == phase, "date"].astype(float)
        ax.plot([own.min(), own.max()], [k, k], color=style.MUTED, linewidth=1.6, zorder=1)
    handles = []
    for name, (marker, colour) in MEDIATED.items():
        own = data["mediated"] == name
        if own.any():
            edge = {} if marker == "x" else {"edgecolor": style.ACCENT, "linewidth": 1.0}
            handles.append(
                ax.scatter(data.loc[own, "date"].astype(float), row[own], s=16 * data.loc[own, "hours"].astype(float).fillna(1),
                           marker=marker, color=colour, zorder=3, label=words.label("mediated", name), **edge)
            )  # fmt: skip
    ax.set_yticks(
        range(len(phases)), [wrapped(words.label("phase", p), 24) for p in phases], linespacing=0.95
    )
    ax.invert_yaxis()
    ax.set_ylim(len(phases) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    years = np.arange(
        np.floor(data["date"].astype(float).min()), np.ceil(data["date"].astype(float).max()) + 1
    )
    ax.set_xticks(years)
    words.axis(ax.xaxis, "year")
    ax.set_xlabel(words("calendar_year"))
    ax.grid(axis="x")
    fig.legend(handles=handles, loc="outside upper left", ncols=3)
    return fig


def fates(data: pd.DataFrame, words: Words) -> Figure:
    """Shares of ideas by how they stand, in days since they were proposed, stacked."""
    names = [*FATES, "under_way"]
    wide = data.pivot(index="days", columns="fate", values="share").reindex(columns=names).astype(float)
    fig, ax = style.subplots(height=3.0)
    colours = (*style.palette(3), "#e3e8ec")
    days = wide.index.to_numpy(dtype=float)
    low = np.zeros(len(days))
    for name, colour, hatch in zip(names, colours, style.HATCHES):
        high = low + wide[name].fillna(0).to_numpy()
        ax.fill_between(
            days, low, high, step="post", facecolor=colour, edgecolor="white" if name != "under_way" else style.MUTED, hatch=hatch if name != "under_way" else "",
            linewidth=0.6, label=words.label("fate", name),
        )  # fmt: skip
        low = high
    ax.set(xlim=(0, days.max()), ylim=(0, 1))
    ax.set_xlabel(words("days_since"))
    ax.set_ylabel(words("share_of_ideas"))
    words.axis(ax.yaxis, "share")
    words.axis(ax.xaxis, "count")
    fig.legend(loc="outside upper left", ncols=4, handlelength=1.4)
    return fig


def spread(data: pd.DataFrame, words: Words) -> Figure:
    """Different business units met so far, by semester and kind."""
    fig, ax = style.subplots(height=2.7)
    for name, colour, marker in zip(("csr_hr", "beyond"), (style.MUTED, style.ACCENT), style.MARKERS):
        own = data[data["kind"] == name].reset_index(drop=True)
        values = own["so_far"].astype(float)
        ax.plot(np.arange(len(own)), values, marker=marker, color=colour, clip_on=False)
        ax.annotate(
            f"{words.label('unit_kind', name)}: {words.number(values.iloc[-1], 'count')}", (len(own) - 1, values.iloc[-1]), (8, 0),
            textcoords="offset points", va="center", color=style.lettering(colour), annotation_clip=False,
        )  # fmt: skip
        ticks = own["semester"]
    ax.set_xticks(np.arange(len(ticks)), ticks)
    ax.set_xlim(-0.2, len(ticks) + 0.9)
    ax.set_ylim(0, None)
    ax.spines["bottom"].set_bounds(-0.2, len(ticks) - 1)
    ax.set_xlabel(words("semester"))
    ax.set_ylabel(words("so_far"))
    words.axis(ax.yaxis, "count")
    return fig


def role_flow(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Bodies in each role by semester, and the streams between roles from one semester to the next (alluvial); owner on top."""
    stocks, flows = data["stocks"], data["flows"]
    names = list(dict.fromkeys(stocks["semester"]))
    order = list(reversed(ROLES))
    colours = dict(zip(order, [style.ACCENT, "#2f7f93", "#6aa5b3", "#a9cad3", "#d9dee2"]))
    bodies = stocks.pivot(index="semester", columns="role", values="bodies").reindex(
        index=names, columns=order
    )
    heights = bodies.fillna(0).to_numpy(dtype=float)
    gap = 0.035 * heights.sum(axis=1).max()
    tops = np.cumsum(heights + gap, axis=1) - heights - gap
    fig, ax = style.subplots(height=3.5)
    width = 0.11
    for k, semester in enumerate(names):
        for role, top, height in zip(order, tops[k], heights[k]):
            ax.bar(
                k,
                height,
                bottom=top,
                width=2 * width,
                color=colours[role],
                edgecolor=style.ACCENT,
                linewidth=0.6 if height else 0.0,
                zorder=3,
            )
            if height:
                ax.annotate(
                    words.number(height, "organisations"), (k, top + height / 2), ha="center", va="center", fontsize=8, zorder=4,
                    color=style.letters_on(colours[role]),
                )  # fmt: skip
        _streams(ax, flows[flows["semester"] == semester], order, tops[k : k + 2], k, width, colours)
    for role, top, height in zip(order, tops[-1], heights[-1]):
        ax.annotate(
            words.label("partner_role", role), (len(names) - 1 + width, top + height / 2), (5, 0), textcoords="offset points",
            va="center", annotation_clip=False,
        )  # fmt: skip
    ax.set_xticks(range(len(names)), names)
    ax.set_xlim(-0.25, len(names) + 0.1)
    ax.set_ylim((tops + heights).max(), 0)
    ax.set_xlabel(words("semester"))
    ax.set_yticks([])
    ax.tick_params(axis="x", length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    return fig


def _streams(
    ax: Axes,
    flows: pd.DataFrame,
    order: list[str],
    tops: np.ndarray,
    k: int,
    width: float,
    colours: Mapping[str, str],
) -> None:
    if len(tops) < 2:
        return
    moved = flows.pivot(index="from_role", columns="to_role", values="bodies").reindex(
        index=order, columns=order
    )
    size = moved.fillna(0).to_numpy(dtype=float)
    leaves = tops[0][:, None] + np.cumsum(size, axis=1) - size
    enters = tops[1][None, :] + np.cumsum(size, axis=0) - size
    x = np.linspace(k + width, k + 1 - width, 30)
    bend = 0.5 - 0.5 * np.cos(np.pi * (x - x[0]) / (x[-1] - x[0]))
    for i, j in zip(*np.nonzero(size)):
        low = leaves[i, j] + (enters[i, j] - leaves[i, j]) * bend
        ax.fill_between(
            x,
            low,
            low + size[i, j],
            facecolor=(colours[order[i]], 0.45),
            edgecolor=style.ACCENT,
            linewidth=0.5,
            zorder=1,
        )


def commitments(data: pd.DataFrame, words: Words) -> Figure:
    """Committed (outline) and delivered (filled), by kind: euros on the left, hours on the right."""
    fig, axes = style.subplots(1, 2, height=2.6)
    for ax, unit in zip(axes, ("euro", "hours")):
        own = data[data[f"committed_{unit}"].notna()].reset_index(drop=True)
        rows = np.arange(len(own))
        ax.barh(
            rows,
            own[f"committed_{unit}"].astype(float),
            height=0.66,
            color="white",
            edgecolor=style.ACCENT,
            linewidth=1.0,
            label=words("committed"),
        )
        ax.barh(
            rows,
            own[f"delivered_{unit}"].astype(float),
            height=0.36,
            color=style.ACCENT,
            label=words("delivered"),
        )
        most = own[[f"committed_{unit}", f"delivered_{unit}"]].astype(float).max(axis=1).fillna(0)
        for row, end, share in zip(rows, most, own[f"delivered_share_{unit}"]):
            if pd.notna(share):
                ax.annotate(
                    words.number(share, "share", 0),
                    (end, row),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                )
        ax.set_yticks(rows, [wrapped(words.label("contribution", kind), 14) for kind in own["kind"]])
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.set_xlim(0, max(most.max() if len(most) else 0, 1) * 1.22)
        ax.set_xlabel(words(f"axis_{unit}"))
        ax.locator_params(axis="x", nbins=4)
        words.axis(ax.xaxis, "count")
    handles, texts = axes[0].get_legend_handles_labels()
    fig.legend(handles, texts, loc="outside upper left", ncols=2)
    return fig


def priorities(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """One line a statement, the most agreed on by every group on top: share of each group of opinion that agrees."""
    groups, order = data["groups"], data["statements"]
    texts: list[Any] = order["statement"].tolist()
    keys = [text_of(text, words) for text in texts]
    fig, ax = style.subplots(height=0.85 + 0.3 * len(keys))
    row = {key: k for k, key in enumerate(keys)}
    names = list(dict.fromkeys(groups["opinion_group"]))
    at = groups["statement"].map(lambda text: row[text_of(text, words)]).astype(float)
    share = groups["share"].astype(float)
    span = groups.assign(at=at, share=share).groupby("at")["share"].agg(["min", "max"])
    ax.hlines(span.index, span["min"], span["max"], color=style.GRID, linewidth=2.2, zorder=1)
    for name, colour, marker in zip(names, style.palette(len(names)), style.MARKERS):
        own = groups["opinion_group"] == name
        ax.scatter(share[own], at[own], color=colour, marker=marker, s=34, zorder=3, edgecolor="white", linewidth=0.5,
                   label=f"{words('opinion_group')} {name}")  # fmt: skip
    ax.set_yticks(range(len(keys)), [wrapped(key, 48) for key in keys], linespacing=0.92, fontsize=8)
    ax.invert_yaxis()
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(-0.02, 1.02)
    ax.set_xlabel(words("share_agree"))
    words.axis(ax.xaxis, "share")
    ax.grid(axis="x")
    fig.legend(loc="outside upper left", ncols=len(names), handletextpad=0.2)
    return fig
