"""What was counted, in which register, by which rule: the specifications of this room as a table for the methods appendix.

A row stands only for an analysis that was made; its figures come from the result itself. The rules are those of the modules of the same names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from analysis.codesign.brokerage import Brokerage
from analysis.codesign.closure import Closure
from analysis.codesign.durations import Curve
from analysis.codesign.funnel import Ends, Funnel
from analysis.codesign.network import Mixing, TwoMode
from analysis.codesign.opinion import FEWEST_VOTES, Votes
from analysis.codesign.participation import Community, Participation
from analysis.codesign.roles import Roles
from analysis.codesign.ties import Ratings
from analysis.codesign.units import Units

BODIES = ("organisation", "company")
READ = {
    "actors": ("actor", "name", "type", "role", "publish_name"),
    "events": ("event", "date", "phase", "hours", "facilitator", "mediated"),
    "participation": ("event", "actor", "unit", "hours"),
    "ideas": ("idea", "stage", "date", "promoter"),
    "services": ("service", "name_it", "name_en", "company", "partners", "target_it", "target_en", "status"),
    "units": ("unit", "actor", "csr_or_hr"),
    "mediation": ("date", "mediator", "party_a", "party_b", "result"),
    "roles": ("actor", "semester", "role"),
    "ties": ("semester", "from", "to", "level"),
    "statements": ("statement", "text_it", "text_en"),
    "votes": ("person", "statement", "vote"),
    "money": ("source", "kind", "status", "amount", "hours", "currency"),
    "call_funnel": ("stage", "count"),
}
"""Table → columns that this room reads."""


@dataclass(frozen=True)
class Rule:
    """One counted quantity: the register it is counted in, the unit counted, how many there are, and what the rule was set to."""

    quantity: str
    register: str
    unit: str
    n: int
    parameter: int | None = None


def of_participation(met: Participation, width: Community) -> list[Rule]:
    return [
        Rule("organisations_met", "participation", "organisation", int(met.every.sum())),
        Rule("attendances", "participation", "attendance", int(met.attendances.sum())),
        Rule("hours", "participation", "attendance", int(met.attendances.sum())),
        Rule("width", "participation", "organisation", int(width.width.sum())),
        Rule("retention", "participation", "organisation", int(width.width[:-1].sum())),
        Rule("diversity", "participation", "organisation", int(width.width.sum())),
    ]


def of_funnel(path: Funnel, ends: Ends | None = None) -> list[Rule]:
    """The stages of a project's ideas, with where they ended; without `ends`, the stages of the call."""
    if ends is None:
        return [Rule("call_stages", "call_funnel", "submission", int(path.counts[0]))]
    return [
        Rule("stages", "ideas", "idea", int(path.counts[0])),
        Rule("ends", "ideas", "idea", int(ends.counts.sum())),
    ]


def of_units(inside: Units, phases: int) -> list[Rule]:
    """`phases`: in how many a company must have another unit active."""
    return [
        Rule("units_met", "units", "unit", int(inside.every.sum())),
        Rule("units_beyond", "units", "unit", int(inside.every.sum())),
        Rule("companies_beyond", "units", "company", len(inside.companies), phases),
    ]


def of_network(nets: Mapping[str, TwoMode]) -> list[Rule]:
    register = {"events": "participation", "services": "services"}
    rules = []
    for name, net in nets.items():
        possible = len(net.rows) * len(net.columns)
        rules += [
            Rule("ties", register[name], "tie", net.ties),
            Rule("density", register[name], "possible_tie", possible),
            Rule("linked", register[name], "pair", len(net.linked()[0])),
        ]
    return rules


def of_durations(curves: Sequence[Curve]) -> list[Rule]:
    """Time in each stage and the ends of ideas."""
    return [
        Rule("time_in_stage", "ideas", "stay", sum(curve.ideas for curve in curves)),
        Rule("fates", "ideas", "idea", curves[0].ideas if curves else 0),
    ]


def of_roles(walk: Roles) -> list[Rule]:
    return [
        Rule("role_steps", "roles", "step", int(walk.moves.sum())),
        Rule("participation_level", "roles", "company", int(walk.counts[-1].sum())),
    ]


def of_ties(ratings: Mapping[int, Ratings], level: int) -> list[Rule]:
    """`level`: of a tie."""
    last = ratings[max(ratings)]
    return [
        Rule("ratings", "ties", "rating", sum(given.rated for given in ratings.values())),
        Rule("confirmed", "ties", "pair", sum(len(given.both()[0]) for given in ratings.values()), level),
        Rule("core", "ties", "organisation", len(last.actors), level),
    ]


def of_brokerage(found: Brokerage, level: int) -> list[Rule]:
    return [
        Rule("brokered", "ties", "path", int(found.total.sum()), level),
        Rule("ego", "ties", "organisation", len(found.total), level),
    ]


def of_closure(found: Closure, level: int) -> list[Rule]:
    return [Rule("closure", "ties", "pair", int(found.at_risk.sum()), level)]


def of_votes(given: Votes) -> list[Rule]:
    cast = int(given.cast.sum())
    return [
        Rule("camps", "votes", "vote", cast, FEWEST_VOTES),
        Rule("consensus", "votes", "vote", cast),
    ]


def of_money(entries: int) -> list[Rule]:
    return [Rule("commitments", "money", "entry", entries)]


def table(rules: list[Rule]) -> pd.DataFrame:
    """One row a quantity; `rule` says how it is counted, `n_organisations` or `n` how many there are. All are complete counts: none has an interval."""
    frame = pd.DataFrame(
        {
            "quantity": [each.quantity for each in rules],
            "counted_in": [each.register for each in rules],
            "counted_unit": [each.unit for each in rules],
            "rule": [each.quantity for each in rules],
            "parameter": [each.parameter for each in rules],
            "variance": "none_complete",
            "n_organisations": [each.n if each.unit in BODIES else None for each in rules],
            "n": [None if each.unit in BODIES else each.n for each in rules],
        }
    )
    frame.attrs["columns"] = {
        "rule": {"labels": "counting_rule"},
        "parameter": {"counts": "things"},
        "n_organisations": {"counts": "organisations"},
        "n": {"counts": "things"},
    }
    return frame


def permutations(mixed: Mapping[str, Mixing | None]) -> pd.DataFrame:
    """One row a network: E–I index, its expectation and the middle 95 % under random labels, p, and how the labels were drawn."""
    rows: list[dict[str, Any]] = [
        {
            "network": name,
            "external": found.external,
            "internal": found.internal,
            "e_i": found.index,
            "e_i_expected": found.expected,
            "null_low": found.low,
            "null_high": found.high,
            "p": found.p,
            "permutations": found.permutations,
            "seed": str(found.seed),
            "pairs": found.external + found.internal,
        }
        for name, found in mixed.items()
        if found is not None
    ]
    frame = pd.DataFrame(rows)
    index = {"unit": "index", "digits": 2, "n": "pairs"}
    frame.attrs["columns"] = {
        "network": {"labels": "network"},
        **{key: {"counts": "things"} for key in ("external", "internal", "permutations")},
        **dict.fromkeys(("e_i", "e_i_expected", "null_low", "null_high"), index),
        "p": {"unit": "number", "digits": 4, "n": "pairs"},
        "pairs": {"counts": "things", "hidden": True},
    }
    return frame
