"""The policy brief: one page, in both languages, of three numbers with how sure they are; nothing recommended by a simulated study."""

from __future__ import annotations

import re
import struct
import subprocess
import zlib
from pathlib import Path

import pikepdf
import pytest

from analysis.errors import ProseError
from analysis.publish import brief, layout, lint, render
from analysis.publish.render import outputs_of
from tests.publish import verapdf
from tests.publish.fixture import Paper, context

BRIEF = """
[brief]
message = { it = "Chi cura, e quanto costa", en = "Who cares, and what it costs" }
numbers = [
  { key = "absent", text = { it = "mai", en = "never" } },
  { key = "small_group", text = { it = "soppresso", en = "suppressed" } },
  { key = "share_with_care_load", text = { it = "delle persone ha un carico.", en = "of people carry a load." } },
  { key = "cost", text = { it = "costo di un anno.", en = "cost of a year." }, uncertainty = { it = "voce per voce, `{val} cost`", en = "line by line, `{val} cost`" } },
  { key = "events", text = { it = "incontri.", en = "events." } },
  { key = "range", text = { it = "persone che restano.", en = "people who stay." }, band = { it = "fascia 5–95", en = "band 5–95" } },
]
figure = ["fig-none", "fig-care"]
why = { it = "Perché `{val} share_with_care_load` delle persone cura.", en = "Because `{val} share_with_care_load` of people care." }
what = { it = ["Fare una cosa.", "Farne un'altra."], en = ["Do one thing.", "Do another."] }
needed = { it = ["Dati veri."], en = ["Real data."] }
limits = { it = ["Non è un effetto."], en = ["It is no effect."] }
"""


def prepared(paper: Paper, provenance: str = "simulated") -> Paper:
    paper.evidence["context"] = context(provenance)
    paper.evidence["numbers"]["events"] = {"unit": "count", "value": 40, "kind": "exact"}
    paper.evidence["numbers"]["range"] = {
        "unit": "persons",
        "value": 2108,
        "low": 1008,
        "high": 4009,
        "n": 99,
    }
    paper.spec += BRIEF
    return paper


def made(paper: Paper, out: str = "out") -> dict[str, Path]:
    paths = render.render(*paper.write(), paper.folder / out, formats=("brief",))
    return {path.name: path for path in paths}


def refusal(paper: Paper) -> list[str]:
    with pytest.raises(ProseError) as caught:
        made(paper)
    return [re.sub(r"notebooks/sample\.ipynb \([\w., ]*\) ", "", str(fault)) for fault in caught.value.faults]


def text_of(path: Path) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True
    )
    return " ".join(done.stdout.split())


def image(path: Path) -> tuple[int, int, bytes]:
    """Width, height and the decompressed scan lines of a PNG."""
    data = path.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            packed += data[at + 8 : at + 8 + length]
        at += 12 + length
    return width, height, zlib.decompress(packed)


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return made(prepared(Paper(tmp_path_factory.mktemp("brief")), "public-record"))


def test_one_a4_page_as_pdf_and_as_image_of_the_same_shape(edition: dict[str, Path]) -> None:
    assert sorted(edition) == ["en.brief.pdf", "en.brief.png", "it.brief.pdf", "it.brief.png"]
    for language in ("it", "en"):
        with pikepdf.open(edition[f"{language}.brief.pdf"]) as pdf:
            assert len(pdf.pages) == 1
            box = [float(x) for x in pdf.pages[0].mediabox]
            assert str(pdf.Root.Lang) == {"it": "it-IT", "en": "en-GB"}[language]
        assert box[2:] == pytest.approx([595.28, 841.89], abs=0.01)
        width, height, lines = image(edition[f"{language}.brief.png"])
        assert (width, height) == (1240, 1754)
        assert len(set(lines)) > 100 and lines.count(lines[-1]) < len(lines)


def test_both_standards_hold(edition: dict[str, Path]) -> None:
    if absent := verapdf.missing():
        pytest.skip(f"the test extra lacks {', '.join(absent)}")
    found = verapdf.failures([edition["it.brief.pdf"], edition["en.brief.pdf"]])
    assert len(found) == 4 and all(result["checks"] > 1000 for result in found.values())
    assert {key: result["failed"] for key, result in found.items() if result["failed"]} == {}


def test_the_first_three_numbers_that_are_there_with_how_sure_they_are(edition: dict[str, Path]) -> None:
    english, italian = text_of(edition["en.brief.pdf"]), text_of(edition["it.brief.pdf"])
    for part in (
        "34.6%",
        "95% CI: 31.0%–38.2%; n = 630",
        "€12,345",
        "line by line, €12,345",
        "40",
        "complete count",
    ):
        assert part in english
    for part in ("34,6%", "IC 95%: 31,0%–38,2%; n = 630", "12.345\u00a0€", "40", "conteggio completo"):
        assert part.replace("\u00a0", " ") in italian
    assert "never" not in english and "suppressed" not in english and "people who stay" not in english


def test_the_numbers_are_the_same_in_both_languages(edition: dict[str, Path]) -> None:
    def numbers(text: str, comma: str) -> list[float]:
        thousands = "." if comma == "," else ","
        found = re.findall(rf"(?<![\w/.-])\d+(?:[{thousands}]\d{{3}})*(?:[{comma}]\d+)?", text)
        return sorted(float(one.replace(thousands, "").replace(comma, ".")) for one in found)

    english, italian = text_of(edition["en.brief.pdf"]), text_of(edition["it.brief.pdf"])
    assert numbers(english, ".") == numbers(italian, ",") and len(numbers(english, ".")) > 10


def test_a_band_has_its_own_name(paper: Paper) -> None:
    prepared(paper)
    paper.spec = paper.spec.replace('"cost"', '"nothing"')
    assert "band 5–95: 1,008–4,009; n = 99" in text_of(made(paper)["en.brief.pdf"])


def test_what_a_real_study_says_and_a_simulated_one_does_not(edition: dict[str, Path], paper: Paper) -> None:
    real = text_of(edition["en.brief.pdf"])
    for part in ("Policy brief", "What to do", "Do one thing.", "What it does not tell", "Who cares: a sample paper",
                 "Because 34.6% of people care.", "15 January 2026", "papers/demo/sample/en.pdf", "CC BY 4.0", "Source: survey of the study, 2017",
                 "do not commit the bodies named", "Share with a care load, by gender (mean 34.6%)."):  # fmt: skip
        assert part in real
    assert "Real data." not in real and "Demonstration" not in real
    simulated = made(prepared(paper))
    for language, label, needs, forbidden in (
        (
            "en",
            "Demonstration study, simulated data",
            "What a real study needs",
            ("What to do", "Do one thing."),
        ),
        (
            "it",
            "Studio dimostrativo, dati simulati",
            "Per uno studio vero",
            ("Che cosa fare", "Fare una cosa."),
        ),
    ):
        text = text_of(simulated[f"{language}.brief.pdf"])
        assert label in text and needs in text and not any(one in text for one in forbidden)
        with pikepdf.open(simulated[f"{language}.brief.pdf"]) as pdf:
            assert str(pdf.docinfo.Title).startswith(f"{label}: ")


def test_a_study_replaces_single_entries(paper: Paper) -> None:
    prepared(paper)
    paper.texts = '[brief]\nwhy = { it = "Ragione propria.", en = "A reason of its own." }\n'
    text = text_of(made(paper)["en.brief.pdf"])
    assert "A reason of its own." in text and "Because" not in text and "It is no effect." in text


def test_too_much_text_is_refused_and_says_what_to_shorten(paper: Paper) -> None:
    prepared(paper)
    paper.spec = paper.spec.replace('["Non è un effetto."]', f'["{"Troppo testo. " * 400}"]')
    assert refusal(paper) == [
        "notebooks/sample.toml, [brief]: the policy brief does not fit one page. Shorten the brief's texts: message, why, what or needed, "
        "limits, and the text of the three numbers."
    ]


def test_every_fault_of_the_texts_at_once(paper: Paper) -> None:
    prepared(paper)
    paper.spec = (
        paper.spec.replace("why = {", "cause = {")
        .replace(', en = ["It is no effect."]', "")
        .replace(', en = "events."', "")
        .replace('"fig-none", ', '3, "fig-none", ')
        .replace("band = {", "strip = {")
    )
    paper.texts = '[brief]\nneeded = { it = ["Uno.", "Due."], en = ["One."] }\n'
    assert refusal(paper) == [
        "notebooks/sample.toml, [brief]: unknown entry 'cause'; allowed: numbers, figure, message, why, what, needed, limits",
        "notebooks/sample.toml, brief.limits.en: the 'en' text is missing",
        'notebooks/sample.toml, brief.figure: it is no list of figures; allowed: ["fig-…"]',
        "notebooks/sample.toml, brief.numbers 5 (events).text.en: the 'en' text is missing",
        "notebooks/sample.toml, brief.numbers 6: unknown entry 'strip'; allowed: key, text, band, uncertainty",
        f"{_texts(paper)}, brief.needed: different numbers of points",
        "notebooks/sample.toml, brief.why: why is missing",
    ]


def _texts(paper: Paper) -> str:
    return layout.read(paper.write()[1], paper.evidence, {}, paper.write()[2]).texts_name


def test_a_quoted_key_that_is_not_there_and_a_number_of_unknown_certainty(paper: Paper) -> None:
    prepared(paper)
    paper.spec = re.sub(r", uncertainty = \{.*?\} \}", " }", paper.spec).replace(
        'why = { it = "Perché `{val} share', 'why = { it = "Perché `{val} shore'
    )
    found = refusal(paper)
    assert found == [
        "notebooks/sample.toml, brief.numbers (cost): how sure cost is cannot be told: the evidence has neither interval nor n. "
        "Say it with uncertainty = { it, en }.",
        "notebooks/sample.toml, brief.why: number 'shore_with_care_load' is not in the evidence. Perhaps 'share_with_care_load'?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('"cost"', '"nothing"', ""),
        ('"events"', '"nothing"', ""),
        ('key = "', 'key = "no_', "no policy brief: 0 of its numbers of 3 are in the evidence"),
        ('"fig-care"]', "]", "no policy brief: none of its figures is in the evidence"),
    ],
)
def test_an_edition_without_matter_has_no_brief(paper: Paper, old: str, new: str, reason: str) -> None:
    prepared(paper)
    paper.spec = paper.spec.replace(BRIEF, BRIEF.replace(old, new))
    _, notebook, texts = paper.write()
    source = layout.read(notebook, paper.evidence, paper.outputs, texts)
    assert brief.lacking(source) == reason
    assert bool(made(paper)) is not bool(reason)


def test_a_notebook_without_a_brief_has_none(paper: Paper) -> None:
    assert made(paper) == {}


def test_two_builds_give_the_same_bytes(edition: dict[str, Path], tmp_path: Path) -> None:
    again = made(prepared(Paper(tmp_path), "public-record"))
    assert {name: path.read_bytes() for name, path in again.items()} == {
        name: path.read_bytes() for name, path in edition.items()
    }


def test_a_changed_value_changes_both_languages(edition: dict[str, Path], paper: Paper) -> None:
    prepared(paper, "public-record")
    paper.evidence["numbers"]["share_with_care_load"]["value"] = 0.777
    changed = made(paper)
    assert "77,7%" in text_of(changed["it.brief.pdf"]) and "77.7%" in text_of(changed["en.brief.pdf"])
    assert "34.6%" not in text_of(changed["en.brief.pdf"])


def test_a_study_that_replaces_one_entry_of_the_brief_leaves_the_others_read(paper: Paper) -> None:
    paper.spec += (
        '[brief]\nfigure = ["fig-care"]\nwhy = { it = "Riguarda il 34,6% di loro.", en = "It concerns 34.6% of them." }\n'
        'limits = { it = ["Il 34,6%."], en = ["Just 34.6%."] }\n'
    )
    paper.texts = '[brief]\nlimits = { it = ["Nessun effetto."], en = ["No effect."] }\n'
    record, notebook, texts = paper.write()
    source = layout.read(notebook, paper.evidence, outputs_of(record), texts)
    read = {str(one.place): one.source for one in lint.front_texts(source, "it")}
    assert read["notebooks/sample.toml, brief.why.it"] == "Riguarda il 34,6% di loro."
    assert [text for text in read.values() if text in ("Il 34,6%.", "Nessun effetto.")] == ["Nessun effetto."]
