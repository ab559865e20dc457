from __future__ import annotations

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.errors import ProseError
from analysis.publish import pandoc
from tests.publish.collected import collected
from tests.publish.fixture import Paper, cell
from tests.publish.test_render import made


def test_messages_become_faults() -> None:
    item = {
        "kind": "text",
        "cell": "m-it",
        "text": "vale $a \\betta$",
        "source": "vale\n$a \\betta$",
        "line": 3,
    }
    document = {"items": [item]}
    text = (
        "[WARNING] Could not convert TeX math a \\betta, rendering as TeX:\n  a \\betta\n         ^\n  unexpected control sequence \\betta\n"
        "[WARNING] Citeproc: citation x2020 not found\nFailing because there were warnings."
    )
    assert [str(fault) for fault in pandoc.complaints(text, document)] == [
        "cell m-it, line 4: formula not understood: a \\betta (unknown command \\betta)",
        "citation 'x2020' cannot be read in notebooks/references.bib",
    ]


def test_a_warning_of_typst_is_an_error(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    run = pandoc.run

    def with_unknown_font(*args: object, **named: object) -> str:
        return run(*args, **named) + '\n// cell q-it\n#text(font: "No Such Face")[x]\n'  # type: ignore[arg-type]

    monkeypatch.setattr(pandoc, "run", with_unknown_font)
    with pytest.raises(ProseError, match=r"typst: unknown font family: no such face"):
        made(paper, formats=("pdf",), languages=("it",))


def test_what_pdf_ua_refuses_names_the_cell(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    run = pandoc.run

    def with_bare_image(*args: object, **named: object) -> str:
        return run(*args, **named) + '\n// cell q-it\n#image("media/fig-care.it.svg")\n'  # type: ignore[arg-type]

    monkeypatch.setattr(pandoc, "run", with_bare_image)
    with pytest.raises(ProseError, match=r"\(it.pdf\) cell q-it: typst: .*missing alt text"):
        made(paper, formats=("pdf",), languages=("it",))


def test_pandoc_is_the_wheel_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import pypandoc

    monkeypatch.setenv("PATH", str(tmp_path))
    path = pypandoc.get_pandoc_path()
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("pandoc 3.9")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are UTF-8 elsewhere")
def test_a_folder_with_accents_in_a_locale_without_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert set(made(Paper(tmp_path / "Università"), formats=("jats",))) >= {"it.xml", "en.xml"}


class Heads(HTMLParser):
    """The names and contents of <meta>, the elements of a page and where they take what they show."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str | None, ...]] = []
        self.elements: list[str] = []
        self.sources: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.sources += [value for key, value in attrs if key == "src"]
        if tag == "meta":
            self.told.append(tuple(value for _, value in attrs))


def test_quotation_marks_and_tags_in_names_and_keywords_stay_text(paper: Paper) -> None:
    name, keyword = 'Ada "Dada" D\'Arcò <img src=x>', 'welfare "di comunità" </script><b>'
    paper.evidence["context"] = collected()
    paper.evidence["context"]["authors"][0]["name"] = name
    paper.spec = paper.spec.replace('"conciliazione"', repr(keyword))
    slides = [cell(f"s-{one}", "## Uno\n\nTesto.", f"lang-{one}", "slide") for one in ("it", "en")]
    paper.cells[3:3] = slides
    files = made(paper, formats=("html", "slides"))
    for file in ("it.html", "it.slides.html"):
        heads = Heads()
        heads.feed(files[file].read_text(encoding="utf-8"))
        assert ("author", name) in heads.told
        assert "b" not in heads.elements and "x" not in heads.sources
    heads = Heads()
    heads.feed(files["it.html"].read_text(encoding="utf-8"))
    assert ("keywords", f"cura, {keyword}") in heads.told
    assert ("citation_author", name) in heads.told


def test_lists_of_names_have_no_comma_before_the_last_in_italian(paper: Paper) -> None:
    named = "{Greenhaus, Jeffrey H. and Beutell, Nicholas J. and Prova, Ada}"
    paper.bibliography = paper.bibliography.replace("{Greenhaus, Jeffrey H. and Beutell, Nicholas J.}", named)
    texts = {
        language: made(paper, formats=("html",))[f"{language}.html"].read_text(encoding="utf-8")
        for language in ("it", "en")
    }
    assert "Greenhaus, Beutell e Prova" in texts["it"] and "Nicholas J. Beutell e Ada Prova" in texts["it"]
    assert "Greenhaus, Beutell, and Prova" in texts["en"]
