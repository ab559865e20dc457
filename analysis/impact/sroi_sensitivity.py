"""The social return on investment with its range: which assumption drives it, how far it may lie, and where it would be one.

One-way: each assumption with a declared low and high goes from one to the other, all others at their central value (a tornado, the widest first);
the assumption with the widest swing drives the ratio. Joint: all of them drawn at once, from PERT (Clark 1962: beta on [low, high] with the
central value as mode and weight four) or triangular distributions. Drawn independently, errors of the same kind in all outcomes average out:
`together` lets each parameter err alike in every outcome. The ratio is given only by `Ratio`, which will not be made without range and driver.
A range of assumptions is no confidence interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.sroi import PARAMETERS, Valued, bounds, first_year, present_value

SHAPES = ("pert", "triangular")
TAILS = (0.025, 0.975)
FEWEST = 100
PROGRAMME = {"it": "tutti gli esiti", "en": "all outcomes"}


@dataclass(frozen=True)
class Ratio:
    """Present value over inputs with its joint range, the assumption that drives it by name (it, en), and whether inputs were left unvalued."""

    value: float
    low: float
    high: float
    driver: Mapping[str, str]
    inflated: bool

    def __post_init__(self) -> None:
        numbers = (self.value, self.low, self.high)
        known = all(isinstance(x, (int, float)) and np.isfinite(x) for x in numbers)
        if not known or not self.low <= self.high or not (self.driver.get("it") and self.driver.get("en")):
            what = say(
                "il rapporto non si dà senza campo di variazione e senza l'ipotesi che lo determina",
                "the ratio is not given without its range and the assumption that drives it",
            )
            raise EstimateError(
                Fault(what, "SROI", say("valore, minimo, massimo, ipotesi", "value, low, high, driver"))
            )

    @property
    def net(self) -> float:
        """(Present value − inputs) / inputs."""
        return self.value - 1.0

    @property
    def outside(self) -> bool:
        """Whether the central value lies outside its own joint range: the central assumptions stand at one end of what is held possible."""
        return not self.low <= self.value <= self.high


@dataclass(frozen=True)
class Assumptions:
    """The assumptions, arrays (A,): `outcome` is the index of the outcome, −1 for those of the whole (rate, volunteers). low and high are
    missing where no range is declared: such an assumption is held fixed."""

    parameter: tuple[str, ...]
    outcome: np.ndarray
    names: tuple[Mapping[str, str], ...]
    central: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @property
    def ranged(self) -> np.ndarray:
        """Indices of the assumptions with a range that is not a point."""
        return np.flatnonzero(self.high > self.low)

    def table(self) -> pd.DataFrame:
        """of (it, en), parameter, how (varied, fixed), low, central, high (shares as fractions, the rest in euro), assumptions (n: how many)."""
        frame = pd.DataFrame(
            {
                "of": pd.Series(list(self.names), dtype=object),
                "parameter": list(self.parameter),
                "how": np.where(np.isin(np.arange(len(self.names)), self.ranged), "varied", "fixed"),
                "value_low": self.low,
                "central": self.central,
                "value_high": self.high,
                "assumptions": len(self.names),
            }
        )
        number = {"unit": "number", "digits": 2, "n": "assumptions"}
        frame.attrs["columns"] = {
            "of": {"text": True},
            "parameter": {"labels": "sroi_parameter"},
            "how": {"labels": "how"},
            **dict.fromkeys(("value_low", "central", "value_high"), number),
            "assumptions": {"counts": "things", "hidden": True},
        }
        return frame


@dataclass(frozen=True)
class Sensitivity:
    """The ratio, the assumptions, the ratio at the low and at the high value of each (A,), the value of each at which the ratio is one
    (missing where none within its limits is), and the drawn ratios (draws,)."""

    ratio: Ratio
    assumptions: Assumptions
    at_low: np.ndarray
    at_high: np.ndarray
    breakeven: np.ndarray
    drawn: np.ndarray
    shape: str
    together: bool
    seed: int

    @property
    def order(self) -> np.ndarray:
        """Indices of the assumptions with a range, widest swing first."""
        ranged = self.assumptions.ranged
        swing = np.abs(self.at_high - self.at_low)[ranged]
        return ranged[np.argsort(-swing, kind="stable")]

    @property
    def driver(self) -> int:
        """Index of the assumption whose own range moves the ratio most."""
        return int(self.order[0])

    @property
    def below_one(self) -> float:
        """Share of the draws in which the value is less than the inputs."""
        return float((self.drawn < 1).mean())

    @property
    def spare(self) -> float:
        """Share of the present value that could fail to exist before the ratio is one; missing where it is below one."""
        return 1.0 - 1.0 / self.ratio.value if self.ratio.value >= 1 else float("nan")

    def tornado(self) -> pd.DataFrame:
        """Widest first: of (it, en), parameter, driver (yes, no), value_low, value_high, ratio_low, ratio_high, base (all at central), swing, break_even.

        ratio_low and ratio_high are the ratio at the low and at the high value. Values: shares as fractions, the rest in euro.
        """
        at, known = self.order, self.assumptions
        frame = pd.DataFrame(
            {
                "of": pd.Series([known.names[k] for k in at], dtype=object),
                "parameter": [known.parameter[k] for k in at],
                "driver": np.where(at == self.driver, "yes", "no"),
                "value_low": known.low[at],
                "value_high": known.high[at],
                "ratio_low": self.at_low[at],
                "ratio_high": self.at_high[at],
                "base": self.ratio.value,
                "swing": np.abs(self.at_high - self.at_low)[at],
                "break_even": self.breakeven[at],
                "assumptions": len(at),
            }
        )
        number = {"unit": "number", "digits": 2, "n": "assumptions"}
        ratio = {"unit": "ratio", "n": "assumptions"}
        frame.attrs["columns"] = {
            "of": {"text": True},
            "parameter": {"labels": "sroi_parameter"},
            "driver": {"labels": "driver"},
            **dict.fromkeys(("value_low", "value_high", "break_even"), number),
            **dict.fromkeys(("ratio_low", "ratio_high", "base", "swing"), ratio),
            "assumptions": {"counts": "things", "hidden": True},
        }
        return frame

    def table(self) -> pd.DataFrame:
        """One row: ratio with ratio_low and ratio_high (2.5th and 97.5th percentile of the draws: a band), net_ratio, driver (it, en), inflated,
        below_one (share of draws), value_to_spare, draws."""
        frame = pd.DataFrame(
            {
                "sroi_ratio": [self.ratio.value],
                "ratio_low": [self.ratio.low],
                "ratio_high": [self.ratio.high],
                "net_ratio": [self.ratio.net],
                "driving": pd.Series([dict(self.ratio.driver)], dtype=object),
                "inflated": ["yes" if self.ratio.inflated else "no"],
                "below_one": [self.below_one],
                "value_to_spare": [self.spare],
                "draws": [len(self.drawn)],
            }
        )
        frame.attrs["columns"] = {
            "sroi_ratio": {"unit": "ratio", "n": "draws", "band": True},
            "ratio_low": {"low_of": "sroi_ratio"},
            "ratio_high": {"high_of": "sroi_ratio"},
            "net_ratio": {"unit": "ratio", "n": "draws"},
            "driving": {"text": True},
            "inflated": {"labels": "inflated"},
            "below_one": {"unit": "share", "n": "draws"},
            "value_to_spare": {"unit": "share", "digits": 0, "n": "draws"},
            "draws": {"counts": "things"},
        }
        return frame


def assumptions(valued: Valued, rate: tuple[float, float] | None = None) -> Assumptions:
    """Every assumption of the valuation, outcome by outcome, then the discount rate (`rate`: low, high) and the value of volunteers' time (where valued)."""
    own, count = valued.values(), len(valued.outcomes)
    ranges = [bounds(valued.outcomes, name) for name in PARAMETERS]
    lows, highs = (np.stack([pair[end] for pair in ranges], axis=1).ravel() for end in (0, 1))
    texts = [
        {"it": str(it), "en": str(en)} for it, en in zip(valued.outcomes["name_it"], valued.outcomes["name_en"])
    ]  # fmt: skip
    whole = {"rate": [valued.rate, *(rate or (np.nan, np.nan))]}
    inputs = valued.inputs
    if inputs.volunteers is not None:
        ends = (inputs.volunteers_low, inputs.volunteers_high)
        whole["volunteers"] = [inputs.volunteers, *(np.nan if end is None else end for end in ends)]
    if rate is not None and not (0 <= rate[0] <= valued.rate <= rate[1] <= 1):
        raise EstimateError(
            Fault(f"rate: {rate[0]}, {valued.rate}, {rate[1]}", "rate", "0 ≤ low ≤ rate ≤ high ≤ 1")
        )
    extra = np.array(list(whole.values()), dtype=float)
    central = np.stack([own[name] for name in PARAMETERS], axis=1).ravel()
    return Assumptions(
        (*PARAMETERS * count, *whole),
        np.concatenate([np.repeat(np.arange(count), len(PARAMETERS)), np.full(len(whole), -1)]),
        (*(text for text in texts for _ in PARAMETERS), *(PROGRAMME for _ in whole)),
        np.concatenate([central, extra[:, 0]]),
        np.concatenate([lows, extra[:, 1]]),
        np.concatenate([highs, extra[:, 2]]),
    )


def ratios(valued: Valued, values: np.ndarray) -> np.ndarray:
    """Present value over inputs for each row of `values`, shape (R, A) in the order of `assumptions`; shape (R,)."""
    count = len(valued.outcomes)
    size = count * len(PARAMETERS)
    parts = values[:, :size].reshape(len(values), count, len(PARAMETERS))
    own = valued.values()
    named = {name: parts[:, :, k] for k, name in enumerate(PARAMETERS)}
    net = first_year(named | {"quantity": own["quantity"]})
    rate = values[:, size, None]
    present = present_value(net, named["drop_off"], own["years"], rate, valued.timing).sum(axis=1)
    inputs = valued.inputs
    put_in = np.full(len(values), (inputs.cash or 0.0) + (inputs.in_kind or 0.0))
    if inputs.volunteers is not None:
        put_in += values[:, size + 1]
    return np.divide(present, put_in, out=np.full(len(values), np.inf), where=put_in > 0)


def sensitivity(
    valued: Valued,
    *,
    seed: int,
    rate: tuple[float, float] | None = None,
    shape: str = "pert",
    together: bool = False,
    draws: int = 10_000,
) -> Sensitivity:
    """The ratio of `valued` to its inputs with its one-way and its joint range; `rate`: low and high of the discount rate.

    Refused: no assumption has a range (the ratio would stand alone), an unknown shape, too few draws, a rate outside its bounds.
    """
    known = assumptions(valued, rate)
    ranged = known.ranged
    faults = []
    if not len(ranged):
        step = say(
            "Dare almeno a un'ipotesi un minimo e un massimo.",
            "Give at least one assumption a low and a high.",
        )
        faults.append(Fault(say("nessuna ipotesi ha un campo di variazione", "no assumption has a range"), "outcome_values", "low < high", step))  # fmt: skip
    if shape not in SHAPES:
        faults.append(Fault(f"«{shape}»", "shape", ", ".join(SHAPES)))
    if draws < FEWEST:
        faults.append(Fault(say(f"{draws} estrazioni", f"{draws} draws"), "draws", f"≥ {FEWEST}"))
    if faults:
        raise EstimateError(faults)
    base = float(ratios(valued, known.central[None, :])[0])
    at_low, at_high = (_one_way(valued, known, ends, base) for ends in (known.low, known.high))
    drawn = ratios(valued, _drawn(known, seed, shape, together, draws))
    low, high = np.quantile(drawn, TAILS)
    first = ranged[np.argmax(np.abs(at_high - at_low)[ranged])]
    ratio = Ratio(base, float(low), float(high), _name(known, int(first)), valued.inputs.inflated)
    even = np.full(len(known.central), np.nan)
    even[ranged] = [_breakeven(valued, known, int(k)) for k in ranged]
    return Sensitivity(ratio, known, at_low, at_high, even, drawn, shape, together, seed)


NAMES = {
    "proxy": {"it": "valore unitario", "en": "proxy"},
    "deadweight": {"it": "ciò che sarebbe accaduto comunque", "en": "deadweight"},
    "displacement": {"it": "spiazzamento", "en": "displacement"},
    "attribution": {"it": "quota dovuta ad altri", "en": "attribution to others"},
    "drop_off": {"it": "calo annuo", "en": "drop-off a year"},
    "rate": {"it": "tasso di sconto", "en": "discount rate"},
    "volunteers": {"it": "valore del tempo dei volontari", "en": "value of volunteers' time"},
}


def _name(known: Assumptions, k: int) -> dict[str, str]:
    """Name of an assumption: its parameter and, of one outcome, the outcome."""
    own = NAMES[known.parameter[k]]
    if known.outcome[k] < 0:
        return dict(own)
    return {language: f"{own[language]} ({known.names[k][language]})" for language in own}


def _one_way(valued: Valued, known: Assumptions, ends: np.ndarray, base: float) -> np.ndarray:
    """The ratio with each assumption alone at its value in `ends`, (A,); the base where it has none."""
    values = np.tile(known.central, (len(ends), 1))
    np.fill_diagonal(values, np.where(np.isnan(ends), known.central, ends))
    return np.where(np.isnan(ends), base, ratios(valued, values))


def _drawn(known: Assumptions, seed: int, shape: str, together: bool, draws: int) -> np.ndarray:
    """Values of all assumptions, (draws, A): those with a range by their inverse distribution, the others at their central value."""
    from scipy import stats

    ranged = known.ranged
    rng = np.random.Generator(np.random.PCG64(seed))
    low, width = known.low[ranged], (known.high - known.low)[ranged]
    mode = (known.central[ranged] - low) / width
    beta = (1 + 4 * mode, 5 - 4 * mode)
    if shape == "pert" and not together:
        unit = rng.beta(*beta, (draws, len(ranged)))
    else:
        kinds = [known.parameter[k] if together else str(k) for k in ranged]
        order, column = np.unique(kinds, return_inverse=True)
        u = rng.random((draws, len(order)))[:, column]
        unit = stats.triang.ppf(u, mode) if shape == "triangular" else stats.beta.ppf(u, *beta)
    values = np.tile(known.central, (draws, 1))
    values[:, ranged] = low + width * unit
    return values


def _breakeven(valued: Valued, known: Assumptions, k: int) -> float:
    """Value of assumption k at which the ratio is one, all others central; missing where no value that it may take does so.

    The ratio rises or falls throughout with each assumption. Proxy and volunteers' time have no upper limit, shares and the rate lie in 0–1.
    """
    from scipy.optimize import brentq

    def beyond(x: float) -> float:
        values = known.central.copy()
        values[k] = x
        return float(ratios(valued, values[None, :])[0]) - 1.0

    name = known.parameter[k]
    if name == "volunteers":
        found = valued.total - (valued.inputs.cash or 0.0) - (valued.inputs.in_kind or 0.0)
        return found if found >= 0 else np.nan
    if name == "proxy":
        start, slope = beyond(0.0), beyond(1.0) - beyond(0.0)
        found = -start / slope if slope > 0 else np.nan
        return found if found >= 0 else np.nan
    ends = beyond(0.0), beyond(1.0)
    return float(brentq(beyond, 0.0, 1.0)) if ends[0] * ends[1] <= 0 and ends[0] != ends[1] else np.nan
