"""Catalogue records against the field lists of their formats, and what the HTML tells machines."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from analysis.publish import catalogue, front, render
from tests.publish.collected import FOUNDATION, collected
from tests.publish.fixture import Paper, context

# RePEc's step-by-step tutorial (ideas.repec.org/t/papertemplate.html): mandatory fields; ReDIF version 1 (openlib.org/acmes/root/docu/redif_1.html),
# sections ReDIF-Paper, person and file clusters: the fields there are.
REDIF_MANDATORY = {"Template-Type", "Author-Name", "Title", "Handle"}
REDIF_PAPER = {
    "Template-Type", "Title", "Handle", "Language", "Contact-Email", "Abstract", "Classification-JEL", "Keywords", "Number", "Creation-Date",
    "Revision-Date", "Publication-Status", "Note", "Length", "Series", "Availability", "Order-URL", "Article-Handle", "Book-Handle",
    "Chapter-Handle", "Paper-Handle", "Software-Handle", "Restriction", "Price", "Notification", "Publication-Type",
}  # fmt: skip
REDIF_AUTHOR = {f"Author-{name}" for name in ("Name", "Name-First", "Name-Last", "Homepage", "Email", "Fax", "Postal", "Phone", "Person", "Workplace-Name")}  # fmt: skip
REDIF_FILE = {f"File-{name}" for name in ("URL", "Format", "Function", "Size", "Restriction")}

# Guide to the Citation File Format schema 1.2.0 (github.com/citation-file-format/citation-file-format, schema-guide.md).
CFF_REQUIRED = {"authors", "cff-version", "message", "title"}
CFF_KEYS = CFF_REQUIRED | {
    "abstract", "commit", "contact", "date-released", "doi", "identifiers", "keywords", "license", "license-url", "preferred-citation",
    "references", "repository", "repository-artifact", "repository-code", "type", "url", "version",
}  # fmt: skip
CFF_REFERENCE = {
    "abbreviation", "abstract", "authors", "collection-doi", "collection-title", "collection-type", "contact", "copyright", "date-published",
    "date-released", "doi", "edition", "editors", "identifiers", "institution", "issn", "issue", "keywords", "languages", "license", "location",
    "month", "notes", "number", "pages", "publisher", "status", "title", "type", "url", "version", "volume", "year",
}  # fmt: skip
CFF_PERSON = {
    "affiliation",
    "alias",
    "email",
    "family-names",
    "given-names",
    "name-particle",
    "name-suffix",
    "orcid",
    "website",
}
CFF_ENTITY = {"name", "orcid", "website", "email", "alias", "location"}
CFF_FORMS = {
    "date-released": r"\d{4}-(0[1-9]|1[012])-(0[1-9]|[12]\d|3[01])",
    "doi": r"10\.\d{4,9}(\.\d+)?/[A-Za-z0-9:/_;\-.()\[\]\\]+",
    "url": r"(https|http|ftp|sftp)://.+",
    "orcid": r"https://orcid\.org/\d{4}-\d{4}-\d{4}-\d{3}[\dX]",
}


def made(paper: Paper, head: dict[str, Any], *formats: str) -> dict[str, bytes]:
    paper.evidence["context"] = head
    out = paper.folder / "out"
    return {path.name: path.read_bytes() for path in render.render(*paper.write(), out, formats=formats)}


@pytest.fixture
def records(paper: Paper) -> dict[str, bytes]:
    return made(paper, collected(), "catalogue")


def templates(content: bytes) -> list[list[tuple[str, str]]]:
    """The fields of each template, in order."""
    assert content.startswith(b"\xef\xbb\xbf")
    fields = [line.split(": ", 1) for line in content.decode("utf-8-sig").splitlines() if line]
    starts = [i for i, (name, _) in enumerate(fields) if name == "Template-Type"]
    return [
        [(name, value) for name, value in fields[a:b]] for a, b in zip(starts, [*starts[1:], len(fields)])
    ]


def test_redif_keeps_to_its_fields_and_their_order(records: dict[str, bytes]) -> None:
    found = templates(records["redif.rdf"])
    assert [dict(one)["Handle"] for one in found] == [
        "RePEc:aaa:wpaper:1.2026-it",
        "RePEc:aaa:wpaper:1.2026-en",
    ]
    for fields in found:
        names = [name for name, _ in fields]
        assert fields[0] == ("Template-Type", "ReDIF-Paper 1.0") and set(names) >= REDIF_MANDATORY
        assert set(names) <= REDIF_PAPER | REDIF_AUTHOR | REDIF_FILE
        assert all(value.strip() for _, value in fields)
        single = [name for name in names if name in REDIF_PAPER]
        assert len(single) == len(set(single))
        for cluster, head in ((REDIF_AUTHOR, "Author-Name"), (REDIF_FILE, "File-URL")):
            at = [i for i, name in enumerate(names) if name in cluster]
            assert at == list(range(at[0], at[-1] + 1)) and names[at[0]] == head


def test_redif_says_what_the_study_says(records: dict[str, bytes]) -> None:
    italian, english = templates(records["redif.rdf"])
    assert [value for name, value in english if name == "Author-Workplace-Name"] == [
        FOUNDATION,
        FOUNDATION,
        "University of Invented Borough",
    ]
    assert [value for name, value in english if name == "Author-Email"] == ["ada@example.org"]
    told = dict(english)
    assert told["Abstract"] == "A trial of the chain on invented data: 34.6%." and told["Language"] == "en"
    assert (
        told["Classification-JEL"] == "J22, J13"
        and told["Number"] == "1.2026"
        and told["Creation-Date"] == "2026-01-15"
    )
    assert told["Note"] == "Italian version: RePEc:aaa:wpaper:1.2026-it"
    assert ("File-URL", "https://example.org/papers/demo/sample/it.pdf") in italian


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        ({"handle": ""}, "sample: no RePEc record (redif.rdf), because data/demo/study.toml has no [series] handle"),
        ({"url": "", "numbers": {}}, "sample: no RePEc record (redif.rdf), because data/demo/study.toml has no [series] url, [series] numbers.sample"),
        (None, "sample: no RePEc record (redif.rdf), because data/demo/study.toml has no [series]"),
    ],
)  # fmt: skip
def test_without_what_others_give_there_is_no_redif_and_a_line_says_why(
    paper: Paper, spoil: dict[str, Any] | None, line: str
) -> None:
    head = collected()
    head["series"] = None if spoil is None else head["series"] | spoil
    assert catalogue.note(head, "sample") == line
    assert sorted(made(paper, head, "catalogue")) == ["CITATION.cff", "datacite.json"]


def test_datacite_keeps_to_its_schema(records: dict[str, bytes], paper: Paper) -> None:
    schema = pytest.importorskip("datacite.schema45", reason="the test extra lacks datacite")
    data = json.loads(records["datacite.json"])
    schema.validator.validate(data)
    bare = json.loads(made(paper, context("public-record"), "catalogue")["datacite.json"])
    schema.validator.validate(bare)
    assert "doi" not in bare and "url" not in bare and bare["publisher"] == {"name": ":unav"}
    with pytest.raises(Exception, match=r"[Aa]dditional|[Uu]nevaluated"):
        schema.validator.validate(data | {"series": "x"})


def test_datacite_says_what_the_study_says(records: dict[str, bytes]) -> None:
    data = json.loads(records["datacite.json"])
    assert [(title["lang"], title.get("titleType")) for title in data["titles"]] == [
        ("it", None),
        ("en", "TranslatedTitle"),
    ]
    first, _, third = data["creators"]
    assert first["name"] == "Prova, Ada" and first["affiliation"] == [{"name": FOUNDATION}]
    assert third["nameIdentifiers"][0]["nameIdentifier"] == "https://orcid.org/0000-0002-1694-233X"
    assert {(item["lang"], item["description"]) for item in data["descriptions"]} == {
        ("it", "Prova della catena su dati inventati: il 34,6%."), ("en", "A trial of the chain on invented data: 34.6%."),
    }  # fmt: skip
    assert data["rightsList"][0]["rightsIdentifier"] == "CC-BY-4.0" and data["doi"] == "10.1234/sample.2026-1"
    assert data["fundingReferences"] == [{"funderName": "Ente finanziatore", "awardNumber": "2016-0123"}]
    assert {"subject": "J22", "subjectScheme": "JEL", "classificationCode": "J22"} in data["subjects"]
    assert {"subject": "care", "lang": "en"} in data["subjects"] and {
        "subject": "cura",
        "lang": "it",
    } in data["subjects"]


def keeps_to_cff(data: dict[str, Any], allowed: set[str]) -> None:
    assert set(data) <= allowed, set(data) - allowed
    for key, form in CFF_FORMS.items():
        assert key not in data or re.fullmatch(form, str(data[key])), data[key]
    for person in data["authors"]:
        assert set(person) <= (CFF_ENTITY if "name" in person else CFF_PERSON)
        assert "orcid" not in person or re.fullmatch(CFF_FORMS["orcid"], person["orcid"])
    assert (
        data["authors"]
        and data["title"]
        and len(data.get("keywords", [])) == len(set(data.get("keywords", [])))
    )


@pytest.mark.parametrize("which", ["made", "plain", "ours"])
def test_citation_files_keep_to_the_format(paper: Paper, which: str) -> None:
    if which == "ours":
        text = (Path(catalogue.__file__).parents[2] / "CITATION.cff").read_bytes()
    else:
        text = made(paper, collected() if which == "made" else context("public-record"), "catalogue")[
            "CITATION.cff"
        ]
    data = yaml.load(text, Loader=yaml.BaseLoader)  # every scalar a text: dates as they are written
    assert set(data) >= CFF_REQUIRED and data["cff-version"] == "1.2.0"
    assert data.get("type", "software") in ("software", "dataset")
    keeps_to_cff(data, CFF_KEYS)
    if which != "ours":
        keeps_to_cff(data["preferred-citation"], CFF_REFERENCE)
        assert data["preferred-citation"]["type"] == "report" and data["license"] == "CC-BY-4.0"
    if which == "made":
        assert data["preferred-citation"]["authors"][2]["family-names"] == "De Campione"
        assert data["preferred-citation"]["number"] == "1.2026" and data["doi"] == "10.1234/sample.2026-1"


def test_yaml_says_back_what_it_was_given() -> None:
    given = {"a": 'x: "y" \\ # – à', "b": [{"c": "1", "d": ["e", "- f"]}, {"c": "no"}], "g": {"h": 3}}
    assert yaml.safe_load(catalogue.yaml(given)) == given


def test_a_simulated_study_has_no_records_and_its_page_looks_like_no_publication(paper: Paper) -> None:
    found = made(paper, context("simulated"), "catalogue", "html")
    assert sorted(found) == ["en.html", "it.html"] and catalogue.note(context("simulated"), "sample") is None
    text = found["en.html"].decode("utf-8")
    assert "citation_" not in text and '<meta name="robots" content="noindex">' in text
    data = linked(text)
    assert data["@type"] == "CreativeWork" and data["creativeWorkStatus"] == "simulated data demonstration"
    assert data["author"] == [{"@type": "Organization", "name": "the altro software project"}]
    assert not {"publisher", "funder", "datePublished", "reportNumber", "isPartOf"} & set(data)


def linked(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def metas(text: str) -> list[tuple[str, str]]:
    return [
        (name, html.unescape(value))
        for name, value in re.findall(r'<meta name="(\w+)" content="([^"]*)">', text)
    ]


def test_the_page_of_a_publication_speaks_to_indexes(paper: Paper) -> None:
    paper.spec = paper.spec.replace("Who cares: a sample", 'Who \\"cares\\" & how </script>: a sample')
    found = made(paper, collected(), "html")
    text = found["en.html"].decode("utf-8")
    told = metas(text)
    names = [name for name, _ in told]
    title = 'Who "cares" & how </script>: a sample paper – with a dash'
    assert ("citation_title", title) in told and ("citation_publication_date", "2026/01/15") in told
    at = names.index("citation_author")
    assert told[at : at + 3] == [
        ("citation_author", "Ada Prova"), ("citation_author_institution", FOUNDATION), ("citation_author_orcid", "https://orcid.org/0000-0002-1825-0097"),
    ]  # fmt: skip
    assert ("citation_pdf_url", "https://example.org/papers/demo/sample/en.pdf") in told
    assert ("citation_technical_report_number", "1.2026") in told and "robots" not in names
    data = linked(text)
    assert (
        data["name"] == title
        and data["inLanguage"] == "en"
        and data["license"] == "https://creativecommons.org/licenses/by/4.0/"
    )
    assert data["isBasedOn"]["@type"] == "Dataset" and data["keywords"] == ["care", "work–life balance"]
    assert data["translationOfWork"][0]["url"] == "https://example.org/papers/demo/sample/it.html"
    assert (
        '<link rel="alternate" hreflang="it" href="https://example.org/papers/demo/sample/it.html">' in text
    )
    assert linked(found["it.html"].decode("utf-8"))["workTranslation"][0]["inLanguage"] == "en"


def test_without_an_address_no_address_is_made_up(paper: Paper) -> None:
    text = made(paper, context("public-record"), "html")["it.html"].decode("utf-8")
    assert "citation_title" in text and "citation_pdf_url" not in text and "citation_doi" not in text
    assert '<link rel="alternate" hreflang="en" href="en.html">' in text


def test_a_draft_is_not_for_indexes(paper: Paper) -> None:
    paper.evidence["context"] = collected()
    (path,) = render.render(
        *paper.write(), paper.folder / "out", formats=("html",), languages=("it",), draft=True
    )
    told = dict(metas(path.read_text(encoding="utf-8")))
    assert told["robots"] == "noindex" and not [name for name in told if name.startswith("citation_")]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("A *trial* of the __chain__: `x`, 5\\* and $n$.", "A trial of the chain: x, 5* and n."),
        ("See []{.reference to=\"fig-a\"} text [@smith2000, p. 3], [here](https://x.org).^[A note.]", "See text, here."),
        ("snake_case_word and 3 * 4 * 5\n\nAgain.", "snake_case_word and 3 * 4 * 5 Again."),
    ],
)  # fmt: skip
def test_markdown_is_taken_out_of_abstracts(markdown: str, text: str) -> None:
    assert front.bare(markdown) == text
