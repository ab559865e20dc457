"""Value of the outcomes in euro, for a social return on investment: what is counted, what is taken off, and its present value.

Of each outcome: quantity × proxy × (1 − deadweight) × (1 − displacement) × (1 − attribution) in the first year; in year t that times
(1 − drop-off)^(t − 1); discounted to the start of the first year at a yearly rate (Nicholls, Lawlor, Neitzert and Goodspeed 2012). The
convention of discounting is declared: the value of a year falls at its end unless said otherwise.
The ratio of this value to the inputs is given by sroi_sensitivity alone, since it is never told without its range. Limits of the method: Maier,
Schober, Simsa and Millner (2015). The proxies are assumptions: a sum of them measures no effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.outcome_cost import flagged
from analysis.rows import required, where

SHARES = ("deadweight", "displacement", "attribution", "drop_off")
PARAMETERS = ("proxy", *SHARES)
TIMING = {"end": 0.0, "middle": 0.5, "start": 1.0}  # part of a year by which its value falls before its end
INPUTS = ("cash", "in_kind", "volunteers")
STEPS = ("gross", *SHARES[:3], "first_year", "later_years", "discounting", "present_value")
LONGEST = 50


@dataclass(frozen=True)
class Inputs:
    """What was put in, in euro; None: not valued (which is not zero). `volunteers` on the basis of the room that values their time, with
    the bounds of its wage table."""

    cash: float | None
    in_kind: float | None = None
    volunteers: float | None = None
    volunteers_low: float | None = None
    volunteers_high: float | None = None

    def __post_init__(self) -> None:
        given = {name: value for name, value in vars(self).items() if value is not None}
        faults = [
            Fault(f"{name} = {value}", "inputs", say("euro, ≥ 0", "euro, ≥ 0"))
            for name, value in given.items()
            if not (np.isfinite(value) and value >= 0)
        ]
        some = [v for v in (self.volunteers_low, self.volunteers, self.volunteers_high) if v is not None]
        if some != sorted(some) or len(some) == 2 or (len(some) == 1 and self.volunteers is None):
            faults.append(
                Fault(say("limiti fuori ordine o incompleti", "bounds out of order or incomplete"), "inputs, volunteers", "low ≤ volunteers ≤ high")
            )  # fmt: skip
        if not faults and not self.total > 0:
            step = say(
                "Un rapporto vuole un denominatore positivo.", "A ratio needs a denominator above zero."
            )
            faults.append(Fault(say("nessun input valorizzato", "no input is valued"), "inputs", "> 0", step))
        if faults:
            raise EstimateError(faults)

    @property
    def total(self) -> float:
        return float(sum(getattr(self, name) or 0.0 for name in INPUTS))

    @property
    def missing(self) -> tuple[str, ...]:
        """Kinds of input that were not valued."""
        return tuple(name for name in INPUTS if getattr(self, name) is None)

    @property
    def inflated(self) -> bool:
        """Whether any ratio to these inputs is too high, because something that was put in is not valued."""
        return bool(self.missing)

    def table(self) -> pd.DataFrame:
        """input (cash, in_kind, volunteers, total), valued (yes, no), amount in euro (missing where not valued), kinds (n: kinds valued)."""
        amounts = [getattr(self, name) for name in INPUTS]
        known = [value is not None for value in amounts]
        frame = pd.DataFrame(
            {
                "input": [*INPUTS, "total"],
                "valued": ["yes" if each else "no" for each in [*known, all(known)]],
                "amount": [np.nan if value is None else float(value) for value in [*amounts, self.total]],
                "kinds": [*map(int, known), sum(known)],
            }
        )
        frame.attrs["columns"] = {
            "input": {"labels": "input"},
            "valued": {"labels": "valued"},
            "amount": {"unit": "euro", "n": "kinds"},
            "kinds": {"counts": "things", "hidden": True},
        }
        return frame


def of_costs(
    costs: pd.DataFrame,
    volunteers: float | None = None,
    volunteers_low: float | None = None,
    volunteers_high: float | None = None,
) -> Inputs:
    """Inputs from the study's `costs`: cash, and in kind where the books have any; in-kind entries of the category volunteers are left
    to `volunteers` (their value in the resources room) and stand in for it where it is None. Refused: missing or negative amounts, doubled entries.
    """
    required("costs", costs, ["cost", "category", "amount", "in_kind"])
    amount = pd.to_numeric(costs["amount"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    tests = [
        (~(amount >= 0), say("importo mancante o negativo", "amount missing or negative"), "amount", "≥ 0"),
        (costs["cost"].duplicated(keep=False), say("voce ripetuta", "entry doubled"), "cost", say("una volta", "once")),
    ]  # fmt: skip
    faults = [Fault(what, f"{where('costs', bad)}, {name}", ok) for bad, what, name, ok in tests if bad.any()]
    if faults:
        raise EstimateError(faults)
    in_kind = flagged(costs["in_kind"])
    time = in_kind & (costs["category"] == "volunteers").to_numpy()
    goods = in_kind & ~time
    if volunteers is None and time.any():
        volunteers = float(amount[time].sum())
    given = float(amount[goods].sum()) if goods.any() else None
    return Inputs(float(amount[~in_kind].sum()), given, volunteers, volunteers_low, volunteers_high)


def annuity(drop_off: np.ndarray, years: np.ndarray, rate: np.ndarray | float) -> np.ndarray:
    """Σ_{t=1..years} ((1 − drop_off)/(1 + rate))^(t−1), by broadcasting: what one euro of the first year is worth then, later years included."""
    with np.errstate(divide="ignore"):
        step = np.log1p(-np.asarray(drop_off, dtype=float)) - np.log1p(rate)
    level = step == 0
    safe = np.where(level, 1.0, step)
    return np.where(level, years, np.expm1(years * safe) / np.expm1(safe))


def present_value(
    first_year: np.ndarray,
    drop_off: np.ndarray,
    years: np.ndarray,
    rate: np.ndarray | float,
    timing: str = "end",
) -> np.ndarray:
    """Present value of `first_year` euro a year that fall by `drop_off` for `years` years, elementwise by broadcasting."""
    base = 1.0 + np.asarray(rate, dtype=float)
    return first_year * annuity(drop_off, years, rate) * base ** (TIMING[timing] - 1.0)


def first_year(values: Mapping[str, np.ndarray]) -> np.ndarray:
    """quantity × proxy × (1 − deadweight) × (1 − displacement) × (1 − attribution), by broadcasting."""
    kept = values["quantity"] * values["proxy"]
    for name in SHARES[:3]:
        kept = kept * (1.0 - values[name])
    return kept


@dataclass(frozen=True)
class Valued:
    """The outcomes and what they are worth. `outcomes`: the study's table, checked; arrays in its order, euro: gross and net of the first
    year, present value. rate a year, timing of the value within a year."""

    outcomes: pd.DataFrame
    gross: np.ndarray
    net: np.ndarray
    present: np.ndarray
    rate: float
    timing: str
    inputs: Inputs

    @property
    def total(self) -> float:
        """Present value of all outcomes, euro."""
        return float(self.present.sum())

    def values(self) -> dict[str, np.ndarray]:
        """quantity, years and the central value of each parameter, arrays (outcomes,)."""
        names = ("quantity", "years", *PARAMETERS)
        return {name: self.outcomes[name].to_numpy(dtype=float) for name in names}

    def table(self) -> pd.DataFrame:
        """One row an outcome: name (it, en), quantity, unit, proxy, the four shares taken off, years, first-year value, present value, source.

        The quantity is protected as a count of persons, whatever its unit: a value hides with it.
        """
        own = self.outcomes
        euro, share = {"unit": "euro", "n": "quantity"}, {"unit": "share", "digits": 0, "n": "outcomes"}
        frame = pd.DataFrame(
            {
                "outcome": _texts(own, "name"),
                "quantity": own["quantity"],
                "quantity_unit": own["unit"].astype(object),
                "proxy": own["proxy"],
                **{name: own[name] for name in SHARES},
                "duration": own["years"].astype(int),
                "first_year": self.net,
                "present_value": self.present,
                "outcomes": len(own),
                "proxy_source": own["source"].astype(object),
            }
        )
        frame.attrs["columns"] = {
            "outcome": {"text": True},
            "quantity": {"counts": "persons", "unit": "number"},
            "proxy": {"unit": "euro", "n": "outcomes"},
            **dict.fromkeys(SHARES, share),
            "duration": {"counts": "things", "unit": "years"},
            "first_year": euro,
            "present_value": euro,
            "outcomes": {"counts": "things", "hidden": True},
        }
        return frame

    def waterfall(self) -> pd.DataFrame:
        """From the gross value of the first year to the present value of all: step, how (level, change), amount in euro, outcomes (n).

        Each deduction is of what those before it left; later years are added after drop-off, then discounting is taken off. The changes between
        two levels add up to their difference.
        """
        own = self.values()
        left, parts = self.gross, []
        for name in SHARES[:3]:
            parts.append(-(left * own[name]).sum())
            left = left * (1.0 - own[name])
        undiscounted = float((self.net * annuity(own["drop_off"], own["years"], 0.0)).sum())
        net = float(self.net.sum())
        amounts = [self.gross.sum(), *parts, net, undiscounted - net, self.total - undiscounted, self.total]
        levels = ("gross", "first_year", "present_value")
        frame = pd.DataFrame(
            {
                "step": STEPS,
                "how": ["level" if step in levels else "change" for step in STEPS],
                "amount": np.array(amounts, dtype=float),
                "outcomes": len(self.outcomes),
            }
        )
        frame.attrs["columns"] = {
            "step": {"labels": "value_step"},
            "how": {"labels": "value_how"},
            "amount": {"unit": "euro", "n": "outcomes"},
            "outcomes": {"counts": "things"},
        }
        return frame


def value(outcomes: pd.DataFrame, inputs: Inputs, rate: float, timing: str = "end") -> Valued:
    """Value of the study's `outcome_values` at the discount `rate` (a year), with the inputs it will be set against.

    Refused, all at once: no outcome, an outcome twice, a quantity or proxy that is missing or negative, shares outside 0–1, years that are
    not whole or not 1–50, bounds that do not enclose their value or of which one is missing, a rate outside 0–1, an unknown timing.
    """
    names = ["outcome", "name_it", "name_en", "quantity", "unit", "years", "source"]
    required("outcome_values", outcomes, [*names, *PARAMETERS])
    outcomes = outcomes.reset_index(drop=True)
    faults = _faults(outcomes)
    if not (np.isfinite(rate) and 0 <= rate <= 1):
        faults.append(Fault(say(f"tasso {rate}", f"rate {rate}"), "rate", "0–1"))
    if timing not in TIMING:
        faults.append(Fault(f"«{timing}»", "timing", ", ".join(TIMING)))
    if faults:
        raise EstimateError(faults)
    own = {
        name: outcomes[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ("quantity", "years", *PARAMETERS)
    }
    net = first_year(own)
    present = present_value(net, own["drop_off"], own["years"], rate, timing)
    return Valued(outcomes, own["quantity"] * own["proxy"], net, present, float(rate), timing, inputs)


def bounds(outcomes: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Low and high of one parameter by outcome, missing where the study gives no range."""
    low, high = (
        pd.to_numeric(outcomes[f"{name}_{end}"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        if f"{name}_{end}" in outcomes
        else np.full(len(outcomes), np.nan)
        for end in ("low", "high")
    )
    return low, high


def _texts(frame: pd.DataFrame, stem: str) -> pd.Series:
    pairs = zip(frame[f"{stem}_it"], frame[f"{stem}_en"])
    return pd.Series([{"it": str(it), "en": str(en)} for it, en in pairs], index=frame.index, dtype=object)


def _faults(outcomes: pd.DataFrame) -> list[Fault]:
    def number(name: str) -> np.ndarray:
        return pd.to_numeric(outcomes[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)

    years = number("years")
    whole = (years >= 1) & (years <= LONGEST) & (years == np.round(years))
    tests: list[tuple[Any, str, str]] = [
        (outcomes["outcome"].duplicated(keep=False), "outcome", say("una volta", "once")),
        (~(number("quantity") >= 0), "quantity", "≥ 0"),
        (~(number("proxy") >= 0), "proxy", "≥ 0"),
        (~whole, "years", f"1–{LONGEST}"),
    ]
    for name in SHARES:
        tests.append((~((number(name) >= 0) & (number(name) <= 1)), name, "0–1"))
    for name in PARAMETERS:
        low, high = bounds(outcomes, name)
        middle, top = number(name), np.inf if name == "proxy" else 1.0
        given = ~np.isnan(low) | ~np.isnan(high)
        kept = (low >= 0) & (low <= middle) & (middle <= high) & (high <= top)
        tests.append((given & ~kept, f"{name}_low, {name}_high", f"0 ≤ low ≤ {name} ≤ high"))
    what = say("valore mancante, ripetuto o fuori dai limiti", "value missing, doubled or out of range")
    faults = [
        Fault(what, f"{where('outcome_values', mask)}, {name}", allowed)
        for mask, name, allowed in tests
        if np.any(mask)
    ]
    if outcomes.empty:
        faults.append(Fault(say("nessun esito", "no outcome"), "outcome_values"))
    return faults
