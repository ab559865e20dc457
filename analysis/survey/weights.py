"""Weights: what they cost in precision (Kish), cutting the largest, and making up for those who did not answer; known totals are in calibration.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey.design import Design, Floats


@dataclass(frozen=True)
class Kish:
    """n rows, `deff` = n Σw² / (Σw)², `n_effective` = n / deff: the loss from unequal weights alone (Kish 1965), without clusters."""

    n: int
    deff: float
    n_effective: float


def kish(weights: npt.ArrayLike) -> Kish:
    w = np.asarray(weights, dtype=float)
    if not len(w) or not np.isfinite(w).all() or (w < 0).any() or not w.any():
        raise EstimateError(
            Fault(
                say("pesi non validi", "weights are not valid"),
                "kish.weights",
                say("numeri positivi", "positive numbers"),
            )
        )
    effective = float(w.sum() ** 2 / (w**2).sum())
    return Kish(len(w), len(w) / effective, effective)


def describe(samples: Mapping[str, Design], delivered: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
    """One row a wave: range, mean, coefficient of variation and Kish's design effect of the weights used, and whether they are those `delivered`."""
    rows = []
    for wave, sample in samples.items():
        w, cost = sample.weights, kish(sample.weights)
        same = np.array_equal(w, np.asarray(delivered[wave], dtype=float))
        rows.append(
            (wave, w.min(), w.max(), w.mean(), w.std() / w.mean(), cost.deff, cost.n_effective, "as_delivered" if same else "changed", cost.n)
        )  # fmt: skip
    names = ["wave", "lowest", "highest", "mean_weight", "cv", "deff", "n_effective", "weight_use", "n"]
    frame = pd.DataFrame(rows, columns=names)
    number = {"unit": "number", "digits": 2, "n": "n"}
    frame.attrs["columns"] = {
        **dict.fromkeys(("lowest", "highest", "mean_weight", "cv", "deff"), number),
        "n_effective": {"unit": "number", "digits": 1, "n": "n"},
        "n": {"counts": "persons"},
    }
    return frame


@dataclass(frozen=True, eq=False)
class Trimmed:
    """Weights (n,) of unchanged sum within bounds, how many were cut, and the share of the sum that moved to the others."""

    weights: Floats
    low: float
    high: float
    trimmed: int
    moved: float

    def table(self) -> pd.DataFrame:
        """One row: bounds, persons whose weight was cut, share of the sum moved, Kish's design effect and effective n after."""
        cost = kish(self.weights)
        frame = pd.DataFrame(
            {
                "lowest": [self.low],
                "highest": [self.high],
                "trimmed": [self.trimmed],
                "moved": [self.moved],
                "deff": [cost.deff],
                "n_effective": [cost.n_effective],
                "n": [cost.n],
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("lowest", "highest", "deff"), number),
            "trimmed": {"counts": "things"},
            "moved": {"unit": "number", "digits": 4, "n": "n"},
            "n_effective": {"unit": "number", "digits": 1, "n": "n"},
            "n": {"counts": "persons"},
        }
        return frame


def trim(weights: npt.ArrayLike, times_median: float = 5.0) -> Trimmed:
    """Weights cut at `times_median` times their median and at its inverse, what is cut spread over the others in proportion (Potter 1990).

    Trimmed weights are biased where the cut persons differ; margins are to be calibrated again. Refuses a bound not above 1.
    """
    w = np.asarray(weights, dtype=float)
    kish(w)
    if not times_median > 1:
        raise EstimateError(Fault(f"times_median = {times_median:g}", "trim.times_median", "> 1"))
    middle = float(np.median(w))
    low, high = middle / times_median, middle * times_median
    found = np.clip(w, low, high)
    cut = (w < low) | (w > high)
    for _ in range(100):
        inside = (found > low) & (found < high)
        short = w.sum() - found.sum()
        if abs(short) <= 1e-12 * w.sum() or not inside.any():
            break
        found = np.where(inside, found * (1 + short / found[inside].sum()), found)
        cut |= (found < low) | (found > high)
        found = np.clip(found, low, high)
    if abs(found.sum() - w.sum()) > 1e-9 * w.sum():
        raise EstimateError(
            Fault(
                say("la somma dei pesi non si conserva entro i limiti", "the sum of the weights cannot be kept within the bounds"),
                "trim.times_median",
                next_step=say("Allargate i limiti.", "Widen the bounds."),
            )
        )  # fmt: skip
    return Trimmed(found, low, high, int(cut.sum()), float(np.abs(np.clip(w, low, high) - w).sum() / w.sum()))


@dataclass(frozen=True, eq=False)
class Answered:
    """Those who answered, with the weights (m,) of their class's non-respondents; `rows` (m,) are their places in the sample, `design` their sample."""

    design: Design
    rows: npt.NDArray[np.intp]
    classes: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a class: weighted response rate, the factor on its weights, respondents, n."""
        frame = self.classes.copy()
        measure = {"n": "n"}
        frame.attrs["columns"] = {
            "response": {"unit": "share", "digits": 1, "cases": "answered_persons", **measure},
            "factor": {"unit": "number", "digits": 2, **measure},
            "answered_persons": {"counts": "persons"},
            "n": {"counts": "persons"},
        }
        return frame


def nonresponse(design: Design, answered: npt.ArrayLike, classes: pd.DataFrame, least: int = 20) -> Answered:
    """Weighting classes: in each combination of `classes` (n × columns), respondents take on the weight of those who did not answer.

    It holds if within a class answering does not depend on what is asked (Little 1986). The adjustment is taken as known in
    variances. Refuses, all at once, a class with fewer than `least` respondents, naming it and the class nearest to it in size.
    """
    back = np.asarray(answered, dtype=bool)
    missing = [str(name) for name in classes if classes[name].isna().any()]
    if missing or len(classes) != design.n or len(back) != design.n:
        where = ", ".join(missing) or str(design.n)
        raise EstimateError(
            Fault(say("classi incomplete", "classes are incomplete"), "nonresponse.classes", where)
        )
    keys = classes.reset_index(drop=True).astype(object)
    groups = keys.groupby(list(keys), sort=True).ngroup().to_numpy()
    k = int(groups.max()) + 1
    labels = keys.groupby(list(keys), sort=True).size().index.to_frame(index=False)
    n, held = np.bincount(groups, minlength=k), np.bincount(groups[back], minlength=k)
    few = np.flatnonzero(held < least)
    if len(few):
        names = [", ".join(map(str, row)) for row in labels.itertuples(index=False)]
        order = np.argsort(n)
        raise EstimateError(
            [
                Fault(
                    say(f"{held[c]} rispondenti su {n[c]}", f"{held[c]} respondents of {n[c]}"),
                    f"nonresponse.classes, {names[c]}",
                    say(f"almeno {least}", f"at least {least}"),
                    say("Unitela con: ", "Merge it with: ") + next((names[j] for j in order if j != c), "-"),
                )
                for c in few
            ]
        )
    whole, own = np.bincount(groups, design.weights, k), np.bincount(groups[back], design.weights[back], k)
    factor = whole / own
    rows = np.flatnonzero(back)
    sample = design.subset(rows, design.weights[rows] * factor[groups[rows]])
    told = labels.assign(response=own / whole, factor=factor, answered_persons=held, n=n)
    return Answered(sample, rows, told)
