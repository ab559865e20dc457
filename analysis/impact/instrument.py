"""Two-stage least squares with one endogenous variable: the effect on those whose treatment the instrument moves.

Assumed: the instrument moves the treatment (the first stage's F shows it), and touches the outcome in no other way, which cannot be tested.
Below STRONG the estimate is biased towards least squares and its interval too short (Staiger & Stock 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact import effect as effects
from analysis.impact import regression
from analysis.impact.effect import Effect
from analysis.rows import required

STRONG = 10.0
ERRORS = ("classical", "HC1")


@dataclass(frozen=True)
class Instrumented:
    """The effect of the endogenous variable; F of the excluded instruments in the first stage with its degrees of freedom."""

    effect: Effect
    first_stage: float
    instruments: int

    def table(self, unit: str = "number", digits: int | None = 2) -> pd.DataFrame:
        """One row: estimate, se, low, high, p, n, first_stage."""
        frame = self.effect.table(unit, digits).drop(columns=["clusters", "treated_clusters"])
        columns = {
            name: spec
            for name, spec in self.effect.table(unit, digits).attrs["columns"].items()
            if name in frame
        }
        frame["first_stage"] = self.first_stage
        frame.attrs["columns"] = columns | {"first_stage": {"unit": "number", "digits": 1, "n": "n"}}
        return frame


def two_stage(
    frame: pd.DataFrame, outcome: str, endogenous: str, instruments: Sequence[str], covariates: Sequence[str] = (),
    errors: str = "classical", table: str = "frame",
) -> Instrumented:  # fmt: skip
    """Effect of `endogenous` on `outcome` by the `instruments`, given `covariates` (which enter both stages); rows without all values are left out.

    errors: "classical" (residual variance over n) or "HC1"; intervals from the normal law, since the estimator is only known for large n. Refused: unknown errors, no instrument, what `regression` refuses.
    """
    required(table, frame, [outcome, endogenous, *instruments, *covariates])
    y, exogenous, faults = regression.outcome_and_terms(frame, outcome, covariates, table)
    x, excluded, more = regression.outcome_and_terms(frame, endogenous, instruments, table)
    faults += more
    if errors not in ERRORS:
        what = say(f"errori «{errors}» sconosciuti", f"unknown errors '{errors}'")
        faults.append(Fault(what, "errors", ", ".join(ERRORS)))
    if not len(instruments):
        faults.append(Fault(say("nessuno strumento", "no instrument"), "instruments", "≥ 1"))
    used = (
        np.isfinite(y)
        & np.isfinite(x)
        & exogenous.notna().all(axis=1).to_numpy()
        & excluded.notna().all(axis=1).to_numpy()
    )
    n, p = int(used.sum()), exogenous.shape[1] + 2
    if n <= p + excluded.shape[1]:
        what = say(f"{n} righe complete", f"{n} complete rows")
        faults.append(Fault(what, table, f"> {p + excluded.shape[1]}"))
    if faults:
        raise EstimateError(faults)
    y, x = y[used], x[used]
    given = np.column_stack([np.ones(n), exogenous[used].to_numpy(dtype=float)])
    whole = np.column_stack([given, excluded[used].to_numpy(dtype=float)])
    regression.refuse_determined(whole, (regression.INTERCEPT, *exogenous.columns, *excluded.columns), table)
    fitted = whole @ np.linalg.lstsq(whole, x, rcond=None)[0]
    plain = given @ np.linalg.lstsq(given, x, rcond=None)[0]
    left = n - whole.shape[1]
    strength = (
        ((x - plain) @ (x - plain) - (x - fitted) @ (x - fitted))
        / excluded.shape[1]
        / ((x - fitted) @ (x - fitted) / left)
    )
    second = np.column_stack([given, fitted])
    regression.refuse_determined(second, (regression.INTERCEPT, *exogenous.columns, endogenous), table)
    inverse = np.linalg.inv(second.T @ second)
    beta = inverse @ second.T @ y
    residual = y - np.column_stack([given, x]) @ beta
    middle = (
        second.T @ (residual[:, None] ** 2 * second)
        if errors == "HC1"
        else residual @ residual * (second.T @ second) / n
    )
    covariance = inverse @ middle @ inverse * (n / (n - p) if errors == "HC1" else 1.0)
    clusters = effects.Clusters(n, n, n, named=False)
    one = effects.effect(
        "instrument", float(beta[-1]), float(np.sqrt(covariance[-1, -1])), float("inf"), n, clusters, errors,
        cautions=["weak_instrument"] * bool(strength < STRONG),
    )  # fmt: skip
    return Instrumented(one, float(strength), excluded.shape[1])
