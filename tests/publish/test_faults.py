"""Every mistake that papers.md §7 lists, and the whole message that the author reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analysis.errors import ProseError
from analysis.publish import pandoc
from tests.publish.fixture import TEXTS, Paper, both, output
from tests.publish.test_prose import faults
from tests.publish.test_render import made

Change = Callable[[Paper], None]
CELL = "notebooks/sample.ipynb, cell {}, line {}: "
ALT = ' alt="y con i uguale a beta zero più beta uno per c con i più errore"'


def twice(old: str, new: str) -> Change:
    """The same change in the Italian and in the English cell that hold `old`."""

    def change(paper: Paper) -> None:
        for one in paper.cells:
            if old in one["source"] and one["cell_type"] == "markdown":
                paper.change(one["id"], old, new)

    return change


def spec(old: str, new: str) -> Change:
    def change(paper: Paper) -> None:
        assert old in paper.spec
        paper.spec = paper.spec.replace(old, new)

    return change


def texts(old: str, new: str) -> Change:
    def change(paper: Paper) -> None:
        assert old in TEXTS
        paper.texts = TEXTS.replace(old, new)

    return change


def failed(paper: Paper) -> None:
    error = {
        "output_type": "error",
        "ename": "NameError",
        "evalue": "name 'care' is not defined",
        "traceback": [],
    }
    paper.outputs["places"] = [error, output("table", "tbl-places")]


ROWS: list[tuple[str, Change, list[str]]] = [
    (
        "citation key not in the bibliography",
        twice("@greenhaus1985", "@nonesiste2020"),
        [
            CELL.format(f"q-{language}", 3) + "citation 'nonesiste2020' is not in notebooks/references.bib"
            for language in ("it", "en")
        ],
    ),
    (
        "cross-reference to nothing",
        twice("@tbl-places", "@tbl-places e @tbl-place"),
        [
            CELL.format(f"q-{language}", 5)
            + "reference to 'tbl-place', which does not exist. Perhaps 'tbl-places'?"
            for language in ("it", "en")
        ],
    ),
    (
        "link to nothing",
        twice("@sec-method", "@sec-method [qui](#sec-limits)"),
        [
            CELL.format(f"q-{language}", 5) + "reference to 'sec-limits', which does not exist. Perhaps 'sec-method'?"
            for language in ("it", "en")
        ],
    ),
    (
        "duplicate label",
        twice("{#sec-method}\n\n## ", "{#sec-method}\n\n## Nuovo {#sec-question}\n\n## "),
        [
            CELL.format(f"m-{language}", 3) + "label 'sec-question' is used twice"
            for language in ("it", "en")
        ],
    ),
    (
        "figure without alternative text",
        spec('alt = { it = "Due colonne: la prima, delle donne, è più alta; media `{val} share_with_care_load`."', 'alt = { it = ""'),
        ["notebooks/sample.toml, figures.fig-care.alt.it: missing: alternative text of fig-care"],
    ),
    (
        "figure without caption",
        spec('caption = { it = "Quota con carico di cura, per genere (media `{val} share_with_care_load`).", en', 'caption = { it = "", en'),
        ["notebooks/sample.toml, figures.fig-care.caption.it: missing: caption of fig-care"],
    ),
    (
        "caption used as alternative text",
        spec("Two bars: the first, of women, is higher; mean `{val} share_with_care_load`.", "Share with a care load, by gender (mean `{val} share_with_care_load`)"),
        [
            "notebooks/sample.toml, figures.fig-care.alt.en: fig-care: caption and alternative text are the same. "
            "The alternative text says what is to be seen."
        ],
    ),
    (
        "table without caption",
        spec('en = "Inhabitants by municipality."', 'en = ""'),
        ["notebooks/sample.toml, tables.tbl-places.caption.en: missing: caption of tbl-places"],
    ),
    (
        "table without header",
        texts('columns = { it = ["Servizio", "Anno", "Quota"], en = ["Service", "Year", "Share"] }', 'columns = { it = ["", "", ""], en = ["", "", ""] }'),
        [
            f'data/demo/texts/texts.toml, tables.tbl-own.columns.{language}: tbl-own: table without a header. columns = {{ it = ["…"], en = ["…"] }}'
            for language in ("it", "en")
        ],
    ),
    (
        "figure never referred to",
        twice("@fig-care", "figura"),
        [CELL.format("care", 1) + "the text never refers to @fig-care"],
    ),
    (
        "error output in a cell",
        failed,
        [CELL.format("places", 1) + "the cell ended in an error (NameError: name 'care' is not defined)"],
    ),
    (
        "{val} typo",
        twice("{val} cost`", "{val} costt`"),
        [
            CELL.format(f"q-{language}", 3) + "number 'costt' is not in the evidence. Perhaps 'cost'?"
            for language in ("it", "en")
        ],
    ),
    (
        "unknown part of a {val}",
        twice("share_with_care_load.n`", "share_with_care_load.intervall`"),
        [
            CELL.format(f"q-{language}", 3)
            + "'share_with_care_load' has no part 'intervall'; allowed: interval, n, low, high, se. Perhaps 'interval'?"
            for language in ("it", "en")
        ],
    ),
    (
        "part that this number lacks",
        twice("`{val} cost`", "`{val} cost.interval`"),
        [CELL.format(f"q-{language}", 3) + "'cost' has no 'interval'" for language in ("it", "en")],
    ),
    (
        "unknown word in braces",
        twice("`{val} cost`", "`{var} cost`"),
        [
            CELL.format(f"q-{language}", 3) + "'{var}' is not known; allowed: {val}, {say}, {lit}, {show}, {paper}. Perhaps 'val'?"
            for language in ("it", "en")
        ],
    ),
    (
        "{show} within a sentence",
        twice("`{val} cost`", "`{show} fig-care`"),
        [
            CELL.format(f"q-{language}", 3)
            + "'{show}' stands alone in its paragraph. Within a text, refer to it by @fig-… or @tbl-…."
            for language in ("it", "en")
        ],
    ),
    (
        "skipped heading level",
        twice("## Limit", "#### Limit"),
        [
            CELL.format(f"m-{language}", 12) + "level 4 heading after level 2; allowed: 1–3"
            for language in ("it", "en")
        ],
    ),
    (
        "first heading not of level 1",
        lambda paper: (paper.change("q-it", "# Domanda", "## Domanda"), paper.change("q-en", "# Question", "## Question")),  # type: ignore[return-value]
        [
            CELL.format(f"q-{language}", 1) + "the first heading is of level 2; allowed: 1"
            for language in ("it", "en")
        ],
    ),
    (
        "no title",
        spec('en = "Who cares: a sample paper – with a dash"', 'en = " "'),
        ["notebooks/sample.toml, title.en: title is missing"],
    ),
    (
        "\\newcommand",
        twice("$$ y_i", "$$ \\newcommand{\\b}{\\beta} y_i"),
        [
            CELL.format(f"m-{language}", 7)
            + "'\\newcommand' cannot be used. Write the formula out in full, each time."
            for language in ("it", "en")
        ],
    ),
    (
        "formula without alternative text",
        lambda paper: paper.change("m-it", ALT, ""),
        [CELL.format("m-it", 7) + 'formula without alternative text. $$ … $$ {#eq-… alt="…"}'],
    ),
    (
        "formula not closed",
        twice(" $$ {#eq", " {#eq"),
        [
            CELL.format(f"m-{language}", 7) + "'$$' opened and not closed. $$ … $$ {#eq-… alt=\"…\"}"
            for language in ("it", "en")
        ],
    ),
    (
        "note without its text",
        lambda paper: (paper.change("q-it", "^[Una nota.]", "[^1]"), paper.change("q-en", "^[A note.]", "[^1]")),  # type: ignore[return-value]
        [
            CELL.format(f"q-{language}", 5) + "the text of note '1' is missing. Simpler: ^[Text of the note.]"
            for language in ("it", "en")
        ],
    ),
    (
        "HTML in the text",
        twice("Tutti i ", "Tutti<br> i "),
        [
            CELL.format("q-it", 5) + "HTML in the text: <br>. In Markdown: *italics*, **bold**, ~subscript~, ^superscript^."
        ],
    ),
    (
        "image that does not come from the evidence",
        twice("n = `{val}", "![](x.png) n = `{val}"),
        [
            CELL.format(f"q-{language}", 3) + "image that does not come from ev.figure"
            for language in ("it", "en")
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "messages"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_what_prose_gets_wrong(paper: Paper, change: Change, messages: list[str]) -> None:
    change(paper)
    assert faults(paper) == messages
    with pytest.raises(ProseError) as stopped:
        made(paper, formats=("pdf",))
    assert [str(fault) for fault in stopped.value.faults] == messages
    assert not (paper.folder / "out").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            twice("\\beta_0", "\\betta_0"),
            "m-it, line 7: formula not understood: y_i = \\betta_0 + \\beta_1 c_i + \\varepsilon_i (unknown command \\betta)",
        ),
        (
            twice("persona $i$", "persona $\\frac{i$"),
            "m-it, line 5: formula not understood: \\frac{i (a bracket is not closed)",
        ),
        (
            twice("- primo", "::: nota\n- primo"),
            "m-it, line 9: ':::' opened and not closed. Close it by a line of ':::' alone.",
        ),
        (
            twice("^[Una nota.]", "[^1]\n\n[^1]: Uno.\n\n[^1]: Due."),
            "q-it, line 9: note '1' is used twice",
        ),
    ],
    ids=["bad LaTeX", "LaTeX not closed", "block not closed", "note twice"],
)
def test_a_warning_of_pandoc_is_fatal_and_names_cell_and_line(
    paper: Paper, change: Change, message: str
) -> None:
    change(paper)
    with pytest.raises(ProseError) as stopped:
        made(paper, formats=("pdf", "html"), languages=("it",))
    assert [str(fault) for fault in stopped.value.faults] == [
        f"notebooks/sample.ipynb (it.pdf, it.html) cell {message}"
    ]


def test_a_citation_that_only_pandoc_misses_is_fatal(paper: Paper) -> None:
    paper.bibliography += "\n@comment{\n@book{ghost1999,\n}\n}\n"
    paper.change("q-it", "@greenhaus1985", "@greenhaus1985; @ghost1999")
    with pytest.raises(ProseError) as stopped:
        made(paper, formats=("html",), languages=("it",))
    assert [str(fault) for fault in stopped.value.faults] == [
        "notebooks/sample.ipynb (it.html) cell q-it, line 3: citation 'ghost1999' cannot be read in notebooks/references.bib"
    ]


@pytest.mark.parametrize(
    ("typst", "message"),
    [
        (
            '#image("media/fig-care.it.svg")',
            "notebooks/sample.ipynb (it.pdf) cell k-it: typst: PDF/A-2a, PDF/UA-1 error: missing alt text. "
            "make sure your images and equations have alt text",
        ),
        (
            '#text(font: "No Such Face")[x]',
            "notebooks/sample.ipynb (it.pdf) cell k-it: typst: unknown font family: no such face",
        ),
        (
            "#heading(level: 6)[x]",
            "notebooks/sample.ipynb (it.pdf) cell k-it: typst: PDF/UA-1 error: skipped from heading level 2 to 6. "
            "heading levels must be consecutive",
        ),
    ],
    ids=["alternative text", "font", "heading level"],
)
def test_what_slips_through_is_stopped_by_typst(
    paper: Paper, monkeypatch: pytest.MonkeyPatch, typst: str, message: str
) -> None:
    run = pandoc.run

    def with_fault(*args: object, **named: object) -> str:
        made = run(*args, **named)  # type: ignore[arg-type]
        end = made.index("// cell k-it") + len("// cell k-it\n")
        return f"{made[:end]}\n{typst}\n{made[end:]}"

    monkeypatch.setattr(pandoc, "run", with_fault)
    with pytest.raises(ProseError) as stopped:
        made(paper, formats=("pdf",), languages=("it",))
    assert [str(fault) for fault in stopped.value.faults] == [message]


def test_all_faults_come_at_once(paper: Paper) -> None:
    for change in (ROWS[0][1], ROWS[3][1], ROWS[8][1], ROWS[10][1], ROWS[18][1]):
        change(paper)
    expected = {message for row in (0, 3, 8, 10, 18) for message in ROWS[row][2]}
    assert set(faults(paper)) >= expected


def test_a_label_is_never_looked_for_in_the_evidence_s_words(paper: Paper) -> None:
    paper.evidence["statements"]["women_more"]["text"] = both("Vale @tbl-nulla.", "See @tbl-nothing.")
    with pytest.raises(ProseError, match="unknown reference @tbl-nulla"):
        made(paper, formats=("html",), languages=("it",))
