"""Orders in which municipalities may be served, compared on the same draws: people, cost, unmet need, provinces reached, and who is left out.

A strategy is an order of municipalities. All are evaluated on one set of draws (common random numbers), so that the band of a difference
between two of them leaves out what both share. Concentration: Lorenz curve and Gini index of the people reached per eligible person, each unit
weighted by its eligible people (Lerman and Yitzhaki 1989, Journal of Econometrics 42:43).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, say
from analysis.scaling import cost
from analysis.scaling.compare import Difference
from analysis.scaling.montecarlo import LARGEST_BLOCK, Draws, band

KINDS = ("pilot", "municipality", "province", "region", "by_size", "by_likeness", "by_cost")
MEASURES = {"retained": "persons", "cost": "euro", "per_person": "euro", "unmet": "persons"}


@dataclass(frozen=True)
class Strategy:
    """`key` (one of KINDS), `order`: positions of municipalities in the table of places, first served first; `served`: how many of them are."""

    key: str
    order: np.ndarray
    served: int


def middle(drawn: Draws) -> dict[str, float]:
    """Medians over the draws: enrolled and retained (share of the estimated eligible), and the cost lines of the scenario."""
    rates = {step: float(np.median(drawn.reached(step))) for step in ("enrolled", "retained")}
    lines = {line.key: float(np.median(drawn.values[f"cost.{line.key}"])) for line in drawn.scenario.costs}
    return rates | lines


def alone(drawn: Draws, people: np.ndarray) -> np.ndarray:
    """Cost (euro) per person retained of serving each place by itself, at the medians of the draws, without the fixed cost; infinite where nobody is eligible.

    Managers are whole in each place, as if it hired its own: were they shared, the cost per person would fall with the size of the place and with nothing else.
    """
    at = middle(drawn)
    lines = {key: at[key] for key in ("place", "manager", "capacity", "person")}
    total = cost.stepwise(people * at["enrolled"], 1, fixed=0.0, **lines)[1]
    retained = people * at["retained"]
    return np.divide(total, retained, out=np.full(len(people), np.inf), where=retained > 0)


def orders(
    drawn: Draws,
    places: pd.DataFrame,
    home: str,
    pilot: Sequence[str] = (),
    likeness: pd.Series | None = None,
    budget: float | None = None,
) -> list[Strategy]:
    """The strategies of KINDS over `places` (code, name, province, region, residents, eligible: `eligible.Eligible.places`).

    pilot: its municipalities (`pilot`; left out where none, or the city alone, is given); municipality, province, region: those of `home`, most eligible first;
    by_size, by_likeness (`likeness`: distance by municipality code; left out without it), by_cost (`alone`): all places. An area that
    adds no place to the one before, or holds all of them, is left out. With `budget` (euro a year, at the medians) each order is served as far as the budget goes.
    Raises ParameterError for a code that is not among the places, or a budget that pays for no place.
    """
    codes = places["code"].to_numpy()
    unknown = [code for code in (home, *pilot) if code not in set(codes)]
    faults = [
        Fault(
            say(f"codice «{code}» assente", f"code '{code}' is absent"),
            "home, pilot",
            say("comuni con popolazione", "municipalities with population"),
        )
        for code in unknown
    ]
    if faults:
        raise ParameterError(faults)
    people = places["eligible"].to_numpy(dtype=float)
    by_size = np.lexsort((codes, -people))
    own = places.iloc[int(np.flatnonzero(codes == home)[0])]
    areas = {
        "pilot": np.isin(codes, list(pilot)),
        "municipality": codes == home,
        "province": (places["province"] == own["province"]).to_numpy(),
        "region": (places["region"] == own["region"]).to_numpy(),
    }
    found: dict[str, np.ndarray] = {}
    largest = 0
    for key, inside in areas.items():
        if len(codes) > inside.sum() > largest and not (key == "pilot" and set(pilot) == {home}):
            found[key] = by_size[inside[by_size]]
            largest = int(inside.sum())
    found["by_size"] = by_size
    if likeness is not None:
        far = likeness.reindex(codes).to_numpy(dtype=float)
        found["by_likeness"] = np.lexsort((codes, np.where(np.isnan(far), np.inf, far)))
    found["by_cost"] = np.lexsort((codes, alone(drawn, people)))
    served = {key: _affordable(drawn, people[order], budget) for key, order in found.items()}
    short = [key for key, count in served.items() if count == 0]
    if short:
        raise ParameterError(
            [
                Fault(
                    say(
                        f"il bilancio di {budget:,.0f} euro non paga nemmeno il primo comune di «{key}»",
                        f"the budget of {budget:,.0f} euro does not pay for the first municipality of '{key}'",
                    ),
                    "budget",
                )
                for key in short
            ]
        )
    return [Strategy(key, order, served[key]) for key, order in found.items()]


def _affordable(drawn: Draws, people: np.ndarray, budget: float | None) -> int:
    """How many places, in this order, the budget pays for at the medians of the draws; cost never falls along an order."""
    if budget is None:
        return len(people)
    at = middle(drawn)
    lines = {key: at[key] for key in ("fixed", "place", "manager", "capacity", "person")}
    total = cost.stepwise(np.cumsum(people) * at["enrolled"], np.arange(1, len(people) + 1), **lines)[1]
    return int(np.searchsorted(total, budget, side="right"))


@dataclass(frozen=True)
class Comparison:
    """Strategies on common draws.

    `outcomes`: for each measure of MEASURES an array (strategies, replicates, points); `eligible`: eligible people of the municipalities served;
    `provinces`: share of the provinces of the table in which at least one municipality is served (the same in every draw).
    """

    keys: tuple[str, ...]
    served: np.ndarray
    eligible: np.ndarray
    provinces: np.ndarray
    outcomes: dict[str, np.ndarray]

    def table(self) -> pd.DataFrame:
        """strategy, served (municipalities), eligible, median, _low and _high (5th, 95th percentile) of each measure, provinces (share reached)."""
        frame = pd.DataFrame({"strategy": self.keys, "served": self.served, "eligible": self.eligible})
        for name, values in self.outcomes.items():
            frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = band(values)
        frame["provinces"] = self.provinces
        frame.attrs["columns"] = {
            "served": {"counts": "things"},
            "eligible": {"unit": "persons"},
            **_banded(),
            "provinces": {"unit": "share", "digits": 0},
        }
        return frame

    def people(self) -> pd.DataFrame:
        """The part of `table` that tells people: strategy, served, provinces, retained and unmet with their bands."""
        return self._part("served", "provinces", *_banded_names("retained", "unmet"))

    def spending(self) -> pd.DataFrame:
        """The part of `table` that tells euro: strategy, cost and per_person with their bands."""
        return self._part(*_banded_names("cost", "per_person"))

    def _part(self, *names: str) -> pd.DataFrame:
        frame = self.table()
        specs = {name: spec for name, spec in frame.attrs["columns"].items() if name in names}
        frame = frame[["strategy", *names]].copy()
        frame.attrs["columns"] = {"strategy": {"labels": "strategy"}, **specs}
        return frame

    def apart(self, key: str) -> pd.DataFrame:
        """Strategy `key` less each other one: against, the difference in retained and in cost with their bands, `more` (share of the draws in which it retains more)."""
        rows = []
        for other in self.keys:
            if other != key:
                told: dict[str, object] = {"against": other}
                for name in ("retained", "cost"):
                    each = self.against(key, other, name)
                    told |= {name: each.estimate, f"{name}_low": each.low, f"{name}_high": each.high}
                people = self.outcomes["retained"]
                more = people[self.keys.index(key)] > people[self.keys.index(other)]
                rows.append(told | {"more": float(more.mean())})
        frame = pd.DataFrame(rows)
        names = _banded_names("retained", "cost")
        frame.attrs["columns"] = {
            "against": {"labels": "strategy"},
            **{name: spec for name, spec in _banded().items() if name in names},
            "more": {"unit": "share", "digits": 0},
        }
        return frame

    def differences(self) -> pd.DataFrame:
        """One row a pair: strategy, against, and of strategy − against the median with 5th and 95th percentile of each measure; `more`: share of the draws in which it retains more people."""
        pairs = list(combinations(range(len(self.keys)), 2))
        first, second = np.array(pairs, dtype=int).reshape(-1, 2).T
        frame = pd.DataFrame(
            {"strategy": [self.keys[i] for i in first], "against": [self.keys[j] for j in second]}
        )
        for name, values in self.outcomes.items():
            bands = [np.array(band(values[i] - values[j])) for i, j in pairs]
            frame[name], frame[f"{name}_low"], frame[f"{name}_high"] = np.array(bands).reshape(-1, 3).T
        people = self.outcomes["retained"]
        frame["more"] = [float((people[i] > people[j]).mean()) for i, j in pairs]
        frame.attrs["columns"] = {
            "against": {"labels": "strategy"},
            **_banded(),
            "more": {"unit": "share", "digits": 0},
        }
        return frame

    def against(self, strategy: str, other: str, measure: str = "retained") -> Difference:
        """The difference of a measure between two strategies as a statement wants it, with the band of the common draws."""
        faults = [
            Fault(say(f"«{key}» sconosciuta", f"'{key}' is unknown"), where, ", ".join(allowed))
            for key, where, allowed in (
                (strategy, "strategy", self.keys),
                (other, "other", self.keys),
                (measure, "measure", tuple(self.outcomes)),
            )
            if key not in allowed
        ]
        if faults:
            raise ParameterError(faults)
        values = self.outcomes[measure]
        apart = values[self.keys.index(strategy)] - values[self.keys.index(other)]
        median, low, high = (float(item) for item in band(apart))
        return Difference(median, low, high, apart.size)


def _banded_names(*names: str) -> list[str]:
    return [each for name in names for each in (name, f"{name}_low", f"{name}_high")]


def funds(budget: float | None) -> pd.DataFrame:
    """The budget as one row, for the figure that marks it; no row without one."""
    frame = pd.DataFrame({"budget": [] if budget is None else [float(budget)]})
    frame.attrs["columns"] = {"budget": {"unit": "euro", "digits": 0}}
    return frame


def _banded() -> dict[str, dict[str, object]]:
    """Percentiles are measures of their own: they are no confidence intervals and are never printed as such."""
    return {
        each: {"unit": unit, "digits": 0}
        for name, unit in MEASURES.items()
        for each in (name, f"{name}_low", f"{name}_high")
    }


def compare(drawn: Draws, places: pd.DataFrame, strategies: Sequence[Strategy]) -> Comparison:
    """Each strategy on every draw. Cost as in `montecarlo.costs`: managers whole over all municipalities served together.

    retained = eligible served × rate; unmet = all eligible people of `places`, with their drawn error, minus those retained; both share the draws.
    """
    people = places["eligible"].to_numpy(dtype=float)
    chosen = [each.order[: each.served] for each in strategies]
    eligible = np.array([people[rows].sum() for rows in chosen])
    served = np.array([len(rows) for rows in chosen])
    provinces = places["province"]
    reached = np.array([provinces.iloc[rows].nunique() for rows in chosen]) / provinces.nunique()
    retained = eligible[:, None, None] * drawn.reached("retained")
    lines = {line.key: drawn.values[f"cost.{line.key}"] for line in drawn.scenario.costs}
    total = cost.stepwise(
        eligible[:, None, None] * drawn.reached("enrolled"), served[:, None, None], **lines
    )[1]
    outcomes = {
        "retained": retained,
        "cost": total,
        "per_person": np.divide(total, retained, out=np.full_like(total, np.nan), where=retained > 0),
        "unmet": people.sum() * drawn.factor - retained,
    }
    return Comparison(tuple(each.key for each in strategies), served, eligible, reached, outcomes)


def curves(
    drawn: Draws, places: pd.DataFrame, strategies: Sequence[Strategy], points: int = 40
) -> pd.DataFrame:
    """People retained against cost along each whole order, at about `points` sizes evenly on a log scale of municipalities.

    Columns: strategy, served, and median, _low, _high (5–95 %) of cost and retained; people retained are proportional to the eligible served, so that
    only the cost needs every draw.
    """
    people = places["eligible"].to_numpy(dtype=float)
    parts = [_curve(drawn, each.key, np.cumsum(people[each.order]), points) for each in strategies]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["columns"] = {
        "served": {"counts": "things"},
        **{name: spec for name, spec in _banded().items() if name.startswith(("retained", "cost"))},
    }
    return frame


def _curve(drawn: Draws, key: str, reach: np.ndarray, points: int) -> pd.DataFrame:
    served = np.unique(np.geomspace(1, len(reach), min(points, len(reach))).round().astype(int))
    eligible = reach[served - 1]
    lines = {line.key: drawn.values[f"cost.{line.key}"] for line in drawn.scenario.costs}
    block = max(1, LARGEST_BLOCK // drawn.count)
    bands = [
        band(
            cost.stepwise(
                eligible[start : start + block, None, None] * drawn.reached("enrolled"),
                served[start : start + block, None, None],
                **lines,
            )[1]
        )
        for start in range(0, len(served), block)
    ]
    frame = pd.DataFrame({"strategy": key, "served": served})
    frame["cost"], frame["cost_low"], frame["cost_high"] = np.concatenate(bands, axis=1)
    rates = (float(value) for value in band(drawn.reached("retained")))
    frame["retained"], frame["retained_low"], frame["retained_high"] = (eligible * rate for rate in rates)
    return frame


@dataclass(frozen=True)
class Lorenz:
    """Lorenz curve of people reached over eligible people, units ordered by reach per eligible person, and its Gini index (0: the same share everywhere)."""

    eligible: np.ndarray
    reached: np.ndarray
    gini: float


def lorenz(eligible: np.ndarray, reached: np.ndarray) -> Lorenz:
    """Cumulative shares (from 0 to 1, one point for each distinct reach) of eligible and reached people; units without eligible people are passed over.

    Gini = 1 − Σ Δp (L₋ + L), twice the area between the curve and the diagonal. Raises EstimateError where nobody is reached.
    """
    eligible, reached = np.asarray(eligible, dtype=float), np.asarray(reached, dtype=float)
    inside = eligible > 0
    eligible, reached = eligible[inside], reached[inside]
    if not reached.sum() > 0:
        raise EstimateError(Fault(say("nessuno è raggiunto", "nobody is reached"), "lorenz"))
    ratio, which = np.unique(reached / eligible, return_inverse=True)  # units alike make one straight piece
    p = np.concatenate([[0.0], np.cumsum(np.bincount(which, eligible, len(ratio))) / eligible.sum()])
    share = np.concatenate([[0.0], np.cumsum(np.bincount(which, reached, len(ratio))) / reached.sum()])
    gini = 1.0 - float(np.sum(np.diff(p) * (share[1:] + share[:-1])))
    return Lorenz(p, share, max(0.0, gini))


@dataclass(frozen=True)
class Equity:
    """Who is left out by each strategy, over units of one kind (`level`: code, province or region)."""

    level: str
    curves: pd.DataFrame
    summary: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """strategy, gini, left_out (eligible people of units in which no municipality is served) and its share of all, units reached and in all."""
        frame = self.summary.copy()
        frame.attrs["columns"] = {
            "gini": {"unit": "index"},
            "left_out": {"unit": "persons"},
            "left_out_share": {"unit": "share"},
            "units_reached": {"counts": "things"},
            "units": {"counts": "things"},
        }
        return frame

    def lorenz(self) -> pd.DataFrame:
        """The curves: strategy, cumulative share of the eligible people and of those reached."""
        frame = self.curves.copy()
        frame.attrs["columns"] = {
            "eligible_share": {"unit": "share"},
            "reached_share": {"unit": "share"},
        }
        return frame


def equity(places: pd.DataFrame, strategies: Sequence[Strategy], level: str = "province") -> Equity:
    """Reach per eligible person across municipalities (`level` "code"), provinces or regions, for what each strategy serves.

    The take-up rate is common to all places and cancels: a unit's reach per eligible person is the share of its eligible people who live where the strategy serves.
    """
    if level not in ("code", "province", "region"):
        raise ParameterError(
            Fault(say(f"livello «{level}»", f"level '{level}'"), "level", "code, province, region")
        )
    people = places["eligible"].to_numpy(dtype=float)
    units, which = np.unique(places[level].astype(str).to_numpy(), return_inverse=True)
    whole = np.bincount(which, people, len(units))
    curves_, rows = [], []
    for each in strategies:
        chosen = each.order[: each.served]
        reached = np.bincount(which[chosen], people[chosen], len(units))
        found = lorenz(whole, reached)
        out = float(whole[reached == 0].sum())
        rows.append((each.key, found.gini, out, out / whole.sum(), int((reached > 0).sum()), len(units)))
        curves_.append(
            pd.DataFrame(
                {"strategy": each.key, "eligible_share": found.eligible, "reached_share": found.reached}
            )
        )
    names = ["strategy", "gini", "left_out", "left_out_share", "units_reached", "units"]
    return Equity(level, pd.concat(curves_, ignore_index=True), pd.DataFrame(rows, columns=names))
