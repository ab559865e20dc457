"""How the persons came into the data: a probability sample, a census, or volunteers.

Only a probability sample (`Design`) speaks for a population with a sampling error. A `Census` has none, because everybody
answered; `Volunteers` describe themselves, and whoever asks them for a standard error gets an `EstimateError`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from analysis.errors import EstimateError, Fault, say
from analysis.survey.ledger import VARIANCES, Ledger

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Stage:
    """One stage of sampling, coded: the PSU of each row (n,), the stratum of each PSU (P,), PSUs by stratum (H,), sampled fraction (H,)."""

    psu: Codes
    stratum: Codes
    size: Codes
    fraction: Floats


@dataclass(frozen=True, eq=False)
class Design:
    """A probability sample of n rows with Taylor linearisation (Binder 1983), the ultimate-cluster variance of its first stage.

    `weights` (n,) positive; `strata`, `psu` (n,) labels, PSU labels being nested in strata; `fpc` (n,) is the number of PSUs in
    the population of the row's stratum. A stratum with one sampled PSU is an error, or with `lonely="adjust"` enters with
    its PSU total measured from zero, the expected sum of linearised scores (the rule of that name in R's survey package).
    """

    weights: Floats
    strata: npt.ArrayLike | None = None
    psu: npt.ArrayLike | None = None
    fpc: npt.ArrayLike | None = None
    lonely: Literal["error", "adjust"] = "error"
    ledger: Ledger | None = field(default=None, repr=False)
    kind: ClassVar[str] = "population"

    def __post_init__(self) -> None:
        weights = np.asarray(self.weights, dtype=float)
        object.__setattr__(self, "weights", weights)
        if weights.ndim != 1 or not len(weights):
            raise EstimateError(
                Fault(say("il disegno non ha righe", "the design has no rows"), "Design.weights")
            )
        wrong = np.flatnonzero(~(np.isfinite(weights) & (weights > 0)))
        if len(wrong):
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
    def stage(self) -> Stage:
        strata, names = _coded(self.strata, "Design.strata", self.n)
        labels, _ = _coded(self.psu if self.psu is not None else np.arange(self.n), "Design.psu", self.n)
        pairs, psu = np.unique(strata * (labels.max() + 1) + labels, return_inverse=True)
        stratum = (pairs // (labels.max() + 1)).astype(np.int64)
        size = np.bincount(stratum, minlength=len(names))
        return Stage(psu.astype(np.int64), stratum, size, self._fraction(strata, size, names))

    def _fraction(self, strata: Codes, size: Codes, names: pd.Index) -> Floats:
        if self.fpc is None:
            return np.zeros(len(size))
        counts = pd.Series(np.asarray(self.fpc, dtype=float)).groupby(strata)
        low, high = counts.min().to_numpy(), counts.max().to_numpy()
        wrong = np.flatnonzero(~((low == high) & (low >= size)))
        if len(wrong):
            raise EstimateError(
                Fault(
                    say(
                        "la correzione per popolazione finita non è valida",
                        "the finite population correction is not valid",
                    ),
                    f"Design.fpc, {names[wrong[0]]}",
                    say(
                        "un solo numero per strato, non minore delle unità primarie estratte",
                        "one number a stratum, not below the sampled PSUs",
                    ),
                )
            )
        return size / low

    def _refuse_lonely(self) -> None:
        alone = (self.stage.size == 1) & (self.stage.fraction < 1)
        if self.lonely == "adjust" or not alone.any():
            return
        names = _coded(self.strata, "Design.strata", self.n)[1]
        raise EstimateError(
            [
                Fault(
                    say("lo strato ha una sola unità primaria", "the stratum holds one PSU only"),
                    f"Design.strata, {names[h]}",
                    say("due o più", "two or more"),
                    say(
                        'Unite gli strati, o dichiarate lonely="adjust".',
                        'Merge strata, or declare lonely="adjust".',
                    ),
                )
                for h in np.flatnonzero(alone)
            ]
        )

    @property
    def df(self) -> float:
        """Degrees of freedom for t: PSUs less strata."""
        return float(len(self.stage.stratum) - len(self.stage.size))

    def sums(self, code: Codes, size: int, scores: Floats) -> Floats:
        """Sums of scores (n,) by PSU and domain, (P, size); rows with code -1 are in no domain."""
        kept = code >= 0
        cells = self.stage.psu[kept] * size + code[kept]
        total = len(self.stage.stratum) * size
        return np.bincount(cells, weights=scores[kept], minlength=total).reshape(-1, size).astype(float)

    def degrees(self, code: Codes, size: int) -> Floats:
        """Degrees of freedom of each domain (size,): PSUs that hold a row of it, less their strata."""
        held = self.sums(code, size, np.ones(self.n)) > 0
        strata = np.zeros((len(self.stage.size), size), dtype=bool)
        np.logical_or.at(strata, self.stage.stratum, held)
        return (held.sum(axis=0) - strata.sum(axis=0)).astype(float)

    def covariance(self, sums: Floats) -> Floats:
        """Covariance (k, k) of the totals of k linearised variables, from their sums by PSU (P, k)."""
        stage = self.stage
        sizes = stage.size.astype(float)
        members = sparse.csr_array(
            (np.ones(len(stage.stratum)), (stage.stratum, np.arange(len(stage.stratum)))),
            shape=(len(sizes), len(stage.stratum)),
        )
        centre = np.where(sizes > 1, 1 / sizes, 0)[:, None] * (members @ sums)
        scale = (1 - stage.fraction) * np.where(sizes > 1, sizes / np.maximum(sizes - 1, 1), 1)
        spread = (sums - centre[stage.stratum]) * np.sqrt(scale)[stage.stratum, None]
        return spread.T @ spread


@dataclass(frozen=True)
class Volunteers:
    """n persons who came of their own accord, or were reached as could be: they are described, no population is inferred."""

    n: int
    ledger: Ledger | None = field(default=None, compare=False, repr=False)
    kind: ClassVar[str] = "respondents"

    @property
    def weights(self) -> Floats:
        return np.ones(self.n)


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
    """The design of a survey frame as the study declares it: `kind`, and for a probability sample the columns `weight`, `strata`, `cluster`, `fpc`.

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
    columns = {role: sampling.get(role) for role in ("weight", "strata", "cluster", "fpc")}
    absent = [f"{role} = {name}" for role, name in columns.items() if name and name not in frame]
    if absent or not columns["weight"]:
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
    strata, psu, fpc = (
        frame[columns[role]].to_numpy() if columns[role] else None for role in ("strata", "cluster", "fpc")
    )
    return Design(frame[columns["weight"]].to_numpy(dtype=float), strata, psu, fpc, lonely, ledger)


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


def _coded(labels: npt.ArrayLike | None, where: str, n: int) -> tuple[Codes, pd.Index]:
    if labels is None:
        return np.zeros(n, dtype=np.int64), pd.Index(["-"])
    values = pd.Series(np.asarray(labels))
    if len(values) != n:
        raise EstimateError(
            Fault(
                say(f"{len(values)} righe invece di {n}", f"{len(values)} rows instead of {n}"),
                where,
            )
        )
    codes, names = pd.factorize(values, sort=True)
    if (codes < 0).any():
        raise EstimateError(
            Fault(
                say(f"{(codes < 0).sum()} valori mancanti", f"{(codes < 0).sum()} values are missing"),
                where,
            )
        )
    return codes.astype(np.int64), pd.Index(names)
