"""The codebook of a simulated survey: survey/codebook.toml."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.simulate.declare import EDITION, Label, both
from analysis.simulate.respondents import OUTSIDE
from analysis.simulate.write import toml

MISSING = {"98": both("non sa", "does not know"), "99": both("non risponde", "does not answer")}
YES_NO = {"yes": both("sì", "yes"), "no": both("no", "no")}
WORKING = {"employment": "employed"}
WOULD_WORK = {
    "childcare": {"it": "servizi per i bambini", "en": "childcare services"},
    "elder_care": {"it": "servizi per anziani e disabili", "en": "services for elderly and disabled people"},
    "flexible_hours": {"it": "un orario flessibile", "en": "flexible hours"},
    "part_time": {"it": "un part-time", "en": "part-time work"},
    "remote_work": {"it": "il lavoro da casa", "en": "work from home"},
    "nothing": {"it": "nulla di tutto questo", "en": "none of these"},
}


def codebook(truth: Mapping[str, Any], seed: int, companies: pd.DataFrame) -> str:
    """The text of survey/codebook.toml: no wording of any item, only numbers of items."""
    dates = [dt.date.fromisoformat(text) for text in truth["waves"]["dates"]]
    quarters = {name: both(name, name) for name in truth["quarters"]["names"]}
    size = {
        "small": both("imprese di 10-49 addetti", "companies of 10-49 employees"),
        "medium": both("imprese di 50-249 addetti", "companies of 50-249 employees"),
        "large": both("imprese di 250 addetti e oltre", "companies of 250 employees or more"),
    }
    outside = {OUTSIDE: both("fuori città", "outside the city")}
    frames = {
        "residents": both("residenti", "residents"),
        "workers": both("lavoratori delle imprese", "companies' workers"),
        "users": both("utenti dei servizi", "users of services"),
    }
    strata = quarters | {key: size[key] for key in sorted(set(companies["stratum"]))}
    variables: dict[str, dict[str, Any]] = {
        "person_id": {"type": "id", "role": "identifier", "label": both("persona", "person")},
        "frame": _coded("gruppo", "frame", frames, "design"),
        "stratum": _coded("strato", "stratum", strata, "design"),
        "cluster": {
            "type": "text",
            "role": "design",
            "label": both("grappolo (impresa)", "cluster (company)"),
        },
        "weight": {
            "type": "number",
            "role": "weight",
            "min": 0,
            "label": both("peso di campionamento", "design weight"),
        },
        "gender": _coded(
            "genere",
            "gender",
            {"f": both("donne", "women"), "m": both("uomini", "men")},
            "quasi-identifier",
        ),
        "age": {
            "type": "integer",
            "role": "quasi-identifier",
            "min": 18,
            "max": 80,
            "unit": "years",
            "label": both("età alla prima rilevazione", "age at the first wave"),
        },
        "quarter": _coded("quartiere", "quarter", quarters | outside, "quasi-identifier"),
        "employment": _coded(
            "condizione",
            "employment",
            {
                "employed": both("occupati", "employed"),
                "unemployed": both("in cerca di lavoro", "unemployed"),
                "inactive": both("inattivi", "inactive"),
            },
            "quasi-identifier",
        ),
        "not_working_reason": _coded(
            "perché non lavora",
            "reason for not working",
            {
                "care": both("per ragioni di cura", "because of care"),
                "other": both("per altre ragioni", "for other reasons"),
            },
            "sensitive",
            asked_if={"employment": ["unemployed", "inactive"]},
        ),
        "hours_week": {
            "type": "integer",
            "min": 1,
            "max": 60,
            "unit": "hours",
            "label": both("ore di lavoro la settimana", "weekly working hours"),
            "missing": {"99": MISSING["99"]},
            "asked_if": WORKING,
        },
        "reduced_hours_care": _coded(
            "orario ridotto per ragioni di cura",
            "hours reduced because of care",
            YES_NO,
            "sensitive",
            MISSING,
            WORKING,
        ),
        "would_work_if": _coded(
            "che cosa le permetterebbe di lavorare",
            "what would let her or him work",
            WOULD_WORK,
            "sensitive",
            MISSING,
            {"not_working_reason": "care"},
        ),
        "would_work_more_if": _coded(
            "che cosa le permetterebbe di lavorare di più",
            "what would let her or him work more",
            WOULD_WORK,
            "sensitive",
            MISSING,
            {"reduced_hours_care": "yes"},
        ),
        "flexible_hours": _coded("orario flessibile", "flexible hours", YES_NO, "", MISSING, WORKING),
        "children_under15": _coded(
            "figli sotto i 15 anni in casa", "children under 15 at home", YES_NO, "quasi-identifier", MISSING
        ),
        "relatives_care": _coded(
            "assiste familiari malati, disabili o anziani",
            "cares for ill, disabled or elderly relatives",
            YES_NO,
            "sensitive",
            MISSING,
        ),
        "company": {
            "type": "ref",
            "to": "actors",
            "role": "quasi-identifier",
            "label": both("impresa", "company"),
            "asked_if": {"frame": "workers"},
        },
    }
    scales = {
        "wfc": ("interferenza lavoro→famiglia", "work→family interference", 1, 7, WORKING),
        "fwc": ("interferenza famiglia→lavoro", "family→work interference", 1, 7, WORKING),
        "who": ("benessere", "wellbeing", 0, 5, None),
    }
    for name, (it, en, low, high, asked) in scales.items():
        for number in range(1, 6):
            entry = {
                "type": "integer",
                "min": low,
                "max": high,
                "label": both(f"{it}, voce {number}", f"{en}, item {number}"),
                "missing": MISSING,
            }
            variables[f"{name}{number}"] = entry | ({"asked_if": asked} if asked else {})
    confirmed = both(
        f"the altro software project, {EDITION.isoformat()}: dati simulati, seme {seed}; in questo studio ogni scala è la media delle sue cinque voci "
        "(1-7, nessuna voce invertita), perché così le disegna il simulatore; non prova nulla sullo strumento originale.",
        f"the altro software project, {EDITION.isoformat()}: simulated data, seed {seed}; here each scale is the mean of its five items (1-7, none reversed), "
        "because the simulator draws them so; it proves nothing about the original instrument.",
    )
    load = {
        "none": both("nessun carico", "no care load"),
        "children": both("figli sotto i 15 anni", "children under 15"),
        "relatives": both("familiari da assistere", "relatives to care for"),
        "both": both("figli e familiari", "children and relatives"),
    }
    loads = {"children_under15": "yes", "relatives_care": "yes"}
    sections: list[tuple[str, Mapping[str, Any]]] = [
        *(
            (
                f"[waves.{number}]",
                {
                    "files": [f"wave{number}.csv"],
                    "join": "person_id",
                    "unit": "person",
                    "date": dates[number - 1],
                    "label": label,
                },
            )
            for number, label in (
                (1, both("prima rilevazione", "first wave")),
                (2, both("seconda rilevazione", "second wave")),
            )
        ),
        (
            "[instruments.netemeyer1996]",
            {
                "confirmed": confirmed,
                "items_wfc": [f"wfc{i}" for i in range(1, 6)],
                "items_fwc": [f"fwc{i}" for i in range(1, 6)],
            },
        ),
        ("[instruments.who5]", {"items": [f"who{i}" for i in range(1, 6)]}),
        *((f"[variables.{name}]", entry) for name, entry in variables.items()),
        (
            "[derived.care_load]",
            {
                "operation": "recode",
                "role": "sensitive",
                "label": both("carico di cura", "care load"),
                "codes": load,
                "rules": [
                    {"when": loads, "to": "both"},
                    {"when": loads | {"relatives_care": "no"}, "to": "children"},
                    {"when": loads | {"children_under15": "no"}, "to": "relatives"},
                ],
                "otherwise": "none",
            },
        ),
        (
            "[derived.age_band]",
            {
                "operation": "age band",
                "role": "quasi-identifier",
                "variable": "age",
                "bands": ["18-34", "35-44", "45-54", "55-64", "65+"],
                "label": both("età", "age"),
            },
        ),
    ]
    return toml({}, sections).lstrip("\n")


def _coded(
    it: str,
    en: str,
    codes: Mapping[str, Label],
    role: str = "",
    missing: Mapping[str, Label] | None = None,
    asked_if: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "code", "label": both(it, en)}
    if role:
        entry["role"] = role
    entry["codes"] = dict(codes)
    if missing:
        entry["missing"] = dict(missing)
    if asked_if:
        entry["asked_if"] = dict(asked_if)
    return entry
