"""The door: what it asks of an entry, what it refuses, and what it writes."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DisclosureError, EvidenceError
from analysis.evidence import record, style

TOML = """
[words]
care = { it = "cura", en = "care" }
services = { it = "servizi", en = "services" }
[words.labels.care]
none = { it = "nessuna", en = "none" }
both = { it = "figli e parenti", en = "children and relatives" }
[statements.gap]
higher = { it = "Più alto di {size}.", en = "Higher by {size}." }
lower = { it = "Più basso di {size}.", en = "Lower by {size}." }
unclear = { it = "Non distinguibile.", en = "Not distinguishable." }
"""
CONTEXT = {
    "study": "toy",
    "provenance": "simulated",
    "label": {"it": "dati simulati", "en": "simulated data"},
    "source": {"it": "prova", "en": "trial"},
    "disclosure": {"threshold": 5},
    "organisations": {
        "a": {"name": "Alfa", "code": "ORG-1", "publish": "yes", "type": "profit", "consent": True},
        "b": {"name": "Beta", "code": "ORG-2", "publish": "code", "type": "profit", "consent": False},
        "c": {"name": "Gamma", "code": "ORG-3", "publish": "no", "type": "profit", "consent": True},
        "d": {"name": "Delta", "code": "ORG-4", "publish": "yes", "type": "citizen", "consent": True},
    },
}


@pytest.fixture
def ev(tmp_path, monkeypatch):
    for folder in ("notebooks", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "toy.toml").write_text(TOML, encoding="utf-8")
    monkeypatch.setenv("ALTRO_ROOT", str(tmp_path))
    monkeypatch.setenv("ALTRO_RUN", str(tmp_path / "run"))
    return record.open_record(CONTEXT, "toy")


def written(ev):
    ev.close()
    return json.loads((ev.folder / "evidence.json").read_text(encoding="utf-8"))


def care_table(counts):
    frame = pd.DataFrame({"care": ["none", "both"], "n": counts})
    frame.attrs["columns"] = {"n": {"counts": "persons"}}
    return frame


def test_a_number_carries_unit_n_and_interval(ev):
    ev.number("share", np.float64(0.346), "share", n=200, cases=70, low=0.3, high=0.4)
    entry = written(ev)["numbers"]["share"]
    assert (entry["value"], entry["n"], entry["low"], entry["high"], entry["unit"]) == (
        0.346,
        200,
        0.3,
        0.4,
        "share",
    )


@pytest.mark.parametrize(("n", "cases"), [(4, 2), (40, 2), (40, 38)])
def test_a_number_behind_which_few_persons_stand_is_not_shown(ev, n, cases):
    ev.number("share", cases / n, "share", n=n, cases=cases, low=0.0, high=0.1)
    entry = written(ev)["numbers"]["share"]
    assert entry["suppressed"] and entry["value"] is None and entry["low"] is None and entry["n"] is None


def test_a_count_of_few_persons_is_not_shown_but_organisations_are(ev):
    ev.number("few", 3, "persons")
    ev.number("bodies", 3, "organisations")
    numbers = written(ev)["numbers"]
    assert numbers["few"]["value"] is None
    assert numbers["bodies"]["value"] == 3


def test_a_share_without_counts_is_refused_with_every_fault(ev):
    with pytest.raises(EvidenceError) as caught:
        ev.number("share", 0.3, "sharee", kind="roughly")
    assert len(caught.value.faults) == 3
    ev.number("public", 0.3, "share", public="published by ISTAT")


def test_a_key_is_used_once(ev):
    ev.number("x", 1, "count", counts="things")
    with pytest.raises(EvidenceError, match="x"):
        ev.number("x", 2, "count", counts="things")


def test_a_two_person_cell_is_in_no_byte_of_the_run_folder(ev):
    table = pd.DataFrame(
        {
            "care": ["none", "both", "children", "total"],
            "n": [4711, 2, 31, 4744],
            "mean": [3.25, 7.777, 4.5, 3.5],
        }
    )
    table.attrs["columns"] = {"n": {"counts": "persons"}, "mean": {"unit": "points", "n": "n"}}

    def draw(data, words):
        fig, ax = style.subplots(height=2)
        ax.barh([words.label("care", c) for c in data["care"]], data["mean"].fillna(0))
        return fig

    ev.table("tbl-care", table.assign(care=table["care"]), {"care": {"labels": "care"}})
    ev.figure("fig-care", table, draw)
    ev.close()
    texts = {path.name: path.read_text(encoding="utf-8") for path in ev.folder.iterdir()}
    assert len(texts) == 4
    for name in ("evidence.json", "fig-care.csv"):
        assert "7.777" not in texts[name] and "4.5" not in texts[name].replace("4.5.", "")
        assert '"n": 2,' not in texts[name] and '"n": 31' not in texts[name]
    rows = json.loads(texts["evidence.json"])["tables"]["tbl-care"]["rows"]
    assert [row["n"] for row in rows] == [4711, None, None, 4744]


def test_a_method_goes_through_the_same_door_and_keeps_its_topic(ev):
    table = care_table([30, 2])
    ev.method("mth-missing", "missing", table)
    entry = written(ev)["methods"]["mth-missing"]
    assert entry["topic"] == "missing"
    assert [row["n"] for row in entry["rows"]] == [30, None]
    assert entry["columns"][0]["label"] == {"it": "cura", "en": "care"}
    assert "mth-missing" not in written(ev)["tables"]


@pytest.mark.parametrize(("key", "topic"), [("tbl-a", "missing"), ("mth-a", "weather")])
def test_a_method_needs_its_prefix_and_a_known_topic(ev, key, topic):
    with pytest.raises(EvidenceError) as caught:
        ev.method(key, topic, care_table([30, 20]))
    assert caught.value.faults[0].allowed.startswith(("mth-", "sampling, instrument"))
    with pytest.raises(EvidenceError, match="unheard of"):
        ev.method("mth-a", "missing", care_table([30, 20]).rename(columns={"care": "unheard of"}))


def test_a_worksheet_keeps_its_sheets_in_order_and_through_the_same_door(ev):
    form = pd.DataFrame({"services": ["a"], "care": [None]})
    form.attrs = {"form": True, "columns": {"care": {"header": {"it": "da compilare", "en": "to fill in"}}}}
    ev.worksheet("wks-kit", {"second": care_table([30, 2]), "first": form})
    entry = written(ev)["worksheets"]["wks-kit"]
    assert entry["order"] == ["second", "first"]
    assert [row["n"] for row in entry["tables"]["second"]["rows"]] == [30, None]
    assert entry["tables"]["first"]["form"] is True and "form" not in entry["tables"]["second"]
    assert entry["tables"]["first"]["rows"] == [
        {"care": None, "services": {"code": "a", "en": "a", "it": "a"}}
    ]


def test_a_worksheet_names_only_bodies_that_may_be_named(ev):
    frame = pd.DataFrame({"services": ["a", "b", "c", "d"], "care": [None] * 4})
    frame.attrs["columns"] = {"services": {"organisation": True, "single": True}}
    ev.worksheet("wks-kit", {"bodies": frame})
    rows = written(ev)["worksheets"]["wks-kit"]["tables"]["bodies"]["rows"]
    assert [row["services"]["code"] for row in rows] == [
        "Alfa"
    ]  # the others gave no consent, no name, or are citizens


def test_a_worksheet_needs_its_prefix_a_sheet_and_a_word_for_each_column(ev):
    for key, sheets in (("tbl-kit", {"one": care_table([30, 20])}), ("wks-kit", {})):
        with pytest.raises(EvidenceError, match="kit"):
            ev.worksheet(key, sheets)
    with pytest.raises(EvidenceError, match="unheard of"):
        ev.worksheet("wks-kit", {"one": care_table([30, 20]).rename(columns={"care": "unheard of"})})


def test_a_record_without_worksheets_is_as_records_have_always_been(ev):
    ev.number("one", 1, "count", counts="things")
    assert set(written(ev)) == {
        "schema", "notebook", "parameters", "context", "numbers", "tables", "figures", "statements", "methods",
    }  # fmt: skip


def test_both_languages_come_from_one_run_and_carry_the_label(ev):
    def draw(data, words):
        fig, ax = style.subplots(height=2)
        ax.plot([0, 1], data["n"])
        words.axis(ax.yaxis, "share", 1)
        return fig

    ev.figure("fig-a", care_table([30, 20]), draw)
    entry = written(ev)["figures"]["fig-a"]
    assert set(entry["svg"]) == {"it", "en"}
    italian, english = ((ev.folder / entry["svg"][lang]).read_text(encoding="utf-8") for lang in ("it", "en"))
    assert italian != english


def test_a_figure_whose_languages_plot_other_data_is_refused(ev):
    def draw(data, words):
        fig, ax = style.subplots(height=2)
        ax.plot([0, 1 if words.language == "it" else 2], data["n"])
        return fig

    with pytest.raises(EvidenceError, match="coordinat"):
        ev.figure("fig-a", care_table([30, 20]), draw)


def test_draw_receives_protected_data_only(ev):
    seen = []

    def draw(data, words):
        seen.append(data["n"].tolist())
        return style.subplots(height=2)[0]

    ev.figure("fig-a", care_table([30, 2]), draw)
    assert all(np.isnan(values[1]) for values in seen)


def test_draw_receives_the_texts_of_the_study_with_the_apostrophes_of_print(ev):
    seen = []

    def draw(data, words):
        seen.extend(data["name"])
        return style.subplots(height=2)[0]

    table = care_table([30, 20]).assign(name=[{"it": "l'ora", "en": "the day's end"}] * 2)
    table.attrs["columns"] = {"n": {"counts": "persons"}, "name": {"text": True}}
    ev.figure("fig-a", table, draw)
    assert seen == [{"it": "l’ora", "en": "the day’s end"}] * 4
    assert "the day's end" in (ev.folder / "fig-a.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("low", "high", "form", "italian"),
    [
        (0.1, 0.5, "higher", "Più alto di 0,30."),
        (-0.5, -0.1, "lower", "Più basso di 0,30."),
        (-0.1, 0.1, "unclear", "Non distinguibile."),
    ],
)
def test_the_interval_chooses_the_sentence(ev, low, high, form, italian):
    estimate = 0.3 if low > 0 else -0.3 if high < 0 else 0.0
    ev.statement("gap", SimpleNamespace(estimate=estimate, low=low, high=high, n=50))
    entry = written(ev)["statements"]["gap"]
    assert (entry["form"], entry["text"]["it"]) == (form, italian)


def test_a_difference_with_a_small_side_is_withheld(ev):
    gap = SimpleNamespace(estimate=0.3, low=0.1, high=0.5, n=50, cells=(30, 20, 3))
    ev.statement("gap", gap)
    ev.number("gap_value", 0.3, "points", n=50, cells=(30, 20, 3))
    document = written(ev)
    assert document["statements"]["gap"]["suppressed"] and "estimate" not in document["statements"]["gap"]
    assert document["numbers"]["gap_value"]["value"] is None


def test_a_source_of_its_own_replaces_the_studys(ev):
    source = {"it": "ISTAT", "en": "ISTAT"}
    ev.table("tbl-a", care_table([30, 20]), source=source)
    assert written(ev)["tables"]["tbl-a"]["source"] == source


def test_a_statement_without_sentences_names_each_missing_one(ev):
    with pytest.raises(EvidenceError) as caught:
        ev.statement("unknown", SimpleNamespace(estimate=1, low=0, high=2, n=50))
    assert len(caught.value.faults) == 6


def test_bodies_appear_as_they_chose_and_citizens_never_singly(ev):
    frame = pd.DataFrame({"name": ["a", "b", "c", "d"], "services": [1, 2, 3, 4]})
    ev.table("tbl-bodies", frame, {"name": {"organisation": True}, "services": {"counts": "things"}})
    ev.table(
        "tbl-rated", frame, {"name": {"organisation": True, "single": True}, "services": {"counts": "things"}}
    )
    tables = written(ev)["tables"]
    assert [row["name"]["it"] for row in tables["tbl-bodies"]["rows"]] == ["Alfa", "ORG-2"]
    assert [row["name"]["it"] for row in tables["tbl-rated"]["rows"]] == ["Alfa"]


def test_an_unknown_body_is_refused(ev):
    frame = pd.DataFrame({"name": ["zzz"], "services": [1]})
    with pytest.raises(DisclosureError, match="zzz"):
        ev.table("tbl-x", frame, {"name": {"organisation": True}, "services": {"counts": "things"}})


def test_nothing_is_written_without_close(ev):
    ev.number("x", 1, "count", counts="things")
    assert not (ev.folder / "evidence.json").exists()


def test_the_record_is_the_same_bytes_twice(ev, tmp_path, monkeypatch):
    def fill(target):
        target.number("x", 0.1 + 0.2, "points", n=10)
        target.figure("fig-a", care_table([30, 20]), lambda data, words: style.subplots(height=2)[0])
        target.close()
        return {path.name: path.read_bytes() for path in target.folder.iterdir()}

    first = fill(ev)
    monkeypatch.setenv("ALTRO_RUN", str(tmp_path / "again"))
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    assert fill(record.open_record(CONTEXT, "toy")) == first
