"""Which municipalities start in which year, so that as many people as possible are retained within yearly budgets, with a floor for provinces.

Costs and take-up are those of the scenario at its medians; managers are whole over the whole territory, in each year. The programme is solved
by HiGHS (programme.py); the gap between the plan and the bound, above which no plan can be, is always kept and told.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, say
from analysis.scaling import cost, programme
from analysis.scaling.programme import Problem

GAP = 0.001
SECONDS = 60.0
THOUSAND = 1000.0
SLACK = 1e-5  # of one manager: what the solver's feasibility tolerance may leave uncounted
LINES = ("fixed", "place", "manager", "capacity", "person", "enrolled", "retained")


@dataclass(frozen=True)
class Terms:
    """What the plan must keep to: `budgets` (euro, one a year); `floor`: least share of a province's eligible people who live where it is served in the last
    year, in at least the share `provinces` of the provinces; `fairest`: raise the floor as far as the last budget allows, before people are counted;
    `starts`: most places that can start in one year (0: any); `discount`: yearly rate on people retained later."""

    budgets: tuple[float, ...]
    floor: float = 0.0
    provinces: float = 1.0
    fairest: bool = False
    starts: int = 0
    discount: float = 0.0


@dataclass(frozen=True)
class Rollout:
    """A plan.

    `places`: code, name, province, region, lon, lat, eligible, `start` (year 1…T; 0: never). `years`: see `table`. `coverage`: province, year, eligible, share of them
    where it is served. `people`: discounted person-years retained; `bound`: no plan has more; `gap` = bound / people − 1, `reached` whether it is within what was asked.
    """

    places: pd.DataFrame
    years: pd.DataFrame
    coverage: pd.DataFrame
    terms: Terms
    people: float
    bound: float
    gap: float
    asked: float
    floor_bound: float

    @property
    def reached(self) -> bool:
        return self.gap <= self.asked

    def table(self) -> pd.DataFrame:
        """One row a year: year, started, served (municipalities), enrolled, retained, managers, cost, budget, provinces (share with a place served), least_covered (share)."""
        frame = self.years.copy()
        frame.attrs["columns"] = {
            "year": {"labels": "year"},
            **{name: {"counts": "things"} for name in ("started", "served", "managers")},
            **{name: {"unit": "persons", "digits": 0} for name in ("enrolled", "retained")},
            **{name: {"unit": "euro", "digits": 0} for name in ("cost", "budget")},
            "provinces": {"unit": "share", "digits": 0},
            "least_covered": {"unit": "share"},
        }
        return frame

    def by_province(self) -> pd.DataFrame:
        """province, year, eligible, covered: share of the province's eligible people who live where it is served."""
        frame = self.coverage.copy()
        frame.attrs["columns"] = {
            "year": {"labels": "year"},
            "eligible": {"unit": "persons"},
            "covered": {"unit": "share"},
        }
        return frame

    def points(self) -> pd.DataFrame:
        """The places for a map: name, lon, lat, eligible, start (a year, or 0 for never)."""
        frame = self.places[["name", "lon", "lat", "eligible", "start"]].reset_index(drop=True)
        frame["start"] = frame["start"].astype(str)
        frame.attrs["columns"] = {
            "lon": {"unit": "position"},
            "lat": {"unit": "position"},
            "eligible": {"unit": "persons"},
            "start": {"labels": "start"},
        }
        return frame

    def solution(self) -> pd.DataFrame:
        """One row: people (person-years retained, discounted), bound, gap reached, gap asked, whether it is within, floor, floor_bound (no plan has a higher one, where the fairest was asked; else the floor itself), provinces that keep it, discount, most starts a year."""
        frame = pd.DataFrame(
            {
                "people": [self.people],
                "bound": [self.bound],
                "gap": [self.gap],
                "gap_asked": [self.asked],
                "within": ["yes" if self.reached else "no"],
                "floor": [self.terms.floor],
                "floor_bound": [self.floor_bound],
                "floor_provinces": [self.terms.provinces],
                "discount": [self.terms.discount],
                "starts": [self.terms.starts],
            }
        )
        frame.attrs["columns"] = {
            "people": {"unit": "persons"},
            "bound": {"unit": "persons"},
            **{name: {"unit": "share", "digits": 2} for name in ("gap", "gap_asked")},
            **{name: {"unit": "share"} for name in ("floor", "floor_bound", "floor_provinces", "discount")},
            "starts": {"counts": "things"},
        }
        return frame


def ramp(full: float, years: int) -> tuple[float, ...]:
    """Budgets (euro) that grow in equal steps to `full` in the last year."""
    return tuple(full * (year + 1) / years for year in range(years))


def beside(plans: Mapping[str, Rollout]) -> pd.DataFrame:
    """One row a plan: plan, people (person-years), served and provinces (share with a place served) and least_covered in the last year, gap."""
    last = [each.years.iloc[-1] for each in plans.values()]
    frame = pd.DataFrame(
        {
            "plan": list(plans),
            "people": [each.people for each in plans.values()],
            **{name: [row[name] for row in last] for name in ("served", "provinces", "least_covered")},
            "gap": [each.gap for each in plans.values()],
        }
    )
    frame.attrs["columns"] = {
        "people": {"unit": "persons"},
        "served": {"counts": "things"},
        "provinces": {"unit": "share", "digits": 0},
        "least_covered": {"unit": "share"},
        "gap": {"unit": "share", "digits": 3},
    }
    return frame


def plan(
    places: pd.DataFrame,
    values: Mapping[str, float],
    terms: Terms,
    gap: float = GAP,
    seconds: float = SECONDS,
) -> Rollout:
    """The plan that retains most person-years over the years of `terms.budgets`, cost as in `cost.stepwise` in every year.

    `places`: code, name, province, region, lon, lat, eligible (`eligible.Eligible.places`). `values`: LINES at the values planned for
    (`strategies.middle`: medians). The fixed cost is paid from the first year on. Once started, a place is served and paid for every year.
    Raises ParameterError (settings; a budget that does not hold the fixed cost, or any place) and EstimateError (a floor that the last budget
    cannot pay for, with what it needs at least; no plan found in the time).
    """
    began = time.monotonic()
    _check(values, terms, gap, seconds)
    problem = _problem(places, values, terms)
    _payable(problem, values)
    highest = terms.floor
    if terms.fairest:
        floor, highest = programme.highest_floor(problem, seconds / 3)
        floor = max(0.0, floor - 1e-9)
        terms = replace(terms, floor=floor, provinces=1.0)
        problem = replace(problem, floor=floor, needed=problem.provinces)
    found = programme.search(problem, gap, began + seconds)
    if found.start is None:
        raise EstimateError(_unpaid(problem, values, terms, seconds))
    return _told(places, problem, values, terms, found, gap, highest)


def _check(values: Mapping[str, float], terms: Terms, gap: float, seconds: float) -> None:
    """Every setting out of range, at once."""
    lacking = [name for name in LINES if name not in values]
    faults = [Fault(say("manca", "is missing"), f"values, {name}", ", ".join(LINES)) for name in lacking]
    limits = (
        ("budgets", bool(terms.budgets) and all(each > 0 for each in terms.budgets), "> 0"),
        ("floor", 0 <= terms.floor <= 1, "0–1"),
        ("provinces", 0 < terms.provinces <= 1, "0–1"),
        ("starts", terms.starts >= 0, "≥ 0"),
        ("discount", terms.discount >= 0, "≥ 0"),
        ("gap", gap >= 0, "≥ 0"),
        ("seconds", seconds > 0, "> 0"),
    )
    faults += [
        Fault(say("valore fuori dai limiti", "value out of range"), name, allowed)
        for name, right, allowed in limits
        if not right
    ]
    if faults:
        raise ParameterError(faults)


def _problem(places: pd.DataFrame, values: Mapping[str, float], terms: Terms) -> Problem:
    people = places["eligible"].to_numpy(dtype=float)
    names, which = np.unique(places["province"].astype(str).to_numpy(), return_inverse=True)
    whole = np.bincount(which, people, len(names))
    enrolled = values["enrolled"] * people
    years = len(terms.budgets)
    weight = (1 + terms.discount) ** -np.arange(years)
    gain = np.cumsum(weight[::-1])[::-1][:, None] * values["retained"] * people
    return Problem(
        cost=(values["place"] + values["person"] * enrolled) / THOUSAND,
        enrolled=enrolled,
        share=np.divide(people, whole[which], out=np.zeros(len(people)), where=whole[which] > 0),
        which=which,
        left=(np.array(terms.budgets, dtype=float) - values["fixed"]) / THOUSAND,
        gain=gain,
        manager=values["manager"] / THOUSAND,
        capacity=float(values["capacity"]),
        floor=terms.floor,
        provinces=len(names),
        needed=int(np.ceil(terms.provinces * len(names) - 1e-9)),
        starts=terms.starts,
    )


def _payable(problem: Problem, values: Mapping[str, float]) -> None:
    """A budget must hold the fixed cost in every year, and the last one some place."""
    faults = [
        Fault(
            say(
                f"il bilancio dell'anno {year} non copre il costo fisso",
                f"the budget of year {year} does not cover the fixed cost",
            ),
            f"budgets, {year}",
            f"≥ {values['fixed']:,.0f} euro",
        )
        for year in (np.flatnonzero(problem.left < 0) + 1).tolist()
    ]
    if not faults and not problem.able.any():
        alone = problem.cost + problem.manager * np.ceil(problem.enrolled / problem.capacity)
        least = THOUSAND * float(alone.min()) + values["fixed"]
        faults.append(
            Fault(
                say("i bilanci non pagano alcun comune", "the budgets pay for no municipality"),
                "budgets",
                f"≥ {least:,.0f} euro",
            )
        )
    if faults:
        raise ParameterError(faults)


def _unpaid(problem: Problem, values: Mapping[str, float], terms: Terms, seconds: float) -> Fault:
    """Why there is no plan: the floor is beyond the last budget (with the least that could pay for it), beyond the starts allowed, or the time was too short."""
    if problem.floor <= 0:
        return Fault(
            say("nessun piano trovato nel tempo dato", "no plan found in the time given"),
            "seconds",
            f"> {seconds:g}",
        )
    least = THOUSAND * programme.least_budget(problem, seconds / 3) + values["fixed"]
    if least > terms.budgets[-1]:
        return Fault(
            say(
                f"l'ultimo bilancio non paga l'equità chiesta: il {terms.floor:.1%} dei destinatari in {problem.needed} province",
                f"the last budget does not pay for the equity asked: {terms.floor:.1%} of the eligible in {problem.needed} provinces",
            ),
            "floor, budgets",
            say(f"un bilancio di almeno {least:,.0f} euro", f"a budget of at least {least:,.0f} euro"),
            say("Abbassare floor o provinces.", "Lower floor or provinces."),
        )
    return Fault(
        say(
            f"nessun piano con l'equità chiesta ({terms.floor:.1%} dei destinatari in {problem.needed} province) entro bilanci, avvii all'anno e tempo dati",
            f"no plan with the equity asked ({terms.floor:.1%} of the eligible in {problem.needed} provinces) within the budgets, starts a year and time given",
        ),
        "floor, budgets, starts, seconds",
        next_step=say(
            "Abbassare floor o provinces, alzare l'ultimo bilancio, o dare più tempo.",
            "Lower floor or provinces, raise the last budget, or give more time.",
        ),
    )


def _told(
    places: pd.DataFrame,
    problem: Problem,
    values: Mapping[str, float],
    terms: Terms,
    found: programme.Found,
    gap: float,
    highest: float,
) -> Rollout:
    """The plan year by year and province by province, its costs counted anew from the places chosen."""
    start = found.start if found.start is not None else np.zeros(len(places), int)
    years = len(terms.budgets)
    year = np.arange(1, years + 1)
    served = (start[:, None] > 0) & (start[:, None] <= year)
    people = places["eligible"].to_numpy(dtype=float) @ served
    lines = {key: values[key] for key in ("fixed", "place", "manager", "capacity", "person")}
    enrolled = values["enrolled"] * people
    managers = np.ceil(enrolled / values["capacity"] - SLACK)
    count = served.sum(axis=0)
    total = cost.stepwise(enrolled, count, **{**lines, "manager": 0.0})[1] + values["manager"] * managers
    names = np.unique(places["province"].astype(str).to_numpy())
    covered = np.stack(
        [np.bincount(problem.which, problem.share * served[:, t], len(names)) for t in range(years)]
    )
    frame = pd.DataFrame(
        {
            "year": year.astype(str),
            "started": [int((start == t).sum()) for t in year],
            "served": count,
            "enrolled": enrolled,
            "retained": values["retained"] * people,
            "managers": managers.astype(int),
            "cost": total,
            "budget": np.array(terms.budgets, dtype=float),
            "provinces": (covered > 0).mean(axis=1),
            "least_covered": covered.min(axis=1),
        }
    )
    eligible = np.bincount(problem.which, places["eligible"].to_numpy(dtype=float), len(names))
    coverage = pd.DataFrame(
        {
            "province": np.tile(names, years),
            "year": np.repeat(year.astype(str), len(names)),
            "eligible": np.tile(eligible, years),
            "covered": covered.ravel(),
        }
    )
    kept = [
        name for name in ("code", "name", "province", "region", "lon", "lat", "eligible") if name in places
    ]
    won = problem.value(start)
    apart = max(0.0, found.bound / won - 1) if won > 0 else 0.0
    return Rollout(
        places[kept].reset_index(drop=True).assign(start=start),
        frame,
        coverage,
        terms,
        won,
        max(found.bound, won),
        apart,
        gap,
        highest,
    )
