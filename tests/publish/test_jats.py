from __future__ import annotations

import re
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from analysis.errors import ProseError
from analysis.publish.formats import PPI
from tests.publish.fixture import TEXTS, Paper, evidence
from tests.publish.test_docx import LANGUAGES, collected, numbers
from tests.publish.test_render import made

XML, XLINK = "{http://www.w3.org/XML/1998/namespace}", "{http://www.w3.org/1999/xlink}"
ALI, MML = "{http://www.niso.org/schemas/ali/1.0/}", "{http://www.w3.org/1998/Math/MathML}"
EDITIONS = ("it", "en", "signed-it", "signed-en")


@pytest.fixture(scope="module")
def dtd(tmp_path_factory: pytest.TempPathFactory) -> etree.DTD:
    """The JATS Publishing DTD 1.1, from the file beside this one."""
    folder = tmp_path_factory.mktemp("dtd")
    with zipfile.ZipFile(Path(__file__).with_name("jats-publishing-1.1.zip")) as archive:
        archive.extractall(folder)
    return etree.DTD(str(folder / "JATS-journalpublishing1.dtd"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The articles of a simulated study and, under `signed-it`, `signed-en`, of persons who sign."""
    found = {}
    for lead, record in (("", evidence()), ("signed-", collected())):
        paper = Paper(tmp_path_factory.mktemp("jats"), evidence=record, texts=TEXTS)
        for name, path in made(paper, formats=("jats",)).items():
            found[lead + name.removesuffix(".xml")] = path
    return found


def article(path: Path) -> etree._Element:
    parser = etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False)
    return etree.parse(str(path), parser).getroot()


def words(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def texts(root: etree._Element, path: str) -> list[str]:
    return [words(element) for element in root.iterfind(path)]


def check(root: etree._Element, dtd: etree.DTD) -> list[str]:
    dtd.validate(root)
    return [f"{error.line}: {error.message}" for error in dtd.error_log]


@pytest.mark.parametrize("edition", EDITIONS)
def test_it_is_valid_and_every_reference_has_its_target(
    files: dict[str, Path], dtd: etree.DTD, edition: str
) -> None:
    root = article(files[edition])
    assert check(root, dtd) == []
    assert root.get("dtd-version") == "1.1" and "v1.1" in root.getroottree().docinfo.public_id
    assert root.get(f"{XML}lang") == edition.removeprefix("signed-")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    links = list(root.iter("xref"))
    assert {link.get("rid") for link in links} <= set(ids)
    kinds = {link.get("ref-type") for link in links}
    assert {"fig", "table", "disp-formula", "sec", "bibr", "fn"} <= kinds and None not in kinds
    assert not list(root.iter("named-content", "boxed-text", "styled-content"))


def test_the_check_finds_what_is_wrong(files: dict[str, Path], dtd: etree.DTD) -> None:
    root = article(files["it"])
    figure = next(root.iter("fig"))
    figure.append(etree.Element("title"))
    assert any("Element fig content" in message for message in check(root, dtd))


@pytest.mark.parametrize(
    ("language", "figure", "table"), [("it", "Figura", "Tabella"), ("en", "Figure", "Table")]
)
def test_labels_notes_and_alternatives(
    files: dict[str, Path], language: str, figure: str, table: str
) -> None:
    root = article(files[language])
    assert texts(root, ".//fig/label") == [f"{figure} 1"]
    assert texts(root, ".//table-wrap/label") == [f"{table} {n}" for n in (1, 2, 3)]
    assert [e.get("id") for e in root.iter("table-wrap")] == ["tbl-care", "tbl-own", "tbl-places"]
    assert texts(root, ".//disp-formula/label") == ["(1)"]
    assert texts(root, ".//sec/label") == ["1", "2", "2.1", "2.2"]
    spoken = {"it": "y con i uguale a beta zero", "en": "y sub i equals beta zero"}[language]
    assert texts(root, ".//disp-formula/alt-text")[0].startswith(spoken)
    seen = {"it": "Due colonne: la prima", "en": "Two bars: the first"}[language]
    assert texts(root, ".//graphic/alt-text")[0].startswith(seen)
    assert len(list(root.iter(f"{MML}math"))) == 2
    care = next(e for e in root.iter("table-wrap") if e.get("id") == "tbl-care")
    assert texts(care, "table-wrap-foot/p")[0] == {"it": "Quote pesate.", "en": "Weighted shares."}[language]
    source = {"it": "Fonte: indagine dello studio", "en": "Source: survey of the study"}[language]
    assert texts(care, "table-wrap-foot/attrib")[0].startswith(source)
    assert len(list(root.iter("table-wrap-foot"))) == 3
    assert {cell.get("scope") for cell in care.iterfind(".//thead//th")} == {"col"}
    rows = list(care.iterfind(".//tbody/tr"))
    assert all([cell.get("scope") for cell in row.iter("th")] == ["row", "row"] for row in rows)


def test_graphics_lie_beside_the_article(files: dict[str, Path]) -> None:
    for language in LANGUAGES:
        path = files[language]
        names = [graphic.get(f"{XLINK}href") for graphic in article(path).iter("graphic")]
        assert names == [f"{language}.fig-care.png"]
        content = (path.parent / names[0]).read_bytes()
        assert content.startswith(b"\x89PNG")
        width, height = struct.unpack(">II", content[16:24])
        assert (width, height) == pytest.approx((435.6 / 72 * PPI, 170 / 72 * PPI), abs=1)


def test_the_front_of_persons_who_sign(files: dict[str, Path]) -> None:
    root = article(files["signed-it"])
    meta = root.find("front/article-meta")
    assert meta is not None
    assert root.get("article-type") == "research-article"
    assert texts(meta, "title-group/article-title") == ["Chi cura: un documento di prova – con trattino"]
    translated = meta.find("title-group/trans-title-group")
    assert translated is not None and translated.get(f"{XML}lang") == "en"
    assert words(translated) == "Who cares: a sample paper – with a dash"
    contrib = meta.find("contrib-group/contrib")
    assert contrib is not None and contrib.get("corresp") == "yes"
    assert texts(contrib, "contrib-id") == ["https://orcid.org/0000-0002-1825-0097"]
    assert texts(contrib, "name/surname") == ["Prova"] and texts(contrib, "name/given-names") == ["Ada"]
    assert texts(meta, "aff/institution") == ["Fondazione Eni Enrico Mattei"]
    assert texts(meta, "author-notes/corresp") == ["Corrispondenza: Ada Prova, ada@example.org"]
    notes = texts(meta, "author-notes/fn[@fn-type='conflict']")
    assert notes == ["Ruolo nel progetto (Ada Prova): valutatrice, pagata dal progetto"]
    date = meta.find("pub-date")
    assert date is not None and date.get("iso-8601-date") == "2026-01-15"
    licence = meta.find("permissions/license")
    assert licence is not None
    assert licence.get(f"{XLINK}href") == "https://creativecommons.org/licenses/by/4.0/"
    assert texts(meta, f"permissions/license/{ALI}license_ref") == [licence.get(f"{XLINK}href")]
    groups = {(e.get("kwd-group-type"), e.get(f"{XML}lang")): texts(e, "kwd") for e in meta.iter("kwd-group")}
    assert groups == {
        ("author", "it"): ["cura", "conciliazione"],
        ("author", "en"): ["care", "work–life balance"],
        ("JEL", None): ["J22", "J13"],
    }
    assert texts(meta, "funding-group/award-group/funding-source") == ["Ente finanziatore"]
    assert texts(meta, "funding-group/award-group/award-id") == ["A-7"]
    assert texts(meta, "article-id[@pub-id-type='doi']") == ["10.1234/sample"]
    assert texts(meta, "article-categories/series-text") == ["n. 1.2026"]
    assert texts(root, "front/journal-meta/issn") == ["1234-5679"]
    links = [link.get(f"{XLINK}href") for link in meta.iter("self-uri")]
    assert links[0] == "https://example.org/papers/sample/it.pdf"
    assert any("Le opinioni espresse" in text for text in texts(root, "front/notes/p"))
    counts = meta.find("counts")
    assert counts is not None
    assert {e.tag: e.get("count") for e in counts} == {
        "fig-count": "1",
        "table-count": "3",
        "equation-count": "1",
        "ref-count": "1",
    }


def test_a_simulated_study_has_no_series_and_no_funding(files: dict[str, Path]) -> None:
    root = article(files["it"])
    label = "Studio dimostrativo, dati simulati"
    assert root.get("article-type") == "other"
    front = root.find("front")
    assert front is not None
    said = ("funding-group", "series-title", "self-uri", "name", "journal-title", "article-id")
    assert not list(front.iter(*said))
    assert "Ente finanziatore" not in words(root)
    assert texts(root, ".//article-title")[0].startswith(label)
    assert texts(root, ".//contrib/collab") == ["il progetto software altro"]
    told = dict(zip(texts(root, ".//meta-name"), texts(root, ".//meta-value")))
    assert told["data label"] == label and told["data provenance"] == "simulated"
    assert texts(root, "front/notes/p")[0] == label


def test_the_references_stand_in_the_back_under_their_title(files: dict[str, Path]) -> None:
    root = article(files["it"])
    assert texts(root, "back/ref-list/title") == ["Riferimenti bibliografici"]
    assert texts(root, "back/ref-list/ref/element-citation/year") == ["1985"]
    assert texts(root, "back/fn-group/fn/p") == ["Una nota."]
    assert not list(root.iterfind("body//ref-list"))


def test_both_languages_print_the_same_numbers(files: dict[str, Path]) -> None:
    italian, english = (numbers(words(article(files[name]).find("body"))) for name in LANGUAGES)
    assert italian == english and "346" in italian


def test_a_changed_value_changes_both(tmp_path: Path, files: dict[str, Path]) -> None:
    record: dict[str, Any] = evidence()
    record["numbers"]["share_with_care_load"]["value"] = 0.357
    paths = made(Paper(tmp_path, evidence=record, texts=TEXTS), formats=("jats",))
    for language, shown in (("it", "35,7%"), ("en", "35.7%")):
        assert shown in words(article(paths[f"{language}.xml"]))
        assert shown not in words(article(files[language]))


def test_the_same_bytes_in_another_place(tmp_path: Path) -> None:
    one, two = (made(Paper(tmp_path / name, texts=TEXTS), formats=("jats",)) for name in ("one", "two"))
    assert {name: path.read_bytes() for name, path in one.items()} == {
        name: path.read_bytes() for name, path in two.items()
    }
    assert str(tmp_path) not in one["it.xml"].read_text(encoding="utf-8")


def test_a_paper_without_references_notes_or_licence(tmp_path: Path, dtd: etree.DTD) -> None:
    record = collected(licence=None, series=None, funder=None, funding=None)
    record["context"]["provenance"] = "public-record"
    record["context"]["authors"][0] |= {
        "given_names": None,
        "orcid": None,
        "email": None,
        "affiliation": None,
    }
    paper = Paper(tmp_path, evidence=record)
    for name, note in (("q-it", "^[Una nota.]"), ("q-en", "^[A note.]")):
        paper.change(name, note, "")
        paper.change(name, " [@greenhaus1985, p. 76]", "")
    root = article(made(paper, formats=("jats",), languages=("it",))["it.xml"])
    assert check(root, dtd) == []
    assert root.find("back") is None and texts(root, ".//contrib/name/given-names") == ["Ada Prova"]
    assert not list(root.iter("permissions", "funding-group", "aff", "trans-title", "trans-abstract"))


def test_a_formula_that_pandoc_cannot_read_names_file_and_cell(paper: Paper) -> None:
    paper.change("m-en", "\\beta_0", "\\betta_0")
    with pytest.raises(ProseError) as caught:
        made(paper, formats=("jats",), languages=("en",))
    assert re.search(r"\(en\.jats\) cell m-en, line 7: formula not understood", str(caught.value))
