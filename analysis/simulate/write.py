"""Writing a study folder so that equal content gives equal bytes on every platform: UTF-8, `\n`, shortest decimals."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as pacsv


def stream(seed: int, name: str) -> np.random.Generator:
    """An independent stream of random numbers for one table of one study, whatever is drawn before it."""
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()),)))
    )


def table(path: Path, frame: pd.DataFrame) -> None:
    """`frame` as CSV: dates as YYYY-MM-DD, booleans as yes/no, missing values empty; texts stand in quotes if any needs them."""
    columns = {str(name): _column(frame[name]) for name in frame.columns}
    quoted = any(_needs_quotes(array) for array in columns.values())
    path.parent.mkdir(parents=True, exist_ok=True)
    options = pacsv.WriteOptions(include_header=False, quoting_style="needed" if quoted else "none")
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        pacsv.write_csv(pa.table(columns), file, options)


def _column(values: pd.Series) -> pa.Array:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return pa.array(values.dt.date, type=pa.date32(), from_pandas=True)
    if pd.api.types.is_bool_dtype(values.dtype):
        values = values.map({True: "yes", False: "no"})
    array = pa.array(values, from_pandas=True)
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _needs_quotes(array: pa.Array) -> bool:
    if not (pa.types.is_string(array.type) or pa.types.is_large_string(array.type)):
        return False
    return bool(pc.any(pc.match_substring_regex(array, '[",\r\n]|^$')).as_py())


def toml(top: Mapping[str, Any], sections: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """TOML of the `top` entries and then of each section under its header ("[waves.1]", "[[authors]]"); inner dicts in one line."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in top.items()]
    for header, entries in sections:
        lines += ["", header, *(f"{_key(key)} = {_value(value)}" for key, value in entries.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    plain = key.replace("-", "").replace("_", "")
    return key if plain.isascii() and plain.isalnum() else _value(key)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return repr(value)
