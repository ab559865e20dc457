"""The title page: everything it must say, on one page, and nothing that a simulated study may not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.publish import front, render
from tests.publish.collected import FOUNDATION, UNIVERSITY, author, collected
from tests.publish.fixture import Paper, both, context
from tests.publish.test_render import pages


def first_pages(paper: Paper, language: str = "en") -> tuple[str, str]:
    """The first and second page of the PDF, their words apart by single spaces."""
    found = {p.name: p for p in render.render(*paper.write(), paper.folder / "out", formats=("pdf",))}
    first, second = pages(found[f"{language}.pdf"])[:2]
    return " ".join(first.split()), " ".join(second.split())


ENGLISH = [
    "Fondazione Eni Enrico Mattei", "Sample working papers, No. 1.2026 ISSN 2049-3630", "Who cares: a sample paper – with a dash",
    "Ada Prova1 ORCID 0000-0002-1825-0097", "Role in the project: evaluator, paid by the project", "Bruno Esempio1", "Carla De Campione2",
    "1 Fondazione Eni Enrico Mattei", "2 University of Invented Borough", "Correspondence: Ada Prova, ada@example.org", "15 January 2026", "Abstract",
    "Keywords: care; work–life balance", "JEL codes: J22, J13", "do not commit the bodies named", "Funding: Funding body (award 2016-0123)",
    "How to cite: Ada Prova, Bruno Esempio and Carla De Campione (2026), “Who cares: a sample paper – with a dash”, Sample working papers, No. 1.2026, "
    "Fondazione Eni Enrico Mattei. https://doi.org/10.1234/sample.2026-1",
]  # fmt: skip


def test_the_title_page_of_a_publication_says_everything(paper: Paper) -> None:
    paper.evidence["context"] = collected()
    first, second = first_pages(paper)
    assert [part for part in ENGLISH if part not in first] == []
    assert "Question" in second


def test_the_title_page_in_italian(paper: Paper) -> None:
    paper.evidence["context"] = collected()
    first, _ = first_pages(paper, "it")
    for part in ("Note di lavoro di prova, n. 1.2026", "Corrispondenza: Ada Prova", "Ruolo nel progetto: nessuno",
                 "Come citare: Ada Prova, Bruno Esempio e Carla De Campione (2026), «Chi cura: un documento di prova – con trattino»"):  # fmt: skip
        assert part in first


def test_a_crowded_title_page_is_still_one_page(paper: Paper) -> None:
    head = collected()
    role = both("nessuno", "none")
    head["authors"] += [author(f"Persona Numero{i}", role, UNIVERSITY) for i in range(5)]
    paper.evidence["context"] = head
    sentence = " Il sommario è lungo, ma resta nella prima pagina con tutto il resto."
    paper.spec = paper.spec.replace(
        '`{val} share_with_care_load`.", en', f'`{{val}} share_with_care_load`.{sentence * 18}", en', 1
    )
    first, second = first_pages(paper, "it")
    assert (
        first.count("Il sommario è lungo") == 18 and "Persona Numero4" in first and "Finanziamento" in first
    )
    assert "Domanda" in second and "Finanziamento" not in second


def test_a_missing_role_or_affiliation_stops_an_edition_of_collected_data(paper: Paper) -> None:
    head = collected()
    head["authors"][1]["role"] = None
    head["authors"][2]["affiliation"] = ""
    paper.evidence["context"] = head
    with pytest.raises(Exception) as caught:
        first_pages(paper)
    told = str(caught.value)
    assert "data/demo/study.toml, [[authors]]: the role in the project of Bruno Esempio is missing" in told
    assert "data/demo/study.toml, [[authors]]: the affiliation of Carla De Campione is missing" in told


def test_a_simulated_study_says_nothing_that_a_publication_says(paper: Paper) -> None:
    paper.evidence["context"] = collected() | {
        "provenance": "simulated",
        "label": context("simulated")["label"],
    }
    first, _ = first_pages(paper)
    assert "Demonstration study, simulated data: Who cares" in first and "the altro software project" in first
    for part in (
        "Sample working papers",
        "ISSN",
        FOUNDATION,
        "Ada Prova",
        "ORCID",
        "How to cite:",
        "Funding",
        "Correspondence",
        "doi.org",
    ):
        assert part not in first


def test_affiliations_are_numbered_only_where_they_are_shared() -> None:
    def people(*names: str | None) -> list[dict[str, str | None]]:
        return [{"affiliation": name, "mark": None} for name in names]

    apart = people("A", "B")
    assert front.shared_affiliations(apart) == [] and [one["mark"] for one in apart] == [None, None]
    together = people("A", "A")
    assert front.shared_affiliations(together) == [{"mark": None, "name": "A"}]
    mixed = people("A", "B", "A", None)
    assert front.shared_affiliations(mixed) == [{"mark": "1", "name": "A"}, {"mark": "2", "name": "B"}]
    assert [one["mark"] for one in mixed] == ["1", "2", "1", None]


def test_a_paper_without_a_series_is_cited_by_its_edition(paper: Paper) -> None:
    paper.evidence["context"] = collected() | {"series": None}
    first, _ = first_pages(paper)
    assert (
        "Working paper" in first
        and "working paper, edition of 15 January 2026." in first
        and "ISSN" not in first
    )


def test_the_page_has_the_title_page_too(paper: Paper) -> None:
    paper.evidence["context"] = collected()
    out: list[Path] = render.render(
        *paper.write(), paper.folder / "out", formats=("html",), languages=("it",), draft=True
    )
    text = " ".join(re.sub(r"<[^>]*>", "", out[0].read_text(encoding="utf-8").split("</style>")[1]).split())
    for part in ("Fondazione Eni Enrico MatteiNote di lavoro di prova, n. 1.2026 · ISSN 2049-3630", "Ada Prova1 · ORCID 0000-0002-1825-0097",
                 "1 Fondazione Eni Enrico Mattei2 Università di Borgo Inventato", "Corrispondenza: Ada Prova, ada@example.org",
                 "DOI 10.1234/sample.2026-1", "Come citare"):  # fmt: skip
        assert part in text
