"""A small paper made by hand: record, notebook, texts and bibliography, so that publishing is tested without a kernel."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.publish import twins


def both(italian: str, english: str) -> dict[str, str]:
    return {"it": italian, "en": english}


def cell(name: str, source: str, *tags: str, kind: str = "markdown") -> dict[str, Any]:
    made: dict[str, Any] = {"id": name, "cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}
    if kind == "code":
        made |= {"outputs": [], "execution_count": None}
    return made


SVG = """<svg xmlns="http://www.w3.org/2000/svg" width="435.6pt" height="170pt" viewBox="0 0 435.6 170">
<rect width="435.6" height="170" fill="#ffffff"/>
<path d="M60 20V140H420" fill="none" stroke="#5d6872"/>
<rect x="90" y="{top}" width="90" height="{height}" fill="#005a8f"/>
<rect x="250" y="85" width="90" height="55" fill="#d55e00"/>
</svg>
"""

CATEGORY = {
    "none": both("nessuno", "none"),
    "children": both("figli", "children"),
    "total": both("totale", "total"),
}
GENDER = {"f": both("donne", "women"), "m": both("uomini", "men"), "total": both("totale", "total")}


def code(labels: dict[str, dict[str, str]], key: str) -> dict[str, str]:
    return {"code": key, **labels[key]}


def care_table() -> dict[str, Any]:
    columns = [
        {"name": "gender", "role": "category", "label": both("Genere", "Gender")},
        {"name": "care", "role": "category", "label": both("Carico di cura", "Care load")},
        {"name": "n", "role": "count", "unit": "persons", "counts": "persons", "label": both("n", "n")},
        {"name": "share", "role": "measure", "unit": "share", "digits": 1, "label": both("Quota", "Share")},
        {"name": "low", "role": "low", "of": "share", "label": both("limite inferiore", "lower bound")},
        {"name": "high", "role": "high", "of": "share", "label": both("limite superiore", "upper bound")},
        {
            "name": "hours",
            "role": "measure",
            "unit": "hours",
            "digits": 1,
            "label": both("Ore la settimana", "Hours a week"),
        },
    ]
    values: list[tuple[Any, ...]] = [
        ("f", "none", 412, 0.654, 0.618, 0.690, 3.5),
        ("f", "children", 218, 0.346, 0.310, 0.382, 21.25),
        ("m", "none", 1398, 0.811, 0.79, 0.832, None),
        ("m", "children", None, None, None, None, None),
        ("total", "total", 2028, 1.0, None, None, 9.75),
    ]
    names = [column["name"] for column in columns]
    rows = [dict(zip(names, (code(GENDER, g), code(CATEGORY, c), *rest))) for g, c, *rest in values]
    return {
        "columns": columns,
        "rows": rows,
        "suppressed": [[3, name] for name in ("n", "share", "low", "high")],
    }


def places_table(rows: int) -> dict[str, Any]:
    columns = [
        {"name": "place", "role": "category", "label": both("Comune", "Municipality")},
        {
            "name": "people",
            "role": "measure",
            "unit": "persons",
            "digits": 0,
            "label": both("Abitanti", "Inhabitants"),
        },
    ]
    made = [{"place": f"=Comune {i}", "people": 1000 + 137 * i} for i in range(rows)]
    return {"columns": columns, "rows": made, "suppressed": []}


def context(provenance: str) -> dict[str, Any]:
    simulated = provenance == "simulated"
    return {
        "study": "demo",
        "title": both("Una città inventata", "An invented city"),
        "place": both("Borgo Inventato", "Invented Borough"),
        "authors": [
            {
                "name": "Ada Prova",
                "role": both("valutatrice, pagata dal progetto", "evaluator, paid by the project"),
                "affiliation": "Fondazione Eni Enrico Mattei",
                "orcid": "0000-0000-0000-0000",
            }
        ],
        "provenance": provenance,
        "label": both("Studio dimostrativo, dati simulati", "Demonstration study, simulated data")
        if simulated
        else None,
        "edition": "2026-01-15",
        "licence": "CC BY 4.0",
        "citation": both("Studio demo (2026), edizione – prima", "Demo study (2026), edition – first"),
        "funder": both("Ente finanziatore", "Funding body"),
        "source": both("indagine dello studio, 2017", "survey of the study, 2017"),
        "tables": ["actors", "survey"],
        "disclosure": {"threshold": 5, "confidential_organisations": False},
    }


def evidence(provenance: str = "simulated", places: int = 3) -> dict[str, Any]:
    number = {"unit": "share", "digits": 1, "n": 630, "low": 0.310, "high": 0.382, "suppressed": False}
    return {
        "schema": 1,
        "notebook": "sample",
        "parameters": {"study": "demo", "frame": "workers"},
        "context": context(provenance),
        "numbers": {
            "share_with_care_load": {**number, "value": 0.346},
            "cost": {"unit": "euro", "digits": 0, "value": 12345.4, "suppressed": False},
            "small_group": {"unit": "share", "digits": 1, "value": None, "suppressed": True},
        },
        "statements": {
            "women_more": {
                "form": "higher",
                "text": both(
                    "Le donne hanno più spesso un carico (+3,1 punti).",
                    "Women carry a load more often (+3.1 points).",
                ),
            }
        },
        "tables": {"tbl-care": care_table(), "tbl-places": places_table(places)},
        "figures": {
            "fig-care": {
                "csv": "fig-care.csv",
                "svg": {"it": "fig-care.it.svg", "en": "fig-care.en.svg"},
                "width": 6.05,
                "height": 2.36,
                "tables": {"data": care_table()},
            }
        },
    }


def cells() -> list[dict[str, Any]]:
    return [
        cell("parameters", 'study = "demo"\nframe = "workers"', "parameters", kind="code"),
        cell(
            "q-it",
            "# Domanda {#sec-question}\n\nChi ha un carico di cura? Il `{val} share_with_care_load` "
            "(`{val} share_with_care_load.interval`; n = `{val} share_with_care_load.n`) delle persone; si vedano la @fig-care e la "
            "@tbl-care [@greenhaus1985, p. 76]. Il costo è `{val} cost`; nel gruppo piccolo `{val} small_group`. `{say} women_more`\n\n"
            "Tutti i `{lit} 5` servizi stanno nella @tbl-places e nella @sec-method.^[Una nota.]",
            "lang-it",
        ),
        cell(
            "q-en",
            "# Question {#sec-question}\n\nWho carries a care load? `{val} share_with_care_load` "
            "(`{val} share_with_care_load.interval`; n = `{val} share_with_care_load.n`) of people; see @fig-care and "
            "@tbl-care [@greenhaus1985, p. 76]. The cost is `{val} cost`; in the small group `{val} small_group`. `{say} women_more`\n\n"
            "All `{lit} 5` services are in @tbl-places and @sec-method.^[A note.]",
            "lang-en",
        ),
        cell("care", 'ev.figure("fig-care", care, draw)\nev.table("tbl-care", care)', kind="code"),
        cell(
            "m-it",
            "# Metodo {#sec-method}\n\n## Stima\n\nPer ogni persona $i$ vale la @eq-model:\n\n"
            '$$ y_i = \\beta_0 + \\beta_1 c_i + \\varepsilon_i $$ {#eq-model alt="y con i uguale a beta zero più beta uno per c con i più errore"}\n\n'
            "- primo punto;\n- secondo punto.\n\n## Limiti\n\nSolo chi ha risposto.",
            "lang-it",
        ),
        cell(
            "m-en",
            "# Method {#sec-method}\n\n## Estimate\n\nFor each person $i$, @eq-model holds:\n\n"
            '$$ y_i = \\beta_0 + \\beta_1 c_i + \\varepsilon_i $$ {#eq-model alt="y sub i equals beta zero plus beta one times c sub i plus an error"}\n\n'
            "- first point;\n- second point.\n\n## Limits\n\nOnly those who answered.",
            "lang-en",
        ),
        cell("places", 'ev.table("tbl-places", places)', kind="code"),
        cell("ev-it", "Testo sugli eventi.", "lang-it", "needs:events"),
        cell("ev-en", "Text on events.", "lang-en", "needs:events"),
        cell("no-it", "Non ci sono eventi.", "lang-it", "lacks:events"),
        cell("no-en", "There are no events.", "lang-en", "lacks:events"),
        cell("k-it", "Il numero c'è.", "lang-it", "when:cost"),
        cell("k-en", "The number is there.", "lang-en", "when:cost"),
        cell("close", "ev.close()", kind="code"),
    ]


SPEC = """
title = { it = "Chi cura: un documento di prova – con trattino", en = "Who cares: a sample paper – with a dash" }
abstract = { it = "Prova della catena su *dati inventati*: il `{val} share_with_care_load`.", en = "A trial of the chain on *invented data*: `{val} share_with_care_load`." }
keywords = { it = ["cura", "conciliazione"], en = ["care", "work–life balance"] }
jel = ["J22", "J13"]
[parameters.frame]
type = "choice"
default = "residents"
label = { it = "quadro", en = "frame" }
[figures.fig-care]
caption = { it = "Quota con carico di cura, per genere (media `{val} share_with_care_load`).", en = "Share with a care load, by gender (mean `{val} share_with_care_load`)." }
alt = { it = "Due colonne: la prima, delle donne, è più alta; media `{val} share_with_care_load`.", en = "Two bars: the first, of women, is higher; mean `{val} share_with_care_load`." }
[tables.tbl-care]
caption = { it = "Carichi di cura per genere.", en = "Care loads by gender." }
note = { it = "Quote pesate.", en = "Weighted shares." }
[tables.tbl-places]
caption = { it = "Abitanti per comune.", en = "Inhabitants by municipality." }
"""

BIBLIOGRAPHY = """
@article{greenhaus1985,
  author = {Greenhaus, Jeffrey H. and Beutell, Nicholas J.},
  title = {Sources of Conflict between Work and Family Roles},
  journal = {Academy of Management Review},
  year = {1985}, volume = {10}, number = {1}, pages = {76--88}
}
"""

TEXTS = """
drop = []
[[tables]]
label = "tbl-own"
after = "sec-method"
caption = { it = "Una tabella propria.", en = "A table of one's own." }
source = { it = "verbale del tavolo", en = "minutes of the table" }
columns = { it = ["Servizio", "Anno", "Quota"], en = ["Service", "Year", "Share"] }
rows = [[{ it = "Portierato", en = "Concierge" }, 2017, 0.5], ["+A1", 2018, 1234.25]]
[[paragraphs]]
after = "fig-care"
it = "Il paragrafo dello studio rinvia alla @tbl-own."
en = "The study's paragraph refers to @tbl-own."
"""


def output(kind: str, key: str) -> dict[str, Any]:
    return {
        "output_type": "display_data",
        "data": {"text/plain": key},
        "metadata": {"altro": {"kind": kind, "key": key}},
    }


@dataclass
class Paper:
    """The parts of the sample paper, to be changed by a test before `write`."""

    folder: Path
    evidence: dict[str, Any] = field(default_factory=evidence)
    cells: list[dict[str, Any]] = field(default_factory=cells)
    spec: str = SPEC
    bibliography: str = BIBLIOGRAPHY
    texts: str = ""
    outputs: dict[str, Any] = field(
        default_factory=lambda: {
            "care": [output("figure", "fig-care"), output("table", "tbl-care")],
            "places": [output("table", "tbl-places")],
        }
    )

    def write(self) -> tuple[Path, Path, Path | None]:
        """(record folder, notebook, texts or None)."""
        record, notebooks = self.folder / "record", self.folder / "notebooks"
        record.mkdir(parents=True, exist_ok=True)
        notebooks.mkdir(exist_ok=True)
        book = {"cells": self._accepted(), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        _put(notebooks / "sample.ipynb", json.dumps(book, ensure_ascii=False))
        _put(notebooks / "sample.toml", self.spec)
        _put(notebooks / "references.bib", self.bibliography)
        _put(record / "evidence.json", json.dumps(self.evidence, ensure_ascii=False))
        _put(record / "outputs.json", json.dumps(self.outputs))
        for language, top in (("it", 40), ("en", 40)):
            _put(record / f"fig-care.{language}.svg", SVG.format(top=top, height=140 - top))
        if not self.texts:
            return record, notebooks / "sample.ipynb", None
        _put(self.folder / "texts.toml", self.texts)
        return record, notebooks / "sample.ipynb", self.folder / "texts.toml"

    def _accepted(self) -> list[dict[str, Any]]:
        """The cells, with every English twin accepted as it is, unless a test has set its mark."""
        made = []
        for group in twins.grouped(self.cells):
            for language, one in group.items():
                kept = one["metadata"].get("altro")
                if language == "en" and "it" in group and kept is None:
                    mark = {"altro": {"translates": twins.mark(twins.source(group["it"]))}}
                    one = {**one, "metadata": {**mark, **one["metadata"]}}
                made.append(one)
        return made

    def change(self, name: str, old: str, new: str) -> None:
        """Replace text in the cell `name`."""
        found = next(cell for cell in self.cells if cell["id"] == name)
        assert old in found["source"]
        found["source"] = found["source"].replace(old, new)


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
