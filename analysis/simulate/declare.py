"""What a simulated study declares about itself: study.toml, survey/codebook.toml and README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.simulate import truth as truths
from analysis.simulate.calendar import Calendar
from analysis.simulate.respondents import OUTSIDE
from analysis.simulate.write import toml

EDITION = dt.date(2026, 1, 15)
Label = dict[str, str]


def _both(it: str, en: str) -> Label:
    return {"it": it, "en": en}


def study(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], identifier: str, seed: int, when: Calendar
) -> str:
    """The text of study.toml."""
    city, region = catalogue["territory"]["provinces"][0], catalogue["territory"]["region"]
    rate = truth["sample"]["response_rate"]
    source = {language: text.format(seed=seed) for language, text in catalogue["texts"]["source"].items()}
    top = {
        "id": identifier,
        "edition": EDITION,
        "provenance": "simulated",
        "start": when.start,
        "end": when.end,
        "title": _both(
            f"Studio dimostrativo, dati simulati: welfare di comunità a {city}",
            f"Demonstration study, simulated data: community welfare in {city}",
        ),
        "place": _both(
            f"{city}, città inventata della regione inventata {region}",
            f"{city}, an invented city in the invented region {region}",
        ),
        "licence": "CC BY 4.0",
        "citation": _both(
            f"il progetto software altro, Studio dimostrativo, dati simulati: welfare di comunità a {city} (seme {seed}). Non è una pubblicazione.",
            f"the altro software project, Demonstration study, simulated data: community welfare in {city} (seed {seed}). Not a publication.",
        ),
        "source": source,
    }
    author = {
        "name": "the altro software project",
        "role": _both("autore del simulatore", "author of the simulator"),
    }
    sampling: list[tuple[str, Mapping[str, Any]]] = [
        (
            "[sampling.residents]",
            {
                "kind": "probability",
                "frame": _both(
                    "residenti estratti per quartiere (simulati)", "residents drawn by quarter (simulated)"
                ),
                "population": _both(
                    f"residenti a {city} di 18-80 anni (simulati)",
                    f"residents of {city} aged 18-80 (simulated)",
                ),
                "response_rate": rate["residents"],
                "strata": "stratum",
                "weight": "weight",
            },
        ),
        (
            "[sampling.workers]",
            {
                "kind": "probability",
                "frame": _both(
                    "imprese della rete con almeno 10 addetti, estratte per dimensione, e loro addetti (simulati)",
                    "companies of the network with at least 10 employees, drawn by size, and their workers (simulated)",
                ),
                "population": _both(
                    "addetti di queste imprese (simulati)", "workers of these companies (simulated)"
                ),
                "response_rate": rate["workers"],
                "strata": "stratum",
                "cluster": "cluster",
                "weight": "weight",
            },
        ),
        (
            "[sampling.users]",
            {
                "kind": "volunteer",
                "frame": _both(
                    "chi usa i servizi e ha risposto di propria iniziativa (simulati)",
                    "users of the services who answered of their own accord (simulated)",
                ),
                "population": _both(
                    "nessuna: i risultati descrivono chi ha risposto", "none: results describe respondents"
                ),
                "response_rate": "unknown",
            },
        ),
    ]
    semesters = [("[[semesters]]", {"start": start, "end": end}) for start, end in _semesters(when)]
    plan = {
        "primary": [
            {"outcome": "wfc", "date": dt.date(2016, 12, 1)},
            {"outcome": "fwc", "date": dt.date(2016, 12, 1)},
        ]
    }
    return toml(
        top,
        [
            ("[[authors]]", author),
            *semesters,
            ("[disclosure]", {"threshold": 5, "confidential_organisations": False}),
            ("[csv]", {"separator": ",", "decimal": "."}),
            ("[territory]", {"source": "own"}),
            *(
                (f"[registers.{name}]", {"collected_by": catalogue["texts"]["collector"]})
                for name in ("events", "participation", "mediation", "ties")
            ),
            *sampling,
            ("[plan]", plan),
        ],
    )


def _semesters(when: Calendar) -> list[tuple[dt.date, dt.date]]:
    ends = [stamp.date() for stamp in when.semester_ends()]
    starts = [when.start, *(end + dt.timedelta(days=1) for end in ends[:-1])]
    return list(zip(starts, ends))


MISSING = {"98": _both("non sa", "does not know"), "99": _both("non risponde", "does not answer")}
YES_NO = {"yes": _both("sì", "yes"), "no": _both("no", "no")}
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
    quarters = {name: _both(name, name) for name in truth["quarters"]["names"]}
    size = {
        "small": _both("imprese di 10-49 addetti", "companies of 10-49 employees"),
        "medium": _both("imprese di 50-249 addetti", "companies of 50-249 employees"),
        "large": _both("imprese di 250 addetti e oltre", "companies of 250 employees or more"),
    }
    outside = {OUTSIDE: _both("fuori città", "outside the city")}
    frames = {
        "residents": _both("residenti", "residents"),
        "workers": _both("lavoratori delle imprese", "companies' workers"),
        "users": _both("utenti dei servizi", "users of services"),
    }
    strata = quarters | {key: size[key] for key in sorted(set(companies["stratum"]))}
    variables: dict[str, dict[str, Any]] = {
        "person_id": {"type": "id", "role": "identifier", "label": _both("persona", "person")},
        "frame": _coded("gruppo", "frame", frames, "design"),
        "stratum": _coded("strato", "stratum", strata, "design"),
        "cluster": {
            "type": "text",
            "role": "design",
            "label": _both("grappolo (impresa)", "cluster (company)"),
        },
        "weight": {
            "type": "number",
            "role": "weight",
            "min": 0,
            "label": _both("peso di campionamento", "design weight"),
        },
        "gender": _coded(
            "genere",
            "gender",
            {"f": _both("donne", "women"), "m": _both("uomini", "men")},
            "quasi-identifier",
        ),
        "age": {
            "type": "integer",
            "role": "quasi-identifier",
            "min": 18,
            "max": 80,
            "unit": "years",
            "label": _both("età alla prima rilevazione", "age at the first wave"),
        },
        "quarter": _coded("quartiere", "quarter", quarters | outside, "quasi-identifier"),
        "employment": _coded(
            "condizione",
            "employment",
            {
                "employed": _both("occupati", "employed"),
                "unemployed": _both("in cerca di lavoro", "unemployed"),
                "inactive": _both("inattivi", "inactive"),
            },
            "quasi-identifier",
        ),
        "not_working_reason": _coded(
            "perché non lavora",
            "reason for not working",
            {
                "care": _both("per ragioni di cura", "because of care"),
                "other": _both("per altre ragioni", "for other reasons"),
            },
            "sensitive",
            asked_if={"employment": ["unemployed", "inactive"]},
        ),
        "hours_week": {
            "type": "integer",
            "min": 1,
            "max": 60,
            "unit": "hours",
            "label": _both("ore di lavoro la settimana", "weekly working hours"),
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
            "label": _both("impresa", "company"),
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
                "label": _both(f"{it}, voce {number}", f"{en}, item {number}"),
                "missing": MISSING,
            }
            variables[f"{name}{number}"] = entry | ({"asked_if": asked} if asked else {})
    confirmed = _both(
        f"the altro software project, {EDITION.isoformat()}: dati simulati, seme {seed}; in questo studio ogni scala è la media delle sue cinque voci "
        "(1-7, nessuna voce invertita), perché così le disegna il simulatore; non prova nulla sullo strumento originale.",
        f"the altro software project, {EDITION.isoformat()}: simulated data, seed {seed}; here each scale is the mean of its five items (1-7, none reversed), "
        "because the simulator draws them so; it proves nothing about the original instrument.",
    )
    load = {
        "none": _both("nessun carico", "no care load"),
        "children": _both("figli sotto i 15 anni", "children under 15"),
        "relatives": _both("familiari da assistere", "relatives to care for"),
        "both": _both("figli e familiari", "children and relatives"),
    }
    both = {"children_under15": "yes", "relatives_care": "yes"}
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
                (1, _both("prima rilevazione", "first wave")),
                (2, _both("seconda rilevazione", "second wave")),
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
                "label": _both("carico di cura", "care load"),
                "codes": load,
                "rules": [
                    {"when": both, "to": "both"},
                    {"when": both | {"relatives_care": "no"}, "to": "children"},
                    {"when": both | {"children_under15": "no"}, "to": "relatives"},
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
                "label": _both("età", "age"),
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
    entry: dict[str, Any] = {"type": "code", "label": _both(it, en)}
    if role:
        entry["role"] = role
    entry["codes"] = dict(codes)
    if missing:
        entry["missing"] = dict(missing)
    if asked_if:
        entry["asked_if"] = dict(asked_if)
    return entry


def readme(
    truth: Mapping[str, Any], catalogue: Mapping[str, Any], identifier: str, seed: int, scale: float
) -> str:
    """README.md: that everything is invented, how to redraw it, and every true parameter with its assumption."""
    city = catalogue["territory"]["provinces"][0]
    rows = truths.listing(truth)
    lines = [
        f"# `{identifier}`: dati simulati / simulated data",
        "",
        f"Tutto è inventato: la città di {city}, le organizzazioni, le persone, il territorio (le coordinate stanno nell'oceano Atlantico). Nessun numero è un risultato.",
        "I nomi sono composti a caso: ogni somiglianza con enti o luoghi veri è involontaria.",
        "",
        f"Everything is invented: the city of {city}, the organisations, the people, the territory (its coordinates lie in the Atlantic Ocean). No number is a finding.",
        "Names were made up: any likeness to real bodies or places is unintended.",
        "",
        f"- Seme / seed: {seed}; scala / scale: {scale:g}",
        f"- Per ridisegnarlo / to redraw it: `altro simulate DIR --seed {seed} --scale {scale:g}`",
        "- Stesso seme, stessi byte / same seed, same bytes.",
        "- `scenarios.toml`: assunzioni della dimostrazione, le stesse per ogni seme / assumptions of the demonstration, the same for every seed.",
        "- Il simulatore non scrive `texts/`: se c'è, è scritto a mano / the simulator does not write `texts/`: where present, it is written by hand.",
        "- `participation.hours` sono ore-persona (persone × ore dell'incontro) / are person-hours (persons × hours of the event).",
        "- I costi generali e gli altri costi comuni non hanno `service` / overheads are joint and name no `service`.",
        "",
        "## Parametri veri / True parameters",
        "",
        "Ogni valore è un'ipotesi del simulatore, non una stima. / Every value is an assumption of the simulator, not an estimate.",
    ]
    for assumption, group in rows.groupby("assumption", sort=False):
        lines += ["", str(assumption), "", "| parameter | value |", "| --- | --- |"]
        lines += [f"| `{name}` | {value} |" for name, value in zip(group["parameter"], group["value"])]
    return "\n".join(lines) + "\n"
