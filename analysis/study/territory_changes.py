"""What changed between two tables of municipalities: codes gone, new, renamed, moved, recoded, probable mergers, population.

What cannot be known from two tables (which towns merged) is told as probable, with the evidence.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.errors import say
from analysis.study import joins

if TYPE_CHECKING:
    import pandas as pd

BANDS = ("00_02", "03_05", "06_13", "14", "15_17", "18_24", "25_34", "35_44", "45_54", "55_64", "65_74", "75_79", "80_plus")  # fmt: skip
COUNTS = tuple(f"{sex}_{band}" for sex in "fm" for band in BANDS)
ROWS = 5  # rows named in a message
NEAR_KM = 25.0  # between the centroids of a town and one that it may have absorbed
NEIGHBOURS = 6  # nearest codes gone that are tried together, as one merger
CLOSE = 0.05  # error of a merger's balance, as share of the residents gone
DRIFT = 0.015  # how much a town's residents change by themselves between two releases
CHANGES = {
    "recoded": ("stesso comune, altro codice", "the same town, another code"),
    "merger": ("probabile fusione", "probable merger"),
    "gone": ("codice scomparso", "code gone"),
    "new": ("codice nuovo", "new code"),
    "renamed": ("nome cambiato", "renamed"),
    "moved": ("altra provincia o regione", "another province or region"),
    "unmatched": ("non abbinato nella fonte", "unmatched in the source"),
    "population": ("popolazione cambiata", "population changed"),
}


@dataclass(frozen=True)
class Report:
    """`changes`: one row a change — change (a key of CHANGES), code, name, province, region, residents_before, residents_after, others (codes), note_it, note_en."""

    changes: pd.DataFrame
    residents: tuple[int, int]
    municipalities: tuple[int, int]

    def lines(self) -> list[str]:
        """The report for a person: totals, then how many of each change and the first of them."""
        (before, after), (towns, now) = self.residents, self.municipalities
        share = (after / before - 1) if before else float("nan")
        told = [
            say(
                f"Residenti: {before} prima, {after} ora ({share:+.2%}). Comuni: {towns} prima, {now} ora.",
                f"Residents: {before} before, {after} now ({share:+.2%}). Municipalities: {towns} before, {now} now.",
            )
        ]
        for change, names in CHANGES.items():
            rows = self.changes[self.changes["change"] == change]
            if rows.empty:
                continue
            told.append(f"{say(*names)}: {len(rows)}")
            shown = rows.head(0 if change == "population" else 2 * ROWS)
            told += [f"  {row.code} {row.name_}: {say(row.note_it, row.note_en)}" for row in shown.rename(columns={"name": "name_"}).itertuples()]  # fmt: skip
            if len(rows) > len(shown) and len(shown):
                told.append(f"  … +{len(rows) - len(shown)}")
        return told


def residents(table: pd.DataFrame) -> pd.Series:
    """Residents of each row, over sexes and ages; missing where the row has no population."""
    return table[list(COUNTS)].astype("Float64").sum(axis=1, min_count=1).astype("Int64")


def compare(before: pd.DataFrame, after: pd.DataFrame) -> Report:
    """What changed between two tables of municipalities.

    A code gone and a new one with the same name, at most 25 km apart, are one town recoded. Of the other codes gone, those whose residents sum to
    those of a new code, or to the rise of one that stays, within 25 km, are a probable merger. The rest is gone, or new.
    """
    import pandas as pd

    old = before.set_index("code").assign(residents=residents(before).to_numpy())
    new = after.set_index("code").assign(residents=residents(after).to_numpy())
    left, come = old.loc[old.index.difference(new.index)], new.loc[new.index.difference(old.index)]
    rows: list[dict[str, Any]] = []

    def row(change: str, code: str, it: str, en: str, others: str = "") -> None:
        town = new.loc[code] if code in new.index else old.loc[code]
        rows.append(
            {
                "change": change, "code": code, "name": town["name"], "province": town["province"], "region": town["region"],
                "residents_before": old["residents"].get(code), "residents_after": new["residents"].get(code),
                "others": others, "note_it": it, "note_en": en,
            }
        )  # fmt: skip

    recoded = dict(_recoded(left, come))
    for was, code in recoded.items():
        there = f"{old.at[was, 'province']} → {new.at[code, 'province']}"
        row("recoded", code, f"prima {was}; {there}", f"{was} before; {there}", was)
    left, come = left.drop(list(recoded)), come.drop(list(recoded.values()))
    merged: set[str] = set()
    absorbing: set[str] = set()
    for code, parts, gained, error in _mergers(left, come, old, new):
        merged |= set(parts)
        absorbing.add(code)
        names = ", ".join(f"{part} {old.at[part, 'name']}" for part in parts)
        total = int(old.loc[list(parts), "residents"].sum())
        kind = ("nuovo comune", "new town") if code in come.index else ("aumento", "rise")
        space = _space(code, parts, old, new)
        row(
            "merger", code,
            f"probabile fusione di {names}: {total} residenti prima, {kind[0]} di {gained} ora (scarto {error:.1%}); superficie {space[0]}",
            f"probable merger of {names}: {total} residents before, {kind[1]} of {gained} now (off by {error:.1%}); area {space[1]}",
            " ".join(parts),
        )  # fmt: skip
    for code in left.index.difference(list(merged)):
        row("gone", code, "nessun comune vicino lo spiega", "no town nearby explains it")
    for code in come.index.difference(list(absorbing)):
        row("new", code, "nessun codice scomparso lo spiega", "no code gone explains it")
    both = old.add_suffix("_before").join(new, how="inner")
    for code, town in both[both["name_before"] != both["name"]].iterrows():
        row("renamed", code, f"prima {town['name_before']}", f"{town['name_before']} before")
    shifted = (both["province_before"] != both["province"]) | (both["region_before"] != both["region"])
    for code, town in both[shifted].iterrows():
        there = f"{town['province_before']} ({town['region_before']}) → {town['province']} ({town['region']})"
        row("moved", code, there, there)
    for code, town in new[new["status"] != "matched"].iterrows():
        row("unmatched", code, town["status"], town["status"])
    changes = pd.DataFrame(rows, columns=["change", "code", "name", "province", "region", "residents_before", "residents_after", "others", "note_it", "note_en"])  # fmt: skip
    changes = pd.concat([changes, _population(both)], ignore_index=True) if len(both) else changes
    changes = changes.astype({"residents_before": "Int64", "residents_after": "Int64"})
    totals = int(old["residents"].sum()), int(new["residents"].sum())
    return Report(changes, totals, (len(old), len(new)))


def _recoded(left: pd.DataFrame, come: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Codes gone and new ones of the same name, near each other."""
    import pandas as pd

    named: dict[str, list[str]] = {}
    for code, name in come["name"].items():
        named.setdefault(joins.plain(name), []).append(str(code))
    for code, town in left.iterrows():
        for other in named.get(joins.plain(town["name"]), []):
            away = joins.apart_km(town["lon"], town["lat"], come.at[other, "lon"], come.at[other, "lat"])
            was, now = town["residents"], come.at[other, "residents"]
            alike = pd.isna(was) or pd.isna(now) or abs(now - was) <= max(CLOSE * was, 2 * ROWS)
            if away <= NEAR_KM and alike:
                named[joins.plain(town["name"])].remove(other)
                yield str(code), other
                break


def _mergers(
    left: pd.DataFrame, come: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame
) -> Iterator[tuple[str, tuple[str, ...], int, float]]:
    """Probable mergers: the code that holds them now, the codes gone, residents gained, error of the balance; each code gone in one merger only, the best balance first."""
    import numpy as np

    left = left.dropna(subset=["residents", "lon", "lat"])
    if left.empty:
        return
    before = old["residents"].reindex(new.index).astype("float64").fillna(0.0)
    fresh = new.index.isin(come.index)
    gained = (new["residents"].astype("float64") - before)[fresh | new.index.isin(old.index)]
    able = new.assign(gained=gained, before=before)[(gained > 0).reindex(new.index, fill_value=False)]
    away = joins.apart_km(
        able["lon"].to_numpy()[:, None],
        able["lat"].to_numpy()[:, None],
        left["lon"].to_numpy()[None, :],
        left["lat"].to_numpy()[None, :],
    )
    sizes = left["residents"].to_numpy(float)
    found = []
    for i in np.flatnonzero((away <= NEAR_KM).any(axis=1)).tolist():
        nearest = np.argsort(away[i], kind="stable")[:NEIGHBOURS]
        near = nearest[away[i, nearest] <= NEAR_KM].tolist()
        is_new = able.index[i] in come.index
        rise, was = able["gained"].iloc[i], able["before"].iloc[i]
        for count in range(1, len(near) + 1):
            for parts in itertools.combinations(near, count):
                total = sizes[list(parts)].sum()
                error = abs(rise - total) / max(total, 1.0)
                if error <= min(max(CLOSE, DRIFT * was / max(total, 1.0)), 0.5):
                    farthest = float(away[i, list(parts)].max())
                    found.append((not is_new, round(error, 3), farthest, i, parts))
    used: set[int] = set()
    taken: set[int] = set()
    for _, error, _, i, parts in sorted(found, key=lambda item: item[:4]):
        if used & set(parts) or i in taken:
            continue
        used |= set(parts)
        taken.add(i)
        codes = tuple(sorted(str(left.index[part]) for part in parts))
        yield str(able.index[i]), codes, int(able["gained"].iloc[i]), error


def _space(code: str, parts: tuple[str, ...], old: pd.DataFrame, new: pd.DataFrame) -> tuple[str, str]:
    """Whether the areas add up too, within a tenth of what went."""
    went = old.loc[list(parts), "area_km2"].sum()
    gained = new.at[code, "area_km2"] - (old.at[code, "area_km2"] if code in old.index else 0.0)
    return ("concorde", "agrees") if abs(gained - went) <= 0.1 * went else ("discorde", "does not agree")


def _population(both: pd.DataFrame) -> pd.DataFrame:
    """Towns whose residents changed, the largest changes first."""
    change = (both["residents"] - both["residents_before"]).fillna(0).astype("int64")
    rows = both.assign(change_in=change)[change != 0]
    rows = rows.iloc[(-rows["change_in"].abs()).argsort(kind="stable")]
    frame = rows.reset_index()[["code", "name", "province", "region", "residents_before"]]
    note = rows["change_in"].map("{:+d}".format).to_numpy()
    return frame.assign(
        change="population", residents_after=rows["residents"].to_numpy(), others="", note_it=note, note_en=note
    )  # fmt: skip
