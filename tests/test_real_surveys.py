"""The two studies of other people's microdata, against figures of R's survey package; skipped where the microdata are absent."""

import os

import pytest

from analysis.study import studies
from analysis.survey import design, estimates, frames


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
