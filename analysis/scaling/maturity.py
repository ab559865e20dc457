"""Maturity for scaling as several raters see it: weakest links first, answers counted by column, agreement; never one score.

What belongs here: ratings against the reviewed files in `questionnaires/` (codes and our own short names, no wording of a question). What does
not: a total over items. The MSI checklist is no scorecard, by its authors' word, and no other questionnaire is added up here either.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say

Label = Mapping[str, str]

KEYS = ("name", "source", "reference", "licence", "wording", "status", "unverified", "caution", "scale", "areas", "items")  # fmt: skip
CHOICES = {"wording": ("restricted", "free"), "status": ("verified", "unverified")}
ORIGINS = ("stated", "unverified", "study")
UNKNOWN_AREA: Label = {"it": "area non indicata", "en": "area not stated"}
MISSING = "missing"
NEEDED = ("item", "instrument", "rater", "level")


@dataclass(frozen=True)
class Questionnaire:
    """A questionnaire: codes of its items with the area (empty: not established) and short name of each, areas, least and highest level.

    `origin` of the scale: stated by the authors, unverified, or the study's own. `verified`: whether what it consists of was read in its source.
    """

    id: str
    name: Label
    source: str
    reference: str
    licence: Label
    verified: bool
    unverified: Label
    caution: Label
    low: int
    high: int
    origin: str
    ends: Label
    areas: Mapping[str, Label]
    items: Mapping[str, Mapping[str, Any]]

    @property
    def levels(self) -> np.ndarray:
        return np.arange(self.low, self.high + 1)

    def table(self) -> pd.DataFrame:
        """One row: questionnaire, source, licence, status, what is unverified, caution, number of items, of areas, least and highest level, its origin."""
        texts = ("name", "licence", "unverified", "caution", "ends")
        told = {key: [dict(getattr(self, key))] for key in texts}
        frame = pd.DataFrame(
            {
                "questionnaire": told["name"],
                "reference": [self.source],
                "licence": told["licence"],
                "status": ["verified" if self.verified else "unverified"],
                "unverified": told["unverified"],
                "caution": told["caution"],
                "items": [len(self.items)],
                "areas": [len(self.areas)],
                "level_low": [self.low],
                "level_high": [self.high],
                "ends": told["ends"],
                "origin": [self.origin],
            }
        )
        frame.attrs["columns"] = {
            **{key: {"text": True} for key in ("questionnaire", *texts[1:])},
            **{key: {"counts": "things"} for key in ("items", "areas")},
            **{key: {"unit": "number", "digits": 0, "n": "items"} for key in ("level_low", "level_high")},
        }
        return frame


@dataclass(frozen=True, eq=False)
class Ratings:
    """`levels` (items, raters): whole numbers on the questionnaire's scale, NaN where a rater gave none; `areas` (items,): keys, empty where not established.

    Raters are numbered in order of appearance: their names stay in the study.
    """

    questionnaire: Questionnaire
    raters: int
    levels: np.ndarray
    areas: tuple[str, ...]

    @property
    def items(self) -> tuple[str, ...]:
        return tuple(self.questionnaire.items)

    @property
    def counts(self) -> np.ndarray:
        """How many raters gave each level to each item: (items, levels)."""
        return (self.levels[:, :, None] == self.questionnaire.levels).sum(axis=1)

    def weakest(self) -> np.ndarray:
        """Positions of the items: lowest median first, of equal ones the widest range, then the least exact agreement; unrated items last."""
        told = self._summary()
        return np.lexsort((told["exact"].fillna(1), -told["range"], told["median_rating"].fillna(np.inf)))

    def by_item(self) -> pd.DataFrame:
        """Weakest first: item, short name (where there is one), area, n ratings, missing, lowest, median_rating, highest, range, exact (share of pairs of raters who agree)."""
        frame = self._summary()
        frame.insert(0, "item", self.items)
        frame.insert(1, "item_name", self._names())
        frame.insert(2, "area", self._area_names())
        frame = frame.iloc[self.weakest()].reset_index(drop=True)
        number = {"unit": "number", "n": "n"}
        specs: dict[str, dict[str, object]] = {
            "item_name": {"text": True},
            "area": {"text": True},
            "n": {"counts": "things"},
            "missing": {"counts": "things"},
            **{key: number | {"digits": 0} for key in ("lowest", "highest", "range")},
            "median_rating": number | {"digits": 1},
            "exact": {"unit": "share", "digits": 0, "n": "n"},
        }
        frame.attrs["columns"] = specs
        return _without_empty(frame, "item_name", "area")

    def marks(self) -> pd.DataFrame:
        """One row an item and rater, weakest item first: item, item_name, rater ("1", "2", …), level (missing where none was given), median and n ratings of the item."""
        order = self.weakest()
        frame = pd.DataFrame(
            {
                "item": np.repeat(np.array(self.items, dtype=object)[order], self.raters),
                "item_name": np.repeat(self._names().to_numpy()[order], self.raters),
                "rater": np.tile(np.arange(1, self.raters + 1).astype(str), len(order)).astype(object),
                "level": self.levels[order].ravel(),
                "median_rating": np.repeat(self._summary()["median_rating"].to_numpy()[order], self.raters),
                "n": np.repeat(self.counts.sum(axis=1)[order], self.raters),
            }
        )
        frame.attrs["columns"] = {
            "item_name": {"text": True},
            "level": {"unit": "number", "digits": 0, "n": "n"},
            "median_rating": {"unit": "number", "digits": 1, "n": "n"},
            "n": {"counts": "things"},
        }
        return _without_empty(frame, "item_name")

    def by_column(self) -> pd.DataFrame:
        """Answers counted, all raters together: area, level (as a code, "missing" last), ratings. One row an area and level; no total over levels."""
        keys = [key for key in (*self.questionnaire.areas, "") if key in self.areas]
        inside = np.array(self.areas, dtype=object)[None, :] == np.array(keys, dtype=object)[:, None]
        counts = np.column_stack([self.counts, np.isnan(self.levels).sum(axis=1)])
        levels = [*self.questionnaire.levels.astype(str), MISSING]
        frame = pd.DataFrame(
            {
                "area": np.repeat(np.array([self._area_name(key) for key in keys], object), len(levels)),
                "level": np.tile(np.array(levels, object), len(keys)),
                "ratings": (inside.astype(int) @ counts).ravel(),
            }
        )
        frame.attrs["columns"] = {
            "area": {"text": True},
            "level": {"labels": "level"},
            "ratings": {"counts": "things"},
        }
        return frame

    def scale(self) -> pd.DataFrame:
        """One row for the figures: level_low, level_high, ends (text), origin, status."""
        frame = self.questionnaire.table()
        names = ["level_low", "level_high", "ends", "origin", "status", "items"]
        specs = {key: spec for key, spec in frame.attrs["columns"].items() if key in names}
        frame = frame[names].copy()
        frame.attrs["columns"] = specs
        return frame

    def _summary(self) -> pd.DataFrame:
        levels, counts = pd.DataFrame(self.levels), self.counts
        n = counts.sum(axis=1)
        pairs = n * (n - 1)
        same = (counts * (counts - 1)).sum(axis=1)
        return pd.DataFrame(
            {
                "n": n,
                "missing": self.raters - n,
                "lowest": levels.min(axis=1),
                "median_rating": levels.median(axis=1),
                "highest": levels.max(axis=1),
                "range": levels.max(axis=1) - levels.min(axis=1),
                "exact": np.divide(same, pairs, out=np.full(len(n), np.nan), where=pairs > 0),
            }
        )

    def _names(self) -> pd.Series:
        return pd.Series([item.get("label") for item in self.questionnaire.items.values()], dtype=object)

    def _area_name(self, key: str) -> Label:
        return dict(self.questionnaire.areas[key] if key else UNKNOWN_AREA)

    def _area_names(self) -> pd.Series:
        return pd.Series([self._area_name(key) if key else None for key in self.areas], dtype=object)


@dataclass(frozen=True)
class Agreement:
    """Krippendorff's ordinal alpha with its interval, over `items` rated at least twice; `exact`: share of pairs of raters who agree, over all items."""

    alpha: float
    low: float
    high: float
    exact: float
    items: int
    raters: int
    ratings: int
    missing: int
    undefined: float

    def table(self) -> pd.DataFrame:
        """alpha, low, high, exact, items, raters, ratings, missing, undefined (share of the resamples in which alpha has no value)."""
        frame = pd.DataFrame([vars(self)])
        frame.attrs["columns"] = {
            "alpha": {"unit": "number", "digits": 2, "n": "items"},
            "low": {"low_of": "alpha"},
            "high": {"high_of": "alpha"},
            "exact": {"unit": "share", "digits": 0, "n": "items"},
            **{key: {"counts": "things"} for key in ("items", "raters", "ratings", "missing")},
            "undefined": {"unit": "share", "digits": 1, "n": "items"},
        }
        return frame


def alpha(counts: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Krippendorff's alpha for ordinal levels (Hayes & Krippendorff 2007), one value for each row of `weights` (draws, items); 1 agreement, 0 chance.

    `counts` (items, levels): raters who gave each level, in order; items with fewer than two ratings do not count. Missing where all ratings are
    equal: then there is nothing to agree about. The distance of two levels is how many ratings lie between them, half of their own counted.
    """
    counts = np.asarray(counts, dtype=float)
    weights = np.ones((1, len(counts))) if weights is None else np.asarray(weights, dtype=float)
    paired = counts.sum(axis=1) >= 2
    counts, weights = counts[paired], weights[:, paired]
    with_itself = counts[:, :, None] * np.eye(counts.shape[1])
    pairs = (counts[:, :, None] * counts[:, None, :] - with_itself) / (counts.sum(axis=1) - 1)[:, None, None]
    coincidence = np.tensordot(weights, pairs, axes=1)
    used = weights @ counts
    middle = used.cumsum(axis=1) - used / 2
    distance = (middle[:, :, None] - middle[:, None, :]) ** 2
    observed = (coincidence * distance).sum(axis=(1, 2))
    expected = (used[:, :, None] * used[:, None, :] * distance).sum(axis=(1, 2))
    times = (used.sum(axis=1) - 1) * observed
    return 1 - np.divide(times, expected, out=np.full(len(weights), np.nan), where=expected > 0)


def agreement(ratings: Ratings, seed: int, draws: int = 2000) -> Agreement:
    """Alpha over all items with its percentile interval (95 %) from `draws` resamples of the items; with few items the interval is rough.

    Raters are taken as they are: the interval says nothing of other raters.
    """
    counts = ratings.counts
    n = counts.sum(axis=1)
    usable = counts[n >= 2]
    if len(usable) < 2:
        told = say("voci con almeno due giudizi", "items with two ratings or more")
        raise EstimateError(Fault(f"{told}: {len(usable)}", f"maturity, {ratings.questionnaire.id}", "≥ 2"))
    even = np.full(len(usable), 1 / len(usable))
    found = alpha(usable, np.random.default_rng(seed).multinomial(len(usable), even, draws))
    low, high = (np.nan, np.nan) if np.isnan(found).all() else np.nanquantile(found, (0.025, 0.975))
    exact = (counts * (counts - 1)).sum() / (n * (n - 1)).sum()
    return Agreement(
        float(alpha(usable)[0]), float(low), float(high), float(exact), len(usable), ratings.raters, int(n.sum()),
        int(np.isnan(ratings.levels).sum()), float(np.isnan(found).mean()),
    )  # fmt: skip


@lru_cache
def known() -> tuple[str, ...]:
    """The questionnaires that have a file, sorted."""
    folder = resources.files("analysis.scaling") / "questionnaires"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


@lru_cache
def questionnaire(name: str) -> Questionnaire:
    """The questionnaire of that name, from its reviewed file; every fault of the file at once."""
    if name not in known():
        what = say("questionario sconosciuto", "unknown questionnaire")
        raise EstimateError(Fault(what, name, ", ".join(known())))
    path = resources.files("analysis.scaling") / "questionnaires" / f"{name}.toml"
    facts = tomllib.loads(path.read_text(encoding="utf-8"))
    if found := file_faults(facts, f"questionnaires/{name}.toml"):
        raise EstimateError(found)
    scale = facts["scale"]
    return Questionnaire(
        name, facts["name"], facts["source"], facts["reference"], facts["licence"], facts["status"] == "verified", facts["unverified"],
        facts["caution"], scale["low"], scale["high"], scale["origin"], scale["ends"], facts["areas"], facts["items"],
    )  # fmt: skip


def file_faults(facts: Mapping[str, Any], shown: str) -> list[Fault]:
    """Everything that is wrong with the file of one questionnaire, as read from TOML; `shown` is its name in messages."""
    found = [Fault(say(f"manca {key}", f"{key} is missing"), shown) for key in KEYS if key not in facts]
    found += [
        Fault(say(f"{key} non è previsto", f"{key} is not foreseen"), shown, ", ".join(KEYS))
        for key in facts
        if key not in KEYS
    ]
    if found:
        return found
    for key, allowed in CHOICES.items():
        if facts[key] not in allowed:
            found.append(_wrong(facts[key], f"{shown}, {key}", ", ".join(allowed)))
    scale = facts["scale"]
    if not isinstance(scale.get("low"), int) or not scale["low"] < scale.get("high", -1):
        found.append(_wrong(scale, f"{shown}, scale", "low < high"))
    if scale.get("origin") not in ORIGINS:
        found.append(_wrong(scale.get("origin"), f"{shown}, scale.origin", ", ".join(ORIGINS)))
    texts = [(key, facts[key]) for key in ("name", "licence", "unverified", "caution")]
    texts += [("scale.ends", scale.get("ends")), *((f"areas.{k}", v) for k, v in facts["areas"].items())]
    texts += [(f"items.{k}", v["label"]) for k, v in facts["items"].items() if "label" in v]
    found += [_wrong(text, f"{shown}, {key}", '{ it = "…", en = "…" }') for key, text in texts if not isinstance(text, Mapping) or set(text) != {"it", "en"}]  # fmt: skip
    found += [_wrong(sorted(v), f"{shown}, items.{k}", "area, label") for k, v in facts["items"].items() if set(v) - {"area", "label"}]  # fmt: skip
    found += [_wrong(v["area"], f"{shown}, items.{k}.area", ", ".join(facts["areas"])) for k, v in facts["items"].items() if v.get("area", "") not in ("", *facts["areas"])]  # fmt: skip
    return found


def _wrong(found: object, where: str, allowed: str) -> Fault:
    return Fault(say(f"«{found}» non va bene", f"“{found}” will not do"), where, allowed)


def read(ratings: pd.DataFrame, name: str) -> Ratings:
    """The ratings by questionnaire `name` in the study's table: item, instrument, rater, level and, where the study says it, area.

    Refused, each with its row: items that the questionnaire does not have, levels outside its scale, a rater who rates an item twice, an item in
    two areas. An item that somebody left out is missing, and an item that nobody rated stays in the tables.
    """
    asked = questionnaire(name)
    absent = [key for key in NEEDED if key not in ratings]
    if absent:
        raise EstimateError(
            [Fault(say("la colonna manca", "the column is missing"), f"maturity, {key}") for key in absent]
        )
    rows = ratings[ratings["instrument"] == name]
    if rows.empty:
        held = ", ".join(map(str, ratings["instrument"].dropna().unique()))
        told = say(f"nessun giudizio «{name}»", f"no rating by '{name}'")
        raise EstimateError(Fault(told, "maturity, instrument", held))
    level = pd.to_numeric(rows["level"], errors="coerce")
    faults = _row_faults(rows, level, asked)
    if faults:
        raise EstimateError(faults)
    raters, _ = pd.factorize(rows["rater"])
    place = pd.Index(list(asked.items)).get_indexer(rows["item"])
    levels = np.full((len(asked.items), int(raters.max()) + 1), np.nan)
    levels[place, raters] = level.to_numpy(dtype=float, na_value=np.nan)
    areas = [str(item.get("area", "")) for item in asked.items.values()]
    if "area" in rows:
        own = rows.dropna(subset=["area"]).drop_duplicates("item").set_index("item")["area"]
        areas = [str(own.get(item, area)) for item, area in zip(asked.items, areas)]
    return Ratings(asked, levels.shape[1], levels, tuple(areas))


def _row_faults(rows: pd.DataFrame, level: pd.Series, asked: Questionnaire) -> list[Fault]:
    spread = ", ".join(map(str, asked.levels))
    given = rows["level"].notna()
    twice = rows.duplicated(["item", "rater"], keep=False)
    tests: list[tuple[pd.Series, str, str, Iterable[object]]] = [
        (~rows["item"].isin(list(asked.items)), "item", _span(list(asked.items)), rows["item"]),
        (given & ~level.isin(asked.levels), "level", spread, rows["level"]),
        (rows["rater"].isna(), "rater", say("chi ha valutato", "who rated"), rows["rater"]),
        (twice, "item, rater", say("una volta", "once"), rows["item"]),
    ]
    if "area" in rows:
        own = rows["area"].notna()
        allowed = ", ".join(asked.areas)
        tests.append((own & ~rows["area"].isin(list(asked.areas)), "area", allowed, rows["area"]))
        several = rows.groupby("item")["area"].transform("nunique") > 1
        tests.append((several, "item, area", say("una sola area", "one area"), rows["item"]))
    return [
        _wrong(value, f"maturity, {asked.id}, {say('riga', 'row')} {row + 1}, {column}", allowed)
        for wrong, column, allowed, values in tests
        for row, value, bad in zip(rows.index, values, wrong)
        if bad
    ]


def _without_empty(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Without those of the named columns that hold nothing."""
    gone = [name for name in names if frame[name].isna().all()]
    kept = frame.drop(columns=gone)
    kept.attrs["columns"] = {key: spec for key, spec in frame.attrs["columns"].items() if key not in gone}
    return kept


def _span(items: Sequence[str]) -> str:
    return ", ".join(items) if len(items) <= 10 else f"{items[0]} … {items[-1]}"
