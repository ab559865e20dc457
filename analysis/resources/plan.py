"""The plan of action: who asks whom for what and by when, what came of it, what is overdue; by strategy, by resource, and by semester of the deadline.

Targets and results are in the unit of their resource (money and goods in euros, skill and time in hours, space in places, relations in contacts) and are added
only within one resource. A result that nobody recorded counts as nothing reached, and how many these are is said. Complete counts of the plan: no interval.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import say
from analysis.resources import registers

UNITS = {"money": "euro", "goods": "euro", "skill": "hours", "time": "hours", "space": "places", "relations": "contacts"}  # fmt: skip
"""Resource → unit of its targets and results."""
STRATEGIES = ("corporate", "community", "grants", "major-gifts", "public", "peopleraising")
STATUS = ("planned", "running", "done", "dropped")
CLOSED = ("done", "dropped")
COLUMNS = ("action", "goal", "resource", "strategy", "asker", "asked", "by", "target", "status", "result")
TO_FILL = ("next_step", "by_whom", "new_date")


@dataclass(frozen=True)
class Plan:
    """The actions as of the day `on`: their columns, unit, overdue, days_overdue (missing where not overdue), due (deadline before `on`), semester of the deadline."""

    actions: pd.DataFrame
    on: dt.date

    def summary(self) -> pd.DataFrame:
        """One row: actions, by status, overdue, without a deadline, without a target, with a target but no result on record."""
        frame = self.actions
        row = {"actions": len(frame), **{code: int((frame["status"] == code).sum()) for code in STATUS}}
        row |= {
            "overdue": int(frame["overdue"].sum()),
            "undated": int(frame["by"].isna().sum()),
            "untargeted": int(frame["target"].isna().sum()),
            "unrecorded": int((frame["target"].notna() & frame["result"].isna()).sum()),
        }
        table = pd.DataFrame([row])
        table.attrs["columns"] = {name: {"counts": "things"} for name in row}
        return table

    def strategies(self) -> pd.DataFrame:
        """One row a strategy: actions and how they stand. Units differ by resource: what was reached is in `by_strategy`."""
        frame = self.actions
        counts = pd.crosstab(frame["strategy"], frame["status"]).reindex(columns=list(STATUS), fill_value=0)
        counts = counts.rename_axis(columns=None)
        counts.insert(0, "actions", counts.sum(axis=1))
        counts["overdue"] = frame.groupby("strategy")["overdue"].sum().astype(int)
        order = [code for code in (*STRATEGIES, registers.UNSTATED) if code in counts.index]
        table = counts.loc[order].rename_axis("strategy").reset_index()
        names = ("actions", *STATUS, "overdue")
        table.attrs["columns"] = {"strategy": {"labels": "strategy"}} | {name: {"counts": "things"} for name in names}  # fmt: skip
        return table

    def by_strategy(self) -> pd.DataFrame:
        """One row a strategy and resource: actions, target, result, share of the target, unit, actions without a result on record."""
        return self._reached(["strategy", "resource"])

    def by_resource(self) -> pd.DataFrame:
        """One row a resource: as `by_strategy`. All actions count, dropped and not yet due ones too; `measures` takes those due and not dropped."""
        return self._reached(["resource"])

    def by_semester(self) -> pd.DataFrame:
        """One row a semester of the deadline and resource: as `by_strategy`; deadlines in no semester, or none, stand apart as "outside"."""
        return self._reached(["semester", "resource"])

    def _reached(self, by: list[str]) -> pd.DataFrame:
        told = self.actions.assign(
            known=self.actions["result"].where(self.actions["target"].notna()).fillna(0.0),
            unrecorded=self.actions["target"].notna() & self.actions["result"].isna(),
            overdue=self.actions["overdue"].astype(int),
        )
        sums = told.groupby(by, as_index=False).agg(
            actions=("action", "size"), overdue=("overdue", "sum"), target=("target", lambda each: each.sum(min_count=1)),
            result=("known", "sum"), unrecorded=("unrecorded", "sum"),
        )  # fmt: skip
        sums["result"] = sums["result"].where(sums["target"].notna())
        sums["share"] = sums["result"] / sums["target"].where(sums["target"] > 0)
        sums["unit"] = sums["resource"].map(UNITS)
        ranks = {
            "strategy": [*STRATEGIES, registers.UNSTATED],
            "resource": list(UNITS),
            "semester": registers.in_order(self.actions["semester"]),
        }
        order = [
            sums[name].map({code: k for k, code in enumerate(ranks[name])}).to_numpy()
            for name in reversed(by)
        ]
        table = sums.iloc[np.lexsort(order)].reset_index(drop=True)
        table = table[[*by, "actions", "overdue", "target", "result", "share", "unit", "unrecorded"]]
        table.attrs["columns"] = {
            **{name: {"labels": name} for name in by},
            **{name: {"counts": "things"} for name in ("actions", "overdue", "unrecorded")},
            **{name: {"unit": "number", "digits": 0, "n": "actions"} for name in ("target", "result")},
            "share": {"unit": "share", "digits": 0, "n": "actions"},
            "unit": {"labels": "measure"},
        }
        return table

    def table(self) -> pd.DataFrame:
        """One row an action, by deadline: who asks whom for what by when, target, result, status, whether it is overdue and by how many days."""
        names = ["action", "goal", "strategy", "resource", "asker", "asked", "by", "target", "result", "unit", "status", "overdue", "days_overdue"]  # fmt: skip
        frame = self.actions.sort_values(["by", "action"], kind="stable", na_position="last")
        return _listed(frame, names)

    def late(self) -> pd.DataFrame:
        """The actions that are overdue, longest first: the action, what is looked for, who asks, by when, days overdue, target, result, unit."""
        names = ["action", "goal", "asker", "by", "days_overdue", "target", "result", "unit"]
        own = self.actions[self.actions["overdue"]]
        return _listed(own.sort_values("days_overdue", ascending=False, kind="stable"), names)

    def worksheets(self) -> dict[str, pd.DataFrame]:
        """For the team: a table a strategy, by deadline, with the columns to fill in (next step, by whom, new date). The resource is told with its unit (labels "resource_measured")."""
        names = ["goal", "resource", "asker", "asked", "by", "target", "result", "status", "days_overdue"]
        every = self.actions.sort_values(["by", "action"], kind="stable", na_position="last")
        sheets = {}
        for strategy in (*STRATEGIES, registers.UNSTATED):
            own = every[every["strategy"] == strategy]
            if len(own):
                frame = _listed(own, names).rename(columns={"asked": "whom"})
                frame.attrs["columns"]["resource"] = {"labels": "resource_measured"}
                for name in TO_FILL:
                    frame[name] = pd.Series([None] * len(frame), dtype=object)
                sheets[strategy] = frame
        return sheets

    def open_by_strategy(self) -> dict[str, int]:
        """Actions planned or running, by strategy."""
        own = self.actions[~self.actions["status"].isin(CLOSED)]
        return {str(code): int(count) for code, count in own["strategy"].value_counts().items()}

    def measures(self) -> dict[str, float]:
        """What gaps.toml asks of the plan: of the actions due, share of the target reached by resource (`reached.<resource>`); share of actions not closed that are overdue."""
        due = self.actions[self.actions["due"] & (self.actions["target"] > 0) & (self.actions["status"] != "dropped")]  # fmt: skip
        sums = due.assign(result=due["result"].fillna(0.0)).groupby("resource")[["result", "target"]].sum()
        found = {f"reached.{code}": float(each) for code, each in (sums["result"] / sums["target"]).items()}
        still = self.actions[~self.actions["status"].isin(CLOSED)]
        return found | ({"overdue": float(still["overdue"].mean())} if len(still) else {})


def bilingual(frame: pd.DataFrame, name: str) -> pd.Series:
    """Column `name` as texts in both languages where `name`_en is filled in any row (the others repeat what there is); else as it stands."""
    english = frame.reindex(columns=[f"{name}_en"]).astype(object).iloc[:, 0]
    english = english.where(english.notna() & english.ne(""), None)
    if english.isna().all():
        return frame[name]
    pair = pd.DataFrame({"it": frame[name].astype(object), "en": english}).bfill(axis=1).ffill(axis=1)
    texts = pd.Series(pair.to_dict("records"), index=frame.index, dtype=object)
    return texts.where(pair["it"].notna(), None)


def as_text(texts: pd.Series) -> dict[str, dict[str, object]]:
    """The specification of a column as `bilingual` gives it, by its name; empty where it holds plain words."""
    both = texts.map(lambda each: isinstance(each, dict)).any()
    return {str(texts.name): {"text": True}} if both else {}


def _listed(frame: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    day = frame["by"].dt.strftime("%Y-%m-%d").astype(object)
    shown = frame.assign(
        goal=bilingual(frame, "goal"),
        by=day.where(frame["by"].notna(), None),
        overdue=np.where(frame["overdue"], "yes", "no"),
        each=1,
    )
    table = shown[[*names, "each"]].reset_index(drop=True)
    table.attrs["columns"] = {
        **as_text(table["goal"]),
        "strategy": {"labels": "strategy"},
        "resource": {"labels": "resource"},
        "asker": {"organisation": True},
        "status": {"labels": "action_status"},
        "unit": {"labels": "measure"},
        "overdue": {"labels": "flag"},
        **{
            name: {"unit": "number", "digits": 0, "n": "each"}
            for name in ("target", "result", "days_overdue")
        },
        "each": {"counts": "things", "hidden": True},
    }
    table.attrs["columns"] = {name: spec for name, spec in table.attrs["columns"].items() if name in table}
    return table


def plan(actions: pd.DataFrame, on: dt.date | pd.Timestamp) -> Plan:
    """The plan as of `on`. `actions`: the columns of COLUMNS and `semester` (of the deadline, missing where it falls in none); `goal_en`, where there is one, is
    the goal in English.

    An action is overdue where its deadline lies before `on` and it is neither done nor dropped. Refused, all at once: columns or rows missing; an action without a name
    or twice; an unknown resource, strategy or status; a negative target or result.
    """
    registers.filled("actions", actions, (*COLUMNS, "semester"))
    day = pd.Timestamp(on).normalize()
    frame = actions.reset_index(drop=True)
    target, result = registers.numbers(frame, "target"), registers.numbers(frame, "result")
    strategy = registers.codes(frame, "strategy")
    registers.refuse("actions", [
        (frame["action"].isna() | frame.duplicated("action", keep=False), say("azione senza nome o nome ripetuto", "an action without a name, or a name twice"), say("un nome per azione", "one name an action")),
        (~frame["resource"].isin(list(UNITS)), say("risorsa sconosciuta", "unknown resource"), ", ".join(UNITS)),
        (~strategy.isin([*STRATEGIES, registers.UNSTATED]), say("strategia sconosciuta", "unknown strategy"), ", ".join(STRATEGIES)),
        (~frame["status"].isin(STATUS), say("stato sconosciuto", "unknown status"), ", ".join(STATUS)),
        ((target < 0) | (result < 0), say("traguardo o risultato negativo", "a negative target or result"), say("da 0 in su", "from 0")),
    ])  # fmt: skip
    by = pd.to_datetime(frame["by"], errors="coerce")
    due = by < day
    overdue = due & ~frame["status"].isin(CLOSED)
    return Plan(
        frame.assign(
            by=by, target=target, result=result, strategy=strategy, unit=frame["resource"].map(UNITS), due=due, overdue=overdue,
            days_overdue=(day - by).dt.days.where(overdue), semester=registers.semesters("actions", frame),
        ),
        day.date(),
    )  # fmt: skip


def withhold(actions: pd.DataFrame, actors: pd.DataFrame) -> pd.DataFrame:
    """The actions, none lost, with who asks and who is asked left blank where that body may not be named.

    `actors`: actor, name, type, publish_name. The asker is blank where it is a citizen or chose never to appear singly (the door would leave the whole row out); who is
    asked, a name written in the register, wherever a body of that name did not choose to appear by its name.
    """
    registers.filled("actors", actors, ("actor", "name", "type", "publish_name"))
    choice = actors["publish_name"].astype("string").fillna("code")
    never = actors.loc[(actors["type"] == "citizen") | (choice == "no"), "actor"]
    unnamed = actors.loc[(actors["type"] == "citizen") | (choice != "yes"), "name"]
    asked = actions["asked"].astype("string").str.strip()
    return actions.assign(
        asker=actions["asker"].astype(object).where(~actions["asker"].isin(never), None),
        asked=actions["asked"].astype(object).where(~asked.isin(_names(unnamed)), None),
    )


def _names(names: Collection[str]) -> list[str]:
    return [str(name).strip() for name in names]
