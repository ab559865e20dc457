"""Two editions side by side, as a page and at the terminal; and the command `altro diff` from call to exit code."""

from __future__ import annotations

import copy
import json
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from analysis import cli
from analysis.publish.review import changes
from tests.publish import axe, browser

CONTEXT = {
    "study": "demo", "edition": "2026-01-15", "provenance": "simulated",
    "title": {"it": "Studio di prova", "en": "Trial study"},
    "label": {"it": "Studio dimostrativo, dati simulati", "en": "Demonstration study, simulated data"},
}  # fmt: skip


@dataclass(frozen=True)
class One:
    kind: str = "number"
    key: str = "share"
    state: str = "changed"
    before: Any = None
    after: Any = None
    where: dict[str, str] = field(default_factory=lambda: {"it": "", "en": ""})
    unit: str = ""
    digits: int | None = None
    absolute: float | None = None
    relative: float | None = None
    errors: float | None = None
    parts: tuple[tuple[str, Any, Any], ...] = ()


NUMBER = One(
    before=0.346,
    after=0.371,
    unit="share",
    absolute=0.025,
    relative=0.0723,
    errors=1.25,
    parts=(("n", 600, 610),),
)
SENTENCE = One("statement", "s", "form", {"it": "Le donne <più> degli uomini.", "en": "Women more."}, {"it": "Le donne <come> gli uomini.", "en": "Women as men."},
               unit="points", parts=(("form", "higher", "unclear"),))  # fmt: skip
CELL = One(
    "table", "tbl-a", "hidden", 12, None, {"it": "18–34 · casi", "en": "18–34 · cases"}, unit="persons"
)
GONE = One("number", "old", "gone", 4, None, unit="count")


def compared(*found: One, name: str = "sample", b: bool = True) -> changes.Compared:
    return changes.Compared(
        name, {"it": "L'articolo", "en": "The paper"}, CONTEXT, CONTEXT if b else None, found
    )


def test_lines_at_the_terminal_in_either_language() -> None:
    found = [compared(SENTENCE, NUMBER, CELL, GONE)]
    it = "\n".join(changes.text(found, "a", "b", "it"))
    for text in ("A: a, edizione del 15 gennaio 2026", "sample: 4 differenze", "Frasi che ora dicono altro (1)", "forma: più alto → non distinguibile",
                 "numero share: 34,6% → 37,1%; +2,5\u00a0p.p. (7,2%); +1,2\u00a0e.s.; n: 600 → 610", "Ora protetti (1)",
                 "cella tbl-a [18–34 · casi]: 12 → non pubblicato", "numero old: 4"):  # fmt: skip
        assert text in it, text
    en = "\n".join(changes.text(found, "a", "b", "en"))
    for text in ("number share: 34.6% → 37.1%; +2.5\u00a0pp (7.2%); +1.2\u00a0s.e.", "cell tbl-a [18–34 · cases]: 12 → not shown", "Women as men."):  # fmt: skip
        assert text in en, text


def test_a_long_list_is_cut_at_the_terminal_and_whole_in_the_page() -> None:
    found = [compared(*(One(key=f"k{i}", before=i, after=i + 1, absolute=1.0) for i in range(50)))]
    lines = changes.text(found, "a", "b", "en", "out/diff.html")
    assert len(lines) == 4 + changes.MOST + 1 and lines[-1].strip() == "… and 38 more: out/diff.html"
    page = changes.html(found, "a", "b")
    assert all(f"<code>k{i}</code>" in page for i in range(50))


def test_nothing_changed_and_only_in_one() -> None:
    assert compared().equal and not compared(NUMBER).equal and not compared(b=False).equal
    assert "no changes" in changes.text([compared()], "a", "b", "en")[-1]
    assert "in the first edition only" in changes.text([compared(b=False)], "a", "b", "en")[-1]
    assert "Nessuna differenza" in changes.html([compared()], "a", "b")


def test_the_page_marks_the_words_that_changed_and_escapes_the_rest() -> None:
    page = changes.html([compared(SENTENCE, NUMBER)], "<a>", "b")
    it = page.split('<div lang="en">')[0]
    assert "<del>&lt;più&gt;</del>" in it and "<ins>&lt;come&gt;</ins>" in it
    assert "Le donne" in it and "<del>Le" not in it
    assert "&lt;a&gt;" in page and "Studio dimostrativo, dati simulati" in it and "L’articolo" in it
    assert it.index("Frasi che ora dicono altro") < it.index("Valori cambiati")


# -- the command -----------------------------------------------------------------------------------------------------------


def record(value: float = 0.346, notebook: str = "sample") -> dict[str, Any]:
    share = {
        "value": value,
        "unit": "share",
        "kind": "float",
        "tolerance": 1e-9,
        "suppressed": False,
        "se": 0.02,
    }
    empty: dict[str, Any] = {"tables": {}, "figures": {}, "statements": {}, "methods": {}}
    return {"schema": 1, "notebook": notebook, "parameters": {}, "context": copy.deepcopy(CONTEXT), "numbers": {"share": share}, **empty}  # fmt: skip


def laid(folder: Path, *records: dict[str, Any]) -> Path:
    for one in records:
        home = folder / one["notebook"]
        home.mkdir(parents=True)
        (home / "evidence.json").write_text(json.dumps(one), encoding="utf-8")
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    monkeypatch.setenv("ALTRO_ROOT", str(root))
    monkeypatch.chdir(root)
    return root


def test_folders_files_and_archives_are_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = laid(project / "old", record(), record(notebook="other")), laid(project / "new", record(0.366), record(notebook="other"))  # fmt: skip
    with zipfile.ZipFile(project / "old.zip", "w") as archive:
        for path in old.rglob("evidence.json"):
            archive.write(path, f"papers/demo/{path.relative_to(old).as_posix()}")
    for a, b in ((old, new), (project / "old.zip", new), (old / "sample" / "evidence.json", new), (old, new / "sample")):  # fmt: skip
        assert cli.main(["diff", str(a), str(b)]) == 1
        said = capsys.readouterr().out
        assert "34.6% → 36.6%" in said and "+1.0\u00a0s.e." in said
    assert cli.main(["diff", str(old), str(project / "old.zip")]) == 0
    assert "no changes" in capsys.readouterr().out
    pages = sorted((project / "build" / "diff").rglob("diff.html"))
    assert len(pages) == 5
    assert cli.main(["diff", str(old), str(new), "--out", str(project / "here")]) == 1
    assert (project / "here" / "diff.html").is_file()


def test_a_notebook_that_only_one_edition_has_is_a_change(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = laid(project / "old", record(), record(notebook="other")), laid(project / "new", record(), record(notebook="third"))  # fmt: skip
    assert cli.main(["diff", str(old), str(new)]) == 1
    said = capsys.readouterr().out
    assert "other: in the first edition only" in said and "third: in the second edition only" in said


def test_a_revision_against_the_files(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)

    home = laid(project / "papers" / "demo", record())
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "first")
    assert cli.main(["diff", "HEAD:papers/demo", "papers/demo"]) == 0
    (home / "sample" / "evidence.json").write_text(json.dumps(record(0.366)), encoding="utf-8")
    for revision in ("HEAD:papers/demo", "HEAD:papers/demo/sample/evidence.json", "HEAD:"):
        assert cli.main(["diff", revision, "papers/demo"]) == 1
    capsys.readouterr()
    for wrong in ("NONE:papers/demo", "--upload-pack=x:papers", "HEAD:papers/none"):
        assert cli.main(["diff", "--", wrong, "papers/demo"]) == 2
        assert capsys.readouterr().err.startswith(f"✗ {wrong}")


def test_a_wrong_place_is_named_with_what_is_allowed(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    laid(project / "old", record())
    (project / "empty").mkdir()
    (project / "broken.json").write_text("{", encoding="utf-8")
    (project / "else.json").write_text("[]", encoding="utf-8")
    for wrong in ("nowhere", "empty", "broken.json", "else.json"):
        assert cli.main(["diff", "old", wrong]) == 2
        said = capsys.readouterr().err
        assert said.startswith(f"✗ {wrong}") and "evidence.json" in said
    with pytest.raises(SystemExit) as ended:
        cli.main(["diff", "old"])
    assert ended.value.code == 2


@pytest.mark.slow
@axe.needed
@pytest.mark.parametrize("width", [400, 1280])
def test_no_grave_fault_of_accessibility(tmp_path: Path, width: int) -> None:
    long = One(key="very_long_key_" * 20, before="x" * 900, after={"it": "y" * 900, "en": "z" * 900}, where={"it": "dove " * 50, "en": "where " * 50})  # fmt: skip
    pages = []
    for name, found in {"some": (SENTENCE, NUMBER, CELL, GONE), "long": (long,), "none": ()}.items():
        pages.append(tmp_path / f"{name}.html")
        pages[-1].write_text(changes.html([compared(*found)], "a" * 200, "b"), encoding="utf-8")
    assert axe.faults(pages, width=width) == {}
    with browser.Browser() as window:
        for page in pages:
            assert window.open(page, width).value("document.documentElement.scrollWidth") <= width, page.name
