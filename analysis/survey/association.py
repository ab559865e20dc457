"""Whether two classifications of a population are associated: Pearson's chi-square under the design that was used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import EstimateError, Fault, say
from analysis.survey import estimates
from analysis.survey.design import Design, Sampling


@dataclass(frozen=True)
class RaoScott:
    """Second-order corrected F of n persons, on `ndf` and `ddf` degrees of freedom (Rao & Scott 1984; Thomas & Rao 1987); `chi2` uncorrected."""

    rows: str
    columns: str
    chi2: float
    f: float
    ndf: float
    ddf: float
    p: float
    n: int

    def table(self) -> pd.DataFrame:
        """One row: the two classifications, F, its degrees of freedom, p, n."""
        frame = pd.DataFrame(
            {
                "first": [self.rows],
                "second": [self.columns],
                "f": [self.f],
                "ndf": [self.ndf],
                "ddf": [self.ddf],
                "p": [self.p],
                "n": [self.n],
            }
        )
        number = {"unit": "number", "digits": 2, "n": "n"}
        frame.attrs["columns"] = {
            **dict.fromkeys(("f", "ndf", "ddf"), number),
            "p": {"unit": "p", "n": "n"},
            "n": {"counts": "persons"},
        }
        return frame


def rao_scott(rows: pd.Series, columns: pd.Series, design: Sampling) -> RaoScott:
    """Test that two classifications (n,) are independent, over the persons who have both.

    The statistic is Pearson's on the estimated shares and n, over the trace of the generalised design effects, with Satterthwaite's
    degrees of freedom: the variance is that of every stage of `design`. Refuses what is no probability sample, and a
    classification with fewer than two classes.
    """
    if not isinstance(design, Design):
        raise EstimateError(
            Fault(
                say("nessun test senza un campione probabilistico", "no test without a probability sample"),
                f"rao_scott, sampling = {design.kind}",
            )
        )
    first, second = (pd.Series(np.asarray(x, dtype=object), name=x.name) for x in (rows, columns))
    both = first.notna() & second.notna()
    a, b = (pd.factorize(x.where(both), sort=True) for x in (first, second))
    r, c = len(a[1]), len(b[1])
    few = [str(x.name) for x, k in ((rows, r), (columns, c)) if k < 2]
    if few:
        raise EstimateError(
            Fault(
                say(
                    "una classificazione ha meno di due classi", "a classification has fewer than two classes"
                ),
                "rao_scott: " + ", ".join(few),
            )
        )
    codes = np.where(both.to_numpy(), a[0] * c + b[0], -1)
    cells = pd.Series(pd.Categorical.from_codes(codes, categories=range(r * c)), name="cell")
    found = estimates.compositions(cells, design)
    p, n = found.estimate, int(found.n[0])
    table = p.reshape(r, c)
    fitted = np.outer(table.sum(axis=1), table.sum(axis=0))
    chi2 = n * float(((table - fitted) ** 2 / fitted).sum())
    contrast = _interaction(r, c)
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0)
    weighted = inverse[:, None] * contrast
    simple = contrast.T @ weighted / n
    delta = np.linalg.solve(simple, weighted.T @ found.covariance @ weighted)
    trace = float(np.trace(delta))
    ndf = trace**2 / float(np.trace(delta @ delta))
    ddf = ndf * design.df
    f = chi2 / trace
    return RaoScott(str(rows.name), str(columns.name), chi2, f, ndf, ddf, float(stats.f.sf(f, ndf, ddf)), n)


def _interaction(r: int, c: int) -> np.ndarray:
    """Contrasts of interaction (r·c, (r−1)(c−1)), orthogonal to rows and columns."""
    centred = [np.eye(k)[:, 1:] - 1 / k for k in (r, c)]
    return np.kron(centred[0], centred[1])
