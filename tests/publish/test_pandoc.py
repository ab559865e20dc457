from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from analysis.errors import ProseError
from analysis.publish import pandoc
from tests.publish.fixture import Paper
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
