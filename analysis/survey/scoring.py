"""Scales from items by the rules of the instrument files in `instruments/`; a rule that nobody has confirmed is not applied."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say


@dataclass(frozen=True)
class Subscale:
    """Items of one subscale, those reversed, the theoretical range of its score, its name and what a high score means."""

    items: tuple[str, ...]
    reversed: tuple[str, ...]
    low: float
    high: float
    name: Mapping[str, str]
    high_means: Mapping[str, str]


@dataclass(frozen=True)
class Instrument:
    """An instrument as its file states it: response range, rule (mean or sum), multiplier, least share of answered items.

    `wording`: "free", or "restricted" where its items may not be printed; `reference`: its key in the bibliography.
    """

    id: str
    low: int
    high: int
    rule: str
    multiply: float
    least_answered: float
    verified: bool
    source: str
    name: Mapping[str, str]
    meaning: Mapping[str, str]
    licence: Mapping[str, str]
    wording: str
    reference: str
    subscales: dict[str, Subscale]


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores (n × subscales), the number of answered items (n × subscales), the range, the items and the instrument of each subscale."""

    values: pd.DataFrame
    answered: pd.DataFrame
    ranges: dict[str, tuple[float, float]]
    items: dict[str, list[str]]
    rules: dict[str, Instrument]

    def beside(self, other: Scores) -> Scores:
        """The scores of two instruments over the same rows, side by side; nothing is added up."""
        return Scores(
            self.values.join(other.values),
            self.answered.join(other.answered),
            self.ranges | other.ranges,
            self.items | other.items,
            self.rules | other.rules,
        )

    def table(self) -> pd.DataFrame:
        """One row a subscale: persons with a score, persons with too few answers, shares at floor and ceiling."""
        scored = self.values.notna().sum()
        low = pd.Series({name: bounds[0] for name, bounds in self.ranges.items()})
        high = pd.Series({name: bounds[1] for name, bounds in self.ranges.items()})
        floor, ceiling = (self.values == low).sum(), (self.values == high).sum()
        frame = pd.DataFrame(
            {
                "scale": list(self.values),
                "floor": (floor / scored).to_numpy(),
                "ceiling": (ceiling / scored).to_numpy(),
                "floor_cases": floor.to_numpy(),
                "ceiling_cases": ceiling.to_numpy(),
                "too_few_answers": ((self.answered > 0) & self.values.isna()).sum().to_numpy(),
                "n": scored.to_numpy(),
            }
        )
        frame.attrs["columns"] = {
            "floor": {"unit": "share", "digits": 1, "n": "n", "cases": "floor_cases"},
            "ceiling": {"unit": "share", "digits": 1, "n": "n", "cases": "ceiling_cases"},
            "floor_cases": {"counts": "persons", "hidden": True},
            "ceiling_cases": {"counts": "persons", "hidden": True},
            "too_few_answers": {"counts": "things"},  # answers not given are no class of persons
            "n": {"counts": "persons"},
        }
        return frame


@lru_cache
def known() -> tuple[str, ...]:
    """The instruments that have a file, sorted."""
    folder = resources.files("analysis.survey") / "instruments"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


@lru_cache
def instrument(name: str) -> Instrument:
    """The instrument of that name, from its reviewed file."""
    if name not in known():
        what = say("strumento sconosciuto", "unknown instrument")
        raise EstimateError(Fault(what, name, ", ".join(known())))
    path = resources.files("analysis.survey") / "instruments" / f"{name}.toml"
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    return Instrument(
        name,
        facts["response"]["low"],
        facts["response"]["high"],
        facts["rule"],
        facts.get("multiply", 1),
        facts["least_answered"],
        facts["scoring"] != "unverified",
        facts["source"],
        facts["name"],
        facts["response"]["meaning"],
        facts["licence"],
        facts["wording"],
        facts["reference"],
        {
            key: Subscale(
                tuple(part["items"]),
                tuple(part["reversed"]),
                part["range"][0],
                part["range"][1],
                part["name"],
                part["high_means"],
            )
            for key, part in facts["subscales"].items()
        },
    )


def score(
    frame: pd.DataFrame, name: str, study: Mapping[str, Any] | None = None, only: Sequence[str] | None = None
) -> Scores:
    """Scores of each row by the instrument's rule, missing below the least share of answered items.

    `study` is the codebook's entry for the instrument: `confirmed` (who confirmed the scoring, when, why), needed where the file
    marks the rule unverified, and `items_<subscale>` (or `items`, where there is one), the study's names of the items. Subscales are never added up. Refuses
    absent items and codes outside the response range, all at once.
    """
    rule, study = instrument(name), study or {}
    if not rule.verified and not all(text.strip() for text in confirmation(study).values()):
        raise EstimateError(
            Fault(
                say("la regola di punteggio non è verificata", "the scoring rule is not verified"),
                f"instruments.{name}",
                next_step=say(
                    f"Confermatela nel codebook: [instruments.{name}] confirmed = chi, quando, perché.",
                    f"Confirm it in the codebook: [instruments.{name}] confirmed = who, when, why.",
                ),
            )
        )
    chosen = {key: rule.subscales[key] for key in (only or rule.subscales)}
    whole = study.get("items") if len(rule.subscales) == 1 else None
    columns = {key: list(study.get(f"items_{key}", whole or part.items)) for key, part in chosen.items()}
    _check(frame, rule, columns, chosen)
    values, answered = {}, {}
    for key, part in chosen.items():
        items = frame[columns[key]].astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        turned = np.isin(part.items, part.reversed)
        items = np.where(turned, rule.low + rule.high - items, items)
        count = (~np.isnan(items)).sum(axis=1)
        total = np.nansum(items, axis=1)
        points = total / np.maximum(count, 1) if rule.rule == "mean" else total
        values[key] = np.where(count >= rule.least_answered * len(part.items), points * rule.multiply, np.nan)
        answered[key] = count
    return Scores(
        pd.DataFrame(values, index=frame.index),
        pd.DataFrame(answered, index=frame.index),
        {key: (part.low, part.high) for key, part in chosen.items()},
        columns,
        dict.fromkeys(chosen, rule),
    )


def confirmation(study: Mapping[str, Any]) -> dict[str, str]:
    """Who confirmed the scoring, in both languages, as the codebook has it: a text, or one in each."""
    given = study.get("confirmed", "")
    return {lang: str(given.get(lang, "") if isinstance(given, Mapping) else given) for lang in ("it", "en")}


def _check(
    frame: pd.DataFrame, rule: Instrument, columns: Mapping[str, list[str]], chosen: Mapping[str, Subscale]
) -> None:
    faults = []
    for key, items in columns.items():
        if len(items) != len(chosen[key].items):
            faults.append(
                Fault(
                    say(f"{len(items)} domande", f"{len(items)} items"),
                    f"items_{key}",
                    str(len(chosen[key].items)),
                )
            )
        for item in items:
            if item not in frame:
                faults.append(
                    Fault(say("manca la domanda", "the item is absent"), f"{rule.id}.{key}: {item}")
                )
                continue
            codes = frame[item].dropna()
            wrong = codes[~codes.isin(range(rule.low, rule.high + 1))]
            if len(wrong):
                faults.append(
                    Fault(
                        say(
                            f"{len(wrong)} codici fuori scala, il primo {wrong.iloc[0]}",
                            f"{len(wrong)} codes out of range, the first {wrong.iloc[0]}",
                        ),
                        say(
                            f"{item}, riga {wrong.index[0]}",
                            f"{item}, row {wrong.index[0]}",
                        ),
                        f"{rule.low}–{rule.high}",
                        say(
                            "Dichiarate nel codebook i codici mancanti.",
                            "Declare missing codes in the codebook.",
                        ),
                    )
                )
    if faults:
        raise EstimateError(faults)
