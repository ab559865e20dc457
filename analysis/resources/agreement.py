"""The funding rules of a call, by edition, as their sources print them; and whether they are kept, where the study names its agreement.

The rules are read from the study's table call_rules. They are shown without a verdict. A verdict needs the edition under which the agreement was signed: only
then is it known which limits hold. A rule whose limit or figure is not on record is not judged, and the reason is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import EstimateError, Fault, ParameterError, say
from analysis.evidence.words import LANGUAGES, format_number
from analysis.resources.cofunding import share
from analysis.resources.ledger import LEAD, check
from analysis.resources.registers import filled, numbers, refuse

JUDGED = {"min-cost": "euro", "max-grant": "euro", "max-share": "share"}
"""Rule → unit of its limit. The others (funds of the call, phases, deadline, …) bind nobody's figures."""
VERDICTS = ("kept", "broken", "not-judged")
COLUMNS = ("edition", "year", "rule", "value_it", "value_en", "source")
Text = Mapping[str, str]
REASONS: dict[str, dict[str, str]] = {
    "limit": {"it": "la soglia in cifre non è documentata", "en": "the limit as a number is not on record"},
    "several": {"it": "le fonti danno soglie diverse", "en": "sources give different limits"},
    "cost": {"it": "il costo totale non è dichiarato", "en": "the total cost is not declared"},
    "grant": {
        "it": "nessun importo del finanziatore principale è registrato",
        "en": "no amount from the lead funder is on record",
    },
    "beyond": {
        "it": "il contributo supera il costo totale dichiarato",
        "en": "the grant exceeds the total cost declared",
    },
    "unnamed": {
        "it": "lo studio non nomina la sua convenzione",
        "en": "the study does not name its agreement",
    },
    "absent": {
        "it": "la regola non è documentata per questa edizione",
        "en": "the rule is not on record for this edition",
    },
}


def rules(call_rules: pd.DataFrame) -> pd.DataFrame:
    """One row a rule, by edition: edition, year, rule, value as printed, source with its site in brackets. No verdict. Refused: columns or rows missing, a rule without edition or name."""
    filled("call_rules", call_rules, COLUMNS)
    refuse("call_rules", [
        (call_rules["edition"].isna() | call_rules["rule"].isna(), say("manca l'edizione o la regola", "the edition or the rule is missing"), ""),
    ])  # fmt: skip
    frame = call_rules.sort_values("edition", kind="stable")
    pair = frame[["value_it", "value_en"]].astype(object)
    table = pd.DataFrame(
        {
            "edition": numbers(frame, "edition").astype(int).astype(str).to_numpy(),
            "year": numbers(frame, "year").astype("Int64").astype("string").astype(object).to_numpy(),
            "rule": frame["rule"].to_numpy(),
            "value": pair.where(pair.notna(), "").set_axis(list(LANGUAGES), axis=1).to_dict("records"),
            "public_source": site(frame["source"]).to_numpy(),
        }
    )
    table.attrs["columns"] = {
        "edition": {"labels": "edition"},
        "year": {"labels": "year"},
        "rule": {"labels": "call_rule"},
        "value": {"text": True},
    }
    return table


def site(sources: pd.Series) -> pd.Series:
    """Sources with the site in brackets in the place of a web address."""
    return sources.astype(str).str.replace(r",? *https?://(?:www\.)?([^/\s]+)\S*", r" (\1)", regex=True)


@dataclass(frozen=True)
class Grant:
    """What the lead funder pledged and what came of it, in euros of cash, missing where no such entry is on record; and the number of entries."""

    pledged: float
    received: float
    entries: int


def grant(money: pd.DataFrame, lead: str = LEAD) -> Grant:
    """The lead funder's cash. Refused: what `ledger.check` refuses."""
    entries = check(money).entries
    own = entries[(entries["source_kind"] == lead) & (entries["kind"] == "cash")]
    sums = own.groupby("status")["amount"].sum()
    return Grant(float(sums.get("pledged", np.nan)), float(sums.get("received", np.nan)), len(own))


@dataclass(frozen=True)
class Judgement:
    """One rule and what it is held against (`basis`: budget, pledged, received): limit and figure (share or euro, missing where not known), verdict, reason of a rule not judged."""

    rule: str
    basis: str
    limit: float
    figure: float
    verdict: str
    reason: Text | None = None


@dataclass(frozen=True)
class Agreement:
    """The rules judged for one edition of the call; edition 0: the study names no agreement and nothing is judged."""

    edition: int
    judgements: tuple[Judgement, ...]

    def table(self) -> pd.DataFrame:
        """One row a rule and basis: limit and figure in the rule's own unit, verdict, and why a rule is not judged."""
        frame = pd.DataFrame(
            {
                "rule": [each.rule for each in self.judgements],
                "basis": [each.basis for each in self.judgements],
                "limit": [_text(each.limit, JUDGED[each.rule]) for each in self.judgements],
                "figure": [_text(each.figure, JUDGED[each.rule]) for each in self.judgements],
                "verdict": [each.verdict for each in self.judgements],
                "reason": [dict(each.reason) if each.reason else dict.fromkeys(LANGUAGES, "") for each in self.judgements],
            }
        )  # fmt: skip
        frame.attrs["columns"] = {
            "rule": {"labels": "call_rule"},
            "basis": {"labels": "agreement_basis"},
            "verdict": {"labels": "verdict"},
            **{name: {"text": True} for name in ("limit", "figure", "reason")},
        }
        return frame


def _text(value: float, unit: str) -> dict[str, str]:
    return {lang: "" if np.isnan(value) else format_number(value, unit, None, lang) for lang in LANGUAGES}


def judge(
    call_rules: pd.DataFrame, edition: int, total_cost: float | None = None, pledged: float | None = None, received: float | None = None
) -> Agreement:  # fmt: skip
    """The rules of JUDGED for the edition of the agreement, held against the total cost and what the lead funder pledged and gave (euros; None or missing: not known).

    min-cost: total cost not below the limit. max-grant: grant not above it. max-share: grant over total cost not above it; both on what was pledged and on what
    was received. With edition 0 (the study names no agreement) nothing is judged. Refused: a total cost that is not positive, a negative amount, an edition that
    the table lacks, a limit that is not positive.
    """
    filled("call_rules", call_rules, COLUMNS)
    sums = {name: _amount(value) for name, value in (("total_cost", total_cost), ("pledged", pledged), ("received", received))}  # fmt: skip
    faults = [
        Fault(f"{name} = {value:g}", "agreement", "> 0" if name == "total_cost" else "≥ 0")
        for name, value in sums.items()
        if value < 0 or (name == "total_cost" and value == 0) or np.isinf(value)
    ]
    editions = numbers(call_rules, "edition")
    if edition and not (editions == edition).any():
        known = ", ".join(str(int(each)) for each in sorted(editions.dropna().unique()))
        faults.append(
            Fault(
                say(
                    f"l'edizione {edition} non è in call_rules",
                    f"edition {edition} is not in call_rules",
                ),
                "study.toml [fundraising] edition",
                known,
            )
        )
    if faults:
        raise EstimateError(faults)
    limits = numbers(call_rules, "value")
    refuse("call_rules", [
        (call_rules["rule"].isin(list(JUDGED)) & (limits <= 0), say("soglia non positiva", "a limit that is not positive"), "> 0"),
        ((call_rules["rule"] == "max-share") & (limits > 1), say("quota oltre 1", "a share above 1"), say("0,6 per il 60%", "0.6 for 60 %")),
    ])  # fmt: skip
    own = limits.groupby(call_rules["rule"].where(editions == edition)).agg(
        ["count", "nunique", "first", "size"]
    )
    pairs = [("min-cost", "budget"), *((rule, basis) for rule in ("max-grant", "max-share") for basis in ("pledged", "received"))]  # fmt: skip
    return Agreement(edition, tuple(_judged(rule, basis, own, edition, sums) for rule, basis in pairs))


def _judged(rule: str, basis: str, own: pd.DataFrame, edition: int, sums: Mapping[str, float]) -> Judgement:
    cost, given = sums["total_cost"], sums.get(basis, np.nan)
    found: Any = own.loc[rule] if rule in own.index else None
    limit = float(found["first"]) if found is not None and found["nunique"] == 1 else np.nan
    whole = rule == "max-share" and np.isfinite(cost) and np.isfinite(given) and given <= cost
    figure = (
        cost
        if rule == "min-cost"
        else given
        if rule == "max-grant"
        else share(given, cost, rule)
        if whole
        else np.nan
    )
    reason = (
        "unnamed" if not edition
        else "absent" if found is None
        else "several" if found["nunique"] > 1
        else "limit" if np.isnan(limit)
        else "grant" if rule != "min-cost" and np.isnan(given)
        else "cost" if rule != "max-grant" and np.isnan(cost)
        else "beyond" if rule == "max-share" and not whole
        else ""
    )  # fmt: skip
    if reason:
        return Judgement(rule, basis, limit, figure, "not-judged", REASONS[reason])
    kept = figure >= limit if rule == "min-cost" else figure <= limit
    return Judgement(rule, basis, limit, figure, "kept" if kept else "broken")


def _amount(value: float | None) -> float:
    if value is None or value is pd.NA:
        return np.nan
    if isinstance(value, bool) or not isinstance(value, int | float | np.number):
        raise ParameterError(Fault(f"{value!r}", "agreement", say("un numero", "a number")))
    return float(value)
