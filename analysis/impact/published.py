"""Figures that others have published of a programme: one row a source, those that do not agree side by side, and what share one is of another.

What belongs here: reading and comparing published figures. What does not: any estimate; a published figure has no error of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.rows import required, where

COLUMNS = ("claim", "topic_it", "topic_en", "value", "unit", "source", "note_it", "note_en")
EURO = "EUR"
PART, WHOLE = "grants-", "value-"
CAP = "max-share"


@dataclass(frozen=True, eq=False)
class Published:
    """The figures in euros of a table of claims, in its order; `frame` holds COLUMNS."""

    frame: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """One row a figure: topic, value in euros, source, what the source adds, whether another source of the same topic gives another value (`agrees`)."""
        found = self.frame
        table = pd.DataFrame(
            {
                "topic": _both(found, "topic"),
                "value": found["value"],
                "claim_source": found["source"].astype(str),
                "note": _both(found, "note"),
                "agrees": self._agrees(),
                "sources": 1,
            }
        )
        table.attrs["columns"] = {
            "topic": {"text": True},
            "value": {"unit": "euro", "n": "sources"},
            "note": {"text": True},
            "agrees": {"labels": "agrees"},
            "sources": {"counts": "things", "hidden": True},
        }
        return table

    def _agrees(self) -> list[str]:
        same = self.frame.groupby("topic_it")["value"]
        several, values = same.transform("size") > 1, same.transform("nunique")
        return ["alone" if not more else "yes" if one == 1 else "no" for more, one in zip(several, values)]

    @property
    def disagreeing(self) -> int:
        """Topics of which the sources give different values."""
        return int((self.frame.groupby("topic_it")["value"].nunique() > 1).sum())

    def shares(self) -> pd.DataFrame:
        """One row a part and its whole, `grants-X` or `grants-X-source` over `value-X`: both in euros, with their sources, and their ratio.

        Empty where no figure has a whole. The ratio of two published figures is as sure as they are.
        """
        claim = self.frame["claim"].astype(str)
        wholes = self.frame[claim.str.startswith(WHOLE)].assign(about=claim.str.removeprefix(WHOLE))
        parts = self.frame[claim.str.startswith(PART)].assign(
            about=claim.str.removeprefix(PART).str.split("-").str[0]
        )
        pairs = parts.merge(wholes, on="about", suffixes=("", "_whole"), how="inner")
        table = pd.DataFrame(
            {
                "part": pairs["value"],
                "claim_source": pairs["source"].astype(str),
                "whole": pairs["value_whole"],
                "source_whole": pairs["source_whole"].astype(str),
                "share_of_whole": pairs["value"] / pairs["value_whole"],
                "sources": 1,
            }
        )
        table.attrs["columns"] = {
            "part": {"unit": "euro", "n": "sources"},
            "whole": {"unit": "euro", "n": "sources"},
            "share_of_whole": {"unit": "share", "digits": 1, "n": "sources"},
            "sources": {"counts": "things", "hidden": True},
        }
        return table


def published(claims: pd.DataFrame) -> Published:
    """The figures in euros of the table `claims`; a value that is missing, zero or negative, or a claim written twice, is refused with its rows."""
    required("claims", claims, COLUMNS)
    faults = []
    bad = ~(claims["value"].astype(float) > 0)
    if bad.any():
        what = say("il valore non è maggiore di zero", "the value is not above zero")
        faults.append(Fault(what, where("claims", bad), "value > 0"))
    twice = claims["claim"].duplicated(keep=False)
    if twice.any():
        what = say("affermazione scritta due volte", "claim written twice")
        faults.append(Fault(what, where("claims", twice), say("una riga per fonte", "a row for each source")))
    if faults:
        raise EstimateError(faults)
    euros = claims[claims["unit"].astype(str) == EURO].reset_index(drop=True)
    return Published(euros.assign(value=euros["value"].astype(float)))


def caps(rules: pd.DataFrame) -> pd.DataFrame:
    """The largest share that the funder pays, by edition of the call: only the editions whose rules state it, each with its source."""
    required("call_rules", rules, ("edition", "year", "rule", "value_it", "value_en", "source"))
    found = rules[rules["rule"].astype(str) == CAP].reset_index(drop=True)
    table = pd.DataFrame(
        {
            "edition": found["edition"].astype(str),
            "year": [None if pd.isna(year) else str(int(year)) for year in found["year"]],
            "cap": _both(found, "value"),
            "claim_source": found["source"].astype(str),
        }
    )
    table.attrs["columns"] = {"cap": {"text": True}}
    return table


def _both(frame: pd.DataFrame, field: str) -> list[dict[str, str] | None]:
    """Bilingual text of the columns `field`_it and `field`_en; None where both are missing."""
    pairs = zip(frame[f"{field}_it"], frame[f"{field}_en"])
    return [None if pd.isna(it) and pd.isna(en) else {"it": str(it), "en": str(en)} for it, en in pairs]
