"""Likeness of places: how far each municipality is from the pilot area in its population, why, and where the pilot's evidence does not carry over.

Four dimensions (structure by age, size, density, pressure of care) count the same and the features of a dimension share its weight, as in the general
coefficient of similarity with equal weights (Gower 1971, Biometrics 27, 857–871), here on squared standardised differences, so that the
squared distance is exactly a sum over dimensions. That they count the same, and the bounds of the classes of support, are assumptions of our own. It is likeness of *population*:
companies and third-sector bodies in the place are a condition apart (`conditions`), and nothing here says that an effect would be the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.scaling import eligible

DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "structure": ("young", "old", "oldest"),
    "size": ("log_residents",),
    "density": ("log_density",),
    "pressure": ("eligible_share", "old_age"),
}
DIMENSION = {feature: dimension for dimension, group in DIMENSIONS.items() for feature in group}
SUPPORT = ("near", "partial", "beyond")
WITHIN = 1.0  # standard units: an assumption, not a finding
FARTHEST = 2.0  # times `within`: from here on the evidence does not carry over
CONDITIONS = ("companies", "third_sector")
STATUS = {
    "labels": "condition_status",
    "header": {"it": "esito", "en": "outcome"},
}  # the notebook's `status` means another thing
IQR_NORMAL = 1.3489795003921634  # interquartile range of the standard normal
NEEDED = ("code", "residents", "eligible")
ABOUT = ("code", *[name for name in eligible.KEPT if name != "code"], "residents", "eligible")


def features(territory: pd.DataFrame, eligible_places: pd.DataFrame) -> pd.DataFrame:
    """What is compared, one row a municipality with population, in the order of `territory`.

    `territory`: code, population by sex and age, and area_km2 if known; `eligible_places`: `eligible.Eligible.places`. Columns: code, name, province, region,
    lon, lat (where given), residents and eligible (persons), then young (under 15), old (65 and over) and oldest (80 and over) as shares of residents;
    log_residents; log_density (of residents per km²; left out of a territory without areas); eligible_share (eligible / residents); old_age (residents 65
    and over / residents 18–64). Missing where it cannot be had. Raises EstimateError with every fault: columns absent, codes twice, no common place.
    """
    faults = [
        Fault(say(f"manca la colonna «{name}»", f"no column '{name}'"), where)
        for frame, names, where in (
            (territory, ("code",), "territory"),
            (eligible_places, NEEDED, "eligible_places"),
        )
        for name in names
        if name not in frame
    ]
    faults += [
        Fault(say(f"il codice «{code}» compare più volte", f"code '{code}' stands more than once"), where)
        for frame, where in ((territory, "territory"), (eligible_places, "eligible_places"))
        if "code" in frame
        for code in sorted(frame.loc[frame["code"].duplicated(), "code"].unique())
    ]
    if faults:
        raise EstimateError(faults)
    ages = {"under_15": (0, 14), "working": (18, 64), "old": (65, np.inf), "oldest": (80, np.inf)}
    counts = pd.DataFrame({key: eligible.residents(territory, "all", *span) for key, span in ages.items()})
    about = territory[[name for name in eligible.KEPT if name in territory]]
    joined = pd.concat([about, counts], axis=1).assign(
        area=territory["area_km2"].astype(float) if "area_km2" in territory else np.nan
    )
    joined = joined.merge(eligible_places[list(NEEDED)], on="code", how="inner")
    joined = joined[joined["residents"] > 0].reset_index(drop=True)
    if joined.empty:
        what = say("nessun comune con popolazione", "no municipality with population")
        raise EstimateError(Fault(what, "territory, eligible_places", "≥ 1"))
    people = joined["residents"]
    found = joined[[name for name in ABOUT if name in joined]].assign(
        young=joined["under_15"] / people,
        old=joined["old"] / people,
        oldest=joined["oldest"] / people,
        log_residents=np.log(people),
        log_density=np.log(people / joined["area"].where(joined["area"] > 0)),
        eligible_share=joined["eligible"] / people,
        old_age=joined["old"] / joined["working"].where(joined["working"] > 0),
    )
    return found.drop(columns=[name for name in ("log_density",) if found[name].isna().all()])


@dataclass(frozen=True)
class Likeness:
    """How like the pilot area each municipality is.

    `places`: code, name, province, region, lon, lat, residents, eligible; distance (standard units); of_structure, of_size, of_density, of_pressure (shares of the
    squared distance, sum 1; missing at distance 0); support (one of SUPPORT); beyond (dimension farthest outside what the pilot covers, "" if none is).
    `scale`: feature, dimension, reference, spread. `pilot`: codes. `within`: bound of "near", standard units.
    """

    places: pd.DataFrame
    scale: pd.DataFrame
    pilot: tuple[str, ...]
    within: float

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions that could be compared: the data of a territory may lack one."""
        return tuple(dict.fromkeys(self.scale["dimension"]))

    @property
    def others(self) -> pd.DataFrame:
        """The places that are not the pilot's own."""
        return self.places[~self.places["code"].isin(self.pilot)]

    def inside(self, codes: pd.Series | Sequence[str]) -> Likeness:
        """The same likeness of the places with these codes alone: units and reference stay those of the whole table."""
        return replace(self, places=self.places[self.places["code"].isin(codes)])

    def order(self) -> list[str]:
        """Codes from the most like to the least, ties by code; the pilot's own stand where their distance puts them (one alone: first)."""
        return list(self.places.sort_values(["distance", "code"])["code"])

    def by_place(self, count: int) -> pd.DataFrame:
        """The `count` municipalities most like the pilot, itself left out: name, province, distance, share of it by dimension, support."""
        head = self.others.sort_values(["distance", "code"]).head(count)
        shares = [f"of_{name}" for name in self.dimensions]
        about = [name for name in ("name", "province") if name in head]
        frame = head[[*about, "distance", *shares, "support"]].reset_index(drop=True)
        frame.attrs["columns"] = {
            "distance": {"unit": "number", "digits": 2},
            **{name: {"unit": "share", "digits": 0} for name in shares},
            "support": {"labels": "support"},
        }
        return frame

    def support_table(self) -> pd.DataFrame:
        """By class of support, the pilot's own places included: support, municipalities, residents, eligible, of_all (share of all eligible people)."""
        groups = self.places.groupby("support")
        frame = groups.agg(
            municipalities=("code", "size"), residents=("residents", "sum"), eligible=("eligible", "sum")
        )
        frame = frame.reindex(pd.Index(SUPPORT, name="support"), fill_value=0)
        total = float(frame["eligible"].sum())
        frame["of_all"] = frame["eligible"] / total if total else np.nan
        frame = frame.reset_index()
        frame.attrs["columns"] = {
            "support": {"labels": "support"},
            "municipalities": {"counts": "things"},
            "residents": {"unit": "persons"},
            "eligible": {"unit": "persons"},
            "of_all": {"unit": "share"},
        }
        return frame

    def explained(self, largest: int = 0) -> pd.DataFrame:
        """Mean share of each dimension in the squared distance, by class of support, or of the `largest` municipalities by eligible people; never of the pilot's own.

        Columns: support (and name), municipalities or distance, of_structure … of_pressure (sum 1). A class without municipalities is left out.
        """
        shares = [f"of_{name}" for name in self.dimensions]
        known = self.others[self.others["distance"] > 0]
        if largest:
            ordered = known.sort_values(["eligible", "code"], ascending=[False, True]).head(largest)
            frame = ordered[["name", "support", "distance", *shares]].reset_index(drop=True)
            told: dict[str, dict[str, object]] = {"distance": {"unit": "number", "digits": 2}}
        else:
            groups = known.fillna(dict.fromkeys(shares, 0.0)).groupby("support")
            means = groups[shares].mean().assign(municipalities=groups.size())
            means = means.reindex([name for name in SUPPORT if name in means.index])
            frame = means.rename_axis("support").reset_index()[["support", "municipalities", *shares]]
            told = {"municipalities": {"counts": "things"}}
        frame.attrs["columns"] = {
            "support": {"labels": "support"},
            **told,
            **{name: {"unit": "share", "digits": 0} for name in shares},
        }
        return frame

    def points(self) -> pd.DataFrame:
        """The places for a map: name, lon, lat, eligible, support."""
        frame = self.places[["name", "lon", "lat", "eligible", "support"]].reset_index(drop=True)
        frame.attrs["columns"] = {
            "lon": {"unit": "position"},
            "lat": {"unit": "position"},
            "eligible": {"unit": "persons"},
            "support": {"labels": "support"},
        }
        return frame

    def scale_table(self) -> pd.DataFrame:
        """feature, likeness_dimension, pilot_value, spread (one standard unit); shares as parts of one, logarithms natural."""
        frame = self.scale.rename(columns={"dimension": "likeness_dimension", "reference": "pilot_value"})
        frame.attrs["columns"] = {
            "feature": {"labels": "feature"},
            "likeness_dimension": {"labels": "likeness_dimension"},
            "pilot_value": {"unit": "number", "digits": 3},
            "spread": {"unit": "number", "digits": 3},
        }
        return frame


def likeness(features: pd.DataFrame, pilot_codes: Sequence[str], within: float = WITHIN) -> Likeness:
    """Distance of each place from the pilot area, what explains it, and whether the pilot's evidence covers the place.

    `features`: of `features(…)`; `pilot_codes`: the pilot's municipalities. Reference: the pilot's mean, weighted by residents. A difference counts in units
    of the spread over the places of the table, each counting once: interquartile range / 1.349, the standard deviation where half the places tie. A dimension's squared
    distance is the mean of its features' squares, the squared distance the mean of the dimensions', over what is known of the place (Gower 1971);
    a feature unknown in the pilot, or the same everywhere, is out of the comparison or adds nothing.

    Support looks at the distance outside the range that the pilot's municipalities span (one alone: from itself): "near" within `within` in every
    dimension, "beyond" where any is more than 2 × `within` away, else "partial"; never "near" where a dimension is unknown.
    Raises EstimateError with every fault: no features, no pilot, codes unknown, `within` not positive.
    """
    codes = tuple(dict.fromkeys([pilot_codes] if isinstance(pilot_codes, str) else pilot_codes))
    _check(features, codes, within)
    own = features["code"].isin(codes).to_numpy()
    names = [name for name in DIMENSION if name in features and features.loc[own, name].notna().all()]
    values = features[names].to_numpy(dtype=float)
    reference = np.average(values[own], axis=0, weights=features.loc[own, "residents"].to_numpy(float))
    if own.sum() == 1:
        reference = values[own][0]  # not rounded by the weighting: its own distance is zero
    spread = _spread(features[names])
    unit = np.where(spread > 0, spread, 1.0)
    outside = np.maximum(values[own].min(axis=0) - values, values - values[own].max(axis=0)).clip(min=0)
    dimension = np.array([DIMENSION[name] for name in names])
    compared = list(dict.fromkeys(dimension))
    groups = np.array([dimension == name for name in compared])
    squares = _means(((values - reference) / unit) ** 2, groups)
    gaps = np.sqrt(_means((outside / unit) ** 2, groups))
    total = np.nansum(squares, axis=1, keepdims=True)
    shares = np.divide(squares, total, out=np.full_like(squares, np.nan), where=total > 0)
    farthest = np.nan_to_num(gaps, nan=-1.0)
    worst, whole = farthest.max(axis=1), ~np.isnan(gaps).any(axis=1)
    places = features[[name for name in ABOUT if name in features]].assign(
        distance=np.sqrt(np.nanmean(squares, axis=1)),
        **{f"of_{name}": shares[:, k] for k, name in enumerate(compared)},
        support=np.select(
            [worst > FARTHEST * within, (worst <= within) & whole], ["beyond", "near"], "partial"
        ),
        beyond=np.where(worst > 0, np.array(compared)[farthest.argmax(axis=1)], ""),
    )
    scale = pd.DataFrame({"feature": names, "dimension": dimension, "reference": reference, "spread": spread})
    return Likeness(places, scale, codes, float(within))


def _check(features: pd.DataFrame, codes: Sequence[str], within: float) -> None:
    known = features["code"] if "code" in features else pd.Series(dtype=str)
    faults = []
    if known.empty or "log_residents" not in features:
        faults.append(Fault(say("nessun comune da confrontare", "no municipality to compare"), "features", "≥ 1"))  # fmt: skip
    if not codes:
        faults.append(Fault(say("nessun comune pilota", "no pilot municipality"), "pilot_codes", "≥ 1"))
    step = say("Indicare comuni con popolazione.", "Name municipalities that have a population.")
    faults += [
        Fault(say(f"codice «{code}» assente", f"code '{code}' is absent"), "pilot_codes", next_step=step)
        for code in codes
        if not (known == code).any()
    ]
    if not within > 0:
        faults.append(Fault(f"{within:g}", "within", "> 0"))
    if faults:
        raise EstimateError(faults)


def _spread(values: pd.DataFrame) -> np.ndarray:
    """One standard unit of each column: interquartile range / 1.349, or the standard deviation where that is zero."""
    quartiles = values.quantile([0.25, 0.75]).to_numpy(dtype=float)
    robust = (quartiles[1] - quartiles[0]) / IQR_NORMAL
    return np.where(robust > 0, robust, values.std(ddof=0).to_numpy(dtype=float))


def _means(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Means over the known columns of each group: values (places, features), groups (dimensions, features) → (places, dimensions); missing where none is known."""
    known = ~np.isnan(values)
    counts = known.astype(float) @ groups.T
    sums = np.where(known, values, 0.0) @ groups.T.astype(float)
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def conditions(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """The conditions that likeness of population does not see, one row each: condition (companies, third_sector), status (assessed, not_assessed).

    `table`: code, companies, third_sector (how many in each municipality; missing where unknown). With it also municipalities (with at least one) and
    assessed (municipalities for which the number is known); a condition known of none is not assessed. Raises EstimateError with every fault.
    """
    if table is None:
        frame = pd.DataFrame({"condition": CONDITIONS, "status": "not_assessed"})
        frame.attrs["columns"] = {"condition": {"labels": "condition"}, "status": STATUS}
        return frame
    faults = [
        Fault(say(f"manca la colonna «{name}»", f"no column '{name}'"), "conditions")
        for name in ("code", *CONDITIONS)
        if name not in table
    ]
    if "code" in table:
        faults += [
            Fault(say(f"il codice «{code}» compare più volte", f"code '{code}' stands more than once"), "conditions, code")
            for code in sorted(table.loc[table["code"].duplicated(), "code"].unique())
        ]  # fmt: skip
    faults += [
        Fault(say("numero negativo", "negative number"), f"conditions, {name}, {code}", "≥ 0")
        for name in CONDITIONS
        if name in table and "code" in table
        for code in table.loc[table[name].astype(float) < 0, "code"]
    ]
    if faults:
        raise EstimateError(faults)
    counts = table[list(CONDITIONS)].astype(float)
    known = counts.notna().sum().to_numpy()
    frame = pd.DataFrame(
        {
            "condition": CONDITIONS,
            "status": np.where(known > 0, "assessed", "not_assessed"),
            "municipalities": (counts > 0).sum().to_numpy(),
            "assessed": known,
        }
    )
    frame.attrs["columns"] = {
        "condition": {"labels": "condition"},
        "status": STATUS,
        "municipalities": {"counts": "things"},
        "assessed": {"counts": "things"},
    }
    return frame
