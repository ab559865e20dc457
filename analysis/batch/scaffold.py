"""A new notebook that works at once: twin cells, a parameter, a number, a statement, a table and a figure, and the TOML beside it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from analysis.errors import Fault, RunError, say

PROSE = [
    (
        "question",
        "# Domanda {#sec-question}\n\nChi fa parte del progetto? Questo notebook conta le organizzazioni dello studio per tipo: "
        "sono `{val} organisations` in tutto. È un punto di partenza: sostituite domanda, dati e testo con i vostri.",
        "# Question {#sec-question}\n\nWho takes part in the project? This notebook counts the organisations of the study by type: "
        "there are `{val} organisations` in all. It is a place to start from: replace question, data and text with your own.",
    ),
    (
        "results",
        "# Risultati {#sec-results}\n\nLa @fig-types e la @tbl-types mostrano le organizzazioni per tipo. `{say} companies_and_nonprofits`",
        "# Results {#sec-results}\n\n@fig-types and @tbl-types show the organisations by type. `{say} companies_and_nonprofits`",
    ),
    (
        "limits",
        "# Limiti {#sec-limits}\n\nÈ un conteggio completo delle organizzazioni registrate nello studio: non c'è errore campionario, e nulla si dice di chi non è registrato.",
        "# Limits {#sec-limits}\n\nThis is a complete count of the organisations recorded in the study: there is no sampling error, and nothing is said of those not recorded.",
    ),
]

CODE = {
    "parameters": 'study = "demo"\nat_least = 0',
    "load": (
        "from types import SimpleNamespace\n\nfrom analysis.evidence import record, style\nfrom analysis.study import studies\n\n"
        's = studies.open_study(study)\nev = record.open_record(s.context(), notebook="{name}")'
    ),
    "count": (
        'actors = s.table("actors")\ncounts = actors.groupby("type", as_index=False).size().rename(columns={{"size": "organisations"}})\n'
        'counts = counts[counts["organisations"] >= at_least].reset_index(drop=True)\n'
        'counts.attrs["columns"] = {{"organisations": {{"counts": "organisations"}}}}\nev.number("organisations", len(actors), "organisations")'
    ),
    "compare": (
        'by_type = actors["type"].value_counts()\ngap = int(by_type.get("profit", 0) - by_type.get("nonprofit", 0))\n'
        'ev.statement("companies_and_nonprofits", SimpleNamespace(estimate=gap, low=gap, high=gap, n=len(actors)), "organisations")'
    ),
    "table": 'ev.table("tbl-types", counts)',
    "figure": (
        "def draw(data, words):\n    fig, ax = style.subplots(height=1.8)\n"
        '    ax.barh([words.label("type", t) for t in data["type"]], data["organisations"], color=style.ACCENT)\n'
        '    ax.set_xlabel(words("organisations"))\n    words.axis(ax.xaxis, "organisations")\n    return fig\n\n\nev.figure("fig-types", counts, draw)'
    ),
    "close": "ev.close()",
}

TOML = """\
# Testi del notebook: titolo, parole delle figure, didascalie. L'italiano viene prima, l'inglese gli sta accanto.
title = {{ it = "{title}: titolo da scrivere", en = "{title}: title to be written" }}
abstract = {{ it = "Di che cosa si tratta, in tre righe.", en = "What this is about, in three lines." }}
keywords = {{ it = ["welfare di comunità"], en = ["community welfare"] }}
jel = ["I38"]

[needs]
tables = ["actors"]

[parameters.at_least]
type = "integer"
min = 0
default = 0
label = {{ it = "organizzazioni per tipo, almeno", en = "organisations by type, at least" }}

[words]
type = {{ it = "tipo di organizzazione", en = "type of organisation" }}

[statements.companies_and_nonprofits]
higher = {{ it = "Le imprese sono {{size}} più degli enti non profit.", en = "Companies outnumber non-profit bodies by {{size}}." }}
lower = {{ it = "Gli enti non profit sono {{size}} più delle imprese.", en = "Non-profit bodies outnumber companies by {{size}}." }}
unclear = {{ it = "Imprese ed enti non profit sono in pari numero.", en = "Companies and non-profit bodies are equal in number." }}

[tables.tbl-types]
caption = {{ it = "Organizzazioni per tipo.", en = "Organisations by type." }}

[figures.fig-types]
caption = {{ it = "Organizzazioni dello studio, per tipo.", en = "Organisations of the study, by type." }}
alt = {{ it = "Barre orizzontali, una per tipo di organizzazione; `{{val}} organisations` organizzazioni in tutto.", en = "Horizontal bars, one a type of organisation; `{{val}} organisations` organisations in all." }}
"""


def new_notebook(folder: Path, name: str) -> list[Path]:
    """Write `<name>.ipynb` and `<name>.toml` into `folder`; an existing one is never overwritten."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise RunError(
            Fault(
                say(f"nome «{name}» non valido", f"name '{name}' is not valid"),
                "altro new --notebook",
                say("minuscole, cifre e _", "lower case, digits and _"),
            )
        )
    paths = [folder / f"{name}.ipynb", folder / f"{name}.toml"]
    taken = [path for path in paths if path.exists()]
    if taken:
        raise RunError(
            [
                Fault(say(f"{path.name} c'è già", f"{path.name} exists already"), "notebooks/")
                for path in taken
            ]
        )
    document = json.dumps(_notebook(name), ensure_ascii=False, indent=1) + "\n"
    paths[0].write_text(document, encoding="utf-8", newline="\n")
    paths[1].write_text(
        TOML.format(title=name.replace("_", " ").capitalize()), encoding="utf-8", newline="\n"
    )
    return paths


def translates(italian: str) -> str:
    """Mark that ties an English cell to the Italian text it translates."""
    return hashlib.sha256(italian.encode()).hexdigest()[:12]


def _notebook(name: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = []

    def code(key: str, *tags: str) -> None:
        source = CODE[key].format(name=name) if "{" in CODE[key] else CODE[key]
        cells.append(
            {
                "cell_type": "code",
                "id": key,
                "metadata": {"tags": list(tags)} if tags else {},
                "source": source.splitlines(keepends=True),
                "outputs": [],
                "execution_count": None,
            }
        )

    def twins(index: int) -> None:
        key, italian, english = PROSE[index]
        for lang, text in (("it", italian), ("en", english)):
            metadata: dict[str, Any] = {"tags": [f"lang-{lang}"]}
            if lang == "en":
                metadata["altro"] = {"translates": translates(italian)}
            cells.append(
                {
                    "cell_type": "markdown",
                    "id": f"{key}-{lang}",
                    "metadata": metadata,
                    "source": text.splitlines(keepends=True),
                }
            )

    code("parameters", "parameters")
    code("load")
    code("count")
    twins(0)
    code("compare")
    twins(1)
    code("figure")
    code("table")
    twins(2)
    code("close")
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
