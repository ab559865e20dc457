"""`altro new`: the folder of a study to be, ready to be filled in: study.toml, privacy.toml, one workbook with a sheet a table, texts/, a draft codebook.

In a sheet the first row holds the names of the fields, the second their Italian labels (an asterisk: required). The reader passes over the
second row as long as each of its cells repeats the label of its column. Drop-down lists offer the Italian labels of the codes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import string
import unicodedata
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.errors import Fault, StudyError, say
from analysis.study.contracts import Field, Table, contracts
from analysis.study.readers import Dialect

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

EPOCH = (1980, 1, 1, 0, 0, 0)
ROWS = 2000
CODES_SHEET = "codici"
SAMPLING = """[sampling.respondents]
kind = "volunteer"
frame = { it = "chi ha risposto", en = "those who answered" }
population = { it = "DA COMPLETARE: popolazione a cui si riferisce l'indagine", en = "TO FILL IN: population that the survey is about" }
response_rate = "unknown"      # una quota fra 0 e 1, oppure "unknown" / a share from 0 to 1, or "unknown"
# strata = "…"                 # variabili del codebook, se ci sono / variables of the codebook, if any
# cluster = "…"
# weight = "…"
"""


def new_study(folder: Path, survey: Path | None = None, today: dt.date | None = None) -> list[Path]:
    """Write a new study into `folder` (absent or empty) and return the files written.

    survey: a CSV or XLSX file of answers; it is copied to survey/ and described by a draft codebook that holds no record.
    Raises StudyError, before anything is written, when the folder is not empty or the survey file cannot be read.
    """
    folder, today = Path(folder), today or dt.date.today()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        step = say("Scegliere una cartella che non c'è ancora.", "Choose a folder that is not there yet.")
        raise StudyError(
            Fault(
                say("la cartella non è vuota", "the folder is not empty"),
                folder.name,
                say("una cartella nuova o vuota", "a new or empty folder"),
                step,
            )
        )
    dialect, codebook, copied = Dialect(), "", ""
    if survey is not None:
        from analysis.study import draft

        copied = "wave1" + Path(survey).suffix.casefold()
        dialect = draft.guess_dialect(Path(survey))
        codebook = draft.codebook(Path(survey), copied, dialect)
    values = {
        "id": identifier(folder.resolve().name),
        "today": today.isoformat(),
        "start": f"{today.year}-01-01",
        "end": f"{today.year + 2}-12-31",
        "separator": dialect.separator.replace("\t", "\\t"),
        "decimal": dialect.decimal,
        "sampling": SAMPLING
        if survey is not None
        else "".join(f"# {line}\n" for line in SAMPLING.splitlines()),
    }
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    written = {
        folder / "study.toml": string.Template(_shipped("new_study.toml")).substitute(values),
        folder / "privacy.toml": _shipped("new_privacy.toml"),
        folder / "texts" / ("LEGGIMI.md"): _shipped("new_texts.md"),
    }
    if survey is not None:
        (folder / "survey").mkdir()
        written[folder / "survey" / "codebook.toml"] = codebook
    for path, text in written.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    (folder / "tables.xlsx").write_bytes(workbook())
    paths = [*written, folder / "tables.xlsx"]
    if survey is not None:
        shutil.copyfile(survey, folder / "survey" / copied)
        paths.append(folder / "survey" / copied)
    return sorted(paths)


def identifier(name: str) -> str:
    """A folder's name as the identifier of a study: small letters, digits and hyphens."""
    letters = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_]+", "-", letters).strip("-_") or "studio"


def _shipped(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def workbook() -> bytes:
    """`tables.xlsx`: a sheet of explanations, an empty sheet for each table, a hidden sheet with the lists of codes. Equal bytes at each call."""
    from openpyxl import Workbook

    book = Workbook()
    _explain(book)
    lists = _write_lists(book)
    for table in contracts().tables.values():
        _write_sheet(book.create_sheet(table.name), table, lists)
    book.move_sheet(CODES_SHEET, len(contracts().tables))
    return _steady(book)


def _explain(book: Workbook) -> None:
    from openpyxl.styles import Alignment, Font

    sheet: Any = book.active
    sheet.title = "Leggimi"
    lines: list[tuple[str, str]] = [
        ("Come si compila", "How to fill this in"),
        ("Un foglio per tabella; si compilano solo quelli che servono, a partire dalla riga 3.", "One sheet a table; fill in only those you need, from row 3 on."),
        ("Le prime due righe (nome del campo, etichetta) restano come sono. L'asterisco segna i campi obbligatori.", "Leave the first two rows (field name, label) as they are. An asterisk marks required fields."),
        ("Gli identificativi (a1, incontro-03) sono una sola parola; le altre tabelle rinviano ad essi.", "Identifiers (a1, meeting-03) are one word; other tables refer to them."),
        ("Le date: 2016-01-31 oppure 31/01/2016. Le ore e gli importi: numeri, senza unità di misura.", "Dates: 2016-01-31 or 31/01/2016. Hours and amounts: numbers, without units."),
        ("I codici si scelgono dall'elenco a discesa; valgono anche i sinonimi comuni (azienda, ente del Terzo settore).", "Choose codes from the drop-down list; common Italian synonyms are accepted too."),
        ("Per controllare tutto in una volta: altro check CARTELLA", "To check everything at once: altro check FOLDER"),
        ("", ""),
        ("Foglio", "Sheet"),
    ]  # fmt: skip
    for row in lines:
        sheet.append(row)
    for table in contracts().tables.values():
        sheet.append((f"{table.name}: {table.label['it']}", f"{table.name}: {table.label['en']}"))
    for column in ("A", "B"):
        sheet.column_dimensions[column].width = 70
    for row in sheet.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if cell.row in (1, len(lines)):
                cell.font = Font(bold=True)


def _write_lists(book: Workbook) -> dict[str, str]:
    """Write the Italian labels of each enumeration to a column of a hidden sheet; returns enumeration → its range."""
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(CODES_SHEET)
    sheet.sheet_state = "hidden"
    ranges = {}
    for column, (name, codes) in enumerate(contracts().enumerations.items(), start=1):
        sheet.cell(1, column, name)
        for row, code in enumerate(codes, start=2):
            sheet.cell(row, column, code.label["it"])
        letter = get_column_letter(column)
        ranges[name] = f"{CODES_SHEET}!${letter}$2:${letter}${len(codes) + 1}"
    return ranges


def _write_sheet(sheet: Worksheet, table: Table, lists: dict[str, str]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    fill = PatternFill("solid", fgColor="E8EEF4")
    for column, field in enumerate(table.fields.values(), start=1):
        letter = get_column_letter(column)
        label = field.label["it"] + (" *" if field.required else "")
        name, title = sheet.cell(1, column, field.name), sheet.cell(2, column, label)
        name.font, title.font = Font(bold=True), Font(italic=True)
        name.fill = title.fill = fill
        title.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[letter].width = max(12, min(30, len(label) + 2))
        if field.enumeration:
            validation = DataValidation(
                type="list", formula1=f"={lists[field.enumeration]}", allow_blank=True, showErrorMessage=False
            )
            sheet.add_data_validation(validation)
            validation.add(f"{letter}3:{letter}{ROWS}")
        form = _number_format(field)
        if form:
            sheet.column_dimensions[letter].number_format = form
    sheet.freeze_panes = "A3"


def _number_format(field: Field) -> str:
    """Dates as dates; identifiers as text, so that a spreadsheet keeps leading zeros."""
    return {"date": "yyyy-mm-dd", "id": "@", "ref": "@", "refs": "@"}.get(field.type, "")


def _steady(book: Workbook) -> bytes:
    """The workbook as bytes without a trace of the moment: fixed time stamps inside and in the archive."""
    stream, steady = io.BytesIO(), io.BytesIO()
    book.properties.creator = "altro"
    book.save(stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(steady, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            target.writestr(entry, content)
    return steady.getvalue()
