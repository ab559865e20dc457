"""Frames of answers and of results: categories in the codebook's order, conditions that keep missing answers missing, tables stacked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pandas as pd


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
    """Whether each value (n,) is one of `codes`; missing where it is missing."""
    return values.astype(object).isin(codes).astype("boolean").mask(values.isna())
