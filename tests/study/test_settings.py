"""study.toml and privacy.toml: what is wrong is named, what is pending does not stop a draft."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis.errors import StudyError
from analysis.study import settings, studies

T = "data/prova/study.toml"

BROKEN = [
    ("unknown key", "", {"licence = ": 'licenze = ""\nlicence = '}, ["licenze: unknown key “licenze”", "Perhaps “licence”?"]),
    ("unknown key in a section", "[disclosure]\ntreshold = 5\n", {}, [f"{T}, [disclosure] treshold: unknown key", "Perhaps “threshold”?"]),
    ("threshold below the floor", "[disclosure]\nthreshold = 2\n", {}, [f"{T}, [disclosure] threshold: 2 is out of range", "≥ 3"]),
    ("threshold in quotation marks", '[disclosure]\nthreshold = "5"\n', {}, ["[disclosure] threshold: “5” will not do; allowed: a number"]),
    ("kind of sampling", SAMPLING := '[sampling.residents]\nkind = "volontario"\nframe = {it="a",en="a"}\npopulation = {it="a",en="a"}\nresponse_rate = 0.4\n', {},
     ["[sampling.residents] kind: “volontario” is not allowed; allowed: probability, census, volunteer", "Perhaps “volunteer”?"]),
    ("response rate over one", SAMPLING.replace("volontario", "census").replace("0.4", "41"), {}, ["response_rate: “41” will not do; allowed: a share from 0 to 1"]),
    ("response rate left out", SAMPLING.replace("volontario", "census").replace("response_rate = 0.4\n", ""), {}, ["[sampling.residents] response_rate: is missing"]),
    ("weight of volunteers", SAMPLING.replace("volontario", "volunteer") + 'weight = "w"\n', {}, ["weight: volunteers have no sampling weight"]),
    ("same separator and mark", '[csv]\nseparator = ","\ndecimal = ","\n', {}, ["separator and decimal mark are the same"]),
    ("not a colour", '[style]\npalette = ["rosso"]\n', {}, ["[style] palette: “rosso” is not a colour"]),
    ("territory", '[territory]\nsource = "nazionale"\n', {}, ["[territory] source: “nazionale” is not allowed", "Perhaps “national”?"]),
    ("overlapping semesters", "[[semesters]]\nstart = 2016-01-01\nend = 2016-06-30\n[[semesters]]\nstart = 2016-06-30\nend = 2016-12-31\n", {}, ["[semesters.2] start", "does not follow the semester before"]),
    ("end before start", "", {"end = 2018-12-31": "end = 2015-12-31"}, [f"{T}, end: 2015-12-31 is not after 2016-01-01"]),
    ("date in quotation marks", "", {"2026-01-15": '"2026-01-15"'}, ["edition: “2026-01-15” will not do; allowed: a date without quotation marks"]),
    ("provenance", "", {'"simulated"': '"simulato"'}, ["provenance: “simulato” is not allowed", "Perhaps “simulated”?"]),
    ("missing key", "", {'licence = "CC BY 4.0"\n': ""}, [f"{T}, licence: is missing"]),
    ("another language", "", {'en = "Invented city"': 'fr = "Ville"'}, ["place: “fr” is not a language"]),
    ("id not that of the folder", "", {'id = "prova"': 'id = "altra"'}, ["id: “altra” is not the folder's name; allowed: prova"]),
    ("not TOML", "", {"edition = 2026-01-15": "edition = gennaio"}, [f"{T}: not valid TOML", "line 3"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "replace", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_a_wrong_setting_is_named_with_what_is_allowed(make, text, replace, expected):
    make(text, replace=replace)
    with pytest.raises(StudyError) as raised:
        studies.open_study("prova")
    for part in expected:
        assert any(part in str(fault) for fault in raised.value.faults), raised.value.faults


def test_all_wrong_settings_come_at_once(make):
    make("[disclosure]\nthreshold = 1\n[csv]\ndecimale = 3\n", replace={'"simulated"': '"x"'})
    with pytest.raises(StudyError) as raised:
        studies.open_study("prova")
    assert len(raised.value.faults) == 3


def test_a_missing_translation_is_pending_and_borrows_the_other_language(make):
    make(replace={', en = "Invented city"': ""})
    study = studies.open_study("prova")
    assert study.settings.place == {"it": "Città inventata", "en": "Città inventata"}
    assert [(fault.where, fault.what) for fault in study.check()] == [
        (f"{T}, place", "the English text (en) is missing")
    ]
    assert study.check(draft=True) == []


def test_a_collected_study_needs_privacy_and_the_authors_role_before_it_is_published(make):
    folder = make(replace={'"simulated"': '"collected"'})
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert any("[authors.1] role: the role in the project is missing" in fault for fault in faults)
    assert any(
        fault.startswith("data/prova/privacy.toml: is missing: a study of collected data") for fault in faults
    )
    assert studies.open_study("prova").check(draft=True) == []
    (folder / "privacy.toml").write_text(
        'controller = "Ente"\nlegal_basis = "consenso"\nnotice_version = "1"\nconsent = "scritto"\ndeposit = "sede"\nretention = 2030-12-31\ndpia = { done = "no", reason = "" }\n',
        encoding="utf-8",
    )
    faults = [str(fault) for fault in studies.open_study("prova").check()]
    assert [fault for fault in faults if "privacy" in fault] == [
        "data/prova/privacy.toml, [dpia] reason: is empty; allowed: a text in quotation marks"
    ]
    privacy = studies.open_study("prova").settings.privacy
    assert privacy is not None and privacy.retention == dt.date(2030, 12, 31) and privacy.dpia == "no"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2016-01-01", "2016-12-31", ["2016-01-01/2016-06-30", "2016-07-01/2016-12-31"]),
        ("2016-03-15", "2016-10-01", ["2016-03-15/2016-09-14", "2016-09-15/2016-10-01"]),
        ("2015-08-31", "2016-08-30", ["2015-08-31/2016-02-28", "2016-02-29/2016-08-30"]),
        ("2016-01-01", "2016-03-01", ["2016-01-01/2016-03-01"]),
    ],
)
def test_half_years(start, end, expected):
    periods = settings.half_years(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert [f"{a}/{b}" for a, b in periods] == expected
