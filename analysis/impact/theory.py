"""The theory of change that a logical framework implies: how results lead to one another, what is assumed on the way, and how their indicators stand.

A result leads to its parent; levels run from inputs to impact. The status of a result is the worst light among its indicators that have one (red before
amber before green), "grey" where none has, "none" where it has no indicator; the counts beside it say how many have a light. A status is about the
results' indicators: it tests neither the links nor the assumptions.

The layout is that of layered graphs (Sugiyama, Tagawa and Toda 1981): a layer a level, more where a level is wide or leads to itself; order within layers by
barycentres, the order with the fewest crossings kept; positions by isotonic regression of each box towards its neighbours. It is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, say
from analysis.impact.indicators import LEVELS, bilingual
from analysis.impact.layers import Layout, layout
from analysis.rows import required, where

WORST = ("red", "amber", "green")
NO_LIGHT, NO_INDICATOR = "grey", "none"
PROBLEMS = ("orphan", "unsupported", "skips_level", "same_level", "no_indicator", "no_assumption")


@dataclass(frozen=True)
class Theory:
    """`results`: one a result (result, level, parent, texts, owner, light, rated, indicators, row); `problems`: problem, result, row; `layout`: where each stands."""

    results: pd.DataFrame
    problems: pd.DataFrame
    layout: Layout

    def table(self) -> pd.DataFrame:
        """One row a result, impact first: level, statement, the result it leads to, what is assumed, status, indicators with a light, indicators."""
        results = self.results
        texts = dict(zip(results["result"], bilingual(results, "statement")))
        frame = pd.DataFrame(
            {
                "level": results["level"].to_numpy(),
                "statement": bilingual(results, "statement"),
                "leads_to": [texts.get(parent) for parent in results["parent"]],
                "assumption": bilingual(results, "assumption"),
                "status": results["light"].to_numpy(),
                "rated": results["rated"].to_numpy(),
                "indicators": results["indicators"].to_numpy(),
            }
        )
        frame.attrs["columns"] = {
            "level": {"labels": "result_level"},
            **{name: {"text": True} for name in ("statement", "leads_to", "assumption")},
            "status": {"labels": "light"},
            **{name: {"counts": "things"} for name in ("rated", "indicators")},
        }
        return frame

    def problems_table(self) -> pd.DataFrame:
        """One row a weakness of the framework as written: what it is, of which result, in which row of the table."""
        texts = dict(zip(self.results["result"], bilingual(self.results, "statement")))
        frame = pd.DataFrame(
            {
                "problem": self.problems["problem"].to_numpy(),
                "statement": [texts[key] for key in self.problems["result"]],
                "rows": self.problems["row"].astype(str).to_list(),
            }
        )
        frame.attrs["columns"] = {
            "problem": {"labels": "theory_problem"},
            "statement": {"text": True},
            "rows": {"text": True},
        }
        return frame

    def tables(self) -> dict[str, pd.DataFrame]:
        """What the figure draws: `boxes` (level, statement, assumption, its number, status, rated, indicators, tier, left, width) and `routes`
        (link, step from child to parent, tier, x); left, width and x are shares of the width."""
        placed = self.layout.boxes.set_index("node")
        results = self.results.set_index("result").loc[placed.index].reset_index()
        assumed = pd.Series([bool(text["it"]) for text in bilingual(results, "assumption")])
        boxes = self._boxes(results, placed, assumed)
        at = {"unit": "position"}
        boxes.attrs["columns"] = {
            "level": {"labels": "result_level"},
            **{name: {"text": True} for name in ("statement", "assumption")},
            "status": {"labels": "light"},
            **{name: {"counts": "things"} for name in ("rated", "indicators")},
            **dict.fromkeys(("number", "tier", "left", "width"), at),
        }
        routes = self.layout.routes[["link", "step", "tier", "x"]].reset_index(drop=True)
        routes.attrs["columns"] = dict.fromkeys(("link", "step", "tier", "x"), at)
        return {"boxes": boxes, "routes": routes}

    @staticmethod
    def _boxes(results: pd.DataFrame, placed: pd.DataFrame, assumed: pd.Series) -> pd.DataFrame:
        number = assumed.cumsum().where(assumed).astype(float)
        return pd.DataFrame(
            {
                "level": results["level"].to_numpy(),
                "statement": bilingual(results, "statement"),
                "assumption": bilingual(results, "assumption"),
                "number": number.to_numpy(),
                "status": results["light"].to_numpy(),
                "rated": results["rated"].to_numpy(),
                "indicators": results["indicators"].to_numpy(),
                "tier": placed["tier"].to_numpy(),
                "left": placed["left"].to_numpy(),
                "width": placed["width"].to_numpy(),
            }
        )


def statuses(results: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    """Status of each result from its indicators' lights (`Progress.rows`: result, light): index result; columns light, rated, indicators."""
    lights = pd.crosstab(rows["result"], rows["light"]).reindex(
        index=results, columns=list(WORST), fill_value=0
    )
    total = rows.groupby("result").size().reindex(results, fill_value=0)
    any_ = [lights[light].to_numpy() > 0 for light in WORST]
    light = np.select([total.to_numpy() == 0, *any_], [NO_INDICATOR, *WORST], NO_LIGHT)
    return pd.DataFrame(
        {"light": light, "rated": lights.sum(axis=1).to_numpy(), "indicators": total.to_numpy()},
        index=pd.Index(results),
    )


def theory(logframe: pd.DataFrame, rows: pd.DataFrame) -> Theory:
    """The results of a framework with the status of their indicators, laid out; `rows` as `Progress.rows` has them.

    Refused, all at once: columns missing, a doubled result, an unknown level, a parent that is not in the table or at a lower level, results that lead to
    themselves in a circle. Listed as problems: orphans (below the highest level, leading nowhere), results above the lowest level that nothing leads to, links
    that skip a level or stay on it, results without an indicator or without an assumption.
    """
    frame = checked(logframe)
    status = statuses(frame["result"], rows)
    frame = frame.assign(**{name: status[name].to_numpy() for name in status})
    rank = frame["level"].map({name: k for k, name in enumerate(LEVELS)}).astype(int)
    above = frame["parent"].map(dict(zip(frame["result"], rank))).astype(float)
    step = above - rank
    texts = pd.Series([bool(text["it"]) for text in bilingual(frame, "assumption")], index=frame.index)
    met = np.unique(rank)
    place = pd.Series(np.searchsorted(met, rank), index=frame.index)
    jump = pd.Series(np.searchsorted(met, above.fillna(rank)), index=frame.index) - place
    marks = {
        "orphan": frame["parent"].isna() & (rank < rank.max()),
        "unsupported": ~frame["result"].isin(frame["parent"]) & (rank > rank.min()),
        "skips_level": jump > 1,
        "same_level": step == 0,
        "no_indicator": frame["indicators"] == 0,
        "no_assumption": ~texts,
    }
    problems = pd.concat(
        [
            frame.loc[mask, ["result", "row"]].assign(problem=name)[["problem", "result", "row"]]
            for name, mask in marks.items()
        ],
        ignore_index=True,
    )
    ordered = frame.iloc[np.argsort(-rank.to_numpy(), kind="stable")].reset_index(drop=True)
    links = ordered.dropna(subset=["parent"])[["result", "parent"]].set_axis(["child", "parent"], axis=1)
    depth = ordered["level"].map({name: k for k, name in enumerate(LEVELS)}).astype(int)
    return Theory(ordered, problems, layout(ordered["result"], int(depth.max()) - depth, links))


def checked(logframe: pd.DataFrame) -> pd.DataFrame:
    """The results with all their columns and their `row` from 1; refuses what `theory` refuses."""
    required("logframe", logframe, ("result", "level", "statement_it", "statement_en", "parent"))
    columns = ["result", "level", "statement_it", "statement_en", "parent", "assumption_it", "assumption_en", "owner"]  # fmt: skip
    frame = logframe.reindex(columns=columns).reset_index(drop=True).astype(object)
    frame = frame.where(frame.notna(), None).assign(row=np.arange(1, len(frame) + 1))
    if not len(frame):
        raise EstimateError(Fault(say("nessun risultato", "no result"), "logframe"))
    rank = frame["level"].map({name: k for k, name in enumerate(LEVELS)}).astype(float)
    of_parent = frame["parent"].map(rank.groupby(frame["result"]).first()).astype(float)
    has = frame["parent"].notna()
    round_ = circles(frame["result"], frame["parent"])
    checks = [
        (frame["result"].duplicated(keep=False), say("risultato ripetuto", "a result entered twice"), ""),
        (rank.isna(), say("livello sconosciuto", "unknown level"), ", ".join(LEVELS)),
        (has & ~frame["parent"].isin(frame["result"]), say("risultato superiore che non c'è", "a parent that is not there"), ", ".join(map(str, frame["result"]))),
        (has & (of_parent < rank), say("conduce a un livello inferiore", "leads to a lower level"), say("lo stesso livello o uno superiore", "the same level or a higher one")),
        (round_, say("i risultati conducono in circolo a sé stessi", "results lead to themselves in a circle"), ""),
    ]  # fmt: skip
    step = say(
        "Togliere uno dei legami del circolo (colonna parent).",
        "Remove one of the links of the circle (column parent).",
    )
    faults = [
        Fault(what, where("logframe", mask), allowed, step if mask is round_ else "")
        for mask, what, allowed in checks
        if mask.any()
    ]
    if faults:
        raise EstimateError(faults)
    return frame


def circles(result: pd.Series, parent: pd.Series) -> pd.Series:
    """Mask of the results that lie on a circle of parents (those that only lead into one are left out)."""
    code = pd.Series(np.arange(len(result)), index=result).groupby(level=0).first()
    nothing = len(result)
    up = np.append(parent.map(code).fillna(nothing).to_numpy(dtype=int), nothing)
    at = np.arange(nothing + 1)
    on = np.zeros(nothing + 1, dtype=bool)
    for _ in range(nothing):
        at = up[at]
        on |= at == np.arange(nothing + 1)
    return pd.Series(on[:-1], index=result.index)
