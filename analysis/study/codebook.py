"""`survey/codebook.toml`: waves, variables, missing codes, instruments and derived variables of a study's survey. Reads no microdata."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import Fault, StudyError, say
from analysis.study import derived, settings
from analysis.study.contracts import Code, Field, Label, contracts, nearest
from analysis.study.declared import Findings, Section, load
from analysis.study.derived import Derived
from analysis.study.readers import Dialect
from analysis.study.sampling import Sampling

ROLES = ("", "identifier", "quasi-identifier", "sensitive", "weight", "design")
TYPES = ("id", "text", "date", "number", "integer", "code", "flag", "ref")


@dataclass(frozen=True)
class Variable:
    """One variable of the survey, collected or derived.

    codes: allowed values in order; labels: code → label; missing: code as it stands in the file → label of the reason;
    column: its header in the files; spellings: code → other values that stand for it in the files;
    waves: where it was asked (all, if empty); asked_if: condition under which it was asked.
    """

    name: str
    type: str
    role: str
    label: Label
    codes: tuple[str, ...] = ()
    labels: dict[str, Label] = field(default_factory=dict)
    min: float | None = None
    max: float | None = None
    missing: dict[str, Label] = field(default_factory=dict)
    unit: str = ""
    to: str = ""
    column: str = ""
    spellings: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waves: tuple[int, ...] = ()
    asked_if: dict[str, Any] = field(default_factory=dict)
    is_derived: bool = False

    def field(self) -> Field:
        """The variable as a field, for the converter that tables use."""
        codes = tuple(Code(code, self.labels[code], self.spellings.get(code, ())) for code in self.codes)
        return Field(
            self.name,
            self.type,
            self.label,
            codes=codes,
            to=self.to,
            min=self.min,
            max=self.max,
            unit=self.unit,
        )


@dataclass(frozen=True)
class Wave:
    """One wave: its files (the first has a row for each unit, the others are joined to it), each one's key, and what a row is.

    other_columns: "fault" or "ignore", for columns that the codebook does not describe; empty: texts that stand for an empty cell ("NA", ".").
    """

    number: int
    files: tuple[str, ...]
    join: dict[str, tuple[str, ...]]
    unit: str
    date: dt.date | None
    label: Label | None
    sha256: dict[str, str]
    other_columns: str
    empty: tuple[str, ...]
    dialect: Dialect

    @property
    def key(self) -> tuple[str, ...]:
        """The variables that together identify a row of the wave; none if none is declared."""
        return self.join[self.files[0]]


@dataclass(frozen=True)
class Codebook:
    """A survey's codebook. `variables` holds the collected ones, then the derived ones, each in the order written."""

    variables: dict[str, Variable]
    waves: dict[int, Wave]
    derived: dict[str, Derived]
    instruments: dict[str, dict[str, Any]]
    citation: Label | None = None
    obtain: Label | None = None
    pending: tuple[Fault, ...] = ()

    def labels(self) -> dict[str, dict[str, Label]]:
        """Variable → code → label, for the variables that have codes."""
        return {name: variable.labels for name, variable in self.variables.items() if variable.labels}

    def undescribed(self, samplings: Mapping[str, Sampling], shown: str) -> list[Fault]:
        """Faults of strata, clusters and weights that study.toml (`shown`) names and the codebook does not describe."""
        faults = []
        for name, sampling in samplings.items():
            for key, variable in sampling.variables():
                if variable and variable not in self.variables:
                    near = nearest(variable, self.variables)
                    step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
                    what = say(
                        f"«{variable}» non è una variabile del codebook",
                        f"“{variable}” is not a variable of the codebook",
                    )
                    faults.append(Fault(what, f"{shown}, [sampling.{name}] {key}", "", step))
        return faults


def read(path: Path, shown: str, default: Dialect) -> Codebook:
    """The codebook at `path`. Raises StudyError with all its faults."""
    findings = Findings()
    top = Section(load(path, shown), shown, findings=findings)
    citation, obtain = top.label("citation"), top.label("obtain")
    waves = {wave.number: wave for _, section in top.sections("waves") if (wave := _wave(section, default))}
    variables = {name: _variable(name, section) for name, section in top.sections("variables")}
    steps: dict[str, Derived] = {}
    for name, section in top.sections("derived"):
        known = variables | {step.name: _as_variable(step) for step in steps.values()}
        if name in variables:
            section.break_(
                "", say(f"«{name}» è già fra le variabili", f"“{name}” is among the variables already")
            )
        step = derived.read(name, section, {key: (item.type, item.codes) for key, item in known.items()})
        if step is not None:
            steps[name] = step
    instruments = _instruments(top, set(variables) | set(steps))
    top.close()
    if not waves:
        top.break_(
            "waves", say("nessuna rilevazione dichiarata", "no wave declared"), '[waves.1] files = ["…"]'
        )
    if not variables:
        top.break_("variables", say("nessuna variabile dichiarata", "no variable declared"), "[variables.…]")
    _cross_check(top, waves, variables)
    if findings.broken:
        raise StudyError(findings.broken)
    everything = variables | {step.name: _as_variable(step) for step in steps.values()}
    return Codebook(everything, waves, steps, instruments, citation, obtain, tuple(findings.pending))


def _as_variable(step: Derived) -> Variable:
    return Variable(
        step.name, step.type, step.role, step.label, tuple(step.labels), step.labels, is_derived=True
    )


def _wave(section: Section, default: Dialect) -> Wave | None:
    name = section.name.rpartition(".")[2]
    files = [text.replace("\\", "/") for text in section.texts("files", required=True)]
    for text in files:
        if text.startswith("/") or ":" in text or ".." in text.split("/"):
            section.break_(
                "files",
                say(f"«{text}» non va bene", f"“{text}” will not do"),
                say("un nome dentro survey/", "a name inside survey/"),
            )
    join = _join(section, files)
    sums = section.raw("sha256", (dict,), '{ "file.csv" = "…" }') or {}
    for text, value in sums.items():
        if text not in files or not re.fullmatch(r"[0-9a-f]{64}", str(value)):
            section.break_(
                "sha256",
                say(f"«{text}» = «{value}» non va bene", f"“{text}” = “{value}” will not do"),
                say(
                    "un file della rilevazione e 64 cifre esadecimali",
                    "a file of the wave and 64 hexadecimal digits",
                ),
            )
    wave_dialect = default
    csv = section.section("csv")
    if csv is not None:
        wave_dialect = settings.dialect(csv, default)
    wave = Wave(
        int(name) if name.isdigit() else 0, tuple(files), join, section.text("unit", default="person"), section.date("date"), section.label("label"),
        {text: str(value) for text, value in sums.items()}, section.text("other_columns", choices=("fault", "ignore"), default="fault"), tuple(section.texts("empty")), wave_dialect,
    )  # fmt: skip
    section.close()
    if not name.isdigit() or int(name) < 1:
        section.break_(
            "",
            say(f"«{name}» non è un numero di rilevazione", f"“{name}” is not the number of a wave"),
            "[waves.1], [waves.2], …",
        )
        return None
    return wave if files else None


def _join(section: Section, files: list[str]) -> dict[str, tuple[str, ...]]:
    """file → the variables of its key; `join` is one variable (or several) for all files, or a table file → variable (or several)."""
    kind = say(
        'una variabile, ["più", "variabili"], oppure { "file.csv" = … }',
        'a variable, ["several", "variables"], or { "file.csv" = … }',
    )
    value = section.raw("join", (str, list, dict), kind, required=len(files) > 1)
    given = value if isinstance(value, dict) else dict.fromkeys(files, value or [])
    keys = {
        text: tuple([item] if isinstance(item, str) else item)
        for text, item in given.items()
        if isinstance(item, (str, list))
    }
    lacking = [text for text in files if text not in keys]
    if lacking:
        section.break_(
            "join", say(f"manca la chiave di «{lacking[0]}»", f"the key of “{lacking[0]}” is missing"), kind
        )
    return {text: keys.get(text, ()) for text in files}


def _variable(name: str, section: Section) -> Variable:
    kind = section.text("type", required=True, choices=TYPES, default="text")
    labels, spellings = _codes(section)
    if kind == "flag":
        flags = {code.name: code for code in contracts().enumerations["flag"]}
        labels = labels or {code: item.label for code, item in flags.items()}
        spellings = {
            code: (*item.synonyms, *spellings.get(code, ())) for code, item in flags.items() if code in labels
        }
        kind = "code"
    if kind == "code" and not labels:
        section.break_(
            "codes",
            say("manca l'elenco dei codici", "the list of codes is missing"),
            "codes = { f = { it, en }, … }",
        )
    waves = section.raw("waves", (list,), "[1, 2]") or []
    low, high = section.number("min"), section.number("max")
    if low is not None and high is not None and high < low:
        section.break_("max", say(f"{high:g} è minore di min", f"{high:g} is less than min"))
    variable = Variable(
        name, kind, section.text("role", choices=ROLES), section.label("label", required=True) or {"it": name, "en": name}, tuple(labels), labels,
        low, high, section.labels("missing"), section.text("unit"), section.text("to", choices=tuple(contracts().tables)),
        section.text("column") or name, spellings, tuple(waves), section.raw("asked_if", (dict,), '{ variable = ["…"] }') or {},
    )  # fmt: skip
    if kind == "ref" and not variable.to:
        section.break_(
            "to",
            say("manca la tabella a cui rinvia", "the table that it refers to is missing"),
            ", ".join(contracts().tables),
        )
    section.close()
    return variable


def _codes(section: Section) -> tuple[dict[str, Label], dict[str, tuple[str, ...]]]:
    """Labels of the codes, and the `values` that stand for them in the files."""
    value = section.raw("codes", (dict,), '{ f = { it = "…", en = "…", values = ["2"] }, … }') or {}
    labels: dict[str, Label] = {}
    spellings: dict[str, tuple[str, ...]] = {}
    for code, entry in value.items():
        if not isinstance(entry, dict):
            section.break_(
                f"codes.{code}",
                say("non è un testo nelle due lingue", "is not a text in two languages"),
                '{ it = "…", en = "…" }',
            )
            continue
        label = section.both(f"codes.{code}", {key: text for key, text in entry.items() if key != "values"})
        labels[code] = label or {"it": code, "en": code}
        written = entry.get("values", [])
        spellings[code] = tuple(str(item) for item in (written if isinstance(written, list) else [written]))
    return labels, spellings


def _instruments(top: Section, known: set[str]) -> dict[str, dict[str, Any]]:
    """Instruments as written; each list named items or items_… must name variables."""
    found: dict[str, dict[str, Any]] = {}
    for name, section in top.sections("instruments"):
        found[name] = dict(section.values)
        for key, value in section.values.items():
            if key == "items" or key.startswith("items_"):
                for item in section.texts(key):
                    if item not in known:
                        near = nearest(item, known)
                        section.break_(
                            key,
                            say(f"«{item}» non è una variabile", f"“{item}” is not a variable"),
                            "",
                            say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else "",
                        )
            elif not isinstance(value, (str, int, float, dict, list)):
                section.break_(key, say(f"«{value}» non va bene", f"“{value}” will not do"))
    return found


def _cross_check(top: Section, waves: Mapping[int, Wave], variables: Mapping[str, Variable]) -> None:
    """Join keys are variables; `waves` of a variable are waves; conditions speak of variables and their codes; headers are distinct."""
    for wave in waves.values():
        for key in dict.fromkeys(name for names in wave.join.values() for name in names):
            if key not in variables:
                near = nearest(key, variables)
                top.break_(
                    f"[waves.{wave.number}] join",
                    say(f"«{key}» non è una variabile", f"“{key}” is not a variable"),
                    "",
                    say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else "",
                )
    known = {key: (item.type, item.codes) for key, item in variables.items()}
    headers: dict[str, str] = {}
    for name, variable in variables.items():
        place = replace_name(top, f"variables.{name}")
        for number in variable.waves:
            if number not in waves:
                place.break_(
                    "waves",
                    say(f"la rilevazione {number} non è dichiarata", f"wave {number} is not declared"),
                    ", ".join(map(str, waves)),
                )
        derived.check_condition(variable.asked_if, known, place, "asked_if")
        if variable.column in headers:
            other = headers[variable.column]
            place.break_(
                "column",
                say(
                    f"«{variable.column}» è già la colonna di {other}",
                    f"“{variable.column}” is the column of {other} already",
                ),
            )
        headers[variable.column] = name


def replace_name(section: Section, name: str) -> Section:
    """A section of the same file and findings under another name, to place faults."""
    return Section({}, section.shown, name, section.findings)
