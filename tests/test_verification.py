"""`altro verify` as a reviewer types it, on whole checkouts: it catches each kind of tampering and of change, and passes elsewhere."""

import json
import os
import shutil
import subprocess
import sys
import zipfile

import pytest

from tests.test_reproducible import checkout

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("verification")]

PUBLISHED = "pdf,ipynb,catalogue"  # the formats kept in git
CODESIGN = ("--notebook", "codesign_outcomes")


def altro(root, *arguments, **environment):
    left = ("PYTHONPATH", "ALTRO_DATA_HOME", "ALTRO_WARM_KERNELS")
    env = {name: value for name, value in os.environ.items() if name not in left}
    env |= {"ALTRO_ROOT": str(root), "ALTRO_LANG": "en", **environment}
    return subprocess.run(
        [sys.executable, "-m", "analysis", *map(str, arguments)],
        cwd=root, env=env, capture_output=True, encoding="utf-8",
    )  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A checkout that has published milano."""
    root = checkout(tmp_path_factory.mktemp("base") / "checkout", "pyproject.toml")
    done = altro(root, "papers", "milano", "--formats", PUBLISHED)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def copy(base, tmp_path):
    """A copy of that checkout, to be changed."""
    root = tmp_path / "checkout"
    shutil.copytree(base, root, ignore=shutil.ignore_patterns("build", "__pycache__"))
    return root


def verified(root, code, study, *arguments, **environment):
    """The report, by `<notebook>.<key>`, after the command ended with `code`; nothing but its reports was written."""
    before = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}  # fmt: skip
    done = altro(root, "verify", study, *arguments, **environment)
    assert done.returncode == code, done.stdout + done.stderr
    folder = root / "build" / "verification" / study
    after = {p: p.stat().st_mtime_ns for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}  # fmt: skip
    assert before == {p: when for p, when in after.items() if not p.is_relative_to(root / "build")}
    assert {p.relative_to(root / "build").parts[0] for p in after if p.is_relative_to(root / "build")} == {"verification"}  # fmt: skip
    for name in ("verification.html", "verification.json", "it.certificate.pdf", "en.certificate.pdf"):
        assert (folder / name).stat().st_size > 1000
    report = json.loads((folder / "verification.json").read_text(encoding="utf-8"))
    entries = {f"{e['notebook']}.{one['key']}": one for e in report["editions"] for one in e["entries"]}
    return report, entries, done.stdout


def replaced(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path.name} no longer holds {old!r}: the test must change something else"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def differing(entries):
    return {name for name, one in entries.items() if one["verdict"] == "differs"}


def test_another_path_time_zone_and_locale_pass(base, tmp_path):
    root, temporary = tmp_path / "un'altra città" / "con spazi è così", tmp_path / "provvisorio è"
    shutil.copytree(base, root, ignore=shutil.ignore_patterns("build"))
    temporary.mkdir()
    elsewhere = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "LANG": "it_IT.UTF-8", "TMPDIR": str(temporary)}
    report, entries, told = verified(root, 0, "milano", PYTHONHASHSEED="7", **elsewhere)
    assert report["verdict"] in ("same", "within") and len(entries) > 60
    assert {e["notebook"] for e in report["editions"]} == {
        "codesign_outcomes",
        "impact",
        "method",
        "resources",
        "scalability",
        "synthesis",
    }
    assert all(e["executed"] and e["inputs"] == [] for e in report["editions"])
    assert set(report["counts"]) >= {"same"} and not report["counts"]["differs"]
    assert "✓ synthesis" in told and list(temporary.iterdir()) == []


def test_a_changed_data_cell_is_caught(copy):
    replaced(copy / "data" / "milano" / "call_funnel.csv", "1-3,ideas,142,", "1-3,ideas,150,")
    report, entries, told = verified(copy, 1, "milano", *CODESIGN)
    changed = [{"part": "milano/call_funnel.csv", "kind": "data", "state": "changed"}]
    assert report["editions"][0]["inputs"] == changed
    one = entries["codesign_outcomes.call_ideas"]
    assert (one["verdict"], one["published"], one["again"], one["difference"]) == ("differs", 142, 150, 8)
    named = "input changed: data milano/call_funnel.csv"
    assert all(named in entries[name]["why"]["en"] for name in differing(entries))
    assert f"number call_ideas: 142 → 150, differs by 8 (5.63%); {named}" in told
    assert entries["codesign_outcomes.organisations"]["verdict"] == "same"


def test_a_changed_function_is_caught(copy):
    head = "def _share(cases: np.ndarray, n: np.ndarray) -> np.ndarray:\n"
    replaced(copy / "analysis" / "codesign" / "funnel.py", head, f"{head}    n = 2 * n\n")
    report, entries, _ = verified(copy, 1, "milano", *CODESIGN)
    assert report["editions"][0]["inputs"] == [
        {"part": "analysis/codesign/funnel.py", "kind": "code", "state": "changed"}
    ]
    one = entries["codesign_outcomes.call_overall"]
    assert one["verdict"] == "differs" and one["relative"] == pytest.approx(0.5)
    assert "codesign_outcomes.it.pdf" in differing(entries)


def test_a_changed_seed_is_caught_though_the_draws_stay_inside_their_intervals(copy):
    chosen = ("--notebook", "scalability")
    done = altro(copy, "papers", "demo", *chosen, "--formats", PUBLISHED)
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(copy / "build")
    replaced(copy / "notebooks" / "scalability.ipynb", '"seed = 2026"', '"seed = 2027"')
    replaced(copy / "notebooks" / "scalability.toml", "default = 2026", "default = 2027")
    report, entries, _ = verified(copy, 1, "demo", *chosen)
    kinds = {one["kind"] for one in report["editions"][0]["inputs"]}
    assert kinds == {"code", "parameters", "words"}
    assert entries["scalability.evidence.json"]["where"] == "parameters.seed"
    for name in ("cost", "retained", "per_person"):
        one = entries[f"scalability.{name}"]
        assert one["verdict"] == "differs" and "seed: 2026 → 2027" in one["why"]["en"]
        assert one["where"] == "seed" and 0 < abs(one["relative"]) < 0.1


def test_an_edited_number_in_the_published_evidence_is_caught(copy):
    path = copy / "papers" / "milano" / "codesign_outcomes" / "evidence.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["numbers"]["call_ideas"]["value"] += 10
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    report, entries, told = verified(copy, 1, "milano", *CODESIGN)
    assert differing(entries) == {"codesign_outcomes.call_ideas", "codesign_outcomes.evidence.json"}
    one = entries["codesign_outcomes.call_ideas"]
    assert one["difference"] == -10 and one["published"] == one["again"] + 10
    assert "evidence.json does not match its checksum in the manifest" in one["why"]["en"]
    assert report["editions"][0]["inputs"] == [] and "number call_ideas: 152 → 142" in told


def test_a_swapped_figure_is_caught_and_shown(copy):
    figures = copy / "figures" / "milano" / "codesign_outcomes"
    shutil.copyfile(figures / "fig-call.it.svg", figures / "fig-network.it.svg")
    entries = verified(copy, 1, "milano", *CODESIGN)[1]
    assert differing(entries) == {"codesign_outcomes.fig-network"}
    one = entries["codesign_outcomes.fig-network"]
    assert "fig-network.it.svg does not match its checksum" in one["why"]["en"]
    (picture,) = one["pictures"]
    assert picture["lang"] == "it" and picture["share"] > 0.001
    for side in ("published", "again", "difference"):
        shown = copy / "build" / "verification" / "milano" / picture[side]
        assert shown.read_bytes().startswith(b"\x89PNG")


def test_a_lock_that_names_another_numpy_is_caught_in_a_downloaded_archive(copy, tmp_path):
    import numpy

    replaced(copy / "requirements.lock", f"numpy=={numpy.__version__} ", "numpy==2.0.0 ")
    archive = tmp_path / "altro-1.0 scaricato.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in copy.rglob("*"):
            if path.is_file():
                packed.write(path, f"altro-1.0/{path.relative_to(copy).as_posix()}")
    reviewer = checkout(tmp_path / "reviewer")
    report, entries, told = verified(reviewer, 1, "milano", *CODESIGN, "--from", archive)
    assert differing(entries) == set() and report["verdict"] == "differs"
    bad = [row for row in report["environment"] if row["verdict"] == "differs"]
    assert [row["package"] for row in bad] == ["numpy"] and bad[0]["lock"] == "2.0.0"
    assert {"part": "lock", "kind": "lock", "state": "changed"} in report["editions"][0]["inputs"]
    assert f"numpy: the lock names 2.0.0, {numpy.__version__} is installed" in told


def test_without_the_private_data_papers_are_rendered_from_the_published_record(copy, tmp_path):
    home = tmp_path / "private"
    (home / "milano").mkdir(parents=True)
    shutil.move(copy / "data" / "milano" / "call_funnel.csv", home / "milano" / "call_funnel.csv")
    done = altro(copy, "papers", "milano", *CODESIGN, "--formats", PUBLISHED, ALTRO_DATA_HOME=str(home))
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(copy / "build")
    report, entries, _ = verified(copy, 3, "milano", *CODESIGN)
    (edition,) = report["editions"]
    assert edition["verdict"] == "unchecked" and not edition["executed"]
    assert "call_funnel.csv" in edition["why"]["en"] and str(home) not in json.dumps(report)
    assert {one["verdict"] for one in entries.values() if one["kind"] not in ("text", "file")} == {"unchecked"}  # fmt: skip
    papers = [one for one in entries.values() if one["kind"] in ("text", "file")]
    assert len(papers) >= 3 and {one["verdict"] for one in papers} <= {"same", "within"}


def test_what_cannot_be_verified_is_a_wrong_call(base):
    for call, message in (
        (["nowhere"], "has no published papers"),
        (["milano", "--notebook", "nothing"], "no published edition of 'nothing'"),
        (["--from", "no.zip"], "neither a folder nor a ZIP archive"),
    ):
        done = altro(base, "verify", *call)
        assert done.returncode == 2 and message in done.stderr and "Traceback" not in done.stderr
