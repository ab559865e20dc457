"""Which questions of an evaluation a study's data can answer, and which they cannot."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

SURVEY, SECOND, COMPARISONS = "survey", "second wave", "comparisons"
ASKED = {
    "progress": ("logframe", "indicators", "outcomes"),
    "change": (SURVEY, SECOND),
    "comparison": (SURVEY, SECOND, COMPARISONS),
    "adoption": ("panel", COMPARISONS),
    "cost": ("costs", "caseload"),
    "value": ("costs", "outcome_values"),
}
"""Question → what it takes: tables of the study, a second wave of its survey, comparisons that it declares."""


def questions(held: Collection[str], waves: int, designs: Collection[str]) -> pd.DataFrame:
    """One row a question: what it takes (`takes`, labelled by question), and whether the study has it all (`held`: yes, no).

    held: names of the tables that the study has; waves: of its survey; designs: of the comparisons that it declares.
    """
    has = set(held) | ({SECOND} if waves > 1 else set())
    declared = {"comparison": {"difference", "weighting"}, "adoption": {"staggered"}}
    answers = []
    for question, needs in ASKED.items():
        own = has | ({COMPARISONS} if declared.get(question, set()) & set(designs) else set())
        answers.append("yes" if set(needs) <= own else "no")
    frame = pd.DataFrame({"question": list(ASKED), "takes": list(ASKED), "held": answers})
    frame.attrs["columns"] = {"takes": {"labels": "takes"}, "held": {"labels": "held"}}
    return frame
