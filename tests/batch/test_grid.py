"""Grids: typed and counted before anything starts, every fault at once, each edition once."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from analysis import cli
from analysis.batch import editions, grid
from analysis.batch import parameters as typed
from analysis.errors import ParameterError

LABEL = '{ it = "etichetta", en = "label" }'
FIRST = f"""
[needs]
tables = ["actors"]
[parameters.wave]
type = "integer"
min = 1
max = 3
default = 1
label = {LABEL}
[parameters.share]
type = "number"
default = 0.5
label = {LABEL}
"""
SECOND = f"""
[needs]
tables = ["actors"]
[parameters.wave]
type = "integer"
min = 1
max = 2
default = 1
label = {LABEL}
[parameters.place]
type = "text"
default = ""
label = {LABEL}
"""
THIRD = '[cites]\nnotebooks = ["first"]\n'


@pytest.fixture
def project(tmp_path, monkeypatch, english):
    monkeypatch.setenv("ALTRO_ROOT", str(tmp_path))
    shelf = tmp_path / "notebooks"
    shelf.mkdir()
    for name, front in (("first", FIRST), ("second", SECOND), ("third", THIRD)):
        (shelf / f"{name}.toml").write_text(front, encoding="utf-8")
        (shelf / f"{name}.ipynb").write_text(json.dumps({"cells": []}), encoding="utf-8")
    assert cli.main(["new", str(tmp_path / "data" / "town")]) == 0
    (tmp_path / "requirements.lock").write_text("")
    return tmp_path


def expand(axes, *names, **fixed):
    return grid.expand(editions.notebooks(names), grid.Choice(axes=axes, fixed=fixed))


def faults(call, *arguments, **options):
    with pytest.raises(ParameterError) as caught:
        call(*arguments, **options)
    return [str(fault) for fault in caught.value.faults]


def test_axes_are_crossed_in_the_order_given(project):
    found = expand(grid.from_options(["wave=1,3", "share=0.5,1"]), "first")
    assert found.sets["first"] == [
        {"wave": 1, "share": 0.5},
        {"wave": 1, "share": 1.0},
        {"wave": 3, "share": 0.5},
        {"wave": 3, "share": 1.0},
    ]
    assert found.lengths == {"first": [2, 2]}


def test_each_notebook_takes_the_axes_that_it_knows(project):
    found = expand({"wave": ["1", "2"], "place": ["Milano", "Lodi"]})
    assert [len(found.sets[name]) for name in ("first", "second")] == [2, 4]
    assert found.left_out == ("third",)


def test_without_axes_every_notebook_runs_once(project):
    assert {name: len(sets) for name, sets in expand({}).sets.items()} == {
        "first": 1,
        "second": 1,
        "third": 1,
    }


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("place=Milano,Lodi", ["Milano", "Lodi"]),
        ('place="Monza, Brianza",Lodi', ["Monza, Brianza", "Lodi"]),
        ("place= Milano , Lodi ", ["Milano", "Lodi"]),
        ("place=,Lodi", ["", "Lodi"]),
        ("place=", [""]),
        ("place=a=b", ["a=b"]),
    ],
)
def test_values_as_typed(option, values):
    assert grid.from_options([option]) == {"place": values}


def test_options_that_cannot_be_read_are_told_together(english):
    told = faults(grid.from_options, ["wave", "=1", "wave=1", "wave=2", 'place="a'])
    assert len(told) == 4
    assert "'wave' cannot be read" in told[0] and "'wave' is given twice" in told[2] and "quotes" in told[3]


def test_every_fault_of_a_grid_comes_at_once(project):
    axes = {"wvae": ["1"], "wave": ["1", "01", "3", "x"], "share": ["1", "1.0"], "place": []}
    told = faults(expand, axes, "first", "second", wave="2")
    text = "\n".join(told)
    assert "no chosen notebook has a parameter 'wvae'" in text and "Perhaps 'wave'?" in text
    assert "'wave' is both varied and fixed" in text
    assert "first: wave = '01' is given twice" in text and "second: wave = '01' is given twice" in text
    assert "second: wave = '3' is not allowed" in text and "first: wave = '3'" not in text
    assert "first: wave = 'x' is not allowed" in text and "second: wave = 'x' is not allowed" in text
    assert "first: share = '1.0' is given twice" in text
    assert "'place' has no values" in text


def test_a_grid_too_large_is_refused_before_it_is_made(project):
    axes = {"share": [str(i) for i in range(5000)], "wave": ["1", "2", "3"]}
    assert "5000 × 3 > 10000" in faults(expand, axes, "first")[0]


def batch(path, text):
    file = Path(path) / "batch.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_batch_file_holds_studies_notebooks_axes_and_fixed_values(tmp_path):
    file = batch(
        tmp_path,
        """
[[batch]]
studies = ["demo"]
notebooks = ["first"]
[batch.grid]
wave = [1, 2]
share = 0.25
[batch.set]
place = "Lodi"
[[batch]]
""",
    )
    one, other = grid.read(file)
    assert (one.studies, one.notebooks, one.fixed) == (("demo",), ("first",), {"place": "Lodi"})
    assert one.axes == {"wave": [1, 2], "share": [0.25]}
    assert (other.studies, other.notebooks, other.axes, other.fixed) == ((), (), {}, {})


def test_every_fault_of_a_batch_file_comes_at_once(tmp_path, english):
    file = batch(
        tmp_path,
        """
bathc = 1
[[batch]]
study = ["demo"]
notebooks = "first"
grid = 3
[[batch]]
[batch.set]
wave = [1, 2]
""",
    )
    text = "\n".join(faults(grid.read, file))
    for piece in ("unknown 'bathc'", "unknown 'study'", "'studies'?", "'notebooks' is no list", "'grid' is no table", "Several values"):  # fmt: skip
        assert piece in text


@pytest.mark.parametrize(
    ("text", "message"),
    [("x = = 1", "not valid TOML"), ("", "[[batch]] is missing"), ("batch = 1", "missing")],
)
def test_a_batch_file_that_is_none_is_refused(tmp_path, english, text, message):
    assert message in faults(grid.read, batch(tmp_path, text))[0]
    assert "No such file" in faults(grid.read, tmp_path / "nowhere.toml")[0]


def dry(capsys, *arguments):
    capsys.readouterr()
    code = cli.main(["papers", "--dry-run", *arguments])
    return code, *capsys.readouterr()


def tree(root):
    return {path: path.stat().st_mtime_ns for path in root.rglob("*")}


def with_actors(project):
    (project / "data" / "town" / "actors.csv").write_text(
        "actor,name,type\na1,Uno,company\n", encoding="utf-8"
    )


def test_the_plan_of_a_grid_is_counted_first_and_writes_nothing(project, capsys):
    with_actors(project)
    before = tree(project)
    code, out, err = dry(capsys, "town", "--draft", "--grid", "wave=1,2", "--grid", "share=0.5,1,2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "8 editions: first 2 × 3; second 2"
    assert lines[1] == "left out of the grid, as they have none of its parameters: third"
    assert "town/first/share=1.0,wave=2: to run (never run)" in lines
    assert sum(": to run" in line for line in lines) == 8
    assert tree(project) == before


def test_the_same_edition_asked_for_twice_is_planned_once(project, capsys):
    with_actors(project)
    file = batch(
        project,
        """
[[batch]]
studies = ["town"]
notebooks = ["first"]
[batch.grid]
wave = [1, 2]
[[batch]]
notebooks = ["first", "second"]
[batch.grid]
wave = [2]
""",
    )
    _, out, _ = dry(capsys, "--draft", "--batch", str(file))
    assert "asked for more than once, run once: 1" in out
    assert out.count("town/first/wave=2: to run") == 1 and "3 to run" in out


def test_what_does_not_go_with_a_batch_file_is_refused(project, capsys):
    file = batch(project, "[[batch]]\n")
    code, out, err = dry(capsys, "town", "--batch", str(file), "--grid", "wave=1", "--set", "share=1")
    assert code == 2 and out == "" and err.count("does not go with --batch") == 3


def test_faults_of_every_choice_are_told_before_anything_is_planned(project, capsys):
    file = batch(project, '[[batch]]\n[batch.grid]\nwave = [9]\n[[batch]]\n[batch.grid]\nnothing = ["x"]\n')
    code, out, err = dry(capsys, "--batch", str(file))
    assert code == 2 and out == "" and "wave = 9 is not allowed" in err and "'nothing'" in err


def test_default_values_in_a_grid_are_the_kept_edition(project, capsys, monkeypatch):
    with_actors(project)
    monkeypatch.setattr("analysis.study.studies.Study.pending", [])
    _, out, _ = dry(capsys, "town", "--notebook", "first", "--grid", "wave=1,2")
    assert "town/first: default values, it is the edition in papers/" in out
    assert "town/first: to run" in out and "town/first/wave=2: to run" in out


# Names of parameter sets

TEXTS = [
    "", "milano", "Milano", "MILANO", "a/b", "a\\b", "a-b", "..", ".", "a.", "a..b", "con", "nul", " a", "a ", "a b", "a,b=c", "a~b",
    "Cefalù", "Cefalu", "cefalu", "日本", "x" * 300, "x" * 301, "a:b", "a*b", "a?b", 'a"b', "a|b", "a\nb", "a\0b", "%", "é" * 200,
]  # fmt: skip


def place(value, **more):
    schema = typed.schema(
        {"parameters": {name: {"type": "text", "default": "x", "label": {"it": "a", "en": "a"}} for name in ("place", "other")}},
        "toy",
    )  # fmt: skip
    return typed.slug(typed.validate(schema, {"place": value, **more}, "toy"), schema)


def test_names_of_parameter_sets_are_told_apart_on_every_system(tmp_path):
    names = [place(text) for text in TEXTS]
    assert len({name.casefold() for name in names}) == len(TEXTS)
    for name in names:
        assert len(name.encode()) <= 130 and name.isascii() and name == name.rstrip(". ")
        assert not set(name) & set('/\\:*?"<>|\0\n ')
        (tmp_path / name).mkdir()


def test_simple_names_stay_as_they_are():
    assert [place(text) for text in ("milano", "a-b", "0.25", "1e-05", "", "v1.2")] == [
        "place=milano", "place=a-b", "place=0.25", "place=1e-05", "place=", "place=v1.2",
    ]  # fmt: skip


def test_two_ways_of_writing_an_accent_are_one_value():
    assert place("Cefalu\u0300") == place("Cefal\u00f9")


def test_a_value_cannot_feign_another_parameter():
    assert place("a,other=b") != place("a", other="b")
    assert place("x" * 200, other="y" * 200) != place("x" * 200, other="y" * 201)


def test_zero_has_one_name():
    schema = {"n": typed.Parameter("n", "number", 1.0)}
    assert typed.slug({"n": schema["n"].read("-0")}, schema) == typed.slug(
        {"n": schema["n"].read("0")}, schema
    )


def test_each_edition_once_and_in_order():
    one, two = (SimpleNamespace(folder="d", name=name) for name in ("a", "b"))
    assert grid.once([two, one, two, two]) == ([two, one], 2)
