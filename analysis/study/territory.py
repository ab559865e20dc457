"""Municipalities: the national territory shipped in data/territory/, or a study's own `territory` table."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import places
from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import contracts

if TYPE_CHECKING:
    import pandas as pd

SHOWN = "data/territory/municipalities.parquet"
OUTLINES = {
    "province_code": "str",
    "province": "str",
    "region": "str",
    "ring": "int32",
    "lon": "float64",
    "lat": "float64",
}


def national_file() -> Path:
    """The national territory; may be absent."""
    return places.data() / "territory" / "municipalities.parquet"


def source_file() -> Path:
    return places.data() / "territory" / "source.toml"


def files() -> list[Path]:
    """What the national territory is read from, as far as it is there."""
    every = (national_file(), source_file(), unmatched_file(), outlines_file())
    return [path for path in every if path.exists()]


def read_source() -> dict[str, str]:
    """The source line of the national territory, it and en."""
    return tomllib.loads(source_file().read_text(encoding="utf-8"))


def unmatched_file() -> Path:
    return places.data() / "territory" / "unmatched.csv"


def outlines_file() -> Path:
    return places.data() / "territory" / "outlines.parquet"


def no_outlines() -> pd.DataFrame:
    """A table of outlines without a row."""
    import pandas as pd

    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in OUTLINES.items()})


def outlines() -> pd.DataFrame:
    """Outlines of the Italian provinces: province_code (three digits), province, region, ring (from 1 in each province), lon, lat (degrees, three decimals).

    Rows run along each ring, whose last point is its first; neighbours share their border. No rows where the file is absent;
    StudyError where it lacks a column.
    """
    path = outlines_file()
    if not path.exists():
        return no_outlines()
    return _read_outlines(path, path.stat().st_mtime_ns).copy(deep=False)


@functools.lru_cache(maxsize=1)
def _read_outlines(path: Path, _changed: int) -> pd.DataFrame:
    import pandas as pd

    frame = pd.read_parquet(path)
    lacking = [name for name in OUTLINES if name not in frame.columns]
    if lacking:
        raise StudyError(
            Fault(
                say(f"mancano le colonne {', '.join(lacking)}", f"columns {', '.join(lacking)} are missing"),
                "data/territory/outlines.parquet",
                ", ".join(OUTLINES),
                say("Rifarlo: python data/territory/build.py.", "Make it again: python data/territory/build.py."),
            )
        )  # fmt: skip
    return frame[list(OUTLINES)]


def read_unmatched() -> pd.DataFrame:
    """Municipalities that the sources of the national territory do not both hold: code, name, province, population (persons), what became of them and why (it, en)."""
    import pandas as pd

    return pd.read_csv(unmatched_file(), dtype={"code": str})


def read_municipalities() -> pd.DataFrame:
    """Italian municipalities, columns as in the contract `territory`: `code` a text of six digits, counts of persons by sex and age band, centroid.

    Raises StudyError when the file is absent or lacks a column of the contract.
    """
    import pandas as pd

    path = national_file()
    if not path.exists():
        raise StudyError(
            Fault(
                say("il file manca", "the file is missing"),
                SHOWN,
                "",
                say(
                    "Viene con il progetto: riprenderlo da git.",
                    "It comes with the project: take it from git again.",
                ),
            )
        )
    frame = pd.read_parquet(path)
    table = contracts().tables["territory"]
    lacking = [name for name, field in table.fields.items() if name not in frame.columns and field.required]
    if lacking:
        raise StudyError(
            [
                Fault(
                    say(f"manca la colonna {name}", f"the column {name} is missing"),
                    SHOWN,
                    ", ".join(table.fields),
                )
                for name in lacking
            ]
        )
    frame = frame[[name for name in table.fields if name in frame.columns]]
    return frame.assign(code=frame["code"].astype("str").str.zfill(6)).reset_index(drop=True)
