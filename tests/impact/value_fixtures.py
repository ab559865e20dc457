"""Small made-up services, outcomes and claims with answers that can be worked out by hand, for the tests of value and of evidence."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.impact import claims

HALVES = ((date(2016, 1, 1), date(2016, 6, 30)), (date(2016, 7, 1), date(2016, 12, 31)),
          (date(2017, 1, 1), date(2017, 6, 30)), (date(2017, 7, 1), date(2017, 12, 31)))  # fmt: skip


def catalogue() -> dict:
    raw = tomllib.loads(Path(__file__).with_name("value_words.toml").read_text(encoding="utf-8"))
    return raw["words"] | {"labels": raw["labels"]}


def costs(rows: list[tuple]) -> pd.DataFrame:
    """Rows of semester, service (None: joint), category, euro, in kind."""
    return pd.DataFrame(
        {
            "cost": [f"x{k}" for k in range(len(rows))],
            "date": pd.to_datetime([HALVES[row[0] - 1][0] for row in rows]),
            "service": pd.Series([row[1] for row in rows], dtype="str"),
            "category": [row[2] for row in rows],
            "amount": [float(row[3]) for row in rows],
            "in_kind": pd.Series(["yes" if row[4] else "no" for row in rows], dtype="str"),
            "joint": pd.Series(["yes" if row[1] is None else "no" for row in rows], dtype="str"),
        }
    )


def caseload(rows: list[tuple]) -> pd.DataFrame:
    """Rows of service, semester, persons, outcomes, hours."""
    frame = pd.DataFrame(rows, columns=["service", "semester", "persons", "achieved", "hours"])
    return frame.astype({"semester": "Int64", "persons": "Int64", "achieved": "Int64", "hours": "float"})


def outcomes(**changes: object) -> pd.DataFrame:
    """Oracle row 34 as one outcome, with ranges; `changes` replace its cells."""
    row: dict[str, object] = {
        "outcome": "o1", "name_it": "ore di lavoro ritrovate", "name_en": "hours of work regained", "quantity": 100.0, "unit": "persone",
        "proxy": 100.0, "proxy_low": 80.0, "proxy_high": 150.0, "deadweight": 0.2, "deadweight_low": 0.1, "deadweight_high": 0.4,
        "displacement": 0.1, "displacement_low": 0.0, "displacement_high": 0.2, "attribution": 0.25, "attribution_low": 0.1,
        "attribution_high": 0.5, "drop_off": 0.3, "drop_off_low": 0.1, "drop_off_high": 0.5, "years": 3, "source": "assunzione della prova",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def claim(**changes: object) -> claims.Claim:
    """A difference-in-differences with nothing against it; `changes` replace its facts."""
    facts: dict = {
        "id": "c1", "outcome": "balance", "design": "difference", "n": 200, "estimate": 0.4, "low": 0.1, "high": 0.7, "clusters": 40,
        "treated_clusters": 20, "comparison_clusters": 20, "checks": {"pretrend": 0.4, "attrition": 0.1},
    }  # fmt: skip
    return claims.Claim(**(facts | changes))
