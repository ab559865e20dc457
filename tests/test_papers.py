"""The main job, end to end, on a small project: run, skip, render, fail, publish. Real kernels, real PDFs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.xdist_group("papers")


def altro(root, *arguments, language="en", **environment):
    env = {**os.environ, "ALTRO_ROOT": str(root), "ALTRO_LANG": language, **environment}
    return subprocess.run(
        [sys.executable, "-m", "analysis", *arguments], cwd=root, env=env, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with the demo study and one new notebook, whose papers have been made."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "data" / "demo", root / "data" / "demo")
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "notebooks" / "references.bib", root / "notebooks")
    shutil.copy(ROOT / "requirements.lock", root)
    made = altro(root, "new", "--notebook", "prima_figura")
    assert made.returncode == 0, made.stderr
    first = altro(root, "papers", "--formats", FEW)
    assert first.returncode == 0, first.stdout + first.stderr
    return root


def runs(root):
    return len((root / "build" / "runs.jsonl").read_text().splitlines())


def paper(root):
    return root / "papers" / "demo" / "prima_figura"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


FEW = "pdf,html,ipynb"
ALIKE = {"evidence.json", "notebook.ipynb"}
PAPER = ("pdf", "html", "docx", "xml", "fig-answers.png", "appendix.pdf", "appendix.html", "xlsx")


def test_a_format_once_made_is_kept_up_to_date(project):
    edit(
        project / "notebooks" / "prima_figura.ipynb", "È un punto di partenza", "È solo un punto di partenza"
    )
    accepted = altro(project, "twins", "--accept", "prima_figura", "question-en")
    assert accepted.returncode == 0, accepted.stderr
    result = altro(project, "papers", "--formats", "html")
    assert result.returncode == 0, result.stdout + result.stderr
    for name in ("it.html", "notebook.ipynb"):
        assert "È solo un punto" in (paper(project) / name).read_text(encoding="utf-8")
    assert "0 rendered, 1 up to date" in altro(project, "papers", "--formats", FEW).stdout


def test_an_unknown_format_is_named_with_those_that_exist(project):
    result = altro(project, "papers", "--formats", "pdf,word")
    assert result.returncode == 2
    assert result.stderr.startswith("✗ --formats: unknown format 'word'; allowed: all, pdf, html, docx")


def test_a_second_call_does_nothing(project):
    before = {path: path.stat().st_mtime_ns for path in paper(project).iterdir()}
    again = altro(project, "papers", "--formats", FEW)
    assert again.returncode == 0
    assert "0 run" in again.stdout and "1 up to date" in again.stdout
    assert {path: path.stat().st_mtime_ns for path in paper(project).iterdir()} == before


def test_prose_and_captions_are_rendered_without_running(project):
    count = runs(project)
    edit(project / "notebooks" / "prima_figura.ipynb", "non la popolazione.", "non la popolazione intera.")
    edit(
        project / "notebooks" / "prima_figura.toml",
        "Risposte: persone e quote.",
        "Le risposte: persone e quote.",
    )
    refused = altro(project, "papers", "--formats", FEW)
    assert refused.returncode == 1 and "altro twins --accept prima_figura limits-en" in refused.stderr
    listed = altro(project, "twins")
    assert listed.returncode == 1 and "limits-en" in listed.stdout
    accepted = altro(project, "twins", "--accept", "prima_figura", "limits-en")
    assert accepted.returncode == 0, accepted.stderr
    result = altro(project, "papers", "--formats", FEW)
    assert result.returncode == 0, result.stdout + result.stderr
    text = (paper(project) / "it.html").read_text(encoding="utf-8")
    assert "non la popolazione intera." in text and "Le risposte: persone e quote." in text
    assert runs(project) == count


def test_a_word_drawn_in_a_figure_runs_the_notebook_again(project):
    count = runs(project)
    edit(project / "notebooks" / "prima_figura.toml", "quota di chi ha risposto", "quota delle risposte")
    result = altro(project, "papers", "--formats", FEW)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "words" in result.stdout
    assert runs(project) == count + 1


def test_a_damaged_product_is_made_again(project):
    (paper(project) / "it.pdf").write_bytes(b"broken")
    (paper(project) / "en.html").unlink()
    count = runs(project)
    assert altro(project, "papers", "--formats", FEW).returncode == 0
    assert (paper(project) / "it.pdf").read_bytes().startswith(b"%PDF")
    assert (paper(project) / "en.html").exists()
    assert runs(project) == count


@pytest.mark.slow
def test_another_parameter_set_goes_to_build(project):
    kept = (project / "papers" / "demo" / "manifest.json").read_bytes()
    result = altro(project, "papers", "--formats", FEW, "demo", "--set", "variable=gender")
    assert result.returncode == 0, result.stdout + result.stderr
    folder = project / "build" / "editions" / "demo" / "prima_figura" / "variable=gender"
    assert (folder / "it.pdf").exists() and (folder / "figures" / "fig-answers.it.svg").exists()
    assert (project / "build" / "editions" / "index.html").exists()
    assert (project / "papers" / "demo" / "manifest.json").read_bytes() == kept


@pytest.mark.parametrize(
    ("pair", "hint"),
    [("varible=gender", "variable"), ("wave=one", "integer"), ("wave=0", "≥ 1"), ("wave", "key=value")],
)
def test_a_wrong_parameter_stops_before_any_kernel(project, pair, hint):
    count = runs(project)
    result = altro(project, "papers", "--formats", FEW, "demo", "--set", pair)
    assert result.returncode == 2
    assert hint in result.stderr
    assert runs(project) == count


def test_an_execution_equal_within_tolerance_leaves_the_files(project):
    before = {path: path.stat().st_mtime_ns for path in paper(project).iterdir()}
    result = altro(project, "papers", "--formats", FEW, "--execute")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "files left untouched" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in paper(project).iterdir()} == before


def test_a_study_adds_its_own_paragraph_and_table(project):
    texts = project / "data" / "demo" / "texts" / "prima_figura.toml"
    texts.parent.mkdir(exist_ok=True)
    texts.write_text(
        '[[paragraphs]]\nafter = "sec-results"\nit = "Una nota di Valdora; si veda la @tbl-own."\nen = "A note from Valdora; see @tbl-own."\n'
        '[[tables]]\nlabel = "tbl-own"\nafter = "tbl-answers"\ncaption = { it = "Nostra.", en = "Ours." }\n'
        'source = { it = "prova", en = "trial" }\ncolumns = { it = ["voce", "valore"], en = ["item", "value"] }\nrows = [["uno", 1.5]]\n',
        encoding="utf-8",
    )
    count = runs(project)
    result = altro(project, "papers", "--formats", FEW)
    assert result.returncode == 0, result.stdout + result.stderr
    italian, english = (
        (paper(project) / f"{lang}.html").read_text(encoding="utf-8") for lang in ("it", "en")
    )
    assert "Una nota di Valdora" in italian and "1,5" in italian
    assert "A note from Valdora" in english and "1.5" in english
    assert runs(project) == count
    texts.unlink()


def test_a_draft_shows_its_faults_and_never_enters_papers(project):
    toml = project / "notebooks" / "prima_figura.toml"
    whole = toml.read_text(encoding="utf-8")
    before = {path: path.read_bytes() for path in paper(project).iterdir()}
    edit(toml, 'alt = { it = "Barre', 'alt = { en = "Barre')
    toml.write_text(
        toml.read_text(encoding="utf-8").replace(
            ', en = "Horizontal bars, one an answer; `{val} respondents` persons answered." }', " }"
        ),
        encoding="utf-8",
    )
    refused = altro(project, "papers", "--formats", FEW)
    assert refused.returncode == 1 and "fig-answers" in refused.stderr
    draft = altro(project, "papers", "--formats", FEW, "demo", "--draft", "--lang", "it")
    toml.write_text(whole, encoding="utf-8")
    assert draft.returncode == 0, draft.stdout + draft.stderr
    html = (project / "build" / "drafts" / "demo" / "prima_figura" / "default" / "it.html").read_text(
        encoding="utf-8"
    )
    assert "Bozza" in html
    assert not (project / "build" / "drafts" / "demo" / "prima_figura" / "default" / "en.html").exists()
    assert {path: path.read_bytes() for path in paper(project).iterdir()} == before


@pytest.mark.slow
def test_one_failing_notebook_does_not_stop_the_others(project):
    altro(project, "new", "--notebook", "guasto")
    altro(project, "new", "--notebook", "sano")
    edit(project / "notebooks" / "guasto.ipynb", "gap = shares", '1 / 0\\n",\n    "gap = shares')
    result = altro(project, "papers", "--formats", FEW)
    assert result.returncode == 1
    assert (project / "papers" / "demo" / "sano" / "it.pdf").exists()
    assert not (project / "papers" / "demo" / "guasto").exists()
    line = next(line for line in result.stderr.splitlines() if "guasto" in line)
    assert "compare" in line and "ZeroDivisionError" in line
    partial = project / "build" / "failed" / "demo" / "guasto" / "default.ipynb"
    assert partial.exists() and partial.relative_to(project).as_posix() in line
    for path in (project / "notebooks").glob("guasto.*"):
        path.unlink()


def test_the_list_says_what_runs_where(project):
    result = altro(project, "list", language="it")
    assert result.returncode == 0
    assert "prima_figura: aggiornato" in result.stdout


def test_an_unknown_study_or_notebook_is_named_with_those_that_exist(project):
    for arguments in (("papers", "dmeo"), ("papers", "--notebook", "nessuno")):
        result = altro(project, *arguments)
        assert result.returncode == 2
        assert "demo" in result.stderr or "prima_figura" in result.stderr


def test_papers_come_in_both_languages_and_all_formats(project):
    assert altro(project, "papers", "--notebook", "prima_figura").returncode == 0
    made = {path.name for path in paper(project).iterdir()}
    assert made == ALIKE | {f"{lang}.{form}" for lang in ("it", "en") for form in PAPER}
    drawn = {path.name for path in (project / "figures" / "demo" / "prima_figura").iterdir()}
    assert drawn == {"fig-answers.it.svg", "fig-answers.en.svg", "fig-answers.csv"}
    italian = (paper(project) / "it.html").read_text(encoding="utf-8")
    assert "Studio dimostrativo, dati simulati" in italian and "Demonstration study" not in italian
