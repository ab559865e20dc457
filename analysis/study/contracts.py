"""The contracts of the tables of a study, read from `tables.toml` into frozen dataclasses. No check happens here."""

from __future__ import annotations

import difflib
import functools
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import Fault, StudyError, say

Label = dict[str, str]
"""A text in the two languages: {"it": …, "en": …}."""

TYPES = ("id", "text", "date", "number", "integer", "code", "flag", "ref", "refs")


@dataclass(frozen=True)
class Code:
    """One value of a closed list: the canonical word, its labels, and what people write instead."""

    name: str
    label: Label
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Field:
    """One column of a table."""

    name: str
    type: str
    label: Label
    required: bool = False
    enumeration: str = ""
    codes: tuple[Code, ...] = ()
    to: str = ""
    min: float | None = None
    max: float | None = None
    above: float | None = None
    unit: str = ""
    exempt: str = ""
    within: str = ""


@dataclass(frozen=True)
class Table:
    """One table: its fields in order, what identifies a row, and the rules that hold between fields."""

    name: str
    label: Label
    key: tuple[str, ...]
    fields: dict[str, Field]
    distinct: tuple[tuple[str, str], ...] = ()
    ordered: tuple[tuple[str, str], ...] = ()
    any_of: tuple[str, ...] = ()
    belongs: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Contracts:
    """All tables and all enumerations."""

    tables: dict[str, Table]
    enumerations: dict[str, tuple[Code, ...]]

    def table_named(self, text: str) -> str | None:
        """The table that a file stem or a sheet title means: its name or its label in either language."""
        wanted = plain(text)
        for name, table in self.tables.items():
            if wanted in (plain(name), plain(table.label["it"]), plain(table.label["en"])):
                return name
        return None


def plain(text: str) -> str:
    """Text without case, accents, asterisks and the difference between blank, hyphen and underscore: what two spellings are compared by."""
    decomposed = unicodedata.normalize("NFKD", str(text).casefold().replace("'", "’"))
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    for mark in "_-–—*\u00a0":
        letters = letters.replace(mark, " ")
    return " ".join(letters.split())


def nearest(text: str, allowed: Iterable[str], likeness: float = 0.6) -> str | None:
    """The allowed word most like `text`, if any reaches the likeness (0 to 1, of difflib); compared without case and accents."""
    words = {plain(word): word for word in reversed(list(allowed))}
    found = difflib.get_close_matches(plain(text), list(words), n=1, cutoff=likeness)
    return words[found[0]] if found else None


def spellings(codes: Iterable[Code]) -> dict[str, str]:
    """Every accepted spelling (see `plain`) → canonical code. Canonical words and labels win over synonyms."""
    codes = tuple(codes)
    table: dict[str, str] = {}
    for words in (
        [(code.name, code.name) for code in codes],
        [(text, code.name) for code in codes for text in code.label.values()],
        [(text, code.name) for code in codes for text in code.synonyms],
    ):
        for text, name in words:
            table.setdefault(plain(text), name)
    return table


def headers(fields: Mapping[str, Field]) -> dict[str, str]:
    """Every accepted spelling of a column's header (see `plain`) → field. Names win over labels."""
    accepted: dict[str, str] = {}
    for name, item in fields.items():
        for text in (item.label["en"], item.label["it"]):
            accepted.setdefault(plain(text), name)
    return accepted | {plain(name): name for name in fields}


@functools.cache
def contracts() -> Contracts:
    """The contracts shipped with the package, read once."""
    raw = tomllib.loads(Path(__file__).with_name("tables.toml").read_text(encoding="utf-8"))
    enumerations = {
        name: tuple(_code(code, spec) for code, spec in codes.items())
        for name, codes in raw["enumerations"].items()
    }
    tables = {name: _table(name, spec, enumerations) for name, spec in raw["tables"].items()}
    return Contracts(tables, enumerations)


def known_name(name: str) -> None:
    """Refuse, with a StudyError and the nearest one, a name that is neither a table nor "survey", "scenarios" or "context"."""
    names = [*contracts().tables, "survey", "scenarios", "context"]
    if name not in names:
        near = nearest(name, names)
        step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
        what = say(f"«{name}» non è il nome di una tabella", f"“{name}” is not the name of a table")
        raise StudyError(Fault(what, "", ", ".join(names), step))


def _code(name: str, spec: Mapping) -> Code:
    return Code(name, {"it": spec["it"], "en": spec["en"]}, tuple(spec.get("synonyms", ())))


def _table(name: str, spec: Mapping, enumerations: Mapping[str, tuple[Code, ...]]) -> Table:
    fields = {column: _field(column, entry, enumerations) for column, entry in spec["fields"].items()}
    return Table(
        name=name,
        label={"it": spec["it"], "en": spec["en"]},
        key=tuple(spec["key"]),
        fields=fields,
        distinct=tuple((a, b) for a, b in spec.get("distinct", ())),
        ordered=tuple((a, b) for a, b in spec.get("ordered", ())),
        any_of=tuple(spec.get("any_of", ())),
        belongs=dict(spec.get("belongs", {})),
    )


def _field(name: str, spec: Mapping, enumerations: Mapping[str, tuple[Code, ...]]) -> Field:
    options = {key: value for key, value in spec.items() if key not in ("it", "en", "codes")}
    enumeration = "flag" if spec["type"] == "flag" else spec.get("codes", "")
    return Field(
        name=name,
        label={"it": spec["it"], "en": spec["en"]},
        enumeration=enumeration,
        codes=enumerations[enumeration] if enumeration else (),
        **options,
    )
