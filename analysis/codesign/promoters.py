"""Which body acts as promoter or catalyser: what each brought forward, and where it stands between others.

The question is the team's own (Corubolo and Pais 2017). Nobody's part is measured by one figure: ideas brought forward and services born of them (promoter);
events facilitated, acts of mediation and agreements reached, pairs brokered and pairs that would lose each other without the body (catalyser).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.codesign import brokerage, centrality, ego
from analysis.codesign.funnel import STAGES
from analysis.codesign.ties import Ratings


def positions(given: Ratings, level: int) -> pd.DataFrame:
    """One row a body, over the ties confirmed at `level`: contacts, effective size, constraint, betweenness, pairs cut off without it; largest effective size first."""
    confirmed = given.confirmed(level)
    frame = ego.ego(confirmed).table(given.actors)
    columns = frame.attrs["columns"]
    frame["betweenness"] = centrality.betweenness(confirmed)
    frame["cut_off"] = ego.cut_off(confirmed)
    frame = frame.sort_values(["effective_size", "organisation"], ascending=[False, True], ignore_index=True)
    frame.attrs["columns"] = columns | {
        "betweenness": {"unit": "share", "digits": 1, "n": "contacts"},
        "cut_off": {"counts": "things"},
    }
    return frame


def table(
    actors: Sequence[str],
    tables: Mapping[str, pd.DataFrame],
    given: Ratings | None,
    level: int,
    types: pd.Series,
) -> pd.DataFrame:
    """One row a body of `actors` that did any of it: ideas promoted, services born of them, events facilitated, acts of mediation, agreements, pairs brokered.

    `tables`: ideas (idea, promoter, stage), events (facilitator), mediation (mediator, result), each where the study holds it; what it does not hold has no column.
    """
    bodies = pd.Index(actors)
    found: dict[str, np.ndarray] = {}

    def count(names: pd.Series) -> np.ndarray:
        return names.value_counts().reindex(bodies, fill_value=0).to_numpy(dtype=int)

    if "ideas" in tables:
        ideas = tables["ideas"]
        found["promoted"] = count(ideas.drop_duplicates("idea")["promoter"])
        found["became_service"] = count(ideas.loc[ideas["stage"] == STAGES[-1], "promoter"])
    if "events" in tables:
        found["facilitated"] = count(tables["events"]["facilitator"])
    if "mediation" in tables:
        acts = tables["mediation"]
        found["mediated"] = count(acts["mediator"])
        found["agreements"] = count(acts.loc[acts["result"] == "agreement", "mediator"])
    if given is not None:
        at = pd.Index(given.actors).get_indexer(bodies)
        brokered = brokerage.brokerage(given.at_least(level), types.reindex(list(given.actors))).total
        found["brokered"] = np.where(at >= 0, brokered[at], 0)
    frame = pd.DataFrame({"organisation": bodies.to_numpy(dtype=object), **found})
    names = list(found)
    frame = frame[(frame[names] > 0).any(axis=1)]
    frame = frame.sort_values(
        [*names, "organisation"], ascending=[False] * len(names) + [True], ignore_index=True
    )
    frame.attrs["columns"] = {
        "organisation": {"organisation": True, "single": True},
        **{key: {"counts": "things"} for key in names},
    }
    return frame
