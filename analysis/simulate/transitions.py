"""Work between the two waves of a simulated survey, and what would let people work who do not, or work less, because of care.

Both draw from streams of their own: what respondents.py draws stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import truth as truths
from analysis.simulate.write import stream

MOVING = ("residents", "users")
YES_NO = ["yes", "no", "98", "99"]


def would_work(truth: Mapping[str, Any], seed: int, wave: int, frame: pd.DataFrame, care: np.ndarray) -> None:
    """Add, in place, `would_work_if` of who does not work because of care and `would_work_more_if` of whose hours are reduced for it.

    care: care load by row (0 none, 1 children, 2 relatives, 3 both).
    """
    rng, p = stream(seed, f"survey/{wave}/would-work"), truth["would_work"]
    chances = np.array([[p[load][name] for name in truths.WOULD_WORK] for load in truths.CARE])
    edges = np.cumsum(chances / chances.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    names = [*truths.WOULD_WORK, "98", "99"]
    asked = {
        "would_work_if": frame["not_working_reason"].eq("care").to_numpy(),
        "would_work_more_if": frame["reduced_hours_care"].eq("yes").to_numpy(),
    }
    for name, who in asked.items():
        codes = (rng.random(len(frame))[:, None] > edges[care]).sum(axis=1)
        codes = np.where(rng.random(len(frame)) < p["missing"], len(names) - 1, codes)
        answers = pd.Categorical.from_codes(np.where(who, codes, -1), names)
        if name in frame:
            frame[name] = answers
        else:
            frame.insert(int(frame.columns.get_loc("flexible_hours")), name, answers)


def work_two(
    truth: Mapping[str, Any], seed: int, first: pd.DataFrame, latent: Mapping[str, np.ndarray]
) -> pd.DataFrame:
    """Employment, reason, hours, reduced hours of everybody of `first` at the second wave; workers of companies stay as they are."""
    rng, p, n = stream(seed, "survey/2/work"), truth["transitions"], len(first)
    sex = first["gender"].eq("m").to_numpy(dtype=int)
    employed = first["employment"].eq("employed").to_numpy()
    moving = first["frame"].isin(MOVING).to_numpy() & (first["age"].to_numpy() <= p["up_to_age"])
    chance = {
        name: _by_sex_and_care(p[name])[sex, latent["care"]]
        for name in ("leave", "enter", "cut", "restore", "left_for_care")
    }
    draw = rng.random((4, n))
    left, entered = (
        moving & employed & (draw[0] < chance["leave"]),
        moving & ~employed & (draw[0] < chance["enter"]),
    )
    for_care = draw[1] < chance["left_for_care"]
    found = pd.DataFrame(index=first.index)
    job = np.where(left, 2, np.where(entered, 0, first["employment"].cat.codes))
    found["employment"] = pd.Categorical.from_codes(job, list(first["employment"].cat.categories))
    reason = np.where(
        left, np.where(for_care, 0, 1), np.where(entered, -1, first["not_working_reason"].cat.codes)
    )
    found["not_working_reason"] = pd.Categorical.from_codes(
        reason, list(first["not_working_reason"].cat.categories)
    )
    now = job == 0
    hours = first["hours_week"].fillna(0).to_numpy(dtype=int)
    means = np.array([truth["work"]["hours_mean"][s] for s in truths.SEXES])[sex]
    fresh = np.clip(np.rint(means + truth["work"]["hours_sd"] * rng.standard_normal(n)), 6, 60).astype(int)
    found["hours_week"] = pd.arrays.IntegerArray(np.where(entered, fresh, hours), ~now)
    before = first["reduced_hours_care"].cat.codes.to_numpy()
    reduced = np.where(moving & (before == 1) & (draw[2] < chance["cut"]), 0, before)
    reduced = np.where(moving & (before == 0) & (draw[2] < chance["restore"]), 1, reduced)
    start = draw[3] < _by_sex_and_care(truth["work"]["reduced_for_care"])[sex, latent["care"]]
    reduced = np.where(entered, np.where(start, 0, 1), np.where(now, reduced, -1))
    found["reduced_hours_care"] = pd.Categorical.from_codes(reduced, YES_NO)
    flexible = np.where(entered, np.where(latent["flexible"], 0, 1), first["flexible_hours"].cat.codes)
    found["flexible_hours"] = pd.Categorical.from_codes(np.where(now, flexible, -1), YES_NO)
    return found


def _by_sex_and_care(values: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    return np.array([[values[sex][load] for load in truths.CARE] for sex in truths.SEXES])
