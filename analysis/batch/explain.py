"""What a batch has to do and why, in words for the person at the keyboard; nothing here executes or writes anything.

A changed part of a key is told as what a person would look for: the file, the cells, the parameter with its old and new value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from analysis import places
from analysis.batch import keys
from analysis.errors import say

if TYPE_CHECKING:
    from analysis.batch.editions import Edition, Inputs

RUN, GATHER, RENDER, CURRENT, BLOCKED = "run", "gather", "render", "current", "blocked"
SHORT = 3  # reasons told where not all are asked for


def changes(edition: Edition, old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs between two keys of `edition`, a sentence each: what was most likely meant comes first, the lock last."""
    told: list[str] = []
    for part in sorted(keys.changed(old, new), key=_weight):
        told += _change(edition, part, "new" if part not in old else "gone" if part not in new else "changed")
    return told


def _weight(part: str) -> tuple[int, str]:
    """Parameters and tables, then the study's data, then the notebook, then modules, then the lock."""
    groups = (part in ("parameters", "tables"), "/" in part and not part.startswith("analysis/"), "/" not in part and part != "lock", part != "lock")  # fmt: skip
    return next((number for number, inside in enumerate(groups) if inside), len(groups)), part


def _change(edition: Edition, part: str, state: str) -> list[str]:
    if part == "parameters":
        return _parameters(edition) or [say("parametri cambiati", "parameters changed")]
    if part == "tables":
        return _tables(edition) or [say("tabelle dello studio cambiate", "tables of the study changed")]
    name = edition.notebook.name
    notebook, front = f"notebooks/{name}.ipynb", f"notebooks/{name}.toml"
    named = {
        "code cells": (f"{notebook}: codice cambiato", f"{notebook}: code changed"),
        "words": (
            f"{front}: cambiato in [words], [statements], [style] o [needs]",
            f"{front}: [words], [statements], [style] or [needs] changed",
        ),
        "prose": (f"{notebook}: testo cambiato", f"{notebook}: text changed"),
        "cells": (f"{notebook}: testo cambiato", f"{notebook}: text changed"),
        "evidence": ("risultati cambiati", "results changed"),
        "figures": ("figure cambiate", "figures changed"),
        "front matter": (f"{front} cambiato", f"{front} changed"),
        "study's texts": (
            f"{edition.study}/texts/{name}.toml cambiato",
            f"{edition.study}/texts/{name}.toml changed",
        ),
    }
    if part in named:
        return [say(*named[part])]
    files = {"lock": "requirements.lock", "study.toml": f"{edition.study}/study.toml"}
    path = files.get(part) or (f"$ALTRO_DATA_HOME/{part[8:]}" if part.startswith("private/") else part)
    words = {
        "new": say(f"{path} è nuovo", f"{path} is new"),
        "gone": say(f"{path} non c'è più o non serve più", f"{path} is gone or no longer used"),
        "changed": say(f"{path} cambiato", f"{path} changed"),
    }
    return [words[state]]


def _parameters(edition: Edition) -> list[str]:
    """Each parameter with its old and new value, as far as the kept record tells the old one."""
    old = _kept(edition).get("parameters")
    if not isinstance(old, dict):
        return []
    old = {name: value for name, value in old.items() if name != "study"}
    new = edition.values
    return [
        say("parametro", "parameter") + f" {name}: {_shown(old, name)} → {_shown(new, name)}"
        for name in sorted(old.keys() | new.keys())
        if (name in old, old.get(name)) != (name in new, new.get(name))
    ]


def _shown(values: Mapping[str, Any], name: str) -> str:
    if name not in values:
        return say("non c'era", "not there")
    return str(values[name]) if values[name] != "" else say("(vuoto)", "(empty)")


def _tables(edition: Edition) -> list[str]:
    """The tables that the study gained and lost since the kept record."""
    old = _kept(edition).get("context", {}).get("tables")
    if not isinstance(old, list):
        return []
    gained, lost = sorted(set(edition.held) - set(old)), sorted(set(old) - set(edition.held))
    told = [
        say(f"lo studio ha la nuova tabella {name}", f"the study has the new table {name}") for name in gained
    ]
    return told + [say(f"lo studio non ha più la tabella {name}", f"the study has no table {name} any more") for name in lost]  # fmt: skip


def _kept(edition: Edition) -> dict[str, Any]:
    try:
        document = json.loads((edition.record / "evidence.json").read_text(encoding="utf-8"))
        return document if isinstance(document, dict) else {}
    except (OSError, ValueError):
        return {}


def damage(product: str) -> str:
    """What is wrong with a kept product, named from the project."""
    if not (places.root() / product).exists():
        return say(f"manca {product}", f"{product} is missing")
    return say(f"{product} danneggiato", f"{product} damaged")


# The plan


@dataclass(frozen=True)
class Step:
    """One edition of a plan: what is to be done with it, and why. A run or a gathering is followed by a rendering where results change."""

    edition: Edition
    action: str
    reasons: tuple[str, ...] = ()

    def line(self, every: bool) -> str:
        """One line for a person; `every`: all reasons, one a line."""
        what = {
            RUN: say("da eseguire", "to run"),
            GATHER: say("da raccogliere", "to gather"),
            RENDER: say("da impaginare", "to render"),
            CURRENT: say("aggiornato", "up to date"),
            BLOCKED: say("non si può comporre", "cannot be made"),
        }[self.action]
        head = f"{self.edition.name}: {what}"
        if every:
            return "\n".join([head, *(f"  {reason}" for reason in self.reasons)])
        more = len(self.reasons) - SHORT
        rest = [say(f"e altri {more} motivi", f"and {more} more")] if more > 0 else []
        told = ", ".join([*self.reasons[:SHORT], *rest])
        return f"{head} ({told})" if told else head


def steps(editions: Sequence[Edition], inputs: Inputs, formats: Sequence[str], force: bool) -> list[Step]:
    """What is to be done with each edition, in their order, if the batch were started now."""
    from analysis.batch import cited

    rerun = {
        edition.name
        for edition in editions
        if not edition.notebook.cites and (force or edition.run_reasons())
    }
    found: list[Step] = []
    for edition in editions:
        asked = [say("richiesto", "asked for")]
        if edition.notebook.cites:
            due = [one for one in edition.cited if one.name in rerun]
            blocked = [str(fault) for fault in cited.faults(edition)]
            waiting = [say(f"{one.notebook.name} sarà rieseguito", f"{one.notebook.name} will be run again") for one in due]  # fmt: skip
            if blocked and not due:
                found.append(Step(edition, BLOCKED, tuple(blocked)))
                continue
            if reasons := [*waiting, *(edition.run_reasons() if not blocked else [])]:
                found.append(Step(edition, GATHER, tuple(reasons)))
                continue
        elif edition.name in rerun:
            found.append(Step(edition, RUN, tuple(edition.run_reasons() or asked)))
            continue
        reasons, again = edition.render_reasons(inputs, formats)
        found.append(Step(edition, RENDER, tuple(reasons)) if again else Step(edition, CURRENT))
    return found


def counts(found: Iterable[Step]) -> str:
    """How many editions are to be run, gathered, rendered and left alone, in one line."""
    actions = [step.action for step in found]
    number = {name: actions.count(name) for name in (RUN, GATHER, RENDER, CURRENT, BLOCKED)}
    italian = "da eseguire: {run}; da raccogliere: {gather}; da impaginare soltanto: {render}; già aggiornate: {current}"
    english = "{run} to run, {gather} to gather, {render} to render only, {current} up to date"
    blocked = (
        say("; non si possono comporre: {blocked}", "; {blocked} cannot be made") if number[BLOCKED] else ""
    )
    return (say(italian, english) + blocked).format(**number)


# Expected time


def seconds(edition: Edition, known: Mapping[str, float]) -> float | None:
    """Expected seconds of one run: those of this edition's last one, else the median of the same notebook's, in this study if there are any."""
    if edition.name in known:
        return known[edition.name]
    mine = f"{edition.study}/{edition.notebook.name}"
    tests: list[Callable[[str], bool]] = [
        lambda name: name == mine or name.startswith(f"{mine}/"),
        lambda name: name.split("/")[1:2] == [edition.notebook.name],
    ]
    for test in tests:
        if last := [time for name, time in known.items() if test(name)]:
            return median(last)
    return None


def expected(runs: Iterable[Edition], known: Mapping[str, float], workers: int) -> tuple[float, int]:
    """Seconds that `runs` take with `workers` side by side, longest first, and how many of them there is no record for."""
    times = [seconds(edition, known) for edition in runs]
    lanes = [0.0] * max(1, workers)
    for time in sorted((time for time in times if time is not None), reverse=True):
        lanes[lanes.index(min(lanes))] += time
    return max(lanes), sum(time is None for time in times)


def duration(value: float) -> str:
    """Seconds in words: `8 s`, `3 min`, `1 h 20 min`."""
    if value < 90:
        return f"{max(1, round(value))} s"
    hours, minutes = divmod(round(value / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def time_line(runs: Sequence[Edition], known: Mapping[str, float], workers: int) -> str:
    """The expected time of `runs`, in one line; empty where there are none."""
    if not runs:
        return ""
    total, unknown = expected(runs, known, workers)
    if not total:
        return say(
            "tempo previsto: ignoto, finora nessuna esecuzione è stata misurata",
            "expected time: unknown, no run has been timed so far",
        )
    italian = f", più {unknown} mai misurate" if unknown > 1 else ", più una mai misurata" if unknown else ""
    english = f", plus {unknown} never timed" if unknown else ""
    about = duration(total)
    return say(
        f"tempo previsto per le esecuzioni: circa {about}{italian}",
        f"expected time of the runs: about {about}{english}",
    )
