"""What the uncertainty of a scenario's results comes from: Sobol indices of its lines with 95 % intervals, and the tornado.

Variance-based indices (Sobol 2001, Mathematics and Computers in Simulation 55:271): the share of an output's variance that goes with one line alone
(first order), and the share that would remain if all other lines were known (total). Two matrices A and B of points, and A with one line taken
from B, as Saltelli et al. (2010, Computer Physics Communications 181:259) lay them out: first order by their estimator (table 2, b), total by that of
Jansen (1999, Computer Physics Communications 117:35), on points × (lines + 2) evaluations.

The points are scrambled Sobol nets in independent replicates, and the interval is Student's t between replicates of the linearised ratio (L'Ecuyer et
al. 2023, Proceedings of the Winter Simulation Conference, find it the most reliable for such points). It tells the error of the simulation alone. Resampling the points would
treat them as if they were independent, which costs more and makes intervals too wide.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import Fault, ParameterError, say
from analysis.scaling import montecarlo
from analysis.scaling.scenario import Scenario

OUTPUTS = {"retained": "persons", "cost": "euro", "reached": "share", "per_person": "euro"}
FORMS = ("steps", "power")
COUNT = "eligible"  # the line that stands for the error of the count of eligible people
FEWEST = 4  # points a replicate
TAILS = montecarlo.BAND
ROUNDING = 1e-24  # variance, relative to the squared mean, below which an output is constant


@dataclass(frozen=True)
class Indices:
    """First-order and total indices of `lines` (or groups of them), arrays (lines,) with standard errors of the simulation; `variance` and `mean`
    of the output; base `points`, all replicates together. `fixed`: lines that do not vary, whose indices are 0 and were not estimated.

    Where the output does not vary at all (a target that is always reached, or never) indices are not defined: they are missing.
    """

    lines: tuple[str, ...]
    first: np.ndarray
    first_error: np.ndarray
    total: np.ndarray
    total_error: np.ndarray
    mean: float
    variance: float
    points: int
    fixed: tuple[str, ...] = ()
    output: str = ""

    def interval(self, order: str) -> tuple[np.ndarray, np.ndarray]:
        """95 % bounds of the `first` or `total` indices, arrays (lines,); not cut at 0 and 1."""
        middle = getattr(self, order)
        half = stats.t.ppf(0.975, montecarlo.REPLICATES - 1) * getattr(self, f"{order}_error")
        return middle - half, middle + half

    def table(self) -> pd.DataFrame:
        """line, how (varied, fixed), first_order and total_order with _low and _high (95 %, simulation error), base_points; the largest total first, fixed lines last."""
        parts = {
            f"{order}_order{end}": values
            for order in ("first", "total")
            for end, values in zip(("", "_low", "_high"), (getattr(self, order), *self.interval(order)))
        }
        varied = pd.DataFrame({"line": self.lines, "how": "varied", **parts})
        varied = varied.sort_values("total_order", ascending=False, kind="stable")
        fixed = pd.DataFrame({"line": self.fixed, "how": "fixed", **dict.fromkeys(parts, 0.0)})
        frame = pd.concat([part for part in (varied, fixed) if len(part)], ignore_index=True)
        frame["base_points"] = self.points
        frame.attrs["columns"] = _specs(frame)
        return frame


def _specs(frame: pd.DataFrame) -> dict[str, dict[str, object]]:
    known: dict[str, dict[str, object]] = {
        "output": {"labels": "output"},
        "line": {"labels": "line"},
        "how": {"labels": "how"},
    }
    for name in ("first_order", "total_order"):
        known[name] = {"unit": "index", "digits": 2}
        known[f"{name}_low"], known[f"{name}_high"] = {"low_of": name}, {"high_of": name}
    return {name: (known | {"base_points": {"counts": "things"}})[name] for name in frame.columns}


def together(found: Sequence[Indices]) -> pd.DataFrame:
    """The tables of several outputs in one, with a first column `output`."""
    frames = [each.table().assign(output=each.output) for each in found]
    frame = pd.concat(frames, ignore_index=True)
    frame = frame[["output", *(name for name in frame.columns if name != "output")]]
    frame.attrs["columns"] = _specs(frame)
    return frame


def indices(
    function: Callable[[np.ndarray], np.ndarray],
    dimensions: int,
    points: int,
    seed: int,
    groups: Mapping[str, Sequence[int]] | None = None,
) -> Indices:
    """Indices of any vectorised `function` of points in the unit cube, (dimensions, n) → (n,), whose coordinates are independent and uniform.

    `points`: at least so many base points, in REPLICATES nets of 2^m. `groups`: name → coordinates (from 0) taken together; without it each
    coordinate alone, called "0", "1", … Raises ParameterError for too few points or coordinates that do not exist.
    """
    chosen = groups if groups is not None else {str(k): [k] for k in range(dimensions)}
    wrong = sorted({k for group in chosen.values() for k in group} - set(range(dimensions)))
    faults = too_few(points)
    if wrong:
        faults.append(
            Fault(say(f"coordinate inesistenti: {wrong}", f"no such coordinates: {wrong}"), "groups", f"0–{dimensions - 1}")
        )  # fmt: skip
    if faults:
        raise ParameterError(faults)
    a, b = _two(dimensions, points, seed)
    return _estimate(function, a, b, chosen)


def too_few(points: int) -> list[Fault]:
    """The fault of fewer points than the replicates need."""
    least = FEWEST * montecarlo.REPLICATES
    if points >= least:
        return []
    return [Fault(say(f"{points} punti sono troppo pochi", f"{points} points are too few"), "points", f"≥ {least}")]  # fmt: skip


def _two(dimensions: int, points: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The matrices A and B, each (dimensions, replicates × points a replicate), halves of nets of twice the dimensions."""
    power = int(np.ceil(np.log2(points / montecarlo.REPLICATES)))
    both = np.moveaxis(montecarlo.nets(2 * dimensions, power, seed), -1, 0).reshape(2 * dimensions, -1)
    return both[:dimensions].copy(), both[dimensions:]


def _estimate(
    function: Callable[[np.ndarray], np.ndarray],
    a: np.ndarray,
    b: np.ndarray,
    groups: Mapping[str, Sequence[int]],
) -> Indices:
    """The estimators on the values `a`, `b` (inputs, n); rows of `a` are exchanged for those of `b` in place, and put back."""
    shape = (montecarlo.REPLICATES, -1)
    at_a, at_b = (np.asarray(function(each), dtype=float).reshape(shape) for each in (a, b))
    mean = float((at_a.mean() + at_b.mean()) / 2)
    at_a, at_b = at_a - mean, at_b - mean
    squares = (at_a**2 + at_b**2).mean(axis=1) / 2
    sums = np.empty((2, len(groups), montecarlo.REPLICATES))
    for k, group in enumerate(groups.values()):
        rows = list(group)
        kept = a[rows]
        a[rows] = b[rows]
        moved = np.asarray(function(a), dtype=float).reshape(shape) - mean - at_a
        a[rows] = kept
        sums[0, k] = (at_b * moved).mean(axis=1)
        sums[1, k] = (moved**2).mean(axis=1) / 2
    variance = float(squares.mean())
    divisor = variance if variance > ROUNDING * mean**2 else np.nan
    found = sums.mean(axis=-1) / divisor
    away = (sums - found[..., None] * squares) / divisor
    errors = away.std(axis=-1, ddof=1) / np.sqrt(montecarlo.REPLICATES)
    return Indices(tuple(groups), found[0], errors[0], found[1], errors[1], mean, variance, at_a.size)


# -- of a scenario -----------------------------------------------------------------------------------------------------


def entering(scenario: Scenario, output: str, form: str, relative_error: float) -> dict[str, str]:
    """The lines on which `output` depends, in the scenario's order: key → "varied" or "fixed". The error of the count of eligible people is the
    line "eligible", where there is one. Lines that are not listed do not enter: their indices are 0.
    """
    groups = {"takeup"}
    if output in ("cost", "per_person"):
        groups.add("power" if form == "power" else "cost")
    lines = [line for line in scenario.lines if line.group in groups]
    if output == "cost" and form == "steps":
        lines = [line for line in lines if line.key != "retained"]
    found = {line.key: "fixed" if line.distribution == "fixed" else "varied" for line in lines}
    return found | ({COUNT: "varied"} if relative_error else {})


def quantiles(
    scenario: Scenario, keys: Sequence[str], relative_error: float
) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """The inverse distribution function of each of the lines `keys`; that of "eligible" gives the factor on the count."""
    known: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        line.key: line.quantile for line in scenario.lines
    }
    known[COUNT] = lambda u: montecarlo.count_error(u, relative_error)
    return {key: known[key] for key in keys}


def outcome(
    scenario: Scenario,
    values: Mapping[str, np.ndarray],
    eligible: float | np.ndarray,
    places: float | np.ndarray,
    form: str,
) -> tuple[np.ndarray, np.ndarray]:
    """People retained and cost (euro) at the `values` of some lines by key (each of two axes or more), all others at their median; by broadcasting."""
    middle = np.array(0.5)
    full = {
        f"{line.group}.{line.key}": values[line.key] if line.key in values else line.quantile(middle)
        for line in scenario.lines
    }
    return montecarlo.outcome(full, values.get(COUNT, np.array(1.0)), eligible, places, form)


def _output(name: str, retained: np.ndarray, cost: np.ndarray, target: float) -> np.ndarray:
    if name == "retained":
        return retained
    if name == "reached":
        return (retained >= target).astype(float)
    return cost if name == "cost" else cost / np.maximum(retained, 1e-9)


def wrong_form(scenario: Scenario, form: str) -> list[Fault]:
    """The fault of a form of cost that is unknown, or that the scenario does not declare."""
    known = FORMS if scenario.power else FORMS[:1]
    if form in known:
        return []
    return [Fault(say(f"forma del costo «{form}» non dichiarata", f"form of cost '{form}' not declared"), "form", ", ".join(known))]  # fmt: skip


def of_scenario(
    scenario: Scenario,
    eligible: float,
    places: int,
    target: float,
    output: str,
    points: int,
    seed: int,
    relative_error: float = 0.0,
    form: str = "steps",
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Indices:
    """Indices of one `output` with respect to the scenario's lines, serving `places` municipalities that hold `eligible` people.

    `output`: retained (persons), cost (euro a year), reached (whether `target` people are retained), per_person (euro per person retained).
    `relative_error`: standard error of the count of eligible people relative to it, a line of its own ("eligible") where it is not zero.
    `groups`: name → keys of lines taken together; the others stand alone. Raises ParameterError with every fault.
    """
    found = entering(scenario, output, form, relative_error)
    faults = [*too_few(points), *wrong_form(scenario, form), *_group_faults(groups or {}, scenario)]
    if output not in OUTPUTS:
        faults.insert(0, Fault(say(f"risultato «{output}» sconosciuto", f"unknown output '{output}'"), "output", ", ".join(OUTPUTS)))  # fmt: skip
    if faults:
        raise ParameterError(faults)
    varied = [key for key, how in found.items() if how == "varied"]
    named = _grouped(varied, groups or {})
    fixed = tuple(key for key, how in found.items() if how == "fixed")
    if not varied:
        none = np.empty(0)
        return Indices((), none, none, none, none, np.nan, 0.0, points, fixed, output)
    a, b = _two(len(varied), points, seed)
    for row, quantile in enumerate(quantiles(scenario, varied, relative_error).values()):
        a[row], b[row] = quantile(a[row]), quantile(b[row])

    def function(flat: np.ndarray) -> np.ndarray:
        values = flat.reshape(len(varied), montecarlo.REPLICATES, -1)
        found = outcome(scenario, dict(zip(varied, values)), eligible, places, form)
        return np.broadcast_to(_output(output, *found, target), values.shape[1:]).ravel()

    return replace(_estimate(function, a, b, named), fixed=fixed, output=output)


def _grouped(varied: Sequence[str], groups: Mapping[str, Sequence[str]]) -> dict[str, list[int]]:
    """Name → rows of the varied lines, in order of their first line."""
    owner = {key: name for name, keys in groups.items() for key in keys}
    found: dict[str, list[int]] = {}
    for row, key in enumerate(varied):
        found.setdefault(owner.get(key, key), []).append(row)
    return found


def _group_faults(groups: Mapping[str, Sequence[str]], scenario: Scenario) -> list[Fault]:
    known = [*(line.key for line in scenario.lines), COUNT]
    named = [key for keys in groups.values() for key in keys]
    faults = [
        Fault(say(f"riga «{key}» sconosciuta", f"unknown line '{key}'"), "groups", ", ".join(known))
        for key in sorted(set(named) - set(known))
    ]
    faults += [
        Fault(say(f"riga «{key}» in più gruppi", f"line '{key}' in several groups"), "groups")
        for key in sorted({key for key in named if named.count(key) > 1})
    ]
    return faults


# -- the tornado -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tornado:
    """An output with one line at its 5th and its 95th percentile and all others at their median; arrays (lines,). `base`: all at their median."""

    output: str
    base: float
    lines: tuple[str, ...]
    values: np.ndarray  # (2, lines): the line's own percentiles
    outputs: np.ndarray  # (2, lines)

    def table(self) -> pd.DataFrame:
        """output, line, value_low, value_high (5th and 95th percentile of the line, in its own unit), result_low, result_high (the output there), at_medians, width; the widest first."""
        frame = pd.DataFrame(
            {
                "output": self.output,
                "line": self.lines,
                "value_low": self.values[0],
                "value_high": self.values[1],
                "result_low": self.outputs[0],
                "result_high": self.outputs[1],
                "at_medians": self.base,
                "width": np.abs(self.outputs[1] - self.outputs[0]),
            }
        )
        frame = frame.sort_values("width", ascending=False, kind="stable", ignore_index=True)
        unit = {"unit": OUTPUTS[self.output], "digits": 0}
        frame.attrs["columns"] = {
            "output": {"labels": "output"},
            "line": {"labels": "line"},
            **{name: {"unit": "number", "digits": 2} for name in ("value_low", "value_high")},
            **dict.fromkeys(("result_low", "result_high", "at_medians", "width"), unit),
        }
        return frame


def tornado(
    scenario: Scenario,
    eligible: float,
    places: int,
    output: str,
    relative_error: float = 0.0,
    form: str = "steps",
) -> Tornado:
    """One line at a time from its 5th to its 95th percentile, the others at their median; fixed lines are left out.

    It sees no interaction and gives no probability: the indices do. `output`: retained, cost or per_person; whether a target is reached has no width.
    Raises ParameterError with every fault.
    """
    allowed = [name for name in OUTPUTS if name != "reached"]
    faults = wrong_form(scenario, form)
    if output not in allowed:
        faults.insert(0, Fault(say(f"nessun tornado di «{output}»", f"no tornado of '{output}'"), "output", ", ".join(allowed)))  # fmt: skip
    if faults:
        raise ParameterError(faults)
    found = entering(scenario, output, form, relative_error)
    varied = [key for key, how in found.items() if how == "varied"]
    levels = np.array([*TAILS, 0.5])
    ends = np.array([quantile(levels) for quantile in quantiles(scenario, varied, relative_error).values()])
    ends = ends.reshape(len(varied), 3)
    values = np.tile(ends[:, 2, None, None], (1, 2, len(varied) + 1))
    own = np.arange(len(varied))
    values[own, :, own] = ends[:, :2]
    retained, cost = outcome(scenario, dict(zip(varied, values)), eligible, places, form)
    results = np.broadcast_to(_output(output, retained, cost, np.nan), (2, len(varied) + 1))
    return Tornado(output, float(results[0, -1]), tuple(varied), ends[:, :2].T, results[:, :-1])
