"""How far each indicator has come from its baseline towards its target at a day, beside how far it should have come, with a traffic light.

Progress is (value − baseline) / (target − baseline): 0 at the baseline, 1 at the target, negative when the indicator moves away, more than 1 beyond the
target. Numerator and denominator change sign together, so it reads the same for an indicator that must fall. It is the achievement of the
European Commission's OPSYS, "Reporting on the progress of an intervention" (wikis.ec.europa.eu, page 33522203). Progress expected is the share of the time
from baseline to target that had passed at the day of the measurement: an assumption (steady progress), not a forecast. The light compares the two
by the thresholds of lights.toml; once the target is reached it is green.

A light describes the distance from a plan; it says nothing of what caused it: change is not effect. The register holds how many persons are behind a value,
no standard error: no interval is made up.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.impact.indicators import (
    CRITERIA,
    DIRECTIONS,
    LEVELS,
    Rule,
    bilingual,
    declared_rule,
    measured,
    places,
    planned,
    whole,
)

LIGHTS = ("green", "amber", "red", "grey")
REASONS = (
    "no_baseline", "no_target", "wrong_direction", "no_distance", "not_measured", "before_baseline", "no_dates", "dates_reversed", "too_early",
)  # fmt: skip
"""Why there is no light, first reason first; up to "before_baseline" there is no progress either."""
FLAGS = (*REASONS, "ratio_undefined", "old", "later", "no_criterion")
MONTH = 365.25 / 12  # days
NEAR = 1e-9  # shortfall of a threshold that is rounding only


@dataclass(frozen=True)
class Progress:
    """`rows`: one an indicator (those of the plan with value, measured_on, n, behind, whole, of_target, progress, expected, pace, age, light, reason, uncertainty, row); `flags`: flag, table, indicator, rows, entries; shares as fractions, `age` in months."""

    on: dt.date
    rule: Rule
    rows: pd.DataFrame
    flags: pd.DataFrame

    def table(self, whole: bool | None = None) -> pd.DataFrame:
        """One row an indicator: name, unit, baseline, target, latest value, its day, persons behind it, progress and expected progress (percent of the distance), light.

        `whole`: only the indicators in whole numbers (True), or only the others (False), so that neither is printed with the other's decimals.
        """
        rows = self.rows if whole is None else self.rows[self.rows["whole"] == whole].reset_index(drop=True)
        frame = pd.DataFrame(
            {
                "indicator": bilingual(rows, "name"),
                "measured_in": rows["unit"].to_numpy(),
                "baseline": rows["baseline"],
                "target": rows["target"],
                "value": rows["value"],
                "measured_on": _days(rows["measured_on"]),
                "n": rows["n"],
                "progress": rows["progress"],
                "expected": rows["expected"],
                "light": rows["light"].to_numpy(),
            }
        )
        return self._specified(frame, rows)

    def chart(self) -> pd.DataFrame:
        """What the chart of progress draws: level, name, progress, expected, light, and the reason where there is no light."""
        rows = self.rows
        frame = pd.DataFrame(
            {
                "level": rows["level"].to_numpy(),
                "indicator": bilingual(rows, "name"),
                "progress": rows["progress"],
                "expected": rows["expected"],
                "light": rows["light"].to_numpy(),
                "reason": rows["reason"].to_numpy(),
            }
        )
        return self._specified(frame, rows)

    def detail(self) -> pd.DataFrame:
        """One row an indicator: name, value over target, progress over expected, age of the measurement in months, what is known of its uncertainty, why there is no light."""
        rows = self.rows
        frame = pd.DataFrame(
            {
                "indicator": bilingual(rows, "name"),
                "of_target": rows["of_target"],
                "pace": rows["pace"],
                "age": rows["age"],
                "uncertainty": rows["uncertainty"].to_numpy(),
                "reason": rows["reason"].to_numpy(),
            }
        )
        return self._specified(frame, rows)

    @staticmethod
    def _specified(frame: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        """`frame` with hidden counts: the fewest persons that the value and the baseline tell of, the fewer of the two, and one for each row."""
        base = rows["baseline"].where(rows["persons"])
        both = pd.concat([rows["behind"], base], axis=1)
        fewer = both.where(both > 0).min(axis=1).fillna(rows["behind"]).where(rows["progress"].notna())
        hidden = {"behind": rows["behind"], "n_baseline": base, "n_both": fewer, "each": 1}
        frame = frame.assign(**{name: given for name, given in hidden.items() if name not in frame})
        digits = places(rows["baseline"], rows["target"], rows["value"])
        percent = {"unit": "share_points", "digits": 0}
        specs = {
            "level": {"labels": "result_level"},
            "indicator": {"text": True},
            "measured_in": {"labels": "indicator_unit"},
            "baseline": {"unit": "number", "digits": digits, "n": "n_baseline"},
            "target": {"unit": "number", "digits": digits, "n": "each"},
            "value": {"unit": "number", "digits": digits, "n": "behind"},
            "n": {"counts": "persons"},
            "progress": percent | {"n": "n_both"},
            "expected": percent | {"n": "each"},
            "of_target": percent | {"n": "behind"},
            "pace": percent | {"n": "n_both"},
            "age": {"unit": "months", "digits": 0, "n": "each"},
            "light": {"labels": "light"},
            "reason": {"labels": "light_reason"},
            "uncertainty": {"labels": "uncertainty"},
            **{name: {"counts": "persons", "hidden": True} for name in ("behind", "n_baseline", "n_both")},
            "each": {"counts": "things", "hidden": True},
        }
        frame.attrs["columns"] = {name: spec for name, spec in specs.items() if name in frame}
        return frame

    def flags_table(self) -> pd.DataFrame:
        """One row a flag and indicator: what is amiss, in which table and rows; later entries are those after the day."""
        names = dict(zip(self.rows["indicator"], bilingual(self.rows, "name")))
        frame = pd.DataFrame(
            {
                "flag": self.flags["flag"].to_numpy(),
                "indicator": [names[key] for key in self.flags["indicator"]],
                "found_in": self.flags["table"].to_numpy(),
                "rows": self.flags["rows"].to_numpy(),
                "entries": self.flags["entries"].to_numpy(),
            }
        )
        frame.attrs["columns"] = {
            "flag": {"labels": "indicator_flag"},
            "indicator": {"text": True},
            "found_in": {"labels": "study_table"},
            "rows": {"text": True},
            "entries": {"counts": "things"},
        }
        return frame

    def criteria(self) -> pd.DataFrame:
        """One row an OECD-DAC criterion, those without an indicator too, and one for indicators without a criterion if any: indicators, measured ones, and by light."""
        codes = self.rows["dac"].astype(object).where(self.rows["dac"].notna(), "none")
        order = [*CRITERIA, *(["none"] if (codes == "none").any() else [])]
        return self._counted(codes, order, "dac", "dac")

    def levels(self) -> pd.DataFrame:
        """One row a level of the framework, impact first: indicators, measured ones, and by light."""
        return self._counted(self.rows["level"].astype(object), LEVELS[::-1], "level", "result_level")

    def _counted(self, codes: pd.Series, order: tuple[str, ...] | list[str], name: str, labels: str) -> pd.DataFrame:  # fmt: skip
        lights = pd.crosstab(codes, self.rows["light"]).reindex(index=order, columns=list(LIGHTS), fill_value=0)  # fmt: skip
        known = self.rows["value"].notna().groupby(codes).sum().reindex(order, fill_value=0)
        frame = lights.rename_axis(index=name, columns=None).reset_index()
        frame.insert(1, "indicators", lights.sum(axis=1).to_numpy())
        frame.insert(2, "measured", known.to_numpy(dtype=int))
        frame.attrs["columns"] = {name: {"labels": labels}} | {
            column: {"counts": "things"} for column in ("indicators", "measured", *LIGHTS)
        }
        return frame


def _days(dates: pd.Series) -> list[str | None]:
    return [None if pd.isna(day) else day.date().isoformat() for day in dates]


def progress(
    logframe: pd.DataFrame,
    indicators: pd.DataFrame,
    outcomes: pd.DataFrame,
    on: dt.date,
    rule: Rule | None = None,
) -> Progress:
    """Progress of every indicator by its latest measurement up to the day `on`; `rule` in the place of the one of lights.toml.

    Refused: what `planned` and `measured` refuse. Flagged, with its rows: an indicator without baseline, target or dates, with its target on the wrong
    side of the baseline or equal to it (no progress computed), measured not at all, before its baseline, after the day (not used) or long ago, whose value
    over target has no meaning (target ≤ 0 or a negative value), or without a criterion.
    """
    rule = rule or declared_rule()
    plan = planned(logframe, indicators)
    values = measured(plan, outcomes)
    day = pd.Timestamp(on)
    later = values["date"] > day
    rows = _latest(plan, values[~later]).assign(whole=whole(plan, values))
    distance = rows["target"] - rows["baseline"]
    span = (rows["target_date"] - rows["baseline_date"]).dt.days
    since = (rows["measured_on"] - rows["baseline_date"]).dt.days
    sign = rows["direction"].map(DIRECTIONS).astype(float)
    expected = (since / span.where(span > 0)).where(since >= 0).clip(upper=1)
    reasons = {
        "no_baseline": rows["baseline"].isna(),
        "no_target": rows["target"].isna(),
        "wrong_direction": sign * distance < 0,
        "no_distance": distance == 0,
        "not_measured": rows["value"].isna(),
        "before_baseline": since < 0,
    }
    stopped = pd.DataFrame(reasons).any(axis=1)
    come = ((rows["value"] - rows["baseline"]) / distance.where(distance != 0)).where(~stopped) + 0.0
    reached = come >= 1
    reasons |= {
        "no_dates": rows[["baseline_date", "target_date"]].isna().any(axis=1),
        "dates_reversed": span <= 0,
        "too_early": ~reached & (expected < rule.earliest),
    }
    pace = (come / expected.where(expected >= rule.earliest)).where(~stopped)
    table = pd.DataFrame(reasons)
    unlit = stopped | (~reached & table.any(axis=1))
    light = np.select(
        [unlit, reached | (pace >= rule.green - NEAR), pace >= rule.amber - NEAR],
        ["grey", "green", "amber"],
        "red",
    )
    first = np.array(REASONS, dtype=object)[table.to_numpy().argmax(axis=1)] if len(table) else np.array([], dtype=object)  # fmt: skip
    age = (day - rows["measured_on"]).dt.days / MONTH
    uncertainty = np.where(rows["n"].isna() | rows["persons"], "neither", "no_interval")
    meaningful = (rows["target"] > 0) & ~(rows["value"] < 0)
    rows = rows.assign(
        of_target=(rows["value"] / rows["target"].where(rows["target"] > 0)).where(meaningful),
        progress=come,
        expected=expected,
        pace=pace,
        age=age,
        light=light,
        reason=pd.Series(first, dtype=object).where(unlit, None),
        uncertainty=pd.Series(uncertainty, dtype=object).where(rows["value"].notna(), None),
    )
    marks = reasons | {
        "ratio_undefined": rows["target"].notna() & rows["value"].notna() & ~meaningful,
        "old": (age > rule.oldest) & ~(rows["measured_on"] >= rows["target_date"]),
        "no_criterion": rows["dac"].isna(),
    }
    return Progress(on, rule, rows, _flags(rows, marks, values[later]))


def _latest(plan: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """The plan with the latest measurement of each indicator: value, measured_on, n, behind."""
    last = values.drop_duplicates("indicator", keep="last").set_index("indicator")
    found = last.reindex(plan["indicator"]).reset_index(drop=True)
    counts = {name: found[name].astype(float) for name in ("value", "n", "behind")}
    return plan.assign(measured_on=found["date"], **counts)


def _flags(rows: pd.DataFrame, marks: dict[str, pd.Series], later: pd.DataFrame) -> pd.DataFrame:
    """One row a flag and indicator, in the order of FLAGS: flag, table, indicator, rows (text), entries (how many)."""
    held = pd.DataFrame(marks)
    flag, at = np.nonzero(held.to_numpy(dtype=bool).T)
    own = rows[["indicator", "row"]].iloc[at].assign(flag=held.columns.to_numpy()[flag], table="indicators")
    after = later[["indicator", "row"]].assign(flag="later", table="outcomes")
    found = pd.concat([own, after], ignore_index=True)
    found = found.assign(rank=found["flag"].map({name: k for k, name in enumerate(FLAGS)}))
    found = found.sort_values(["rank", "row"], kind="stable")
    grouped = found.groupby(["rank", "flag", "table", "indicator"], sort=False)["row"]
    table = grouped.agg(rows=lambda given: ", ".join(map(str, given)), entries="size").reset_index()
    return table[["flag", "table", "indicator", "rows", "entries"]]
