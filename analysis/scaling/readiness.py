"""Maturity for scaling over all questionnaires that were rated: agreement and weakest links, each questionnaire on its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from analysis.scaling import maturity
from analysis.scaling.maturity import Ratings


def read(ratings: pd.DataFrame) -> dict[str, Ratings]:
    """Name → ratings, in the order in which the study's table holds the questionnaires."""
    return {str(name): maturity.read(ratings, str(name)) for name in dict.fromkeys(ratings["instrument"])}


def agreements(rated: Mapping[str, Ratings], seed: int) -> pd.DataFrame:
    """One row a questionnaire: its key, then as `maturity.Agreement.table`."""
    parts = [maturity.agreement(ratings, seed).table() for ratings in rated.values()]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "questionnaire", list(rated))
    frame.attrs["columns"] = {"questionnaire": {"labels": "questionnaire"}, **parts[0].attrs["columns"]}
    return frame


def weakest_links(rated: Mapping[str, Ratings], count: int) -> pd.DataFrame:
    """The `count` weakest items of each questionnaire: questionnaire, item, name, n, lowest, median, highest, exact; levels of two questionnaires are not comparable."""
    parts = [ratings.by_item().head(count) for ratings in rated.values()]
    frame = pd.concat(parts, ignore_index=True)
    frame.insert(0, "questionnaire", np.repeat(np.array(list(rated), object), [len(part) for part in parts]))
    names = ["questionnaire", "item", "item_name", "n", "lowest", "median_rating", "highest", "exact"]
    frame = frame.reindex(columns=[name for name in names if name in frame])
    frame["item_name"] = frame["item_name"].astype(object).where(frame["item_name"].notna(), None)
    specs = {key: spec for part in parts for key, spec in part.attrs["columns"].items()}
    frame.attrs["columns"] = {"questionnaire": {"text": True}} | {
        k: s for k, s in specs.items() if k in names
    }
    return frame


def instruments(rated: Mapping[str, Ratings]) -> pd.DataFrame:
    """One row a questionnaire, for the methods appendix: what it is, its source, licence, scale, what is not verified."""
    parts = [ratings.questionnaire.table() for ratings in rated.values()]
    frame = pd.concat(parts, ignore_index=True)
    frame.attrs["columns"] = parts[0].attrs["columns"]
    return frame
