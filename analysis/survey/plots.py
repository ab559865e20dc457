"""Figures of the work-life-balance survey: each draws a protected table and computes nothing from it.

A cell that the door has suppressed arrives missing: it is not drawn, or drawn as what is left of a whole. Tables of
respondents come without bounds and are drawn without intervals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.evidence import style
from analysis.survey import marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from analysis.evidence.words import Words


def care(data: pd.DataFrame, words: Words) -> Figure:
    """Share of persons by care load, one row a load and one mark a gender: columns gender, care_load, share, low, high, n."""
    return _kinds(data, words, "care_load")


def coresidence(data: pd.DataFrame, words: Words) -> Figure:
    """Share of persons by whom they live with, as `care`: columns gender, co_residence, share, low, high, n."""
    return _kinds(data, words, "co_residence")


def _kinds(data: pd.DataFrame, words: Words, field: str) -> Figure:
    genders, loads = list(data["gender"].unique()), list(data[field].unique())
    at = marks.places(data, "share", loads, field)
    fig, ax = style.subplots(height=0.56 * (max(at.values()) + 1) + 1.0)
    colours = [*style.palette(max(len(genders) - 1, 1)), style.MUTED]
    shifts = np.linspace(-0.26, 0.26, len(genders)) if len(genders) > 1 else [0.0]
    looks = [marks.look(colour, marker, True) for colour, marker in zip(colours, style.MARKERS)]
    for gender, look, shift in zip(genders, looks, shifts):
        rows = data[data["gender"] == gender]
        y = [at[load] + shift for load in rows[field]]
        marks.dots(ax, rows, "share", y, look)
        for end, place, value in zip(marks.ends(rows, "share"), y, rows["share"]):
            if np.isfinite(value):
                ax.annotate(words.number(value, "share", 0), (end, place), (5, 0), textcoords="offset points",
                            va="center", fontsize=8)  # fmt: skip
    marks.not_shown(ax, data, "share", at, words, field)
    marks.rows(ax, [words.label(field, load) for load in loads], at)
    ax.grid(axis="x")
    ax.set_xlim(0, marks.reach(data, 1.1))
    marks.ticks(ax, words, "share", most=9)
    ax.set_xlabel(words("share_of_persons"))
    totals = data.groupby("gender", sort=False)["n"].first()
    names = [
        marks.with_n(words, words.label("gender", gender), totals[gender], " ({})") for gender in genders
    ]
    fig.legend([marks.mark(**look) for look in looks], names, loc="outside upper left", ncols=len(genders))
    return fig


def conflict(data: pd.DataFrame, words: Words) -> Figure:
    """Mean conflict, one panel a scale: columns scale, gender, care_load, flexible_hours, mean, low, high, n."""
    scales, loads = list(data["scale"].unique()), list(data["care_load"].unique())
    genders, hours = list(data["gender"].unique()), list(data["flexible_hours"].unique())
    at = marks.places(data, "mean", loads)
    fig, axes = style.subplots(
        1, len(scales), height=0.78 * (max(at.values()) + 1) + 1.25, sharey=True, sharex=True
    )
    kinds = [(gender, flexible) for gender in genders for flexible in hours]
    shifts = np.linspace(-0.33, 0.33, len(kinds))
    looks = {
        (gender, flexible): marks.look(colour, marker, flexible == "yes")
        for gender, colour, marker in zip(genders, style.palette(len(genders)), style.MARKERS)
        for flexible in hours
    }
    for ax, scale in zip(np.atleast_1d(axes), scales):
        for kind, shift in zip(kinds, shifts):
            rows = data[
                (data["scale"] == scale) & (data["gender"] == kind[0]) & (data["flexible_hours"] == kind[1])
            ]
            y = [at[load] + shift for load in rows["care_load"]]
            marks.dots(ax, rows, "mean", y, looks[kind])
            marks.counts(ax, rows, "mean", y, words)
        ax.set_title(words.label("scale", scale))
        ax.grid(axis="x")
        ax.set_xlabel(words("mean_1_7"))
        marks.not_shown(ax, data[data["scale"] == scale], "mean", at, words)
        marks.room(ax, data, "mean", 0.2)
    for ax in np.atleast_1d(axes):
        marks.rows(ax, [words.label("care_load", load) for load in loads], at)
        marks.ticks(ax, words, "number")
    names = [words(f"{gender}_flexible_{flexible}") for gender, flexible in kinds]
    fig.legend([marks.mark(**looks[kind]) for kind in kinds], names, loc="outside upper left", ncols=2)
    return fig


def comparisons(data: pd.DataFrame, words: Words) -> Figure:
    """Differences between groups with zero marked: columns contrast, scale, status, difference, low, high, n."""
    contrasts, scales = list(data["contrast"].unique()), list(data["scale"].unique())
    fig, ax = style.subplots(height=0.34 * len(data) + 1.1)
    shifts = dict(zip(scales, np.linspace(-0.17, 0.17, len(scales)) if len(scales) > 1 else [0.0]))
    # the first two looks stand for women and men in the other figures
    colours, markers = (
        dict(zip(scales, look[2:])) for look in (style.palette(len(scales) + 2), style.MARKERS)
    )
    for scale in scales:
        for status in ("primary", "exploratory"):
            rows = data[(data["scale"] == scale) & (data["status"] == status)]
            y = [contrasts.index(contrast) + shifts[scale] for contrast in rows["contrast"]]
            marks.dots(
                ax, rows, "difference", y, marks.look(colours[scale], markers[scale], status == "primary")
            )
            marks.counts(ax, rows, "difference", y, words)
    marks.room(ax, data, "difference", 0.1)
    ax.axvline(0, color=style.INK, linewidth=0.9)
    ax.grid(axis="x")
    marks.rows(ax, [words.label("contrast", contrast) for contrast in contrasts])
    ax.set_xlabel(words("difference_points"))
    marks.ticks(ax, words, "number", most=9)
    pairs = data[["scale", "status"]].drop_duplicates()
    ax.legend(
        [
            marks.mark(**marks.look(colours[row.scale], markers[row.scale], row.status == "primary"))
            for row in pairs.itertuples()
        ],
        [
            f"{words.label('scale', row.scale)} ({words.label('status', row.status)})"
            for row in pairs.itertuples()
        ],
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        ncols=2,
    )
    return fig


def groups(data: pd.DataFrame, words: Words) -> Figure:
    """A mean or a share by area and gender, one panel a scale where there are several: columns [scale], area, gender, mean or share, low, high, n."""
    measure = "mean" if "mean" in data else "share"
    parts = dict(tuple(data.groupby("scale", sort=False))) if "scale" in data else {"": data}
    areas, genders = list(data["area"].unique()), list(data["gender"].unique())
    at = marks.places(data, measure, areas, "area")
    columns = 2 if len(parts) > 2 else len(parts)
    lines = -(-len(parts) // columns)
    fig, axes = style.subplots(
        lines, columns, height=(0.52 * (max(at.values()) + 1) + 0.75) * lines + 0.3, sharex=True, sharey=True
    )
    shifts = np.linspace(-0.2, 0.2, len(genders)) if len(genders) > 1 else [0.0]
    colours = [*style.palette(max(len(genders) - 1, 1)), style.MUTED]
    looks = {
        gender: marks.look(colour, marker, True)
        for gender, colour, marker in zip(genders, colours, style.MARKERS)
    }
    for ax, (scale, part) in zip(np.ravel(axes), parts.items()):
        for gender, shift in zip(genders, shifts):
            rows = part[part["gender"] == gender]
            y = [at[area] + shift for area in rows["area"]]
            marks.dots(ax, rows, measure, y, looks[gender])
            marks.counts(ax, rows, measure, y, words)
        marks.not_shown(ax, part, measure, at, words, "area")
        marks.room(ax, data, measure, 0.22)
        marks.rows(ax, [words.label("area", area) for area in areas], at)
        ax.grid(axis="x")
        if scale:
            ax.set_title(words.label("scale", scale), fontsize=9)
        marks.ticks(ax, words, "number" if measure == "mean" else "share")
    for ax in np.ravel(axes)[-columns:]:
        ax.set_xlabel(words("mean_1_5" if measure == "mean" else "share_of_workers"))
    fig.legend(
        [marks.mark(**look) for look in looks.values()],
        [words.label("gender", g) for g in genders],
        loc="outside upper left",
        ncols=len(genders),
    )
    return fig


def loads(data: pd.DataFrame, words: Words) -> Figure:
    """Care loads as parts of each age: columns age_band, care_load, share, n."""
    kinds, ages = (list(data[name].unique()) for name in ("care_load", "age_band"))
    fig, ax = style.subplots(height=0.36 * len(ages) + 1.25)
    colours = dict(zip(kinds, ("#8a939a", *style.palette(len(kinds))[: len(kinds) - 1])))
    for y, age in enumerate(ages):
        rows = data[data["age_band"] == age].set_index("care_load").reindex(kinds)
        if rows["share"].isna().all():
            ax.text(0.03, y, words("not_shown"), va="center", color=style.MUTED, fontsize=8)
            continue
        left = 0.0
        for kind, share in rows["share"].items():
            if np.isnan(share):
                continue
            ax.barh(y, share, left=left, color=colours[kind], height=0.72, edgecolor="white", linewidth=0.6)
            if share >= 0.09:
                ax.text(left + share / 2, y, words.number(share, "share", 0), ha="center", va="center", fontsize=7.5,
                        color=style.letters_on(colours[kind]))  # fmt: skip
            left += share
        if rows["share"].isna().any() and left < 1:
            ax.barh(
                y,
                1 - left,
                left=left,
                color="white",
                height=0.72,
                edgecolor=style.MUTED,
                hatch="///",
                linewidth=0,
            )
        n = rows["n"].dropna()
        if len(n):
            ax.text(
                1.02,
                y,
                f"n = {words.number(n.iloc[0], 'count', 0)}",
                va="center",
                fontsize=7.5,
                color=style.MUTED,
            )
    ax.set_xlim(0, 1.22)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1])
    words.axis(ax.xaxis, "share", 0)
    ax.set_xlabel(words("share_of_persons"))
    marks.rows(ax, [words.label("age_band", age) for age in ages])
    handles, names = (
        [marks.patch(colours[kind]) for kind in kinds],
        [words.label("care_load", kind) for kind in kinds],
    )
    if data["share"].isna().any():
        handles.append(marks.hatched())
        names.append(words("not_shown"))
    fig.legend(handles, names, loc="outside upper left", ncols=3)
    return fig


def effects(data: pd.DataFrame, words: Words) -> Figure:
    """Differences in points from the reference category, zero marked, grouped by characteristic: columns term, level, reference, effect, low, high, n."""
    return _effects(data, words, "number", "effect_points")


def effect_shares(data: pd.DataFrame, words: Words) -> Figure:
    """As `effects`, of shares, in percentage points."""
    return _effects(data, words, "share_points", "effect_share_points")


def _effects(data: pd.DataFrame, words: Words, unit: str, axis: str) -> Figure:
    heights = (
        np.cumsum(
            [1.0, *(1.0 + 0.45 * (a != b) for a, b in zip(data["term"], data["term"].iloc[1:], strict=False))]
        )
        - 1
    )
    fig, ax = style.subplots(height=0.33 * (heights[-1] + 1) + 0.85)
    terms = list(data["term"].unique())
    colours = dict(zip(terms, style.palette(len(terms))))
    for (_, row), y in zip(data.iterrows(), heights):
        marks.dots(ax, data.loc[[row.name]], "effect", [y], marks.look(colours[row["term"]], "o", True))
    names = [
        words(
            "compared",
            level=_level(words, row.term, row.level),
            reference=words.label(row.term, row.reference),
        )
        if isinstance(row.reference, str)
        else words.label("covariate", row.term)
        for row in data.itertuples()
    ]
    ax.axvline(0, color=style.INK, linewidth=0.9)
    marks.room(ax, data, "effect", 0.02)
    marks.rows(ax, names, dict(zip(map(str, range(len(data))), heights)))
    ax.grid(axis="x")
    marks.ticks(ax, words, unit, most=9)
    ax.set_xlabel(words(axis))
    return fig


def _level(words: Words, term: str, level: str) -> str:
    """The label of a level; of yes and no, with the characteristic that they answer."""
    label = words.label(term, level)
    return f"{words.label('covariate', term)}: {label}" if level in ("yes", "no") else label


def loss(data: Mapping[str, pd.DataFrame], words: Words) -> Figure:
    """Work lost to care, one panel a measure, by gender, age and care load: a table a dimension, each with the columns loss, the dimension,
    share, low, high, n; the total is drawn once."""
    parts = []
    for number, (name, table) in enumerate(data.items()):
        rows = table if number == 0 else table[table[name].astype(object) != "total"]
        parts.append(rows.rename(columns={name: "group"}).assign(dimension=name).astype({"group": object}))
    return _losses(pd.concat(parts, ignore_index=True), words)


def _losses(data: pd.DataFrame, words: Words) -> Figure:
    losses = list(data["loss"].unique())
    keys = data[["dimension", "group"]].astype(object).drop_duplicates().reset_index(drop=True)
    heights = (
        np.cumsum(
            [
                1.0,
                *(
                    1.0 + 0.5 * (a != b)
                    for a, b in zip(keys["dimension"], keys["dimension"].iloc[1:], strict=False)
                ),
            ]
        )
        - 1
    )
    at = {(row.dimension, row.group): y for row, y in zip(keys.itertuples(), heights)}
    fig, axes = style.subplots(1, len(losses), height=0.27 * (heights[-1] + 1) + 1.0, sharey=True)
    dimensions = list(keys["dimension"].unique())
    colours = dict(zip(dimensions, style.palette(len(dimensions))))
    for ax, measure in zip(np.atleast_1d(axes), losses):
        part = data[data["loss"] == measure]
        for dimension in dimensions:
            rows = part[part["dimension"] == dimension]
            y = [at[dimension, group] for group in rows["group"].astype(object)]
            marks.dots(ax, rows, "share", y, marks.look(colours[dimension], "o", True))
            marks.counts(ax, rows, "share", y, words)
            for place, value in zip(y, rows["share"]):
                if np.isnan(value):
                    ax.text(
                        0.02,
                        place,
                        words("not_shown"),
                        transform=ax.get_yaxis_transform(),
                        va="center",
                        color=style.MUTED,
                        fontsize=8,
                    )
        ax.set_title(words.label("loss", measure), fontsize=9)
        ax.set_xlabel(words(f"share_of_{measure}"))
        ax.set_xlim(0, marks.reach(part, 1.32))
        ax.grid(axis="x")
        marks.rows(
            ax,
            [words.label(row.dimension, row.group) for row in keys.itertuples()],
            dict(zip(map(str, range(len(keys))), heights)),
        )
        marks.ticks(ax, words, "share", most=6)
    return fig
