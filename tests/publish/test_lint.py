"""Numbers typed by hand, twins that do not agree or are out of date, evidence that nothing quotes, TOML that cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from analysis import cli
from analysis.batch import scaffold
from analysis.errors import ProseError
from analysis.publish import layout, lint, numerals, toml, twins
from analysis.publish.render import outputs_of
from tests.publish.fixture import Paper, both, cell
from tests.publish.test_prose import faults, text

ROOT = Path(__file__).parents[2]
PLACE = "notebooks/sample.ipynb, cell no-{}, line 1: "


# -- numbers typed by hand ---------------------------------------------------------------------------------------------

NUMBERS = {
    "share": {"unit": "share", "digits": 1, "value": 0.346, "n": 630, "low": 0.310, "high": 0.382},
    "cost": {"unit": "euro", "digits": 0, "value": 12345.4},
    "people": {"unit": "persons", "value": 1234.4},
    "few": {"unit": "count", "value": 7},
    "some": {"unit": "count", "value": 24},
    "gap": {"unit": "points", "value": -0.58, "digits": 2},
    "hours": {"unit": "hours", "value": 36.0},
    "first": {"unit": "year", "value": 2017},
    "hidden": {"unit": "share", "value": None, "suppressed": True},
}


def repeated(text: str, language: str) -> list[str | None]:
    return [numerals.entry(number, NUMBERS) for number in numerals.typed(text, language)]


@pytest.mark.parametrize(
    ("language", "typed", "key"),
    [
        ("it", "il 34,6% delle persone", "share"),
        ("it", "il 34,6 % delle persone", "share"),
        ("it", "il 34,6 per cento", "share"),
        ("it", "il 34.6% delle persone", "share"),  # the English way, in Italian
        ("it", "una quota di 0,346", "share"),
        ("it", "fra il 31,0% e", "share.low"),
        ("it", "fino al 38,2%.", "share.high"),
        ("it", "hanno risposto 630 persone", "share.n"),
        ("it", "costa 12.345 euro", "cost"),
        ("it", "costa 12.345 €", "cost"),
        ("it", "costa € 12.345", "cost"),
        ("it", "costa 12\u00a0345 euro", "cost"),
        ("it", "sono 1.234", "people"),
        ("it", "sono 1.230", "people"),  # in three significant digits
        ("it", "sono 24 servizi", "some"),
        ("it", "in media 36 ore", "hours"),
        ("it", "una differenza di −0,58 punti", "gap"),
        ("en", "34.6% of people", "share"),
        ("en", "34.6 per cent", "share"),
        ("en", "34.6 percent", "share"),
        ("en", "a share of 0.346", "share"),
        ("en", "it costs €12,345", "cost"),
        ("en", "they are 1,234", "people"),
        ("en", "they are 1234", "people"),
        ("en", "36 hours a week", "hours"),
    ],
)
def test_a_number_that_repeats_the_evidence_is_found(language: str, typed: str, key: str) -> None:
    assert repeated(typed, language) == [key]


@pytest.mark.parametrize(
    ("language", "typed"),
    [
        ("it", "il 35% delle persone"),  # another number
        ("it", "in 34 ore"),
        ("it", "sono 7 servizi"),  # a single digit of no unit
        ("it", "36 mesi"),  # another unit
        ("it", "24% delle imprese"),
        ("it", "nel 2017, fra il 2016 e il 2018"),
        ("it", "il 24 marzo 2026"),
        ("it", "[@greenhaus1985, pp. 630--634; @rao2015, cap. 24]"),
        ("it", "@rao2015 [p. 630]"),
        ("it", "# 24. Titolo"),
        ("it", "24. una voce"),
        ("it", "24) una voce"),
        ("it", "l'indice WHO-24 e il modello A24"),
        ("it", "la formula $x = 0,346$ e $$ n = 630 $$"),
        ("it", "## Titolo {#sec-630}"),
        ("it", "[qui](https://example.org/630) e https://example.org/0.346"),
        ("it", "il 24° percentile, la legge 630/2000, ore 24:36"),
        ("en", "24 March 2026, March 24, 2026"),
        ("en", "the 24th percentile, a 36-hour week"),
    ],
)
def test_years_headings_locators_labels_and_formulas_are_exempt(language: str, typed: str) -> None:
    assert [key for key in repeated(typed, language) if key] == []


def test_a_typed_number_is_a_fault_wherever_it_stands(paper: Paper) -> None:
    paper.change("no-it", ".", ": il 34,6% delle persone.")
    paper.change("no-en", ".", ": 34.6% of people.")
    paper.spec = (
        paper.spec.replace("Care loads by gender.", "Care loads by gender (n = 630).")
        .replace("Two bars:", "Two bars, 34.6% the first:")
        .replace("A trial of the chain", "12,345 euros: a trial of the chain")
    )
    paper.texts = '[[paragraphs]]\nafter = "fig-care"\nit = "Testo."\nen = "Of them 38.2% are women."\n'
    told = "typed number '{0}': in the evidence it is '{1}'. Write `{{val}} {1}`, or `{{lit}} {0}` if it is another number."
    share = "share_with_care_load"
    assert faults(paper) == [
        PLACE.format("it") + told.format("34,6%", share),
        "notebooks/sample.toml, abstract.en: " + told.format("12,345 euros", "cost"),
        "notebooks/sample.toml, figures.fig-care.alt.en: " + told.format("34.6%", share),
        "data/demo/texts/texts.toml, [[paragraphs]] 1: " + told.format("38.2%", f"{share}.high"),
        "notebooks/sample.toml, tables.tbl-care.caption.en: " + told.format("630", f"{share}.n"),
        PLACE.format("en") + told.format("34.6%", share),
    ]


def test_lit_and_code_are_exempt_and_the_remedy_works(paper: Paper) -> None:
    paper.change("no-it", ".", ": il `{lit} 34,6%`, `12.345 euro`, il `{val} share_with_care_load`.")
    paper.change("no-en", ".", ": `{lit} 34.6%`, `12,345 euros`, `{val} share_with_care_load`.")
    assert faults(paper) == []
    assert "il 34,6%, `12.345 euro`, il 34,6%" in text(paper, "it")


def test_a_typed_number_is_told_in_italian(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTRO_LANG", "it")
    paper.change("no-it", ".", ": costa 12.345 €.")
    assert faults(paper) == [
        "notebooks/sample.ipynb, cella no-it, riga 1: numero scritto a mano «12.345 €»: nell'evidenza è «cost». "
        "Scrivere `{val} cost`, o `{lit} 12.345 €` se è un altro numero."
    ]


# -- twins -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("q-en", "[@greenhaus1985, p. 76]", "", "q-it, line 3: citations differ from the twin q-en: it=@greenhaus1985, en=—"),
        ("q-en", "@sec-method", "the method", "q-it, line 5: cross-references differ from the twin q-en: it=@sec-method, en=—"),
        ("q-en", "`{val} cost`", "`{val} cost`, `{val} share_with_care_load.low`", "q-it, line 1: evidence keys differ from the twin q-en: it=—, en={val} share_with_care_load.low"),
        ("q-it", "`{say} women_more`", "", "q-it, line 1: evidence keys differ from the twin q-en: it=—, en={say} women_more"),
        ("m-it", "{#eq-model", "{#eq-modello", "m-it, line 1: labels differ from the twin m-en: it=eq-modello, en=eq-model"),
        ("m-en", "## Limits", "### Limits", "m-it, line 1: headings differ from the twin m-en: it=# sec-method, ##, ##, en=# sec-method, ##, ###"),
    ],
)  # fmt: skip
def test_twins_that_differ_say_in_what(paper: Paper, name: str, old: str, new: str, message: str) -> None:
    paper.change(name, old, new)
    assert f"notebooks/sample.ipynb, cell {message}" in faults(paper)


def test_twins_may_show_the_same_only(paper: Paper) -> None:
    paper.cells += [
        cell("s-it", "## Uno\n\n`{show} fig-care`", "lang-it", "slide"),
        cell("s-en", "## One\n\n`{show} tbl-care`", "lang-en", "slide"),
    ]
    assert faults(paper) == [
        "notebooks/sample.ipynb, cell s-it, line 3: evidence keys differ from the twin s-en: it={show} fig-care, en={show} tbl-care"
    ]


def test_captions_and_paragraphs_quote_the_same_in_both_languages(paper: Paper) -> None:
    paper.spec = paper.spec.replace(" (mean `{val} share_with_care_load`)", "")
    paper.texts = (
        '[[paragraphs]]\nafter = "fig-care"\nit = "Si veda [@greenhaus1985]."\nen = "See elsewhere."\n'
    )
    assert faults(paper) == [
        "notebooks/sample.toml, figures.fig-care.caption: evidence keys differ between Italian and English: "
        "it={val} share_with_care_load, en=—",
        "data/demo/texts/texts.toml, [[paragraphs]] 1: citations differ between Italian and English: it=@greenhaus1985, en=—",
    ]


def test_a_stale_twin_stops_an_edition_but_not_a_draft_in_italian(paper: Paper) -> None:
    twin = next(one for one in paper.cells if one["id"] == "no-en")
    twin["metadata"]["altro"] = {"translates": twins.mark("Non ci sono eventi.")}
    assert faults(paper) == []
    paper.change("no-it", "eventi", "incontri")
    message = (
        PLACE.format("en")
        + "the Italian no-it has changed since the translation was accepted. Revise the English, then: altro twins --accept sample no-en"
    )
    assert faults(paper) == [message]
    assert faults(paper, languages=("it",)) == [] and faults(paper, languages=("en",)) == [message]
    twin["metadata"]["altro"] = {}
    assert faults(paper) == [
        message.replace(
            "the Italian no-it has changed since the translation was accepted",
            "the translation of no-it was never accepted",
        )
    ]


def test_one_mark_for_new_notebooks_and_for_the_check() -> None:
    assert scaffold.translates("Una città.") == twins.mark("Una città.")


# -- evidence never used -----------------------------------------------------------------------------------------------


def unused(paper: Paper) -> list[str]:
    record, notebook, texts = paper.write()
    return [
        str(fault) for fault in lint.unused(layout.read(notebook, paper.evidence, outputs_of(record), texts))
    ]


def test_evidence_that_nothing_quotes_is_told(paper: Paper) -> None:
    assert unused(paper) == []
    paper.evidence["numbers"] |= {
        name: {"unit": "count", "value": 3} for name in ("spare", "tag", "alt", "own", "brief")
    }
    paper.evidence["statements"]["nobody"] = {"form": "higher", "text": both("Sì.", "Yes.")}
    paper.evidence["tables"]["tbl-spare"] = paper.evidence["tables"]["tbl-places"]
    paper.evidence["methods"] = {"mth-design": {"topic": "sampling"}}
    paper.outputs["care"].append({"metadata": {"altro": {"kind": "number", "key": "spare"}}, "data": {}})
    paper.cells += [
        cell("t-it", "C'è.", "lang-it", "when:tag"),
        cell("t-en", "It is.", "lang-en", "when:tag"),
    ]
    paper.spec = paper.spec.replace("media `{val}", "media `{val} alt.n`, `{val}")
    paper.spec += '[brief]\nnumbers = [{ key = "brief", text = { it = "x", en = "x" } }]\n'
    paper.texts = '[[paragraphs]]\nafter = "fig-care"\nit = "`{val} own`"\nen = "`{val} own`"\n'
    assert unused(paper) == [
        "notebooks/sample.ipynb, cell care, line 1: no text quotes the number 'spare'",
        "notebooks/sample.ipynb: no text quotes the statement 'nobody'",
        "notebooks/sample.ipynb: no text quotes the table 'tbl-spare'",
    ]


# -- TOML --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("drop = []\nx = = 3\n", "t.toml, line 2: after '=' a text in quotation marks is needed, a number, a list […] or a pair { it = …, en = … } ('x = = 3')"),
        ("una riga qualsiasi\n", "t.toml, line 1: a name followed by '=' is needed here, or a section in square brackets ('una riga qualsiasi')"),
        ('it = "uno "due" tre"\n', "t.toml, line 1: something follows the value: usually a quotation mark that closes too early ('it = \"uno \"due\" tre\"')"),
        ('it = "uno\ndue"\n', "t.toml, line 1: a text is not closed: a text of several lines stands between three quotation marks, at either end ('it = \"uno')"),
        ('it = "$\\sum$"\n', "t.toml, line 1: in a quoted text a backslash \\ must be doubled, or the text put between apostrophes ('it = \"$\\sum$\"')"),
        ('it = { a = "x"\n', "t.toml, line 1: a pair is not closed: '}' or a comma is missing, or the line breaks within the braces ('it = { a = \"x\"')"),
        ('it = "a"\nit = "b"\n', "t.toml, line 2: the same name, or the same section, appears twice ('it = \"b\"')"),
        ("[[paragraphs]\nit = 'x'\n", "t.toml, line 1: a section is not closed: ']' is missing ('[[paragraphs]')"),
    ],
)  # fmt: skip
def test_a_toml_file_that_cannot_be_read_says_where_and_why(
    tmp_path: Path, content: str, message: str
) -> None:
    path = tmp_path / "t.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ProseError) as stopped:
        toml.read(path, "t.toml")
    assert [str(fault) for fault in stopped.value.faults] == [message]


def test_a_section_that_is_not_known_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text('drop = "sec-x"\n[[paragraph]]\nit = "x"\n', encoding="utf-8")
    with pytest.raises(ProseError) as stopped:
        toml.texts(path, "t.toml")
    assert [str(fault) for fault in stopped.value.faults] == [
        "t.toml: 'drop' will not do so; allowed: drop = [\"…\"]",
        "t.toml: 'paragraph' is not known; allowed: paragraphs, tables, drop, brief, title, abstract, keywords, jel. Perhaps 'paragraphs'?",
    ]


# -- altro twins -------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one new notebook, its first version committed."""
    root = tmp_path / "città prova"
    (root / "notebooks").mkdir(parents=True)
    (root / "data").mkdir()
    monkeypatch.setenv("ALTRO_ROOT", str(root))
    assert cli.main(["new", "--notebook", "figures"]) == 0
    return root


def git(root: Path, *arguments: str) -> None:
    named = {
        f"GIT_{who}_{what}": "t@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True, env={**os.environ, **named})  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = cli.main(["twins", *arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def edit(root: Path, old: str, new: str) -> None:
    path = root / "notebooks" / "figures.ipynb"
    whole = path.read_text(encoding="utf-8")
    assert old in whole
    path.write_text(whole.replace(old, new, 1), encoding="utf-8", newline="\n")


def test_twins_shows_what_has_changed_and_accepts_it(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told(capsys) == (0, "Every English text is up to date.\n", "")
    git(project, "init", "-q")
    git(project, "add", "notebooks")
    git(project, "commit", "-qm", "first")
    edit(project, "descrivono chi ha risposto", "riguardano chi ha risposto")
    git(project, "commit", "-qam", "second")
    code, shown, _ = told(capsys)
    assert code == 1
    assert shown.splitlines() == [
        "notebooks/figures.ipynb: the English text limits-en no longer goes with the Italian limits-it",
        "  --- accepted",
        "  +++ now",
        "  @@ -1,3 +1,3 @@",
        "   # Limiti {#sec-limits}",
        "   ",
        "  -Le quote non sono ponderate e descrivono chi ha risposto, non la popolazione. Chi non ha risposto alla domanda è escluso.",
        "  +Le quote non sono ponderate e riguardano chi ha risposto, non la popolazione. Chi non ha risposto alla domanda è escluso.",
    ]
    path = project / "notebooks" / "figures.ipynb"
    before = path.read_bytes()
    old = json.loads(before)
    monkeypatch.setenv("ALTRO_LANG", "it")
    assert told(capsys, "--accept", "notebooks/figures.ipynb", "limits-it") == (
        0,
        "limits-en: accettato come traduzione di limits-it.\n",
        "",
    )
    after = path.read_bytes()
    changed = [i for i, (a, b) in enumerate(zip(before, after)) if a != b]
    assert len(before) == len(after) and 0 < len(changed) <= 12 and changed[-1] - changed[0] < 12
    twin = next(one for one in json.loads(after)["cells"] if one["id"] == "limits-en")
    assert twin["metadata"]["altro"]["translates"] == twins.mark(
        "".join(next(one for one in old["cells"] if one["id"] == "limits-it")["source"])
    )
    assert told(capsys) == (0, "Ogni testo inglese è aggiornato.\n", "")
    assert (
        told(capsys, "--accept", "figures", "limits-en")[1] == "limits-en: la traduzione era già accettata.\n"
    )


def test_without_history_the_present_italian_is_shown(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(project, "descrivono chi ha risposto", "riguardano chi ha risposto")
    code, shown, _ = told(capsys)
    assert code == 1
    assert shown.splitlines()[:3] == [
        "notebooks/figures.ipynb: the English text limits-en no longer goes with the Italian limits-it",
        "  The version accepted is not in git's history. The Italian now:",
        "  | # Limiti {#sec-limits}",
    ]


@pytest.mark.parametrize("indent", [1, None, 2])
def test_accepting_a_twin_without_a_mark_changes_nothing_else(project: Path, indent: int | None) -> None:
    path = project / "notebooks" / "figures.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    twin = next(one for one in book["cells"] if one["id"] == "limits-en")
    mark = twin["metadata"].pop("altro")
    path.write_text(json.dumps(book, ensure_ascii=indent is None, indent=indent) + "\n\n", encoding="utf-8")
    assert [one.mark for one in twins.of_notebook(path)] == [""]
    twins.accept(path.parent, "figures", "limits-en")
    twin["metadata"] = {"altro": mark, **twin["metadata"]}
    expected = json.dumps(book, ensure_ascii=indent is None, indent=indent) + "\n\n"
    whole = path.read_text(encoding="utf-8")
    assert json.loads(whole) == book
    assert whole == expected if indent != 2 else whole.count("\n") == expected.count("\n")
    assert sorted(file.name for file in path.parent.iterdir()) == ["figures.ipynb", "figures.toml"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--accept", "figure", "limits-en"), "✗ altro twins --accept: unknown notebook 'figure'; allowed: figures\n"),
        (("--accept", "figures", "limit-en"), "✗ altro twins --accept: 'limit-en' is no twin cell of figures. Perhaps 'limits-en'?\n"),
        (("--accept", "figures", "count"), "✗ altro twins --accept: 'count' is no twin cell of figures\n"),
    ],
)  # fmt: skip
def test_a_wrong_call_ends_with_two(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert told(capsys, *arguments) == (2, "", message)


def test_the_notebooks_here_have_no_stale_twin() -> None:
    assert [one for path in (ROOT / "notebooks").glob("*.ipynb") for one in twins.of_notebook(path)] == []
