"""Inverse-probability weighting: the comparison group weighted so that, in what was measured before, it looks like the treated, or like all.

Propensity by logit. Weighted means are normalised (Hájek): sums of weights in the place of n. Errors by the influence of each unit on the estimate, with what is owed to
the propensity's being estimated (Lunceford & Davidian 2004), between clusters where these are named; or by bootstrap of units or
clusters. Assumed: nothing that was not measured drives both treatment and outcome, and every unit could have been in either group. The
first cannot be tested; overlap.py shows the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact import effect as effects
from analysis.impact import regression
from analysis.impact.effect import Effect
from analysis.rows import required, where

ESTIMANDS = ("ate", "att")
ERRORS = ("influence", "bootstrap")
STEPS = 50
CERTAIN = 1e-8  # propensity this near to 0 or 1: the covariates tell the groups apart without fail


@dataclass(frozen=True, eq=False)
class Weighted:
    """The effect, and of the rows used (n,): propensity, weight, treated, covariates. trimmed: rows left out because their propensity lay outside `trim`.

    trim: bounds of the propensity that were kept, or None.
    """

    effect: Effect
    estimand: str
    propensity: np.ndarray = field(repr=False)
    weight: np.ndarray = field(repr=False)
    treated: np.ndarray = field(repr=False)
    covariates: pd.DataFrame = field(repr=False)
    trim: tuple[float, float] | None
    trimmed: int
    dropped: int

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: design, estimand, estimate, se, low, high, p, n, clusters, treated_clusters, trimmed, dropped (rows without all values)."""
        frame = self.effect.table(unit, digits)
        columns = dict(frame.attrs["columns"])
        frame.insert(1, "estimand", self.estimand)
        frame["trimmed"], frame["dropped"] = self.trimmed, self.dropped
        frame.attrs["columns"] = columns | {
            "estimand": {"labels": "estimand"},
            "trimmed": {"counts": "persons"},
            "dropped": {"counts": "persons"},
        }
        return frame


def weigh(
    frame: pd.DataFrame,
    outcome: str,
    treated: str,
    covariates: Sequence[str],
    estimand: str = "att",
    stabilised: bool = False,
    trim: tuple[float, float] | None = None,
    cluster: str = "",
    errors: str = "influence",
    seed: int = 1,
    draws: int = 999,
    table: str = "frame",
) -> Weighted:
    """Difference of weighted means between `treated` (0/1) and the others; covariates numeric or categories (by contrasts), all measured before treatment.

    estimand: "ate" (all units; weights 1/p and 1/(1 − p), `stabilised` by the groups' shares) or "att" (the treated; 1 and p/(1 − p)). trim: only units whose
    propensity lies within the bounds; the effect is then that on these. Intervals from t with G − 1 degrees of freedom where clusters are named,
    else from the normal law. Refused, all at once: unknown options, no covariates, infinite values; then a group that is empty, covariates that
    others determine, and groups that the covariates tell apart without fail.
    """
    y, treat, x, codes, dropped = _prepared(
        frame, outcome, treated, covariates, estimand, errors, trim, cluster, table
    )
    matrix = np.column_stack([np.ones(len(y)), x.to_numpy(dtype=float)])
    regression.refuse_determined(matrix, (regression.INTERCEPT, *map(str, x.columns)), table)
    ones = np.ones((1, len(y)))
    propensity = _logit(matrix, treat, ones, table)[0]
    kept = np.ones(len(y), dtype=bool) if trim is None else (propensity >= trim[0]) & (propensity <= trim[1])
    if len(np.unique(treat[kept])) < 2:
        what = say("dopo il taglio resta un solo gruppo", "one group only is left after trimming")
        step = say("Allargate trim, o rinunciate al confronto.", "Widen trim, or give up the comparison.")
        raise EstimateError(Fault(what, "trim", next_step=step))
    weight = weights(propensity, treat, estimand, stabilised) * kept
    estimate = float(_hajek(y, treat, weight[None, :])[0])
    clusters = effects.count(treat[kept] == 1, None if codes is None else codes[kept])
    if errors == "influence":
        values = _influence(matrix, y, treat, propensity, kept, estimand)
        if codes is not None:
            sums = np.bincount(codes, weights=values)
            groups = len(np.unique(codes))
            se = float(np.sqrt(groups / (groups - 1) * (sums**2).sum()))
        else:
            se = float(np.sqrt((values**2).sum()))
    else:
        se = _bootstrap(matrix, y, treat, codes, estimand, trim, seed, draws, table)
    df = float(clusters.total - 1) if codes is not None else float("inf")
    one = effects.effect(
        "weighting",
        estimate,
        se,
        df,
        int(kept.sum()),
        clusters,
        errors,
        cautions=["trimmed"] * bool((~kept).sum()),
    )
    return Weighted(
        one, estimand, propensity[kept], weight[kept], treat[kept] == 1, x[kept], trim, int((~kept).sum()), dropped
    )  # fmt: skip


def weights(
    propensity: np.ndarray, treated: np.ndarray, estimand: str, stabilised: bool = False
) -> np.ndarray:
    """Weight of each unit (n,) for its propensity: 1/p and 1/(1 − p), times the share of its group where `stabilised`; for "att" 1 and p/(1 − p)."""
    inside = treated == 1
    if estimand == "att":
        return np.where(inside, 1.0, propensity / (1 - propensity))
    share = np.where(inside, inside.mean(), 1 - inside.mean()) if stabilised else 1.0
    return share / np.where(inside, propensity, 1 - propensity)


def _prepared(
    frame: pd.DataFrame, outcome: str, treated: str, covariates: Sequence[str], estimand: str, errors: str,
    trim: tuple[float, float] | None, cluster: str, table: str,
) -> tuple[np.ndarray, np.ndarray, pd.DataFrame, np.ndarray | None, int]:  # fmt: skip
    """Outcome, group (0/1), covariates and cluster codes of the rows that have them all; how many have not."""
    required(table, frame, [outcome, treated, *covariates, *([cluster] if cluster else [])])
    y, x, faults = regression.outcome_and_terms(frame, outcome, covariates, table)
    for value, name, allowed in ((estimand, "estimand", ESTIMANDS), (errors, "errors", ERRORS)):
        if value not in allowed:
            faults.append(
                Fault(say(f"«{value}» sconosciuto", f"unknown '{value}'"), name, ", ".join(allowed))
            )
    if not len(covariates):
        step = say(
            "Senza covariate usate difference.of_means.", "Without covariates use difference.of_means."
        )
        faults.append(Fault(say("nessuna covariata", "no covariates"), "covariates", next_step=step))
    if trim is not None and not 0 <= trim[0] < trim[1] <= 1:
        faults.append(Fault(say(f"taglio {trim}", f"trim {trim}"), "trim", "0 ≤ … < … ≤ 1"))
    used = np.isfinite(y) & x.notna().all(axis=1).to_numpy() & frame[treated].notna().to_numpy()
    codes = None
    if cluster:
        lost = used & frame[cluster].isna().to_numpy()
        if lost.any():
            faults.append(Fault(say("manca il grappolo", "the cluster is missing"), where(table, lost)))
        codes = pd.factorize(frame.loc[used, cluster])[0]
        if len(np.unique(codes)) < 2:
            faults.append(Fault(say("un solo grappolo", "a single cluster"), f"{table}, {cluster}", "≥ 2"))
    if faults:
        raise EstimateError(faults)
    group = effects.binary(table, frame[treated], treated, used)[used].astype(float)
    return y[used], group, x[used].reset_index(drop=True), codes, int((~used).sum())


def _logit(matrix: np.ndarray, treat: np.ndarray, times: np.ndarray, table: str) -> np.ndarray:
    """Propensities (B, n) of B samples in which unit i stands times[b, i] times, by Newton's method for all samples at once."""
    scale = np.sqrt((matrix**2).mean(axis=0))
    x = matrix / scale
    beta = np.zeros((len(times), x.shape[1]))
    for _ in range(STEPS):
        propensity = _expit(beta @ x.T)
        gradient = (times * (treat - propensity)) @ x
        curvature = np.einsum("bn,ni,nj->bij", times * propensity * (1 - propensity), x, x, optimize=True)
        if not (np.linalg.cond(curvature) < 1e14).all():
            _refuse_separation(table)
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            break
    propensity = _expit(beta @ x.T)
    if np.minimum(propensity, 1 - propensity).min() < CERTAIN:
        _refuse_separation(table)
    return propensity


def _expit(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -700, 700))))


def _refuse_separation(table: str) -> None:
    what = say(
        "le covariate separano i gruppi senza errore: nessuna sovrapposizione",
        "the covariates tell the groups apart without fail: no overlap",
    )
    step = say("Togliete le covariate che decidono l'appartenenza, o restringete il confronto a chi poteva stare in entrambi i gruppi.", "Take out the covariates that decide who is treated, or keep to units that could have been in either group.")  # fmt: skip
    raise EstimateError(Fault(what, f"{table}, covariates", next_step=step))


def _hajek(y: np.ndarray, treat: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Difference of weighted means for each row of `weight` (B, n)."""
    parts = [(weight * side) @ y / (weight * side).sum(axis=1) for side in (treat, 1 - treat)]
    return parts[0] - parts[1]


def _influence(
    matrix: np.ndarray,
    y: np.ndarray,
    treat: np.ndarray,
    propensity: np.ndarray,
    kept: np.ndarray,
    estimand: str,
) -> np.ndarray:
    """Influence values (n,), scaled so that the sum of their squares is the variance; the rows kept by trimming are taken as given."""
    weight = weights(propensity, treat, estimand) * kept
    odds = {1: propensity / (1 - propensity), 0: (1 - propensity) / propensity}
    slope = (
        np.where(treat == 1, -odds[0], odds[1]) if estimand == "ate" else np.where(treat == 1, 0.0, odds[1])
    )
    values, change = np.zeros(len(y)), np.zeros(matrix.shape[1])
    for side, sign in ((treat, 1.0), (1 - treat, -1.0)):
        total = (weight * side).sum()
        residual = y - (weight * side) @ y / total
        values += sign * weight * side * residual / total
        change += sign * (slope * kept * side * residual) @ matrix / total
    information = matrix.T @ ((propensity * (1 - propensity))[:, None] * matrix)
    scores = matrix * (treat - propensity)[:, None]
    return np.asarray(values + scores @ np.linalg.solve(information, change))


def _bootstrap(
    matrix: np.ndarray, y: np.ndarray, treat: np.ndarray, codes: np.ndarray | None, estimand: str,
    trim: tuple[float, float] | None, seed: int, draws: int, table: str,
) -> float:  # fmt: skip
    """Standard deviation of the estimate over resamples of units, or of clusters; propensity and trimming anew in each."""
    generator = np.random.Generator(np.random.PCG64(seed))
    unit = np.arange(len(y)) if codes is None else codes
    number = int(unit.max()) + 1
    times = generator.multinomial(number, np.full(number, 1 / number), size=draws)[:, unit].astype(float)
    parts = [_logit(matrix, treat, part, table) for part in np.array_split(times, max(1, draws // 100))]
    propensity = np.concatenate(parts)
    kept = times if trim is None else times * (propensity >= trim[0]) * (propensity <= trim[1])
    odds = propensity / (1 - propensity)
    weight = (
        np.where(treat == 1, 1.0, odds)
        if estimand == "att"
        else np.where(treat == 1, 1 / propensity, 1 + odds)
    )
    return float(_hajek(y, treat, kept * weight).std(ddof=1))
