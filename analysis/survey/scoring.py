"""Scales from items by the rules of the instruments; a rule that nobody has confirmed is not applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.survey import instruments
from analysis.survey.instruments import Instrument, Subscale
from analysis.survey.stages import Floats


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores (n × subscales), the number of answered items (n × subscales), the range, the items and the instrument of each subscale."""

    values: pd.DataFrame
    answered: pd.DataFrame
    ranges: dict[str, tuple[float, float]]
    items: dict[str, list[str]]
    rules: dict[str, Instrument]
    parts: dict[str, Subscale]

    def beside(self, other: Scores) -> Scores:
        """The scores of two instruments over the same rows, side by side; nothing is added up."""
        return Scores(
            self.values.join(other.values),
            self.answered.join(other.answered),
            self.ranges | other.ranges,
            self.items | other.items,
            self.rules | other.rules,
            self.parts | other.parts,
        )

    def of(self, *constructs: str) -> list[str]:
        """The scales that measure one of these constructs."""
        return [scale for scale, part in self.parts.items() if part.construct in constructs]

    def with_total(self) -> Scores:
        """The same with the total that the instrument's form defines, over all its subscales and nothing else; any other sum is refused."""
        rule = next(iter(self.rules.values()))
        parts = list(self.parts.values())
        if rule.total is None or len({(part.construct, part.worse) for part in parts}) != 1:
            raise EstimateError(
                Fault(
                    say(
                        "sottoscale di significato diverso non si sommano",
                        "subscales of different meaning are not added up",
                    ),
                    f"instruments.{rule.id}",
                    ", ".join(self.parts),
                )
            )
        if list(self.parts) != list(rule.subscales) or any(own != rule for own in self.rules.values()):
            raise EstimateError(
                Fault(
                    say(
                        "il totale vuole le sottoscale di una forma, tutte e sole",
                        "a total takes the subscales of one form, all of them and no other",
                    ),
                    f"instruments.{rule.id}: {', '.join(self.parts)}",
                    ", ".join(rule.subscales),
                )
            )
        key, total = rule.total.key, rule.total
        items = [item for own in self.items.values() for item in own]
        whole = Subscale(
            tuple(i for part in parts for i in part.items), tuple(i for part in parts for i in part.reversed),
            total.low, total.high, total.name, parts[0].high_means, parts[0].construct, parts[0].worse, (), parts[0].response,
        )  # fmt: skip
        return Scores(
            self.values.assign(**{key: self.values.sum(axis=1, skipna=False)}),
            self.answered.assign(**{key: self.answered.sum(axis=1)}),
            self.ranges | {key: (total.low, total.high)},
            self.items | {key: items},
            self.rules | {key: rule},
            self.parts | {key: whole},
        )

    def table(self) -> pd.DataFrame:
        """One row a subscale: persons with a score, persons with too few answers, shares at floor and ceiling."""
        scored = self.values.notna().sum()
        low = pd.Series({name: bounds[0] for name, bounds in self.ranges.items()})
        high = pd.Series({name: bounds[1] for name, bounds in self.ranges.items()})
        floor, ceiling = (self.values == low).sum(), (self.values == high).sum()
        frame = pd.DataFrame(
            {
                "scale": list(self.values),
                "floor": (floor / scored).to_numpy(),
                "ceiling": (ceiling / scored).to_numpy(),
                "floor_cases": floor.to_numpy(),
                "ceiling_cases": ceiling.to_numpy(),
                "too_few_answers": ((self.answered > 0) & self.values.isna()).sum().to_numpy(),
                "n": scored.to_numpy(),
            }
        )
        frame.attrs["columns"] = {
            "floor": {"unit": "share", "digits": 1, "n": "n", "cases": "floor_cases"},
            "ceiling": {"unit": "share", "digits": 1, "n": "n", "cases": "ceiling_cases"},
            "floor_cases": {"counts": "persons", "hidden": True},
            "ceiling_cases": {"counts": "persons", "hidden": True},
            "too_few_answers": {"counts": "things"},  # answers not given are no class of persons
            "n": {"counts": "persons"},
        }
        return frame


def scores(frame: pd.DataFrame, study: Mapping[str, Mapping[str, Any]]) -> Scores:
    """The scores of every instrument of the study's codebook, side by side; the faults of all at once.

    An instrument of which the frame holds no item at all was not asked in this wave and is left out.
    """
    found: Scores | None = None
    faults: list[Fault] = []
    unasked: list[str] = []
    for name, entry in study.items():
        try:
            plan = _plan(name, entry)
            if not any(item in frame for items in plan.columns.values() for item in items):
                unasked.append(name)
                continue
            own = _scored(frame, plan)
        except EstimateError as error:
            faults += error.faults
            continue
        both = set(own.values) & set(found.values) if found else set()
        faults += [
            Fault(
                say("due strumenti con la stessa scala", "two instruments with the same scale"),
                f"instruments, {key}",
            )
            for key in sorted(both)
        ]
        found = own if found is None or both else found.beside(own)
    if not faults and found is None:
        what = (
            say(
                "la rilevazione non ha alcuna domanda degli strumenti",
                "the wave has no item of the instruments",
            )
            if unasked
            else say("il codebook non nomina strumenti", "the codebook names no instrument")
        )
        faults.append(Fault(what, "instruments", ", ".join(unasked or instruments.known())))
    if faults or found is None:
        raise EstimateError(faults)
    return found


def score(
    frame: pd.DataFrame, name: str, study: Mapping[str, Any] | None = None, only: Sequence[str] | None = None
) -> Scores:
    """Scores of each row by the instrument's rule, missing below the least share of answered items.

    `study` is the codebook's entry for the instrument: `form`, where there are several; `confirmed` (who confirmed the scoring, when, why), needed
    where the file marks the rule unverified; `items_<subscale>` (or `items`, where there is one), the study's names of the items.
    Subscales are never added up, unless the form itself defines a total. Refuses absent items and codes that are neither an
    answer nor one of the instrument's missing codes, all at once.
    """
    return _scored(frame, _plan(name, study or {}, only))


@dataclass(frozen=True, eq=False)
class _Plan:
    """What of an instrument is scored, from which columns, and whether with the form's total."""

    rule: Instrument
    chosen: dict[str, Subscale]
    columns: dict[str, list[str]]
    total: bool


def _plan(name: str, study: Mapping[str, Any], only: Sequence[str] | None = None) -> _Plan:
    """The codebook's entry against the instrument's file."""
    rule = instruments.instrument(name, str(study.get("form", "")))
    one = len(rule.subscales) == 1
    allowed = ["confirmed", *(f"items_{key}" for key in rule.subscales), *(["items"] if one else [])]
    allowed += ["form"] if rule.form else []
    faults = [
        Fault(
            say(f"{key} non è previsto", f"{key} is not foreseen"), f"instruments.{name}", ", ".join(allowed)
        )
        for key in study
        if key not in allowed and not (key == "form" and not study[key])
    ]
    if not rule.verified and not all(text.strip() for text in confirmation(study).values()):
        faults.append(
            Fault(
                say(
                    f"la regola di punteggio non è verificata: {rule.unverified['it']}",
                    f"the scoring rule is not verified: {rule.unverified['en']}",
                ),
                f"instruments.{name}",
                next_step=say(
                    f"Confermatela nel codebook: [instruments.{name}] confirmed = chi, quando, perché.",
                    f"Confirm it in the codebook: [instruments.{name}] confirmed = who, when, why.",
                ),
            )
        )
    if faults:
        raise EstimateError(faults)
    chosen = _chosen(rule, only)
    whole = study.get("items") if one else None
    columns = {key: list(study.get(f"items_{key}", whole or part.items)) for key, part in chosen.items()}
    every = [item for items in columns.values() for item in items]
    faults = [
        Fault(
            say(f"{item} compare due volte", f"{item} occurs twice"),
            f"instruments.{name}",
            say("ogni domanda una volta sola", "each item once"),
        )
        for item in dict.fromkeys(every)
        if every.count(item) > 1
    ]
    for key, items in columns.items():
        expected = len(chosen[key].items)
        if not items or (expected and len(items) != expected):
            faults.append(
                Fault(
                    say(f"{len(items)} domande", f"{len(items)} items"),
                    f"instruments.{name}.items_{key}",
                    str(expected or "≥ 1"),
                )
            )
    if faults:
        raise EstimateError(faults)
    return _Plan(rule, chosen, columns, rule.total is not None and not only)


def _scored(frame: pd.DataFrame, plan: _Plan) -> Scores:
    rule, chosen, columns = plan.rule, plan.chosen, plan.columns
    answers = _answers(frame, plan)
    values, answered = {}, {}
    for key, part in chosen.items():
        turned = np.isin(part.items or columns[key], part.reversed)
        items = np.where(turned, part.response.low + part.response.high - answers[key], answers[key])
        values[key], answered[key] = _points(rule, items)
    found = Scores(
        pd.DataFrame(values, index=frame.index),
        pd.DataFrame(answered, index=frame.index),
        {key: (part.low, part.high) for key, part in chosen.items()},
        columns,
        dict.fromkeys(chosen, rule),
        chosen,
    )
    return found.with_total() if plan.total else found


def _chosen(rule: Instrument, only: Sequence[str] | None) -> dict[str, Subscale]:
    unknown = [key for key in only or () if key not in rule.subscales]
    if unknown:
        raise EstimateError(
            [
                Fault(
                    say(f"sottoscala sconosciuta: {key}", f"unknown subscale: {key}"),
                    f"instruments.{rule.id}",
                    ", ".join(rule.subscales),
                )
                for key in unknown
            ]
        )
    return {key: rule.subscales[key] for key in (only or rule.subscales)}


def _points(rule: Instrument, items: Floats) -> tuple[Floats, np.ndarray]:
    """Scores and answered items (n,) from answers of aligned polarity (n, k)."""
    count = (~np.isnan(items)).sum(axis=1)
    total = np.nansum(items, axis=1)
    points = total / np.maximum(count, 1) if rule.rule == "mean" else total
    return np.where(count >= rule.needed(items.shape[1]), points * rule.multiply, np.nan), count


def cut_offs(found: Scores) -> pd.DataFrame:
    """Whether each row's score lies in the range that a cut-off names (n × cut-offs), `<scale>_<cut-off>`; missing without a score."""
    events = {}
    for scale, part in found.parts.items():
        for cut in part.cut_offs:
            score_ = found.values[scale]
            inside = score_ < cut.below if cut.below is not None else score_ >= cut.at_least
            events[f"{scale}_{cut.id}"] = inside.astype("boolean").mask(score_.isna())
    return pd.DataFrame(events, index=found.values.index)


def confirmation(study: Mapping[str, Any]) -> dict[str, str]:
    """Who confirmed the scoring, in both languages, as the codebook has it: a text, or one in each."""
    given = study.get("confirmed", "")
    return {lang: str(given.get(lang, "") if isinstance(given, Mapping) else given) for lang in ("it", "en")}


def _answers(frame: pd.DataFrame, plan: _Plan) -> dict[str, Floats]:
    """Answers by subscale (n, items), missing codes as NaN; every fault at once."""
    faults: list[Fault] = []
    found: dict[str, Floats] = {}
    for key, items in plan.columns.items():
        part, values = plan.chosen[key], []
        for place, item in enumerate(items):
            if item not in frame:
                where = f"{plan.rule.id}.{key}: {item}"
                faults.append(Fault(say("manca la domanda", "the item is absent"), where))
                continue
            missing = sorted(plan.rule.missing.get(part.items[place] if part.items else item, {}))
            codes, unreadable = _numbers(frame[item])
            codes = np.where(np.isin(codes, missing), np.nan, codes)
            wrong = unreadable | ~(np.isnan(codes) | np.isin(codes, list(part.response.codes)))
            if wrong.any():
                faults.append(_out_of_range(part, missing, frame[item][wrong]))
            values.append(codes)
        found[key] = np.column_stack(values) if values else np.zeros((len(frame), 0))
    if faults:
        raise EstimateError(faults)
    return found


def _numbers(column: pd.Series) -> tuple[Floats, np.ndarray]:
    """The codes of a column as numbers, and where it holds what is no number (words, yes and no)."""
    empty = column.isna().to_numpy()
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    if pd.api.types.is_bool_dtype(column):
        return np.full(len(column), np.nan), ~empty
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float), np.zeros(len(column), dtype=bool)
    codes = pd.to_numeric(column, errors="coerce").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    return codes, np.isnan(codes) & ~empty


def _out_of_range(part: Subscale, missing: Sequence[int], wrong: pd.Series) -> Fault:
    """One item's codes that are neither an answer nor a missing code: how many, which, the first row."""
    response, most = part.response, 5
    allowed = f"{response.low}–{response.high}" if response.step == 1 else ", ".join(map(str, response.codes))
    if missing:
        allowed += say("; mancanti: ", "; missing: ") + ", ".join(map(str, missing))
    distinct = list(dict.fromkeys(f"{code:g}" if isinstance(code, float) else str(code) for code in wrong))
    listed = ", ".join(distinct[:most]) + (" …" if len(distinct) > most else "")
    return Fault(
        say(
            f"{len(wrong)} codici che non sono risposte né codici mancanti noti: {listed}",
            f"{len(wrong)} codes that are neither answers nor known missing codes: {listed}",
        ),
        say(f"{wrong.name}, riga {wrong.index[0]}", f"{wrong.name}, row {wrong.index[0]}"),
        allowed,
        say("Dichiarate nel codebook i codici mancanti.", "Declare missing codes in the codebook."),
    )
