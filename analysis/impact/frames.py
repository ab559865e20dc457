"""From two waves of a survey and a comparison that the study declares to the rows that the estimates take.

Who is treated, with whom they are compared and what was measured twice. What belongs here: choosing and joining rows, with every fault of the declaration. What does not: scoring of
scales (the survey's own room), any estimate. Sampling weights do not enter: a comparison describes those who are compared, not a population.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

DESIGNS = ("change", "weighting", "difference", "staggered")
PERSON, TREATED, CLUSTER = "person", "treated", "cluster"


class Declared(Protocol):
    """A comparison of study.toml: outcome and covariates are columns of the first wave, and so are `variable`, with its codes in treated and comparison, and `cluster`."""

    @property
    def id(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def variable(self) -> str: ...
    @property
    def treated(self) -> Sequence[str]: ...
    @property
    def comparison(self) -> Sequence[str]: ...
    @property
    def cluster(self) -> str: ...
    @property
    def covariates(self) -> Sequence[str]: ...


@dataclass(frozen=True, eq=False)
class Compared:
    """`people`: one row a person of the groups declared, measured in the first wave: person, group, treated (1, 0; 1 where no comparison group is declared),
    cluster, before, after, change and the covariates; `second_only`: persons of the groups who appear in the second wave alone."""

    people: pd.DataFrame
    covariates: tuple[str, ...]
    second_only: int

    @property
    def complete(self) -> pd.DataFrame:
        """Those measured twice and with every covariate."""
        return self.people.dropna(subset=["before", "after", *self.covariates]).reset_index(drop=True)

    @property
    def twice(self) -> int:
        """Persons measured both before and after."""
        return int(self.people["change"].notna().sum())

    @property
    def attrition(self) -> float:
        """Share of those measured before who were not measured after."""
        first = self.people["before"].notna()
        return float(self.people.loc[first, "after"].isna().mean())

    def long(self) -> pd.DataFrame:
        """Two rows a person measured twice: person, treated, after (0, 1), cluster, outcome, and the covariates."""
        twice = self.people.dropna(subset=["before", "after"])
        kept = [PERSON, TREATED, CLUSTER, *self.covariates]
        parts = [
            twice[kept].assign(after=moment, outcome=twice[name].to_numpy())
            for moment, name in enumerate(("before", "after"))
        ]
        return pd.concat(parts, ignore_index=True)

    def flow(self) -> pd.DataFrame:
        """One row a group: persons of the first wave, of whom measured before, measured twice, and with every covariate too."""
        own = self.people
        twice = own["before"].notna() & own["after"].notna()
        counts = pd.DataFrame(
            {
                "group": own["group"],
                "first_wave": 1,
                "measured_before": own["before"].notna(),
                "measured_twice": twice,
                "with_covariates": twice & own[list(self.covariates)].notna().all(axis=1),
            }
        )
        frame = counts.groupby("group", sort=False).sum().astype(int).reset_index()
        frame.attrs["columns"] = {"group": {"labels": "group"}} | {
            name: {"counts": "persons"} for name in frame.columns[1:]
        }
        return frame


def compared(
    first: pd.DataFrame, second: pd.DataFrame, declared: Declared, key: str = "person_id"
) -> Compared:
    """The persons of a declared comparison, from two waves that hold the outcome, already scored, under its own name.

    Refused, all at once: a column declared that a wave lacks, a code of no person, persons missing or twice in a wave, an outcome that is no number.
    """
    own = [name for name in (declared.variable, declared.cluster, *declared.covariates) if name]
    required("survey, 1", first, list(dict.fromkeys([key, declared.outcome, *own])))
    required("survey, 2", second, [key, declared.outcome])
    place = f"study.toml [[comparisons]] {declared.id}"
    faults = []
    for name, wave in (("survey, 1", first), ("survey, 2", second)):
        bad = wave[key].isna() | wave[key].duplicated(keep=False)
        if bad.any():
            what = say("persona mancante o ripetuta", "a person missing or twice")
            faults.append(Fault(what, where(name, bad), say("una riga per persona", "one row a person")))
        if not pd.api.types.is_numeric_dtype(wave[declared.outcome]):
            what = say(f"«{declared.outcome}» non è un numero", f"'{declared.outcome}' is no number")
            faults.append(Fault(what, name, say("una scala o una misura", "a scale or a measure")))
    if declared.variable:
        codes = first[declared.variable].astype(object)
        for code in (*declared.treated, *declared.comparison):
            if not (codes == code).any():
                what = say(f"nessuna persona con «{code}»", f"no person with '{code}'")
                faults.append(Fault(what, f"{place}, {declared.variable}", ", ".join(sorted(map(str, codes.dropna().unique())))))  # fmt: skip
    if faults:
        raise EstimateError(faults)
    chosen = first
    if declared.variable:
        chosen = first[codes.isin([*declared.treated, *declared.comparison])]
    after = second.set_index(key)[declared.outcome]
    inside = codes.isin(list(declared.treated))[chosen.index] if declared.variable else True
    names = list(dict.fromkeys(declared.covariates))
    people = pd.DataFrame(
        {
            PERSON: chosen[key].to_numpy(),
            TREATED: pd.Series(inside, index=chosen.index).astype(int).to_numpy(),
            CLUSTER: chosen[declared.cluster].astype(object).to_numpy() if declared.cluster else None,
            "before": _number(chosen[declared.outcome]),
            "after": _number(chosen[key].map(after)),
        }
    )
    people["change"] = people["after"] - people["before"]
    people.insert(1, "group", people[TREATED].map({1: "treated", 0: "comparison"}))
    for name in names:
        people[name] = chosen[name].reset_index(drop=True)
    new = second[~second[key].isin(first[key])]
    if declared.variable and declared.variable in new:
        new = new[new[declared.variable].isin([*declared.treated, *declared.comparison])]
    return Compared(people, tuple(names), len(new))


def _number(values: pd.Series) -> list[float]:
    return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=float("nan")).tolist()  # fmt: skip


def by_design(declared: Sequence[Any]) -> dict[str, list[Any]]:
    """The comparisons by design, in their order; every design has an entry."""
    return {name: [one for one in declared if one.design == name] for name in DESIGNS}


def leading(designs: Mapping[str, Sequence[Any]], held: Collection[str], shown: str = "") -> dict[str, Any]:
    """The comparison of each design that is shown in full: `shown` if it is of that design, else the first of those that `held` names; None where there is none.

    Refused: a `shown` for which there are no data.
    """
    if shown and shown not in held:
        what = say(f"nessun confronto «{shown}» con dati", f"no comparison “{shown}” with data")
        raise EstimateError(Fault(what, "shown", ", ".join(sorted(set(held))) or say("vuoto", "empty")))
    found = {name: [one for one in many if one.id in held] for name, many in designs.items()}
    return {name: next((one for one in many if one.id == shown), many[0] if many else None) for name, many in found.items()}  # fmt: skip


def declared_table(
    declared: Sequence[Any], outcomes: Mapping[str, Mapping[str, str]], leads: Collection[str] | None = None
) -> pd.DataFrame:
    """One row a comparison: title, outcome (`outcomes`: its name in both languages), design, why units came to be treated and, with `leads` (ids), whether it is shown in full."""
    frame = pd.DataFrame(
        {
            "comparison": [dict(one.title) for one in declared],
            "outcome": [dict(outcomes.get(one.outcome, {"it": one.outcome, "en": one.outcome})) for one in declared],
            "design": [one.design for one in declared],
            "why_treated": [dict(one.reason) if one.reason else None for one in declared],
        },
        dtype=object,
    )  # fmt: skip
    frame.attrs["columns"] = {
        **{name: {"text": True} for name in ("comparison", "outcome", "why_treated")},
        "design": {"labels": "comparison_design"},
    }
    if leads is not None:
        frame["in_full"] = ["yes" if one.id in leads else "no" for one in declared]
        frame.attrs["columns"]["in_full"] = {"labels": "in_full"}
    return frame
