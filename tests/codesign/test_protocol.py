"""The method as a protocol, on practices written out by hand: order, headings, passages, gaps, checklist."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import protocol
from analysis.errors import EstimateError
from analysis.study.contracts import contracts

ROWS = [
    # practice, phase, step, name, purpose, tool, hours planned, input, output, core, adaptation
    ("try", "experimentation", 1, "Prova", "provare", None, 10.0, "Idee  scelte", "servizio", "core", None),
    ("walk", "needs", 2, "Camminata", "vedere", "mappa", 4.5, None, "mappa dei bisogni", "adaptable", "di sera"),
    ("ask", "needs", 1, "Intervista", " ", None, None, None, "schede", None, None),
    ("all-needs", "needs", None, "Emersione", None, "percorsi", None, None, None, None, None),
    ("ideas", "ideation", None, "Idee", None, None, 6.0, "mappa dei bisogni", "idee scelte", "core", None),
]  # fmt: skip


@pytest.fixture
def raw():
    names = ["practice", "phase", "step", "name", "purpose", "tool", "hours_planned", "input", "output", "core", "adaptation"]  # fmt: skip
    frame = pd.DataFrame(ROWS, columns=names)
    for stem in ("name", "purpose", "tool", "input", "output", "adaptation"):
        frame[f"{stem}_it"], frame[f"{stem}_en"] = frame[stem], frame.pop(stem)
    return frame


@pytest.fixture
def practices(raw):
    return protocol.ordered(raw)


def test_the_order_is_that_of_phases_and_steps_and_a_whole_phase_is_no_practice(practices):
    # "ideas" has no step, but neither has any other row of its phase: it is a practice
    assert practices["practice"].tolist() == ["ask", "walk", "ideas", "try"]
    assert protocol.kinds(practices).tolist() == ["unstated", "adaptable", "core", "core"]


def test_without_a_name_it_is_refused(raw):
    with pytest.raises(EstimateError, match="name_en"):
        protocol.ordered(raw.drop(columns="name_en"))


def test_a_passage_is_the_same_text_but_for_capitals_and_blanks(practices):
    drawn = protocol.process(practices)
    assert drawn.links.tolist() == [[1, 2], [2, 3]]
    assert drawn.column.tolist() == [0, 0, 1, 2] and drawn.row.tolist() == [0, 1, 0, 0]
    tables = drawn.tables()
    assert tables["links"]["from"].tolist()[0] == {"it": "Camminata", "en": "Camminata"}
    assert tables["boxes"]["core"].tolist()[0] == "unstated"


def test_no_passage_where_nothing_is_written(practices):
    bare = practices.drop(columns=["input_it", "input_en", "output_it", "output_en"])
    drawn = protocol.process(bare)
    assert drawn.links.shape == (0, 2) and len(drawn.tables()["links"]) == 0


def test_a_heading_is_documented_where_something_is_written(practices):
    gaps = protocol.gaps(practices)
    told = dict(zip(protocol.HEADINGS, gaps.documented.tolist()))
    assert told == {
        "name": 4, "why": 2, "materials": 1, "input": 2, "output": 4, "who": 0,
        "how_much": 3, "tailoring": 3, "modifications": 1, "actual": 0,
    }  # fmt: skip
    assert gaps.never == 2
    table = gaps.table()
    assert (table["practices"] == 4).all()
    np.testing.assert_allclose(table["share"], gaps.documented / 4)


def test_one_language_is_enough(practices):
    gaps = protocol.gaps(practices.assign(who_it=None, who_en=["staff", None, None, None]))
    assert dict(zip(protocol.HEADINGS, gaps.documented.tolist()))["who"] == 1


def test_the_missing_headings_are_named_in_both_languages(practices):
    words = {name: {"it": f"{name}-it", "en": f"{name}-en"} for name in protocol.HEADINGS}
    full = protocol.gaps(practices)
    assert full.missing(words)["missing_headings"].tolist()[1] == {
        "it": "input-it; who-it; actual-it", "en": "input-en; who-en; actual-en",
    }  # fmt: skip
    complete = protocol.Gaps(practices, np.ones_like(full.written))
    assert len(complete.missing(words)) == 0 and complete.never == 0


def test_procedures_are_not_listed_where_none_is_documented(practices):
    assert protocol.procedures(practices)["how_much"].tolist()[1:] == [4.5, 6.0, 10.0]
    assert protocol.procedures(practices).attrs["columns"]["how_much"]["digits"] == 1
    names = ["hours_planned", "core", *(f"{s}_{lang}" for s in ("input", "output", "adaptation") for lang in ("it", "en"))]  # fmt: skip
    assert len(protocol.procedures(practices.drop(columns=names))) == 0
    assert len(protocol.purposes(practices)) == 4


def test_the_kit_leaves_room_for_what_is_not_yet_known(practices):
    table = protocol.kit(practices)
    for name in ("done_on", "changed", "reason", "setback"):
        assert table[name].isna().all() and table[name].dtype == object
    assert table["before"].tolist()[2] == {"it": "mappa dei bisogni", "en": "mappa dei bisogni"}
    unplanned = protocol.kit(practices.drop(columns="hours_planned"))
    assert unplanned["hours_planned"].isna().all() and "hours_planned" not in unplanned.attrs["columns"]


def test_the_columns_said_to_be_read_are_in_the_contracts():
    known = contracts().tables
    for table, columns in protocol.READ.items():
        assert set(columns) <= set(known[table].fields), table
    assert set(protocol.TAKEN) <= set(known["practices"].fields)
    required = {name for name, field in known["practices"].fields.items() if field.required}
    assert required <= set(protocol.TAKEN)
