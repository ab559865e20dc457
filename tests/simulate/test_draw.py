import hashlib
import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import ParameterError
from analysis.scaling import scenario
from analysis.simulate import draw, truth
from analysis.study import studies

ROOT = Path(__file__).parents[2]
LARGEST_DEMO = 1_000_000  # bytes that the committed demo may take


def _bytes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def test_the_committed_demo_is_the_default_draw(tmp_path):
    draw.draw_study(tmp_path / "demo")
    shipped = _bytes(ROOT / "data" / "demo")
    redrawn = _bytes(tmp_path / "demo")
    assert {name: shipped.get(name) for name in redrawn} == redrawn
    assert "scenarios.toml" in redrawn
    assert {name.split("/")[0] for name in shipped.keys() - redrawn.keys()} <= {"texts"}
    size = sum(path.stat().st_size for path in (tmp_path / "demo").rglob("*") if path.is_file())
    assert size < LARGEST_DEMO


def test_another_time_zone_and_locale_give_the_same_bytes(tmp_path):
    draw.draw_study(tmp_path / "here" / "s", seed=9)
    code = "import sys; from analysis.simulate import draw; draw.draw_study(sys.argv[1], seed=9)"
    away = {"TZ": "Pacific/Auckland", "LC_ALL": "it_IT.UTF-8", "LANG": "it_IT.UTF-8", "PYTHONHASHSEED": "7"}
    there = tmp_path / "there" / "s"
    subprocess.run([sys.executable, "-c", code, str(there)], cwd=ROOT, env=os.environ | away, check=True)
    assert _bytes(there) == _bytes(tmp_path / "here" / "s")


@pytest.mark.parametrize(
    ("seed", "scale", "overrides"),
    [
        (1, 1.0, None),
        (2, 0.2, truth.opposite()),
        (3, 3.0, {"actors": {"profit": 40, "nonprofit": 25, "citizen": 30}}),
    ],
)
def test_a_drawn_study_keeps_every_contract(tmp_path, seed, scale, overrides):
    folder = tmp_path / "somewhere"
    draw.draw_study(folder, seed=seed, scale=scale, truth=overrides)
    study = studies.open_study(folder)
    assert study.check() == []
    assert study.settings.provenance == "simulated"
    assert scenario.read(study.scenarios)


def test_every_line_of_the_scenario_says_that_it_is_assumed():
    def bases(node):
        for key, value in node.items():
            if key == "basis" or key.endswith("_basis"):
                yield value
            elif isinstance(value, dict):
                yield from bases(value)

    found = list(bases(tomllib.loads(draw.scenarios())))
    assert len(found) > 10
    for basis in found:
        assert basis["it"].startswith("assunzione della dimostrazione")
        assert basis["en"].startswith("assumption of the demonstration")


def test_every_table_of_the_contract_is_filled_but_those_of_the_real_call():
    from analysis.study.contracts import contracts

    study = studies.open_study(ROOT / "data" / "demo")
    assert study.check() == []
    absent = set(contracts().tables) - set(study.tables)
    assert absent == {"call_funnel", "claims"}


def test_the_demo_says_that_it_is_simulated():
    settings = tomllib.loads((ROOT / "data" / "demo" / "study.toml").read_text(encoding="utf-8"))
    assert settings["title"]["it"].startswith("Studio dimostrativo, dati simulati")
    assert settings["title"]["en"].startswith("Demonstration study, simulated data")
    assert settings["authors"] == [
        {
            "name": "the altro software project",
            "role": {"it": "autore del simulatore", "en": "author of the simulator"},
        }
    ]
    assert "funder" not in settings
    assert str(draw.DEFAULT_SEED) in settings["source"]["it"]


def test_different_seeds_differ_and_scale_leaves_other_tables_alone(drawn):
    other = draw.draw(draw.DEFAULT_SEED + 1)
    assert not drawn.tables["events"].equals(other.tables["events"])
    larger = draw.draw(draw.DEFAULT_SEED, scale=2)
    assert len(larger.waves[1]) == pytest.approx(2 * len(drawn.waves[1]), rel=0.01)
    for name in set(drawn.tables) - {"outcomes", "indicators"}:
        pd.testing.assert_frame_equal(drawn.tables[name], larger.tables[name])


def test_a_folder_that_holds_something_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    for replace in (False, True):
        with pytest.raises(ParameterError, match=tmp_path.name):
            draw.draw_study(tmp_path, replace=replace)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_replace_redraws_a_simulated_study_and_leaves_its_texts(tmp_path):
    folder = tmp_path / "s"
    draw.draw_study(folder, seed=1, scale=0.1)
    (folder / "texts").mkdir()
    (folder / "texts" / "own.toml").write_text("", encoding="utf-8")
    with pytest.raises(ParameterError):
        draw.draw_study(folder, seed=2, scale=0.1)
    (folder / "scenarios.toml").write_text("", encoding="utf-8")
    draw.draw_study(folder, seed=2, scale=0.1, replace=True)
    assert (folder / "texts" / "own.toml").exists()
    assert (folder / "scenarios.toml").read_text(encoding="utf-8") == draw.scenarios()
    assert "2" in tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))["source"]["en"]


@pytest.mark.parametrize(
    ("seed", "scale", "where"), [(-1, 1.0, "seed"), (1, 0.0, "scale"), (1, float("nan"), "scale")]
)
def test_seed_and_scale_out_of_range_are_refused(tmp_path, seed, scale, where):
    with pytest.raises(ParameterError, match=where):
        draw.draw_study(tmp_path / "s", seed=seed, scale=scale)
    assert not (tmp_path / "s").exists()


def test_wrong_truth_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(ParameterError, match="conflit"):
        draw.draw_study(tmp_path / "s", truth={"conflit": {}})
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_a_million_respondents(tmp_path, capsys):
    resource = pytest.importorskip("resource")
    start = time.perf_counter()
    drawn = draw.draw_study(tmp_path / "million", seed=1, scale=833.4)
    seconds = time.perf_counter() - start
    assert len(drawn.waves[1]) > 1_000_000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    with capsys.disabled():
        print(f"\na million respondents drawn and written in {seconds:.1f} s; peak memory {peak:.2f} GiB")
