"""Survey respondents of a simulated study: residents by quarter, workers by company, users of services; two waves.

Everything is drawn in arrays: a million respondents take seconds. Frames have one row per person; string columns are
categorical, integer columns nullable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.simulate import transitions
from analysis.simulate import truth as truths
from analysis.simulate.write import stream

Bool = np.ndarray
SURVEY_AGES = np.arange(18, 81)
OUTSIDE = "outside"


def wave_one(
    truth: Mapping[str, Any], seed: int, companies: pd.DataFrame, population: int, scale: float
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """All respondents of the first wave, and their latent values, which the second wave needs.

    companies: columns company (id), stratum (size), employees, in_frame (companies of that size in the frame), sampled
    companies only. population: inhabitants of the city, for the weights of residents. scale multiplies respondents;
    once they outnumber the people of the frame, weights fall under 1 (respondents come from the model, not from a list).
    """
    rng = stream(seed, "survey")
    parts = [
        _residents(truth, rng, population, scale),
        _workers(truth, rng, companies, scale),
        _users(truth, rng, scale),
    ]
    people = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    _care(truth, rng, people)
    _employment(truth, rng, people)
    _work(truth, rng, people)
    company_noise = rng.standard_normal((2, len(companies)))
    latent = _latent(truth, rng, people, company_noise)
    frame = _frame(truth, rng, people, companies)
    for name, bounds in (("wfc", (1, 7)), ("fwc", (1, 7)), ("who", (0, 5))):
        _items(truth, rng, frame, name, latent[name], bounds, people["employed"] | (name == "who"))
    transitions.would_work(truth, seed, 1, frame, latent["care"])
    return frame, latent


def wave_two(
    truth: Mapping[str, Any], seed: int, first: pd.DataFrame, latent: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Those of `first` who take part again, with new answers to the scales; `latent` as from `wave_one`."""
    rng = stream(seed, "survey/2")
    waves = truth["waves"]
    stay = rng.random(len(first)) < np.asarray([waves["stays"][load] for load in truths.CARE])[latent["care"]]
    work = transitions.work_two(truth, seed, first, latent)
    employed = work["employment"].eq("employed").to_numpy()
    frame = first.assign(**{name: work[name] for name in work}).loc[stay].reset_index(drop=True)
    rho = waves["stability"]
    for name, bounds in (("wfc", (1, 7)), ("fwc", (1, 7)), ("who", (0, 5))):
        p = _scale(truth, name)
        noise = rng.standard_normal(len(first))
        deviation = (
            rho * (latent[name] - latent[f"{name}_mean"]) + np.sqrt(1 - rho**2) * p["person_sd"] * noise
        )
        change = p["change"] + p.get("change_if_flexible", 0.0) * latent["flexible"]
        second = (latent[f"{name}_mean"] + deviation + change)[stay]
        _items(truth, rng, frame, name, second, bounds, employed[stay] | (name == "who"))
    transitions.would_work(truth, seed, 2, frame, latent["care"][stay])
    return frame


def _scale(truth: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return truth["wellbeing"] if name == "who" else truth["conflict"][name]


def _residents(
    truth: Mapping[str, Any], rng: np.random.Generator, population: int, scale: float
) -> dict[str, np.ndarray]:
    quarters = truth["quarters"]
    count = len(quarters["names"])
    n = np.full(count, max(2, round(truth["sample"]["residents"] * scale / count)))
    quarter = np.repeat(np.arange(count), n)
    density = truths.age_density(truth)[:, SURVEY_AGES]
    adults = population * np.asarray(quarters["shares"]) * density.sum()
    pick = np.searchsorted(np.cumsum(density.ravel() / density.sum()), rng.random(len(quarter)), side="right")
    sex, age = np.divmod(np.minimum(pick, density.size - 1), len(SURVEY_AGES))
    return _part("residents", sex, age + 18, quarter, weight=np.round(adults / n, 4)[quarter])


def _workers(
    truth: Mapping[str, Any], rng: np.random.Generator, companies: pd.DataFrame, scale: float
) -> dict[str, np.ndarray]:
    sample = truth["sample"]
    n = max(2, round(sample["workers"] * scale / len(companies)))
    company = np.repeat(np.arange(len(companies)), n)
    sex = (rng.random(len(company)) >= sample["women"]["workers"]).astype(int)
    employment = truth["employment"]
    employed = special.expit(truths.by_age(employment["log_odds"], employment["age_from"], SURVEY_AGES))
    age = _ages(truth, rng, sex, employed * (SURVEY_AGES < 70))
    sampled = companies.groupby("stratum")["company"].transform("size")
    weight = companies["in_frame"] / sampled * companies["employees"] / n
    quarter = _somewhere(truth, rng, len(sex))
    return _part("workers", sex, age, quarter, company, np.round(weight.to_numpy(dtype=float), 4)[company])


def _users(truth: Mapping[str, Any], rng: np.random.Generator, scale: float) -> dict[str, np.ndarray]:
    n = max(2, round(truth["sample"]["users"] * scale))
    sex = (rng.random(n) >= truth["sample"]["women"]["users"]).astype(int)
    age = _ages(truth, rng, sex, np.ones(len(SURVEY_AGES)))
    return _part("users", sex, age, _somewhere(truth, rng, n))


FRAMES = ("residents", "workers", "users")


def _part(
    frame: str,
    sex: np.ndarray,
    age: np.ndarray,
    quarter: np.ndarray,
    company: np.ndarray | None = None,
    weight: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    n = len(sex)
    return {
        "frame": np.full(n, FRAMES.index(frame), dtype=np.int8),
        "sex": sex,
        "age": age,
        "quarter": quarter,
        "company": np.full(n, -1) if company is None else company,
        "weight": np.full(n, np.nan) if weight is None else weight,
    }


def _ages(
    truth: Mapping[str, Any], rng: np.random.Generator, sex: np.ndarray, tilt: np.ndarray
) -> np.ndarray:
    density = truths.age_density(truth)[:, SURVEY_AGES] * tilt
    cumulative = np.cumsum(density / density.sum(axis=1, keepdims=True), axis=1)
    u = rng.random(len(sex))
    women = np.searchsorted(cumulative[0], u, side="right")
    men = np.searchsorted(cumulative[1], u, side="right")
    return np.minimum(np.where(sex == 0, women, men), len(SURVEY_AGES) - 1) + 18


def _somewhere(truth: Mapping[str, Any], rng: np.random.Generator, n: int) -> np.ndarray:
    shares = np.asarray(truth["quarters"]["shares"]) * truth["sample"]["live_in_city"]
    return np.searchsorted(np.cumsum(shares), rng.random(n), side="right")


def _care(truth: Mapping[str, Any], rng: np.random.Generator, people: dict[str, np.ndarray]) -> None:
    shift = np.append(truth["quarters"]["care_shift"], 0.0)[people["quarter"]]
    shift = np.where(people["frame"] == 0, shift, 0.0) + truth["care"]["users_shift"] * (people["frame"] == 2)
    p_children, p_relatives = truths.care_probabilities(truth, people["sex"], people["age"], shift)
    children = rng.random(len(shift)) < p_children
    relatives = rng.random(len(shift)) < p_relatives
    _plant(truth, people, children, relatives)
    people["children"], people["relatives"] = children, relatives
    people["care"] = children + 2 * relatives


def _plant(truth: Mapping[str, Any], people: dict[str, np.ndarray], children: Bool, relatives: Bool) -> None:
    """Leave exactly the declared number of resident men of one quarter with both care loads (in place)."""
    cell = truth["small_cell"]
    people["planted"] = np.zeros(len(children), dtype=bool)
    if len(children) > cell["up_to"]:
        return
    here = (people["frame"] == 0) & (people["sex"] == 1)
    here &= people["quarter"] == truth["quarters"]["names"].index(cell["quarter"])
    order = np.lexsort((np.abs(people["age"] - 45), ~children, ~(children & relatives)))
    chosen = order[here[order]][: cell["men"]]
    relatives[here & children] = False
    children[chosen] = relatives[chosen] = True
    people["planted"] = here & children


def _employment(truth: Mapping[str, Any], rng: np.random.Generator, people: dict[str, np.ndarray]) -> None:
    p, age, sex, care = truth["employment"], people["age"], people["sex"], people["care"]
    penalty = _by_sex_and_care(p["care_penalty"])[sex, care]
    odds = truths.by_age(p["log_odds"], p["age_from"], age) + penalty + p["women_minus_men"] * (sex == 0)
    odds = odds + p["users_shift"] * (people["frame"] == 2)
    people["employed"] = (rng.random(len(age)) < special.expit(odds)) | (people["frame"] == 1)
    people["unemployed"] = rng.random(len(age)) < truths.by_age(p["unemployed_share"], p["age_from"], age)
    people["reason_care"] = rng.random(len(age)) < _by_sex_and_care(p["reason_care"])[sex, care]


def _by_sex_and_care(values: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    return np.array([[values[sex][load] for load in truths.CARE] for sex in truths.SEXES])


def _work(truth: Mapping[str, Any], rng: np.random.Generator, people: dict[str, np.ndarray]) -> None:
    p, sex, n = truth["work"], people["sex"], len(people["sex"])
    people["reduced"] = rng.random(n) < _by_sex_and_care(p["reduced_for_care"])[sex, people["care"]]
    people["flexible"] = rng.random(n) < np.array([p["flexible"][s] for s in truths.SEXES])[sex]
    hours = np.array([p["hours_mean"][s] for s in truths.SEXES])[sex] + p["hours_sd"] * rng.standard_normal(n)
    people["hours"] = np.clip(np.rint(hours - p["hours_cut_if_reduced"] * people["reduced"]), 6, 60).astype(
        int
    )


def _latent(
    truth: Mapping[str, Any],
    rng: np.random.Generator,
    people: dict[str, np.ndarray],
    company_noise: np.ndarray,
) -> dict[str, np.ndarray]:
    """Each person's latent value and cell mean on the three scales."""
    sex, care, worker = people["sex"], people["care"], people["company"] >= 0
    out: dict[str, np.ndarray] = {
        "care": care,
        "employed": people["employed"],
        "flexible": people["flexible"],
    }
    for number, name in enumerate(("wfc", "fwc", "who")):
        p = _scale(truth, name)
        mean = (
            p["grand"]
            + p["women_minus_men"] * (sex == 0)
            + np.array([p["care"][load] for load in truths.CARE])[care]
        )
        mean = mean + p.get("women_more_with_care", 0.0) * ((sex == 0) & (care > 0))
        mean = mean + p.get("flexible", 0.0) * people["flexible"]
        noise = rng.standard_normal(len(sex))
        if name != "who":
            share = p["company_share"]
            shared = company_noise[number][people["company"]]
            noise = np.where(worker, np.sqrt(share) * shared + np.sqrt(1 - share) * noise, noise)
        out[f"{name}_mean"] = mean
        out[name] = mean + p["person_sd"] * noise
    return out


def _frame(
    truth: Mapping[str, Any], rng: np.random.Generator, people: dict[str, np.ndarray], companies: pd.DataFrame
) -> pd.DataFrame:
    n, miss = len(people["age"]), truth["nonresponse"]
    employed, at_random = people["employed"], rng.random((4, n))
    quarters = [*truth["quarters"]["names"], OUTSIDE]
    sizes = sorted(set(companies["stratum"]))
    company_stratum = np.array([sizes.index(size) for size in companies["stratum"]], dtype=int)
    in_company = people["company"] >= 0
    stratum = np.where(people["frame"] == 0, people["quarter"], -1)
    stratum = np.where(in_company, len(quarters) + company_stratum[people["company"]], stratum)
    company = pd.Categorical.from_codes(people["company"], list(companies["company"]))
    occupation = np.where(employed, 0, np.where(people["unemployed"], 1, 2))
    hours = np.where(at_random[0] < miss["hours_99"], 99, people["hours"])
    yes_no = {
        "reduced_hours_care": (people["reduced"], at_random[1] < miss["reduced_99"], 3, employed),
        "flexible_hours": (people["flexible"], at_random[2] < miss["flexible_98"], 2, employed),
        "children_under15": (people["children"], np.zeros(n, dtype=bool), 3, np.ones(n, dtype=bool)),
        "relatives_care": (
            people["relatives"],
            (at_random[3] < miss["relatives_99"]) & ~people["planted"],
            3,
            np.ones(n, dtype=bool),
        ),
    }
    frame = pd.DataFrame(
        {
            "person_id": np.char.add("p", np.char.zfill(np.arange(1, n + 1).astype("U7"), 7)),
            "frame": pd.Categorical.from_codes(people["frame"], list(FRAMES)),
            "stratum": pd.Categorical.from_codes(stratum, [*quarters, *sizes]),
            "cluster": company,
            "weight": people["weight"],
            "gender": pd.Categorical.from_codes(people["sex"], list(truths.SEXES)),
            "age": people["age"],
            "quarter": pd.Categorical.from_codes(people["quarter"], quarters),
            "employment": pd.Categorical.from_codes(occupation, ["employed", "unemployed", "inactive"]),
            "not_working_reason": pd.Categorical.from_codes(
                np.where(employed, -1, np.where(people["reason_care"], 0, 1)), ["care", "other"]
            ),
            "hours_week": pd.arrays.IntegerArray(hours, ~employed),
        }
    )
    for name, (value, missing, code, asked) in yes_no.items():
        codes = np.where(asked, np.where(missing, code, np.where(value, 0, 1)), -1)
        frame[name] = pd.Categorical.from_codes(codes, ["yes", "no", "98", "99"])
    frame["company"] = company
    return frame


def _items(
    truth: Mapping[str, Any],
    rng: np.random.Generator,
    frame: pd.DataFrame,
    name: str,
    latent: np.ndarray,
    bounds: tuple[int, int],
    asked: Bool,
) -> None:
    """Add (or replace) the items of one scale, with their missing codes."""
    p, miss = _scale(truth, name), truth["nonresponse"]
    low, high = bounds
    middle = truths.item_middle(p, low, high)
    for number, loading in enumerate(p["loadings"], start=1):
        value = middle + loading * (latent - middle) + p["item_sd"] * rng.standard_normal(len(latent))
        answer = np.clip(np.rint(value), low, high).astype(np.int8)
        u = rng.random(len(latent))
        answer[u < miss["item_98"] + miss["item_99"]] = 99
        answer[u < miss["item_98"]] = 98
        frame[f"{name}{number}"] = pd.arrays.IntegerArray(answer, ~asked)
