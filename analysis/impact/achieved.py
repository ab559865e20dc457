"""What the comparisons made could have seen: the minimal detectable effect of each, at the persons, the spread and the likeness within clusters that were achieved."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite, nan

from analysis.errors import Fault, TooFewError, say
from analysis.impact import power
from analysis.impact.effect import Effect
from analysis.impact.frames import CLUSTER, TREATED, Compared
from analysis.impact.power import Detectable, Intraclass


def of_effect(found: Effect) -> Detectable:
    """From the standard error of an estimate and the degrees of freedom of its interval, which hold all that its design does to precision, so that it has no band. Refused: an estimate without an error."""
    if found.se is None:
        what = say("la stima non ha un errore", "the estimate has no error")
        step = say("Con pochi grappoli usate of_change.", "With few clusters use of_change.")
        raise TooFewError(Fault(what, found.design, next_step=step))
    least = power.minimal_detectable(found.se, df=found.df if isfinite(found.df) else None)
    return Detectable(least, nan, nan, found.se, 1.0, found.n)


def of_change(group: Compared) -> Detectable:
    """Of the change of two groups: from its standard deviation, the persons of each and, where clusters are named, their intraclass correlation."""
    twice = group.people.dropna(subset=["change"])
    treated = int(twice[TREATED].sum())
    return power.two_groups(
        float(twice["change"].std(ddof=1)), treated, len(twice) - treated, likeness(group)
    )


def cautious(group: Compared) -> Detectable:
    """As `of_change`, at the upper end of the interval of the intraclass correlation, and nothing else: from the rest the error withheld for few clusters would follow."""
    found = of_change(group)
    return replace(found, effect=found.high if isfinite(found.high) else found.effect, low=nan, high=nan, se=nan, design_effect=nan)  # fmt: skip


def likeness(group: Compared) -> Intraclass | None:
    """Intraclass correlation of the change within the clusters declared, with its interval; None where none is."""
    if group.people[CLUSTER].isna().all():
        return None
    return power.intraclass(group.people, "change", CLUSTER, "survey")
