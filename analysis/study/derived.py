"""Derived variables of a survey: a closed set of operations written in the codebook, no code.

recode                 the first rule whose condition holds gives the value; `otherwise` when none holds and nothing it looks at is empty
sum                    of several numeric variables; fewer answers than `min_answered` give an empty value, more are scaled up to all of them
age band               bands like "18-34" and "65+"
any-other-in-household yes if another member of the household fulfils a condition

A condition is a table variable → value, list of values, or { min, max }; all entries must hold; an empty cell fulfils none but `""`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from analysis.errors import say
from analysis.study.contracts import Label, contracts, nearest
from analysis.study.declared import Section

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

OPERATIONS = ("recode", "sum", "age band", "any-other-in-household")
BAND = re.compile(r"(\d+)(?:\s*[-–]\s*(\d+)|(\+))")
Known = Mapping[str, tuple[str, tuple[str, ...]]]
"""variable → (type, codes)"""


@dataclass(frozen=True)
class Derived:
    """One derived variable: what it is called and the operation with its ingredients."""

    name: str
    operation: str
    type: str
    role: str
    label: Label
    labels: dict[str, Label] = field(default_factory=dict)
    rules: tuple[tuple[dict[str, Any], str], ...] = ()
    otherwise: str = ""
    variables: tuple[str, ...] = ()
    min_answered: int = 0
    bands: tuple[tuple[str, float, float], ...] = ()
    household: str = ""
    when: dict[str, Any] = field(default_factory=dict)


def read(name: str, section: Section, known: Known) -> Derived | None:
    """The derived variable that a section of the codebook declares; None when its operation is not known."""
    operation = section.text("operation", required=True, choices=OPERATIONS)
    label = section.label("label", required=True) or {"it": name, "en": name}
    role = section.text("role", choices=("", "quasi-identifier", "sensitive"))
    labels = section.labels("codes")
    if operation == "recode":
        step = _recode(name, section, known, role, label, labels)
    elif operation == "sum":
        variables = _variables(section, "variables", known, ("number", "integer"))
        least = (
            section.number("min_answered", low=1, high=max(len(variables), 1), default=len(variables)) or 0
        )
        step = Derived(
            name, operation, "number", role, label, variables=tuple(variables), min_answered=int(least)
        )
    elif operation == "age band":
        variables = _variables(section, "variable", known, ("number", "integer"))
        bands = _bands(section)
        step = Derived(
            name,
            operation,
            "code",
            role,
            label,
            labels or _band_labels(bands),
            variables=tuple(variables),
            bands=bands,
        )
        _same_codes(section, step.labels, [band[0] for band in bands])
    elif operation == "any-other-in-household":
        household = _variables(section, "household", known, ())
        when = section.raw("when", (dict,), '{ variable = "…" }', required=True) or {}
        check_condition(when, known, section, "when")
        flags = {code.name: code.label for code in contracts().enumerations["flag"]}
        step = Derived(
            name, operation, "code", role, label, labels or flags, household="".join(household[:1]), when=when
        )
        _same_codes(section, step.labels, ["yes", "no"])
    else:
        return None
    section.close()
    return step


def _recode(
    name: str, section: Section, known: Known, role: str, label: Label, labels: dict[str, Label]
) -> Derived:
    rules = []
    for _, item in section.sections("rules"):
        when = item.raw("when", (dict,), '{ variable = "…" }', required=True) or {}
        check_condition(when, known, item, "when")
        rules.append((when, item.text("to", required=True, choices=tuple(labels))))
        item.close()
    if not rules:
        section.break_(
            "rules",
            say("mancano le regole", "the rules are missing"),
            'rules = [{ when = { variable = "…" }, to = "…" }]',
        )
    if not labels:
        section.break_(
            "codes",
            say("manca l'elenco dei codici", "the list of codes is missing"),
            "codes = { f = { it, en }, … }",
        )
    return Derived(
        name,
        "recode",
        "code",
        role,
        label,
        labels,
        tuple(rules),
        section.text("otherwise", choices=tuple(labels)),
    )


def _variables(section: Section, key: str, known: Known, kinds: tuple[str, ...]) -> list[str]:
    found = section.texts(key, required=True)
    for name in found:
        if name not in known:
            near = nearest(name, known)
            step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
            section.break_(key, say(f"«{name}» non è una variabile", f"“{name}” is not a variable"), "", step)
        elif kinds and known[name][0] not in kinds:
            section.break_(key, say(f"«{name}» non è numerica", f"“{name}” is not numeric"), ", ".join(kinds))
    return found


def _bands(section: Section) -> tuple[tuple[str, float, float], ...]:
    """Bands as (name, first age, last age), the last one open if it ends in +; they must not overlap."""
    bands: list[tuple[str, float, float]] = []
    for text in section.texts("bands", required=True):
        match = BAND.fullmatch(text.strip())
        low = float(match[1]) if match else 0.0
        high = float("inf") if match and match[3] else float(match[2]) if match else -1.0
        if high < low or (bands and low <= bands[-1][2]):
            section.break_(
                "bands",
                say(f"«{text}» non va bene", f"“{text}” will not do"),
                say(
                    'fasce in ordine, come ["18-34", "35-64", "65+"]',
                    'bands in order, like ["18-34", "35-64", "65+"]',
                ),
            )
        bands.append((text.strip(), low, high))
    return tuple(bands)


def _band_labels(bands: tuple[tuple[str, float, float], ...]) -> dict[str, Label]:
    return {
        name: {"it": f"{low:g} e oltre", "en": f"{low:g} and over"}
        if high == float("inf")
        else dict.fromkeys(("it", "en"), f"{low:g}–{high:g}")
        for name, low, high in bands
    }


def _same_codes(section: Section, labels: dict[str, Label], wanted: list[str]) -> None:
    if set(labels) != set(wanted):
        section.break_(
            "codes",
            say(f"i codici sono {', '.join(labels)}", f"the codes are {', '.join(labels)}"),
            ", ".join(wanted),
        )


def check_condition(when: Mapping[str, Any], known: Known, section: Section, key: str) -> None:
    """Faults of a condition: variables that are not there, codes that a variable does not have, malformed ranges."""
    for name, wanted in when.items():
        if name not in known:
            near = nearest(name, known)
            step = say(f"Forse «{near}»?", f"Perhaps “{near}”?") if near else ""
            section.break_(
                f"{key}.{name}", say(f"«{name}» non è una variabile", f"“{name}” is not a variable"), "", step
            )
            continue
        kind, codes = known[name]
        if isinstance(wanted, dict):
            numeric = kind in ("number", "integer") and set(wanted) <= {"min", "max"} and wanted
            if not numeric or any(
                isinstance(v, bool) or not isinstance(v, (int, float)) for v in wanted.values()
            ):
                section.break_(
                    f"{key}.{name}",
                    say(f"«{wanted}» non va bene", f"“{wanted}” will not do"),
                    say(
                        "{ min = …, max = … } di una variabile numerica",
                        "{ min = …, max = … } of a numeric variable",
                    ),
                )
            continue
        for value in wanted if isinstance(wanted, list) else [wanted]:
            if kind == "code" and value != "" and value not in codes:
                section.break_(
                    f"{key}.{name}",
                    say(f"«{value}» non è un codice di {name}", f"“{value}” is not a code of {name}"),
                    ", ".join(codes),
                )


def holds(frame: pd.DataFrame, when: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) whether the condition holds, and (n,) whether it cannot be told because a cell that it looks at is empty."""
    import numpy as np

    true, false = np.ones(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
    empty = np.zeros(len(frame), dtype=bool)
    for name, wanted in when.items():
        column = frame[name]
        na = column.isna().to_numpy()
        if isinstance(wanted, dict):
            part = column.between(
                wanted.get("min", float("-inf")), wanted.get("max", float("inf"))
            ).to_numpy()
        else:
            values = wanted if isinstance(wanted, list) else [wanted]
            part = column.isin([value for value in values if value != ""]).to_numpy()
            if "" in values:
                part, na = part | na, np.zeros_like(na)
        true &= part & ~na
        false |= ~part & ~na
        empty |= na
    return true, empty & ~false


def derive(frame: pd.DataFrame, step: Derived) -> pd.Series:
    """The derived column for a frame that holds its ingredients: str for codes, float64 for sums; NA where it cannot be told."""
    import numpy as np
    import pandas as pd

    if step.operation == "sum":
        parts = frame[list(step.variables)].to_numpy(dtype="float64")
        answered = (~np.isnan(parts)).sum(axis=1)
        scaled = np.nansum(parts, axis=1) * len(step.variables) / np.maximum(answered, 1)
        return pd.Series(np.where(answered >= step.min_answered, scaled, np.nan), index=frame.index)
    values = np.full(len(frame), None, dtype=object)
    if step.operation == "recode":
        open_, unsure = np.ones(len(frame), dtype=bool), np.zeros(len(frame), dtype=bool)
        for when, to in step.rules:
            true, untold = holds(frame, when)
            unsure |= untold & open_
            values[open_ & true & ~unsure] = to
            open_ &= ~true
        if step.otherwise:
            values[open_ & ~unsure] = step.otherwise
    elif step.operation == "age band":
        ages = np.floor(frame[step.variables[0]].to_numpy(dtype="float64"))
        for name, low, high in step.bands:
            values[(ages >= low) & (ages <= high)] = name
    else:
        true, untold = holds(frame, step.when)
        groups = frame[step.household]
        others = (
            pd.Series(true, index=frame.index).groupby(groups).transform("sum").to_numpy(dtype="float64")
            - true
        )
        unknown = (
            pd.Series(untold, index=frame.index).groupby(groups).transform("sum").to_numpy(dtype="float64")
            - untold
        )
        values[others == 0] = "no"
        values[(others == 0) & (unknown > 0)] = None
        values[others > 0] = "yes"
        values[groups.isna().to_numpy()] = None
    return pd.Series(pd.array(values, dtype="str"), index=frame.index)
