"""Every declared comparison with a comparison group, by its design: the effect, what it claims, the difference it could have seen, and the analyses behind it.

What belongs here: which estimator and which checks a declared design takes. What does not: the estimators, the rows (frames.py), the grades (claims.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from analysis.impact import (
    achieved,
    claims,
    difference,
    methods,
    overlap,
    placebo,
    sensitivity,
    staggered,
    weighting,
)
from analysis.impact.claims import Claim
from analysis.impact.effect import Effect
from analysis.impact.frames import CLUSTER, PERSON, TREATED, Compared
from analysis.impact.methods import Specification
from analysis.impact.power import Detectable
from analysis.parts import Parts

LONG = ("outcome", TREATED, "after")


@dataclass(frozen=True, eq=False)
class Estimated:
    """One comparison estimated. fit: `Weighted`, `Difference` or `Staggered`, by the design; checks: what puts its assumption to the test, by name
    (overlap and balance; placebo, where clusters are declared; sensitivity)."""

    declared: Any
    fit: Any
    effect: Effect
    claim: Claim
    detectable: Detectable
    specification: tuple[Specification, ...]
    checks: Mapping[str, Any] = field(default_factory=dict)


def every(
    declared: Iterable[Any],
    people: Mapping[str, Compared],
    panel: pd.DataFrame | None,
    seed: int,
    parts: Parts,
) -> dict[str, Estimated]:
    """The comparisons for which there are data, by id: those of persons first, by design. `people`: rows by id; `panel`: of the staggered ones, which
    `parts` awaits where too few units have adopted."""
    many = list(declared)
    found: list[Estimated | None] = [
        weighted(one, people[one.id]) for one in many if one.design == "weighting" and one.id in people
    ]
    found += [differenced(one, people[one.id], seed) for one in many if one.design == "difference" and one.id in people]  # fmt: skip
    if panel is not None:
        found += [parts.of("staggered", adopted, one, panel) for one in many if one.design == "staggered"]
    return {each.declared.id: each for each in found if each}


def weighted(one: Any, group: Compared) -> Estimated:
    """Changes of the treated and of the others, who weigh as much as they are like them. Refused: as `weighting.weigh`."""
    fit = weighting.weigh(group.complete, "change", TREATED, group.covariates, table=one.id)
    both, even = overlap.overlap(fit), overlap.balance(fit)
    tests = {
        "balance": even.worst,
        "overlap": 1 - both.outside[0] / both.n[0],
        "attrition": group.attrition,
        "volunteers": one.self_selected,
    }
    claim = claims.of_effect(fit.effect, one.id, one.outcome, one.design, tests, before=True, title=one.title)
    made = tuple(methods.of_weighted(fit))
    return Estimated(one, fit, fit.effect, claim, achieved.of_effect(fit.effect), made, {"overlap": both, "balance": even})  # fmt: skip


def differenced(one: Any, group: Compared, seed: int) -> Estimated:
    """Difference in differences over those measured twice, with errors by the clusters declared and the placebo ranking over them. Refused: as `difference.two_by_two`."""
    long, cluster = group.long(), CLUSTER if one.cluster else PERSON
    fit = difference.two_by_two(long, *LONG, errors="cluster", cluster=cluster, table=one.id)
    own = replace(fit.effect, n=group.twice)
    tests = {"attrition": group.attrition, "volunteers": one.self_selected}
    claim = claims.of_effect(own, one.id, one.outcome, one.design, tests, title=one.title)
    least = achieved.of_effect(own) if own.se is not None else achieved.cautious(group)
    checks: dict[str, Any] = {}
    made = methods.of_difference(own)
    if one.cluster:
        shuffled = replace(placebo.two_by_two(long, *LONG, CLUSTER, seed, table=one.id), n=group.twice)
        checks, made = {"placebo": shuffled}, [*methods.of_placebo(shuffled), *made]
    return Estimated(one, fit, own, claim, least, tuple(made), checks)


def adopted(one: Any, panel: pd.DataFrame) -> Estimated:
    """Effects by group and time of those who adopt at different times, and how far their interval holds if trends part. Refused: as `staggered.fit`."""
    fit = staggered.fit(panel, one.outcome)
    mean, held = fit.overall("event"), sensitivity.relative_magnitudes(fit)
    tests = {
        "pretrend": fit.pretrends()[1].p_value,
        "breakdown": held.breakdown,
        "volunteers": one.self_selected,
    }
    claim = claims.of_effect(mean, one.id, one.outcome, one.design, tests, title=one.title)
    made = (*methods.of_staggered(fit), *methods.of_sensitivity(held))
    return Estimated(one, fit, mean, claim, achieved.of_effect(mean), made, {"sensitivity": held})
