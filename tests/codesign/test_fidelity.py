"""Hours planned and done, adherence, adaptations, what came to nothing, hours behind a service: counted by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.codesign import fidelity, protocol


@pytest.fixture
def practices():
    frame = pd.DataFrame(
        [
            ("a", "needs", 1, "core", 10.0, 8.0, "di sera", "chi lavora mancava", None),
            ("b", "needs", 2, "core", 20.0, 0.0, None, None, "nessuno è venuto"),
            ("c", "ideation", 1, "adaptable", 0.0, 3.0, "per iscritto", None, " "),
            ("d", "ideation", 2, "core", 5.0, None, None, None, None),
            ("e", "experimentation", 1, None, None, 4.0, None, None, None),
        ],
        columns=["practice", "phase", "step", "core", "hours_planned", "hours_done", "adaptation", "reason", "setback"],
    )  # fmt: skip
    frame["name_it"] = frame["name_en"] = frame["practice"]
    for stem in ("adaptation", "reason", "setback"):
        frame[f"{stem}_it"] = frame[f"{stem}_en"] = frame.pop(stem)
    return protocol.ordered(frame)


def test_only_practices_with_both_hours_are_compared(practices):
    worked = fidelity.effort(practices)
    assert worked.both.tolist() == [True, True, True, False, False]
    assert worked.totals == (30.0, 11.0)
    change = worked.change
    assert (change.estimate, change.low, change.high, change.n) == (-19.0, -19.0, -19.0, 3)


def test_nothing_planned_has_no_ratio(practices):
    table = fidelity.effort(practices).table()
    np.testing.assert_allclose(table["ratio"], [0.8, 0.0, np.nan, np.nan, np.nan])
    assert table.attrs["columns"]["planned"]["digits"] == 0


def test_phases_add_up_to_the_total(practices):
    table = fidelity.effort(practices).phase_table().set_index("phase")
    assert table.index.tolist() == ["needs", "ideation", "total"]
    assert table["practices"].tolist() == [2, 1, 3]
    assert table.loc["total", ["planned", "done"]].tolist() == [30.0, 11.0]
    assert table["planned"].iloc[:-1].sum() == table.loc["total", "planned"]
    assert table.loc["total", "ratio"] == pytest.approx(11 / 30)


def test_adherence_counts_core_practices_with_an_hour_done(practices):
    worked = fidelity.effort(practices)
    assert worked.adherence == (1, 2, 3)  # a done; a and b on record; a, b, d core
    assert worked.not_done.tolist() == [False, True, False, False, False]


def test_a_study_without_hours_compares_nothing(practices):
    worked = fidelity.effort(practices.drop(columns=["hours_planned", "hours_done", "core"]))
    assert not worked.both.any() and worked.adherence == (0, 0, 0) and worked.totals == (0.0, 0.0)


def test_only_what_was_noted_is_listed(practices):
    adapted = fidelity.adaptations(practices)
    assert [cell["it"] for cell in adapted["practice"]] == ["a", "c"]
    assert adapted["core"].tolist() == ["core", "adaptable"]
    assert adapted["reason"].tolist()[1] == {"it": "", "en": ""}
    assert [cell["it"] for cell in fidelity.setbacks(practices)["practice"]] == ["b"]
    assert len(fidelity.setbacks(practices.drop(columns=["setback_it", "setback_en"]))) == 0


def test_what_came_to_nothing_is_counted_by_register():
    ideas = pd.DataFrame({"idea": list("iijjk"), "stage": ["proposed", "dropped", "proposed", "merged", "proposed"]})  # fmt: skip
    matches = pd.DataFrame({"status": ["failed", "agreed", None]})
    mediation = pd.DataFrame({"result": ["none", "none", "open"]})
    left = fidelity.unfinished(ideas, matches, mediation)
    assert left.counts == {
        "ideas_dropped": (1, 3), "ideas_merged": (1, 3), "matches_failed": (1, 3), "mediation_none": (2, 3),
    }  # fmt: skip
    assert left.table()["share"].tolist() == pytest.approx([1 / 3, 1 / 3, 1 / 3, 2 / 3])
    assert list(fidelity.unfinished(matches=matches).counts) == ["matches_failed"]
    assert fidelity.unfinished().counts == {}


def test_hours_behind_a_service_are_totals_over_totals():
    services = pd.DataFrame({"started": pd.to_datetime(["2017-01-01", None, "2018-01-01"])})
    behind = fidelity.per_service(
        services, {"practices": pd.Series([10.0, None, 5.0]), "mediation": pd.Series([None], dtype=float)}
    )
    assert behind is not None and behind.services == 2
    assert dict(behind.totals) == {"practices": (15.0, 2)} and behind.per_service("practices") == 7.5
    assert behind.table()["per_service"].tolist() == [7.5]


@pytest.mark.parametrize("services", [pd.DataFrame({"service": ["s"]}), pd.DataFrame({"started": [None]})])
def test_no_service_started_no_ratio(services):
    assert fidelity.per_service(services, {"practices": pd.Series([1.0])}) is None


def test_only_what_was_counted_is_told(practices):
    drawn, gaps = protocol.process(practices), protocol.gaps(practices)
    full = fidelity.rules(drawn, gaps, fidelity.effort(practices), fidelity.unfinished(), None)
    assert [(rule.quantity, rule.n) for rule in full] == [
        ("feeding", 5), ("documented", 50), ("planned_done", 3), ("adherence", 3),
    ]  # fmt: skip
    bare = fidelity.effort(practices.drop(columns=["hours_planned", "hours_done"]))
    told = fidelity.rules(drawn, gaps, bare, fidelity.unfinished(), None)
    assert [rule.quantity for rule in told] == ["feeding", "documented"]
