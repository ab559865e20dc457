"""Every pair of kinds of campaign by the cost to raise a euro."""

from __future__ import annotations

import itertools

import pandas as pd

from analysis.resources.campaigns import DONORS, Efficiency, compare


def pairs(found: Efficiency) -> pd.DataFrame:
    """One row a pair of kinds of campaign that raised something: as `Comparison.table`, with what stands behind it as donors or as campaigns. Many pairs: some interval may leave out zero by chance. A pair with a kind of few donors is withheld with it."""
    raised = found.rows[found.rows["sums"]].groupby("kind")["raised"].sum()
    made = [compare(found, one, other) for one, other in itertools.combinations(raised.index[raised > 0], 2)]
    donors = found.by_kind().set_index("kind")["donors"]
    fewest = [min(donors[each.one], donors[each.other]) for each in made]
    frame = pd.DataFrame(
        {
            "one": [each.one for each in made],
            "other": [each.other for each in made],
            "difference": [each.estimate for each in made],
            "low": [each.low for each in made],
            "high": [each.high for each in made],
            "donors": [each.n if each.basis == DONORS else None for each in made],
            "campaigns": [None if each.basis == DONORS else each.n for each in made],
            "basis": [each.basis for each in made],
            "fewest": fewest,
        }
    )
    frame[["donors", "campaigns"]] = frame[["donors", "campaigns"]].astype(float)
    frame.attrs["columns"] = {
        "one": {"labels": "campaign_kind"},
        "other": {"labels": "campaign_kind"},
        "difference": {"unit": "ratio", "n": "fewest"},
        "low": {"low_of": "difference"},
        "high": {"high_of": "difference"},
        "donors": {"counts": "persons"},
        "campaigns": {"counts": "things"},
        "basis": {"labels": "interval_basis"},
        "fewest": {"counts": "persons", "hidden": True},
    }
    return frame
