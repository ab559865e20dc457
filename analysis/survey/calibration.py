"""Weights brought to known totals: post-stratification, raking, linear calibration.

What belongs here: the calibrated weights, what they reach, and the design that knows of them. What does not: what weights cost
(weights.py), the variance itself (design.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import stages
from analysis.survey import weights as costs
from analysis.survey.design import Census, Codes, Design, Floats, Sampling, Volunteers

_Coded = tuple[Codes, pd.Series, list[Fault]]
Margin = tuple[Any, Mapping[Any, float]]
"""The category of each row (n,), and the known total of each category."""

ASSUMPTION = {
    "it": "Stime dipendenti da un modello: valgono per la popolazione solo se, dentro ogni categoria usata per la calibrazione, chi ha risposto è come chi non ha risposto. Nessun errore di campionamento è definito.",
    "en": "Model-dependent estimates: they hold for the population only if, within every category used for calibration, those who answered are like those who did not. No sampling error is defined.",
}


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Calibrated weights (n,), those before, the steps it took, and by margin and category the target and what is reached.

    `sampling` is the sample with these weights: of a `Design` its variance is that of the calibrated estimator; volunteers stay
    respondents, whose estimates then rest on the `assumption`.
    """

    method: str
    sampling: Sampling
    weights: Floats
    before: Floats
    steps: int
    margins: pd.DataFrame = field(repr=False)

    @property
    def assumption(self) -> Mapping[str, str] | None:
        return ASSUMPTION if isinstance(self.sampling, Volunteers) else None

    @property
    def largest_error(self) -> float:
        """Largest distance from a target, as a share of the target."""
        return float((self.margins["reached"] / self.margins["target"] - 1).abs().max())

    def reached(self) -> pd.DataFrame:
        """One row a category: margin, category, target, reached before and after, n."""
        frame = self.margins[["margin", "category", "target", "start", "reached", "n"]].copy()
        number = {"unit": "persons", "digits": 0, "n": "n"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("target", "start", "reached"), number),
            "n": {"counts": "persons"},
        }
        return frame

    def table(self) -> pd.DataFrame:
        """Diagnostics, one row: method, range of the weights and of their adjustment, Kish's design effect and effective n, steps, largest margin error, n."""
        cost, moved = costs.kish(self.weights), self.weights / self.before
        frame = pd.DataFrame(
            {
                "method": [self.method],
                "lowest": [self.weights.min()],
                "highest": [self.weights.max()],
                "least_adjusted": [moved.min()],
                "most_adjusted": [moved.max()],
                "deff": [cost.deff],
                "n_effective": [cost.n_effective],
                "steps": [self.steps],
                "largest_error": [self.largest_error],
                "n": [cost.n],
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("lowest", "highest", "least_adjusted", "most_adjusted", "deff"), number),
            "n_effective": {"unit": "number", "digits": 1, "n": "n"},
            "steps": {"counts": "things"},
            "largest_error": {"unit": "number", "digits": 6, "n": "n"},
            "n": {"counts": "persons"},
        }
        return frame


def margins_from(table: pd.DataFrame, frame: pd.DataFrame) -> dict[str, Margin]:
    """Margins of `frame` from a table of totals with the columns `margin` (a column of the frame), `category`, `total`."""
    absent = [name for name in ("margin", "category", "total") if name not in table]
    absent += [] if absent else [str(m) for m in table["margin"].unique() if m not in frame]
    if absent:
        raise EstimateError(
            [
                Fault(say(f"manca la colonna «{name}»", f"column '{name}' is absent"), "margins")
                for name in absent
            ]
        )
    twice = table[table.duplicated(["margin", "category"])]
    if len(twice):
        where = ", ".join(f"{row.margin}: {row.category}" for row in twice.itertuples())
        raise EstimateError(Fault(say("categoria ripetuta", "category repeated"), f"margins, {where}"))
    return {
        str(name): (frame[name], dict(zip(rows["category"], rows["total"].astype(float))))
        for name, rows in table.groupby("margin", sort=False)
    }


def post_stratify(
    sample: Sampling, labels: Any, totals: Mapping[Any, float], name: str = "strata"
) -> Calibrated:
    """Weights scaled within each class of `labels` (n,) to its known total (Holt & Smith 1979); for crossed margins cross the labels."""
    found = rake(sample, {name: (labels, totals)})
    return replace(found, method="post_stratification")


def rake(
    sample: Sampling, margins: Mapping[str, Margin], tolerance: float = 1e-10, sweeps: int = 1000
) -> Calibrated:
    """Iterative proportional fitting (Deming & Stephan 1940): weights scaled until every margin sums to its totals.

    All faults at once: a label missing or without total, a total without respondents or not positive, margins with
    different totals; then no convergence within `tolerance` (relative) and `sweeps`.
    """
    before = _weights(sample)
    coded = {name: _margin(name, labels, totals, sample.n) for name, (labels, totals) in margins.items()}
    _agree(coded)
    targets = [target.to_numpy() for _, target, _ in coded.values()]
    cells, row, count = _cells([codes for codes, _, _ in coded.values()], [len(target) for target in targets])
    faults = [
        fault
        for (name, (_, target, _)), own in zip(coded.items(), cells)
        for fault in _empty(f"margins.{name}", target, np.bincount(own, count, len(target)))
    ]
    if faults:
        raise EstimateError(faults)
    start = np.bincount(row, before, len(count)).astype(float, copy=False)
    sums = start
    for sweep in range(1, sweeps + 1):
        for codes, target in zip(cells, targets):
            sums = sums * (target / np.bincount(codes, sums, len(target)))[codes]
        errors = [np.abs(np.bincount(c, sums, len(t)) / t - 1).max() for c, t in zip(cells, targets)]
        if max(errors) < tolerance:
            taken = sweep
            break
    else:
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
    weights = (sums / start).take(row)
    weights *= before
    classes = [(codes, len(target)) for codes, target, _ in coded.values()]
    made = _reweighted(sample, weights, None, classes)
    return Calibrated("raking", made, weights, before, taken, _reached(coded, cells, start, sums, count))


def greg(
    sample: Sampling,
    auxiliary: pd.DataFrame,
    totals: Mapping[str, float],
    bounds: tuple[float, float] | None = None,
    tolerance: float = 1e-10,
    steps: int = 100,
) -> Calibrated:
    """Linear calibration, the weights of the generalised regression estimator (Deville & Särndal 1992), to the known `totals` of numeric columns (n × q).

    `bounds` hold the adjustment of every weight within (low, high), low < 1 < high (their truncated linear method). Refuses columns
    without total, missing values, bounds that cannot be met, weights that would become negative.
    """
    before = _weights(sample)
    faults = [
        Fault(say("nessun totale", "no total"), f"totals.{name}") for name in auxiliary if name not in totals
    ]
    faults += [
        Fault(say("nessuna colonna", "no column"), f"auxiliary.{name}")
        for name in totals
        if name not in auxiliary
    ]
    faults += [
        Fault(say("valori mancanti", "missing values"), f"auxiliary.{name}")
        for name in auxiliary
        if auxiliary[name].isna().any()
    ]
    if bounds and not bounds[0] < 1 < bounds[1]:
        faults.append(
            Fault(say("limiti non validi", "bounds are not valid"), "greg.bounds", "low < 1 < high")
        )
    if len(auxiliary) != sample.n:
        faults.append(
            Fault(
                say("righe diverse dal disegno", "rows differ from the design's"),
                "greg.auxiliary",
                str(sample.n),
            )
        )
    if faults:
        raise EstimateError(faults)
    x, wanted = auxiliary.to_numpy(dtype=float), np.array([float(totals[name]) for name in auxiliary])
    low, high = bounds or (-np.inf, np.inf)
    slopes, adjusted = np.zeros(x.shape[1]), np.ones(sample.n)
    scale = np.maximum(np.abs(wanted), 1e-12)
    for step in range(1, steps + 1):
        free = (adjusted > low) & (adjusted < high)
        away = wanted - x.T @ (before * adjusted)
        if (np.abs(away) <= tolerance * scale).all():
            taken = step
            break
        slopes = slopes + np.linalg.pinv(x.T @ ((before * free)[:, None] * x), hermitian=True) @ away
        adjusted = np.clip(1 + x @ slopes, low, high)
    else:
        worst = list(auxiliary)[int(np.argmax(np.abs(away) / scale))]
        raise EstimateError(
            Fault(
                say("i totali non si raggiungono", "the totals cannot be reached"),
                f"greg, {worst}",
                next_step=say(
                    "Allargate i limiti, o unite le categorie.", "Widen the bounds, or merge categories."
                ),
            )
        )
    weights = before * adjusted
    if (weights <= 0).any():
        raise EstimateError(
            Fault(
                say(f"{int((weights <= 0).sum())} pesi non positivi", f"{int((weights <= 0).sum())} weights are not positive"),
                "greg",
                next_step=say("Ponete limiti, (0,3; 3) per esempio.", "Set bounds, (0.3, 3) for one."),
            )
        )  # fmt: skip
    margins = pd.DataFrame(
        {
            "margin": list(auxiliary),
            "category": "total",
            "target": wanted,
            "start": x.T @ before,
            "reached": x.T @ weights,
            "n": sample.n,
        }
    )
    return Calibrated("linear_calibration", _reweighted(sample, weights, x), weights, before, taken, margins)


def _weights(sample: Sampling) -> Floats:
    if isinstance(sample, Census):
        raise EstimateError(
            Fault(say("un censimento non si calibra", "a census is not calibrated"), "sampling = census")
        )
    return np.asarray(sample.weights, dtype=float)


def _reweighted(
    sample: Sampling, weights: Floats, auxiliary: Floats | None, classes: Sequence[tuple[Codes, int]] = ()
) -> Sampling:
    if isinstance(sample, Design):
        return sample.reweighted(weights, auxiliary, classes)
    assert isinstance(sample, Volunteers)
    return replace(sample, adjusted=weights)


def _agree(coded: Mapping[str, _Coded]) -> None:
    faults = [fault for *_, found in coded.values() for fault in found]
    sums = {name: float(target.sum()) for name, (_, target, _) in coded.items()}
    first = next(iter(sums.values()), 0.0)
    if not faults and any(abs(total - first) > 1e-6 * first for total in sums.values()):
        told = ", ".join(f"{name} {total:g}" for name, total in sums.items())
        faults.append(
            Fault(
                say(
                    f"i margini non hanno lo stesso totale: {told}", f"margins do not share one total: {told}"
                ),
                "margins",
            )
        )
    if faults:
        raise EstimateError(faults)


def _margin(name: str, labels: Any, totals: Mapping[Any, float], n: int) -> _Coded:
    """Code of each row in the order of the totals, the totals, and the faults of this margin."""
    values, target = pd.Series(labels).reset_index(drop=True), pd.Series(totals, dtype=float)
    where, faults = f"margins.{name}", []
    kind = stages.narrow(len(target))
    if isinstance(values.dtype, pd.CategoricalDtype):
        own, present = values.cat.codes.to_numpy(dtype=np.int16), values.cat.categories
    else:
        own, present = pd.factorize(values)
    place = pd.Index(list(totals), dtype=object).get_indexer(pd.Index(present, dtype=object))
    same = len(place) == len(target) and (place == np.arange(len(place))).all()
    codes = (own if same else np.append(place, -1)[own]).astype(kind, copy=False)
    known = len(codes) > 0 and bool(codes.min() >= 0)
    missing, unknown = 0, []
    if not known:
        count = np.bincount(own.astype(np.int64) + 1, minlength=len(present) + 1)
        missing = int(count[0])
        unknown = sorted(str(label) for label, at, k in zip(present, place, count[1:]) if at < 0 and k)
    if len(values) != n:
        faults.append(
            Fault(say(f"{len(values)} righe invece di {n}", f"{len(values)} rows instead of {n}"), where)
        )
    if missing:
        faults.append(Fault(say(f"{missing} valori mancanti", f"{missing} values are missing"), where))
    if unknown:
        faults.append(
            Fault(
                say("categorie senza totale: ", "categories without a target: ") + ", ".join(unknown), where
            )
        )
    if not known:
        faults += _empty(where, target, np.bincount(codes[codes >= 0], minlength=len(target)))
    if not (np.isfinite(target) & (target > 0)).all():
        faults.append(Fault(say("totali non positivi", "targets are not positive"), where))
    return codes, target, faults


def _empty(where: str, target: pd.Series, held: np.ndarray) -> list[Fault]:
    empty = [str(c) for c, k in zip(target.index, held) if not k]
    if not empty:
        return []
    return [
        Fault(
            say("categorie senza rispondenti: ", "categories without respondents: ") + ", ".join(empty),
            where,
            next_step=say("Unitele ad altre.", "Merge them with others."),
        )
    ]


def _cells(codes: list[Codes], sizes: list[int]) -> tuple[list[Codes], Codes, Codes]:
    """The codes of each margin by combination present (C,), the combination of each row (n,), and the rows of each (C,)."""
    whole = int(np.prod(sizes))
    kind = stages.narrow(whole)
    joint = codes[0].astype(kind, copy=False)
    for own, size in zip(codes[1:], sizes[1:]):
        joint = joint * kind(size) + own.astype(kind, copy=False)
    if whole <= 1 << 20:
        count = np.bincount(joint, minlength=whole)
        present, row = np.flatnonzero(count), joint
        if len(present) < whole:
            row = (np.cumsum(count > 0) - 1)[joint]
        count = count[present]
    else:
        present, row, count = np.unique(joint, return_inverse=True, return_counts=True)
    found: list[Codes] = []
    for size in reversed(sizes):
        found.insert(0, present % size)
        present = present // size
    return found, row, count


def _reached(
    coded: Mapping[str, _Coded], cells: Sequence[Codes], start: Floats, sums: Floats, count: Codes
) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "margin": name,
                "category": target.index.astype(str),
                "target": target.to_numpy(),
                "start": np.bincount(codes, start, len(target)),
                "reached": np.bincount(codes, sums, len(target)),
                "n": np.bincount(codes, count, len(target)).astype(np.int64),
            }
        )
        for (name, (_, target, _)), codes in zip(coded.items(), cells)
    ]
    return pd.concat(parts, ignore_index=True)
