"""Real notebooks on a copy of the project: what must be run again is, for a reason that names it; what must not be is not. No kernel is started."""

import json
import os
import shutil
from pathlib import Path

import pytest

from analysis.batch import closure, editions, explain, keys
from analysis.publish import sources
from analysis.study import studies

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("analysis", "data", "notebooks", "papers/demo", "figures/demo", "requirements.lock")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A copy of the project, made once, and the bytes of its files."""
    root = copy(ROOT, tmp_path_factory.mktemp("whole") / "project")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv("ALTRO_DATA_HOME", raising=False)
        Project(root, monkeypatch).settle("work_life_balance", "codesign_outcomes")
    contents = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    return root, contents, {path: path.stat().st_ctime_ns for path in contents}


def copy(source, root):
    root.mkdir(parents=True)
    for name in COPIED:
        if (source / name).is_dir():
            shutil.copytree(
                source / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "reveal")
            )
        else:
            shutil.copy(source / name, root / name)
    return root


class Project:
    """A copy whose editions of `demo` have just been brought up to date."""

    def __init__(self, root, monkeypatch):
        self.root = root
        monkeypatch.setenv("ALTRO_ROOT", str(root))
        monkeypatch.setattr(closure, "PACKAGE", root / "analysis")
        monkeypatch.setattr(keys, "PACKAGE", root / "analysis")

    def edition(self, name="work_life_balance", **given):
        planned, _ = editions.plan([studies.open_study("demo")], editions.notebooks([name]), given)
        return planned[0]

    def settle(self, *names):
        for name in names:
            one = self.edition(name)
            products = [
                one.record / "evidence.json",
                one.record / "it.pdf",
                one.record / "notebook.ipynb",
                *one.figures.glob("*"),
            ]
            editions.write_manifest(
                one, one.run_parts, one.render_parts(self.inputs), products, {"python": "3"}, ["pdf"]
            )

    def inputs(self, notebook, texts):
        """The copy's own files on which a rendering depends."""
        here = Path(sources.__file__).parents[2]
        return [self.root / path.relative_to(here) if path.is_relative_to(here / "analysis") else path for path in sources.inputs(notebook, texts) if "reveal" not in path.parts]  # fmt: skip

    def reasons(self, name="work_life_balance"):
        """Why it must be run, and why it must be rendered."""
        one = self.edition(name)
        run = one.run_reasons()
        return run, [] if run else one.render_reasons(self.inputs, ["pdf"])[0]

    def edit(self, path, old, new):
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} holds no {old!r}"
        (self.root / path).write_text(text.replace(old, new, 1), encoding="utf-8")

    def cells(self, change, name="work_life_balance"):
        path = self.root / "notebooks" / f"{name}.ipynb"
        book = json.loads(path.read_text(encoding="utf-8"))
        change(book)
        path.write_text(json.dumps(book, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def project(whole, monkeypatch, english):
    """The copy with everything up to date; whatever a test does to it is undone."""
    root, contents, stamps = whole
    monkeypatch.delenv("ALTRO_DATA_HOME", raising=False)
    made = Project(root, monkeypatch)
    assert made.reasons() == ([], [])
    yield made
    for path in [path for path in root.rglob("*") if path.is_file() and path not in contents]:
        path.unlink()
    for path, content in contents.items():
        if not path.exists() or path.stat().st_ctime_ns != stamps[path]:
            path.write_bytes(content)
            stamps[path] = path.stat().st_ctime_ns


def first(book, kind):
    return next(
        cell
        for cell in book["cells"]
        if cell["cell_type"] == kind and "parameters" not in cell["metadata"].get("tags", [])
    )


def append(path, text):
    return lambda project: (project.root / path).write_bytes(
        (project.root / path).read_bytes() + text.encode()
    )


def cell_source(kind, text):
    def change(book):
        cell = first(book, kind)
        cell["source"] = [*cell["source"], text]

    return lambda project: project.cells(change)


def front(old, new):
    return lambda project: project.edit("notebooks/work_life_balance.toml", old, new)


FONT = next((ROOT / "analysis" / "evidence" / "fonts").glob("*.ttf")).relative_to(ROOT).as_posix()
INSTRUMENT = next((ROOT / "analysis" / "survey" / "instruments").rglob("*.toml")).relative_to(ROOT).as_posix()
WAVE = (
    "data/demo/"
    + next(path for path in (ROOT / "data/demo/survey").glob("*.csv"))
    .relative_to(ROOT / "data/demo")
    .as_posix()
)

MUST_RUN = {
    "a code cell": (cell_source("code", "\nx = 1"), "notebooks/work_life_balance.ipynb: code changed"),
    "a magic": (cell_source("code", "\n%precision 3"), "notebooks/work_life_balance.ipynb: code changed"),
    "a default": (front("max = 2\ndefault = 1", "max = 2\ndefault = 2"), "parameter wave: 1 → 2"),
    "a declared table": (append(WAVE, "\n"), f"{WAVE.removeprefix('data/')} changed"),
    "an optional table": (append("data/demo/benchmarks.csv", "\n"), "demo/benchmarks.csv changed"),
    "the codebook": (append("data/demo/survey/codebook.toml", "\n# x"), "demo/survey/codebook.toml changed"),
    "the actors, for their names": (append("data/demo/actors.csv", "\n"), "demo/actors.csv changed"),
    "the study": (lambda p: p.edit("data/demo/study.toml", 'edition = ', 'edition = 2031-01-01 # '), "demo/study.toml changed"),
    "a word of the figures": (front('en = "who was reached"', 'en = "those reached"'), "notebooks/work_life_balance.toml: [words], [statements], [style] or [needs] changed"),
    "a module": (append("analysis/survey/estimates.py", "\nX = 1\n"), "analysis/survey/estimates.py changed"),
    "a module of a module": (append("analysis/errors.py", "\nX = 1\n"), "analysis/errors.py changed"),
    "a definition file": (append(INSTRUMENT, "\n# x\n"), f"{INSTRUMENT} changed"),
    "a new definition file": (lambda p: (p.root / "analysis/survey/new.toml").write_text("x = 1"), "analysis/survey/new.toml is new"),
    "a font": (append(FONT, "x"), f"{FONT} changed"),
    "the lock": (append("requirements.lock", "\n# x"), "requirements.lock changed"),
    "a new table": (lambda p: (p.root / "data/demo/call_funnel.csv").write_text("a\n1\n"), "the study has the new table call_funnel"),
    "a damaged record": (append("papers/demo/work_life_balance/evidence.json", " "), "papers/demo/work_life_balance/evidence.json damaged"),
    "a record that is gone": (lambda p: (p.root / "papers/demo/work_life_balance/evidence.json").unlink(), "papers/demo/work_life_balance/evidence.json is missing"),
    "a manifest that is gone": (lambda p: (p.root / "papers/demo/manifest.json").unlink(), "never run"),
}  # fmt: skip


@pytest.mark.parametrize("what", MUST_RUN)
def test_it_runs_again(project, what):
    change, reason = MUST_RUN[what]
    change(project)
    assert reason in project.reasons()[0]
    if "damaged" not in what and "gone" not in what and what not in ("a default", "a module of a module"):
        assert len(project.reasons()[0]) == 1


def test_a_figure_that_is_gone_is_drawn_again(project):
    figure = next(project.edition().figures.glob("*.it.svg"))
    figure.unlink()
    assert project.reasons()[0] == [f"figures/demo/work_life_balance/{figure.name} is missing"]


def test_the_statements_run_again(project):
    text = (project.root / "notebooks/work_life_balance.toml").read_text(encoding="utf-8")
    assert "[statements" in text
    head, _, tail = text.partition("[statements")
    tail = tail.replace('en = "', 'en = "Indeed, ', 1)
    (project.root / "notebooks/work_life_balance.toml").write_text(
        f"{head}[statements{tail}", encoding="utf-8"
    )
    assert project.reasons()[0] == [
        "notebooks/work_life_balance.toml: [words], [statements], [style] or [needs] changed"
    ]


def tags(book):
    first(book, "code")["metadata"]["tags"] = ["slide"]


def caption(project):
    path = project.root / "notebooks/work_life_balance.toml"
    head, mark, tail = path.read_text(encoding="utf-8").partition('caption = { it = "')
    assert mark
    path.write_text(f"{head}{mark}Nuova: {tail}", encoding="utf-8")


def texts(project):
    path = project.root / "data/demo/texts/work_life_balance.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text((path.read_text(encoding="utf-8") if path.exists() else "") + "\n# x\n", encoding="utf-8")


ONLY_RENDER = {
    "prose": (cell_source("markdown", "\nAltro."), "notebooks/work_life_balance.ipynb: text changed"),
    "tags": (lambda p: p.cells(tags), "notebooks/work_life_balance.ipynb: text changed"),
    "a comment in a cell": (cell_source("code", "  # perché"), "notebooks/work_life_balance.ipynb: text changed"),
    "a caption": (caption, "notebooks/work_life_balance.toml changed"),
    "the references": (append("notebooks/references.bib", "\n"), "notebooks/references.bib changed"),
    "the study's texts": (texts, "texts/work_life_balance.toml"),
    "a module of publish": (append("analysis/publish/prose.py", "\nX = 1\n"), "analysis/publish/prose.py changed"),
    "a template": (append("analysis/publish/templates/paper.typ", "\n"), "analysis/publish/templates/paper.typ changed"),
    "a damaged paper": (append("papers/demo/work_life_balance/it.pdf", "x"), "papers/demo/work_life_balance/it.pdf damaged"),
}  # fmt: skip


@pytest.mark.parametrize("what", ONLY_RENDER)
def test_it_is_rendered_again_and_not_run(project, what):
    change, reason = ONLY_RENDER[what]
    change(project)
    run, render = project.reasons()
    assert run == [] and len(render) == 1 and render[0].startswith(reason)


def caches(project):
    for folder in ("analysis/survey", "analysis/publish/templates", "data/demo", "notebooks"):
        (project.root / folder / "__pycache__").mkdir(exist_ok=True)
        (project.root / folder / "__pycache__" / "x.cpython-311.pyc").write_bytes(b"x")
        (project.root / folder / "__pycache__" / "words.toml").write_text("x = 1")


def touched(project):
    for path in project.root.rglob("*"):
        os.utime(path, (1, 1))


NEITHER = {
    "caches": caches,
    "times": touched,
    "another module of analysis": append("analysis/codesign/network.py", "\nX = 1\n"),
    "a module of simulate": append("analysis/simulate/draw.py", "\nX = 1\n"),
    "a comment in a module": append("analysis/survey/estimates.py", "\n\n# why\n"),
    "a comment in publish": append("analysis/publish/prose.py", "\n# why\n"),
    "a table that is not declared": append("data/demo/ties.csv", "\n"),
    "another study": append("data/milano/study.toml", "\n"),
    "a comment in study.toml": append("data/demo/study.toml", "\n# x\n"),
    "the outputs of the notebook": lambda p: p.cells(lambda book: first(book, "code").update(outputs=[{"output_type": "stream", "name": "stdout", "text": "x"}], execution_count=7)),
    "a notebook beside it": lambda p: p.cells(lambda book: first(book, "code").update(source="x = 2"), "codesign_outcomes"),
}  # fmt: skip


@pytest.mark.parametrize("what", NEITHER)
def test_it_is_left_alone(project, what):
    NEITHER[what](project)
    assert project.reasons() == ([], [])


def test_another_notebook_is_run_for_its_own_module(project):
    append("analysis/codesign/network.py", "\nX = 1\n")(project)
    assert project.reasons("codesign_outcomes")[0] == ["analysis/codesign/network.py changed"]


def test_another_checkout_path_is_no_reason(project, tmp_path, monkeypatch):
    there = Project(copy(project.root, tmp_path / "un altro posto" / "più lontano"), monkeypatch)
    assert there.reasons() == ([], [])


def test_another_parameter_set_is_another_edition(project):
    assert project.edition(wave="2").run_reasons() == ["never run"]
    assert project.edition(wave="1").run_reasons() == []


def test_reasons_are_told_in_italian(project, monkeypatch):
    monkeypatch.setenv("ALTRO_LANG", "it")
    append("analysis/survey/estimates.py", "\nX = 1\n")(project)
    front("max = 2\ndefault = 1", "max = 2\ndefault = 2")(project)
    (project.root / "papers/demo/work_life_balance/it.pdf").unlink()
    assert project.reasons()[0] == ["parametro wave: 1 → 2", "analysis/survey/estimates.py cambiato"]
    one = project.edition()
    (project.root / "papers/demo/work_life_balance/evidence.json").unlink()
    assert [explain.damage(name) for name in one.damaged(one.entry())] == [
        "manca papers/demo/work_life_balance/evidence.json",
        "manca papers/demo/work_life_balance/it.pdf",
    ]
