"""study.toml and privacy.toml: what is wrong is named, what is pending does not stop a draft."""

from __future__ import annotations

import datetime as dt

import pytest

from analysis.errors import StudyError
from analysis.study import authorship, semesters, studies

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
    ("orcid with a slip", 'orcid = "0000-0002-1825-0079"\n', {}, [f"{T}, [authors.1] orcid: the check digit of “0000-0002-1825-0079” is wrong", "Copy it again from orcid.org."]),
    ("orcid of another form", 'orcid = "0000000218250097"\n', {}, ["[authors.1] orcid: “0000000218250097” will not do; allowed: 0000-0002-1825-0097"]),
    ("email", 'email = "ada@ente"\n', {}, ["[authors.1] email: “ada@ente” will not do; allowed: nome@ente.it"]),
    ("affiliation", "affiliation = 3\n", {}, ['[authors.1] affiliation: “3” will not do; allowed: a text, or { it = "…", en = "…" }']),
    ("half a name", 'given_names = "Ada"\n', {}, ["[authors.1] family_names: given and family names are given together"]),
    ("series of a simulated study", SERIES := '[series]\ntitle = {it="Note di lavoro",en="Working papers"}\npublisher = "Ente"\n', {}, [f"{T}, series: a simulated study is not a publication and has no series"]),
    ("funding of a simulated study", '[funding]\naward = "1"\n', {}, ["funding: a simulated study has no funding"]),
    ("award without funder", '[funding]\naward = "1"\n', COLLECTED := {'"simulated"': '"collected"'}, [f"{T}, funder: the funder is missing"]),
    ("series without publisher", SERIES.replace('publisher = "Ente"\n', ""), COLLECTED, ["[series] publisher: is missing"]),
    ("issn with a slip", SERIES + 'issn = "1234-5678"\n', COLLECTED, ["[series] issn: the check digit of “1234-5678” is wrong"]),
    ("handle", SERIES + 'handle = "RePEc:aaa:paper"\n', COLLECTED, ["[series] handle: “RePEc:aaa:paper” will not do; allowed: RePEc:aaa:wpaper"]),
    ("address", SERIES + 'url = "www.ente.it"\n', COLLECTED, ["[series] url: “www.ente.it” will not do; allowed: https://…"]),
    ("series number", SERIES + '[series.numbers]\nreach = "2026/1"\n', COLLECTED, ["[series.numbers] reach: “2026/1” will not do; allowed: 1.2026"]),
    ("number given twice", SERIES + '[series.numbers]\nreach = "1.2026"\ncost = "1.2026"\n', COLLECTED, ["[series] numbers: “1.2026” is given to several notebooks; allowed: reach, cost"]),
    ("doi", SERIES + '[series.doi]\nreach = "https://doi.org/10.1234/x"\n', COLLECTED, ["[series.doi] reach: “https://doi.org/10.1234/x” will not do; allowed: 10.1234/abc"]),
    ("cluster without protocol", '[cluster]\naddresses = ["calcolo.ente.it"]\n', {}, [f"{T}, [cluster] addresses: “calcolo.ente.it” will not do; allowed: tls://"]),
    ("cluster without address", "[cluster]\naddress = 3\n", {}, ["[cluster] address: unknown key “address”", "Perhaps “addresses”?"]),
    ("register that is no table", '[registers.legame]\ncollected_by = {it="noi",en="us"}\n', {}, [f"{T}, [registers.legame]", "“legame” is not the name of a table"]),
    ("nobody collected", "[registers.ties]\n", {}, ["[registers.ties] collected_by: is missing"]),
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
    ("edition", "until"),
    [("2026-01-15", "2018-12-31"), ("2017-05-31", "2017-05-31"), ("2015-10-01", "2016-01-01")],
    ids=["project over", "under way", "not begun"],
)
def test_the_data_tell_of_no_day_after_the_edition(make, edition, until):
    make("", replace={"edition = 2026-01-15": f"edition = {edition}"})
    assert studies.open_study("prova").settings.until == dt.date.fromisoformat(until)


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
    periods = semesters.half_years(dt.date.fromisoformat(start), dt.date.fromisoformat(end))
    assert [f"{a}/{b}" for a, b in periods] == expected


# Published identifiers: the example of ORCID's documentation, the one there with check character X; ISSN of its manual.
@pytest.mark.parametrize("orcid", ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X"])
def test_the_check_character_of_an_orcid_finds_each_changed_digit(orcid):
    assert authorship.orcid_holds(orcid)
    for place, digit in enumerate(orcid[:-1]):
        if digit != "-":
            other = str((int(digit) + 1) % 10)
            assert not authorship.orcid_holds(orcid[:place] + other + orcid[place + 1 :])


@pytest.mark.parametrize("issn", ["0317-8471", "1050-124X", "2049-3630"])
def test_the_check_character_of_an_issn(issn):
    assert authorship.issn_holds(issn)
    assert not authorship.issn_holds(issn.replace(issn[0], str((int(issn[0]) + 1) % 10), 1))


def test_authors_series_and_funding_reach_the_evidence(make, project):
    (project / "notebooks" / "reach.ipynb").write_text("{}", encoding="utf-8")
    make(
        'affiliation = { it = "Ente", en = "Body" }\nrole = { it = "a", en = "b" }\ncorresponding = true\n'
        'email = "ada@ente.it"\norcid = "https://orcid.org/0000-0002-1694-233X"\n'
        + SERIES
        + 'url = "https://ente.it/p/"\n[series.numbers]\nreach = "1.2026"\n[funding]\naward = "2016-0123"\n',
        replace=COLLECTED | {"source = ": 'funder = { it = "Chi paga", en = "Payer" }\nsource = '},
    )
    head = studies.open_study("prova").context()
    assert head["authors"][0] | {"role": None} == {
        "name": "Ada Prova", "role": None, "affiliation": {"it": "Ente", "en": "Body"}, "email": "ada@ente.it",
        "orcid": "0000-0002-1694-233X", "corresponding": True, "given_names": "", "family_names": "",
    }  # fmt: skip
    assert head["series"] == {
        "title": {"it": "Note di lavoro", "en": "Working papers"}, "publisher": "Ente", "issn": "", "handle": "",
        "url": "https://ente.it/p", "numbers": {"reach": "1.2026"}, "doi": {},
    }  # fmt: skip
    assert head["funding"] == {"award": "2016-0123"}


def test_a_number_for_a_notebook_that_is_not_there_is_named(make, project):
    (project / "notebooks" / "reach.ipynb").write_text("{}", encoding="utf-8")
    make(SERIES + '[series.numbers]\nreech = "1.2026"\n', replace=COLLECTED)
    with pytest.raises(
        StudyError,
        match=r"\[series.numbers\] reech: there is no notebook “reech”; allowed: reach. Perhaps “reach”",
    ):
        studies.open_study("prova")


def test_what_a_collected_study_lacks_of_its_authors_only_stops_an_edition(make):
    make("corresponding = true\n", replace=COLLECTED)
    study = studies.open_study("prova")
    faults = [str(fault) for fault in study.check()]
    for part in ("[authors.1] role: the role in the project is missing", "[authors.1] affiliation: the affiliation is missing",
                 "[authors.1] email: the corresponding author has no address"):  # fmt: skip
        assert any(part in fault for fault in faults), faults
    assert study.check(draft=True) == []
