"""The reports of a verification: what they say, that nothing overflows or is lost, and that readers of every kind can use them."""

from __future__ import annotations

import base64
import copy
import datetime
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from analysis.publish.review import certificate, findings, markup, pairs, raster, verification
from analysis.publish.sources import LANGUAGES
from tests.publish import axe, browser, verapdf

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def entry(kind: str, key: str, verdict: str = "same", **more: Any) -> dict[str, Any]:
    return {
        "kind": kind, "key": key, "verdict": verdict, "why": {"it": "", "en": ""}, "published": None, "again": None,
        "unit": "", "difference": None, "relative": None, "tolerance": None, "where": "", "pictures": [], **more,
    }  # fmt: skip


def edition(notebook: str, entries: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "notebook": notebook, "title": {"it": f"L'articolo {notebook}", "en": f"Paper {notebook}"}, "executed": True,
        "why": {"it": "", "en": ""}, "verdict": max((one["verdict"] for one in entries), key=findings.VERDICTS[::-1].index, default="same"),
        "counts": {}, "inputs": [], "entries": entries, "sha256": {"evidence": "e" * 64}, **more,
    }  # fmt: skip


def report(*editions: dict[str, Any], **more: Any) -> dict[str, Any]:
    package = {"package": "numpy", "published": "2.4.6", "lock": "2.4.6", "installed": "2.4.6", "verdict": "same", "why": {"it": "", "en": ""}}  # fmt: skip
    other = package | {"package": "scipy", "installed": "1.0", "verdict": "differs", "why": {"it": "un'altra versione", "en": "another version"}}  # fmt: skip
    verdicts = [one["verdict"] for one in editions]
    return {
        "schema": 1, "study": "demo", "label": "simulated", "title": {"it": "Studio di prova", "en": "Trial study"},
        "edition": "2026-01-15", "source": "papers", "verdict": max(verdicts, key=findings.VERDICTS[::-1].index, default="same"),
        "counts": {}, "interpreter": {"python": "3.11.7", "platform": "Linux x86_64"}, "environment": [package, other],
        "editions": list(editions), "sha256": {"lock": "f" * 64}, **more,
    }  # fmt: skip


def mixed() -> dict[str, Any]:
    entries = [
        entry("number", "share", "differs", published=0.346, again=0.351, unit="share", difference=0.005, relative=0.01445,
              tolerance=1e-9, why={"it": "differisce dell'1,4%", "en": "differs by 1.4%"}),
        entry("number", "steady", published=0.5, again=0.5, unit="share", tolerance=1e-9),
        entry("number", "near", "within", published=1.0, again=1.0 + 1e-12, unit="ratio", difference=1e-12, relative=1e-12, tolerance=1e-9),
        entry("table", "tbl-a", "missing", where="row 3, share", why={"it": "non rifatta", "en": "not made again"}),
        entry("figure", "fig-a", "differs", pictures=[
            {"lang": "it", "published": "pictures/p.png", "again": "pictures/a.png", "difference": "pictures/d.png", "share": 0.012}]),
        entry("statement", "s<b>", published={"it": "Più <alto>.", "en": "Higher <so>."}, again={"it": "Più <alto>.", "en": "Higher <so>."}),
        entry("file", "it.docx", "unchecked", why={"it": "formato non chiesto", "en": "format not asked for"}),
        entry("file", "en.docx", "unchecked", why={"it": "formato non chiesto", "en": "format not asked for"}),
    ]  # fmt: skip
    inputs = [{"part": "demo/ties.csv", "kind": "data", "state": "changed"}]
    return report(
        edition("one", entries, inputs=inputs), edition("two", [entry("number", "k")], inputs=inputs)
    )


def many(notebooks: int = 15, length: int = 150) -> dict[str, Any]:
    """Many notebooks, and one of many entries, with keys and reasons that do not end."""
    entries = [entry("number", f"{'very_long_key_' * 12}{i}", "unchecked" if i % 3 else "differs", published="x" * 900, again="y" * 900,
                     why={"it": f"ragione {i % 40} " + "lunghissima " * 60, "en": f"reason {i % 40} " + "endless" * 80}) for i in range(length)]  # fmt: skip
    title = dict.fromkeys(LANGUAGES, "Un titolo che non finisce mai " * 12)
    whole = report(*(edition(f"{'notebook' * 9}_{i}", entries[:10], title=title) for i in range(notebooks)), edition("all", entries))  # fmt: skip
    return whole | {"title": title, "source": "/".join(["folder" * 20] * 20)}


REPORTS = {"mixed": mixed, "many": many, "empty": lambda: report(), "bare": lambda: {"schema": 1}}


@pytest.fixture
def pictured(tmp_path: Path) -> Path:
    (tmp_path / "pictures").mkdir()
    for name in ("p", "a"):
        (tmp_path / "pictures" / f"{name}.png").write_bytes(PNG)
    return tmp_path


def words_of(folder: Path, language: str) -> str:
    return " ".join(" ".join(raster.text(folder / f"{language}.certificate.pdf")).split())


def page_of(folder: Path) -> str:
    return (folder / "verification.html").read_text(encoding="utf-8")


def section(page: str, language: str) -> str:
    return page.split(f'<div lang="{language}">')[1].split(
        "</main>" if language == "en" else '<div lang="en">'
    )[0]


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_makes_the_same_four_files_of_one_page_certificates(name: str, tmp_path: Path) -> None:
    given = REPORTS[name]()
    before = copy.deepcopy(given)
    paths = verification.write(given, tmp_path / "one")
    assert [path.name for path in paths] == ["verification.json", "verification.html", "it.certificate.pdf", "en.certificate.pdf"]  # fmt: skip
    again = verification.write(given, tmp_path / "two")
    assert given == before
    assert [path.read_bytes() for path in paths] == [path.read_bytes() for path in again]
    assert not list(tmp_path.rglob("*.part"))
    for path in paths[2:]:
        with pikepdf.open(path) as pdf:
            assert len(pdf.pages) == 1
            assert str(pdf.Root.Lang) in ("it-IT", "en-GB")
    assert json.loads(paths[0].read_text(encoding="utf-8")) == json.loads(json.dumps(given))


def test_what_is_not_finite_and_what_is_a_path_still_is_json(tmp_path: Path) -> None:
    given = mixed()
    given["editions"][0]["entries"][0] |= {"relative": math.inf, "difference": math.nan}
    given["source"] = Path("papers") / "demo"
    held = json.loads(verification.write(given, tmp_path)[0].read_text(encoding="utf-8"))
    assert held["editions"][0]["entries"][0]["relative"] is None and held["source"] == "papers/demo"


def test_the_page_says_everything_in_both_languages(pictured: Path) -> None:
    verification.write(mixed(), pictured)
    page = page_of(pictured)
    it, en = section(page, "it"), section(page, "en")
    for text in ("Non coincide con quanto pubblicato", "9 voci: 2 diverse, 1 mancante, 2 non controllate, 1 entro la tolleranza, 3 identiche.",
                 "34,6%", "35,1%", "+0,5\u00a0p.p.", "(1,4%)", "10⁻⁹", "riga 3, share", "2 file: formato non chiesto", "L’articolo one",
                 "differisce dell’1,4%", "differisce il 1,2% dei pixel", "Studio dimostrativo, dati simulati", "15 gennaio 2026"):  # fmt: skip
        assert text in it, text
    for text in ("Does not agree with what was published", "34.6%", "35.1%", "+0.5\u00a0pp", "row 3, share", "2 files: format not asked for",
                 "1.2% of the pixels differ (Italian version)", "Demonstration study, simulated data", "15 January 2026"):  # fmt: skip
        assert text in en, text
    assert "Più &lt;alto&gt;." in it and "s&lt;b&gt;" in it and "<b>" not in page and "@" not in page.split("</style>")[1].split("<script>")[0]  # fmt: skip
    assert it.count("demo/<wbr>ties") == 1 and "<code>one</code>, <code>two</code>" in it
    assert not re.search(r'(?:src|href)="(?!#|data:)', page)


def test_the_gravest_come_first_and_what_is_equal_is_folded(pictured: Path) -> None:
    verification.write(mixed(), pictured)
    it = section(page_of(pictured), "it")
    open_part, _, folded = it.split('id="it-notebook-1"')[1].partition("<details>")
    assert "share" in open_part and "tbl-a" in open_part and "steady" not in open_part
    assert open_part.index("share") < open_part.index("tbl-a")
    assert "Identiche: 2" in folded and "Entro la tolleranza: 1" in folded and "Non controllate: 2. formato non chiesto" in folded  # fmt: skip


def test_pictures_stand_in_the_page_and_one_that_is_missing_is_said(pictured: Path) -> None:
    verification.write(mixed(), pictured)
    it = section(page_of(pictured), "it")
    assert it.count("data:image/png;base64,") == 2 and it.count("immagine non disponibile") == 1
    assert re.findall(r'alt="([^"]*)"', it) == ["Figura fig-a, pubblicata", "Figura fig-a, rifatta"]


def test_the_certificate_says_what_was_verified_and_what_was_not(pictured: Path) -> None:
    data, *_ = verification.write(mixed(), pictured)
    digest = hashlib.sha256(data.read_bytes()).hexdigest()
    for language, texts in {
        "it": ("Certificato di verifica", "Studio di prova", "Studio dimostrativo, dati simulati", "Non coincide con quanto pubblicato",
               "9 voci: 2 diverse", "2 file: formato non chiesto", "15 gennaio 2026", "numpy 2.4.6", "altro verify, versione",
               "1 pacchetti su 2 come nel lock", "non è un documento della FEEM, della Fondazione Cariplo"),
        "en": ("Verification certificate", "Trial study", "Demonstration study, simulated data", "Does not agree", "15 January 2026",
               "not a document of FEEM, Fondazione Cariplo or any partner"),
    }.items():  # fmt: skip
        told = words_of(pictured, language)
        for text in (*texts, digest, "e" * 64, "f" * 64):
            assert text in told, text


def test_no_day_is_printed_unless_it_is_given(tmp_path: Path) -> None:
    verification.write(mixed(), tmp_path / "plain")
    verification.write(mixed(), tmp_path / "dated", datetime.date(2027, 3, 1))
    assert "2027" not in words_of(tmp_path / "plain", "en") and "2027" not in page_of(tmp_path / "plain")
    assert "run on 1 March 2027" in words_of(tmp_path / "dated", "en")
    assert "eseguita il 1° marzo 2027" in page_of(tmp_path / "dated")
    with pikepdf.open(tmp_path / "dated" / "it.certificate.pdf") as pdf:
        assert str(pdf.docinfo["/CreationDate"]).startswith("D:20260115")


def test_a_report_too_long_for_one_page_says_how_much_is_left_out(tmp_path: Path) -> None:
    verification.write(many(), tmp_path)
    told = words_of(tmp_path, "it")
    assert (
        re.search(r"e altri \d+: vedi verification\.html", told)
        and "SHA-256" in told
        and "altro verify" in told
    )
    assert "300 voci" in told.replace(".", "")


def test_real_data_carry_no_label_and_nothing_checked_is_said(tmp_path: Path) -> None:
    one = edition(
        "one", [entry("number", "k", "unchecked", why={"it": "dati riservati", "en": "private data"})]
    )
    verification.write(report(one, label="public-record"), tmp_path)
    told = words_of(tmp_path, "en")
    assert "Nothing was checked" in told and "1 number: private data" in told and "simulated" not in told
    assert 'class="label"' not in page_of(tmp_path)


def test_a_verdict_that_is_unknown_counts_as_not_checked() -> None:
    assert findings.verdict({"verdict": "splendid"}) == findings.verdict({}) == "unchecked"
    assert certificate.edition({"edition": "no date"}) == datetime.date(1980, 1, 1)


def test_a_file_of_the_same_bytes_is_left_alone(tmp_path: Path) -> None:
    path = markup.written(tmp_path / "a" / "b.txt", b"x")
    made = path.stat().st_mtime_ns
    markup.written(path, b"x")
    assert path.stat().st_mtime_ns == made
    assert markup.written(path, b"y").read_bytes() == b"y"


@pytest.mark.parametrize(
    ("a", "b", "unit", "italian", "english"),
    [
        (0.346, 0.351, "share", ("34,6%", "35,1%"), ("34.6%", "35.1%")),
        (0.3461, 0.34612, "share", ("34,610%", "34,612%"), ("34.610%", "34.612%")),
        (3, 4, "", ("3", "4"), ("3", "4")),
        (None, 3, "persons", ("–", "3"), ("–", "3")),
        (1.0, 1.0000000000000002, "ratio", ("1,0", "1,0000000000000002"), ("1.0", "1.0000000000000002")),
        ({"it": "a", "en": "b"}, True, "", ("a", "true"), ("b", "true")),
    ],
)
def test_unequal_values_never_read_the_same(
    a: Any, b: Any, unit: str, italian: tuple[str, str], english: tuple[str, str]
) -> None:
    assert (pairs.pair(a, b, unit, None, "it"), pairs.pair(a, b, unit, None, "en")) == (italian, english)


def test_differences_as_readers_say_them() -> None:
    assert pairs.difference(0.005, "share", 1, "it") == "+0,5\u00a0p.p."
    assert pairs.difference(-0.004, "points", 2, "en") == "−0.004"
    assert pairs.difference(1.5e-14, "ratio", 2, "it") == "+1,5\u00a0×\u00a010⁻¹⁴"
    assert pairs.difference(math.nan, "ratio", 2, "it") == pairs.difference(None, "", None, "en") == ""
    assert [pairs.relative(size, "it") for size in (0.0, 1e-7, 0.0144, -0.36, 12.0, math.inf)] == ["0%", "<\u00a00,01%", "1,4%", "36%", "1.200%", ""]  # fmt: skip


@pytest.mark.slow
def test_both_pdf_standards_hold(tmp_path: Path) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    paths = [
        path for name, make in REPORTS.items() for path in verification.write(make(), tmp_path / name)[2:]
    ]
    found = verapdf.failures(paths)
    assert len(found) == 4 * len(REPORTS) and all(result["checks"] > 300 for result in found.values())
    assert {key: result["failed"] for key, result in found.items() if result["failed"]} == {}


@pytest.mark.slow
@axe.needed
@pytest.mark.parametrize("width", [400, 1280])
def test_no_grave_fault_of_accessibility_and_nothing_wider_than_the_window(
    pictured: Path, width: int
) -> None:
    for name, make in {**REPORTS, "many": lambda: many(2, 30)}.items():
        folder = pictured / name
        folder.mkdir()
        (folder / "pictures").symlink_to(pictured / "pictures")
        page = verification.write(make(), folder)[1]
        assert axe.faults([page], width=width) == {}, name
        with browser.Browser() as window:
            open_page = window.open(page, width)
            open_page.value("document.querySelectorAll('details').forEach(fold => { fold.open = true; })")
            assert open_page.value("document.documentElement.scrollWidth") <= width, name


@pytest.mark.slow
@axe.needed
def test_languages_by_keyboard_and_by_address(pictured: Path) -> None:
    page = verification.write(mixed(), pictured)[1]
    with browser.Browser() as window:
        shown = window.open(page, language="en-GB")
        assert shown.value("document.querySelector('main > [lang=en]').checkVisibility()")
        shown.key("Tab")
        assert shown.value("document.activeElement.className") == "skip"
        shown.key("Tab")
        shown.key("ArrowLeft")
        assert shown.value("document.querySelector('main > [lang=it]').checkVisibility()")
        assert not shown.value("document.querySelector('main > [lang=en]').checkVisibility()")
        shown.value("dispatchEvent(new Event('beforeprint'))")
        assert shown.value("[...document.querySelectorAll('details')].every(fold => fold.open)")
        shown.value("dispatchEvent(new Event('afterprint'))")
        assert not shown.value("[...document.querySelectorAll('details')].some(fold => fold.open)")
