"""Means, shares, totals and ratios by group, and the differences between groups, with the sampling error that the design allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import results, stages
from analysis.survey.design import Codes, Design, Floats, Sampling
from analysis.survey.results import TOTAL, Estimates


def mean(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Mean of y (n,) in each group of `by` (n rows); missing y are outside every group. `margin` adds a row `total`."""
    return means(y, design, by, margin).noted(y, by)


def means(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """As `mean`, for a caller that notes what it makes of them."""
    values = numbers(y, design)
    return ratios("mean", values, np.ones(len(values)), design, by, margin)


def share(
    event: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Share for which `event` (n,) of True/False (missing allowed) holds, with unweighted cases."""
    return shares(event, design, by, margin).noted(event, by)


def shares(
    event: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """As `share`, for a caller that notes what it makes of them."""
    y = numbers(event, design)
    if not np.isin(y[~np.isnan(y)], (0, 1)).all():
        raise EstimateError(
            Fault(say("la quota vuole vero o falso", "a share wants true or false"), "share.event", "0, 1")
        )
    return ratios("share", y, np.ones(len(y)), design, by, margin)


def ratio(
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    design: Sampling,
    by: pd.DataFrame | None = None,
    margin: bool = False,
) -> Estimates:
    """Σwy / Σwx in each group; a row counts where both are present."""
    y, x = numbers(numerator, design), numbers(denominator, design)
    return ratios("ratio", y, x, design, by, margin).noted(numerator, by)


def total(
    y: npt.ArrayLike, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Σwy in each group: a figure of the population, so refused for volunteers."""
    results.refuse_respondents(design.kind)
    return ratios("total", numbers(y, design), None, design, by, margin).noted(y, by)


def composition(
    categories: pd.Series, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """Share of each category (n,) within each group: rows are group × category, and the cases partition n along the category."""
    return compositions(categories, design, by, margin).noted(categories, by, "composition")


def compositions(
    categories: pd.Series, design: Sampling, by: pd.DataFrame | None = None, margin: bool = False
) -> Estimates:
    """As `composition`, for a caller that notes what it makes of them."""
    labels, category = _categories(categories)
    if len(category) != design.n:
        _refuse_length(len(category), design.n)
    name, c = str(categories.name), len(labels)
    found = []
    for codes, groups in passes(by, category >= 0, "composition", margin):
        k = len(groups)
        joint = np.where(codes < 0, -1, codes * c + category)
        sums, n, cases, effective = _sums(design, joint, k * c), *counts(design, codes, k, joint, k * c)
        part = _totals(design, joint, k * c, sums)
        base = np.repeat(part.reshape(k, c).sum(axis=1), c)
        share = part / base
        whole = np.repeat(sums.reshape(len(sums), k, c).sum(axis=2), c, axis=1)
        scores = (sums - share * whole) / base
        labelled = groups.loc[np.repeat(np.arange(k), c)].assign(
            **{name: np.tile(np.array(labels, object), k)}
        )
        df = design.degrees(codes, k) if isinstance(design, Design) else np.full(k, np.inf)
        found.append(
            (labelled, share, np.repeat(n, c), cases, np.repeat(effective, c), np.repeat(df, c), scores)
        )
    return replace(together("share", found, design), parts=name)


def design_effect(y: npt.ArrayLike, design: Design) -> float:
    """Variance of the mean of y (n,) over that of a simple random sample without replacement of as many persons (Kish 1965)."""
    values = numbers(y, design)
    known = ~np.isnan(values)
    found = means(values, design)
    weights = design.weights[known]
    n, whole = int(known.sum()), weights.sum()
    spread = (weights * (values[known] - found.estimate[0]) ** 2).sum() / whole * n / (n - 1)
    return float(found.covariance[0, 0] / (spread * (whole - n) / (whole * n)))


def ratios(
    measure: str, y: Floats, x: Floats | None, design: Sampling, by: pd.DataFrame | None, margin: bool
) -> Estimates:
    """Σwy / Σwx by group under the name of `measure`, of numbers (n,) with NaN where missing; Σwy without x. Nothing is noted."""
    valid = ~np.isnan(y) if x is None else ~(np.isnan(y) | np.isnan(x))
    values = np.where(valid, y, 0.0) if not valid.all() else y
    found = []
    for codes, groups in passes(by, valid, measure, margin):
        k = len(groups)
        n, _, effective = counts(design, codes, k)
        cases = _count(codes, k, values == 1) if measure == "share" else n
        top = _sums(design, codes, k, values)
        estimate, scores = _totals(design, codes, k, top, values), top
        if x is not None:
            # x is one of a mean or share, the denominator of a ratio.
            other = None if measure != "ratio" else np.where(valid, x, 0.0)
            low = _sums(design, codes, k, other)
            base = _totals(design, codes, k, low, other)
            if (base == 0).any():
                raise EstimateError(Fault(say("il denominatore è zero", "the denominator is zero"), measure))
            estimate = estimate / base
            scores = (top - estimate * low) / base
        df = design.degrees(codes, k) if isinstance(design, Design) else np.full(k, np.inf)
        found.append((groups, estimate, n, cases, effective, df, scores))
    return together(measure, found, design)


def together(measure: str, found: Sequence[tuple], design: Sampling) -> Estimates:
    """One result of the passes: (groups, estimate, n, cases, effective n, df, scores by unit) each."""
    columns = [np.concatenate([part[i] for part in found]) for i in range(1, 6)]
    covariance = np.zeros((len(columns[0]), len(columns[0])))
    if isinstance(design, Design):
        covariance = design.covariance(np.hstack([part[6] for part in found]))
    return Estimates(
        measure,
        pd.concat([part[0].astype(object) for part in found], ignore_index=True),
        columns[0],
        covariance,
        columns[1],
        columns[2] if measure == "share" else None,
        columns[3],
        columns[4],
        design.kind,
        ledger=design.ledger,
    )


def _sums(design: Sampling, code: Codes, size: int, values: Floats | None = None) -> Floats:
    """Sums of weighted values, or of weights, by unit and domain (U, size); of all rows at once where there are no units."""
    if isinstance(design, Design):
        return design.sums(code, size, design.weights if values is None else design.weights * values)
    scores = design.weights if values is None else design.weights * values
    return stages.cells(np.zeros(design.n, dtype=np.int64), 1, code, size, scores)


def _totals(design: Sampling, code: Codes, size: int, sums: Floats, values: Floats | None = None) -> Floats:
    """Weighted totals by domain (size,); sums of residuals do not add up to them."""
    if isinstance(design, Design) and design.calibration is not None:
        scores = design.weights if values is None else design.weights * values
        return stages.cells(np.zeros(design.n, dtype=np.int64), 1, code, size, scores)[0]
    return sums.sum(axis=0)


def _count(code: Codes, size: int, chosen: npt.NDArray[np.bool_] | None = None) -> Codes:
    places = code + 1 if chosen is None else np.where(chosen, code + 1, 0)
    return np.bincount(places, minlength=size + 1)[1:]


def counts(
    design: Sampling, code: Codes, k: int, joint: Codes | None = None, size: int = 0
) -> tuple[Codes, Codes, Floats]:
    """Persons by domain (k,), persons by category within domain (size,), Kish's effective n (k,)."""
    n = _count(code, k)
    within = n if joint is None else _count(joint, size)
    places, weights = code + 1, design.weights
    squares = design.squares if isinstance(design, Design) else weights**2
    first = np.bincount(places, weights, k + 1)[1:]
    return n, within, first**2 / np.bincount(places, squares, k + 1)[1:]


def passes(
    by: pd.DataFrame | None, valid: npt.NDArray[np.bool_], where: str, margin: bool
) -> list[tuple[Codes, pd.DataFrame]]:
    """Domains, and with a margin all of them as one: codes (n,), -1 outside, and the labels of each domain."""
    found = [_domains(by, valid, where)]
    if margin and by is not None:
        whole = pd.DataFrame({column: [TOTAL] for column in by})
        found.append((np.where(found[0][0] >= 0, 0, -1), whole))
    return found


def _domains(by: pd.DataFrame | None, valid: npt.NDArray[np.bool_], where: str) -> tuple[Codes, pd.DataFrame]:
    """Domain codes (n,), -1 outside, and the labels of each domain; only domains with a valid row."""
    if not valid.any():
        raise EstimateError(Fault(say("nessun valore presente", "no value is present"), where))
    if by is None:
        return np.where(valid, 0, -1), pd.DataFrame(index=[0])
    if len(by) != len(valid):
        raise EstimateError(
            Fault(
                say(f"{len(by)} righe invece di {len(valid)}", f"{len(by)} rows instead of {len(valid)}"),
                f"{where}.by",
            )
        )
    coded = {column: _categories(by[column]) for column in by}
    joint, inside = np.zeros(len(by), dtype=np.int64), valid.copy()
    for labels, codes in coded.values():
        joint = joint * len(labels) + codes
        inside &= codes >= 0
    size = int(np.prod([len(labels) for labels, _ in coded.values()]))
    held = np.bincount(joint[inside], minlength=size) > 0 if size else np.zeros(0, dtype=bool)
    if not held.any():
        raise EstimateError(Fault(say("nessun gruppo presente", "no group is present"), f"{where}.by"))
    place = np.cumsum(held) - 1
    codes = np.where(inside, place[np.where(inside, joint, 0)], -1)
    rest, columns = np.flatnonzero(held), {}
    for column, (labels, _) in reversed(coded.items()):
        columns[column] = np.array(labels, dtype=object)[rest % len(labels)]
        rest = rest // len(labels)
    return codes, pd.DataFrame({column: columns[column] for column in by})


def _categories(values: pd.Series) -> tuple[Sequence[Any], Codes]:
    """Labels in their order and the code of each row (n,), -1 where missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return list(values.cat.categories), values.cat.codes.to_numpy(dtype=np.int64)
    codes, labels = pd.factorize(values, sort=True)
    return list(labels), codes.astype(np.int64)


def numbers(values: npt.ArrayLike, design: Sampling) -> Floats:
    """Values as floats (n,), missing as NaN; an `EstimateError` where their number is not the design's."""
    if isinstance(values, pd.Series) and values.dtype != np.float64:
        found = values.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    else:
        found = np.asarray(values, dtype=float)
    if len(found) != design.n:
        _refuse_length(len(found), design.n)
    return found


def _refuse_length(found: int, wanted: int) -> None:
    raise EstimateError(
        Fault(
            say(
                f"{found} valori per un disegno di {wanted} righe",
                f"{found} values for a design of {wanted} rows",
            ),
            "y",
        )
    )
