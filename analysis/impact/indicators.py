"""The indicators of a logical framework and their measurements, checked: what stands in the plan, what was measured, and what cannot be used.

What belongs here: the reading of the two tables, with every fault at once. What does not: how far an indicator has come (progress.py), which
measurements are missing (schedule.py), how results lead to one another (theory.py).
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

LEVELS = ("input", "activity", "output", "outcome", "impact")
CRITERIA = ("relevance", "coherence", "effectiveness", "efficiency", "impact", "sustainability")
"""The six evaluation criteria of OECD-DAC (adopted 10 December 2019)."""
DIRECTIONS = {"increase": 1.0, "decrease": -1.0}
PLAN = (
    "indicator", "result", "name_it", "name_en", "unit", "direction", "baseline", "baseline_date", "target", "target_date",
)  # fmt: skip
OPTIONAL = (
    "definition_it",
    "definition_en",
    "disaggregation",
    "disaggregation_en",
    "dac",
    "source",
    "frequency",
)
NUMBERS, DATES = ("baseline", "target"), ("baseline_date", "target_date")


@functools.cache
def definitions() -> Mapping[str, Any]:
    """The thresholds of the lights, the units that count persons, and the months of each word for a frequency (lights.toml)."""
    return tomllib.loads(Path(__file__).with_name("lights.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Rule:
    """When a light is green or amber (shares of the progress expected), from which expected progress there is one, after how many months a measurement is old."""

    green: float
    amber: float
    earliest: float
    oldest: float

    def __post_init__(self) -> None:
        if not (0 < self.amber < self.green and 0 < self.earliest < 1 and self.oldest > 0):
            what = say(f"soglie {self.green}, {self.amber}, {self.earliest}, {self.oldest}", f"thresholds {self.green}, {self.amber}, {self.earliest}, {self.oldest}")  # fmt: skip
            raise EstimateError(Fault(what, say("semafori", "lights"), "0 < amber < green, 0 < earliest < 1, oldest > 0"))  # fmt: skip


def declared_rule() -> Rule:
    """The rule of lights.toml."""
    return Rule(**definitions()["lights"])


def bilingual(frame: pd.DataFrame, stem: str) -> list[dict[str, str]]:
    """Columns `stem_it` and `stem_en` as texts in both languages; a language without a text borrows the other's."""
    pair = frame.reindex(columns=[f"{stem}_it", f"{stem}_en"]).astype(object)
    pair = pair.where(pair.notna() & pair.ne("")).bfill(axis=1).ffill(axis=1)
    return pair.where(pair.notna(), "").set_axis(["it", "en"], axis=1).to_dict("records")


def places(*values: pd.Series) -> int:
    """Digits with which values of several indicators are printed in one column: none where all are whole, else two."""
    known = (
        pd.concat([pd.to_numeric(each, errors="coerce") for each in values]).dropna().to_numpy(dtype=float)
    )
    return 0 if (known == np.round(known)).all() else 2


def whole(plan: pd.DataFrame, values: pd.DataFrame) -> np.ndarray:
    """Whether baseline, target and all measurements of each indicator of the plan are whole numbers, shape (N,): those are printed without decimals, apart from the others."""
    known = pd.concat(
        [values[["indicator", "value"]], *(plan[["indicator", name]].set_axis(["indicator", "value"], axis=1) for name in NUMBERS)]
    ).dropna()  # fmt: skip
    broken = known.loc[known["value"] != known["value"].round(), "indicator"]
    return np.asarray(~plan["indicator"].isin(broken))


def told(unit: pd.Series, kind: str) -> pd.Series:
    """Whether each unit is among those of a kind of lights.toml (persons, shares, percentages)."""
    word = unit.astype(object).astype("string").str.strip().str.casefold()
    return word.isin(definitions()["units"][kind]).fillna(False).astype(bool)


def behind(value: pd.Series, n: pd.Series, unit: pd.Series) -> pd.Series:
    """The fewest persons that a value tells of: n; the value, where it counts persons; those with or without the trait, of a share or percentage of n persons."""
    share = value.where(told(unit, "shares")).fillna((value / 100).where(told(unit, "percentages")))
    cases = (share * n).round()
    parts = pd.concat([n, value.where(told(unit, "persons")), cases, n - cases], axis=1)
    return parts.where(parts > 0).min(axis=1).fillna(n)


def raise_all(checks: Sequence[tuple[str, pd.Series, str, str]]) -> None:
    """Refuse with every check (table, mask of its rows, what is wrong, what is allowed) that finds a row."""
    faults = [Fault(what, where(table, mask), allowed) for table, mask, what, allowed in checks if mask.any()]
    if faults:
        raise EstimateError(faults)


def planned(logframe: pd.DataFrame, indicators: pd.DataFrame) -> pd.DataFrame:
    """The indicators with the level of their result, in the order of the levels (impact first) and of the table; column `row` is their row in it, from 1.

    Refused, all at once: columns missing, a doubled result or indicator (with two units: said so), a result that the framework lacks, an unknown
    level, direction or criterion, a baseline or target that is no finite number.
    """
    required("logframe", logframe, ("result", "level"))
    required("indicators", indicators, PLAN)
    kept = dict.fromkeys([*PLAN, *OPTIONAL])
    plan = indicators.reindex(columns=list(kept)).reset_index(drop=True)
    numbers = {
        name: pd.to_numeric(plan[name], errors="coerce").astype("Float64").astype(float) for name in NUMBERS
    }
    level = logframe["level"].astype(object)
    of_result = logframe.assign(level=level).drop_duplicates("result").set_index("result")["level"]
    doubled = plan["indicator"].duplicated(keep=False)
    units = plan.groupby("indicator")["unit"].transform("nunique") > 1
    results, order = ", ".join(map(str, of_result.index)), ", ".join(LEVELS)
    raise_all(
        [
            ("logframe", logframe["result"].duplicated(keep=False), say("risultato ripetuto", "a result entered twice"), ""),
            ("logframe", ~level.isin(LEVELS), say("livello sconosciuto", "unknown level"), order),
            ("indicators", plan["indicator"].isna(), say("manca l'identificativo", "the identifier is missing"), ""),
            ("indicators", doubled & ~units, say("indicatore ripetuto", "an indicator entered twice"), ""),
            ("indicators", doubled & units, say("indicatore ripetuto con due unità di misura", "an indicator entered twice, with two units"), say("una sola unità", "one unit")),
            ("indicators", ~plan["result"].isin(of_result.index), say("risultato che non è nel quadro logico", "a result that the framework lacks"), results),
            ("indicators", ~plan["direction"].isin(list(DIRECTIONS)), say("verso sconosciuto", "unknown direction"), ", ".join(DIRECTIONS)),
            ("indicators", plan["dac"].notna() & ~plan["dac"].isin(CRITERIA), say("criterio OCSE-DAC sconosciuto", "unknown OECD-DAC criterion"), ", ".join(CRITERIA)),
            *(
                ("indicators", plan[name].notna() & ~np.isfinite(numbers[name]), say(f"{name}: non è un numero finito", f"{name}: not a finite number"), "")
                for name in NUMBERS
            ),
        ]
    )  # fmt: skip
    plan = plan.assign(
        **numbers,
        **{name: pd.to_datetime(plan[name]) for name in DATES},
        row=np.arange(1, len(plan) + 1),
        level=plan["result"].map(of_result),
        persons=told(plan["unit"], "persons"),
    )
    rank = -plan["level"].map({name: k for k, name in enumerate(LEVELS)}).astype(int)
    return plan.iloc[np.argsort(rank.to_numpy(), kind="stable")].reset_index(drop=True)


def measured(plan: pd.DataFrame, outcomes: pd.DataFrame) -> pd.DataFrame:
    """The measurements by indicator and date: indicator, date, value, n (persons behind the value; the value itself where the unit counts persons), `behind`
    (the fewest persons that the value tells of, for disclosure control), row.

    Refused, all at once: columns missing, an indicator that the plan lacks, a date or value that is missing or not finite, two entries of an
    indicator on a day, a value behind which there is nobody, a negative number of persons, another unit than the indicator's.
    """
    required("outcomes", outcomes, ("indicator", "date", "value"))
    table = outcomes.reindex(columns=["indicator", "date", "value", "n", "unit"]).reset_index(drop=True)
    value, n = (
        pd.to_numeric(table[name], errors="coerce").astype("Float64").astype(float) for name in ("value", "n")
    )
    units = plan.set_index("indicator")["unit"]
    unit = table["indicator"].map(units)
    people = told(unit, "persons")
    raise_all(
        [
            ("outcomes", ~table["indicator"].isin(units.index), say("indicatore che non è fra quelli del piano", "an indicator that the plan lacks"), ", ".join(map(str, units.index))),
            ("outcomes", table["date"].isna(), say("manca la data", "the date is missing"), ""),
            ("outcomes", ~np.isfinite(value), say("il valore non è un numero finito", "the value is not a finite number"), ""),
            ("outcomes", table.duplicated(["indicator", "date"], keep=False), say("due rilevazioni dello stesso giorno", "two measurements of one day"), say("una al giorno", "one a day")),
            ("outcomes", n <= 0, say("un valore senza persone dietro", "a value behind which there is nobody"), "n > 0"),
            ("outcomes", people & (value < 0), say("un numero di persone negativo", "a negative number of persons"), say("da 0 in su", "from 0")),
            ("outcomes", table["unit"].notna() & unit.notna() & table["unit"].ne(unit), say("unità diversa da quella dell'indicatore", "another unit than the indicator's"), ", ".join(map(str, units.unique()))),
        ]
    )  # fmt: skip
    n = n.fillna(value.where(people))
    found = table.assign(
        date=pd.to_datetime(table["date"]),
        value=value,
        n=n,
        behind=behind(value, n, unit),
        row=np.arange(1, len(table) + 1),
    )
    found = found.sort_values(["indicator", "date"], kind="stable", ignore_index=True)
    return found[["indicator", "date", "value", "n", "behind", "row"]]


def _split(plan: pd.DataFrame) -> list[dict[str, str] | str | None]:
    """How each indicator is disaggregated: in both languages where the plan has English for any, else as it stands; None where it is not."""
    given = plan[["disaggregation", "disaggregation_en"]].set_axis(["text_it", "text_en"], axis=1)
    texts: list[Any] = given["text_it"].astype(object).to_list()
    if given["text_en"].notna().any():
        texts = bilingual(given, "text")
    return [text if some else None for text, some in zip(texts, given.notna().any(axis=1))]


def definitions_table(plan: pd.DataFrame) -> pd.DataFrame:
    """One row an indicator (`planned`): level, name, definition, unit, direction, disaggregation, OECD-DAC criterion, source of verification, frequency."""
    frame = pd.DataFrame(
        {
            "level": plan["level"].to_numpy(),
            "indicator": bilingual(plan, "name"),
            "definition": bilingual(plan, "definition"),
            "measured_in": plan["unit"].to_numpy(),
            "direction": plan["direction"].to_numpy(),
            "disaggregation": _split(plan),
            "dac": plan["dac"].astype(object).where(plan["dac"].notna(), None).to_numpy(),
            "verified_by": plan["source"].astype(object).where(plan["source"].notna(), None).to_numpy(),
            "frequency": plan["frequency"].astype(object).where(plan["frequency"].notna(), None).to_numpy(),
        }
    )  # fmt: skip
    frame.attrs["columns"] = {
        "level": {"labels": "result_level"},
        "indicator": {"text": True},
        "definition": {"text": True},
        "measured_in": {"labels": "indicator_unit"},
        "direction": {"labels": "direction"},
        **({"disaggregation": {"text": True}} if plan["disaggregation_en"].notna().any() else {}),
        "dac": {"labels": "dac"},
        "frequency": {"labels": "frequency"},
    }
    return frame
