"""Which code a notebook runs, and what of it is no code."""

import pytest

from analysis.batch import closure


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An empty package `analysis` in which a test writes modules by dotted name."""
    root = tmp_path / "analysis"
    root.mkdir()
    (root / "__init__.py").touch()
    monkeypatch.setattr(closure, "PACKAGE", root)

    def write(**modules):
        for name, text in modules.items():
            path = root.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(exist_ok=True)
            (path.parent / "__init__.py").touch()
            path.write_text(text, encoding="utf-8")

    return write


def modules(*cells):
    return {name.removeprefix("analysis/") for name in closure.of_cells(cells)} - {"__init__.py"}


def test_comments_and_blank_lines_are_no_code():
    plain = "x = 1\ny = '# no comment'\n"
    assert closure.without_comments(
        "# why\nx = 1  # one\n\n\ny = '# no comment'\n"
    ) == closure.without_comments(plain)
    assert closure.without_comments("x = 2\n") != closure.without_comments("x = 1\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = '''a\n\nb'''", "x = '''a\nb'''"),
        ("x = '''a  \nb'''", "x = '''a\nb'''"),
        ("x = f'''a\n\n{y}'''", "x = f'''a\n{y}'''"),
        ("x = '''a\n# b'''", "x = '''a\n# c'''"),
    ],
)
def test_what_stands_in_a_string_is_code(one, other):
    assert closure.without_comments(one) != closure.without_comments(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("!echo a#b\nx = 1", "!echo a#c\nx = 1"),
        ("%run other#1\n", "%run other#2\n"),
        ("files = !ls a#b\n", "files = !ls a#c\n"),
        ("%%bash\necho $#\n", "%%bash\necho $#1\n"),
        ("%magic a\nx = 1\n%magic b", "%magic b\nx = 1\n%magic a"),
        ("x = 1\n%magic a", "%magic a\nx = 1"),
    ],
)
def test_lines_of_ipython_are_kept_as_they_are(one, other):
    assert closure.cell_without_comments(one) != closure.cell_without_comments(other)


def test_a_comment_beside_a_magic_is_a_comment():
    assert closure.cell_without_comments("%matplotlib inline\nx = 1  # one") == closure.cell_without_comments(
        "%matplotlib inline\n\nx = 1"
    )


def test_the_closure_brings_the_definitions_of_the_rooms_it_touches():
    found = closure.of_cells(["from analysis.survey import estimates"])
    assert "analysis/survey/estimates.py" in found
    assert any(name.startswith("analysis/survey/instruments/") for name in found)
    assert not any(
        name.startswith(("analysis/codesign", "analysis/publish", "analysis/batch")) for name in found
    )


def test_another_room_is_in_the_closure_of_those_that_import_it_only():
    survey = closure.of_cells(["%matplotlib inline\nfrom analysis.survey import estimates"])
    codesign = closure.of_cells(["import analysis.codesign.network"])
    assert "analysis/codesign/network.py" in codesign and "analysis/codesign/network.py" not in survey


@pytest.mark.parametrize(
    "cell",
    [
        "import analysis.a.one",
        "from analysis.a import one",
        "from analysis.a import (\n    two,\n    one,\n)",
        "from analysis.a.one import f",
        "def late():\n    from analysis.a import one",
        "if True:\n    %matplotlib inline\nfrom analysis.a import one",
        "%%time\nfrom analysis.a import one",
        "%%capture out\nimport analysis.a.one",
        "one?\nfrom analysis.a import one",
        "x = !ls\nimport analysis.a.one as o",
        "%timeit __import__('analysis.a.one')",
        "%run -m analysis.a.one",
        "import importlib\nimportlib.import_module('analysis.a.one')",
        "__import__('analysis.a.one')",
        "await soon()\nfrom analysis.a import one",
        "from analysis.a import one, two\nthis is no Python",
    ],
)
def test_every_way_of_importing_is_seen(package, cell):
    package(a__one="", a__two="", b__three="")
    assert {"a/__init__.py", "a/one.py"} <= modules(cell)
    assert "b/three.py" not in modules(cell)


def test_modules_import_in_every_way_too(package):
    package(
        a__one="from . import two\nfrom ..b.three import f\n",
        a__two="def late():\n    import importlib\n    return importlib.import_module('.four', 'analysis.a')\n",
        a__four="",
        b__three="import analysis.c.five\n",
        c__five="",
        c__six="",
    )
    found = modules("from analysis.a import one")
    assert {"a/one.py", "a/two.py", "a/four.py", "b/three.py", "b/__init__.py", "c/five.py"} <= found
    assert "c/six.py" not in found


def test_a_package_that_runs_code_of_its_own_counts(package):
    package(a__one="")
    before = closure.of_cells(["import analysis.a.one"])
    (closure.PACKAGE / "a" / "__init__.py").write_text("import os\n", encoding="utf-8")
    after = closure.of_cells(["import analysis.a.one"])
    assert {name for name in after if after[name] != before.get(name)} == {"analysis/a/__init__.py"}


def test_an_edit_is_seen_at_once_in_the_same_process(package):
    package(a__one="x = 1\n")
    seen = [closure.of_cells(["import analysis.a.one"])]
    for text in ("x = 2\n", "x = 3\n", "import analysis.a.two\n"):
        package(a__one=text)
        seen.append(closure.of_cells(["import analysis.a.one"]))
    package(a__two="")
    seen.append(closure.of_cells(["import analysis.a.one"]))
    assert all(one != other for i, one in enumerate(seen) for other in seen[:i])


def test_a_definition_file_that_comes_or_goes_is_seen(package):
    package(a__one="")
    words = closure.PACKAGE / "a" / "deep" / "words.toml"
    assert "a/deep/words.toml" not in modules("import analysis.a.one")
    words.parent.mkdir()
    words.write_text("x = 1\n", encoding="utf-8")
    assert "a/deep/words.toml" in modules("import analysis.a.one")
    words.unlink()
    assert "a/deep/words.toml" not in modules("import analysis.a.one")
