"""What it would be worth to know more before deciding: value of perfect information, of one line's, and of a further survey.

The decision is between doing nothing and one or more options of roll-out. Net benefit of an option = value of a person retained (euro, given by the
user with its source; there is no default) × people retained − cost, for the year that the costs are of. The best option today is the one
of greatest expected net benefit; information is worth what better choices would gain on average (Raiffa and Schlaifer 1961, Applied Statistical
Decision Theory). All options are computed on the same draws.

Lines are independent, so that the value for one line or group is worked out as it is defined, by an outer and an inner integral (Brennan et al. 2007,
Medical Decision Making 27:448), with no regression between them (Strong, Oakley and Brennan 2014, 34:311, need one since they have a single sample). The
outer integral over one line is a sum over equally probable intervals of it, over a group a scrambled Sobol net; the inner one takes scrambled nets in independent
replicates, from which come the standard errors: of the simulation alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import Fault, ParameterError, say
from analysis.scaling import montecarlo, sensitivity
from analysis.scaling.scenario import STEPS, Scenario

NOTHING = "none"
EVERYTHING = "all"
OUTER = 256  # values of the line, or points of the group, a replicate
FINER = 64  # probabilities within each interval of a line
APART = 1 << 20  # where the seeds of the outer nets begin, away from those of the inner ones
WHOLE = 16  # times the inner points, for all lines together
MOST_ASKED = 20_000  # persons of a survey: beyond it the outer values lie too far apart
T_95 = float(stats.t.ppf(0.975, montecarlo.REPLICATES - 1))


@dataclass(frozen=True)
class Option:
    """One way of rolling out: its key, the eligible people of the municipalities served, and how many municipalities these are."""

    key: str
    eligible: float
    places: int


@dataclass(frozen=True)
class Decision:
    """`options` (the first is the status quo), the uncertain `lines` (key → inverse distribution function), and `benefit`: the net benefit (euro) of each
    option at values of the lines, which are mutually broadcastable arrays of equal dimension; returns (options, *shape)."""

    options: tuple[str, ...]
    lines: Mapping[str, Callable[[np.ndarray], np.ndarray]]
    benefit: Callable[[Mapping[str, np.ndarray]], np.ndarray]


def decision(
    scenario: Scenario,
    options: Sequence[Option],
    value: float,
    source: Mapping[str, str],
    relative_error: float = 0.0,
    form: str = "steps",
) -> Decision:
    """The decision between nothing and `options` under the scenario, at `value` euro a person retained, whose `source` {it, en} must be told.

    `relative_error`: of the count of eligible people, a line of its own ("eligible") where it is not zero. Raises ParameterError with every fault.
    """
    keys = [option.key for option in options]
    twice = not keys or len(set(keys)) < len(keys) or NOTHING in keys
    text = ("servono opzioni con chiavi diverse", "options with different keys are needed")
    faults = [*_price_faults("value", [value], source), *sensitivity.wrong_form(scenario, form)]
    faults += _checked((twice, *text, "options", f"≠ {NOTHING}"))
    if faults:
        raise ParameterError(faults)
    entering = sensitivity.entering(scenario, "per_person", form, relative_error)
    varied = [key for key, how in entering.items() if how == "varied"]
    if not varied:
        raise ParameterError(Fault(say("nessuna riga è incerta", "no line is uncertain"), "scenario"))
    people = np.array([option.eligible for option in options])
    places = np.array([option.places for option in options])

    def benefit(values: Mapping[str, np.ndarray]) -> np.ndarray:
        deep = (-1, *(1,) * max((each.ndim for each in values.values()), default=0))
        area = people.reshape(deep), places.reshape(deep)
        retained, cost = sensitivity.outcome(scenario, values, *area, form)
        gain = value * retained - cost
        return np.concatenate([np.zeros_like(gain[:1]), gain])

    return Decision((NOTHING, *keys), sensitivity.quantiles(scenario, varied, relative_error), benefit)


def _checked(*checks: tuple[bool, str, str, str, str]) -> list[Fault]:
    """The faults of the checks that failed: whether it is wrong, in Italian, in English, where, what is allowed."""
    return [Fault(say(it, en), where, allowed) for wrong, it, en, where, allowed in checks if wrong]


def _price_faults(where: str, prices: Sequence[float], source: Mapping[str, str]) -> list[Fault]:
    """Amounts are not negative and not all zero, and their source is told in both languages: there is no default."""
    amiss = not all(np.isfinite(price) and price >= 0 for price in prices) or not any(prices)
    untold = not (source.get("it") and source.get("en"))
    return _checked(
        (amiss, "importo non valido", "no valid amount", where, "> 0 euro"),
        (untold, "l'importo non ha una fonte", "the amount has no source", where, '{ it = "…", en = "…" }'),
    )


def _values(chosen: Decision, points: int, seed: np.random.SeedSequence) -> dict[str, np.ndarray]:
    """Values of every line at `points` of scrambled nets: (replicates, points a replicate) each."""
    power = int(np.ceil(np.log2(points / montecarlo.REPLICATES)))
    made = montecarlo.nets(len(chosen.lines), power, seed)
    return {key: quantile(made[..., k]) for k, (key, quantile) in enumerate(chosen.lines.items())}


def _standard_error(by_replicate: np.ndarray) -> np.ndarray:
    return by_replicate.std(axis=-1, ddof=1) / np.sqrt(by_replicate.shape[-1])


# -- perfect information -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Perfect:
    """Expected net benefit of each option with its standard error, share of draws in which it is the best, and the value of perfect information (euro)."""

    options: tuple[str, ...]
    benefit: np.ndarray
    benefit_error: np.ndarray
    best: np.ndarray
    worth: float
    error: float

    @property
    def choice(self) -> str:
        """The option of greatest expected net benefit."""
        return self.options[int(self.benefit.argmax())]

    def table(self) -> pd.DataFrame:
        """option, net_benefit with _low and _high (95 %, simulation error), best (probability that the option is the best)."""
        frame = pd.DataFrame(
            {
                "option": self.options,
                **_bounded("net_benefit", self.benefit, self.benefit_error),
                "best": self.best,
            }
        )
        frame.attrs["columns"] = {
            "option": {"labels": "option"},
            **_euro("net_benefit"),
            "best": {"unit": "share"},
        }
        return frame


def _bounded(
    name: str, middle: np.ndarray, error: np.ndarray, least: float = -np.inf
) -> dict[str, np.ndarray]:
    """A measure and its 95 % bounds, the lower one not below `least`."""
    low, high = np.maximum(middle - T_95 * error, least), middle + T_95 * error
    return {name: middle, f"{name}_low": low, f"{name}_high": high}


def _euro(name: str) -> dict[str, dict[str, object]]:
    bounds: dict[str, dict[str, object]] = {
        f"{name}_low": {"low_of": name},
        f"{name}_high": {"high_of": name},
    }
    return {name: {"unit": "euro", "digits": 0}, **bounds}


def perfect(chosen: Decision, points: int, seed: int) -> Perfect:
    """EVPI = E[max over options] − max over options of E, on at least `points` draws. Raises ParameterError for too few points."""
    if faults := sensitivity.too_few(points):
        raise ParameterError(faults)
    gains = _gains(chosen, _values(chosen, points, np.random.SeedSequence(seed)))
    means = gains.mean(axis=-1)
    today = means.mean(axis=1)
    gained = (gains.max(axis=0) - gains[today.argmax()]).mean(axis=-1)
    best = np.bincount(gains.argmax(axis=0).ravel(), minlength=len(gains)) / gains[0].size
    worth, error = float(gained.mean()), float(_standard_error(gained))
    return Perfect(chosen.options, today, _standard_error(means), best, worth, error)


def _gains(chosen: Decision, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """Net benefit of every option at every draw, (options, *shape of the values)."""
    found = chosen.benefit(values)
    shape = np.broadcast_shapes(*(each.shape for each in values.values()))
    return np.broadcast_to(found, (len(chosen.options), *shape))


# -- of one line or group ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Partial:
    """Value of perfect information about each of `lines` (or groups), euro, with standard errors; `whole`: about all of them."""

    lines: tuple[str, ...]
    worth: np.ndarray
    error: np.ndarray
    whole: Perfect

    def most(self, among: Sequence[str]) -> str:
        """The line of `among` that is worth most to know, the first of equal ones."""
        held = [(worth, line) for line, worth in zip(self.lines, self.worth) if line in among]
        return max(held, key=lambda each: each[0])[1]

    def table(self) -> pd.DataFrame:
        """line, worth (euro) with _low and _high (95 %, simulation error; not below zero), of_perfect (share of the value of knowing everything); "all" first, then the most valuable."""
        worth = np.append(self.whole.worth, self.worth)
        error = np.append(self.whole.error, self.error)
        frame = pd.DataFrame(
            {
                "line": (EVERYTHING, *self.lines),
                **_bounded("worth", worth, error, 0.0),
                "of_perfect": worth / self.whole.worth if self.whole.worth > 0 else np.nan,
            }
        )
        order = np.append(0, 1 + np.argsort(-self.worth, kind="stable"))
        frame = frame.iloc[order].reset_index(drop=True)
        frame.attrs["columns"] = {
            "line": {"labels": "line"},
            **_euro("worth"),
            "of_perfect": {"unit": "share", "digits": 0},
        }
        return frame


def partial(
    chosen: Decision, points: int, seed: int, groups: Mapping[str, Sequence[str]] | None = None
) -> Partial:
    """EVPPI of every uncertain line alone, or of `groups` (name → lines): E over the group of [max over options of E given it] − max over options of E.

    `points`: of the inner integral, all replicates together. A group of all lines is perfect information on WHOLE × `points` draws, the same as
    `perfect(chosen, WHOLE * points, seed)`. Raises ParameterError for too few points and for lines that are unknown or do not vary.
    """
    asked = groups if groups is not None else {key: [key] for key in chosen.lines}
    unknown = {key for keys in asked.values() for key in keys} - set(chosen.lines)
    text = (f"righe ignote o fisse: {sorted(unknown)}", f"lines unknown or fixed: {sorted(unknown)}")
    faults = sensitivity.too_few(points)
    faults += _checked((bool(unknown), *text, "groups", ", ".join(chosen.lines)))
    if faults:
        raise ParameterError(faults)
    whole = perfect(chosen, WHOLE * points, seed)
    inner = _values(chosen, points, np.random.SeedSequence(seed))
    found = []
    for position, keys in enumerate(asked.values()):
        if set(keys) == set(chosen.lines):
            found.append((whole.worth, whole.error))
        elif len(keys) == 1:
            given = _given(chosen, inner, {keys[0]: _grid(chosen, keys[0])[None]})
            found.append(_weighed(given, _choices(given.mean(axis=1, keepdims=True))))
        else:
            outer = _nets(chosen, list(keys), np.random.SeedSequence(seed, spawn_key=(APART, position)))
            given = _given(chosen, inner, outer)
            found.append(_weighed(given, _choices(given)))
    worth, error = np.array(found).reshape(-1, 2).T
    return Partial(tuple(asked), worth, error, whole)


def _grid(chosen: Decision, key: str) -> np.ndarray:
    """Mean of one line within each of OUTER equally probable intervals, itself the mean over FINER probabilities: exact where benefits are linear in the line."""
    u = (np.arange(OUTER * FINER) + 0.5) / (OUTER * FINER)
    return chosen.lines[key](u).reshape(OUTER, FINER).mean(axis=1)


def _nets(chosen: Decision, keys: Sequence[str], seed: np.random.SeedSequence) -> dict[str, np.ndarray]:
    """Values of a group's lines at OUTER points of scrambled nets: (replicates, OUTER) each."""
    made = montecarlo.nets(len(keys), int(np.log2(OUTER)), seed)
    return {key: chosen.lines[key](made[..., k]) for k, key in enumerate(keys)}


def _given(chosen: Decision, inner: Mapping[str, np.ndarray], outer: Mapping[str, np.ndarray]) -> np.ndarray:
    """Expected net benefit given the outer values of some lines, (options, replicates, outer values).

    `outer`: (replicates or 1, outer values) a line; the mean is over the inner points of the other lines, replicate by replicate.
    """
    rows = []
    for r in range(montecarlo.REPLICATES):
        values = {key: each[r][None, :] for key, each in inner.items()}
        values |= {
            key: np.broadcast_to(each, (montecarlo.REPLICATES, each.shape[-1]))[r][:, None]
            for key, each in outer.items()
        }
        rows.append(_gains(chosen, values).mean(axis=-1))
    return np.stack(rows, axis=1)


def _choices(expected: np.ndarray) -> np.ndarray:
    """Weight with which each option is chosen at each of the equally probable outer values: that of the last axis to the best along the first."""
    every = np.arange(len(expected)).reshape(-1, *(1,) * (expected.ndim - 1))
    return (expected.argmax(axis=0) == every) / expected.shape[-1]


def _weighed(given: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Gain, with its standard error, of choosing with `weights` (options, replicates or 1, values) over the one best option of today; `given` as of `_given`."""
    more = given - given[given.mean(axis=(1, 2)).argmax()]
    gained = (more * weights).sum(axis=(0, 2))
    return float(gained.mean()), float(_standard_error(gained))


# -- of a survey -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """Value of surveys of `persons` (array) on the take-up rate `line`, with standard errors, their cost (euro), and `limit`: the value of knowing the rate itself."""

    line: str
    persons: np.ndarray
    worth: np.ndarray
    error: np.ndarray
    cost: np.ndarray
    limit: float
    limit_error: float

    @property
    def best(self) -> int:
        """The size of greatest net value among those asked about; 0 where none is worth its cost."""
        net = self.worth - self.cost
        return int(self.persons[net.argmax()]) if net.max() > 0 else 0

    def table(self) -> pd.DataFrame:
        """line, asked (persons), worth with _low and _high (euro; 95 %, simulation error), survey_cost, net_worth with _low and _high, rate_worth (of knowing the rate itself)."""
        worth = _bounded("worth", self.worth, self.error, 0.0)
        frame = pd.DataFrame(
            {
                "line": self.line,
                "asked": self.persons.astype(float),
                **worth,
                "survey_cost": self.cost,
                **{name.replace("worth", "net_worth"): each - self.cost for name, each in worth.items()},
                "rate_worth": self.limit,
            }
        )
        frame.attrs["columns"] = {
            "line": {"labels": "line"},
            "asked": {"unit": "persons"},
            **_euro("worth"),
            "survey_cost": {"unit": "euro", "digits": 0},
            **_euro("net_worth"),
            "rate_worth": {"unit": "euro", "digits": 0},
        }
        return frame


def survey(
    chosen: Decision,
    line: str,
    persons: Sequence[int],
    fixed_cost: float,
    person_cost: float,
    source: Mapping[str, str],
    points: int,
    seed: int,
    design_effect: float = 1.0,
) -> Survey:
    """EVSI of asking n people who reached the step before whether they take the step `line` (aware, interested, enrolled, retained), for each n of `persons`.

    The number of those who do is binomial with n / `design_effect` trials (rounded) at the unknown rate; its distribution, and the rate's after it, are worked out from the
    line's own distribution on OUTER values of equal probability, with no beta or normal put in its place (Ades, Lu and Claxton 2004, Medical
    Decision Making 24:207, do so for a conjugate pair). It is taken that all answer, and truly: what people say and what they do may differ. The cost is
    `fixed_cost` + `person_cost` × n euro, whose `source` {it, en} must be told. Raises ParameterError with every fault.
    """
    asked = np.asarray(persons)
    rates = ", ".join(key for key in chosen.lines if key in STEPS)
    sizes = f"1–{MOST_ASKED}"
    no_rate = line not in chosen.lines or line not in STEPS
    no_size = not len(asked) or asked.min() < 1 or asked.max() > MOST_ASKED
    faults = [
        *sensitivity.too_few(points),
        *_price_faults("fixed_cost, person_cost", [fixed_cost, person_cost], source),
        *_checked(
            (no_rate, f"«{line}» non è una quota incerta", f"'{line}' is no uncertain rate", "line", rates),
            (no_size, "numero di persone non valido", "no valid number of persons", "persons", sizes),
            (design_effect < 1, "effetto non valido", "no valid effect", "design_effect", "≥ 1"),
        ),
    ]
    if faults:
        raise ParameterError(faults)
    rate = _grid(chosen, line)
    inner = _values(chosen, points, np.random.SeedSequence(seed))
    given = _given(chosen, inner, {line: rate[None]})
    trials = np.maximum(1, np.rint(asked / design_effect)).astype(int)
    found = np.array([_weighed(given, _after(given.mean(axis=1), rate, int(n))) for n in trials])
    limit, limit_error = _weighed(given, _choices(given.mean(axis=1, keepdims=True)))
    spent = fixed_cost + person_cost * asked.astype(float)
    return Survey(line, asked, found[:, 0], found[:, 1], spent, limit, limit_error)


def _after(expected: np.ndarray, rate: np.ndarray, trials: int) -> np.ndarray:
    """Weight with which each option is chosen at each value of the rate, after a survey of `trials`: (options, 1, values).

    likelihood (outcomes, values) / values is the joint probability of outcome and value; at each outcome the option with the greatest
    expected net benefit after it is chosen.
    """
    joint = stats.binom.pmf(np.arange(trials + 1)[:, None], trials, rate) / len(rate)
    best = (joint @ expected.T).argmax(axis=1)
    return ((best == np.arange(len(expected))[:, None]).astype(float) @ joint)[:, None]
