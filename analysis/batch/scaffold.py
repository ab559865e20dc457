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
        "# Domanda {#sec-question}\n\nChe cosa hanno risposto le persone intervistate? Questo notebook conta le risposte a una domanda "
        "del questionario: `{val} respondents` persone hanno risposto. È un punto di partenza: sostituite domanda, dati e testo con i vostri.",
        "# Question {#sec-question}\n\nWhat did the people interviewed answer? This notebook counts the answers to one question "
        "of the survey: `{val} respondents` persons answered. It is a place to start from: replace question, data and text with your own.",
    ),
    (
        "results",
        "# Risultati {#sec-results}\n\nLa @fig-answers e la @tbl-answers mostrano le risposte. `{say} more_than_half`",
        "# Results {#sec-results}\n\n@fig-answers and @tbl-answers show the answers. `{say} more_than_half`",
    ),
    (
        "limits",
        "# Limiti {#sec-limits}\n\nLe quote non sono ponderate e descrivono chi ha risposto, non la popolazione. Chi non ha risposto alla domanda è escluso.",
        "# Limits {#sec-limits}\n\nThe shares are unweighted and describe those who answered, not the population. Those who did not answer the question are left out.",
    ),
]

CODE = {
    "parameters": 'study = "demo"\nwave = 1\nvariable = "care_load"',
    "load": (
        "from types import SimpleNamespace\n\nfrom analysis.evidence import record, style\nfrom analysis.study import studies\n\n"
        's = studies.open_study(study)\nev = record.open_record(s.context(), notebook="NAME")'
    ),
    "count": (
        "answers = s.survey(wave).frame[variable].dropna()\n"
        'shares = answers.value_counts().rename_axis("answer").reset_index(name="cases")\n'
        'shares = shares.assign(n=len(answers), share=shares["cases"] / len(answers))\n'
        'shares["answer"] = shares["answer"].astype(str)\n'
        'shares.attrs["columns"] = {\n    "answer": {"labels": variable},\n    "cases": {"counts": "persons"},\n'
        '    "n": {"counts": "persons", "hidden": True},\n'
        '    "share": {"unit": "share", "n": "n", "cases": "cases", "parts": "answer"},\n}\n'
        'ev.number("respondents", len(answers), "persons")'
    ),
    "compare": (
        'gap = shares["share"].max() - 0.5\n'
        'ev.statement("more_than_half", SimpleNamespace(estimate=gap, low=gap, high=gap, n=len(answers)), "share_points")'
    ),
    "figure": (
        "def draw(data, words):\n    fig, ax = style.subplots(height=2.2)\n"
        '    ax.barh([words.label(variable, a) for a in data["answer"]], data["share"], color=style.palette(1)[0])\n'
        '    ax.set_xlabel(words("of_respondents"))\n    ax.invert_yaxis()\n    words.axis(ax.xaxis, "share")\n    return fig\n\n\n'
        'ev.figure("fig-answers", shares, draw)'
    ),
    "table": 'ev.table("tbl-answers", shares)',
    "close": "ev.close()",
}

TOML = """\
# Testi del notebook: titolo, parole delle figure, didascalie. L'italiano viene prima, l'inglese gli sta accanto.
title = {{ it = "{title}: titolo da scrivere", en = "{title}: title to be written" }}
abstract = {{ it = "Di che cosa si tratta, in tre righe.", en = "What this is about, in three lines." }}
keywords = {{ it = ["welfare di comunità"], en = ["community welfare"] }}
jel = ["I38"]

# Tabelle: tables, servono tutte; any = […], ne basta una; optional = […], si leggono se ci sono. / tables: all are needed; any: one will do; optional: read if there.
[needs]
tables = ["survey"]

[parameters.wave]
type = "integer"
min = 1
default = 1
label = {{ it = "rilevazione", en = "wave" }}

[parameters.variable]
type = "text"
default = "care_load"
label = {{ it = "variabile del codebook", en = "variable of the codebook" }}

[words]
answer = {{ it = "risposta", en = "answer" }}
cases = {{ it = "persone", en = "persons" }}
of_respondents = {{ it = "quota di chi ha risposto", en = "share of those who answered" }}

[statements.more_than_half]
higher = {{ it = "La risposta più frequente è di più della metà di chi ha risposto.", en = "The most frequent answer is that of more than half of those who answered." }}
lower = {{ it = "Nessuna risposta raccoglie la metà di chi ha risposto.", en = "No answer is that of half of those who answered." }}
unclear = {{ it = "La risposta più frequente è di metà di chi ha risposto.", en = "The most frequent answer is that of half of those who answered." }}

[tables.tbl-answers]
caption = {{ it = "Risposte: persone e quote.", en = "Answers: persons and shares." }}

[figures.fig-answers]
caption = {{ it = "Risposte, in quota di chi ha risposto.", en = "Answers, as shares of those who answered." }}
alt = {{ it = "Barre orizzontali, una per risposta; `{{val}} respondents` persone hanno risposto.", en = "Horizontal bars, one an answer; `{{val}} respondents` persons answered." }}
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
        source = CODE[key].replace("NAME", name)
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
