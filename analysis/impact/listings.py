"""Tables put together for the paper: under the titles of their comparisons, with the columns that are printed, with names in the place of codes; and what a change claims.

What belongs here: arrangement of tables that others have computed. What does not: any number of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.impact import effect as effects
from analysis.impact.change import Paired
from analysis.impact.claims import Claim
from analysis.impact.effect import Effect
from analysis.impact.indicators import bilingual

PROGRESS = {
    True: ("indicator", "measured_in", "baseline", "target", "value", "progress", "expected", "light"),
    False: ("indicator", "baseline", "target", "value", "measured_on", "n", "progress", "expected", "light"),
}
"""Columns printed of the table of progress, by whether its indicators are whole numbers."""
COST = (
    "service", "cost", "persons", "cost_per_person", "achieved", "cost_per_outcome", "cost_per_outcome_low", "cost_per_outcome_high", "basis",
)  # fmt: skip
VALUES = (
    "outcome",
    "quantity",
    "proxy",
    "deadweight",
    "displacement",
    "attribution",
    "drop_off",
    "duration",
    "present_value",
)
ESTIMATE = ("design", "estimate", "low", "high", "n")
CLUSTERED = (*ESTIMATE, "clusters", "treated_clusters")
PLACEBO = ("estimate", "rank", "assignments", "share", "minimum", "treated_clusters", "n")
RATIO = ("sroi_ratio", "ratio_low", "ratio_high", "net_ratio", "driving", "inflated")
GRADES = (
    "claim",
    "claim_status",
    "design",
    "n",
    "clusters",
    "treated_clusters",
    "sms_level",
    "bears",
    "interval_zero",
)
HELD = ("claim", "why", "downgrades", "causal_word")
"""Columns printed of the tables of estimates, of placebo rankings, of cost, of values, of the ratio, of claims and of what is held against them."""


def names(rows: pd.DataFrame, stem: str = "name") -> list[dict[str, str]]:
    """The texts of columns `stem`_it and `stem`_en, both languages in one cell."""
    return bilingual(rows, stem)


def named(rows: pd.DataFrame, key: str) -> dict[str, dict[str, str]]:
    """Key → name in both languages, with the name of the total."""
    return dict(zip(rows[key].astype(str), bilingual(rows, "name"))) | {
        "total": {"it": "totale", "en": "total"}
    }


def only(table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The table with `columns` alone printed; counts and cases that these rest on stay, hidden."""
    known = table.attrs["columns"]
    wanted = [known.get(name, {}).get(part) for name in columns for part in ("n", "cases")]
    extra = [name for name in dict.fromkeys(wanted) if name and name not in columns]
    frame = table[[*columns, *extra]].copy()
    frame.attrs["columns"] = {name: known[name] for name in columns if name in known} | {
        name: known[name] | {"hidden": True} for name in extra
    }
    return frame


def entitled(tables: Sequence[tuple[Any, pd.DataFrame]], columns: Sequence[str] = ()) -> pd.DataFrame:
    """Tables of one kind under one another, each row after the title of its comparison; only `columns` where named, with the hidden ones they need."""
    parts = [table.assign(comparison=[dict(one.title)] * len(table)) for one, table in tables]
    long = pd.concat(parts, ignore_index=True)
    known: dict[str, Any] = {}
    for _, table in tables:
        known |= table.attrs["columns"]
    kept = [name for name in (columns or long.columns) if name != "comparison"]
    needed = [known[name]["n"] for name in kept if name in known and known[name].get("n")]
    extra = [name for name in dict.fromkeys(needed) if name not in kept]
    frame = long[["comparison", *kept, *extra]]
    frame.attrs["columns"] = (
        {"comparison": {"text": True}}
        | {name: known[name] for name in kept if name in known}
        | {name: known[name] | {"hidden": True} for name in extra}
    )
    return frame


def claim(declared: Any, found: Paired, lost: float) -> Claim:
    """The claim that a change without a comparison makes; `lost`: share of those measured before who were not measured after."""
    return Claim(
        declared.id, declared.outcome, "change", found.n, found.change, found.low, found.high, checks={"attrition": lost}, title=declared.title,
    )  # fmt: skip


def renamed(table: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """The table with columns under other names, by which the notebook's words head them; their specification goes with them."""
    frame = table.rename(columns=dict(names))
    frame.attrs["columns"] = {names.get(name, name): spec for name, spec in table.attrs["columns"].items()}
    return frame


def dated(table: pd.DataFrame) -> pd.DataFrame:
    """Effects by group and time with semesters as words of the table and not as numbers: adopted, semester, estimate, low, high, treated, controls, n."""
    columns = ("adopted", "semester", "estimate", "low", "high", "treated", "controls", "n")
    frame = only(table, columns)
    for name in ("adopted", "semester"):
        frame[name] = table[name].astype("Int64").astype(str)
        frame.attrs["columns"][name] = {"labels": "semester"}
    return frame


def beside(estimates: Sequence[Effect], columns: Sequence[str]) -> pd.DataFrame:
    """Several estimates of the same thing, one under the other."""
    return only(effects.stack(estimates), columns)


def texted(table: pd.DataFrame, column: str, texts: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """The table with the codes of `column` as texts in both languages; a code without a text stands for itself.

    The codes stay, hidden, under `column`_code: by them disclosure control still sees which rows add up to a total.
    """
    codes, known = table[column], table.attrs["columns"]
    cells = [dict(texts.get(str(code), {"it": str(code), "en": str(code)})) for code in codes]
    frame = table.assign(
        **{column: pd.Series(cells, index=table.index, dtype=object), f"{column}_code": codes}
    )
    hidden = {**known.get(column, {"labels": column}), "hidden": True}
    frame.attrs["columns"] = known | {column: {"text": True}, f"{column}_code": hidden}
    return frame


def worded(
    table: pd.DataFrame, words: Mapping[str, Any], labels: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """Balance with its covariates named: a variable, or a variable and its level; `words` of the notebook name the variables, else the field itself."""
    own = words.get("labels", {})

    def text(name: str, language: str) -> str:
        field, _, level = name.partition("=")
        told = str(own.get("covariate", {}).get(field, {}).get(language, field))
        of_level = labels.get(field, {}).get(level, {}).get(language, level)
        return f"{told}: {of_level}" if level else told

    texts = {name: {lang: text(name, lang) for lang in ("it", "en")} for name in map(str, table["covariate"])}
    return texted(table, "covariate", texts)
