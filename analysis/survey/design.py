"""How the persons came into the data: a probability sample of one or more stages, a census, or volunteers.

Only a probability sample (`Design`) speaks for a population with a sampling error. A `Census` has none, because everybody
answered; `Volunteers` describe themselves, and whoever asks them for a standard error gets an `EstimateError`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import stages
from analysis.survey.ledger import VARIANCES, Ledger
from analysis.survey.stages import Cells, Codes, Floats, LaterStage, Stage


@dataclass(frozen=True, eq=False)
class Calibration:
    """Auxiliary variables to whose known totals the weights were brought, and the weights before (n,): numeric columns (n, q), or
    classifications, each the code of every row and the number of its classes."""

    numbers: Floats | None
    weights: Floats
    classes: tuple[tuple[Codes, int], ...] = ()

    @cached_property
    def auxiliary(self) -> Floats:
        """Numbers and indicators of classes (n, q)."""
        if self.numbers is not None:
            return self.numbers
        return np.hstack([np.eye(size)[codes] for codes, size in self.classes])

    @cached_property
    def inverse(self) -> Floats:
        """Generalised inverse (q, q) of the weighted cross products."""
        products = self.auxiliary.T @ (self.weights[:, None] * self.auxiliary)
        return np.asarray(np.linalg.pinv(products, hermitian=True), dtype=float)


@dataclass(frozen=True, eq=False)
class Design:
    """A probability sample of n rows with Taylor linearisation (Binder 1983), its variance summed over the stages of sampling.

    `weights` (n,) positive; `strata`, `psu` (n,) labels, PSU labels being nested in strata; `fpc` (n,) is the number of PSUs in
    the population of the row's stratum. A stage of `later` adds variance where every stage before it has an `fpc` (Särndal,
    Swensson & Wretman 1992, ch. 4); without one, the first stage alone holds it all. A stratum with one sampled unit is an
    error, or with `lonely="adjust"` enters with its total measured from zero, the expected sum of linearised scores (the rule
    of that name in R's survey package). With `calibration`, scores are replaced by their residuals on the auxiliary variables,
    times the calibrated weights (Deville & Särndal 1992). `coded`: the stages, where another design of the same rows has them.
    """

    weights: Floats
    strata: npt.ArrayLike | None = None
    psu: npt.ArrayLike | None = None
    fpc: npt.ArrayLike | None = None
    lonely: Literal["error", "adjust"] = "error"
    ledger: Ledger | None = field(default=None, repr=False)
    later: Sequence[LaterStage] = ()
    calibration: Calibration | None = field(default=None, repr=False)
    coded: tuple[Stage, ...] | None = field(default=None, repr=False)
    kind: ClassVar[str] = "population"

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights, dtype=float)
        object.__setattr__(self, "weights", weights)
        if weights.ndim != 1 or not len(weights):
            raise EstimateError(
                Fault(say("il disegno non ha righe", "the design has no rows"), "Design.weights")
            )
        # One comparison finds what is missing, infinite, zero or negative.
        if not (weights.min() > 0 and weights.max() < np.inf):
            wrong = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
            raise EstimateError(
                Fault(
                    say(f"{len(wrong)} pesi non validi", f"{len(wrong)} weights are not valid"),
                    say(
                        f"Design.weights, riga {wrong[0]}: {weights[wrong[0]]}",
                        f"Design.weights, row {wrong[0]}: {weights[wrong[0]]}",
                    ),
                    say("numeri positivi", "positive numbers"),
                )
            )
        self._refuse_lonely()

    @property
    def n(self) -> int:
        return len(self.weights)

    @cached_property
    def squares(self) -> Floats:
        """Squared weights (n,)."""
        return self.weights**2

    @property
    def stage(self) -> Stage:
        """The first stage."""
        return self.stages[0]

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages that bear variance, from the first on."""
        if self.coded is not None:
            return self.coded
        first = LaterStage(np.arange(self.n) if self.psu is None else self.psu, self.fpc, self.strata)
        return stages.nested([first, *self.later], self.n)

    def _refuse_lonely(self) -> None:
        if self.coded is not None:
            return
        found = self.stages
        if self.lonely == "error":
            stages.refuse_lonely(found, self.stratum_names)

    @property
    def stratum_names(self) -> pd.Index:
        """The strata of the first stage, in the order of their codes."""
        return stages.coded(self.strata, "Design.strata", self.n)[1]

    @property
    def df(self) -> float:
        """Degrees of freedom for t: PSUs less strata."""
        return float(len(self.stage.stratum) - len(self.stage.size))

    def cells(self, code: Codes, size: int, whole: bool | None = None) -> Cells:
        """The unit of the last stage and the domain of each row."""
        last = self.stages[-1]
        return Cells(last.psu, len(last.stratum), code, size, whole)

    def sums(self, code: Codes, size: int, scores: Floats, cells: Cells | None = None) -> Floats:
        """Sums of weighted scores (n,) by unit of the last stage and domain, (U, size); rows with code -1 are in no domain."""
        found = (cells or self.cells(code, size)).sums(scores)
        if self.calibration is not None:
            slopes = self.calibration.inverse @ self._crossed(code, size, scores)
            found = found - self._auxiliary @ slopes
        return found

    def _crossed(self, code: Codes, size: int, scores: Floats) -> Floats:
        """Auxiliary variables times the scores under the weights before calibration, by domain (q, size)."""
        assert self.calibration is not None
        before = scores * (self.calibration.weights / self.weights)
        columns = [
            stages.cells(np.zeros(self.n, dtype=np.int64), 1, code, size, before * x)
            for x in self.calibration.auxiliary.T
        ]
        return np.vstack(columns)

    @cached_property
    def _auxiliary(self) -> Floats:
        """Weighted sums of the auxiliary variables by unit of the last stage (U, q)."""
        assert self.calibration is not None
        unit, count = self.stages[-1].psu, len(self.stages[-1].stratum)
        return np.column_stack(
            [np.bincount(unit, self.weights * x, count) for x in self.calibration.auxiliary.T]
        )

    def degrees(self, code: Codes, size: int) -> Floats:
        """Degrees of freedom of each domain (size,): PSUs that hold a row of it, less their strata."""
        return self.degrees_held(self.cells(code, size).sums() > 0)

    def degrees_held(self, held: npt.NDArray[np.bool_]) -> Floats:
        """The same, from whether each unit of the last stage holds a row of each domain (U, size)."""
        for number in range(len(self.stages) - 1, 0, -1):
            parent = self.stages[number].parent
            held = stages.added(parent, len(self.stages[number - 1].stratum), held.astype(float)) > 0
        first = self.stage
        strata = stages.added(first.stratum, len(first.size), held.astype(float)) > 0
        return (held.sum(axis=0) - strata.sum(axis=0)).astype(float)

    def covariance(self, sums: Floats) -> Floats:
        """Covariance (k, k) of the totals of k linearised variables, from their sums by unit of the last stage (U, k)."""
        found = np.zeros((sums.shape[1], sums.shape[1]))
        for number in range(len(self.stages) - 1, -1, -1):
            stage = self.stages[number]
            found += stages.between(stage, sums)
            if number:
                sums = stages.added(stage.parent, len(self.stages[number - 1].stratum), sums)
        return found

    def total_variance(self, scores: Floats) -> Floats:
        """Covariance (k, k) of the totals of k variables, from their weighted scores by row (n, k)."""
        whole = np.zeros(self.n, dtype=np.int64)
        return self.covariance(np.hstack([self.sums(whole, 1, column) for column in scores.T]))

    def subset(self, rows: npt.NDArray[np.intp], weights: Floats) -> Design:
        """The sample of some of its rows (m,), with weights (m,) of their own; strata left with one PSU enter as with `lonely="adjust"`."""

        def of_rows(labels: Any) -> Any:
            return None if labels is None else np.asarray(labels)[rows]

        later = tuple(LaterStage(of_rows(s.unit), of_rows(s.fpc), of_rows(s.strata)) for s in self.later)
        labels = (of_rows(self.strata), of_rows(self.psu), of_rows(self.fpc))
        return Design(weights, *labels, "adjust", self.ledger, later)

    def reweighted(
        self, weights: Floats, auxiliary: Floats | None = None, classes: Sequence[tuple[Codes, int]] = ()
    ) -> Design:
        """The same sample with other weights (n,); `auxiliary` (n, q), or `classes` (codes and their number), where they come from
        calibration on these variables' totals."""
        told = None
        if auxiliary is not None or classes:
            numbers = None if auxiliary is None else np.asarray(auxiliary, dtype=float)
            told = Calibration(numbers, self.weights, tuple(classes))
        return replace(self, weights=np.asarray(weights, dtype=float), calibration=told, coded=self.stages)


@dataclass(frozen=True)
class Volunteers:
    """n persons who came of their own accord, or were reached as could be: they are described, no population is inferred.

    With `adjusted` weights (n,), from calibration, what is described depends on a model; it has no sampling error either.
    """

    n: int
    ledger: Ledger | None = field(default=None, compare=False, repr=False)
    adjusted: Floats | None = field(default=None, compare=False, repr=False)
    kind: ClassVar[str] = "respondents"

    @property
    def weights(self) -> Floats:
        return np.ones(self.n) if self.adjusted is None else self.adjusted


@dataclass(frozen=True)
class Census:
    """Everybody in the population answered (n = N): what is computed is the population's figure, without sampling error."""

    n: int
    ledger: Ledger | None = field(default=None, compare=False, repr=False)
    kind: ClassVar[str] = "census"

    @property
    def weights(self) -> Floats:
        return np.ones(self.n)


Sampling = Design | Volunteers | Census


def of(
    frame: pd.DataFrame,
    sampling: Mapping[str, Any],
    lonely: Literal["error", "adjust"] = "error",
    ledger: Ledger | None = None,
) -> Sampling:
    """The design of a survey frame as the study declares it: `kind`, and for a probability sample the columns `weight`, `strata` (one, or
    several to be crossed), `cluster`, `fpc`, the rule `lonely`, and `later` levels, each with `cluster`, `fpc`, `strata`.

    What is estimated on it is noted in `ledger`.
    """
    kind = sampling.get("kind")
    if kind == "volunteer":
        return Volunteers(len(frame), ledger)
    if kind == "census":
        return Census(len(frame), ledger)
    if kind != "probability":
        raise EstimateError(
            Fault(
                say(f"campionamento sconosciuto: {kind}", f"unknown sampling: {kind}"),
                "sampling.kind",
                "probability, census, volunteer",
            )
        )
    columns = {role: _names(sampling.get(role)) for role in ("weight", "strata", "cluster", "fpc")}
    levels = [
        {role: _names(told.get(role)) for role in ("cluster", "fpc", "strata")}
        for told in sampling.get("later", ())
    ]
    absent = [
        f"{role} = {name}"
        for told in (columns, *levels)
        for role, names in told.items()
        for name in names
        if name not in frame
    ]
    if absent or len(columns["weight"]) != 1 or any(not told["cluster"] for told in levels):
        raise EstimateError(
            Fault(
                say(
                    "mancano colonne del disegno di campionamento",
                    "columns of the sampling design are missing",
                ),
                "sampling: " + (", ".join(absent) or "weight"),
                next_step=say(
                    "Indicate in study.toml le colonne del peso, degli strati e dei grappoli.",
                    "Name in study.toml the columns of weight, strata and clusters.",
                ),
            )
        )
    strata, psu, fpc = (_crossing(frame, columns[role]) for role in ("strata", "cluster", "fpc"))
    later = tuple(
        LaterStage(
            _crossing(frame, told["cluster"]), _crossing(frame, told["fpc"]), _crossing(frame, told["strata"])
        )
        for told in levels
    )
    weight = frame[columns["weight"][0]].to_numpy(dtype=float)
    rule = sampling.get("lonely") or lonely
    return Design(weight, strata, psu, fpc, rule, ledger, later)


def _names(told: Any) -> list[str]:
    return [told] if told and isinstance(told, str) else list(told or ())


def _crossing(frame: pd.DataFrame, names: Sequence[str]) -> Any:
    """The labels of one column (n,), or of several crossed."""
    if len(names) < 2:
        return frame[names[0]].to_numpy() if names else None
    missing = frame[list(names)].isna().any(axis=1).to_numpy()
    crossed = frame[list(names)].astype(str).agg(" × ".join, axis=1).astype(object)
    return crossed.mask(missing, None).to_numpy()


def describe(people: Sampling, sampling: Mapping[str, Any]) -> pd.DataFrame:
    """One row: whom the sample was drawn from, which population, how, the share that answered (missing where unknown), n.

    `frame` and `population` are texts in both languages, from the study's own description.
    """
    rate = sampling.get("response_rate")
    frame = pd.DataFrame(
        {
            "sampling_frame": [sampling.get("frame")],
            "population": [sampling.get("population")],
            "sampling_kind": [str(sampling.get("kind"))],
            "response_rate": [np.nan if rate in (None, "unknown") else float(str(rate))],
            "n": [people.n],
        }
    )
    frame.attrs["columns"] = {
        "sampling_frame": {"text": True},
        "population": {"text": True},
        "response_rate": {"unit": "share", "digits": 0, "n": "n", "cases": "n"},
        "n": {"counts": "persons"},
    }
    return frame


def structure(samples: Mapping[str, Sampling], sampling: Mapping[str, Any]) -> pd.DataFrame:
    """One row a wave: the variables of strata, clusters and weights as the study names them, strata and PSUs found, variance, degrees of freedom, n.

    What a sample that is no probability sample lacks is missing.
    """
    rows = []
    for wave, people in samples.items():
        counted = isinstance(people, Design)
        rows.append(
            {
                "wave": wave,
                "strata_variable": sampling.get("strata") or None,
                "strata": len(people.stage.size) if isinstance(people, Design) else np.nan,
                "cluster_variable": sampling.get("cluster") or None,
                "psus": len(people.stage.stratum) if isinstance(people, Design) else np.nan,
                "weight_variable": sampling.get("weight") or None,
                "finite_population": "yes" if counted and sampling.get("fpc") else "no",
                "variance": VARIANCES[people.kind],
                "df": people.df if isinstance(people, Design) else np.nan,
                "n": people.n,
            }
        )
    frame = pd.DataFrame(rows)
    number = {"unit": "count", "n": "n"}
    frame.attrs["columns"] = {
        **{
            name: {"labels": "variable"}
            for name in ("strata_variable", "cluster_variable", "weight_variable")
        },
        "finite_population": {"labels": "flag"},
        **dict.fromkeys(("strata", "psus", "df"), number),
        "n": {"counts": "persons"},
    }
    return frame
