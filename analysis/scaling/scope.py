"""Which places are meant: a municipality, its province, its region or the whole table; and how results spread over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd

from analysis.errors import Fault, ParameterError, say

AREAS = ("municipality", "province", "region", "country")
SIZES = (0, 5_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Scope:
    """`area` (one of AREAS), `name` of the place, and the rows of the territory that lie in it."""

    area: str
    name: str
    territory: pd.DataFrame

    def named(self) -> pd.DataFrame:
        """Kind and name of the area, as a table of one row for the figures that print them."""
        return pd.DataFrame({"area": [self.area], "place": [self.name]})


def select(territory: pd.DataFrame, area: str, place: str = "", home: str = "") -> Scope:
    """The rows of `territory` in the municipality, province or region `place`, or all of them ("country").

    `place`: a name, or the code of a municipality (six digits) or province (three). Without it, the one that holds `home` (code of
    the study's own municipality), or without `home` the most populous municipality. An unknown place is a ParameterError with the nearest name.
    """
    if area not in AREAS:
        raise ParameterError(
            Fault(say(f"area «{area}» sconosciuta", f"unknown area '{area}'"), "area", ", ".join(AREAS))
        )
    if area == "country":
        return Scope(area, "", territory)
    column = "name" if area == "municipality" else area
    codes = {"municipality": territory["code"], "province": territory["code"].str[:3]}.get(area)
    if not place:
        own = territory[territory["code"] == home] if home else territory.loc[[_most_populous(territory)]]
        if own.empty:
            raise ParameterError(
                Fault(say(f"codice «{home}» assente", f"code '{home}' is absent"), "territory.pilot")
            )
        inside = (
            codes == codes[own.index[0]] if codes is not None else territory[column] == own[column].iloc[0]
        )
    elif codes is not None and (codes == place).any():
        inside = codes == place
    else:
        inside = territory[column].map(lambda name: place.casefold() in _names(name))
    if not inside.any():
        raise ParameterError(
            Fault(
                say(
                    f"«{place}» non è tra i luoghi di tipo {area}",
                    f"'{place}' is no {area} of this territory",
                ),
                "place",
                ", ".join(get_close_matches(place, list(territory[column].unique()), 3, 0.4)),
            )
        )
    chosen = territory[inside]
    if area == "municipality" and len(chosen) > 1:
        raise ParameterError(
            Fault(
                say(f"più comuni si chiamano «{place}»", f"several municipalities are called '{place}'"),
                "place",
                ", ".join(chosen["code"]),
            )
        )
    return Scope(area, str(chosen[column].iloc[0]), chosen)


def _names(name: str) -> set[str]:
    """A bilingual name ("Valle d'Aosta/Vallée d'Aoste") answers to the whole and to each half."""
    return {part.casefold() for part in (name, *name.split("/"))}


def _most_populous(territory: pd.DataFrame) -> object:
    counts = territory.filter(regex=r"^[fm]_\d\d").astype(float).sum(axis=1)
    return counts.idxmax()


def home(territory: pd.DataFrame, municipalities: pd.Series) -> str:
    """Code of the place that most of a study's bodies give as theirs; "" where none of the names is in the territory."""
    counted = municipalities.dropna().value_counts()
    known = territory.drop_duplicates("name", keep=False).set_index("name")["code"]
    found = [name for name in counted.index if name in known.index]
    return str(known[found[0]]) if found else ""


def nested(territory: pd.DataFrame, home: str = "", areas: Iterable[str] = AREAS) -> list[Scope]:
    """The areas of `territory` around `home` (or its most populous municipality), from the municipality outwards; an area that adds no place to the one before is left out."""
    scopes: list[Scope] = []
    inside = home if (territory["code"] == home).any() else ""
    for area in areas:
        found = select(territory, area, home=inside)
        if not scopes or len(found.territory) > len(scopes[-1].territory):
            scopes.append(found)
    return scopes


def by_size(places: pd.DataFrame) -> pd.DataFrame:
    """Places by class of residents: municipalities, residents, eligible, and the 10th, 50th and 90th percentile of `share`.

    `places`: residents, eligible, share (`eligible.Eligible.places`). Percentiles are over municipalities, each counting once.
    Columns: size ("0", "5000", … lower bound of the class), municipalities, residents, eligible, of_all (share of all eligible), low, median, high.
    """
    size = pd.cut(places["residents"], [*SIZES, np.inf], right=False, labels=[str(bound) for bound in SIZES])
    groups = places.groupby(size.rename("size"), observed=True)
    frame = groups.agg(
        municipalities=("eligible", "size"), residents=("residents", "sum"), eligible=("eligible", "sum")
    )
    frame["of_all"] = frame["eligible"] / frame["eligible"].sum()
    for name, level in (("low", 0.1), ("median", 0.5), ("high", 0.9)):
        frame[name] = groups["share"].quantile(level)
    frame = frame.reset_index().astype({"size": str})
    frame.attrs["columns"] = {
        "size": {"labels": "size"},
        "municipalities": {"counts": "things"},
        "residents": {"unit": "persons"},
        "eligible": {"unit": "persons"},
        "of_all": {"unit": "share"},
        "low": {"unit": "share", "digits": 2},
        "median": {"unit": "share", "digits": 2},
        "high": {"unit": "share", "digits": 2},
    }
    return frame


def by_area(places: pd.DataFrame, area: str, count: int | None = None) -> pd.DataFrame:
    """Sums over `province` or `region`: municipalities, residents, eligible, share (eligible / residents); the `count` largest."""
    frame = places.groupby(area).agg(
        municipalities=("eligible", "size"), residents=("residents", "sum"), eligible=("eligible", "sum")
    )
    frame["share"] = frame["eligible"] / frame["residents"]
    frame = (
        frame.reset_index().sort_values(["eligible", area], ascending=[False, True]).head(count or len(frame))
    )
    frame = frame.reset_index(drop=True)
    frame.attrs["columns"] = {
        "municipalities": {"counts": "things"},
        "residents": {"unit": "persons"},
        "eligible": {"unit": "persons"},
        "share": {"unit": "share", "digits": 2},
    }
    return frame
