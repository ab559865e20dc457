"""Papers out of Jupyter: the same bytes as an edition's, from the record that belongs to the notebook."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from analysis.errors import AltroError
from analysis.publish import exporters, render
from analysis.publish.formats import FORMATS
from tests.publish.fixture import Paper, cell

NAMES = {
    "altro-paper": exporters.AltroPaperExporter,
    "altro-docx": exporters.AltroDocxExporter,
    "altro-html": exporters.AltroHtmlExporter,
    "altro-jats": exporters.AltroJatsExporter,
    "altro-slides": exporters.AltroSlidesExporter,
    "altro-brief": exporters.AltroBriefExporter,
}


@pytest.fixture
def project(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that keeps one edition of the sample paper, and its figures, as `altro papers` leaves them."""
    monkeypatch.delenv("ALTRO_ROOT", raising=False)
    root = paper.folder
    record, notebook, _ = paper.write()
    home, figures = root / "papers" / "demo" / "sample", root / "figures" / "demo" / "sample"
    figures.mkdir(parents=True)
    (root / "data" / "demo").mkdir(parents=True)
    for path in record.glob("*.svg"):
        shutil.copyfile(path, figures / path.name)
    render.render(record, notebook, None, home, formats=("ipynb",))
    shutil.copyfile(record / "evidence.json", home / "evidence.json")
    return root


def edition(paper: Paper, *formats: str) -> dict[str, bytes]:
    """What `altro papers` makes of the sample."""
    record, notebook = paper.folder / "record", paper.folder / "notebooks" / "sample.ipynb"
    return {
        p.name: p.read_bytes()
        for p in render.render(record, notebook, None, paper.folder / "out", formats=formats)
    }


def export(form: str, path: Path, **traits: Any) -> tuple[bytes, dict[str, Any]]:
    return NAMES[form](**traits).from_notebook_node(
        read(path), {"metadata": {"name": path.stem, "path": str(path.parent)}}
    )


def read(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)


def convert(form: str, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ALTRO_LANG": "it"}
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        form,
        str(path),
        "--output-dir",
        str(path.parent / "made"),
        *options,
    ]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=path.anchor
    )


def test_nbconvert_makes_the_bytes_of_the_edition_from_the_notebook_to_work_with(
    paper: Paper, project: Path
) -> None:
    done = convert("altro-paper", project / "notebooks" / "sample.ipynb")
    assert done.returncode == 0, done.stderr
    made = project / "notebooks" / "made" / "sample.pdf"
    assert made.read_bytes() == edition(paper, "pdf")["it.pdf"]


def test_nbconvert_makes_the_bytes_of_the_edition_from_the_executed_copy_in_the_other_language(
    paper: Paper, project: Path
) -> None:
    home = project / "papers" / "demo" / "sample"
    done = convert("altro-html", home / "notebook.ipynb", "--AltroExporter.language=en")
    assert done.returncode == 0 and "Unrecognized" not in done.stderr, done.stderr
    assert (home / "made" / "notebook.html").read_bytes() == edition(paper, "html")["en.html"]


@pytest.mark.parametrize(("form", "ending"), [("altro-docx", ".docx"), ("altro-jats", ".xml")])
def test_the_other_formats_have_the_same_bytes(paper: Paper, project: Path, form: str, ending: str) -> None:
    content, resources = export(form, project / "notebooks" / "sample.ipynb", language="en")
    made = edition(paper, NAMES[form].form)
    content = content.encode("utf-8") if isinstance(content, str) else content
    assert content == made[f"en{ending}"] and resources["output_extension"] == ending
    beside = {name: data for name, data in made.items() if name.startswith("en.") and name != f"en{ending}"}
    assert resources.get("outputs", {}) == beside and bool(beside) == (form == "altro-jats")


def test_slides_have_the_same_bytes_and_their_own_ending(paper: Paper, project: Path) -> None:
    paper.cells += [
        cell("s-it", "## Chi cura\n\nSolo chi ha risposto.", "lang-it", "slide"),
        cell("s-en", "## Who cares\n\nOnly those who answered.", "lang-en", "slide"),
    ]
    paper.write()
    content, resources = export("altro-slides", project / "notebooks" / "sample.ipynb", language="it")
    assert (
        content == edition(paper, "slides")["it.slides.html"]
        and resources["output_extension"] == ".slides.html"
    )


def test_a_format_that_the_notebook_has_no_matter_for_is_told(project: Path) -> None:
    with pytest.raises(AltroError, match="sample: the notebook has no cells tagged 'slide'"):
        export("altro-slides", project / "notebooks" / "sample.ipynb")
    with pytest.raises(AltroError, match="sample: there is no matter for a policy brief"):
        export("altro-brief", project / "notebooks" / "sample.ipynb")


def test_the_prose_is_that_of_the_notebook_handed_in(project: Path) -> None:
    path = project / "notebooks" / "sample.ipynb"
    book = read(path)
    for one in book.cells:
        one.source = one.source.replace("Solo chi ha risposto.", "Solo chi ha risposto, e basta.")
    exporter = exporters.AltroHtmlExporter(draft=True, language="it")
    content, _ = exporter.from_notebook_node(book, {"metadata": {"name": "sample", "path": str(path.parent)}})
    assert b"Solo chi ha risposto, e basta." in content


def test_a_notebook_that_was_never_run_is_a_line_and_no_traceback(project: Path) -> None:
    shutil.rmtree(project / "papers")
    done = convert("altro-paper", project / "notebooks" / "sample.ipynb")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        "notebooks/sample.ipynb: non è mai stato eseguito su «demo» con questi parametri, o i suoi output non sono salvati. "
        "Eseguire tutte le celle e salvare, oppure: altro papers demo" in done.stderr
    )


def in_lab(project: Path, paper: Paper, age: int) -> Path:
    """What a run in JupyterLab leaves, so many seconds older than the edition: a scratch record and a notebook saved with outputs."""
    scratch = project / "build" / "scratch" / "demo" / "sample"
    scratch.mkdir(parents=True)
    evidence = json.loads((paper.folder / "record" / "evidence.json").read_text(encoding="utf-8"))
    evidence["numbers"]["cost"]["value"] = 777.0
    evidence["parameters"] = {}
    (scratch / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")
    for path in (paper.folder / "record").glob("*.svg"):
        shutil.copyfile(path, scratch / path.name)
    kept = (project / "papers" / "demo" / "sample" / "evidence.json").stat().st_mtime
    os.utime(scratch / "evidence.json", (kept - age, kept - age))
    notebook = project / "notebooks" / "sample.ipynb"
    book = json.loads(notebook.read_text(encoding="utf-8"))
    for one in book["cells"]:
        if one["id"] in paper.outputs:
            one["outputs"] = paper.outputs[one["id"]]
    notebook.write_text(json.dumps(book), encoding="utf-8")
    return notebook


@pytest.mark.parametrize(("age", "cost"), [(-60, "777 €"), (60, "12.345 €")])
def test_the_newer_of_the_edition_and_the_last_run_in_lab_is_taken(
    project: Path, paper: Paper, age: int, cost: str
) -> None:
    content, _ = export("altro-html", in_lab(project, paper, age), language="it")
    text = content.decode("utf-8").replace("\u00a0", " ")
    assert 'id="fig-care"' in text and 'id="tbl-places"' in text
    assert f"Il costo è {cost}" in re.sub(r"<[^>]*>", "", text)


def test_a_last_run_whose_outputs_were_not_saved_is_left_alone(project: Path, paper: Paper) -> None:
    notebook = in_lab(project, paper, -60)
    book = json.loads(notebook.read_text(encoding="utf-8"))
    for one in book["cells"]:
        if one["cell_type"] == "code":
            one["outputs"] = []
    notebook.write_text(json.dumps(book), encoding="utf-8")
    assert (
        exporters.found(book["cells"], "sample", notebook.parent, project).folder.parent.parent.name
        == "papers"
    )


def test_what_keeps_a_study_from_publication_stops_an_export_too(project: Path) -> None:
    record = project / "papers" / "demo" / "sample" / "evidence.json"
    evidence = json.loads(record.read_text(encoding="utf-8"))
    evidence["context"]["pending"] = ["demo/privacy.toml: is missing"]
    record.write_text(json.dumps(evidence), encoding="utf-8")
    path = project / "notebooks" / "sample.ipynb"
    with pytest.raises(AltroError, match=r"^demo/privacy\.toml: is missing$"):
        export("altro-html", path)
    assert b"<html" in export("altro-html", path, draft=True)[0]


def test_other_parameters_have_a_record_of_their_own(project: Path, paper: Paper) -> None:
    notebook = project / "notebooks" / "sample.ipynb"
    book = json.loads(notebook.read_text(encoding="utf-8"))
    book["cells"][0]["source"] = 'study = "demo"\nframe = "residents"'

    def find() -> exporters.Record:
        return exporters.found(book["cells"], "sample", notebook.parent, project)

    with pytest.raises(AltroError, match="has never been run on 'demo' with these parameters"):
        find()
    own = project / "build" / "editions" / "demo" / "sample" / "frame=residents"
    (own / "figures").mkdir(parents=True)
    evidence = json.loads((paper.folder / "record" / "evidence.json").read_text(encoding="utf-8"))
    evidence["parameters"]["frame"] = "residents"
    (own / "evidence.json").write_text(json.dumps(evidence), encoding="utf-8")
    assert find() == exporters.Record(own, own / "figures")


def test_a_notebook_without_parameters_is_that_of_the_only_study_that_has_its_paper(project: Path) -> None:
    cells = [cell("close", "ev.close()", kind="code")]
    home = project / "papers" / "demo" / "sample"
    assert exporters.found(cells, "sample", project / "notebooks", project).folder == home
    shutil.copytree(home, project / "papers" / "other" / "sample")
    with pytest.raises(
        AltroError, match=r"notebooks/sample.ipynb: does not say of which study it is; allowed: demo, other"
    ):
        exporters.found(cells, "sample", project / "notebooks", project)
    assert exporters.found(cells, "sample", project / "notebooks", project, "demo").folder == home


def test_parameters_are_read_from_the_cells_not_run() -> None:
    given = cell("p", 'study = "demo"\nseed = 1\nother = seed + 1', "parameters", kind="code")
    injected = cell("i", "seed = -2", "injected-parameters", kind="code")
    assert exporters.parameters([given, injected]) == {"study": "demo", "seed": -2}
    assert exporters.parameters([cell("p", "study = ", "parameters", kind="code")]) == {}


def test_a_draft_of_a_format_without_drafts_is_refused(project: Path) -> None:
    with pytest.raises(AltroError, match="the format docx has no drafts; allowed: pdf, html"):
        export("altro-docx", project / "notebooks" / "sample.ipynb", draft=True)


def test_the_exporters_are_entry_points_with_labels_in_both_languages() -> None:
    registered = {point.name: point for point in importlib.metadata.entry_points(group="nbconvert.exporters")}
    for name, exporter in NAMES.items():
        assert registered[name.replace("-", "_")].load() is exporter
        assert issubclass(registered[name].load(), exporter)
        italian, english = exporter.export_from_notebook.split(" / ")
        assert italian and english and exporter.output_mimetype
        assert exporter().file_extension == exporter.ending and exporter.form in FORMATS


def test_a_server_offers_the_names_that_its_addresses_take() -> None:
    code = "from nbconvert.exporters.base import get_export_names; print(*get_export_names())"
    told = []
    for first in ("", "import jupyter_server; "):
        done = subprocess.run(
            [sys.executable, "-c", first + code], capture_output=True, text=True, check=True
        )
        told.append({name for name in done.stdout.split() if name.startswith("altro")})
    lab = {name.replace("-", "_") for name in NAMES}
    assert told == [lab | set(NAMES), lab]
    assert all(re.fullmatch(r"\w+", name) for name in lab)


def test_listing_the_exporters_imports_nothing_of_the_papers() -> None:
    heavy = {"pandas", "typst", "pypandoc", "babel", "openpyxl", "numpy", "matplotlib"}
    code = f"import sys, analysis.publish.exporters; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
