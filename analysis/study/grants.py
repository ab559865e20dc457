"""Lists of grants kept as SQL inserts (the donations list's dialect): who gave how much to whom, when and for which cause.

A list is a file of `insert into donations (columns) values (…),(…);`, as often as wanted, between comments. Texts stand in single quotes, doubled where one is meant; a value may be NULL.
The files are read by a small tokeniser, line by line in what it says of faults; nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import Fault, StudyError, say

if TYPE_CHECKING:
    import pandas as pd

TABLE = "donations"
COLUMNS = {"donor": "donor", "donee": "donee", "amount": "amount", "donation_date": "date", "cause_area": "cause_area"}  # fmt: skip
IGNORED = {
    "donation_date_precision", "donation_date_basis", "url", "donor_cause_area_url", "notes", "affected_countries", "affected_states",
    "affected_cities", "affected_regions",
}  # fmt: skip
TOKEN = re.compile(
    r"""(?P<space>\s+)|(?P<comment>(?:--|\#)[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<mark>[(),;])|(?P<word>[^\s(),;']+)""",
    re.DOTALL,
)
NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Token:
    """A piece of the file: `kind` text, mark or word, its `value` (a text without its quotes), and its line, from 1."""

    kind: str
    value: str
    line: int


@dataclass(frozen=True)
class Value:
    """One row of values with the line on which it begins."""

    items: tuple[Token, ...]
    line: int


def read(*paths: Path) -> pd.DataFrame:
    """Every grant of the files: donor, donee, amount (as it stands, in the list's currency), date (datetime64), cause_area; a missing value is missing, a cause "FIXME" too.

    Raises StudyError with all faults, each with file and line: a file that cannot be read, a quotation mark that is not closed, what is no insert into donations, a column that the list does not know
    or one that is missing, a row with too few or too many values, no donor, donee or amount, an amount that is no number or is negative, a date that is none.
    """
    import pandas as pd

    faults: list[Fault] = []
    rows: list[dict[str, object]] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(say(f"il file non si legge ({error})", f"the file cannot be read ({error})"), path.name))  # fmt: skip
            continue
        tokens = _tokens(text, path.name, faults)
        before = len(faults)
        found = list(_statements(tokens, path.name, faults))
        if not found and len(faults) == before:
            faults.append(Fault(say("nessun elenco di doni", "no list of donations"), path.name, f"insert into {TABLE} (…) values (…);"))  # fmt: skip
        for columns, values in found:
            rows += [row for value in values if (row := _row(columns, value, path.name, faults)) is not None]
    if faults:
        raise StudyError(faults)
    frame = pd.DataFrame(rows, columns=list(COLUMNS.values()))
    return frame.assign(
        amount=frame["amount"].astype(float),
        date=pd.to_datetime(frame["date"]),
        cause_area=frame["cause_area"].astype("str"),
    )


def _at(name: str, line: int) -> str:
    return f"{name}, " + say("riga ", "line ") + str(line)


def _tokens(text: str, name: str, faults: list[Fault]) -> list[Token]:
    """The pieces of a file up to the first that cannot be read."""
    found, at, line = [], 0, 1
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            what = say("virgoletta aperta e non chiusa", "a quotation mark opened and not closed")
            faults.append(Fault(what, _at(name, line)))
            break
        kind, value = str(match.lastgroup), match[0]
        if kind == "text":
            found.append(Token(kind, value[1:-1].replace("''", "'"), line))
        elif kind in ("mark", "word"):
            found.append(Token(kind, value, line))
        line += value.count("\n")
        at = match.end()
    return found


def _statements(
    tokens: Sequence[Token], name: str, faults: list[Fault]
) -> Iterator[tuple[list[str], list[Value]]]:
    """Columns and rows of every insert; one that is none is a fault, and the next semicolon begins anew."""
    start = 0
    ends = [at for at, token in enumerate(tokens) if token == Token("mark", ";", token.line)]
    for end in [*ends, len(tokens)]:
        part = tokens[start:end]
        start = end + 1
        if not part:
            continue
        head = [token.value.lower() for token in part[:4]]
        if head != ["insert", "into", TABLE, "("] or part[0].kind != "word":
            what = say("non è un elenco di doni", "it is no list of donations")
            faults.append(Fault(what, _at(name, part[0].line), f"insert into {TABLE} (…) values (…);"))
            continue
        groups = list(_groups(part[3:], name, faults))
        columns = [token.value.lower().strip('`"') for token in groups[0].items] if groups else []
        known = _columns(columns, name, part[0].line, faults)
        if known:
            yield columns, groups[1:]


def _columns(columns: Sequence[str], name: str, line: int, faults: list[Fault]) -> bool:
    strange = [column for column in columns if column not in COLUMNS and column not in IGNORED]
    lost = [column for column in COLUMNS if column not in columns]
    twice = len(set(columns)) < len(columns)
    for wrong, what in (
        (
            strange,
            say(f"colonne sconosciute: {', '.join(strange)}", f"unknown columns: {', '.join(strange)}"),
        ),
        (lost, say(f"mancano le colonne {', '.join(lost)}", f"columns {', '.join(lost)} are missing")),
        (twice, say("una colonna è ripetuta", "a column is named twice")),
    ):
        if wrong:
            faults.append(Fault(what, _at(name, line), ", ".join([*COLUMNS, *sorted(IGNORED)])))
    return not (strange or lost or twice)


def _groups(tokens: Sequence[Token], name: str, faults: list[Fault]) -> Iterator[Value]:
    """What stands in each pair of brackets; between the first two the word `values`, between others a comma."""
    items: list[Token] | None = None
    opened, wants, number = 0, False, 0
    for token in tokens:
        mark = token.value if token.kind == "mark" else ""
        if items is None:
            expected = mark == "(" or (mark == "," and number > 1) or (
                number == 1 and token.kind == "word" and token.value.lower() == "values"
            )  # fmt: skip
            if not expected:
                faults.append(_malformed(name, token.line))
                return
            if mark == "(":
                items, opened, wants = [], token.line, True
        elif mark == ")":
            if wants:
                faults.append(_malformed(name, token.line))
            yield Value(tuple(items), opened)
            items, number = None, number + 1
        elif wants and not mark:
            items.append(token)
            wants = False
        elif not wants and mark == ",":
            wants = True
        else:
            faults.append(_malformed(name, token.line))
            return
    if items is not None:
        faults.append(Fault(say("parentesi aperta e non chiusa", "a bracket opened and not closed"), _at(name, opened)))  # fmt: skip


def _malformed(name: str, line: int) -> Fault:
    return Fault(say("riga scritta male", "a malformed row"), _at(name, line), "('…', 0, NULL)")


def _row(columns: Sequence[str], value: Value, name: str, faults: list[Fault]) -> dict[str, object] | None:
    """The grant of one row; None, and faults, where it is none."""
    where = _at(name, value.line)
    if len(value.items) != len(columns):
        what = say(f"{len(value.items)} valori per {len(columns)} colonne", f"{len(value.items)} values for {len(columns)} columns")  # fmt: skip
        faults.append(Fault(what, where))
        return None
    given = dict(zip(columns, value.items))
    bare = {
        new: None if token.kind == "word" and token.value.lower() == "null" else token.value.strip() or None
        for old, new in COLUMNS.items()
        for token in (given[old],)
    }
    before = len(faults)
    for key in ("donor", "donee", "amount"):
        if bare[key] is None:
            faults.append(Fault(say(f"manca {key}", f"{key} is missing"), where))
    amount, date = bare["amount"], bare["date"]
    if amount is not None and not NUMBER.fullmatch(amount):
        faults.append(
            Fault(say(f"importo «{amount}»", f"amount '{amount}'"), where, say("un numero", "a number"))
        )
    elif amount is not None and float(amount) < 0:
        faults.append(Fault(say(f"importo negativo: {amount}", f"a negative amount: {amount}"), where, "≥ 0"))
    if date is not None and not _dated(date):
        faults.append(Fault(say(f"data «{date}»", f"date '{date}'"), where, say("AAAA-MM-GG", "YYYY-MM-DD")))
    if len(faults) > before:
        return None
    cause = bare["cause_area"]
    return {**bare, "amount": float(str(amount)), "cause_area": None if cause == "FIXME" else cause}


def _dated(text: str) -> bool:
    import datetime

    if not DAY.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
