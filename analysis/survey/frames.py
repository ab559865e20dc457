"""Frames of answers and of results: categories in the codebook's order, conditions that keep missing answers missing, tables stacked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import pandas as pd

from analysis.survey.results import TOTAL

Frame = TypeVar("Frame", pd.Series, pd.DataFrame)


class Tabular(Protocol):
    """A result that gives its tidy table."""

    def table(self) -> pd.DataFrame: ...


def stack(results: Mapping[str, Tabular | pd.DataFrame], column: str) -> pd.DataFrame:
    """Tables of one kind under one another, told apart by a new first column; the specification is the first table's."""
    tables = {
        key: found if isinstance(found, pd.DataFrame) else found.table() for key, found in results.items()
    }
    long = pd.concat([table.assign(**{column: key}) for key, table in tables.items()], ignore_index=True)
    first = next(iter(tables.values()))
    long = long[[column, *first.columns]]
    long.attrs["columns"] = first.attrs["columns"]
    return long


def in_order(frame: pd.DataFrame, labels: Mapping[str, Mapping[str, object]]) -> pd.DataFrame:
    """The frame with its coded columns as ordered categories, in the order in which `labels` {field: {code: …}} lists the codes."""
    return frame.assign(
        **{
            field: pd.Categorical(frame[field], categories=list(codes), ordered=True)
            for field, codes in labels.items()
            if field in frame and frame[field].dropna().isin(list(codes)).all()
        }
    )


def one_of(values: pd.Series, *codes: str) -> pd.Series:
    """Whether each value (n,) is one of `codes`; missing where it is missing. What was asked is noted in attrs, for the ledger."""
    found = values.astype(object).isin(codes).astype("boolean").mask(values.isna())
    found.attrs = {"event": (values.name, codes)}
    return found


def among(people: pd.DataFrame, values: Frame, **conditions: Any) -> Frame:
    """`values` (n rows) of the persons who meet every condition {field: code, or (least, most)}, missing for all others; noted in attrs, for the ledger."""
    inside = pd.Series(True, index=people.index)
    for field, wanted in conditions.items():
        met = people[field].between(*wanted) if isinstance(wanted, tuple) else people[field] == wanted
        inside &= met.fillna(False).astype(bool)
    found = values.where(inside)
    found.attrs = {**values.attrs, "restriction": {**values.attrs.get("restriction", {}), **conditions}}
    return found


def listed(results: Mapping[str, Tabular | pd.DataFrame], measure: str) -> pd.DataFrame:
    """Tables by one field each, under one another: covariate (the field), category (its code), and the `measure` with its bounds and counts."""
    parts, columns = [], {}
    for field, found in results.items():
        table = found if isinstance(found, pd.DataFrame) else found.table(measure)  # type: ignore[call-arg]
        columns = table.attrs["columns"]
        code = field if field in table else "level"
        parts.append(table.rename(columns={code: "category"}).assign(covariate=field))
    long = pd.concat(parts, ignore_index=True)
    first = ["covariate", "category"]
    long = long[[*first, *(name for name in parts[0] if name not in (*first, "term"))]]
    long.attrs["columns"] = {name: spec for name, spec in columns.items() if name in long}
    return long


def worded(
    table: pd.DataFrame, field: str, code: str, labels: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """The table with the codes of column `code` as texts in both languages, each by the labels of the field that column `field` names."""

    def text(name: str, value: Any) -> dict[str, str]:
        if value == TOTAL:
            return {"it": "totale", "en": "total"}
        return dict(labels.get(name, {}).get(str(value), {"it": str(value), "en": str(value)}))

    found = table.copy()
    found[code] = pd.Series(
        [text(name, value) for name, value in zip(table[field], table[code])], index=table.index, dtype=object
    )
    found.attrs["columns"] = table.attrs["columns"] | {code: {"text": True}}
    return found
