"""Pictures of the proposals: chances by stage, whether they hold, what the open ones may bring, how long funders take, what becomes of proposals.

They draw; they compute nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.resources.ageing import OUTCOMES, UNDECIDED
from analysis.resources.proposals import STAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

ROW = 0.62  # inches a kind of funder, for four marks
BAND = "#c4dbe6"
DASHES: dict[str, Any] = {"color": style.MUTED, "linewidth": 1.0, "linestyle": (0, (4, 3))}

MARK: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 7,
    "markeredgecolor": "white",
    "markeredgewidth": 0.6,
}


def wrapped(text: str, width: int) -> str:
    return "\n".join(textwrap.wrap(text, width, break_long_words=False)) or text


def chances(data: pd.DataFrame, words: Words) -> Figure:
    """Probability of being won from each stage with its 95 % interval, a row a kind of funder; beside it, how many ended proposals of the first stage stand behind.

    `data`: `proposals.Chances.table()`.
    """
    kinds = list(dict.fromkeys(data["funder_kind"]))
    fig, ax = style.subplots(height=1.0 + ROW * len(kinds))
    row = data["funder_kind"].map({kind: k for k, kind in enumerate(kinds)}).astype(float)
    for stage, aside, colour, marker in zip(
        STAGES, np.linspace(-0.3, 0.3, len(STAGES)), style.palette(len(STAGES)), style.MARKERS
    ):
        own = data["stage"] == stage
        at, some = row[own] + aside, data[own]
        ax.hlines(at, some["low"].astype(float), some["high"].astype(float), color=colour, linewidth=1.8)
        ax.plot(
            some["probability"].astype(float), at, linestyle="none", marker=marker, color=colour, markeredgecolor="white",
            markeredgewidth=0.5, label=words.label("proposal_stage", stage),
        )  # fmt: skip
    first = data[data["stage"] == STAGES[0]].set_index("funder_kind")["decided"].reindex(kinds)
    names = [
        f"{wrapped(words.label('source_kind', kind), 24)}\n{words('ended_n', n=words.number(_plain(n), 'count'))}"
        for kind, n in first.items()
    ]
    ax.set_yticks(range(len(kinds)), names, linespacing=0.95)
    ax.set_ylim(len(kinds) - 0.5, -0.5)
    ax.tick_params(axis="y", length=0)
    ax.hlines(np.arange(len(kinds) - 1) + 0.5, 0, 1, color=style.GRID, linewidth=0.6, zorder=0)
    ax.set_xlim(0, 1)
    ax.set_xlabel(words("probability_won"))
    words.axis(ax.xaxis, "share")
    ax.grid(axis="x")
    fig.legend(loc="outside upper left", ncols=4, handletextpad=0.2)
    return fig


def _plain(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def reliability(data: pd.DataFrame, words: Words) -> Figure:
    """Share won against predicted probability by classes, with Wilson's interval and the proposals of each; on the dashed line predictions hold.

    `data`: `calibration.Calibration.reliability()`. Where its classes are kinds of funder, each has a row, with what was predicted and what came of it.
    """
    rows = data.dropna(subset=["predicted", "share"]).reset_index(drop=True)
    if not rows["bin"].astype(str).str.isdigit().all():
        return _by_kind(rows, words)
    fig, ax = style.subplots(height=3.4)
    ax.plot([0, 1], [0, 1], label=words("as_predicted"), **DASHES)
    x, share, low, high = (rows[name].astype(float) for name in ("predicted", "share", "low", "high"))
    ax.vlines(x, low, high, color=style.ACCENT, linewidth=1.8)
    ax.plot(x, share, label=words("observed_interval"), color=style.ACCENT, **MARK)
    _sizes(ax, rows, words)
    ax.set_xlim(0, 1)
    ax.set_ylim(-0.25, 1.02)
    ax.set_yticks(np.linspace(0, 1, 6))
    ax.spines["left"].set_bounds(0, 1)
    ax.set_xlabel(words("predicted_probability"))
    ax.set_ylabel(words("share_won"))
    words.axis(ax.xaxis, "share")
    words.axis(ax.yaxis, "share")
    fig.legend(loc="outside upper left", ncols=2)
    return fig


def _by_kind(rows: pd.DataFrame, words: Words) -> Figure:
    fig, ax = style.subplots(height=1.1 + 0.42 * len(rows))
    at = np.arange(len(rows))
    predicted, share, low, high = (rows[name].astype(float) for name in ("predicted", "share", "low", "high"))
    ax.hlines(at, low, high, color=style.ACCENT, linewidth=1.8)
    ax.plot(share, at, label=words("observed_interval"), color=style.ACCENT, **MARK)
    ax.plot(predicted, at, linestyle="none", marker="|", color=style.PALETTE[1], markersize=17, markeredgewidth=2.2,
            label=words("predicted_mean"))  # fmt: skip
    names = [
        f"{words.label('source_kind', kind)} ({words('n_of', n=words.number(n, 'count'))})"
        for kind, n in zip(rows["bin"], rows["n"])
    ]
    ax.set_yticks(at, names)
    ax.set_ylim(-0.6, len(rows) - 0.4)
    ax.tick_params(axis="y", length=0)
    ax.set_xlim(0, 1)
    ax.set_xlabel(words("share_won"))
    words.axis(ax.xaxis, "share")
    ax.grid(axis="x")
    fig.legend(loc="outside upper left", ncols=2)
    return fig


def _sizes(ax: Axes, rows: pd.DataFrame, words: Words) -> None:
    """How many proposals each class holds, in a line below the figure's zero, by turns in three where classes are near each other."""
    ax.annotate(words("n"), (0, -0.06), (4, 0), textcoords="offset points", va="center", fontsize=8.5)
    last, level = -1.0, 0
    for x, n in zip(rows["predicted"].astype(float), rows["n"]):
        level = (level + 1) % 3 if x - last < 0.05 else 0
        last = x
        ax.annotate(
            words.number(n, "count"), (x, -0.06 - 0.07 * level), ha="center", va="center", fontsize=8.5
        )


def distribution(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Share of the draws by euro received and won: bars within the middle 90 % filled, those outside hatched; lines at the expected value and at the target.

    `data`: classes = `forecast.Forecast.distribution()`, forecast = `forecast.Forecast.table()`.
    """
    classes, made = data["classes"], data["forecast"].iloc[0]
    fig, ax = style.subplots(height=3.1)
    left, right = classes["from_euro"].astype(float), classes["to_euro"].astype(float)
    share = classes["share"].astype(float).fillna(0)
    middle = (left + right) / 2
    inside = (middle >= float(made["low"])) & (middle <= float(made["high"]))
    for some, colour, hatch, edge, key in (
        (inside, style.ACCENT, "", "white", "middle_draws"),
        (~inside, "white", "////", style.MUTED, "outer_draws"),
    ):
        if not some.any():
            continue
        ax.bar(
            left[some], share[some], width=(right - left)[some], align="edge", color=colour, hatch=hatch, edgecolor=edge,
            linewidth=0.6, label=words(key),
        )  # fmt: skip
    target, expected = float(made["target"]), float(made["expected"])
    for value, line, colour, key in (
        (expected, "-", style.INK, "expected_line"),
        (target, (0, (4, 2)), style.PALETTE[1], "target_line"),
    ):
        ax.axvline(value, color=colour, linestyle=line, linewidth=1.8,
                   label=words(key, amount=words.number(value, "euro")))  # fmt: skip
    ax.set_xlim(min(left.min(), target, expected), max(right.max(), target, expected))
    ax.margins(x=0.02)
    low, high = ax.get_xlim()
    ax.set_xlim(low - 0.02 * (high - low), high + 0.02 * (high - low))
    ax.set_ylim(0, max(share.max(), 1e-6) * 1.08)
    ax.set_xlabel(words("euro_total"))
    ax.set_ylabel(words("share_of_draws"))
    words.axis(ax.xaxis, "euro")
    words.axis(ax.yaxis, "share", _places(float(share.max())))
    ax.locator_params(axis="x", nbins=5)
    fig.legend(loc="outside upper left", ncols=2)
    return fig


def _places(most: float) -> int:
    return 1 if most < 0.04 else 0


def waiting(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Share of proposals still undecided by days since the submission, with its pointwise band; marked, the days by which half, three quarters, nine in ten are decided.

    `data`: curve = `ageing.Waiting.table()`, percentiles = `ageing.Waiting.percentiles()`.
    """
    curve, marks = data["curve"], data["percentiles"]
    fig, ax = style.subplots(height=3.1)
    days, share, low, high = (curve[name].astype(float) for name in ("days", "undecided", "low", "high"))
    ax.fill_between(  # bounds hold up to the next day of the curve, also where that day has none
        days, low.ffill(limit=1), high.ffill(limit=1), step="post", facecolor=BAND, edgecolor=style.MUTED, linewidth=0.5, label=words("pointwise_band")
    )  # fmt: skip
    ax.step(days, share, where="post", color=style.ACCENT, linewidth=2.0, label=words("undecided_share"))
    known = marks[marks["days"].notna()]
    for record, marker in zip(known.to_dict("records"), style.MARKERS):
        at, level = float(record["days"]), 1 - float(record["percentile"])
        share_by = words.number(record["percentile"], "share", 0)
        ax.plot(
            at, level, marker=marker, color=style.PALETTE[1], markersize=7.5, markeredgecolor="white", markeredgewidth=0.6, zorder=4, linestyle="none",
            clip_on=False, label=words("decided_by", share=share_by, days=words.number(at, "count")),
        )  # fmt: skip
    ax.set_xlim(0, max(float(days.max()), 1))
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(words("days_since_submission"))
    ax.set_ylabel(words("share_of_proposals"))
    words.axis(ax.xaxis, "count")
    words.axis(ax.yaxis, "share")
    fig.legend(loc="outside upper left", ncols=2)
    return fig


def outcomes(data: pd.DataFrame, words: Words) -> Figure:
    """Shares of proposals won, lost and undecided by days since the submission, stacked. `data`: `ageing.Outcomes.table()`."""
    names = [*OUTCOMES, UNDECIDED]
    wide = data.pivot(index="days", columns="outcome", values="share").reindex(columns=names).astype(float)
    fig, ax = style.subplots(height=3.0)
    days, low = wide.index.to_numpy(dtype=float), np.zeros(len(wide))
    dark, light = style.palette(2)
    for name, colour, hatch, edge in zip(
        names, (dark, light, "#e3e8ec"), ("", "///", ""), ("white", "white", style.MUTED)
    ):
        high = low + wide[name].fillna(0).to_numpy()
        ax.fill_between(days, low, high, step="post", facecolor=colour, edgecolor=edge, hatch=hatch, linewidth=0.6,
                        label=words.label("outcome", name))  # fmt: skip
        low = high
    ax.set(xlim=(0, max(days.max(), 1)), ylim=(0, 1))
    ax.set_xlabel(words("days_since_submission"))
    ax.set_ylabel(words("share_of_proposals"))
    words.axis(ax.xaxis, "count")
    words.axis(ax.yaxis, "share")
    fig.legend(loc="outside upper left", ncols=3, handlelength=1.4)
    return fig
