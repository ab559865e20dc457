"""How well each asset of the territory fits each need: five components, their weighted mean, and why a pair is barred.

Components, each from 0 to 1 (values from weights.toml, this project's assumptions): category (same, related), place (same quarter, another), time (1 when the
asset is there by the need's date, falling in a straight line to 0 after the days of patience), capacity (share of the need that the asset could
cover alone), readiness. A pair is feasible when the categories are the same or related, the unit of measure is the same, both quantities are positive and
the asset does not come too late. Coverage counts needs with at least one feasible asset. Complete counts of two registers: no interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.engagement.rules import COMPONENTS, Rules
from analysis.errors import EstimateError, Fault, say
from analysis.rows import shown, where

NEEDS = ("need", "group", "category", "quarter", "quantity", "unit", "from")
ASSETS = ("asset", "actor", "category", "quarter", "quantity", "unit", "available_from", "ready")
REQUIRED = {"needs": (*NEEDS[:3], "quantity"), "assets": (*ASSETS[:3], "quantity")}
BARS = ("category", "unit", "quantity", "time")
TOTAL = "total"


@dataclass(frozen=True)
class Compatibility:
    """Needs (rows) and assets (columns): `parts` of shape (5, N, M) in the order of COMPONENTS, `score` and `feasible` of shape (N, M), `bars` of shape
    (4, N, M), true where that condition alone forbids the pair (order of BARS), `late` in days (N, M), missing where a date is."""

    needs: pd.DataFrame
    assets: pd.DataFrame
    rules: Rules
    parts: np.ndarray
    bars: np.ndarray
    late: np.ndarray

    @property
    def feasible(self) -> np.ndarray:
        return np.logical_not(self.bars.any(axis=0))

    @property
    def score(self) -> np.ndarray:
        return np.tensordot(self.rules.proportions, self.parts, axes=1)

    @property
    def quantity(self) -> np.ndarray:
        """What each need asks, in its own unit, shape (N,)."""
        return self.needs["quantity"].to_numpy(dtype=float)

    @property
    def capacity(self) -> np.ndarray:
        """What each asset offers, in its own unit, shape (M,)."""
        return self.assets["quantity"].to_numpy(dtype=float)

    @property
    def groups(self) -> tuple[np.ndarray, list[str]]:
        """Target group of each need as a code, shape (N,), and the names in alphabetical order."""
        code, names = pd.factorize(self.needs["group"].astype(str), sort=True)
        return code, list(names)

    def pairs_table(self) -> pd.DataFrame:
        """One row a feasible pair, best first within a need: need, group, asset, owner, score, the five components, why."""
        i, j = np.nonzero(self.feasible)
        order = np.lexsort((j, -self.score[i, j], i))
        i, j = i[order], j[order]
        frame = pd.DataFrame(
            {
                "need": self.needs["need"].to_numpy()[i],
                "group": self.needs["group"].to_numpy()[i],
                "asset": self.assets["asset"].to_numpy()[j],
                "owner": self.assets["actor"].to_numpy()[j],
                "score": self.score[i, j],
                **{f"fit_{name}": self.parts[k, i, j] for k, name in enumerate(COMPONENTS)},
                "why": self.reasons(i, j),
                "pairs": 1,
            }
        )
        fit = {"unit": "index", "digits": 2, "n": "pairs"}
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "owner": {"organisation": True, "single": True},
            "score": fit,
            **{f"fit_{name}": fit for name in COMPONENTS},
            "why": {"text": True},
            "pairs": {"counts": "things", "hidden": True},
        }
        return frame

    def coverage(self) -> pd.DataFrame:
        """One row a target group and one for all: needs, needs with at least one feasible asset, their share."""
        code, names = self.groups
        met = self.feasible.any(axis=1)
        needs, covered = (np.bincount(code, weight, len(names)) for weight in (None, met.astype(float)))
        frame = pd.DataFrame(
            {
                "group": [*names, TOTAL],
                "needs": [*needs.astype(int), len(code)],
                "covered": [*covered.astype(int), int(met.sum())],
            }
        )
        frame["coverage"] = frame["covered"] / frame["needs"]
        frame.attrs["columns"] = {
            "group": {"labels": "group"},
            "needs": {"counts": "things"},
            "covered": {"counts": "things"},
            "coverage": {"unit": "share", "digits": 0, "n": "needs", "cases": "covered"},
        }
        return frame

    def unmet(self) -> pd.DataFrame:
        """One row a category and unit of measure: needs and quantity needed, assets and quantity offered, needs without a feasible asset, assets without
        a feasible need, and how the two sides stand: nobody_offers, nobody_needs, short (less offered than needed), enough."""
        sides = (
            (self.needs, "needed", "needs", ~self.feasible.any(axis=1), "uncovered"),
            (self.assets, "offered", "assets", ~self.feasible.any(axis=0), "idle"),
        )
        columns = [
            table.assign(count=1, alone=alone)
            .groupby(["category", "unit"])[["count", "quantity", "alone"]]
            .sum()
            .set_axis([count, quantity, lone], axis=1)
            for table, quantity, count, alone, lone in sides
        ]
        frame = pd.concat(columns, axis=1).fillna(0.0).sort_index().reset_index()
        counts = ["needs", "assets", "uncovered", "idle"]
        frame[counts] = frame[counts].astype(int)
        frame["balance"] = np.select(
            [frame["assets"] == 0, frame["needs"] == 0, frame["offered"] < frame["needed"]],
            ["nobody_offers", "nobody_needs", "short"],
            "enough",
        )
        frame.attrs["columns"] = {
            "category": {"labels": "category"},
            "unit": {"labels": "measure"},
            "balance": {"labels": "balance"},
            **{key: {"counts": "things"} for key in counts},
            "needed": {"unit": "number", "digits": 0, "n": "needs"},
            "offered": {"unit": "number", "digits": 0, "n": "assets"},
        }
        return frame

    def heat(self, rows: str = "group") -> pd.DataFrame:
        """One row a target group (or, with `rows` "category", category of need) and category of asset: needs, needs that an asset of that category could
        serve, their share, feasible pairs. Every category that has an asset stands in every row."""
        row, row_names = pd.factorize(self.needs[rows].astype(str), sort=True)
        column, column_names = pd.factorize(self.assets["category"].astype(str), sort=True)
        member, kind = np.eye(len(row_names))[row], np.eye(len(column_names))[column]
        links = self.feasible @ kind
        pairs, covered = member.T @ links, member.T @ (links > 0)
        needs = np.repeat(member.sum(axis=0), len(column_names))
        r, c = np.indices(pairs.shape)
        frame = pd.DataFrame(
            {
                "row": np.asarray(row_names)[r.ravel()],
                "asset_category": np.asarray(column_names)[c.ravel()],
                "needs": needs.astype(int),
                "covered": covered.ravel().astype(int),
                "coverage": covered.ravel() / needs,
                "pairs": pairs.ravel().astype(int),
            }
        )
        frame.attrs["columns"] = {
            "row": {"labels": rows},
            "asset_category": {"labels": "category"},
            **{key: {"counts": "things"} for key in ("needs", "covered", "pairs")},
            "coverage": {"unit": "share", "digits": 0, "n": "needs", "cases": "covered"},
        }
        return frame

    def reasons(self, i: np.ndarray, j: np.ndarray) -> list[dict[str, str]]:
        """Why the pairs (i[k], j[k]) fit as they do, in both languages; of a barred pair, what bars it."""
        i, j = np.asarray(i, dtype=int), np.asarray(j, dtype=int)
        if not len(i):
            return []
        texts = {language: self._told(i, j, language) for language in ("it", "en")}
        return pd.DataFrame(texts).to_dict("records")

    def _told(self, i: np.ndarray, j: np.ndarray, language: str) -> np.ndarray:
        phrase = {name: text[language] for name, text in self.rules.phrases.items()}
        category, ready = (
            {code: text[language] for code, text in labels.items()}
            for labels in (self.rules.category_labels, self.rules.readiness_labels)
        )
        need, asset = (
            _texts(side["category"].map(category))[at] for side, at in ((self.needs, i), (self.assets, j))
        )
        quarter, other = _texts(self.needs["quarter"])[i], _texts(self.assets["quarter"])[j]
        late = self.late[i, j]
        percent = np.floor(100 * self.parts[3, i, j] + 1e-9).astype(int).astype(str)
        days = np.nan_to_num(late).round().astype(int).astype(str)
        parts = (
            np.where(
                need == asset,
                _fill(phrase["category_same"], need=need),
                _fill(phrase["category_related"], need=need, asset=asset),
            ),
            np.select(
                [(quarter == "") | (other == ""), quarter == other],
                [phrase["place_unknown"], phrase["place_same"]],
                phrase["place_other"],
            ),
            np.select(
                [np.isnan(late), late <= 0],
                [phrase["time_unknown"], phrase["time_ready"]],
                _fill(phrase["time_late"], days=days),
            ),
            np.where(
                self.parts[3, i, j] >= 1,
                phrase["capacity_whole"],
                _fill(phrase["capacity_part"], percent=percent),
            ),
            _texts(self.assets["ready"].map(ready).fillna(phrase["readiness_unknown"]))[j],
        )
        barred = _joined(
            [np.where(self.bars[k, i, j], phrase[f"bar_{bar}"], "") for k, bar in enumerate(BARS)]
        )
        return np.where(barred == "", _joined(parts), barred)


def _texts(values: pd.Series) -> np.ndarray:
    return values.astype(object).where(values.notna(), "").to_numpy().astype(str)


def _fill(template: str, **columns: np.ndarray) -> np.ndarray:
    """`template` with each {name} replaced by the text of that column, row by row."""
    text = np.asarray(template)
    for name, column in columns.items():
        text = np.strings.replace(text, "{" + name + "}", column)
    return text


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    """The texts that are not empty, row by row, with a semicolon between them."""
    told = np.asarray(parts[0])
    for part in parts[1:]:
        between = np.where((told != "") & (part != ""), "; ", "")
        told = np.strings.add(np.strings.add(told, between), part)
    return told


def compatibility(needs: pd.DataFrame, assets: pd.DataFrame, rules: Rules) -> Compatibility:
    """Components, score and feasibility of every pair of a need and an asset.

    `needs` and `assets` as their contracts have them; quarter, unit, dates and readiness may be missing: an unknown quarter, date or readiness takes its
    declared value, an unknown unit of measure agrees only with another unknown one. Refused, all faults at once with their rows: missing columns,
    an empty table, identifiers missing or given twice, a group or owner missing, quantities missing or negative, unknown categories or readiness,
    dates that are none.
    """
    faults = [*_faults("needs", needs, rules), *_faults("assets", assets, rules)]
    if faults:
        raise EstimateError(faults)
    needs, assets = _typed(needs, NEEDS, "from"), _typed(assets, ASSETS, "available_from")
    parts, late = _parts(needs, assets, rules)
    asked, offered = needs["quantity"].to_numpy(), assets["quantity"].to_numpy()
    measure, other = _texts(needs["unit"]), _texts(assets["unit"])
    bars = np.stack(
        [
            parts[0] <= 0,
            measure[:, None] != other,
            (asked[:, None] <= 0) | (offered <= 0),
            parts[2] <= 0,
        ]
    )
    return Compatibility(needs, assets, rules, parts, bars, late)


def _parts(needs: pd.DataFrame, assets: pd.DataFrame, rules: Rules) -> tuple[np.ndarray, np.ndarray]:
    """The five components, shape (5, N, M), and days of delay, shape (N, M)."""
    kinds = pd.Index(rules.categories)
    category = rules.likeness[
        np.ix_(kinds.get_indexer(needs["category"]), kinds.get_indexer(assets["category"]))
    ]
    here, there = _texts(needs["quarter"])[:, None], _texts(assets["quarter"])
    place = np.select(
        [(here == "") | (there == ""), here == there], [rules.unknown_quarter, 1.0], rules.other_quarter
    )
    start, ready = (
        side.to_numpy(dtype="datetime64[D]") for side in (needs["from"], assets["available_from"])
    )
    late = (ready - start[:, None]) / np.timedelta64(1, "D")
    time = np.where(np.isnan(late), rules.unknown_time, np.clip(1 - late / rules.patience, 0.0, 1.0))
    asked, offered = needs["quantity"].to_numpy(), assets["quantity"].to_numpy()
    share = np.divide(offered, asked[:, None], out=np.ones(late.shape), where=asked[:, None] > 0)
    readiness = (
        assets["ready"].map(dict(rules.readiness)).fillna(rules.unknown_readiness).to_numpy(dtype=float)
    )
    parts = np.stack([category, place, time, np.minimum(share, 1.0), np.broadcast_to(readiness, late.shape)])
    return parts, late


def _faults(name: str, given: pd.DataFrame, rules: Rules) -> list[Fault]:
    """Everything that is wrong with one table."""
    lost = [column for column in REQUIRED[name] if column not in given]
    if lost:
        names = ", ".join(lost)
        what = say(f"mancano le colonne {names}", f"columns {names} are missing")
        return [Fault(what, name, ", ".join(REQUIRED[name]))]
    if not len(given):
        return [Fault(say("nessuna riga", "no rows"), name, say("almeno una", "at least one"))]
    columns, date = (NEEDS, "from") if name == "needs" else (ASSETS, "available_from")
    frame = given.reindex(columns=[*columns, "ready"] if name == "needs" else list(columns))
    key, owner = frame[columns[0]], frame[columns[1]]
    number = pd.to_numeric(frame["quantity"], errors="coerce").astype(float)
    day = pd.to_datetime(frame[date], errors="coerce")
    strange = frame["ready"].notna() & ~frame["ready"].isin(list(rules.readiness))
    kind = frame["category"]
    return [
        *_fault(name, key, key.isna() | key.duplicated(), say("unico e presente", "unique and present")),
        *_fault(name, owner, owner.isna(), say("presente", "present")),
        *_fault(name, frame["quantity"], ~(number >= 0) | np.isinf(number), "≥ 0"),
        *_fault(name, kind, ~kind.isin(rules.categories), ", ".join(rules.categories)),
        *_fault(name, frame[date], day.isna() & frame[date].notna(), say("una data", "a date")),
        *_fault(name, frame["ready"], strange, ", ".join(rules.readiness)),
    ]


def _typed(given: pd.DataFrame, columns: Sequence[str], date: str) -> pd.DataFrame:
    """The columns of a sound table, numbers and dates as such, units of measure in one spelling."""
    frame = given.reindex(columns=list(columns)).reset_index(drop=True)
    return frame.assign(
        quantity=pd.to_numeric(frame["quantity"]).astype(float),
        unit=frame["unit"].astype("string").str.strip().str.casefold().fillna("").astype(object),
        **{date: pd.to_datetime(frame[date])},
    )


def _fault(name: str, values: pd.Series, mask: pd.Series, allowed: str) -> list[Fault]:
    return [Fault(shown(values, mask), where(name, mask), allowed)] if mask.any() else []
