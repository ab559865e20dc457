"""The instruments used and how they were scored, as tables for the methods appendix; never the wording of an item."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from analysis.survey import estimates, frames, instrument_files, scoring
from analysis.survey import instruments as files
from analysis.survey.design import Sampling
from analysis.survey.instruments import CutOff
from analysis.survey.scoring import Scores

LANGUAGES = ("it", "en")
HEADERS = {
    "form": {"it": "forma", "en": "form"},
    "construct": {"it": "che cosa misura", "en": "what it measures"},
    "cut_offs": {"it": "soglie", "en": "cut-offs"},
    "languages": {"it": "lingue in cui è stato studiato", "en": "languages in which it was studied"},
    "unverified": {"it": "della regola non è verificato", "en": "of the rule, unverified"},
}


def instruments(scores: Scores) -> pd.DataFrame:
    """One row a scale: instrument and form, scale, what it measures, items, responses, range of the score, what a high score means, cut-offs,
    least share of answers, languages in which its properties were studied, what of the rule is unverified, licence, reference.

    Form, cut-offs, languages and what is unverified have a column where some scale has them.
    """
    parts = [(rule, scale, scores.parts[scale]) for scale, rule in scores.rules.items()]
    told = {
        "form": [dict(rule.form_meaning) if rule.form else None for rule, _, _ in parts],
        "cut_offs": [_joined([_cut_off(cut) for cut in part.cut_offs]) for _, _, part in parts],
        "languages": [
            _joined([instrument_files.LANGUAGES[language.code] for language in rule.languages])
            for rule, _, _ in parts
        ],
        "unverified": [None if rule.verified else dict(rule.unverified) for rule, _, _ in parts],
    }
    kept = {key: cells for key, cells in told.items() if any(cells)}
    frame = pd.DataFrame(
        {
            "instrument": [dict(rule.name) for rule, _, _ in parts],
            "scale": [scale for _, scale, _ in parts],
            "construct": [dict(instrument_files.CONSTRUCTS[part.construct]) for _, _, part in parts],
            "items": [len(scores.items[scale]) for _, scale, _ in parts],
            "response": [
                {
                    lang: f"{part.response.low}–{part.response.high}: {part.response.meaning[lang]}"
                    for lang in LANGUAGES
                }
                for _, _, part in parts
            ],
            "score_range": [f"{part.low:g}–{part.high:g}" for _, _, part in parts],
            "high_means": [dict(part.high_means) for _, _, part in parts],
            "least_answered": [rule.least_answered for rule, _, _ in parts],
            **kept,
            "licence": [dict(rule.licence) for rule, _, _ in parts],
            "reference_key": [rule.reference for rule, _, _ in parts],
        }
    )
    frame.attrs["columns"] = {
        **{name: {"text": True} for name in ("instrument", "response", "high_means", "licence")},
        **{name: {"text": True, "header": HEADERS[name]} for name in ("construct", *kept)},
        "items": {"counts": "things"},
        "least_answered": {"unit": "share", "digits": 0, "n": "items"},
    }
    return frame


def _cut_off(cut: CutOff) -> dict[str, str]:
    bound = f"< {cut.below:g}" if cut.below is not None else f"≥ {cut.at_least:g}"
    return {lang: f"{cut.meaning[lang]} ({bound})" for lang in LANGUAGES}


def _joined(texts: Sequence[Mapping[str, str]]) -> dict[str, str] | None:
    return {lang: "; ".join(text[lang] for text in texts) for lang in LANGUAGES} if texts else None


def events(scores: Scores) -> dict[str, dict[str, str]]:
    """Cut-off, as `scoring.cut_offs` names it → what it means, with its scale and its bound."""
    return {
        f"{scale}_{cut.id}": {lang: f"{part.name[lang]}: {_cut_off(cut)[lang]}" for lang in LANGUAGES}
        for scale, part in scores.parts.items()
        for cut in part.cut_offs
    }


def beyond(scores: Scores, sample: Sampling, by: pd.DataFrame | None = None) -> pd.DataFrame | None:
    """The share of persons whose score lies in the range that a cut-off names, of those with a score: cut-off, groups, share with its
    interval, cases, n. None where no scale has a cut-off. A cut-off is a suggestion of its source, not a diagnosis.
    """
    found = scoring.cut_offs(scores)
    shares = {name: estimates.share(found[name], sample, by).table() for name in found}
    return frames.stack(shares, "cut_off") if shares else None


def rules(scores: Scores, study: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """One row a scale: the study's variables, those reversed, rule and multiplier, answers needed, on whose word the rule stands.

    `study`: the codebook's entries by instrument.
    """
    rows = []
    for scale, rule in scores.rules.items():
        part, columns = scores.parts[scale], scores.items[scale]
        turned = [name for name, item in zip(columns, part.items) if item in part.reversed]
        rows.append(
            {
                "scale": scale,
                "variables": ", ".join(columns),
                "reversed": ", ".join(turned) or None,
                "rule": rule.rule,
                "multiply": float(rule.multiply),
                "items": len(columns),
                "needed": rule.needed(len(columns)),
                "rule_basis": "stated" if rule.verified else "confirmed",
                "confirmation": None if rule.verified else scoring.confirmation(study.get(rule.id, {})),
            }
        )
    frame = pd.DataFrame(rows)
    frame.attrs["columns"] = {
        "multiply": {"unit": "number", "digits": 0, "n": "items"},
        "items": {"counts": "things"},
        "needed": {"counts": "things"},
        "confirmation": {"text": True},
    }
    return frame


def answers(
    people: pd.DataFrame, scores: Scores, scales: Sequence[str], sample: Sampling, most: int = 9
) -> pd.DataFrame:
    """How the answers to each item of the scales are spread: item, answer, share with its interval, cases, n.

    Every code allowed is an answer; of more than `most` codes neighbours are merged into three classes, the middle one the widest.
    """
    found = {}
    for scale in scales:
        classes = _classes(list(scores.parts[scale].response.codes), most)
        codes = list(dict.fromkeys(classes.values()))
        for item in scores.items[scale]:
            texts = people[item].astype("Int64").map(classes, na_action="ignore")
            given = pd.Series(pd.Categorical(texts, categories=codes, ordered=True), name=item)
            table = estimates.composition(given, sample).table().rename(columns={item: "answer"})
            columns = dict(table.attrs["columns"])
            columns["share"] = {**columns["share"], "parts": "answer"}
            table.attrs["columns"] = columns
            found[item] = table
    return frames.stack(found, "item")


def _classes(codes: Sequence[int], most: int) -> dict[int, str]:
    """Code → the answer that stands for it: itself, or its third of the codes."""
    if len(codes) <= most:
        return {code: str(code) for code in codes}
    side = len(codes) // 3
    parts = (codes[:side], codes[side : len(codes) - side], codes[len(codes) - side :])
    return {code: f"{part[0]}–{part[-1]}" for part in parts for code in part}


def named(scores: Scores) -> dict[str, dict[str, str]]:
    """Scale → its name, as the instrument's file has it."""
    return {scale: dict(part.name) for scale, part in scores.parts.items()}


def unworded(study: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """A label for each of the study's variables that hold items whose wording may not be printed: the name of the scale and the item's place in
    it. Items that the study does not name go by the names of the instrument's file.

    An instrument that this software does not know is taken as restricted; its own name stands for the scale's.
    """
    known = files.known()
    found: dict[str, dict[str, str]] = {}
    for name, entry in study.items():
        form = str(entry.get("form", "")) or next(iter(files.forms(name) if name in known else ()), "")
        rule = files.instrument(name, form) if name in known else None
        if rule is not None and rule.wording == "free":
            continue
        parts = rule.subscales if rule else {}
        named = {key: list(part.items) for key, part in parts.items()}
        for key, items in entry.items():
            if key == "items" or key.startswith("items_"):
                named[key.removeprefix("items").lstrip("_") or next(iter(parts), name)] = list(items)
        for scale, items in named.items():
            label = parts[scale].name if scale in parts else dict.fromkeys(LANGUAGES, scale)
            for place, item in enumerate(items, start=1):
                alone = len(items) == 1 and scale in parts
                found[item] = {
                    lang: label[lang] if alone else f"{label[lang]}, {place}" for lang in LANGUAGES
                }
    return found
