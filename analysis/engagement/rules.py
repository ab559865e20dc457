"""The reviewed weights and values by which an asset is said to fit a need, read from weights.toml and checked.

They are assumptions of this project, not estimates, and come from no source: weights.toml gives the reason of each. A study may give its own
(`load(own)`); what depends on them is told by sensitivity.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from analysis.errors import Fault, ParameterError, say

COMPONENTS = ("category", "place", "time", "capacity", "readiness")
ROLES = ("donor", "supplier", "co-designer", "co-producer", "owner")
OWN = ("weights", "values", "patience", "readiness", "roles", "related", "functions")
WHERE = "weights.toml"
Text = Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """One assumption: its kind (component, value, patience, readiness, related), its code, label it/en, value and reason it/en."""

    kind: str
    code: str
    label: Text
    value: float
    reason: Text


@dataclass(frozen=True)
class Rules:
    """Weights and values of the score.

    `weights`: one a component, in the order of COMPONENTS, shape (5,). `likeness`: value of an asset of category k (columns) for a need of category c
    (rows), 1 on the diagonal, shape (K, K). `patience` in days. `readiness` and `roles` by readiness code, `functions`: categories by business function.
    """

    weights: np.ndarray
    other_quarter: float
    unknown_quarter: float
    unknown_time: float
    unknown_readiness: float
    patience: float
    readiness: Mapping[str, float]
    roles: Mapping[str, str]
    categories: tuple[str, ...]
    likeness: np.ndarray
    functions: Mapping[str, tuple[str, ...]]
    category_labels: Mapping[str, Text]
    readiness_labels: Mapping[str, Text]
    phrases: Mapping[str, Text]
    entries: tuple[Entry, ...]
    own: tuple[str, ...] = ()  # what a study replaced

    @property
    def proportions(self) -> np.ndarray:
        """The weights as shares of their sum, shape (5,)."""
        return self.weights / self.weights.sum()


def load(own: Mapping[str, Any] | None = None) -> Rules:
    """The rules of weights.toml, with what `own` replaces.

    `own` may hold `weights` and `values` (name → number), `patience` (days), `readiness` (code → number), `roles` (readiness → role), `functions`
    (function → categories) and `related` (a list of {pair, value}, which replaces the whole list). Refused, all faults at once: unknown entries,
    weights that are not positive, values outside 0–1, a patience that is not positive, unknown categories and roles.
    """
    facts, faults = _merged(own or {})
    faults += _check(facts)
    if faults:
        raise ParameterError(faults)
    categories = tuple(facts["categories"])
    place = {name: k for k, name in enumerate(categories)}
    likeness = np.eye(len(categories))
    pairs = np.array(
        [[place[name] for name in each["pair"]] for each in facts["related"]], dtype=int
    ).reshape(-1, 2)
    likeness[pairs[:, 0], pairs[:, 1]] = likeness[pairs[:, 1], pairs[:, 0]] = [
        each["value"] for each in facts["related"]
    ]
    values = {name: float(each["value"]) for name, each in facts["values"].items()}
    return Rules(
        weights=np.array([float(facts["weights"][name]["value"]) for name in COMPONENTS]),
        patience=float(facts["patience"]["value"]),
        readiness={code: float(each["value"]) for code, each in facts["readiness"].items()},
        roles={code: str(each["role"]) for code, each in facts["readiness"].items()},
        categories=categories,
        likeness=likeness,
        functions={name: tuple(each["categories"]) for name, each in facts["functions"].items()},
        category_labels=facts["categories"],
        readiness_labels={code: each["label"] for code, each in facts["readiness"].items()},
        phrases=facts["phrases"],
        entries=_entries(facts),
        own=tuple(sorted(own or {})),
        **values,
    )


@cache
def _shipped() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / WHERE).read_text(encoding="utf-8"))


def _merged(own: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The shipped facts with the study's own in their place; a reason that belonged to a shipped figure does not stand for another's."""
    facts = deepcopy(_shipped())
    study = {"it": "scelta dello studio", "en": "the study's own choice"}
    faults = [_unknown(name, "own", OWN) for name in sorted(own.keys() - set(OWN))]
    for table, key in (("weights", "value"), ("values", "value"), ("readiness", "value"), ("functions", "categories")):  # fmt: skip
        given = own.get(table, {})
        faults += [_unknown(name, table, facts[table]) for name in sorted(given.keys() - facts[table].keys())]
        for name in given.keys() & facts[table].keys():
            facts[table][name] |= {key: given[name], "reason": study}
    roles = own.get("roles", {})
    faults += [_unknown(name, "roles", facts["readiness"]) for name in sorted(roles.keys() - facts["readiness"].keys())]  # fmt: skip
    for name in roles.keys() & facts["readiness"].keys():
        facts["readiness"][name]["role"] = roles[name]
    if "patience" in own:
        facts["patience"] |= {"value": own["patience"], "reason": study}
    if "related" in own:
        facts["related"] = [{"reason": study, **each} for each in own["related"]]
    return facts, faults


def _check(facts: Mapping[str, Any]) -> list[Fault]:
    known, positive, unit = set(facts["categories"]), say("positivo", "positive"), "0–1"
    faults = [
        Fault(f"weights.{name} = {each['value']}", WHERE, positive)
        for name, each in facts["weights"].items()
        if not _between(each["value"], 0, np.inf) or each["value"] == 0
    ]
    bounded = {f"{table}.{name}": each["value"] for table in ("values", "readiness") for name, each in facts[table].items()}  # fmt: skip
    bounded |= {f"related {each.get('pair')}": each.get("value") for each in facts["related"]}
    faults += [
        Fault(f"{name} = {value}", WHERE, unit)
        for name, value in bounded.items()
        if not _between(value, 0, 1)
    ]
    patience = facts["patience"]["value"]
    if not _between(patience, 0, np.inf) or patience == 0:
        faults.append(Fault(f"patience = {patience}", WHERE, positive))
    named = {f"functions.{name}": each["categories"] for name, each in facts["functions"].items()}
    named |= {f"related {each.get('pair')}": each.get("pair", ()) for each in facts["related"]}
    faults += [
        _unknown(word, place, sorted(known))
        for place, words in named.items()
        for word in sorted(set(words) - known)
    ]
    faults += [
        Fault(say("vuole due ambiti diversi", "needs two different categories"), f"{WHERE} related {each.get('pair')}")
        for each in facts["related"]
        if len(set(each.get("pair", ()))) != 2
    ]  # fmt: skip
    return faults + [
        _unknown(each["role"], f"readiness.{code}", ROLES)
        for code, each in facts["readiness"].items()
        if each["role"] not in ROLES
    ]


def _between(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and np.isfinite(value)  # fmt: skip


def _unknown(name: object, place: str, allowed: Any) -> Fault:
    return Fault(say(f"«{name}» sconosciuto", f"'{name}' is unknown"), f"{WHERE} {place}", ", ".join(allowed))


def _entries(facts: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Every figure with its label and reason, in the order of the file."""
    labels = facts["categories"]
    rows = [
        (kind, code, each["label"], each["value"], each["reason"])
        for kind, table in (("component", "weights"), ("value", "values"))
        for code, each in facts[table].items()
    ]
    patience = facts["patience"]
    rows.append(("patience", "patience", patience["label"], patience["value"], patience["reason"]))
    rows += [
        ("readiness", code, each["label"], each["value"], each["reason"])
        for code, each in facts["readiness"].items()
    ]
    rows += [
        ("related", "-".join(each["pair"]), _both(labels, each["pair"]), each["value"], each["reason"])
        for each in facts["related"]
    ]
    return tuple(Entry(kind, code, label, float(value), reason) for kind, code, label, value, reason in rows)


def _both(labels: Mapping[str, Text], pair: list[str]) -> dict[str, str]:
    return {language: " – ".join(labels[name][language] for name in pair) for language in ("it", "en")}
