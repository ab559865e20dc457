"""A survey's share beside a published one: only with the same ages and denominator, and tested only for a probability sample of real persons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import estimates
from analysis.survey.design import Sampling
from analysis.survey.results import Estimates


@dataclass(frozen=True)
class Test:
    """Two-sided t test that the population's share equals a published one, taken as known: the published figure's own error is not in it."""

    difference: float
    t: float
    df: float
    p: float


def test(estimate: Estimates, group: Mapping[str, str], published: float, simulated: bool) -> Test:
    """Compare one share with a published one; refused for volunteers and for simulated data, where the answer means nothing."""
    if estimate.kind != "population" or simulated:
        raise EstimateError(
            Fault(
                say(
                    "nessun test contro un valore pubblicato",
                    "no test against a published figure",
                ),
                f"sampling = {estimate.kind}, simulated = {simulated}",
                say(
                    "campioni probabilistici di persone reali",
                    "probability samples of real persons",
                ),
                say("Metteteli fianco a fianco.", "Set them side by side."),
            )
        )
    k = estimate.at(**group)
    difference = float(estimate.estimate[k] - published)
    t = difference / float(estimate.se[k])
    df = float(estimate.df[k])
    return Test(difference, t, df, float(2 * stats.t.sf(abs(t), df)))


def beside(
    persons: pd.DataFrame,
    events: Mapping[str, pd.Series],
    design: Sampling,
    published: pd.DataFrame,
    simulated: bool,
) -> pd.DataFrame:
    """Our share beside each published one, at its ages and sex, among all persons of that age and sex.

    `persons` has `age` and `gender`; `events` gives for each concept True/False by person; `published` is the table
    of benchmarks (concept, value, unit, age_from, age_to, sex, place, year). A row whose concept is not in `events`, or which is
    no share, is left out. Columns: concept, place, sex, ages, year, published, share with its interval, cases, n; and where a
    test is allowed, `difference` and `p`.
    """
    rows = published[published["concept"].isin(list(events)) & (published["unit"] == "share")]
    testable = design.kind == "population" and not simulated
    parts = []
    for row in rows.itertuples():
        inside = persons["age"].between(row.age_from, row.age_to) & persons["gender"].notna()
        if row.sex in ("f", "m"):
            inside &= persons["gender"] == row.sex
        event = events[str(row.concept)].where(inside.fillna(False))
        ages = {"age": (float(row.age_from), float(row.age_to))}
        asked = ages | ({"gender": row.sex} if row.sex in ("f", "m") else {})
        event.attrs = {**events[str(row.concept)].attrs, "restriction": asked}
        found = estimates.share(event, design)
        table = found.table()
        told = {
            "concept": row.concept,
            "place": row.place,
            "sex": row.sex if row.sex in ("f", "m") else estimates.TOTAL,
            "ages": f"{int(row.age_from)}–{int(row.age_to)}",
            "year": str(int(row.year)),
            "published": float(row.value),
        }
        for position, (name, value) in enumerate(told.items()):
            table.insert(position, name, value)
        if testable:
            tested = test(found, {}, float(row.value), simulated)
            table["difference"], table["p"] = tested.difference, tested.p
        parts.append(table)
    if not parts:
        raise EstimateError(
            Fault(
                say("nessun valore pubblicato è confrontabile", "no published figure is comparable"),
                "benchmarks",
                ", ".join(events),
            )
        )
    long = pd.concat(parts, ignore_index=True)
    counted = {"n": "n", "cases": "cases"}
    columns = parts[0].attrs["columns"] | {"published": {"unit": "share", "digits": 1, **counted}}
    if testable:
        columns["difference"] = {"unit": "share_points", "digits": 1, **counted}
        columns["p"] = {"unit": "p", "n": "n"}
    long.attrs["columns"] = columns
    return long
