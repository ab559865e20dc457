"""Specifications of this room as a table for the methods appendix, and the columns that it reads.

A row stands only for an analysis that was made; its figures come from the result itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.resources.ageing import Waiting
from analysis.resources.calibration import Calibration
from analysis.resources.campaigns import Efficiency
from analysis.resources.donors import Register as Donors
from analysis.resources.forecast import Forecast
from analysis.resources.ledger import Valued
from analysis.resources.people import Register as People
from analysis.resources.proposals import Chances
from analysis.resources.shifts import Coverage
from analysis.resources.worth import Worth

READ = {
    "actions": ("action", "goal", "strategy", "resource", "asker", "asked", "by", "target", "status", "result"),
    "money": ("entry", "date", "source", "source_kind", "kind", "status", "amount", "hours", "currency", "pledge", "recurring"),
    "costs": ("cost", "date", "category", "amount", "in_kind", "recurring"),
    "call_rules": ("edition", "year", "rule", "value_it", "value_en", "value", "source"),
    "claims": ("claim", "topic_it", "topic_en", "value", "unit", "source", "note_it", "note_en"),
    "proposals": ("proposal", "funder", "funder_kind", "stage", "date", "amount", "currency"),
    "campaigns": ("campaign", "name", "kind", "cost", "raised", "donors"),
    "gifts": ("gift", "donor", "date", "amount", "currency", "campaign"),
    "people": ("person", "recruited", "contacted", "first_shift", "left", "channel", "role", "hours"),
    "wages": ("role", "wage", "low", "high", "year", "source"),
    "shifts": ("shift", "date", "service", "role", "needed", "filled", "hours"),
}  # fmt: skip
"""Table → columns that this room reads."""


@dataclass(frozen=True)
class Specification:
    """One analysis: what was computed, from which register, in which unit, on how many; how its variance was taken; `draws` and `seed` where it was drawn."""

    quantity: str
    register: str
    unit: str
    n: int
    variance: str = "none_complete"
    draws: int | None = None
    seed: int | None = None


def of_register(quantity: str, register: str, unit: str, rows: pd.DataFrame) -> Specification:
    """A complete count of the rows of a register."""
    return Specification(quantity, register, unit, len(rows))


def of_valued(found: Valued) -> list[Specification]:
    """Hours of the ledger in euros."""
    n = int(found.entries["valued"].sum())
    return [Specification("hours_valued", "money, wages", "entry", n, "wage_range")] if n else []


def of_chances(found: Chances) -> list[Specification]:
    return [
        Specification("chances", "proposals", "proposal", int(found.decided[:, 0].sum()), "beta_binomial")
    ]


def of_forecast(found: Forecast) -> list[Specification]:
    return [
        Specification(
            "forecast", "proposals", "proposal", len(found.open), "simulation", found.draws, found.seed
        )
    ]


def of_calibration(found: Calibration) -> list[Specification]:
    return [Specification("calibration", "proposals", "proposal", found.n, "bootstrap_proposals")]


def of_waiting(found: Waiting) -> list[Specification]:
    return [Specification("ageing", "proposals", "proposal", found.proposals, "greenwood")]


def of_efficiency(found: Efficiency) -> list[Specification]:
    return [
        Specification("cost_per_euro", "campaigns, gifts", "campaign", len(found.rows), "donors_or_campaigns")
    ]


def of_donors(found: Donors) -> list[Specification]:
    return [Specification("donor_retention", "gifts", "donor", len(found.amounts), "wilson")]


def of_people(found: People) -> list[Specification]:
    return [Specification("volunteer_retention", "people", "volunteer", len(found.started), "greenwood")]


def of_worth(found: Worth) -> list[Specification]:
    return [
        Specification(
            "time_value", "people, wages", "volunteer", int(found.rows["persons"].sum()), "wage_range"
        )
    ]


def of_coverage(found: Coverage, draws: int, seed: int) -> list[Specification]:
    return [
        Specification(
            "coverage", "shifts", "shift", int(found.rows["shifts"].iloc[-1]), "bootstrap_weeks", draws, seed
        )
    ]


PERSONS = ("donor", "volunteer")


def table(specifications: list[Specification]) -> pd.DataFrame:
    """One row an analysis; `rule` says how it is computed, `n_persons` or `n` on how many."""
    persons = [each.unit in PERSONS for each in specifications]
    frame = pd.DataFrame(
        {
            "quantity": [each.quantity for each in specifications],
            "counted_in": [each.register for each in specifications],
            "counted_unit": [each.unit for each in specifications],
            "rule": [each.quantity for each in specifications],
            "variance": [each.variance for each in specifications],
            "draws": [each.draws for each in specifications],
            "seed": [None if each.seed is None else str(each.seed) for each in specifications],
            "n_persons": [each.n if body else None for each, body in zip(specifications, persons)],
            "n": [None if body else each.n for each, body in zip(specifications, persons)],
        }
    )
    numbers = ["draws", "n_persons", "n"]
    frame[numbers] = frame[numbers].astype(float)
    frame.attrs["columns"] = {
        "rule": {"labels": "resources_rule"},
        "draws": {"counts": "things"},
        "n_persons": {"counts": "persons"},
        "n": {"counts": "things"},
    }
    return frame
