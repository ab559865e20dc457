from __future__ import annotations

import pytest

from analysis.publish import layout, prose, quotes
from analysis.publish.render import outputs_of
from tests.publish.fixture import TEXTS, Paper, both, cell


def faults(paper: Paper, **options: object) -> list[str]:
    record, notebook, texts = paper.write()
    return [
        str(fault) for fault in prose.faults(notebook, paper.evidence, outputs_of(record), texts, **options)
    ]  # type: ignore[arg-type]


def composed(paper: Paper, language: str) -> prose.Prose:
    record, notebook, texts = paper.write()
    return prose.compose(layout.read(notebook, paper.evidence, outputs_of(record), texts), language)


def text(paper: Paper, language: str) -> str:
    return "\n".join(item.get("text", "") for item in composed(paper, language).items).replace("\\", "")


def test_the_sample_has_no_faults(paper: Paper) -> None:
    assert faults(paper) == []
    paper.texts = TEXTS
    assert faults(paper) == []


def test_numbers_follow_the_language(paper: Paper) -> None:
    italian, english = text(paper, "it"), text(paper, "en")
    assert "34,6%" in italian and "IC\xa095%: 31,0%–38,2%" in italian and "n = 630" in italian
    assert "34.6%" in english and "95%\xa0CI: 31.0%–38.2%" in english
    assert "12.345\u00a0€" in italian and "€12,345" in english
    assert "nel gruppo piccolo non pubblicato" in italian and "in the small group not shown" in english
    assert "Le donne hanno più spesso" in italian and "Women carry a load more often" in english
    assert "Tutti i 5 servizi" in italian


def test_cells_are_printed_by_what_the_study_has(paper: Paper) -> None:
    english = text(paper, "en")
    assert "There are no events." in english and "Text on events." not in english
    assert "The number is there." in english
    del paper.evidence["numbers"]["cost"]
    paper.change("q-it", "`{val} cost`", "x")
    paper.change("q-en", "`{val} cost`", "x")
    assert "The number is there." not in text(paper, "en")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "q-en", "{val} cost", "{val} costs",
            "notebooks/sample.ipynb, cell q-en, line 3: number 'costs' is not in the evidence. Perhaps 'cost'?",
        ),
        (
            "q-it", "{say} women_more", "{say} women_mor",
            "notebooks/sample.ipynb, cell q-it, line 3: statement 'women_mor' is not in the evidence. Perhaps 'women_more'?",
        ),
        ("q-en", "`{val} cost`", "`{val} cost.interval`", "notebooks/sample.ipynb, cell q-en, line 3: 'cost' has no 'interval'"),
        (
            "q-en", "@sec-method", "@sec-metod",
            "notebooks/sample.ipynb, cell q-en, line 5: reference to 'sec-metod', which does not exist. Perhaps 'sec-method'?",
        ),
        ("q-it", "@tbl-places", "tabella", "notebooks/sample.ipynb, cell places, line 1: the text never refers to @tbl-places"),
        (
            "q-en", "@greenhaus1985", "@greenhouse1985",
            "notebooks/sample.ipynb, cell q-en, line 3: citation 'greenhouse1985' is not in notebooks/references.bib. "
            "Perhaps 'greenhaus1985'?",
        ),
        (
            "m-it", ' {#eq-model alt="y con i uguale a beta zero più beta uno per c con i più errore"}', " {#eq-model}",
            'notebooks/sample.ipynb, cell m-it, line 7: formula without alternative text. $$ … $$ {#eq-… alt="…"}',
        ),
        (
            "m-en", "## Limits", "#### Limits",
            "notebooks/sample.ipynb, cell m-it, line 1: headings differ from the twin m-en: it=# sec-method, ##, ##, en=# sec-method, ##, ####",
        ),
        ("q-en", "Who carries", "![x](y.png) Who carries", "notebooks/sample.ipynb, cell q-en, line 3: image that does not come from ev.figure"),
        (
            "m-en", "# Method {#sec-method}", "# Method {#sec-question}",
            "notebooks/sample.ipynb, cell m-it, line 1: headings differ from the twin m-en: it=# sec-method, ##, ##, en=# sec-question, ##, ##",
        ),
    ],
)  # fmt: skip
def test_a_fault_names_cell_line_and_remedy(
    paper: Paper, name: str, old: str, new: str, message: str
) -> None:
    paper.change(name, old, new)
    assert message in faults(paper)


def test_messages_speak_italian(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALTRO_LANG", "it")
    paper.change("q-en", "{val} cost", "{val} costs")
    assert faults(paper) == [
        "notebooks/sample.ipynb, cella q-en, riga 3: il numero «costs» non è nell'evidenza. Forse «cost»?"
    ]


def test_missing_twin_stops_an_edition_but_not_a_draft_in_one_language(paper: Paper) -> None:
    paper.cells = [one for one in paper.cells if one["id"] != "no-en"]
    assert faults(paper) == ["notebooks/sample.ipynb, cell no-it, line 1: the English twin is missing"]
    assert faults(paper, languages=("it",)) == []
    paper.cells = [one for one in paper.cells if one["id"] != "no-it"]
    paper.cells.append(cell("late-en", "Late.", "lang-en"))
    assert faults(paper) == ["notebooks/sample.ipynb, cell late-en, line 1: the Italian twin is missing"]


def test_text_without_language(paper: Paper) -> None:
    paper.cells += [cell("loose", "Note."), cell("own", "For the reader of the notebook.", "notebook-only")]
    assert faults(paper) == [
        "notebooks/sample.ipynb, cell loose, line 1: text without a language; allowed: lang-it, lang-en, notebook-only"
    ]


def test_figures_need_caption_and_another_alternative_text(paper: Paper) -> None:
    head, figure = paper.spec.split("[figures.fig-care]")
    paper.spec = (
        head
        + "[figures.fig-care]\n"
        + 'caption = { it = "A", en = "Same." }\nalt = { it = "", en = "Same" }\n'
        + figure[figure.index("[tables.tbl-care]") :]
    )
    assert faults(paper) == [
        "notebooks/sample.toml, figures.fig-care.alt.it: missing: alternative text of fig-care",
        "notebooks/sample.toml, figures.fig-care.alt.en: fig-care: caption and alternative text are the same. "
        "The alternative text says what is to be seen.",
    ]


def test_missing_caption_and_front_matter(paper: Paper) -> None:
    paper.spec = paper.spec.replace('en = "Care loads by gender."', 'en = ""').replace(
        'en = ["care", "work–life balance"]', "en = []"
    )
    assert faults(paper) == [
        "notebooks/sample.toml, keywords.en: keywords is missing",
        "notebooks/sample.toml, tables.tbl-care.caption.en: missing: caption of tbl-care",
    ]


def test_captions_quote_the_evidence(paper: Paper) -> None:
    figure = next(item for item in composed(paper, "en").items if item["kind"] == "figure")
    assert figure["alt"].endswith("mean 34.6%.")
    paper.spec = paper.spec.replace("(mean `{val} share_with_care_load`)", "(mean `{val} shore`)")
    assert faults(paper) == [
        "notebooks/sample.toml, figures.fig-care.caption.en: number 'shore' is not in the evidence"
    ]


def test_a_duplicate_label_and_a_skipped_level(paper: Paper) -> None:
    for name in ("no-it", "no-en"):
        paper.change(name, ".", ".\n\n### Sotto {#sec-method}")
    assert faults(paper)[:2] == [
        "notebooks/sample.ipynb, cell no-it, line 3: label 'sec-method' is used twice",
        "notebooks/sample.ipynb, cell no-en, line 3: label 'sec-method' is used twice",
    ]


def test_a_study_adds_replaces_and_drops(paper: Paper) -> None:
    paper.texts = """
drop = ["sec-method"]
title = { it = "Titolo proprio", en = "Own title" }
[[paragraphs]]
replace = "sec-question"
it = "Testo dello studio: @fig-care, @tbl-care."
en = "The study's text: @fig-care, @tbl-care."
[[paragraphs]]
before = "fig-care"
it = "Prima."
en = "Before."
[[paragraphs]]
after = "fig-care"
it = "Dopo uno."
en = "After one."
[[paragraphs]]
after = "fig-care"
it = "Dopo due."
en = "After two."
"""
    assert faults(paper) == []
    made = composed(paper, "en")
    assert made.front["title"] == "Own title"
    order = [item.get("text", item.get("key", "")).split("\n")[0] for item in made.items]
    assert order[:6] == [
        "# Question {#sec-question}",
        "Before.",
        "fig-care",
        "After one.",
        "After two.",
        "tbl-care",
    ]
    assert not any(
        "Estimate" in item.get("text", "") or "Limits" in item.get("text", "") for item in made.items
    )


def test_faults_of_a_study_s_texts(paper: Paper) -> None:
    paper.texts = """
[[paragraphs]]
after = "fig-car"
it = "Uno."
[[paragraphs]]
it = "Due."
en = "Two."
"""
    assert faults(paper) == [
        "data/demo/texts/texts.toml, [[paragraphs]] 1: the 'en' text is missing",
        "data/demo/texts/texts.toml, [[paragraphs]] 1: 'fig-car' is not in this paper. Perhaps 'fig-care'?",
        "data/demo/texts/texts.toml, [[paragraphs]] 2: exactly one place is needed; allowed: after, before, replace",
    ]


def test_code_and_addresses_are_not_citations(paper: Paper) -> None:
    for name in ("no-it", "no-en"):
        paper.change(name, ".", ": `@nobody`, info@example.org.")
    assert faults(paper) == []


def test_a_number_stands_for_itself_in_markdown() -> None:
    evidence = {"numbers": {}, "statements": {"s": {"text": both("a *b*", "a *b*")}}}
    filled, found = quotes.fill("`{lit} *5*` `{say} s`", evidence, "en", quotes.Place("x"))
    assert (filled, found) == (r"\*5\* a *b*", [])


def test_cells_of_an_own_table_may_quote_and_cite(paper: Paper) -> None:
    quoted = ", `{val} share_with_care_load` [@greenhaus1985]"
    paper.texts = TEXTS.replace('"Portierato"', f'"Portierato{quoted}"').replace(
        '"Concierge"', f'"Concierge{quoted}"'
    )
    assert faults(paper) == []
    own = next(item for item in composed(paper, "en").items if item["kind"] == "own")
    assert own["table"]["rows"][0][0] == r"Concierge, 34\.6\% [@greenhaus1985]"
    assert own["plain"]["rows"][0][0] == "Concierge, 34.6% [@greenhaus1985]"
    paper.texts = paper.texts.replace("@greenhaus1985", "@nobody1999").replace("2018, 1234.25]", "2018]")
    assert faults(paper) == [
        "data/demo/texts/texts.toml, tables.tbl-own.rows: row of 2 cells; allowed: 3",
        "data/demo/texts/texts.toml, tables.tbl-own.rows: citation 'nobody1999' is not in notebooks/references.bib",
    ]


def test_a_collected_study_names_every_author_s_role_and_affiliation(paper: Paper) -> None:
    paper.evidence["context"]["provenance"] = "collected"
    paper.evidence["context"]["authors"].append({"name": "Bo Verifica"})
    assert faults(paper) == [
        "data/demo/study.toml, [[authors]]: the role in the project of Bo Verifica is missing",
        "data/demo/study.toml, [[authors]]: the affiliation of Bo Verifica is missing",
    ]
