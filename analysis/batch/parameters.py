"""The typed parameters of a notebook: one schema gives the batch its grid, the command line its help, outputs their names."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from analysis.errors import Fault, ParameterError, say

LONGEST = 120  # characters of the name of a parameter set: a folder, below which lie others
LEGIBLE = 30  # characters kept of a value that cannot stand as it is
TYPES = ("choice", "integer", "number", "text")
ENTRIES = {"type", "choices", "min", "max", "unit", "default", "label"}


@dataclass(frozen=True)
class Parameter:
    """One parameter: `choices` for a choice, `low` and `high` (inclusive) for numbers, `unit` as printed."""

    name: str
    type: str
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    label: Mapping[str, str] = field(default_factory=dict)

    @property
    def allowed(self) -> str:
        if self.type == "choice":
            return ", ".join(self.choices)
        kind = {
            "integer": say("un intero", "an integer"),
            "number": say("un numero", "a number"),
            "text": say("un testo", "a text"),
        }[self.type]
        bounds = [
            f"≥ {self.low:g}" if self.low is not None else "",
            f"≤ {self.high:g}" if self.high is not None else "",
        ]
        return " ".join(part for part in (kind, *bounds, self.unit) if part)

    def read(self, value: Any) -> Any:
        """`value` (as typed on a command line, or a TOML value) in this parameter's type; ValueError where it does not fit."""
        if self.type == "choice":
            if str(value) not in self.choices:
                raise ValueError
            return str(value)
        if self.type == "text":
            return unicodedata.normalize("NFC", str(value))
        if isinstance(value, bool):
            raise ValueError
        number: float = int(str(value)) if self.type == "integer" else float(str(value))
        if not (number == number and abs(number) != float("inf")):
            raise ValueError
        if (self.low is not None and number < self.low) or (self.high is not None and number > self.high):
            raise ValueError
        return number + 0  # no negative zero: it would be a second name for the same value


def schema(front: Mapping[str, Any], notebook: str) -> dict[str, Parameter]:
    """The parameters declared in a notebook's TOML; every fault of the declarations at once."""
    found: dict[str, Parameter] = {}
    faults: list[Fault] = []
    for name, entry in front.get("parameters", {}).items():
        where = f"notebooks/{notebook}.toml [parameters.{name}]"
        faults += [
            Fault(
                say(f"voce «{key}» sconosciuta", f"unknown entry '{key}'"), where, ", ".join(sorted(ENTRIES))
            )
            for key in sorted(set(entry) - ENTRIES)
        ]
        if entry.get("type") not in TYPES:
            faults.append(
                Fault(say("manca o è errato il tipo", "type is missing or wrong"), where, ", ".join(TYPES))
            )
            continue
        parameter = Parameter(
            name, entry["type"], entry.get("default"), tuple(map(str, entry.get("choices", ()))), entry.get("min"),
            entry.get("max"), str(entry.get("unit", "")), entry.get("label", {}),
        )  # fmt: skip
        try:
            parameter.read(parameter.default)
        except (ValueError, TypeError):
            faults.append(
                Fault(
                    say(
                        f"il valore predefinito {parameter.default!r} non va",
                        f"the default {parameter.default!r} does not fit",
                    ),
                    where,
                    parameter.allowed,
                )
            )
        if set(parameter.label) < {"it", "en"}:
            faults.append(Fault(say("manca l'etichetta it o en", "label it or en is missing"), where))
        found[name] = parameter
    if faults:
        raise ParameterError(faults)
    return found


def validate(parameters: Mapping[str, Parameter], given: Mapping[str, Any], notebook: str) -> dict[str, Any]:
    """Every parameter with its value, typed; unknown names and wrong values are reported together, with the nearest valid name."""
    faults: list[Fault] = []
    values = {name: parameter.read(parameter.default) for name, parameter in parameters.items()}
    for name, value in given.items():
        if name not in parameters:
            near = get_close_matches(name, parameters, 1, cutoff=0.5)
            faults.append(
                Fault(
                    say(f"parametro «{name}» sconosciuto", f"unknown parameter '{name}'"),
                    notebook,
                    ", ".join(parameters) or say("nessuno", "none"),
                    say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else "",
                )
            )
            continue
        try:
            values[name] = parameters[name].read(value)
        except (ValueError, TypeError):
            near = get_close_matches(str(value), parameters[name].choices, 1, cutoff=0.5)
            faults.append(
                Fault(
                    say(f"{name} = {value!r} non è ammesso", f"{name} = {value!r} is not allowed"),
                    notebook,
                    parameters[name].allowed,
                    say(f"Forse «{near[0]}»?", f"Perhaps '{near[0]}'?") if near else "",
                )
            )
    if faults:
        raise ParameterError(faults)
    return values


def defaults(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: parameter.read(parameter.default) for name, parameter in parameters.items()}


def slug(values: Mapping[str, Any], parameters: Mapping[str, Parameter]) -> str:
    """Name of a parameter set: `name=value,…` of what departs from the defaults; empty for the defaults.

    It is a file name on every system, and no two sets share one, capitals aside: a value that is more than small letters, digits and `_ . + -`
    is followed by a digest, and so is a name too long for a folder.
    """
    changed = {
        name: value
        for name, value in sorted(values.items())
        if value != parameters[name].read(parameters[name].default)
    }
    whole = ",".join(f"{name}={_spelled(value)}" for name, value in changed.items())
    if len(whole) <= LONGEST:
        return whole
    return f"{whole[: LONGEST - 30].rstrip('. ')}~~{_short(canonical(changed))}"


def _spelled(value: Any) -> str:
    text = str(value)
    if re.fullmatch(r"(?:[a-z0-9_+.-]*[a-z0-9_+-])?", text) and ".." not in text:
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return f"{re.sub('[^a-z0-9_+-]+', '-', plain)[:LEGIBLE].strip('-')}~{_short(text)}"


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def cell_defaults(cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The assignments of literals in the cell tagged `parameters`."""
    for cell in cells:
        if "parameters" in cell.get("metadata", {}).get("tags", []):
            tree = ast.parse("".join(cell["source"]))
            return {
                node.targets[0].id: ast.literal_eval(node.value)
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
            }
    return {}


def canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(dict(values), sort_keys=True, ensure_ascii=False)
