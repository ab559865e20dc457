"""Eligible people by place: residents by sex and age times the share of them, published by the same sex and ages.

The estimate is indirect (synthetic): every place gets the prevalence of the population it was published for, so that places differ
by age and sex structure alone. Ages must fit: a published cell is used only where its ages are exactly a union of the table's bands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say

BAND = re.compile(r"([fm])_(\d{2})(?:_(\d{2}|plus))?")
NORMAL_95 = 1.959963984540054
KEPT = ("code", "name", "province", "region", "lon", "lat")


def bands(territory: pd.DataFrame) -> pd.DataFrame:
    """The population columns of `territory`: column, sex (f, m), age_from, age_to (years, both included; infinite for the last)."""
    found = [(name, match) for name in territory.columns if (match := BAND.fullmatch(str(name)))]
    rows = [
        (
            name,
            match[1],
            float(match[2]),
            np.inf if match[3] == "plus" else float(match[3] or match[2]),
        )
        for name, match in found
    ]
    if not rows:
        what = say("nessuna colonna di popolazione", "no population columns")
        raise EstimateError(Fault(what, "territory", "f_00_02 … m_80_plus"))
    return pd.DataFrame(rows, columns=["column", "sex", "age_from", "age_to"])


def residents(territory: pd.DataFrame, sex: str, age_from: float, age_to: float) -> pd.Series:
    """Residents of `sex` (f, m, all) aged `age_from`–`age_to` in each place; missing where the place has no population.

    Raises EstimateError where the ages are not a union of the table's bands: nobody is split by guess.
    """
    known = bands(territory)
    if sex != "all":
        known = known[known["sex"] == sex]
    inside = known[(known["age_from"] >= age_from) & (known["age_to"] <= age_to)]
    starts, ends = set(known["age_from"]), set(known["age_to"])
    if age_from not in starts or age_to not in ends or inside.empty:
        ages = _ages(age_from, age_to)
        held = ", ".join(_ages(low, high) for low, high in sorted({*zip(known["age_from"], known["age_to"])}))
        what = say(f"le età {ages} non sono un'unione di classi", f"ages {ages} are not a union of bands")
        step = say("Usare una prevalenza pubblicata per le stesse età.", "Use a prevalence published for the same ages.")  # fmt: skip
        raise EstimateError(Fault(what, "territory", held, step))
    return territory[list(inside["column"])].astype(float).sum(axis=1, min_count=1)


def _ages(low: float, high: float) -> str:
    if np.isinf(high):
        return f"{low:g}+"
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"


def cells(benchmarks: pd.DataFrame, concept: str, place: str = "") -> pd.DataFrame:
    """The published shares of `concept` that cover a population once: by sex where published so, else for both sexes together.

    `benchmarks`: concept, value, unit, sex, age_from, age_to, place and, where published, low, high or se (shares, 0–1). Without
    `place`, the place that the table names first for this concept. Of several age ranges the widest is taken; two shares for the
    same sex and ages (another year, another denominator) are refused.
    """
    shares = benchmarks[(benchmarks["concept"] == concept) & (benchmarks["unit"] == "share")]
    if len(shares):
        shares = shares[shares["place"] == (place or shares["place"].iloc[0])]
    by_sex = shares[shares["sex"].isin(["f", "m"])]
    both = by_sex.groupby(["age_from", "age_to"], dropna=False)["sex"].transform("nunique") == 2
    chosen = by_sex[both] if both.any() else shares[shares["sex"] == "all"]
    if chosen.empty:
        what = say(f"nessuna quota pubblicata per «{concept}»", f"no published share for '{concept}'")
        held = ", ".join(sorted(benchmarks.loc[benchmarks["unit"] == "share", "concept"].unique()))
        raise EstimateError(Fault(what, "benchmarks", held))
    width = chosen["age_to"].astype(float).fillna(np.inf) - chosen["age_from"].astype(float)
    chosen = chosen[width == width.max()]
    doubled = chosen[chosen["sex"].duplicated(keep=False)]
    if len(doubled):
        what = say(
            "più quote per lo stesso sesso e le stesse età", "several shares for the same sex and ages"
        )
        step = say("Passare solo le righe con il denominatore voluto.", "Pass only the rows with the denominator that is meant.")  # fmt: skip
        raise EstimateError([Fault(f"{what}: {row.value:g}", f"benchmarks, {row.benchmark}", next_step=step) for row in doubled.itertuples()])  # fmt: skip
    return chosen.sort_values("sex").reset_index(drop=True)


@dataclass(frozen=True)
class Eligible:
    """Eligible people by place.

    `places`: code, name, province, region, lon, lat, residents, base (residents of the cells' sexes and ages), eligible (persons),
    share (eligible / residents), and low, high (95 %) where the prevalence has an uncertainty. Places without population are in
    `without_population` instead. `uncertain`: whether the prevalence was published with an uncertainty; `error`: standard error of the total.
    """

    places: pd.DataFrame
    without_population: pd.DataFrame
    uncertain: bool
    error: float = 0.0

    @property
    def total(self) -> float:
        return float(self.places["eligible"].sum())

    @property
    def base(self) -> float:
        return float(self.places["base"].sum())

    @property
    def residents(self) -> float:
        return float(self.places["residents"].sum())

    @property
    def interval(self) -> tuple[float, float] | None:
        """Bounds of the total (95 %): the prevalence is common to all places, so its errors add up and do not average out."""
        if not self.uncertain:
            return None
        return self.total - NORMAL_95 * self.error, self.total + NORMAL_95 * self.error

    @property
    def relative_error(self) -> float:
        """Standard error of the total relative to it; 0 where the prevalence was published without uncertainty."""
        return self.error / self.total if self.total else 0.0

    def points(self) -> pd.DataFrame:
        """The places for a map: name, lon, lat, eligible, share of residents."""
        frame = self.places[["name", "lon", "lat", "eligible", "share"]].reset_index(drop=True)
        frame.attrs["columns"] = {
            "lon": {"unit": "position"},
            "lat": {"unit": "position"},
            "eligible": {"unit": "persons"},
            "share": {"unit": "share", "digits": 2},
        }
        return frame

    def breaks(self, classes: int = 5) -> pd.DataFrame:
        """Bounds of `classes` classes of share that hold as many places each (quantiles); fewer where places tie."""
        bounds = np.unique(np.quantile(self.places["share"], np.linspace(0, 1, classes + 1)))
        if len(bounds) < 2:
            bounds = np.array([bounds[0] * 0.999, bounds[0] * 1.001])
        frame = pd.DataFrame({"share": bounds})
        frame.attrs["columns"] = {"share": {"unit": "share", "digits": 2}}
        return frame

    def largest(self, count: int) -> pd.DataFrame:
        """The `count` places with most eligible people, ties broken by code."""
        ordered = self.places.sort_values(["eligible", "code"], ascending=[False, True])
        return self.table(ordered.head(count))

    def table(self, places: pd.DataFrame | None = None) -> pd.DataFrame:
        """name, province, residents, base, eligible, share (and low, high)."""
        bounds = ["low", "high"] if self.uncertain else []
        frame = (self.places if places is None else places)[
            ["name", "province", "residents", "base", "eligible", "share", *bounds]
        ].reset_index(drop=True)
        frame.attrs["columns"] = {
            "residents": {"unit": "persons"},
            "base": {"unit": "persons"},
            "eligible": {"unit": "persons"},
            "share": {"unit": "share", "digits": 2},
            **{name: {f"{name}_of": "eligible"} for name in bounds},
        }
        return frame


def estimate(
    territory: pd.DataFrame, prevalence: pd.DataFrame, covariance: np.ndarray | None = None
) -> Eligible:
    """Eligible people in each place of `territory`: the sum over cells of residents × prevalence.

    `prevalence`: rows sex (f, m, all), age_from, age_to, value (share) and, if known, se or low and high (95 %); cells must not overlap.
    `covariance` (cells, cells): of the shares, in the order of the rows; without it cells count as estimated independently. With c the residents
    by cell of a place, the variance of its total is c′Vc, and that of the sum of places takes the sum of their c. Bounds are the normal's, not
    cut at zero. The error is the survey's alone: how far a place departs from its cells' shares is unknown and not in it.
    """
    prevalence = prevalence.reset_index(drop=True)
    check(prevalence)
    counts = by_cell(territory, prevalence)
    known = ~np.isnan(counts).any(axis=1)
    population = territory[list(bands(territory)["column"])].astype(float).sum(axis=1, min_count=1).to_numpy()
    places = territory[[name for name in KEPT if name in territory]].assign(
        residents=population,
        base=counts.sum(axis=1),
        eligible=counts @ prevalence["value"].to_numpy(dtype=float),
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        places["share"] = places["eligible"] / places["residents"]
    shared = variances(prevalence, covariance)
    error = 0.0
    if shared is not None:
        spread = NORMAL_95 * np.sqrt(((counts @ shared) * counts).sum(axis=1))
        places["low"], places["high"] = places["eligible"] - spread, places["eligible"] + spread
        whole = counts[known].sum(axis=0)
        error = float(np.sqrt(whole @ shared @ whole))
    without = places.loc[~known, ["code", "name"]].copy()
    return Eligible(places[known].copy(), without, shared is not None, error)


def by_cell(territory: pd.DataFrame, prevalence: pd.DataFrame) -> np.ndarray:
    """Residents of each place in each cell of `prevalence`: (places, cells)."""
    ends = prevalence["age_to"].astype(float).fillna(np.inf)
    rows = zip(prevalence["sex"], prevalence["age_from"].astype(float), ends)
    return np.column_stack([residents(territory, *row).to_numpy() for row in rows])


def variances(prevalence: pd.DataFrame, covariance: np.ndarray | None = None) -> np.ndarray | None:
    """Covariance (cells, cells) of the shares: as given, else of independent cells; None where the shares were published without error."""
    if covariance is None:
        errors = standard_errors(prevalence)
        return None if errors is None else np.diag(errors**2)
    given = np.asarray(covariance, dtype=float)
    size = len(prevalence)
    sound = given.shape == (size, size) and np.isfinite(given).all() and np.allclose(given, given.T)
    if sound and np.linalg.eigvalsh(given)[0] >= -1e-9 * np.trace(given):
        return given
    what = say("non è una covarianza delle celle", "is no covariance of the cells")
    raise EstimateError(Fault(what, "covariance", f"{size} × {size}, V = V′, x′Vx ≥ 0"))


def standard_errors(prevalence: pd.DataFrame) -> np.ndarray | None:
    """Standard errors of the shares, from `se` or from `low` and `high` (95 %); None where any cell was published without."""
    if "se" in prevalence and prevalence["se"].notna().all():
        return prevalence["se"].to_numpy(dtype=float)
    if {"low", "high"} <= set(prevalence) and prevalence[["low", "high"]].notna().all(axis=None):
        return (prevalence["high"] - prevalence["low"]).to_numpy(dtype=float) / (2 * NORMAL_95)
    return None


def check(prevalence: pd.DataFrame) -> None:
    """Refuses no cells at all, shares outside 0–1 and cells that count the same people; every fault at once."""
    if prevalence.empty:
        raise EstimateError(Fault(say("nessuna cella", "no cells"), "prevalence", "≥ 1"))
    values = prevalence["value"].astype(float)
    faults = [
        Fault(
            say(f"quota {value:g} fuori dai limiti", f"share {value:g} out of range"),
            f"prevalence, {say('riga', 'row')} {row}",
            "0–1",
        )
        for row, value in values[~values.between(0, 1)].items()
    ]
    low, high = (
        prevalence["age_from"].to_numpy(float),
        prevalence["age_to"].astype(float).fillna(np.inf).to_numpy(),
    )
    sex = prevalence["sex"].to_numpy()
    same = (sex[:, None] == sex[None, :]) | (sex[:, None] == "all") | (sex[None, :] == "all")
    meet = same & (low[:, None] <= high[None, :]) & (low[None, :] <= high[:, None])
    faults += [
        Fault(
            say(
                f"le celle {first} e {second} contano le stesse persone",
                f"cells {first} and {second} count the same people",
            ),
            "prevalence",
            say("celle che non si sovrappongono", "cells that do not overlap"),
        )
        for first, second in zip(*np.nonzero(np.triu(meet, 1)))
    ]
    if faults:
        raise EstimateError(faults)


def by_structure(places: pd.DataFrame, city: pd.DataFrame, prevalence: pd.DataFrame) -> pd.DataFrame:
    """Eligible people in parts of a city, by the city's own sex and age structure applied to each part's total.

    `places`: name_it, name_en, kind, population; parts are the rows of kind "district". `city`: the one territory row of the city. Every
    part gets the same share: the result says how many, never which part has relatively more. Columns: district, residents, share, eligible.
    """
    if len(city) != 1:
        raise EstimateError(
            Fault(say(f"{len(city)} righe per la città", f"{len(city)} rows for the city"), "territory", "1")
        )
    share = float(estimate(city, prevalence).places["share"].iloc[0])
    parts = places[places["kind"] == "district"]
    frame = pd.DataFrame(
        {
            "district": [{"it": it, "en": en} for it, en in zip(parts["name_it"], parts["name_en"])],
            "residents": parts["population"].to_numpy(dtype=float),
        }
    )
    frame["share"] = share
    frame["eligible"] = frame["residents"] * share
    frame.attrs["columns"] = {
        "district": {"text": True},
        "residents": {"unit": "persons"},
        "share": {"unit": "share", "digits": 2},
        "eligible": {"unit": "persons"},
    }
    return frame


def published(cells: pd.DataFrame) -> pd.DataFrame:
    """The cells as printed: sex, numerator, denominator, value, year, source."""
    frame = pd.DataFrame(
        {
            "sex": cells["sex"].astype(object),
            **{
                name: [{"it": it, "en": en} for it, en in zip(cells[f"{name}_it"], cells[f"{name}_en"])]
                for name in ("numerator", "denominator")
            },
            "prevalence": cells["value"].astype(float),
            "year": cells["year"].astype(float),
            "reference": cells["source"].astype(object),
        }
    )
    frame.attrs["columns"] = {
        "numerator": {"text": True},
        "denominator": {"text": True},
        "prevalence": {"unit": "share"},
        "year": {"unit": "year"},
    }
    return frame


WHOLE = re.compile(
    r"(people|persons|residents|women|men)( of)? aged \d+(\s*[-–]\s*\d+| and over|\+)", re.IGNORECASE
)
WORKLESS = "not-working-care"
PARTS = ("never-worked-care", "left-work-care")


def lacking(prevalence: pd.DataFrame) -> pd.DataFrame:
    """What published cells do not say: lacks (uncertainty; sex, age: not told apart; population: the denominator is a part of it), cells concerned."""
    sex, bands_told = prevalence["sex"], prevalence[["age_from", "age_to"]].drop_duplicates()
    without = standard_errors(prevalence) is None
    part = ~prevalence["denominator_en"].map(lambda text: bool(WHOLE.fullmatch(str(text).strip())))
    found = {"uncertainty": len(sex) * without, "sex": int((sex == "all").sum()), "age": len(sex) * (len(bands_told) == 1), "population": int(part.sum())}  # fmt: skip
    frame = pd.DataFrame([(key, count) for key, count in found.items() if count], columns=["lacks", "cells"])
    frame.attrs["columns"] = {"lacks": {"labels": "lacks"}, "cells": {"counts": "things"}}
    return frame


@dataclass(frozen=True)
class WithoutWork:
    """People aged 18–64 without work because of care: `cells` for `estimate` (none where they cannot be had), and for each part and sex whether a share was published."""

    cells: pd.DataFrame
    status: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """concept, sex, status (published; part: of a part of the population only), prevalence; what is absent is left out."""
        frame = self.status[self.status["status"] != "absent"].reset_index(drop=True)
        frame.attrs["columns"] = {"prevalence": {"unit": "share"}}
        return frame


def without_work(benchmarks: pd.DataFrame, place: str = "") -> WithoutWork:
    """The cells published for not working because of care, else the sum of having never worked and having left work because of care.

    A share counts only where its ages are 18–64 and its denominator is the whole population of that age and sex: one of mothers is not one of
    women. The two parts exclude each other, so that adding their variances errs, for one survey, on the side of too wide.
    """
    ages = (benchmarks["age_from"] == 18) & (benchmarks["age_to"] == 64) & (benchmarks["unit"] == "share")
    shares = benchmarks[benchmarks["concept"].isin([WORKLESS, *PARTS]) & ages]
    shares = shares[shares["place"] == (place or next(iter(shares["place"]), ""))]
    whole = shares["denominator_en"].map(lambda text: bool(WHOLE.fullmatch(str(text).strip()))).astype(bool)
    keys = pd.MultiIndex.from_product([[WORKLESS, *PARTS], ["f", "m", "all"]], names=["concept", "sex"])
    first = shares.assign(whole=whole).sort_values("whole", ascending=False, kind="stable")
    first = first.drop_duplicates(["concept", "sex"]).set_index(["concept", "sex"])
    told = first.reindex(keys)
    state = np.select([told["value"].isna(), told["whole"].eq(True)], ["absent", "published"], "part")
    status = pd.DataFrame({"status": state, "prevalence": told["value"].astype(float)}).reset_index()
    usable = shares[whole]
    direct = usable[usable["concept"] == WORKLESS]
    if len(direct):
        return WithoutWork(_by_sex(direct), status)
    both = usable[usable.groupby("sex")["concept"].transform("nunique") == len(PARTS)].copy()
    both["variance"] = (both["se"] ** 2) if "se" in both else np.nan
    groups = both.groupby("sex", as_index=False)
    summed = groups.agg(value=("value", "sum"), denominator_en=("denominator_en", "first"))
    summed["se"] = np.sqrt(groups["variance"].sum(min_count=len(PARTS))["variance"].astype(float))
    return WithoutWork(_by_sex(summed.assign(concept=WORKLESS, age_from=18, age_to=64)), status)


def _by_sex(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows by sex where both sexes are there, else those of both together, else what there is."""
    sexes = set(rows["sex"])
    apart = {"f", "m"} <= sexes or "all" not in sexes
    return rows[(rows["sex"] != "all") == apart].sort_values("sex").reset_index(drop=True)
