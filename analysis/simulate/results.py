"""Practices, statements and votes, logical framework, indicators with their values, maturity ratings and benchmarks of a simulated study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import truth as truths
from analysis.simulate.calendar import Calendar
from analysis.simulate.network import ids
from analysis.simulate.write import stream

SURVEYED = ("conflict", "panel")  # indicators whose baseline is the first measurement
OCCASIONAL = ("adaptation", "reason", "setback")  # of a practice, where there is one


def practices(catalogue: Mapping[str, Any], seed: int, source: str) -> pd.DataFrame:
    """The method as practised: texts from the catalogue, hours done drawn around those planned."""
    rng = stream(seed, "practices")
    rows = pd.DataFrame(catalogue["practices"])
    texts = {
        f"{name}_{language}": rows[name].str[language]
        for name in ("name", "purpose", "tool", "who", "input", "output", *OCCASIONAL, "lesson")
        for language in ("it", "en")
    }
    done = np.rint(rows["hours"] * np.exp(0.2 * rng.standard_normal(len(rows))))
    frame = pd.DataFrame(
        {
            "practice": ids("p", len(rows)),
            "phase": rows["phase"],
            "step": rows.groupby("phase").cumcount() + 1,
            **texts,
            "hours_planned": rows["hours"],
            "hours_done": done,
            "core": rows["core"],
            "source": source,
        }
    )
    order = [
        "practice",
        "phase",
        "step",
        "name_it",
        "name_en",
        "purpose_it",
        "purpose_en",
        "tool_it",
        "tool_en",
        "who_it",
        "who_en",
    ]
    order += [
        "hours_planned",
        "hours_done",
        "input_it",
        "input_en",
        "output_it",
        "output_en",
        "core",
        *(f"{name}_{language}" for name in OCCASIONAL for language in ("it", "en")),
        "lesson_it",
        "lesson_en",
        "source",
    ]
    return frame[order]


def statements(catalogue: Mapping[str, Any], source: str) -> pd.DataFrame:
    """The statements put to the vote, as the catalogue has them."""
    text = pd.Series([entry["text"] for entry in catalogue["statements"]])
    return pd.DataFrame(
        {
            "statement": ids("t", len(text)),
            "text_it": text.str["it"],
            "text_en": text.str["en"],
            "source": source,
        }
    )


def votes(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int, listed: pd.DataFrame
) -> pd.DataFrame:
    """Votes of persons of three groups of opinion on the `listed` statements; not everyone sees every one."""
    rng = stream(seed, "votes")
    p = truth["votes"]
    lean = np.array([entry["lean"] for entry in catalogue["statements"]]).T
    group = rng.choice(len(p["shares"]), p["persons"], p=p["shares"])
    shape = (p["persons"], len(listed))
    agrees = rng.random(shape) < 1 / (1 + np.exp(-p["strength"] * lean[group]))
    vote = np.where(agrees, "agree", "disagree").astype(object)
    vote[rng.random(shape) < p["pass"]] = "pass"
    person, statement = np.nonzero(rng.random(shape) < p["seen"])
    return pd.DataFrame(
        {
            "person": ids("q", p["persons"])[person],
            "statement": listed["statement"].to_numpy()[statement],
            "vote": vote[person, statement],
        }
    )


def logframe(catalogue: Mapping[str, Any]) -> pd.DataFrame:
    """The logical framework as the catalogue has it."""
    rows = pd.DataFrame(catalogue["logframe"])
    return pd.DataFrame(
        {
            "result": rows["result"],
            "level": rows["level"],
            "statement_it": rows["statement"].str["it"],
            "statement_en": rows["statement"].str["en"],
            "parent": rows["parent"],
            "assumption_it": rows["assumption"].str["it"],
            "assumption_en": rows["assumption"].str["en"],
            "owner": rows["owner"],
        }
    )


def served(truth: Mapping[str, Any], seed: int, when: Calendar, offers: pd.DataFrame) -> pd.Series:
    """Persons who receive a service in each semester, indexed by its end: Poisson around a mean for each open service that grows."""
    rng, ends = stream(seed, "outcomes"), when.semester_ends()
    growth = (1 + truth["results"]["growth"]) ** np.arange(len(ends))
    mean = truth["results"]["people_per_service_semester"] * _open(offers, ends) * growth
    return pd.Series(rng.poisson(mean), ends)


def _open(offers: pd.DataFrame, ends: pd.DatetimeIndex) -> np.ndarray:
    return np.array([(offers["started"] <= day).sum() for day in ends])


def outcomes(
    catalogue: Mapping[str, Any],
    when: Calendar,
    tables: Mapping[str, pd.DataFrame],
    people: pd.Series,
    surveys: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Values of every indicator: counted in the study's own tables at the end of each semester (cumulated where it says so), or surveyed.

    people: what `served` returns; surveys: date, value and n by how an indicator is counted.
    """
    ends = when.semester_ends()
    ledger = tables["money"]
    own = ledger.loc[ledger["status"].eq("received") & ledger["source_kind"].ne("lead-funder")]
    delivered = tables["matches"].loc[tables["matches"]["status"].eq("delivered"), "date"]
    agreed = tables["mediation"].loc[tables["mediation"]["result"].eq("agreement"), "date"]
    helpers = tables["people"]
    series = {
        "services": _open(tables["services"], ends),
        "people": people.to_numpy(),
        "matches": np.array([(delivered <= day).sum() for day in ends]),
        "events": np.array([(tables["events"]["date"] <= day).sum() for day in ends]),
        "agreements": np.array([(agreed <= day).sum() for day in ends]),
        "money": np.array([own.loc[own["date"] <= day, "amount"].sum() for day in ends]),
        "volunteers": np.array(
            [((helpers["first_shift"] <= day) & ~(helpers["left"] <= day)).sum() for day in ends]
        ),
    }
    counted = pd.concat(
        [
            pd.DataFrame(
                {"indicator": entry["indicator"], "date": ends, "value": series[entry["how"]].astype(float)}
            )
            for entry in catalogue["indicators"]
            if entry["how"] in series
        ]
    ).assign(n=pd.NA)
    surveyed = [
        surveys[entry["how"]].assign(indicator=entry["indicator"])[["indicator", "date", "value", "n"]]
        for entry in catalogue["indicators"]
        if entry["how"] in surveys
    ]
    frame = pd.concat([*surveyed, counted], ignore_index=True).astype({"n": "Int64"})
    listed = [entry["indicator"] for entry in catalogue["indicators"]]
    frame["rank"] = frame["indicator"].map(listed.index)
    return frame.sort_values(["rank", "date"], ignore_index=True).drop(columns="rank")


def indicators(
    truth: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    when: Calendar,
    values: pd.DataFrame,
    source: str,
) -> pd.DataFrame:
    """Indicators with their baseline (nothing yet, the first measurement, or none) and target (baseline plus the planned change, or as it stands)."""
    rows = pd.DataFrame(catalogue["indicators"])
    first = values.groupby("indicator").first()
    change = rows["target_change"].fillna(rows["target_of"].map({"fundraising": truths.to_raise(truth)}))
    surveyed, unknown = rows["how"].isin(SURVEYED), change.isna()
    baseline = rows["indicator"].map(first["value"]).where(surveyed, 0.0).mask(unknown)
    dates = rows["indicator"].map(first["date"]).where(surveyed, pd.Timestamp(when.start)).mask(unknown)
    return pd.DataFrame(
        {
            "indicator": rows["indicator"],
            "result": rows["result"],
            "name_it": rows["name"].str["it"],
            "name_en": rows["name"].str["en"],
            "unit": rows["unit"],
            "definition_it": rows["definition"].str["it"],
            "definition_en": rows["definition"].str["en"],
            "disaggregation": rows["disaggregation"].str["it"],
            "disaggregation_en": rows["disaggregation"].str["en"],
            "direction": rows["direction"],
            "baseline": baseline,
            "baseline_date": dates,
            "target": np.round(baseline + change, 3).fillna(rows["target"]),
            "target_date": pd.Timestamp(when.end),
            "dac": rows["dac"],
            "source": source,
            "frequency": rows["frequency"],
        }
    )


def maturity(truth: Mapping[str, Any], catalogue: Mapping[str, Any], seed: int) -> pd.DataFrame:
    """Ratings of every item of the scaling instruments by three raters; items are named by their number or key."""
    rng = stream(seed, "maturity")
    texts, p = catalogue["maturity"], truth["maturity"]
    items = {
        "msi": [f"msi-{i:02d}" for i in range(1, texts["msi_questions"] + 1)],
        **{name: texts[name] for name in ("isat", "correct", "re-aim")},
    }
    grid = pd.DataFrame(
        [(item, name) for name, keys in items.items() for item in keys], columns=["item", "instrument"]
    )
    level = grid["instrument"].map(p["mean"]) + 0.4 * rng.standard_normal(len(grid))
    grid = grid.assign(mean=level).merge(pd.Series(texts["raters"], name="rater"), how="cross")
    least = np.where(grid["instrument"] == "msi", 1, 0)
    rated = np.clip(np.rint(grid["mean"] + p["sd"] * rng.standard_normal(len(grid))), least, 3).astype(int)
    return grid[["item", "instrument", "rater"]].assign(level=rated, comment=None)


def reached(truth: Mapping[str, Any], seed: int, source: str) -> pd.DataFrame:
    """People reached by the services by sex and age, each counted once."""
    rng = stream(seed, "reached")
    p = truth["reached"]
    shares = np.outer([p["women"], 1 - p["women"]], np.array(p["ages"]) / sum(p["ages"]))
    sex, age = np.indices(shares.shape)
    return pd.DataFrame(
        {
            "sex": np.array(["f", "m"])[sex.ravel()],
            "age_from": np.array([18, 25, 35, 45, 55])[age.ravel()],
            "age_to": np.array([24, 34, 44, 54, 64])[age.ravel()],
            "persons": rng.multinomial(p["persons"], shares.ravel()),
            "source": source,
        }
    )


def benchmarks(truth: Mapping[str, Any], catalogue: Mapping[str, Any], year: int) -> pd.DataFrame:
    """The simulator's own truth for the city at ages 18–64, to check the simulator (never a finding)."""
    ages = {"it": "persone di 18-64 anni", "en": "people aged 18-64"}
    women = {"it": "donne di 18-64 anni", "en": "women aged 18-64"}
    men = {"it": "uomini di 18-64 anni", "en": "men aged 18-64"}
    wording = {
        "care-load": {
            "it": "con figli sotto i 15 anni o familiari da assistere",
            "en": "with children under 15 or relatives to care for",
        },
        "care-relatives": {
            "it": "che assistono familiari (con o senza figli)",
            "en": "who care for relatives (with or without children)",
        },
        "care-both": {
            "it": "con figli sotto i 15 anni e familiari da assistere",
            "en": "with children under 15 and relatives to care for",
        },
    }
    rows = []
    for sex, whom, sexes in (("all", ages, truths.SEXES), ("f", women, ("f",)), ("m", men, ("m",))):
        shares = truths.prevalence(truth, 18, 64, sexes)
        values = {
            "care-load": 1 - shares["none"],
            "care-relatives": shares["relatives"] + shares["both"],
            "care-both": shares["both"],
        }
        rows += [
            {
                "concept": concept,
                "value": round(value, 4),
                "unit": "share",
                "numerator_it": f"{whom['it']} {wording[concept]['it']}",
                "numerator_en": f"{whom['en']} {wording[concept]['en']}",
                "denominator_it": whom["it"],
                "denominator_en": whom["en"],
                "age_from": 18,
                "age_to": 64,
                "sex": sex,
                "place": catalogue["territory"]["provinces"][0],
                "year": year,
                "source": catalogue["texts"]["benchmark_source"],
                "url": None,
            }
            for concept, value in values.items()
        ]
    frame = pd.DataFrame(rows)
    frame.insert(0, "benchmark", ids("b", len(frame)))
    return frame
