"""What a simulated study declares about itself: study.toml and README.md."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from analysis.simulate import truth as truths
from analysis.simulate.calendar import Calendar
from analysis.simulate.write import toml

EDITION = dt.date(2026, 1, 15)
Label = dict[str, str]
NOTES = (
    "- `money`: ogni entrata ricevuta nomina in `pledge` la promessa che salda / a receipt names in `pledge` the pledge that it settles.",
    "- `campaigns`, `gifts` e `proposals` sono registri a sé: non si sommano al libro `money` / are registers of their own, not to be added to the ledger `money`.",
    "- `gifts`: donatori ed euro di ogni campagna sono quelli di `campaigns` / donors and euros of each campaign are those of `campaigns`.",
    "- `shifts`: turni settimanali, posti e coperti; non nominano chi li fa / weekly shifts, places and those covered; they name nobody.",
    "- `wages`, `outcome_values`, `call_rules`: valori inventati, nessuno viene da un contratto, da una stima o da un bando vero / invented values, none from a real agreement, estimate or call.",
    "- `panel`: imprese della rete, `adopted` vuoto per chi non adotta mai / companies of the network, `adopted` empty for those that never adopt.",
    "- `caseload`: le persone per semestre sommano all'indicatore delle persone servite / persons by semester add up to the indicator of people served.",
    "- `outcome_values.quantity`: persone distinte, cioè `caseload.achieved` sommato × totale di `reached` / `caseload.persons` sommato, arrotondato / distinct persons, that is `caseload.achieved` summed × total of `reached` / `caseload.persons` summed, rounded.",
    "- Il traguardo dei fondi ricevuti da altri in `indicators` è quello di `[fundraising]` / the target of funds received from others in `indicators` is that of `[fundraising]`.",
    "- Un indicatore non ha valore di partenza ed è misurato in due semestri soltanto, di proposito / one indicator has no baseline and was measured in two semesters only, on purpose.",
)


def both(it: str, en: str) -> Label:
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
        "title": both(
            f"Studio dimostrativo, dati simulati: welfare di comunità a {city}",
            f"Demonstration study, simulated data: community welfare in {city}",
        ),
        "place": both(
            f"{city}, città inventata della regione inventata {region}",
            f"{city}, an invented city in the invented region {region}",
        ),
        "licence": "CC BY 4.0",
        "citation": both(
            f"il progetto software altro, Studio dimostrativo, dati simulati: welfare di comunità a {city} (seme {seed}). Non è una pubblicazione.",
            f"the altro software project, Demonstration study, simulated data: community welfare in {city} (seed {seed}). Not a publication.",
        ),
        "source": source,
    }
    author = {
        "name": "the altro software project",
        "role": both("autore del simulatore", "author of the simulator"),
    }
    sampling: list[tuple[str, Mapping[str, Any]]] = [
        (
            "[sampling.residents]",
            {
                "kind": "probability",
                "frame": both(
                    "residenti estratti per quartiere (simulati)", "residents drawn by quarter (simulated)"
                ),
                "population": both(
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
                "frame": both(
                    "imprese della rete con almeno 10 addetti, estratte per dimensione, e loro addetti (simulati)",
                    "companies of the network with at least 10 employees, drawn by size, and their workers (simulated)",
                ),
                "population": both(
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
                "frame": both(
                    "chi usa i servizi e ha risposto di propria iniziativa (simulati)",
                    "users of the services who answered of their own accord (simulated)",
                ),
                "population": both(
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
            {"outcome": _panel(catalogue), "date": dt.date(2016, 12, 1)},
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
            ("[fundraising]", _fundraising(truth, catalogue)),
            *(("[[comparisons]]", entry) for entry in _comparisons(truth, catalogue)),
        ],
    )


def _panel(catalogue: Mapping[str, Any]) -> str:
    return next(entry["indicator"] for entry in catalogue["indicators"] if entry["how"] == "panel")


def _fundraising(truth: Mapping[str, Any], catalogue: Mapping[str, Any]) -> dict[str, Any]:
    p, actors = truth["fundraising"], catalogue["actors"]
    funder = actors["nonprofit"][actors["funder"]][0]
    return {
        "total_cost": p["total_cost"],
        "target": truths.to_raise(truth),
        "reserve": p["reserve"],
        "agreement": {
            name: text.format(funder=funder) for name, text in catalogue["call"]["agreement"].items()
        },
        "edition": truth["call"]["edition"],
    }


def _comparisons(truth: Mapping[str, Any], catalogue: Mapping[str, Any]) -> list[dict[str, Any]]:
    pilot = truth["comparisons"]["pilot_quarters"]
    others = [name for name in truth["quarters"]["names"] if name not in pilot]
    designs: dict[str, dict[str, Any]] = {
        "flexible": {"design": "staggered", "outcome": _panel(catalogue)},
        "users": {
            "design": "weighting",
            "outcome": "wfc",
            "variable": "frame",
            "treated": ["users"],
            "comparison": ["residents"],
            "covariates": ["gender", "age", "care_load"],
        },
        "quarters": {
            "design": "difference",
            "outcome": "wfc",
            "variable": "quarter",
            "treated": pilot,
            "comparison": others,
            "cluster": "quarter",
        },
        "quarters-family": {
            "design": "difference",
            "outcome": "fwc",
            "variable": "quarter",
            "treated": pilot,
            "comparison": others,
            "cluster": "quarter",
        },
        "respondents": {"design": "change", "outcome": "who5"},
    }
    return [{"id": name} | entry | catalogue["comparisons"][name] for name, entry in designs.items()]


def _semesters(when: Calendar) -> list[tuple[dt.date, dt.date]]:
    ends = [stamp.date() for stamp in when.semester_ends()]
    starts = [when.start, *(end + dt.timedelta(days=1) for end in ends[:-1])]
    return list(zip(starts, ends))


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
        *NOTES,
        "",
        "## Parametri veri / True parameters",
        "",
        "Ogni valore è un'ipotesi del simulatore, non una stima. / Every value is an assumption of the simulator, not an estimate.",
    ]
    for assumption, group in rows.groupby("assumption", sort=False):
        lines += ["", str(assumption), "", "| parameter | value |", "| --- | --- |"]
        lines += [f"| `{name}` | {value} |" for name, value in zip(group["parameter"], group["value"])]
    return "\n".join(lines) + "\n"
