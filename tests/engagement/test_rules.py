"""The reviewed weights: what stands in the file, what a study may put in its place, what is refused."""

import numpy as np
import pytest

from analysis.engagement import methods, rules
from analysis.errors import ParameterError
from analysis.study.contracts import contracts


def test_codes_and_labels_are_those_of_the_contracts(declared, labels):
    known = labels
    assert set(declared.categories) == set(known["category"])
    assert set(declared.readiness) == set(known["readiness"])
    assert set(declared.functions) == set(known["business_function"])
    assert set(declared.roles.values()) <= set(known["partner_role"]) == set(rules.ROLES)
    for code, text in declared.category_labels.items():
        assert dict(text) == {language: known["category"][code][language] for language in ("it", "en")}


def test_every_column_said_to_be_read_exists():
    tables = contracts().tables
    for table, columns in methods.READ.items():
        assert set(columns) <= set(tables[table].fields), table


def test_likeness_is_symmetric_and_one_on_the_diagonal(declared):
    assert (declared.likeness == declared.likeness.T).all() and (np.diag(declared.likeness) == 1).all()
    assert (declared.likeness >= 0).all() and (declared.likeness <= 1).all()


def test_every_figure_has_a_label_and_a_reason_in_both_languages(declared):
    for entry in declared.entries:
        assert all(entry.label[language] and entry.reason[language] for language in ("it", "en")), entry.code


def test_a_study_may_give_its_own():
    own = rules.load({"weights": {"place": 9.0}, "patience": 100, "values": {"other_quarter": 0.1}, "related": []})  # fmt: skip
    assert own.weights.tolist() == [3.0, 9.0, 1.5, 1.0, 1.5]
    assert (own.patience, own.other_quarter) == (100.0, 0.1)
    assert (own.likeness == np.eye(8)).all()
    assert own.own == ("patience", "related", "values", "weights")
    told = {entry.code: entry.reason["en"] for entry in own.entries}
    assert told["place"] == "the study's own choice" != told["time"]
    assert rules.load().weights.tolist() == [3.0, 1.0, 1.5, 1.0, 1.5]


@pytest.mark.parametrize(
    ("own", "word"),
    [
        ({"weights": {"place": 0}}, "weights.place = 0"),
        ({"weights": {"place": -1}}, "weights.place = -1"),
        ({"weights": {"place": "many"}}, "weights.place = many"),
        ({"weights": {"colour": 1}}, "'colour'"),
        ({"values": {"other_quarter": 1.2}}, "values.other_quarter = 1.2"),
        ({"readiness": {"now": float("nan")}}, "readiness.now = nan"),
        ({"patience": 0}, "patience = 0"),
        ({"roles": {"now": "king"}}, "'king'"),
        ({"functions": {"hr": ["dance"]}}, "'dance'"),
        ({"related": [{"pair": ["health", "health"], "value": 0.5}]}, "different categories"),
        ({"related": [{"pair": ["health", "dance"], "value": 0.5}]}, "'dance'"),
        ({"mood": 1}, "'mood'"),
    ],
)
def test_bad_entries_are_refused(monkeypatch, own, word):
    monkeypatch.setenv("ALTRO_LANG", "en")
    with pytest.raises(ParameterError, match=word):
        rules.load(own)


def test_all_faults_come_at_once():
    with pytest.raises(ParameterError) as caught:
        rules.load({"weights": {"place": 0}, "patience": -1, "mood": 1})
    assert len(caught.value.faults) == 3


def test_settings_tell_the_weights_as_used(declared):
    table = methods.settings(declared)
    assert len(table) == len(declared.entries)
    assert table["weight_share"].sum() == pytest.approx(1.0)
    assert (table["setting_kind"] == "component").sum() == 5
