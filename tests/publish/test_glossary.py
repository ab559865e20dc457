from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from analysis.errors import ProseError
from analysis.publish import appendix, glossary, layout, prose
from analysis.publish.render import outputs_of
from tests.publish.fixture import Paper
from tests.publish.methods import GLOSSARY, complete

ROOT = Path(__file__).parents[2]
BOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def shipped() -> list[dict[str, object]]:
    keys = re.findall(r"^@\w+\{([^,]+),", (ROOT / "notebooks" / "references.bib").read_text("utf-8"), re.M)
    return glossary.read(ROOT / "notebooks", frozenset(keys))


def section(paper: Paper, language: str) -> str:
    record, notebook, texts = paper.write()
    source = layout.read(notebook, paper.evidence, outputs_of(record), texts)
    items = appendix.sections(source, prose.compose(source, language))
    title = {"it": "# Glossario", "en": "# Glossary"}[language]
    return next((item["text"] for item in items if item.get("text", "").startswith(title)), "")


def test_only_terms_that_occur_are_printed(paper: Paper) -> None:
    complete(paper)
    italian, english = section(paper, "it"), section(paper, "en")
    assert "Carico di cura\n:   La cura di figli o familiari [@greenhaus1985]." in italian
    assert "Cost\n:   What is spent. *This project’s own definition.*" in english
    assert "Astrolab" not in italian + english
    paper.change("k-en", "The number is there.", "The astrolabe is there.")
    assert "Astrolabe\n:   An instrument." in section(paper, "en")
    assert "Astrolabio" not in section(paper, "it")


def test_no_term_no_section(paper: Paper) -> None:
    complete(paper)
    (paper.folder / "notebooks" / "glossary.toml").write_text(GLOSSARY[GLOSSARY.rindex("[[terms]]") :], encoding="utf-8")  # fmt: skip
    assert section(paper, "it") == ""


def test_words_are_looked_for_whole_and_where_a_reader_sees_them() -> None:
    term = {"term": {"en": "Alpha"}, "match": {"en": ["alpha", "E[–-]I"]}, "definition": {"en": "x"}}
    for text in ("an Alpha of", r"the E\-I index", "the *alpha*"):
        assert glossary.occurring([term], text, "en") == [term]
    for text in (
        "alphabet",
        "[@alpha1951]",
        "as @alpha has it",
        "`alpha_1`",
        '[]{.reference to="tbl-alpha"}',
    ):
        assert glossary.occurring([term], text, "en") == []


def test_the_order_is_that_of_the_alphabet_of_the_reader() -> None:
    terms = [
        {"term": {"it": name}, "match": {"it": [name.lower()]}}
        for name in ("Zeta", "età", "Densità", "Eta dopo")
    ]
    found = glossary.occurring(terms, "zeta età densità eta dopo", "it")
    assert [term["term"]["it"] for term in found] == ["Densità", "età", "Eta dopo", "Zeta"]


def test_every_fault_of_the_file_at_once(tmp_path: Path) -> None:
    text = GLOSSARY.replace('en = "What is spent."', "").replace('"astrolabe"', '"astro("').replace("greenhaus1985", "greenhaus")  # fmt: skip
    (tmp_path / "glossary.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProseError) as caught:
        glossary.read(tmp_path, frozenset({"greenhaus1985"}))
    assert [str(fault).split(" Perhaps")[0] for fault in caught.value.faults] == [
        "notebooks/glossary.toml, [[terms]] 1, source: citation 'greenhaus' is not in notebooks/references.bib.",
        "notebooks/glossary.toml, [[terms]] 2: definition.en is missing",
        "notebooks/glossary.toml, [[terms]] 3, match.en: astro(: missing ), unterminated subpattern at position 5",
    ]


def test_the_glossary_shipped_is_whole() -> None:
    terms = shipped()
    assert len(terms) >= 40
    names = [term["term"] for term in terms]
    for language in ("it", "en"):
        assert len({name[language] for name in names}) == len(names)  # type: ignore[index]


def test_each_term_shipped_is_met_in_a_notebook_in_both_languages_or_in_neither() -> None:
    """A pattern that finds the Italian twin and not the English one would print different glossaries."""
    terms = shipped()
    for path in BOOKS:
        book = json.loads(path.read_text(encoding="utf-8"))
        spec = path.with_suffix(".toml").read_text(encoding="utf-8")
        words = dict.fromkeys(("it", "en"), "")
        for cell in book["cells"]:
            for language in words:
                if f"lang-{language}" in cell["metadata"].get("tags", []):
                    words[language] += "\n" + "".join(cell["source"])
        for language in words:
            captions = re.findall(rf'^(?:{language} = |caption = .*?\b{language} = ")(.*)$', spec, re.M)
            words[language] += "\n".join(captions)
        found = {
            language: {str(t["term"]["en"]) for t in glossary.occurring(terms, text, language)}  # type: ignore[index]
            for language, text in words.items()
        }
        assert found["it"] ^ found["en"] == set(), path.name


RECORDS = sorted((ROOT / "papers").glob("*/*/evidence.json"))


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: f"{path.parts[-3]}/{path.parts[-2]}")
def test_both_languages_of_a_paper_explain_the_same_terms(record: Path) -> None:
    study, notebook = record.parts[-3:-1]
    evidence = json.loads(record.read_text(encoding="utf-8"))
    texts = ROOT / "data" / study / "texts" / f"{notebook}.toml"
    source = layout.read(ROOT / "notebooks" / f"{notebook}.ipynb", evidence, outputs_of(record.parent), texts)
    terms = shipped()
    found = {}
    for language in ("it", "en"):
        text = "\n".join(appendix._printed(source, prose.compose(source, language)))
        found[language] = {str(term["term"]["en"]) for term in glossary.occurring(terms, text, language)}  # type: ignore[index]
    few = len(evidence["numbers"]) < 15  # a study of which little is public
    assert found["it"] == found["en"] and len(found["it"]) >= (3 if few else 8)
