"""What a study of this size can see: minimal detectable effect at the n and intraclass correlation achieved, and the n that an effect would need.

Power is a property of a design and an assumed effect. The power "observed" at the effect found is a restatement of its p value (Hoenig & Heisey 2001) and has no function here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.effect import LEVEL
from analysis.rows import required, where

POWER, ALPHA = 0.8, 0.05


@dataclass(frozen=True)
class Intraclass:
    """Intraclass correlation by one-way analysis of variance, with its 95 % interval; k clusters, n rows, `size` their mean size by persons (Σm²/Σm).

    The interval, from F, is exact for clusters of equal size and otherwise taken at the size n0 of the analysis of variance.
    """

    icc: float
    low: float
    high: float
    clusters: int
    n: int
    size: float

    @property
    def design_effect(self) -> float:
        return design_effect(self.size, max(self.icc, 0.0))

    def table(self) -> pd.DataFrame:
        """One row: icc, low, high, n, clusters, size, design_effect with its bounds."""
        frame = pd.DataFrame(
            {
                "icc": [self.icc],
                "low": self.low,
                "high": self.high,
                "n": self.n,
                "clusters": self.clusters,
                "size": self.size,
                "design_effect": self.design_effect,
                "design_effect_low": design_effect(self.size, max(self.low, 0.0)),
                "design_effect_high": design_effect(self.size, max(self.high, 0.0)),
            }
        )
        frame.attrs["columns"] = {
            "icc": {"unit": "number", "digits": 3, "n": "n"},
            "low": {"low_of": "icc"},
            "high": {"high_of": "icc"},
            "n": {"counts": "persons"},
            "clusters": {"counts": "things"},
            "size": {"unit": "number", "digits": 1, "n": "n"},
            "design_effect": {"unit": "ratio", "n": "n"},
            "design_effect_low": {"low_of": "design_effect"},
            "design_effect_high": {"high_of": "design_effect"},
        }

        return frame


@dataclass(frozen=True)
class Detectable:
    """Minimal detectable effect, with the bounds that the interval of the intraclass correlation gives it (equal to it where none entered)."""

    effect: float
    low: float
    high: float
    se: float
    design_effect: float
    n: int
    power: float = POWER
    alpha: float = ALPHA
    sides: int = 2

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: mde, low, high (a band: over the correlation, no sampling interval of the effect), se, design_effect, power, alpha, sides, n."""
        frame = pd.DataFrame(
            {
                "mde": [self.effect],
                "low": self.low,
                "high": self.high,
                "se": self.se,
                "design_effect": self.design_effect,
                "power": self.power,
                "alpha": self.alpha,
                "sides": self.sides,
                "n": self.n,
            }
        )
        frame.attrs["columns"] = {
            "mde": {"unit": unit, "digits": digits, "n": "n", "band": True},
            "low": {"low_of": "mde"},
            "high": {"high_of": "mde"},
            "se": {"unit": unit, "digits": digits, "n": "n"},
            "design_effect": {"unit": "ratio", "n": "n"},
            "power": {"unit": "position", "digits": 2},
            "alpha": {"unit": "position", "digits": 2},
            "sides": {"unit": "position", "digits": 0},
            "n": {"counts": "persons"},
        }
        return frame


def minimal_detectable(
    se: float, power: float = POWER, alpha: float = ALPHA, sides: int = 2, df: float | None = None
) -> float:
    """(q of 1 − alpha/sides + q of power) · se: the effect that a test at `alpha` finds with chance `power` (Bloom 1995). q: of the normal law, or of Student's with `df`.

    Refused: se or df not positive, chances not within 0–1, sides not 1 or 2.
    """
    from scipy import stats

    _refuse_chances(power, alpha, sides)
    wrong = [(name, each) for name, each in (("se", se), ("df", df)) if each is not None and not (np.isfinite(each) and each > 0)]  # fmt: skip
    if wrong:
        raise EstimateError([Fault(f"{name} = {each:g}", name, "> 0") for name, each in wrong])
    law = stats.norm if df is None else stats.t(df)
    return float(law.ppf(1 - alpha / sides) + law.ppf(power)) * se


def design_effect(size: float, icc: float) -> float:
    """1 + (m − 1)·ICC: by how much clusters of m persons inflate the variance of a mean. Refused: m below 1, ICC not within 0–1."""
    faults = []
    if not size >= 1:
        faults.append(
            Fault(say(f"{size:g} persone per grappolo", f"{size:g} persons a cluster"), "size", "≥ 1")
        )
    if not 0 <= icc <= 1:
        faults.append(Fault(say(f"correlazione {icc:g}", f"correlation {icc:g}"), "icc", "0–1"))
    if faults:
        raise EstimateError(faults)
    return 1 + (size - 1) * icc


def two_groups(
    sd: float, treated: int, comparison: int, intraclass: Intraclass | None = None, power: float = POWER, alpha: float = ALPHA, sides: int = 2
) -> Detectable:  # fmt: skip
    """Minimal detectable difference of two means at the numbers achieved, with the design effect of the clusters achieved.

    se = sd·√(1/n₁ + 1/n₂)·√(1 + (m − 1)·ICC). A negative estimate of the correlation counts as zero. Refused: sd or a number not positive.
    """
    faults = [
        Fault(say(f"{name} = {value:g}", f"{name} = {value:g}"), name, "> 0")
        for name, value in (("sd", sd), ("treated", treated), ("comparison", comparison))
        if not (np.isfinite(value) and value > 0)
    ]
    if faults:
        raise EstimateError(faults)
    plain = sd * np.sqrt(1 / treated + 1 / comparison)
    rhos = [0.0] * 3 if intraclass is None else [intraclass.icc, intraclass.low, intraclass.high]
    size = 1.0 if intraclass is None else intraclass.size
    inflation = [design_effect(size, min(max(rho, 0.0), 1.0)) for rho in rhos]
    found = [minimal_detectable(plain * np.sqrt(by), power, alpha, sides) for by in inflation]
    return Detectable(
        found[0],
        found[1],
        found[2],
        float(plain * np.sqrt(inflation[0])),
        inflation[0],
        treated + comparison,
        power,
        alpha,
        sides,
    )


def per_group(effect: float, power: float = POWER, alpha: float = ALPHA, sides: int = 2) -> float:
    """Units in each of two equal groups at which a t test finds a difference of `effect` standard deviations with chance `power` (noncentral t). Refused: an effect of zero."""
    from statsmodels.stats.power import TTestIndPower

    _refuse_chances(power, alpha, sides)
    if not (np.isfinite(effect) and effect != 0):
        raise EstimateError(Fault(say(f"effetto {effect:g}", f"effect {effect:g}"), "effect", "≠ 0"))
    found = TTestIndPower().solve_power(
        effect_size=abs(effect), power=power, alpha=alpha, alternative="two-sided" if sides == 2 else "larger"
    )
    return float(found)


def intraclass(frame: pd.DataFrame, outcome: str, cluster: str, table: str = "frame") -> Intraclass:
    """Intraclass correlation of `outcome` in `cluster`, (MSB − MSW)/(MSB + (n0 − 1)·MSW); rows without both are left out. It may come out negative.

    Refused: fewer than two clusters, no cluster of two rows, infinite values, an outcome that does not vary within clusters.
    """
    from scipy import stats

    required(table, frame, [outcome, cluster])
    y = (
        pd.to_numeric(frame[outcome], errors="coerce")
        .astype("Float64")
        .to_numpy(dtype=float, na_value=np.nan)
    )
    if np.isinf(y).any():
        raise EstimateError(Fault(say("valore infinito", "an infinite value"), where(table, np.isinf(y))))
    used = ~np.isnan(y) & frame[cluster].notna().to_numpy()
    codes, y = pd.factorize(frame.loc[used, cluster])[0], y[used]
    size = np.bincount(codes).astype(float) if len(codes) else np.zeros(0)
    n, k = len(y), len(size)
    means = np.bincount(codes, weights=y) / size if k else size
    within = float(((y - means[codes]) ** 2).sum()) if k else 0.0
    if k < 2 or n <= k or within <= 0:
        what = say(
            f"{n} righe in {k} grappoli, varianza interna {within:g}",
            f"{n} rows in {k} clusters, variance within {within:g}",
        )
        step = say("Servono due grappoli o più, con più righe ciascuno che variano.", "Two clusters or more are needed, with several rows that vary.")  # fmt: skip
        raise EstimateError(Fault(what, f"{table}, {cluster}", next_step=step))
    n0 = (n - (size**2).sum() / n) / (k - 1)
    between = float((size * (means - y.mean()) ** 2).sum()) / (k - 1)
    ratio = between / (within / (n - k))

    def of(f: float) -> float:
        return float((f - 1) / (f + n0 - 1))

    tail = (1 - LEVEL) / 2
    low, high = ratio / stats.f.ppf(1 - tail, k - 1, n - k), ratio / stats.f.ppf(tail, k - 1, n - k)
    return Intraclass(of(ratio), of(low), of(high), k, n, float((size**2).sum() / n))


def _refuse_chances(power: float, alpha: float, sides: int) -> None:
    faults = [
        Fault(say(f"{name} = {value:g}", f"{name} = {value:g}"), name, "0–1")
        for name, value in (("power", power), ("alpha", alpha))
        if not 0 < value < 1
    ]
    if sides not in (1, 2):
        faults.append(Fault(f"sides = {sides}", "sides", "1, 2"))
    if faults:
        raise EstimateError(faults)
