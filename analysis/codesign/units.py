"""Inside the companies: which business units took part, and how far beyond those usually in charge of social responsibility and personnel.

The measure that the project's team names is the activation of several business units beyond CSR: here the units of a company met in a phase,
the share of them outside CSR and HR, and the companies with such a unit in two phases or more. Complete counts: no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.codesign.participation import Difference
from analysis.errors import EstimateError, Fault, say


@dataclass(frozen=True)
class Units:
    """Units met by company (rows) and phase (columns), and those of them beyond CSR and HR, shapes (C, P)."""

    companies: tuple[str, ...]
    phases: tuple[str, ...]
    active: np.ndarray
    beyond: np.ndarray
    every: np.ndarray  # different units over all phases, by company, shape (C,)
    every_beyond: np.ndarray

    def spread(self, phases: int = 2) -> int:
        """Companies with at least one unit beyond CSR and HR in `phases` phases or more."""
        return int(((self.beyond > 0).sum(axis=1) >= phases).sum())

    @property
    def share_beyond(self) -> float:
        """Share of all different units met that lie beyond CSR and HR; missing where none was met."""
        return float(self.every_beyond.sum() / self.every.sum()) if self.every.sum() else float("nan")

    @property
    def change(self) -> Difference:
        """Share beyond CSR and HR in the last phase less that in the first, among phases in which a unit was met."""
        met = self.active.sum(axis=0)
        share = _share(self.beyond.sum(axis=0), met)[met > 0]
        change = float(share[-1] - share[0]) if len(share) else float("nan")
        return Difference(change, change, change, int(met.sum()))

    def table(self) -> pd.DataFrame:
        """One row a company and phase: units met, those beyond CSR and HR, their share."""
        company, phase = np.indices(self.active.shape)
        frame = pd.DataFrame(
            {
                "company": np.array(self.companies, dtype=object)[company.ravel()],
                "phase": np.array(self.phases, dtype=object)[phase.ravel()],
                "units": self.active.ravel(),
                "beyond": self.beyond.ravel(),
                "share": _share(self.beyond.ravel(), self.active.ravel()),
            }
        )
        frame.attrs["columns"] = {
            "company": {"organisation": True},
            "phase": {"labels": "phase"},
            "units": {"counts": "things"},
            "beyond": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "units", "cases": "beyond"},
        }
        return frame

    def phase_table(self) -> pd.DataFrame:
        """One row a phase: companies with a unit recorded, companies with one beyond CSR and HR, units, share beyond."""
        units, beyond = self.active.sum(axis=0), self.beyond.sum(axis=0)
        frame = pd.DataFrame(
            {
                "phase": list(self.phases),
                "companies": (self.active > 0).sum(axis=0),
                "companies_beyond": (self.beyond > 0).sum(axis=0),
                "units": units,
                "beyond": beyond,
                "share": _share(beyond, units),
            }
        )
        frame.attrs["columns"] = {
            "phase": {"labels": "phase"},
            "companies": {"counts": "organisations"},
            "companies_beyond": {"counts": "organisations"},
            "units": {"counts": "things"},
            "beyond": {"counts": "things"},
            "share": {"unit": "share", "digits": 0, "n": "units", "cases": "beyond"},
        }
        return frame


def _share(cases: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.divide(cases, n, out=np.full(len(n), np.nan), where=n > 0)


def spread_over_time(records: pd.DataFrame, units: pd.DataFrame, semesters: Sequence[int]) -> pd.DataFrame:
    """One row a semester and kind of unit (CSR and HR, or others): units met in it, units met for the first time, different units met so far.

    `records` as `participation.attendance` returns them, with the semester of the event; records without a unit are left out. Refuses what `active` refuses.
    """
    active(records, units)
    usual = units.set_index("unit")["csr_or_hr"].eq("yes")
    seen = records.dropna(subset=["unit"]).drop_duplicates(["semester", "unit"])
    seen = seen.assign(kind=np.where(seen["unit"].map(usual), "csr_hr", "beyond"))
    first = seen.sort_values("semester", kind="stable").drop_duplicates("unit")
    index = pd.MultiIndex.from_product([list(semesters), ["csr_hr", "beyond"]], names=["semester", "kind"])
    met, new = (
        part.groupby(["semester", "kind"]).size().reindex(index, fill_value=0) for part in (seen, first)
    )
    frame = pd.DataFrame({"met": met, "new": new, "so_far": new.groupby("kind").cumsum()}).reset_index()
    frame["semester"] = frame["semester"].astype(str)
    frame.attrs["columns"] = {
        "kind": {"labels": "unit_kind"},
        **{key: {"counts": "things"} for key in ("met", "new", "so_far")},
    }
    return frame


def active(records: pd.DataFrame, units: pd.DataFrame) -> Units:
    """Units met by company and phase.

    `records` as `participation.attendance` returns them; `units` with unit, actor, csr_or_hr ("yes" or "no"). Records without a unit are left out.
    Companies are in the order of units beyond CSR and HR, most first, then of units, then of identifier.
    Refused: a unit that its table lacks, a unit recorded for another actor than its own, a flag that is neither yes nor no.
    """
    seen = records[records["unit"].notna()].merge(
        units[["unit", "actor", "csr_or_hr"]].rename(columns={"actor": "owner"}), on="unit", how="left"
    )
    faults: list[Fault] = []
    lost = seen.loc[seen["owner"].isna(), "unit"]
    if len(lost):
        names = ", ".join(sorted(set(lost.astype(str))))
        faults.append(Fault(say(f"«{names}» non è in units", f"'{names}' is not in units"), "participation"))
    stray = seen[seen["owner"].notna() & (seen["owner"] != seen["actor"])]
    if len(stray):
        names = ", ".join(sorted(set(stray["unit"] + " (" + stray["actor"] + ")")))
        faults.append(
            Fault(
                say(f"unità di un altro soggetto: {names}", f"unit of another actor: {names}"),
                "participation",
                say("unità del soggetto che partecipa", "a unit of the actor that takes part"),
            )
        )
    unclear = sorted(set(units["csr_or_hr"].astype(str)) - {"yes", "no"})
    if unclear:
        faults.append(Fault(f"csr_or_hr = {', '.join(unclear)}", "units", "yes, no"))
    if faults:
        raise EstimateError(faults)
    phases = tuple(records["phase"].cat.categories)
    outside = seen["csr_or_hr"].eq("no")
    once = seen.assign(outside=outside).drop_duplicates(["phase", "unit"])
    overall = once.drop_duplicates("unit").groupby("actor")["outside"].agg(["size", "sum"]).reset_index()
    overall = overall.sort_values(["sum", "size", "actor"], ascending=[False, False, True])
    companies = tuple(overall["actor"])

    def cross(frame: pd.DataFrame) -> np.ndarray:
        cells = pd.crosstab(frame["actor"], frame["phase"].astype(str))
        return cells.reindex(index=list(companies), columns=list(phases), fill_value=0).to_numpy(dtype=int)

    return Units(
        companies,
        phases,
        cross(once),
        cross(once[once["outside"]]),
        overall["size"].to_numpy(dtype=int),
        overall["sum"].to_numpy(dtype=int),
    )
