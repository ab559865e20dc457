"""The two studies of other people's microdata, against figures of R's survey package; skipped where the microdata are absent."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from analysis.study import studies
from analysis.survey import design, estimates, frames

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def opened(shared_data, monkeypatch):
    monkeypatch.setenv("ALTRO_DATA_HOME", str(shared_data / "survey"))

    def open_study(name):
        study = studies.open_study(name)
        if not study.has("survey"):
            pytest.skip(f"the microdata of {name} are not on this machine")
        people = study.survey(1).frame
        return study, people, design.of(people, study.context()["sampling"]["residents"])

    return open_study


def test_work_life_items_by_country(opened):
    study, people, sample = opened("ess10")
    assert study.check() == []
    assert "not Milan" in study.context()["label"]["en"]
    tired, time = (estimates.mean(people[item], sample, people[["area"]]) for item in ("trdawrk", "jbprtfp"))
    assert tired.groups["area"].tolist() == ["DE", "PL", "SE"]
    assert tired.estimate == pytest.approx([3.20796, 3.27545, 3.16926], abs=5e-6)
    assert tired.se == pytest.approx([0.01543, 0.02536, 0.02696], abs=5e-6)
    assert time.estimate == pytest.approx([3.06280, 3.06567, 2.92166], abs=5e-6)
    assert time.se == pytest.approx([0.01708, 0.02973, 0.03107], abs=5e-6)


def test_co_residence_of_adults(opened):
    study, people, sample = opened("shiw2020")
    assert study.check() == []
    together = frames.one_of(people["co_residence"], "children", "old", "both")
    adults = frames.among(people, together, age=(18, 64))
    found = estimates.share(adults, sample, people[["gender"]], margin=True)
    assert found.groups["gender"].tolist() == ["f", "m", "total"]
    assert found.estimate == pytest.approx([0.3203963, 0.2999785, 0.3102613], abs=5e-8)
    assert found.se == pytest.approx([0.0123118, 0.0121772, 0.01139], abs=5e-6)
    assert found.n[2] == 8647
    region = estimates.share(adults, sample, people[["area"]])
    assert region.entry(area="lombardia")["value"] == pytest.approx(0.3033105, abs=5e-8)
    assert region.entry(area="lombardia")["se"] == pytest.approx(0.0356, abs=5e-5)
    assert region.entry(area="lombardia")["n"] == 1063
    everybody = estimates.share(together, sample)
    assert (everybody.estimate[0], everybody.se[0]) == pytest.approx((0.3096091, 0.00969), abs=5e-6)


def test_background_statistics_are_told_with_their_year(opened):
    study, _, _ = opened("shiw2020")
    published = study.published()
    row = published.query("statistic == 'inactive_care' and sex == 'f' and year == 2013")
    assert row["value"].tolist() == [0.113]


@pytest.mark.parametrize("name", ["ess10", "shiw2020"])
def test_without_the_microdata_the_study_is_in_order_and_has_no_survey(name, monkeypatch):
    monkeypatch.delenv("ALTRO_DATA_HOME", raising=False)
    study = studies.open_study(name)
    assert study.check() == []
    assert study.tables == ()
    assert os.environ.get("ALTRO_DATA_HOME") is None


@pytest.mark.parametrize("name", ["ess10", "shiw2020"])
def test_another_file_is_refused(name, tmp_path, monkeypatch, english):
    study = studies.open_study(name)
    (file,) = study.codebook.waves[1].files
    (tmp_path / name).mkdir()
    (tmp_path / name / file).write_text("NQUEST,nord\n1,1\n", encoding="utf-8")
    monkeypatch.setenv("ALTRO_DATA_HOME", str(tmp_path))
    faults = studies.open_study(name).check()
    assert any("the checksum is" in str(fault) for fault in faults)


@pytest.mark.slow
def test_both_papers_are_made_in_both_languages_and_say_what_they_are(shared_data, tmp_path):
    if not (shared_data / "survey" / "ess10").is_dir():
        pytest.skip("the microdata are not on this machine")
    for name in ("notebooks", "data/ess10", "data/shiw2020", "data/territory"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    env = {
        **os.environ,
        "ALTRO_ROOT": str(tmp_path),
        "ALTRO_LANG": "en",
        "ALTRO_DATA_HOME": str(shared_data / "survey"),
    }
    command = [sys.executable, "-m", "analysis", "papers", "ess10", "shiw2020", "--formats", "pdf,html"]
    result = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    assert not (tmp_path / "papers" / "ess10").exists()
    for study, cited in (("ess10", "10.21338/ess10sce03_1"), ("shiw2020", "Banca d")):
        folder = tmp_path / "build" / "editions" / study / "work_life_balance" / "default"
        record = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        small = [n["n"] for n in record["numbers"].values() if isinstance(n.get("n"), int) and 0 < n["n"] < 5]
        assert small == []
        for language, told in (("it", "non è il progetto di Milano"), ("en", "not Milan’s project")):
            text = "".join(
                page.get_textpage().get_text_range()
                for page in pypdfium2.PdfDocument(folder / f"{language}.pdf")
            )
            assert told in text and cited in text.replace("\r\n", "")
    values = record["numbers"]["share_coresident"]
    assert (values["value"], values["n"]) == (pytest.approx(0.3102613, abs=5e-8), 8647)
