"""Italian articles and prepositions before a quoted number that begins with a vowel when read aloud, or is zero: elided, lo, gli and their compounds."""

import json
import re

import pytest

from analysis.publish import layout, prose, render
from analysis.publish.quotes import QUOTE, Place, fill
from tests.publish.fixture import Paper

PLACE = Place("notebooks/sample.ipynb", "q-it")
SHARE = {"unit": "share", "digits": 1, "value": 0.857, "n": 11, "low": 0.459, "high": 0.66, "se": 0.012, "suppressed": False}  # fmt: skip
NUMBERS = {
    "share": SHARE,
    "first:share": SHARE,
    "third": {**SHARE, "value": 0.346},
    "change": {**SHARE, "unit": "share_points", "value": -0.0829},
    "cost": {"unit": "euro", "digits": 0, "value": 11_250, "suppressed": False},
    "hidden": {**SHARE, "suppressed": True},
}
STATEMENTS = {"more": {"text": {"it": "8 su 10 (**il più**).", "en": "8 in 10 (**the most**)."}}}
EVIDENCE = {"numbers": NUMBERS, "statements": STATEMENTS}
PAIRS = {
    "il": "l'",
    "del": "dell'",
    "dal": "dall'",
    "al": "all'",
    "nel": "nell'",
    "sul": "sull'",
    "Il": "L'",
    "Del": "Dell'",
    "Dal": "Dall'",
    "Al": "All'",
    "Nel": "Nell'",
    "Sul": "Sull'",
}
ELIDED = "8 8% 8,4% 8° 80% 85,7% 89 800 899,5 8.000 80.000 800.000 8.000.000 8\u00a0000 11 11% 11,5% 11.000 11000 11.000.000 11\u202f250 1 1% 1,5% 1,000"
WHOLE = "01 2 3,8 7% 9 10 12 18% 100 101 108 110 111 118,8 1.000 1000 1.800 1.000.000 1\u00a0000 1\u202f800 110.000 1100 1861 111.000 −8 −0,29 −11% -1 <0,001 ∞ +8 1° 1º n8"  # fmt: skip


def filled(text: str, language: str = "it", **options: bool) -> str:
    made, faults = fill(text, EVIDENCE, language, PLACE, **options)
    assert faults == []
    return made


@pytest.mark.parametrize(("article", "short"), PAIRS.items())
def test_before_a_vowel_the_article_is_elided_before_zero_lo_and_before_any_other_number_it_is_whole(
    article: str, short: str
) -> None:
    for number in ELIDED.split(" "):
        text = f"{article} `{{lit}} {number}` delle persone"
        assert filled(text, markdown=False) == f"{short}{number} delle persone"
        assert filled(text, "en", markdown=False) == f"{article} {number} delle persone"
    for number in ("0", "0,0%", "0,8%", "0,05"):
        zero = {"il": "lo", "Il": "Lo"}.get(article, f"{article}lo")
        for space in (" ", "\n", " **"):
            text = f"{article}{space}`{{lit}} {number}` delle persone"
            assert filled(text, markdown=False) == f"{zero}{space}{number} delle persone"
            assert filled(text, "en", markdown=False) == f"{article}{space}{number} delle persone"
    for number in WHOLE.split(" "):
        text = f"{article} `{{lit}} {number}` delle persone"
        assert filled(text, markdown=False) == f"{article} {number} delle persone"


PLURALS = {
    "i": "gli",
    "dei": "degli",
    "dai": "dagli",
    "ai": "agli",
    "nei": "negli",
    "sui": "sugli",
    "I": "Gli",
    "Dei": "Degli",
    "Dai": "Dagli",
    "Ai": "Agli",
    "Nei": "Negli",
    "Sui": "Sugli",
}


@pytest.mark.parametrize(("article", "long"), PLURALS.items())
def test_before_a_vowel_or_zero_the_plural_article_is_gli(article: str, long: str) -> None:
    for number in ("8", "80", "11", "8.000", "0"):
        for space in (" ", "\n", "\u00a0", " **"):
            text = f"{article}{space}`{{lit}} {number}` comuni"
            assert filled(text, markdown=False) == f"{long}{space}{number} comuni"
            assert filled(text, "en", markdown=False) == f"{article}{space}{number} comuni"
    for number in ("2", "7", "10", "108", "1.800", "01"):
        text = f"per {article} `{{lit}} {number}` comuni"
        assert filled(text, markdown=False) == f"per {article} {number} comuni"
    for text in ("poi `{lit} 8`", "quasi `{lit} 8`", "lui `{lit} 8`", "i quali `{lit} 8`"):
        assert filled(text, markdown=False) == text.replace("`{lit} 8`", "8")


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("Cura il `{val} share` (il `{val} third`).", "Cura l'85,7% (il 34,6%)."),
        ("Il `{val} first:share`, nel `{val} share` e il `{val} change`", "L'85,7%, nell'85,7% e il −8,3"),
        ("Uno.\n\nDal `{val} third` al `{val} share`.", "Uno.\n\nDal 34,6% all'85,7%."),
        ("# Il `{val} share`\n\n- nel `{val} share`", "# L'85,7%\n\n- nell'85,7%"),
        ("«Il `{val} share`» (del `{val} share.n`)", "«L'85,7%» (dell'11)"),
        ("del `{val} cost`, sul\u00a0`{val} share`", "dell'11.250\u00a0€, sull'85,7%"),
        ("**il `{val} share`** e _Il `{val} share`_", "**l'85,7%** e _L'85,7%_"),
        ("il **`{val} share`**, al *`{val} third`*", "l'**85,7%**, al *34,6%*"),
        ("del\n  `{val} share`, del\n`{val} third`", "dell'85,7%, del\n34,6%"),
        ("al `{val} share.se`", "all'1,2"),
        ("un `{val} share`, Un `{lit} 8%`, uno `{lit} 8`", "un 85,7%, Un 8%, uno 8"),
    ],
)
def test_running_text(text: str, printed: str) -> None:
    assert filled(text, markdown=False) == printed
    whole = re.sub(r"\[(.+?)\]\{\.value of=\"[\w:]+\"\}", r"\1", filled(text, trace=True))
    assert whole.replace("\\", "") == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("il `{val} share.interval`", "il IC\u00a095%: 45,9%–66,0%"),
        ("il `{val} hidden`", "il non pubblicato"),
        ("il `{say} more`", "il 8 su 10 (**il più**)."),
        ("da `{val} share.low` a `{val} share.high`", "da 45,9% a 66,0%"),
        ("il fil `{val} share`, il: `{val} share`", "il fil 85,7%, il: 85,7%"),
        ("il 8%, il (`{val} share`)", "il 8%, il (85,7%)"),
        ("il\n\n`{val} share`", "il\n\n85,7%"),
        ("il  \n`{val} share`", "il  \n85,7%"),  # a line break by two spaces
        ("``il `{val} share` ``", "``il 85,7% ``"),
        ("```\nil `{val} share`\n```", "```\nil 85,7%\n```"),
        ("$del `{val} share`$", "$del 85,7%$"),
    ],
)
def test_what_is_no_article_before_a_number_is_left_alone(text: str, printed: str) -> None:
    made = filled(text, markdown=False)
    assert made.replace("\u00a0", " ") == printed.replace("\u00a0", " ")


def test_english_and_unknown_keys_are_left_alone() -> None:
    assert filled("Al `{val} share`, il **`{val} share`**", "en") == "Al 85\\.7\\%, il **85\\.7\\%**"
    made, faults = fill("uno\nil\n`{val} 8`", EVIDENCE, "it", PLACE)
    assert made == "uno\nil\n??8??" and ", line 3: " in str(faults[0])


def test_a_mark_encloses_the_number_alone() -> None:
    assert filled("nel `{val} share`", trace=True) == 'nell\'[85\\,7\\%]{.value of="share"}'


def test_every_text_of_a_paper_is_elided_in_italian_and_the_twins_quote_the_same(paper: Paper) -> None:
    assert QUOTE.findall("il `{val} share` e un `{lit} 8`") == [("val", "share"), ("lit", "8")]
    paper.evidence["numbers"]["share_with_care_load"]["value"] = 0.857
    paper.spec = paper.spec.replace("media `{val}", "per il `{val}")
    record, notebook, texts = paper.write()
    evidence = json.loads((record / "evidence.json").read_text(encoding="utf-8"))
    made = prose.compose(layout.read(notebook, evidence, paper.outputs, texts), "it")
    assert list(made.faults) == []
    text = next(item for item in made.items if item["cell"] == "q-it")
    figure = next(item for item in made.items if item["kind"] == "figure")
    assert "cura? L'85" in text["text"] and "cura? L'[85" in text["marked"]
    assert "per l'85" in figure["caption"] and "per l'85" in figure["alt"]
    assert "inventati*: l'85" in made.front["abstract"]
    render.render(record, notebook, texts, paper.folder / "out", formats=("html",))
    page = (paper.folder / "out" / "it.html").read_text(encoding="utf-8")
    words = re.sub(r"<[^>]+>", "", page)
    assert "cura? L’85,7%" in words and "per l’85,7%" in words and "L'85" not in words
