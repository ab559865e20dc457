"""What a simulated study measures to be evaluated: a panel of companies, the caseload of services, the value of outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.simulate import truth as truths
from analysis.simulate.calendar import Calendar
from analysis.simulate.network import ids
from analysis.simulate.write import stream


@dataclass(frozen=True)
class Panels:
    """Many draws of the panel of one truth: values (draws, units, semesters); adopted (units,), the semester of adoption, 0 = never."""

    values: np.ndarray
    adopted: np.ndarray

    def frame(self, draw: int) -> pd.DataFrame:
        """One draw as a tidy table: unit (from 1), semester (from 1), adopted (NA = never), value."""
        units, semesters = self.values.shape[1:]
        adopted = pd.Series(np.repeat(self.adopted, semesters), dtype="Int64")
        return pd.DataFrame(
            {
                "unit": np.repeat(np.arange(1, units + 1), semesters),
                "semester": np.tile(np.arange(1, semesters + 1), units),
                "adopted": adopted.mask(adopted.eq(0)),
                "value": self.values[draw].ravel(),
            }
        )


def panels(truth: Mapping[str, Any], seed: int, draws: int) -> Panels:
    """`draws` independent panels of the same truth (as `truth.load` gives it), companies anew in each."""
    return _panels(truth, stream(seed, "panels"), draws, truth["panel"]["units"])


def _panels(truth: Mapping[str, Any], rng: np.random.Generator, draws: int, units: int) -> Panels:
    """Adopters first, group by group; those who never adopt last."""
    p = truth["panel"]
    adopters = np.repeat(p["adopted"], p["adopters"])[:units].astype(int)
    adopted = np.concatenate([adopters, np.zeros(units - len(adopters), dtype=int)])
    course = np.asarray(p["semester"], dtype=float)
    company = p["mean"] + p["company_sd"] * rng.standard_normal((draws, units, 1))
    root = np.linalg.cholesky(truths.panel_noise(truth))
    noise = rng.standard_normal((draws, units, len(course))) @ root.T
    effect = truths.panel_effect(truth, adopted[:, None], np.arange(1, len(course) + 1))
    return Panels(company + p["adopters_shift"] * (adopted > 0)[:, None] + course + effect + noise, adopted)


def panel(truth: Mapping[str, Any], seed: int, people: pd.DataFrame, indicator: str) -> pd.DataFrame:
    """One panel of the network's companies, largest first; who adopts when is drawn among them. n: persons behind a value."""
    rng = stream(seed, "panel")
    p = truth["panel"]
    firms = people.loc[people["type"].eq("profit"), "actor"].to_numpy()[: p["units"]]
    drawn = _panels(truth, rng, 1, len(firms))
    frame = drawn.frame(0)
    low, high = p["persons"]
    staff = np.sort(np.exp(rng.uniform(np.log(low), np.log(high), len(firms))))[::-1]
    turn = rng.permutation(len(firms))  # the company on which each row of the panel falls
    frame["unit"] = firms[turn[frame["unit"] - 1]]
    persons = np.repeat(staff[turn], len(p["semester"])) * rng.uniform(0.9, 1.1, len(frame))
    frame["n"] = np.clip(np.rint(persons), low, high).astype(int)
    frame = frame.assign(cluster=frame["unit"], indicator=indicator, value=frame["value"].round(3))
    order = ["unit", "cluster", "indicator", "semester", "adopted", "value", "n"]
    return frame[order].sort_values(["unit", "semester"], ignore_index=True)


def panel_means(table: pd.DataFrame, when: Calendar) -> pd.DataFrame:
    """The panel as an indicator: mean over companies weighted by persons, at each semester's end. Columns: date, value, n."""
    total = table["value"] * table["n"]
    persons = table.groupby("semester")["n"].sum()
    mean = total.groupby(table["semester"]).sum() / persons
    return pd.DataFrame(
        {
            "date": when.semester_ends()[persons.index - 1],
            "value": mean.round(3).to_numpy(),
            "n": persons.to_numpy(),
        }
    )


def recommends(truth: Mapping[str, Any], seed: int, when: Calendar, served: pd.DataFrame) -> pd.DataFrame:
    """Share of users asked who would recommend their service, in the semesters in which any were asked. Columns: date, value, n."""
    rng = stream(seed, "recommends")
    p = truth["recommends"]
    ends, number = when.semester_ends(), np.asarray(p["semesters"])
    persons = served.groupby("semester")["persons"].sum().reindex(number, fill_value=0).to_numpy()
    n = np.minimum(p["asked"], persons)
    yes = rng.binomial(n, p["share"])
    asked = n > 0
    return pd.DataFrame(
        {"date": ends[number[asked] - 1], "value": np.round(yes[asked] / n[asked], 3), "n": n[asked]}
    )


def caseload(
    truth: Mapping[str, Any], seed: int, when: Calendar, offers: pd.DataFrame, served: pd.Series
) -> pd.DataFrame:
    """Persons served by each service in each semester since it started; they sum to `served` (persons by semester's end).

    Shares of a Poisson total are what independent Poisson numbers of equal mean come to. Those who achieved the outcome
    are binomial with the service's own probability.
    """
    rng = stream(seed, "caseload")
    p, ends = truth["caseload"], when.semester_ends()
    n = len(offers)
    is_open = (offers["started"].to_numpy()[:, None] <= ends.to_numpy()).astype(float)
    number = is_open.sum(axis=0)
    shares = np.divide(is_open, number, out=np.zeros_like(is_open), where=number > 0)
    total = served.reindex(ends).to_numpy(dtype=int)
    nobody = (number == 0).astype(
        float
    )  # a place for the total of a semester without services, which is nought
    persons = rng.multinomial(total, np.vstack([shares, nobody]).T)[:, :n].T
    achieved = rng.binomial(persons, np.resize(np.asarray(p["achieved"], dtype=float), n)[:, None])
    hours = persons * p["hours_per_person"] * np.exp(p["hours_noise_sd"] * rng.standard_normal(persons.shape))
    row, semester = np.nonzero(is_open)
    return pd.DataFrame(
        {
            "service": offers["service"].to_numpy()[row],
            "semester": semester + 1,
            "persons": persons[row, semester],
            "achieved": achieved[row, semester],
            "hours": np.round(hours[row, semester], 1),
        }
    )


def outcome_values(
    truth: Mapping[str, Any],
    catalogue: Mapping[str, Any],
    offers: pd.DataFrame,
    served: pd.DataFrame,
    distinct: int,
    source: str,
) -> pd.DataFrame:
    """One outcome for each audience that has a service: how many distinct persons reached it up to the end, and its invented values.

    Of `served` (caseload) a person counts in every semester; `distinct` is how many different persons they are, at most as many.
    """
    p, texts = truth["outcome_values"], pd.DataFrame(catalogue["outcome_values"])
    audience = served["service"].map(offers.set_index("service")["target_it"])
    once = min(1.0, distinct / max(1, int(served["persons"].sum())))
    reached = (served["achieved"].groupby(audience).sum() * once).round()
    texts = texts.loc[texts["stakeholder"].str["it"].isin(reached.index)].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "outcome": ids("o", len(texts)),
            "name_it": texts["name"].str["it"],
            "name_en": texts["name"].str["en"],
            "stakeholder_it": texts["stakeholder"].str["it"],
            "stakeholder_en": texts["stakeholder"].str["en"],
            "quantity": texts["stakeholder"].str["it"].map(reached).astype(int),
            "unit": catalogue["texts"]["outcome_unit"],
        }
    )
    for name in ("proxy", "deadweight", "displacement", "attribution", "drop_off"):
        values = np.array([p[name][key] for key in texts["key"]], dtype=float).reshape(-1, 3)
        frame[[name, f"{name}_low", f"{name}_high"]] = values
    return frame.assign(years=texts["key"].map(p["years"]), source=source)
