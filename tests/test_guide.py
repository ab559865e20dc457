"""The author guide (notebooks/README.md): its commands exist, its examples make a paper without faults, its messages are those printed."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from analysis import cli
from analysis.errors import ParameterError
from analysis.evidence import record, style
from analysis.publish import layout, lint, prose, render, twins
from tests.publish.fixture import cell, context, output

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMANDS = sorted(
    {line for kind, _, body in BLOCK.findall(GUIDE) if kind == "console" for line in body.splitlines() if line}
    | set(re.findall(r"`(altro [^`]*)`", GUIDE))
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_guide_exists(command: str) -> None:
    words = shlex.split(command)
    if words[-1] == "--accept":
        words += ["esempio", "question-en"]
    if words == ["altro", "check"]:
        words.append("demo")
    chosen = cli.parser().parse_args(words[1:])
    assert callable(chosen.run)


def test_a_command_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises((SystemExit, ParameterError)):
        cli.parser().parse_args(["twins", "--accepted", "a", "b"])


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """The notebook that the guide's examples make, run through the real record."""
    root = tmp_path_factory.mktemp("guida")
    folder, run = root / "notebooks", root / "run"
    folder.mkdir()
    (root / "data").mkdir()
    (folder / "references.bib").write_bytes((ROOT / "notebooks" / "references.bib").read_bytes())
    front = (
        'title = { it = "Esempio", en = "Example" }\nabstract = { it = "Un esempio.", en = "An example." }\n'
    )
    front += 'keywords = { it = ["cura"], en = ["care"] }\njel = ["I38"]\n'
    cells: list[dict] = []
    texts = root / "data" / "esempio.toml"
    code = []
    for index, (kind, info, body) in enumerate(BLOCK.findall(GUIDE)):
        if kind == "markdown":
            cells.append(cell(f"cella-{index}", body.rstrip("\n"), *info.split()))
        elif kind == "python":
            cells.append(cell(f"cella-{index}", body.rstrip("\n"), kind="code"))
            code.append((f"cella-{index}", body))
        elif kind == "toml" and info.strip().startswith("notebooks/"):
            front += body
        elif kind == "toml":
            texts.write_text(body, encoding="utf-8")
    for group in twins.grouped(cells):
        if "it" in group and "en" in group:
            group["en"]["metadata"]["altro"] = {"translates": twins.mark(twins.source(group["it"]))}  # type: ignore[index]
    (folder / "esempio.toml").write_text(front, encoding="utf-8")
    book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    notebook = folder / "esempio.ipynb"
    notebook.write_text(json.dumps(book, ensure_ascii=False), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ALTRO_ROOT", str(root))
        patch.setenv("ALTRO_RUN", str(run))
        patch.setenv("ALTRO_LANG", "it")
        ev = record.open_record({**context("simulated"), "labels": {}}, "esempio")
        services = pd.DataFrame({"servizio": ["doposcuola", "sportello"], "iscritti": [120, 85]})
        services.attrs["columns"] = {
            "servizio": {"labels": "servizio"},
            "iscritti": {"counts": "persons", "unit": "persons"},
        }
        names = {
            "ev": ev,
            "style": style,
            "servizi": services,
            "differenza": SimpleNamespace(estimate=0.031, low=0.012, high=0.05, n=630),
        }
        outputs = {}
        for name, body in code:
            before = {key for entries in ev._entries.values() for key in entries}
            exec(compile(body, name, "exec"), names)
            made = [key for entries in ev._entries.values() for key in entries if key not in before]
            outputs[name] = [
                output({"fig": "figure", "tbl": "table"}.get(key[:3], "number"), key) for key in made
            ]
        ev.close()
    (run / "outputs.json").write_text(json.dumps(outputs), encoding="utf-8")
    return SimpleNamespace(notebook=notebook, texts=texts, record=run, outputs=outputs)


def test_the_guide_s_examples_have_no_faults_and_no_warnings(example: SimpleNamespace) -> None:
    evidence = json.loads((example.record / "evidence.json").read_text(encoding="utf-8"))
    found = prose.faults(example.notebook, evidence, example.outputs, example.texts)
    assert [str(fault) for fault in found] == []
    source = layout.read(example.notebook, evidence, example.outputs, example.texts)
    assert [str(fault) for fault in lint.unused(source)] == []


def test_the_guide_s_examples_make_a_paper_slides_and_a_brief(
    example: SimpleNamespace, tmp_path: Path
) -> None:
    made = render.render(
        example.record, example.notebook, example.texts, tmp_path, formats=("html", "pdf", "slides", "brief")
    )
    names = {path.name for path in made}
    assert names >= {
        f"{language}.{form}"
        for language in ("it", "en")
        for form in ("html", "pdf", "slides.html", "brief.pdf")
    }
    italian, english = (
        re.sub(r"<[^>]*>", "", (tmp_path / f"{language}.html").read_text(encoding="utf-8"))
        for language in ("it", "en")
    )
    assert "34,6%" in italian and "34.6%" in english
    assert "3,1 punti percentuali" in italian and "3.1 percentage points" in english
    assert "Il doposcuola è aperto dal 2018" in italian


def test_every_message_of_the_guide_is_one_that_is_printed() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "analysis" / "publish").glob("*.py")
    )
    rows = [line for line in GUIDE.splitlines() if line.startswith("| `") and not line.startswith("| `typst")]
    assert len(rows) > 40
    for row in rows:
        for message in re.findall(r"`([^`]*)`", row.split(" | ")[0]):
            if message == ".toml":
                continue
            pieces = [piece.strip(" «»'@():,") for piece in re.split("…", message)]
            for piece in pieces:
                words = piece.replace("alternative text of", "{names[part]} of").replace(
                    "caption of", "{names[part]} of"
                )
                words = words.replace("testo alternativo di", "{names[part]} di").replace(
                    "didascalia di", "{names[part]} di"
                )
                assert any(text in code for text in (piece, words)) or _assembled(piece), (message, piece)


def _assembled(piece: str) -> bool:
    """Messages put together from a table of nouns."""
    whole = {f"{italian} dal testo gemello" for italian, _ in lint.NOUNS.values()}
    whole |= {f"{english} from the twin" for _, english in lint.NOUNS.values()}
    whole |= {f"nessun testo cita {italian}" for italian, _ in lint.ENTRIES.values()}
    whole |= {f"no text quotes the {english}" for _, english in lint.ENTRIES.values()}
    return piece in whole
