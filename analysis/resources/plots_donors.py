"""Pictures of campaigns and donors: cost to raise a euro, gains and losses from year to year, retention, cohorts.

They draw; they compute nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.evidence.words import LANGUAGES
from analysis.resources.donors import GAINS, GROUPS, LOSSES, TOTAL
from analysis.resources.plots_pipeline import DASHES, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words

LINE = 0.27  # inches a campaign
STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)


def cost_per_euro(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Cost to raise a euro with its interval: a diamond a kind of campaign (ratio of sums), below it a dot a campaign; the dashed line is a euro for a euro.

    `data`: kinds = `campaigns.Efficiency.by_kind()`, campaigns = its `table()`. Logarithmic scale; campaigns without a ratio keep an empty line, those without cost
    stand at the left edge.
    """
    lines = _lines(data["kinds"], data["campaigns"], words)
    fig, ax = style.subplots(height=1.2 + LINE * float(lines["at"].max()))
    value, low, high = (lines[name].to_numpy(dtype=float) for name in ("cost_per_euro", "low", "high"))
    spread = np.concatenate([value, low, high, [1.0]])
    spread = spread[np.isfinite(spread) & (spread > 0)]
    left, right = spread.min() / 1.6, max(spread.max() * 1.6, 1.6)
    at, kind = lines["at"].to_numpy(dtype=float), lines["is_kind"].to_numpy(dtype=bool)
    ax.axvline(1.0, label=words("one_for_one"), **DASHES)
    for some, colour, marker, size, key in (
        (kind, style.PALETTE[1], "D", 8, "kind_of_campaign"),
        (~kind, style.ACCENT, "o", 5.5, "single_campaign"),
    ):
        ax.hlines(at[some], low[some], high[some], color=colour, linewidth=1.8)
        ax.plot(np.where(value[some] > 0, value[some], np.nan), at[some], linestyle="none", marker=marker, color=colour,
                markersize=size, markeredgecolor="white", markeredgewidth=0.6, label=words(key))  # fmt: skip
    for row in at[value == 0]:
        ax.annotate(
            words("without_cost"), (left, row), (4, 0), textcoords="offset points", va="center", fontsize=8
        )
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.set_xticks([step for step in STEPS if left <= step <= right])
    ax.minorticks_off()
    ax.set_yticks(at, lines["text"], linespacing=0.92)
    for label, bold in zip(ax.get_yticklabels(), kind):
        label.set_fontweight("semibold" if bold else "normal")
    ax.set_ylim(at.max() + 0.7, -0.7)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_xlabel(words("cost_axis"))
    words.axis(ax.xaxis, "ratio", 3 if left < 0.004 else 2)
    fig.legend(loc="outside upper left", ncols=3, handletextpad=0.4)
    return fig


def _lines(kinds: pd.DataFrame, campaigns: pd.DataFrame, words: Words) -> pd.DataFrame:
    """The lines of the figure, first to last: each kind and its campaigns, with place and text; half a line more before a kind.

    A line is as tall as the longer of its two languages needs: both stand at the same places.
    """
    names = ["kind", "cost_per_euro", "low", "high"]
    known = dict.fromkeys([*kinds["kind"], *campaigns["kind"]])
    place = {kind: k for k, kind in enumerate(known)}
    heads = kinds[names].assign(is_kind=True, text=[words.label("campaign_kind", k) for k in kinds["kind"]])
    heads["more"] = heads["text"].str.count("\n")
    leaves = campaigns[names].assign(
        is_kind=False,
        text=[wrapped(_told(name, words.language), 36) for name in campaigns["name"]],
        more=[
            max(wrapped(_told(name, each), 36).count("\n") for each in LANGUAGES)
            for name in campaigns["name"]
        ],
    )
    lines = pd.concat([heads, leaves], ignore_index=True)
    lines = lines.assign(place=lines["kind"].map(place)).sort_values(
        ["place", "is_kind"], ascending=[True, False], kind="stable"
    )
    tall = lines["more"].to_numpy(dtype=float) * 0.3
    step = 1 + 0.4 * lines["is_kind"].to_numpy() + tall + np.concatenate([[0.0], tall[:-1]])
    return lines.assign(at=np.cumsum(step) - step[0]).reset_index(drop=True)


def _told(name: Mapping[str, str] | str, language: str) -> str:
    return name[language] if isinstance(name, Mapping) else str(name)


def flows(data: pd.DataFrame, words: Words) -> Figure:
    """Gains above zero and losses below it by period, in euros, stacked by who caused them; the diamond is the change of the total.

    `data`: `donors.Changes.table()`. What is not shown is missing from the stack.
    """
    wide = data.pivot(index="period", columns="flow", values="amount").astype(float)
    wide = wide.reindex(list(dict.fromkeys(data["period"])))
    fig, ax = style.subplots(height=3.3)
    at = np.arange(len(wide))
    colours = dict(zip((*GAINS, *LOSSES), style.palette(5)))
    hatches = dict(zip((*GAINS, *LOSSES), style.HATCHES))
    for names in (GAINS, LOSSES):
        base = np.zeros(len(wide))
        for name in names:
            value = wide[name].fillna(0).to_numpy()
            ax.bar(at, value, bottom=base, width=0.6, color=colours[name], hatch=hatches[name], edgecolor="white",
                   label=words.label("donor_flow", name))  # fmt: skip
            base = base + value
    ax.axhline(0, color=style.INK, linewidth=0.8)
    ax.plot(at, wide[TOTAL], linestyle="none", marker="D", color=style.INK, markeredgecolor="white", markeredgewidth=1.0,
            markersize=8, label=words("change_of_total"), zorder=4)  # fmt: skip
    ax.set_xticks(at, [words.label("period", period) for period in wide.index])
    ax.set_xlim(-0.6, len(wide) - 0.4)
    ax.margins(y=0.06)
    ax.tick_params(axis="x", length=0)
    ax.set_ylabel(words("euro_change"))
    words.axis(ax.yaxis, "euro")
    fig.legend(loc="outside upper left", ncols=3, handlelength=1.4)
    return fig


def retention(data: pd.DataFrame, words: Words) -> Figure:
    """Share of the donors of the period before who gave again, by period, with Wilson's interval: all, those who were new in it, the others.

    `data`: `donors.Retention.table()`.
    """
    periods = list(dict.fromkeys(data["period"]))
    fig, ax = style.subplots(height=2.9)
    at = data["period"].map({period: k for k, period in enumerate(periods)}).astype(float)
    for name, aside, colour, marker in zip(
        GROUPS, (-0.16, 0.0, 0.16), (style.INK, *style.palette(2)), style.MARKERS
    ):
        own = data["donor_group"] == name
        x, some = at[own] + aside, data[own]
        ax.vlines(x, some["low"].astype(float), some["high"].astype(float), color=colour, linewidth=1.6)
        ax.plot(x, some["share"].astype(float), linestyle="none", marker=marker, color=colour, markeredgecolor="white",
                markeredgewidth=0.5, label=words("donors_before") if name == TOTAL else words.label("donor_group", name))  # fmt: skip
    ax.set_xticks(range(len(periods)), [words.label("period", period) for period in periods])
    ax.set_xlim(-0.5, len(periods) - 0.5)
    ax.set_ylim(0, 1)
    ax.set_ylabel(words("share_retained"))
    words.axis(ax.yaxis, "share")
    ax.grid(axis="y")
    fig.legend(loc="outside upper left", ncols=3, handletextpad=0.3)
    return fig


def cohorts(data: pd.DataFrame, words: Words) -> Figure:
    """Share of those who began in a period and still give, by periods since: the share stands in each cell; a cell not shown stays white with a dot.

    `data`: `donors.Cohorts.table()`.
    """
    later = data[data["since"] > 0]
    begun = data[data["since"] == 0].set_index("cohort")["begun"]
    names = list(dict.fromkeys(later["cohort"]))
    most = max(int(later["since"].max()), 1) if len(later) else 1
    cells = pd.DataFrame({"cohort": names}).merge(
        pd.DataFrame({"since": np.arange(1, most + 1)}), how="cross"
    )
    cells = cells.merge(later, on=["cohort", "since"], how="left", indicator=True)
    grid = cells["share"].to_numpy(dtype=float).reshape(len(names), most)
    known = (cells["_merge"] == "both").to_numpy().reshape(len(names), most)
    fig, ax = style.subplots(height=max(2.2, 1.15 + 0.36 * len(names)))
    image = ax.imshow(np.ma.masked_invalid(grid), cmap=style.SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(known)):
        _cell(ax, row, column, grid[row, column], image, words)
    ax.set_xticks(range(most), [words.number(k + 1, "count") for k in range(most)])
    rows = [
        f"{words.label('period', name)} ({words.number(None if pd.isna(begun.get(name)) else begun.get(name), 'persons')})"
        for name in names
    ]
    ax.set_yticks(range(len(names)), rows)
    ax.tick_params(length=0)
    ax.vlines(np.arange(most - 1) + 0.5, -0.5, len(names) - 0.5, color="white", linewidth=2)
    ax.hlines(np.arange(len(names) - 1) + 0.5, -0.5, most - 0.5, color="white", linewidth=2)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel(words("periods_since"))
    ax.set_ylabel(words("cohort_axis"))
    bar = fig.colorbar(image, ax=ax, fraction=0.04, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(words("still_giving"))
    words.axis(bar.ax.yaxis, "share")
    return fig


def _cell(ax: Axes, row: int, column: int, value: float, image: object, words: Words) -> None:
    from matplotlib.colors import to_hex

    if np.isnan(value):
        ax.annotate(words("not_shown_mark"), (column, row), ha="center", va="center")
        return
    ground = to_hex(image.cmap(image.norm(value)))  # type: ignore[attr-defined]
    ax.annotate(
        words.number(value, "share", 0),
        (column, row),
        ha="center",
        va="center",
        color=style.letters_on(ground),
    )
