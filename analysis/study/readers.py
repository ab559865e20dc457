"""Reading a table's file as it stands: cells as text (or as stored, from Parquet), rows numbered as the person sees them.

CSV with the separator and decimal mark of `study.toml`; XLSX, one workbook a table or one workbook (`tables.xlsx`, `tabelle.xlsx`)
with a sheet a table (of a workbook of any other name, the sheets that are named as tables); Parquet. A header cell may hold a field's name or its Italian or English label. In a sheet the row under the
header may repeat the labels (the template's second row): it is not data. Files are never written. What the cells mean is
decided in `checking`.
"""

from __future__ import annotations

import csv
import datetime as dt
import functools
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import Field, contracts, headers, nearest, plain

if TYPE_CHECKING:
    import pandas as pd

WORKBOOKS = ("tables.xlsx", "tabelle.xlsx")
SUFFIXES = (".csv", ".xlsx", ".parquet")
UNREADABLE = "?"  # title of the only sheet of a workbook that cannot be opened; no sheet may bear it
NOTES = ("leggimi", "readme", "note", "notes", "codici", "codes")
SEPARATORS = {
    ",": ("virgola", "comma"),
    ";": ("punto e virgola", "semicolon"),
    "\t": ("tabulazione", "tab"),
    "|": ("barra", "bar"),
}


@dataclass(frozen=True)
class Source:
    """Where a table lies: a file, and for a workbook the sheet."""

    table: str
    path: Path
    sheet: str = ""


@dataclass(frozen=True)
class Dialect:
    """How a study writes CSV and numbers."""

    separator: str = ","
    decimal: str = "."


def locate(folder: Path) -> tuple[dict[str, list[Source]], list[Source]]:
    """Every source of every table in a study folder (more than one is a fault), and the files and sheets that are no table."""
    found: dict[str, list[Source]] = {}
    strangers: list[Source] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith((".", "~$")) or path.is_dir():
            continue
        suffix, ours = path.suffix.casefold(), path.name.casefold() in WORKBOOKS
        name = None if ours else contracts().table_named(path.stem)
        if name and suffix in SUFFIXES:
            found.setdefault(name, []).append(Source(name, path))
        elif suffix == ".xlsx":
            named = {sheet: contracts().table_named(sheet) for sheet in sheets(path)}
            for sheet, name in named.items():
                if name:
                    found.setdefault(name, []).append(Source(name, path, sheet))
                elif ours:
                    strangers.append(Source("", path, sheet))
            if not ours and not any(named.values()):
                strangers.append(Source("", path))
        elif suffix in (*SUFFIXES, ".xls", ".ods", ".numbers", ".tsv"):
            strangers.append(Source("", path))
    return {name: _filled_in(sources) for name, sources in found.items()}, strangers


def _filled_in(sources: list[Source]) -> list[Source]:
    """Of several places of a table, those with rows: the template's empty sheets do not compete with a file."""
    return [source for source in sources if has_rows(source)] or sources if len(sources) > 1 else sources


def sheets(path: Path) -> list[str]:
    """Titles of the sheets of a workbook, without those of notes."""
    return [
        title
        for title in _filled(path, *_stamp(path))
        if plain(title) not in NOTES and not title.startswith("_")
    ]


def has_rows(source: Source) -> bool:
    """Whether the source holds at least one row of data; a table with a header alone counts as absent. Imports no pandas."""
    suffix = source.path.suffix.casefold()
    if suffix == ".parquet":
        return True
    if suffix == ".csv":
        with source.path.open("rb") as stream:
            stream.readline()
            return any(line.strip(b' \t\r\n,;|"') for line in stream)
    filled = _filled(source.path, *_stamp(source.path))
    return filled[source.sheet] if source.sheet else next(iter(filled.values()))


def _stamp(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_mtime_ns, state.st_size


@functools.lru_cache(maxsize=32)
def _filled(path: Path, changed: int, size: int) -> dict[str, bool]:
    """Title of each sheet → whether it holds rows of data. `changed` and `size` make a changed file be read again."""
    from openpyxl import load_workbook

    tables = contracts().tables
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return {UNREADABLE: True}
    try:
        named = {
            title: contracts().table_named(title) or contracts().table_named(path.stem)
            for title in book.sheetnames
        }
        return {
            title: any(True for _ in _rows_of(book[title], tables[name].fields if name else {})[1])
            for title, name in named.items()
        }
    finally:
        book.close()


def _rows_of(sheet: Any, fields: dict[str, Field]) -> tuple[list[str], Iterator[tuple[int, tuple]]]:
    """The header of a sheet, and its rows that hold something as (row number, cells), without the row of labels."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(values_only=True)
    header = [_text(cell).strip() for cell in next(rows, ())]
    while header and not header[-1]:
        header.pop()
    filled = (
        (number, row)
        for number, row in enumerate(rows, start=2)
        if any(cell not in (None, "") for cell in row)
    )
    return header, (
        (number, row) for number, row in filled if number > 2 or not _is_label_row(header, row, fields)
    )


def _is_label_row(header: list[str], row: tuple, fields: dict[str, Field]) -> bool:
    """The template's second row: each filled cell repeats its own field's label."""
    accepted = headers(fields)
    meant = [
        (accepted.get(plain(head)), plain(cell)) for head, cell in zip(header, row) if cell not in (None, "")
    ]
    return all(name and cell in {plain(text) for text in fields[name].label.values()} for name, cell in meant)


def _text(cell: Any, decimal: str = ".") -> str:
    """A stored XLSX cell as the text that a CSV of the same study would hold."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell).replace(".", decimal)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, (dt.date, dt.time)):
        return cell.isoformat()
    return str(cell)


def read(
    source: Source, dialect: Dialect, shown: str, fields: dict[str, Field] | None = None
) -> pd.DataFrame:
    """The cells of one source: header as written, index = row number as a spreadsheet shows it, empty rows left out.

    `shown` is the file's name in messages. Raises StudyError when the file cannot be read as what it claims to be.
    """
    suffix = source.path.suffix.casefold()
    if suffix == ".csv":
        return _read_csv(source.path, dialect, shown)
    if suffix == ".xlsx":
        return _read_xlsx(source, dialect, shown, fields or {})
    if suffix == ".parquet":
        return _read_parquet(source.path, shown)
    raise StudyError(
        Fault(
            say("formato di file non letto", "file format not read"),
            shown,
            "CSV, XLSX, Parquet",
            say("Salvare in uno di questi formati.", "Save it in one of these formats."),
        )
    )


def _read_csv(path: Path, dialect: Dialect, shown: str) -> pd.DataFrame:
    import pandas as pd

    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            header = next(csv.reader(stream, delimiter=dialect.separator), [])
        if not header:
            empty = say("il file è vuoto", "the file is empty")
            raise StudyError(Fault(empty, shown, say("una riga d'intestazione", "a header row")))
        _refuse_other_separator(header, dialect, shown)
        try:
            frame = _parse_csv(path, dialect, len(header))
        except (pd.errors.ParserError, pd.errors.ParserWarning):
            frame = _parse_csv(path, dialect, _width(path, dialect, shown, len(header)))
    except UnicodeDecodeError:
        raise StudyError(not_utf8(shown)) from None
    frame = frame.fillna("").iloc[1:, : len(header)]
    frame.columns = pd.Index([name.strip() for name in header])
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return _without_blanks(frame)


def _parse_csv(path: Path, dialect: Dialect, width: int) -> pd.DataFrame:
    """All cells as text, the header as the first row; raises pandas' ParserError or ParserWarning when a row is longer than `width`."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            sep=dialect.separator,
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
            low_memory=False,
        )


def _without_blanks(frame: pd.DataFrame) -> pd.DataFrame:
    """Without empty rows, and without the nameless empty columns that spreadsheets leave behind."""
    filled = frame != ""
    kept = [bool(name) or bool(filled.iloc[:, position].any()) for position, name in enumerate(frame.columns)]
    return frame.loc[filled.any(axis=1), kept]


def not_utf8(shown: str) -> Fault:
    """The fault of a text file in another encoding."""
    return Fault(
        say("il file non è scritto in UTF-8", "the file is not written in UTF-8"),
        shown,
        "UTF-8",
        say(
            "In Excel: Salva con nome, «CSV UTF-8»; oppure salvarlo come XLSX.",
            "In Excel: Save as, “CSV UTF-8”; or save it as XLSX.",
        ),
    )


def _refuse_other_separator(header: list[str], dialect: Dialect, shown: str) -> None:
    """A one-column header that holds another usual separator means that study.toml declares the wrong one."""
    if len(header) > 1:
        return
    other = next((mark for mark in SEPARATORS if mark != dialect.separator and mark in header[0]), None)
    if other is None:
        return
    declared, seen = SEPARATORS.get(dialect.separator, (dialect.separator,) * 2), SEPARATORS[other]
    raise StudyError(
        Fault(
            say(
                f"le colonne sembrano separate da {seen[0]}", f"the columns seem to be separated by {seen[1]}"
            ),
            shown + say(", riga 1", ", row 1"),
            say(f"{declared[0]}, come dichiara study.toml", f"{declared[1]}, as study.toml declares"),
            say(
                "Scrivere il separatore giusto in [csv] separator di study.toml.",
                "Write the right mark in [csv] separator of study.toml.",
            ),
        )
    )


def _width(path: Path, dialect: Dialect, shown: str, width: int) -> int:
    """The number of cells of the longest row, when what lies beyond the header is empty; reached only when the fast reader has refused the file.

    Raises StudyError with every row that has cells beyond the header's last.
    """
    faults, longest = [], width
    with path.open(encoding="utf-8-sig", newline="") as stream:
        for number, row in enumerate(csv.reader(stream, delimiter=dialect.separator), start=1):
            longest = max(longest, len(row))
            if any(cell.strip() for cell in row[width:]):
                faults.append(
                    Fault(
                        say(f"{len(row)} celle", f"{len(row)} cells"),
                        shown + say(f", riga {number}", f", row {number}"),
                        say(f"{width}, quante ne ha l'intestazione", f"{width}, as many as the header has"),
                        say(
                            "Un testo che contiene il separatore va scritto fra virgolette.",
                            "A text that holds the separator must stand in quotation marks.",
                        ),
                    )
                )
    if not faults and longest == width:
        faults.append(Fault(say("il file non si legge come CSV", "the file cannot be read as CSV"), shown))
    if faults:
        raise StudyError(faults)
    return longest


def _read_xlsx(source: Source, dialect: Dialect, shown: str, fields: dict[str, Field]) -> pd.DataFrame:
    import pandas as pd
    from openpyxl import load_workbook

    try:
        book = load_workbook(source.path, read_only=True, data_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        step = say(
            "Salvarlo di nuovo da Excel come «Cartella di lavoro di Excel (.xlsx)».",
            "Save it again from Excel as “Excel Workbook (.xlsx)”.",
        )
        raise StudyError(
            Fault(
                say("il file non si legge come XLSX", "the file cannot be read as XLSX"), shown, "XLSX", step
            )
        ) from None
    try:
        header, found = _rows_of(book[source.sheet] if source.sheet else book.worksheets[0], fields)
        numbered = list(found)
    finally:
        book.close()
    if not header:
        raise StudyError(
            Fault(
                say("il foglio è vuoto", "the sheet is empty"),
                shown,
                say("una riga d'intestazione", "a header row"),
            )
        )
    width = len(header)
    beyond = [(number, cell) for number, row in numbered for cell in row[width:] if cell not in (None, "")]
    if beyond:
        what = [
            say(f"«{cell}» sta oltre l'ultima colonna", f"“{cell}” lies beyond the last column")
            for _, cell in beyond
        ]
        where = [shown + say(f", riga {number}", f", row {number}") for number, _ in beyond]
        raise StudyError(
            [
                Fault(*pair, say("una colonna con intestazione", "a column with a header"))
                for pair in zip(what, where)
            ]
        )
    rows = [
        [*(_text(cell, dialect.decimal) for cell in row[:width]), *([""] * (width - len(row)))]
        for _, row in numbered
    ]
    index = pd.Index([number for number, _ in numbered], dtype="int64")
    return _without_blanks(pd.DataFrame(rows, columns=pd.Index(header), index=index, dtype=str))


def _read_parquet(path: Path, shown: str) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StudyError(
            Fault(
                say(
                    f"il file non si legge come Parquet ({error})",
                    f"the file cannot be read as Parquet ({error})",
                ),
                shown,
            )
        ) from error
    frame.columns = frame.columns.astype(str)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return frame


def stranger(source: Source, shown: str) -> Fault:
    """The fault of a file or sheet whose name is no table."""
    if source.path.suffix.casefold() not in SUFFIXES:
        return Fault(say("formato di file non letto", "file format not read"), shown, "CSV, XLSX, Parquet")
    written = source.sheet or source.path.stem
    near = nearest(
        written, [*contracts().tables, *(table.label["it"] for table in contracts().tables.values())]
    )
    step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
    what = say(f"«{written}» non è il nome di una tabella", f"“{written}” is not the name of a table")
    return Fault(what, shown, ", ".join(contracts().tables), step)
