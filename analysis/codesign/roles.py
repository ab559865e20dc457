"""From giving to owning: the roles of companies and bodies semester by semester, who moves up, and at which level they take part.

Roles in order: donor, supplier, co-designer, co-producer, owner. A transition is from one semester to the next of the same body; moving up is a later role
in that order. Levels of participation: IAP2's spectrum and Arnstein's degrees, by the correspondence in levels.toml. Complete counts: no interval.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.codesign.participation import Difference
from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

ROLES = ("donor", "supplier", "co-designer", "co-producer", "owner")
IAP2 = ("inform", "consult", "involve", "collaborate", "empower")


@functools.cache
def levels() -> Mapping[str, Mapping[str, Any]]:
    """Role → iap2, arnstein and the reason of the correspondence, it/en."""
    return tomllib.loads(Path(__file__).with_name("levels.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Roles:
    """Bodies in each role by semester, shape (S, 5); transitions from semester to semester, shape (S − 1, 5, 5), from rows to columns."""

    semesters: tuple[int, ...]
    counts: np.ndarray
    transitions: np.ndarray

    @property
    def moves(self) -> np.ndarray:
        """Transitions up, on the same role, down, over all semesters, shape (3,)."""
        total = self.transitions.sum(axis=0)
        return np.array([np.triu(total, 1).sum(), np.trace(total), np.tril(total, -1).sum()], dtype=int)

    @property
    def share_up(self) -> float:
        """Share of all transitions that are upward; missing where there is none."""
        moved = self.moves
        return float(moved[0] / moved.sum()) if moved.sum() else float("nan")

    @property
    def designing(self) -> np.ndarray:
        """Share of bodies that are at least co-designers, by semester, shape (S,); missing where there is none."""
        bodies = self.counts.sum(axis=1)
        return np.divide(
            self.counts[:, 2:].sum(axis=1), bodies, out=np.full(len(bodies), np.nan), where=bodies > 0
        )

    @property
    def change(self) -> Difference:
        """That share in the last semester with roles less in the first; between complete counts the bounds are itself."""
        known = self.designing[np.isfinite(self.designing)]
        change = float(known[-1] - known[0])
        return Difference(change, change, change, int(self.counts.sum()))

    def table(self) -> pd.DataFrame:
        """One row a semester: bodies in each role, and those of them from co-designer up."""
        frame = pd.DataFrame(self.counts, columns=list(ROLES))
        frame.insert(0, "semester", list(map(str, self.semesters)))
        frame["bodies"] = self.counts.sum(axis=1)
        frame["designing"] = self.counts[:, 2:].sum(axis=1)
        frame["share"] = self.designing
        bodies = {"counts": "organisations"}
        frame.attrs["columns"] = {
            **dict.fromkeys(ROLES, bodies),
            "bodies": bodies,
            "designing": bodies,
            "share": {"unit": "share", "digits": 0, "n": "bodies", "cases": "designing"},
        }
        return frame

    def moves_table(self) -> pd.DataFrame:
        """One row a role: bodies that left a semester in it, and the share of them that moved up, stayed, moved down."""
        total = self.transitions.sum(axis=0)
        start = total.sum(axis=1)
        parts = [np.triu(total, 1).sum(axis=1), np.diag(total), np.tril(total, -1).sum(axis=1)]
        frame = pd.DataFrame(
            {"role": list(ROLES), "steps": start, "up": parts[0], "same": parts[1], "down": parts[2]}
        )
        frame["share_up"] = np.divide(parts[0], start, out=np.full(len(start), np.nan), where=start > 0)
        things = {"counts": "things"}
        frame.attrs["columns"] = {
            "role": {"labels": "partner_role"},
            **dict.fromkeys(("steps", "up", "same", "down"), things),
            "share_up": {"unit": "share", "digits": 0, "n": "steps", "cases": "up"},
        }
        return frame

    def flows(self) -> dict[str, pd.DataFrame]:
        """For drawing: `stocks` one row a semester and role, `flows` one row a semester and pair of roles that somebody passed between."""
        s, role = np.indices(self.counts.shape)
        stocks = pd.DataFrame(
            {
                "semester": np.array(self.semesters)[s.ravel()].astype(str),
                "role": np.array(ROLES, dtype=object)[role.ravel()],
                "bodies": self.counts.ravel(),
            }
        )
        step, start, end = np.nonzero(self.transitions)
        flows = pd.DataFrame(
            {
                "semester": np.array(self.semesters)[step].astype(str),
                "from_role": np.array(ROLES, dtype=object)[start],
                "to_role": np.array(ROLES, dtype=object)[end],
                "bodies": self.transitions[step, start, end],
            }
        )
        stocks.attrs["columns"] = {"role": {"labels": "partner_role"}, "bodies": {"counts": "organisations"}}
        flows.attrs["columns"] = {
            "from_role": {"labels": "partner_role"},
            "to_role": {"labels": "partner_role"},
            "bodies": {"counts": "organisations"},
        }
        return {"stocks": stocks, "flows": flows}

    def participation_table(self) -> pd.DataFrame:
        """One row a level of IAP2's spectrum: the role that comes closest to it, Arnstein's degree, bodies in the first and in the last semester."""
        role = {levels()[name]["iap2"]: name for name in ROLES}
        at = [ROLES.index(role[name]) for name in IAP2]
        frame = pd.DataFrame(
            {
                "iap2": list(IAP2),
                "role": [role[name] for name in IAP2],
                "arnstein": [levels()[role[name]]["arnstein"] for name in IAP2],
                "first": self.counts[0, at],
                "last": self.counts[-1, at],
            }
        )
        frame.attrs["columns"] = {
            "role": {"labels": "partner_role"},
            "first": {"counts": "organisations"},
            "last": {"counts": "organisations"},
        }
        return frame


def roles(frame: pd.DataFrame, actors: Sequence[str], semesters: Sequence[int]) -> Roles:
    """Roles and transitions from `frame` (actor, semester, role).

    Refused, all at once: columns missing, no row, an actor or semester that is not known, a role that is none, a body with two roles in one semester.
    """
    required("roles", frame, ("actor", "semester", "role"))
    checks = [
        (~frame["actor"].isin(list(actors)), frame["actor"], say("attore non in actors", "actor not in actors"), ""),
        (~frame["semester"].isin(list(semesters)), frame["semester"], say("semestre sconosciuto", "unknown semester"), ", ".join(map(str, semesters))),
        (~frame["role"].isin(ROLES), frame["role"], say("ruolo sconosciuto", "unknown role"), ", ".join(ROLES)),
        (frame.duplicated(["actor", "semester"]), frame["actor"], say("due ruoli in un semestre", "two roles in one semester"), ""),
    ]  # fmt: skip
    faults = [
        Fault(
            f"{what}: {', '.join(sorted(set(values[mask].astype(str)))[:5])}", where("roles", mask), allowed
        )
        for mask, values, what, allowed in checks
        if mask.any()
    ]
    if not len(frame):
        faults.append(Fault(say("nessun ruolo", "no roles"), "roles"))
    if faults:
        raise EstimateError(faults)
    body, names = pd.factorize(frame["actor"], sort=True)
    held = np.full((len(semesters), len(names)), -1)
    held[pd.Index(list(semesters)).get_indexer(frame["semester"]), body] = frame["role"].map(ROLES.index)
    size = len(ROLES)
    counts = np.stack([np.bincount(row[row >= 0], minlength=size) for row in held])
    step, who = np.nonzero((held[:-1] >= 0) & (held[1:] >= 0))
    passed = np.zeros((len(semesters) - 1, size, size), dtype=int)
    np.add.at(passed, (step, held[step, who], held[step + 1, who]), 1)
    return Roles(tuple(map(int, semesters)), counts, passed)
