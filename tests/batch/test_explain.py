"""The plan in words: what would be done, why, and how long it may take."""

from types import SimpleNamespace

import pytest

from analysis.batch import explain


def edition(study="demo", notebook="toy", slug="", **more):
    name = "/".join(part for part in (study, notebook, slug) if part)
    return SimpleNamespace(study=study, notebook=SimpleNamespace(name=notebook, cites=()), name=name, **more)


@pytest.mark.parametrize(
    ("part", "state", "told"),
    [
        ("analysis/survey/estimates.py", "changed", "analysis/survey/estimates.py changed"),
        ("demo/ties.csv", "changed", "demo/ties.csv changed"),
        ("demo/ties.csv", "new", "demo/ties.csv is new"),
        ("demo/ties.csv", "gone", "demo/ties.csv is gone or no longer used"),
        ("private/ess10/wave.csv", "changed", "$ALTRO_DATA_HOME/ess10/wave.csv changed"),
        ("lock", "changed", "requirements.lock changed"),
        ("study.toml", "changed", "demo/study.toml changed"),
        ("code cells", "changed", "notebooks/toy.ipynb: code changed"),
    ],
)
def test_a_part_is_told_as_what_a_person_looks_for(english, part, state, told):
    old = {} if state == "new" else {part: "1"}
    new = {} if state == "gone" else {part: "2"}
    assert explain.changes(edition(), old, new) == [told]


def test_data_come_before_code_and_the_lock_last(english):
    parts = ["lock", "analysis/a.py", "words", "demo/ties.csv", "code cells"]
    told = explain.changes(edition(), dict.fromkeys(parts, "1"), dict.fromkeys(parts, "2"))
    assert [text.split()[0] for text in told] == [
        "demo/ties.csv", "notebooks/toy.ipynb:", "notebooks/toy.toml:", "analysis/a.py", "requirements.lock",
    ]  # fmt: skip


def test_a_step_tells_three_reasons_or_all(english):
    step = explain.Step(edition(), explain.RUN, tuple("abcde"))
    assert step.line(False) == "demo/toy: to run (a, b, c, and 2 more)"
    assert step.line(True).splitlines() == ["demo/toy: to run", *(f"  {letter}" for letter in "abcde")]
    assert explain.Step(edition(), explain.CURRENT).line(False) == "demo/toy: up to date"


def test_counts_name_every_kind_of_work(english):
    kinds = [explain.RUN, explain.RUN, explain.GATHER, explain.RENDER, explain.CURRENT, explain.BLOCKED]
    told = explain.counts([explain.Step(edition(), kind) for kind in kinds])
    assert told == "2 to run, 1 to gather, 1 to render only, 1 up to date; 1 cannot be made"


KNOWN = {"demo/toy": 10.0, "demo/toy/wave=2": 20.0, "milano/toy": 40.0, "demo/other": 100.0}


@pytest.mark.parametrize(
    ("study", "notebook", "slug", "seconds"),
    [
        ("demo", "toy", "", 10.0),
        ("demo", "toy", "wave=3", 15.0),
        ("town", "toy", "", 20.0),
        ("town", "other", "", 100.0),
        ("demo", "unknown", "", None),
    ],
)
def test_a_run_takes_as_long_as_the_last_one_of_its_kind(study, notebook, slug, seconds):
    assert explain.seconds(edition(study, notebook, slug), KNOWN) == seconds


def test_runs_side_by_side_share_the_time(english):
    runs = [edition(), edition(slug="wave=2"), edition("milano"), edition(notebook="unknown")]
    assert explain.expected(runs, KNOWN, 1) == (70.0, 1)
    assert explain.expected(runs, KNOWN, 2) == (40.0, 1)
    assert explain.time_line(runs, KNOWN, 2) == "expected time of the runs: about 40 s, plus 1 never timed"
    assert explain.time_line(runs[-1:], KNOWN, 2).startswith("expected time: unknown")
    assert explain.time_line([], KNOWN, 2) == ""


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (89, "89 s"), (90, "2 min"), (3540, "59 min"), (3599, "1 h 0 min"), (7300, "2 h 2 min")],
)
def test_durations_in_words(seconds, told):
    assert explain.duration(seconds) == told
