"""What volunteers' hours would cost if they were paid for: full replacement cost, role by role; and what recruiting comes to for each who stays.

Full replacement cost (International Labour Office, 2011, Manual on the measurement of volunteer work): the hours of each kind of work at the hourly cost of whoever would
do that work for pay. It values the hours, not what they achieve, and it is as good as the table of wages, which is an assumption with its source and year in it. A role without
a wage is listed and left out: no other role's wage stands in for it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.resources.people import TOTAL
from analysis.resources.registers import filled, numbers, refuse
from analysis.resources.volunteer_survival import MONTH, Retention

RATES = ("wage", "low", "high")


@dataclass(frozen=True)
class Worth:
    """Value by role, in `rows`: role, profession (it, en), year, persons, hours, wage and its bounds, value and its bounds; missing where the role has no wage."""

    rows: pd.DataFrame

    @property
    def hours(self) -> float:
        """Hours that have a value."""
        return float(self.rows.loc[self.rows["wage"].notna(), "hours"].sum())

    @property
    def hours_left_out(self) -> float:
        """Hours of roles without a wage."""
        return float(self.rows.loc[self.rows["wage"].isna(), "hours"].sum())

    @property
    def left_out(self) -> tuple[str, ...]:
        """Roles without a wage."""
        return tuple(self.rows.loc[self.rows["wage"].isna(), "role"])

    @property
    def value(self) -> tuple[float, float, float]:
        """Euros at the wages, at the lowest and at the highest; the last two missing where a wage lacks its bounds."""
        own = self.rows[self.rows["wage"].notna()]
        return tuple(float(own[name].sum(skipna=False)) for name in ("value", "value_low", "value_high"))  # type: ignore[return-value]

    @property
    def euro_per_hour(self) -> float:
        """What an hour that has a value comes to on average."""
        return implied(self.value[0], self.hours)

    def table(self) -> pd.DataFrame:
        """One row a role, the dearest first, then the total (hours and value of the roles that have a wage): role, profession, year of the wage, persons, hours, wage, value with that of the lowest and highest wages."""
        frame = self.rows.copy()
        known = frame["wage"].notna()
        total = {
            "role": TOTAL, "profession": None, "year": np.nan, "persons": int(frame.loc[known, "persons"].sum()), "hours": self.hours,
            "wage": self.euro_per_hour, "low": np.nan, "high": np.nan, **dict(zip(("value", "value_low", "value_high"), self.value)),
        }  # fmt: skip
        frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
        frame["profession"] = frame["profession"].astype(object)
        frame = frame.rename(columns={"low": "wage_low", "high": "wage_high"})
        frame.attrs["columns"] = {
            "role": {"labels": "volunteer_role"},
            "profession": {"text": True},
            "year": {"unit": "position", "digits": 0},
            "persons": {"counts": "persons"},
            "hours": {"unit": "hours", "n": "persons"},
            **{name: {"unit": "euro", "digits": 2, "n": "persons"} for name in ("wage", "wage_low", "wage_high")},
            **{name: {"unit": "euro", "n": "persons"} for name in ("value", "value_low", "value_high")},
        }  # fmt: skip
        return frame


def implied(value: float, hours: float) -> float:
    """Euros an hour behind a published value. Refused: a value or hours that are negative or missing, no hours."""
    if not (math.isfinite(value) and value >= 0 and math.isfinite(hours) and hours > 0):
        what = say(f"{value} euro su {hours} ore", f"EUR {value} over {hours} hours")
        raise EstimateError(Fault(what, say("euro l'ora", "euros an hour"), say("un valore da 0 in su, ore sopra 0", "a value from 0, hours above 0")))  # fmt: skip
    return value / hours


def replacement(given: pd.DataFrame, wages: pd.DataFrame) -> Worth:
    """Value of hours by role: `given` has role, persons, hours (people.hours(…, "role").by_group()); `wages` role, wage (euros an hour, full cost), low, high, and optionally
    profession_it, profession_en, year.

    Refused, all at once: columns or rows missing; a role twice; hours negative, missing or none at all; a wage that is missing or not positive, or outside its bounds; no role with a wage.
    """
    filled("hours", given, ("role", "persons", "hours"))
    filled("wages", wages, ("role", *RATES))
    given, rates = given.reset_index(drop=True), wages.reset_index(drop=True)
    rates = rates.assign(**{name: numbers(rates, name) for name in RATES})
    own = numbers(given, "hours")
    refuse("hours", [
        (given.duplicated("role", keep=False), say("mansione ripetuta", "a role stated twice"), ""),
        (~(own >= 0), say("ore mancanti o negative", "hours missing or negative"), "≥ 0"),
        (np.full(len(own), not own.sum() > 0), say("nessuna ora", "no hours"), say("almeno un'ora", "at least an hour")),
    ])  # fmt: skip
    refuse("wages", [
        (rates["role"].isna() | rates.duplicated("role", keep=False), say("mansione ripetuta o senza nome", "a role stated twice or without a name"), ""),
        (~(rates["wage"] > 0), say("costo orario mancante o non positivo", "an hourly cost missing or not positive"), "> 0"),
        ((rates["low"] > rates["wage"]) | (rates["high"] < rates["wage"]) | (rates["low"] <= 0), say("costo orario fuori dai suoi limiti", "an hourly cost outside its bounds"), "0 < low ≤ wage ≤ high"),
    ])  # fmt: skip
    by_role = rates.set_index("role")
    if not given["role"].isin(by_role.index).any():
        what = say("nessuna mansione con ore ha un costo orario", "no role with hours has an hourly cost")
        raise EstimateError(Fault(what, "wages", ", ".join(map(str, given["role"]))))
    held = by_role.reindex(given["role"]).reset_index(drop=True)
    texts = [numbers(held, "year")]
    names = [held[f"profession_{lang}"] if f"profession_{lang}" in held else pd.Series(pd.NA, index=held.index) for lang in ("it", "en")]  # fmt: skip
    profession = [
        None if pd.isna(it) or pd.isna(en) else {"it": str(it), "en": str(en)} for it, en in zip(*names)
    ]
    rows = pd.DataFrame(
        {
            "role": given["role"].astype(str),
            "profession": pd.Series(profession, dtype=object),
            "year": texts[0],
            "persons": given["persons"].astype(int),
            "hours": own,
            **{name: held[name] for name in RATES},
            "value": own * held["wage"],
            "value_low": own * held["low"],
            "value_high": own * held["high"],
        }
    )
    return Worth(rows.sort_values("value", ascending=False, kind="stable", ignore_index=True))


@dataclass(frozen=True)
class CostRetained:
    """Cost of recruiting over the volunteers who started and over those expected to be there after `months`, with the interval that the retention has."""

    cost: float
    months: float
    persons: int
    followed: int
    retained: float
    per_started: float
    per_retained: float
    low: float
    high: float

    def table(self) -> pd.DataFrame:
        """One row: months, persons who started, share retained, euros for each who started and for each retained (bounds: those of the retention; the cost is taken as known)."""
        frame = pd.DataFrame(
            {
                "months": [self.months],
                "persons": [self.persons],
                "followed": [self.followed],
                "retained": [self.retained],
                "per_started": [self.per_started],
                "per_retained": [self.per_retained],
                "low": [self.low],
                "high": [self.high],
            }
        )
        frame.attrs["columns"] = {
            "months": {"unit": "position", "digits": 0},
            "persons": {"counts": "persons"},
            "followed": {"counts": "persons", "hidden": True},
            "retained": {"unit": "share", "n": "persons", "cases": "followed"},
            "per_started": {"unit": "euro", "n": "persons"},
            "per_retained": {"unit": "euro", "n": "persons"},
            "low": {"low_of": "per_retained"},
            "high": {"high_of": "per_retained"},
        }
        return frame


def per_retained(cost: float, found: Retention, months: float = 12) -> CostRetained:
    """Cost of recruiting (euros) for each volunteer still there after so many months. Refused: a cost missing or negative, a retention that is not known then or is nothing."""
    point = found.all.at(np.array([months * MONTH])).iloc[0]
    share, persons = float(point["share"]), found.all.persons
    faults = []
    if not (math.isfinite(cost) and cost >= 0):
        faults.append(Fault(f"cost = {cost}", say("costo di reclutamento", "cost of recruiting"), say("da 0 euro in su", "from EUR 0")))  # fmt: skip
    if not share > 0:
        what = say(
            f"a {months} mesi la permanenza è nulla o non nota",
            f"retention after {months} months is nothing or not known",
        )
        faults.append(Fault(what, "people"))
    if faults:
        raise EstimateError(faults)
    started = cost / persons
    return CostRetained(
        float(cost), months, persons, int(point["followed"]), share, started, started / share,
        started / float(point["high"]), started / float(point["low"]),
    )  # fmt: skip
