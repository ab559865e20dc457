"""The context of a study of collected data with everything a title page and a catalogue can say: three authors, two bodies, a series."""

from __future__ import annotations

from typing import Any

from tests.publish.fixture import both, context

FOUNDATION = "Fondazione Eni Enrico Mattei"
UNIVERSITY = both("Università di Borgo Inventato", "University of Invented Borough")


def author(name: str, role: dict[str, str], affiliation: Any, **more: Any) -> dict[str, Any]:
    given, _, family = name.partition(" ")
    blank = {"email": "", "orcid": "", "corresponding": False, "given_names": given, "family_names": family}
    return {"name": name, "role": role, "affiliation": affiliation, **blank, **more}


def collected() -> dict[str, Any]:
    paid, none = (
        both("valutatrice, pagata dal progetto", "evaluator, paid by the project"),
        both("nessuno", "none"),
    )
    return context("collected") | {
        "authors": [
            author(
                "Ada Prova",
                paid,
                FOUNDATION,
                email="ada@example.org",
                orcid="0000-0002-1825-0097",
                corresponding=True,
            ),
            author("Bruno Esempio", none, FOUNDATION),
            author("Carla De Campione", none, UNIVERSITY, orcid="0000-0002-1694-233X"),
        ],
        "series": {
            "title": both("Note di lavoro di prova", "Sample working papers"),
            "publisher": FOUNDATION,
            "issn": "2049-3630",
            "handle": "RePEc:aaa:wpaper",
            "url": "https://example.org/papers/demo",
            "numbers": {"sample": "1.2026"},
            "doi": {"sample": "10.1234/sample.2026-1"},
        },
        "funding": {"award": "2016-0123"},
    }
