"""The table of repeated measures as a balanced panel: which units enter a comparison of staggered adoption, which do not and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, TooFewError, say
from analysis.rows import required, shown, where


@dataclass(frozen=True, eq=False)
class Panel:
    """Values `y` (n, T) of `units` (n,) in `periods` (T,); `adopted` (n,), 0 where not within the panel; `cluster` (n,) codes from 0, or None where each unit is one of its own; `persons` (n, T) behind the values, or None.

    left_out: unit, reason ("treated_from_start", "incomplete_units"). later: units kept as controls that adopt after the last period.
    """

    y: np.ndarray
    periods: np.ndarray
    units: np.ndarray
    adopted: np.ndarray
    cluster: np.ndarray | None
    persons: np.ndarray | None
    left_out: pd.DataFrame
    later: int = 0


def read(panel: pd.DataFrame, indicator: str, table: str = "panel") -> Panel:
    """The balanced panel of one indicator: unit, semester, adopted, value; cluster and n where present.

    Refused, all at once: columns missing, an indicator without rows, a unit twice in a semester, semesters or adoption that are not whole numbers,
    a value that is not finite, adoption or cluster that change within a unit, a cluster for some units only; then a semester without
    any row, and a panel in which no unit, or no two semesters, remain.
    """
    required(table, panel, ("unit", "indicator", "semester", "adopted", "value"))
    mine = (panel["indicator"].astype("string") == indicator).fillna(False).to_numpy(dtype=bool)
    if not mine.any():
        allowed = ", ".join(sorted(panel["indicator"].dropna().astype(str).unique()))
        what = say(f"nessuna riga dell'indicatore «{indicator}»", f"no row of the indicator '{indicator}'")
        raise EstimateError(Fault(what, table, allowed))
    semester, adopted, value = (_numbers(panel[name]) for name in ("semester", "adopted", "value"))
    unit = panel["unit"].astype("string")
    keys = pd.DataFrame({"unit": unit, "semester": semester})
    cluster = (
        panel["cluster"].astype("string")
        if "cluster" in panel
        else pd.Series(pd.NA, index=panel.index, dtype="string")
    )
    some = cluster[mine].notna().any()
    own = panel[mine]
    checks = [
        (unit.isna(), say("manca l'unità", "the unit is missing"), ""),
        (np.isnan(semester) | (semester % 1 != 0), say("semestre non intero", "a semester that is not whole"), ""),
        (~np.isnan(adopted) & (adopted % 1 != 0), say("semestre di adozione non intero", "a semester of adoption that is not whole"), ""),
        (np.isinf(value), say("valore infinito", "an infinite value"), say("numeri finiti", "finite numbers")),
        (keys[mine].duplicated(keep=False).reindex(panel.index, fill_value=False), say("unità due volte nello stesso semestre", "a unit twice in the same semester"), ""),
        (_varies(unit, pd.Series(adopted, index=panel.index).fillna(0), mine), say("l'adozione cambia entro l'unità", "adoption changes within the unit"), say("un solo semestre di adozione", "one semester of adoption")),
        (_varies(unit, cluster.fillna(""), mine), say("il grappolo cambia entro l'unità", "the cluster changes within the unit"), ""),
        (cluster.isna() & bool(some), say("manca il grappolo", "the cluster is missing"), say("per tutte le unità o per nessuna", "for all units or for none")),
    ]  # fmt: skip
    faults = [
        Fault(f"{what} ({shown(panel['unit'], np.asarray(mask, dtype=bool) & mine)})", where(table, np.asarray(mask, dtype=bool) & mine), allowed)
        for mask, what, allowed in checks
        if (np.asarray(mask, dtype=bool) & mine).any()
    ]  # fmt: skip
    if faults:
        raise EstimateError(faults)
    long = pd.DataFrame(
        {"unit": unit[mine].to_numpy(), "semester": semester[mine].astype(int), "value": value[mine]}
    )
    wide = long.pivot(index="unit", columns="semester", values="value").sort_index(axis=1)
    gaps = sorted(set(range(int(wide.columns[0]), int(wide.columns[-1]) + 1)) - set(wide.columns))
    if gaps or wide.shape[1] < 2:
        named = ", ".join(map(str, gaps)) or say("ne serve più d'uno", "more than one is needed")
        what = say(f"semestri senza alcuna riga: {named}", f"semesters without any row: {named}")
        fault = Fault(what, f"{table}, {indicator}", say("semestri consecutivi", "consecutive semesters"))
        raise (EstimateError if gaps else TooFewError)(fault)
    first = own.groupby(own["unit"].astype("string"))
    start = (
        pd.to_numeric(first["adopted"].first())
        .reindex(wide.index)
        .astype("Float64")
        .fillna(0)
        .to_numpy(dtype=float)
    )
    early = (start > 0) & (start <= wide.columns[0])
    holes = wide.isna().any(axis=1).to_numpy() & ~early
    kept = ~early & ~holes
    left_out = pd.DataFrame(
        {
            "unit": np.r_[wide.index[early], wide.index[holes]].astype(str),
            "reason": ["treated_from_start"] * int(early.sum()) + ["incomplete_units"] * int(holes.sum()),
        }
    )
    left_out.attrs["columns"] = {"unit": {}, "reason": {"labels": "reason"}}
    later = start > wide.columns[-1]
    start[later] = 0
    if not kept.any() or not (start[kept] > 0).any():
        what = say(
            f"su {len(kept)} unità nessuna utilizzabile adotta entro il panel",
            f"of {len(kept)} units none usable adopts within the panel",
        )
        step = say("Servono unità con un valore in ogni semestre che adottano dal secondo in poi.", "Units with a value in every semester that adopt from the second on are needed.")  # fmt: skip
        raise TooFewError(Fault(what, f"{table}, {indicator}", next_step=step))
    codes = pd.factorize(first["cluster"].first().reindex(wide.index)[kept])[0] if some else None
    if codes is not None and len(np.unique(codes)) == len(codes):
        codes = None
    return Panel(
        wide.to_numpy(dtype=float)[kept], wide.columns.to_numpy(dtype=int), wide.index.to_numpy(dtype=object)[kept],
        start[kept].astype(int), codes, _persons(own, wide, kept), left_out, int((later & kept).sum()),
    )  # fmt: skip


def _numbers(values: pd.Series) -> np.ndarray:
    return pd.to_numeric(values, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)


def _varies(unit: pd.Series, values: pd.Series, mine: np.ndarray) -> np.ndarray:
    kinds = values[mine].groupby(unit[mine]).transform("nunique")
    return (kinds.reindex(values.index, fill_value=1) > 1).to_numpy()


def _persons(own: pd.DataFrame, wide: pd.DataFrame, kept: np.ndarray) -> np.ndarray | None:
    """Persons behind each value; None where the table does not say them for every value kept."""
    if "n" not in own:
        return None
    long = own.assign(
        unit=own["unit"].astype("string"), semester=own["semester"].astype(int), n=_numbers(own["n"])
    )
    persons = (
        long.pivot(index="unit", columns="semester", values="n")
        .reindex_like(wide)
        .to_numpy(dtype=float)[kept]
    )
    return persons.astype(int) if np.isfinite(persons).all() else None
