"""A draft codebook from a file of answers: names, guessed types, lists of codes, doubts as comments. It holds no record and no continuous value:
only the distinct codes of variables that have at most CODES of them, each standing for several people."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, StudyError, say
from analysis.study import cells, readers
from analysis.study.contracts import contracts, plain, spellings
from analysis.study.readers import Dialect, Source

if TYPE_CHECKING:
    import pandas as pd

CODES = 20
EMPTY = ("NA", "N/A", "#N/A", "#N/D", "NaN", "nan", "NULL", ".", "-")
ROWS_A_CODE = 3
SCALE_POINTS = 11
MISSING = frozenset({-99, -9, -8, -7, -1, 77, 88, 97, 98, 99, 888, 997, 998, 999, 9998, 9999})
IDENTIFIERS = ("id", "identificativo", "codice fiscale", "cf", "nome", "cognome", "nome e cognome", "email", "e mail", "mail", "telefono", "cellulare", "indirizzo", "matricola", "name", "surname", "phone", "address", "ip")  # fmt: skip
QUASI = ("eta", "age", "anno di nascita", "data di nascita", "birth", "sesso", "genere", "sex", "gender", "quartiere", "quarter", "municipio", "comune", "cap", "zip", "municipality", "cittadinanza", "nazionalita", "azienda", "impresa", "company", "employer")  # fmt: skip
WEIGHTS, DESIGN = ("peso", "weight", "pesi"), ("strato", "stratum", "strata", "grappolo", "cluster", "psu")
HEADER = """# Codebook, bozza ricavata da $file: rileggere ogni riga. / Codebook, a draft made from the file: read every line again.
# type: id, text, date, number, integer, code, flag, ref.   role: identifier, quasi-identifier, sensitive, weight, design (o niente / or none).
# Le etichette si scrivono in due lingue; i codici restano quelli del file. / Labels are in two languages; codes stay those of the file.
"""


def guess_dialect(path: Path) -> Dialect:
    """Separator and decimal mark of a CSV file as its first lines show them; those of a new study for other files."""
    if path.suffix.casefold() != ".csv":
        return Dialect()
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            head = [line for _, line in zip(range(200), stream)]
    except FileNotFoundError:
        raise StudyError(Fault(say("il file manca", "the file is missing"), path.name)) from None
    except UnicodeDecodeError:
        raise StudyError(readers.not_utf8(path.name)) from None
    separator = max(readers.SEPARATORS, key=lambda mark: head[0].count(mark) if head else 0)
    commas = sum(
        bool(re.fullmatch(r"-?\d+,\d+", cell.strip()))
        for row in csv.reader(head, delimiter=separator)
        for cell in row
    )
    points = sum(
        bool(re.fullmatch(r"-?\d+\.\d+", cell.strip()))
        for row in csv.reader(head, delimiter=separator)
        for cell in row
    )
    return Dialect(separator, "," if commas > points else ".")


def codebook(path: Path, name: str, dialect: Dialect) -> str:
    """The text of a draft codebook.toml for the file at `path`, which will stand as survey/`name`. Raises StudyError when it cannot be read."""
    if not path.is_file():
        raise StudyError(Fault(say("il file manca", "the file is missing"), path.name))
    raw = readers.read(Source("survey", path), dialect, path.name)
    names = _names([str(header) for header in raw.columns])
    texts = {key: cells.text_of(raw.iloc[:, position]) for position, key in enumerate(names)}
    empty = [mark for mark in EMPTY if any(bool((column == mark).any()) for column in texts.values())]
    texts = {key: column.mask(column.isin(empty), "") for key, column in texts.items()}
    join = next((key for key, column in texts.items() if _is_key(column, key)), "")
    lines = [HEADER.replace("$file", name), "[waves.1]", f"files = [{_quote(name)}]"]
    lines.append(
        f"join = {_quote(join)}"
        if join
        else '# join = "…"   # la variabile che identifica chi risponde, se c\'è / the variable that identifies a respondent, if any'
    )
    if empty:
        lines.append(
            f"empty = [{', '.join(_quote(mark) for mark in empty)}]   # valgono come cella vuota / count as an empty cell"
        )
    lines += [
        'unit = "person"',
        "# date = 2026-01-31   # quando / when",
        'label = { it = "prima rilevazione", en = "first wave" }',
        "",
    ]
    for key, column, header in zip(names, texts.values(), raw.columns):
        lines += [*_variable(key, str(header), column, dialect, key == join), ""]
    return "\n".join(lines)


def _names(headers: list[str]) -> list[str]:
    """Headers as names of variables: small letters, digits, underscores; distinct."""
    names: list[str] = []
    for position, header in enumerate(headers, start=1):
        name = (
            re.sub(r"[^a-z0-9]+", "_", plain(header).encode("ascii", "ignore").decode()).strip("_")
            or f"v{position}"
        )
        if not name[0].isalpha():
            name = f"v_{name}"
        while name in names:
            name += "_"
        names.append(name)
    return names


def _named(name: str, words: tuple[str, ...]) -> bool:
    text = " ".join(name.split("_"))
    return any(re.search(rf"(^| ){re.escape(word)}( |$)", text) for word in words)


def _is_key(column: pd.Series, name: str) -> bool:
    """Whether the column can identify respondents: filled, each value once, and named like an identifier or made of single words or running numbers."""
    if not len(column) or not bool((column != "").all()) or not bool(column.is_unique):
        return False
    if _named(name, IDENTIFIERS):
        return True
    if len(column) <= CODES:
        return False
    if bool(column.str.fullmatch(r"\d{1,15}").all()):
        numbers = column.astype("int64")
        return bool(numbers.max() - numbers.min() == len(column) - 1)
    return bool(column.str.fullmatch(r"(?=.*[^\d.,/:+-])\S+").all())


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\t", " ") + '"'


def _both(text: str) -> str:
    return f"{{ it = {_quote(text)}, en = {_quote(text)} }}"


def _variable(name: str, header: str, column: pd.Series, dialect: Dialect, is_key: bool) -> list[str]:
    """The section of one variable."""
    lines = [f"[variables.{name}]"]
    if header != name:
        lines.append(f"column = {_quote(header)}")
    body, role = _body(column[column != ""], dialect), ""
    if is_key or _is_key(column, name) or _named(name, IDENTIFIERS):
        role = "identifier"
        body = [
            'type = "id"' if not bool(column.str.contains(r"[\s;]", regex=True).any()) else 'type = "text"'
        ]
    elif _named(name, WEIGHTS):
        role = "weight"
    elif _named(name, DESIGN):
        role = "design"
    elif _named(name, QUASI):
        role = "quasi-identifier"
    lines += body
    if role:
        lines.append(f'role = "{role}"')
    if (
        not role
        and not is_key
        and len(column) > CODES
        and bool(column.is_unique)
        and body == ['type = "text"']
    ):
        lines.append(
            '# ogni valore è diverso: se identifica le persone, role = "identifier" / every value differs: if it identifies people, role = "identifier"'
        )
    lines.append(f"label = {_both(header)}")
    return lines


def _body(filled: pd.Series, dialect: Dialect) -> list[str]:
    """Type, and the codes or range where few values stand for many people."""
    distinct = sorted(filled.unique())
    few = 0 < len(distinct) <= CODES and len(filled) >= ROWS_A_CODE * len(distinct)
    flags = spellings(contracts().enumerations["flag"])
    if not distinct:
        return ['type = "text"', "# colonna vuota / empty column"]
    if bool(filled.str.fullmatch(r"[+-]?\d+").all()):
        numbers = sorted({int(text) for text in distinct})
        return _integers(numbers) if few else ['type = "integer"']
    if bool(filled.str.fullmatch(rf"[+-]?\d+(\{dialect.decimal}\d+)?").all()):
        return ['type = "number"']
    if bool(filled.str.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}").all()):
        return ['type = "date"']
    if few and all(plain(text) in flags for text in distinct):
        return ['type = "flag"']
    if few:
        codes: dict[str, list[str]] = {}
        for text in distinct:
            codes.setdefault(plain(text), []).append(text)
        return ['type = "code"', *_code_lines([(texts[0], texts[0]) for texts in codes.values()])]
    return ['type = "text"']


def _integers(numbers: list[int]) -> list[str]:
    """A scale when the plausible values run without a gap from 0 or 1, a list of codes otherwise; doubtful values as a comment."""
    doubtful = [value for value in numbers if value in MISSING and _apart(value, numbers)]
    sound = [value for value in numbers if value not in doubtful]
    if not sound:
        sound, doubtful = numbers, []
    consecutive = sound == list(range(sound[0], sound[-1] + 1))
    if len(sound) > 2 and consecutive and sound[0] in (0, 1) and len(sound) <= SCALE_POINTS:
        lines = ['type = "integer"', f"min = {numbers[0]}", f"max = {numbers[-1]}"]
    else:
        lines = ['type = "code"', *_code_lines([(str(value), str(value)) for value in numbers])]
    if doubtful:
        values = ", ".join(map(str, doubtful))
        entries = ", ".join(
            f'"{value}" = {{ it = "non risponde", en = "does not answer" }}' for value in doubtful
        )
        lines.append(
            f"# {values}: forse mancate risposte? Allora min = {sound[0]}, max = {sound[-1]} (o via dai codici) e / perhaps missing codes? Then so, and"
        )
        lines.append(f"# missing = {{ {entries} }}")
    return lines


def _apart(value: int, numbers: list[int]) -> bool:
    """Whether a usual missing code stands apart from the other values."""
    others = [number for number in numbers if number not in MISSING]
    if not others:
        return False
    return value < min(others) if value < 0 else value > max(others) + 1


def _code_lines(codes: list[tuple[str, str]]) -> list[str]:
    return ["codes = { " + ", ".join(f"{_quote(code)} = {_both(label)}" for code, label in codes) + " }"]
