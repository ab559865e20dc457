"""The report on a study's editions: what is executed, what can only be rendered, what is gone, and what each comes to."""

import json
import shutil

import pytest

from analysis import reviewing
from analysis.batch import keys, verify
from analysis.batch.products import Eyes
from analysis.errors import RunError

pytestmark = pytest.mark.usefixtures("english")

CONTEXT = {"provenance": "collected", "title": {"it": "Studio", "en": "Study"}, "edition": "2026-01-15"}
NUMBER = {"value": 0.25, "unit": "share", "kind": "float", "tolerance": 1e-9}
ENVIRONMENT = {"python": "3.11.7", "platform": "Linux x86_64", "numpy": "2.4.6"}
HERE = {"python": "3.11.7", "platform": "Linux x86_64", "versions": {"numpy": "2.4.6"}, "requires": {}}


def publish(root, name, value, run, study="town"):
    """Write one edition below `root` as a batch does."""
    record, figures = root / "papers" / study / name, root / "figures" / study / name
    for folder in (record, figures):
        folder.mkdir(parents=True, exist_ok=True)
    evidence = {
        "schema": 1, "notebook": name, "context": CONTEXT, "numbers": {"share": NUMBER | {"value": value}},
        "figures": {"fig-a": {"csv": "fig-a.csv", "svg": {"it": "fig-a.it.svg"}, "tables": {}}},
    }  # fmt: skip
    (record / "evidence.json").write_text(json.dumps(evidence))
    (record / "it.pdf").write_text(f"share {value}")
    for file in ("fig-a.csv", "fig-a.it.svg"):
        (figures / file).write_text("a\n")
    products = {p.relative_to(root).as_posix(): keys.of_file(p) for f in (record, figures) for p in f.iterdir()}  # fmt: skip
    path = record.parent / "manifest.json"
    document = json.loads(path.read_text()) if path.exists() else {"notebooks": {}}
    document["notebooks"][name] = {"run": run, "products": products, "environment": ENVIRONMENT, "formats": ["pdf"]}  # fmt: skip
    path.write_text(json.dumps(document))


class Workshop:
    """Stands in for the copy at work: a run publishes the values it was given."""

    def __init__(self, root, values=None, failures=()):
        self.root, self.values, self.failures = root, values or {}, list(failures)
        self.ran, self.called = [], []

    def papers(self, study, notebooks, report):
        self.ran = list(notebooks)
        for name in notebooks:
            if name in self.values:
                publish(self.root, name, self.values[name], parts(self.root, name))
        return self.failures

    def call(self, function, record, notebook, texts, out, figures, formats):
        self.called.append((function, notebook.rsplit("/", 1)[-1], formats))
        evidence = json.loads((verify.Path(out) / "evidence.json").read_text())
        (verify.Path(out) / "it.pdf").write_text(f"share {evidence['numbers']['share']['value']}")
        return ""


def parts(root, name):
    names = {"plain": ["town/ties.csv", "lock"], "secret": ["private/wave1.csv"], "both": ["plain/evidence.json"]}  # fmt: skip
    return {n: keys.of_file(root / "data" / n) if (root / "data" / n).exists() else "0" for n in names[name]}


@pytest.fixture
def project(tmp_path):
    """A project with three editions (one from private data, one that cites both others), and its copy without papers."""
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    (root / "data" / "town").mkdir(parents=True)
    (root / "data" / "town" / "ties.csv").write_text("a\n")
    (root / "requirements.lock").write_text("numpy==2.4.6\n")
    for name in ("plain", "secret", "both"):
        (root / "notebooks" / f"{name}.ipynb").write_text("{}")
        cites = '[cites]\nnotebooks = ["plain"]\noptional = ["secret"]\n' if name == "both" else ""
        (root / "notebooks" / f"{name}.toml").write_text(f'{cites}[title]\nit = "{name}"\nen = "{name}"\n')
    shutil.copytree(root, tmp_path / "copy")
    for name in ("plain", "secret", "both"):
        publish(root, name, 0.25, parts(root, name))
    return root


EYES = Eyes(lambda a, b, out: None, lambda path: [path.read_text()])


def report(project, workshop, *chosen):
    return verify.verify(
        project, "town", chosen, workshop=workshop, interpreter=HERE, eyes=EYES, again="a.module:render",
        out=project.parent / "out", source=".", report=lambda line: None,
    )  # fmt: skip


def entries(found):
    return {f"{e['notebook']}.{one['key']}": one for e in found["editions"] for one in e["entries"]}


def test_an_edition_made_again_alike_is_the_same(project):
    found = report(project, Workshop(project.parent / "copy", {"plain": 0.25}), "plain")
    assert found["verdict"] == "same" and found["counts"]["same"] == 4
    assert (found["label"], found["title"]["en"], found["edition"]) == ("collected", "Study", "2026-01-15")
    assert found["editions"][0]["executed"] and found["editions"][0]["inputs"] == []
    json.dumps(found, allow_nan=False)


def test_a_changed_input_is_named_by_what_differs(project):
    workshop = Workshop(project.parent / "copy", {"plain": 0.5})
    (workshop.root / "data" / "town" / "ties.csv").write_text("b\n")
    found = report(project, workshop, "plain")
    assert found["verdict"] == "differs"
    one = entries(found)["plain.share"]
    assert one["difference"] == 0.25 and "input changed: data town/ties.csv" in one["why"]["en"]
    assert entries(found)["plain.it.pdf"]["verdict"] == "differs"


def test_an_edited_number_is_told_from_a_changed_input(project):
    path = project / "papers" / "town" / "plain" / "evidence.json"
    path.write_text(path.read_text().replace("0.25", "0.75"))
    found = entries(report(project, Workshop(project.parent / "copy", {"plain": 0.25}), "plain"))
    one = found["plain.share"]
    assert (one["verdict"], one["published"], one["again"]) == ("differs", 0.75, 0.25)
    assert "evidence.json does not match its checksum in the manifest" in one["why"]["en"]
    assert "input changed" not in one["why"]["en"]
    assert found["plain.evidence.json"]["verdict"] == "differs" and found["plain.it.pdf"]["verdict"] == "same"  # fmt: skip


def test_without_the_private_data_papers_are_rendered_and_numbers_are_unchecked(project):
    workshop = Workshop(project.parent / "copy", {"plain": 0.25})
    found = report(project, workshop)
    assert workshop.ran == ["plain"]
    assert workshop.called == [("a.module:render", "both.ipynb", ["pdf"]), ("a.module:render", "secret.ipynb", ["pdf"])]  # fmt: skip
    told = entries(found)
    assert found["verdict"] == "unchecked" and told["plain.share"]["verdict"] == "same"
    for name in ("secret", "both"):
        assert told[f"{name}.share"]["verdict"] == "unchecked" and told[f"{name}.share"]["why"]["it"]
        assert told[f"{name}.it.pdf"]["verdict"] == "same"
    assert "private/wave1.csv" in told["secret.share"]["why"]["en"]
    assert "cites" in told["both.share"]["why"]["en"]
    assert not next(e for e in found["editions"] if e["notebook"] == "secret")["executed"]


def test_private_data_in_their_place_are_used(project, monkeypatch):
    home = project.parent / "home"
    (home / "town").mkdir(parents=True)
    (home / "town" / "wave1.csv").write_text("0")
    monkeypatch.setenv("ALTRO_DATA_HOME", str(home))
    workshop = Workshop(project.parent / "copy", {"plain": 0.25, "secret": 0.25, "both": 0.25})
    found = report(project, workshop, "both")
    assert workshop.ran == ["both", "plain", "secret"] and not workshop.called
    assert [e["notebook"] for e in found["editions"]] == ["both"] and found["verdict"] == "same"


def test_an_edited_number_is_caught_even_where_nothing_can_be_executed(project):
    path = project / "papers" / "town" / "secret" / "evidence.json"
    path.write_text(path.read_text().replace("0.25", "0.75"))
    found = entries(report(project, Workshop(project.parent / "copy"), "secret"))
    assert found["secret.evidence.json"]["verdict"] == "differs"
    assert found["secret.it.pdf"]["verdict"] == "differs" and found["secret.share"]["verdict"] == "unchecked"


@pytest.mark.parametrize("content", ["", "[]", '{"numbers": {"share": 3}}', '{"numbers": []}'])
def test_a_published_record_that_is_none_is_caught(project, content):
    (project / "papers" / "town" / "plain" / "evidence.json").write_text(content)
    found = report(project, Workshop(project.parent / "copy", {"plain": 0.25}), "plain")
    one = entries(found)["plain.evidence.json"]
    assert one["verdict"] == "differs" and "checksum" in one["why"]["en"]
    assert entries(found)["plain.share"]["why"]["en"] == "made again, but not published"


def test_an_edition_whose_notebook_is_gone_is_missing(project):
    (project.parent / "copy" / "notebooks" / "plain.ipynb").unlink()
    workshop = Workshop(project.parent / "copy")
    found = report(project, workshop, "plain")
    assert found["verdict"] == "missing" and workshop.ran == []
    assert {one["verdict"] for one in found["editions"][0]["entries"]} == {"missing"}
    assert "no longer there" in entries(found)["plain.share"]["why"]["en"]


def test_an_edition_that_fails_is_missing_and_says_why(project):
    lines = ["✗ town/plain · cell load · KeyError: 'x'", "✗ town/other · cell a · no"]
    found = report(project, Workshop(project.parent / "copy", failures=lines), "plain")
    assert found["verdict"] == "missing" and not found["editions"][0]["executed"]
    one = entries(found)["plain.share"]
    assert "KeyError: 'x'" in one["why"]["en"] and "other" not in one["why"]["en"]


def test_a_file_of_public_data_that_is_gone_is_no_private_data(project):
    (project.parent / "copy" / "data" / "town" / "ties.csv").unlink()
    found = report(project, Workshop(project.parent / "copy", failures=["✗ no ties"]), "plain")
    assert found["verdict"] == "missing"
    assert found["editions"][0]["inputs"][0] == {"part": "town/ties.csv", "kind": "data", "state": "gone"}


def test_a_lock_that_names_another_numpy_differs(project):
    (project.parent / "copy" / "requirements.lock").write_text("numpy==2.4.5\n")
    found = report(project, Workshop(project.parent / "copy", {"plain": 0.25}), "plain")
    assert found["verdict"] == "differs" and found["editions"][0]["verdict"] == "same"
    assert [row["package"] for row in found["environment"] if row["verdict"] == "differs"] == ["numpy"]


def test_studies_and_notebooks_without_papers_are_clear_faults(project):
    with pytest.raises(RunError) as caught:
        verify.chosen_studies(project, ["town", "nowhere"], ["plain", "nothing"])
    assert [(f.where, f.what) for f in caught.value.faults] == [
        ("papers/nowhere", "has no published papers"),
        ("papers/town", "no published edition of 'nothing'"),
    ]
    publish(project, "plain", 0.25, {}, study="village")
    assert verify.chosen_studies(project, [], []) == ["town", "village"]
    assert verify.chosen_studies(project, [], ["both"]) == ["town"]
    (project / "papers" / "town" / "manifest.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        report(project, Workshop(project.parent / "copy"))
    shutil.rmtree(project / "papers")
    with pytest.raises(RunError, match="has no published papers"):
        verify.chosen_studies(project, [], [])


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [(["same", "within"], 0), (["same", "unchecked"], 3), (["unchecked", "missing"], 1), (["differs"], 1)],
)
def test_the_exit_code_follows_the_verdicts(verdicts, code):
    assert reviewing.exit_code(verdicts) == code


def test_the_summary_names_what_differs_in_both_languages(project, monkeypatch):
    workshop = Workshop(project.parent / "copy", {"plain": 0.5})
    (workshop.root / "data" / "town" / "ties.csv").write_text("b\n")
    found = report(project, workshop)
    told = "\n".join(reviewing.summary(found, []))
    assert "✗ plain: differs — 1 same, 1 within tolerance, 2 different" in told
    assert "plain · number share: 0.25 → 0.5, differs by 0.25 (100%); input changed: data town/ties.csv" in told  # fmt: skip
    assert "secret · number share: the private data are not on this machine (private/wave1.csv)" in told
    assert "Environment: Python 3.11.7, Linux x86_64; 1 package as in the lock" in told
    monkeypatch.setenv("ALTRO_LANG", "it")
    told = "\n".join(reviewing.summary(found, []))
    assert "numero share: 0,25 → 0,5, differisce di 0,25 (100%); cambiato: dati town/ties.csv" in told


def test_a_long_list_is_cut_at_the_terminal(project, monkeypatch):
    monkeypatch.setattr(reviewing, "MOST", 1)
    found = report(project, Workshop(project.parent / "copy", {"plain": 0.5}))
    assert "more: see the report" in "\n".join(reviewing.summary(found, []))
