"""Notebooks that cite others: no kernel is started, and what does not stand is told with the command that mends it."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from analysis import cli
from analysis.batch import cited, editions, execute, keys, pipeline
from analysis.errors import RunError
from analysis.study import studies

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("english")
WHERE = "notebooks/report.toml [cites]"
FRONT = """
title = { it = "Rapporto", en = "Report" }
abstract = { it = "Prova.", en = "Trial." }
keywords = { it = ["prova"], en = ["trial"] }
[cites]
notebooks = ["first"]
optional = ["second"]
"""


def cell(name, source, *tags, kind="markdown"):
    return {"id": name, "cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


def book(path, *cells):
    path.write_text(
        json.dumps({"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
        encoding="utf-8",
    )


def report(root, extra=(), front=FRONT):
    text = "Quota: `{val} first:share`; `{val} second:share`."
    twins = [cell("a-it", text, "lang-it", "cites:second"), cell("a-en", text, "lang-en", "cites:second")]
    twins[1]["metadata"]["altro"] = {"translates": hashlib.sha256(text.encode()).hexdigest()[:12]}
    book(root / "notebooks" / "report.ipynb", *twins, *extra)
    (root / "notebooks" / "report.toml").write_text(front, encoding="utf-8")


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The demonstration study with two notebooks that stand (their records made by hand) and one that cites them."""
    root = tmp_path / "project"
    shutil.copytree(ROOT / "data" / "demo", root / "data" / "demo")
    (root / "notebooks").mkdir()
    shutil.copy(ROOT / "requirements.lock", root)
    monkeypatch.setenv("ALTRO_ROOT", str(root))
    for name, table in (("first", "actors"), ("second", "survey")):
        book(
            root / "notebooks" / f"{name}.ipynb",
            cell("p", 'study = "demo"', "parameters", kind="code"),
            cell("k", "x = 1", kind="code"),
        )
        title = f'title = {{ it = "{name}", en = "{name}" }}\n[needs]\ntables = ["{table}"]\n'
        (root / "notebooks" / f"{name}.toml").write_text(title, encoding="utf-8")
    report(root)
    for name in ("first", "second"):
        stands(name)
    return root


def edition(name):
    made, _ = editions.plan([studies.open_study("demo")], editions.notebooks([name]), {})
    return made[0]


def stands(name, value=0.25, date="2026-01-15"):
    """Write the record of a cited notebook as a run would have left it, and enter it in the manifest."""
    one = edition(name)
    entry = {"unit": "share", "kind": "float", "counts": "things", "suppressed": False, "value": value}
    record = {
        "schema": 1,
        "notebook": name,
        "parameters": {"study": "demo"},
        "context": {"study": "demo", "edition": date, "tables": ["actors", "survey"]},
        "numbers": {"share": entry, "unused": entry},
        "statements": {},
        "tables": {},
        "figures": {},
    }
    one.record.mkdir(parents=True, exist_ok=True)
    path = one.record / "evidence.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    editions.write_manifest(one, one.run_parts, {}, [path], {"python": "3"})


def gather(failed=()):
    from analysis.publish import cited as gathering

    return cited.gather(edition("report"), failed, gathering.gather)


def told(failed=()):
    with pytest.raises(RunError) as caught:
        gather(failed)
    return [str(fault) for fault in caught.value.faults]


def record(root):
    return json.loads((root / "papers" / "demo" / "report" / "evidence.json").read_text(encoding="utf-8"))


def test_the_record_holds_what_is_quoted_and_says_from_where(project):
    assert gather() is True
    made = record(project)
    assert made["numbers"].keys() == {"first:share", "second:share"}
    one = edition("first")
    source = json.loads((one.record / "evidence.json").read_text(encoding="utf-8"))
    assert made["numbers"]["first:share"] == source["numbers"]["share"]
    assert made["cites"]["first"] == {
        "evidence": keys.of_file(one.record / "evidence.json"),
        "edition": "2026-01-15",
        "title": {"it": "first", "en": "first"},
        "folder": "../first",
    }
    assert gather() is False


def test_no_kernel_is_started(project, monkeypatch):
    def refused(*_, **__):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(execute, "run", refused)
    monkeypatch.setattr("papermill.execute_notebook", refused)
    assert gather() is True
    assert not (project / "build" / "runs.jsonl").exists()


def test_a_changed_value_of_a_cited_record_is_gathered_and_renders_again(project):
    gather()
    before = edition("report").render_parts(lambda *_: [])
    stands("first", value=0.5)
    assert edition("report").run_reasons() == ["first/evidence.json changed"]
    assert gather() is True
    assert record(project)["numbers"]["first:share"]["value"] == 0.5
    assert edition("report").entry()["render"] == {}
    assert keys.changed(before, edition("report").render_parts(lambda *_: [])) == ["evidence"]


def test_a_value_that_is_not_quoted_renders_again_too_since_the_record_names_its_source(project):
    gather()
    path = edition("first").record / "evidence.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["numbers"]["unused"]["value"] = 0.75
    path.write_text(json.dumps(document), encoding="utf-8")
    one = edition("first")
    editions.write_manifest(one, one.run_parts, {}, [path], {"python": "3"})
    assert gather() is True
    assert record(project)["cites"]["first"]["evidence"] == keys.of_file(path)


def test_every_edition_that_is_missing_is_named_with_its_command(project):
    shutil.rmtree(project / "papers")
    assert told() == [
        f"{WHERE}: the edition of cited notebook '{name}' for demo is missing. Run: altro papers demo --notebook {name}"
        for name in ("first", "second")
    ]
    assert not (project / "papers" / "demo" / "report").exists()


def test_an_edition_of_another_date_is_refused(project):
    stands("second", date="2025-06-30")
    assert told() == [
        f"{WHERE}: the edition of cited notebook 'second' is of 2025-06-30, the study is of 2026-01-15. "
        "Run: altro papers demo --notebook second"
    ]


def test_an_edition_older_than_its_code_is_refused(project):
    book(
        project / "notebooks" / "first.ipynb",
        cell("p", 'study = "demo"', "parameters", kind="code"),
        cell("k", "x = 2", kind="code"),
    )
    assert told() == [
        f"{WHERE}: the edition of cited notebook 'first' is older than what it is made from (notebooks/first.ipynb: code changed). "
        "Run: altro papers demo --notebook first"
    ]


def test_a_damaged_record_is_refused(project):
    path = edition("first").record / "evidence.json"
    path.write_text(path.read_text(encoding="utf-8").replace("0.25", "0.35"), encoding="utf-8")
    assert told() == [
        f"{WHERE}: the edition of cited notebook 'first' is older than what it is made from "
        "(papers/demo/first/evidence.json damaged). Run: altro papers demo --notebook first"
    ]


def test_a_cited_notebook_that_failed_just_now_is_named(project):
    assert told(failed={"demo/first"}) == [
        f"{WHERE}: cited notebook 'first' failed in this call. Mend it, then: altro papers demo --notebook first"
    ]


def test_in_one_batch_a_notebook_that_fails_stops_its_report_alone(project, monkeypatch, capsys):
    gather()
    path = edition("report").record / "evidence.json"
    before = path.read_bytes()
    book(
        project / "notebooks" / "first.ipynb",
        cell("p", 'study = "demo"', "parameters", kind="code"),
        cell("k", "1 / 0", kind="code"),
    )
    monkeypatch.setattr(pipeline, "_execute", lambda *_: set())  # every run fails
    assert cli.main(["papers", "demo", "--notebook", "first", "--notebook", "report"]) == 1
    told = capsys.readouterr().err
    assert "✗ demo/report · " in told and "cited notebook 'first' failed in this call" in told
    assert path.read_bytes() == before


def test_an_optional_notebook_is_left_out_only_where_the_study_lacks_its_tables(project):
    shutil.rmtree(project / "data" / "demo" / "survey")
    stands("first")
    assert [one.notebook.name for one in edition("report").cited] == ["first"]
    gather()
    made = record(project)
    assert made["cites"].keys() == {"first"}
    assert made["numbers"] == {}  # its only cell asks for the second notebook


@pytest.mark.parametrize(
    ("names", "lacking"), [(["nothing", "actors"], []), (["nothing", "none"], ["one of nothing, none"])]
)
def test_of_tables_that_would_do_one_is_enough(project, names, lacking):
    toml = project / "notebooks" / "first.toml"
    needs = f"tables = []\nany = {json.dumps(names)}"
    toml.write_text(toml.read_text(encoding="utf-8").replace('tables = ["actors"]', needs), encoding="utf-8")
    made, left_out = editions.plan([studies.open_study("demo")], editions.notebooks(["first"]), {})
    assert [parts[2] for parts in left_out] == ([lacking] if lacking else [])
    assert [one.tables for one in made] == ([] if lacking else [("actors",)])


def test_where_a_required_notebook_cannot_run_the_report_is_left_out(project):
    toml = project / "notebooks" / "first.toml"
    toml.write_text(toml.read_text(encoding="utf-8").replace("actors", "nothing"), encoding="utf-8")
    made, left_out = editions.plan([studies.open_study("demo")], editions.notebooks(["report"]), {})
    assert (made, left_out) == ([], [("demo", "report", ["nothing"])])


def test_a_code_cell_is_refused_with_all_else_that_computes(project):
    front = FRONT.replace("optional", "maybe") + "[parameters]\n[words]\n"
    report(project, [cell("sum", "1 + 1", kind="code")], front.replace('["first"]', '["first", "third"]'))
    assert [str(fault) for fault in editions.notebooks(["report"])[0].faults()] == [
        f"{WHERE}: unknown entry 'maybe'; allowed: notebooks, optional",
        "notebooks/report.toml: [parameters] in a notebook that computes nothing",
        "notebooks/report.toml: [words] in a notebook that computes nothing",
        "notebooks/report.ipynb, cell sum: code cell in a notebook that cites and computes nothing. "
        "Move the computation to a notebook to cite.",
        f"{WHERE}: 'third' is no notebook to cite; allowed: first, second",
    ]


def test_the_command_says_why_and_makes_nothing(project, capsys):
    shutil.rmtree(project / "papers" / "demo" / "second")
    assert cli.main(["papers", "demo", "--notebook", "report", "--formats", "html"]) == 1
    out = capsys.readouterr()
    assert "demo/report: not made" in out.out
    assert "✗ demo/report · notebooks/report.toml [cites]: the edition of cited notebook 'second'" in out.err
    assert not (project / "papers" / "demo" / "report").exists()


def test_the_list_tells_whether_it_can_be_gathered(project, capsys):
    assert cli.main(["list"]) == 0
    assert "✓ report: to gather: never run" in capsys.readouterr().out
    gather()
    cli.main(["list"])
    assert "✓ report: up to date" in capsys.readouterr().out


def test_one_call_gathers_and_publishes_both_languages_without_a_run(project, capsys):
    assert cli.main(["papers", "demo", "--notebook", "report", "--formats", "html"]) == 0, capsys.readouterr()
    folder = project / "papers" / "demo" / "report"
    assert "25,0%</a>" in (folder / "it.html").read_text(encoding="utf-8")
    assert "25.0%</a>" in (folder / "en.html").read_text(encoding="utf-8")
    assert not (project / "build" / "runs.jsonl").exists()
    capsys.readouterr()
    stands("first", value=0.5)
    assert cli.main(["papers", "demo", "--notebook", "report", "--formats", "html"]) == 0
    assert "gathered from first, second" in capsys.readouterr().out
    assert "50,0%</a>" in (folder / "it.html").read_text(encoding="utf-8")
    assert "50.0%</a>" in (folder / "en.html").read_text(encoding="utf-8")
