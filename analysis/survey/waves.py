"""The same persons at two times: who came back, who did not, and change, which without a comparison group is never an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import estimates, frames
from analysis.survey.design import Census, Sampling
from analysis.survey.ledger import Ledger
from analysis.survey.results import Difference, Estimates

RELIABLE = 1.96


@dataclass(frozen=True, eq=False)
class Match:
    """Persons of the first wave (n_first rows) found again in the second: `position` (n_first,) is the row there, or -1."""

    position: npt.NDArray[np.intp]
    n_second: int

    @property
    def returned(self) -> npt.NDArray[np.bool_]:
        return self.position >= 0

    @property
    def rate(self) -> float:
        return float(self.returned.mean())

    @property
    def only_second(self) -> int:
        """Rows of the second wave without a person in the first."""
        return self.n_second - int(self.returned.sum())

    def carry(self, column: pd.Series) -> pd.Series:
        """A column of the second wave on the rows of the first; missing for who did not come back."""
        return pd.Series(column.to_numpy(dtype=object)[self.position], dtype=object).where(self.returned)


@dataclass(frozen=True, eq=False)
class Change:
    """Means before and after over the persons present at both times, and the mean of their paired differences, by group."""

    before: Estimates
    after: Estimates
    change: Estimates

    def table(self, name: str = "mean", digits: int = 2, unit: str = "number") -> pd.DataFrame:
        """Long: `wave` (1, 2), the groups, the mean with its interval, n."""
        return frames.stack(
            {"1": self.before.table(name, unit, digits), "2": self.after.table(name, unit, digits)}, "wave"
        )

    def difference(self, **group: str) -> Difference:
        """The mean paired change of one group."""
        k = self.change.at(**group)
        return Difference(
            float(self.change.estimate[k]),
            int(self.change.n[k]),
            self.change.kind,
            float(self.change.covariance[k, k]),
            float(self.change.df[k]),
            (int(self.change.n[k]),),
        )


def match(first: pd.Series, second: pd.Series) -> Match:
    """Rows of the second wave by the key of the first; a key that is missing or twice in a wave is an error."""
    faults = [
        Fault(
            say(f"{count} chiavi {it}", f"{count} keys {en}"),
            say(f"rilevazione {wave}", f"wave {wave}"),
        )
        for wave, keys in ((1, first), (2, second))
        for count, it, en in (
            (int(keys.isna().sum()), "mancanti", "missing"),
            (int(keys.dropna().duplicated().sum()), "ripetute", "repeated"),
        )
        if count
    ]
    if faults:
        raise EstimateError(faults)
    return Match(pd.Index(second).get_indexer(pd.Index(first)), len(second))


def attrition(
    frame: pd.DataFrame,
    returned: npt.ArrayLike,
    covariates: Sequence[str],
    labels: Mapping[str, Mapping[str, Any]],
    ledger: Ledger | None = None,
) -> pd.DataFrame:
    """Share of each category of each baseline covariate that came back, unweighted: it describes this sample.

    Columns: `covariate` (field), `category` (text of `labels` {field: {code: {it, en}}}), the share `returned`, `cases`
    who came back, `n`.
    """
    sample, back = Census(len(frame), ledger), pd.Series(np.asarray(returned), name="returned")
    tables = {}
    for name in covariates:
        table = estimates.share(back, sample, frame[[name]]).table("returned")
        texts = [
            labels.get(name, {}).get(str(code), {"it": str(code), "en": str(code)}) for code in table[name]
        ]
        tables[name] = table.rename(columns={name: "category"}).assign(category=texts)
    long = frames.stack(tables, "covariate")
    long.attrs["columns"] = long.attrs["columns"] | {"category": {"text": True}}
    return long


def change(
    before: npt.ArrayLike, after: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None
) -> Change:
    """Paired change after − before (n,) under the first wave's design, over rows that have both."""
    first, second = (pd.Series(np.asarray(x, dtype=object)).astype("Float64") for x in (before, after))
    both = first.notna() & second.notna()
    return Change(
        estimates.means(first.where(both), design, by),
        estimates.means(second.where(both), design, by),
        estimates.means(second - first, design, by).noted(before, by, "change"),
    )


def reliable_change(
    before: npt.ArrayLike,
    after: npt.ArrayLike,
    reliability: float,
    worse: str,
    design: Sampling,
    ledger_name: str = "reliable_change",
) -> Estimates:
    """Share of persons whose change exceeds the error of measurement: improved, unchanged, worsened (Jacobson & Truax 1991).

    The reliable change index is (after − before) / (sd₁·√(2(1 − `reliability`))), beyond ±1.96; `sd₁` the first wave's over those with both
    answers, unweighted. `worse`: which end of the scale is worse, "high" or "low". Refuses, all at once, a reliability not within 0–1,
    another `worse`, answers of unequal number or without variance.
    """
    first, second = (pd.Series(np.asarray(x, dtype=object)).astype("Float64") for x in (before, after))
    faults = _unpaired(first, second, "reliable_change")
    if not 0 < reliability < 1:
        what = say(f"l'affidabilità è {reliability:.2f}", f"the reliability is {reliability:.2f}")
        faults.append(Fault(what, "reliable_change.reliability", "0–1"))
    if worse not in ("high", "low"):
        what = say(f"estremo sconosciuto: {worse}", f"unknown end of the scale: {worse}")
        faults.append(Fault(what, "reliable_change.worse", "high, low"))
    both = first.notna() & second.notna() if not faults else first.notna()
    spread = float(first[both].astype(float).std())
    if not spread > 0:
        faults.append(Fault(say("nessuna varianza", "no variance"), "reliable_change.before"))
    if faults:
        raise EstimateError(faults)
    index = ((second - first) / (spread * np.sqrt(2 * (1 - reliability)))).astype(float)
    sign = index if worse == "low" else -index
    kinds = np.select([sign > RELIABLE, sign < -RELIABLE], ["improved", "worsened"], "unchanged")
    found = pd.Series(
        pd.Categorical(
            pd.Series(kinds, dtype=object).where(both),
            categories=["improved", "unchanged", "worsened"],
            ordered=True,
        ),
        name=ledger_name,
    )
    return estimates.composition(found, design)


def _unpaired(before: npt.ArrayLike, after: npt.ArrayLike, where: str) -> list[Fault]:
    n, m = len(np.asarray(before, dtype=object)), len(np.asarray(after, dtype=object))
    if n == m:
        return []
    return [Fault(say(f"{n} risposte prima e {m} dopo", f"{n} answers before and {m} after"), where)]


def regression_to_mean(before: npt.ArrayLike, after: npt.ArrayLike) -> pd.DataFrame:
    """Mean change by quarter of the first answer beside the change that regression to the mean alone gives, over those with both answers, unweighted.

    Expected: (r·sd₂/sd₁ − 1)(x − mean₁) + mean₂ − mean₁, the regression of the second answer on the first (Barnett, van der Pols & Dobson 2005).
    Columns: quarter (1 lowest), start, observed, expected, n.
    """
    faults = _unpaired(before, after, "regression_to_mean")
    if faults:
        raise EstimateError(faults)
    pair = pd.DataFrame({"x": np.asarray(before, dtype=object), "y": np.asarray(after, dtype=object)})
    pair = pair.astype("Float64").astype(float).dropna()
    if len(pair) < 8 or not (pair.std() > 0).all():
        what = say(f"{len(pair)} coppie, o nessuna varianza", f"{len(pair)} pairs, or no variance")
        raise EstimateError(
            Fault(what, "regression_to_mean", say("almeno otto coppie", "at least eight pairs"))
        )
    slope = pair.cov().iloc[0, 1] / pair["x"].var()
    pair["expected"] = (slope - 1) * (pair["x"] - pair["x"].mean()) + pair["y"].mean() - pair["x"].mean()
    pair["observed"] = pair["y"] - pair["x"]
    pair["quarter"] = pd.cut(
        pair["x"].rank(method="average", pct=True), [0, 0.25, 0.5, 0.75, 1], labels=["1", "2", "3", "4"]
    )
    grouped = pair.groupby("quarter", observed=True)
    frame = pd.DataFrame(
        {
            "quarter": [str(q) for q in grouped.groups],
            "start": grouped["x"].mean().to_numpy(),
            "observed": grouped["observed"].mean().to_numpy(),
            "expected": grouped["expected"].mean().to_numpy(),
            "n": grouped.size().to_numpy(),
        }
    )
    number = {"unit": "points", "digits": 2, "n": "n"}
    frame.attrs["columns"] = {
        "start": {"unit": "number", "digits": 2, "n": "n"},
        "observed": number,
        "expected": number,
        "n": {"counts": "persons"},
    }
    return frame
