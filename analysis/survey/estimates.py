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
        k, whole = len(groups), bool(codes.min() >= 0)
        kind = stages.narrow(k * c)
        joint = codes.astype(kind, copy=False) * kind(c) + category.astype(kind, copy=False)
        joint = joint if whole else np.where(codes < 0, kind(-1), joint)
        sums, part, held = _sums(design, joint, k * c, None, whole)
        cases = _count(joint, k * c, whole)
        n = cases.reshape(k, c).sum(axis=1)
        base = part.reshape(k, c).sum(axis=1)
        share = part / np.repeat(base, c)
        effective = _effective(design, codes, base, whole, share)
        all_of = np.repeat(sums.reshape(len(sums), k, c).sum(axis=2), c, axis=1)
        scores = (sums - share * all_of) / np.repeat(base, c)
        labelled = groups.loc[np.repeat(np.arange(k), c)].assign(
            **{name: np.tile(np.array(labels, object), k)}
        )
        df = _degrees(design, np.asarray(held.reshape(len(held), k, c).any(axis=2), dtype=bool), k)
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
    values = y if valid.all() else np.where(valid, y, 0.0)
    found = []
    for codes, groups in passes(by, valid, measure, margin):
        k, whole = len(groups), bool(codes.min() >= 0)
        n = _count(codes, k, whole)
        cases = _count(np.where(values == 1, codes, -1), k) if measure == "share" else n
        cells = design.cells(codes, k, whole) if isinstance(design, Design) else None
        top, estimate, held = _sums(design, codes, k, values, whole, cells)
        scores = top
        # x is one of a mean or share, the denominator of a ratio.
        other = np.where(valid, x, 0.0) if x is not None and measure == "ratio" else None
        low, base, held = (
            _sums(design, codes, k, other, whole, cells)
            if x is not None or measure == "total"
            else (top, estimate, held)
        )
        first = base if other is None else _sums(design, codes, k, None, whole)[1]
        if x is not None:
            if (base == 0).any():
                raise EstimateError(Fault(say("il denominatore è zero", "the denominator is zero"), measure))
            estimate = estimate / base
            scores = (top - estimate * low) / base
        if other is not None:
            held = _held(design, codes, k)
        effective = _effective(
            design, codes, first, whole, estimate if measure == "share" else np.full(1, 0.5)
        )
        found.append((groups, estimate, n, cases, effective, _degrees(design, held, k), scores))
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


def _sums(
    design: Sampling,
    code: Codes,
    size: int,
    values: Floats | None,
    whole: bool,
    cells: stages.Cells | None = None,
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Sums of weighted values, or of weights, by unit and domain (U, size), residuals where the weights are calibrated; the totals by
    domain (size,); where the sums are not zero, which for weights is where a unit holds a row."""
    scores = design.weights if values is None else design.weights * values
    if not isinstance(design, Design):
        sums = stages.Cells(np.zeros(design.n, dtype=np.int64), 1, code, size, whole).sums(scores)
        return sums, sums[0], sums != 0
    plain = (cells or design.cells(code, size, whole)).sums(scores)
    if design.calibration is None:
        return plain, plain.sum(axis=0), plain != 0
    return design.sums(code, size, scores), plain.sum(axis=0), plain != 0


def _held(design: Sampling, code: Codes, size: int) -> npt.NDArray[np.bool_]:
    return (
        design.cells(code, size).sums() > 0 if isinstance(design, Design) else np.ones((1, size), dtype=bool)
    )


def _degrees(design: Sampling, held: npt.NDArray[np.bool_], size: int) -> Floats:
    return design.degrees_held(held) if isinstance(design, Design) else np.full(size, np.inf)


def _count(code: Codes, size: int, whole: bool = False) -> Codes:
    """Rows by domain (size,)."""
    return np.bincount(code, minlength=size) if whole else np.bincount(code + 1, minlength=size + 1)[1:]


def _effective(design: Sampling, code: Codes, weights: Floats, whole: bool, shares: Floats) -> Floats:
    """Kish's effective n by domain (size,), where a share of 0 or 1 needs it for its bound; else missing."""
    if not ((shares == 0) | (shares == 1)).any():
        return np.full(len(weights), np.nan)
    return weights**2 / _squares(design, code, len(weights), whole)


def _squares(design: Sampling, code: Codes, size: int, whole: bool) -> Floats:
    """Sums of squared weights by domain (size,)."""
    squares = design.squares if isinstance(design, Design) else design.weights**2
    found = np.bincount(code, squares, size) if whole else np.bincount(code + 1, squares, size + 1)[1:]
    return found.astype(float, copy=False)


def counts(design: Sampling, code: Codes, k: int) -> tuple[Codes, Floats]:
    """Persons by domain (k,), Kish's effective n (k,)."""
    whole = bool(code.min() >= 0)
    first = np.bincount(code + 1, design.weights, k + 1)[1:]
    return _count(code, k, whole), first**2 / _squares(design, code, k, whole)


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
    full = bool(valid.all())
    if by is None:
        every = np.zeros(len(valid), dtype=np.int16)
        return every if full else np.where(valid, every, np.int16(-1)), pd.DataFrame(index=[0])
    if len(by) != len(valid):
        raise EstimateError(
            Fault(
                say(f"{len(by)} righe invece di {len(valid)}", f"{len(by)} rows instead of {len(valid)}"),
                f"{where}.by",
            )
        )
    coded = {column: _categories(by[column]) for column in by}
    size = int(np.prod([len(labels) for labels, _ in coded.values()]))
    joint, full = None, full and size > 0
    kind = stages.narrow(size)
    for labels, codes in coded.values():
        own = codes.astype(kind, copy=False)
        joint = own if joint is None else joint * kind(len(labels)) + own
        full = full and bool(codes.min() >= 0)
    assert joint is not None
    inside = valid
    if not full:
        inside = np.logical_and.reduce([valid, *(codes >= 0 for _, codes in coded.values())])
        joint = np.where(inside, joint, kind(-1))
    held = _count(joint, size, full) > 0 if size else np.zeros(0, dtype=bool)
    if not held.any():
        raise EstimateError(Fault(say("nessun gruppo presente", "no group is present"), f"{where}.by"))
    codes = joint
    if not held.all():
        place = (np.cumsum(held) - 1).astype(kind)
        codes = np.where(joint >= 0, place[np.maximum(joint, 0)], kind(-1))
    rest, columns = np.flatnonzero(held), {}
    for column, (labels, _) in reversed(coded.items()):
        columns[column] = np.array(labels, dtype=object)[rest % len(labels)]
        rest = rest // len(labels)
    return codes, pd.DataFrame({column: columns[column] for column in by})


def _categories(values: pd.Series) -> tuple[Sequence[Any], Codes]:
    """Labels in their order and the code of each row (n,), -1 where missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        labels = list(values.cat.categories)
        return labels, values.cat.codes.to_numpy(dtype=stages.narrow(len(labels)))
    codes, found = pd.factorize(values, sort=True)
    return list(found), codes.astype(stages.narrow(len(found)))


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
