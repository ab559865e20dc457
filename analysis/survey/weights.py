"""Weights: what they cost in precision (Kish) and how they are brought to known margins (raking)."""

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
class Raked:
    """Raked weights (n,), the sweeps it took, and by margin and category the target and what the weights now sum to."""

    weights: Floats
    sweeps: int
    margins: pd.DataFrame

    @property
    def largest_error(self) -> float:
        """Largest distance from a target, as a share of the target."""
        return float((self.margins["reached"] / self.margins["target"] - 1).abs().max())

    def table(self) -> pd.DataFrame:
        """Diagnostics, one row: weight range, Kish's design effect and effective n, sweeps, largest margin error."""
        cost = kish(self.weights)
        frame = pd.DataFrame(
            {
                "n": [cost.n],
                "lowest": [self.weights.min()],
                "highest": [self.weights.max()],
                "deff": [cost.deff],
                "n_effective": [cost.n_effective],
                "sweeps": [self.sweeps],
                "largest_error": [self.largest_error],
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            "n": {"counts": "persons"},
            "lowest": number,
            "highest": number,
            "deff": number,
            "n_effective": {"unit": "number", "digits": 1, "n": "n"},
            "sweeps": {"counts": "things"},
            "largest_error": {"unit": "share", "digits": 4, "n": "n"},
        }
        return frame


def rake(
    weights: npt.ArrayLike,
    margins: Mapping[str, tuple[npt.ArrayLike, Mapping[object, float]]],
    tolerance: float = 1e-10,
    sweeps: int = 1000,
) -> Raked:
    """Iterative proportional fitting (Deming and Stephan 1940): weights (n,) scaled until every margin sums to its targets.

    `margins` names each margin with its labels (n,) and its targets {category: total}. All faults at once: a label missing or
    without target, a target without respondents or not positive, margins with different totals, no convergence.
    """
    w = np.asarray(weights, dtype=float).copy()
    coded = [_margin(name, labels, targets, len(w)) for name, (labels, targets) in margins.items()]
    faults = [fault for *_, found in coded for fault in found]
    totals = [float(sum(targets.values())) for _, targets in margins.values()]
    if not faults and np.ptp(totals) > 1e-6 * totals[0]:
        faults.append(
            Fault(
                say(
                    f"i margini non hanno lo stesso totale: {totals}",
                    f"margins do not share one total: {totals}",
                ),
                "rake.margins",
            )
        )
    if not np.isfinite(w).all() or (w <= 0).any():
        faults.append(Fault(say("pesi non positivi", "weights are not positive"), "rake.weights"))
    if faults:
        raise EstimateError(faults)
    for sweep in range(1, sweeps + 1):
        for codes, target, _ in coded:
            w *= (target / np.bincount(codes, weights=w, minlength=len(target)))[codes]
        errors = [np.abs(np.bincount(c, weights=w, minlength=len(t)) / t - 1).max() for c, t, _ in coded]
        if max(errors) < tolerance:
            return Raked(w, sweep, _reached(w, margins, coded))
    raise EstimateError(
        Fault(
            say(
                f"nessuna convergenza dopo {sweeps} giri; errore {max(errors):.2g}",
                f"no convergence after {sweeps} sweeps; error {max(errors):.2g}",
            ),
            "rake",
            next_step=say("Unite le categorie rare.", "Merge rare categories."),
        )
    )


def _margin(
    name: str, labels: npt.ArrayLike, targets: Mapping[object, float], n: int
) -> tuple[npt.NDArray[np.intp], Floats, list[Fault]]:
    codes = pd.Index(targets).get_indexer(pd.Index(np.asarray(labels, dtype=object)))
    target = np.array(list(targets.values()), dtype=float)
    faults = []
    if len(codes) != n:
        faults.append(
            Fault(
                say(f"{len(codes)} righe invece di {n}", f"{len(codes)} rows instead of {n}"),
                f"margins.{name}",
            )
        )
    unknown = sorted({str(value) for value in np.asarray(labels, dtype=object)[codes < 0]})
    if unknown:
        faults.append(
            Fault(
                say("categorie senza totale: ", "categories without a target: ") + ", ".join(unknown),
                f"margins.{name}",
            )
        )
    empty = [str(c) for c, k in zip(targets, np.bincount(codes[codes >= 0], minlength=len(target))) if not k]
    if empty:
        faults.append(
            Fault(
                say("categorie senza rispondenti: ", "categories without respondents: ") + ", ".join(empty),
                f"margins.{name}",
            )
        )
    if not (np.isfinite(target) & (target > 0)).all():
        faults.append(Fault(say("totali non positivi", "targets are not positive"), f"margins.{name}"))
    return codes, target, faults


def _reached(w: Floats, margins: Mapping[str, tuple], coded: list) -> pd.DataFrame:
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "margin": name,
                    "category": list(targets),
                    "target": target,
                    "reached": np.bincount(codes, weights=w, minlength=len(target)),
                }
            )
            for (name, (_, targets)), (codes, target, _) in zip(margins.items(), coded)
        ],
        ignore_index=True,
    )
